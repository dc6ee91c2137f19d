/* SPDX-License-Identifier: PostgreSQL */
#include "cache/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_equal(struct sl_hash128 one, struct sl_hash128 other)
{
    return one.hi == other.hi && one.lo == other.lo;
}

static struct sl_hash128 key_of(const char *const parts[7], uint64_t settings)
{
    const struct key_session session = {.cluster = sl_span_text(parts[0]),
            .database = sl_span_text(parts[1]),
            .role = sl_span_text(parts[2]),
            .session_user = sl_span_text(parts[3]),
            .search_path = sl_span_text(parts[4]),
            .settings = {.hi = settings}};

    return key_of_question(key_of_session(&session), key_of_text(sl_span_text(parts[6])),
            sl_span_text(parts[5]), NULL);
}

/* And none runs into the next: "ab", "c" is not "a", "bc". */
static void every_part_of_a_question_counts(void **state)
{
    const char *parts[7] = {"c", "d", "r", "s", "p", "t", "select"};
    const struct sl_hash128 key = key_of(parts, 1);

    (void)state;
    assert_true(is_equal(key, key_of(parts, 1)));
    assert_false(is_equal(key, key_of(parts, 2)));
    for (size_t i = 0; i < 7; i++) {
        const char *kept = parts[i];
        parts[i] = "";
        assert_false(is_equal(key, key_of(parts, 1)));
        parts[i] = kept;
    }
    for (size_t i = 0; i < 6; i++) {
        const char *moved[7] = {"xx", "xx", "xx", "xx", "xx", "xx", "xx"};
        moved[i] = "x";
        moved[i + 1] = "xxx";
        const struct sl_hash128 shifted = key_of(moved, 1);
        moved[i] = "xx";
        moved[i + 1] = "xx";
        assert_false(is_equal(shifted, key_of(moved, 1)));
    }
}

/* However long they are: one piece up to some length, many beyond. */
static void types_and_parameters_do_not_run_into_each_other(void **state)
{
    const struct sl_hash128 session = {.hi = 1, .lo = 2};
    static uint8_t bytes[3000];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (size_t len = 1; len < sizeof bytes; len++) {
        const size_t cut = len % 40;
        const struct key_bind bind = {.rest = sl_span(bytes + cut, len)};
        const struct key_bind more = {.rest = sl_span(bytes + cut + 1, len - 1)};
        struct sl_hash128 key = key_of_question(session, 3, sl_span(bytes, cut), &bind);
        assert_true(is_equal(key, key_of_question(session, 3, sl_span(bytes, cut), &bind)));
        assert_false(is_equal(key, key_of_question(session, 4, sl_span(bytes, cut), &bind)));
        assert_false(is_equal(key, key_of_question(session, 3, sl_span(bytes, cut + 1), &more)));
    }
}

/* Two parameters, the second of which is NULL; the first is binary; results as text. */
static const uint8_t two[] = {
        0, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 'a', 'b', 'c', 255, 255, 255, 255, 0, 1, 0, 0};

static void a_bind_is_taken_apart(void **state)
{
    struct key_bind bind;
    struct sl_span value;

    (void)state;
    assert_int_equal(key_bind_read(sl_span(two, sizeof two), &bind), SL_OK);
    assert_int_equal(bind.params, 2);
    assert_false(key_bind_is_text(&bind, 0));
    assert_true(key_bind_is_text(&bind, 1));
    struct sl_span values = bind.values;
    assert_true(key_bind_next(&values, &value));
    assert_true(sl_span_is(value, "abc"));
    assert_true(key_bind_next(&values, &value));
    assert_null(value.at);
    assert_false(key_bind_next(&values, &value));
    static const uint8_t all_binary[] = {0, 1, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(key_bind_read(sl_span(all_binary, sizeof all_binary), &bind), SL_OK);
    assert_false(key_bind_is_text(&bind, 0));
    assert_false(key_bind_is_text(&bind, 1));
    static const uint8_t all_text[] = {0, 0, 0, 1, 0, 0, 0, 1, 'x', 0, 0};
    assert_int_equal(key_bind_read(sl_span(all_text, sizeof all_text), &bind), SL_OK);
    assert_true(key_bind_is_text(&bind, 0));
}

static void what_is_no_bind_is_told(void **state)
{
    uint8_t copy[sizeof two + 1];
    struct key_bind bind;

    (void)state;
    for (size_t len = 0; len < sizeof two; len++) {
        assert_int_equal(key_bind_read(sl_span(two, len), &bind), SL_EPROTO);
    }
    memcpy(copy, two, sizeof two);
    copy[sizeof two] = 0;
    assert_int_equal(key_bind_read(sl_span(copy, sizeof copy), &bind), SL_EPROTO);
    copy[8] = 127; /* a value that is longer than all of it */
    assert_int_equal(key_bind_read(sl_span(copy, sizeof two), &bind), SL_EPROTO);
    static const uint8_t odd[] = {0, 2, 0, 1, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0};
    assert_int_equal(key_bind_read(sl_span(odd, sizeof odd), &bind), SL_EPROTO);
}

static struct sl_hash128 question_of(struct sl_hash128 session, const struct key_bind *bind)
{
    return key_of_question(session, 0, sl_span(NULL, 0), bind);
}

static void every_byte_of_a_bind_counts(void **state)
{
    static const uint8_t none[] = {0, 0, 0, 0, 0, 0};
    const struct sl_hash128 class = {.hi = 1, .lo = 2};
    const struct sl_hash128 other = {.hi = 2, .lo = 1};
    uint8_t copy[sizeof two];
    struct key_bind bind = {.rest = sl_span(two, sizeof two)};
    struct sl_hash128 key = question_of(class, &bind);

    (void)state;
    assert_false(is_equal(key, question_of(other, &bind)));
    assert_false(is_equal(key, question_of(class, NULL)));
    for (size_t i = 0; i < sizeof two; i++) {
        memcpy(copy, two, sizeof two);
        copy[i] ^= 1;
        struct key_bind changed = {.rest = sl_span(copy, sizeof copy)};
        assert_false(is_equal(key, question_of(class, &changed)));
    }
    assert_int_equal(key_bind_read(sl_span(none, sizeof none), &bind), SL_OK);
    assert_true(is_equal(question_of(class, &bind), question_of(class, NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_part_of_a_question_counts),
            cmocka_unit_test(types_and_parameters_do_not_run_into_each_other),
            cmocka_unit_test(a_bind_is_taken_apart),
            cmocka_unit_test(what_is_no_bind_is_told),
            cmocka_unit_test(every_byte_of_a_bind_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
