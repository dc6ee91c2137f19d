/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool.c - who is given which server.
 *
 * Servers are started with their client's startup values, so that RESET and
 * DISCARD come back to them; a server serves only clients of equal values. Among
 * these it is first come, first served, but for who has its settings already
 * (pool_line.h). A client who has stood first for POOL_PASS_OVER while only others'
 * servers came free, or whose values no other waiting client shares, has the next
 * free server closed and one of its own opened.
 *
 * What must be done outside the lock (letters, new connections) is noted in a
 * struct todo while it is held.
 *
 * Invariants, asserted by pool_check() under the lock:
 *   (1) total is the sum of counts.
 *   (2) idle_count is counts[POOL_IDLE] and the length of all idle lists.
 *   (3) waiting is the length of waiters.
 */
#include "proxy/pool.h"

#include "conf/conf.h"
#include "proxy/catalogs.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/pool_idle.h"
#include "proxy/pool_kept.h"
#include "proxy/pool_line.h"
#include "proxy/pool_welcome.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_LOGINS = 4 }; /* at a time, of pool_warm() */

#define POOL_BACKOFF_FIRST (50 * SL_MSEC)
#define POOL_BACKOFF_MAX (1 * SL_SECOND) /* so that a server that is back is noticed at once */

/* Done after the lock is given up. */
struct todo {
    struct server *granted;      /* to granted->for_client on granted->to */
    struct server *closed;       /* idle, withdrawn: its worker closes it */
    const struct params *launch; /* a reference: start a server with these values; NULL: none */
};

struct refusal {
    struct letter letter;
    struct sl_id client;
    struct sl_error error;
};

struct pool *pool_new(struct database *database, struct user *user, unsigned workers)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL) {
        return NULL;
    }
    pool->database = database;
    pool->user = user;
    pool->stats = aligned_alloc(64, workers * sizeof *pool->stats);
    pool->idle = calloc(workers, sizeof *pool->idle);
    if (pool->stats == NULL || pool->idle == NULL) {
        free(pool->stats);
        free(pool->idle);
        free(pool);
        return NULL;
    }
    memset(pool->stats, 0, workers * sizeof *pool->stats);
    for (unsigned i = 0; i < workers; i++) {
        sl_list_init(&pool->idle[i]);
    }
    pthread_mutex_init(&pool->lock, NULL);
    sl_list_init(&pool->waiters);
    sl_list_init(&pool->kept);
    sl_list_init(&pool->bound);
    pool->last_startup = params_empty();
    pins_init(&pool->pins);
    credentials_init(&pool->credentials);
    return pool;
}

void pool_free(struct pool *pool)
{
    SL_CHECK(pool->total == 0);
    pool_welcomes_drop(pool);
    params_unref(pool->last_startup);
    credentials_fini(&pool->credentials);
    pthread_mutex_destroy(&pool->lock);
    free(pool->stats);
    free(pool->idle);
    free(pool);
}

void pool_configure(struct pool *pool, const struct conf *conf)
{
    const struct conf_database *db = conf_find_database(conf, pool->database->name);
    const struct conf_user *user = conf_find_user(conf, pool->user->name);

    if (db == NULL) {
        db = conf->fallback_database;
    }
    if (db == NULL) {
        return; /* taken out of the configuration: its clients go on as before */
    }
    pthread_mutex_lock(&pool->lock);
    pool->size = conf_pool_size(conf, db, user);
    pool->reserve = conf_reserve_pool_size(conf, db, user);
    pool->min = conf_min_pool_size(conf, db);
    pool->has_own_user = db->user != NULL;
    pool->database_max = conf_max_db_connections(conf, db);
    pool->user_max = conf_max_user_connections(conf, user);
    pool->reserve_after = conf->reserve_pool_timeout_usec;
    pool->round_robin = conf->server_round_robin;
    pool->lifetime = conf_server_lifetime(conf, db);
    int size = pool->size;
    pthread_mutex_unlock(&pool->lock);
    pins_configure(&pool->pins, size, conf_max_pinned_percent(conf, db));
    atomic_store(&pool->mode, (int)conf_pool_mode(conf, db, user));
}

