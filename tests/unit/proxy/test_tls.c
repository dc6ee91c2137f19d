/* SPDX-License-Identifier: PostgreSQL */
/*
 * Both ends of a socket pair are ours: a server's context at one, a client's at the
 * other, with certificates made for the test.
 */
#include "conf/conf_load.h"
#include "proxy/jobs.h"
#include "proxy/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 30000, MEGABYTE = 1024 * 1024 };

static char folder[] = "/tmp/sluice-tls-XXXXXX";
static struct mailbox home;

/* ---- certificates ---- */

struct identity {
    X509 *certificate;
    EVP_PKEY *key;
};

static const char *path_of(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % SL_COUNT(paths)];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_files(const char *name, const struct identity *identity)
{
    char file[64];

    snprintf(file, sizeof file, "%s.crt", name);
    FILE *out = fopen(path_of(file), "w");
    assert_non_null(out);
    assert_int_equal(PEM_write_X509(out, identity->certificate), 1);
    fclose(out);
    snprintf(file, sizeof file, "%s.key", name);
    out = fopen(path_of(file), "w");
    assert_non_null(out);
    assert_int_equal(PEM_write_PrivateKey(out, identity->key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(out);
}

/* issuer NULL: an authority of its own. alt: "DNS:db.test", or NULL. */
static struct identity make_identity(
        const char *name, const char *cn, const char *alt, const struct identity *issuer)
{
    struct identity made = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    static long serial = 1;

    X509_set_version(made.certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.certificate), 3600);
    X509_set_pubkey(made.certificate, made.key);
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(made.certificate,
            issuer == NULL ? subject : X509_get_subject_name(issuer->certificate));
    X509_EXTENSION *extension =
            issuer == NULL
                    ? X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE")
            : alt != NULL ? X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt)
                          : NULL;
    if (extension != NULL) {
        X509_add_ext(made.certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    assert_true(
            X509_sign(made.certificate, issuer == NULL ? made.key : issuer->key, EVP_sha384()) > 0);
    write_files(name, &made);
    return made;
}

static void drop_identity(struct identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
}

static int make_all(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(folder) == NULL || mailbox_init(&home) != SL_OK || jobs_start(2) != SL_OK) {
        return -1;
    }
    struct identity ca = make_identity("ca", "Test CA", NULL, NULL);
    struct identity other = make_identity("other", "Other CA", NULL, NULL);
    struct identity server = make_identity("server", "db.test", "DNS:db.test,IP:127.0.0.1", &ca);
    struct identity client = make_identity("client", "alice", NULL, &ca);
    struct identity stranger = make_identity("stranger", "alice", NULL, &other);
    drop_identity(&ca);
    drop_identity(&other);
    drop_identity(&server);
    drop_identity(&client);
    drop_identity(&stranger);
    return 0;
}

static int drop_all(void **state)
{
    static const char *const names[] = {"ca", "other", "server", "client", "stranger"};
    char file[64];

    (void)state;
    jobs_stop();
    mailbox_deliver(&home, NULL);
    mailbox_fini(&home);
    for (size_t i = 0; i < SL_COUNT(names); i++) {
        snprintf(file, sizeof file, "%s.crt", names[i]);
        unlink(path_of(file));
        snprintf(file, sizeof file, "%s.key", names[i]);
        unlink(path_of(file));
    }
    rmdir(folder);
    return 0;
}

/* ---- contexts ---- */

static struct tls_context *context_of(enum tls_side side, const char *settings)
{
    char text[1024];
    char full[4096];
    struct conf_problems problems;
    struct sl_error error = {.text = ""};
    struct tls_context *context = NULL;

    /* DIR in settings stands for the folder. */
    size_t used = 0;
    for (const char *at = settings; *at != '\0' && used < sizeof text - sizeof folder;) {
        if (strncmp(at, "DIR", 3) == 0) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", folder);
            at += 3;
        } else {
            text[used++] = *at++;
        }
    }
    text[used] = '\0';
    snprintf(full, sizeof full, "[databases]\n[pgbouncer]\n%s\n", text);
    conf_problems_init(&problems);
    const struct conf *conf = conf_load_text("t.ini", sl_span_text(full), &problems);
    if (conf == NULL) { /* some mistakes are seen before OpenSSL is asked */
        print_message("%s\n", problems.list[0].text);
        assert_non_null(strstr(problems.list[0].text, "_tls"));
        conf_problems_fini(&problems);
        return NULL;
    }
    enum sl_err err = tls_context_new(conf, side, &context, &error);
    conf_unref(conf);
    conf_problems_fini(&problems);
    if (err != SL_OK) {
        print_message("%s\n", error.text);
        assert_int_equal(err, SL_ECONF);
        assert_non_null(strstr(error.text, "_tls"));
        return NULL;
    }
    assert_non_null(context);
    return context;
}

