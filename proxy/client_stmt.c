/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_stmt.c - cutting input into statements, and carrying verdicts out.
 */
#include "proxy/client_stmt.h"

#include "conf/conf.h"
#include "optimizer/observe.h"
#include "protocol/back.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/client_answer.h"
#include "proxy/client_login.h"
#include "proxy/client_rules.h"
#include "proxy/link.h"
#include "proxy/params.h"
#include "proxy/pipeline.h"
#include "proxy/prepared.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/statistics.h"
#include "proxy/unnamed.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

/* ---- cutting ---- */

enum cut {
    CUT_STATEMENT, /* len bytes, ending with a Query or an Execute */
    CUT_OTHER,     /* len bytes that do not walk */
    CUT_LONG,      /* likewise: of a statement longer than STMT_REQUEST_MAX, its Execute apart */
    CUT_MORE       /* not all there */
};

static bool leads_to_execute(uint8_t type)
{
    return type == MSG_PARSE || type == MSG_BIND || type == MSG_DESCRIBE;
}

/*
 * The message at `at` is over the bound, or no message at all: then the relay says what is wrong
 * with it, or passes it. What came before it goes first.
 */
static enum cut cut_before(struct sl_span bytes, size_t at, bool binds, uint32_t *len)
{
    uint8_t type = bytes.at[at];
    bool is_message = message_len_ok(sl_get_u32(bytes.at + at + 1));

    *len = at > 0 ? (uint32_t)at : 1;
    if (at == 0) {
        return is_message && (type == MSG_QUERY || type == MSG_BIND) ? CUT_LONG : CUT_OTHER;
    }
    return at > STMT_REQUEST_MAX && binds ? CUT_LONG : CUT_OTHER;
}

static struct sl_span body_of(struct sl_span message)
{
    return sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD);
}

/*
 * Another statement's, whose error is not that of what is bound behind it: a Parse behind something
 * else, and the Describe of a statement that is not parsed here.
 */
static bool is_apart(struct sl_span bytes, size_t at, bool binds)
{
    bool describes_statement = bytes.at[at] == MSG_DESCRIBE && bytes.len > at + MESSAGE_HEAD &&
                               bytes.at[at + MESSAGE_HEAD] == FRONT_STATEMENT;

    return at == 0 ? describes_statement : bytes.at[at] == MSG_PARSE && !binds;
}

/* The bytes begin with the Parse of another statement than the one that message, whole, is about. */
static bool parses_another(struct sl_span bytes, struct sl_span message)
{
    struct sl_span body = body_of(message);
    struct front_bind bind;
    struct sl_span name;
    char kind;

    if (bytes.at[0] != MSG_PARSE || message.at == bytes.at) {
        return false;
    }
    if (message.at[0] == MSG_BIND && front_bind_head(body, body.len, &bind) == FRONT_OK) {
        name = bind.statement;
    } else if (message.at[0] != MSG_DESCRIBE || front_target_read(body, &kind, &name) != SL_OK ||
               kind != FRONT_STATEMENT) {
        return false;
    }
    struct sl_span parsed = sl_span(bytes.at + MESSAGE_HEAD, bytes.len - MESSAGE_HEAD);
    parsed.len = strnlen((const char *)parsed.at, parsed.len);
    return !sl_span_equal(parsed, name);
}

/* What the bytes begin with. */
static enum cut cut(struct sl_span bytes, uint32_t *len)
{
    size_t at = 0;
    bool binds = false; /* what is bound without its Execute does not walk; a Parse alone may */

