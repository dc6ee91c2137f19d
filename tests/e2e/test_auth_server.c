/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_auth_server.c - how Sluice proves to servers who it is: every method
 * PostgreSQL asks for, with what a user list, a database's line, auth_query or the
 * client itself gives; and TLS to servers by every sslmode.
 *
 * The roles are named for what pg_hba.conf asks of them; the password of role x is "pw-x".
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"
#include "tests/support/tls.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WRONG "FATAL:  28P01: password authentication failed for user"

static const char server_hba[] = "local all all trust\n"
                                 "host all trusted 127.0.0.0/8 trust\n"
                                 "host all md5 127.0.0.0/8 md5\n"
                                 "host all scram 127.0.0.0/8 scram-sha-256\n"
                                 "host all plain 127.0.0.0/8 password\n"
                                 "hostssl all certified 127.0.0.0/8 cert\n"
                                 "host all rejected 127.0.0.0/8 reject\n";

/* The cases' databases: one for each way to a password. */
static const char ini_head[] =
        "[databases]\n"
        "own = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"
        "trusted = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=trusted\n"
        "md5 = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=md5 password=pw-md5\n"
        "scram = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=scram password=pw-scram\n"
        "plain = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=plain password=pw-plain\n"
        "certified = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=certified\n"
        "listed = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=scram\n"
        "rejected = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=rejected\n"
        "wrong = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=scram password=pw-x\n"
        "wrong_md5 = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=md5 password=pw-x\n"
        "wrong_plain = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=plain password=pw-x\n"
        "local = host=@PGDIR@ port=@PGPORT@ dbname=postgres user=rejected\n"
        "elsewhere = host=127.0.0.2 port=@PGPORT@ dbname=postgres user=trusted\n"
        "[pgbouncer]\n"
        "listen_addr = 127.0.0.1\n"
        "listen_port = @PORT@\n"
        "auth_file = @DIR@/userlist.txt\n"
        "pool_mode = transaction\n"
        "server_login_retry = 1\n";

static int start_own_cluster(void **state)
{
    const struct cluster_options options = {.hba = server_hba,
            .tls = true,
            .conf = "listen_addresses = '127.0.0.1,127.0.0.2'\n"
                    "log_connections = on\n"};

    (void)state;
    cluster_start(&cluster, &options);
    tls_client(cluster.dir, "certified", "certified");
    cluster_sql(&cluster, "set password_encryption = 'md5';"
                          "create role md5 login password 'pw-md5';"
                          "set password_encryption = 'scram-sha-256';"
                          "create role scram login password 'pw-scram';"
                          "create role plain login password 'pw-plain';"
                          "create role trusted login superuser;"
                          "create role certified login;"
                          "create role rejected login");
    return 0;
}

static int make_files(void **state)
{
    (void)prepare(state);
    sluice_file(&sluice, "userlist.txt", "\"trusted\" \"\"\n");
    return 0;
}

static void start_with(const char *settings)
{
    char ini[8192];

    snprintf(ini, sizeof(ini), "%s%s", ini_head, settings);
    sluice_start(&sluice, ini);
}

static void expect(const char *outcome, const char *database, const char *user)
{
    login_expect(outcome, "host=127.0.0.1 port=%d sslmode=disable dbname=%s user=%s password=pw-%s",
            sluice.port, database, user, user);
}

/* ---- methods ---- */

static void servers_are_given_the_password_of_the_database(void **state)
{
    (void)state;
    start_with("auth_type = trust\n");
    expect("ok", "trusted", "trusted");
    expect("ok", "md5", "trusted");
    expect("ok", "scram", "trusted");
    expect("ok", "plain", "trusted");
    expect("ok", "local", "trusted");
}

static void servers_are_given_the_password_of_the_user_list(void **state)
{
    (void)state;
    sluice_file(&sluice, "userlist.txt",
            "\"trusted\" \"\"\n\"scram\" \"pw-scram\"\n"
            "\"md5\" \"pw-md5\"\n\"plain\" \"pw-plain\"\n");
    start_with("auth_type = trust\n");
    expect("ok", "own", "scram");
    expect("ok", "own", "md5");
    expect("ok", "own", "plain");
    expect("ok", "listed", "trusted"); /* another user than the client */
}

