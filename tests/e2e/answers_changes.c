/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_changes.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static PGconn *writer;
static PGconn *reader;
static unsigned wrong;

static void begin_all(void)
{
    writer = open_as("postgres", "db");
    reader = open_as("postgres", "db");
    wrong = 0;
}

static void end_all(void)
{
    PQfinish(reader);
    PQfinish(writer);
    assert_int_equal(wrong, 0);
}

/* Given now, and given again. */
static void check(PGconn *conn, PGconn *other, const char *sql, const char *behind)
{
    for (int i = 0; i < 3; i++) {
        if (!is_as(conn, other, sql)) {
            print_message("    behind: %s\n", behind);
            wrong++;
            return;
        }
    }
}

/* ---- schema ---- */

struct change {
    const char *reads;
    const char *change; /* a line each, as the following; !: one that is always waited for */
    const char *then;   /* it depends on that now */
};

static const struct change changes[] = {
        {"select sum(n) from c_view", "create or replace view c_view as select n from u",
                "update u set n = n + 1 where id = 1"},
        {"select sum(n) from c_view", "create or replace view c_view as select n from t",
                "update t set n = n + 1 where id = 1"},
        {"select sum(n) from c_view",
                "!begin\ncreate or replace view c_view as select n from u\ncommit",
                "update u set n = n + 1 where id = 1"},
        {"select sum(n) from c_view",
                "begin; create or replace view c_view as select n from t; commit",
                "update t set n = n + 1 where id = 1"},
        {"select sum(n) from c_of_view", "create or replace view c_view as select n from u",
                "update u set n = n + 1 where id = 1"},
        {"select count(*) from log",
                "!create trigger c after insert on c_plain for each row execute "
                "function on_row()",
                "insert into c_plain values (1)"},
        {"select count(*) from log", "alter table c_plain disable trigger c",
                "insert into c_plain values (1)"},
        {"select count(*) from log", "alter table c_plain enable trigger c",
                "insert into c_plain values (1)"},
        {"select count(*) from log",
                "drop trigger c on c_plain\ncreate rule c as on insert to c_plain do also insert "
                "into "
                "log (what) values ('c')",
                "insert into c_plain values (2)"},
        {"select count(*) from c_child",
                "alter table c_child add foreign key (up) references c_up on delete cascade",
                "delete from c_up where id = 1"},
        {"select sum(times(n)) from t",
                "!create or replace function times(i int) returns int language sql immutable as "
                "'select i * 3'",
                "update t set n = n + 1 where id = 1"},
        {"select n from c_typed", "!alter table c_typed alter n type bigint",
                "update c_typed set n = n + 1"},
        {"select * from c_typed", "alter table c_typed add column more text default 'more'",
                "update c_typed set more = more || '.'"},
        {"select * from c_typed", "alter table c_typed rename more to most",
                "update c_typed set most = 'x'"},
        {"select * from c_typed", "alter table c_typed drop column most",
                "update c_typed set n = n + 1"},
        {"select count(*) from c_typed", "insert into c_typed values (5)", ""},
        {"select * from c_one",
                "alter table c_one rename to c_x\nalter table c_two rename to c_one\n"
                "alter table c_x rename to c_two",
                "update c_one set n = n + 10"},
        {"select * from c_one",
                "begin\nalter table c_one rename to c_x\nalter table c_two rename to c_one\n"
                "alter table c_x rename to c_two\ncommit",
                "update c_one set n = n + 10"},
        {"select * from c_two", "!drop table c_two\ncreate table c_two (other text)",
                "insert into c_two values ('new')"},
        {"select * from c_two",
                "begin; drop table c_two; create table c_two as select 'again' as t; commit",
                "insert into c_two values ('new')"},
        {"select * from c_two", "drop table c_two\nselect 'into' as t into c_two",
                "insert into c_two values ('new')"},
        {"select sum(n) from p", "alter table p detach partition p1", "update p1 set n = n + 1"},
        {"select sum(n) from p", "alter table p attach partition p1 for values from (0) to (1000)",
                "update p1 set n = n + 1"},
        {"select sum(n) from parent", "alter table child no inherit parent",
                "update grandchild set n = n + 1"},
        {"select sum(n) from parent", "alter table child inherit parent",
                "update grandchild set n = n + 1"},
        {"select sum(n) from p", "create table p3 partition of p for values from (2000) to (3000)",
                "insert into p values (2001, 7)\nupdate p3 set n = n + 1"},
        {"select * from c_shadow",
                "create schema postgres\ncreate table postgres.c_shadow as select 'mine' as c",
                "insert into postgres.c_shadow values ('more')"},
        {"select * from c_shadow", "drop table postgres.c_shadow",
                "insert into c_shadow values ('public')"},
        {"select * from c_shadow",
                "alter table c_shadow set schema postgres\ncreate table public.c_shadow (hidden "
                "int)",
                "insert into postgres.c_shadow values ('moved')"},
        {"select * from c_shadow", "alter schema postgres rename to no_more",
                "insert into public.c_shadow values (3)"},
        {"select e::text from c_enum", "alter type c_mood rename value 'ok' to 'fine'",
                "insert into c_enum values ('fine')"},
        {"select count(*) from c_typed", "alter table c_typed set unlogged",
                "insert into c_typed values (6)"},
        {"select sum(f(n)) from c_f",
                "create or replace function f(i int) returns bigint language sql stable as "
                "'select i + sum(n) from u'",
                "update u set n = n + 1 where id = 1"},
        {"select sum(g(n)) from c_f", "alter function g(int) stable",
                "update u set n = n + 1 where id = 1"},
        {"select sum(h(n)) from c_f",
                "create function h(i bigint) returns bigint language sql immutable as 'select i + "
                "1'\n"
                "create function h(i int) returns bigint language sql stable as "
                "'select i + sum(n) from u'",
                "update u set n = n + 1 where id = 1"},
        {"select c_f.k from c_f",
                "create function k(c_f) returns bigint language sql stable as 'select sum(n) from "
                "u'",
                "update u set n = n + 1 where id = 1"},
        {"select * from c_guarded",
                "!alter table c_guarded enable row level security\nalter table c_guarded force row "
                "level "
                "security\ncreate policy c on c_guarded using (id <= (select n from u where id = "
                "1))",
                "update u set n = n + 1 where id = 1"},
        {"select n from c_collated order by s",
                "alter table c_collated alter s type text collate \"C\"",
                "insert into c_collated values (5, 'b')"},
};

