/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_session_state.c - what a client has set is there on whichever server comes next,
 * and what lives on a server keeps its client there until it is gone.
 *
 * Another client in a transaction has the server that a client had last, so that the next is
 * another; pg_backend_pid() says so.
 */
#include "tests/e2e/session_state_counted.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ini[] =
        "[databases]\n"
        "two = " AT_POSTGRES " pool_mode=transaction pool_size=2\n"
        "many = " AT_POSTGRES " pool_mode=transaction pool_size=8\n"
        "ready = " AT_POSTGRES " pool_mode=transaction pool_size=2 min_pool_size=2\n"
        "one = " AT_POSTGRES " pool_mode=transaction pool_size=1\n" INI_MAIN "shared_listen = 0\n"
        "server_round_robin = 1\n";

static int start(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice, ini);
    return 0;
}

static int start_filled_cluster(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, "create role joe; create role jim; create role one login");
    return 0;
}

static int pid_of(PGconn *conn)
{
    return atoi(query_text(conn, "select pg_backend_pid()"));
}

/* One that is kept for somebody is given when there is no other: somebody else has that meanwhile. */
static bool begins_on(PGconn *other, int pid, PGconn *beside)
{
    if (beside != NULL) {
        query_expect(beside, "begin", "BEGIN");
    }
    query_expect(other, "begin", "BEGIN");
    bool is_there = pid_of(other) == pid;
    if (beside != NULL) {
        query_expect(beside, "rollback", "ROLLBACK");
    }
    return is_there;
}

/* The client's next transaction is on another server than `pid`: `other` has that, as soon as it is
 * free: it may be asked first for catalogues, or for what its client left there. */
static void occupy(PGconn *other, int pid)
{
    PGconn *beside = open_as("postgres", "two");
    long end = proc_now_ms() + SOON_MS;

    for (int i = 0; !begins_on(other, pid, i % 2 == 0 ? NULL : beside); i++) {
        assert_in_range(proc_now_ms(), 0, end);
        query_expect(other, "rollback", "ROLLBACK");
    }
    PQfinish(beside);
}

static const struct kept {
    const char *set;
    const char *show;
} kept[] = {
        {"set work_mem = '5MB'", "show work_mem"},
        {"set search_path = '', \"b c\", 'it''s', \"qu\"\"ote\"", "show search_path"},
        {"set bytea_output = escape", "show bytea_output"},
        {"set statement_timeout = '61s'", "show statement_timeout"},
        {"set enable_sort = off", "show enable_sort"},
        {"set app.tenant = E'a ''quote'', a \\\\ and a \\t'", "show app.tenant"},
        {"set app.tenant = 'gr\xc3\xbc\xc3\x9f'", "show app.tenant"},
        {"set app.tenant = 'gr\xc3\xbc\xc3\x9f'; set names 'latin1'", "show app.tenant"},
        {"do $$begin perform set_config('app.tenant', repeat('0123456789', 1024), false); end$$; "
         "set work_mem = '6MB'",
                "select md5(current_setting('app.tenant'))"},
        {"set time zone 'Asia/Tokyo'", "show timezone"},
        {"set time zone interval '+02:30' hour to minute", "show timezone"},
        {"set names 'latin1'", "show client_encoding"},
        {"set role joe", "select current_user, session_user, current_setting('role')"},
        {"set session authorization joe", "select current_user, session_user"},
        {"select set_config('work_mem', '7MB', false)", "show work_mem"},
        {"set session characteristics as transaction isolation level serializable",
                "show transaction_isolation"},
        {"begin; set work_mem = '8MB'; savepoint s; set work_mem = '9MB'; rollback to s; commit",
                "show work_mem"},
        {"begin; set work_mem = '8MB'; savepoint s; set work_mem = '9MB'; release s; commit",
                "show work_mem"},
        {"set work_mem = '8MB'; begin; set work_mem = '9MB'; rollback", "show work_mem"},
        {"set work_mem = '8MB'; begin; set local work_mem = '9MB'; commit", "show work_mem"},
        {"set work_mem = '8MB'; reset work_mem", "show work_mem"},
        {"set work_mem = '8MB'; reset all", "show work_mem"},
};

