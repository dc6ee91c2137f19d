/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_harmless.h"

#include "protocol/back.h"
#include "protocol/catalog_reach.h"
#include "protocol/catalog_row.h"
#include "protocol/effects_names.h"
#include "protocol/function_body.h"
#include "protocol/function_customs.h"
#include "protocol/function_names.h"
#include "protocol/sql_facts.h"

#include <stdlib.h>
#include <string.h>

enum {
    PG_CATALOG_OID = 11,
    FIRST_USER_OID = 16384,
    DEFAULTS_MAX = 1024,
    KIND_FIELD = 5,         /* for catalog_reach.h */
    SEARCHED_MAX = 1 << 18, /* characters of a body */
    ATOMIC_VERSION = 140000
};

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

/* Of a long body, what is found: SET and set_config() as in function_customs.h. Without backslashes. */
#define FOUND_CUSTOMS                                                                              \
    "(SELECT string_agg(DISTINCT x[1], '; ') FROM regexp_matches(left(p.prosrc, %u), "             \
    "'(set_config[[:space:]]*[(][[:space:]]*''+[^'']{1,64}''|"                                     \
    "[[:<:]]set[[:space:]]+(?:(?:local|session)[[:space:]]+)?"                                     \
    "[a-z_][a-z_0-9$]*[.][a-z_0-9$.]+[[:space:]]*(?:=|:=|to[[:>:]]))', 'gi') x)"
/* Names as in function_names.h. */
#define FOUND_CALLS                                                                                \
    "(SELECT string_agg(DISTINCT x[1], '; ') FROM regexp_matches(left(p.prosrc, %u), "             \
    "'(\"?[a-z_][a-z_0-9$]*\"?[[:space:]]*[(])', 'gi') x)"

/*
 * The body of one that is written as SQL of the standard (BEGIN ATOMIC) is a tree, and prosrc is empty; one
 * of those libraries comes with a body in SQL that leaves nothing either. 12 and 13 are internal and C.
 */
static const char bodies_begin[] =
        "SELECT p.oid, CASE WHEN NOT p.is_read THEN '2' WHEN p.lanname = 'plpgsql' THEN '0' "
        "ELSE '1' END, CASE WHEN p.lanname = 'c' THEN 'SELECT 1' WHEN p.is_read THEN p.prosrc "
        "ELSE left(concat_ws('; ', (SELECT string_agg('set ' || split_part(c, '=', 1) || ' =', "
        "'; ') FROM unnest(p.proconfig) c), ";

static const char bodies_middle[] =
        "CASE WHEN octet_length(p.prosrc) <= %u THEN p.prosrc "
        "ELSE concat_ws('; ', " FOUND_CUSTOMS ", " FOUND_CALLS ") END), %u) END, "
        "left(coalesce(pg_get_expr(p.proargdefaults, 0), ''), %u), %s%s%s "
        "FROM (SELECT q.*, l.lanname, octet_length(q.prosrc) BETWEEN 1 AND %u AND l.lanname IN "
        "('sql', 'plpgsql', 'c') AND NOT EXISTS (SELECT 1 FROM unnest(q.proconfig) c "
        "WHERE left(c, 12) <> 'search_path=') AS is_read "
        "FROM pg_proc q JOIN pg_language l ON l.oid = q.prolang WHERE q.oid > %u::oid AND "
        "q.pronamespace <> %u AND (q.prolang NOT IN (12, 13) OR (l.lanname = 'c' AND "
        "q.probin IN (" READ_LIBRARIES ") AND q.proname <> 'set_limit')) AND "
        "q.prokind IN ('f', 'p') ORDER BY q.oid LIMIT %u) p ORDER BY p.oid";

/* From PostgreSQL 14 on. */
static const char bodies_atomic[] =
        "(SELECT string_agg(DISTINCT f.proname || '(', '; ') FROM "
        "regexp_matches(p.prosqlbody::text, ':funcid ([0-9]+)', 'g') x "
        "JOIN pg_proc f ON f.oid = x[1]::oid WHERE f.provolatile = 'v' OR f.oid >= 16384), ";
