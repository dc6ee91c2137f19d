/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_leaks.c - what one client leaves in a session, another must not find.
 *
 * A pool of one server in transaction mode. One client leaves something, in every way a
 * statement can be sent; another looks, and must see what a new session would. What is to be
 * seen is asked of PostgreSQL directly.
 */
#include "protocol/effects_names.h"
#include "tests/e2e/leaks_kinds.h"
#include "tests/e2e/leaks_pairs.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char ini[] = "[databases]\n"
                          "one = " AT_POSTGRES " pool_mode=transaction pool_size=1\n" INI_MAIN
                          "max_prepared_statements = @NAMES@\n";

static const char ini_pairs[] =
        "[databases]\n"
        "pairs = " AT_CLUSTER " pool_mode=transaction pool_size=1\n" INI_MAIN
        "query_wait_timeout = 60\nfunctions_by_catalog = 1\n";

static void start_with(const char *names)
{
    char text[sizeof ini + 16];
    const char *mark = strstr(ini, "@NAMES@");

    snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - ini), ini, names, mark + 7);
    (void)prepare(NULL);
    sluice_start(&sluice, text);
}

static int start(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "max_prepared_transactions = 5"});
    cluster_sql(&cluster, "create sequence seq");
    cluster_sql(&cluster, "create table serial_item (id serial, name text)");
    cluster_sql(&cluster, "create role joe");
    cluster_sql(&cluster, "create table item (id int)");
    cluster_sql(&cluster, "create function set_it() returns text language sql as "
                          "$$select set_config('my.thing', 'from a function', false)$$");
    cluster_sql(&cluster, "create procedure set_by_call() language sql as "
                          "$$select set_config('my.thing', 'from a procedure', false)$$");
    cluster_sql(&cluster, "create procedure prepare_by_call() language plpgsql as "
                          "$$begin execute 'prepare p as select 1'; end$$");
    static const char *const of_keywords[] = {"copy.f", "copy", "recursive.f", "recursive"};
    cluster_sql(&cluster, "create schema copy");
    cluster_sql(&cluster, "create schema recursive");
    for (size_t i = 0; i < CASE_COUNT(of_keywords); i++) {
        char sql[256];
        snprintf(sql, sizeof sql,
                "create function %s() returns text language sql as "
                "$$select set_config('statement_timeout', '12345', false)$$",
                of_keywords[i]);
        cluster_sql(&cluster, sql);
    }
    return 0;
}

static const char look_locks[] = "select count(*) from pg_locks where locktype = 'advisory' "
                                 "and pid = pg_backend_pid()";
static const char look_temp[] = "select count(*) from pg_class where relpersistence = 't' "
                                "and relkind = 'r' and pg_table_is_visible(oid)";
static const char look_temp_schema[] = "select count(*) from pg_depend where refobjid = "
                                       "pg_my_temp_schema() and pg_my_temp_schema() <> 0";
static const char look_thing[] = "select coalesce(current_setting('my.thing', true), '')";
static const char look_cursors[] = "select count(*) from pg_cursors where is_holdable";
static const char look_prepared[] = "select count(*) from pg_prepared_statements where from_sql";

