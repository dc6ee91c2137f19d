/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_prepared.c - requests that name prepared statements, in transaction
 * pooling: renamed, shared, and made where they are missing.
 *
 * A name whose last change (Parse, Close) is in a segment before this one and not
 * yet answered is waited for: what the change comes to is not known. Within a
 * segment it need not be: if it fails, so does everything up to Sync.
 */
#include "proxy/client_request.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/client_named.h"
#include "proxy/client_note.h"
#include "proxy/client_reuse.h"
#include "proxy/client_rules.h"
#include "proxy/client_stmt.h"
#include "proxy/columns.h"
#include "proxy/link_sequences.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/session_state.h"
#include "proxy/unnamed.h"
#include "proxy/worker.h"

enum { PARSE_WHOLE_MAX = 1 << 20, OURS_LEN = 7 };

static const char ours[] = "SLUICE_";

static bool is_ours(struct sl_span name)
{
    return name.len >= OURS_LEN && memcmp(name.at, ours, OURS_LEN) == 0;
}

/*
 * Is a DEALLOCATE or DISCARD not answered yet? Nothing is known of any name until it is. In
 * the segment that goes on the server has to be told to answer: Flush changes nothing else.
 */
static bool is_forgetting(struct client *client)
{
    static const uint8_t flush[] = {MSG_FLUSH, 0, 0, 0, 4};
    struct server *server = client->server;
    const struct expect *expect = &server->expect;

    if (SL_LIKELY(client->forgets == FORGETS_NOTHING)) {
        return false;
    }
    bool is_same = client->forgets_segment == expect->segment;
    if (is_same ? expect_idle(expect) || expect_is_copying(expect) : expect_is_stuck(expect)) {
        client->forgets = FORGETS_NOTHING;
        return false;
    }
    if (is_same && client->forgets == FORGETS_NAMES) {
        client->forgets = FORGETS_FLUSHED;
        server_say(server, flush, sizeof flush);
    }
    return true;
}

/*
 * The client's statement of that name, or NULL. False: it is in the middle of a
 * change that an earlier segment asked for, and must be waited for.
 */
static bool find_name(struct client *client, struct sl_span name, struct client_name **found)
{
    struct client_name *closing = NULL;

    if (is_forgetting(client)) {
        return false;
    }
    *found = client_names_find(client->names, name, &closing);
    return (closing == NULL || !named_is_unsettled(client, true, closing->segment)) &&
           (*found == NULL ||
                   !named_is_unsettled(client, (*found)->state == NAME_PARSING, (*found)->segment));
}

/* ---- the unnamed statement on the server ---- */

/*
 * Was it changed in an earlier segment that is not answered yet? If the server skips that, what
 * it has is still another client's.
 */
static bool unnamed_is_open(const struct client *client)
{
    const struct expect *expect = &client->server->expect;
    const struct expect_entry *head = expect_head(expect);

    /* Stuck: its Sync, if any, was for the COPY; this is still the same segment to the server. */
    return head != NULL && !expect_is_stuck(expect) && client->unnamed_segment != expect->segment &&
           (int32_t)(head->segment - client->unnamed_segment) <= 0;
}

/* As named_ensure(). */
static enum step ready_unnamed(
        struct client *client, const struct request *request, bool *is_poisoned)
{
    struct server *server = client->server;

    if (server->expect.skipping) {
        return STEP_NEXT; /* the server discards what asks for it */
    }
    if (unnamed_is_open(client)) {
        return request_hold(client);
    }
    if (client->unnamed_is_opaque) {
        return STEP_NEXT;
    }
    if (client->unnamed == NULL) {
        *is_poisoned = true;
        return request_poison(client, request, SL_STATE_UNDEFINED_PSTATEMENT,
                "unnamed prepared statement does not exist");
    }
    if (server->stmts.unnamed == client->unnamed) {
        return STEP_NEXT;
    }
    struct expect_entry entry = {
            .kind = EXPECT_PARSE, .flags = EXPECT_QUIET, .local = SETTLE_UNNAMED};
    if (expect_push(&server->expect, entry) != SL_OK) {
        return request_hold(client);
    }
    client->unnamed_segment = server->expect.segment;
    prepared_unref(server->stmts.unnamed);
    server->stmts.unnamed = prepared_ref(client->unnamed);
    named_say_parse(server, "", 0, client->unnamed->len);
    server_say(server, client->unnamed->body, client->unnamed->len);
    named_count(client, STATS_SERVER_PARSES);
    return STEP_NEXT;
}

