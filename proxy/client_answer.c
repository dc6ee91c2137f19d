/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_answer.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/client_rules.h"
#include "proxy/pool.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/unnamed.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

struct answer {
    struct client *client;
    struct stmt *stmt;
    struct front_parse parse;
    bool has_parse;
    bool is_now; /* nothing is owed before it */
};

/* ---- whether ---- */

/* A simple Query takes what is unnamed away; if that is the server's, the server must see it. */
static bool is_all_gone(const struct client *client)
{
    const struct server *server = client->server;
    /* Portals end with their transaction, and statements are ours. */
    bool has_none = client->renames && expect_idle(&server->expect) && server->expect.status == 'I';

    return !server->is_unsynced && (has_none || !server->has_unnamed);
}

bool client_answer_is_certain(const struct client *client, const struct stmt *stmt)
{
    struct server *server = client->server;

    if (server == NULL) {
        return true;
    }
    const struct expect *expect = &server->expect;
    if (expect->copy != EXPECT_COPY_NONE || server_may_copy(server)) {
        return false;
    }
    if (expect_idle(expect)) {
        return expect->status != 'E' && (stmt->is_extended || is_all_gone(client));
    }
    return stmt->is_extended
                   ? expect->status != 'E' && expect_head(expect)->segment == expect->segment
                   : is_all_gone(client);
}

static bool read_parse(struct answer *answer)
{
    const struct client *client = answer->client;
    struct sl_span request = answer->stmt->request;
    struct client_name *closing = NULL;

    answer->has_parse = request.at[0] == MSG_PARSE;
    if (!answer->has_parse) {
        return true;
    }
    size_t total = (size_t)sl_get_u32(request.at + 1) + 1;
    struct sl_span body = sl_span(request.at + MESSAGE_HEAD, total - MESSAGE_HEAD);
    return client->renames && front_parse_read(body, &answer->parse) == SL_OK &&
           client_names_find(client->names, answer->parse.name, &closing) == NULL &&
           closing == NULL;
}

/* ---- how ---- */

static enum sl_err say_parse(struct answer *answer, uint8_t local, void *ref, void *undo)
{
    static const uint8_t complete[] = {BACK_PARSE_COMPLETE, 0, 0, 0, 4};
    struct expect_entry entry = {.kind = EXPECT_LOCAL, .local = local, .ref = ref, .undo = undo};

    if (!answer->is_now) {
        return expect_push(&answer->client->server->expect, entry);
    }
    client_say(answer->client, sl_span(complete, sizeof complete));
    return SL_OK;
}

static enum sl_err make_unnamed(struct answer *answer, struct prepared *prepared)
{
    struct client *client = answer->client;

    enum sl_err err = say_parse(answer, SETTLE_UNNAMED, prepared, NULL);
    if (err != SL_OK) {
        prepared_unref(prepared);
        return err;
    }
    if (answer->is_now) {
        unnamed_change(client, prepared, false, client->unnamed_segment);
        unnamed_settled(client);
        prepared_unref(prepared);
    } else { /* the entry has its reference */
        unnamed_change(client, prepared, false, client->server->expect.segment);
    }
    return SL_OK;
}

static enum sl_err make_named(struct answer *answer, struct prepared *prepared)
{
    struct client *client = answer->client;

    if (client->names == NULL) {
        client->names =
                client_names_new((size_t)client->io.worker->conf->prepared_statements_bytes_client);
    }
    struct client_name *name =
            client->names == NULL ? NULL
                                  : client_names_add(client->names, answer->parse.name, prepared);
    if (name == NULL) {
        prepared_unref(prepared);
        return SL_EINVAL; /* the server's way of it knows what to say */
    }
    name->segment = answer->is_now ? 0 : client->server->expect.segment;
    enum sl_err err = say_parse(answer, BACK_PARSE_COMPLETE, NULL, name);
    if (err != SL_OK) {
        client_names_remove(client->names, name);
        return err;
    }
    if (answer->is_now) {
        name->state = NAME_READY;
    }
    return SL_OK;
}

static enum sl_err make_statement(struct answer *answer)
{
    if (!answer->has_parse) {
        return SL_OK;
    }
    struct prepared *prepared = prepared_intern(
            answer->parse.rest, client_rules_reading(answer->client, answer->parse.rest));
    if (prepared == NULL) {
        return SL_EINVAL; /* likewise */
    }
    return answer->parse.name.len == 0 ? make_unnamed(answer, prepared)
                                       : make_named(answer, prepared);
}

