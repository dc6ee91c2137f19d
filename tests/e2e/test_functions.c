/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_functions.c - what users' own functions leave in a session, as the catalogue says:
 * after those that leave nothing nothing is taken away; what the others leave is their client's, wherever
 * it is served, and nobody else's; and so is what runs behind a statement without standing in it.
 *
 * What is taken away from a session stands in PostgreSQL's log.
 */
#include "tests/e2e/functions_base.h"
#include "tests/e2e/functions_changes.h"
#include "tests/e2e/functions_named.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What has a function called that sets work_mem for the session, each in its own way. */
#define SETS(value) "set_config('work_mem', '" value "MB', false)"
static const char *const behind[] = {
        "create function on_row() returns trigger language plpgsql as $$begin perform " SETS(
                "11") "; return new; end$$",
        "create function on_plain_row() returns trigger language plpgsql as "
        "$$begin return new; end$$",
        "create table triggered (id int primary key, v text)",
        "create trigger t before insert or update on triggered for each row execute function "
        "on_row()",
        "create table plain (id int primary key, v text)",
        "create trigger t before insert on plain for each row execute function on_plain_row()",
        "create view built_in as select " SETS("12") " as v",
        "create view of_view as select * from built_in",
        "create function own() returns text language sql as $$select " SETS("13") "$$",
        "create view of_own as select own() as v",
        "create table by_default (id serial, v text default " SETS("14") ")",
        "create table checked (v text, check (own() is not null and v <> ''))",
        "create table ruled (v text)",
        "create rule r as on insert to ruled do also select " SETS("15"),
        "create table parent (id int primary key)",
        "create table child (id int references parent on delete cascade)",
        "create function on_delete() returns trigger language plpgsql as $$begin perform " SETS(
                "16") "; return old; end$$",
        "create trigger t before delete on child for each row execute function on_delete()",
        "create table parts (id int) partition by range (id)",
        "create table part partition of parts for values from (0) to (100)",
        "create trigger t before insert on part for each row execute function on_row()",
        "create function on_key(a int) returns int language plpgsql immutable as "
        "$$begin perform " SETS("21") "; return a; end$$",
        "create table keys (id int) partition by range (on_key(id))",
        "create table key partition of keys for values from (0) to (100)",
        "create table \"Quoted Name\" (v text default " SETS("17") ")",
        "create function writes() returns void language plpgsql as "
        "$$begin insert into triggered values (7, '') on conflict (id) do update set v = ''; end$$",
        "create table policed (v int)",
        "alter table policed enable row level security",
        "create policy p on policed using (" SETS("18") " is not null)",
        "create function initcap(a point) returns text language sql as $$select " SETS("20") "$$",
        "create extension \"uuid-ossp\"",
        "create table keyed (id uuid default uuid_generate_v4(), v text)",
        "create role reader",
        "grant select on policed to reader",
};

static int start(void **state)
{
    static const char *const made[] = {
            "create table item (id int primary key, name text)",
            "create function harmless(a int) returns int language plpgsql as $$declare found int; "
            "begin select id into found from item where id = a; if (found is null) then insert "
            "into item (id, name) values (a, 'x'); else update item set name = 'y' where id = a; "
            "end if; return a + 1; end$$",
            "create function harmless_too(a int default abs(-1)) returns int language sql "
            "security definer set search_path = public as 'select harmless(a)'",
            "create function dynamic(a int) returns int language plpgsql as "
            "$$begin execute 'set my' || '.thing = ''dynamic'''; return a; end$$",
            "create function sets_it(a int) returns text language sql immutable as "
            "$$select set_config('my.thing', 'set', false)$$",
            "create function calls(a int) returns text language plpgsql as "
            "$$begin return public . sets_it /* or does it */ (a); end$$",
            "create function in_standard_sql(a int) returns text language sql begin atomic; "
            "select set_config('my.thing', 'atomic', false); end",
            "create function by_default(a text default set_config('my.thing', 'default', false)) "
            "returns text language sql as 'select $1'",
            "create function locks(a int) returns void language sql as 'select "
            "pg_advisory_lock(a)'",
            "create function prepares() returns void language plpgsql as "
            "$$begin execute 'prepare p as select 71'; end$$",
            "create function makes() returns void language plpgsql as "
            "$$begin execute 'create temp table made (a int)'; end$$",
    };

    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "log_statement = all\n"
                                                              "max_prepared_transactions = 2\n"});
    for (size_t i = 0; i < CASE_COUNT(made); i++) {
        cluster_sql(&cluster, made[i]);
    }
    cluster_sql(&cluster, MAKE_HARMLESS);
    for (size_t i = 0; i < CASE_COUNT(behind); i++) {
        cluster_sql(&cluster, behind[i]);
    }
    functions_make_named();
    return 0;
}

