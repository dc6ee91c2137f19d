/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reuse_proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Lines of EXPLAIN, then unique indexes. */
static bool is_proven(const char *const lines[], const char *const indexes[])
{
    struct reuse_plan plan = {0};

    for (; *lines != NULL; lines++) {
        reuse_plan_line(&plan, sl_span_text(*lines));
    }
    for (; *indexes != NULL; indexes++) {
        reuse_plan_index(&plan, sl_span_text(*indexes));
    }
    return reuse_plan_is_proven(&plan);
}

#define LINES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define NONE ((const char *const[]){NULL})

static void one_row_by_a_unique_index_is_proven(void **state)
{
    (void)state;
    assert_true(is_proven(
            LINES("Index Scan using t_pkey on public.t", "  Output: b", "  Index Cond: (t.a = $1)"),
            LINES("t_b_key", "t_pkey")));
    assert_true(is_proven(LINES("Index Only Scan using t_pkey on public.t x", "  Output: a, $3",
                                  "  Index Cond: (x.a = $1)", "Query Identifier: -12"),
            LINES("t_pkey")));
    assert_true(is_proven(LINES("Index Scan using \"T key\" on public.t", "  Output: f(a, 'x$')",
                                  "  Index Cond: (t.a = $1)"),
                        LINES("\"T key\"")) == false); /* a dollar beside a quote: not looked at */
    assert_true(is_proven(LINES("Index Scan using \"T key\" on public.t", "  Output: f(a, 'x')",
                                  "  Index Cond: (t.a = $1)"),
            LINES("\"T key\"")));
    assert_true(is_proven(
            LINES("Update on public.t", "  Output: b", "  ->  Index Scan using t_pkey on public.t",
                    "        Output: $1, ctid", "        Index Cond: (t.a = $2)"),
            LINES("t_pkey")));
    assert_true(is_proven(LINES("Delete on public.t", "  ->  Index Scan using t_pkey on public.t",
                                  "        Output: ctid", "        Index Cond: (t.a = $1)"),
            LINES("t_pkey")));
}

static void an_insert_of_one_row_is_proven(void **state)
{
    (void)state;
    assert_true(is_proven(LINES("Insert on public.t", "  ->  Result",
                                  "        Output: $1, $2, nextval('s'::regclass)"),
                        NONE) == false); /* a quote beside a dollar */
    assert_true(is_proven(
            LINES("Insert on public.t", "  ->  Result", "        Output: $1, 5, $2"), NONE));
}

static void everything_else_is_not(void **state)
{
    static const char *const key[] = {"t_pkey", NULL};
    static const char *const two[] = {"t_other", NULL};
    static const char scan[] = "Index Scan using t_pkey on public.t";

    (void)state;
    assert_false(is_proven(LINES(scan, "  Output: b", "  Index Cond: (t.a = $1)"), NONE));
    assert_false(is_proven(LINES(scan, "  Output: b", "  Index Cond: (t.a = $1)"), two));
    assert_false(is_proven(LINES(scan, "  Output: b", "  Index Cond: (t.a > $1)"), key));
    assert_false(is_proven(LINES(scan, "  Output: b", "  Index Cond: (t.a = ($1)::int)"), key));
    assert_false(is_proven(LINES(scan, "  Output: b", "  Index Cond: (t.a = ANY ($1))"), key));
    assert_false(is_proven(LINES(scan, "  Output: b", "  Index Cond: (t.a = 5)"), key));
    assert_false(is_proven(
            LINES(scan, "  Output: b", "  Index Cond: (t.a = $1)", "  Filter: (t.b = $2)"), key));
    assert_false(is_proven(
            LINES(scan, "  Output: b", "  Index Cond: ((t.a = $1) AND (t.a = $2))"), two));
    assert_false(
            is_proven(LINES(scan, "  Output: b", "  Index Cond: ((t.a = $1) AND (t.b = $2)"), two));
    assert_false(is_proven(LINES(scan, "  Output: b"), key));
    assert_false(
            is_proven(LINES("Seq Scan on public.t", "  Output: b", "  Filter: (t.a = $1)"), key));
    assert_false(
            is_proven(LINES("Limit", "  Output: b", "  ->  Index Scan using t_pkey on public.t",
                              "        Output: b", "        Index Cond: (t.a = $1)"),
                    key));
    assert_false(is_proven(LINES("Result", "  Output: $1"), NONE));
    assert_false(is_proven(LINES("Insert on public.t", "  Conflict Resolution: NOTHING",
                                   "  ->  Result", "        Output: $1"),
            NONE));
    assert_false(is_proven(LINES("Insert on public.t", "  ->  Seq Scan on public.u"), NONE));
    assert_false(is_proven(LINES("Insert on public.t"), NONE));
}

static void what_is_computed_from_parameters_is_not(void **state)
{
    static const char *const outputs[] = {"  Output: (1 / $1)", "  Output: b, f(x, $1, y)",
            "  Output: ARRAY[b, $1, c]", "  Output: ($1)::numeric(3,1)",
            "  Output: CASE WHEN $1 THEN 1 END", "  Output: f(')', $1)", "  Output: $1 + 1",
            "  Output: b, $1 ", "  Output: $", "  Output: $a"};

    (void)state;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        assert_false(is_proven(LINES("Index Scan using t_pkey on public.t", outputs[i],
                                       "  Index Cond: (t.a = $1)"),
                LINES("t_pkey")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(one_row_by_a_unique_index_is_proven),
            cmocka_unit_test(an_insert_of_one_row_is_proven),
            cmocka_unit_test(everything_else_is_not),
            cmocka_unit_test(what_is_computed_from_parameters_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
