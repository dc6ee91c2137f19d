/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/shared_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, ASK_AGAIN_MS = 5 };

static const char section[] =
        "[http]\nlisten = 127.0.0.1:%d\n"
        "[databases]\n"
        "db = " AT_POSTGRES " user=postgres\n" INI_MAIN "pool_mode = transaction\n"
        "[cache]\n"
        "redis = 127.0.0.1:%d\n"
        "%s"
        "%s\n";

struct sluice two;
int two_http;
struct redis_server redis;
PGconn *direct;
PGconn *one_conn;
PGconn *two_conn;

/* ---- the world ---- */

const char *ask_redis(const char *command)
{
    static char line[TEXT_MAX];

    snprintf(line, sizeof line, "%s", redis_server_ask(&redis, "%s", command));
    line[strcspn(line, "\n")] = '\0';
    return line;
}

PGconn *connect_by(const struct sluice *of, const char *user, const char *database)
{
    char info[TEXT_MAX];

    snprintf(info, sizeof info, "host=127.0.0.1 port=%d user=%s dbname=%s", of->port, user,
            database);
    PGconn *conn = PQconnectdb(info);
    if (PQstatus(conn) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(conn));
    }
    return conn;
}

static void write_ini(char ini[2 * TEXT_MAX], int http, const char *cache)
{
    const char *timeout = strstr(cache, "redis_timeout") == NULL ? "redis_timeout = 1s\n" : "";

    snprintf(ini, 2 * TEXT_MAX, section, http, redis.port, timeout, cache);
}

void start_one(const char *cache)
{
    char ini[2 * TEXT_MAX];

    write_ini(ini, proc_free_port(), cache);
    sluice_start(&sluice, ini);
    one_conn = connect_by(&sluice, "postgres", "db");
}

void start_two(const char *cache)
{
    char ini[2 * TEXT_MAX];

    two_http = proc_free_port();
    write_ini(ini, two_http, cache);
    sluice_start(&two, ini);
    two_conn = connect_by(&two, "postgres", "db");
}

void start_both(const char *cache)
{
    start_one(cache);
    start_two(cache);
}

static void end_one(struct sluice *of, PGconn **conn, bool is_killed)
{
    if (is_killed) {
        (void)proc_stop(&of->process, SIGKILL, SOON_MS);
    }
    PQfinish(*conn);
    *conn = NULL;
    if (!is_killed) {
        sluice_stop(of);
    }
}

void end_sluice(bool is_killed)
{
    end_one(&sluice, &one_conn, is_killed);
}

void end_two(bool is_killed)
{
    end_one(&two, &two_conn, is_killed);
}

int shared_begin_all(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "wal_level = logical\n"});
    return 0;
}

int shared_begin(void **state)
{
    prepare(state);
    sluice_init(&two, &cluster);
    sluice_file(&two, "userlist.txt", "\"postgres\" \"\"\n\"admin\" \"\"\n");
    redis_server_init(&redis);
    redis_server_start(&redis);
    cluster_sql(&cluster,
            "drop table if exists t; create table t(id int primary key, v text, n int);"
            "insert into t select i, 'v' || i, i from generate_series(1, 1000) i");
    direct = open_direct();
    return 0;
}

int shared_end(void **state)
{
    PQfinish(one_conn);
    PQfinish(two_conn);
    PQfinish(direct);
    one_conn = two_conn = direct = NULL;
    if (two.process.pid > 0) {
        sluice_stop(&two);
    }
    redis_server_kill(&redis);
    return stop_sluice(state);
}

/* ---- what is asked ---- */

long counted(const struct sluice *of, const char *name)
{
    PGconn *conn = connect_by(of, "admin", "pgbouncer");
    PGresult *result = PQexec(conn, "SHOW CACHE");
    long value = -1;

    for (int i = 0; i < PQntuples(result); i++) {
        if (strcmp(PQgetvalue(result, i, PQfnumber(result, "name")), name) == 0) {
            value = strtol(PQgetvalue(result, i, PQfnumber(result, "value")), NULL, 10);
        }
    }
    PQclear(result);
    PQfinish(conn);
    if (value < 0) {
        fail_msg("SHOW CACHE has no %s", name);
    }
    return value;
}

