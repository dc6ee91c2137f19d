/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/expect.c against a simple server: random conversations, in which the
 * client sends, the server reads and replies, and replies arrive, each as early or
 * as late as chance will have it.
 *
 * The server here knows when it looked at a request and what became of it, as
 * PostgreSQL does by "Message Flow"; the queue has to find the same out from types
 * alone: whose reply each one is, whether it is shown, when a local reply is due,
 * and the outcome of every reference, once. Where it says uncertain, it need not
 * know, and the conversation ends.
 */
#include "protocol/expect.h"

#include "protocol/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    SCRIPTS = 30000,
    REQUESTS_MAX = 48,
    REPLIES_MAX = REQUESTS_MAX * 8,
    OUTCOME_OPEN = 100, /* neither of enum expect_outcome */
    OUTCOME_TAKEN,
    LOCAL_DUE = 'l' /* stands among the replies */
};

enum plan { PLAN_FINE, PLAN_ERROR, PLAN_COPY, PLAN_COPY_BREAKS };

struct request {
    enum expect_kind kind;
    enum plan plan;
    uint8_t flags;
    bool is_fail; /* of EXPECT_COPY_END: CopyFail */
    int wanted;   /* what the server did with it: an outcome, or one of the above */
    int seen;     /* what the queue said */
};

struct reply {
    char type;
    char status;
    int of; /* the request's index */
};

struct world {
    uint64_t dice;
    struct expect expect;
    struct request requests[REQUESTS_MAX];
    int sent;
    int read;
    struct reply replies[REPLIES_MAX];
    int made;
    int delivered;
    bool server_skips;
    int copy_of;     /* the request whose COPY IN is on, or -1 */
    int copy_tail;   /* messages the client still owes to a COPY it asked for */
    unsigned script; /* for whoever reads of a failure */
};

static unsigned roll(struct world *world, unsigned sides)
{
    world->dice ^= world->dice << 13;
    world->dice ^= world->dice >> 7;
    world->dice ^= world->dice << 17;
    return (unsigned)(world->dice >> 33) % sides;
}

static void on_settle(void *self, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct world *world = self;
    struct request *request = entry->ref;

    if (request->seen != OUTCOME_OPEN) {
        fail_msg("script %u: settled twice", world->script);
    }
    request->seen = (int)outcome;
}

static bool has_ref(const struct request *request)
{
    return request->kind != EXPECT_SYNC && request->kind != EXPECT_COPY_END;
}

/* ---- the server ---- */

static void say(struct world *world, int of, const char *types)
{
    for (; *types != '\0'; types++) {
        assert_true(world->made < REPLIES_MAX);
        world->replies[world->made++] =
                (struct reply){.type = *types, .status = "ITE"[roll(world, 3)], .of = of};
    }
}

static bool has_ready(const struct request *request)
{
    return request->kind == EXPECT_QUERY || request->kind == EXPECT_FUNCTION;
}

static void server_fails(struct world *world, int of)
{
    struct request *request = &world->requests[of];

    request->wanted = EXPECT_FAILED;
    world->copy_of = -1;
    if (has_ready(request)) {
        say(world, of, "EZ");
    } else {
        say(world, of, "E");
        world->server_skips = true;
    }
}

static void server_reads_in_copy(struct world *world, const struct request *request)
{
    int of = world->copy_of;

    if (request->kind == EXPECT_SYNC) {
        return;
    }
    assert_int_equal(request->kind, EXPECT_COPY_END);
    if (request->is_fail || world->requests[of].plan == PLAN_COPY_BREAKS) {
        server_fails(world, of);
        return;
    }
    say(world, of, has_ready(&world->requests[of]) ? "CZ" : "C");
    world->requests[of].wanted = EXPECT_DONE;
    world->copy_of = -1;
}

static const char *fine_reply(struct world *world, enum expect_kind kind)
{
    static const char *const query[] = {"Z", "IZ", "CZ", "TDDCZ", "CTCEZ", "HddcCZ", "TDEZ"};
    static const char *const execute[] = {"C", "I", "s", "DDs", "DDC", "HddcC"};

    switch (kind) {
    case EXPECT_QUERY:
        return query[roll(world, SL_COUNT(query))];
    case EXPECT_EXECUTE:
        return execute[roll(world, SL_COUNT(execute))];
    case EXPECT_FUNCTION:
        return "VZ";
    case EXPECT_PARSE:
        return "1";
    case EXPECT_BIND:
        return "2";
    case EXPECT_CLOSE:
        return "3";
    case EXPECT_DESCRIBE_STATEMENT:
        return roll(world, 2) == 0 ? "tT" : "tn";
    case EXPECT_DESCRIBE_PORTAL:
        return roll(world, 2) == 0 ? "T" : "n";
    case EXPECT_NOTHING:
    case EXPECT_SYNC:
    case EXPECT_COPY_END:
    case EXPECT_LOCAL:
        break;
    }
    fail();
    return "";
}

