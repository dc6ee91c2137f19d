/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_decode.c - bytes into the messages of wire_message.h.
 *
 * Strict: a body must end exactly where its last field does. What does not fit
 * becomes a message named Malformed, which no script expects.
 */
#include "tests/wire/wire_message.h"

#include <string.h>

static const struct wire_type malformed = {"Malformed", 0, WIRE_BOTH, "xx", 2};

struct decoder {
    struct sl_arena *arena;
    struct sl_span rest;
    bool bad;
};

static struct sl_span take(struct decoder *dec, size_t len)
{
    if (len > dec->rest.len) {
        dec->bad = true;
        return sl_span(NULL, 0);
    }
    struct sl_span taken = sl_span(dec->rest.at, len);
    dec->rest = sl_span(dec->rest.at + len, dec->rest.len - len);
    return taken;
}

static int32_t take_int(struct decoder *dec, size_t len)
{
    struct sl_span bytes = take(dec, len);
    if (bytes.at == NULL) {
        return 0;
    }
    if (len == 1) {
        return bytes.at[0];
    }
    return len == 2 ? (int16_t)sl_get_u16(bytes.at) : (int32_t)sl_get_u32(bytes.at);
}

static struct sl_span take_cstr(struct decoder *dec)
{
    const uint8_t *zero = dec->rest.len == 0 ? NULL : memchr(dec->rest.at, 0, dec->rest.len);
    if (zero == NULL) {
        dec->bad = true;
        return sl_span(NULL, 0);
    }
    struct sl_span text = take(dec, (size_t)(zero - dec->rest.at));
    take(dec, 1);
    return text;
}

static struct wire_value *value_new(struct decoder *dec, enum wire_kind kind, size_t count)
{
    struct wire_value *value = sl_arena_take(dec->arena, sizeof *value);
    SL_CHECK(value != NULL);
    value->kind = kind;
    if (count > 0) {
        value->items = sl_arena_take(dec->arena, count * sizeof(struct wire_value *));
        SL_CHECK(value->items != NULL);
    }
    return value;
}

static struct wire_value *text_value(struct decoder *dec, struct sl_span text)
{
    struct wire_value *value = value_new(dec, WIRE_TEXT, 0);
    value->text = text.at == NULL ? sl_span("", 0) : text;
    return value;
}

static struct wire_value *int_value(struct decoder *dec, size_t len)
{
    char *digits = sl_arena_printf(dec->arena, "%d", take_int(dec, len));
    SL_CHECK(digits != NULL);
    return text_value(dec, sl_span_text(digits));
}

static struct wire_value *sql_value(struct decoder *dec)
{
    int32_t len = take_int(dec, 4);
    if (len < 0) {
        return value_new(dec, WIRE_NULL, 0);
    }
    return text_value(dec, take(dec, (size_t)len));
}

static struct wire_value *column_value(struct decoder *dec)
{
    struct wire_value *column = value_new(dec, WIRE_LIST, 2);
    column->items[column->count++] = text_value(dec, take_cstr(dec));
    take(dec, 6);
    column->items[column->count++] = int_value(dec, 4);
    take(dec, 8);
    return column;
}

static struct wire_value *list_item(struct decoder *dec, char letter)
{
    if (letter == 'H') {
        return int_value(dec, 2);
    }
    if (letter == 'O') {
        return int_value(dec, 4);
    }
    if (letter == 'V') {
        return sql_value(dec);
    }
    if (letter == 'C') {
        return column_value(dec);
    }
    return text_value(dec, take_cstr(dec));
}

static struct wire_value *list_value(struct decoder *dec, char letter)
{
    int32_t count = take_int(dec, letter == 'L' ? 4 : 2);
    /* An item takes at least a byte, so a count beyond the rest is a lie. */
    if (count < 0 || (size_t)count > dec->rest.len) {
        dec->bad = dec->bad || count != 0;
        count = 0;
    }
    struct wire_value *list = value_new(dec, WIRE_LIST, (size_t)count);
    while (list->count < (size_t)count) {
        list->items[list->count++] = list_item(dec, letter);
    }
    return list;
}

/* The last of E and P is a zero byte where a key would be. */
static struct wire_value *map_value(struct decoder *dec, char letter)
{
    struct wire_value *map = value_new(dec, WIRE_MAP, dec->rest.len + 2);
    while (!dec->bad && dec->rest.len > 1) {
        struct sl_span key = letter == 'E' ? take(dec, 1) : take_cstr(dec);
        map->items[map->count++] = text_value(dec, key);
        map->items[map->count++] = text_value(dec, take_cstr(dec));
    }
    struct sl_span zero = take(dec, 1);
    dec->bad = dec->bad || zero.at[0] != 0;
    return map;
}