/* A direct session says what is to be seen; who comes to the same servers sees what a new one does. */
static void check_kept(const struct kept *it)
{
    PGconn *direct = open_direct();
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    char fresh[64] = "";

    if (strstr(it->show, "app.") == NULL) {
        snprintf(fresh, sizeof fresh, "%s", query_text(direct, it->show));
    }
    query_text(direct, it->set);
    query_text(one, it->set);
    char *want = strdup(query_text(direct, it->show));
    int before = pid_of(one);
    occupy(other, before);
    const char *got = query_text(one, it->show);
    if (strcmp(got, want) != 0) {
        fail_msg("%s\n  gave      %s\n  expected  %s", it->set, got, want);
    }
    int after = pid_of(one);
    assert_int_not_equal(after, before);
    query_expect(other, "rollback", "ROLLBACK");
    for (int i = 0; i < 2; i++) {
        occupy(other, i == 0 ? before : after);
        if (strstr(it->show, "app.") == NULL) {
            query_expect(other, it->show, fresh);
        } else {
            query_expect(other, "select coalesce(current_setting('app.tenant', true), '')", "");
        }
        query_expect(other, "rollback", "ROLLBACK");
    }
    free(want);
    PQfinish(other);
    PQfinish(one);
    PQfinish(direct);
}

static void what_is_set_follows_its_client(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(kept); i++) {
        check_kept(&kept[i]);
    }
}

static const struct pin {
    const char *leave;
    const char *works; /* NULL: nothing to show */
    const char *gone;
} pins[] = {
        {"create temp table t as select 1 as n", "select n from t", "drop table t"},
        {"create temp view v as select 1 as n", "select n from v", "discard all"},
        {"create temp sequence q", "select nextval('q')", "drop sequence q"},
        {"create function pg_temp.f() returns int return 1", "select pg_temp.f()",
                "drop function pg_temp.f()"},
        {"create type pg_temp.e as enum ('1')", "select '1'::pg_temp.e", "drop type pg_temp.e"},
        {"select pg_advisory_lock(1)", NULL, "select pg_advisory_unlock(1)"},
        {"select pg_advisory_lock_shared(1)", NULL, "select pg_advisory_unlock_all()"},
        {"declare c cursor with hold for select 1", "fetch c", "close c"},
        {"listen x", NULL, "unlisten x"},
};

static void check_pin(const struct pin *pin)
{
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");

    query_text(one, pin->leave);
    int pid = pid_of(one);
    assert_int_equal(PQsendQuery(other, "select 5"), 1);
    assert_int_equal(pid_of(one), pid);
    if (pin->works != NULL) {
        query_expect(one, pin->works, "1");
    }
    assert_false(query_is_answered(other, 20)); /* another's turn it is not yet, or a pin is none */
    query_text(one, pin->gone);
    soon_answered(other, "5");
    while (PQgetResult(other) != NULL) {
    }
    query_text(one, pin->leave); /* and vanishes */
    PQfinish(one);
    query_expect(other,
            "select (select count(*) from pg_class where relnamespace = pg_my_temp_schema()), "
            "(select count(*) from pg_locks where locktype = 'advisory' and "
            "pid = pg_backend_pid()), "
            "(select count(*) from pg_cursors where is_holdable), "
            "(select count(*) from pg_listening_channels())",
            "0|0|0|0");
    PQfinish(other);
}

static void what_lives_on_a_server_keeps_its_client_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(pins); i++) {
        check_pin(&pins[i]);
    }
}

/* Of a process: its client keeps it, and nobody has it after that one. */
static void check_process(const char *leave, const char *show)
{
    PGconn *direct = open_direct();
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");

    query_text(direct, leave);
    query_text(one, leave);
    int pid = pid_of(one);
    assert_int_equal(PQsendQuery(other, "select pg_backend_pid()"), 1);
    assert_int_equal(pid_of(one), pid);
    char *want = strdup(query_text(direct, show));
    query_expect(one, show, want);
    query_text(one, "discard all");
    assert_int_equal(pid_of(one), pid);
    assert_false(query_is_answered(other, 20));
    PQfinish(one);
    PGresult *result = PQgetResult(other);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_int_not_equal(atoi(PQgetvalue(result, 0, 0)), pid);
    PQclear(result);
    free(want);
    PQfinish(other);
    PQfinish(direct);
}

