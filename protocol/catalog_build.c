/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_build.c - rows are gathered as they come; names go to one heap, and arrays
 * are sorted when all is there.
 */
#include "protocol/catalog_build.h"

#include "protocol/back.h"
#include "protocol/catalog_customs.h"
#include "protocol/catalog_harmless.h"
#include "protocol/catalog_hidden.h"
#include "protocol/catalog_order.h"
#include "protocol/catalog_query.h"
#include "protocol/catalog_row.h"
#include "protocol/catalog_tables_build.h"
#include "protocol/catalog_tables_query.h"
#include "protocol/catalog_varying.h"
#include "protocol/catalog_vec.h"
#include "protocol/effects_names.h"
#include "protocol/sql_facts.h"

#include <stdlib.h>

enum {
    SECTION_HEAD,
    SECTION_ROLES,
    SECTION_SCHEMAS,
    SECTION_RELATIONS,
    SECTION_FUNCTIONS,
    SECTION_TARGETS,
    SECTION_ANYWAY,
    SECTION_BODIES,
    SECTION_CUSTOMS,
    SECTION_TABLES, /* if they are wanted, as the next */
    SECTION_COLUMNS,
    DONE
};

enum {
    PATH_TEXT_MAX = 8192,
    FUNCTION_ARGS_MAX = 254,
    OWN_OID = 16384,
    TARGETS_PART = 8,
    BODIES_PART = 8,
    CUSTOMS_PART = 4,
    TABLES_PART = 8,
    COLUMNS_PART = 16
};

struct catalog_build {
    int section;
    uint32_t last; /* the key of the last row of this section */
    uint32_t rows; /* asked for at once */
    size_t bytes_max;
    struct catalog_vec schemas;
    struct catalog_vec relations;
    struct catalog_vec functions;
    struct catalog_vec oids;  /* theirs */
    struct catalog_vec names; /* characters; "" is 0 */
    struct catalog_role roles[CATALOG_ROLES_MAX];
    bool has_oid[CATALOG_ROLES_MAX];
    unsigned roles_count;
    int server_version;
    uint32_t encoding;
    uint32_t default_path;
    bool has_default_path;
    uint64_t operators;
    uint8_t casts;
    bool wants_tables;
    struct catalog_tables_build *tables; /* from SECTION_TARGETS on, if they are wanted */
    struct catalog_hidden *hidden;       /* from SECTION_TARGETS on */
    struct catalog_harmless *harmless;   /* likewise */
    struct catalog_vec leaving;          /* names, in their order; when all is read */
    uint32_t leaving_count;
    uint64_t leaving_marks;
    bool leaving_is_wide;
    struct catalog_customs customs_found;
    uint32_t customs[CATALOG_CUSTOMS_MAX]; /* names; when all is read */
    uint32_t customs_count;
    bool holds; /* likewise */
};

/*
 * No schema but pg_catalog; pg_temp is named so that it comes last. Bytes are not converted,
 * which could fail, and depends on what the session's client had set. To compile a query for
 * so few rows takes longer than they do.
 */
const char catalog_build_begin[] =
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY; "
        "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL client_encoding = 'SQL_ASCII'; "
        "SET LOCAL statement_timeout = 500; SET LOCAL jit = off";

/* ---- memory ---- */

static size_t bytes_used(const struct catalog_build *build)
{
    return catalog_vec_bytes(&build->schemas) + catalog_vec_bytes(&build->relations) +
           catalog_vec_bytes(&build->functions) + catalog_vec_bytes(&build->oids) +
           catalog_vec_bytes(&build->names) + catalog_vec_bytes(&build->leaving);
}

static enum sl_err reserve(struct catalog_build *build, struct catalog_vec *vec, size_t count)
{
    return bytes_used(build) + count * vec->len > build->bytes_max
                   ? SL_ELIMIT
                   : catalog_vec_reserve(vec, count);
}

static enum sl_err add(struct catalog_build *build, struct catalog_vec *vec, const void *item)
{
    enum sl_err err = reserve(build, vec, 1);

    return err == SL_OK ? catalog_vec_add(vec, item, 1) : err;
}

static enum sl_err add_text(struct catalog_build *build, struct sl_span text, uint32_t *name)
{
    struct catalog_vec *names = &build->names;
    enum sl_err err = reserve(build, names, text.len + 1);

