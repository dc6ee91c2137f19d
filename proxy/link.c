/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link.c - joining and parting, and what a server needs in between.
 */
#include "proxy/link.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/cancel.h"
#include "proxy/client.h"
#include "proxy/client_login.h"
#include "proxy/client_retry.h"
#include "proxy/client_stmt.h"
#include "proxy/link_params.h"
#include "proxy/link_pins.h"
#include "proxy/link_prepared.h"
#include "proxy/link_sequences.h"
#include "proxy/link_temp.h"
#include "proxy/listen_client.h"
#include "proxy/listen_echo.h"
#include "proxy/listen_hub.h"
#include "proxy/listen_waiting.h"
#include "proxy/params.h"
#include "proxy/process.h"
#include "proxy/reuse_proof.h"
#include "proxy/server.h"
#include "proxy/server_load.h"
#include "proxy/session_state.h"
#include "proxy/sql_prepared.h"
#include "proxy/unnamed.h"
#include "proxy/worker.h"

#include <string.h>
#include <strings.h>

/* ---- joining ---- */

/*
 * What DISCARD ALL does, but for prepared statements: those are ours, and shared. A
 * client's own (PREPARE) can only go with all of them. PostgreSQL documentation, DISCARD.
 * RESET ALL comes last, so that no timeout, of whoever's, ends it half way; DISCARD ALL
 * itself would stand under the last client's statement_timeout. An error ends the session, as in
 * link_params.c: what stands behind it is not to be carried out as somebody else.
 */
#define DISCARD_WITH(prepared)                                                                     \
    "SET LOCAL exit_on_error = on; SET LOCAL statement_timeout = 0; CLOSE ALL; "                   \
    "SET SESSION AUTHORIZATION DEFAULT; " prepared                                                 \
    "UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; "                       \
    "DISCARD SEQUENCES; RESET ALL"

static const char discard_session[] = DISCARD_WITH("");
static const char discard_all[] = DISCARD_WITH("DEALLOCATE ALL; ");
/* The server has said what there is, but for custom settings, of which it has no list. */
static const char reset_all[] = "SET LOCAL exit_on_error = on; SET LOCAL statement_timeout = 0; "
                                "SET SESSION AUTHORIZATION DEFAULT; RESET ALL";

static const char *cleaning_of(const struct server *server)
{
    return server->has_sql_prepared ? discard_all : server->is_dirty ? discard_session : reset_all;
}

/* What another client left in the session is taken away, ahead of the client's request. */
static bool clean_for(struct server *server, const struct client *client)
{
    /* auth_query has no settings, and must not run with anybody's. */
    bool has_others = client->state < CLIENT_ACTIVE && server->settings != params_empty();

    /* RESET would take away what connect_query has set, too. */
    bool is_base_lost = server->restored != NULL && link_resets(client, server);

    server->may_copy = false;
    bool is_foreign = is_base_lost || !server_was_of(server, client->id, client->io.worker->index);
    server->is_foreign = is_foreign && server->owner.gen != 0;
    server->is_fresh = true;
    server->is_unwanted = false;
    if (!is_foreign) {
        if (client->settings != server->settings) {
            client_path_begin(server, client->settings, false); /* it was on another meanwhile */
        }
        return true;
    }
    bool is_doubted = catalogs_doubt(server);
    server->is_dirty |= is_doubted || is_base_lost;
    server->has_sql_prepared |= is_doubted;
    if (!server->is_dirty && !server->has_called && !has_others) {
        client_path_begin(server, client->settings, false);
        return true;
    }
    server->is_dirty |= has_others || server->restored != NULL;
    server->has_sql_prepared |=
            server->is_dirty && strcasestr(server_connect_query(server), "prepare") != NULL;
    if (server->is_dirty || server->has_sql_prepared) {
        link_sequences_forget(server);
    }
    const char *query = cleaning_of(server);
    /* Likewise: what may cut it off before it has begun must not have the request behind it. */
    server->is_setting |= client->state >= CLIENT_WELCOME && link_may_be_cut_off(server);
    if (server_ask_settings(server, query) != SL_OK || server_ask_again(server) != SL_OK) {
        return false;
    }
    if (server->has_sql_prepared) {
        server_stmts_clear(&server->stmts);
        link_forget_prepared(NULL, server);
    } else {
        server->has_strays |= server->is_dirty && server->has_called;
    }
    client_path_begin(server, client->settings, true);
    server->is_dirty = false;
    server->has_called = false;
    server->has_sql_prepared = false;
    params_unref(server->settings);
    server->settings = params_empty();
    params_unref(server->params);
    server->params = params_ref(server->restored != NULL ? server->restored : server->baseline);
    return true;
}

