/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_pools.c - how many servers and clients there may be, which server is
 * used and how long it lives: by the process, by the database, by the user.
 *
 * The servers are counted at PostgreSQL.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_MAX = 4 };

static PGconn *console;

#define AT AT_POSTGRES " "
#define MAIN INI_ALONE "pool_mode = transaction\n"
#define INI "[databases]\ndb = " AT "\nother = " AT "\n" MAIN

static int start_own_cluster(void **state)
{
    const struct cluster_options options = {.conf = "listen_addresses = '127.0.0.1,127.0.0.2'\n"};

    (void)state;
    cluster_start(&cluster, &options);
    cluster_sql(&cluster, "create role one login");
    return 0;
}

static int begin(void **state)
{
    console = NULL;
    return prepare(state);
}

static int finish(void **state)
{
    PQfinish(console);
    return stop_sluice(state);
}

static void start_with(const char *ini)
{
    sluice_start(&sluice, ini);
    soon_logged(&sluice, "event=started ");
    console = open_console();
}

static PGconn *in_transaction(const char *user, const char *dbname)
{
    PGconn *conn = open_as(user, dbname);

    query_expect(conn, "begin", "BEGIN");
    return conn;
}

static const char *pid_of(PGconn *conn)
{
    return query_text(conn, "select pg_backend_pid()");
}

static int servers_now(void)
{
    PGconn *conn = query_must_connect(
            "host=%s port=%d user=postgres dbname=template1", cluster.dir, cluster.port);
    int count = (int)strtol(query_text(conn, "select count(*) from pg_stat_activity where "
                                             "datname = 'postgres'"),
            NULL, 10);

    PQfinish(conn);
    return count;
}

static void servers_soon(int wanted)
{
    int count = -1;

    for (long end = proc_now_ms() + SOON_MS; count != wanted && proc_now_ms() < end;) {
        count = servers_now();
        proc_pause_ms(10);
    }
    assert_int_equal(count, wanted);
}

static int number(const PGresult *result, int row, const char *column)
{
    return (int)strtol(PQgetvalue(result, row, PQfnumber(result, column)), NULL, 10);
}

/* One client waits, and no server is on its way. */
static void one_waits_soon(void)
{
    bool waits = false;

    for (long end = proc_now_ms() + SOON_MS; !waits && proc_now_ms() < end; proc_pause_ms(10)) {
        PGresult *result = PQexec(console, "show pools");
        int waiting = 0;
        int under_way = 0;

        for (int row = 0; row < PQntuples(result); row++) {
            waiting += number(result, row, "cl_waiting");
            under_way += number(result, row, "sv_login");
        }
        waits = waiting == 1 && under_way == 0;
        PQclear(result);
    }
    assert_true(waits);
}

/*
 * So many clients of user and dbname are in transactions at a time, no more: one of last_user
 * and last_dbname waits until one of them is done, and is given its server.
 */
static void expect_room(int room, const char *user, const char *dbname, const char *last_user,
        const char *last_dbname)
{
    PGconn *conns[ROOM_MAX] = {NULL};
    PGconn *last = open_as(last_user, last_dbname);
    int before = servers_now();

    for (int i = 0; i < room; i++) {
        conns[i] = in_transaction(user, dbname);
    }
    assert_int_equal(PQsendQuery(last, "begin"), 1);
    one_waits_soon();
    assert_in_range(servers_now(), room, before + room);
    query_expect(conns[0], "commit", "COMMIT");
    if (strcmp(user, last_user) != 0 || strcmp(dbname, last_dbname) != 0) {
        /* Of another pool: its server goes when it is closed. */
        query_expect(console, "reconnect", "RECONNECT");
    }
    soon_answered(last, "BEGIN");
    PQfinish(last);
    for (int i = 0; i < room; i++) {
        PQfinish(conns[i]);
    }
}

/* ---- servers ---- */

static void a_pool_has_its_size(void **state)
{
    (void)state;
    start_with("[databases]\ndb = " AT "\nsmall = " AT
               "pool_size=1\n[users]\none = pool_size=3\n" MAIN "default_pool_size = 2\n");
    expect_room(2, "postgres", "db", "postgres", "db");
    expect_room(1, "postgres", "small", "postgres", "small");
    expect_room(3, "one", "db", "one", "db");
    expect_room(3, "one", "small", "one", "small");
}

