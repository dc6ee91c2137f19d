/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_listeners.c - LISTENERS: each database's shared listener (listen_hub.h).
 */
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/registry.h"

static const struct reply_column columns[] = {{"database", REPLY_TEXT}, {"state", REPLY_TEXT},
        {"server_pid", REPLY_INT8}, {"since", REPLY_TEXT}, {"channels", REPLY_INT8},
        {"subscribers", REPLY_INT8}, {"notifications", REPLY_INT8}, {"delivered", REPLY_INT8},
        {"lost", REPLY_INT8}, {"warned", REPLY_INT8}};

static const char *const states[] = {
        [LISTEN_STATE_OFF] = "off",
        [LISTEN_STATE_CONNECTING] = "connecting",
        [LISTEN_STATE_CONNECTED] = "connected",
};

static bool put_listener(struct view_visit *visit, struct database *database)
{
    const struct listen_place *place = &database->listen;
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, database->name);
    view_add_text(&row, states[atomic_load(&place->state)]);
    view_add_uint(&row, atomic_load(&place->pid));
    console_add_time(&row, atomic_load(&place->since));
    view_add_uint(&row, atomic_load(&place->channels));
    view_add_uint(&row, atomic_load(&place->subscribers));
    view_add_uint(&row, atomic_load(&place->heard));
    view_add_uint(&row, atomic_load(&place->told));
    view_add_uint(&row, atomic_load(&place->lost));
    view_add_uint(&row, atomic_load(&place->warned));
    return view_put(visit, &row);
}

static bool has_had_one(const struct listen_place *place)
{
    return atomic_load(&place->state) != LISTEN_STATE_OFF || atomic_load(&place->channels) > 0 ||
           atomic_load(&place->subscribers) > 0 || atomic_load(&place->heard) > 0 ||
           atomic_load(&place->lost) > 0 || atomic_load(&place->warned) > 0;
}

static void show_listeners(struct view_visit *visit)
{
    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        if (has_had_one(&d->listen) && !put_listener(visit, d)) {
            return;
        }
    }
}

const struct view console_views_listeners[] = {
        {.name = "listeners",
                .sentence = "The connection that LISTENs for the clients of a database in "
                            "transaction pooling: since when, to how many channels for how many "
                            "clients, what it heard, what was delivered, how often it was lost, "
                            "and how many warnings clients were given.",
                .columns = columns,
                .columns_count = SL_COUNT(columns),
                .finish = show_listeners},
        {.name = NULL},
};
