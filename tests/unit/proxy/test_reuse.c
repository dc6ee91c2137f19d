/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reuse.h"

#include "protocol/front.h"
#include "protocol/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what was seen ---- */

static void a_text_is_enough_seen_after_so_many_times(void **state)
{
    struct reuse_seen *seen = reuse_seen_new();

    (void)state;
    assert_non_null(seen);
    for (int i = 0; i < 3; i++) {
        assert_null(reuse_seen_again(seen, 7, 3));
    }
    assert_non_null(reuse_seen_again(seen, 7, 3));
    assert_non_null(reuse_seen_again(seen, 7, 3));
    assert_null(reuse_seen_again(seen, 8, 3));
    free(seen);
}

static void one_that_is_refused_is_not_looked_at_again(void **state)
{
    struct reuse_seen *seen = reuse_seen_new();

    (void)state;
    assert_non_null(seen);
    assert_null(reuse_seen_again(seen, 7, 1));
    struct reuse_text *text = reuse_seen_again(seen, 7, 1);
    assert_non_null(text);
    text->is_refused = true;
    assert_null(reuse_seen_again(seen, 7, 1));
    free(seen);
}

static void who_comes_more_often_keeps_the_place_of_two(void **state)
{
    struct reuse_seen *seen = reuse_seen_new();

    (void)state;
    assert_non_null(seen);
    for (uint64_t i = 0; i < 10; i++) {
        (void)reuse_seen_again(seen, 7, 2);
        if (i % 3 == 0) {
            assert_null(reuse_seen_again(seen, 7 + REUSE_SEEN, 2));
        }
    }
    assert_non_null(reuse_seen_again(seen, 7, 2));
    /* And loses it to one that comes while it does not, however often it came before. */
    for (int i = 0; i < 10000; i++) {
        (void)reuse_seen_again(seen, 7, 2);
    }
    for (int i = 0; i < REUSE_STAYS + 3; i++) {
        (void)reuse_seen_again(seen, 7 + REUSE_SEEN, 2);
    }
    assert_null(reuse_seen_again(seen, 7, 2));
    for (int i = 0; i < 3; i++) {
        (void)reuse_seen_again(seen, 7 + REUSE_SEEN, 2);
    }
    assert_non_null(reuse_seen_again(seen, 7 + REUSE_SEEN, 2));
    free(seen);
}

/* ---- texts ---- */

