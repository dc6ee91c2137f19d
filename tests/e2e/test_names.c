/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_names.c - the address of a name changes: a failover by DNS is followed,
 * and nobody is sent away for what the resolver did not say.
 *
 * SLUICE_BIN is tests/names/main.c here. One PostgreSQL listens on two addresses.
 */
#include "tests/support/case.h"
#include "tests/support/soon.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct cluster cluster;
static struct sluice sluice;

#define WHERE "select inet_server_addr()"
#define PID "select pg_backend_pid()"
#define MOVED "its host has another address now"
#define INI                                                                                        \
    "[databases]\n"                                                                                \
    "db = host=db.test port=@PGPORT@ dbname=postgres\n"                                            \
    "[stats]\ncatalog_memory = 0\n" /* who comes meanwhile might be given another server */        \
    "[sluice]\n"                                                                                   \
    "listen_addr = 127.0.0.1\n"                                                                    \
    "listen_port = @PORT@\n"                                                                       \
    "auth_type = trust\n"                                                                          \
    "auth_file = @DIR@/userlist.txt\n"                                                             \
    "admin_users = postgres\n"                                                                     \
    "pool_mode = transaction\n"                                                                    \
    "workers = 2\n"                                                                                \
    "dns_max_ttl = 0\n"                                                                            \
    "dns_nxdomain_ttl = 0\n"

static int start_cluster(void **state)
{
    const struct cluster_options options = {.conf = "listen_addresses = '127.0.0.1,127.0.0.2'\n"};

    (void)state;
    cluster_start(&cluster, &options);
    return 0;
}

static int stop_cluster(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

/* In one step: who reads it sees the old line or the new. */
static void name_is(const char *line)
{
    char from[PROC_PATH_MAX + 16];
    char to[PROC_PATH_MAX + 16];

    snprintf(from, sizeof(from), "%s/names.new", sluice.dir);
    snprintf(to, sizeof(to), "%s/names", sluice.dir);
    sluice_file(&sluice, "names.new", line);
    assert_int_equal(rename(from, to), 0);
}

/* And Sluice has asked: a line that it has not seen before. */
static void name_becomes(const char *line)
{
    char logged[128];

    snprintf(logged, sizeof(logged), "names: %s\n", line);
    assert_false(sluice_logged(&sluice, logged));
    name_is(line);
    soon_logged(&sluice, logged);
}

static int make_files(void **state)
{
    char path[PROC_PATH_MAX + 16];

    (void)state;
    sluice_init(&sluice, &cluster);
    sluice_file(&sluice, "userlist.txt", "\"postgres\" \"\"\n");
    snprintf(path, sizeof(path), "%s/names", sluice.dir);
    setenv("SLUICE_TEST_NAMES", path, 1); /* NOLINT(concurrency-mt-unsafe): one thread */
    name_is("db.test 127.0.0.1");
    return 0;
}

static int stop_sluice(void **state)
{
    (void)state;
    sluice_stop(&sluice);
    return 0;
}

static PGconn *open_db(const char *dbname)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable", sluice.port, dbname);
}

/* Nobody connects anew: Sluice finds out by itself. */
static void a_failover_by_name_is_followed(void **state)
{
    PGconn *idle;
    PGconn *busy;

    (void)state;
    sluice_start(&sluice, INI);
    idle = open_db("db");
    busy = open_db("db");
    query_expect(busy, "begin", "BEGIN");
    query_expect(busy, WHERE, "127.0.0.1");
    query_expect(idle, WHERE, "127.0.0.1");
    name_is("db.test 127.0.0.2");
    soon_logged(&sluice, MOVED); /* the idle one */
    query_expect(busy, WHERE, "127.0.0.1");
    query_expect(busy, "commit", "COMMIT");
    query_expect(busy, WHERE, "127.0.0.2");
    query_expect(idle, WHERE, "127.0.0.2");
    PQfinish(idle);
    PQfinish(busy);
}

/* Each answer has been taken to heart when the name is asked for again. */
static void what_still_has_its_address_stays(void **state)
{
    PGconn *conn;
    char pid[32];

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_db("db");
    snprintf(pid, sizeof(pid), "%s", query_text(conn, PID));
    name_becomes("db.test 127.0.0.2 127.0.0.1");
    name_becomes("db.test fail");
    name_becomes("db.test 127.0.0.1 127.0.0.2");
    name_becomes("db.test 127.0.0.1 127.0.0.2 127.0.0.3");
    query_expect(conn, PID, pid);
    query_expect(conn, PID, pid);
    assert_false(sluice_logged(&sluice, MOVED));
    PQfinish(conn);
}

static void a_session_keeps_its_server_unless_server_fast_close(void **state)
{
    PGconn *conn;
    PGresult *result;

    (void)state;
    sluice_start(&sluice, INI "pool_mode = session\n");
    conn = open_db("db");
    query_expect(conn, WHERE, "127.0.0.1");
    name_becomes("db.test 127.0.0.2");
    name_becomes("db.test 127.0.0.2 127.0.0.3");
    query_expect(conn, WHERE, "127.0.0.1");
    PQfinish(conn);
    soon_logged(&sluice, MOVED);
    sluice_reload(&sluice, INI "pool_mode = session\nserver_fast_close = 1\n");
    soon_logged(&sluice, "event=conf_reloaded");
    conn = open_db("db");
    query_expect(conn, WHERE, "127.0.0.2");
    name_is("db.test 127.0.0.1");
    soon_logged(&sluice, "terminating connection because its server's host has another address");
    result = PQexec(conn, "select 1");
    assert_int_not_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    PQfinish(conn);
}

/* The resolver reads from a pipe into which nobody writes; the thread is left to it. */
static void a_name_that_is_never_found_holds_up_no_end(void **state)
{
    long end = proc_now_ms() + SOON_MS;
    char path[PROC_PATH_MAX + 16];
    int fd = -1;

    (void)state;
    snprintf(path, sizeof(path), "%s/pipe", sluice.dir);
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_int_equal(chmod(path, 0666), 0); /* whatever the umask */
    setenv("SLUICE_TEST_NAMES", path, 1);   /* NOLINT(concurrency-mt-unsafe): one thread */
    sluice_start(&sluice, INI "[stats]\nhistory = host=table.test\n");
    while ((fd = open(path, O_WRONLY | O_NONBLOCK)) < 0) { /* until somebody reads */
        assert_true(proc_now_ms() < end);
        proc_pause_ms(10);
    }
    sluice_stop(&sluice);
    close(fd);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_files, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(a_failover_by_name_is_followed),
        CASE(what_still_has_its_address_stays),
        CASE(a_session_keeps_its_server_unless_server_fast_close),
        CASE(a_name_that_is_never_found_holds_up_no_end),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
