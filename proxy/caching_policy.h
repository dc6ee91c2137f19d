/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_policy.h - what a statement is to the cache: by its plan, the catalogue and the configuration.
 *
 * Ownership: none; a policy is the caller's. Threads: the statement's worker. Bounds: the configuration's.
 */
#ifndef SLUICE_PROXY_CACHING_POLICY_H
#define SLUICE_PROXY_CACHING_POLICY_H

#include "cache/stage.h"

/* cache_hooks.judge */
bool caching_judge(void *self, const struct stmt *stmt, struct sl_hash128 shape,
        struct cache_verdict *verdict);

#endif
