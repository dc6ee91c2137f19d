/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_catalog_tables.c - what a snapshot says of a real PostgreSQL's tables: the builder
 * is asked over libpq, and its answers are compared as text.
 */
#include "protocol/catalog_build.h"
#include "protocol/catalog_changes.h"
#include "protocol/catalog_tables.h"
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

enum { TEXT_MAX = 4096, MANY_TREES = 64 };

static struct cluster cluster;
static PGconn *conn;
static const struct catalog *catalog;

/* ---- as text ---- */

static const struct catalog_relation *relation_of(const char *schema, const char *name)
{
    const struct catalog_relation *relation =
            catalog_find_relation(catalog, name, catalog_find_schema(catalog, schema));

    if (relation == NULL) {
        fail_msg("there is no %s.%s", schema, name);
    }
    return relation;
}

static const struct catalog_details *table_of(const char *name)
{
    const struct catalog_details *table = catalog_details_of(catalog, relation_of("public", name));

    if (table == NULL) {
        fail_msg("%s is not known", name);
    }
    return table;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The relation whose OID is its tree's number; of another schema: schema.name. */
static void name_of_tree(uint32_t tree, char name[TEXT_MAX])
{
    snprintf(name, TEXT_MAX, "%u", tree);
    for (uint32_t i = 0; i < catalog->relations_count; i++) {
        const struct catalog_relation *relation = &catalog->relations[i];
        const char *schema = catalog_name(catalog, catalog->schemas[relation->schema].name);
        if (relation->oid == tree) {
            bool is_public = strcmp(schema, "public") == 0;
            snprintf(name, TEXT_MAX, "%s%s%s", is_public ? "" : schema, is_public ? "" : ".",
                    catalog_name(catalog, relation->name));
        }
    }
}

/* "a b", "-": none, "?": unknown. */
static const char *text_of(struct catalog_trees trees)
{
    static char text[TEXT_MAX];
    static char names[MANY_TREES][TEXT_MAX];
    const char *order[MANY_TREES];
    size_t len = 0;

    if (!trees.is_known || trees.count == 0) {
        return trees.is_known ? "-" : "?";
    }
    assert_in_range(trees.count, 1, MANY_TREES);
    for (uint32_t i = 0; i < trees.count; i++) {
        name_of_tree(trees.trees[i], names[i]);
        order[i] = names[i];
        assert_true(catalog_trees_has(&trees, trees.trees[i]));
    }
    qsort(order, trees.count, sizeof *order, compare_texts);
    for (uint32_t i = 0; i < trees.count; i++) {
        len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", i == 0 ? "" : " ", order[i]);
    }
    return text;
}

struct expected {
    const char *name;
    const char *text;
};

static struct catalog_trees writes_of(const char *name)
{
    return catalog_writes_of_table(catalog, table_of(name));
}

static struct catalog_trees reads_of(const char *name)
{
    return catalog_reads_of_table(catalog, table_of(name));
}

static struct catalog_trees calls_of(const char *name)
{
    uint32_t found = 0;
    const struct catalog_function *function = catalog_find_functions(catalog, name, &found);

    assert_int_equal(found, 1);
    return catalog_writes_of_function(catalog, function);
}

static void expect_all(
        struct catalog_trees (*of)(const char *name), const struct expected *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = text_of(of(expected[i].name));
        if (strcmp(got, expected[i].text) != 0) {
            fail_msg("%s: %s, not %s", expected[i].name, got, expected[i].text);
        }
    }
}

