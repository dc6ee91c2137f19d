/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_ini.h - an INI file, as PgBouncer reads it, into a list of lines.
 *
 *     ; a comment, also with #, only at the start of a line
 *     [section]
 *     key = value to the end of the line
 *     %include another-file
 *
 * An unquoted key is made of letters, digits and _ . - *; any other goes into
 * single quotes, or into double quotes with "" for one of them. A relative
 * %include is looked for in the working directory, and a section goes on through
 * the files. Text only: what a key means is conf_parse.c's.
 *
 * Ownership: all in the arena given. Threads: the caller's.
 * Bounds: below; beyond them it is an error among the problems.
 */
#ifndef SLUICE_CONF_CONF_INI_H
#define SLUICE_CONF_CONF_INI_H

#include "conf/conf_keys.h"
#include "conf/conf_problems.h"
#include "protocol/base/span.h"

enum {
    CONF_FILE_BYTES_MAX = 16 * 1024 * 1024,
    CONF_INCLUDE_DEPTH_MAX = 10,
    CONF_INCLUDES_MAX = 1000,
    CONF_ENTRIES_MAX = 500000,
    CONF_LABEL_MAX = 127 /* bytes of the NAME of [cluster NAME] */
};

/* One line key = value. */
struct conf_entry {
    enum conf_section_id section;
    const char *label; /* of [section LABEL], or "" */
    const char *key;
    const char *value;
    const char *file;
    int line;
};

struct conf_entries {
    struct conf_entry *list;
    int count;
    int cap;
    bool has_main;  /* there is a [sluice] or a [pgbouncer] */
    bool is_sluice; /* there is a [sluice] */
};

/* Appends path's lines. What is wrong is an error among the problems, which must not be NULL. */
void conf_ini_read(const char *path, struct sl_arena *arena, struct conf_entries *entries,
        struct conf_problems *problems);
void conf_ini_read_text(const char *path, struct sl_span text, struct sl_arena *arena,
        struct conf_entries *entries, struct conf_problems *problems);

/* Appends one line; the texts are copied. SL_ELIMIT, SL_ENOMEM. */
SL_MUST_CHECK enum sl_err conf_entries_add(
        struct conf_entries *entries, struct sl_arena *arena, const struct conf_entry *entry);

#endif
