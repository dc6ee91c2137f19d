/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/cancel.h"
#include "proxy/catalogs.h"
#include "proxy/client.h"
#include "proxy/client_reuse.h"
#include "proxy/client_stmt.h"
#include "proxy/dns.h"
#include "proxy/link.h"
#include "proxy/listen_echo.h"
#include "proxy/listen_hub.h"
#include "proxy/params.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/reuse_proof.h"
#include "proxy/server_load.h"
#include "proxy/server_settle.h"
#include "proxy/session_state.h"
#include "proxy/sql_prepared.h"
#include "proxy/worker.h"

#include <stdlib.h>

static void on_ready(struct io *io, unsigned got)
{
    struct server *server = SL_CONTAINER(io, struct server, io);

    if (server->state < SERVER_SETUP) {
        server_login_ready(server, got);
    } else {
        server_relay_ready(server, got);
    }
}

static bool is_idle_too_long(const struct server *server)
{
    const struct worker *worker = server->io.worker;
    sl_usec limit = worker->conf->server_idle_timeout_usec;

    return limit > 0 && worker->now - server->idle_since >= limit;
}

/* Idle for too long, or too old; otherwise looked at again when that may be. */
static void idle_timer_fired(struct server *server)
{
    struct worker *worker = server->io.worker;
    struct pool *pool = server->pool;
    const char *reason = NULL;

    if (worker->is_suspended) {
        timer_set(&worker->timers, &server->timer, worker->now + SL_SECOND);
        return;
    }
    if (is_idle_too_long(server) && pool_withdraw(pool, server, true)) {
        server_close(server, "server idle timeout");
        return;
    }
    if (server_has_moved(server)) {
        reason = SERVER_MOVED;
    } else if (pool_lifetime_over(pool, server, worker->now)) {
        reason = "server lifetime over";
    }
    if (reason != NULL && pool_withdraw(pool, server, false)) {
        server_close(server, reason);
        return;
    }
    server_set_idle_timer(server);
}

static void timer_fired(struct timer *timer)
{
    struct server *server = SL_CONTAINER(timer, struct server, timer);
    struct sl_error error;

    switch (server->state) {
    case SERVER_RESOLVE:
    case SERVER_CONNECT:
    case SERVER_TLS_ASK:
    case SERVER_TLS:
    case SERVER_LOGIN:
    case SERVER_LOGIN_WAIT:
    case SERVER_SETUP:
        SL_IGNORE(sl_error_set(&error, SL_ETIMEOUT, "08006",
                          "connecting to the server took too long (server_connect_timeout)"),
                "it goes to those who wait");
        server_login_failed(server, &error, false);
        break;
    case SERVER_IDLE:
        idle_timer_fired(server);
        break;
    case SERVER_TEST:
    case SERVER_CLEAN:
    case SERVER_LOAD:
    case SERVER_LISTEN:
        server_close(server, "no answer to our own query in time");
        break;
    case SERVER_LINKED: /* deadlines of a linked server are its client's, but one */
        if (server->is_withheld) {
            client_stmt_give_up(server);
            server_relay_withheld(server);
        }
        break;
    case SERVER_CLOSED:
        break;
    }
}

void server_set_idle_timer(struct server *server)
{
    struct worker *worker = server->io.worker;
    sl_usec idle = worker->conf->server_idle_timeout_usec;
    sl_usec next = worker->now + 10 * SL_SECOND; /* lifetimes are looked at this often */

    if (is_idle_too_long(server)) {
        next = worker->now + SL_SECOND; /* it is kept for min_pool_size */
    } else if (idle > 0 && server->idle_since + idle < next) {
        next = server->idle_since + idle;
    }
    if (timer_is_set(&server->timer) && server->timer.at <= next) {
        return; /* from the last time it was idle: it looks, and sets the next one */
    }
    timer_set(&worker->timers, &server->timer, next);
}

struct server *server_new(struct pool *pool, struct worker *worker, const struct params *startup)
{
    struct server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        return NULL;
    }
    io_init(&server->io, worker, on_ready);
    sl_list_init(&server->in_pool);
    sl_list_init(&server->kept);
    sl_list_init(&server->cancels);
    sl_list_append(&worker->servers, &server->link);
    timer_init(&server->timer, timer_fired);
    expect_init(&server->expect, server_settle, server);
    server_stmts_init(&server->stmts);
    server->pool = pool;
    server->place = POOL_LOGIN;
    server->pool_worker = worker->index;
    server->startup = params_ref(startup);
    server->params = params_empty();
    server->reported = params_empty();
    server->settings = params_empty();
    server->sql_prepared = sql_prepared_empty();
    server->connected_at = worker->now;
    server->epoch = atomic_load(&pool->epoch);
    server->serial = process_next_serial();
    server->is_replication = params_get(startup, "replication") != NULL;
    server->state = SERVER_RESOLVE;
    return server;
}

