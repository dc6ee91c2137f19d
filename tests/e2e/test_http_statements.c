/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_http_statements.c - what /metrics and /api/metrics/performance say of statements.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"
#include "tests/support/web_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_LEN = 512, FLOOD = 400 };

#define PERFORMANCE "/api/metrics/performance"

static void run(PGconn *conn, const char *sql, int times)
{
    for (int i = 0; i < times; i++) {
        PQclear(PQexec(conn, sql));
    }
}

/* So many shapes that there is room for a quarter of them. */
static void flood(void)
{
    for (int i = 0; i < FLOOD; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "select 1 as a%d", i);
        run(client, sql, 1);
    }
}

/* ---- reading what is said ---- */

/* The number behind text, or -1. */
static double number_behind(const char *where, const char *text)
{
    const char *at = strstr(where, text);

    return at == NULL ? -1 : strtod(at + strlen(text), NULL);
}

static char *get_metrics(void)
{
    struct web_answer answer = web_get(port, "/metrics");

    assert_int_equal(answer.status, 200);
    char *text = strdup(answer.body);
    assert_non_null(text);
    return text;
}

/* Of the sample that begins a line so. */
static double sample(const char *metrics, const char *name)
{
    char line[2 * LINE_MAX_LEN];

    snprintf(line, sizeof line, "\n%s ", name);
    double number = number_behind(metrics, line);
    if (number < 0) {
        fail_msg("there is no sample %s in:\n%s", name, metrics);
    }
    return number;
}

/* How many lines begin so. */
static int lines_with(const char *metrics, const char *start)
{
    char line[2 * LINE_MAX_LEN];
    int count = 0;

    snprintf(line, sizeof line, "\n%s", start);
    for (const char *at = metrics; (at = strstr(at, line)) != NULL; at++) {
        count++;
    }
    return count;
}

static const char *node(void)
{
    static char text[64];

    snprintf(text, sizeof text, "127.0.0.1:%d", cluster.port);
    return text;
}

/* The sample of the pool of that database and user, with what else it has in its braces. */
static double of_pool(const char *metrics, const char *name, const char *database, const char *user,
        const char *more)
{
    char text[LINE_MAX_LEN];

    snprintf(text, sizeof text, "%s{database=\"%s\",user=\"%s\",node=\"%s\"%s}", name, database,
            user, node(), more);
    return sample(metrics, text);
}

/* ---- /metrics ---- */

static void statements_are_counted_by_pool_and_error(void **state)
{
    PGconn *second;

    (void)state;
    web_start("", "");
    second = open_as("two", "other");
    run(client, "select generate_series(1, 3)", 5);
    run(client, "select 1 / 0", 2);
    run(client, "select nothing", 1);
    run(second, "select pg_sleep(0.03)", 2);
    char *metrics = get_metrics();
    assert_true(of_pool(metrics, "sluice_statements_total", "shop", "one", "") == 8);
    assert_true(of_pool(metrics, "sluice_statements_total", "other", "two", "") == 2);
    assert_true(of_pool(metrics, "sluice_statement_rows_total", "shop", "one", "") == 15);
    assert_true(
            of_pool(metrics, "sluice_statement_errors_total", "shop", "one", ",class=\"22\"") == 2);
    assert_true(
            of_pool(metrics, "sluice_statement_errors_total", "shop", "one", ",class=\"42\"") == 1);
    assert_true(of_pool(metrics, "sluice_statement_errors_total", "shop", "one",
                        ",class=\"other\"") == 0);
    static const char slept[] = "sluice_statement_duration_seconds";
    char name[64];
    snprintf(name, sizeof name, "%s_bucket", slept);
    assert_true(of_pool(metrics, name, "other", "two", ",le=\"0.025\"") == 0);
    assert_true(of_pool(metrics, name, "other", "two", ",le=\"60\"") == 2);
    assert_true(of_pool(metrics, name, "other", "two", ",le=\"+Inf\"") == 2);
    snprintf(name, sizeof name, "%s_count", slept);
    assert_true(of_pool(metrics, name, "other", "two", "") == 2);
    snprintf(name, sizeof name, "%s_sum", slept);
    assert_true(of_pool(metrics, name, "other", "two", "") >= 0.06);
    assert_true(
            of_pool(metrics, "sluice_statement_server_seconds_sum", "other", "two", "") >= 0.06);
    assert_true(of_pool(metrics, "sluice_statement_wait_seconds_count", "shop", "one", "") == 8);
    double by_workers = 0;
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "\nsluice_worker_statements_total{worker=\"%d\"} ", i);
        double count = number_behind(metrics, name); /* there is none where none ran */
        by_workers += count < 0 ? 0 : count;
    }
    assert_true(by_workers == 10);
    assert_true(sample(metrics, "sluice_shapes") == 4);
    free(metrics);
    PQfinish(second);
}