#define SERVER_FILES "client_tls_cert_file = DIR/server.crt\nclient_tls_key_file = DIR/server.key\n"
#define REQUIRE "client_tls_sslmode = require\n" SERVER_FILES
#define VERIFY_FULL "server_tls_sslmode = verify-full\nserver_tls_ca_file = DIR/ca.crt\n"

/* ---- a pair of connections ---- */

struct end {
    struct tls *tls;
    int fd;
    bool has_answer;
    enum tls_verdict verdict;
};

struct pair {
    struct end server;
    struct end client;
};

static void make_sockets(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void on_step(struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner)
{
    struct end *end = owner;

    assert_null(worker);
    assert_ptr_equal(tls, end->tls);
    end->verdict = verdict;
    end->has_answer = true;
}

static enum tls_verdict step(struct end *end)
{
    end->has_answer = false;
    assert_int_equal(tls_handshake(end->tls, &home, on_step, end), SL_OK);
    while (!end->has_answer) {
        struct pollfd event = {.fd = home.wake_fd, .events = POLLIN};
        assert_int_equal(poll(&event, 1, PATIENCE_MS), 1);
        mailbox_deliver(&home, NULL);
    }
    return end->verdict;
}

static bool is_over(const struct end *end)
{
    return end->verdict == TLS_DONE || end->verdict == TLS_FAILED;
}

static void open_pair(struct pair *pair, struct tls_context *from_clients,
        struct tls_context *to_servers, const char *host)
{
    int fds[2];

    memset(pair, 0, sizeof *pair);
    make_sockets(fds);
    pair->server.fd = fds[0];
    pair->client.fd = fds[1];
    pair->server.tls = tls_new(from_clients, fds[0], NULL, true);
    pair->client.tls = tls_new(to_servers, fds[1], host, false);
    pair->server.verdict = TLS_WANT_READ;
    pair->client.verdict = TLS_WANT_READ;
    assert_non_null(pair->server.tls);
    assert_non_null(pair->client.tls);
}

/* Until both have ended, or one has failed and the other heard of it. */
static void shake_hands(struct pair *pair)
{
    for (int turn = 0; turn < 20 && !(is_over(&pair->client) && is_over(&pair->server)); turn++) {
        if (!is_over(&pair->client)) {
            step(&pair->client);
        }
        if (!is_over(&pair->server)) {
            step(&pair->server);
        }
        if (pair->client.verdict == TLS_FAILED || pair->server.verdict == TLS_FAILED) {
            return;
        }
    }
}

static void close_pair(struct pair *pair)
{
    tls_close(pair->client.tls);
    tls_close(pair->server.tls);
}

static void open_good_pair(struct pair *pair)
{
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, REQUIRE);
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, VERIFY_FULL);

    open_pair(pair, from_clients, to_servers, "db.test");
    shake_hands(pair);
    /* A reload drops the contexts; the connections stay. */
    tls_context_unref(from_clients);
    tls_context_unref(to_servers);
    assert_string_equal(tls_error(pair->client.tls), "");
    assert_string_equal(tls_error(pair->server.tls), "");
    assert_int_equal(pair->client.verdict, TLS_DONE);
    assert_int_equal(pair->server.verdict, TLS_DONE);
}

