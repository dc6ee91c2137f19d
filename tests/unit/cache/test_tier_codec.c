/* SPDX-License-Identifier: PostgreSQL */
#include "cache/tier_codec.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct tier_seal some_seal = {
        .filled_at = 1763862000123456, .position = UINT64_MAX, .cost_usec = 5000, .rows = 3};
static const char key[] = "0000000000000007:00000000000000010000000000000001";
static const char proof[] = "public.users any=1@0123456789abcdef\n17 2@00000000000000ff run:r";

static struct entry_parts some_parts(void)
{
    return (struct entry_parts){.head = sl_span_text("Thead"),
            .rows = sl_span("D\0row\0D\xff", 8),
            .tail = sl_span_text("C")};
}

static const uint8_t body[] = "Thead"
                              "D\0row\0D\xff"
                              "C";
enum { BODY_LEN = 14 };

static enum tier_verdict read_back(struct sl_span seal, struct sl_span bytes, struct tier_seal *out)
{
    return tier_read_seal(seal, sl_span_text(key), sl_span_text(proof), bytes, out);
}

static void an_entry_is_what_it_was(void **state)
{
    const struct entry_parts parts = some_parts();
    char text[TIER_SEAL_MAX];
    struct tier_seal seal;

    (void)state;
    size_t len = tier_put_seal(&some_seal, sl_span_text(key), sl_span_text(proof), &parts, text);
    assert_int_equal(parts.head.len + parts.rows.len + parts.tail.len, BODY_LEN);
    assert_int_equal(read_back(sl_span(text, len), sl_span(body, BODY_LEN), &seal), TIER_SOUND);
    assert_true(seal.filled_at == some_seal.filled_at && seal.position == some_seal.position &&
                seal.cost_usec == 5000 && seal.rows == 3);
    const struct entry_parts back = tier_parts(&seal, sl_span(body, BODY_LEN));
    assert_true(sl_span_equal(back.head, parts.head) && sl_span_equal(back.rows, parts.rows) &&
                sl_span_equal(back.tail, parts.tail));
}

static void no_bit_and_no_length_may_be_another(void **state)
{
    const struct entry_parts parts = some_parts();
    char text[TIER_SEAL_MAX];
    uint8_t copy[sizeof body];
    struct tier_seal seal;

    (void)state;
    size_t len = tier_put_seal(&some_seal, sl_span_text(key), sl_span_text(proof), &parts, text);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_not_equal(
                read_back(sl_span(text, cut), sl_span(body, BODY_LEN), &seal), TIER_SOUND);
    }
    for (size_t cut = 0; cut < BODY_LEN; cut++) {
        assert_int_equal(read_back(sl_span(text, len), sl_span(body, cut), &seal), TIER_CORRUPT);
    }
    for (size_t bit = 0; bit < len * 8; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        assert_int_not_equal(
                read_back(sl_span(text, len), sl_span(body, BODY_LEN), &seal), TIER_SOUND);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    memcpy(copy, body, sizeof copy);
    for (size_t bit = 0; bit < (size_t)BODY_LEN * 8; bit++) {
        copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1 << bit % 8);
        assert_int_equal(
                read_back(sl_span(text, len), sl_span(copy, BODY_LEN), &seal), TIER_CORRUPT);
        copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1 << bit % 8);
    }
    assert_int_equal(tier_read_seal(sl_span(text, len), sl_span(key, sizeof key - 2),
                             sl_span_text(proof), sl_span(body, BODY_LEN), &seal),
            TIER_CORRUPT);
    assert_int_equal(tier_read_seal(sl_span(text, len), sl_span_text(key),
                             sl_span(proof, sizeof proof - 2), sl_span(body, BODY_LEN), &seal),
            TIER_CORRUPT);
    assert_int_equal(read_back(sl_span_text("2 whatever"), sl_span(body, BODY_LEN), &seal),
            TIER_OTHER_FORMAT);
}

/* Two entries whose bytes are the same, one behind the other, are two. */
static void where_a_part_ends_is_sealed(void **state)
{
    const struct entry_parts one = {.head = sl_span_text("ab"), .rows = sl_span_text("c")};
    const struct entry_parts other = {.head = sl_span_text("a"), .rows = sl_span_text("bc")};
    char first[TIER_SEAL_MAX];
    char second[TIER_SEAL_MAX];

    (void)state;
    size_t len = tier_put_seal(&some_seal, sl_span_text(key), sl_span_text(proof), &one, first);
    size_t other_len =
            tier_put_seal(&some_seal, sl_span_text(key), sl_span_text(proof), &other, second);
    assert_true(len == other_len && memcmp(first + len - 32, second + len - 32, 32) != 0);
}

