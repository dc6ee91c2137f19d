/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the body of a client's message. The first byte chooses which.
 *
 * 1. What was read, written again, is the same body.
 * 2. The head of a Bind in pieces is the head of the whole: FRONT_MORE until it is
 *    known, then always the same.
 */
#include "protocol/front.h"
#include "tests/fuzz/one_message.h"

#include <stdlib.h>

static void check_parse(struct sl_span body, struct sl_buf *buf)
{
    struct front_parse parse;

    if (front_parse_read(body, &parse) != SL_OK) {
        return;
    }
    SL_CHECK(parse.name.at[parse.name.len] == 0 && parse.query.at[parse.query.len] == 0);
    SL_CHECK(parse.name.len + 1 + parse.rest.len == body.len);
    SL_CHECK((parse.rest.len - parse.query.len - 1 - 2) % 4 == 0);
    SL_CHECK(front_put_parse(buf, parse.name, parse.rest) == SL_OK);
    check_message(buf, MSG_PARSE, body);
}

static void check_bind_pieces(struct sl_span body, const struct front_bind *whole)
{
    struct front_bind part;

    for (size_t len = 0; len < body.len && len < 512; len++) {
        uint8_t *copy = malloc(len == 0 ? 1 : len);

        SL_CHECK(copy != NULL);
        memcpy(copy, body.at, len);
        enum front_result result = front_bind_head(sl_span(copy, len), body.len, &part);
        SL_CHECK(result != FRONT_BAD);
        SL_CHECK((result == FRONT_OK) == (whole != NULL && len >= whole->rest_offset));
        SL_CHECK(result != FRONT_OK || part.rest_offset == whole->rest_offset);
        SL_CHECK(result != FRONT_OK || sl_span_equal(part.statement, whole->statement));
        free(copy);
    }
}

static void check_bind(struct sl_span body, struct sl_buf *buf)
{
    struct front_bind bind;
    enum front_result result = front_bind_head(body, body.len, &bind);

    SL_CHECK(result != FRONT_MORE);
    check_bind_pieces(body, result == FRONT_OK ? &bind : NULL);
    if (result != FRONT_OK) {
        return;
    }
    size_t rest_len = body.len - bind.rest_offset;
    SL_CHECK(front_put_bind_head(buf, bind.portal, bind.statement, rest_len) == SL_OK);
    SL_CHECK(sl_buf_put(buf, body.at + bind.rest_offset, rest_len) == SL_OK);
    check_message(buf, MSG_BIND, body);
}

static void check_target(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span name;
    char kind = 0;

    if (front_target_read(body, &kind, &name) == SL_OK) {
        SL_CHECK(front_put_close(buf, kind, name) == SL_OK);
        check_message(buf, MSG_CLOSE, body);
        SL_CHECK(front_put_describe(buf, kind, name) == SL_OK);
        check_message(buf, MSG_DESCRIBE, body);
    }
}

static void check_execute(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span portal;
    int32_t rows = 0;

    if (front_execute_read(body, &portal, &rows) == SL_OK) {
        SL_CHECK(front_put_execute(buf, portal, rows) == SL_OK);
        check_message(buf, MSG_EXECUTE, body);
    }
}

static void check_texts(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span text;

    if (front_query_read(body, &text) == SL_OK) {
        SL_CHECK(memchr(text.at, 0, text.len + 1) == text.at + text.len);
        SL_CHECK(front_put_query(buf, text) == SL_OK);
        check_message(buf, MSG_QUERY, body);
    }
    if (front_password_read(body, &text) == SL_OK) {
        SL_CHECK(front_put_password(buf, text) == SL_OK);
        check_message(buf, MSG_PASSWORD, body);
    }
    SL_CHECK(front_put_sasl_response(buf, body) == SL_OK);
    check_message(buf, MSG_PASSWORD, body);
}

static void check_sasl_initial(struct sl_span body, struct sl_buf *buf)
{
    struct sl_span mechanism;
    struct sl_span response;

    if (front_sasl_initial_read(body, &mechanism, &response) == SL_OK) {
        SL_CHECK(front_put_sasl_initial(buf, (const char *)mechanism.at, response) == SL_OK);
        check_message(buf, MSG_PASSWORD, body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static message_check *const CHECKS[] = {
            check_parse, check_bind, check_target, check_execute, check_texts, check_sasl_initial};

    check_by_first_byte(CHECKS, SL_COUNT(CHECKS), data, size);
    return 0;
}