/* ---- promises ---- */

static void bytes_go_both_ways_and_an_end_is_an_end(void **state)
{
    struct pair pair;
    char bytes[64];

    (void)state;
    open_good_pair(&pair);
    assert_int_equal(tls_recv(pair.server.tls, bytes, sizeof bytes), -1);
    assert_int_equal(errno, EAGAIN);
    assert_false(tls_pending(pair.server.tls));
    assert_int_equal(tls_send(pair.client.tls, "hello", 5), 5);
    assert_int_equal(tls_send(pair.client.tls, "world", 5), 5);
    /* Two records, one call. */
    assert_int_equal(tls_recv(pair.server.tls, bytes, sizeof bytes), 10);
    assert_memory_equal(bytes, "helloworld", 10);
    assert_int_equal(tls_send(pair.server.tls, "bye", 3), 3);
    assert_int_equal(tls_recv(pair.client.tls, bytes, 2), 2);
    assert_true(tls_pending(pair.client.tls));
    assert_int_equal(tls_recv(pair.client.tls, bytes, sizeof bytes), 1);
    tls_close(pair.client.tls);
    pair.client.tls = NULL;
    assert_int_equal(tls_recv(pair.server.tls, bytes, sizeof bytes), 0);
    assert_int_equal(tls_recv(pair.server.tls, bytes, sizeof bytes), 0);
    close_pair(&pair);
}

/* The buffers move and the socket fills up on the way. */
static void a_megabyte_arrives_whole_whatever_the_pieces(void **state)
{
    struct pair pair;
    unsigned char *sent = malloc(MEGABYTE);
    unsigned char *got = malloc(MEGABYTE);
    unsigned char copy[50000];
    size_t out = 0;
    size_t in = 0;
    bool was_full = false;

    (void)state;
    assert_true(sent != NULL && got != NULL);
    for (size_t i = 0; i < MEGABYTE; i++) {
        sent[i] = (unsigned char)(i * 7 + i / 251);
    }
    open_good_pair(&pair);
    while (in < MEGABYTE) {
        while (out < MEGABYTE) {
            size_t len = MEGABYTE - out < sizeof copy ? MEGABYTE - out : sizeof copy;
            memcpy(copy, sent + out, len);
            ssize_t n = tls_send(pair.server.tls, copy, len);
            if (n < 0) {
                assert_int_equal(errno, EAGAIN);
                was_full = true;
                break;
            }
            out += (size_t)n;
        }
        ssize_t n = tls_recv(pair.client.tls, got + in, MEGABYTE - in);
        if (n < 0) {
            assert_int_equal(errno, EAGAIN);
        } else {
            assert_true(n > 0);
            in += (size_t)n;
        }
    }
    assert_true(was_full);
    assert_memory_equal(sent, got, MEGABYTE);
    close_pair(&pair);
    free(sent);
    free(got);
}

static void what_came_with_the_handshake_is_there_without_waiting(void **state)
{
    struct pair pair;
    char bytes[16];
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, REQUIRE);
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, VERIFY_FULL);

    (void)state;
    open_pair(&pair, from_clients, to_servers, "db.test");
    while (step(&pair.client) != TLS_DONE) {
        step(&pair.server);
    }
    assert_int_equal(tls_send(pair.client.tls, "startup", 7), 7);
    assert_int_equal(step(&pair.server), TLS_DONE);
    struct pollfd event = {.fd = pair.server.fd, .events = POLLIN};
    assert_int_equal(poll(&event, 1, 0), 0); /* all of it is in OpenSSL's buffer already */
    assert_int_equal(tls_recv(pair.server.tls, bytes, sizeof bytes), 7);
    close_pair(&pair);
    tls_context_unref(from_clients);
    tls_context_unref(to_servers);
}

