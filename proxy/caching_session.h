/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_session.h - a client's session, as answers depend on it.
 *
 * Ownership: a worker's memory of kinds of sessions, with references to the sets of settings that they
 * have. Threads: the statement's worker; start and stop while none runs. Bounds: CACHING_SESSIONS a worker.
 */
#ifndef SLUICE_PROXY_CACHING_SESSION_H
#define SLUICE_PROXY_CACHING_SESSION_H

#include "cache/stage.h"

struct catalogs_session;
struct client;

SL_MUST_CHECK enum sl_err caching_session_start(unsigned workers);
void caching_session_stop(void);
/* On that worker: another configuration is in force, by which verdicts may be others. */
void caching_session_configured(unsigned worker);

/* cache_hooks.session */
struct cache_session *caching_session(void *self, const struct stmt *stmt, enum cache_bypass *why);
/* Whose names it uses, and what is known of them now, as a number. False: its client is gone. */
bool caching_session_view(const struct stmt *stmt, uint64_t *view);
/* The same, to look names up; and its database's, as tags know it. */
SL_MUST_CHECK bool caching_session_names(
        const struct stmt *stmt, struct catalogs_session *names, uint64_t *database);
/* Does that setting change no byte of an answer, but how soon it comes, or what is logged? */
bool caching_setting_is_of_speed(const char *name);

#endif
