/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_workload.c - SHOW WORKLOAD and SHOW DRIFT, of a load that was planted.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INI_MAX = 2048,
    TEXT_MAX = 256,
    FAMILIES = 4,
    MANY = 800,          /* shapes: more than a moment's work, and no more than wait to be parsed */
    GROWTH_MAX = 8 << 20 /* what analyses may leave behind, one after the other */
};

/* Literals that may stand nowhere. */
#define SECRET 271828182

struct family {
    const char *table;
    const char *columns[3];
};

static const struct family families[FAMILIES] = {
        {"orders", {"customer", "total", "placed"}},
        {"articles", {"author", "title", "body"}},
        {"sensors", {"device", "reading", "taken"}},
        {"accounts", {"owner", "balance", "branch"}},
};

/* %1 is the table, %2 to %4 its columns, %5 a literal. */
static const char *const forms[] = {
        "select %2$s, %3$s from %1$s where %4$s = %5$d",
        "select %3$s, %4$s from %1$s where %2$s = %5$d order by %3$s",
        "select %2$s, %3$s, %4$s from %1$s where %2$s = %5$d limit 3",
        "select count(%3$s), %2$s from %1$s where %4$s > %5$d group by %2$s",
        "select %2$s, %4$s from %1$s where %3$s = %5$d",
        "select max(%3$s), %2$s from %1$s where %2$s = %5$d group by %2$s",
        "select %2$s, %3$s, %4$s from %1$s where %4$s between 7 and %5$d",
        "select distinct %2$s, %4$s from %1$s where %3$s < %5$d",
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static int http_port;

static const char *ini_with(const char *stats)
{
    static char ini[INI_MAX];

    snprintf(ini, sizeof(ini),
            "[databases]\ndb = " AT_POSTGRES "\n" INI_ALONE "pool_mode = transaction\n"
            "[http]\nlisten = 127.0.0.1:%d\n[stats]\n%s",
            http_port, stats);
    return ini;
}

static void start_with(const char *stats)
{
    http_port = proc_free_port();
    sluice_start(&sluice, ini_with(stats));
}

static int start_own_cluster(void **state)
{
    char sql[TEXT_MAX];

    (void)start_cluster(state);
    for (int i = 0; i < FAMILIES; i++) {
        const struct family *family = &families[i];
        snprintf(sql, sizeof(sql), "create table %s (%s int, %s int, %s int)", family->table,
                family->columns[0], family->columns[1], family->columns[2]);
        cluster_sql(&cluster, sql);
    }
    return 0;
}

/* ---- a load ---- */

static void run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(result));
    }
    PQclear(result);
}

/* Each of its statements so often. */
static void run_family(PGconn *conn, const struct family *family, int times)
{
    char sql[TEXT_MAX];

    for (int i = 0; i < FORMS * times; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(sql, sizeof(sql), forms[i % FORMS], family->table, family->columns[0],
                family->columns[1], family->columns[2], SECRET + i / FORMS);
#pragma GCC diagnostic pop
        run(conn, sql);
    }
}

static void run_all(int times)
{
    PGconn *conn = open_as("postgres", "db");

    for (int i = 0; i < FAMILIES; i++) {
        run_family(conn, &families[i], times);
    }
    PQfinish(conn);
}

/* ---- looking ---- */

/* Of the last hour, as the page shows it. */
static double performance_time(const char *name)
{
    struct web_answer answer = web_get(http_port, "/api/metrics/performance");
    const char *at = strstr(answer.body, name);

    assert_non_null(at);
    return strtod(at + strlen(name), NULL);
}

/* Good until it has been called four times more. */
static const char *drift_of(PGconn *console, const char *column)
{
    static char values[4][TEXT_MAX];
    static unsigned next;
    PGresult *result = PQexec(console, "SHOW DRIFT");
    int at = PQfnumber(result, column);

    assert_int_equal(PQntuples(result), 1);
    assert_true(at >= 0);
    char *value = values[next++ % 4];
    snprintf(value, TEXT_MAX, "%s", PQgetvalue(result, 0, at));
    PQclear(result);
    return value;
}

static void await_drift(PGconn *console, const char *column, const char *expected)
{
    long end = proc_now_ms() + SOON_MS;

    while (strcmp(drift_of(console, column), expected) != 0) {
        if (proc_now_ms() > end) {
            fail_msg("%s is %s, not %s", column, drift_of(console, column), expected);
        }
        proc_pause_ms(2);
    }
}