void request_forget_unnamed(struct client *client, uint32_t segment, bool is_first)
{
    struct server *server = client->server;

    if (client->unnamed != NULL || client->unnamed_is_opaque || !is_first) {
        unnamed_change(client, NULL, false, segment);
    }
    if (is_first) {
        unnamed_settled(client);
    }
    prepared_unref(server->stmts.unnamed);
    server->stmts.unnamed = NULL;
}

/* ---- replies of our own ---- */

/* ParseComplete or CloseComplete, at once or in its turn. False: it is not expected, without memory. */
static bool reply_locally(struct client *client, const struct request *request, uint8_t type,
        struct client_name *name)
{
    struct server *server = client->server;
    struct expect_entry entry = {.kind = EXPECT_LOCAL, .local = type, .undo = name};

    if (expect_idle(&server->expect) && !server->expect.skipping) {
        const uint8_t message[] = {type, 0, 0, 0, 4};
        client_say(client, sl_span(message, sizeof message));
        server_settle_local(server, &entry);
    } else if (expect_push(&server->expect, entry) != SL_OK) {
        return false;
    }
    request_drop(client, request);
    return true;
}

/* ---- Parse ---- */

/*
 * Ahead of whatever is sent for it. prepared NULL: its text is not known. is_run: unless it is the
 * Parse of a name.
 */
static enum step see_sequences(struct client *client, const struct request *request,
        const struct prepared *prepared, bool is_run, bool *is_poisoned)
{
    return link_sequences_see(client, request, prepared_text(prepared),
            prepared == NULL ? EFFECTS_ALL : prepared->effects, is_run, is_poisoned);
}

static bool same(const struct prepared *prepared, struct sl_span body)
{
    return prepared != NULL && prepared->len == body.len &&
           memcmp(prepared->body, body.at, body.len) == 0;
}

/* What the client's unnamed statement will be. NULL: no room to remember it. */
static struct prepared *unnamed_of(struct client *client, struct sl_span body)
{
    bool is_same = same(client->unnamed, body);

    if (is_same && client->unnamed->reading == 0 && client_rules_names(client) == 0) {
        return prepared_ref(client->unnamed);
    }
    uint64_t reading = client_rules_reading(client, body);
    return is_same && client->unnamed->reading == reading ? prepared_ref(client->unnamed)
                                                          : prepared_intern(body, reading);
}

/* The server discards it, up to Sync: the unnamed statement stays what it is. */
static enum step pass_discarded(struct client *client, const struct request *request)
{
    request_pass_from(client, request, 0);
    return STEP_NEXT;
}

/* now: its reference is taken over; NULL: it is not kept. */
static enum step pass_unnamed(
        struct client *client, const struct request *request, struct prepared *now)
{
    struct server *server = client->server;
    struct expect_entry entry = {.kind = EXPECT_PARSE, .local = SETTLE_UNNAMED, .ref = now};

    server->is_unsynced = true;
    if (server->expect.skipping) {
        prepared_unref(now);
        return pass_discarded(client, request);
    }
    enum step step = request_pass(client, request, entry);
    if (step != STEP_NEXT) {
        prepared_unref(now);
        return step;
    }
    unnamed_change(client, now, now == NULL, server->expect.segment);
    prepared_unref(server->stmts.unnamed);
    server->stmts.unnamed = now == NULL ? NULL : prepared_ref(now);
    named_count(client, STATS_SERVER_PARSES);
    return step;
}

