/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/drift.h"

#include "tests/unit/optimizer/planted.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { COUNT = 300 };

static const struct workload_options usual = {.seed = 1};
static const double drift_trigger = 0.15; /* above it the optimizer is to look again */

static struct planted *then;
static struct workload workload;

static int begin(void **state)
{
    (void)state;
    then = planted_new(COUNT, 1);
    return workload_analyse(&workload, then->shapes, COUNT, &usual) == SL_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    workload_fini(&workload);
    free(then);
    return 0;
}

static double score_of(const struct workload_shape *now, uint32_t count)
{
    double score = -1;

    assert_int_equal(drift_score(&workload, now, count, &score), SL_OK);
    assert_true(score >= 0 && score <= 1);
    return score;
}

/* (1, 0) and (1/2, 1/2) have the middle (3/4, 1/4). */
static void divergence_is_what_a_hand_finds(void **state)
{
    const double left[] = {1, 0};
    const double right[] = {0, 1};
    const double both[] = {0.5, 0.5};
    const double hand = (log2(4.0 / 3) + 0.5 * log2(2.0 / 3) + 0.5 * log2(2)) / 2;

    (void)state;
    assert_float_equal(hand, 0.311278, 1e-6);
    assert_float_equal(drift_divergence(left, both, 2), hand, 1e-9);
    assert_float_equal(drift_divergence(both, left, 2), hand, 1e-9);
    assert_float_equal(drift_divergence(left, right, 2), 1, 0);
    assert_float_equal(drift_divergence(both, both, 2), 0, 0);
}

static void divergence_is_of_parts_not_of_sums(void **state)
{
    const double few[] = {1, 2, 3};
    const double many[] = {10, 20, 30};
    const double none[] = {0, 0, 0};

    (void)state;
    assert_float_equal(drift_divergence(few, many, 3), 0, 0);
    assert_float_equal(drift_divergence(few, none, 3), 1, 0);
    assert_float_equal(drift_divergence(none, few, 3), 1, 0);
    assert_float_equal(drift_divergence(none, none, 3), 0, 0);
    assert_float_equal(drift_divergence(NULL, NULL, 0), 0, 0);
}

static void the_same_load_is_no_drift(void **state)
{
    static struct workload_shape turned[COUNT];

    (void)state;
    assert_float_equal(score_of(then->shapes, COUNT), 0, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        turned[i] = then->shapes[COUNT - 1 - i];
        turned[i].weight *= 1000; /* as many times the calls of everything: the same shares */
    }
    assert_float_equal(score_of(turned, COUNT), 0, 0);
}

/* Weights that no float can hold add up to something else in another order. */
static void rounding_is_no_drift(void **state)
{
    static struct workload_shape turned[COUNT];
    struct planted *uneven = planted_new(COUNT, 1);
    struct workload before;
    double score = -1;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        uneven->shapes[i].weight = 1 / (1.0 + i % 11);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        turned[i] = uneven->shapes[COUNT - 1 - i];
    }
    assert_int_equal(workload_analyse(&before, uneven->shapes, COUNT, &usual), SL_OK);
    assert_int_equal(drift_score(&before, turned, COUNT, &score), SL_OK);
    assert_true(score == 0);
    workload_fini(&before);
    free(uneven);
}

static void other_shapes_of_the_same_kinds_are_little_drift(void **state)
{
    struct planted *now = planted_new(COUNT, 2);

    (void)state;
    double score = score_of(now->shapes, COUNT);
    assert_true(score > 0);
    assert_true(score < drift_trigger / 2);
    free(now);
}

static void load_that_moved_to_one_kind_is_drift(void **state)
{
    struct planted *now = planted_new(COUNT, 1);

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        now->shapes[i].weight = now->kinds[i] == PLANTED_REPORTS ? 20 : 1;
    }
    assert_true(score_of(now->shapes, COUNT) > drift_trigger);
    free(now);
}

