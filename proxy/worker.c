/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/worker.c - the turn of a worker.
 *
 * libevent only says what happened (io.c: on_event); the work is done here, in
 * the order in which it came. Connections that became ready while others worked
 * (a client woken by its server's reply) have their turn in the same round.
 */
#include "proxy/worker.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "protocol/stmt.h"
#include "proxy/caching.h"
#include "proxy/cancel_send.h"
#include "proxy/client.h"
#include "proxy/listen_hub.h"
#include "proxy/pipeline.h"
#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/statistics.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TICK (20 * SL_MSEC)

/* A worker that rests looks around this often all the same; worker 0, as it sees to the pools: */
#define REST_MAX (10 * SL_SECOND)
#define TEND_REST_MAX (1 * SL_SECOND)

static _Thread_local const struct worker *self;

bool worker_is_self(const struct worker *worker)
{
    return self == worker;
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;

    (void)fd;
    (void)what;
    worker->has_mail = true;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;

    (void)fd;
    (void)what;
    worker->has_tick = true; /* the turn that follows sees to the timers */
}

/* Without clients only databases whose line names the user keep min_pool_size: one pool each. */
static bool lasts(const struct conf_database *db, const struct conf *conf)
{
    return db != NULL && db->user != NULL && conf_min_pool_size(conf, db) > 0;
}

/* They are held on their own account, until a configuration comes that says otherwise. */
static void make_lasting_pools(const struct conf *conf)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        const struct conf_database *db = conf_find_database(conf, p->database->name);
        if (p->lasts && (!lasts(db, conf) || strcmp(db->user, p->user->name) != 0)) {
            p->lasts = false;
            registry_let_go(&p->holders);
        }
    }
    for (int i = 0; i < conf->databases_count; i++) {
        const struct conf_database *db = conf->databases[i];
        if (!lasts(db, conf)) {
            continue;
        }
        struct database *database = registry_database(db->name);
        struct user *user = registry_user(db->user);
        struct pool *pool = database == NULL || user == NULL ? NULL : registry_pool(database, user);
        if (database != NULL) {
            registry_let_go(&database->holders); /* the pool holds it */
        }
        if (pool != NULL) {
            pool_configure(pool, conf);
        }
        if (pool != NULL && pool->lasts) {
            registry_let_go(&pool->holders);
        } else if (pool != NULL) {
            pool->lasts = true;
        }
    }
}

/* Worker 0 sees to what no client's or server's event would ever bring about. */
static void tend_pools(struct worker *worker)
{
    if (worker->index != 0 || worker->stopping) {
        return;
    }
    struct sl_error error = {
            .sqlstate = SL_STATE_ADMIN_SHUTDOWN, .text = "the proxy is shutting down"};
    bool leaves = process_shutdown() == PROCESS_WAITS_FOR_SERVERS;

    worker->tend_next = leaves ? worker->now : TICK_NEVER;
    if (worker->has_new_conf) {
        worker->has_new_conf = false;
        make_lasting_pools(worker->conf);
    }
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        sl_usec next = pool_tend(p, worker);
        worker->tend_next = next < worker->tend_next ? next : worker->tend_next;
        if (leaves) {
            pool_refuse_all(p, &error);
        }
    }
}

static void deliver_tend(struct letter *letter, struct worker *worker)
{
    (void)letter;
    /* Before looking: a later change posts anew; and what was changed before is seen. */
    (void)atomic_exchange(&worker->has_tend_letter, false);
    worker->shall_tend = true;
}

void worker_tend_pools(void)
{
    struct worker *worker = process_worker(0);

    if (!atomic_exchange(&worker->has_tend_letter, true)) {
        worker->tend_letter.deliver = deliver_tend;
        mailbox_post(&worker->mailbox, &worker->tend_letter);
    }
}

void worker_tend_pools_if_resting(void)
{
    if (atomic_load(&process_worker(0)->is_resting)) {
        worker_tend_pools();
    }
}

/* ---- the turn ---- */

static bool has_ready(const struct worker *worker)
{
    return !sl_list_empty(&worker->ready) || !sl_list_empty(&worker->resume);
}

/*
 * A tick after which nothing happened: the worker may rest. It says so before it looks at
 * the pools, so that who changes one after that look sends a letter.
 */