static enum step parse_unnamed(
        struct client *client, const struct request *request, struct sl_span rest)
{
    struct prepared *now = unnamed_of(client, rest);
    bool is_poisoned = false;

    enum step step = see_sequences(client, request, now, true, &is_poisoned);
    if (step != STEP_NEXT || is_poisoned) {
        prepared_unref(now);
        return step;
    }
    client_note_parsed(client, now);
    return pass_unnamed(client, request, now); /* NULL: no room to remember it */
}

/* The server gets it under our name. */
static enum step make_named(struct client *client, const struct request *request,
        const struct front_parse *parse, struct client_name *name)
{
    struct server *server = client->server;
    char ours_name[PREPARED_NAME_MAX];
    bool is_skipping = server->expect.skipping;
    struct server_stmt *stmt = named_make_room(server) == SL_OK
                                       ? server_stmts_add(&server->stmts, name->prepared)
                                       : NULL;

    if (stmt == NULL) {
        client_names_remove(client->names, name);
        return request_poison(client, request, SL_STATE_OUT_OF_MEMORY, "out of memory");
    }
    size_t len = prepared_name(name->prepared, ours_name);
    stmt->segment = server->expect.segment;
    struct expect_entry entry = {.kind = EXPECT_PARSE, .ref = stmt, .undo = name};
    if (expect_push(&server->expect, entry) != SL_OK) {
        server_stmts_remove(&server->stmts, stmt);
        client_names_remove(client->names, name);
        return request_hold(client);
    }
    if (is_skipping) {
        request_drop(client, request); /* settled as skipped: stmt and name are gone */
        return STEP_NEXT;
    }
    named_say_parse(server, ours_name, len, parse->rest.len);
    request_pass_from(client, request, (size_t)(parse->rest.at - request->at));
    named_count(client, STATS_SERVER_PARSES);
    return STEP_NEXT;
}

/* A name that no client has; the server has it between a probe's Parse and its Close. */
static const char probe_name[] = "SLUICE_probe";

static void close_probe(struct server *server)
{
    uint8_t close[MESSAGE_HEAD + 1 + sizeof probe_name];

    named_put_head(close, MSG_CLOSE, sizeof close);
    close[MESSAGE_HEAD] = 'S';
    memcpy(close + MESSAGE_HEAD + 1, probe_name, sizeof probe_name);
    server_say(server, close, sizeof close);
}

/*
 * The server says what is wrong with a statement that it is not to keep: Parse and Close, under
 * that name. name: the client's that comes to be if nothing is, and it is told;
 * NULL: there is none to be, and it is not. request_drop() is the caller's.
 */
static enum step probe(
        struct client *client, const struct front_parse *parse, struct client_name *name)
{
    struct server *server = client->server;
    struct expect_entry entry = {
            .kind = EXPECT_PARSE, .flags = name == NULL ? EXPECT_QUIET : 0, .undo = name};
    bool is_skipping = server->expect.skipping;

    server->is_unsynced = true;
    if (expect_push(&server->expect, entry) != SL_OK) {
        if (name != NULL) {
            client_names_remove(client->names, name);
        }
        return request_hold(client);
    }
    if (is_skipping) {
        return STEP_NEXT;
    }
    named_say_parse(server, probe_name, sizeof probe_name - 1, parse->rest.len);
    server_say(server, parse->rest.at, parse->rest.len);
    named_count(client, STATS_SERVER_PARSES);
    entry = (struct expect_entry){.kind = EXPECT_CLOSE, .flags = EXPECT_QUIET};
    if (expect_push(&server->expect, entry) != SL_OK) {
        server->close_reason = "out of memory"; /* the statement stays */
        return STEP_NEXT;
    }
    close_probe(server);
    return STEP_NEXT;
}

