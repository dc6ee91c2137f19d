/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_tables_query.h"

#include "protocol/catalog_tables.h"

enum { USER_OID = 16384, PARENTS_MAX = 64, NULLS_VERSION = 150000 };

/*
 * Of a view's tree (pg_node_tree): the worst of what it calls, an operator's function and an aggregate's
 * parts too; and what its nodes are. Functions of I/O casts, and of XMLTABLE, are not named in it.
 */
#define VIEW_FACTS                                                                                 \
    "(SELECT concat((SELECT concat(max(greatest(q.provolatile::text COLLATE \"C\", (SELECT "       \
    "max(f.provolatile::text COLLATE \"C\") FROM pg_aggregate a JOIN pg_proc f ON f.oid = ANY "    \
    "(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) "  \
    "WHERE a.aggfnoid = q.oid))), max(CASE WHEN e.what = 'relid' AND e.oid BETWEEN 1 AND 16383 "   \
    "THEN 'c' END)) FROM (SELECT DISTINCT x[1] AS what, x[2]::oid AS oid FROM regexp_matches("     \
    "r.tree, ':(funcid|aggfnoid|winfnoid|opno|tsmhandler|relid) ([0-9]+)', 'g') x) e "             \
    "LEFT JOIN pg_operator p ON e.what = 'opno' AND p.oid = e.oid LEFT JOIN pg_proc q ON "         \
    "e.what <> 'relid' AND q.oid = CASE WHEN e.what = 'opno' THEN p.oprcode::oid ELSE e.oid "      \
    "END), "                                                                                       \
    "CASE WHEN r.tree ~ '[{]SQLVALUEFUNCTION :op [0-8] ' THEN 't' END, "                           \
    "CASE WHEN r.tree ~ ':hasForUpdate true' THEN 'l' END, "                                       \
    "CASE WHEN r.tree ~ '[{]TABLESAMPLECLAUSE ' THEN 'm' END, "                                    \
    "CASE WHEN r.tree ~ ':varattno -[1-5] ' THEN 'y' END, "                                        \
    "CASE WHEN r.tree ~ '[{](COERCEVIAIO|TABLEFUNC) ' THEN 'o' END) FROM (SELECT "                 \
    "w.ev_action::text AS tree "                                                                   \
    "FROM pg_rewrite w WHERE t.relkind = 'v' AND w.ev_class = t.oid AND w.ev_type = '1' "          \
    "OFFSET 0) r)"

/* Such an option is on, unless its value says that it is off. */
#define OPTION(name, letter)                                                                       \
    "CASE WHEN array_to_string(t.reloptions, ',') ~* '" name "=(?!f|n|of|0)' THEN '" letter "' "   \
    "END"

#define FACTS                                                                                      \
    "concat(CASE WHEN t.relrowsecurity THEN 'r' END, "                                             \
    "(SELECT 'w' FROM pg_rewrite w WHERE w.ev_class = t.oid AND w.ev_type <> '1' "                 \
    "AND w.ev_enabled <> 'D' LIMIT 1), CASE WHEN t.relkind = 'v' THEN "                            \
    "concat(" OPTION("security_barrier", "b") ", " OPTION(                                         \
            "security_invoker", "n") ") END, "                                                     \
                                     "(SELECT 'h' FROM pg_inherits h WHERE t.relkind <> 'p' AND "  \
                                     "h.inhparent = t.oid LIMIT 1), " VIEW_FACTS ")"

/* Those that a partition has of its parent are internal ones in PostgreSQL 12, but of no constraint. */
#define TRIGGERS                                                                                   \
    "(SELECT string_agg(DISTINCT g.tgtype::text, ' ') FROM pg_trigger g WHERE g.tgrelid = t.oid "  \
    "AND g.tgenabled <> 'D' AND (NOT g.tgisinternal OR g.tgconstraint = 0))"

/*
 * A class of operators that is not the type's default may call equal what the type does not; those
 * of patterns do not.
 */
