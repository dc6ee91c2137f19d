/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/text_words.h"

#include <string.h>
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

bool text_is_name(struct sl_span written, struct sl_span name)
{
    if (written.len >= 2 && written.at[0] == '"') {
        return is_quoted_name(sl_span(written.at + 1, written.len - 2), name);
    }
    return is_plain_name(written, name);
}

const uint8_t *text_skip_keyword(
        const struct shape_source *source, const uint8_t *at, const char *word)
{
    const uint8_t *end = skip_word(source, at);

    if ((size_t)(end - at) != strlen(word) ||
            strncasecmp((const char *)at, word, strlen(word)) != 0) {
        return NULL;
    }
    at = shape_skip_blank(source, end);
    return at == source->end ? NULL : at;
}

const uint8_t *text_skip_name(const struct shape_source *source, const uint8_t *at)
{
    const uint8_t *end = *at == '"' ? shape_skip_name(source, at + 1) : skip_word(source, at);

    return end == at ? NULL : end;
}

const uint8_t *text_skip_token(const struct shape_source *source, const uint8_t *at)
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

const uint8_t *text_skip_statement(const struct shape_source *source, const uint8_t *at)
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
        at = text_skip_token(source, token);
    }
    return at;
}
