/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/test_truth.c - times, strictly: pg_stat_statements on statements of a millisecond and
 * more, and percentiles against the log of pgbench.
 *
 * What else runs on the machine is in Sluice's times and not in theirs. So each statement is asked
 * again, few times a turn, until the two agree in a turn; a wrong stopwatch agrees in none. And
 * ours may never be less.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/shown.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 100000, TURNS = 10, TIMES_MAX = 200000, PATH_MAX_LEN = 512 };

static int begin(void **state)
{
    const struct cluster_options options = {.conf = SHOWN_CONF};

    cluster_start(&cluster, &options);
    shown_create();
    prepare(state);
    sluice_start(&sluice, "[databases]\ndb = " AT_POSTGRES " user=postgres\n" INI_ALONE
                          "pool_mode = transaction\ndefault_pool_size = 20\n");
    return 0;
}

/* ---- against pg_stat_statements ---- */

static bool is_near(const char *mark, int64_t calls)
{
    struct shown ours = shown_by_sluice(mark, calls);
    struct shown theirs = shown_by_postgres(mark);

    assert_int_equal(theirs.calls, calls);
    int64_t mean = theirs.server_us / calls;
    int64_t off = ours.server_us / calls - mean;
    int64_t most = mean / 20 + 200;
    print_message("%s: %lld us, and %lld\n", mark, (long long)mean, (long long)off);
    assert_true(off >= -most); /* nothing makes it less */
    return off <= most;
}

static void expect_near(const char *mark, const char *sql, int calls)
{
    PGconn *conn = open_as("one", "db");
    bool near = false;

    for (long over = proc_now_ms() + PATIENCE_MS; !near && proc_now_ms() < over;) {
        shown_reset();
        for (int i = 0; i < calls; i++) {
            PGresult *result = PQexec(conn, sql);
            assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
            PQclear(result);
        }
        near = is_near(mark, calls);
    }
    PQfinish(conn);
    assert_true(near);
}

static void mean_server_times_are_postgresqls(void **state)
{
    /* Not FROM generate_series(): what it leaves to be freed is in nobody's execution time. */
    static const struct {
        const char *mark;
        const char *sql;
        int calls;
    } rows[] = {
            {"m_sleep_1", "select pg_sleep(0.001) as m_sleep_1", 5},
            {"m_sleep_5", "select pg_sleep(0.005) as m_sleep_5, 1", 5},
            {"m_sleep_50", "select pg_sleep(0.05) as m_sleep_50, 1, 2", 2},
            {"m_work_2", "select sum(n) as m_work_2 from (select generate_series(1, 20000) as n) s",
                    5},
            {"m_work_20",
                    "select sum(n) as m_work_20, 1 from (select generate_series(1, 200000) as n) s",
                    1},
            {"m_work_100",
                    "select sum(n) as m_work_100, 1, 2 from (select generate_series(1, 1000000) as "
                    "n) s",
                    1},
            {"m_planned",
                    "select 1 as m_planned from pg_class a join pg_class b using (oid) "
                    "join pg_class c using (oid) join pg_class d using (oid) "
                    "join pg_class e using (oid) join pg_class f using (oid) "
                    "join pg_class g using (oid) join pg_class h using (oid) where oid = 0",
                    5},
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(rows); i++) {
        expect_near(rows[i].mark, rows[i].sql, rows[i].calls);
    }
}

/* ---- against pgbench ---- */

struct times {
    long at[TIMES_MAX];
    size_t count;
};

static int compare(const void *a, const void *b)
{
    long left = *(const long *)a;
    long right = *(const long *)b;

    return left < right ? -1 : left > right;
}

/* The third number of a line is the transaction's latency in microseconds. */
static void read_log(const char *dir, struct times *times)
{
    char pattern[PATH_MAX_LEN];
    glob_t found;
    char line[256];

    snprintf(pattern, sizeof pattern, "%s/latency.*", dir);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    FILE *file = fopen(found.gl_pathv[0], "r");
    assert_non_null(file);
    times->count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char *at = line;
        strtol(at, &at, 10);
        strtol(at, &at, 10);
        assert_true(times->count < TIMES_MAX);
        times->at[times->count++] = strtol(at, NULL, 10);
    }
    fclose(file);
    assert_int_equal(remove(found.gl_pathv[0]), 0);
    globfree(&found);
    assert_true(times->count > 0);
    qsort(times->at, times->count, sizeof times->at[0], compare);
}

static void bench(const char *mode)
{
    char log[PATH_MAX_LEN];

    snprintf(log, sizeof log, "%s/pgbench.log", sluice.dir);
    proc_write(sluice.dir, "load.sql", NULL,
            "\\set us random_exponential(1000, 40000, 3)\n"
            "select pg_sleep(:us / 1000000.0) as m_bench;\n");
    int status = proc_shell(log,
            "cd '%s' && PGSSLMODE=disable '%s/pgbench' -n -f load.sql -M %s -c 8 -j 1 -T 6 -l "
            "--log-prefix=latency -h 127.0.0.1 -p %d -U one db",
            sluice.dir, cluster_bin(), mode, sluice.port);
    assert_int_equal(status, 0);
}

/* Within a histogram's error, a twentieth and the way from pgbench to Sluice. */
static bool is_percentile(const struct times *times, double rank, int64_t ours)
{
    long theirs = times->at[(size_t)(rank * (double)(times->count - 1))];

    print_message("p%.0f of %zu: %ld us, and %lld\n", rank * 100, times->count, theirs,
            (long long)ours - theirs);
    return llabs(ours - theirs) <= theirs / 64 + theirs / 20 + 300;
}

static void expect_percentiles(const char *mode)
{
    static struct times times;
    bool near = false;

    for (int turn = 0; turn < TURNS && !near; turn++) {
        shown_reset();
        bench(mode);
        read_log(sluice.dir, &times);
        struct shown ours = shown_by_sluice("m_bench", (int64_t)times.count);
        near = is_percentile(&times, 0.50, ours.p50_us) &&
               is_percentile(&times, 0.95, ours.p95_us) && is_percentile(&times, 0.99, ours.p99_us);
    }
    assert_true(near);
}

static void percentiles_are_pgbenchs(void **state)
{
    (void)state;
    expect_percentiles("simple");
    expect_percentiles("prepared");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(mean_server_times_are_postgresqls),
            cmocka_unit_test(percentiles_are_pgbenchs),
    };

    return case_run(cases, CASE_COUNT(cases), begin, stop_both);
}