/* Once for each that is wanted, and what a shape is once however many pools have it. */
static void the_dearest_shapes_have_series_of_their_own(void **state)
{
    PGconn *second;
    PGconn *console;
    char id[32];
    char name[256];

    (void)state;
    web_start("metrics_shapes = 3\n", "");
    second = open_as("two", "other");
    run(client, "select pg_sleep(0.6)", 2); /* longer than anything else may take */
    run(second, "select pg_sleep(1.2)", 1);
    run(client, "select 1", 2);
    run(client, "select 1, 2", 1);
    char *metrics = get_metrics();
    assert_int_equal(lines_with(metrics, "sluice_shape_statements_total{"), 3);
    assert_int_equal(lines_with(metrics, "sluice_shape_server_seconds_total{"), 3);
    assert_int_equal(lines_with(metrics, "sluice_shape_info{"), 2);
    struct web_answer answer = web_get(port, PERFORMANCE "?limit=1");
    const char *at = strstr(answer.body, "\"shapes\":[{\"id\":\"");
    assert_non_null(at);
    snprintf(id, sizeof id, "%.16s", at + strlen("\"shapes\":[{\"id\":\""));
    snprintf(name, sizeof name, "\nsluice_shape_info{id=\"%s\",kind=\"", id);
    assert_non_null(strstr(metrics, name));
    snprintf(name, sizeof name,
            "sluice_shape_statements_total{id=\"%s\",database=\"shop\",user=\"one\",node=\"%s\"}",
            id, node());
    assert_true(sample(metrics, name) == 2);
    snprintf(name, sizeof name,
            "sluice_shape_seconds_total{id=\"%s\",database=\"other\",user=\"two\",node=\"%s\"}", id,
            node());
    assert_true(sample(metrics, name) >= 1.2);
    free(metrics);
    console = open_console();
    query_expect(console, "SET stats.metrics_shapes = 0", "SET");
    metrics = get_metrics();
    assert_null(strstr(metrics, "sluice_shape_"));
    assert_non_null(strstr(metrics, "\nsluice_statements_total{"));
    free(metrics);
    PQfinish(console);
    PQfinish(second);
}

/* The value of a series in another scrape, or -1. */
static double find_series(const char *metrics, const char *series)
{
    char line[2 * LINE_MAX_LEN];

    snprintf(line, sizeof line, "\n%s ", series);
    return number_behind(metrics, line);
}

static bool is_counter(const char *metrics, const char *series)
{
    static const char *const parts[] = {"_bucket", "_sum", "_count"};
    char name[LINE_MAX_LEN];
    char line[2 * LINE_MAX_LEN];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(series, "{ "), series);
    snprintf(line, sizeof line, "# TYPE %s counter\n", name);
    if (strstr(metrics, line) != NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = strlen(name);
        size_t part = strlen(parts[i]);
        if (len > part && strcmp(name + len - part, parts[i]) == 0) {
            snprintf(line, sizeof line, "# TYPE %.*s histogram\n", (int)(len - part), name);
            return strstr(metrics, line) != NULL;
        }
    }
    return false;
}

/*
 * Each counter of the first that the second has too is at least as large there; how many. But for
 * shapes': one that was evicted and came again has begun anew.
 */
static int expect_grown(const char *first, const char *second)
{
    int count = 0;

    for (const char *at = first; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        char series[LINE_MAX_LEN];
        const char *space = memchr(at, '\n', 4096);
        if (*at == '#' || space == NULL) {
            continue;
        }
        snprintf(series, sizeof series, "%.*s", (int)(space - at), at);
        char *value = strrchr(series, ' ');
        assert_non_null(value);
        *value = '\0';
        double later = find_series(second, series);
        bool is_shape = strncmp(series, "sluice_shape_", strlen("sluice_shape_")) == 0;
        if (!is_shape && is_counter(first, series) && later >= 0) {
            count++;
            if (later < strtod(value + 1, NULL)) {
                fail_msg("%s was %s and is %f", series, value + 1, later);
            }
        }
    }
    return count;
}