    while (bytes.len - at >= MESSAGE_HEAD) {
        uint8_t type = bytes.at[at];
        uint32_t word = sl_get_u32(bytes.at + at + 1);
        if (!message_len_ok(word) || word > STMT_REQUEST_MAX || at > STMT_REQUEST_MAX) {
            return cut_before(bytes, at, binds, len);
        }
        binds = binds || type == MSG_BIND;
        bool ends = type == MSG_EXECUTE || (type == MSG_QUERY && at == 0);
        if ((!ends && !leads_to_execute(type)) || is_apart(bytes, at, binds)) {
            *len = at > 0 ? (uint32_t)at : word + 1;
            return CUT_OTHER;
        }
        if (bytes.len - at < (size_t)word + 1) {
            return CUT_MORE;
        }
        if (parses_another(bytes, sl_span(bytes.at + at, (size_t)word + 1))) {
            *len = (uint32_t)at;
            return CUT_OTHER;
        }
        at += (size_t)word + 1;
        if (ends) {
            *len = (uint32_t)at;
            return CUT_STATEMENT;
        }
    }
    return CUT_MORE;
}

/* Calls each() for every message of a request, all of them whole. */
static void each_message(struct sl_span request, void *context,
        void (*each)(void *context, uint8_t type, struct sl_span message))
{
    while (request.len >= MESSAGE_HEAD) {
        size_t total = (size_t)sl_get_u32(request.at + 1) + 1;
        each(context, request.at[0], sl_span(request.at, total));
        request = sl_span(request.at + total, request.len - total);
    }
}

/* ---- a stmt ---- */

struct describing {
    struct stmt *stmt;
    const struct client *client;
    struct front_bind bind;
    bool has_bind;
    bool has_parse;
    bool resumes;  /* its Execute is of a portal bound before */
    unsigned rank; /* of the last message */
};

static void take_text(struct stmt *stmt, const struct prepared *prepared)
{
    if (prepared != NULL) {
        stmt->query = sl_span(prepared->body, prepared->text_len);
        stmt->types = sl_span(
                prepared->body + prepared->text_len + 1, prepared->len - prepared->text_len - 1);
        stmt->query_key = prepared->text_key;
    }
}

static void describe_bind(struct describing *describing, struct sl_span message)
{
    struct stmt *stmt = describing->stmt;
    struct front_bind *bind = &describing->bind;
    const struct sl_span body = body_of(message);

    stmt->bind = message;
    describing->has_bind = front_bind_head(body, body.len, bind) == FRONT_OK;
    if (describing->has_bind) {
        stmt->bind_rest = sl_span(body.at + bind->rest_offset, body.len - bind->rest_offset);
    }
    stmt->is_plain = stmt->is_plain && describing->has_bind && bind->portal.len == 0;
}

static void describe_target(struct stmt *stmt, struct sl_span message)
{
    struct sl_span name;
    char kind;

    bool is_portal = front_target_read(body_of(message), &kind, &name) == SL_OK &&
                     kind == FRONT_PORTAL && name.len == 0;
    stmt->has_describe = stmt->has_describe || is_portal;
    stmt->is_plain = stmt->is_plain && is_portal;
}

static void describe_execute(struct describing *describing, struct sl_span message)
{
    struct stmt *stmt = describing->stmt;
    struct sl_span portal;
    int32_t rows;
    bool is_read = front_execute_read(body_of(message), &portal, &rows) == SL_OK;

    stmt->is_plain = stmt->is_plain && is_read && portal.len == 0 && rows <= 0;
    describing->resumes =
            !is_read || !describing->has_bind || !sl_span_equal(portal, describing->bind.portal);
}

/* Parse, Bind, Describe, Execute: one each at most. */
static void note_rank(struct describing *describing, unsigned rank)
{
    struct stmt *stmt = describing->stmt;

    stmt->is_plain = stmt->is_plain && rank > describing->rank;
    describing->rank = rank;
}

