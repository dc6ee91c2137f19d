/* SPDX-License-Identifier: PostgreSQL */
/* protocol/sql_facts.h: what is said of statements. */
#include "protocol/sql_facts.h"

#include "protocol/sql_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/protocol/facts_text.h"

/* Small texts only: this thread has the usual stack. */
static struct sql_facts *facts_of(const char *text)
{
    struct sql_tree *tree = NULL;
    struct sql_facts *facts = NULL;
    struct sql_parse_error error = {0};

    if (sql_parse(sl_span_text(text), &tree, &error) != SL_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    assert_int_equal(sql_facts_new(tree, &facts), SL_OK);
    sql_tree_free(tree); /* facts stand alone */
    return facts;
}

struct expected {
    const char *text;
    const char *facts;
};

static const struct expected queries[] = {
        {"select 1", "SELECT\n"},
        {"select a, b from t where a = 1", "SELECT\n"
                                           "does: reads\n"
                                           "table: t r\n"
                                           "filter: t.a equal(=) literal\n"},
        {"select * from s.t as x where x.a = $1 and 5 < x.b and x.c <> 'z'",
                "SELECT\n"
                "does: reads star\n"
                "table: s.t as x r\n"
                "filter: t.a equal(=) $1\n"
                "filter: t.b range(>) literal flipped\n"
                "filter: t.c unequal(<>) literal\n"},
        {"select a.id from a join s.b on a.id = b.a_id left join c as x using (id) where a.n "
         "between 1 and $1",
                "SELECT\n"
                "does: reads\n"
                "table: a r\n"
                "table: s.b r\n"
                "table: c as x r\n"
                "join: a.id = b.a_id inner on\n"
                "join: - = c.id left on\n"
                "filter: a.n range(BETWEEN) list of 2\n"},
        {"select 1 from a, b where a.id = b.id and a.k = b.k and a.x = a.y",
                "SELECT\n"
                "does: reads\n"
                "table: a r\n"
                "table: b r\n"
                "join: a.id = b.id inner\n"
                "join: a.k = b.k inner\n"
                "filter: a.x equal(=) column a.y\n"},
        {"select 1 from t where lower(name) = 'x' and created::date = '2020-01-01' and d->>'k' = "
         "'v'",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "function: lower/1\n"
                "filter: lower t.name equal(=) literal wrapped\n"
                "filter: t.created equal(=) literal wrapped\n"
                "filter: t.d json(=) literal wrapped\n"},
        {"select 1 from t where a like 'x%' and b ilike '%x' and c not like $1 and d ~ 'x'",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "filter: t.a LIKE prefix(~~) literal\n"
                "filter: t.b LIKE infix(~~*) literal\n"
                "filter: t.c LIKE(!~~) $1 not\n"
                "filter: t.d LIKE(~) literal\n"},
        {"select 1 from t where a in (1, 2, $1) and b not in (3) and c = any($2) and d = "
         "any(array[1,2])",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "filter: t.a in(=) list of 3\n"
                "filter: t.b in(<>) list of 1 not\n"
                "filter: t.c in(=) $2\n"
                "filter: t.d in(=) list of 2\n"},
        {"select 1 from t where tags @> $1 and doc ? 'k' and a && b and not flag and c is not null "
         "and d is true",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "filter: t.tags array(@>) $1\n"
                "filter: t.doc json(?) literal\n"
                "filter: t.a array(&&) column t.b\n"
                "filter: t.flag other() nothing not\n"
                "filter: t.c null(IS NULL) nothing not\n"
                "filter: t.d other(IS) nothing\n"},
        {"select 1 from t where (a = 1 or b = 2) and not (c = 3 and d = 4) and (e, f) = (5, 6)",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "filter: t.a equal(=) literal or\n"
                "filter: t.b equal(=) literal or\n"
                "filter: t.c equal(=) literal not or\n"
                "filter: t.d equal(=) literal not or\n"
                "filter: t.e equal(=) literal\n"
                "filter: t.f equal(=) literal\n"},
        {"select count(*), sum(distinct x), my.agg(y order by z), rank() over (partition by p "
         "order by q) from t group by a, 2 having count(*) > 1 order by a desc nulls last, 1, "
         "lower(b)",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "function: count/0 aggregate\n"
                "function: sum/1 aggregate distinct\n"
                "function: my.agg/1 aggregate\n"
                "function: rank/0 window\n"
                "function: lower/1\n"
                "filter: - range(>) literal having\n"
                "group: t.a\n"
                "group: - position\n"
                "order: t.a desc last\n"
                "order: - position\n"
                "order: -\n"},
        {"select b as a, c from t group by a, c", "SELECT\n"
                                                  "does: reads\n"
                                                  "table: t r\n"
                                                  "group: -\n"
                                                  "group: t.c\n"},
        {"select a as k, b + 1 as n from t order by k, n", "SELECT\n"
                                                           "does: reads\n"
                                                           "table: t r\n"
                                                           "order: t.a\n"
                                                           "order: -\n"},
        {"with w as (select a from t where b = 1) select * from w, u where w.a = u.a",
                "SELECT\n"
                "does: reads star\n"
                "table: t r\n"
                "table: u r\n"
                "join: ?.a = u.a inner\n"
                "filter: t.b equal(=) literal\n"},
        {"with t as (select * from t) select * from t", "SELECT\n"
                                                        "does: reads star\n"
                                                        "table: t r\n"},
        {"with recursive r as (select 1 as n union all select n + 1 from r where n < 10) select n "
         "from r",
                "SELECT\n"
                "filter: ?.n range(<) literal\n"},
        {"select * from a where exists (select 1 from b where b.a_id = a.id and n = 1) and id in "
         "(select a_id from c)",
                "SELECT\n"
                "does: reads star\n"
                "table: a r\n"
                "table: b r\n"
                "table: c r\n"
                "join: b.a_id = ^a.id inner correlated\n"
                "filter: b~.n equal(=) literal\n"
                "filter: a.id in(=) query\n"},
        {"select q.x from (select x from t where y = 1) as q where q.x = 2 union all select x from "
         "u",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "table: u r\n"
                "filter: t.y equal(=) literal\n"
                "filter: ?.x equal(=) literal\n"},
        {"select 1 from a, lateral (select b.x from b where b.y = a.y) l",
                "SELECT\n"
                "does: reads\n"
                "table: a r\n"
                "table: b r\n"
                "join: b.y = ^a.y inner correlated\n"},
        {"select * from generate_series(1, $1) as g, now(), t tablesample system (10)",
                "SELECT\n"
                "does: reads sample star\n"
                "table: t r\n"
                "function: generate_series/2 from\n"
                "function: now/0 from\n"},
        {"select current_timestamp, current_user, localtime(0), now()",
                "SELECT\n"
                "function: current_timestamp/0 keyword\n"
                "function: current_user/0 keyword\n"
                "function: localtime/0 keyword\n"
                "function: now/0\n"},
        {"select 'now'::timestamp, cast($1 as date), a::date from t", "SELECT\n"
                                                                      "does: reads time\n"
                                                                      "table: t r\n"},
        {"select a from t for update", "SELECT\n"
                                       "does: reads rows\n"
                                       "table: t rl\n"},
        {"select 1 from a, b for share of b", "SELECT\n"
                                              "does: reads rows\n"
                                              "table: a r\n"
                                              "table: b rl\n"},
        {"table t", "SELECT\n"
                    "does: reads star\n"
                    "table: t r\n"},
        {"values (1, 2), (3, 4)", "SELECT\n"},
        {"select (select max(x) from u where u.id = t.id) from t where a > all (select b from v)",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "table: u r\n"
                "table: v r\n"
                "function: max/1 aggregate\n"
                "join: u.id = ^t.id inner correlated\n"
                "filter: t.a array(>) query\n"},
        {"select \"T\".\"A b\" from \"T\" natural full join v", "SELECT\n"
                                                                "does: reads\n"
                                                                "table: T r\n"
                                                                "table: v r\n"},
        {"select s.t.a from s.t where s.t.b = 1", "SELECT\n"
                                                  "does: reads\n"
                                                  "table: s.t r\n"
                                                  "filter: t.b equal(=) literal\n"},
        {"select case when a = 1 then b end from t where coalesce(c, 1) = 2",
                "SELECT\n"
                "does: reads\n"
                "table: t r\n"
                "filter: - equal(=) literal\n"},
        {"select nextval('s'), pg_advisory_lock(1), pg_try_advisory_xact_lock(2), pg_notify('a', "
         "'b'), set_config('a', 'b', false)",
                "SELECT\n"
                "effects: set notify advisory sequences\n"
                "function: nextval/1\n"
                "function: pg_advisory_lock/1\n"
                "function: pg_try_advisory_xact_lock/1\n"
                "function: pg_notify/2\n"
                "function: set_config/3\n"},
};

static const struct expected writes[] = {
        {"insert into t (a, b) values (1, $1), (2, $2) returning *", "INSERT\n"
                                                                     "does: writes returning star\n"
                                                                     "table: t w\n"
                                                                     "target: t.a\n"
                                                                     "target: t.b\n"},
        {"insert into s.t select a from u where b = 1", "INSERT\n"
                                                        "does: reads writes\n"
                                                        "table: u r\n"
                                                        "table: s.t w\n"
                                                        "filter: u.b equal(=) literal\n"},
        {"insert into t values (1) on conflict (a) do update set b = excluded.b, (c, d) = (1, 2) "
         "where t.c < 3",
                "INSERT\n"
                "does: writes conflict\n"
                "table: t w\n"
                "filter: t.c range(<) literal\n"
                "target: t.b\n"
                "target: t.c\n"
                "target: t.d\n"},
        {"update t set a = a + 1, b = $1 where id = $2", "UPDATE\n"
                                                         "does: writes\n"
                                                         "table: t w\n"
                                                         "filter: t.id equal(=) $2\n"
                                                         "target: t.a\n"
                                                         "target: t.b\n"},
        {"update t as x set a = u.a from u where u.id = x.id and x.k > 1 returning x.a",
                "UPDATE\n"
                "does: reads writes returning\n"
                "table: t as x w\n"
                "table: u r\n"
                "join: u.id = t.id inner\n"
                "filter: t.k range(>) literal\n"
                "target: t.a\n"},
        {"update t set (a, b) = (select c, d from u where u.id = t.id)",
                "UPDATE\n"
                "does: reads writes\n"
                "table: t w\n"
                "table: u r\n"
                "join: u.id = ^t.id inner correlated\n"
                "target: t.a\n"
                "target: t.b\n"},
        {"delete from t where id = $1", "DELETE\n"
                                        "does: writes\n"
                                        "table: t w\n"
                                        "filter: t.id equal(=) $1\n"},
        {"delete from only t using u where t.id = u.id and u.x is null",
                "DELETE\n"
                "does: reads writes\n"
                "table: t w\n"
                "table: u r\n"
                "join: t.id = u.id inner\n"
                "filter: u.x null(IS NULL) nothing\n"},
        {"merge into t using s on t.id = s.id when matched and s.x > 1 then update set x = s.x "
         "when not matched then insert (a) values (1)",
                "MERGE\n"
                "does: reads writes\n"
                "table: t w\n"
                "table: s r\n"
                "join: t.id = s.id inner on\n"
                "filter: s.x range(>) literal\n"
                "target: t.x\n"
                "target: t.a\n"},
        {"with d as (delete from t returning id) insert into log select id from d",
                "INSERT\n"
                "does: writes cte returning\n"
                "table: t w\n"
                "table: log w\n"},
        {"select * into temp x from t", "SELECT\n"
                                        "does: reads writes schema star\n"
                                        "effects: temp\n"
                                        "table: t r\n"
                                        "table: x wd temp\n"},
        {"with u as (update t set a = 1 returning *) select * from u",
                "SELECT\n"
                "does: writes cte returning star\n"
                "table: t w\n"
                "target: t.a\n"},
        {"copy t (a) from stdin", "COPY\n"
                                  "does: writes copy\n"
                                  "table: t w\n"},
        {"copy t to stdout", "COPY\n"
                             "does: reads\n"
                             "table: t r\n"},
        {"copy (select a from t where b = 1) to stdout", "COPY\n"
                                                         "does: reads\n"
                                                         "table: t r\n"
                                                         "filter: t.b equal(=) literal\n"},
        {"copy t from '/x' where a > 1", "COPY\n"
                                         "does: writes copy file\n"
                                         "table: t w\n"
                                         "filter: t.a range(>) literal\n"},
        {"truncate a, s.b", "TRUNCATE\n"
                            "does: writes\n"
                            "table: a w\n"
                            "table: s.b w\n"},
        {"explain analyze delete from t", "EXPLAIN\n"
                                          "does: writes\n"
                                          "table: t w\n"},
        {"prepare p as update t set a = $1 where b = 2", "PREPARE\n"
                                                         "does: writes\n"
                                                         "effects: prepare\n"
                                                         "table: t w\n"
                                                         "filter: t.b equal(=) literal\n"
                                                         "target: t.a\n"},
        {"refresh materialized view v", "MAINTENANCE\n"
                                        "does: writes\n"
                                        "table: v w\n"},
        {"create table x as select * from t", "DDL\n"
                                              "does: reads writes schema star\n"
                                              "table: t r\n"
                                              "table: x d\n"},
};

static const struct expected others[] = {
        {"", "EMPTY\n"},
        {"-- nothing", "EMPTY\n"},
        {"begin; insert into t values (1); commit", "MULTI\n"
                                                    "does: writes\n"
                                                    "effects: begin end plain\n"
                                                    "table: t w\n"},
        {"begin", "TRANSACTION\n"
                  "effects: begin plain\n"},
        {"start transaction read only", "TRANSACTION\n"
                                        "effects: begin plain\n"},
        {"begin not deferrable, read write", "TRANSACTION\n"
                                             "effects: begin plain\n"},
        {"begin work isolation level read committed, read only", "TRANSACTION\n"
                                                                 "effects: begin committed\n"},
        {"start transaction isolation level repeatable read", "TRANSACTION\n"
                                                              "effects: begin\n"},
        {"begin isolation level serializable", "TRANSACTION\n"
                                               "effects: begin\n"},
        {"begin isolation level read uncommitted", "TRANSACTION\n"
                                                   "effects: begin\n"},
        {"begin isolation level read committed, isolation level serializable", "TRANSACTION\n"
                                                                               "effects: begin\n"},
        {"begin isolation level serializable, isolation level read committed", "TRANSACTION\n"
                                                                               "effects: begin\n"},
        {"commit and chain", "TRANSACTION\n"
                             "effects: end\n"},
        {"commit", "TRANSACTION\n"
                   "effects: end\n"},
        {"rollback to a", "TRANSACTION\n"},
        {"savepoint a", "TRANSACTION\n"},
        {"prepare transaction 'x'", "TRANSACTION\n"
                                    "effects: end two-phase\n"},
        {"commit prepared 'x'", "TRANSACTION\n"
                                "effects: two-phase\n"},
        {"set a = 1", "SET\n"
                      "effects: set\n"},
        {"set local a = 1", "SET\n"
                            "effects: local\n"},
        {"reset all", "SET\n"
                      "effects: set\n"},
        {"set role x", "SET\n"
                       "effects: set role\n"},
        {"set session authorization x", "SET\n"
                                        "effects: set role\n"},
        {"set transaction isolation level serializable", "SET\n"
                                                         "effects: local\n"},
        {"set session characteristics as transaction read only", "SET\n"
                                                                 "effects: set\n"},
        {"set constraints all deferred", "SET\n"
                                         "effects: local\n"},
        {"show all", "SHOW\n"},
        {"deallocate p", "DEALLOCATE\n"
                         "effects: deallocate\n"},
        {"execute p(1)", "EXECUTE\n"
                         "does: opaque\n"},
        {"discard all", "DISCARD\n"
                        "effects: discard\n"},
        {"declare c cursor for select a from t", "CURSOR\n"
                                                 "does: reads\n"
                                                 "effects: cursor\n"
                                                 "table: t r\n"},
        {"declare c cursor with hold for select 1", "CURSOR\n"
                                                    "effects: hold cursor\n"},
        {"fetch c", "CURSOR\n"
                    "does: opaque\n"},
        {"close c", "CURSOR\n"},
        {"listen c", "LISTEN\n"
                     "effects: listen\n"},
        {"unlisten *", "LISTEN\n"
                       "effects: unlisten\n"},
        {"notify c", "LISTEN\n"
                     "effects: notify\n"},
        {"lock table t", "LOCK\n"
                         "effects: lock\n"
                         "table: t l\n"},
        {"vacuum t", "MAINTENANCE\n"
                     "table: t d\n"},
        {"analyze", "MAINTENANCE\n"},
        {"checkpoint", "MAINTENANCE\n"},
        {"load 'x'", "UTILITY\n"
                     "effects: load\n"},
        {"call f(1)", "CALL\n"
                      "does: opaque\n"},
        {"do 'x'", "CALL\n"
                   "does: opaque\n"},
        {"create table t (a int references u)", "DDL\n"
                                                "does: schema\n"
                                                "table: t d\n"},
        {"create temp table t (a int)", "DDL\n"
                                        "does: schema\n"
                                        "effects: temp\n"
                                        "table: t d temp\n"},
        {"create temporary sequence q", "DDL\n"
                                        "does: schema\n"
                                        "effects: temp\n"
                                        "table: q d temp\n"},
        {"create table pg_temp.t (a int)", "DDL\n"
                                           "does: schema\n"
                                           "effects: temp\n"
                                           "table: pg_temp.t d temp\n"},
        {"create temp view v as select a from t", "DDL\n"
                                                  "does: reads schema\n"
                                                  "effects: temp\n"
                                                  "table: v d temp\n"
                                                  "table: t r\n"},
        {"drop table a.b, c", "DDL\n"
                              "does: schema\n"
                              "table: a.b d\n"
                              "table: c d\n"},
        {"drop function f(int)", "DDL\n"
                                 "does: schema\n"},
        {"alter table t add b int", "DDL\n"
                                    "does: schema\n"
                                    "table: t d\n"},
        {"create index i on t (a)", "DDL\n"
                                    "does: schema\n"
                                    "table: t d\n"},
        {"alter table t rename to u", "DDL\n"
                                      "does: schema\n"
                                      "table: t d\n"},
        {"grant select on t to x", "DDL\n"
                                   "does: schema\n"
                                   "table: t d\n"},
        {"create function f() returns int language sql as 'select 1'", "DDL\n"
                                                                       "does: schema\n"},
        {"alter system set a = 1", "UTILITY\n"},
        {"comment on table t is 'x'", "DDL\n"
                                      "does: schema\n"},
        {"explain select a from t", "EXPLAIN\n"
                                    "does: reads\n"
                                    "table: t r\n"},
};

static void check_all(const struct expected *expected, size_t count)
{
    struct facts_text text = {0};

    for (size_t i = 0; i < count; i++) {
        struct sql_facts *facts = facts_of(expected[i].text);
        const char *said = facts_describe(&text, facts);

        if (strcmp(said, expected[i].facts) != 0) {
            fail_msg("%s\nsays\n%snot\n%s", expected[i].text, said, expected[i].facts);
        }
        assert_false(facts->is_truncated);
        sql_facts_free(facts);
    }
}

static void queries_say_what_they_read(void **state)
{
    (void)state;
    check_all(queries, SL_COUNT(queries));
}

static void writes_say_what_they_write(void **state)
{
    (void)state;
    check_all(writes, SL_COUNT(writes));
}

static void other_statements_say_what_they_leave(void **state)
{
    (void)state;
    check_all(others, SL_COUNT(others));
}

static void the_score_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    struct sql_facts *facts =
            facts_of("select distinct a.x, count(*), max(a.y), rank() over (order by a.x) from a"
                     " left join b on a.id = b.id, c where a.id = c.id and a.n > 3 and b.m is null"
                     " and a.k in (select k from d where d.z in (1, 2, 3, 4) and exists"
                     " (select 1 from e where e.id = d.id)) group by a.x"
                     " union select 1, 2, 3, 4 order by 1 limit 5 offset $2");
    const struct sql_complexity *part = &facts->complexity;
    const struct sql_features *features = &facts->features;

