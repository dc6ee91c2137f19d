/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_welcome.c - from a proven name to the first ReadyForQuery.
 *
 * What a server reports at its start goes to the client as if it were its own: in
 * session pooling it is. In transaction pooling what a server with the same startup
 * values reported is remembered by the pool, and only the first client of its
 * kind waits for a server.
 */
#include "proxy/client_login.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/auth.h"
#include "proxy/cancel.h"
#include "proxy/client.h"
#include "proxy/client_stmt.h"
#include "proxy/console.h"
#include "proxy/link.h"
#include "proxy/link_prepared.h"
#include "proxy/param_names.h"
#include "proxy/params.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { WELCOME_MAX = 65536 };

static void out_of_memory(struct client *client)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory"),
            "the client is told");
    client_fail(client, "FATAL", &error);
}

static void to_console(struct client *client)
{
    struct client_login *login = client->part.login;
    bool is_admin = auth_console(login->auth) == AUTH_CONSOLE_ADMIN;

    client->user = registry_user(login->user);
    client_set_pool(client, NULL); /* that of auth_query, if it was asked */
    client_login_free(client);
    struct console *console = client->user == NULL ? NULL : console_new(client, is_admin);
    if (console == NULL) {
        out_of_memory(client);
        return;
    }
    client->part.console = console;
    client_enter(client, CLIENT_CONSOLE);
    client_set_timer(client);
    console_welcome(client);
    if (hold_len(&client->io.in) > 0) {
        io_wake(&client->io, IO_READ);
    }
}

/* application_name_add_host: "app - 10.0.0.1:4711", as PgBouncer writes it. */
static bool add_host(struct client *client)
{
    char host[ADDRESS_TEXT_MAX];
    char name[256];
    const char *old = params_get(client->params, "application_name");

    snprintf(name, sizeof name, "%s - %s:%u", old != NULL ? old : "app",
            address_host_text(&client->address, host), client->address.port);
    const struct params *set = params_with(client->params, "application_name", name);
    if (set == NULL) {
        return false;
    }
    client->params = set;
    return true;
}

static bool find_pool(struct client *client)
{
    struct client_login *login = client->part.login;
    const struct conf_database *db = conf_find_database(login->conf, login->database);
    const char *server_user =
            auth_server_user(db != NULL ? db : login->conf->fallback_database, login->user);
    struct database *database = registry_database(login->database);
    struct user *user = registry_user(server_user);

    client->user = registry_user(login->user);
    bool is_known = database != NULL && user != NULL && client->user != NULL;
    client_set_pool(client, is_known ? registry_pool(database, user) : NULL);
    if (database != NULL) {
        registry_let_go(&database->holders); /* the pool holds it */
    }
    if (client->pool == NULL) {
        return false;
    }
    pool_configure(client->pool, login->conf);
    client->mode = (uint8_t)atomic_load(&client->pool->mode);
    if (client->is_replication) {
        client->mode = CONF_POOL_SESSION;
    }
    client->renames = client->mode != CONF_POOL_SESSION && login->conf->max_prepared_statements > 0;
    return true;
}

/* It logged in by the configuration it found; a RELOAD may have come meanwhile. */
static bool is_still_configured(const struct client *client)
{
    const struct conf *conf = client->io.worker->conf;

    return conf->fallback_database != NULL ||
           conf_find_database(conf, client->part.login->database) != NULL;
}

void client_authenticated(struct client *client)
{
    struct client_login *login = client->part.login;
    struct sl_error error;

    if (login->is_console) {
        to_console(client);
        return;
    }
    if (!is_still_configured(client)) {
        SL_IGNORE(sl_error_set(&error, SL_ECONF, SL_STATE_INVALID_CATALOG,
                          "database \"%s\" does not exist", login->database),
                "the client is told");
        client_fail(client, "FATAL", &error);
        return;
    }
    if (!find_pool(client) || (login->conf->application_name_add_host && !add_host(client))) {
        out_of_memory(client);
        return;
    }
    if (pool_is_disabled(client->pool, &error) ||
            (!client->is_ours && client_count(client, &error) != SL_OK)) {
        client_fail(client, "FATAL", &error);
        return;
    }
    /* Of a database with user= the pool is somebody else's, with another password. */
    bool is_own = strcmp(client->pool->user->name, login->user) == 0 && !client->is_ours;
    pool_learn(client->pool, is_own ? auth_credentials(login->auth) : NULL, client->startup);
    client_enter(client, CLIENT_WELCOME);
    client_welcome(client);
}

