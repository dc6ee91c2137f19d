/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/effects_names.h - names before a parenthesis that leave nothing in a session, and
 * those of which some leave what nothing shows.
 *
 * Ownership: constant. Threads: any. Bounds: the table's.
 */
#ifndef SLUICE_PROTOCOL_EFFECTS_NAMES_H
#define SLUICE_PROTOCOL_EFFECTS_NAMES_H

#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether that name, in lower case, is one of them. */
bool effects_name_is_known(struct sl_span name);
/*
 * What it sets nothing shows, and nothing but the end of the process takes away: setseed() and its like.
 * Letters of ASCII may be of either case.
 */
bool effects_name_holds(struct sl_span name);
/* One of those, of dblink's: its schema may be any. */
bool effects_name_connects(struct sl_span name);
/* All that leave nothing, for tests. */
const char *const *effects_names(size_t *count);

#endif