static void a_database_has_so_many_servers_over_all_its_users(void **state)
{
    (void)state;
    start_with("[databases]\ndb = " AT "\nsmall = " AT "max_db_connections=1\n" MAIN
               "max_db_connections = 2\n");
    expect_room(2, "postgres", "db", "one", "db");
    expect_room(1, "postgres", "small", "one", "small");
}

static void a_user_has_so_many_servers_over_all_databases(void **state)
{
    (void)state;
    start_with("[databases]\ndb = " AT "\nother = " AT
               "\n[users]\none = max_user_connections=1\n" MAIN "max_user_connections = 2\n");
    expect_room(2, "postgres", "db", "postgres", "other");
    expect_room(1, "one", "db", "one", "other");
}

static void the_reserve_serves_who_has_waited(void **state)
{
    static const char *const databases[] = {"own", "old", "db"};
    PGconn *first;

    (void)state;
    start_with("[databases]\nown = " AT "reserve_pool_size=1\nold = " AT "reserve_pool=1\ndb = " AT
               "\nnone = " AT "reserve_pool_size=0\n[users]\none = reserve_pool_size=0\n" MAIN
               "default_pool_size = 1\nreserve_pool_size = 1\nreserve_pool_timeout = 0.2\n");
    for (size_t i = 0; i < 3; i++) {
        first = in_transaction("postgres", databases[i]);
        PQfinish(in_transaction("postgres", databases[i]));
        PQfinish(first);
    }
    expect_room(1, "postgres", "none", "postgres", "none");
    expect_room(1, "one", "db", "one", "db");
}

static void the_reserve_of_a_database_or_user_needs_no_general_one(void **state)
{
    PGconn *first;

    (void)state;
    start_with("[databases]\nown = " AT "reserve_pool_size=1\ndb = " AT
               "\n[users]\none = reserve_pool_size=1\n" MAIN
               "default_pool_size = 1\nreserve_pool_timeout = 0.2\n");
    first = in_transaction("postgres", "own");
    PQfinish(in_transaction("postgres", "own"));
    PQfinish(first);
    first = in_transaction("one", "db");
    PQfinish(in_transaction("one", "db"));
    PQfinish(first);
    expect_room(1, "postgres", "db", "postgres", "db");
}

static void without_a_time_there_is_no_reserve(void **state)
{
    (void)state;
    start_with(INI "default_pool_size = 1\nreserve_pool_size = 1\nreserve_pool_timeout = 0\n");
    expect_room(1, "postgres", "db", "postgres", "db");
}

static void a_pool_with_a_client_has_its_least(void **state)
{
    PGconn *conn;

    (void)state;
    start_with(
            "[databases]\ndb = " AT "\nmore = " AT "min_pool_size=4\n" MAIN "min_pool_size = 3\n");
    assert_int_equal(servers_now(), 0);
    conn = open_as("postgres", "db");
    query_expect(conn, "select 1", "1");
    servers_soon(3);
    PQfinish(conn);
    soon_without(console, "show clients", "|db|"); /* or its pool would have its least again */
    query_expect(console, "reconnect", "RECONNECT");
    servers_soon(0);
    conn = open_as("postgres", "more");
    query_expect(conn, "select 1", "1");
    servers_soon(4);
    PQfinish(conn);
}

static void a_pool_with_a_user_of_its_own_has_its_least_without_clients(void **state)
{
    (void)state;
    start_with("[databases]\ndb = " AT "user=postgres min_pool_size=2\n" MAIN);
    servers_soon(2);
}

/* ---- clients ---- */

static void no_more_clients_than_max_client_conn(void **state)
{
    PGconn *conn;

    (void)state;
    start_with(INI "max_client_conn = 2\n"); /* one is the console's */
    conn = open_as("postgres", "db");
    login_expect("max_client_conn",
            "host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable", sluice.port);
    PQfinish(conn);
    soon_without(console, "show clients", "|db|");
    PQfinish(open_as("postgres", "db"));
}

