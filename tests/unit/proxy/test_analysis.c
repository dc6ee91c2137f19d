/* SPDX-License-Identifier: PostgreSQL */
/* proxy/analysis.h and proxy/analyst.h: what becomes of rows, and who is told when. */
#include "proxy/analysis.h"

#include "optimizer/shape_store.h"
#include "proxy/analyst.h"
#include "proxy/parser.h"
#include "proxy/plans.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 1200, TEXT_MAX = 96 };

#define MSEC ((sl_usec)1000)

static struct shape_store *store;

static int begin(void **state)
{
    const struct shape_limits limits = {.shapes_max = 4096, .bytes_max = 64 << 20};
    const struct plans_limits plans = {.plans_max = 10000, .bytes_max = 32 << 20};

    (void)state;
    store = shape_store_new(&limits);
    return store != NULL && plans_start(&plans) == SL_OK && parser_start(NULL) == SL_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    analyst_stop();
    parser_stop();
    plans_stop();
    shape_store_free(store);
    return 0;
}

/* ---- steps ---- */

static void count_usec(const char *text, uint32_t database, sl_usec usec)
{
    const struct shape_key key = {
            .shape = sl_hash128(sl_span_text(text)), .database = database, .user = 1, .node = 1};
    struct tally_sample sample = {.times = {[TALLY_TOTAL] = usec}};
    struct tally tally = {0};

    assert_int_equal(tally_add(&tally, NULL, &sample, sl_now()), SL_OK);
    shape_store_add(store, &key, &tally, sl_now());
    tally_fini(&tally, NULL);
}

/* Its plan will be there: of the same with a number for each placeholder. */
static void plan(const char *shape)
{
    char sql[TEXT_MAX];

    snprintf(sql, sizeof sql, "%s", shape);
    for (char *at = sql; (at = strchr(at, '?')) != NULL;) {
        *at = '1';
    }
    plans_want(sl_hash128(sl_span_text(shape)), sl_span_text(sql), sl_span_text(shape));
}

static void await_plans(void)
{
    struct plans_counts counts;

    do {
        sched_yield();
        plans_counts(&counts);
    } while (counts.pending > 0);
}

static const struct analysis *analysed(const struct workload *then, struct workload *now)
{
    const struct analysis_options options = {.now = sl_now(), .then = then, .then_at = 7};
    const struct analysis *analysis = NULL;

    assert_int_equal(analysis_new(store, &options, &analysis, now), SL_OK);
    assert_non_null(analysis);
    return analysis;
}

static void await_made(uint64_t made)
{
    struct analyst_status status;

    do {
        sched_yield();
        analyst_status(&status);
    } while (status.made < made || status.is_working);
    assert_int_equal(status.err, SL_OK);
}

/* ---- promises ---- */

static void nothing_is_an_analysis_without_groups(void **state)
{
    struct workload now;

    (void)state;
    const struct analysis *analysis = analysed(NULL, &now);
    assert_int_equal(analysis->shapes, 0);
    assert_int_equal(analysis->rows_count, 0);
    assert_true(analysis->drift < 0);
    analysis_unref(analysis);
    workload_fini(&now);
}

static void a_shape_of_two_databases_is_one(void **state)
{
    struct workload now;

    (void)state;
    plan("select total from orders where customer = ?");
    await_plans();
    count_usec("select total from orders where customer = ?", 1, 3 * MSEC);
    count_usec("select total from orders where customer = ?", 2, 5 * MSEC);
    const struct analysis *analysis = analysed(NULL, &now);
    assert_int_equal(analysis->shapes, 1);
    assert_int_equal(analysis->unread, 0);
    assert_int_equal(analysis->calls, 2);
    assert_int_equal(analysis->usec, 8 * MSEC);
    assert_int_equal(analysis->rows_count, 1);
    const struct analysis_group *group = &analysis->groups[0];
    assert_int_equal(group->shapes, 1);
    assert_int_equal(group->max_usec, 5 * MSEC);
    assert_string_equal(group->tables, "orders");
    assert_string_equal(group->text, "select total from orders where customer = ?");
    assert_string_equal(group->name, "select orders.customer, orders.total");
    analysis_unref(analysis);
    workload_fini(&now);
}

static void what_has_no_plan_is_counted_and_left_out(void **state)
{
    struct workload now;

    (void)state;
    plan("select 1");
    await_plans();
    count_usec("select 1", 1, MSEC);
    count_usec("select 2", 1, MSEC);
    count_usec("select 2", 2, MSEC);
    count_usec("select 3", 1, MSEC);
    const struct analysis *analysis = analysed(NULL, &now);
    assert_int_equal(analysis->shapes, 1);
    assert_int_equal(analysis->unread, 2);
    assert_int_equal(analysis->calls, 1);
    analysis_unref(analysis);
    workload_fini(&now);
}

