/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/protocol/expect_talk.h - a conversation with protocol/expect.c, as letters.
 *
 * Sent: P B E C S Q F as in the protocol, D and d Describe of a statement and of a
 * portal, c CopyDone or CopyFail, L a local reply. Replied: the types of the server's
 * messages, and l where a local reply is due.
 *
 * end() compares what became of each message sent, in order: D done, F failed,
 * S skipped, L lost, T taken (a local reply), - nothing to settle (Sync, CopyDone).
 *
 * Ownership: the talk owns its queue until end(). Threads: the test's. Bounds:
 * TICKETS_MAX messages a talk; one more fails the test.
 */
#ifndef SLUICE_TESTS_UNIT_PROTOCOL_EXPECT_TALK_H
#define SLUICE_TESTS_UNIT_PROTOCOL_EXPECT_TALK_H

#include "protocol/expect.h"
#include "protocol/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* CMocka has a macro of the name expect_check: here it is called in parentheses. */

enum { TICKETS_MAX = 256 };

struct talk {
    struct expect expect;
    char tickets[TICKETS_MAX + 1]; /* what became of each; its address is the reference */
    size_t count;
};

static inline void on_settle(
        void *self, const struct expect_entry *entry, enum expect_outcome outcome)
{
    char *ticket = entry->ref;

    (void)self;
    assert_non_null(ticket);
    assert_int_equal(*ticket, '?'); /* else settled before */
    *ticket = "DFSL"[outcome];
}

static inline void begin(struct talk *talk)
{
    memset(talk, 0, sizeof *talk);
    expect_init(&talk->expect, on_settle, talk);
}

static inline enum expect_kind kind_of(char letter)
{
    static const char letters[] = "QFPBDdECScL";
    const char *at = strchr(letters, letter);

    assert_non_null(at);
    return (enum expect_kind)(EXPECT_QUERY + (at - letters));
}

static inline void sent_flagged(struct talk *talk, const char *letters, uint8_t flags)
{
    for (; *letters != '\0'; letters++) {
        bool is_empty = *letters == 'S' || *letters == 'c';
        struct expect_entry entry = {.kind = (uint8_t)kind_of(*letters), .flags = flags};

        assert_true(talk->count < TICKETS_MAX);
        talk->tickets[talk->count] = is_empty ? '-' : '?';
        entry.ref = is_empty ? NULL : &talk->tickets[talk->count];
        talk->count++;
        assert_int_equal(expect_push(&talk->expect, entry), SL_OK);
        (expect_check)(&talk->expect);
    }
}

static inline void sent(struct talk *talk, const char *letters)
{
    sent_flagged(talk, letters, 0);
}

static inline void take_local(struct talk *talk)
{
    struct expect_entry entry;

    assert_true(expect_local_is_due(&talk->expect));
    assert_true(expect_take_local(&talk->expect, &entry));
    assert_int_equal(entry.kind, EXPECT_LOCAL);
    char *ticket = entry.ref;
    assert_int_equal(*ticket, '?');
    *ticket = 'T';
}

static inline enum expect_verdict reply_one(struct talk *talk, char type)
{
    void *swap = NULL;
    enum expect_verdict verdict = expect_reply(&talk->expect, (uint8_t)type, 'I', &swap);

    assert_null(swap);
    (expect_check)(&talk->expect);
    return verdict;
}

static inline void replied_as(struct talk *talk, const char *types, enum expect_verdict expected)
{
    for (; *types != '\0'; types++) {
        if (*types == 'l') {
            take_local(talk);
            continue;
        }
        assert_false(expect_local_is_due(&talk->expect));
        enum expect_verdict verdict = reply_one(talk, *types);
        if (verdict != expected) {
            fail_msg("'%c' gave verdict %d, not %d", *types, (int)verdict, (int)expected);
        }
    }
}

static inline void replied(struct talk *talk, const char *types)
{
    replied_as(talk, types, EXPECT_SHOW);
}

static inline void breached(struct talk *talk, char type)
{
    assert_int_equal(reply_one(talk, type), EXPECT_BREACH);
}

static inline void end(struct talk *talk, const char *outcomes)
{
    expect_fini(&talk->expect);
    assert_string_equal(talk->tickets, outcomes);
}

static inline void end_idle(struct talk *talk, const char *outcomes)
{
    assert_true(expect_idle(&talk->expect));
    assert_false(talk->expect.skipping);
    assert_null(expect_head(&talk->expect));
    breached(talk, BACK_READY); /* nothing more is owed */
    end(talk, outcomes);
}

static inline void played(const char *letters, const char *replies, const char *outcomes)
{
    struct talk talk;

    begin(&talk);
    sent(&talk, letters);
    replied(&talk, replies);
    end_idle(&talk, outcomes);
}

#endif
