/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 20000 };

static uint64_t seed = 1;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double uniform(void)
{
    return (double)(next_random() >> 11) / (double)(UINT64_C(1) << 53);
}

static double normal(void)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        sum += uniform();
    }
    return sum;
}

/* e to the power of x, near enough for making up latencies. */
static double power(double x)
{
    double value = 1 + x / 65536;

    for (int i = 0; i < 16; i++) {
        value *= value;
    }
    return value;
}

static uint64_t constant(void)
{
    return 77777;
}

static uint64_t small(void)
{
    return next_random() % 40;
}

static uint64_t flat(void)
{
    return next_random() % 10000000;
}

static uint64_t log_normal(void)
{
    return (uint64_t)(800 * power(normal()));
}

static uint64_t wide(void)
{
    return (uint64_t)(50000 * power(2.5 * normal()));
}

static uint64_t two_humps(void)
{
    return next_random() % 10 == 0 ? 2000000 + next_random() % 9000 : 90 + next_random() % 30;
}

static uint64_t every_magnitude(void)
{
    return next_random() & ((UINT64_C(1) << (1 + next_random() % 37)) - 1);
}

static uint64_t edges(void)
{
    uint64_t power_of_two = UINT64_C(1) << (next_random() % 37);

    return power_of_two + next_random() % 3 - 1;
}

static const struct {
    const char *name;
    uint64_t (*next)(void);
} distributions[] = {
        {"constant", constant},
        {"small", small},
        {"flat", flat},
        {"log-normal", log_normal},
        {"wide", wide},
        {"two humps", two_humps},
        {"every magnitude", every_magnitude},
        {"edges", edges},
};

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void assert_near(const char *name, double quantile, uint64_t is, uint64_t exact)
{
    uint64_t away = is > exact ? is - exact : exact - is;

    if (away * 64 > exact) {
        fail_msg("%s, quantile %.4f: %llu instead of %llu", name, quantile, (unsigned long long)is,
                (unsigned long long)exact);
    }
}

static void any_quantile_is_within_two_percent(void **state)
{
    static const double quantiles[] = {
            0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};
    uint64_t *values = malloc(SAMPLES * sizeof(*values));

    (void)state;
    for (size_t d = 0; d < SL_COUNT(distributions); d++) {
        struct histogram histogram = {0};
        uint64_t at_once[SL_COUNT(quantiles)];
        uint64_t sum = 0;

        for (size_t i = 0; i < SAMPLES; i++) {
            values[i] = distributions[d].next();
            sum += values[i];
            assert_int_equal(histogram_add(&histogram, NULL, values[i]), SL_OK);
        }
        qsort(values, SAMPLES, sizeof(*values), compare);
        histogram_quantiles(&histogram, quantiles, SL_COUNT(quantiles), at_once);
        for (size_t q = 0; q < SL_COUNT(quantiles); q++) {
            size_t rank = (size_t)(quantiles[q] * SAMPLES);
            rank += (double)rank < quantiles[q] * SAMPLES ? 1 : 0;
            uint64_t exact = values[rank == 0 ? 0 : rank - 1];
            assert_near(distributions[d].name, quantiles[q], at_once[q], exact);
            assert_int_equal(histogram_quantile(&histogram, quantiles[q]), at_once[q]);
        }
        assert_int_equal(histogram.count, SAMPLES);
        assert_int_equal(histogram.sum, sum);
        assert_int_equal(histogram.min, values[0]);
        assert_int_equal(histogram.max, values[SAMPLES - 1]);
        assert_int_equal(at_once[SL_COUNT(quantiles) - 1], histogram.max);
        histogram_fini(&histogram, NULL);
    }
    free(values);
}

static void assert_same(const struct histogram *a, const struct histogram *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->sum, b->sum);
    assert_int_equal(a->min, b->min);
    assert_int_equal(a->max, b->max);
    assert_int_equal(a->unplaced, b->unplaced);
    for (int i = 0; i <= 1000; i++) {
        assert_int_equal(histogram_quantile(a, i / 1000.0), histogram_quantile(b, i / 1000.0));
    }
}

