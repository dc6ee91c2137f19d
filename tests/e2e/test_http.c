/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_http.c - what HTTP serves, to whom, and that it says what SHOW says.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INI_MAX = 4096, TEXT_MAX = 1024 * 1024 };

#define RIGHT "Authorization: Bearer sesame-4711\r\n"
#define WRONG "Authorization: Bearer sesame-4712\r\n"
#define TOKEN "token = sesame-4711\n"

static int port;

/* What stands in [http] behind listen, with a database whose line has a password. */
static const char *ini_with(const char *keys)
{
    static char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\n"
            "shop = " AT_POSTGRES " user=postgres password=planted-in-databases\n"
            "other = " AT_POSTGRES "\n" INI_ALONE "pool_mode = transaction\n"
            "[http]\nlisten = 127.0.0.1:%d\n%s",
            port, keys);
    return ini;
}

static int begin(void **state)
{
    (void)prepare(state);
    port = proc_free_port();
    return 0;
}

static void start(const char *keys)
{
    sluice_start(&sluice, ini_with(keys));
    soon_logged(&sluice, "event=started ");
}

/* ---- routes ---- */

static void every_route_answers_get_and_head_alike(void **state)
{
    static const struct {
        const char *path;
        const char *type;
        const char *words;
    } routes[] = {
            {"/", "text/html; charset=utf-8", "<title>Sluice</title>"},
            {"/dashboard/style.css", "text/css; charset=utf-8", "color-scheme"},
            {"/healthz", "application/json", "{\"status\":\"ok\"}"},
            {"/readyz", "application/json", "{\"ready\":true}"},
            {"/metrics", "text/plain; version=0.0.4; charset=utf-8", "sluice_build_info{"},
            {"/metrics?name=x", "text/plain; version=0.0.4; charset=utf-8", "sluice_build_info{"},
            {"/api/metrics/performance", "application/json", "{\"from\":"},
            {"/api/views", "application/json", "{\"views\":["},
            {"/api/views/version", "application/json", "\"rows\":[[\"PgBouncer "},
    };

    (void)state;
    start("");
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        struct web_answer answer = web_get(port, routes[i].path);
        web_expect(answer, 200, routes[i].words);
        assert_string_equal(web_header(&answer, "Content-Type"), routes[i].type);
        assert_string_equal(web_header(&answer, "X-Content-Type-Options"), "nosniff");
        int len = atoi(web_header(&answer, "Content-Length"));
        assert_int_equal(len, strlen(answer.body));
        answer = web_ask(port, "HEAD", routes[i].path, "");
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "");
        assert_non_null(web_header(&answer, "Content-Length"));
        assert_string_equal(web_header(&answer, "Content-Type"), routes[i].type);
    }
}

static void the_page_may_be_kept_and_may_ask_nobody_else(void **state)
{
    char headers[256];

    (void)state;
    start("");
    struct web_answer answer = web_get(port, "/");
    assert_non_null(strstr(web_header(&answer, "Content-Security-Policy"), "default-src 'none'"));
    assert_string_equal(web_header(&answer, "Cache-Control"), "no-cache");
    snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", web_header(&answer, "ETag"));
    answer = web_ask(port, "GET", "/", headers);
    assert_int_equal(answer.status, 304);
    assert_string_equal(answer.body, "");
    answer = web_ask(port, "GET", "/dashboard/style.css", headers);
    assert_int_equal(answer.status, 200);
    answer = web_get(port, "/metrics");
    assert_string_equal(web_header(&answer, "Cache-Control"), "no-store");
}

