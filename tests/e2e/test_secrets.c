/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_secrets.c - what stands in literals and parameters is shown nowhere.
 *
 * Secrets of every kind are planted: each has the word "planted" in it, or the digits 47114711.
 * Then everything that Sluice says of statements is searched for both: its log, with all that can
 * be logged; every view, on the console by both protocols and by HTTP; metrics, the API, the tables
 * of history, and the answers to those who ask wrongly. (Names, of columns for example, are no
 * secrets.)
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INI_MAX = 4096, NAME_MAX_LEN = 64, LONG = 300000, CUT = 262144 };

#define SECRETS "'planted|47114711'"
#define OFF "select set_config('standard_conforming_strings', 'off', false)"
#define TOKEN "Authorization: Bearer sesame-4711\r\n"

static int port; /* HTTP's */

static int begin(void **state)
{
    char ini[INI_MAX];

    start_cluster(state);
    cluster_sql(&cluster, "create table t (a text, b numeric)");
    prepare(state);
    port = proc_free_port();
    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES " user=postgres\n"
            "narrow = " AT_POSTGRES " user=postgres pool_size=1\n" INI_ALONE
            "pool_mode = transaction\nverbose = 5\nlog_connections = 1\nlog_disconnections = 1\n"
            "log_pooler_errors = 1\nlog_stats = 1\nstats_period = 1\n"
            "ignore_startup_parameters = options\n"
            "[stats]\nslow_threshold = 0\nlog_min_duration_statement = 0\n"
            "history = host=127.0.0.1 port=%d user=postgres dbname=postgres\n"
            "[cache]\nmode = safe\nthrough_sluice = *\n"
            "[http]\nlisten = 127.0.0.1:%d\ntoken = sesame-4711\n",
            cluster.port, port);
    sluice_start(&sluice, ini);
    return 0;
}

/* ---- planting ---- */

/* Some fail: a secret in what PostgreSQL refuses is one all the same. */
static const char *const plants[] = {
        "select 'planted' as a1",
        "select E'planted\\n' as a2, e'\\'planted'",
        "select U&'planted\\0041' as a3, U&'planted!0041' uescape '!', n'planted'",
        "select $$planted$$ as a4, $tag$planted $$ $tag$",
        "select x'47114711', b'1', 47114711, 47114711.5, -47114711, 47114711e1, .47114711 as a5",
        "/* planted */ select 1 as a6 -- planted",
        "/* /* planted */ planted */ select 2 as a7",
        "select 1 as a8 where 'planted' in ('planted', 'planted 2', 'planted 3')",
        "insert into t (a, b) values ('planted', 47114711), ('planted 2', 47114711)",
        "update t set a = 'planted', b = 47114711 where a = 'planted'",
        "set my.secret = 'planted'",
        "set local my.secret = planted",
        "set my.secret to 'planted', 'planted'",
        "select set_config('my.secret', 'planted', false)",
        "create user planter password 'planted'",
        "create role planter2 encrypted password E'planted'",
        "alter user planter password 'planted' valid until 'planted'",
        "alter role planter with password $$planted$$",
        "alter user planter password 47114711",
        "create user mapping for planter server nowhere options (user 'x', password 'planted')",
        "create server nowhere foreign data wrapper nothing options (host 'planted')",
        "create subscription s connection 'host=127.0.0.1 password=planted' publication p",
        "alter system set search_path = 'planted'",
        "alter role planter set my.secret = 'planted'",
        "prepare q as select $1::text, 'planted' as a9",
        "execute q('planted')",
        "execute q(47114711)",
        "notify c, 'planted'",
        "do $$ begin perform 'planted'; end $$",
        "do 'begin perform ''planted''; end'",
        "explain select 'planted' as a10",
        "declare c cursor for select 'planted' as a11",
        "create view v as select 'planted' as a",
        "comment on table t is 'planted'",
        "create function f() returns text language sql as 'select ''planted'''",
        "create function g() returns text language sql begin atomic; select 'planted'; end",
        "call p('planted', 47114711)",
        "copy (select 'planted') to stdout",
        "copy t from program 'planted'",
        "security label on table t is 'planted'",
        "select 1 / 0 as a12 where 'planted' = 'planted'",
        "select 'planted'::int as a13",
        "select 'planted' as a14 from nowhere",
        "selec 'planted' fro 47114711",
        "select 'a' 'planted' as a15",
        "select 'a'\n'planted' as a16",
        "select 'planted' as a17; select 'planted 2'; selec 'planted 3'",
        "select * from t where a like 'planted%' and b between 47114711 and 47114711",
        "select 1 as a21 limit 47114711 offset 47114711",
        "select array['planted', 'planted'] as a18, row('planted', 47114711), (47114711)",
        "select interval '47114711' day, date 'planted', timestamp 'planted', float8 '47114711'",
        "select json '{\"a\": \"planted\"}' as a19",
        "select xmlparse(content 'planted') as a20",
        "select 'planted",
        "select E'planted\\'",
        "select $$planted",
        "select $tag$planted$$",
        "select 1 /* planted",
        "select 1 as \"x, 'planted'",
        "select U&'planted",
        "'planted'",
        "\xff 'planted' \xc3",
        "",
};

