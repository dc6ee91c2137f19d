/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_relay.c - replies on their way to the client.
 *
 * Bytes that pass are handed to the outbox as they lie in the receive buffer, in
 * runs as long as possible: [run, at) is what passes and has not been handed over.
 * Only what changes something here is looked at, and made whole for it.
 */
#include "proxy/server.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/cancel.h"
#include "proxy/catalogs_epoch.h"
#include "proxy/client.h"
#include "proxy/client_retry.h"
#include "proxy/client_reuse.h"
#include "proxy/client_stmt.h"
#include "proxy/columns.h"
#include "proxy/link.h"
#include "proxy/link_params.h"
#include "proxy/link_prepared.h"
#include "proxy/listen_client.h"
#include "proxy/listen_echo.h"
#include "proxy/listen_hub.h"
#include "proxy/param_names.h"
#include "proxy/params.h"
#include "proxy/pipeline.h"
#include "proxy/registry.h"
#include "proxy/reuse_proof.h"
#include "proxy/server_load.h"
#include "proxy/server_local.h"
#include "proxy/server_settle.h"
#include "proxy/server_tag.h"
#include "proxy/server_tap.h"
#include "proxy/server_words.h"
#include "proxy/session_state.h"
#include "proxy/suspend.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <strings.h>

enum { WHOLE_MAX = 65536 }; /* a longer message that we should look at passes unread */

enum relayed { RELAY_PASS, RELAY_HIDE, RELAY_SWAP, RELAY_BREACH };

struct relay {
    struct server *server;
    const uint8_t *begin;
    const uint8_t *run; /* see the top of the file */
    const uint8_t *at;
    const uint8_t *end;
    struct settle_bytes *instead; /* RELAY_SWAP */
    uint32_t packet_max;          /* max_packet_size */
    bool saw_ready;
};

static void hand_over(struct relay *relay)
{
    struct server *server = relay->server;

    if (relay->at > relay->run && server->client != NULL) {
        outbox_pass(&server->io.worker->outbox, relay->run, (size_t)(relay->at - relay->run));
    }
    relay->run = relay->at;
}

static void show_locals(struct relay *relay)
{
    struct server *server = relay->server;
    struct expect_entry entry;

    hand_over(relay);
    while (expect_take_local(&server->expect, &entry)) {
        if (server->client != NULL) {
            server_show_local(server, &entry);
        }
        server_settle_local(server, &entry);
    }
    relay->saw_ready = true; /* it may have been the last thing the server was kept for */
}

/* ---- messages that mean something here ---- */

/* The server's parameters have changed; and so have its client's, if it asked for that. */
static void take_param(struct server *server, const struct back_param *param, bool is_hidden)
{
    struct client *client = is_hidden ? NULL : server->client;
    bool was_same = client != NULL && client->params == server->params;
    const struct params *set = params_with(server->params, param->name_text, param->value_text);

    if (set == NULL) {
        server->close_reason = "its parameters are too long to follow";
        return;
    }
    server->params = set;
    if (client == NULL) {
        return;
    }
    if (was_same) {
        params_unref(client->params);
        client->params = params_ref(set);
        return;
    }
    set = params_with(client->params, param->name_text, param->value_text);
    client->params = set != NULL ? set : client->params;
}

/*
 * What the client started with comes back by RESET, but the server was started
 * without it (param_is_per_client()): the client is told its own value, and the
 * server is given it before anything else (server_after_reset()).
 */
static bool show_own(struct relay *relay, const struct back_param *param)
{
    struct server *server = relay->server;
    struct client *client = server->client;
    const char *own = params_get(client->own, param->name_text);
    const char *base = params_get(server->baseline, param->name_text);
    struct sl_buf buf;

    if (own == NULL || !server->saw_reset || strcmp(own, param->value_text) == 0 ||
            (base != NULL && strcmp(base, param->value_text) != 0)) {
        return false; /* or it was set behind the RESET */
    }
    const struct params *set = params_with(client->params, param->name_text, own);
    if (set == NULL) {
        return false;
    }
    client->params = set;
    hand_over(relay);
    sl_buf_init(&buf, WHOLE_MAX);
    bool is_put = back_put_param_status(&buf, param->name_text, own) == SL_OK;
    if (is_put) {
        struct sl_span bytes = sl_buf_borrow(&buf);
        outbox_copy(&server->io.worker->outbox, bytes.at, bytes.len);
    }
    sl_buf_fini(&buf);
    return is_put;
}

