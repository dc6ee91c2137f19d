/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_http_analyze.c - POST /api/queries/analyze: what it says, to whom, and of whom
 * asks it too much.
 */
#include "tests/support/case.h"
#include "tests/support/soon.h"
#include "tests/support/still.h"
#include "tests/support/web.h"
#include "tests/support/web_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 1024 * 1024, DEPTH = 100000, AT_A_TIME = 8 };
/* SQL_COLUMNS of them are a text that takes the parser a while. */
enum { SQL_COLUMNS = 32000, SQL_MAX = 65536, GIVEN_UP_MS = 15000 };

#define TOKEN "token = sesame-4711\n"
#define PATH "/api/queries/analyze"
#define RIGHT "Authorization: Bearer sesame-4711\r\n"
#define WRONG "Authorization: Bearer sesame-4712\r\n"
#define JSON RIGHT "Content-Type: application/json\r\n"

static char body[BODY_MAX];

static struct web_answer post(const char *text)
{
    return web_post(port, PATH, JSON, text, strlen(text));
}

static struct web_answer analyze(const char *sql)
{
    snprintf(body, sizeof body, "{\"sql\":\"%s\"}", sql);
    return post(body);
}

/* What stands behind a member of the answer, to the next of these. */
static const char *member(const struct web_answer *answer, const char *name)
{
    static char value[8192];
    char key[64];

    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(answer->body, key);
    if (at == NULL) {
        fail_msg("no %s in %s", name, answer->body);
        return "";
    }
    snprintf(value, sizeof value, "%s", at + strlen(key));
    return value;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- what it says ---- */

static void a_statement_is_taken_apart(void **state)
{
    static const char sql[] =
            "SELECT c.name, count(*), max(o.total) FROM shop.orders AS o LEFT JOIN customers c "
            "ON c.id = o.customer WHERE o.state IN ('planted-1', 'planted-2') AND lower(c.name) "
            "LIKE 'planted%' AND o.total > $2 GROUP BY c.name ORDER BY c.name DESC LIMIT 10";
    static const char *const words[] = {"\"kind\":\"SELECT\"", "\"statements\":1,",
            "\"does\":[\"reads\",\"locks",
            ("{\"schema\":\"shop\",\"name\":\"orders\",\"alias\":\"o\",\"is\":[\"read\","
             "\"locked\"],\"is_temp\":false,\"relation\":null}"),
            "{\"schema\":null,\"name\":\"customers\",\"alias\":\"c\",",
            ("{\"schema\":\"shop\",\"table\":\"orders\",\"qualifier\":\"o\",\"name\":\"state\","
             "\"clauses\":[\"where\"],"),
            ("\"name\":\"state\"},\"function\":null,\"operator\":\"=\",\"class\":\"in\",\"with\":"
             "\"list\",\"list_length\":2,"),
            ("\"name\":\"name\"},\"function\":\"lower\",\"operator\":\"~~\",\"class\":\"LIKE "
             "prefix\","),
            "\"operator\":\">\",\"class\":\"range\",\"with\":\"parameter\",\"parameter\":2,",
            "\"kind\":\"left\",\"left\":{", "\"name\":\"count\",\"arguments\":0,",
            "\"order_by\":[{\"column\":{\"schema\":null,\"table\":\"customers\",",
            "\"is_desc\":true,", "\"group_by\":[{\"column\":{",
            "{\"kind\":\"parameter\",\"number\":2,\"offset\":", "\"kind\":\"string\",\"offset\":",
            "\"joins_outer\":1,", "\"aggregates\":2,", "\"has_limit\":true",
            "\"complexity\":{\"score\":", "\"is_truncated\":false", "\"note\":null"};
    char plain[1024];

    (void)state;
    web_start("", TOKEN);
    snprintf(plain, sizeof plain, "%s FOR UPDATE OF o", sql);
    struct web_answer answer = analyze(plain);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        web_expect(answer, 200, words[i]);
    }
    assert_null(strstr(answer.body, "planted"));
    /* Where a literal is told to stand it stands. */
    const char *value = strstr(answer.body, "\"kind\":\"string\",\"offset\":");
    assert_non_null(value);
    size_t offset = strtoul(value + strlen("\"kind\":\"string\",\"offset\":"), NULL, 10);
    assert_true(offset < strlen(plain));
    assert_true(begins(plain + offset, "'planted"));
}

