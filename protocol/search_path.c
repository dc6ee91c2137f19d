/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/search_path.h"

#include "protocol/base/check.h"
#include "protocol/effects.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_LEN = 63 }; /* NAMEDATALEN - 1: the rest of a longer one is cut off */

/* ---- characters ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || is_upper(c) || c == '_' || c >= 0x80;
}

/* ---- a list that is being made ---- */

struct name {
    size_t len;
    char text[NAME_MAX_LEN + 1];
};

struct list {
    char *to;
    size_t len;
    unsigned count;
    bool is_good;
    bool is_safe;  /* nobody can make a table in pg_temp by leaving its schema out */
    bool is_shown; /* what may be a literal is left out */
    bool has_hidden;
};

static bool put(struct name *name, uint8_t c)
{
    if (name->len == NAME_MAX_LEN || c < 0x20 || c >= 0x7f) {
        return false;
    }
    name->text[name->len++] = (char)c;
    name->text[name->len] = '\0';
    return true;
}

static bool needs_quotes(const struct name *name)
{
    for (size_t i = 0; i < name->len; i++) {
        uint8_t c = (uint8_t)name->text[i];
        if (!(is_letter(c) || (i > 0 && is_digit(c))) || is_upper(c)) {
            return true;
        }
    }
    return name->len == 0;
}

static void add_char(struct list *list, char c)
{
    if (list->len == SEARCH_PATH_MAX) {
        list->is_good = false;
        return;
    }
    list->to[list->len++] = c;
}

/* As programs name their schemas; or there is nothing in it. */
static bool may_be_shown(const struct name *name)
{
    for (size_t i = 0; i < name->len; i++) {
        uint8_t c = (uint8_t)name->text[i];
        if (!is_letter(c) && (i == 0 || (!is_digit(c) && c != '$'))) {
            return strcmp(name->text, "$user") == 0;
        }
    }
    return true;
}

static void add(struct list *list, const struct name *name)
{
    bool is_quoted = needs_quotes(name);

    if (list->count++ > 0) {
        add_char(list, ',');
        add_char(list, ' ');
    } else {
        list->is_safe = strcmp(name->text, "pg_catalog") == 0;
    }
    if (list->is_shown && !may_be_shown(name)) {
        add_char(list, '?');
        list->has_hidden = true;
        return;
    }
    list->is_good &= list->is_shown || list->is_safe || strcmp(name->text, "pg_temp") != 0;
    if (is_quoted) {
        add_char(list, '"');
    }
    for (size_t i = 0; i < name->len; i++) {
        if (name->text[i] == '"') {
            add_char(list, '"');
        }
        add_char(list, name->text[i]);
    }
    if (is_quoted) {
        add_char(list, '"');
    }
}

static struct list begin_list(char *to)
{
    return (struct list){.to = to, .is_good = true};
}

static bool end_list(struct list *list)
{
    list->to[list->len] = '\0';
    return list->is_good;
}

/* ---- a setting's value ---- */

/* In quotes, or to the next comma or space and folded. False: it cannot be read. */
static bool read_item(struct sl_span *value, struct name *name)
{
    const uint8_t *at = value->at;
    const uint8_t *end = at + value->len;
    bool is_quoted = at < end && *at == '"';

    *name = (struct name){.len = 0};
    for (at += is_quoted; at < end; at++) {
        uint8_t c = *at;
        if (is_quoted && c == '"') {
            if (at + 1 == end || at[1] != '"') {
                break;
            }
            at++;
        } else if (!is_quoted && (c == ',' || is_space(c))) {
            break;
        }
        if (!is_quoted && c == '"') {
            return false;
        }
        if (!put(name, !is_quoted && is_upper(c) ? (uint8_t)(c | 0x20) : c)) {
            return false;
        }
    }
    if (is_quoted ? at == end : name->len == 0) {
        return false;
    }
    at += is_quoted;
    *value = sl_span(at, (size_t)(end - at));
    return true;
}

