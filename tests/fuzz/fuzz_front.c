/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the body of each client message: the first byte says which. What is
 * read and written again is the same body, and a Bind's head is the same whether all
 * of it came at once or byte by byte.
 */
#include "protocol/base/check.h"
#include "protocol/front.h"
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

static void on_parse(struct sl_span body)
{
    struct front_parse parse;

    if (front_parse_read(body, &parse) == SL_OK) {
        SL_CHECK(front_put_parse(&buf, parse.name, parse.rest) == SL_OK);
        SL_CHECK(strlen((const char *)parse.query.at) == parse.query.len);
        check_same(body);
    }
}

static void on_bind(struct sl_span body)
{
    struct front_bind whole;
    struct front_bind part;
    enum front_result result = front_bind_head(body, body.len, &whole);

    SL_CHECK(result != FRONT_MORE);
    for (size_t len = 0; len < body.len; len++) {
        enum front_result so_far = front_bind_head(sl_span(body.at, len), body.len, &part);
        bool is_there = result == FRONT_OK && len >= whole.rest_offset;
        SL_CHECK(so_far == (is_there ? FRONT_OK : FRONT_MORE));
        SL_CHECK(!is_there || part.rest_offset == whole.rest_offset);
    }
    if (result == FRONT_OK) {
        struct sl_span rest = sl_span(body.at + whole.rest_offset, body.len - whole.rest_offset);
        SL_CHECK(front_put_bind_head(&buf, whole.portal, whole.statement, rest.len) == SL_OK);
        SL_CHECK(sl_buf_put(&buf, rest.at, rest.len) == SL_OK);
        check_same(body);
    }
}

static void on_target(struct sl_span body)
{
    char kind;
    struct sl_span name;

    if (front_target_read(body, &kind, &name) == SL_OK) {
        SL_CHECK(front_put_describe(&buf, kind, name) == SL_OK);
        check_same(body);
    }
}

static void on_execute(struct sl_span body)
{
    struct sl_span portal;
    int32_t rows;

    if (front_execute_read(body, &portal, &rows) == SL_OK) {
        SL_CHECK(front_put_execute(&buf, portal, rows) == SL_OK);
        check_same(body);
    }
}

static void on_string(struct sl_span body)
{
    struct sl_span text;

    if (front_query_read(body, &text) == SL_OK) {
        SL_CHECK(front_put_query(&buf, text) == SL_OK);
        check_same(body);
    }
}

static void on_sasl(struct sl_span body)
{
    struct sl_span mechanism;
    struct sl_span response;

    if (front_sasl_initial_read(body, &mechanism, &response) == SL_OK) {
        SL_CHECK(front_put_sasl_initial(&buf, (const char *)mechanism.at, response) == SL_OK);
        check_same(body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ON[])(struct sl_span body) = {
            on_parse, on_bind, on_target, on_execute, on_string, on_sasl};

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