/* PostgreSQL sees that last: after what is wrong with the statement, and with the transaction. */
static enum step refuse_duplicate(
        struct client *client, const struct request *request, const struct front_parse *parse)
{
    if (!expect_has_room(&client->server->expect, REQUEST_ENTRIES_MAX)) {
        return request_hold(client);
    }
    enum step step = probe(client, parse, NULL);
    if (step != STEP_NEXT) {
        return step;
    }
    return request_poison(client, request, SL_STATE_DUPLICATE_PSTATEMENT,
            "prepared statement \"%.*s\" already exists",
            (int)(parse->name.len > 63 ? 63 : parse->name.len), (const char *)parse->name.at);
}

/*
 * Would the server refuse any Parse, be it only for what it comes behind: in a transaction that has
 * failed, or may have with a segment that is not answered yet; or within a COPY?
 */
static bool may_be_refused(struct server *server)
{
    const struct expect *expect = &server->expect;
    const struct expect_entry *first = expect_first_shown(expect);

    return expect->status == 'E' || (first != NULL && first->segment != expect->segment) ||
           server_may_copy(server);
}

/* The server has that statement already: it is ours to answer, unless it might say no. */
static enum step name_known(struct client *client, const struct request *request,
        const struct front_parse *parse, struct client_name *name)
{
    if (!may_be_refused(client->server)) {
        if (reply_locally(client, request, '1', name)) {
            return STEP_NEXT;
        }
        client_names_remove(client->names, name);
        return request_hold(client);
    }
    enum step step = probe(client, parse, name);
    if (step == STEP_NEXT) {
        request_drop(client, request);
    }
    return step;
}

static enum step parse_named(
        struct client *client, const struct request *request, const struct front_parse *parse)
{
    struct server *server = client->server;
    struct client_name *found;

    if (!find_name(client, parse->name, &found)) {
        return request_hold(client);
    }
    if (found != NULL) {
        return refuse_duplicate(client, request, parse);
    }
    struct prepared *prepared =
            prepared_intern(parse->rest, client_rules_reading(client, parse->rest));
    if (prepared == NULL) {
        return request_poison(client, request, SL_STATE_OUT_OF_MEMORY,
                "no room for another prepared statement (prepared_statements_bytes)");
    }
    bool is_poisoned = false;
    enum step step = see_sequences(client, request, prepared, false, &is_poisoned);
    if (step != STEP_NEXT) {
        prepared_unref(prepared);
        return step;
    }
    struct server_stmt *stmt = server_stmts_find(&server->stmts, prepared);
    if (!expect_has_room(&server->expect, REQUEST_ENTRIES_MAX) ||
            (stmt != NULL && named_is_unsettled(client, stmt->is_pending, stmt->segment)) ||
            (stmt == NULL && named_is_closing(client, prepared))) {
        prepared_unref(prepared);
        return request_hold(client);
    }
    if (client->names == NULL) {
        client->names =
                client_names_new((size_t)client->io.worker->conf->prepared_statements_bytes_client);
    }
    struct client_name *name =
            client->names == NULL ? NULL : client_names_add(client->names, parse->name, prepared);
    if (name == NULL) {
        prepared_unref(prepared);
        return request_poison(client, request, SL_STATE_OUT_OF_MEMORY,
                "too many prepared statements (prepared_statements_bytes_client)");
    }
    name->segment = server->expect.segment;
    client_note_parsed(client, prepared);
    server->is_unsynced = true;
    if (stmt != NULL) {
        server_stmts_touch(&server->stmts, stmt);
        return name_known(client, request, parse, name);
    }
    return make_named(client, request, parse, name);
}

/* Too long to be remembered: as the unnamed statement it passes, and keeps its server. */
static enum step parse_long(struct client *client, const struct request *request)
{
    if (request->here < MESSAGE_HEAD + 1) {
        return STEP_MORE;
    }
    if (request->at[MESSAGE_HEAD] != 0) {
        return request_poison(client, request, SL_STATE_PROGRAM_LIMIT,
                "a prepared statement of %u bytes is too long for a name (at most %d)",
                request->total, PARSE_WHOLE_MAX);
    }
    bool is_poisoned = false;
    enum step step = see_sequences(client, request, NULL, true, &is_poisoned);
    if (step != STEP_NEXT || is_poisoned) {
        return step;
    }
    named_count(client, STATS_CLIENT_PARSES);
    client_note_parsed(client, NULL);
    return pass_unnamed(client, request, NULL);
}