    if (err != SL_OK) {
        return err;
    }
    char *to = (char *)names->items + names->count;
    if (text.len > 0) {
        memcpy(to, text.at, text.len);
    }
    to[text.len] = '\0';
    *name = names->count;
    names->count += (uint32_t)text.len + 1;
    return SL_OK;
}

struct catalog_build *catalog_build_new(const struct catalog_build_options *options)
{
    struct catalog_build *build = calloc(1, sizeof *build);
    uint32_t empty = 0;

    if (build == NULL) {
        return NULL;
    }
    SL_CHECK(options->roles_count > 0 && options->roles_count <= CATALOG_ROLES_MAX);
    build->bytes_max = options->bytes_max;
    build->wants_tables = options->wants_tables;
    build->rows = CATALOG_ROWS_FIRST;
    build->schemas.len = sizeof(struct catalog_schema);
    build->relations.len = sizeof(struct catalog_relation);
    build->functions.len = sizeof(struct catalog_function);
    build->oids.len = sizeof(uint32_t);
    build->names.len = 1;
    build->leaving.len = sizeof(uint32_t);
    build->roles_count = options->roles_count;
    enum sl_err err = add_text(build, sl_span("", 0), &empty);
    for (unsigned i = 0; i < options->roles_count && err == SL_OK; i++) {
        err = add_text(build, sl_span_text(options->roles[i]), &build->roles[i].name);
    }
    if (err != SL_OK) {
        catalog_build_free(build);
        return NULL;
    }
    return build;
}

void catalog_build_free(struct catalog_build *build)
{
    if (build != NULL) {
        free(build->schemas.items);
        free(build->relations.items);
        free(build->functions.items);
        free(build->oids.items);
        free(build->names.items);
        free(build->leaving.items);
        catalog_harmless_free(build->harmless);
        catalog_hidden_free(build->hidden);
        catalog_tables_build_free(build->tables);
        free(build);
    }
}

bool catalog_build_is_done(const struct catalog_build *build)
{
    return build->section == DONE;
}

bool catalog_build_slow_down(struct catalog_build *build)
{
    if (build->rows / 2 < CATALOG_ROWS_MIN) {
        return false;
    }
    build->rows /= 2;
    return true;
}

static const char *text_of(const struct catalog_build *build, uint32_t name)
{
    return (const char *)build->names.items + name;
}

/* ---- what is asked ---- */

/* Of some a row is much work. */
static uint32_t rows_wanted(const struct catalog_build *build)
{
    switch (build->section) {
    case SECTION_TARGETS:
        return build->rows / TARGETS_PART;
    case SECTION_BODIES:
        return build->rows / BODIES_PART;
    case SECTION_CUSTOMS:
        return build->rows / CUSTOMS_PART;
    case SECTION_TABLES:
        return build->rows / TABLES_PART;
    case SECTION_COLUMNS:
        return build->rows / COLUMNS_PART;
    default:
        return build->rows;
    }
}

enum sl_err catalog_build_query(const struct catalog_build *build, struct sl_buf *query)
{
    struct catalog_query_roles roles = {.roles = build->roles,
            .has_oid = build->has_oid,
            .count = build->roles_count,
            .names = build->names.items};
    struct catalog_hidden_page page = {.server_version = build->server_version,
            .above = build->last,
            .rows = rows_wanted(build),
            .is_exact = build->wants_tables};

    switch (build->section) {
    case SECTION_HEAD:
        return sl_buf_put(query, catalog_query_head, strlen(catalog_query_head));
    case SECTION_ROLES:
        return catalog_query_put_roles(query, &roles);
    case SECTION_SCHEMAS:
        return catalog_query_put_schemas(query, &roles, build->last, build->rows);
    case SECTION_RELATIONS:
        return catalog_query_put_relations(query, build->last, build->rows);
    case SECTION_FUNCTIONS:
        return catalog_query_put_functions(query, build->last, build->rows);
    case SECTION_TARGETS:
        return catalog_hidden_query(query, &page);
    case SECTION_ANYWAY:
        return catalog_hidden_anyway_query(query, build->last, rows_wanted(build));
    case SECTION_BODIES:
        return catalog_harmless_query(query, &page);
    case SECTION_CUSTOMS:
        return catalog_customs_query(query, build->last, rows_wanted(build));
    case SECTION_TABLES:
        return catalog_tables_query(query, &page);
    case SECTION_COLUMNS:
        return catalog_columns_query(query, &page);
    default:
        return SL_EINVAL;
    }
}