static void what_nothing_takes_away_ends_with_its_server(void **state)
{
    (void)state;
    check_process("load 'auto_explain'", "show auto_explain.log_min_duration");
    check_process("select setseed(0.25)", "select random()");
}

/* All servers of that database, and free. */
static void open_many(void)
{
    PGconn *holders[8];

    for (size_t i = 0; i < CASE_COUNT(holders); i++) {
        holders[i] = open_as("postgres", "many");
        query_expect(holders[i], "begin", "BEGIN");
    }
    for (size_t i = 0; i < CASE_COUNT(holders); i++) {
        query_expect(holders[i], "commit", "COMMIT");
        PQfinish(holders[i]);
    }
    console_await("SHOW POOLS", "database", "many", "sv_idle", "8");
}

/* There is always another for who does not, also while some are asked for catalogues. */
static void what_sequences_gave_last_is_kept_for_who_asks(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create table counted (id serial)");
    open_many();
    PGconn *one = open_as("postgres", "many");
    PGconn *other = open_as("postgres", "many");
    query_expect_start(
            one, "select lastval()", "ERROR "); /* from now on it is known that one asks */
    query_expect(one, "insert into counted default values", "INSERT 0 1");
    for (int i = 0; i < 3; i++) {
        query_expect(other, "insert into counted default values", "INSERT 0 1");
        query_expect(one, "select lastval(), currval('counted_id_seq')", "1|1");
    }
    query_expect(other, "select lastval()", "4");
    query_expect(one, "discard sequences", "DISCARD SEQUENCES");
    query_expect_start(one, "select lastval()", "ERROR ");
    query_expect(other, "select lastval()", "4");
    PQfinish(other);
    PQfinish(one);
}

/* Nobody is pinned any more: who might have asked has rested. */
static void let_rest(void)
{
    PGconn *console = open_console();

    soon_query(console, "SHOW PINS", "");
    PQfinish(console);
}

/* Rather no answer than one of before, and rather an error of ours than another's number. */
static void what_a_sequence_gave_before_is_not_given_for_the_last(void **state)
{
    static const char gone[] = "ERROR 55000: currval() and lastval() are not known any more";

    (void)state;
    cluster_sql(&cluster, "create table twice (id serial)");
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect(one, "begin", "BEGIN");
    int pid = pid_of(one);
    query_expect(one, "insert into twice default values", "INSERT 0 1");
    query_expect(one, "commit", "COMMIT");
    let_rest();
    occupy(other, pid);
    query_expect(one, "insert into twice default values", "INSERT 0 1");
    int next = pid_of(one);
    assert_int_not_equal(next, pid);
    query_expect(other, "rollback", "ROLLBACK");
    let_rest();
    occupy(other, next);
    query_expect(other, "insert into twice default values", "INSERT 0 1");
    query_expect_start(one, "select currval('twice_id_seq')", gone);
    const char *const none[] = {NULL};
    assert_memory_equal(query_params(one, "select lastval()", 0, none), gone, sizeof gone - 1);
    query_expect(one, "begin", "BEGIN");
    query_expect_start(one, "select lastval()", gone);
    query_expect_start(one, "select 1", "ERROR 25P02"); /* it has failed on the server, too */
    query_expect(one, "rollback", "ROLLBACK");
    query_expect(other, "rollback", "ROLLBACK");
    query_expect(one, "insert into twice default values", "INSERT 0 1");
    query_expect(one, "select currval('twice_id_seq')", "4");
    PQfinish(other);
    PQfinish(one);
}

