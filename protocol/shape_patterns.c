/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_patterns.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/vector.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

/* One that a number or a name may have in it. */
static bool is_word(uint8_t c)
{
    return is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 26 || c == '_' || c == '$' || c == '.' ||
           c >= 0x80;
}

/* ---- how a text begins ---- */

/* A quote or a digit is among sixteen bytes. */
static inline bool has_candidate(const uint8_t *at)
{
    sl_vector bytes = sl_vector_at(at);

    return sl_vector_any((sl_vector)(bytes == '\'') | (sl_vector)(bytes - '0' < 10));
}

/* Up to where the first literal may be: a quote, or a digit that is not within a word. */
static size_t head_len(struct sl_span text)
{
    size_t at = 0;

    while (at < text.len) {
        if (text.len - at >= sizeof(sl_vector) && !has_candidate(text.at + at)) {
            at += sizeof(sl_vector);
            continue;
        }
        size_t end = text.len - at < sizeof(sl_vector) ? text.len : at + sizeof(sl_vector);
        for (; at < end; at++) {
            uint8_t c = text.at[at];
            if (c == '\'' || (is_digit(c) && (at == 0 || !is_word(text.at[at - 1])))) {
                return at;
            }
        }
    }
    return at;
}

uint64_t shape_pattern_head(struct sl_span text)
{
    if (text.len == 0 || text.len > SHAPE_PATTERN_TEXT) {
        return 0;
    }
    size_t len = head_len(text);
    return len == text.len ? 0 : sl_hash64(sl_span(text.at, len)) | 1;
}

static size_t set_of(uint64_t head)
{
    return (head >> 32) % SHAPE_PATTERN_SETS;
}

/* ---- finding ---- */

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end)
{
    while (at < end && is_digit(*at)) {
        at++;
    }
    return at;
}

/* Behind 5, 1.50 or -7 that stands at `at`, signed or not; NULL when there is none. */
static const uint8_t *skip_number(const uint8_t *at, const uint8_t *end, bool is_signed)
{
    if (is_signed) {
        if (at == end || *at != '-') {
            return NULL;
        }
        at++;
    }
    const uint8_t *from = at;
    at = skip_digits(at, end);
    if (at == from) {
        return NULL;
    }
    return end - at > 1 && *at == '.' && is_digit(at[1]) ? skip_digits(at + 1, end) : at;
}

static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    if (at == end || *at != '\'') {
        return NULL;
    }
    const uint8_t *close = memchr(at + 1, '\'', (size_t)(end - at - 1));
    return close == NULL ? NULL : close + 1;
}

/* Behind a plain literal that begins as the pattern's does: with a quote, a minus, a digit. */
static const uint8_t *skip(const uint8_t *at, const uint8_t *end, uint8_t first)
{
    return first == '\'' ? skip_string(at, end) : skip_number(at, end, first == '-');
}

static bool is_like(const struct shape_pattern *pattern, struct sl_span text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = text.at + text.len;
    size_t from = 0;

    for (size_t i = 0; i <= pattern->literals; i++) {
        bool is_last = i == pattern->literals;
        size_t to = is_last ? pattern->len : pattern->places[i].at;
        size_t len = to - from;
        if ((size_t)(end - at) < len || memcmp(at, pattern->text + from, len) != 0) {
            return false;
        }
        at += len;
        if (is_last) {
            break;
        }
        at = skip(at, end, pattern->text[to]);
        if (at == NULL) {
            return false;
        }
        from = to + pattern->places[i].len;
    }
    return at == end;
}

uint64_t shape_patterns_find(
        const struct shape_patterns *patterns, uint64_t head, struct sl_span text)
{
    const struct shape_pattern *set = patterns->sets[set_of(head)];

    SL_DCHECK(head != 0);
    for (size_t i = 0; i < SHAPE_PATTERN_WAYS; i++) {
        if (set[i].head == head && is_like(&set[i], text)) {
            return set[i].shape;
        }
    }
    return 0;
}

/* ---- keeping ---- */

/*
 * What follows it must be something that ends it, whatever it is: for a number nothing of a
 * word, for a string no quote. Then what follows is fixed, and ends the other one too.
 */
static bool is_plain(struct sl_span text, const struct shape_literal *literal)
{
    const uint8_t *from = text.at + literal->at;
    const uint8_t *to = from + literal->len;
    uint8_t next = to < text.at + text.len ? *to : ' ';

    if (literal->len == 0 || next == '\'') {
        return false;
    }
    if (literal->kind == SHAPE_NUMBER) {
        return !is_word(next) && skip_number(from, to, *from == '-') == to;
    }
    return literal->kind == SHAPE_STRING && !is_digit(next) && skip_string(from, to) == to;
}

/* Of the literal stays what tells its kind. */
static void add_place(struct shape_pattern *pattern, const struct shape_literal *literal)
{
    uint8_t *at = pattern->text + literal->at;

    SL_DCHECK(pattern->literals < SHAPE_PATTERN_LITERALS);
    pattern->places[pattern->literals].at = (uint16_t)literal->at;
    pattern->places[pattern->literals].len = (uint16_t)literal->len;
    pattern->literals++;
    *at = *at == '\'' || *at == '-' ? *at : '0';
    memset(at + 1, 0, literal->len - 1);
}

void shape_patterns_keep(struct shape_patterns *patterns, uint64_t head, struct sl_span text,
        const struct shape *shape, const struct shape_literal *literals, size_t literals_max)
{
    size_t set = set_of(head);
    struct shape_pattern *pattern = &patterns->sets[set][patterns->oldest[set]];

    if (shape->literals == 0 || shape->literals > literals_max || shape->flags != 0 ||
            shape->has_choice || text.len > SHAPE_PATTERN_TEXT ||
            shape->literals > SHAPE_PATTERN_LITERALS) {
        return;
    }
    patterns->oldest[set] = (uint8_t)((patterns->oldest[set] + 1U) % SHAPE_PATTERN_WAYS);
    pattern->head = head;
    pattern->shape = shape->key.lo;
    pattern->len = (uint16_t)text.len;
    pattern->literals = 0;
    memcpy(pattern->text, text.at, text.len);
    for (size_t i = 0; i < shape->literals; i++) {
        if (is_plain(text, &literals[i])) {
            add_place(pattern, &literals[i]);
        }
    }
}