const char *told_of_redis(const struct sluice *of, const char *column)
{
    static char told[TEXT_MAX];
    PGconn *conn = connect_by(of, "admin", "pgbouncer");
    PGresult *result = PQexec(conn, "SHOW CACHE REDIS");

    told[0] = '\0';
    if (PQntuples(result) > 0) {
        if (PQfnumber(result, column) < 0) {
            fail_msg("SHOW CACHE REDIS has no %s", column);
        }
        snprintf(told, sizeof told, "%s", PQgetvalue(result, 0, PQfnumber(result, column)));
    }
    PQclear(result);
    PQfinish(conn);
    return told;
}

long counted_of_redis(const struct sluice *of, const char *column)
{
    return strtol(told_of_redis(of, column), NULL, 10);
}

void soon_counted_of_redis(const struct sluice *of, const char *column, long more_than)
{
    for (long until = proc_now_ms() + SOON_MS; counted_of_redis(of, column) <= more_than;) {
        if (proc_now_ms() > until) {
            fail_msg("%s of Redis is %ld", column, counted_of_redis(of, column));
        }
        proc_pause_ms(ASK_AGAIN_MS);
    }
}

void soon_told_of_redis(const struct sluice *of, const char *column, const char *expected)
{
    for (long until = proc_now_ms() + SOON_MS; strcmp(told_of_redis(of, column), expected) != 0;) {
        if (proc_now_ms() > until) {
            fail_msg("%s of Redis is %s, not %s", column, told_of_redis(of, column), expected);
        }
        proc_pause_ms(ASK_AGAIN_MS);
    }
}

const char *text_of(PGconn *conn, const char *sql)
{
    static char text[TEXT_MAX];
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    }
    snprintf(text, sizeof text, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return text;
}

void do_by(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    }
    PQclear(result);
}

static void say_all_of_redis(const char *who, const struct sluice *of)
{
    PGconn *conn = connect_by(of, "admin", "pgbouncer");
    PGresult *result = PQexec(conn, "SHOW CACHE REDIS");

    for (int i = 0; PQntuples(result) > 0 && i < PQnfields(result); i++) {
        print_message("%s: %s=%s\n", who, PQfname(result, i), PQgetvalue(result, 0, i));
    }
    PQclear(result);
    PQfinish(conn);
}

void await_shared(void)
{
    static int next = 1;
    char sql[TEXT_MAX];
    long found = counted(&two, "hits_shared");

    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; next++) {
        snprintf(sql, sizeof sql, "select v, %d from t where id = %d", next, 500 + next % 500);
        (void)text_of(one_conn, sql);
        (void)text_of(two_conn, sql);
        if (counted(&two, "hits_shared") > found) {
            return;
        }
        proc_pause_ms(ASK_AGAIN_MS);
    }
    say_all_of_redis("one", &sluice);
    say_all_of_redis("the other", &two);
    fail_msg("nothing is shared");
}

void expect_right(const char *what)
{
    print_message("%s\n", what);
    static int value = 1000;
    char sql[TEXT_MAX];
    char expected[32];

    for (int i = 0; i < 10; i++) {
        snprintf(sql, sizeof sql, "update t set n = %d where id = 10", ++value);
        do_by(i % 2 == 0 ? one_conn : two_conn, sql);
        snprintf(expected, sizeof expected, "%d", value);
        if (strcmp(text_of(i % 2 == 0 ? one_conn : two_conn, "select n from t where id = 10"),
                    expected) != 0) {
            fail_msg("%s: not what was written", what);
        }
        soon_query(one_conn, "select n from t where id = 10", expected);
        soon_query(two_conn, "select n from t where id = 10", expected);
    }
}
