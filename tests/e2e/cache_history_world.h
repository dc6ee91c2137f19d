/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_history_world.h - the tables, Sluices and sessions of test_cache_history.c and its
 * parts, and what of them is a register of tests/support/history.h.
 *
 *     kv       a row is register k; its owner has HISTORY_SLOTS of them, and grp.ver = sum(ver) of them is
 *              register owner_reg(). Every write adds 1 to both, and takes the lock of grp first.
 *     tail     has the same ver for every fourth row of kv, by ON UPDATE CASCADE
 *     ghost    is there while its version is odd: register ghost_reg()
 *     whole    rows that all have one version, made anew by TRUNCATE: register WHOLE_REG
 *     todo     writes kv by a trigger
 *
 * A session is a connection, and the thread that uses it. What goes wrong in one is a text for the main
 * thread, which alone may call CMocka.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_HISTORY_WORLD_H
#define SLUICE_TESTS_E2E_CACHE_HISTORY_WORLD_H

#include "tests/support/history.h"
#include "tests/support/liar.h"
#include "tests/support/redis_server.h"
#include "tests/support/sluice.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    HISTORY_SLOTS = 8,
    OWNERS = 64,
    KEYS = OWNERS * HISTORY_SLOTS,
    GHOSTS = 32,
    WHOLE_ROWS = 8,
    WHOLE_REG = KEYS + OWNERS,
    REGISTERS = WHOLE_REG + 1 + GHOSTS,
    SESSIONS_MAX = 24
};

enum tier { TIER_LOCAL, TIER_REDIS, TIERS };

/* What is run, and what must come of it. */
struct variant {
    const char *name;
    const char *ini;  /* further lines and sections of every Sluice */
    unsigned readers; /* by A; as many again by B, if there is one */
    unsigned writers; /* likewise; they read, too */
    unsigned direct;  /* writers past Sluice */
    unsigned writes;  /* of a hundred statements, about */
    bool has_second;  /* Sluice B */
    bool has_redis;   /* all Sluices share one */
    bool vexes_redis; /* it is stopped, killed, emptied, set back to what it was, cut off all the time */
    bool is_calm; /* most questions are plain, and of few rows; nothing makes the catalogue doubtful */
    bool is_plain;     /* writers change one row by its key: no more than that is stale */
    bool ends_servers; /* servers are ended all the time: clients are told, and come again */
    unsigned lies;     /* readers of A are told an old answer once in so many questions; 0: never */
    uint64_t bound_ms; /* see struct history_rules */
    enum history_order order;
    unsigned hits_least;                    /* in all; 0: it has no cache */
    unsigned blocks_least;                  /* of these, within transaction blocks */
    unsigned hits[TIERS][HISTORY_CLASSES];  /* of a hundred reads by Sluice, at least */
    unsigned count[TIERS][HISTORY_CLASSES]; /* hits, at least */
};

struct session {
    PGconn *conn;
    struct history_log log;
    struct world *world;
    pthread_t thread;
    int port;
    uint64_t dice;
    uint64_t left;   /* questions to ask in this window */
    uint32_t writes; /* tags are made of it */
    uint16_t id;
    uint8_t path;
    bool is_writer;
    bool is_broken;    /* its connection is over, which may be: see session_again() */
    PGconn *witness;   /* past Sluice: for the end of a commit that was not answered */
    char trouble[400]; /* empty: none */
};

/* What the rows of owners were at the floor, and are where the checker stands. */
struct rows {
    uint32_t versions[OWNERS][HISTORY_SLOTS];
};

struct world {
    const struct variant *variant;
    struct cluster *cluster;
    struct sluice a;
    struct sluice b;
    struct liar liar;
    struct redis_server redis;
    PGconn *direct;
    struct session sessions[SESSIONS_MAX];
    size_t session_count;
    struct rows rows;
    struct history_oracle oracle;
    struct history *history;
    struct history_found found;
    double zipf[KEYS]; /* cumulative */
    atomic_ulong asked;
    atomic_ulong written;
    unsigned ended;      /* servers */
    unsigned vexed;      /* Redis */
    atomic_uint reading; /* readers that have not ended */
    atomic_bool is_over;
};

/* Hits by Sluice in this window and all before. */
struct hits {
    uint64_t of[TIERS][HISTORY_CLASSES];
    uint64_t in_blocks; /* of these */
};

uint32_t owner_reg(uint32_t owner);
uint32_t ghost_reg(uint32_t ghost);

/* Once for a cluster. */
void world_make_tables(const struct cluster *cluster);
void world_start(struct world *world, struct cluster *cluster, const struct variant *variant);
void world_stop(struct world *world);
/* One thing after another befalls Redis; in the end it is up. */
void world_vex_redis(struct world *world);

/* Reads what is so, past Sluice, while nobody writes: the floor of the next window. */
void world_settle(struct world *world);

/*
 * What Sluice says of its hits. The one place that asks its console: a variant without a cache
 * has no floor, and is not asked.
 */
void world_hits(struct world *world, struct hits *hits);

/* Of a variant with a cache: before anything is counted. */
void world_warm_up(struct world *world);

PGconn *world_connect_to(int port);
/* To PostgreSQL itself; who is not ended when servers are. */
PGconn *world_connect_directly(const struct world *world);

/* A session's own dice; and a key: some are asked for much more often than others. */
unsigned session_roll(struct session *session, unsigned sides);
uint32_t session_key(struct session *session);

/* Keeps the first trouble; format as printf's. Where servers are ended, a connection that is over is none. */
void session_fail(struct session *session, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* ---- the oracle (cache_history_reads.c) ---- */

void rows_oracle(struct rows *rows, struct history_oracle *oracle);

/* ---- what sessions do ---- */

extern const char *const question_names[];

/* Some questions, by some way; how many. */
unsigned session_read(struct session *session);
/* Of that key's row, in a transaction that wrote it: it must be that version. */
void session_read_own(struct session *session, uint32_t key, uint32_t version);
/* Statements of a new connection that are prepared. */
void session_prepare(struct session *session);
void session_prepare_writes(struct session *session);
void session_write(struct session *session);
/* In a transaction that may break at any moment: whether it has committed is found out. */
void session_write_carefully(struct session *session);
/* A connection of its own again. */
void session_again(struct session *session);

/* Is it an answer with rows, or without? Otherwise that is trouble, and the result is freed. */
bool session_expect(
        struct session *session, PGresult *result, ExecStatusType status, const char *what);

/* A number of a row, in text or binary. */
int64_t result_number(const PGresult *result, int row, int column);

/* The read of one question by prepared statement, for pipelines: sent, and its result noted. */
struct asking {
    uint64_t invoked;
    uint32_t arg;
    uint8_t question;
};

struct asking session_choose(struct session *session);
bool session_send_prepared(struct session *session, const struct asking *asking, bool is_binary);
void session_note(struct session *session, const struct asking *asking, const PGresult *result,
        uint64_t returned);

#endif
