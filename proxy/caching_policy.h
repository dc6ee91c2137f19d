/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_policy.h - what a statement is to the cache: by its plan, the catalogue and the configuration.
 *
 * Ownership: none; a policy is the caller's. Threads: the statement's worker. Bounds: the configuration's.
 */
#ifndef SLUICE_PROXY_CACHING_POLICY_H
#define SLUICE_PROXY_CACHING_POLICY_H

#include "cache/stage.h"
#include "conf/conf.h"

/* cache_hooks.judge */
bool caching_judge(void *self, const struct stmt *stmt, struct sl_hash128 shape,
        struct cache_verdict *verdict);
/* cache_hooks.judge_held */
enum cache_view caching_judge_held(void *self, unsigned worker, const struct cache_lately *lately,
        struct cache_verdict *verdict);

struct catalog;
struct catalogs_names;
struct sql_facts;

/* How it is known of writes to a table that do not come through Sluice. */
enum caching_coverage {
    CACHING_BY_NOTHING,
    CACHING_BY_STREAM, /* as long as that is up */
    CACHING_BY_SLUICE, /* there are none: [cache] through_sluice */
    CACHING_BY_TTL     /* they are seen when an answer's time is over */
};

/* Of a tree of that catalogue; NULL: nothing is known of it. */
enum caching_coverage caching_coverage(
        const struct conf *conf, const struct catalog *catalog, uint32_t tree);
/* What the configuration says of kept answers of a tree; database: as clients name it. */
struct conf_policy caching_policy_of_table(const struct conf *conf, const struct catalog *catalog,
        const char *database, uint32_t tree);
/* Whose answer it is, beside the tables. */
struct caching_whose {
    const char *database;
    const char *role;
    struct sl_hash128 shape;
};
/* The strictest of all that is said of such a statement. */
struct conf_policy caching_policy_of(const struct conf *conf, const struct catalog *catalog,
        const struct caching_whose *whose, const struct policy_trees *reads);
/* "off", "ttl=5s"; "": nothing is said. */
const char *caching_policy_text(const struct conf_policy *policy, char *text, size_t len);

struct caching_doubts {
    bool may_shadow;     /* temporary tables may, which were left out when names were looked up */
    bool may_cascade;    /* the word is in its text, or that is not known */
    bool by_text;        /* functions are known by their names only: functions_by_catalog is off */
    struct sl_span text; /* of it, or its shape's */
};
/* What a statement is: a reference; NULL: no memory. */
const struct policy *caching_policy(const struct sql_facts *facts,
        const struct catalogs_names *names, struct caching_doubts doubts);
const char *caching_coverage_name(enum caching_coverage coverage);

#endif
