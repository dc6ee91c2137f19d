/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_tables.h - what a snapshot says of tables to who keeps answers: columns, keys, and
 * what a statement may change or read that it does not name.
 *
 * It is there only if its maker was asked for it (catalog_build.h: wants_tables), and of relations
 * of the database's users: not of the system's, nor of sequences. What is not known is told apart
 * from what is not there: NULL, or is_known.
 *
 * Relations of one family (a parent, its partitions and theirs; what INHERITS from another) have one
 * number, `tree`: the smallest OID of them. Rows of one may be seen in another.
 *
 * What a statement writes besides what it names is `writes`: of a relation by its triggers, rules,
 * foreign keys' actions, children, the functions in its defaults, checks, policies and indexes, and of a
 * view the tables under it; of a function what its body names. All of that goes on from what is
 * written so, and it is more than what may be written rather than less: a word in a body that is a table's name
 * counts, whatever it means there. It is unknown where something runs what is not in a text
 * (EXECUTE, DO, a cursor from elsewhere), changes the schema, is of another language than SQL and PL/pgSQL, or
 * cannot be read. Functions in C are believed if they are IMMUTABLE or of a library that was read
 * (catalog_harmless.c); built-in ones are known. nextval() writes no relation here.
 * Of a function that is not volatile PostgreSQL keeps what it says itself from writing; not whom it calls.
 * TRUNCATE .. CASCADE goes along every foreign key, and is not in it.
 *
 * What a view reads is `reads`, by what it reads and by functions' bodies likewise, and what is to be
 * known of all that is `behind`.
 *
 * Not seen: what a session's temporary relations hide, what a foreign server does, cursors as
 * arguments, what a statement's own casts and operators run (catalog_writes_anyway() says that).
 *
 * Ownership: the snapshot's. Threads: any. Bounds: CATALOG_COLUMNS_MAX columns, CATALOG_KEYS_MAX keys of a relation
 * of CATALOG_KEY_COLUMNS_MAX columns each, CATALOG_TREES_MAX trees in a set; what is beyond is not known.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_TABLES_H
#define SLUICE_PROTOCOL_CATALOG_TABLES_H

#include "protocol/catalog.h"

enum {
    CATALOG_COLUMNS_MAX = 256,
    CATALOG_KEYS_MAX = 16,
    CATALOG_KEY_COLUMNS_MAX = 8,
    CATALOG_TREES_MAX = 1024
};

/* Bits of catalog_details.facts and .behind. */
enum catalog_fact {
    CATALOG_FACT_ROW_SECURITY = 1 << 0, /* it is enabled */
    CATALOG_FACT_UNLOGGED = 1 << 1,
    CATALOG_FACT_RULES = 1 << 2,     /* others than a view's own */
    CATALOG_FACT_INHERITED = 1 << 3, /* has children by INHERITS: its keys are not theirs */
    CATALOG_FACT_GENERATED = 1 << 4, /* a column is */
    CATALOG_FACT_FOREIGN = 1 << 5,
    CATALOG_FACT_MATVIEW = 1 << 6,
    /* Of a view's definition. */
    CATALOG_FACT_SECURITY_BARRIER = 1 << 7,
    CATALOG_FACT_SECURITY_INVOKER = 1 << 8,
    CATALOG_FACT_STABLE = 1 << 9,    /* a function or operator in it is STABLE, as the next */
    CATALOG_FACT_VOLATILE = 1 << 10, /* or worse than a view should be: not known */
    CATALOG_FACT_TIME = 1 << 11,     /* CURRENT_DATE, CURRENT_TIMESTAMP ..., not CURRENT_USER ... */
    CATALOG_FACT_LOCKS = 1 << 12,    /* FOR UPDATE, FOR SHARE ... */
    CATALOG_FACT_SAMPLE = 1 << 13,   /* TABLESAMPLE */
    CATALOG_FACT_SYSTEM_COLUMNS = 1 << 14,  /* ctid, xmin ...; not tableoid */
    CATALOG_FACT_IO_CASTS = 1 << 15,        /* by types' text: as volatile as these are */
    CATALOG_FACT_SYSTEM_RELATION = 1 << 16, /* it reads one: that is not in reads */
    CATALOG_FACT_SEQUENCE = 1 << 17         /* likewise */
};

enum catalog_event {
    CATALOG_INSERT,
    CATALOG_UPDATE,
    CATALOG_DELETE,
    CATALOG_TRUNCATE,
    CATALOG_EVENT_COUNT
};

enum catalog_moment {
    CATALOG_BEFORE_ROW,
    CATALOG_AFTER_ROW,
    CATALOG_INSTEAD_ROW,
    CATALOG_BEFORE_STATEMENT,
    CATALOG_AFTER_STATEMENT,
    CATALOG_MOMENT_COUNT
};