/* What a new session has of it too (DISCARD ALL's "0" for an unset custom setting) is in `look`. */
static const struct leak {
    const char *leave;
    const char *look;
} leaks[] = {
        {"set my.thing = 'x'", "select coalesce(current_setting('my.thing', true), '')"},
        {"select set_config('my.thing', 'x', false)", look_thing},
        {"set session my.thing = 'x'", look_thing},
        {"set \"my\".thing to 'x'", look_thing},
        {"set \"my.thing\" to 'x'", look_thing},
        {"select pg_catalog.set_config( 'my.thing' , 'x', false)", look_thing},
        {"select 1 as a, set_it()", "select coalesce(current_setting('my.thing', true), '')"},
        {"select * from public.set_it()", "select coalesce(current_setting('my.thing', true), '')"},
        {"call set_by_call()", "select coalesce(current_setting('my.thing', true), '')"},
        {"do $$begin perform set_config('my.thing', 'x', false); end$$",
                "select coalesce(current_setting('my.thing', true), '')"},
        {"explain analyze select set_config('my.thing', 'x', false)",
                "select coalesce(current_setting('my.thing', true), '')"},
        {"copy (select set_config('my.thing', 'x', false)) to '/dev/null'",
                "select coalesce(current_setting('my.thing', true), '')"},
        {"select distinct on (1) set_config('my.thing', 'x', false)",
                "select coalesce(current_setting('my.thing', true), '')"},
        {"select U&\"set!005fconfig\" UESCAPE '!' ('statement_timeout', '12345', false)",
                "show statement_timeout"},
        {"select pg_catalog.U&\"set!005fconfig\" UESCAPE '!' ('statement_timeout', '12345', false)",
                "show statement_timeout"},
        {"select U&\"pg!005fadvisory!005flock\" UESCAPE '!' (1)", look_locks},
        {"select 'a' operator(pg_catalog.||) set_config('statement_timeout', '12345', false)",
                "show statement_timeout"},
        {"select ('a') operator /* ( */ (pg_catalog.||) pg_advisory_lock(1)::text", look_locks},
        {"select 'a' operator(pg_catalog.||) pg_advisory_lock(1)::text", look_locks},
        {"select copy.f()", "show statement_timeout"},
        {"select * from copy.f()", "show statement_timeout"},
        {"select copy()", "show statement_timeout"},
        {"select recursive.f()", "show statement_timeout"},
        {"select recursive ()", "show statement_timeout"},
        {"set search_path = pg_catalog", "show search_path"},
        {"set statement_timeout = 12345", "show statement_timeout"},
        {"set extra_float_digits = -3", "select 0.1::float8 + 0.2::float8"},
        {"set U&\"statement\\005ftimeout\" = 12345", "show statement_timeout"},
        {"set local.thing = 'x'", "select coalesce(current_setting('local.thing', true), '')"},
        {"select set_config('statement_timeout', '12345', not true)", "show statement_timeout"},
        {"update pg_settings set setting = '12345' where name = 'statement_timeout'",
                "show statement_timeout"},
        {"select (1::bigint).pg_advisory_lock", look_locks},
        {"select a.insert into temp t from (select 1 as insert) a", look_temp},
        {"set role joe", "select current_user"},
        {"set session authorization joe", "select session_user, current_user"},
        {"set session characteristics as transaction read only",
                "show default_transaction_read_only"},
        {"set time zone 'Asia/Tokyo'", "show timezone"},
        {"set datestyle = 'German'", "show datestyle"},
        {"select pg_advisory_lock(1)", look_locks},
        {"select pg_try_advisory_lock_shared(1)", look_locks},
        {"create temp table t as select 1 as a", look_temp},
        {"/* a comment */ create temporary table t (a int)", look_temp},
        {"-- another\ncreate table pg_temp.t as select 1 as a", look_temp},
        {"select 1 as a into temp t", look_temp},
        {"with a as (select 1 as b) select b into temp table t from a", look_temp},
        {"explain analyze create temp table t as select 1 as a", look_temp},
        {"declare c cursor with hold for select 1", look_cursors},
        {"prepare p as select 1", look_prepared},
        {"do $$begin execute 'prepare p as select 1'; end$$", look_prepared},
        {"call prepare_by_call()", look_prepared},
        {"begin; set my.thing = 'x'; commit",
                "select coalesce(current_setting('my.thing', true), '')"},
        {"select 1; select set_it()", "select coalesce(current_setting('my.thing', true), '')"},
};

/* As long as it has these, the server is its client's. */
static const struct leak keeping[] = {
        {"create function pg_temp.f() returns int language sql as 'select 1'", look_temp_schema},
        {"set session /* c */ my.thing = 'x'", look_thing},
        {"set -- c\nmy.thing = 'x'", look_thing},
        {"set my . thing to 'x'", look_thing},
        {"set U&\"my\\002ething\" to 'x'", look_thing},
        {"select set_config('my' || '.thing', 'x', false)", look_thing},
        {"select set_config(E'my.thing', 'x', false)", look_thing},
        {"select set_config /* c */ ('my.thing', 'x', false)", look_thing},
        /* The role may not see what is set. */
        {"set dynamic_library_path = '/nowhere'; set role joe", "show dynamic_library_path"},
        {"create type pg_temp.y as enum ('a')", look_temp_schema},
        {"create collation pg_temp.y from \"C\"", look_temp_schema},
        /* Once somebody has asked, whoever may have taken a value keeps its server. */
        {"select nextval('seq')", "select lastval()"},
        {"select nextval('seq')", "select currval('seq')"},
        {"insert into serial_item (name) values ('x')", "select lastval()"},
        {"begin; select nextval('seq'); commit", "select lastval()"},
};

enum way { WAY_SIMPLE, WAY_UNNAMED, WAY_NAMED, WAYS };

static const char *const ways[] = {"simple", "unnamed", "named"};

