/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/silhouette.h"

#include "tests/unit/optimizer/by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct sl_arena arena;

static int begin(void **state)
{
    (void)state;
    sl_arena_init(&arena, 8 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_arena_fini(&arena);
    return 0;
}

static double silhouette_by_hand(
        const struct tfidf_vector *vectors, const uint32_t *labels, uint32_t count)
{
    const struct points points = points_of(vectors, count);
    struct silhouette silhouette;

    assert_int_equal(silhouette_init(&silhouette, &points, 1, &arena), SL_OK);
    double value = silhouette_of(&silhouette, labels);
    assert_true(value >= -1 && value <= 1); /* CMocka takes NaN for equal to anything */
    return value;
}

/*
 * Distances: 0-1 .5, 0-2 1, 1-2 1 - cos 30, and 1 to the last from everywhere. Groups {0, 1} and
 * {2, 3} give (1 - .5) / 1, (.566987 - .5) / .566987, (.566987 - 1) / 1 and 0.
 */
static void it_is_what_a_hand_finds(void **state)
{
    const struct tfidf_vector vectors[] = {
            by_angle(0, 0), by_angle(0, 60), by_angle(0, 90), by_angle(1, 0)};
    const uint32_t labels[] = {0, 0, 1, 1};

    (void)state;
    assert_float_equal(silhouette_by_hand(vectors, labels, 4), 0.0462835, 1e-5);
}

static void perfect_groups_have_one_and_swapped_ones_less_than_zero(void **state)
{
    const struct tfidf_vector vectors[] = {
            by_angle(0, 0), by_angle(0, 0), by_angle(1, 0), by_angle(1, 0)};
    const uint32_t perfect[] = {7, 7, 63, 63};
    const uint32_t swapped[] = {0, 1, 1, 0};

    (void)state;
    assert_float_equal(silhouette_by_hand(vectors, perfect, 4), 1, 1e-9);
    assert_float_equal(silhouette_by_hand(vectors, swapped, 4), -0.5, 1e-9);
}

/* a is 1 for each, b is (0 + 1) / 2. One alone, and noise, have 0. */
static void those_alone_and_noise_count_as_zero(void **state)
{
    const struct tfidf_vector vectors[] = {
            by_angle(0, 0), by_angle(0, 0), by_angle(1, 0), by_angle(2, 0)};
    const uint32_t alone[] = {0, 0, 1, 2};
    const uint32_t noise[] = {0, 0, 1, POINTS_NO_GROUP};

    (void)state;
    assert_float_equal(silhouette_by_hand(vectors, alone, 4), 0.5, 1e-9);
    assert_float_equal(silhouette_by_hand(vectors, noise, 4), 0.5, 1e-9);
}

static void one_group_or_none_has_zero(void **state)
{
    const struct tfidf_vector vectors[] = {by_angle(0, 0), by_angle(0, 90), by_angle(1, 0)};
    const uint32_t one[] = {4, 4, 4};
    const uint32_t none[] = {POINTS_NO_GROUP, POINTS_NO_GROUP, POINTS_NO_GROUP};

    (void)state;
    assert_float_equal(silhouette_by_hand(vectors, one, 3), 0, 0);
    assert_float_equal(silhouette_by_hand(vectors, none, 3), 0, 0);
    assert_float_equal(silhouette_by_hand(vectors, one, 1), 0, 0);
    assert_float_equal(silhouette_by_hand(vectors, one, 0), 0, 0);
}

static void points_that_coincide_are_no_division_by_zero(void **state)
{
    const struct tfidf_vector vectors[] = {
            by_angle(0, 0), by_angle(0, 0), by_angle(0, 0), by_angle(0, 0)};
    const uint32_t labels[] = {0, 0, 1, 1};

    (void)state;
    assert_float_equal(silhouette_by_hand(vectors, labels, 4), 0, 0);
}

static void a_sample_judges_nearly_as_all_would(void **state)
{
    enum { COUNT = 3000 };
    static struct tfidf_vector vectors[COUNT];
    static uint32_t labels[COUNT];
    const struct points points = points_of(vectors, COUNT);
    struct silhouette silhouette;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        labels[i] = i % 3;
        vectors[i] = by_angle((uint16_t)(i % 3), i % 30);
    }
    assert_int_equal(silhouette_init(&silhouette, &points, 9, &arena), SL_OK);
    assert_int_equal(silhouette.count, SILHOUETTE_POINTS_MAX);
    for (uint32_t i = 1; i < silhouette.count; i++) {
        assert_true(silhouette.points[i] > silhouette.points[i - 1]);
    }
    assert_in_range(silhouette.points[silhouette.count - 1], COUNT * 9 / 10, COUNT - 1);
    /* All angles of 30 against another plane: of 3000 points it is the same as of 90. */
    assert_float_equal(
            silhouette_of(&silhouette, labels), silhouette_by_hand(vectors, labels, 90), 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(it_is_what_a_hand_finds, begin, end),
            cmocka_unit_test_setup_teardown(
                    perfect_groups_have_one_and_swapped_ones_less_than_zero, begin, end),
            cmocka_unit_test_setup_teardown(those_alone_and_noise_count_as_zero, begin, end),
            cmocka_unit_test_setup_teardown(one_group_or_none_has_zero, begin, end),
            cmocka_unit_test_setup_teardown(
                    points_that_coincide_are_no_division_by_zero, begin, end),
            cmocka_unit_test_setup_teardown(a_sample_judges_nearly_as_all_would, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
