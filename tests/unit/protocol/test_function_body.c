/* SPDX-License-Identifier: PostgreSQL */
/* protocol/function_body.h: what of a body is harmless, and what it is said to call. */
#include "protocol/function_body.h"

#include "protocol/base/check.h"
#include "protocol/effects_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALLS_MAX = 512 };

/* All that is called but built-in functions that are known. */
static char calls[CALLS_MAX];

static bool on_call(void *self, const struct function_call *call)
{
    size_t len = strlen(calls);

    (void)self;
    if (call->kind == FUNCTION_CALL && !call->is_quoted && call->schema.len == 0 &&
            (call->is_word || effects_name_is_known(call->name))) {
        return true;
    }
    if (call->kind == FUNCTION_COLUMN && call->name.len == 1) {
        return true; /* columns of one letter are columns here */
    }
    snprintf(calls + len, sizeof calls - len, "%s%.*s%s%.*s%s", len > 0 ? " " : "",
            (int)call->schema.len, (const char *)call->schema.at, call->schema.len > 0 ? "." : "",
            (int)call->name.len, (const char *)call->name.at,
            call->kind == FUNCTION_CALL        ? ""
            : call->kind == FUNCTION_ATTRIBUTE ? "?"
                                               : "~");
    return true;
}

static bool is_harmless(const char *text, bool is_sql)
{
    struct sl_span whole = sl_span_text(text);
    size_t len = whole.len;
    uint8_t *copy = malloc(len > 0 ? len : 1); /* so that what reads beyond is found */

    assert_non_null(copy);
    memcpy(copy, whole.at, len);
    calls[0] = '\0';
    bool harmless = function_body_is_harmless(&(struct function_body){
            .text = sl_span(copy, len), .is_sql = is_sql, .on_call = on_call});
    free(copy);
    return harmless;
}

struct row {
    const char *text;
    const char *calls;
};

static void check_harmless(const struct row *rows, size_t count, bool is_sql)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_harmless(rows[i].text, is_sql)) {
            fail_msg("not harmless: %s", rows[i].text);
        }
        if (strcmp(calls, rows[i].calls) != 0) {
            fail_msg("%s calls \"%s\", not \"%s\"", rows[i].text, calls, rows[i].calls);
        }
    }
}

static void check_harmful(const char *const *texts, size_t count, bool is_sql)
{
    for (size_t i = 0; i < count; i++) {
        if (is_harmless(texts[i], is_sql)) {
            fail_msg("harmless: %s", texts[i]);
        }
    }
}

static void plain_sql_is_harmless(void **state)
{
    static const struct row rows[] = {
            {"select 1", ""},
            {"SELECT a.x, lower(b.y) FROM a, b WHERE a.x IN (1, 2) AND EXISTS (SELECT 1)", ""},
            {"insert into t (a, b) values ($1, now()); select 2;", ""},
            {"insert into s.t as x (a) values (1) on conflict (a) do update set a = 2", ""},
            {"insert into t (a) values (1) on conflict do nothing returning (a)", ""},
            {"update t set a = 1", ""},
            {"update only s.t * as x set (a, b) = (select 1, 2)", ""},
            {"UPDATE \"My\".\"T\" SET a = 1", ""},
            {"merge into t using u on t.a = u.a when matched then update set a = 1 "
             "when not matched then insert (a) values (1)",
                    ""},
            {"with w(a) as (select 1), v as materialized (select 2) select * from w", ""},
            {"with recursive w(a) as (select 1 union all select a + 1 from w) select * from w", ""},
            {"select '; set x = 1', 'it''s set_config(', $$ execute $$, $a$ $$ set $a$", ""},
            {"select 1 -- ; set x = 1\n, 2 /* execute /* set */ set */ , 3", ""},
            {"select e'set', E'execute', $1::varchar(10), x.load, x.execute from x",
                    "load~ execute~"},
            {"select 1.5, .5, 1e3, 1.e-3, 2.", ""},
            {"select 1::numeric(10, 2) from t for update", ""},
    };

    (void)state;
    check_harmless(rows, SL_COUNT(rows), true);
}