static void parts_merge_to_the_whole(void **state)
{
    (void)state;
    for (size_t d = 0; d < SL_COUNT(distributions); d++) {
        struct histogram whole = {0};
        struct histogram merged = {0};
        struct histogram parts[5] = {0};

        for (size_t i = 0; i < SAMPLES; i++) {
            uint64_t value = distributions[d].next();
            /* Unequal parts: pages of different widths. */
            size_t part = next_random() % 100 == 0 ? next_random() % 5 : i % 2;
            assert_int_equal(histogram_add(&whole, NULL, value), SL_OK);
            assert_int_equal(histogram_add(&parts[part], NULL, value), SL_OK);
            if (i % 3000 == 2999) { /* hand over, and go on with the same pages */
                assert_int_equal(histogram_merge(&merged, NULL, &parts[0]), SL_OK);
                histogram_reset(&parts[0]);
            }
        }
        for (size_t i = 0; i < SL_COUNT(parts); i++) {
            assert_int_equal(histogram_merge(&merged, NULL, &parts[i]), SL_OK);
            histogram_fini(&parts[i], NULL);
        }
        assert_same(&merged, &whole);
        histogram_fini(&merged, NULL);
        histogram_fini(&whole, NULL);
    }
}

static void counters_do_not_end_at_a_byte_or_two_or_four(void **state)
{
    struct histogram histogram = {0};
    struct histogram doubled = {0};
    const uint64_t bound = 10;

    (void)state;
    for (int i = 0; i < 70000; i++) {
        uint64_t count = 0;
        assert_int_equal(histogram_add(&histogram, NULL, 10), SL_OK);
        histogram_cumulative(&histogram, &bound, 1, &count);
        assert_int_equal(count, i + 1);
    }
    for (int i = 0; i < 20; i++) {
        uint64_t count = 0;
        assert_int_equal(histogram_merge(&doubled, NULL, &histogram), SL_OK);
        assert_int_equal(histogram_merge(&histogram, NULL, &doubled), SL_OK);
        histogram_cumulative(&histogram, &bound, 1, &count);
        assert_int_equal(count, histogram.count);
        histogram_cumulative(&doubled, &bound, 1, &count);
        assert_int_equal(count, doubled.count);
    }
    assert_true(histogram.count > UINT32_MAX);
    histogram_fini(&histogram, NULL);
    histogram_fini(&doubled, NULL);
}

static void more_than_a_day_and_more_than_everything(void **state)
{
    const uint64_t day = UINT64_C(86400) * 1000000;
    struct histogram histogram = {0};

    (void)state;
    assert_true(HISTOGRAM_USEC_MAX > day);
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(histogram_add(&histogram, NULL, day + i), SL_OK);
    }
    assert_near("day", 0.5, histogram_quantile(&histogram, 0.5), day);
    assert_int_equal(histogram_add(&histogram, NULL, UINT64_MAX / 4), SL_OK);
    assert_int_equal(histogram_quantile(&histogram, 1), UINT64_MAX / 4);
    assert_int_equal(histogram.max, UINT64_MAX / 4);
    histogram_fini(&histogram, NULL);
}

static void cumulative_counts_agree_with_the_values(void **state)
{
    static const uint64_t bounds[] = {
            0, 31, 100, 250, 500, 1000, 2500, 5000, 10000, 100000, 1000000, 100000000};
    uint64_t *values = malloc(SAMPLES * sizeof(*values));

    (void)state;
    for (size_t d = 0; d < SL_COUNT(distributions); d++) {
        struct histogram histogram = {0};
        uint64_t counts[SL_COUNT(bounds)];

        for (size_t i = 0; i < SAMPLES; i++) {
            values[i] = distributions[d].next();
            assert_int_equal(histogram_add(&histogram, NULL, values[i]), SL_OK);
        }
        histogram_cumulative(&histogram, bounds, SL_COUNT(bounds), counts);
        for (size_t b = 0; b < SL_COUNT(bounds); b++) {
            uint64_t least = 0;
            uint64_t most = 0;
            for (size_t i = 0; i < SAMPLES; i++) { /* of a bound 1/64 away, to either side */
                least += values[i] <= bounds[b] - bounds[b] / 64 ? 1 : 0;
                most += values[i] <= bounds[b] + bounds[b] / 64 ? 1 : 0;
            }
            assert_in_range(counts[b], least, most);
        }
        histogram_fini(&histogram, NULL);
    }
    free(values);
}

