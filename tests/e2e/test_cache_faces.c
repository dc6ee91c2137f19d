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

bool faces_is_hit(PGconn *conn, const char *sql)
{
    long hits = console_number("SHOW CACHE", "name", "hits", "value");

    (void)query_text(conn, sql);
    return console_number("SHOW CACHE", "name", "hits", "value") > hits;
}

const char *faces_id(const char *shape)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        const char *id = console_value("SHOW QUERIES", "query", shape, "id");
        if (id != NULL) {
            return id;
        }
    }
    fail_msg("%s has no id", shape);
    return NULL;
}

void faces_await_hit(PGconn *conn, const char *sql)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        if (faces_is_hit(conn, sql)) {
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

/* ---- /metrics ---- */

static double sample(const char *metrics, const char *name)
{
    char line[256];

    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(metrics, line);
    if (at == NULL) {
        fail_msg("there is no %s", name);
        return -1;
    }
    return strtod(at + strlen(line), NULL);
}

/* One of the console's figures is that of a metric. */
static void expect_alike(const char *metrics, const char *metric, const char *section_name)
{
    assert_int_equal((long)sample(metrics, metric),
            console_number("SHOW CACHE", "name", section_name, "value"));
}

static void metrics_are_what_the_console_says(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("counted");
    faces_await_hit(conn, "select v from counted where id = 7");
    (void)query_text(conn, "select now(), v from counted where id = 7");
    PQfinish(conn);

    struct web_answer answer = web_get(faces_port, "/metrics");
    assert_int_equal(answer.status, 200);
    const char *metrics = answer.body;
    expect_alike(metrics, "sluice_cache_hits_total", "hits");
    expect_alike(metrics, "sluice_cache_hits_by_class_total{class=\"point\"}", "hits_of_points");
    expect_alike(metrics, "sluice_cache_hits_by_class_total{class=\"rows\"}", "hits_of_row_sets");
    expect_alike(metrics, "sluice_cache_entries", "entries");
    expect_alike(metrics, "sluice_cache_bytes_max", "memory_max_bytes");
    expect_alike(metrics, "sluice_cache_misses_total{reason=\"none\"}", "misses_none");
    expect_alike(
            metrics, "sluice_cache_verdicts_total{reason=\"function_varies\"}", "function_varies");
    expect_alike(metrics, "sluice_cache_unkept_total{reason=\"policy\"}", "policy");
    assert_true(sample(metrics, "sluice_cache_hits_total") > 0);
    assert_true(sample(metrics, "sluice_cache_saved_seconds_total") > 0);
    assert_true(sample(metrics, "sluice_cache_stream_up{database=\"shop\"}") == 1);
    assert_true(sample(metrics, "sluice_cache_staleness_bound_seconds") == 3600);
}

static void hits_are_statements_like_others(void **state)
{
    const char *sql = "select v as metered_column from metered where id = 7";
    const char *shape = "select v as metered_column from metered where id = ?";
    PGconn *conn = open_as("one", "shop");
    char calls[24];

    (void)state;
    faces_table("metered");
    faces_await_hit(conn, sql);
    long queries = console_number("SHOW STATS", "database", "shop", "total_query_count");
    for (unsigned i = 0; i < 9; i++) {
        assert_true(faces_is_hit(conn, sql));
    }
    assert_int_equal(
            console_number("SHOW STATS", "database", "shop", "total_query_count"), queries + 9);
    console_await("SHOW QUERIES", "query", shape, "cached", "10");
    snprintf(calls, sizeof calls, "%ld", console_number("SHOW QUERIES", "query", shape, "calls"));
    assert_true(strtol(calls, NULL, 10) > 10); /* it was a miss first */
    console_expect("SHOW QUERIES", "query", shape, "rows", calls);
    console_expect("SHOW QUERIES", "query", shape, "xacts", calls);
    PQfinish(conn);
}

static void the_report_counts_each_by_who_answered(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("reported");
    faces_await_hit(conn, "select v from reported where id = 7");
    long hits = console_number("SHOW CACHE", "name", "hits", "value");
    long misses = console_number("SHOW CACHE REPORT", "tier", "server", "answers");
    assert_int_equal(console_number("SHOW CACHE REPORT", "tier", "local", "answers"), hits);
    assert_int_equal(console_number("SHOW CACHE REPORT", "tier", "redis", "answers"), 0);
    (void)query_text(conn, "select v from reported where id = 7");
    (void)query_text(conn, "select v from reported where id = 8");
    assert_int_equal(console_number("SHOW CACHE REPORT", "tier", "local", "answers"), hits + 1);
    assert_int_equal(console_number("SHOW CACHE REPORT", "tier", "server", "answers"), misses + 1);
    assert_true(console_number("SHOW CACHE REPORT", "tier", "server", "p99_us") > 0);
    assert_true(console_number("SHOW CACHE REPORT", "tier", "server", "p95_us") <=
                console_number("SHOW CACHE REPORT", "tier", "server", "max_us"));
    long peak = console_number("SHOW CACHE REPORT", "tier", "local", "memory_peak_bytes");
    long mean = console_number("SHOW CACHE REPORT", "tier", "local", "memory_mean_bytes");
    assert_in_range(mean, 1, peak);
    PQfinish(conn);

    struct web_answer answer = web_get(faces_port, "/metrics");
    assert_int_equal(answer.status, 200);
    assert_int_equal((long)sample(answer.body, "sluice_cache_answer_seconds_count{tier=\"local\"}"),
            hits + 1);
    assert_true(sample(answer.body, "sluice_cache_bytes_mean") > 0);
}

/* Each that was looked up and not found is in one row of why not. */
static void every_miss_has_a_reason(void **state)
{
    (void)state;
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CACHE");
    long missed = 0;
    long told = 0;

    for (int row = 0; row < PQntuples(result); row++) {
        const char *section = PQgetvalue(result, row, 0);
        const char *name = PQgetvalue(result, row, 1);
        long value = strtol(PQgetvalue(result, row, 2), NULL, 10);
        missed += strncmp(name, "misses_", strlen("misses_")) == 0 ? value : 0;
        missed -= strcmp(name, "hits_waited") == 0 ? value : 0;
        told += strcmp(section, "misses") == 0 ? value : 0;
    }
    PQclear(result);
    PQfinish(console);
    assert_true(missed > 0);
    assert_int_equal(told, missed);
}

static unsigned lines_with(const char *text, const char *begin)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, begin)) != NULL; at++) {
        count += at == text || at[-1] == '\n';
    }
    return count;
}

