/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_message.c - one table of messages, an encoder, a matcher, a printer.
 *
 * The decoder is in wire_decode.c. Field letters (PostgreSQL docs, "Message Formats"):
 *
 *   s  zero-terminated text      b  one character        h  int16       i  int32
 *   H  int16 count, int16s       O  int16 count, int32s  L  int32 count, zero-terminated texts
 *   V  int16 count, values       v  one value            d  the rest    C  row description
 *   E  error fields, {S ERROR}   P  startup parameters   M  protocol version, 3.0
 *   B  one byte, as a number     x  raw bytes in hexadecimal    t  a type byte and its body
 */
#include "tests/wire/wire_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct wire_type types[] = {
        {"Query", 'Q', WIRE_FRONT, "s", 0},
        {"Parse", 'P', WIRE_FRONT, "ssO", 0},
        {"Bind", 'B', WIRE_FRONT, "ssHVH", 0},
        {"Describe", 'D', WIRE_FRONT, "bs", 0},
        {"Close", 'C', WIRE_FRONT, "bs", 0},
        {"Execute", 'E', WIRE_FRONT, "si", 0},
        {"Sync", 'S', WIRE_FRONT, "", 0},
        {"Flush", 'H', WIRE_FRONT, "", 0},
        {"CopyFail", 'f', WIRE_FRONT, "s", 0},
        {"FunctionCall", 'F', WIRE_FRONT, "iHVh", 0},
        {"Terminate", 'X', WIRE_FRONT, "", 0},
        {"Password", 'p', WIRE_FRONT, "d", 0},
        {"CopyData", 'd', WIRE_BOTH, "d", 0},
        {"CopyDone", 'c', WIRE_BOTH, "", 0},
        {"Authentication", 'R', WIRE_BACK, "id", 0},
        {"ParameterStatus", 'S', WIRE_BACK, "ss", 0},
        {"BackendKeyData", 'K', WIRE_BACK, "id", 0},
        {"ReadyForQuery", 'Z', WIRE_BACK, "b", 0},
        {"RowDescription", 'T', WIRE_BACK, "C", 0},
        {"DataRow", 'D', WIRE_BACK, "V", 0},
        {"CommandComplete", 'C', WIRE_BACK, "s", 0},
        {"EmptyQueryResponse", 'I', WIRE_BACK, "", 0},
        {"ErrorResponse", 'E', WIRE_BACK, "E", 0},
        {"NoticeResponse", 'N', WIRE_BACK, "E", 0},
        {"NotificationResponse", 'A', WIRE_BACK, "iss", 0},
        {"ParseComplete", '1', WIRE_BACK, "", 0},
        {"BindComplete", '2', WIRE_BACK, "", 0},
        {"CloseComplete", '3', WIRE_BACK, "", 0},
        {"NoData", 'n', WIRE_BACK, "", 0},
        {"PortalSuspended", 's', WIRE_BACK, "", 0},
        {"ParameterDescription", 't', WIRE_BACK, "O", 0},
        {"CopyInResponse", 'G', WIRE_BACK, "BH", 0},
        {"CopyOutResponse", 'H', WIRE_BACK, "BH", 0},
        {"CopyBothResponse", 'W', WIRE_BACK, "BH", 0},
        {"FunctionCallResponse", 'V', WIRE_BACK, "v", 0},
        {"NegotiateProtocolVersion", 'v', WIRE_BACK, "iL", 0},
        {"Startup", 0, WIRE_FRONT, "MP", 1},
        {"SSLRequest", 0, WIRE_FRONT, "", 80877103},
        {"GSSENCRequest", 0, WIRE_FRONT, "", 80877104},
        {"CancelRequest", 0, WIRE_FRONT, "id", 80877102},
        {"Raw", 0, WIRE_BOTH, "x", 2},
        {"Byte", 0, WIRE_BOTH, "b", 2},
        {"Message", 0, WIRE_BOTH, "t", 3},
};

const struct wire_type *wire_type_of_byte(uint8_t byte, enum wire_side side)
{
    for (size_t i = 0; i < SL_COUNT(types); i++) {
        if (byte != 0 && types[i].byte == byte && (types[i].side & side) != 0) {
            return &types[i];
        }
    }
    return NULL;
}

const struct wire_type *wire_type_named(struct sl_span name, enum wire_side side)
{
    for (size_t i = 0; i < SL_COUNT(types); i++) {
        if ((types[i].side & side) != 0 && sl_span_is(name, types[i].name)) {
            return &types[i];
        }
    }
    return NULL;
}

