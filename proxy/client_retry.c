/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_retry.h"

#include "protocol/base/buf.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/client_reuse.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/worker.h"

static bool ends_with_sync(struct sl_span bytes)
{
    static const uint8_t sync[] = {MSG_SYNC, 0, 0, 0, 4};

    return bytes.len > MESSAGE_HEAD + sizeof sync &&
           memcmp(bytes.at + bytes.len - sizeof sync, sync, sizeof sync) == 0;
}

/* The statement that a request beginning with Bind or Describe is about; false: neither. */
static bool statement_of(struct sl_span bytes, struct sl_span *name)
{
    struct front_bind bind;
    char kind;

    if (bytes.at == NULL || bytes.len < MESSAGE_HEAD) {
        return false;
    }
    uint32_t total = sl_get_u32(bytes.at + 1) + 1;
    if (total < MESSAGE_HEAD || total > bytes.len) {
        return false;
    }
    struct sl_span body = sl_span(bytes.at + MESSAGE_HEAD, total - MESSAGE_HEAD);
    if (bytes.at[0] == MSG_BIND) {
        bool is_read = front_bind_head(body, body.len, &bind) == FRONT_OK;
        *name = is_read ? bind.statement : sl_span(NULL, 0);
        return is_read;
    }
    return bytes.at[0] == MSG_DESCRIBE && front_target_read(body, &kind, name) == SL_OK &&
           kind == FRONT_STATEMENT;
}

/* What is behind the Parses that it begins with; nothing: one is not of a name. */
static struct sl_span behind_names(struct sl_span bytes)
{
    while (bytes.len >= MESSAGE_HEAD && bytes.at[0] == MSG_PARSE) {
        size_t total = (size_t)sl_get_u32(bytes.at + 1) + 1;
        if (total <= MESSAGE_HEAD || total > bytes.len || bytes.at[MESSAGE_HEAD] == 0) {
            return sl_span(NULL, 0); /* the unnamed one: client_reuse.h */
        }
        bytes = sl_span(bytes.at + total, bytes.len - total);
    }
    return bytes;
}

void client_retry_drop(struct client *client)
{
    if (client->retry.at != NULL) {
        hold_drop(&client->retry, &client->io.worker->holds);
    }
    reuse_drop(client);
}

void client_retry_note(struct client *client, struct sl_span bytes)
{
    const struct server *server = client->server;

    client_retry_drop(client);
    if (client->body_left > 0 || bytes.len > HOLD_BLOCK || !ends_with_sync(bytes)) {
        return;
    }
    bool has_names = client->names != NULL || bytes.at[0] == MSG_PARSE;
    bytes = behind_names(bytes);
    if (!has_names || bytes.len == 0 || (bytes.at[0] != MSG_BIND && bytes.at[0] != MSG_DESCRIBE)) {
        return;
    }
    if (server != NULL && (!expect_idle(&server->expect) || server->expect.status != 'I' ||
                                  server->expect.skipping || server->is_unsynced)) {
        return;
    }
    SL_IGNORE(hold_put(&client->retry, &client->io.worker->holds, bytes.at, bytes.len),
            "without memory the client sees the error");
}

/* How many result formats a Bind names; -1: it is not of the form. rest: behind its names. */
static int result_formats(struct sl_span rest)
{
    size_t at = 0;

    for (int list = 0; list < 2; list++) { /* formats of parameters, then the parameters */
        if (rest.len - at < 2) {
            return -1;
        }
        unsigned count = sl_get_u16(rest.at + at);
        at += 2;
        for (unsigned i = 0; i < count; i++) {
            size_t head = list == 0 ? 2 : 4;
            if (rest.len - at < head) {
                return -1;
            }
            uint32_t len = list == 0 ? UINT32_MAX : sl_get_u32(rest.at + at);
            at += head;
            if (len != UINT32_MAX && len > rest.len - at) {
                return -1;
            }
            at += len == UINT32_MAX ? 0 : len;
        }
    }
    return rest.len - at < 2 ? -1 : sl_get_u16(rest.at + at);
}

