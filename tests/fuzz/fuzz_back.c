/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the body of each server message: the first byte says which. What is
 * read and written again is the same body; an error is read whatever it is, and what
 * was found in it lies in it.
 */
#include "protocol/back.h"
#include "protocol/base/check.h"
#include "protocol/message.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sl_buf buf;

static void check_same(struct sl_span body)
{
    struct sl_span made = sl_buf_borrow(&buf);

    SL_CHECK(made.len == body.len + MESSAGE_HEAD);
    SL_CHECK(sl_get_u32(made.at + 1) == made.len - 1);
    SL_CHECK(sl_span_equal(sl_span(made.at + MESSAGE_HEAD, body.len), body));
}

static void check_within(struct sl_span part, struct sl_span body)
{
    if (part.len > 0) {
        SL_CHECK(part.at >= body.at && part.at + part.len <= body.at + body.len);
    }
}

static void on_error(struct sl_span body)
{
    struct back_error error;

    back_error_read(body, &error);
    check_within(error.severity, body);
    check_within(error.message, body);
    check_within(error.routine, body);
    SL_CHECK(strlen(error.sqlstate) == 0 || strlen(error.sqlstate) == 5);
    SL_CHECK(!error.is_fatal || error.severity.len == 5);
}

static void on_param_status(struct sl_span body)
{
    struct back_param param;

    if (back_param_status_read(body, &param) == SL_OK) {
        SL_CHECK(back_put_param_status(&buf, param.name_text, param.value_text) == SL_OK);
        check_same(body);
    }
}

static void on_key_data(struct sl_span body)
{
    uint32_t pid;
    struct sl_span key;

    if (back_key_data_read(body, &pid, &key) == SL_OK) {
        SL_CHECK(back_put_key_data(&buf, pid, key) == SL_OK);
        check_same(body);
    }
}

static void on_auth(struct sl_span body)
{
    uint32_t code;
    struct sl_span rest;
    const char *name;
    size_t names = 0;

    if (back_auth_read(body, &code, &rest) != SL_OK) {
        return;
    }
    SL_CHECK(rest.len == body.len - 4);
    while (back_mechanism_next(&rest, &name)) {
        SL_CHECK(name[0] != '\0');
        names++;
    }
    SL_CHECK(names <= body.len / 2);
}

static void on_tag(struct sl_span body)
{
    struct sl_span tag;

    if (back_tag_read(body, &tag) == SL_OK) {
        SL_CHECK(back_put_command_complete(&buf, (const char *)tag.at) == SL_OK);
        check_same(body);
    }
}

static void on_ready(struct sl_span body)
{
    char status;

    if (back_ready_read(body, &status) == SL_OK) {
        SL_CHECK(back_put_ready(&buf, status) == SL_OK);
        check_same(body);
    }
}

static void on_notification(struct sl_span body)
{
    struct back_notification notification;

    if (back_notification_read(body, &notification) == SL_OK) {
        SL_CHECK(back_put_notification(&buf, &notification) == SL_OK);
        check_same(body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ON[])(struct sl_span body) = {
            on_error, on_param_status, on_key_data, on_auth, on_tag, on_ready, on_notification};

    if (size == 0 || size > 4096) {
        return 0;
    }
    /* Memory of just that size, so that a read beyond it is seen. */
    uint8_t *exact = malloc(size > 1 ? size - 1 : 1);
    SL_CHECK(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    sl_buf_init(&buf, 65536);
    ON[data[0] % SL_COUNT(ON)](sl_span(exact, size - 1));
    sl_buf_fini(&buf);
    free(exact);
    return 0;
}