static enum relayed on_param_status(struct relay *relay, struct sl_span body, bool is_hidden)
{
    struct server *server = relay->server;
    enum relayed shown = is_hidden || server->client == NULL ? RELAY_HIDE : RELAY_PASS;
    struct back_param param;

    if (back_param_status_read(body, &param) != SL_OK || !param_is_settable(param.name_text)) {
        return shown;
    }
    take_param(server, &param, is_hidden);
    return shown == RELAY_PASS && show_own(relay, &param) ? RELAY_HIDE : shown;
}

void server_after_reset(struct server *server)
{
    if (cancel_holds_next(server) || !expect_idle(&server->expect)) {
        return; /* cancel.c calls again, what the client says next waits as long; or more is to come */
    }
    server->saw_reset = server->expect.status != 'I'; /* a rollback takes back what is set here */
    if (server->client != NULL && server->state == SERVER_LINKED && server->expect.status != 'E' &&
            !link_settings(server->client)) {
        server->close_reason = "out of memory";
    }
}

/* Empty when it cannot be read. */
static struct sl_span tag_of(struct sl_span body)
{
    struct sl_span tag;

    return back_tag_read(body, &tag) == SL_OK ? tag : sl_span(NULL, 0);
}

/* Of what the server is asked with that: a name that we gave to a statement, and take it to know. */
static bool names_ours(const struct expect_entry *head)
{
    return head != NULL && head->ref != NULL &&
           (head->kind == EXPECT_BIND || head->kind == EXPECT_DESCRIBE_STATEMENT);
}

/*
 * A Query whose last statement was a DEALLOCATE ALL may fail at its COMMIT: that has run, and is
 * not taken back, and nothing says so. Not where none can have run.
 */
static bool may_have_forgotten(
        const struct server *server, const struct expect_entry *head, const char *sqlstate)
{
    const struct client *client = server->client;

    return client != NULL && client->renames && client->forgets != FORGETS_NOTHING &&
           head != NULL && head->kind == EXPECT_QUERY && head->segment == client->forgets_segment &&
           strcmp(sqlstate, SL_STATE_UNDEFINED_PSTATEMENT) != 0 &&
           strcmp(sqlstate, SL_STATE_IN_FAILED_TX) != 0 &&
           strcmp(sqlstate, SL_STATE_SYNTAX_ERROR) != 0;
}

/* What it has set before cannot be set here; it is told why. */
static void keep_refusal(struct server *server, const struct back_error *error)
{
    server->refusal = server->refusal == NULL ? malloc(sizeof *server->refusal) : server->refusal;
    if (server->refusal != NULL) {
        SL_IGNORE(
                sl_error_set(server->refusal, SL_EIO,
                        error->sqlstate[0] != '\0' ? error->sqlstate : SL_STATE_CONNECTION_FAILURE,
                        "cannot restore the session's settings: %.*s", (int)error->message.len,
                        (const char *)error->message.at),
                "kept");
    }
}

/* What nobody sees may fail so. */
static bool is_tolerated_of(
        struct server *server, const struct expect_entry *head, const struct back_error *error)
{
    return head != NULL && (head->local == SETTLE_TOLERATED || head->local == SETTLE_STATE ||
                                   head->local == SETTLE_PLAN || head->local == SETTLE_LISTEN ||
                                   head->local == SETTLE_ISOLATION ||
                                   (head->local == SETTLE_HUB && listen_hub_tolerates(server)) ||
                                   (head->local == SETTLE_PREPARED &&
                                           link_prepared_tolerates(head, error->sqlstate)));
}

