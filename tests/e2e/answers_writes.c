/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_writes.h"

#include "tests/e2e/answers_base.h"
#include "tests/e2e/answers_wire.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum ways {
    SIMPLE = 1,   /* each statement a Query */
    EXTENDED = 2, /* each Parse .. Sync */
    BLOCK = 4,    /* between BEGIN and COMMIT: not before that */
    UNDONE = 8,   /* and ROLLBACK: as if nothing had been */
    POINTS = 16,  /* one half of it is undone by a savepoint */
    PIPELINED = 32,
    ALL = 63,
    ONCE = 64,      /* it changes the answer the first time only: before is run ahead of each */
    IN_PLACE = 128, /* it is known what it writes: an answer of another table stays */
};

struct write {
    const char *reads;
    const char *writes; /* a line each */
    unsigned ways;
    const char *before;
};

#define TELL_T "select count(*), sum(n), min(b), max(b) from t"
#define TELL_LOG "select count(*), max(id) from log"
#define ASIDE "select sum(n) from aside"

static const struct write plain[] = {
        {TELL_T, "insert into t select max(id) + 1, 0, 'new' from t", ALL | IN_PLACE, NULL},
        {TELL_T, "update t set n = n + 1 where id = 1", ALL | IN_PLACE, NULL},
        {TELL_T, "delete from t where id = (select min(id) from t)", ALL | IN_PLACE, NULL},
        {"select * from t where id = 50", "update t set b = b || '.' where id = 50", ALL | IN_PLACE,
                NULL},
        {"select * from t where id = 0", "insert into t values (0, 1)", ALL | ONCE | IN_PLACE,
                "delete from t where id = 0"},
        {TELL_T,
                "merge into t using (select 60 as id) s on t.id = s.id when matched then update "
                "set "
                "n = n + 1",
                ALL, NULL},
        {TELL_T, "insert into t values (61, 1) on conflict (id) do update set n = t.n + 1",
                ALL | IN_PLACE, NULL},
        {TELL_T, "truncate t\ninsert into t select i, i from generate_series(1, 200) i",
                SIMPLE | ONCE, "update t set n = n + 1 where id = 1"},
        {TELL_T, "with w as (update t set n = n + 1 where id = 62 returning n) select n from w",
                ALL | IN_PLACE, NULL},
        {TELL_T,
                "with w as (select 1), x as (with y as (insert into t select max(id) + 1, 5 from t "
                "returning id) select id from y) select * from x",
                0, NULL},
        {TELL_T, "explain analyze update t set n = n + 1 where id = 63", ALL, NULL},
        {TELL_T, "explain (analyze, costs off) update t set n = n + 1 where id = 63", ALL, NULL},
        {TELL_T,
                "explain (analyze 0) update t set n = n + 1 where id = 64\n"
                "explain (analyze 1) update t set n = n + 1 where id = 64",
                ALL, NULL},
        {TELL_T,
                "explain (analyze 'off') update t set n = n + 1 where id = 65\n"
                "explain (analyze 'on') update t set n = n + 1 where id = 65",
                ALL, NULL},
        {TELL_T, "prepare w as update t set n = n + 1 where id = 66\nexecute w\ndeallocate w",
                SIMPLE | EXTENDED | BLOCK, NULL},
        {TELL_T, "update t set n = n + 1 where id = 67; select 1", SIMPLE | BLOCK | UNDONE, NULL},
        {TELL_T, "begin; update t set n = n + 1 where id = 67; commit", SIMPLE, NULL},
        {TELL_T,
                "begin; update t set n = n + 1 where id = 67; commit; begin; update t set n = n + "
                "1 "
                "where id = 68; rollback",
                SIMPLE, NULL},
        {TELL_T, "/* */ update t set n = n + 1 where id = 69", ALL, NULL},
        {TELL_T, "copy (update t set n = n + 1 where id = 70 returning 1) to '/dev/null'",
                ALL & ~PIPELINED, NULL},
        {TELL_T, "update only t set n = n + 1 where id = 71", ALL | IN_PLACE, NULL},
        {TELL_T, "update public.t as x set n = x.n + 1 from u where u.id = x.id and x.id = 72",
                ALL | IN_PLACE, NULL},
        {"select count(*), sum(t.n), sum(u.n) from t join u using (id)",
                "update u set n = n + 1 where id = 73", ALL | IN_PLACE, NULL},
        {TELL_T, "update v_t set n = n + 1 where id = 74", ALL, NULL},
        {"select sum(n) from v_v", "update t set n = n + 1 where id = 75", ALL | IN_PLACE, NULL},
        {TELL_T, "update v_v set n = n + 1 where id = 76", ALL, NULL},
        {"select sum(n) from v_t where id < 100", "update v_v set n = n + 1 where id = 77", ALL,
                NULL},
        {"select sum(n) from u", "update v_join set n = 1 where id = 78", ALL, NULL},
        {"select sum(n) from p", "update p1 set n = n + 1 where id = 1", ALL | IN_PLACE, NULL},
        {"select sum(n) from p", "update p21 set n = n + 1 where id = 1001", ALL | IN_PLACE, NULL},
        {"select sum(n) from p21", "update p set n = n + 1 where id = 1001", ALL | IN_PLACE, NULL},
        {"select sum(n) from p2", "update p21 set n = n + 1 where id = 1001", ALL | IN_PLACE, NULL},
        {"select sum(id) from p21",
                "update p set id = id + 1000 where id = (select min(id) from p1)\n"
                "update p set id = id + 1000 where id = (select min(id) from p1)",
                ALL, NULL},
        {"select sum(n) from parent", "insert into grandchild (n) values (1)", ALL | IN_PLACE,
                NULL},
        {"select sum(n) from grandchild", "update parent set n = n + 1", ALL | IN_PLACE, NULL},
        {"select sum(n) from only parent", "insert into parent (n) values (1)", ALL | IN_PLACE,
                NULL},
        {"select count(*) from k3", "delete from k1 where id = (select min(id) from k1)", ALL,
                NULL},
        {"select count(up) from k4", "delete from k1 where id = (select min(id) from k1)", ALL,
                NULL},
        {"select sum(up) from k2",
                "update k1 set id = id + 1000 where id = (select min(id) from k1)", SIMPLE | BLOCK,
                NULL},
        {"select count(*) from k4", "truncate k4", SIMPLE | EXTENDED | BLOCK | UNDONE | ONCE,
                "insert into k4 values (1) on conflict do nothing"},
        {"select count(*) from k4", "truncate k1 cascade",
                SIMPLE | EXTENDED | BLOCK | UNDONE | ONCE,
                "insert into k4 values (1) on conflict do nothing"},
};