    assert_int_equal(features->tables, 5);
    assert_int_equal(features->joins_explicit, 1);
    assert_int_equal(features->joins_outer, 1);
    assert_int_equal(features->joins_implicit, 2);
    assert_int_equal(features->filters, 4);
    assert_int_equal(features->filters_by[SQL_OP_RANGE], 1);
    assert_int_equal(features->filters_by[SQL_OP_NULL], 1);
    assert_int_equal(features->filters_by[SQL_OP_IN], 2);
    assert_int_equal(features->in_list_max, 4);
    assert_int_equal(features->aggregates, 2);
    assert_int_equal(features->windows, 1);
    assert_int_equal(features->subqueries, 2);
    assert_int_equal(features->depth, 2);
    assert_int_equal(features->set_operations, 1);
    assert_int_equal(features->groups, 1);
    assert_int_equal(features->orders, 1);
    assert_int_equal(features->params, 2);
    assert_true(features->has_distinct && features->has_limit && features->has_offset);
    assert_int_equal(part->tables, 5);
    assert_int_equal(part->joins, 6);
    assert_int_equal(part->filters, 4);
    assert_int_equal(part->aggregates, 4);
    assert_int_equal(part->windows, 3);
    assert_int_equal(part->subqueries, 8);
    assert_int_equal(part->set_operations, 2);
    assert_int_equal(part->depth, 4);
    assert_int_equal(part->score, 36);
    sql_facts_free(facts);
}

