/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_relay.c - requests on their way to a server.
 *
 * One parser for all modes: a message's head is looked at, its reply is expected,
 * and its bytes pass as they lie in the receive buffer, the rest of a long one as
 * it comes. What must be whole or must wait stays in the client's io (io_keep)
 * and is looked at again.
 *
 * Bounds: a client in line keeps at most KEPT_MAX unread bytes, then it is not read
 * any more; a message that must be whole at most PARSE_MAX.
 */
#include "proxy/catalogs.h"
#include "proxy/client.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/cancel.h"
#include "proxy/client_cancelled.h"
#include "proxy/client_hear.h"
#include "proxy/client_note.h"
#include "proxy/client_request.h"
#include "proxy/client_retry.h"
#include "proxy/client_reuse.h"
#include "proxy/client_stmt.h"
#include "proxy/link.h"
#include "proxy/link_pins.h"
#include "proxy/link_sequences.h"
#include "proxy/listen_waiting.h"
#include "proxy/own_names.h"
#include "proxy/pipeline.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/session_names.h"
#include "proxy/session_state.h"
#include "proxy/suspend.h"
#include "proxy/vacate.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 65536, SEEN_MAX = 1024 };

/* ---- what handlers use ---- */

void request_pass_from(struct client *client, const struct request *request, size_t from)
{
    struct outbox *outbox = &client->io.worker->outbox;

    outbox_begin(outbox, &client->server->io);
    outbox_pass(outbox, request->at + from, request->here - from);
    client->body_left = request->total - (uint32_t)request->here;
    client->body_fate = BODY_PASS;
}

void request_drop(struct client *client, const struct request *request)
{
    client->body_left = request->total - (uint32_t)request->here;
    client->body_fate = BODY_DROP;
}

enum step request_hold(struct client *client)
{
    const struct expect *expect = &client->server->expect;
    struct sl_error error;

    if ((expect->copy == EXPECT_COPY_NONE || expect_is_copying(expect)) &&
            expect_has_room(expect, REQUEST_ENTRIES_MAX) && expect_is_stuck(expect) &&
            client->forgets != FORGETS_FLUSHED && !client->awaits_columns) {
        /* No reply would come to wake it: memory is what it lacks. */
        SL_IGNORE(sl_error_set(&error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory"),
                "the client is told");
        client_fail(client, "FATAL", &error);
        return STEP_STOP;
    }
    client->is_held = true;
    return STEP_STOP;
}

enum step request_give_back(struct client *client)
{
    client->server->is_unwanted = true;
    return link_give_back(client) ? STEP_STOP : request_hold(client);
}

enum step request_pass(
        struct client *client, const struct request *request, struct expect_entry entry)
{
    if (expect_push(&client->server->expect, entry) != SL_OK) {
        return request_hold(client);
    }
    request_pass_from(client, request, 0);
    return STEP_NEXT;
}

/* ---- one function a message type ---- */

static void begin_query(struct client *client)
{
    if (client->query_since == 0) {
        client->query_since = client->io.worker->now;
        client->xact_since = client->xact_since != 0 ? client->xact_since : client->query_since;
        client_set_timer(client);
    }
}

/* In a session's pool what stays is the session's; a statement of an earlier Parse is not seen. */
static void note(struct client *client, unsigned effects)
{
    if (client->mode == CONF_POOL_SESSION) {
        client->may_set |= (effects & EFFECTS_RULES) != 0;
        client->server->may_copy |= (effects & EFFECTS_COPY) != 0;
        if (SL_UNLIKELY((effects & (EFFECTS_NOTIFIES | EFFECTS_CALLS)) != 0)) {
            server_may_notify(client->server, (effects & EFFECTS_NOTIFIES) != 0);
        }
        client->server->is_spent |= (effects & (EFFECTS_LIBRARY | EFFECTS_HOLDS)) != 0;
        if (SL_UNLIKELY((effects & EFFECTS_NAMES) != 0)) {
            own_names_forget(client);
        }
        catalogs_epoch_see(client->server, effects | EFFECTS_UNREAD);
        reuse_see_effects(client->server, effects);
    } else {
        client_note_effects(client, effects);
    }
}

static unsigned text_effects(struct client *client, uint8_t type, struct sl_span text)
{
    bool is_session = client->mode == CONF_POOL_SESSION;
    unsigned effects = effects_of(text);

    if (type == MSG_QUERY && !is_session) {
        effects = session_state_effects(client, text, effects);
    }
    effects |= catalogs_holds(client->server, text, effects);
    return is_session ? effects : catalogs_effects(client->server, text, effects);
}

/*
 * The text is `skip` bytes into the message. It is waited for to its end, which costs nothing:
 * PostgreSQL would. One too long for that passes as it comes, and counts as unread, but for the
 * settings that it begins with.
 */
static enum step note_text(
        struct client *client, const struct request *request, size_t skip, bool *is_refused)
{
    bool is_session = client->mode == CONF_POOL_SESSION;
    bool is_named = request->type == MSG_PARSE && skip > MESSAGE_HEAD + 1;

