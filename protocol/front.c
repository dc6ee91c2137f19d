/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/front.h"

#include "protocol/cursor.h"
#include "protocol/message.h"

/* ---- readers ---- */

enum sl_err front_parse_read(struct sl_span body, struct front_parse *out)
{
    struct cursor cursor = cursor_at(body);
    struct front_parse parse;

    parse.name = cursor_cstr(&cursor);
    parse.rest = cursor.left;
    parse.query = cursor_cstr(&cursor);
    cursor_bytes(&cursor, (size_t)cursor_u16(&cursor) * 4);
    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *out = parse;
    return SL_OK;
}

enum front_result front_bind_head(struct sl_span so_far, size_t body_len, struct front_bind *out)
{
    SL_CHECK(so_far.len <= body_len);
    struct cursor cursor = cursor_at(so_far);
    struct front_bind bind;

    bind.portal = cursor_cstr(&cursor);
    bind.statement = cursor_cstr(&cursor);
    if (cursor.is_cut) {
        return so_far.len < body_len ? FRONT_MORE : FRONT_BAD;
    }
    bind.rest_offset = so_far.len - cursor.left.len;
    *out = bind;
    return FRONT_OK;
}

bool front_bind_parameter(struct sl_span rest, unsigned number, struct sl_span *value)
{
    size_t at = rest.len < 2 ? rest.len : 2 + 2 * (size_t)sl_get_u16(rest.at);

    if (at + 2 > rest.len || number == 0 || sl_get_u16(rest.at + at) < number) {
        return false;
    }
    at += 2;
    for (unsigned i = 1; rest.len - at >= 4; i++) {
        uint32_t len = sl_get_u32(rest.at + at);
        size_t here = len == UINT32_MAX ? 0 : len;
        at += 4;
        if (here > rest.len - at) {
            return false;
        }
        if (i == number) {
            *value = sl_span(len == UINT32_MAX ? NULL : rest.at + at, here);
            return true;
        }
        at += here;
    }
    return false;
}

enum sl_err front_target_read(struct sl_span body, char *kind, struct sl_span *name)
{
    struct cursor cursor = cursor_at(body);
    uint8_t kind_byte = cursor_u8(&cursor);
    struct sl_span text = cursor_cstr(&cursor);

    if (!cursor_ended(&cursor) || (kind_byte != FRONT_STATEMENT && kind_byte != FRONT_PORTAL)) {
        return SL_EPROTO;
    }
    *kind = (char)kind_byte;
    *name = text;
    return SL_OK;
}

enum sl_err front_execute_read(struct sl_span body, struct sl_span *portal, int32_t *rows)
{
    struct cursor cursor = cursor_at(body);
    struct sl_span text = cursor_cstr(&cursor);
    uint32_t number = cursor_u32(&cursor);

    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *portal = text;
    *rows = (int32_t)number;
    return SL_OK;
}

static enum sl_err one_string_read(struct sl_span body, struct sl_span *text)
{
    struct cursor cursor = cursor_at(body);
    struct sl_span string = cursor_cstr(&cursor);

    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *text = string;
    return SL_OK;
}

enum sl_err front_query_read(struct sl_span body, struct sl_span *text)
{
    return one_string_read(body, text);
}

enum sl_err front_password_read(struct sl_span body, struct sl_span *password)
{
    return one_string_read(body, password);
}

enum sl_err front_sasl_initial_read(
        struct sl_span body, struct sl_span *mechanism, struct sl_span *response)
{
    struct cursor cursor = cursor_at(body);
    struct sl_span name = cursor_cstr(&cursor);
    uint32_t len = cursor_u32(&cursor);
    struct sl_span data = sl_span(NULL, 0);

    if (len != UINT32_MAX) {
        data = cursor_bytes(&cursor, len);
    }
    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *mechanism = name;
    *response = data;
    return SL_OK;
}

/* ---- writers ---- */

enum sl_err front_put_query(struct sl_buf *buf, struct sl_span text)
{
    struct sl_span parts[] = {text, message_zero()};

    return message_put(buf, MSG_QUERY, parts, SL_COUNT(parts));
}

enum sl_err front_put_parse(struct sl_buf *buf, struct sl_span name, struct sl_span rest)
{
    struct sl_span parts[] = {name, message_zero(), rest};

    return message_put(buf, MSG_PARSE, parts, SL_COUNT(parts));
}

enum sl_err front_put_bind_head(
        struct sl_buf *buf, struct sl_span portal, struct sl_span statement, size_t rest_len)
{
    struct sl_span parts[] = {portal, message_zero(), statement, message_zero()};

    return message_put_head(buf, MSG_BIND, parts, SL_COUNT(parts), rest_len);
}

static enum sl_err put_target(struct sl_buf *buf, uint8_t type, char kind, struct sl_span name)
{
    struct sl_span parts[] = {sl_span(&kind, 1), name, message_zero()};

    SL_CHECK(kind == FRONT_STATEMENT || kind == FRONT_PORTAL);
    return message_put(buf, type, parts, SL_COUNT(parts));
}

enum sl_err front_put_describe(struct sl_buf *buf, char kind, struct sl_span name)
{
    return put_target(buf, MSG_DESCRIBE, kind, name);
}

enum sl_err front_put_close(struct sl_buf *buf, char kind, struct sl_span name)
{
    return put_target(buf, MSG_CLOSE, kind, name);
}

enum sl_err front_put_execute(struct sl_buf *buf, struct sl_span portal, int32_t rows)
{
    uint8_t number[4];

    sl_set_u32(number, (uint32_t)rows);
    struct sl_span parts[] = {portal, message_zero(), sl_span(number, sizeof(number))};
    return message_put(buf, MSG_EXECUTE, parts, SL_COUNT(parts));
}

enum sl_err front_put_sync(struct sl_buf *buf)
{
    return message_put(buf, MSG_SYNC, NULL, 0);
}

enum sl_err front_put_flush(struct sl_buf *buf)
{
    return message_put(buf, MSG_FLUSH, NULL, 0);
}

enum sl_err front_put_terminate(struct sl_buf *buf)
{
    return message_put(buf, MSG_TERMINATE, NULL, 0);
}

enum sl_err front_put_password(struct sl_buf *buf, struct sl_span password)
{
    struct sl_span parts[] = {password, message_zero()};

    return message_put(buf, MSG_PASSWORD, parts, SL_COUNT(parts));
}

enum sl_err front_put_sasl_initial(
        struct sl_buf *buf, const char *mechanism, struct sl_span response)
{
    uint8_t len[4];

    if (response.len > INT32_MAX) {
        return SL_ELIMIT;
    }
    sl_set_u32(len, response.at == NULL ? UINT32_MAX : (uint32_t)response.len);
    struct sl_span parts[] = {message_cstr(mechanism), sl_span(len, sizeof(len)), response};
    return message_put(buf, MSG_PASSWORD, parts, SL_COUNT(parts));
}

enum sl_err front_put_sasl_response(struct sl_buf *buf, struct sl_span response)
{
    return message_put(buf, MSG_PASSWORD, &response, 1);
}
