/* SPDX-License-Identifier: PostgreSQL */
#include "cache/point.h"
#include "protocol/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { INT8 = 20, INT2 = 21, INT4 = 23, TEXT = 25, FLOAT8 = 701, VARCHAR = 1043, UUID = 2950 };
enum { BIND_MAX = 256 };

static struct point point_of_param(enum catalog_key_kind kind, bool is_single)
{
    return (struct point){.tree = 1,
            .count = 1,
            .values = {{.number = 1,
                    .kind = (uint8_t)kind,
                    .is_param = true,
                    .is_single = is_single}}};
}

/* A Bind of one value. */
static struct key_bind bind_of(
        uint8_t room[static BIND_MAX], bool is_binary, const void *value, int len)
{
    struct key_bind bind;
    size_t at = 0;

    memset(room, 0, BIND_MAX);
    room[at + 1] = 1;
    room[at + 3] = is_binary;
    at += 4;
    room[at + 1] = 1;
    at += 2;
    sl_set_u32(room + at, len < 0 ? UINT32_MAX : (uint32_t)len);
    at += 4;
    memcpy(room + at, value, len < 0 ? 0 : (size_t)len);
    at += len < 0 ? 0 : (size_t)len;
    at += 2;
    assert_int_equal(key_bind_read(sl_span(room, at), &bind), SL_OK);
    return bind;
}

static bool value_of(const struct point *point, uint32_t type, bool is_binary, const void *bytes,
        int len, uint64_t *value)
{
    uint8_t room[BIND_MAX];
    uint8_t types[6] = {0, 1};
    struct key_bind bind = bind_of(room, is_binary, bytes, len);

    sl_set_u32(types + 2, type);
    return point_values(point,
            &(struct point_source){.types = sl_span(types, sizeof types), .bind = &bind}, value);
}

static bool literal_of(enum catalog_key_kind kind, const char *text, uint64_t *value)
{
    struct point point = {.tree = 1,
            .count = 1,
            .needs_literals = true,
            .literals = 1,
            .values = {{.kind = (uint8_t)kind}}};
    return point_values(&point, &(struct point_source){.text = sl_span_text(text)}, value);
}

/* However it is written, and of whatever length. */
static void the_same_number_is_the_same(void **state)
{
    const struct point point = point_of_param(CATALOG_KEY_INTEGER, true);
    uint64_t value = 0;
    uint64_t other = 0;

    (void)state;
    assert_true(value_of(&point, INT4, false, "42", 2, &value));
    assert_true(value_of(&point, INT8, true, "\0\0\0\0\0\0\0\x2a", 8, &other));
    assert_int_equal(value, other);
    assert_true(value_of(&point, INT2, true, "\0\x2a", 2, &other));
    assert_int_equal(value, other);
    assert_true(value_of(&point, INT8, false, "042", 3, &other));
    assert_int_equal(value, other);
    assert_true(literal_of(CATALOG_KEY_INTEGER, "select * from t where id = 42", &other));
    assert_int_equal(value, other);
    assert_true(literal_of(CATALOG_KEY_INTEGER, "select * from t where id = '42'", &other));
    assert_int_equal(value, other);
    assert_true(value_of(&point, INT4, false, "-42", 3, &value));
    assert_int_not_equal(value, other);
    assert_true(value_of(&point, INT4, true, "\xff\xff\xff\xd6", 4, &other));
    assert_int_equal(value, other);
}

