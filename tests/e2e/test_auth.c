/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_auth.c - how clients prove who they are: every method, with every
 * kind of secret, and what those who cannot are told.
 *
 * Each case starts a Sluice of its own before one PostgreSQL that trusts everybody.
 * The users' passwords are "pw-" and their names; the user list has p's in plain,
 * m's as md5, s's as SCRAM secret, and none of t's.
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

#define WRONG "FATAL:  28P01: password authentication failed for user"
#define REFUSED "FATAL:  28000: "

static const char ini_head[] = "[databases]\n"
                               "db = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"
                               "other = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"
                               "forced = host=127.0.0.1 port=@PGPORT@ dbname=postgres user=t\n"
                               "[pgbouncer]\n"
                               "listen_addr = 127.0.0.1\n"
                               "listen_port = @PORT@\n"
                               "unix_socket_dir = @PGDIR@\n"
                               "pool_mode = transaction\n"
                               "admin_users = postgres\n"
                               "server_login_retry = 1\n";

static const char tls_settings[] = "client_tls_cert_file = @DIR@/tls/server.crt\n"
                                   "client_tls_key_file = @DIR@/tls/server.key\n"
                                   "client_tls_ca_file = @DIR@/tls/ca.crt\n";

static const char with_userlist[] = "auth_file = @DIR@/userlist.txt\n";

static int start_cluster_with_roles(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, "set password_encryption = 'md5';"
                          "create role m login password 'pw-m'");
    cluster_sql(&cluster, "set password_encryption = 'scram-sha-256';"
                          "create role p login password 'pw-p';"
                          "create role s login password 'pw-s';"
                          "create role t login");
    return 0;
}

/* Before every case: a folder with a user list and certificates. */
static int make_files(void **state)
{
    char users[4096];
    char md5[256];

    (void)prepare(state);
    snprintf(md5, sizeof(md5), "%s", secret_of("m"));
    snprintf(users, sizeof(users),
            "\"p\" \"pw-p\"\n\"m\" \"%s\"\n\"s\" \"%s\"\n\"t\" \"\"\n\"postgres\" \"\"\n", md5,
            secret_of("s"));
    sluice_file(&sluice, "userlist.txt", users);
    return 0;
}

/* Settings may use the words of tests/support/sluice.h. */
static void start_with(const char *users, const char *more, const char *settings)
{
    char ini[8192];

    snprintf(ini, sizeof(ini), "%s%s%s%s", ini_head, users, more, settings);
    sluice_start(&sluice, ini);
}

/* By TCP without TLS, to database db. */
static void expect_plainly(const char *outcome, const char *user, const char *password)
{
    login_expect(outcome, "host=127.0.0.1 port=%d dbname=db sslmode=disable user=%s password='%s'",
            sluice.port, user, password);
}

static void expect_by_tls(const char *outcome, const char *user, const char *password)
{
    login_expect(outcome, "host=127.0.0.1 port=%d dbname=db sslmode=require user=%s password='%s'",
            sluice.port, user, password);
}

/* ---- methods ---- */

static void trust_lets_in_who_is_known(void **state)
{
    (void)state;
    start_with(with_userlist, "", "auth_type = trust\n");
    assert_int_equal(login_asked(sluice.port, "t", "db"), 0);
    expect_plainly("ok", "t", "");
    expect_plainly("ok", "p", "whatever");
    expect_plainly(REFUSED, "ghost", "");
}

static void any_lets_in_everybody_as_the_forced_user(void **state)
{
    PGconn *conn;

    (void)state;
    start_with("", "", "auth_type = any\n");
    conn = query_must_connect(
            "host=127.0.0.1 port=%d dbname=forced sslmode=disable user=ghost", sluice.port);
    query_expect(conn, "select current_user", "t");
    PQfinish(conn);
    expect_plainly(REFUSED, "t", ""); /* db has no user= */
}

