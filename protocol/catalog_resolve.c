/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_resolve.h"

#include <stdlib.h>
#include <string.h>

enum { IDENTIFIER_MAX = 63 }; /* NAMEDATALEN - 1: the rest of a longer one is cut off */

/* The schemas that are looked into, in order. */
struct path {
    uint16_t schemas[CATALOG_PATH_MAX];
    unsigned count;
    bool is_known;
};

struct resolve {
    const struct sql_facts *facts;
    const struct catalog *catalog;
    const struct catalog_session *session;
    struct path path;
    bool reads_all_names; /* those beyond ASCII, too */
};

/* ---- search_path ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next identifier of the list, folded; false: it is not of the form. */
static bool read_identifier(const char **list, char name[IDENTIFIER_MAX + 1])
{
    const char *at = *list;
    bool is_quoted = *at == '"';
    size_t len = 0;

    for (at += is_quoted; *at != '\0'; at++) {
        char c = *at;
        if (is_quoted && c == '"') {
            if (at[1] != '"') {
                break;
            }
            at++;
        } else if (!is_quoted && (c == ',' || is_space(c))) {
            break;
        } else if (!is_quoted && c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        } else if (!is_quoted && ((uint8_t)c >= 0x80 || c == '"')) {
            return false; /* how it is folded depends on the server's locale */
        }
        if (len == IDENTIFIER_MAX) {
            return false; /* it would be cut off, between characters */
        }
        name[len++] = c;
    }
    if ((is_quoted && *at != '"') || (!is_quoted && len == 0)) {
        return false;
    }
    name[len] = '\0';
    *list = at + is_quoted;
    return true;
}

static bool add_to_path(struct path *path, uint16_t schema)
{
    for (unsigned i = 0; i < path->count; i++) {
        if (path->schemas[i] == schema) {
            return true;
        }
    }
    if (path->count == CATALOG_PATH_MAX) {
        return false;
    }
    path->schemas[path->count++] = schema;
    return true;
}

/* False: there are too many. */
static bool add_named(const struct resolve *resolve, struct path *path, const char *name)
{
    const struct catalog *catalog = resolve->catalog;
    uint16_t role = catalog_find_role(catalog, resolve->session->role);
    const char *schema_name = strcmp(name, "$user") == 0 ? resolve->session->role : name;
    uint16_t schema = catalog_find_schema(catalog, schema_name);

    if (schema == CATALOG_NONE || (catalog->schemas[schema].usage >> role & 1) == 0) {
        return true; /* as PostgreSQL does: it is passed over */
    }
    return add_to_path(path, schema);
}

/* pg_temp is left out: who may have temporary tables is told nothing of names without a schema. */
static struct path read_path(const struct resolve *resolve, const char *list)
{
    struct path named = {.count = 0};
    struct path path = {.count = 0};
    char name[IDENTIFIER_MAX + 1];

    while (is_space(*list)) {
        list++;
    }
    while (*list != '\0') {
        if (!read_identifier(&list, name) || !add_named(resolve, &named, name)) {
            return path;
        }
        while (is_space(*list)) {
            list++;
        }
        if (*list == '\0') {
            break;
        }
        if (*list++ != ',') {
            return path;
        }
        while (is_space(*list)) {
            list++;
        }
        if (*list == '\0') {
            return path; /* nothing behind a comma */
        }
    }
    uint16_t system = catalog_find_schema(resolve->catalog, "pg_catalog");
    bool is_named = system == CATALOG_NONE;
    for (unsigned i = 0; i < named.count; i++) {
        is_named |= named.schemas[i] == system;
    }
    path.is_known = system != CATALOG_NONE && (is_named || add_to_path(&path, system));
    for (unsigned i = 0; i < named.count; i++) {
        path.is_known &= add_to_path(&path, named.schemas[i]);
    }
    return path;
}

const char *catalog_role_path(const struct catalog *catalog, const char *role)
{
    uint16_t at = role == NULL ? CATALOG_NONE : catalog_find_role(catalog, role);

    if (at == CATALOG_NONE) {
        return NULL;
    }
    if (catalog->roles[at].has_path) {
        return catalog_name(catalog, catalog->roles[at].path);
    }
    return catalog->has_default_path ? catalog_name(catalog, catalog->default_path) : NULL;
}

static void find_path(struct resolve *resolve)
{
    const struct catalog_session *session = resolve->session;

    if (resolve->catalog == NULL || session->search_path == NULL || session->role == NULL ||
            catalog_find_role(resolve->catalog, session->role) == CATALOG_NONE) {
        return;
    }
    resolve->path = read_path(resolve, session->search_path);
}