static void plain_plpgsql_is_harmless(void **state)
{
    static const struct row rows[] = {
            {"begin return 1; end", ""},
            {"\n#variable_conflict use_column\n<<l>> DECLARE x numeric(10,2) := (1 + 2); y "
             "t.a%TYPE;"
             "\nBEGIN\n  IF (x > 1) THEN x := 2; ELSIF (x > 2) THEN RETURN (x); ELSE NULL; END IF;"
             "\n  WHILE (x < 3) LOOP x = x + 1; END LOOP; PERFORM (select 1); RETURN x; END",
                    ""},
            {"begin for i in 1..10 loop insert into t (a) values (i); end loop; end", ""},
            {"begin for i in a..b loop update t set a = i; end loop; end", ""},
            {"begin select a, b into strict x, y from t; return query select (1); end", ""},
            {"begin select a into x.y from t where (a) = 1; return next (x); end", ""},
            {"begin raise notice 'set % %', 1, now(); exception when others then null; end", ""},
            {"begin update t set a = 1; if found then delete from t; end if; end", ""},
            {"begin begin insert into t values (1); exception when unique_violation then update t "
             "set a = 2; end; end",
                    ""},
            {"begin new.changed = now(); return new; end", "changed~"},
    };

    (void)state;
    check_harmless(rows, SL_COUNT(rows), false);
}

static void every_call_is_told(void **state)
{
    static const struct row rows[] = {
            {"select f(1)", "f"},
            {"select F /* x */ (1), \"F\"(1)", "f F"},
            {"select S.F(1), pg_catalog.now()", "s.f pg_catalog.now"},
            {"select * from f(1) as x(a, b), lateral g(2)", "f g"},
            {"select set_config('a', 'b', false)", "set_config"},
            {"select pg_catalog.set_config('a', 'b', false)", "pg_catalog.set_config"},
            {"select pg_advisory_lock(1), dblink('x', 'y'), lo_open(1, 2)",
                    "pg_advisory_lock dblink lo_open"},
            {"select (x).f, (1::bigint).pg_advisory_lock, $1.g, a[1].h from t",
                    "f? pg_advisory_lock? g? h?"},
            {"select t.harm from t", "harm~"},
            {"select s.t.harm from t", "harm~"},
            {"select t.as, f(1) from t", "as~ f"},
            {"select t.into, f(1), t.with from t", "into~ f with~"},
            {"select 1 as a, f(1), 2 as b", "f"},
            {"select x from t order by f(x) limit g(1)", "f g"},
            {"select x operator(pg_catalog.+) f(1)", "operator f"},
            {"insert into t (a) values (f(1)) on conflict (f(a)) do nothing", "f f"},
            {"select \"coalesce\"(1)", "coalesce"},
            {"select $$x$$||f(1)||$a$y$a$||g(2)", "f g"},
            {"select 'a''b'||f('c')", "f"},
            {"call p(1)", "p"},
    };
    static const struct row in_plpgsql[] = {
            {"begin perform f(1); x := g(2); return h(3); end", "f g h"},
            {"begin select f(1) into x; select into y g(2); select into strict z h(3); end",
                    "f g h"},
            {"begin for i in 1..f(1) loop null; end loop; end", "f"},
            {"begin for i in a..f(1) loop null; end loop; end", "f"},
            {"declare x int default f(1); y cursor_like := g(2); begin end", "f g"},
            {"begin open c for select f(1); end", "f"},
            {"begin if f(1) then return query select * from g(1); end if; end", "f g"},
            {"begin assert f(1), 'x'; raise exception using message = g(1); end", "f g"},
    };

    (void)state;
    check_harmless(rows, SL_COUNT(rows), true);
    check_harmless(in_plpgsql, SL_COUNT(in_plpgsql), false);
}

