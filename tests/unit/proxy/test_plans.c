/* SPDX-License-Identifier: PostgreSQL */
/* proxy/plans.h: a shape is parsed once, its plan is kept within bounds and lives while lent. */
#include "proxy/plans.h"

#include "protocol/sql_facts.h"
#include "proxy/parser.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct plans_limits roomy = {.plans_max = 10000, .bytes_max = 32 << 20};

static struct sl_hash128 key_of(const char *text)
{
    return sl_hash128(sl_span_text(text));
}

static bool want(const char *text)
{
    return plans_want(key_of(text), sl_span_text(text), sl_span_text("the shape"));
}

static struct plans_counts counted(void)
{
    struct plans_counts counts;

    plans_counts(&counts);
    return counts;
}

/* Until the parser has answered all there is. */
static void await_plans(void)
{
    while (counted().pending > 0) {
        sched_yield();
    }
}

static void start(const struct plans_limits *limits, parser_work *work)
{
    assert_int_equal(plans_start(limits), SL_OK);
    assert_int_equal(parser_start(work), SL_OK);
}

static void stop(void)
{
    parser_stop();
    plans_stop();
}

/* ---- work that waits ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;   /* under LOCK */
static unsigned works; /* under LOCK */

static void gated_work(struct sl_span text, struct parser_answer *answer)
{
    (void)text;
    pthread_mutex_lock(&lock);
    works++;
    pthread_cond_broadcast(&changed);
    while (!is_open) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    answer->err = SL_OK;
}

