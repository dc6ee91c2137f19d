/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/shown.h"

#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t value_of(const PGresult *result, int row, const char *column)
{
    return strtoll(PQgetvalue(result, row, PQfnumber(result, column)), NULL, 10);
}

static bool find(PGconn *console, const char *mark, struct shown *shown)
{
    PGresult *result = PQexec(console, "SHOW QUERIES");
    int text = PQfnumber(result, "query");
    unsigned found = 0;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        if (strstr(PQgetvalue(result, row, text), mark) == NULL) {
            continue;
        }
        found++;
        *shown = (struct shown){.calls = value_of(result, row, "calls"),
                .errors = value_of(result, row, "errors"),
                .rows = value_of(result, row, "rows"),
                .server_us = value_of(result, row, "server_us"),
                .total_us = value_of(result, row, "total_us"),
                .wait_us = value_of(result, row, "wait_us"),
                .client_us = value_of(result, row, "client_us"),
                .p50_us = value_of(result, row, "p50_us"),
                .p95_us = value_of(result, row, "p95_us"),
                .p99_us = value_of(result, row, "p99_us")};
    }
    PQclear(result);
    assert_true(found <= 1);
    return found == 1;
}

/* Its text comes from the parser's thread: a little later than its numbers. */
struct shown shown_by_sluice(const char *mark, int64_t calls)
{
    PGconn *console = open_console();
    struct shown shown = {0};

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(20)) {
        if (find(console, mark, &shown) && shown.calls >= calls) {
            break;
        }
    }
    PQfinish(console);
    if (shown.calls != calls) {
        fail_msg("%s: %lld calls, not %lld", mark, (long long)shown.calls, (long long)calls);
    }
    return shown;
}

struct shown shown_by_postgres(const char *mark)
{
    PGconn *conn = open_direct();
    char sql[512];

    snprintf(sql, sizeof sql,
            "select coalesce(sum(calls), 0)::int8 as calls, coalesce(sum(rows), 0)::int8 as rows, "
            "coalesce(sum(total_plan_time + total_exec_time) * 1000, 0)::int8 as us "
            "from pg_stat_statements where query like '%%%s%%' "
            "and query not like '%%pg_stat_statements%%'",
            mark);
    PGresult *result = PQexec(conn, sql);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    struct shown shown = {.calls = value_of(result, 0, "calls"),
            .rows = value_of(result, 0, "rows"),
            .server_us = value_of(result, 0, "us")};
    PQclear(result);
    PQfinish(conn);
    return shown;
}

void shown_create(void)
{
    cluster_sql(&cluster, "create extension pg_stat_statements");
}

void shown_reset(void)
{
    PGconn *console = open_console();

    query_expect(console, "RESET STATS", "RESET");
    PQfinish(console);
    cluster_sql(&cluster, "select pg_stat_statements_reset()");
}