static void what_may_leave_something_is_not_harmless(void **state)
{
    static const char *const texts[] = {"set x = 1", "select 1; set x = 1", "SeT LOCAL x = 1",
            "select 1;/* */set x = 1", "select 1 -- x\n; set x = 1",
            "select 1 for update; set x = 1", "reset x", "discard all",
            "create temp table t (a int)", "create table t (a int)", "select 1 into t",
            "select 1 into temp t", "select 1 into pg_temp.t", "insert into pg_temp.t values (1)",
            "insert into \"pg_temp_3\".t values (1)", "select pg_temp.f()", "prepare p as select 1",
            "execute p", "deallocate p", "listen a", "unlisten *", "load 'x'", "do 'begin end'",
            "do $$begin end$$", "do language plpgsql 'x'", "select 1; do /* update */ 'x'",
            "declare c cursor for select 1", "declare c cursor with hold for select 1", "close c",
            "commit", "rollback", "savepoint a", "alter role joe set a = 1", "grant a to b",
            "copy t to '/x'", "explain execute p", "update pg_settings set setting = 1",
            "update pg_catalog.pg_settings set setting = 1",
            "update \"pg_settings\" set setting = 1", "update PG_SETTINGS as x set setting = 1",
            /* what cannot be read for certain */
            "", "select 'a\\'; set x = 1 --'", "select E'\\''", "select U&'x'", "select u&\"f\"(1)",
            "select 'x", "select \"x", "select /* x", "select /* /* x */", "select $$ x",
            "select $a$ x $$", "select \"a\"\"b\"(1)", "select 1into t", "select 1execute",
            "select 0x1f", "select 1_000", "select $1a", "select \xc3\xa4(1)",
            "select \xc3\xa4.f(1)", "select \"s\".f(1)", "select a.b.f(1)",
            "select aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg(1)"};
    static const char *const in_plpgsql[] = {"begin execute 'set x = 1'; end",
            "begin execute format('set %s', 1); end", "begin set x = 1; end",
            "begin if a then set x = 1; end if; end", "begin loop set x = 1; end loop; end",
            "begin if a then null; else set x = 1; end if; end", "begin <<l>> set x = 1; end",
            "begin for r in select 1 for update loop set x = 1; end loop; end",
            "begin if (select true for update) then set x = 1; end if; end",
            "begin if exists (select 1) and b for update then set x = 1; end if; end",
            "begin for r in execute 'x' loop null; end loop; end",
            "begin return query execute 'x'; end", "begin open c for execute 'x'; end",
            "declare c cursor for select 1; begin end", "begin update t set a = 1; set x = 1; end",
            "begin commit; end", "begin perform 1; reset all; end",
            "begin create temp table t (a int); end", "begin select 1 into pg_temp.t; end",
            "begin do 'x'; end"};

    (void)state;
    check_harmful(texts, SL_COUNT(texts), true);
    check_harmful(in_plpgsql, SL_COUNT(in_plpgsql), false);
}

static bool refuse(void *self, const struct function_call *call)
{
    (void)self;
    (void)call;
    return false;
}

static void what_is_called_may_spoil_it(void **state)
{
    (void)state;
    assert_false(function_body_is_harmless(&(struct function_body){
            .text = sl_span_text("select f(1)"), .is_sql = true, .on_call = refuse}));
    assert_true(function_body_is_harmless(&(struct function_body){
            .text = sl_span_text("select f"), .is_sql = true, .on_call = refuse}));
}

/* A NUL, and more than is read. */
static void what_is_too_long_is_not_read(void **state)
{
    static char text[FUNCTION_BODY_MAX + 2];
    struct sl_span begin = sl_span_text("select 1");

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, begin.at, begin.len);
    struct function_body body = {
            .text = sl_span(text, FUNCTION_BODY_MAX), .is_sql = true, .on_call = on_call};
    assert_true(function_body_is_harmless(&body));
    body.text.len++;
    assert_false(function_body_is_harmless(&body));
    body.text = sl_span("select 1\0 2", 11);
    assert_false(function_body_is_harmless(&body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(plain_sql_is_harmless),
            cmocka_unit_test(plain_plpgsql_is_harmless),
            cmocka_unit_test(every_call_is_told),
            cmocka_unit_test(what_may_leave_something_is_not_harmless),
            cmocka_unit_test(what_is_called_may_spoil_it),
            cmocka_unit_test(what_is_too_long_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