static void effects_and_writes_are_named(void **state)
{
    (void)state;
    web_start("", TOKEN);
    web_expect(analyze("SET search_path = x"), 200, "\"effects\":[\"sets\"]");
    web_expect(analyze("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d"), 200,
            "\"does\":[\"writes\",\"writes_in_cte\",\"returning\",\"star\"]");
    web_expect(analyze("SELECT pg_advisory_lock(1)"), 200, "\"effects\":[\"locks_advisory\"]");
    web_expect(analyze("CREATE TEMP TABLE a (b int)"), 200, "\"is_temp\":true");
    web_expect(analyze(""), 200, "\"kind\":\"EMPTY\"");
}

static void several_statements_are_marked_as_such(void **state)
{
    (void)state;
    web_start("", TOKEN);
    struct web_answer answer = analyze("select 1; update t set a = 2");
    web_expect(answer, 200, "\"kind\":\"MULTI\",\"kinds\":[\"SELECT\",\"UPDATE\"]");
    web_expect(answer, 200, "\"note\":\"several statements: ");
    web_expect(answer, 200, "\"statements\":2,");
}

/* Equal but for literals: one id, the one that SHOW QUERIES has; and the statistics of it. */
static void what_was_seen_comes_with_its_statistics(void **state)
{
    PGconn *second;
    char id[32];

    (void)state;
    web_start("", TOKEN);
    second = open_as("two", "other");
    for (int i = 0; i < 5; i++) {
        query_expect(client, "select 4711 + 1", "4712");
    }
    query_expect(second, "select 1 + 1", "2");
    query_expect_start(client, "select 1 + 'x'", "ERROR 22P02");
    struct web_answer answer = analyze("SELECT  3/*x*/+ 4");
    web_expect(answer, 200, "\"query\":\"select ? + ?\"");
    web_expect(answer, 200, "\"is_seen\":true,\"left_out\":0,\"rows\":[{\"database\":");
    snprintf(id, sizeof id, "%.18s", member(&answer, "id"));
    assert_non_null(strstr(answer.body, "\"database\":\"shop\",\"user\":\"one\",\"node\":"));
    assert_non_null(strstr(
            answer.body, "\"calls\":6,\"errors\":1,\"errors_by_class\":{\"22\":1},\"rows\":5,"));
    assert_non_null(strstr(answer.body, "\"database\":\"other\",\"user\":\"two\",\"node\":"));
    web_expect(web_get(port, "/api/views/queries"), 200, id);

    snprintf(body, sizeof body, "{\"sql\":\"select 1+1\",\"db\":\"other\"}");
    answer = post(body);
    web_expect(answer, 200, "\"database\":\"other\",\"user\":\"two\",");
    assert_null(strstr(answer.body, "\"database\":\"shop\""));
    web_expect(answer, 200, id);
    snprintf(body, sizeof body, "{\"sql\":\"select 1+1\",\"db\":\"nowhere\"}");
    web_expect(post(body), 200, "\"is_seen\":false,\"left_out\":0,\"rows\":[]");
    PQfinish(second);
}

static void it_is_neither_executed_nor_counted(void **state)
{
    (void)state;
    web_start("", TOKEN);
    query_expect(client, "create table kept (a int)", "CREATE TABLE");
    web_expect(analyze("drop table kept"), 200, "\"kind\":\"DDL\"");
    web_expect(analyze("drop table kept"), 200, "\"is_seen\":false");
    query_expect(client, "select count(*) from kept", "0");
    assert_null(strstr(web_get(port, "/api/views/queries").body, "drop"));
    query_expect(client, "drop table kept", "DROP TABLE");
}

