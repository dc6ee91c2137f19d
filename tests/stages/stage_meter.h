/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/stages/stage_meter.h - "meter": looks at what a statement cost, and at no reply.
 * What must be true of struct stmt_meter whatever happened is checked when it ends.
 */
#ifndef SLUICE_TESTS_STAGES_STAGE_METER_H
#define SLUICE_TESTS_STAGES_STAGE_METER_H

struct pipeline;

void stage_meter_add(struct pipeline *pipeline, unsigned worker);

#endif
