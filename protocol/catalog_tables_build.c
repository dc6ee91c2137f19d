/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_tables_build.c - rows become tables in the order of their OIDs; names of columns, of which
 * many are alike, are there once each.
 */
#include "protocol/catalog_tables_build.h"

#include "protocol/back.h"
#include "protocol/base/hash.h"
#include "protocol/catalog_reach.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_FIRST = 1024,
    FACTS_LEN_MAX = 32,
    TRIGGERS_LEN_MAX = 1024,
    PARENTS_LEN_MAX = 1024,
    KEYS_LEN_MAX = 4096,
    COLUMNS_LEN_MAX = CATALOG_COLUMNS_MAX * 128,
    COLUMN_NAME_MAX = 255
};

/* pg_trigger.tgtype. */
enum { TYPE_ROW = 1, TYPE_BEFORE = 2, TYPE_INSERT = 4, TYPE_DELETE = 8, TYPE_UPDATE = 16 };
enum { TYPE_TRUNCATE = 32, TYPE_INSTEAD = 64 };

/* pg_type.oid of what is compared by bytes that we know. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_UUID = 2950
};

struct catalog_tables_build {
    struct catalog_hidden_of of;
    struct catalog_reach *reach;
    size_t bytes_max;
    uint32_t *oids; /* of the relations, in their order */
    struct catalog_details *tables;
    uint32_t *parents; /* of trees, as places; each leads to its first */
    bool trees_are_unknown;
    struct catalog_vec columns;
    struct catalog_vec keys;
    struct catalog_vec names; /* characters */
    uint32_t *slots;          /* names, by their hash, plus one */
    uint32_t slots_count;
    uint32_t names_count;
    struct catalog_reach_sets sets;
    uint32_t anyway;
    uint32_t by_ddl;
};

/* ---- memory ---- */

struct catalog_tables_build *catalog_tables_build_new(
        struct catalog_hidden_of *of, size_t bytes_max)
{
    struct catalog_tables_build *build = calloc(1, sizeof *build);
    size_t count = (size_t)of->relations_count + 1;

    if (build == NULL) {
        return NULL;
    }
    build->of = *of;
    build->bytes_max = bytes_max;
    build->columns.len = sizeof(struct catalog_column);
    build->keys.len = sizeof(struct catalog_key);
    build->names.len = 1;
    build->slots_count = SLOTS_FIRST;
    build->slots = calloc(SLOTS_FIRST, sizeof *build->slots);
    build->oids = calloc(count, sizeof *build->oids);
    build->tables = calloc(count, sizeof *build->tables);
    build->parents = calloc(count, sizeof *build->parents);
    build->reach = catalog_reach_new(of);
    if (build->slots == NULL || build->oids == NULL || build->tables == NULL ||
            build->parents == NULL || build->reach == NULL) {
        catalog_tables_build_free(build);
        return NULL;
    }
    for (uint32_t i = 0; i < of->relations_count; i++) {
        build->oids[i] = of->relations[i].oid;
        build->parents[i] = i;
    }
    of->reach = build->reach;
    return build;
}

void catalog_tables_build_free(struct catalog_tables_build *build)
{
    if (build != NULL) {
        catalog_reach_free(build->reach);
        catalog_reach_sets_free(&build->sets);
        free(build->oids);
        free(build->tables);
        free(build->parents);
        free(build->columns.items);
        free(build->keys.items);
        free(build->names.items);
        free(build->slots);
        free(build);
    }
}

