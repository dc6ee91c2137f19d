/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_timer.c - a client's deadlines. One timer serves them all: it is set
 * to the earliest that can hold in the present state, and looks then.
 */
#include "proxy/client.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/sqlstate.h"
#include "proxy/link.h"
#include "proxy/link_sequences.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/session_state.h"
#include "proxy/worker.h"

struct deadline {
    sl_usec at; /* 0: none */
    const char *sqlstate;
    const char *text;
};

static void earlier(struct deadline *deadline, sl_usec since, sl_usec limit, const char *sqlstate,
        const char *text)
{
    if (limit <= 0 || since == 0) {
        return;
    }
    if (deadline->at == 0 || since + limit < deadline->at) {
        *deadline = (struct deadline){.at = since + limit, .sqlstate = sqlstate, .text = text};
    }
}

static sl_usec query_wait(const struct client *client)
{
    const struct conf *conf = client->io.worker->conf;
    const struct conf_database *db = conf_find_database(conf, client->pool->database->name);

    return conf_query_wait_timeout(conf, db == NULL ? conf->fallback_database : db,
            conf_find_user(conf, client->user->name));
}

static struct deadline linked_deadline(const struct client *client)
{
    const struct conf *conf = client->io.worker->conf;
    const struct conf_user *user = conf_find_user(conf, client->user->name);
    const struct server *server = client->server;
    /* A request that has just come is not in the queue yet. */
    bool is_busy = client->query_since != 0 || !expect_idle(&server->expect);
    struct deadline deadline = {0};
    /* cancel_holds_next(): it has asked, and we wait. */
    bool is_kept = client->is_held && !sl_list_empty(&server->cancels);

    if (is_busy) {
        earlier(&deadline, client->query_since, conf_query_timeout(conf, user),
                SL_STATE_QUERY_CANCELED, "query timeout");
    } else if (is_kept) {
        deadline.at = 0; /* cancel.c sets the timer again */
    } else if (server->expect.status != 'I') {
        earlier(&deadline, client->request_at, conf_idle_transaction_timeout(conf, user),
                SL_STATE_IDLE_IN_TX_TIMEOUT, "idle transaction timeout");
    } else {
        earlier(&deadline, client->request_at, conf_client_idle_timeout(conf, user),
                SL_STATE_IDLE_SESSION_TIMEOUT, "client_idle_timeout");
        earlier(&deadline, client->keeps_briefly ? client->request_at : 0, SEQUENCES_REST, "", "");
        if (SL_UNLIKELY(session_state_again(client) != 0)) {
            earlier(&deadline, session_state_again(client), 1, "", "");
        }
    }
    if (server->expect.status != 'I' || is_busy) {
        earlier(&deadline, client->xact_since, conf_transaction_timeout(conf, user),
                SL_STATE_TRANSACTION_TIMEOUT, "transaction timeout");
    }
    return deadline;
}

static struct deadline deadline_of(const struct client *client)
{
    const struct conf *conf = client->io.worker->conf;
    struct deadline deadline = {0};

    switch ((enum client_state)client->state) {
    case CLIENT_STARTUP:
    case CLIENT_TLS:
    case CLIENT_AUTH:
    case CLIENT_AUTH_WAIT:
        earlier(&deadline, client->connected_at, conf->client_login_timeout_usec,
                SL_STATE_CONNECTION_FAILURE, "client_login_timeout");
        break;
    case CLIENT_CANCEL:
        earlier(&deadline, client->connected_at, conf->cancel_wait_timeout_usec,
                SL_STATE_QUERY_CANCELED, "cancel_wait_timeout");
        break;
    case CLIENT_WELCOME:
    case CLIENT_WAITING:
        earlier(&deadline, client->waiter.since, query_wait(client), SL_STATE_TOO_MANY_CONNECTIONS,
                "query_wait_timeout");
        break;
    case CLIENT_ACTIVE:
    case CLIENT_STAGED:
        if (client->server != NULL) {
            return linked_deadline(client);
        }
        earlier(&deadline, client->request_at,
                conf_client_idle_timeout(conf, conf_find_user(conf, client->user->name)),
                SL_STATE_IDLE_SESSION_TIMEOUT, "client_idle_timeout");
        break;
    case CLIENT_MOVING:
    case CLIENT_CONSOLE:
    case CLIENT_LEAVING:
    case CLIENT_CLOSED:
        break;
    }
    return deadline;
}

