/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/function_names.h"

#include "protocol/shape_lex.h"

#include <string.h>

enum { NAME_LEN_MAX = 63 };

/* A name does not begin with a dollar sign: a string does, or a parameter. */
static struct sl_span without_tag(struct sl_span name)
{
    if (name.len < 2 || name.at[0] != '$') {
        return name;
    }
    const uint8_t *end = memchr(name.at + 1, '$', name.len - 1);
    size_t len = end == NULL ? name.len : (size_t)(end + 1 - name.at);

    return sl_span(name.at + len, name.len - len);
}

/* The name that ends there, of one byte more than it may have at most. */
static struct sl_span name_before(const uint8_t *begin, const uint8_t *end, bool is_quoted)
{
    const uint8_t *from = end;

    while (from > begin && end - from <= NAME_LEN_MAX &&
            (is_quoted ? from[-1] != '"' : shape_chars[from[-1]] >= CHAR_DOLLAR)) {
        from--;
    }
    struct sl_span name = sl_span(from, (size_t)(end - from));
    return is_quoted ? name : without_tag(name);
}

bool function_names(struct sl_span text,
        bool (*on_name)(void *self, struct sl_span name, bool is_quoted), void *self)
{
    const uint8_t *end = text.at + text.len;
    uint8_t lower[NAME_LEN_MAX];

    for (const uint8_t *at = text.at; at < end; at++) {
        at = memchr(at, '(', (size_t)(end - at));
        if (at == NULL) {
            return false;
        }
        const uint8_t *to = at;
        while (to > text.at && shape_chars[to[-1]] == CHAR_SPACE) {
            to--;
        }
        bool is_quoted = to > text.at && to[-1] == '"';
        struct sl_span name = name_before(text.at, to - is_quoted, is_quoted);
        if (name.len == 0 || name.len > NAME_LEN_MAX) {
            continue;
        }
        for (size_t i = 0; i < name.len; i++) {
            uint8_t c = name.at[i];
            lower[i] = !is_quoted && (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
        }
        if (on_name(self, sl_span(lower, name.len), is_quoted)) {
            return true;
        }
    }
    return false;
}
