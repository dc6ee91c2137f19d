/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_watch.h"

#include "protocol/base/buf.h"
#include "protocol/message.h"
#include "protocol/stmt.h"
#include "proxy/pipeline.h"
#include "proxy/worker.h"

#include <stdlib.h>

struct watched {
    bool is_dispatched;
    bool is_done;
};

static struct watched nobody; /* stands in without memory: only its end is watched */

struct stage_watch {
    unsigned long under_way;
};

static struct stage_watch stages[WORKERS_MAX]; /* each its worker's */

static struct watched *watched_of(const struct stmt *stmt)
{
    struct watched *watched = stmt->stage_state[stmt->stage];

    SL_CHECK(watched != NULL);
    return watched;
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    struct stage_watch *stage = self;

    SL_CHECK(stmt->stage_state[stmt->stage] == NULL); /* entered once */
    SL_CHECK(
            stmt->request.len >= MESSAGE_HEAD && stmt->request.len <= 2 * (size_t)STMT_REQUEST_MAX);
    SL_CHECK(stmt->is_extended == (stmt->request.at[0] != MSG_QUERY));
    struct watched *watched = calloc(1, sizeof(struct watched));
    stmt->stage_state[stmt->stage] = watched == NULL ? &nobody : watched;
    stage->under_way++;
    return STAGE_NEXT;
}

static void on_dispatch(void *self, struct stmt *stmt)
{
    struct watched *watched = watched_of(stmt);

    (void)self;
    SL_CHECK(!watched->is_dispatched || watched == &nobody);
    watched->is_dispatched = watched != &nobody;
}

static void on_reply(void *self, struct stmt *stmt, struct sl_span message)
{
    const struct watched *watched = watched_of(stmt);

    (void)self;
    SL_CHECK((watched->is_dispatched && !watched->is_done) || watched == &nobody);
    SL_CHECK(message.len >= MESSAGE_HEAD);
    size_t total = (size_t)sl_get_u32(message.at + 1) + 1;
    /* Of one that is too long to be made whole, the beginning. */
    SL_CHECK(message.len == total || (message.len < total && total > STMT_REQUEST_MAX));
}

static enum stage_verdict on_done(void *self, struct stmt *stmt)
{
    struct watched *watched = watched_of(stmt);

    (void)self;
    SL_CHECK((watched->is_dispatched && !watched->is_done) || watched == &nobody);
    watched->is_done = watched != &nobody;
    return STAGE_NEXT;
}

static void on_end(void *self, struct stmt *stmt)
{
    struct stage_watch *stage = self;

    SL_CHECK(stage->under_way > 0);
    stage->under_way--;
    if (watched_of(stmt) != &nobody) {
        free(watched_of(stmt));
    }
    stmt->stage_state[stmt->stage] = NULL;
}

static const struct stage_type watch = {.name = "watch",
        .phase = STAGE_OBSERVE,
        .on_statement = on_statement,
        .on_dispatch = on_dispatch,
        .on_done = on_done,
        .on_end = on_end};

static const struct stage_type tap = {.name = "tap",
        .phase = STAGE_OBSERVE,
        .on_statement = on_statement,
        .on_dispatch = on_dispatch,
        .on_reply = on_reply,
        .on_done = on_done,
        .on_end = on_end};

void stage_watch_add(struct pipeline *pipeline, unsigned worker)
{
    pipeline_add(pipeline, (struct stage){.type = &watch, .self = &stages[worker]});
}

void stage_watch_add_tap(struct pipeline *pipeline, unsigned worker)
{
    pipeline_add(pipeline, (struct stage){.type = &tap, .self = &stages[worker]});
}

unsigned long stage_watch_left(void)
{
    unsigned long left = 0;

    for (int i = 0; i < WORKERS_MAX; i++) {
        left += stages[i].under_way;
    }
    return left;
}
