/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_load.h"

#include "proxy/client.h"
#include "proxy/link.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/pool_lend.h"
#include "proxy/process.h"
#include "proxy/search_paths.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <string.h>

static void deliver_home(struct letter *letter, struct worker *worker)
{
    struct load_errand *errand = SL_CONTAINER(letter, struct load_errand, letter);

    (void)worker;
    errand->done(errand);
}

static void go_home(struct load_errand *errand)
{
    errand->letter.deliver = deliver_home;
    mailbox_post(errand->home, &errand->letter);
}

/* ---- on the worker ---- */

/* As long as nothing is said otherwise it is lost. */
static void begin(struct load_errand *errand, struct server *server)
{
    struct worker *worker = server->io.worker;

    server->load = errand;
    errand->result = LOAD_LOST;
    errand->is_plain = search_paths_of_startup(server->startup) == SEARCH_PATHS_OF_ROLE;
    if (server->is_lost || io_holds(&server->io) || server->io.is_failed) {
        server_close(server, "lost while idle, or in the middle of a message");
        return;
    }
    server_enter(server, SERVER_LOAD);
    timer_set(&worker->timers, &server->timer, worker->now + LOAD_TIME);
    enum sl_err err = server_ask_load(server, (const char *)sl_buf_borrow(&errand->query).at);
    errand->result = err == SL_OK ? LOAD_DONE : LOAD_LOST;
    if (err != SL_OK) {
        link_server_failed(server, "out of memory");
    }
}

/* Kept by a client that has nothing under way, and has sent nothing for a while. */
static bool is_resting(struct server *server, const struct pool *pool)
{
    const struct client *client = server->client;

    return server->pool == pool && server->state == SERVER_LINKED && server->load == NULL &&
           server->pin.reasons != 0 && server->expect.status == 'I' && server->answer == NULL &&
           link_is_quiet(server) && !client->is_held && !client->unnamed_is_opaque &&
           server->close_reason == NULL && !server_is_old(server) &&
           sl_list_empty(&server->cancels) &&
           server->io.worker->now - client->request_at >= LOAD_REST;
}

static struct server *find_resting(struct worker *worker, const struct pool *pool)
{
    SL_LIST_EACH (it, &worker->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        if (is_resting(server, pool)) {
            return server;
        }
    }
    return NULL;
}

/* What its client sends meanwhile is behind it. False: no memory. */
static bool begin_linked(struct load_errand *errand, struct server *server)
{
    if (server_ask_load(server, (const char *)sl_buf_borrow(&errand->query).at) != SL_OK) {
        return false;
    }
    server->load = errand;
    errand->result = LOAD_DONE;
    errand->is_plain = search_paths_of_startup(server->startup) == SEARCH_PATHS_OF_ROLE &&
                       params_get(server->settings, "search_path") == NULL;
    return true;
}

static bool may_ask(const struct worker *worker)
{
    return !worker->stopping && !worker->is_suspended && process_shutdown() == PROCESS_RUNS;
}

/* From now on it may be taken, or recalled. */
static bool wait_in_pool(struct load_errand *errand)
{
    struct load_errand *none = NULL;

    return errand->takes_next &&
           atomic_compare_exchange_strong(&errand->pool->errand, &none, errand);
}

bool server_load_recall(struct load_errand *errand)
{
    struct load_errand *waiting = errand;

    return atomic_compare_exchange_strong(&errand->pool->errand, &waiting, NULL);
}

bool server_load_take(struct server *server)
{
    struct pool *pool = server->pool;

    if (SL_LIKELY(atomic_load_explicit(&pool->errand, memory_order_relaxed) == NULL) ||
            server->close_reason != NULL || server_is_old(server) || pool_is_paused(pool) ||
            !may_ask(server->io.worker)) {
        return false;
    }
    struct load_errand *errand = atomic_exchange(&pool->errand, NULL);
    if (errand == NULL) {
        return false; /* another was faster */
    }
    pool_place(pool, server, POOL_TESTED);
    begin(errand, server);
    return true;
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct load_errand *errand = SL_CONTAINER(letter, struct load_errand, letter);
    bool may = may_ask(worker);
    sl_usec rest = errand->takes_next ? 0 : LOAD_REST;
    struct server *server = may ? pool_lend(errand->pool, worker, rest) : NULL;

    sl_buf_reset(&errand->rows);
    errand->sqlstate[0] = '\0';
    if (server != NULL) {
        begin(errand, server);
        return;
    }
    server = may ? find_resting(worker, errand->pool) : NULL;
    if (server != NULL && begin_linked(errand, server)) {
        return;
    }
    errand->result = LOAD_NO_SERVER;
    if (!may || !wait_in_pool(errand)) {
        go_home(errand);
    }
}

void server_load_send(struct load_errand *errand, struct worker *worker)
{
    errand->letter.deliver = deliver;
    mailbox_post(&worker->mailbox, &errand->letter);
}

void server_load_row(struct server *server, struct sl_span body)
{
    struct load_errand *errand = server->load;
    struct sl_buf *rows = &errand->rows;

    if (errand->result != LOAD_DONE) {
        return;
    }
    /* Room for both, so that there is no length without its row. */
    if (sl_buf_reserve(rows, 4 + body.len) != SL_OK ||
            sl_buf_put_u32(rows, (uint32_t)body.len) != SL_OK ||
            sl_buf_put(rows, body.at, body.len) != SL_OK) {
        errand->result = LOAD_TOO_LONG;
    }
}

void server_load_error(struct server *server, const char *sqlstate)
{
    struct load_errand *errand = server->load;

    if (errand->result == LOAD_DONE) {
        errand->result = LOAD_FAILED;
        memcpy(errand->sqlstate, sqlstate, sizeof errand->sqlstate);
    }
}

void server_load_ended(struct server *server)
{
    struct load_errand *errand = server->load;

    server->load = NULL;
    go_home(errand);
}

void server_load_settled(struct server *server, enum expect_outcome outcome)
{
    struct load_errand *errand = server->load;

    if (errand != NULL && server->state == SERVER_LINKED) {
        bool is_lost = outcome != EXPECT_DONE && errand->result == LOAD_DONE;
        errand->result = is_lost ? LOAD_LOST : errand->result;
        server_load_ended(server);
    }
}

void server_load_lost(struct server *server)
{
    struct load_errand *errand = server->load;

    if (errand != NULL) {
        errand->result = LOAD_LOST;
        server_load_ended(server);
    }
}
