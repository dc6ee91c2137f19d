/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_flood.c - texts that come once each, very many of them: memory stays within its
 * bound, what is used stays known, what goes is counted, and nobody else notices.
 *
 * SLUICE_FLOOD says how many; 50,000 unless told, a million in the long suite.
 */
#include "protocol/base/clock.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLOOD = 50000,
    BATCH = 500, /* texts in one pipeline */
    HOT = 20,
    LOOKS = 10, /* at memory, while they come */
    INI_MAX = 2048,
    BYTES_MAX = 4 << 20, /* [stats] memory */
    RESIDENT_MAX = 24 << 20
};

static int port;
static long hot_calls;

static int begin(void **state)
{
    char ini[INI_MAX];

    start_cluster(state);
    prepare(state);
    port = proc_free_port();
    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES " user=postgres\n" INI_ALONE
            "pool_mode = transaction\n[stats]\nmemory = 4MB\nshapes = 2000\n"
            "[http]\nlisten = 127.0.0.1:%d\n",
            port);
    sluice_start(&sluice, ini);
    return 0;
}

static long flood_size(void)
{
    const char *told = getenv("SLUICE_FLOOD");

    return told == NULL ? FLOOD : strtol(told, NULL, 10);
}

/* ---- what is looked at ---- */

static long resident(void)
{
    char path[64];
    char line[256];
    long kib = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)sluice.process.pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    fclose(file);
    assert_true(kib > 0);
    return kib * 1024;
}

static long metric(const char *name)
{
    struct web_answer answer = web_get(port, "/metrics");
    char line[128];

    assert_int_equal(answer.status, 200);
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(answer.text, line);
    if (at == NULL) {
        fail_msg("no %s in /metrics", name);
    }
    return strtol(at + strlen(line), NULL, 10);
}

static long of_statements(void)
{
    return metric("sluice_shapes_bytes") + metric("sluice_plans_bytes");
}

/* ---- the load ---- */

static void ask_hot(PGconn *conn)
{
    char text[64];
    char expected[32];

    snprintf(expected, sizeof expected, "%ld", hot_calls);
    for (int i = 0; i < HOT; i++) {
        snprintf(text, sizeof text, "select %ld as hot_%d", hot_calls, i);
        query_expect(conn, text, expected);
    }
    hot_calls++;
}

static void ask_once(PGconn *conn, long from)
{
    char text[96];
    int left = BATCH;

    assert_int_equal(PQenterPipelineMode(conn), 1);
    for (long i = from; i < from + BATCH; i++) {
        snprintf(text, sizeof text, "select 1 as once_%lx, %ld as and_%lx", i, i, i * 7);
        assert_int_equal(PQsendQueryParams(conn, text, 0, NULL, NULL, NULL, NULL, 0), 1);
    }
    assert_int_equal(PQpipelineSync(conn), 1);
    while (left >= 0) {
        PGresult *result = PQgetResult(conn);
        if (result != NULL) {
            ExecStatusType status = PQresultStatus(result);
            assert_true(status == (left > 0 ? PGRES_TUPLES_OK : PGRES_PIPELINE_SYNC));
            left--;
        }
        PQclear(result);
    }
    assert_int_equal(PQexitPipelineMode(conn), 1);
}

/* How many have their text: in a flood one may give way for a while. */
static int expect_hot(PGconn *console)
{
    PGresult *result = PQexec(console, "SHOW QUERIES calls");
    char calls[32];
    int texts = 0;

    snprintf(calls, sizeof calls, "%ld", hot_calls);
    assert_true(PQntuples(result) >= HOT);
    for (int row = 0; row < HOT; row++) { /* the first ones */
        assert_string_equal(PQgetvalue(result, row, PQfnumber(result, "calls")), calls);
        const char *text = PQgetvalue(result, row, PQfnumber(result, "query"));
        assert_true(text[0] == '\0' || strncmp(text, "select ? as hot_", 16) == 0);
        texts += text[0] != '\0';
    }
    PQclear(result);
    return texts;
}

/* The last to go may have been of theirs: whoever is used tells its text again, once a second. */
static void await_hot_texts(PGconn *conn, PGconn *console)
{
    const sl_usec until = sl_now() + (sl_usec)SOON_MS * 1000;

    for (int texts = expect_hot(console); texts < HOT; texts = expect_hot(console)) {
        if (sl_now() > until) {
            fail_msg("%d of %d hot shapes have no text", HOT - texts, HOT);
        }
        ask_hot(conn);
    }
}

/* ---- promises ---- */

static void distinct_texts_take_no_more_than_their_bound(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("one", "db");
    long size = flood_size();
    long first = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        ask_hot(conn);
    }
    for (long done = 0; done < size; done += BATCH) {
        ask_once(conn, done);
        ask_hot(conn);
        if (done / BATCH % (size / BATCH / LOOKS) != 0) {
            continue;
        }
        expect_hot(console);
        assert_in_range(of_statements(), 1, BYTES_MAX);
        first = first == 0 ? resident() : first;
    }
    assert_true(metric("sluice_plans_evicted_total") > 0);
    await_hot_texts(conn, console);
    assert_true(metric("sluice_shapes_evicted_total") > size / 2);
    if (!CASE_IS_SANITIZED) {
        assert_true(resident() < first + RESIDENT_MAX);
    }
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(console);
    sluice_must_live(&sluice);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(distinct_texts_take_no_more_than_their_bound),
    };

    return case_run(cases, CASE_COUNT(cases), begin, stop_both);
}
