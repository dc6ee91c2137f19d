/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_varying.h"

#include "protocol/back.h"
#include "protocol/catalog.h"

#include <string.h>

/* No operator's name has a space in it. */
static uint64_t marks_of(struct sl_span names)
{
    uint64_t marks = 0;

    while (names.len > 0) {
        const uint8_t *space = memchr(names.at, ' ', names.len);
        size_t len = space == NULL ? names.len : (size_t)(space - names.at);
        marks |= catalog_name_mark((const char *)names.at, len);
        len += len < names.len;
        names = sl_span(names.at + len, names.len - len);
    }
    return marks;
}

void catalog_varying_take(
        const struct catalog_row *row, unsigned column, uint64_t *operators, uint8_t *casts)
{
    struct sl_span names;
    struct sl_span letters;

    *operators = back_row_field(row->body, column, &names) ? marks_of(names) : 0;
    *casts = 0;
    if (back_row_field(row->body, column + 1, &letters) && letters.len > 0) {
        bool is_anywhere = memchr(letters.at, 'i', letters.len) != NULL ||
                           memchr(letters.at, 'a', letters.len) != NULL ||
                           memchr(letters.at, 'x', letters.len) != NULL;
        *casts = CATALOG_CASTS_WRITTEN | (is_anywhere ? CATALOG_CASTS_ANYWHERE : 0);
    }
}