/* However many shapes come and go. */
static void counters_never_shrink_but_by_a_reset(void **state)
{
    PGconn *console;

    (void)state;
    web_start("shapes = 100\nmemory = 4MB\nmetrics_shapes = 10\n", "");
    run(client, "select pg_sleep(0.01)", 5);
    run(client, "select nothing", 3);
    char *before = get_metrics();
    for (int i = 0; i < 3; i++) {
        flood();
        run(client, "select 1 / 0", 1);
        char *after = get_metrics();
        assert_true(expect_grown(before, after) > 100);
        free(before);
        before = after;
    }
    assert_true(sample(before, "sluice_shapes_evicted_total") > FLOOD - 100);
    assert_true(sample(before, "sluice_shapes") <= 100);
    assert_true(of_pool(before, "sluice_statements_total", "shop", "one", "") == 3 * FLOOD + 11);
    console = open_console();
    query_expect(console, "RESET STATS", "RESET");
    char *after = get_metrics();
    assert_null(strstr(after, "\nsluice_statements_total{"));
    free(before);
    free(after);
    PQfinish(console);
}

enum { LONG = 1100000, PREPARED_LEN = 40000, PREPARED = 40 };

/* Of 1.1 MB, in each of the ways that one can come. */
static void a_statement_too_long_is_told_as_unobserved(void **state)
{
    const char *const name = "sluice_statements_unobserved_total";
    char *text = malloc(LONG + 1);
    const char *const values[] = {text + 9};

    (void)state;
    web_start("", "");
    memset(text, '1', LONG);
    text[snprintf(text, LONG, "select '")] = '1';
    snprintf(text + LONG - 1, 2, "'");
    run(client, "select 1", 2);
    char *metrics = get_metrics();
    assert_true(sample(metrics, name) == 0);
    free(metrics);
    run(client, text, 1);
    metrics = get_metrics();
    assert_true(sample(metrics, name) == 1);
    free(metrics);
    PQclear(PQexecParams(client, text, 0, NULL, NULL, NULL, NULL, 0));
    metrics = get_metrics();
    assert_true(sample(metrics, name) == 2);
    free(metrics);
    PQclear(PQexecParams(client, "select length($1)", 1, NULL, values, NULL, NULL, 0));
    metrics = get_metrics();
    assert_true(sample(metrics, name) == 3);
    assert_true(of_pool(metrics, "sluice_statements_total", "shop", "one", "") == 2);
    free(metrics);
    free(text);
}

/* In a pipeline. */
static void prepare_many(int count)
{
    static char text[PREPARED_LEN + 1];
    char name[32];

    memset(text, ' ', PREPARED_LEN);
    text[snprintf(text, sizeof text, "select 1")] = ' ';
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "s%d", i);
        assert_int_equal(PQsendPrepare(client, name, text, 0, NULL), 1);
    }
}

/* Parses alone are no statement, however many bytes they have: what is run is counted, once. */
static void what_is_only_prepared_is_not_unobserved(void **state)
{
    bool is_synced = false;

    (void)state;
    web_start("[sluice]\nprepared_statements_bytes_client = 16MB\n", "");
    assert_int_equal(PQenterPipelineMode(client), 1);
    prepare_many(PREPARED);
    assert_int_equal(PQsendQueryPrepared(client, "s1", 0, NULL, NULL, NULL, 0), 1);
    assert_int_equal(PQpipelineSync(client), 1);
    while (!is_synced) {
        PGresult *result = PQgetResult(client); /* NULL behind each */
        assert_true(result == NULL || PQresultStatus(result) != PGRES_PIPELINE_ABORTED);
        is_synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        assert_int_equal(PQstatus(client), CONNECTION_OK);
    }
    assert_int_equal(PQexitPipelineMode(client), 1);
    char *metrics = get_metrics();
    assert_true(sample(metrics, "sluice_statements_unobserved_total") == 0);
    assert_true(of_pool(metrics, "sluice_statements_total", "shop", "one", "") == 1);
    free(metrics);
}

static void prepare_as(const char *name, const char *text, const char *sqlstate)
{
    PGresult *result = PQprepare(client, name, text, 0, NULL);

    if (sqlstate == NULL) {
        assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    } else {
        assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), sqlstate);
    }
    PQclear(result);
}

static void expect_counts(double observed, double unobserved)
{
    char *metrics = get_metrics();
    double missed = sample(metrics, "sluice_statements_unobserved_total");
    double seen = of_pool(metrics, "sluice_statements_total", "shop", "one", "");

    free(metrics);
    if (missed != unobserved || seen != observed) {
        fail_msg("%.0f observed and %.0f not, for %.0f and %.0f", seen, missed, observed,
                unobserved);
    }
}