static void plain_passwords_travel_inside_tls(void **state)
{
    (void)state;
    tls_make(sluice.dir, NULL);
    start_with(with_userlist, tls_settings, "auth_type = plain\nclient_tls_sslmode = require\n");
    expect_by_tls("ok", "p", "pw-p");
    expect_by_tls("ok", "m", "pw-m");
    expect_by_tls("ok", "s", "pw-s");
    expect_by_tls(WRONG " \"p\"", "p", "pw-m");
    expect_by_tls(WRONG " \"m\"", "m", "pw-p");
    expect_by_tls(WRONG " \"s\"", "s", "pw-p");
    expect_by_tls(WRONG " \"t\"", "t", "x");
    expect_by_tls(WRONG " \"ghost\"", "ghost", "pw-p");
    expect_plainly("FATAL", "p", "pw-p");
}

static void md5_takes_every_kind_of_secret(void **state)
{
    (void)state;
    start_with(with_userlist, "", "auth_type = md5\n");
    assert_int_equal(login_asked(sluice.port, "p", "db"), 5);
    assert_int_equal(login_asked(sluice.port, "m", "db"), 5);
    assert_int_equal(login_asked(sluice.port, "s", "db"), 10);
    expect_plainly("ok", "p", "pw-p");
    expect_plainly("ok", "m", "pw-m");
    expect_plainly("ok", "s", "pw-s");
    expect_plainly(WRONG " \"p\"", "p", "pw-x");
    expect_plainly(WRONG " \"m\"", "m", "pw-x");
    expect_plainly(WRONG " \"s\"", "s", "pw-x");
    expect_plainly(WRONG " \"ghost\"", "ghost", "pw-x");
}

static void scram_takes_plain_and_scram_secrets(void **state)
{
    (void)state;
    start_with(with_userlist, "", "auth_type = scram-sha-256\n");
    assert_int_equal(login_asked(sluice.port, "p", "db"), 10);
    assert_int_equal(login_asked(sluice.port, "ghost", "db"), 10);
    for (int round = 0; round < 3; round++) { /* the later ones may use kept keys */
        expect_plainly("ok", "p", "pw-p");
        expect_plainly("ok", "s", "pw-s");
        expect_plainly(WRONG " \"p\"", "p", "pw-s");
        expect_plainly(WRONG " \"s\"", "s", "pw-p");
        expect_plainly(WRONG " \"m\"", "m", "pw-m"); /* no way from md5 to SCRAM */
        expect_plainly(WRONG " \"t\"", "t", "x");
        expect_plainly(WRONG " \"ghost\"", "ghost", "pw-p");
    }
}

/* Of the verifier that is made from a plain password; kept ones have iterations of their own. */
static void a_plain_password_is_proved_in_scram_iterations(void **state)
{
    static const char first[] =
            "p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=abcdefghijklmnopqrstuvwx";
    char text[LOGIN_TEXT_MAX];
    size_t len;
    int fd;

    (void)state;
    start_with(with_userlist, "", "auth_type = scram-sha-256\nscram_iterations = 5003\n");
    fd = login_dial(sluice.port);
    len = login_startup(text, "p", "db");
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
    assert_int_equal(login_read(fd, text, 24), 24); /* AuthenticationSASL, SCRAM-SHA-256 */
    assert_int_equal(send(fd, first, sizeof(first) - 1, MSG_NOSIGNAL), sizeof(first) - 1);
    shutdown(fd, SHUT_WR);
    len = login_read(fd, text, sizeof(text) - 1);
    text[len] = '\0';
    assert_true(len > 9 && text[0] == 'R' && text[8] == 11);
    assert_non_null(strstr(text + 9, ",i=5003"));
    close(fd);
    expect_plainly("ok", "p", "pw-p");
}

static void scram_plus_binds_the_channel(void **state)
{
    static const char *const bindings[] = {"require", "prefer", "disable"};

    (void)state;
    tls_make(sluice.dir, NULL);
    start_with(with_userlist, tls_settings,
            "auth_type = scram-sha-256\nclient_tls_sslmode = prefer\n");
    for (size_t i = 0; i < CASE_COUNT(bindings); i++) {
        login_expect("ok",
                "host=127.0.0.1 port=%d dbname=db sslmode=require channel_binding=%s "
                "user=s password=pw-s",
                sluice.port, bindings[i]);
        login_expect("ok",
                "host=127.0.0.1 port=%d dbname=db sslmode=require channel_binding=%s "
                "user=p password=pw-p",
                sluice.port, bindings[i]);
        login_expect(WRONG,
                "host=127.0.0.1 port=%d dbname=db sslmode=require channel_binding=%s "
                "user=s password=pw-x",
                sluice.port, bindings[i]);
    }
    /* Without TLS there is no channel to bind: libpq, not Sluice, has to refuse. */
    login_expect("channel binding",
            "host=127.0.0.1 port=%d dbname=db sslmode=disable channel_binding=require user=s "
            "password=pw-s",
            sluice.port);
}

