/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pins.h"

#include "proxy/link_pins.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LOCK = 1, LISTEN = 4 }; /* their bits' numbers */

static void so_much_of_a_pool_as_its_percent_says_rounded_up(void **state)
{
    static const struct {
        int size;
        int percent;
        int expected;
    } cases[] = {{2, 50, 1}, {1, 50, 1}, {10, 25, 3}, {10, 0, 0}, {10, 1, 1}, {10, 99, 10},
            {INT_MAX, 99, 2126008811}, {10, 100, INT_MAX}, {0, 0, INT_MAX}, {0, 50, INT_MAX}};
    struct pins pins;

    (void)state;
    pins_init(&pins);
    assert_int_equal(pins.clients_max, INT_MAX);
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        pins_configure(&pins, cases[i].size, cases[i].percent);
        assert_int_equal(pins.clients_max, cases[i].expected);
    }
}

static void who_has_no_room_is_not_counted(void **state)
{
    struct pin pin[3] = {{0}};
    struct pins pins;
    int clients;

    (void)state;
    pins_init(&pins);
    pins_configure(&pins, 2, 100);
    pins_configure(&pins, 2, 50);
    assert_true(pins_count(&pins, &pin[0], PIN_LOCK, 10));
    assert_false(pins_count(&pins, &pin[1], PIN_LISTEN, 11));
    assert_int_equal(pin[1].reasons, 0);
    assert_false(pins_of_reason(&pins, LISTEN, &clients));
    assert_true(pins_count(&pins, &pin[0], PIN_LOCK | PIN_LISTEN, 12)); /* he had room before */
    assert_true(pins_of_reason(&pins, LISTEN, &clients));
    assert_int_equal(clients, 1);
    assert_true(pins_count(&pins, &pin[0], 0, 13));
    assert_true(pins_count(&pins, &pin[1], PIN_LISTEN, 14));
    assert_false(pins_count(&pins, &pin[2], PIN_LOCK, 15));
    pins_configure(&pins, 2, 0); /* who is there stays */
    assert_true(pins_count(&pins, &pin[1], PIN_LISTEN | PIN_LOCK, 16));
    assert_true(pins_count(&pins, &pin[1], 0, 17));
    assert_false(pins_count(&pins, &pin[1], PIN_LISTEN, 18));
    assert_int_equal(pins.clients, 0);
}

static void a_pin_is_since_its_first_reason_and_by_its_last(void **state)
{
    struct pin pin = {.last = {1, 1}};
    struct pins pins;

    (void)state;
    pins_init(&pins);
    assert_true(pins_count(&pins, &pin, PIN_LOCK, 10));
    pin.last = (struct sl_hash128){2, 2};
    assert_true(pins_count(&pins, &pin, PIN_LOCK, 20));
    assert_int_equal(pin.by.hi, 1);
    assert_true(pins_count(&pins, &pin, PIN_LOCK | PIN_LISTEN, 30));
    assert_int_equal(pin.by.hi, 2);
    pin.last = (struct sl_hash128){3, 3};
    assert_true(pins_count(&pins, &pin, PIN_LISTEN, 40));
    assert_int_equal(pin.by.hi, 2);
    assert_int_equal(pin.since, 10);
    assert_true(pins_count(&pins, &pin, 0, 50));
    assert_true(pins_count(&pins, &pin, PIN_CURSOR, 60));
    assert_int_equal(pin.since, 60);
    assert_true(pins_count(&pins, &pin, 0, 60));
}

static void the_time_of_those_that_are_pinned_is_counted_until_now(void **state)
{
    struct pins_total before = pins_total(LISTEN, 1000);
    struct pin pin[2] = {{0}};
    struct pins pins;

    (void)state;
    pins_init(&pins);
    assert_true(pins_count(&pins, &pin[0], PIN_LISTEN, 1000));
    assert_true(pins_count(&pins, &pin[1], PIN_LISTEN, 1500));
    struct pins_total now = pins_total(LISTEN, 2000);
    assert_int_equal(now.clients, 2);
    assert_int_equal(now.pins - before.pins, 2);
    assert_int_equal(now.usec - before.usec, 1500);
    assert_true(
            pins_count(&pins, &pin[0], PIN_LOCK, 2000)); /* another reason: this one has ended */
    assert_int_equal(pins_total(LISTEN, 3000).usec - before.usec, 2500);
    assert_true(pins_count(&pins, &pin[0], 0, 4000));
    assert_true(pins_count(&pins, &pin[1], 0, 4000));
    now = pins_total(LISTEN, 9000);
    assert_int_equal(now.clients, 0);
    assert_int_equal(now.usec - before.usec, 3500);
    assert_int_equal(pins_total(LOCK, 9000).clients, 0);
}

static void all_reasons_have_room_in_a_text(void **state)
{
    char text[LINK_PINS_TEXT_MAX];

    (void)state;
    assert_string_equal(link_pins_text(0, text), "");
    assert_string_equal(link_pins_text(PIN_LISTEN, text), "listen");
    assert_string_equal(link_pins_text(PIN_LOCK | PIN_LISTEN, text), "advisory lock, listen");
    link_pins_text((1U << PIN_REASONS) - 1, text);
    assert_true(strlen(text) + 1 < sizeof text);
    const char *last = session_pin_name(PIN_REASONS - 1);
    assert_string_equal(text + strlen(text) - strlen(last), last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(so_much_of_a_pool_as_its_percent_says_rounded_up),
            cmocka_unit_test(who_has_no_room_is_not_counted),
            cmocka_unit_test(a_pin_is_since_its_first_reason_and_by_its_last),
            cmocka_unit_test(the_time_of_those_that_are_pinned_is_counted_until_now),
            cmocka_unit_test(all_reasons_have_room_in_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
