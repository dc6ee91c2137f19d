/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_account.h"

#include "protocol/base/check.h"
#include "protocol/stmt.h"
#include "proxy/pipeline.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DESCRIPTION_LEN = 27, ROW_LEN = 14, REPLY_LEN = DESCRIPTION_LEN + ROW_LEN + 14 };

struct account {
    unsigned seen;
    unsigned unseen;
};

static _Atomic long left;

/* Two figures: "1 0". */
static _Thread_local uint8_t reply[REPLY_LEN] = {'T', 0, 0, 0, 26, 0, 1, 's', 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0, 'D', 0, 0, 0, 13, 0, 1, 0, 0, 0, 3, '0',
        ' ', '0', 'C', 0, 0, 0, 13, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '1', 0};

static struct account *of(struct stage_transaction *transaction)
{
    if (transaction->state == NULL) {
        transaction->state = calloc(1, sizeof(struct account));
        SL_CHECK(transaction->state != NULL);
        atomic_fetch_add(&left, 1);
    }
    return transaction->state;
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    const struct account *account = stmt->under_way == NULL ? NULL : stmt->under_way->state;

    (void)self;
    if (!sl_span_is(stmt->query, "select 'what is under way'")) {
        return STAGE_NEXT;
    }
    size_t skip = stmt->is_extended && !stmt->has_describe ? DESCRIPTION_LEN : 0;
    reply[DESCRIPTION_LEN + 11] = (uint8_t)('0' + (account == NULL ? 0 : account->seen));
    reply[DESCRIPTION_LEN + 13] = (uint8_t)('0' + (account == NULL ? 0 : account->unseen));
    stmt->answer = sl_span(reply + skip, sizeof reply - skip);
    return STAGE_ANSWERED;
}

static void on_dispatch(void *self, struct stmt *stmt)
{
    (void)self;
    of(stmt->under_way)->seen++;
}

static void on_unseen(void *self, struct stage_transaction *transaction)
{
    (void)self;
    SL_CHECK(transaction->database != 0);
    of(transaction)->unseen++;
}

static void on_transaction(
        void *self, struct stage_transaction *transaction, enum stage_standing standing)
{
    (void)self;
    SL_CHECK(transaction->state != NULL);
    if (standing == STAGE_IDLE || standing == STAGE_LOST) {
        free(transaction->state);
        transaction->state = NULL;
        atomic_fetch_sub(&left, 1);
    }
}

static const struct stage_type type = {.name = "account",
        .phase = STAGE_LOOKUP,
        .on_statement = on_statement,
        .on_dispatch = on_dispatch,
        .on_unseen = on_unseen,
        .on_transaction = on_transaction};

void stage_account_add(struct pipeline *pipeline, unsigned worker)
{
    (void)worker;
    pipeline_add(pipeline, (struct stage){.type = &type});
}

long stage_account_left(void)
{
    return atomic_load(&left);
}