enum step request_parse(struct client *client, const struct request *request)
{
    struct front_parse parse;

    if (request->total > (uint32_t)PARSE_WHOLE_MAX) {
        return parse_long(client, request);
    }
    if (!request_is_whole(request)) {
        return STEP_MORE;
    }
    bool is_read = front_parse_read(request_body(request), &parse) == SL_OK;
    enum reuse reuse =
            is_read && parse.name.len == 0 ? reuse_begin(client, request, parse.rest) : REUSE_NO;
    if (reuse == REUSE_WAITS) {
        return STEP_MORE;
    }
    named_count(client, STATS_CLIENT_PARSES);
    if (!is_read) {
        struct expect_entry entry = {.kind = EXPECT_PARSE};
        client->server->is_unsynced = true;
        return request_pass(client, request, entry); /* the server will say what is wrong */
    }
    if (reuse == REUSE_YES) {
        link_sequences_ready(client, prepared_text(client->reused), client->reused->effects);
        client->server->is_unsynced = true;
        client_note_parsed(client, client->reused);
        request_drop(client, request);
        return STEP_NEXT;
    }
    return parse.name.len == 0 ? parse_unnamed(client, request, parse.rest)
                               : parse_named(client, request, &parse);
}

/* ---- Bind, Describe, Close ---- */

/*
 * The statement of that name, ready on the server, to be bound or only (bind is NULL) described.
 * STEP_NEXT with *of NULL: the name is not one of ours; the server knows best what to say to it.
 */
static enum step find_statement(struct client *client, const struct request *request,
        struct sl_span name, const struct front_bind *bind, struct client_name **of,
        bool *is_poisoned)
{
    struct client_name *found;
    struct server_stmt *stmt = NULL;

    *of = NULL;
    if (!find_name(client, name, &found)) {
        return request_hold(client);
    }
    if (found == NULL && is_ours(name)) {
        *is_poisoned = true;
        return request_poison(client, request, SL_STATE_UNDEFINED_PSTATEMENT,
                "prepared statement \"%.*s\" does not exist", (int)(name.len > 63 ? 63 : name.len),
                (const char *)name.at);
    }
    if (found == NULL) {
        return STEP_NEXT;
    }
    struct prepared *renewed = client_rules_renew(client, found);
    enum step step =
            bind != NULL ? see_sequences(client, request, renewed, true, is_poisoned) : STEP_NEXT;
    if (step != STEP_NEXT || *is_poisoned) {
        return step;
    }
    step = named_ensure(client, renewed, &stmt);
    if (bind != NULL && stmt != NULL && SL_UNLIKELY(!columns_are_known(found, stmt))) {
        step = columns_bind(client, request, bind, found, stmt, is_poisoned);
    }
    *of = step == STEP_NEXT ? found : NULL;
    return step;
}

static enum step bind_renamed(struct client *client, const struct request *request,
        const struct front_bind *bind, struct client_name *name)
{
    struct prepared *prepared = name->prepared;
    struct expect_entry entry = {
            .kind = EXPECT_BIND, .ref = prepared, .undo = client_name_ref(name)};

    if (expect_push(&client->server->expect, entry) != SL_OK) {
        client_name_unref(name);
        return request_hold(client);
    }
    named_pass_bind(client, request, bind, prepared);
    return STEP_NEXT;
}

enum step request_bind(struct client *client, const struct request *request)
{
    struct expect_entry entry = {.kind = EXPECT_BIND};
    struct client_name *name = NULL;
    struct front_bind bind;

