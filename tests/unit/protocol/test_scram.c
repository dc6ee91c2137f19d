/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/scram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 7677, section 3: the password is "pencil". */
#define RFC_CLIENT_NONCE "rOprNGfwEbeRWgbNEkqO"
#define RFC_SERVER_NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define RFC_NONCE RFC_CLIENT_NONCE RFC_SERVER_NONCE
#define RFC_SERVER_FIRST "r=" RFC_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define RFC_PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define RFC_SECRET                                                                                 \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"    \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static struct scram_server server;
static struct scram_client client;
static struct scram_secret secret;
static struct sl_error error;
static struct sl_span reply;
static const uint8_t END_POINT[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void begin_server(bool is_plus, bool has_tls)
{
    memset(&error, 0, sizeof(error));
    assert_int_equal(scram_secret_parse(RFC_SECRET, &secret), SL_OK);
    assert_int_equal(
            scram_server_init(&server, is_plus, sl_span(END_POINT, has_tls ? 32 : 0)), SL_OK);
    snprintf(server.exchange.nonce, sizeof(server.exchange.nonce), "%s", RFC_SERVER_NONCE);
}

static enum sl_err first(const char *text)
{
    return scram_server_first(&server, sl_span_text(text), &secret, &reply, &error);
}

static enum sl_err final(const char *text)
{
    return scram_server_final(&server, sl_span_text(text), &secret, &reply, &error);
}

static void begin_client(enum scram_binding binding)
{
    memset(&error, 0, sizeof(error));
    assert_int_equal(scram_client_init(&client, binding, sl_span(END_POINT, 32)), SL_OK);
    snprintf(client.exchange.nonce, sizeof(client.exchange.nonce), "%s", RFC_CLIENT_NONCE);
    assert_int_equal(scram_client_first(&client, &reply, &error), SL_OK);
}

static enum sl_err challenge(const char *text)
{
    return scram_client_challenge(&client, sl_span_text(text), &error);
}

static enum sl_err client_final(const char *password)
{
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];

    assert_int_equal(
            scram_derive_keys(sl_span_text(password), sl_span(client.salt, client.salt_len),
                    client.iterations, client_key, server_key),
            SL_OK);
    return scram_client_final(&client, client_key, server_key, &reply, &error);
}

static void assert_reply(const char *text)
{
    assert_int_equal(reply.len, strlen(text));
    assert_memory_equal(reply.at, text, reply.len);
}

static void the_rfcs_example_is_understood(void **state)
{
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];

    (void)state;
    begin_server(false, false);
    assert_int_equal(first("n,,n=user,r=" RFC_CLIENT_NONCE), SL_OK);
    assert_reply(RFC_SERVER_FIRST);
    assert_int_equal(final("c=biws,r=" RFC_NONCE ",p=" RFC_PROOF), SL_OK);
    assert_reply("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert_int_equal(scram_derive_keys(sl_span_text("pencil"),
                             sl_span(secret.salt, secret.salt_len), 4096, client_key, server_key),
            SL_OK);
    assert_memory_equal(server.client_key, client_key, SCRAM_KEY_BYTES);
    assert_memory_equal(secret.server_key, server_key, SCRAM_KEY_BYTES);
    scram_server_fini(&server);
    assert_int_equal(server.client_key[0] | server.client_key[31], 0);
}

/* Computed with another implementation, as we leave the user's name empty. */
static void we_log_in_with_each_kind_of_binding(void **state)
{
    static const struct {
        enum scram_binding binding;
        const char *mechanism;
        const char *first;
        const char *final;
        const char *server_final;
    } CASES[] = {
            {SCRAM_BINDING_NONE, "SCRAM-SHA-256", "n,,n=,r=" RFC_CLIENT_NONCE,
                    "c=biws,r=" RFC_NONCE ",p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=",
                    "v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="},
            {SCRAM_BINDING_UNUSED, "SCRAM-SHA-256", "y,,n=,r=" RFC_CLIENT_NONCE,
                    "c=eSws,r=" RFC_NONCE ",p=VpuC5DGQa5ro9tXE9MnKs69NH1nxnuregZZcclqIGfM=",
                    "v=FOmOj9BpTGwvnzwBtWQjBaPmVxT9I8IeHBOhcIPu3us="},
            {SCRAM_BINDING_USED, "SCRAM-SHA-256-PLUS",
                    "p=tls-server-end-point,,n=,r=" RFC_CLIENT_NONCE,
                    "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
                    ",r=" RFC_NONCE ",p=Q8h71kjaoMzNI7dPksDrhRE/5mTUObF0fUHVIgBOWQg=",
                    "v=ykwoqH8mLqO5AQCeuwwf6lsj9f8zyJZT/CcvAbN4Ssc="},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        begin_client(CASES[i].binding);
        assert_string_equal(scram_client_mechanism(&client), CASES[i].mechanism);
        assert_reply(CASES[i].first);
        assert_int_equal(challenge(RFC_SERVER_FIRST), SL_OK);
        assert_int_equal(client.iterations, 4096);
        assert_int_equal(client.salt_len, 16);
        assert_int_equal(client_final("pencil"), SL_OK);
        assert_reply(CASES[i].final);
        assert_int_equal(
                scram_client_verify(&client, sl_span_text(CASES[i].server_final), &error), SL_OK);
    }
    scram_client_fini(&client);
}