/* By TLS with a client certificate of the name given. */
static void expect_with_certificate(const char *outcome, const char *name, const char *user)
{
    login_expect(outcome,
            "host=localhost hostaddr=127.0.0.1 port=%d dbname=db sslmode=verify-full user=%s "
            "sslrootcert=%s/tls/ca.crt sslcert=%s/tls/%s.crt sslkey=%s/tls/%s.key",
            sluice.port, user, sluice.dir, sluice.dir, name, sluice.dir, name);
}

static void a_certificate_names_its_user(void **state)
{
    (void)state;
    tls_make(sluice.dir, NULL);
    tls_client(sluice.dir, "t", "t");
    tls_client(sluice.dir, "ghost", "ghost");
    start_with(with_userlist, tls_settings, "auth_type = cert\nclient_tls_sslmode = verify-full\n");
    expect_with_certificate("ok", "t", "t");
    expect_with_certificate(REFUSED, "t", "p");
    expect_with_certificate(REFUSED, "ghost", "ghost");
    assert_string_not_equal(
            login_try("host=127.0.0.1 port=%d dbname=db sslmode=require user=t sslcert=none",
                    sluice.port),
            "ok");
}

static void an_ident_map_says_whom_a_certificate_may_be(void **state)
{
    (void)state;
    tls_make(sluice.dir, NULL);
    tls_client(sluice.dir, "alice", "alice");
    tls_client(sluice.dir, "p-team", "p@team");
    sluice_file(&sluice, "ident",
            "people alice t\n"
            "people /^(.*)@team$ \\1\n");
    sluice_file(&sluice, "hba", "hostssl all all 127.0.0.1/32 cert map=people\n");
    start_with(with_userlist, tls_settings,
            "auth_type = hba\nauth_hba_file = @DIR@/hba\nauth_ident_file = @DIR@/ident\n"
            "client_tls_sslmode = verify-ca\n");
    expect_with_certificate("ok", "alice", "t");
    expect_with_certificate(REFUSED, "alice", "p");
    expect_with_certificate("ok", "p-team", "p");
    expect_with_certificate(REFUSED, "p-team", "t");
    expect_plainly("FATAL", "t", "");
}

/* psql by Unix socket as a system user other than root; its exit status. */
static int psql_as(const char *system_user, const char *user)
{
    char conninfo[512];
    char log[PROC_PATH_MAX + 16];
    char psql[] = "psql";
    char *const argv[] = {
            psql, (char[]){"-XAtc"}, (char[]){"select 'i am ' || current_user"}, conninfo, NULL};
    const struct proc_options options = {.log = log, .user = system_user};

    snprintf(log, sizeof(log), "%.200s/psql.log", cluster.dir);
    snprintf(conninfo, sizeof(conninfo), "host=%s port=%d dbname=db user=%s", cluster.dir,
            sluice.port, user);
    return proc_run(argv, &options);
}

static void peer_asks_the_kernel(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip(); /* cannot become somebody else */
    }
    sluice_file(&sluice, "ident", "pals postgres t\n");
    sluice_file(&sluice, "hba",
            "local db postgres peer\n"
            "local db t peer map=pals\n"
            "local db p peer\n");
    start_with(with_userlist, "",
            "auth_type = hba\nauth_hba_file = @DIR@/hba\nauth_ident_file = @DIR@/ident\n");
    assert_int_equal(psql_as("postgres", "postgres"), 0);
    assert_int_equal(psql_as("postgres", "t"), 0);
    assert_int_equal(psql_as("postgres", "p"), 2);
    login_expect(REFUSED, "host=%s port=%d dbname=db user=postgres", cluster.dir, sluice.port);
    expect_plainly(REFUSED, "postgres", ""); /* no line for TCP */
}

