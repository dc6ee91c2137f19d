/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/startup.h"

#include "protocol/cursor.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"

enum {
    HEAD = 8, /* length and code */
    CODE_MAJOR = 1234,
    CODE_CANCEL = 5678,
    CODE_SSL = 5679,
    CODE_GSS = 5680
};

static enum startup_kind bad(struct sl_error *error, const char *text)
{
    sl_error_set(error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION, "%s", text);
    return STARTUP_BAD;
}

/* PostgreSQL closes without a word: whoever sent that need not speak the protocol. */
static enum startup_kind bad_silently(struct startup *out, struct sl_error *error, const char *text)
{
    out->is_silent = true;
    return bad(error, text);
}

static bool is_pq_option(const char *name)
{
    return strncmp(name, "_pq_.", 5) == 0;
}

/*
 * Are these pairs of names and values, then one zero byte that is the last? As the
 * server does: a name without a value is a packet that does not end where it should.
 */
static bool params_read(struct sl_span params, bool *has_pq_options)
{
    struct cursor cursor = cursor_at(params);

    for (;;) {
        struct sl_span name = cursor_cstr(&cursor);
        if (cursor.is_cut || name.len == 0) {
            break;
        }
        *has_pq_options |= is_pq_option((const char *)name.at);
        cursor_cstr(&cursor);
    }
    return cursor_ended(&cursor);
}

static enum startup_kind cancel_read(
        struct sl_span body, struct startup *out, struct sl_error *error)
{
    struct cursor cursor = cursor_at(body);

    out->cancel_pid = cursor_u32(&cursor);
    if (cursor.is_cut) {
        return bad_silently(out, error, "invalid length of query cancel packet");
    }
    if (cursor.left.len < STARTUP_KEY_MIN || cursor.left.len > STARTUP_KEY_MAX) {
        return bad_silently(out, error, "invalid length of cancel key in query cancel packet");
    }
    out->cancel_key = cursor.left;
    return STARTUP_CANCEL;
}

static enum startup_kind protocol_read(
        struct sl_span body, struct startup *out, struct sl_error *error)
{
    if (!params_read(body, &out->has_pq_options)) {
        return bad(error, "invalid startup packet layout: expected terminator as last byte");
    }
    out->params = body;
    return STARTUP_PROTOCOL;
}

/* The version or the code of a request: known before the rest has come. */
static enum startup_kind code_read(struct startup *out, struct sl_error *error)
{
    if (out->major == STARTUP_MAJOR) {
        return STARTUP_PROTOCOL;
    }
    if (out->major == CODE_MAJOR && out->minor == CODE_CANCEL) {
        return STARTUP_CANCEL;
    }
    if (out->major == CODE_MAJOR && (out->minor == CODE_SSL || out->minor == CODE_GSS)) {
        if (out->len != HEAD) {
            return bad_silently(out, error, "invalid length of startup packet");
        }
        return out->minor == CODE_SSL ? STARTUP_SSL : STARTUP_GSS;
    }
    sl_error_set(error, SL_EPROTO, SL_STATE_FEATURE_NOT_SUPPORTED,
            "unsupported frontend protocol %u.%u: server supports %u.0 to %u.%u",
            (unsigned)out->major, (unsigned)out->minor, (unsigned)STARTUP_MAJOR,
            (unsigned)STARTUP_MAJOR, (unsigned)STARTUP_MINOR_NEWEST);
    return STARTUP_BAD;
}

enum startup_kind startup_parse(struct sl_span bytes, struct startup *out, struct sl_error *error)
{
    *out = (struct startup){.len = 0};
    if (bytes.len < 4) {
        return STARTUP_MORE;
    }
    uint32_t len = sl_get_u32(bytes.at);
    if (len < HEAD || len > STARTUP_LEN_MAX) {
        return bad_silently(out, error, "invalid length of startup packet");
    }
    out->len = len;
    if (bytes.len < HEAD) {
        return STARTUP_MORE;
    }
    out->major = sl_get_u16(bytes.at + 4);
    out->minor = sl_get_u16(bytes.at + 6);
    enum startup_kind kind = code_read(out, error);
    if (kind == STARTUP_BAD) {
        return kind;
    }
    if (bytes.len < len) {
        return STARTUP_MORE;
    }
    struct sl_span body = sl_span(bytes.at + HEAD, len - HEAD);
    if (kind == STARTUP_CANCEL) {
        return cancel_read(body, out, error);
    }
    return kind == STARTUP_PROTOCOL ? protocol_read(body, out, error) : kind;
}

