/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_tls.c - TLS with clients: every sslmode of ours against those of
 * libpq, client certificates, direct TLS, resumed sessions, a renewed certificate,
 * and what must not be believed because it came before the handshake.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"
#include "tests/support/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ini_head[] = "[databases]\n"
                               "db = " AT_POSTGRES "\n" INI_ALONE "pool_mode = transaction\n"
                               "client_tls_cert_file = @DIR@/tls/server.crt\n"
                               "client_tls_key_file = @DIR@/tls/server.key\n"
                               "client_tls_ca_file = @DIR@/tls/ca.crt\n";

static const char ssl_request[8] = {0, 0, 0, 8, 4, (char)0xd2, 22, 47};
static const char gss_request[8] = {0, 0, 0, 8, 4, (char)0xd2, 22, 48};

static int make_files(void **state)
{
    (void)prepare(state);
    tls_make(sluice.dir, NULL);
    return 0;
}

static void start_with(const char *settings)
{
    char ini[8192];

    snprintf(ini, sizeof(ini), "%s%s", ini_head, settings);
    sluice_start(&sluice, ini);
}

/* options: libpq's, beyond where and who. */
static void expect(const char *outcome, const char *options)
{
    login_expect(outcome, "host=localhost hostaddr=127.0.0.1 port=%d dbname=db user=postgres %s",
            sluice.port, options);
}

/* ---- sslmodes ---- */

static void without_tls_those_who_insist_are_refused(void **state)
{
    (void)state;
    start_with("client_tls_sslmode = disable\n");
    expect("ok", "sslmode=disable");
    expect("ok", "sslmode=prefer");
    expect("server does not support SSL", "sslmode=require");
}

static void allow_and_prefer_leave_it_to_the_client(void **state)
{
    static const char *const modes[] = {
            "client_tls_sslmode = allow\n", "client_tls_sslmode = prefer\n"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn;

        start_with(modes[i]);
        expect("ok", "sslmode=disable");
        expect("ok", "sslmode=require");
        conn = query_must_connect(
                "host=127.0.0.1 port=%d dbname=db user=postgres sslmode=prefer", sluice.port);
        assert_int_equal(PQsslInUse(conn), 1);
        PQfinish(conn);
        sluice_stop(&sluice);
    }
}

static void require_refuses_plain_tcp_but_not_unix_sockets(void **state)
{
    (void)state;
    start_with("client_tls_sslmode = require\n");
    expect("FATAL:  08P01: ", "sslmode=disable");
    expect("ok", "sslmode=require");
    login_expect("ok", "host=%s port=%d dbname=db user=postgres", sluice.dir, sluice.port);
}

static void the_certificate_shown_stands_up_to_verify_full(void **state)
{
    char options[PROC_PATH_MAX + 64];

    (void)state;
    start_with("client_tls_sslmode = require\n");
    snprintf(options, sizeof(options), "sslmode=verify-full sslrootcert=%s/tls/ca.crt", sluice.dir);
    expect("ok", options);
    snprintf(options, sizeof(options), "sslmode=verify-ca sslrootcert=%s/tls/other-ca.crt",
            sluice.dir);
    expect("certificate verify failed", options);
}

static void verify_modes_want_a_client_certificate(void **state)
{
    static const char *const modes[] = {
            "client_tls_sslmode = verify-ca\n", "client_tls_sslmode = verify-full\n"};
    char good[PROC_PATH_MAX * 3];
    char stranger[PROC_PATH_MAX * 3];

    (void)state;
    tls_client(sluice.dir, "postgres", "postgres");
    snprintf(good, sizeof(good),
            "sslmode=require sslcert=%s/tls/postgres.crt sslkey=%s/tls/postgres.key", sluice.dir,
            sluice.dir);
    /* Its own authority, which ours did not sign. */
    snprintf(stranger, sizeof(stranger),
            "sslmode=require sslcert=%s/tls/other-ca.crt sslkey=%s/tls/other-ca.key", sluice.dir,
            sluice.dir);
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        start_with(modes[i]);
        expect("ok", good);
        assert_string_not_equal(login_try("host=127.0.0.1 port=%d dbname=db user=postgres %s",
                                        sluice.port, stranger),
                "ok");
        assert_string_not_equal(login_try("host=127.0.0.1 port=%d dbname=db user=postgres "
                                          "sslmode=require sslcert=%s/none",
                                        sluice.port, sluice.dir),
                "ok");
        expect("FATAL", "sslmode=disable");
        sluice_stop(&sluice);
    }
}

