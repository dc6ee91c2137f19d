/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_gather.h - the rows of one view or several, asked of all threads
 * without waiting for any.
 *
 *   waiting --a place is free--> on tour, view after view --home--> done() --> freed
 *      '---------- http_gather_abandon() ----------> freed, at once or when home
 *
 * on_worker() of a view runs on every worker in turn (proxy/console_tour.h), a
 * bounded amount at a time; finish() on the thread that asked.
 *
 * Ownership: the gather's own until done(), then the caller's, who frees it.
 * Threads: the one thread of proxy/http.h; tours as in console_tour.h.
 * Bounds: HTTP_GATHERS_MAX at a time, the others wait; HTTP_GATHER_BYTES of rows each.
 */
#ifndef SLUICE_PROXY_HTTP_GATHER_H
#define SLUICE_PROXY_HTTP_GATHER_H

#include "protocol/base/list.h"
#include "proxy/console_parse.h"
#include "proxy/console_tour.h"
#include "proxy/http_rows.h"

enum { HTTP_GATHERS_MAX = 4, HTTP_GATHER_VIEWS_MAX = 12, HTTP_GATHER_BYTES = 32 * 1024 * 1024 };

struct http_gather {
    struct console_tour tour; /* first */
    struct sl_list link;      /* while it waits for a place */
    struct view_visit visit;
    struct mailbox *home;
    /* NULL: abandoned. is_whole: no row is missing. */
    void (*done)(struct http_gather *gather, void *context, bool is_whole);
    void *context;
    bool is_waiting;
    bool is_home;                        /* done() was called */
    bool is_lost;                        /* a worker stopped */
    bool is_admin;                       /* who asks: struct view_visit */
    const char *refusal;                 /* a view's, or NULL; the views behind it were not asked */
    char argument[CONSOLE_ARGUMENT_MAX]; /* of the views, as in SHOW view argument; "": none */
    unsigned at;
    unsigned count;
    struct http_rows rows[HTTP_GATHER_VIEWS_MAX];
};

/* Adds a view; after the last, http_gather_start(). NULL: no memory. */
SL_MUST_CHECK struct http_gather *http_gather_new(struct mailbox *home);
void http_gather_add(struct http_gather *gather, const struct view *view);

/* done() may be called before this returns. */
void http_gather_start(struct http_gather *gather,
        void (*done)(struct http_gather *gather, void *context, bool is_whole), void *context);

/* Nobody wants it any more: done() will not be called. NULL is fine. */
void http_gather_abandon(struct http_gather *gather);

/* How many letters of ours are under way: 0, and the thread may end. */
unsigned http_gathers(void);

#endif
