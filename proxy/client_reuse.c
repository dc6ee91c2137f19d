/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_reuse.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/hash.h"
#include "protocol/effects.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/client_named.h"
#include "proxy/params.h"
#include "proxy/prepared.h"
#include "proxy/reuse.h"
#include "proxy/reuse_proof.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/unnamed.h"
#include "proxy/worker.h"

_Static_assert((int)REUSE_REQUEST_MAX <= (int)HOLD_BLOCK, "it is kept in one block");

/* ---- whose statements may be ---- */

/* Its session is what is known of it, and the server's is the same. */
static bool is_plain(const struct client *client)
{
    const struct server *server = client->server;

    return !client->has_retried && !client->sends_ahead &&
           (client->pins & ~(unsigned)PIN_SEQUENCE) == 0 && !client->has_unasked &&
           client->forgets == FORGETS_NOTHING && !server->is_dirty && !server->may_have_left &&
           server->close_reason == NULL;
}

/* Nothing of the client's is under way, and no transaction is open. */
static bool is_between(const struct server *server)
{
    const struct expect *expect = &server->expect;

    return expect->status == 'I' && !expect->skipping && !server->is_unsynced &&
           (expect_idle(expect) || expect_first_shown(expect) == NULL) &&
           expect_has_room(expect, REQUEST_ENTRIES_MAX);
}

static struct reuse_text *seen_again(struct client *client, struct sl_span body)
{
    struct worker *worker = client->io.worker;

    if (worker->seen == NULL) {
        worker->seen = reuse_seen_new();
    }
    return worker->seen == NULL ? NULL
                                : reuse_seen_again(worker->seen, sl_hash64(body),
                                          (uint32_t)worker->conf->reuse_unnamed);
}

/* What it is kept as, for clients with its settings; NULL: it is none to keep, or no memory. */
static struct prepared *kept_for(struct client *client, struct sl_span body)
{
    uint64_t reading = (params_reading(client->params) + params_path(client->params)) *
                               UINT64_C(0x9E3779B97F4A7C15) ^
                       params_number(client->settings);
    struct prepared *last = client->unnamed;

    if (last != NULL && last->is_kept && last->reading == reading && last->len == body.len &&
            memcmp(last->body, body.at, body.len) == 0) {
        return prepared_ref(last);
    }
    return prepared_keep(body, reading);
}

/* ---- on the server ---- */

/* The server gets it, ahead of its Bind. False: it does not. */
static bool make(struct client *client, struct prepared *kept)
{
    struct server *server = client->server;
    struct server_stmts *stmts = &server->stmts;
    char name[PREPARED_NAME_MAX];
    bool has_room = false;

    struct server_stmt *old = server_stmts_make_way(
            stmts, (uint32_t)server->io.worker->conf->max_prepared_statements, &has_room);
    if (!has_room || (old != NULL && server_forget_stmt(server, old) != SL_OK)) {
        return false;
    }
    struct server_stmt *stmt = server_stmts_add(stmts, kept);
    if (stmt == NULL) {
        return false;
    }
    stmt->segment = server->expect.segment;
    stmt->epoch = reuse_epoch();
    stmt->made_at = server->io.worker->now;
    struct expect_entry entry = {.kind = EXPECT_PARSE, .flags = EXPECT_QUIET, .ref = stmt};
    if (expect_push(&server->expect, entry) != SL_OK) {
        server_stmts_remove(stmts, stmt);
        return false;
    }
    size_t len = prepared_name(kept, name);
    named_say_parse(server, name, len, kept->len);
    server_say(server, kept->body, kept->len);
    named_count(client, STATS_SERVER_PARSES);
    stmt->uses = 1;
    return true;
}

/* It is there, or will be, and as good as new. */
static bool make_ready(
        struct client *client, struct prepared *kept, unsigned params, struct reuse_text *text)
{
    struct server *server = client->server;
    struct worker *worker = client->io.worker;
    struct server_stmt *stmt = server_stmts_find(&server->stmts, kept);

    if (stmt == NULL) {
        return server_stmts_closing(&server->stmts, kept) == NULL && make(client, kept);
    }
    struct reuse_age age = {.uses = stmt->uses, .epoch = stmt->epoch, .made_at = stmt->made_at};
    if (stmt->is_pending) {
        return false;
    }
    if (reuse_is_fresh(&age, worker->now, worker->conf->reuse_unnamed_lifetime_usec) &&
            (params == 0 || age.uses < REUSE_CUSTOM_PLANS ||
                    reuse_is_proven(server, kept, params))) {
        stmt->uses++;
        server_stmts_touch(&server->stmts, stmt);
        return true;
    }
    if (stmt->uses < REUSE_PAYS) {
        text->times = 0;         /* it changes faster than it comes, as things are now */
        stmt->uses = REUSE_PAYS; /* but it is tried again later */
        return false;
    }
    return server_forget_stmt(server, stmt) == SL_OK && make(client, kept);
}

/* ---- the request ---- */

/* Its text is one to keep: then what it is kept as. */
static struct prepared *take(struct client *client, struct sl_span body, struct reuse_text *text)
{
    struct prepared *kept = kept_for(client, body);

    if (kept == NULL || (kept == client->unnamed && !kept->is_noisy)) {
        return kept;
    }
    /* Not an INSERT: what sequences gave is seen to ahead of its Parse (link_sequences.h). */
    if (kept->is_noisy || kept->effects != 0 ||
            !reuse_is_planned(sl_span(kept->body, kept->text_len))) {
        text->is_refused = true;
        prepared_unref(kept);
        return NULL;
    }
    return kept;
}

