/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/rows.h - the rows that a statement asks for by the values of some columns of one table, and what
 * columns a statement gives values to (class R of cache.md 3.4).
 *
 *     SELECT id, v FROM t WHERE owner = $1 AND flag ORDER BY v DESC LIMIT 5
 *
 * All columns that are compared with a parameter or literal are the set by which its answer is kept; whatever else
 * is asked of a row, its order and its limit are not looked at more closely: rows that are in the answer are known by
 * their primary keys, which must be among what it gives, and of others it is enough to know that there may be some
 * (TAG_OPEN). See rowsets.h for who follows the sets, stage_tags.c for all the tags, and tests/unit/cache/
 * test_row_tags.c and test_statement_tags.c for the models.
 *
 * What a row of the answer is, is only known if each is of one row of the table, by itself: sql_facts.is_of_rows. A count,
 * a row behind an OFFSET, a GROUP BY depend on rows that are not shown.
 *
 * A table whose rows could not be told by their primary keys (point_key()) has no such answers: it has partitions or
 * children, rules, a key of other types, a key that is generated ...
 *
 * Ownership: plain data. Threads: any. Bounds: CATALOG_KEY_COLUMNS_MAX columns of a set and of a key, ROWS_MAX rows,
 * ROWS_GIVEN_MAX columns that are given values.
 */
#ifndef SLUICE_CACHE_ROWS_H
#define SLUICE_CACHE_ROWS_H

#include "cache/entry.h"
#include "cache/point.h"
#include "cache/rowsets.h"

enum { ROWS_MAX = 64, ROWS_GIVEN_MAX = 64 };

/* ---- who asks ---- */

struct rows_key {
    int16_t number; /* the column's */
    uint16_t at;    /* among what is given, from 0 */
    uint8_t kind;   /* enum catalog_key_kind */
};

struct rows {
    struct point set; /* tree 0: it does not ask for such; columns: rowset_hash() */
    struct rowset_columns columns;
    struct rows_key keys[CATALOG_KEY_COLUMNS_MAX]; /* of the primary key, in its order */
    uint8_t keys_count;
    uint64_t key_columns; /* point_columns() */
    uint16_t outputs;
    bool is_of_star; /* what it gives is as the catalogue has it: its description must say the same */
    bool is_open;    /* a row may have the set's values and not be shown */
    bool has_limit;
    struct point limit; /* of one value, if that is known: count 0, if not */
};

/* Of a statement without aggregates and functions of users. False: it does not. */
bool rows_of(const struct sql_facts *facts, const struct catalog *catalog,
        const struct catalog_details *table, struct rows *rows);
/* How many rows it gives at most; INT64_MAX: there is no limit; 0: it is not known. */
int64_t rows_limit(const struct rows *rows, const struct point_source *source);
/*
 * The numbers of the primary keys of an answer's rows, as point_values() has them. formats: of the Bind, two bytes each;
 * they are in the description, if that is there. False: there are too many, or one cannot be read.
 */
bool rows_read(const struct rows *rows, const struct entry_parts *answer, struct sl_span formats,
        uint64_t values[static ROWS_MAX], unsigned *count);

/* Where tags are. */
struct rows_where {
    const struct tags *tags;
    struct rowsets *rowsets;
    uint64_t database;
};

struct rows_answer {
    uint64_t value; /* of the set */
    int64_t limit;  /* rows_limit() */
    sl_usec at;
    unsigned keys_count;
    uint64_t keys[ROWS_MAX];
};

enum { ROWS_TAGS_MAX = ROWS_MAX + ROWSETS_NUMBERS_MAX + 4 };

/*
 * Its tags, beside those of the database: TAG_WILD first, then the value's. How many; 0: there is no room for the set, it
 * is no such answer. To be asked for behind its clock.
 */
uint16_t rows_answer_tags(const struct rows *rows, const struct rows_where *where,
        const struct rows_answer *answer, uint32_t to[static ROWS_TAGS_MAX]);

/* ---- who writes ---- */

struct rows_value {
    int16_t number; /* the column's */
    bool is_known;
    struct point_value value;
};

/* What the one table is given that a statement writes. */
struct rows_given {
    bool is_all; /* any column may be given anything */
    bool needs_literals;
    uint16_t literals;
    uint16_t count;
    const struct rows_value *values;
};

/* Of an UPDATE's or INSERT's facts; room is for ROWS_GIVEN_MAX. */
struct rows_given rows_given_of(const struct sql_facts *facts, unsigned index,
        const struct catalog *catalog, const struct catalog_details *table,
        struct rows_value room[static ROWS_GIVEN_MAX]);

enum rows_touch {
    ROWS_UNTOUCHED, /* the columns stay what they are */
    ROWS_GIVEN,     /* *value */
    ROWS_UNKNOWN
};

/* is_new: the row was not there: a column that is not given has its default. */
enum rows_touch rows_touch(const struct rows_given *given, bool is_new,
        const struct rowset_columns *columns, const struct point_source *source, uint64_t *value);

struct rows_write {
    uint32_t tree;
    bool is_new;
    const struct rows_given *given;
    const struct point_source *source;
};

/* The tags of what it gives the columns of sets; all: as tag_set_add() has it. */
void rows_write_tags(const struct rows_write *write, const struct rows_where *where,
        struct tag_set *set, uint32_t all);

#endif
