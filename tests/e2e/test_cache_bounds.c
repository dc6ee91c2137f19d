/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_bounds.c - a cache at its bounds, before a real PostgreSQL: answers of a gigabyte, a million
 * keys, a log that PostgreSQL no longer keeps, a wall clock that jumps.
 *
 * SLUICE_BOUNDS_LONG: in the sizes that are named; else in smaller ones.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROW_BYTES = 1000000,
    ROWS = 100, /* of 1 MB */
    ROWS_LONG = 1100,
    KEYS = 30000,
    KEYS_LONG = 1000000,
    HOT_EVERY = 100, /* keys */
    CLIENTS = 8,
    REST_MS = 10, /* of a session: what it has seen comes by the stream meanwhile */
    TRIES = 10,   /* until the statement is known */
    STALENESS_MS = 300,
    SECONDS = 600 /* that a slow machine may take for a line of its log */
};

#define MEMORY_BYTES (8L << 20)

static bool is_long(void)
{
    return getenv("SLUICE_BOUNDS_LONG") != NULL;
}

static int make(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){
                                    .conf = "wal_level = logical\nmax_slot_wal_keep_size = 1MB\n"});
    cluster_sql(&cluster, "create table wide (v text);"
                          "create table many (i int primary key, n int);"
                          "create table t (id int primary key, v text);"
                          "insert into t values (1, 'old');"
                          "alter table wide alter v set storage external");
    return 0;
}

/* ---- what is seen ---- */

static long counted(const char *section, const char *name)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CACHE");
    long value = -1;

    for (int i = 0; i < PQntuples(result); i++) {
        if (strcmp(PQgetvalue(result, i, 0), section) == 0 &&
                strcmp(PQgetvalue(result, i, 1), name) == 0) {
            value = strtol(PQgetvalue(result, i, 2), NULL, 10);
        }
    }
    PQclear(result);
    PQfinish(console);
    assert_true(value >= 0);
    return value;
}

/* Bytes; VmRSS or VmHWM. */
static long resident(const char *which)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", (int)sluice.process.pid);
    char *text = proc_read(path);
    const char *at = strstr(text, which);
    assert_non_null(at);
    long bytes = strtol(strchr(at, ':') + 1, NULL, 10) * 1024;
    free(text);
    return bytes;
}

static PGconn *begin(const char *cache)
{
    char ini[2048];

    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES " dbname=postgres user=postgres\n" INI_MAIN
            "pool_mode = transaction\n[cache]\n%s",
            cache);
    sluice_start(&sluice, ini);
    return open_as("one", "shop");
}

/* Until it is answered by the cache. */
static void await_hit(PGconn *conn, const char *sql)
{
    const long until = proc_now_ms() + SOON_MS;

    for (long hits = counted("lookups", "hits"); counted("lookups", "hits") == hits;) {
        if (proc_now_ms() > until) {
            console_print_counts();
            fail_msg("%s is never a hit", sql);
        }
        (void)query_text(conn, sql);
        proc_pause_ms(REST_MS);
    }
}

/* ---- answers that are too large ---- */

/* Its bytes, row by row; the rows are forgotten. */
static long read_all(PGconn *conn, const char *sql)
{
    PGresult *result;
    long bytes = 0;

    assert_int_equal(PQsendQuery(conn, sql), 1);
    assert_int_equal(PQsetSingleRowMode(conn), 1);
    while ((result = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
            bytes += PQgetlength(result, 0, 0);
        } else if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            fail_msg("%s", PQerrorMessage(conn));
        }
        PQclear(result);
    }
    return bytes;
}

static void an_answer_of_a_gigabyte_is_passed_and_not_kept(void **state)
{
    const int rows = is_long() ? ROWS_LONG : ROWS;
    char sql[256];

    (void)state;
    cluster_sql(&cluster, "truncate wide, many;"
                          "insert into wide values (repeat('x', 1000000));"
                          "insert into many select i, i from generate_series(1, 2000) i");
    PGconn *conn = begin("mode = ttl\nmemory = 64MB\nmax_result = 1MB\nttl_local = 1h\n");
    await_hit(conn, "select count(*) from wide");
    await_hit(conn, "select count(*) from many");
    snprintf(sql, sizeof sql, "select v from wide, many where i <= %d", rows);
    const long before = resident("VmRSS");
    for (int i = 0; counted("misses", "too_large") < 2; i++) {
        assert_true(i < TRIES);
        assert_int_equal(read_all(conn, sql), (long)rows * ROW_BYTES);
    }
    const long more = resident("VmHWM") - before;
    print_message("%ld bytes more\n", more);
#ifdef NOT_SANITIZED /* else what is freed is not given back for a while */
    assert_true(more < (long)rows * ROW_BYTES / 2);
#endif
    assert_true(counted("local", "bytes") < 1L << 20);
    PQfinish(conn);
}

