/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_cache.h"

#include "conf/conf.h"
#include "protocol/base/parse.h"
#include "protocol/catalog_tables.h"
#include "proxy/catalogs.h"
#include "proxy/catalogs_epoch.h"
#include "proxy/plans.h"
#include "proxy/process.h"
#include "proxy/registry.h"

const char *console_cache_class(unsigned class)
{
    static const char *const names[ENTRY_CLASSES] = {"table", "point", "rows"};

    return class < ENTRY_CLASSES ? names[class] : "?";
}

uint64_t console_cache_saved(const struct entry *entry)
{
    return (uint64_t)atomic_load_explicit(&entry->hits, memory_order_relaxed) * entry->cost_usec;
}

unsigned console_cache_limit(struct view_visit *visit)
{
    bool is_given = visit->argument != NULL && visit->argument[0] != '\0';
    int64_t limit = CONSOLE_CACHE_ROWS;

    if (is_given && sl_parse_i64(visit->argument, 1, CONSOLE_CACHE_ROWS_MAX, &limit) != SL_OK) {
        visit->refusal = "the limit is 1 to 1000";
        return 0;
    }
    return (unsigned)limit;
}

void console_cache_add_query(struct view_row *row, struct sl_hash128 shape)
{
    char text[CONSOLE_CACHE_TEXT_MAX + 1];

    if (plans_text(shape, text, sizeof text)) {
        view_add_copy(row, text);
    } else {
        view_add_text(row, NULL);
    }
}

/* ---- databases by number ---- */

static struct database *database_of(uint64_t number)
{
    const struct conf *conf = process_conf();
    struct database *found = NULL;

    for (struct database *d = registry_next_database(NULL); d != NULL && found == NULL;
            d = registry_next_database(d)) {
        const struct conf_database *line = conf_find_database(conf, d->name);
        line = line != NULL ? line : conf->fallback_database;
        found = catalogs_epoch_number(line, d->name) == number ? d : NULL;
    }
    conf_unref(conf);
    return found;
}

const char *console_cache_database(uint64_t number)
{
    const struct database *database = database_of(number);

    return database == NULL ? NULL : database->name;
}

const struct catalog *console_cache_catalog(uint64_t number)
{
    struct database *database = database_of(number);

    return database == NULL ? NULL : catalogs_get(database);
}

void console_cache_put_tree(struct sl_buf *to, const struct catalog *catalog, uint32_t tree)
{
    const struct catalog_relation *found = NULL;

    for (uint32_t i = 0; catalog != NULL && i < catalog->relations_count && found == NULL; i++) {
        found = catalog->relations[i].oid == tree ? &catalog->relations[i] : NULL;
    }
    if (found == NULL) {
        SL_IGNORE(sl_buf_printf(to, "%u", tree), "it is for people, as the next");
        return;
    }
    SL_IGNORE(
            sl_buf_printf(to, "%s.%s", catalog_name(catalog, catalog->schemas[found->schema].name),
                    catalog_name(catalog, found->name)),
            "a list that is too long ends");
}