static void expect_clients(int room, const char *user, const char *dbname, const char *last_user,
        const char *last_dbname, const char *limit)
{
    PGconn *conns[ROOM_MAX] = {NULL};
    char field[64]; /* as SHOW CLIENTS is told here: not in the middle of a pointer */

    for (int i = 0; i < room; i++) {
        conns[i] = open_as(user, dbname);
    }
    login_expect(limit, "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", sluice.port,
            last_user, last_dbname);
    for (int i = 0; i < room; i++) {
        PQfinish(conns[i]);
    }
    snprintf(field, sizeof(field), "|%s|", dbname);
    soon_without(console, "show clients", field);
}

static void a_database_has_so_many_clients(void **state)
{
    (void)state;
    start_with("[databases]\ndb = " AT "\nsmall = " AT "max_db_client_connections=1\n" MAIN
               "max_db_client_connections = 2\n");
    expect_clients(2, "postgres", "db", "one", "db", "max_db_client_connections");
    expect_clients(1, "postgres", "small", "one", "small", "max_db_client_connections");
}

static void a_user_has_so_many_clients(void **state)
{
    (void)state;
    start_with("[databases]\ndb = " AT "\nother = " AT
               "\n[users]\none = max_user_client_connections=1\n" MAIN
               "max_user_client_connections = 2\n");
    expect_clients(2, "postgres", "db", "postgres", "other", "max_user_client_connections");
    expect_clients(1, "one", "db", "one", "other", "max_user_client_connections");
}

/* ---- which server, and for how long ---- */

static void a_server_with_no_lifetime_is_used_once(void **state)
{
    PGconn *conn;
    char pid[32];

    (void)state;
    start_with(INI "server_lifetime = 0\n");
    conn = open_as("postgres", "db");
    snprintf(pid, sizeof(pid), "%s", pid_of(conn));
    assert_string_not_equal(pid_of(conn), pid);
    PQfinish(conn);
}

static void a_server_that_is_too_old_goes(void **state)
{
    PGconn *conn;

    (void)state;
    start_with("[databases]\ndb = " AT "\nshort = " AT "server_lifetime=1\n" MAIN);
    conn = open_as("postgres", "short");
    query_expect(conn, "select 1", "1");
    servers_soon(0);
    PQfinish(conn);
    soon_logged(&sluice, "server lifetime over");
    sluice_reload(&sluice, INI "server_lifetime = 1\n");
    soon_logged(&sluice, "event=conf_reloaded");
    conn = open_as("postgres", "db");
    query_expect(conn, "select 1", "1");
    servers_soon(0);
    PQfinish(conn);
}

static void a_server_that_is_idle_too_long_goes(void **state)
{
    PGconn *conn;

    (void)state;
    start_with(INI "server_idle_timeout = 1\n");
    conn = open_as("postgres", "db");
    query_expect(conn, "select 1", "1");
    servers_soon(0);
    PQfinish(conn);
    soon_logged(&sluice, "server idle timeout");
}

/* The least of one pool has been idle for longer than a server that was closed for it. */
static void the_least_of_a_pool_stays_however_idle(void **state)
{
    static const char *const pids = "select string_agg(pid::text, ',' order by pid) from "
                                    "pg_stat_activity where datname = 'postgres'";
    char least[64];
    PGconn *watch;
    PGconn *conn;

    (void)state;
    start_with("[databases]\ndb = " AT "user=postgres min_pool_size=2\nother = " AT "\n" MAIN
               "server_idle_timeout = 1\n");
    watch = query_must_connect(
            "host=%s port=%d user=postgres dbname=template1", cluster.dir, cluster.port);
    servers_soon(2);
    snprintf(least, sizeof(least), "%s", query_text(watch, pids));
    conn = open_as("postgres", "other");
    query_expect(conn, "select 1", "1");
    soon_logged(&sluice, "server idle timeout");
    servers_soon(2);
    query_expect(watch, pids, least);
    PQfinish(conn);
    PQfinish(watch);
}

#define ALONE NO_CATALOGS INI

