/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_stream_world.h - a stream (cache/stream.h), somebody who listens to it, and the
 * loop that drives both: for test_cache_stream.c and its parts.
 *
 * The listener gives every table one tag, and every row with an id another; it writes down what it
 * is told. Time is the system's: what a case waits for it asks again and again (SOON).
 *
 * Ownership: the program's. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_STREAM_WORLD_H
#define SLUICE_TESTS_E2E_CACHE_STREAM_WORLD_H

#include "cache/stream.h"
#include "tests/support/case.h"
#include "tests/support/cluster.h"
#include "tests/support/query.h"
#include "tests/support/soon.h"

enum { WORLD_DATABASE = 7, WORLD_LOG_MAX = 8192, WORLD_EVENTS = 4 };

struct world {
    struct cluster cluster;
    char conninfo[PROC_PATH_MAX + 64];
    PGconn *direct;     /* as the superuser; NULL: none */
    bool needs_standby; /* world_need_standby() */
    struct tags *tags;
    struct stream *stream;
    struct stream_options options;
    char log[WORLD_LOG_MAX]; /* "INSERT public.t;": what was told, in order */
    unsigned events[WORLD_EVENTS];
    char catalog[256];
    unsigned catalogs;
    unsigned begun; /* with tags: all but nudges */
    unsigned ended;
    void (*on_begun)(uint32_t xid); /* of those; these three may be NULL */
    void (*on_ends)(uint32_t xid);  /* the same, before tags are ended */
    void (*on_change)(const struct decode_change *change, struct tag_set *set);
};

extern struct world world;

/* With wal_level = logical and more; the cluster stays for all cases of a program. */
int world_start(void **state);
int world_stop(void **state);
/* For a case: options as they are by default, and no stream, on the server neither. */
int world_case(void **state);
int world_case_end(void **state);

/* world.options as they are now. */
void world_open(void);
/* The same, until it is up. */
void world_up(void);
/* Once round the loop. */
void world_pump(void);
/* Everything visible now has been told of, and has settled. */
void world_catch_up(void);

uint32_t world_table(const char *name); /* "public.t" */
uint64_t world_word(const char *name);
uint64_t world_all(void); /* the word of the database */
bool world_is_pending(uint64_t word);

/* A connection to the cluster, and a query that is only sent. */
PGconn *world_connect(void);
/* Several commands; fails the case when one does. */
void world_do(PGconn *conn, const char *sql);
void world_send(PGconn *conn, const char *sql);

/*
 * Commits wait for a standby of that name from now on; "": they do not. That is so only when the
 * checkpointer has heard of it: a transaction of another database shows it, and is over then.
 */
void world_need_standby(const char *name);

_Noreturn void world_late(const char *what, const char *file, int line);

/* Drives the stream until it is so; fails the case after SOON_MS. */
#define SOON(condition)                                                                            \
    do {                                                                                           \
        long soon_end = proc_now_ms() + SOON_MS;                                                   \
        while (!(condition)) {                                                                     \
            if (proc_now_ms() > soon_end) {                                                        \
                world_late(#condition, __FILE__, __LINE__);                                        \
            }                                                                                      \
            world_pump();                                                                          \
        }                                                                                          \
    } while (0)

#endif