/* Sends bytes and the rest of what an answer could be; what came back, up to size. */
static size_t ask(const char *bytes, size_t len, char *at, size_t size)
{
    int fd = login_dial(sluice.port);
    size_t got;

    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
    got = login_read(fd, at, size);
    close(fd);
    return got;
}

/* A startup packet (or anything else) that came in plain before TLS began is an attack. */
static void nothing_may_come_behind_ssl_request(void **state)
{
    char sent[LOGIN_TEXT_MAX + 8];
    char got[512];
    size_t len;

    (void)state;
    start_with("client_tls_sslmode = prefer\n");
    memcpy(sent, ssl_request, sizeof(ssl_request));
    len = sizeof(ssl_request) + login_startup(sent + sizeof(ssl_request), "postgres", "db");
    len = ask(sent, len, got, sizeof(got));
    /* Closed: with or without an error, but with no answer to the startup packet. */
    assert_true(len < sizeof(got));
    assert_null(memchr(got, 'R', len > 0 && got[0] == 'E' ? 1 : len));
    assert_false(sluice_logged(&sluice, "event=client_login"));
    expect("ok", "sslmode=require");
}

static void requests_come_once_each_in_either_order(void **state)
{
    char text[LOGIN_TEXT_MAX];
    char byte;
    int fd;

    (void)state;
    start_with("client_tls_sslmode = disable\n");
    fd = login_dial(sluice.port);
    for (int i = 0; i < 2; i++) {
        const char *request = i == 0 ? gss_request : ssl_request;

        assert_int_equal(send(fd, request, 8, MSG_NOSIGNAL), 8);
        assert_int_equal(login_read(fd, &byte, 1), 1);
        assert_int_equal(byte, 'N');
    }
    size_t len = login_startup(text, "postgres", "db");
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
    assert_int_equal(login_read(fd, text, 9), 9);
    assert_memory_equal(text, "R\0\0\0\10\0\0\0\0", 9);
    close(fd);

    fd = login_dial(sluice.port);
    assert_int_equal(send(fd, ssl_request, 8, MSG_NOSIGNAL), 8);
    assert_int_equal(login_read(fd, &byte, 1), 1);
    assert_int_equal(send(fd, ssl_request, 8, MSG_NOSIGNAL), 8);
    assert_int_not_equal(login_read(fd, &byte, 1) == 1 && byte == 'N', 1);
    close(fd);
}

/* ---- by the openssl program ---- */

/*
 * Feeds bytes to openssl s_client, which ends when its peer does, or, told nothing, once it is
 * connected; what it printed is in dir/openssl.out.
 */
static char *s_client_says(const char *options, const char *text, size_t len)
{
    char path[PROC_PATH_MAX * 2];
    FILE *file;

    snprintf(path, sizeof(path), "%s/session", sluice.dir);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
    (void)proc_shell(NULL,
            "cd '%s' && timeout 20 openssl s_client %s -connect 127.0.0.1:%d %s <session "
            ">raw.out 2>&1; tr -d '\\000' <raw.out >openssl.out",
            sluice.dir, len > 0 ? "-ign_eof" : "", sluice.port, options);
    snprintf(path, sizeof(path), "%s/openssl.out", sluice.dir);
    return proc_read(path);
}

/* A whole session, or none. */
static char *s_client(const char *options, bool with_session)
{
    static const char tail[] = "Q\0\0\0\20select 40+2\0X\0\0\0\4";
    char text[LOGIN_TEXT_MAX];
    size_t len = with_session ? login_startup(text, "postgres", "db") : 0;

    if (with_session) {
        memcpy(text + len, tail, sizeof(tail) - 1);
        len += sizeof(tail) - 1;
    }
    return s_client_says(options, text, len);
}