static void tokens_are_read_as_they_are_written(void **state)
{
    static const char *const bad[] = {"", "@", "1@", "1", "01@0123456789abcdef",
            "1@0123456789abcde", "1@0123456789abcdeff", "1@0123456789ABCDEF", "1@0123456789abcdef!",
            "1@0123456789abcdef!0", "1@0123456789abcdef!x", "-1@0123456789abcdef",
            "18446744073709551616@0123456789abcdef", " 1@0123456789abcdef"};
    const struct tier_token some[] = {{0, 0, 0}, {1, 2, 3}, {UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    char text[TIER_TOKEN_MAX];
    struct tier_token token;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(some); i++) {
        size_t len = tier_put_token(&some[i], text);
        assert_true(len <= TIER_TOKEN_MAX && tier_read_token(sl_span(text, len), &token));
        assert_true(token.number == some[i].number && token.nonce == some[i].nonce &&
                    token.pending_since == some[i].pending_since);
    }
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        assert_false(tier_read_token(sl_span_text(bad[i]), &token));
    }
}

static void names_are_one_word(void **state)
{
    uint8_t all[256];
    char back[256];
    size_t len = 0;
    struct sl_buf out;

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    sl_buf_init(&out, 1024);
    assert_int_equal(tier_put_name(&out, sl_span(all, 256)), SL_OK);
    const struct sl_span word = sl_buf_borrow(&out);
    for (size_t i = 0; i < word.len; i++) {
        assert_true(word.at[i] > ' ' && word.at[i] != ';' && word.at[i] != '=');
    }
    assert_true(tier_read_name(word, back, sizeof back, &len));
    assert_int_equal(len, 256);
    assert_memory_equal(back, all, 256);
    assert_false(tier_read_name(word, back, 255, &len));
    assert_false(tier_read_name(sl_span_text("a b"), back, sizeof back, &len));
    assert_false(tier_read_name(sl_span_text("a%2"), back, sizeof back, &len));
    assert_false(tier_read_name(sl_span_text("a%41"), back, sizeof back, &len)); /* plain: "A" */
    sl_buf_fini(&out);
    sl_buf_init(&out, 2);
    assert_int_equal(tier_put_name(&out, sl_span_text("abc")), SL_ELIMIT);
    sl_buf_fini(&out);
}

static void what_is_said_is_heard(void **state)
{
    struct sl_span table = sl_span(NULL, 0);
    struct sl_span field;
    struct tier_said said;
    char heard[256] = "";

    (void)state;
    assert_true(tier_read_said(
            sl_span_text("web1.0-3f 17 end public.users any k:3fa2;public.orders any"), &said));
    assert_true(said.number == 17 && said.kind == TIER_SAID_END &&
                sl_span_is(said.sender, "web1.0-3f"));
    struct sl_span tags = said.tags;
    while (tier_next_tag(&tags, &table, &field)) {
        size_t len = strlen(heard);
        snprintf(heard + len, sizeof heard - len, "%.*s %.*s;", (int)table.len,
                (const char *)table.at, (int)field.len, (const char *)field.at);
    }
    assert_string_equal(heard, "public.users any;public.users k:3fa2;public.orders any;");
    assert_int_equal(tags.len, 0);
    tags = sl_span_text(" any");
    table = sl_span(NULL, 0);
    assert_false(tier_next_tag(&tags, &table, &field)); /* of no table */
    assert_true(tier_read_said(sl_span_text("a 1 all"), &said) && said.kind == TIER_SAID_ALL);
    assert_true(tier_read_said(sl_span_text("a 1 beat"), &said) && said.kind == TIER_SAID_BEAT);
    static const char *const bad[] = {"", "a", "a 1", "a 1 ", "a x end t f", "a 1 end", "a 1 end ",
            "a 1 all x", "a 1 other t f", " 1 all", "a 01 all", "a\t 1 all"};
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        assert_false(tier_read_said(sl_span_text(bad[i]), &said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_entry_is_what_it_was),
            cmocka_unit_test(no_bit_and_no_length_may_be_another),
            cmocka_unit_test(where_a_part_ends_is_sealed),
            cmocka_unit_test(tokens_are_read_as_they_are_written),
            cmocka_unit_test(names_are_one_word),
            cmocka_unit_test(what_is_said_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
