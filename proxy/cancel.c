/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel.c - cancel requests on their way.
 *
 * A request travels: read here (CLIENT_CANCEL) -> letter to the worker of the
 * client it is about -> there either done at once or a connection to the server ->
 * letter back, so that the connection it came by is closed when it was delivered:
 * whoever cancels waits for that, as with PostgreSQL. A key of another process of our
 * group goes to that one (proxy/peer.c).
 */
#include "proxy/cancel.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "proxy/cancel_keys.h"
#include "proxy/cancel_rate.h"
#include "proxy/cancel_send.h"
#include "proxy/client.h"
#include "proxy/client_cancelled.h"
#include "proxy/console.h"
#include "proxy/handover_take.h"
#include "proxy/link.h"
#include "proxy/peer.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

struct cancel {
    struct cancel_send send; /* first */
    struct sl_id client;     /* whom it is about */
    struct pool *pool;       /* held while a connection to its server is under way */
    struct server *server;   /* kept from others until this is over; NULL: it has gone */
    struct sl_list on_server;
    struct timer turn; /* an orphan's, when many were left at once */
    bool is_orphan;
    uint64_t serial;  /* the server's */
    uint32_t segment; /* the last that had been sent when the request came */
    bool is_sent;     /* as the pool counts it */
    bool is_waiting;  /* for the end of what we asked the server ourselves; no connection yet */
};

static _Atomic uint64_t dropped;
static atomic_int under_way[2]; /* clients' own; orphans: neither takes the other's room */
static struct cancel_rate orphans;

uint64_t cancel_dropped(void)
{
    return atomic_load(&dropped);
}

enum sl_err cancel_put_key(struct client *client, uint32_t pid, struct sl_buf *buf)
{
    struct cancel_key *key = &client->cancel;
    uint8_t secret[CANCEL_KEY_LONG];

    key->worker = client->io.worker;
    key->client = client->id;
    enum sl_err err = cancel_key_add(key, pid, client->io.worker->conf->peer_id, client->minor_two);
    if (err != SL_OK) {
        return err;
    }
    size_t len = cancel_key_secret(key, secret);
    return len == 0 ? SL_ENOMEM : back_put_key_data(buf, key->pid, sl_span(secret, len));
}

/* ---- the end of it ---- */

static void done(struct cancel *cancel, struct worker *worker)
{
    atomic_fetch_sub(&under_way[cancel->is_orphan], 1);
    timer_clear(&worker->timers, &cancel->turn);
    cancel_send_finish(&cancel->send, worker);
}

static void release_server(struct cancel *cancel)
{
    struct server *server = cancel->server;

    sl_list_remove(&cancel->on_server);
    cancel->server = NULL;
    if (!sl_list_empty(&server->cancels)) {
        return;
    }
    struct client *client = server->client;
    if (client != NULL) {
        if (server->saw_reset) {
            server_after_reset(server);
        }
        if (client->is_held) {
            client->request_at = server->io.worker->now; /* the time until now was not its own */
            client_set_timer(client);
            client_wake(client);
        }
        if (expect_idle(&server->expect) && server->is_due) {
            client_wake(client); /* its question waited; the caller still has both in hand */
        }
    } else if (server->state == SERVER_CLEAN && expect_idle(&server->expect)) {
        link_free_server(server);
    }
}

static void log_failed(const struct cancel *cancel)
{
    char where[ADDRESS_TEXT_MAX];

    sl_log(SL_LOG_WARN, "cancel_not_sent", "server=%lu db=%s address=%s reason=%s",
            (unsigned long)cancel->serial, sl_log_quote(cancel->pool->database->name),
            sl_log_quote(address_text(&cancel->send.address, where)),
            sl_log_quote(cancel->send.why));
}

/* Of what the server still owes, is there a request that it was meant for? */
static bool is_meant(const struct cancel *cancel)
{
    const struct expect_entry *first =
            cancel->server == NULL ? NULL : expect_first_shown(&cancel->server->expect);

    return first != NULL && (int32_t)(first->segment - cancel->segment) <= 0;
}

/*
 * Is what runs still what it was meant for: a request of the client's that had been
 * sent when the cancel came? A later one would be hit for no reason.
 */
static bool wanted(struct cancel_send *send)
{
    const struct cancel *cancel = SL_CONTAINER(send, struct cancel, send);

    return is_meant(cancel) && !expect_hidden(&cancel->server->expect);
}