static void values_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    static const char text[] = "update t set (a, b) = (1, 'x'), c = $2 where d = -1.5 and e = $1 "
                               "and f = b'01' and g = true and h is not null limit_is_no_clause";
    char usual[sizeof text];

    memcpy(usual, text, sizeof text);
    *strstr(usual, " limit_is") = '\0';
    struct sql_facts *facts = facts_of(usual);
    static const struct {
        const char *at;
        unsigned number;
        enum sql_value_kind kind;
        enum sql_clause clause;
    } expected[] = {{"1, 'x'", 0, SQL_VALUE_NUMBER, SQL_IN_SET},
            {"'x'", 0, SQL_VALUE_STRING, SQL_IN_SET}, {"$2", 2, SQL_VALUE_PARAM, SQL_IN_SET},
            {"-1.5", 0, SQL_VALUE_NUMBER, SQL_IN_WHERE}, {"$1", 1, SQL_VALUE_PARAM, SQL_IN_WHERE},
            {"b'01'", 0, SQL_VALUE_BITS, SQL_IN_WHERE}};

    assert_int_equal(facts->values_count, SL_COUNT(expected));
    for (size_t i = 0; i < SL_COUNT(expected); i++) {
        assert_ptr_equal(usual + facts->values[i].offset, strstr(usual, expected[i].at));
        assert_int_equal(facts->values[i].number, expected[i].number);
        assert_int_equal(facts->values[i].kind, expected[i].kind);
        assert_int_equal(facts->values[i].clause, expected[i].clause);
    }
    assert_int_equal(facts->features.literals, 4);
    assert_int_equal(facts->features.params, 2);
    assert_int_equal(facts->filters[0].with, SQL_WITH_LITERAL);
    assert_int_equal(facts->filters[0].other, 3); /* the index of -1.5 */
    assert_int_equal(facts->filters[2].other, 5);
    sql_facts_free(facts);
}

