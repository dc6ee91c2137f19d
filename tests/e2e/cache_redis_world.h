/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_redis_world.h - a redis-server of our own, some Sluices' second tiers (cache/tier.h), and the
 * loop that drives them: for test_cache_redis.c and its parts.
 *
 * Ownership: the program's. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_REDIS_WORLD_H
#define SLUICE_TESTS_E2E_CACHE_REDIS_WORLD_H

#include "cache/redis.h"
#include "cache/tier.h"
#include "cache/tier_listen.h"
#include "tests/support/case.h"
#include "tests/support/proc.h"

enum { SIDES = 3, SAID_MAX = 65536, PATIENCE_MS = 30000 };

/* One Sluice. */
struct side {
    struct tier_instance *instance;
    struct tier *tier;
    struct tier_listen *listen;
    struct tier_options options;
    unsigned late_hits;
    char late_body[64];
    unsigned events[4];
    char heard[4096]; /* "public.users any end;", and "LOST;" ... for what was missed */
};

struct asked {
    struct tier_request request;
    bool is_done;
    struct tier_answer answer; /* without what was lent */
    char body[256];
    char proof[4096];
    size_t proof_len;
};

struct told {
    struct tier_wait wait;
    bool is_done;
    bool is_told;
};

struct world {
    char dir[PROC_PATH_MAX];
    char path[PROC_PATH_MAX + 16];
    int port;
    struct proc server;
    struct redis *admin;
    struct side sides[SIDES];
    char said[SAID_MAX]; /* by the server, to the last command: values, one a line */
};

extern struct world world;

int world_start(void **state);
int world_stop(void **state);
/* For a case: a server with nothing in it, and no tiers. */
int world_case(void **state);
int world_case_end(void **state);

/* argv: more of redis-server's, or NULL. */
void world_serve(const char *more);
void world_kill(int signal); /* and waits */
void world_pump(void);
/* A command of words, of the admin's own; what it said. */
const char *world_do(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Options as they are for tests: patient. */
struct side *side_prepare(int number, const char *name);
void side_open(struct side *side);
void side_close(struct side *side, bool says_goodbye);
/* Until it is up, and usable. */
void side_up(struct side *side);
void side_listen(struct side *side);

struct tier_counts side_counts(const struct side *side);
/* Of "epoch", "v:public.users" ...: the whole name. */
const char *side_name(const struct side *side, const char *rest);
const char *side_entry(const struct side *side, unsigned key);

bool side_ask(struct side *side, unsigned key, struct asked *asked);
void side_find(struct side *side, unsigned key, struct asked *asked);
/* Of a miss. */
bool side_put(struct side *side, unsigned key, const struct asked *asked, const char *body);
/* Both, and both must do. */
void side_fill(struct side *side, unsigned key, const char *body);
/* A whole write of public.users; true: it was told. */
bool side_write(struct side *side);
bool side_tell(struct side *side, bool is_end, struct told *told);
void side_flush_puts(struct side *side);

void expect_hit(struct side *side, unsigned key, const char *body);
void expect_miss(struct side *side, unsigned key, enum tier_miss miss);

size_t cache_redis_failures(struct CMUnitTest *cases);
size_t cache_redis_model(struct CMUnitTest *cases);

_Noreturn void world_late(const char *what, const char *file, int line);

/* Drives all until it is so; fails the case after PATIENCE_MS. */
#define SOON(condition)                                                                            \
    do {                                                                                           \
        long soon_end = proc_now_ms() + PATIENCE_MS;                                               \
        while (!(condition)) {                                                                     \
            if (proc_now_ms() > soon_end) {                                                        \
                world_late(#condition, __FILE__, __LINE__);                                        \
            }                                                                                      \
            world_pump();                                                                          \
        }                                                                                          \
    } while (0)

#endif
