/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/cancel_keys.h"
#include "proxy/client_retry.h"
#include "proxy/client_stmt.h"
#include "proxy/console.h"
#include "proxy/link.h"
#include "proxy/listen_client.h"
#include "proxy/params.h"
#include "proxy/pool_kept.h"
#include "proxy/prepared.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/socket.h"
#include "proxy/sql_prepared.h"
#include "proxy/vacate.h"
#include "proxy/worker.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long the last words may lie there without any of them being taken. */
#define LEAVING_MAX (5 * SL_SECOND)

/*
 * Closed now, the system would answer the next byte of a client that talks on by
 * throwing away what it has not delivered yet: the rows, and why it ends. Only TCP does.
 */
static bool must_linger(const struct client *client)
{
    return !client->is_unix && !client->io.is_failed && socket_has_unsent(client->io.fd);
}

/* All is with the system: the client is told that nothing follows, and is waited for. */
static void linger(struct client *client)
{
    shutdown(client->io.fd, SHUT_WR);
    io_want(&client->io, IO_READ);
}

static void leaving_flushed(struct client *client, size_t held)
{
    struct worker *worker = client->io.worker;

    if (hold_len(&client->io.out) < held) {
        timer_set(&worker->timers, &client->timer, worker->now + LEAVING_MAX);
    }
    if (!io_is_clogged(&client->io) && must_linger(client)) {
        linger(client);
    } else if (!io_is_clogged(&client->io)) {
        client_close(client, "gone");
    }
}

static void leaving_ready(struct client *client, unsigned got)
{
    struct worker *worker = client->io.worker;
    struct sl_id id = client->id;
    struct sl_span bytes;

    if ((got & IO_WRITE) != 0 && io_is_clogged(&client->io)) {
        size_t held = hold_len(&client->io.out);
        io_flush(&client->io);
        leaving_flushed(client, held);
    }
    if (client_find(worker, id) != client) {
        return;
    }
    if (client->io.is_failed) {
        client_close(client, "gone");
        return;
    }
    if ((got & IO_READ) != 0) { /* what still comes is not read by anybody */
        enum io_result result = io_receive(&client->io, &bytes);
        if (result == IO_BYTES) {
            SL_IGNORE(io_keep(&client->io, bytes, bytes.len), "nothing is kept");
        } else if (result == IO_EOF && io_is_clogged(&client->io)) {
            io_want(&client->io, IO_WRITE); /* it says no more, but may take the rest */
        } else if (result != IO_AGAIN) {
            client_close(client, "gone");
        }
    }
}

static void on_ready(struct io *io, unsigned got)
{
    struct client *client = SL_CONTAINER(io, struct client, io);

    switch ((enum client_state)client->state) {
    case CLIENT_STARTUP:
    case CLIENT_TLS:
    case CLIENT_AUTH:
    case CLIENT_AUTH_WAIT:
    case CLIENT_CANCEL:
        client_startup_ready(client, got);
        break;
    case CLIENT_WELCOME:
    case CLIENT_ACTIVE:
    case CLIENT_WAITING:
    case CLIENT_STAGED:
        client_relay_ready(client, got);
        break;
    case CLIENT_CONSOLE:
        console_ready(client, got);
        break;
    case CLIENT_LEAVING:
        leaving_ready(client, got);
        break;
    case CLIENT_MOVING: /* whoever will serve it finds what came */
    case CLIENT_CLOSED:
        break;
    }
}

static void timer_fired(struct timer *timer)
{
    client_timer_fired(SL_CONTAINER(timer, struct client, timer));
}

/* What all clients begin with; NULL (fd closed): at a bound, no memory. */
static struct client *make(struct worker *worker, int fd)
{
    struct sl_id id;
    struct client *client = sl_slab_take(worker->clients, &id);

