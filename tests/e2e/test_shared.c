/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_shared.c - two Sluices that share a Redis, before a real PostgreSQL: what one has got the other is
 * given, and nothing that either has written, or somebody past both.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, ROUNDS = 60, ASK_AGAIN_MS = 5 };

static const char section[] =
        "[http]\nlisten = 127.0.0.1:%d\n"
        "[databases]\n"
        "db = " AT_POSTGRES " user=postgres\n" INI_MAIN "pool_mode = transaction\n"
        "[cache]\n"
        "redis = 127.0.0.1:%d\n"
        "redis_timeout = 1s\n"
        "%s\n";

#define STREAMED "mode = safe\nstream = user=postgres\nmax_staleness = 5s"
#define ALONE "mode = safe\nthrough_sluice = *"

static struct sluice two;
static struct proc redis;
static int redis_port;
static int two_http;
static PGconn *direct;
static PGconn *one_conn;
static PGconn *two_conn;

/* ---- the world ---- */

static void serve_redis(void)
{
    char port[16];
    char log[PROC_PATH_MAX + 16];
    static char nothing[] = "";

    snprintf(port, sizeof port, "%d", redis_port);
    snprintf(log, sizeof log, "%s/redis.log", sluice.dir);
    proc_start(&redis,
            (char *[]){"redis-server", "--port", port, "--bind", "127.0.0.1", "--save", nothing,
                    "--appendonly", "no", NULL},
            &(struct proc_options){.log = log});
    if (!proc_wait_port(redis_port, SOON_MS)) {
        proc_die("redis-server does not come up");
    }
}

/* What it said, without the line's end; good until the next call. */
static const char *ask_redis(const char *command)
{
    static char said[TEXT_MAX];
    char line[TEXT_MAX];

    snprintf(line, sizeof line, "redis-cli -p %d %s", redis_port, command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t len = fread(said, 1, sizeof said - 1, pipe);
    said[len] = '\0';
    (void)pclose(pipe);
    said[strcspn(said, "\n")] = '\0';
    return said;
}

static PGconn *connect_by(const struct sluice *of, const char *user, const char *database)
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

static void start_both(const char *cache)
{
    char ini[2 * TEXT_MAX];

    snprintf(ini, sizeof ini, section, proc_free_port(), redis_port, cache);
    sluice_start(&sluice, ini);
    two_http = proc_free_port();
    snprintf(ini, sizeof ini, section, two_http, redis_port, cache);
    sluice_start(&two, ini);
    one_conn = connect_by(&sluice, "postgres", "db");
    two_conn = connect_by(&two, "postgres", "db");
}

static int begin_all(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "wal_level = logical\n"});
    return 0;
}

static int begin(void **state)
{
    prepare(state);
    sluice_init(&two, &cluster);
    sluice_file(&two, "userlist.txt", "\"postgres\" \"\"\n\"admin\" \"\"\n");
    redis_port = proc_free_port();
    serve_redis();
    cluster_sql(&cluster,
            "drop table if exists t; create table t(id int primary key, v text, n int);"
            "insert into t select i, 'v' || i, i from generate_series(1, 1000) i");
    direct = open_direct();
    return 0;
}

static int end(void **state)
{
    PQfinish(one_conn);
    PQfinish(two_conn);
    PQfinish(direct);
    one_conn = two_conn = direct = NULL;
    if (two.process.pid > 0) {
        sluice_stop(&two);
    }
    (void)proc_stop(&redis, SIGKILL, SOON_MS);
    return stop_sluice(state);
}

/* ---- what is asked ---- */

static long counted(const struct sluice *of, const char *name)
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

static const char *text_of(PGconn *conn, const char *sql)
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

static void do_by(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    }
    PQclear(result);
}

/* Asked by one, until the other is given it: questions that nobody has asked yet, one after the other. */
static void await_shared(void)
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
    fail_msg("nothing is shared");
}

/* ---- cases ---- */

static void what_one_has_got_the_other_is_given(void **state)
{
    (void)state;
    start_both(STREAMED);
    await_shared();
    long found = counted(&two, "hits_shared");
    for (int i = 0; i < 50 && counted(&two, "hits_shared") < found + 3; i++) {
        await_shared();
    }
    assert_true(counted(&two, "hits_shared") >= found + 3);
    long untold = counted(&sluice, "untold");
    do_by(one_conn, "update t set n = 0 where id = 3");
    do_by(one_conn, "begin");
    do_by(one_conn, "update t set n = 1 where id = 3");
    do_by(one_conn, "commit");
    assert_int_equal(counted(&sluice, "untold"), untold);
}

