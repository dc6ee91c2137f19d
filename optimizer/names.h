/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/names.h - numbers for names of databases, users and nodes.
 *
 * A key of statistics holds three of them (optimizer/shape_store.h). A name keeps its
 * number, and its text, as long as the table lives.
 *
 * Ownership: the texts. Threads: any; names_number() takes a leaf lock, so keep what it
 * says. Bounds: NAMES_MAX names of NAME_LEN_MAX bytes; whoever comes later is number 0,
 * "(other)".
 */
#ifndef SLUICE_OPTIMIZER_NAMES_H
#define SLUICE_OPTIMIZER_NAMES_H

#include "protocol/base/check.h"
#include "protocol/base/span.h"

#include <stdbool.h>

enum {
    NAMES_MAX = 4096,
    NAME_LEN_MAX = 255 /* what is longer is cut */
};

struct names;

/* NULL without memory. */
SL_MUST_CHECK struct names *names_new(void);
void names_free(struct names *names); /* NULL is fine */

uint32_t names_number(struct names *names, struct sl_span name);
/* False: nobody has that name. */
bool names_find(struct names *names, struct sl_span name, uint32_t *number);
/* A C string that lives as long as the table. */
const char *names_text(const struct names *names, uint32_t number);
size_t names_bytes(const struct names *names);

#endif
