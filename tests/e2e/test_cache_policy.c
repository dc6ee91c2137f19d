/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_policy.c - what a cache may keep, of statements over a real PostgreSQL's catalogue.
 *
 * A case is a statement, the reason why its answer is not kept ("kept"), the tables that it reads and those that it
 * may write: "*" for any.
 */
#include "cache/policy.h"
#include "protocol/catalog_resolve.h"
#include "protocol/effects.h"
#include "protocol/sql_facts.h"
#include "protocol/sql_parse.h"
#include "tests/support/case.h"
#include "tests/support/cluster.h"
#include "tests/support/query.h"
#include "tests/support/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cluster cluster;
static PGconn *conn;
static const struct catalog *catalog;

static const char schema[] =
        "create table t (id int primary key, a int, b text, d date, ts timestamptz);"
        "create table u (id int primary key, t_id int references t on delete cascade, n numeric);"
        "create table leaf_of (k int, v text) partition by range (k);"
        "create table leaf_1 partition of leaf_of for values from (0) to (10);"
        "create table aunt (x int); create table child (y int) inherits (aunt);"
        "create unlogged table fleeting (id int);"
        "create table guarded (id int); alter table guarded enable row level security;"
        "create table watched (id int); create table log (what text);"
        "create function note() returns trigger language plpgsql as "
        "$$begin insert into log values ('x'); return new; end$$;"
        "create trigger notes after insert on watched for each row execute function note();"
        "create table blurred (id int);"
        "create function blur() returns trigger language plpgsql as "
        "$$begin execute 'insert into log values (1)'; return new; end$$;"
        "create trigger blurs after update on blurred for each row execute function blur();"
        "create table names (id int, r regclass); create table clocks (id int, z timetz);"
        "create view v as select t.id, u.n from t join u on u.t_id = t.id where t.a > 1;"
        "create view v_now as select id from t where ts > now();"
        "create view v_of_v as select id from v;"
        "create materialized view mv as select id from t;"
        "create sequence seq;"
        "create function twice(int) returns int immutable language sql as 'select 2 * $1';"
        "create aggregate total(int) (sfunc = int4pl, stype = int, initcond = 0);"
        "create function seen(int) returns bigint stable language sql as 'select count(*) from t';"
        "create function put(int) returns int language sql as "
        "'insert into u (id) values ($1) returning id';"
        "create function seen_of(r t) returns bigint stable language sql as 'select count(*) from "
        "u';"
        "create function noted(r t) returns int language sql as "
        "'insert into log values (''x'') returning 1';"
        "create schema other; create table other.t (id int);"
        "create table kv (k bigint, part text, v int, primary key (k, part));"
        "create table one (id int primary key, v int, unique (v));"
        "create table self (id int primary key, up int references self on delete cascade);"
        "create table moved (id int primary key, v int);"
        "create trigger moves before update on moved for each row execute function note();";

