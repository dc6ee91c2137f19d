/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/kmeans.h"

#include "tests/unit/optimizer/by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { COUNT = 60 };

static struct sl_arena arena;
static struct tfidf_vector vectors[COUNT];
static uint32_t labels[COUNT];
static struct kmeans kmeans = {.labels = labels};

/* Six bundles of ten, a plane each, within 20 degrees. */
static int begin(void **state)
{
    (void)state;
    sl_arena_init(&arena, 1 << 20);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t degrees = i / 6 * 2;

        vectors[i] = by_angle((uint16_t)(i % 6), degrees);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_arena_fini(&arena);
    return 0;
}

static void run(const struct points *points, uint32_t k_max)
{
    struct kmeans_seeds seeds;

    assert_int_equal(kmeans_draw(&seeds, points, k_max, 1, &arena), SL_OK);
    assert_int_equal(kmeans_run(&kmeans, points, &seeds), SL_OK);
}

static void assert_bundles_are_groups(void)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        for (uint32_t j = 0; j < COUNT; j++) {
            assert_int_equal(labels[i] == labels[j], i % 6 == j % 6);
        }
    }
}

static void bundles_are_found(void **state)
{
    const struct points points = points_of(vectors, COUNT);

    (void)state;
    run(&points, 6);
    assert_int_equal(kmeans.k, 6);
    assert_bundles_are_groups();
}

static void joining_gives_bundles_back(void **state)
{
    const struct points points = points_of(vectors, COUNT);

    (void)state;
    run(&points, 40);
    assert_int_equal(kmeans.k, 40);
    while (kmeans.k > 6) {
        assert_int_equal(kmeans_join(&kmeans, &points), SL_OK);
    }
    assert_bundles_are_groups();
    while (kmeans.k > 1) {
        assert_int_equal(kmeans_join(&kmeans, &points), SL_OK);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(labels[i], 0);
    }
}

/* No more seeds than points that differ, and no seed twice. */
static void there_are_no_more_seeds_than_points_that_differ(void **state)
{
    const struct points points = points_of(vectors, COUNT);
    struct kmeans_seeds seeds;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        vectors[i] = by_angle((uint16_t)(i % 3), 0);
    }
    assert_int_equal(kmeans_draw(&seeds, &points, 50, 1, &arena), SL_OK);
    assert_int_equal(seeds.count, 3);
    assert_int_not_equal(seeds.at[0] % 3, seeds.at[1] % 3);
    assert_int_not_equal(seeds.at[0] % 3, seeds.at[2] % 3);
    assert_int_not_equal(seeds.at[1] % 3, seeds.at[2] % 3);
    run(&points, 50);
    for (uint32_t i = 3; i < COUNT; i++) {
        assert_int_equal(labels[i], labels[i % 3]);
    }
}

static void the_same_seed_gives_the_same(void **state)
{
    const struct points points = points_of(vectors, COUNT);
    struct kmeans_seeds first;
    struct kmeans_seeds second;

    (void)state;
    assert_int_equal(kmeans_draw(&first, &points, 30, 7, &arena), SL_OK);
    assert_int_equal(kmeans_draw(&second, &points, 30, 7, &arena), SL_OK);
    assert_memory_equal(&first, &second, sizeof first);
}

static void it_can_be_cancelled(void **state)
{
    struct points points = points_of(vectors, COUNT);
    struct kmeans_seeds seeds;
    uint32_t left = 3;

    (void)state;
    assert_int_equal(kmeans_draw(&seeds, &points, 9, 1, &arena), SL_OK);
    points.is_cancelled = cancel_after;
    points.arg = &left;
    assert_int_equal(kmeans_draw(&seeds, &points, 9, 1, &arena), SL_ETIMEOUT);
    left = 1;
    assert_int_equal(kmeans_run(&kmeans, &points, &seeds), SL_ETIMEOUT);
    left = 1;
    assert_int_equal(kmeans_join(&kmeans, &points), SL_ETIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(bundles_are_found, begin, end),
            cmocka_unit_test_setup_teardown(joining_gives_bundles_back, begin, end),
            cmocka_unit_test_setup_teardown(
                    there_are_no_more_seeds_than_points_that_differ, begin, end),
            cmocka_unit_test_setup_teardown(the_same_seed_gives_the_same, begin, end),
            cmocka_unit_test_setup_teardown(it_can_be_cancelled, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