static void both_sides_see_the_same_end_point_and_facts(void **state)
{
    struct pair pair;
    struct tls_facts server;
    struct tls_facts client;
    char text[TLS_TEXT_MAX];

    (void)state;
    open_good_pair(&pair);
    tls_facts(pair.server.tls, &server);
    tls_facts(pair.client.tls, &client);
    assert_true(server.is_tls && client.is_tls);
    /* The certificate is signed with SHA-384 (RFC 5929). */
    assert_int_equal(server.end_point_len, 48);
    assert_int_equal(client.end_point_len, 48);
    assert_memory_equal(server.end_point, client.end_point, 48);
    assert_false(server.has_peer_certificate);
    assert_true(client.has_peer_certificate);
    assert_string_equal(client.peer_name, "db.test");
    assert_string_equal(
            tls_text(pair.server.tls, text), "TLSv1.3/TLS_AES_256_GCM_SHA384/ECDH=X25519");
    close_pair(&pair);
}

/* Who may log in to whom: the verdicts of the two ends. */
static void expect(const char *client_keys, const char *server_keys, const char *host, bool is_good)
{
    struct pair pair;
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, client_keys);
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, server_keys);

    assert_true(from_clients != NULL && to_servers != NULL);
    open_pair(&pair, from_clients, to_servers, host);
    shake_hands(&pair);
    bool is_done = pair.client.verdict == TLS_DONE && pair.server.verdict == TLS_DONE;
    if (is_done != is_good) {
        fail_msg("%s%s%s: \"%s\" \"%s\"", client_keys, server_keys, host,
                tls_error(pair.server.tls), tls_error(pair.client.tls));
    }
    if (!is_good) {
        assert_true(tls_error(pair.server.tls)[0] != '\0' || tls_error(pair.client.tls)[0] != '\0');
    }
    close_pair(&pair);
    tls_context_unref(from_clients);
    tls_context_unref(to_servers);
}

#define OTHER_CA "server_tls_ca_file = DIR/other.crt\n"

static void sslmodes_towards_servers_check_what_they_say(void **state)
{
    (void)state;
    expect(REQUIRE, VERIFY_FULL, "db.test", true);
    expect(REQUIRE, VERIFY_FULL, "127.0.0.1", true);
    expect(REQUIRE, VERIFY_FULL, "other.test", false);
    expect(REQUIRE, "server_tls_sslmode = verify-full\n" OTHER_CA, "db.test", false);
    expect(REQUIRE, "server_tls_sslmode = verify-ca\n" OTHER_CA, "db.test", false);
    expect(REQUIRE, "server_tls_sslmode = verify-ca\nserver_tls_ca_file = DIR/ca.crt\n",
            "other.test", true);
    expect(REQUIRE, "server_tls_sslmode = require\n" OTHER_CA, "other.test", true);
    expect(REQUIRE, "server_tls_sslmode = prefer\n", "other.test", true);
}

#define CA "client_tls_ca_file = DIR/ca.crt\n"
#define AS_CLIENT                                                                                  \
    "server_tls_sslmode = require\nserver_tls_cert_file = DIR/client.crt\n"                        \
    "server_tls_key_file = DIR/client.key\n"
#define AS_STRANGER                                                                                \
    "server_tls_sslmode = require\nserver_tls_cert_file = DIR/stranger.crt\n"                      \
    "server_tls_key_file = DIR/stranger.key\n"

static void sslmodes_from_clients_check_what_they_say(void **state)
{
    static const char verify[] = "client_tls_sslmode = verify-full\n" SERVER_FILES CA;

    (void)state;
    expect(verify, AS_CLIENT, "db.test", true);
    expect("client_tls_sslmode = allow\n" SERVER_FILES CA, AS_STRANGER, "db.test", true);
    assert_null(context_of(TLS_FROM_CLIENTS, "client_tls_sslmode = verify-ca\n" SERVER_FILES));
}