/* The one who logs in and the one whom servers see have a password each. */
static void a_forced_user_has_a_password_of_its_own(void **state)
{
    (void)state;
    sluice_file(&sluice, "userlist.txt", "\"plain\" \"pw-plain\"\n\"scram\" \"pw-scram\"\n");
    start_with("auth_type = md5\n");
    expect("ok", "listed", "plain");
    expect("ok", "own", "plain");
}

static void end_servers_of(const char *role)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = '%s'",
            role);
    cluster_sql(&cluster, sql);
}

/* Who said the password in plain knew more than who proves it; but it holds no longer. */
static void what_a_server_refused_is_given_up_for_what_is_said_since(void **state)
{
    (void)state;
    tls_make(sluice.dir, NULL);
    sluice_file(&sluice, "hba",
            "hostssl all all 127.0.0.1/32 password\n"
            "hostnossl all all 127.0.0.1/32 scram-sha-256\n");
    start_with("auth_user = trusted\nauth_type = hba\nauth_hba_file = @DIR@/hba\n"
               "client_tls_sslmode = allow\n"
               "client_tls_cert_file = @DIR@/tls/server.crt\n"
               "client_tls_key_file = @DIR@/tls/server.key\n");
    login_expect("ok",
            "host=127.0.0.1 port=%d sslmode=require dbname=own user=scram password=pw-scram",
            sluice.port);
    cluster_sql(&cluster, "alter role scram password 'pw-other'");
    end_servers_of("scram");
    /* Two may fail: by the secret that is kept, and by the password that the server refuses. */
    for (int i = 0; i < 2; i++) {
        (void)login_try(
                "host=127.0.0.1 port=%d sslmode=disable dbname=own user=scram password=pw-other",
                sluice.port);
    }
    login_expect("ok",
            "host=127.0.0.1 port=%d sslmode=disable dbname=own user=scram password=pw-other",
            sluice.port);
    cluster_sql(&cluster, "alter role scram password 'pw-scram'");
}

/* A password of the list that the server refuses; the list is corrected, nobody logs in anew. */
static void a_corrected_user_list_serves_those_who_are_here(void **state)
{
    char ini[8192];
    PGconn *conn;
    long end = proc_now_ms() + 20000;

    (void)state;
    sluice_file(&sluice, "userlist.txt", "\"scram\" \"pw-scram\"\n");
    start_with("auth_type = trust\n");
    conn = query_must_connect(
            "host=127.0.0.1 port=%d sslmode=disable dbname=own user=scram", sluice.port);
    query_expect(conn, "select 1", "1");
    cluster_sql(&cluster, "alter role scram password 'pw-other'");
    end_servers_of("scram");
    sluice_file(&sluice, "userlist.txt", "\"scram\" \"pw-other\"\n");
    snprintf(ini, sizeof(ini), "%sauth_type = trust\n", ini_head);
    sluice_reload(&sluice, ini);
    while (!sluice_logged(&sluice, "event=conf_reloaded") && proc_now_ms() < end) {
        proc_pause_ms(20);
    }
    query_expect(conn, "select 2", "2");
    PQfinish(conn);
    cluster_sql(&cluster, "alter role scram password 'pw-scram'");
}

static void a_password_the_server_does_not_take_is_told(void **state)
{
    (void)state;
    start_with("auth_type = trust\n");
    expect(WRONG " \"scram\"", "wrong", "trusted");
    expect(WRONG " \"md5\"", "wrong_md5", "trusted");
    expect(WRONG " \"plain\"", "wrong_plain", "trusted");
    expect("FATAL:  28000: ", "rejected", "trusted");
    expect("ok", "scram", "trusted"); /* others are none the worse */
}

static void md5_secrets_pass_through(void **state)
{
    char users[512];

    (void)state;
    snprintf(users, sizeof(users), "\"md5\" \"%s\"\n", secret_of("md5"));
    sluice_file(&sluice, "userlist.txt", users);
    start_with("auth_type = md5\n");
    expect("ok", "own", "md5");
}

