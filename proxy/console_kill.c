/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_kill.h"

#include "conf/conf.h"
#include "protocol/sqlstate.h"
#include "proxy/console_state.h"
#include "proxy/console_tour.h"
#include "proxy/link.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/suspend.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum errand {
    ERRAND_KILL,
    ERRAND_KILL_CLIENT,
    ERRAND_COUNT_OLD,
    ERRAND_COUNT_BUSY,
    ERRAND_END_BUSY
};

struct errand_tour {
    struct console_tour tour;
    enum errand errand;
    struct database *database; /* NULL: all */
    uint64_t client_id;
    uint32_t cursor;
    uint64_t found;
    uint32_t wait; /* console->waits when it left */
};

static const char by_administrator[] = "terminating connection due to administrator command";

static bool is_of(const struct pool *pool, const struct database *database)
{
    return pool != NULL && (database == NULL || pool->database == database);
}

/* ---- on each worker ---- */

static void end_client(struct client *client, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EIO, SL_STATE_ADMIN_SHUTDOWN, "%s", text),
            "the client is told");
    client_fail(client, "FATAL", &error);
}

static void look_at_client(struct errand_tour *tour, struct client *client)
{
    switch (tour->errand) {
    case ERRAND_KILL:
        if (is_of(client->pool, tour->database)) {
            tour->found++;
            end_client(client, by_administrator);
        }
        break;
    case ERRAND_KILL_CLIENT:
        if (client->cancel.serial == tour->client_id) {
            tour->found++;
            end_client(client, by_administrator);
        }
        break;
    case ERRAND_COUNT_BUSY:
        tour->found += !suspend_client_is_at_rest(client);
        break;
    case ERRAND_END_BUSY:
        if (!suspend_client_is_at_rest(client)) {
            tour->found++;
            end_client(client, "suspend_timeout");
        }
        break;
    case ERRAND_COUNT_OLD:
        break;
    }
}

/*
 * An idle server may have been given to a client of another worker already, and be
 * about to leave: it is closed by pool_close_idle(), or when that client, who is
 * being killed too, gives it back.
 */
static void kill_server(struct server *server)
{
    if (server->state != SERVER_IDLE && server->client == NULL) {
        server_close(server, "killed");
    }
}

static void look_at_servers(struct errand_tour *tour, struct worker *worker)
{
    SL_LIST_EACH_SAFE (it, &worker->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        if (!is_of(server->pool, tour->database)) {
            continue;
        }
        if (tour->errand == ERRAND_KILL) {
            kill_server(server);
        } else if (tour->errand == ERRAND_COUNT_OLD) {
            tour->found += server_is_old(server);
        } else if (tour->errand == ERRAND_COUNT_BUSY) {
            tour->found += !suspend_server_is_at_rest(server);
        } else if (tour->errand == ERRAND_END_BUSY && !suspend_server_is_at_rest(server)) {
            tour->found++;
            link_server_failed(server, "suspend_timeout");
        }
    }
}

static bool visit(struct console_tour *base, struct worker *worker)
{
    struct errand_tour *tour = SL_CONTAINER(base, struct errand_tour, tour);
    struct client *client = NULL;
    struct sl_id id;

    for (int i = 0; i < TOUR_CLIENTS; i++) {
        client = sl_slab_next(worker->clients, tour->cursor, &id);
        if (client == NULL) {
            break;
        }
        tour->cursor = id.slot + 1;
        look_at_client(tour, client);
    }
    if (client != NULL) {
        return false;
    }
    tour->cursor = 0;
    look_at_servers(tour, worker);
    return true;
}

/* ---- at home ---- */

static void tour_free(struct errand_tour *tour)
{
    if (tour->database != NULL) {
        registry_let_go(&tour->database->holders);
    }
    free(tour);
}

static void tour_drop(struct console_tour *base)
{
    tour_free(SL_CONTAINER(base, struct errand_tour, tour));
}