#define EXPECT(of, ...)                                                                            \
    expect_all(of##_of, (const struct expected[]){__VA_ARGS__},                                    \
            sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

static void expect_tree(const char *name, const char *root)
{
    char text[TEXT_MAX];

    name_of_tree(table_of(name)->tree, text);
    assert_string_equal(text, root);
}

/* ---- the schema ---- */

static const char schema_tables[] =
        "create extension citext; create extension refint;"
        "create schema other; create table other.same (id int primary key);"
        "create table same (id int primary key);"
        /* families */
        "create table p (id int, at date, b text not null default 'x', primary key (id, at)) "
        "partition by range (at);"
        "create table p1 partition of p for values from ('2020-01-01') to ('2021-01-01') "
        "partition by list (id);"
        "create table p11 partition of p1 for values in (1);"
        "create table p2 (gone int, at date not null, b text not null, id int not null);"
        "alter table p2 drop column gone; "
        "alter table p attach partition p2 for values from ('2021-01-01') to ('2022-01-01');"
        "create table m1 (a int unique); create table m2 (b int);"
        "create table kid (c int) inherits (m1, m2); create table grandkid () inherits (kid);"
        /* foreign keys */
        "create table fk0 (id int primary key);"
        "create table fk1 (id int primary key references fk0 on delete cascade);"
        "create table fk2 (id int primary key references fk1 on delete set null on update cascade);"
        "create table fk3 (id int references fk2 on delete set default);"
        "create table fkplain (id int references fk0);"
        "create table self (id int primary key, up int references self on delete cascade);"
        "create table cyc1 (id int primary key, o int);"
        "create table cyc2 (id int primary key, o int references cyc1 on delete cascade);"
        "alter table cyc1 add foreign key (o) references cyc2 on delete cascade;"
        /* keys */
        "create collation nd (provider = icu, locale = 'und', deterministic = false);"
        "create table keyed (id bigint primary key, a int not null, b text unique, c uuid, d bool, "
        "e varchar(9), f char(3), g numeric unique, h text collate nd, i citext unique, j int "
        "unique "
        "deferrable, k int generated always as identity, l int generated always as (a + 1) stored, "
        "\"M n\xc3\xb6\" timestamp, gone int, z smallint, unique (a, z), unique (d) include (c));"
        "alter table keyed drop column gone;"
        "create unique index on keyed (a) where a > 0; create unique index on keyed (lower(b));"
        "create index on keyed (z); create unique index keyed_pattern on keyed (e "
        "text_pattern_ops);"
        "create unique index keyed_j on keyed (c); alter table keyed alter c set not null; "
        "alter table keyed replica identity using index keyed_j;"
        "create table nothing (); create unlogged table fast (id int);"
        "create table secret (id int, owner text); alter table secret enable row level security;"
        "create table members (id int, name text); create policy p on secret using "
        "(owner in (select name from members));";

static const char schema_more[] =
        "create table audit (id int); create table \"Audit\" (id int); "
        "create table \"gr\xc3\xb6\xc3\x9fte\" (id int); create table deep (id int);"
        "create table t_static (id int); create table t_exec (id int); create table t_c (id int);"
        "create table t_quoted (id int); create table t_wide (id int); create table t_both (id "
        "int);"
        "create table t_upper (id int); create table t_calls (id int); create table t_plain (a "
        "int);"
        "create table t_ref (id int); create table t_ts (a text, v tsvector); "
        "create table t_off (id int); create table t_when (id int);"
        "create table t_default (id serial, d text default 'x'); create table t_check (id int);";

/* Of PL/pgSQL: the head, and what stands between BEGIN and END. */
static const struct expected bodies[] = {
        {"static_dml() returns trigger", "insert into audit values (1); return new;"},
        {"quoted_dml() returns trigger", "insert into \"Audit\" values (1); return new;"},
        {"wide_dml() returns trigger", "delete from gr\xc3\xb6\xc3\x9fte; return new;"},
        {"upper_dml() returns trigger", "UPDATE AUDIT SET id = 2; return new;"},
        {"both_dml() returns trigger", "insert into other.same values (1); return new;"},
        {"by_exec() returns trigger", "execute 'delete from audit'; return new;"},
        {"calls_it() returns trigger", "perform writes_deep(1); return new;"},
        {"does_nothing() returns trigger",
                "new.a := lower('X')::int; perform set_config('a.b', 'c', true); "
                "raise notice 'audit'; return new;"},
        {"writes_deep(int) returns int", "insert into deep values (1); return $1;"},
        {"same_deep(int) returns int", "return writes_deep($1);"},
        {"makes_table() returns void", "create table x (a int);"},
        {"by_cursor(c refcursor) returns int", "fetch c into c; return 1;"},
        {"with_default(a int default writes_deep(1)) returns int", "return a;"},
        {"truncates_all() returns void", "truncate audit cascade;"},
        {"unknown_call() returns void", "perform nowhere_to_be_found(1);"},
        {"as_xml() returns xml", "return query_to_xml('select 1', true, true, '');"},
        {"slashed() returns text", "return E'\\n';"},
        {"reads_only() returns int stable", "return (select count(*) from audit);"},
        {"reads_calls() returns int stable", "return writes_deep(2);"},
        {"tie_a(int) returns int",
                "if $1 > 0 then perform tie_b($1 - 1); end if; delete from audit; return 1;"},
        {"tie_b(int) returns int", "perform tie_a($1); delete from deep; return 1;"},
        {"ok(int) returns bool", "insert into deep values ($1); return true;"},
};

static const char schema_functions[] =
        "create function atomic_one() returns int begin atomic "
        "insert into audit values (1) returning writes_deep(id); end;"
        "create function set_inside() returns int language plpgsql set work_mem = '1MB' as "
        "$x$ begin set local enable_seqscan = off; delete from audit; return 1; end $x$;"
        "create function sum_up(int, int) returns int language sql as 'select writes_deep($1) + "
        "$2';"
        "create aggregate bad_sum(int) (sfunc = sum_up, stype = int);"
        "create procedure proc() language sql as 'delete from fk2';"
        "do $d$ begin execute 'create function long_one() returns int language sql as ''delete "
        "from "
        "audit; select 1 ' || repeat(' ', 9000) || ''''; end $d$;"
        "create view v_many as select 1 as x; do $d$ begin for i in 1..130 loop execute 'create "
        "table n' || i || ' (id int primary key)'; end loop; execute (select 'create or replace "
        "view "
        "v_many as ' || string_agg('select id as x from n' || i, ' union all ') from "
        "generate_series(1, 130) i); execute (select 'create table wide (' || string_agg('c' || i "
        "|| ' int references n' || i || ' on delete cascade', ', ') || ')' from "
        "generate_series(1, 120) i); for i in 1..20 loop execute 'create function w' || i || "
        "'(int) "
        "returns int language sql as ''select 1'''; execute 'alter table wide add check (w' || i "
        "|| "
        "'(c1) = 1)'; end loop; end $d$;"
        "alter table t_check add check (ok(id));"
        "create trigger r before insert on t_ref for each row execute function "
        "check_primary_key('id', 'audit', 'id');"
        "create trigger s before insert or update on t_ts for each row execute function "
        "tsvector_update_trigger(v, 'pg_catalog.simple', a);"
        "create trigger w before delete on t_when for each row when (ok(old.id)) execute function "
        "does_nothing();"
        "create trigger leaf before update on p11 for each row execute function static_dml();"
        "create trigger kid before update on kid for each statement execute function both_dml();"
        "create trigger deep after delete on fk3 for each row execute function quoted_dml();";

/* After INSERT or UPDATE, of each row. */
static const struct expected firing[] = {{"t_static", "static_dml"}, {"t_exec", "by_exec"},
        {"t_quoted", "quoted_dml"}, {"t_wide", "wide_dml"}, {"t_both", "both_dml"},
        {"t_upper", "upper_dml"}, {"t_calls", "calls_it"}, {"t_plain", "does_nothing"},
        {"t_off", "by_exec"}};

static const char schema_views[] =
        "create table ruled (id int); create rule r as on insert to ruled do also "
        "insert into audit values (new.id);"
        "create table base (id int primary key, n text); create table base2 (id int, n text);"
        "create view v1 as select * from base where id > 0;"
        "create view v2 as select id from v1; create view vj as select b.id, (select count(*) from "
        "p where p.id = b.id) from v2 b join base2 using (id);"
        "create view vi as select id from audit; create trigger i instead of insert on vi "
        "for each row execute function both_dml();"
        "create view vr as select id from base; create rule r as on delete to vr do instead "
        "delete from deep;"
        "create view v_time as select id, current_date from base;"
        "create view v_user as select id, current_user, current_schema from base;"
        "create view v_now as select id, now() from base; "
        "create view v_random as select random() as r from v_user;"
        "create view v_over as select * from v_time;"
        "create view v_lock as select id from base for update;"
        "create view v_sample as select id from base tablesample system (10);"
        "create view v_ctid as select ctid, id from base; create view v_oid as select tableoid "
        "from base; create view v_barrier with (security_barrier) as select id from base;"
        "create view v_off with (security_barrier = off) as select id from base;"
        "create view v_invoker with (security_invoker = on) as select id from base;"
        "create view v_stat as select relname from pg_class; create view v_seq as select "
        "last_value "
        "from t_default_id_seq; create view v_cast as select id::text from base;"
        "create view v_xml as select x.d from base, xmltable('/r' passing '<r/>' columns d date) x;"
        "create view v_agg as select bad_sum(id) from base;"
        "create view v_op as select base.id, n || 'x' as x, at + 1 as d from base, p;"
        "create view v_calls as select reads_only() from base;"
        "create view v_secret as select id from secret; create view v_fast as select id from fast;"
        "create materialized view mv as select id from base; create view v_mv as select id from mv;"
        "create view v_static as select id from t_exec; create view v_kid as select a from "
        "grandkid;"
        "create view v_json as select query_to_xml('select 1', true, true, '') from base;"
        "create view other.same_view as select id from other.same;";

static void make_function(const struct expected *body)
{
    char sql[TEXT_MAX];

    snprintf(sql, sizeof sql, "create function %s language plpgsql as $x$ begin %s end $x$",
            body->name, body->text);
    cluster_sql(&cluster, sql);
}

static void make_trigger(const struct expected *trigger)
{
    char sql[TEXT_MAX];

    snprintf(sql, sizeof sql,
            "create trigger t after insert or update on %s for each row execute function %s()",
            trigger->name, trigger->text);
    cluster_sql(&cluster, sql);
}

static int start(void **state)
{
    unsigned queries = 0;

    (void)state;
    cluster_start(&cluster, NULL);
    cluster_sql(&cluster, schema_tables);
    cluster_sql(&cluster, schema_more);
    for (size_t i = 0; i < CASE_COUNT(bodies); i++) {
        make_function(&bodies[i]);
    }
    cluster_sql(&cluster, schema_functions);
    for (size_t i = 0; i < CASE_COUNT(firing); i++) {
        make_trigger(&firing[i]);
    }
    cluster_sql(&cluster, "alter table t_off disable trigger t");
    cluster_sql(&cluster, schema_views);
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres", cluster.port);
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

/* ---- cases ---- */

static void a_family_has_one_number(void **state)
{
    (void)state;
    expect_tree("p", "p");
    expect_tree("p1", "p");
    expect_tree("p11", "p");
    expect_tree("p2", "p");
    expect_tree("m1", "m1");
    expect_tree("m2", "m1"); /* by their child */
    expect_tree("kid", "m1");
    expect_tree("grandkid", "m1");
    expect_tree("same", "same");
    assert_true((table_of("m1")->facts & CATALOG_FACT_INHERITED) != 0);
    assert_true((table_of("p")->facts & CATALOG_FACT_INHERITED) == 0);
    assert_true((table_of("grandkid")->facts & CATALOG_FACT_INHERITED) == 0);
    assert_ptr_not_equal(
            table_of("same"), catalog_details_of(catalog, relation_of("other", "same")));
    assert_null(catalog_details_of(catalog, relation_of("pg_catalog", "pg_class")));
}

static void triggers_are_told_by_event_and_moment(void **state)
{
    (void)state;
    uint32_t triggers = table_of("t_static")->triggers;
    assert_true(catalog_has_trigger(triggers, CATALOG_INSERT, CATALOG_AFTER_ROW));
    assert_true(catalog_has_trigger(triggers, CATALOG_UPDATE, CATALOG_AFTER_ROW));
    assert_false(catalog_has_trigger(triggers, CATALOG_DELETE, CATALOG_AFTER_ROW));
    assert_false(catalog_has_trigger(triggers, CATALOG_INSERT, CATALOG_BEFORE_ROW));
    assert_int_equal(table_of("t_off")->triggers, 0);
    assert_int_equal(table_of("fk1")->triggers, 0);
    assert_int_equal(table_of("p")->triggers, 0);
    assert_true(
            catalog_has_trigger(table_of("p")->tree_triggers, CATALOG_UPDATE, CATALOG_BEFORE_ROW));
    assert_true(catalog_has_trigger(
            table_of("m2")->tree_triggers, CATALOG_UPDATE, CATALOG_BEFORE_STATEMENT));
    assert_true(catalog_has_trigger(table_of("vi")->triggers, CATALOG_INSERT, CATALOG_INSTEAD_ROW));
}

static const char *columns_of(const struct catalog_details *table)
{
    static const char kinds[] = "oiubtp";
    static char text[TEXT_MAX];
    size_t len = 0;

    for (unsigned i = 0; i < table->columns_count; i++) {
        const struct catalog_column *column = &catalog->tables->columns[table->columns + i];
        len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s:%d%c%s%s%s%s", i == 0 ? "" : " ",
                catalog_column_name(catalog, column), column->number, kinds[column->key_kind],
                column->is_not_null ? "n" : "", column->has_default ? "h" : "",
                column->is_generated ? "g" : "", column->is_new ? "s" : "");
    }
    text[len] = '\0';
    return text;
}

static void columns_are_told_with_their_kind(void **state)
{
    (void)state;
    const struct catalog_details *keyed = table_of("keyed");
    assert_string_equal(columns_of(keyed),
            "id:1in a:2in b:3t c:4un d:5b e:6t f:7p g:8o h:9o i:10o j:11i k:12inhs l:13ihg "
            "M n\xc3\xb6:14o z:16i");
    assert_string_equal(columns_of(table_of("p2")), "at:2on b:3tn id:4in");
    assert_string_equal(columns_of(table_of("nothing")), "");
    assert_true(table_of("nothing")->knows_columns);
    assert_false(table_of("v1")->knows_columns);
    assert_true(table_of("mv")->knows_columns);
    assert_int_equal(catalog_find_column(catalog, keyed, sl_span_text("z"))->type, 21);
    assert_null(catalog_find_column(catalog, keyed, sl_span_text("gone")));
    assert_null(catalog_find_column(catalog, keyed, sl_span_text("Z")));
    assert_int_equal(catalog_find_column(catalog, keyed, sl_span_text("M n\xc3\xb6"))->number, 14);
    assert_null(catalog_column_of(catalog, keyed, 15));
    assert_true((keyed->facts & CATALOG_FACT_GENERATED) != 0);
}

static const char *keys_of(const struct catalog_details *table)
{
    static char text[TEXT_MAX];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < table->keys_count; i++) {
        const struct catalog_key *key = catalog_key_of(catalog, table, i);
        len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s%s(", i == 0 ? "" : " ",
                key->is_primary ? "p" : "", key->is_identity ? "i" : "");
        for (unsigned k = 0; k < key->columns_count; k++) {
            len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%s", k == 0 ? "" : " ",
                    catalog_column_name(
                            catalog, catalog_column_of(catalog, table, key->columns[k])));
        }
        len += (size_t)snprintf(text + len, TEXT_MAX - len, ")");
    }
    return text;
}