static void on_error(struct server *server, struct sl_span body)
{
    struct back_error error;

    back_error_read(body, &error);
    const struct expect_entry *head = expect_head(&server->expect);
    if (strcmp(error.sqlstate, SL_STATE_UNDEFINED_PSTATEMENT) == 0 && names_ours(head)) {
        server->close_reason = "its prepared statements are gone";
    }
    if (SL_UNLIKELY(reuse_repairs(server, &error))) {
        server->is_retried = true;
        return;
    }
    if (error.is_fatal) {
        server->close_reason = "the server ended the session";
        server->has_said_fatal = !expect_hidden(&server->expect);
    }
    if (!expect_hidden(&server->expect)) {
        server_meter_error(server, error.sqlstate);
        session_path_error(&server->path);
    }
    bool is_tolerated = is_tolerated_of(server, head, &error);
    if (head != NULL && head->local == SETTLE_LOAD) {
        server_load_error(server, error.sqlstate);
        return;
    }
    if (head != NULL && head->local == SETTLE_SETTINGS) {
        keep_refusal(server, &error);
    }
    if (SL_UNLIKELY(may_have_forgotten(server, head, error.sqlstate))) {
        server->close_reason = "its prepared statements may be gone";
    }
    if (strcmp(error.sqlstate, SL_STATE_FEATURE_NOT_SUPPORTED) == 0 &&
            sl_span_is(error.routine, "RevalidateCachedQuery") && server->client != NULL &&
            server->client->renames && head != NULL && head->kind != EXPECT_QUERY) {
        server_stmts_retire(&server->stmts, head->ref);
        server->is_retried = client_retry_may(server);
        if (!server->is_retried) {
            server->close_reason = "its prepared statements are out of date";
        }
    }
    bool is_ours = expect_hidden(&server->expect) && head != NULL && head->local != SETTLE_QUESTION;
    server->must_answer |=
            strcmp(error.sqlstate, SL_STATE_QUERY_CANCELED) == 0 &&
            (head == NULL || head->local == SETTLE_STATE || link_may_be_cut_off(server));
    if (server->state == SERVER_SETUP) {
        server->has_failed_setup = true;
    } else if (is_ours && !is_tolerated) {
        server->is_broken = true; /* what we asked for is not so: nobody may build on it */
        server->has_refused = true;
    }
    /* A DEALLOCATE of what a function may have left. */
    bool is_expected = is_tolerated && head->local == SETTLE_PREPARED && head->undo == NULL;
    if ((is_ours && !is_expected) || server->client == NULL) {
        sl_log(SL_LOG_WARN, "server_error", "server=%lu sqlstate=%s routine=%.*s",
                (unsigned long)server->serial, error.sqlstate, (int)error.routine.len,
                (const char *)error.routine.at);
    }
}

static void on_query_done(struct server *server, char status)
{
    struct client *client = server->client;
    struct worker *worker = server->io.worker;
    struct stats_row *stats = pool_stats(server->pool, worker->index);

    if (client == NULL) {
        return;
    }
    stats_add(stats, STATS_QUERIES, 1);
    if (client->query_since != 0) {
        stats_add(stats, STATS_QUERY_USEC, (uint64_t)(worker->now - client->query_since));
        client->query_since = expect_idle(&server->expect) ? 0 : worker->now;
    }
    if (status == 'I') {
        stats_add(stats, STATS_XACTS, 1);
        sl_usec since = client->xact_since != 0 ? client->xact_since : worker->now;
        stats_add(stats, STATS_XACT_USEC, (uint64_t)(worker->now - since));
        client->xact_since = expect_idle(&server->expect) ? 0 : worker->now;
    }
}

static enum relayed shown_as(enum expect_verdict verdict)
{
    switch (verdict) {
    case EXPECT_SHOW:
        return RELAY_PASS;
    case EXPECT_HIDE:
        return RELAY_HIDE;
    case EXPECT_SWAP:
        return RELAY_SWAP;
    case EXPECT_BREACH:
        break;
    }
    return RELAY_BREACH;
}

