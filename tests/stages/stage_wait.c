/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_wait.h"

#include "protocol/stmt.h"
#include "proxy/pipeline.h"
#include "proxy/process.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum { TURNS_MAX = 3 };

struct waiting {
    struct letter letter;
    struct stmt *stmt;
    unsigned turns_left;
    bool has_resumed;
};

struct stage_wait {
    unsigned worker;
    unsigned count;
};

static struct stage_wait stages[WORKERS_MAX]; /* each its worker's */

static void deliver(struct letter *letter, struct worker *worker)
{
    struct waiting *waiting = SL_CONTAINER(letter, struct waiting, letter);

    if (--waiting->turns_left > 0 && !worker->stopping) {
        mailbox_post(&worker->mailbox, letter);
        return;
    }
    waiting->has_resumed = true;
    stmt_resume(waiting->stmt);
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    struct stage_wait *stage = self;

    if (stmt->is_resumed) {
        const struct waiting *waiting = stmt->stage_state[stmt->stage];
        SL_CHECK(waiting != NULL && waiting->has_resumed); /* not before that */
        return STAGE_NEXT;
    }
    struct waiting *waiting = calloc(1, sizeof *waiting);
    stmt->stage_state[stmt->stage] = waiting;
    if (waiting == NULL) {
        return STAGE_NEXT;
    }
    waiting->letter.deliver = deliver;
    waiting->stmt = stmt;
    waiting->turns_left = 1 + stage->count++ % TURNS_MAX;
    mailbox_post(&process_worker(stage->worker)->mailbox, &waiting->letter);
    return STAGE_WAIT;
}

static void on_end(void *self, struct stmt *stmt)
{
    (void)self;
    SL_CHECK(!stmt->is_waiting); /* else the letter would outlive what it is about */
    free(stmt->stage_state[stmt->stage]);
}

static const struct stage_type type = {
        .name = "wait", .phase = STAGE_LOOKUP, .on_statement = on_statement, .on_end = on_end};

void stage_wait_add(struct pipeline *pipeline, unsigned worker)
{
    stages[worker].worker = worker;
    pipeline_add(pipeline, (struct stage){.type = &type, .self = &stages[worker]});
}
