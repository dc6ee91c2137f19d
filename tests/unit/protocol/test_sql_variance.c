/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/sql_variance.h"

#include "protocol/catalog.h"
#include "protocol/sql_facts.h"
#include "protocol/sql_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint32_t variance_of(const char *text)
{
    struct sql_tree *tree = NULL;
    struct sql_parse_error error = {0};

    if (sql_parse(sl_span_text(text), &tree, &error) != SL_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    uint32_t varies = sql_variance(tree);
    struct sql_facts *facts = NULL;
    assert_int_equal(sql_facts_new(tree, &facts), SL_OK);
    assert_int_equal(facts->varies, varies);
    sql_facts_free(facts);
    sql_tree_free(tree);
    return varies;
}

static const struct {
    const char *text;
    uint32_t varies;
} cases[] = {
        {"select 1", 0},
        {"select a + 1, b || 'x', c::int, d::text[], cast(e as numeric(10, 2)), f::character "
         "varying(3), date '2020-01-01', interval '1 day', g::pg_catalog.int8 from t where a = $1 "
         "and b <> 'x' and c != 2 and d like 'x%' and e between 1 and 2 and f not in (1, 2) and g "
         "@> $2 and h -> 'k' ->> 'l' = 'm' and i is distinct from 1 and j similar to 'x' and k "
         "ilike "
         "'y' and not l between symmetric 1 and 2 and (m, n) < (1, 2) and nullif(o, 1) = 1",
                0},
        {"select tableoid from t", 0},
        {"select a from t where a = any ($1) and b > all (select 1) and (c, d) = (select 1, 2)", 0},
        {"select a from t order by a using <", 0},
        {"select a::oid, \"char\" 'x', a::\"char\", 'x'::name from t", 0},
        {"select ctid from t", SQL_VARIES_SYSTEM_COLUMN},
        {"select 1 from t where t.xmin = $1", SQL_VARIES_SYSTEM_COLUMN},
        {"select (select max(s.t.cmax) from t) from u", SQL_VARIES_SYSTEM_COLUMN},
        {"select 'pg_class'::regclass", SQL_VARIES_CATALOG_TYPE},
        {"select a from t where b = cast($1 as pg_catalog.regtype)", SQL_VARIES_CATALOG_TYPE},
        {"select $1::regproc[]", SQL_VARIES_CATALOG_TYPE},
        {"select a::date from t", SQL_VARIES_CAST_TO_TIME},
        {"select '{2020-01-01}'::date[], $1::timestamptz, time '12:00' from t", 0},
        {"select '12:00'::timetz from t", SQL_VARIES_CAST_TO_TIME},
        {"select $1::time with time zone from t", SQL_VARIES_CAST_TO_TIME},
        {"select x.a from t, xmltable('/r' passing t.b columns a date path 'd') x",
                SQL_VARIES_CAST_TO_TIME},
        {"select x.a, date '2020-01-01' from t, xmltable('/r' passing t.b columns a date) x",
                SQL_VARIES_CAST_TO_TIME},
        {"select x.a from t, xmltable('/r' passing t.b columns a text path 'd') x", 0},
        {"select 'a'::mood", SQL_VARIES_OTHER_TYPE},
        {"select 'a'::public.int4", SQL_VARIES_OTHER_TYPE},
        {"select 'a'::db.pg_catalog.int4", SQL_VARIES_OTHER_TYPE},
        {"select * from f() as x(a int, b mood)", SQL_VARIES_OTHER_TYPE},
        {"select a <%> b from t", SQL_VARIES_OTHER_OPERATOR},
        {"select a operator(pg_catalog.+) 1 from t", 0},
        {"select a operator(public.+) 1 from t", SQL_VARIES_OTHER_OPERATOR},
        {"select 1 from t where a operator(x.=) any ($1)", SQL_VARIES_OTHER_OPERATOR},
        {"select 1 from t where a <%> all (select 1)", SQL_VARIES_OTHER_OPERATOR},
        {"select a from t order by a using <%>", SQL_VARIES_OTHER_OPERATOR},
        {"with x as (select 'a'::regclass as r) select xmax, r <%> 1, 'a'::mood from x, t",
                SQL_VARIES_SYSTEM_COLUMN | SQL_VARIES_CATALOG_TYPE | SQL_VARIES_OTHER_TYPE |
                        SQL_VARIES_OTHER_OPERATOR},
};

static void what_may_vary_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        if (variance_of(cases[i].text) != cases[i].varies) {
            fail_msg("%s: %x, not %x", cases[i].text, variance_of(cases[i].text), cases[i].varies);
        }
    }
}

static uint64_t operators_of(const char *text, bool *has_casts)
{
    struct sql_tree *tree = NULL;
    struct sql_parse_error error = {0};

    assert_int_equal(sql_parse(sl_span_text(text), &tree, &error), SL_OK);
    uint64_t marks = sql_operators(tree, has_casts);
    sql_tree_free(tree);
    return marks;
}

static const struct {
    const char *text;
    const char *names[4];
    bool has_casts;
} looks[] = {
        {"select a from t order by b", {NULL}, false},
        {"select a + 1 from t where b = 2", {"+", "="}, false},
        {"select -a from t where b like 'x%'", {"-", "~~"}, false},
        {"select a from t where b between 1 and 2", {"<", "<=", ">", ">="}, false},
        {"select a from t where b in (1, 2)", {"="}, false},
        {"select a from t where b in (select c from u)", {"="}, false},
        {"select t.a from t join u using (a)", {"="}, false},
        {"select t.a from t natural join u", {"="}, false},
        {"select case a when 1 then 2 end from t", {"="}, false},
        {"select nullif(a, 1) from t", {"="}, false},
        {"select a from t where a is distinct from b", {"="}, false},
        {"select a from t where b > all ($1)", {">"}, false},
        {"select a from t order by b using >", {">"}, false},
        {"select a::text, cast(b as int) from t", {NULL}, true},
};

static void names_of_operators_that_are_looked_for_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        uint64_t marks = 0;
        bool has_casts = false;
        for (size_t k = 0; k < 4 && looks[i].names[k] != NULL; k++) {
            marks |= catalog_name_mark(looks[i].names[k], strlen(looks[i].names[k]));
        }
        if (operators_of(looks[i].text, &has_casts) != marks || has_casts != looks[i].has_casts) {
            fail_msg("%s", looks[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_may_vary_is_seen_wherever_it_stands),
            cmocka_unit_test(names_of_operators_that_are_looked_for_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