/* ---- what is answered ---- */

static enum sl_err take_head(struct catalog_build *build, struct catalog_row *row, bool is_plain)
{
    struct sl_span path;
    uint32_t version = catalog_row_number(row, 0);
    struct sl_span encoding = catalog_row_name(row, 1);
    struct sl_span user = catalog_row_name(row, 2);
    bool has_path = back_row_field(row->body, 3, &path);

    path = has_path ? catalog_row_text(row, 3, PATH_TEXT_MAX) : path;
    if (row->is_bad || version > INT32_MAX) {
        return SL_EPROTO;
    }
    build->server_version = (int)version;
    catalog_varying_take(row, 4, &build->operators, &build->casts);
    build->has_default_path =
            has_path && is_plain && sl_span_is(user, text_of(build, build->roles[0].name));
    enum sl_err err = add_text(build, encoding, &build->encoding);
    return err == SL_OK && build->has_default_path ? add_text(build, path, &build->default_path)
                                                   : err;
}

static enum sl_err take_role(struct catalog_build *build, struct catalog_row *row)
{
    struct sl_span path;
    uint32_t oid = catalog_row_key(row, &build->last);
    struct sl_span name = catalog_row_name(row, 1);

    for (unsigned i = 0; i < build->roles_count && !row->is_bad; i++) {
        struct catalog_role *role = &build->roles[i];
        if (build->has_oid[i] || !sl_span_is(name, text_of(build, role->name))) {
            continue;
        }
        role->oid = oid;
        build->has_oid[i] = true;
        if (!back_row_field(row->body, 2, &path)) {
            return SL_OK;
        }
        path = catalog_row_text(row, 2, PATH_TEXT_MAX);
        role->has_path = !row->is_bad;
        return row->is_bad ? SL_EPROTO : add_text(build, path, &role->path);
    }
    return SL_EPROTO; /* nobody asked for it */
}

static enum sl_err take_schema(struct catalog_build *build, struct catalog_row *row)
{
    struct catalog_schema schema = {.oid = catalog_row_key(row, &build->last)};
    struct sl_span name = catalog_row_name(row, 1);
    struct sl_span usage = catalog_row_text(row, 2, CATALOG_ROLES_MAX);

    if (row->is_bad || usage.len != build->roles_count) {
        return SL_EPROTO;
    }
    for (size_t i = 0; i < usage.len; i++) {
        schema.usage |= (uint64_t)(usage.at[i] == '1') << i;
    }
    if (build->schemas.count >= CATALOG_NONE) {
        return SL_ELIMIT;
    }
    enum sl_err err = add_text(build, name, &schema.name);
    return err == SL_OK ? add(build, &build->schemas, &schema) : err;
}

/* They lie in the order of their OIDs. */
static uint16_t schema_of(const struct catalog_build *build, uint32_t oid)
{
    const struct catalog_schema *schemas = build->schemas.items;
    uint32_t from = 0;
    uint32_t to = build->schemas.count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (schemas[middle].oid == oid) {
            return (uint16_t)middle;
        }
        if (schemas[middle].oid < oid) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return CATALOG_NONE;
}

static enum sl_err take_relation(struct catalog_build *build, struct catalog_row *row)
{
    static const char kinds[] = "rpvmfS"; /* as in enum catalog_kind */
    struct catalog_relation relation = {.oid = catalog_row_key(row, &build->last)};

    relation.schema = schema_of(build, catalog_row_number(row, 1));
    struct sl_span name = catalog_row_name(row, 2);
    relation.kind =
            (uint8_t)(CATALOG_TABLE + (strchr(kinds, catalog_row_char(row, 3, kinds)) - kinds));
    if (row->is_bad) {
        return SL_EPROTO;
    }
    if (relation.schema == CATALOG_NONE) {
        return SL_OK; /* made since the schemas were read, or of one that is left out */
    }
    enum sl_err err = add_text(build, name, &relation.name);
    return err == SL_OK ? add(build, &build->relations, &relation) : err;
}

