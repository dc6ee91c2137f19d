/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/link_sequences.h"

#include "conf/conf.h"
#include "protocol/base/check.h"
#include "protocol/effects.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/client_stmt.h"
#include "proxy/link.h"
#include "proxy/link_temp.h"
#include "proxy/pool_kept.h"
#include "proxy/sequence_shapes.h"
#include "proxy/server.h"
#include "proxy/session_state.h"
#include "proxy/worker.h"

#include <string.h>
#include <strings.h>

static const char gone[] =
        "currval() and lastval() are not known any more: another session has used the server "
        "connection that had taken this session's values; ask in the same transaction as, "
        "or right behind, what takes them, or use RETURNING";

static uint8_t one_more(uint8_t count)
{
    return count < UINT8_MAX ? (uint8_t)(count + 1) : count;
}

static bool are_asked(const struct client *client)
{
    return sequence_shapes_are_asked(&client->pool->sequences);
}

/* ---- what a server has ---- */

static bool has_own(const struct client *client, const struct server *server)
{
    return client->sequences_on == server->serial && server->sequences_of == client->cancel.serial;
}

static bool has_others(const struct client *client, const struct server *server)
{
    return server->sequences_mixed || (server->sequences_of != 0 && !has_own(client, server));
}

/* Nothing that may fail is ahead of what is sent now, and it is in no segment that goes on. */
static bool can_discard(const struct server *server)
{
    const struct expect *expect = &server->expect;

    return !server->is_unsynced && !expect->skipping && expect->status != 'E' &&
           (server->is_fresh || expect_idle(expect));
}

void link_sequences_forget(struct server *server)
{
    pool_kept_drop(server);
    server->sequences_of = 0;
    server->sequences_mixed = false;
    server->sequences_wanted = false;
    server->is_foreign = false;
}

static bool discard(struct server *server)
{
    if (!can_discard(server)) {
        return false;
    }
    link_sequences_forget(server);
    if (server_ask_hidden(server, "DISCARD SEQUENCES") != SL_OK) {
        server->close_reason = "out of memory";
        return false;
    }
    return true;
}

void link_sequences_tag(struct server *server)
{
    const struct client *client = server->client;

    if (SL_UNLIKELY(server->sequences_of != client->cancel.serial)) {
        server->sequences_mixed = true;
    }
}

/* ---- pins ---- */

static void unpin(struct client *client)
{
    client->keeps_briefly = false;
    client->sequences_held = 0;
    client->keeps &= (uint16_t)~PIN_SEQUENCE;
    client->pins &= (uint16_t)~PIN_SEQUENCE;
}

static void pin(struct client *client)
{
    client->server->sequences_wanted = true;
    client->sequences_are_kept = true;
    client->keeps |= PIN_SEQUENCE;
    client->pins |= PIN_SEQUENCE;
    client->keeps_briefly = !client->asks_late;
}

void link_sequences_let_go(struct client *client)
{
    bool is_over = client->sequences_passed >= SEQUENCES_UNASKED && !client->asks_late;

    /* A process that is left is not kept for ever by who takes a value in each transaction. */
    if (client->io.worker->drain.how != DRAIN_NOT) {
        is_over |= client->has_asked || !client->asks_sequences;
    }
    /* Who has just asked may ask once more, but not for ever. */
    bool asks_on = client->asks_now && client->sequences_held < SEQUENCES_UNASKED;
    bool is_wanted = client->has_asked && pool_is_wanted(client->pool);
    client->asks_now = false;
    client->sequences_held = is_wanted ? one_more(client->sequences_held) : 0;
    client->sequences_passed = one_more(client->sequences_passed);
    if (is_over || (is_wanted && !asks_on) ||
            !pins_has_room(&client->pool->pins, &client->server->pin)) {
        unpin(client);
    } else if (client->has_asked && !client->keeps_briefly) {
        client->keeps_briefly = true; /* others may come to wait when it does nothing any more */
        client_set_timer(client);
    }
}

void link_sequences_rested(struct client *client)
{
    unpin(client);
}

void link_sequences_discarded(struct client *client)
{
    struct server *server = client->server;
    const struct expect_entry *head = expect_head(&server->expect);
    bool is_here = client->sequences_on == server->serial;

    if (head == NULL || (is_here && (int32_t)(head->segment - client->sequences_segment) <= 0)) {
        return; /* what came behind it, or with it, may have taken another */
    }
    unpin(client);
    client->sequences_on = 0;
    client->asks_late = false;
    if (is_here) {
        link_sequences_forget(server);
    }
}

/* ---- taking ---- */

/* One before took some, and nobody asked; once for each transaction that takes any. */
static void count_unasked(struct client *client)
{
    if (client->sequences_on == 0 || client->has_asked || client->sequences_counted) {
        return;
    }
    client->sequences_unasked = one_more(client->sequences_unasked);
    sequence_shape_unasked(&client->pool->sequences, client->sequences_shape);
}

static bool may_ask(const struct client *client, uint16_t shape, unsigned effects)
{
    const struct sequence_shapes *shapes = &client->pool->sequences;
    bool is_plain = (effects & EFFECTS_COPY) == 0; /* nor is it one that was not read */
    bool is_new = (is_plain || are_asked(client)) && sequence_shape_is_new(shapes, shape);

    return client->asks_late || is_new ||
           (client->sequences_unasked < SEQUENCES_UNASKED &&
                   (client->asks_sequences || sequence_shape_is_asked(shapes, shape)));
}

/* INSERT ..; SELECT lastval() */
static bool is_several(struct sl_span text)
{
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.at, ';', text.len);

    return at != NULL && text.at + text.len - at > 8;
}