static void what_is_not_served_is_refused_as_json(void **state)
{
    struct web_answer answer;

    (void)state;
    start("max_body = 100\n");
    web_expect(web_get(port, "/nothing"), 404, "{\"error\":{\"code\":\"not_found\",\"message\":");
    web_expect(web_get(port, "/api/views/nothing"), 404, "\"not_found\"");
    web_expect(web_get(port, "/api/views/client_encoding"), 404, "\"not_found\"");
    web_expect(web_get(port, "/dashboard/..%2findex.html"), 404, "\"not_found\"");
    web_expect(web_get(port, "/%zz"), 400, "\"bad_request\"");
    web_expect(web_get(port, "/api/views/pools?argument=x"), 400, "\"bad_request\"");
    answer = web_ask(port, "POST", "/metrics", "");
    web_expect(answer, 405, "\"method_not_allowed\"");
    assert_string_equal(web_header(&answer, "Allow"), "GET, HEAD");
    web_expect(web_ask(port, "DELETE", "/", ""), 405, "\"method_not_allowed\"");
    web_expect(web_ask(port, "PROPFIND", "/", ""), 405, "\"method_not_allowed\"");
    answer = web_ask(port, "HEAD", "/nothing", "");
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.body, "");
}

static void nothing_listens_unless_it_is_asked_for(void **state)
{
    char ini[INI_MAX];

    (void)state;
    snprintf(ini, sizeof ini, "[databases]\nshop = " AT_POSTGRES "\n" INI_ALONE);
    sluice_start(&sluice, ini);
    soon_logged(&sluice, "event=started ");
    assert_false(sluice_logged(&sluice, "http_listening"));
    assert_false(proc_wait_port(port, 0));
    assert_int_not_equal(
            proc_shell(NULL, "grep -qx http /proc/%d/task/*/comm", (int)sluice.process.pid), 0);
}

static void an_address_that_is_taken_ends_the_start(void **state)
{
    int fd;

    (void)state;
    port = proc_silent_port(&fd);
    assert_int_equal(sluice_refused(&sluice, ini_with("")), 1);
    assert_true(sluice_logged(&sluice, "[http] listen = 127.0.0.1:"));
    assert_true(sluice_logged(&sluice, "Address already in use"));
    close(fd);
    assert_int_equal(sluice_refused(&sluice, "[sluice]\n[http]\nlisten = here\n"), 1);
    sluice.process.pid = 0;
}

/* ---- who may ---- */

static void what_admins_see_needs_the_token(void **state)
{
    static const char *const wrong[] = {WRONG, "Authorization: Bearer sesame-471\r\n",
            "Authorization: Bearer sesame-47111\r\n", "Authorization: Bearer \r\n",
            "Authorization: Basic sesame-4711\r\n", "Authorization: sesame-4711\r\n", ""};

    (void)state;
    start(TOKEN);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct web_answer answer = web_ask(port, "GET", "/api/views/fds", wrong[i]);
        web_expect(answer, 401, "\"unauthorized\"");
        assert_string_equal(web_header(&answer, "WWW-Authenticate"), "Bearer realm=\"sluice\"");
    }
    web_expect(web_ask(port, "GET", "/api/views/fds", RIGHT), 200, "\"name\":\"fds\"");
    web_expect(web_ask(port, "GET", "/api/views/pools", WRONG), 200, "\"name\":\"pools\"");
    web_expect(web_get(port, "/api/views"), 200, "\"name\":\"fds\",");
    web_expect(web_get(port, "/api/views"), 200, "\"needs_token\":true");
}

static void without_a_token_nobody_sees_what_admins_see(void **state)
{
    (void)state;
    start("");
    web_expect(web_get(port, "/api/views/fds"), 403, "\"forbidden\"");
    web_expect(web_ask(port, "GET", "/api/views/fds", "Authorization: Bearer \r\n"), 403,
            "\"forbidden\"");
}

static struct web_answer ask_by(const char *host, const char *path, const char *headers)
{
    char request[512];
    int fd = web_dial(port);

    int len = snprintf(request, sizeof request,
            "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", path, host, headers);
    assert_true(len > 0 && (size_t)len < sizeof request);
    assert_true(web_say(fd, request, (size_t)len));
    return web_hear(fd);
}