static void pool_check(const struct pool *pool)
{
    int sum = 0;

    for (int i = 0; i < POOL_PLACES; i++) {
        SL_DCHECK(pool->counts[i] >= 0);
        sum += pool->counts[i];
    }
    SL_DCHECK(sum == pool->total);
    SL_DCHECK(pool->idle_count == pool->counts[POOL_IDLE]);
    SL_DCHECK((pool->waiting == 0) == sl_list_empty(&pool->waiters));
    (void)sum;
}

/* PAUSE lets go of servers; SUSPEND keeps them. */
static bool lets_go(const struct pool *pool)
{
    return pool_is_paused(pool) && !process_is_suspended();
}

bool pool_is_paused(const struct pool *pool)
{
    return process_is_paused() ||
           atomic_load_explicit(&pool->database->is_paused, memory_order_relaxed);
}

/* ---- under the lock ---- */

static void set_place(struct pool *pool, struct server *server, enum pool_place place)
{
    pool->counts[server->place]--;
    pool->counts[place]++;
    server->place = place;
}

static void dequeue(struct pool *pool, struct waiter *waiter)
{
    sl_list_remove(&waiter->link);
    waiter->is_waiting = false;
    if (waiter->bound != 0) {
        waiter->bound = 0;
        return; /* it was not in line with the others */
    }
    pool->waiting--;
    pool->provided -= waiter->is_provided ? 1 : 0;
    waiter->is_provided = false;
}

static void grant(struct pool *pool, struct waiter *waiter, struct server *server)
{
    if (!sl_list_empty(&waiter->link)) {
        dequeue(pool, waiter);
    }
    set_place(pool, server, POOL_ACTIVE);
    server->to = waiter->worker;
    server->for_client = waiter->client;
}

/* One more, unless max are there; 0 is no limit. In one step: other pools count here too. */
static bool count_up(atomic_int *count, int max)
{
    if (atomic_fetch_add(count, 1) >= max && max > 0) {
        atomic_fetch_sub(count, 1);
        return false;
    }
    return true;
}

/* A connection more, within the limits of database and user: counted, if so. */
static bool count_server(struct pool *pool)
{
    if (!count_up(&pool->database->servers, pool->database_max)) {
        return false;
    }
    if (!count_up(&pool->user->servers, pool->user_max)) {
        atomic_fetch_sub(&pool->database->servers, 1);
        return false;
    }
    if (!registry_hold(&pool->holders)) {
        atomic_fetch_sub(&pool->database->servers, 1);
        atomic_fetch_sub(&pool->user->servers, 1);
        return false; /* the last client has just gone, and the pool may follow */
    }
    pool->total++;
    pool->counts[POOL_LOGIN]++;
    return true;
}

bool pool_add_listener(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool is_counted = count_server(pool);
    pool->total -= is_counted ? 1 : 0;
    pool->counts[POOL_LOGIN] -= is_counted ? 1 : 0;
    pthread_mutex_unlock(&pool->lock);
    return is_counted;
}

void pool_drop_listener(struct pool *pool)
{
    atomic_fetch_sub(&pool->database->servers, 1);
    atomic_fetch_sub(&pool->user->servers, 1);
    registry_let_go(&pool->holders);
}

/* How many servers the pool may have now: more when somebody has waited for long. */
static int size_now(const struct pool *pool, sl_usec now)
{
    const struct waiter *first = pool_line_first(pool);

    if (pool->size <= 0) {
        return INT_MAX; /* pool_size = 0: no limit */
    }
    if (pool->reserve > 0 && first != NULL && pool->reserve_after > 0 &&
            now - first->since >= pool->reserve_after) {
        return pool->size + pool->reserve;
    }
    return pool->size;
}

/*
 * The first in line for whom no server is being made. One that was made for a waiter may
 * have failed, gone to another or been of no use: when more are provided for than servers
 * are under way, all begin anew. There are more waiters than servers under way.
 */
static struct waiter *first_unprovided(struct pool *pool)
{
    if (pool->provided > pool->counts[POOL_LOGIN]) {
        SL_LIST_EACH (it, &pool->waiters) {
            SL_CONTAINER(it, struct waiter, link)->is_provided = false;
        }
        pool->provided = 0;
    }
    SL_LIST_EACH (it, &pool->waiters) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (!waiter->is_provided) {
            return waiter;
        }
    }
    SL_CHECK(false);
    return NULL;
}

/*
 * Notes a new connection, counted from now on, if somebody waits for whom none is
 * on its way and the limits allow; makes room by closing an idle server that is of
 * no use to the one who waits.
 */
