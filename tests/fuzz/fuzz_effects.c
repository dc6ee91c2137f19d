/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as a statement's text.
 *
 * 1. A comment before it takes nothing from what is said of it (it may add: the short way
 *    knows more of a text that cannot be read).
 * 2. A text that was read to its end hides nothing of what comes behind it.
 */
#include "protocol/effects.h"

#include "protocol/base/check.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned effects_between(
        const char *before, const uint8_t *data, size_t size, const char *after)
{
    size_t before_len = strlen(before);
    size_t after_len = strlen(after);
    uint8_t *text = malloc(before_len + size + after_len + 1);

    SL_CHECK(text != NULL);
    memcpy(text, before, before_len);
    memcpy(text + before_len, data, size);
    memcpy(text + before_len + size, after, after_len);
    unsigned effects = effects_of(sl_span(text, before_len + size + after_len));
    free(text);
    return effects;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > EFFECTS_TEXT_MAX - 100) {
        return 0;
    }
    unsigned effects = effects_between("", data, size, "");
    SL_CHECK(effects < 2U * EFFECTS_PHASES); /* the last: nothing that has no name */
    SL_CHECK((effects_between("/* f('\" */", data, size, "") & effects) == effects);
    if ((effects & EFFECTS_UNREAD) == 0) {
        /* A comment that ends with the text would hide what follows: a line ends it. */
        unsigned more = effects_between("", data, size, "\n; set a = 1");
        SL_CHECK((more & EFFECTS_STAY) != 0);
        more = effects_between("", data, size, "\n; select lastval()");
        SL_CHECK((more & EFFECTS_SEQUENCES) != 0);
    }
    return 0;
}