bool link_join(struct client *client, struct server *server)
{
    struct worker *worker = client->io.worker;
    struct stats_row *stats = pool_stats(server->pool, worker->index);

    SL_CHECK(client->server == NULL && server->client == NULL);
    server->is_lost |= io_holds(&server->io);
    if (server->is_lost || server->io.is_failed) {
        server_close(server, "lost while idle, or in the middle of a message");
        return false;
    }
    if (SL_UNLIKELY(server->has_temp) && link_temp_refuses(client, server)) {
        server_close(server, LINK_TEMP_REASON);
        return false;
    }
    server_meter_begin(server);
    client->unnamed_segment = server->expect.segment; /* nothing of it is open here */
    client->forgets = FORGETS_NOTHING;                /* nor there any more */
    unnamed_settled(client);
    server->client = client; /* its timer may fire meanwhile, and finds it linked */
    client->server = server;
    server_enter(server, SERVER_LINKED);
    server->request_at = worker->now;
    client->xact_since = client->state == CLIENT_WELCOME ? 0 : worker->now;
    stats_add(stats, STATS_SERVER_ASSIGNMENTS, 1);
    if (client->waiter.since != 0) {
        stats_add(stats, STATS_WAIT_USEC, (uint64_t)(worker->now - client->waiter.since));
    }
    client_set_timer(client);
    if (!clean_for(server, client) ||
            (client->state >= CLIENT_ACTIVE &&
                    (!link_apply_params(client, server) || !link_apply_prepared(client, server)))) {
        link_break(server, "out of memory");
        return false;
    }
    client_stmt_linked(client);
    return true;
}

static bool needs_test(const struct server *server)
{
    const struct conf *conf = server->io.worker->conf;

    return conf->server_check_query[0] != '\0' && !server->is_lost &&
           server->io.worker->now - server->idle_since > conf->server_check_delay_usec &&
           server->idle_since != 0;
}

/* The client is in line for this server, which has to show that it lives. */
static void start_test(struct server *server, struct client *client)
{
    struct worker *worker = server->io.worker;
    const char *query = worker->conf->server_check_query;

    server->for_client = client->id;
    pool_place(server->pool, server, POOL_TESTED);
    server_enter(server, SERVER_TEST);
    timer_set(&worker->timers, &server->timer, worker->now + 10 * SL_SECOND);
    if (server_ask_hidden(server, strcmp(query, "<empty>") == 0 ? "" : query) != SL_OK) {
        link_server_failed(server, "out of memory");
    }
}

static void refuse(struct client *client, const struct sl_error *error)
{
    if (client->state == CLIENT_AUTH_WAIT) {
        client->part.login->query_failed = *error;
        client_auth_answered(client);
        return;
    }
    client_fail(client, "FATAL", error);
}

static bool is_in_line(const struct client *client)
{
    return client->server == NULL &&
           (client->state == CLIENT_WAITING || client->state == CLIENT_WELCOME ||
                   (client->state == CLIENT_AUTH_WAIT && client->pool != NULL));
}

static void stand_in_line(struct client *client)
{
    if (client->state == CLIENT_ACTIVE) {
        client_enter(client, CLIENT_WAITING);
    }
    client_set_timer(client);
}