/* In a transaction's pool that does not rename them the next server may have another of the name. */
static void what_is_bound_by_a_name_that_is_not_kept_is_unobserved(void **state)
{
    (void)state;
    web_start("[sluice]\nmax_prepared_statements = 0\n", "");
    prepare_as("s", "select 1", NULL);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(query_prepared(client, "s", 0, NULL), "1");
    }
    run(client, "select 1", 1);
    expect_counts(1, 3);
}

static void in_a_session_what_is_bound_by_its_own_name_is_observed(void **state)
{
    (void)state;
    web_start("[sluice]\npool_mode = session\n", "");
    prepare_as("s", "select 1", NULL);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(query_prepared(client, "s", 0, NULL), "1");
    }
    expect_counts(3, 0);
    console_await("SHOW QUERIES", "query", "select ?", "calls", "3");

    /* One that failed was never there. */
    prepare_as("t", "select 2 from nothing", "42P01");
    prepare_as("t", "select 2 as two", NULL);
    assert_string_equal(query_prepared(client, "t", 0, NULL), "2");
    console_await("SHOW QUERIES", "query", "select ? as two", "calls", "1");

    /* Of a name that is there already nobody can say what it stands for. */
    prepare_as("t", "select 3 as three", "42P05");
    assert_string_equal(query_prepared(client, "t", 0, NULL), "2");
    expect_counts(4, 1);
    assert_int_equal(console_listed("statements_unobserved"), 1);

    /* Taken away by SQL, and made anew. */
    run(client, "deallocate s", 1);
    prepare_as("s", "select 4 as four", NULL);
    assert_string_equal(query_prepared(client, "s", 0, NULL), "4");
    console_await("SHOW QUERIES", "query", "select ? as four", "calls", "1");
}

/* proxy/METRICS.md has a row for each, with its type and help; so what is new is written down. */
static void every_metric_is_documented(void **state)
{
    (void)state;
    char *page = proc_read("proxy/METRICS.md");
    web_start("", "");
    run(client, "listen x", 1);                    /* there is a listener */
    run(client, "create temp table x (a int)", 1); /* the client keeps its server */
    run(client, "select 1", 1);
    run(client, "select nothing", 1);
    (void)web_get(port, "/nothing");
    char *metrics = get_metrics();
    int count = 0;
    for (const char *at = metrics; (at = strstr(at, "# HELP ")) != NULL; count++) {
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
    /* Those of the cache are e2e.cache_faces's. */
    assert_int_equal(lines_with(page, "| `sluice_") - lines_with(page, "| `sluice_cache_"), count);
    free(metrics);
    free(page);
}

static void without_statistics_there_are_the_other_metrics(void **state)
{
    (void)state;
    web_start("mode = off\n", "");
    run(client, "select 1", 1);
    char *metrics = get_metrics();
    assert_null(strstr(metrics, "sluice_statement"));
    assert_null(strstr(metrics, "sluice_shape"));
    assert_true(sample(metrics, "sluice_queries_total{database=\"shop\"}") == 1);
    free(metrics);
    web_expect(web_get(port, PERFORMANCE), 503, "[stats] mode is off");
}

/* ---- /api/metrics/performance ---- */

static void the_last_hour_is_told_by_shape_and_in_sum(void **state)
{
    PGconn *second;
    struct web_answer answer;

    (void)state;
    web_start("", "");
    second = open_as("two", "other");
    run(client, "select pg_sleep(0.6), 'planted'", 3); /* longer than anything else may take */
    run(client, "select 1 / 0", 4);
    run(second, "select generate_series(1, 7)", 6);
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        answer = web_get(port, PERFORMANCE); /* a plan comes a little later than its statement */
        if (strstr(answer.body, "\"query\":null") == NULL) {
            break;
        }
    }
    web_expect(answer, 200, "{\"from\":");
    double from = number_behind(answer.body, "\"from\":");
    double to = number_behind(answer.body, "\"to\":");
    assert_true(from > 1.5e15 && to > from && to - from <= 80 * 60e6);
    assert_null(strstr(answer.text, "planted"));
    web_expect(answer, 200, "\"summary\":{\"count\":13,\"errors\":4,\"rows\":45,\"mean_us\":");
    web_expect(answer, 200, "\"shapes\":3,\"evicted\":0},\"shapes\":[{\"id\":\"");
    const char *first = strstr(answer.body, "\"shapes\":[");
    assert_non_null(first);
    assert_true(number_behind(first, "\"count\":") == 3);
    assert_true(number_behind(first, "\"total_us\":") >= 1800000);
    assert_true(number_behind(first, "\"p50_us\":") >= 590000);
    assert_true(number_behind(first, "\"p95_us\":") >= number_behind(first, "\"p50_us\":"));
    assert_true(number_behind(first, "\"max_us\":") >= 600000);
    assert_true(number_behind(first, "\"server_us\":") >= 1800000);
    web_expect(answer, 200,
            "\"kind\":\"SELECT\",\"query\":\"select pg_sleep(?), ?\",\"count\":3,\"errors\":0,"
            "\"rows\":3,");
    web_expect(answer, 200, "\"query\":\"select generate_series(?, ?)\",\"count\":6,");

    answer = web_get(port, PERFORMANCE "?order=calls&limit=1");
    first = strstr(answer.body, "\"shapes\":[");
    assert_true(number_behind(first, "\"count\":") == 6);
    assert_null(strstr(answer.body, "pg_sleep"));
    answer = web_get(port, PERFORMANCE "?order=errors");
    first = strstr(answer.body, "\"shapes\":[");
    assert_true(number_behind(first, "\"errors\":") == 4);
    answer = web_get(port, PERFORMANCE "?database=other");
    web_expect(answer, 200, "\"summary\":{\"count\":6,\"errors\":0,\"rows\":42,");
    assert_null(strstr(answer.body, "\"database\":\"shop\""));
    web_expect(web_get(port, PERFORMANCE "?user=one"), 200, "\"summary\":{\"count\":7,");
    web_expect(web_get(port, PERFORMANCE "?user=one&database=other"), 200,
            "\"summary\":{\"count\":0,");
    web_expect(web_get(port, PERFORMANCE "?database=nowhere"), 200, "\"shapes\":[]}");
    PQfinish(second);
}

