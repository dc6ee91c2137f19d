/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/handover_wire.h"

#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The one message in buf. */
static struct handover_message only(const struct sl_buf *buf)
{
    struct handover_message message = {0};
    size_t used = 0;

    assert_int_equal(handover_frame(sl_buf_borrow(buf), &message, &used), HANDOVER_WHOLE);
    assert_int_equal(used, sl_buf_len(buf));
    return message;
}

static struct handover_client some_client(void)
{
    return (struct handover_client){.number = (uint64_t)7 << 40,
            .serial = 1 << 30,
            .pid = 4711,
            .flags = HANDOVER_RENAMES | HANDOVER_MAY_SET,
            .key_len = 32,
            .mode = CONF_POOL_TRANSACTION,
            .rules_seen = 3,
            .address = {.family = AF_INET, .port = 65535, .ip = {127, 0, 0, 1}},
            .local = {.family = AF_UNIX},
            .connected_at = INT64_MAX,
            .request_at = 5,
            .database = "shop",
            .pool_user = "app",
            .user = "me",
            .mark = 9};
}

static void put_statement(struct sl_buf *buf, const char *name, const char *body, size_t len)
{
    struct handover_statement statement = {.name = sl_span_text(name),
            .body = sl_span(body, len),
            .reading = UINT64_MAX,
            .params = 1,
            .rows = UINT64_MAX - 1};

    assert_int_equal(handover_put_statement(buf, &statement), SL_OK);
}

static void put_channel(struct sl_buf *buf, const char *name, uint64_t heard)
{
    struct handover_channel channel = {.name = sl_span_text(name), .heard = heard};

    assert_int_equal(handover_put_channel(buf, &channel), SL_OK);
}

/* With two settings, an unnamed statement, two named ones, and two channels. */
static void put_client(struct sl_buf *buf, const struct handover_client *client)
{
    size_t at = 0;

    sl_buf_init(buf, 65536);
    assert_int_equal(handover_begin(buf, HANDOVER_CLIENT, 1, &at), SL_OK);
    assert_int_equal(handover_put_client(buf, client), SL_OK);
    for (int i = 0; i < HANDOVER_SETS; i++) {
        bool has = i == HANDOVER_SETTINGS;
        assert_int_equal(sl_buf_put_u32(buf, has ? 2 : 0), SL_OK);
        assert_int_equal(has ? handover_put_pair(buf, "work_mem", "4MB") : SL_OK, SL_OK);
        assert_int_equal(has ? handover_put_pair(buf, "my.text", "") : SL_OK, SL_OK);
    }
    assert_int_equal(sl_buf_put_u32(buf, 0), SL_OK);
    assert_int_equal(sl_buf_put_u32(buf, 1), SL_OK);
    put_statement(buf, "", "select 1\0\0", 11);
    assert_int_equal(sl_buf_put_u32(buf, 2), SL_OK);
    put_statement(buf, "a", "select 2\0\0", 11);
    put_statement(buf, "b", "\0\0", 3);
    assert_int_equal(sl_buf_put_u32(buf, 2), SL_OK);
    put_channel(buf, "news", 0);
    put_channel(buf, "a b", UINT64_MAX);
    assert_int_equal(sl_buf_put_u32(buf, client->mark), SL_OK);
    assert_int_equal(handover_end(buf, at), SL_OK);
}