static void await_no_pins(void)
{
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        if (console_value("SHOW PINS", "user", "postgres", "reasons") == NULL) {
            return;
        }
    }
    fail_msg("somebody keeps a server");
}

/* ---- cases ---- */

static void a_harmless_function_leaves_its_server_clean(void **state)
{
    static const char *const harmless[] = {"select harmless(1)", "select public.harmless(2)",
            "select * from harmless_too(3) x", "select harmless_too(), harmless(4), now()",
            "begin; select harmless(5); commit; select 1", "select HARMLESS (harmless(6))"};
    static const char *const harmful[] = {"select sets_it(1)", "select calls(1)",
            "select dynamic(1)", "select in_standard_sql(1)", "select by_default()",
            "select harmless(1), sets_it(1)", "select harmless(dynamic(1))"};

    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(other);
    for (size_t i = 0; i < CASE_COUNT(harmless); i++) {
        if (strchr(harmless[i], ';') == NULL) {
            functions_check_call(one, other, harmless[i], false);
        } else {
            unsigned before = functions_cleaned();
            functions_run(one, harmless[i], WAY_SIMPLE);
            query_expect(other, functions_look, "");
            assert_int_equal(functions_cleaned(), before);
        }
    }
    for (size_t i = 0; i < CASE_COUNT(harmful); i++) {
        functions_check_call(one, other, harmful[i], true);
    }
    functions_check_call(one, other, "select harmless(7)", false);
    PQfinish(one);
    PQfinish(other);
}

static void expect_no_belief(const char *believes, const char *stats)
{
    functions_start(1, believes, stats);
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    if (strcmp(stats, "on") == 0) {
        functions_await_catalog(other);
    }
    functions_check_call(one, other, "select harmless(1)", true);
    PQfinish(one);
    PQfinish(other);
}

static void what_is_not_known_is_not_believed(void **state)
{
    (void)state;
    expect_no_belief("1", "off");
}

static void nothing_is_believed_unless_it_is_wanted(void **state)
{
    (void)state;
    expect_no_belief("0", "on");
}

/* ---- what they leave is their client's ---- */

static void what_a_function_prepares_follows_its_client(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        functions_start(1, "1", "on");
        PGconn *one = open_as("postgres", "db");
        PGconn *other = open_as("postgres", "db");
        functions_run(one, "select prepares()", (enum functions_way)way);
        query_expect_start(other, "execute p", "ERROR 26000");
        query_expect(one, "execute p", "71");
        query_expect_start(other, "execute p", "ERROR 26000");
        query_expect(other, "prepare p as select 72", "PREPARE");
        query_expect(one, "execute p", "71");
        query_expect(other, "execute p", "72");
        PQfinish(one);
        PQfinish(other);
        stop_sluice(state);
        prepare(state);
    }
    functions_start(1, "1", "on"); /* for the teardown */
}

/* Custom settings that functions name are asked for: PostgreSQL has no list of them. */
static void what_a_function_sets_follows_its_client(void **state)
{
    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(other);
    for (int way = 0; way < WAYS; way++) {
        functions_run(one, "select sets_it(1)", (enum functions_way)way);
        query_expect(other, functions_look, "");
        query_expect(one, functions_look, "set");
        query_expect(one, "reset work_mem", "RESET"); /* and it is asked for again */
        query_expect(other, functions_look, "");
        query_expect(one, functions_look, "set");
        query_expect(one, "reset all", "RESET");
        query_expect(other, functions_look, "");
        query_expect(one, functions_look, "");
    }
    PQfinish(one);
    PQfinish(other);
}

