/* SPDX-License-Identifier: PostgreSQL */
/* COPY and local replies in the queue of protocol/expect.h. The letters: expect_talk.h. */
#include "tests/unit/protocol/expect_talk.h"

/* ---- COPY ---- */

static void copy_in_by_query_takes_its_data_and_ends(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    sent(&talk, "Q");
    replied(&talk, "G");
    assert_int_equal(talk.expect.copy, EXPECT_COPY_IN);
    sent(&talk, "cQ");
    replied(&talk, "CZ");
    assert_int_equal(talk.expect.copy, EXPECT_COPY_NONE);
    replied(&talk, "CZ");
    end_idle(&talk, "D-D");
}

static void a_sync_within_copy_in_is_not_answered(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk); /* by Query, Syncs sent when COPY was known to be on */
    sent(&talk, "Q");
    replied(&talk, "G");
    sent(&talk, "SSc");
    replied(&talk, "CZ");
    end_idle(&talk, "D---");

    begin(&talk); /* by Execute */
    sent(&talk, "BE");
    replied(&talk, "2G");
    sent(&talk, "ScS");
    replied(&talk, "CZ");
    assert_false(talk.expect.uncertain);
    end_idle(&talk, "DD---");
}

static void a_sync_sent_before_copy_in_was_known_is_not_answered(void **state)
{
    struct talk talk;
    (void)state;

    played("QSScS", "GCZZ", "D----");
    played("PBESScS", "12GCZ", "DDD----");

    begin(&talk); /* as a driver does: Parse to Sync in one go, the data later */
    sent(&talk, "PBES");
    replied(&talk, "12G");
    sent(&talk, "cS");
    replied(&talk, "CZ");
    end_idle(&talk, "DDD---");
}

static void a_sync_behind_copy_done_is_answered(void **state)
{
    struct talk talk;
    (void)state;

    played("EcSS", "GCZZ", "D---");
    played("QcS", "GCZZ", "D--");

    begin(&talk); /* the end was sent before COPY IN was known, the Sync after */
    sent(&talk, "Ec");
    replied(&talk, "G");
    sent(&talk, "S");
    replied(&talk, "CZ");
    end_idle(&talk, "D--");

    begin(&talk);
    sent(&talk, "E");
    replied(&talk, "G");
    sent(&talk, "cSS");
    replied(&talk, "CZZ");
    end_idle(&talk, "D---");
}

static void copies_in_a_row_each_have_their_own_end(void **state)
{
    struct talk talk;
    (void)state;
    played("QcQc", "GCZGCZ", "D-D-");
    played("QScQSc", "GCZGCZ", "D--D--");
    played("EcSEScS", "GCZGCZ", "D--D---");

    begin(&talk);
    sent(&talk, "QcQ");
    replied(&talk, "GCZG");
    sent(&talk, "Sc"); /* the first one's end is not the second's */
    replied(&talk, "CZ");
    end_idle(&talk, "D-D--");
}

static void a_copy_ignores_more_syncs_than_there_is_room_for(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk);
    assert_int_equal(expect_push(&talk.expect, (struct expect_entry){.kind = EXPECT_QUERY}), SL_OK);
    for (uint32_t i = 1; i < EXPECT_ENTRIES_MAX; i++) {
        assert_int_equal(
                expect_push(&talk.expect, (struct expect_entry){.kind = EXPECT_SYNC}), SL_OK);
    }
    assert_false(expect_has_room(&talk.expect, 1));
    replied(&talk, "G");
    for (uint32_t i = 0; i < EXPECT_ENTRIES_MAX; i++) {
        assert_int_equal(
                expect_push(&talk.expect, (struct expect_entry){.kind = EXPECT_SYNC}), SL_OK);
    }
    assert_true(expect_has_room(&talk.expect, EXPECT_ENTRIES_MAX - 2));
    assert_int_equal(talk.expect.segment, 2 * EXPECT_ENTRIES_MAX);
    assert_int_equal(
            expect_push(&talk.expect, (struct expect_entry){.kind = EXPECT_COPY_END}), SL_OK);
    assert_int_equal(expect_push(&talk.expect, (struct expect_entry){.kind = EXPECT_SYNC}), SL_OK);
    replied(&talk, "CZZ");
    assert_true(expect_idle(&talk.expect));
    expect_fini(&talk.expect);
}

static void a_copy_that_fails_by_query_is_ready_at_once(void **state)
{
    struct talk talk;
    (void)state;

    played("QcQ", "GEZCZ", "F-D");
    played("QcQ", "EZCZ", "F-D"); /* before it began */

    begin(&talk); /* what of the COPY comes late is ignored, and expects nothing */
    sent(&talk, "Q");
    replied(&talk, "GEZ");
    sent(&talk, "c");
    assert_true(expect_idle(&talk.expect));
    sent(&talk, "S");
    replied(&talk, "Z");
    assert_false(talk.expect.uncertain);
    end_idle(&talk, "F--");
}