static size_t round_up(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

/* Items of 8 bytes first, names last: as they are copied. */
size_t catalog_tables_build_bytes(const struct catalog_tables_build *build)
{
    return round_up(sizeof(struct catalog_tables) +
                    build->of.relations_count * sizeof(struct catalog_details) +
                    catalog_vec_bytes(&build->columns) + catalog_vec_bytes(&build->keys) +
                    catalog_vec_bytes(&build->sets.sets) + catalog_vec_bytes(&build->sets.trees) +
                    catalog_vec_bytes(&build->names));
}

static enum sl_err add(struct catalog_tables_build *build, struct catalog_vec *vec,
        const void *items, size_t count)
{
    if (catalog_tables_build_bytes(build) + count * vec->len > build->bytes_max) {
        return SL_ELIMIT;
    }
    return catalog_vec_add(vec, items, count);
}

static bool find(const struct catalog_tables_build *build, uint32_t oid, uint32_t *at)
{
    uint32_t from = 0;
    uint32_t to = build->of.relations_count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (build->oids[middle] == oid) {
            *at = middle;
            return true;
        }
        if (build->oids[middle] < oid) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return false;
}

/* ---- names of columns ---- */

static uint32_t *slot_of(const struct catalog_tables_build *build, uint32_t *slots, uint32_t count,
        struct sl_span it)
{
    uint32_t at = (uint32_t)sl_hash64(it) & (count - 1);

    while (slots[at] != 0 && !sl_span_is(it, (const char *)build->names.items + slots[at] - 1)) {
        at = (at + 1) & (count - 1);
    }
    return &slots[at];
}

static enum sl_err make_room(struct catalog_tables_build *build)
{
    if (build->names_count * 2 < build->slots_count) {
        return SL_OK;
    }
    uint32_t count = build->slots_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < build->slots_count; i++) {
        if (build->slots[i] != 0) {
            const char *name = (const char *)build->names.items + build->slots[i] - 1;
            *slot_of(build, slots, count, sl_span_text(name)) = build->slots[i];
        }
    }
    free(build->slots);
    build->slots = slots;
    build->slots_count = count;
    return SL_OK;
}

static enum sl_err put_name(
        struct catalog_tables_build *build, struct sl_span name, uint32_t *place)
{
    enum sl_err err = make_room(build);

    if (err != SL_OK) {
        return err;
    }
    uint32_t *slot = slot_of(build, build->slots, build->slots_count, name);
    if (*slot == 0) {
        uint32_t at = build->names.count;
        err = add(build, &build->names, name.at, name.len);
        err = err == SL_OK ? add(build, &build->names, "", 1) : err;
        *slot = err == SL_OK ? at + 1 : 0;
        build->names_count += err == SL_OK;
    }
    *place = *slot - 1;
    return err;
}

/* ---- reading ---- */

/* What stands before the next such sign, or the end; what is behind it stays. */
static struct sl_span next_part(struct sl_span *text, char sign)
{
    const uint8_t *end = text->len == 0 ? NULL : memchr(text->at, sign, text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->at);
    struct sl_span part = sl_span(text->at, len);

    len += end != NULL;
    *text = sl_span(text->at + len, text->len - len);
    return part;
}

static bool next_number(struct sl_span *text, char sign, uint32_t *number)
{
    return catalog_row_read_number(next_part(text, sign), number);
}

/* A text that may be null. */
static struct sl_span text_of(struct catalog_row *row, unsigned column, size_t max)
{
    struct sl_span field;

    return back_row_field(row->body, column, &field) ? catalog_row_text(row, column, max)
                                                     : sl_span("", 0);
}

static bool read_facts(struct sl_span letters, uint32_t *facts)
{
    static const struct {
        char letter;
        uint32_t fact;
    } known[] = {{'r', CATALOG_FACT_ROW_SECURITY}, {'w', CATALOG_FACT_RULES},
            {'b', CATALOG_FACT_SECURITY_BARRIER}, {'n', CATALOG_FACT_SECURITY_INVOKER},
            {'h', CATALOG_FACT_INHERITED}, {'i', 0}, {'s', CATALOG_FACT_STABLE},
            {'v', CATALOG_FACT_STABLE | CATALOG_FACT_VOLATILE}, {'c', CATALOG_FACT_SYSTEM_RELATION},
            {'t', CATALOG_FACT_TIME}, {'l', CATALOG_FACT_LOCKS}, {'m', CATALOG_FACT_SAMPLE},
            {'y', CATALOG_FACT_SYSTEM_COLUMNS}, {'o', CATALOG_FACT_IO_CASTS}};

    for (size_t i = 0; i < letters.len; i++) {
        size_t at = 0;
        while (at < SL_COUNT(known) && known[at].letter != (char)letters.at[i]) {
            at++;
        }
        if (at == SL_COUNT(known)) {
            return false;
        }
        *facts |= known[at].fact;
    }
    return true;
}

