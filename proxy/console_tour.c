/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_tour.h"

#include "proxy/process.h"
#include "proxy/worker.h"

static void deliver_home(struct letter *letter, struct worker *worker)
{
    struct console_tour *tour = SL_CONTAINER(letter, struct console_tour, letter);

    if (worker != NULL && worker->stopping) {
        tour->drop(tour);
        return;
    }
    tour->home(tour, worker);
}

static void deliver_visit(struct letter *letter, struct worker *worker)
{
    struct console_tour *tour = SL_CONTAINER(letter, struct console_tour, letter);

    if (worker->stopping) {
        tour->drop(tour);
        return;
    }
    if (!tour->visit(tour, worker)) {
        mailbox_post(&worker->mailbox, &tour->letter); /* next turn */
        return;
    }
    tour->at++;
    if (tour->at < process_workers()) {
        mailbox_post(&process_worker(tour->at)->mailbox, &tour->letter);
        return;
    }
    console_tour_end(tour);
}

void console_tour_end(struct console_tour *tour)
{
    tour->letter.deliver = deliver_home;
    mailbox_post(tour->from, &tour->letter);
}

void console_tour_start(struct console_tour *tour, struct mailbox *from)
{
    tour->from = from;
    tour->at = 0;
    tour->letter.deliver = deliver_visit;
    mailbox_post(&process_worker(0)->mailbox, &tour->letter);
}