static const struct write behind[] = {
        {TELL_LOG, "select by_sql()", ALL, NULL},
        {TELL_LOG, "select by_plpgsql() from aside", ALL, NULL},
        {TELL_LOG, "select by_execute()", ALL, NULL},
        {TELL_LOG, "select * from by_other()", ALL, NULL},
        {TELL_LOG, "select by_standard()", ALL, NULL},
        {TELL_LOG, "select 1 where by_other() = 1", ALL, NULL},
        {TELL_LOG, "values (by_other())", ALL, NULL},
        {TELL_LOG, "call by_call()", ALL, NULL},
        {TELL_LOG, "call by_commits()", SIMPLE | EXTENDED, NULL},
        {TELL_LOG, "do $$begin insert into log values (default, 'do'); end$$", ALL, NULL},
        {TELL_LOG, "do $$begin perform by_other(); commit; perform by_other(); end$$",
                SIMPLE | EXTENDED, NULL},
        {TELL_LOG, "insert into triggered (n) values (1)", ALL | IN_PLACE, NULL},
        {TELL_LOG, "update triggered set n = n + 1 where id = 1", ALL | IN_PLACE, NULL},
        {TELL_LOG, "delete from triggered where id = (select max(id) from triggered)",
                ALL | IN_PLACE, NULL},
        {TELL_LOG, "truncate triggered", ALL, NULL},
        {TELL_LOG,
                "set session_replication_role = replica\ninsert into replicated (n) values (1)\n"
                "set session_replication_role = origin",
                SIMPLE | EXTENDED | BLOCK, NULL},
        {TELL_LOG, "insert into deferred (n) values (1)", ALL, NULL},
        {TELL_LOG, "insert into deferred (n) values (1)\nset constraints all immediate",
                BLOCK | UNDONE, NULL},
        {TELL_LOG, "insert into ruled values (1)", ALL | IN_PLACE, NULL},
        {TELL_LOG, "delete from ruled", ALL, NULL},
        {TELL_LOG, "insert into by_default default values", ALL, NULL},
        {TELL_LOG, "insert into by_default (n) values (default)", ALL, NULL},
        {TELL_LOG, "select writing(n) from aside", ALL, NULL},
        {TELL_LOG, "select writing(n) over () from aside", ALL, NULL},
        {TELL_LOG, "select t.of_row from t where id = 101", ALL, NULL},
        {TELL_LOG, "select (t).of_row from t where id = 101", ALL, NULL},
        {TELL_LOG, "select of_row(t) from t where id = 101", ALL, NULL},
        {TELL_LOG, "update u set n = t.of_row from t where t.id = 102 and u.id = 102",
                SIMPLE | BLOCK, NULL},
        {TELL_LOG, "select * from v_calls where id = 1", ALL, NULL},
        {TELL_LOG, "select x from v_calls where id = 1", ALL, NULL},
        {TELL_LOG, "select query_to_xml('select by_other()', true, true, '')", ALL, NULL},
        {TELL_LOG, "select cursor_to_xml('c', 1, true, true, '') from (select 1) x", 0, NULL},
        {TELL_LOG, "select table_to_xml('v_calls', true, true, '')", ALL, NULL},
        {TELL_LOG, "select * from ts_stat('select to_tsvector(by_other()::text)')", ALL, NULL},
        {TELL_LOG,
                "select ts_rewrite('a & b'::tsquery, 'select ''a''::tsquery, ''b''::tsquery where "
                "by_other() = 1')",
                ALL, NULL},
        {TELL_LOG, "declare c cursor for select by_other() from aside\nfetch 2 from c\nclose c",
                BLOCK | UNDONE | POINTS, NULL},
        {TELL_LOG, "declare h cursor with hold for select by_other() from aside", UNDONE, NULL},
        {TELL_LOG, "declare c cursor for select writes_set(n) from aside\nmove 3 in c",
                BLOCK | UNDONE, NULL},
        {TELL_LOG, "prepare f as select by_other()\nexecute f\ndeallocate f", SIMPLE | BLOCK, NULL},
        {TELL_LOG, "prepare f as select by_other()\nexplain analyze execute f\ndeallocate f",
                SIMPLE | BLOCK, NULL},
        {TELL_LOG,
                "prepare f as select by_other()\nexplain (analyze 0) execute f\n"
                "explain (analyze 1) execute f\ndeallocate f",
                SIMPLE, NULL},
        {TELL_LOG,
                "prepare f as select by_other()\ncreate temp table of_execute as execute f\n"
                "drop table of_execute\ndeallocate f",
                SIMPLE, NULL},
        {TELL_LOG, "explain (analyze) select by_other()", ALL, NULL},
        {TELL_LOG, "explain (analyze 0) select by_other()\nexplain (analyze 1) select by_other()",
                ALL, NULL},
        {TELL_LOG, "copy (select by_other()) to '/dev/null'", ALL, NULL},
        {TELL_LOG, "copy (select by_other()) to program 'cat > /dev/null'", SIMPLE, NULL},
        {TELL_LOG, "select set_config('my.x', by_other()::text, true)", ALL, NULL},
        {TELL_LOG, "lock table t in access share mode\nselect by_other()", BLOCK, NULL},
        {"select count(*) from b.named",
                "set search_path = b, public\nselect by_path()\nset search_path = default",
                SIMPLE | EXTENDED | BLOCK, NULL},
        {"select count(*) from a.named",
                "begin\nset local search_path = a, public\nselect by_path()\ncommit", SIMPLE, NULL},
};

