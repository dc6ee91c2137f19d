/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_parse.c - a small recursive reader, bounded in depth and in count.
 */
#include "tests/wire/wire_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 128, REPEAT_BYTES_MAX = 200 << 20 };

static void *fail(struct wire_parse *parse, const char *why)
{
    if (parse->why == NULL) {
        parse->why = why;
    }
    return NULL;
}

static void skip_blank(struct wire_parse *parse)
{
    while (*parse->at == ' ' || *parse->at == '\t' || *parse->at == '\r') {
        parse->at++;
    }
}

static bool at_word(const struct wire_parse *parse)
{
    return isalnum((unsigned char)*parse->at) || strchr("_.+-/%", *parse->at) != NULL;
}

static struct sl_span take_word(struct wire_parse *parse)
{
    const char *start = parse->at;
    while (*parse->at != '\0' && at_word(parse)) {
        parse->at++;
    }
    return sl_span(start, (size_t)(parse->at - start));
}

static struct wire_value *value_new(struct wire_parse *parse, enum wire_kind kind)
{
    struct wire_value *value = sl_arena_take(parse->arena, sizeof *value);
    SL_CHECK(value != NULL);
    value->kind = kind;
    return value;
}

static char unescape(struct wire_parse *parse)
{
    char c = *parse->at++;
    if (c == 'n') {
        return '\n';
    }
    if (c == 't') {
        return '\t';
    }
    if (c == '0') {
        return '\0';
    }
    if (c != 'x' || !isxdigit((unsigned char)parse->at[0]) ||
            !isxdigit((unsigned char)parse->at[1])) {
        return c;
    }
    char hex[3] = {parse->at[0], parse->at[1], '\0'};
    parse->at += 2;
    return (char)strtoul(hex, NULL, 16);
}

/* "ab"^3 is "ababab". */
static struct sl_span repeated(struct wire_parse *parse, struct sl_span text)
{
    if (*parse->at != '^') {
        return text;
    }
    char *end = NULL;
    unsigned long times = strtoul(parse->at + 1, &end, 10);
    parse->at = end;
    if (text.len == 0 || times == 0 || times > REPEAT_BYTES_MAX / text.len) {
        fail(parse, "text repeated too often");
        return text;
    }
    uint8_t *all = sl_arena_take(parse->arena, text.len * times);
    SL_CHECK(all != NULL);
    for (size_t i = 0; i < times; i++) {
        memcpy(all + i * text.len, text.at, text.len);
    }
    return sl_span(all, text.len * times);
}

static struct sl_span take_string(struct wire_parse *parse)
{
    parse->at++;
    char *text = sl_arena_take(parse->arena, strlen(parse->at) + 1);
    SL_CHECK(text != NULL);
    size_t len = 0;
    while (*parse->at != '"') {
        if (*parse->at == '\0' || (*parse->at == '\\' && parse->at[1] == '\0')) {
            fail(parse, "a quote that is not closed");
            return sl_span(text, 0);
        }
        char c = *parse->at++;
        text[len++] = c == '\\' ? unescape(parse) : c;
    }
    parse->at++;
    return repeated(parse, sl_span(text, len));
}

static struct wire_value *read_value(struct wire_parse *parse);

static struct wire_value *read_items(struct wire_parse *parse, enum wire_kind kind, char shut)
{
    struct wire_value *list = value_new(parse, kind);
    list->items = sl_arena_take(parse->arena, ITEMS_MAX * sizeof(struct wire_value *));
    SL_CHECK(list->items != NULL);
    if (++parse->depth > WIRE_NESTING_MAX) {
        return fail(parse, "brackets too deep");
    }
    parse->at++;
    for (;;) {
        while (*parse->at == ',' || *parse->at == ' ') {
            parse->at++;
        }
        if (*parse->at == shut) {
            break;
        }
        if (list->count == ITEMS_MAX) {
            return fail(parse, "a list too long");
        }
        struct wire_value *item = read_value(parse);
        if (item == NULL) {
            return NULL;
        }
        list->items[list->count++] = item;
    }
    parse->at++;
    parse->depth--;
    if (kind == WIRE_MAP && list->count % 2 != 0) {
        return fail(parse, "a map takes a value for every key");
    }
    return list;
}

static struct wire_value *read_word(struct wire_parse *parse)
{
    struct wire_value *value = value_new(parse, WIRE_TEXT);
    value->text = take_word(parse);
    if (value->text.len == 0) {
        return fail(parse, "a value was expected");
    }
    if (sl_span_is(value->text, "NULL")) {
        value->kind = WIRE_NULL;
        value->text = sl_span(NULL, 0);
    }
    return value;
}