static void want_launch(struct pool *pool, sl_usec now, struct todo *todo)
{
    if (pool->waiting <= pool->counts[POOL_LOGIN] || pool_is_paused(pool) ||
            (pool->is_failing && (now < pool->retry_at || pool->counts[POOL_LOGIN] > 0))) {
        return;
    }
    struct waiter *waiter = first_unprovided(pool);
    if (pool->total >= size_now(pool, now)) {
        struct server *useless = pool_idle_find(pool, 0, NULL);
        if (useless != NULL && todo->closed == NULL &&
                pool_line_first_with(pool, useless->startup) == NULL) {
            pool_idle_take_off(pool, useless);
            set_place(pool, useless, POOL_TESTED);
            todo->closed = useless;
        }
        return;
    }
    if (todo->launch == NULL && count_server(pool)) {
        todo->launch = params_ref(waiter->startup);
        waiter->is_provided = true;
        pool->provided++;
    }
}

/* ---- after the lock ---- */

static void deliver_refusal(struct letter *letter, struct worker *worker)
{
    struct refusal *refusal = SL_CONTAINER(letter, struct refusal, letter);

    client_refused(worker, refusal->client, &refusal->error);
    free(refusal);
}

/* At the worker that the server goes to. */
static void deliver_arrival(struct letter *letter, struct worker *worker)
{
    struct server *server = SL_CONTAINER(letter, struct server, letter);

    sl_list_append(&worker->servers, &server->link);
    io_attach(&server->io, worker);
    client_granted(worker, server->for_client, server);
}

/* At the worker that the server is with: off it goes, or is closed. */
static void deliver_departure(struct letter *letter, struct worker *worker)
{
    struct server *server = SL_CONTAINER(letter, struct server, letter);

    if (server->for_client.gen == 0) {
        server_close(server, server->evicted_for != NULL ? server->evicted_for : "evicted");
        return;
    }
    if (server->to == worker) {
        client_granted(worker, server->for_client, server);
        return;
    }
    sl_list_remove(&server->link);
    timer_clear(&worker->timers, &server->timer);
    server->is_lost |= io_holds(&server->io); /* it is closed where it arrives */
    io_detach(&server->io);
    server->letter.deliver = deliver_arrival;
    mailbox_post(&server->to->mailbox, &server->letter);
}

static void send_off(struct server *server, struct worker *here)
{
    struct worker *with = process_worker(server->pool_worker);

    if (with == here && server->for_client.gen != 0 && server->to == here) {
        client_granted(here, server->for_client, server);
        return;
    }
    server->letter.deliver = deliver_departure;
    mailbox_post(&with->mailbox, &server->letter);
}