static enum relayed on_unasked_error(const struct relay *relay)
{
    struct server *server = relay->server;
    bool is_nobodys = server->client == NULL || (relay->saw_ready && link_lets_go(server));

    /* Usually 57P01: a client that has it beyond this turn hears of it, nobody else does. */
    server->close_reason = "the server ended the session";
    server->has_said_fatal &= !is_nobodys;
    return is_nobodys ? RELAY_HIDE : RELAY_PASS;
}

/* The same with the number of the process that clients are told; NULL: no memory. */
static struct settle_bytes *with_shown_process(struct server *server, struct sl_span body)
{
    uint32_t backend = sl_get_u32(body.at);
    uint32_t shown = notifiers_shown(&server->pool->database->notifiers, backend);
    struct settle_bytes *copy =
            settle_bytes_new(sl_span(body.at - MESSAGE_HEAD, MESSAGE_HEAD + body.len));

    if (copy != NULL) {
        sl_set_u32(copy->at + MESSAGE_HEAD, shown);
    }
    return copy;
}

static enum relayed on_notification(struct relay *relay, struct sl_span body)
{
    struct server *server = relay->server;

    bool is_its = listen_client_passes(server, body);

    if (is_its && body.len >= sizeof(uint32_t)) {
        relay->instead = with_shown_process(server, body);
        return relay->instead != NULL ? RELAY_SWAP : RELAY_PASS;
    }
    return is_its ? RELAY_PASS : RELAY_HIDE;
}

static enum relayed on_ready(struct relay *relay, struct sl_span body)
{
    struct server *server = relay->server;
    void *swap = NULL;

    if (body.len != 1) {
        return RELAY_BREACH;
    }
    enum expect_verdict verdict =
            expect_reply(&server->expect, BACK_READY, (char)body.at[0], &swap);
    relay->saw_ready = true;
    if (SL_LIKELY(expect_idle(&server->expect))) {
        if (body.at[0] == 'I') {
            server->may_end_block = false; /* not before: a portal may have it bound */
            if (SL_UNLIKELY(server->changes_schema || server->reads_tags)) {
                catalogs_epoch_ended(server);
            }
        }
    }
    reuse_see_ready(server);
    if (verdict == EXPECT_SHOW) {
        client_stmt_ready(server);
        if (server->is_retried) {
            if (server->path.watches) {
                session_path_blur(&server->path); /* what is under way is told twice */
            }
            server->is_repeat_due = true;
            return RELAY_HIDE; /* after() repeats the request */
        }
        client_stmt_stands(server, (enum stage_standing)body.at[0]);
        if (server->client != NULL) {
            server->client->has_retried = false;
            server->client->notices_told = 0;
        }
        if (SL_UNLIKELY(server->path.watches)) {
            session_path_ready(&server->path, (char)body.at[0], expect_idle(&server->expect));
        }
        on_query_done(server, (char)body.at[0]);
        if (SL_UNLIKELY(server->may_have_notified) && body.at[0] == 'I' &&
                listen_echo_withholds(server)) {
            return RELAY_HIDE;
        }
    }
    return shown_as(verdict);
}

/* body: what is there of it. */
static enum relayed on_message(struct relay *relay, uint8_t type, struct sl_span body)
{
    struct server *server = relay->server;
    bool is_hidden = expect_hidden(&server->expect);
    struct settle_bytes *reworded = NULL;
    void *swap = NULL;

