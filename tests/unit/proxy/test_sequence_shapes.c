/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/sequence_shapes.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sequence_shapes shapes;

static int begin(void **state)
{
    (void)state;
    memset(&shapes, 0, sizeof shapes);
    return 0;
}

static uint16_t shape_of(const char *text)
{
    return sequence_shape_of(sl_span_text(text));
}

static uint16_t numbered(unsigned i)
{
    char text[64];

    snprintf(text, sizeof text, "insert into table_%u values (1)", i);
    return shape_of(text);
}

static void texts_are_alike_up_to_a_constant(void **state)
{
    (void)state;
    assert_int_equal(shape_of("insert into t values (1, 2)"), shape_of("insert into t values (7)"));
    assert_int_equal(
            shape_of("insert into t values ('a')"), shape_of("insert into t values ('b')"));
    assert_int_equal(shape_of("insert into t values ($1)"), shape_of("insert into t values ($2)"));
    assert_int_not_equal(shape_of("insert into t1 values (1)"), shape_of("insert into t2 values"));
    assert_int_not_equal(shape_of("select nextval('a')"), shape_of("select nextval('b')"));
}

static void nobody_asks_so_often_and_it_is_new_no_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SEQUENCES_NEW; i++) {
        assert_true(sequence_shape_is_new(&shapes, numbered(0)));
        sequence_shape_unasked(&shapes, numbered(0));
    }
    assert_false(sequence_shape_is_new(&shapes, numbered(0)));
    assert_false(sequence_shape_is_asked(&shapes, numbered(0)));
    sequence_shape_asked(&shapes, numbered(0));
    sequence_shape_unasked(&shapes, numbered(0));
    assert_true(sequence_shape_is_asked(&shapes, numbered(0)));
}

/* However many others there have been, behind which nobody asked. */
static void what_has_not_been_seen_is_new(void **state)
{
    unsigned are_new = 0;

    (void)state;
    sequence_shape_asked(&shapes, shape_of("insert into asked values (1)"));
    for (unsigned i = 0; i < 4 * SEQUENCE_SHAPES; i++) {
        for (unsigned n = 0; n < SEQUENCES_NEW; n++) {
            sequence_shape_unasked(&shapes, numbered(i));
            sequence_shapes_asked(&shapes);
        }
    }
    for (unsigned i = 0; i < 1000; i++) {
        are_new += sequence_shape_is_new(&shapes, numbered(1000000 + i)) ? 1 : 0;
    }
    assert_in_range(are_new, 980, 1000); /* of two alike in all sixteen bits one may be known */
    assert_true(sequence_shape_is_asked(&shapes, shape_of("insert into asked values (2)")));
}

/* Or a pool whose texts are all different would keep servers for ever. */
static void it_is_not_tried_for_ever_where_nobody_asks(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SEQUENCES_TRIES; i++) {
        assert_true(sequence_shape_is_new(&shapes, numbered(i)) || i > SEQUENCE_SHAPES);
        sequence_shape_unasked(&shapes, numbered(i));
    }
    for (unsigned i = 0; i < SEQUENCE_SHAPES; i++) {
        sequence_shape_unasked(&shapes, numbered(SEQUENCES_TRIES + i));
    }
    assert_false(sequence_shape_is_new(&shapes, shape_of("insert into another values (1)")));
    sequence_shapes_asked(&shapes);
    assert_true(sequence_shapes_are_asked(&shapes));
    assert_true(sequence_shape_is_new(&shapes, shape_of("insert into another values (1)")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(texts_are_alike_up_to_a_constant, begin),
            cmocka_unit_test_setup(nobody_asks_so_often_and_it_is_new_no_more, begin),
            cmocka_unit_test_setup(what_has_not_been_seen_is_new, begin),
            cmocka_unit_test_setup(it_is_not_tried_for_ever_where_nobody_asks, begin),
    };

    return cmocka_run_group_tests_name("sequence_shapes", tests, NULL, NULL);
}
