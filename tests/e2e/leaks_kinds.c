/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/leaks_kinds.c - the table, and what takes more than statements.
 */
#include "tests/e2e/leaks_kinds.h"

#include "tests/support/case.h"

#include <string.h>

const char leak_setup[] =
        "create role jim; select setseed(0.25); create table seeded as select "
        "random() as r from generate_series(1, 8); grant select on seeded to public; create schema "
        "a; create table a.z (id int);"
        "create sequence seq; create sequence seq2; create table item (id int);"
        "create table serial_item (id int default nextval('seq2'), name text);"
        "create function set_it() returns text language sql as "
        "$$select set_config('work_mem', '71MB', false)$$;"
        "create function set_within() returns text language sql set work_mem = '72MB' as "
        "$$select current_setting('work_mem')$$;"
        "create function lock_it() returns void language sql as $$select pg_advisory_lock(71)$$;"
        "create function make_it() returns void language plpgsql as "
        "$$begin execute 'create temp table t (f int)'; end$$;"
        "create function open_it() returns void language plpgsql as "
        "$$begin execute 'declare c cursor with hold for select 71'; end$$;"
        "create function name_it() returns void language plpgsql as "
        "$$begin execute 'prepare p as select 71'; end$$;"
        "create procedure set_by_call() language plpgsql as "
        "$$begin set work_mem = '73MB'; commit; set local enable_sort = off; end$$;"
        "select lo_create(4711); select pg_replication_origin_create('origin')";

/* ---- what takes more ---------------------------------------------------------------------- */

static void copy_in(struct talk *talk)
{
    talk_script(talk, "copy item from stdin");
    fprintf(talk->log, "row %d\n", PQputCopyData(talk->conn, "1\n2", 3));
    (void)PQflush(talk->conn);
}

static void copy_out(struct talk *talk)
{
    char *row = NULL;

    talk_script(talk, "copy (select generate_series(1, 20000)) to stdout");
    fprintf(talk->log, "row %d\n", PQgetCopyData(talk->conn, &row, 0));
    PQfreemem(row);
}

/* Is cancelled while it runs: it has said so. */
static void is_cancelled(struct talk *talk)
{
    char words[256];
    PGcancel *cancel = PQgetCancel(talk->conn);
    long before = ftell(talk->log);

    assert_int_equal(
            PQsendQuery(talk->conn, "do $$begin raise warning 'runs'; perform pg_sleep(60); end$$"),
            1);
    while (ftell(talk->log) == before && PQstatus(talk->conn) == CONNECTION_OK) {
        talk_wait(talk);
        (void)PQisBusy(talk->conn); /* which takes the warning */
    }
    assert_int_equal(PQcancel(cancel, words, sizeof words), 1);
    PQfreeCancel(cancel);
    talk_results(talk);
}

/* Asks for the end of what is over, and goes. */
static void cancels_nothing(struct talk *talk)
{
    char words[256];
    PGcancel *cancel = PQgetCancel(talk->conn);

    talk_script(talk, "select 1");
    if (talk->goes_on) {
        PQfreeCancel(cancel); /* it might hit what comes, and may */
        return;
    }
    assert_int_equal(PQcancel(cancel, words, sizeof words), 1);
    PQfreeCancel(cancel);
}

/* Asked, and not waited for. */
static void asks_and_goes(struct talk *talk)
{
    assert_int_equal(PQsendQuery(talk->conn, "select pg_sleep(0.001), set_config('app.a', 'late', "
                                             "false), pg_advisory_lock(6)"),
            1);
    if (talk->goes_on) {
        talk_results(talk);
    }
}

/*
 * Until it is so: the process of PostgreSQL's that had it for somebody who vanished may be about
 * to end, as it may be without anybody between.
 */
static void ask_until(struct talk *talk, const char *sql, const char *answer)
{
    bool is_so = false;

    while (!is_so && PQstatus(talk->conn) == CONNECTION_OK) {
        PGresult *result = PQexec(talk->conn, sql);
        is_so = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), answer) == 0;
        PQclear(result);
    }
}

