/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching.h - the process's cache of answers: made, told of sessions and catalogues, ended.
 *
 * What it does is cache/stage.h's. Here its stage is given what it cannot know: whose session a
 * statement is of and what that has set, what its tables are (plans.h, catalogs.h), and who wakes a worker.
 * With [cache] mode = off there is none, and no stage of it in the pipeline.
 *
 * An answer is of a session's database and server, role, session user, search_path, and of all settings but those
 * that only say how fast something is done or what is logged. Who has settings that are not known, or
 * something that only its server has, is answered by PostgreSQL.
 *
 * Ownership: one for the process. Threads: any, but as marked. Bounds: [cache] memory; CACHING_SESSIONS kinds of
 * sessions that a worker remembers.
 */
#ifndef SLUICE_PROXY_CACHING_H
#define SLUICE_PROXY_CACHING_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stdbool.h>

enum { CACHING_SESSIONS = 256 };

struct cache;
struct conf;
struct mailbox;
struct pipeline;

/* SL_ECONF: its keys do not go together. */
SL_MUST_CHECK enum sl_err caching_check(const struct conf *conf, struct sl_error *error);
/* Before the workers, behind statistics_start(). */
SL_MUST_CHECK enum sl_err caching_start(const struct conf *conf, struct sl_error *error);
/* Before the workers are stopped: nothing of its own is asked any more. */
void caching_rest(void);
/* After the workers. */
void caching_stop(void);

/* On the control thread, now and then, while there are workers; home: its mailbox. */
void caching_tick(struct mailbox *home);
/* We were about to leave and stay: what the other's clients wrote meanwhile is not known. */
void caching_stay(void);
/* Any thread: is there another process, that takes over or is taken over, whose writes are not seen here? */
bool caching_is_one_of_two(void);

/* process_stages: the worker's own stage, if there is a cache. */
void caching_stages(struct pipeline *pipeline, unsigned worker);
/* On the worker, once a turn; and when that is of use again if nothing happens. */
void caching_turn(unsigned worker, sl_usec now);
sl_usec caching_next(unsigned worker);
/* On the worker, when its clients and servers are gone and its loop is not. */
void caching_leave(unsigned worker);
/* On that worker: the configuration that is in force for it. */
void caching_configure(unsigned worker, const struct conf *conf);

/* NULL: there is none. */
struct cache *caching_cache(void);

#endif
