/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_blocks.h"

#include "protocol/base/check.h"
#include "tests/e2e/answers_base.h"
#include "tests/e2e/answers_wire.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TELL "select sum(n) from t"
#define COMMITTED "begin isolation level read committed"

/* What a shape is is known when it has been asked for a few times. */
enum { KNOWN_AFTER = 4 };

/* Whether it is answered from memory right behind that; the block is over then. */
static bool is_hit_behind(PGconn *conn, const char *begin, const char *what)
{
    do_sql(conn, begin);
    if (what != NULL) {
        query_text(conn, what);
    }
    bool is_so = is_hit(conn, TELL);
    query_text(conn, "rollback");
    return is_so;
}

/* Until it is; what begins it, and what is kept, becomes known meanwhile. */
static void soon_behind(PGconn *conn, const char *begin, const char *what)
{
    long until = proc_now_ms() + SOON_MS;

    while (!is_hit_behind(conn, begin, what)) {
        if (proc_now_ms() > until) {
            console_print_counts();
            fail_msg("never answered from memory behind %s; %s", begin, what == NULL ? "" : what);
        }
        proc_pause_ms(25);
    }
}

/* What is not known yet may write anything, until its block ends. */
static void learn(PGconn *conn, const char *begin, const char *what)
{
    for (int i = 0; i < KNOWN_AFTER; i++) {
        do_sql(conn, begin);
        query_text(conn, what);
        query_text(conn, "rollback");
        warm(conn, TELL);
    }
}

/* Though it could be known by now, and what is asked is kept. */
static void never_behind(PGconn *conn, const char *begin, const char *what)
{
    for (int i = 0; i < KNOWN_AFTER; i++) {
        warm(conn, TELL);
        if (is_hit_behind(conn, begin, what)) {
            fail_msg("answered from memory behind %s; %s", begin, what == NULL ? "" : what);
        }
    }
}

/* ---- which ---- */

void blocks_that_only_read_are_answered(void **state)
{
    static const char *const clean[] = {"begin", "BEGIN WORK", "start transaction",
            "begin read only", "begin transaction read write, not deferrable", COMMITTED,
            "start transaction isolation level read committed, read only"};
    static const char *const others[] = {"begin isolation level repeatable read",
            "begin isolation level serializable", "begin isolation level read uncommitted",
            "start transaction isolation level serializable, read only, deferrable",
            "begin isolation level read committed, isolation level repeatable read",
            "begin; select 1"};

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    warm(conn, TELL);
    for (size_t i = 0; i < CASE_COUNT(clean); i++) {
        soon_behind(conn, clean[i], NULL);
    }
    for (size_t i = 0; i < CASE_COUNT(others); i++) {
        never_behind(conn, others[i], NULL);
    }
    learn(conn, "begin", "commit");
    soon_behind(conn, "begin", NULL);
    /* As a driver that begins a block of its own for each statement. */
    long before = hits();
    for (int i = 0; i < 10; i++) {
        do_sql(conn, "BEGIN");
        assert_true(is_true(conn, TELL));
        assert_int_equal(PQtransactionStatus(conn), PQTRANS_INTRANS);
        do_sql(conn, "COMMIT");
        assert_int_equal(PQtransactionStatus(conn), PQTRANS_IDLE);
    }
    assert_int_equal(hits(), before + 10);
    PQfinish(conn);
}

/* ---- until when ---- */

static const char *const harmless[] = {"select 1", "savepoint s", "show datestyle",
        "show transaction isolation level", "-- nothing", "values (1)",
        "select n from t where id = 3", "select count(*) from u"};

/* Whatever it is: behind it PostgreSQL is asked. Each leaves nothing behind a rollback. */
static const char *const harmful[] = {"update t set n = n + 1 where id = 9",
        "update u set n = n where id = 1", "insert into log (what) values ('block')",
        "delete from t where id = -5", "select by_plpgsql()", "do $$begin end$$", "call by_call()",
        "select nextval('log_id_seq')", "select now()", "select random()",
        "select count(*) from pg_class", "select id from t where id = 1 for update",
        "select id from t where id = 1 for key share", "lock table u in share mode",
        "select pg_advisory_xact_lock(5)", "set local work_mem = '1MB'",
        "set local search_path = pg_catalog", "set application_name = 'x'", "reset work_mem",
        "select set_config('work_mem', '1MB', true)", "set transaction read only",
        "set constraints all deferred", "set local role one", "set role one",
        "create temp table mine (n int)", "create table fresh (n int)", "truncate aside",
        "declare c cursor for select 1", "prepare p1 as select 1", "listen x", "notify x",
        "explain select 1", "copy (select 1) to '/dev/null'", "select nothing from nowhere",
        "select 1 / 0", "begin", "commit and chain", "rollback and chain", "deallocate all",
        "select 1; select 2", "comment on table t is 'x'"};