/* In TLS 1.3 the client is through before the server refuses: data is where it learns it. */
static void a_client_without_a_good_certificate_does_not_get_through(void **state)
{
    static const char *const clients[] = {AS_STRANGER, "server_tls_sslmode = require\n"};
    char bytes[16];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(clients); i++) {
        struct pair pair;
        struct tls_context *from_clients =
                context_of(TLS_FROM_CLIENTS, "client_tls_sslmode = verify-ca\n" SERVER_FILES CA);
        struct tls_context *to_servers = context_of(TLS_TO_SERVERS, clients[i]);
        open_pair(&pair, from_clients, to_servers, "db.test");
        shake_hands(&pair);
        assert_int_equal(pair.server.verdict, TLS_FAILED);
        assert_non_null(strstr(tls_error(pair.server.tls), "certificate"));
        assert_int_equal(tls_recv(pair.client.tls, bytes, sizeof bytes), -1);
        assert_int_equal(errno, ECONNRESET);
        assert_true(tls_error(pair.client.tls)[0] != '\0');
        close_pair(&pair);
        tls_context_unref(from_clients);
        tls_context_unref(to_servers);
    }
}

static void only_a_verified_client_certificate_counts(void **state)
{
    static const char allow[] = "client_tls_sslmode = allow\n" SERVER_FILES CA;
    static const char *const clients[] = {AS_CLIENT, AS_STRANGER, "server_tls_sslmode = require\n"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(clients); i++) {
        struct pair pair;
        struct tls_facts facts;
        struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, allow);
        struct tls_context *to_servers = context_of(TLS_TO_SERVERS, clients[i]);
        open_pair(&pair, from_clients, to_servers, "db.test");
        shake_hands(&pair);
        assert_int_equal(pair.server.verdict, TLS_DONE);
        tls_facts(pair.server.tls, &facts);
        assert_int_equal(facts.has_peer_certificate, i == 0);
        assert_string_equal(facts.peer_name, i == 0 ? "alice" : "");
        close_pair(&pair);
        tls_context_unref(from_clients);
        tls_context_unref(to_servers);
    }
}

static void a_session_is_resumed_and_still_checked(void **state)
{
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, REQUIRE);
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, VERIFY_FULL);
    struct tls_facts facts;
    char bytes[16];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pair pair;
        open_pair(&pair, from_clients, to_servers, "db.test");
        shake_hands(&pair);
        assert_int_equal(pair.client.verdict, TLS_DONE);
        assert_int_equal(tls_is_resumed(pair.client.tls), i > 0);
        assert_int_equal(tls_is_resumed(pair.server.tls), i > 0);
        tls_facts(pair.client.tls, &facts);
        assert_true(facts.has_peer_certificate);
        assert_int_equal(facts.end_point_len, 48);
        /* The ticket comes behind the handshake. */
        assert_int_equal(tls_send(pair.server.tls, "x", 1), 1);
        assert_int_equal(tls_recv(pair.client.tls, bytes, sizeof bytes), 1);
        close_pair(&pair);
    }
    tls_context_unref(from_clients);
    tls_context_unref(to_servers);
}

/* A client of another make, without ALPN or with somebody else's. */
static void shake_hands_raw(SSL *ssl, struct end *server)
{
    for (int turn = 0; turn < 20 && !is_over(server); turn++) {
        SSL_do_handshake(ssl);
        step(server);
    }
}

