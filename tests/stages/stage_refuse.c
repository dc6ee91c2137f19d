/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_refuse.h"

#include "protocol/stmt.h"
#include "proxy/pipeline.h"

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    (void)self;
    if (!sl_span_is(stmt->query, "select 'refused by a stage'")) {
        return STAGE_NEXT;
    }
    SL_IGNORE(sl_error_set(stmt->error, SL_EAUTH, "42501", "a stage refuses this"),
            "the verdict says it");
    return STAGE_REFUSED;
}

static const struct stage_type type = {
        .name = "refuse", .phase = STAGE_GUARD, .on_statement = on_statement};

void stage_refuse_add(struct pipeline *pipeline, unsigned worker)
{
    (void)worker;
    pipeline_add(pipeline, (struct stage){.type = &type});
}