static void hba_takes_the_first_line_that_fits(void **state)
{
    (void)state;
    tls_make(sluice.dir, NULL);
    sluice_file(&sluice, "hba",
            "# a comment\n"
            "host other all 127.0.0.1/32 reject\n"
            "hostssl all m 127.0.0.1/32 trust\n"
            "hostnossl all m 127.0.0.1/32 md5\n"
            "host all s 10.0.0.0/8 trust\n"
            "host all s 127.0.0.0 255.0.0.0 scram-sha-256\n"
            "host \"db\" p 127.0.0.1/32 password\n"
            "host db t,postgres 127.0.0.1/32 trust\n");
    start_with(with_userlist, tls_settings,
            "auth_type = hba\nauth_hba_file = @DIR@/hba\nclient_tls_sslmode = allow\n");
    login_expect(
            REFUSED, "host=127.0.0.1 port=%d dbname=other sslmode=disable user=t", sluice.port);
    expect_by_tls("ok", "m", "");
    assert_int_equal(login_asked(sluice.port, "m", "db"), 5);
    expect_plainly("ok", "m", "pw-m");
    expect_plainly(WRONG, "m", "pw-x");
    assert_int_equal(login_asked(sluice.port, "s", "db"), 10);
    expect_plainly("ok", "s", "pw-s");
    assert_int_equal(login_asked(sluice.port, "p", "db"), 3);
    expect_plainly("ok", "p", "pw-p");
    expect_plainly(WRONG, "p", "pw-x");
    expect_plainly("ok", "t", "");
    expect_plainly("ok", "postgres", "");
    expect_plainly(REFUSED, "ghost", "");
}

static void hba_is_read_again_on_reload(void **state)
{
    static const char settings[] = "auth_type = hba\nauth_hba_file = @DIR@/hba\n";
    char ini[4096];
    long end = proc_now_ms() + SOON_MS;

    (void)state;
    sluice_file(&sluice, "hba", "host all t 127.0.0.1/32 reject\n");
    start_with(with_userlist, "", settings);
    expect_plainly(REFUSED, "t", "");
    sluice_file(&sluice, "hba", "host all t 127.0.0.1/32 trust\n");
    snprintf(ini, sizeof(ini), "%s%s%s", ini_head, with_userlist, settings);
    sluice_reload(&sluice, ini);
    while (login_asked(sluice.port, "t", "db") != 0 && proc_now_ms() < end) {
        proc_pause_ms(20);
    }
    expect_plainly("ok", "t", "");
}

/* ---- auth_query ---- */

static const char query_settings[] = "auth_user = asker\n"
                                     "auth_type = scram-sha-256\n";

static void make_roles(void)
{
    cluster_sql(&cluster,
            "drop role if exists asker, good, expired, later, nologin, nopassword;"
            "set password_encryption = 'scram-sha-256';"
            "create role asker login superuser;"
            "create role good login password 'pw-good';"
            "create role expired login password 'pw-expired' valid until '2001-01-01';"
            "create role later login password 'pw-later' valid until '2999-01-01';"
            "create role nologin nologin password 'pw-nologin';"
            "create role nopassword login");
}

static void auth_query_finds_secrets(void **state)
{
    (void)state;
    make_roles();
    start_with("", "", query_settings);
    for (int round = 0; round < 2; round++) { /* the second from what was kept */
        expect_plainly("ok", "good", "pw-good");
        expect_plainly("ok", "later", "pw-later");
        expect_plainly(WRONG " \"good\"", "good", "pw-x");
        expect_plainly(WRONG " \"expired\"", "expired", "pw-expired");
        expect_plainly(WRONG " \"nologin\"", "nologin", "pw-nologin");
        expect_plainly(WRONG " \"nopassword\"", "nopassword", "x");
        expect_plainly(WRONG " \"ghost\"", "ghost", "x");
    }
}