    if (client == NULL) {
        close(fd);
        return NULL;
    }
    io_init(&client->io, worker, on_ready);
    io_open(&client->io, fd);
    sl_list_init(&client->resume);
    sl_list_init(&client->waiter.link);
    timer_init(&client->timer, timer_fired);
    client->id = id;
    client->state = CLIENT_STARTUP;
    client->params = params_empty();
    client->own = params_empty();
    client->settings = params_empty();
    client->sql_prepared = sql_prepared_empty();
    client->custom = params_empty();
    client->startup = params_empty();
    client->connected_at = worker->now;
    client->request_at = worker->now;
    atomic_fetch_add(&worker->clients_count, 1);
    socket_tune(fd, worker->conf);
    return client;
}

struct client *client_new(
        struct worker *worker, int fd, const struct address *peer, const struct address *local)
{
    struct client *client = make(worker, fd);

    if (client == NULL) {
        return NULL;
    }
    address_shorten(peer, &client->address);
    address_shorten(local, &client->local);
    client->is_unix = peer->at.any.sa_family == AF_UNIX;
    client->cancel.serial = process_next_serial();
    if (sl_log_enabled(SL_LOG_DEBUG)) {
        char text[ADDRESS_TEXT_MAX];
        sl_log(SL_LOG_DEBUG, "client_connected", "client=%lu address=%s",
                (unsigned long)client->cancel.serial, sl_log_quote(address_text(peer, text)));
    }
    client_set_timer(client);
    io_want(&client->io, IO_READ);
    if (worker->conf->tcp_defer_accept > 0 && !client->is_unix) {
        io_wake(&client->io, IO_READ); /* the system accepted it because it said something */
    }
    return client;
}

static void count_in(struct client *client)
{
    atomic_fetch_add(&client->pool->database->clients, 1);
    atomic_fetch_add(&client->user->clients, 1);
    atomic_fetch_add(&client->pool->clients, 1);
    client->is_counted = true;
}

struct client *client_adopt(struct worker *worker, const struct client_adopted *adopted)
{
    struct client *client = make(worker, adopted->fd);

    if (client == NULL) {
        return NULL;
    }
    client->address = adopted->address;
    client->local = adopted->local;
    client->is_unix = adopted->is_unix;
    client->user = adopted->user;
    client->cancel.serial = adopted->serial;
    client->cancel.worker = worker;
    client->cancel.client = client->id;
    SL_IGNORE(cancel_key_adopt(&client->cancel, adopted->pid, adopted->has_peer, adopted->is_long),
            "its requests cannot be cancelled, that is all");
    return client;
}

void client_begin_adopted(struct client *client, struct pool *held)
{
    client_set_pool(client, held);
    client->is_admitted = process_add_client(INT_MAX);
    count_in(client);
    client_enter(client, CLIENT_ACTIVE);
    client_set_timer(client);
    io_want(&client->io, IO_READ);
}

struct client *client_find(struct worker *worker, struct sl_id id)
{
    return sl_slab_find(worker->clients, id);
}

void client_enter(struct client *client, enum client_state state)
{
    SL_DCHECK(worker_is_self(client->io.worker));
    client->state = (uint8_t)state;
    client_check(client);
}

void client_check(const struct client *client)
{
    enum client_state state = (enum client_state)client->state;

    SL_DCHECK(state != CLIENT_WAITING || client->server == NULL);
    SL_DCHECK(state != CLIENT_LEAVING || client->server == NULL);
    SL_DCHECK(client->server == NULL || client->server->client == client);
    (void)state;
}

static bool is_logged_in(const struct client *client)
{
    return client->pool != NULL && client->is_counted;
}

