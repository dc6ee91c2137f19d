/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/drain.h"

#include "protocol/crypto.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/console.h"
#include "proxy/handover_client.h"
#include "proxy/handover_give.h"
#include "proxy/listen_client.h"
#include "proxy/listen_passage.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_uint wanted; /* any thread: enum drain */
static atomic_uint closed; /* any thread: by DRAIN_CLOSES */

/* ---- offers ---- */

static struct drain_offer *make_offer(struct client *client)
{
    struct drain_offer *offer = NULL;
    struct sl_buf buf;

    sl_buf_init(&buf, (size_t)HANDOVER_HEAD + HANDOVER_BODY_MAX);
    enum sl_err err = handover_client_put(client, &buf);
    client->must_stay = err == SL_ELIMIT;
    if (err == SL_OK) {
        offer = malloc(sizeof *offer + sl_buf_len(&buf));
    }
    if (offer != NULL) {
        *offer = (struct drain_offer){.worker = client->io.worker,
                .client = client->id,
                .pool = client->pool,
                .len = sl_buf_len(&buf)};
        memcpy(offer->bytes, sl_buf_borrow(&buf).at, offer->len);
        offer->fd = fcntl(client->io.fd, F_DUPFD_CLOEXEC, 0);
    }
    sl_buf_fini(&buf);
    if (offer != NULL && offer->fd < 0) {
        free(offer);
        return NULL;
    }
    return offer;
}

/* What does not fit stays; what there is no memory for is tried again by the next pass. */
static void offer_client(struct client *client)
{
    struct worker *worker = client->io.worker;
    struct drain_offer *offer = make_offer(client);

    if (offer == NULL) {
        return;
    }
    SL_CHECK(registry_hold(&client->pool->holders));
    worker->drain.offers++;
    timer_clear(&worker->timers, &client->timer);
    io_want(&client->io, 0);
    client_enter(client, CLIENT_MOVING);
    handover_offer(offer);
}

static void go_on(struct client *client)
{
    client_enter(client, CLIENT_ACTIVE);
    client_set_timer(client);
    io_want(&client->io, IO_READ);
    if (client->listen != NULL) {
        listen_passage_void(client->listen);
        listen_client_see(client->listen); /* what came meanwhile; it may end */
    }
}

static void deliver_answer(struct letter *letter, struct worker *worker)
{
    struct drain_offer *offer = SL_CONTAINER(letter, struct drain_offer, letter);
    struct client *client = client_find(worker, offer->client);

    worker->drain.offers--;
    worker->drain.is_stopped = false;
    if (client != NULL && client->state == CLIENT_MOVING) {
        if (offer->answer == DRAIN_TAKEN) {
            client_close(client, "handed over to another process");
        } else {
            client->must_stay = offer->answer == DRAIN_STAYS;
            go_on(client);
        }
    }
    registry_let_go(&offer->pool->holders);
    free(offer);
}

void drain_answer(struct drain_offer *offer, enum drain_answer answer)
{
    offer->answer = answer;
    offer->letter.deliver = deliver_answer;
    mailbox_post(&offer->worker->mailbox, &offer->letter);
}

/* ---- clients ---- */

static void end_client(struct client *client)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EIO, SL_STATE_ADMIN_SHUTDOWN,
                      "terminating connection due to administrator command"),
            "the client is told");
    atomic_fetch_add(&closed, 1);
    client_fail(client, "FATAL", &error);
}

/* One that listens, and cannot be marked yet, may be by the next pass (listen_passage.h). */
static bool is_to_move(struct client *client)
{
    return (client->io.worker->drain.how & DRAIN_MOVES) != 0 && !client->must_stay &&
           handover_client_may_move(client) &&
           (client->listen == NULL || listen_passage_is_marked(client->listen));
}

