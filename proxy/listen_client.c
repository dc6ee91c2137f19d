/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_client.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/hash.h"
#include "protocol/effects.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/channels.h"
#include "proxy/client.h"
#include "proxy/link.h"
#include "proxy/link_params.h"
#include "proxy/listen_echo.h"
#include "proxy/listen_group.h"
#include "proxy/listen_hub.h"
#include "proxy/listen_passage.h"
#include "proxy/listen_waiting.h"
#include "proxy/params.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/session_state.h"
#include "proxy/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 8 << 20 };

static struct listen_place *place_of(const struct listen_client *listen)
{
    return &listen->group->database->listen;
}

static struct sl_span name_of(const struct listen_sub *sub)
{
    return sl_span(sub->channel->channel.name, sub->channel->channel.len);
}

/* ---- subscriptions ---- */

static struct listen_sub *sub_find(const struct listen_client *listen, struct sl_span name)
{
    struct sl_map_node *node = sl_map_first(&listen->subs, sl_hash64(name));

    for (; node != NULL; node = sl_map_next(node)) {
        struct listen_sub *sub = SL_CONTAINER(node, struct listen_sub, node);
        struct sl_span its = name_of(sub);
        if (its.len == name.len && memcmp(its.at, name.at, name.len) == 0) {
            return sub;
        }
    }
    return NULL;
}

bool listen_client_hears(const struct listen_client *listen, struct sl_span name)
{
    return sub_find(listen, name) != NULL;
}

static void sub_free(struct listen_sub *sub)
{
    struct listen_client *listen = sub->listen;

    listen_passage_void(listen);
    listen->unconfirmed -= sub->channel->is_confirmed ? 0 : 1;
    listen->unmarked -= sub->number == 0 ? 1 : 0;
    sl_map_remove(&listen->subs, &sub->node);
    sl_list_remove(&sub->link);
    sl_list_remove(&sub->in_channel);
    listen_group_unwant(listen->group, sub->channel);
    free(sub);
}

/* NULL: it cannot be, and the client stays pinned for it. */
static struct listen_sub *sub_new(struct listen_client *listen, struct sl_span name)
{
    struct listen_sub *sub = calloc(1, sizeof *sub);
    struct group_channel *channel = NULL;

    if (sub == NULL || sl_map_put(&listen->subs, &sub->node, sl_hash64(name)) != SL_OK) {
        free(sub);
        return NULL;
    }
    channel = listen_group_want(listen->group, name);
    if (channel == NULL || channel->is_refused) {
        sl_map_remove(&listen->subs, &sub->node);
        if (channel != NULL) {
            listen_group_unwant(listen->group, channel);
        }
        free(sub);
        return NULL;
    }
    sub->listen = listen;
    sub->channel = channel;
    sl_list_append(&listen->all, &sub->link);
    sl_list_append(&channel->subs, &sub->in_channel);
    listen->unconfirmed += channel->is_confirmed ? 0 : 1;
    listen->unmarked++;
    listen_passage_void(listen);
    return sub;
}

struct listen_sub *listen_client_sub(struct listen_client *listen, struct sl_span name)
{
    struct listen_sub *sub = sub_find(listen, name);

    return sub != NULL ? sub : sub_new(listen, name);
}

/* Is it the listener's to say? */
static bool is_moved(const struct listen_sub *sub)
{
    return sub->number != 0 && sub->number <= sub->listen->server_marked;
}

/* What is not moved yet gets the number of the next marker; or is it taken back again? */
static void number_new(struct listen_client *listen, uint32_t from, uint32_t to)
{
    listen_passage_void(listen);
    SL_LIST_EACH (it, &listen->all) {
        struct listen_sub *sub = SL_CONTAINER(it, struct listen_sub, link);
        if (sub->number == from) {
            listen->unmarked += (to == 0 ? 1U : 0U) - (from == 0 ? 1U : 0U);
            sub->number = to;
        }
    }
}

static void timer_fired(struct timer *timer);

static struct listen_client *listen_new(struct client *client)
{
    struct listen_client *listen = calloc(1, sizeof *listen);
    struct listen_group *group =
            listen == NULL ? NULL : listen_group_of(client->io.worker, client->pool);