void client_close(struct client *client, const char *reason)
{
    struct worker *worker = client->io.worker;

    if (client->state == CLIENT_CLOSED) {
        return;
    }
    if (worker->conf->log_disconnections && is_logged_in(client)) {
        sl_log(SL_LOG_INFO, "client_closed", "client=%lu db=%s user=%s age=%.3f reason=%s",
                (unsigned long)client->cancel.serial, sl_log_quote(client->pool->database->name),
                sl_log_quote(client->user->name),
                (double)(worker->now - client->connected_at) / 1e6, sl_log_quote(reason));
    }
    client_stmt_abandon(client);
    if (client->sequences_are_kept) {
        pool_kept_leave(client);
    }
    link_abandon(client, reason);
    listen_client_free(client);
    cancel_key_remove(&client->cancel);
    timer_clear(&worker->timers, &client->timer);
    sl_list_remove(&client->resume);
    client_login_free(client);
    client_retry_drop(client);
    if (client->state == CLIENT_CONSOLE) {
        console_free(client->part.console);
    }
    io_close(&client->io);
    client->state = CLIENT_CLOSED;
    client_names_free(client->names);
    free(client->floors);
    prepared_unref(client->unnamed);
    prepared_unref(client->unnamed_known);
    params_unref(client->params);
    params_unref(client->own);
    params_unref(client->settings);
    sql_prepared_unref(client->sql_prepared);
    params_unref(client->custom);
    params_unref(client->startup);
    client_uncount(client);
    client_set_pool(client, NULL);
    atomic_fetch_sub(&worker->clients_count, 1);
    sl_slab_give(worker->clients, client->id);
}

void client_leave(struct client *client, const char *reason)
{
    struct worker *worker = client->io.worker;

    client_stmt_abandon(client);
    link_abandon(client, reason);
    client_login_free(client);
    outbox_begin(&worker->outbox, &client->io);
    outbox_flush(&worker->outbox);
    if (!io_is_clogged(&client->io) && !must_linger(client)) {
        client_close(client, reason);
        return;
    }
    if (client->state == CLIENT_CONSOLE) {
        console_free(client->part.console);
        client->part.console = NULL;
    }
    client_enter(client, CLIENT_LEAVING);
    client->io.paused = false;
    timer_set(&worker->timers, &client->timer, worker->now + LEAVING_MAX);
    if (io_is_clogged(&client->io)) {
        io_want(&client->io, IO_READ | IO_WRITE);
    } else {
        linger(client);
    }
}

void client_end(struct client *client)
{
    static const char reason[] = "client ended the session";

    outbox_flush(&client->io.worker->outbox);
    if (io_is_clogged(&client->io)) {
        client_leave(client, reason);
    } else {
        client_close(client, reason);
    }
}

void client_say(struct client *client, struct sl_span bytes)
{
    struct outbox *outbox = &client->io.worker->outbox;

    outbox_begin(outbox, &client->io);
    outbox_copy(outbox, bytes.at, bytes.len);
}

/* Half a row was passed: whatever came behind would be taken for the rest of it. */
static bool is_amid_message(const struct client *client)
{
    return client->server != NULL && server_is_amid_message(client->server);
}

