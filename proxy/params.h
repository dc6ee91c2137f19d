/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/params.h - sets of parameters (GUCs), shared and compared by pointer.
 *
 * A set is immutable and interned: two equal sets are one object, so that "does
 * this server have this client's settings?" is one comparison. Changing a value
 * gives another set. Names compare without regard to case, as PostgreSQL's do,
 * and keep the spelling in which they came first.
 *
 * Ownership: reference counted. Threads: any; the table has a leaf lock, taken
 * only when a set is made or its last reference goes. Bounds: PARAMS_COUNT_MAX
 * names and PARAMS_BYTES_MAX bytes a set; a set belongs to a client or a server.
 */
#ifndef SLUICE_PROXY_PARAMS_H
#define SLUICE_PROXY_PARAMS_H

#include "protocol/base/err.h"
#include "protocol/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARAMS_COUNT_MAX = 256, PARAMS_BYTES_MAX = 16384 };

struct params;

/* The empty set; never NULL, needs no unref (which is harmless). */
const struct params *params_empty(void);
const struct params *params_ref(const struct params *params);
void params_unref(const struct params *params); /* NULL is fine */

/* Whether it would still be within the bounds; value is none that takes it out. */
bool params_has_room(const struct params *from, const char *name, const char *value);
/*
 * The set in which name has value (NULL takes it out), as a new reference; the
 * reference to from is used up. At a bound or without memory: NULL, from is kept.
 */
SL_MUST_CHECK const struct params *params_with(
        const struct params *from, const char *name, const char *value);

/* The value of name, or NULL. Valid as long as the set. */
const char *params_get(const struct params *params, const char *name);
uint32_t params_count(const struct params *params);
void params_at(const struct params *params, uint32_t i, const char **name, const char **value);
/* What it says of reading statements: client_encoding, standard_conforming_strings. */
struct shape_options params_rules(const struct params *params);
/* Two sets that give the same number read constants alike: times, encodings, strings. */
uint64_t params_reading(const struct params *params);
/* Sets that give the same number have the same values; of the empty set 0. */
uint64_t params_number(const struct params *params);
/*
 * What it says of search_path: search_paths_of_startup(), once somebody asks. To be asked of those
 * who have logged in only: numbers are few.
 */
uint16_t params_path(const struct params *params);
size_t params_bytes(const struct params *params);

#endif