static void a_client_comes_as_it_was_sent(void **state)
{
    struct handover_client sent = some_client();
    struct handover_client got;
    struct handover_pair pair;
    struct handover_statement statement;
    struct handover_channel channel;
    struct sl_buf buf;

    (void)state;
    put_client(&buf, &sent);
    struct handover_message message = only(&buf);
    assert_int_equal(message.type, HANDOVER_CLIENT);
    assert_int_equal(message.fds, 1);
    assert_true(handover_read_client(message.body, &got));
    assert_true(got.number == sent.number && got.serial == sent.serial && got.pid == sent.pid);
    assert_int_equal(got.flags, sent.flags);
    assert_int_equal(got.key_len, 32);
    assert_int_equal(got.rules_seen, 3);
    assert_true(address_equal(&got.address, &sent.address));
    assert_true(got.connected_at == INT64_MAX && got.request_at == 5);
    assert_string_equal(got.database, "shop");
    assert_string_equal(got.pool_user, "app");
    assert_string_equal(got.user, "me");
    assert_int_equal(got.sets[HANDOVER_PARAMS].count, 0);
    assert_true(handover_next_pair(&got.sets[HANDOVER_SETTINGS], &pair));
    assert_string_equal(pair.value, "4MB");
    assert_true(handover_next_pair(&got.sets[HANDOVER_SETTINGS], &pair));
    assert_string_equal(pair.name, "my.text");
    assert_false(handover_next_pair(&got.sets[HANDOVER_SETTINGS], &pair));
    assert_true(handover_next_statement(&got.unnamed, &statement));
    assert_int_equal(statement.body.len, 11);
    assert_true(statement.reading == UINT64_MAX);
    assert_true(handover_next_statement(&got.names, &statement));
    assert_true(handover_next_statement(&got.names, &statement));
    assert_true(sl_span_is(statement.name, "b"));
    assert_true(statement.params == 1 && statement.rows == UINT64_MAX - 1);
    assert_false(handover_next_statement(&got.names, &statement));
    assert_int_equal(got.mark, 9);
    assert_true(handover_next_channel(&got.channels, &channel));
    assert_true(handover_next_channel(&got.channels, &channel));
    assert_true(sl_span_is(channel.name, "a b") && channel.heard == UINT64_MAX);
    assert_false(handover_next_channel(&got.channels, &channel));
    sl_buf_fini(&buf);
}

/* In memory of its own, so that a byte read behind it is seen. */
static bool read_copy(struct sl_span body, size_t len)
{
    struct handover_client client;
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    assert_non_null(copy);
    memcpy(copy, body.at, len < body.len ? len : body.len);
    if (len > body.len) {
        copy[len - 1] = 0;
    }
    bool is_read = handover_read_client(sl_span(copy, len), &client);
    free(copy);
    return is_read;
}

static void a_client_is_read_whole_or_not_at_all(void **state)
{
    struct handover_client sent = some_client();
    struct sl_buf buf;

    (void)state;
    put_client(&buf, &sent);
    struct sl_span body = only(&buf).body;
    assert_true(read_copy(body, body.len));
    for (size_t len = 0; len < body.len; len++) {
        assert_false(read_copy(body, len));
    }
    assert_false(read_copy(body, body.len + 1));
    sl_buf_fini(&buf);
}

static bool is_taken(const struct handover_client *client)
{
    struct handover_client got;
    struct sl_buf buf;

    put_client(&buf, client);
    bool is_read = handover_read_client(only(&buf).body, &got);
    sl_buf_fini(&buf);
    return is_read;
}

static void what_cannot_be_is_refused(void **state)
{
    struct handover_client client = some_client();

    (void)state;
    assert_true(is_taken(&client));
    client.flags = HANDOVER_FLAGS;
    assert_false(is_taken(&client));
    client = some_client();
    client.key_len = 5;
    assert_false(is_taken(&client));
    client = some_client();
    client.mode = CONF_POOL_STATEMENT + 1;
    assert_false(is_taken(&client));
    client = some_client();
    client.address.family = 77;
    assert_false(is_taken(&client));
    client = some_client();
    client.request_at = -1;
    assert_false(is_taken(&client));
    client = some_client();
    client.mark = 0; /* with channels */
    assert_false(is_taken(&client));
}

static bool are_read(const char *names, size_t len, uint32_t number)
{
    struct handover_channels sent = {.database = "shop",
            .user = "app",
            .encoding = "UTF8",
            .process = UINT32_MAX,
            .index = 7,
            .number = number,
            .names = sl_span(names, len)};
    struct handover_channels got;
    struct sl_buf buf;

    sl_buf_init(&buf, 65536);
    assert_int_equal(handover_put_channels(&buf, &sent), SL_OK);
    bool is_read = handover_read_channels(only(&buf).body, &got);
    if (is_read) {
        assert_string_equal(got.user, "app");
        assert_string_equal(got.encoding, "UTF8");
        assert_true(got.process == UINT32_MAX && got.index == 7 && got.number == number);
        assert_true(sl_span_equal(got.names, sent.names));
    }
    sl_buf_fini(&buf);
    return is_read;
}