/* Two servers are idle; the pids that four transactions, one after the other, are given. */
static void pids_of_four(char pids[4][32])
{
    PGconn *first = in_transaction("postgres", "db");
    PGconn *second = in_transaction("postgres", "db");

    query_expect(first, "commit", "COMMIT");
    query_expect(second, "commit", "COMMIT");
    for (int i = 0; i < 4; i++) {
        snprintf(pids[i], 32, "%s", pid_of(first));
    }
    PQfinish(first);
    PQfinish(second);
}

static void the_server_used_last_is_used_next_unless_round_robin(void **state)
{
    char pids[4][32];

    (void)state;
    start_with(ALONE);
    pids_of_four(pids);
    for (int i = 1; i < 4; i++) {
        assert_string_equal(pids[i], pids[0]);
    }
    PQfinish(console);
    sluice_stop(&sluice);
    start_with(ALONE "server_round_robin = 1\n");
    pids_of_four(pids);
    assert_string_not_equal(pids[1], pids[0]);
    assert_string_equal(pids[2], pids[0]);
    assert_string_equal(pids[3], pids[1]);
}

static void addresses_of_two(const char *dbname, char addresses[2][64])
{
    PGconn *conns[2];

    for (int i = 0; i < 2; i++) {
        conns[i] = in_transaction("postgres", dbname);
        snprintf(addresses[i], 64, "%s", query_text(conns[i], "select inet_server_addr()"));
    }
    for (int i = 0; i < 2; i++) {
        PQfinish(conns[i]);
    }
}

static void servers_are_spread_over_hosts_or_not(void **state)
{
    char addresses[2][64];

    (void)state;
    start_with("[databases]\n"
               "db = host=127.0.0.1,127.0.0.2 port=@PGPORT@ dbname=postgres\n"
               "same = host=127.0.0.1,127.0.0.2 port=@PGPORT@ dbname=postgres "
               "load_balance_hosts=disable\n"
               "failing = host=127.0.0.3,127.0.0.2 port=1,@PGPORT@ dbname=postgres "
               "load_balance_hosts=disable\n" MAIN);
    addresses_of_two("db", addresses);
    assert_string_not_equal(addresses[0], addresses[1]);
    addresses_of_two("same", addresses);
    assert_string_equal(addresses[0], "127.0.0.1");
    assert_string_equal(addresses[1], "127.0.0.1");
    addresses_of_two("failing", addresses);
    assert_string_equal(addresses[0], "127.0.0.2");
    assert_string_equal(addresses[1], "127.0.0.2");
}

/* ---- threads ---- */

static int threads(void)
{
    char path[64];
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)sluice.process.pid);
    dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void there_are_so_many_workers(void **state)
{
    int with_two;

    (void)state;
    start_with(INI);
    with_two = threads();
    PQfinish(console);
    sluice_stop(&sluice);
    start_with(INI "workers = 5\n");
    assert_int_equal(threads(), with_two + 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

static const struct CMUnitTest cases[] = {
        CASE(a_pool_has_its_size),
        CASE(a_database_has_so_many_servers_over_all_its_users),
        CASE(a_user_has_so_many_servers_over_all_databases),
        CASE(the_reserve_serves_who_has_waited),
        CASE(the_reserve_of_a_database_or_user_needs_no_general_one),
        CASE(without_a_time_there_is_no_reserve),
        CASE(a_pool_with_a_client_has_its_least),
        CASE(a_pool_with_a_user_of_its_own_has_its_least_without_clients),
        CASE(no_more_clients_than_max_client_conn),
        CASE(a_database_has_so_many_clients),
        CASE(a_user_has_so_many_clients),
        CASE(a_server_with_no_lifetime_is_used_once),
        CASE(a_server_that_is_too_old_goes),
        CASE(a_server_that_is_idle_too_long_goes),
        CASE(the_least_of_a_pool_stays_however_idle),
        CASE(the_server_used_last_is_used_next_unless_round_robin),
        CASE(servers_are_spread_over_hosts_or_not),
        CASE(there_are_so_many_workers),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_own_cluster, stop_cluster);
}
