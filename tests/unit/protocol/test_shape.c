/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 2048 };

struct row {
    const char *text;
    const char *shape;
};

static const struct shape_options standard;

/* The shape's text, in a buffer that the next call writes anew. */
static const char *normalised(
        struct sl_span text, struct shape_options options, struct shape *shape)
{
    static uint8_t room[TEXT_MAX + 1];

    shape_of(text, options, (struct shape_room){.text = room, .text_max = TEXT_MAX}, shape);
    room[shape->text_len] = '\0';
    return (const char *)room;
}

static void check_rows_in(const struct row *rows, size_t count, struct shape_options options)
{
    for (size_t i = 0; i < count; i++) {
        struct shape shape;
        struct sl_span text = sl_span_text(rows[i].text);
        /* On the heap, exactly as long: a byte too many is found by the sanitizer. */
        uint8_t *copy = malloc(text.len + 1);
        assert_non_null(copy);
        copy = realloc(copy, text.len == 0 ? 1 : text.len);
        assert_non_null(copy);
        memcpy(copy, text.at, text.len);
        const char *seen = normalised(sl_span(copy, text.len), options, &shape);
        free(copy);
        if (strcmp(seen, rows[i].shape) != 0) {
            fail_msg("%s\n  is   %s\n  not  %s", rows[i].text, seen, rows[i].shape);
        }
        struct sl_hash128 key = sl_hash128(sl_span_text(seen));
        assert_true(key.hi == shape.key.hi && key.lo == shape.key.lo);
    }
}

static void check_rows(const struct row *rows, size_t count)
{
    check_rows_in(rows, count, standard);
}

static void literals_of_every_form_are_question_marks(void **state)
{
    static const struct row rows[] = {
            {"select 1", "select ?"},
            {"select 'a', '', 'it''s', 'a\\'", "select ?, ?, ?, ?"},
            {"select E'it\\'s', e'\\\\', E'a''b'", "select ?, ?, ?"},
            {"select U&'d!0061' UESCAPE '!'", "select ? uescape ?"},
            {"select B'01', x'1F', N'a'", "select ?, ?, nchar ?"},
            {"select $$a'b$$, $t$ $$ $u$ $t$, $_1$x$_1$", "select ?, ?, ?"},
            {"select 'a'\n 'b', 'a' -- c\n  'b', E'a'\n'\\'', 'a' /* */ 'b'",
                    "select ?, ?, ?, ? ?"},
            {"select 1.5, .5, 1., 1e5, 1.5E-7, 1.e+3, 0x1F, 0b1, 1_000",
                    "select ?, ?, ?, ?, ?, ?, ?, ?, ?"},
            {"select 1..2, 1.5.6, 1e, a.5", "select ? .. ?, ? ?, ? e, a ?"},
            {"select 1into t", "select ? into t"},
            {"select null, true, false, $1, $23", "select null, true, false, $1, $23"},
            {"select date '2020-01-01', interval '1' day", "select date ?, interval ? day"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(literals_of_every_form_are_question_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
