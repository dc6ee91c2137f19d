/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_rows.h - rows of a view, kept until they are rendered.
 *
 * A view puts them on whatever thread it visits: there they are copied only, as
 * texts one after the other. JSON and metrics are made of them later, on ours.
 *
 * Ownership: the caller's struct. Threads: one at a time. Bounds: bytes_max; what a
 * row would exceed it with sets out.is_full.
 */
#ifndef SLUICE_PROXY_HTTP_ROWS_H
#define SLUICE_PROXY_HTTP_ROWS_H

#include "protocol/base/buf.h"
#include "protocol/view.h"

struct http_rows {
    struct view_out out; /* first: the view puts rows here */
    const struct view *view;
    struct sl_buf buf;
    uint64_t count;
};

void http_rows_init(struct http_rows *rows, const struct view *view, size_t bytes_max);
void http_rows_fini(struct http_rows *rows);

/* The next row's values, good until the rows change; *at is 0 for the first. False: no more. */
bool http_rows_next(const struct http_rows *rows, size_t *at, const char *values[VIEW_COLUMNS_MAX]);

/* {"name": ..., "columns": [...], "rows": [[...], ...]} */
SL_MUST_CHECK enum sl_err http_rows_json(const struct http_rows *rows, struct sl_buf *buf);

/* As PostgreSQL calls it. */
const char *http_rows_type(enum reply_type type);

#endif
