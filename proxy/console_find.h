/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_find.h - one shape, by the first digits of its id: of which pools it is known.
 *
 * For on_worker() of a view: as the views of statements, every worker tells the store first, and on the last
 * one the store is looked through, some rows a turn.
 *
 * Ownership: visit->state, until console_find_end(). Threads: as protocol/view.h says. Bounds:
 * CONSOLE_POOLS_MAX pools, those beyond are counted.
 */
#ifndef SLUICE_PROXY_CONSOLE_FIND_H
#define SLUICE_PROXY_CONSOLE_FIND_H

#include "proxy/console_shapes.h"

enum { CONSOLE_POOLS_MAX = 64 };

struct console_found {
    uint64_t least; /* of the ids that begin so */
    uint64_t most;
    uint32_t cursor;
    uint32_t count;
    uint64_t left_out;
    bool is_ambiguous;
    sl_usec now;
    struct shape_key keys[CONSOLE_POOLS_MAX]; /* of one shape */
};

/*
 * CONSOLE_LAST: it is found: *found, or NULL: refused. CONSOLE_NEXT: on_worker() is done on this worker;
 * CONSOLE_AGAIN: not yet.
 */
enum console_step console_find_shape(
        struct view_visit *visit, struct worker *worker, const struct console_found **found);
void console_find_end(struct view_visit *visit);
/* Is there one before it of the same database, user and search_path? */
bool console_found_is_again(const struct console_found *found, uint32_t i);

#endif