void client_fail(struct client *client, const char *severity, const struct sl_error *error)
{
    struct worker *worker = client->io.worker;
    struct sl_buf buf;

    if (client->state == CLIENT_CLOSED || client->state == CLIENT_LEAVING ||
            client->state == CLIENT_MOVING) { /* it may be another process's by now */
        return;
    }
    if (worker->conf->log_pooler_errors) {
        sl_log(SL_LOG_WARN, "client_error", "client=%lu db=%s user=%s sqlstate=%s reason=%s",
                (unsigned long)client->cancel.serial,
                sl_log_quote(client->pool == NULL ? "" : client->pool->database->name),
                sl_log_quote(client->user == NULL ? "" : client->user->name), error->sqlstate,
                sl_log_quote(error->text));
    }
    sl_buf_init(&buf, 4096);
    if (!is_amid_message(client) && back_put_error(&buf, severity, error) == SL_OK) {
        client_say(client, sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
    client_stmt_refuse(client, error->sqlstate);
    client_leave(client, error->text);
}

void client_wake(struct client *client)
{
    if (sl_list_empty(&client->resume)) {
        sl_list_append(&client->io.worker->resume, &client->resume);
    }
}

void client_wake_if_held(struct client *client)
{
    if (hold_len(&client->io.in) > 0 || client->has_left) {
        client_wake(client);
    }
}

void client_resume(struct client *client)
{
    switch ((enum client_state)client->state) {
    case CLIENT_WELCOME:
        client_welcome(client);
        break;
    case CLIENT_WAITING:
        if (client->server == NULL && client->waiter.is_waiting) {
            break; /* still in line */
        }
        client_enter(client, CLIENT_ACTIVE);
        client_relay_kept(client);
        break;
    case CLIENT_STAGED:
        if (client_stmt_is_waiting(client)) {
            break; /* woken for something else, by its server */
        }
        client_enter(client, CLIENT_ACTIVE);
        client_relay_kept(client);
        break;
    case CLIENT_ACTIVE:
        client_relay_kept(client);
        break;
    case CLIENT_STARTUP:
    case CLIENT_TLS:
    case CLIENT_AUTH:
    case CLIENT_AUTH_WAIT:
    case CLIENT_MOVING:
    case CLIENT_CONSOLE:
    case CLIENT_CANCEL:
    case CLIENT_LEAVING:
    case CLIENT_CLOSED:
        break;
    }
}

/* ---- counting ---- */

void client_set_pool(struct client *client, struct pool *held)
{
    struct pool *old = client->pool;

    client->pool = held;
    if (old != NULL) {
        registry_let_go(&old->holders);
    }
}

enum sl_err client_count(struct client *client, struct sl_error *error)
{
    const struct conf *conf = client->io.worker->conf;
    struct pool *pool = client->pool;
    const struct conf_user *user = conf_find_user(conf, client->user->name);
    const struct conf_database *db = conf_find_database(conf, pool->database->name);
    int database_max =
            conf_max_db_client_connections(conf, db == NULL ? conf->fallback_database : db);
    int user_max = conf_max_user_client_connections(conf, user);

    if (database_max > 0 && atomic_fetch_add(&pool->database->clients, 1) >= database_max) {
        atomic_fetch_sub(&pool->database->clients, 1);
        return sl_error_set(error, SL_ELIMIT, SL_STATE_TOO_MANY_CONNECTIONS,
                "client connections exceeded for database \"%s\" (max_db_client_connections)",
                pool->database->name);
    }
    if (database_max <= 0) {
        atomic_fetch_add(&pool->database->clients, 1);
    }
    if (atomic_fetch_add(&client->user->clients, 1) >= user_max && user_max > 0) {
        atomic_fetch_sub(&client->user->clients, 1);
        atomic_fetch_sub(&pool->database->clients, 1);
        return sl_error_set(error, SL_ELIMIT, SL_STATE_TOO_MANY_CONNECTIONS,
                "client connections exceeded for user \"%s\" (max_user_client_connections)",
                client->user->name);
    }
    atomic_fetch_add(&pool->clients, 1);
    worker_tend_pools_if_resting(); /* min_pool_size */
    client->is_counted = true;
    return SL_OK;
}

void client_uncount(struct client *client)
{
    if (client->is_counted) {
        atomic_fetch_sub(&client->pool->database->clients, 1);
        atomic_fetch_sub(&client->user->clients, 1);
        if (atomic_fetch_sub(&client->pool->clients, 1) == 1) {
            vacate_left(client->pool, client->io.worker);
        }
        client->is_counted = false;
    }
    if (client->is_admitted) {
        process_drop_client();
        client->is_admitted = false;
    }
}

const char *client_state_text(const struct client *client)
{
    switch ((enum client_state)client->state) {
    case CLIENT_WELCOME:
    case CLIENT_WAITING:
        return "waiting";
    case CLIENT_ACTIVE:
    case CLIENT_STAGED:
    case CLIENT_MOVING:
        return client->server != NULL ? "active" : "idle";
    case CLIENT_CONSOLE:
        return "active";
    case CLIENT_CANCEL:
        return "active_cancel";
    case CLIENT_STARTUP:
    case CLIENT_TLS:
    case CLIENT_AUTH:
    case CLIENT_AUTH_WAIT:
        return "login";
    case CLIENT_LEAVING:
    case CLIENT_CLOSED:
        break;
    }
    return "justfree";
}