static enum catalog_moment moment_of(uint32_t type)
{
    if ((type & TYPE_INSTEAD) != 0) {
        return CATALOG_INSTEAD_ROW;
    }
    if ((type & TYPE_ROW) != 0) {
        return (type & TYPE_BEFORE) != 0 ? CATALOG_BEFORE_ROW : CATALOG_AFTER_ROW;
    }
    return (type & TYPE_BEFORE) != 0 ? CATALOG_BEFORE_STATEMENT : CATALOG_AFTER_STATEMENT;
}

static bool read_triggers(struct sl_span types, uint32_t *triggers)
{
    static const uint32_t events[CATALOG_EVENT_COUNT] = {[CATALOG_INSERT] = TYPE_INSERT,
            [CATALOG_UPDATE] = TYPE_UPDATE,
            [CATALOG_DELETE] = TYPE_DELETE,
            [CATALOG_TRUNCATE] = TYPE_TRUNCATE};
    uint32_t type = 0;

    while (types.len > 0) {
        if (!next_number(&types, ' ', &type)) {
            return false;
        }
        for (unsigned i = 0; i < CATALOG_EVENT_COUNT; i++) {
            unsigned bit = i * CATALOG_MOMENT_COUNT + (unsigned)moment_of(type);
            *triggers |= (uint32_t)((type & events[i]) != 0) << bit;
        }
    }
    return true;
}

/* ---- trees ---- */

static uint32_t first_of(struct catalog_tables_build *build, uint32_t at)
{
    while (build->parents[at] != at) {
        build->parents[at] = build->parents[build->parents[at]];
        at = build->parents[at];
    }
    return at;
}

/* The smaller place, and so OID, stands for both. */
static void join(struct catalog_tables_build *build, uint32_t a, uint32_t b)
{
    a = first_of(build, a);
    b = first_of(build, b);
    build->parents[a > b ? a : b] = a > b ? b : a;
}

static bool read_parents(
        struct catalog_tables_build *build, uint32_t relation, struct sl_span parents)
{
    uint32_t oid = 0;
    uint32_t at = 0;

    if (sl_span_is(parents, "x")) {
        build->trees_are_unknown = true;
        return true;
    }
    while (parents.len > 0) {
        if (!next_number(&parents, ' ', &oid)) {
            return false;
        }
        if (find(build, oid, &at)) {
            join(build, relation, at);
        } else {
            build->trees_are_unknown = true;
        }
    }
    return true;
}

/* ---- keys ---- */

/* "16400 pi 1,2" */
static bool read_key(struct sl_span *text, char identity, struct catalog_key *key)
{
    uint32_t number = 0;

    *key = (struct catalog_key){.oid = 0};
    if (!next_number(text, ' ', &key->oid)) {
        return false;
    }
    struct sl_span letters = next_part(text, ' ');
    struct sl_span columns = next_part(text, ' ');
    if (letters.len != 2 || columns.len == 0) {
        return false;
    }
    key->is_primary = letters.at[0] == 'p';
    key->is_identity =
            (identity == 'd' && key->is_primary) || (identity == 'i' && letters.at[1] == 'i');
    while (columns.len > 0) {
        if (key->columns_count == CATALOG_KEY_COLUMNS_MAX || !next_number(&columns, ',', &number) ||
                number == 0 || number > INT16_MAX) {
            return false;
        }
        key->columns[key->columns_count++] = (int16_t)number;
    }
    return true;
}

static enum sl_err read_keys(
        struct catalog_tables_build *build, struct catalog_details *table, struct sl_span text)
{
    struct catalog_key key;

