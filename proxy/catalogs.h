/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/catalogs.h - each database's snapshot of its catalogues: asked for, kept, known to be old.
 *
 * With statistics on, the control thread has a database that is in use asked what there is in
 * it (protocol/catalog_build.h), by servers of its own pools while nobody needs them
 * (proxy/server_load.h), and puts a new snapshot in the place of the old one:
 *
 *   at first use, and when a user comes who was not asked about
 *   CATALOGS_CALM after the last change of what there is that was seen
 *   every CATALOGS_AGE, for changes that were not
 *
 * From before a change is sent until its transaction has ended (catalogs_epoch.h), and from then
 * until a snapshot has been begun anew, nothing is known of what names stand for in any database of
 * that name on any server: catalogs_get() is NULL. Likewise after RECONNECT, after a RELOAD that moves the
 * database, and when its host has another address. Not seen: what functions, procedures and
 * others than our clients do, and settings of roles that are changed in another database; of
 * that a snapshot is CATALOGS_AGE old at most.
 *
 * With functions_by_catalog, functions that leave nothing in a session
 * (protocol/catalog_harmless.h) are believed not to, and what is behind a statement (triggers, views,
 * defaults, operators) is known, as long as no change was seen from before it was sent until its
 * transaction's end that others can see and that may bring something there; functions not where a
 * database has several hosts, of which one may be behind.
 * While nothing is known every statement may leave something: therefore the first snapshot, and one
 * behind such a change, is urgent (proxy/server_load.h): it waits for others' changes of
 * that kind only, and takes a fifth of the time at most. What is not seen above is
 * not seen here: a function that was made harmful by somebody who does not come through Sluice, or by
 * another function, is believed for CATALOGS_AGE at most.
 *
 * Where a query fails, or the answer is too large, nothing is known, and it is tried again
 * later and later, up to CATALOGS_BACKOFF_MAX.
 *
 * Ownership: snapshots by reference. Threads: as marked; one leaf lock. Bounds: [stats]
 * catalog_memory for all snapshots together, and as much for what is being read of each of
 * CATALOGS_LOADS databases.
 */
#ifndef SLUICE_PROXY_CATALOGS_H
#define SLUICE_PROXY_CATALOGS_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/catalog.h"
#include "protocol/effects.h"
#include "proxy/catalogs_epoch.h"

struct conf;
struct database;
struct mailbox;
struct server;

enum { CATALOGS_LOADS = 2 };

#define CATALOGS_CALM (1 * SL_SECOND)
#define CATALOGS_LOOK (250 * SL_MSEC)
#define CATALOGS_RESTS 4 /* times what it took, after an urgent one */
#define CATALOGS_AGE (300 * SL_SECOND)
#define CATALOGS_PATIENCE                                                                          \
    (30 * SL_SECOND) /* for an idle server; then its pool is passed over as long */
#define CATALOGS_URGENT_PATIENCE (2 * SL_SECOND)
#define CATALOGS_BACKOFF_MIN (5 * SL_SECOND)
#define CATALOGS_BACKOFF_MAX (300 * SL_SECOND)

/* What is kept of a database; a member of struct database. */
struct catalogs_place {
    const struct catalog *catalog; /* under catalogs.c's lock, as all up to the next mark */
    struct catalogs_epoch *epochs;
    unsigned epoch; /* before the snapshot was begun, as the next */
    unsigned behind_epoch;
    unsigned turn;  /* likewise */
    bool is_of_one; /* of one host, and so what its servers have */
    sl_usec loaded_at;
    uint64_t loads;
    uint64_t failures;
    char error[32];
    bool is_loading;
    atomic_uint turns;      /* any thread: catalogs_moved() */
    _Atomic uint64_t asked; /* any thread: catalogs_asked() */
    _Atomic uint64_t plain; /* any thread: catalogs_hides() */
    atomic_bool holds;      /* any thread: catalogs_holds(), of the last snapshot */
    /* The control thread's. */
    unsigned calm_epoch;
    unsigned calm_behind;
    sl_usec calm_since;
    sl_usec behind_since; /* likewise, of changes that may bring something behind statements */
    sl_usec retry_at;
    sl_usec backoff;
};

/* ---- control thread ---- */

