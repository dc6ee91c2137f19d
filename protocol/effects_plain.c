/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/effects_words.h"

#include "protocol/base/check.h"
#include "protocol/base/vector.h"

#include <string.h>

/* CHAR_OTHER 0, CHAR_SPACE 1, CHAR_WORD 2, CHAR_DIGIT 3. */
const uint8_t effects_classes[256] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3,
        3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
        2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};

/* What more a text may have: a call, another statement, INTO by its first letters. */
static bool is_more(const uint8_t *at, size_t len)
{
    return *at == '(' || *at == ';' || (len >= 3 && is_text(sl_span(at, 3), "int", 3));
}

static bool has_more_here(const uint8_t *at)
{
    sl_vector i = sl_vector_at(at);
    sl_vector n = sl_vector_at(at + 1);
    sl_vector t = sl_vector_at(at + 2);
    sl_vector into = (sl_vector)(((i | 0x20) == 'i') & ((n | 0x20) == 'n') & ((t | 0x20) == 't'));

    return sl_vector_any(into | (sl_vector)(i == '(') | (sl_vector)(i == ';'));
}

/* Sixteen places at a time; the last ones of a text twice, its last two by themselves. */
static bool has_more(struct sl_span text)
{
    size_t at = 0;

    if (text.len >= sizeof(sl_vector) + 2) {
        size_t last = text.len - sizeof(sl_vector) - 2;
        for (; at < last; at += sizeof(sl_vector)) {
            if (has_more_here(text.at + at)) {
                return true;
            }
        }
        if (has_more_here(text.at + last)) {
            return true;
        }
        at = text.len - 2;
    }
    for (; at < text.len; at++) {
        if (is_more(text.at + at, text.len - at)) {
            return true;
        }
    }
    return false;
}

/* Behind UPDATE: a table that is not pg_settings, by its first letters. */
static bool is_plain_target(struct sl_span text)
{
    uint8_t space = text.len > 1 ? text.at[0] : 0;
    uint8_t first = text.len > 1 ? text.at[1] | 0x20 : 0;

    return space == ' ' && first >= 'a' && first <= 'z' && first != 'o' && first != 'u' &&
           (first != 'p' || text.len < 4 || (text.at[2] | 0x20) != 'g' || text.at[3] != '_');
}

/* SELECT, UPDATE or DELETE and a space, by eight bytes at once. */
static bool is_common(struct sl_span text)
{
    static const char words[3][8] = {"select ", "update ", "delete "};
    char first[8];

    if (text.len < sizeof first) {
        return false;
    }
    for (size_t i = 0; i < sizeof first; i++) {
        first[i] = (char)(text.at[i] | 0x20);
    }
    first[7] = '\0';
    return text.at[6] == ' ' && (memcmp(first, words[0], sizeof first) == 0 ||
                                        memcmp(first, words[1], sizeof first) == 0 ||
                                        memcmp(first, words[2], sizeof first) == 0);
}

/* The length of the first word, if it is one that leaves nothing; else 0. */
static size_t plain_word(struct sl_span text)
{
    static const struct word plain[] = {WORD("select"), WORD("update"), WORD("delete"),
            WORD("begin"), WORD("commit"), WORD("end"), WORD("rollback")};
    size_t len = 0;

    if (SL_LIKELY(is_common(text))) {
        return 6;
    }
    while (len < text.len && class_of(text.at[len]) >= CHAR_WORD) {
        len++;
    }
    return is_one_of(sl_span(text.at, len), plain, SL_COUNT(plain)) ? len : 0;
}

bool effects_text_is_plain(struct sl_span text)
{
    size_t len = plain_word(text);

    if (len == 0) {
        return false;
    }
    if (len == 6 && (text.at[0] | 0x20) == 'u' &&
            !is_plain_target(sl_span(text.at + len, text.len - len))) {
        return false;
    }
    while (text.len > len && (text.at[text.len - 1] == ';' || text.at[text.len - 1] == ' ')) {
        text.len--;
    }
    return !has_more(text);
}