bool link_want(struct client *client)
{
    struct worker *worker = client->io.worker;
    struct sl_id id = client->id;
    struct server *server = NULL;

    while (client->server == NULL) {
        client->waiter.worker = worker;
        client->waiter.client = client->id;
        client->waiter.startup = client->startup;
        client->waiter.params = client->params;
        client->waiter.settings = client->settings;
        client->waiter.passes = 0;
        client->waiter.prefers = client->sequences_on;
        client->waiter.avoids_temp = client->avoids_temp || link_temp_avoids(client);
        client->waiter.avoids_others = client->avoids_others;
        client->waiter.wants_since = client->wants_newer ? client->connected_at : 0;
        client->avoids_temp = false;
        client->avoids_others = false;
        client->wants_newer = false;
        switch (pool_take(client->pool, &client->waiter, worker, &server)) {
        case POOL_QUEUED:
            stand_in_line(client);
            return false;
        case POOL_TAKEN:
            if (needs_test(server)) {
                stand_in_line(client);
                start_test(server, client);
                return false;
            }
            client->waiter.since = 0;
            if (!link_join(client, server) && client_find(worker, id) != client) {
                return false;
            }
            break;
        }
        if (client->state == CLIENT_LEAVING) {
            return false;
        }
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): once, as the server is no longer in SERVER_TEST then. */
void client_granted(struct worker *worker, struct sl_id id, struct server *server)
{
    struct client *client = client_find(worker, id);

    server->pool_worker = worker->index;
    if (client == NULL || !is_in_line(client)) {
        if (server->state == SERVER_TEST) {
            server_enter(server, SERVER_CLEAN);
        }
        link_free_server(server);
        return;
    }
    if (server->state == SERVER_IDLE && needs_test(server)) {
        start_test(server, client);
        return;
    }
    if (server->state == SERVER_TEST) {
        server_enter(server, SERVER_IDLE);
    }
    bool is_joined = link_join(client, server);
    if (client_find(worker, id) == client && client->state == CLIENT_AUTH_WAIT) {
        if (is_joined) {
            client_auth_query_granted(client);
        } else {
            client_auth_query(client);
        }
        return;
    }
    if (!is_joined) {
        if (client_find(worker, id) != NULL && client->state != CLIENT_LEAVING) {
            client_wake(client); /* asks again */
        }
        return;
    }
    client_wake(client);
}

void client_refused(struct worker *worker, struct sl_id id, const struct sl_error *error)
{
    struct client *client = client_find(worker, id);

    if (client != NULL && is_in_line(client)) {
        refuse(client, error);
    }
}

/* ---- parting ---- */

/* Nobody has asked what it has left, or taken back: what is believed of the session may be wrong. */
static void doubt_session(struct server *server)
{
    bool has_prepared = server->sql_prepared != sql_prepared_empty();

    if (server->may_have_left || server->may_have_ended) {
        server->is_dirty |=
                server->may_have_left || server->settings != params_empty() || has_prepared;
        server->has_sql_prepared |= has_prepared || server->has_called;
    }
    server->may_have_left = false;
    server->may_have_ended = false;
}

static void part(struct client *client, struct server *server)
{
    doubt_session(server);
    client_stmt_parted(client, server);
    listen_client_parted(client);
    link_pins_end(server);
    client->forgets = FORGETS_NOTHING; /* what was asked there is answered */
    client->awaits_columns = false;
    client->server = NULL;
    server->client = NULL;
    client_retry_drop(client);
    client->has_retried = false;
    server->is_retried = false;
    server->is_repeat_due = false;
    server->taps = 0;
    server->tapped = 0;
    server->is_withheld = false;
    server->may_have_notified = false;
    server->is_due = false;
    server->is_awaited = false;
    server->has_unnamed = false;
    server->saw_reset = false;    /* what is to be set is looked at when it is linked */
    server->state = SERVER_CLEAN; /* for now: the next step says what becomes of it */
    server->owner = client->id;
    server->owner_worker = client->io.worker->index;
    server->only_of = server->only_of == 0 || server->only_of == client->cancel.serial
                              ? client->cancel.serial
                              : UINT64_MAX;
    if (server->io.paused) {
        io_unpause(&server->io);
    }
}

/*
 * What a client of transaction pooling has set is not believed to be so behind a reset query that may
 * do anything.
 */
static void doubt_settings(struct server *server)
{
    if (server->settings != params_empty()) {
        server->is_dirty = true;
        server->owner = (struct sl_id){0};
    }
}

static void enter_clean(struct server *server)
{
    struct worker *worker = server->io.worker;

    server_enter(server, SERVER_CLEAN);
    pool_place(server->pool, server, POOL_TESTED);
    timer_set(&worker->timers, &server->timer, worker->now + 30 * SL_SECOND);
}

/* It is asked how it plans what is kept there, or begins blocks, if that is to be known. */
static bool prove(struct server *server)
{
    if (!reuse_ask(server) && !server_isolation_ask(server)) {
        return false;
    }
    enter_clean(server);
    return true;
}

enum clean { CLEAN_ROLLBACK, CLEAN_RESET, CLEAN_DISCARD };

static void begin_clean(struct server *server, enum clean clean, const char *query)
{
    bool is_all = strcasestr(query, "DISCARD ALL") != NULL;

    enter_clean(server);
    if (is_all || strcasestr(query, "DEALLOCATE ALL") != NULL) {
        server_stmts_clear(&server->stmts);
        link_forget_prepared(NULL, server);
        server->has_sql_prepared = false;
    }
    if (is_all) {
        server->is_dirty = false;
        server->has_called = false;
        link_sequences_forget(server);
        params_unref(server->settings);
        server->settings = params_empty();
    } else if (clean == CLEAN_RESET) {
        doubt_settings(server);
    }
    if (server_ask_hidden(server, query) != SL_OK ||
            (clean == CLEAN_DISCARD && server_ask_again(server) != SL_OK)) {
        link_server_failed(server, "out of memory");
    }
}

/* Less than a second: it may well have run out. */
static bool is_hasty(const struct server *server)
{
    const char *timeout = params_get(server->settings, "statement_timeout");

    return SL_UNLIKELY(timeout != NULL) && strcmp(timeout, "0") != 0 && strlen(timeout) <= 3;
}

/* It is quiet: to others, when it has been cleaned. */
static void release(struct server *server, bool was_session)
{
    if (server->expect.uncertain && server->close_reason == NULL) {
        server->close_reason = "a failed COPY left open what will still come";
    }
    if (server->is_spent && server->close_reason == NULL) {
        server->close_reason = "its session has left what nothing takes away (LOAD, setseed)";
    }
    if (server->is_replication) {
        server->close_reason = "a replication connection is not shared";
    }
    server->must_roll_back = server->expect.status != 'I';
    server->must_reset = was_session || server->io.worker->conf->server_reset_query_always;
    server->must_answer |= is_hasty(server);
    server->sequences_mixed |= was_session; /* nobody has looked */
    link_free_server(server);
}

/*
 * A statement_timeout that runs out at a statement's very end gives an error behind its ReadyForQuery,
 * and another ReadyForQuery. Who has asked for something meanwhile takes that for the answer, and the
 * next one takes the answer for its own. So it has to come while nobody is there, and ends the server.
 */
static void begin_sync(struct server *server)
{
    server->must_answer = false;
    enter_clean(server);
    if (server_ask_sync(server) != SL_OK) {
        link_server_failed(server, "out of memory");
    }
}

/* The next that it is asked before it is another's, if there is anything. */
static bool clean_on(struct server *server)
{
    const char *query = server->io.worker->conf->server_reset_query;
    enum clean clean = CLEAN_RESET;

    if (server->close_reason != NULL) {
        return false;
    }
    if (server->must_roll_back) {
        server->must_roll_back = false;
        clean = CLEAN_ROLLBACK;
        query = "ROLLBACK";
        session_path_roll_back(&server->path);
    } else if (server->must_discard || server->must_reset) {
        clean = server->must_discard ? CLEAN_DISCARD : CLEAN_RESET;
        query = server->must_discard ? "DISCARD ALL" : query;
        server->must_discard = false;
        server->must_reset = false;
        session_path_end(&server->path, query);
    } else {
        query = "";
    }
    if (query[0] == '\0' && server->must_answer) {
        begin_sync(server);
        return true;
    }
    if (query[0] == '\0') {
        return prove(server);
    }
    begin_clean(server, clean, query);
    return true;
}

bool link_is_quiet(const struct server *server)
{
    const struct client *client = server->client;

    return expect_idle(&server->expect) && !server->expect.skipping && !server->is_unsynced &&
           server->body_left == 0 && client->body_left == 0;
}

/* False: it opened a transaction in statement pooling, and is gone. */
static bool check_statement_mode(struct client *client, const struct server *server)
{
    struct sl_error error;

    if (client->mode == CONF_POOL_STATEMENT && server->expect.status == 'T') {
        SL_IGNORE(sl_error_set(&error, SL_ELIMIT, SL_STATE_FEATURE_NOT_SUPPORTED,
                          "transaction blocks not allowed in statement pooling mode"),
                "the client is told");
        client_fail(client, "FATAL", &error);
        return false;
    }
    return true;
}

bool link_end_old(struct server *server)
{
    struct client *client = server->client;
    struct sl_error error = {.sqlstate = SL_STATE_ADMIN_SHUTDOWN,
            .text = "terminating connection because its database's configuration has changed"};
    bool ends = client->is_replication ||
                (server->io.worker->conf->server_fast_close && client->mode == CONF_POOL_SESSION &&
                        server->expect.status == 'I' && link_is_quiet(server));

    if (!ends || !server_is_old(server)) {
        return false;
    }
    server->close_reason = "database configuration changed";
    if (server->has_moved) {
        server->close_reason = SERVER_MOVED;
        SL_IGNORE(sl_error_set(&error, SL_ECONF, SL_STATE_ADMIN_SHUTDOWN,
                          "terminating connection because its server's host has another address "
                          "now"),
                "the client is told");
    }
    client_fail(client, "FATAL", &error);
    return true;
}

bool link_settings(struct client *client)
{
    return link_apply_params(client, client->server);
}

void link_part_unused(struct client *client)
{
    struct server *server = client->server;

    if (expect_idle(&server->expect)) { /* else link_settle() follows the hidden reply */
        part(client, server);
        release(server, false);
    }
}

bool link_give_back(struct client *client)
{
    client->xact_since = 0;
    client->query_since = 0;
    if (!expect_idle(&client->server->expect)) {
        return false; /* link_settle() parts them behind it */
    }
    link_part_unused(client);
    client_wake(client);
    return true;
}

void link_settle_after_input(struct server *server)
{
    if (server->expect.status == 'I' && server->is_due) {
        link_settle(server);
    }
}

/* Whether its client has the server beyond this ReadyForQuery, pins apart. */
static bool is_kept_on(const struct client *client, const struct server *server)
{
    return server->expect.status != 'I' || client->mode == CONF_POOL_SESSION ||
           client->unnamed_is_opaque || client->is_replication;
}

bool link_lets_go(const struct server *server)
{
    const struct client *client = server->client;

    return client != NULL && client->state == CLIENT_ACTIVE && client->pins == 0 &&
           !is_kept_on(client, server) && link_is_quiet(server);
}

void link_settle(struct server *server)
{
    struct client *client = server->client;

    if (client->has_left && expect_is_stuck(&server->expect)) {
        client_end(client);
        return;
    }
    server->is_due = !link_is_quiet(server);
    if (server->is_due) {
        if (client->is_held) {
            client_wake(client); /* what was pending may be settled */
        }
        return;
    }
    client_set_timer(client);
    if (client->mode == CONF_POOL_SESSION && link_end_old(server)) {
        return;
    }
    if (server->close_reason != NULL && server->expect.status == 'I' &&
            client->mode == CONF_POOL_SESSION) {
        client_wake_if_held(client);
        return; /* a session keeps its server to the end */
    }
    if (SL_UNLIKELY(client->listen != NULL) && listen_echo_waits(client, server)) {
        return;
    }
    if (server->is_awaited) {
        /* They are here now: parted, it would ask for a server only to wait for them again. */
        server->is_awaited = false;
        server->is_due = true;
        client_wake(client);
        return;
    }
    bool is_kept = is_kept_on(client, server);
    if (!is_kept && (session_state_ask(client, server) || listen_client_settle(client, server))) {
        return;
    }
    if (!is_kept && client->pins == PIN_SEQUENCE) {
        link_sequences_let_go(client);
    }
    if (is_kept || client->pins != 0) {
        if (check_statement_mode(client, server) && link_pins_settle(server)) {
            listen_waiting_flush(client);
            client_wake_if_held(client);
        }
        return;
    }
    part(client, server);
    client->xact_since = 0;
    client->query_since = 0;
    listen_waiting_flush(client);
    if (client->state == CLIENT_AUTH_WAIT) {
        release(server, false);
        client_auth_answered(client);
        return;
    }
    client_wake_if_held(client);
    if (client->close_needed) {
        outbox_flush(&client->io.worker->outbox);
        client_close(client, "closed by the administrator");
    } else if (SL_UNLIKELY(client->io.worker->drain.how != DRAIN_NOT)) {
        drain_see(client);
    }
    release(server, false);
}

void link_abandon(struct client *client, const char *reason)
{
    struct server *server = client->server;

    if (server == NULL) {
        if (is_in_line(client)) {
            SL_IGNORE(!pool_leave(client->pool, &client->waiter),
                    "one on its way finds nobody and goes back");
        }
        return;
    }
    bool is_busy = !expect_idle(&server->expect) || client->body_left > 0 ||
                   server->body_left > 0 || server->expect.copy != EXPECT_COPY_NONE ||
                   io_is_clogged(&server->io);
    bool was_session = client->mode == CONF_POOL_SESSION;
    /* At once: others may wait for a lock of its, and no reset query need take that away. */
    /* What sequences gave is in nobody's way; what a function left besides may be. */
    bool has_left = client->pins == PIN_SEQUENCE ? server->has_called : client->pins != 0;
    has_left |= server->may_have_left;
    server->must_discard = !was_session && has_left;
    bool is_gone = server->io.is_failed || server->is_replication || server->has_said_fatal;
    /* Unsynced: a Sync of ours would commit what the client did not. */
    bool is_unsynced = server->is_unsynced || server->expect.skipping;
    part(client, server);
    if (is_gone || is_busy || is_unsynced || server->close_reason != NULL) {
        if (is_busy && !is_gone) {
            cancel_orphan(server);
        }
        server_close(server, reason);
    } else {
        release(server, was_session);
    }
}

/* It ended by what another has left there, before anything of its client's was sent to it. */
static bool is_anothers_end(const struct server *server)
{
    static const char *const states[] = {SL_STATE_QUERY_CANCELED, SL_STATE_ADMIN_SHUTDOWN,
            SL_STATE_IDLE_SESSION_TIMEOUT, SL_STATE_TRANSACTION_TIMEOUT};

    for (size_t i = 0; i < SL_COUNT(states); i++) {
        if (server->is_setting && server->refusal != NULL &&
                strcmp(server->refusal->sqlstate, states[i]) == 0) {
            return true;
        }
    }
    return false;
}

void link_break(struct server *server, const char *reason)
{
    struct client *client = server->client;
    struct sl_error error;
    bool is_told = server->has_said_fatal || server_is_amid_message(server);

    if (is_anothers_end(server)) {
        part(client, server);
        server_close(server, reason);
        client_wake(client); /* asks for another one */
        return;
    }

    SL_IGNORE(sl_error_set(&error, SL_EIO, SL_STATE_CONNECTION_FAILURE, "%s", reason),
            "the client is told");
    if (server->refusal != NULL) {
        error = *server->refusal;
    }
    part(client, server);
    server_close(server, reason);
    if (is_told) {
        client_leave(client, reason);
        return;
    }
    client_fail(client, "FATAL", &error);
}

void link_server_failed(struct server *server, const char *reason)
{
    struct worker *worker = server->io.worker;
    struct client *client = NULL;

    if (server->state == SERVER_SETUP) {
        struct sl_error error;
        SL_IGNORE(sl_error_set(&error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                          "connect_query failed: %s", reason),
                "those who wait are told");
        pool_login_failed(server->pool, worker, &error, false);
    }
    if (server->state == SERVER_TEST) {
        client = client_find(worker, server->for_client);
    }
    server_close(server, reason);
    if (client != NULL) {
        client_wake(client); /* asks for another one */
    }
}

/* ---- on to the next ---- */

/* NOLINTNEXTLINE(misc-no-recursion): see client_granted(). */
void link_free_server(struct server *server)
{
    struct worker *worker = server->io.worker;
    struct server_login *login = server->login;

    if (server->is_lost) {
        server_close(server, "lost while idle");
        return;
    }
    if (login != NULL) {
        server->login = NULL;
        server_login_free(login);
    }
    if (server->hub != NULL) {
        listen_hub_ready(server);
        return;
    }
    if (server->state == SERVER_TEST) {
        pool_place(server->pool, server, POOL_ACTIVE);
        server->idle_since = 0;
        client_granted(worker, server->for_client, server);
        return;
    }
    cancel_recall(server);
    if (!sl_list_empty(&server->cancels)) {
        server_enter(server, SERVER_CLEAN);
        pool_place(server->pool, server, POOL_BEING_CANCELED);
        timer_clear(&worker->timers, &server->timer);
        return; /* cancel.c calls again when the last one has closed */
    }
    if (clean_on(server)) {
        return;
    }
    if (server->close_reason == NULL && server_has_moved(server)) {
        server->close_reason = SERVER_MOVED;
    }
    server->idle_since = server->is_lent ? server->idle_since : worker->now;
    if (SL_UNLIKELY(server_load_take(server))) {
        return;
    }
    server_enter(server, SERVER_IDLE);
    server_set_idle_timer(server);
    pool_give(server->pool, server, worker);
}