/* The next message, which is short; its type. */
static char read_message(int fd, char *body, size_t size)
{
    unsigned char head[5];

    assert_int_equal(login_read(fd, (char *)head, sizeof(head)), sizeof(head));
    size_t len = ((size_t)head[3] << 8 | head[4]) - 4;
    assert_true(head[1] == 0 && head[2] == 0 && len < size);
    assert_int_equal(login_read(fd, body, len), len);
    body[len] = '\0';
    return (char)head[0];
}

static void cancels_come_over_tls_too(void **state)
{
    static const char sleep_long[] = "Q\0\0\0\30select pg_sleep(60)";
    char text[LOGIN_TEXT_MAX];
    char cancel[16] = {0, 0, 0, 16, 4, (char)0xd2, 22, 46};
    char type;

    (void)state;
    start_with("client_tls_sslmode = allow\n");
    int fd = login_dial(sluice.port);
    size_t len = login_startup(text, "postgres", "db");
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
    while ((type = read_message(fd, text, sizeof(text))) != 'Z') {
        if (type == 'K') {
            memcpy(cancel + 8, text, 8);
        }
    }
    assert_int_equal(send(fd, sleep_long, 25, MSG_NOSIGNAL), 25);
    long end = proc_now_ms() + 20000;
    bool is_running = false;
    while (!is_running && proc_now_ms() < end) {
        PGconn *conn = query_must_connect(
                "host=%s port=%d user=postgres dbname=postgres", cluster.dir, cluster.port);
        is_running = strcmp(query_text(conn, "select count(*) from pg_stat_activity where query = "
                                             "'select pg_sleep(60)' and state = 'active'"),
                             "1") == 0;
        PQfinish(conn);
    }
    assert_true(is_running);
    free(s_client_says("-quiet -alpn postgresql", cancel, sizeof(cancel)));
    while ((type = read_message(fd, text, sizeof(text))) == 'T') {
    }
    assert_int_equal(type, 'E');
    assert_non_null(memmem(text, sizeof(text), "57014", 5));
    close(fd);
}

static void direct_tls_needs_its_protocol_name(void **state)
{
    char *got;

    (void)state;
    start_with("client_tls_sslmode = require\n");
    got = s_client("-quiet -alpn postgresql", true);
    assert_non_null(strstr(got, "SELECT 1"));
    assert_non_null(strstr(got, "42"));
    free(got);
    got = s_client("-quiet", true);
    assert_null(strstr(got, "SELECT 1"));
    free(got);
    got = s_client("-quiet -alpn http/1.1", true);
    assert_null(strstr(got, "SELECT 1"));
    free(got);
}

static void direct_tls_is_refused_where_tls_is(void **state)
{
    char *got;

    (void)state;
    start_with("client_tls_sslmode = disable\n");
    got = s_client("-quiet -alpn postgresql", true);
    assert_null(strstr(got, "SELECT 1"));
    free(got);
    expect("ok", "sslmode=disable");
}

static void tls_versions_are_those_allowed(void **state)
{
    char *got;

    (void)state;
    start_with("client_tls_sslmode = require\nclient_tls_protocols = tlsv1.2\n");
    got = s_client("-alpn postgresql", false);
    assert_non_null(strstr(got, "TLSv1.2"));
    free(got);
    expect("ok", "sslmode=require");
    login_expect("SSL error",
            "host=127.0.0.1 port=%d dbname=db user=postgres sslmode=require "
            "ssl_min_protocol_version=TLSv1.3",
            sluice.port);
}

