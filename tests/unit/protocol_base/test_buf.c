/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/buf.h"
#include "tests/unit/protocol_base/same_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_is_put_is_borrowed_in_network_order(void **state)
{
    static const uint8_t WANT[] = {7, 0x01, 0x02, 0x80, 0x00, 0x00, 0x01, 'a', 'b', 0};
    struct sl_buf buf;

    (void)state;
    sl_buf_init(&buf, 64);
    assert_int_equal(sl_buf_put_u8(&buf, 7), SL_OK);
    assert_int_equal(sl_buf_put_u16(&buf, 0x0102), SL_OK);
    assert_int_equal(sl_buf_put_u32(&buf, 0x80000001), SL_OK);
    assert_int_equal(sl_buf_put_cstr(&buf, "ab"), SL_OK);
    struct sl_span all = sl_buf_borrow(&buf);
    assert_int_equal(all.len, sizeof WANT);
    assert_memory_equal(all.at, WANT, sizeof WANT);
    assert_int_equal(sl_get_u16(all.at + 1), 0x0102);
    assert_int_equal(sl_get_u32(all.at + 3), 0x80000001);
    sl_buf_fini(&buf);
}

static void a_full_buf_takes_no_byte_more_and_loses_none(void **state)
{
    struct sl_buf buf;

    (void)state;
    sl_buf_init(&buf, 8);
    assert_int_equal(sl_buf_put(&buf, "12345678", 8), SL_OK);
    assert_int_equal(sl_buf_put_u8(&buf, 'x'), SL_ELIMIT);
    assert_int_equal(sl_buf_printf(&buf, "%d", 1), SL_ELIMIT);
    assert_true(sl_span_is(sl_buf_borrow(&buf), "12345678"));
    sl_buf_consume(&buf, 3);
    assert_int_equal(sl_buf_put(&buf, "abcd", 4), SL_ELIMIT);
    assert_int_equal(sl_buf_put(&buf, "abc", 3), SL_OK);
    assert_true(sl_span_is(sl_buf_borrow(&buf), "45678abc"));
    assert_true(buf.cap <= 8);
    sl_buf_fini(&buf);
}

static void a_length_near_the_end_of_size_t_is_refused(void **state)
{
    struct sl_buf buf;

    (void)state;
    sl_buf_init(&buf, SIZE_MAX);
    assert_int_equal(sl_buf_put_u8(&buf, 1), SL_OK);
    assert_int_equal(sl_buf_reserve(&buf, SIZE_MAX), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&buf), 1);
    sl_buf_fini(&buf);
}

static void a_text_may_end_exactly_at_the_bound(void **state)
{
    struct sl_buf buf;
    char longer[1001];

    (void)state;
    sl_buf_init(&buf, 3);
    assert_int_equal(sl_buf_printf(&buf, "%s", "abc"), SL_OK);
    assert_int_equal(sl_buf_len(&buf), 3);
    sl_buf_fini(&buf);

    memset(longer, 'x', 1000);
    longer[1000] = '\0';
    sl_buf_init(&buf, 1000);
    assert_int_equal(sl_buf_printf(&buf, "%s", longer), SL_OK);
    assert_true(sl_span_is(sl_buf_borrow(&buf), longer));
    sl_buf_fini(&buf);
}

/* Against a plain array: random puts and takes, the same bytes in the same order. */
static void bytes_come_out_as_they_went_in(void **state)
{
    static uint8_t model[1 << 16];
    size_t first = 0;
    size_t last = 0;
    struct sl_buf buf;

    (void)state;
    sl_buf_init(&buf, 700);
    while (last + 300 < sizeof model) {
        size_t len = (size_t)next_random() % 300;
        for (size_t i = 0; i < len; i++) {
            model[last + i] = (uint8_t)next_random();
        }
        bool fits = last - first + len <= 700;
        assert_int_equal(sl_buf_put(&buf, model + last, len), fits ? SL_OK : SL_ELIMIT);
        last += fits ? len : 0;
        assert_int_equal(sl_buf_len(&buf), last - first);
        assert_memory_equal(sl_buf_borrow(&buf).at, model + first, last - first);
        size_t out = (size_t)next_random() % (last - first + 1);
        sl_buf_consume(&buf, out);
        first += out;
        assert_true(buf.cap <= 700);
    }
    sl_buf_fini(&buf);
    assert_int_equal(buf.bytes_max, 700);
    assert_int_equal(sl_buf_put_u8(&buf, 1), SL_OK); /* may be used again */
    sl_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_put_is_borrowed_in_network_order),
            cmocka_unit_test(a_full_buf_takes_no_byte_more_and_loses_none),
            cmocka_unit_test(a_length_near_the_end_of_size_t_is_refused),
            cmocka_unit_test(a_text_may_end_exactly_at_the_bound),
            cmocka_unit_test(bytes_come_out_as_they_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