/* One more analysis, asked for and done. */
static void analyse(PGconn *console)
{
    long before = strtol(drift_of(console, "analyses"), NULL, 10);
    long end = proc_now_ms() + SOON_MS;

    query_expect(console, "ANALYZE WORKLOAD", "ANALYZE");
    while (strtol(drift_of(console, "analyses"), NULL, 10) == before) {
        assert_true(proc_now_ms() < end);
        proc_pause_ms(2);
    }
}

/* Until all shapes are parsed and all their calls told. */
static void analyse_until(PGconn *console, const char *shapes, const char *calls)
{
    long end = proc_now_ms() + SOON_MS;

    do {
        if (proc_now_ms() > end) {
            fail_msg(
                    "%s shapes, %s calls", drift_of(console, "shapes"), drift_of(console, "calls"));
        }
        analyse(console);
    } while (strcmp(drift_of(console, "shapes"), shapes) != 0 ||
             strcmp(drift_of(console, "calls"), calls) != 0);
}

static const char *field(const PGresult *result, int row, const char *column)
{
    return PQgetvalue(result, row, PQfnumber(result, column));
}

static void expect_family(const PGresult *groups, const struct family *family, int times)
{
    char number[32];
    int found = -1;

    for (int row = 0; row < PQntuples(groups); row++) {
        if (strcmp(field(groups, row, "tables"), family->table) == 0) {
            assert_int_equal(found, -1);
            found = row;
        }
    }
    assert_true(found >= 0);
    assert_non_null(strstr(field(groups, found, "group"), family->table));
    assert_non_null(strstr(field(groups, found, "query"), family->table));
    assert_int_equal(strlen(field(groups, found, "id")), 16);
    snprintf(number, sizeof(number), "%d", (int)FORMS);
    assert_string_equal(field(groups, found, "shapes"), number);
    snprintf(number, sizeof(number), "%d", (int)FORMS * times);
    assert_string_equal(field(groups, found, "calls"), number);
}

/* ---- promises ---- */

static void a_planted_load_is_found_in_its_groups(void **state)
{
    char number[2][32];
    char secret[32];
    double share = 0;

    (void)state;
    start_with("workload_interval = 0\n");
    PGconn *console = open_console();
    assert_string_equal(drift_of(console, "state"), "not analysed yet");
    assert_string_equal(query_text(console, "SHOW WORKLOAD"), "");
    run_all(5);
    snprintf(number[0], sizeof(number[0]), "%d", (int)FORMS * FAMILIES);
    snprintf(number[1], sizeof(number[1]), "%d", (int)FORMS * FAMILIES * 5);
    analyse_until(console, number[0], number[1]);
    PGresult *groups = PQexec(console, "SHOW WORKLOAD");
    assert_int_equal(PQntuples(groups), FAMILIES);
    snprintf(secret, sizeof(secret), "%d", SECRET / 100);
    for (int row = 0; row < PQntuples(groups); row++) {
        share += strtod(field(groups, row, "share"), NULL);
        for (int column = 0; column < PQnfields(groups); column++) {
            assert_null(strstr(PQgetvalue(groups, row, column), secret));
        }
        assert_true(row == 0 || strtod(field(groups, row - 1, "share"), NULL) >=
                                        strtod(field(groups, row, "share"), NULL));
    }
    assert_true(share > 0.99 && share < 1.01);
    for (int i = 0; i < FAMILIES; i++) {
        expect_family(groups, &families[i], 5);
    }
    PQclear(groups);
    assert_string_equal(drift_of(console, "state"), "analysed");
    assert_string_equal(drift_of(console, "groups"), "4");
    assert_true(strtod(drift_of(console, "silhouette"), NULL) > 0.05);
    /* What is begun anew is analysed anew. */
    double before = performance_time("\"to\":");
    char analysed_at[TEXT_MAX];
    snprintf(analysed_at, sizeof(analysed_at), "%s", drift_of(console, "analysed_at"));
    query_expect(console, "RESET STATS", "RESET");
    await_drift(console, "state", "no statements");
    assert_true(performance_time("\"from\":") >= before);
    assert_true(strcmp(drift_of(console, "load_from"), analysed_at) >= 0);
    assert_string_equal(query_text(console, "SHOW WORKLOAD"), "");
    PQfinish(console);
}

