/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/dbscan.h"

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
    sl_arena_init(&arena, 4 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_arena_fini(&arena);
    return 0;
}

static struct dbscan run(const struct tfidf_vector *vectors, uint32_t count)
{
    const struct points points = points_of(vectors, count);
    struct dbscan dbscan;

    assert_int_equal(dbscan_run(&dbscan, &points, &arena), SL_OK);
    return dbscan;
}

static void the_knee_is_what_a_hand_finds(void **state)
{
    const float bent[] = {0, 0.1F, 0.2F, 0.3F, 1};
    const float straight[] = {0, 0.25F, 0.5F};
    const float flat[] = {0.4F, 0.4F, 0.4F};
    const float hump[] = {0, 0.8F, 0.9F, 1};

    (void)state;
    assert_float_equal(dbscan_knee(bent, 5), 0.3F, 0); /* below the line .15, .3, .45 */
    assert_float_equal(dbscan_knee(straight, 3), 0.5F, 0);
    assert_float_equal(dbscan_knee(flat, 3), 0.4F, 0);
    assert_float_equal(dbscan_knee(hump, 4), 1, 0);
    assert_float_equal(dbscan_knee(bent, 1), 0, 0);
    assert_float_equal(dbscan_knee(bent, 2), 0.1F, 0);
}

/* Two bundles of eight, within 7 degrees, and three points far from everything. */
static void bundles_are_groups_and_the_rest_is_noise(void **state)
{
    struct tfidf_vector vectors[19];

    (void)state;
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t degrees = i / 2;

        vectors[i] = by_angle((uint16_t)(i % 2), degrees);
    }
    for (uint32_t i = 16; i < 19; i++) {
        vectors[i] = by_angle((uint16_t)i, 0);
    }
    struct dbscan dbscan = run(vectors, 19);
    assert_int_equal(dbscan.groups, 2);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(dbscan.labels[i], i % 2);
    }
    for (uint32_t i = 16; i < 19; i++) {
        assert_int_equal(dbscan.labels[i], POINTS_NO_GROUP);
    }
    assert_in_range((int)(dbscan.eps * 10000), 1, 200); /* the bundles' own width */
}

/* A chain of points is one group, however far its ends: k-means could not. */
static void a_chain_is_one_group(void **state)
{
    struct tfidf_vector vectors[91];

    (void)state;
    for (uint32_t i = 0; i < 91; i++) {
        vectors[i] = by_angle(0, i);
    }
    struct dbscan dbscan = run(vectors, 91);
    assert_int_equal(dbscan.groups, 1);
    for (uint32_t i = 3; i < 88; i++) {
        assert_int_equal(dbscan.labels[i], 0);
    }
}

/* Four others: five points are a group, four are not. */
static void a_group_has_five_points(void **state)
{
    struct tfidf_vector vectors[19];

    (void)state;
    for (uint32_t i = 0; i < 19; i++) {
        vectors[i] = by_angle(i < 10 ? 0 : i < 15 ? 1 : 2, 0);
    }
    struct dbscan dbscan = run(vectors, 19);
    assert_int_equal(dbscan.groups, 2);
    for (uint32_t i = 0; i < 19; i++) {
        assert_int_equal(dbscan.labels[i], i < 10 ? 0 : i < 15 ? 1 : POINTS_NO_GROUP);
    }
}

/* Beside the plane of by_angle(0, ...), by some degrees. */
static struct tfidf_vector by_angle_beside(double degrees, double beside)
{
    const double radians = beside * 3.14159265358979323846 / 180;
    struct tfidf_vector vector = by_angle(0, degrees);

    vector.count = 3;
    for (uint32_t i = 0; i < 2; i++) {
        vector.values[i] *= (float)cos(radians);
    }
    vector.dims[2] = 2;
    vector.values[2] = (float)sin(radians);
    return vector;
}

/*
 * A chain whose points are a degree apart, and once a bit more: eps is 2.05 degrees. Its ends are
 * no cores, but two degrees from one. A point 2.4 degrees beside the chain is too far.
 */
static void within_eps_of_a_core_is_in_its_group_and_farther_is_not(void **state)
{
    enum { CHAIN = 41 };
    struct tfidf_vector vectors[CHAIN + 1];

    (void)state;
    for (uint32_t i = 0; i < CHAIN; i++) {
        vectors[i] = by_angle(0, i < 10 ? i : i + 0.05);
    }
    vectors[CHAIN] = by_angle_beside(20.05, 2.4);
    struct dbscan dbscan = run(vectors, CHAIN + 1);
    const double eps = 1 - cos(2.05 * 3.14159265358979323846 / 180);
    assert_float_equal(dbscan.eps, eps, 1e-5);
    assert_int_equal(dbscan.groups, 1);
    for (uint32_t i = 0; i < CHAIN; i++) {
        assert_int_equal(dbscan.labels[i], 0);
    }
    assert_int_equal(dbscan.labels[CHAIN], POINTS_NO_GROUP);
}

