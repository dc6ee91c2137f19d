/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_text.h"

#include "optimizer/history.h"
#include "optimizer/names.h"
#include "optimizer/shape_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct history_who who = {.instance = "db1:6432", .pid = 17};
static struct sl_buf buf;

static int begin(void **state)
{
    (void)state;
    sl_buf_init(&buf, 1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    return 0;
}

static void expect(const char *text)
{
    struct sl_span got = sl_buf_borrow(&buf);

    assert_int_equal(got.len, strlen(text));
    assert_memory_equal(got.at, text, got.len);
    sl_buf_reset(&buf);
}

static int columns_of(const char *row)
{
    int count = 1;

    for (; *row != '\0'; row++) {
        count += *row == '\t';
    }
    return count;
}

static void a_slot_is_a_row_of_totals(void **state)
{
    static const char row[] =
            "2026-11-21 19:00:10.000000+00\t10.000001\tdb1:6432\t17\t\\N\t\\N\t\\N"
            "\t\\N\t3\t1\t\\N\t2\t40\t50\t60\t70\t80\t90\t11\t12\t13\t14\t5\t6\t7"
            "\t8\n";
    struct history_slot slot = {.ended_at = INT64_C(1795287610) * SL_SECOND,
            .usec = 10000001,
            .queries = 3,
            .errors = 1,
            .transactions = 2,
            .bytes_in = 40,
            .bytes_out = 50,
            .total_usec = 60,
            .wait_usec = 70,
            .server_usec = 80,
            .client_usec = 90,
            .p50_usec = 11,
            .p95_usec = 12,
            .p99_usec = 13,
            .max_usec = 14,
            .clients_active = 5,
            .clients_waiting = 6,
            .servers_active = 7,
            .servers_idle = 8};

    (void)state;
    assert_int_equal(history_text_slot(&buf, &who, &slot), SL_OK);
    assert_int_equal(columns_of(row), 26);
    expect(row);
}

static struct shape_interval made(void)
{
    return (struct shape_interval){.key = {.shape = {.hi = 0xabc, .lo = 1}},
            .sums = {.calls = 1,
                    .errors = 2,
                    .rows = 3,
                    .transactions = 4,
                    .bytes_in = 5,
                    .bytes_out = 6,
                    .wait_usec = 7,
                    .server_usec = 8,
                    .client_usec = 9},
            .total = {.count = 1, .sum = 10, .p50 = 11, .p95 = 12, .p99 = 13, .max = 14}};
}

static const struct history_span span = {.at = 1, .usec = 60 * SL_SECOND};

#define START "1970-01-01 00:00:00.000001+00\t60.000000\tdb1:6432\t17\t"

/* Whatever clients call things: a tab is no column, \N is no null, half a character is none. */
static void names_are_safe(void **state)
{
    struct names *names = names_new();
    struct shape_interval interval = made();

    (void)state;
    assert_non_null(names);
    interval.key.database = names_number(names, sl_span_text("a\tb\\N\nc'd"));
    interval.key.user = names_number(names, sl_span_text("\\."));
    interval.key.node = names_number(names, sl_span_text("\xff\xc3\xa9\xc3\x7f"));
    assert_int_equal(history_text_interval(&buf, &who, span, names, &interval), SL_OK);
    expect(START "a\\011b\\\\N\\012c\\'d\t\\\\.\t\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\x7f\t"
                 "0000000000000abc\t1\t2\t3\t4\t5\t6\t10\t7\t8\t9\t11\t12\t13\t14"
                 "\t\\N\t\\N\t\\N\t\\N\n");
    names_free(names);
}

static void other_may_have_no_quantiles(void **state)
{
    struct shape_interval interval = made();

    (void)state;
    interval.total.count = 0;
    assert_int_equal(history_text_interval(&buf, &who, span, NULL, &interval), SL_OK);
    expect(START "\\N\t\\N\t\\N\tother\t1\t2\t3\t4\t5\t6\t10\t7\t8\t9\t\\N\t\\N\t\\N\t14"
                 "\t\\N\t\\N\t\\N\t\\N\n");
}

/* What int8 cannot hold would have the server refuse all that is sent with it. */
static void numbers_are_no_more_than_int8(void **state)
{
    struct shape_interval interval = made();

    (void)state;
    interval.sums.bytes_out = UINT64_MAX - 5;
    interval.total.p50 = (uint64_t)INT64_MAX + 1;
    assert_int_equal(history_text_interval(&buf, &who, span, NULL, &interval), SL_OK);
    expect(START "\\N\t\\N\t\\N\tother\t1\t2\t3\t4\t5\t9223372036854775807\t10\t7\t8\t9"
                 "\t9223372036854775807\t12\t13\t14\t\\N\t\\N\t\\N\t\\N\n");
}

static void a_row_is_whole_or_not_there(void **state)
{
    struct history_slot slot = {.ended_at = 1};
    struct shape_interval interval = made();

    (void)state;
    for (size_t room = 0; room < 70; room++) {
        sl_buf_fini(&buf);
        sl_buf_init(&buf, room);
        assert_int_equal(history_text_slot(&buf, &who, &slot), SL_ELIMIT);
        assert_int_equal(history_text_interval(&buf, &who, span, NULL, &interval), SL_ELIMIT);
        assert_int_equal(sl_buf_len(&buf), 0);
    }
}

static void texts_of_shapes_are_literals(void **state)
{
    (void)state;
    assert_int_equal(history_text_shapes_begin(&buf), SL_OK);
    size_t begun = sl_buf_len(&buf);
    assert_int_equal(
            history_text_shape(&buf, (struct sl_hash128){.hi = 1}, "SELECT", "select '\\', ?"),
            SL_OK);
    assert_int_equal(history_text_shape(&buf, (struct sl_hash128){.hi = 2}, NULL, "x"), SL_OK);
    sl_buf_consume(&buf, begun);
    expect(", ('0000000000000001', 'SELECT', E'select \\'\\\\\\', ?')"
           ", ('0000000000000002', '', E'x')");
}

static void a_long_text_is_cut_between_characters(void **state)
{
    char *text = malloc(HISTORY_QUERY_MAX + 100);

    (void)state;
    assert_non_null(text);
    for (int shift = 0; shift < 2; shift++) {
        memset(text, 'a', (size_t)shift);
        for (int i = shift; i + 1 < HISTORY_QUERY_MAX + 99; i += 2) {
            memcpy(text + i, "\xc3\xa9", 3);
        }
        assert_int_equal(history_text_shape(&buf, (struct sl_hash128){.hi = 1}, "X", text), SL_OK);
        struct sl_span got = sl_buf_borrow(&buf);
        assert_in_range(got.len, HISTORY_QUERY_MAX, HISTORY_QUERY_MAX + 64);
        assert_memory_equal(got.at + got.len - 8, "\xc3\xa9 ...')", 8);
        sl_buf_reset(&buf);
    }
    free(text);
}

static void a_plain_text_is_ascii_also_in_pieces(void **state)
{
    char whole[] = "a\u65e5\tb\u00e9\n";
    char parts[] = "a\u65e5\tb\u00e9\n";

    (void)state;
    assert_int_equal(history_text_plain(whole, sizeof whole), 7);
    assert_string_equal(whole, "a?\tb?\n");
    for (size_t cut = 0; cut < sizeof parts; cut++) {
        snprintf(parts, sizeof parts, "%s", "a\u65e5\tb\u00e9\n");
        size_t len = history_text_plain(parts, cut);
        len += history_text_plain(parts + cut, sizeof parts - cut);
        assert_int_equal(len, 7);
    }
}

static void a_batch_is_looked_for_by_its_times(void **state)
{
    (void)state;
    assert_int_equal(history_text_exists(&buf, &who, 1, 2 * SL_SECOND), SL_OK);
    sl_buf_consume(&buf, 0);
    const char *sql = (const char *)sl_buf_borrow(&buf).at;
    assert_non_null(strstr(sql, "at > '1970-01-01 00:00:00.000001+00'"));
    assert_non_null(strstr(sql, "at <= '1970-01-01 00:00:02.000000+00'"));
    assert_non_null(strstr(sql, "instance = E'db1:6432' AND pid = 17)"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(a_slot_is_a_row_of_totals),
            CASE(names_are_safe),
            CASE(other_may_have_no_quantiles),
            CASE(numbers_are_no_more_than_int8),
            CASE(a_row_is_whole_or_not_there),
            CASE(texts_of_shapes_are_literals),
            CASE(a_long_text_is_cut_between_characters),
            CASE(a_plain_text_is_ascii_also_in_pieces),
            CASE(a_batch_is_looked_for_by_its_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