static void columns_know_their_clauses(void **state)
{
    (void)state;
    struct sql_facts *facts = facts_of("select a, b from t where a = 1 group by a, b order by b");
    unsigned a = 1u << SQL_IN_OUTPUT | 1u << SQL_IN_WHERE | 1u << SQL_IN_GROUP;
    unsigned b = 1u << SQL_IN_OUTPUT | 1u << SQL_IN_GROUP | 1u << SQL_IN_ORDER;

    assert_int_equal(facts->columns_count, 2);
    assert_int_equal(facts->columns[0].clauses, a);
    assert_int_equal(facts->columns[1].clauses, b);
    sql_facts_free(facts);
}

/* No literal of a text may be found in what is kept of it. */
static void facts_hold_no_literals(void **state)
{
    (void)state;
    static const char *const texts[] = {
            "select 'sesame', $$sesame$$, U&'sesame' from t where a like '%sesame' limit 'sesame'",
            "select 1 from t where b in ('sesame') and c = any('{sesame}')",
            "set application_name = 'sesame'", "insert into t values ('sesame')",
            "copy t from 'sesame'", "create user x password 'sesame'", "notify x, 'sesame'",
            "alter role x set a = 'sesame'", "do 'sesame'", "prepare transaction 'sesame'",
            "comment on table t is 'sesame'", "call f('sesame')", "execute p('sesame')"};

    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        struct sql_facts *facts = facts_of(texts[i]);

        if (memmem(facts, facts->bytes, "sesame", 6) != NULL) {
            fail_msg("kept a literal of: %s", texts[i]);
        }
        sql_facts_free(facts);
    }
}

