/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/catalogs_paths.h"

#include "protocol/catalog.h"
#include "protocol/catalog_resolve.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/sweep.h"

#include <stdatomic.h>
#include <string.h>

/* Not of who is seen for the first time: a change between that and the first snapshot is not noticed. */
static bool has_path_moved(
        const struct catalog *old, const struct catalog *catalog, const char *user)
{
    const char *now = catalog_role_path(catalog, user);
    const char *before = old == NULL ? NULL : catalog_role_path(old, user);

    return before != NULL && (now == NULL || strcmp(before, now) != 0);
}

void catalogs_paths_moved(
        struct database *database, const struct catalog *old, const struct catalog *catalog)
{
    bool is_any = false;

    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (p->database == database && has_path_moved(old, catalog, p->user->name)) {
            atomic_fetch_add(&p->epoch, 1);
            is_any = true;
        }
    }
    if (is_any) {
        sweep_servers();
    }
}