/* By SCRAM one login may be by the secret kept, whose salt has been sent; the next is not. */
static void a_changed_password_holds_soon(void **state)
{
    (void)state;
    make_roles();
    tls_make(sluice.dir, NULL);
    sluice_file(&sluice, "hba",
            "hostssl all all 127.0.0.1/32 password\n"
            "hostnossl all all 127.0.0.1/32 scram-sha-256\n");
    start_with("", tls_settings,
            "auth_user = asker\nauth_type = hba\nauth_hba_file = @DIR@/hba\n"
            "client_tls_sslmode = allow\n");
    expect_by_tls("ok", "good", "pw-good");
    cluster_sql(&cluster, "alter role good password 'pw-new'");
    expect_by_tls("ok", "good", "pw-new");
    expect_by_tls(WRONG, "good", "pw-good");
    expect_plainly("ok", "good", "pw-new");
    cluster_sql(&cluster, "alter role good password 'pw-newer'");
    (void)login_try("host=127.0.0.1 port=%d dbname=db sslmode=disable user=good password=pw-newer",
            sluice.port);
    expect_plainly("ok", "good", "pw-newer");
    expect_plainly(WRONG, "good", "pw-new");
}

/* An answer of auth_query is kept, but not for long. */
static void who_may_no_longer_log_in_is_refused_soon(void **state)
{
    static const char *const ways[] = {"alter role good valid until '2001-01-01'",
            "alter role good valid until 'infinity' nologin", "drop role good"};

    (void)state;
    make_roles();
    start_with("", "", query_settings);
    expect_plainly("ok", "good", "pw-good");
    for (size_t i = 0; i < CASE_COUNT(ways); i++) {
        long end = proc_now_ms() + 20000;
        const char *outcome;

        cluster_sql(&cluster, i == 1 ? "alter role good valid until 'infinity'" : "select 1");
        cluster_sql(&cluster, ways[i]);
        do {
            outcome = login_try(
                    "host=127.0.0.1 port=%d dbname=db sslmode=disable user=good password=pw-good",
                    sluice.port);
            proc_pause_ms(20);
        } while (strcmp(outcome, "ok") == 0 && proc_now_ms() < end);
        assert_non_null(strstr(outcome, WRONG " \"good\""));
        expect_plainly(WRONG " \"good\"", "good", "pw-good");
    }
}

static void auth_query_of_the_database_and_another_database(void **state)
{
    static const char ini[] =
            "[databases]\n"
            "db = host=127.0.0.1 port=@PGPORT@ dbname=postgres auth_user=asker auth_dbname=lookup "
            "auth_query='select * from secrets.find($1)'\n"
            "lookup = host=127.0.0.1 port=@PGPORT@ dbname=lookup\n"
            "[pgbouncer]\n"
            "listen_addr = 127.0.0.1\n"
            "listen_port = @PORT@\n"
            "auth_type = md5\n";
    char conninfo[PROC_PATH_MAX + 128];

    (void)state;
    make_roles();
    cluster_sql(&cluster, "drop database if exists lookup");
    cluster_sql(&cluster, "create database lookup");
    snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=postgres dbname=lookup", cluster.dir,
            cluster.port);
    PGconn *conn = query_must_connect("%s", conninfo);
    query_expect(conn, "create schema secrets", "CREATE SCHEMA");
    query_expect(conn,
            "create function secrets.find(n text, out text, out text) language sql as "
            "$$ select 'good', 'pw-from-function' where n = 'good' $$",
            "CREATE FUNCTION");
    PQfinish(conn);
    sluice_start(&sluice, ini);
    expect_plainly("ok", "good", "pw-from-function");
    expect_plainly(WRONG, "good", "pw-good");
    expect_plainly(WRONG, "ghost", "pw-from-function");
}

