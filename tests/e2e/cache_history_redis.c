/* SPDX-License-Identifier: PostgreSQL */
/* Part of test_cache_history.c: what befalls the Redis that the Sluices share. */
#include "tests/e2e/cache_history_world.h"

#include "tests/support/proc.h"

#include <signal.h>

/* For so long it is away, and up before the next. */
enum { AWAY_MS = 60, UP_MS = 150, WAYS = 7 };

static void stop_and_go_on(struct redis_server *redis)
{
    (void)kill(redis->process.pid, SIGSTOP);
    proc_pause_ms(AWAY_MS);
    (void)kill(redis->process.pid, SIGCONT);
}

/* What it has then is what SAVE wrote, some time ago. */
static void kill_and_start(struct redis_server *redis)
{
    redis_server_kill(redis);
    proc_pause_ms(AWAY_MS);
    redis_server_start(redis);
}

void world_vex_redis(struct world *world)
{
    struct redis_server *redis = &world->redis;

    proc_pause_ms(UP_MS);
    switch (world->vexed++ % WAYS) {
    case 0:
        (void)redis_server_ask(redis, "save");
        break;
    case 1:
        stop_and_go_on(redis);
        break;
    case 2:
        (void)redis_server_ask(redis, "flushall");
        break;
    case 3:
        kill_and_start(redis);
        break;
    case 4:
        (void)redis_server_ask(redis, "client kill type pubsub");
        break;
    case 5:
        (void)redis_server_ask(redis, "client kill type normal");
        break;
    default:
        (void)redis_server_ask(redis, "config set maxmemory 1000000");
        proc_pause_ms(AWAY_MS);
        (void)redis_server_ask(redis, "config set maxmemory 0");
        break;
    }
}