static void a_syntax_error_says_where(void **state)
{
    (void)state;
    web_start("", TOKEN);
    web_expect(analyze("select * from wher x = 'planted-1'"), 400,
            "{\"error\":{\"code\":\"syntax_error\",\"message\":\"syntax error at or near "
            "\\\"=\\\"\",\"sqlstate\":\"42601\",\"position\":22}}");
    /* Characters, not bytes. */
    web_expect(analyze("select '\xc3\xbc\xc3\xbc' frm"), 200, "\"kind\":\"SELECT\"");
    web_expect(analyze("select '\xc3\xbc\xc3\xbc' from 'planted-2'"), 400, "\"position\":18}}");
    web_expect(analyze("select 'planted-3"), 400, "unterminated quoted string");
    char *log = proc_read(sluice.process.log);
    assert_null(strstr(log, "planted"));
    free(log);
}

/* ---- who may ---- */

static void it_needs_the_token_the_method_and_the_type(void **state)
{
    static const char good[] = "{\"sql\":\"select 1\"}";
    struct web_answer answer;

    (void)state;
    web_start("", TOKEN);
    web_expect(web_post(port, PATH, "", good, strlen(good)), 401, "\"unauthorized\"");
    web_expect(web_post(port, PATH, WRONG, good, strlen(good)), 401, "\"unauthorized\"");
    answer = web_ask(port, "GET", PATH, RIGHT);
    web_expect(answer, 405, "\"method_not_allowed\"");
    assert_string_equal(web_header(&answer, "Allow"), "POST");
    web_expect(web_ask(port, "PUT", PATH, RIGHT), 405, "\"method_not_allowed\"");
    web_expect(web_post(port, PATH, RIGHT "Content-Type: text/plain\r\n", good, strlen(good)), 415,
            "\"unsupported_media_type\"");
    web_expect(
            web_post(port, PATH, RIGHT "Content-Type: application/jsonx\r\n", good, strlen(good)),
            415, "\"unsupported_media_type\"");
    web_expect(web_post(port, PATH, RIGHT, good, strlen(good)), 200, "\"id\":");
    web_expect(web_post(port, PATH, RIGHT "Content-Type: Application/JSON; charset=utf-8\r\n", good,
                       strlen(good)),
            200, "\"id\":");
}

static void without_statistics_there_is_none(void **state)
{
    (void)state;
    web_start("mode = off\n", TOKEN);
    web_expect(analyze("select 1"), 503, "[stats] mode is off");
}

/* ---- who asks too much ---- */

/* The body: head, so many pieces, tail. */
static void put_repeated(const char *head, const char *piece, int count, const char *tail)
{
    size_t used = (size_t)snprintf(body, sizeof body, "%s", head);

    assert_true(used + strlen(piece) * (size_t)count + strlen(tail) < sizeof body);
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used, "%s", piece);
    }
    snprintf(body + used, sizeof body - used, "%s", tail);
}

static void bodies_that_are_no_such_object_are_refused(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "null", "{}", "{\"sql\":1}", "{\"sql\":\"",
            "{\"sql\":\"\\u0000\"}", "{\"sql\":\"\xff\xfe\"}", "{\"sql\":\"a\",\"x\":1}",
            "{\"sql\":\"a\"} {}", "{\"sql\":\"\\ud800\"}", "sql=select+1"};
    static const char zero[] = "{\"sql\":\"select 1\0 + 1\"}";

    (void)state;
    web_start("", TOKEN "max_body = 1MB\n");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        web_expect(post(bad[i]), 400, "{\"error\":{\"code\":\"bad_request\",\"message\":");
    }
    web_expect(web_post(port, PATH, JSON, zero, sizeof zero - 1), 400, "\"bad_request\"");
    put_repeated("", "[", DEPTH, "");
    web_expect(post(body), 400, "maximum parsing depth");
    put_repeated("{\"sql\":", "{\"a\":", DEPTH, "");
    web_expect(post(body), 400, "maximum parsing depth");
}