static void begin_turn(struct worker *worker)
{
    if (!worker->has_tick || worker->has_mail || has_ready(worker)) {
        if (!worker->tick.is_stirred) {
            tick_wake(&worker->tick);
            atomic_store_explicit(&worker->is_resting, false, memory_order_relaxed);
        }
    } else if (!worker->tick.is_stirred) {
        atomic_store(&worker->is_resting, true);
    }
}

static sl_usec rest_of(const struct worker *worker)
{
    sl_usec next = worker->now + (worker->index == 0 ? TEND_REST_MAX : REST_MAX);
    sl_usec flush = statistics_next(worker->index);
    sl_usec waits = caching_next(worker->index);

    if (has_ready(worker) || worker->drain.how != DRAIN_NOT) {
        return 0; /* by a timer, most likely */
    }
    next = flush < next ? flush : next;
    next = waits < next ? waits : next;
    next = worker->index == 0 && worker->tend_next < next ? worker->tend_next : next;
    return timer_wheel_next(&worker->timers, next) - worker->now;
}

static void end_turn(struct worker *worker)
{
    if (worker->has_tick) {
        sl_usec rest = worker->tick.is_stirred ? 0 : rest_of(worker);
        worker->has_tick = false;
        if (rest <= TICK) {
            atomic_store_explicit(&worker->is_resting, false, memory_order_relaxed);
        }
        tick_end(&worker->tick, rest);
    }
}

void worker_turn(struct worker *worker)
{
    struct sl_list *item;

    worker->now = sl_now();
    begin_turn(worker);
    if (worker->has_mail) {
        worker->has_mail = false;
        mailbox_deliver(&worker->mailbox, worker);
    }
    for (;;) {
        if ((item = sl_list_pop(&worker->ready)) != NULL) {
            struct io *io = SL_CONTAINER(item, struct io, ready);
            unsigned got = io->got;
            io->got = 0;
            io->on_ready(io, got);
        } else if ((item = sl_list_pop(&worker->resume)) != NULL) {
            client_resume(SL_CONTAINER(item, struct client, resume));
        } else {
            break;
        }
    }
    timer_wheel_turn(&worker->timers, worker->now);
    if (SL_UNLIKELY(worker->drain.how != DRAIN_NOT)) {
        drain_turn(worker);
    }
    if (worker->has_tick || worker->shall_tend) {
        worker->shall_tend = false;
        tend_pools(worker);
    }
    statistics_turn(worker->index, worker->now);
    caching_turn(worker->index, worker->now);
    outbox_flush(&worker->outbox);
    end_turn(worker);
}

static void *run(void *arg)
{
    struct worker *worker = arg;

    self = worker;
    while (!worker->stopping) {
        event_base_loop(worker->base, EVLOOP_ONCE);
        worker_turn(worker);
    }
    return NULL;
}

static enum sl_err make_base(struct worker *worker)
{
    struct event_config *config = event_config_new();