bool startup_next_param(struct startup *startup, const char **name, const char **value)
{
    struct cursor cursor = cursor_at(startup->params);
    struct sl_span name_span = cursor_cstr(&cursor);
    struct sl_span value_span = cursor_cstr(&cursor);

    /* The terminator is an empty name with nothing behind it. */
    if (cursor.is_cut || name_span.len == 0) {
        return false;
    }
    *name = (const char *)name_span.at;
    *value = (const char *)value_span.at;
    startup->params = cursor.left;
    return true;
}

unsigned startup_minor(unsigned asked)
{
    return asked >= STARTUP_MINOR_NEWEST ? STARTUP_MINOR_NEWEST : 0;
}

bool startup_must_negotiate(const struct startup *asked)
{
    return asked->has_pq_options || startup_minor(asked->minor) != asked->minor;
}

static enum sl_err put_pq_options(struct sl_buf *buf, const struct startup *asked, uint32_t *count)
{
    struct startup walk = *asked;
    const char *name;
    const char *value;
    enum sl_err err = SL_OK;

    *count = 0;
    while (err == SL_OK && startup_next_param(&walk, &name, &value)) {
        if (is_pq_option(name)) {
            err = sl_buf_put_cstr(buf, name);
            (*count)++;
        }
    }
    return err;
}

enum sl_err startup_put_negotiate(struct sl_buf *buf, const struct startup *asked)
{
    struct sl_buf names;
    uint32_t count;
    uint8_t head[8];

    sl_buf_init(&names, STARTUP_LEN_MAX);
    enum sl_err err = put_pq_options(&names, asked, &count);
    if (err == SL_OK) {
        /* The whole version, as the server sends it and libpq reads it. */
        sl_set_u32(head, (uint32_t)STARTUP_MAJOR << 16 | startup_minor(asked->minor));
        sl_set_u32(head + 4, count);
        struct sl_span parts[] = {sl_span(head, sizeof(head)), sl_buf_borrow(&names)};
        err = message_put(buf, BACK_NEGOTIATE, parts, SL_COUNT(parts));
    }
    sl_buf_fini(&names);
    return err;
}

enum sl_err startup_put_ssl_request(struct sl_buf *buf)
{
    uint8_t packet[HEAD];

    sl_set_u32(packet, HEAD);
    sl_set_u16(packet + 4, CODE_MAJOR);
    sl_set_u16(packet + 6, CODE_SSL);
    return sl_buf_put(buf, packet, sizeof(packet));
}

enum sl_err startup_put_cancel(struct sl_buf *buf, uint32_t pid, struct sl_span key)
{
    uint8_t packet[HEAD + 4 + STARTUP_KEY_MAX];

    if (key.len < STARTUP_KEY_MIN || key.len > STARTUP_KEY_MAX) {
        return SL_EINVAL;
    }
    sl_set_u32(packet, (uint32_t)(HEAD + 4 + key.len));
    sl_set_u16(packet + 4, CODE_MAJOR);
    sl_set_u16(packet + 6, CODE_CANCEL);
    sl_set_u32(packet + 8, pid);
    memcpy(packet + 12, key.at, key.len);
    return sl_buf_put(buf, packet, HEAD + 4 + key.len);
}

enum sl_err startup_begin(struct sl_buf *buf, unsigned minor, size_t *at)
{
    uint8_t head[HEAD] = {0};
    size_t begins = sl_buf_len(buf);

    sl_set_u16(head + 4, STARTUP_MAJOR);
    sl_set_u16(head + 6, (uint16_t)minor);
    enum sl_err err = sl_buf_put(buf, head, sizeof(head));
    if (err == SL_OK) {
        *at = begins;
    }
    return err;
}

enum sl_err startup_put_param(struct sl_buf *buf, const char *name, const char *value)
{
    size_t filled = sl_buf_len(buf);
    enum sl_err err = sl_buf_put_cstr(buf, name);

    if (err == SL_OK) {
        err = sl_buf_put_cstr(buf, value);
    }
    if (err != SL_OK) {
        buf->filled = buf->done + filled;
    }
    return err;
}

enum sl_err startup_end(struct sl_buf *buf, size_t at)
{
    SL_CHECK(sl_buf_len(buf) >= at + HEAD);
    if (sl_buf_len(buf) + 1 - at > STARTUP_LEN_MAX) {
        return SL_ELIMIT;
    }
    enum sl_err err = sl_buf_put_u8(buf, 0);
    if (err == SL_OK) {
        sl_set_u32(buf->at + buf->done + at, (uint32_t)(sl_buf_len(buf) - at));
    }
    return err;
}
