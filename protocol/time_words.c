/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/time_words.h"

#include <stddef.h>
#include <string.h>

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What elements of an array, a range or a row may have amid a word: to"day", tod\ay. */
static bool is_quoting(uint8_t c)
{
    return c == '"' || c == '\\';
}

enum { WORD_MAX = 9 };

static bool is_word(const char *word, size_t len)
{
    static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == len && memcmp(word, words[i], len) == 0) {
            return true;
        }
    }
    return false;
}

bool time_words_in(struct sl_span value)
{
    char word[WORD_MAX];
    size_t len = 0;

    for (size_t at = 0; at < value.len; at++) {
        uint8_t c = value.at[at];
        if (is_letter(c)) {
            if (len < WORD_MAX) {
                word[len] = (char)(c | 0x20);
            }
            len++;
        } else if (!is_quoting(c)) {
            if (is_word(word, len)) {
                return true;
            }
            len = 0;
        }
    }
    return is_word(word, len);
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