    switch (type) {
    case BACK_PARAM_STATUS:
        return on_param_status(relay, body, is_hidden);
    case BACK_NOTICE:
        return is_hidden || server->client == NULL || !reuse_shows_notice(server) ? RELAY_HIDE
                                                                                  : RELAY_PASS;
    case BACK_NOTIFICATION:
        return on_notification(relay, body);
    case BACK_READY:
        return on_ready(relay, body);
    case BACK_COMMAND_COMPLETE:
        if (!is_hidden) {
            struct sl_span tag = tag_of(body);
            server_tag_see(server, tag);
            server_meter_tag(server, tag);
        }
        break;
    case BACK_PORTAL_SUSPENDED:
        server_meter_tag(server, sl_span(NULL, 0));
        break;
    case BACK_DATA_ROW:
        if (SL_UNLIKELY(server->load != NULL)) {
            server_load_row(server, body);
        } else if (SL_UNLIKELY(server->answer != NULL) && is_hidden) {
            session_state_row(server, body);
        } else if (SL_UNLIKELY(server->question != NULL) && is_hidden) {
            reuse_ask_row(server, body);
        } else if (SL_UNLIKELY(server->isolation.asks != 0) && is_hidden) {
            server_isolation_row(server, body);
        } else if (SL_UNLIKELY(server->listen_asks) && is_hidden) {
            listen_client_row(server, body);
        }
        break;
    case BACK_ERROR:
        on_error(server, body);
        if (expect_idle(&server->expect)) {
            return on_unasked_error(relay);
        }
        reworded = server_words(server, body);
        break;
    case BACK_PARAM_DESCRIPTION:
    case BACK_ROW_DESCRIPTION:
    case BACK_NO_DATA:
        if (columns_are_awaited(server, type) && !columns_see(server, type, body)) {
            return RELAY_BREACH;
        }
        break;
    default:
        break;
    }
    enum relayed relayed = shown_as(expect_reply(&server->expect, type, 0, &swap));
    relayed = type == BACK_ERROR && server->is_retried && relayed == RELAY_PASS ? RELAY_HIDE
                                                                                : relayed;
    relay->instead = swap;
    if (SL_UNLIKELY(reworded != NULL) && relayed == RELAY_PASS) {
        relay->instead = reworded;
        return RELAY_SWAP;
    }
    free(reworded);
    return relayed;
}

static bool is_looked_at(uint8_t type)
{
    return type == BACK_READY || type == BACK_COMMAND_COMPLETE || type == BACK_ERROR ||
           type == BACK_PARAM_STATUS || type == BACK_NOTIFICATION;
}

/* The rest of a message whose beginning was seen. */
static void pass_body(struct relay *relay)
{
    struct server *server = relay->server;
    size_t here = (size_t)(relay->end - relay->at);
    uint32_t n = server->body_left < here ? server->body_left : (uint32_t)here;

    if (server->body_fate == BODY_DROP) {
        hand_over(relay);
        relay->run += n;
    }
    relay->at += n;
    server->body_left -= n;
}

/* The message at `at` goes to its fate; its rest is still to come, perhaps. */
static void carry_out(struct relay *relay, enum relayed relayed, uint32_t total)
{
    struct server *server = relay->server;

    server->body_left = total;
    server->body_fate = relayed == RELAY_PASS ? BODY_PASS : BODY_DROP;
    if (relayed == RELAY_SWAP && relay->instead != NULL) {
        hand_over(relay);
        if (server->client != NULL) {
            outbox_copy(&server->io.worker->outbox, relay->instead->at, relay->instead->len);
        }
        free(relay->instead);
    }
    relay->instead = NULL;
    pass_body(relay);
}

/* max_packet_size counts the type byte too, as PgBouncer does. */
static bool len_is_good(const struct relay *relay, uint32_t len)
{
    return message_len_ok(len) && len < relay->packet_max;
}

/*
 * Rows, or COPY data: as many as are here, for nothing changes in between. The first
 * one's length was looked at; the last one may be cut.
 */
static void stream(struct relay *relay, uint8_t type)
{
    const uint8_t *at = relay->at;
    uint32_t total = sl_get_u32(at + 1) + 1;
    uint64_t count = 1;

    while ((size_t)(relay->end - at) > (size_t)total + MESSAGE_HEAD && at[total] == type) {
        uint32_t len = sl_get_u32(at + total + 1);
        if (!len_is_good(relay, len)) {
            break; /* relay_message() says so */
        }
        at += total;
        total = len + 1;
        count++;
    }
    relay->server->meter.rows += count;
    relay->at = at;
    relay->server->body_left = total;
    relay->server->body_fate = BODY_PASS;
    pass_body(relay);
}

