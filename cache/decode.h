/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/decode.h - what a line of PostgreSQL's plugin test_decoding says.
 *
 *     BEGIN 798
 *     table public.t: UPDATE: old-key: id[integer]:2 new-tuple: id[integer]:10 v[text]:'it''s'
 *     COMMIT 798
 *
 * A line is one message of the stream; it may have newlines in it. Names are as
 * quote_identifier() writes them, types as format_type() does, values are quoted unless they are
 * numbers, bits or booleans (contrib/test_decoding/test_decoding.c, PostgreSQL 10 to 17). All of a
 * line is looked at before anything is told of it: what has a table that can be read and a rest
 * that can not is DECODE_TABLE_UNKNOWN, every other line that is not understood is DECODE_UNKNOWN.
 * Who listens takes the first for a change of all of those tables, the second for one of anything.
 *
 * Texts are in the encoding of the database, not of any client.
 *
 * Ownership: everything is borrowed from the line. Threads: any; no state. Bounds: no memory is
 * taken; the time is linear in the line.
 */
#ifndef SLUICE_CACHE_DECODE_H
#define SLUICE_CACHE_DECODE_H

#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_kind {
    DECODE_UNKNOWN,
    DECODE_TABLE_UNKNOWN,
    DECODE_BEGIN,
    DECODE_COMMIT,
    DECODE_PREPARE,         /* these three come only from a slot made with TWO_PHASE: without, a */
    DECODE_COMMIT_PREPARED, /* prepared transaction is told of whole, when it commits */
    DECODE_ROLLBACK_PREPARED,
    DECODE_INSERT,
    DECODE_UPDATE,
    DECODE_DELETE,
    DECODE_TRUNCATE,
    DECODE_MESSAGE, /* pg_logical_emit_message() */
    DECODE_STREAMED, /* with stream-changes: of transactions that are not over, and without their rows */
    DECODE_KINDS
};

/* A name or a value, without its outer quotes; those inside are still doubled. */
struct decode_text {
    struct sl_span text;
    char quote; /* '\0': it was not quoted, and is as it is */
};

struct decode_table {
    struct decode_text schema;
    struct decode_text name;
};

enum decode_value {
    DECODE_VALUE,
    DECODE_BITS, /* B'101' */
    DECODE_NULL,
    DECODE_UNCHANGED, /* stored elsewhere, and not written again: it is what it was */
};

struct decode_column {
    struct decode_text name;
    struct sl_span type; /* "integer", "public.\"my type\"[]": as written */
    enum decode_value kind;
    struct decode_text value; /* of DECODE_VALUE and DECODE_BITS */
};

struct decode_change {
    enum decode_kind kind;
    uint32_t xid;          /* BEGIN, COMMIT, and the three of prepared transactions */
    struct sl_span tables; /* INSERT to TRUNCATE, TABLE_UNKNOWN: for decode_next_table() */
    bool has_old; /* a key, or a whole row: what the replica identity says; no NULLs in it */
    bool has_new; /* a whole row */
    struct sl_span old_row; /* for decode_next_column() */
    struct sl_span new_row;
    bool is_transactional; /* DECODE_MESSAGE, as the rest */
    struct sl_span prefix;
    struct sl_span content;
};

/* Never fails: it may be DECODE_UNKNOWN. */
void decode_line(struct sl_span line, struct decode_change *change);

/* The first of what is left, which is taken off. False: there is none. */
bool decode_next_table(struct sl_span *tables, struct decode_table *table);
bool decode_next_column(struct sl_span *row, struct decode_column *column);

/* As it was before it was quoted, to room of max bytes; how long it is. Longer than max: the rest is cut. */
size_t decode_copy(struct decode_text text, char *room, size_t max);
bool decode_is(struct decode_text text, struct sl_span what);

const char *decode_kind_text(enum decode_kind kind);

#endif