/* Diffie-Hellman without curves, which only certificates of RSA have ciphers for. */
static void the_groups_of_diffie_hellman_are_those_allowed(void **state)
{
    static const struct {
        const char *value;
        const char *expected;
        bool is_found;
    } wanted[] = {{"auto", "Temp Key: DH, ", true}, {"auto", "DH, 1024 bits", false},
            {"legacy", "Temp Key: DH, 1024 bits", true}, {"none", "Temp Key: DH, ", false}};

    (void)state;
    assert_int_equal(proc_shell(NULL,
                             "cd %s/tls && openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
                             "-subj /CN=localhost -keyout server.key -out server.crt 2>/dev/null",
                             sluice.dir),
            0);
    for (size_t i = 0; i < CASE_COUNT(wanted); i++) {
        char settings[512];
        char *got;

        snprintf(settings, sizeof(settings),
                "client_tls_sslmode = require\nclient_tls_protocols = tlsv1.2\n"
                "client_tls_ciphers = DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0\n"
                "client_tls_dheparams = %s\n",
                wanted[i].value);
        start_with(settings);
        got = s_client("-alpn postgresql -cipher DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", false);
        if ((strstr(got, wanted[i].expected) != NULL) != wanted[i].is_found) {
            fail_msg("with %s: %s", wanted[i].value, got);
        }
        free(got);
        sluice_stop(&sluice);
    }
}

static void sessions_are_resumed(void **state)
{
    char *got;

    (void)state;
    start_with("client_tls_sslmode = require\n");
    got = s_client("-alpn postgresql -sess_out ticket", true);
    assert_null(strstr(got, "Reused"));
    free(got);
    got = s_client("-alpn postgresql -sess_in ticket", true);
    assert_non_null(strstr(got, "Reused"));
    assert_non_null(strstr(got, "SELECT 1"));
    free(got);
}

/* Clients go to the worker with the fewest, so here each to the next. */
static void sessions_are_resumed_by_every_worker(void **state)
{
    enum { WORKERS = 4 };
    PGconn *held[WORKERS];
    char *got;

    (void)state;
    start_with("client_tls_sslmode = require\nworkers = 4\n");
    got = s_client("-alpn postgresql -sess_out ticket", true);
    assert_null(strstr(got, "Reused"));
    free(got);
    for (int i = 0; i < WORKERS; i++) {
        got = s_client("-alpn postgresql -sess_in ticket", true);
        assert_non_null(strstr(got, "Reused"));
        assert_non_null(strstr(got, "SELECT 1"));
        free(got);
        held[i] = query_must_connect(
                "host=127.0.0.1 port=%d dbname=db user=postgres sslmode=require", sluice.port);
    }
    for (int i = 0; i < WORKERS; i++) {
        PQfinish(held[i]);
    }
}

/* The serial number of the certificate shown, as text. */
static char *serial(void)
{
    char path[PROC_PATH_MAX * 2];

    assert_int_equal(proc_shell(NULL,
                             "openssl s_client -starttls postgres -connect 127.0.0.1:%d "
                             "</dev/null 2>/dev/null | openssl x509 -noout -serial >'%s/serial'",
                             sluice.port, sluice.dir),
            0);
    snprintf(path, sizeof(path), "%s/serial", sluice.dir);
    return proc_read(path);
}

static void a_renewed_certificate_is_shown_after_reload(void **state)
{
    static const char settings[] = "client_tls_sslmode = require\n";
    char ini[8192];
    char *before;
    char *after;
    PGconn *conn;
    long end;

    (void)state;
    start_with(settings);
    before = serial();
    assert_non_null(strstr(before, "serial="));
    conn = query_must_connect(
            "host=127.0.0.1 port=%d dbname=db user=postgres sslmode=require", sluice.port);
    tls_renew(sluice.dir, NULL);
    after = serial();
    assert_string_equal(after, before);
    snprintf(ini, sizeof(ini), "%s%s", ini_head, settings);
    sluice_reload(&sluice, ini);
    end = proc_now_ms() + SOON_MS;
    do {
        free(after);
        after = serial();
    } while (strcmp(after, before) == 0 && proc_now_ms() < end);
    assert_string_not_equal(after, before);
    query_expect(conn, "select 'still here'", "still here");
    PQfinish(conn);
    expect("ok", "sslmode=require");
    free(before);
    free(after);
}