/* Not: partial, of an expression, deferrable. */
static void unique_keys_are_told(void **state)
{
    (void)state;
    assert_string_equal(keys_of(table_of("keyed")), "p(id) (b) (g) (i) (a z) (d) (e) i(c)");
    assert_int_equal(table_of("keyed")->identity, 'i');
    assert_string_equal(keys_of(table_of("p")), "pi(id at)");
    assert_string_equal(keys_of(table_of("p2")), "pi(id at)");
    assert_string_equal(keys_of(table_of("m1")), "(a)");
    assert_string_equal(keys_of(table_of("nothing")), "");
}

static void equal_nulls_are_no_key(void **state)
{
    unsigned queries = 0;
    const struct catalog *before = catalog;

    (void)state;
    if (PQserverVersion(conn) < 150000) {
        return;
    }
    cluster_sql(&cluster, "create table nulls (a int, b int); "
                          "create unique index on nulls (a) nulls not distinct; "
                          "create unique index on nulls (b)");
    catalog = snapshot_load(conn, true, &queries);
    assert_string_equal(keys_of(table_of("nulls")), "(b)");
    cluster_sql(&cluster, "drop table nulls");
    catalog_unref(catalog);
    catalog = before;
}

static void what_else_there_is_of_a_table_is_told(void **state)
{
    (void)state;
    assert_true((table_of("fast")->facts & CATALOG_FACT_UNLOGGED) != 0);
    assert_true((table_of("secret")->facts & CATALOG_FACT_ROW_SECURITY) != 0);
    assert_true((table_of("ruled")->facts & CATALOG_FACT_RULES) != 0);
    assert_true((table_of("vr")->facts & CATALOG_FACT_RULES) != 0);
    assert_int_equal(table_of("v1")->facts & CATALOG_FACT_RULES, 0);
    assert_int_equal(table_of("base")->facts, 0);
}

