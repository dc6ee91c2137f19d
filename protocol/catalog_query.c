/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_query.h"

/*
 * The path of a session that set nothing, where ALTER ROLE and ALTER DATABASE said nothing of
 * it either: reset_val is of the session's begin, whatever it has set since. Of whom: the server may be
 * one whose last client was somebody else (SET SESSION AUTHORIZATION), of whom nothing may be left
 * but a number; session_user fails then. Whose session it was begun as is what others see of it.
 */
const char catalog_query_head[] =
        "SELECT current_setting('server_version_num'), current_setting('server_encoding'), "
        "pg_get_userbyid(a.usesysid)::text, (SELECT s.reset_val FROM pg_settings s "
        "WHERE s.name = 'search_path' "
        "AND NOT EXISTS (SELECT 1 FROM pg_db_role_setting d, unnest(d.setconfig) c "
        "WHERE d.setdatabase IN (0, (SELECT b.oid FROM pg_database b "
        "WHERE b.datname = current_database())) AND d.setrole IN (0, a.usesysid) "
        "AND left(c, 12) = 'search_path=')), "
        /* What is not IMMUTABLE of users' operators, casts, and classes of operators (btree, hash). */
        "(SELECT string_agg(DISTINCT o.oprname::text, ' ') FROM pg_operator o JOIN pg_proc f "
        "ON f.oid = o.oprcode WHERE o.oid >= 16384 AND f.provolatile <> 'i'), "
        "concat((SELECT string_agg(DISTINCT k.castcontext::text, '') FROM pg_cast k "
        "JOIN pg_type s ON s.oid = k.castsource JOIN pg_type t ON t.oid = k.casttarget "
        "WHERE k.oid >= 16384 AND EXISTS (SELECT 1 FROM pg_proc f WHERE f.provolatile <> 'i' AND "
        /* By text: a date's reader knows words for today. Enums, and these types, are as the catalogue and settings say. */
        "f.oid IN (k.castfunc, CASE WHEN k.castmethod = 'i' AND s.typtype <> 'e' AND "
        "s.oid NOT IN (790, 1082, 1083, 1114, 1184, 1186) THEN s.typoutput END, "
        "CASE WHEN k.castmethod = 'i' AND t.typtype <> 'e' AND t.oid NOT IN (790, 1186) "
        "THEN t.typinput END))), "
        "(SELECT 'x' WHERE EXISTS (SELECT 1 FROM pg_amproc m JOIN pg_opfamily y "
        "ON y.oid = m.amprocfamily JOIN pg_proc f ON f.oid = m.amproc WHERE m.oid >= 16384 AND "
        "y.opfmethod IN (403, 405) AND f.provolatile <> 'i') OR EXISTS (SELECT 1 FROM pg_amop m "
        "JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_proc f ON f.oid = o.oprcode "
        "WHERE m.oid >= 16384 AND m.amopmethod IN (403, 405) AND f.provolatile <> 'i'))) "
        "FROM pg_stat_get_activity(pg_backend_pid()) a";

/* Their names come as hexadecimal digits: no quoting, whatever the encoding. */
enum sl_err catalog_query_put_roles(struct sl_buf *query, const struct catalog_query_roles *roles)
{
    enum sl_err err = sl_buf_printf(query,
            "SELECT r.oid, r.rolname, (SELECT substr(c, 13) FROM pg_db_role_setting d, "
            "unnest(d.setconfig) c WHERE d.setdatabase IN (0, (SELECT b.oid FROM pg_database b "
            "WHERE b.datname = current_database())) AND d.setrole IN (0, r.oid) AND "
            "left(c, 12) = 'search_path=' ORDER BY d.setrole <> 0 DESC, d.setdatabase <> 0 DESC "
            "LIMIT 1) FROM pg_roles r WHERE encode(convert_to(r.rolname::text, "
            "getdatabaseencoding()), 'hex') IN (");

    for (unsigned i = 0; i < roles->count && err == SL_OK; i++) {
        err = sl_buf_printf(query, i == 0 ? "'" : ", '");
        for (const char *at = roles->names + roles->roles[i].name; *at != '\0' && err == SL_OK;
                at++) {
            err = sl_buf_printf(query, "%02x", (unsigned)(uint8_t)*at);
        }
        if (err == SL_OK) {
            err = sl_buf_printf(query, "'");
        }
    }
    return err == SL_OK ? sl_buf_printf(query, ") ORDER BY r.oid") : err;
}

/* A digit for each role, 1 where it may look into the schema. Others' temporary ones are none. */
enum sl_err catalog_query_put_schemas(struct sl_buf *query, const struct catalog_query_roles *roles,
        uint32_t above, uint32_t rows)
{
    enum sl_err err = sl_buf_printf(query, "SELECT n.oid, n.nspname, ''");

    for (unsigned i = 0; i < roles->count && err == SL_OK; i++) {
        if (!roles->has_oid[i]) {
            err = sl_buf_printf(query, " || '0'");
            continue;
        }
        err = sl_buf_printf(query,
                " || CASE WHEN has_schema_privilege(%u::oid, n.oid, 'USAGE') THEN '1' ELSE '0' END",
                roles->roles[i].oid);
    }
    return err == SL_OK ? sl_buf_printf(query,
                                  " FROM pg_namespace n WHERE n.oid > %u::oid AND n.nspname !~ "
                                  "'^pg_(toast|temp_|toast_temp_)' ORDER BY n.oid LIMIT %u",
                                  above, rows)
                        : err;
}

static const char relations_query[] =
        "SELECT c.oid, c.relnamespace, c.relname, c.relkind FROM pg_class c WHERE c.oid > %u::oid "
        "AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' "
        "ORDER BY c.oid LIMIT %u";

enum sl_err catalog_query_put_relations(struct sl_buf *query, uint32_t above, uint32_t rows)
{
    return sl_buf_printf(query, relations_query, above, rows);
}

/*
 * PostgreSQL calls every aggregate immutable, whatever its parts are: the worst of them counts.
 * i, s and v come in that order in the alphabet. A subquery with LIMIT is looked up by index;
 * EXISTS would be made a hash of all types, each time.
 */
static const char functions_query[] =
        "SELECT p.oid, p.pronamespace, p.proname, p.pronargs, p.pronargdefaults, "
        "CASE WHEN p.provariadic <> 0 THEN '1' ELSE '0' END, p.prokind, "
        "greatest(p.provolatile::text COLLATE \"C\", (SELECT max(f.provolatile::text COLLATE "
        "\"C\") "
        "FROM pg_aggregate a JOIN pg_proc f ON f.oid = ANY (ARRAY[a.aggtransfn, a.aggfinalfn, "
        "a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) WHERE p.prokind = 'a' "
        "AND a.aggfnoid = p.oid)), CASE WHEN p.pronargs - p.pronargdefaults <= 1 AND "
        "(SELECT 1 FROM pg_type t WHERE t.typname = p.proname LIMIT 1) = 1 THEN '1' ELSE '0' END "
        "FROM pg_proc p WHERE p.oid > %u::oid ORDER BY p.oid LIMIT %u";

enum sl_err catalog_query_put_functions(struct sl_buf *query, uint32_t above, uint32_t rows)
{
    return sl_buf_printf(query, functions_query, above, rows);
}