static void skip_spaces(struct sl_span *value)
{
    while (value->len > 0 && is_space(value->at[0])) {
        *value = sl_span(value->at + 1, value->len - 1);
    }
}

/* False: it cannot be read. */
static bool read_value(struct sl_span value, struct list *made)
{
    struct name name;

    skip_spaces(&value);
    while (value.len > 0) {
        if (!read_item(&value, &name)) {
            return false;
        }
        add(made, &name);
        skip_spaces(&value);
        if (value.len == 0) {
            break;
        }
        if (value.at[0] != ',') {
            return false;
        }
        value = sl_span(value.at + 1, value.len - 1);
        skip_spaces(&value);
        if (value.len == 0) {
            return false; /* nothing behind a comma */
        }
    }
    return end_list(made);
}

bool search_path_plain(struct sl_span value, char list[static SEARCH_PATH_MAX + 1])
{
    struct list made = begin_list(list);

    return read_value(value, &made);
}

bool search_path_show(struct sl_span value, char shown[static SEARCH_PATH_MAX + 1])
{
    struct list made = begin_list(shown);

    made.is_shown = true;
    if (!read_value(value, &made)) {
        memcpy(shown, "?", sizeof "?");
        return false;
    }
    return !made.has_hidden;
}

/* ---- options ---- */

/* The next word, its backslashes taken out; false: there is none. */
static bool next_word(const char **options, char *word)
{
    const char *at = *options;

    while (is_space((uint8_t)*at)) {
        at++;
    }
    if (*at == '\0') {
        return false;
    }
    for (; *at != '\0' && !is_space((uint8_t)*at); at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
        *word++ = *at;
    }
    *word = '\0';
    *options = at;
    return true;
}

/* The name is "search_path", or "search-path", in any case. */
static bool is_named(const char *assignment, size_t len, const char *name)
{
    if (strlen(name) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)assignment[i];
        c = c == '-' ? '_' : is_upper(c) ? (uint8_t)(c | 0x20) : c;
        if (c != (uint8_t)name[i]) {
            return false;
        }
    }
    return true;
}

bool search_path_in_options(const char *options, char *value, bool *has_role)
{
    char *word = value; /* each in the place of the one before, until it is the one */
    bool found = false;

    *has_role = false;
    while (next_word(&options, word)) {
        char *assignment = word + 2;
        if (word[0] != '-' || (word[1] != 'c' && word[1] != '-')) {
            continue;
        }
        if (word[1] == 'c' && word[2] == '\0' && !next_word(&options, assignment)) {
            break;
        }
        size_t len = strcspn(assignment, "=");
        if (assignment[len] == '\0') {
            continue;
        }
        *has_role |= is_named(assignment, len, "role") ||
                     is_named(assignment, len, "session_authorization");
        if (is_named(assignment, len, "search_path")) {
            found = true;
            size_t value_len = strlen(assignment + len + 1);
            memmove(value, assignment + len + 1, value_len + 1);
            word = value + value_len + 1; /* behind it, which leaves room: its name is gone */
        }
    }
    return found;
}

/* ---- tokens ---- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_STRING, TOKEN_SIGN, TOKEN_BAD };

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    enum token_kind token;
    struct sl_span text; /* TOKEN_WORD as written; quoted ones with what quotes are doubled */
    uint8_t sign;        /* TOKEN_SIGN */
    int depth;           /* of parentheses */
};

static bool skip_comment(struct reader *reader)
{
    int depth = 1;

    for (reader->at += 2; reader->end - reader->at >= 2; reader->at++) {
        if (reader->at[0] == '*' && reader->at[1] == '/') {
            reader->at++;
            if (--depth == 0) {
                reader->at++;
                return true;
            }
        } else if (reader->at[0] == '/' && reader->at[1] == '*') {
            reader->at++;
            depth++;
        }
    }
    return false;
}

