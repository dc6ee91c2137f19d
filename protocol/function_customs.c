/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/function_customs.h"

#include "protocol/base/check.h"
#include "protocol/shape_lex.h"

#include <strings.h>

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool begins; /* a statement may begin here */
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

bool function_customs_is_name(struct sl_span name)
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

/* At a dollar sign: a string's beginning or end, or a parameter's. */
static void skip_dollar(struct reader *reader)
{
    const uint8_t *at = ++reader->at;

    while (at < reader->end && is_of_word(*at) && *at != '$') {
        at++;
    }
    reader->at = at < reader->end && *at == '$' ? at + 1 : reader->at;
    reader->begins = true;
}

static void skip_sign(struct reader *reader)
{
    uint8_t c = *reader->at++;

    if (shape_chars[c] != CHAR_SPACE) {
        reader->begins = c == ';' || c == '\'';
    }
}

/* A statement of PL/pgSQL's may follow. */
static bool is_opening(struct sl_span word)
{
    static const char *const words[] = {"begin", "else", "loop", "then"};

    for (size_t i = 0; i < SL_COUNT(words); i++) {
        if (is_word(word, words[i])) {
            return true;
        }
    }
    return false;
}

/* What is set behind that word, if it is such; empty: nothing. */
static struct sl_span read_setting(struct reader *reader, struct sl_span word)
{
    struct sl_span name = sl_span("", 0);
    bool is_call = is_word(word, "set_config");

    if (is_call) {
        name = read_set_config(reader);
    } else if (is_word(word, "set")) {
        name = read_set(reader);
    }
    bool is_seed = is_word(name, "seed") && (is_call || reader->begins);
    return is_seed || function_customs_is_name(name) ? name : sl_span("", 0);
}

void function_customs(
        struct sl_span text, void (*on_custom)(void *self, struct sl_span name), void *self)
{
    struct reader reader = {.at = text.at, .end = text.at + text.len, .begins = true};

    while (reader.at < reader.end) {
        if (*reader.at == '$') {
            skip_dollar(&reader);
            continue;
        }
        struct sl_span word = read_name(&reader, false);
        if (word.len == 0) {
            skip_sign(&reader);
            continue;
        }
        struct sl_span name = read_setting(&reader, word);
        if (name.len > 0) {
            on_custom(self, name);
        }
        reader.begins = is_opening(word);
    }
}
