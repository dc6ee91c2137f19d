/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_linger.h - a stage that lets the end of every statement wait.
 *
 * In on_done, for one to three turns of its worker, told by letters: as a cache whose
 * second tier must know of a write before its client does. "select 'held by a stage'"
 * waits until "select 'let go by a stage'" comes by on the same worker. OBSERVE.
 *
 * Ownership: a letter is the statement's, freed in on_end. Threads: each worker has a
 * stage of its own. Bounds: a letter a statement.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_LINGER_H
#define SLUICE_TESTS_STAGES_STAGE_LINGER_H

struct pipeline;

void stage_linger_add(struct pipeline *pipeline, unsigned worker);

#endif
