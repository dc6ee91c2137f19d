/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_keys.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/hears.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_TYPES "select * from all_types"

static PGconn *open_itself(const char *user)
{
    return query_must_connect(
            "host=%s port=%d user=%s dbname=postgres", cluster.dir, cluster.port, user);
}

/* ---- settings ---- */

static const struct {
    const char *set;
    const char *asks;
    bool is_same; /* as without it */
} settings[] = {
        {"set datestyle = 'german, dmy'", "select d, ts, tz from all_types", false},
        {"set intervalstyle = iso_8601", "select iv from all_types", false},
        {"set timezone = 'Asia/Kolkata'", "select tz, tz::text from all_types", false},
        {"set time zone -3", "select tz from all_types", false},
        {"set bytea_output = escape", "select by, by::text from all_types", false},
        {"set extra_float_digits = -10", "select f4, f8 from all_types", false},
        {"set lc_monetary = 'C'", "select m from all_types", true},
        {"set lc_time = 'C'", "select to_char(d, 'TMMonth') from all_types", true},
        {"set xmlbinary = hex", "select xmlelement(name a, by) from all_types", false},
        {"set search_path = a, public", "select count(*) from named", false},
        {"set search_path = b, public", "select count(*) from named", false},
        {"set search_path = ''", "select count(*) from public.t", true},
        {"select set_config('bytea_output', 'escape', false)", "select by from all_types", false},
        {"set client_encoding = 'LATIN1'", "select min(b) || 'x' from t", true},
        {"set array_nulls = off", "select '{NULL}'::text[]::text from all_types", false},
        {"set quote_all_identifiers = on", "select count(*) from u", true},
        {"set my.own = 'x'", "select count(*) from aside", true},
        {"set default_text_search_config = 'simple'", "select to_tsvector(t || 's') from all_types",
                true},
        {"set transform_null_equals = on", "select count(*) from all_types where i2 = null", false},
        {"set standard_conforming_strings = off", "select count(*), '1' from t", true},
        {"set row_security = off", "select count(*) from u", true},
};

/* A session with a setting has what PostgreSQL says to such a one; and one without has what it had. */
void every_setting_has_its_own_answers(void **state)
{
    (void)state;
    PGconn *plain = open_as("postgres", "db");
    cluster_sql(&cluster, "insert into a.named values (1)");
    cluster_sql(&cluster, "insert into b.named values (1), (2)");
    for (size_t i = 0; i < CASE_COUNT(settings); i++) {
        PGconn *one = open_as("postgres", "db");
        PGconn *itself = open_itself("postgres");
        bool is_path = strstr(settings[i].set, "search_path = ") != NULL;
        if (!is_path) {
            expect_kept(plain, direct, settings[i].asks);
        }
        do_sql(one, settings[i].set);
        do_sql(itself, settings[i].set);
        expect_kept(one, itself, settings[i].asks);
        if (!is_path) {
            bool is_same = strcmp(query_text(one, settings[i].asks),
                                   query_text(plain, settings[i].asks)) == 0;
            if (is_same != settings[i].is_same) {
                fail_msg("%s: proves nothing", settings[i].set);
            }
            assert_true(is_true(plain, settings[i].asks));
        }
        do_sql(one, "reset all");
        do_sql(itself, "reset all");
        assert_true(is_as(one, itself, is_path ? "select count(*) from t" : settings[i].asks));
        PQfinish(itself);
        PQfinish(one);
    }
    PQfinish(plain);
}

static const char *const local[] = {"begin\nset local bytea_output = escape\ncommit",
        "begin\nset bytea_output = escape\nrollback",
        "begin\nset bytea_output = escape\nsavepoint s\nset bytea_output = hex\nrollback to "
        "s\ncommit",
        "do $$begin perform set_config('bytea_output', 'escape', false); end$$",
        "begin; set bytea_output = escape; commit",
        "set bytea_output = escape; set bytea_output = default",
        "select set_config('bytea_output', 'escape', true)", "discard all",
        "prepare transaction_ as select set_config('bytea_output', 'escape', false)\n"
        "execute transaction_",
        "reset bytea_output", "set bytea_output to default",
        "select set_config(lower('BYTEA_OUTPUT'), 'esc' || 'ape', false) from aside limit 1",
        "reset all"};