    if (group == NULL) {
        free(listen);
        return NULL;
    }
    listen->client = client;
    listen->group = group;
    sl_list_init(&listen->touched);
    sl_list_init(&listen->all);
    sl_map_init(&listen->subs, CHANNELS_MAX);
    sl_buf_init(&listen->waiting, LISTEN_WAITING_MAX);
    timer_init(&listen->timer, timer_fired);
    timer_init(&listen->echo_timer, listen_echo_timer_fired);
    sl_list_append(&group->clients, &listen->link);
    client->listen = listen;
    atomic_fetch_add(&place_of(listen)->subscribers, 1);
    return listen;
}

struct listen_client *listen_client_of(struct client *client)
{
    return client->listen != NULL ? client->listen : listen_new(client);
}

void listen_client_free(struct client *client)
{
    struct listen_client *listen = client->listen;

    if (listen == NULL) {
        return;
    }
    client->listen = NULL;
    if (client->server != NULL) {
        client->server->listen_asks = false;
    }
    SL_LIST_EACH_SAFE (it, &listen->all) {
        sub_free(SL_CONTAINER(it, struct listen_sub, link));
    }
    atomic_fetch_sub(&place_of(listen)->subscribers, 1);
    timer_clear(&client->io.worker->timers, &listen->timer);
    timer_clear(&client->io.worker->timers, &listen->echo_timer);
    sl_map_fini(&listen->subs);
    listen_waiting_forget(listen);
    sl_list_remove(&listen->link);
    sl_list_remove(&listen->touched);
    listen_group_ask(listen->group);
    listen_group_free_if_empty(listen->group);
    free(listen);
}

/* ---- news ---- */

static bool has_its_encoding(const struct listen_client *listen)
{
    const char *own = params_get(listen->client->params, LINK_ENCODING);

    return own != NULL && strcasecmp(own, listen->group->up.encoding) == 0;
}

static void warn_of_missed(struct listen_client *listen)
{
    listen->has_missed = false;
    listen_waiting_warn(listen,
            "the connection that listens for this session was lost: notifications of its "
            "channels may have been missed; from now on they are delivered again");
}

void listen_client_touch(struct listen_client *listen)
{
    if (sl_list_empty(&listen->touched)) {
        sl_list_append(&listen->group->touched, &listen->touched);
    }
}

void listen_client_confirmed(struct listen_sub *sub, bool is_confirmed)
{
    struct listen_client *listen = sub->listen;

    listen->unconfirmed -= is_confirmed ? 1 : 0;
    listen->is_stuck |= !is_confirmed;
    if (listen->unconfirmed == 0 && listen->has_missed) {
        warn_of_missed(listen);
    }
    listen_client_touch(listen);
}

static void hear(struct listen_client *listen, struct sl_span message)
{
    struct sl_span text = sl_span(message.at + MESSAGE_HEAD + 4, message.len - MESSAGE_HEAD - 4);
    if (!channels_is_ascii(text) && !has_its_encoding(listen)) {
        listen_waiting_warn(listen,
                "a notification could not be delivered: it is in another encoding than the "
                "client_encoding of this session");
        return;
    }
    bool is_own = sl_get_u32(message.at + MESSAGE_HEAD) == listen->client->cancel.pid;
    listen->hears_itself |= is_own && !listen->owes_ready;
    atomic_fetch_add_explicit(&place_of(listen)->told, 1, memory_order_relaxed);
    listen_waiting_put(listen, message);
}

void listen_client_heard(struct listen_sub *sub, struct sl_span message)
{
    struct listen_client *listen = sub->listen;

    if (sub->number == 0 || sub->number > listen->hub_marked) {
        return; /* its server says it */
    }
    if (listen_passage_counts(sub)) {
        hear(listen, message);
    }
}

void listen_client_replay(struct listen_client *listen, struct sl_span message)
{
    struct back_notification notification;
    struct sl_span body = sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD);

    if (back_notification_read(body, &notification) == SL_OK &&
            listen_client_hears(listen, notification.channel)) {
        hear(listen, message);
    }
}

void listen_client_skip(struct listen_client *listen, struct sl_span name, uint64_t count)
{
    struct listen_sub *sub = sub_find(listen, name);

    if (sub != NULL) {
        sub->skip = count;
    }
}

void listen_client_missed(struct listen_client *listen)
{
    listen->has_missed = true;
    if (listen->unconfirmed == 0) {
        warn_of_missed(listen);
    }
}

