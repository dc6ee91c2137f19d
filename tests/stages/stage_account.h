/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_account.h - a stage that keeps account of what is under way on each server.
 *
 * It counts the statements that were dispatched since the transaction began, and what was sent unseen; "select
 * 'what is under way'" is answered with both. At the transaction's end, or its server's, the account is
 * closed; one that is left over is a mistake.
 *
 * Ownership: accounts are the stage's. Threads: any. Bounds: one a server.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_ACCOUNT_H
#define SLUICE_TESTS_STAGES_STAGE_ACCOUNT_H

struct pipeline;

void stage_account_add(struct pipeline *pipeline, unsigned worker);
/* Accounts that nobody has closed. */
long stage_account_left(void);

#endif