static void an_empty_one_is_small_and_says_nothing(void **state)
{
    struct histogram histogram = {0};
    const uint64_t bounds[2] = {10, 1000};
    uint64_t counts[2] = {9, 9};

    (void)state;
    assert_true(sizeof(histogram) <= 48);
    assert_int_equal(histogram_bytes(&histogram), 0);
    assert_int_equal(histogram_quantile(&histogram, 0.99), 0);
    histogram_cumulative(&histogram, bounds, 2, counts);
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[1], 0);
    histogram_reset(&histogram);
    histogram_fini(&histogram, NULL);
}

static void every_byte_is_in_the_budget_and_comes_back(void **state)
{
    struct budget budget;
    struct histogram histograms[20] = {0};
    size_t bytes = 0;

    (void)state;
    budget_init(&budget, 1 << 20);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct histogram *histogram = &histograms[next_random() % 20];
        assert_int_equal(histogram_add(histogram, &budget, distributions[i % 8].next()), SL_OK);
    }
    for (int i = 0; i < 20; i++) {
        bytes += histogram_bytes(&histograms[i]);
    }
    assert_int_equal(budget_bytes(&budget), bytes);
    assert_true(bytes > 0);
    for (int i = 0; i < 20; i++) {
        histogram_reset(&histograms[i]);
    }
    assert_int_equal(budget_bytes(&budget), bytes); /* for the next values */
    for (int i = 0; i < 20; i++) {
        histogram_fini(&histograms[i], &budget);
    }
    assert_int_equal(budget_bytes(&budget), 0);
    assert_int_equal(budget.refused, 0);
}

static void without_room_all_is_counted_and_quantiles_are_of_the_rest(void **state)
{
    struct budget budget;
    struct histogram histogram = {0};
    struct histogram part = {0};
    uint64_t unplaced = 0;
    uint64_t sum = 0;

    (void)state;
    budget_init(&budget, 300); /* the histogram's head and a few pages */
    for (uint64_t i = 0; i < SAMPLES; i++) {
        uint64_t value = every_magnitude();
        unplaced += histogram_add(&histogram, &budget, value) == SL_OK ? 0 : 1;
        sum += value;
        assert_true(budget_bytes(&budget) <= 300);
    }
    assert_true(unplaced > 0 && unplaced < SAMPLES);
    assert_int_equal(histogram.unplaced, unplaced);
    assert_int_equal(histogram.count, SAMPLES);
    assert_int_equal(histogram.sum, sum);
    assert_true(histogram_quantile(&histogram, 0.5) <= histogram.max);

    for (uint64_t i = 0; i < SAMPLES; i++) {
        assert_int_equal(histogram_add(&part, NULL, every_magnitude()), SL_OK);
    }
    assert_int_equal(histogram_merge(&histogram, &budget, &part), SL_ENOMEM);
    assert_int_equal(histogram.count, 2 * SAMPLES);
    const uint64_t bound = UINT64_MAX;
    uint64_t placed = 0;
    histogram_cumulative(&histogram, &bound, 1, &placed);
    assert_int_equal(placed, histogram.count - histogram.unplaced);
    assert_true(budget.refused > 0);
    struct histogram other = {0};
    assert_int_equal(histogram_merge(&other, NULL, &histogram), SL_OK);
    assert_int_equal(other.unplaced, histogram.unplaced);
    histogram_fini(&other, NULL);
    histogram_fini(&part, NULL);
    histogram_fini(&histogram, &budget);
    assert_int_equal(budget_bytes(&budget), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(any_quantile_is_within_two_percent),
            cmocka_unit_test(parts_merge_to_the_whole),
            cmocka_unit_test(counters_do_not_end_at_a_byte_or_two_or_four),
            cmocka_unit_test(more_than_a_day_and_more_than_everything),
            cmocka_unit_test(cumulative_counts_agree_with_the_values),
            cmocka_unit_test(an_empty_one_is_small_and_says_nothing),
            cmocka_unit_test(every_byte_is_in_the_budget_and_comes_back),
            cmocka_unit_test(without_room_all_is_counted_and_quantiles_are_of_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
