/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_named.h"

#include "conf/conf.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/worker.h"

#include <string.h>

enum { CLOSES_MAX = 16 /* of statements of the server's, for one that is new */ };

_Static_assert(CLOSES_MAX + 4 <= REQUEST_ENTRIES_MAX, "all for one message, or nothing");

void named_put_head(uint8_t *head, uint8_t type, size_t total)
{
    head[0] = type;
    sl_set_u32(head + 1, (uint32_t)(total - 1));
}

void named_say_parse(struct server *server, const char *name, size_t name_len, size_t rest)
{
    uint8_t head[MESSAGE_HEAD + PREPARED_NAME_MAX];

    named_put_head(head, MSG_PARSE, MESSAGE_HEAD + name_len + 1 + rest);
    memcpy(head + MESSAGE_HEAD, name, name_len + 1);
    server_say(server, head, MESSAGE_HEAD + name_len + 1);
}

void named_pass_bind(struct client *client, const struct request *request,
        const struct front_bind *bind, const struct prepared *prepared)
{
    struct server *server = client->server;
    char name[PREPARED_NAME_MAX];
    size_t name_len = prepared_name(prepared, name);
    size_t rest = request->total - MESSAGE_HEAD - bind->rest_offset;
    size_t total = MESSAGE_HEAD + bind->portal.len + 1 + name_len + 1 + rest;
    uint8_t head[MESSAGE_HEAD + 1 + PREPARED_NAME_MAX];

    named_put_head(head, MSG_BIND, total);
    if (SL_LIKELY(bind->portal.len == 0)) { /* the unnamed portal: one piece */
        head[MESSAGE_HEAD] = 0;
        memcpy(head + MESSAGE_HEAD + 1, name, name_len + 1);
        server_say(server, head, MESSAGE_HEAD + 1 + name_len + 1);
    } else {
        server_say(server, head, MESSAGE_HEAD);
        server_say(server, bind->portal.at, bind->portal.len + 1);
        server_say(server, name, name_len + 1);
    }
    request_pass_from(client, request, MESSAGE_HEAD + bind->rest_offset);
}

enum sl_err named_make_room(struct server *server)
{
    uint32_t max = (uint32_t)server->io.worker->conf->max_prepared_statements;

    for (unsigned i = 0; i < CLOSES_MAX; i++) {
        struct server_stmt *old = server_stmts_excess(&server->stmts, max > 0 ? max - 1 : 0);
        enum sl_err err = old == NULL ? SL_OK : server_forget_stmt(server, old);
        if (old == NULL || err != SL_OK) {
            return err;
        }
    }
    return SL_OK;
}

bool named_is_unsettled(const struct client *client, bool is_pending, uint32_t segment)
{
    return is_pending && segment != client->server->expect.segment;
}

bool named_is_closing(const struct client *client, const struct prepared *prepared)
{
    const struct server_stmt *old = server_stmts_closing(&client->server->stmts, prepared);

    return old != NULL && named_is_unsettled(client, true, old->segment);
}

/*
 * Its Parse is sent. *made: NULL if the server discards that. False: it is too early, or there is no
 * memory.
 */
static bool make(
        struct client *client, struct prepared *prepared, uint8_t local, struct server_stmt **made)
{
    struct server *server = client->server;
    char name[PREPARED_NAME_MAX];

    if (named_is_closing(client, prepared) ||
            !expect_has_room(&server->expect, REQUEST_ENTRIES_MAX) ||
            named_make_room(server) != SL_OK) {
        return false;
    }
    struct server_stmt *stmt = server_stmts_add(&server->stmts, prepared);
    if (stmt == NULL) {
        return false;
    }
    stmt->segment = server->expect.segment;
    struct expect_entry entry = {
            .kind = EXPECT_PARSE, .flags = EXPECT_QUIET, .local = local, .ref = stmt};
    bool is_skipping = server->expect.skipping;
    if (expect_push(&server->expect, entry) != SL_OK) {
        server_stmts_remove(&server->stmts, stmt);
        return false;
    }
    *made = is_skipping ? NULL : stmt;
    if (!is_skipping) {
        size_t len = prepared_name(prepared, name);
        named_say_parse(server, name, len, prepared->len);
        server_say(server, prepared->body, prepared->len);
        named_count(client, STATS_SERVER_PARSES);
    }
    return true;
}

enum step named_ensure(struct client *client, struct prepared *prepared, struct server_stmt **has)
{
    struct server *server = client->server;
    struct server_stmt *stmt = server_stmts_find(&server->stmts, prepared);

    if (SL_LIKELY(stmt != NULL)) {
        if (named_is_unsettled(client, stmt->is_pending, stmt->segment)) {
            return request_hold(client);
        }
        server_stmts_touch(&server->stmts, stmt);
        *has = server->expect.skipping ? NULL : stmt;
        return STEP_NEXT;
    }
    return make(client, prepared, 0, has) ? STEP_NEXT : request_hold(client);
}

bool named_parse_apart(struct client *client, struct prepared *prepared)
{
    struct server *server = client->server;
    const struct expect *expect = &server->expect;
    struct server_stmt *made;
    bool is_between = expect->status == 'I' && !expect->skipping &&
                      (expect_idle(expect) || expect_first_shown(expect) == NULL);

    if (SL_LIKELY(!is_between || server_stmts_find(&server->stmts, prepared) != NULL) ||
            !make(client, prepared, SETTLE_APART, &made)) {
        return false;
    }
    SL_IGNORE(server_ask_sync(server), "without memory for it request_hold() ends the client");
    return true;
}

void named_apart_failed(struct server *server)
{
    if (server->client != NULL) {
        server->client->skips_to_sync = true;
        server->is_unsynced = false;
    }
}

void named_count(struct client *client, enum stats_counter counter)
{
    if (!client->has_retried || counter == STATS_SERVER_PARSES) { /* it was counted before */
        stats_add(pool_stats(client->pool, client->io.worker->index), counter, 1);
    }
}