static const char bodies_constants[] = CATALOG_CUSTOMS_OF("(SELECT p.prosqlbody::text AS tree)");

/* What is known of one for catalog_reach.h: enum catalog_reach_kind, and of BEGIN ATOMIC what it uses. */
#define BODY_KIND                                                                                  \
    ", CASE WHEN p.lanname = 'c' THEN 'c' WHEN octet_length(p.prosrc) > 0 THEN CASE "              \
    "WHEN p.lanname NOT IN ('sql', 'plpgsql') OR octet_length(p.prosrc) > 8192 THEN 'u' WHEN "     \
    "p.lanname = 'sql' THEN 's' "                                                                  \
    "ELSE 'p' END "
static const char bodies_exact[] = BODY_KIND "ELSE 'u' END";
static const char bodies_exact_atomic[] = BODY_KIND
        "WHEN p.prosqlbody IS NULL THEN 'u' ELSE 'a' END, "
        "(SELECT CASE WHEN count(*) > 128 THEN 'x' ELSE string_agg(a.target, ' ') END FROM "
        "(SELECT DISTINCT CASE x[1] WHEN 'relid' THEN 'r' ELSE 'f' END || x[2] AS target FROM "
        "regexp_matches(p.prosqlbody::text, ':(funcid|aggfnoid|winfnoid|relid) ([0-9]+)', 'g') x "
        "WHERE x[2]::oid >= 16384 OR (SELECT f.provolatile FROM pg_proc f WHERE "
        "x[1] <> 'relid' AND f.oid = x[2]::oid) = 'v') a)";

enum sl_err catalog_harmless_query(struct sl_buf *query, const struct catalog_hidden_page *page)
{
    enum sl_err err = sl_buf_put(query, bodies_begin, sizeof bodies_begin - 1);
    bool has_atomic = page->server_version >= ATOMIC_VERSION;
    const char *exact = has_atomic ? bodies_exact_atomic : bodies_exact;

    if (err == SL_OK && has_atomic) {
        err = sl_buf_put(query, bodies_atomic, sizeof bodies_atomic - 1);
    }
    return err == SL_OK
                   ? sl_buf_printf(query, bodies_middle, (unsigned)FUNCTION_BODY_MAX,
                             (unsigned)SEARCHED_MAX, (unsigned)SEARCHED_MAX,
                             (unsigned)FUNCTION_BODY_MAX, (unsigned)DEFAULTS_MAX,
                             has_atomic ? bodies_constants : "NULL", page->is_exact ? exact : "",
                             page->is_exact && !has_atomic ? ", NULL" : "",
                             (unsigned)FUNCTION_BODY_MAX, page->above, (unsigned)PG_CATALOG_OID,
                             page->rows)
                   : err;
}

/* Of functions in the order of their names: those that a call may mean. */
struct call {
    uint32_t caller; /* of functions */
    uint32_t first;
    uint32_t count;
    uint16_t schema; /* CATALOG_NONE: any */
};

struct calls {
    struct call *items;
    uint32_t count;
    uint32_t cap;
};

