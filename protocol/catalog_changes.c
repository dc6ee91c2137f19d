/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_changes.h"

#include "protocol/base/check.h"

/*
 * A row that is changed is a new one, with another xmin. pg_authid, where roles are, not everybody may
 * read: their own text is taken.
 */
#define SUM(key, from) "(SELECT sum(hashtextextended(xmin::text, " key "::int8)) FROM " from ")"

/* Small ones, and of all databases. */
#define OTHERS                                                                                     \
    "pg_conf_load_time(), " SUM("setrole", "pg_db_role_setting") ", " SUM(                         \
            "member", "pg_auth_members") ", (SELECT sum(hashtextextended(r::text, 0)) FROM "       \
                                         "pg_roles r), (SELECT d.xmin FROM pg_database d WHERE "   \
                                         "d.datname = current_database())"

#define IS_TEMPORARY "(SELECT s.oid FROM pg_namespace s WHERE s.nspname ~ '^pg_(toast_)?temp_')"

#define NOT_TEMPORARY " NOT IN (SELECT t.oid FROM pg_class t WHERE t.relpersistence = 't')"

/* Not of a file that is another one after TRUNCATE, VACUUM FULL or REINDEX, nor of statistics. */
#define RELATIONS                                                                                  \
    "(SELECT sum(hashtextextended(concat_ws(' ', relname, relnamespace, relowner, relkind, "       \
    "relpersistence, relacl, relrowsecurity, relforcerowsecurity, relhasrules, relhastriggers, "   \
    "relreplident, relispartition, relpartbound, reloptions), oid::int8)) FROM pg_class "          \
    "WHERE relpersistence <> 't')"

#define TABLES                                                                                     \
    RELATIONS                                                                                      \
    ", " SUM("oid", "pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'") ", " SUM(                \
            "oid", "pg_proc WHERE oid >= 16384 OR proacl IS NOT NULL") ", " SUM("oid",             \
            "pg_constraint WHERE connamespace <> ALL (ARRAY" IS_TEMPORARY ")") ", " SUM("oid",     \
            "pg_trigger") ", " SUM("oid", "pg_rewrite WHERE oid >= 16384") ", " SUM("oid",         \
            "pg_policy") ", " SUM("inhparent", "pg_inherits") ", " SUM("oid",                      \
            "pg_type WHERE oid >= 16384 AND typtype IN ('d', 'e', 'r', 'm')") ", " SUM("oid",      \
            "pg_enum") ", " SUM("oid", "pg_event_trigger") ", " SUM("oid",                         \
            "pg_cast WHERE oid >= 16384") ", " SUM("oid",                                          \
            "pg_operator WHERE oid >= 16384") ", " SUM("oid",                                      \
            "pg_opclass WHERE oid >= 16384") ", " SUM("oid",                                       \
            "pg_amproc WHERE oid >= 16384") ", " SUM("oid",                                        \
            "pg_amop WHERE oid >= 16384") ", " SUM("oid",                                          \
            "pg_collation WHERE oid >= 16384") ", " SUM("oid",                                     \
            "pg_statistic_ext") ", " SUM("partrelid", "pg_partitioned_table") ", " SUM("oid",      \
            "pg_ts_config") ", " SUM("mapcfg", "pg_ts_config_map") ", " SUM("oid", "pg_ts_dict")

#define COLUMNS                                                                                    \
    SUM("attrelid", "pg_attribute WHERE attnum > 0 AND attrelid" NOT_TEMPORARY)                    \
    ", " SUM("oid", "pg_attrdef WHERE adrelid" NOT_TEMPORARY) ", " SUM(                            \
            "indexrelid", "pg_index WHERE indrelid" NOT_TEMPORARY)

#define COUNTED                                                                                    \
    "(SELECT sum(pg_stat_get_tuples_inserted(o) + pg_stat_get_tuples_updated(o) + "                \
    "pg_stat_get_tuples_deleted(o)) FROM unnest(ARRAY['pg_class', 'pg_attribute', "                \
    "'pg_namespace', 'pg_proc', 'pg_constraint', 'pg_trigger', 'pg_rewrite', 'pg_policy', "        \
    "'pg_inherits', 'pg_type', 'pg_enum', 'pg_event_trigger', 'pg_cast', 'pg_operator', "          \
    "'pg_opclass', 'pg_amproc', 'pg_amop', 'pg_collation', 'pg_attrdef', 'pg_index', "             \
    "'pg_statistic_ext', 'pg_partitioned_table', 'pg_ts_config', 'pg_ts_config_map', "             \
    "'pg_ts_dict']::regclass[]::oid[]) o)"

const char *catalog_changes_query(enum catalog_changes what)
{
    static const char *const queries[CATALOG_CHANGES_COUNT] = {
            [CATALOG_CHANGES_COUNTED] = "SELECT concat_ws(' ', " COUNTED ", " OTHERS ")",
            [CATALOG_CHANGES_TABLES] = "SELECT concat_ws(' ', " TABLES ", " OTHERS ")",
            [CATALOG_CHANGES_ALL] = "SELECT concat_ws(' ', " TABLES ", " COLUMNS ", " OTHERS ")"};

    SL_CHECK(what >= 0 && what < CATALOG_CHANGES_COUNT);
    return queries[what];
}