static void launch(struct pool *pool, struct worker *worker, const struct params *startup)
{
    struct server *server = server_new(pool, worker, startup);

    params_unref(startup);
    if (server != NULL) {
        server_login_begin(server);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->total--;
    pool->counts[POOL_LOGIN]--;
    pthread_mutex_unlock(&pool->lock);
    atomic_fetch_sub(&pool->database->servers, 1);
    atomic_fetch_sub(&pool->user->servers, 1);
    registry_let_go(&pool->holders);
}

static void carry_out(struct pool *pool, struct worker *worker, struct todo *todo)
{
    if (todo->granted != NULL) {
        send_off(todo->granted, worker);
    }
    if (todo->closed != NULL) {
        todo->closed->for_client = (struct sl_id){0};
        send_off(todo->closed, worker);
    }
    if (todo->launch != NULL) {
        launch(pool, worker, todo->launch);
    }
}

/* ---- what others call ---- */

enum pool_taken pool_take(
        struct pool *pool, struct waiter *waiter, struct worker *worker, struct server **server)
{
    struct todo todo = {0};
    struct server *found = NULL;

    waiter->since = worker->now;
    sl_list_init(&waiter->link);
    pthread_mutex_lock(&pool->lock);
    enum pool_kept kept =
            waiter->bound == 0 ? POOL_KEPT_NOWHERE : pool_kept_seek(pool, waiter, &found);
    const struct waiter *ahead = pool_line_first_with(pool, waiter->startup);
    /* Who is ahead may wait for another server than those that are idle. */
    bool is_first = ahead == NULL || ahead->avoids_temp || ahead->avoids_others;
    if (kept == POOL_KEPT_NOWHERE && !pool_is_paused(pool) && is_first) {
        found = pool_idle_find(pool, worker->index, waiter);
    }
    if (found != NULL) {
        pool_idle_take_off(pool, found);
        grant(pool, waiter, found);
    } else if (kept == POOL_KEPT_NOWHERE) {
        sl_list_append(&pool->waiters, &waiter->link);
        waiter->is_waiting = true;
        pool->waiting++;
        want_launch(pool, worker->now, &todo);
    }
    pool_check(pool);
    pthread_mutex_unlock(&pool->lock);

    if (found != NULL && found->pool_worker == worker->index) {
        *server = found;
        return POOL_TAKEN;
    }
    todo.granted = found;
    carry_out(pool, worker, &todo);
    worker_tend_pools_if_resting();
    return POOL_QUEUED;
}

bool pool_leave(struct pool *pool, struct waiter *waiter)
{
    pthread_mutex_lock(&pool->lock);
    bool was_waiting = waiter->is_waiting;
    if (was_waiting) {
        dequeue(pool, waiter);
    }
    pthread_mutex_unlock(&pool->lock);
    return was_waiting;
}

/* server_lifetime = 0: used once, then closed; so not before it was used. */
static bool lifetime_is_over(struct pool *pool, const struct server *server, sl_usec now)
{
    sl_usec gap = pool->size > 0 ? pool->lifetime / pool->size : 0;

    if (now - server->connected_at < pool->lifetime || now - pool->lifetime_closed_at < gap ||
            (pool->lifetime == 0 && server->request_at == 0)) {
        return false;
    }
    pool->lifetime_closed_at = now;
    return true;
}

bool pool_lifetime_over(struct pool *pool, const struct server *server, sl_usec now)
{
    pthread_mutex_lock(&pool->lock);
    bool is_over = lifetime_is_over(pool, server, now);
    pthread_mutex_unlock(&pool->lock);
    return is_over;
}

void pool_give(struct pool *pool, struct server *server, struct worker *worker)
{
    struct todo todo = {0};
    const char *reason = NULL;

    if (server->close_reason == NULL && server->epoch != atomic_load(&pool->epoch)) {
        server->close_reason = "reconnect";
    }
    if (server->close_reason != NULL) {
        server_close(server, server->close_reason);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    server->pool_worker = worker->index;
    if (pool_kept_is_for_somebody(pool, server)) {
        pool_kept_add(pool, server);
    }
    struct waiter *waiter = NULL;
    if (lets_go(pool)) {
        reason = "paused";
    } else if (lifetime_is_over(pool, server, worker->now)) {
        reason = "server lifetime over";
    } else {
        waiter = pool_line_choose(pool, server, worker->now);
    }
    if (reason != NULL) {
        set_place(pool, server, POOL_TESTED);
    } else if (waiter != NULL) {
        grant(pool, waiter, server);
        todo.granted = server;
    } else if (pool->waiting > 0 && !pool_is_paused(pool) &&
               pool_line_first(pool)->startup != server->startup) {
        reason = "its startup values are not those of who waits";
    } else {
        set_place(pool, server, POOL_IDLE);
        server->idle_params = server->params;
        if (server->is_lent) {
            sl_list_append(&pool->idle[worker->index], &server->in_pool);
        } else {
            sl_list_push(&pool->idle[worker->index], &server->in_pool);
        }
        pool->idle_count++;
    }
    server->is_lent = false;
    pool_check(pool);
    pthread_mutex_unlock(&pool->lock);
    if (reason != NULL) {
        server_close(server, reason);
        return;
    }
    carry_out(pool, worker, &todo);
}

void pool_forget(struct pool *pool, struct server *server, struct worker *worker)
{
    struct todo todo = {0};

    if (server->was_listener) {
        pool_drop_listener(pool);
        worker_tend_pools_if_resting();
        return;
    }
    pthread_mutex_lock(&pool->lock);
    if (server->place == POOL_IDLE) {
        pool_idle_take_off(pool, server);
    }
    (void)pool_kept_remove(pool, server);
    pool->counts[server->place]--;
    pool->total--;
    atomic_fetch_sub(&pool->database->servers, 1);
    atomic_fetch_sub(&pool->user->servers, 1);
    if (!worker->stopping) {
        want_launch(pool, worker->now, &todo);
    }
    pool_check(pool);
    pthread_mutex_unlock(&pool->lock);
    carry_out(pool, worker, &todo);
    worker_tend_pools_if_resting();
    registry_let_go(&pool->holders);
}

bool pool_withdraw(struct pool *pool, struct server *server, bool keeps_min)
{
    pthread_mutex_lock(&pool->lock);
    /* Of those in POOL_TESTED some are being closed: none is counted upon. */
    int steady = pool->total - pool->counts[POOL_LOGIN] - pool->counts[POOL_TESTED];
    bool is_idle = server->place == POOL_IDLE && (!keeps_min || steady > pool->min);
    if (is_idle) {
        pool_idle_take_off(pool, server);
        set_place(pool, server, POOL_TESTED);
    }
    pthread_mutex_unlock(&pool->lock);
    return is_idle;
}

void pool_place(struct pool *pool, struct server *server, enum pool_place place)
{
    if (server->hub != NULL) {
        return; /* it is none of the pool's */
    }
    pthread_mutex_lock(&pool->lock);
    SL_DCHECK(server->place != POOL_IDLE && place != POOL_IDLE);
    set_place(pool, server, place);
    pthread_mutex_unlock(&pool->lock);
}

static void refuse(const struct waiter *waiter, const struct sl_error *error)
{
    struct refusal *refusal = malloc(sizeof *refusal);

    if (refusal == NULL) {
        return; /* query_wait_timeout will end its wait */
    }
    refusal->letter.deliver = deliver_refusal;
    refusal->client = waiter->client;
    refusal->error = *error;
    mailbox_post(&waiter->worker->mailbox, &refusal->letter);
}

static void refuse_waiters_locked(struct pool *pool, const struct sl_error *error)
{
    struct waiter *waiter;

    SL_IGNORE(pool_kept_loosen(pool, INT64_MAX), "nobody is bound any more");
    while ((waiter = pool_line_first(pool)) != NULL) {
        dequeue(pool, waiter);
        refuse(waiter, error);
    }
}

void pool_refuse_all(struct pool *pool, const struct sl_error *error)
{
    pthread_mutex_lock(&pool->lock);
    refuse_waiters_locked(pool, error);
    pthread_mutex_unlock(&pool->lock);
}

void pool_login_failed(
        struct pool *pool, struct worker *worker, const struct sl_error *error, bool keep_waiting)
{
    pthread_mutex_lock(&pool->lock);
    pool->backoff = pool->backoff == 0 ? POOL_BACKOFF_FIRST : pool->backoff * 2;
    pool->backoff = pool->backoff > POOL_BACKOFF_MAX ? POOL_BACKOFF_MAX : pool->backoff;
    /* Up to a quarter sooner, as it falls: not all pools at once when the server is back. */
    uint64_t chance = ((uintptr_t)pool + (uint64_t)worker->now) * 0x9e3779b97f4a7c15U >> 32;
    pool->retry_at = worker->now + pool->backoff - (sl_usec)chance % (pool->backoff / 4);
    pool->is_failing = true;
    pool->failure = *error;
    /* With servers that work there is hope; without, nobody is made to wait for nothing. */
    bool is_hopeless = pool->total <= pool->counts[POOL_LOGIN];
    if (is_hopeless && !keep_waiting) {
        refuse_waiters_locked(pool, error);
    }
    pthread_mutex_unlock(&pool->lock);
}

void pool_startup_refused(
        struct pool *pool, const struct params *startup, const struct sl_error *error)
{
    struct waiter *waiter;

    pthread_mutex_lock(&pool->lock);
    while ((waiter = pool_line_first_with(pool, startup)) != NULL) {
        dequeue(pool, waiter);
        refuse(waiter, error);
    }
    pthread_mutex_unlock(&pool->lock);
}

/* One waiter who can be served from the idle list (after RESUME, or a reload). */
static struct server *serve_one_locked(struct pool *pool, unsigned worker)
{
    SL_LIST_EACH (it, &pool->waiters) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        struct server *server = pool_idle_find(pool, worker, waiter);
        if (server != NULL) {
            pool_idle_take_off(pool, server);
            grant(pool, waiter, server);
            return server;
        }
    }
    return NULL;
}

/* min_pool_size, while somebody uses the pool; always, when it can have one user only. */
static bool is_below_minimum(const struct pool *pool, sl_usec now)
{
    bool is_used = pool->has_own_user || atomic_load(&pool->clients) > 0;

    return ((is_used && pool->total < pool->min) || pool->total < pool->warm) &&
           pool->total < size_now(pool, now) && !process_is_leaving();
}

static void want_minimum(struct pool *pool, sl_usec now, struct todo *todo)
{
    /* One after another; but those of a restart are waited for. */
    int logins_max = pool->total < pool->warm ? WARM_LOGINS : 1;

    if (!is_below_minimum(pool, now) || todo->launch != NULL ||
            (pool->is_failing && now < pool->retry_at) || pool->counts[POOL_LOGIN] >= logins_max ||
            !count_server(pool)) {
        return;
    }
    todo->launch = params_ref(pool->last_startup);
}

/* At max_db_connections or max_user_connections: an idle server of another pool makes room. */
static void make_room_elsewhere(const struct pool *pool, struct worker *worker)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (p == pool || (p->database != pool->database && p->user != pool->user)) {
            continue;
        }
        struct todo todo = {0};
        pthread_mutex_lock(&p->lock);
        if (p->waiting == 0 && p->total > p->min) {
            todo.closed = pool_idle_find(p, worker->index, NULL);
        }
        if (todo.closed != NULL) {
            pool_idle_take_off(p, todo.closed);
            set_place(p, todo.closed, POOL_TESTED);
        }
        pthread_mutex_unlock(&p->lock);
        if (todo.closed != NULL) {
            carry_out(p, worker, &todo);
            return;
        }
    }
}

