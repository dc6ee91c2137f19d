/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_catalog.c - CATALOG: what is known of each database's catalogues.
 */
#include "proxy/catalogs.h"
#include "proxy/console_show.h"
#include "proxy/registry.h"

static const struct reply_column catalog_columns[] = {{"database", REPLY_TEXT},
        {"state", REPLY_TEXT}, {"server_version", REPLY_INT4}, {"loaded_at", REPLY_TEXT},
        {"schemas", REPLY_INT8}, {"relations", REPLY_INT8}, {"functions", REPLY_INT8},
        {"roles", REPLY_INT8}, {"bytes", REPLY_INT8}, {"loads", REPLY_INT8},
        {"failures", REPLY_INT8}, {"error", REPLY_TEXT}, {"behind_known", REPLY_INT4},
        {"asked", REPLY_INT8}};

static void put_database(struct view_visit *visit, struct database *database)
{
    struct catalogs_status status;
    struct view_row row;

    catalogs_status(database, &status);
    view_row_begin(&row);
    view_add_text(&row, database->name);
    view_add_printf(&row, "%s%s", status.state, status.is_loading ? ", loading" : "");
    view_add_int(&row, status.server_version);
    console_add_time(&row, status.loaded_at);
    view_add_uint(&row, status.schemas);
    view_add_uint(&row, status.relations);
    view_add_uint(&row, status.functions);
    view_add_uint(&row, status.roles);
    view_add_uint(&row, status.bytes);
    view_add_uint(&row, status.loads);
    view_add_uint(&row, status.failures);
    view_add_text(&row, status.error[0] == '\0' ? NULL : status.error);
    view_add_int(&row, status.is_believed);
    view_add_uint(&row, status.asked);
    view_put(visit, &row);
}

static void show_catalog(struct view_visit *visit)
{
    if (!catalogs_are_on()) {
        return;
    }
    for (struct database *d = registry_next_database(NULL); d != NULL && !visit->out->is_full;
            d = registry_next_database(d)) {
        put_database(visit, d);
    }
}

const struct view console_views_catalog[] = {
        {.name = "catalog",
                .sentence = "What is known of each database's functions, tables and schemas.",
                .columns = catalog_columns,
                .columns_count = SL_COUNT(catalog_columns),
                .finish = show_catalog},
        {.name = NULL},
};