static enum sl_err take_function(struct catalog_build *build, struct catalog_row *row)
{
    struct catalog_function function = {0};
    uint32_t oid = catalog_row_key(row, &build->last);

    function.schema = schema_of(build, catalog_row_number(row, 1));
    struct sl_span name = catalog_row_name(row, 2);
    uint32_t args = catalog_row_number(row, 3);
    uint32_t defaults = catalog_row_number(row, 4);
    bool is_variadic = catalog_row_char(row, 5, "01") == '1';
    function.kind = catalog_row_char(row, 6, "fpaw");
    char volatility = catalog_row_char(row, 7, "isv");
    function.names_type = catalog_row_char(row, 8, "01") == '1';
    if (row->is_bad || args > FUNCTION_ARGS_MAX || defaults > args) {
        return SL_EPROTO;
    }
    function.args_min = (uint8_t)(args - defaults);
    function.args_max = (uint8_t)args;
    if (is_variadic) { /* the last of them may be left out where it has a default, or be many */
        function.args_min = (uint8_t)(function.args_min - (function.args_min > 0));
        function.args_max = CATALOG_ARGS_ANY;
    }
    function.volatility = volatility == 'i'   ? SQL_IMMUTABLE
                          : volatility == 's' ? SQL_STABLE
                                              : SQL_VOLATILE;
    if (function.schema == CATALOG_NONE) {
        return SL_OK;
    }
    enum sl_err err = add_text(build, name, &function.name);
    err = err == SL_OK ? add(build, &build->oids, &oid) : err;
    return err == SL_OK ? add(build, &build->functions, &function) : err;
}

static enum sl_err take_row(struct catalog_build *build, struct sl_span body, bool is_plain)
{
    struct catalog_row row = {.body = body};

    switch (build->section) {
    case SECTION_HEAD:
        return take_head(build, &row, is_plain);
    case SECTION_ROLES:
        return take_role(build, &row);
    case SECTION_SCHEMAS:
        return take_schema(build, &row);
    case SECTION_RELATIONS:
        return take_relation(build, &row);
    case SECTION_FUNCTIONS:
        return take_function(build, &row);
    case SECTION_TARGETS:
        return catalog_hidden_row(build->hidden, &row, &build->last);
    case SECTION_ANYWAY:
        return catalog_hidden_anyway_row(build->hidden, &row, &build->last);
    case SECTION_BODIES:
        return catalog_harmless_row(build->harmless, body, &build->last);
    case SECTION_CUSTOMS:
        return catalog_customs_row(&build->customs_found, &row, &build->last);
    case SECTION_TABLES:
        return catalog_tables_build_row(build->tables, &row, &build->last);
    case SECTION_COLUMNS:
        return catalog_tables_build_columns(build->tables, &row, &build->last);
    default:
        return SL_EPROTO;
    }
}

/* In UTF8 PostgreSQL folds letters of ASCII alone; in others 'I' with a dot may become an i. */
static bool is_utf8(const struct catalog_build *build)
{
    return strcmp(text_of(build, build->encoding), "UTF8") == 0;
}

static bool begin_tables(struct catalog_build *build, struct catalog_hidden_of *of)
{
    size_t used = bytes_used(build);
    size_t left = used < build->bytes_max ? build->bytes_max - used : 0;

    build->tables = build->wants_tables ? catalog_tables_build_new(of, left) : NULL;
    return build->tables != NULL || !build->wants_tables;
}

/* From here on neither functions, relations nor names move. */
static enum sl_err begin_targets(struct catalog_build *build)
{
    struct catalog_hidden_of of = {.functions = build->functions.items,
            .functions_oids = build->oids.items,
            .functions_count = build->functions.count,
            .relations = build->relations.items,
            .relations_count = build->relations.count,
            .names = build->names.items,
            .schemas = build->schemas.items,
            .is_utf8 = is_utf8(build)};
    bool is_begun = begin_tables(build, &of);
    build->hidden = is_begun ? catalog_hidden_new(&of) : NULL;
    if (build->hidden == NULL) {
        return SL_ENOMEM;
    }
    build->harmless =
            catalog_harmless_new(&(struct catalog_harmless_of){.functions = build->functions.items,
                    .oids = build->oids.items,
                    .count = build->functions.count,
                    .names = build->names.items,
                    .schemas = build->schemas.items,
                    .hidden = build->hidden,
                    .customs = &build->customs_found,
                    .reach = of.reach});
    return build->harmless == NULL ? SL_ENOMEM : SL_OK;
}

