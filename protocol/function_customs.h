/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/function_customs.h - names of custom settings (my.thing) that a function's body sets.
 *
 * They are looked for in the bytes of a text, within its strings too, since EXECUTE runs such:
 * a name with a dot behind SET, SET LOCAL or SET SESSION and before = or TO; and one in quotes
 * behind set_config and its parenthesis. An UPDATE .. SET c.field = looks alike. Names that are put
 * together, come as an argument or have quotes of their own are not found: it is a hint, not all.
 *
 * "seed" is told too, though it is none: only the end of the process takes away what it does. Its SET is
 * told from an UPDATE's by what stands before it.
 *
 * Ownership: none. Threads: any. Bounds: linear in the text; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_FUNCTION_CUSTOMS_H
#define SLUICE_PROTOCOL_FUNCTION_CUSTOMS_H

#include "protocol/base/span.h"

#include <stdbool.h>

/* Tells each of them as it is written, as often as it is. */
void function_customs(
        struct sl_span text, void (*on_custom)(void *self, struct sl_span name), void *self);
/* Words with dots between, none of which begins with a digit. */
bool function_customs_is_name(struct sl_span name);

#endif
