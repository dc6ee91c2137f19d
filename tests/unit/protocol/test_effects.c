/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/effects.h"
#include "protocol/effects_names.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    NONE = 0,
    STAY = EFFECTS_STAY,
    SEQ = EFFECTS_SEQUENCES,
    BOTH = STAY | SEQ,
    ALL = EFFECTS_ALL &
          ~(EFFECTS_RULES | EFFECTS_COPY | EFFECTS_CALLS | EFFECTS_ENDS | EFFECTS_LEAVES |
                  EFFECTS_MOVES | EFFECTS_COMMITS | EFFECTS_UNLISTENS | EFFECTS_CHANNELS),
    NOT_FOR_HAND_OVER = EFFECTS_SCHEMA | EFFECTS_RULES | EFFECTS_COPY | EFFECTS_CALLS |
                        EFFECTS_ENDS | EFFECTS_LEAVES | EFFECTS_LIBRARY | EFFECTS_HOLDS |
                        EFFECTS_MOVES | EFFECTS_NOTIFIES | EFFECTS_COMMITS | EFFECTS_UNLISTENS |
                        EFFECTS_CHANNELS | EFFECTS_BEHIND
};

struct row {
    const char *text;
    unsigned effects;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned effects = effects_of(sl_span_text(rows[i].text)) & ~(unsigned)NOT_FOR_HAND_OVER;
        if (effects != rows[i].effects) {
            fail_msg("%s: %u, not %u", rows[i].text, effects, rows[i].effects);
        }
    }
}

