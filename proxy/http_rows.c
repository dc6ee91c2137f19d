/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_rows.h"

#include "proxy/json.h"

#include <string.h>

enum { NO_VALUE = 0, VALUE = 1 }; /* the byte before each text */

static bool put_row(struct view_out *out, const struct view_row *row)
{
    struct http_rows *rows = SL_CONTAINER(out, struct http_rows, out);
    size_t filled = rows->buf.filled;
    enum sl_err err = SL_OK;

    for (unsigned i = 0; err == SL_OK && i < row->count; i++) {
        const char *value = row->values[i];
        err = sl_buf_put_u8(&rows->buf, value == NULL ? NO_VALUE : VALUE);
        if (err == SL_OK && value != NULL) {
            err = sl_buf_put_cstr(&rows->buf, value);
        }
    }
    if (err != SL_OK) {
        rows->buf.filled = filled; /* whole rows only */
        return false;
    }
    rows->count++;
    return true;
}

void http_rows_init(struct http_rows *rows, const struct view *view, size_t bytes_max)
{
    *rows = (struct http_rows){.out = {.put = put_row}, .view = view};
    sl_buf_init(&rows->buf, bytes_max);
}

void http_rows_fini(struct http_rows *rows)
{
    sl_buf_fini(&rows->buf);
}

bool http_rows_next(const struct http_rows *rows, size_t *at, const char *values[VIEW_COLUMNS_MAX])
{
    struct sl_span all = sl_buf_borrow(&rows->buf);

    if (*at >= all.len) {
        return false;
    }
    for (unsigned i = 0; i < rows->view->columns_count; i++) {
        bool is_value = all.at[(*at)++] == VALUE;
        values[i] = is_value ? (const char *)all.at + *at : NULL;
        *at += is_value ? strlen(values[i]) + 1 : 0;
    }
    return true;
}

const char *http_rows_type(enum reply_type type)
{
    switch (type) {
    case REPLY_BOOL:
        return "bool";
    case REPLY_BYTEA:
        return "bytea";
    case REPLY_INT8:
        return "int8";
    case REPLY_INT4:
        return "int4";
    case REPLY_TEXT:
        return "text";
    case REPLY_NUMERIC:
        return "numeric";
    }
    return "text";
}

enum sl_err http_rows_json(const struct http_rows *rows, struct sl_buf *buf)
{
    const struct view *view = rows->view;
    const char *values[VIEW_COLUMNS_MAX];
    struct json json;
    size_t at = 0;

    json_begin(&json, buf);
    json_open(&json, '{');
    json_key(&json, "name");
    json_text(&json, view->name);
    json_key(&json, "columns");
    json_open(&json, '[');
    for (unsigned i = 0; i < view->columns_count; i++) {
        json_open(&json, '{');
        json_key(&json, "name");
        json_text(&json, view->columns[i].name);
        json_key(&json, "type");
        json_text(&json, http_rows_type(view->columns[i].type));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_key(&json, "rows");
    json_open(&json, '[');
    while (json.err == SL_OK && http_rows_next(rows, &at, values)) {
        json_open(&json, '[');
        for (unsigned i = 0; i < view->columns_count; i++) {
            json_value(&json, view->columns[i].type, values[i]);
        }
        json_close(&json, ']');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    return json_end(&json);
}