static void a_copy_that_fails_by_execute_skips_to_sync(void **state)
{
    struct talk talk;
    (void)state;

    played("EcS", "GEZ", "F--");
    played("EcBS", "GEZ", "F-S-");
    played("EScS", "EZZ", "F---"); /* before it began: both Syncs are read as such */

    begin(&talk);
    sent(&talk, "E");
    replied(&talk, "GE");
    assert_true(talk.expect.skipping);
    assert_int_equal(talk.expect.copy, EXPECT_COPY_NONE);
    sent(&talk, "cBS");
    replied(&talk, "Z");
    assert_false(talk.expect.uncertain);
    end_idle(&talk, "F-S-");
}

static void a_copy_that_fails_among_syncs_is_uncertain(void **state)
{
    struct talk talk;
    (void)state;

    begin(&talk); /* the Sync came before the error or after it: nobody can know */
    sent(&talk, "ES");
    replied(&talk, "G");
    assert_false(talk.expect.uncertain);
    replied(&talk, "E");
    assert_true(talk.expect.uncertain);
    assert_true(talk.expect.skipping);
    sent(&talk, "cS");
    replied(&talk, "Z");
    assert_true(talk.expect.uncertain); /* once and for all */
    end_idle(&talk, "F---");

    begin(&talk);
    sent(&talk, "Q");
    replied(&talk, "G");
    sent(&talk, "Sc");
    replied(&talk, "EZ");
    assert_true(talk.expect.uncertain);
    end_idle(&talk, "F--");
}

static void copy_out_and_both_leave_syncs_alone(void **state)
{
    struct talk talk;
    (void)state;

    played("ES", "HddcCZ", "D-");
    played("ES", "HdEZ", "F-");

    begin(&talk);
    sent(&talk, "Q");
    replied(&talk, "W");
    assert_int_equal(talk.expect.copy, EXPECT_COPY_BOTH);
    sent(&talk, "c");
    replied(&talk, "dcC");
    assert_int_equal(talk.expect.copy, EXPECT_COPY_NONE);
    replied(&talk, "Z");
    end_idle(&talk, "D-");
}

/* ---- local replies ---- */

static void a_local_reply_is_due_in_its_turn(void **state)
{
    struct talk talk;
    struct expect_entry entry;
    (void)state;

    played("L", "l", "T");
    played("PLB", "1l2", "DTD");
    played("LLPLLS", "ll1llZ", "TTDTT-");
    played("QLS", "CZlZ", "DT-");
    played("LcP", "l1", "T-D"); /* what needs no answer leaves behind it */

    begin(&talk);
    assert_false(expect_take_local(&talk.expect, &entry));
    sent(&talk, "PL");
    assert_false(expect_local_is_due(&talk.expect));
    assert_false(expect_take_local(&talk.expect, &entry));
    end(&talk, "LL");
}

static void a_local_reply_is_dropped_as_the_server_would(void **state)
{
    (void)state;
    played("PLLBS", "EZ", "FSSS-");
    played("PLBLS", "1lEZ", "DTFS-");
    played("PSL", "EZl", "F-T");
    played("QLS", "EZlZ", "FT-"); /* an error in a Query skips nothing */
}

static void a_local_reply_hands_over_what_it_carries(void **state)
{
    struct expect expect;
    struct expect_entry entry;
    char ref;
    char undo;
    (void)state;

    expect_init(&expect, on_settle, NULL);
    entry = (struct expect_entry){
            .kind = EXPECT_LOCAL, .local = BACK_CLOSE_COMPLETE, .ref = &ref, .undo = &undo};
    assert_int_equal(expect_push(&expect, entry), SL_OK);
    memset(&entry, 0, sizeof entry);
    assert_true(expect_take_local(&expect, &entry));
    assert_int_equal(entry.local, BACK_CLOSE_COMPLETE);
    assert_ptr_equal(entry.ref, &ref);
    assert_ptr_equal(entry.undo, &undo);
    expect_fini(&expect); /* on_settle() would take ref's value amiss */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(copy_in_by_query_takes_its_data_and_ends),
            cmocka_unit_test(a_sync_within_copy_in_is_not_answered),
            cmocka_unit_test(a_sync_sent_before_copy_in_was_known_is_not_answered),
            cmocka_unit_test(a_sync_behind_copy_done_is_answered),
            cmocka_unit_test(copies_in_a_row_each_have_their_own_end),
            cmocka_unit_test(a_copy_ignores_more_syncs_than_there_is_room_for),
            cmocka_unit_test(a_copy_that_fails_by_query_is_ready_at_once),
            cmocka_unit_test(a_copy_that_fails_by_execute_skips_to_sync),
            cmocka_unit_test(a_copy_that_fails_among_syncs_is_uncertain),
            cmocka_unit_test(copy_out_and_both_leave_syncs_alone),
            cmocka_unit_test(a_local_reply_is_due_in_its_turn),
            cmocka_unit_test(a_local_reply_is_dropped_as_the_server_would),
            cmocka_unit_test(a_local_reply_hands_over_what_it_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