/* proxy/METRICS.md has a row for each, with its type and help, and for no other. */
static void every_metric_is_documented(void **state)
{
    (void)state;
    char *page = proc_read("proxy/METRICS.md");
    struct web_answer answer = web_get(faces_port, "/metrics");
    unsigned count = 0;

    for (const char *at = answer.body; (at = strstr(at, "# HELP sluice_cache_")) != NULL; count++) {
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
    assert_true(count > 20);
    assert_int_equal(
            lines_with(page, "| `sluice_cache_") - lines_with(page, "| `sluice_cache_redis_"),
            count); /* those: test_shared.c */
    free(page);
}

/* ---- what is not promised ---- */

void faces_again_with(const char *cache)
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
    faces_again_with("mode = safe\nstream = user=two\n");
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
    faces_again_with("mode = safe\nthrough_sluice = *\n");
    console_expect("SHOW CACHE", "name", "state", "value", "proxy_only");
    console_expect("SHOW CACHE", "name", "reason", "value", "[cache] stream is not set");
    ask_once("select v from refused");
    console_expect("SHOW CACHE STREAM", "database", "shop", "state", "none");
    faces_again_with("mode = ttl\n");
    console_expect("SHOW CACHE", "name", "mode", "value", "ttl");
    console_expect("SHOW CACHE", "name", "state", "value", "ttl");
    faces_again_with("mode = off\n");
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
            cmocka_unit_test(metrics_are_what_the_console_says),
            cmocka_unit_test(hits_are_statements_like_others),
            cmocka_unit_test(the_report_counts_each_by_who_answered),
            cmocka_unit_test(every_miss_has_a_reason),
            cmocka_unit_test(every_metric_is_documented),
            cmocka_unit_test(entries_are_shown_without_what_they_were_asked_with),
            cmocka_unit_test(those_that_saved_most_come_first_and_no_more_than_asked),
            cmocka_unit_test(statements_have_a_verdict_and_a_reason),
            cmocka_unit_test(tables_say_how_their_writes_are_known),
            cmocka_unit_test(a_statement_that_ran_is_explained),
            cmocka_unit_test(one_that_nobody_ran_is_explained_as_well),
            cmocka_unit_test(what_is_flushed_is_gone_and_nothing_else),
            cmocka_unit_test(what_is_being_got_is_not_kept),
            cmocka_unit_test(what_cannot_be_flushed_is_said),
            /* The last: they start other Sluices. */
            cmocka_unit_test(a_hint_widens_what_a_late_stream_may_be),
            cmocka_unit_test(a_stream_that_is_refused_says_why),
            cmocka_unit_test(without_a_stream_it_is_said),
    };

    return case_run(cases, CASE_COUNT(cases), begin, end);
}