/* ---- the welcome itself ---- */

static enum sl_err put_params(
        struct client *client, const struct params *reported, struct sl_buf *buf)
{
    enum sl_err err = SL_OK;

    for (uint32_t i = 0; err == SL_OK && i < params_count(reported); i++) {
        const char *name;
        const char *value;
        params_at(reported, i, &name, &value);
        const char *own = param_is_settable(name) ? params_get(client->params, name) : NULL;
        err = back_put_param_status(buf, name, own != NULL ? own : value);
    }
    return err;
}

/* In session pooling the process id is what pg_backend_pid() says. */
static enum sl_err put_key(struct client *client, struct sl_buf *buf)
{
    bool is_session = client->server != NULL && client->mode == CONF_POOL_SESSION;

    return cancel_put_key(client, is_session ? client->server->pid : 0, buf);
}

static enum sl_err put_welcome(
        struct client *client, const struct params *reported, struct sl_buf *buf)
{
    const char *notice = client->io.worker->conf->login_notify_message;
    enum sl_err err = back_put_auth_ok(buf);

    if (err == SL_OK) {
        err = put_params(client, reported, buf);
    }
    if (err == SL_OK) {
        err = put_key(client, buf);
    }
    if (err == SL_OK && notice[0] != '\0') {
        err = back_put_notice(buf, "NOTICE", "00000", notice);
    }
    return err == SL_OK ? back_put_ready(buf, 'I') : err;
}

static void logged_in(struct client *client)
{
    struct worker *worker = client->io.worker;

    stats_add(pool_stats(client->pool, worker->index), STATS_CLIENT_LOGINS, 1);
    if (worker->conf->log_connections) {
        char text[ADDRESS_TEXT_MAX];
        char tls[TLS_TEXT_MAX] = "";
        sl_log(SL_LOG_INFO, "client_login", "client=%lu db=%s user=%s address=%s port=%u tls=%s",
                (unsigned long)client->cancel.serial, sl_log_quote(client->pool->database->name),
                sl_log_quote(client->user->name), address_host_text(&client->address, text),
                client->address.port,
                client->io.tls == NULL ? "none" : tls_text(client->io.tls, tls));
    }
    client_login_free(client);
    client_enter(client, CLIENT_ACTIVE);
    client->request_at = worker->now;
    client->waiter.since = 0;
    client_set_timer(client);
    client_wake_if_held(client);
}

/*
 * reported: all that a server of the client's kind reported; settable: what of it a
 * session may change. The client's own application_name replaces the server's.
 */
static void welcome_with(
        struct client *client, const struct params *reported, const struct params *settable)
{
    const char *name = params_get(client->params, "application_name");
    const struct params *params = params_ref(settable);
    struct sl_buf buf;

    if (name != NULL) {
        const struct params *named = params_with(params, "application_name", name);
        params = named != NULL ? named : params;
    }
    params_unref(client->own);
    client->own = client->params;
    client->params = params;
    sl_buf_init(&buf, WELCOME_MAX);
    enum sl_err err = put_welcome(client, reported, &buf);
    if (err == SL_OK) {
        client_say(client, sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
    if (err != SL_OK) {
        out_of_memory(client);
        return;
    }
    logged_in(client);
}

void client_welcome(struct client *client)
{
    const struct params *reported = NULL;
    const struct params *settable = NULL;
    bool needs_server = client->mode == CONF_POOL_SESSION &&
                        (client->is_replication || !client->io.worker->conf->session_late_link);

    if (!needs_server && client->server == NULL &&
            pool_welcome(client->pool, client->startup, &reported, &settable)) {
        welcome_with(client, reported, settable);
        params_unref(reported);
        params_unref(settable);
        return;
    }
    if (client->server == NULL && !client->waiter.is_waiting && !link_want(client)) {
        return; /* in line, or refused */
    }
    struct server *server = client->server;
    if (server == NULL) {
        return;
    }
    welcome_with(client, server->reported, server->baseline);
    if (client->state == CLIENT_ACTIVE && client->server != NULL) {
        /* What another left there may still be on its way out: behind that it is the client's. */
        if (!needs_server && expect_idle(&server->expect)) {
            link_part_unused(client);
        } else if (!link_settings(client) || !link_apply_prepared(client, server)) {
            link_break(server, "out of memory");
        }
    }
}
