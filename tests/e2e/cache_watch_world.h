/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_watch_world.h - a watch (cache/watch.h), who listens to it, and two PostgreSQLs:
 * one where logical decoding works, one where it does not. For test_cache_watch.c and its parts.
 *
 * The watch's thread calls the listener; what a case waits for it asks again and again (SOON).
 *
 * Ownership: the program's. Threads: the main thread; the listener's counts are under a lock.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_WATCH_WORLD_H
#define SLUICE_TESTS_E2E_CACHE_WATCH_WORLD_H

#include "cache/watch.h"
#include "tests/support/case.h"
#include "tests/support/cluster.h"
#include "tests/support/query.h"
#include "tests/support/soon.h"

enum { WORLD_DATABASE = 7, WORLD_TEXT_MAX = 600 };

struct world {
    struct cluster cluster; /* wal_level = logical */
    struct cluster plain;   /* replica */
    PGconn *direct;         /* to the first, as the superuser */
    PGconn *waits;          /* world_need_standby(); NULL: nobody waits */
    const struct cluster *needing;
    struct tags *tags;
    struct watch_options options;
    struct watch *watch;
    struct watched *watched;
};

extern struct world world;

int world_start(void **state);
int world_stop(void **state);
/* For a case: options as they are by default but for their patience; nothing is watched yet. */
int world_case(void **state);
int world_case_end(void **state);
/* A watch with world.options as they are now, in the place of the one there is. */
void world_open(void);

/* Watches a database of that cluster. */
void world_watch(const struct cluster *cluster, bool is_streamed);
/* The first one's, with a stream, until it is up, and what there is in it is known. */
void world_up(void);
/* The catalogue is read anew, and known to the watch from now on. */
void world_learn(PGconn *conn);
void world_forget(void);
/* Everything visible now has been told of, and has settled; the schema was looked at. */
void world_catch_up(void);
void world_catch_up_schema(void);

PGconn *world_connect(const struct cluster *cluster);
/* Several commands; fails the case when one does. */
void world_do(PGconn *conn, const char *sql);

/* What was told since the case began. */
unsigned world_events(enum watch_event event);
const char *world_event_text(enum watch_event event); /* of the last one */
unsigned world_moved(void);

/* Of a table of the catalogue that is known: its tree's word. */
uint64_t world_word(const char *name, enum tag_kind kind);
uint64_t world_all(void);
bool world_is_pending(uint64_t word);

/* Commits of that cluster wait for a standby of that name from now on; "": they do not. */
void world_need_standby(const struct cluster *cluster, const char *name);

_Noreturn void world_late(const char *what, const char *file, int line);
void world_rest(void);

/* Until it is so; fails the case after SOON_MS. */
#define SOON(condition)                                                                            \
    do {                                                                                           \
        long soon_end = proc_now_ms() + SOON_MS;                                                   \
        while (!(condition)) {                                                                     \
            if (proc_now_ms() > soon_end) {                                                        \
                world_late(#condition, __FILE__, __LINE__);                                        \
            }                                                                                      \
            world_rest();                                                                          \
        }                                                                                          \
    } while (0)

#endif