/* A page of a stranger's that points its own name here. */
static void by_a_name_of_somebody_elses_nothing_is_told_without_the_token(void **state)
{
    static const char *const paths[] = {"/", "/dashboard/dashboard.js", "/api/views",
            "/api/views/active", "/api/metrics/performance"};

    (void)state;
    start(TOKEN);
    for (size_t i = 0; i < CASE_COUNT(paths); i++) {
        web_expect(ask_by("evil.example:6480", paths[i], ""), 421, "\"misdirected_request\"");
    }
    web_expect(ask_by("evil.example", "/api/views/active", "Authorization: Bearer sesame-4712\r\n"),
            421, "\"misdirected_request\"");
    web_expect(ask_by("evil.example", "/api/views/active", "Authorization: Bearer sesame-4711\r\n"),
            200, "\"rows\"");
    web_expect(ask_by("127.0.0.1:6480", "/api/views/active", ""), 200, "\"rows\"");
    web_expect(ask_by("[::1]", "/api/views/active", ""), 200, "\"rows\"");
    web_expect(ask_by("evil.example", "/healthz", ""), 200, "ok");
    web_expect(ask_by("evil.example", "/readyz", ""), 200, "ready");
    web_expect(ask_by("sluice.example:6480", "/metrics", ""), 200, "sluice_");
}

static void a_reload_changes_what_may_change(void **state)
{
    PGconn *console;

    (void)state;
    start(TOKEN);
    web_expect(web_ask(port, "GET", "/api/views/fds", RIGHT), 200, "\"rows\"");
    sluice_reload(&sluice, ini_with("token = another\nmax_connections = 7\n"));
    console = open_console();
    soon_logged(&sluice, "event=conf_changed section=http name=\"token\"");
    web_expect(web_ask(port, "GET", "/api/views/fds", RIGHT), 401, "not the one set");
    web_expect(web_ask(port, "GET", "/api/views/fds", "Authorization: Bearer another\r\n"), 200,
            "\"rows\"");
    web_expect(web_get(port, "/api/views/config"), 200,
            "[\"http.max_connections\",\"7\",\"64\",\"yes\"]");
    query_expect(console, "SET http.token = 'sesame-4711'", "SET");
    web_expect(web_ask(port, "GET", "/api/views/fds", RIGHT), 200, "\"rows\"");
    query_expect_start(console, "SET http.listen = ''", "ERROR 55P02");
    PQfinish(console);
    sluice_reload(&sluice, "[databases]\nshop = " AT_POSTGRES "\n" INI_ALONE);
    soon_logged(&sluice, "listen cannot change while running");
    web_expect(web_get(port, "/healthz"), 200, "ok");
}

/* ---- readiness ---- */

static void soon_ready(int status, const char *words)
{
    struct web_answer answer = {0};

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        answer = web_get(port, "/readyz");
        if (answer.status == status && strstr(answer.body, words) != NULL) {
            return;
        }
    }
    fail_msg("no %d and %s: %s", status, words, answer.text);
}

static void readiness_follows_pause_and_shutdown_and_life_does_not(void **state)
{
    PGconn *console;
    PGconn *client;

    (void)state;
    start("");
    console = open_console();
    client = open_as("postgres", "other");
    query_expect(console, "PAUSE", "PAUSE");
    soon_ready(503, "{\"ready\":false,\"reason\":\"paused\"}");
    web_expect(web_get(port, "/healthz"), 200, "ok");
    web_expect(web_get(port, "/metrics"), 200, "\nsluice_paused 1\n");
    query_expect(console, "RESUME", "RESUME");
    soon_ready(200, "{\"ready\":true}");
    query_expect(console, "SUSPEND", "SUSPEND");
    soon_ready(503, "\"suspended\"");
    query_expect(console, "RESUME", "RESUME");
    kill(sluice.process.pid, SIGTERM);
    soon_ready(503, "\"shutting down\"");
    web_expect(web_get(port, "/healthz"), 200, "ok");
    PQfinish(client);
    PQfinish(console);
    assert_int_equal(proc_wait(&sluice.process, SOON_MS), 0);
}