    switch (front_bind_head(request_body(request), request->total - MESSAGE_HEAD, &bind)) {
    case FRONT_MORE:
        return request->here > (size_t)PARSE_WHOLE_MAX
                       ? request_poison(client, request, SL_STATE_PROTOCOL_VIOLATION,
                                 "invalid string in message")
                       : STEP_MORE;
    case FRONT_BAD:
        client->server->is_unsynced = true;
        return request_pass(client, request, entry); /* the server will say what is wrong */
    case FRONT_OK:
        break;
    }
    bool is_poisoned = false;
    bool is_unnamed = bind.statement.len == 0;
    columns_unbind(client->names, bind.portal);
    if (is_unnamed && client_note_waits(client->unnamed, request)) {
        return STEP_MORE;
    }
    if (is_unnamed && (client->unnamed != NULL || client->unnamed_is_opaque)) {
        enum step step = see_sequences(client, request, client->unnamed, true, &is_poisoned);
        if (step != STEP_NEXT || is_poisoned) {
            return step;
        }
        client_note_bound(client, client->unnamed, request, &bind);
    }
    if (is_unnamed && client->reused != NULL) {
        named_count(client, STATS_BINDS);
        client->server->has_unnamed = true;
        return reuse_bind(client, request, &bind);
    }
    enum step step = is_unnamed ? ready_unnamed(client, request, &is_poisoned)
                                : find_statement(client, request, bind.statement, &bind, &name,
                                          &is_poisoned);
    if (step != STEP_NEXT || is_poisoned) {
        return step;
    }
    struct prepared *prepared = name == NULL ? NULL : name->prepared;
    if (client_note_waits(prepared, request)) {
        return STEP_MORE;
    }
    if (prepared != NULL) {
        client_note_bound(client, prepared, request, &bind);
    } else if (!is_unnamed) { /* one of SQL's PREPARE, or none */
        client->may_set = true;
        client_note_sql_bound(client, bind.statement);
    }
    client->server->is_unsynced = true;
    client->server->has_unnamed = true;
    named_count(client, STATS_BINDS);
    return prepared == NULL ? request_pass(client, request, entry)
                            : bind_renamed(client, request, &bind, name);
}

/*
 * A Describe takes no snapshot, a Parse of ours does: BEGIN ISOLATION LEVEL behind it, ahead of the Sync,
 * would be refused for it.
 */
static bool parses_apart(struct client *client, const struct request *request, struct sl_span name)
{
    const uint8_t *next = request->at + request->total;
    struct client_name *found;

    if (request->all >= (size_t)request->total + MESSAGE_HEAD && next[0] == MSG_SYNC) {
        return false;
    }
    return find_name(client, name, &found) && found != NULL &&
           named_parse_apart(client, client_rules_renew(client, found));
}

static enum step describe_statement(
        struct client *client, const struct request *request, struct sl_span name, bool is_first)
{
    struct expect_entry entry = {.kind = EXPECT_DESCRIBE_STATEMENT};
    uint8_t message[MESSAGE_HEAD + 1 + PREPARED_NAME_MAX];
    struct client_name *of = NULL;
    bool is_poisoned = false;
    char ours_name[PREPARED_NAME_MAX];

    if (is_first && name.len > 0 && parses_apart(client, request, name)) {
        return request_hold(client);
    }
    enum step step = name.len == 0 ? ready_unnamed(client, request, &is_poisoned)
                                   : find_statement(client, request, name, NULL, &of, &is_poisoned);
    if (step != STEP_NEXT || is_poisoned) {
        return step;
    }
    if (of == NULL) {
        return request_pass(client, request, entry);
    }
    entry.ref = of->prepared;
    entry.undo = columns_asked(client, of);
    if (expect_push(&client->server->expect, entry) != SL_OK) {
        client_name_unref(of);
        return request_hold(client);
    }
    size_t len = prepared_name(of->prepared, ours_name);
    named_put_head(message, MSG_DESCRIBE, MESSAGE_HEAD + 1 + len + 1);
    message[MESSAGE_HEAD] = 'S';
    memcpy(message + MESSAGE_HEAD + 1, ours_name, len + 1);
    server_say(client->server, message, MESSAGE_HEAD + 1 + len + 1);
    request_drop(client, request);
    return STEP_NEXT;
}

