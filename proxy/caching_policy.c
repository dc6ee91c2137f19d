/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_policy.h"

#include "conf/conf_policy.h"
#include "protocol/catalog.h"
#include "protocol/catalog_resolve.h"
#include "protocol/catalog_tables.h"
#include "protocol/effects.h"
#include "protocol/sql_facts.h"
#include "proxy/caching_session.h"
#include "proxy/caching_watch.h"
#include "proxy/catalogs_names.h"
#include "proxy/plans.h"
#include "proxy/process.h"
#include "proxy/search_paths.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdio.h>
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

/* ---- what the configuration says ---- */

/* database.schema.table, as a line of [cache.tables] has it: "schema.table", or NULL. */
static const char *behind_database(const char *name, const char *database)
{
    size_t len = strlen(database);

    return strncmp(name, database, len) == 0 && name[len] == '.' ? name + len + 1 : NULL;
}

/*
 * Of a table with its partitions and those that inherit from it the strictest that is said of any: what is asked of
 * one may be read of another.
 */
struct conf_policy caching_policy_of_table(
        const struct conf *conf, const struct catalog *catalog, const char *database, uint32_t tree)
{
    const struct conf_policies *all = &conf->policies[CONF_POLICY_TABLES];
    struct conf_policy made = CONF_POLICY_NONE;
    char name[NAME_MAX_BYTES];
    bool is_named = false;

    for (int i = 0; i < all->count && catalog != NULL; i++) {
        const char *table = behind_database(all->list[i].name, database);
        if (table == NULL || strlen(table) >= sizeof name) {
            continue;
        }
        memcpy(name, table, strlen(table) + 1);
        if (tree_of(catalog, name) == tree) {
            conf_policy_add(&made, &all->list[i]);
            is_named = true;
        }
    }
    if (!is_named) {
        conf_policy_add(&made, conf_policy_named(conf, CONF_POLICY_TABLES, "*"));
    }
    return made;
}

struct conf_policy caching_policy_of(const struct conf *conf, const struct catalog *catalog,
        const struct caching_whose *whose, const struct policy_trees *reads)
{
    struct conf_policy made = CONF_POLICY_NONE;
    char id[17];

    for (uint32_t i = 0; i < reads->count; i++) {
        struct conf_policy one =
                caching_policy_of_table(conf, catalog, whose->database, reads->trees[i]);
        conf_policy_add(&made, &one);
    }
    conf_policy_add(&made, conf_find_policy(conf, CONF_POLICY_ROLES, whose->role));
    snprintf(id, sizeof id, "%016" PRIx64, whose->shape.hi);
    conf_policy_add(&made, conf_find_policy(conf, CONF_POLICY_SHAPES, id));
    return made;
}

const char *caching_policy_text(const struct conf_policy *policy, char *text, size_t len)
{
    text[0] = '\0';
    if (policy->cache == 0) {
        snprintf(text, len, "off");
    } else if (policy->ttl_usec % SL_SECOND != 0) {
        snprintf(text, len, "ttl=%" PRId64 "ms", policy->ttl_usec / SL_MSEC);
    } else if (policy->ttl_usec != 0) {
        snprintf(text, len, "ttl=%" PRId64 "s", policy->ttl_usec / SL_SECOND);
    }
    return text;
}

static void obey(struct cache_verdict *verdict, const struct conf_policy *policy)
{
    verdict->is_off = policy->cache == 0;
    verdict->ttl = policy->ttl_usec;
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
    const struct catalog *known = doubts.by_text ? NULL : names->catalog;
    const struct policy_question question = {.facts = facts,
            .catalog = names->catalog,
            .resolution = names->resolution,
            .search_path = names->search_path,
            .may_shadow = doubts.may_shadow,
            .may_leave = (catalog_effects_of(known, doubts.text) & EFFECTS_CALLS) != 0,
            .may_cascade = doubts.may_cascade};

    return policy_of(&question);
}

static bool is_one_of_many(const struct catalog *catalog, const char *name)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < catalog->schemas_count && count < 2; i++) {
        count += catalog_find_relation(catalog, name, (uint16_t)i) != NULL;
    }
    return count > 1;
}

/* A plan goes on with the tables that it was made for when others come that would be found before them. */
static bool is_by_name(const struct sql_facts *facts, const struct catalog *catalog)
{
    bool is = facts->kind == SQL_PREPARE && catalog != NULL && !facts->is_truncated &&
              facts->tables_count > 0;

    for (unsigned i = 0; is && i < facts->tables_count; i++) {
        is = !is_one_of_many(catalog, sql_facts_name(facts, facts->tables[i].name));
    }
    return is;
}

static bool judge(struct caching_names *of, const struct conf *conf, struct sl_hash128 shape,
        struct cache_verdict *verdict)
{
    const struct policy_question question = {.facts = NULL};
    struct catalogs_names names = {.catalog = NULL};
    bool may_shadow = (of->session.path & SEARCH_PATHS_TEMP) != 0;

    *verdict = (struct cache_verdict){.policy = NULL};
    const sl_usec then = sl_now();
    const struct plan *plan = plans_find(shape);
    of->session.path &= ~(uint32_t)SEARCH_PATHS_TEMP;
    if (plan != NULL && plan->facts != NULL) {
        if (catalogs_names_resolve(plan->facts, &of->session, &names) != SL_OK) {
            plan_unref(plan);
            return false;
        }
        verdict->policy = caching_policy(plan->facts, &names,
                (struct caching_doubts){.may_shadow = may_shadow,
                        .may_cascade = strstr(plan->text, "cascade") != NULL,
                        .by_text = !conf->functions_by_catalog,
                        .text = sl_span_text(plan->text)});
        verdict->is_by_name = is_by_name(plan->facts, names.catalog);
    } else {
        verdict->policy = policy_of(&question);
        verdict->is_never_read = plan != NULL;
    }
    verdict->database = of->number;
    if (verdict->policy != NULL) {
        const struct caching_whose whose = {
                .database = of->session.database, .role = of->session.user, .shape = shape};
        const struct conf_policy said =
                caching_policy_of(conf, names.catalog, &whose, &verdict->policy->reads);
        cover(verdict, conf, names.catalog);
        obey(verdict, &said);
    }
    if (names.catalog != NULL) {
        caching_watch_learn(of->number, names.catalog, then);
    }
    catalogs_names_fini(&names);
    plan_unref(plan);
    return verdict->policy != NULL;
}

bool caching_judge(
        void *self, const struct stmt *stmt, struct sl_hash128 shape, struct cache_verdict *verdict)
{
    const struct worker *worker = stmt->owner;
    struct caching_names names;

    (void)self;
    *verdict = (struct cache_verdict){.policy = NULL};
    return caching_session_names(stmt, &names) && judge(&names, worker->conf, shape, verdict);
}

enum cache_view caching_judge_held(void *self, unsigned worker, const struct cache_lately *lately,
        struct cache_verdict *verdict)
{
    struct caching_names names;

    (void)self;
    *verdict = (struct cache_verdict){.policy = NULL};
    enum cache_view kind = caching_session_held(lately->held, worker, lately->view, &names);
    bool is_asked = kind == CACHE_VIEW_KNOWN || (kind != CACHE_VIEW_NONE && lately->is_in_doubt);
    bool is_judged =
            !is_asked || judge(&names, process_worker(worker)->conf, lately->shape, verdict);
    return is_judged ? kind : CACHE_VIEW_NONE;
}