/* ---- the numbers ---- */

/* A result as the API would say it: an array of arrays. */
static const char *as_json(const PGresult *result)
{
    static char text[TEXT_MAX];
    size_t used = 0;

    used += (size_t)snprintf(text, sizeof text, "\"rows\":[");
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < PQnfields(result); i++) {
            const char *before = i > 0 ? "," : row > 0 ? ",[" : "[";
            const char *quote = PQftype(result, i) == 25 ? "\"" : "";
            bool is_null = PQgetisnull(result, row, i) != 0;
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s%s", before,
                    is_null ? "" : quote, is_null ? "null" : PQgetvalue(result, row, i),
                    is_null ? "" : quote);
            assert_true(used < sizeof text - 16);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "]");
    }
    snprintf(text + used, sizeof text - used, "]}");
    return text;
}

static void views_say_what_show_says(void **state)
{
    static const char *const views[] = {"pools", "databases", "users", "peers", "peer_pools",
            "stats_averages", "config", "version", "state", "lists", "mem", "dns_zones", "workers",
            "stages", "prepared"};
    PGconn *console;
    PGconn *client;

    (void)state;
    start("");
    client = open_as("one", "shop");
    query_expect(client, "select 1", "1");
    console = open_console();
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        char sql[64];
        char path[64];
        const char *expected = "";
        struct web_answer answer = {0};

        snprintf(sql, sizeof sql, "SHOW %s", views[i]);
        snprintf(path, sizeof path, "/api/views/%s", views[i]);
        /* Again when the one moved between the two: timers, averages. */
        for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
            PGresult *result = PQexec(console, sql);
            expected = as_json(result);
            answer = web_get(port, path);
            PQclear(result);
            if (strstr(answer.body, expected) != NULL) {
                break;
            }
        }
        web_expect(answer, 200, expected);
    }
    PQfinish(console);
    PQfinish(client);
}

/* The rows of what changes all the time have at least the columns and the client. */
static void clients_are_listed(void **state)
{
    PGconn *client;
    char words[64];

    (void)state;
    start("");
    client = open_as("one", "shop");
    web_expect(web_get(port, "/api/views/clients"), 200, "[[\"C\",\"one\",\"shop\",");
    snprintf(words, sizeof words, "\"connect_time\",\"type\":\"text\"");
    web_expect(web_get(port, "/api/views/servers"), 200, words);
    PQfinish(client);
}

/* What an argument is to SHOW it is here. */
static void a_view_takes_the_argument_that_show_takes(void **state)
{
    PGconn *client;
    struct web_answer answer;

    (void)state;
    start("[stats]\nmode = on\n");
    client = open_as("one", "shop");
    for (int i = 0; i < 5; i++) {
        query_expect(client, "select 'often'", "often");
    }
    PQclear(PQexec(client, "select generate_series(1, 100)"));
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        answer = web_get(port, "/api/views/queries?argument=calls");
        if (strstr(answer.body, "series") != NULL && strstr(answer.body, "select ?\"") != NULL) {
            break;
        }
    }
    web_expect(answer, 200, "\"name\":\"queries\"");
    const char *often = strstr(answer.body, "select ?\"");
    assert_non_null(often);
    assert_true(often < strstr(answer.body, "series"));
    answer = web_get(port, "/api/views/queries?argument=rows");
    assert_true(strstr(answer.body, "series") < strstr(answer.body, "select ?\""));
    PQfinish(client);
}

/* The number of a sample. */
static double sample(const char *metrics, const char *name)
{
    char line[256];

    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(metrics, line);
    if (at == NULL) {
        fail_msg("there is no sample %s in:\n%s", name, metrics);
        return 0;
    }
    return strtod(at + strlen(line), NULL);
}