void server_enter(struct server *server, enum server_state state)
{
    SL_DCHECK(worker_is_self(server->io.worker));
    SL_DCHECK(server->state != SERVER_CLOSED);
    server->state = state;
    server_check(server);
}

void server_check(const struct server *server)
{
    SL_DCHECK((server->state == SERVER_LINKED) == (server->client != NULL));
    SL_DCHECK(server->state != SERVER_IDLE || expect_idle(&server->expect));
    SL_DCHECK(server->state != SERVER_IDLE || server->body_left == 0);
    SL_DCHECK(server->load == NULL
                      ? server->state != SERVER_LOAD
                      : server->state == SERVER_LOAD || server->state == SERVER_LINKED);
    (void)server;
}

static void say_goodbye(struct server *server)
{
    static const uint8_t terminate[] = {'X', 0, 0, 0, 4};

    if (server->state >= SERVER_SETUP && !server->is_lost && !server->io.is_failed) {
        outbox_forget(&server->io.worker->outbox, &server->io);
        io_send(&server->io, terminate, sizeof terminate);
    }
}

const char *server_broken_reason(const struct server *server)
{
    if (!server->has_refused) {
        return "the server broke the protocol";
    }
    return server->close_reason != NULL ? server->close_reason
                                        : "the server refused a request of ours";
}

void server_close(struct server *server, const char *reason)
{
    struct worker *worker = server->io.worker;

    SL_CHECK(server->state != SERVER_CLOSED && server->client == NULL);
    if (worker->conf->log_disconnections || server->state < SERVER_IDLE) {
        sl_log(SL_LOG_INFO, "server_closed", "server=%lu db=%s user=%s age=%.3f reason=%s",
                (unsigned long)server->serial, sl_log_quote(server->pool->database->name),
                sl_log_quote(server->pool->user->name),
                (double)(worker->now - server->connected_at) / 1e6, sl_log_quote(reason));
    }
    say_goodbye(server);
    timer_clear(&worker->timers, &server->timer);
    cancel_server_gone(server);
    server_load_lost(server);
    if (server->hub != NULL) {
        server->was_listener = true;
        listen_hub_lost(server);
    }
    catalogs_epoch_lost(server);
    reuse_see_ready(server);
    server_login_free(server->login);
    io_close(&server->io);
    expect_fini(&server->expect);
    client_stmt_ready(server);
    client_stmt_stands(server, STAGE_LOST);
    server_stmts_fini(&server->stmts);
    reuse_ask_free(server);
    sl_list_remove(&server->link);
    server->state = SERVER_CLOSED;

    struct pool *pool = server->pool;
    pool_forget(pool, server, worker);
    params_unref(server->startup);
    params_unref(server->params);
    params_unref(server->baseline);
    params_unref(server->restored);
    params_unref(server->settings);
    sql_prepared_unref(server->sql_prepared);
    session_state_free(server);
    free(server->refusal);
    params_unref(server->reported);
    free(server->host);
    free(server->key);
    free(server);
}

void server_say(struct server *server, const void *bytes, size_t len)
{
    struct outbox *outbox = &server->io.worker->outbox;

    outbox_begin(outbox, &server->io);
    outbox_copy(outbox, bytes, len);
}

static enum sl_err ask_with(
        struct server *server, const char *query, uint8_t local, struct settle_bytes *undo)
{
    struct expect_entry entry = {
            .kind = EXPECT_QUERY, .flags = EXPECT_HIDDEN, .local = local, .undo = undo};
    struct sl_buf buf;

    sl_buf_init(&buf, INT32_MAX);
    enum sl_err err = front_put_query(&buf, sl_span_text(query));
    if (err == SL_OK) {
        err = expect_push(&server->expect, entry);
    }
    if (err == SL_OK) {
        struct sl_span bytes = sl_buf_borrow(&buf);
        prepared_unref(server->stmts.unnamed); /* a simple Query destroys it */
        server->stmts.unnamed = NULL;
        server_say(server, bytes.at, bytes.len);
    } else {
        free(undo);
    }
    sl_buf_fini(&buf);
    return err;
}

static enum sl_err ask(struct server *server, const char *query, uint8_t local)
{
    return ask_with(server, query, local, NULL);
}

enum sl_err server_ask_prepared(struct server *server, const char *query, struct settle_bytes *name)
{
    return ask_with(server, query, SETTLE_PREPARED, name);
}

enum sl_err server_ask_hidden(struct server *server, const char *query)
{
    return ask(server, query, 0);
}

enum sl_err server_ask_isolation(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_ISOLATION);
}

enum sl_err server_ask_tolerated(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_TOLERATED);
}

enum sl_err server_ask_settings(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_SETTINGS);
}

