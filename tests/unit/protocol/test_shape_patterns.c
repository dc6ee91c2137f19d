/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_patterns.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LITERALS_MAX = SHAPE_PATTERN_LITERALS };

static int begin(void **state)
{
    *state = calloc(1, sizeof(struct shape_patterns));
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    free(*state);
    return 0;
}

static uint64_t scanned(struct sl_span text, struct shape *shape, struct shape_literal *literals)
{
    struct shape_room room = {.literals = literals, .literals_max = LITERALS_MAX};

    shape_of(text, (struct shape_options){0}, room, shape);
    return shape->key.lo;
}

static void keep(struct shape_patterns *patterns, struct sl_span text)
{
    struct shape_literal literals[LITERALS_MAX];
    struct shape shape;
    uint64_t head = shape_pattern_head(text);

    SL_IGNORE(scanned(text, &shape, literals), "the shape is what is wanted");
    if (head != 0) {
        shape_patterns_keep(patterns, head, text, &shape, literals, LITERALS_MAX);
    }
}

static uint64_t find(const struct shape_patterns *patterns, struct sl_span text)
{
    uint64_t head = shape_pattern_head(text);

    return head == 0 ? 0 : shape_patterns_find(patterns, head, text);
}

struct row {
    const char *kept;
    const char *text;
    bool is_like;
};

static void literals_may_differ_and_nothing_else(void **state)
{
    static const struct row rows[] = {
            {"select a from t where b = 15", "select a from t where b = 7", true},
            {"select a from t where b = 15;", "select a from t where b = 123456789;", true},
            {"select 1", "select 222222222222222222222", true},
            {"insert into t values (1, 'x', -5)", "insert into t values (22, '', -16.5)", true},
            {"update t set a = a + -5 where b = 1", "update t set a = a + -6 where b = 7", true},
            {"select a where b = 1.50", "select a where b = 150", true},
            {"select a where b = 1.50", "select a where b = 1.", false},
            {"select a where b = 1.50", "select a where b = .5", false},
            {"select a where b = 1.50", "select a where b = 1.5.1", false},
            {"select a where b = 15", "select a where b = 1e5", false},
            {"select a where b = 1e5", "select a where b = 1e6", false},
            {"select a from t1 where t1.b = 'x'", "select a from t1 where t1.b = 'it is'", true},
            {"select a where b in (1, 2) and c = '3'", "select a where b in (7, 8) and c = ''",
                    true},
            {"insert into t values (1, 'x', -5)", "insert into t values (22, '', 6)", false},
            {"select a from t where b = 15", "select a from t where b = -7", false},
            {"select a from t where b = -15", "select a from t where b = - 7", false},
            {"select a from t where b = -15", "select a from t where b = --7", false},
            {"select a from t where b = 15", "select a from t where b = 7 or c = 8", false},
            {"select a from t where b = 15", "select a from t where b = ", false},
            {"select a from t where b = 15", "select a from t where b = '15'", false},
            {"select a from t where b = '15'", "select a from t where b = 15", false},
            {"select a from t where b = 'x'", "select a from t where b = 'x''y'", false},
            {"select a from t where b = 'x'", "select a from t where b = 'x", false},
            {"select a from t where b = 'x'", "select a from t where b = 'x' 'y'", false},
            {"select 1x1f", "select 0x1f", false},
            {"select a, 15", "select b, 15", false},
            {"select a order by 1", "select a order by 2", false},
            {"select a::float(24), 5", "select a::float(53), 5", false},
            {"select a order by 1.5", "select a order by 1", false},
            {"select a order by 12345", "select a order by 1", false},
            {"select a group by 1.5, 2", "select a group by 1, 2", false},
            {"select f() over (order by 1.5)", "select f() over (order by 1)", false},
            {"select distinct on (1.5) a", "select distinct on (1) a", false},
            {"select a[1.5]", "select a[1]", false},
            {"select a::int[12345678901]", "select a::int[3]", false},
            {"select a order by b limit 10", "select a order by b limit 20", true},
            {"set a = 5", "set a = 6", false},
            {"select $1, 5", "select $2, 5", false},
            {"select E'a', 5", "select E'b', 5", false},
    };
    struct shape_patterns *patterns = *state;

    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        memset(patterns, 0, sizeof *patterns);
        keep(patterns, sl_span_text(rows[i].kept));
        bool is_like = find(patterns, sl_span_text(rows[i].text)) != 0;
        if (is_like != rows[i].is_like) {
            fail_msg("%s, %s: %d", rows[i].kept, rows[i].text, is_like);
        }
    }
}

static void of_those_that_begin_alike_the_last_are_kept(void **state)
{
    char texts[SHAPE_PATTERN_WAYS + 1][64];

    for (int i = 0; i <= SHAPE_PATTERN_WAYS; i++) {
        snprintf(texts[i], sizeof texts[i], "select a where b = 1 and c%d = 2", i);
        keep(*state, sl_span_text(texts[i]));
    }
    assert_true(find(*state, sl_span_text(texts[0])) == 0);
    for (int i = 1; i <= SHAPE_PATTERN_WAYS; i++) {
        assert_true(find(*state, sl_span_text(texts[i])) != 0);
    }
}