static void a_write_reaches_what_is_behind_its_table(void **state)
{
    (void)state;
    EXPECT(writes, {"audit", "-"}, {"t_static", "audit"}, {"t_exec", "?"}, {"t_off", "-"},
            {"t_quoted", "Audit"}, {"t_wide", "gr\xc3\xb6\xc3\x9fte"}, {"t_upper", "audit"},
            {"t_both", "other.same same"}, {"t_calls", "deep"}, {"t_plain", "-"}, {"t_ref", "?"},
            {"t_ts", "-"}, {"t_when", "deep"}, {"t_default", "-"}, {"t_check", "deep"},
            {"p", "audit p"}, {"p1", "audit p"}, {"p11", "audit"}, {"p2", "-"},
            {"m1", "m1 other.same same"}, {"grandkid", "-"}, {"fk0", "Audit fk1 fk2 fk3"},
            {"fk2", "Audit fk3"}, {"fk3", "Audit"}, {"fkplain", "-"}, {"self", "self"},
            {"cyc1", "cyc1 cyc2"}, {"cyc2", "cyc1 cyc2"}, {"ruled", "audit"}, {"base", "-"},
            {"secret", "-"}, {"members", "-"}, {"wide", "?"}, {"n1", "?"}, {"n129", "-"},
            {"v_many", "?"});
}