    *is_refused = false;
    if (is_session && !catalogs_are_on()) {
        client->may_set = true;
        client->server->may_copy = true;
        session_path_blur(&client->server->path);
        return STEP_NEXT;
    }
    if (request->total > (uint32_t)EFFECTS_TEXT_MAX) {
        if (!is_session && request->here < SEEN_MAX) {
            return STEP_MORE;
        }
        enum step step = link_sequences_see(
                client, request, sl_span(NULL, 0), EFFECTS_ALL, !is_named, is_refused);
        if (step != STEP_NEXT || *is_refused) {
            return step;
        }
        size_t here = request->here > skip ? request->here - skip : 0;
        note(client, effects_of_long(sl_span(request->at + skip, here)));
        if (!is_session && skip < SEEN_MAX) {
            session_names_see_begin(client, sl_span(request->at + skip, SEEN_MAX - skip));
        }
        client_path_see(client, EFFECTS_ALL, sl_span(NULL, 0), SESSION_PATH_PARSE);
        return STEP_NEXT;
    }
    if (!request_is_whole(request)) {
        return STEP_MORE;
    }
    struct sl_span text =
            sl_span(request->at + skip, request->here > skip ? request->here - skip : 0);
    text.len = strnlen((const char *)text.at, text.len);
    unsigned effects = text_effects(client, request->type, text);
    enum step step = link_sequences_see(client, request, text, effects, !is_named, is_refused);
    if (step != STEP_NEXT || *is_refused) {
        return step;
    }
    note(client, effects);
    client->server->has_named_change |= is_named && (effects & EFFECTS_BEHIND) != 0;
    if (!is_session) {
        client_note_hidden(client, text);
    }
    if (SL_UNLIKELY((effects & EFFECTS_SCHEMA) != 0)) {
        vacate_see(client, text);
    }
    if (SL_UNLIKELY((effects & EFFECTS_LEAVES) != 0) && !is_session) {
        session_names_see(client, text);
    }
    client_path_see(client, effects, text,
            request->type == MSG_QUERY ? SESSION_PATH_QUERY
            : skip == MESSAGE_HEAD + 1 ? SESSION_PATH_PARSE_UNNAMED
                                       : SESSION_PATH_PARSE);
    return STEP_NEXT;
}

/* Its reply's entry owns the statement from then on; one that is held keeps it for the next time. */
static enum step pass_statement(
        struct client *client, const struct request *request, struct expect_entry entry)
{
    entry.ref = client_stmt_now(client);
    if (SL_UNLIKELY(entry.ref == NULL)) {
        client_stmt_unseen(client->server);
    }
    enum step step = request_pass(client, request, entry);
    if (step == STEP_NEXT) {
        client_stmt_sent(client);
    }
    return step;
}

/* It takes the unnamed statement away, unless an error that is not seen yet has it skipped. */
static enum step pass_query(struct client *client, const struct request *request)
{
    struct expect *expect = &client->server->expect;
    struct expect_entry entry = {.kind = EXPECT_QUERY};
    bool takes_unnamed = client->renames && !expect->skipping;
    uint32_t segment = expect->segment;
    bool is_first = expect_idle(expect);

    if (takes_unnamed && !is_first) {
        entry.local = SETTLE_UNNAMED;
    }
    enum step step = pass_statement(client, request, entry);
    if (step == STEP_NEXT && !expect->skipping) {
        client->server->has_unnamed = false;
    }
    if (step == STEP_NEXT && takes_unnamed) {
        request_forget_unnamed(client, segment, is_first);
    }
    return step;
}

static enum step on_query(struct client *client, const struct request *request)
{
    struct sl_error error;

