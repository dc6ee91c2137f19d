/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/peer.c - a line for each peer, at home on one worker.
 */
#include "proxy/peer.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/base/map.h"
#include "proxy/cancel_keys.h"
#include "proxy/cancel_send.h"
#include "proxy/client.h"
#include "proxy/dns.h"
#include "proxy/process.h"
#include "proxy/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer {
    struct sl_map_node node; /* under lock */
    int id;                  /* constant */
    struct worker *home;     /* constant; what follows its own, but for the counts */
    struct sl_list queue;    /* of forward.queue */
    bool is_starting;        /* start_waiting() is under way */
    bool is_failing;         /* the last one did not get there */
    unsigned next_address;
    atomic_int waiting;    /* any thread */
    atomic_int connecting; /* any thread */
    atomic_int active;     /* any thread */
};

enum forward_state { FORWARD_QUEUED, FORWARD_RESOLVING, FORWARD_CONNECTING, FORWARD_ACTIVE };

struct forward {
    struct cancel_send send; /* first */
    struct peer *peer;
    struct sl_list queue;
    enum forward_state state;
    bool is_over; /* but the resolver's letter is on its way */
    int tried;    /* of dns.addresses */
    int first;
    struct dns_request dns;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_map peers = {.nodes_max = CONF_PEER_ID_MAX}; /* under lock */

static uint64_t hash_of(int id)
{
    return (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 32;
}

static struct peer *find_locked(int id)
{
    for (struct sl_map_node *n = sl_map_first(&peers, hash_of(id)); n != NULL; n = sl_map_next(n)) {
        struct peer *peer = SL_CONTAINER(n, struct peer, node);
        if (peer->id == id) {
            return peer;
        }
    }
    return NULL;
}

static struct peer *make_locked(int id)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (peer == NULL || sl_map_put(&peers, &peer->node, hash_of(id)) != SL_OK) {
        free(peer);
        return NULL;
    }
    peer->id = id;
    peer->home = process_worker((unsigned)id % process_workers());
    sl_list_init(&peer->queue);
    return peer;
}

static struct peer *peer_of(int id)
{
    pthread_mutex_lock(&lock);
    struct peer *peer = find_locked(id);
    if (peer == NULL) {
        peer = make_locked(id);
    }
    pthread_mutex_unlock(&lock);
    return peer;
}

struct peer_counts peer_counts(int id)
{
    struct peer_counts counts = {0};

