/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/prepare_text.h - the PREPARE of a name within the text that it came in.
 *
 * pg_prepared_statements tells of a statement the whole text of its request: SET, INSERT and all, if
 * one Query had several. That must not be sent a second time; this finds the part that may.
 *
 * PostgreSQL took the text, so it is whole and sound. It is read by the same tokens as a shape
 * (shape_lex.h); what cannot be told for sure (the name comes twice, or is written as U&"..") is not found.
 *
 * Ownership: none. Threads: any. Bounds: linear in the text; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_PREPARE_TEXT_H
#define SLUICE_PROTOCOL_PREPARE_TEXT_H

#include "protocol/shape.h"

#include <stdbool.h>

enum { PREPARE_NAME_MAX = 64 }; /* with a terminator */

/*
 * The one statement in text that is a PREPARE of that name (as PostgreSQL has it: folded, no
 * quotes); the whole text where there is no other statement in it. False: it cannot be told.
 */
bool prepare_text_find(struct sl_span text, struct sl_span name, struct shape_options options,
        struct sl_span *found);
/* Of such a statement's text, what it prepares: behind AS. */
bool prepare_text_body(struct sl_span text, struct shape_options options, struct sl_span *body);

/*
 * Does the text begin with the EXECUTE of a name? That goes to name, as PostgreSQL has it, and what is
 * behind it, to the end of the text, to rest.
 */
bool prepare_text_execute(struct sl_span text, struct shape_options options,
        char name[PREPARE_NAME_MAX], struct sl_span *rest);

#endif
