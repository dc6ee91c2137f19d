/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/terms.h"

#include "protocol/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* All terms of a source, as "word word |operator .column". */
static const char *terms_text(const struct terms_source *source)
{
    static const char marks[] = {
            [TERM_WORD] = ' ', [TERM_OPERATOR] = '|', [TERM_COLUMN] = '.', [TERM_NONE] = '-'};
    static char text[4096];
    struct terms terms = {.source = source};
    struct term term;
    size_t len = 0;

    text[0] = '\0';
    while (terms_next(&terms, &term)) {
        int more = snprintf(text + len, sizeof text - len, "%c%.*s", marks[term.kind],
                (int)term.text.len, term.text.len == 0 ? "" : (const char *)term.text.at);
        assert_true(more > 0);
        len += (size_t)more;
        assert_true(len < sizeof text);
    }
    return text;
}

static const char *terms_of(const char *sql)
{
    const struct terms_source source = {.text = sl_span_text(sql)};

    return terms_text(&source);
}

static void words_and_operators_are_terms(void **state)
{
    (void)state;
    assert_string_equal(
            terms_of("select a.b, \"My Col\" from t where x->>? = $1 and y=? and z ~~ ?"),
            " select a b My Col from t where x|->>|= and y|= and z|~~");
}

static void placeholders_numbers_and_punctuation_are_none(void **state)
{
    (void)state;
    assert_string_equal(
            terms_of("limit ? offset $2, (12), 1.5e3, 0x1f; in (?, ?)"), " limit offset in");
}

static void no_literal_is_ever_a_term(void **state)
{
    (void)state;
    assert_string_equal(terms_of("set x = 'hunter2' , y"), " set x|= y");
    assert_string_equal(terms_of("a 'it''s hunter2' b"), " a b");
    assert_string_equal(terms_of("a E'hunter2' b U&'hunter2' c X'1f'"), " a b U|& c");
    assert_string_equal(terms_of("do $$ hunter2 $$ a"), " do a");
    assert_string_equal(terms_of("do $x$ hunter2 $$ hunter2 $x$ a"), " do a");
    /* What cannot be told is left alone to the end. */
    assert_string_equal(terms_of("a 'hunter2"), " a");
    assert_string_equal(terms_of("a E'\\' hunter2 '' b"), " a");
    assert_string_equal(terms_of("a $x$ hunter2 $$"), " a");
    assert_string_equal(terms_of("a \"hunter2"), " a");
}

static const char *terms_of_shape(const char *sql)
{
    static uint8_t text[1024];
    const struct shape_room room = {.text = text, .text_max = sizeof text};
    struct shape shape;

    shape_of(sl_span_text(sql), (struct shape_options){0}, room, &shape);
    assert_int_equal(shape.flags, 0);
    const struct terms_source source = {.text = sl_span(text, shape.text_len)};
    return terms_text(&source);
}

static void shapes_are_read_as_they_are_written(void **state)
{
    (void)state;
    assert_string_equal(
            terms_of_shape("SELECT A, \"B c\" FROM t WHERE x IN (1,2,3) AND y='x' -- z"),
            " select a B c from t where x in and y|=");
    assert_string_equal(terms_of_shape("select a ? 'k', a ?| array['k'], a->>'k', -1 < $1"),
            " select a|?? a|??| array a|->>|<");
    assert_string_equal(
            terms_of_shape("insert into t values (1, 'a'), (2, 'b')"), " insert into t values");
    assert_string_equal(
            terms_of_shape("alter role joe password 'hunter2'"), " alter role joe password");
    assert_string_equal(terms_of_shape("do $$ begin hunter2; end $$"), " do");
}

static void columns_come_after_the_text(void **state)
{
    const struct sl_span columns[] = {sl_span_text("orders.id"), sl_span_text("orders.total")};
    const struct terms_source source = {
            .text = sl_span_text("select total"), .columns = columns, .columns_count = 2};

    (void)state;
    assert_string_equal(terms_text(&source), " select total.orders.id.orders.total");
}

static void a_shape_without_terms_has_an_empty_one(void **state)
{
    (void)state;
    assert_string_equal(terms_of(""), "-");
    assert_string_equal(terms_of(" ?, 'x' "), "-");
    assert_string_equal(terms_text(&(struct terms_source){.text = {0}}), "-");
}

/* Every way a text can be cut off: no byte behind its end is read (the address sanitizer sees). */
static void a_text_may_end_anywhere(void **state)
{
    static const char sql[] = "a \"b\" 'c' $$d$$ $e$ f $e$ $1 1.5 ->> E'' \"\" ''";

    (void)state;
    for (size_t len = 0; len < sizeof sql; len++) {
        char *copy = test_malloc(len + (len == 0));
        memcpy(copy, sql, len);
        const struct terms_source source = {.text = sl_span(copy, len)};
        struct terms terms = {.source = &source};
        struct term term;
        uint32_t count = 0;

        while (terms_next(&terms, &term)) {
            count++;
        }
        assert_in_range(count, 1, 4);
        test_free(copy);
    }
}

static void long_texts_and_lists_are_cut(void **state)
{
    static char text[2 * TERMS_TEXT_MAX];
    static struct sl_span columns[2 * TERMS_COLUMNS_MAX];
    const struct terms_source source = {.text = sl_span(text, sizeof text),
            .columns = columns,
            .columns_count = 2 * TERMS_COLUMNS_MAX};
    struct terms terms = {.source = &source};
    struct term term;
    uint32_t counts[4] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = i % 2 == 0 ? 'x' : ' ';
    }
    while (terms_next(&terms, &term)) {
        counts[term.kind]++;
    }
    assert_int_equal(counts[TERM_WORD], TERMS_TEXT_MAX / 2);
    assert_int_equal(counts[TERM_COLUMN], TERMS_COLUMNS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(words_and_operators_are_terms),
            cmocka_unit_test(placeholders_numbers_and_punctuation_are_none),
            cmocka_unit_test(no_literal_is_ever_a_term),
            cmocka_unit_test(shapes_are_read_as_they_are_written),
            cmocka_unit_test(columns_come_after_the_text),
            cmocka_unit_test(a_shape_without_terms_has_an_empty_one),
            cmocka_unit_test(a_text_may_end_anywhere),
            cmocka_unit_test(long_texts_and_lists_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
