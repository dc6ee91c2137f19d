/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_faces.c - what the console and HTTP say of the cache, against what was done.
 *
 * One Sluice for all cases; each has tables and statements of its own, and looks at those.
 */
#include "tests/e2e/cache_faces_cases.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int faces_port;

/* ---- a Sluice ---- */

static const char *ini_with(const char *cache)
{
    static char ini[2048];

    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES "\n" INI_MAIN "pool_mode = transaction\n"
            "[http]\nlisten = 127.0.0.1:%d\n[cache]\n%s",
            faces_port, cache);
    return ini;
}

#define STREAM                                                                                     \
    "mode = safe\nttl_local = 3600\nmax_staleness = 1h\nmemory = 8MB\nstream = user=postgres\n"

static int begin(void **state)
{
    cluster_start(&cluster, &(struct cluster_options){.conf = "wal_level = logical\n"});
    cluster_sql(&cluster, "create role one login; create role two login; grant pg_read_all_data, "
                          "pg_write_all_data to one, two;"
                          "create schema one authorization one");
    prepare(state);
    faces_port = proc_free_port();
    sluice_start(&sluice, ini_with(STREAM));
    return 0;
}

void faces_table(const char *name)
{
    char sql[512];

    snprintf(sql, sizeof sql,
            "create table %s (id int primary key, v int);"
            "insert into %s select i, i from generate_series(1, 100) i",
            name, name);
    cluster_sql(&cluster, sql);
}

void faces_await_hit(PGconn *conn, const char *sql)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        long hits = console_number("SHOW CACHE", "name", "hits", "value");
        (void)query_text(conn, sql);
        if (console_number("SHOW CACHE", "name", "hits", "value") > hits) {
            return;
        }
    }
    fail_msg("%s is never a hit", sql);
}

/* ---- SHOW CACHE, SHOW CACHE STREAM ---- */

static void the_head_says_what_is_promised(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("head");
    faces_await_hit(conn, "select v from head where id = 7");

    console_expect("SHOW CACHE", "name", "mode", "value", "safe");
    console_await("SHOW CACHE", "name", "state", "value", "stream");
    console_expect("SHOW CACHE", "name", "reason", "value", "");
    console_expect("SHOW CACHE", "name", "memory_max_bytes", "value", "8388608");
    console_expect("SHOW CACHE", "name", "max_staleness_ms", "value", "3600000.000");
    assert_true(console_number("SHOW CACHE", "name", "memory_bytes", "value") > 0);
    assert_true(strtod(console_value("SHOW CACHE", "name", "hit_percent", "value"), NULL) > 0);
    assert_non_null(strstr(console_value("SHOW CACHE", "name", "local", "value"), "lookups hit"));
    assert_true(console_value("SHOW CACHE", "name", "staleness_ms", "value")[0] != '\0');

    console_expect("SHOW CACHE STREAM", "database", "shop", "coverage", "stream");
    console_await("SHOW CACHE STREAM", "database", "shop", "state", "streaming");
    console_expect("SHOW CACHE STREAM", "database", "shop", "schema_state", "asking");
    assert_true(console_number("SHOW CACHE STREAM", "database", "shop", "ups") >= 1);
    assert_true(
            console_number("SHOW CACHE_STREAM", "database", "shop", "server_version") >= 130000);
    PQfinish(conn);
}

/* ---- what is not promised ---- */

static void again_with(const char *cache)
{
    sluice_stop(&sluice);
    sluice_start(&sluice, ini_with(cache));
}

static void ask_once(const char *sql)
{
    PGconn *conn = open_as("one", "shop");

    (void)query_text(conn, sql);
    PQfinish(conn);
}

static void a_stream_that_is_refused_says_why(void **state)
{
    (void)state;
    faces_table("refused");
    again_with("mode = safe\nstream = user=two\n");
    console_expect("SHOW CACHE", "name", "state", "value", "stream");
    console_expect("SHOW CACHE", "name", "reason", "value", "no database was asked for yet");
    ask_once("select v from refused");
    console_await("SHOW CACHE", "name", "reason", "value", "shop: the role has no REPLICATION");
    console_expect("SHOW CACHE", "name", "state", "value", "proxy_only");
    console_expect("SHOW CACHE", "name", "staleness_ms", "value", "");
    console_expect("SHOW CACHE STREAM", "database", "shop", "state", "refused");
    console_expect("SHOW CACHE STREAM", "database", "shop", "coverage", "proxy_only");
    console_expect(
            "SHOW CACHE STREAM", "database", "shop", "reason", "the role has no REPLICATION");
}

static void without_a_stream_it_is_said(void **state)
{
    (void)state;
    again_with("mode = safe\nthrough_sluice = *\n");
    console_expect("SHOW CACHE", "name", "state", "value", "proxy_only");
    console_expect("SHOW CACHE", "name", "reason", "value", "[cache] stream is not set");
    ask_once("select v from refused");
    console_expect("SHOW CACHE STREAM", "database", "shop", "state", "none");
    again_with("mode = ttl\n");
    console_expect("SHOW CACHE", "name", "mode", "value", "ttl");
    console_expect("SHOW CACHE", "name", "state", "value", "ttl");
    again_with("mode = off\n");
    console_expect("SHOW CACHE", "name", "state", "value", "off");
    assert_null(console_value("SHOW CACHE", "name", "hits", "value"));
    assert_null(console_value("SHOW CACHE STREAM", "database", "shop", "state"));
}

static int end(void **state)
{
    return stop_both(state);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(the_head_says_what_is_promised),
            /* The last: they start other Sluices. */
            cmocka_unit_test(a_stream_that_is_refused_says_why),
            cmocka_unit_test(without_a_stream_it_is_said),
    };

    return case_run(cases, CASE_COUNT(cases), begin, end);
}
