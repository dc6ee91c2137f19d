/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_depth.h - how deep a statement's tree may be, before anybody builds it.
 *
 * Every token may put a level on top of what stands before it (1+1+1, NOT NOT, a JOIN, a cast),
 * but what a comma divides stands side by side, and so do the insides of parentheses. Where
 * SELECTs are joined by UNION and its likes, all that came before is below.
 *
 * Nesting beyond SHAPE_LEVELS is counted as if commas divided nothing: more, never less.
 *
 * Ownership: none. Threads: any. Bounds: fixed size; every function is constant time.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_DEPTH_H
#define SLUICE_PROTOCOL_SHAPE_DEPTH_H

#include <stdbool.h>
#include <stdint.h>

enum { SHAPE_LEVELS = 64 };

struct shape_depth {
    uint32_t now; /* open parentheses and brackets */
    uint32_t now_max;
    uint32_t run; /* levels that the next token would stand on */
    uint32_t run_max;
    uint32_t base[SHAPE_LEVELS]; /* up to now: where the run begins again behind a comma */
    uint32_t peak[SHAPE_LEVELS]; /* the longest so far */
};

static inline void shape_depth_init(struct shape_depth *depth)
{
    depth->now = 0;
    depth->now_max = 0;
    depth->run = 0;
    depth->run_max = 0;
    depth->base[0] = 0;
    depth->peak[0] = 0;
}

/* Whether the level is remembered. */
static inline bool shape_depth_is_known(const struct shape_depth *depth)
{
    return depth->now < SHAPE_LEVELS;
}

/* The level's bit in a word of 64; meaningless when it is not known. */
static inline uint64_t shape_depth_bit(const struct shape_depth *depth)
{
    return UINT64_C(1) << (depth->now % SHAPE_LEVELS);
}

static inline void shape_depth_raise(uint32_t *peak, uint32_t run)
{
    *peak = run > *peak ? run : *peak;
}

/* A statement begins; the one before has ended. */
static inline void shape_depth_begin(struct shape_depth *depth)
{
    for (uint32_t i = 0; i <= depth->now && i < SHAPE_LEVELS; i++) {
        shape_depth_raise(&depth->run_max, depth->peak[i]);
    }
    shape_depth_raise(&depth->run_max, depth->run);
    depth->run = 0;
    depth->base[0] = 0;
    depth->peak[0] = 0;
}

static inline void shape_depth_open(struct shape_depth *depth)
{
    depth->now++;
    shape_depth_raise(&depth->now_max, depth->now);
    if (shape_depth_is_known(depth)) {
        depth->base[depth->now] = depth->run;
        depth->peak[depth->now] = depth->run;
    }
}

static inline void shape_depth_close(struct shape_depth *depth)
{
    if (shape_depth_is_known(depth)) {
        shape_depth_raise(&depth->run, depth->peak[depth->now]);
    }
    depth->now -= depth->now > 0 ? 1 : 0;
}

static inline void shape_depth_comma(struct shape_depth *depth)
{
    if (shape_depth_is_known(depth)) {
        shape_depth_raise(&depth->peak[depth->now], depth->run);
        depth->run = depth->base[depth->now];
    }
}

/* UNION and its likes. */
static inline void shape_depth_join(struct shape_depth *depth)
{
    if (shape_depth_is_known(depth)) {
        uint32_t *peak = &depth->peak[depth->now];
        shape_depth_raise(peak, depth->run);
        *peak += 1;
        depth->run = ++depth->base[depth->now];
    }
}

#endif
