/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/stmt.h"

#include "protocol/base/check.h"

void stmt_resume(struct stmt *stmt)
{
    SL_CHECK(stmt->is_waiting);
    stmt->is_waiting = false;
    stmt->resume(stmt);
}

void stmt_check(const struct stmt *stmt, enum stage_verdict verdict)
{
    SL_DCHECK(stmt->stages_entered <= STMT_STAGES_MAX);
    SL_DCHECK(verdict != STAGE_ANSWERED || stmt->answer.len > 0);
    SL_DCHECK(verdict != STAGE_REFUSED || stmt->error->sqlstate[0] != '\0');
    SL_DCHECK(verdict == STAGE_REFUSED || stmt->error->sqlstate[0] == '\0');
    SL_DCHECK(verdict == STAGE_WAIT || !stmt->is_waiting); /* it may have resumed already */
    (void)stmt;
    (void)verdict;
}