static void drift_is_none_until_the_load_moves(void **state)
{
    (void)state;
    start_with("workload_interval = 0\n");
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "db");
    run_family(conn, &families[0], 1);
    run_family(conn, &families[1], 1);
    analyse_until(console, "16", "16");
    analyse(console);
    assert_string_equal(drift_of(console, "drift"), "0.000");
    web_expect(web_get(http_port, "/metrics"), 200, "\nsluice_workload_drift 0\n");
    /* Another kind of statement takes nearly all of the time now. */
    run(conn, "select pg_sleep(1), device, reading, taken from (values (1, 2, 3)) "
              "as sensors (device, reading, taken)");
    long end = proc_now_ms() + SOON_MS;
    while (strtod(drift_of(console, "drift"), NULL) < 0.15) {
        if (proc_now_ms() > end) {
            fail_msg("it has not moved: %s", drift_of(console, "drift"));
        }
        if (strcmp(drift_of(console, "shapes"), "17") == 0) {
            fail_msg("%s only", drift_of(console, "drift"));
        }
        analyse(console);
    }
    soon_logged(&sluice, "event=workload_moved drift=");
    assert_null(strstr(web_get(http_port, "/metrics").text, "\nsluice_workload_drift 0\n"));
    web_expect(web_get(http_port, "/metrics"), 200, "\nsluice_workload_groups ");
    web_expect(web_get(http_port, "/api/views/workload"), 200, "{\"name\":\"workload\"");
    PQfinish(conn);
    PQfinish(console);
}

static void it_comes_by_itself_as_often_as_asked(void **state)
{
    (void)state;
    start_with("workload_interval = 1\n");
    PGconn *console = open_console();
    await_drift(console, "state", "no statements");
    run_all(1);
    await_drift(console, "shapes", "32");
    await_drift(console, "state", "analysed");
    assert_true(strtol(drift_of(console, "analyses"), NULL, 10) >= 2);
    assert_string_not_equal(drift_of(console, "next_at"), "");
    /* From now on only when asked. */
    sluice_reload(&sluice, ini_with("workload_interval = 0\n"));
    await_drift(console, "next_at", "");
    analyse(console);
    assert_string_equal(drift_of(console, "next_at"), "");
    PQfinish(console);
}

static void there_is_none_without_statistics(void **state)
{
    (void)state;
    start_with("mode = off\nworkload_interval = 1\n");
    run_all(1);
    PGconn *console = open_console();
    assert_string_equal(drift_of(console, "state"), "off");
    assert_string_equal(drift_of(console, "analyses"), "0");
    assert_string_equal(query_text(console, "SHOW WORKLOAD"), "");
    query_expect_start(console, "ANALYZE WORKLOAD", "ERROR 55000: statistics are off");
    query_expect_start(console, "ANALYZE", "ERROR 42601: ANALYZE takes WORKLOAD");
    assert_null(strstr(web_get(http_port, "/metrics").text, "sluice_workload_"));
    PQfinish(console);
}

static long resident_bytes(void)
{
    char path[64];
    long pages = 0;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)sluice.process.pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * 4096;
}

/* Distinct in what they name, so that each is a shape and has words of its own. */
static void run_many(void)
{
    PGconn *conn = open_as("postgres", "db");
    char sql[TEXT_MAX];

    for (int i = 0; i < MANY; i++) {
        snprintf(sql, sizeof(sql), "select owner as a%d, balance as b%d from accounts", i, i % 97);
        run(conn, sql);
    }
    PQfinish(conn);
}

/* Asks for one after the other, until one is seen at work. */
static void ask_and_see_it_work(PGconn *console)
{
    long end = proc_now_ms() + SOON_MS;
    long done = -1;

    while (strcmp(drift_of(console, "state"), "working") != 0) {
        long now = strtol(drift_of(console, "analyses"), NULL, 10);

        assert_true(proc_now_ms() < end);
        if (now != done) {
            query_expect(console, "ANALYZE WORKLOAD", "ANALYZE");
            done = now;
        }
    }
}

static void it_ends_in_the_middle_of_an_analysis(void **state)
{
    char number[32];

    (void)state;
    start_with("workload_interval = 0\n");
    PGconn *console = open_console();
    run_many();
    snprintf(number, sizeof(number), "%d", (int)MANY);
    analyse_until(console, number, number);
    long bytes = resident_bytes();
    for (int i = 0; i < 5; i++) {
        analyse(console);
    }
    assert_true(CASE_IS_SANITIZED || resident_bytes() < bytes + GROWTH_MAX);
    ask_and_see_it_work(console);
    PQfinish(console); /* what is next ends it, and fails when that is not with 0 */
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, prepare, stop_sluice)

int main(void)
{
    static const struct CMUnitTest cases[] = {
            CASE(a_planted_load_is_found_in_its_groups),
            CASE(drift_is_none_until_the_load_moves),
            CASE(it_comes_by_itself_as_often_as_asked),
            CASE(there_is_none_without_statistics),
            CASE(it_ends_in_the_middle_of_an_analysis),
    };
    return case_run(cases, CASE_COUNT(cases), start_own_cluster, stop_cluster);
}
