/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_cache.h - what auth_query answered a moment ago.
 *
 * A login storm must not become a query storm, not even while the first answer is on
 * its way: who waited in line for a server to ask looks here again. The answer for a user, a secret or
 * that there is none, is kept for AUTH_CACHE_TTL_USEC from when it was asked for. A
 * password that is wrong by a kept secret is checked against a fresh one
 * (proxy/auth.h), so a changed password works at once, except by SCRAM, whose salt
 * has been sent by then: there the next login is by the fresh one, and an answer
 * asked for before the wrong one was found is not kept either. A password that was
 * changed, or a user who was dropped, who may no longer log in or whose time is over,
 * is let in for AUTH_CACHE_TTL_USEC at most.
 *
 * Ownership: one cache for the process. Threads: any. Bounds: AUTH_CACHE_MAX
 * users; the one longest unasked for makes room.
 */
#ifndef SLUICE_PROXY_AUTH_CACHE_H
#define SLUICE_PROXY_AUTH_CACHE_H

#include "protocol/base/clock.h"
#include "proxy/auth_credentials.h"

#include <stdbool.h>
#include <stdint.h>

enum { AUTH_CACHE_MAX = 16384 };

#define AUTH_CACHE_TTL_USEC (1 * SL_SECOND)

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
/*
 * secret NULL: no such user; "": one without a secret. Keeps nothing when memory is short,
 * or when asked_at is before the last drop of that key.
 */
void auth_cache_put(const struct auth_cache_key *key, const char *secret, sl_usec asked_at);
void auth_cache_drop(const struct auth_cache_key *key);
void auth_cache_clear(void); /* RELOAD, and the end */

/* What a secret looks like from outside. */
struct auth_shape {
    enum users_secret kind;
    uint32_t iterations; /* of a SCRAM one; 0: not known */
};

/*
 * What users are like that auth_query found, each kind as often as it was seen: the same
 * draw gives the same kind as long as that does not change much. SCRAM before the first.
 */
struct auth_shape auth_cache_shape(uint32_t draw);

#endif
