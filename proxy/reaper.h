/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/reaper.h - pools and databases that nobody uses are forgotten.
 *
 *   a pool        without clients and servers for pool_idle_timeout
 *   a database    made from "*", without clients and servers for autodb_idle_timeout
 *   both          at once, when the configuration does not know the database any more
 *
 * What they counted stays in the sums: a pool's in its database's, a database's in
 * those of all. A database that is paused or disabled is remembered.
 *
 *   looked at -> taken out of the registry (nobody finds it) -> a letter visits every
 *   worker, so that all turns that began before have ended -> freed
 *
 * Ownership: what was taken out. Threads: the control thread's. Bounds: one letter.
 */
#ifndef SLUICE_PROXY_REAPER_H
#define SLUICE_PROXY_REAPER_H

#include "protocol/base/clock.h"

struct mailbox;

/* Where the letter comes home to. */
void reaper_start(struct mailbox *home);
/* Often; looks a few times a second, and once a second while there is nothing to forget. */
void reaper_tick(sl_usec now);
/* When it would look; before that a tick does nothing. */
sl_usec reaper_next(void);
/* No thread but this one is left: frees what was taken out. */
void reaper_fini(void);

#endif
