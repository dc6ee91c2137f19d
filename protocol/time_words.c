/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/time_words.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(const uint8_t *at, size_t len)
{
    static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == len && strncasecmp((const char *)at, words[i], len) == 0) {
            return true;
        }
    }
    return false;
}

bool time_words_in(struct sl_span value)
{
    size_t begin = 0;

    for (size_t at = 0; at <= value.len; at++) {
        if (at < value.len && is_letter(value.at[at])) {
            continue;
        }
        if (at - begin >= 3 && is_word(value.at + begin, at - begin)) {
            return true;
        }
        begin = at + 1;
    }
    return false;
}

/* Behind a quote: blanks and comments with a newline among them, and another quote (SQL's way). */
static bool goes_on(struct sl_span text, size_t at)
{
    bool has_newline = false;

    while (at < text.len) {
        uint8_t c = text.at[at];
        if (is_space(c)) {
            has_newline |= c == '\n' || c == '\r';
            at++;
        } else if (c == '-' && at + 1 < text.len && text.at[at + 1] == '-') {
            while (at < text.len && text.at[at] != '\n' && text.at[at] != '\r') {
                at++;
            }
        } else {
            return has_newline && c == '\'';
        }
    }
    return false;
}

bool time_words_in_text(struct sl_span text)
{
    for (size_t at = 0; at < text.len; at++) {
        if (text.at[at] == '\\' || (text.at[at] == '\'' && goes_on(text, at + 1))) {
            return true;
        }
    }
    return time_words_in(text);
}
