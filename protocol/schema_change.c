/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/schema_change.h"

#include "protocol/base/check.h"
#include "protocol/effects.h"
#include "protocol/effects_names.h"
#include "protocol/text_words.h"

#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 63 };

/* A statement: where one is, and its end. */
struct reading {
    struct shape_source source;
    const uint8_t *at; /* of a token, or the end; NULL: it cannot be told */
};

static bool is_at_end(const struct reading *reading)
{
    return reading->at == reading->source.end;
}

/* Behind that word, if it stands here. */
static bool skip(struct reading *reading, const char *word)
{
    const uint8_t *next =
            reading->at == NULL ? NULL : text_skip_keyword(&reading->source, reading->at, word);

    reading->at = next == NULL ? reading->at : next;
    return next != NULL;
}

/* One of several. */
static bool skip_any(struct reading *reading, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (skip(reading, words[i])) {
            return true;
        }
    }
    return false;
}

/* Behind whatever token stands here, and what is blank; not at the end. */
static void skip_token(struct reading *reading)
{
    const uint8_t *next = text_skip_token(&reading->source, reading->at);

    reading->at = next == NULL ? NULL : shape_skip_blank(&reading->source, next);
}

static bool skip_sign(struct reading *reading, uint8_t sign)
{
    if (reading->at == NULL || is_at_end(reading) || *reading->at != sign) {
        return false;
    }
    reading->at = shape_skip_blank(&reading->source, reading->at + 1);
    return reading->at != NULL;
}

/* A name, with its schema if it has one. */
static bool skip_name(struct reading *reading)
{
    do {
        const uint8_t *next = reading->at == NULL || is_at_end(reading)
                                      ? NULL
                                      : text_skip_name(&reading->source, reading->at);
        reading->at = next == NULL ? NULL : shape_skip_blank(&reading->source, next);
    } while (skip_sign(reading, '.'));
    return reading->at != NULL;
}

static bool is_known(const uint8_t *name, size_t len)
{
    uint8_t lower[NAME_MAX_BYTES];

    if (len > sizeof lower) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        lower[i] = (uint8_t)(name[i] - 'A') < 26 ? name[i] | 0x20 : name[i];
    }
    return effects_name_is_known(sl_span(lower, len)) || sl_span_is(sl_span(lower, len), "include");
}

/* From its parenthesis on: whatever is called there is a built-in function that leaves nothing. */
static bool calls_known_only(struct reading *reading)
{
    const uint8_t *name = NULL; /* the token before */
    size_t len = 0;

    while (reading->at != NULL && !is_at_end(reading)) {
        const uint8_t *at = reading->at;
        if (*at == '.' ||
                (*at == '(' && name != NULL && (name[0] == '"' || !is_known(name, len)))) {
            return false; /* t.f may be f(t) */
        }
        const uint8_t *end = text_skip_name(&reading->source, at);
        name = end == NULL ? NULL : at;
        len = end == NULL ? 0 : (size_t)(end - at);
        skip_token(reading);
    }
    return reading->at != NULL;
}

/* Behind CREATE [UNIQUE] INDEX. */
static bool is_quiet_index(struct reading *reading)
{
    (void)skip(reading, "concurrently");
    if (skip(reading, "if")) {
        (void)skip(reading, "not");
        (void)skip(reading, "exists");
    }
    if (!skip(reading, "on")) {
        if (!skip_name(reading) || !skip(reading, "on")) {
            return false;
        }
    }
    (void)skip(reading, "only");
    if (!skip_name(reading)) {
        return false;
    }
    if (skip(reading, "using") && !skip_name(reading)) {
        return false;
    }
    return skip_sign(reading, '(') && calls_known_only(reading);
}

/* Behind CREATE. */
static bool is_quiet_create(struct reading *reading)
{
    static const char *const beside[] = {
            "database", "role", "user", "group", "tablespace", "temporary", "temp"};

    if (skip_any(reading, beside, SL_COUNT(beside))) {
        return true;
    }
    if (skip(reading, "unique")) {
        return skip(reading, "index") && is_quiet_index(reading);
    }
    if (skip(reading, "index")) {
        return is_quiet_index(reading);
    }
    (void)skip(reading, "unlogged");
    if (!skip(reading, "table")) {
        return false;
    }
    if (skip(reading, "if")) {
        (void)skip(reading, "not");
        (void)skip(reading, "exists");
    }
    return skip_name(reading) && skip(reading, "as");
}

/* Behind ALTER. */
static bool is_quiet_alter(struct reading *reading)
{
    static const char *const beside[] = {
            "database", "role", "user", "group", "tablespace", "system", "default", "sequence"};

    if (skip_any(reading, beside, SL_COUNT(beside))) {
        return true;
    }
    if (!skip(reading, "table")) {
        return false;
    }
    if (skip(reading, "if")) {
        (void)skip(reading, "exists");
    }
    (void)skip(reading, "only");
    return skip_name(reading) && skip(reading, "validate") && skip(reading, "constraint") &&
           skip_name(reading) && is_at_end(reading);
}

/* By its first word: what adds nothing, SELECT INTO among it, or is no change at all. */
static bool is_quiet(struct reading *reading)
{
    static const char *const plain[] = {"drop", "grant", "revoke", "select", "with", "table",
            "values", "insert", "update", "delete", "merge", "begin", "start", "commit", "end",
            "rollback", "savepoint", "release", "set", "comment", "lock", "truncate", "analyze",
            "copy"};
    const uint8_t *end = text_skip_name(&reading->source, reading->at);
    size_t len = end == NULL ? 0 : (size_t)(end - reading->at);

    for (size_t i = 0; i < SL_COUNT(plain); i++) {
        if (len == strlen(plain[i]) && strncasecmp((const char *)reading->at, plain[i], len) == 0) {
            return true;
        }
    }
    if (skip(reading, "create")) {
        return is_quiet_create(reading);
    }
    return skip(reading, "alter") && is_quiet_alter(reading);
}

static bool has_odd_bytes(struct sl_span text)
{
    uint8_t all = 0;

    for (size_t i = 0; i < text.len; i++) {
        all |= text.at[i];
    }
    return all >= 0x80 || memchr(text.at, '\\', text.len) != NULL;
}

bool schema_change_is_quiet(struct sl_span text)
{
    struct shape_source source = {.begin = text.at, .end = text.at + text.len};

    if (text.len > EFFECTS_TEXT_MAX || has_odd_bytes(text)) {
        return false;
    }
    const uint8_t *at = shape_skip_blank(&source, text.at);
    while (at != NULL && at < source.end) {
        const uint8_t *end = text_skip_statement(&source, at);
        if (end == NULL) {
            return false;
        }
        struct reading reading = {.source = source, .at = at};
        reading.source.end = end;
        if (end > at && !is_quiet(&reading)) {
            return false;
        }
        at = end < source.end ? shape_skip_blank(&source, end + 1) : end;
    }
    return at != NULL;
}
