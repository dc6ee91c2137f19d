/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_parse.h - the one door to libpg_query: text -> parse tree, or an error.
 *
 * libpg_query 15 guards neither its stack nor its output, so texts are looked at before:
 *
 * - longer than SQL_TEXT_MAX, or with a zero byte: refused. At that length its recursion takes
 *   12 MB at most; the caller's stack must have SQL_STACK_BYTES.
 * - UPDATE ... SET (a, b) = (source): its grammar hangs the source under each of the columns,
 *   and its printer and its fingerprint walk it as often; nested, that is exponential. A text
 *   where columns times length might pass SQL_SPREAD_MAX is refused.
 *
 * It also leaves a thread-specific key behind for each thread that ever called it (1,024 a
 * process): exactly one thread of a process may call sql_parse() and sql_fingerprint().
 *
 * Ownership: a tree is the caller's (sql_tree_free()). Threads: one, see above.
 * Bounds: those above, and those of protocol/sql_tree.h.
 */
#ifndef SLUICE_PROTOCOL_SQL_PARSE_H
#define SLUICE_PROTOCOL_SQL_PARSE_H

#include "protocol/sql_tree.h"

enum {
    SQL_TEXT_MAX = 65536,
    SQL_SPREAD_MAX = 262144,
    SQL_STACK_BYTES = 64 << 20,
    SQL_MESSAGE_MAX = 128
};

/* What PostgreSQL would say of a text that is no SQL. Quotes no more of it than the token. */
struct sql_parse_error {
    char sqlstate[6];
    int position; /* of a character, from 1; 0: unknown */
    char message[SQL_MESSAGE_MAX];
};

/*
 * Whether libpg_query may see it. SL_ELIMIT: too long or too heavy; SL_EINVAL: a zero byte.
 * Needs no stack; any thread.
 */
SL_MUST_CHECK enum sl_err sql_text_check(struct sl_span text);

/*
 * SL_EINVAL: no SQL, and error says why; SL_ELIMIT: beyond a bound; SL_ENOMEM. *tree and *error
 * are untouched otherwise.
 */
SL_MUST_CHECK enum sl_err sql_parse(
        struct sl_span text, struct sql_tree **tree, struct sql_parse_error *error);

/*
 * libpg_query's fingerprint, for display and grouping only: it sorts lists and stops at depth
 * 100, so that unlike statements have the same one. Never a key.
 */
SL_MUST_CHECK enum sl_err sql_fingerprint(struct sl_span text, uint64_t *fingerprint);

#endif