/* None that a client before has taken, nor one that a trigger has. */
static void nobody_is_told_what_a_sequence_gave_another(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create table taken (id serial); create table plain (n int);"
                          "create table watched (n int); insert into watched values (1);"
                          "create function take() returns trigger language plpgsql as "
                          "$$begin insert into taken default values; return new; end$$;"
                          "create trigger take after update on watched "
                          "for each row execute function take()");
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "insert into taken default values", "INSERT 0 1");
    query_expect(other, "begin", "BEGIN");
    query_expect_start(other, "select lastval()", "ERROR 55000: lastval is not yet");
    query_expect(other, "rollback", "ROLLBACK");
    query_expect(one, "insert into taken default values", "INSERT 0 1");
    query_expect(other, "insert into plain values (1)", "INSERT 0 1");
    query_expect_start(other, "select lastval()", "ERROR 55000: lastval is not yet");
    query_expect_start(other, "select currval('taken_id_seq')", "ERROR 55000");
    query_expect(one, "insert into taken default values", "INSERT 0 1");
    let_rest();
    query_expect(other, "update watched set n = 2", "UPDATE 1");
    query_expect_start(one, "select lastval()", "ERROR 55000: currval() and lastval()");
    PQfinish(other);
    PQfinish(one);
}

static void expect_params(PGconn *conn, const char *sql, const char *expected)
{
    PGresult *result = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0);
    const char *got = PQresultStatus(result) == PGRES_TUPLES_OK    ? PQgetvalue(result, 0, 0)
                      : PQresultStatus(result) == PGRES_COMMAND_OK ? PQcmdStatus(result)
                                                                   : PQresultErrorMessage(result);

    if (strncmp(got, expected, strlen(expected)) != 0) {
        fail_msg("%s\n  gave      %s\n  expected  %s", sql, got, expected);
    }
    PQclear(result);
}

/* One's Parse is refused: what it binds is not its INSERT, and the next time it is told. */
static void who_was_late_is_told_the_next_time(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create table again (id serial)");
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    expect_params(one, "insert into again default values", "INSERT 0 1");
    let_rest();
    query_expect(other, "insert into again default values", "INSERT 0 1");
    let_rest();
    expect_params(one, "select lastval()", "ERROR");
    for (int i = 3; i < 7; i += 2) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        expect_params(one, "insert into again default values", "INSERT 0 1");
        expect_params(one, "select lastval()", number);
        query_expect(
                other, "insert into again default values", "INSERT 0 1"); /* it does not hang */
    }
    PQfinish(other);
    PQfinish(one);
}

/* As long as nobody else takes a value on its server, a client that comes late is given that. */
static void check_who_may_still_ask(const char *set, const char *tag)
{
    cluster_sql(&cluster, "drop table if exists late; create table late (id serial)");
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    PGconn *third = open_as("postgres", "two");
    query_expect(one, set, tag);
    query_expect(third, "set enable_sort = off", "SET");
    query_expect(one, "begin; insert into late default values", "BEGIN\nINSERT 0 1");
    int pid = pid_of(one);
    query_expect(one, "commit", "COMMIT");
    let_rest();
    occupy(other, pid);
    query_expect(third, "select 1", "1");
    assert_int_equal(PQsendQuery(one, "select lastval()"), 1);
    assert_false(query_is_answered(one, 20));
    query_expect(other, "commit", "COMMIT");
    soon_answered(one, "1");
    for (int i = 0; i < 5; i++) {
        let_rest();
        query_expect(other, "select 1", "1");
        query_expect(one, "begin; select lastval()", "BEGIN\n1");
        query_expect(one, "commit", "COMMIT");
    }
    PQfinish(third);
    PQfinish(other);
    PQfinish(one);
}

static void a_server_is_kept_for_who_may_still_ask(void **state)
{
    (void)state;
    check_who_may_still_ask("begin; end", "BEGIN\nCOMMIT");
}

/* The server that it is given meanwhile is cleaned and set up for it first. */
static void so_is_one_for_who_has_settings(void **state)
{
    (void)state;
    check_who_may_still_ask("set work_mem = '3MB'", "SET");
}

