/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/database_text.h - statements that want a database which nobody is connected to.
 *
 * PostgreSQL documentation, "DROP DATABASE", "ALTER DATABASE" (RENAME, SET TABLESPACE) and "CREATE
 * DATABASE", whose template is template1 if it names none. What cannot be read names none.
 *
 * Ownership: none. Threads: any. Bounds: linear in the text; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_DATABASE_TEXT_H
#define SLUICE_PROTOCOL_DATABASE_TEXT_H

#include "protocol/shape.h"

#include <stdbool.h>

/* Is there such a statement in the text? */
bool database_text_is(struct sl_span text, struct shape_options options);
/* Does one of them name that database, by whatever of its words? */
bool database_text_names(
        struct sl_span text, struct shape_options options, struct sl_span database);

#endif