/* By what name nobody knows before the catalogue has been read: its client keeps its server till then. */
static void what_a_function_sets_before_the_catalogue_is_known_is_not_lost(void **state)
{
    (void)state;
    PGconn *direct = open_direct();
    query_expect(direct, "begin", "BEGIN");
    query_expect(direct, "lock table pg_policy in access exclusive mode", "LOCK TABLE");
    functions_start(3, "1", "on"); /* one is waiting for that lock */
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    functions_run(one, "select sets_it(1)", WAY_SIMPLE);
    console_await("SHOW PINS", "user", "postgres", "reasons", "unknown");
    query_expect(other, functions_look, "");
    query_expect(one, functions_look, "set");
    assert_string_equal(console_value("SHOW CATALOG", "database", "db", "loads"), "0");
    query_expect(direct, "rollback", "ROLLBACK");
    functions_await_loaded();
    await_no_pins();
    query_expect(other, "begin", "BEGIN");
    query_expect(other, functions_look, "");
    query_expect(one, functions_look, "set");
    query_expect(other, "commit", "COMMIT");
    query_expect(other, functions_look, "");
    query_expect(one, functions_look, "set");
    PQfinish(one);
    PQfinish(other);
    PQfinish(direct);
}

/* Names that stand in long bodies, in BEGIN ATOMIC, behind a SET clause, or in no function at all. */
static void what_a_catalogue_names_follows_its_client(void **state)
{
    static const struct {
        const char *sql;
        const char *name;
        const char *value;
    } rows[] = {{"select long_one()", "my.long", "1"}, {"select long_one()", "my.longer", "2"},
            {"select atomic_one()", "my.atomic", "3"}, {"select with_set()", "my.inner", "4"},
            {"select by_argument()", "my.argument", "5"},
            {"select * from set_by_view", "my.view", "6"},
            {"insert into set_by_default (id) values (1)", "my.default", "7"},
            {"insert into set_by_rule values (1)", "my.rule", "8"},
            {"insert into set_by_check values (1)", "my.check", "9"},
            {"begin; set local role reader; select * from set_by_policy; commit", "my.policy",
                    "10"},
            {"insert into set_by_when values (1)", "my.when", "11"}};

    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(other);
    for (size_t i = 0; i < CASE_COUNT(rows); i++) {
        char shown[TEXT_MAX];
        snprintf(shown, sizeof shown, "select coalesce(current_setting('%s', true), '')",
                rows[i].name);
        for (int way = 0; way < WAYS; way++) {
            functions_run(one, rows[i].sql,
                    strchr(rows[i].sql, ';') != NULL ? WAY_SIMPLE : (enum functions_way)way);
            query_expect(other, shown, "");
            const char *seen = query_text(one, shown);
            if (strcmp(seen, rows[i].value) != 0) {
                fail_msg("%s [%d]: %s is \"%s\"", rows[i].sql, way, rows[i].name, seen);
            }
            query_expect(one, "reset all", "RESET");
            query_expect(other, shown, "");
        }
    }
    PQfinish(one);
    PQfinish(other);
}

/* ---- what nothing shows ---- */

/* Its client keeps the server, of which there is one, and nobody has it after that one. */
static void expect_held(const char *sql, enum functions_way way)
{
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");

    query_expect(one, "select 1", "1");
    functions_await_loaded();
    functions_run(one, sql, way);
    char *pid = strdup(query_text(one, "select pg_backend_pid()"));
    assert_int_equal(PQsendQuery(other, "select pg_backend_pid()"), 1);
    query_expect(one, "select pg_backend_pid()", pid);
    if (query_is_answered(other, 20)) { /* another's turn it is not yet, or nothing holds it */
        fail_msg("%s [%d]: another has its server", sql, way);
    }
    PQfinish(one);
    PGresult *result = PQgetResult(other);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    if (strcmp(PQgetvalue(result, 0, 0), pid) == 0) {
        fail_msg("%s [%d]: another has its server when it has gone", sql, way);
    }
    PQclear(result);
    free(pid);
    PQfinish(other);
}

