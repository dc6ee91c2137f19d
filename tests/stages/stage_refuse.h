/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_refuse.h - a stage that lets one statement not pass.
 *
 * "select 'refused by a stage'" fails with 42501, wherever it stands: GUARD.
 *
 * Ownership: nothing is kept. Threads: any.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_REFUSE_H
#define SLUICE_TESTS_STAGES_STAGE_REFUSE_H

struct pipeline;

void stage_refuse_add(struct pipeline *pipeline, unsigned worker);

#endif