static void metrics_say_what_show_says_in_base_units(void **state)
{
    static const struct {
        const char *name;
        const char *column;
        double unit;
    } totals[] = {
            {"transactions", "xact_count", 1},
            {"queries", "query_count", 1},
            {"received_bytes", "bytes_received", 1},
            {"sent_bytes", "bytes_sent", 1},
            {"transaction_seconds", "xact_time", 1e-6},
            {"query_seconds", "query_time", 1e-6},
            {"wait_seconds", "wait_time", 1e-6},
            {"client_logins", "client_login_count", 1},
    };
    PGconn *console;
    PGconn *client;

    (void)state;
    start(NO_CATALOGS); /* a server that is asked for them is neither idle nor used */
    client = open_as("one", "shop");
    for (int i = 0; i < 7; i++) {
        query_expect(client, "select pg_sleep(0.002)::text", "");
    }
    console = open_console();
    PGresult *result = PQexec(console, "SHOW STATS_TOTALS");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    struct web_answer answer = web_get(port, "/metrics");
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        char name[128];
        int row = 0;
        while (strcmp(PQgetvalue(result, row, 0), "shop") != 0) {
            row++;
        }
        double shown = strtod(PQgetvalue(result, row, PQfnumber(result, totals[i].column)), NULL);
        snprintf(name, sizeof name, "sluice_%s_total{database=\"shop\"}", totals[i].name);
        double said = sample(answer.body, name) / totals[i].unit;
        assert_true(said > shown - 0.001 && said < shown + 0.001);
    }
    assert_true(sample(answer.body, "sluice_queries_total{database=\"shop\"}") == 7);
    assert_true(sample(answer.body, "sluice_query_seconds_total{database=\"shop\"}") >= 0.014);
    assert_true(
            sample(answer.body,
                    "sluice_pool_clients{database=\"shop\",user=\"postgres\",state=\"active\"}") ==
            1);
    assert_true(sample(answer.body,
                        "sluice_pool_servers{database=\"shop\",user=\"postgres\",state=\"idle\"}") +
                        sample(answer.body, "sluice_pool_servers{database=\"shop\",user="
                                            "\"postgres\",state=\"used\"}") ==
                1);
    assert_true(sample(answer.body, "sluice_clients") == 2);
    assert_true(sample(answer.body, "sluice_metrics_left_out") == 0);
    PQclear(result);
    PQfinish(console);
    PQfinish(client);
}

static void promtool_finds_nothing_to_say(void **state)
{
    char path[PROC_PATH_MAX + 16];
    PGconn *client;

    (void)state;
    start("");
    client = open_as("one", "shop");
    query_expect(client, "select 1", "1");
    query_expect_start(client, "select nothing", "ERROR");
    query_expect(client, "create temp table pinned ()", "CREATE TABLE");
    query_expect(client, "select 1", "1");
    (void)web_get(port, "/nothing");
    (void)web_get(port, "/healthz");
    struct web_answer answer = web_get(port, "/metrics");
    web_expect(answer, 200, "\nsluice_statement_duration_seconds_bucket{database=\"shop\",");
    web_expect(answer, 200, "\nsluice_shape_info{id=\"");
    web_expect(answer, 200,
            "sluice_http_request_duration_seconds_bucket{route=\"/healthz\",le=\"+Inf\"} 1\n");
    web_expect(answer, 200, "\nsluice_http_responses_total{code=\"404\"} 1\n");
    web_expect(answer, 200, "\nsluice_pinned_clients{database=\"shop\",");
    proc_write(sluice.dir, "metrics.txt", NULL, answer.body);
    snprintf(path, sizeof path, "%s/promtool.log", sluice.dir);
    assert_int_equal(proc_shell(path, "promtool check metrics <%s/metrics.txt", sluice.dir), 0);
    char *said = proc_read(path);
    assert_string_equal(said, "");
    free(said);
    PQfinish(client);
}

/* ---- secrets ---- */

static void assert_says_no_secret(const char *where, const char *text)
{
    static const char *const secrets[] = {"planted-in-databases", "planted-in-users",
            "planted-in-literal", "planted-in-prepared", "sesame-4711", "sesame-4712"};

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (strstr(text, secrets[i]) != NULL) {
            fail_msg("%s says %s", where, secrets[i]);
        }
    }
}

