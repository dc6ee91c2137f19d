/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_watch.h - a stage that sees to it that the hooks are called as promised.
 *
 * protocol/stage.h: replies only after dispatch, on_done only after the reply,
 * nothing after on_end, and exactly one on_end for each on_statement. A broken
 * promise ends the process. One of the two may be in a pipeline.
 *
 * Ownership: what it notes is the statement's, freed in on_end. Threads: each
 * worker has a stage of its own; stage_watch_left() when all workers have ended.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_WATCH_H
#define SLUICE_TESTS_STAGES_STAGE_WATCH_H

struct pipeline;

void stage_watch_add(struct pipeline *pipeline, unsigned worker);
/* The same, and listens to replies: then they are made whole before they pass. */
void stage_watch_add_tap(struct pipeline *pipeline, unsigned worker);
/* Statements that were entered and never ended. */
unsigned long stage_watch_left(void);

#endif
