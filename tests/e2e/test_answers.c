/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_answers.c - answers that are kept, before a real PostgreSQL: given where they may be, byte by byte as
 * PostgreSQL gives them, and never once they are no longer so.
 *
 * Each case looks in SHOW CACHE whether what it asks was answered from memory: a Sluice that asks PostgreSQL
 * each time fails.
 */
#include "tests/e2e/answers_base.h"
#include "tests/e2e/answers_blocks.h"
#include "tests/e2e/answers_changes.h"
#include "tests/e2e/answers_flights.h"
#include "tests/e2e/answers_forms.h"
#include "tests/e2e/answers_fuzz.h"
#include "tests/e2e/answers_hints.h"
#include "tests/e2e/answers_keys.h"
#include "tests/e2e/answers_moves.h"
#include "tests/e2e/answers_prepared.h"
#include "tests/e2e/answers_rows.h"
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

/* Nothing is cold, or too rare. */
static int begin_forced(void **state)
{
    prepare(state);
    answers_start("mode = ttl\nadmission = 1\n");
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

/* What is asked for so often is got again a little before its time is over (refreshed). */
static long ended(void)
{
    return counted("lookups", "misses_expired") + counted("lookups", "refreshed");
}

static void ttl_local_and_negative_ttl_end_answers(void **state)
{
    (void)state;
    answers_start("mode = ttl\nttl_local = 100ms\nnegative_ttl = 0\n");
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select n from t where id = 3");
    cluster_sql(&cluster, "update t set n = -3 where id = 3"); /* past Sluice */
    soon_query(conn, "select n from t where id = 3", "-3");
    assert_true(ended() > 0);
    reload("mode = ttl\nttl_local = 1h\nnegative_ttl = 100ms\n");
    long before = ended();
    warm(conn, "select n from t where id = -3");
    for (long until = proc_now_ms() + SOON_MS; ended() == before;) {
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
    answers_start("mode = ttl\nmemory = 1MB\nadmission = 1\n");
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

/* ---- policies ---- */

#define POLICIES "mode = ttl\nttl_local = 1h\nnegative_ttl = 0\n"

/* From the moment when both workers have heard of it. */
static void soon_never(PGconn *conn, const char *sql)
{
    long until = proc_now_ms() + SOON_MS;

    for (int misses = 0; misses < 6;) {
        misses = is_hit(conn, sql) ? 0 : misses + 1;
        if (proc_now_ms() > until) {
            fail_msg("answered from memory: %s", sql);
        }
    }
}

static void policies_of_tables_are_obeyed(void **state)
{
    (void)state;
    answers_start(POLICIES "[cache.tables]\ndb.public.u = off\ndb.public.p1 = cache=off\n"
                           "other.public.aside = off\n");
    PGconn *conn = open_as("postgres", "db");
    PGconn *alias = open_as("postgres", "alias");
    warm(conn, "select sum(n) from t");
    expect_never(conn, "select sum(n) from u");
    expect_never(conn, "select sum(t.n) from u join t using (id)");
    expect_never(conn, "select sum(n) from t where id in (select id from u)");
    expect_never(conn, "select sum(un) from v_join");
    expect_never(conn, "select sum(n) from p"); /* of its family */
    for (long until = proc_now_ms() + SOON_MS; counted("misses", "policy_off") == 0;) {
        assert_true(proc_now_ms() < until);
        expect_never(conn, "select sum(n) from p21"); /* until it is read */
    }
    warm(conn, "select sum(n) from aside"); /* that of another database is another */
    warm(alias, "select sum(n) from u");    /* as clients name it */
    const char *verdict = NULL;
    for (long until = proc_now_ms() + SOON_MS; verdict == NULL || strcmp(verdict, "off") != 0;) {
        assert_true(proc_now_ms() < until);
        expect_never(conn, "select sum(n) from p"); /* until it is one whose tables are known */
        verdict = console_value("SHOW CACHE SHAPES", "query", "select sum(n) from p", "verdict");
    }
    console_expect("SHOW CACHE SHAPES", "query", "select sum(n) from p", "policy", "off");
    console_expect("SHOW CACHE TABLES", "table", "public.p", "policy", "off");
    console_expect("SHOW CACHE TABLES", "table", "public.t", "policy", "");
    console_expect(
            "EXPLAIN CACHE db AS postgres select sum(n) from u", "name", "verdict", "value", "off");
    console_expect("EXPLAIN CACHE db AS postgres select sum(n) from u", "name", "policy", "value",
            "public.u: off");
    console_expect("EXPLAIN CACHE db AS postgres select /* sluice:cache=off */ n from t", "name",
            "verdict", "value", "off");

    reload(POLICIES "[cache.tables]\ndb.public.t = off"); /* what is kept is given no more */
    soon_never(conn, "select sum(n) from t");
    warm(conn, "select sum(n) from u");
    reload(POLICIES "[cache.tables]\n* = off\ndb.public.t = on");
    soon_never(conn, "select sum(n) from u");
    expect_never(conn, "select sum(n) from aside");
    warm(conn, "select sum(n) from t");
    reload(POLICIES "");
    warm(conn, "select sum(n) from u");
    warm(conn, "select n from t where id = 37");
    reload(POLICIES "[cache.tables]\n* = ttl=1h\ndb.public.t = ttl=100ms");
    console_await("EXPLAIN CACHE db AS postgres select n from t", "name", "policy", "value",
            "public.t: ttl=100ms");
    cluster_sql(&cluster, "update t set n = -37 where id = 37"); /* past Sluice */
    soon_query(conn, "select n from t where id = 37", "-37");
    warm(conn, "select t.n from t join u using (id) where t.id = 37");
    cluster_sql(&cluster, "update t set n = -38 where id = 37");
    soon_query(conn, "select t.n from t join u using (id) where t.id = 37", "-38");
    PQfinish(alias);
    PQfinish(conn);
}

static void policies_of_roles_and_shapes_are_obeyed(void **state)
{
    static const char sql[] = "select sum(n) from t";
    static const char shaped[] = "select max(n) from t where id < 8";
    char policies[256];
    char id[32];

    (void)state;
    answers_start(POLICIES "[cache.roles]\none = off\n");
    cluster_sql(&cluster, "grant select on t to one, two");
    PGconn *one = open_as("one", "db");
    PGconn *two = open_as("two", "db");
    PGconn *root = open_as("postgres", "db");
    warm(two, sql);
    expect_never(one, sql);
    warm(root, sql);
    do_sql(root, "set role one");
    expect_never(root, sql);
    console_expect("EXPLAIN CACHE db AS one select sum(n) from t", "name", "policy", "value",
            "its role: off");
    warm(two, shaped);
    snprintf(id, sizeof id, "%s",
            console_value("SHOW QUERIES", "query", "select max(n) from t where id < ?", "id"));
    snprintf(policies, sizeof policies, POLICIES "[cache.shapes]\n%s = off", id);
    reload(policies);
    soon_never(two, shaped);
    expect_never(two, "SELECT  max(n) from t where id < 9 -- another text");
    warm(two, sql);
    warm(one, sql); /* its own line is gone */
    console_expect("EXPLAIN CACHE db AS one select max(n) from t where id < 3", "name", "policy",
            "value", "its shape: off");
    snprintf(policies, sizeof policies,
            POLICIES "[cache.roles]\ntwo = ttl=100ms\n[cache.shapes]\n%s = ttl=100ms", id);
    reload(policies);
    console_await("EXPLAIN CACHE db AS one select max(n) from t where id < 3", "name", "policy",
            "value", "its shape: ttl=100ms");
    warm(two, "select n from t where id = 39");
    warm(one, "select n from t where id = 39");
    warm(one, shaped);
    cluster_sql(&cluster, "update t set n = 123456 where id in (5, 39)"); /* past Sluice */
    soon_query(two, "select n from t where id = 39", "123456");
    soon_query(one, shaped, "123456");
    PQfinish(root);
    PQfinish(two);
    PQfinish(one);
}

static const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(mode_says_whether_answers_are_kept, prepare, end),
        cmocka_unit_test_setup_teardown(through_sluice_says_what_nobody_else_writes, prepare, end),
        cmocka_unit_test_setup_teardown(ttl_local_and_negative_ttl_end_answers, prepare, end),
        cmocka_unit_test_setup_teardown(max_result_bounds_an_answer, prepare, end),
        cmocka_unit_test_setup_teardown(memory_bounds_all_of_it, prepare, end),
        cmocka_unit_test_setup_teardown(a_hint_keeps_a_statement_from_memory, begin, end),
        cmocka_unit_test_setup_teardown(a_hint_bounds_how_long_an_answer_is_kept, prepare, end),
        cmocka_unit_test_setup_teardown(
                a_hint_lets_an_answer_be_stale_but_not_its_own_writes, begin, end),
        cmocka_unit_test_setup_teardown(
                a_stale_answer_is_of_the_schema_and_rights_of_now, begin, end),
        cmocka_unit_test_setup_teardown(a_session_may_do_without_memory, begin, end),
        cmocka_unit_test_setup_teardown(policies_of_tables_are_obeyed, prepare, end),
        cmocka_unit_test_setup_teardown(policies_of_roles_and_shapes_are_obeyed, prepare, end),
        cmocka_unit_test_setup_teardown(every_form_is_answered_alike, begin, end),
        cmocka_unit_test_setup_teardown(one_asks_for_all, begin, end),
        cmocka_unit_test_setup_teardown(who_waits_for_one_that_is_lost_asks_itself, begin, end),
        cmocka_unit_test_setup_teardown(a_write_whose_server_ends_leaves_nothing_stale, begin, end),
        cmocka_unit_test_setup_teardown(
                a_write_whose_client_leaves_leaves_nothing_stale, begin, end),
        cmocka_unit_test_setup_teardown(
                a_commit_whose_server_ends_leaves_nothing_stale, begin, end),
        cmocka_unit_test_setup_teardown(
                a_commit_whose_client_leaves_leaves_nothing_stale, begin, end),
        cmocka_unit_test_setup_teardown(random_sessions_are_answered_alike, begin, end),
        cmocka_unit_test_setup_teardown(
                random_sessions_are_answered_alike_from_memory, begin_forced, end),
        cmocka_unit_test_setup_teardown(writes_of_a_replication_connection_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(changes_of_the_schema_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(rights_are_those_of_now, begin, end),
        cmocka_unit_test_setup_teardown(every_setting_has_its_own_answers, begin, end),
        cmocka_unit_test_setup_teardown(settings_of_speed_share_answers, begin, end),
        cmocka_unit_test_setup_teardown(who_asks_has_their_own_answers, begin, end),
        cmocka_unit_test_setup_teardown(one_database_has_several_names, begin, end),
        cmocka_unit_test_setup_teardown(what_varies_is_never_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_word_for_the_time_is_never_kept, begin, end),
        cmocka_unit_test_setup_teardown(notices_are_heard_by_all, begin, end),
        cmocka_unit_test_setup_teardown(a_row_set_survives_writes_of_others, begin, end),
        cmocka_unit_test_setup_teardown(keys_are_read_however_they_are_sent, begin, end),
        cmocka_unit_test_setup_teardown(random_writes_leave_row_sets_true, begin, end),
        cmocka_unit_test_setup_teardown(rows_written_past_sluice_are_noticed, prepare, end),
        cmocka_unit_test_setup_teardown(a_cast_or_a_list_hides_no_key, begin, end),
        cmocka_unit_test_setup_teardown(transactions_ask_postgresql, begin, end),
        cmocka_unit_test_setup_teardown(blocks_that_only_read_are_answered, begin, end),
        cmocka_unit_test_setup_teardown(what_may_change_a_block_ends_its_answers, begin, end),
        cmocka_unit_test_setup_teardown(a_block_sees_what_it_wrote, begin, end),
        cmocka_unit_test_setup_teardown(blocks_of_one_snapshot_are_never_answered, begin, end),
        cmocka_unit_test_setup_teardown(
                a_default_isolation_is_obeyed_wherever_it_is_set, begin, end),
        cmocka_unit_test_setup_teardown(a_default_isolation_that_changes_is_noticed, begin, end),
        cmocka_unit_test_setup_teardown(blocks_are_answered_byte_by_byte, begin, end),
        cmocka_unit_test_setup_teardown(what_a_clean_block_is_answered_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_block_hides_what_only_it_sees, begin, end),
        cmocka_unit_test_setup_teardown(every_write_is_noticed, begin, end),
        cmocka_unit_test_setup_teardown(writes_behind_statements_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(a_write_of_a_portal_of_before_is_noticed, begin, end),
        cmocka_unit_test_setup_teardown(roles_changed_elsewhere_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(
                writes_of_a_process_that_is_replaced_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(a_column_cast_to_a_date_is_never_kept, begin, end),
        cmocka_unit_test_setup_teardown(
                a_roles_new_path_is_not_that_of_servers_of_before, begin, end),
        cmocka_unit_test_setup_teardown(a_row_that_comes_again_is_the_new_one, begin, end),
        cmocka_unit_test_setup_teardown(
                what_nobody_has_read_costs_hits_only_while_it_runs, begin, end),
        cmocka_unit_test_setup_teardown(
                what_nobody_has_read_is_noticed_when_a_commit_is_right_behind, begin, end),
        cmocka_unit_test_setup_teardown(
                a_write_behind_a_name_that_is_another_is_noticed, begin, end),
        cmocka_unit_test_setup_teardown(what_is_executed_writes_what_was_prepared, begin, end),
        cmocka_unit_test_setup_teardown(
                a_plan_goes_on_with_the_function_that_it_was_made_for, begin, end),
        cmocka_unit_test_setup_teardown(
                a_named_statement_goes_on_with_the_table_that_it_was_made_for, begin, end),
        cmocka_unit_test_setup_teardown(what_waits_may_call_another_function_by_then, begin, end),
        cmocka_unit_test_setup_teardown(what_is_executed_and_only_reads_harms_nobody, begin, end),
        cmocka_unit_test_setup_teardown(
                a_plan_goes_on_with_the_table_that_it_was_made_for, begin, end),
        cmocka_unit_test_setup_teardown(changes_unseen_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(operators_of_somebodys_own_are_noticed, begin, end),
        cmocka_unit_test_setup_teardown(what_built_in_functions_do_is_of_now, begin, end),
};

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return case_run(cases, CASE_COUNT(cases), answers_make, answers_unmake);
}