static void a_view_is_written_through(void **state)
{
    (void)state;
    EXPECT(writes, {"v1", "base"}, {"v2", "base"}, {"vj", "audit base base2 p"},
            {"vi", "audit other.same same"}, {"vr", "base deep"}, {"v_agg", "?"}, {"mv", "-"},
            {"v_calls", "base"}, {"v_static", "?"});
}

static void a_call_writes_what_its_body_names(void **state)
{
    (void)state;
    EXPECT(calls, {"writes_deep", "deep"}, {"same_deep", "deep"}, {"makes_table", "?"},
            {"by_cursor", "?"}, {"with_default", "deep"}, {"truncates_all", "?"},
            {"unknown_call", "?"}, {"as_xml", "?"}, {"slashed", "?"}, {"reads_only", "-"},
            {"reads_calls", "deep"}, {"atomic_one", "audit deep"}, {"set_inside", "audit"},
            {"tie_a", "audit deep"}, {"tie_b", "audit deep"}, {"sum_up", "deep"}, {"bad_sum", "?"},
            {"proc", "Audit fk2 fk3"}, {"long_one", "?"}, {"by_exec", "?"}, {"does_nothing", "-"},
            {"static_dml", "audit"}, {"check_primary_key", "?"}, {"pg_notify", "-"},
            {"query_to_xml", "?"}, {"citext_hash", "-"}, {"pg_reload_conf", "?"});
    assert_string_equal(text_of(catalog_writes_anyway(catalog)), "-");
    assert_string_equal(text_of(catalog_writes_by_ddl(catalog)), "-");
}