/* As PgBouncer: who asks for it in the server's pg_hba.conf has chosen so. */
static void every_method_works_without_tls_too(void **state)
{
    (void)state;
    start_with("auth_type = trust\nserver_tls_sslmode = disable\n");
    expect("ok", "trusted", "trusted");
    expect("ok", "md5", "trusted");
    expect("ok", "scram", "trusted");
    expect("ok", "plain", "trusted");
    expect(WRONG " \"plain\"", "wrong_plain", "trusted");
}

static void md5_secrets_pass_through_from_auth_query(void **state)
{
    (void)state;
    start_with("auth_type = md5\nauth_user = trusted\n");
    expect("ok", "own", "md5");
    login_expect(WRONG " \"md5\"",
            "host=127.0.0.1 port=%d sslmode=disable dbname=own user=md5 password=pw-x",
            sluice.port);
}

/* Only the SCRAM secret is known; the client's proof gives the rest. */
static void scram_secrets_pass_through(void **state)
{
    char users[1024];

    (void)state;
    snprintf(users, sizeof(users), "\"scram\" \"%s\"\n\"trusted\" \"\"\n", secret_of("scram"));
    sluice_file(&sluice, "userlist.txt", users);
    start_with("auth_type = scram-sha-256\n");
    expect("ok", "own", "scram");
    expect("ok", "own", "scram");
    login_expect(WRONG " \"scram\"",
            "host=127.0.0.1 port=%d sslmode=disable dbname=own user=scram password=pw-x",
            sluice.port);
}

/* The salt in the list is not the server's: the proof is good for us, not for the server. */
static void a_scram_secret_that_is_not_the_servers_does_not_pass(void **state)
{
    char users[1024];

    (void)state;
    snprintf(users, sizeof(users), "\"scram\" \"%s\"\n", secret_of("scram"));
    sluice_file(&sluice, "userlist.txt", users);
    cluster_sql(&cluster, "set password_encryption = 'scram-sha-256';"
                          "alter role scram password 'pw-scram'");
    start_with("auth_type = scram-sha-256\n");
    assert_string_not_equal(login_try("host=127.0.0.1 port=%d sslmode=disable dbname=own "
                                      "user=scram password=pw-scram",
                                    sluice.port),
            "ok");
}

static void scram_passes_through_from_auth_query(void **state)
{
    (void)state;
    start_with("auth_type = scram-sha-256\nauth_user = trusted\n");
    expect("ok", "own", "scram");
    expect("ok", "own", "scram");
}

static void auth_query_runs_with_a_scram_user_of_its_own(void **state)
{
    (void)state;
    cluster_sql(&cluster, "set password_encryption = 'scram-sha-256';"
                          "drop role if exists asker;"
                          "create role asker login superuser password 'pw-asker'");
    cluster_hba(&cluster, "local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n");
    sluice_file(&sluice, "userlist.txt", "\"asker\" \"pw-asker\"\n");
    start_with("auth_type = scram-sha-256\nauth_user = asker\n");
    expect("ok", "own", "scram");
    expect("ok", "own", "plain");
    cluster_hba(&cluster, server_hba);
}

static void a_password_sent_in_plain_is_the_servers_too(void **state)
{
    char users[1024];

    (void)state;
    snprintf(users, sizeof(users), "\"scram\" \"%s\"\n", secret_of("scram"));
    sluice_file(&sluice, "userlist.txt", users);
    start_with("auth_type = plain\n");
    expect("ok", "own", "scram");
}

static void a_certificate_of_ours_is_shown_to_servers(void **state)
{
    (void)state;
    start_with("auth_type = trust\n"
               "server_tls_sslmode = verify-full\n"
               "server_tls_ca_file = @PGDIR@/tls/ca.crt\n"
               "server_tls_cert_file = @PGDIR@/tls/certified.crt\n"
               "server_tls_key_file = @PGDIR@/tls/certified.key\n");
    expect("ok", "certified", "trusted");
    sluice_stop(&sluice);
    start_with("auth_type = trust\nserver_tls_sslmode = require\n");
    expect("FATAL", "certified", "trusted");
}