/* ---- a million keys ---- */

/* One in flight on each. */
struct asking {
    PGconn *conns[CLIENTS];
    int asked[CLIENTS]; /* 0: nothing */
    unsigned next;
};

static void take(struct asking *asking, unsigned client)
{
    char expected[32];
    const int key = asking->asked[client];

    if (key == 0) {
        return;
    }
    PGresult *result = PQgetResult(asking->conns[client]);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        fail_msg("key %d: %s", key, PQerrorMessage(asking->conns[client]));
    }
    snprintf(expected, sizeof expected, "%d", 7 * key);
    assert_string_equal(PQgetvalue(result, 0, 0), expected);
    PQclear(result);
    assert_null(PQgetResult(asking->conns[client]));
    asking->asked[client] = 0;
}

static void ask(struct asking *asking, int key)
{
    char text[32];
    const char *values[] = {text};
    const unsigned client = asking->next++ % CLIENTS;

    take(asking, client);
    snprintf(text, sizeof text, "%d", key);
    assert_int_equal(PQsendQueryPrepared(asking->conns[client], "of", 1, values, NULL, NULL, 0), 1);
    asking->asked[client] = key;
}

static void await_key(PGconn *conn, int key)
{
    char text[32];
    const char *values[] = {text};
    const long until = proc_now_ms() + SOON_MS;

    snprintf(text, sizeof text, "%d", key);
    for (long hits = counted("lookups", "hits"); counted("lookups", "hits") == hits;) {
        assert_true(proc_now_ms() < until);
        (void)query_prepared(conn, "of", 1, values);
        proc_pause_ms(REST_MS);
    }
}