static size_t var_at(const struct wire_vars *vars, struct sl_span name)
{
    size_t i = 0;
    while (i < vars->count && !sl_span_is(name, vars->names[i])) {
        i++;
    }
    return i;
}

struct sl_span wire_var(const struct wire_vars *vars, struct sl_span name)
{
    size_t i = var_at(vars, name);
    return i < vars->count ? sl_span(vars->texts[i], vars->lens[i]) : sl_span(NULL, 0);
}

/* ---- encoding ----------------------------------------------------------------------------- */

struct encoder {
    const struct wire_vars *vars;
    struct sl_buf *out;
    const char *why;
};

static void fail(struct encoder *enc, const char *why)
{
    if (enc->why == NULL) {
        enc->why = why;
    }
}

static void put(struct encoder *enc, struct sl_span bytes)
{
    if (sl_buf_put(enc->out, bytes.at, bytes.len) != SL_OK) {
        fail(enc, "message too long for the send buffer");
    }
}

static void put_int(struct encoder *enc, int64_t value, size_t len)
{
    uint8_t bytes[4];
    sl_set_u32(bytes, (uint32_t)value);
    put(enc, sl_span(bytes + 4 - len, len));
}

static struct sl_span text_of(struct encoder *enc, const struct wire_value *value)
{
    if (value == NULL) {
        return sl_span("", 0);
    }
    if (value->kind == WIRE_TEXT) {
        return value->text;
    }
    if (value->kind == WIRE_VARIABLE) {
        struct sl_span text = wire_var(enc->vars, value->text);
        if (text.at != NULL) {
            return text;
        }
        fail(enc, "a variable that nothing has bound yet");
    } else {
        fail(enc, "a pattern or a list where text is to be sent");
    }
    return sl_span("", 0);
}

static int64_t int_of(struct encoder *enc, const struct wire_value *value)
{
    struct sl_span text = text_of(enc, value);
    char digits[24] = "0";
    if (text.len == 0) {
        return 0;
    }
    if (text.len >= sizeof digits) {
        fail(enc, "not a number");
        return 0;
    }
    memcpy(digits, text.at, text.len);
    digits[text.len] = '\0';
    char *end = NULL;
    long long number = strtoll(digits, &end, 10);
    if (*end != '\0') {
        fail(enc, "not a number");
    }
    return number;
}

static void put_value(struct encoder *enc, const struct wire_value *value)
{
    if (value != NULL && value->kind == WIRE_NULL) {
        put_int(enc, -1, 4);
        return;
    }
    struct sl_span text = text_of(enc, value);
    put_int(enc, (int64_t)text.len, 4);
    put(enc, text);
}

/* One column: [name], [name oid] or just name; the rest as PostgreSQL says it for text. */
static void put_column(struct encoder *enc, const struct wire_value *column)
{
    bool is_list = column->kind == WIRE_LIST;
    put(enc, text_of(enc, is_list && column->count > 0 ? column->items[0] : column));
    put_int(enc, 0, 1);
    put_int(enc, 0, 4);
    put_int(enc, 0, 2);
    put_int(enc, is_list && column->count > 1 ? int_of(enc, column->items[1]) : 25, 4);
    put_int(enc, -1, 2);
    put_int(enc, -1, 4);
    put_int(enc, 0, 2);
}

static void put_list(struct encoder *enc, char letter, const struct wire_value *list)
{
    size_t count = list == NULL ? 0 : list->count;
    if (list != NULL && list->kind != WIRE_LIST) {
        fail(enc, "a list in brackets belongs here");
        return;
    }
    put_int(enc, (int64_t)count, letter == 'L' ? 4 : 2);
    for (size_t i = 0; i < count; i++) {
        if (letter == 'H') {
            put_int(enc, int_of(enc, list->items[i]), 2);
        } else if (letter == 'O') {
            put_int(enc, int_of(enc, list->items[i]), 4);
        } else if (letter == 'V') {
            put_value(enc, list->items[i]);
        } else if (letter == 'C') {
            put_column(enc, list->items[i]);
        } else {
            put(enc, text_of(enc, list->items[i]));
        }
        if (letter == 'L') {
            put_int(enc, 0, 1);
        }
    }
}