static void channels_are_names(void **state)
{
    char longest[65];

    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[63] = '\0';
    assert_true(are_read("", 0, 1));
    assert_true(are_read("a\0b c", 6, 1));
    assert_true(are_read(longest, 64, 1));
    assert_false(are_read("a\0b c", 6, 0)); /* no marker has that number */
    assert_false(are_read("a\0b c", 5, 1)); /* cut */
    assert_false(are_read("a\0\0b", 5, 1)); /* one without a name */
    longest[63] = 'x';
    longest[64] = '\0';
    assert_false(are_read(longest, 65, 1));
}

static void a_frame_says_how_much_it_takes(void **state)
{
    struct handover_message message;
    struct sl_buf buf;
    size_t used;

    (void)state;
    sl_buf_init(&buf, 64);
    assert_int_equal(handover_put_number(&buf, HANDOVER_TAKEN, 9), SL_OK);
    assert_int_equal(handover_put_bare(&buf, HANDOVER_DONE), SL_OK);
    struct sl_span all = sl_buf_borrow(&buf);
    for (size_t len = 0; len < HANDOVER_HEAD + 8; len++) {
        assert_int_equal(handover_frame(sl_span(all.at, len), &message, &used), HANDOVER_MORE);
    }
    assert_int_equal(handover_frame(all, &message, &used), HANDOVER_WHOLE);
    assert_int_equal(used, HANDOVER_HEAD + 8);
    assert_int_equal(message.type, HANDOVER_TAKEN);
    assert_int_equal(handover_frame(sl_span(all.at + used, all.len - used), &message, &used),
            HANDOVER_WHOLE);
    assert_int_equal(message.type, HANDOVER_DONE);
    sl_buf_fini(&buf);
}

static void a_frame_of_none_is_a_breach(void **state)
{
    static const uint8_t bad[][HANDOVER_HEAD] = {
            {0, 0, 0, 0, 0, 0},                           /* no type */
            {0, 0, 0, 0, HANDOVER_TYPES, 0},              /* nor one of ours */
            {0x7f, 0xff, 0xff, 0xff, HANDOVER_CLIENT, 1}, /* too long */
            {0, 0x40, 0, 1, HANDOVER_CLIENT, 1},          /* by a byte */
            {0, 0, 0, 4, HANDOVER_CLIENT, 0},             /* a client without its socket */
            {0, 0, 0, 8, HANDOVER_TAKEN, 1},              /* and a socket of nobody */
            {'G', 'E', 'T', ' ', '/', ' '},
    };
    struct handover_message message;
    size_t used;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
                handover_frame(sl_span(bad[i], sizeof bad[i]), &message, &used), HANDOVER_BREACH);
    }
}

static void a_message_has_a_bound(void **state)
{
    struct handover_statement statement = {.name = sl_span("", 0)};
    uint8_t *body = calloc(1, HANDOVER_BODY_MAX);
    struct sl_buf buf;
    size_t at = 0;

    (void)state;
    assert_non_null(body);
    statement.body = sl_span(body, HANDOVER_BODY_MAX);
    sl_buf_init(&buf, (size_t)HANDOVER_BODY_MAX * 2);
    assert_int_equal(handover_begin(&buf, HANDOVER_CLIENT, 1, &at), SL_OK);
    assert_int_equal(handover_put_statement(&buf, &statement), SL_OK);
    assert_int_equal(handover_end(&buf, at), SL_ELIMIT);
    sl_buf_fini(&buf);
    free(body);
}

static void another_version_is_read_as_far_as_it_says_so(void **state)
{
    static const uint8_t newer[] = {'S', 'L', 'O', 'H', 0, 0, 0, 4, 0, 0, 0, 1, 'n', 'e', 'w'};
    static const uint8_t other[] = {'S', 'L', 'O', 'P', 0, 0, 0, 3, 0, 0, 0, 1};
    struct handover_hello hello;

    (void)state;
    assert_true(handover_read_hello(sl_span(newer, sizeof newer), &hello));
    assert_int_equal(hello.version, 4);
    assert_false(handover_read_hello(sl_span(other, sizeof other), &hello));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_client_comes_as_it_was_sent),
            cmocka_unit_test(a_client_is_read_whole_or_not_at_all),
            cmocka_unit_test(what_cannot_be_is_refused),
            cmocka_unit_test(channels_are_names),
            cmocka_unit_test(a_frame_says_how_much_it_takes),
            cmocka_unit_test(a_frame_of_none_is_a_breach),
            cmocka_unit_test(a_message_has_a_bound),
            cmocka_unit_test(another_version_is_read_as_far_as_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