static void describe_message(void *context, uint8_t type, struct sl_span message)
{
    struct describing *describing = context;
    struct stmt *stmt = describing->stmt;

    switch (type) {
    case MSG_QUERY:
        SL_IGNORE(front_query_read(body_of(message), &stmt->query), "then it stays empty");
        break;
    case MSG_PARSE:
        note_rank(describing, 1);
        describing->has_parse = true;
        break;
    case MSG_BIND:
        note_rank(describing, 2);
        describe_bind(describing, message);
        break;
    case MSG_DESCRIBE:
        note_rank(describing, 3);
        describe_target(stmt, message);
        break;
    case MSG_EXECUTE:
        note_rank(describing, 4);
        describe_execute(describing, message);
        break;
    default:
        break;
    }
}

/* The text of the statement that is bound: of its Parse, if that is in what stands ahead of it. */
static void find_text(void *context, uint8_t type, struct sl_span message)
{
    struct describing *describing = context;
    struct front_parse parse;

    if (type == MSG_PARSE && front_parse_read(body_of(message), &parse) == SL_OK &&
            sl_span_equal(parse.name, describing->bind.statement)) {
        describing->stmt->query = parse.query;
        describing->stmt->types =
                sl_span(parse.rest.at + parse.query.len + 1, parse.rest.len - parse.query.len - 1);
        describing->stmt->query_key = 0;
    }
}

/*
 * The spans are good until the input moves: they are set again for each step of the walk. True: it
 * goes on with a portal whose text was seen before.
 */
static bool describe(struct stmt *stmt, const struct client *client, struct sl_span request)
{
    struct describing describing = {.stmt = stmt, .client = client};

    stmt->request = request;
    stmt->meter.bytes_in = request.len;
    stmt->query = stmt->bind = stmt->bind_rest = stmt->types = sl_span(NULL, 0);
    stmt->query_key = 0;
    stmt->is_extended = request.at[0] != MSG_QUERY;
    stmt->has_describe = false;
    stmt->is_plain = true;
    each_message(request, &describing, describe_message);
    if (!describing.has_bind || describing.resumes) { /* of another portal: whatever its text is */
        stmt->is_plain = stmt->is_plain && !stmt->is_extended;
        return describing.resumes;
    }
    if (describing.bind.statement.len == 0) {
        take_text(stmt, client->unnamed);
    } else {
        const struct client_name *name =
                client_names_find(client->names, describing.bind.statement, NULL);
        take_text(stmt, name == NULL ? NULL : name->prepared);
        if (name != NULL && name->state == NAME_PARSING && stmt->names_failed == 0) {
            stmt->names_failed = client->names_failed + 1;
        }
    }
    if (describing.has_parse) {
        size_t ahead = (size_t)(stmt->bind.at - request.at);
        each_message(sl_span(request.at, ahead), &describing, find_text);
    }
    return describing.resumes;
}

/* Or as soon as it has resumed. */
static void end(struct worker *worker, struct stmt *stmt)
{
    if (stmt->is_waiting) {
        stmt->is_abandoned = true;
        stmt->host = NULL; /* the server may go first */
        stmt->under_way = NULL;
        return;
    }
    pipeline_end(worker->pipeline, stmt);
    sl_slab_give(worker->stmts, stmt->id);
}

static void resume(struct stmt *stmt)
{
    struct worker *worker = stmt->owner;

    if (stmt->is_abandoned) {
        end(worker, stmt);
        return;
    }
    struct client *client = client_find(worker, stmt->client);
    SL_CHECK(client != NULL); /* else it would be abandoned */
    if (stmt->stages_done == 0) {
        client_wake(client);
    } else if (!stmt->is_done) {
        io_wake(&client->server->io, 0); /* linked until ReadyForQuery has passed */
    }
}

/* Our own requests ahead of it, of settings, change nothing that others see. */
static char standing_of(const struct server *server)
{
    bool is_alone = expect_first_shown(&server->expect) == NULL && !server->is_unsynced &&
                    !server->is_standby;

    return is_alone ? server->expect.status : '\0';
}

/* Of each step of the walk: while it waits its server may go, or answer what was under way. */
static void find_standing(struct stmt *stmt, struct client *client)
{
    stmt->is_answerable = client_answer_is_certain(client, stmt);
    stmt->under_way = client->server == NULL ? NULL : &client->server->under_way;
    stmt->standing = client->server == NULL ? 'I' : standing_of(client->server);
}

