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
#include "tests/e2e/answers_fuzz.h"
#include "tests/e2e/answers_keys.h"
#include "tests/e2e/answers_moves.h"
#include "tests/e2e/answers_writes.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
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

/* ---- keys ---- */

static void reload(const char *cache)
{
    char ini[ANSWERS_TEXT_MAX];

    snprintf(ini, sizeof ini, "%s[cache]\n%s\n", answers_ini, cache);
    sluice_reload(&sluice, ini);
}

static void mode_says_whether_answers_are_kept(void **state)
{
    answers_start("mode = off\n");
    PGconn *conn = open_as("postgres", "db");
    console_await("SHOW CATALOG", "database", "db", "state", "loaded");
    for (int i = 0; i < 20; i++) {
        assert_true(is_true(conn, "select sum(n) from t"));
    }
    assert_null(console_value("SHOW CACHE", "name", "hits", "value"));
    PQfinish(conn);
    answers_stop();
    stop_sluice(state);
    prepare(state);
    answers_start("mode = safe\n"); /* others may write, and nobody tells of that */
    conn = open_as("postgres", "db");
    console_await("SHOW CATALOG", "database", "db", "state", "loaded");
    expect_never(conn, "select sum(n) from t");
    PQfinish(conn);
}

static void through_sluice_says_what_nobody_else_writes(void **state)
{
    (void)state;
    answers_start("mode = safe\nthrough_sluice = public.u , public.aside,public.p1\n");
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select sum(n) from u");
    warm(conn, "select sum(u.n) from u join aside using (id)");
    warm(conn, "select sum(n) from p"); /* of one tree */
    expect_never(conn, "select sum(n) from t");
    expect_never(conn, "select sum(u.n) from u join t using (id)");
    reload("mode = safe\nthrough_sluice = *\n");
    warm(conn, "select sum(n) from t");
    reload("mode = safe\nthrough_sluice = public.aside\n");
    warm(conn, "select sum(n) from aside");
    PQfinish(conn);
}

static void ttl_local_and_negative_ttl_end_answers(void **state)
{
    (void)state;
    answers_start("mode = ttl\nttl_local = 100ms\nnegative_ttl = 0\n");
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select n from t where id = 3");
    cluster_sql(&cluster, "update t set n = -3 where id = 3"); /* past Sluice */
    soon_query(conn, "select n from t where id = 3", "-3");
    assert_true(counted("lookups", "misses_expired") > 0);
    reload("mode = ttl\nttl_local = 1h\nnegative_ttl = 100ms\n");
    long before = counted("lookups", "misses_expired");
    warm(conn, "select n from t where id = -3");
    for (long until = proc_now_ms() + SOON_MS; counted("lookups", "misses_expired") == before;) {
        query_text(conn, "select n from t where id = -3");
        assert_true(proc_now_ms() < until);
    }
    PQfinish(conn);
}

static void max_result_bounds_an_answer(void **state)
{
    (void)state;
    answers_start("mode = ttl\nmax_result = 1kB\n");
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select b from t where id < 5");
    for (long until = proc_now_ms() + SOON_MS; counted("misses", "too_large") == 0;) {
        assert_true(proc_now_ms() < until); /* what is in doubt is not begun to be kept */
        expect_never(conn, "select b from t");
        proc_pause_ms(30); /* its server rests, so that it can be asked for its catalogue */
    }
    reload("mode = ttl\nmax_result = 256kB\n");
    warm(conn, "select b from t");
    PQfinish(conn);
}

/* More than there is room for. */
static void memory_bounds_all_of_it(void **state)
{
    enum { ROOM = 1024 * 1024, QUESTIONS = 3000 };

    (void)state;
    answers_start("mode = ttl\nmemory = 1MB\n");
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select b, repeat(b, 50) from t where id < 20 and n <> -1");
    for (int i = 0; i < QUESTIONS; i++) {
        char value[16];
        const char *values = value;
        snprintf(value, sizeof value, "%d", i);
        query_params(conn, "select b, repeat(b, 50) from t where id < 20 and n <> $1", 1, &values);
        if (i % 100 == 0) {
            assert_true(counted("local", "bytes") <= ROOM);
        }
    }
    assert_true(counted("local", "bytes_peak") <= ROOM);
    assert_true(counted("local", "bytes_peak") > ROOM / 2);
    assert_true(counted("local", "evicted") > 0);
    PQfinish(conn);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(mode_says_whether_answers_are_kept, prepare, end),
            cmocka_unit_test_setup_teardown(
                    through_sluice_says_what_nobody_else_writes, prepare, end),
            cmocka_unit_test_setup_teardown(ttl_local_and_negative_ttl_end_answers, prepare, end),
            cmocka_unit_test_setup_teardown(max_result_bounds_an_answer, prepare, end),
            cmocka_unit_test_setup_teardown(memory_bounds_all_of_it, prepare, end),
            cmocka_unit_test_setup_teardown(every_form_is_answered_alike, begin, end),
            cmocka_unit_test_setup_teardown(one_asks_for_all, begin, end),
            cmocka_unit_test_setup_teardown(who_waits_for_one_that_is_lost_asks_itself, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_write_whose_server_ends_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_write_whose_client_leaves_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_commit_whose_server_ends_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_commit_whose_client_leaves_leaves_nothing_stale, begin, end),
            cmocka_unit_test_setup_teardown(random_sessions_are_answered_alike, begin, end),
            cmocka_unit_test_setup_teardown(
                    writes_of_a_replication_connection_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(changes_of_the_schema_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(rights_are_those_of_now, begin, end),
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
            cmocka_unit_test_setup_teardown(roles_changed_elsewhere_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(
                    writes_of_a_process_that_is_replaced_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(a_cast_or_a_list_hides_no_key, begin, end),
            cmocka_unit_test_setup_teardown(a_column_cast_to_a_date_is_never_kept, begin, end),
    };
    /* What is known to go wrong; each of them joins the others when it is mended. */
    const struct CMUnitTest open_cases[] = {
            cmocka_unit_test_setup_teardown(changes_unseen_are_noticed, begin, end),
            cmocka_unit_test_setup_teardown(operators_of_somebodys_own_are_noticed, begin, end),
    };
    if (getenv("SLUICE_ANSWERS_OPEN") != NULL) {
        return case_run(open_cases, CASE_COUNT(open_cases), answers_make, answers_unmake);
    }
    return case_run(cases, CASE_COUNT(cases), answers_make, answers_unmake);
}
