/* SPDX-License-Identifier: PostgreSQL */
/* Whole exchanges with the other side are in test_auth.c; here is what can go wrong. */
#include "proxy/server_auth.h"

#include "protocol/back.h"
#include "protocol/crypto.h"
#include "protocol/message.h"
#include "protocol/scram.h"
#include "proxy/auth_keys.h"
#include "proxy/jobs.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 30000, OUT_MAX = 65536 };

static struct mailbox home;
static bool was_called;
static struct sl_buf out;
static struct sl_buf in;

static int make_all(void **state)
{
    (void)state;
    sl_buf_init(&out, OUT_MAX);
    sl_buf_init(&in, OUT_MAX);
    return mailbox_init(&home) == SL_OK && jobs_start(1) == SL_OK ? 0 : -1;
}

static int drop_all(void **state)
{
    (void)state;
    jobs_stop();
    mailbox_deliver(&home, NULL);
    mailbox_fini(&home);
    auth_keys_clear();
    sl_buf_fini(&out);
    sl_buf_fini(&in);
    return 0;
}

static void on_done(struct server_auth *auth, struct worker *worker, void *owner)
{
    (void)auth;
    (void)worker;
    (void)owner;
    was_called = true;
}

static struct server_auth *auth_with(const struct credentials *credentials)
{
    struct server_auth_input input = {
            .user = "app", .credentials = credentials, .home = &home, .done = on_done};
    struct server_auth *auth = server_auth_new(&input);

    assert_non_null(auth);
    sl_buf_reset(&out);
    sl_buf_reset(&in);
    return auth;
}

static struct server_auth *auth_by(const char *secret)
{
    struct credentials credentials;

    credentials_init(&credentials);
    assert_int_equal(credentials_set(&credentials, secret), SL_OK);
    struct server_auth *auth = auth_with(&credentials);
    credentials_fini(&credentials);
    return auth;
}

/* Feeds the one message that is in `in`. */
static enum server_auth_verdict feed(struct server_auth *auth)
{
    struct sl_span all = sl_buf_borrow(&in);
    enum server_auth_verdict verdict =
            server_auth_message(auth, sl_span(all.at + MESSAGE_HEAD, all.len - MESSAGE_HEAD), &out);

    sl_buf_reset(&in);
    while (verdict == SERVER_AUTH_WAIT) {
        while (!was_called) {
            struct pollfd event = {.fd = home.wake_fd, .events = POLLIN};
            assert_int_equal(poll(&event, 1, PATIENCE_MS), 1);
            mailbox_deliver(&home, NULL);
        }
        was_called = false;
        verdict = server_auth_resume(auth, &out);
    }
    return verdict;
}

/* The body of what we said last, and nothing left behind it. */
static struct sl_span said(void)
{
    struct sl_span all = sl_buf_borrow(&out);

    assert_true(all.len > MESSAGE_HEAD);
    assert_int_equal(all.at[0], MSG_PASSWORD);
    assert_int_equal(sl_get_u32(all.at + 1) + 1u, all.len);
    sl_buf_reset(&out);
    return sl_span(all.at + MESSAGE_HEAD, all.len - MESSAGE_HEAD);
}

static enum server_auth_verdict feed_ok(struct server_auth *auth)
{
    assert_int_equal(back_put_auth_ok(&in), SL_OK);
    return feed(auth);
}

static enum server_auth_verdict feed_sasl(struct server_auth *auth, bool offers_plus)
{
    static const char *const all[] = {SCRAM_NAME_PLUS, SCRAM_NAME, NULL};

    assert_int_equal(back_put_auth_sasl(&in, offers_plus ? all : all + 1), SL_OK);
    return feed(auth);
}

/* It failed, said whose login it was, and did not say the secret. */
static void assert_failed(struct server_auth *auth, enum server_auth_verdict verdict)
{
    const struct sl_error *error = server_auth_error(auth);

    assert_int_equal(verdict, SERVER_AUTH_FAILED);
    assert_int_equal(strlen(error->sqlstate), 5);
    assert_true(error->text[0] != '\0');
    assert_null(strstr(error->text, "opensesame"));
    server_auth_free(auth);
}

/* ---- promises ---- */

