/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_harmless.h"

#include "protocol/back.h"
#include "protocol/catalog_row.h"
#include "protocol/effects_names.h"
#include "protocol/function_body.h"
#include "protocol/function_customs.h"

#include <stdlib.h>
#include <string.h>

enum { PG_CATALOG_OID = 11, DEFAULTS_MAX = 1024 };

/*
 * Libraries in C whose functions were read: they leave nothing in a session, but for pg_trgm's
 * set_limit(). Not among them: dblink (connections), tablefunc and refint (run what they are given),
 * isn (isn_weak()), autoinc (sequences), tcn (NOTIFY).
 */
#define READ_LIBRARIES                                                                             \
    "'$libdir/_int', '$libdir/btree_gin', '$libdir/btree_gist', '$libdir/citext', "                \
    "'$libdir/cube', '$libdir/earthdistance', '$libdir/fuzzystrmatch', '$libdir/hstore', "         \
    "'$libdir/insert_username', '$libdir/lo', '$libdir/ltree', '$libdir/moddatetime', "            \
    "'$libdir/pg_trgm', '$libdir/pgcrypto', '$libdir/postgis-3', '$libdir/seg', "                  \
    "'$libdir/unaccent', '$libdir/uuid-ossp', '$libdir/vector'"

/*
 * The body of one that is written as SQL of the standard (BEGIN ATOMIC) is not there, and empty; one of
 * those libraries comes with a body in SQL that leaves nothing either.
 */
enum sl_err catalog_harmless_query(struct sl_buf *query, uint32_t above, uint32_t rows)
{
    return sl_buf_printf(query,
            "SELECT p.oid, CASE WHEN l.lanname = 'plpgsql' THEN '0' ELSE '1' END, "
            "CASE WHEN l.lanname = 'c' THEN 'SELECT 1' ELSE p.prosrc END, "
            "left(coalesce(pg_get_expr(p.proargdefaults, 0), ''), %u) "
            "FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.oid > %u::oid AND "
            "p.pronamespace <> %u AND (l.lanname IN ('sql', 'plpgsql') OR (l.lanname = 'c' AND "
            "p.probin IN (" READ_LIBRARIES ") AND p.proname <> 'set_limit')) AND "
            "p.prokind IN ('f', 'p') AND octet_length(p.prosrc) BETWEEN 1 AND %u AND NOT EXISTS "
            "(SELECT 1 FROM "
            "unnest(p.proconfig) c WHERE left(c, 12) <> 'search_path=') ORDER BY p.oid LIMIT %u",
            (unsigned)DEFAULTS_MAX, above, (unsigned)PG_CATALOG_OID, (unsigned)FUNCTION_BODY_MAX,
            rows);
}

/* Of functions in the order of their names: those that a call may mean. */
struct call {
    uint32_t caller; /* of functions */
    uint32_t first;
    uint32_t count;
    uint16_t schema; /* CATALOG_NONE: any */
};

struct catalog_harmless {
    struct catalog_harmless_of of;
    uint32_t *order; /* of functions: by name */
    /*
     * Of functions: what it does leaves nothing. is_harmless is said of what calls it by its name,
     * and so not of one that has a type's: f(x) may be a cast.
     */
    bool *stands;
    struct call *calls;
    uint32_t calls_count;
    uint32_t calls_cap;
    uint32_t caller; /* whose body is being read, as the next */
    char customs[CATALOG_CUSTOMS_MAX][CATALOG_CUSTOM_LEN_MAX + 1];
    unsigned customs_count;
    enum sl_err err;
};

static const char *name_of(const struct catalog_harmless *harmless, uint32_t place)
{
    return harmless->of.names + harmless->of.functions[harmless->order[place]].name;
}

static bool is_builtin(const struct catalog_harmless *harmless, const struct catalog_function *f)
{
    return harmless->of.schemas[f->schema].oid == PG_CATALOG_OID;
}

static int compare(const void *left, const void *right, void *self)
{
    const struct catalog_harmless_of *of = self;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return strcmp(of->names + of->functions[a].name, of->names + of->functions[b].name);
}

struct catalog_harmless *catalog_harmless_new(const struct catalog_harmless_of *of)
{
    struct catalog_harmless *harmless = calloc(1, sizeof *harmless);
    uint32_t *order = calloc(of->count + 1, sizeof *order);
    bool *stands = calloc(of->count + 1, sizeof *stands);

