/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_reset.h"

#include "optimizer/examples.h"
#include "optimizer/observe.h"
#include "proxy/analyst.h"
#include "proxy/client.h"
#include "proxy/console_state.h"
#include "proxy/console_tour.h"
#include "proxy/slow_statements.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum { ROWS_A_TURN = 256 };

struct reset {
    struct console_tour tour; /* first */
    uint32_t cursor;          /* of the worker's table that is visited */
    struct shape_reset reset; /* of the store, behind them all */
    sl_usec began_at;
};

static bool visit(struct console_tour *tour, struct worker *worker)
{
    struct reset *reset = SL_CONTAINER(tour, struct reset, tour);

    if (statistics_observe() != NULL &&
            !observe_forget(statistics_observe(), worker->index, &reset->cursor)) {
        return false;
    }
    if (statistics_observe() != NULL) {
        statistics_configure(worker->index, worker->conf); /* examples are to come anew */
    }
    reset->cursor = 0;
    return true;
}

static void drop(struct console_tour *tour)
{
    free(SL_CONTAINER(tour, struct reset, tour));
}

static void home(struct console_tour *tour, struct worker *worker)
{
    struct reset *reset = SL_CONTAINER(tour, struct reset, tour);

    if (statistics_observe() != NULL && !shape_store_reset_some(observe_store(statistics_observe()),
                                                &reset->reset, ROWS_A_TURN)) {
        console_tour_end(tour); /* home again in the next turn */
        return;
    }
    struct console *console = console_find(worker, tour->client);
    statistics_set_since(reset->began_at);
    free(reset);
    if (statistics_observe() != NULL) {
        slow_reset(slow_statements());
        SL_IGNORE(analyst_ask(), "there is one where there are statistics");
    }
    if (console != NULL) {
        console_complete(console, "RESET");
    }
}

bool console_reset_stats(struct console *console)
{
    struct reset *reset = calloc(1, sizeof *reset);

    if (reset == NULL) {
        return false;
    }
    if (statistics_observe() != NULL) {
        examples_reset(statistics_examples());
    }
    reset->began_at = sl_now();
    reset->tour.client = console->client->id;
    reset->tour.visit = visit;
    reset->tour.home = home;
    reset->tour.drop = drop;
    console_tour_start(&reset->tour, &console->client->io.worker->mailbox);
    return true;
}