static void a_view_reads_what_it_is_made_of(void **state)
{
    (void)state;
    EXPECT(reads, {"base", "base"}, {"p11", "p"}, {"v1", "base"}, {"v2", "base"},
            {"vj", "base base2 p"}, {"v_over", "base"}, {"v_calls", "audit base"},
            {"v_secret", "members secret"}, {"v_mv", "mv"}, {"mv", "mv"}, {"v_stat", "-"},
            {"v_static", "t_exec"}, {"v_kid", "m1"}, {"v_agg", "?"}, {"v_json", "?"});
}

static void expect_facts(const char *view, uint32_t facts)
{
    uint32_t got = table_of(view)->behind;

    if (got != facts) {
        fail_msg("of %s: %x, not %x", view, got, facts);
    }
}

static void what_a_view_does_is_told(void **state)
{
    const uint32_t is_volatile = CATALOG_FACT_STABLE | CATALOG_FACT_VOLATILE;

    (void)state;
    expect_facts("v1", 0);
    expect_facts("v2", 0);
    expect_facts("vj", 0);
    expect_facts("v_op", 0);
    expect_facts("v_user", 0);
    expect_facts("v_oid", 0);
    expect_facts("v_off", 0);
    expect_facts("v_time", CATALOG_FACT_TIME);
    expect_facts("v_over", CATALOG_FACT_TIME);
    expect_facts("v_now", CATALOG_FACT_STABLE);
    expect_facts("v_random", is_volatile);
    expect_facts("v_calls", CATALOG_FACT_STABLE);
    expect_facts("v_agg", is_volatile);
    expect_facts("v_lock", CATALOG_FACT_LOCKS);
    expect_facts("v_ctid", CATALOG_FACT_SYSTEM_COLUMNS);
    expect_facts("v_barrier", CATALOG_FACT_SECURITY_BARRIER);
    expect_facts("v_stat", CATALOG_FACT_SYSTEM_RELATION);
    expect_facts("v_xml", CATALOG_FACT_IO_CASTS);
    expect_facts("v_cast", CATALOG_FACT_IO_CASTS);
    expect_facts("v_secret", CATALOG_FACT_ROW_SECURITY);
    expect_facts("v_fast", CATALOG_FACT_UNLOGGED);
    expect_facts("v_mv", CATALOG_FACT_MATVIEW);
    assert_true((table_of("v_sample")->behind & CATALOG_FACT_SAMPLE) != 0);
    assert_true((table_of("v_seq")->behind & CATALOG_FACT_SEQUENCE) != 0);
    if (PQserverVersion(conn) >= 150000) {
        expect_facts("v_invoker", CATALOG_FACT_SECURITY_INVOKER);
    }
}

