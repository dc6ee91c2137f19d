/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/jobs.c - a bounded queue and the threads that empty it.
 *
 * The threads give way: a login that waits a millisecond is nothing, a query that
 * waits one because of a login is what this pool is there to prevent. So they run
 * as a batch, which does not interrupt a worker, and at a low priority.
 */
#include "proxy/jobs.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

enum { JOBS_THREADS_MAX = 64, JOBS_NICE = 10 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first; /* under LOCK, as all below but threads */
    struct job **last; /* where the next one goes; NULL while not started */
    unsigned queued;
    bool is_stopping;
    pthread_t threads[JOBS_THREADS_MAX]; /* constant after start */
    unsigned threads_count;              /* constant after start */
} jobs = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static void job_deliver(struct letter *letter, struct worker *worker)
{
    struct job *job = SL_CONTAINER(letter, struct job, letter);

    job->done(job, worker);
}

/* The next job, or NULL when there will be none. */
static struct job *jobs_take(void)
{
    pthread_mutex_lock(&jobs.lock);
    while (jobs.first == NULL && !jobs.is_stopping) {
        pthread_cond_wait(&jobs.wake, &jobs.lock);
    }
    struct job *job = jobs.first;
    if (job != NULL) {
        jobs.first = job->next;
        jobs.queued--;
        if (jobs.first == NULL) {
            jobs.last = &jobs.first;
        }
    }
    pthread_mutex_unlock(&jobs.lock);
    return job;
}

static void give_way(void)
{
    struct sched_param none = {.sched_priority = 0};

    /* On Linux both are of the thread, not of the process; refusal only costs the courtesy. */
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), JOBS_NICE);
}

static void *jobs_main(void *unused)
{
    (void)unused;
    give_way();
    for (struct job *job = jobs_take(); job != NULL; job = jobs_take()) {
        job->run(job);
        mailbox_post(job->home, &job->letter);
    }
    return NULL;
}

enum sl_err jobs_start(unsigned threads)
{
    SL_CHECK(jobs.threads_count == 0);
    if (threads == 0 || threads > JOBS_THREADS_MAX) {
        return SL_EINVAL;
    }
    pthread_mutex_lock(&jobs.lock);
    jobs.first = NULL;
    jobs.last = &jobs.first;
    jobs.queued = 0;
    jobs.is_stopping = false;
    pthread_mutex_unlock(&jobs.lock);

    /* Signals are the control thread's: a thread inherits what is blocked here. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (jobs.threads_count < threads &&
            pthread_create(&jobs.threads[jobs.threads_count], NULL, jobs_main, NULL) == 0) {
        pthread_setname_np(jobs.threads[jobs.threads_count], "crypto");
        jobs.threads_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (jobs.threads_count < threads) {
        jobs_stop();
        return SL_ENOMEM;
    }
    return SL_OK;
}

void jobs_stop(void)
{
    pthread_mutex_lock(&jobs.lock);
    jobs.is_stopping = true;
    pthread_cond_broadcast(&jobs.wake);
    pthread_mutex_unlock(&jobs.lock);
    while (jobs.threads_count > 0) {
        jobs.threads_count--;
        pthread_join(jobs.threads[jobs.threads_count], NULL);
    }
}

enum sl_err jobs_submit(struct job *job)
{
    SL_DCHECK(job->run != NULL && job->done != NULL && job->home != NULL);
    job->letter.deliver = job_deliver;
    job->next = NULL;

    pthread_mutex_lock(&jobs.lock);
    bool takes = jobs.last != NULL && !jobs.is_stopping && jobs.queued < JOBS_QUEUED_MAX;
    if (takes) {
        *jobs.last = job;
        jobs.last = &job->next;
        jobs.queued++;
        pthread_cond_signal(&jobs.wake);
    }
    pthread_mutex_unlock(&jobs.lock);
    return takes ? SL_OK : SL_ELIMIT;
}