static PGconn *writer;
static PGconn *reader;

/* ---- how ---- */

static void run_pipelined(const char *lines)
{
    PGresult *result;
    unsigned sent = 0;

    assert_int_equal(PQenterPipelineMode(writer), 1);
    while (*lines != '\0') {
        char line[ANSWERS_TEXT_MAX];
        size_t len = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, lines);
        assert_int_equal(PQsendQueryParams(writer, line, 0, NULL, NULL, NULL, NULL, 0), 1);
        sent++;
        lines += lines[len] == '\0' ? len : len + 1;
    }
    assert_int_equal(PQpipelineSync(writer), 1);
    for (unsigned i = 0; i < sent; i++) {
        result = PQgetResult(writer);
        if (PQresultStatus(result) != PGRES_COMMAND_OK &&
                PQresultStatus(result) != PGRES_TUPLES_OK) {
            fail_msg("%s", PQresultErrorMessage(result));
        }
        PQclear(result);
        assert_null(PQgetResult(writer));
    }
    result = PQgetResult(writer);
    assert_int_equal(PQresultStatus(result), PGRES_PIPELINE_SYNC);
    PQclear(result);
    assert_int_equal(PQexitPipelineMode(writer), 1);
}

static void run_extended(const char *lines)
{
    while (*lines != '\0') {
        char line[ANSWERS_TEXT_MAX];
        size_t len = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, lines);
        const char *answer = query_params(writer, line, 0, NULL);
        if (strstr(answer, "ERROR ") != NULL) {
            fail_msg("%s: %s", line, answer);
        }
        lines += lines[len] == '\0' ? len : len + 1;
    }
}