void listen_client_marked(struct listen_group *group, const struct listen_marker *marker)
{
    const struct client *client = client_find(group->worker, marker->client);
    struct listen_client *listen = client == NULL ? NULL : client->listen;

    if (listen != NULL && listen->group == group && (marker->number & LISTEN_ECHO_BIT) != 0) {
        listen_echo_heard(listen, marker->number);
    } else if (listen != NULL && listen->group == group && marker->number <= listen->number &&
               marker->number > listen->hub_marked) {
        listen->hub_marked = marker->number;
        listen_client_touch(listen);
    }
}

void listen_client_lost(struct listen_client *listen)
{
    listen->unconfirmed = listen->subs.count;
    if (listen->hub_marked < listen->number && listen->number != LISTEN_PASSED) {
        /* What comes before it the next one may say, too: so its server says it, until the next marker. */
        listen->has_missed |= listen->server_marked == listen->number;
        number_new(listen, listen->number, 0);
    }
    listen->hub_marked = listen->number; /* no marker of before will come */
    listen->awaits = false;              /* nor what was heard on its way here */
    listen_passage_void(listen);
    SL_LIST_EACH (it, &listen->all) {
        SL_CONTAINER(it, struct listen_sub, link)->skip = 0;
    }
    listen->has_missed |= listen->unmarked < listen->subs.count;
    listen_client_touch(listen);
}

void listen_client_deaf(struct listen_client *listen)
{
    if (listen->has_missed) {
        listen_waiting_warn(listen,
                "the connection that listens for this session was lost, and cannot be made "
                "again yet: notifications of its channels are being missed");
    }
}

static void end(struct client *client)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_ELIMIT, SL_STATE_LIMIT_EXCEEDED,
                      "terminating connection because more notifications wait for the end of its "
                      "transaction than are kept"),
            "the client is told");
    client_fail(client, "FATAL", &error);
}

void listen_client_see(struct listen_client *listen)
{
    struct client *client = listen->client;
    struct server *server = client->server;

    if (client->state == CLIENT_MOVING) {
        return; /* it may be another process's: what waits is not, if it is not */
    }
    if (listen->is_over) {
        end(client);
        return;
    }
    bool is_due = listen->owes_ready || ((client->pins & PIN_LISTEN) != 0 && !client->is_held);
    if (is_due && server != NULL && server->state == SERVER_LINKED &&
            expect_idle(&server->expect) && server->expect.status == 'I' &&
            client->state == CLIENT_ACTIVE) {
        link_settle(server); /* it may be what this pin waited for */
        return;
    }
    listen_waiting_flush(client);
}

/* ---- moving ---- */

const char *listen_client_marker(const struct listen_client *listen, uint32_t number, char *text)
{
    const struct client *client = listen->client;
    struct listen_marker marker = {.process = process_number(),
            .database = listen->group->database->index,
            .worker = client->io.worker->index,
            .client = client->id,
            .number = number};

    listen_marker_text(&marker, text);
    return text;
}

void listen_client_ask(struct listen_client *listen, enum listen_asked what, struct sl_buf *text)
{
    struct server *server = listen->client->server;

    if (sl_buf_put_u8(text, '\0') != SL_OK ||
            server_ask_listen(server, (const char *)sl_buf_borrow(text).at) != SL_OK) {
        listen->has_failed = true;
        return;
    }
    listen->asked = (uint8_t)what;
    server->listen_asks = true;
}

static void ask_to_mark(struct listen_client *listen)
{
    struct worker *worker = listen->client->io.worker;
    struct server *server = listen->client->server;
    char marker[LISTEN_MARKER_MAX];
    struct sl_buf text;

    sl_buf_init(&text, TEXT_MAX);
    uint32_t number = listen->number + 1;
    const char *name = listen->group->private_name;
    if (sl_buf_printf(&text, "SET LOCAL statement_timeout = 0; LISTEN \"%s\"; NOTIFY \"%s\", '%s'",
                name, name, listen_client_marker(listen, number, marker)) == SL_OK) {
        listen_client_ask(listen, LISTEN_ASKED_MARK, &text);
    }
    sl_buf_reset(&text);
    if (listen->asked == LISTEN_ASKED_MARK) {
        /* It has come before the answer: pg_listening_channels() need not tell of it. */
        if (channels_put_statement(&text, "UNLISTEN", sl_span_text(name)) != SL_OK ||
                sl_buf_put_u8(&text, '\0') != SL_OK ||
                server_ask_tolerated(server, (const char *)sl_buf_borrow(&text).at) != SL_OK) {
            server->close_reason = "out of memory";
        }
        listen->number = number;
        number_new(listen, 0, number);
        timer_set(&worker->timers, &listen->timer, worker->now + LISTEN_MARK_TIME);
    }
    sl_buf_fini(&text);
}