static struct stmt *make(struct client *client)
{
    struct worker *worker = client->io.worker;
    struct sl_id id;
    struct stmt *stmt = sl_slab_take(worker->stmts, &id);

    if (stmt != NULL) {
        stmt->id = id;
        stmt->database = client->pool->database->name;
        stmt->user = client->user->name;
        stmt->who = client->pool->database->key * UINT64_C(0x9e3779b97f4a7c15) ^ client->user->key;
        stmt->rules = params_rules(client->params);
        stmt->path = client_path_now(client);
        stmt->error = &worker->refusal;
        stmt->resume = resume;
        stmt->owner = worker;
        stmt->client = client->id;
        stmt->meter.received_at = client->request_at;
    }
    return stmt;
}

/* ---- verdicts ---- */

/* All its time was waiting. */
static void note_refusal(struct stmt *stmt, const char *sqlstate)
{
    const struct worker *worker = stmt->owner;

    memcpy(stmt->meter.sqlstate, sqlstate, sizeof stmt->meter.sqlstate);
    stmt->meter.ended_at = worker->now;
}

static bool parses_unnamed(struct sl_span request)
{
    return request.at[0] == MSG_PARSE && request.at[MESSAGE_HEAD] == '\0';
}

/* In a transaction the server's must fail too; outside, no server is needed. */
static enum step refused(struct client *client, struct stmt *stmt, size_t *used)
{
    struct worker *worker = client->io.worker;
    struct sl_error error = *stmt->error;
    bool is_extended = stmt->is_extended;
    bool takes_unnamed = !is_extended || parses_unnamed(stmt->request);
    struct sl_buf buf;

    worker->refusal.sqlstate[0] = '\0';
    *used = stmt->request.len;
    note_refusal(stmt, error.sqlstate);
    end(worker, stmt);
    if (client->server != NULL) {
        struct request none = {.here = 0, .total = 0};
        if (takes_unnamed) {
            return is_extended ? request_refuse_parse(client, &error)
                               : request_refuse_query(client, &error, NULL);
        }
        return request_poison(client, &none, error.sqlstate, "%s", error.text);
    }
    if (takes_unnamed) {
        unnamed_forget(client);
    }
    sl_buf_init(&buf, 4096);
    enum sl_err err = back_put_error(&buf, "ERROR", &error);
    if (err == SL_OK && !is_extended) {
        err = back_put_ready(&buf, 'I');
    }
    if (err == SL_OK) {
        client_say(client, sl_buf_borrow(&buf));
        client->skips_to_sync = is_extended;
    }
    sl_buf_fini(&buf);
    return STEP_NEXT;
}

/* What is sent is the stage's request: it takes the place of the client's in its input. */
static enum step replaced(struct client *client, struct stmt *stmt, size_t *used)
{
    struct sl_span instead = stmt->instead;

    stmt->instead = sl_span(NULL, 0);
    client->part.stmt = stmt;
    client->stmt_skip = 0;
    client->replaced = (uint32_t)stmt->request.len;
    *used = 0;
    struct settle_bytes *copy = settle_bytes_new(instead);
    if (copy == NULL) {
        client_close(client, "out of memory");
        return STEP_STOP;
    }
    client->instead = copy;
    return STEP_STOP; /* client_relay.c puts it in place and goes on */
}

/* What is sent from now on is the statement's, and the reply its stages'. */
static void begin_on_server(struct client *client, struct stmt *stmt)
{
    struct worker *worker = client->io.worker;
    struct server *server = client->server;

    stmt->meter.sent_at = worker->now;
    stmt->host = server->host;
    stmt->port = server->port;
    stmt->node = server->node;
    stmt->path = client_path_now(client);
    stmt->under_way = &server->under_way;
    stmt->standing = standing_of(server);
    server->expect.leads = true;
    server->taps |= (uint8_t)(worker->pipeline->taps | stmt->taps);
}

