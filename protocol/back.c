/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/back.h"

#include "protocol/cursor.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"

_Static_assert(BACK_KEY_MAX < INT32_MAX, "a key fits a message");

/* ---- errors and notices ---- */

static void sqlstate_read(struct sl_span text, char out[6])
{
    if (text.len != 5) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z')) {
            return;
        }
    }
    memcpy(out, text.at, 5);
}

void back_error_read(struct sl_span body, struct back_error *out)
{
    struct cursor cursor = cursor_at(body);
    struct sl_span empty = sl_span("", 0);
    bool has_untranslated = false;

    *out = (struct back_error){.severity = empty, .message = empty, .routine = empty};
    while (cursor.left.len > 0 && !cursor.is_cut) {
        uint8_t field = cursor_u8(&cursor);
        if (field == 0) {
            break;
        }
        struct sl_span whole = cursor.left;
        struct sl_span text = cursor_cstr(&cursor);
        if (cursor.is_cut) {
            text = whole; /* a cut field is better than none */
        }
        if (field == 'V' || (field == 'S' && !has_untranslated)) {
            out->severity = text;
            has_untranslated = has_untranslated || field == 'V';
        } else if (field == 'C') {
            sqlstate_read(text, out->sqlstate);
        } else if (field == 'M') {
            out->message = text;
        } else if (field == 'R') {
            out->routine = text;
        }
    }
    out->is_fatal = sl_span_is(out->severity, "FATAL") || sl_span_is(out->severity, "PANIC");
}

static enum sl_err put_report(struct sl_buf *buf, uint8_t type, const char *severity,
        const char *sqlstate, const char *text)
{
    struct sl_span parts[] = {sl_span("S", 1), message_cstr(severity), sl_span("V", 1),
            message_cstr(severity), sl_span("C", 1), message_cstr(sqlstate), sl_span("M", 1),
            message_cstr(text), message_zero()};

    return message_put(buf, type, parts, SL_COUNT(parts));
}

enum sl_err back_put_error(struct sl_buf *buf, const char *severity, const struct sl_error *error)
{
    const char *sqlstate = error->sqlstate[0] == '\0' ? SL_STATE_INTERNAL : error->sqlstate;

    return put_report(buf, BACK_ERROR, severity, sqlstate, error->text);
}

enum sl_err back_put_notice(
        struct sl_buf *buf, const char *severity, const char *sqlstate, const char *text)
{
    return put_report(buf, BACK_NOTICE, severity, sqlstate, text);
}

/* ---- other readers ---- */

enum sl_err back_param_status_read(struct sl_span body, struct back_param *out)
{
    struct cursor cursor = cursor_at(body);
    struct sl_span name = cursor_cstr(&cursor);
    struct sl_span value = cursor_cstr(&cursor);

    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *out = (struct back_param){.name = name,
            .value = value,
            .name_text = (const char *)name.at,
            .value_text = (const char *)value.at};
    return SL_OK;
}

static bool key_len_ok(size_t len)
{
    return len >= BACK_KEY_MIN && len <= BACK_KEY_MAX;
}

enum sl_err back_key_data_read(struct sl_span body, uint32_t *pid, struct sl_span *key)
{
    struct cursor cursor = cursor_at(body);
    uint32_t number = cursor_u32(&cursor);

    if (cursor.is_cut || !key_len_ok(cursor.left.len)) {
        return SL_EPROTO;
    }
    *pid = number;
    *key = cursor.left;
    return SL_OK;
}

enum sl_err back_auth_read(struct sl_span body, uint32_t *code, struct sl_span *rest)
{
    struct cursor cursor = cursor_at(body);
    uint32_t number = cursor_u32(&cursor);

    if (cursor.is_cut) {
        return SL_EPROTO;
    }
    *code = number;
    *rest = cursor.left;
    return SL_OK;
}

enum sl_err back_tag_read(struct sl_span body, struct sl_span *tag)
{
    struct cursor cursor = cursor_at(body);
    struct sl_span text = cursor_cstr(&cursor);

    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *tag = text;
    return SL_OK;
}

static bool status_ok(uint8_t status)
{
    return status == 'I' || status == 'T' || status == 'E';
}

enum sl_err back_ready_read(struct sl_span body, char *status)
{
    if (body.len != 1 || !status_ok(body.at[0])) {
        return SL_EPROTO;
    }
    *status = (char)body.at[0];
    return SL_OK;
}

enum sl_err back_notification_read(struct sl_span body, struct back_notification *out)
{
    struct cursor cursor = cursor_at(body);
    struct back_notification notification;

    notification.pid = cursor_u32(&cursor);
    notification.channel = cursor_cstr(&cursor);
    notification.payload = cursor_cstr(&cursor);
    if (!cursor_ended(&cursor)) {
        return SL_EPROTO;
    }
    *out = notification;
    return SL_OK;
}

