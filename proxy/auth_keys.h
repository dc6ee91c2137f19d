/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_keys.h - SCRAM keys that a password came to, so as not to do it again.
 *
 * PBKDF2 is slow by design. Its result for a password, a salt and a number of
 * iterations never changes, so a bounded number of them is kept: a client who
 * comes again, and a server that is connected to again, costs one HMAC.
 *
 * The cache is found by a keyed hash of the password, never the password itself.
 * What is derived of a password that somebody said and that may be wrong is kept
 * apart, lest it push out what is of use.
 *
 * Ownership: one cache for the process, wiped by auth_keys_clear(). Threads: any;
 * auth_keys_submit()'s done() comes on home's thread.
 * Bounds: AUTH_KEYS_MAX entries, AUTH_KEYS_GUESS_MAX of guesses.
 */
#ifndef SLUICE_PROXY_AUTH_KEYS_H
#define SLUICE_PROXY_AUTH_KEYS_H

#include "protocol/base/span.h"
#include "proxy/auth_credentials.h"
#include "proxy/jobs.h"

enum {
    AUTH_KEYS_MAX = 8192,
    AUTH_KEYS_GUESS_MAX = 1024,
    AUTH_KEYS_SALT_MAX = 64,
    AUTH_KEYS_ITERATIONS_MAX = 10000000 /* a server may not keep a crypto thread for long */
};

struct auth_keys {
    uint8_t client_key[CREDENTIALS_KEY_BYTES];
    uint8_t server_key[CREDENTIALS_KEY_BYTES];
};

/* One derivation: fill in the first group, then submit. Owned by the pool until done(). */
struct auth_keys_job {
    struct job job; /* first */

    char *password; /* the job's own copy; wiped and freed by auth_keys_job_fini() */
    uint8_t salt[AUTH_KEYS_SALT_MAX];
    size_t salt_len;
    uint32_t iterations;
    bool is_guess; /* of a password not known to be right: kept apart */
    bool is_dummy; /* only for the time that it takes: neither looked up nor kept */

    enum sl_err err; /* of the derivation; keys are there when SL_OK */
    struct auth_keys keys;
};

/* SL_ELIMIT: salt or iterations out of bounds. */
SL_MUST_CHECK enum sl_err auth_keys_job_init(
        struct auth_keys_job *job, const char *password, struct sl_span salt, uint32_t iterations);
void auth_keys_job_fini(struct auth_keys_job *job); /* zeroed is fine */

/* Are the job's keys known already? Then they are in job->keys, err is SL_OK and no job is needed. */
bool auth_keys_find(struct auth_keys_job *job);

/* As jobs_submit(); what comes out is kept for the next time. */
SL_MUST_CHECK enum sl_err auth_keys_submit(struct auth_keys_job *job, struct mailbox *home,
        void (*done)(struct job *job, struct worker *worker));

/* Wipes all; at the end of the process, and in tests. */
void auth_keys_clear(void);

#endif