/* The same, of a session that has one of two servers; the other is somebody's all the time. */
static void expect_closed(const char *sql)
{
    PGconn *one = open_as("postgres", "session");

    functions_run(one, sql, WAY_SIMPLE);
    char *pid = strdup(query_text(one, "select pg_backend_pid()"));
    PQfinish(one);
    PGconn *other = open_as("postgres", "session");
    if (strcmp(query_text(other, "select pg_backend_pid()"), pid) == 0) {
        fail_msg("%s: another session has its server", sql);
    }
    free(pid);
    PQfinish(other);
}

static void what_nothing_shows_ends_with_its_server(void **state)
{
    static const char *const sqls[] = {"select seeds()", "select public.calls_seeds(1)",
            "select \"Seeds it\"()", "select seeds_atomic()", "select seeds_long()",
            "call seeding()", "do $$begin perform setseed(0.5); end$$",
            "do 'begin perform seeds(); end'", "select public.dblink_connect('c', here())",
            "select dblink_connect_u(here())", "select connects()",
            "prepare p as select seeds(); execute p"};

    (void)state;
    functions_start(1, "1", "on");
    PGconn *idle = open_as("postgres", "session");
    PQfinish(open_as("postgres", "session")); /* a server that is nobody's is asked */
    console_await("SHOW CATALOG", "database", "session", "state", "loaded");
    for (size_t i = 0; i < CASE_COUNT(sqls); i++) {
        bool is_one = strchr(sqls[i], ';') == NULL || strncmp(sqls[i], "do", 2) == 0;
        for (int way = 0; way < (is_one ? WAYS : 1); way++) {
            expect_held(sqls[i], (enum functions_way)way);
        }
        expect_closed(sqls[i]);
    }
    PQfinish(idle);
}

/* And what does nothing of the kind is another's next. */
static void what_only_looks_like_it_is_not_held(void **state)
{
    static const char *const sqls[] = {"select harmless(1)", "select 'seeds(1)', harmless(2)",
            "select dynamic(1)", "select dblink('dbname=x', 'select 1') from item where false"};

    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(other);
    for (size_t i = 0; i < CASE_COUNT(sqls); i++) {
        char *pid = strdup(query_text(other, "select pg_backend_pid()"));
        functions_run(one, sqls[i], WAY_UNNAMED);
        query_expect(other, "select pg_backend_pid()", pid);
        free(pid);
    }
    PQfinish(one);
    PQfinish(other);
}

/* ANALYZE runs the expressions of a table's statistics. What they set ends with it; a lock does not. */
static void behind_statistics_may_be_analyze(void **state)
{
    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "measured");
    query_expect(one, "create table measured as select 1 as a", "SELECT 1");
    query_expect(one,
            "create function measures(a int) returns int language plpgsql immutable as "
            "$$begin perform pg_advisory_lock(72); return a; end$$",
            "CREATE FUNCTION");
    query_expect(one, "create statistics s on (measures(a)) from measured", "CREATE STATISTICS");
    console_await("SHOW CATALOG", "database", "measured", "state", "loaded");
    query_expect(one, "analyze measured", "ANALYZE");
    console_await("SHOW PINS", "user", "postgres", "reasons", "advisory lock");
    PQfinish(one);
}

