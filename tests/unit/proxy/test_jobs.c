/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/jobs.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { JOBS = 2000, PATIENCE_MS = 20000 };

struct sum {
    struct job job;
    unsigned number;
    unsigned result; /* written on a crypto thread, read at home */
    pthread_t ran_on;
    unsigned *done_count;
};

static struct mailbox home;

static int begin(void **state)
{
    (void)state;
    return mailbox_init(&home) == SL_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    mailbox_fini(&home);
    return 0;
}

static void run(struct job *job)
{
    struct sum *sum = SL_CONTAINER(job, struct sum, job);

    sum->result = sum->number * 2;
    sum->ran_on = pthread_self();
}

static void done(struct job *job, struct worker *worker)
{
    struct sum *sum = SL_CONTAINER(job, struct sum, job);

    assert_null(worker);
    assert_int_equal(sum->result, sum->number * 2);
    assert_false(pthread_equal(sum->ran_on, pthread_self()));
    ++*sum->done_count;
}

static void submit(struct sum *sum, unsigned number, unsigned *done_count)
{
    *sum = (struct sum){.job = {.run = run, .done = done, .home = &home},
            .number = number,
            .done_count = done_count};
    assert_int_equal(jobs_submit(&sum->job), SL_OK);
}

static void deliver_until(const unsigned *done_count, unsigned wanted)
{
    while (*done_count < wanted) {
        struct pollfd event = {.fd = home.wake_fd, .events = POLLIN};
        assert_int_equal(poll(&event, 1, PATIENCE_MS), 1);
        mailbox_deliver(&home, NULL);
    }
}

static void every_job_is_run_elsewhere_and_comes_home_once(void **state)
{
    static struct sum sums[JOBS];
    unsigned done_count = 0;

    (void)state;
    assert_int_equal(jobs_start(3), SL_OK);
    for (unsigned i = 0; i < JOBS; i++) {
        submit(&sums[i], i, &done_count);
    }
    deliver_until(&done_count, JOBS);
    jobs_stop();
    mailbox_deliver(&home, NULL);
    assert_int_equal(done_count, JOBS);
}

static void stopping_runs_what_is_queued(void **state)
{
    static struct sum sums[JOBS];
    unsigned done_count = 0;

    (void)state;
    assert_int_equal(jobs_start(1), SL_OK);
    for (unsigned i = 0; i < JOBS; i++) {
        submit(&sums[i], i, &done_count);
    }
    jobs_stop();
    mailbox_deliver(&home, NULL);
    assert_int_equal(done_count, JOBS);
}

static void after_stopping_nothing_is_taken(void **state)
{
    struct sum late = {.job = {.run = run, .done = done, .home = &home}};

    (void)state;
    assert_int_equal(jobs_start(1), SL_OK);
    jobs_stop();
    assert_int_equal(jobs_submit(&late.job), SL_ELIMIT);
}

/* ---- the bound ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void run_at_gate(struct job *job)
{
    (void)job;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void done_at_gate(struct job *job, struct worker *worker)
{
    (void)job;
    (void)worker;
}

static void the_queue_is_bounded(void **state)
{
    struct job *many = calloc(JOBS_QUEUED_MAX + 2, sizeof *many);
    unsigned taken = 0;

    (void)state;
    assert_non_null(many);
    pthread_mutex_lock(&gate);
    assert_int_equal(jobs_start(1), SL_OK);
    for (unsigned i = 0; i < JOBS_QUEUED_MAX + 2; i++) {
        many[i] = (struct job){.run = run_at_gate, .done = done_at_gate, .home = &home};
        taken += jobs_submit(&many[i]) == SL_OK ? 1 : 0;
    }
    /* One may have left the queue for the thread. */
    assert_in_range(taken, JOBS_QUEUED_MAX, JOBS_QUEUED_MAX + 1);
    pthread_mutex_unlock(&gate);
    jobs_stop();
    assert_int_equal(mailbox_deliver(&home, NULL), taken);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    every_job_is_run_elsewhere_and_comes_home_once, begin, end),
            cmocka_unit_test_setup_teardown(stopping_runs_what_is_queued, begin, end),
            cmocka_unit_test_setup_teardown(after_stopping_nothing_is_taken, begin, end),
            cmocka_unit_test_setup_teardown(the_queue_is_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
