/* SPDX-License-Identifier: PostgreSQL */
/*
 * Every kind of fault is found where it is planted, with the two operations in question; and nothing is
 * said of histories that can be. Times are small numbers, and sessions write into one log in turn.
 */
#include "tests/support/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(ops) (sizeof(ops) / sizeof((ops)[0]))

enum { A = HISTORY_A, B = HISTORY_B, DIRECT = HISTORY_DIRECT };

static struct history_op write_of(
        uint32_t version, unsigned session, unsigned path, uint64_t invoked, uint64_t returned)
{
    return (struct history_op){.kind = HISTORY_WRITE,
            .version = version,
            .tag = version * 10,
            .session = (uint16_t)session,
            .path = (uint8_t)path,
            .invoked = invoked,
            .returned = returned};
}

static struct history_op read_of(
        uint32_t version, unsigned session, unsigned path, uint64_t invoked, uint64_t returned)
{
    struct history_op op = write_of(version, session, path, invoked, returned);

    op.kind = HISTORY_READ;
    op.tag = 0;
    return op;
}

static struct history_op other_kind(struct history_op op, enum history_kind kind)
{
    op.kind = (uint8_t)kind;
    return op;
}

static struct history_op with_tag(struct history_op op, uint32_t tag)
{
    op.tag = tag;
    return op;
}

/* Linearizable as it is; cases weaken it. */
static const struct history_rules STRICT = {.registers = 4, .sessions = 8, .order = HISTORY_BY_ALL};

static struct history_found check(
        const struct history_rules *rules, const struct history_op *ops, size_t count)
{
    struct history_found found = {.faults = 0};
    struct history_op copies[32];
    const struct history_log log = {.ops = copies, .count = count, .max = count};
    struct history *history = history_new(rules);

    assert_non_null(history);
    assert_in_range(count, 0, COUNT(copies));
    memcpy(copies, ops, count * sizeof *ops);
    for (uint32_t reg = 0; reg < rules->registers; reg++) {
        history_floor(history, reg, 1, 10, NULL);
    }
    assert_true(history_check(history, &log, 1, &found));
    history_free(history);
    return found;
}

/* Just that one, of these two; other: 0 for none, or its version. */
static void expect(const struct history_rules *rules, const struct history_op *ops, size_t count,
        enum history_fault fault, uint32_t other)
{
    struct history_found found = check(rules, ops, count);

    if (found.faults != 1 || found.by_fault[fault] != 1) {
        history_print(history_fault_text(fault), &found, NULL);
        fail();
    }
    assert_int_equal(found.reports[0].fault, fault);
    assert_int_equal(found.reports[0].has_other, other != 0);
    assert_int_equal(found.reports[0].other.version, other);
}

static void expect_none(
        const struct history_rules *rules, const struct history_op *ops, size_t count)
{
    struct history_found found = check(rules, ops, count);

    if (found.faults != 0) {
        history_print("legal", &found, NULL);
        fail();
    }
}

#define FOUND(rules, fault, other, ...)                                                            \
    do {                                                                                           \
        const struct history_op planted[] = {__VA_ARGS__};                                         \
        expect(rules, planted, COUNT(planted), fault, other);                                      \
    } while (0)

#define LEGAL(rules, ...)                                                                          \
    do {                                                                                           \
        const struct history_op legal[] = {__VA_ARGS__};                                           \
        expect_none(rules, legal, COUNT(legal));                                                   \
    } while (0)

static void an_old_answer_is_stale(void **state)
{
    (void)state;
    FOUND(&STRICT, HISTORY_STALE, 2, write_of(2, 0, A, 10, 20), read_of(1, 1, A, 30, 40));
    FOUND(&STRICT, HISTORY_STALE, 3, write_of(2, 0, A, 10, 20), write_of(3, 0, A, 21, 25),
            read_of(2, 1, A, 30, 40));
    /* Said of the first that should have been seen. */
    FOUND(&STRICT, HISTORY_STALE, 2, write_of(2, 0, A, 10, 20), write_of(3, 0, A, 21, 25),
            read_of(1, 1, A, 30, 40));
    FOUND(&STRICT, HISTORY_STALE, 0, read_of(0, 1, A, 30, 40)); /* before all that is known */
}