/* ---- names ---- */

static bool is_readable(const struct resolve *resolve, const char *name)
{
    for (; *name != '\0' && !resolve->reads_all_names; name++) {
        if ((uint8_t)*name >= 0x80) {
            return false;
        }
    }
    return true;
}

static void take_relation(const struct resolve *resolve, struct catalog_table *table,
        const struct catalog_relation *relation)
{
    const struct catalog *catalog = resolve->catalog;

    table->schema = catalog_name(catalog, catalog->schemas[relation->schema].name);
    table->oid = relation->oid;
    table->kind = relation->kind;
}

static void resolve_table(
        const struct resolve *resolve, const struct sql_table *from, struct catalog_table *table)
{
    const char *schema = sql_facts_name(resolve->facts, from->schema);
    const char *name = sql_facts_name(resolve->facts, from->name);
    bool is_readable_name = is_readable(resolve, name) && is_readable(resolve, schema);

    *table = (struct catalog_table){.schema = from->is_temp ? "pg_temp" : NULL};
    if (schema[0] != '\0') {
        table->schema = schema;
        uint16_t at = resolve->catalog == NULL || !is_readable_name
                              ? CATALOG_NONE
                              : catalog_find_schema(resolve->catalog, schema);
        const struct catalog_relation *relation =
                at == CATALOG_NONE ? NULL : catalog_find_relation(resolve->catalog, name, at);
        if (relation != NULL && (from->role & SQL_TABLE_DEFINED) == 0) {
            take_relation(resolve, table, relation);
        }
        return;
    }
    if (!resolve->path.is_known || !is_readable_name || resolve->session->may_have_temp ||
            from->is_temp || (from->role & SQL_TABLE_DEFINED) != 0) {
        return;
    }
    for (unsigned i = 0; i < resolve->path.count && !table->hides; i++) {
        const struct catalog_relation *relation =
                catalog_find_relation(resolve->catalog, name, resolve->path.schemas[i]);
        if (relation != NULL && table->oid != 0) {
            table->hides = true;
        } else if (relation != NULL) {
            take_relation(resolve, table, relation);
        }
    }
}

/* Whether a call that names that schema, or none, may mean one of it. */
static bool may_mean(const struct resolve *resolve, uint16_t named, uint16_t schema)
{
    if (named != CATALOG_NONE) {
        return schema == named;
    }
    for (unsigned i = 0; i < resolve->path.count; i++) {
        if (resolve->path.schemas[i] == schema) {
            return true;
        }
    }
    return false;
}

static void meet(const struct resolve *resolve, const struct catalog_function *function,
        uint16_t args, struct catalog_call *call)
{
    const struct catalog *catalog = resolve->catalog;
    const char *schema = catalog_name(catalog, catalog->schemas[function->schema].name);
    uint8_t volatility = function->volatility;
    bool is_first = call->volatility == SQL_VOLATILITY_UNKNOWN;

    if (function->names_type && args == 1 && volatility == SQL_IMMUTABLE) {
        volatility = SQL_STABLE; /* what reads a text as a type may be */
    }
    call->schema = is_first || call->schema == schema ? schema : NULL;
    call->is_aggregate = function->kind == 'a' && (is_first || call->is_aggregate);
    call->volatility = volatility > call->volatility ? volatility : call->volatility;
}

static void resolve_call(
        const struct resolve *resolve, const struct sql_function *from, struct catalog_call *call)
{
    const char *schema = sql_facts_name(resolve->facts, from->schema);
    const char *name = sql_facts_name(resolve->facts, from->name);
    uint32_t count = 0;

    *call = (struct catalog_call){.is_aggregate = from->is_aggregate};
    if (from->is_keyword) { /* CURRENT_USER, CURRENT_TIMESTAMP: all are */
        *call = (struct catalog_call){.schema = "pg_catalog", .volatility = SQL_STABLE};
        return;
    }
    if (resolve->catalog == NULL || !is_readable(resolve, name) || !is_readable(resolve, schema)) {
        return;
    }
    uint16_t named =
            schema[0] == '\0' ? CATALOG_NONE : catalog_find_schema(resolve->catalog, schema);
    if (schema[0] == '\0' ? !resolve->path.is_known : named == CATALOG_NONE) {
        return;
    }
    const struct catalog_function *functions =
            catalog_find_functions(resolve->catalog, name, &count);
    struct catalog_call met = {.schema = NULL};
    for (uint32_t i = 0; i < count; i++) {
        bool takes_as_many =
                from->args >= functions[i].args_min &&
                (from->args <= functions[i].args_max || functions[i].args_max == CATALOG_ARGS_ANY);
        if (takes_as_many && may_mean(resolve, named, functions[i].schema)) {
            meet(resolve, &functions[i], from->args, &met);
        }
    }
    met.is_aggregate |= from->is_aggregate;
    *call = met;
}

