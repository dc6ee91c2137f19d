/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/catalogs_epoch.h - changes of the schemas of databases of one name, as our clients send them.
 *
 * A change is seen in the text of a statement, or in its tag where the text was not read
 * (protocol/effects.h). It is told twice, as two things depend on it:
 *
 *   what names stand for   from before it is sent until its transaction has ended
 *   what is behind them    the same, of what may bring something there (EFFECTS_BEHIND) and for all
 *                          sessions but its own only from before what may commit it is sent: within
 *                          a transaction block others do not see it
 *
 * Whoever believes something of before a change notes the count first, and compares when the
 * statement that it was believed for is over.
 *
 * A tag comes late where the server is not read, as its client does not read. Of a server that was
 * closed while it may be committing (its client was killed) nobody hears the end: the change counts
 * as under way for CATALOGS_LINGER more; it was canceled. Not seen: a COMMIT PREPARED of what was
 * prepared before this process began.
 *
 * Ownership: a table for ever; databases of several names may share a place. Threads: counts any,
 * the rest the server's worker but where it says so. Bounds: CATALOGS_EPOCHS.
 */
#ifndef SLUICE_PROXY_CATALOGS_EPOCH_H
#define SLUICE_PROXY_CATALOGS_EPOCH_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CATALOGS_EPOCHS = 256 };

#define CATALOGS_LINGER (10 * SL_SECOND)

struct conf_database;
struct server;

struct catalogs_epoch {
    atomic_uint count; /* at their begin and at their end */
    atomic_int open;   /* begun, not ended */
    atomic_uint behind_count;
    atomic_int behind_open;
    atomic_bool is_prepared; /* such a change was prepared, and waits for a COMMIT PREPARED */
    int lingering;           /* under a lock, as the next: of behind_open, their servers are lost */
    sl_usec lingers_until;
};

/* Of a server's transaction: a change that may bring something behind statements. */
enum catalogs_behind {
    BEHIND_NOTHING,
    BEHIND_OWN,   /* begun; nobody else can see it */
    BEHIND_OTHERS /* what may commit it was sent: counted */
};

/* Of a database, as its servers are told its name; for server->epochs. */
struct catalogs_epoch *catalogs_epoch_of(const struct conf_database *conf, const char *name);
/* A number of that name, the same in every process. */
uint64_t catalogs_epoch_number(const struct conf_database *conf, const char *name);
/* Any thread: databases of that number have been changed by somebody else. */
void catalogs_epoch_moved(uint64_t number);
/* Which it is. */
unsigned catalogs_epoch_index(const struct catalogs_epoch *epochs);

/* The server is about to be sent a statement of which effects_of() says so. */
void catalogs_epoch_see(struct server *server, unsigned effects);
/* A statement's tag, while server->reads_tags, and those of two-phase commit always. */
void catalogs_epoch_see_tag(struct server *server, struct sl_span tag);
/* Its transaction has ended. */
void catalogs_epoch_ended(struct server *server);
/* It is about to be closed. */
void catalogs_epoch_lost(struct server *server);
/* The control thread: what has lingered is over. */
void catalogs_epoch_tick(sl_usec now);

#endif