static const struct {
    const char *text;
    const char *reason;
    const char *reads;
    const char *writes;
} cases[] = {
        {"select * from t", "kept", "t", ""},
        {"select a from t where id = $1", "kept", "t", ""},
        {"select t.a, u.n from t join u on u.t_id = t.id where t.b = 'x'", "kept", "t u", ""},
        {"select count(*), sum(n), avg(n), max(n) from u group by t_id", "kept", "u", ""},
        {"with x as (select id from t) select * from x, u", "kept", "t u", ""},
        {"select id from t union all select id from u order by 1 limit 3 offset 1", "kept", "t u",
                ""},
        {"select (select max(n) from u where u.t_id = t.id) from t", "kept", "t u", ""},
        {"select id from other.t", "kept", "other.t", ""},
        {"table t", "kept", "t", ""},
        {"select row_number() over (order by id), lower(b), coalesce(a, 1) from t", "kept", "t",
                ""},
        {"select v from leaf_of", "kept", "leaf_of", ""},
        {"select v from leaf_1 where k = 1", "kept", "leaf_of", ""},
        {"select x from aunt", "kept", "aunt", ""},
        {"select x from child", "kept", "aunt", ""},
        {"select n from v", "kept", "t u", ""},
        {"select id from v_of_v", "kept", "t u", ""},
        {"select twice(a) from t", "kept", "t", ""},
        {"select id from t where booleq(a > 1, true)", "kept", "t", ""},
        {"select id from t where range_contains(int4range(a, 9), int4range(1, 2))", "kept", "t",
                ""},
        {"select timezone('UTC', ts) from t", "kept", "t", ""},
        {"select total(a) from t", "leaves", "", ""},
        {"select t.seen_of from t", "function_varies", "", ""},
        {"select (t).seen_of from t", "function_varies", "", ""},
        {"select x.id from t x where (x.*).seen_of > 1", "function_varies", "", ""},
        {"select t.noted from t", "function_varies", "", "log"},
        {"select (t).noted from t", "function_varies", "", "log"},
        {"update u set n = (t).noted from t", "not_select", "", "log u"},
        {"select to_char(ts, 'YYYY'), date_trunc('day', ts), current_user from t", "kept", "t", ""},
        {"select d + 1, ts + interval '1 day' from t", "kept", "t", ""},
        {"values (1)", "no_table", "", ""},
        {"select 1", "no_table", "", ""},
        {"select id from nowhere", "table_not_known", "", ""},
        {"select id from t; select 1", "several", "", ""},
        {"select id from t for update", "locks", "", ""},
        {"select id from t tablesample system (10)", "samples", "", ""},
        {"select id into new_t from t", "writes", "", "*"},
        {"with x as (delete from u returning id) select * from x", "writes", "", "u"},
        {"select relname from pg_class", "system_table", "", ""},
        {"select table_name from information_schema.tables", "system_table", "", ""},
        {"select id from fleeting", "unlogged", "", ""},
        {"select id from guarded", "row_security", "", ""},
        {"select id from mv", "table_kind", "", ""},
        {"select last_value from seq", "table_not_known", "", ""},
        {"select id from v_now", "view", "", ""},
        {"select id from names", "column_type", "", ""},
        {"select id from clocks", "column_type", "", ""},
        {"select random() from t", "function_varies", "", ""},
        {"select now(), id from t", "function_varies", "", ""},
        {"select id from t where ts > current_timestamp", "time", "", ""},
        {"select current_date, id from t", "time", "", ""},
        {"select age(ts) from t", "function_varies", "", ""},
        {"select seen(1), id from t", "function_varies", "", ""},
        {"select put(1), id from t", "function_varies", "", "u"},
        {"select nowhere(1), id from t", "function_not_known", "", "*"},
        {"select nextval('seq'), id from t", "function_varies", "", ""},
        {"select id from t where d = 'today'", "time_word", "", ""},
        {"select id from t where d = 'to'\n'day'", "time_word", "", ""},
        {"select ctid from t", "system_column", "", ""},
        {"select 't'::regclass, id from t", "catalog_type", "", ""},
        {"select 'x'::nowhere from t", "other_type", "", ""},
        {"select a <%> 1 from t", "other_operator", "", ""},
        {"insert into t values (1)", "not_select", "", "u t+"}, /* u: as if it were deleted, too */
        {"update t set a = 1", "not_select", "",
                "t u"}, /* as the rest: what any write of t may do */
        {"delete from t where id = 1", "not_select", "", "u t="},
        {"delete from u", "not_select", "", "u"},
        {"insert into leaf_1 values (1, 'x')", "not_select", "", "leaf_of+"},
        {"update aunt set x = 1", "not_select", "", "aunt"},
        {"insert into watched values (1)", "not_select", "", "log watched+"},
        {"update blurred set id = 1", "not_select", "", "*"},
        {"update v set n = 1", "not_select", "", "t u"},
        {"copy t from stdin", "not_select", "", "u t+"},
        {"truncate t", "not_select", "", "t u"},
        {"select b::date from t", "time", "", ""},
        {"select (b || '')::timestamptz from t", "time", "", ""},
        {"select $1::date from t", "kept", "t", ""},
        {"truncate t restart identity cascade", "not_select", "", "*"},
        {"create table more (id int)", "not_select", "", "*"},
        {"grant select on t to public", "not_select", "", "*"},
        {"call nowhere()", "not_select", "", "*"},
        {"do $$begin end$$", "not_select", "", "*"},
        {"execute x", "not_select", "", "*"},
        {"begin", "not_select", "", ""},
        {"commit", "not_select", "", ""},
        {"commit prepared 'x'", "not_select", "", "*"},
        {"set work_mem = '1MB'", "not_select", "", ""},
        {"show work_mem", "not_select", "", ""},
        {"listen x", "not_select", "", ""},
        {"vacuum t", "not_select", "", ""},
        {"explain analyze insert into u values (1)", "not_select", "", "u"},
        {"fetch all from c", "not_select", "", ""},
};

