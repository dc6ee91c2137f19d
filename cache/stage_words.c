/* SPDX-License-Identifier: PostgreSQL */
/* cache/stage_words.c - what the first words of a statement say before anybody has read it. */
#include "cache/stage_part.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 16 };

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* In small letters, "" for what is no word or too long; *text goes on behind it. */
static void next_word(struct sl_span *text, char word[static WORD_MAX])
{
    size_t len = 0;

    while (text->len > 0 && is_blank(text->at[0])) {
        *text = sl_span(text->at + 1, text->len - 1);
    }
    while (len < text->len && is_letter(text->at[len])) {
        len++;
    }
    size_t kept = len < WORD_MAX ? len : 0;
    for (size_t i = 0; i < kept; i++) {
        word[i] = (char)(text->at[i] >= 'A' && text->at[i] <= 'Z' ? text->at[i] - 'A' + 'a'
                                                                  : text->at[i]);
    }
    word[kept] = '\0';
    *text = sl_span(text->at + len, text->len - len);
}

/* Whatever quotes it: a semicolon that anything follows may begin another statement. */
static bool is_one(struct sl_span text)
{
    const uint8_t *semicolon = memchr(text.at, ';', text.len);
    size_t at = semicolon == NULL ? text.len : (size_t)(semicolon - text.at) + 1;

    while (at < text.len && is_blank(text.at[at])) {
        at++;
    }
    return at == text.len;
}

static bool is_in(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

enum stage_words stage_words(struct sl_span text)
{
    static const char *const harmless[] = {"begin", "close", "deallocate", "discard", "listen",
            "notify", "release", "reset", "savepoint", "set", "show", "unlisten"};
    static const char *const ends[] = {"abort", "commit", "end", "rollback"};
    static const char *const stays[] = {
            "copy", "delete", "insert", "merge", "select", "table", "update", "values", "with"};
    static const char *const behind[] = {"and", "to", "transaction", "work"}; /* not PREPARED */
    char first[WORD_MAX];
    char second[WORD_MAX];

    if (text.len == 0 || text.len > QUESTION_MAX || !is_one(text)) {
        return STAGE_WORDS_ANY;
    }
    next_word(&text, first);
    next_word(&text, second);
    if (is_in(first, harmless, SL_COUNT(harmless)) ||
            (strcmp(first, "start") == 0 && strcmp(second, "transaction") == 0)) {
        return STAGE_WORDS_NOTHING;
    }
    if (is_in(first, stays, SL_COUNT(stays))) {
        return STAGE_WORDS_STAY;
    }
    bool is_plain = is_in(second, behind, SL_COUNT(behind)) ||
                    (second[0] == '\0' && (text.len == 0 || text.at[0] == ';'));
    return is_plain && is_in(first, ends, SL_COUNT(ends)) ? STAGE_WORDS_END : STAGE_WORDS_ANY;
}