static void a_server_that_trusts_is_taken_at_its_word(void **state)
{
    struct server_auth *auth = auth_by("");

    (void)state;
    assert_int_equal(feed_ok(auth), SERVER_AUTH_OK);
    server_auth_free(auth);
}

static void a_password_is_sent_when_asked_for(void **state)
{
    struct server_auth *auth = auth_by("opensesame");

    (void)state;
    assert_int_equal(back_put_auth_cleartext(&in), SL_OK);
    assert_int_equal(feed(auth), SERVER_AUTH_MORE);
    assert_string_equal((const char *)said().at, "opensesame");
    assert_int_equal(feed_ok(auth), SERVER_AUTH_OK);
    server_auth_free(auth);
}

static void md5_is_answered_from_password_or_secret(void **state)
{
    char secret[CRYPTO_MD5_SECRET_SIZE];
    /* md5 of "opensesameapp", then of its digits and the salt, by md5sum(1). */
    static const char answer[] = "md51bee3a698faa843999f713d6fb9ca9ff";
    static const uint8_t salt[4] = {1, 2, 3, 4};

    (void)state;
    assert_int_equal(
            crypto_md5_secret(sl_span_text("opensesame"), sl_span_text("app"), secret), SL_OK);
    for (int i = 0; i < 2; i++) {
        struct server_auth *auth = auth_by(i == 0 ? "opensesame" : secret);
        assert_int_equal(back_put_auth_md5(&in, salt), SL_OK);
        assert_int_equal(feed(auth), SERVER_AUTH_MORE);
        assert_string_equal((const char *)said().at, answer);
        server_auth_free(auth);
    }
}

static const char scram_text[] =
        "SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

static void a_secret_that_cannot_answer_is_explained(void **state)
{
    char md5[CRYPTO_MD5_SECRET_SIZE];
    const char *secrets[] = {"", md5, scram_text};
    static const uint8_t salt[4] = {1, 2, 3, 4};

    (void)state;
    assert_int_equal(crypto_md5_secret(sl_span_text("x"), sl_span_text("app"), md5), SL_OK);
    for (size_t i = 0; i < SL_COUNT(secrets); i++) {
        struct server_auth *auth = auth_by(secrets[i]);
        enum server_auth_verdict verdict = feed_sasl(auth, false);
        assert_non_null(strstr(server_auth_error(auth)->text, "\"app\""));
        assert_failed(auth, verdict);
        auth = auth_by(secrets[i]);
        assert_int_equal(back_put_auth_cleartext(&in), SL_OK);
        assert_failed(auth, feed(auth));
        if (i != 1) {
            auth = auth_by(secrets[i]);
            assert_int_equal(back_put_auth_md5(&in, salt), SL_OK);
            assert_failed(auth, feed(auth));
        }
    }
}

/* A server's side that knows the password, up to server-final. */
static struct server_auth *until_final(
        struct scram_server *server, struct scram_secret *secret, struct sl_span *final)
{
    struct server_auth *auth = auth_by("opensesame");
    struct sl_error error;
    struct sl_span reply;
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];

    *secret = (struct scram_secret){.iterations = 4096, .salt_len = 16};
    memcpy(secret->salt, "0123456789abcdef", 16);
    assert_int_equal(scram_derive_keys(sl_span_text("opensesame"), sl_span(secret->salt, 16), 4096,
                             client_key, server_key),
            SL_OK);
    assert_int_equal(scram_secret_set_keys(secret, client_key, server_key), SL_OK);
    assert_int_equal(scram_server_init(server, false, sl_span(NULL, 0)), SL_OK);
    assert_int_equal(feed_sasl(auth, false), SERVER_AUTH_MORE);
    struct sl_span message = said();
    size_t name = strlen(SCRAM_NAME) + 1 + 4;
    assert_int_equal(scram_server_first(server, sl_span(message.at + name, message.len - name),
                             secret, &reply, &error),
            SL_OK);
    assert_int_equal(back_put_auth_sasl_continue(&in, reply), SL_OK);
    assert_int_equal(feed(auth), SERVER_AUTH_MORE);
    assert_int_equal(scram_server_final(server, said(), secret, final, &error), SL_OK);
    return auth;
}