/* So is one whose statement nobody has asked behind for long, while others have its server. */
static void who_seldom_asks_waits_for_its_server(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create table seldom (id serial)");
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect_start(one, "select lastval()", "ERROR ");
    for (int i = 1; i < 40; i++) { /* it is not kept for it any more */
        query_expect(one, "begin; insert into seldom default values", "BEGIN\nINSERT 0 1");
        query_expect(one, "commit", "COMMIT");
    }
    let_rest();
    int pid = pid_of(one);
    occupy(other, pid);
    query_expect(one, "begin; insert into seldom default values", "BEGIN\nINSERT 0 1");
    int next = pid_of(one);
    assert_int_not_equal(next, pid);
    query_expect(one, "commit", "COMMIT");
    query_expect(other, "rollback", "ROLLBACK");
    occupy(other, next);
    assert_int_equal(PQsendQuery(one, "select lastval()"), 1);
    assert_false(query_is_answered(one, 20));
    query_expect(other, "commit", "COMMIT");
    soon_answered(one, "40");
    PQfinish(other);
    PQfinish(one);
}

enum { ASKERS = 12, QUESTIONS = 20, TEXT_MAX = 256 };

struct asker {
    pthread_t thread;
    PGconn *conn;
    int number;
    int right;
    int late; /* it had rested for longer than its server is kept, on a busy machine */
    bool is_extended;
    char wrong[TEXT_MAX]; /* the first that it was told and is not so */
};

/* query.h is for one thread. */
static void tell(struct asker *asker, const char *sql, char text[static TEXT_MAX])
{
    PGresult *result = asker->is_extended
                               ? PQexecParams(asker->conn, sql, 0, NULL, NULL, NULL, NULL, 0)
                               : PQexec(asker->conn, sql);

    snprintf(text, TEXT_MAX, "%s",
            PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : PQresultErrorMessage(result));
    PQclear(result);
}

static void ask(struct asker *asker, int round)
{
    char sql[TEXT_MAX];
    char got[TEXT_MAX];
    char expected[TEXT_MAX];

    snprintf(sql, sizeof sql, "insert into asked (who, n) values (%d, %d)", asker->number, round);
    tell(asker, sql, got);
    tell(asker, "select lastval()", got);
    snprintf(sql, sizeof sql, "select id from asked where who = %d and n = %d", asker->number,
            round);
    tell(asker, sql, expected);
    if (strcmp(got, expected) == 0) {
        asker->right++;
    } else if (strstr(got, "not known any more") != NULL) {
        asker->late++;
    } else if (asker->wrong[0] == '\0') {
        memcpy(asker->wrong, got, sizeof got);
    }
}

static void *ask_on(void *self)
{
    struct asker *asker = self;

    for (int i = 0; i < QUESTIONS; i++) {
        ask(asker, i);
    }
    return NULL;
}

/* As PDO's lastInsertId(): each in a transaction of its own, and more clients than servers. */
static void who_inserts_is_told_its_number(void **state)
{
    struct asker askers[ASKERS] = {0};
    int late = 0;

    (void)state;
    cluster_sql(&cluster, "create table asked (id serial, who int, n int)");
    for (int i = 0; i < ASKERS; i++) {
        askers[i].conn = open_as("postgres", "two");
        askers[i].number = i;
        askers[i].is_extended = i % 2 == 0;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_on, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
    }
    for (int i = 0; i < ASKERS; i++) {
        late += askers[i].late;
        if (askers[i].right + askers[i].late != QUESTIONS) {
            fail_msg("client %d: %d right, not: %s", i, askers[i].right, askers[i].wrong);
        }
        PQfinish(askers[i].conn);
    }
    assert_in_range(late, 0, ASKERS); /* of ASKERS * QUESTIONS; without a rest it is none */
}

static void make_temporary(PGconn *conn)
{
    query_expect(conn, "create temp table passing as select 1 as n", "SELECT 1");
    query_expect(conn, "drop table passing", "DROP TABLE");
    let_rest();
}

/* A server where there have been some is not as new, to those who may see it. */
static void temporary_objects_of_another_do_not_show(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    make_temporary(one);
    int pid = pid_of(one);
    assert_int_equal(pid_of(other), pid); /* not to them */
    long closed = console_listed("servers_not_as_new");
    query_expect(other, "select pg_my_temp_schema()", "0");
    assert_int_not_equal(pid_of(other), pid);
    assert_int_equal(console_listed("servers_not_as_new"), closed + 1);
    make_temporary(one);
    query_expect(other, "begin", "BEGIN");
    query_expect(other, "rollback", "ROLLBACK");
    query_expect(one, "set search_path = pg_temp", "SET"); /* its own is nothing new to it */
    make_temporary(one);
    soon_query(other, "set temp_buffers = '2MB'", "SET"); /* not more often than so often */
    make_temporary(one);
    query_expect(other, "show temp_buffers", "2MB");
    query_expect(other, "select 1", "1");
    PQfinish(other);
    PQfinish(one);
}

