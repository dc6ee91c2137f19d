/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/reply.h - a whole reply made from rows of text: RowDescription, DataRow,
 * CommandComplete.
 *
 *     struct reply reply;
 *     reply_init(&reply, buf, columns, SL_COUNT(columns));
 *     reply_put_description(&reply);
 *     reply_put_row(&reply, values);     as often as there are rows
 *     reply_put_complete(&reply, "SHOW");
 *
 * Values are given as PostgreSQL prints them, and sent as text or, where the
 * client asked for it (Bind's result formats), as PostgreSQL's send functions
 * would send them. ReadyForQuery is the caller's.
 *
 * Ownership: columns, formats and buf are the caller's and referenced. Threads: the
 * caller's. Bounds: the buf's; REPLY_COLUMNS_MAX columns.
 */
#ifndef SLUICE_PROTOCOL_REPLY_H
#define SLUICE_PROTOCOL_REPLY_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLY_COLUMNS_MAX = 1600 }; /* PostgreSQL's MaxTupleAttributeNumber is 1664 */

/* Object identifiers of types, as in pg_type. */
enum reply_type {
    REPLY_BOOL = 16,
    REPLY_BYTEA = 17,
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
    const uint16_t *formats; /* as Bind has them: none, one for all, or one a column */
    uint16_t formats_count;
    uint64_t rows;
};

void reply_init(struct reply *reply, struct sl_buf *buf, const struct reply_column *columns,
        uint16_t columns_count);

/*
 * Result formats as in a Bind, 0 text and 1 binary. SL_EINVAL: another code, or a
 * count that is not 0, 1 or the number of columns; nothing was set.
 */
SL_MUST_CHECK enum sl_err reply_set_formats(
        struct reply *reply, const uint16_t *formats, uint16_t formats_count);

SL_MUST_CHECK enum sl_err reply_put_description(const struct reply *reply);

/*
 * One C string a column, NULL for null. bool is "t", "f", "true" or "false"; bytea is
 * "\x" and hex digits. SL_EINVAL: a value that is not of its column's type, when it is
 * to be sent in binary; nothing was added then, nor on any other failure.
 */
SL_MUST_CHECK enum sl_err reply_put_row(struct reply *reply, const char *const *values);

/* CommandComplete: the word alone ("SHOW"), or for "SELECT" with the number of rows. */
SL_MUST_CHECK enum sl_err reply_put_complete(const struct reply *reply, const char *word);

#endif
