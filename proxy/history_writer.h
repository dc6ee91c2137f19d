/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/history_writer.h - the thread that writes history to a table ([stats] history).
 *
 *     once a minute   the history's new slots, and what each shape got  -> a batch
 *                     every batch that waits: BEGIN, COPY, texts of new shapes, COMMIT
 *                     rows older than history_retention go, some at a time
 *
 * What is written is in proxy/history_text.h; schema and tables are made when they are
 * missing. It connects for each round and leaves after it. When that fails it says why,
 * keeps what it has (proxy/history_queue.h) and tries again after a second, two, four ... a
 * minute. A batch whose COMMIT was not answered is looked for before it is written again:
 * under an advisory lock that the lost transaction holds as long as it may still commit. So
 * rows are never there twice.
 *
 * No wait is without an end: 10 s to connect, 30 s for a command, and 2 s for a last round when
 * the process ends. The thread touches no worker, and nobody waits for it but
 * history_writer_stop().
 *
 * Ownership: one for the process; store and names are the caller's and outlive it. Threads:
 * history_writer_counts() any, the rest the control thread's. Bounds: HISTORY_WAITING_BYTES of
 * rows that wait; the oldest are dropped and counted.
 */
#ifndef SLUICE_PROXY_HISTORY_WRITER_H
#define SLUICE_PROXY_HISTORY_WRITER_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "proxy/history_queue.h"

#include <stdbool.h>

struct conf;
struct names;
struct shape_store;

enum { HISTORY_WAITING_BYTES = 16 << 20 };

/* How often, and how much; tests have other ones. Before history_writer_start(). */
struct history_pace {
    sl_usec period;
    size_t bytes_max;
};
void history_writer_set_pace(const struct history_pace *given);

/*
 * Before a configuration comes in force. SL_ECONF: what is configured is no connection
 * string; the error says nothing of it.
 */
SL_MUST_CHECK enum sl_err history_writer_check(const struct conf *conf, struct sl_error *error);

/* After recorder_start(). The thread is made when it is first needed. */
void history_writer_start(
        const struct conf *conf, struct shape_store *store, const struct names *names);
/* At a reload. */
void history_writer_set_conf(const struct conf *conf);
/*
 * After the last count came, a last round. False: the thread could not be ended; what it may
 * still touch must stay.
 */
bool history_writer_stop(void);

struct history_queue_counts history_writer_counts(void);

#endif