static void ask_to_leave(struct listen_client *listen)
{
    struct sl_buf text;

    sl_buf_init(&text, TEXT_MAX);
    if (sl_buf_printf(&text, "SET LOCAL statement_timeout = 0; UNLISTEN *%s",
                listen->has_setting ? "; RESET " LISTEN_SETTING : "") == SL_OK) {
        listen_client_ask(listen, LISTEN_ASKED_LEAVE, &text);
    }
    sl_buf_fini(&text);
}

/* Does the listener hear all that is to be moved, where the server is, in the client's encoding? */
static bool is_heard(const struct listen_client *listen, const struct server *server)
{
    const struct listen_group *group = listen->group;

    return listen->unconfirmed == 0 && group->up.serial != 0 &&
           group->up.place == listen_place_of(server) && has_its_encoding(listen);
}

bool listen_client_settle(struct client *client, struct server *server)
{
    struct listen_client *listen = client->listen;

    if (SL_LIKELY(listen == NULL) || (client->pins & PIN_LISTEN) == 0 || listen->is_stuck ||
            client->has_left || server->close_reason != NULL) {
        return false;
    }
    if (listen->has_failed) {
        listen->has_failed = false; /* with the next of its transactions */
        return false;
    }
    if (!is_heard(listen, server)) {
        return false;
    }
    if (listen->unmarked > 0) {
        ask_to_mark(listen);
    } else if (listen->hub_marked == listen->number && client->pins == PIN_LISTEN) {
        ask_to_leave(listen);
    }
    return listen->asked != LISTEN_ASKED_NOTHING;
}

bool listen_client_is_moving(const struct client *client)
{
    const struct listen_client *listen = client->listen;

    return listen != NULL && !listen->is_stuck && !listen->has_failed &&
           !listen->group->is_failing &&
           (listen->group->up.serial == 0 || listen->unconfirmed > 0 ||
                   listen->hub_marked < listen->number ||
                   (client->server != NULL && is_heard(listen, client->server)));
}

static void mark_failed(struct listen_client *listen)
{
    number_new(listen, listen->number, 0);
    listen->has_failed = true;
    timer_clear(&listen->client->io.worker->timers, &listen->timer);
    listen->hub_marked = listen->number;
}

static void on_left(struct listen_client *listen, struct server *server)
{
    struct client *client = listen->client;

    client->pins &= (uint16_t)~PIN_LISTEN;
    server->is_dirty = client->pins != 0 || server->has_called || server->restored != NULL;
    listen->is_home = false;
    listen->has_setting = false;
}

void listen_client_asked(struct server *server, enum expect_outcome outcome)
{
    struct client *client = server->client;
    struct listen_client *listen = client == NULL ? NULL : client->listen;
    bool is_done = outcome == EXPECT_DONE;

    server->listen_asks = listen != NULL && listen->owes_ready;
    if (listen == NULL) {
        return;
    }
    enum listen_asked asked = (enum listen_asked)listen->asked;
    listen->asked = LISTEN_ASKED_NOTHING;
    switch (asked) {
    case LISTEN_ASKED_MARK:
        if (!is_done || listen->server_marked != listen->number) {
            listen->is_stuck |=
                    is_done; /* it does not tell it its own: the next time it would not, too */
            mark_failed(listen);
        }
        break;
    case LISTEN_ASKED_LEAVE:
        if (is_done) {
            on_left(listen, server);
        }
        listen->has_failed |= !is_done;
        break;
    case LISTEN_ASKED_HOME:
        listen->is_home = is_done;
        server->is_broken |= !is_done; /* as with settings: nothing may be behind it */
        server->has_refused |= !is_done;
        break;
    case LISTEN_ASKED_SETTING:
    case LISTEN_ASKED_AGAIN:
        listen->may_go = asked == LISTEN_ASKED_AGAIN || listen->is_set || !is_done;
        listen->must_repeat = !listen->may_go;
        break;
    case LISTEN_ASKED_ECHO:
        if (!is_done) {
            listen_echo_failed(listen);
        }
        break;
    case LISTEN_ASKED_NOTHING:
        break;
    }
}