static void no_secret_is_in_any_answer_or_log(void **state)
{
    static const char *const paths[] = {
            "/", "/metrics", "/readyz", "/api/views", "/api/metrics/performance"};
    PGconn *console;
    PGconn *client;
    char path[PROC_PATH_MAX + 16];

    (void)state;
    sluice_file(&sluice, "userlist.txt",
            "\"postgres\" \"planted-in-users\"\n\"admin\" \"\"\n\"one\" \"planted-in-users\"\n");
    start(TOKEN "[stats]\nmode = on\n");
    client = open_as("one", "shop");
    query_expect(client, "select length('planted-in-literal')", "18");
    PQclear(PQprepare(client, "p", "select length('planted-in-prepared')", 0, NULL));
    query_expect_start(
            client, "select 1 / length(split_part('planted-in-literal', 'p', 1))", "ERROR");
    (void)web_ask(port, "GET", "/api/views/fds", WRONG);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_says_no_secret(paths[i], web_ask(port, "GET", paths[i], RIGHT).text);
    }
    console = open_console();
    query_expect(console, "SET http.token = 'sesame-4712'", "SET");
    assert_non_null(strstr(query_text(console, "SHOW CONFIG"), "http.token|****||yes"));
    PGresult *help = PQexec(console, "SHOW HELP");
    PQclear(help);
    struct web_answer views = web_get(port, "/api/views");
    char *list = strdup(views.body);
    assert_non_null(list);
    int count = 0;
    for (char *at = list; (at = strstr(at, "{\"name\":\"")) != NULL; at++) {
        char name[64];
        if (sscanf(at, "{\"name\":\"%63[a-z_]\",\"sentence\"", name) != 1 ||
                strstr(at, "\"sentence\"") != at + strlen("{\"name\":\"") + strlen(name) + 2) {
            continue;
        }
        snprintf(path, sizeof path, "/api/views/%.60s", name);
        struct web_answer answer = web_ask(port, "GET", path, WRONG);
        /* Nothing without an id; nor, of the second, without a cache. */
        bool is_query = strcmp(name, "query") == 0 || strcmp(name, "cache_why") == 0;
        web_expect(answer, is_query ? 404 : 200, is_query ? "\"message\":\"" : "\"rows\"");
        assert_says_no_secret(path, answer.text);
        count++;
    }
    free(list);
    assert_true(count >= 20);
    char *log = proc_read(sluice.process.log);
    assert_says_no_secret("the log", log);
    free(log);
    snprintf(path, sizeof path, "%s/check.txt", sluice.dir);
    assert_int_equal(proc_shell(path, "%s --check %s/sluice.ini", sluice_bin(), sluice.dir), 0);
    log = proc_read(path);
    assert_non_null(strstr(log, "[http] token: honoured"));
    assert_says_no_secret("--check", log);
    free(log);
    PQfinish(console);
    PQfinish(client);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(every_route_answers_get_and_head_alike),
        CASE(the_page_may_be_kept_and_may_ask_nobody_else),
        CASE(what_is_not_served_is_refused_as_json),
        CASE(nothing_listens_unless_it_is_asked_for),
        CASE(an_address_that_is_taken_ends_the_start),
        CASE(what_admins_see_needs_the_token),
        CASE(without_a_token_nobody_sees_what_admins_see),
        CASE(by_a_name_of_somebody_elses_nothing_is_told_without_the_token),
        CASE(a_reload_changes_what_may_change),
        CASE(readiness_follows_pause_and_shutdown_and_life_does_not),
        CASE(views_say_what_show_says),
        CASE(clients_are_listed),
        CASE(a_view_takes_the_argument_that_show_takes),
        CASE(metrics_say_what_show_says_in_base_units),
        CASE(promtool_finds_nothing_to_say),
        CASE(no_secret_is_in_any_answer_or_log),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
