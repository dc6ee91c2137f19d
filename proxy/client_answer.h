/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_answer.h - a reply that a stage knows, in the place of the server's.
 *
 * It comes in its turn: at once when nothing is owed before it, else as a local entry
 * of the queue of expected replies, which an error before it skips. What a Parse in the
 * request makes is the client's in either case, and is skipped with it; likewise that a
 * Query takes its unnamed statement away.
 *
 * Only where PostgreSQL would certainly have answered, and there with the same:
 *
 *   the transaction has not failed, and cannot have failed by then; of a Query this is
 *   seen when its turn comes, and 25P02 is said instead
 *   no COPY runs, and a Query does not end a pipeline that has no Sync yet
 *   the Parse, if any, is readable, and of a name that is free
 *   a Query need not take away what only the server has: an unnamed portal, or in a session
 *   whose statements are not renamed the unnamed statement
 *
 * Ownership: the stmt stays the caller's; its answer is copied, or lent until it is sent: then
 * stmt->answer_lent is the outbox's. Threads: the client's worker. Bounds: the queue's.
 */
#ifndef SLUICE_PROXY_CLIENT_ANSWER_H
#define SLUICE_PROXY_CLIENT_ANSWER_H

#include "protocol/base/err.h"

#include <stdbool.h>

struct client;
struct stmt;

/* As far as what is under way tells; its Parse apart. */
bool client_answer_is_certain(const struct client *client, const struct stmt *stmt);
/* SL_EINVAL: not here, the server has to say it. Another error: the client cannot go on. */
SL_MUST_CHECK enum sl_err client_answer(struct client *client, struct stmt *stmt);

#endif