static void the_sum_has_what_was_evicted_too(void **state)
{
    struct web_answer answer;

    (void)state;
    web_start("shapes = 100\nmemory = 4MB\n", "");
    flood();
    answer = web_get(port, PERFORMANCE "?limit=1000");
    assert_int_equal(answer.status, 200);
    assert_true(number_behind(answer.body, "\"count\":") == FLOOD);
    assert_true(number_behind(answer.body, "\"evicted\":") >= FLOOD - 100);
    int shapes = 0;
    for (const char *at = answer.body; (at = strstr(at, "{\"id\":")) != NULL; at++) {
        shapes++;
    }
    assert_in_range(shapes, 50, 100);
}

static void what_is_asked_for_wrongly_is_said(void **state)
{
    static const char *const bad[] = {"?order=nothing", "?order=", "?order=last_seen", "?limit=0",
            "?limit=1001", "?limit=-1", "?limit=1x", "?limit=", "?sort=calls"};

    (void)state;
    web_start("", "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, PERFORMANCE "%s", bad[i]);
        web_expect(web_get(port, path), 400, "{\"error\":{\"code\":\"bad_request\",");
    }
    web_expect(web_get(port, PERFORMANCE "?order=x"), 400, "order is one of total, calls, mean,");
    struct web_answer answer = web_ask(port, "POST", PERFORMANCE, "");
    web_expect(answer, 405, "\"method_not_allowed\"");
    web_expect(web_ask(port, "HEAD", PERFORMANCE, ""), 200, "Content-Length: ");
    web_expect(web_get(port, PERFORMANCE), 200, "\"summary\":{\"count\":0,");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, web_begin, web_end)

static const struct CMUnitTest cases[] = {
        CASE(statements_are_counted_by_pool_and_error),
        CASE(the_dearest_shapes_have_series_of_their_own),
        CASE(counters_never_shrink_but_by_a_reset),
        CASE(a_statement_too_long_is_told_as_unobserved),
        CASE(what_is_only_prepared_is_not_unobserved),
        CASE(what_is_bound_by_a_name_that_is_not_kept_is_unobserved),
        CASE(in_a_session_what_is_bound_by_its_own_name_is_observed),
        CASE(every_metric_is_documented),
        CASE(without_statistics_there_are_the_other_metrics),
        CASE(the_last_hour_is_told_by_shape_and_in_sum),
        CASE(the_sum_has_what_was_evicted_too),
        CASE(what_is_asked_for_wrongly_is_said),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
