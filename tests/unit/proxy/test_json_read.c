/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/json_read.h"

#include "protocol/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_read reader;
static struct json_member members[2];

static enum sl_err take(const char *body, size_t len)
{
    members[0] = (struct json_member){.name = "sql"};
    members[1] = (struct json_member){.name = "db", .is_optional = true};
    return json_read(&reader, sl_span(body, len), members, 2);
}

/* Of a copy that is gone then. */
static enum sl_err take_text(const char *body)
{
    char *copy = strdup(body);

    assert_non_null(copy);
    enum sl_err err = take(copy, strlen(body));
    free(copy);
    return err;
}

static void expect(const char *body, const char *sql, const char *db)
{
    assert_int_equal(take_text(body), SL_OK);
    assert_int_equal(members[0].value.len, strlen(sql));
    assert_string_equal((const char *)members[0].value.at, sql);
    if (db == NULL) {
        assert_null(members[1].value.at);
    } else {
        assert_string_equal((const char *)members[1].value.at, db);
    }
    json_read_fini(&reader);
}

static void texts_are_read_as_they_were_meant(void **state)
{
    (void)state;
    expect("{\"sql\":\"select 1\"}", "select 1", NULL);
    expect(" {\n\"db\" : \"shop\",\t\"sql\":\"\" } \r\n", "", "shop");
    expect("{\"sql\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fc\\ud83d\\ude00\\u0022\"}",
            "\"\\/\b\f\n\r\t\xc3\xbc\xf0\x9f\x98\x80\"", NULL);
    expect("{\"sql\":\"\xc3\xbc\x7f\"}", "\xc3\xbc\x7f", NULL);
}

static void refuse(const char *body, size_t len, const char *why)
{
    if (take(body, len) != SL_EINVAL || strstr(reader.why, why) == NULL) {
        fail_msg("%.60s gives \"%s\", not %s", body, reader.why, why);
    }
    json_read_fini(&reader);
}

static void anything_else_is_refused_and_said_why(void **state)
{
    static const struct {
        const char *body;
        const char *why;
    } bad[] = {{"", "the body is no JSON: "}, {"{", "line 1, column 1"}, {"[]", "no JSON object"},
            {"[\"sql\"]", "no JSON object"}, {"\"sql\"", "no JSON"}, {"{}", "there is no \"sql\""},
            {"{\"db\":\"x\"}", "there is no \"sql\""}, {"{\"sql\":1}", "\"sql\" is no text"},
            {"{\"sql\":null}", "\"sql\" is no text"}, {"{\"sql\":[\"a\"]}", "\"sql\" is no text"},
            {"{\"sql\":\"a\",\"db\":{}}", "\"db\" is no text"},
            {"{\"sql\":\"a\",\"SQL\":\"b\"}", "not known: \"SQL\""},
            {"{\"sql\":\"a\",\"sql\":\"b\"}", "duplicate"}, {"{\"sql\":\"a\"}x", "end of file"},
            {"{\"sql\":\"a\"}{}", "end of file"}, {"{\"sql\":\"a\",}", "no JSON"},
            {"{'sql':'a'}", "no JSON"}, {"{sql:\"a\"}", "no JSON"},
            {"{\"sql\":\"a\nb\"}", "no JSON"}, {"{\"sql\":\"\\x41\"}", "no JSON"},
            {"{\"sql\":\"\\u00\"}", "no JSON"}, {"{\"sql\":\"\\ud800\"}", "no JSON"},
            {"{\"sql\":\"\\ude00\\ud83d\"}", "no JSON"},
            {"{\"sql\":\"\\u0000\"}", "a zero character"},
            {"{\"\\u0000\":\"a\"}", "a zero character"}, {"{\"sql\":\"\xff\"}", "0xff"},
            {"{\"sql\":\"\xc0\x80\"}", "no JSON"}, {"{\"sql\":\"\xed\xa0\x80\"}", "no JSON"},
            {"\xef\xbb\xbf{\"sql\":\"a\"}", "no JSON"}, {"{\"sql\":1e999999}", "no JSON"},
            {"{\"sql\":99999999999999999999999}", "no JSON"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuse(bad[i].body, strlen(bad[i].body), bad[i].why);
    }
    refuse("{\"sql\":\"a\0b\"}", sizeof "{\"sql\":\"a\0b\"}" - 1, "no JSON");
    refuse("{\"sql\":\"a\"}\0", sizeof "{\"sql\":\"a\"}\0" - 1, "no JSON");
}

/* head, and so many pieces. */
static void refuse_many(const char *head, const char *piece, size_t count, const char *why)
{
    struct sl_buf buf;

    sl_buf_init(&buf, (size_t)1 << 24);
    assert_int_equal(sl_buf_put(&buf, head, strlen(head)), SL_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sl_buf_put(&buf, piece, strlen(piece)), SL_OK);
    }
    refuse((const char *)sl_buf_borrow(&buf).at, sl_buf_len(&buf), why);
    sl_buf_fini(&buf);
}

static void no_depth_and_no_word_is_too_much(void **state)
{
    enum { DEPTH = 100000 };

    (void)state;
    refuse_many("", "[", DEPTH, "maximum parsing depth");
    refuse_many("{\"sql\":", "[", DEPTH, "maximum parsing depth");
    refuse_many("", "{\"a\":", DEPTH, "maximum parsing depth");
    refuse_many("{\"", "a", DEPTH, "no JSON");
    refuse_many("{\"sql\":\"\",\"b\":\"\",\"db\":\"", "\xc3\xbc", DEPTH, "no JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(texts_are_read_as_they_were_meant),
            cmocka_unit_test(anything_else_is_refused_and_said_why),
            cmocka_unit_test(no_depth_and_no_word_is_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