/* Two such chains, 3.9 degrees apart; between them a point, 1.9 from one and 2.0 from the other. */
static void between_two_groups_the_nearest_core_counts(void **state)
{
    enum { CHAIN = 41, BETWEEN = 2 * CHAIN };
    struct tfidf_vector vectors[BETWEEN + 1];

    (void)state;
    for (uint32_t side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < CHAIN; i++) {
            vectors[i] = by_angle(0, i < 10 ? i : i + 0.05);
            vectors[CHAIN + i] = by_angle_beside(i < 10 ? i : i + 0.05, 3.9);
        }
        vectors[BETWEEN] = by_angle_beside(20.05, side == 0 ? 1.9 : 2.0);
        struct dbscan dbscan = run(vectors, BETWEEN + 1);
        assert_int_equal(dbscan.groups, 2);
        assert_int_equal(dbscan.labels[BETWEEN], side);
    }
}

static void points_that_coincide_are_one_group(void **state)
{
    struct tfidf_vector vectors[20];

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        vectors[i] = by_angle(0, 33);
    }
    struct dbscan dbscan = run(vectors, 20);
    assert_int_equal(dbscan.groups, 1);
    assert_float_equal(dbscan.eps, 0, 0);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(dbscan.labels[i], 0);
    }
}

static void few_points_or_strangers_are_all_noise(void **state)
{
    struct tfidf_vector vectors[20];

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        vectors[i] = by_angle((uint16_t)i, 0);
    }
    for (uint32_t count = 1; count <= 20; count++) {
        struct dbscan dbscan = run(vectors, count);

        assert_int_equal(dbscan.groups, 0);
        assert_int_equal(dbscan.labels[count - 1], POINTS_NO_GROUP);
    }
}

static void the_order_of_points_does_not_matter(void **state)
{
    enum { COUNT = 50 };
    struct tfidf_vector vectors[COUNT];
    struct tfidf_vector turned[COUNT];

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        vectors[i] = by_angle((uint16_t)(i % 3), (i * i) % 41);
        turned[COUNT - 1 - i] = vectors[i];
    }
    struct dbscan there = run(vectors, COUNT);
    struct dbscan back = run(turned, COUNT);
    assert_int_equal(there.groups, back.groups);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t j = (i + 1) % COUNT;
        bool is_one = there.labels[i] == there.labels[j];
        bool is_one_back = back.labels[COUNT - 1 - i] == back.labels[COUNT - 1 - j];

        assert_int_equal(is_one, is_one_back);
        assert_int_equal(
                there.labels[i] == POINTS_NO_GROUP, back.labels[COUNT - 1 - i] == POINTS_NO_GROUP);
    }
}

static void it_can_be_cancelled(void **state)
{
    struct tfidf_vector vectors[20];
    struct points points = points_of(vectors, 20);
    struct dbscan dbscan;

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        vectors[i] = by_angle(0, i);
    }
    /* Two passes of two blocks: four questions. */
    for (uint32_t at = 1; at <= 5; at++) {
        uint32_t left = at;

        points.is_cancelled = cancel_after;
        points.arg = &left;
        assert_int_equal(dbscan_run(&dbscan, &points, &arena), at <= 4 ? SL_ETIMEOUT : SL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_knee_is_what_a_hand_finds),
            cmocka_unit_test_setup_teardown(bundles_are_groups_and_the_rest_is_noise, begin, end),
            cmocka_unit_test_setup_teardown(a_chain_is_one_group, begin, end),
            cmocka_unit_test_setup_teardown(a_group_has_five_points, begin, end),
            cmocka_unit_test_setup_teardown(
                    within_eps_of_a_core_is_in_its_group_and_farther_is_not, begin, end),
            cmocka_unit_test_setup_teardown(between_two_groups_the_nearest_core_counts, begin, end),
            cmocka_unit_test_setup_teardown(points_that_coincide_are_one_group, begin, end),
            cmocka_unit_test_setup_teardown(few_points_or_strangers_are_all_noise, begin, end),
            cmocka_unit_test_setup_teardown(the_order_of_points_does_not_matter, begin, end),
            cmocka_unit_test_setup_teardown(it_can_be_cancelled, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