void client_set_timer(struct client *client)
{
    struct worker *worker = client->io.worker;
    sl_usec notify = worker->conf->query_wait_notify_usec;

    if (client->state == CLIENT_ACTIVE && !worker->watches_clients && !client->keeps_briefly &&
            (client->pins & PIN_UNKNOWN) == 0) {
        timer_clear(&worker->timers, &client->timer);
        return; /* the usual case, and once a transaction: no deadline is configured */
    }
    struct deadline deadline = deadline_of(client);
    if (client->state == CLIENT_WAITING && notify > 0 && !client->was_notified) {
        earlier(&deadline, client->waiter.since, notify, "", "");
    }
    if (deadline.at == 0) {
        timer_clear(&worker->timers, &client->timer);
    } else {
        timer_set(&worker->timers, &client->timer, deadline.at);
    }
}

static void notify_of_wait(struct client *client)
{
    struct sl_buf buf;

    client->was_notified = true;
    sl_buf_init(&buf, 1024);
    if (back_put_notice(&buf, "NOTICE", "00000",
                "No server connection available in the pool, client being queued") == SL_OK) {
        client_say(client, sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
}

/* What keeps who waits from a server. */
static const char *what_is_short(struct pool *pool)
{
    const char *what = "no server was free";

    if (pool_is_paused(pool)) {
        return "the database is paused";
    }
    pthread_mutex_lock(&pool->lock);
    if (pool->size > 0 && pool->total >= pool->size) {
        what = "all servers of the pool are in use (pool_size)";
    } else if (pool->database_max > 0 &&
               atomic_load(&pool->database->servers) >= pool->database_max) {
        what = "all servers of the database are in use (max_db_connections)";
    } else if (pool->user_max > 0 && atomic_load(&pool->user->servers) >= pool->user_max) {
        what = "all servers of the user are in use (max_user_connections)";
    } else if (pool->is_failing) {
        what = "connecting to the server fails";
    }
    pthread_mutex_unlock(&pool->lock);
    return what;
}

static void end_wait(struct client *client)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_ETIMEOUT, SL_STATE_TOO_MANY_CONNECTIONS,
                      "query_wait_timeout: %s", what_is_short(client->pool)),
            "the client is told");
    client_fail(client, "FATAL", &error);
}

void client_timer_fired(struct client *client)
{
    struct worker *worker = client->io.worker;
    struct deadline deadline = deadline_of(client);
    struct sl_error error;

    if (client->state == CLIENT_LEAVING) {
        client_close(client, "its last words were not taken");
        return;
    }
    if (worker->is_suspended && client->state >= CLIENT_WELCOME) {
        timer_set(&worker->timers, &client->timer, worker->now + SL_SECOND); /* not its fault */
        return;
    }
    if (deadline.at == 0 || deadline.at > worker->now) {
        sl_usec notify = worker->conf->query_wait_notify_usec;
        if (client->state == CLIENT_WAITING && !client->was_notified && notify > 0 &&
                client->waiter.since + notify <= worker->now) {
            notify_of_wait(client);
        }
        client_set_timer(client);
        return;
    }
    if (client->state == CLIENT_CANCEL ||
            (client->state == CLIENT_STARTUP && client->part.login == NULL)) {
        client_close(client, deadline.text); /* a CancelRequest has no answer */
        return;
    }
    if (client->state == CLIENT_WAITING || client->state == CLIENT_WELCOME) {
        end_wait(client);
        return;
    }
    if (deadline.sqlstate[0] == '\0') {
        if (!session_state_rested(client)) {
            link_sequences_rested(client);
        }
        link_settle(client->server);
        return;
    }
    SL_IGNORE(sl_error_set(&error, SL_ETIMEOUT, deadline.sqlstate, "%s", deadline.text),
            "the client is told");
    client_fail(client, "FATAL", &error);
}