static void drain(PGconn *conn)
{
    PGresult *result = NULL;
    char *row = NULL;

    while ((result = PQgetResult(conn)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        if (status == PGRES_COPY_OUT) {
            while (PQgetCopyData(conn, &row, 0) > 0) {
                PQfreemem(row);
            }
        }
    }
    assert_int_equal(PQstatus(conn), CONNECTION_OK);
}

static void plant_text(PGconn *conn, const char *text)
{
    assert_int_equal(PQsendQuery(conn, text), 1);
    drain(conn);
    assert_int_equal(PQsendQueryParams(conn, text, 0, NULL, NULL, NULL, NULL, 0), 1);
    drain(conn);
    assert_int_equal(PQsendPrepare(conn, "named", text, 0, NULL), 1);
    drain(conn);
    assert_int_equal(PQsendQueryPrepared(conn, "named", 0, NULL, NULL, NULL, 0), 1);
    drain(conn);
    PQclear(PQexec(conn, "deallocate named"));
}

static void plant_texts(const char *before)
{
    PGconn *conn = open_as("one", "db");

    if (before != NULL) {
        PQclear(PQexec(conn, before));
    }
    for (size_t i = 0; i < CASE_COUNT(plants); i++) {
        plant_text(conn, plants[i]);
    }
    PQfinish(conn);
}

/* Whether SHOW QUERIES has a row whose search_path begins so. */
static bool lists(PGconn *console, const char *path)
{
    PGresult *result = PQexec(console, "SHOW QUERIES");
    int column = PQfnumber(result, "search_path");
    bool found = false;

    for (int row = 0; row < PQntuples(result); row++) {
        found |= strncmp(PQgetvalue(result, row, column), path, strlen(path)) == 0;
    }
    PQclear(result);
    return found;
}

/* In a session of its own, whose path is known. */
static void plant_paths(void)
{
    static const char *const sets[] = {"set search_path = 'planted 1', public",
            "set search_path to '47114711', \"planted-2\", public", "set schema 'planted 3'",
            "select set_config('search_path', '\"planted 4\", public', false)"};
    PGconn *conn = open_as("one", "db");

    for (size_t i = 0; i < CASE_COUNT(sets); i++) {
        PQclear(PQexec(conn, sets[i]));
        PQclear(PQexec(conn, "select 1 as a22"));
    }
    PQfinish(conn);
    /* It is seen that it was: the second, of two schemas that are not shown. */
    conn = open_console();
    for (long end = proc_now_ms() + SOON_MS; !lists(conn, "?, ?, public #");) {
        assert_true(proc_now_ms() < end);
        proc_pause_ms(10);
    }
    PQfinish(conn);
}

/* What is too long to be read, and a literal that begins where reading ends. */
static void plant_long_texts(void)
{
    PGconn *conn = open_as("one", "db");
    char *text = malloc(LONG + 64);

    assert_non_null(text);
    for (int at = CUT - 24; at <= CUT + 8; at += 4) {
        memset(text, ' ', LONG);
        text[snprintf(text, LONG, "select")] = ' ';
        snprintf(text + at, 64, "'planted %d', 47114711", at);
        plant_text(conn, text);
    }
    size_t len = (size_t)sprintf(text, "select '");
    while (len < LONG) {
        len += (size_t)sprintf(text + len, "planted ");
    }
    plant_text(conn, text);
    sprintf(text + len, "'");
    plant_text(conn, text);
    free(text);
    PQfinish(conn);
}

static void plant_values(void)
{
    static const char *const values[] = {"planted", "47114711"};
    static const int binary[] = {1, 0};
    static const int lengths[] = {7, 0};
    PGconn *conn = open_as("one", "db");

    for (int i = 0; i < 3; i++) {
        PQclear(PQexecParams(conn, "select $1::text as b1, $2::numeric", 2, NULL, values, lengths,
                i == 0 ? binary : NULL, i));
        PQclear(PQexecParams(
                conn, "select $1::int / $2::int as b2", 2, NULL, values, NULL, NULL, 0));
    }
    PQclear(PQexec(conn, "copy t from stdin"));
    assert_int_equal(PQputCopyData(conn, "planted\t47114711\n", 17), 1);
    assert_int_equal(PQputCopyEnd(conn, NULL), 1);
    drain(conn);
    PQclear(PQexec(conn, "copy t from stdin"));
    assert_int_equal(PQputCopyData(conn, "47114711\tplanted\n", 17), 1);
    assert_int_equal(PQputCopyEnd(conn, "planted"), 1);
    drain(conn);
    PQfinish(conn);
    PQfinish(query_connect("host=127.0.0.1 port=%d user=one dbname=db sslmode=disable "
                           "password=planted options='-c my.secret=planted'",
            sluice.port));
}

/* ---- searching ---- */

static void expect_clean(const char *where, const char *text)
{
    static const char *const secrets[] = {"planted", "47114711"};

    for (size_t i = 0; i < CASE_COUNT(secrets); i++) {
        const char *at = strcasestr(text, secrets[i]);
        if (at != NULL) {
            size_t before = (size_t)(at - text);
            fail_msg("%s: ...%.200s", where, before > 80 ? at - 80 : text);
        }
    }
}

static void search_rows(const char *where, PGresult *result)
{
    expect_clean(where, PQresultErrorMessage(result));
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result); column++) {
            expect_clean(where, PQgetvalue(result, row, column));
        }
    }
    PQclear(result);
}

