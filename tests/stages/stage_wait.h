/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_wait.h - a stage that lets every statement wait.
 *
 * For one to three turns of its worker, told by letters that the stage posts to
 * itself: as a look-up in another process would. LOOKUP, and then goes on.
 *
 * Ownership: a letter is the statement's, freed in on_end. Threads: each worker
 * has a stage of its own. Bounds: a letter a statement.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_WAIT_H
#define SLUICE_TESTS_STAGES_STAGE_WAIT_H

struct pipeline;

void stage_wait_add(struct pipeline *pipeline, unsigned worker);

#endif