static enum sl_err begin_section(struct catalog_build *build)
{
    build->section++;
    build->last = 0;
    if (build->section == SECTION_TABLES && !build->wants_tables) {
        build->section = DONE;
    }
    if (build->section == SECTION_TARGETS) {
        return begin_targets(build);
    }
    return build->section == SECTION_BODIES ? catalog_hidden_begin_names(build->hidden) : SL_OK;
}

enum sl_err catalog_build_rows(struct catalog_build *build, struct sl_span rows, bool is_plain)
{
    uint32_t count = 0;
    bool is_one_answer = build->section == SECTION_HEAD || build->section == SECTION_ROLES;

    while (rows.len >= 4) {
        uint32_t len = sl_get_u32(rows.at);
        if (len > rows.len - 4) {
            return SL_EPROTO;
        }
        enum sl_err err = take_row(build, sl_span(rows.at + 4, len), is_plain);
        if (err != SL_OK) {
            return err;
        }
        count++;
        rows = sl_span(rows.at + 4 + len, rows.len - 4 - len);
    }
    if (rows.len > 0 || build->section == DONE || (build->section == SECTION_HEAD && count != 1)) {
        return SL_EPROTO;
    }
    return is_one_answer || count < rows_wanted(build) ? begin_section(build) : SL_OK;
}

/* ---- the snapshot ---- */

/* Relations and functions speak of a schema by its place: it moves. */
static enum sl_err sort_schemas(struct catalog_build *build)
{
    struct catalog_schema *schemas = build->schemas.items;
    struct catalog_relation *relations = build->relations.items;
    struct catalog_function *functions = build->functions.items;
    uint32_t count = build->schemas.count;
    uint16_t *place = calloc(count + 1, sizeof *place);
    uint32_t *oids = calloc(count + 1, sizeof *oids);

    if (place == NULL || oids == NULL) {
        free(place);
        free(oids);
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        oids[i] = schemas[i].oid;
        schemas[i].oid = i; /* for a moment: where it was */
    }
    if (count > 0) {
        qsort_r(schemas, count, sizeof *schemas, catalog_compare_schemas, build->names.items);
    }
    for (uint32_t i = 0; i < count; i++) {
        place[schemas[i].oid] = (uint16_t)i;
        schemas[i].oid = oids[schemas[i].oid];
    }
    for (uint32_t i = 0; i < build->relations.count; i++) {
        relations[i].schema = place[relations[i].schema];
    }
    for (uint32_t i = 0; i < build->functions.count; i++) {
        functions[i].schema = place[functions[i].schema];
    }
    free(place);
    free(oids);
    return SL_OK;
}

/* What cannot be told apart by a call is there once. */
static void drop_equal_functions(struct catalog_build *build)
{
    struct catalog_function *functions = build->functions.items;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < build->functions.count; i++) {
        if (kept == 0 || catalog_compare_functions(
                                 &functions[kept - 1], &functions[i], build->names.items) != 0) {
            functions[kept++] = functions[i];
        }
    }
    build->functions.count = kept;
}

/* Names as they come in sorted arrays: one that repeats is there once. */
struct heap {
    const char *from;
    char *to; /* NULL: only counts */
    uint32_t len;
    const char *last;
    uint32_t last_at;
};

static uint32_t put_name(struct heap *heap, uint32_t name)
{
    const char *text = heap->from + name;
    size_t len = strlen(text) + 1;

    if (heap->last != NULL && strcmp(heap->last, text) == 0) {
        return heap->last_at;
    }
    if (heap->to != NULL) {
        memcpy(heap->to + heap->len, text, len);
    }
    heap->last = text;
    heap->last_at = heap->len;
    heap->len += (uint32_t)len;
    return heap->last_at;
}