static void search_show(PGconn *console, const char *name, const char *argument)
{
    char text[2 * NAME_MAX_LEN];

    snprintf(text, sizeof text, "SHOW %s %s", name, argument);
    search_rows(text, PQexec(console, text));
    search_rows(text, PQexecParams(console, text, 0, NULL, NULL, NULL, NULL, 0));
}

static void search_web(const char *path)
{
    struct web_answer answer = web_ask(port, "GET", path, TOKEN);

    if (answer.status != 200) {
        fail_msg("%s: %.300s", path, answer.text);
    }
    expect_clean(path, answer.text);
}

/* The next name of /api/views behind *at: of a view, not of a column. */
static bool next_view(const char **at, char name[NAME_MAX_LEN])
{
    static const char before[] = "{\"name\":\"";
    static const char behind[] = "\",\"sentence\"";

    for (const char *from = *at; (from = strstr(from, before)) != NULL;) {
        from += strlen(before);
        size_t len = strcspn(from, "\"");
        if (strncmp(from + len, behind, strlen(behind)) == 0) {
            snprintf(name, NAME_MAX_LEN, "%.*s", (int)len, from);
            *at = from;
            return true;
        }
    }
    return false;
}

static void search_views(PGconn *console)
{
    struct web_answer list = web_get(port, "/api/views");
    char *views = strdup(list.body);
    const char *at = views;
    char name[NAME_MAX_LEN];
    char path[NAME_MAX_LEN + 16];
    unsigned count = 0;

    assert_non_null(views);
    for (; next_view(&at, name); count++) {
        search_show(console, name, "");
        snprintf(path, sizeof path, "/api/views/%s", name);
        if (strcmp(name, "query") != 0 && strcmp(name, "cache_why") != 0) { /* search_shapes() */
            search_web(path);
        }
    }
    assert_true(count >= 20);
    free(views);
}

/* Each shape, and all that is known of it. */
static void search_shapes(PGconn *console)
{
    PGresult *result = PQexec(console, "SHOW QUERIES calls");
    int id = PQfnumber(result, "id");
    char path[2 * NAME_MAX_LEN];

    assert_true(PQntuples(result) > 40);
    for (int row = 0; row < PQntuples(result); row++) {
        search_show(console, "QUERY", PQgetvalue(result, row, id));
        search_show(console, "CACHE WHY", PQgetvalue(result, row, id));
        snprintf(path, sizeof path, "/api/views/query?argument=%s", PQgetvalue(result, row, id));
        search_web(path);
        snprintf(
                path, sizeof path, "/api/views/cache_why?argument=%s", PQgetvalue(result, row, id));
        search_web(path);
    }
    PQclear(result);
}