bool back_row_field(struct sl_span body, unsigned column, struct sl_span *field)
{
    struct cursor cursor = cursor_at(body);
    unsigned count = cursor_u16(&cursor);

    for (unsigned i = 0; i <= column; i++) {
        uint32_t len = cursor_u32(&cursor);
        bool is_null = len == UINT32_MAX;
        *field = cursor_bytes(&cursor, is_null ? 0 : len);
        if (cursor.is_cut || i >= count || (is_null && i == column)) {
            return false;
        }
    }
    return true;
}

bool back_mechanism_next(struct sl_span *list, const char **name)
{
    struct cursor cursor = cursor_at(*list);
    struct sl_span text = cursor_cstr(&cursor);

    if (cursor.is_cut || text.len == 0) {
        return false;
    }
    *name = (const char *)text.at;
    *list = cursor.left;
    return true;
}

/* ---- other writers ---- */

enum sl_err back_put_param_status(struct sl_buf *buf, const char *name, const char *value)
{
    struct sl_span parts[] = {message_cstr(name), message_cstr(value)};

    return message_put(buf, BACK_PARAM_STATUS, parts, SL_COUNT(parts));
}

enum sl_err back_put_key_data(struct sl_buf *buf, uint32_t pid, struct sl_span key)
{
    uint8_t number[4];

    if (!key_len_ok(key.len)) {
        return SL_EINVAL;
    }
    sl_set_u32(number, pid);
    struct sl_span parts[] = {sl_span(number, sizeof(number)), key};
    return message_put(buf, BACK_KEY_DATA, parts, SL_COUNT(parts));
}

static enum sl_err put_auth(struct sl_buf *buf, enum back_auth code, struct sl_span rest)
{
    uint8_t number[4];

    sl_set_u32(number, (uint32_t)code);
    struct sl_span parts[] = {sl_span(number, sizeof(number)), rest};
    return message_put(buf, BACK_AUTH, parts, SL_COUNT(parts));
}

enum sl_err back_put_auth_ok(struct sl_buf *buf)
{
    return put_auth(buf, BACK_AUTH_OK, sl_span(NULL, 0));
}

enum sl_err back_put_auth_cleartext(struct sl_buf *buf)
{
    return put_auth(buf, BACK_AUTH_CLEARTEXT, sl_span(NULL, 0));
}

enum sl_err back_put_auth_md5(struct sl_buf *buf, const uint8_t salt[4])
{
    return put_auth(buf, BACK_AUTH_MD5, sl_span(salt, 4));
}

enum sl_err back_put_auth_sasl(struct sl_buf *buf, const char *const *mechanisms)
{
    enum { MECHANISMS_MAX = 4 };
    uint8_t number[4];
    struct sl_span parts[MECHANISMS_MAX + 2];
    size_t count = 0;

    sl_set_u32(number, BACK_AUTH_SASL);
    parts[count++] = sl_span(number, sizeof(number));
    for (size_t i = 0; mechanisms[i] != NULL; i++) {
        SL_CHECK(i < MECHANISMS_MAX);
        parts[count++] = message_cstr(mechanisms[i]);
    }
    parts[count++] = message_zero();
    return message_put(buf, BACK_AUTH, parts, count);
}

enum sl_err back_put_auth_sasl_continue(struct sl_buf *buf, struct sl_span data)
{
    return put_auth(buf, BACK_AUTH_SASL_CONTINUE, data);
}

enum sl_err back_put_auth_sasl_final(struct sl_buf *buf, struct sl_span data)
{
    return put_auth(buf, BACK_AUTH_SASL_FINAL, data);
}

enum sl_err back_put_ready(struct sl_buf *buf, char status)
{
    struct sl_span part = sl_span(&status, 1);

    SL_CHECK(status_ok((uint8_t)status));
    return message_put(buf, BACK_READY, &part, 1);
}

enum sl_err back_put_command_complete(struct sl_buf *buf, const char *tag)
{
    struct sl_span part = message_cstr(tag);

    return message_put(buf, BACK_COMMAND_COMPLETE, &part, 1);
}

enum sl_err back_put_notification(struct sl_buf *buf, const struct back_notification *notification)
{
    uint8_t number[4];

    sl_set_u32(number, notification->pid);
    struct sl_span parts[] = {sl_span(number, sizeof(number)), notification->channel,
            message_zero(), notification->payload, message_zero()};
    return message_put(buf, BACK_NOTIFICATION, parts, SL_COUNT(parts));
}

enum sl_err back_put_empty(struct sl_buf *buf, char type)
{
    return message_put(buf, (uint8_t)type, NULL, 0);
}