static enum step dispatch(struct client *client, struct stmt *stmt, size_t *used)
{
    uint32_t len = (uint32_t)stmt->request.len;

    client->part.stmt = stmt;
    if (!link_want(client)) {
        return STEP_STOP; /* in line: it has walked, and is not walked again */
    }
    begin_on_server(client, stmt);
    pipeline_dispatch(client->io.worker->pipeline, stmt);
    client->server->taps |= stmt->taps;
    if (stmt->instead.len > 0) {
        return replaced(client, stmt, used);
    }
    client->stmt_skip = len;
    *used = 0;
    return STEP_NEXT;
}

/* A Sync that follows an answer is answered with it, as client_relay.c would or, in its block, the server. */
static size_t answer_sync(struct client *client, struct sl_span behind)
{
    static const uint8_t sync[] = {MSG_SYNC, 0, 0, 0, 4};
    const struct server *server = client->server;
    uint8_t status = server == NULL ? 'I' : (uint8_t)server->expect.status;
    const uint8_t ready[] = {BACK_READY, 0, 0, 0, 5, status};

    if ((server != NULL && (status != 'T' || !link_is_quiet(server))) || behind.len < sizeof sync ||
            memcmp(behind.at, sync, sizeof sync) != 0) {
        return 0;
    }
    client_say(client, sl_span(ready, sizeof ready));
    return sizeof sync;
}

static enum step answered(
        struct client *client, struct stmt *stmt, struct sl_span behind, size_t *used)
{
    enum sl_err err = client_answer(client, stmt);

    sl_lent_release(&stmt->answer_lent);
    if (err == SL_EINVAL) {
        return dispatch(client, stmt, used);
    }
    *used = stmt->request.len;
    bool is_extended = stmt->is_extended;
    end(client->io.worker, stmt);
    if (err != SL_OK) {
        client_close(client, "out of memory");
        return STEP_STOP;
    }
    *used += is_extended ? answer_sync(client, behind) : 0;
    return STEP_NEXT;
}

/* behind: the request, what else has come. */
static enum step carry_out(struct client *client, struct stmt *stmt, enum stage_verdict verdict,
        struct sl_span behind, size_t *used)
{
    stmt_check(stmt, verdict);
    switch (verdict) {
    case STAGE_NEXT:
        return dispatch(client, stmt, used);
    case STAGE_ANSWERED:
        return answered(client, stmt, behind, used);
    case STAGE_REFUSED:
        return refused(client, stmt, used);
    case STAGE_WAIT:
        break;
    }
    client->part.stmt = stmt;
    client_enter(client, CLIENT_STAGED);
    return STEP_STOP;
}

/* Until a Sync, by the server or by us. */
static bool is_skipped(const struct client *client)
{
    return client->skips_to_sync || (client->server != NULL && client->server->expect.skipping);
}

/* What comes behind it, as far as it is there, is of its portal: that must be a server's. */
static bool portal_goes_on(struct sl_span behind)
{
    while (behind.len >= MESSAGE_HEAD && behind.at[0] == MSG_FLUSH) {
        behind = sl_span(behind.at + MESSAGE_HEAD, behind.len - MESSAGE_HEAD);
    }
    bool describes = behind.len > 0 && behind.at[0] == MSG_DESCRIBE &&
                     (behind.len <= MESSAGE_HEAD || behind.at[MESSAGE_HEAD] == FRONT_PORTAL);

    return describes || (behind.len > 0 && behind.at[0] == MSG_EXECUTE);
}

enum step client_stmt_walk(struct client *client, struct sl_span bytes, size_t *used)
{
    struct worker *worker = client->io.worker;
    struct stmt *stmt = client->part.stmt;
    uint32_t len = 0;