static void a_server_has_to_prove_itself(void **state)
{
    struct scram_server server;
    struct scram_secret secret;
    struct sl_span final;
    char forged[SCRAM_MESSAGE_MAX];

    (void)state;
    struct server_auth *auth = until_final(&server, &secret, &final);
    assert_int_equal(back_put_auth_sasl_final(&in, final), SL_OK);
    assert_int_equal(feed(auth), SERVER_AUTH_MORE);
    assert_int_equal(feed_ok(auth), SERVER_AUTH_OK);
    server_auth_free(auth);

    auth = until_final(&server, &secret, &final);
    assert_failed(auth, feed_ok(auth));

    auth = until_final(&server, &secret, &final);
    memcpy(forged, final.at, final.len);
    forged[4] = forged[4] == 'A' ? 'B' : 'A';
    assert_int_equal(back_put_auth_sasl_final(&in, sl_span(forged, final.len)), SL_OK);
    assert_failed(auth, feed(auth));
    scram_server_fini(&server);
}

static void a_reconnect_derives_nothing(void **state)
{
    struct auth_keys_job job;
    struct scram_server server;
    struct scram_secret secret;
    struct sl_span final;

    (void)state;
    auth_keys_clear();
    assert_int_equal(
            auth_keys_job_init(&job, "opensesame", sl_span("0123456789abcdef", 16), 4096), SL_OK);
    assert_false(auth_keys_find(&job));
    server_auth_free(until_final(&server, &secret, &final));
    assert_true(auth_keys_find(&job));
    auth_keys_job_fini(&job);
    assert_int_equal(
            auth_keys_job_init(&job, "opensesam", sl_span("0123456789abcdef", 16), 4096), SL_OK);
    assert_false(auth_keys_find(&job));
    auth_keys_job_fini(&job);
    assert_int_equal(
            auth_keys_job_init(&job, "opensesame", sl_span("0123456789abcdef", 16), 4097), SL_OK);
    assert_false(auth_keys_find(&job));
    auth_keys_job_fini(&job);
    scram_server_fini(&server);
}

static void keys_of_another_secret_are_not_passed_through(void **state)
{
    struct credentials credentials;
    static const uint8_t keys[CREDENTIALS_KEY_BYTES] = {7};
    struct sl_span message;
    char first[SCRAM_MESSAGE_MAX];

    (void)state;
    credentials_init(&credentials);
    assert_int_equal(credentials_set(&credentials, scram_text), SL_OK);
    credentials_set_keys(&credentials, keys, keys);
    for (int i = 0; i < 2; i++) {
        struct server_auth *auth = auth_with(&credentials);
        assert_int_equal(feed_sasl(auth, false), SERVER_AUTH_MORE);
        message = said();
        const char *nonce = strstr((const char *)message.at + strlen(SCRAM_NAME) + 5, "r=");
        assert_non_null(nonce);
        int len = snprintf(first, sizeof first, "r=%.24sxyz,s=%s,i=4096", nonce + 2,
                i == 0 ? "MDEyMzQ1Njc4OWFiY2RlZg==" : "MDEyMzQ1Njc4OWFiY2RlZQ==");
        assert_int_equal(back_put_auth_sasl_continue(&in, sl_span(first, (size_t)len)), SL_OK);
        if (i == 0) {
            assert_int_equal(feed(auth), SERVER_AUTH_MORE);
            server_auth_free(auth);
        } else {
            assert_failed(auth, feed(auth));
        }
    }
    credentials_fini(&credentials);
}

/* -PLUS where both can; else the client says which side could not, so that nobody takes it away. */
static void the_channel_is_bound_where_both_sides_can(void **state)
{
    static const struct {
        bool has_tls;
        bool offers_plus;
        const char *mechanism;
        const char *gs2;
    } cases[] = {{true, true, SCRAM_NAME_PLUS, "p=tls-server-end-point,,n="},
            {true, false, SCRAM_NAME, "y,,n="}, {false, true, SCRAM_NAME, "n,,n="},
            {false, false, SCRAM_NAME, "n,,n="}};
    struct tls_facts tls = {.is_tls = true, .end_point_len = 32, .end_point = {1, 2, 3}};
    struct credentials credentials;

    (void)state;
    credentials_init(&credentials);
    assert_int_equal(credentials_set(&credentials, "opensesame"), SL_OK);
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        struct server_auth_input input = {.user = "app",
                .credentials = &credentials,
                .tls = cases[i].has_tls ? &tls : NULL,
                .home = &home,
                .done = on_done};
        struct server_auth *auth = server_auth_new(&input);
        assert_non_null(auth);
        assert_int_equal(feed_sasl(auth, cases[i].offers_plus), SERVER_AUTH_MORE);
        const char *name = (const char *)said().at;
        assert_string_equal(name, cases[i].mechanism);
        assert_memory_equal(name + strlen(name) + 5, cases[i].gs2, strlen(cases[i].gs2));
        server_auth_free(auth);
    }
    credentials_fini(&credentials);
}

