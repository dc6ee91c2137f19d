/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/view.h - a named table of rows: one source for SHOW, JSON and metrics.
 *
 * A module exports struct view constants; the console, the HTTP API and /metrics
 * are readers of them. A reader makes a struct view_visit with a struct view_out,
 * calls on_worker() on every worker's own thread, one after the other, and then
 * finish() on its own; either may be missing. Rows may be put in both. end(), if there is
 * one, is called once, whatever became of the visit, and frees what the view keeps in it.
 *
 * Ownership: views are constant; a visit and an out are the reader's. What a row
 * points at need live only until view_put(). Threads: see above; a visit is with
 * one thread at a time. Bounds: VIEW_COLUMNS_MAX columns, VIEW_TEXT_MAX bytes of
 * text that a row keeps itself; the reader's out says when it takes no more.
 */
#ifndef SLUICE_PROTOCOL_VIEW_H
#define SLUICE_PROTOCOL_VIEW_H

#include "protocol/base/check.h"
#include "protocol/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VIEW_COLUMNS_MAX = 40, VIEW_TEXT_MAX = 1024, VIEW_SUMS_MAX = 16 };

/* Values of one row, in the order of the columns; NULL is null. */
struct view_row {
    const char *values[VIEW_COLUMNS_MAX];
    unsigned count;
    size_t used;
    char text[VIEW_TEXT_MAX];
};

/* Where rows go: embedded in whatever the reader makes of them. */
struct view_out {
    bool (*put)(struct view_out *out, const struct view_row *row); /* false: no more */
    bool is_full;                                                  /* a row was not taken */
};

struct view;

struct view_visit {
    const struct view *view;
    struct view_out *out;
    const char *argument;        /* of SHOW name argument; "" or NULL: none */
    bool is_admin;               /* the reader may see what is not for everybody */
    const char *refusal;         /* by the view: why there are no rows, or too few; constant */
    const void *source;          /* what the reader gives the view, if they agree on anything */
    uint32_t cursor;             /* on_worker()'s own; 0 at the first call on each worker */
    int64_t sums[VIEW_SUMS_MAX]; /* the view's own: added up on workers, for finish() */
    void *state;                 /* the view's own, until end() */
};

struct view {
    const char *name; /* as in SHOW name, whatever its case */
    const char *sentence;
    const struct reply_column *columns;
    uint16_t columns_count;
    bool is_admin;        /* not for everybody who may look */
    const char *argument; /* what may stand behind its name, for help; NULL: nothing */
    /* worker: a struct worker. True: done there; false: to be called again, next turn. */
    bool (*on_worker)(struct view_visit *visit, void *worker);
    void (*finish)(struct view_visit *visit);
    void (*end)(struct view_visit *visit);
};

/* By the reader, when it is through with the visit or gives it up. */
void view_end(struct view_visit *visit);

void view_row_begin(struct view_row *row);
/* Borrowed, NULL is null. */
void view_add_text(struct view_row *row, const char *text);
void view_add_int(struct view_row *row, int64_t value);
void view_add_uint(struct view_row *row, uint64_t value);
/* Kept by the row; cut when the row has no room left. */
void view_add_copy(struct view_row *row, const char *text);
void view_add_printf(struct view_row *row, const char *format, ...) SL_PRINTF(2, 3);

/* Hands the row over; false: the reader takes no more. It must have every column. */
bool view_put(struct view_visit *visit, const struct view_row *row);

#endif