    table->keys = build->keys.count;
    while (text.len > 0) {
        if (table->keys_count == CATALOG_KEYS_MAX || !read_key(&text, table->identity, &key)) {
            return SL_EPROTO;
        }
        enum sl_err err = add(build, &build->keys, &key, 1);
        if (err != SL_OK) {
            return err;
        }
        table->keys_count++;
    }
    return SL_OK;
}

static uint32_t facts_of_kind(uint8_t kind)
{
    return kind == CATALOG_FOREIGN    ? CATALOG_FACT_FOREIGN
           : kind == CATALOG_MATVIEW  ? CATALOG_FACT_MATVIEW
           : kind == CATALOG_SEQUENCE ? CATALOG_FACT_SEQUENCE
                                      : 0;
}

enum sl_err catalog_tables_build_row(
        struct catalog_tables_build *build, struct catalog_row *row, uint32_t *last)
{
    uint32_t at = 0;
    uint32_t oid = catalog_row_key(row, last);
    char persistence = catalog_row_char(row, 1, "pu");
    char identity = catalog_row_char(row, 2, "dnfi");
    struct sl_span facts = catalog_row_text(row, 3, FACTS_LEN_MAX);
    struct sl_span triggers = text_of(row, 4, TRIGGERS_LEN_MAX);
    struct sl_span parents = text_of(row, 5, PARENTS_LEN_MAX);
    struct sl_span keys = text_of(row, 6, KEYS_LEN_MAX);

    if (row->is_bad) {
        return SL_EPROTO;
    }
    if (!find(build, oid, &at)) {
        return SL_OK; /* made since they were read, or of a schema that is left out */
    }
    struct catalog_details *table = &build->tables[at];
    table->identity = identity;
    table->is_known = true;
    table->facts |= persistence == 'u' ? CATALOG_FACT_UNLOGGED : 0;
    if (!read_facts(facts, &table->facts) || !read_triggers(triggers, &table->triggers) ||
            !read_parents(build, at, parents)) {
        return SL_EPROTO;
    }
    return read_keys(build, table, keys);
}

/* ---- columns ---- */

static uint8_t key_kind_of(uint32_t type, bool is_deterministic)
{
    switch (type) {
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return CATALOG_KEY_INTEGER;
    case OID_UUID:
        return CATALOG_KEY_UUID;
    case OID_BOOL:
        return CATALOG_KEY_BOOL;
    case OID_TEXT:
    case OID_VARCHAR:
        return is_deterministic ? CATALOG_KEY_TEXT : CATALOG_KEY_OTHER;
    case OID_BPCHAR:
        return is_deterministic ? CATALOG_KEY_BPCHAR : CATALOG_KEY_OTHER;
    default:
        return CATALOG_KEY_OTHER;
    }
}

/* "1 23 nh. 2 id": a name may have any byte in it. False: it is none. */
static bool read_column(struct sl_span *text, struct catalog_column *column, struct sl_span *name)
{
    uint32_t number = 0;
    uint32_t len = 0;

    if (!next_number(text, ' ', &number) || !next_number(text, ' ', &column->type)) {
        return false;
    }
    struct sl_span letters = next_part(text, ' ');
    if (!next_number(text, ' ', &len) || number == 0 || number > INT16_MAX || len == 0 ||
            len > COLUMN_NAME_MAX || len > text->len || letters.len == 0) {
        return false;
    }
    *name = sl_span(text->at, len);
    *text = sl_span(text->at + len, text->len - len);
    if (text->len > 0 && next_part(text, ' ').len > 0) {
        return false;
    }
    column->number = (int16_t)number;
    column->is_not_null = memchr(letters.at, 'n', letters.len) != NULL;
    column->has_default = memchr(letters.at, 'h', letters.len) != NULL;
    column->is_new = memchr(letters.at, 's', letters.len) != NULL;
    column->is_generated = memchr(letters.at, 'g', letters.len) != NULL;
    column->key_kind = key_kind_of(column->type, memchr(letters.at, 'i', letters.len) == NULL);
    return true;
}

