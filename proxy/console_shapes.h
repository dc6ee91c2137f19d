/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_shapes.h - what the views of statements have in common.
 *
 * The tour has every worker tell the store what it counted; on the last one the store is looked
 * through, some rows a turn (optimizer/shape_top.h).
 *
 * Ownership, threads: as protocol/view.h says. Bounds: CONSOLE_SHAPES_MAX rows,
 * CONSOLE_SHAPE_TEXT_MAX bytes of a shape's text in a row.
 */
#ifndef SLUICE_PROXY_CONSOLE_SHAPES_H
#define SLUICE_PROXY_CONSOLE_SHAPES_H

#include "optimizer/shape_top.h"
#include "protocol/view.h"

struct plan;
struct worker;

enum { CONSOLE_SHAPES_MAX = 100, CONSOLE_SHAPE_TEXT_MAX = 640 };

/* What on_worker() does next. */
enum console_step {
    CONSOLE_AGAIN, /* the worker has more to tell: false */
    CONSOLE_NEXT,  /* it is done, others are not: true */
    CONSOLE_LAST   /* all have told: look */
};

/* Not without statistics. With visit->state set nothing is told any more. */
enum console_step console_shapes_tell(struct view_visit *visit, struct worker *worker);

/*
 * on_worker() of a view of the first rows in that order, each put by put(). The view's end() is
 * console_shapes_end().
 */
bool console_shapes_top(struct view_visit *visit, struct worker *worker, enum shape_order order,
        void (*put)(struct view_visit *visit, const struct shape_row *shape));
void console_shapes_end(struct view_visit *visit);

/* Ids that begin with those digits, from *least to *most (of shape.hi). False: that is none. */
bool console_shape_ids(const char *text, uint64_t *least, uint64_t *most);

/* id */
void console_add_shape(struct view_row *row, struct sl_hash128 shape);
/* database, user, node */
void console_add_pool(struct view_row *row, const struct shape_key *key);
/* search_path */
void console_add_path(struct view_row *row, const struct shape_key *key);
/* kind, query: NULLs until it was parsed, or where the parser cannot read it as its server does */
void console_add_plan(struct view_row *row, const struct plan *plan);
/* How much of a plan's text is shown where it is cut: whole characters. */
size_t console_plan_cut(const struct plan *plan, size_t len_max);

#endif
