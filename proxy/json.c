/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/json.h"

#include "protocol/base/check.h"
#include "protocol/base/utf8.h"

#include <string.h>

void json_begin(struct json *json, struct sl_buf *buf)
{
    *json = (struct json){.buf = buf};
}

enum sl_err json_end(const struct json *json)
{
    SL_CHECK(json->err != SL_OK || json->depth == 0);
    return json->err;
}

static void put(struct json *json, const void *bytes, size_t len)
{
    if (json->err == SL_OK) {
        json->err = sl_buf_put(json->buf, bytes, len);
    }
}

static void begin_value(struct json *json)
{
    if (json->wants_comma) {
        put(json, ",", 1);
    }
    json->wants_comma = true;
}

void json_open(struct json *json, char bracket)
{
    SL_CHECK(json->depth < JSON_DEPTH_MAX && (bracket == '{' || bracket == '['));
    begin_value(json);
    put(json, &bracket, 1);
    json->closes[json->depth++] = bracket == '{' ? '}' : ']';
    json->wants_comma = false;
}

void json_close(struct json *json, char bracket)
{
    SL_CHECK(json->depth > 0 && json->closes[json->depth - 1] == bracket);
    json->depth--;
    put(json, &bracket, 1);
    json->wants_comma = true;
}

/* ---- text ---- */

static void put_escaped(struct json *json, unsigned char c)
{
    static const char *const hex = "0123456789abcdef";
    const char two[] = {'\\', (char)c};
    const char six[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"' || c == '\\') {
        put(json, two, sizeof two);
    } else {
        put(json, six, sizeof six);
    }
}

/* A character that stands for itself. */
static bool is_plain(const char *at)
{
    unsigned char c = (unsigned char)*at;

    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void put_text(struct json *json, const char *text)
{
    const char *from = text;
    const char *at = text;

    put(json, "\"", 1);
    while (*at != '\0') {
        size_t len = sl_utf8_len(at);
        if (len > 0 && is_plain(at)) {
            at += len;
            continue;
        }
        put(json, from, (size_t)(at - from));
        if (len == 0) {
            put(json, SL_UTF8_REPLACEMENT, strlen(SL_UTF8_REPLACEMENT));
        } else {
            put_escaped(json, (unsigned char)*at);
        }
        from = ++at;
    }
    put(json, from, (size_t)(at - from));
    put(json, "\"", 1);
}

void json_key(struct json *json, const char *name)
{
    SL_CHECK(json->depth > 0 && json->closes[json->depth - 1] == '}');
    begin_value(json);
    put_text(json, name);
    put(json, ":", 1);
    json->wants_comma = false;
}

static void put_word(struct json *json, const char *word)
{
    begin_value(json);
    put(json, word, strlen(word));
}

void json_text(struct json *json, const char *text)
{
    if (text == NULL) {
        put_word(json, "null");
        return;
    }
    begin_value(json);
    put_text(json, text);
}

/* ---- what is not text ---- */

void json_int(struct json *json, int64_t value)
{
    begin_value(json);
    if (json->err == SL_OK) {
        json->err = sl_buf_printf(json->buf, "%lld", (long long)value);
    }
}

void json_bool(struct json *json, bool value)
{
    put_word(json, value ? "true" : "false");
}

static size_t digits(const char *at)
{
    return strspn(at, "0123456789");
}

/* RFC 8259, section 6, without an exponent: what a view prints. */
static bool is_number(const char *text)
{
    const char *at = text + (*text == '-' ? 1 : 0);
    size_t len = digits(at);

    if (len == 0 || (len > 1 && *at == '0')) {
        return false;
    }
    at += len;
    if (*at == '.') {
        len = digits(at + 1);
        at += len == 0 ? 0 : 1 + len;
    }
    return *at == '\0';
}

void json_value(struct json *json, enum reply_type type, const char *text)
{
    bool is_numeric = type == REPLY_INT4 || type == REPLY_INT8 || type == REPLY_NUMERIC;

    if (text != NULL && is_numeric && is_number(text)) {
        put_word(json, text);
    } else if (text != NULL && type == REPLY_BOOL) {
        json_bool(json, text[0] == 't');
    } else {
        json_text(json, text);
    }
}
