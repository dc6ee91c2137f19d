/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pipeline.c - the whole of the statement path's control flow between
 * stages; what becomes of the verdict is client_stmt.c's.
 */
#include "proxy/pipeline.h"

#include "protocol/base/check.h"

static void note_keeper(struct pipeline *pipeline)
{
    pipeline->keeper = 0;
    for (unsigned i = 0; i < pipeline->count; i++) {
        if (pipeline->stages[i].type->on_transaction != NULL) {
            SL_CHECK(pipeline->keeper == 0);
            pipeline->keeper = i + 1;
        }
    }
}

void pipeline_add(struct pipeline *pipeline, struct stage stage)
{
    SL_CHECK(pipeline->count < STMT_STAGES_MAX);
    SL_CHECK(stage.type->on_statement != NULL);

    size_t at = pipeline->count++;
    while (at > 0 && pipeline->stages[at - 1].type->phase > stage.type->phase) {
        pipeline->stages[at] = pipeline->stages[at - 1];
        at--;
    }
    pipeline->stages[at] = stage;
    note_keeper(pipeline);
    pipeline->has_unseen |= stage.type->on_unseen != NULL;
    if (!stage.type->is_on_demand) {
        pipeline->taps |= stage.type->on_reply != NULL ? STAGE_TAP_REPLY : 0;
        pipeline->taps |= stage.type->on_done != NULL ? STAGE_TAP_DONE : 0;
    }
}

enum stage_verdict pipeline_run(const struct pipeline *pipeline, struct stmt *stmt)
{
    while (stmt->is_resumed || stmt->stages_entered < pipeline->count) {
        if (!stmt->is_resumed) {
            stmt->stages_entered++;
        }
        stmt->stage = stmt->stages_entered - 1;
        const struct stage *stage = &pipeline->stages[stmt->stage];
        stmt->is_waiting = true; /* a stage may resume before it returns STAGE_WAIT */
        enum stage_verdict verdict = stage->type->on_statement(stage->self, stmt);
        stmt->is_resumed = verdict == STAGE_WAIT;
        if (verdict != STAGE_WAIT) {
            stmt->is_waiting = false;
        }
        if (verdict != STAGE_NEXT) {
            return verdict;
        }
    }
    return STAGE_NEXT; /* nobody answered: the statement goes to a server */
}

void pipeline_dispatch(const struct pipeline *pipeline, struct stmt *stmt)
{
    for (stmt->stage = 0; stmt->stage < stmt->stages_entered; stmt->stage++) {
        const struct stage *stage = &pipeline->stages[stmt->stage];
        if (stage->type->on_dispatch != NULL) {
            stage->type->on_dispatch(stage->self, stmt);
        }
    }
}

static bool is_wanted(const struct stage *stage, const struct stmt *stmt, unsigned tap)
{
    return !stage->type->is_on_demand || (stmt->taps & tap) != 0;
}

void pipeline_reply(const struct pipeline *pipeline, struct stmt *stmt, struct sl_span message)
{
    for (stmt->stage = 0; stmt->stage < stmt->stages_entered; stmt->stage++) {
        const struct stage *stage = &pipeline->stages[stmt->stage];
        if (stage->type->on_reply != NULL && is_wanted(stage, stmt, STAGE_TAP_REPLY)) {
            stage->type->on_reply(stage->self, stmt, message);
        }
    }
}

enum stage_verdict pipeline_done(const struct pipeline *pipeline, struct stmt *stmt)
{
    while (stmt->is_resumed || stmt->stages_done < stmt->stages_entered) {
        if (!stmt->is_resumed) {
            stmt->stages_done++;
        }
        stmt->stage = stmt->stages_done - 1;
        const struct stage *stage = &pipeline->stages[stmt->stage];
        if (stage->type->on_done == NULL || !is_wanted(stage, stmt, STAGE_TAP_DONE)) {
            continue;
        }
        stmt->is_waiting = true; /* likewise */
        enum stage_verdict verdict = stage->type->on_done(stage->self, stmt);
        SL_DCHECK(verdict == STAGE_NEXT || verdict == STAGE_WAIT);
        stmt->is_resumed = verdict == STAGE_WAIT;
        if (verdict == STAGE_WAIT) {
            return verdict;
        }
        stmt->is_waiting = false;
    }
    return STAGE_NEXT;
}

void pipeline_end(const struct pipeline *pipeline, struct stmt *stmt)
{
    while (stmt->stages_entered > 0) {
        stmt->stage = --stmt->stages_entered;
        const struct stage *stage = &pipeline->stages[stmt->stage];
        if (stage->type->on_end != NULL) {
            stage->type->on_end(stage->self, stmt);
        }
    }
}

void pipeline_unseen(const struct pipeline *pipeline, struct stage_transaction *transaction)
{
    for (unsigned i = 0; i < pipeline->count; i++) {
        const struct stage *stage = &pipeline->stages[i];
        if (stage->type->on_unseen != NULL) {
            stage->type->on_unseen(stage->self, transaction);
        }
    }
}

void pipeline_transaction(const struct pipeline *pipeline, struct stage_transaction *transaction,
        enum stage_standing standing)
{
    if (SL_LIKELY(transaction->state == NULL)) {
        return;
    }
    SL_CHECK(pipeline->keeper != 0);
    const struct stage *stage = &pipeline->stages[pipeline->keeper - 1];
    stage->type->on_transaction(stage->self, transaction, standing);
    if (standing == STAGE_LOST) {
        transaction->state = NULL;
    }
}
