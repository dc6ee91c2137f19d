/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/point.h - the one row that a statement asks for, or changes: by its table's primary key.
 *
 * A statement whose WHERE says that each column of the primary key is equal to a parameter or a literal, whatever else it
 * says, sees or changes one row at most, and which one is known before it is sent: the values. Two
 * statements that mean the same row have the same tag (tags_of_key()), however they write it: "42",
 * 42 and a binary int8.
 *
 * Only of a table that is alone in its tree: columns of one that has partitions or children may be others' too.
 *
 * Ownership: plain data. Threads: any. Bounds: CATALOG_KEY_COLUMNS_MAX columns, POINT_LITERALS_MAX literals of
 * a text.
 */
#ifndef SLUICE_CACHE_POINT_H
#define SLUICE_CACHE_POINT_H

#include "cache/key.h"
#include "protocol/catalog_tables.h"
#include "protocol/shape.h"

struct sql_facts;

enum { POINT_LITERALS_MAX = 256 };

struct point_value {
    uint16_t number; /* of the parameter, from 1; of the literal of the shape, from 0 */
    uint8_t kind;    /* enum catalog_key_kind */
    bool is_param;
    bool is_single; /* it stands nowhere else, so that its type is the column's */
};

struct point {
    uint32_t tree; /* 0: there is none */
    uint8_t count;
    bool needs_literals;
    uint16_t literals; /* so many there must be, or they are others */
    uint64_t columns;  /* which: point_columns() */
    bool is_given;     /* a row gets these values; else they are compared with */
    struct point_value values[CATALOG_KEY_COLUMNS_MAX];
};

/* A number of the columns of a key. */
uint64_t point_columns(const struct catalog *catalog, const struct catalog_details *table,
        const struct catalog_key *key);
/* The table's primary key, if its rows can be told by it; or NULL. */
const struct catalog_key *point_key(
        const struct catalog *catalog, const struct catalog_details *table);

/* Of the facts' table, which is that in the catalogue. False: it is not told by its key. */
bool point_of(const struct sql_facts *facts, unsigned index, const struct catalog *catalog,
        const struct catalog_details *table, struct point *point);

/* What one value is. False: it is not known, or means something else where it is cast. */
struct point_side {
    uint8_t with; /* as sql_filter has it, and the next two */
    uint8_t cast;
    uint16_t other;
};
bool point_value_of(const struct sql_facts *facts, struct point_side side,
        enum catalog_key_kind kind, struct point_value *value);
/* Says that the row is only there if its column is equal to something. */
struct sql_filter;
bool point_is_plain(const struct sql_filter *filter);

/* Where the values are. */
struct point_source {
    struct sl_span types; /* as Parse gives them: number and OIDs; or empty */
    const struct key_bind *bind;
    struct sl_span text;
    struct shape_options rules;
};

/* A number of the values. False: one is not known, or none. */
bool point_values(const struct point *point, const struct point_source *source, uint64_t *value);

/* Of a point of one value, of an integer's kind: what it is. */
bool point_integer(const struct point *point, const struct point_source *source, int64_t *value);

/* One value as text, for the same number: what the change stream says. False: it is not of that form. */
struct point_hash {
    uint64_t hash;
};
void point_hash_begin(struct point_hash *hash);
bool point_hash_text(struct point_hash *hash, enum catalog_key_kind kind, struct sl_span text);
/* As the type's send function writes it ("pg_type"). */
bool point_hash_binary(struct point_hash *hash, enum catalog_key_kind kind, struct sl_span value);

#endif