static void what_is_no_sql_has_a_group_and_no_table(void **state)
{
    struct workload now;

    (void)state;
    plan("selekt all of it");
    await_plans();
    count_usec("selekt all of it", 1, MSEC);
    const struct analysis *analysis = analysed(NULL, &now);
    assert_int_equal(analysis->rows_count, 1);
    assert_string_equal(analysis->groups[0].tables, "");
    analysis_unref(analysis);
    workload_fini(&now);
}

static void of_many_tables_the_dearest_are_named(void **state)
{
    struct workload now;

    (void)state;
    plan("select a.x, b.y, c.z, d.w from a, b, s.c, d");
    plan("select y from b");
    await_plans();
    count_usec("select a.x, b.y, c.z, d.w from a, b, s.c, d", 1, MSEC);
    count_usec("select y from b", 1, 9 * MSEC);
    const struct analysis *analysis = analysed(NULL, &now);
    assert_int_equal(analysis->rows_count, 1);
    assert_int_equal(strncmp(analysis->groups[0].tables, "b, ", 3), 0);
    assert_non_null(strstr(analysis->groups[0].tables, " ..."));
    analysis_unref(analysis);
    workload_fini(&now);
}

static void drift_is_from_the_one_before(void **state)
{
    struct workload first;
    struct workload second;
    struct workload third;

    (void)state;
    plan("select total from orders where customer = ?");
    plan("update sensors set reading = ? where device = ?");
    await_plans();
    count_usec("select total from orders where customer = ?", 1, MSEC);
    analysis_unref(analysed(NULL, &first));
    const struct analysis *same = analysed(&first, &second);
    assert_true(same->drift >= 0 && same->drift < 1e-6);
    assert_int_equal(same->drift_since, 7);
    count_usec("update sensors set reading = ? where device = ?", 1, 999 * MSEC);
    const struct analysis *moved = analysed(&second, &third);
    assert_true(moved->drift > 0.5 && moved->drift <= 1);
    analysis_unref(same);
    analysis_unref(moved);
    workload_fini(&first);
    workload_fini(&second);
    workload_fini(&third);
}

static bool always(void *arg)
{
    ++*(unsigned *)arg;
    return true;
}

static void one_that_is_cancelled_leaves_nothing(void **state)
{
    unsigned asked = 0;
    const struct analysis_options options = {
            .now = sl_now(), .is_cancelled = always, .arg = &asked};
    const struct analysis *analysis = NULL;
    char text[TEXT_MAX];
    struct workload now;

    (void)state;
    memset(&now, 7, sizeof now);
    const struct workload before = now;
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "select a%d from t%d", i, i % 50);
        count_usec(text, 1, MSEC);
    }
    assert_int_equal(analysis_new(store, &options, &analysis, &now), SL_ETIMEOUT);
    assert_null(analysis);
    assert_memory_equal(&now, &before, sizeof now);
    assert_true(asked > 0);
}

static void the_latest_is_readable_while_another_takes_its_place(void **state)
{
    struct analyst_status status;

    (void)state;
    assert_false(analyst_ask());
    assert_int_equal(analyst_start(store, 0), SL_OK);
    assert_null(analyst_latest());
    analyst_status(&status);
    assert_true(status.is_there);
    plan("select total from orders where customer = ?");
    await_plans();
    count_usec("select total from orders where customer = ?", 1, MSEC);
    assert_true(analyst_ask());
    await_made(1);
    const struct analysis *first = analyst_latest();
    assert_int_equal(first->calls, 1);
    count_usec("select total from orders where customer = ?", 1, MSEC);
    assert_true(analyst_ask());
    await_made(2);
    const struct analysis *second = analyst_latest();
    assert_int_equal(second->calls, 2);
    assert_ptr_not_equal(first, second);
    analyst_stop();
    assert_int_equal(first->calls, 1);
    assert_string_equal(second->groups[0].tables, "orders");
    analysis_unref(first);
    analysis_unref(second);
    assert_null(analyst_latest());
    assert_false(analyst_ask());
}

static void the_first_comes_soon_and_the_next_when_told(void **state)
{
    struct analyst_status status;
    sl_usec now = sl_now();

    (void)state;
    assert_int_equal(analyst_start(store, 3600 * SL_SECOND), SL_OK);
    do { /* its thread says when */
        sched_yield();
        analyst_status(&status);
    } while (status.next_at == 0);
    assert_in_range(status.next_at - now, ANALYST_FIRST, ANALYST_FIRST + 60 * SL_SECOND);
    analyst_set_interval(SL_SECOND / 100);
    await_made(3);
    analyst_set_interval(0);
    do {
        sched_yield();
        analyst_status(&status);
    } while (status.next_at != 0 || status.is_working);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(nothing_is_an_analysis_without_groups),
            CASE(a_shape_of_two_databases_is_one),
            CASE(what_has_no_plan_is_counted_and_left_out),
            CASE(what_is_no_sql_has_a_group_and_no_table),
            CASE(of_many_tables_the_dearest_are_named),
            CASE(drift_is_from_the_one_before),
            CASE(one_that_is_cancelled_leaves_nothing),
            CASE(the_latest_is_readable_while_another_takes_its_place),
            CASE(the_first_comes_soon_and_the_next_when_told),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