/* Nobody sees it yet: what was kept is still right, and given. */
static void expect_unseen(const struct write *write, const char *old)
{
    if (strcmp(query_text(reader, write->reads), old) != 0) {
        fail_msg("%s: seen before COMMIT", write->writes);
    }
}

static void run(const struct write *write, unsigned way, const char *old)
{
    switch (way) {
    case SIMPLE:
        do_lines(writer, write->writes);
        break;
    case EXTENDED:
        run_extended(write->writes);
        break;
    case BLOCK:
    case UNDONE:
        do_sql(writer, "begin");
        do_lines(writer, write->writes);
        expect_unseen(write, old);
        do_sql(writer, way == BLOCK ? "commit" : "rollback");
        break;
    case POINTS:
        do_lines(writer, "begin\nsavepoint s");
        do_lines(writer, write->writes);
        do_lines(writer, "rollback to s\nsavepoint q");
        do_lines(writer, write->writes);
        do_lines(writer, "release q\nsavepoint r");
        query_text(writer, "select 1 / 0 from t");
        do_lines(writer, "rollback to r\ncommit");
        break;
    default:
        run_pipelined(write->writes);
    }
}

/* ---- one ---- */

static unsigned wrong;

/* False: it was thought to write anything, though that is known. */
static bool play(const struct write *write, unsigned way)
{
    char old[ANSWERS_TEXT_MAX];
    bool is_same = way == UNDONE;

    if (write->before != NULL) {
        do_lines(writer, write->before);
    }
    warm(reader, ASIDE);
    warm(reader, write->reads);
    snprintf(old, sizeof old, "%s", query_text(reader, write->reads));
    run(write, way, old);
    const char *expected = query_text(direct, write->reads);
    const char *given = query_text(reader, write->reads);
    if (strcmp(given, expected) != 0) {
        print_message("[%u] %s:\n    stale %s: \"%s\", is \"%s\"\n", way, write->writes,
                write->reads, given, expected);
        wrong++;
    } else if ((strcmp(given, old) == 0) != is_same) {
        print_message("[%u] %s:\n    %s, %s: it proves nothing\n", way, write->writes,
                is_same ? "changes" : "changes nothing", write->reads);
        wrong++;
    }
    return (write->ways & IN_PLACE) == 0 || is_hit(reader, ASIDE);
}

