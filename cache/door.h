/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/door.h - which questions were asked lately without an answer that was kept: a doorkeeper.
 *
 * Most questions that are asked once are never asked again. While room is scarce their answers are not taken
 * down at all; who comes back within DOOR_TIME is.
 *
 * A line of the processor's cache holds eight questions as 32 bits of their hash, when they were asked last and
 * how often. Where there is no room in a line, the one that was asked longest ago is forgotten: the more
 * questions there are, the sooner one has to come back. Two that have all bits in common are one: a question is
 * let in too early then, no more.
 *
 * Ownership: one for all workers. Threads: any, without a lock; two that knock at a place at once may count as
 * one. Bounds: DOOR_BYTES.
 */
#ifndef SLUICE_CACHE_DOOR_H
#define SLUICE_CACHE_DOOR_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/hash.h"

enum { DOOR_LINES = 8192, DOOR_WAYS = 8, DOOR_BYTES = DOOR_LINES * DOOR_WAYS * 8 };

#define DOOR_TIME (10 * SL_SECOND)

struct door;

SL_MUST_CHECK struct door *door_new(void); /* NULL: no memory */
void door_free(struct door *door);         /* NULL is fine */
/* It is asked: so often, this time among them, each within DOOR_TIME of the one before. 255 at most. */
unsigned door_knock(struct door *door, struct sl_hash128 key, sl_usec now);

#endif