static void send(PGconn *conn, enum way way, const char *sql)
{
    PGresult *result;

    if (way == WAY_NAMED) {
        PQclear(PQprepare(conn, "leave", sql, 0, NULL));
        result = PQexecPrepared(conn, "leave", 0, NULL, NULL, NULL, 0);
    } else if (way == WAY_UNNAMED) {
        result = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0);
    } else {
        result = PQexec(conn, sql);
    }
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s [%s]: %s", sql, ways[way], PQerrorMessage(conn));
    }
    PQclear(result);
}

static PGconn *through(const char *dbname)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable", sluice.port, dbname);
}

static void check_leak(const struct leak *leak, enum way way, bool keeps)
{
    PGconn *direct = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);
    PGconn *one = through("one");
    PGconn *other = through("one");
    char *expected = strdup(query_text(direct, leak->look));

    send(one, way, leak->leave);
    if (keeps || leak->look == look_locks || leak->look == look_temp ||
            leak->look == look_cursors) {
        PQfinish(one);
        one = NULL;
    }
    const char *seen = query_text(other, leak->look);
    if (strcmp(seen, expected) != 0) {
        fail_msg("%s [%s] leaked: %s gives %s, not %s", leak->leave, ways[way], leak->look, seen,
                expected);
    }
    free(expected);
    PQfinish(other);
    PQfinish(one); /* NULL is fine */
    PQfinish(direct);
}

static void check_leaks(void)
{
    for (size_t i = 0; i < CASE_COUNT(leaks); i++) {
        check_leak(&leaks[i], WAY_SIMPLE, false);
        if (strchr(leaks[i].leave, ';') == NULL || strstr(leaks[i].leave, "$$") != NULL) {
            check_leak(&leaks[i], WAY_UNNAMED, false);
            check_leak(&leaks[i], WAY_NAMED, false);
        }
    }
}

static void check_keeping(void)
{
    for (size_t i = 0; i < CASE_COUNT(keeping); i++) {
        check_leak(&keeping[i], WAY_SIMPLE, true);
        if (strchr(keeping[i].leave, ';') == NULL) {
            check_leak(&keeping[i], WAY_NAMED, true);
        }
    }
}

static void nothing_of_a_session_reaches_another(void **state)
{
    (void)state;
    start_with("100");
    check_leaks();
    check_keeping();
    sluice_stop(&sluice);
}

/* Without statements of our own naming, each client's own go to the server as they are. */
static void nor_without_prepared_statements_of_ours(void **state)
{
    (void)state;
    start_with("0");
    for (size_t i = 0; i < CASE_COUNT(leaks); i++) {
        check_leak(&leaks[i], WAY_SIMPLE, false);
        if (strchr(leaks[i].leave, ';') == NULL || strstr(leaks[i].leave, "$$") != NULL) {
            check_leak(&leaks[i], WAY_UNNAMED, false);
        }
    }
    PGconn *one = through("one");
    PGconn *other = through("one");
    PQclear(PQprepare(one, "late", "select set_config('my.thing', 'x', false)", 0, NULL));
    query_expect(other, "select 1", "1");
    PGresult *result = PQexecPrepared(one, "late", 0, NULL, NULL, NULL, 0);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    query_expect(other, "select coalesce(current_setting('my.thing', true), '')", "");
    PQfinish(other);
    PQfinish(one);
    sluice_stop(&sluice);
}

/* What takes long to take away is not taken away under the timeout of who left it. */
static void nor_does_a_timeout(void **state)
{
    static const char leave[] = "do $$begin for i in 1..1500 loop "
                                "execute 'create temp table t' || i || ' (a int)'; "
                                "end loop; end$$";

    (void)state;
    start_with("100");
    PGconn *other = through("one");
    for (int round = 0; round < 2; round++) {
        PGconn *one = through("one");
        query_expect(one, leave, "DO");
        query_expect(one, "prepare p as select 1", "PREPARE");
        query_expect(one, "set statement_timeout = 25", "SET");
        PQfinish(one);
        query_expect(other, look_temp, "0");
        query_expect(other, "show statement_timeout", "0");
    }
    PQfinish(other);
    sluice_stop(&sluice);
}