/* Both are connected to a PostgreSQL, but not to the same: what came since the marker is lost. */
static void timer_fired(struct timer *timer)
{
    struct listen_client *listen = SL_CONTAINER(timer, struct listen_client, timer);

    if (listen->awaits) {
        listen_passage_missed(listen); /* there was no memory for the answer */
        listen_waiting_flush(listen->client);
    } else if (listen->hub_marked < listen->number && listen->asked != LISTEN_ASKED_MARK) {
        mark_failed(listen);
        listen->has_failed = false;
        listen->is_stuck = true;
        listen_waiting_warn(listen,
                "notifications of this session's channels may have been missed in the last "
                "seconds");
        listen_waiting_flush(listen->client);
    }
}

/* ---- what its server says ---- */

static bool is_its(const struct client *client, struct sl_span body)
{
    struct listen_client *listen = client->listen;
    struct back_notification notification;
    char text[LISTEN_MARKER_MAX];

    /* Whoever holds the server did not listen, unless it has held it ever since. */
    if (client->mode == CONF_POOL_SESSION || listen == NULL) {
        return client->mode == CONF_POOL_SESSION || (client->pins & PIN_LISTEN) != 0;
    }
    if (back_notification_read(body, &notification) != SL_OK) {
        return false;
    }
    if (sl_span_is(notification.channel, listen->group->private_name)) {
        if (sl_span_is(notification.payload, listen_client_marker(listen, listen->number, text))) {
            listen->server_marked = listen->number;
        }
        return false;
    }
    const struct listen_sub *sub = sub_find(listen, notification.channel);
    return sub != NULL ? !is_moved(sub) : (client->pins & PIN_LISTEN) != 0;
}

bool listen_client_passes(struct server *server, struct sl_span body)
{
    if (server->hub != NULL) {
        listen_hub_notified(server, body);
        return false;
    }
    return server->client != NULL && is_its(server->client, body);
}

void listen_client_row(struct server *server, struct sl_span body)
{
    struct listen_client *listen = server->client == NULL ? NULL : server->client->listen;
    struct sl_span value;

    if (listen != NULL && listen->asked == LISTEN_ASKED_SETTING) {
        listen->is_set = back_row_field(body, 0, &value) && sl_span_is(value, listen->value);
    }
}

/* ---- the answer ---- */

static void take_names(struct listen_client *listen, struct sl_span names)
{
    struct sl_span name;

    listen->seen++;
    listen->is_stuck = false;
    while (channels_list_next(&names, &name)) {
        struct listen_sub *sub = sub_find(listen, name);
        sub = sub == NULL ? sub_new(listen, name) : sub;
        if (sub == NULL) {
            listen->is_stuck = true;
            continue;
        }
        listen->is_stuck |= sub->channel->is_refused;
        sub->seen = listen->seen;
    }
}

void listen_client_answered(
        struct client *client, struct server *server, struct sl_span names, bool is_whole)
{
    struct listen_client *listen = client->listen;
    bool is_gone = false;

    if (listen == NULL &&
            (names.len == 0 || !client->io.worker->conf->shared_listen || server->is_replication)) {
        return;
    }
    listen = listen == NULL ? listen_new(client) : listen;
    if (listen == NULL) {
        return;
    }
    is_whole |= listen->is_home;
    take_names(listen, names);
    listen->is_home = true;
    server->is_dirty |= listen->has_setting;
    SL_LIST_EACH_SAFE (it, &listen->all) {
        struct listen_sub *sub = SL_CONTAINER(it, struct listen_sub, link);
        if (sub->seen == listen->seen) {
            continue;
        }
        if (is_whole) {
            sub_free(sub);
            is_gone = true;
        } else {
            listen->is_home = false;
        }
    }
    if (is_gone) {
        listen_waiting_drop(listen);
    }
    listen_group_ask(listen->group);
    if (listen->subs.count == 0 && sl_buf_len(&listen->waiting) == 0 && !listen->owes_ready) {
        listen_client_free(client);
    }
}

