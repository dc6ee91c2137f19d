/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_answer.h"

#include "protocol/stmt.h"
#include "proxy/pipeline.h"

#include <stdatomic.h>
#include <string.h>

/* RowDescription of one text column "s", DataRow "yes", CommandComplete "SELECT 1". */
static const uint8_t reply[] = {'T', 0, 0, 0, 26, 0, 1, 's', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255,
        255, 255, 255, 255, 255, 0, 0, 'D', 0, 0, 0, 13, 0, 1, 0, 0, 0, 3, 'y', 'e', 's', 'C', 0, 0,
        0, 13, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '1', 0};

/* The same with a row of LONG bytes, of which an outbox makes no copy. */
enum {
    DESCRIPTION_LEN = 27,
    TAIL_LEN = 14,
    LONG = 3000,
    LONG_LEN = DESCRIPTION_LEN + 11 + LONG + TAIL_LEN
};

static uint8_t long_reply[LONG_LEN];
static _Atomic long lent;

static void release(void *lender)
{
    (void)lender;
    atomic_fetch_sub(&lent, 1);
}

static void make_long(void)
{
    static const uint8_t row[] = {
            'D', 0, 0, (LONG + 10) >> 8, (LONG + 10) & 0xff, 0, 1, 0, 0, LONG >> 8, LONG & 0xff};

    memcpy(long_reply, reply, DESCRIPTION_LEN);
    memcpy(long_reply + DESCRIPTION_LEN, row, sizeof row);
    memset(long_reply + DESCRIPTION_LEN + sizeof row, 'y', LONG);
    memcpy(long_reply + LONG_LEN - TAIL_LEN, reply + sizeof reply - TAIL_LEN, TAIL_LEN);
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    /* Rows are described to whoever asked; a simple Query always asks. */
    size_t skip = stmt->is_extended && !stmt->has_describe ? DESCRIPTION_LEN : 0;

    (void)self;
    if (sl_span_is(stmt->query, "select 'answered by a stage'")) {
        stmt->answer = sl_span(reply + skip, sizeof reply - skip);
        return STAGE_ANSWERED;
    }
    if (sl_span_is(stmt->query, "select 'lent by a stage'")) {
        stmt->answer = sl_span(long_reply + skip, sizeof long_reply - skip);
    } else if (sl_span_is(stmt->query, "select 'a little lent by a stage'")) {
        stmt->answer = sl_span(reply + skip, sizeof reply - skip);
    } else {
        return STAGE_NEXT;
    }
    atomic_fetch_add(&lent, 1);
    stmt->answer_lent = (struct sl_lent){.release = release};
    return STAGE_ANSWERED;
}

static const struct stage_type type = {
        .name = "answer", .phase = STAGE_LOOKUP, .on_statement = on_statement};

void stage_answer_add(struct pipeline *pipeline, unsigned worker)
{
    if (worker == 0) {
        make_long();
    }
    pipeline_add(pipeline, (struct stage){.type = &type});
}

long stage_answer_lent(void)
{
    return atomic_load(&lent);
}