/* Spaces and comments; false: one that does not end. */
static bool skip_blanks(struct reader *reader)
{
    for (;;) {
        bool has_two = reader->end - reader->at >= 2;
        if (reader->at < reader->end && is_space(*reader->at)) {
            reader->at++;
        } else if (has_two && reader->at[0] == '-' && reader->at[1] == '-') {
            while (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r') {
                reader->at++;
            }
        } else if (has_two && reader->at[0] == '/' && reader->at[1] == '*') {
            if (!skip_comment(reader)) {
                return false;
            }
        } else {
            return true;
        }
    }
}

/* A backslash may be one of a string, by a setting that is not known here. */
static enum token_kind read_quoted(struct reader *reader, uint8_t quote)
{
    const uint8_t *from = ++reader->at;

    for (; reader->at < reader->end; reader->at++) {
        if (*reader->at == '\\' && quote == '\'') {
            break;
        }
        if (*reader->at != quote) {
            continue;
        }
        if (reader->end - reader->at >= 2 && reader->at[1] == quote) {
            reader->at++;
            continue;
        }
        reader->text = sl_span(from, (size_t)(reader->at - from));
        reader->at++;
        return quote == '"' ? TOKEN_QUOTED : TOKEN_STRING;
    }
    return TOKEN_BAD;
}

/* E'..', U&"..": the word is the string's. */
static bool is_prefix(const struct reader *reader)
{
    bool is_escaped_name = reader->end - reader->at >= 2 && reader->at[0] == '&' &&
                           (reader->at[1] == '"' || reader->at[1] == '\'');

    return reader->text.len == 1 &&
           (is_escaped_name || (reader->at < reader->end && *reader->at == '\''));
}

static enum token_kind read_word(struct reader *reader)
{
    const uint8_t *from = reader->at;

    while (reader->at < reader->end &&
            (is_letter(*reader->at) || is_digit(*reader->at) || *reader->at == '$')) {
        reader->at++;
    }
    reader->text = sl_span(from, (size_t)(reader->at - from));
    return is_prefix(reader) ? TOKEN_BAD : TOKEN_WORD;
}