static void takes_the_origin(struct talk *talk)
{
    ask_until(talk, "select pg_replication_origin_session_setup('origin')", "");
}

static void tries_the_lock(struct talk *talk)
{
    ask_until(talk, "select pg_try_advisory_lock(5)", "t");
}

static void hears_itself(struct talk *talk)
{
    talk_hear(talk, 2);
}

static void by_function_call(struct talk *talk)
{
    /* pg_advisory_lock(int, int), by its number since 8.2 */
    const PQArgBlock args[] = {
            {.isint = 1, .len = 4, .u.integer = 3}, {.isint = 1, .len = 4, .u.integer = 4}};
    int value[2] = {0, 0};
    int len = 0;
    PGresult *result = PQfn(talk->conn, 2880, value, &len, 0, args, 1);

    PQclear(result);
    result = PQfn(talk->conn, 2882, value, &len, 0, args, 2);
    fprintf(talk->log, "call %s\n", PQresStatus(PQresultStatus(result)));
    PQclear(result);
}

static void names_a_statement(struct talk *talk)
{
    talk_raw(talk, "P n select 81\nS", 0);
}

static void no_name(struct talk *talk)
{
    talk_raw(talk, "P - select 82\nS", 0);
}

static void no_name_twice(struct talk *talk)
{
    talk_raw(talk, "P - select 83\nB - -\nE - 0\nS", 0);
    talk_raw(talk, "B - -\nE - 0\nS", 0);
}

static void no_name_fails(struct talk *talk)
{
    talk_raw(talk, "P - select 84\nB - nobody\nE - 0\nS", 0);
}

static void closes_a_name(struct talk *talk)
{
    talk_raw(talk, "P n select 85\nC n\nS", 0);
}

static void sets_by_a_name(struct talk *talk)
{
    talk_raw(talk, "P n set work_mem = '86MB'\nB - n\nE - 0\nS", 0);
    talk_raw(talk, "B - n\nE - 0\nS", 0);
}

static void portal_in_transaction(struct talk *talk)
{
    talk_script(talk, "begin");
    talk_raw(talk, "P n select generate_series(1, 9)\nB c2 n\nE c2 2\nS", 0);
}

static void portal_of_a_declared_cursor(struct talk *talk)
{
    talk_raw(talk,
            "P - declare c cursor with hold for select generate_series(1, 9)\nB - -\nE - 0\nS", 0);
    talk_raw(talk, "P n fetch 2 from c\nB c2 n\nE c2 1\nS", 0);
}

/* No Sync: who is alone sends one, the other goes before. */
static void half_a_pipeline(struct talk *talk)
{
    talk_raw(talk, "P n set work_mem = '87MB'\nB c2 n\nE c2 0\nH", 'C');
    if (talk->goes_on) {
        talk_raw(talk, "S", 0);
    }
}

static void half_a_portal(struct talk *talk)
{
    talk_raw(talk, "P n select generate_series(1, 9)\nB c2 n\nE c2 2\nH", 's');
    if (talk->goes_on) {
        talk_raw(talk, "S", 0);
    }
}

/* ---- the table ---------------------------------------------------------------------------- */