static void long_texts_and_such_without_literals_are_none(void **state)
{
    char text[SHAPE_PATTERN_TEXT + 2];

    memset(text, ' ', sizeof text);
    memcpy(text, "select 1", 8);
    assert_true(shape_pattern_head(sl_span(text, SHAPE_PATTERN_TEXT)) != 0);
    assert_true(shape_pattern_head(sl_span(text, SHAPE_PATTERN_TEXT + 1)) == 0);
    assert_true(shape_pattern_head(sl_span_text("")) == 0);
    assert_true(shape_pattern_head(sl_span_text("select a1, b_2, $3, c from d")) == 0);
    keep(*state, sl_span(text, SHAPE_PATTERN_TEXT));
    assert_true(find(*state, sl_span(text, SHAPE_PATTERN_TEXT)) != 0);
}

static void no_plain_literal_is_kept(void **state)
{
    static const char text[] = "select 'planted', 4711, 'planted' where a = 'planted'";
    const struct shape_patterns *patterns = *state;

    keep(*state, sl_span_text(text));
    assert_non_null(memmem(patterns, sizeof *patterns, "where a", 7));
    assert_null(memmem(patterns, sizeof *patterns, "planted", 7));
    assert_null(memmem(patterns, sizeof *patterns, "4711", 4));
}

/* ---- whatever is written ---- */

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525U + 1013904223U;
    return *random >> 8;
}

static size_t make(uint32_t *random, char *text)
{
    static const char *const pieces[] = {"1", "0", "23", "1.5", "12345", "12345678901", ".5", "1e5",
            "0x1f", "'", "''", "'a'", "E'", "$1", "$$", "null", " ", "\n", "x", "e", ".", ",", "(",
            ")", "[", "]", "-", "--", "/*", "*/", "::", "int", "float(", "in (", "values (", "), (",
            " order by ", " group by ", "distinct on (", " over (", " limit ", "_", "\\", ";"};
    size_t len = (size_t)sprintf(text, "select ");

    for (uint32_t left = next_random(random) % 12; left > 0; left--) {
        len += (size_t)sprintf(text + len, "%s", pieces[next_random(random) % SL_COUNT(pieces)]);
    }
    return len;
}

/* The same text with other literals in places of its own. */
static size_t vary(uint32_t *random, const char *text, size_t len,
        const struct shape_literal *literals, uint32_t count, char *to)
{
    static const char *const others[] = {"1", "23", "1.5", "12345", "12345678901", "007", "'a'",
            "''", "'b--c'", "'/*'", "';'", "-7", "-1.25"};
    size_t from = 0;
    size_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        bool stays = next_random(random) % 3 == 0;
        size_t end = literals[i].at + (stays ? literals[i].len : 0);
        memcpy(to + at, text + from, end - from);
        at += end - from;
        at += stays ? 0
                    : (size_t)sprintf(
                              to + at, "%s", others[next_random(random) % SL_COUNT(others)]);
        from = literals[i].at + literals[i].len;
    }
    memcpy(to + at, text + from, len - from);
    return at + len - from;
}

/* A byte becomes another, goes, or comes. */
static size_t change(uint32_t *random, char *text, size_t len)
{
    static const char bytes[] = "0123'ax.e_ \n$-(,";
    size_t at = 7 + next_random(random) % (len - 6);

    if (next_random(random) % 2 == 0 && at < len) {
        memmove(text + at, text + at + 1, len - at);
        len--;
    }
    if (next_random(random) % 3 != 0) {
        memmove(text + at + 1, text + at, len - at + 1);
        text[at] = bytes[next_random(random) % (sizeof bytes - 1)];
        len++;
    }
    return len;
}

static void what_is_found_is_what_would_be_scanned(void **state)
{
    struct shape_literal literals[LITERALS_MAX];
    struct shape_literal ignored[LITERALS_MAX];
    struct shape shape;
    uint32_t random = 1;
    unsigned found = 0;
    char kept[256];
    char text[1024];

    for (int i = 0; i < 200000; i++) {
        size_t kept_len = make(&random, kept);
        memset(*state, 0, sizeof(struct shape_patterns));
        keep(*state, sl_span(kept, kept_len));
        SL_IGNORE(scanned(sl_span(kept, kept_len), &shape, literals), "its literals are wanted");
        uint32_t count = shape.literals > LITERALS_MAX ? 0 : shape.literals;
        for (int j = 0; j < 4; j++) {
            size_t len = vary(&random, kept, kept_len, literals, count, text);
            len = next_random(&random) % 4 == 0 ? change(&random, text, len) : len;
            uint64_t by_pattern = find(*state, sl_span(text, len));
            if (by_pattern != 0 && by_pattern != scanned(sl_span(text, len), &shape, ignored)) {
                fail_msg("%.*s: %.*s", (int)kept_len, kept, (int)len, text);
            }
            found += by_pattern != 0;
        }
    }
    assert_true(found > 50000);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(literals_may_differ_and_nothing_else, begin, end),
            cmocka_unit_test_setup_teardown(
                    of_those_that_begin_alike_the_last_are_kept, begin, end),
            cmocka_unit_test_setup_teardown(
                    long_texts_and_such_without_literals_are_none, begin, end),
            cmocka_unit_test_setup_teardown(no_plain_literal_is_kept, begin, end),
            cmocka_unit_test_setup_teardown(what_is_found_is_what_would_be_scanned, begin, end),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
