/* SPDX-License-Identifier: PostgreSQL */
/* The promises of protocol/expect.h, but for COPY and local replies: test_expect_copy.c. The letters: expect_talk.h. */
#include "tests/unit/protocol/expect_talk.h"

/* ---- what answers what ---- */

static void each_message_is_answered_by_its_own(void **state)
{
    (void)state;
    played("P", "1", "D");
    played("B", "2", "D");
    played("C", "3", "D");
    played("D", "tT", "D");
    played("D", "tn", "D");
    played("d", "T", "D");
    played("d", "n", "D");
    played("E", "C", "D");
    played("E", "DDC", "D");
    played("E", "I", "D");
    played("E", "DDs", "D");
    played("E", "HddcC", "D");
    played("Q", "TDDCZ", "D");
    played("Q", "CTDCCZ", "D");
    played("Q", "IZ", "D");
    played("Q", "HddcCZ", "D");
    played("F", "VZ", "D");
    played("S", "Z", "-");
    played("PDBdESQSF", "1tT2TDCZTDCZZVZ", "DDDDD-D-D");
}

static void what_nobody_asked_for_is_a_breach(void **state)
{
    static const struct {
        char sent;
        const char *begins; /* all that its answer may begin with */
    } rows[] = {{'P', "1E"}, {'B', "2E"}, {'C', "3E"}, {'D', "tE"}, {'d', "TnE"},
            {'E', "DdcGHWCIsE"}, {'Q', "TDdcGHWCIZE"}, {'F', "VZE"}, {'S', "ZE"}};
    (void)state;

    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        for (int type = 1; type < 128; type++) {
            struct talk talk;
            const char letters[] = {rows[i].sent, '\0'};

            begin(&talk);
            sent(&talk, letters);
            bool is_breach = reply_one(&talk, (char)type) == EXPECT_BREACH;
            if (is_breach == (strchr(rows[i].begins, type) != NULL)) {
                fail_msg("'%c' answered by '%c'", letters[0], type);
            }
            expect_fini(&talk.expect);
        }
    }
}

static void a_breach_changes_nothing(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    breached(&talk, BACK_ERROR);
    sent(&talk, "DBS");
    breached(&talk, 'T'); /* 't' is first */
    replied(&talk, "t");
    breached(&talk, 't');
    replied(&talk, "n");
    breached(&talk, 'Z');
    replied(&talk, "2");
    breached(&talk, 'C');
    replied(&talk, "Z");
    end_idle(&talk, "DD-");
}

static void the_next_describe_is_described_anew(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent(&talk, "DSD");
    replied(&talk, "tEZ"); /* fails between its two replies */
    breached(&talk, 'T');
    replied(&talk, "tT");
    end_idle(&talk, "F-D");
}

static void the_status_is_that_of_the_last_ready(void **state)
{
    struct talk talk;
    void *swap = NULL;
    (void)state;

    begin(&talk);
    assert_int_equal(talk.expect.status, 'I');
    sent(&talk, "SSE");
    assert_int_equal(expect_reply(&talk.expect, BACK_READY, 'T', &swap), EXPECT_SHOW);
    assert_int_equal(talk.expect.status, 'T');
    assert_int_equal(expect_reply(&talk.expect, BACK_READY, 'E', &swap), EXPECT_SHOW);
    assert_int_equal(expect_reply(&talk.expect, BACK_READY, 'I', &swap), EXPECT_BREACH);
    assert_int_equal(expect_reply(&talk.expect, BACK_COMMAND_COMPLETE, 'I', &swap), EXPECT_SHOW);
    assert_int_equal(talk.expect.status, 'E');
    end(&talk, "--D");
}

/* ---- errors ---- */

static void an_error_drops_all_up_to_the_sync(void **state)
{
    (void)state;
    played("PBDdECS", "EZ", "FSSSSS-");
    played("PBES", "1EZ", "DFS-");
    played("PBES", "12DDEZ", "DDF-");
    played("DBS", "tEZ", "FS-");
    played("PSPS", "EZ1Z", "F-D-"); /* what follows that Sync is looked at */
    played("PSSP", "EZZ1", "F--D");
    played("PBSPBS", "EZ1EZ", "FS-DF-");
}

static void a_query_pipelined_behind_an_error_owes_no_ready(void **state)
{
    (void)state;
    played("PQS", "EZ", "FS-");
    played("PQFQS", "EZ", "FSSS-");
    played("EQSQ", "EZTDCZ", "FS-D");
}

static void while_skipping_only_a_sync_is_kept(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent(&talk, "PB");
    replied(&talk, "E");
    assert_true(expect_idle(&talk.expect));
    assert_true(talk.expect.skipping);
    breached(&talk, BACK_READY);
    sent(&talk, "BEQFCDdcL");
    assert_true(expect_idle(&talk.expect));
    assert_string_equal(talk.tickets, "FSSSSSSSS-S"); /* at once, not at the Sync */
    sent(&talk, "S");
    assert_false(talk.expect.skipping);
    sent(&talk, "Q");
    replied(&talk, "ZCZ");
    end_idle(&talk, "FSSSSSSSS-S-D");
}

