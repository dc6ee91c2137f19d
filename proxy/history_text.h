/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/history_text.h - the history table's rows and commands, as texts.
 *
 * sluice.performance_metrics has two kinds of rows. Totals, one for each slot of the history
 * (10 s): database, user, node and shape are null, and there it says who was connected. And what
 * each shape cost, one for each database, user, node and shape that was used in a minute;
 * beyond HISTORY_SHAPES_MAX of them, and where rows had no memory, shape is 'other'. The
 * sums of either kind are those of the other. Times are microseconds.
 *
 * sluice.query_shapes has the texts of shapes, without literals.
 *
 * Texts are UTF-8 whatever clients named things: what is none is replaced. For a database
 * that cannot have them there is history_text_plain().
 *
 * Ownership: the caller's buffers. Threads: any. Bounds: the buffers'; a shape's text is
 * cut after HISTORY_QUERY_MAX bytes.
 */
#ifndef SLUICE_PROXY_HISTORY_TEXT_H
#define SLUICE_PROXY_HISTORY_TEXT_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "protocol/base/hash.h"

#include <stdbool.h>

struct history_slot;
struct names;
struct shape_interval;

enum { HISTORY_SHAPES_MAX = 1000, HISTORY_QUERY_MAX = 8192 };

/* Every transaction of ours begins so: no wait in it is without an end. */
#define HISTORY_BEGIN                                                                              \
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "                                            \
    "SET LOCAL statement_timeout = '25s'; SET LOCAL lock_timeout = '10s'; "                        \
    "SET LOCAL idle_in_transaction_session_timeout = '60s'; "                                      \
    "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL client_min_messages = error; "

/* What of it is there: "110" is the schema and the first table. */
#define HISTORY_LOOK                                                                               \
    "SELECT (to_regnamespace('sluice') IS NOT NULL)::int4::text || "                               \
    "(to_regclass('sluice.performance_metrics') IS NOT NULL)::int4 || "                            \
    "(to_regclass('sluice.query_shapes') IS NOT NULL)::int4"

/* Two Sluices do not create at the same time. The number is no other's, we hope. */
#define HISTORY_LOCK_CREATION "SELECT pg_advisory_xact_lock(5493671298350113)"

extern const char history_create_schema[];
extern const char history_create_metrics[];
extern const char history_create_shapes[];
/* ... FROM STDIN */
extern const char history_copy[];

/* Whose rows they are. */
struct history_who {
    const char *instance; /* host:port */
    int pid;
};

SL_MUST_CHECK enum sl_err history_text_slot(
        struct sl_buf *text, const struct history_who *who, const struct history_slot *slot);

/* When an interval ended, and how long it was. */
struct history_span {
    sl_usec at;
    sl_usec usec;
};
/* names NULL: it is what is called other. total.count 0: quantiles are not known. */
SL_MUST_CHECK enum sl_err history_text_interval(struct sl_buf *text, const struct history_who *who,
        struct history_span span, const struct names *names, const struct shape_interval *interval);

/* The id that views show. */
enum { HISTORY_ID_MAX = 17 };
void history_text_id(struct sl_hash128 shape, char id[static HISTORY_ID_MAX]);

/* INSERT of shapes' texts: begin, each shape, end. The first one is no different. */
SL_MUST_CHECK enum sl_err history_text_shapes_begin(struct sl_buf *sql);
SL_MUST_CHECK enum sl_err history_text_shape(
        struct sl_buf *sql, struct sl_hash128 shape, const char *kind, const char *query);
SL_MUST_CHECK enum sl_err history_text_shapes_end(struct sl_buf *sql);

/*
 * In place: a character beyond ASCII becomes a question mark. Returns the length. It may begin
 * and end within a character, if what is before and behind it becomes plain as well.
 */
size_t history_text_plain(char *text, size_t len);

/* Has the batch whose rows' times are in (from, at] been written? "t" or "f". */
SL_MUST_CHECK enum sl_err history_text_exists(
        struct sl_buf *sql, const struct history_who *who, sl_usec from, sl_usec at);

#endif