/* It is not refused for that: what it has set is lost then. */
static void who_may_keep_no_server_is_served_before_the_catalogue_is_known(void **state)
{
    (void)state;
    PGconn *direct = open_direct();
    query_expect(direct, "begin", "BEGIN");
    query_expect(direct, "lock table pg_policy in access exclusive mode", "LOCK TABLE");
    functions_start(3, "1\nmax_pinned_percent = 0", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    functions_run(one, "select sets_it(1)", WAY_SIMPLE);
    query_expect(one, "select 1", "1");
    query_expect(other, functions_look, "");
    assert_string_equal(console_value("SHOW CATALOG", "database", "db", "loads"), "0");
    query_expect(direct, "rollback", "ROLLBACK");
    PQfinish(one);
    PQfinish(other);
    PQfinish(direct);
}

/* Until the server says that it is gone. */
static void what_a_function_locks_or_makes_keeps_its_server(void **state)
{
    (void)state;
    functions_start(2, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_text(one, "select locks(71)");
    console_await("SHOW PINS", "user", "postgres", "reasons", "advisory lock");
    query_expect(other, "select pg_try_advisory_lock(71)", "f");
    query_expect(one, "select pg_advisory_unlock(71)", "t");
    query_expect(other, "select pg_try_advisory_xact_lock(71)", "t");
    query_text(one, "select makes()");
    query_expect_start(other, "select * from made", "ERROR 42P01");
    query_expect(one, "select count(*) from made", "0");
    query_expect(one, "drop table made", "DROP TABLE");
    await_no_pins();
    PQfinish(one);
    PQfinish(other);
}

/* ---- and what runs behind a statement ---- */

/* One's statement sets it, for one alone, wherever one is served. */
static void expect_set(
        PGconn *one, PGconn *other, const char *sql, enum functions_way way, const char *value)
{
    query_expect(one, "set work_mem = '4MB'", "SET");
    query_expect(other, "show work_mem", "4MB");
    functions_run(one, sql, way);
    const char *seen = query_text(other, "show work_mem");
    if (strcmp(seen, "4MB") != 0) {
        fail_msg("%s [%d]: another has work_mem %s", sql, way, seen);
    }
    seen = query_text(one, "show work_mem");
    if (strcmp(seen, value) != 0) {
        fail_msg("%s [%d]: its client has work_mem %s", sql, way, seen);
    }
}

static const struct {
    const char *sql;
    const char *value;
} hidden[] = {
        {"insert into triggered values (1, 'a') on conflict (id) do update set v = 'b'", "11MB"},
        {"update triggered set v = 'c'", "11MB"},
        {"with w as (insert into Triggered values (2, '') on conflict do nothing returning 1) "
         "select count(*) from w",
                "11MB"},
        {"select v from built_in", "12MB"},
        {"table of_view", "12MB"},
        {"select (select v from public.of_own)", "13MB"},
        {"insert into by_default default values", "14MB"},
        {"insert into checked values ('x')", "13MB"},
        {"insert into ruled values ('x')", "15MB"},
        {"insert into parts values (1)", "11MB"},
        {"insert into keys values (1)", "21MB"},
        {"insert into key values (1)", "21MB"},
        {"insert into \"Quoted Name\" default values", "17MB"},
        {"select writes()", "11MB"},
        {"select initcap(point(0, 0))", "20MB"},
};

static void expect_all_set(const char *stats, const char *believes, bool is_known)
{
    functions_start(1, believes, stats);
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(hidden); i++) {
        for (int way = 0; way < WAYS; way++) {
            if (is_known) {
                functions_await_catalog(other);
            }
            expect_set(one, other, hidden[i].sql, (enum functions_way)way, hidden[i].value);
        }
    }
    query_text(one, "insert into parent values (1)");
    query_text(one, "insert into child values (1)");
    expect_set(one, other, "delete from parent", WAY_SIMPLE, "16MB");
    PQfinish(one);
    PQfinish(other);
}

static void what_is_behind_a_statement_is_its_clients(void **state)
{
    (void)state;
    expect_all_set("on", "1", true);
}

/* From the first statement on, before there is a catalogue. */
static void while_nothing_is_known_everything_is_asked_for(void **state)
{
    (void)state;
    expect_all_set("on", "1", false);
}

static void a_cursor_and_a_prepared_statement_run_it_later(void **state)
{
    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one,
            "prepare q as insert into triggered values (3, '') on conflict (id) do "
            "update set v = 'q'",
            "PREPARE");
    functions_await_catalog(other);
    expect_set(one, other, "execute q", WAY_SIMPLE, "11MB");
    expect_set(one, other, "begin; declare c cursor for select v from of_own; fetch c; commit",
            WAY_SIMPLE, "13MB");
    query_expect(one, "prepare by_bind as select own()", "PREPARE");
    query_expect(one, "set work_mem = '4MB'", "SET");
    query_expect(other, "show work_mem", "4MB");
    query_prepared(one, "by_bind", 0, NULL);
    query_expect(other, "show work_mem", "4MB");
    query_expect(one, "show work_mem", "13MB");
    query_text(one, "delete from triggered where id = 4");
    expect_set(one, other, "copy triggered (id) from program 'echo 4'", WAY_SIMPLE, "11MB");
    PQfinish(one);
    PQfinish(other);
}