    if (client->io.worker->conf->disable_pqexec) {
        SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
                          "simple query protocol is disabled (disable_pqexec)"),
                "the client is told");
        client_fail(client, "FATAL", &error);
        return STEP_STOP;
    }
    bool is_refused = false;
    enum step step = note_text(client, request, MESSAGE_HEAD, &is_refused);
    if (step != STEP_NEXT) {
        return step;
    }
    if (is_refused) {
        begin_query(client);
        return STEP_NEXT;
    }
    if (!client->server->expect.skipping) {
        client->server->is_unsynced = false;
    }
    begin_query(client);
    return pass_query(client, request);
}

static enum step on_extended(
        struct client *client, const struct request *request, enum expect_kind kind)
{
    struct expect_entry entry = {.kind = (uint8_t)kind};

    client->server->is_fresh = false;
    client->server->is_unsynced = true;
    client->server->has_unnamed = true;
    begin_query(client);
    if (kind == EXPECT_EXECUTE) {
        return pass_statement(client, request, entry);
    }
    if (kind == EXPECT_DESCRIBE_PORTAL) {
        entry.ref = client_stmt_now(client);
    }
    return kind == EXPECT_PARSE || kind == EXPECT_CLOSE ? own_names_pass(client, request, entry)
                                                        : request_pass(client, request, entry);
}

/* Whoever binds it later: what it leaves is noted with its Parse. */
static enum step on_parse(struct client *client, const struct request *request)
{
    size_t name = request->here > MESSAGE_HEAD ? strnlen((const char *)request->at + MESSAGE_HEAD,
                                                         request->here - MESSAGE_HEAD)
                                               : 0;

    bool is_refused = false;
    enum step step = note_text(client, request, MESSAGE_HEAD + name + 1, &is_refused);
    if (step != STEP_NEXT || is_refused) {
        return step;
    }
    client->server->has_named |= name > 0;
    return on_extended(client, request, EXPECT_PARSE);
}

/*
 * A statement that was made in an earlier segment may have been looked at when the server was
 * another's, or before it was cleaned: what it leaves is not known here.
 */
static enum step on_bind(struct client *client, const struct request *request)
{
    const uint8_t *portal = request->at + MESSAGE_HEAD;
    size_t here = request->here > MESSAGE_HEAD ? request->here - MESSAGE_HEAD : 0;
    size_t len = strnlen((const char *)portal, here);
    bool is_named = len + 1 >= here || portal[len + 1] != 0;

    if (is_named || !client->server->is_unsynced) {
        size_t name = len + 1 < here ? len + 1 : here;
        bool is_refused = false;
        enum step step = link_sequences_see(
                client, request, sl_span(NULL, 0), EFFECTS_ALL, true, &is_refused);
        if (step != STEP_NEXT || is_refused) {
            return step;
        }
        note(client,
                own_names_effects(client, sl_span(portal + name, here - name)) |
                        (client->server->has_named_change ? EFFECTS_SCHEMA | EFFECTS_BEHIND : 0U));
        client_path_bind(client, is_named);
    }
    return on_extended(client, request, EXPECT_BIND);
}

static enum step on_describe(struct client *client, const struct request *request)
{
    if (request->here < MESSAGE_HEAD + 1) {
        return STEP_MORE;
    }
    return on_extended(client, request,
            request->at[MESSAGE_HEAD] == 'S' ? EXPECT_DESCRIBE_STATEMENT : EXPECT_DESCRIBE_PORTAL);
}

static enum step on_sync(struct client *client, const struct request *request)
{
    struct expect_entry entry = {.kind = EXPECT_SYNC};

    client->server->is_unsynced = false;
    begin_query(client);
    server_meter_sync(client->server);
    return request_pass(client, request, entry);
}

static enum step on_copy_end(struct client *client, const struct request *request)
{
    struct expect_entry entry = {.kind = EXPECT_COPY_END};
    return request_pass(client, request, entry);
}

static enum step on_function(struct client *client, const struct request *request)
{
    struct expect_entry entry = {.kind = EXPECT_FUNCTION};

