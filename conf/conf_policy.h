/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_policy.h - what [cache.tables], [cache.roles] and [cache.shapes] say of one name.
 *
 *     [cache.tables]
 *     shop.public.users = off
 *     shop.public.countries = ttl=1h
 *     * = ttl=5s
 *
 * A name's own line holds, else that of *; where several names are asked for, the strictest of theirs.
 *
 * Ownership: the conf's. Threads: any. Bounds: CONF_POLICIES_MAX lines of each section.
 */
#ifndef SLUICE_CONF_CONF_POLICY_H
#define SLUICE_CONF_CONF_POLICY_H

#include "conf/conf.h"

/* The line that holds, or NULL. */
const struct conf_policy *conf_find_policy(
        const struct conf *conf, enum conf_policy_of of, const char *name);
/* The line of exactly that name, or NULL. */
const struct conf_policy *conf_policy_named(
        const struct conf *conf, enum conf_policy_of of, const char *name);

/* Into *to, which begins as CONF_POLICY_NONE, what is stricter of more; NULL is fine. */
#define CONF_POLICY_NONE ((struct conf_policy){.name = "", .cache = 1})
void conf_policy_add(struct conf_policy *to, const struct conf_policy *more);

/* Equal for two confs that say the same. */
uint64_t conf_policies_sum(const struct conf *conf);

/* For conf_parse.c: list has room for one more. True: one of that name went. */
bool conf_policy_keep(struct conf_policy *list, int *count, const struct conf_policy *policy);

#endif
