/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_row.h - the fields of a row that a query of catalog_build.h is answered with.
 *
 * What is not of the form that was asked for makes the row a bad one, which is asked once, when all
 * of its fields were read: a field of a bad row is 0, or empty.
 *
 * Ownership: borrows the row. Threads: any. Bounds: the row's.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_ROW_H
#define SLUICE_PROTOCOL_CATALOG_ROW_H

#include "protocol/base/span.h"

#include <stdbool.h>

struct catalog_row {
    struct sl_span body; /* of a DataRow */
    bool is_bad;         /* a field was not there, or not what it should be */
};

struct sl_span catalog_row_field(struct catalog_row *row, unsigned column);
/* Digits that are an OID, or another number of 32 bits. */
uint32_t catalog_row_number(struct catalog_row *row, unsigned column);
/* One of those characters. */
char catalog_row_char(struct catalog_row *row, unsigned column, const char *allowed);
/* So many bytes at most, none of which is zero. */
struct sl_span catalog_row_text(struct catalog_row *row, unsigned column, size_t max);
/* A text that is not empty, of CATALOG_NAME_MAX bytes at most. */
struct sl_span catalog_row_name(struct catalog_row *row, unsigned column);
/*
 * The first column. Keys rise: an answer that does not go on would have us ask for ever. *last is
 * the row's before, and becomes this one's.
 */
uint32_t catalog_row_key(struct catalog_row *row, uint32_t *last);

/* Digits alone, from the first byte to the last. */
bool catalog_row_read_number(struct sl_span text, uint32_t *number);

#endif