/* False: more bytes are needed, or it is over (server->close_reason). */
static bool relay_message(struct relay *relay)
{
    struct server *server = relay->server;
    size_t here = (size_t)(relay->end - relay->at);

    if (here < MESSAGE_HEAD) {
        return false;
    }
    uint8_t type = relay->at[0];
    uint32_t len = sl_get_u32(relay->at + 1);
    if (!len_is_good(relay, len)) {
        server->is_broken = true;
        return false;
    }
    if ((type == BACK_DATA_ROW || type == BACK_COPY_DATA) && expect_streams(&server->expect) &&
            (server->taps & STAGE_TAP_REPLY) == 0) {
        stream(relay, type);
        return true;
    }
    if (SL_UNLIKELY(here < (size_t)len + 1 && columns_are_awaited(server, type)) &&
            len <= COLUMNS_BYTES_MAX) {
        return false; /* longer ones are cut: no server's of that form */
    }
    bool is_read = is_looked_at(type) || server->load != NULL || server->answer != NULL ||
                   server->question != NULL || server->listen_asks;
    if (SL_UNLIKELY(server->taps != 0) ? !server_tap(server, sl_span(relay->at, here), is_read)
                                       : here < (size_t)len + 1 && len < WHOLE_MAX && is_read) {
        return false;
    }
    size_t body_len = here - MESSAGE_HEAD < len - 4 ? here - MESSAGE_HEAD : len - 4;
    server->meter.here = server->meter.before + (size_t)(relay->at - relay->begin) + len + 1;
    enum relayed relayed = on_message(relay, type, sl_span(relay->at + MESSAGE_HEAD, body_len));
    if (relayed == RELAY_BREACH) {
        server->is_broken = true;
        return false;
    }
    carry_out(relay, relayed, len + 1);
    return true;
}

static void relay_all(struct relay *relay)
{
    struct server *server = relay->server;

    for (;;) {
        if (server->body_left > 0) {
            if (relay->at == relay->end) {
                break;
            }
            pass_body(relay);
        } else if (expect_local_is_due(&server->expect)) {
            show_locals(relay);
        } else if (relay->at == relay->end || !relay_message(relay)) {
            break;
        }
    }
    hand_over(relay);
}

/* ---- a turn ---- */

static void lost(struct server *server, const char *reason)
{
    switch (server->state) {
    case SERVER_LINKED:
        link_break(server, reason);
        break;
    case SERVER_IDLE:
        if (pool_withdraw(server->pool, server, false)) {
            server_close(server, reason);
        } else {
            server->is_lost = true; /* its letter is under way: who gets it sees this */
            io_want(&server->io, 0);
        }
        break;
    case SERVER_TEST:
    case SERVER_CLEAN:
    case SERVER_LOAD:
    case SERVER_SETUP:
        link_server_failed(server, reason);
        break;
    case SERVER_LISTEN:
        server_close(server, reason);
        break;
    case SERVER_RESOLVE:
    case SERVER_CONNECT:
    case SERVER_TLS_ASK:
    case SERVER_TLS:
    case SERVER_LOGIN:
    case SERVER_LOGIN_WAIT:
    case SERVER_CLOSED:
        break;
    }
}

static void own_query_ended(struct server *server)
{
    if (!expect_idle(&server->expect)) {
        return;
    }
    if (server->expect.status != 'I') {
        link_server_failed(server, "our own query left a transaction open");
        return;
    }
    if (server->state == SERVER_SETUP && !server->has_failed_setup) {
        server->restored = params_ref(server->params);
    } else if (server->state == SERVER_LOAD) {
        server_load_ended(server);
    }
    link_free_server(server);
}