enum sl_err server_ask_state(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_STATE);
}

enum sl_err server_ask_plan(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_PLAN);
}

enum sl_err server_ask_listen(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_LISTEN);
}

enum sl_err server_ask_hub(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_HUB);
}

enum sl_err server_ask_load(struct server *server, const char *query)
{
    return ask(server, query, SETTLE_LOAD);
}

enum sl_err server_ask_sync(struct server *server)
{
    static const uint8_t sync[] = {MSG_SYNC, 0, 0, 0, 4};
    struct expect_entry entry = {.kind = EXPECT_SYNC, .flags = EXPECT_HIDDEN};

    enum sl_err err = expect_push(&server->expect, entry);
    if (err == SL_OK) {
        server_say(server, sync, sizeof sync);
    }
    return err;
}

const char *server_connect_query(const struct server *server)
{
    const struct conf *conf = server->io.worker->conf;
    const struct conf_database *database = conf_find_database(conf, server->pool->database->name);

    if (database == NULL) {
        database = conf->fallback_database;
    }
    if (server->restored == NULL || database == NULL || database->connect_query == NULL) {
        return "";
    }
    return database->connect_query;
}

enum sl_err server_ask_again(struct server *server)
{
    const char *query = server_connect_query(server);

    return query[0] == '\0' ? SL_OK : ask(server, query, SETTLE_TOLERATED);
}

enum sl_err server_forget_stmt(struct server *server, struct server_stmt *stmt)
{
    uint8_t message[MESSAGE_HEAD + 1 + PREPARED_NAME_MAX];
    char name[PREPARED_NAME_MAX];
    size_t len = prepared_name(stmt->prepared, name);
    uint32_t total = (uint32_t)(MESSAGE_HEAD + 1 + len + 1);
    struct expect_entry entry = {
            .kind = EXPECT_CLOSE, .flags = EXPECT_HIDDEN, .ref = prepared_ref(stmt->prepared)};

    enum sl_err err = server_stmts_close(&server->stmts, stmt, server->expect.segment);
    if (err != SL_OK) {
        prepared_unref(entry.ref);
        return err;
    }
    err = expect_push(&server->expect, entry);
    if (err != SL_OK) {
        if (server_stmts_closed(&server->stmts, entry.ref, true) != SL_OK) {
            server->close_reason = "out of memory";
        }
        prepared_unref(entry.ref);
        return err;
    }
    message[0] = MSG_CLOSE;
    sl_set_u32(message + 1, total - 1);
    message[MESSAGE_HEAD] = FRONT_STATEMENT;
    memcpy(message + MESSAGE_HEAD + 1, name, len + 1);
    server_say(server, message, total);
    return SL_OK;
}

bool server_may_copy(struct server *server)
{
    const struct expect *expect = &server->expect;
    bool is_idle = expect_idle(expect);
    bool has_unnamed = server->has_unnamed && !server->client->renames; /* its Bind tells nothing */

    if (is_idle && expect->status == 'I' && !server->is_unsynced && !has_unnamed) {
        server->may_copy = false; /* no portal is left of it */
    }
    return server->may_copy && !is_idle;
}

bool server_has_moved(struct server *server)
{
    unsigned changes = dns_changes();
    struct address_short address;

    if (server->dns_seen == changes || server->state < SERVER_SETUP) {
        return server->has_moved;
    }
    server->dns_seen = changes;
    address_shorten(&server->address, &address);
    if (address.family != AF_UNIX && !dns_has_address(server->host, &address)) {
        server->has_moved = true;
        catalogs_moved(server->pool->database);
    }
    return server->has_moved;
}

bool server_is_old(struct server *server)
{
    return server->close_reason != NULL || server->epoch != atomic_load(&server->pool->epoch) ||
           server_has_moved(server);
}

const char *server_state_text(const struct server *server)
{
    switch (server->state) {
    case SERVER_RESOLVE:
    case SERVER_CONNECT:
    case SERVER_TLS_ASK:
    case SERVER_TLS:
    case SERVER_LOGIN:
    case SERVER_LOGIN_WAIT:
    case SERVER_SETUP:
        return "login";
    case SERVER_IDLE:
        return "idle";
    case SERVER_LINKED:
        return "active";
    case SERVER_CLEAN:
        return !sl_list_empty(&server->cancels) ? "being_canceled" : "tested";
    case SERVER_TEST:
    case SERVER_LOAD:
        return "tested";
    case SERVER_LISTEN:
        return "listen";
    case SERVER_CLOSED:
        break;
    }
    return "closed";
}

void server_may_notify(struct server *server, bool is_sure)
{
    listen_echo_see(server, is_sure);
    notifiers_note(&server->pool->database->notifiers, server->pid, server->client->cancel.pid);
}