static void an_error_in_a_query_ends_that_query_only(void **state)
{
    (void)state;
    played("QPS", "EZ1Z", "FD-");
    played("QQ", "TDEZCZ", "FD");
    played("PQBS", "1EZ2Z", "DFD-");
    played("FP", "EZ1", "FD");
}

static void an_error_in_sync_drops_nothing(void **state)
{
    (void)state;
    played("ESPS", "CEZ1Z", "D-D-");
    played("SQ", "EZCZ", "-D");
    played("SL", "EZl", "-T");
}

static void what_is_left_is_lost(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent(&talk, "PBLESQ");
    replied(&talk, "1");
    end(&talk, "DLLL-L");

    begin(&talk);
    sent(&talk, "QP");
    replied(&talk, "E"); /* failed, but its ReadyForQuery never came */
    end(&talk, "LL");
}

/* ---- hidden, quiet, poison ---- */

static void hidden_replies_are_hidden_errors_included(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent_flagged(&talk, "CQ", EXPECT_HIDDEN);
    sent(&talk, "Q");
    assert_true(expect_hidden(&talk.expect));
    replied_as(&talk, "3TDCEZ", EXPECT_HIDE);
    assert_false(expect_hidden(&talk.expect));
    replied(&talk, "CZ");
    assert_false(expect_hidden(&talk.expect));
    end_idle(&talk, "DFD");

    begin(&talk); /* a hidden error skips as any other */
    sent_flagged(&talk, "C", EXPECT_HIDDEN);
    sent(&talk, "PS");
    replied_as(&talk, "E", EXPECT_HIDE);
    replied(&talk, "Z");
    end_idle(&talk, "FS-");
}

static void quiet_success_is_hidden_and_an_error_is_shown(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent_flagged(&talk, "PP", EXPECT_QUIET);
    sent(&talk, "BS");
    assert_false(expect_hidden(&talk.expect));
    replied_as(&talk, "1", EXPECT_HIDE);
    replied(&talk, "EZ");
    end_idle(&talk, "DFS-");
}

static void rows_stream_only_where_a_client_sees_them(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    assert_false(expect_streams(&talk.expect));
    sent(&talk, "PEQS");
    assert_false(expect_streams(&talk.expect));
    replied(&talk, "1");
    assert_true(expect_streams(&talk.expect));
    replied(&talk, "C");
    assert_true(expect_streams(&talk.expect));
    replied(&talk, "CZ");
    assert_false(expect_streams(&talk.expect));
    replied(&talk, "Z");
    sent_flagged(&talk, "Q", EXPECT_HIDDEN);
    assert_false(expect_streams(&talk.expect));
    end(&talk, "DDD-L");
}

struct poisoned {
    int settled;
    enum expect_outcome outcome;
    void *ref;
    void *undo;
};

static void on_poison_settled(
        void *self, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct poisoned *seen = self;

    *seen = (struct poisoned){seen->settled + 1, outcome, entry->ref, entry->undo};
}

static void the_error_of_a_poison_is_swapped_for_its_own(void **state)
{
    struct poisoned seen = {0};
    struct expect expect;
    char ref;
    char undo;
    void *swap = NULL;
    struct expect_entry entry = {
            .kind = EXPECT_PARSE, .flags = EXPECT_POISON, .ref = &ref, .undo = &undo};
    (void)state;

    expect_init(&expect, on_poison_settled, &seen);
    assert_int_equal(expect_push(&expect, entry), SL_OK);
    assert_int_equal(expect_reply(&expect, BACK_ERROR, 0, &swap), EXPECT_SWAP);
    assert_ptr_equal(swap, &undo);
    assert_true(expect.skipping);
    assert_int_equal(seen.settled, 1);
    assert_int_equal(seen.outcome, EXPECT_FAILED);
    assert_ptr_equal(seen.ref, &ref);
    assert_null(seen.undo); /* the caller has it now */

    entry.ref = NULL; /* nothing but the swap: then nothing is left to settle */
    assert_int_equal(expect_push(&expect, (struct expect_entry){.kind = EXPECT_SYNC}), SL_OK);
    assert_int_equal(expect_reply(&expect, BACK_READY, 'I', &swap), EXPECT_SHOW);
    assert_int_equal(expect_push(&expect, entry), SL_OK);
    assert_int_equal(expect_reply(&expect, BACK_ERROR, 0, &swap), EXPECT_SWAP);
    assert_int_equal(seen.settled, 1);
    expect_fini(&expect);
}

