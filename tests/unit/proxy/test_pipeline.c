/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* What the hooks were called for, in order: "+a" on_statement, "-a" on_end, ... */
static char told[256];
static unsigned resumed;

struct actor {
    char letter;
    enum stage_verdict verdict;
    enum stage_verdict then; /* after STAGE_WAIT */
    bool resumes_at_once;
    bool waits_when_done;
};

static void tell(char what, const struct actor *actor)
{
    size_t len = strlen(told);

    snprintf(told + len, sizeof told - len, "%c%c ", what, actor->letter);
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    const struct actor *actor = self;

    tell('+', actor);
    assert_true(stmt->stage < STMT_STAGES_MAX);
    if (stmt->is_resumed && actor->verdict == STAGE_WAIT) {
        return actor->then;
    }
    if (actor->resumes_at_once) {
        stmt_resume(stmt);
    }
    return actor->verdict;
}

static void on_dispatch(void *self, struct stmt *stmt)
{
    (void)stmt;
    tell('>', self);
}

static void on_reply(void *self, struct stmt *stmt, struct sl_span message)
{
    (void)stmt;
    assert_true(sl_span_is(message, "message"));
    tell('<', self);
}

static enum stage_verdict on_done(void *self, struct stmt *stmt)
{
    const struct actor *actor = self;

    tell('.', actor);
    return actor->waits_when_done && !stmt->is_resumed ? STAGE_WAIT : STAGE_NEXT;
}

static void on_end(void *self, struct stmt *stmt)
{
    (void)stmt;
    tell('-', self);
}

#define TYPE(of)                                                                                   \
    {                                                                                              \
        .name = #of, .phase = of, .on_statement = on_statement, .on_dispatch = on_dispatch,        \
        .on_reply = on_reply, .on_done = on_done, .on_end = on_end                                 \
    }

static const struct stage_type observe = TYPE(STAGE_OBSERVE);
static const struct stage_type guard = TYPE(STAGE_GUARD);
static const struct stage_type lookup = TYPE(STAGE_LOOKUP);
static const struct stage_type route = TYPE(STAGE_ROUTE);
static const struct stage_type demanding = {.name = "demanding",
        .phase = STAGE_LOOKUP,
        .is_on_demand = true,
        .on_statement = on_statement,
        .on_reply = on_reply,
        .on_done = on_done,
        .on_end = on_end};
static const struct stage_type silent = {
        .name = "silent", .phase = STAGE_GUARD, .on_statement = on_statement};

static void resume(struct stmt *stmt)
{
    (void)stmt;
    resumed++;
}

static void begin(struct pipeline *pipeline, struct stmt *stmt)
{
    memset(pipeline, 0, sizeof *pipeline);
    *stmt = (struct stmt){.resume = resume};
    told[0] = '\0';
    resumed = 0;
}

static void add(struct pipeline *pipeline, const struct stage_type *type, struct actor *actor)
{
    pipeline_add(pipeline, (struct stage){.type = type, .self = actor});
}

static void an_empty_pipeline_lets_everything_pass(void **state)
{
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_NEXT);
    pipeline_end(&pipeline, &stmt);
    assert_false(pipeline.taps & STAGE_TAP_REPLY);
}

static void phases_have_their_order_and_within_one_that_of_adding(void **state)
{
    struct actor a = {.letter = 'a'};
    struct actor b = {.letter = 'b'};
    struct actor c = {.letter = 'c'};
    struct actor d = {.letter = 'd'};
    struct actor e = {.letter = 'e'};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &route, &d);
    add(&pipeline, &lookup, &c);
    add(&pipeline, &guard, &a);
    add(&pipeline, &observe, &e);
    add(&pipeline, &guard, &b);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_NEXT);
    assert_string_equal(told, "+e +a +b +c +d ");
    told[0] = '\0';
    pipeline_dispatch(&pipeline, &stmt);
    pipeline_reply(&pipeline, &stmt, sl_span_text("message"));
    assert_int_equal(pipeline_done(&pipeline, &stmt), STAGE_NEXT);
    assert_string_equal(told, ">e >a >b >c >d <e <a <b <c <d .e .a .b .c .d ");
    told[0] = '\0';
    pipeline_end(&pipeline, &stmt);
    assert_string_equal(told, "-d -c -b -a -e ");
}