    if (client->mode != CONF_POOL_SESSION) {
        bool is_refused = false;
        enum step step = link_sequences_see(client, request, sl_span(NULL, 0),
                EFFECTS_MOVES | EFFECTS_CALLS, true, &is_refused);
        if (step != STEP_NEXT) {
            return step;
        }
        /* Its OID tells nothing. */
        client_note_effects(client, EFFECTS_STAY | EFFECTS_LEAVES | EFFECTS_CALLS | EFFECTS_ENDS);
    }
    client->may_set = true;
    session_path_blur(&client->server->path);
    client_stmt_unseen(client->server);
    begin_query(client);
    server_meter_sync(client->server);
    return request_pass(client, request, entry);
}

static enum step on_terminate(struct client *client)
{
    struct server *server = client->server;

    client->has_left = true;
    if (server == NULL || expect_is_stuck(&server->expect)) {
        client_end(client);
    }
    return STEP_STOP; /* else what it asked for is answered first: link_settle() closes */
}

/* PostgreSQL answers what came before, then gives up on the connection. */
static enum step on_unknown(struct client *client, const struct request *request)
{
    struct sl_error error;

    if (client->server != NULL && !expect_is_stuck(&client->server->expect)) {
        return request_hold(client);
    }
    SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
                      "invalid frontend message type %d", request->type),
            "the client is told");
    client_fail(client, "FATAL", &error);
    return STEP_STOP;
}

static void say_ready(struct client *client)
{
    static const uint8_t ready[] = {'Z', 0, 0, 0, 5, 'I'};

    client_say(client, sl_span(ready, sizeof ready));
}

/* Without a server there is nothing to flush, to sync or to copy into. */
static bool on_without_server(struct client *client, const struct request *request)
{
    switch (request->type) {
    case MSG_SYNC:
        if (request->total > MESSAGE_HEAD) {
            return false; /* the server will say what is wrong with that */
        }
        client->skips_to_sync = false;
        say_ready(client);
        break;
    case MSG_FLUSH:
    case MSG_COPY_DATA:
    case MSG_COPY_DONE:
    case MSG_COPY_FAIL:
        break;
    default:
        if (!client->skips_to_sync) {
            return false;
        }
        break;
    }
    request_drop(client, request);
    return true;
}

static enum step with_server(struct client *client, const struct request *request)
{
    bool renames = client->renames;

    switch (request->type) {
    case MSG_QUERY:
        return on_query(client, request);
    case MSG_PARSE:
        return renames ? request_parse(client, request) : on_parse(client, request);
    case MSG_BIND:
        begin_query(client);
        return renames ? request_bind(client, request) : on_bind(client, request);
    case MSG_DESCRIBE:
        return renames ? request_describe(client, request) : on_describe(client, request);
    case MSG_EXECUTE:
        return on_extended(client, request, EXPECT_EXECUTE);
    case MSG_CLOSE:
        return renames ? request_close(client, request)
                       : on_extended(client, request, EXPECT_CLOSE);
    case MSG_SYNC:
        return on_sync(client, request);
    case MSG_FUNCTION_CALL:
        return on_function(client, request);
    case MSG_COPY_DONE:
    case MSG_COPY_FAIL:
        return on_copy_end(client, request);
    case MSG_COPY_DATA:
        server_meter_copied(client->server, request->total);
        request_pass_from(client, request, 0); /* nothing answers it, nor a Flush */
        return STEP_NEXT;
    default:
        request_pass_from(client, request, 0);
        return STEP_NEXT;
    }
}

static bool is_request_type(uint8_t type)
{
    switch (type) {
    case MSG_QUERY:
    case MSG_PARSE:
    case MSG_BIND:
    case MSG_DESCRIBE:
    case MSG_EXECUTE:
    case MSG_CLOSE:
    case MSG_SYNC:
    case MSG_FLUSH:
    case MSG_FUNCTION_CALL:
    case MSG_COPY_DATA:
    case MSG_COPY_DONE:
    case MSG_COPY_FAIL:
        return true;
    default:
        return false;
    }
}

