/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/jobs.h - the crypto threads: work too slow for a worker.
 *
 * TLS handshakes, PBKDF2 and certificate loading are done here. A job is run on
 * one of the threads, then its letter is posted to the mailbox it came with, and
 * done() is called there, on the submitter's thread.
 *
 * Ownership: the job belongs to the pool from jobs_submit() until done().
 * Threads: jobs_submit() any. Bounds: at most JOBS_QUEUED_MAX wait; beyond that
 * jobs_submit() answers SL_ELIMIT and the login is refused with 53300.
 */
#ifndef SLUICE_PROXY_JOBS_H
#define SLUICE_PROXY_JOBS_H

#include "proxy/mailbox.h"

enum { JOBS_QUEUED_MAX = 16384 };

struct job {
    struct letter letter;         /* first: the pool's own */
    void (*run)(struct job *job); /* on a crypto thread */
    void (*done)(struct job *job, struct worker *worker);
    struct mailbox *home; /* where done() is called */
    struct job *next;
};

SL_MUST_CHECK enum sl_err jobs_start(unsigned threads);
/* Runs what is queued, then joins the threads. */
void jobs_stop(void);
SL_MUST_CHECK enum sl_err jobs_submit(struct job *job);

#endif