static void server_answers(struct world *world, int of)
{
    struct request *request = &world->requests[of];

    if (request->plan == PLAN_ERROR) {
        if (request->kind == EXPECT_DESCRIBE_STATEMENT && roll(world, 2) == 0) {
            say(world, of, "t");
        }
        server_fails(world, of);
    } else if (request->plan != PLAN_FINE) {
        say(world, of, "G");
        world->copy_of = of;
    } else {
        const char *types = fine_reply(world, request->kind);
        say(world, of, types);
        request->wanted = strchr(types, 'E') == NULL ? EXPECT_DONE : EXPECT_FAILED;
    }
}

static void server_reads(struct world *world)
{
    int of = world->read++;
    struct request *request = &world->requests[of];

    if (world->copy_of >= 0) {
        server_reads_in_copy(world, request);
    } else if (request->kind == EXPECT_COPY_END) {
        return; /* too late, or too early: ignored */
    } else if (request->kind == EXPECT_SYNC) {
        world->server_skips = false;
        say(world, of, request->plan == PLAN_ERROR ? "EZ" : "Z");
    } else if (world->server_skips) {
        request->wanted = EXPECT_SKIPPED;
    } else if (request->kind == EXPECT_LOCAL) {
        request->wanted = OUTCOME_TAKEN; /* our own, and not read by any server */
        say(world, of, "l");
    } else {
        server_answers(world, of);
    }
}

/* ---- the client ---- */

/* What follows a request for COPY IN: Syncs that mean nothing, and the end of the data. */
static enum expect_kind next_in_copy(struct world *world)
{
    world->copy_tail--;
    return world->copy_tail == 0 ? EXPECT_COPY_END : EXPECT_SYNC;
}

static uint8_t roll_flags(struct world *world, const struct request *request)
{
    if (request->kind == EXPECT_LOCAL || request->kind == EXPECT_COPY_END) {
        return 0;
    }
    switch (roll(world, 12)) {
    case 0:
        return EXPECT_HIDDEN;
    case 1:
        return request->kind == EXPECT_PARSE || request->kind == EXPECT_BIND ? EXPECT_QUIET : 0;
    case 2:
        return request->kind == EXPECT_PARSE && request->plan == PLAN_ERROR ? EXPECT_POISON : 0;
    default:
        return 0;
    }
}

static void roll_request(struct world *world, struct request *request)
{
    static const uint8_t kinds[] = {EXPECT_QUERY, EXPECT_FUNCTION, EXPECT_PARSE, EXPECT_BIND,
            EXPECT_DESCRIBE_STATEMENT, EXPECT_DESCRIBE_PORTAL, EXPECT_EXECUTE, EXPECT_EXECUTE,
            EXPECT_CLOSE, EXPECT_SYNC, EXPECT_SYNC, EXPECT_LOCAL, EXPECT_COPY_END};
    bool may_copy = false;

    *request = (struct request){.wanted = OUTCOME_OPEN, .seen = OUTCOME_OPEN};
    if (world->copy_tail > 0) {
        request->kind = next_in_copy(world);
    } else {
        request->kind = (enum expect_kind)kinds[roll(world, SL_COUNT(kinds))];
        may_copy = request->kind == EXPECT_QUERY || request->kind == EXPECT_EXECUTE;
    }
    request->is_fail = roll(world, 4) == 0;
    request->plan = roll(world, 8) == 0 ? PLAN_ERROR : PLAN_FINE;
    if (may_copy && roll(world, 3) == 0) {
        request->plan = roll(world, 4) == 0 ? PLAN_COPY_BREAKS : PLAN_COPY;
        world->copy_tail = roll(world, 2) == 0 ? 1 : 1 + (int)roll(world, 3);
    }
    request->flags = roll_flags(world, request);
}

static void client_sends(struct world *world)
{
    struct request *request = &world->requests[world->sent++];

    roll_request(world, request);
    struct expect_entry entry = {.kind = (uint8_t)request->kind, .flags = request->flags};
    if (has_ref(request)) {
        entry.ref = request;
    }
    if ((request->flags & EXPECT_POISON) != 0) {
        entry.undo = &request->flags;
    }
    assert_int_equal(expect_push(&world->expect, entry), SL_OK);
}

/* ---- what arrives ---- */

