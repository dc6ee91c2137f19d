/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_lines.c - what a line of [databases] or [users] makes of a connection, as
 * PostgreSQL sees it, and what each client's session begins with.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <string.h>

#define AT AT_CLUSTER " "

static int start_own_cluster(void **state)
{
    const struct cluster_options options = {.conf = "listen_addresses = '127.0.0.1,127.0.0.2'\n"};

    (void)state;
    cluster_start(&cluster, &options);
    cluster_sql(&cluster, "create role one login");
    cluster_sql(&cluster, "create role two login");
    cluster_sql(&cluster, "create database shop");
    return 0;
}

static void expect_of(const char *dbname, const char *sql, const char *expected)
{
    PGconn *conn = open_as("postgres", dbname);

    query_expect(conn, sql, expected);
    PQfinish(conn);
}

/* ---- which database, where, as whom ---- */

static void the_line_says_which_database_where_and_as_whom(void **state)
{
    static const char at[] = "select current_database(), host(inet_server_addr()), session_user";

    (void)state;
    sluice_start(&sluice, "[databases]\n"
                          "shop = " AT "\n"
                          "renamed = " AT "dbname=shop\n"
                          "forced = " AT "dbname=shop user=one\n"
                          "second = host=127.0.0.2 port=@PGPORT@ dbname=shop\n"
                          "listed = host=127.0.0.3,127.0.0.2 port=1,@PGPORT@ dbname=shop\n"
                          "local = host=@PGDIR@ port=@PGPORT@ dbname=shop\n"
                          "* = " AT "user=two\n" INI_ALONE);
    expect_of("shop", at, "shop|127.0.0.1|postgres");
    expect_of("renamed", at, "shop|127.0.0.1|postgres");
    expect_of("forced", at, "shop|127.0.0.1|one");
    expect_of("second", at, "shop|127.0.0.2|postgres");
    expect_of("listed", at, "shop|127.0.0.2|postgres");
    expect_of("local", at, "shop|<null>|postgres");
    expect_of("postgres", at, "postgres|127.0.0.1|two");
}

static void the_line_says_what_servers_start_with(void **state)
{
    static const char settings[] =
            "select current_setting('client_encoding'), current_setting('datestyle'), "
            "current_setting('timezone'), current_setting('application_name')";
    PGconn *conn;

    (void)state;
    sluice_start(&sluice,
            "[databases]\n"
            "db = " AT "dbname=shop client_encoding=LATIN1 datestyle='SQL, DMY' "
            "timezone=Europe/Riga application_name=behind\n" INI_ALONE "pool_mode = transaction\n");
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable "
                              "client_encoding=''",
            sluice.port);
    query_expect(conn, settings, "LATIN1|SQL, DMY|Europe/Riga|behind");
    PQfinish(conn);
}

/* ---- pool_mode ---- */

/* A session keeps its server to itself; else the next client is given it. */
static void expect_mode(const char *user, const char *dbname, bool is_session)
{
    PGconn *first = open_as(user, dbname);
    PGconn *second;
    char pid[32];

    snprintf(pid, sizeof(pid), "%s", query_text(first, "select pg_backend_pid()"));
    second = open_as(user, dbname);
    if (is_session) {
        assert_string_not_equal(query_text(second, "select pg_backend_pid()"), pid);
    } else {
        query_expect(second, "select pg_backend_pid()", pid);
    }
    PQfinish(first);
    PQfinish(second);
}

static void the_user_then_the_database_then_the_rest_say_the_pool_mode(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice,
            "[databases]\n"
            "shop = " AT "\n"
            "shared = " AT "dbname=shop pool_mode=transaction\n"
            "single = " AT "dbname=shop pool_mode=statement\n"
            "[users]\none = pool_mode=transaction\ntwo = pool_mode=session\n" NO_CATALOGS INI_MAIN
            "pool_mode = session\n");
    expect_mode("postgres", "shop", true);
    expect_mode("postgres", "shared", false);
    expect_mode("one", "shop", false);
    expect_mode("two", "shared", true);
    expect_mode("postgres", "single", false);
    conn = open_as("postgres", "single"); /* which a transaction ends */
    query_text(conn, "begin");
    query_expect_start(conn, "select 1", "ERROR");
    PQfinish(conn);
    soon_logged(&sluice, "transaction blocks not allowed in statement pooling");
}