/* proxy/METRICS.md has a row for each metric, with its type and help, and for no other. */
static void what_redis_does_is_shown(void **state)
{
    unsigned count = 0;
    unsigned rows = 0;

    (void)state;
    start_both(STREAMED);
    await_shared();
    char *page = proc_read("proxy/METRICS.md");
    struct web_answer answer = web_get(two_http, "/metrics");
    web_expect(answer, 200, "sluice_cache_redis_up{database=\"db\"} 1\n");
    web_expect(answer, 200, "sluice_cache_redis_listening{database=\"db\"} 1\n");
    for (const char *at = answer.body; (at = strstr(at, "# HELP sluice_cache_redis_")) != NULL;
            count++) {
        char name[128];
        char help[256];
        char type[32];
        char row[512];
        at += strlen("# HELP ");
        assert_int_equal(sscanf(at, "%127s %255[^\n]\n# TYPE %*s %31s", name, help, type), 3);
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |", name, type, help);
        if (strstr(page, row) == NULL) {
            fail_msg("proxy/METRICS.md has not the line%s", row);
        }
    }
    for (const char *at = page; (at = strstr(at, "\n| `sluice_cache_redis_")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, count);
    free(page);
    const char *found = strstr(
            answer.body, "sluice_cache_redis_lookups_total{database=\"db\",result=\"hit\"} ");
    assert_non_null(found);
    assert_true(strtol(strchr(found, ' '), NULL, 10) > 0);
}

/* A person can read what is there. */
static void what_is_there_can_be_read(void **state)
{
    char command[TEXT_MAX];
    char name[TEXT_MAX / 2];

    (void)state;
    start_both(STREAMED);
    await_shared();
    snprintf(name, sizeof name, "%s", ask_redis("--scan --pattern 'sluice:db@*:q:*'"));
    assert_true(strlen(name) > 0);
    snprintf(command, sizeof command, "hget '%s' sql", name);
    assert_non_null(strstr(ask_redis(command), " from t where id = "));
    snprintf(command, sizeof command, "hget '%s' role", name);
    assert_string_equal(ask_redis(command), "postgres");
    do_by(one_conn, "update t set v = 'read' where id = 1");
    snprintf(command, sizeof command, "hget 'sluice:db@%.8s:v:%s' any", strchr(name, '@') + 1,
            text_of(direct, "select 't'::regclass::oid"));
    assert_non_null(strchr(ask_redis(command), '@'));
}

/* Each write is in what the other is given as soon as its writer has heard of it. */
static void no_write_of_the_other_is_missed(void **state)
{
    char sql[TEXT_MAX];
    char expected[32];

    (void)state;
    start_both(
            STREAMED "\nttl_local = 1ms"); /* whatever is kept here is not given: Redis is asked */
    await_shared();
    long found = counted(&two, "hits_shared");
    for (int i = 0; i < ROUNDS; i++) {
        bool is_turned = i % 2 == 1;
        PGconn *writer = is_turned ? two_conn : one_conn;
        PGconn *reader = is_turned ? one_conn : two_conn;
        snprintf(sql, sizeof sql,
                i % 3 == 0 ? "update t set n = %d where id = 7"
                           : "update t set n = %d where n >= 0 and id < 9",
                i);
        do_by(writer, sql);
        snprintf(expected, sizeof expected, "%d", i);
        for (int k = 0; k < 3; k++) {
            assert_string_equal(text_of(reader, "select n from t where id = 7"), expected);
            assert_string_equal(text_of(writer, "select n from t where id = 7"), expected);
            proc_pause_ms(2);
        }
    }
    assert_true(counted(&two, "hits_shared") > found);
}

static void a_write_past_both_is_seen(void **state)
{
    char sql[TEXT_MAX];
    char expected[32];

    (void)state;
    start_both(STREAMED);
    await_shared();
    for (int i = 0; i < 40; i++) {
        snprintf(sql, sizeof sql, "update t set n = %d where id = 8", i);
        do_by(direct, sql);
        snprintf(expected, sizeof expected, "%d", i);
        soon_query(two_conn, "select n from t where id = 8", expected);
        soon_query(one_conn, "select n from t where id = 8", expected);
        for (int k = 0; k < 3; k++) { /* and nothing old is found again */
            assert_string_equal(text_of(two_conn, "select n from t where id = 8"), expected);
            assert_string_equal(text_of(one_conn, "select n from t where id = 8"), expected);
        }
    }
    await_shared();
}

/* Of tables that only Sluices write, with nobody else to tell: they tell each other. */
static void sluices_tell_each_other(void **state)
{
    char sql[TEXT_MAX];
    char expected[32];

    (void)state;
    start_both(ALONE);
    await_shared();
    for (int i = 0; i < 40; i++) {
        PGconn *writer = i % 2 == 1 ? two_conn : one_conn;
        PGconn *reader = i % 2 == 1 ? one_conn : two_conn;
        (void)text_of(reader, "select sum(n) from t where id < 20");
        (void)text_of(reader, "select n from t where id = 9");
        snprintf(sql, sizeof sql, "update t set n = %d where id = 9", i);
        do_by(writer, sql);
        snprintf(expected, sizeof expected, "%d", i);
        soon_query(reader, "select n from t where id = 9", expected);
        assert_string_equal(text_of(reader, "select n from t where id = 9"), expected);
    }
    /* Nobody can be heard: nothing is given that another may have written. */
    (void)proc_stop(&redis, SIGKILL, SOON_MS);
    soon_logged(&two, "state=away");
    long before = counted(&two, "hits");
    do_by(one_conn, "update t set n = 4711 where id = 9");
    for (int i = 0; i < 20; i++) {
        assert_string_equal(text_of(two_conn, "select n from t where id = 9"), "4711");
    }
    assert_int_equal(counted(&two, "hits"), before);
    serve_redis();
    await_shared();
}

/* A password, a user, a number, a prefix: each is what it says; and what is long stays here. */
static void keys_say_how_redis_is_used(void **state)
{
    char command[TEXT_MAX];
    char name[TEXT_MAX / 2];

    (void)state;
    (void)ask_redis("acl setuser shop on '>first' '~mine:*' '&mine:*' +@all");
    (void)ask_redis("acl setuser default resetpass '>second'");
    start_both(STREAMED "\nredis_prefix = mine\nredis_user = shop\nredis_password = first\n"
                        "redis_database = 3\nredis_max_result = 1kB\nttl_redis = 100");
    await_shared();
    do_by(two_conn, "set work_mem = '5MB'"); /* it only says how fast: the same answers */
    snprintf(name, sizeof name, "%s", ask_redis("-a second -n 3 --scan --pattern 'mine:db@*:q:*'"));
    assert_non_null(strstr(name, "mine:db@"));
    snprintf(command, sizeof command, "-a second -n 3 ttl '%s'", name);
    long ttl = strtol(ask_redis(command), NULL, 10);
    assert_in_range(ttl, 60, 111);
    long found = counted(&two, "hits_shared");
    for (int i = 0; i < 10; i++) {
        (void)text_of(one_conn, "select repeat(v, 1000) from t where id = 11");
        (void)text_of(two_conn, "select repeat(v, 1000) from t where id = 11");
    }
    assert_int_equal(counted(&two, "hits_shared"), found);
}

static void a_wrong_password_is_said(void **state)
{
    (void)state;
    (void)ask_redis("acl setuser default resetpass '>second'");
    start_both(STREAMED "\nredis_password = third");
    assert_string_equal(text_of(one_conn, "select v from t where id = 1"), "v1");
    soon_logged(&sluice, "state=refused");
    assert_false(sluice_logged(&sluice, "third"));
    assert_string_equal(text_of(one_conn, "select v from t where id = 1"), "v1");
}

/* Whatever becomes of Redis: statements are answered, and rightly. */
static void expect_right(const char *what)
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

static void a_redis_that_fails_harms_nobody(void **state)
{
    (void)state;
    start_both(STREAMED);
    await_shared();
    expect_right("up");
    (void)ask_redis("flushall");
    expect_right("behind FLUSHALL");
    await_shared();
    (void)ask_redis("config set maxmemory 1");
    expect_right("full");
    (void)ask_redis("config set maxmemory 0");
    await_shared();
    (void)ask_redis("client kill type normal");
    (void)ask_redis("client kill type pubsub");
    expect_right("with clients killed");
    await_shared();
    assert_int_equal(kill(redis.pid, SIGSTOP), 0);
    expect_right("stopped");
    assert_int_equal(kill(redis.pid, SIGCONT), 0);
    expect_right("going on");
    await_shared();
    (void)proc_stop(&redis, SIGKILL, SOON_MS);
    expect_right("gone");
    serve_redis();
    expect_right("back");
    await_shared();
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(what_one_has_got_the_other_is_given, begin, end),
            cmocka_unit_test_setup_teardown(what_redis_does_is_shown, begin, end),
            cmocka_unit_test_setup_teardown(what_is_there_can_be_read, begin, end),
            cmocka_unit_test_setup_teardown(no_write_of_the_other_is_missed, begin, end),
            cmocka_unit_test_setup_teardown(a_write_past_both_is_seen, begin, end),
            cmocka_unit_test_setup_teardown(sluices_tell_each_other, begin, end),
            cmocka_unit_test_setup_teardown(keys_say_how_redis_is_used, begin, end),
            cmocka_unit_test_setup_teardown(a_wrong_password_is_said, begin, end),
            cmocka_unit_test_setup_teardown(a_redis_that_fails_harms_nobody, begin, end),
    };

    return case_run(cases, CASE_COUNT(cases), begin_all, stop_cluster);
}