static const char makes_changed[] =
        "create view c_view as select n from t\ncreate view c_of_view as select n from c_view\n"
        "create table c_plain (n int)\ncreate table c_up (id int primary key)\n"
        "insert into c_up values (1), (2)\ncreate table c_child (up int)\n"
        "insert into c_child values (1), (2)\ncreate table c_typed (n int)\n"
        "insert into c_typed values (1)\ncreate table c_one (n int)\ncreate table c_two (n int)\n"
        "insert into c_one values (1)\ninsert into c_two values (2)\ncreate table c_shadow (c "
        "text)\n"
        "insert into c_shadow values ('yours')\ncreate type c_mood as enum ('ok', 'bad')\n"
        "create table c_enum (e c_mood)\ninsert into c_enum values ('ok')\n"
        "create table c_f (n int)\ninsert into c_f values (1)\n"
        "create function f(i int) returns bigint language sql immutable as 'select i::bigint'\n"
        "create function g(i int) returns bigint language plpgsql immutable as "
        "$$begin return (select i + sum(n) from u); end$$\n"
        "create function h(i numeric) returns bigint language sql immutable as 'select 1::bigint'\n"
        "create table c_guarded (id int)\ninsert into c_guarded select generate_series(1, 100)\n"
        "create table c_collated (n int, s text)\ninsert into c_collated values (1, 'a'), (2, 'B')";

void changes_of_the_schema_are_noticed(void **state)
{
    (void)state;
    begin_all();
    do_lines(writer, makes_changed);
    for (size_t i = 0; i < CASE_COUNT(changes); i++) {
        const struct change *change = &changes[i];
        bool is_told = change->change[0] == '!';
        if (is_told || answers_is_long()) { /* the catalogue is read again a second later */
            warm(reader, "select sum(n) from aside");
        }
        query_text(reader, change->reads);
        query_text(reader, change->reads);
        do_lines(writer, change->change + is_told);
        check(reader, direct, change->reads, change->change);
        do_lines(writer, change->then);
        check(reader, direct, change->reads, change->change);
    }
    end_all();
}

/* ---- how nobody sees it in a text ---- */

#define VIEW_OF(table) "create or replace view c_view as select n from " table

/* More than STMT_REQUEST_MAX of it. */
static char *padded(const char *sql)
{
    enum { PAD = 1100000 };
    size_t len = strlen(sql);
    char *text = malloc(len + PAD + 5);

    assert_non_null(text);
    memcpy(text, sql, len);
    memcpy(text + len, "/*", 2);
    memset(text + len + 2, ' ', PAD);
    memcpy(text + len + 2 + PAD, "*/", 3);
    return text;
}

