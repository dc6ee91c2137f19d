/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_parse.h - a line for the console, taken apart.
 *
 *     EXPLAIN CACHE line | SHOW view [argument] | SELECT view | SET key = value | SET key TO value | VERB [argument]
 *
 * A view's name may be two words: SHOW CACHE KEYS is SHOW CACHE_KEYS. Words in any case; "quoted" and
 * 'quoted' as in SQL; semicolons at the end.
 *
 * And what follows the names in a Bind of the extended protocol.
 *
 * Ownership: the caller's struct. Threads: any. Bounds: CONSOLE_ARGUMENT_MAX and
 * CONSOLE_VALUE_MAX bytes, one command a line.
 */
#ifndef SLUICE_PROXY_CONSOLE_PARSE_H
#define SLUICE_PROXY_CONSOLE_PARSE_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"
#include "protocol/view.h"

#include <stdbool.h>

struct console_verb;

enum { CONSOLE_ARGUMENT_MAX = 128, CONSOLE_VALUE_MAX = 1024 };

enum console_kind {
    CONSOLE_EMPTY,
    CONSOLE_SHOW,    /* view */
    CONSOLE_EXPLAIN, /* value: database, perhaps AS user, statement; view: as which it is shown */
    CONSOLE_HELP,
    CONSOLE_SET,       /* argument = value */
    CONSOLE_SET_FAKE,  /* a setting that drivers insist on: nothing happens */
    CONSOLE_DO,        /* verb, argument ("" when none); or, if it takes a line, value */
    CONSOLE_BEGIN,     /* for drivers that cannot do without: no effect but the status */
    CONSOLE_END_BLOCK, /* COMMIT, ROLLBACK; argument is which */
};

struct console_command {
    enum console_kind kind;
    const struct view *view;
    const struct console_verb *verb;
    char argument[CONSOLE_ARGUMENT_MAX];
    char value[CONSOLE_VALUE_MAX];
};

/* SL_EINVAL: 42601, and how to get help. */
SL_MUST_CHECK enum sl_err console_parse(
        const char *text, struct console_command *command, struct sl_error *error);

/* The first word of a line, as it is without quotes: where it goes on. NULL: there is none, or it is too long. */
const char *console_next_word(const char *line, char *to, size_t size);

/* Two lists of formats with the parameters between. */
struct console_bind {
    uint16_t params; /* more than 0: to be refused; the formats are not read then */
    uint16_t formats_count;
    uint16_t formats[VIEW_COLUMNS_MAX];
};

/* from is what stands behind the names. False: not of the form. */
bool console_bind_read(struct sl_span from, struct console_bind *bind);

#endif