void settings_of_speed_share_answers(void **state)
{
    static const char *const sets[] = {"set application_name = 'x'",
            "set statement_timeout = '1min'", "set work_mem = '8MB'", "set enable_seqscan = off",
            "set lock_timeout = '1min'", "set jit = off"};

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    PGconn *itself = open_itself("postgres");
    warm(one, ALL_TYPES);
    for (size_t i = 0; i < CASE_COUNT(sets); i++) {
        do_sql(other, sets[i]);
        warm(one, ALL_TYPES); /* what is not known yet may write anything */
        if (!is_hit(other, ALL_TYPES)) {
            fail_msg("%s splits", sets[i]);
        }
    }
    /* However a setting comes and goes. */
    for (size_t i = 0; i < CASE_COUNT(local); i++) {
        do_lines(other, local[i]);
        do_lines(itself, local[i]);
        for (int k = 0; k < 4; k++) {
            if (!is_as(other, itself, "select by from all_types")) {
                fail_msg("behind %s", local[i]);
            }
        }
        assert_true(is_true(one, "select by from all_types"));
    }
    PQfinish(itself);
    PQfinish(other);
    PQfinish(one);
}

/* ---- who ---- */

void who_asks_has_their_own_answers(void **state)
{
    static const char *const sets[] = {"set role one", "set role two", "reset role",
            "set session authorization one", "set role none", "reset session authorization",
            "set local role one", "begin\nset local role two\ncommit", "set role readers",
            "discard all"};
    static const char whose[] = "select current_user, session_user, count(*) from t";

    (void)state;
    PGconn *one = open_as("one", "db");
    PGconn *two = open_as("two", "db");
    PGconn *root = open_as("postgres", "db");
    PGconn *itself = open_itself("postgres");
    PGconn *one_itself = open_itself("one");
    PGconn *two_itself = open_itself("two");
    expect_kept(one, one_itself, whose);
    expect_kept(two, two_itself, whose);
    expect_kept(root, itself, whose);
    for (size_t i = 0; i < CASE_COUNT(sets); i++) {
        do_lines(root, sets[i]);
        do_lines(itself, sets[i]);
        for (int k = 0; k < 3; k++) {
            assert_true(is_as(root, itself, whose));
            assert_true(is_as(root, itself, "select * from secret order by id"));
        }
        assert_true(is_as(one, one_itself, whose));
    }
    for (int i = 0; i < 3; i++) { /* two may not */
        assert_true(is_as(one, one_itself, "select * from secret order by id"));
        assert_true(is_as(two, two_itself, "select * from secret order by id"));
    }
    PGconn *opted = query_must_connect("host=127.0.0.1 port=%d user=one dbname=db sslmode=disable "
                                       "options='-c intervalstyle=iso_8601'",
            sluice.port);
    PGconn *opted_itself = query_must_connect("host=%s port=%d user=one dbname=postgres "
                                              "options='-c intervalstyle=iso_8601'",
            cluster.dir, cluster.port);
    warm(one, "select iv from all_types");
    expect_kept(opted, opted_itself, "select iv from all_types");
    PGconn *all[] = {opted, opted_itself, two_itself, one_itself, itself, root, two, one};
    for (size_t i = 0; i < CASE_COUNT(all); i++) {
        PQfinish(all[i]);
    }
}

