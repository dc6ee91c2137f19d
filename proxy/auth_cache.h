/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_cache.h - what auth_query answered a moment ago.
 *
 * A login storm must not become a query storm: the answer for a user, a secret or
 * that there is none, is kept for AUTH_CACHE_TTL_USEC. A password that is wrong by
 * a kept secret is checked against a fresh one (proxy/auth.h), so a changed
 * password works at once, except by SCRAM, whose salt has been sent by then: there
 * the next login is by the fresh one. A revoked password may work for that long.
 *
 * Ownership: one cache for the process. Threads: any. Bounds: AUTH_CACHE_MAX
 * users; the one longest unasked for makes room.
 */
#ifndef SLUICE_PROXY_AUTH_CACHE_H
#define SLUICE_PROXY_AUTH_CACHE_H

#include "protocol/base/clock.h"
#include "proxy/auth_credentials.h"

enum { AUTH_CACHE_MAX = 16384 };

#define AUTH_CACHE_TTL_USEC (10 * SL_SECOND)

/* Whose answer: the database asked in, the query, and the user asked about. */
struct auth_cache_key {
    const char *database;
    const char *query;
    const char *user;
};

/*
 * True: known; *exists says whether there is such a user, credentials has the secret
 * if there is one. False, also without memory: ask.
 */
bool auth_cache_get(
        const struct auth_cache_key *key, struct credentials *credentials, bool *exists);
/* secret NULL: no such user; "": one without a secret. Keeps nothing when memory is short. */
void auth_cache_put(const struct auth_cache_key *key, const char *secret);
void auth_cache_drop(const struct auth_cache_key *key);
void auth_cache_clear(void); /* RELOAD, and the end */

/* The kind of secret seen last: what a user who does not exist is taken to have. */
enum users_secret auth_cache_usual_kind(void);

#endif