static void take(struct client *client, struct sl_span text, unsigned effects, bool is_run)
{
    struct server *server = client->server;

    if (!is_run && SL_LIKELY(!has_others(client, server))) {
        return;
    }
    uint16_t shape = sequence_shape_of(text);
    if (is_run) {
        count_unasked(client);
        client->sequences_counted = true;
    }
    bool is_likely = may_ask(client, shape, effects);
    bool is_mixed = has_others(client, server);
    if (is_mixed && (is_likely || are_asked(client))) {
        is_mixed = !discard(server);
    }
    if (!is_run) {
        return;
    }
    if (!has_own(client, server)) {
        link_sequences_forget(server);
        server->sequences_mixed = is_mixed;
        server->sequences_of = client->cancel.serial;
        client->sequences_on = server->serial;
        client->sequences_are_kept |= are_asked(client);
    }
    client->has_asked = (effects & EFFECTS_SEQUENCES) != 0 && is_several(text);
    client->sequences_shape = shape;
    client->sequences_passed = 0;
    client->sequences_segment = server->expect.segment;
    if (is_likely) {
        pin(client);
    } else {
        unpin(client);
    }
}

/* ---- asking ---- */

static void note_question(struct client *client)
{
    client->asks_sequences = true;
    client->has_asked = true;
    client->asks_now = true;
    client->sequences_unasked = 0;
    sequence_shapes_asked(&client->pool->sequences);
    if (client->sequences_on != 0) {
        sequence_shape_asked(&client->pool->sequences, client->sequences_shape);
    }
}

static bool begins(struct sl_span text)
{
    return (text.len >= 5 && strncasecmp((const char *)text.at, "begin", 5) == 0) ||
           (text.len >= 5 && strncasecmp((const char *)text.at, "start", 5) == 0);
}

/* The request comes again when it has the other. */
static enum step move(struct client *client, sl_usec wait)
{
    client->has_sought = true;
    client->waiter.bound = client->sequences_on;
    client->waiter.bound_for = wait;
    return request_give_back(client);
}

static enum step refuse(struct client *client, const struct request *request, bool *is_refused)
{
    struct sl_error error;

    *is_refused = true;
    client->asks_late = client->sequences_on != 0;
    if (request->type != MSG_QUERY) {
        return request_poison(client, request, SL_STATE_OBJECT_NOT_IN_STATE, "%s", gone);
    }
    SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_OBJECT_NOT_IN_STATE, "%s", gone),
            "the client is told");
    enum step step = request_refuse_query(client, &error, client_stmt_now(client));
    if (step == STEP_NEXT) {
        client_stmt_sent(client);
        client->server->is_unsynced = false;
        request_drop(client, request);
    }
    return step;
}

static enum step look(struct client *client, const struct request *request, struct sl_span text,
        unsigned effects, bool is_run, bool *is_refused)
{
    struct server *server = client->server;
    bool asks = (effects & (EFFECTS_SEQUENCES | EFFECTS_UNREAD)) == EFFECTS_SEQUENCES;
    bool takes = (effects & EFFECTS_MOVES) != 0;

    if (SL_LIKELY((effects & EFFECTS_SEQUENCES) == 0 && !client->asks_sequences)) {
        return STEP_NEXT;
    }
    if (asks) {
        note_question(client);
    }
    bool is_elsewhere = client->sequences_on != 0 && client->sequences_on != server->serial;
    bool has_sought = client->has_sought;
    client->has_sought = false;
    if (is_elsewhere && !has_sought && server->is_fresh && !server->is_unsynced &&
            (asks || takes || begins(text))) {
        return move(client, asks ? SEQUENCES_ASK_WAIT : begins(text) ? SEQUENCES_BEGIN_WAIT : 0);
    }
    bool is_known = has_own(client, server) && !server->sequences_mixed;
    bool has_none = client->sequences_on == 0 && server->sequences_of == 0 &&
                    !server->sequences_mixed && !server->is_foreign;
    if ((effects & EFFECTS_SEQUENCES) == 0 || is_known || has_none || server->expect.skipping ||
            (server->expect.status == 'E' && expect_idle(&server->expect))) {
        return STEP_NEXT;
    }
    /* It is new here, or will be: the server says so itself. */
    bool is_told = (client->sequences_on == 0 || takes) && discard(server);
    return is_told || !asks || !is_run ? STEP_NEXT : refuse(client, request, is_refused);
}

enum step link_sequences_see(struct client *client, const struct request *request,
        struct sl_span text, unsigned effects, bool is_run, bool *is_refused)
{
    const struct server *server = client->server;

    *is_refused = false;
    if (client->mode == CONF_POOL_SESSION) {
        return STEP_NEXT;
    }
    if (SL_UNLIKELY(server->is_unwanted)) {
        return request_give_back(client);
    }
    if (SL_UNLIKELY(server->is_poisoned) && server->poisoned_segment == server->expect.segment) {
        return STEP_NEXT; /* a Bind behind a Parse that was refused is of the statement before */
    }
    if (client->server->expect.status == 'I' && expect_idle(&client->server->expect)) {
        client->sequences_counted = false;
    }
    bool may_mind = (effects & EFFECTS_LEAVES) != 0;
    if (SL_UNLIKELY(client->server->has_temp || client->has_refused || may_mind) &&
            link_temp_see(client, text, effects) != STEP_NEXT) {
        return STEP_STOP;
    }
    enum step step = look(client, request, text, effects, is_run, is_refused);

    if (step == STEP_NEXT && !*is_refused && (effects & EFFECTS_MOVES) != 0) {
        take(client, text, effects, is_run);
    }
    return step;
}

void link_sequences_ready(struct client *client, struct sl_span text, unsigned effects)
{
    if ((effects & EFFECTS_MOVES) != 0) {
        take(client, text, effects, false);
    }
}