static enum sl_err read_columns(
        struct catalog_tables_build *build, struct catalog_details *table, struct sl_span text)
{
    struct sl_span name;
    int16_t before = 0;

    table->columns = build->columns.count;
    while (text.len > 0) {
        struct catalog_column column = {.number = 0};
        if (table->columns_count == CATALOG_COLUMNS_MAX || !read_column(&text, &column, &name) ||
                column.number <= before) {
            return SL_EPROTO;
        }
        before = column.number;
        enum sl_err err = put_name(build, name, &column.name);
        err = err == SL_OK ? add(build, &build->columns, &column, 1) : err;
        if (err != SL_OK) {
            return err;
        }
        table->columns_count++;
        table->facts |= column.is_generated ? CATALOG_FACT_GENERATED : 0;
    }
    return SL_OK;
}

enum sl_err catalog_tables_build_columns(
        struct catalog_tables_build *build, struct catalog_row *row, uint32_t *last)
{
    uint32_t at = 0;
    struct sl_span text;
    uint32_t oid = catalog_row_key(row, last);
    bool is_there = back_row_field(row->body, 1, &text);

    text = is_there ? catalog_row_text(row, 1, COLUMNS_LEN_MAX) : sl_span("", 0);
    if (row->is_bad) {
        return SL_EPROTO;
    }
    if (!find(build, oid, &at)) {
        return SL_OK;
    }
    build->tables[at].knows_columns = is_there;
    return read_columns(build, &build->tables[at], text);
}

/* ---- the end ---- */

/* Of sets those that are used, functions' first: their numbers are short. */
struct keeper {
    const struct catalog_reach_sets *from;
    uint32_t *numbers; /* new ones; 0: not yet */
    struct catalog_vec sets;
    struct catalog_vec trees;
    enum sl_err err;
};

static uint32_t keep(struct keeper *keeper, uint32_t set)
{
    if (set < CATALOG_SETS_FIXED || keeper->numbers[set] != 0 || keeper->err != SL_OK) {
        return set < CATALOG_SETS_FIXED ? set : keeper->numbers[set];
    }
    struct catalog_set it = ((const struct catalog_set *)keeper->from->sets.items)[set];
    const uint32_t *trees = (const uint32_t *)keeper->from->trees.items + it.first;
    it.first = keeper->trees.count;
    keeper->err = catalog_vec_add(&keeper->trees, trees, it.count);
    if (keeper->err == SL_OK) {
        keeper->err = catalog_vec_add(&keeper->sets, &it, 1);
    }
    keeper->numbers[set] = keeper->err == SL_OK ? keeper->sets.count - 1 : 0;
    return keeper->numbers[set];
}

/* Without trees nothing but nothing is known. */
static uint32_t keep_known(
        const struct catalog_tables_build *build, struct keeper *keeper, uint32_t set)
{
    return build->trees_are_unknown && set >= CATALOG_SETS_FIXED ? CATALOG_SET_UNKNOWN
                                                                 : keep(keeper, set);
}

static void keep_all(struct catalog_tables_build *build, struct keeper *keeper)
{
    for (uint32_t i = 0; i < build->of.functions_count; i++) {
        uint32_t set = keep_known(build, keeper, build->sets.functions[i]);
        build->of.functions[i].writes = set <= UINT16_MAX ? (uint16_t)set : CATALOG_SET_UNKNOWN;
    }
    build->anyway = keep_known(build, keeper, build->sets.anyway);
    build->by_ddl = keep_known(build, keeper, build->sets.by_ddl);
    for (uint32_t i = 0; i < build->of.relations_count; i++) {
        struct catalog_details *table = &build->tables[i];
        if (table->is_known) {
            table->writes = keep(keeper, build->sets.writes[i]);
            table->reads = keep(keeper, build->sets.reads[i]);
        }
    }
}