static void change_padded(const char *table)
{
    char sql[256];

    snprintf(sql, sizeof sql, VIEW_OF("%s"), table);
    char *text = padded(sql);
    do_sql(writer, text);
    free(text);
}

/* @ stands for it. */
static void change_by(const char *how, const char *table)
{
    char sql[256];
    size_t at = strcspn(how, "@");

    snprintf(sql, sizeof sql, "%.*s%s%s", (int)at, how, table, how + at + 1);
    do_lines(writer, sql);
}

static void change_by_function_call(const char *table)
{
    PQArgBlock arg = {.len = (int)strlen(table), .isint = 0};
    char *oid = NULL;
    int len = 0;
    int dummy = 0;
    PGresult *found = PQexec(direct, "select 'c_change'::regproc::oid");

    arg.u.ptr = (int *)(void *)(uintptr_t)table;
    oid = PQgetvalue(found, 0, 0);
    PGresult *result = PQfn(writer, atoi(oid), &dummy, &len, 0, &arg, 1);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQclear(found);
}

static const char *const unseen[] = {"select c_change('@')",
        "do $$begin perform c_change('@'); end$$", "call c_change_too('@')",
        "insert into c_changing values ('@')", "explain analyze select c_change('@')",
        "copy (select c_change('@')) to '/dev/null'",
        "prepare c as select c_change('@'); execute c; deallocate c",
        /* while its transaction goes on nobody sees it, who asks what the schema is neither */
        "begin\nselect c_change('@')\nselect pg_sleep(0.05)\ncommit",
        "begin\ndo $$begin perform c_change('@'); end$$\nselect pg_sleep(0.05)\ncommit",
        "begin\ninsert into c_changing values ('@')\nselect pg_sleep(0.05)\nend"};

void changes_unseen_are_noticed(void **state)
{
    static const char *const tables[] = {"u", "t"};

    (void)state;
    begin_all();
    do_lines(writer,
            "drop view if exists c_of_view, c_view\ncreate view c_view as select n from t\n"
            "create or replace function c_change(x text) returns void language plpgsql as "
            "$$begin execute 'create or replace view c_view as select n from ' || x; end$$\n"
            "create or replace procedure c_change_too(x text) language plpgsql as "
            "$$begin perform c_change(x); end$$\n"
            "create table c_changing (x text)\n"
            "create or replace function c_on_change() returns trigger language plpgsql as "
            "$$begin perform c_change(new.x); return new; end$$\n"
            "create trigger c before insert on c_changing for each row execute function "
            "c_on_change()");
    for (size_t i = 0; i < (CASE_COUNT(unseen) + 2) * 2; i++) {
        const char *table = tables[i % 2];
        char then[64];
        warm(reader, "select sum(n) from aside");
        if (i >= 2) {
            warm(reader, "select sum(n) from c_view");
        }
        if (i / 2 < CASE_COUNT(unseen)) {
            change_by(unseen[i / 2], table);
        } else if (i / 2 == CASE_COUNT(unseen)) {
            change_padded(table);
        } else {
            change_by_function_call(table);
        }
        const char *how = i / 2 < CASE_COUNT(unseen) ? unseen[i / 2] : "padded, or a call";
        check(reader, direct, "select sum(n) from c_view", how);
        snprintf(then, sizeof then, "update %s set n = n + 1 where id = 1", table);
        do_sql(writer, then);
        check(reader, direct, "select sum(n) from c_view", how);
    }
    end_all();
}

/* ---- rights ---- */

static void check_right(PGconn *one, PGconn *one_itself, const char *change)
{
    const char *sql = "select * from secret order by id";

    query_text(one, sql);
    query_text(one, sql);
    do_lines(writer, change);
    check(one, one_itself, sql, change);
}

void rights_are_those_of_now(void **state)
{
    static const char *const steps[] = {"revoke readers from one", "grant readers to one",
            "revoke select on secret from readers", "grant select (id) on secret to readers",
            "grant select on secret to readers", "alter table secret enable row level security",
            "create policy p on secret using (owner = current_user)",
            "alter policy p on secret using (true)", "drop policy p on secret",
            "alter table secret disable row level security",
            "begin\nrevoke readers from one\ncommit", "begin; grant readers to one; commit",
            "alter role one noinherit", "alter role one inherit",
            "do $$begin execute 'revoke readers from one'; end$$",
            "do $$begin execute 'grant readers to one'; end$$"};

    (void)state;
    begin_all();
    PGconn *one = open_as("one", "db");
    PGconn *itself = query_must_connect(
            "host=%s port=%d user=one dbname=postgres", cluster.dir, cluster.port);
    warm(one, "select * from secret order by id");
    for (size_t i = 0; i < CASE_COUNT(steps); i++) {
        check_right(one, itself, steps[i]);
    }
    warm(one, "select * from secret order by id");
    PQfinish(itself);
    PQfinish(one);
    end_all();
}