static enum step on_message(struct client *client, const struct request *request)
{
    if (SL_UNLIKELY(!is_request_type(request->type))) {
        return request->type == MSG_TERMINATE ? on_terminate(client) : on_unknown(client, request);
    }
    if (client->server == NULL || SL_UNLIKELY(client->skips_to_sync)) {
        if (on_without_server(client, request)) {
            return STEP_NEXT;
        }
        if (!link_want(client)) {
            return STEP_STOP;
        }
    }
    if (SL_UNLIKELY(client->server->is_setting)) {
        client->server->is_awaited = true;
        return request_hold(client);
    }
    enum step step = SL_UNLIKELY(client->listen != NULL) ? client_hear(client, request) : STEP_NEXT;
    if (SL_UNLIKELY(client->is_cancelled) && step == STEP_NEXT) {
        return client_cancelled_goes(client, request);
    }
    return step == STEP_NEXT ? with_server(client, request) : step;
}

static enum step bad_length(struct client *client, uint32_t len)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
                      "invalid message length %u", len),
            "the client is told");
    client_fail(client, "FATAL", &error);
    return STEP_STOP;
}

/* ---- the input as a whole ---- */

/* The rest of a message whose beginning was seen. */
static size_t pass_body(struct client *client, const uint8_t *at, size_t here)
{
    struct outbox *outbox = &client->io.worker->outbox;
    size_t n = client->body_left < here ? client->body_left : here;

    if (client->body_fate == BODY_PASS && client->server != NULL) {
        outbox_begin(outbox, &client->server->io);
        outbox_pass(outbox, at, n);
    }
    client->body_left -= (uint32_t)n;
    return n;
}

/* The message at `at`; *used is what of it is done with. */
static enum step consume_one(struct client *client, const uint8_t *at, size_t here, size_t *used)
{
    uint32_t len = sl_get_u32(at + 1);

    if (!message_len_ok(len) || len >= client->io.worker->conf->max_packet_size) {
        return bad_length(client, len);
    }
    struct request request = {.at = at, .all = here, .total = len + 1, .type = at[0]};
    request.here = here < request.total ? here : request.total;
    enum step step = on_message(client, &request);
    *used = step == STEP_NEXT ? request.here : 0;
    return step;
}

static bool may_read_on(const struct client *client)
{
    return client->state == CLIENT_ACTIVE && !client->has_left && !client->is_held;
}

/* Returns how many of the bytes are done with. The client may be closed afterwards. */
static size_t consume(struct client *client, struct sl_span bytes)
{
    struct worker *worker = client->io.worker;
    size_t done = 0;

    while (done < bytes.len) {
        const uint8_t *at = bytes.at + done;
        size_t here = bytes.len - done;
        size_t used = 0;
        enum step step = STEP_NEXT;
        if (client->body_left > 0) {
            used = pass_body(client, at, here);
        } else if (here < MESSAGE_HEAD) {
            break;
        } else if (worker->pipeline->count > 0 && client->stmt_skip == 0) {
            step = client_stmt_walk(client, sl_span(at, here), &used);
        } else {
            step = consume_one(client, at, here, &used);
        }
        done += used;
        if (step != STEP_NEXT) {
            break; /* only then the client may be closed */
        }
        client->stmt_skip -= used < client->stmt_skip ? (uint32_t)used : client->stmt_skip;
        if (!may_read_on(client)) {
            break;
        }
    }
    return done;
}

static void hold_back(struct io *io)
{
    io->paused = true;
    io_want(io, io->wants & ~(unsigned)IO_READ);
}

/* What is not done with stays; a request that a stage replaced is replaced. */
static bool keep(struct client *client, struct sl_span bytes, size_t used)
{
    struct settle_bytes *instead = client->instead;

    if (instead == NULL) {
        return io_keep(&client->io, bytes, used) == SL_OK;
    }
    client->instead = NULL;
    bool is_kept = io_keep(&client->io, bytes, used + client->replaced) == SL_OK &&
                   io_put_back(&client->io, sl_span(instead->at, instead->len)) == SL_OK;
    client->stmt_skip = (uint32_t)instead->len;
    free(instead);
    client_wake(client);
    return is_kept;
}

/* In line, or held: what comes is kept, and beyond a bound not read. */
static void put_by(struct client *client, struct sl_span bytes)
{
    if (io_keep(&client->io, bytes, 0) != SL_OK) {
        client_close(client, "out of memory");
        return;
    }
    if (hold_len(&client->io.in) > KEPT_MAX) {
        hold_back(&client->io);
    }
}