static enum sl_err keep_used(struct catalog_tables_build *build)
{
    static const struct catalog_set fixed[CATALOG_SETS_FIXED];
    struct keeper keeper = {.from = &build->sets,
            .sets = {.len = sizeof(struct catalog_set)},
            .trees = {.len = sizeof(uint32_t)}};

    keeper.numbers = calloc((size_t)build->sets.sets.count + 1, sizeof *keeper.numbers);
    keeper.err = keeper.numbers == NULL ? SL_ENOMEM
                                        : catalog_vec_add(&keeper.sets, fixed, CATALOG_SETS_FIXED);
    if (keeper.err == SL_OK) {
        keep_all(build, &keeper);
    }
    free(keeper.numbers);
    catalog_reach_sets_free(&build->sets);
    build->sets.sets = keeper.sets;
    build->sets.trees = keeper.trees;
    return keeper.err;
}

/* Their numbers, and what is to be known of all of a tree. */
static void end_trees(struct catalog_tables_build *build, uint32_t *trees)
{
    for (uint32_t i = 0; i < build->of.relations_count; i++) {
        uint32_t first = first_of(build, i);
        build->tables[first].tree_triggers |= build->tables[i].triggers;
        trees[i] = build->oids[first];
    }
    for (uint32_t i = 0; i < build->of.relations_count; i++) {
        struct catalog_details *table = &build->tables[i];
        table->tree = trees[i];
        table->tree_triggers = build->tables[first_of(build, i)].tree_triggers;
        table->facts |= facts_of_kind(build->of.relations[i].kind);
        table->is_known &= !build->trees_are_unknown;
    }
}

enum sl_err catalog_tables_build_end(struct catalog_tables_build *build)
{
    size_t count = (size_t)build->of.relations_count + 1;
    uint32_t *trees = calloc(2 * count, sizeof *trees);

    if (trees == NULL) {
        return SL_ENOMEM;
    }
    uint32_t *facts = trees + count;
    build->trees_are_unknown |= catalog_reach_is_lost(build->reach);
    end_trees(build, trees);
    for (uint32_t i = 0; i < build->of.relations_count; i++) {
        facts[i] = build->tables[i].facts;
    }
    enum sl_err err = catalog_reach_end(build->reach, trees, facts, &build->sets);
    for (uint32_t i = 0; i < build->of.relations_count; i++) {
        build->tables[i].behind = facts[i];
    }
    free(trees);
    err = err == SL_OK ? keep_used(build) : err;
    if (err == SL_OK && catalog_tables_build_bytes(build) > build->bytes_max) {
        return SL_ELIMIT;
    }
    return err;
}

static const void *copy(uint8_t **to, const struct catalog_vec *vec)
{
    const void *at = *to;

    if (vec->count > 0) {
        memcpy(*to, vec->items, catalog_vec_bytes(vec));
    }
    *to += catalog_vec_bytes(vec);
    return at;
}

const struct catalog_tables *catalog_tables_build_copy(const struct catalog_tables_build *build,
        void *to, const struct catalog_relation *relations)
{
    struct catalog_tables *made = to;
    struct catalog_details *tables = (struct catalog_details *)(made + 1);
    uint8_t *at = (uint8_t *)(tables + build->of.relations_count);
    uint32_t place = 0;

    for (uint32_t i = 0; i < build->of.relations_count; i++) {
        SL_CHECK(find(build, relations[i].oid, &place));
        tables[i] = build->tables[place];
    }
    *made = (struct catalog_tables){.columns_count = build->columns.count,
            .keys_count = build->keys.count,
            .sets_count = build->sets.sets.count,
            .trees_count = build->sets.trees.count,
            .anyway = build->anyway,
            .by_ddl = build->by_ddl,
            .tables = tables};
    made->columns = copy(&at, &build->columns);
    made->keys = copy(&at, &build->keys);
    made->sets = copy(&at, &build->sets.sets);
    made->trees = copy(&at, &build->sets.trees);
    made->names = copy(&at, &build->names);
    return made;
}
