/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog.h"

#include "protocol/base/check.h"
#include "protocol/effects.h"
#include "protocol/effects_names.h"
#include "protocol/function_names.h"
#include "protocol/shape_lex.h"

#include <stdlib.h>

const struct catalog *catalog_ref(const struct catalog *catalog)
{
    union {
        const struct catalog *lent;
        struct catalog *own;
    } it = {.lent = catalog}; /* the count is what may change in it */

    atomic_fetch_add_explicit(&it.own->refs, 1, memory_order_relaxed);
    return catalog;
}

void catalog_unref(const struct catalog *catalog)
{
    union {
        const struct catalog *lent;
        struct catalog *own;
    } it = {.lent = catalog};

    if (catalog != NULL && atomic_fetch_sub_explicit(&it.own->refs, 1, memory_order_acq_rel) == 1) {
        free(it.own);
    }
}

/* ---- looking up ---- */

/* The first of count items whose name is not before `name`; each is of len bytes, name at `at`. */
struct search {
    const char *names;
    const uint8_t *items;
    uint32_t count;
    size_t len;
    size_t at;
};

static const char *name_of(const struct search *search, uint32_t i)
{
    uint32_t name = 0;

    memcpy(&name, search->items + i * search->len + search->at, sizeof name);
    return search->names + name;
}