static void overlapping_reads_may_see_either(void **state)
{
    (void)state;
    LEGAL(&STRICT, write_of(2, 0, A, 10, 50), read_of(1, 1, A, 20, 30), read_of(2, 2, A, 20, 30));
    /* They overlap each other, and it is new then old by their ends only. */
    LEGAL(&STRICT, write_of(2, 0, A, 10, 50), read_of(2, 1, A, 20, 30), read_of(1, 2, A, 25, 45));
    LEGAL(&STRICT, write_of(2, 0, A, 10, 20),
            read_of(1, 1, A, 20, 40)); /* touching is overlapping */
    LEGAL(&STRICT, write_of(2, 0, A, 10, 20), write_of(3, 1, A, 12, 22), read_of(1, 2, A, 5, 11),
            read_of(2, 2, A, 12, 21), read_of(3, 2, A, 22, 40));
}

static void new_then_old_is_found(void **state)
{
    const struct history_rules by_session = {
            .registers = 4, .sessions = 8, .order = HISTORY_BY_SESSION};
    const struct history_rules by_none = {.registers = 4, .sessions = 8};

    (void)state;
    FOUND(&STRICT, HISTORY_BACKWARDS, 2, write_of(2, 0, A, 10, 90), read_of(2, 1, A, 20, 30),
            read_of(1, 2, A, 31, 40));
    FOUND(&STRICT, HISTORY_BACKWARDS_IN_SESSION, 2, write_of(2, 0, A, 10, 90),
            read_of(2, 1, A, 20, 30), read_of(1, 1, A, 31, 40));
    LEGAL(&by_session, write_of(2, 0, A, 10, 90), read_of(2, 1, A, 20, 30),
            read_of(1, 2, A, 31, 40));
    FOUND(&by_session, HISTORY_BACKWARDS_IN_SESSION, 2, write_of(2, 0, A, 10, 90),
            read_of(2, 1, A, 20, 30), read_of(1, 1, A, 31, 40));
    LEGAL(&by_none, write_of(2, 0, A, 10, 90), read_of(2, 1, A, 20, 30), read_of(1, 1, A, 31, 40));
}

/* In a pipeline, too: by the order in which it sent. */
static void own_writes_are_seen(void **state)
{
    (void)state;
    FOUND(&STRICT, HISTORY_OWN_UNSEEN, 2, write_of(2, 1, A, 10, 50), read_of(1, 1, A, 11, 60));
    LEGAL(&STRICT, write_of(2, 0, A, 10, 50), read_of(1, 1, A, 11, 60));
    FOUND(&STRICT, HISTORY_NOT_OWN, 0, with_tag(other_kind(read_of(1, 0, A, 5, 6), HISTORY_OWN), 2),
            write_of(2, 0, A, 10, 50));
    LEGAL(&STRICT, with_tag(other_kind(read_of(2, 0, A, 5, 6), HISTORY_OWN), 2),
            write_of(2, 0, A, 10, 50));
}

static void a_bound_is_for_other_paths_only(void **state)
{
    const struct history_rules bounded = {.registers = 4, .sessions = 8, .bound_ns = 100};
    struct history_found found;
    const struct history_op late[] = {write_of(2, 0, DIRECT, 10, 20), read_of(1, 1, A, 90, 95),
            write_of(3, 0, DIRECT, 91, 94), read_of(1, 2, A, 115, 130)};

    (void)state;
    FOUND(&bounded, HISTORY_TOO_OLD, 2, write_of(2, 0, DIRECT, 10, 20), read_of(1, 1, A, 121, 140));
    FOUND(&bounded, HISTORY_TOO_OLD, 2, write_of(2, 0, B, 10, 20), read_of(1, 1, A, 121, 140));
    FOUND(&bounded, HISTORY_STALE, 2, write_of(2, 0, A, 10, 20), read_of(1, 1, A, 21, 40));
    FOUND(&bounded, HISTORY_STALE, 2, write_of(2, 0, DIRECT, 10, 20),
            read_of(1, 1, DIRECT, 21, 40));
    LEGAL(&bounded, write_of(2, 0, DIRECT, 10, 20), read_of(1, 1, A, 120, 140));
    found = check(&bounded, late, COUNT(late));
    assert_int_equal(found.faults, 0);
    assert_int_equal(found.behind, 2);
    assert_int_equal(found.stalest_ns, 95);
    assert_int_equal(found.stalest.op.session, 2);
    assert_int_equal(found.stalest.other.version, 2);
}

