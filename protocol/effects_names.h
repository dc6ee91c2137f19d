/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/effects_names.h - names before a parenthesis that leave nothing in a session.
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
/* All of them, for tests. */
const char *const *effects_names(size_t *count);

#endif