/* Both sides of ours, with random nonces; false when the proof was refused. */
static bool they_agree(enum scram_binding binding, bool has_tls, const char *password)
{
    struct sl_span message;
    struct sl_span end_point = sl_span(END_POINT, has_tls ? 32 : 0);
    bool is_plus = binding == SCRAM_BINDING_USED;

    assert_int_equal(scram_client_init(&client, binding, end_point), SL_OK);
    assert_int_equal(scram_server_init(&server, is_plus, end_point), SL_OK);
    assert_int_equal(strlen(server.exchange.nonce), 24);
    assert_string_not_equal(server.exchange.nonce, client.exchange.nonce);
    assert_int_equal(scram_client_first(&client, &message, &error), SL_OK);
    assert_int_equal(scram_server_first(&server, message, &secret, &reply, &error), SL_OK);
    assert_int_equal(scram_client_challenge(&client, reply, &error), SL_OK);
    assert_int_equal(client_final(password), SL_OK);
    message = reply;
    enum sl_err err = scram_server_final(&server, message, &secret, &reply, &error);
    if (err != SL_OK) {
        assert_int_equal(err, SL_EAUTH);
        return false;
    }
    return scram_client_verify(&client, reply, &error) == SL_OK;
}

static void both_sides_agree_when_the_password_is_right(void **state)
{
    (void)state;
    memset(&error, 0, sizeof(error));
    assert_int_equal(scram_secret_parse(RFC_SECRET, &secret), SL_OK);
    assert_true(they_agree(SCRAM_BINDING_NONE, false, "pencil"));
    assert_true(they_agree(SCRAM_BINDING_UNUSED, false, "pencil"));
    assert_true(they_agree(SCRAM_BINDING_USED, true, "pencil"));
    assert_false(they_agree(SCRAM_BINDING_NONE, false, "Pencil"));
    assert_false(they_agree(SCRAM_BINDING_USED, true, ""));
    assert_string_equal(error.sqlstate, ""); /* a wrong password is for the caller to word */
    for (size_t i = 0; i < SCRAM_KEY_BYTES; i++) {
        assert_int_equal(server.client_key[i], 0);
    }
}

static void what_a_proof_gave_away_logs_in_elsewhere(void **state)
{
    uint8_t client_key[SCRAM_KEY_BYTES];
    struct sl_span message;

    (void)state;
    assert_int_equal(scram_secret_parse(RFC_SECRET, &secret), SL_OK);
    assert_true(they_agree(SCRAM_BINDING_NONE, false, "pencil"));
    memcpy(client_key, server.client_key, SCRAM_KEY_BYTES);
    begin_server(false, false);
    begin_client(SCRAM_BINDING_NONE);
    message = reply;
    assert_int_equal(scram_server_first(&server, message, &secret, &reply, &error), SL_OK);
    assert_int_equal(scram_client_challenge(&client, reply, &error), SL_OK);
    assert_int_equal(
            scram_client_final(&client, client_key, secret.server_key, &reply, &error), SL_OK);
    message = reply;
    assert_int_equal(scram_server_final(&server, message, &secret, &reply, &error), SL_OK);
    assert_int_equal(scram_client_verify(&client, reply, &error), SL_OK);
}

static void first_refused(bool is_plus, bool has_tls, const char *text, const char *sqlstate)
{
    begin_server(is_plus, has_tls);
    assert_int_equal(first(text), SL_EPROTO);
    assert_string_equal(error.sqlstate, sqlstate);
    assert_int_equal(first("n,,n=,r=abc"), SL_EPROTO); /* no second try */
}

