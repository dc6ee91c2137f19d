/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_auth_query.c - auth_query: a server of another pool is asked for the
 * secret of who logs in.
 *
 * The client is in line there like anybody else, in state AUTH_WAIT, so that limits
 * and timeouts hold for it. The question goes in the extended protocol with the
 * name as a parameter, in a transaction of its own whose search_path is fixed: a
 * function or operator put in the way by somebody else must not answer.
 */
#include "proxy/client_login.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/auth.h"
#include "proxy/client.h"
#include "proxy/link.h"
#include "proxy/params.h"
#include "proxy/pipeline.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/worker.h"

#include <stdio.h>
#include <stdlib.h>

enum { SECRET_MAX = 65530 };

static void failed(struct client *client, const char *sqlstate, const char *text)
{
    struct client_login *login = client->part.login;

    SL_IGNORE(sl_error_set(&login->query_failed, SL_EIO, sqlstate, "%s", text),
            "client_auth_answered() looks");
}

void client_auth_query(struct client *client)
{
    struct client_login *login = client->part.login;
    struct worker *worker = client->io.worker;
    struct database *database = registry_database(auth_query_dbname(login->auth));
    struct user *user = registry_user(auth_query_user(login->auth));
    struct pool *pool = database == NULL || user == NULL ? NULL : registry_pool(database, user);
    struct server *server = NULL;

    login->row_seen = false;
    login->query_failed.sqlstate[0] = '\0';
    if (database != NULL) {
        registry_let_go(&database->holders); /* the pool holds it */
    }
    if (pool == NULL) {
        failed(client, SL_STATE_OUT_OF_MEMORY, "out of memory");
        client_auth_answered(client);
        return;
    }
    pool_configure(pool, login->conf);
    client_set_pool(client, pool);
    client->user = user;
    client->mode = CONF_POOL_TRANSACTION;
    client->waiter = (struct waiter){.worker = worker,
            .client = client->id,
            .startup = params_empty(),
            .since = worker->now};
    if (pool_is_disabled(pool, &login->query_failed)) {
        client_auth_answered(client);
        return;
    }
    switch (pool_take(pool, &client->waiter, worker, &server)) {
    case POOL_TAKEN:
        if (link_join(client, server)) {
            client_auth_query_granted(client);
        } else {
            failed(client, SL_STATE_CONNECTION_FAILURE, "auth_query could not be run");
            client_auth_answered(client);
        }
        break;
    case POOL_QUEUED:
        break;
    }
}

static enum sl_err put_bind(struct sl_buf *buf, const char *user)
{
    size_t user_len = strlen(user);
    size_t rest = 2 + 2 + 4 + user_len + 2;

    enum sl_err err = front_put_bind_head(buf, sl_span_text(""), sl_span_text(""), rest);
    if (err == SL_OK) {
        err = sl_buf_put_u16(buf, 0); /* parameters in text */
    }
    if (err == SL_OK) {
        err = sl_buf_put_u16(buf, 1);
    }
    if (err == SL_OK) {
        err = sl_buf_put_u32(buf, (uint32_t)user_len);
    }
    if (err == SL_OK) {
        err = sl_buf_put(buf, user, user_len);
    }
    return err == SL_OK ? sl_buf_put_u16(buf, 0) : err; /* results in text */
}

static enum sl_err put_question(struct sl_buf *buf, const struct auth *auth)
{
    static const uint8_t no_types[] = {0, 0};
    const char *text = auth_query_text(auth);
    struct sl_buf rest;

    enum sl_err err =
            front_put_query(buf, sl_span_text("BEGIN; SET LOCAL search_path = pg_catalog"));
    sl_buf_init(&rest, 1 << 20);
    if (err == SL_OK) {
        err = sl_buf_put_cstr(&rest, text);
    }
    if (err == SL_OK) {
        err = sl_buf_put(&rest, no_types, sizeof no_types);
    }
    if (err == SL_OK) {
        err = front_put_parse(buf, sl_span_text(""), sl_buf_borrow(&rest));
    }
    sl_buf_fini(&rest);
    if (err == SL_OK) {
        err = put_bind(buf, auth_user(auth));
    }
    if (err == SL_OK) {
        err = front_put_execute(buf, sl_span_text(""), 0);
    }
    if (err == SL_OK) {
        err = front_put_sync(buf);
    }
    return err == SL_OK ? front_put_query(buf, sl_span_text("ROLLBACK")) : err;
}

static enum sl_err expect_answer(struct expect *expect)
{
    static const uint8_t kinds[] = {
            EXPECT_QUERY, EXPECT_PARSE, EXPECT_BIND, EXPECT_EXECUTE, EXPECT_SYNC, EXPECT_QUERY};

    for (size_t i = 0; i < sizeof kinds; i++) {
        struct expect_entry entry = {
                .kind = kinds[i], .flags = EXPECT_HIDDEN, .local = SETTLE_QUESTION};
        enum sl_err err = expect_push(expect, entry);
        if (err != SL_OK) {
            return err;
        }
    }
    return SL_OK;
}

void client_auth_query_granted(struct client *client)
{
    struct client_login *login = client->part.login;
    struct server *server = client->server;
    struct sl_buf buf;

    if (client_auth_answered_meanwhile(client)) {
        return;
    }
    sl_buf_init(&buf, 2 << 20);
    enum sl_err err = put_question(&buf, login->auth);
    if (err == SL_OK) {
        err = expect_answer(&server->expect);
    }
    if (err == SL_OK) {
        struct sl_span bytes = sl_buf_borrow(&buf);
        prepared_unref(server->stmts.unnamed);
        server->stmts.unnamed = NULL;
        server->taps = STAGE_TAP_REPLY;
        server_say(server, bytes.at, bytes.len);
    } else {
        link_break(server, "out of memory"); /* tells the client, too */
    }
    sl_buf_fini(&buf);
}

/* The second column of a DataRow: NULL when it is null, not there, or no secret. */
static char *second_column(struct sl_span body)
{
    struct sl_span secret;

    if (!back_row_field(body, 1, &secret) || secret.len > SECRET_MAX) {
        return NULL;
    }
    return strndup((const char *)secret.at, secret.len);
}

void client_auth_query_reply(struct client *client, struct sl_span message)
{
    struct client_login *login = client->part.login;
    const struct expect_entry *head = expect_head(&client->server->expect);

    if (message.len < MESSAGE_HEAD || head == NULL || head->local != SETTLE_QUESTION) {
        return; /* what another client left is taken away first: that has a row, too */
    }
    struct sl_span body = sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD);
    if (message.at[0] == BACK_DATA_ROW && !login->row_seen) {
        login->row_seen = true;
        free(login->secret);
        login->secret = second_column(body);
    } else if (message.at[0] == BACK_ERROR && login->query_failed.sqlstate[0] == '\0') {
        struct back_error error;
        back_error_read(body, &error);
        char text[SL_ERROR_TEXT_MAX];
        snprintf(text, sizeof text, "auth_query failed: %.*s",
                (int)(error.message.len > 300 ? 300 : error.message.len),
                (const char *)error.message.at);
        failed(client, SL_STATE_CONNECTION_FAILURE, text);
    }
}