static void a_poison_never_looked_at_keeps_its_words_for_settling(void **state)
{
    struct poisoned seen = {0};
    struct expect expect;
    char undo;
    void *swap = NULL;
    struct expect_entry poison = {.kind = EXPECT_PARSE, .flags = EXPECT_POISON, .undo = &undo};
    (void)state;

    expect_init(&expect, on_poison_settled, &seen);
    assert_int_equal(expect_push(&expect, (struct expect_entry){.kind = EXPECT_BIND}), SL_OK);
    assert_int_equal(expect_push(&expect, poison), SL_OK);
    assert_int_equal(expect_reply(&expect, BACK_ERROR, 0, &swap), EXPECT_SHOW);
    assert_null(swap);
    assert_int_equal(seen.settled, 1);
    assert_int_equal(seen.outcome, EXPECT_SKIPPED);
    assert_ptr_equal(seen.undo, &undo);

    assert_int_equal(expect_push(&expect, poison), SL_OK); /* still skipping */
    assert_int_equal(seen.settled, 2);
    assert_int_equal(seen.outcome, EXPECT_SKIPPED);
    expect_fini(&expect);
    assert_int_equal(seen.settled, 2);
}

/* ---- the ring ---- */

static void growing_keeps_the_order_wherever_the_ring_begins(void **state)
{
    (void)state;
    for (int start = 0; start <= 40; start++) {
        struct talk talk;

        begin(&talk);
        for (int i = 0; i < start; i++) {
            sent(&talk, "P");
            replied(&talk, "1");
        }
        for (int i = 0; i < 40; i++) {
            sent(&talk, i % 3 == 0 ? "P" : i % 3 == 1 ? "B" : "C");
        }
        for (int i = 0; i < 40; i++) {
            replied(&talk, i % 3 == 0 ? "1" : i % 3 == 1 ? "2" : "3");
            assert_int_equal(talk.tickets[start + i], 'D');
            assert_int_equal(talk.tickets[start + i + 1], i < 39 ? '?' : 0);
        }
        assert_true(expect_idle(&talk.expect));
        expect_fini(&talk.expect);
    }
}

static void the_bound_refuses_and_settles_nothing(void **state)
{
    struct talk talk;
    struct expect_entry entry = {.kind = EXPECT_PARSE};
    (void)state;

    begin(&talk);
    assert_true(expect_has_room(&talk.expect, EXPECT_ENTRIES_MAX));
    for (int i = 0; i < EXPECT_ENTRIES_MAX; i++) {
        assert_true(expect_has_room(&talk.expect, 1));
        assert_int_equal(expect_push(&talk.expect, entry), SL_OK);
    }
    assert_false(expect_has_room(&talk.expect, 1));
    talk.tickets[0] = '?';
    entry.ref = &talk.tickets[0];
    assert_int_equal(expect_push(&talk.expect, entry), SL_ELIMIT);
    assert_int_equal(talk.tickets[0], '?');
    replied(&talk, "1");
    assert_true(expect_has_room(&talk.expect, 1));
    assert_int_equal(expect_push(&talk.expect, entry), SL_OK);
    for (int i = 1; i < EXPECT_ENTRIES_MAX; i++) {
        replied(&talk, "1");
    }
    assert_int_equal(talk.tickets[0], '?');
    replied(&talk, "1");
    end_idle(&talk, "D");
}

static void segments_end_with_sync_query_and_function(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent(&talk, "PSBQF");
    assert_int_equal(talk.expect.segment, 3);
    replied(&talk, "1");
    replied(&talk, "Z");
    assert_int_equal(expect_head(&talk.expect)->segment, 1);
    replied(&talk, "2CZ");
    assert_int_equal(expect_head(&talk.expect)->segment, 2);
    replied(&talk, "VZ");
    end_idle(&talk, "D-DDD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_message_is_answered_by_its_own),
            cmocka_unit_test(what_nobody_asked_for_is_a_breach),
            cmocka_unit_test(a_breach_changes_nothing),
            cmocka_unit_test(the_next_describe_is_described_anew),
            cmocka_unit_test(the_status_is_that_of_the_last_ready),
            cmocka_unit_test(an_error_drops_all_up_to_the_sync),
            cmocka_unit_test(a_query_pipelined_behind_an_error_owes_no_ready),
            cmocka_unit_test(while_skipping_only_a_sync_is_kept),
            cmocka_unit_test(an_error_in_a_query_ends_that_query_only),
            cmocka_unit_test(an_error_in_sync_drops_nothing),
            cmocka_unit_test(what_is_left_is_lost),
            cmocka_unit_test(hidden_replies_are_hidden_errors_included),
            cmocka_unit_test(quiet_success_is_hidden_and_an_error_is_shown),
            cmocka_unit_test(rows_stream_only_where_a_client_sees_them),
            cmocka_unit_test(the_error_of_a_poison_is_swapped_for_its_own),
            cmocka_unit_test(a_poison_never_looked_at_keeps_its_words_for_settling),
            cmocka_unit_test(growing_keeps_the_order_wherever_the_ring_begins),
            cmocka_unit_test(the_bound_refuses_and_settles_nothing),
            cmocka_unit_test(segments_end_with_sync_query_and_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