/* A sequence counts the questions, because ROLLBACK does not take it back. */
/* The first question is not answered before all have come. */
static void a_storm_of_logins_is_not_one_of_questions(void **state)
{
    static const char ini[] =
            "[databases]\n"
            "db = host=127.0.0.1 port=@PGPORT@ dbname=postgres auth_user=asker auth_dbname=lookup "
            "auth_query='select * from storm.find($1)'\n"
            "lookup = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_size=1\n"
            "[pgbouncer]\n"
            "listen_addr = 127.0.0.1\n"
            "listen_port = @PORT@\n"
            "unix_socket_dir = @DIR@\n"
            "auth_type = scram-sha-256\n";
    enum { LOGINS = 16 };
    int fds[LOGINS];
    char text[LOGIN_TEXT_MAX];
    size_t len = login_startup(text, "good", "db");

    (void)state;
    make_roles();
    cluster_sql(&cluster,
            "drop schema if exists storm cascade; create schema storm;"
            "create sequence storm.asked;"
            "create function storm.find(n text, out text, out text) language sql as $$ "
            "select 'good', 'pw-good' from "
            "(select nextval('storm.asked'), pg_advisory_xact_lock_shared(7)) x $$");
    sluice_start(&sluice, ini);
    PGconn *direct = open_direct();
    PGconn *console = query_must_connect(
            "host=%s port=%d user=pgbouncer dbname=pgbouncer", sluice.dir, sluice.port);
    query_expect(direct, "select pg_advisory_lock(7)", "");
    for (int i = 0; i < LOGINS; i++) {
        fds[i] = login_dial(sluice.port);
        assert_int_equal(send(fds[i], text, len, MSG_NOSIGNAL), len);
    }
    soon_with(console, "show lists", "login_clients|16\n");
    query_expect(direct, "select pg_advisory_unlock(7)", "t");
    for (int i = 0; i < LOGINS; i++) {
        assert_int_equal(login_read(fds[i], text, 1), 1);
        assert_int_equal(text[0], 'R');
        close(fds[i]);
    }
    assert_in_range(atoi(query_text(direct, "select last_value from storm.asked")), 1, LOGINS / 2);
    PQfinish(console);
    PQfinish(direct);
    cluster_sql(&cluster, "drop schema storm cascade");
}

/* What a client left on the server that is asked goes first; its replies are not the answer. */
static void auth_query_runs_where_a_client_left_something(void **state)
{
    (void)state;
    make_roles();
    cluster_sql(&cluster, "alter role asker password 'pw-asker'");
    start_with("", "",
            "auth_user = asker\nauth_type = scram-sha-256\n"
            "pool_mode = transaction\ndefault_pool_size = 1\n");
    PGconn *conn = query_must_connect("host=127.0.0.1 port=%d dbname=db sslmode=disable user=asker "
                                      "password=pw-asker",
            sluice.port);
    query_expect(conn, "set statement_timeout = 12345", "SET");
    expect_plainly("ok", "good", "pw-good");
    PQfinish(conn);
}

/* Somebody puts a pg_authid of their own in the way of auth_query. */
static void auth_query_has_a_fixed_search_path(void **state)
{
    (void)state;
    make_roles();
    cluster_sql(&cluster, "drop schema if exists evil cascade; create schema evil;"
                          "create table evil.pg_authid (rolname name, rolpassword text, "
                          "  rolvaliduntil timestamptz, rolcanlogin bool);"
                          "insert into evil.pg_authid values ('good', 'pw-evil', null, true);"
                          "alter role asker set search_path = evil, pg_catalog");
    start_with("", "", query_settings);
    expect_plainly(WRONG, "good", "pw-evil");
    expect_plainly("ok", "good", "pw-good");
    cluster_sql(&cluster, "drop schema evil cascade");
}

/* The answer's first bytes: type, length, code and, of SASL, the names. */
static size_t first_answer(const char *user, char *at, size_t size)
{
    char text[LOGIN_TEXT_MAX];
    int fd = login_dial(sluice.port);
    size_t len = login_startup(text, user, "db");

    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
    len = login_read(fd, at, size);
    close(fd);
    return len;
}

static void nobody_learns_who_exists(void **state)
{
    enum { HEAD = 9 };
    static const char *const users[] = {"expired", "nologin", "nopassword", "ghost"};
    char known[24];
    char unknown[24];

    (void)state;
    make_roles();
    start_with("", "", query_settings);
    assert_int_equal(first_answer("good", known, sizeof(known)), sizeof(known));
    for (size_t i = 0; i < CASE_COUNT(users); i++) {
        assert_int_equal(first_answer(users[i], unknown, sizeof(unknown)), sizeof(unknown));
        assert_memory_equal(unknown, known, sizeof(known));
    }
    sluice_stop(&sluice);

    /* All are asked for md5, so those who are not there are too. */
    sluice_file(&sluice, "userlist.txt", "\"p\" \"pw-p\"\n\"t\" \"\"\n");
    start_with(with_userlist, "", "auth_type = md5\n");
    assert_int_equal(first_answer("p", known, HEAD), HEAD);
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof(name), "ghost%d", i);
        assert_int_equal(first_answer(i == 0 ? "t" : name, unknown, HEAD), HEAD);
        assert_memory_equal(unknown, known, HEAD);
    }
}