void one_database_has_several_names(void **state)
{
    static const char tell[] = "select count(*), sum(n) from t";

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *alias = open_as("postgres", "alias");
    PGconn *session = open_as("postgres", "sess");
    PGconn *others[] = {alias, session};
    for (size_t i = 0; i < CASE_COUNT(others); i++) {
        for (int k = 0; k < 3; k++) {
            warm(one, tell);
            do_sql(others[i], "update t set n = n + 1 where id = 5");
            assert_true(is_true(one, tell));
            warm(one, tell);
            do_lines(others[i], "begin\nupdate t set n = n + 1 where id = 5");
            assert_true(is_true(one, tell));
            do_sql(others[i], "commit");
            assert_true(is_true(one, tell));
            warm(one, tell);
            const char *value = "6";
            query_params(others[i], "update t set n = n + 1 where id = $1", 1, &value);
            assert_true(is_true(one, tell));
        }
    }
    warm(alias, tell);
    do_sql(one, "update t set n = n + 1 where id = 5");
    assert_true(is_true(alias, tell));
    PGconn *other = open_as("postgres", "other");
    for (int i = 0; i < 3; i++) { /* a table of that name is another there */
        assert_string_not_equal(query_text(one, "select count(*), sum(n) from log"),
                query_text(other, "select count(*), sum(id) from log"));
    }
    PQfinish(other);
    PQfinish(session);
    PQfinish(alias);
    PQfinish(one);
}

/* ---- never ---- */

void what_varies_is_never_kept(void **state)
{
    static const char *const sqls[] = {"select now() from t",
            "select clock_timestamp(), n from t limit 1", "select current_date, n from t limit 1",
            "select localtime from t limit 1", "select random() from t",
            "select nextval('seq') from t limit 2", "select * from t limit 1 for update",
            "select * from t limit 1 for key share",
            "select * from (select * from t for share) x limit 1",
            "with x as (select * from t for update) select * from x limit 1",
            "select * from t tablesample system (50)", "select * from fleeting",
            "select count(*) from mv", "select relname from pg_class limit 1",
            "select table_name from information_schema.tables limit 1",
            "select ctid from t limit 1", "select xmin, * from t limit 1",
            "select * from v_now limit 1", "select * from v_random limit 1",
            "select last_value from seq", "select 1", "values (1)", "select version()",
            "select pg_backend_pid(), n from t limit 1", "select txid_current() from t limit 1",
            "select 't'::regclass, n from t limit 1", "select age(ts) from dates limit 1",
            "select reads_u(t) from t limit 1", "select t.reads_u from t limit 1",
            "select (t).reads_u from t limit 1", "select x.reads_u from t x limit 1",
            "select lower(n) from t limit 1", "select pg_sleep(0), n from t limit 1",
            "select pg_sleep(0) from t limit 1", "select gen_random_uuid() from t limit 1",
            "select date(b) from t where id = 0",
            "select n from t, generate_series(now(), now(), '1d')",
            "select has_table_privilege('t', 'select') from t limit 1",
            "select * from t where n = (select max(n) from t tablesample system (100))",
            "select current_setting('work_mem') from t limit 1",
            "select tableoid, xmax from t limit 1", "select inet_client_port() from t limit 1",
            "select * from dates where d = current_date",
            "select table_to_xml('t', true, true, '') from t limit 1",
            "select count(*) from t where b like 'x' and n < extract(epoch from now())"};

    (void)state;
    PGconn *one = open_as("postgres", "db");
    warm(one, "select count(*) from t");
    for (size_t i = 0; i < CASE_COUNT(sqls); i++) {
        expect_never(one, sqls[i]);
    }
    warm(one, "select count(*) from u");
    do_sql(one, "create temp table u (n int)");
    expect_never(one, "select count(*) from u");
    PGconn *other = open_as("postgres", "db");
    warm(other, "select count(*) from u");
    assert_string_equal(query_text(one, "select count(*) from u"), "0");
    assert_string_not_equal(query_text(other, "select count(*) from u"), "0");
    do_sql(one, "drop table u");
    assert_true(is_true(one, "select count(*) from u"));
    PQfinish(other);
    PQfinish(one);
}

