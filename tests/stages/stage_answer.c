/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_answer.h"

#include "protocol/stmt.h"
#include "proxy/pipeline.h"

/* RowDescription of one text column "s", DataRow "yes", CommandComplete "SELECT 1". */
static const uint8_t reply[] = {'T', 0, 0, 0, 26, 0, 1, 's', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255,
        255, 255, 255, 255, 255, 0, 0, 'D', 0, 0, 0, 13, 0, 1, 0, 0, 0, 3, 'y', 'e', 's', 'C', 0, 0,
        0, 13, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '1', 0};

enum { DESCRIPTION_LEN = 27 };

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    /* Rows are described to whoever asked; a simple Query always asks. */
    size_t skip = stmt->is_extended && !stmt->has_describe ? DESCRIPTION_LEN : 0;

    (void)self;
    if (!sl_span_is(stmt->query, "select 'answered by a stage'")) {
        return STAGE_NEXT;
    }
    stmt->answer = sl_span(reply + skip, sizeof reply - skip);
    return STAGE_ANSWERED;
}

static const struct stage_type type = {
        .name = "answer", .phase = STAGE_LOOKUP, .on_statement = on_statement};

void stage_answer_add(struct pipeline *pipeline, unsigned worker)
{
    (void)worker;
    pipeline_add(pipeline, (struct stage){.type = &type});
}
