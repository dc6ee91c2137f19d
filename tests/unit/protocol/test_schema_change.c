/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/schema_change.h"

#include "protocol/base/check.h"
#include "protocol/effects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *text, bool is_quiet)
{
    unsigned effects = effects_of(sl_span_text(text));

    if (schema_change_is_quiet(sl_span_text(text)) != is_quiet) {
        fail_msg("%s: is%s quiet", text, is_quiet ? " not" : "");
    }
    if ((effects & EFFECTS_SCHEMA) != 0 && ((effects & EFFECTS_BEHIND) == 0) != is_quiet) {
        fail_msg("%s: its effects say otherwise", text);
    }
    if (!is_quiet && (effects & EFFECTS_SCHEMA) == 0) {
        fail_msg("%s: is no change", text);
    }
}

static void what_adds_nothing_behind_others_is_quiet(void **state)
{
    static const char *const texts[] = {"drop table t", "DROP TABLE IF EXISTS a.\"B c\" CASCADE;",
            "drop index concurrently i", "grant select on t to u", "revoke all on t from u",
            "select * into t from u", "create table t as select * from u where a = 1",
            "create unlogged table if not exists a.t as table u", "create index i on t (a)",
            "create index on t (a)", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a.t (b)",
            "create index i on only t using btree (a desc nulls last, \"b\" text_ops)",
            "create index i on t using gin (a) with (fastupdate = off) where b in (1, 2)",
            "create index i on t (lower(a), (b + 1)) include (c) tablespace x where c is not null",
            "create index i on t ((a ->> 'b'))", "alter table only a.t validate constraint c",
            "alter table t validate constraint \"C\";", "create role r login",
            "alter role r set a = 'b'", "create database d template t", "alter system set a = 'b'",
            "alter sequence s restart", "alter default privileges grant select on tables to u",
            "begin; create index i on t (a); commit", "/* a */ drop -- b\n view v",
            "create temp table a (b int default f()); drop table a"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        check(texts[i], true);
    }
}

static void all_else_may_add_something(void **state)
{
    static const char *const texts[] = {"create table t (a int)", "create table t (like u)",
            "create table t partition of u default", "create view v as select 1",
            "create materialized view v as select 1", "create trigger a before insert on t",
            "create function f() returns int language sql as 'select 1'",
            "create or replace view v as select 1", "create index i on t (f(a))",
            "create index i on t (a.lower(b))", "create index i on t (\"lower\"(a))",
            "create index i on t (a) where f(b)", "create index i on t (a) where s . f (b)",
            "create index i on t (\"f\" (a))", "create index i on t (a f_ops(b = 1))",
            "alter table t add column a int default f()", "alter table t enable trigger a",
            "alter table t validate constraint c, add check (f(a))", "alter view v rename to w",
            "alter index i rename to k", "import foreign schema a from server b into c",
            "reassign owned by a to b", "do $$begin create table t (a int); end$$",
            "do $$begin execute f(); end$$",
            "do u&'begin !0063reate table t (a int); end' uescape '!'",
            "create index i on t ((t.f))", "create index i on t (a) where (t).f > 0",
            "explain analyze create table t as select 1", "drop table t; create view v as select 1",
            "create index i on t (a) where b = E'\\\\'", "create index i on t (\"\xc3\xa4\")",
            "drop table t; )", "create extension a", "create domain d as int check (f(value))",
            "create operator + (function = f)", "create policy p on t using (f())",
            "create rule r as on insert to t do also select f()"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        check(texts[i], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_adds_nothing_behind_others_is_quiet),
            cmocka_unit_test(all_else_may_add_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