/* A function called by its OID, as lo_ functions are, says nothing of what it does. */
static void nor_by_a_function_call(void **state)
{
    int value[2] = {0, 0};
    int len = 0;
    const PQArgBlock args[] = {
            {.isint = 1, .len = 4, .u.integer = 0}, {.isint = 1, .len = 4, .u.integer = 7}};

    (void)state;
    start_with("100");
    PGconn *one = through("one");
    PGconn *other = through("one");
    char *oid = strdup(query_text(one, "select 'pg_advisory_lock(int,int)'::regprocedure::oid"));
    PGresult *result = PQfn(one, atoi(oid), value, &len, 0, args, 2);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(one);
    query_expect(other, look_locks, "0");
    free(oid);
    PQfinish(other);
    sluice_stop(&sluice);
}

/* Its own transaction's sequences a client may ask for, and what it set it keeps meanwhile. */
static void a_client_keeps_what_is_its_own(void **state)
{
    (void)state;
    start_with("100");
    PGconn *one = through("one");
    PGconn *other = through("one");
    cluster_sql(&cluster, "alter sequence seq restart with 41");
    query_expect(one, "begin; select nextval('seq')", "BEGIN\n41");
    query_expect(one, "select lastval()", "41");
    query_expect(one, "commit", "COMMIT");
    query_expect(one, "select currval('seq')", "41");
    query_expect(one, "discard sequences", "DISCARD SEQUENCES"); /* or it kept the only server */
    query_expect_start(other, "select lastval()", "ERROR 55000");
    query_expect(one, "begin; select nextval('seq')", "BEGIN\n42");
    const char *const none[] = {NULL};
    assert_string_equal(query_params(one, "select currval('seq')", 0, none), "42");
    query_expect(one, "commit", "COMMIT");
    PQfinish(other);
    PQfinish(one);
    sluice_stop(&sluice);
}

/*
 * The names that are taken to be harmless: none of them is a volatile function of the server's,
 * but for those that were looked at one by one.
 */
static void harmless_names_are_harmless(void **state)
{
    static const char reviewed[] =
            "bernoulli clock_timestamp current_query gen_random_uuid nextval pg_advisory_xact_lock "
            "pg_advisory_xact_lock_shared pg_blocking_pids pg_cancel_backend "
            "pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn "
            "pg_database_size pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused "
            "pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp "
            "pg_lock_status pg_notify pg_partition_ancestors pg_partition_tree "
            "pg_relation_size pg_sleep pg_sleep_for pg_sleep_until pg_table_size "
            "pg_tablespace_size pg_terminate_backend pg_total_relation_size "
            "pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared pg_xact_commit_timestamp "
            "pg_xact_status random setval system timeofday txid_status";
    PGconn *direct = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);
    size_t count;
    const char *const *names = effects_names(&count);
    char *list = calloc(count, 64);

    (void)state;
    assert_non_null(list);
    for (size_t i = 0, at = 0; i < count; i++) {
        at += (size_t)sprintf(list + at, "%s%s", i == 0 ? "" : " ", names[i]);
    }
    const char *values[] = {list};
    const char *found = query_params(direct,
            "select string_agg(proname, ' ' order by proname) from (select distinct proname "
            "from pg_proc where pronamespace = 'pg_catalog'::regnamespace and provolatile = 'v' "
            "and proname = any(string_to_array($1, ' '))) f",
            1, values);
    assert_string_equal(found, reviewed);
    free(list);
    PQfinish(direct);
}

/*
 * Some rounds, by the day: the test says which. All are the long suite's (long.leaks).
 * SLUICE_LEAK_ROUNDS="FIRST COUNT" plays those.
 */
static void no_client_is_told_of_another(void **state)
{
    const char *asked = getenv("SLUICE_LEAK_ROUNDS");
    unsigned first = (unsigned)(time(NULL) / 86400) * 4 + (CASE_IS_SANITIZED ? 2 : 0);
    unsigned rounds = CASE_IS_SANITIZED ? 1 : 2;

    (void)state;
    if (asked != NULL) {
        assert_int_equal(sscanf(asked, "%u %u", &first, &rounds), 2);
    }
    (void)prepare(NULL);
    sluice_start(&sluice, ini_pairs);
    leak_pairs(&(struct leak_peers){cluster.port, sluice.port, "pairs"}, first, rounds);
    sluice_stop(&sluice);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(nothing_of_a_session_reaches_another),
            cmocka_unit_test(nor_without_prepared_statements_of_ours),
            cmocka_unit_test(nor_does_a_timeout),
            cmocka_unit_test(nor_by_a_function_call),
            cmocka_unit_test(a_client_keeps_what_is_its_own),
            cmocka_unit_test(harmless_names_are_harmless),
            cmocka_unit_test(no_client_is_told_of_another),
    };

    return case_run(cases, CASE_COUNT(cases), start, stop_cluster);
}