static void a_gs2_header_must_fit_the_mechanism(void **state)
{
    (void)state;
    first_refused(true, true, "n,,n=,r=abc", "08P01");
    first_refused(true, true, "y,,n=,r=abc", "08P01");
    first_refused(false, true, "p=tls-server-end-point,,n=,r=abc", "08P01");
    first_refused(true, true, "p=tls-unique,,n=,r=abc", "08P01");
    first_refused(false, true, "y,,n=,r=abc", "28000"); /* -PLUS was taken out of our offer */
    first_refused(false, false, "n,a=admin,n=,r=abc", "0A000");
    first_refused(false, false, "x,,n=,r=abc", "08P01");
    begin_server(false, true);
    assert_int_equal(first("n,,n=,r=abc"), SL_OK);
    begin_server(false, false);
    assert_int_equal(first("y,,n=,r=abc"), SL_OK);
    begin_server(true, true);
    assert_int_equal(first("p=tls-server-end-point,,n=,r=abc"), SL_OK);
}

static void a_client_first_not_of_the_form_is_refused(void **state)
{
    static const char *const WRONG[] = {"", "n", "n,", "n,,", "n,,n=", "n,,n=,", "n,,n=,r",
            "n,,n=,r=", "n,,r=abc", "n,,n=,r=a c", "n,,n=,r=\x7f", "n,,n=,r=abc,1=x",
            "n,,n=,r=abc,x", "nn,n=,r=abc", "n,x,n=,r=abc", "p", "p="};
    char long_nonce[SCRAM_NONCE_MAX + 20];

    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        first_refused(false, false, WRONG[i], "08P01");
    }
    first_refused(false, false, "n,,m=x,n=,r=abc", "0A000");
    begin_server(false, false);
    assert_int_equal(first("n,,n=,r=abc,x=y,z=1"), SL_OK);
    begin_server(false, false);
    assert_int_equal(
            scram_server_first(&server, sl_span("n,,n=,r=a\0b", 11), &secret, &reply, &error),
            SL_EPROTO);
    snprintf(long_nonce, sizeof(long_nonce), "n,,n=,r=%0*d", SCRAM_NONCE_MAX, 7);
    begin_server(false, false);
    assert_int_equal(first(long_nonce), SL_OK);
    snprintf(long_nonce, sizeof(long_nonce), "n,,n=,r=%0*d", SCRAM_NONCE_MAX + 1, 7);
    first_refused(false, false, long_nonce, "08P01");
}

static void final_refused(const char *text, const char *sqlstate)
{
    begin_server(false, false);
    assert_int_equal(first("n,,n=user,r=" RFC_CLIENT_NONCE), SL_OK);
    assert_int_equal(final(text), SL_EPROTO);
    assert_string_equal(error.sqlstate, sqlstate);
    assert_int_equal(final("c=biws,r=" RFC_NONCE ",p=" RFC_PROOF), SL_EPROTO);
}

static void a_client_final_not_of_the_form_is_refused(void **state)
{
    (void)state;
    final_refused("", "08P01");
    final_refused("c=biws", "08P01");
    final_refused("c=biws,r=" RFC_NONCE, "08P01");
    final_refused("c=biws,r=" RFC_NONCE ",", "08P01");
    final_refused("c=biws,r=" RFC_NONCE ",p=", "08P01");
    final_refused("c=biws,r=" RFC_NONCE ",p=AAAA", "08P01");
    final_refused("c=biws,r=" RFC_NONCE ",p=" RFC_PROOF ",", "08P01");
    final_refused("c=biws,r=" RFC_NONCE ",p=" RFC_PROOF ",x=y", "08P01");
    final_refused("c=biws,r=" RFC_NONCE "x,p=" RFC_PROOF, "08P01");
    final_refused("c=biws,r=" RFC_CLIENT_NONCE ",p=" RFC_PROOF, "08P01");
    final_refused("c=eSws,r=" RFC_NONCE ",p=" RFC_PROOF, "08P01"); /* it said n, not y */
    final_refused("r=" RFC_NONCE ",c=biws,p=" RFC_PROOF, "08P01");
}

static void another_tls_session_breaks_the_binding(void **state)
{
    uint8_t other[32] = {7};
    struct sl_span message;

    (void)state;
    begin_server(true, true);
    assert_int_equal(scram_client_init(&client, SCRAM_BINDING_USED, sl_span(other, 32)), SL_OK);
    assert_int_equal(scram_client_first(&client, &message, &error), SL_OK);
    assert_int_equal(scram_server_first(&server, message, &secret, &reply, &error), SL_OK);
    assert_int_equal(scram_client_challenge(&client, reply, &error), SL_OK);
    assert_int_equal(client_final("pencil"), SL_OK);
    message = reply;
    assert_int_equal(scram_server_final(&server, message, &secret, &reply, &error), SL_EPROTO);
    assert_string_equal(error.sqlstate, "28000");
    assert_int_equal(scram_server_init(&server, true, sl_span(END_POINT, SCRAM_END_POINT_MAX + 1)),
            SL_ELIMIT);
}