static void after(struct server *server, bool saw_ready)
{
    if (server->is_broken) {
        lost(server, server_broken_reason(server));
    } else if (server->state == SERVER_LINKED) {
        if (SL_UNLIKELY(server->is_repeat_due)) {
            server->is_repeat_due = false;
            server->is_retried = false;
            client_retry_begin(server);
            return;
        }
        if (SL_UNLIKELY(saw_ready && server->saw_reset)) {
            server_after_reset(server);
        }
        struct client *client = server->client;
        if (client == NULL) {
            return;
        }
        if (SL_UNLIKELY(saw_ready && !sl_list_empty(&server->cancels))) {
            cancel_go_on(server);
        }
        if (client->is_held) {
            client_wake(client); /* some of what it waits for may have come */
        }
        if (saw_ready || client->has_left) {
            link_settle(server);
        }
    } else if (server->state == SERVER_IDLE) {
        if (server->close_reason != NULL) {
            lost(server, server->close_reason);
        }
    } else if (server->state == SERVER_LISTEN) {
        if (server->close_reason != NULL) {
            lost(server, server->close_reason);
        } else {
            listen_hub_turn_ends(server);
        }
    } else if (saw_ready) {
        own_query_ended(server);
    }
}

/* A client that does not take what it is sent: its server is not read until it does. */
static void hold_back_for(struct client *client)
{
    if (client != NULL && client->server != NULL && io_is_clogged(&client->io)) {
        struct io *io = &client->server->io;
        io->paused = true; /* client_relay.c wakes it when the client took all */
        server_meter_stall(client->server);
        io_want(io, io->wants & ~(unsigned)IO_READ);
    }
}

static void relay_bytes(struct server *server, struct sl_span bytes)
{
    struct worker *worker = server->io.worker;
    struct client *client = server->client;
    struct relay relay = {.server = server,
            .begin = bytes.at,
            .run = bytes.at,
            .at = bytes.at,
            .end = bytes.at + bytes.len,
            .packet_max = worker->conf->max_packet_size};

    bool is_loading = server->load != NULL; /* what it reads is nobody's */
    if (client != NULL) {
        outbox_begin(&worker->outbox, &client->io);
    }
    relay_all(&relay);
    size_t used = (size_t)(relay.at - bytes.at);
    server->meter.before += used;
    struct sl_id id = client != NULL ? client->id : (struct sl_id){0};
    if (client != NULL && !is_loading) {
        stats_add(pool_stats(server->pool, worker->index), STATS_SENT, used);
    }
    if (hold_len(&server->io.in) > 0) {
        outbox_flush(&worker->outbox); /* what passes lies in what io_keep() gives back */
    }
    if (io_keep(&server->io, bytes, used) != SL_OK) {
        server->is_broken = true;
    }
    /* Before the client hears of its end, so that whoever asks then finds the server free. */
    after(server, relay.saw_ready);
    outbox_flush(&worker->outbox);
    hold_back_for(client_find(worker, id));
}

void server_relay_withheld(struct server *server)
{
    relay_bytes(server, io_kept(&server->io));
}

/* By SUSPEND; what we asked for ourselves comes to its end. */
static bool is_stopped(struct server *server)
{
    bool is_ours = server->state != SERVER_LINKED && server->state != SERVER_IDLE;

    return !is_ours && (server->client == NULL || server->client->state >= CLIENT_WELCOME) &&
           suspend_stops(&server->io, server->body_left);
}

void server_relay_ready(struct server *server, unsigned got)
{
    struct sl_span bytes;

    if ((got & IO_WRITE) != 0 && io_flush(&server->io) && server->client != NULL &&
            server->client->io.paused) {
        io_unpause(&server->client->io);
        client_wake(server->client);
    }
    if ((got & (IO_READ | IO_ERROR)) == 0 || server->io.paused || is_stopped(server)) {
        if (server->is_withheld) {
            server_relay_withheld(server);
        }
        return;
    }
    switch (io_receive_most(&server->io, suspend_most(&server->io, server->body_left), &bytes)) {
    case IO_BYTES:
        relay_bytes(server, bytes);
        break;
    case IO_AGAIN:
        if (server->io.is_failed) {
            lost(server, "server connection failed");
        }
        break;
    case IO_EOF:
        lost(server, "server closed the connection unexpectedly");
        break;
    case IO_LOST:
        lost(server, "server connection was reset");
        break;
    }
}