#define KEYS                                                                                       \
    "(SELECT string_agg(concat(i.indexrelid, ' ', CASE WHEN i.indisprimary THEN 'p' ELSE '-' "     \
    "END, CASE WHEN i.indisreplident THEN 'i' ELSE '-' END, ' ', (SELECT string_agg(k.number::"    \
    "text, ',' ORDER BY k.at) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, at) "       \
    "WHERE k.at <= i.indnkeyatts)), ' ' ORDER BY i.indisprimary DESC, i.indexrelid) FROM ("        \
    "SELECT * FROM pg_index d WHERE d.indrelid = t.oid AND d.indisunique AND d.indisvalid AND "    \
    "d.indislive AND d.indimmediate AND NOT d.indisexclusion AND d.indpred IS NULL AND "           \
    "d.indexprs IS NULL AND d.indnkeyatts <= %u%s AND NOT d.indclass::oid[] && "                   \
    "ARRAY(SELECT y.oid FROM pg_opclass y WHERE NOT y.opcdefault AND y.opcname NOT IN "            \
    "('text_pattern_ops', 'varchar_pattern_ops', 'bpchar_pattern_ops')) "                          \
    "ORDER BY d.indisprimary DESC, d.indexrelid LIMIT %u) i)"

static const char tables_text[] =
        "SELECT t.oid, t.relpersistence, t.relreplident, " FACTS ", " TRIGGERS ", "
        "(SELECT CASE WHEN count(*) > %u THEN 'x' ELSE string_agg(h.inhparent::text, ' ') END "
        "FROM pg_inherits h WHERE h.inhrelid = t.oid), " KEYS " FROM ("
        "SELECT * FROM pg_class t WHERE t.oid > %u::oid AND t.relkind IN "
        "('r', 'p', 'v', 'm', 'f') AND t.relpersistence <> 't' ORDER BY t.oid LIMIT %u) t "
        "ORDER BY t.oid";

enum sl_err catalog_tables_query(struct sl_buf *query, const struct catalog_hidden_page *page)
{
    bool has_nulls = page->server_version >= NULLS_VERSION;

    return sl_buf_printf(query, tables_text, (unsigned)PARENTS_MAX,
            (unsigned)CATALOG_KEY_COLUMNS_MAX, has_nulls ? " AND NOT d.indnullsnotdistinct" : "",
            (unsigned)CATALOG_KEYS_MAX, page->above < USER_OID ? USER_OID - 1 : page->above,
            page->rows);
}

/*
 * A default that gives what there never was: a sequence's next value (nextval(): 1574; made int4 or int2: 480, 714), or
 * a random uuid (3432 and extensions' own, in C: 13); of such as text, too.
 */
#define IS_NEW                                                                                     \
    "a.attidentity <> '' OR (a.atthasdef AND a.attgenerated = '' AND EXISTS (SELECT 1 FROM "       \
    "pg_attrdef d JOIN pg_proc f ON f.oid = substring(d.adbin::text FROM "                         \
    "'^[{](?:COERCEVIAIO :arg [{]|FUNCEXPR :funcid (?:480|714) [^{]*[{])?FUNCEXPR :funcid "        \
    "([0-9]+) ')::oid WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND (f.oid IN (1574, "   \
    "3432) OR (f.prolang = 13 AND f.proname IN ('gen_random_uuid', 'uuid_generate_v1', "           \
    "'uuid_generate_v1mc', 'uuid_generate_v4')))))"

static const char columns_text[] =
        "SELECT t.oid, (SELECT CASE WHEN count(*) <= %u THEN coalesce(string_agg(concat(a.attnum, "
        "' ', a.atttypid, ' ', CASE WHEN a.attnotnull THEN 'n' END, CASE WHEN a.atthasdef OR "
        "a.attidentity <> '' THEN 'h' END, CASE WHEN a.attgenerated <> '' THEN 'g' END, "
        "CASE WHEN NOT k.collisdeterministic THEN 'i' END, CASE WHEN " IS_NEW
        " THEN 's' END, '. ', "
        "octet_length(a.attname::text), ' ', a.attname), ' ' ORDER BY a.attnum), '') END "
        "FROM pg_attribute a LEFT JOIN pg_collation k ON k.oid = a.attcollation "
        "WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) FROM ("
        "SELECT u.oid FROM pg_class u WHERE u.oid > %u::oid AND u.relkind IN ('r', 'p', 'm') "
        "AND u.relpersistence <> 't' ORDER BY u.oid LIMIT %u) t ORDER BY t.oid";

enum sl_err catalog_columns_query(struct sl_buf *query, const struct catalog_hidden_page *page)
{
    return sl_buf_printf(query, columns_text, (unsigned)CATALOG_COLUMNS_MAX,
            page->above < USER_OID ? USER_OID - 1 : page->above, page->rows);
}