static void challenge_refused(const char *text, enum sl_err wanted)
{
    begin_client(SCRAM_BINDING_NONE);
    assert_int_equal(challenge(text), wanted);
    assert_string_equal(error.sqlstate, "08P01");
    assert_int_equal(challenge(RFC_SERVER_FIRST), SL_EPROTO);
}

static void a_servers_challenge_has_bounds(void **state)
{
    static const char SALT_65[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                  "AAAAAAAAAAAAAAAAAAAAAAA=";
    char text[SCRAM_MESSAGE_MAX + 10];

    (void)state;
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=0", SL_ELIMIT);
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=10000001", SL_ELIMIT);
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=99999999999999999999999", SL_ELIMIT);
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=-1", SL_EPROTO);
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=", SL_EPROTO);
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=4096,", SL_EPROTO);
    challenge_refused("r=" RFC_NONCE ",s=W22Z,i=4096,x=y", SL_EPROTO);
    challenge_refused("r=" RFC_NONCE ",s=,i=4096", SL_EPROTO);
    challenge_refused("r=" RFC_NONCE ",s=W22,i=4096", SL_EPROTO);
    challenge_refused("r=" RFC_CLIENT_NONCE ",s=W22Z,i=4096", SL_EPROTO); /* adds nothing */
    challenge_refused("r=x" RFC_NONCE ",s=W22Z,i=4096", SL_EPROTO);
    challenge_refused("", SL_EPROTO);
    snprintf(text, sizeof(text), "r=%s,s=%s,i=4096", RFC_NONCE, SALT_65);
    challenge_refused(text, SL_ELIMIT);
    snprintf(text, sizeof(text), "r=%s%0600d,s=W22Z,i=4096", RFC_NONCE, 1);
    challenge_refused(text, SL_EPROTO);
    begin_client(SCRAM_BINDING_NONE);
    assert_int_equal(challenge("r=" RFC_NONCE ",s=W22Z,i=10000000"), SL_OK);
}

static void a_server_must_know_the_password_too(void **state)
{
    static const struct {
        const char *text;
        enum sl_err wanted;
    } CASES[] = {
            {"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", SL_EAUTH},
            {"e=invalid-proof", SL_EAUTH},
            {"v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=,", SL_EPROTO},
            {"v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg", SL_EPROTO},
            {"v=", SL_EPROTO},
            {"", SL_EPROTO},
            {"x=y", SL_EPROTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        begin_client(SCRAM_BINDING_NONE);
        assert_int_equal(challenge(RFC_SERVER_FIRST), SL_OK);
        assert_int_equal(client_final("pencil"), SL_OK);
        assert_int_equal(
                scram_client_verify(&client, sl_span_text(CASES[i].text), &error), CASES[i].wanted);
    }
}

static void a_step_out_of_order_fails(void **state)
{
    (void)state;
    begin_server(false, false);
    assert_int_equal(final("c=biws,r=" RFC_NONCE ",p=" RFC_PROOF), SL_EPROTO);
    assert_int_equal(first("n,,n=,r=abc"), SL_EPROTO);
    begin_client(SCRAM_BINDING_NONE);
    assert_int_equal(scram_client_verify(&client, sl_span_text("v="), &error), SL_EPROTO);
    assert_int_equal(challenge(RFC_SERVER_FIRST), SL_EPROTO);
}

static void a_secret_goes_from_text_and_back(void **state)
{
    static const char *const WRONG[] = {"", "md5x", "SCRAM-SHA-256", "SCRAM-SHA-256$4096:W22Z",
            "SCRAM-SHA-256$4096:W22Z$AAAA:AAAA", "SCRAM-SHA-256$x:W22Z$AAAA:AAAA"};
    char text[SCRAM_SECRET_SIZE];

    (void)state;
    assert_int_equal(scram_secret_parse(RFC_SECRET, &secret), SL_OK);
    assert_int_equal(secret.iterations, 4096);
    assert_int_equal(secret.salt_len, 16);
    assert_int_equal(scram_secret_format(&secret, text), SL_OK);
    assert_string_equal(text, RFC_SECRET);
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        assert_int_equal(scram_secret_parse(WRONG[i], &secret), SL_EINVAL);
    }
    snprintf(text, sizeof(text), "%s", RFC_SECRET);
    for (size_t len = 0; len < strlen(RFC_SECRET); len++) {
        text[len] = '\0';
        assert_int_equal(scram_secret_parse(text, &secret), SL_EINVAL);
        text[len] = RFC_SECRET[len];
    }
    assert_int_equal(
            scram_secret_parse("SCRAM-SHA-256$10000001:W22Z$AAAA:AAAA", &secret), SL_ELIMIT);
}

/* What PostgreSQL 15 kept for: create user s password 'pencil'. */
static void keys_are_those_that_postgresql_keeps(void **state)
{
    static const char KEPT[] = "SCRAM-SHA-256$4096:epLOnLw1IQLGCbClm6ENDw==$"
                               "D/311srYzcdmxseAH4by6uLgDgwZZQfiisw5ugXx4wQ=:"
                               "/Liza0ATcVfC9K1o1n3aoIhS2hhhtVvgd6yx8JBvvd0=";
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];
    char text[SCRAM_SECRET_SIZE];

    (void)state;
    assert_int_equal(scram_secret_parse(KEPT, &secret), SL_OK);
    memset(secret.stored_key, 0, SCRAM_KEY_BYTES);
    memset(secret.server_key, 0, SCRAM_KEY_BYTES);
    assert_int_equal(
            scram_derive_keys(sl_span_text("pencil"), sl_span(secret.salt, secret.salt_len),
                    secret.iterations, client_key, server_key),
            SL_OK);
    assert_int_equal(scram_secret_set_keys(&secret, client_key, server_key), SL_OK);
    assert_int_equal(scram_secret_format(&secret, text), SL_OK);
    assert_string_equal(text, KEPT);
}