enum sl_err catalog_resolve(const struct sql_facts *facts, const struct catalog *catalog,
        const struct catalog_session *session, struct catalog_resolution **resolution)
{
    struct resolve resolve = {.facts = facts, .catalog = catalog, .session = session};
    size_t tables_len = facts->tables_count * sizeof(struct catalog_table);
    size_t functions_len = facts->functions_count * sizeof(struct catalog_call);
    struct catalog_resolution *made = malloc(sizeof *made + tables_len + functions_len);

    if (made == NULL) {
        return SL_ENOMEM;
    }
    struct catalog_table *tables = (struct catalog_table *)(made + 1);
    struct catalog_call *functions = (struct catalog_call *)(tables + facts->tables_count);
    *made = (struct catalog_resolution){.tables_count = facts->tables_count,
            .functions_count = facts->functions_count,
            .volatility = SQL_IMMUTABLE,
            .tables = tables,
            .functions = functions};
    resolve.reads_all_names =
            catalog != NULL && session->encoding != NULL &&
            strcmp(session->encoding, catalog_name(catalog, catalog->encoding)) == 0;
    find_path(&resolve);
    made->path_count = resolve.path.is_known ? (uint16_t)resolve.path.count : 0;
    memcpy(made->path, resolve.path.schemas, made->path_count * sizeof *made->path);
    for (unsigned i = 0; i < facts->tables_count; i++) {
        resolve_table(&resolve, &facts->tables[i], &tables[i]);
    }
    bool is_known = !facts->is_truncated && (facts->does & SQL_OPAQUE) == 0;
    for (unsigned i = 0; i < facts->functions_count; i++) {
        resolve_call(&resolve, &facts->functions[i], &functions[i]);
        is_known &= functions[i].volatility != SQL_VOLATILITY_UNKNOWN;
        made->volatility = functions[i].volatility > made->volatility ? functions[i].volatility
                                                                      : made->volatility;
    }
    made->volatility = is_known ? made->volatility : SQL_VOLATILITY_UNKNOWN;
    *resolution = made;
    return SL_OK;
}

/* ---- for people ---- */

const char *catalog_volatility_text(unsigned volatility)
{
    static const char *const texts[] = {[SQL_VOLATILITY_UNKNOWN] = "unknown",
            [SQL_IMMUTABLE] = "immutable",
            [SQL_STABLE] = "stable",
            [SQL_VOLATILE] = "volatile"};

    SL_CHECK(volatility < SL_COUNT(texts));
    return texts[volatility];
}

enum sl_err catalog_put_tables(struct sl_buf *buf, const struct sql_facts *facts,
        const struct catalog_resolution *resolution)
{
    enum sl_err err = SL_OK;

    for (unsigned i = 0; i < facts->tables_count && err == SL_OK; i++) {
        const struct catalog_table *table = &resolution->tables[i];
        const char *schema = table->schema == NULL ? "?" : table->schema;
        err = sl_buf_printf(buf, "%s%s.%s", i == 0 ? "" : ", ", schema,
                sql_facts_name(facts, facts->tables[i].name));
        if (err == SL_OK && table->kind != CATALOG_UNKNOWN && table->kind != CATALOG_TABLE) {
            err = sl_buf_printf(buf, " (%s)", catalog_kind_text((enum catalog_kind)table->kind));
        }
    }
    return err;
}

enum sl_err catalog_put_functions(struct sl_buf *buf, const struct sql_facts *facts,
        const struct catalog_resolution *resolution)
{
    enum sl_err err = SL_OK;

    for (unsigned i = 0; i < facts->functions_count && err == SL_OK; i++) {
        const struct sql_function *function = &facts->functions[i];
        const struct catalog_call *call = &resolution->functions[i];
        err = sl_buf_printf(buf, "%s%s(%u) %s%s", i == 0 ? "" : ", ",
                sql_facts_name(facts, function->name), function->args,
                catalog_volatility_text(call->volatility), call->is_aggregate ? " aggregate" : "");
    }
    return err;
}