/* Where nothing is behind a statement nothing is asked and nothing taken away. */
static void what_has_nothing_behind_it_costs_nothing(void **state)
{
    static const char *const sqls[] = {"insert into plain values (1, '') on conflict do nothing",
            "select * from item", "select count(*) from pg_class", "update item set name = 'z'",
            "insert into keyed (v) values ('x')", "select uuid_generate_v4(), harmless(8)"};

    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(other);
    unsigned before = functions_asked();
    unsigned cleaned_before = functions_cleaned();
    for (size_t i = 0; i < CASE_COUNT(sqls); i++) {
        for (int way = 0; way < WAYS; way++) {
            functions_run(one, sqls[i], (enum functions_way)way);
            query_expect(other, functions_look, "");
        }
    }
    assert_int_equal(functions_asked(), before);
    assert_int_equal(functions_cleaned(), cleaned_before);
    functions_run(one, "update triggered set v = 'c'", WAY_SIMPLE);
    query_expect(other, "select 1", "1"); /* behind the question */
    assert_int_equal(functions_asked(), before + 1);
    PQfinish(one);
    PQfinish(other);
}

/* An operator, or a cast, has no name in a text: then every statement may leave something. */
static void behind_an_operator_may_be_every_statement(void **state)
{
    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(other,
            "create function adds(a int, b point) returns text language sql as "
            "$$select " SETS("19") "$$",
            "CREATE FUNCTION");
    query_expect(other, "create operator @+@ (function = adds, leftarg = int, rightarg = point)",
            "CREATE OPERATOR");
    functions_await_catalog(other);
    expect_set(one, other, "select 1 @+@ point(0, 0)", WAY_SIMPLE, "19MB");
    expect_set(one, other, "select 1 @+@ point(0, 0)", WAY_NAMED, "19MB");
    query_expect(other, "drop operator @+@ (int, point)", "DROP OPERATOR");
    query_expect(other, "drop function adds(int, point)", "DROP FUNCTION");
    PQfinish(one);
    PQfinish(other);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    a_harmless_function_leaves_its_server_clean, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_is_not_known_is_not_believed, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    nothing_is_believed_unless_it_is_wanted, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_function_that_was_changed_is_not_believed, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    one_that_changes_under_way_is_not_believed, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_a_function_prepares_follows_its_client, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_a_function_sets_follows_its_client, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_a_function_sets_before_the_catalogue_is_known_is_not_lost, prepare,
                    stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_a_catalogue_names_follows_its_client, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_nothing_shows_ends_with_its_server, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_only_looks_like_it_is_not_held, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(behind_statistics_may_be_analyze, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    who_may_keep_no_server_is_served_before_the_catalogue_is_known, prepare,
                    stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_a_function_locks_or_makes_keeps_its_server, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_is_behind_a_statement_is_its_clients, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    while_nothing_is_known_everything_is_asked_for, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_cursor_and_a_prepared_statement_run_it_later, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_has_nothing_behind_it_costs_nothing, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_change_under_way_costs_others_nothing, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_change_in_two_phases_is_seen_at_the_second, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    behind_an_operator_may_be_every_statement, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(a_busy_pool_has_its_catalogue, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    another_users_pool_is_asked_where_one_is_busy, prepare, stop_sluice),
    };
    return case_run(cases, CASE_COUNT(cases), start, stop_cluster);
}