/* What it is, is known a while after it was seen first. */
static void play_until_known(const struct write *write, unsigned way)
{
    long until = proc_now_ms() + SOON_MS;

    while (!play(write, way)) {
        if (proc_now_ms() > until) {
            fail_msg("[%u] %s: thought to write anything", way, write->writes);
        }
    }
}

static void play_all(const struct write *writes, size_t count)
{
    writer = open_as("postgres", "db");
    reader = open_as("postgres", "db");
    wrong = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned way = SIMPLE; way <= PIPELINED; way <<= 1) {
            if ((writes[i].ways & way) != 0) {
                play_until_known(&writes[i], way);
            }
        }
    }
    PQfinish(reader);
    PQfinish(writer);
    assert_int_equal(wrong, 0);
}

void every_write_is_noticed(void **state)
{
    (void)state;
    play_all(plain, CASE_COUNT(plain));
}

void writes_behind_statements_are_noticed(void **state)
{
    (void)state;
    play_all(behind, CASE_COUNT(behind));
}

static void come_again(PGconn *one, PGconn *other, const char *table)
{
    char name[32];
    char sql[ANSWERS_TEXT_MAX];
    char asked[ANSWERS_TEXT_MAX];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(table, " "), table);
    snprintf(sql, sizeof sql, "create table %s", table);
    do_sql(one, sql);
    snprintf(asked, sizeof asked, "select n from %s where k = 7", name);
    for (int round = 0; round < 6; round++) {
        snprintf(sql, sizeof sql, "insert into %s (n) values (%d)", name, round);
        do_sql(one, sql);
        expect_true(other, asked);
        warm(other, asked);
        snprintf(sql, sizeof sql, "delete from %s", name);
        do_sql(direct, sql);
    }
    snprintf(sql, sizeof sql, "drop table %s", name);
    do_sql(one, sql);
}

/* Past Sluice it went, which is not told here; through Sluice it comes again: who is told so sees it. */
void a_row_that_comes_again_is_the_new_one(void **state)
{
    static const char *const again[] = {"insert into u values (7, -1)",
            "insert into u (n, id) values (-2, 7)", "insert into u values (7, -3), (1007, 1)",
            "insert into u select 7, -4",
            "with a as (insert into u values (7, -5) returning n) "
            "select * from a",
            "begin\ninsert into u values (7, -6)\ncommit",
            "prepare again(int) as insert into u values (7, $1)\nexecute again(-7)\ndeallocate "
            "again"};
    /* Whose key is by default, but not of a sequence: k = 7. */
    static const char *const tables[] = {"b_constant (k int primary key default 7, n int)",
            "b_function (k int primary key default b_seven(), n int)",
            "b_generated (k int generated always as (n % 1 + 7) stored primary key, n int)"};
    static const char asked[] = "select n from u where id = 7";

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    do_sql(direct, "create function b_seven() returns int language sql volatile as 'select 7'");
    for (size_t i = 0; i < CASE_COUNT(tables); i++) {
        come_again(one, other, tables[i]);
    }
    do_sql(direct, "drop function b_seven()");
    do_sql(one, "insert into u values (1008, 1)"); /* its shape is known */
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < CASE_COUNT(again); i++) {
            warm(other, asked);
            do_sql(direct, "delete from u where id in (7, 1007)");
            do_lines(one, again[i]);
            expect_true(other, asked);
        }
    }
    do_sql(direct, "delete from u where id > 1000");
    PQfinish(other);
    PQfinish(one);
}

