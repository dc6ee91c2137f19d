/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/reply.h"

#include "protocol/back.h"
#include "protocol/base/parse.h"
#include "protocol/message.h"
#include "protocol/numeric.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

void reply_init(struct reply *reply, struct sl_buf *buf, const struct reply_column *columns,
        uint16_t columns_count)
{
    *reply = (struct reply){.buf = buf, .columns = columns, .columns_count = columns_count};
}

enum sl_err reply_set_formats(struct reply *reply, const uint16_t *formats, uint16_t formats_count)
{
    if (formats_count > 1 && formats_count != reply->columns_count) {
        return SL_EINVAL;
    }
    for (uint16_t i = 0; i < formats_count; i++) {
        if (formats[i] != FORMAT_TEXT && formats[i] != FORMAT_BINARY) {
            return SL_EINVAL;
        }
    }
    reply->formats = formats;
    reply->formats_count = formats_count;
    return SL_OK;
}

static uint16_t format_of(const struct reply *reply, uint16_t column)
{
    if (reply->formats_count == 0) {
        return FORMAT_TEXT;
    }
    return reply->formats[reply->formats_count == 1 ? 0 : column];
}

/* ---- a message whose length is known at its end ---- */

/* *at is where it begins, counted from what is in buf: it may move in memory. */
static enum sl_err message_begin(struct sl_buf *buf, uint8_t type, uint16_t count, size_t *at)
{
    uint8_t head[MESSAGE_HEAD + 2] = {type};

    sl_set_u16(head + MESSAGE_HEAD, count);
    *at = sl_buf_len(buf);
    return sl_buf_put(buf, head, sizeof(head));
}

/* Sets the length, or takes all of it away when err says that it failed. */
static enum sl_err message_end(struct sl_buf *buf, size_t at, enum sl_err err)
{
    size_t len = sl_buf_len(buf) - at;

    if (err == SL_OK && len > INT32_MAX) {
        err = SL_ELIMIT;
    }
    if (err == SL_OK) {
        sl_set_u32(buf->at + buf->done + at + 1, (uint32_t)(len - 1));
    } else {
        buf->filled = buf->done + at;
    }
    return err;
}

/* ---- RowDescription ---- */

static uint16_t type_len(enum reply_type type)
{
    switch (type) {
    case REPLY_BOOL:
        return 1;
    case REPLY_INT4:
        return 4;
    case REPLY_INT8:
        return 8;
    case REPLY_BYTEA:
    case REPLY_TEXT:
    case REPLY_NUMERIC:
        break;
    }
    return UINT16_MAX; /* -1: of any length */
}

static enum sl_err put_column(const struct reply *reply, uint16_t column)
{
    const struct reply_column *what = &reply->columns[column];
    uint8_t facts[18] = {0}; /* the first six: no table, no attribute of one */

    sl_set_u32(facts + 6, (uint32_t)what->type);
    sl_set_u16(facts + 10, type_len(what->type));
    sl_set_u32(facts + 12, UINT32_MAX); /* no type modifier */
    sl_set_u16(facts + 16, format_of(reply, column));
    enum sl_err err = sl_buf_put_cstr(reply->buf, what->name);
    return err != SL_OK ? err : sl_buf_put(reply->buf, facts, sizeof(facts));
}

enum sl_err reply_put_description(const struct reply *reply)
{
    size_t at;

    if (reply->columns_count > REPLY_COLUMNS_MAX) {
        return SL_ELIMIT;
    }
    enum sl_err err = message_begin(reply->buf, BACK_ROW_DESCRIPTION, reply->columns_count, &at);
    for (uint16_t i = 0; err == SL_OK && i < reply->columns_count; i++) {
        err = put_column(reply, i);
    }
    return message_end(reply->buf, at, err);
}

/* ---- values in binary ---- */

static enum sl_err put_int4(struct sl_buf *buf, const char *text)
{
    int64_t value;
    enum sl_err err = sl_parse_i64(text, INT32_MIN, INT32_MAX, &value);

    return err != SL_OK ? SL_EINVAL : sl_buf_put_u32(buf, (uint32_t)value);
}

static enum sl_err put_int8(struct sl_buf *buf, const char *text)
{
    int64_t value;
    uint8_t bytes[8];