static void what_never_was_is_found(void **state)
{
    (void)state;
    FOUND(&STRICT, HISTORY_UNWRITTEN, 0, write_of(2, 0, A, 10, 20), read_of(3, 1, A, 30, 40));
    FOUND(&STRICT, HISTORY_UNWRITTEN, 0, read_of(HISTORY_NONSENSE, 1, A, 30, 40));
    FOUND(&STRICT, HISTORY_EARLY, 2, read_of(2, 1, A, 5, 9), write_of(2, 0, A, 10, 20));
    FOUND(&STRICT, HISTORY_TORN, 2, write_of(2, 0, A, 10, 20),
            with_tag(read_of(2, 1, A, 30, 40), 7));
    FOUND(&STRICT, HISTORY_TORN, 0, with_tag(read_of(1, 1, A, 30, 40), 7));
    LEGAL(&STRICT, write_of(2, 0, A, 10, 20), with_tag(read_of(2, 1, A, 30, 40), 20));
    /* Between two writes of one transaction. */
    FOUND(&STRICT, HISTORY_TORN, 2, other_kind(write_of(2, 0, A, 10, 20), HISTORY_INNER),
            write_of(3, 0, A, 10, 20), read_of(2, 1, A, 12, 40));
    LEGAL(&STRICT, other_kind(write_of(2, 0, A, 10, 20), HISTORY_INNER), write_of(3, 0, A, 10, 20),
            read_of(1, 1, A, 12, 40), read_of(3, 1, A, 41, 50));
}

static void writers_are_looked_at_too(void **state)
{
    (void)state;
    FOUND(&STRICT, HISTORY_TWICE, 2, write_of(2, 0, A, 10, 20), write_of(2, 1, A, 30, 40));
    FOUND(&STRICT, HISTORY_TWICE, 0, write_of(1, 0, A, 10, 20));
    FOUND(&STRICT, HISTORY_GAP, 0, write_of(3, 0, A, 10, 20), read_of(3, 0, A, 21, 30));
    FOUND(&STRICT, HISTORY_DISORDER, 3, write_of(3, 0, A, 10, 20), write_of(2, 1, A, 21, 30));
}

static void an_unknown_end_may_be_either(void **state)
{
    (void)state;
    LEGAL(&STRICT, other_kind(write_of(2, 0, A, 10, 20), HISTORY_MAYBE), read_of(1, 1, A, 30, 40),
            read_of(2, 1, A, 50, 60));
    LEGAL(&STRICT, other_kind(write_of(2, 0, A, 10, 20), HISTORY_MAYBE), read_of(1, 1, A, 30, 40),
            write_of(2, 1, A, 41, 42), with_tag(read_of(2, 1, A, 50, 60), 20));
    FOUND(&STRICT, HISTORY_BACKWARDS, 2, other_kind(write_of(2, 0, A, 10, 20), HISTORY_MAYBE),
            read_of(2, 1, A, 30, 40), read_of(1, 2, A, 50, 60));
    FOUND(&STRICT, HISTORY_STALE, 3, other_kind(write_of(2, 0, A, 10, 20), HISTORY_MAYBE),
            write_of(3, 1, A, 21, 22), read_of(2, 2, A, 50, 60));
}

static void registers_are_apart(void **state)
{
    struct history_op write = write_of(2, 0, A, 10, 20);

    (void)state;
    write.reg = 3;
    LEGAL(&STRICT, write, read_of(1, 1, A, 30, 40));
}

/* ---- answers without a version: no row at even versions, else the version ---- */

static void nothing(void *self, const struct history_op *op)
{
    int *at = self;

    *at += op->kind == HISTORY_WRITE;
}

static void nothing_back(void *self, const struct history_op *op)
{
    int *at = self;

    *at -= op->kind == HISTORY_WRITE;
}

static uint32_t only_odd(void *self, uint32_t reg, uint32_t version, uint8_t question)
{
    const int *at = self;

    (void)reg;
    (void)question;
    assert_int_equal((int)version - 1, *at); /* it is where it was led */
    return version % 2 == 1 ? version : 0;
}

static struct history_op seen(
        uint32_t answer, unsigned session, unsigned path, uint64_t invoked, uint64_t returned)
{
    struct history_op op = read_of(0, session, path, invoked, returned);

    op.kind = HISTORY_SEEN;
    op.tag = answer;
    return op;
}

