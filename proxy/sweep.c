/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/sweep.c - rounds of one letter through all workers.
 *
 *   RELOAD: ROUND_CLIENTS -> pools are recycled -> ROUND_SERVERS
 *   else:   ROUND_SERVERS, also when a name has another address now
 *
 * Pools are recycled between the rounds: by then every worker has the new
 * configuration, so that no server is made by the old one and counted as new.
 */
#include "proxy/sweep.h"

#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/link.h"
#include "proxy/listen_hub.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum round { ROUND_CLIENTS, ROUND_SERVERS };

struct sweep {
    struct letter letter;
    enum round round;
    unsigned at;            /* the worker it is with, or on its way to */
    uint32_t cursor;        /* on that worker */
    const struct conf *old; /* references; NULL but for RELOAD */
    const struct conf *new_conf;
};

static void deliver(struct letter *letter, struct worker *worker);

static void finish(struct sweep *sweep)
{
    conf_unref(sweep->old);
    conf_unref(sweep->new_conf);
    free(sweep);
}

static const struct conf_database *database_of(const struct conf *conf, const char *name)
{
    const struct conf_database *db = conf_find_database(conf, name);

    return db != NULL ? db : conf->fallback_database;
}

/* ---- clients of databases that are gone ---- */

/* An entry of its own that is there no more; what "*" would make of the name is another one. */
static bool is_gone(const struct sweep *sweep, const struct pool *pool)
{
    const char *name = pool->database->name;

    return conf_find_database(sweep->new_conf, name) == NULL &&
           (conf_find_database(sweep->old, name) != NULL ||
                   sweep->new_conf->fallback_database == NULL);
}

static void end_client(struct client *client)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_ECONF, SL_STATE_ADMIN_SHUTDOWN,
                      "terminating connection because database \"%s\" was removed from the "
                      "configuration",
                      client->pool->database->name),
            "the client is told");
    if (client->server != NULL) {
        client->server->close_reason = "database removed";
    }
    client_fail(client, "FATAL", &error);
}

/* False: there are more. */
static bool visit_clients(struct sweep *sweep, struct worker *worker)
{
    struct client *client;
    struct sl_id id;

    for (int i = 0; i < SWEEP_CLIENTS; i++) {
        client = sl_slab_next(worker->clients, sweep->cursor, &id);
        if (client == NULL) {
            sweep->cursor = 0;
            return true;
        }
        sweep->cursor = id.slot + 1;
        if (client->pool != NULL && client->state != CLIENT_CONSOLE &&
                is_gone(sweep, client->pool)) {
            end_client(client);
        } else if (client->state != CLIENT_LEAVING) { /* whose timer no configuration sets */
            client_set_timer(client);
        }
    }
    return false;
}

/* ---- servers ---- */

static void recycle(const struct sweep *sweep, struct worker *worker)
{
    bool tls = conf_server_tls_differs(sweep->old, sweep->new_conf);

    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        const struct conf_database *old = database_of(sweep->old, p->database->name);
        const struct conf_database *db = database_of(sweep->new_conf, p->database->name);
        if (tls || old == NULL || db == NULL || is_gone(sweep, p) || conf_database_moved(old, db)) {
            pool_recycle(p, worker);
        }
    }
}

static void visit_servers(struct worker *worker)
{
    SL_LIST_EACH_SAFE (it, &worker->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        bool is_due =
                server_is_old(server) || (pool_is_paused(server->pool) && !process_is_suspended());
        if (!is_due) {
            if (server->state == SERVER_IDLE) {
                server_set_idle_timer(server);
            }
            continue;
        }
        if (server->state == SERVER_LISTEN && !server_is_old(server)) {
            listen_hub_look(server);
            continue;
        }
        if (server->state < SERVER_SETUP || server->state == SERVER_LISTEN) {
            server_close(server, "nobody is to be served by it");
        } else if (server->state == SERVER_LINKED) {
            SL_IGNORE(link_end_old(server), "else it ends when it is free");
        } else if (server->state == SERVER_IDLE && server->has_moved && !worker->is_suspended &&
                   pool_withdraw(server->pool, server, false)) {
            server_close(server, SERVER_MOVED);
        }
    }
}

/* ---- the way of the letter ---- */

static bool visit(struct sweep *sweep, struct worker *worker)
{
    switch (sweep->round) {
    case ROUND_CLIENTS:
        return visit_clients(sweep, worker);
    case ROUND_SERVERS:
        visit_servers(worker);
        break;
    }
    return true;
}

static void post(struct sweep *sweep, unsigned to)
{
    sweep->at = to;
    sweep->letter.deliver = deliver;
    mailbox_post(&process_worker(to)->mailbox, &sweep->letter);
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct sweep *sweep = SL_CONTAINER(letter, struct sweep, letter);

    if (worker->stopping) {
        finish(sweep);
    } else if (!visit(sweep, worker)) {
        post(sweep, sweep->at); /* next turn */
    } else if (sweep->at + 1 < process_workers()) {
        post(sweep, sweep->at + 1);
    } else if (sweep->round == ROUND_CLIENTS) {
        recycle(sweep, worker);
        sweep->round = ROUND_SERVERS;
        post(sweep, 0);
    } else {
        finish(sweep);
    }
}

void sweep_servers(void)
{
    struct sweep *sweep = calloc(1, sizeof *sweep);

    if (sweep != NULL) {
        sweep->round = ROUND_SERVERS;
        post(sweep, 0);
    }
}

void sweep_reload(const struct conf *old, const struct conf *new_conf)
{
    struct sweep *sweep = calloc(1, sizeof *sweep);

    if (sweep == NULL) {
        sl_log(SL_LOG_ERROR, "reload_unfinished",
                "reason=\"out of memory\", servers stay as they are");
        return;
    }
    sweep->round = ROUND_CLIENTS;
    sweep->old = conf_ref(old);
    sweep->new_conf = conf_ref(new_conf);
    post(sweep, 0);
}