/* ---- who the client is ---- */

static void an_application_name_may_have_the_clients_address(void **state)
{
    PGconn *conn;
    char name[64];

    (void)state;
    sluice_start(
            &sluice, "[databases]\nshop = " AT "\n" INI_ALONE "application_name_add_host = 1\n");
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable "
                              "application_name=till",
            sluice.port);
    snprintf(name, sizeof(name), "%s", query_text(conn, "show application_name"));
    assert_int_equal(strncmp(name, "till - 127.0.0.1:", 17), 0);
    query_expect(conn, "set application_name = 'other'", "SET");
    query_expect(conn, "show application_name", "other");
    PQfinish(conn);
}

/* In session pooling a query is asked twice on one server, in transaction pooling on any. */
static void an_application_name_is_ascii(void **state)
{
    static const char *const modes[] = {"session", "transaction"};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        char ini[1024];
        snprintf(ini, sizeof ini, "[databases]\nshop = " AT "\n" INI_ALONE "pool_mode = %s\n",
                modes[i]);
        sluice_start(&sluice, ini);
        PGconn *conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop "
                                          "sslmode=disable application_name=zq\xff",
                sluice.port);
        assert_string_equal(PQparameterStatus(conn, "application_name"), "zq?");
        query_expect(conn, "select 2", "2");
        query_expect(conn, "show application_name", "zq?");
        query_expect(conn, "reset all", "RESET");
        query_expect(conn, "show application_name", "zq?");
        PQfinish(conn);
        sluice_stop(&sluice);
    }
}

/* The other startup parameters are kept, and servers are started with them. */
static void startup_parameters_on_the_list_are_dropped(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, "[databases]\nshop = " AT "\n" INI_ALONE);
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable "
                              "options='-c work_mem=2MB'",
            sluice.port);
    query_expect(conn, "show work_mem", "2MB");
    PQfinish(conn);
    sluice_stop(&sluice);
    sluice_start(&sluice, "[databases]\nshop = " AT "\n" INI_ALONE
                          "ignore_startup_parameters = extra_float_digits, Options\n");
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable "
                              "options='-c work_mem=2MB'",
            sluice.port);
    query_expect(conn, "show work_mem", "4MB");
    PQfinish(conn);
    sluice_stop(&sluice);
    /* Of those inside options too; what the list does not name is kept. */
    sluice_start(&sluice,
            "[databases]\nshop = " AT "\n" INI_ALONE "ignore_startup_parameters = work_mem\n");
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable "
                              "options='-c work_mem=2MB -c geqo=off'",
            sluice.port);
    query_expect(conn, "select current_setting('work_mem'), current_setting('geqo')", "4MB|off");
    PQfinish(conn);
}

/* ---- another file ---- */

static void conffile_is_what_the_next_reload_reads(void **state)
{
    char sql[PROC_PATH_MAX + 64];
    PGconn *console;

    (void)state;
    sluice_start(&sluice, "[databases]\nshop = " AT "\n" INI_ALONE);
    sluice_file(&sluice, "other.ini",
            "[databases]\nshop = " AT "\nadded = " AT "dbname=shop\n" INI_ALONE);
    console = open_console();
    snprintf(sql, sizeof(sql), "set conffile = '%s/other.ini'", sluice.dir);
    query_expect(console, sql, "SET");
    login_expect("does not exist",
            "host=127.0.0.1 port=%d user=postgres dbname=added sslmode=disable", sluice.port);
    query_expect(console, "reload", "RELOAD");
    expect_of("added", "select current_database()", "shop");
    PQfinish(console);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(the_line_says_which_database_where_and_as_whom),
        CASE(the_line_says_what_servers_start_with),
        CASE(the_user_then_the_database_then_the_rest_say_the_pool_mode),
        CASE(an_application_name_may_have_the_clients_address),
        CASE(an_application_name_is_ascii),
        CASE(startup_parameters_on_the_list_are_dropped),
        CASE(conffile_is_what_the_next_reload_reads),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_own_cluster, stop_cluster);
}
