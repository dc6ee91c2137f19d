/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/proxy/auth_login.h - one login, from configuration to verdict.
 *
 * A client is played by proxy/server_auth.c, which answers authentication requests
 * as libpq does; what goes wrong on purpose is written by hand. For test_auth.c and test_auth_who.c.
 */
#ifndef SLUICE_TESTS_UNIT_PROXY_AUTH_LOGIN_H
#define SLUICE_TESTS_UNIT_PROXY_AUTH_LOGIN_H

#include "conf/conf_load.h"
#include "protocol/crypto.h"
#include "protocol/message.h"
#include "protocol/scram.h"
#include "proxy/auth.h"
#include "proxy/auth_cache.h"
#include "proxy/auth_keys.h"
#include "proxy/jobs.h"
#include "proxy/server_auth.h"

#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 30000, TRACE_MAX = 32, OUT_MAX = 65536 };

static struct mailbox home;
static char folder[] = "/tmp/sluice-auth-XXXXXX";
static char scram_secret[SCRAM_SECRET_SIZE];
static char md5_secret[CRYPTO_MD5_SECRET_SIZE];

/* ---- configurations ---- */

static inline void write_file(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static inline void make_scram_secret_of(
        const char *password, uint32_t iterations, char out[static SCRAM_SECRET_SIZE])
{
    struct scram_secret secret = {.iterations = iterations, .salt_len = 16};
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];

    memcpy(secret.salt, "0123456789abcdef", 16);
    assert_int_equal(scram_derive_keys(sl_span_text(password), sl_span(secret.salt, 16), iterations,
                             client_key, server_key),
            SL_OK);
    assert_int_equal(scram_secret_set_keys(&secret, client_key, server_key), SL_OK);
    assert_int_equal(scram_secret_format(&secret, out), SL_OK);
}

static inline void make_scram_secret(const char *password, char out[static SCRAM_SECRET_SIZE])
{
    make_scram_secret_of(password, 4096, out);
}

static inline const struct conf *conf_of(const char *settings)
{
    char text[4096];
    struct conf_problems problems;

    snprintf(text, sizeof text,
            "[databases]\nshop = host=127.0.0.1\nforced = host=127.0.0.1 user=app password=pw\n"
            "[pgbouncer]\nauth_file = %s/users\nadmin_users = plain\nstats_users = scram\n%s\n",
            folder, settings);
    conf_problems_init(&problems);
    const struct conf *conf = conf_load_text("t.ini", sl_span_text(text), &problems);
    if (conf == NULL) {
        fail_msg("%s", problems.list[0].text);
    }
    conf_problems_fini(&problems);
    return conf;
}

static inline void write_users(void)
{
    char users[1024];

    snprintf(users, sizeof users,
            "\"plain\" \"right\"\n\"md5\" \"%s\"\n\"scram\" \"%s\"\n\"empty\" \"\"\n", md5_secret,
            scram_secret);
    write_file("users", users);
}

static inline int make_all(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || mailbox_init(&home) != SL_OK || jobs_start(2) != SL_OK) {
        return -1;
    }
    make_scram_secret("right", scram_secret);
    assert_int_equal(
            crypto_md5_secret(sl_span_text("right"), sl_span_text("md5"), md5_secret), SL_OK);
    write_users();
    return 0;
}

