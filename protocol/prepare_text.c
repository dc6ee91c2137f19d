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

/* Behind that word and what is blank; NULL: it is another, or nothing follows. */
static const uint8_t *skip_keyword(
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

/* Behind the name that begins here, quoted or not; NULL: none does. */
static const uint8_t *skip_any_name(const struct shape_source *source, const uint8_t *at)
{
    const uint8_t *end = *at == '"' ? shape_skip_name(source, at + 1) : skip_word(source, at);

    return end == at ? NULL : end;
}

/* At the first word of a statement: is it a PREPARE of that name? */
static bool is_prepare(const struct shape_source *source, const uint8_t *at, struct sl_span name)
{
    at = skip_keyword(source, at, "prepare");
    const uint8_t *end = at == NULL ? NULL : skip_any_name(source, at);

    if (end == NULL) {
        return false;
    }
    size_t len = (size_t)(end - at);
    return *at == '"' ? is_quoted_name(sl_span(at + 1, len - 2), name)
                      : is_plain_name(sl_span(at, len), name);
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

/* Behind (int, numeric(3, 1)), if that stands here. */
static const uint8_t *skip_types(const struct shape_source *source, const uint8_t *at)
{
    size_t depth = 0;

    while (at != NULL && at < source->end && (depth > 0 || *at == '(')) {
        depth += *at == '(';
        depth -= *at == ')';
        at = skip_token(source, at);
        at = at == NULL ? NULL : shape_skip_blank(source, at);
        if (depth == 0) {
            break;
        }
    }
    return at;
}

bool prepare_text_body(struct sl_span text, struct shape_options options, struct sl_span *body)
{
    struct shape_source source = {.begin = text.at, .end = text.at + text.len, .options = options};
    const uint8_t *at = shape_skip_blank(&source, text.at);

    at = at == NULL ? NULL : skip_keyword(&source, at, "prepare");
    at = at == NULL ? NULL : skip_any_name(&source, at);
    at = at == NULL ? NULL : shape_skip_blank(&source, at);
    at = at == NULL ? NULL : skip_types(&source, at);
    at = at == NULL ? NULL : skip_keyword(&source, at, "as");
    if (at == NULL) {
        return false;
    }
    *body = sl_span(at, (size_t)(source.end - at));
    return true;
}

/* False: longer than PostgreSQL keeps. */
static bool read_name(struct sl_span written, char name[PREPARE_NAME_MAX])
{
    bool is_quoted = written.at[0] == '"';
    size_t len = 0;

    for (size_t i = is_quoted; i < written.len - is_quoted; i++) {
        uint8_t c = written.at[i];
        if (len == PREPARE_NAME_MAX - 1) {
            return false;
        }
        name[len++] = (char)(!is_quoted && (uint8_t)(c - 'A') < 26 ? c | 0x20 : c);
        i += is_quoted && c == '"';
    }
    name[len] = '\0';
    return true;
}

bool prepare_text_execute(struct sl_span text, struct shape_options options,
        char name[PREPARE_NAME_MAX], struct sl_span *rest)
{
    struct shape_source source = {.begin = text.at, .end = text.at + text.len, .options = options};
    const uint8_t *at = shape_skip_blank(&source, text.at);

    at = at == NULL ? NULL : skip_keyword(&source, at, "execute");
    const uint8_t *end = at == NULL ? NULL : skip_any_name(&source, at);
    if (end == NULL || !read_name(sl_span(at, (size_t)(end - at)), name)) {
        return false;
    }
    *rest = sl_span(end, (size_t)(source.end - end));
    at = shape_skip_blank(&source, end);
    return at != NULL && (at == source.end || *at == '(' || *at == ';'); /* else U&"..." */
}
