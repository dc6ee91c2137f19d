/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_task.h - a request's work that takes several turns, or waits for another thread.
 *
 *     begun --again--> on its way --step()--> again | answered (freed)
 *                          '-- the request is gone --> freed at the next delivery
 *
 * Between two steps other requests have their turn. Who waits for another thread has that
 * one post the letter, once, instead of asking for another turn.
 *
 * Ownership: its own, from http_task_begin() until free(). Threads: that of proxy/http.h; the
 * letter is posted by any. What comes after that thread has ended is delivered by
 * http_fini(), and freed. Bounds: its owner's.
 */
#ifndef SLUICE_PROXY_HTTP_TASK_H
#define SLUICE_PROXY_HTTP_TASK_H

#include "proxy/mailbox.h"

#include <stdbool.h>

struct http_request;

struct http_task {
    struct letter letter;         /* first */
    struct http_request *request; /* NULL: it is gone */
    struct mailbox *home;
    bool is_away; /* its letter is on its way, or with who will post it */
    void (*step)(struct http_task *task);
    void (*free)(struct http_task *task);
};

/* step and free are set. */
void http_task_begin(struct http_task *task, struct http_request *request);
/* Another step, in the next turn. */
void http_task_again(struct http_task *task);
/* Before another thread is given the letter to post to task->home; and if it was not taken. */
void http_task_lend(struct http_task *task);
void http_task_not_lent(struct http_task *task);

/* The request is over: by http.c, when it was answered. NULL is fine. */
void http_task_abandon(struct http_task *task);

#endif
