/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/prepare_text.h"

#include "protocol/shape_lex.h"

#include <strings.h>

static bool is_letter(uint8_t c)
{
    return shape_chars[c] >= CHAR_PREFIX;
}

/* Behind a name that is not quoted. */
static const uint8_t *skip_word(const struct shape_source *source, const uint8_t *at)
{
    while (at < source->end && (is_letter(*at) || shape_chars[*at] == CHAR_DIGIT || *at == '$')) {
        at = *at >= 0x80 ? shape_skip_character(source, at) : at + 1;
    }
    return at;
}

/* Is that how the name is written? Between its quotes, where each quote of its own is doubled. */
static bool is_quoted_name(struct sl_span written, struct sl_span name)
{
    size_t at = 0;

    for (size_t i = 0; i < name.len; i++, at++) {
        if (at >= written.len || written.at[at] != name.at[i]) {
            return false;
        }
        at += name.at[i] == '"';
    }
    return at == written.len;
}

/* PostgreSQL folds ASCII; of other letters that it may fold it is left open. */
static bool is_plain_name(struct sl_span written, struct sl_span name)
{
    if (written.len != name.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = written.at[i];
        if (name.at[i] != ((uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c)) {
            return false;
        }
    }
    return true;
}

/* At the first word of a statement: is it a PREPARE of that name? */
static bool is_prepare(const struct shape_source *source, const uint8_t *at, struct sl_span name)
{
    static const char prepare[] = "prepare";
    const uint8_t *end = skip_word(source, at);

    if ((size_t)(end - at) != sizeof prepare - 1 ||
            strncasecmp((const char *)at, prepare, sizeof prepare - 1) != 0) {
        return false;
    }
    at = shape_skip_blank(source, end);
    if (at == NULL || at == source->end) {
        return false;
    }
    if (*at == '"') {
        end = shape_skip_name(source, at + 1);
        return end != NULL && is_quoted_name(sl_span(at + 1, (size_t)(end - at) - 2), name);
    }
    end = skip_word(source, at);
    return is_plain_name(sl_span(at, (size_t)(end - at)), name);
}

/* One token; NULL: the text ends within it. */
static const uint8_t *skip_token(const struct shape_source *source, const uint8_t *at)
{
    enum shape_literal_kind kind;
    const uint8_t *next = shape_skip_literal(source, at, &kind);

    if (next != at) {
        return next;
    }
    if (*at == '"') {
        return shape_skip_name(source, at + 1);
    }
    return is_letter(*at) ? skip_word(source, at) : at + 1;
}

/* The end of a statement: its semicolon, or where the text ends. NULL: it cannot be told. */
static const uint8_t *skip_statement(const struct shape_source *source, const uint8_t *at)
{
    size_t depth = 0; /* a rule may have semicolons in its parentheses */

    while (at != NULL && at < source->end) {
        const uint8_t *token = shape_skip_blank(source, at);
        if (token == NULL || token == source->end) {
            return token;
        }
        if (*token == ';' && depth == 0) {
            return token;
        }
        if (*token == '(') {
            depth++;
        } else if (*token == ')' && depth-- == 0) {
            return NULL;
        }
        at = skip_token(source, token);
    }
    return at;
}

bool prepare_text_find(struct sl_span text, struct sl_span name, struct shape_options options,
        struct sl_span *found)
{
    struct shape_source source = {.begin = text.at, .end = text.at + text.len, .options = options};
    const uint8_t *at = shape_skip_blank(&source, text.at);
    unsigned matches = 0;
    unsigned statements = 0;

    while (at != NULL && at < source.end) {
        const uint8_t *end = skip_statement(&source, at);
        if (end == NULL) {
            return false;
        }
        if (is_prepare(&source, at, name)) {
            *found = sl_span(at, (size_t)(end - at));
            matches++;
        }
        statements += end > at;
        at = end < source.end ? shape_skip_blank(&source, end + 1) : end;
    }
    if (at == NULL || matches != 1) {
        return false;
    }
    *found = statements == 1 ? text : *found;
    return true;
}
