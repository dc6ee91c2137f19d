/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_row.h"

#include "protocol/back.h"
#include "protocol/catalog_build.h"

#include <string.h>

struct sl_span catalog_row_field(struct catalog_row *row, unsigned column)
{
    struct sl_span text = sl_span("", 0);

    row->is_bad |= !back_row_field(row->body, column, &text);
    return text;
}

bool catalog_row_read_number(struct sl_span text, uint32_t *number)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 10) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        value = value * 10 + (text.at[i] - '0');
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

uint32_t catalog_row_number(struct catalog_row *row, unsigned column)
{
    uint32_t number = 0;

    row->is_bad |= !catalog_row_read_number(catalog_row_field(row, column), &number);
    return row->is_bad ? 0 : number;
}

char catalog_row_char(struct catalog_row *row, unsigned column, const char *allowed)
{
    struct sl_span text = catalog_row_field(row, column);

    row->is_bad |= text.len != 1 || text.at[0] == '\0' || strchr(allowed, text.at[0]) == NULL;
    if (row->is_bad) {
        return '\0';
    }
    return *(const char *)text.at;
}

struct sl_span catalog_row_text(struct catalog_row *row, unsigned column, size_t max)
{
    struct sl_span text = catalog_row_field(row, column);

    row->is_bad |= text.len > max || (text.len > 0 && memchr(text.at, 0, text.len) != NULL);
    return row->is_bad ? sl_span("", 0) : text;
}

struct sl_span catalog_row_name(struct catalog_row *row, unsigned column)
{
    struct sl_span text = catalog_row_text(row, column, CATALOG_NAME_MAX);

    row->is_bad |= text.len == 0;
    return text;
}

uint32_t catalog_row_key(struct catalog_row *row, uint32_t *last)
{
    uint32_t oid = catalog_row_number(row, 0);

    row->is_bad |= oid <= *last;
    *last = row->is_bad ? *last : oid;
    return oid;
}