/* Whether an answer is looked for, be there one or not. */
static bool is_looked_for(PGconn *conn)
{
    long before = counted("bypassed", "transaction");

    query_text(conn, TELL);
    return counted("bypassed", "transaction") == before;
}

/* In one in which answers are looked for. */
static void enter_block(PGconn *conn)
{
    long until = proc_now_ms() + SOON_MS;

    do_sql(conn, COMMITTED);
    while (!is_looked_for(
            conn)) { /* what was done last may have changed the schema: it is asked for */
        assert_true(proc_now_ms() < until);
        do_sql(conn, "rollback");
        proc_pause_ms(25);
        do_sql(conn, COMMITTED);
    }
}

static bool keeps(PGconn *conn, const char *what)
{
    enter_block(conn);
    query_text(conn, what);
    bool is_so = is_looked_for(conn);
    query_text(conn, "rollback");
    return is_so;
}

void what_may_change_a_block_ends_its_answers(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    warm(conn, TELL);
    for (size_t i = 0; i < CASE_COUNT(harmless); i++) {
        for (long until = proc_now_ms() + SOON_MS; !keeps(conn, harmless[i]);) {
            if (proc_now_ms() > until) {
                fail_msg("not answered behind %s", harmless[i]);
            }
            proc_pause_ms(25);
        }
    }
    for (size_t i = 0; i < CASE_COUNT(harmful); i++) {
        for (int turn = 0; turn < KNOWN_AFTER; turn++) {
            if (keeps(conn, harmful[i])) {
                fail_msg("answered behind %s", harmful[i]);
            }
            query_text(conn, "deallocate all");
            query_text(conn, "unlisten *");
            query_text(conn, "reset application_name");
        }
    }
    /* A function by its number. */
    int result = 0;
    int len = 0;
    enter_block(conn);
    PQclear(PQfn(conn, 2026 /* pg_backend_pid */, &result, &len, 1, NULL, 0));
    assert_false(is_looked_for(conn));
    do_sql(conn, "rollback");
    PQfinish(conn);
}

/* Savepoints as they are used: what was undone was never there, and what failed ends it. */
static void ask_with_savepoints(PGconn *conn)
{
    do_sql(conn, COMMITTED);
    for (int i = 0; i < KNOWN_AFTER; i++) {
        do_lines(conn, "savepoint s\nselect 1\nrollback to s\nrelease s");
    }
    query_text(conn, "select 1 / (n - n) from t where id = 3");
    do_sql(conn, "rollback");
    soon_behind(conn, COMMITTED, NULL);
    do_sql(conn, COMMITTED);
    do_lines(conn, "savepoint s\nselect 1\nrelease s");
    assert_true(is_hit(conn, TELL));
    do_sql(conn, "savepoint s");
    query_text(conn, "select 1 / (n - n) from t where id = 3");
    assert_int_equal(strncmp(query_text(conn, TELL), "ERROR 25P02", 11), 0);
    do_sql(conn, "rollback to s");
    assert_false(is_hit(conn, TELL));
    do_sql(conn, "commit");
    warm(conn, TELL);
}