static struct web_answer analyze(const char *sql)
{
    struct web_answer answer;
    char request[1024];
    long end = proc_now_ms() + SOON_MS;

    int len = snprintf(request, sizeof request, "{\"sql\":\"%s\"}", sql);
    assert_true(len > 0 && (size_t)len < sizeof request);
    do { /* while the parser has too much to do */
        assert_true(proc_now_ms() < end);
        answer = web_post(port, "/api/queries/analyze", TOKEN "Content-Type: application/json\r\n",
                request, (size_t)len);
    } while (answer.status == 503);
    return answer;
}

/* Not even to who sent it. */
static void search_analysis(const char *sql)
{
    struct web_answer answer = analyze(sql);

    web_expect(answer, 200, "\"query\":\"select ?");
    expect_clean(sql, answer.text);
}

/* PostgreSQL's message quotes the word it stands at, to who sent it; and nothing else. */
static void search_syntax_error(const char *sql, const char *message)
{
    struct web_answer answer = analyze(sql);

    web_expect(answer, 400, "\"code\":\"syntax_error\"");
    char *at = strstr(answer.text, message);
    if (at == NULL) {
        fail_msg("no %s: %s", message, answer.text);
        return;
    }
    memset(at, ' ', strlen(message));
    expect_clean(sql, answer.text);
}

static void search_everything(void)
{
    PGconn *console = open_console();

    search_views(console);
    search_shapes(console);
    PQfinish(console);
    search_web("/metrics");
    search_web("/api/metrics/performance");
    search_analysis("select 'planted' as c1, 47114711");
    search_syntax_error("select 1 from where 'planted' 47114711", "at or near \\\"where\\\"\"");
    search_syntax_error("select 47114711 'planted' 'planted'", "at or near \\\"'planted'\\\"\"");
    search_syntax_error("select 'planted", "at or near \\\"'planted\\\"\"");
    assert_int_equal(proc_shell(NULL, "grep -aqiE 'planted|47114711' '%s'", sluice.process.log), 1);
}

/* ---- promises ---- */

static void what_was_asked_is_shown_without_its_secrets(void **state)
{
    (void)state;
    /* So that it is known that what is searched says something. */
    plant_texts(NULL);
    soon_logged(&sluice, "select ? as a1");
    plant_values();
    plant_paths();
    plant_long_texts();
    search_everything();
}

static void await_syncs(PGconn *conn, int syncs)
{
    while (syncs > 0) {
        PGresult *result = PQgetResult(conn);
        syncs -= PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        assert_int_equal(PQstatus(conn), CONNECTION_OK);
    }
}

static void pipeline_two(PGconn *conn, const char *first, const char *second)
{
    assert_int_equal(PQenterPipelineMode(conn), 1);
    assert_int_equal(PQsendQueryParams(conn, first, 0, NULL, NULL, NULL, NULL, 0), 1);
    assert_int_equal(PQsendQueryParams(conn, second, 0, NULL, NULL, NULL, NULL, 0), 1);
    assert_int_equal(PQpipelineSync(conn), 1);
    await_syncs(conn, 1);
}

/* By the old rules the secret would be a name: what is under way ahead of it changes them. */
static void rules_that_change_ahead_of_a_text_show_none(void **state)
{
    static const char *const sets[] = {"set standard_conforming_strings = off",
            "set client_encoding = 'sjis'",
            "select set_config('standard_conforming_strings', 'off', false)"};
    static const char *const texts[] = {"select 'a\\'', 'planted ', 'b\\''",
            "select E'\x83\x5c', 'planted ', E'\x83\x5c' /* '*/"};
    char both[256];

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(sets); i++) {
        for (size_t j = 0; j < CASE_COUNT(texts); j++) {
            PGconn *conn = open_as("one", "db");
            pipeline_two(conn, sets[i], texts[j]);
            PQfinish(conn);
            conn = open_as("one", "db");
            snprintf(both, sizeof both, "%s; %s", sets[i], texts[j]);
            assert_int_equal(PQsendQuery(conn, both), 1);
            drain(conn);
            PQfinish(conn);
        }
    }
    search_everything();
}