    if (sl_parse_i64(text, INT64_MIN, INT64_MAX, &value) != SL_OK) {
        return SL_EINVAL;
    }
    sl_set_u32(bytes, (uint32_t)((uint64_t)value >> 32));
    sl_set_u32(bytes + 4, (uint32_t)value);
    return sl_buf_put(buf, bytes, sizeof(bytes));
}

/* 't', 'f', or 0 for what is neither. */
static char bool_letter(const char *text)
{
    if (strcmp(text, "t") == 0 || strcmp(text, "true") == 0) {
        return 't';
    }
    return strcmp(text, "f") == 0 || strcmp(text, "false") == 0 ? 'f' : 0;
}

static enum sl_err put_bool(struct sl_buf *buf, const char *text)
{
    char letter = bool_letter(text);

    return letter == 0 ? SL_EINVAL : sl_buf_put_u8(buf, letter == 't');
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum sl_err put_bytea(struct sl_buf *buf, const char *text)
{
    if (text[0] != '\\' || text[1] != 'x' || strlen(text) % 2 != 0) {
        return SL_EINVAL;
    }
    enum sl_err err = sl_buf_reserve(buf, strlen(text) / 2);
    if (err != SL_OK) {
        return err;
    }
    for (const char *from = text + 2; *from != '\0'; from += 2) {
        int high = hex_value(from[0]);
        int low = hex_value(from[1]);
        if (high < 0 || low < 0) {
            return SL_EINVAL;
        }
        buf->at[buf->filled++] = (uint8_t)(high << 4 | low);
    }
    return SL_OK;
}

static enum sl_err put_binary(struct sl_buf *buf, enum reply_type type, const char *text)
{
    switch (type) {
    case REPLY_BOOL:
        return put_bool(buf, text);
    case REPLY_INT4:
        return put_int4(buf, text);
    case REPLY_INT8:
        return put_int8(buf, text);
    case REPLY_BYTEA:
        return put_bytea(buf, text);
    case REPLY_NUMERIC:
        return numeric_put(buf, text);
    case REPLY_TEXT:
        break;
    }
    return sl_buf_put(buf, text, strlen(text));
}

static enum sl_err put_text(struct sl_buf *buf, enum reply_type type, const char *text)
{
    char letter = bool_letter(text);

    if (type == REPLY_BOOL && letter != 0) {
        return sl_buf_put(buf, &letter, 1);
    }
    return sl_buf_put(buf, text, strlen(text));
}

/* ---- DataRow, CommandComplete ---- */

static enum sl_err put_value(const struct reply *reply, uint16_t column, const char *text)
{
    struct sl_buf *buf = reply->buf;
    enum reply_type type = reply->columns[column].type;
    size_t at = sl_buf_len(buf);
    enum sl_err err = sl_buf_put_u32(buf, UINT32_MAX); /* -1: null */

    if (err != SL_OK || text == NULL) {
        return err;
    }
    err = format_of(reply, column) == FORMAT_BINARY ? put_binary(buf, type, text)
                                                    : put_text(buf, type, text);
    size_t len = sl_buf_len(buf) - at - 4;
    if (err == SL_OK && len > INT32_MAX) {
        err = SL_ELIMIT;
    }
    if (err == SL_OK) {
        sl_set_u32(buf->at + buf->done + at, (uint32_t)len);
    }
    return err;
}

enum sl_err reply_put_row(struct reply *reply, const char *const *values)
{
    size_t at;
    enum sl_err err = message_begin(reply->buf, BACK_DATA_ROW, reply->columns_count, &at);

    for (uint16_t i = 0; err == SL_OK && i < reply->columns_count; i++) {
        err = put_value(reply, i, values[i]);
    }
    err = message_end(reply->buf, at, err);
    if (err == SL_OK) {
        reply->rows++;
    }
    return err;
}

enum sl_err reply_put_complete(const struct reply *reply, const char *word)
{
    char tag[40];

    if (strcmp(word, "SELECT") != 0) {
        return back_put_command_complete(reply->buf, word);
    }
    snprintf(tag, sizeof(tag), "SELECT %" PRIu64, reply->rows);
    return back_put_command_complete(reply->buf, tag);
}