    if (config == NULL) {
        return SL_ENOMEM;
    }
    /* Only this thread touches it: others write the mailbox. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    worker->base = event_base_new_with_config(config);
    event_config_free(config);
    if (worker->base == NULL) {
        return SL_ENOMEM;
    }
    worker->mail_event =
            event_new(worker->base, worker->mailbox.wake_fd, EV_READ | EV_PERSIST, on_mail, worker);
    if (worker->mail_event == NULL || event_add(worker->mail_event, NULL) != 0) {
        return SL_ENOMEM;
    }
    return tick_init(&worker->tick, worker->base, TICK, on_tick, worker);
}

static enum sl_err make_pipeline(
        struct worker *worker, void (*stages)(struct pipeline *pipeline, unsigned worker))
{
    worker->pipeline = calloc(1, sizeof *worker->pipeline);
    if (worker->pipeline == NULL) {
        return SL_ENOMEM;
    }
    statistics_stages(worker->pipeline, worker->index);
    caching_stages(worker->pipeline, worker->index);
    if (stages != NULL) {
        stages(worker->pipeline, worker->index);
    }
    if (worker->pipeline->count > 0) {
        worker->stmts = sl_slab_new(sizeof(struct stmt), WORKER_CLIENTS_MAX);
        return worker->stmts == NULL ? SL_ENOMEM : SL_OK;
    }
    return SL_OK;
}

enum sl_err worker_start(struct worker *worker, unsigned index,
        void (*stages)(struct pipeline *pipeline, unsigned worker))
{
    worker->index = index;
    worker->now = sl_now();
    sl_list_init(&worker->ready);
    sl_list_init(&worker->resume);
    sl_list_init(&worker->servers);
    sl_list_init(&worker->listen_hubs);
    sl_list_init(&worker->listen_groups);
    sl_list_init(&worker->cancels);
    timer_wheel_init(&worker->timers, worker->now);
    atomic_init(&worker->clients_count, 0);
    atomic_init(&worker->is_resting, false);
    atomic_init(&worker->has_tend_letter, false);
    worker_set_conf(worker, process_conf());
    worker->read_buf = malloc(READ_FRONT + READ_BYTES);
    worker->clients = sl_slab_new(sizeof(struct client), WORKER_CLIENTS_MAX);
    if (worker->read_buf == NULL || worker->clients == NULL) {
        return SL_ENOMEM;
    }
    enum sl_err err = mailbox_init(&worker->mailbox);
    if (err == SL_OK) {
        err = make_base(worker);
    }
    if (err == SL_OK) {
        err = make_pipeline(worker, stages);
    }
    if (err != SL_OK) {
        return err;
    }
    return pthread_create(&worker->thread, NULL, run, worker) == 0 ? SL_OK : SL_EIO;
}

static void deliver_stop(struct letter *letter, struct worker *worker)
{
    (void)letter;
    worker->stopping = true;
}

void worker_stop(struct worker *worker)
{
    worker->stop_letter.deliver = deliver_stop;
    mailbox_post(&worker->mailbox, &worker->stop_letter);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

static void close_all(struct worker *worker)
{
    struct client *client;
    struct sl_id id;
    uint32_t slot = 0;

    while ((client = sl_slab_next(worker->clients, slot, &id)) != NULL) {
        slot = id.slot + 1;
        client_close(client, "shutdown");
    }
    SL_LIST_EACH_SAFE (it, &worker->servers) {
        server_close(SL_CONTAINER(it, struct server, link), "shutdown");
    }
    listen_hubs_free(worker);
}

void worker_fini(struct worker *worker)
{
    self = worker; /* the thread is gone; who tidies up stands in for it */
    worker->stopping = true;
    atomic_store(&worker->is_resting, false); /* nobody need wake it any more */
    mailbox_deliver(&worker->mailbox, worker);
    cancel_send_stop_all(worker);
    close_all(worker);
    mailbox_deliver(&worker->mailbox, worker); /* the resolver's last letters */
    cancel_send_stop_all(worker); /* of those that were closed in the middle of a query */
    caching_leave(worker->index);
    sl_slab_free(worker->clients);
    sl_slab_free(worker->stmts);
    free(worker->pipeline);
    hold_cache_fini(&worker->holds);
    event_free(worker->mail_event);
    tick_fini(&worker->tick);
    event_base_free(worker->base);
    mailbox_fini(&worker->mailbox);
    conf_unref(worker->conf);
    free(worker->read_buf);
    free(worker->seen);
    free(worker->proofs);
    self = NULL;
}

/* Is any deadline of a logged-in client configured? If not, no timer is ever set for one. */
static bool has_client_deadlines(const struct conf *conf)
{
    if (conf->query_timeout_usec > 0 || conf->client_idle_timeout_usec > 0 ||
            conf->idle_transaction_timeout_usec > 0 || conf->transaction_timeout_usec > 0) {
        return true;
    }
    for (int i = 0; i < conf->conf_users_count; i++) {
        const struct conf_user *user = conf->conf_users[i];
        if (user->query_timeout_usec > 0 || user->client_idle_timeout_usec > 0 ||
                user->idle_transaction_timeout_usec > 0 || user->transaction_timeout_usec > 0) {
            return true;
        }
    }
    return false;
}

void worker_set_conf(struct worker *worker, const struct conf *conf)
{
    conf_unref(worker->conf);
    worker->conf = conf;
    worker->has_new_conf = true;
    worker->shall_tend = true;
    worker->watches_clients = has_client_deadlines(conf);
    statistics_configure(worker->index, conf);
    caching_configure(worker->index, conf);
}