/* Each key once, and one of them all the time. */
static void a_million_keys_keep_within_memory(void **state)
{
    const int keys = is_long() ? KEYS_LONG : KEYS;
    char sql[256];

    (void)state;
    snprintf(sql, sizeof sql,
            "truncate many; insert into many select i, 7 * i from generate_series(1, %d) i;"
            "analyze many",
            keys);
    cluster_sql(&cluster, sql);
    PGconn *conn = begin("mode = ttl\nmemory = 8MB\nttl_local = 1h\nadmission = 1\n");
    PQclear(PQprepare(conn, "of", "select n from many where i = $1", 0, NULL));
    await_key(conn, 1);
    const long before = resident("VmRSS");
    const long hits = counted("lookups", "hits_of_points");
    struct asking asking = {.next = 0};
    for (int i = 0; i < CLIENTS; i++) {
        asking.conns[i] = open_as("one", "shop");
        PQclear(PQprepare(asking.conns[i], "of", "select n from many where i = $1", 0, NULL));
    }
    for (int key = 2; key <= keys; key++) {
        ask(&asking, key);
        if (key % HOT_EVERY == 0) {
            ask(&asking, 1);
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        take(&asking, i);
        PQfinish(asking.conns[i]);
    }
    const long hot = counted("lookups", "hits_of_points") - hits;
    print_message("%d keys: %ld kept in %ld bytes, %ld evicted; hot %ld of %d; %ld bytes more\n",
            keys, counted("local", "entries"), counted("local", "bytes"),
            counted("local", "evicted"), hot, keys / HOT_EVERY, resident("VmHWM") - before);
    if (hot < keys / HOT_EVERY * 9 / 10) {
        console_print_counts();
    }
    assert_true(counted("local", "puts") >= keys / 2);
    assert_true(counted("local", "evicted") > 0);
    assert_true(counted("local", "bytes_peak") <= MEMORY_BYTES);
    assert_true(hot >= keys / HOT_EVERY * 9 / 10);
#ifdef NOT_SANITIZED
    assert_true(resident("VmHWM") - before < 8 * MEMORY_BYTES);
#endif
    PQfinish(conn);
}

/* ---- a log that is not kept ---- */

#define SLOTS "select count(*) from pg_replication_slots where wal_status <> 'lost' and active"

/* Recipe: Sluice stands still while its slot falls behind what PostgreSQL may keep for it. */
static void a_slot_that_is_lost_makes_all_stale(void **state)
{
    (void)state;
    PGconn *direct = open_direct();
    PGconn *conn = begin("mode = safe\nstream = user=postgres\nmax_staleness = 300ms\n");
    query_expect(direct, "update t set v = 'old'", "UPDATE 1");
    await_hit(conn, "select v from t where id = 1");
    query_expect(conn, "select v from t where id = 1", "old");
    assert_int_equal(kill(sluice.process.pid, SIGSTOP), 0);
    query_expect(direct, "update t set v = 'new'", "UPDATE 1");
    for (int i = 0; i < 4; i++) {
        query_expect(direct, "update t set v = v", "UPDATE 1");
        (void)query_text(direct, "select pg_switch_wal()");
    }
    query_expect(direct, "checkpoint", "CHECKPOINT");
    soon_query(direct, SLOTS, "0");
    proc_pause_ms(STALENESS_MS); /* what it promises is over */
    assert_int_equal(kill(sluice.process.pid, SIGCONT), 0);
    query_expect(conn, "select v from t where id = 1", "new");
    soon_logged(&sluice, "what=\"lost\"");
    soon_query(direct, SLOTS, "1");
    await_hit(conn, "select v from t where id = 1");
    query_expect(conn, "select v from t where id = 1", "new");
    PQfinish(conn);
    PQfinish(direct);
}

/* ---- a clock that jumps ---- */

#ifdef NOT_SANITIZED

static char clock_file[PROC_PATH_MAX + 16];

/* By so many seconds, for who has been started with it. */
static void set_clock(const char *by)
{
    proc_write(sluice.dir, "clock.new", NULL, by);
    char path[PROC_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/clock.new", sluice.dir);
    assert_int_equal(rename(path, clock_file), 0);
}

/* The wall clock only; the other is nobody's to set. */
static PGconn *begin_with_clock(const char *cache)
{
    snprintf(clock_file, sizeof clock_file, "%s/clock", sluice.dir);
    set_clock("+0");
    setenv("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1", 1);
    setenv("FAKETIME_TIMESTAMP_FILE", clock_file, 1);
    setenv("FAKETIME_NO_CACHE", "1", 1);
    setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
    PGconn *conn = begin(cache);
    unsetenv("LD_PRELOAD");
    unsetenv("FAKETIME_TIMESTAMP_FILE");
    unsetenv("FAKETIME_NO_CACHE");
    unsetenv("FAKETIME_DONT_FAKE_MONOTONIC");
    return conn;
}

/* By its log, whose last line begins with it. */
static time_t clock_of_sluice(void)
{
    char path[PROC_PATH_MAX + 16];
    struct tm tm = {.tm_isdst = 0};

    PQfinish(open_as("one", "shop"));
    snprintf(path, sizeof path, "%s/sluice.log", sluice.dir);
    char *text = proc_read(path);
    const char *line = text;
    for (const char *end = strchr(line, '\n'); end != NULL && end[1] != '\0';
            end = strchr(line, '\n')) {
        line = end + 1;
    }
    assert_non_null(strptime(line, "%Y-%m-%dT%H:%M:%S", &tm));
    free(text);
    return timegm(&tm);
}

static void await_clock(long ahead)
{
    const long until = proc_now_ms() + SOON_MS;

    for (long is = clock_of_sluice() - time(NULL); labs(is - ahead) > SECONDS;
            is = clock_of_sluice() - time(NULL)) {
        if (proc_now_ms() > until) {
            fail_msg("the clock is ahead by %ld seconds, not %ld", is, ahead);
        }
    }
}

static void clocks_that_jump_make_nothing_stale_nor_wrong(void **state)
{
    static const long jumps[] = {7200, -7200, 86400L * 400, 0};
    char text[64];

    (void)state;
    PGconn *direct = open_direct();
    PGconn *conn = begin_with_clock("mode = safe\nstream = user=postgres\nttl_local = 1h\n");
    for (size_t i = 0; i < CASE_COUNT(jumps); i++) {
        query_expect(conn, "update t set v = 'before'", "UPDATE 1");
        await_hit(conn, "select v from t where id = 1");
        snprintf(text, sizeof text, "%+ld", jumps[i]);
        set_clock(text);
        await_clock(jumps[i]);
        query_expect(conn, "select v from t where id = 1", "before");
        await_hit(conn, "select v from t where id = 1");
        query_expect(conn, "update t set v = 'here'", "UPDATE 1");
        query_expect(conn, "select v from t where id = 1", "here");
        await_hit(conn, "select v from t where id = 1");
        query_expect(direct, "update t set v = 'past it'", "UPDATE 1");
        soon_query(conn, "select v from t where id = 1", "past it");
    }
    PQfinish(conn);
    PQfinish(direct);
}

#endif

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    an_answer_of_a_gigabyte_is_passed_and_not_kept, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_million_keys_keep_within_memory, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_slot_that_is_lost_makes_all_stale, prepare, stop_sluice),
#ifdef NOT_SANITIZED
            cmocka_unit_test_setup_teardown(
                    clocks_that_jump_make_nothing_stale_nor_wrong, prepare, stop_sluice),
#endif
    };

    return case_run(cases, CASE_COUNT(cases), make, stop_cluster);
}