    *used = 0;
    enum cut found = cut(bytes, &len);
    if (found != CUT_MORE && stmt == NULL) {
        client_rules_see(client, sl_span(bytes.at, len < bytes.len ? len : bytes.len));
    }
    switch (found) {
    case CUT_MORE:
        return STEP_MORE;
    case CUT_LONG:
        if (!is_skipped(client)) {
            observe_miss(statistics_observe());
        }
        client->stmt_skip = len;
        return STEP_NEXT;
    case CUT_OTHER:
        client->stmt_skip = len;
        return STEP_NEXT;
    case CUT_STATEMENT:
        break;
    }
    if (is_skipped(client)) {
        client_stmt_abandon(client); /* one that waited while the error came */
        client->stmt_skip = len;     /* the server discards it, and so do we */
        return STEP_NEXT;
    }
    bool is_new = stmt == NULL;
    if (is_new) {
        stmt = make(client);
    }
    if (stmt == NULL) { /* at the bound: it passes unwalked */
        observe_miss(statistics_observe());
        client->may_set = true;
        client->stmt_skip = len;
        return STEP_NEXT;
    }
    client->part.stmt = NULL;
    bool resumes = describe(stmt, client, sl_span(bytes.at, len));
    find_standing(stmt, client);
    const struct sl_span behind = sl_span(bytes.at + len, bytes.len - len);
    stmt->is_plain = stmt->is_plain && !(stmt->is_extended && portal_goes_on(behind));
    if (is_new) {
        client_rules_apply(client, stmt);
        client->may_set |= resumes; /* what it does was seen when it was bound, not here */
    }
    /* One that has walked to the end and was in line for a server only goes on being sent. */
    return carry_out(client, stmt, pipeline_run(worker->pipeline, stmt), behind, used);
}

/* ---- the reply ---- */

void client_stmt_sent(struct client *client)
{
    client->part.stmt = NULL;
    client->server->expect.leads = false;
}

struct stmt *client_stmt_now(const struct client *client)
{
    return client->part.stmt;
}

bool client_stmt_is_waiting(const struct client *client)
{
    return client->part.stmt != NULL && client->part.stmt->is_waiting;
}

void client_stmt_reply(struct server *server, struct sl_span message)
{
    const struct expect_entry *head = expect_head(&server->expect);

    if (server->client != NULL && server->client->state == CLIENT_AUTH_WAIT) {
        client_auth_query_reply(server->client, message);
        return;
    }
    if (head != NULL && head->ref != NULL &&
            (head->kind == EXPECT_QUERY || head->kind == EXPECT_EXECUTE ||
                    head->kind == EXPECT_DESCRIBE_PORTAL)) {
        pipeline_reply(server->io.worker->pipeline, head->ref, message);
    }
}

void client_stmt_finished(struct server *server, struct stmt *stmt, enum expect_outcome outcome)
{
    if (outcome == EXPECT_LOST) {
        stmt->has_failed = true;
        server_meter_lost(server, stmt);
        end(server->io.worker, stmt);
        return;
    }
    const struct client *client = server->client;
    stmt->has_failed = outcome != EXPECT_DONE;
    stmt->is_misread = stmt->names_failed != 0 && client != NULL &&
                       stmt->names_failed != client->names_failed + 1;
    if (outcome != EXPECT_SKIPPED || stmt->meter.sqlstate[0] != '\0') {
        server_meter_ended(server, stmt);
    }
    stmt->next = NULL;
    if (server->finished == NULL) {
        server->finished = stmt;
    } else {
        server->finished_last->next = stmt;
    }
    server->finished_last = stmt;
}

static bool is_done(struct server *server, struct stmt *stmt, char transaction)
{
    if (stmt->is_done || stmt->is_waiting) {
        return stmt->is_done;
    }
    stmt->transaction = transaction;
    stmt->is_done = pipeline_done(server->io.worker->pipeline, stmt) == STAGE_NEXT;
    return stmt->is_done;
}