/* Whose sequences have given it something there had rather have that. */
static void a_temporary_schema_costs_nobody_its_currval(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create sequence beside");
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    make_temporary(one);
    query_expect(other, "select nextval('beside')", "1");
    let_rest();
    query_text(other, "select pg_my_temp_schema()");
    query_expect(other, "select currval('beside')", "1");
    PQfinish(other);
    PQfinish(one);
}

/* A name that is refused where a library is loaded is not, until the client has loaded it itself. */
static void what_a_library_refuses_is_taken_where_none_is(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    for (int i = 0; i < 4; i++) { /* on both servers */
        query_expect(other, "do $$begin perform 1; end$$", "DO");
        query_expect(one, "select 1", "1");
    }
    query_expect(one, "set plpgsql.nothing = 'x'", "SET");
    for (int i = 0; i < 4; i++) {
        query_expect(other, "do $$begin perform 1; end$$", "DO");
        query_expect(one, "show plpgsql.nothing", "x");
    }
    query_expect(one, "load 'plpgsql'", "LOAD");
    query_expect_start(one, "show plpgsql.nothing", "ERROR 42704");
    query_expect_start(one, "set plpgsql.nothing = 'x'", "ERROR 42602");
    PQfinish(other);
    PQfinish(one);
}

/* However many come for such a server, one behind the other. */
static void each_has_a_server_where_no_library_is(void **state)
{
    (void)state;
    PGconn *other = open_as("postgres", "two");
    for (int i = 0; i < 20; i++) {
        PGconn *one = open_as("postgres", "two");
        query_expect(other, "do $$begin perform 1; end$$", "DO");
        query_expect(one, "set plpgsql.nothing = 'x'", "SET");
        query_expect(other, "do $$begin perform 1; end$$", "DO");
        query_expect(one, "show plpgsql.nothing", "x");
        PQfinish(one);
    }
    PQfinish(other);
}

/* It is known what was asked for, though PostgreSQL takes no such name; and what stands behind it by chance. */
static void a_name_in_quotes_keeps_nobody(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "two");
    query_expect_start(one, "set app.\"bad-name\" = 'x'", "ERROR 42602");
    query_expect_start(one, "set session \"weird app\".\"n/a me\" to 'x'", "ERROR 42602");
    query_expect(one, "set app.\"Good\" = 'y'", "SET");
    query_expect(one, "select 'set \"', set_config('app.behind', 'z', false)", "set \"|z");
    for (int i = 0; i < 4; i++) {
        query_expect(
                one, "select current_setting('app.good'), current_setting('app.behind')", "y|z");
    }
    assert_null(console_value("SHOW PINS", "user", "postgres", "reasons"));
    PQfinish(one);
}

/* Who only might ask does not keep a server for good, or a pool had soon none left. */
static void who_does_not_ask_lets_go(void **state)
{
    PGconn *some[4];

    (void)state;
    cluster_sql(&cluster, "create table inserted (id serial)");
    PGconn *one = open_as("postgres", "two");
    query_expect_start(one, "select lastval()", "ERROR ");
    PQfinish(one);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < CASE_COUNT(some); i++) {
            some[i] = round == 0 ? open_as("postgres", "two") : some[i];
            query_expect(some[i], "insert into inserted default values", "INSERT 0 1");
        }
    }
    for (size_t i = 0; i < CASE_COUNT(some); i++) {
        for (int n = 0; n < 40; n++) {
            query_expect(some[i], "begin", "BEGIN");
            query_expect(some[i], "insert into inserted default values", "INSERT 0 1");
            query_expect(some[i], "commit", "COMMIT");
        }
    }
    assert_null(console_value("SHOW PINS", "user", "postgres", "reasons"));
    for (size_t i = 0; i < CASE_COUNT(some); i++) {
        PQfinish(some[i]);
    }
}