void a_block_sees_what_it_wrote(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    char old[64];

    warm(conn, TELL);
    ask_with_savepoints(conn);
    snprintf(old, sizeof old, "%s", query_text(conn, TELL));
    for (int i = 0; i < KNOWN_AFTER; i++) {
        warm(other, TELL);
        do_sql(conn, COMMITTED);
        assert_string_equal(query_text(conn, TELL), old);
        do_sql(conn, "savepoint s");
        do_sql(conn, "update t set n = n + 1 where id = 9");
        assert_string_not_equal(query_text(conn, TELL), old);
        assert_string_equal(query_text(other, TELL), old);
        do_sql(conn, "rollback to s");
        assert_string_equal(query_text(conn, TELL), old);
        do_sql(conn, "rollback");
    }
    /* Others' writes are seen by the next statement, as READ COMMITTED says. */
    soon_behind(conn, "begin", NULL);
    do_sql(conn, "begin");
    assert_true(is_hit(conn, TELL));
    do_sql(other, "update t set n = n + 1 where id = 9");
    assert_true(is_true(conn, TELL));
    assert_string_not_equal(query_text(conn, TELL), old);
    do_sql(conn, "commit");
    PQfinish(other);
    PQfinish(conn);
}

/* ---- isolation ---- */

static void ask_of_one_snapshot(PGconn *conn, PGconn *other, const char *begin)
{
    char old[64];

    do_sql(conn, begin);
    snprintf(old, sizeof old, "%s", query_text(conn, TELL));
    do_sql(other, "update t set n = n + 1 where id = 9");
    warm(other, TELL);
    long before = hits();
    for (int i = 0; i < 3; i++) {
        assert_string_equal(query_text(conn, TELL), old);
    }
    assert_int_equal(hits(), before);
    do_sql(conn, "commit");
    assert_string_not_equal(query_text(conn, TELL), old);
}

void blocks_of_one_snapshot_are_never_answered(void **state)
{
    static const char *const begins[] = {
            "begin isolation level repeatable read", "begin isolation level serializable"};

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    warm(conn, TELL);
    soon_behind(conn, "begin", NULL); /* of a session that may have answers in blocks */
    learn(conn, begins[0], "select 1");
    learn(conn, begins[1], "select 1");
    for (int i = 0; i < KNOWN_AFTER; i++) {
        ask_of_one_snapshot(conn, other, begins[i % 2]);
    }
    /* Set within: what was asked before is no matter. */
    learn(conn, "begin", "set transaction isolation level repeatable read");
    for (int i = 0; i < KNOWN_AFTER; i++) {
        do_sql(conn, "begin");
        do_sql(conn, "set transaction isolation level repeatable read");
        char old[64];
        snprintf(old, sizeof old, "%s", query_text(conn, TELL));
        do_sql(other, "update t set n = n + 1 where id = 9");
        warm(other, TELL);
        assert_string_equal(query_text(conn, TELL), old);
        do_sql(conn, "commit");
    }
    PQfinish(other);
    PQfinish(conn);
}

/* A session of which BEGIN makes another level; a level by its name is one all the same. */
static void expect_by_name_only(PGconn *conn)
{
    warm(conn, TELL);
    soon_behind(conn, COMMITTED, NULL);
    for (long until = proc_now_ms() + 2500; proc_now_ms() < until;) { /* its server was asked */
        never_behind(conn, "begin", NULL);
        proc_pause_ms(50);
    }
}

void a_default_isolation_is_obeyed_wherever_it_is_set(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    cluster_sql(&cluster, "grant select on t to one, two");
    warm(conn, TELL);
    soon_behind(conn, "begin", NULL);
    /* By the session: then nothing is answered, in a block or not. */
    static const char *const sets[] = {"set default_transaction_isolation = 'repeatable read'",
            "set session characteristics as transaction isolation level serializable"};
    for (size_t i = 0; i < CASE_COUNT(sets); i++) {
        do_sql(conn, sets[i]);
        assert_false(is_hit_behind(conn, "begin", NULL));
        assert_false(is_hit(conn, TELL));
        do_sql(conn, "reset all");
        warm(conn, TELL);
        soon_behind(conn, "begin", NULL);
    }
    /* By the role, and by the role in that database. */
    cluster_sql(&cluster, "alter role one set default_transaction_isolation = 'repeatable read'");
    cluster_sql(&cluster, "alter role two in database postgres set default_transaction_isolation = "
                          "'serializable'");
    PGconn *one = open_as("one", "db");
    PGconn *two = open_as("two", "db");
    expect_by_name_only(one);
    expect_by_name_only(two);
    soon_behind(conn, "begin", NULL);
    /* What is there already keeps it; and a new one is asked anew. */
    cluster_sql(&cluster, "alter role one reset default_transaction_isolation");
    expect_by_name_only(one);
    assert_string_equal(query_text(one, "show default_transaction_isolation"), "repeatable read");
    cluster_sql(&cluster, "alter role two in database postgres reset all");
    cluster_sql(&cluster, "alter database postgres set default_transaction_isolation = "
                          "'repeatable read'");
    PQfinish(two);
    PQfinish(one);
    PQfinish(conn);
    answers_stop();
    stop_sluice(state);
    prepare(state);
    answers_start("mode = ttl\nnegative_ttl = 0\n");
    two = open_as("two", "db");
    expect_by_name_only(two);
    PQfinish(two);
    cluster_sql(&cluster, "alter database postgres reset default_transaction_isolation");
}

