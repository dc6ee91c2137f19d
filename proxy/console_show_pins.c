/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_pins.c - PINS, PIN_REASONS, PIN_POOLS: who keeps a server, and why (link_pins.h).
 */
#include "proxy/client.h"
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/console_tour.h"
#include "proxy/link_pins.h"
#include "proxy/pins.h"
#include "proxy/plans.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

/* ---- PINS ---- */

static const struct reply_column pin_columns[] = {{"client", REPLY_INT8}, {"database", REPLY_TEXT},
        {"user", REPLY_TEXT}, {"server", REPLY_INT8}, {"server_pid", REPLY_INT8},
        {"reasons", REPLY_TEXT}, {"since", REPLY_TEXT}, {"seconds", REPLY_INT8}, {"id", REPLY_TEXT},
        {"kind", REPLY_TEXT}, {"query", REPLY_TEXT}};

static void add_statement(struct view_row *row, struct sl_hash128 shape, const struct plan *plan)
{
    if (shape.hi == 0 && shape.lo == 0) {
        view_add_text(row, NULL);
    } else {
        console_add_shape(row, shape);
    }
    console_add_plan(row, plan);
}

static bool put_pin(struct view_visit *visit, const struct client *client, sl_usec now)
{
    const struct server *server = client->server;
    const struct pin *pin = &server->pin;
    const struct plan *plan = plans_find(pin->by);
    char text[LINK_PINS_TEXT_MAX];
    struct view_row row;

    view_row_begin(&row);
    view_add_uint(&row, client->cancel.serial);
    view_add_text(&row, client->pool->database->name);
    view_add_text(&row, client->user->name);
    view_add_uint(&row, server->serial);
    view_add_uint(&row, server->pid);
    view_add_text(&row, link_pins_text(pin->reasons, text));
    console_add_time(&row, pin->since);
    view_add_int(&row, (now - pin->since) / SL_SECOND);
    add_statement(&row, pin->by, plan);
    bool is_put = view_put(visit, &row);
    plan_unref(plan);
    return is_put;
}

static bool show_pins(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    struct sl_id id;

    for (int i = 0; i < TOUR_CLIENTS; i++) {
        const struct client *client = sl_slab_next(worker->clients, visit->cursor, &id);
        if (client == NULL) {
            return true;
        }
        visit->cursor = id.slot + 1;
        if (client->server != NULL && client->server->pin.reasons != 0 &&
                !put_pin(visit, client, worker->now)) {
            return true;
        }
    }
    return false;
}

/* ---- PIN_REASONS ---- */

static const struct reply_column reason_columns[] = {{"reason", REPLY_TEXT},
        {"clients", REPLY_INT8}, {"pins", REPLY_INT8}, {"pinned_us", REPLY_INT8}};

static void show_reasons(struct view_visit *visit)
{
    struct view_row row;

    for (unsigned i = 0; i < PIN_REASONS; i++) {
        struct pins_total total = pins_total(i, sl_now());
        view_row_begin(&row);
        view_add_text(&row, session_pin_name(i));
        view_add_int(&row, total.clients);
        view_add_uint(&row, total.pins);
        view_add_int(&row, total.usec);
        if (!view_put(visit, &row)) {
            return;
        }
    }
}

/* ---- PIN_POOLS ---- */

static const struct reply_column pool_columns[] = {{"database", REPLY_TEXT}, {"user", REPLY_TEXT},
        {"reason", REPLY_TEXT}, {"clients", REPLY_INT4}};

static bool put_pool(struct view_visit *visit, struct pool *pool)
{
    struct view_row row;
    int clients;

    for (unsigned i = 0; i < PIN_REASONS; i++) {
        if (!pins_of_reason(&pool->pins, i, &clients)) {
            continue;
        }
        view_row_begin(&row);
        view_add_text(&row, pool->database->name);
        view_add_text(&row, pool->user->name);
        view_add_text(&row, session_pin_name(i));
        view_add_int(&row, clients);
        if (!view_put(visit, &row)) {
            return false;
        }
    }
    return true;
}

static void show_pools(struct view_visit *visit)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (!put_pool(visit, p)) {
            return;
        }
    }
}

const struct view console_views_pins[] = {
        {.name = "pins",
                .sentence = "Clients that keep their server between transactions: what they have "
                            "left on it, since when, and by which statement.",
                .columns = pin_columns,
                .columns_count = SL_COUNT(pin_columns),
                .on_worker = show_pins},
        {.name = "pin_reasons",
                .sentence = "Why clients keep their servers: how many do now and ever did, and "
                            "for how long.",
                .columns = reason_columns,
                .columns_count = SL_COUNT(reason_columns),
                .finish = show_reasons},
        {.name = "pin_pools",
                .sentence = "The same of each pool, for the reasons that it has seen.",
                .columns = pool_columns,
                .columns_count = SL_COUNT(pool_columns),
                .finish = show_pools},
        {.name = NULL},
};