/* E: each key is one byte before its text. P: key and value are both zero-terminated. */
static void put_map(struct encoder *enc, char letter, const struct wire_value *map)
{
    if (map != NULL && map->kind != WIRE_MAP) {
        fail(enc, "a map in braces belongs here");
        return;
    }
    for (size_t i = 0; map != NULL && i + 1 < map->count; i += 2) {
        put(enc, text_of(enc, map->items[i]));
        if (letter == 'P') {
            put_int(enc, 0, 1);
        }
        put(enc, text_of(enc, map->items[i + 1]));
        put_int(enc, 0, 1);
    }
    put_int(enc, 0, 1);
}

static void put_version(struct encoder *enc, const struct wire_value *value)
{
    struct sl_span text = text_of(enc, value);
    char digits[24] = "";
    unsigned major = 0;
    unsigned minor = 0;
    memcpy(digits, text.at, text.len < sizeof digits ? text.len : sizeof digits - 1);
    if (sscanf(digits, "%u.%u", &major, &minor) != 2) {
        fail(enc, "a protocol version looks like 3.0");
    }
    put_int(enc, (int64_t)major << 16 | minor, 4);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_hex(struct encoder *enc, struct sl_span text)
{
    for (size_t i = 0; i < text.len;) {
        if (text.at[i] == ' ') {
            i++;
            continue;
        }
        int high = hex_digit(text.at[i]);
        int low = i + 1 < text.len ? hex_digit(text.at[i + 1]) : -1;
        if (high < 0 || low < 0) {
            fail(enc, "Raw takes pairs of hexadecimal digits");
            return;
        }
        put_int(enc, high << 4 | low, 1);
        i += 2;
    }
}

static void put_field(struct encoder *enc, char letter, const struct wire_value *value)
{
    switch (letter) {
    case 's':
        put(enc, text_of(enc, value));
        put_int(enc, 0, 1);
        break;
    case 'b':
    case 'd':
        put(enc, text_of(enc, value));
        break;
    case 'B':
        put_int(enc, int_of(enc, value), 1);
        break;
    case 'h':
        put_int(enc, int_of(enc, value), 2);
        break;
    case 'i':
        put_int(enc, int_of(enc, value), 4);
        break;
    case 'v':
        put_value(enc, value);
        break;
    case 'E':
    case 'P':
        put_map(enc, letter, value);
        break;
    case 'M':
        put_version(enc, value);
        break;
    case 'x':
        put_hex(enc, text_of(enc, value));
        break;
    default:
        put_list(enc, letter, value);
    }
}

/* Message x "bytes": any type byte at all, with a length that is right. */
static void put_any_message(struct encoder *enc, const struct wire_message *message)
{
    struct sl_span byte = text_of(enc, message->count > 0 ? message->fields[0] : NULL);
    struct sl_span body = text_of(enc, message->count > 1 ? message->fields[1] : NULL);
    if (byte.len != 1) {
        fail(enc, "Message takes one type byte and a body");
    }
    put(enc, byte);
    put_int(enc, (int64_t)body.len + 4, 4);
    put(enc, body);
}

bool wire_encode(const struct wire_message *message, const struct wire_vars *vars,
        struct sl_buf *out, const char **why)
{
    const struct wire_type *type = message->type;
    struct encoder enc = {.vars = vars, .out = out};
    bool framed = type->special != 2 && type->special != 3; /* Raw and Message say it themselves */
    if (type->special == 3) {
        put_any_message(&enc, message);
    }
    if (type->byte != 0) {
        put_int(&enc, type->byte, 1);
    }
    size_t length_at = out->filled - out->done;
    if (framed) {
        put_int(&enc, 0, 4);
    }
    if (framed && type->special > 3) {
        put_int(&enc, type->special, 4);
    }
    for (size_t i = 0; type->fields[i] != '\0' && type->special != 3; i++) {
        put_field(&enc, type->fields[i], i < message->count ? message->fields[i] : NULL);
    }
    if (message->count > strlen(type->fields) && type->special != 3) {
        fail(&enc, "more fields than the message has");
    }
    if (framed && enc.why == NULL) {
        size_t len = out->filled - out->done - length_at;
        sl_set_u32(out->at + out->done + length_at, (uint32_t)len);
    }
    *why = enc.why;
    return enc.why == NULL;
}

/* ---- matching ----------------------------------------------------------------------------- */

static bool match_variable(struct sl_span name, struct sl_span actual, struct wire_vars *vars)
{
    size_t i = var_at(vars, name);
    if (i < vars->count) {
        return sl_span_equal(actual, wire_var(vars, name));
    }
    if (i == WIRE_VARS_MAX || name.len >= WIRE_VAR_NAME_MAX || actual.len > WIRE_VAR_TEXT_MAX) {
        return false;
    }
    memcpy(vars->names[i], name.at, name.len);
    vars->names[i][name.len] = '\0';
    memcpy(vars->texts[i], actual.at, actual.len);
    vars->lens[i] = actual.len;
    vars->count++;
    return true;
}

static bool match_value(
        const struct wire_value *want, const struct wire_value *got, struct wire_vars *vars);

static bool match_list(
        const struct wire_value *want, const struct wire_value *got, struct wire_vars *vars)
{
    if (got->kind != WIRE_LIST || want->count != got->count) {
        return false;
    }
    for (size_t i = 0; i < want->count; i++) {
        if (!match_value(want->items[i], got->items[i], vars)) {
            return false;
        }
    }
    return true;
}

/* Every key asked for is there and matches; what was not asked for does not matter. */
static bool match_map(
        const struct wire_value *want, const struct wire_value *got, struct wire_vars *vars)
{
    if (got->kind != WIRE_MAP) {
        return false;
    }
    for (size_t i = 0; i + 1 < want->count; i += 2) {
        bool found = false;
        for (size_t j = 0; j + 1 < got->count && !found; j += 2) {
            found = sl_span_equal(want->items[i]->text, got->items[j]->text) &&
                    match_value(want->items[i + 1], got->items[j + 1], vars);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool match_value(
        const struct wire_value *want, const struct wire_value *got, struct wire_vars *vars)
{
    if (want->kind == WIRE_ANY) {
        return true;
    }
    if (want->kind == WIRE_LIST) {
        return match_list(want, got, vars);
    }
    if (want->kind == WIRE_MAP) {
        return match_map(want, got, vars);
    }
    if (want->kind == WIRE_NULL || got->kind == WIRE_NULL) {
        return want->kind == got->kind;
    }
    /* A column is [name oid]; a script mostly cares for the name. */
    if (got->kind == WIRE_LIST) {
        return got->count > 0 && match_value(want, got->items[0], vars);
    }
    if (got->kind != WIRE_TEXT) {
        return false;
    }
    if (want->kind == WIRE_VARIABLE) {
        return match_variable(want->text, got->text, vars);
    }
    if (want->kind == WIRE_CONTAINS) {
        return memmem(got->text.at, got->text.len, want->text.at, want->text.len) != NULL;
    }
    return sl_span_equal(want->text, got->text);
}

bool wire_match(const struct wire_message *expected, const struct wire_message *actual,
        struct wire_vars *vars)
{
    if (expected->type != actual->type || expected->count > actual->count) {
        return false;
    }
    for (size_t i = 0; i < expected->count; i++) {
        if (!match_value(expected->fields[i], actual->fields[i], vars)) {
            return false;
        }
    }
    return true;
}

/* ---- printing ----------------------------------------------------------------------------- */

struct printer {
    char *at;
    size_t left;
};

static void say(struct printer *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len && out->left > 1; i++, out->left--) {
        char c = text[i];
        *out->at++ = c >= ' ' && c <= '~' ? c : '.';
    }
    *out->at = '\0';
}

static void say_value(struct printer *out, const struct wire_value *value, int depth)
{
    enum { TEXT_SHOWN = 80, ITEMS_SHOWN = 16 };
    static const char *const open[] = {"\"", "~\"", "*", "$", "NULL", "[", "{"};
    static const char *const shut[] = {"\"", "\"", "", "", "", "]", "}"};
    say(out, open[value->kind], strlen(open[value->kind]));
    if (value->text.at != NULL) {
        say(out, (const char *)value->text.at,
                value->text.len < TEXT_SHOWN ? value->text.len : TEXT_SHOWN);
    }
    if (value->text.len > TEXT_SHOWN) {
        say(out, "...", 3);
    }
    for (size_t i = 0; i < value->count && i < ITEMS_SHOWN && depth < 3; i++) {
        if (i > 0) {
            say(out, " ", 1);
        }
        say_value(out, value->items[i], depth + 1);
    }
    if (value->count > ITEMS_SHOWN) {
        say(out, " ...", 4);
    }
    say(out, shut[value->kind], strlen(shut[value->kind]));
}

void wire_print(const struct wire_message *message, char *out, size_t out_max)
{
    struct printer printer = {.at = out, .left = out_max};
    say(&printer, message->type->name, strlen(message->type->name));
    for (size_t i = 0; i < message->count; i++) {
        say(&printer, " ", 1);
        say_value(&printer, message->fields[i], 0);
    }
}
