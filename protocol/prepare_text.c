/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/prepare_text.h"

#include "protocol/text_words.h"

#include <strings.h>

/* At the first word of a statement: is it a PREPARE of that name? */
static bool is_prepare(const struct shape_source *source, const uint8_t *at, struct sl_span name)
{
    at = text_skip_keyword(source, at, "prepare");
    const uint8_t *end = at == NULL ? NULL : text_skip_name(source, at);

    if (end == NULL) {
        return false;
    }
    size_t len = (size_t)(end - at);
    return text_is_name(sl_span(at, len), name);
}

bool prepare_text_find(struct sl_span text, struct sl_span name, struct shape_options options,
        struct sl_span *found)
{
    struct shape_source source = {.begin = text.at, .end = text.at + text.len, .options = options};
    const uint8_t *at = shape_skip_blank(&source, text.at);
    unsigned matches = 0;
    unsigned statements = 0;

    while (at != NULL && at < source.end) {
        const uint8_t *end = text_skip_statement(&source, at);
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
        at = text_skip_token(source, at);
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

    at = at == NULL ? NULL : text_skip_keyword(&source, at, "prepare");
    at = at == NULL ? NULL : text_skip_name(&source, at);
    at = at == NULL ? NULL : shape_skip_blank(&source, at);
    at = at == NULL ? NULL : skip_types(&source, at);
    at = at == NULL ? NULL : text_skip_keyword(&source, at, "as");
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

    at = at == NULL ? NULL : text_skip_keyword(&source, at, "execute");
    const uint8_t *end = at == NULL ? NULL : text_skip_name(&source, at);
    if (end == NULL || !read_name(sl_span(at, (size_t)(end - at)), name)) {
        return false;
    }
    *rest = sl_span(end, (size_t)(source.end - end));
    at = shape_skip_blank(&source, end);
    return at != NULL && (at == source.end || *at == '(' || *at == ';'); /* else U&"..." */
}