static void close_idle(const struct errand_tour *tour, struct worker *worker)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (is_of(p, tour->database)) {
            pool_close_idle(p, worker, "killed");
        }
    }
}

static void answer_kill_client(struct console *console, bool was_found)
{
    struct sl_error error;

    if (was_found) {
        console_complete(console, "KILL_CLIENT");
        return;
    }
    SL_IGNORE(sl_error_set(&error, SL_EINVAL, SL_STATE_UNDEFINED_OBJECT, "client not found"),
            "the client is told");
    console_refuse(console, &error);
}

static void home(struct console_tour *base, struct worker *worker)
{
    struct errand_tour *tour = SL_CONTAINER(base, struct errand_tour, tour);
    struct console *console = console_find(worker, base->client);
    uint64_t found = tour->found;
    enum errand errand = tour->errand;
    uint32_t wait = tour->wait;

    if (errand == ERRAND_KILL) {
        close_idle(tour, worker);
    }
    tour_free(tour);
    if (console == NULL) {
        return;
    }
    switch (errand) {
    case ERRAND_KILL:
        console_complete(console, "KILL");
        break;
    case ERRAND_KILL_CLIENT:
        answer_kill_client(console, found > 0);
        break;
    case ERRAND_COUNT_OLD:
    case ERRAND_COUNT_BUSY:
    case ERRAND_END_BUSY:
        if (wait == console->waits) {
            console->is_touring = false;
            console->counted = found;
        }
        break;
    }
}

static struct errand_tour *start(
        struct console *console, enum errand errand, struct database *database, uint64_t client_id)
{
    struct errand_tour *tour = calloc(1, sizeof *tour);

    if (tour == NULL) {
        return NULL;
    }
    tour->errand = errand;
    tour->database = database;
    if (database != NULL) {
        SL_CHECK(registry_hold(&database->holders)); /* as does whoever calls */
    }
    tour->client_id = client_id;
    tour->wait = console->waits;
    tour->tour.client = console->client->id;
    tour->tour.visit = visit;
    tour->tour.home = home;
    tour->tour.drop = tour_drop;
    console_tour_start(&tour->tour, &console->client->io.worker->mailbox);
    return tour;
}

bool console_kill(struct console *console, struct database *database)
{
    return start(console, ERRAND_KILL, database, 0) != NULL;
}

bool console_kill_client(struct console *console, uint64_t id)
{
    return start(console, ERRAND_KILL_CLIENT, NULL, id) != NULL;
}

/* ---- counting until there are none ---- */

/* Of what the last tour found; sends the next one. */
static bool count_again(struct console *console, enum errand errand)
{
    if (console->is_touring) {
        return false;
    }
    if (console->counted == 0) {
        return true;
    }
    console->is_touring = start(console, errand, console->database, 0) != NULL;
    return false;
}

static bool old_are_closed(struct console *console)
{
    return count_again(console, ERRAND_COUNT_OLD);
}

static bool all_are_at_rest(struct console *console)
{
    bool is_late = console->deadline != 0 && console->client->io.worker->now >= console->deadline;

    return count_again(console, is_late ? ERRAND_END_BUSY : ERRAND_COUNT_BUSY);
}

static void wait_until_none(
        struct console *console, const char *tag, bool (*is_over)(struct console *))
{
    console->counted = 1; /* not counted yet */
    console->is_touring = false;
    console_wait(console, tag, is_over);
}

void console_wait_close(struct console *console, struct database *database)
{
    console_set_database(console, database);
    wait_until_none(console, "WAIT_CLOSE", old_are_closed);
}

void console_wait_flushed(struct console *console)
{
    const struct worker *worker = console->client->io.worker;
    sl_usec patience = worker->conf->suspend_timeout_usec;

    console_set_database(console, NULL);
    console->deadline = patience > 0 ? worker->now + patience : 0;
    wait_until_none(console, "SUSPEND", all_are_at_rest);
}