static void set_gate(bool open)
{
    pthread_mutex_lock(&lock);
    is_open = open;
    works = open ? works : 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void await_work(void)
{
    pthread_mutex_lock(&lock);
    while (works == 0) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- tests ---- */

static void a_wanted_plan_is_there_some_time_later(void **state)
{
    (void)state;
    start(&roomy, NULL);
    assert_null(plans_find(key_of("select a from t")));
    want("select a from t");
    want("selec");
    await_plans();
    const struct plan *plan = plans_find(key_of("select a from t"));
    assert_non_null(plan);
    assert_int_equal(plan->kind, PLAN_KNOWN);
    assert_int_equal(plan->facts->kind, SQL_SELECT);
    assert_true(plan->fingerprint != 0);
    assert_string_equal(plan->text, "the shape");
    const struct plan *broken = plans_find(key_of("selec"));
    assert_non_null(broken);
    assert_int_equal(broken->kind, PLAN_NO_SQL);
    assert_null(broken->facts);
    plan_unref(broken);
    assert_int_equal(counted().plans, 2);
    stop();
    assert_string_equal(sql_facts_name(plan->facts, plan->facts->tables[0].name), "t"); /* lent */
    plan_unref(plan);
}

static void a_text_that_is_not_parsed_is_kept_until_somebody_wants_it_parsed(void **state)
{
    const char *text = "select a from t";
    const struct sl_hash128 key = key_of(text);

    (void)state;
    start(&roomy, NULL);
    plans_keep(key, sl_span_text("its shape"));
    const struct plan *unread = plans_find(key);
    assert_non_null(unread);
    assert_int_equal(unread->kind, PLAN_UNREAD);
    assert_null(unread->facts);
    assert_string_equal(unread->text, "its shape");
    assert_int_equal(counted().wanted, 0);
    want(text);
    await_plans();
    const struct plan *plan = plans_find(key);
    assert_int_equal(plan->kind, PLAN_KNOWN);
    assert_string_equal(unread->text, "its shape"); /* lent */
    plan_unref(unread);
    plans_keep(key, sl_span_text("its shape"));
    unread = plans_find(key);
    assert_ptr_equal(unread, plan); /* it does not go for less */
    plan_unref(unread);
    plan_unref(plan);
    assert_int_equal(counted().plans, 1);
    assert_int_equal(counted().dropped, 0);
    stop();
}

static void a_shape_is_asked_for_once(void **state)
{
    char text[8];

    (void)state;
    set_gate(false);
    start(&roomy, gated_work);
    for (int i = 0; i < 100; i++) {
        want("select 1");
    }
    assert_int_equal(counted().wanted, 1);
    assert_int_equal(counted().pending, 1);
    assert_null(plans_find(key_of("select 1")));                    /* pending is not there */
    assert_true(plans_text(key_of("select 1"), text, sizeof text)); /* but for its text */
    assert_string_equal(text, "the sha");
    assert_false(plans_text(key_of("select 2"), text, sizeof text));
    assert_string_equal(text, "");
    set_gate(true);
    await_plans();
    want("select 1");
    assert_int_equal(counted().wanted, 1);
    assert_true(plans_text(key_of("select 1"), text, sizeof text));
    assert_string_equal(text, "the sha");
    stop();
    assert_int_equal(works, 1);
}

static void a_full_parser_is_asked_again_later(void **state)
{
    (void)state;
    char text[32];

    set_gate(false);
    start(&roomy, gated_work);
    want("select first");
    await_work(); /* or it would leave the queue when that is already found full */
    for (unsigned i = 0; parser_has_room(); i++) {
        (void)snprintf(text, sizeof text, "select %u", i);
        want(text);
    }
    uint64_t wanted = counted().wanted;
    assert_false(want("select late"));
    assert_true(want("select first")); /* on its way */
    assert_int_equal(counted().wanted, wanted);
    set_gate(true);
    await_plans();
    assert_true(want("select late"));
    await_plans();
    const struct plan *plan = plans_find(key_of("select late"));
    assert_non_null(plan);
    plan_unref(plan);
    stop();
}

static void expect_unread(const char *text)
{
    const struct plan *plan = plans_find(key_of(text));

    assert_non_null(plan);
    assert_int_equal(plan->kind, PLAN_UNREAD);
    assert_string_equal(plan->text, "the shape");
    plan_unref(plan);
}

static void a_parser_that_is_off_costs_no_texts(void **state)
{
    char text[32];

    (void)state;
    set_gate(false);
    start(&roomy, gated_work);
    for (unsigned i = 0; !parser_is_off(); i++) {
        set_gate(false);
        (void)snprintf(text, sizeof text, "select %u", i);
        assert_true(want(text));
        await_work();
        parser_watch(sl_now() + PARSER_STUCK_USEC + SL_SECOND);
    }
    assert_true(want("select late"));
    expect_unread("select late");
    assert_true(want("select late")); /* it is not asked for again and again */
    assert_int_equal(counted().wanted, PARSER_THREADS_MAX);
    assert_int_equal(counted().dropped, 0);
    set_gate(true);
    stop();
}

static void a_text_that_is_never_taken_is_kept(void **state)
{
    static char text[SQL_TEXT_MAX + 2];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    start(&roomy, NULL);
    assert_true(want(text));
    expect_unread(text);
    assert_int_equal(counted().wanted, 0);
    stop();
}

static void plans_stay_within_their_bounds(void **state)
{
    (void)state;
    static const struct plans_limits tight = {.plans_max = 160, .bytes_max = 1 << 20};
    char text[64];

    start(&tight, NULL);
    want("select kept");
    want("select wanted");
    await_plans();
    uint64_t before = plans_evicted();
    for (unsigned i = 0; i < 3000; i++) {
        (void)snprintf(text, sizeof text, "select c%u from t where a = 1", i);
        want(text);
        await_plans();
        plan_unref(plans_find(key_of("select kept"))); /* is asked for all the time */
        assert_true(want("select wanted"));
        struct plans_counts counts = counted();
        assert_true(counts.plans <= 160);
        assert_true(counts.bytes <= 1 << 20);
    }
    assert_true(counted().evicted > 2000);
    assert_int_equal(plans_evicted() - before, counted().evicted);
    assert_int_equal(counted().wanted, 3002); /* the two were never out */
    const struct plan *kept = plans_find(key_of("select kept"));
    assert_non_null(kept);
    plan_unref(kept);
    stop();
}

static void bytes_are_a_bound_of_their_own(void **state)
{
    (void)state;
    static const struct plans_limits tight = {.plans_max = 10000, .bytes_max = 65536};
    char text[64];

    start(&tight, NULL);
    for (unsigned i = 0; i < 500; i++) {
        (void)snprintf(text, sizeof text, "select c%u from t where a = 1", i);
        want(text);
        await_plans();
        assert_true(counted().bytes <= 65536);
    }
    assert_true(counted().evicted > 100);
    stop();
}

static void what_is_pending_when_it_stops_is_forgotten(void **state)
{
    (void)state;
    set_gate(false);
    start(&roomy, gated_work);
    want("select 1");
    want("select 2");
    parser_stop(); /* both are given up: the first is at the gate */
    assert_int_equal(counted().pending, 0);
    plans_stop();
    set_gate(true);
}

static void *find_and_want(void *arg)
{
    unsigned *found = arg;
    char text[64];

    for (unsigned i = 0; i < 4000; i++) {
        (void)snprintf(text, sizeof text, "select c%u from t", i % 300);
        const struct plan *plan = plans_find(key_of(text));
        if (plan == NULL) {
            want(text);
        } else {
            *found += plan->facts->tables_count;
        }
        plan_unref(plan);
    }
    return NULL;
}

static void many_workers_share_them(void **state)
{
    (void)state;
    static const struct plans_limits tight = {.plans_max = 160, .bytes_max = 1 << 20};
    pthread_t threads[4];
    unsigned found[4] = {0};

    start(&tight, NULL);
    for (size_t i = 0; i < SL_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, find_and_want, &found[i]), 0);
    }
    for (size_t i = 0; i < SL_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    await_plans();
    assert_true(counted().plans <= 160);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_wanted_plan_is_there_some_time_later),
            cmocka_unit_test(a_text_that_is_not_parsed_is_kept_until_somebody_wants_it_parsed),
            cmocka_unit_test(a_shape_is_asked_for_once),
            cmocka_unit_test(a_full_parser_is_asked_again_later),
            cmocka_unit_test(a_parser_that_is_off_costs_no_texts),
            cmocka_unit_test(a_text_that_is_never_taken_is_kept),
            cmocka_unit_test(plans_stay_within_their_bounds),
            cmocka_unit_test(bytes_are_a_bound_of_their_own),
            cmocka_unit_test(what_is_pending_when_it_stops_is_forgotten),
            cmocka_unit_test(many_workers_share_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