/* begin, then item so many times, each with its number for the #. */
static char *chained(const char *begin, const char *item, unsigned count)
{
    size_t size = strlen(begin) + count * (strlen(item) + 8) + 1;
    char *text = calloc(1, size);
    size_t hash = strcspn(item, "#");
    size_t at = strlen(begin);

    assert_non_null(text);
    memcpy(text, begin, at);
    for (unsigned i = 0; i < count; i++) {
        at += (size_t)snprintf(
                text + at, size - at, "%.*s%u%s", (int)hash, item, i, item + hash + 1);
    }
    return text;
}

static void lists_end_at_their_bounds_and_say_so(void **state)
{
    (void)state;
    static const struct {
        const char *begin, *item;
        unsigned count;
    } long_ones[] = {{"select 1 from a", ", t#", SQL_FACTS_TABLES_MAX},
            {"select a", ", c#", SQL_FACTS_COLUMNS_MAX},
            {"select f()", ", f#()", SQL_FACTS_FUNCTIONS_MAX},
            {"select 1", ", #", SQL_FACTS_VALUES_MAX},
            {"select 1 order by 1", ", c#", SQL_FACTS_ORDERS_MAX},
            {"select 1 from t where a in (0)", " and a <> #", SQL_FACTS_FILTERS_MAX},
            {"select 1 from t, u where t.x = u.x", " and t.a = u.b#", SQL_FACTS_JOINS_MAX},
            {"select 1", " union select #", SQL_FACTS_SCOPES_MAX}};

    for (size_t i = 0; i < SL_COUNT(long_ones); i++) {
        for (unsigned over = 0; over < 2; over++) {
            unsigned count = over == 0 ? 20 : long_ones[i].count;
            char *text = chained(long_ones[i].begin, long_ones[i].item, count);
            struct sql_facts *facts = facts_of(text);

            if (facts->is_truncated != (over == 1)) {
                fail_msg("%s%s with %u: truncated is %d", long_ones[i].begin, long_ones[i].item,
                        count, facts->is_truncated);
            }
            sql_facts_free(facts);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(queries_say_what_they_read),
            cmocka_unit_test(writes_say_what_they_write),
            cmocka_unit_test(other_statements_say_what_they_leave),
            cmocka_unit_test(the_score_is_the_sum_of_its_parts),
            cmocka_unit_test(values_come_in_the_order_of_the_text),
            cmocka_unit_test(columns_know_their_clauses),
            cmocka_unit_test(facts_hold_no_literals),
            cmocka_unit_test(lists_end_at_their_bounds_and_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