/* An error takes back what the transaction had set, at once. */
static void rules_that_an_error_takes_back_show_none(void **state)
{
    static const char *const sets[] = {
            "set local standard_conforming_strings = off", "set standard_conforming_strings = off"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(sets); i++) {
        PGconn *conn = open_as("one", "db");
        query_text(conn, "begin");
        query_text(conn, sets[i]);
        assert_int_equal(PQenterPipelineMode(conn), 1);
        assert_int_equal(PQsendQueryParams(conn, "select 1/0", 0, NULL, NULL, NULL, NULL, 0), 1);
        assert_int_equal(PQpipelineSync(conn), 1);
        assert_int_equal(PQsendQueryParams(
                                 conn, "select 'x\\', ' planted --'", 0, NULL, NULL, NULL, NULL, 0),
                1);
        assert_int_equal(PQpipelineSync(conn), 1);
        await_syncs(conn, 2);
        PQfinish(conn);
    }
    search_everything();
}

/* What libpq would not send. */
static void send_and_await(int fd, const void *messages, size_t len, int readies)
{
    uint8_t head[5];
    char body[1024];

    assert_int_equal(send(fd, messages, len, MSG_NOSIGNAL), len);
    while (readies > 0) {
        assert_int_equal(login_read(fd, (char *)head, sizeof head), sizeof head);
        size_t more = (size_t)(head[3] << 8 | head[4]) - 4;
        assert_true(more <= sizeof body);
        assert_int_equal(login_read(fd, body, more), more);
        readies -= head[0] == 'Z';
    }
}

static int raw_begin(void)
{
    static const char query[] = "Q\0\0\0\12begin";
    char startup[LOGIN_TEXT_MAX];
    int fd = login_dial(sluice.port);

    send_and_await(fd, startup, login_startup(startup, "one", "db"), 1);
    send_and_await(fd, query, sizeof query, 1);
    return fd;
}

static size_t put_query(char *at, const char *text)
{
    size_t len = strlen(text) + 1;

    assert_true(len < 200);
    memcpy(at, (const char[]){'Q', 0, 0, 0, (char)(len + 4)}, 5);
    memcpy(at + 5, text, len);
    return len + 5;
}

/* What sets them was seen in an earlier request, and is only now run. */
static void rules_that_a_cursor_changes_show_none(void **state)
{
    static const char *const runs[] = {"fetch c", "move c"};
    char messages[512];

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(runs); i++) {
        int fd = raw_begin();
        send_and_await(fd, messages, put_query(messages, "declare c cursor for " OFF), 1);
        size_t len = put_query(messages, runs[i]);
        len += put_query(messages + len, "select 'a\\'', 'planted ', 'b\\''");
        send_and_await(fd, messages, len, 2);
        close(fd);
    }
    search_everything();
}

#define SYNC "S\0\0\0\4"

static void rules_that_a_portal_changes_show_none(void **state)
{
    static const char parse[] = "P\0\0\0\107p\0" OFF "\0\0\0" SYNC;
    static const char bind[] = "B\0\0\0\16o\0p\0\0\0\0\0\0\0" SYNC;
    /* Another portal may be bound ahead of it. */
    static const char *const before[] = {"", "B\0\0\0\16n\0p\0\0\0\0\0\0\0"};
    static const size_t before_len[] = {0, 15};
    static const char behind[] = "E\0\0\0\12o\0\0\0\0\0"
                                 "P\0\0\0\47\0select 'a\\'', 'planted ', 'b\\''\0\0\0"
                                 "B\0\0\0\14\0\0\0\0\0\0\0\0E\0\0\0\11\0\0\0\0\0" SYNC;

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(before); i++) {
        char messages[256];
        int fd = raw_begin();
        send_and_await(fd, parse, sizeof parse - 1, 1);
        send_and_await(fd, bind, sizeof bind - 1, 1);
        memcpy(messages, before[i], before_len[i]);
        memcpy(messages + before_len[i], behind, sizeof behind - 1);
        send_and_await(fd, messages, before_len[i] + sizeof behind - 1, 1);
        close(fd);
    }
    search_everything();
}