/* All who would be asked about are told the same, whether they exist or not; at once. */
static void nobody_learns_who_exists_where_auth_query_cannot_run(void **state)
{
    static const char down[] = "[databases]\n"
                               "db = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"
                               "lookup = host=127.0.0.1 port=1\n"
                               "[pgbouncer]\n"
                               "listen_addr = 127.0.0.1\n"
                               "listen_port = @PORT@\n"
                               "auth_user = asker\n"
                               "auth_dbname = lookup\n"
                               "auth_type = %s\n"
                               "server_login_retry = 1\n";
    static const char *const methods[] = {"md5", "scram-sha-256", "plain"};
    char ini[1024];

    (void)state;
    make_roles();
    for (size_t i = 0; i < CASE_COUNT(methods); i++) {
        char known[LOGIN_TEXT_MAX];

        snprintf(ini, sizeof(ini), down, methods[i]);
        sluice_start(&sluice, ini);
        snprintf(known, sizeof(known), "%s",
                login_try("host=127.0.0.1 port=%d dbname=db sslmode=disable user=good "
                          "password=pw-good",
                        sluice.port));
        assert_non_null(strstr(known, "FATAL:  08"));
        expect_plainly(known, "ghost", "pw-good");
        expect_plainly(known, "nologin", "pw-nologin");
        expect_plainly(known, "good", "wrong");
        sluice_stop(&sluice);
        sluice_init(&sluice, &cluster);
    }
}

/* ---- who one is afterwards ---- */

static void a_forced_user_is_who_servers_see(void **state)
{
    PGconn *conn;

    (void)state;
    start_with(with_userlist, "", "auth_type = md5\n");
    conn = query_must_connect(
            "host=127.0.0.1 port=%d dbname=forced sslmode=disable user=p password=pw-p",
            sluice.port);
    query_expect(conn, "select current_user, session_user", "t|t");
    PQfinish(conn);
    login_expect(WRONG " \"p\"",
            "host=127.0.0.1 port=%d dbname=forced sslmode=disable user=p password=pw-x",
            sluice.port);
}

static void a_database_that_does_not_exist_is_told_after_the_password(void **state)
{
    (void)state;
    start_with(with_userlist, "", "auth_type = scram-sha-256\n");
    login_expect("FATAL:  3D000: ",
            "host=127.0.0.1 port=%d dbname=nowhere sslmode=disable user=p password=pw-p",
            sluice.port);
    login_expect(WRONG,
            "host=127.0.0.1 port=%d dbname=nowhere sslmode=disable user=p password=pw-x",
            sluice.port);
    login_expect(WRONG,
            "host=127.0.0.1 port=%d dbname=nowhere sslmode=disable user=ghost password=pw-x",
            sluice.port);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_files, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(trust_lets_in_who_is_known),
            CASE(any_lets_in_everybody_as_the_forced_user),
            CASE(plain_passwords_travel_inside_tls),
            CASE(md5_takes_every_kind_of_secret),
            CASE(scram_takes_plain_and_scram_secrets),
            CASE(a_plain_password_is_proved_in_scram_iterations),
            CASE(scram_plus_binds_the_channel),
            CASE(a_certificate_names_its_user),
            CASE(an_ident_map_says_whom_a_certificate_may_be),
            CASE(peer_asks_the_kernel),
            CASE(hba_takes_the_first_line_that_fits),
            CASE(hba_is_read_again_on_reload),
            CASE(auth_query_finds_secrets),
            CASE(a_changed_password_holds_soon),
            CASE(who_may_no_longer_log_in_is_refused_soon),
            CASE(auth_query_of_the_database_and_another_database),
            CASE(a_storm_of_logins_is_not_one_of_questions),
            CASE(auth_query_runs_where_a_client_left_something),
            CASE(auth_query_has_a_fixed_search_path),
            CASE(nobody_learns_who_exists),
            CASE(nobody_learns_who_exists_where_auth_query_cannot_run),
            CASE(a_forced_user_is_who_servers_see),
            CASE(a_database_that_does_not_exist_is_told_after_the_password),
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster_with_roles, stop_cluster);
}
