/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_executes.h - what an EXECUTE of SQL runs: the statement that its session has PREPAREd.
 *
 * It is known if the session's set of such statements is (session_state.h), its server has that very set, nothing
 * that may have changed it is under way, and the PREPARE has been read. Its arguments are constants alone, and
 * neither text depends on how strings are read. All else is not known, and writes whatever it may.
 *
 * Ownership: none. Threads: the statement's worker. Bounds: a text's.
 */
#ifndef SLUICE_PROXY_CACHING_EXECUTES_H
#define SLUICE_PROXY_CACHING_EXECUTES_H

#include "protocol/base/hash.h"
#include "protocol/base/span.h"

#include <stdbool.h>

struct stmt;

/* cache_hooks.executes */
bool caching_executes(void *self, const struct stmt *stmt, struct sl_hash128 *shape);

/* What is behind EXECUTE and a name: nothing, or constants in parentheses, and a semicolon. */
bool caching_executes_constants(struct sl_span rest);

#endif
