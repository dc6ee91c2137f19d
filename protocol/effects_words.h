/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/effects_words.h - characters and words of a text, for effects.c and effects_plain.c only.
 *
 * Ownership: none. Threads: any. Bounds: a word's.
 */
#ifndef SLUICE_PROTOCOL_EFFECTS_WORDS_H
#define SLUICE_PROTOCOL_EFFECTS_WORDS_H

#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum char_class { CHAR_OTHER, CHAR_SPACE, CHAR_WORD, CHAR_DIGIT };

extern const uint8_t effects_classes[256];

static inline enum char_class class_of(uint8_t c)
{
    return (enum char_class)effects_classes[c];
}

/* word is in lower case. No letter's bit 0x20 makes another character of a word into a letter. */
static inline bool is_text(struct sl_span text, const char *word, size_t len)
{
    if (text.len != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if ((text.at[i] | 0x20) != (word[i] | 0x20)) {
            return false;
        }
    }
    return true;
}

struct word {
    uint8_t len;
    char text[15];
};

#define WORD(text_)                                                                                \
    {                                                                                              \
        .len = sizeof(text_) - 1, .text = text_                                                    \
    }

static inline bool is_one_of(struct sl_span text, const struct word *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_text(text, list[i].text, list[i].len)) {
            return true;
        }
    }
    return false;
}

/*
 * Most statements need no tokens: one that begins with a harmless word, calls nothing for want
 * of a parenthesis, has no INTO and no other behind it.
 */
bool effects_text_is_plain(struct sl_span text);

#endif
