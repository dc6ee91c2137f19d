/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/function_customs.h"

#include "protocol/shape_lex.h"

#include <strings.h>

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static bool is_of_word(uint8_t c)
{
    return shape_chars[c] >= CHAR_DOLLAR;
}

static void skip_spaces(struct reader *reader)
{
    while (reader->at < reader->end && shape_chars[*reader->at] == CHAR_SPACE) {
        reader->at++;
    }
}

/* A word, or several with dots between; empty: none is here. */
static struct sl_span read_name(struct reader *reader, bool with_dots)
{
    const uint8_t *from = reader->at;

    while (reader->at < reader->end &&
            (is_of_word(*reader->at) || (with_dots && *reader->at == '.'))) {
        reader->at++;
    }
    return sl_span(from, (size_t)(reader->at - from));
}

static bool is_word(struct sl_span text, const char *word)
{
    size_t len = strlen(word);

    return text.len == len && strncasecmp((const char *)text.at, word, len) == 0;
}

/* Words with dots between, none of which begins with a digit. */
static bool is_custom(struct sl_span name)
{
    bool has_dot = false;
    uint8_t before = '.';

    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        if (before == '.' && shape_chars[c] < CHAR_PREFIX) {
            return false;
        }
        has_dot |= c == '.';
        before = c;
    }
    return has_dot && before != '.';
}

/* Behind SET. */
static struct sl_span read_set(struct reader *reader)
{
    skip_spaces(reader);
    struct reader ahead = *reader;
    struct sl_span name = read_name(&ahead, true);
    if (is_word(name, "local") || is_word(name, "session")) {
        skip_spaces(&ahead);
        name = read_name(&ahead, true);
    }
    skip_spaces(&ahead);
    bool is_set = (ahead.at < ahead.end && *ahead.at == '=') ||
                  (ahead.end - ahead.at > 1 && ahead.at[0] == ':' && ahead.at[1] == '=') ||
                  is_word(read_name(&ahead, false), "to");
    return is_set ? name : sl_span("", 0);
}

/* Behind SET_CONFIG; within a string its argument's quotes are doubled. */
static struct sl_span read_set_config(struct reader *reader)
{
    struct reader ahead = *reader;

    skip_spaces(&ahead);
    if (ahead.at == ahead.end || *ahead.at++ != '(') {
        return sl_span("", 0);
    }
    skip_spaces(&ahead);
    const uint8_t *quote = ahead.at;
    while (ahead.at < ahead.end && *ahead.at == '\'') {
        ahead.at++;
    }
    struct sl_span name = ahead.at > quote ? read_name(&ahead, true) : sl_span("", 0);
    return ahead.at < ahead.end && *ahead.at == '\'' ? name : sl_span("", 0);
}

void function_customs(
        struct sl_span text, void (*on_custom)(void *self, struct sl_span name), void *self)
{
    struct reader reader = {.at = text.at, .end = text.at + text.len};

    while (reader.at < reader.end) {
        struct sl_span name = sl_span("", 0);
        struct sl_span word = read_name(&reader, false);
        if (is_word(word, "set")) {
            name = read_set(&reader);
        } else if (is_word(word, "set_config")) {
            name = read_set_config(&reader);
        }
        if (is_custom(name)) {
            on_custom(self, name);
        }
        reader.at += word.len == 0;
    }
}
