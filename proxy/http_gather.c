/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_gather.h"

#include <stdlib.h>

static struct {
    struct sl_list waiting; /* struct http_gather; not initialised before the first */
    unsigned under_way;     /* have a place: on tour, or done() was called and they are not freed */
    unsigned on_tour;
    struct letter next_letter; /* a place is free: in the next turn, not further up the stack */
    bool is_next_on_its_way;
} self;

static void go_on(struct http_gather *gather);

unsigned http_gathers(void)
{
    return self.on_tour + (self.is_next_on_its_way ? 1 : 0);
}

struct http_gather *http_gather_new(struct mailbox *home)
{
    struct http_gather *gather = calloc(1, sizeof *gather);

    if (gather != NULL) {
        gather->home = home;
    }
    return gather;
}

void http_gather_add(struct http_gather *gather, const struct view *view)
{
    SL_CHECK(gather->count < HTTP_GATHER_VIEWS_MAX);
    http_rows_init(&gather->rows[gather->count++], view, HTTP_GATHER_BYTES);
}

static void free_one(struct http_gather *gather)
{
    for (unsigned i = 0; i < gather->count; i++) {
        http_rows_fini(&gather->rows[i]);
    }
    free(gather);
}

static void deliver_next(struct letter *letter, struct worker *worker)
{
    struct sl_list *item;

    (void)letter;
    (void)worker;
    self.is_next_on_its_way = false;
    while (self.under_way < HTTP_GATHERS_MAX && (item = sl_list_pop(&self.waiting)) != NULL) {
        struct http_gather *next = SL_CONTAINER(item, struct http_gather, link);
        next->is_waiting = false;
        self.under_way++;
        go_on(next);
    }
}

/* Its place goes to who waits longest. */
static void leave(struct http_gather *gather)
{
    if (!sl_list_empty(&self.waiting) && !self.is_next_on_its_way) {
        self.is_next_on_its_way = true;
        self.next_letter.deliver = deliver_next;
        mailbox_post(gather->home, &self.next_letter);
    }
    self.under_way--;
    free_one(gather);
}

void http_gather_abandon(struct http_gather *gather)
{
    if (gather == NULL) {
        return;
    }
    gather->done = NULL;
    if (gather->is_waiting) {
        sl_list_remove(&gather->link);
        free_one(gather);
    } else if (gather->is_home) {
        leave(gather);
    }
}

/* ---- on tour ---- */

static bool visit(struct console_tour *tour, struct worker *worker)
{
    struct http_gather *gather = SL_CONTAINER(tour, struct http_gather, tour);
    bool is_done = gather->visit.out->is_full || gather->visit.refusal != NULL ||
                   gather->visit.view->on_worker(&gather->visit, worker);

    if (is_done) {
        gather->visit.cursor = 0;
    }
    return is_done;
}

static void finish_view(struct http_gather *gather)
{
    struct view_visit *of = &gather->visit;

    if (of->view->finish != NULL && of->refusal == NULL && !of->out->is_full && !gather->is_lost) {
        of->view->finish(of);
    }
    gather->refusal = of->refusal;
    view_end(of);
    gather->at++;
}

static void come_home(struct console_tour *tour, struct worker *worker)
{
    struct http_gather *gather = SL_CONTAINER(tour, struct http_gather, tour);

    (void)worker;
    self.on_tour--;
    finish_view(gather);
    go_on(gather);
}

/* On the worker's thread, or whose stands in for it: the letter goes home all the same. */
static void lose(struct console_tour *tour)
{
    struct http_gather *gather = SL_CONTAINER(tour, struct http_gather, tour);

    gather->is_lost = true;
    console_tour_end(tour);
}

static bool is_whole(const struct http_gather *gather)
{
    for (unsigned i = 0; i < gather->count; i++) {
        if (gather->rows[i].out.is_full) {
            return false;
        }
    }
    return !gather->is_lost;
}

static void go_on(struct http_gather *gather)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < gather->at; i++) {
        bytes += sl_buf_len(&gather->rows[i].buf);
    }
    while (gather->at < gather->count && gather->done != NULL && !gather->is_lost &&
            gather->refusal == NULL) {
        struct http_rows *rows = &gather->rows[gather->at];
        rows->buf.bytes_max = HTTP_GATHER_BYTES - bytes; /* together they have no more */
        gather->visit = (struct view_visit){.view = rows->view,
                .out = &rows->out,
                .argument = gather->argument,
                .is_admin = gather->is_admin};
        if (rows->view->on_worker != NULL) {
            gather->tour.visit = visit;
            gather->tour.home = come_home;
            gather->tour.drop = lose;
            self.on_tour++;
            console_tour_start(&gather->tour, gather->home);
            return;
        }
        finish_view(gather);
        bytes += sl_buf_len(&rows->buf);
    }
    gather->is_home = true;
    if (gather->done == NULL) {
        leave(gather);
    } else {
        gather->done(gather, gather->context, is_whole(gather));
    }
}

void http_gather_start(struct http_gather *gather,
        void (*done)(struct http_gather *gather, void *context, bool is_whole), void *context)
{
    gather->done = done;
    gather->context = context;
    if (self.waiting.next == NULL) {
        sl_list_init(&self.waiting);
    }
    if (self.under_way >= HTTP_GATHERS_MAX) {
        gather->is_waiting = true;
        sl_list_append(&self.waiting, &gather->link);
        return;
    }
    self.under_way++;
    go_on(gather);
}
