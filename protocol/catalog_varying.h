/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_varying.h - which operators and casts of users are not IMMUTABLE, from two columns of a row.
 *
 * Ownership: none. Threads: any. Bounds: the row's.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_VARYING_H
#define SLUICE_PROTOCOL_CATALOG_VARYING_H

#include "protocol/catalog_row.h"

#include <stdint.h>

/*
 * Names of operators with a space between them, and letters: pg_cast.castcontext, and x for classes of operators.
 * *operators: catalog_name_mark() of each; *casts: enum catalog_casts.
 */
void catalog_varying_take(
        const struct catalog_row *row, unsigned column, uint64_t *operators, uint8_t *casts);

#endif