/* SCRAM over TLS, where PostgreSQL offers channel binding. */
static void scram_to_a_server_with_tls(void **state)
{
    (void)state;
    sluice_file(&sluice, "userlist.txt", "\"scram\" \"pw-scram\"\n\"trusted\" \"\"\n");
    start_with("auth_type = scram-sha-256\nserver_tls_sslmode = require\n");
    cluster_sql(&cluster, "alter role scram password 'pw-scram'");
    expect("ok", "own", "scram");
}

/* ---- sslmodes ---- */

/* Does a server of the database "trusted" speak TLS? "t", "f", or why there is none. */
static const char *server_tls(const char *mode, const char *settings, const char *database)
{
    char all[1024];
    static char got[LOGIN_TEXT_MAX];
    PGconn *conn;

    sluice_init(&sluice, &cluster);
    sluice_file(&sluice, "userlist.txt", "\"trusted\" \"\"\n");
    snprintf(all, sizeof(all), "auth_type = trust\nserver_tls_sslmode = %s\n%s", mode, settings);
    start_with(all);
    conn = query_connect(
            "host=127.0.0.1 port=%d sslmode=disable dbname=%s user=trusted", sluice.port, database);
    snprintf(got, sizeof(got), "%s",
            PQstatus(conn) != CONNECTION_OK
                    ? PQerrorMessage(conn)
                    : query_text(conn, "select ssl from pg_stat_ssl where pid = pg_backend_pid()"));
    PQfinish(conn);
    sluice_stop(&sluice);
    return got;
}

static void sslmodes_to_a_server_with_tls(void **state)
{
    static const char right[] = "server_tls_ca_file = @PGDIR@/tls/ca.crt\n";
    static const char other[] = "server_tls_ca_file = @PGDIR@/tls/other-ca.crt\n";

    (void)state;
    assert_string_equal(server_tls("disable", "", "trusted"), "f");
    assert_string_equal(server_tls("allow", "", "trusted"), "t"); /* as in PgBouncer */
    assert_string_equal(server_tls("prefer", "", "trusted"), "t");
    assert_string_equal(server_tls("prefer", other, "trusted"), "t"); /* nothing is verified */
    assert_string_equal(server_tls("require", other, "trusted"), "t");
    assert_string_equal(server_tls("require", "", "trusted"), "t");
    assert_string_equal(server_tls("verify-ca", right, "trusted"), "t");
    assert_string_equal(server_tls("verify-ca", right, "elsewhere"), "t");
    assert_string_equal(server_tls("verify-full", right, "trusted"), "t");
    /* The wrong authority, and a name that is not in the certificate. */
    assert_non_null(strstr(server_tls("verify-ca", other, "trusted"), "FATAL"));
    assert_non_null(strstr(server_tls("verify-full", other, "trusted"), "FATAL"));
    assert_non_null(strstr(server_tls("verify-full", right, "elsewhere"), "FATAL"));
}

static void wait_for_ssl(const char *value)
{
    long end = proc_now_ms() + SOON_MS;
    const char *got;

    do {
        PGconn *conn = query_must_connect(
                "host=%s port=%d user=postgres dbname=postgres", cluster.dir, cluster.port);
        got = query_text(conn, "show ssl");
        PQfinish(conn);
        proc_pause_ms(20);
    } while (strcmp(got, value) != 0 && proc_now_ms() < end);
    assert_string_equal(got, value);
    proc_pause_ms(200); /* the postmaster's own turn */
}

static void sslmodes_to_a_server_without_tls(void **state)
{
    (void)state;
    cluster_sql(&cluster, "alter system set ssl = off");
    cluster_sql(&cluster, "select pg_reload_conf()");
    wait_for_ssl("off");
    assert_string_equal(server_tls("disable", "", "trusted"), "f");
    assert_string_equal(server_tls("allow", "", "trusted"), "f");
    assert_string_equal(server_tls("prefer", "", "trusted"), "f");
    assert_non_null(strstr(server_tls("require", "", "trusted"), "FATAL"));
    assert_non_null(
            strstr(server_tls("verify-ca", "server_tls_ca_file = @PGDIR@/tls/ca.crt\n", "trusted"),
                    "FATAL"));
    assert_non_null(strstr(
            server_tls("verify-full", "server_tls_ca_file = @PGDIR@/tls/ca.crt\n", "trusted"),
            "FATAL"));
    cluster_sql(&cluster, "alter system reset ssl");
    cluster_sql(&cluster, "select pg_reload_conf()");
    wait_for_ssl("on");
}