/* What an Execute runs is its portal's, whatever was bound last. */
void a_write_of_a_portal_of_before_is_noticed(void **state)
{
    static const char sql[] = "select sum(n) from u";
    const struct wire_values none = {.count = 0};
    struct wire wire;

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    wire_open(&wire, sluice.port, "postgres", "db");
    for (int i = 0; i < 4; i++) {
        wire_parse(&wire, "", sql); /* all are known */
        wire_bind(&wire, "", "", &none);
        wire_execute(&wire, "", 0);
        wire_parse(&wire, "", "update u set n = n + 1 where id = 3");
        wire_bind(&wire, "", "", &none);
        wire_execute(&wire, "", 0);
        wire_sync(&wire);
        assert_true(wire_ask(&wire));
    }
    for (int i = 0; i < 4; i++) {
        warm(conn, sql);
        wire_parse(&wire, "", "update u set n = n + 1 where id = 3");
        wire_bind(&wire, "p", "", &none);
        wire_parse(&wire, "", sql);
        wire_bind(&wire, "", "", &none);
        wire_execute(&wire, "p", 0);
        wire_sync(&wire);
        assert_true(wire_ask(&wire));
        expect_true(conn, sql);
        warm(conn, sql);
        wire_query(&wire, "begin"); /* and one that stays in its block */
        wire_parse(&wire, "", "update u set n = n + 1 where id = 3");
        wire_bind(&wire, "p", "", &none);
        wire_sync(&wire);
        assert_true(wire_ask(&wire));
        wire_execute(&wire, "p", 0);
        wire_sync(&wire);
        wire_query(&wire, "commit");
        assert_true(wire_ask(&wire));
        expect_true(conn, sql);
    }
    wire_close(&wire);
    PQfinish(conn);
}

/* ---- what is not read yet ---- */

enum { SHAPE_TEXT_MAX = 8192 };

/* Each is of another shape than all before it: @ stands for a name, in letters, as digits do not tell shapes apart. */
static const char *new_shape(const char *sql)
{
    static unsigned so_far;
    static char text[SHAPE_TEXT_MAX];
    size_t at = strcspn(sql, "@");
    char name[] = "shape_aaa";

    name[6] = (char)('a' + so_far / 676 % 26);
    name[7] = (char)('a' + so_far / 26 % 26);
    name[8] = (char)('a' + so_far % 26);
    snprintf(text, sizeof text, "%.*s%s%s", (int)at, sql, name, sql + at + 1);
    so_far++;
    return text;
}

static void ask_for_the_first_time(PGconn *conn, const char *sql)
{
    do_sql(conn, new_shape(sql));
}

/* It was read while it ran, sooner or later one is: what it did not write is not stale. */
static void expect_unharmed(PGconn *one, PGconn *other, const char *begin, const char *sql)
{
    static const char asked[] = "select sum(n) from aside";
    long until = proc_now_ms() + SOON_MS;

    for (;;) {
        warm(other, asked);
        long fills = counted("local", "puts");
        long late = counted("writes", "read_late");
        do_lines(one, begin);
        ask_for_the_first_time(one, sql);
        do_lines(one, begin[0] == '\0' ? "" : "commit");
        bool is_there = false;
        while (!is_there && counted("local", "puts") == fills) {
            is_there = is_hit(other, asked);
            assert_true(proc_now_ms() < until);
        }
        if (is_there && counted("local", "puts") == fills &&
                counted("writes", "read_late") > late) {
            return;
        }
        assert_true(proc_now_ms() < until);
    }
}