struct catalog_harmless {
    struct catalog_harmless_of of;
    uint32_t *order; /* of functions: by name */
    /*
     * Of functions: what it does leaves nothing. is_harmless is said of what calls it by its name,
     * and so not of one that has a type's: f(x) may be a cast.
     */
    bool *stands;
    struct calls calls;
    struct calls mentions; /* what stands before a parenthesis, within strings too */
    uint32_t caller;       /* whose body is being read */
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

/*
 * Of those that are built in: the ones that were read one by one, and all that PostgreSQL calls IMMUTABLE
 * (aggregates by the worst of their parts), which do no more than give a value.
 */
static bool is_harmless_builtin(const struct catalog_harmless *harmless, uint32_t at)
{
    const struct catalog_function *f = &harmless->of.functions[at];
    bool is_steady = f->volatility == SQL_IMMUTABLE && !f->names_type &&
                     harmless->of.oids[at] < FIRST_USER_OID;

    return is_builtin(harmless, f) &&
           (is_steady || effects_name_is_known(sl_span_text(harmless->of.names + f->name)));
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
        f->is_harmless = is_harmless_builtin(harmless, i);
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
        free(harmless->calls.items);
        free(harmless->mentions.items);
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

/* False: at the bound, or without memory. */
static bool note(struct catalog_harmless *harmless, struct calls *calls, const struct call *call)
{
    if (calls->count == calls->cap) {
        uint32_t cap = calls->cap == 0 ? 64 : 2 * calls->cap;
        if (cap > CATALOG_CALLS_MAX) {
            return false;
        }
        struct call *items = realloc(calls->items, cap * sizeof *items);
        if (items == NULL) {
            harmless->err = SL_ENOMEM;
            return false;
        }
        calls->items = items;
        calls->cap = cap;
    }
    calls->items[calls->count++] = *call;
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
        return note(harmless, &harmless->calls, &call);
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

/* ---- what can be told of one that is not harmless ---- */

static struct catalog_function *caller(const struct catalog_harmless *harmless)
{
    return &harmless->of.functions[harmless->caller];
}

static void on_custom(void *self, struct sl_span name)
{
    struct catalog_harmless *harmless = self;

    if (function_customs_is_name(name)) {
        catalog_customs_add(harmless->of.customs, name);
    } else {
        caller(harmless)->holds = true;
    }
}

/* By the same function before; those are the last ones. */
static bool is_mentioned(const struct catalog_harmless *harmless, uint32_t first)
{
    const struct call *items = harmless->mentions.items;

    for (uint32_t i = harmless->mentions.count; i > 0 && items[i - 1].caller == harmless->caller;
            i--) {
        if (items[i - 1].first == first) {
            return true;
        }
    }
    return false;
}

static bool on_mention(void *self, struct sl_span name, bool is_quoted)
{
    struct catalog_harmless *harmless = self;
    struct call call = {.caller = harmless->caller, .schema = CATALOG_NONE};
    bool has_own = false;

    (void)is_quoted;
    if (effects_name_holds(name)) {
        caller(harmless)->holds = true;
        return true;
    }
    call.count = find(harmless, name, &call.first);
    for (uint32_t i = call.first; i < call.first + call.count; i++) {
        has_own |= !is_builtin(harmless, &harmless->of.functions[harmless->order[i]]);
    }
    if (has_own && !is_mentioned(harmless, call.first)) {
        SL_IGNORE(note(harmless, &harmless->mentions, &call), "then it is not told");
    }
    return false;
}

static void search(struct catalog_harmless *harmless, struct sl_span text)
{
    function_customs(text, on_custom, harmless);
    SL_IGNORE(function_names(text, on_mention, harmless), "it says of the caller what it found");
}

/* Bodies as the rows say it. */
enum body_kind { BODY_PLPGSQL = '0', BODY_SQL = '1', BODY_SEARCHED = '2' };

static bool is_harmless_body(struct catalog_harmless *harmless, enum body_kind kind,
        struct sl_span body, struct sl_span defaults)
{
    return kind != BODY_SEARCHED && is_harmless_text(harmless, body, kind == BODY_SQL) &&
           (defaults.len == 0 ||
                   (defaults.len < DEFAULTS_MAX && is_harmless_text(harmless, defaults, true)));
}

static void judge(struct catalog_harmless *harmless, uint32_t oid, enum body_kind kind,
        struct sl_span body, struct sl_span defaults)
{
    uint32_t before = harmless->calls.count;
    uint32_t mark = catalog_hidden_begin_body(harmless->of.hidden);

    if (!find_oid(harmless, oid, &harmless->caller)) {
        return;
    }
    struct catalog_function *function = caller(harmless);
    if (is_builtin(harmless, function)) {
        return;
    }
    harmless->stands[harmless->caller] = is_harmless_body(harmless, kind, body, defaults);
    if (!harmless->stands[harmless->caller]) {
        harmless->calls.count = before;
        catalog_hidden_forget(harmless->of.hidden, mark);
    }
    search(harmless, body); /* it may fall yet, by whom it calls: with what is in its strings */
    search(harmless, defaults);
    function->is_harmless = harmless->stands[harmless->caller] && !function->names_type;
}

/* What it writes: two more fields. False: there are none. */
static bool tell_reach(struct catalog_harmless *harmless, struct sl_span row,
        const struct sl_span *fields, uint32_t oid)
{
    struct catalog_row more = {.body = row};
    struct catalog_reach_body body = {.text = fields[2], .defaults = fields[3]};
    struct sl_span targets = sl_span("", 0);

    if (harmless->of.reach == NULL || !find_oid(harmless, oid, &body.function)) {
        return true;
    }
    body.kind = catalog_row_char(&more, KIND_FIELD, "psacu");
    SL_IGNORE(back_row_field(row, KIND_FIELD + 1, &targets), "it is null but for BEGIN ATOMIC");
    body.text = body.kind == CATALOG_REACH_ATOMIC ? targets : body.text;
    return !more.is_bad && catalog_reach_take_body(harmless->of.reach, &body);
}

enum sl_err catalog_harmless_row(
        struct catalog_harmless *harmless, struct sl_span row, uint32_t *last)
{
    struct sl_span fields[4];
    struct sl_span constants = sl_span("", 0);
    uint32_t oid = 0;

    for (unsigned i = 0; i < SL_COUNT(fields); i++) {
        if (!back_row_field(row, i, &fields[i])) {
            return SL_EPROTO;
        }
    }
    if (!catalog_row_read_number(fields[0], &oid) || oid <= *last || fields[1].len != 1 ||
            fields[1].at[0] < BODY_PLPGSQL || fields[1].at[0] > BODY_SEARCHED) {
        return SL_EPROTO;
    }
    if (back_row_field(row, SL_COUNT(fields), &constants) && /* or it is null */
            !catalog_customs_take(harmless->of.customs, constants)) {
        return SL_EPROTO;
    }
    *last = oid;
    judge(harmless, oid, (enum body_kind)fields[1].at[0], fields[2], fields[3]);
    if (!tell_reach(harmless, row, fields, oid)) {
        return SL_EPROTO;
    }
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

    for (uint32_t i = 0; i < harmless->calls.count; i++) {
        const struct call *call = &harmless->calls.items[i];
        if (harmless->stands[call->caller] && (is_last || calls_harm(harmless, call))) {
            harmless->stands[call->caller] = false;
            harmless->of.functions[call->caller].is_harmless = false;
            has_fallen = true;
        }
    }
    return has_fallen;
}

static bool calls_one_that_holds(const struct catalog_harmless *harmless, const struct call *call)
{
    for (uint32_t i = call->first; i < call->first + call->count; i++) {
        const struct catalog_function *f = &harmless->of.functions[harmless->order[i]];
        if (f->holds && (call->schema == CATALOG_NONE || f->schema == call->schema)) {
            return true;
        }
    }
    return false;
}

/* What calls one that holds, holds, unless it is harmless. True: there was one. */
static bool spread(const struct catalog_harmless *harmless, const struct calls *calls)
{
    bool has_spread = false;

    for (uint32_t i = 0; i < calls->count; i++) {
        uint32_t caller = calls->items[i].caller;
        struct catalog_function *f = &harmless->of.functions[caller];
        if (!f->holds && !harmless->stands[caller] &&
                calls_one_that_holds(harmless, &calls->items[i])) {
            f->holds = true;
            has_spread = true;
        }
    }
    return has_spread;
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
    for (uint32_t i = 0; i < harmless->of.count; i++) {
        harmless->of.functions[i].holds &= !harmless->stands[i];
    }
    has_fallen = true;
    for (unsigned rounds = 0; has_fallen && rounds < CATALOG_ROUNDS_MAX; rounds++) {
        has_fallen = spread(harmless, &harmless->calls);
        has_fallen |= spread(harmless, &harmless->mentions);
    }
}
