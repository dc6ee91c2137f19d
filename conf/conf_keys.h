/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_keys.h - one row for each key there is.
 *
 * The parser, SHOW CONFIG, SET, `sluice --check`, conf/sluice.ini and
 * conf/KEYS.md all come from these rows. The rows of [sluice] stand in the order
 * in which PgBouncer shows them, ours after them.
 *
 * Ownership: constant. Threads: any.
 */
#ifndef SLUICE_CONF_CONF_KEYS_H
#define SLUICE_CONF_CONF_KEYS_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* The longest time that a key takes, unless its row says less. */
#define CONF_TIME_MAX ((int64_t)1000 * 365 * 86400 * SL_SECOND)

struct conf;

enum conf_section_id {
    CONF_SECTION_SLUICE, /* alias pgbouncer */
    CONF_SECTION_DATABASES,
    CONF_SECTION_USERS,
    CONF_SECTION_PEERS,
    CONF_SECTION_CLUSTER,
    CONF_SECTION_TABLES,
    CONF_SECTION_STATS,
    CONF_SECTION_CACHE,
    CONF_SECTION_CACHE_TABLES,
    CONF_SECTION_CACHE_ROLES,
    CONF_SECTION_CACHE_SHAPES,
    CONF_SECTION_OPTIMIZER,
    CONF_SECTION_HTTP,
    CONF_SECTIONS
};

struct conf_section {
    const char *name;
    const char *alias;   /* another name, or NULL */
    bool has_label;      /* [name LABEL] */
    bool is_named;       /* each line names a thing: thing = key=value key=value ... */
    const char *ignored; /* why nothing in it has an effect, or NULL */
    const char *sentence;
};

enum conf_type {
    CONF_TYPE_BOOL,
    CONF_TYPE_INT,   /* decimal, octal with a leading 0, hexadecimal with 0x */
    CONF_TYPE_OCTAL, /* the same, shown in octal */
    CONF_TYPE_UINT,  /* 32 bits */
    CONF_TYPE_SIZE,  /* bytes, or with a unit */
    CONF_TYPE_TIME,  /* seconds with a fraction, or with a unit */
    CONF_TYPE_TEXT,
    CONF_TYPE_WORD /* one of words, whatever its case */
};

enum conf_topic {
    CONF_TOPIC_LISTEN,
    CONF_TOPIC_PROCESS,
    CONF_TOPIC_LOG,
    CONF_TOPIC_AUTH,
    CONF_TOPIC_CLIENT_TLS,
    CONF_TOPIC_SERVER_TLS,
    CONF_TOPIC_POOLS,
    CONF_TOPIC_SERVERS,
    CONF_TOPIC_CLIENTS,
    CONF_TOPIC_WIRE,
    CONF_TOPICS
};

struct conf_word {
    const char *text; /* NULL ends the list */
    int value;
};

enum { CONF_NOWHERE = -1 };

/* In the order of reading. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct conf_key {
    const char *name;
    enum conf_section_id section;
    enum conf_topic topic; /* [sluice] only */
    enum conf_type type;
    ptrdiff_t at; /* in struct conf, conf_database ..., or CONF_NOWHERE */
    int64_t min;  /* of numbers; of times in microseconds */
    int64_t max;
    const char *default_text; /* NULL: not set, shown as NULL */
    const struct conf_word *words;
    const char *missing; /* of words that PgBouncer has, said when the value is none; or NULL */
    bool reloadable;     /* may change while running */
    bool is_secret;      /* shown as **** */
    const char *ignored; /* why it has no effect, or NULL: honoured */
    const char *same_as; /* the key this one is another name of, or NULL */
    const char *sentence;
    const char *sample; /* what the sample configuration sets it to; NULL: its default */
};

const struct conf_section *conf_section_at(enum conf_section_id id);
const char *conf_topic_text(enum conf_topic topic);

/* The rows one after the other, [sluice] first; NULL past the end. */
const struct conf_key *conf_key_at(int index);

/* The row of that name in that section, or NULL. */
const struct conf_key *conf_key_find(enum conf_section_id section, const char *name);

/* Its value is a member of struct conf: of [sluice], and of sections that are there once. */
bool conf_key_is_of_conf(const struct conf_key *key);
/* Such a row, by its name of [sluice] or as "section.name"; or NULL. */
const struct conf_key *conf_key_find_of_conf(const char *name);

/* The name most like the one given, in that section, or NULL when none is. */
const char *conf_key_nearest(enum conf_section_id section, const char *name);
const char *conf_section_nearest(const char *name);
bool conf_section_find(const char *name, enum conf_section_id *id);

#endif
