/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_session.h - a client's session, as answers depend on it.
 *
 * Ownership: a worker's memory of kinds of sessions, with references to the sets of settings that they
 * have; what is held is who asked's. Threads: the statement's worker; start and stop while none runs. Bounds: CACHING_SESSIONS a worker.
 */
#ifndef SLUICE_PROXY_CACHING_SESSION_H
#define SLUICE_PROXY_CACHING_SESSION_H

#include "cache/stage.h"
#include "proxy/catalogs_names.h"

struct client;

/* Whose names a statement uses. */
struct caching_names {
    struct catalogs_session session;
    uint64_t number; /* its database's, as tags know it */
};

SL_MUST_CHECK enum sl_err caching_session_start(unsigned workers);
void caching_session_stop(void);
/* On that worker: another configuration is in force, by which verdicts may be others. */
void caching_session_configured(unsigned worker);

/* cache_hooks.session */
struct cache_session *caching_session(void *self, const struct stmt *stmt, enum cache_bypass *why);
/* Whose names it uses, and what is known of them now, as a number. */
enum cache_view caching_session_view(const struct stmt *stmt, uint64_t *view);
/* The same, to look names up. False: its client is gone. */
SL_MUST_CHECK bool caching_session_names(const struct stmt *stmt, struct caching_names *names);
/* cache_hooks.hold and .drop */
struct cache_held *caching_session_hold(void *self, const struct stmt *stmt);
void caching_session_drop(void *self, struct cache_held *held);
/* On that worker; *names is of what is held. CACHE_VIEW_NONE: another view is in force, too. */
enum cache_view caching_session_held(
        const struct cache_held *held, unsigned worker, uint64_t view, struct caching_names *names);
/* Does that setting change no byte of an answer, but how soon it comes, or what is logged? */
bool caching_setting_is_of_speed(const char *name);

#endif
