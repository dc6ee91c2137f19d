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

static void names_are_folded_unless_quoted(void **state)
{
    static const struct row rows[] = {
            {"SELECT Foo.BAR, \"Foo\".\"it\"\"s\", a$1, _x, \303\204b",
                    "select foo.bar, \"Foo\".\"it\"\"s\", a$1, _x, \303\204b"},
            {"select U&\"d!0061\" UESCAPE '!', u&\"D\" as x",
                    "select u&\"d!0061\" uescape '!', u&\"D\" as x"},
            {"select U&\"a\" uescape /* x */ $$!$$, x uescape '!'",
                    "select u&\"a\" uescape $$!$$, x uescape ?"},
            {"select \xff\xfe(\x80)", "select \xff\xfe(\x80)"},
            {"select "
             "AbcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyZ",
                    "select "
                    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxy"
                    "z"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void comments_and_spaces_leave_no_trace(void **state)
{
    static const struct row rows[] = {
            {"", ""},
            {" \t\r\n\f ", ""},
            {"-- nothing", ""},
            {"/* a /* b */ c */select/**/1--x", "select ?"},
            {"select 1 -- it's\n, 2 /* '*/ , '/*' , 3", "select ?, ?, ?, ?"},
            {"select\n\ta . b ,f (x) ,a [1] ,a::\nint", "select a.b, f(x), a[1], a::int"},
            {"select a+/*x*/b, a+-- x\n b, a/ *b", "select a + b, a + b, a / * b"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void operators_end_where_postgresql_ends_them(void **state)
{
    static const struct row rows[] = {
            {"select a=-1, a@-1, a - -1, a*-b, a<>+1",
                    "select a = ?, a @- ?, a - ?, a * - b, a <> + ?"},
            {"select a ? 'x', a?|b, a ??b, ?", "select a ?? ?, a ??| b, a ???? b, ??"},
            {"select a->>'b', a #>> '{c}', a::text::int, f(a := 1, b => 2)",
                    "select a ->> ?, a #>> ?, a::text::int, f(a := ?, b => ?)"},
            {"select a[1:2], a[:], count(*), t.*, operator(pg_catalog.+)",
                    "select a[? : ?], a[:], count(*), t.*, operator(pg_catalog.+)"},
            {"select - 'x', -1, -('x'), - ((1)), a - 'x'::interval",
                    "select - '?', ?, - ('?'), - ((?)), a - '?'::interval"},
            {"select -B'1', -N'x', - $$x$$, - x'1f'", "select - '?', - nchar ?, - '?', - '?'"},
            {"select {a} \\", "select { a } \\"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void only_lists_of_literals_are_collapsed(void **state)
{
    static const struct row rows[] = {
            {"select 1 in (1, 2), 1 IN ( 'a' ,-2, null,TRUE , .5 )",
                    "select ? in (?, ...), ? in (?, ...)"},
            {"select 1 not in (1 /* x */, -- y\n 2)", "select ? not in (?, ...)"},
            {"select 1 in (1), 1 in (null), 1 in (-1)", "select ? in (?), ? in (null), ? in (?)"},
            {"select 1 in ($1, $2), 1 in (1, $1)", "select ? in ($1, $2), ? in (?, $1)"},
            {"select 1 in (1, x), 1 in (1, 2 + 3), 1 in (1, '2'::int)",
                    "select ? in (?, x), ? in (?, ? + ?), ? in (?, ?::int)"},
            {"select 1 in (1, +2), 1 in (1, -'2'), 1 in (1, N'2'), 1 in (1, (2))",
                    "select ? in (?, + ?), ? in (?, - '?'), ? in (?, nchar ?), ? in (?, (?))"},
            {"select 1 in (1, default), 1 in (1, nullx), 1 in (1, 2",
                    "select ? in (?, default), ? in (?, nullx), ? in (?, ?"},
            {"select (1, 2) in ((1, 2), (3, 4))", "select (?, ?) in ((?, ?), (?, ?))"},
            {"select s.in(1, 2), \"in\"(1, 2), f(1, 2), (1, 2), array[1, 2]",
                    "select s.in(?, ?), \"in\"(?, ?), f(?, ?), (?, ?), array[?, ?]"},
            {"select position('a' in ('b', 'c')), f(1 in (1, 2))",
                    "select position(? in (?, ?)), f(? in (?, ...))"},
            {"select position((1 in (1, 2)) in b)", "select position((? in (?, ...)) in b)"},
            {"values (1, 'a'), (2, 'b')", "values (?, ?), ..."},
            {"values (1), (2), (3) union values (4)", "values (?), ... union values (?)"},
            {"insert into t(a) values (1)", "insert into t(a) values (?)"},
            {"insert into t values (1, default) , ( null , DEFAULT ) on conflict do nothing",
                    "insert into t values (?, default), ... on conflict do nothing"},
            {"values (1, default), (default, 2)", "values (?, default), (default, ?)"},
            {"values (1), (2, 3)", "values (?), (?, ?)"},
            {"values (1), (now())", "values (?), (now())"},
            {"values ($1, 1), ($2, 2)", "values ($1, ?), ($2, ?)"},
            {"values (1), (2), x", "values (?), (?), x"},
            {"select s.values(1), (2)", "select s.values(?), (?)"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void numbers_that_say_what_stay(void **state)
{
    static const struct row rows[] = {
            {"select 1::float(24), x::numeric(10, 2), cast(x as varchar(5))",
                    "select ?::float(24), x::numeric(10, 2), cast(x as varchar(5))"},
            {"select current_timestamp(3), localtime (0), interval(6) '1', s.float(5)",
                    "select current_timestamp(3), localtime(0), interval(6) ?, s.float(?)"},
            {"select float(f(5))", "select float(f(?))"},
            {"select x::int[3], a[4][5], a[x + 6], $1[7]",
                    "select x::int[3], a[4][5], a[x + ?], $1[7]"},
            {"select array[3], array[[3], [4]], any (array[5]), x::int array[6]",
                    "select array[?], array[[?], [?]], any (array[?]), x::int array[6]"},
            {"select a order by 1, 2 desc, b + 3, 12345 limit 4",
                    "select a order by 1, 2 desc, b + ?, ? limit ?"},
            {"select a group by 1, (2), rollup(3, 4), grouping sets ((5), ()) having 6 = 7",
                    "select a group by 1, (2), rollup(3, 4), grouping sets ((5), ()) having ? = ?"},
            {"select distinct on (1, 2) 3 order by f(4, 5)",
                    "select distinct on (1, 2) ? order by f(?, ?)"},
            {"select 1 order by 2 union select 3, 4", "select ? order by 2 union select ?, ?"},
            {"select 1 order by 2 /* x */; select 3", "select ? order by 2; select ?"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void secrets_are_never_shown(void **state)
{
    static const struct row rows[] = {
            {"create role bob login password 'secret' valid until 'x'",
                    "create role bob login password ? valid until ?"},
            {"ALTER USER bob ENCRYPTED PASSWORD secret", "alter user bob encrypted password ?"},
            {"alter group g password \"secret\" createdb", "alter group g password ? createdb"},
            {"alter user mapping for u server s options (set password 'secret')",
                    "alter user mapping for u server s options(set password ?)"},
            {"create subscription s connection 'password=secret' publication p",
                    "create subscription s connection ? publication p"},
            {"create server s foreign data wrapper f options (host 'secret')",
                    "create server s foreign data wrapper f options(host ?)"},
            {"copy t to program 'curl secret'", "copy t to program ?"},
            {"do $x$ begin secret; end $x$", "do ?"},
            {"create function f() returns text language sql as $$ select 'secret' $$",
                    "create function f() returns text language sql as ?"},
            {"create function f() returns int begin atomic select 1; select case when 2 then 3 "
             "end; end; select 4",
                    "create function f() returns int begin atomic select ?; select case when ? "
                    "then ? end; end; select ?"},
            {"set a.b = secret", "set a.b = ?"},
            {"set local \"a\".\"b\" to secret, 'secret' , -5; select 1",
                    "set local \"a\".\"b\" to ?; select ?"},
            {"set a = secret secret (secret) 5", "set a = ?"},
            {"set session a = -secret", "set session a = - '?'"},
            {"alter role bob in database d set a.b to secret",
                    "alter role bob in database d set a.b to ?"},
            {"alter system set a = /* x */ secret", "alter system set a = ?"},
            {"create function f() returns int set a = secret, secret language sql as 'x'",
                    "create function f() returns int set a = ? language sql as ?"},
            {"set Abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz = "
             "secret",
                    "set "
                    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
                    " = ?"},
            {"prepare transaction 'secret'; notify c, 'secret'",
                    "prepare transaction ?; notify c, ?"},
            {"comment on table t is 'secret'; security label on table t is 'secret'",
                    "comment on table t is ?; security label on table t is ?"},
            /* And these are no secrets. */
            {"create table t (password text)", "create table t(password text)"},
            {"set transaction isolation level serializable",
                    "set transaction isolation level serializable"},
            {"update t set a = b", "update t set a = b"},
            {"alter table t alter a set default b, alter c set not null",
                    "alter table t alter a set default b, alter c set not null"},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

static void a_text_that_breaks_off_has_one_shape(void **state)
{
    static const char *const texts[] = {"select 'abc", "select \"abc", "/* abc", "select $$abc",
            "select E'abc\\'", "select 'a'\n'abc", "select U&\"abc", "alter role a password 'abc",
            "select 1 /* /* */", "set a = 'abc", "select x in (1, 'abc", "values (1), ('abc",
            "select U&\"a\" uescape 'much longer than one'"};
    struct shape shape;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        const char *text = normalised(sl_span_text(texts[i]), standard, &shape);
        if (shape.flags != SHAPE_BROKEN || strstr(text, "abc") != NULL ||
                strchr(text, '(') != text) {
            fail_msg("%s: %s, %u", texts[i], text, shape.flags);
        }
        struct sl_hash128 key = sl_hash128(sl_span_text(text));
        assert_true(key.hi == shape.key.hi && key.lo == shape.key.lo);
        assert_int_equal(shape.literals, 0);
    }
}

static void backslashes_count_when_the_session_says_so(void **state)
{
    static const struct shape_options options = {.backslashes = true};
    static const struct row rows[] = {
            {"select 'a\\', b', 'c\\\\', d", "select ?, ?, d"},
            {"select N'\\', x', $$\\$$, B'\\'", "select nchar ?, ?, ?"},
            {"select 1 in ('\\', 2)', 3)", "select ? in (?, ...)"},
    };
    struct shape shape;

    (void)state;
    check_rows_in(rows, SL_COUNT(rows), options);
    normalised(sl_span_text("select 'a\\'"), options, &shape);
    assert_int_equal(shape.flags, SHAPE_BROKEN);
    normalised(sl_span_text("select 'a\\'"), standard, &shape);
    assert_int_equal(shape.flags, 0);
}

static void a_text_under_unknown_rules_has_one_shape(void **state)
{
    static const struct shape_options options = {.is_unknown = true};
    static const char *const texts[] = {"", "select 1", "select 'a\\', abc ', 'b'", "select 'abc"};
    struct shape shape;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        const char *text = normalised(sl_span_text(texts[i]), options, &shape);
        assert_string_equal(text, "(a text whose quotes could not be told)");
        struct sl_hash128 key = sl_hash128(sl_span_text(text));
        assert_true(key.hi == shape.key.hi && key.lo == shape.key.lo);
        assert_int_equal(shape.flags, SHAPE_BROKEN);
        assert_int_equal(shape.literals, 0);
    }
}

/* 0x95 0x5c is one character in these; 0x83 0x41 another, whose second byte is an A. */
static void characters_are_not_cut_in_unsafe_encodings(void **state)
{
    static const struct row rows[] = {
            {"select E'\x95\\', b, 'c'", "select ?, b, ?"},
            {"select E'\\\x95\\', b, 'c'", "select ?, b, ?"},
            {"SELECT \x83\x41\x83\x42, A", "select \x83\x41\x83\x42, a"},
            {"select \x95\\\x95|, b", "select \x95\\\x95|, b"},
            {"select $\x95\\$ x $\x95\\$, b", "select ?, b"},
            {"select '\x95', b", "select ?, b"},
    };
    static const struct row gb18030[] = {
            {"select E'\x81\x30\x81\x30', E'\x95\\', B", "select ?, ?, b"},
            {"SELECT \x81\x30\x81\x30\x95\x41, B", "select \x81\x30\x81\x30\x95\x41, b"},
    };
    static const struct row sjis[] = {
            {"SELECT \xb1\x41, E'\xb1\\', b'", "select \xb1\x61, ?"},
    };
    struct shape one;
    struct shape other;

    (void)state;
    check_rows_in(rows, SL_COUNT(rows), (struct shape_options){.encoding = SHAPE_ENCODING_TWO});
    check_rows_in(rows, SL_COUNT(rows), (struct shape_options){.encoding = SHAPE_ENCODING_SJIS});
    check_rows_in(rows, SL_COUNT(rows), (struct shape_options){.encoding = SHAPE_ENCODING_GB18030});
    check_rows_in(
            gb18030, SL_COUNT(gb18030), (struct shape_options){.encoding = SHAPE_ENCODING_GB18030});
    check_rows_in(sjis, SL_COUNT(sjis), (struct shape_options){.encoding = SHAPE_ENCODING_SJIS});
    /* Two names, and not one in two cases. */
    normalised(sl_span_text("select \x83\x41"),
            (struct shape_options){.encoding = SHAPE_ENCODING_TWO}, &one);
    normalised(sl_span_text("select \x83\x61"),
            (struct shape_options){.encoding = SHAPE_ENCODING_TWO}, &other);
    assert_true(one.key.lo != other.key.lo);
}

static void an_encoding_is_known_by_all_its_names(void **state)
{
    (void)state;
    assert_int_equal(shape_encoding_of(sl_span_text("SJIS")), SHAPE_ENCODING_SJIS);
    assert_int_equal(shape_encoding_of(sl_span_text("Shift_JIS")), SHAPE_ENCODING_SJIS);
    assert_int_equal(shape_encoding_of(sl_span_text("SHIFT_JIS_2004")), SHAPE_ENCODING_SJIS);
    assert_int_equal(shape_encoding_of(sl_span_text("big5")), SHAPE_ENCODING_TWO);
    assert_int_equal(shape_encoding_of(sl_span_text("Windows-936")), SHAPE_ENCODING_TWO);
    assert_int_equal(shape_encoding_of(sl_span_text("UHC")), SHAPE_ENCODING_TWO);
    assert_int_equal(shape_encoding_of(sl_span_text("GB18030")), SHAPE_ENCODING_GB18030);
    assert_int_equal(shape_encoding_of(sl_span_text("UTF8")), SHAPE_ENCODING_SAFE);
    assert_int_equal(shape_encoding_of(sl_span_text("EUC_JIS_2004")), SHAPE_ENCODING_SAFE);
    assert_int_equal(
            shape_encoding_of(sl_span_text("a name that is much too long")), SHAPE_ENCODING_SAFE);
    assert_int_equal(shape_encoding_of(sl_span_text("")), SHAPE_ENCODING_SAFE);
}

static void literals_are_found_where_they_were(void **state)
{
    const char *text = "select 'a', -1, b in (2, NULL), x'f' where c = $$d$$";
    static const struct {
        const char *text;
        enum shape_literal_kind kind;
    } expected[] = {{"'a'", SHAPE_STRING}, {"-1", SHAPE_NUMBER}, {"2", SHAPE_NUMBER},
            {"NULL", SHAPE_WORD}, {"x'f'", SHAPE_BITS}, {"$$d$$", SHAPE_STRING}};
    struct shape_literal literals[4];
    struct shape_room room = {.literals = literals, .literals_max = 4};
    struct shape shape;

    (void)state;
    shape_of(sl_span_text(text), standard, room, &shape);
    assert_int_equal(shape.literals, SL_COUNT(expected)); /* the room holds four of them */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(literals[i].kind, expected[i].kind);
        assert_int_equal(literals[i].len, strlen(expected[i].text));
        assert_memory_equal(text + literals[i].at, expected[i].text, literals[i].len);
    }
    shape_of(sl_span_text("set a = secret"), standard, room, &shape);
    assert_int_equal(shape.literals, 1);
    assert_int_equal(literals[0].kind, SHAPE_VALUE);
    /* A list that turned out to be none left nothing behind. */
    shape_of(sl_span_text("select 1 in (2, 3, x)"), standard, room, &shape);
    assert_int_equal(shape.literals, 3);
    assert_int_equal(literals[1].at, 13);
}

static void statements_are_counted(void **state)
{
    static const struct {
        const char *text;
        uint32_t statements;
    } rows[] = {{"", 0}, {";;", 0}, {"/* ; */", 0}, {"select 1", 1}, {"select 1;", 1},
            {"select 1;;select 2; -- x", 2}, {"select ';'; select \";\"", 2},
            {"create rule r as on insert to t do (select 1; select 2)", 1},
            {"create function f() returns int begin atomic select 1; end; select 2", 2}};
    struct shape shape;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        normalised(sl_span_text(rows[i].text), standard, &shape);
        if (shape.statements != rows[i].statements) {
            fail_msg("%s: %u", rows[i].text, shape.statements);
        }
    }
}

static void the_highest_parameter_is_known(void **state)
{
    struct shape shape;

    (void)state;
    normalised(sl_span_text("select $2, $11, $1"), standard, &shape);
    assert_int_equal(shape.parameters, 11);
    normalised(sl_span_text("select $99999999999999999999"), standard, &shape);
    assert_true(shape.parameters > UINT16_MAX);
}

/* begin, middle n times, end n times. */
static char *repeated(const char *begin, const char *middle, const char *end, size_t times)
{
    size_t max = strlen(begin) + times * (strlen(middle) + strlen(end)) + 1;
    char *text = malloc(max);
    size_t at = 0;

    assert_non_null(text);
    at += (size_t)snprintf(text, max, "%s", begin);
    for (size_t i = 0; i < times; i++) {
        at += (size_t)snprintf(text + at, max - at, "%s", middle);
    }
    for (size_t i = 0; i < times; i++) {
        at += (size_t)snprintf(text + at, max - at, "%s", end);
    }
    return text;
}

static void what_may_stack_up_is_counted(void **state)
{
    static const struct {
        const char *begin;
        const char *middle;
        const char *end;
        uint32_t depth_min;
        uint32_t run_min;
    } rows[] = {{"select 1", "+1", "", 0, 1000}, {"select ", "(", ")", 1000, 1000},
            {"select ", "array[", "]", 1000, 1000}, {"select ", "f(1,2,", "", 1000, 1000},
            {"select ", "not ", "", 0, 1000}, {"select 1, 2", " union select 1, 2", "", 0, 1000},
            {"select a", "::int", "", 0, 1000}, {"select ", "case when 1 then ", "end ", 0, 1000},
            {"select * from a", " join b using (c, d)", "", 1, 1000},
            {"select ", "(1, ", " + 1)", 1000, 2000}, {"select a", "[1]", "", 1, 1000}};
    struct shape shape;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        char *text = repeated(rows[i].begin, rows[i].middle, rows[i].end, 1000);
        normalised(sl_span_text(text), standard, &shape);
        free(text);
        if (shape.depth < rows[i].depth_min || shape.run < rows[i].run_min) {
            fail_msg("%s: depth %u, run %u", rows[i].middle, shape.depth, shape.run);
        }
    }
    /* What stands side by side does not. */
    char *wide = repeated("select f(1 + 2", ", g(3, x + 4)", "", 1000);
    normalised(sl_span_text(wide), standard, &shape);
    assert_in_range(shape.run, 5, 20);
    assert_int_equal(shape.depth, 2);
    free(wide);
}

static void a_cut_text_has_the_key_of_the_whole(void **state)
{
    char *text = repeated("select ", "\"Column\", column_of_some_length, ", "", 500);
    size_t max = strlen(text) * 2;
    uint8_t *whole = malloc(max);
    struct shape shape;
    struct shape cut;

    (void)state;
    assert_non_null(whole);
    shape_of(sl_span_text(text), standard, (struct shape_room){.text = whole, .text_max = max},
            &shape);
    assert_int_equal(shape.flags, 0);
    struct sl_hash128 key = sl_hash128(sl_span(whole, shape.text_len));
    assert_true(key.hi == shape.key.hi && key.lo == shape.key.lo);
    for (size_t room = SHAPE_ROOM_MIN; room < 1500; room += 37) {
        uint8_t *at = malloc(room);
        assert_non_null(at);
        shape_of(sl_span_text(text), standard, (struct shape_room){.text = at, .text_max = room},
                &cut);
        assert_int_equal(cut.flags, SHAPE_CUT);
        assert_true(cut.key.hi == key.hi && cut.key.lo == key.lo);
        assert_in_range(cut.text_len, room - 110, room);
        assert_memory_equal(at, whole, cut.text_len);
        /* With a whole token: what follows is a space or a comma. */
        assert_true(whole[cut.text_len] == ' ' || whole[cut.text_len] == ',');
        free(at);
    }
    shape_of(sl_span_text(text), standard, (struct shape_room){.text = NULL}, &cut);
    assert_int_equal(cut.flags, 0);
    assert_int_equal(cut.text_len, 0);
    assert_true(cut.key.hi == key.hi && cut.key.lo == key.lo);
    free(whole);
    free(text);
}

static void of_a_very_long_text_the_beginning_is_read(void **state)
{
    char *text = repeated("insert into t values (0, 'x')", ", (1, 'abc')", "", 40000);
    char *string = repeated("select '", "0123456789", "", 40000);
    char *terms = repeated("select 1", "+1", "", 200000);
    struct shape shape;

    (void)state;
    assert_string_equal(normalised(sl_span_text(text), standard, &shape),
            "insert into t values (?, ?), ... ...");
    assert_int_equal(shape.flags, SHAPE_LONG);
    assert_string_equal(normalised(sl_span_text(string), standard, &shape), "select ? ...");
    assert_int_equal(shape.flags, SHAPE_LONG);
    normalised(sl_span_text(terms), standard, &shape);
    assert_int_equal(shape.flags, SHAPE_LONG | SHAPE_CUT);
    assert_in_range(shape.run, SHAPE_TEXT_MAX - 100, SHAPE_TEXT_MAX + 100);
    free(terms);
    free(string);
    free(text);
}

/* libpg_query tells "+ 5" from "5"; PostgreSQL 16 reads what is refused by 15. */
static void a_number_has_its_minus_and_ends_as_in_postgres_16(void **state)
{
    static const struct row rows[] = {{"select + 5", "select + ?"},
            {"select +5, -5, - 5", "select + ?, ?, ?"},
            {"select 1_000, 0x1f, 0b1, 1_0.5e1_0", "select ?, ?, ?, ?"},
            {"update t set a = a + -5 where f(- 7, -.5)", "update t set a = a + ? where f(?, ?)"},
            {"select a+ - /* x */ 5, a - -5, (-5)", "select a + ?, a - ?, (?)"},
            /* A cast binds more tightly; behind a name, a value or a star a minus takes away. */
            {"select (-5::int), -5 /* x */ ::int", "select (- ?::int), - ?::int"},
            {"select -5, a -5, 1 -5, f() -5, t.* - 5, $1 -5, a[-5]",
                    "select - ?, a - ?, ? - ?, f() - ?, t.* - ?, $1 - ?, a[- ?]"},
            {"select null -5, current_date -5 order by a, -1, -2",
                    "select null - ?, current_date - ? order by a, - ?, - ?"},
            {"select 5.5::numeric(5,-2), -x, -'5', -$1, --5\n-6",
                    "select ?::numeric(5, - 2), - x, - '?', - $1, ?"}};

    (void)state;
    check_rows(rows, SL_COUNT(rows));
}

/* Read once for each of them, this would take minutes: longer than a test may. */
static void a_long_run_of_signs_is_read_once(void **state)
{
    static const char *const pieces[] = {"+", "+-", "=+", "/+", "*-+"};
    static const struct row rows[] = {{"select 1+++a", "select ? + + + a"},
            {"select 1=+-+a", "select ? = + - + a"}, {"select 1+-+@a", "select ? +-+@ a"},
            {"select 1*/++a", "select ? */ + + a"}, {"select 1@++a", "select ? @++ a"},
            {"select 1+++--+\n+a", "select ? + + + + a"}};
    char *text = malloc(SHAPE_TEXT_MAX);

    (void)state;
    check_rows(rows, SL_COUNT(rows));
    assert_non_null(text);
    for (size_t i = 0; i < SL_COUNT(pieces); i++) {
        size_t len = strlen(pieces[i]);
        struct shape shape;
        for (size_t at = 0; at < SHAPE_TEXT_MAX; at++) {
            text[at] = pieces[i][at % len];
        }
        (void)normalised(sl_span(text, SHAPE_TEXT_MAX), standard, &shape);
        assert_in_range(shape.tokens, i == 0 ? SHAPE_TEXT_MAX : 1, SHAPE_TEXT_MAX);
    }
    free(text);
}

/* Whatever the bytes: nothing is read or written that is not ours, and rooms change no key. */
static void any_bytes_have_a_shape(void **state)
{
    static const char bytes[] = "'\"$\\-/*()[];:.,?=+@#{} \nEuUnNxXbB&019_azAZ\x80\x95\xe4$$''";
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t len = round % 97;
        uint8_t *text = malloc(len == 0 ? 1 : len);
        uint8_t small[SHAPE_ROOM_MIN];
        uint8_t large[2048];
        assert_non_null(text);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525 + 1013904223;
            text[i] = (uint8_t)bytes[(seed >> 16) % (sizeof bytes - 1)];
        }
        struct shape_options options = {
                .encoding = (enum shape_encoding)(round % 4), .backslashes = round % 8 > 3};
        struct shape one;
        struct shape other;
        shape_of(sl_span(text, len), options,
                (struct shape_room){.text = small, .text_max = sizeof small}, &one);
        shape_of(sl_span(text, len), options,
                (struct shape_room){.text = large, .text_max = sizeof large}, &other);
        free(text);
        assert_true(one.key.hi == other.key.hi && one.key.lo == other.key.lo);
        assert_memory_equal(small, large, one.text_len);
        assert_int_equal(other.flags & SHAPE_CUT, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(literals_of_every_form_are_question_marks),
            cmocka_unit_test(names_are_folded_unless_quoted),
            cmocka_unit_test(comments_and_spaces_leave_no_trace),
            cmocka_unit_test(operators_end_where_postgresql_ends_them),
            cmocka_unit_test(only_lists_of_literals_are_collapsed),
            cmocka_unit_test(numbers_that_say_what_stay),
            cmocka_unit_test(secrets_are_never_shown),
            cmocka_unit_test(a_text_that_breaks_off_has_one_shape),
            cmocka_unit_test(backslashes_count_when_the_session_says_so),
            cmocka_unit_test(a_text_under_unknown_rules_has_one_shape),
            cmocka_unit_test(characters_are_not_cut_in_unsafe_encodings),
            cmocka_unit_test(an_encoding_is_known_by_all_its_names),
            cmocka_unit_test(literals_are_found_where_they_were),
            cmocka_unit_test(statements_are_counted),
            cmocka_unit_test(the_highest_parameter_is_known),
            cmocka_unit_test(what_may_stack_up_is_counted),
            cmocka_unit_test(a_cut_text_has_the_key_of_the_whole),
            cmocka_unit_test(of_a_very_long_text_the_beginning_is_read),
            cmocka_unit_test(a_number_has_its_minus_and_ends_as_in_postgres_16),
            cmocka_unit_test(a_long_run_of_signs_is_read_once),
            cmocka_unit_test(any_bytes_have_a_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
