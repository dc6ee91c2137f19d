/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_meter.h"

#include "protocol/stmt.h"
#include "proxy/pipeline.h"

#include <string.h>

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    const struct stmt_meter *meter = &stmt->meter;

    (void)self;
    SL_CHECK(meter->received_at != 0 && meter->sent_at == 0 && meter->ended_at == 0);
    SL_CHECK(meter->bytes_in == stmt->request.len && meter->bytes_out == 0);
    return STAGE_NEXT;
}

/* Or neither answered nor refused. */
static void check_refused(const struct stmt_meter *meter, size_t sqlstate_len)
{
    SL_CHECK(meter->rows == 0 && meter->bytes_out == 0);
    SL_CHECK(meter->server_usec == 0 && meter->stalled_usec == 0);
    SL_CHECK((meter->ended_at != 0) == (sqlstate_len > 0));
    SL_CHECK(meter->ended_at == 0 || meter->ended_at >= meter->received_at);
}

/* By a stage, and not by a server. */
static void check_answered(const struct stmt *stmt)
{
    const struct stmt_meter *meter = &stmt->meter;

    SL_CHECK(meter->ended_at >= meter->received_at);
    SL_CHECK(meter->rows == stmt->answer_rows && meter->bytes_out > 0);
    SL_CHECK(meter->server_usec == 0 && meter->stalled_usec == 0);
    SL_CHECK(!stmt->has_failed && meter->sqlstate[0] == '\0');
}

static void on_end(void *self, struct stmt *stmt)
{
    const struct stmt_meter *meter = &stmt->meter;
    size_t len = strnlen(meter->sqlstate, sizeof meter->sqlstate);

    (void)self;
    SL_CHECK(len == 0 || len == sizeof meter->sqlstate - 1);
    if (meter->is_answered) {
        check_answered(stmt);
        return;
    }
    if (meter->sent_at == 0) {
        check_refused(meter, len);
        return;
    }
    SL_CHECK(meter->sent_at >= meter->received_at);
    if (meter->ended_at == 0) {
        return;
    }
    SL_CHECK(meter->ended_at >= meter->sent_at);
    SL_CHECK(meter->server_usec >= 0 && meter->server_usec <= meter->ended_at - meter->sent_at);
    SL_CHECK(meter->stalled_usec >= 0 && meter->stalled_usec <= meter->server_usec);
    SL_CHECK(meter->bytes_out > 0 || stmt->has_failed); /* none of one that was lost */
    SL_CHECK(!stmt->has_failed || len > 0);
}

static const struct stage_type type = {
        .name = "meter", .phase = STAGE_OBSERVE, .on_statement = on_statement, .on_end = on_end};

void stage_meter_add(struct pipeline *pipeline, unsigned worker)
{
    (void)worker;
    pipeline_add(pipeline, (struct stage){.type = &type});
}