static void ordinary_statements_leave_nothing(void **state)
{
    static const struct row rows[] = {
            {"", NONE},
            {";;", NONE},
            {"SELECT abalance FROM pgbench_accounts WHERE aid = 5;", NONE},
            {"select count(*), sum (x), coalesce(a, 'it''s (so)') from t where b in (1, 2)", NONE},
            {"INSERT INTO accounts (id, name) VALUES (1, 'x'), (2, 'y')", NONE},
            {"INSERT INTO \"My\".\"Accounts\" (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = "
             "1",
                    NONE},
            {"insert into s.t as x (a) select lower(b) from u returning (a)", NONE},
            {"WITH t (a, b) AS (VALUES (1, 2)), u AS MATERIALIZED (SELECT 1) SELECT * FROM t",
                    NONE},
            {"with recursive t(n) as (select 1 union all select n + 1 from t) select n from t",
                    NONE},
            {"SELECT * FROM unnest($1::int[]) AS t(x)", NONE},
            {"SELECT * FROM (VALUES (1)) v(id)", NONE},
            {"SELECT cast(a AS numeric(10, 2)), b::varchar(10), row_number() over (partition by c)",
                    NONE},
            {"(SELECT 1) UNION (SELECT 2)", NONE},
            {"/* hello (world( */ SELECT -- f(\n 1", NONE},
            {"SELECT $$ nextval('x'); myfunc() $$, $a$ $$ f( $a$, $1", NONE},
            {"SELECT E'\\'f(', N'x', B'01', X'1f', U&'d!0061' UESCAPE '!'", NONE},
            {"BEGIN; UPDATE t SET a = (1 + 2) WHERE b = 3; COMMIT", NONE},
            {"begin isolation level serializable read only", NONE},
            {"SET LOCAL statement_timeout = 5", NONE},
            {"SET TRANSACTION READ ONLY", NONE},
            {"set constraints all deferred", NONE},
            {"COPY t (a, b) FROM STDIN", NONE},
            {"COPY (SELECT now()) TO STDOUT (FORMAT csv)", NONE},
            {"DECLARE c CURSOR FOR SELECT 1", NONE},
            {"DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1", NONE},
            {"EXPLAIN (ANALYZE, COSTS OFF) SELECT now()", NONE},
            {"SELECT pg_catalog.now(), pg_advisory_xact_lock(1), nextval('s')", NONE},
            {"SELECT set_config('a.b', $1, true)", NONE},
            {"SELECT pg_catalog.set_config('a.b', concat('x', 'y'), TRUE), now()", NONE},
            {"SELECT extract(epoch from now()), a.into_b, b.temp FROM t hold", NONE},
            {"MERGE INTO t USING u ON (t.a = u.a) WHEN NOT MATCHED THEN INSERT (a) VALUES (1)",
                    NONE},
            {"select \"quoted (name\" from t", NONE},
            {"drop table if exists t", NONE},
            {"SET LOCAL app.thing = 'x'", NONE},
            {"WITH a AS (SELECT 1), b AS (INSERT INTO t SELECT 1 RETURNING *) INSERT INTO u "
             "SELECT * FROM b",
                    NONE},
            {"select (t).upper, (t).*, .5, 1.5e3, 0x1F, 1e-3 from t", NONE},
            {"select setting from pg_settings where name in ('a')", NONE},
            {"update only t set a = (select 1)", NONE},
            {"update pg_x set a = 1", NONE},
            {"update only t set a = 1", NONE},
            {"update t set pg_settings_x = 1", NONE},
            {"select distinct on (a) lower(b) from t", NONE},
            {"select a operator(pg_catalog.+) b, lower(c) from t", NONE},
            {"select (a) OPERATOR /* x */ ( pg_catalog . ~~* ) (b) from (select 1) t(a)", NONE},
            {"select 1 operator(pg_catalog.*) abs(-1)", NONE},
            {"select copy.a, recursive.b, lower(c) from copy, s.recursive", NONE},
            {"copy copy.t (a) from stdin", NONE},
            {"with recursive copy(a) as (select 1), b as (values (2)) select lower(copy.a)", NONE},
            {"select u & \"a\", lower(\"b\") from t", NONE},
            {"select stra\xc3\x9f, \xc3\xa4, \xc3\xa4 || lower(b) from t", NONE},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void what_stays_is_seen(void **state)
{
    static const struct row rows[] = {
            {"SET search_path = x", STAY},
            {"set \"search_path\" = 'x'", STAY},
            {"SET SESSION AUTHORIZATION joe", STAY},
            {"set role joe", STAY},
            {"SELECT 1; SET a.b = 1", STAY},
            {"/* /* nested */ */ CREATE TABLE t AS SELECT 1", STAY},
            {"-- x\rcreate temp table t (a int)", STAY},
            {"SELECT 1 AS a INTO TEMP t", STAY},
            {"select * into t from u", STAY},
            {"with a as (select 1) select * into temporary t from a", STAY},
            {"SELECT set_config('search_path', 'x', false)", STAY},
            {"SELECT set_config('search_path', 'x', $1)", STAY},
            {"SELECT set_config('a', set_config('b', 'c', false), true)", STAY},
            {"SELECT pg_advisory_lock(1)", STAY},
            {"SELECT PG_TRY_ADVISORY_LOCK /* so */ (1)", STAY},
            {"COPY (SELECT set_config('a.b', 'x', false)) TO STDOUT", STAY},
            {"EXPLAIN ANALYZE SELECT my_function()", STAY},
            {"EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1", STAY},
            {"EXPLAIN ANALYZE EXECUTE p", STAY},
            {"select app.now()", STAY},
            {"select \"pg_catalog\".now()", STAY},
            {"select \"now\"()", STAY},
            {"insert into t select f(1)", STAY},
            {"insert into t (a) values (f(1))", STAY},
            {"select 1 as a, f(2)", STAY},
            {"select * from (select 1) t where f (t.a)", STAY},
            {"select (1) and f(2)", STAY},
            {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", STAY},
            {"PREPARE p AS SELECT 1", STAY},
            {"EXECUTE p", STAY},
            {"LISTEN x", STAY},
            {"LOAD 'x'", STAY},
            {"DO $$ begin end $$", STAY},
            {"call p()", STAY},
            {"frobnicate", STAY},
            {"SELECT * FROM dblink_connect('x')", STAY},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

/* Each of these PostgreSQL 15 was seen to do, but for the two of older ones. */
static void what_the_grammar_hides_is_seen(void **state)
{
    static const struct row rows[] = {
            {"select distinct on (a) f(b) from t", STAY},
            {"SELECT DISTINCT ON (1) set_config('a.b', 'x', false)", STAY},
            {"update t set a = 1 returning with (old as o) f(a)", STAY}, /* from 18 */
            {"SET U&\"search\\005fpath\" = 'x'", STAY},
            {"SET U&\"application_name\" = local", STAY},
            {"SET local.thing = 'x'", STAY},
            {"set transaction . thing to 'x'", STAY},
            {"set constraints/**/.thing to 'x'", STAY},
            {"SELECT set_config('a.b', 'x', NOT true)", STAY},
            {"SELECT set_config('a.b', 'x', false = true)", STAY},
            {"SELECT set_config('a.b', 'x', true is not true)", STAY},
            {"SELECT t.insert INTO TEMP u FROM t", STAY},
            {"SELECT (1) merge INTO TEMP u", STAY},
            {"(SELECT 1 AS insert INTO TEMP u)", STAY},
            {"SELECT (1), 1into TEMP u", STAY}, /* before 15 */
            {"SELECT ($1)::int, $1into TEMP u", STAY},
            {"SELECT (5::bigint).pg_advisory_lock", STAY},
            {"SELECT (5::bigint).\"pg_advisory_lock\"", STAY},
            {"SELECT (5::bigint). U&\"pg_advisory_lock\"", STAY},
            {"SELECT (a)[1].pg_advisory_lock FROM t", STAY},
            {"UPDATE pg_settings SET setting = 'x' WHERE name = 'search_path'", STAY},
            {"update\nPG_SETTINGS set setting = 'x'", STAY},
            {"update/**/pg_settings set setting = 'x'", STAY},
            {"update only pg_settings set setting = 'x'", STAY},
            {"update \"pg_settings\" set setting = 'x'", STAY},
            {"update U&\"pg\\005fsettings\" set setting = 'x'", STAY},
            {"update pg_catalog.pg_settings s set setting = 'x'", STAY},
            {"update pg_catalog.\"pg_settings\" set setting = 'x'", STAY},
            {"with a as (update pg_settings set setting = 'x' returning *) select from a", STAY},
            {"explain analyze update pg_settings set setting = 'x'", STAY},
            {"select U&\"set!005fconfig\" UESCAPE '!' ('a.b', 'x', false)", STAY},
            {"select pg_catalog . u&\"set!005fconfig\" uescape '!' ('a.b', 'x', false)", STAY},
            {"select 1 as a, U&\"pg!005fadvisory!005flock\" /* x */ UESCAPE '!' (1)", STAY},
            {"select 'a' operator(pg_catalog.||) set_config('a.b', 'x', false)", STAY},
            {"select 1 operator(pg_catalog.+) f(1)", STAY},
            {"select (1) operator(pg_catalog.+) f(1)", STAY},
            {"select (1) operator/* x */ ( pg_catalog /* ) */ . + ) f(1)", STAY},
            {"select (1) OPERATOR (\"pg_catalog\".+)f(1)", STAY},
            {"select (1) operator(pg_catalog.- -- )\n) f(1)", STAY},
            {"select ((1) operator(+) abs((2)) operator(-) f(1))", STAY},
            {"select operator (a)", STAY},
            {"select (1), 1operator(pg_catalog.+) f(1)", STAY}, /* before 15 */
            {"select copy.f()", STAY},
            {"select * from copy . f()", STAY},
            {"select recursive.f(1)", STAY},
            {"select copy(1)", STAY},
            {"select 1 where recursive (1)", STAY},
            {"select lock(1), if(a), update(b)", STAY},
            {"select delete(1)", STAY},
            {"select \x95\x5b(1)", STAY}, /* one letter of SJIS */
            {"select (\x95\x5cnow())", STAY},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void what_asks_for_sequences_is_seen(void **state)
{
    static const struct row rows[] = {
            {"SELECT lastval()", SEQ},
            {"insert into t (a) values (currval('s'))", SEQ},
            {"select pg_catalog.currval('s')", SEQ},
            {"select f(), lastval()", BOTH},
            {"select 'lastval()'", NONE},
            {"select lastval from t", NONE},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void what_takes_names_away_is_seen(void **state)
{
    static const struct row rows[] = {
            {"deallocate all", EFFECTS_NAMES},
            {"select 1; /* x */ DISCARD ALL", EFFECTS_NAMES},
            {"select 'discard all'", NONE},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void what_cannot_be_read_counts(void **state)
{
    static const struct row rows[] = {
            {"values (now()), 'a\\'", ALL}, /* standard_conforming_strings is not known here */
            {"values (now()), 'a\\nb'", ALL},
            {"values (now()), 'open", ALL},
            {"values (now()), \"open", ALL},
            {"values (now()), $$ open", ALL},
            {"values (now()), /* /* open */", ALL},
            {"values (now()), E'open\\", ALL},
    };
    char *longest = malloc(EFFECTS_TEXT_MAX + 1);

    (void)state;
    check_rows(rows, SL_COUNT(rows));
    assert_non_null(longest);
    memset(longest, ' ', EFFECTS_TEXT_MAX + 1);
    assert_int_equal(effects_of(sl_span(longest, EFFECTS_TEXT_MAX)), NONE);
    assert_int_equal(effects_of(sl_span(longest, EFFECTS_TEXT_MAX + 1)), EFFECTS_ALL);
    free(longest);
}

/* Without a parenthesis nothing is called, whatever a string hides. */
static void a_text_without_calls_needs_no_tokens(void **state)
{
    static const struct row rows[] = {
            {"select 'a\\'", NONE},
            {"select 'open", NONE},
            {"  select 1", NONE},
            {"select * from a inner join b using id where c = 'into the wild'", NONE},
            {"select * from aaaaaaaaaaaaaaaaaaaaa where b = 12345678901234567890123 ;; ", NONE},
            {"select * inTO aaaaaaaaaaaaaaaaaaaaa from bbbbbbbbbbbbbbbbbbbbbbbb", STAY},
            {"select aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbb into c", STAY},
            {"select aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; set b = 1", STAY},
            {"update t set a = b; listen c;", STAY},
            {"selects", STAY},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

/* Cut anywhere, a text is read no further than it goes (the sanitizers watch). */
static void a_text_may_end_anywhere(void **state)
{
    static const char text[] = "SELECT E'\\'', U&\"x\", $a$b$a$, /* c */ set_config('a', $1, true) "
                               "-- d\n, \"e\".f(1.5e3), g INTO TEMP h; SET i = 'j'";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, text, len);
        unsigned effects = effects_of(sl_span(copy, len));
        assert_int_equal(effects & ~(unsigned)(EFFECTS_ALL | EFFECTS_SCHEMA | EFFECTS_BEHIND), 0);
        free(copy);
    }
    assert_int_equal(effects_of(sl_span_text(text)),
            STAY | EFFECTS_SCHEMA | EFFECTS_BEHIND | EFFECTS_RULES | EFFECTS_CALLS | EFFECTS_ENDS |
                    EFFECTS_LEAVES | EFFECTS_MOVES);
}

static void settings_change_behind_these(void **state)
{
    static const char *const changing[] = {"set local a = b", "SET a = b", "reset a", "Commit",
            "ROLLBACK to s", "rollback;", "end", "abort", "commit /* ( */", "/* x */ commit",
            "select 1; commit", "select 1;set local a = b", "discard all", "deallocate a",
            "select set_config('a', 'b', true)", "insert into t values (set_config('a', $1, true))",
            "select my.f()", "call f()", "do 'x'", "execute a", "prepare transaction 'a'",
            "select f('a\b')", "create table t (a int)", "explain analyze execute a",
            "fetch 10 from c", "MOVE c"};
    static const char *const others[] = {"", "select 1", "BEGIN", "start transaction",
            "insert into t (a) values ('a'), (lower('b'))", "update t set a = b",
            "delete from t where a = 'set'", "with t as (select 1) select * from t", "savepoint s",
            "release s", "copy t from stdin", "select 'a'; select (1)", "close c", "values (1)",
            "merge into t using u on true when matched then delete"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(changing); i++) {
        if ((effects_of(sl_span_text(changing[i])) & EFFECTS_RULES) == 0) {
            fail_msg("%s", changing[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if ((effects_of(sl_span_text(others[i])) & EFFECTS_RULES) != 0) {
            fail_msg("%s", others[i]);
        }
    }
}

static void the_names_are_in_order(void **state)
{
    size_t count;
    const char *const *names = effects_names(&count);

    (void)state;
    assert_true(count > 500);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
        assert_true(effects_name_is_known(sl_span_text(names[i])));
    }
    assert_false(effects_name_is_known(sl_span_text("cou")));
    assert_false(effects_name_is_known(sl_span_text("counts")));
    assert_false(effects_name_is_known(sl_span_text("")));
    assert_false(effects_name_is_known(sl_span_text("set_config")));
}

static void what_there_is_for_others_is_seen_to_change(void **state)
{
    static const char *const changing[] = {"CREATE TABLE t (a int)", "create index on t (a)",
            "create or replace function f() returns int language sql as 'select 1'",
            "CREATE UNLOGGED TABLE t (a int)", "create table t as select 1",
            "alter table t add b int", "Drop Schema s cascade", "select 1; drop view v",
            "grant usage on schema s to u", "revoke all on schema s from u",
            "import foreign schema s from server x into y", "reassign owned by a to b",
            "do $$ begin create table t (); end $$", "do 'begin EXECUTE a; end'",
            "do language plpython3u $$plpy.execute('x' + y)$$", "do 'begin \\; end'",
            "select * into t from u", "with x as (select 1) select * into t from x",
            "explain analyze create table t as select 1", "/* x */ create -- y\n table t ()",
            "create table t (a text default 'a\\' || f('b'))"};
    static const char *const others[] = {"create temp table t (a int)",
            "create local temporary table t (a int)", "create or replace temp view v as select 1",
            "insert into t select 1", "select 1", "select into_t from t", "truncate t",
            "select $$create table t ()$$", "update t set a = 'drop table t'", "vacuum t",
            "comment on table t is 'x'", "refresh materialized view v", "select f(1)", "call p()",
            "set search_path = a", "select 'a\\' || create_t('b')",
            "do $$begin perform f(); insert t values (1); end$$"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(changing); i++) {
        if ((effects_of(sl_span_text(changing[i])) & EFFECTS_SCHEMA) == 0) {
            fail_msg("%s: not seen", changing[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if ((effects_of(sl_span_text(others[i])) & EFFECTS_SCHEMA) != 0) {
            fail_msg("%s: it changes nothing", others[i]);
        }
    }
}

struct bit_row {
    const char *text;
    bool is_set;
};

static void check_bit(unsigned bit, const struct bit_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (((effects_of(sl_span_text(rows[i].text)) & bit) != 0) != rows[i].is_set) {
            fail_msg("%s: %s", rows[i].text, rows[i].is_set ? "not seen" : "it does not");
        }
    }
}

/* What stays then has no name that the text says. */
static void what_may_end_a_transaction_block_is_seen(void **state)
{
    static const struct bit_row rows[] = {{"commit", true}, {"COMMIT;", true}, {"end", true},
            {"rollback to a", true}, {"abort", true}, {"select 1; commit and chain", true},
            {"/* a */ End", true}, {"prepare transaction 'a'", true},
            {"select 'a\\' || f(); b", true}, {"select 1", false}, {"begin", false},
            {"select commit from t", false}, {"savepoint a", false}, {"release a", false},
            {"select 'a; commit'", false}, {"execute a", false}};

    (void)state;
    check_bit(EFFECTS_COMMITS, rows, SL_COUNT(rows));
}

static void what_ends_a_transaction_in_two_phases_is_seen(void **state)
{
    static const struct bit_row rows[] = {{"prepare transaction 'a'", true},
            {"begin; PREPARE /* b */ TRANSACTION 'a'", true}, {"commit prepared 'a'", true},
            {"Commit /* b */ Prepared 'a';", true}, {"/* b */ commit prepared 'a'", true},
            {"commit", false}, {"commit transaction", false}, {"begin transaction", false},
            {"prepare a as select 1", false}, {"rollback prepared 'a'", false},
            {"select prepared from t; commit", false}};

    (void)state;
    check_bit(EFFECTS_PHASES, rows, SL_COUNT(rows));
}

static void a_long_change_is_seen_by_its_beginning(void **state)
{
    static uint8_t text[EFFECTS_TEXT_MAX + 1];
    static const struct bit_row rows[] = {{"create or replace function f() as $$", true},
            {"/* a */ Create view v as select '", true}, {"alter table t ", true},
            {"insert into t values ('create view ", false}, {"select * from t where a in (", false},
            {"create temp table t (a text default '", false}};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        unsigned all = EFFECTS_ALL | (rows[i].is_set ? EFFECTS_SCHEMA | EFFECTS_BEHIND : 0U);
        memset(text, 'x', sizeof text);
        memcpy(text, rows[i].text, strlen(rows[i].text));
        assert_int_equal(effects_of(sl_span(text, sizeof text)), all);
        assert_int_equal(effects_of_long(sl_span_text(rows[i].text)), all);
    }
    assert_int_equal(effects_of_long(sl_span(text, 0)), EFFECTS_ALL);
}

static void a_copy_is_seen(void **state)
{
    static const char *const copies[] = {"copy t from stdin", " COPY t (a) from stdin with csv",
            "select 1; copy t from stdin", ";/* x */--\ncopy binary t from stdin",
            "copy\"t\"from stdin", "select 'a\\'; copy t from stdin", "copy t from 'x'",
            "execute a", "select 1; execute \"a\" (1)"};
    static const char *const others[] = {"select copy from t", "select 'copy t from stdin'",
            "insert into copy values (1)", "select 1 -- ; copy t from stdin", "begin", "commit",
            "select 1; select copy(1)", "copying", "select execute from t",
            "select $$;copy t from stdin$$", ""};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(copies); i++) {
        if ((effects_of(sl_span_text(copies[i])) & EFFECTS_COPY) == 0) {
            fail_msg("%s: not seen", copies[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if ((effects_of(sl_span_text(others[i])) & EFFECTS_COPY) != 0) {
            fail_msg("%s: it is none", others[i]);
        }
    }
}

static void what_others_do_is_told_from_what_the_text_does(void **state)
{
    static const struct bit_row rows[] = {{"select f(1)", true}, {"select s.f(1)", true},
            {"select \"f\"(1)", true}, {"do $$begin end$$", true}, {"call p()", true},
            {"execute x", true}, {"select (x).f from t", true}, {"foo", true},
            {"create table t as select f(1)", true}, {"create table t (a int default f(1))", true},
            {"create index i on t (f(a))", true}, {"set a = 'b'", false}, {"set a.b to c", false},
            {"select set_config('a', 'b', false)", false}, {"create temp table t (a int)", false},
            {"create temp table t(a int, b varchar(10))", false},
            {"create index i on t (a)", false},
            {"create function f(a int) returns int language sql as 'select 1'", false},
            {"create trigger t before insert on t execute function f()", false},
            {"prepare x as select 1", false}, {"listen x", false}, {"load 'x'", false},
            {"declare c cursor with hold for select 1", false},
            {"select pg_advisory_lock(1)", false},
            {"select pg_try_advisory_lock_shared(1, 2)", false},
            {"select pg_advisory_unlock_all()", false}, {"select 1", false}, {"begin", false}};

    (void)state;
    check_bit(EFFECTS_CALLS, rows, SL_COUNT(rows));
}

static void what_the_text_leaves_is_told_from_what_it_calls(void **state)
{
    static const struct bit_row rows[] = {{"set a = 'b'", true}, {"do $$begin end$$", true},
            {"call p()", true}, {"execute x", true}, {"prepare x as select 1", true},
            {"listen x", true}, {"load 'x'", true}, {"create temp table t (a int)", true},
            {"select set_config('a', 'b', false)", true}, {"select pg_advisory_lock(1)", true},
            {"declare c cursor with hold for select 1", true},
            {"update pg_settings set a = 1", true}, {"set a = 'b'; select f()", true},
            {"select f(1)", false}, {"select (x).f from t", false}, {"set local a = 'b'", false},
            {"select set_config('a', 'b', true)", false}, {"insert into t values (f(1))", false},
            {"reset all", false}, {"commit", false}};

    (void)state;
    check_bit(EFFECTS_LEAVES, rows, SL_COUNT(rows));
}

static void what_may_end_what_stays_is_seen(void **state)
{
    static const struct bit_row rows[] = {{"reset a", true}, {"discard all", true},
            {"deallocate p", true}, {"drop table t", true}, {"close c", true}, {"unlisten *", true},
            {"select 1; close all", true}, {"select pg_advisory_unlock(1)", true},
            {"select f()", true}, {"do $$begin end$$", true}, {"select 1", false},
            {"insert into t values (1)", false}, {"commit", false}, {"set a = 'b'", false},
            {"update t set a = 'close c'", false}, {"begin", false}};

    (void)state;
    check_bit(EFFECTS_ENDS, rows, SL_COUNT(rows));
}

static void what_only_the_end_of_a_process_takes_away_is_seen(void **state)
{
    static const struct bit_row libraries[] = {{"load 'x'", true}, {"select 1; LOAD 'x'", true},
            {"select load from t", false}, {"select $$ load 'x' $$", false}};
    static const struct bit_row holding[] = {{"select setseed(0.5)", true},
            {"select pg_catalog.setseed(0.5)", true},
            {"select pg_replication_origin_session_setup('o')", true},
            {"select pg_create_logical_replication_slot('s', 'x', true)", true},
            {"set seed = 0.5", true}, {"set session SEED to 0.5", true},
            {"set local seed to 0.5", true}, {"set \"Seed\" = 0.5", true},
            {"select 1; set /* c */ seed = 0.5", true},
            {"select set_config('seed', '0.5', true)", true},
            {"select pg_catalog.set_config( E'Seed', '0.5', false)", true},
            {"select set_config('seeds', 'seed', false)", false}, {"set app.seed = 1", false},
            {"select seed from t", false}, {"update t set seed = 1", false}, {"reset seed", false},
            {"select pg_stat_get_snapshot_timestamp()", true}, {"select random()", false},
            {"select dblink_connect('host=a')", true}, {"select DBLINK_CONNECT_U('a', 'b')", true},
            {"select public.dblink_connect('a', 'b')", true},
            {"select db.public.dblink_connect ('a')", true},
            {"select \"dblink_connect\"('a')", true},
            {"select * from x.\"dblink_connect_u\" ('a', 'b')", true},
            {"select dblink('a', 'select 1')", false}, {"select dblink_disconnect()", false},
            {"select dblink_connect from t", false}, {"select dblink_connect_x('a')", false},
            {"select 'dblink_connect(1)'", false}, {"select setseed from t", false}, {"\\", false}};

    (void)state;
    check_bit(EFFECTS_LIBRARY, libraries, SL_COUNT(libraries));
    check_bit(EFFECTS_HOLDS, holding, SL_COUNT(holding));
}

static void what_takes_the_value_of_a_sequence_is_seen(void **state)
{
    static const struct bit_row rows[] = {{"insert into t values (1)", true},
            {"with x as (insert into t values (1) returning *) select * from x", true},
            {"merge into t using u on (a = b) when not matched then insert values (1)", true},
            {"copy t from stdin", true}, {"select nextval('s')", true},
            {"select pg_catalog.setval('s', 1)", true}, {"select f()", true}, {"execute x", true},
            {"select lastval()", false}, {"update t set a = 1 where b = 2", false},
            {"select count(*) from t", false}, {"delete from t", false}};

    (void)state;
    check_bit(EFFECTS_MOVES, rows, SL_COUNT(rows));
}

static void what_takes_channels_away_is_seen(void **state)
{
    static const struct bit_row rows[] = {{"unlisten a", true}, {"select 1; UNLISTEN *", true},
            {"discard all", true}, {"do $$begin execute 'unlisten a'; end$$", true},
            {"do $$begin UNListen a; end$$", true}, {"do 'begin discard all; end'", true},
            {"do language plpython3u $$plpy.execute('un' + x)$$", true},
            {"do $$begin perform f(); end$$", false},
            {"do $$begin insert into t values (1); end$$", false}, {"listen a", false},
            {"select 'unlisten a'", false}, {"notify a, 'unlisten'", false},
            {"select pg_listening_channels()", false}, {"commit", false}};
    static const struct bit_row asking[] = {{"select pg_listening_channels()", true},
            {"select * from Pg_Catalog.PG_listening_channels ()", true}, {"unlisten a", false},
            {"select pg_notify('pg_listening_channels', '')", false}};

    (void)state;
    check_bit(EFFECTS_UNLISTENS, rows, SL_COUNT(rows));
    check_bit(EFFECTS_CHANNELS, asking, SL_COUNT(asking));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(ordinary_statements_leave_nothing),
            cmocka_unit_test(what_stays_is_seen),
            cmocka_unit_test(what_the_grammar_hides_is_seen),
            cmocka_unit_test(what_asks_for_sequences_is_seen),
            cmocka_unit_test(what_takes_names_away_is_seen),
            cmocka_unit_test(what_cannot_be_read_counts),
            cmocka_unit_test(a_text_without_calls_needs_no_tokens),
            cmocka_unit_test(a_text_may_end_anywhere),
            cmocka_unit_test(settings_change_behind_these),
            cmocka_unit_test(the_names_are_in_order),
            cmocka_unit_test(what_there_is_for_others_is_seen_to_change),
            cmocka_unit_test(what_may_end_a_transaction_block_is_seen),
            cmocka_unit_test(what_ends_a_transaction_in_two_phases_is_seen),
            cmocka_unit_test(a_long_change_is_seen_by_its_beginning),
            cmocka_unit_test(a_copy_is_seen),
            cmocka_unit_test(what_others_do_is_told_from_what_the_text_does),
            cmocka_unit_test(what_the_text_leaves_is_told_from_what_it_calls),
            cmocka_unit_test(what_may_end_what_stays_is_seen),
            cmocka_unit_test(what_only_the_end_of_a_process_takes_away_is_seen),
            cmocka_unit_test(what_takes_the_value_of_a_sequence_is_seen),
            cmocka_unit_test(what_takes_channels_away_is_seen),
    };

    return cmocka_run_group_tests_name("effects", tests, NULL, NULL);
}