/* Which of the test's tables has that tree. */
static void put_name(char *text, size_t size, uint32_t tree)
{
    static const char *const tables[] = {"t", "u", "leaf_of", "aunt", "log", "watched", "blurred",
            "fleeting", "guarded", "names", "clocks"};
    size_t len = strlen(text);
    const char *found = "?";

    for (size_t i = 0; i < SL_COUNT(tables); i++) {
        const struct catalog_relation *relation =
                catalog_find_relation(catalog, tables[i], catalog_find_schema(catalog, "public"));
        const struct catalog_details *details = catalog_details_of(catalog, relation);
        if (details != NULL && details->tree == tree) {
            found = tables[i];
        }
    }
    const struct catalog_relation *other =
            catalog_find_relation(catalog, "t", catalog_find_schema(catalog, "other"));
    found = other->oid == tree ? "other.t" : found;
    snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "", found);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names. */
static void put_trees(char *text, size_t size, const struct policy_trees *set)
{
    char names[POLICY_TREES_MAX][64] = {{0}};
    const char *in_order[POLICY_TREES_MAX];

    text[0] = '\0';
    if (set->is_any) {
        snprintf(text, size, "*");
        return;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        put_name(names[i], sizeof names[i], set->trees[i]);
        in_order[i] = names[i];
    }
    qsort(in_order, set->count, sizeof *in_order, by_name);
    for (uint32_t i = 0; i < set->count; i++) {
        size_t len = strlen(text);
        snprintf(text + len, size - len, "%s%s", i > 0 ? " " : "", in_order[i]);
    }
}

/* "+": rows of it that were not there; "=": one of them, by its key. */
static void put_writes(char *text, size_t size, const struct policy *policy)
{
    static const char *const marks[] = {
            [POLICY_ROWS_ANY] = "", [POLICY_ROWS_POINT] = "=", [POLICY_ROWS_INSERT] = "+"};
    char name[64] = "";

    put_trees(text, size, &policy->writes);
    if (policy->row.rows != POLICY_ROWS_ANY) {
        size_t len = strlen(text);
        put_name(name, sizeof name, policy->row.tree);
        snprintf(text + len, size - len, "%s%s%s", len > 0 ? " " : "", name,
                marks[policy->row.rows]);
    }
}

/* As the parser's thread does. */
static void align(const char *text, struct sql_facts *facts)
{
    struct shape_literal literals[32];
    struct shape shape;

    shape_of(sl_span_text(text), (struct shape_options){.encoding = SHAPE_ENCODING_SAFE},
            (struct shape_room){.literals = literals, .literals_max = 32}, &shape);
    sql_facts_align(facts, literals, shape.literals);
}

static const struct policy *policy_for(const char *text, const struct catalog *of)
{
    static const struct catalog_session session = {
            .role = "postgres", .search_path = "\"$user\", public", .encoding = "UTF8"};
    struct sql_tree *tree = NULL;
    struct sql_facts *facts = NULL;
    struct catalog_resolution *resolution = NULL;
    struct sql_parse_error error = {0};

    if (sql_parse(sl_span_text(text), &tree, &error) != SL_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    assert_int_equal(sql_facts_new(tree, &facts), SL_OK);
    align(text, facts);
    assert_int_equal(catalog_resolve(facts, of, &session, &resolution), SL_OK);
    const struct policy *policy = policy_of(&(struct policy_question){.text = sl_span_text(text),
            .facts = facts,
            .catalog = of,
            .resolution = resolution,
            .search_path = session.search_path,
            .may_cascade = strstr(text, "cascade") != NULL,
            .may_leave = (catalog_effects_of(of, sl_span_text(text)) & EFFECTS_CALLS) != 0});
    assert_non_null(policy);
    free(resolution);
    sql_facts_free(facts);
    sql_tree_free(tree);
    return policy;
}

static void every_statement_has_its_reason(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        const struct policy *policy = policy_for(cases[i].text, catalog);
        char reads[1024];
        char writes[1024];
        put_trees(reads, sizeof reads, &policy->reads);
        put_writes(writes, sizeof writes, policy);
        if (strcmp(policy_reason_name(policy->reason), cases[i].reason) != 0 ||
                strcmp(reads, cases[i].reads) != 0 || strcmp(writes, cases[i].writes) != 0) {
            print_error("%s: %s (%s) reads \"%s\" writes \"%s\"\n", cases[i].text,
                    policy_reason_name(policy->reason), policy->what, reads, writes);
            wrong++;
        }
        assert_int_equal(policy->writes_nothing, cases[i].writes[0] == '\0');
        policy_unref(policy);
    }
    assert_int_equal(wrong, 0);
}