static void sent(struct cancel_send *send)
{
    struct cancel *cancel = SL_CONTAINER(send, struct cancel, send);

    cancel->is_sent = true;
    atomic_fetch_add(&cancel->pool->cancels_active, 1);
    atomic_fetch_sub(&cancel->pool->cancels_waiting, 1);
}

/* It may be gone after this. */
static void leave_pool(const struct cancel *cancel)
{
    struct pool *pool = cancel->pool;

    atomic_fetch_sub(cancel->is_sent ? &pool->cancels_active : &pool->cancels_waiting, 1);
    registry_let_go(&pool->holders);
}

static void ended(struct cancel_send *send, enum cancel_end how)
{
    struct cancel *cancel = SL_CONTAINER(send, struct cancel, send);
    struct worker *worker = send->worker;

    if (how == CANCEL_UNWANTED && is_meant(cancel)) {
        cancel->is_waiting = true; /* something of ours came in between */
        return;
    }
    if (how == CANCEL_FAILED || how == CANCEL_LATE) {
        log_failed(cancel);
    }
    leave_pool(cancel);
    if (cancel->server != NULL) {
        if (how == CANCEL_LATE && cancel->is_sent && cancel->server->close_reason == NULL) {
            cancel->server->close_reason = "a cancel request may still come to it";
        }
        release_server(cancel);
    }
    done(cancel, worker);
}

/* ---- to the server ---- */

/*
 * The settings in force, so that a renewed certificate is known; of a link that is
 * encrypted its own, when there are none any more. False: no memory.
 */
static bool take_tls(struct cancel_send *send, const struct server *server)
{
    if (server->address.at.any.sa_family == AF_UNIX) {
        return true;
    }
    send->tls_context = process_tls_to_servers();
    if (send->tls_context == NULL && server->io.tls != NULL) {
        send->tls_context = tls_context_ref(tls_context_of(server->io.tls));
    }
    if (send->tls_context == NULL) {
        return true;
    }
    send->host = strdup(server->host);
    return send->host != NULL;
}

/* What the connection that carries the server's own key needs; not open yet. */
static bool prepare(struct cancel *cancel, const struct server *server)
{
    struct cancel_send *send = &cancel->send;

    if (server->key_len == 0 ||
            !cancel_send_packet(send, server->pid, sl_span(server->key, server->key_len)) ||
            !take_tls(send, server)) {
        return false;
    }
    cancel->pool = server->pool;
    cancel->serial = server->serial;
    send->address = server->address;
    send->sent = sent;
    send->ended = ended;
    cancel_send_begin(send, server->io.worker, CANCEL_DEADLINE);
    return true;
}

static void hold_pool(struct cancel *cancel)
{
    SL_CHECK(registry_hold(&cancel->pool->holders)); /* the server holds it, too */
    atomic_fetch_add(&cancel->pool->cancels_waiting, 1);
}

/* The query it meant may have ended: then it is dropped. What runs may be our own: then it waits. */
static bool send_for(struct cancel *cancel, struct server *server)
{
    const struct expect_entry *last = expect_last(&server->expect);

    cancel->server = server;
    cancel->segment = last == NULL ? 0 : last->segment;
    cancel->send.wanted = wanted;
    if (!is_meant(cancel) || !prepare(cancel, server)) {
        return false;
    }
    cancel->is_waiting = expect_hidden(&server->expect);
    if (!cancel->is_waiting && !cancel_send_open(&cancel->send, &server->address)) {
        log_failed(cancel);
        return false;
    }
    hold_pool(cancel);
    sl_list_append(&server->cancels, &cancel->on_server);
    return true;
}

void cancel_go_on(struct server *server)
{
    if (expect_hidden(&server->expect)) {
        return;
    }
    SL_LIST_EACH_SAFE (it, &server->cancels) {
        struct cancel *cancel = SL_CONTAINER(it, struct cancel, on_server);
        if (!cancel->is_waiting) {
            continue;
        }
        cancel->is_waiting = false;
        if (!wanted(&cancel->send)) {
            ended(&cancel->send, CANCEL_UNWANTED);
        } else if (!cancel_send_open(&cancel->send, &server->address)) {
            ended(&cancel->send, CANCEL_FAILED);
        }
    }
}

void cancel_recall(struct server *server)
{
    SL_LIST_EACH_SAFE (it, &server->cancels) {
        struct cancel *cancel = SL_CONTAINER(it, struct cancel, on_server);
        if (!cancel->is_sent) {
            sl_list_remove(&cancel->on_server);
            leave_pool(cancel);
            done(cancel, server->io.worker);
        }
    }
}