static void only_what_is_planned_is_kept(void **state)
{
    static const char *const planned[] = {"select 1", "SELECT 1", " \n(select 1)",
            "-- a line\nselect 1", "/* a */ /* b /**/ c */select 1", "insert into t values (1)",
            "with x as (select 1) select 2", "values (1)", "merge into t", "update t set a = 1",
            "delete from t", "select 'a constant'"};
    static const char *const others[] = {"", "begin", "set x = 1", "selected", "select1",
            "-- select 1", "/* select 1", "/* a /* b */ select 1 */ set x = 1", "copy t from stdin",
            "deallocate all", "select 'now'::timestamptz", "explain select 1", "fetch c",
            "execute a", "listen a", "create table t ()", "truncate t", ";select 1"};

    (void)state;
    for (size_t i = 0; i < sizeof planned / sizeof *planned; i++) {
        assert_true(reuse_is_planned(sl_span_text(planned[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(reuse_is_planned(sl_span_text(others[i])));
    }
}

/* ---- requests ---- */

static struct sl_buf buf;

static void put(char what)
{
    static const uint8_t no_types[] = "select 1\0\0";
    static const uint8_t one_value[] = {0, 0, 0, 1, 0, 0, 0, 1, '1', 0, 0};
    static const uint8_t no_value[] = {0, 0, 0, 0, 0, 0};
    static const uint8_t bad[] = {0, 9};
    struct sl_span none = sl_span_text("");
    struct sl_span name = sl_span_text("n");
    enum sl_err err = SL_EINVAL;

    switch (what) {
    case 'P':
        err = front_put_parse(&buf, none, sl_span(no_types, sizeof no_types));
        break;
    case 'p':
        err = front_put_parse(&buf, name, sl_span(no_types, sizeof no_types));
        break;
    case 'B':
    case 'b':
        err = front_put_bind_head(
                &buf, none, none, what == 'B' ? sizeof no_value : sizeof one_value);
        err = err == SL_OK ? sl_buf_put(&buf, what == 'B' ? no_value : one_value,
                                     what == 'B' ? sizeof no_value : sizeof one_value)
                           : err;
        break;
    case 'n':
        err = front_put_bind_head(&buf, none, name, sizeof no_value);
        err = err == SL_OK ? sl_buf_put(&buf, no_value, sizeof no_value) : err;
        break;
    case 'x':
        err = front_put_bind_head(&buf, none, none, sizeof bad);
        err = err == SL_OK ? sl_buf_put(&buf, bad, sizeof bad) : err;
        break;
    case 'D':
    case 'd':
        err = front_put_describe(&buf, what == 'D' ? FRONT_PORTAL : FRONT_STATEMENT, none);
        break;
    case 'C':
    case 'c':
        err = front_put_close(&buf, what == 'C' ? FRONT_PORTAL : FRONT_STATEMENT, none);
        break;
    case 'E':
        err = front_put_execute(&buf, none, 0);
        break;
    case 'S':
        err = front_put_sync(&buf);
        break;
    case 'H':
        err = front_put_flush(&buf);
        break;
    case 'Q':
        err = front_put_query(&buf, sl_span_text("select 1"));
        break;
    default:
        break;
    }
    assert_int_equal(err, SL_OK);
}

static struct sl_span request_of(const char *messages)
{
    sl_buf_fini(&buf);
    sl_buf_init(&buf, 1 << 20);
    for (; *messages != '\0'; messages++) {
        put(*messages);
    }
    return sl_buf_borrow(&buf);
}

static void a_request_is_alone_up_to_its_sync(void **state)
{
    static const char *const alone[] = {
            "PBS", "PBES", "PBDES", "PbDES", "PBECES", "PBDS", "PBEEES"};
    static const char *const others[] = {"PS", "PdS", "PES", "PBEPBES", "PBEH", "PBEQ", "PBEdS",
            "PBEcS", "PBBES", "PBESP", "PBESS", "PnES", "PxES", "PpBES"};

    (void)state;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        unsigned params = 99;
        struct sl_span request = request_of(alone[i]);
        assert_int_equal(reuse_look(request, &params), REUSE_ALONE);
        assert_int_equal(params, strchr(alone[i], 'b') != NULL ? 1 : 0);
        /* Whatever is missing may still come. */
        size_t parse = (size_t)sl_get_u32(request.at + 1) + 1;
        for (size_t len = parse; len < request.len; len++) {
            assert_int_equal(reuse_look(sl_span(request.at, len), &params), REUSE_MORE);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        unsigned params = 0;
        assert_int_equal(reuse_look(request_of(others[i]), &params), REUSE_OTHER);
    }
    sl_buf_fini(&buf);
    sl_buf_init(&buf, 1);
}

static void a_long_request_is_none_to_keep(void **state)
{
    unsigned params = 0;

    (void)state;
    sl_buf_fini(&buf);
    sl_buf_init(&buf, 1 << 20);
    put('P');
    put('B');
    while (sl_buf_borrow(&buf).len <= REUSE_REQUEST_MAX) {
        put('E');
    }
    assert_int_equal(reuse_look(sl_buf_borrow(&buf), &params), REUSE_OTHER);
    put('S');
    assert_int_equal(reuse_look(sl_buf_borrow(&buf), &params), REUSE_OTHER);
    sl_buf_fini(&buf);
    sl_buf_init(&buf, 1);
}

/* ---- age, errors ---- */

static void what_is_old_is_not_fresh(void **state)
{
    struct reuse_age age = {.uses = REUSE_USES_MAX - 1, .epoch = reuse_epoch(), .made_at = 100};

    (void)state;
    assert_true(reuse_is_fresh(&age, 109, 10));
    assert_false(reuse_is_fresh(&age, 110, 10));
    assert_true(reuse_is_fresh(&age, INT64_MAX, 0));
    age.uses++;
    assert_false(reuse_is_fresh(&age, 100, 0));
    age.uses = 0;
    assert_true(reuse_is_fresh(&age, 100, 0));
    reuse_changed();
    assert_false(reuse_is_fresh(&age, 100, 0));
}

static void errors_of_the_moment_are_not_repeated(void **state)
{
    static const char *const again[] = {"0A000", "22P02", "22003", "26000", "42P01", "42601",
            "42501", "25006", "3F000", "08P01", "P0001", "XX000", "54001", "23514"};
    static const char *const told[] = {
            "57014", "57P01", "40P01", "40001", "55P03", "53200", "58030", "53300"};

    (void)state;
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        assert_true(reuse_repeats(again[i]));
    }
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        assert_false(reuse_repeats(told[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_text_is_enough_seen_after_so_many_times),
            cmocka_unit_test(one_that_is_refused_is_not_looked_at_again),
            cmocka_unit_test(who_comes_more_often_keeps_the_place_of_two),
            cmocka_unit_test(only_what_is_planned_is_kept),
            cmocka_unit_test(a_request_is_alone_up_to_its_sync),
            cmocka_unit_test(a_long_request_is_none_to_keep),
            cmocka_unit_test(what_is_old_is_not_fresh),
            cmocka_unit_test(errors_of_the_moment_are_not_repeated),
    };
    sl_buf_init(&buf, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