/* What is left of a transaction block that has only read. */
static const struct {
    const char *text;
    enum policy_block block;
} blocks[] = {{"begin", POLICY_BLOCK_BEGINS}, {"start transaction read only", POLICY_BLOCK_BEGINS},
        {"begin read write, not deferrable", POLICY_BLOCK_BEGINS},
        {"begin isolation level read committed", POLICY_BLOCK_BEGINS_COMMITTED},
        {"start transaction isolation level read committed read only",
                POLICY_BLOCK_BEGINS_COMMITTED},
        {"begin isolation level read uncommitted", POLICY_BLOCK_SPOILS},
        {"begin isolation level repeatable read", POLICY_BLOCK_SPOILS},
        {"begin isolation level serializable", POLICY_BLOCK_SPOILS},
        {"begin; select id from t", POLICY_BLOCK_SPOILS},
        {"begin; commit; begin", POLICY_BLOCK_SPOILS}, {"savepoint s", POLICY_BLOCK_KEEPS},
        {"release s", POLICY_BLOCK_KEEPS}, {"rollback to s", POLICY_BLOCK_KEEPS},
        {"select id from t", POLICY_BLOCK_KEEPS},
        {"select id from t where a = $1", POLICY_BLOCK_KEEPS}, {"select 1", POLICY_BLOCK_KEEPS},
        {"values (1, 'x')", POLICY_BLOCK_KEEPS}, {"show work_mem", POLICY_BLOCK_KEEPS},
        {"-- nothing", POLICY_BLOCK_KEEPS}, {"commit", POLICY_BLOCK_SPOILS},
        {"rollback", POLICY_BLOCK_SPOILS}, {"commit and chain", POLICY_BLOCK_SPOILS},
        {"prepare transaction 'x'", POLICY_BLOCK_SPOILS},
        {"commit prepared 'x'", POLICY_BLOCK_SPOILS}, {"select $1", POLICY_BLOCK_SPOILS},
        {"select now()", POLICY_BLOCK_SPOILS}, {"select current_date", POLICY_BLOCK_SPOILS},
        {"select 1 <%> 1", POLICY_BLOCK_SPOILS}, {"select 'x'::nowhere", POLICY_BLOCK_SPOILS},
        {"select set_config('work_mem', '1MB', true)", POLICY_BLOCK_SPOILS},
        {"select pg_advisory_xact_lock(1)", POLICY_BLOCK_SPOILS},
        {"select 1 for update", POLICY_BLOCK_SPOILS},
        {"select id from t for share", POLICY_BLOCK_SPOILS}, {"select put(1)", POLICY_BLOCK_SPOILS},
        {"select id from guarded", POLICY_BLOCK_SPOILS},
        {"select relname from pg_class", POLICY_BLOCK_SPOILS},
        {"select id into new_t from t", POLICY_BLOCK_SPOILS},
        {"with x as (delete from u returning id) select * from x", POLICY_BLOCK_SPOILS},
        {"select nextval('seq')", POLICY_BLOCK_SPOILS}, {"update t set a = 1", POLICY_BLOCK_SPOILS},
        {"set local work_mem = '1MB'", POLICY_BLOCK_SPOILS}, {"reset all", POLICY_BLOCK_SPOILS},
        {"set transaction isolation level repeatable read", POLICY_BLOCK_SPOILS},
        {"set constraints all deferred", POLICY_BLOCK_SPOILS},
        {"lock table t", POLICY_BLOCK_SPOILS}, {"do $$begin end$$", POLICY_BLOCK_SPOILS},
        {"call nowhere()", POLICY_BLOCK_SPOILS},
        {"declare c cursor for select 1", POLICY_BLOCK_SPOILS}, {"fetch c", POLICY_BLOCK_SPOILS},
        {"prepare p as select 1", POLICY_BLOCK_SPOILS}, {"execute p", POLICY_BLOCK_SPOILS},
        {"explain select 1", POLICY_BLOCK_SPOILS}, {"listen x", POLICY_BLOCK_SPOILS},
        {"notify x", POLICY_BLOCK_SPOILS}, {"copy t to stdout", POLICY_BLOCK_SPOILS},
        {"create temp table x (n int)", POLICY_BLOCK_SPOILS},
        {"discard temp", POLICY_BLOCK_SPOILS}};

static void every_statement_has_its_place_in_a_block(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(blocks); i++) {
        const struct policy *policy = policy_for(blocks[i].text, catalog);
        if (policy->block != blocks[i].block) {
            print_error("%s: %d\n", blocks[i].text, (int)policy->block);
            wrong++;
        }
        policy_unref(policy);
    }
    assert_int_equal(wrong, 0);
    const struct policy *unread = policy_of(&(struct policy_question){.text = sl_span_text("?")});
    assert_int_equal(unread->block, POLICY_BLOCK_SPOILS);
    policy_unref(unread);
    const struct policy *unresolved = policy_for("select 1", NULL);
    assert_int_equal(unresolved->block, POLICY_BLOCK_SPOILS);
    policy_unref(unresolved);
}

