/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/hint.h - what a statement's own text asks of the cache.
 *
 *     select ... / * sluice:cache=off * /           neither looked up nor kept
 *     / * sluice:ttl=5s,stale=30s * / select ...     kept 5 s at most; may be 30 s behind the change stream
 *
 * (without the spaces within the marks, which a comment in C cannot have.) A hint is a comment of that kind, anywhere
 * in the text, that begins with the word, in small letters: one in a string, a quoted name, a dollar quote or
 * within another comment is none, nor is one behind two dashes. Items are separated by commas; times are the
 * configuration's. Of several the strictest holds. What is not understood is left out and counted: a hint never makes a
 * statement fail.
 *
 * Texts that are the same in sessions that read strings alike have the same hint: who remembers one by the text
 * minds struct shape_options.
 *
 * Ownership: none. Threads: any. Bounds: reads each byte a few times; HINT_TEXT_MAX bytes, as longer texts have no
 * answers that are kept.
 */
#ifndef SLUICE_CACHE_HINT_H
#define SLUICE_CACHE_HINT_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "protocol/shape.h"

#include <stdbool.h>

/* A longer time is taken for this. */
#define HINT_TIME_MAX ((sl_usec)366 * 86400 * SL_SECOND)

enum { HINT_TEXT_MAX = 65536, HINT_VALUE_MAX = 32 };

struct hint {
    bool is_off;
    uint32_t unknown; /* items that were not understood */
    sl_usec ttl;      /* 0: none */
    bool has_stale;
    sl_usec stale; /* how much older than max_staleness says; 0: none */
};

/* Is it worth reading? Nearly no text is, and that is found out while looking for its first slash. */
bool hint_may_be_in(struct sl_span text);
void hint_read(struct sl_span text, struct shape_options options, struct hint *hint);

#endif
