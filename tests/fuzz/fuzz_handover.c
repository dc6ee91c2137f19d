/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as messages of a hand-over.
 *
 * 1. A frame is found the same in a copy that ends where it ends.
 * 2. What a body was read as, written again, is that body, to the last byte.
 * 3. No body's beginning is a body.
 */
#include "proxy/handover_wire.h"

#include "protocol/base/check.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(enum sl_err err)
{
    SL_CHECK(err == SL_OK);
}

static void put_pairs(struct sl_buf *buf, struct handover_list list)
{
    struct handover_pair pair;

    must(sl_buf_put_u32(buf, list.count));
    while (list.count > 0) {
        SL_CHECK(handover_next_pair(&list, &pair));
        must(handover_put_pair(buf, pair.name, pair.value));
    }
    SL_CHECK(list.bytes.len == 0);
}

static void put_statements(struct sl_buf *buf, struct handover_list list)
{
    struct handover_statement statement;

    must(sl_buf_put_u32(buf, list.count));
    while (list.count > 0) {
        SL_CHECK(handover_next_statement(&list, &statement));
        must(handover_put_statement(buf, &statement));
    }
    SL_CHECK(list.bytes.len == 0);
}

static void put_channel_list(struct sl_buf *buf, struct handover_list list)
{
    struct handover_channel channel;

    must(sl_buf_put_u32(buf, list.count));
    while (list.count > 0) {
        SL_CHECK(handover_next_channel(&list, &channel));
        must(handover_put_channel(buf, &channel));
    }
    SL_CHECK(list.bytes.len == 0);
}

static bool put_client(struct sl_buf *buf, struct sl_span body)
{
    struct handover_client client;
    size_t at = 0;

    if (!handover_read_client(body, &client)) {
        return false;
    }
    must(handover_begin(buf, HANDOVER_CLIENT, 1, &at));
    must(handover_put_client(buf, &client));
    for (int i = 0; i < HANDOVER_SETS; i++) {
        put_pairs(buf, client.sets[i]);
    }
    put_statements(buf, client.sql_prepared);
    put_statements(buf, client.unnamed);
    put_statements(buf, client.names);
    put_channel_list(buf, client.channels);
    must(sl_buf_put_u32(buf, client.mark));
    must(handover_end(buf, at));
    return true;
}

static bool walk_pairs(struct handover_list list)
{
    struct handover_pair pair;

    while (list.count > 0) {
        SL_CHECK(handover_next_pair(&list, &pair));
    }
    return list.bytes.len == 0;
}

static bool put_short(struct sl_buf *buf, uint8_t type, struct sl_span body)
{
    struct handover_hello hello;
    struct handover_welcome welcome;
    struct handover_socket socket;
    struct handover_database database;
    struct handover_pool pool;
    struct handover_cancel cancel;
    struct handover_channels channels;
    const char *reason;
    uint64_t number;

    switch (type) {
    case HANDOVER_HELLO:
        /* Of another version only the beginning is known. */
        return handover_read_hello(body, &hello) && hello.version == HANDOVER_VERSION &&
               handover_put_hello(buf, &hello) == SL_OK;
    case HANDOVER_REFUSED:
        return handover_read_refused(body, &reason) && handover_put_refused(buf, reason) == SL_OK;
    case HANDOVER_WELCOME:
        return handover_read_welcome(body, &welcome) &&
               handover_put_welcome(buf, &welcome) == SL_OK;
    case HANDOVER_SOCKET:
        return handover_read_socket(body, &socket) && handover_put_socket(buf, &socket) == SL_OK;
    case HANDOVER_DATABASE:
        return handover_read_database(body, &database) &&
               handover_put_database(buf, &database) == SL_OK;
    case HANDOVER_POOL:
        return handover_read_pool(body, &pool) && walk_pairs(pool.startup) &&
               handover_put_pool(buf, &pool) == SL_OK;
    case HANDOVER_CANCEL:
        return handover_read_cancel(body, &cancel) && handover_put_cancel(buf, &cancel) == SL_OK;
    case HANDOVER_CHANNELS:
        return handover_read_channels(body, &channels) &&
               handover_put_channels(buf, &channels) == SL_OK;
    case HANDOVER_TAKEN:
    case HANDOVER_LEFT:
    case HANDOVER_AGAIN:
    case HANDOVER_CANCELLED:
        return handover_read_number(body, &number) &&
               handover_put_number(buf, (enum handover_type)type, number) == SL_OK;
    default:
        return false;
    }
}

/* Was it a body of that type? Then it is so again. */
static bool check_body(uint8_t type, struct sl_span body)
{
    uint8_t *copy = malloc(body.len == 0 ? 1 : body.len);
    struct sl_buf buf;

    SL_CHECK(copy != NULL);
    if (body.len > 0) {
        memcpy(copy, body.at, body.len);
    }
    sl_buf_init(&buf, (size_t)HANDOVER_HEAD + HANDOVER_BODY_MAX);
    struct sl_span mine = sl_span(copy, body.len);
    bool is_read = type == HANDOVER_CLIENT ? put_client(&buf, mine) : put_short(&buf, type, mine);
    if (is_read) {
        struct sl_span again = sl_buf_borrow(&buf);
        SL_CHECK(sl_span_equal(sl_span(again.at + HANDOVER_HEAD, again.len - HANDOVER_HEAD), body));
    }
    sl_buf_fini(&buf);
    free(copy);
    return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_span left = sl_span(data, size);
    struct handover_message message;
    struct handover_message again;
    size_t used = 0;
    size_t same = 0;

    while (handover_frame(left, &message, &used) == HANDOVER_WHOLE) {
        SL_CHECK(used <= left.len && used == HANDOVER_HEAD + message.body.len);
        SL_CHECK(handover_frame(sl_span(left.at, used), &again, &same) == HANDOVER_WHOLE);
        SL_CHECK(same == used && again.type == message.type);
        SL_CHECK(handover_frame(sl_span(left.at, used - 1), &again, &same) == HANDOVER_MORE);
        bool is_read = check_body(message.type, message.body);
        /* A cancel's key is what is left, of any length; so are the names of CHANNELS. */
        if (is_read && message.type != HANDOVER_CANCEL && message.type != HANDOVER_CHANNELS &&
                message.body.len > 0) {
            SL_CHECK(!check_body(message.type, sl_span(message.body.at, message.body.len - 1)));
        }
        left = sl_span(left.at + used, left.len - used);
    }
    return 0;
}
