/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/analyst.h"

#include "optimizer/drift.h"
#include "protocol/base/log.h"
#include "proxy/analysis.h"
#include "proxy/statistics.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ANALYST_NICE = 10 };

/* From there on the load is worth another look (optimizer/README.md). */
#define MOVED 0.15

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;          /* the control thread's */
    struct shape_store *store; /* constant while there is a thread */
    atomic_bool is_stopping;   /* any thread */
    sl_usec interval;          /* under LOCK, as all below */
    sl_usec since;             /* what the interval counts from */
    bool is_asked;
    const struct analysis *latest;
    struct analyst_status status;
} analyst = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_cancelled(void *arg)
{
    (void)arg;
    return atomic_load_explicit(&analyst.is_stopping, memory_order_relaxed);
}

static void give_way(void)
{
    struct sched_param none = {.sched_priority = 0};

    /* On Linux both are of the thread, not of the process; refusal only costs the courtesy. */
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), ANALYST_NICE);
}

/* ---- when ---- */

static void plan_next_locked(void)
{
    sl_usec wait = analyst.interval;

    if (analyst.status.made == 0 && analyst.status.err == SL_OK && wait > ANALYST_FIRST) {
        wait = ANALYST_FIRST;
    }
    analyst.status.next_at = wait > 0 ? analyst.since + wait : 0;
}

static void wait_locked(void)
{
    struct timespec until = {.tv_sec = analyst.status.next_at / SL_SECOND,
            .tv_nsec = analyst.status.next_at % SL_SECOND * 1000};

    if (analyst.status.next_at == 0) {
        pthread_cond_wait(&analyst.wake, &analyst.lock);
    } else {
        (void)pthread_cond_timedwait(&analyst.wake, &analyst.lock, &until);
    }
}

/* False: it is to end. */
static bool wait_for_work(void)
{
    pthread_mutex_lock(&analyst.lock);
    plan_next_locked();
    while (!is_cancelled(NULL) && !analyst.is_asked &&
            (analyst.status.next_at == 0 || sl_now() < analyst.status.next_at)) {
        wait_locked();
    }
    analyst.is_asked = false;
    analyst.status.is_working = true;
    pthread_mutex_unlock(&analyst.lock);
    return !is_cancelled(NULL);
}

/* ---- what ---- */

/* made is NULL when that failed. */
static void publish(const struct analysis *made, enum sl_err err)
{
    pthread_mutex_lock(&analyst.lock);
    const struct analysis *before = analyst.latest;
    if (made != NULL) {
        analyst.latest = made;
        analyst.status.made++;
    }
    analyst.status.err = err;
    analyst.status.failed_at = err == SL_OK ? 0 : sl_now();
    analyst.status.is_working = false;
    analyst.since = sl_now();
    pthread_mutex_unlock(&analyst.lock);
    if (made != NULL) {
        analysis_unref(before);
    }
}

static void say(const struct analysis *made, enum sl_err err)
{
    if (err != SL_OK && err != SL_ETIMEOUT) {
        sl_log(SL_LOG_WARN, "workload_not_analysed", "reason=\"%s\"",
                err == SL_ENOMEM ? "out of memory" : "too much of it");
    } else if (err == SL_OK && made->drift > MOVED) {
        sl_log(SL_LOG_INFO, "workload_moved", "drift=%.3f groups=%u shapes=%u", made->drift,
                made->groups_count, made->shapes);
    }
}

/* then is what the next one is compared with; it stays when there is nothing in this one. */
static void work(struct workload *then, sl_usec *then_at)
{
    struct analysis_options options = {.now = sl_now(),
            .since = statistics_since(),
            .then = then->count > 0 ? then : NULL,
            .then_at = *then_at,
            .is_cancelled = is_cancelled};
    const struct analysis *made = NULL;
    struct workload now;

    enum sl_err err = analysis_new(analyst.store, &options, &made, &now);
    if (err == SL_OK && now.count > 0) {
        workload_fini(then);
        *then = now;
        *then_at = options.now;
    } else if (err == SL_OK) {
        workload_fini(&now);
    }
    say(made, err);
    publish(made, err);
}

static void *analyst_main(void *arg)
{
    struct workload then = {0};
    sl_usec then_at = 0;

    (void)arg;
    give_way();
    while (wait_for_work()) {
        work(&then, &then_at);
    }
    workload_fini(&then);
    return NULL;
}

/* ---- life ---- */

/* So that a clock that is set changes nothing. */
static bool init_wake(void)
{
    pthread_condattr_t attr;

    if (pthread_condattr_init(&attr) != 0) {
        return false;
    }
    bool is_made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(&analyst.wake, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return is_made;
}

enum sl_err analyst_start(struct shape_store *store, sl_usec interval)
{
    sigset_t all;
    sigset_t before;

    SL_CHECK(!analyst.status.is_there);
    if (!init_wake()) {
        return SL_ENOMEM;
    }
    analyst.store = store;
    analyst.interval = interval;
    analyst.since = sl_now();
    analyst.is_asked = false;
    analyst.status = (struct analyst_status){0};
    atomic_store(&analyst.is_stopping, false);
    sigfillset(&all); /* signals are the control thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&analyst.thread, NULL, analyst_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_cond_destroy(&analyst.wake);
        return SL_ENOMEM;
    }
    pthread_setname_np(analyst.thread, "analyst");
    pthread_mutex_lock(&analyst.lock);
    analyst.status.is_there = true;
    pthread_mutex_unlock(&analyst.lock);
    return SL_OK;
}

void analyst_stop(void)
{
    if (!analyst.status.is_there) {
        return;
    }
    pthread_mutex_lock(&analyst.lock);
    atomic_store(&analyst.is_stopping, true);
    pthread_cond_broadcast(&analyst.wake);
    pthread_mutex_unlock(&analyst.lock);
    pthread_join(analyst.thread, NULL); /* tens of milliseconds at the worst */
    pthread_cond_destroy(&analyst.wake);
    analysis_unref(analyst.latest);
    analyst.latest = NULL;
    analyst.store = NULL;
    analyst.status = (struct analyst_status){0};
}

void analyst_set_interval(sl_usec interval)
{
    pthread_mutex_lock(&analyst.lock);
    if (analyst.status.is_there && interval != analyst.interval) {
        analyst.interval = interval;
        plan_next_locked();
        pthread_cond_signal(&analyst.wake);
    }
    pthread_mutex_unlock(&analyst.lock);
}

bool analyst_ask(void)
{
    pthread_mutex_lock(&analyst.lock);
    bool is_there = analyst.status.is_there;
    if (is_there) {
        analyst.is_asked = true;
        pthread_cond_signal(&analyst.wake);
    }
    pthread_mutex_unlock(&analyst.lock);
    return is_there;
}

/* ---- reading ---- */

const struct analysis *analyst_latest(void)
{
    pthread_mutex_lock(&analyst.lock);
    const struct analysis *latest = analyst.latest == NULL ? NULL : analysis_ref(analyst.latest);
    pthread_mutex_unlock(&analyst.lock);
    return latest;
}

void analyst_status(struct analyst_status *status)
{
    pthread_mutex_lock(&analyst.lock);
    *status = analyst.status;
    pthread_mutex_unlock(&analyst.lock);
}