/* The statement whose reply ends with what comes next, or NULL. */
static struct stmt *ending(const struct server *server)
{
    const struct expect_entry *head = expect_head(&server->expect);

    return head != NULL && (head->kind == EXPECT_QUERY || head->kind == EXPECT_EXECUTE) ? head->ref
                                                                                        : NULL;
}

bool client_stmt_done(struct server *server, char transaction)
{
    struct stmt *last = ending(server);
    bool waits = false;

    for (struct stmt *stmt = server->finished; stmt != NULL; stmt = stmt->next) {
        waits |= !is_done(server, stmt, transaction);
    }
    if (last != NULL) {
        last->has_failed = (expect_head(&server->expect)->flags & EXPECT_HAS_FAILED) != 0;
        waits |= !is_done(server, last, transaction);
    }
    return !waits;
}

void client_stmt_give_up(struct server *server)
{
    struct stmt *last = ending(server);

    for (struct stmt *stmt = server->finished; stmt != NULL; stmt = stmt->next) {
        stmt->is_done = true;
    }
    if (last != NULL) {
        last->is_done = true;
    }
}

void client_stmt_ready(struct server *server)
{
    struct stmt *last = server->finished == NULL ? NULL : server->finished_last;

    server_meter_ready(server, last);
    if (expect_idle(&server->expect)) {
        server->taps &= (uint8_t)server->io.worker->pipeline->taps;
    }
    if (last != NULL) {
        last->transaction = server->expect.status;
    }
    while (server->finished != NULL) {
        struct stmt *stmt = server->finished;
        server->finished = stmt->next;
        end(server->io.worker, stmt);
    }
}

void client_stmt_stands(struct server *server, enum stage_standing standing)
{
    bool is_between = standing == STAGE_IDLE && !expect_idle(&server->expect);

    pipeline_transaction(
            server->io.worker->pipeline, &server->under_way, is_between ? STAGE_BETWEEN : standing);
}

void client_stmt_unseen(struct server *server)
{
    const struct pipeline *pipeline = server->io.worker->pipeline;

    if (pipeline->has_unseen) {
        pipeline_unseen(pipeline, &server->under_way);
    }
}

/* Else part is another part. */
static bool may_have_stmt(const struct client *client)
{
    return client->state >= CLIENT_ACTIVE && client->state <= CLIENT_STAGED;
}

/* Walked to the end, and not wholly sent: held. */
static struct stmt *dispatched(const struct client *client)
{
    struct stmt *stmt = may_have_stmt(client) ? client->part.stmt : NULL;

    return stmt != NULL && stmt->meter.sent_at != 0 ? stmt : NULL;
}

void client_stmt_linked(struct client *client)
{
    struct stmt *stmt = dispatched(client);

    if (stmt != NULL) {
        begin_on_server(client, stmt);
    }
}

void client_stmt_parted(struct client *client, struct server *server)
{
    struct stmt *stmt = dispatched(client);

    server->expect.leads = false;
    server->under_way.is_clean = false; /* whoever comes next begins anew */
    if (stmt != NULL) {
        stmt->host = NULL; /* the server's, which may go now; as the next */
        stmt->under_way = NULL;
    }
}

void client_stmt_refuse(struct client *client, const char *sqlstate)
{
    struct stmt *stmt = may_have_stmt(client) ? client->part.stmt : NULL;

    if (stmt != NULL && stmt->meter.sent_at == 0) {
        note_refusal(stmt, sqlstate);
    }
}

void client_stmt_abandon(struct client *client)
{
    struct worker *worker = client->io.worker;

    if (!may_have_stmt(client)) {
        return;
    }
    free(client->instead);
    client->instead = NULL;
    struct stmt *stmt = client->part.stmt;
    if (stmt == NULL) {
        return;
    }
    client->part.stmt = NULL;
    if (client->server != NULL) {
        client->server->expect.leads = false;
    }
    end(worker, stmt);
}
