/* SPDX-License-Identifier: PostgreSQL */
#include "tests/stages/stage_rewrite.h"

#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/stmt.h"
#include "proxy/pipeline.h"

#include <stdlib.h>

static const char before[] = "select 'before a stage'";
static const char after[] = "select 'after'";

static enum sl_err put_query(struct sl_buf *buf, struct sl_span message, struct sl_span body)
{
    struct sl_span text;

    if (front_query_read(body, &text) != SL_OK || !sl_span_is(text, before)) {
        return sl_buf_put(buf, message.at, message.len);
    }
    const struct sl_span parts[] = {message_cstr(after)};
    return message_put(buf, MSG_QUERY, parts, SL_COUNT(parts));
}

static enum sl_err put_parse(struct sl_buf *buf, struct sl_span message, struct sl_span body)
{
    struct front_parse parse;

    if (front_parse_read(body, &parse) != SL_OK || !sl_span_is(parse.query, before)) {
        return sl_buf_put(buf, message.at, message.len);
    }
    const struct sl_span parts[] = {parse.name, message_zero(), message_cstr(after),
            sl_span(parse.rest.at + sizeof before, parse.rest.len - sizeof before)};
    return message_put(buf, MSG_PARSE, parts, SL_COUNT(parts));
}

static enum sl_err put_all(struct sl_buf *buf, struct sl_span request)
{
    enum sl_err err = SL_OK;

    while (err == SL_OK && request.len > 0) {
        size_t total = (size_t)sl_get_u32(request.at + 1) + 1;
        struct sl_span message = sl_span(request.at, total);
        struct sl_span body = sl_span(message.at + MESSAGE_HEAD, total - MESSAGE_HEAD);
        if (message.at[0] == MSG_QUERY) {
            err = put_query(buf, message, body);
        } else if (message.at[0] == MSG_PARSE) {
            err = put_parse(buf, message, body);
        } else {
            err = sl_buf_put(buf, message.at, total);
        }
        request = sl_span(request.at + total, request.len - total);
    }
    return err;
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    struct sl_buf *buf = calloc(1, sizeof *buf);

    (void)self;
    stmt->stage_state[stmt->stage] = buf;
    if (buf == NULL) {
        return STAGE_NEXT;
    }
    sl_buf_init(buf, 2 * STMT_REQUEST_MAX + 2 * MESSAGE_HEAD);
    if (put_all(buf, stmt->request) == SL_OK) {
        stmt->instead = sl_buf_borrow(buf);
    }
    return STAGE_NEXT;
}

static void on_end(void *self, struct stmt *stmt)
{
    struct sl_buf *buf = stmt->stage_state[stmt->stage];

    (void)self;
    if (buf != NULL) {
        sl_buf_fini(buf);
        free(buf);
    }
}

static const struct stage_type type = {
        .name = "rewrite", .phase = STAGE_LOOKUP, .on_statement = on_statement, .on_end = on_end};

void stage_rewrite_add(struct pipeline *pipeline, unsigned worker)
{
    (void)worker;
    pipeline_add(pipeline, (struct stage){.type = &type});
}