static const uint8_t bind_complete[] = {BACK_BIND_COMPLETE, 0, 0, 0, 4};

/* Nothing is owed before it: as it lies there. */
static void say_now(struct answer *answer)
{
    struct client *client = answer->client;
    struct stmt *stmt = answer->stmt;
    struct outbox *outbox = &client->io.worker->outbox;

    outbox_begin(outbox, &client->io);
    if (stmt->is_extended) {
        outbox_copy(outbox, bind_complete, sizeof bind_complete);
    } else {
        unnamed_forget(client);
    }
    if (stmt->answer_lent.release == NULL) {
        outbox_copy(outbox, stmt->answer.at, stmt->answer.len);
    } else {
        outbox_lend(outbox, stmt->answer, stmt->answer_lent);
        stmt->answer_lent.release = NULL;
    }
    if (!stmt->is_extended) {
        uint8_t status = client->server == NULL ? 'I' : (uint8_t)client->server->expect.status;
        const uint8_t ready[] = {BACK_READY, 0, 0, 0, 5, status};
        outbox_copy(outbox, ready, sizeof ready);
    }
}

/* A copy that waits for its turn. */
static struct settle_bytes *new_reply(const struct stmt *stmt)
{
    size_t ahead = stmt->is_extended ? sizeof bind_complete : 0;
    struct settle_bytes *bytes = malloc(sizeof *bytes + ahead + stmt->answer.len);

    if (bytes != NULL) {
        bytes->len = ahead + stmt->answer.len;
        memcpy(bytes->at, bind_complete, ahead);
        memcpy(bytes->at + ahead, stmt->answer.at, stmt->answer.len);
    }
    return bytes;
}

/* bytes: the caller's still, when it failed. */
static enum sl_err say_later(const struct answer *answer, struct settle_bytes *bytes)
{
    struct expect_entry entry = {.kind = EXPECT_LOCAL,
            .local = answer->stmt->is_extended ? 0 : SETTLE_READY,
            .undo = bytes};

    enum sl_err err = expect_push(&answer->client->server->expect, entry);
    if (err == SL_OK && !answer->stmt->is_extended && answer->client->renames) {
        unnamed_change(answer->client, NULL, false, answer->client->server->expect.segment);
    }
    return err;
}

/* ---- what is counted ---- */

/* It is a query, and a transaction of its own, of which no server knows. */
static void note_answer(const struct client *client, struct stmt *stmt)
{
    const struct worker *worker = client->io.worker;
    struct stats_row *stats = pool_stats(client->pool, worker->index);
    struct stmt_meter *meter = &stmt->meter;
    bool is_alone = client->server == NULL || stmt->standing == 'I';

    meter->is_answered = true;
    meter->ended_at = stmt->answered_at != 0 ? stmt->answered_at : worker->now;
    meter->rows = stmt->answer_rows;
    meter->bytes_out = stmt->answer.len;
    stmt->transaction = is_alone ? 'I' : 'T';
    stats_add(stats, STATS_QUERIES, 1);
    stats_add(stats, STATS_XACTS, is_alone);
    stats_add(stats, STATS_SENT, stmt->answer.len);
}

enum sl_err client_answer(struct client *client, struct stmt *stmt)
{
    struct answer answer = {.client = client, .stmt = stmt};

    answer.is_now = client->server == NULL || expect_idle(&client->server->expect);
    if (!stmt->is_plain || !client_answer_is_certain(client, stmt) || !read_parse(&answer) ||
            (!answer.is_now && !expect_has_room(&client->server->expect, 2))) {
        return SL_EINVAL;
    }
    struct settle_bytes *bytes = answer.is_now ? NULL : new_reply(stmt);
    if (bytes == NULL && !answer.is_now) {
        return SL_EINVAL; /* no memory for it: the server will answer */
    }
    enum sl_err err = make_statement(&answer);
    if (err == SL_OK && answer.is_now) {
        say_now(&answer);
    } else if (err == SL_OK) {
        err = say_later(&answer, bytes);
    }
    if (err != SL_OK) {
        free(bytes);
        return err;
    }
    note_answer(client, stmt);
    return SL_OK;
}
