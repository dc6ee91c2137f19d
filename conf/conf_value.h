/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_value.h - the value of a key, from text and back.
 *
 * Ownership: base is the struct that holds the key's member; texts are copied
 * into the arena. Threads: the caller's. Bounds: CONF_VALUE_MAX for a printed
 * value; a longer text is cut.
 */
#ifndef SLUICE_CONF_CONF_VALUE_H
#define SLUICE_CONF_CONF_VALUE_H

#include "conf/conf_keys.h"
#include "protocol/base/arena.h"

enum { CONF_VALUE_MAX = 4096 };

/*
 * Sets key's member of base. SL_EINVAL: text is not of the key's type, and
 * why[why_len] says what would be. SL_ENOMEM.
 */
SL_MUST_CHECK enum sl_err conf_value_set(const struct conf_key *key, void *base, const char *text,
        struct sl_arena *arena, struct sl_error *why);

/*
 * The value as SHOW CONFIG shows it, in text[len] or constant; secrets as ****.
 * NULL: not set, and without a default.
 */
const char *conf_value_text(const struct conf_key *key, const void *base, char *text, size_t len);

/* What a value may be: "0 to 65535", "session, transaction or statement". */
const char *conf_value_range(const struct conf_key *key, char *text, size_t len);

#endif
