/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/statistics.h - the process's statistics of statements: made, shown, ended.
 *
 * What is counted, and how, is optimizer/observe.h's; here it is given its workers, its
 * memory ([stats] shapes and memory) and the time, and each shape is sent to be parsed once
 * (proxy/plans.h). What a clock makes of it is proxy/recorder.h's,
 * and what is written to a table proxy/history_writer.h's. With [stats] mode = off
 * there is none, and no stage of it in the pipeline.
 *
 * Ownership: one for the process. Threads: any, but as marked. Bounds: those two keys.
 */
#ifndef SLUICE_PROXY_STATISTICS_H
#define SLUICE_PROXY_STATISTICS_H

#include "proxy/process.h"

#include <stdbool.h>

struct conf;
struct examples;
struct observe;

/* Before the workers, with the configuration in force. SL_ENOMEM: there are none. */
SL_MUST_CHECK enum sl_err statistics_start(const struct conf *conf, struct sl_error *error);
/* After the workers. */
void statistics_stop(void);

/* On the control thread, now and then; and at a reload. */
void statistics_tick(sl_usec now);
/* After a tick: when the next is of use; TICK_NEVER: hardly. */
sl_usec statistics_next_tick(sl_usec now);
void statistics_reload(const struct conf *conf);

/* process_stages: the worker's own stage, if there are statistics. */
void statistics_stages(struct pipeline *pipeline, unsigned worker);

/* On the worker, once a turn. */
void statistics_turn(unsigned worker, sl_usec now);
/* On the worker: from when on that is of use if nothing happens; TICK_NEVER: never. */
sl_usec statistics_next(unsigned worker);

/* On that worker: the configuration that is in force for it. */
void statistics_configure(unsigned worker, const struct conf *conf);

/* What is shown was counted since then: the start, or the latest RESET STATS. */
sl_usec statistics_since(void);
/* All that was counted before is forgotten. */
void statistics_set_since(sl_usec now);

/* NULL: there are none. */
struct observe *statistics_observe(void);
/* Not NULL when that is not. */
struct examples *statistics_examples(void);

#endif