static void direct_tls_needs_the_right_alpn(void **state)
{
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, REQUIRE);

    (void)state;
    for (int i = 0; i < 3; i++) {
        bool is_direct = i < 2;
        int fds[2];
        make_sockets(fds);
        struct end server = {.fd = fds[0],
                .tls = tls_new(from_clients, fds[0], NULL, is_direct),
                .verdict = TLS_WANT_READ};
        SSL_CTX *raw = SSL_CTX_new(TLS_client_method());
        SSL *ssl = SSL_new(raw);
        SSL_set_fd(ssl, fds[1]);
        SSL_set_connect_state(ssl);
        if (i == 1) {
            assert_int_equal(SSL_set_alpn_protos(ssl, (const unsigned char *)"\x02h2", 3), 0);
        }
        shake_hands_raw(ssl, &server);
        /* Behind SSLRequest none is needed: drivers of before PostgreSQL 17 send none. */
        assert_int_equal(server.verdict, is_direct ? TLS_FAILED : TLS_DONE);
        SSL_free(ssl);
        SSL_CTX_free(raw);
        tls_close(server.tls);
        close(fds[1]);
    }
    tls_context_unref(from_clients);
}

static void what_is_not_tls_fails_with_a_reason(void **state)
{
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, REQUIRE);
    int fds[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        make_sockets(fds);
        struct end server = {.fd = fds[0], .tls = tls_new(from_clients, fds[0], NULL, false)};
        if (i == 0) {
            assert_int_equal(write(fds[1], "GET / HTTP/1.0\r\n\r\n", 18), 18);
        } else {
            shutdown(fds[1], SHUT_WR);
        }
        assert_int_equal(step(&server), TLS_FAILED);
        assert_non_null(strstr(tls_error(server.tls), "TLS handshake failed: "));
        tls_close(server.tls);
        close(fds[1]);
    }
    tls_context_unref(from_clients);
}

static void never_called(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner)
{
    (void)tls;
    (void)worker;
    (void)verdict;
    (void)owner;
    fail_msg("done() after tls_close()");
}

/* The number of the socket must not go to somebody else while a crypto thread may use it. */
static void closing_during_a_step_keeps_the_socket_until_its_end(void **state)
{
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, VERIFY_FULL);
    char byte;

    (void)state;
    for (int i = 0; i < 50; i++) {
        int fds[2];
        make_sockets(fds);
        struct tls *tls = tls_new(to_servers, fds[1], "db.test", false);
        assert_non_null(tls);
        assert_int_equal(tls_handshake(tls, &home, never_called, NULL), SL_OK);
        tls_close(tls);
        assert_int_not_equal(fcntl(fds[1], F_GETFD), -1);
        while (fcntl(fds[1], F_GETFD) != -1) {
            struct pollfd event = {.fd = home.wake_fd, .events = POLLIN};
            assert_int_equal(poll(&event, 1, PATIENCE_MS), 1);
            mailbox_deliver(&home, NULL);
        }
        while (read(fds[0], &byte, 1) > 0) {
        }
        assert_int_equal(read(fds[0], &byte, 1), 0);
        close(fds[0]);
    }
    tls_context_unref(to_servers);
}

static void settings_that_are_wrong_are_named(void **state)
{
    static const char *const wrong[] = {
            "client_tls_sslmode = require\n",
            "client_tls_sslmode = require\nclient_tls_cert_file = DIR/none.crt\n"
            "client_tls_key_file = DIR/server.key\n",
            "client_tls_sslmode = require\nclient_tls_cert_file = DIR/server.crt\n"
            "client_tls_key_file = DIR/client.key\n",
            REQUIRE "client_tls_protocols = tlsv9\n",
            REQUIRE "client_tls_ciphers = NOTACIPHER\n",
            REQUIRE "client_tls13_ciphers = NOTACIPHER\n",
            REQUIRE "client_tls_ecdhcurve = notacurve\n",
            REQUIRE "client_tls_dheparams = many\n",
            REQUIRE "client_tls_ca_file = DIR/none.crt\n",
    };

    (void)state;
    for (size_t i = 0; i < SL_COUNT(wrong); i++) {
        assert_null(context_of(TLS_FROM_CLIENTS, wrong[i]));
    }
}