bool cancel_holds_next(struct server *server)
{
    if (sl_list_empty(&server->cancels) || !expect_idle(&server->expect)) {
        return false;
    }
    cancel_recall(server);
    return !sl_list_empty(&server->cancels);
}

void cancel_server_gone(struct server *server)
{
    struct sl_list *it;

    cancel_recall(server);
    while ((it = sl_list_pop(&server->cancels)) != NULL) {
        SL_CONTAINER(it, struct cancel, on_server)->server = NULL;
    }
}

/* On the worker of the client that the request is about. */
static void deliver_request(struct letter *letter, struct worker *worker)
{
    struct cancel *cancel = SL_CONTAINER(letter, struct cancel, send.letter);
    struct client *client = client_find(worker, cancel->client);

    if (client == NULL || worker->stopping) {
        done(cancel, worker);
        return;
    }
    if (client->state == CLIENT_CONSOLE) {
        console_cancel(client);
        done(cancel, worker);
        return;
    }
    if (client->server == NULL) {
        client_cancelled_in_line(client);
        done(cancel, worker);
        return;
    }
    if (client_cancelled_held(client) || !send_for(cancel, client->server)) {
        done(cancel, worker);
    }
}

/* ---- from whom it comes ---- */

static void turn_came(struct timer *timer)
{
    struct cancel *cancel = SL_CONTAINER(timer, struct cancel, turn);

    if (!cancel_send_open(&cancel->send, &cancel->send.address)) {
        ended(&cancel->send, CANCEL_FAILED);
    }
}

static struct cancel *cancel_new(bool is_orphan)
{
    struct cancel *cancel = NULL;

    if (atomic_fetch_add(&under_way[is_orphan], 1) < CANCELS_MAX) {
        cancel = calloc(1, sizeof *cancel);
    }
    if (cancel == NULL) {
        atomic_fetch_sub(&under_way[is_orphan], 1);
        atomic_fetch_add(&dropped, 1);
        return NULL;
    }
    cancel->is_orphan = is_orphan;
    timer_init(&cancel->turn, turn_came);
    return cancel;
}

static void begin(struct client *from, struct worker *to, struct sl_id client)
{
    struct cancel *cancel = cancel_new(false);

    if (cancel == NULL) {
        client_close(from, "too many cancel requests");
        return;
    }
    cancel_send_for(&cancel->send, from);
    cancel->client = client;
    cancel->send.letter.deliver = deliver_request;
    mailbox_post(&to->mailbox, &cancel->send.letter);
}

void cancel_request(struct client *from, uint32_t pid, struct sl_span key)
{
    struct sl_id client;
    struct worker *to = cancel_key_find(pid, key, &client);

    if (to != NULL) {
        begin(from, to, client);
    } else if (!handover_take_cancel(from, pid, key) && !peer_forward(from, pid, key)) {
        client_close(from, "cancel request of nobody");
    }
}

void cancel_request_again(struct client *from, uint32_t pid, struct sl_span key)
{
    struct sl_id client;
    struct worker *to = cancel_key_find(pid, key, &client);

    if (to != NULL) {
        begin(from, to, client);
    } else {
        client_close(from, "cancel request passed on");
    }
}

bool cancel_by_number(uint64_t number, uint32_t pid, struct sl_span key)
{
    struct sl_id client;
    struct worker *to = cancel_key_find(pid, key, &client);
    struct cancel *cancel = to == NULL ? NULL : cancel_new(false);

    if (cancel == NULL) {
        return false;
    }
    cancel->client = client;
    cancel->send.number = number;
    cancel->send.letter.deliver = deliver_request;
    mailbox_post(&to->mailbox, &cancel->send.letter);
    return true;
}

void cancel_orphan(struct server *server)
{
    struct worker *worker = server->io.worker;
    struct cancel *cancel = cancel_new(true);

    if (cancel == NULL) {
        return;
    }
    if (!prepare(cancel, server)) {
        done(cancel, worker);
        return;
    }
    hold_pool(cancel);
    sl_usec delay = cancel_rate_take(&orphans, worker->now);
    if (delay == 0) {
        turn_came(&cancel->turn);
    } else {
        timer_set(&worker->timers, &cancel->turn, worker->now + delay);
    }
}