/* Roles are all databases': who is told so in one is so in the others. */
void roles_changed_elsewhere_are_noticed(void **state)
{
    static const char *const steps[] = {"revoke readers from one", "grant readers to one",
            "alter role one noinherit", "alter role one inherit",
            "do $$begin execute 'revoke readers from one'; end$$", "grant readers to one"};

    (void)state;
    begin_all();
    PGconn *one = open_as("one", "db");
    PGconn *itself = query_must_connect(
            "host=%s port=%d user=one dbname=postgres", cluster.dir, cluster.port);
    PQfinish(writer);
    writer = open_as("postgres", "other");
    for (size_t i = 0; i < CASE_COUNT(steps); i++) {
        if (i % 2 == 0) {
            warm(one, "select * from secret order by id");
        }
        check_right(one, itself, steps[i]);
    }
    PQfinish(itself);
    PQfinish(one);
    end_all();
}

/* Past Sluice: sooner or later, and before its time is over. */
static void expect_noticed(PGconn *conn, PGconn *itself, const char *sql, const char *change)
{
    char before[256];

    warm(conn, sql);
    snprintf(before, sizeof before, "%s", query_text(conn, sql));
    do_sql(direct, change);
    for (long until = proc_now_ms() + SOON_MS; strcmp(query_text(conn, sql), before) == 0;) {
        if (proc_now_ms() > until) {
            fail_msg("not noticed: %s", change);
        }
        proc_pause_ms(10);
    }
    check(conn, itself, sql, change);
}

/* Of functions that are PostgreSQL's own: what they find in a text, and who may call them. */
void what_built_in_functions_do_is_of_now(void **state)
{
    (void)state;
    begin_all();
    PGconn *one = open_as("one", "db");
    PGconn *itself = query_must_connect(
            "host=%s port=%d user=one dbname=postgres", cluster.dir, cluster.port);
    do_lines(direct, "drop table if exists c_text\n"
                     "drop text search configuration if exists c_search\n"
                     "drop text search dictionary if exists c_words\n"
                     "create text search dictionary c_words (template = simple)\n"
                     "create text search configuration c_search (copy = simple)\n"
                     "create table c_text (id int primary key, b text)\n"
                     "insert into c_text values (1, 'the cars')");
    const char *search = "select to_tsvector('c_search', b) from c_text";
    expect_noticed(reader, direct, search,
            "alter text search configuration c_search alter mapping for asciiword with "
            "english_stem");
    expect_noticed(reader, direct, search,
            "alter text search configuration c_search drop mapping for asciiword");
    do_sql(direct,
            "alter text search configuration c_search add mapping for asciiword with c_words");
    expect_noticed(one, itself, "select upper(id::text) from secret order by id",
            "revoke execute on function pg_catalog.upper(text) from public");
    do_sql(direct, "grant execute on function pg_catalog.upper(text) to public");
    do_lines(direct, "drop table c_text\ndrop text search configuration c_search\n"
                     "drop text search dictionary c_words");
    PQfinish(itself);
    PQfinish(one);
    end_all();
}

static void check_written(const char *sql)
{
    for (int k = 0; k < 5; k++) {
        check(reader, direct, sql, "an operator");
        do_sql(writer, "update u set n = n + 1 where id = 1");
    }
}

/* Sooner or later: then it is not kept any more. */
static void expect_refused(const char *sql, const char *reason)
{
    long until = proc_now_ms() + SOON_MS;
    long before = counted("policy", reason);

    while (counted("policy", reason) == before) {
        query_text(reader, sql);
        assert_true(proc_now_ms() < until);
    }
}