static void protocols_and_ciphers_are_those_asked_for(void **state)
{
    struct pair pair;
    char text[TLS_TEXT_MAX];
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS,
            REQUIRE "client_tls_protocols = all:!tlsv1.3\nclient_tls_ecdhcurve = prime256v1\n"
                    "client_tls_ciphers = ECDHE-ECDSA-AES128-GCM-SHA256\n");
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, "server_tls_sslmode = require\n");

    (void)state;
    open_pair(&pair, from_clients, to_servers, "db.test");
    shake_hands(&pair);
    assert_int_equal(pair.server.verdict, TLS_DONE);
    assert_string_equal(tls_text(pair.server.tls, text),
            "TLSv1.2/ECDHE-ECDSA-AES128-GCM-SHA256/ECDH=prime256v1");
    close_pair(&pair);
    tls_context_unref(from_clients);
    tls_context_unref(to_servers);
}

/* What the two sides agree on, given these lines for each. */
static void expect_agreement(const char *clients, const char *servers, const char *expected)
{
    struct pair pair;
    char text[TLS_TEXT_MAX];
    struct tls_context *from_clients = context_of(TLS_FROM_CLIENTS, clients);
    struct tls_context *to_servers = context_of(TLS_TO_SERVERS, servers);

    assert_non_null(from_clients);
    assert_non_null(to_servers);
    open_pair(&pair, from_clients, to_servers, "db.test");
    shake_hands(&pair);
    assert_int_equal(pair.server.verdict, TLS_DONE);
    tls_text(pair.server.tls, text);
    if (strncmp(text, expected, strlen(expected)) != 0) {
        fail_msg("%s, not %s", text, expected);
    }
    close_pair(&pair);
    tls_context_unref(from_clients);
    tls_context_unref(to_servers);
}

static void servers_are_offered_what_is_set_for_them(void **state)
{
    (void)state;
    expect_agreement(REQUIRE, "server_tls_sslmode = require\n", "TLSv1.3/");
    expect_agreement(REQUIRE,
            "server_tls_sslmode = require\nserver_tls_protocols = tlsv1.2\n"
            "server_tls_ciphers = ECDHE-ECDSA-AES128-SHA256\n",
            "TLSv1.2/ECDHE-ECDSA-AES128-SHA256/");
    expect_agreement(REQUIRE,
            "server_tls_sslmode = require\nserver_tls13_ciphers = TLS_AES_128_GCM_SHA256\n",
            "TLSv1.3/TLS_AES_128_GCM_SHA256/");
}

static void clients_may_choose_of_the_tls13_suites_that_are_set(void **state)
{
    (void)state;
    expect_agreement(REQUIRE "client_tls13_ciphers = TLS_CHACHA20_POLY1305_SHA256\n",
            "server_tls_sslmode = require\n", "TLSv1.3/TLS_CHACHA20_POLY1305_SHA256/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(bytes_go_both_ways_and_an_end_is_an_end),
            cmocka_unit_test(a_megabyte_arrives_whole_whatever_the_pieces),
            cmocka_unit_test(what_came_with_the_handshake_is_there_without_waiting),
            cmocka_unit_test(both_sides_see_the_same_end_point_and_facts),
            cmocka_unit_test(sslmodes_towards_servers_check_what_they_say),
            cmocka_unit_test(sslmodes_from_clients_check_what_they_say),
            cmocka_unit_test(a_client_without_a_good_certificate_does_not_get_through),
            cmocka_unit_test(only_a_verified_client_certificate_counts),
            cmocka_unit_test(a_session_is_resumed_and_still_checked),
            cmocka_unit_test(direct_tls_needs_the_right_alpn),
            cmocka_unit_test(what_is_not_tls_fails_with_a_reason),
            cmocka_unit_test(closing_during_a_step_keeps_the_socket_until_its_end),
            cmocka_unit_test(settings_that_are_wrong_are_named),
            cmocka_unit_test(protocols_and_ciphers_are_those_asked_for),
            cmocka_unit_test(servers_are_offered_what_is_set_for_them),
            cmocka_unit_test(clients_may_choose_of_the_tls13_suites_that_are_set),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