/* Without a catalogue nothing is kept, and what names anything may write anything. */
static void without_a_catalogue_nothing_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        const struct policy *policy = policy_for(cases[i].text, NULL);
        assert_int_not_equal(policy->reason, POLICY_KEPT);
        assert_true(policy->writes.is_any || cases[i].writes[0] == '\0');
        policy_unref(policy);
    }
    const struct policy *unread = policy_of(&(struct policy_question){.text = sl_span_text("?")});
    assert_int_equal(unread->reason, POLICY_NOT_READ);
    assert_true(unread->writes.is_any && unread->may_end);
    policy_unref(unread);
}

/* Whether it asks for one row, or changes one, by its key; 'i': it brings some that were not there. */
static const struct {
    const char *text;
    bool reads_point;
    char writes;
} points[] = {
        {"select * from one where id = $1", true, ' '},
        {"select v from one o where o.id = 5 and v > 3 order by v limit 1", true, ' '},
        {"select count(*) from one where $1 = id", true, ' '},
        {"select * from kv where k = $1 and part = 'x'", true, ' '},
        {"select * from kv where k = $1", false, ' '},
        {"select * from one where id = $1 or v = 2", false, ' '},
        {"select * from one where not id = $1", false, ' '},
        {"select * from one where id + 0 = $1", false, ' '},
        {"select * from one where id::text = $1", false, ' '},
        {"select * from one where id >= $1", false, ' '},
        {"select * from one where v = $1", false, ' '},
        {"select * from one where id = v", false, ' '},
        {"select * from one where id = (select 1)", false, ' '},
        {"select * from one where id in (1, 2)", false, ' '},
        {"select * from one, u where one.id = 1", false, ' '},
        {"select * from one where id = 1 union select * from one", false, ' '},
        {"with x as (select * from one) select * from one where id = 1", false, ' '},
        {"select * from leaf_1 where k = 1", false, ' '},
        {"select * from v where id = 1", false, ' '},
        {"update one set v = v + 1 where id = $1", false, '1'},
        {"update one set v = $2 where id = $1 and v < 7 returning *", false, '1'},
        {"update one o set v = 1 from u where o.id = 3 and u.id = o.v", false, '1'},
        {"delete from one where id = 3", false, '1'},
        {"update one set id = 4 where id = 3", false, 'n'},
        {"update one set (v, id) = (1, 4) where id = 3", false, 'n'},
        {"update one set v = 1 where id = 3 or v = 4", false, 'n'},
        {"update one set v = 1 where v = 4", false, 'n'},
        {"update one set v = 1", false, 'n'},
        {"update moved set v = 1 where id = 3", false, 'n'},
        {"delete from self where id = 3", false, 'n'},
        {"insert into one values (1, 2)", false, 'i'},
        {"insert into one select id, 1 from u", false, 'i'},
        {"insert into one values (1, 2) on conflict (id) do update set v = 3", false, 'n'},
        {"insert into one values (1, 2) on conflict do nothing", false, 'n'},
        {"merge into one using u on one.id = u.id when matched then delete", false, 'n'},
        {"with x as (update one set v = 1 where id = 3 returning v) select * from x", false, 'n'},
        {"with x as (delete from one where id = 2) update one set v = 1 where id = 3", false, 'n'},
};

static void one_row_is_told_by_its_key(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(points); i++) {
        const struct policy *policy = policy_for(points[i].text, catalog);
        static const char letters[] = {
                [POLICY_ROWS_ANY] = 'n', [POLICY_ROWS_POINT] = '1', [POLICY_ROWS_INSERT] = 'i'};
        char writes = policy->writes_nothing ? ' ' : letters[policy->row.rows];
        if ((policy->point.tree != 0) != points[i].reads_point || writes != points[i].writes) {
            print_error(
                    "%s: reads %d writes %c\n", points[i].text, policy->point.tree != 0, writes);
            wrong++;
        }
        policy_unref(policy);
    }
    assert_int_equal(wrong, 0);
}

static int start(void **state)
{
    unsigned queries = 0;

    (void)state;
    cluster_start(&cluster, NULL);
    cluster_sql(&cluster, schema);
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);
    catalog = snapshot_load(conn, true, &queries);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    catalog_unref(catalog);
    PQfinish(conn);
    cluster_stop(&cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_statement_has_its_reason),
            cmocka_unit_test(every_statement_has_its_place_in_a_block),
            cmocka_unit_test(without_a_catalogue_nothing_is_known),
            cmocka_unit_test(one_row_is_told_by_its_key),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