void what_nobody_has_read_costs_hits_only_while_it_runs(void **state)
{
    static const char *const asks[] = {"select count(*) as @ from t, pg_sleep(0.01)",
            "insert into log (what) values ('first') returning pg_sleep(0.01) as @",
            "update u set n = n + 1 where id = 7 returning n, pg_sleep(0.01) as @"};
    static const char *const begins[] = {"", "begin", "begin isolation level serializable"};

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(asks); i++) {
        for (size_t k = 0; k < CASE_COUNT(begins); k++) {
            expect_unharmed(one, other, begins[k], asks[i]);
        }
    }
    /* And what it did write is. */
    for (int i = 0; i < 30; i++) {
        warm(other, "select sum(n) from u");
        warm(other, "select n from u where id = 7");
        do_sql(one, i % 3 == 0 ? "begin" : "select 1");
        ask_for_the_first_time(
                one, i % 2 == 0 ? asks[2] : "update u set n = n + 1 where id = 7 returning n as @");
        if (i % 3 == 0) {
            expect_true(other, "select n from u where id = 7");
            do_sql(one, "commit");
        }
        expect_true(other, "select n from u where id = 7");
        expect_true(other, "select sum(n) from u");
    }
    PQfinish(other);
    PQfinish(one);
}

static void put(struct wire *wire, const char *sql)
{
    const struct wire_values none = {.count = 0};

    wire_parse(wire, "", sql);
    wire_bind(wire, "", "", &none);
    wire_execute(wire, "", 0);
}

/* What ends its block is sent before it is answered, and so before anybody knows what it wrote. */
void what_nobody_has_read_is_noticed_when_a_commit_is_right_behind(void **state)
{
    static const char sql[] = "select sum(n) from u";
    enum { TERMS = 800 }; /* so many that it takes a while to read */
    static char write[64 + TERMS * 4] = "update u set n = n + 1 where id = 3 returning n as @";
    struct wire wire;

    for (int i = 0; i < TERMS; i++) {
        strcat(write, ", n");
    }

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    wire_open(&wire, sluice.port, "postgres", "db");
    for (int i = 0; i < 24; i++) {
        warm(conn, sql);
        if (i % 2 == 0) {
            wire_query(&wire, "begin");
            assert_true(wire_ask(&wire));
        } else {
            put(&wire, "begin");
        }
        put(&wire, new_shape(write));
        put(&wire, "commit");
        if (i % 4 >= 2) { /* and another goes on */
            put(&wire, "begin");
        }
        wire_sync(&wire);
        assert_true(wire_ask(&wire));
        expect_true(conn, sql);
        wire_query(&wire, "rollback");
        assert_true(wire_ask(&wire));
        expect_true(conn, sql);
    }
    wire_close(&wire);
    PQfinish(conn);
}

/* Its Parse fails, as there is one of that name: what is bound is that one. */
static void write_behind_a_name(PGconn *conn, const char *database)
{
    static const char sql[] = "select sum(n) from u";
    static const char *const parsed[] = {
            "select 1", "begin", "select n from u where id = 3", "show all"};
    const struct wire_values none = {.count = 0};
    struct wire wire;

    wire_open(&wire, sluice.port, "postgres", database);
    wire_parse(&wire, "s", "update u set n = n + 1 where id = 3");
    wire_sync(&wire);
    assert_true(wire_ask(&wire));
    for (int i = 0; i < 12; i++) {
        warm(conn, sql);
        wire_parse(&wire, "s", parsed[i % 4]);
        wire_sync(&wire);
        wire_bind(&wire, "", "s", &none);
        wire_execute(&wire, "", 0);
        wire_sync(&wire);
        assert_true(wire_ask(&wire));
        expect_true(conn, sql);
    }
    wire_close(&wire);
}

/* In session pooling it is sent before anybody knows that. */
void a_write_behind_a_name_that_is_another_is_noticed(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    write_behind_a_name(conn, "db");
    write_behind_a_name(conn, "sess");
    PQfinish(conn);
}
