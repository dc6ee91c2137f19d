/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_cancelled.h"

#include "protocol/back.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/client_stmt.h"
#include "proxy/server.h"
#include "proxy/worker.h"

static bool is_simple(uint8_t type)
{
    return type == MSG_QUERY || type == MSG_FUNCTION_CALL;
}

/* Does PostgreSQL do anything for it that could be cancelled? */
static bool is_work(uint8_t type)
{
    return is_simple(type) || type == MSG_PARSE || type == MSG_BIND || type == MSG_DESCRIBE ||
           type == MSG_EXECUTE || type == MSG_CLOSE;
}

static const char words[] = "canceling statement due to user request";

static void set_error(struct sl_error *error)
{
    SL_IGNORE(sl_error_set(error, SL_ETIMEOUT, SL_STATE_QUERY_CANCELED, "%s", words),
            "the client is told");
}

static void say_cancelled(struct client *client, bool is_ready)
{
    struct sl_error error;
    struct sl_buf buf;

    set_error(&error);
    sl_buf_init(&buf, 1024);
    enum sl_err err = back_put_error(&buf, "ERROR", &error);
    if (err == SL_OK && is_ready) {
        err = back_put_ready(&buf, 'I');
    }
    if (err == SL_OK) {
        client_say(client, sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
}

/* The request that its input begins with. */
static void end_request(struct client *client, struct sl_span kept)
{
    uint8_t type = kept.at[0];
    uint32_t total = sl_get_u32(kept.at + 1) + 1;
    size_t here = kept.len < total ? kept.len : total;

    client_stmt_refuse(client, SL_STATE_QUERY_CANCELED);
    client_stmt_abandon(client);
    say_cancelled(client, is_simple(type));
    client->skips_to_sync = !is_simple(type);
    client->stmt_skip = 0;
    client->body_left = total - (uint32_t)here;
    client->body_fate = BODY_DROP;
    SL_IGNORE(io_keep(&client->io, kept, here), "it only shrinks");
    client_set_timer(client);
    client_wake(client);
}

void client_cancelled_in_line(struct client *client)
{
    struct sl_span kept = io_kept(&client->io);

    if (client->state != CLIENT_WAITING || kept.len < MESSAGE_HEAD ||
            !pool_leave(client->pool, &client->waiter)) {
        return;
    }
    client_enter(client, CLIENT_ACTIVE);
    client->waiter.since = 0;
    client->was_notified = false;
    end_request(client, kept);
}

enum step client_cancelled_goes(struct client *client, const struct request *request)
{
    struct sl_error error;

    if (request->type != MSG_QUERY) {
        client->is_cancelled = false;
        return request_poison(client, request, SL_STATE_QUERY_CANCELED, "%s", words);
    }
    set_error(&error);
    enum step step = request_refuse_query(client, &error, client_stmt_now(client));
    if (step == STEP_NEXT) {
        client->is_cancelled = false;
        client_stmt_sent(client);
        client->server->is_unsynced = false;
        request_drop(client, request);
    }
    return step;
}

bool client_cancelled_held(struct client *client)
{
    const struct expect *expect = &client->server->expect;
    struct sl_span kept = io_kept(&client->io);

    if (!client->is_held || client->state != CLIENT_ACTIVE || client->has_left ||
            client->body_left > 0 || kept.len < MESSAGE_HEAD || !is_work(kept.at[0])) {
        return false;
    }
    if (expect->skipping || expect->copy != EXPECT_COPY_NONE || client->server->is_unsynced ||
            client->skips_to_sync || expect_first_shown(expect) != NULL) {
        return false;
    }
    if (expect->status != 'I') {
        client->is_cancelled |= client->server->listen_asks && kept.at[0] != MSG_FUNCTION_CALL;
        return client->is_cancelled;
    }
    end_request(client, kept);
    return true;
}
