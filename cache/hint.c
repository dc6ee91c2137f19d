/* SPDX-License-Identifier: PostgreSQL */
#include "cache/hint.h"

#include "protocol/base/parse.h"
#include "protocol/shape_lex.h"

#include <string.h>
#include <strings.h>

static const char mark[] = "sluice:";

enum { MARK_LEN = sizeof mark - 1 };

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool hint_may_be_in(struct sl_span text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;

    if (text.len > HINT_TEXT_MAX) {
        return false;
    }
    while (end - at > MARK_LEN && (at = memchr(at, '/', (size_t)(end - at))) != NULL) {
        at++;
        if (at < end && *at == '*') {
            return memmem(at, (size_t)(end - at), mark, MARK_LEN) != NULL;
        }
    }
    return false;
}

/* ---- items ---- */

static bool is_word(struct sl_span item, const char *word)
{
    return item.len == strlen(word) && strncasecmp((const char *)item.at, word, item.len) == 0;
}

static struct sl_span trim(struct sl_span text)
{
    while (text.len > 0 && is_space(text.at[0])) {
        text = sl_span(text.at + 1, text.len - 1);
    }
    while (text.len > 0 && is_space(text.at[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool read_time(struct sl_span value, sl_usec *usec)
{
    char text[HINT_VALUE_MAX];

    if (value.len == 0 || value.len >= sizeof text || memchr(value.at, '\0', value.len) != NULL) {
        return false;
    }
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    enum sl_err err = sl_parse_duration(text, usec);
    *usec = *usec < HINT_TIME_MAX ? *usec : HINT_TIME_MAX;
    return err == SL_OK;
}

static sl_usec stricter(sl_usec one, sl_usec other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

/* False: it is not understood. */
static bool read_item(struct sl_span item, struct hint *hint)
{
    const uint8_t *equal = item.len == 0 ? NULL : memchr(item.at, '=', item.len);
    sl_usec usec = 0;

    if (equal == NULL) {
        return false;
    }
    struct sl_span name = trim(sl_span(item.at, (size_t)(equal - item.at)));
    struct sl_span value = trim(sl_span(equal + 1, (size_t)(item.at + item.len - equal) - 1));
    if (is_word(name, "cache")) {
        hint->is_off |= is_word(value, "off");
        return is_word(value, "off") || is_word(value, "on");
    }
    bool is_ttl = is_word(name, "ttl");
    if ((!is_ttl && !is_word(name, "stale")) || !read_time(value, &usec)) {
        return false;
    }
    if (is_ttl) {
        hint->is_off |= usec == 0; /* for no time at all */
        hint->ttl = stricter(hint->ttl, usec);
    } else if (!hint->has_stale || usec < hint->stale) {
        hint->stale = usec;
        hint->has_stale = true;
    }
    return true;
}

/* What is between the marks. */
static void read_comment(struct sl_span inside, struct hint *hint)
{
    inside = trim(inside);
    if (inside.len < MARK_LEN || memcmp(inside.at, mark, MARK_LEN) != 0) {
        return;
    }
    const uint8_t *at = inside.at + MARK_LEN;
    const uint8_t *end = inside.at + inside.len;
    for (bool has_more = true; has_more;) {
        const uint8_t *comma = at == end ? NULL : memchr(at, ',', (size_t)(end - at));
        has_more = comma != NULL;
        const uint8_t *to = has_more ? comma : end;
        hint->unknown += !read_item(trim(sl_span(at, (size_t)(to - at))), hint);
        at = has_more ? comma + 1 : end;
    }
}

/* ---- the text ---- */

/* Behind one token, or blanks, or a comment; NULL: the text ends within it. */
static const uint8_t *skip_token(const struct shape_source *source, const uint8_t *at)
{
    enum shape_literal_kind kind;
    const uint8_t *to = shape_skip_literal(source, at, &kind);

    if (to != at) {
        return to;
    }
    if (*at == '"') {
        return shape_skip_name(source, at + 1);
    }
    if (shape_chars[*at] < CHAR_PREFIX) {
        return at + 1;
    }
    while (to < source->end && shape_chars[*to] >= CHAR_DOLLAR) { /* of a name, all of it */
        to = *to >= 0x80 ? shape_skip_character(source, to) : to + 1;
    }
    return to;
}

static bool is_pair(const struct shape_source *source, const uint8_t *at, const char *pair)
{
    return source->end - at >= 2 && at[0] == (uint8_t)pair[0] && at[1] == (uint8_t)pair[1];
}

static const uint8_t *skip_line(const struct shape_source *source, const uint8_t *at)
{
    while (at < source->end && *at != '\n' && *at != '\r') {
        at++;
    }
    return at;
}

void hint_read(struct sl_span text, struct shape_options options, struct hint *hint)
{
    const struct shape_source source = {
            .begin = text.at, .end = text.at + text.len, .options = options};
    const uint8_t *at = text.at;

    *hint = (struct hint){.unknown = 0};
    while (at != NULL && at < source.end) {
        const uint8_t *from = at;
        if (is_pair(&source, at, "/*")) {
            at = shape_skip_comment(&source, at + 2);
            if (at != NULL) {
                read_comment(sl_span(from + 2, (size_t)(at - from) - 4), hint);
            }
        } else if (is_pair(&source, at, "--")) {
            at = skip_line(&source, at);
        } else {
            at = skip_token(&source, at);
        }
    }
}