static void what_comes_out_of_order_ends_the_login(void **state)
{
    static const uint8_t salt[4] = {1, 2, 3, 4};

    (void)state;
    struct server_auth *auth = auth_by("opensesame");
    assert_int_equal(back_put_auth_sasl_continue(&in, sl_span_text("r=x,s=eA==,i=1")), SL_OK);
    assert_failed(auth, feed(auth));
    auth = auth_by("opensesame");
    assert_int_equal(back_put_auth_sasl_final(&in, sl_span_text("v=x")), SL_OK);
    assert_failed(auth, feed(auth));
    auth = auth_by("opensesame");
    assert_int_equal(feed_sasl(auth, false), SERVER_AUTH_MORE);
    assert_int_equal(back_put_auth_md5(&in, salt), SL_OK); /* a downgrade */
    assert_failed(auth, feed(auth));
    auth = auth_by("opensesame");
    assert_int_equal(back_put_auth_cleartext(&in), SL_OK);
    assert_int_equal(feed(auth), SERVER_AUTH_MORE);
    assert_int_equal(back_put_auth_cleartext(&in), SL_OK);
    assert_failed(auth, feed(auth));
}

static void bodies_of_no_form_are_refused(void **state)
{
    static const uint8_t bodies[][8] = {
            {0}, {0, 0, 0, 7}, {0, 0, 0, 5, 1, 2, 3}, {0xff, 0xff}, {0, 0, 0, 10, 'X', 0, 0, 0}};
    static const size_t lens[] = {0, 4, 7, 2, 8};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(lens); i++) {
        struct server_auth *auth = auth_by("opensesame");
        assert_failed(auth, server_auth_message(auth, sl_span(bodies[i], lens[i]), &out));
    }
    uint8_t *huge = calloc(1, SERVER_AUTH_BODY_MAX + 1);
    assert_non_null(huge);
    struct server_auth *auth = auth_by("opensesame");
    assert_failed(auth, server_auth_message(auth, sl_span(huge, SERVER_AUTH_BODY_MAX + 1), &out));
    free(huge);
}

static void a_salt_that_would_take_for_ever_is_refused(void **state)
{
    struct server_auth *auth = auth_by("opensesame");
    char first[SCRAM_MESSAGE_MAX];

    (void)state;
    assert_int_equal(feed_sasl(auth, false), SERVER_AUTH_MORE);
    const char *nonce = strstr((const char *)said().at + strlen(SCRAM_NAME) + 5, "r=");
    int len = snprintf(first, sizeof first, "r=%.24sxyz,s=eHg=,i=2000000000", nonce + 2);
    assert_int_equal(back_put_auth_sasl_continue(&in, sl_span(first, (size_t)len)), SL_OK);
    assert_failed(auth, feed(auth));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_server_that_trusts_is_taken_at_its_word),
            cmocka_unit_test(a_password_is_sent_when_asked_for),
            cmocka_unit_test(md5_is_answered_from_password_or_secret),
            cmocka_unit_test(a_secret_that_cannot_answer_is_explained),
            cmocka_unit_test(a_server_has_to_prove_itself),
            cmocka_unit_test(a_reconnect_derives_nothing),
            cmocka_unit_test(keys_of_another_secret_are_not_passed_through),
            cmocka_unit_test(the_channel_is_bound_where_both_sides_can),
            cmocka_unit_test(what_comes_out_of_order_ends_the_login),
            cmocka_unit_test(bodies_of_no_form_are_refused),
            cmocka_unit_test(a_salt_that_would_take_for_ever_is_refused),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