const struct leak_kind leak_kinds[] = {
        /* Nothing at all: what the others leave must not be seen by who does nothing. */
        {"nothing", .steps = {"select 1"}},
        /* SET in every form. */
        {"set", .steps = {"set work_mem = '5MB'"}},
        {"set session", .steps = {"set session statement_timeout = '61s'"}},
        {"set to default", .steps = {"set work_mem = '5MB'", "set work_mem to default"}},
        {"set, reported", .steps = {"set datestyle = 'German'", "set intervalstyle = iso_8601"}},
        {"set time zone", .steps = {"set time zone 'Asia/Tokyo'"}},
        {"set names", .steps = {"set names 'latin1'"}},
        {"set application_name", .steps = {"set application_name = 'one''s own'"}},
        {"set schema", .steps = {"set schema 'a'"}},
        {"set search_path", .steps = {"set search_path = a, \"$user\", 'b c'"}},
        {"set xml option", .steps = {"set xml option document"}},
        {"set seed", .steps = {"set seed to 0.25"}, .keeps = true},
        {"set a custom one", .steps = {"set app.a = 'x'"}},
        {"set two custom ones", .steps = {"set app.a = E'it''s \\\\'", "set app.b to 7"},
                .rests = true},
        {"set a long one",
                .steps = {"select set_config('app.a', repeat('0123456789', 300), false)"}},
        {"set and reset", .steps = {"set work_mem = '5MB'", "reset work_mem"}},
        {"reset all", .steps = {"set work_mem = '5MB'", "set datestyle = 'SQL'", "reset all"}},
        {"reset all of one's login", .login = "options='-c work_mem=9MB -c datestyle=SQL'",
                .steps = {"set work_mem = '5MB'", "reset all"}},
        {"set client_min_messages", .steps = {"set client_min_messages = error"}},
        {"set bytea_output, float digits",
                .steps = {"set bytea_output = escape", "set extra_float_digits = -3"}},
        /* SET LOCAL, and what a rollback takes back. */
        {"set local", .steps = {"begin", "set local work_mem = '6MB'", "commit"}},
        {"set local outside", .steps = {"set local work_mem = '6MB'"}},
        {"set local of the reported", .steps = {"begin", "set local time zone 'UTC+3'", "commit"}},
        {"set in a transaction", .steps = {"begin", "set work_mem = '6MB'", "commit"}},
        {"set, rolled back", .steps = {"begin", "set work_mem = '6MB'", "rollback"}},
        {"set, rolled back to a savepoint",
                .steps = {"begin", "set work_mem = '6MB'", "savepoint s", "set work_mem = '7MB'",
                        "set time zone 'UTC+3'", "rollback to s", "commit"}},
        {"set, released", .steps = {"begin", "savepoint s", "set work_mem = '7MB'", "release s",
                                  "set local work_mem = '8MB'", "commit"}},
        {"set and failed", .steps = {"begin", "set work_mem = '6MB'", "select 1/0", "commit"}},
        {"set in DO that fails", .steps = {"do $$begin set work_mem = '6MB'; perform 1/0; end$$"},
                .rests = true},
        {"set to what is not", .steps = {"set work_mem = 'much'", "set nothing_like_it = 1"}},
        /* Functions that set. */
        {"set_config", .steps = {"select set_config('work_mem', '5MB', false)"}},
        {"set_config, local", .steps = {"select set_config('work_mem', '5MB', true)"}},
        {"set_config in a transaction", .steps = {"begin", "select set_config('app.b', 'y', false)",
                                                "select set_config('app.a', 'y', true)", "commit"}},
        {"set_config by a built name", .steps = {"select set_config('app' || '.a', 'x', false)"},
                .keeps = true},
        {"a function that sets", .steps = {"select set_it()"}, .keeps = true},
        {"a function with SET", .steps = {"select set_within()"}, .keeps = true},
        {"a procedure that sets", .steps = {"call set_by_call()"}, .keeps = true},
        {"DO that sets", .steps = {"do $$begin perform set_config('app.a', 'do', false); end$$"},
                .keeps = true},
        {"update pg_settings",
                .steps = {"update pg_settings set setting = '7168' where name = 'work_mem'"}},
        {"plpgsql's settings before it is there",
                .steps = {"set plpgsql.extra_warnings = 'shadowed_variables'"}},
        {"plpgsql's settings",
                .steps = {"do $$begin end$$",
                        "set plpgsql.extra_warnings = 'strict_multi_assignment'"},
                .keeps = true},
        /* Who one is. */
        {"set role", .steps = {"set role joe"}},
        {"set role none", .steps = {"set role joe", "set role none"}},
        {"reset role", .steps = {"set role joe", "reset role"}},
        {"set session authorization", .steps = {"set session authorization joe"}},
        {"set session authorization default",
                .steps = {"set session authorization joe", "set session authorization default"}},
        {"both", .steps = {"set session authorization joe", "reset session authorization",
                         "set session authorization jim", "set role none"}},
        {"set local role", .steps = {"begin", "set local role joe", "commit"}},
        /* How transactions are. */
        {"session characteristics",
                .steps =
                        {"set session characteristics as transaction isolation level serializable, "
                         "read only, deferrable"}},
        {"set transaction", .steps = {"begin",
                                    "set transaction isolation level repeatable read, "
                                    "read only",
                                    "commit"}},
        {"set transaction outside", .steps = {"set transaction read only"}},
        {"begin with modes", .steps = {"begin isolation level serializable read only", "commit"}},
        {"default_transaction_isolation",
                .steps = {"set default_transaction_isolation = 'repeatable read'"}},
        {"and chain",
                .steps = {"begin isolation level serializable", "commit and chain", "rollback"}},
        /* By the startup packet. */
        {"options", .login = "options='-c work_mem=9MB -c app.a=login'", .steps = {"select 1"}},
        {"client_encoding", .login = "client_encoding=latin1", .steps = {"select 1"}},
        {"application_name", .login = "application_name=login", .steps = {"select 1"}},
        {"startup, and set besides", .login = "application_name=login options='-c search_path=a'",
                .steps = {"set search_path = 'b'", "set application_name = 'mine'"}},
        /* Statements with names. */
        {"prepare", .steps = {"prepare p as select 1"}},
        {"prepare, execute", .steps = {"prepare p (int) as select $1", "execute p (7)"},
                .rests = true},
        {"prepare, deallocate", .steps = {"prepare p as select 1", "deallocate p"}},
        {"deallocate all", .steps = {"prepare p as select 1", "deallocate all"}},
        {"prepare, rolled back", .steps = {"begin", "prepare p as select 1", "rollback"}},
        {"a function that prepares", .steps = {"select name_it()"}, .keeps = true},
        {"prepare what sets",
                .steps = {"prepare p as select set_config('app.a', 'p', false)", "execute p"},
                .rests = true},
        {"a name by Parse", .act = names_a_statement},
        {"a name, closed", .act = closes_a_name},
        {"a name that sets", .act = sets_by_a_name},
        {"no name", .act = no_name},
        {"no name, bound again", .act = no_name_twice},
        {"no name, and an error", .act = no_name_fails},
        {"half a pipeline", .act = half_a_pipeline, .keeps = true},
        /* Portals and cursors. */
        {"a portal, half read", .act = half_a_portal, .keeps = true},
        {"a portal in a transaction", .act = portal_in_transaction, .keeps = true},
        {"a cursor in a transaction",
                .steps = {"begin", "declare c cursor for select generate_series(1, 9)",
                        "fetch 2 c"},
                .keeps = true},
        {"a cursor, committed", .steps = {"begin", "declare c cursor for select 1", "commit"}},
        {"with hold",
                .steps = {"declare c cursor with hold for select generate_series(1, 9)",
                        "fetch 2 c"},
                .keeps = true},
        {"with hold, closed", .steps = {"declare c cursor with hold for select 1", "close c"}},
        {"with hold, rolled back",
                .steps = {"begin", "declare c cursor with hold for select 1", "rollback"}},
        {"with hold, by a function", .steps = {"select open_it()"}, .keeps = true},
        {"with hold, by Parse", .act = portal_of_a_declared_cursor, .keeps = true},
        /* Temporary objects. */
        {"temp table", .steps = {"create temp table t as select 1 as a"}, .keeps = true},
        {"temp table by INTO", .steps = {"select 1 as b into temp t"}, .keeps = true},
        {"temp table, dropped", .steps = {"create temp table t (a int)", "drop table t"}},
        {"temp table on commit drop",
                .steps = {"begin", "create temp table t (a int) on commit drop", "commit"}},
        {"temp table, delete rows",
                .steps = {"create temp table t (a int) on commit delete rows",
                        "insert into t values (1)"},
                .keeps = true},
        {"temp table, rolled back", .steps = {"begin", "create temp table t (a int)", "rollback"}},
        {"temp view", .steps = {"create temp view t as select 2 as v"}, .keeps = true},
        {"temp sequence", .steps = {"create temp sequence t", "select nextval('t')"},
                .keeps = true},
        {"temp function", .steps = {"create function pg_temp.f() returns int return 1"},
                .keeps = true},
        {"temp type", .steps = {"create type pg_temp.t as (x int)"}, .keeps = true},
        {"temp domain", .steps = {"create domain pg_temp.d as int"}, .keeps = true},
        {"a function that makes", .steps = {"select make_it()"}, .keeps = true},
        {"temp table before others",
                .steps = {"create temp table item (other text)",
                        "set search_path = public, pg_temp"},
                .keeps = true},
        /* Advisory locks. */
        {"lock", .steps = {"select pg_advisory_lock(1)"}, .keeps = true},
        {"lock, shared", .steps = {"select pg_advisory_lock_shared(1)"}, .keeps = true},
        {"lock, two keys, twice",
                .steps = {"select pg_advisory_lock(1, 2)", "select pg_advisory_lock(1, 2)"},
                .keeps = true},
        {"try lock", .act = tries_the_lock, .keeps = true},
        {"try lock, shared", .steps = {"select pg_try_advisory_lock_shared(5, 6)"}, .keeps = true},
        {"unlock", .steps = {"select pg_advisory_lock(1)", "select pg_advisory_unlock(1)"}},
        {"unlock all", .steps = {"select pg_advisory_lock(1), pg_advisory_lock_shared(2)",
                               "select pg_advisory_unlock_all()"}},
        {"lock of a transaction",
                .steps = {"begin",
                        "select pg_advisory_xact_lock(1), pg_advisory_xact_lock_shared(2)",
                        "commit"}},
        {"lock of a transaction, held",
                .steps = {"begin", "select pg_advisory_xact_lock(1)", "lock table item"},
                .keeps = true},
        {"lock, rolled back", .steps = {"begin", "select pg_advisory_lock(1)", "rollback"},
                .keeps = true},
        {"lock, behind a savepoint",
                .steps = {"begin", "savepoint s", "select pg_advisory_lock(1)", "rollback to s",
                        "commit"},
                .keeps = true},
        {"lock by a function", .steps = {"select lock_it()"}, .keeps = true},
        {"lock by a call", .act = by_function_call, .keeps = true},
        /* LISTEN. */
        {"listen", .steps = {"listen ch"}},
        {"unlisten", .steps = {"listen ch", "unlisten ch"}},
        {"unlisten *", .steps = {"listen ch", "listen ch3", "unlisten *"}},
        {"listen, rolled back", .steps = {"begin", "listen ch", "rollback"}},
        {"listen and hear", .steps = {"listen ch2", "notify ch2, 'a'", "notify ch2, 'b'"},
                .act = hears_itself, .keeps = true},
        {"notify", .steps = {"notify ch4, 'nobody'", "select pg_notify('ch4', 'nobody')"}},
        /* What only the end of the process takes away. */
        {"load", .steps = {"load 'auto_explain'"}, .keeps = true},
        {"load, and set", .steps = {"load 'auto_explain'", "set auto_explain.log_min_duration = 5"},
                .keeps = true},
        {"setseed", .steps = {"select setseed(0.25)"}, .keeps = true},
        {"replication origin", .act = takes_the_origin, .keeps = true},
        /* Sequences. */
        {"setval, currval", .steps = {"select setval('seq', 41)", "select currval('seq')"},
                .keeps = true},
        {"nextval", .steps = {"select setval('seq', 7, false)", "select nextval('seq')"},
                .keeps = true},
        {"insert, lastval",
                .steps = {"select setval('seq2', 7, false)",
                        "insert into serial_item (name) values ('x')"},
                .keeps = true},
        {"discard sequences", .steps = {"select setval('seq', 41)", "discard sequences"},
                .keeps = true},
        /* Large objects. */
        {"lo_open in a transaction", .steps = {"begin", "select lo_open(4711, 131072)"},
                .keeps = true},
        {"lo_open, committed", .steps = {"begin", "select lo_open(4711, 131072)", "commit"},
                .rests = true},
        {"lo_open outside", .steps = {"select lo_open(4711, 131072)"}, .rests = true},
        /* Two phases. */
        {"prepare transaction",
                .steps = {"begin", "set work_mem = '9MB'", "insert into item values (2)",
                        "prepare transaction 'two phases'"},
                .after = "rollback prepared 'two phases'", .keeps = true},
        {"rollback prepared",
                .steps = {"begin", "set app.a = 'two'", "prepare transaction 'two phases'",
                        "rollback prepared 'two phases'"}},
        {"prepare transaction, refused",
                .steps = {"begin", "create temp table t (a int)", "prepare transaction 'no'"}},
        /* Transactions in every state. */
        {"in a transaction", .steps = {"begin", "insert into item values (3)"}, .keeps = true},
        {"in a transaction that sets",
                .steps = {"begin", "set work_mem = '9MB'", "set local role joe", "set app.a = 'in'",
                        "set time zone 'UTC+5'"},
                .keeps = true},
        {"in a failed transaction", .steps = {"begin", "set work_mem = '9MB'", "select 1/0"},
                .keeps = true},
        {"behind a savepoint", .steps = {"begin", "savepoint s", "set role joe", "savepoint s"},
                .keeps = true},
        {"a failed one, rolled back", .steps = {"begin", "select 1/0", "rollback"}},
        {"deferred constraints", .steps = {"begin", "set constraints all deferred"}, .keeps = true},
        {"a snapshot",
                .steps = {"begin isolation level repeatable read",
                        "select length(pg_export_snapshot()) > 0"},
                .keeps = true},
        /* COPY, cancels, notices, messages by halves. */
        {"copy in", .act = copy_in, .keeps = true},
        {"copy out", .act = copy_out, .keeps = true},
        {"a cancel that hits", .act = is_cancelled, .keeps = true},
        {"a cancel of nothing", .act = cancels_nothing, .keeps = true},
        {"asked, and gone", .act = asks_and_goes, .keeps = true},
        {"notices", .steps = {"do $$begin raise notice 'heard'; raise warning 'too'; end$$"},
                .keeps = true},
        {"messages of debug",
                .steps = {"set client_min_messages = debug1", "set log_min_messages = fatal"}},
        /* DISCARD. */
        {"discard all",
                .steps = {"set work_mem = '5MB'", "create temp table t (a int)",
                        "prepare p as select 1", "select pg_advisory_lock(1)",
                        "declare c cursor with hold for select 1", "listen ch", "discard all"}},
        {"discard all in a transaction", .steps = {"begin", "discard all", "rollback"}},
        {"discard in between", .steps = {"set work_mem = '5MB'", "discard all",
                                       "set work_mem = '6MB'", "prepare p as select 3"}},
        {"discard temp", .steps = {"create temp table t (a int)", "discard temp"}},
        {"discard plans", .steps = {"prepare p as select 4", "discard plans"}},
};

const size_t leak_kind_count = CASE_COUNT(leak_kinds);

void leak_leave(const struct leak_kind *kind, struct talk *talk)
{
    for (size_t i = 0; i < LEAK_STEPS_MAX && kind->steps[i] != NULL; i++) {
        talk_query(talk, kind->steps[i]);
    }
    if (kind->act != NULL) {
        kind->act(talk);
    }
}
