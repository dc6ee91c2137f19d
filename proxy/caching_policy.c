/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_policy.h"

#include "conf/conf.h"
#include "protocol/catalog_resolve.h"
#include "protocol/catalog_tables.h"
#include "proxy/caching_session.h"
#include "proxy/caching_watch.h"
#include "proxy/catalogs_names.h"
#include "proxy/plans.h"
#include "proxy/search_paths.h"
#include "proxy/worker.h"

#include <string.h>

enum { NAME_MAX_BYTES = 256 };

/* ---- what others do not write ---- */

/* The next of a comma list, without the spaces around it. */
static bool next_name(const char **list, char name[static NAME_MAX_BYTES])
{
    const char *at = *list + strspn(*list, " ,");
    size_t len = strcspn(at, ",");

    *list = at + len;
    while (len > 0 && at[len - 1] == ' ') {
        len--;
    }
    if (len == 0) {
        return false;
    }
    len = len < NAME_MAX_BYTES ? len : NAME_MAX_BYTES - 1;
    memcpy(name, at, len);
    name[len] = '\0';
    return true;
}

/* Its tree, or 0. */
static uint32_t tree_of(const struct catalog *catalog, char *name)
{
    char *dot = strchr(name, '.');

    if (dot == NULL) {
        return 0;
    }
    *dot = '\0';
    uint16_t schema = catalog_find_schema(catalog, name);
    const struct catalog_relation *relation =
            schema == CATALOG_NONE ? NULL : catalog_find_relation(catalog, dot + 1, schema);
    const struct catalog_details *table =
            relation == NULL ? NULL : catalog_details_of(catalog, relation);
    return table == NULL || !table->is_known ? 0 : table->tree;
}

static bool is_declared(const struct catalog *catalog, const char *list, uint32_t tree)
{
    char name[NAME_MAX_BYTES];

    while (next_name(&list, name)) {
        if (strcmp(name, "*") == 0 || tree_of(catalog, name) == tree) {
            return true;
        }
    }
    return false;
}

/* Nobody writes what it reads but through us. */
static bool are_declared(
        const struct catalog *catalog, const char *list, const struct policy_trees *reads)
{
    for (uint32_t i = 0; i < reads->count; i++) {
        if (!is_declared(catalog, list, reads->trees[i])) {
            return false;
        }
    }
    return true;
}

/* ---- ---- */

enum caching_coverage caching_coverage(
        const struct conf *conf, const struct catalog *catalog, uint32_t tree)
{
    if (conf->cache_mode == CONF_CACHE_TTL) {
        return CACHING_BY_TTL;
    }
    if (catalog != NULL && is_declared(catalog, conf->cache_through_sluice, tree)) {
        return CACHING_BY_SLUICE;
    }
    return conf->cache_stream[0] != '\0' ? CACHING_BY_STREAM : CACHING_BY_NOTHING;
}

const char *caching_coverage_name(enum caching_coverage coverage)
{
    static const char *const names[] = {[CACHING_BY_NOTHING] = "none",
            [CACHING_BY_STREAM] = "stream",
            [CACHING_BY_SLUICE] = "through_sluice",
            [CACHING_BY_TTL] = "ttl"};

    return names[coverage];
}

static void cover(
        struct cache_verdict *verdict, const struct conf *conf, const struct catalog *catalog)
{
    if (verdict->policy->reason != POLICY_KEPT) {
        return;
    }
    verdict->is_covered =
            conf->cache_mode == CONF_CACHE_TTL ||
            are_declared(catalog, conf->cache_through_sluice, &verdict->policy->reads);
    if (!verdict->is_covered && conf->cache_stream[0] != '\0') {
        verdict->is_covered = true;
        verdict->needs_stream = true;
    }
}

const struct policy *caching_policy(const struct sql_facts *facts,
        const struct catalogs_names *names, struct caching_doubts doubts)
{
    const struct policy_question question = {.facts = facts,
            .catalog = names->catalog,
            .resolution = names->resolution,
            .search_path = names->search_path,
            .may_shadow = doubts.may_shadow,
            .may_cascade = doubts.may_cascade};

    return policy_of(&question);
}

bool caching_judge(
        void *self, const struct stmt *stmt, struct sl_hash128 shape, struct cache_verdict *verdict)
{
    const struct worker *worker = stmt->owner;
    const struct policy_question question = {.facts = NULL};
    struct catalogs_names names = {.catalog = NULL};
    struct catalogs_session session;
    uint64_t number = 0;

    (void)self;
    *verdict = (struct cache_verdict){.policy = NULL};
    if (!caching_session_names(stmt, &session, &number)) {
        return false;
    }
    bool may_shadow = (session.path & SEARCH_PATHS_TEMP) != 0;
    const struct plan *plan = plans_find(shape);
    session.path &= ~(uint32_t)SEARCH_PATHS_TEMP;
    if (plan != NULL && plan->facts != NULL) {
        if (catalogs_names_resolve(plan->facts, &session, &names) != SL_OK) {
            plan_unref(plan);
            return false;
        }
        verdict->policy = caching_policy(plan->facts, &names,
                (struct caching_doubts){.may_shadow = may_shadow,
                        .may_cascade = strstr(plan->text, "cascade") != NULL});
    } else {
        verdict->policy = policy_of(&question);
    }
    verdict->database = number;
    if (verdict->policy != NULL) {
        cover(verdict, worker->conf, names.catalog);
    }
    if (names.catalog != NULL) {
        caching_watch_learn(number, names.catalog);
    }
    catalogs_names_fini(&names);
    plan_unref(plan);
    return verdict->policy != NULL;
}
