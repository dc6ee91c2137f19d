/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/reserved.h - custom settings that are refused where a library is loaded.
 *
 * PostgreSQL takes a setting of any name with a dot in it, until a library that has settings of that
 * prefix is loaded: from then on it takes no others of it (42602), and removes those that are there, with a
 * WARNING. In a server where others have been the library may be loaded. The prefixes are those
 * of PostgreSQL's own libraries. PostgreSQL documentation, "Customized Options", and MarkGUCPrefixReserved().
 *
 * Ownership: none. Threads: any. Bounds: none.
 */
#ifndef SLUICE_PROXY_RESERVED_H
#define SLUICE_PROXY_RESERVED_H

#include "protocol/base/span.h"

#include <stdbool.h>

/* Has it such a prefix, and is none of that library's? Letters of either case. */
bool reserved_is_refused(struct sl_span name);
/* Is the text a SET of such a one? */
bool reserved_is_set_by(struct sl_span text);

#endif