static void who_answers_or_refuses_ends_the_walk(void **state)
{
    static const enum stage_verdict ends[] = {STAGE_ANSWERED, STAGE_REFUSED};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(ends); i++) {
        struct actor a = {.letter = 'a'};
        struct actor b = {.letter = 'b', .verdict = ends[i]};
        struct actor c = {.letter = 'c'};
        struct pipeline pipeline;
        struct stmt stmt;
        begin(&pipeline, &stmt);
        add(&pipeline, &observe, &a);
        add(&pipeline, &guard, &b);
        add(&pipeline, &route, &c);
        assert_int_equal(pipeline_run(&pipeline, &stmt), ends[i]);
        assert_false(stmt.is_waiting);
        pipeline_end(&pipeline, &stmt);
        assert_string_equal(told, "+a +b -b -a "); /* who was not entered is not ended */
    }
}

static void after_a_wait_who_waited_is_asked_again(void **state)
{
    struct actor a = {.letter = 'a'};
    struct actor b = {.letter = 'b', .verdict = STAGE_WAIT};
    struct actor c = {.letter = 'c', .verdict = STAGE_ANSWERED};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &guard, &a);
    add(&pipeline, &lookup, &b);
    add(&pipeline, &lookup, &c);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_WAIT);
    assert_true(stmt.is_waiting);
    assert_string_equal(told, "+a +b ");
    stmt_resume(&stmt);
    assert_int_equal(resumed, 1);
    assert_false(stmt.is_waiting);
    assert_string_equal(told, "+a +b "); /* never inside the caller */
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_ANSWERED);
    pipeline_end(&pipeline, &stmt);
    assert_string_equal(told, "+a +b +b +c -c -b -a ");
}

static void a_stage_may_resume_before_it_has_returned(void **state)
{
    struct actor a = {.letter = 'a', .verdict = STAGE_WAIT, .resumes_at_once = true};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &lookup, &a);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_WAIT);
    assert_int_equal(resumed, 1);
    assert_false(stmt.is_waiting);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_NEXT);
    pipeline_end(&pipeline, &stmt);
    assert_string_equal(told, "+a +a -a ");
}

static void who_waited_may_answer_then(void **state)
{
    struct actor a = {.letter = 'a'};
    struct actor b = {.letter = 'b', .verdict = STAGE_WAIT, .then = STAGE_ANSWERED};
    struct actor c = {.letter = 'c'};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &guard, &a);
    add(&pipeline, &lookup, &b);
    add(&pipeline, &lookup, &c);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_WAIT);
    stmt_resume(&stmt);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_ANSWERED);
    pipeline_end(&pipeline, &stmt);
    assert_string_equal(told, "+a +b +b -b -a ");
}

static void who_waits_when_done_holds_up_those_behind(void **state)
{
    struct actor a = {.letter = 'a'};
    struct actor b = {.letter = 'b', .waits_when_done = true};
    struct actor c = {.letter = 'c'};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &guard, &a);
    add(&pipeline, &lookup, &b);
    add(&pipeline, &lookup, &c);
    assert_true(pipeline.taps & STAGE_TAP_DONE);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_NEXT);
    told[0] = '\0';
    assert_int_equal(pipeline_done(&pipeline, &stmt), STAGE_WAIT);
    assert_true(stmt.is_waiting);
    assert_string_equal(told, ".a .b ");
    stmt_resume(&stmt);
    assert_string_equal(told, ".a .b "); /* never inside the caller */
    assert_int_equal(pipeline_done(&pipeline, &stmt), STAGE_NEXT);
    assert_false(stmt.is_waiting);
    assert_int_equal(pipeline_done(&pipeline, &stmt), STAGE_NEXT); /* nobody is asked twice */
    assert_string_equal(told, ".a .b .b .c ");
}

static void every_stage_that_was_entered_ends_once(void **state)
{
    struct actor a = {.letter = 'a'};
    struct actor b = {.letter = 'b', .verdict = STAGE_WAIT};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &guard, &a);
    add(&pipeline, &lookup, &b);
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_WAIT);
    stmt_resume(&stmt);
    pipeline_end(&pipeline, &stmt); /* its client is gone: no further stage is asked */
    pipeline_end(&pipeline, &stmt);
    assert_string_equal(told, "+a +b -b -a ");
}

