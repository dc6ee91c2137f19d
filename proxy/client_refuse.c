/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_refuse.c - requests that fail with an error of ours, at their place in the order.
 */
#include "proxy/client_request.h"

#include "protocol/back.h"
#include "proxy/client.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/unnamed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct settle_bytes *error_bytes(const struct sl_error *error)
{
    struct settle_bytes *bytes = NULL;
    struct sl_buf buf;

    sl_buf_init(&buf, 4096);
    if (back_put_error(&buf, "ERROR", error) == SL_OK) {
        bytes = settle_bytes_new(sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
    return bytes;
}

/*
 * The server's transaction must fail as it would have by itself, and at this place
 * in the order: so the server is sent something that fails, and our error is shown
 * in place of its own.
 */
enum step request_poison(struct client *client, const struct request *request, const char *sqlstate,
        const char *format, ...)
{
    struct sl_error error;
    char text[SL_ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    SL_IGNORE(sl_error_set(&error, SL_EPROTO, sqlstate, "%s", text), "shown to the client");
    return request_poison_with(client, request, error_bytes(&error));
}

enum step request_poison_with(
        struct client *client, const struct request *request, struct settle_bytes *bytes)
{
    static const uint8_t failing[] = {'D', 0, 0, 0, 19, 'S', 'S', 'L', 'U', 'I', 'C', 'E', '_', 'p',
            'o', 'i', 's', 'o', 'n', 0};
    struct expect_entry entry = {
            .kind = EXPECT_DESCRIBE_STATEMENT, .flags = EXPECT_POISON, .undo = bytes};
    if (bytes == NULL || expect_push(&client->server->expect, entry) != SL_OK) {
        free(bytes);
        return request_hold(client);
    }
    client->server->is_unsynced = true;
    client->server->poisoned_segment = client->server->expect.segment;
    client->server->is_poisoned = true;
    server_say(client->server, failing, sizeof failing);
    request_drop(client, request);
    return STEP_NEXT;
}

enum step request_refuse_query(
        struct client *client, const struct sl_error *error, struct stmt *stmt)
{
    static const uint8_t failing[] = {'Q', 0, 0, 0, 11, 'r', 'e', 'f', 'u', 's', 'e', 0};
    struct expect *expect = &client->server->expect;
    struct settle_bytes *bytes = error_bytes(error);
    struct expect_entry entry = {
            .kind = EXPECT_QUERY, .flags = EXPECT_POISON, .ref = stmt, .undo = bytes};
    uint32_t segment = expect->segment;
    bool is_first = expect_idle(expect);

    entry.local = client->renames && !is_first ? SETTLE_UNNAMED : 0;
    if (bytes == NULL || expect_push(expect, entry) != SL_OK) {
        free(bytes);
        return request_hold(client);
    }
    client->server->has_unnamed = false;
    if (client->renames) {
        request_forget_unnamed(client, segment, is_first);
    }
    server_say(client->server, failing, sizeof failing);
    return STEP_NEXT;
}

enum step request_refuse_parse(struct client *client, const struct sl_error *error)
{
    static const uint8_t failing[] = {'P', 0, 0, 0, 14, 0, 'r', 'e', 'f', 'u', 's', 'e', 0, 0, 0};
    struct server *server = client->server;
    struct settle_bytes *bytes = error_bytes(error);
    struct expect_entry entry = {.kind = EXPECT_PARSE, .flags = EXPECT_POISON, .undo = bytes};

    entry.local = client->renames ? SETTLE_UNNAMED : 0;
    if (bytes == NULL || expect_push(&server->expect, entry) != SL_OK) {
        free(bytes);
        return request_hold(client);
    }
    server->is_unsynced = true;
    if (client->renames) {
        unnamed_change(client, NULL, false, server->expect.segment);
        prepared_unref(server->stmts.unnamed);
        server->stmts.unnamed = NULL;
    }
    server_say(server, failing, sizeof failing);
    return STEP_NEXT;
}