/* A session begun under other certificates proves nothing under these. */
static void a_ticket_ends_with_what_it_was_given_under(void **state)
{
    static const char settings[] = "client_tls_sslmode = verify-ca\n";
    static const char with_ticket[] = "-alpn postgresql -cert tls/postgres.crt "
                                      "-key tls/postgres.key -sess_in ticket";
    char ini[8192];
    long end = proc_now_ms() + 20000;
    char *got;

    (void)state;
    tls_client(sluice.dir, "postgres", "postgres");
    start_with(settings);
    got = s_client("-alpn postgresql -cert tls/postgres.crt -key tls/postgres.key "
                   "-sess_out ticket",
            true);
    assert_non_null(strstr(got, "SELECT 1"));
    free(got);
    got = s_client(with_ticket, true);
    assert_non_null(strstr(got, "Reused"));
    assert_non_null(strstr(got, "SELECT 1"));
    free(got);
    /* The authority that the client's certificate is from is trusted no more. */
    snprintf(ini, sizeof(ini), "%s%s", ini_head, settings);
    assert_int_equal(
            proc_shell(NULL, "cp '%s/tls/other-ca.crt' '%s/tls/ca.crt'", sluice.dir, sluice.dir),
            0);
    sluice_reload(&sluice, ini);
    while (!sluice_logged(&sluice, "event=conf_reloaded") && proc_now_ms() < end) {
        proc_pause_ms(20);
    }
    got = s_client(with_ticket, true);
    assert_null(strstr(got, "Reused"));
    assert_null(strstr(got, "SELECT 1"));
    free(got);
}

/* A certificate that cannot be read leaves the one there was. */
static void a_broken_certificate_changes_nothing(void **state)
{
    static const char settings[] = "client_tls_sslmode = require\n";
    char ini[8192];

    (void)state;
    start_with(settings);
    char *before = serial();
    sluice_file(&sluice, "tls/server.crt", "this is no certificate\n");
    snprintf(ini, sizeof(ini), "%s%s", ini_head, settings);
    sluice_reload(&sluice, ini);
    proc_pause_ms(500);
    char *after = serial();
    assert_string_equal(after, before);
    expect("ok", "sslmode=require");
    free(before);
    free(after);
}

/* ---- bulk ---- */

static void large_answers_and_questions_pass_whole(void **state)
{
    enum { LEN = 5000000 };
    char *value = malloc(LEN + 1);
    const char *values[] = {value};
    PGconn *conn;

    (void)state;
    assert_non_null(value);
    memset(value, 'v', LEN);
    value[LEN] = '\0';
    start_with("client_tls_sslmode = require\n");
    conn = query_must_connect(
            "host=127.0.0.1 port=%d dbname=db user=postgres sslmode=require", sluice.port);
    for (int round = 0; round < 3; round++) {
        assert_string_equal(query_params(conn, "select $1", 1, values), value);
        assert_int_equal(
                strlen(query_text(conn, "select repeat('x', 99) from generate_series(1, 50000)")),
                100 * 50000 - 1);
    }
    PQfinish(conn);
    free(value);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_files, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(without_tls_those_who_insist_are_refused),
            CASE(allow_and_prefer_leave_it_to_the_client),
            CASE(require_refuses_plain_tcp_but_not_unix_sockets),
            CASE(the_certificate_shown_stands_up_to_verify_full),
            CASE(verify_modes_want_a_client_certificate),
            CASE(nothing_may_come_behind_ssl_request),
            CASE(requests_come_once_each_in_either_order),
            CASE(cancels_come_over_tls_too),
            CASE(direct_tls_needs_its_protocol_name),
            CASE(direct_tls_is_refused_where_tls_is),
            CASE(tls_versions_are_those_allowed),
            CASE(the_groups_of_diffie_hellman_are_those_allowed),
            CASE(sessions_are_resumed),
            CASE(sessions_are_resumed_by_every_worker),
            CASE(a_renewed_certificate_is_shown_after_reload),
            CASE(a_ticket_ends_with_what_it_was_given_under),
            CASE(a_broken_certificate_changes_nothing),
            CASE(large_answers_and_questions_pass_whole),
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