/* By a parameter, as text: never a hit, whatever stands around the word. */
static void expect_no_time(PGconn *one, const char *sql, const char *value)
{
    long before = hits();

    for (int i = 0; i < 6; i++) {
        const char *answer = query_params(one, sql, 1, &value);
        if (strncmp(answer, "ERROR", 5) == 0) {
            fail_msg("%s: %s", value, answer);
        }
    }
    if (hits() != before) {
        fail_msg("answered from memory: %s, %s", sql, value);
    }
}

void a_word_for_the_time_is_never_kept(void **state)
{
    static const char *const sqls[] = {"select * from dates where d = 'today'",
            "select * from dates where d >= 'TODAY' order by d",
            "select * from dates where d = E'tod\\141y'",
            "select * from dates where d = U&'tod\\0061y'",
            "select * from dates where d = $$today$$", "select * from dates where d = 'to'\n'day'",
            "select * from dates where d = 'to' --\n 'day'",
            "select * from dates where d = any('{today}')",
            "select * from dates where d = any('{tod\\ay}')",
            "select * from dates where d in ('tomorrow')",
            "select * from dates where r @> 'yesterday'::date",
            "select * from dates where r = '[to\"day\",)'",
            "select * from dates where r = '[\"today\",)'",
            "select * from dates where d < date 'now' order by d",
            "select * from dates where d = 'today 00:00'",
            "select * from dates where ts < ' now ' order by d"};
    static const char *const values[] = {
            "today", " TODAY ", "now", "yesterday", "tomorrow", "today 00:00"};
    static const char *const arrays[] = {
            "{today}", "{\"today\"}", "{tod\\ay}", "{\"to\\day\"}", "{2020-01-01,NoW}"};
    static const char *const ranges[] = {
            "[today,)", "[to\"day\",)", "[tod\\ay,)", "[\"today\",)", "[\"to\\d\"ay,)"};

    (void)state;
    PGconn *one = open_as("postgres", "db");
    warm(one, "select * from dates where d = '2020-01-01'");
    for (size_t i = 0; i < CASE_COUNT(sqls); i++) {
        expect_never(one, sqls[i]);
    }
    for (size_t i = 0; i < CASE_COUNT(values); i++) {
        expect_no_time(one, "select count(*) from dates where d >= $1", values[i]);
    }
    for (size_t i = 0; i < CASE_COUNT(arrays); i++) {
        expect_no_time(one, "select count(*) from dates where d = any($1)", arrays[i]);
    }
    for (size_t i = 0; i < CASE_COUNT(ranges); i++) {
        expect_no_time(one, "select count(*) from dates where r = $1", ranges[i]);
    }
    do_sql(one, "set standard_conforming_strings = off");
    expect_never(one, "select * from dates where d = 'tod\\141y'");
    PQfinish(one);
}

/* What is in the column may be 'today'. */
void a_column_cast_to_a_date_is_never_kept(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "db");
    warm(one, "select ts from dates where d = '2020-01-01'");
    expect_never(one, "select t.b::date from t where id = 0");
    expect_never(one,
            "select id from t where id = 0 and cast(b as timestamptz) > timestamp '2020-01-01'");
    PQfinish(one);
}

/* ---- notices ---- */

void notices_are_heard_by_all(void **state)
{
    static const char sql[] = "select tells(n) from aside where id = 3";

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    PQsetNoticeProcessor(one, on_notice, NULL);
    PQsetNoticeProcessor(other, on_notice, NULL);
    expect_never(one, sql);
    do_sql(other, "set client_min_messages = error");
    warm(other, sql);
    for (int i = 0; i < 3; i++) {
        warned[0] = '\0';
        query_text(one, sql);
        assert_non_null(strstr(warned, "told"));
    }
    warned[0] = '\0';
    assert_true(is_hit(other, sql));
    assert_string_equal(warned, "");
    PQfinish(other);
    PQfinish(one);
}

