/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as what is kept in Redis, and as what instances say.
 *
 * 1. A token, a name, a message that is read is written again as it was.
 * 2. An entry is sound only if it is written again as it was; and what was written is sound.
 * The first byte says as what.
 */
#include "cache/tier_codec.h"

#include "protocol/base/check.h"

#include <stdlib.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(struct sl_span text)
{
    struct tier_token token;
    char again[TIER_TOKEN_MAX];

    if (tier_read_token(text, &token)) {
        SL_CHECK(sl_span_equal(text, sl_span(again, tier_put_token(&token, again))));
    }
}

static void check_name(struct sl_span text)
{
    char *name = malloc(text.len + 1);
    size_t len = 0;
    struct sl_buf out;

    SL_CHECK(name != NULL);
    sl_buf_init(&out, text.len * 3 + 1);
    if (tier_read_name(text, name, text.len, &len)) {
        SL_CHECK(tier_put_name(&out, sl_span(name, len)) == SL_OK);
        SL_CHECK(sl_span_equal(sl_buf_borrow(&out), text));
        sl_buf_reset(&out);
    }
    SL_CHECK(tier_put_name(&out, text) == SL_OK);
    SL_CHECK(tier_read_name(sl_buf_borrow(&out), name, text.len, &len));
    SL_CHECK(sl_span_equal(sl_span(name, len), text));
    sl_buf_fini(&out);
    free(name);
}

static void check_said(struct sl_span text)
{
    struct sl_span table = sl_span(NULL, 0);
    struct sl_span field;
    struct tier_said said;
    struct sl_buf out;

    if (!tier_read_said(text, &said)) {
        return;
    }
    sl_buf_init(&out, text.len + 1);
    SL_CHECK(tier_put_said(&out, &said) == SL_OK);
    SL_CHECK(sl_buf_put(&out, said.tags.at, said.tags.len) == SL_OK);
    SL_CHECK(sl_span_equal(sl_buf_borrow(&out), text));
    sl_buf_fini(&out);
    while (tier_next_tag(&said.tags, &table, &field)) {
        SL_CHECK(field.len > 0);
    }
}

/* seal | proof | body, by two bytes' lengths */
static void check_entry(const uint8_t *data, size_t size)
{
    struct tier_seal seal;
    char again[TIER_SEAL_MAX];
    const struct sl_span key = sl_span_text("7:12");

    if (size < 2) {
        return;
    }
    const size_t seal_len = data[0] < size - 2 ? data[0] : size - 2;
    const size_t proof_len = data[1] < size - 2 - seal_len ? data[1] : size - 2 - seal_len;
    const struct sl_span text = sl_span(data + 2, seal_len);
    const struct sl_span proof = sl_span(data + 2 + seal_len, proof_len);
    const struct sl_span body = sl_span(proof.at + proof_len, size - 2 - seal_len - proof_len);
    if (tier_read_seal(text, key, proof, body, &seal) == TIER_SOUND) {
        const struct entry_parts parts = tier_parts(&seal, body);
        SL_CHECK(sl_span_equal(
                text, sl_span(again, tier_put_seal(&seal, key, proof, &parts, again))));
    }
    seal = (struct tier_seal){.filled_at = size, .rows = data[0]};
    const size_t cut = body.len * data[1] / 256;
    const struct entry_parts parts = {.head = sl_span(body.at, cut),
            .rows = sl_span(body.at + cut, body.len - cut),
            .tail = sl_span(body.at, 0)};
    const size_t len = tier_put_seal(&seal, key, proof, &parts, again);
    SL_CHECK(tier_read_seal(sl_span(again, len), key, proof, body, &seal) == TIER_SOUND);
    SL_CHECK(seal.head_len == cut && seal.rows == data[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65536) {
        return 0;
    }
    uint8_t *exact = malloc(size); /* so that one byte too far is seen */
    SL_CHECK(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    switch (data[0] % 4) {
    case 0:
        check_token(sl_span(exact, size - 1));
        break;
    case 1:
        check_name(sl_span(exact, size - 1));
        break;
    case 2:
        check_said(sl_span(exact, size - 1));
        break;
    default:
        check_entry(exact, size - 1);
        break;
    }
    free(exact);
    return 0;
}
