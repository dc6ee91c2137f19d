/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_rewrite.h - a stage that sends something else instead.
 *
 * Every statement is replaced by a copy of itself, in which the text
 * "select 'before a stage'" has become "select 'after'": of a Query, or of the
 * Parse of an extended request. LOOKUP, as a query rewriter would be.
 *
 * Ownership: the copy is the statement's, freed in on_end. Threads: any. Bounds: STMT_REQUEST_MAX bytes a statement.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_REWRITE_H
#define SLUICE_TESTS_STAGES_STAGE_REWRITE_H

struct pipeline;

void stage_rewrite_add(struct pipeline *pipeline, unsigned worker);

#endif
