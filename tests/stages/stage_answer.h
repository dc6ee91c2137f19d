/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_answer.h - a stage that knows the answer to one statement.
 *
 * "select 'answered by a stage'" never reaches a server, by simple or extended
 * protocol: LOOKUP, as the cache will be.
 *
 * Ownership: nothing is kept but the constant answer. Threads: any.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_ANSWER_H
#define SLUICE_TESTS_STAGES_STAGE_ANSWER_H

struct pipeline;

void stage_answer_add(struct pipeline *pipeline, unsigned worker);

#endif
