/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pipeline.h - the walk of a statement through the stages.
 *
 * Stages decide, pipeline_run() steers. With no stage the pipeline is empty, no
 * struct stmt is ever made, and Sluice is a pipe.
 *
 * Ownership: one per worker, filled at start by main.c. Threads: the worker's.
 * Bounds: STMT_STAGES_MAX stages.
 */
#ifndef SLUICE_PROXY_PIPELINE_H
#define SLUICE_PROXY_PIPELINE_H

#include "protocol/stmt.h"

struct pipeline {
    struct stage stages[STMT_STAGES_MAX];
    unsigned count;
    unsigned taps;   /* enum stage_tap: of every statement; else of those that ask */
    bool has_unseen; /* a stage has on_unseen */
    unsigned keeper; /* whose on_transaction there is: its place and one; 0: nobody's */
};

/* Keeps phase order; within a phase, the order of the calls. */
void pipeline_add(struct pipeline *pipeline, struct stage stage);

/* Starts, or goes on from where the last STAGE_WAIT left off. */
enum stage_verdict pipeline_run(const struct pipeline *pipeline, struct stmt *stmt);
void pipeline_dispatch(const struct pipeline *pipeline, struct stmt *stmt);
void pipeline_reply(const struct pipeline *pipeline, struct stmt *stmt, struct sl_span message);
/* Starts, or goes on likewise. STAGE_NEXT: every stage is through with it. */
enum stage_verdict pipeline_done(const struct pipeline *pipeline, struct stmt *stmt);
/* What is sent is no statement of any stage's. */
void pipeline_unseen(const struct pipeline *pipeline, struct stage_transaction *transaction);
/* A ReadyForQuery, or the end of its server. */
void pipeline_transaction(const struct pipeline *pipeline, struct stage_transaction *transaction,
        enum stage_standing standing);
/* Ends every stage entered, last first; the stmt may go afterwards. */
void pipeline_end(const struct pipeline *pipeline, struct stmt *stmt);

#endif