static void a_mock_secret_stays_the_same_and_never_fits(void **state)
{
    struct scram_secret again;
    struct scram_secret other;

    (void)state;
    memset(&error, 0, sizeof(error));
    assert_int_equal(scram_secret_mock(sl_span_text("nobody"), &secret), SL_OK);
    assert_int_equal(scram_secret_mock(sl_span_text("nobody"), &again), SL_OK);
    assert_int_equal(scram_secret_mock(sl_span_text("somebody"), &other), SL_OK);
    assert_int_equal(secret.salt_len, SCRAM_SALT_BYTES);
    assert_memory_equal(secret.salt, again.salt, SCRAM_SALT_BYTES);
    assert_memory_not_equal(secret.salt, other.salt, SCRAM_SALT_BYTES);
    assert_int_equal(secret.iterations, SCRAM_ITERATIONS);
    assert_false(they_agree(SCRAM_BINDING_NONE, false, "pencil"));
}

static void keys_of_a_known_password_make_a_secret(void **state)
{
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];

    (void)state;
    memset(&error, 0, sizeof(error));
    assert_int_equal(scram_secret_mock(sl_span_text("known"), &secret), SL_OK);
    assert_int_equal(
            scram_derive_keys(sl_span_text("pencil"), sl_span(secret.salt, secret.salt_len),
                    secret.iterations, client_key, server_key),
            SL_OK);
    assert_int_equal(scram_secret_set_keys(&secret, client_key, server_key), SL_OK);
    assert_false(they_agree(SCRAM_BINDING_NONE, false, "pencil")); /* still nobody's */
    secret.is_mock = false;
    assert_true(they_agree(SCRAM_BINDING_NONE, false, "pencil"));
    assert_false(they_agree(SCRAM_BINDING_NONE, false, "other"));
    assert_int_equal(scram_derive_keys(sl_span_text("x"), sl_span(END_POINT, 16),
                             SCRAM_ITERATIONS_MAX + 1, client_key, server_key),
            SL_ELIMIT);
    assert_int_equal(
            scram_derive_keys(sl_span_text("x"), sl_span(NULL, 0), 1, client_key, server_key),
            SL_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_rfcs_example_is_understood),
            cmocka_unit_test(we_log_in_with_each_kind_of_binding),
            cmocka_unit_test(both_sides_agree_when_the_password_is_right),
            cmocka_unit_test(what_a_proof_gave_away_logs_in_elsewhere),
            cmocka_unit_test(a_gs2_header_must_fit_the_mechanism),
            cmocka_unit_test(a_client_first_not_of_the_form_is_refused),
            cmocka_unit_test(a_client_final_not_of_the_form_is_refused),
            cmocka_unit_test(another_tls_session_breaks_the_binding),
            cmocka_unit_test(a_servers_challenge_has_bounds),
            cmocka_unit_test(a_server_must_know_the_password_too),
            cmocka_unit_test(a_step_out_of_order_fails),
            cmocka_unit_test(a_secret_goes_from_text_and_back),
            cmocka_unit_test(keys_are_those_that_postgresql_keeps),
            cmocka_unit_test(a_mock_secret_stays_the_same_and_never_fits),
            cmocka_unit_test(keys_of_a_known_password_make_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