/* Whoever does not want tables has what there was, and nothing else. */
static void without_being_asked_for_there_are_none(void **state)
{
    unsigned with = 0;
    unsigned without = 0;

    (void)state;
    const struct catalog *more = snapshot_load(conn, true, &with);
    const struct catalog *less = snapshot_load(conn, false, &without);
    assert_null(less->tables);
    assert_true(less->bytes < more->bytes && without < with);
    assert_int_equal(less->relations_count, more->relations_count);
    for (uint32_t i = 0; i < less->relations_count; i++) {
        assert_int_equal(less->relations[i].oid, more->relations[i].oid);
        assert_int_equal(less->relations[i].leaves, more->relations[i].leaves);
        assert_null(catalog_details_of(less, &less->relations[i]));
    }
    assert_int_equal(less->leaving_names_count, more->leaving_names_count);
    for (uint32_t i = 0; i < less->functions_count; i++) {
        assert_false(catalog_writes_of_function(less, &less->functions[i]).is_known);
    }
    assert_false(catalog_writes_anyway(less).is_known);
    catalog_unref(more);
    catalog_unref(less);
}

/* A domain's check and an operator may be behind whatever is said; event triggers behind DDL. */
static void what_may_be_behind_anything_is_told_apart(void **state)
{
    unsigned queries = 0;
    const struct catalog *before = catalog;

    (void)state;
    cluster_sql(&cluster, "create domain evil as int check (ok(value)); "
                          "create function on_ddl() returns event_trigger language plpgsql as "
                          "$x$ begin insert into base2 values (1, ''); end $x$;"
                          "create event trigger e on ddl_command_end execute function on_ddl();");
    catalog = snapshot_load(conn, true, &queries);
    assert_string_equal(text_of(catalog_writes_anyway(catalog)), "deep");
    assert_string_equal(text_of(catalog_writes_by_ddl(catalog)), "base2");
    cluster_sql(&cluster, "drop event trigger e; drop function on_ddl; drop domain evil");
    catalog_unref(catalog);
    catalog = before;
}