static void process(struct client *client, struct sl_span bytes)
{
    struct worker *worker = client->io.worker;
    struct sl_id id = client->id;

    if (client->server != NULL && client->body_left == 0 &&
            (cancel_holds_next(client->server) || client->server->answer != NULL ||
                    client->server->listen_asks || reuse_holds(client))) {
        client->is_held = true; /* cancel.c wakes it; or link_settle(), when that has come */
        put_by(client, bytes);
        return;
    }
    if (client->renames) {
        client_retry_note(client, bytes);
    }
    size_t used = consume(client, bytes);
    outbox_flush(&worker->outbox);
    if (client_find(worker, id) != client || client->state == CLIENT_LEAVING) {
        return;
    }
    stats_add(pool_stats(client->pool, worker->index), STATS_RECEIVED, used);
    if (!keep(client, bytes, used)) {
        client_close(client, "out of memory");
        return;
    }
    if (client->server != NULL && io_is_clogged(&client->server->io)) {
        hold_back(&client->io); /* server_relay.c wakes it when the server took all */
    } else if (client->state == CLIENT_WAITING && client->io.paused) {
        io_unpause(&client->io);
    }
    if (client->server != NULL && client->body_left == 0 && expect_idle(&client->server->expect)) {
        link_settle_after_input(client->server);
    }
}

static bool is_processing(const struct client *client)
{
    return client->state == CLIENT_ACTIVE && !client->is_held && !client->has_left;
}

void client_relay_kept(struct client *client)
{
    client->is_held = false;
    if (client->has_left) {
        if (client->server == NULL || expect_is_stuck(&client->server->expect)) {
            client_end(client);
        }
        return;
    }
    if (client->io.paused && (client->server == NULL || !io_is_clogged(&client->server->io))) {
        io_unpause(&client->io);
    }
    struct sl_span bytes = io_kept(&client->io);
    if (!suspend_stops(&client->io, client->body_left) && bytes.len > 0 && !client->io.paused) {
        process(client, bytes);
        return;
    }
    if (client->server != NULL && client->body_left == 0 && expect_idle(&client->server->expect)) {
        link_settle_after_input(client->server);
    }
}

/* What its server still has to say is for us alone, and soon said: the server is as good as before then. */
static bool is_only_ours(const struct client *client)
{
    const struct server *server = client->server;

    return client->state == CLIENT_ACTIVE && !expect_idle(&server->expect) &&
           expect_first_shown(&server->expect) == NULL && server->expect.status == 'I' &&
           !server->is_unsynced && !server->expect.skipping && client->body_left == 0 &&
           !io_is_clogged(&server->io);
}

/*
 * What it asked for ahead of its goodbye is carried out, as PostgreSQL does; unless it takes no more of
 * that: PostgreSQL ends it then, too.
 */
static bool may_go_on(const struct client *client)
{
    return client->server != NULL &&
           (is_only_ours(client) || (client->has_left && !client->io.is_failed));
}

/* Gone without a word, or behind one. */
static void vanished(struct client *client, const char *reason)
{
    if (may_go_on(client)) {
        client->has_left = true;
        io_want(&client->io, client->io.is_failed ? 0 : client->io.wants & (unsigned)IO_WRITE);
        return;
    }
    client_close(client, reason);
}

void client_relay_ready(struct client *client, unsigned got)
{
    struct sl_span bytes;

    if ((got & IO_WRITE) != 0 && io_flush(&client->io) && client->server != NULL &&
            client->server->io.paused && !client->server->is_withheld) {
        server_meter_go_on(client->server);
        io_unpause(&client->server->io);
    }
    listen_waiting_flush(client);
    if (client->io.is_failed) {
        vanished(client, "client connection failed");
        return;
    }
    if ((got & IO_READ) == 0 || client->io.paused ||
            suspend_stops(&client->io, client->body_left)) {
        return;
    }
    switch (io_receive_most(&client->io, suspend_most(&client->io, client->body_left), &bytes)) {
    case IO_BYTES:
        client->request_at = client->io.worker->now;
        if (is_processing(client)) {
            process(client, bytes);
        } else {
            put_by(client, bytes);
        }
        break;
    case IO_AGAIN:
        if (bytes.len > 0 && is_processing(client)) {
            process(client, bytes); /* what came with the login's last message */
        }
        break;
    case IO_EOF:
        vanished(client, "client closed the connection");
        break;
    case IO_LOST:
        vanished(client, "client connection was reset");
        break;
    }
}