static void what_is_too_long_or_too_deep_is_refused(void **state)
{
    (void)state;
    web_start("", TOKEN "max_body = 1MB\n");
    put_repeated("{\"sql\":\"select 1", " ", 70000, "\"}");
    web_expect(post(body), 413, "longer than 65536 bytes");
    put_repeated("{\"sql\":\"select 1", " ", 600000, "\"}");
    web_expect(post(body), 413, "longer than 524288 bytes");
    put_repeated("{\"sql\":\"select ", "-(1+", 16000, "\"}");
    web_expect(post(body), 400, "\"syntax_error\"");
    /* Fewer where they would take a busy machine the five seconds after which it is given up. */
    put_repeated("{\"sql\":\"select 1", "+1", CASE_IS_SANITIZED ? 5000 : 30000, "\"}");
    struct web_answer answer = post(body);
    assert_true(answer.status == 200 || answer.status == 413);
    put_repeated("{\"sql\":\"update t set ", "(a, b) = (select (1), 2), ", 2000, " c = 1\"}");
    web_expect(post(body), 413, "too heavy");
    put_repeated("{\"sql\":\"select ", "\\\"a\\\",", 13000, "1\"}");
    web_expect(post(body), 200, "\"is_truncated\":");
}

static void pipelined_analyses_are_answered_in_their_order(void **state)
{
    static const char *const sqls[] = {"select 1", "nonsense", "delete from t", "select"};
    static const char *const words[] = {
            "\"SELECT\"", "\"syntax_error\"", "\"DELETE\"", "\"SELECT\""};
    size_t used = 0;

    (void)state;
    web_start("", TOKEN);
    for (size_t i = 0; i < 4; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used,
                "POST " PATH " HTTP/1.1\r\nHost: x\r\n%s" JSON
                "Content-Length: %zu\r\n\r\n{\"sql\":\"%s\"}",
                i == 3 ? "Connection: close\r\n" : "", strlen("{\"sql\":\"\"}") + strlen(sqls[i]),
                sqls[i]);
    }
    int fd = web_dial(port);
    assert_true(web_say(fd, body, used));
    struct web_answer answer = web_hear(fd);
    const char *at = answer.text;
    for (size_t i = 0; i < 4; i++) {
        at = strstr(at, words[i]);
        if (at == NULL) {
            fail_msg("no %s, or not in its place: %s", words[i], answer.text);
            return;
        }
    }
}

static void a_body_that_comes_too_slowly_is_told(void **state)
{
    static const char half[] = "POST " PATH " HTTP/1.1\r\nHost: x\r\n" JSON
                               "Content-Length: 100\r\n\r\n{\"sql\":\"sel";

    (void)state;
    web_start("", TOKEN "timeout = 1\n");
    int fd = web_dial(port);
    assert_true(web_say(fd, half, strlen(half)));
    web_expect(web_hear(fd), 408, "\"request_timeout\"");
}

/* Where a request may last two seconds only, a machine that is busy may need several. */
static void soon_metrics(void)
{
    struct web_answer answer = {0};

    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        answer = web_get(port, "/metrics");
        if (answer.status == 200) {
            break;
        }
    }
    web_expect(answer, 200, "sluice_build_info");
}

/* ---- a parser that does not answer ---- */

static pid_t find_parser(void)
{
    return still_find_one(sluice.process.pid, "parser");
}

/* A request to analyze that; its answer is to be heard. */
static int ask(const char *sql)
{
    static char said[BODY_MAX];
    int fd = web_dial(port);
    int len = snprintf(said, sizeof said,
            "POST " PATH " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" JSON
            "Content-Length: %zu\r\n\r\n{\"sql\":\"%s\"}",
            strlen("{\"sql\":\"\"}") + strlen(sql), sql);

    assert_true(len > 0 && (size_t)len < sizeof said);
    assert_true(web_say(fd, said, (size_t)len));
    return fd;
}

/* Each may last as long as that; those that came too many are told so at once. */
static void a_parser_that_stands_still_is_not_waited_for(void **state)
{
    int fds[AT_A_TIME + 1];

    (void)state;
    web_start("", TOKEN "timeout = 5\n");
    pid_t tid = find_parser();
    still_idle(tid);
    for (int i = 0; i < AT_A_TIME + 1; i++) {
        fds[i] = ask("select 1");
    }
    soon_metrics();
    int refused = 0;
    for (int i = 0; i < AT_A_TIME + 1; i++) {
        struct web_answer answer = web_hear(fds[i]);
        refused += strstr(answer.body, "8 statements are being analysed") != NULL;
        assert_int_equal(answer.status, 503);
    }
    assert_int_equal(refused, 1);
    query_expect(client, "select 2", "2");
    still_go_on(tid);
    struct web_answer answer = {0};
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        answer = analyze("select 3");
        if (answer.status == 200) {
            break;
        }
    }
    web_expect(answer, 200, "\"kind\":\"SELECT\"");
}

