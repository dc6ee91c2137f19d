/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/schema_change.h - changes of a schema behind which statements do what they did before.
 *
 * A trigger, a default or a view that comes into being may have a statement leave something in its
 * session that does not name it (catalog_hidden.h). Most changes that take long cannot, and nobody
 * has to be careful while they run:
 *
 *   DROP, GRANT, REVOKE
 *   SELECT .. INTO, CREATE TABLE .. AS
 *   CREATE INDEX on columns, and on what built-in functions make of them
 *   ALTER TABLE .. VALIDATE CONSTRAINT
 *   what is made or changed beside the schemas: databases, roles, tablespaces, default privileges,
 *   the server's configuration; and sequences
 *
 * An index on a function of the user's own that has the name of a built-in one is taken for one on
 * that.
 *
 * Ownership: none. Threads: any. Bounds: linear in the text, of EFFECTS_TEXT_MAX bytes at most;
 * allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_SCHEMA_CHANGE_H
#define SLUICE_PROTOCOL_SCHEMA_CHANGE_H

#include "protocol/base/span.h"

#include <stdbool.h>

/*
 * Whether all that a text changes, one statement or several, is of that kind. What cannot be told (a
 * backslash, a letter that is not ASCII's, what is none of the above) is not.
 */
bool schema_change_is_quiet(struct sl_span text);

#endif