/* The process that a notification is from is the one that its client was told of. */
static void a_notification_says_whose_it_is(void **state)
{
    static const char *const ways[] = {"notify heard", "select pg_notify('heard', '')",
            "insert into noted values (1)", "delete from noted", "do $$begin notify heard; end$$"};

    (void)state;
    cluster_sql(&cluster,
            "create table noted (n int); "
            "create function note() returns trigger language plpgsql as "
            "$$begin notify heard; return null; end$$; "
            "create trigger t after insert or delete on noted execute function note()");
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect(one, "listen heard", "LISTEN");
    for (size_t i = 0; i < CASE_COUNT(ways); i++) {
        PGconn *from = i % 2 == 0 ? other : one;
        query_text(from, ways[i]);
        PGnotify *heard = NULL;
        while ((heard = PQnotifies(one)) == NULL) {
            query_expect(one, "select 1", "1");
        }
        if (heard->be_pid != PQbackendPID(from)) {
            fail_msg("%s: %d, not %d", ways[i], heard->be_pid, PQbackendPID(from));
        }
        PQfreemem(heard);
    }
    PQfinish(other);
    PQfinish(one);
}

/* What is prepared for two-phase commit lives on no session. */
static void a_prepared_transaction_is_committed_anywhere(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect(one, "begin", "BEGIN");
    int pid = pid_of(one);
    query_text(one, "create table two_phase (n int)");
    query_expect(one, "prepare transaction 'x'", "PREPARE TRANSACTION");
    occupy(other, pid);
    query_expect(one, "commit prepared 'x'", "COMMIT PREPARED");
    query_expect(one, "select count(*) from two_phase", "0");
    query_expect(other, "rollback", "ROLLBACK");
    PQfinish(other);
    PQfinish(one);
}

/* What cannot be set again is said, and what was sent behind it is not carried out. */
static void a_role_that_is_gone_is_said(void **state)
{
    (void)state;
    cluster_sql(
            &cluster, "create role gone; create table done (n int); grant all on done to public");
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "set role gone", "SET");
    query_expect(other, "select 1", "1");
    cluster_sql(&cluster, "drop role gone");
    query_expect_start(one, "insert into done values (1)", "ERROR ");
    assert_int_equal(PQstatus(one), CONNECTION_BAD);
    query_expect(other, "select count(*) from done", "0");
    query_expect(other, "select current_user", "postgres");
    PQfinish(other);
    PQfinish(one);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(what_is_set_follows_its_client),
            CASE(what_lives_on_a_server_keeps_its_client_there),
            CASE(what_nothing_takes_away_ends_with_its_server),
            CASE(what_sequences_gave_last_is_kept_for_who_asks),
            CASE(what_a_sequence_gave_before_is_not_given_for_the_last),
            CASE(nobody_is_told_what_a_sequence_gave_another),
            CASE(who_was_late_is_told_the_next_time),
            CASE(a_server_is_kept_for_who_may_still_ask),
            CASE(so_is_one_for_who_has_settings),
            CASE(who_seldom_asks_waits_for_its_server),
            CASE(who_inserts_is_told_its_number),
            CASE(temporary_objects_of_another_do_not_show),
            CASE(a_temporary_schema_costs_nobody_its_currval),
            CASE(what_a_library_refuses_is_taken_where_none_is),
            CASE(each_has_a_server_where_no_library_is),
            CASE(a_name_in_quotes_keeps_nobody),
            CASE(who_looks_at_statistics_closely_keeps_its_server),
            CASE(who_looks_at_statistics_closely_is_a_session_of_its_own),
            CASE(nor_is_a_server_that_stood_ready_its_session),
            CASE(nor_is_one_that_is_set_up_for_it),
            CASE(who_does_not_ask_lets_go),
            CASE(a_notification_says_whose_it_is),
            CASE(a_prepared_transaction_is_committed_anywhere),
            CASE(a_role_that_is_gone_is_said),
    };

    return case_run(cases, CASE_COUNT(cases), start_filled_cluster, stop_cluster);
}