/* How soon a catalogue is read anew: as the names say, unless a test says otherwise before the start. */
struct catalogs_pace {
    sl_usec calm;
    sl_usec look;
    int rests;
};
extern struct catalogs_pace catalogs_pace;

/* Before the workers; with [stats] mode = off, or no memory for it, nothing here does anything. */
void catalogs_start(const struct conf *conf);
/* Where answers come home to, before the first tick. */
void catalogs_home(struct mailbox *home);
void catalogs_tick(sl_usec now);
/* When a tick would do something; TICK_NEVER: not before something happens. */
sl_usec catalogs_next(void);
/* After the workers; places are left for catalogs_forget(). */
void catalogs_stop(void);
/* Nobody can be looking at the database any more. */
void catalogs_forget(struct database *database);

/* ---- any thread ---- */

bool catalogs_are_on(void);
/* A reference; NULL: nothing is known now. */
const struct catalog *catalogs_get(struct database *database);
/* Another number whenever what is known has changed, or may have; and while that is under way. */
uint64_t catalogs_moment(struct database *database);
/* The database may be another one from now on. */
void catalogs_moved(struct database *database);
/* The last that was known, whatever has changed since: for hints. A reference; NULL: none. */
const struct catalog *catalogs_last(const struct server *server);

/* Is the database's first snapshot still to come, and wanted? Not where one could not be had. */
bool catalogs_is_awaited(const struct server *server);

/* Of which snapshot a server's statements have been believed to be harmless; its member. */
struct catalogs_belief {
    unsigned epoch; /* catalogs_epoch.behind_count */
    unsigned turn;
    bool is_of_one; /* a host */
    bool is_held;
};

struct catalogs_status {
    const char *state; /* loaded, stale, unknown */
    bool is_believed;  /* what is behind statements is known */
    uint64_t asked;    /* catalogs_asked() */
    bool is_loading;
    int server_version; /* 0: none */
    uint32_t schemas;
    uint32_t relations;
    uint32_t functions;
    uint32_t roles;
    size_t bytes;
    sl_usec loaded_at; /* 0: never */
    uint64_t loads;
    uint64_t failures;
    char error[32]; /* of the last attempt, "": it went well */
};

void catalogs_status(struct database *database, struct catalogs_status *status);

/* ---- the server's worker ---- */

/* A server of that database was asked what its client has left. */
void catalogs_asked(struct server *server);

/* What catalogs_effects() does where it matters. */
unsigned catalogs_effects_now(struct server *server, struct sl_span text, unsigned effects);
/*
 * What a statement may leave that is about to be sent there: its effects_of(), less what the user's
 * own functions would do of which the snapshot knows that they do nothing. That is believed
 * until session_state_ask(), or the server is another client's.
 */
static inline unsigned catalogs_effects(
        struct server *server, struct sl_span text, unsigned effects)
{
    const unsigned doubts = EFFECTS_CALLS | EFFECTS_LEAVES | EFFECTS_SCHEMA | EFFECTS_UNREAD;

    return SL_UNLIKELY((effects & doubts) == EFFECTS_CALLS)
                   ? catalogs_effects_now(server, text, effects)
                   : effects;
}
/* What catalogs_holds() does where it matters. */
unsigned catalogs_holds_now(struct server *server, struct sl_span text);
/*
 * EFFECTS_HOLDS, if a statement calls what leaves something that only the end of the process takes away
 * (setseed() in a user's own function, or in a DO): as the last snapshot says, whatever has changed since.
 */
static inline unsigned catalogs_holds(struct server *server, struct sl_span text, unsigned effects)
{
    return SL_UNLIKELY((effects & (EFFECTS_CALLS | EFFECTS_HOLDS)) == EFFECTS_CALLS)
                   ? catalogs_holds_now(server, text)
                   : 0;
}
/*
 * Whether what is behind such a statement (triggers, views, defaults, operators) may leave something,
 * as far as the catalogue says, or while it is not known. That it does not is believed likewise.
 */
bool catalogs_hides(struct server *server, struct sl_span text);
/*
 * Its transaction is over, or it is another client's now. True: something has changed since, and what was
 * believed may be wrong.
 */
bool catalogs_doubt(struct server *server);

#endif