static void what_is_not_surely_read_is_not_known(void **state)
{
    static const char *const integers[] = {
            "", "-", " 42", "42 ", "4_2", "1e1", "42.0", "0x2a", "9223372036854775808", "+42"};
    const struct point number = point_of_param(CATALOG_KEY_INTEGER, true);
    const struct point shared = point_of_param(CATALOG_KEY_INTEGER, false);
    const struct point text = point_of_param(CATALOG_KEY_TEXT, true);
    const struct point uuid = point_of_param(CATALOG_KEY_UUID, true);
    const struct point truth = point_of_param(CATALOG_KEY_BOOL, true);
    uint64_t value = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(integers); i++) {
        if (value_of(&number, INT8, false, integers[i], (int)strlen(integers[i]), &value)) {
            fail_msg("\"%s\"", integers[i]);
        }
    }
    assert_false(value_of(&number, INT4, false, "", -1, &value)); /* NULL */
    assert_false(value_of(&number, FLOAT8, false, "42", 2, &value));
    assert_false(value_of(&number, INT4, true, "\0\0\x2a", 3, &value));
    assert_true(value_of(&number, 0, false, "42", 2, &value));
    assert_false(value_of(&shared, 0, false, "42", 2, &value)); /* its type is found elsewhere */
    assert_true(value_of(&shared, INT4, false, "42", 2, &value));
    assert_true(value_of(&text, VARCHAR, false, "a", 1, &value));
    assert_false(value_of(&text, TEXT, false, "\xc3\xa9", 2, &value)); /* in which encoding? */
    assert_false(
            value_of(&uuid, UUID, false, "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", 38, &value));
    assert_false(value_of(&uuid, UUID, false, "a0eebc999c0b4ef8bb6d6bb9bd380a11", 32, &value));
    assert_false(value_of(&truth, 0, false, "yes", 3, &value));
}

static void texts_and_others_are_what_they_say(void **state)
{
    static const uint8_t bytes[] = {0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d,
            0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11};
    const struct point text = point_of_param(CATALOG_KEY_TEXT, true);
    const struct point padded = point_of_param(CATALOG_KEY_BPCHAR, true);
    const struct point uuid = point_of_param(CATALOG_KEY_UUID, true);
    uint64_t value = 0;
    uint64_t other = 0;

    (void)state;
    assert_true(value_of(&text, TEXT, false, "a ", 2, &value));
    assert_true(value_of(&text, TEXT, true, "a", 1, &other));
    assert_int_not_equal(value, other);
    assert_true(literal_of(CATALOG_KEY_TEXT, "select * from t where id = 'a'", &value));
    assert_int_equal(value, other);
    assert_true(value_of(&padded, 0, false, "a  ", 3, &value));
    assert_true(value_of(&padded, 0, false, "a", 1, &other));
    assert_int_equal(value, other);
    assert_true(value_of(&uuid, UUID, true, bytes, sizeof bytes, &value));
    assert_true(value_of(&uuid, UUID, false, "A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11", 36, &other));
    assert_int_equal(value, other);
}

static void a_literal_is_read_where_it_stands_as_it_was(void **state)
{
    static const char *const others[] = {"select * from t where id = E'a'",
            "select * from t where id = 'a''b'", "select * from t where id = $$a$$",
            "select * from t where id = 'a' and v = 2", "select * from t where id = U&'a'",
            "select * from t where id = 'a' 'b'"};
    uint64_t value = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if (literal_of(CATALOG_KEY_TEXT, others[i], &value)) {
            fail_msg("%s", others[i]);
        }
    }
}

static void the_stream_says_the_same(void **state)
{
    const struct point point = point_of_param(CATALOG_KEY_INTEGER, true);
    struct point_hash hash;
    uint64_t value = 0;

    (void)state;
    assert_true(value_of(&point, INT4, false, "42", 2, &value));
    point_hash_begin(&hash);
    assert_true(point_hash_text(&hash, CATALOG_KEY_INTEGER, sl_span_text("42")));
    assert_int_equal(hash.hash, value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_same_number_is_the_same),
            cmocka_unit_test(what_is_not_surely_read_is_not_known),
            cmocka_unit_test(texts_and_others_are_what_they_say),
            cmocka_unit_test(a_literal_is_read_where_it_stands_as_it_was),
            cmocka_unit_test(the_stream_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