/* Every name of the build to the heap; with a place to put them, the items get their new ones. */
static void put_names(struct catalog_build *build, struct heap *heap)
{
    struct catalog_schema *schemas = build->schemas.items;
    struct catalog_relation *relations = build->relations.items;
    struct catalog_function *functions = build->functions.items;
    bool is_real = heap->to != NULL;

    SL_IGNORE(put_name(heap, 0), "the empty name comes first");
    uint32_t name = put_name(heap, build->encoding);
    build->encoding = is_real ? name : build->encoding;
    name = put_name(heap, build->default_path);
    build->default_path = is_real ? name : build->default_path;
    for (unsigned i = 0; i < build->roles_count; i++) {
        name = put_name(heap, build->roles[i].name);
        build->roles[i].name = is_real ? name : build->roles[i].name;
        name = put_name(heap, build->roles[i].path);
        build->roles[i].path = is_real ? name : build->roles[i].path;
    }
    for (uint32_t i = 0; i < build->customs_count; i++) {
        name = put_name(heap, build->customs[i]);
        build->customs[i] = is_real ? name : build->customs[i];
    }
    for (uint32_t i = 0; i < build->schemas.count; i++) {
        name = put_name(heap, schemas[i].name);
        schemas[i].name = is_real ? name : schemas[i].name;
    }
    for (uint32_t i = 0; i < build->relations.count; i++) {
        name = put_name(heap, relations[i].name);
        relations[i].name = is_real ? name : relations[i].name;
    }
    for (uint32_t i = 0; i < build->functions.count; i++) {
        name = put_name(heap, functions[i].name);
        functions[i].name = is_real ? name : functions[i].name;
    }
}

/* The roles that are there, to the front; bits of the others are nobody's. */
static uint32_t roles_found(struct catalog_build *build)
{
    struct catalog_schema *schemas = build->schemas.items;
    uint32_t found = 0;

    for (unsigned i = 0; i < build->roles_count; i++) {
        if (!build->has_oid[i]) {
            continue;
        }
        build->roles[found] = build->roles[i];
        for (uint32_t s = 0; s < build->schemas.count; s++) {
            uint64_t bit = schemas[s].usage >> i & 1;
            schemas[s].usage = (schemas[s].usage & ~(UINT64_C(1) << found)) | bit << found;
        }
        found++;
    }
    return found;
}

static enum sl_err add_leaving(struct catalog_build *build, uint32_t name)
{
    const char *text = text_of(build, name);

    build->leaving_marks |= catalog_name_mark(text, strlen(text));
    build->leaving_is_wide |= catalog_hidden_is_wide(sl_span_text(text));
    return add(build, &build->leaving, &name);
}

/* A call by that name looks like one of what is built in, or like the grammar. */
static bool is_mistaken(const struct catalog_build *build, const struct catalog_function *function)
{
    return !function->is_harmless && !function->names_type &&
           effects_name_is_known(sl_span_text(text_of(build, function->name)));
}

static enum sl_err gather_leaving(struct catalog_build *build)
{
    const struct catalog_relation *relations = build->relations.items;
    const struct catalog_function *functions = build->functions.items;
    enum sl_err err = SL_OK;

    build->leaving_is_wide = !is_utf8(build);
    for (uint32_t i = 0; i < build->relations.count && err == SL_OK; i++) {
        if (relations[i].leaves) {
            build->leaving_count++;
            err = add_leaving(build, relations[i].name);
        }
    }
    for (uint32_t i = 0; i < build->functions.count && err == SL_OK; i++) {
        build->holds |= functions[i].holds;
        if (is_mistaken(build, &functions[i])) {
            err = add_leaving(build, functions[i].name);
        }
    }
    build->leaving.count =
            catalog_order_names(build->leaving.items, build->leaving.count, build->names.items);
    return err;
}

static enum sl_err gather_customs(struct catalog_build *build)
{
    enum sl_err err = SL_OK;

    while (err == SL_OK && build->customs_count < build->customs_found.count) {
        const char *name = build->customs_found.names[build->customs_count];
        err = add_text(build, sl_span_text(name), &build->customs[build->customs_count++]);
    }
    return err;
}

static void copy_items(uint8_t **to, const struct catalog_vec *vec)
{
    if (vec->count > 0) {
        memcpy(*to, vec->items, catalog_vec_bytes(vec));
    }
    *to += catalog_vec_bytes(vec);
}