static inline int drop_all(void **state)
{
    char path[256];

    (void)state;
    jobs_stop();
    mailbox_deliver(&home, NULL);
    mailbox_fini(&home);
    auth_keys_clear();
    auth_cache_clear();
    snprintf(path, sizeof path, "%s/users", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}

/* ---- one login ---- */

struct login {
    /* What is tried. */
    const struct conf *conf;
    const char *database;
    const char *user;
    const char *password;
    struct tls_facts tls;
    bool is_console;
    bool is_unix;
    unsigned uid;
    bool drops_keys;   /* what the client derived is not to help us */
    bool client_binds; /* the client has the TLS facts too */
    struct tls_facts client_tls;
    /* What auth_query answers. */
    bool has_row;
    const char *row_secret;
    /* What came of it. */
    enum auth_verdict verdict;
    unsigned queries;
    unsigned waits;
    unsigned trace_len;
    uint32_t trace[TRACE_MAX];         /* codes of what the client was sent */
    size_t lengths[TRACE_MAX];         /* and how long it was */
    char challenge[SCRAM_MESSAGE_MAX]; /* server-first, without nonces */
    struct sl_error error;
    struct credentials credentials;
    enum auth_console console;
    enum conf_auth_type method;
};

static bool was_called;

static inline void on_auth(struct auth *auth, struct worker *worker, void *owner)
{
    (void)auth;
    (void)worker;
    (void)owner;
    was_called = true;
}

static inline void on_client(struct server_auth *auth, struct worker *worker, void *owner)
{
    (void)auth;
    (void)worker;
    (void)owner;
    was_called = true;
}

static inline void wait_for_job(void)
{
    while (!was_called) {
        struct pollfd event = {.fd = home.wake_fd, .events = POLLIN};
        assert_int_equal(poll(&event, 1, PATIENCE_MS), 1);
        mailbox_deliver(&home, NULL);
    }
    was_called = false;
}

static inline struct auth *auth_of(struct login *login)
{
    static struct sockaddr_in ip4 = {.sin_family = AF_INET};
    static struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct auth_input input = {.conf = login->conf,
            .database = conf_find_database(login->conf, login->database),
            .is_console = login->is_console,
            .database_name = login->database,
            .user = login->user,
            .peer = login->is_unix ? (struct sockaddr *)&local : (struct sockaddr *)&ip4,
            .peer_uid = login->uid,
            .tls = login->tls.is_tls ? &login->tls : NULL,
            .home = &home,
            .done = on_auth};
    struct auth *auth = auth_new(&input);

    ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_non_null(auth);
    return auth;
}

static inline enum auth_verdict settle(
        struct login *login, struct auth *auth, enum auth_verdict verdict, struct sl_buf *out)
{
    while (verdict == AUTH_WAIT || verdict == AUTH_QUERY) {
        if (verdict == AUTH_WAIT) {
            login->waits++;
            wait_for_job();
            verdict = auth_resume(auth, out);
        } else {
            login->queries++;
            verdict = auth_secret(auth, login->has_row, login->row_secret, out);
        }
    }
    return verdict;
}

/* Takes the next whole message off out; its body. */
static inline bool next_message(struct sl_buf *out, char type, struct sl_span *body)
{
    struct sl_span all = sl_buf_borrow(out);

    if (all.len == 0) {
        return false;
    }
    assert_true(all.len >= MESSAGE_HEAD);
    assert_int_equal(all.at[0], type);
    size_t len = sl_get_u32(all.at + 1) + 1u;
    assert_true(all.len >= len);
    *body = sl_span(all.at + MESSAGE_HEAD, len - MESSAGE_HEAD);
    sl_buf_consume(out, len);
    return true;
}

static inline void note(struct login *login, struct sl_span body)
{
    uint32_t code = sl_get_u32(body.at);
    char *salt;

    assert_true(login->trace_len < TRACE_MAX);
    login->trace[login->trace_len] = code;
    login->lengths[login->trace_len++] = body.len;
    if (code == 11) {
        char text[SCRAM_MESSAGE_MAX];
        snprintf(text, sizeof text, "%.*s", (int)(body.len - 4), (const char *)body.at + 4);
        salt = strstr(text, ",s=");
        assert_non_null(salt);
        snprintf(login->challenge, sizeof login->challenge, "%.500s", salt);
    }
}

/* What the client answers to all that is in from. False: it has nothing more to say. */
static inline bool client_answers(
        struct login *login, struct server_auth *client, struct sl_buf *from, struct sl_buf *to)
{
    struct sl_span body;
    enum server_auth_verdict verdict = SERVER_AUTH_MORE;

    while (verdict == SERVER_AUTH_MORE && next_message(from, BACK_AUTH, &body)) {
        note(login, body);
        verdict = server_auth_message(client, body, to);
        if (verdict == SERVER_AUTH_WAIT) {
            wait_for_job();
            verdict = server_auth_resume(client, to);
        }
    }
    return verdict == SERVER_AUTH_MORE && sl_buf_len(to) > 0;
}

static inline void run(struct login *login)
{
    struct auth *auth = auth_of(login);
    struct credentials credentials;
    struct sl_buf to_client;
    struct sl_buf to_us;
    struct sl_span body;

    credentials_init(&credentials);
    assert_int_equal(credentials_set_password(&credentials, login->password), SL_OK);
    struct server_auth_input input = {.user = login->user,
            .credentials = &credentials,
            .tls = login->client_binds ? &login->client_tls : NULL,
            .home = &home,
            .done = on_client};
    struct server_auth *client = server_auth_new(&input);
    assert_non_null(client);
    sl_buf_init(&to_client, OUT_MAX);
    sl_buf_init(&to_us, OUT_MAX);

    enum auth_verdict verdict = settle(login, auth, auth_start(auth, &to_client), &to_client);
    while (verdict == AUTH_MORE && client_answers(login, client, &to_client, &to_us)) {
        if (login->drops_keys) {
            auth_keys_clear();
        }
        assert_true(next_message(&to_us, MSG_PASSWORD, &body));
        verdict = settle(login, auth, auth_message(auth, body, &to_client), &to_client);
    }
    if (verdict == AUTH_OK) {
        client_answers(login, client, &to_client, &to_us); /* SASLFinal */
    }
    login->verdict = verdict;
    login->error = *auth_error(auth);
    login->console = auth_console(auth);
    login->method = auth_method(auth);
    credentials_init(&login->credentials);
    assert_int_equal(credentials_copy(&login->credentials, auth_credentials(auth)), SL_OK);
    sl_buf_fini(&to_client);
    sl_buf_fini(&to_us);
    auth_free(auth);
    server_auth_free(client);
    credentials_fini(&credentials);
}

static inline void forget(struct login *login)
{
    credentials_fini(&login->credentials);
    conf_unref(login->conf);
}

static inline struct login attempt(const char *settings, const char *user, const char *password)
{
    struct login login = {
            .conf = conf_of(settings), .database = "shop", .user = user, .password = password};

    run(&login);
    return login;
}

static inline void assert_refused(const struct login *login)
{
    char text[256];

    snprintf(text, sizeof text, "password authentication failed for user \"%s\"", login->user);
    assert_int_equal(login->verdict, AUTH_FAILED);
    assert_string_equal(login->error.sqlstate, "28P01");
    assert_string_equal(login->error.text, text);
}

#define PLAIN "auth_type = plain\n"
#define MD5 "auth_type = md5\n"
#define SCRAM "auth_type = scram-sha-256\n"

/* Same codes, same lengths; the nonces have one length too. */
static inline void assert_same_talk(const struct login *a, const struct login *b)
{
    assert_int_equal(a->trace_len, b->trace_len);
    for (unsigned i = 0; i < a->trace_len; i++) {
        assert_int_equal(a->trace[i], b->trace[i]);
        assert_int_equal(a->lengths[i], b->lengths[i]);
    }
    assert_string_equal(a->error.sqlstate, b->error.sqlstate);
}

static inline struct tls_facts tls_of(uint8_t first)
{
    struct tls_facts tls = {.is_tls = true, .end_point_len = 32};

    memset(tls.end_point, first, 32);
    return tls;
}

#endif