/* Weights of then are in shares only: what is nearest to which group is the same without them. */
static void where_a_shape_belongs_does_not_depend_on_the_load_of_then(void **state)
{
    struct planted *uneven = planted_new(COUNT, 1);
    struct planted *now = planted_new(COUNT, 2);
    struct workload other;
    double shares[2][WORKLOAD_GROUPS_MAX + 1];
    double squares[2] = {0};

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        uneven->shapes[i].weight = i % 10 == 0 ? 1000 : 1;
    }
    assert_int_equal(workload_analyse(&other, uneven->shapes, COUNT, &usual), SL_OK);
    drift_shares(workload.model, now->shapes, COUNT, shares[0]);
    drift_shares(other.model, now->shapes, COUNT, shares[1]);
    assert_float_equal(shares[0][WORKLOAD_GROUPS_MAX], shares[1][WORKLOAD_GROUPS_MAX], 1e-9);
    for (uint32_t i = 0; i < WORKLOAD_GROUPS_MAX; i++) { /* their order is by weight */
        squares[0] += shares[0][i] * shares[0][i];
        squares[1] += shares[1][i] * shares[1][i];
    }
    assert_float_equal(squares[0], squares[1], 1e-9);
    workload_fini(&other);
    free(uneven);
    free(now);
}

static void shapes_never_seen_are_drift(void **state)
{
    static char texts[COUNT][64];
    static struct workload_shape now[COUNT];

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "merge into stock%u using moves%u", i, i);
        now[i] = i % 2 == 0 ? then->shapes[i]
                            : (struct workload_shape){
                                      .source = {.text = sl_span_text(texts[i])}, .weight = 1};
    }
    assert_true(score_of(now, COUNT) > drift_trigger);
    for (uint32_t i = 0; i < COUNT; i += 2) {
        now[i].source.text = sl_span_text(texts[i]);
        now[i].source.columns_count = 0;
    }
    assert_true(score_of(now, COUNT) > 0.99);
}

static void silence_is_all_drift_but_not_from_silence(void **state)
{
    struct workload nothing;
    double score = -1;

    (void)state;
    assert_float_equal(score_of(NULL, 0), 1, 0);
    assert_int_equal(workload_analyse(&nothing, NULL, 0, &usual), SL_OK);
    assert_int_equal(drift_score(&nothing, NULL, 0, &score), SL_OK);
    assert_float_equal(score, 0, 0);
    assert_int_equal(drift_score(&nothing, then->shapes, COUNT, &score), SL_OK);
    assert_float_equal(score, 1, 0);
    workload_fini(&nothing);
}

static void weights_that_are_no_numbers_do_not_spread(void **state)
{
    struct planted *now = planted_new(COUNT, 1);

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        now->shapes[i].weight = i % 3 == 0 ? NAN : i % 3 == 1 ? -INFINITY : 1e308;
    }
    assert_true(score_of(now->shapes, COUNT) < 1);
    for (uint32_t i = 0; i < COUNT; i++) {
        now->shapes[i].weight = 0;
    }
    assert_float_equal(score_of(now->shapes, COUNT), 0, 0); /* as when all are alike */
    free(now);
}

static void too_many_shapes_are_refused(void **state)
{
    double score = -1;

    (void)state;
    assert_int_equal(
            drift_score(&workload, then->shapes, WORKLOAD_SHAPES_MAX + 1, &score), SL_ELIMIT);
    assert_float_equal(score, -1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(divergence_is_what_a_hand_finds),
            cmocka_unit_test(divergence_is_of_parts_not_of_sums),
            cmocka_unit_test(the_same_load_is_no_drift),
            cmocka_unit_test(rounding_is_no_drift),
            cmocka_unit_test(other_shapes_of_the_same_kinds_are_little_drift),
            cmocka_unit_test(load_that_moved_to_one_kind_is_drift),
            cmocka_unit_test(where_a_shape_belongs_does_not_depend_on_the_load_of_then),
            cmocka_unit_test(shapes_never_seen_are_drift),
            cmocka_unit_test(silence_is_all_drift_but_not_from_silence),
            cmocka_unit_test(weights_that_are_no_numbers_do_not_spread),
            cmocka_unit_test(too_many_shapes_are_refused),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