/* One turn: whether it is caught with our text in its hands, which is told, and the next text is
 * parsed by another thread. Where nothing comes it stands still with a lock that others wait for. */
static bool is_given_up(const char *sql, int pause_ms)
{
    pid_t tid = find_parser();
    bool is_still = false;
    int fd = ask(sql);

    while (!is_still && !web_is_answered(fd, pause_ms)) {
        is_still = still_at_work(tid);
    }
    bool is_told = is_still && web_is_answered(fd, GIVEN_UP_MS);
    if (!is_told) {
        still_end();
    }
    struct web_answer answer = web_hear(fd);
    if (!is_told || answer.status == 200) { /* it was through with it */
        still_end();
        return false;
    }
    web_expect(answer, 503, "the parser gave the statement up");
    assert_string_equal(web_header(&answer, "Retry-After"), "1");
    fd = ask("select 1");
    is_told = web_is_answered(fd, GIVEN_UP_MS);
    still_end();
    web_expect(web_hear(fd), 200, "\"kind\":\"SELECT\"");
    return is_told;
}

static void what_the_watchdog_gives_up_is_told(void **state)
{
    static char sql[SQL_MAX];
    bool is_told = false;
    size_t len;

    (void)state;
    web_start("", TOKEN "timeout = 60\nmax_body = 1MB\n");
    len = (size_t)snprintf(sql, sizeof sql, "select 1");
    for (int i = 0; i < SQL_COLUMNS; i++) {
        len += (size_t)snprintf(sql + len, sizeof sql - len, ",1");
    }
    long until = proc_now_ms() + 4L * SOON_MS;
    for (int turn = 0; !is_told && proc_now_ms() < until; turn++) {
        is_told = is_given_up(sql, 1 + turn % 4);
    }
    assert_true(is_told);
}

/* And the end of the process does not wait for it, nor lose what it had. */
static void it_ends_with_analyses_under_way(void **state)
{
    static const char half[] = "POST " PATH " HTTP/1.1\r\nHost: x\r\n" JSON
                               "Content-Length: 18\r\n\r\n{\"sql\":\"select 1\"}";
    int fds[4];

    (void)state;
    web_start("", TOKEN);
    pid_t tid = find_parser();
    still_idle(tid);
    for (int i = 0; i < 4; i++) {
        fds[i] = web_dial(port);
        assert_true(web_say(fds[i], half, strlen(half)));
    }
    web_expect(web_get(port, "/metrics"), 200, "sluice_build_info"); /* they were read before */
    PQfinish(client);
    client = NULL;
    still_go_on(tid);
    sluice_stop(&sluice);
    for (int i = 0; i < 4; i++) {
        (void)web_hear(fds[i]);
    }
    sluice.process.pid = 0;
}

static int end_case(void **state)
{
    still_end();
    return web_end(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, web_begin, end_case)

static const struct CMUnitTest cases[] = {
        CASE(a_statement_is_taken_apart),
        CASE(effects_and_writes_are_named),
        CASE(several_statements_are_marked_as_such),
        CASE(what_was_seen_comes_with_its_statistics),
        CASE(it_is_neither_executed_nor_counted),
        CASE(a_syntax_error_says_where),
        CASE(it_needs_the_token_the_method_and_the_type),
        CASE(without_statistics_there_is_none),
        CASE(bodies_that_are_no_such_object_are_refused),
        CASE(what_is_too_long_or_too_deep_is_refused),
        CASE(pipelined_analyses_are_answered_in_their_order),
        CASE(a_body_that_comes_too_slowly_is_told),
        CASE(a_parser_that_stands_still_is_not_waited_for),
        CASE(what_the_watchdog_gives_up_is_told),
        CASE(it_ends_with_analyses_under_way),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