/* Who waits is seen to every tick: for the reserve, retries, and servers elsewhere. */
static sl_usec next_look(struct pool *pool, sl_usec now)
{
    if (pool->waiting > 0) {
        return now;
    }
    if (!is_below_minimum(pool, now) || pool->counts[POOL_LOGIN] > 0) {
        return TICK_NEVER; /* the login's end is told */
    }
    return pool->is_failing ? pool->retry_at : TICK_NEVER;
}

sl_usec pool_tend(struct pool *pool, struct worker *worker)
{
    bool is_cramped = false;
    sl_usec next = TICK_NEVER;

    if (lets_go(pool)) {
        pool_close_idle(pool, worker, "paused"); /* what was idle before */
    }
    if (pool_is_paused(pool)) {
        return TICK_NEVER;
    }
    for (bool is_busy = true; is_busy;) {
        struct todo todo = {0};
        pthread_mutex_lock(&pool->lock);
        bool are_bound = pool_kept_loosen(pool, worker->now);
        if (pool->waiting > 0 && pool->idle_count > 0) {
            todo.granted = serve_one_locked(pool, worker->index);
        }
        want_launch(pool, worker->now, &todo);
        want_minimum(pool, worker->now, &todo);
        is_cramped = pool->waiting > pool->counts[POOL_LOGIN] && todo.launch == NULL &&
                     pool->total < size_now(pool, worker->now) && !pool->is_failing;
        next = are_bound ? worker->now : next_look(pool, worker->now);
        pthread_mutex_unlock(&pool->lock);
        is_busy = todo.granted != NULL || todo.launch != NULL;
        carry_out(pool, worker, &todo);
    }
    if (is_cramped) {
        make_room_elsewhere(pool, worker);
    }
    return next;
}

void pool_close_surplus(struct pool *pool, struct worker *worker, int kept, const char *reason)
{
    for (;;) {
        struct todo todo = {0};
        pthread_mutex_lock(&pool->lock);
        todo.closed = pool->idle_count > kept ? pool_idle_find(pool, worker->index, NULL) : NULL;
        if (todo.closed != NULL) {
            pool_idle_take_off(pool, todo.closed);
            set_place(pool, todo.closed, POOL_TESTED);
        }
        pthread_mutex_unlock(&pool->lock);
        if (todo.closed == NULL) {
            return;
        }
        todo.closed->evicted_for = reason;
        carry_out(pool, worker, &todo);
    }
}

void pool_recycle(struct pool *pool, struct worker *worker)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->epoch, 1);
    catalogs_moved(pool->database);
    pool_welcomes_drop(pool); /* what comes now may be another server */
    pool->is_failing = false;
    pool->backoff = 0;
    pthread_mutex_unlock(&pool->lock);
    pool_close_idle(pool, worker, "reconnect");
}