static struct wire_value *version_value(struct decoder *dec)
{
    uint32_t version = (uint32_t)take_int(dec, 4);
    char *text = sl_arena_printf(dec->arena, "%u.%u", version >> 16, version & 0xffff);
    SL_CHECK(text != NULL);
    return text_value(dec, sl_span_text(text));
}

static struct wire_value *field_value(struct decoder *dec, char letter)
{
    switch (letter) {
    case 's':
        return text_value(dec, take_cstr(dec));
    case 'b':
        return text_value(dec, take(dec, 1));
    case 'd':
        return text_value(dec, take(dec, dec->rest.len));
    case 'B':
        return int_value(dec, 1);
    case 'h':
        return int_value(dec, 2);
    case 'i':
        return int_value(dec, 4);
    case 'v':
        return sql_value(dec);
    case 'E':
    case 'P':
        return map_value(dec, letter);
    case 'M':
        return version_value(dec);
    default:
        return list_value(dec, letter);
    }
}

static struct wire_message *message_new(struct decoder *dec, const struct wire_type *type)
{
    struct wire_message *message = sl_arena_take(dec->arena, sizeof *message);
    SL_CHECK(message != NULL);
    message->type = type;
    message->fields = sl_arena_take(dec->arena, 8 * sizeof(struct wire_value *));
    SL_CHECK(message->fields != NULL);
    return message;
}

/* Type byte (or code) and body, as hexadecimal a person can read. */
static struct wire_message *malformed_new(struct decoder *dec, struct sl_span whole)
{
    enum { BYTES_SHOWN = 40 };
    struct wire_message *message = message_new(dec, &malformed);
    size_t shown = whole.len < BYTES_SHOWN ? whole.len : BYTES_SHOWN;
    char *hex = sl_arena_take(dec->arena, 2 * BYTES_SHOWN + 1);
    SL_CHECK(hex != NULL);
    for (size_t i = 0; i < shown; i++) {
        hex[2 * i] = "0123456789abcdef"[whole.at[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[whole.at[i] & 15];
    }
    message->fields[message->count++] = text_value(dec, sl_span_text(hex));
    message->fields[message->count++] = text_value(dec, sl_span(whole.at, shown));
    return message;
}

static const struct wire_type *startup_type(uint32_t code)
{
    static const char *const names[] = {"SSLRequest", "GSSENCRequest", "CancelRequest"};
    static const uint32_t codes[] = {80877103, 80877104, 80877102};
    for (size_t i = 0; i < SL_COUNT(codes); i++) {
        if (codes[i] == code) {
            return wire_type_named(sl_span_text(names[i]), WIRE_FRONT);
        }
    }
    return wire_type_named(sl_span_text("Startup"), WIRE_FRONT);
}

struct wire_message *wire_decode(struct sl_arena *arena, struct sl_span bytes, enum wire_side side,
        bool typed, size_t *len_out)
{
    size_t head = typed ? 5 : 8;
    *len_out = 0;
    if (bytes.len < head) {
        return NULL;
    }
    uint32_t len = sl_get_u32(bytes.at + (typed ? 1 : 0));
    size_t whole = (size_t)len + (typed ? 1 : 0);
    if (whole > bytes.len && len >= 4 && len <= INT32_MAX) {
        return NULL;
    }
    *len_out = whole > bytes.len || whole < head ? bytes.len : whole;
    const struct wire_type *type =
            typed ? wire_type_of_byte(bytes.at[0], side) : startup_type(sl_get_u32(bytes.at + 4));
    struct decoder dec = {.arena = arena, .bad = type == NULL || whole < head || len > INT32_MAX};
    if (dec.bad) {
        return malformed_new(&dec, sl_span(bytes.at, *len_out));
    }
    size_t skip = typed || type->special == 1 ? head - (typed ? 0 : 4) : head;
    dec.rest = sl_span(bytes.at + skip, whole - skip);
    struct wire_message *message = message_new(&dec, type);
    for (size_t i = 0; type->fields[i] != '\0' && !dec.bad; i++) {
        message->fields[message->count++] = field_value(&dec, type->fields[i]);
    }
    if (dec.bad || dec.rest.len > 0) {
        return malformed_new(&dec, sl_span(bytes.at, whole));
    }
    return message;
}
