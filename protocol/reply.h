/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/reply.h - a whole reply from rows: console and cache speak through it.
 *
 *     reply_init(&reply, buf, columns, n, formats, error)
 *     reply_describe(&reply)                 RowDescription
 *     reply_row(&reply, values)              DataRow, as often as there are rows
 *     reply_end(&reply, "SHOW")              CommandComplete
 *
 * Values are given as text; a client that asks for binary results (drivers do, in
 * the extended protocol) gets the same values in PostgreSQL's binary form.
 *
 * Ownership: buf and columns are the caller's and outlive the reply; formats is
 * copied by meaning, not by pointer: it must live as long too. Threads: the
 * caller's. Bounds: buf's.
 */
#ifndef SLUICE_PROTOCOL_REPLY_H
#define SLUICE_PROTOCOL_REPLY_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

/* Type oids, as in pg_type. */
enum reply_type {
    REPLY_BOOL = 16,
    REPLY_BYTEA = 17, /* as text: \x and hex digits */
    REPLY_INT8 = 20,
    REPLY_INT4 = 23,
    REPLY_TEXT = 25,
    REPLY_NUMERIC = 1700
};

struct reply_column {
    const char *name;
    enum reply_type type;
};

struct reply {
    struct sl_buf *buf;
    const struct reply_column *columns;
    uint16_t columns_count;
    struct sl_span formats;
    uint64_t rows; /* written so far */
};

/*
 * formats: result formats as a Bind has them (2 bytes each: none at all for text,
 * one for all columns, or one a column); an empty span in the simple protocol.
 * SL_EPROTO and error (08P01, 22023): not so, or a format that does not exist.
 */
SL_MUST_CHECK enum sl_err reply_init(struct reply *reply, struct sl_buf *buf,
        const struct reply_column *columns, uint16_t count, struct sl_span formats,
        struct sl_error *error);

/* Each appends one whole message, or (not SL_OK) nothing. */
SL_MUST_CHECK enum sl_err reply_describe(const struct reply *reply);
/* One value a column; NULL is NULL. SL_EINVAL: binary asked for, text not of the column's type. */
SL_MUST_CHECK enum sl_err reply_row(struct reply *reply, const char *const *values);
SL_MUST_CHECK enum sl_err reply_end(const struct reply *reply, const char *tag);

#endif
