/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_answer.h - a stage that knows the answers to three statements.
 *
 * "select 'answered by a stage'" never reaches a server, by simple or extended
 * protocol: LOOKUP, as the cache will be. Nor do "select 'lent by a stage'", which has a long row, and
 * "select 'a little lent by a stage'": theirs are lent, and counted until they are given back.
 *
 * Ownership: nothing is kept but the constant answers. Threads: any.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_ANSWER_H
#define SLUICE_TESTS_STAGES_STAGE_ANSWER_H

struct pipeline;

void stage_answer_add(struct pipeline *pipeline, unsigned worker);
/* Answers that nobody has given back. */
long stage_answer_lent(void);

#endif