/* In the file: servers that are there have it at once, and it is asked again when that was noticed. */
void a_default_isolation_that_changes_is_noticed(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    warm(conn, TELL);
    soon_behind(conn, "begin", NULL);
    cluster_sql(&cluster, "alter system set default_transaction_isolation = 'repeatable read'");
    cluster_sql(&cluster, "select pg_reload_conf()");
    soon_query(conn, "show default_transaction_isolation", "repeatable read");
    long until = proc_now_ms() + SOON_MS;
    for (int misses = 0; misses < 20;) { /* though it is kept: until the new file was noticed */
        assert_true(proc_now_ms() < until);
        warm(conn, TELL);
        misses = is_hit_behind(conn, "begin", NULL) ? 0 : misses + 1;
        proc_pause_ms(25);
    }
    expect_by_name_only(conn);
    cluster_sql(&cluster, "alter system reset default_transaction_isolation");
    cluster_sql(&cluster, "select pg_reload_conf()");
    soon_behind(conn, "begin", NULL);
    /* A block that goes on meanwhile is answered no longer. */
    do_sql(conn, "begin");
    assert_true(is_hit(conn, TELL));
    cluster_sql(&cluster, "select pg_reload_conf()");
    until = proc_now_ms() + SOON_MS;
    while (is_hit(conn, TELL)) {
        assert_true(proc_now_ms() < until);
    }
    for (int i = 0; i < 10; i++) {
        assert_false(is_hit(conn, TELL));
    }
    do_sql(conn, "commit");
    PQfinish(conn);
}

/* ---- bytes ---- */

static const char *const seven = "7";
static const char four_bytes[] = "\0\0\0\7";
static const char *const binary = four_bytes;
static const int binary_len = 4;

static void put_simple(struct wire *wire)
{
    wire_query(wire, "select id, n, b from t where id < 9 order by id");
}

static void put_empty(struct wire *wire)
{
    wire_query(wire, "select id, b from t where id = -1");
}

static void put_values(struct wire *wire, const struct wire_values *values, bool describes)
{
    wire_parse(wire, "", "select id, n, b from t where id = $1");
    wire_bind(wire, "", "", values);
    if (describes) {
        wire_describe(wire, 'P', "");
    }
    wire_execute(wire, "", 0);
}

static void put_text(struct wire *wire)
{
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, true);
    wire_sync(wire);
}

static void put_undescribed(struct wire *wire)
{
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, false);
    wire_sync(wire);
}

static void put_binary(struct wire *wire)
{
    put_values(wire,
            &(struct wire_values){.count = 1,
                    .at = &binary,
                    .lens = &binary_len,
                    .format = 1,
                    .result_format = 1},
            true);
    wire_sync(wire);
}

static void put_two(struct wire *wire)
{
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, true);
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, false);
    wire_sync(wire);
}

static void put_two_syncs(struct wire *wire)
{
    put_text(wire);
    put_text(wire);
}

static void put_begin_and_more(struct wire *wire)
{
    wire_query(wire, "rollback");
    SL_IGNORE(wire_ask(wire), "the next one says so");
    wire_parse(wire, "", "BEGIN");
    wire_bind(wire, "", "", &(struct wire_values){.count = 0});
    wire_execute(wire, "", 0);
    put_text(wire);
}

static void put_with_end(struct wire *wire)
{
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, true);
    wire_parse(wire, "", "COMMIT");
    wire_bind(wire, "", "", &(struct wire_values){.count = 0});
    wire_execute(wire, "", 0);
    wire_sync(wire);
}