static enum expect_verdict wanted_verdict(const struct request *request, char type)
{
    if (type == BACK_ERROR && (request->flags & EXPECT_POISON) != 0) {
        return EXPECT_SWAP;
    }
    if ((request->flags & EXPECT_HIDDEN) != 0) {
        return EXPECT_HIDE;
    }
    return (request->flags & EXPECT_QUIET) != 0 && type != BACK_ERROR ? EXPECT_HIDE : EXPECT_SHOW;
}

static void local_is_due(struct world *world, struct request *request)
{
    struct expect_entry entry;

    if (!expect_take_local(&world->expect, &entry) || entry.ref != request) {
        fail_msg("script %u: another local reply was due", world->script);
    }
    assert_int_equal(request->seen, OUTCOME_OPEN);
    request->seen = OUTCOME_TAKEN;
}

static void reply_arrives(struct world *world)
{
    const struct reply *reply = &world->replies[world->delivered++];
    struct request *request = &world->requests[reply->of];
    void *swap = NULL;

    if (reply->type == LOCAL_DUE) {
        local_is_due(world, request);
        return;
    }
    const struct expect_entry *head = expect_head(&world->expect);
    if (head == NULL || head->kind != request->kind || (has_ref(request) && head->ref != request)) {
        fail_msg("script %u: '%c' is not the head's", world->script, reply->type);
    }
    enum expect_verdict verdict =
            expect_reply(&world->expect, (uint8_t)reply->type, reply->status, &swap);
    if (verdict != wanted_verdict(request, reply->type)) {
        fail_msg("script %u: '%c' gave verdict %d", world->script, reply->type, (int)verdict);
    }
    assert_ptr_equal(swap, verdict == EXPECT_SWAP ? &request->flags : NULL);
    if (reply->type == BACK_READY) {
        assert_int_equal(world->expect.status, reply->status);
    }
}

/* ---- a conversation ---- */

/* One thing that can happen happens; false when nothing can. */
static bool step(struct world *world, int to_send)
{
    bool can_send = world->sent < to_send;
    bool can_read = world->read < world->sent;
    bool can_arrive = world->delivered < world->made;

    if (!can_send && !can_read && !can_arrive) {
        return false;
    }
    for (;;) {
        switch (roll(world, 16)) {
        case 0: /* a COPY fails of itself: a cancel, a timeout */
            if (world->copy_of >= 0 && roll(world, 8) == 0) {
                server_fails(world, world->copy_of);
                return true;
            }
            break;
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
            if (can_send) {
                client_sends(world);
                return true;
            }
            break;
        case 6:
        case 7:
        case 8:
        case 9:
        case 10:
            if (can_read) {
                server_reads(world);
                return true;
            }
            break;
        default:
            if (can_arrive) {
                reply_arrives(world);
                return true;
            }
            break;
        }
    }
}

static void nothing_is_left(struct world *world)
{
    if (world->copy_of >= 0) { /* the client had no message left for its end */
        assert_int_equal(world->expect.copy, EXPECT_COPY_IN);
    } else if (!expect_idle(&world->expect) || world->expect.skipping != world->server_skips) {
        fail_msg("script %u: %u entries are left", world->script, world->expect.count);
    }
    for (int i = 0; i < world->sent; i++) {
        const struct request *request = &world->requests[i];
        if (has_ref(request) && request->seen != request->wanted) {
            fail_msg("script %u: request %d: outcome %d, not %d", world->script, i, request->seen,
                    request->wanted);
        }
    }
}

/* True when it ended uncertain. */
static bool converse(unsigned script)
{
    struct world world = {
            .dice = 0x9E3779B97F4A7C15u * (script + 1), .copy_of = -1, .script = script};
    int to_send = 1 + (int)roll(&world, REQUESTS_MAX);

    expect_init(&world.expect, on_settle, &world);
    while (!world.expect.uncertain && step(&world, to_send)) {
        (expect_check)(&world.expect); /* CMocka has a macro of that name */
    }
    bool is_uncertain = world.expect.uncertain;
    if (!is_uncertain) {
        nothing_is_left(&world);
    }
    expect_fini(&world.expect);
    for (int i = 0; i < world.sent; i++) {
        if (has_ref(&world.requests[i]) && world.requests[i].seen == OUTCOME_OPEN) {
            fail_msg("script %u: request %d was never settled", script, i);
        }
    }
    return is_uncertain;
}

static void the_queue_knows_what_the_server_did(void **state)
{
    unsigned uncertain = 0;
    (void)state;

    for (unsigned script = 0; script < SCRIPTS; script++) {
        uncertain += converse(script) ? 1 : 0;
    }
    /* Some are; were most, the rest would prove little. */
    assert_in_range(uncertain, 1, SCRIPTS / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_queue_knows_what_the_server_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