/* A server of ours says this to SSLRequest; what Sluice says then, and what its client is told. */
static void answer_ssl_request(const char *answer, size_t len, const char *told)
{
    static const char ssl_request[8] = {0, 0, 0, 8, 4, (char)0xd2, 22, 47};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    char text[LOGIN_TEXT_MAX];
    char got[512] = {0};
    char ini[1024];
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    sluice_init(&sluice, &cluster);
    sluice_file(&sluice, "userlist.txt", "\"trusted\" \"\"\n");
    snprintf(ini, sizeof(ini),
            "[databases]\nfake = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            "listen_port = @PORT@\nauth_file = @DIR@/userlist.txt\nauth_type = trust\n"
            "server_tls_sslmode = prefer\n",
            ntohs(address.sin_port));
    sluice_start(&sluice, ini);
    int client = login_dial(sluice.port);
    size_t startup = login_startup(text, "trusted", "fake");
    assert_int_equal(send(client, text, startup, MSG_NOSIGNAL), startup);
    int server = accept(listener, NULL, NULL);
    assert_true(server >= 0);
    assert_int_equal(login_read(server, got, sizeof(ssl_request)), sizeof(ssl_request));
    assert_memory_equal(got, ssl_request, sizeof(ssl_request));
    assert_int_equal(send(server, answer, len, MSG_NOSIGNAL), len);
    /* No startup packet, no password: the end. */
    assert_int_equal(login_read(server, got, 1), 0);
    size_t error = login_read(client, got, sizeof(got) - 1);
    assert_true(error > 7 && got[0] == 'E');
    got[error] = '\0';
    for (size_t i = 0; i < error; i++) {
        got[i] = got[i] == '\0' ? ' ' : got[i];
    }
    assert_non_null(strstr(got, "FATAL"));
    assert_non_null(strstr(got, told));
    close(client);
    close(server);
    close(listener);
    sluice_stop(&sluice);
}

/* Somebody in between may not put words into a server's mouth before TLS began. */
static void nothing_may_come_behind_a_servers_answer(void **state)
{
    static const char ok[] = "R\0\0\0\10\0\0\0\0";
    char answer[16];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        answer[0] = i == 0 ? 'S' : 'N';
        memcpy(answer + 1, ok, sizeof(ok));
        answer_ssl_request(answer, sizeof(ok), "SSLRequest");
    }
    answer_ssl_request("X", 1, "SSLRequest");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_files, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(servers_are_given_the_password_of_the_database),
            CASE(servers_are_given_the_password_of_the_user_list),
            CASE(a_forced_user_has_a_password_of_its_own),
            CASE(what_a_server_refused_is_given_up_for_what_is_said_since),
            CASE(a_corrected_user_list_serves_those_who_are_here),
            CASE(a_password_the_server_does_not_take_is_told),
            CASE(every_method_works_without_tls_too),
            CASE(md5_secrets_pass_through),
            CASE(md5_secrets_pass_through_from_auth_query),
            CASE(scram_secrets_pass_through),
            CASE(a_scram_secret_that_is_not_the_servers_does_not_pass),
            CASE(scram_passes_through_from_auth_query),
            CASE(auth_query_runs_with_a_scram_user_of_its_own),
            CASE(a_password_sent_in_plain_is_the_servers_too),
            CASE(a_certificate_of_ours_is_shown_to_servers),
            CASE(scram_to_a_server_with_tls),
            cmocka_unit_test(sslmodes_to_a_server_with_tls),
            cmocka_unit_test(sslmodes_to_a_server_without_tls),
            cmocka_unit_test(nothing_may_come_behind_a_servers_answer),
    };

    return case_run(cases, CASE_COUNT(cases), start_own_cluster, stop_cluster);
}