static struct wire_value *read_value(struct wire_parse *parse)
{
    struct wire_value *value = NULL;
    skip_blank(parse);
    switch (*parse->at) {
    case '[':
        return read_items(parse, WIRE_LIST, ']');
    case '{':
        return read_items(parse, WIRE_MAP, '}');
    case '"':
        value = value_new(parse, WIRE_TEXT);
        value->text = take_string(parse);
        break;
    case '~':
        parse->at++;
        if (*parse->at != '"') {
            return fail(parse, "~ is followed by a string");
        }
        value = value_new(parse, WIRE_CONTAINS);
        value->text = take_string(parse);
        break;
    case '*':
        parse->at++;
        value = value_new(parse, WIRE_ANY);
        break;
    case '$':
        parse->at++;
        value = value_new(parse, WIRE_VARIABLE);
        value->text = take_word(parse);
        break;
    default:
        return read_word(parse);
    }
    return parse->why == NULL ? value : NULL;
}

static bool append(struct wire_parse *parse, struct wire_step *step, struct wire_message *message)
{
    if (step->count == WIRE_MESSAGES_MAX) {
        fail(parse, "too many messages in a step");
        return false;
    }
    if (step->count == parse->cap) {
        size_t cap = parse->cap == 0 ? 8 : 2 * parse->cap;
        struct wire_message **all = sl_arena_take(parse->arena, cap * sizeof(void *));
        SL_CHECK(all != NULL);
        if (step->count > 0) {
            memcpy(all, step->messages, step->count * sizeof(void *));
        }
        step->messages = all;
        parse->cap = cap;
    }
    step->messages[step->count++] = message;
    return true;
}

/* "x" and digits after an item; leaves anything else where it is. */
static size_t read_times(struct wire_parse *parse)
{
    skip_blank(parse);
    if (parse->at[0] != 'x' || !isdigit((unsigned char)parse->at[1])) {
        return 1;
    }
    char *end = NULL;
    size_t times = strtoul(parse->at + 1, &end, 10);
    parse->at = end;
    return times;
}

static bool read_message(struct wire_parse *parse, struct wire_step *step)
{
    struct wire_message *message = sl_arena_take(parse->arena, sizeof *message);
    SL_CHECK(message != NULL);
    message->fields = sl_arena_take(parse->arena, 8 * sizeof(struct wire_value *));
    SL_CHECK(message->fields != NULL);
    message->type = wire_type_named(take_word(parse), parse->side);
    if (message->type == NULL) {
        fail(parse, "no message of that name from this side");
        return false;
    }
    for (;;) {
        skip_blank(parse);
        bool times = parse->at[0] == 'x' && isdigit((unsigned char)parse->at[1]);
        if (*parse->at == '\0' || *parse->at == ',' || *parse->at == ')' || times) {
            break;
        }
        struct wire_value *value = message->count == 8 ? NULL : read_value(parse);
        if (value == NULL) {
            fail(parse, "too many fields");
            return false;
        }
        message->fields[message->count++] = value;
    }
    return append(parse, step, message);
}

static bool read_sequence(struct wire_parse *parse, struct wire_step *step);

static bool read_item(struct wire_parse *parse, struct wire_step *step)
{
    size_t first = step->count;
    skip_blank(parse);
    if (*parse->at == '(') {
        parse->at++;
        if (++parse->depth > WIRE_NESTING_MAX || !read_sequence(parse, step) || *parse->at != ')') {
            fail(parse, "a parenthesis that is not closed, or too many");
            return false;
        }
        parse->at++;
        parse->depth--;
    } else if (!read_message(parse, step)) {
        return false;
    }
    size_t len = step->count - first;
    for (size_t times = read_times(parse); times > 1; times--) {
        for (size_t i = 0; i < len; i++) {
            if (!append(parse, step, step->messages[first + i])) {
                return false;
            }
        }
    }
    return true;
}

static bool read_sequence(struct wire_parse *parse, struct wire_step *step)
{
    for (;;) {
        if (!read_item(parse, step)) {
            return false;
        }
        skip_blank(parse);
        if (*parse->at != ',') {
            return true;
        }
        parse->at++;
    }
}

bool wire_parse_messages(struct wire_parse *parse, struct wire_step *step)
{
    if (!read_sequence(parse, step)) {
        return false;
    }
    if (*parse->at != '\0') {
        fail(parse, "something is left behind the last message");
    }
    return parse->why == NULL;
}
