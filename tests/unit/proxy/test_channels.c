/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/channels.h"

#include "proxy/listen_news.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 10000 };

static struct sl_map channels;

static struct channel *put(const char *name)
{
    struct channel *channel = calloc(1, sizeof *channel);

    assert_non_null(channel);
    assert_int_equal(channels_put(&channels, channel, sl_span_text(name)), SL_OK);
    return channel;
}

static void drop_all(void)
{
    struct sl_map_node *node;

    while ((node = sl_map_any(&channels)) != NULL) {
        sl_map_remove(&channels, node);
        free(SL_CONTAINER(node, struct channel, node));
    }
    sl_map_fini(&channels);
}

static void each_of_ten_thousand_is_found_by_its_name(void **state)
{
    static struct channel *all[MANY];
    char name[32];

    (void)state;
    sl_map_init(&channels, MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "channel %d", i);
        all[i] = put(name);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "channel %d", i);
        assert_ptr_equal(channels_find(&channels, sl_span_text(name)), all[i]);
    }
    assert_null(channels_find(&channels, sl_span_text("channel")));
    assert_null(channels_find(&channels, sl_span_text("Channel 1")));
    struct channel more;
    assert_int_equal(channels_put(&channels, &more, sl_span_text("one more")), SL_ELIMIT);
    drop_all();
}

static void a_name_has_the_length_that_postgresql_gives_it(void **state)
{
    char name[CHANNEL_NAME_MAX + 2];
    struct channel channel;

    (void)state;
    memset(name, 'n', sizeof name);
    sl_map_init(&channels, MANY);
    assert_int_equal(
            channels_put(&channels, &channel, sl_span(name, CHANNEL_NAME_MAX + 1)), SL_ELIMIT);
    assert_int_equal(channels_put(&channels, &channel, sl_span(name, 0)), SL_ELIMIT);
    assert_int_equal(channels_put(&channels, &channel, sl_span(name, CHANNEL_NAME_MAX)), SL_OK);
    assert_int_equal(strlen(channel.name), CHANNEL_NAME_MAX);
    sl_map_remove(&channels, &channel.node);
    drop_all();
}

static void a_list_gives_back_its_names(void **state)
{
    struct sl_buf list;
    struct sl_span rest;
    struct sl_span name;

    (void)state;
    sl_buf_init(&list, 8);
    assert_int_equal(channels_list_add(&list, sl_span_text("a")), SL_OK);
    assert_int_equal(channels_list_add(&list, sl_span_text("b c")), SL_OK);
    assert_int_equal(channels_list_add(&list, sl_span_text("xy")), SL_ELIMIT); /* none of it */
    rest = sl_buf_borrow(&list);
    assert_true(channels_list_next(&rest, &name));
    assert_true(sl_span_is(name, "a"));
    assert_true(channels_list_next(&rest, &name));
    assert_true(sl_span_is(name, "b c"));
    assert_false(channels_list_next(&rest, &name));
    sl_buf_fini(&list);
}

static void a_name_is_quoted(void **state)
{
    struct sl_buf text;

    (void)state;
    sl_buf_init(&text, 100);
    assert_int_equal(channels_put_statement(&text, "LISTEN", sl_span_text("a\"; DROP\"\"")), SL_OK);
    assert_int_equal(sl_buf_put_u8(&text, 0), SL_OK);
    assert_string_equal(sl_buf_borrow(&text).at, "LISTEN \"a\"\"; DROP\"\"\"\"\"; ");
    sl_buf_fini(&text);
}

static void a_marker_says_whose_it_is(void **state)
{
    static const char *const others[] = {"", "1", "1.2.3.4.5", "1.2.3.4.5.", "1.2.3.4.5.6.7",
            "1.2.3.4.5.x", ".2.3.4.5.6", "1.2.3.4.5.6 ", "-1.2.3.4.5.6", "1.2.3.4.5.4294967296",
            "1.2.3.4.5.00000000001"};
    struct listen_marker marker = {.process = 4711,
            .database = 7,
            .worker = 255,
            .client = {.slot = 1048575, .gen = UINT32_MAX},
            .number = UINT32_MAX};
    struct listen_marker read;
    char text[LISTEN_MARKER_MAX];

    (void)state;
    listen_marker_text(&marker, text);
    assert_string_equal(text, "4711.7.255.1048575.4294967295.4294967295");
    assert_true(listen_marker_read(sl_span_text(text), &read));
    assert_memory_equal(&read, &marker, sizeof read);
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        assert_false(listen_marker_read(sl_span_text(others[i]), &read));
    }
}

static void news_are_in_the_order_of_telling(void **state)
{
    struct listen_news news = {.database = NULL};
    struct listen_record record;

    (void)state;
    sl_buf_init(&news.records, 20);
    assert_int_equal(listen_news_add(&news, LISTEN_CONFIRMED, sl_span_text("abc")), SL_OK);
    assert_int_equal(listen_news_add(&news, LISTEN_DOWN, sl_span(NULL, 0)), SL_OK);
    assert_int_equal(listen_news_add(&news, LISTEN_NOTIFICATION, sl_span_text("too long")),
            SL_ELIMIT); /* and nothing of it is there */
    struct sl_span rest = sl_buf_borrow(&news.records);
    assert_true(listen_news_next(&rest, &record));
    assert_int_equal(record.kind, LISTEN_CONFIRMED);
    assert_true(sl_span_is(record.bytes, "abc"));
    assert_true(listen_news_next(&rest, &record));
    assert_int_equal(record.kind, LISTEN_DOWN);
    assert_false(listen_news_next(&rest, &record));
    sl_buf_fini(&news.records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_of_ten_thousand_is_found_by_its_name),
            cmocka_unit_test(a_name_has_the_length_that_postgresql_gives_it),
            cmocka_unit_test(a_list_gives_back_its_names),
            cmocka_unit_test(a_name_is_quoted),
            cmocka_unit_test(a_marker_says_whose_it_is),
            cmocka_unit_test(news_are_in_the_order_of_telling),
    };

    return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