/* An operator by the name of one of PostgreSQL's own, and a cast that nobody writes: what they read is not named. */
void operators_of_somebodys_own_are_noticed(void **state)
{
    static const char *const asks[] = {"select count(*) from t where id = b",
            "select count(*) from t where -b < 0", "select id + b from t where id = 1",
            "select id from t where id = 1 and b"};

    static const char *const unwritten[] = {"select id from t where n in (select id from u)",
            "select t.id from t join u using (id)", "select case n when 1 then 2 end from t",
            "select count(*) from t natural join u", "select nullif(n, 1) from t",
            "select id from t where n is distinct from 1", "select id from t where n in (1, 2)"};

    (void)state;
    begin_all();
    do_lines(writer, "create function o_sum(a int, b text) returns bool language sql stable as "
                     "'select sum(n) % 2 = 0 from u'\n"
                     "create operator = (leftarg = int, rightarg = text, function = o_sum)\n"
                     "create function o_plus(a int, b text) returns bigint language sql stable as "
                     "'select sum(n) from u'\n"
                     "create operator + (leftarg = int, rightarg = text, function = o_plus)\n"
                     "create function o_minus(b text) returns bigint language sql stable as "
                     "'select sum(n) from u'\n"
                     "create operator - (rightarg = text, function = o_minus)\n"
                     "create view o_view as select id, id = b as x from t");
    warm(reader, "select sum(n) from aside"); /* what names none of them is kept */
    warm(reader, "select sum(n * 2) from aside where n > 0");
    for (size_t i = 0; i + 1 < CASE_COUNT(asks); i++) {
        check_written(asks[i]);
    }
    check_written("select count(*) from o_view where x");
    do_sql(writer, "drop view o_view");
    for (size_t i = 0; i < CASE_COUNT(unwritten); i++) {
        expect_never(reader, unwritten[i]);
    }
    do_lines(writer, "create function o_bool(b text) returns bool language sql stable as "
                     "'select sum(n) % 2 = 0 from u'\n"
                     "create cast (text as bool) with function o_bool(text) as implicit");
    for (size_t i = 0; i < CASE_COUNT(asks); i++) {
        check_written(asks[i]);
    }
    do_lines(writer, "drop operator = (int, text)\ndrop operator + (int, text)\n"
                     "drop operator - (none, text)\ndrop cast (text as bool)\n"
                     "create cast (text as bool) with function o_bool(text)");
    warm(reader, "select sum(n) from aside where id = 1");
    expect_never(reader, "select count(*) from t where b::bool");
    do_sql(writer, "drop cast (text as bool)");
    warm(reader, "select sum(n) from aside where id = 1 and id::text = '1'");
    /* Conditions, limits and subscripts are assigned to. */
    do_sql(writer, "create cast (text as bool) with function o_bool(text) as assignment");
    check_written("select id from t where id = 1 and b");
    expect_refused("select sum(n) from aside", "other_operator");
    check_written("select id from t where id = 1 and b");
    do_sql(writer, "drop cast (text as bool)");
    warm(reader, "select sum(n) from aside");
    /* By how a date is read, which knows words for today; an int's reader knows none. */
    do_sql(direct, "create cast (text as date) with inout as implicit");
    expect_refused("select sum(n) from aside", "other_operator");
    do_lines(direct, "drop cast (text as date)\n"
                     "create cast (text as int4) with inout as implicit");
    warm(reader, "select sum(n) from aside");
    do_sql(direct, "drop cast (text as int4)");
    do_lines(writer, "create operator < (leftarg = int, rightarg = text, function = o_sum)");
    warm(reader, "select sum(n) from aside");
    do_sql(direct, "alter operator family integer_ops using btree add operator 1 < (int, text)");
    expect_refused("select sum(n) from aside", "other_operator");
    do_lines(writer, "alter operator family integer_ops using btree drop operator 1 (int, text)\n"
                     "drop operator < (int, text)");
    warm(reader, "select sum(n) from aside");
    end_all();
}

/* A server that logged in before goes on with the path that its role had then. */
void a_roles_new_path_is_not_that_of_servers_of_before(void **state)
{
    static const char read[] = "select n from way where id = 1";
    PGconn *conn;

    (void)state;
    do_lines(direct,
            "drop schema if exists way_s cascade\ndrop table if exists way\n"
            "create table way (id int primary key, n int)\ninsert into way values (1, 10)\n"
            "create schema way_s\ncreate table way_s.way (id int primary key, n int)\n"
            "insert into way_s.way values (1, 20)");
    conn = open_as("postgres", "db");
    warm(conn, read);
    do_sql(conn, "update public.way set n = 11 where id = 1"); /* read from now on */
    do_sql(conn, "alter role postgres set search_path = way_s, public");
    for (int i = 0; i < 5; i++) {
        char write[64];
        char expected[16];
        warm(conn, read);
        bool is_old =
                strcmp(query_text(conn, "/* sluice:cache=off */ select n from way where id = 1"),
                        "20") != 0;
        snprintf(write, sizeof write, "update public.way set n = %d where id = 1", 30 + i);
        snprintf(expected, sizeof expected, "%d", 30 + i);
        do_sql(conn, write);
        query_expect(conn, read, is_old ? expected : "20");
    }
    do_sql(conn, "alter role postgres reset search_path");
    PQfinish(conn);
}
