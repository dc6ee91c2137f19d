/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_answers.c - answers that are kept, before a real PostgreSQL: given where they may be, byte by byte as
 * PostgreSQL gives them, and never once they are no longer so.
 *
 * Each case looks in SHOW CACHE whether what it asks was answered from memory: a Sluice that asks PostgreSQL
 * each time fails.
 */
#include "tests/e2e/answers_base.h"
#include "tests/e2e/answers_changes.h"
#include "tests/e2e/answers_flights.h"
#include "tests/e2e/answers_forms.h"
#include "tests/e2e/answers_keys.h"
#include "tests/e2e/answers_writes.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"

#include <stdio.h>
#include <string.h>

static int begin(void **state)
{
    prepare(state);
    answers_start("mode = ttl\nnegative_ttl = 0\n");
    return 0;
}

static int end(void **state)
{
    answers_stop();
    return stop_sluice(state);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(every_form_is_answered_alike, begin, end),
            cmocka_unit_test_setup_teardown(one_asks_for_all, begin, end),
            cmocka_unit_test_setup_teardown(who_waits_for_one_that_is_lost_asks_itself, begin, end),
            cmocka_unit_test_setup_teardown(a_write_whose_server_ends_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(a_write_whose_client_leaves_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(a_commit_whose_server_ends_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(a_commit_whose_client_leaves_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(changes_of_the_schema_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(changes_unseen_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(rights_are_those_of_now, begin, end),
            cmocka_unit_test_setup_teardown(roles_changed_elsewhere_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(every_setting_has_its_own_answers, begin, end),
            cmocka_unit_test_setup_teardown(settings_of_speed_share_answers, begin, end),
            cmocka_unit_test_setup_teardown(who_asks_has_their_own_answers, begin, end),
            cmocka_unit_test_setup_teardown(one_database_has_several_names, begin, end),
            cmocka_unit_test_setup_teardown(what_varies_is_never_kept, begin, end),
            cmocka_unit_test_setup_teardown(a_word_for_the_time_is_never_kept, begin, end),
            cmocka_unit_test_setup_teardown(notices_are_heard_by_all, begin, end),
            cmocka_unit_test_setup_teardown(transactions_ask_postgresql, begin, end),
            cmocka_unit_test_setup_teardown(every_write_is_noticed, begin, end),
            cmocka_unit_test_setup_teardown(writes_behind_statements_are_noticed, begin, end),
    };
    return case_run(cases, CASE_COUNT(cases), answers_make, answers_unmake);
}