/* ---- transactions ---- */

void transactions_ask_postgresql(void **state)
{
    static const char tell[] = "select sum(n) from t";

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    for (int i = 0; i < 3; i++) { /* what is not known yet may write anything */
        do_lines(one, "begin isolation level repeatable read\nsavepoint s\nrollback");
        warm(one, tell);
    }
    do_sql(one, "begin");
    long before = hits();
    char old[64];
    snprintf(old, sizeof old, "%s", query_text(one, tell));
    do_sql(one, "update t set n = n + 1 where id = 9");
    assert_string_not_equal(query_text(one, tell), old);
    assert_int_equal(hits(), before);
    assert_string_equal(query_text(other, tell), old);
    do_sql(one, "savepoint s");
    query_text(one, "select 1 / 0");
    assert_int_equal(strncmp(query_text(one, tell), "ERROR 25P02", 11), 0);
    do_sql(one, "rollback");
    assert_string_equal(query_text(one, tell), old);
    /* A snapshot of its own. */
    do_sql(one, "begin isolation level repeatable read");
    assert_string_equal(query_text(one, tell), old);
    do_sql(other, "update t set n = n + 1 where id = 9");
    warm(other, tell);
    assert_string_equal(query_text(one, tell), old);
    do_sql(one, "commit");
    warm(one, tell);
    assert_true(is_true(one, tell));
    /* Pipelined behind its own write. */
    assert_int_equal(PQenterPipelineMode(one), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(PQsendQueryParams(one,
                                 "update t set n = n + 1 where id = 9 returning (select "
                                 "sum(n) + 1 from t)",
                                 0, NULL, NULL, NULL, NULL, 0),
                1);
        assert_int_equal(PQsendQueryParams(one, tell, 0, NULL, NULL, NULL, NULL, 0), 1);
        assert_int_equal(PQpipelineSync(one), 1);
    }
    for (int i = 0; i < 3; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "%s", query_result(PQgetResult(one)));
        assert_null(PQgetResult(one));
        assert_string_equal(query_result(PQgetResult(one)), expected);
        assert_null(PQgetResult(one));
        PQclear(PQgetResult(one));
    }
    assert_int_equal(PQexitPipelineMode(one), 1);
    PQfinish(other);
    PQfinish(one);
}

/* ---- what is in a statement is not always its key ---- */

/* As its first field, which is a number; 13 as a float8: as a number of the same bytes it is another. */
static long ask_cast(PGconn *conn)
{
    static const char thirteen[] = "\x40\x2a\0\0\0\0\0\0";
    const char *const values[] = {thirteen};
    const int lengths[] = {8};
    const int formats[] = {1};
    PGresult *result = PQexecParams(conn, "select v from owned where id = $1::float8", 1, NULL,
            values, lengths, formats, 0);

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        fail_msg("%s", PQresultErrorMessage(result));
    }
    long value = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return value;
}

void a_cast_or_a_list_hides_no_key(void **state)
{
    /* Of one shape: where among the literals the key is, the lists' lengths say. */
    static const char *const lists[] = {
            "select v from owned where owner in (3, 4) and id = 13 and v not in (-1, -2, -4)",
            "select v from owned where owner in (3, 4, 5) and id = 13 and v not in (-1, -4)"};
    long value = 0;

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    do_sql(other, "drop table if exists owned");
    do_sql(other, "create table owned (id int primary key, owner int, v int)");
    do_sql(other, "insert into owned select i, i % 5, 0 from generate_series(1, 50) i");
    warm(one, "select v from owned where id = 13");
    for (int i = 0; i < 60; i++) {
        assert_int_equal(ask_cast(one), value);
        assert_int_equal(ask_cast(one), value);
        assert_true(is_true(one, lists[0]));
        assert_true(is_true(one, lists[1]));
        do_sql(other, "update owned set v = v + 1 where id = 13");
        value++;
    }
    PQfinish(other);
    PQfinish(one);
}
