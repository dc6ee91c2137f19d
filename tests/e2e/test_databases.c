/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_databases.c - databases and pools that come, change and go while clients
 * are there.
 */
#include "tests/support/case.h"
#include "tests/support/query.h"
#include "tests/support/sluice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static struct cluster cluster;
static struct sluice sluice;

#define SHOP "shop = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"
#define HELD "held = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_mode=session\n"
#define REST                                                                                       \
    "[pgbouncer]\n"                                                                                \
    "listen_addr = 127.0.0.1\n"                                                                    \
    "listen_port = @PORT@\n"                                                                       \
    "unix_socket_dir = @DIR@\n"                                                                    \
    "auth_type = trust\n"                                                                          \
    "auth_file = @DIR@/userlist.txt\n"                                                             \
    "admin_users = admin\n"                                                                        \
    "pool_mode = transaction\n"                                                                    \
    "workers = 2\n"                                                                                \
    "pidfile = @DIR@/pid\n"
#define INI "[databases]\n" SHOP HELD REST

static int start_cluster(void **state)
{
    (void)state;
    cluster_start(&cluster, NULL);
    return 0;
}

static int stop_cluster(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

static int start(void **state)
{
    (void)state;
    sluice_init(&sluice, &cluster);
    sluice_file(&sluice, "userlist.txt", "\"postgres\" \"\"\n\"admin\" \"\"\n");
    sluice_start(&sluice, INI);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sluice_stop(&sluice);
    return 0;
}

static char notice[512]; /* the last one of any connection */

static void keep_notice(void *arg, const char *text)
{
    (void)arg;
    snprintf(notice, sizeof(notice), "%s", text);
}

static PGconn *open_as(const char *user, const char *dbname)
{
    PGconn *conn = query_must_connect(
            "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", sluice.port, user, dbname);

    PQsetNoticeProcessor(conn, keep_notice, NULL);
    return conn;
}

static PGconn *open_console(void)
{
    return open_as("admin", "pgbouncer");
}

static void reload(PGconn *console, const char *ini)
{
    sluice_file(&sluice, "sluice.ini", ini);
    query_expect(console, "reload", "RELOAD");
}

/* Has the command been answered within ms? */
static bool is_answered(PGconn *conn, int ms)
{
    for (long end = proc_now_ms() + ms; proc_now_ms() < end; proc_pause_ms(5)) {
        assert_int_equal(PQconsumeInput(conn), 1);
        if (!PQisBusy(conn)) {
            return true;
        }
    }
    return false;
}

static void expect_result(PGconn *conn, const char *expected)
{
    PGresult *result;

    assert_true(is_answered(conn, PATIENCE_MS));
    result = PQgetResult(conn);
    assert_string_equal(query_result(result), expected);
    assert_null(PQgetResult(conn));
}

/* Until the other side has closed; its last words are then a notice to libpq, which asked nothing. */
static void expect_ended(PGconn *conn, const char *words)
{
    for (long end = proc_now_ms() + PATIENCE_MS;
            PQconsumeInput(conn) == 1 && proc_now_ms() < end;) {
        PQfreemem(PQnotifies(conn)); /* looks at what has come */
        proc_pause_ms(5);
    }
    if (strstr(notice, words) == NULL) {
        fail_msg("it ended with: %s%s", notice, PQerrorMessage(conn));
    }
    notice[0] = '\0';
}

/* ---- taken out ---- */

static void a_database_that_is_taken_out_ends_its_clients_and_no_others(void **state)
{
    PGconn *console = open_console();
    PGconn *idle = open_as("postgres", "shop");
    PGconn *busy = open_as("postgres", "shop");
    PGconn *other = open_as("postgres", "held");
    PGconn *late;

    (void)state;
    query_expect(busy, "begin", "BEGIN");
    query_expect(other, "select 1", "1");
    reload(console, "[databases]\n" HELD REST);
    expect_ended(idle, "removed from the configuration");
    expect_ended(busy, "removed from the configuration");
    query_expect(other, "select 1", "1");
    late = query_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable", sluice.port);
    assert_int_equal(PQstatus(late), CONNECTION_BAD);
    PQfinish(late);
    reload(console, INI);
    late = open_as("postgres", "shop");
    query_expect(late, "select 1", "1");
    PQfinish(late);
    PQfinish(idle);
    PQfinish(busy);
    PQfinish(other);
    PQfinish(console);
}

static void an_entry_of_its_own_is_not_what_the_fallback_makes_of_its_name(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    reload(console, "[databases]\n" HELD "* = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n" REST);
    expect_ended(conn, "removed from the configuration");
    PQfinish(conn);
    conn = open_as("postgres", "shop");
    query_expect(conn, "select 1", "1");
    reload(console, "[databases]\n" HELD "* = host=@PGDIR@ port=@PGPORT@ dbname=postgres\n" REST);
    query_expect(conn, "select 2", "2"); /* that only moved */
    reload(console, "[databases]\n" HELD REST);
    expect_ended(conn, "removed from the configuration");
    PQfinish(conn);
    PQfinish(console);
}

/* ---- moved ---- */

static void a_login_that_hangs_is_given_up_when_its_database_moves(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int deaf = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PGconn *console = open_console();
    PGconn *conn;
    char ini[2048];

    (void)state;
    assert_int_equal(bind(deaf, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(deaf, 8), 0);
    assert_int_equal(getsockname(deaf, (struct sockaddr *)&address, &len), 0);
    conn = open_as("postgres", "shop"); /* so that the next one needs no server to log in */
    query_expect(conn, "select 1", "1");
    snprintf(ini, sizeof(ini),
            "[databases]\nshop = host=127.0.0.1 port=%d pool_size=1\n" REST
            "server_connect_timeout = 600\nserver_tls_sslmode = disable\n",
            ntohs(address.sin_port));
    reload(console, ini);
    assert_int_equal(PQsendQuery(conn, "select 2"), 1);
    assert_false(is_answered(conn, 200));
    reload(console,
            "[databases]\nshop = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_size=1\n" REST
            "server_connect_timeout = 600\nserver_tls_sslmode = disable\n");
    expect_result(conn, "2");
    close(deaf);
    PQfinish(conn);
    PQfinish(console);
}

static void a_pause_does_not_wait_for_a_login_that_hangs(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int deaf = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");
    char ini[2048];

    (void)state;
    query_expect(conn, "select 1", "1");
    assert_int_equal(bind(deaf, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(deaf, 8), 0);
    assert_int_equal(getsockname(deaf, (struct sockaddr *)&address, &len), 0);
    snprintf(ini, sizeof(ini),
            "[databases]\nshop = host=127.0.0.1 port=%d pool_size=1\n" REST
            "server_connect_timeout = 600\nserver_tls_sslmode = disable\n",
            ntohs(address.sin_port));
    reload(console, ini);
    assert_int_equal(PQsendQuery(conn, "select 2"), 1);
    assert_false(is_answered(conn, 200));
    assert_int_equal(PQsendQuery(console, "pause shop"), 1);
    expect_result(console, "PAUSE");
    close(deaf);
    PQfinish(conn);
    PQfinish(console);
}

static void fast_close_ends_sessions_between_their_transactions(void **state)
{
    PGconn *console = open_console();
    PGconn *slow = open_as("postgres", "held");
    PGconn *idle;
    PGconn *busy;

    (void)state;
    query_expect(slow, "select 1", "1");
    query_expect(console, "reconnect held", "RECONNECT");
    query_expect(slow, "select 1", "1"); /* without server_fast_close a session is left alone */
    PQfinish(slow);
    reload(console, INI "server_fast_close = 1\n");
    idle = open_as("postgres", "held");
    busy = open_as("postgres", "held");
    query_expect(idle, "select 1", "1");
    query_expect(busy, "begin", "BEGIN");
    query_expect(console, "reconnect held", "RECONNECT");
    expect_ended(idle, "configuration has changed");
    query_expect(busy, "select 1", "1");
    query_expect(busy, "commit", "COMMIT");
    expect_ended(busy, "configuration has changed");
    PQfinish(idle);
    PQfinish(busy);
    PQfinish(console);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

static const struct CMUnitTest cases[] = {
        CASE(a_database_that_is_taken_out_ends_its_clients_and_no_others),
        CASE(an_entry_of_its_own_is_not_what_the_fallback_makes_of_its_name),
        CASE(a_login_that_hangs_is_given_up_when_its_database_moves),
        CASE(a_pause_does_not_wait_for_a_login_that_hangs),
        CASE(fast_close_ends_sessions_between_their_transactions),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
