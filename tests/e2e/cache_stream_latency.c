/* SPDX-License-Identifier: PostgreSQL */
/*
 * How long after a write its tags are pending, and how long until they are settled; printed, not
 * judged. SLUICE_STREAM_SECONDS: how long pgbench writes beside, at SLUICE_STREAM_RATE a second.
 * With synchronous_commit = off a write is seen by others before it can be by the stream, which
 * waits for the log to be written: three times wal_writer_delay at most. So both are shown.
 */
#include "protocol/base/parse.h"
#include "tests/e2e/cache_stream_cases.h"
#include "tests/e2e/cache_stream_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 200000, XIDS = 65536 };

static struct {
    sl_usec written; /* of the row that came last: when it was written, by the server's clock */
    sl_usec of_xid[XIDS];
    sl_usec begun[SAMPLES_MAX];
    sl_usec settled[SAMPLES_MAX];
    sl_usec lag[SAMPLES_MAX];
    size_t begun_count;
    size_t settled_count;
    size_t lag_count;
} seen;

static void note_change(const struct decode_change *change, struct tag_set *set)
{
    struct sl_span row = change->new_row;
    struct decode_column column;
    char text[32];

    assert_true(decode_next_column(&row, &column));
    size_t len = decode_copy(column.value, text, sizeof text - 1);
    assert_true(len < sizeof text);
    text[len] = '\0';
    assert_int_equal(sl_parse_i64(text, 0, INT64_MAX, &seen.written), SL_OK);
    tag_set_add(set, world_table("public.lat"), tags_of_database(world.tags, WORLD_DATABASE));
}

static void note_begun(uint32_t xid)
{
    seen.of_xid[xid % XIDS] = seen.written;
    if (seen.begun_count < SAMPLES_MAX) {
        seen.begun[seen.begun_count++] = sl_wall_now() - seen.written;
    }
}

static void note_ends(uint32_t xid)
{
    if (seen.settled_count < SAMPLES_MAX) {
        seen.settled[seen.settled_count++] = sl_wall_now() - seen.of_xid[xid % XIDS];
    }
}

static int compare(const void *a, const void *b)
{
    sl_usec left = *(const sl_usec *)a;
    sl_usec right = *(const sl_usec *)b;

    return left < right ? -1 : left > right;
}

static void show(const char *what, sl_usec *samples, size_t count)
{
    assert_true(count > 0);
    qsort(samples, count, sizeof *samples, compare);
    print_message("%s: %zu, p50 %lld us, p99 %lld us, max %lld us\n", what, count,
            (long long)samples[count / 2], (long long)samples[count * 99 / 100],
            (long long)samples[count - 1]);
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value == NULL ? otherwise : value;
}

static void start_writers(struct proc *proc)
{
    static char program[PROC_PATH_MAX + 16];
    static char script[PROC_PATH_MAX + 16];
    static char log[PROC_PATH_MAX + 16];
    static char port[16];
    static char seconds[16];
    static char rate[16];
    char *const argv[] = {program, (char[]){"-n"}, (char[]){"-h"}, (char[]){"127.0.0.1"},
            (char[]){"-p"}, port, (char[]){"-U"}, (char[]){"postgres"}, (char[]){"-f"}, script,
            (char[]){"-c"}, (char[]){"4"}, (char[]){"-R"}, rate, (char[]){"-T"}, seconds,
            (char[]){"-M"}, (char[]){"prepared"}, (char[]){"postgres"}, NULL};
    const struct proc_options options = {.log = log, .user = "postgres", .dir = world.cluster.dir};

    proc_write(world.cluster.dir, "lat.sql", "postgres",
            "insert into lat values((extract(epoch from clock_timestamp()) * 1000000)::bigint)\n");
    snprintf(program, sizeof program, "%s/pgbench", cluster_bin());
    snprintf(script, sizeof script, "%s/lat.sql", world.cluster.dir);
    snprintf(log, sizeof log, "%s/pgbench.log", world.cluster.dir);
    snprintf(port, sizeof port, "%d", world.cluster.port);
    snprintf(seconds, sizeof seconds, "%s", setting("SLUICE_STREAM_SECONDS", "2"));
    snprintf(rate, sizeof rate, "%s", setting("SLUICE_STREAM_RATE", "1000"));
    proc_start(proc, argv, &options);
}

static void measure(const char *commit)
{
    struct proc writers;
    char sql[100];

    snprintf(sql, sizeof sql, "alter database postgres set synchronous_commit = %s", commit);
    world_do(world.direct, sql);
    print_message("synchronous_commit = %s\n", commit);
    memset(&seen, 0, sizeof seen);
    world_do(world.direct, "drop table if exists lat; create table lat(at bigint)");
    world.on_change = NULL;
    world.on_begun = world.on_ends = NULL;
    world_up();
    world_catch_up();
    world.on_change = note_change;
    world.on_begun = note_begun;
    world.on_ends = note_ends;
    start_writers(&writers);
    int status = -1;
    long asked_ms = proc_now_ms(); /* proc_wait() takes its time */
    while (status < 0) {
        world_pump();
        if (proc_now_ms() - asked_ms > 300) {
            status = proc_wait(&writers, 0);
            asked_ms = proc_now_ms();
        }
        if (seen.lag_count < SAMPLES_MAX) {
            seen.lag[seen.lag_count++] = sl_now() - stream_fresh_until(world.stream);
        }
    }
    assert_int_equal(status, 0);
    world_catch_up();
    show("written -> pending", seen.begun, seen.begun_count);
    show("written -> settled", seen.settled, seen.settled_count);
    show("now - fresh_until ", seen.lag, seen.lag_count);
    struct stream_counts counts;
    stream_counts(world.stream, &counts);
    print_message("%llu commits, %llu probes, %llu nudges, %u unsettled at most\n",
            (unsigned long long)counts.settle.commits, (unsigned long long)counts.probes,
            (unsigned long long)counts.nudges, counts.settle.unsettled_peak);
    assert_int_equal(seen.begun_count, seen.settled_count);
    world_do(world.direct, "alter database postgres reset synchronous_commit");
}

static void what_bypasses_is_known_soon(void **state)
{
    (void)state;
    world.options.settle.transactions_max = SAMPLES_MAX; /* each is seen to settle */
    measure("on");
    measure("off");
}

size_t cache_stream_latency(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {cmocka_unit_test_setup_teardown(
            what_bypasses_is_known_soon, world_case, world_case_end)};

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
