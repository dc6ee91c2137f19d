/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/tfidf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const float nearly = 1e-5F;

static struct terms_source source_of(const char *sql)
{
    return (struct terms_source){.text = sl_span_text(sql)};
}

static float dot(const struct tfidf_vector *a, const struct tfidf_vector *b)
{
    static struct tfidf_block block;
    float dots[TFIDF_LANES];

    tfidf_block_set(&block, 5, b);
    tfidf_block_dots(&block, a, dots);
    return dots[5];
}

/* Three shapes with a, one of them with b: ln(1 + 3/3) for a, ln(1 + 3/1) for b, which is twice. */
static void a_rare_term_weighs_more(void **state)
{
    const char *const texts[] = {"a", "a", "a b"};
    struct tfidf tfidf = {0};
    struct tfidf_vector vectors[3];

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct terms_source source = source_of(texts[i]);
        tfidf_learn(&tfidf, &source);
    }
    for (uint32_t i = 0; i < 3; i++) {
        struct terms_source source = source_of(texts[i]);
        tfidf_vector(&tfidf, &source, &vectors[i]);
    }
    assert_int_equal(vectors[0].count, 1);
    assert_float_equal(vectors[0].values[0], 1, nearly);
    assert_int_equal(vectors[2].count, 2);
    assert_float_equal(dot(&vectors[0], &vectors[2]), 1 / sqrtf(5), nearly);
}

/* a a a b, both as rare: 1 + ln 3 against 1. */
static void more_of_a_term_weighs_more_but_not_in_proportion(void **state)
{
    struct terms_source often = source_of("a a a b");
    struct terms_source a = source_of("a");
    struct tfidf tfidf = {0};
    struct tfidf_vector vectors[2];
    const float three = 1 + logf(3);

    (void)state;
    tfidf_learn(&tfidf, &often);
    tfidf_vector(&tfidf, &often, &vectors[0]);
    tfidf_vector(&tfidf, &a, &vectors[1]);
    assert_float_equal(dot(&vectors[0], &vectors[1]), three / sqrtf(three * three + 1), nearly);
}

static void a_vector_has_length_one_and_ascending_dimensions(void **state)
{
    static char text[16000];
    size_t len = 0;
    struct tfidf tfidf = {0};
    struct tfidf_vector vector;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "w%u ", i);
    }
    struct terms_source source = source_of(text);
    tfidf_learn(&tfidf, &source);
    tfidf_vector(&tfidf, &source, &vector);
    assert_int_equal(vector.count, TFIDF_TERMS_MAX);
    assert_float_equal(dot(&vector, &vector), 1, nearly);
    for (uint32_t i = 1; i < vector.count; i++) {
        assert_true(vector.dims[i] > vector.dims[i - 1]);
    }
}

/* The greatest values are kept: of 140 words, the 20 that stand there four times. */
static void what_does_not_fit_is_the_least(void **state)
{
    static char text[4096];
    size_t len = 0;
    struct tfidf all = {0};
    struct tfidf_vector vector;
    bool is_often[TFIDF_DIMS] = {false};

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        char word[16];
        snprintf(word, sizeof word, "d%u", i);
        struct terms_source source = source_of(word);
        tfidf_vector(&all, &source, &vector);
        is_often[vector.dims[0]] = true;
        len += (size_t)snprintf(
                text + len, sizeof text - len, "%s %s %s %s ", word, word, word, word);
    }
    for (uint32_t i = 0; i < 120; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "s%u ", i);
    }
    struct terms_source source = source_of(text);
    tfidf_vector(&all, &source, &vector);
    assert_int_equal(vector.count, TFIDF_TERMS_MAX);
    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        bool is_kept = false;

        for (uint32_t i = 0; i < vector.count; i++) {
            is_kept = is_kept || vector.dims[i] == dim;
        }
        assert_true(is_kept || !is_often[dim]);
    }
}

static void shapes_without_terms_are_alike(void **state)
{
    struct terms_source a = source_of("");
    struct terms_source b = source_of("?, 'x'");
    struct tfidf tfidf = {0};
    struct tfidf_vector vectors[2];

    (void)state;
    tfidf_learn(&tfidf, &a);
    tfidf_vector(&tfidf, &a, &vectors[0]);
    tfidf_vector(&tfidf, &b, &vectors[1]);
    assert_float_equal(tfidf_distance(dot(&vectors[0], &vectors[1])), 0, 0);
}

static void what_was_never_learnt_is_a_point_all_the_same(void **state)
{
    struct terms_source source = source_of("select x");
    const struct tfidf nothing = {0};
    struct tfidf_vector vector;

    (void)state;
    tfidf_vector(&nothing, &source, &vector);
    assert_int_equal(vector.count, 2);
    assert_float_equal(dot(&vector, &vector), 1, nearly);
}

static void rounding_is_no_distance(void **state)
{
    (void)state;
    assert_float_equal(tfidf_distance(1.0000002F), 0, 0);
    assert_float_equal(tfidf_distance(0.9999998F), 0, 0);
    assert_float_equal(tfidf_distance(0.75F), 0.25F, nearly);
    assert_float_equal(tfidf_distance(-0.1F), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_rare_term_weighs_more),
            cmocka_unit_test(more_of_a_term_weighs_more_but_not_in_proportion),
            cmocka_unit_test(a_vector_has_length_one_and_ascending_dimensions),
            cmocka_unit_test(what_does_not_fit_is_the_least),
            cmocka_unit_test(shapes_without_terms_are_alike),
            cmocka_unit_test(what_was_never_learnt_is_a_point_all_the_same),
            cmocka_unit_test(rounding_is_no_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