static uint32_t first_not_before(const struct search *search, const char *name)
{
    uint32_t from = 0;
    uint32_t to = search->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (strcmp(name_of(search, middle), name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

uint16_t catalog_find_schema(const struct catalog *catalog, const char *name)
{
    struct search search = {.names = catalog->names,
            .items = (const uint8_t *)catalog->schemas,
            .count = catalog->schemas_count,
            .len = sizeof *catalog->schemas,
            .at = offsetof(struct catalog_schema, name)};
    uint32_t at = first_not_before(&search, name);

    return at < search.count && strcmp(name_of(&search, at), name) == 0 ? (uint16_t)at
                                                                        : CATALOG_NONE;
}

uint16_t catalog_find_role(const struct catalog *catalog, const char *name)
{
    for (uint32_t i = 0; i < catalog->roles_count; i++) {
        if (strcmp(catalog_name(catalog, catalog->roles[i].name), name) == 0) {
            return (uint16_t)i;
        }
    }
    return CATALOG_NONE;
}

const struct catalog_relation *catalog_find_relation(
        const struct catalog *catalog, const char *name, uint16_t schema)
{
    uint32_t from = 0;
    uint32_t to = catalog->relations_count;

    while (from < to) { /* many schemas may have the same tables */
        uint32_t middle = from + (to - from) / 2;
        const struct catalog_relation *relation = &catalog->relations[middle];
        int order = strcmp(catalog_name(catalog, relation->name), name);
        if (order == 0 && relation->schema == schema) {
            return relation;
        }
        if (order < 0 || (order == 0 && relation->schema < schema)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

const struct catalog_function *catalog_find_functions(
        const struct catalog *catalog, const char *name, uint32_t *count)
{
    struct search search = {.names = catalog->names,
            .items = (const uint8_t *)catalog->functions,
            .count = catalog->functions_count,
            .len = sizeof *catalog->functions,
            .at = offsetof(struct catalog_function, name)};
    uint32_t first = first_not_before(&search, name);
    uint32_t end = first;

    while (end < search.count && strcmp(name_of(&search, end), name) == 0) {
        end++;
    }
    *count = end - first;
    return catalog->functions + first;
}

/* In lower case; false: it is too long, or not in ASCII. */
static bool fold(struct sl_span name, char folded[64])
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        if (i == 63 || c >= 0x80 || c == 0) {
            return false;
        }
        folded[i] = (char)((uint8_t)(c - 'A') < 26 ? c | 0x20 : c);
    }
    folded[name.len] = '\0';
    return true;
}

bool catalog_call_is_harmless(
        const struct catalog *catalog, struct sl_span schema, struct sl_span name)
{
    char text[64];
    uint32_t count = 0;
    uint16_t of = CATALOG_NONE;
    bool is_there = false;

    if (!fold(schema, text)) {
        return false;
    }
    if (schema.len > 0) {
        of = catalog_find_schema(catalog, text);
        if (of == CATALOG_NONE) {
            return false;
        }
    }
    if (!fold(name, text)) {
        return false;
    }
    const struct catalog_function *functions = catalog_find_functions(catalog, text, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (of == CATALOG_NONE || functions[i].schema == of) {
            is_there = true;
            if (!functions[i].is_harmless) {
                return false;
            }
        }
    }
    return is_there;
}

static bool is_harmless(void *catalog, struct sl_span schema, struct sl_span name)
{
    return catalog_call_is_harmless(catalog, schema, name);
}

static bool is_none(void *catalog, struct sl_span name)
{
    char text[64];
    uint32_t count = 1;

    if (fold(name, text)) {
        (void)catalog_find_functions(catalog, text, &count);
    }
    return count == 0;
}

unsigned catalog_effects_of(const struct catalog *catalog, struct sl_span text)
{
    union {
        const struct catalog *lent;
        void *self;
    } it = {.lent = catalog}; /* is only read */
    struct effects_known known = {.is_harmless = is_harmless, .is_none = is_none, .self = it.self};

    return effects_of_known(text, catalog == NULL ? NULL : &known);
}

/* ---- what a text names ---- */

enum { NAME_LEN_MAX = 63 }; /* longer ones are cut off by PostgreSQL */

struct text_reader {
    const struct catalog *catalog;
    struct shape_source source;
    bool is_first;  /* a statement's first word is still to come */
    bool inserts;   /* INSERT or MERGE is the token before */
    bool truncates; /* the words have come */
    bool cascades;
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool name_leaves(const struct catalog *catalog, const char *name, size_t len)
{
    uint32_t from = 0;
    uint32_t to = catalog->leaving_names_count;

    if ((catalog->leaving_marks & catalog_name_mark(name, len)) == 0) {
        return false;
    }
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        int order = strcmp(catalog_name(catalog, catalog->leaving_names[middle]), name);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return false;
}

/* Event triggers run for what is not one of these, and for SELECT INTO. */
static bool is_quiet(const char *word)
{
    static const char *const words[] = {"abort", "analyse", "analyze", "begin", "close", "commit",
            "copy", "deallocate", "declare", "delete", "discard", "end", "fetch", "insert",
            "listen", "lock", "merge", "move", "notify", "release", "reset", "rollback",
            "savepoint", "select", "set", "show", "start", "table", "truncate", "unlisten",
            "update", "vacuum", "values", "with"};

    return is_one_of(word, words, SL_COUNT(words));
}

/* Of a statement's first word: it is one that may use relations without naming them, or DDL. */
static bool first_word_leaves(const struct catalog *catalog, const char *word)
{
    static const char *const any[] = {"analyse", "analyze", "cluster", "reindex", "vacuum"};

    return (catalog->leaves_by_ddl && !is_quiet(word)) ||
           (catalog->leaving_count > 0 && is_one_of(word, any, SL_COUNT(any)));
}

/* A word that is not quoted, in lower case: what it says of relations that are not named. */
static bool word_leaves(struct text_reader *reader, const char *word)
{
    bool is_first = reader->is_first;
    bool inserts = reader->inserts;

    reader->is_first = false;
    reader->inserts = false;
    if (is_first && first_word_leaves(reader->catalog, word)) {
        return true;
    }
    switch (word[0]) { /* few words are compared */
    case 'c':
        reader->cascades |= strcmp(word, "cascade") == 0;
        break;
    case 'i':
        reader->inserts = strcmp(word, "insert") == 0;
        if (reader->catalog->leaves_by_ddl && !inserts && strcmp(word, "into") == 0) {
            return true;
        }
        break;
    case 'm':
        reader->inserts = strcmp(word, "merge") == 0;
        break;
    case 't':
        reader->truncates |= strcmp(word, "truncate") == 0;
        break;
    default:
        break;
    }
    return reader->truncates && reader->cascades && reader->catalog->leaving_count > 0;
}

/* A word that is not quoted. What is not ASCII may be in another encoding here. */
static bool pass_word(struct text_reader *reader, const uint8_t **at)
{
    char name[NAME_LEN_MAX + 1];
    const uint8_t *end = reader->source.end;
    uint8_t all = 0;
    size_t len = 0;

    for (; *at < end && shape_chars[**at] >= CHAR_DOLLAR; ++*at) {
        uint8_t c = **at;
        if (len == NAME_LEN_MAX) {
            return false;
        }
        name[len++] = (char)((uint8_t)(c - 'A') < 26 ? c | 0x20 : c);
        all |= c;
    }
    name[len] = '\0';
    if (word_leaves(reader, name)) {
        return false;
    }
    return all >= 0x80 ? !reader->catalog->leaving_is_wide
                       : !name_leaves(reader->catalog, name, len);
}

static bool pass_quoted(struct text_reader *reader, const uint8_t **at)
{
    char name[NAME_LEN_MAX + 1];
    const uint8_t *from = *at + 1;
    uint8_t all = 0;
    size_t len = 0;

    reader->is_first = false;
    reader->inserts = false;
    *at = shape_skip_name(&reader->source, from);
    if (*at == NULL) {
        return false;
    }
    for (; from < *at - 1; from++) {
        if (len == NAME_LEN_MAX) {
            return false;
        }
        name[len++] = (char)*from;
        all |= *from;
        from += *from == '"'; /* it is doubled */
    }
    name[len] = '\0';
    return all >= 0x80 ? !reader->catalog->leaving_is_wide
                       : !name_leaves(reader->catalog, name, len);
}

/* standard_conforming_strings is not known here, nor is the encoding. */
static bool is_sure_literal(struct sl_span text)
{
    uint8_t first = text.at[0] | 0x20;

    if (text.at[0] == '$' || memchr(text.at, '\\', text.len) == NULL) {
        return true;
    }
    for (size_t i = 0; i < text.len && first == 'e'; i++) {
        if (text.at[i] >= 0x80) {
            return false;
        }
    }
    return first == 'e';
}

/* What may be a literal. False: that cannot be told, and *at may be NULL. */
static bool pass_literal(struct text_reader *reader, const uint8_t **at)
{
    enum shape_literal_kind kind;
    const uint8_t *from = *at;

    *at = shape_skip_literal(&reader->source, from, &kind);
    if (*at != from) {
        reader->inserts = false;
        return *at != NULL && is_sure_literal(sl_span(from, (size_t)(*at - from)));
    }
    if (shape_chars[*from] == CHAR_PREFIX) {
        bool is_unicode = reader->source.end - from > 2 && (*from | 0x20) == 'u' &&
                          from[1] == '&' && from[2] == '"';
        return !is_unicode && pass_word(reader, at);
    }
    ++*at;
    return true;
}

/* One token; false: that may leave something. */
static bool pass_token(struct text_reader *reader, const uint8_t **at)
{
    switch ((enum shape_char)shape_chars[**at]) {
    case CHAR_LETTER:
        return pass_word(reader, at);
    case CHAR_PREFIX:
    case CHAR_QUOTE:
    case CHAR_DIGIT:
    case CHAR_DOLLAR:
    case CHAR_DOT:
        return pass_literal(reader, at);
    case CHAR_NAME_QUOTE:
        return pass_quoted(reader, at);
    case CHAR_SPACE:
        ++*at;
        return true;
    case CHAR_OPERATOR: /* or a comment */
        *at = shape_skip_blank(&reader->source, *at);
        if (*at != NULL && *at < reader->source.end && shape_chars[**at] == CHAR_OPERATOR) {
            ++*at;
            reader->inserts = false;
        }
        return *at != NULL;
    case CHAR_OTHER:
    case CHAR_OPEN:
    case CHAR_CLOSE:
    case CHAR_COMMA:
    case CHAR_SEMICOLON:
    case CHAR_COLON:
        reader->inserts = false;
        reader->is_first |= **at == ';';
        ++*at;
        return true;
    }
    return false;
}

bool catalog_text_leaves(const struct catalog *catalog, struct sl_span text)
{
    struct text_reader reader = {.catalog = catalog,
            .source = {.begin = text.at, .end = text.at + text.len},
            .is_first = true};
    const uint8_t *at = text.at;

    if (catalog->leaves_anyway || (catalog->leaving_names_count == 0 && !catalog->leaves_by_ddl)) {
        return catalog->leaves_anyway;
    }
    if (text.len > CATALOG_TEXT_MAX) {
        return true;
    }
    while (at < reader.source.end) {
        if (!pass_token(&reader, &at)) {
            return true;
        }
    }
    return false;
}

static bool name_holds(void *self, struct sl_span name, bool is_quoted)
{
    const struct catalog *const *catalog = self;
    char text[NAME_LEN_MAX + 1];
    uint32_t count = 0;

    (void)is_quoted;
    if (effects_name_holds(name)) {
        return true;
    }
    if (*catalog == NULL || !(*catalog)->holds || name.len > NAME_LEN_MAX) {
        return false;
    }
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    const struct catalog_function *functions = catalog_find_functions(*catalog, text, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (functions[i].holds) {
            return true;
        }
    }
    return false;
}

bool catalog_text_holds(const struct catalog *catalog, struct sl_span text)
{
    return function_names(text, name_holds, &catalog);
}

const char *catalog_kind_text(enum catalog_kind kind)
{
    static const char *const texts[CATALOG_KIND_COUNT] = {[CATALOG_UNKNOWN] = "unknown",
            [CATALOG_TABLE] = "table",
            [CATALOG_PARTITIONED] = "partitioned table",
            [CATALOG_VIEW] = "view",
            [CATALOG_MATVIEW] = "materialized view",
            [CATALOG_FOREIGN] = "foreign table",
            [CATALOG_SEQUENCE] = "sequence"};

    SL_CHECK(kind >= 0 && kind < CATALOG_KIND_COUNT);
    return texts[kind];
}