/* Reads kind and name of a whole Describe or Close; STEP_NEXT when they are there. */
static enum step read_target(const struct request *request, char *kind, struct sl_span *name)
{
    if (!request_is_whole(request) && request->here <= (size_t)PARSE_WHOLE_MAX) {
        return STEP_MORE;
    }
    if (!request_is_whole(request) ||
            front_target_read(request_body(request), kind, name) != SL_OK) {
        *kind = 0; /* the server will say what is wrong */
    }
    return STEP_NEXT;
}

enum step request_describe(struct client *client, const struct request *request)
{
    struct expect_entry entry = {.kind = EXPECT_DESCRIBE_PORTAL, .ref = client_stmt_now(client)};
    struct sl_span name;
    char kind;

    if (read_target(request, &kind, &name) == STEP_MORE) {
        return STEP_MORE;
    }
    bool is_first = !client->server->is_unsynced;
    client->server->is_unsynced = true;
    if (kind == FRONT_STATEMENT) {
        return describe_statement(client, request, name, is_first);
    }
    entry.undo = kind == FRONT_PORTAL ? columns_asked_of_portal(client, name) : NULL;
    enum step step = request_pass(client, request, entry);
    if (step != STEP_NEXT) {
        client_name_unref(entry.undo); /* it comes again */
    }
    return step;
}

/* The server's statement is others' too: it answers for one that is not there. */
static bool close_shared(
        struct client *client, const struct request *request, struct client_name *name)
{
    struct server *server = client->server;
    struct expect_entry entry = {.kind = EXPECT_CLOSE, .undo = name};
    bool is_skipping = server->expect.skipping;

    if (!server_may_copy(server)) {
        return reply_locally(client, request, '3', name);
    }
    if (expect_push(&server->expect, entry) != SL_OK) {
        return false;
    }
    if (!is_skipping) {
        close_probe(server);
    }
    request_drop(client, request);
    return true;
}

static enum step close_statement(
        struct client *client, const struct request *request, struct sl_span name)
{
    struct expect_entry entry = {.kind = EXPECT_CLOSE};
    struct client_name *found;
    uint8_t before = NAME_READY;

    if (!find_name(client, name, &found)) {
        return request_hold(client);
    }
    if (found == NULL && !is_ours(name)) {
        return request_pass(client, request, entry);
    }
    if (found != NULL && !expect_has_room(&client->server->expect, 1)) {
        return request_hold(client);
    }
    if (found != NULL) {
        before = found->state;
        found->state = NAME_CLOSING;
        found->segment = client->server->expect.segment;
    }
    if (close_shared(client, request, found)) {
        return STEP_NEXT;
    }
    if (found != NULL) { /* without memory: it comes again */
        found->state = before;
    }
    return request_hold(client);
}

static enum step close_unnamed(struct client *client, const struct request *request)
{
    struct server *server = client->server;
    struct expect_entry entry = {.kind = EXPECT_CLOSE, .local = SETTLE_UNNAMED};

    if (server->expect.skipping) {
        return pass_discarded(client, request);
    }
    enum step step = request_pass(client, request, entry);
    if (step == STEP_NEXT) {
        unnamed_change(client, NULL, false, server->expect.segment);
        prepared_unref(server->stmts.unnamed);
        server->stmts.unnamed = NULL;
    }
    return step;
}

enum step request_close(struct client *client, const struct request *request)
{
    struct expect_entry entry = {.kind = EXPECT_CLOSE};
    struct sl_span name;
    char kind;

    client->server->is_unsynced = true;
    if (read_target(request, &kind, &name) == STEP_MORE) {
        return STEP_MORE;
    }
    if (kind != FRONT_STATEMENT) {
        return request_pass(client, request, entry);
    }
    return name.len == 0 ? close_unnamed(client, request) : close_statement(client, request, name);
}
