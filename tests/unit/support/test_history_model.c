/* SPDX-License-Identifier: PostgreSQL */
/*
 * Random histories of a store that is simulated, with many sessions that overlap: where it does nothing
 * wrong nothing is reported, and where a cache before it makes a mistake now and then something is.
 *
 * Each operation has a moment at which it takes effect, between its start and its end; those moments are
 * gone through in order. The cache keeps one version a register, takes what it reads, and forgets what is
 * written - unless the mistake says otherwise. A direct write it hears of `delay` later.
 */
#include "tests/support/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SESSIONS = 12, REGISTERS = 6, OPS = 20000, DELAY = 500, ONE_IN = 1000 };

enum mistake {
    NO_CACHE, /* and then it is linearizable, and every third read is of a number without order */
    NONE,
    FORGETS,    /* an invalidation, now and then */
    FILLS_LATE, /* keeps what was read before a write that came meanwhile */
    HEARS_LATE, /* of a direct write, later than the bound */
    LOSES       /* a write that was acknowledged */
};

struct planned {
    uint64_t invoked;
    uint64_t effect;
    uint64_t returned;
    uint32_t reg;
    uint16_t session;
    bool is_write;
};

struct sim {
    uint64_t state;
    enum mistake mistake;
    uint32_t version[REGISTERS];
    uint32_t cached[REGISTERS];    /* 0: nothing */
    uint64_t forget_at[REGISTERS]; /* the cache hears of a direct write; 0: of none */
    uint32_t odd;                  /* how many mistakes were made */
};

static unsigned roll(struct sim *sim, unsigned sides)
{
    sim->state = sim->state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(sim->state >> 33) % sides;
}

static int by_effect(const void *one, const void *other)
{
    const struct planned *at = one;
    const struct planned *to = other;

    return at->effect < to->effect ? -1 : at->effect > to->effect;
}

/* The last session writes past the cache; some others write through it. */
static bool is_direct(unsigned session)
{
    return session == SESSIONS - 1;
}

static void plan(struct sim *sim, struct planned *plans)
{
    uint64_t now[SESSIONS] = {0};

    for (size_t i = 0; i < OPS; i++) {
        unsigned session = roll(sim, SESSIONS);
        struct planned *op = &plans[i];

        op->session = (uint16_t)session;
        op->reg = roll(sim, 3) == 0 ? roll(sim, REGISTERS) : 0;
        op->is_write = is_direct(session) || (session < 4 && roll(sim, 3) == 0);
        op->invoked = now[session] + 1 + roll(sim, 100);
        op->effect = op->invoked + roll(sim, 300);
        op->returned = op->effect + roll(sim, 300);
        now[session] = op->returned + 1;
    }
    qsort(plans, OPS, sizeof *plans, by_effect);
}

static uint32_t read_cached(struct sim *sim, const struct planned *op)
{
    uint32_t *cached = &sim->cached[op->reg];

    if (sim->mistake == NO_CACHE) {
        return sim->version[op->reg];
    }
    if (sim->forget_at[op->reg] != 0 && sim->forget_at[op->reg] <= op->effect) {
        *cached = 0;
        sim->forget_at[op->reg] = 0;
    }
    if (*cached == 0) {
        *cached = sim->version[op->reg];
        /* As it was before a write that came while it was read. */
        if (sim->mistake == FILLS_LATE && *cached > 1 && roll(sim, ONE_IN / 10) == 0) {
            --*cached;
            sim->odd++;
        }
    }
    return *cached;
}

static uint32_t write_through(struct sim *sim, const struct planned *op)
{
    uint32_t version = ++sim->version[op->reg];

    if (sim->mistake == LOSES && roll(sim, ONE_IN) == 0) {
        sim->version[op->reg]--;
        sim->odd++;
        return version;
    }
    if (is_direct(op->session)) {
        uint64_t delay = sim->mistake == HEARS_LATE && roll(sim, 20) == 0 ? 20 * DELAY : DELAY;
        if (sim->forget_at[op->reg] == 0 || delay > DELAY) {
            sim->forget_at[op->reg] = op->effect + delay;
        }
        sim->odd += delay > DELAY;
    } else if (sim->mistake == FORGETS && roll(sim, ONE_IN) == 0) {
        sim->odd++;
    } else if (sim->cached[op->reg] != 0) {
        sim->cached[op->reg] = 0;
        sim->forget_at[op->reg] = 0;
    }
    return version;
}

static void ignore(void *self, const struct history_op *write)
{
    (void)self;
    (void)write;
}

static uint32_t answer(void *self, uint32_t reg, uint32_t version, uint8_t question)
{
    (void)self;
    (void)reg;
    (void)question;
    return version % 5;
}