/* Texts that matter to the rules are told all the same, when nothing ahead of them changes those. */
static void rules_that_stay_hide_nothing(void **state)
{
    PGconn *conn = open_as("one", "db");
    PGresult *result = NULL;
    ExecStatusType status = PGRES_EMPTY_QUERY;

    (void)state;
    assert_int_equal(PQenterPipelineMode(conn), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
                PQsendQueryParams(conn, "select 'a\\b' as delicate", 0, NULL, NULL, NULL, NULL, 0),
                1);
    }
    assert_int_equal(PQpipelineSync(conn), 1);
    while (status != PGRES_PIPELINE_SYNC) {
        result = PQgetResult(conn);
        status = result == NULL ? PGRES_EMPTY_QUERY : PQresultStatus(result);
        PQclear(result);
    }
    PQfinish(conn);
    console_await("SHOW QUERIES", "query", "select ? as delicate", "calls", "3");
}

/* Prepared the one way, executed when strings are read another way again. */
static void statements_prepared_under_other_rules_show_none(void **state)
{
    static const char text[] = "select 'a\\'', 'planted ', 'b\\''";
    PGconn *conn = open_as("one", "db");

    (void)state;
    query_text(conn, "begin");
    query_text(conn, "set local standard_conforming_strings = off");
    PGresult *result = PQprepare(conn, "p", text, 0, NULL);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    query_text(conn, "commit");
    result = PQexecPrepared(conn, "p", 0, NULL, NULL, NULL, 0);
    PQclear(result);
    PQfinish(conn);
    search_everything();
}

static void other_ways_to_read_strings_show_none(void **state)
{
    (void)state;
    plant_texts("set standard_conforming_strings = off");
    plant_texts("set client_encoding = sjis");
    plant_texts("set client_encoding = gb18030");
    search_everything();
}

/* Until so many statements are under way; what is shown of them meanwhile is searched. */
static void await_active(PGconn *console, int count)
{
    long end = proc_now_ms() + SOON_MS;
    int rows = -1;

    while (rows != count) {
        assert_true(proc_now_ms() < end);
        PGresult *result = PQexec(console, "SHOW ACTIVE");
        rows = PQntuples(result);
        search_rows("SHOW ACTIVE", result);
    }
}

static void what_is_under_way_is_shown_without_its_secrets(void **state)
{
    PGconn *runs = open_as("one", "narrow");
    PGconn *waits = open_as("one", "narrow");
    PGconn *console = open_console();

    (void)state;
    assert_int_equal(PQsendQuery(runs, "select pg_sleep(3600), 'planted', 47114711"), 1);
    await_active(console, 1); /* else the other worker may be faster with the other one */
    assert_int_equal(PQsendQuery(waits, "select 'planted' as d1, 47114711"), 1);
    await_active(console, 2);
    search_everything();
    PQclear(PQexec(console, "KILL narrow"));
    PQfinish(console);
    PQfinish(waits);
    PQfinish(runs);
    search_everything();
}

/* The last one, as it ends Sluice: what was counted is written then. */
static void the_history_tables_have_none(void **state)
{
    (void)state;
    plant_texts(NULL);
    soon_logged(&sluice, "select ? as a1");
    plant_texts(NULL); /* calls of shapes whose texts are known */
    sluice_stop(&sluice);
    PGconn *conn = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);
    query_expect(conn, "select count(*) > 40 from sluice.query_shapes", "t");
    query_expect(conn, "select count(*) > 40 from sluice.performance_metrics", "t");
    query_expect(
            conn, "select count(*) from sluice.query_shapes as s where s::text ~* " SECRETS, "0");
    query_expect(conn,
            "select count(*) from sluice.performance_metrics as m where m::text ~* " SECRETS, "0");
    PQfinish(conn);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(what_was_asked_is_shown_without_its_secrets),
            cmocka_unit_test(other_ways_to_read_strings_show_none),
            cmocka_unit_test(rules_that_change_ahead_of_a_text_show_none),
            cmocka_unit_test(rules_that_a_cursor_changes_show_none),
            cmocka_unit_test(rules_that_a_portal_changes_show_none),
            cmocka_unit_test(rules_that_an_error_takes_back_show_none),
            cmocka_unit_test(rules_that_stay_hide_nothing),
            cmocka_unit_test(statements_prepared_under_other_rules_show_none),
            cmocka_unit_test(what_is_under_way_is_shown_without_its_secrets),
            cmocka_unit_test(the_history_tables_have_none),
    };

    return case_run(cases, CASE_COUNT(cases), begin, stop_both);
}
