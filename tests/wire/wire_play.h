/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_play.h - plays a script's steps, in order, against a running proxy.
 *
 * Ownership: none. Threads: one. Bounds: WIRE_STEP_USEC a step.
 */
#ifndef SLUICE_TESTS_WIRE_WIRE_PLAY_H
#define SLUICE_TESTS_WIRE_WIRE_PLAY_H

#include "tests/wire/wire_proxy.h"

/* False with world->failure set and *line_out the step that failed. */
bool wire_play(struct wire_world *world, const struct wire_proxy *proxy, size_t *line_out);

#endif
