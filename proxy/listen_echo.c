/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_echo.h"

#include "conf/conf.h"
#include "proxy/client.h"
#include "proxy/link.h"
#include "proxy/listen_client.h"
#include "proxy/listen_group.h"
#include "proxy/listen_waiting.h"
#include "proxy/server.h"
#include "proxy/session_state.h"
#include "proxy/worker.h"

enum { TEXT_MAX = 256 };

void listen_echo_see(struct server *server, bool is_sure)
{
    const struct listen_client *listen = server->client->listen;

    server->may_have_notified |= listen != NULL && (is_sure || listen->hears_itself);
}

/* Is there a channel that the shared listener tells it of? */
static bool is_told_by_listener(const struct listen_client *listen)
{
    return listen->subs.count > listen->unmarked &&
           (listen->group->up.serial != 0 || listen->awaits);
}

bool listen_echo_withholds(struct server *server)
{
    struct client *client = server->client;
    struct listen_client *listen = client == NULL ? NULL : client->listen;

    if (!expect_idle(&server->expect)) {
        return false; /* the next one is for the last */
    }
    server->may_have_notified = false;
    if (listen == NULL || !is_told_by_listener(listen) || client->state != CLIENT_ACTIVE ||
            client->has_left || client->unnamed_is_opaque || client->is_replication ||
            !link_is_quiet(server) || server->close_reason != NULL ||
            client->io.worker->now < listen->group->echo_rests_until) {
        return false;
    }
    listen->owes_ready = true;
    server->listen_asks = true;
    return true;
}

static void release(struct client *client)
{
    static const uint8_t ready[] = {'Z', 0, 0, 0, 5, 'I'};
    struct listen_client *listen = client->listen;

    listen->owes_ready = false;
    listen->is_echo_sent = false;
    client->server->listen_asks = listen->asked != LISTEN_ASKED_NOTHING;
    timer_clear(&client->io.worker->timers, &listen->echo_timer);
    listen_waiting_flush(client);
    client_say(client, sl_span(ready, sizeof ready));
    if (listen->subs.count == 0 && sl_buf_len(&listen->waiting) == 0) {
        listen_client_free(client);
    }
}

static bool send_marker(struct listen_client *listen)
{
    struct worker *worker = listen->client->io.worker;
    char marker[LISTEN_MARKER_MAX];
    struct sl_buf text;

    listen->echo = (listen->echo + 1) & ~LISTEN_ECHO_BIT;
    sl_buf_init(&text, TEXT_MAX);
    enum sl_err err = sl_buf_printf(&text, "NOTIFY \"%s\", '%s'", listen->group->private_name,
            listen_client_marker(listen, listen->echo | LISTEN_ECHO_BIT, marker));
    if (err == SL_OK) {
        listen_client_ask(listen, LISTEN_ASKED_ECHO, &text);
    }
    sl_buf_fini(&text);
    listen->is_echo_sent = listen->asked == LISTEN_ASKED_ECHO;
    if (listen->is_echo_sent) {
        timer_set(&worker->timers, &listen->echo_timer, worker->now + LISTEN_ECHO_TIME);
    }
    return listen->is_echo_sent;
}

/* Behind the question of what was left: what it UNLISTENed is not told any more. */
bool listen_echo_waits(struct client *client, struct server *server)
{
    struct listen_client *listen = client->listen;

    if (listen == NULL || !listen->owes_ready) {
        return false;
    }
    if (!client->has_left && server->close_reason == NULL) {
        if (session_state_ask(client, server)) {
            return true;
        }
        if (is_told_by_listener(listen) &&
                (listen->is_echo_sent ? listen->echo_heard != listen->echo || listen->awaits
                                      : send_marker(listen))) {
            return true;
        }
    }
    release(client);
    return false;
}

void listen_echo_heard(struct listen_client *listen, uint32_t number)
{
    if (listen->is_echo_sent && number == (listen->echo | LISTEN_ECHO_BIT)) {
        listen->echo_heard = listen->echo;
        listen_client_touch(listen);
    }
}

void listen_echo_failed(struct listen_client *listen)
{
    listen->echo_heard = listen->echo;
}

void listen_echo_timer_fired(struct timer *timer)
{
    struct listen_client *listen = SL_CONTAINER(timer, struct listen_client, echo_timer);
    struct client *client = listen->client;

    if (!listen->owes_ready) {
        return;
    }
    listen->group->echo_rests_until = client->io.worker->now + LISTEN_ECHO_REST;
    listen->echo_heard = listen->echo;
    if (listen->asked == LISTEN_ASKED_ECHO) {
        release(client); /* the server has it still; what the client says next waits for that */
    } else {
        link_settle(client->server);
    }
}