    if (harmless == NULL || order == NULL || stands == NULL) {
        free(harmless);
        free(order);
        free(stands);
        return NULL;
    }
    harmless->of = *of;
    harmless->stands = stands;
    harmless->order = order;
    for (uint32_t i = 0; i < of->count; i++) {
        struct catalog_function *f = &of->functions[i];
        order[i] = i;
        f->is_harmless =
                is_builtin(harmless, f) && effects_name_is_known(sl_span_text(of->names + f->name));
        stands[i] = f->is_harmless;
    }
    if (of->count > 0) {
        qsort_r(order, of->count, sizeof *order, compare, &harmless->of);
    }
    return harmless;
}

void catalog_harmless_free(struct catalog_harmless *harmless)
{
    if (harmless != NULL) {
        free(harmless->order);
        free(harmless->stands);
        free(harmless->calls);
        free(harmless);
    }
}

/* ---- one body ---- */

static int compare_name(const char *name, struct sl_span other)
{
    int order = strncmp(name, (const char *)other.at, other.len);

    return order != 0 ? order : name[other.len] != '\0';
}

/* The functions of that name; how many, as far as that matters. */
static uint32_t find(const struct catalog_harmless *harmless, struct sl_span name, uint32_t *first)
{
    uint32_t from = 0;
    uint32_t to = harmless->of.count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (compare_name(name_of(harmless, middle), name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    *first = from;
    while (to < harmless->of.count && to - from <= CATALOG_OVERLOADS_MAX &&
            compare_name(name_of(harmless, to), name) == 0) {
        to++;
    }
    return to - from;
}

/* At the bound and without memory, the caller is none. */
static bool note(struct catalog_harmless *harmless, const struct call *call)
{
    if (harmless->calls_count == harmless->calls_cap) {
        uint32_t cap = harmless->calls_cap == 0 ? 64 : 2 * harmless->calls_cap;
        if (cap > CATALOG_CALLS_MAX) {
            return false;
        }
        struct call *calls = realloc(harmless->calls, cap * sizeof *calls);
        if (calls == NULL) {
            harmless->err = SL_ENOMEM;
            return false;
        }
        harmless->calls = calls;
        harmless->calls_cap = cap;
    }
    harmless->calls[harmless->calls_count++] = *call;
    return true;
}

static bool is_of_schema(const struct catalog_harmless *harmless,
        const struct catalog_function *function, struct sl_span schema)
{
    const char *name = harmless->of.names + harmless->of.schemas[function->schema].name;

    return schema.len == 0 || compare_name(name, schema) == 0;
}

static bool on_call(void *self, const struct function_call *written)
{
    struct catalog_harmless *harmless = self;
    struct call call = {.caller = harmless->caller, .schema = CATALOG_NONE};
    bool is_there = false;
    bool has_own = false;

    call.count = find(harmless, written->name, &call.first);
    if (call.count > CATALOG_OVERLOADS_MAX) {
        return false;
    }
    for (uint32_t i = call.first; i < call.first + call.count; i++) {
        const struct catalog_function *f = &harmless->of.functions[harmless->order[i]];
        if (!is_of_schema(harmless, f, written->schema)) {
            continue;
        }
        is_there = true;
        call.schema = written->schema.len > 0 ? f->schema : call.schema;
        if (!is_builtin(harmless, f)) {
            has_own = true;
        } else if (!f->is_harmless && written->kind != FUNCTION_COLUMN) {
            return false;
        }
    }
    if (has_own) {
        return note(harmless, &call);
    }
    bool is_grammar = written->schema.len == 0 && !written->is_quoted &&
                      (written->is_word || effects_name_is_known(written->name));
    return is_there || is_grammar || written->kind != FUNCTION_CALL;
}

static bool on_name(void *self, struct sl_span name, bool is_quoted)
{
    struct catalog_harmless *harmless = self;

    return catalog_hidden_mention(harmless->of.hidden, harmless->caller, name, is_quoted);
}

static bool is_harmless_text(struct catalog_harmless *harmless, struct sl_span text, bool is_sql)
{
    return function_body_is_harmless(&(struct function_body){.text = text,
            .is_sql = is_sql,
            .on_call = on_call,
            .on_name = on_name,
            .self = harmless});
}

/* They lie in the order of their OIDs. False: there is none. */
static bool find_oid(const struct catalog_harmless *harmless, uint32_t oid, uint32_t *at)
{
    uint32_t from = 0;
    uint32_t to = harmless->of.count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (harmless->of.oids[middle] < oid) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    *at = from;
    return from < harmless->of.count && harmless->of.oids[from] == oid;
}

static void on_custom(void *self, struct sl_span name)
{
    struct catalog_harmless *harmless = self;
    char lower[CATALOG_CUSTOM_LEN_MAX + 1] = "";

    if (name.len > CATALOG_CUSTOM_LEN_MAX || harmless->customs_count == CATALOG_CUSTOMS_MAX) {
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        lower[i] = (char)((uint8_t)(c - 'A') < 26 ? c | 0x20 : c);
    }
    for (unsigned i = 0; i < harmless->customs_count; i++) {
        if (strcmp(harmless->customs[i], lower) == 0) {
            return;
        }
    }
    memcpy(harmless->customs[harmless->customs_count++], lower, sizeof lower);
}

const char *catalog_harmless_custom(const struct catalog_harmless *harmless, unsigned number)
{
    return number < harmless->customs_count ? harmless->customs[number] : NULL;
}

static void judge(struct catalog_harmless *harmless, uint32_t oid, bool is_sql, struct sl_span body,
        struct sl_span defaults)
{
    uint32_t before = harmless->calls_count;
    uint32_t mark = catalog_hidden_begin_body(harmless->of.hidden);

    if (!find_oid(harmless, oid, &harmless->caller)) {
        return;
    }
    struct catalog_function *function = &harmless->of.functions[harmless->caller];
    if (is_builtin(harmless, function)) {
        return;
    }
    harmless->stands[harmless->caller] =
            is_harmless_text(harmless, body, is_sql) &&
            (defaults.len == 0 ||
                    (defaults.len < DEFAULTS_MAX && is_harmless_text(harmless, defaults, true)));
    if (!harmless->stands[harmless->caller]) {
        harmless->calls_count = before;
        catalog_hidden_forget(harmless->of.hidden, mark);
        function_customs(body, on_custom, harmless); /* one that only calls such has none */
    }
    function->is_harmless = harmless->stands[harmless->caller] && !function->names_type;
}

enum sl_err catalog_harmless_row(
        struct catalog_harmless *harmless, struct sl_span row, uint32_t *last)
{
    struct sl_span fields[4];
    uint32_t oid = 0;

    for (unsigned i = 0; i < SL_COUNT(fields); i++) {
        if (!back_row_field(row, i, &fields[i])) {
            return SL_EPROTO;
        }
    }
    if (!catalog_row_read_number(fields[0], &oid) || oid <= *last || fields[1].len != 1) {
        return SL_EPROTO;
    }
    *last = oid;
    judge(harmless, oid, fields[1].at[0] == '1', fields[2], fields[3]);
    return harmless->err != SL_OK ? harmless->err : catalog_hidden_error(harmless->of.hidden);
}

/* ---- all of them ---- */

static bool calls_harm(const struct catalog_harmless *harmless, const struct call *call)
{
    for (uint32_t i = call->first; i < call->first + call->count; i++) {
        const struct catalog_function *f = &harmless->of.functions[harmless->order[i]];
        if (!f->is_harmless && (call->schema == CATALOG_NONE || f->schema == call->schema)) {
            return true;
        }
    }
    return false;
}

/* True: one has fallen. is_last: all that call another do. */
static bool fall(struct catalog_harmless *harmless, bool is_last)
{
    bool has_fallen = false;

    for (uint32_t i = 0; i < harmless->calls_count; i++) {
        uint32_t caller = harmless->calls[i].caller;
        if (harmless->stands[caller] && (is_last || calls_harm(harmless, &harmless->calls[i]))) {
            harmless->stands[caller] = false;
            harmless->of.functions[caller].is_harmless = false;
            has_fallen = true;
        }
    }
    return has_fallen;
}

void catalog_harmless_end(struct catalog_harmless *harmless)
{
    bool has_fallen = true;

    for (unsigned rounds = 0; has_fallen; rounds++) {
        bool is_last = rounds >= CATALOG_ROUNDS_MAX;
        has_fallen = fall(harmless, is_last);
        has_fallen |= catalog_hidden_fall(harmless->of.hidden, harmless->stands, is_last);
    }
    catalog_hidden_end(harmless->of.hidden);
}