static void see(struct client *client)
{
    struct drain_state *drain = &client->io.worker->drain;

    if (is_to_move(client)) {
        if (drain->offers < DRAIN_OFFERS) {
            offer_client(client);
        } else {
            drain->is_stopped = true;
        }
    } else if ((drain->how & DRAIN_CLOSES) != 0 &&
               (client->is_replication || handover_client_is_between(client))) {
        end_client(client);
    }
}

void drain_see(struct client *client)
{
    outbox_flush(&client->io.worker->outbox); /* its last reply is on its way before it is */
    see(client);
}

/* Servers whose clients have gone make room for those of the other process. */
static void close_servers(struct worker *worker)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        pool_close_surplus(p, worker, atomic_load(&p->clients), "handed over to another process");
    }
}

void drain_again(struct worker *worker)
{
    struct drain_state *drain = &worker->drain;

    if ((drain->how & DRAIN_MOVES) != 0 && !drain->is_passing) {
        drain->is_passing = true;
        drain->cursor = 0;
    }
}

void drain_turn(struct worker *worker)
{
    struct drain_state *drain = &worker->drain;
    struct client *client = NULL;
    struct sl_id id;

    if (!drain->is_passing && worker->has_tick) {
        drain->is_passing = true;
        drain->cursor = 0;
    }
    if (drain->is_passing) {
        outbox_flush(&worker->outbox); /* as in drain_see() */
    }
    for (int i = 0; i < DRAIN_BATCH && drain->is_passing && !drain->is_stopped; i++) {
        client = sl_slab_next(worker->clients, drain->cursor, &id);
        if (client == NULL) {
            drain->is_passing = false;
            atomic_fetch_add(&drain->passes, 1);
            if (worker->index == 0 && (drain->how & (DRAIN_MOVES | DRAIN_COUNTS)) != 0) {
                close_servers(worker);
            }
            break;
        }
        see(client);
        drain->cursor = drain->is_stopped ? id.slot : id.slot + 1;
    }
    if (!sl_list_empty(&worker->ready) || !sl_list_empty(&worker->resume)) {
        tick_stir(&worker->tick);
    }
}

/* ---- all workers ---- */

static void deliver(struct letter *letter, struct worker *worker)
{
    struct drain_state *drain = &worker->drain;
    struct client *client;
    struct sl_id id;
    uint32_t slot = 0;

    (void)letter;
    atomic_store(&drain->has_letter, false); /* before looking: a later change posts anew */
    drain->how = atomic_load(&wanted);
    drain->is_passing = false;
    drain->is_stopped = false;
    atomic_store(&drain->passes, 0);
    if (drain->how != DRAIN_NOT) {
        return;
    }
    while ((client = sl_slab_next(worker->clients, slot, &id)) != NULL) {
        slot = id.slot + 1;
        client->must_stay = false; /* of the next one that takes over it may be taken */
    }
}

unsigned drain_closed(void)
{
    return atomic_load(&closed);
}

void drain_set(unsigned how)
{
    atomic_store(&wanted, how);
    for (unsigned i = 0; i < process_workers(); i++) {
        struct drain_state *drain = &process_worker(i)->drain;
        if (!atomic_exchange(&drain->has_letter, true)) {
            drain->letter.deliver = deliver;
            mailbox_post(&process_worker(i)->mailbox, &drain->letter);
        }
    }
}

/*
 * A pass of worker 0 that has ended came after the letter by which it stopped accepting. Whoever is
 * on the way from it to another worker is counted there already.
 */
bool drain_is_over(void)
{
    unsigned clients = 0;

    for (unsigned i = 0; i < process_workers(); i++) {
        const struct drain_state *drain = &process_worker(i)->drain;
        if (atomic_load(&drain->has_letter) || atomic_load(&drain->passes) == 0) {
            return false;
        }
    }
    for (unsigned i = 0; i < process_workers(); i++) {
        clients += atomic_load(&process_worker(i)->clients_count);
    }
    return clients <= (unsigned)console_clients();
}
