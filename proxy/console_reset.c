/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_reset.h"

#include "optimizer/observe.h"
#include "proxy/client.h"
#include "proxy/console_state.h"
#include "proxy/console_tour.h"
#include "proxy/slow_statements.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdlib.h>

static bool visit(struct console_tour *tour, struct worker *worker)
{
    (void)tour;
    if (statistics_observe() != NULL) {
        observe_forget(statistics_observe(), worker->index);
    }
    return true;
}

static void drop(struct console_tour *tour)
{
    free(tour);
}

static void home(struct console_tour *tour, struct worker *worker)
{
    struct console *console = console_find(worker, tour->client);

    free(tour);
    if (statistics_observe() != NULL) {
        shape_store_reset(observe_store(statistics_observe()));
        slow_reset(slow_statements());
    }
    if (console != NULL) {
        console_complete(console, "RESET");
    }
}

bool console_reset_stats(struct console *console)
{
    struct console_tour *tour = calloc(1, sizeof *tour);

    if (tour == NULL) {
        return false;
    }
    tour->client = console->client->id;
    tour->visit = visit;
    tour->home = home;
    tour->drop = drop;
    console_tour_start(tour, &console->client->io.worker->mailbox);
    return true;
}
