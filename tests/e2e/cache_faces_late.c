/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/cache_faces_late.c - what a hint lets be given while the change stream is late. */
#include "tests/e2e/cache_faces_cases.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char plain[] = "select v from late where id = 7";
static const char hinted[] = "/* sluice:stale=1h */ select v from late where id = 7";
static const char brief[] = "/* sluice:stale=1ms */ select v from late where id = 7";

static pid_t sender(void)
{
    PGconn *direct = open_direct();
    pid_t pid = (pid_t)strtol(
            query_text(direct, "select pid from pg_stat_replication where state = 'streaming'"),
            NULL, 10);

    PQfinish(direct);
    assert_true(pid > 0);
    return pid;
}

static void write_past(void)
{
    PGconn *direct = open_direct();

    (void)query_text(direct, "select pg_logical_emit_message(true, 'late', '')");
    PQfinish(direct);
}

/* Later than max_staleness, for whatever reason else nothing may be given. */
static void await_late(void)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        const char *staleness =
                console_value("SHOW CACHE STREAM", "database", "shop", "staleness_ms");
        if (strtod(staleness, NULL) > 220) {
            return;
        }
    }
    fail_msg("the stream is not late");
}

static void await_no_hit(PGconn *conn, const char *sql)
{
    for (long end = proc_now_ms() + SOON_MS; faces_is_hit(conn, sql);) {
        assert_true(proc_now_ms() < end);
    }
}

/* Until the stream has told of all that was so when this was called: there are no floors from before. */
static void await_told(void)
{
    long begin = proc_now_ms();

    for (long now = begin; now < begin + SOON_MS; now = proc_now_ms()) {
        const char *staleness =
                console_value("SHOW CACHE STREAM", "database", "shop", "staleness_ms");
        if (staleness[0] != '\0' && now - (long)strtod(staleness, NULL) - 1 > begin) {
            return;
        }
    }
    fail_msg("the stream stands still");
}

/* It stands still: nobody tells what others write. */
void a_hint_widens_what_a_late_stream_may_be(void **state)
{
    (void)state;
    faces_table("late");
    faces_again_with(
            "mode = safe\nttl_local = 3600\nmax_staleness = 200ms\nstream = user=postgres\n");
    PGconn *one = open_as("one", "shop");
    PGconn *two = open_as("two", "shop");
    PGconn *three = open_as("two", "shop");
    faces_await_hit(one, plain);
    faces_await_hit(one, hinted);
    faces_await_hit(two, brief);
    faces_await_hit(two, hinted);
    await_told();
    pid_t pid = sender();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    write_past(); /* else it has told of all that there is, and is not late */
    await_late();
    await_no_hit(one, plain);
    long stale = console_number("SHOW CACHE", "name", "hits_stale", "value");
    bool is_hit = faces_is_hit(two, hinted);
    long is_stale = console_number("SHOW CACHE", "name", "hits_stale", "value");
    bool is_brief_hit = faces_is_hit(two, brief);
    /* Who has been told by PostgreSQL meanwhile does not go back in time. */
    long below = console_number("SHOW CACHE", "name", "misses_below_floor", "value");
    bool is_back = faces_is_hit(one, hinted);
    below = console_number("SHOW CACHE", "name", "misses_below_floor", "value") - below;
    /* A write through us is known all the same, and its own is never missed. */
    query_expect(three, "update late set v = -7 where id = 7", "UPDATE 1");
    bool is_own = strcmp(query_text(three, hinted), "-7") == 0;
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_true(is_hit);
    assert_int_equal(is_stale, stale + 1);
    assert_false(is_brief_hit);
    assert_false(is_back);
    assert_int_equal(below, 1);
    assert_true(is_own);
    faces_await_hit(one, plain);
    query_expect(one, plain, "-7");
    PQfinish(three);
    PQfinish(two);
    PQfinish(one);
}
