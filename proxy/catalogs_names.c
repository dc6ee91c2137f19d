/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/catalogs_names.h"

#include "conf/conf.h"
#include "protocol/catalog_resolve.h"
#include "proxy/catalogs.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/search_paths.h"

#include <stdlib.h>

void catalogs_names_fini(struct catalogs_names *resolved)
{
    free(resolved->resolution);
    catalog_unref(resolved->catalog);
    *resolved = (struct catalogs_names){.catalog = NULL};
}

/* NULL: not known; a connect_query may say otherwise. */
static const char *role_path(const struct catalog *catalog, const char *database, const char *user)
{
    const struct conf *conf = process_conf();
    const struct conf_database *db = conf_find_database(conf, database);

    db = db != NULL ? db : conf->fallback_database;
    bool is_set = db == NULL || (db->connect_query != NULL && db->connect_query[0] != '\0');
    conf_unref(conf);
    return is_set || catalog == NULL ? NULL : catalog_role_path(catalog, user);
}

static const char *path_of(const struct catalog *catalog, const struct catalogs_session *of)
{
    return (of->path & ~(uint32_t)SEARCH_PATHS_TEMP) == SEARCH_PATHS_OF_ROLE
                   ? role_path(catalog, of->database, of->user)
                   : search_paths_list(of->path);
}

enum sl_err catalogs_names_resolve(const struct sql_facts *facts, const struct catalogs_session *of,
        struct catalogs_names *resolved)
{
    struct database *found = of->database == NULL ? NULL : registry_find_database(of->database);
    struct catalogs_names made = {.catalog = found == NULL ? NULL : catalogs_get(found)};
    struct catalog_session session = {
            .role = of->user, .may_have_temp = (of->path & SEARCH_PATHS_TEMP) != 0};

    if (made.catalog != NULL) {
        session.search_path = path_of(made.catalog, of);
        made.search_path = session.search_path;
    }
    enum sl_err err = catalog_resolve(facts, made.catalog, &session, &made.resolution);
    if (err != SL_OK) {
        catalogs_names_fini(&made);
        return err;
    }
    *resolved = made;
    return SL_OK;
}