static bool names_no_columns(struct sl_span body)
{
    struct front_bind bind;

    if (front_bind_head(body, body.len, &bind) != FRONT_OK) {
        return false;
    }
    int count = result_formats(sl_span(body.at + bind.rest_offset, body.len - bind.rest_offset));
    return count == 0 || count == 1;
}

/*
 * A client that remembers what columns there were, and does not ask, would take the
 * new rows for the old: only one that asks (Describe), and whose Bind does not count
 * columns, may be given them.
 */
static bool asks_for_columns(struct sl_span bytes)
{
    bool asks = false;

    while (bytes.len >= MESSAGE_HEAD) {
        size_t total = (size_t)sl_get_u32(bytes.at + 1) + 1;
        if (total < MESSAGE_HEAD || total > bytes.len) {
            return false;
        }
        struct sl_span body = sl_span(bytes.at + MESSAGE_HEAD, total - MESSAGE_HEAD);
        if (bytes.at[0] == MSG_BIND && !names_no_columns(body)) {
            return false;
        }
        asks = asks || bytes.at[0] == MSG_DESCRIBE;
        bytes = sl_span(bytes.at + total, bytes.len - total);
    }
    return asks;
}

/* None of it is answered yet: it begins with one of those that are all still to come. */
static bool is_unanswered(const struct expect *expect, struct sl_span bytes)
{
    uint32_t binds = 0;
    uint32_t describes = 0;

    while (bytes.len >= MESSAGE_HEAD) {
        size_t total = (size_t)sl_get_u32(bytes.at + 1) + 1;
        if (total < MESSAGE_HEAD || total > bytes.len) {
            return false;
        }
        binds += bytes.at[0] == MSG_BIND;
        describes += bytes.at[0] == MSG_DESCRIBE && total > MESSAGE_HEAD &&
                     bytes.at[MESSAGE_HEAD] == FRONT_STATEMENT;
        bytes = sl_span(bytes.at + total, bytes.len - total);
    }
    return expect_count_of(expect, EXPECT_BIND) == binds &&
           expect_count_of(expect, EXPECT_DESCRIBE_STATEMENT) == describes;
}

bool client_retry_may(const struct server *server)
{
    const struct client *client = server->client;
    const struct expect_entry *head = expect_head(&server->expect);

    return client != NULL && client->retry.at != NULL && !client->has_retried && head != NULL &&
           (head->kind == EXPECT_BIND || head->kind == EXPECT_DESCRIBE_STATEMENT) &&
           (head->flags & EXPECT_POISON) == 0 && !server->expect.described &&
           server->expect.status == 'I' && expect_is_one_segment(&server->expect) &&
           hold_len(&client->io.in) == 0 &&
           is_unanswered(&server->expect, hold_borrow(&client->retry)) &&
           asks_for_columns(hold_borrow(&client->retry));
}

/* The server's copy of the statement goes, so that the Bind to come makes it anew. */
static bool close_statement(struct server *server, struct sl_span name)
{
    struct client *client = server->client;
    const struct client_name *found = client_names_find(client->names, name, NULL);
    struct server_stmt *stmt =
            found == NULL ? NULL : server_stmts_find(&server->stmts, found->prepared);

    return stmt == NULL || server_forget_stmt(server, stmt) == SL_OK;
}

void client_retry_begin(struct server *server)
{
    struct client *client = server->client;
    struct sl_span bytes = hold_borrow(&client->retry);
    struct sl_span name;

    client->has_retried = true; /* until its ReadyForQuery: stages may look at it more than once */
    bool is_closed = client->reused != NULL
                             ? reuse_close(server)
                             : statement_of(bytes, &name) && close_statement(server, name);
    if (!is_closed || io_put_back(&client->io, bytes) != SL_OK) {
        client_close(client, "out of memory");
        return;
    }
    client_wake(client);
}