static struct history_op done(struct sim *sim, const struct planned *plan)
{
    struct history_op op = {.invoked = plan->invoked,
            .returned = plan->returned,
            .reg = plan->reg,
            .session = plan->session,
            .path = is_direct(plan->session) ? HISTORY_DIRECT : HISTORY_A,
            .kind = plan->is_write ? HISTORY_WRITE : HISTORY_READ};

    op.version = plan->is_write ? write_through(sim, plan) : read_cached(sim, plan);
    op.tag = op.version;
    if (sim->mistake == NO_CACHE && op.kind == HISTORY_READ && roll(sim, 3) == 0) {
        op.kind = HISTORY_SEEN;
        op.tag = answer(NULL, op.reg, op.version, 0);
        op.version = 0;
    }
    return op;
}

static struct history_rules rules_for(enum mistake mistake)
{
    static const struct history_oracle oracle = {
            .forward = ignore, .back = ignore, .answer = answer};
    struct history_rules rules = {
            .registers = REGISTERS, .sessions = SESSIONS, .bound_ns = DELAY + 300};

    if (mistake == NO_CACHE) {
        rules.bound_ns = 0;
        rules.order = HISTORY_BY_ALL;
        rules.oracle = &oracle;
    }
    return rules;
}

/* Faults found in so many histories; *odd: mistakes that were made in them. */
static struct history_found run(enum mistake mistake, unsigned rounds, uint32_t *odd)
{
    const struct history_rules rules = rules_for(mistake);
    struct history_found found = {.faults = 0};
    struct planned *plans = malloc(OPS * sizeof *plans);

    assert_non_null(plans);
    *odd = 0;
    for (unsigned seed = 1; seed <= rounds; seed++) {
        struct sim sim = {.state = (uint64_t)seed * 977, .mistake = mistake};
        struct history *history = history_new(&rules);
        struct history_log logs[SESSIONS];

        for (unsigned i = 0; i < SESSIONS; i++) {
            assert_true(history_log_init(&logs[i], OPS));
        }
        for (uint32_t reg = 0; reg < REGISTERS; reg++) {
            sim.version[reg] = 1;
            history_floor(history, reg, 1, 1, NULL);
        }
        plan(&sim, plans);
        for (size_t i = 0; i < OPS; i++) {
            const struct history_op op = done(&sim, &plans[i]);
            history_note(&logs[op.session], &op);
        }
        assert_true(history_check(history, logs, SESSIONS, &found));
        for (uint32_t reg = 0; reg < REGISTERS; reg++) {
            history_floor(history, reg, sim.version[reg], 0, &found);
        }
        for (unsigned i = 0; i < SESSIONS; i++) {
            history_log_free(&logs[i]);
        }
        history_free(history);
        *odd += sim.odd;
    }
    free(plans);
    return found;
}

static void what_can_be_is_not_reported(void **state)
{
    uint32_t odd;
    struct history_found found = run(NONE, 20, &odd);

    (void)state;
    if (found.faults != 0) {
        history_print("no mistake", &found, NULL);
    }
    assert_int_equal(found.faults, 0);
    assert_true(found.behind > 1000); /* there was something to allow */
    assert_in_range(found.stalest_ns, 1, DELAY + 300);
    assert_int_equal(history_reads(&found) + found.writes[HISTORY_A] + found.writes[HISTORY_DIRECT],
            20 * OPS);
}

static void a_linearizable_store_is_not_reported(void **state)
{
    uint32_t odd;
    struct history_found found = run(NO_CACHE, 20, &odd);

    (void)state;
    if (found.faults != 0) {
        history_print("no cache", &found, NULL);
    }
    assert_int_equal(found.faults, 0);
    assert_int_equal(found.behind, 0);
}

static void expect_found(enum mistake mistake, enum history_fault fault)
{
    uint32_t odd;
    struct history_found found = run(mistake, 20, &odd);

    print_message("%u mistakes, %u faults\n", odd, (unsigned)found.faults);
    assert_true(odd > 0);
    assert_true(found.by_fault[fault] > 0);
}

static void an_invalidation_that_is_forgotten_is_found(void **state)
{
    (void)state;
    expect_found(FORGETS, HISTORY_STALE);
    expect_found(FORGETS, HISTORY_OWN_UNSEEN);
}

static void a_late_fill_is_found(void **state)
{
    (void)state;
    expect_found(FILLS_LATE, HISTORY_STALE);
}

static void staleness_beyond_the_bound_is_found(void **state)
{
    (void)state;
    expect_found(HEARS_LATE, HISTORY_TOO_OLD);
}

static void a_lost_write_is_found(void **state)
{
    (void)state;
    expect_found(LOSES, HISTORY_TWICE);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(a_linearizable_store_is_not_reported),
            cmocka_unit_test(what_can_be_is_not_reported),
            cmocka_unit_test(an_invalidation_that_is_forgotten_is_found),
            cmocka_unit_test(a_late_fill_is_found),
            cmocka_unit_test(staleness_beyond_the_bound_is_found),
            cmocka_unit_test(a_lost_write_is_found),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