/* ---- changes ---- */

static const char *changes_of(PGconn *of, enum catalog_changes what)
{
    query_expect(of, "set search_path = pg_catalog, pg_temp", "SET");
    const char *text = query_text(of, catalog_changes_query(what));
    assert_null(strstr(text, "ERROR"));
    return text;
}

static void expect_changed(PGconn *of, const char *sql, bool is_changed)
{
    char before[TEXT_MAX];

    snprintf(before, sizeof before, "%s", changes_of(of, CATALOG_CHANGES_ALL));
    cluster_sql(&cluster, sql);
    if ((strcmp(before, changes_of(of, CATALOG_CHANGES_ALL)) != 0) != is_changed) {
        fail_msg("%s: %s", sql, is_changed ? "is not seen" : "is seen");
    }
}

static void a_change_from_elsewhere_is_seen(void **state)
{
    static const char *const changes[] = {"alter table base2 rename n to m",
            "alter table base2 alter m set not null", "alter table base2 alter m drop not null",
            "alter table base2 add x int", "alter table base2 drop x",
            "alter table base2 alter m set default 'y'", "alter table base2 alter m type varchar",
            "create or replace view v1 as select * from base where id > 1",
            "create or replace function ok(int) returns bool language sql as 'select true'",
            "alter table t_exec disable trigger t", "alter table base enable row level security",
            "create policy p on base using (true)", "alter policy p on base using (false)",
            "create type mood as enum ('sad')", "alter type mood add value 'glad'",
            "create domain d as int", "alter domain d set not null", "create role r1",
            "alter role r1 superuser", "create role r2", "grant r1 to r2", "revoke r1 from r2",
            "alter role r1 set search_path = other", "alter database postgres set datestyle = dmy",
            "grant select on base to r1", "grant create on schema other to r1",
            "alter table kid no inherit m2", "create unique index late on base2 (id)",
            "alter table base2 alter id set not null",
            "alter table base2 replica identity using index late", "drop index late",
            "alter table fk3 drop constraint fk3_id_fkey", "create sequence late_seq",
            "alter table same set schema other_b"};
    static const char *const quiet[] = {"insert into base2 values (1, 'x')", "analyze base2",
            "vacuum base2", "create temporary table passing (id int primary key, n text)",
            "select nextval('late_seq')"};
    PGconn *one = NULL;

    (void)state;
    cluster_sql(&cluster, "create role nobody_special login; create schema other_b");
    one = query_must_connect(
            "host=127.0.0.1 port=%d user=nobody_special dbname=postgres", cluster.port);
    for (size_t i = 0; i < CASE_COUNT(changes); i++) {
        expect_changed(one, changes[i], true);
    }
    for (size_t i = 0; i < CASE_COUNT(quiet); i++) {
        expect_changed(one, quiet[i], false);
    }
    for (unsigned what = 0; what < CATALOG_CHANGES_COUNT; what++) {
        assert_true(strlen(changes_of(one, (enum catalog_changes)what)) > 0);
    }
    PQfinish(one);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(a_family_has_one_number),
            cmocka_unit_test(triggers_are_told_by_event_and_moment),
            cmocka_unit_test(columns_are_told_with_their_kind),
            cmocka_unit_test(unique_keys_are_told),
            cmocka_unit_test(equal_nulls_are_no_key),
            cmocka_unit_test(what_else_there_is_of_a_table_is_told),
            cmocka_unit_test(a_write_reaches_what_is_behind_its_table),
            cmocka_unit_test(a_view_is_written_through),
            cmocka_unit_test(a_call_writes_what_its_body_names),
            cmocka_unit_test(a_view_reads_what_it_is_made_of),
            cmocka_unit_test(what_a_view_does_is_told),
            cmocka_unit_test(without_being_asked_for_there_are_none),
            cmocka_unit_test(what_may_be_behind_anything_is_told_apart),
            cmocka_unit_test(a_change_from_elsewhere_is_seen),
    };

    return case_run(cases, CASE_COUNT(cases), start, stop);
}
