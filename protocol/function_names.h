/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/function_names.h - names that stand before a parenthesis, anywhere in a text.
 *
 * They are looked for in the bytes, within strings and comments too, since DO and EXECUTE run what is in
 * strings: a word, or a name in quotes, that a parenthesis follows, with or without spaces between.
 * Whether it is called there nobody knows; one that has quotes of its own, a comment behind it, or
 * more than 63 bytes is not found: it is a hint, not all.
 *
 * Ownership: none. Threads: any. Bounds: linear in the text; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_FUNCTION_NAMES_H
#define SLUICE_PROTOCOL_FUNCTION_NAMES_H

#include "protocol/base/span.h"

#include <stdbool.h>

/*
 * Tells each of them, without its schema, in lower case (of ASCII) if it is not quoted. True: so said
 * on_name(), and no more is read.
 */
bool function_names(struct sl_span text,
        bool (*on_name)(void *self, struct sl_span name, bool is_quoted), void *self);

#endif
