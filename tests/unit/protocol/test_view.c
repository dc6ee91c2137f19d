/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct reply_column columns[] = {
        {"name", REPLY_TEXT}, {"count", REPLY_INT8}, {"note", REPLY_TEXT}};
static const struct view view = {.name = "things", .columns = columns, .columns_count = 3};

struct taken {
    struct view_out out;
    int rows;
    int rows_max;
};

static bool take(struct view_out *out, const struct view_row *row)
{
    struct taken *taken = SL_CONTAINER(out, struct taken, out);

    assert_int_equal(row->count, 3);
    if (taken->rows == taken->rows_max) {
        return false;
    }
    taken->rows++;
    return true;
}

static void a_row_has_its_values_in_order(void **state)
{
    struct view_row row;
    char word[8] = "first";

    (void)state;
    view_row_begin(&row);
    view_add_copy(&row, word);
    memcpy(word, "later", 6);
    view_add_int(&row, INT64_MIN);
    view_add_uint(&row, UINT64_MAX);
    view_add_text(&row, NULL);
    view_add_copy(&row, NULL);
    view_add_printf(&row, "%s-%d", "x", 1);
    assert_int_equal(row.count, 6);
    assert_string_equal(row.values[0], "first");
    assert_string_equal(row.values[1], "-9223372036854775808");
    assert_string_equal(row.values[2], "18446744073709551615");
    assert_null(row.values[3]);
    assert_null(row.values[4]);
    assert_string_equal(row.values[5], "x-1");
}

static void what_does_not_fit_a_row_is_cut(void **state)
{
    struct view_row row;
    char longest[2 * VIEW_TEXT_MAX];

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    view_row_begin(&row);
    view_add_int(&row, 7);
    view_add_copy(&row, longest);
    view_add_int(&row, 8);
    view_add_copy(&row, "more");
    assert_string_equal(row.values[0], "7");
    assert_int_equal(strlen(row.values[1]), VIEW_TEXT_MAX - 3);
    assert_string_equal(row.values[2], "");
    assert_string_equal(row.values[3], "");
    view_row_begin(&row);
    view_add_text(&row, longest);
    assert_ptr_equal(row.values[0], longest);
}

static void a_reader_that_takes_no_more_is_not_asked_again(void **state)
{
    struct taken taken = {.out.put = take, .rows_max = 2};
    struct view_visit visit = {.view = &view, .out = &taken.out};
    struct view_row row;

    (void)state;
    for (int i = 0; i < 4; i++) {
        view_row_begin(&row);
        view_add_text(&row, "x");
        view_add_int(&row, i);
        view_add_text(&row, NULL);
        assert_int_equal(view_put(&visit, &row), i < 2);
    }
    assert_int_equal(taken.rows, 2);
    assert_true(taken.out.is_full);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(a_row_has_its_values_in_order),
            cmocka_unit_test(what_does_not_fit_a_row_is_cut),
            cmocka_unit_test(a_reader_that_takes_no_more_is_not_asked_again),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
