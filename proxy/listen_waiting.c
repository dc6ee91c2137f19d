/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_waiting.h"

#include "protocol/back.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/listen_client.h"
#include "proxy/listen_group.h"
#include "proxy/registry.h"
#include "proxy/server.h"

#include <stdatomic.h>
#include <string.h>

static atomic_size_t waiting_all; /* bytes, of all clients of all workers */

static void count_waiting(size_t before, const struct listen_client *listen)
{
    size_t change = sl_buf_len(&listen->waiting) - before; /* modulo: it may be less */

    atomic_fetch_add_explicit(&waiting_all, change, memory_order_relaxed);
}

void listen_waiting_forget(struct listen_client *listen)
{
    size_t before = sl_buf_len(&listen->waiting);

    sl_buf_fini(&listen->waiting);
    count_waiting(before, listen);
}

void listen_waiting_put(struct listen_client *listen, struct sl_span message)
{
    size_t before = sl_buf_len(&listen->waiting);

    listen_client_touch(listen);
    if (listen->is_over) {
        return;
    }
    bool is_put = sl_buf_put(&listen->waiting, message.at, message.len) == SL_OK;
    count_waiting(before, listen);
    listen->is_over = !is_put || (before > LISTEN_WAITING_FAIR &&
                                         atomic_load_explicit(&waiting_all, memory_order_relaxed) >
                                                 LISTEN_WAITING_ALL_MAX);
    if (listen->is_over) {
        listen_waiting_forget(listen); /* what it held is there for others */
    }
}

void listen_waiting_warn(struct listen_client *listen, const char *text)
{
    struct sl_buf notice;

    sl_buf_init(&notice, 1024);
    if (back_put_notice(&notice, "WARNING", SL_STATE_WARNING, text) == SL_OK) {
        listen_waiting_put(listen, sl_buf_borrow(&notice));
        atomic_fetch_add(&listen->group->database->listen.warned, 1);
    } else {
        listen->is_over = true;
    }
    sl_buf_fini(&notice);
}

void listen_waiting_drop(struct listen_client *listen)
{
    struct sl_span from = sl_buf_borrow(&listen->waiting);
    size_t kept = 0;

    if (from.len == 0) {
        return;
    }
    uint8_t *to = listen->waiting.at + listen->waiting.done;

    while (from.len >= MESSAGE_HEAD) {
        size_t len = sl_get_u32(from.at + 1) + 1;
        struct back_notification notification;
        bool is_other = from.at[0] != BACK_NOTIFICATION ||
                        back_notification_read(sl_span(from.at + MESSAGE_HEAD, len - MESSAGE_HEAD),
                                &notification) != SL_OK ||
                        listen_client_hears(listen, notification.channel);
        if (is_other) {
            memmove(to + kept, from.at, len);
            kept += len;
        }
        from = sl_span(from.at + len, from.len - len);
    }
    size_t before = sl_buf_len(&listen->waiting);
    listen->waiting.filled = listen->waiting.done + kept;
    count_waiting(before, listen);
}

static bool may_flush(const struct client *client)
{
    const struct server *server = client->server;

    if ((client->state != CLIENT_ACTIVE && client->state != CLIENT_WAITING) ||
            io_is_clogged(&client->io) || client->io.is_failed || client->has_left) {
        return false;
    }
    return server == NULL ||
           (expect_idle(&server->expect) && server->expect.status == 'I' &&
                   !server->expect.skipping && !server->is_unsynced && server->body_left == 0 &&
                   client->body_left == 0 && server->answer == NULL && !server->may_have_left &&
                   !server->may_have_ended && !server->is_retried);
}

void listen_waiting_flush(struct client *client)
{
    struct listen_client *listen = client->listen;

    if (listen == NULL || sl_buf_len(&listen->waiting) == 0 || !may_flush(client)) {
        return;
    }
    client_say(client, sl_buf_borrow(&listen->waiting));
    listen_waiting_forget(listen); /* idle it holds nothing */
}