void listen_client_parted(struct client *client)
{
    struct listen_client *listen = client->listen;

    if (listen != NULL) {
        client->server->listen_asks = false;
        listen->asked = LISTEN_ASKED_NOTHING;
        listen->is_home = false;
        listen->has_setting = false;
        listen->may_go = false;
        listen->must_repeat = false;
    }
}

/* ---- what it sends ---- */

static enum sl_err put_all(const struct listen_client *listen, struct sl_buf *text)
{
    enum sl_err err = SL_OK;

    SL_LIST_EACH (it, &listen->all) {
        const struct listen_sub *sub = SL_CONTAINER(it, struct listen_sub, link);
        err = err == SL_OK ? channels_put_statement(text, "LISTEN", name_of(sub)) : err;
    }
    return err;
}

/* Ahead of the request, in a transaction of its own: what it takes away is there. */
static void replay(struct listen_client *listen)
{
    static const char head[] = "SET LOCAL statement_timeout = 0; ";
    struct sl_buf text;

    sl_buf_init(&text, TEXT_MAX);
    enum sl_err err = sl_buf_put(&text, head, sizeof head - 1);
    err = err == SL_OK ? put_all(listen, &text) : err;
    if (err == SL_OK) {
        listen_client_ask(listen, LISTEN_ASKED_HOME, &text);
    }
    sl_buf_fini(&text);
}

static void ask_setting(struct listen_client *listen)
{
    static const char query[] = "SELECT pg_catalog.current_setting('" LISTEN_SETTING "', true)";
    struct sl_buf text;

    listen->is_set = false;
    sl_buf_init(&text, TEXT_MAX);
    if (sl_buf_put(&text, query, sizeof query - 1) == SL_OK) {
        listen_client_ask(listen, LISTEN_ASKED_SETTING, &text);
    }
    sl_buf_fini(&text);
}

/* In the client's transaction, and rolled back with it. */
static void replay_within(struct listen_client *listen)
{
    struct client *client = listen->client;
    struct sl_buf text;

    snprintf(listen->value, sizeof listen->value, "%lu.%u", (unsigned long)client->cancel.serial,
            ++listen->replays);
    sl_buf_init(&text, TEXT_MAX);
    enum sl_err err = put_all(listen, &text);
    if (err == SL_OK) {
        err = sl_buf_printf(&text,
                "SELECT pg_catalog.set_config('" LISTEN_SETTING "', '%s', false)", listen->value);
    }
    if (err == SL_OK) {
        listen_client_ask(listen, LISTEN_ASKED_AGAIN, &text);
    }
    sl_buf_fini(&text);
    listen->has_setting |= listen->asked == LISTEN_ASKED_AGAIN;
}

bool listen_client_was_whole(const struct client *client, struct sl_span value)
{
    return client->listen != NULL && sl_span_is(value, client->listen->value);
}

bool listen_client_may_send(struct client *client, unsigned effects)
{
    struct listen_client *listen = client->listen;
    struct server *server = client->server;

    bool unlistens = (effects & EFFECTS_UNLISTENS) != 0;
    bool asks = (effects & EFFECTS_CHANNELS) != 0 ||
                (client->asks_channels && server->expect.status == 'I');

    if ((!unlistens && !asks) || listen->is_home || listen->subs.count == 0) {
        return true;
    }
    if (listen->may_go) {
        listen->may_go = false;
        return true;
    }
    if (server->is_unsynced || server->expect.skipping || server->expect.status == 'E') {
        return true;
    }
    if (!expect_idle(&server->expect)) {
        bool comes = !expect_is_stuck(&server->expect) && server->expect.copy == EXPECT_COPY_NONE;
        server->is_awaited |= comes; /* parted for what was ahead, it would only be linked anew */
        return !comes;
    }
    if (server->expect.status == 'I') {
        replay(listen);
    } else if (!unlistens) {
        return true; /* it would not tell of them yet */
    } else if (!listen->has_setting || listen->must_repeat) {
        listen->must_repeat = false;
        replay_within(listen);
    } else {
        ask_setting(listen);
    }
    if (listen->asked == LISTEN_ASKED_NOTHING) {
        return true; /* no memory */
    }
    server->may_have_left = true; /* so that it is asked, whatever the request is */
    server->is_dirty = true;
    server->is_awaited = true;
    return false;
}