    pthread_mutex_lock(&lock);
    const struct peer *peer = find_locked(id);
    if (peer != NULL) {
        counts.waiting = atomic_load(&peer->waiting);
        counts.connecting = atomic_load(&peer->connecting);
        counts.active = atomic_load(&peer->active);
    }
    pthread_mutex_unlock(&lock);
    return counts;
}

void peer_fini(void)
{
    struct sl_map_node *node;

    while ((node = sl_map_any(&peers)) != NULL) {
        sl_map_remove(&peers, node);
        free(SL_CONTAINER(node, struct peer, node));
    }
    sl_map_fini(&peers);
}

/* ---- the end of one ---- */

static void start_waiting(struct peer *peer);

static void enter(struct forward *forward, enum forward_state state)
{
    struct peer *peer = forward->peer;
    atomic_int *const counts[] = {[FORWARD_QUEUED] = &peer->waiting,
            [FORWARD_RESOLVING] = &peer->connecting,
            [FORWARD_CONNECTING] = &peer->connecting,
            [FORWARD_ACTIVE] = &peer->active};

    atomic_fetch_add(counts[state], 1);
    atomic_fetch_sub(counts[forward->state], 1);
    forward->state = state;
}

static void uncount(struct forward *forward)
{
    enter(forward, FORWARD_QUEUED);
    atomic_fetch_sub(&forward->peer->waiting, 1);
}

/* Once when it begins, once when it is over: not a line for each request. */
static void note_health(struct peer *peer, bool is_well, const char *why)
{
    if (peer->is_failing == !is_well) {
        return;
    }
    peer->is_failing = !is_well;
    if (is_well) {
        sl_log(SL_LOG_INFO, "peer_reached", "peer=%d", peer->id);
    } else {
        sl_log(SL_LOG_WARN, "peer_not_reached", "peer=%d reason=%s", peer->id, sl_log_quote(why));
    }
}

/* NOLINTBEGIN(misc-no-recursion): once; peer->is_starting ends it. */
static void finish(struct forward *forward)
{
    struct peer *peer = forward->peer;

    sl_list_remove(&forward->queue);
    uncount(forward);
    cancel_send_finish(&forward->send, peer->home);
    if (!peer->home->stopping) {
        start_waiting(peer);
    }
}

/* ---- on its way ---- */

static void next_address(struct forward *forward)
{
    struct dns_request *dns = &forward->dns;
    struct address address;

    while (forward->tried < dns->count) {
        int at = (forward->first + forward->tried++) % dns->count;
        address_widen(&dns->addresses[at], &address);
        if (cancel_send_open(&forward->send, &address)) {
            enter(forward, FORWARD_CONNECTING);
            return;
        }
    }
    note_health(forward->peer, false, forward->send.why);
    finish(forward);
}

static void resolved(struct dns_request *request, struct worker *worker)
{
    struct forward *forward = SL_CONTAINER(request, struct forward, dns);

    (void)worker;
    if (forward->is_over) {
        finish(forward);
        return;
    }
    if (request->count == 0) {
        snprintf(forward->send.why, sizeof forward->send.why, "%.*s", CANCEL_WHY_MAX - 1,
                request->error);
    } else {
        forward->first = (int)(forward->peer->next_address++ % (unsigned)request->count);
    }
    next_address(forward);
}

static void sent(struct cancel_send *send)
{
    struct forward *forward = SL_CONTAINER(send, struct forward, send);

    enter(forward, FORWARD_ACTIVE);
}

static void ended(struct cancel_send *send, enum cancel_end how)
{
    struct forward *forward = SL_CONTAINER(send, struct forward, send);

    if (how == CANCEL_FAILED) {
        next_address(forward);
        return;
    }
    if (how == CANCEL_DELIVERED) {
        note_health(forward->peer, true, "");
    } else if (how == CANCEL_LATE && forward->state != FORWARD_QUEUED) {
        note_health(forward->peer, false, send->why);
    }
    if (forward->state == FORWARD_RESOLVING && !dns_cancel(&forward->dns)) {
        forward->is_over = true;
        return;
    }
    finish(forward);
}

static void start(struct forward *forward, const struct conf_host *host)
{
    enter(forward, FORWARD_RESOLVING);
    if (host->host[0] == '/' || host->host[0] == '@') {
        struct address address;
        if (address_parse(host->host, host->port, &address) != SL_OK) {
            snprintf(forward->send.why, CANCEL_WHY_MAX, "the socket's path is too long");
            next_address(forward);
        } else if (cancel_send_open(&forward->send, &address)) {
            enter(forward, FORWARD_CONNECTING);
        } else {
            next_address(forward);
        }
        return;
    }
    forward->dns.home = &forward->peer->home->mailbox;
    forward->dns.done = resolved;
    if (dns_lookup(host->host, host->port, &forward->dns) != DNS_LATER) {
        resolved(&forward->dns, forward->peer->home);
    }
}

/* What fails at once comes back here by finish(): then the loop below goes on with the next. */
static void start_waiting(struct peer *peer)
{
    const struct conf *conf = peer->home->conf;
    const struct conf_peer *known = conf_find_peer(conf, peer->id);

    if (peer->is_starting) {
        return;
    }
    peer->is_starting = true;
    while (!sl_list_empty(&peer->queue)) {
        struct forward *forward = SL_CONTAINER(peer->queue.next, struct forward, queue);
        if (known == NULL) {
            finish(forward); /* a reload has removed the peer */
            continue;
        }
        int size = known->pool_size >= 0 ? known->pool_size : conf->default_pool_size;
        if (atomic_load(&peer->connecting) + atomic_load(&peer->active) >= size) {
            break;
        }
        sl_list_remove(&forward->queue);
        start(forward, &known->host);
    }
    peer->is_starting = false;
}
/* NOLINTEND(misc-no-recursion) */

static void arrived(struct letter *letter, struct worker *worker)
{
    struct forward *forward = SL_CONTAINER(letter, struct forward, send.letter);
    sl_usec timeout = worker->conf->cancel_wait_timeout_usec;

    if (worker->stopping) {
        finish(forward);
        return;
    }
    cancel_send_begin(&forward->send, worker, timeout > 0 ? timeout : CANCEL_DEADLINE);
    sl_list_append(&forward->peer->queue, &forward->queue);
    start_waiting(forward->peer);
}

static struct forward *forward_new(struct peer *peer, uint32_t pid, struct sl_span key)
{
    struct forward *forward = NULL;

    if (atomic_fetch_add(&peer->waiting, 1) < PEER_WAITING_MAX) {
        forward = calloc(1, sizeof *forward);
    }
    if (forward == NULL || !cancel_send_packet(&forward->send, pid, key)) {
        atomic_fetch_sub(&peer->waiting, 1);
        free(forward);
        return NULL;
    }
    forward->peer = peer;
    forward->send.sent = sent;
    forward->send.ended = ended;
    sl_list_init(&forward->queue);
    return forward;
}

bool peer_forward(struct client *from, uint32_t pid, struct sl_span key)
{
    const struct conf *conf = from->io.worker->conf;
    int id = cancel_key_peer(pid);
    uint8_t secret[STARTUP_KEY_MAX];

    if (conf->peer_id == 0 || id == conf->peer_id || key.len > sizeof secret) {
        return false;
    }
    memcpy(secret, key.at, key.len);
    if (conf_find_peer(conf, id) == NULL || !cancel_key_hop(secret, key.len)) {
        return false;
    }
    struct peer *peer = peer_of(id);
    struct forward *forward =
            peer == NULL ? NULL : forward_new(peer, pid, sl_span(secret, key.len));
    if (forward == NULL) {
        return false;
    }
    cancel_send_for(&forward->send, from);
    forward->send.letter.deliver = arrived;
    mailbox_post(&peer->home->mailbox, &forward->send.letter);
    return true;
}