static void put_with_error(struct wire *wire)
{
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, true);
    wire_parse(wire, "", "select nothing");
    put_values(wire, &(struct wire_values){.count = 1, .at = &seven}, true);
    wire_sync(wire);
}

static const struct {
    const char *name;
    void (*put)(struct wire *wire);
    long hits;
} asked[] = {{"simple", put_simple, 1}, {"empty", put_empty, 1}, {"text", put_text, 1},
        {"undescribed", put_undescribed, 1}, {"binary", put_binary, 1}, {"two", put_two, 2},
        {"two syncs", put_two_syncs, 2}, {"begin and more", put_begin_and_more, 1},
        {"with end", put_with_end, 1}, {"with error", put_with_error, 1}};

static void ask_both(struct wire *wire, struct wire *itself, const char *name)
{
    assert_true(wire_ask(itself) && wire_ask(wire));
    size_t differs = wire_differs(itself, wire);
    if (differs != SIZE_MAX) {
        print_message("%s:\n", name);
        wire_print(itself, "PostgreSQL", differs);
        wire_print(wire, "Sluice", differs);
        fail();
    }
}

void blocks_are_answered_byte_by_byte(void **state)
{
    struct wire itself;
    struct wire wire;

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    warm(conn, TELL);
    wire_open(&itself, cluster.port, "postgres", "postgres");
    wire_open(&wire, sluice.port, "postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(asked); i++) {
        long until = proc_now_ms() + SOON_MS;
        for (long most = 0; most < asked[i].hits;) {
            wire_query(&itself, "begin");
            wire_query(&wire, "begin");
            ask_both(&wire, &itself, "begin");
            long before = hits();
            asked[i].put(&itself);
            asked[i].put(&wire);
            ask_both(&wire, &itself, asked[i].name);
            most = hits() - before;
            wire_query(&itself, "rollback");
            wire_query(&wire, "rollback");
            ask_both(&wire, &itself, "rollback");
            if (proc_now_ms() > until) {
                fail_msg("%s: %ld hits", asked[i].name, most);
            }
            proc_pause_ms(10);
        }
    }
    wire_close(&wire);
    wire_close(&itself);
    PQfinish(conn);
}

/* ---- what is kept ---- */

void what_a_clean_block_is_answered_is_kept(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    warm(conn, TELL);
    soon_behind(conn, "begin", NULL);
    soon_behind(conn, "begin", "select max(n) from t where id < 500");
    long found = 0;
    long until = proc_now_ms() + SOON_MS;
    for (int i = 0; found < 15; i++) { /* each asked once, in a block, and found outside */
        char sql[128];
        if (proc_now_ms() >
                until) { /* nobody else was there: but a change of the catalogue may have been seen */
            console_print_counts();
            fail_msg("%ld of %d are kept", found, i);
        }
        snprintf(sql, sizeof sql, "select max(n) from t where id < %d", 600 + i);
        do_sql(conn, "begin");
        assert_false(is_hit(conn, sql));
        do_sql(conn, "commit");
        found += is_hit(other, sql);
        assert_true(is_true(other, sql));
    }
    PQfinish(other);
    PQfinish(conn);
}

void a_block_hides_what_only_it_sees(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    char old[64];

    warm(conn, TELL);
    soon_behind(conn, "begin", NULL);
    snprintf(old, sizeof old, "%s", query_text(conn, TELL));
    for (int i = 0; i < KNOWN_AFTER; i++) {
        static const char *const hides[] = {"update t set n = n + 1",
                "create temp table t as select 1 as n", "set local search_path = pg_catalog",
                "truncate t"};
        for (size_t k = 0; k < CASE_COUNT(hides); k++) {
            do_sql(conn, "begin");
            query_text(conn, TELL);
            do_sql(conn, hides[k]);
            assert_string_not_equal(query_text(conn, TELL), old);
            do_sql(conn, "rollback");
            assert_string_equal(query_text(other, TELL), old);
            assert_string_equal(query_text(conn, TELL), old);
        }
        /* Nor is it kept for others while it is under way. */
        do_sql(conn, "begin");
        do_sql(conn, "update t set n = n + 1 where id = 9");
        assert_string_not_equal(query_text(conn, TELL), old);
        assert_string_equal(query_text(other, TELL), old);
        do_sql(conn, "rollback");
    }
    PQfinish(other);
    PQfinish(conn);
}