/* Items with 8-byte members and tables come first, names last: all are aligned. */
static struct catalog *catalog_new(struct catalog_build *build, size_t bytes)
{
    struct catalog *catalog = malloc(bytes);

    if (catalog == NULL) {
        return NULL;
    }
    uint8_t *at = (uint8_t *)(catalog + 1);
    uint8_t *names = (uint8_t *)catalog + bytes - build->names.count;
    *catalog = (struct catalog){.refs = 1,
            .server_version = build->server_version,
            .encoding = build->encoding,
            .default_path = build->default_path,
            .has_default_path = build->has_default_path,
            .leaves_anyway = catalog_hidden_leaves_anyway(build->hidden),
            .leaves_by_ddl = catalog_hidden_leaves_by_ddl(build->hidden),
            .holds = build->holds,
            .leaving_count = build->leaving_count,
            .leaving_names_count = build->leaving.count,
            .leaving_marks = build->leaving_marks,
            .leaving_is_wide = build->leaving_is_wide,
            .operators = build->operators,
            .casts = build->casts,
            .customs_count = build->customs_count,
            .schemas_count = build->schemas.count,
            .relations_count = build->relations.count,
            .functions_count = build->functions.count,
            .roles_count = build->roles_count,
            .bytes = bytes};
    memcpy(catalog->customs, build->customs, sizeof build->customs);
    if (build->tables != NULL) {
        catalog->tables = catalog_tables_build_copy(build->tables, at, build->relations.items);
        at += catalog_tables_build_bytes(build->tables);
    }
    catalog->schemas = (const void *)at;
    copy_items(&at, &build->schemas);
    catalog->relations = (const void *)at;
    copy_items(&at, &build->relations);
    catalog->functions = (const void *)at;
    copy_items(&at, &build->functions);
    catalog->roles = (const void *)at;
    memcpy(at, build->roles, build->roles_count * sizeof *build->roles);
    at += build->roles_count * sizeof *build->roles;
    catalog->leaving_names = (const void *)at;
    copy_items(&at, &build->leaving);
    memcpy(names, build->names.items, build->names.count);
    catalog->names = (const char *)names;
    return catalog;
}

enum sl_err catalog_build_end(struct catalog_build *build, const struct catalog **catalog)
{
    SL_CHECK(build->section == DONE);
    catalog_harmless_end(build->harmless);
    enum sl_err err = build->tables == NULL ? SL_OK : catalog_tables_build_end(build->tables);
    err = err == SL_OK ? gather_customs(build) : err;
    err = err == SL_OK ? sort_schemas(build) : err;
    if (err != SL_OK) {
        return err;
    }
    if (build->relations.count > 0) {
        qsort_r(build->relations.items, build->relations.count, build->relations.len,
                catalog_compare_relations, build->names.items);
    }
    if (build->functions.count > 0) {
        qsort_r(build->functions.items, build->functions.count, build->functions.len,
                catalog_compare_functions, build->names.items);
    }
    drop_equal_functions(build);
    build->roles_count = roles_found(build);
    struct heap heap = {.from = build->names.items};
    put_names(build, &heap);
    char *names = malloc(heap.len);
    if (names == NULL) {
        return SL_ENOMEM;
    }
    heap = (struct heap){.from = build->names.items, .to = names};
    put_names(build, &heap);
    free(build->names.items);
    build->names =
            (struct catalog_vec){.items = names, .count = heap.len, .cap = heap.len, .len = 1};
    err = gather_leaving(build);
    if (err != SL_OK) {
        return err;
    }
    size_t bytes = sizeof(struct catalog) + catalog_vec_bytes(&build->schemas) +
                   catalog_vec_bytes(&build->relations) + catalog_vec_bytes(&build->functions) +
                   build->roles_count * sizeof *build->roles + catalog_vec_bytes(&build->leaving) +
                   (build->tables == NULL ? 0 : catalog_tables_build_bytes(build->tables)) +
                   heap.len;
    if (bytes > build->bytes_max) {
        return SL_ELIMIT;
    }
    *catalog = catalog_new(build, bytes);
    return *catalog == NULL ? SL_ENOMEM : SL_OK;
}
