/* SPDX-License-Identifier: PostgreSQL */
#include "cache/fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 4096, TYPE_INT4 = 23, TYPE_REGCLASS = 2205 };

/* RowDescription of one column "s". */
static void describe(uint8_t message[static 27], uint32_t type)
{
    static const uint8_t head[] = {'T', 0, 0, 0, 26, 0, 1, 's', 0};

    memset(message, 0, 27);
    memcpy(message, head, sizeof head);
    sl_set_u32(message + sizeof head + 6, type);
}

static const uint8_t row[] = {'D', 0, 0, 0, 11, 0, 1, 0, 0, 0, 1, '7'};
static const uint8_t tail[] = {'C', 0, 0, 0, 13, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '1', 0};
static const uint8_t changed[] = {'C', 0, 0, 0, 13, 'U', 'P', 'D', 'A', 'T', 'E', ' ', '1', 0};
static const uint8_t ready[] = {'Z', 0, 0, 0, 5, 'I'};
static const uint8_t news[] = {'A', 0, 0, 0, 10, 0, 0, 0, 1, 'c', 0};

#define TAKE(fill_, message_) fill_message(fill_, sl_span(message_, sizeof(message_)))

static void a_whole_answer_is_kept_as_it_came(void **state)
{
    uint8_t head[27];
    struct fill fill;

    (void)state;
    describe(head, TYPE_INT4);
    fill_begin(&fill, MAX);
    TAKE(&fill, head);
    TAKE(&fill, row);
    TAKE(&fill, news); /* to whom it is, not to the question */
    TAKE(&fill, row);
    assert_int_equal(fill.state, FILL_OPEN);
    TAKE(&fill, tail);
    TAKE(&fill, ready);
    assert_int_equal(fill.state, FILL_WHOLE);
    assert_int_equal(fill.rows, 2);
    struct entry_parts parts = fill_parts(&fill);
    assert_true(sl_span_equal(parts.head, sl_span(head, sizeof head)));
    assert_int_equal(parts.rows.len, 2 * sizeof row);
    assert_memory_equal(parts.rows.at + sizeof row, row, sizeof row);
    assert_true(sl_span_equal(parts.tail, sl_span(tail, sizeof tail)));
    fill_end(&fill);
}

static void nobody_need_have_asked_for_its_columns(void **state)
{
    struct fill fill;

    (void)state;
    fill_begin(&fill, MAX);
    TAKE(&fill, tail);
    assert_int_equal(fill.state, FILL_WHOLE);
    assert_int_equal(fill.rows, 0);
    assert_int_equal(fill_parts(&fill).head.len, 0);
    fill_end(&fill);
}

static void anything_else_spoils_it(void **state)
{
    static const char types[] = "ENSsnIGHWV12t3";
    uint8_t head[27];
    struct fill fill;

    (void)state;
    for (size_t i = 0; i < sizeof types - 1; i++) {
        uint8_t other[] = {(uint8_t)types[i], 0, 0, 0, 4};
        fill_begin(&fill, MAX);
        TAKE(&fill, row);
        TAKE(&fill, other);
        TAKE(&fill, tail);
        assert_int_equal(fill.state, FILL_SPOILED);
        fill_end(&fill);
    }
    fill_begin(&fill, MAX);
    TAKE(&fill, changed);
    assert_int_equal(fill.state, FILL_SPOILED);
    fill_end(&fill);
    fill_begin(&fill, MAX);
    TAKE(&fill, tail);
    TAKE(&fill, tail); /* of several statements */
    assert_int_equal(fill.state, FILL_SPOILED);
    fill_end(&fill);
    describe(head, TYPE_REGCLASS);
    fill_begin(&fill, MAX);
    TAKE(&fill, head);
    assert_int_equal(fill.state, FILL_OF_TYPE);
    fill_end(&fill);
}

static void what_is_too_long_is_let_go_of(void **state)
{
    uint8_t head[27];
    struct fill fill;

    (void)state;
    fill_begin(&fill, 64);
    for (unsigned i = 0; i < 6; i++) {
        TAKE(&fill, row);
    }
    assert_int_equal(fill.state, FILL_TOO_LARGE);
    assert_null(fill.bytes.at);
    fill_end(&fill);
    fill_begin(&fill, MAX);
    fill_message(&fill, sl_span(row, sizeof row - 1)); /* the beginning of one */
    assert_int_equal(fill.state, FILL_TOO_LARGE);
    fill_end(&fill);
    describe(head, TYPE_INT4);
    for (size_t len = 5; len < sizeof head; len++) { /* cut within itself */
        fill_begin(&fill, MAX);
        uint8_t cut[27];
        memcpy(cut, head, len);
        sl_set_u32(cut + 1, (uint32_t)len - 1);
        fill_message(&fill, sl_span(cut, len));
        assert_int_equal(fill.state, FILL_SPOILED);
        fill_end(&fill);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_whole_answer_is_kept_as_it_came),
            cmocka_unit_test(nobody_need_have_asked_for_its_columns),
            cmocka_unit_test(anything_else_spoils_it),
            cmocka_unit_test(what_is_too_long_is_let_go_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