enum reuse reuse_begin(struct client *client, const struct request *request, struct sl_span rest)
{
    struct worker *worker = client->io.worker;
    unsigned params = 0;

    if (worker->conf->reuse_unnamed == 0 || !is_plain(client) || !is_between(client->server)) {
        return REUSE_NO;
    }
    struct reuse_text *text = seen_again(client, rest);
    if (text == NULL) {
        return REUSE_NO;
    }
    struct sl_span whole = sl_span(request->at, request->all);
    enum reuse_shape shape = reuse_look(whole, &params);
    if (shape != REUSE_ALONE) {
        return shape == REUSE_MORE ? REUSE_WAITS : REUSE_NO;
    }
    struct prepared *kept = take(client, rest, text);
    if (kept == NULL) {
        return REUSE_NO;
    }
    if (hold_put(&client->retry, &worker->holds, whole.at, whole.len) != SL_OK ||
            !make_ready(client, kept, params, text)) {
        prepared_unref(kept);
        hold_drop(&client->retry, &worker->holds);
        return REUSE_NO;
    }
    client->reused = kept;
    client->notices_told = 0;
    unnamed_change(client, kept, false, client->server->expect.segment);
    return REUSE_YES;
}

enum step reuse_bind(
        struct client *client, const struct request *request, const struct front_bind *bind)
{
    struct expect *expect = &client->server->expect;
    struct expect_entry entry = {.kind = EXPECT_BIND, .flags = EXPECT_QUIET, .ref = client->reused};
    struct expect_entry both = {
            .kind = EXPECT_LOCAL, .local = SETTLE_REUSED, .ref = client->reused};

    if (expect_push(expect, entry) != SL_OK) {
        return request_hold(client);
    }
    prepared_ref(client->reused);
    if (expect_push(expect, both) != SL_OK) {
        prepared_unref(client->reused);
        return request_hold(client); /* for ever, that is not at all: it ends the client */
    }
    named_pass_bind(client, request, bind, client->reused);
    return STEP_NEXT;
}

bool reuse_holds(struct client *client)
{
    if (SL_LIKELY(client->reused == NULL)) {
        return false;
    }
    client->sends_ahead = true;
    return true;
}

void reuse_drop(struct client *client)
{
    prepared_unref(client->reused);
    client->reused = NULL;
}

/* ---- the reply ---- */

bool reuse_repairs(const struct server *server, const struct back_error *error)
{
    const struct client *client = server->client;
    const struct expect_entry *head = expect_head(&server->expect);

    return client != NULL && client->reused != NULL && client->retry.at != NULL && head != NULL &&
           (head->kind == EXPECT_BIND || head->kind == EXPECT_PARSE) &&
           (head->flags & EXPECT_QUIET) != 0 && head->local != SETTLE_APART &&
           server->expect.status == 'I' && !error->is_fatal && reuse_repeats(error->sqlstate) &&
           expect_is_one_segment(&server->expect);
}

bool reuse_close(struct server *server)
{
    struct client *client = server->client;
    struct server_stmt *stmt = server_stmts_find(&server->stmts, client->reused);
    bool is_closed = stmt == NULL || server_forget_stmt(server, stmt) == SL_OK;

    reuse_drop(client);
    return is_closed;
}

void reuse_settle(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct client *client = server->client;

    if (client != NULL && !server->is_retried) {
        /* It is told the error without ParseComplete: its Parse has failed, and nothing is unnamed. */
        outcome = outcome == EXPECT_DONE ? EXPECT_DONE : EXPECT_FAILED;
        reuse_drop(client);
    }
    unnamed_settle(server, entry, outcome);
}

/* ---- changes ---- */

void reuse_see_effects(struct server *server, unsigned effects)
{
    if (SL_UNLIKELY((effects & EFFECTS_SCHEMA) != 0)) {
        server->changes_plans = true;
        reuse_changed();
    }
}

void reuse_see_tag(struct server *server, struct sl_span tag)
{
    static const char *const starts[] = {"CREATE ", "ALTER ", "DROP ", "GRANT", "REVOKE", "DO",
            "CALL", "REASSIGN ", "SECURITY ", "COMMIT PREPARED", "ANALYZE"};

    for (size_t i = 0; i < SL_COUNT(starts); i++) {
        size_t len = strlen(starts[i]);
        server->changes_plans |= tag.len >= len && memcmp(tag.at, starts[i], len) == 0;
    }
}

static bool is_injected(const struct expect_entry *head)
{
    return head->kind == EXPECT_PARSE && (head->flags & EXPECT_QUIET) != 0 &&
           (head->ref != NULL || head->local == SETTLE_UNNAMED);
}

bool reuse_shows_notice(struct server *server)
{
    const struct expect_entry *head = expect_head(&server->expect);
    struct client *client = server->client;

    if (head == NULL || (head->kind != EXPECT_PARSE && head->kind != EXPECT_BIND)) {
        return true;
    }
    if (client->reused == NULL) {
        bool is_again = client->has_retried && client->notices_told > 0;
        client->notices_told = (uint8_t)(client->notices_told - (is_again ? 1 : 0));
        return !is_again && !is_injected(head);
    }
    if (head->kind == EXPECT_PARSE) {
        atomic_store(&client->reused->is_noisy, true);
    }
    if (client->notices_told < UINT8_MAX) {
        client->notices_told++;
    }
    return true;
}

void reuse_see_ready(struct server *server)
{
    if (SL_UNLIKELY(server->changes_plans)) {
        server->changes_plans = server->expect.status != 'I' || !expect_idle(&server->expect);
        reuse_changed();
    }
}
