/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_linger.h"

#include "protocol/stmt.h"
#include "proxy/pipeline.h"
#include "proxy/process.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum { TURNS_MAX = 3 };

struct lingering {
    struct letter letter;
    struct stmt *stmt;
    struct lingering *next; /* among the held */
    unsigned turns_left;
    bool is_held;
    bool has_resumed;
};

struct stage_linger {
    unsigned worker;
    unsigned count;
    struct lingering *held;
};

static struct stage_linger stages[WORKERS_MAX]; /* each its worker's */

static void resume(struct lingering *lingering)
{
    lingering->has_resumed = true;
    stmt_resume(lingering->stmt);
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct lingering *lingering = SL_CONTAINER(letter, struct lingering, letter);

    if (--lingering->turns_left > 0 && !worker->stopping) {
        mailbox_post(&worker->mailbox, letter);
        return;
    }
    resume(lingering);
}

static void let_go(struct stage_linger *stage)
{
    while (stage->held != NULL) {
        struct lingering *lingering = stage->held;
        stage->held = lingering->next;
        resume(lingering);
    }
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    struct stage_linger *stage = self;
    struct lingering *lingering = calloc(1, sizeof *lingering);

    if (lingering != NULL) {
        lingering->letter.deliver = deliver;
        lingering->stmt = stmt;
        lingering->is_held = sl_span_is(stmt->query, "select 'held by a stage'");
    }
    stmt->stage_state[stmt->stage] = lingering;
    if (sl_span_is(stmt->query, "select 'let go by a stage'")) {
        let_go(stage);
    }
    return STAGE_NEXT;
}

static enum stage_verdict on_done(void *self, struct stmt *stmt)
{
    struct stage_linger *stage = self;
    struct lingering *lingering = stmt->stage_state[stmt->stage];

    SL_CHECK(stmt->transaction == 'I' || stmt->transaction == 'T' || stmt->transaction == 'E');
    if (lingering == NULL) {
        return STAGE_NEXT;
    }
    if (stmt->is_resumed) {
        SL_CHECK(lingering->has_resumed); /* not before that */
        return STAGE_NEXT;
    }
    if (lingering->is_held) {
        lingering->next = stage->held;
        stage->held = lingering;
        return STAGE_WAIT;
    }
    lingering->turns_left = 1 + stage->count++ % TURNS_MAX;
    mailbox_post(&process_worker(stage->worker)->mailbox, &lingering->letter);
    return STAGE_WAIT;
}

static void on_end(void *self, struct stmt *stmt)
{
    (void)self;
    SL_CHECK(!stmt->is_waiting); /* else the letter would outlive what it is about */
    free(stmt->stage_state[stmt->stage]);
}

static const struct stage_type type = {.name = "linger",
        .phase = STAGE_OBSERVE,
        .on_statement = on_statement,
        .on_done = on_done,
        .on_end = on_end};

void stage_linger_add(struct pipeline *pipeline, unsigned worker)
{
    stages[worker].worker = worker;
    pipeline_add(pipeline, (struct stage){.type = &type, .self = &stages[worker]});
}
