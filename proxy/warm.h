/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/warm.h - warming: what saved most in the last run is asked again at the start of this one.
 *
 * With [cache] warm_file a thread of its own writes the questions whose answers saved most (warm_list.h) to that file
 * at the end and every WARM_SAVE, and asks those that it finds there at the start, or by CACHE WARM: one after the other, by one
 * client of our own (warm_session.h), with rests where a twentieth of a pool is less than one server. Whatever the answers
 * depend on, from the second tier too, is the stage's to know: they come and are kept as anybody's.
 *
 *     WAITING <-> RUNNING -> OVER     none is left, or WARM_TIME is over
 *
 * Where there is a Redis that others have kept answers in, all wait until it is known whether these may be used
 * (cache/watch_join.h), WAITING: then they come from there, and no server is asked.
 *
 * A pool's questions wait until it has a server. What was not kept (the change stream is not up yet) is asked
 * again, WARM_TRIES times, WARM_MISSES_MAX a round. Until it is over the file stays as it is.
 *
 * Ownership: the thread's list; the status under a lock. Threads: as marked. Bounds: warm_list.h's.
 */
#ifndef SLUICE_PROXY_WARM_H
#define SLUICE_PROXY_WARM_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stdbool.h>

enum { WARM_TRIES = 60, WARM_MISSES_MAX = 3 };

#define WARM_SAVE (300 * SL_SECOND)
#define WARM_TIME (600 * SL_SECOND)
#define WARM_PAUSE (1 * SL_SECOND)

enum warm_state { WARM_OFF, WARM_WAITING, WARM_RUNNING, WARM_OVER, WARM_STATES };

struct warm_status {
    enum warm_state state;
    unsigned total;
    unsigned done;
    unsigned failed;
};

/* On the control thread: once there are workers. path "": nothing. */
SL_MUST_CHECK enum sl_err warm_start(const char *path);
/* Before the workers are stopped: it asks nothing any more. */
void warm_stop(void);
/* Behind them, while there is a cache: the last time that the file is written. */
void warm_end(void);

/* Any thread: the file is to be read and asked. False: there is no [cache] warm_file. */
bool warm_ask(void);
void warm_status(struct warm_status *status);
const char *warm_state_name(enum warm_state state);

#endif