static void next(struct reader *reader)
{
    if (reader->token == TOKEN_BAD || !skip_blanks(reader)) {
        reader->token = TOKEN_BAD;
        return;
    }
    if (reader->at == reader->end) {
        reader->token = TOKEN_END;
        return;
    }
    uint8_t c = *reader->at;
    if (is_letter(c)) {
        reader->token = read_word(reader);
    } else if (c == '"' || c == '\'') {
        reader->token = read_quoted(reader, c);
    } else if (c == '$' && reader->end - reader->at >= 2 && !is_digit(reader->at[1])) {
        reader->token = TOKEN_BAD; /* $tag$: nothing that is looked for has one */
    } else {
        reader->at++;
        reader->sign = c;
        reader->token = TOKEN_SIGN;
        reader->depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
}

static struct reader begin(struct sl_span text)
{
    struct reader reader = {.at = text.at, .end = text.at + text.len, .token = TOKEN_END};

    next(&reader);
    return reader;
}

static bool is_text(struct sl_span text, const char *word)
{
    return text.len == strlen(word) && strncasecmp((const char *)text.at, word, text.len) == 0;
}

static bool is_word(const struct reader *reader, const char *word)
{
    return reader->token == TOKEN_WORD && is_text(reader->text, word);
}

static bool is_one_of(const struct reader *reader, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_word(reader, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_sign(const struct reader *reader, uint8_t sign)
{
    return reader->token == TOKEN_SIGN && reader->sign == sign;
}

/* A word is taken, if it is that one. */
static bool takes(struct reader *reader, const char *word)
{
    if (!is_word(reader, word)) {
        return false;
    }
    next(reader);
    return true;
}

static bool takes_sign(struct reader *reader, uint8_t sign)
{
    if (!is_sign(reader, sign)) {
        return false;
    }
    next(reader);
    return true;
}

/* ---- SET ---- */

/* A name in a list: folded unless quoted, its doubled quotes made one. */
static bool read_name(const struct reader *reader, struct name *name)
{
    bool is_quoted = reader->token != TOKEN_WORD;

    *name = (struct name){.len = 0};
    for (size_t i = 0; i < reader->text.len; i++) {
        uint8_t c = reader->text.at[i];
        if (!put(name, !is_quoted && is_upper(c) ? (uint8_t)(c | 0x20) : c)) {
            return false;
        }
        i += is_quoted && c == (reader->token == TOKEN_QUOTED ? '"' : '\'');
    }
    return true;
}

static bool is_role(struct sl_span name)
{
    return is_text(name, "role") || is_text(name, "session_authorization");
}

static enum search_path_change_kind opaque(bool is_local)
{
    return is_local ? SEARCH_PATH_LOCAL_OPAQUE : SEARCH_PATH_OPAQUE;
}

/* To the statement's end. */
static enum search_path_change_kind read_list(
        struct reader *reader, bool is_local, struct search_path_change *change)
{
    struct list made = begin_list(change->list);
    bool is_known = true;

    do {
        struct name name;
        if (reader->token != TOKEN_WORD && reader->token != TOKEN_QUOTED &&
                reader->token != TOKEN_STRING) {
            return opaque(is_local);
        }
        is_known &= read_name(reader, &name);
        if (is_known) {
            add(&made, &name);
        }
        next(reader);
    } while (takes_sign(reader, ','));
    if (reader->token != TOKEN_END) {
        return opaque(is_local);
    }
    change->has_list = end_list(&made) && is_known;
    return is_local ? SEARCH_PATH_LOCAL : SEARCH_PATH_SET;
}

static enum search_path_change_kind read_path(
        struct reader *reader, bool is_local, struct search_path_change *change)
{
    if (!takes_sign(reader, '=') && !takes(reader, "to")) {
        return opaque(is_local);
    }
    if (takes(reader, "default")) {
        return reader->token != TOKEN_END ? opaque(is_local)
               : is_local                 ? SEARCH_PATH_LOCAL_RESET
                                          : SEARCH_PATH_RESET;
    }
    return read_list(reader, is_local, change);
}

/* Behind SET. */
static enum search_path_change_kind read_set(
        struct reader *reader, struct search_path_change *change)
{
    bool is_local = takes(reader, "local");

    if (takes(reader, "session")) {
        if (is_word(reader, "authorization")) {
            return opaque(is_local);
        }
        if (is_word(reader, "characteristics")) {
            return SEARCH_PATH_KEPT;
        }
    }
    if (reader->token != TOKEN_WORD && reader->token != TOKEN_QUOTED) {
        return opaque(is_local);
    }
    struct sl_span name = reader->text;
    next(reader);
    if (is_sign(reader, '.')) {
        return SEARCH_PATH_KEPT; /* somebody's own */
    }
    if (is_text(name, "schema")) {
        return reader->token == TOKEN_STRING ? read_list(reader, is_local, change)
                                             : opaque(is_local);
    }
    if (is_text(name, "search_path")) {
        return read_path(reader, is_local, change);
    }
    return is_role(name) ? opaque(is_local) : SEARCH_PATH_KEPT;
}

/* A string that says nothing but what is in it; *value is what that is. */
static bool takes_string(struct reader *reader, struct sl_span *value)
{
    if (reader->token != TOKEN_STRING || memchr(reader->text.at, '\'', reader->text.len) != NULL) {
        return false;
    }
    *value = reader->text;
    next(reader);
    return true;
}

/* $1 */
static bool takes_param(struct reader *reader)
{
    if (!takes_sign(reader, '$')) {
        return false;
    }
    while (reader->token == TOKEN_SIGN && is_digit(reader->sign)) {
        next(reader);
    }
    return true;
}

/* Behind SELECT: all that it does is set_config('search_path', 'a, b', true), or of another name. */
static enum search_path_change_kind read_call(
        struct reader *reader, unsigned effects, struct search_path_change *change)
{
    enum search_path_change_kind unknown = opaque((effects & EFFECTS_STAY) == 0);
    struct sl_span name;
    struct sl_span value = sl_span(NULL, 0);

    if ((takes(reader, "pg_catalog") && !takes_sign(reader, '.')) || !takes(reader, "set_config") ||
            !takes_sign(reader, '(') || !takes_string(reader, &name) || !takes_sign(reader, ',') ||
            !(takes_string(reader, &value) || takes_param(reader)) || !takes_sign(reader, ',')) {
        return unknown;
    }
    bool is_local = is_word(reader, "true");
    bool is_said = is_local || is_word(reader, "false");
    next(reader);
    if (!is_said || !takes_sign(reader, ')') || reader->token != TOKEN_END || is_role(name)) {
        return unknown;
    }
    if (!is_text(name, "search_path")) {
        return SEARCH_PATH_KEPT;
    }
    change->is_call = true;
    change->has_list = value.at != NULL && search_path_plain(value, change->list);
    return is_local ? SEARCH_PATH_LOCAL : SEARCH_PATH_SET;
}

/* ---- CREATE ---- */

/* What it makes may run something as it is made: AS SELECT f(). */
static bool runs(struct reader *reader)
{
    while (reader->token != TOKEN_END && reader->token != TOKEN_BAD) {
        if (reader->depth == 0 && takes(reader, "as")) {
            return (effects_of(sl_span(reader->text.at, (size_t)(reader->end - reader->text.at))) &
                           (EFFECTS_RULES | EFFECTS_STAY)) != 0;
        }
        next(reader);
    }
    return reader->token == TOKEN_BAD;
}

static bool names_temp(struct reader reader)
{
    while (reader.token != TOKEN_END && reader.token != TOKEN_BAD) {
        if ((reader.token == TOKEN_WORD || reader.token == TOKEN_QUOTED) && reader.text.len >= 7 &&
                strncasecmp((const char *)reader.text.at, "pg_temp", 7) == 0) {
            return true;
        }
        next(&reader);
    }
    return false;
}

/* Behind CREATE. */
static enum search_path_change_kind read_create(struct reader *reader)
{
    static const char *const harmless[] = {"view", "sequence", "index", "unique", "schema", "type",
            "domain", "role", "user", "group", "trigger", "policy", "rule", "statistics",
            "database"};
    bool is_temp = names_temp(*reader);

    if (takes(reader, "or")) {
        next(reader); /* REPLACE */
    }
    if (is_word(reader, "global") || is_word(reader, "local")) {
        next(reader);
    }
    if (is_word(reader, "temp") || is_word(reader, "temporary")) {
        next(reader);
        is_temp = true;
    }
    if (is_word(reader, "unlogged") || is_word(reader, "recursive")) {
        next(reader);
    }
    bool is_harmless = is_word(reader, "table") ? !runs(reader)
                                                : is_one_of(reader, harmless, SL_COUNT(harmless));
    if (!is_harmless) {
        return SEARCH_PATH_OPAQUE;
    }
    return is_temp ? SEARCH_PATH_TEMP : SEARCH_PATH_KEPT;
}

/* ---- a statement ---- */

static enum search_path_change_kind read_reset(struct reader *reader)
{
    bool is_path = reader->token == TOKEN_QUOTED ? is_text(reader->text, "search_path")
                                                 : is_word(reader, "search_path");

    return is_path || is_word(reader, "all") ? SEARCH_PATH_RESET : SEARCH_PATH_KEPT;
}

/* All but the one that is read here. */
static bool is_call_harmless(void *self, struct sl_span schema, struct sl_span name)
{
    (void)self;
    (void)schema;
    return !is_text(name, "set_config");
}

/* One, without a semicolon. What FETCH and MOVE run has been counted where it was declared. */
static enum search_path_change_kind read_statement(
        struct sl_span text, bool calls_nothing, struct search_path_change *change)
{
    static const char *const harmless[] = {"commit", "end", "rollback", "abort", "begin", "start",
            "savepoint", "release", "listen", "unlisten", "notify", "deallocate", "show", "close",
            "lock", "comment", "grant", "revoke", "checkpoint", "drop", "truncate", "fetch",
            "move"};
    const struct effects_known known = {.is_harmless = is_call_harmless};
    unsigned effects = effects_of_known(text, calls_nothing ? &known : NULL);
    struct reader reader = begin(text);

    if ((effects & EFFECTS_UNREAD) != 0) {
        return SEARCH_PATH_OPAQUE;
    }
    if ((effects & (EFFECTS_RULES | EFFECTS_STAY)) == 0 || reader.token == TOKEN_END ||
            is_one_of(&reader, harmless, SL_COUNT(harmless))) {
        return SEARCH_PATH_KEPT;
    }
    if (takes(&reader, "set")) {
        return read_set(&reader, change);
    }
    if (takes(&reader, "reset")) {
        return read_reset(&reader);
    }
    if (takes(&reader, "discard")) {
        return is_word(&reader, "all") ? SEARCH_PATH_DISCARD : SEARCH_PATH_KEPT;
    }
    if (takes(&reader, "create")) {
        return read_create(&reader);
    }
    if (takes(&reader, "select")) {
        return read_call(&reader, effects, change);
    }
    return opaque((effects & EFFECTS_STAY) == 0);
}

/* What two statements do that stand behind one another. */
static enum search_path_change_kind both(
        enum search_path_change_kind one, enum search_path_change_kind two)
{
    bool is_local = (one == SEARCH_PATH_KEPT || one == SEARCH_PATH_LOCAL ||
                            one == SEARCH_PATH_LOCAL_RESET || one == SEARCH_PATH_LOCAL_OPAQUE) &&
                    (two == SEARCH_PATH_LOCAL || two == SEARCH_PATH_LOCAL_RESET ||
                            two == SEARCH_PATH_LOCAL_OPAQUE || two == SEARCH_PATH_KEPT);

    if (one <= SEARCH_PATH_TEMP && two <= SEARCH_PATH_TEMP) {
        return one > two ? one : two;
    }
    return opaque(is_local);
}

void search_path_read(struct sl_span text, bool calls_nothing, struct search_path_change *change)
{
    struct reader reader;
    unsigned count = 0;

    *change = (struct search_path_change){.kind = SEARCH_PATH_KEPT};
    if (text.len > EFFECTS_TEXT_MAX) {
        change->kind = SEARCH_PATH_OPAQUE;
        change->is_several = true;
        return;
    }
    reader = begin(text);
    while (reader.token != TOKEN_END && reader.token != TOKEN_BAD) {
        const uint8_t *from =
                reader.token == TOKEN_SIGN
                        ? reader.at - 1
                        : reader.text.at - (reader.token != TOKEN_WORD); /* with its quote */
        while (reader.token != TOKEN_END && reader.token != TOKEN_BAD && !is_sign(&reader, ';')) {
            next(&reader);
        }
        const uint8_t *to = is_sign(&reader, ';') ? reader.at - 1 : reader.end;
        if (to > from) {
            enum search_path_change_kind kind =
                    read_statement(sl_span(from, (size_t)(to - from)), calls_nothing, change);
            change->kind = count++ == 0 ? kind : both(change->kind, kind);
        }
        next(&reader);
    }
    change->is_several = count > 1 || reader.token == TOKEN_BAD;
    if (reader.token == TOKEN_BAD) {
        change->kind = SEARCH_PATH_OPAQUE;
    }
}