static void answers_without_a_version_are_found(void **state)
{
    int at = 0;
    const struct history_oracle oracle = {
            .self = &at, .forward = nothing, .back = nothing_back, .answer = only_odd};
    const struct history_rules rules = {
            .registers = 4, .sessions = 8, .order = HISTORY_BY_ALL, .oracle = &oracle};
    const struct history_op two = write_of(2, 0, A, 10, 20);
    const struct history_op three = write_of(3, 0, A, 30, 40);
    const struct history_op four = write_of(4, 0, A, 50, 60);

    (void)state;
    LEGAL(&rules, two, three, four, seen(1, 1, A, 1, 2), seen(0, 1, A, 21, 22),
            seen(3, 1, A, 41, 42), seen(0, 1, A, 61, 62));
    LEGAL(&rules, two, three, four, seen(0, 1, A, 41, 55)); /* 4, and not 2 */
    FOUND(&rules, HISTORY_STALE, 3, two, three, four, seen(0, 1, A, 41, 45));
    FOUND(&rules, HISTORY_STALE, 2, two, three, four, seen(1, 1, A, 21, 29));
    FOUND(&rules, HISTORY_EARLY, 3, two, three, four, seen(3, 1, A, 21, 29));
    FOUND(&rules, HISTORY_UNWRITTEN, 0, two, three, four, seen(9, 1, A, 21, 29));
    const struct history_op back[] = {
            two, three, four, seen(3, 1, A, 31, 32), seen(0, 2, A, 33, 35)};
    struct history_found found = check(&rules, back, COUNT(back));
    assert_int_equal(found.faults, 1);
    assert_int_equal(found.by_fault[HISTORY_BACKWARDS], 1);
    assert_int_equal(found.reports[0].other.tag, 3);
    assert_int_equal(at, 0);
}

/* ---- windows ---- */

static void one_window_follows_another(void **state)
{
    const struct history_rules bounded = {.registers = 1, .sessions = 8, .bound_ns = 100};
    struct history_op first[] = {write_of(2, 0, DIRECT, 10, 20), write_of(3, 0, DIRECT, 21, 30)};
    struct history_op second[] = {read_of(2, 1, A, 130, 140), read_of(1, 1, A, 120, 140),
            read_of(2, 1, A, 131, 140), write_of(4, 1, A, 150, 160)};
    struct history_found found = {.faults = 0};
    struct history_log log = {.ops = first, .count = 2, .max = 2, .missed = 0};
    struct history *history = history_new(&bounded);

    (void)state;
    history_floor(history, 0, 1, 0, NULL);
    assert_true(history_check(history, &log, 1, &found));
    history_floor(history, 0, 3, 30, &found);
    assert_int_equal(found.faults, 0);
    log = (struct history_log){.ops = second, .count = 4, .max = 4, .missed = 0};
    assert_true(history_check(history, &log, 1, &found));
    assert_int_equal(found.faults, 1); /* 2 for longer than 100 */
    assert_int_equal(found.by_fault[HISTORY_TOO_OLD], 1);
    assert_int_equal(found.reports[0].op.invoked, 131);
    history_floor(history, 0, 3, 30, &found);
    assert_int_equal(found.by_fault[HISTORY_LOST], 1);
    log = (struct history_log){.ops = second, .count = 0, .max = 4, .missed = 0};
    assert_true(history_check(history, &log, 1, &found));
    history_floor(history, 0, 9, 0, &found);
    assert_int_equal(found.by_fault[HISTORY_UNWRITTEN], 1);
    log.missed = 1;
    assert_true(history_check(history, &log, 1, &found));
    assert_int_equal(found.by_fault[HISTORY_MISSED], 1);
    history_free(history);
}

static void reports_say_both_operations(void **state)
{
    const struct history_op ops[] = {write_of(2, 3, A, 10, 20), read_of(1, 1, A, 30, 40)};
    static const char *const questions[] = {"select one"};
    struct history_found found = check(&STRICT, ops, COUNT(ops));
    char text[HISTORY_TEXT_MAX];

    (void)state;
    history_report_text(&found.reports[0], questions, text);
    assert_string_equal(text,
            "stale: older than what was acknowledged before it was asked\n"
            "    select one: read of 0: version 1, tag 0, session 1 by a, 30 to 40\n"
            "    select one: write of 0: version 2, tag 20, session 3 by a, 10 to 20");
}

static void a_log_has_its_bound(void **state)
{
    const struct history_op op = read_of(1, 1, A, 1, 2);
    struct history_log log;

    (void)state;
    assert_true(history_log_init(&log, 2));
    for (int i = 0; i < 3; i++) {
        history_note(&log, &op);
    }
    assert_int_equal(log.count, 2);
    assert_int_equal(log.missed, 1);
    history_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(an_old_answer_is_stale),
            cmocka_unit_test(overlapping_reads_may_see_either),
            cmocka_unit_test(new_then_old_is_found),
            cmocka_unit_test(own_writes_are_seen),
            cmocka_unit_test(a_bound_is_for_other_paths_only),
            cmocka_unit_test(what_never_was_is_found),
            cmocka_unit_test(writers_are_looked_at_too),
            cmocka_unit_test(an_unknown_end_may_be_either),
            cmocka_unit_test(registers_are_apart),
            cmocka_unit_test(answers_without_a_version_are_found),
            cmocka_unit_test(one_window_follows_another),
            cmocka_unit_test(reports_say_both_operations),
            cmocka_unit_test(a_log_has_its_bound),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
