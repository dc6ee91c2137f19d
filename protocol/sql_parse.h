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
 * - a run of operator characters, comments' marks among them: its scanner takes all of it and gives
 *   it back but for one sign or mark, over and over. A text with a run longer than SQL_RUN_MAX
 *   is refused.
 *
 * Its memory is its own (protocol/sql_memory.h). Where it runs out of it, or would end the
 * process, the text is refused, and the thread is spent: it should end, and another go on.
 *
 * Ownership: a tree is the caller's (sql_tree_free()). Threads: any that has the stack; each
 * costs a region of memory, so that few should.
 * Bounds: those above, and those of protocol/sql_tree.h.
 */
#ifndef SLUICE_PROTOCOL_SQL_PARSE_H
#define SLUICE_PROTOCOL_SQL_PARSE_H

#include "protocol/sql_tree.h"

enum {
    SQL_TEXT_MAX = 65536,
    SQL_SPREAD_MAX = 262144,
    SQL_RUN_MAX = 256,
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

/* Whether libpg_query has failed on this thread: all is refused from then on. */
bool sql_parse_is_spent(void);

/*
 * libpg_query's fingerprint, for display and grouping only: it sorts lists and stops at depth
 * 100, so that unlike statements have the same one. Never a key.
 */
SL_MUST_CHECK enum sl_err sql_fingerprint(struct sl_span text, uint64_t *fingerprint);

#endif
