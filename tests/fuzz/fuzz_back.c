/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the body of a server's message. The first byte chooses which.
 *
 * 1. What was read, written again, is the same body.
 * 2. An error is read from any bytes; what is read lies in them. A message of our own
 *    is read back as it was written, and its beginning gives the beginning.
 */
#include "protocol/back.h"
#include "tests/fuzz/one_message.h"

#include <stdlib.h>

static void check_inside(struct sl_span part, struct sl_span body)
{
    SL_CHECK(part.len == 0 || (part.at >= body.at && part.at + part.len <= body.at + body.len));
}

static void check_error(struct sl_span body, struct sl_buf *buf)
{
    struct back_error error;

    (void)buf;
    back_error_read(body, &error);
    check_inside(error.severity, body);
    check_inside(error.message, body);
    check_inside(error.routine, body);
    SL_CHECK(strlen(error.sqlstate) == 0 || strlen(error.sqlstate) == 5);
}

/* body is the sentence of an error of ours. */
static void check_own_error(struct sl_span body, struct sl_buf *buf)
{
    struct sl_error said = {.sqlstate = "57P01"};
    struct back_error error;
    size_t len = body.len < sizeof said.text ? body.len : sizeof said.text - 1;

    if (len > 0) {
        memcpy(said.text, body.at, len);
    }
    SL_CHECK(back_put_error(buf, "FATAL", &said) == SL_OK);
    struct sl_span message = sl_buf_borrow(buf);
    struct sl_span whole = sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD);

    back_error_read(whole, &error);
    SL_CHECK(sl_span_is(error.message, said.text) && error.is_fatal);
    SL_CHECK(strcmp(error.sqlstate, said.sqlstate) == 0);
    for (size_t cut = 0; cut < whole.len; cut++) {
        uint8_t *copy = malloc(cut == 0 ? 1 : cut);

        SL_CHECK(copy != NULL);
        memcpy(copy, whole.at, cut);
        back_error_read(sl_span(copy, cut), &error);
        SL_CHECK(error.message.len <= strlen(said.text));
        SL_CHECK(sl_span_equal(error.message, sl_span(said.text, error.message.len)));
        free(copy);
    }
}

static void check_param(struct sl_span body, struct sl_buf *buf)
{
    struct back_param param;

    if (back_param_status_read(body, &param) == SL_OK) {
        SL_CHECK(sl_span_is(param.name, param.name_text));
        SL_CHECK(sl_span_is(param.value, param.value_text));
        SL_CHECK(back_put_param_status(buf, param.name_text, param.value_text) == SL_OK);
        check_message(buf, BACK_PARAM_STATUS, body);
    }
}

static void check_key(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span key;
    uint32_t pid = 0;

    if (back_key_data_read(body, &pid, &key) == SL_OK) {
        SL_CHECK(key.len >= BACK_KEY_MIN && key.len <= BACK_KEY_MAX);
        SL_CHECK(back_put_key_data(buf, pid, key) == SL_OK);
        check_message(buf, BACK_KEY_DATA, body);
    }
}

static void check_mechanisms(struct sl_span list, struct sl_span body)
{
    const char *name = NULL;
    size_t read = 0;

    while (back_mechanism_next(&list, &name)) {
        check_inside(sl_span(name, strlen(name) + 1), body);
        read += strlen(name) + 1;
    }
    SL_CHECK(read + 4 <= body.len);
}

static void check_auth(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span rest;
    uint32_t code = 0;

    if (back_auth_read(body, &code, &rest) != SL_OK) {
        return;
    }
    SL_CHECK(rest.len + 4 == body.len);
    if (code == BACK_AUTH_SASL) {
        check_mechanisms(rest, body);
    } else if (code == BACK_AUTH_SASL_CONTINUE) {
        SL_CHECK(back_put_auth_sasl_continue(buf, rest) == SL_OK);
        check_message(buf, BACK_AUTH, body);
    } else if (code == BACK_AUTH_SASL_FINAL) {
        SL_CHECK(back_put_auth_sasl_final(buf, rest) == SL_OK);
        check_message(buf, BACK_AUTH, body);
    } else if (code == BACK_AUTH_MD5 && rest.len == 4) {
        SL_CHECK(back_put_auth_md5(buf, rest.at) == SL_OK);
        check_message(buf, BACK_AUTH, body);
    }
}

static void check_small(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span tag;
    char status = 0;

    if (back_ready_read(body, &status) == SL_OK) {
        SL_CHECK(back_put_ready(buf, status) == SL_OK);
        check_message(buf, BACK_READY, body);
    }
    if (back_tag_read(body, &tag) == SL_OK) {
        SL_CHECK(back_put_command_complete(buf, (const char *)tag.at) == SL_OK);
        check_message(buf, BACK_COMMAND_COMPLETE, body);
    }
}

static void check_notification(struct sl_span body, struct sl_buf *buf)
{
    struct back_notification notification;

    if (back_notification_read(body, &notification) == SL_OK) {
        SL_CHECK(back_put_notification(buf, &notification) == SL_OK);
        check_message(buf, BACK_NOTIFICATION, body);
    }
}

/* Fields stand one behind the other, each behind its length, and no further than the body. */
static void check_row(struct sl_span body, struct sl_buf *buf)
{
    const uint8_t *behind = body.at + 2;
    struct sl_span field;

    (void)buf;
    for (unsigned i = 0; i < 8; i++) {
        if (!back_row_field(body, i, &field)) {
            continue;
        }
        SL_CHECK(i < sl_get_u16(body.at));
        if (field.len > 0) {
            check_inside(field, body);
            SL_CHECK(field.at >= behind + 4 && sl_get_u32(field.at - 4) == field.len);
            behind = field.at + field.len;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static message_check *const CHECKS[] = {check_error, check_own_error, check_param, check_key,
            check_auth, check_small, check_notification, check_row};

    check_by_first_byte(CHECKS, SL_COUNT(CHECKS), data, size);
    return 0;
}
