/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_hex(const uint8_t hash[CRYPTO_SHA256_BYTES], const char *wanted)
{
    char hex[2 * CRYPTO_SHA256_BYTES + 1];

    for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    assert_string_equal(hex, wanted);
}

/* RFC 4231 test case 6, and its text by keys of a block and a byte more (Python's hmac). */
static void keys_longer_than_a_block_are_hashed_first(void **state)
{
    static const struct {
        size_t len;
        const char *wanted;
    } keys[] = {{64, "84332a7580ed3cf75de83c644c8d2c1c262ad90e0190e5c5ae4b82b2102e8e75"},
            {65, "c62955a96944ff68deabbc0eab6192065c1c55bb8ddee16151ed5337f911eab9"},
            {131, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"}};
    uint8_t key[131];
    uint8_t hash[CRYPTO_SHA256_BYTES];

    (void)state;
    memset(key, 0xaa, sizeof key);
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        assert_int_equal(crypto_hmac_sha256(sl_span(key, keys[i].len),
                                 sl_span_text("Test Using Larger Than Block-Size Key - Hash Key "
                                              "First"),
                                 hash),
                SL_OK);
        assert_hex(hash, keys[i].wanted);
    }
}

/* FIPS 180-2, RFC 4231 test case 2, RFC 7914 section 11. */
static void hashes_are_those_of_the_standards(void **state)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];

    (void)state;
    assert_int_equal(crypto_sha256(sl_span_text("abc"), hash), SL_OK);
    assert_hex(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(crypto_sha256(sl_span(NULL, 0), hash), SL_OK);
    assert_hex(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(crypto_hmac_sha256(sl_span_text("Jefe"),
                             sl_span_text("what do ya want for nothing?"), hash),
            SL_OK);
    assert_hex(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(crypto_hmac_sha256(sl_span(NULL, 0), sl_span(NULL, 0), hash), SL_OK);
    assert_hex(hash, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    assert_int_equal(
            crypto_pbkdf2_sha256(sl_span_text("passwd"), sl_span_text("salt"), 1, hash), SL_OK);
    assert_hex(hash, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    assert_int_equal(
            crypto_pbkdf2_sha256(sl_span_text("x"), sl_span_text("y"), 0, hash), SL_EINVAL);
}

/* The secret is what PostgreSQL 15 keeps for: create user m password 'secret'. */
static void md5_passwords_are_those_of_postgresql(void **state)
{
    static const uint8_t SALT[CRYPTO_MD5_SALT_BYTES] = {1, 2, 3, 4};
    char secret[CRYPTO_MD5_SECRET_SIZE];
    char response[CRYPTO_MD5_SECRET_SIZE];
    char hex[CRYPTO_MD5_HEX_SIZE];

    (void)state;
    assert_int_equal(crypto_md5_hex(sl_span_text("abc"), hex), SL_OK);
    assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
    assert_int_equal(crypto_md5_secret(sl_span_text("secret"), sl_span_text("m"), secret), SL_OK);
    assert_string_equal(secret, "md5b52328d7451bfeace80c4b8c338106f9");
    assert_int_equal(crypto_md5_response(secret, SALT, response), SL_OK);
    assert_int_equal(
            crypto_md5_hex(sl_span("b52328d7451bfeace80c4b8c338106f9\1\2\3\4", 36), hex), SL_OK);
    assert_memory_equal(response, "md5", 3);
    assert_string_equal(response + 3, hex);
}

static void a_response_is_made_of_an_md5_secret_only(void **state)
{
    static const uint8_t SALT[CRYPTO_MD5_SALT_BYTES] = {0};
    char response[CRYPTO_MD5_SECRET_SIZE];

    (void)state;
    assert_int_equal(crypto_md5_response("secret", SALT, response), SL_EINVAL);
    assert_int_equal(crypto_md5_response("md5", SALT, response), SL_EINVAL);
    assert_int_equal(
            crypto_md5_response("md5b52328d7451bfeace80c4b8c338106fg", SALT, response), SL_EINVAL);
    assert_int_equal(
            crypto_md5_response("md5b52328d7451bfeace80c4b8c338106f90", SALT, response), SL_EINVAL);
}

/* RFC 4648, section 10. */
static void base64_goes_there_and_back(void **state)
{
    static const char *const VECTORS[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
            {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    char text[16];
    uint8_t bytes[16];
    size_t len = 99;

    (void)state;
    for (size_t i = 0; i < sizeof(VECTORS) / sizeof(VECTORS[0]); i++) {
        struct sl_span plain = sl_span_text(VECTORS[i][0]);
        struct sl_span coded = sl_span_text(VECTORS[i][1]);
        assert_int_equal(crypto_base64_encode(plain, text, sizeof(text), &len), SL_OK);
        assert_string_equal(text, VECTORS[i][1]);
        assert_int_equal(len, coded.len);
        assert_int_equal(crypto_base64_decode(coded, bytes, sizeof(bytes), &len), SL_OK);
        assert_true(sl_span_equal(sl_span(bytes, len), plain));
    }
}

static void every_byte_survives_base64(void **state)
{
    uint8_t all[256];
    uint8_t back[256];
    char text[CRYPTO_BASE64_SIZE(256)];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (uint8_t)(i * 167 + 13);
    }
    for (size_t n = 0; n <= sizeof(all); n++) {
        assert_int_equal(
                crypto_base64_encode(sl_span(all, n), text, CRYPTO_BASE64_SIZE(n), &len), SL_OK);
        assert_int_equal(len, CRYPTO_BASE64_SIZE(n) - 1);
        assert_int_equal(crypto_base64_decode(sl_span(text, len), back, n, &len), SL_OK);
        assert_true(sl_span_equal(sl_span(back, len), sl_span(all, n)));
    }
}

static void base64_has_one_form_only(void **state)
{
    static const char *const WRONG[] = {"Z", "Zg",
            "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm9-", "Zg=a",
            "Zm9v=", "Zm8=Zm8="};
    uint8_t bytes[16];
    size_t len = 99;

    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        assert_int_equal(crypto_base64_decode(sl_span_text(WRONG[i]), bytes, sizeof(bytes), &len),
                SL_EINVAL);
        assert_int_equal(len, 99);
    }
}

static void base64_keeps_to_its_buffer(void **state)
{
    char text[5];
    uint8_t bytes[3] = {0, 0, 0x77};
    size_t len = 99;

    (void)state;
    assert_int_equal(crypto_base64_encode(sl_span_text("foo"), text, 4, &len), SL_ELIMIT);
    assert_int_equal(crypto_base64_encode(sl_span_text("foo"), text, 5, &len), SL_OK);
    assert_int_equal(crypto_base64_decode(sl_span_text("Zm9v"), bytes, 2, &len), SL_ELIMIT);
    assert_int_equal(bytes[2], 0x77);
}

static void random_bytes_differ(void **state)
{
    uint8_t a[16];
    uint8_t b[16];

    (void)state;
    assert_int_equal(crypto_random(a, sizeof(a)), SL_OK);
    assert_int_equal(crypto_random(b, sizeof(b)), SL_OK);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void equal_means_every_byte(void **state)
{
    char secret[] = "geheim";

    (void)state;
    assert_true(crypto_equal("abcd", "abcd", 4));
    assert_false(crypto_equal("abcd", "abce", 4));
    assert_true(crypto_equal(NULL, NULL, 0));
    assert_true(crypto_equal_spans(sl_span_text("ab"), sl_span_text("ab")));
    assert_false(crypto_equal_spans(sl_span_text("ab"), sl_span_text("abc")));
    crypto_wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++) {
        assert_int_equal(secret[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(hashes_are_those_of_the_standards),
            cmocka_unit_test(keys_longer_than_a_block_are_hashed_first),
            cmocka_unit_test(md5_passwords_are_those_of_postgresql),
            cmocka_unit_test(a_response_is_made_of_an_md5_secret_only),
            cmocka_unit_test(base64_goes_there_and_back),
            cmocka_unit_test(every_byte_survives_base64),
            cmocka_unit_test(base64_has_one_form_only),
            cmocka_unit_test(base64_keeps_to_its_buffer),
            cmocka_unit_test(random_bytes_differ),
            cmocka_unit_test(equal_means_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