/* By which bytes values are equal if and only if the column's are. */
enum catalog_key_kind {
    CATALOG_KEY_OTHER, /* none that we know */
    CATALOG_KEY_INTEGER,
    CATALOG_KEY_UUID,
    CATALOG_KEY_BOOL,
    CATALOG_KEY_TEXT,  /* text, varchar: its own, as the collation is deterministic */
    CATALOG_KEY_BPCHAR /* without the spaces at its end */
};

struct catalog_column {
    uint32_t name; /* catalog_column_name() */
    uint32_t type; /* OID */
    int16_t number;
    uint8_t key_kind; /* enum catalog_key_kind */
    bool is_not_null;
    bool has_default; /* or is an identity */
    bool is_new;      /* its default gives what there never was: of a sequence, or a random uuid */
    bool is_generated;
};

/* Unique, at every moment, of all rows, of columns alone; nulls are distinct. */
struct catalog_key {
    uint32_t oid; /* the index */
    int16_t columns[CATALOG_KEY_COLUMNS_MAX];
    uint8_t columns_count;
    bool is_primary;
    bool is_identity; /* what logical decoding tells of an old row */
};

struct catalog_details {
    uint32_t tree;
    uint32_t facts;         /* a bit for each enum catalog_fact */
    uint32_t behind;        /* those of all that it reads too, if it is a view */
    uint32_t triggers;      /* enabled ones of users: catalog_has_trigger() */
    uint32_t tree_triggers; /* of all of its tree */
    uint32_t columns;       /* the first one */
    uint32_t keys;          /* likewise */
    uint32_t writes;        /* sets: catalog_writes_of_table() */
    uint32_t reads;
    uint16_t columns_count;
    uint8_t keys_count;
    char identity;      /* pg_class.relreplident: d, n, f, i */
    bool is_known;      /* of another nothing is */
    bool knows_columns; /* of tables, partitioned ones and materialized views */
};

struct catalog_set {
    uint32_t first;
    uint32_t count;
};

enum { CATALOG_SET_UNKNOWN, CATALOG_SET_EMPTY, CATALOG_SETS_FIXED };

struct catalog_tables {
    uint32_t columns_count;
    uint32_t keys_count;
    uint32_t sets_count;
    uint32_t trees_count;
    uint32_t anyway; /* sets */
    uint32_t by_ddl;
    const struct catalog_details *tables; /* one for each of catalog.relations, in its order */
    const struct catalog_column *columns; /* of a relation: by number */
    const struct catalog_key *keys;
    const struct catalog_set *sets;
    const uint32_t *trees;
    const char *names;
};

/* NULL: nothing is known of it. The relation is one of the snapshot's. */
const struct catalog_details *catalog_details_of(
        const struct catalog *catalog, const struct catalog_relation *relation);

static inline bool catalog_has_trigger(
        uint32_t triggers, enum catalog_event event, enum catalog_moment moment)
{
    return (triggers >> ((unsigned)event * CATALOG_MOMENT_COUNT + (unsigned)moment) & 1) != 0;
}

/* NULL: there is none of that name, or the table's columns are not known. */
const struct catalog_column *catalog_find_column(
        const struct catalog *catalog, const struct catalog_details *table, struct sl_span name);
/* Likewise, by its number. */
const struct catalog_column *catalog_column_of(
        const struct catalog *catalog, const struct catalog_details *table, int16_t number);

static inline const char *catalog_column_name(
        const struct catalog *catalog, const struct catalog_column *column)
{
    return catalog->tables->names + column->name;
}

/* The i-th of keys_count; the primary key, if it is one, comes first. */
static inline const struct catalog_key *catalog_key_of(
        const struct catalog *catalog, const struct catalog_details *table, unsigned i)
{
    return &catalog->tables->keys[table->keys + i];
}

/* Trees, each once, in their order. */
struct catalog_trees {
    const uint32_t *trees;
    uint32_t count;
    bool is_known; /* false: they may be any */
};

/* What a statement that writes the relation may write besides its own tree. */
struct catalog_trees catalog_writes_of_table(
        const struct catalog *catalog, const struct catalog_details *table);
/* Whose rows a statement may see that reads the relation: its own tree, or what a view reads. */
struct catalog_trees catalog_reads_of_table(
        const struct catalog *catalog, const struct catalog_details *table);
/* What a call may write. */
struct catalog_trees catalog_writes_of_function(
        const struct catalog *catalog, const struct catalog_function *function);
/* What is behind operators, casts, domains and types, and so may be behind any statement. */
struct catalog_trees catalog_writes_anyway(const struct catalog *catalog);
/* What event triggers write, behind what changes the schema. */
struct catalog_trees catalog_writes_by_ddl(const struct catalog *catalog);

bool catalog_trees_has(const struct catalog_trees *trees, uint32_t tree);

#endif