static void all_hooks_but_one_may_be_missing(void **state)
{
    struct actor a = {.letter = 'a'};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &silent, &a);
    assert_int_equal(pipeline.taps, 0); /* then replies need not be made whole */
    assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_NEXT);
    pipeline_dispatch(&pipeline, &stmt);
    pipeline_reply(&pipeline, &stmt, sl_span_text("message"));
    assert_int_equal(pipeline_done(&pipeline, &stmt), STAGE_NEXT);
    pipeline_end(&pipeline, &stmt);
    assert_string_equal(told, "+a ");
    add(&pipeline, &lookup, &a);
    assert_true(pipeline.taps & STAGE_TAP_REPLY);
}

/* Its hooks cost statements nothing that it does not want them for. */
static void a_stage_on_demand_hears_of_what_it_asked_for(void **state)
{
    struct actor a = {.letter = 'a'};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    add(&pipeline, &demanding, &a);
    assert_int_equal(pipeline.taps, 0);
    for (unsigned taps = 0; taps <= (STAGE_TAP_REPLY | STAGE_TAP_DONE); taps++) {
        static const char *const expected[] = {"+a -a ", "+a <a -a ", "+a .a -a ", "+a <a .a -a "};
        stmt = (struct stmt){.resume = resume};
        told[0] = '\0';
        assert_int_equal(pipeline_run(&pipeline, &stmt), STAGE_NEXT);
        stmt.taps = (uint8_t)taps;
        pipeline_reply(&pipeline, &stmt, sl_span_text("message"));
        assert_int_equal(pipeline_done(&pipeline, &stmt), STAGE_NEXT);
        pipeline_end(&pipeline, &stmt);
        assert_string_equal(told, expected[taps]);
    }
}

static unsigned unseen;

static void on_unseen(void *self, struct stage_transaction *transaction)
{
    (void)self;
    assert_int_equal(transaction->database, 7);
    unseen++;
}

static void on_transaction(
        void *self, struct stage_transaction *transaction, enum stage_standing standing)
{
    assert_non_null(transaction->state);
    tell((char)standing, self);
    if (standing == STAGE_IDLE) {
        transaction->state = NULL;
    }
}

/* Nobody is told of a transaction that he keeps nothing of. */
static void a_keeper_hears_of_what_it_keeps(void **state)
{
    static const struct stage_type keeping = {.name = "keeping",
            .phase = STAGE_LOOKUP,
            .on_statement = on_statement,
            .on_unseen = on_unseen,
            .on_transaction = on_transaction};
    struct stage_transaction transaction = {.state = NULL, .database = 7};
    struct actor a = {.letter = 'a'};
    struct actor b = {.letter = 'b'};
    struct pipeline pipeline;
    struct stmt stmt;

    (void)state;
    begin(&pipeline, &stmt);
    assert_false(pipeline.has_unseen);
    add(&pipeline, &keeping, &b);
    add(&pipeline, &guard, &a); /* ahead of it */
    assert_true(pipeline.has_unseen);
    pipeline_unseen(&pipeline, &transaction);
    assert_int_equal(unseen, 1);
    pipeline_transaction(&pipeline, &transaction, STAGE_OPEN);
    assert_string_equal(told, "");
    transaction.state = &a;
    pipeline_transaction(&pipeline, &transaction, STAGE_OPEN);
    pipeline_transaction(&pipeline, &transaction, STAGE_IDLE);
    pipeline_transaction(&pipeline, &transaction, STAGE_IDLE);
    assert_string_equal(told, "Tb Ib ");
    transaction.state = &a;
    pipeline_transaction(&pipeline, &transaction, STAGE_LOST);
    assert_null(transaction.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_empty_pipeline_lets_everything_pass),
            cmocka_unit_test(phases_have_their_order_and_within_one_that_of_adding),
            cmocka_unit_test(who_answers_or_refuses_ends_the_walk),
            cmocka_unit_test(after_a_wait_who_waited_is_asked_again),
            cmocka_unit_test(who_waited_may_answer_then),
            cmocka_unit_test(a_stage_may_resume_before_it_has_returned),
            cmocka_unit_test(who_waits_when_done_holds_up_those_behind),
            cmocka_unit_test(every_stage_that_was_entered_ends_once),
            cmocka_unit_test(all_hooks_but_one_may_be_missing),
            cmocka_unit_test(a_stage_on_demand_hears_of_what_it_asked_for),
            cmocka_unit_test(a_keeper_hears_of_what_it_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
