/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_warm.c - what saved most is asked again at the next start, by nobody, before a real PostgreSQL.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 2048 };

static int make(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = ""});
    cluster_sql(&cluster, "create role one login; create role two login;"
                          "create table small (id int primary key, v int);"
                          "insert into small select i, i from generate_series(1, 1000) i;"
                          "create table hidden (v int); insert into hidden values (1);"
                          "grant select on small to public; grant select on hidden to two");
    return 0;
}

/* ---- a Sluice ---- */

static const char *file(void)
{
    static char path[TEXT_MAX];

    snprintf(path, sizeof path, "%s/warm", sluice.dir);
    return path;
}

static void start(void)
{
    char ini[2 * TEXT_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES "\n" INI_MAIN "pool_mode = transaction\n"
            "[cache]\nmode = ttl\nttl_local = 1h\nwarm_file = %s\n",
            file());
    sluice_start(&sluice, ini);
}

static long counted(const char *name)
{
    return console_number("SHOW CACHE", "name", name, "value");
}

/* ---- who asks, and what ---- */

struct kind {
    const char *user;
    const char *set; /* NULL: nothing */
    const char *sql;
    const char *value; /* NULL: a Query */
};

static const struct kind kinds[] = {
        {"one", NULL, "select v from small where id = 7", NULL},
        {"one", NULL, "select v from small where id = $1", "8"},
        {"one", NULL, "select 'it''s', $1::text, v from small where id = 9", "a 'quoted' one"},
        {"one", "set timezone = 'Asia/Tokyo'", "select v from small where id = 10", NULL},
        {"one", "set extra_float_digits = 0", "select v / 3.0 from small where id = 11", NULL},
        {"one", "set search_path = public", "select v from small where id = 12", NULL},
        {"one", "set app.name = 'it''s'", "select v from small where id = 13", NULL},
        {"two", NULL, "select v from hidden", NULL},
};

static PGconn *open_kind(const struct kind *kind)
{
    PGconn *conn = open_as(kind->user, "shop");

    if (kind->set != NULL) {
        query_expect_start(conn, kind->set, "SET");
    }
    return conn;
}

static bool is_hit(PGconn *conn, const struct kind *kind)
{
    long hits = counted("hits");
    PGresult *result = kind->value == NULL ? PQexec(conn, kind->sql)
                                           : PQexecParams(conn, kind->sql, 1, NULL, &kind->value,
                                                     NULL, NULL, 0);

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_int_equal(PQntuples(result), 1);
    PQclear(result);
    return counted("hits") > hits;
}

static void await_hits(void)
{
    for (size_t i = 0; i < CASE_COUNT(kinds); i++) {
        PGconn *conn = open_kind(&kinds[i]);
        for (long end = proc_now_ms() + SOON_MS; !is_hit(conn, &kinds[i]); proc_pause_ms(10)) {
            if (proc_now_ms() > end) {
                fail_msg("%s is never a hit", kinds[i].sql);
            }
        }
        PQfinish(conn);
    }
}

/* Somebody else of that user, whose answer is not kept, and who stays. */
static PGconn *log_in(const char *user)
{
    PGconn *conn = open_as(user, "shop");

    (void)query_text(conn, "select now()");
    return conn;
}

static void await_count(const char *name, size_t least)
{
    for (long end = proc_now_ms() + SOON_MS; counted(name) < (long)least; proc_pause_ms(10)) {
        if (proc_now_ms() > end) {
            fail_msg("%s is %ld; failed %ld, state %s", name, counted(name), counted("warm_failed"),
                    console_value("SHOW CACHE", "name", "warm_state", "value"));
        }
    }
}

static void say(const char *command)
{
    PGconn *console = open_console();

    query_expect_start(console, command, "CACHE");
    PQfinish(console);
}

static bool are_all_hits(void)
{
    bool are = true;

    for (size_t i = 0; i < CASE_COUNT(kinds); i++) {
        PGconn *conn = open_kind(&kinds[i]);
        are &= is_hit(conn, &kinds[i]);
        PQfinish(conn);
    }
    return are;
}

/* Asked again, and given to who asks first. A statement that is read for the first time makes all stale. */
static void expect_warmth(void)
{
    for (int i = 0; i < 5; i++) {
        say("CACHE FLUSH");
        assert_int_equal(counted("entries"), 0);
        say("CACHE WARM");
        await_count("entries", CASE_COUNT(kinds));
        if (are_all_hits()) {
            return;
        }
    }
    fail_msg("what is asked again is not kept");
}

/* ---- cases ---- */

static void what_saved_most_is_asked_again(void **state)
{
    struct stat about;
    char total[16];

    (void)state;
    start();
    console_await("SHOW CACHE", "name", "warm_state", "value", "over");
    assert_int_equal(counted("warm_total"), 0);
    await_hits();
    sluice_stop(&sluice);
    assert_int_equal(stat(file(), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);

    start();
    snprintf(total, sizeof total, "%zu", CASE_COUNT(kinds));
    console_await("SHOW CACHE", "name", "warm_total", "value", total);
    console_await("SHOW CACHE", "name", "warm_state", "value", "waiting"); /* for a server */
    assert_int_equal(counted("puts"), 0);
    PGconn *one = log_in("one");
    await_count("warm_done", CASE_COUNT(kinds) - 1);
    assert_int_equal(counted("warm_done"), CASE_COUNT(kinds) - 1); /* two has no server */
    PGconn *two = log_in("two");
    console_await("SHOW CACHE", "name", "warm_state", "value", "over");
    assert_int_equal(counted("warm_done"), CASE_COUNT(kinds));
    assert_int_equal(counted("warm_failed"), 0);
    expect_warmth();
    PQfinish(one);
    PQfinish(two);
}

/* What is asked says nothing of itself but in the file. */
static void what_was_asked_is_in_no_log(void **state)
{
    (void)state;
    start();
    await_hits();
    sluice_stop(&sluice);
    start();
    PGconn *one = log_in("one");
    PGconn *two = log_in("two");
    console_await("SHOW CACHE", "name", "warm_state", "value", "over");
    PQfinish(one);
    PQfinish(two);
    char path[TEXT_MAX];
    snprintf(path, sizeof path, "%s/sluice.log", sluice.dir);
    char *log = proc_read(path);
    assert_non_null(strstr(log, "cache_warm_saved"));
    assert_null(strstr(log, "quoted"));
    free(log);
}

static void what_is_no_list_is_said_and_left(void **state)
{
    static const char *const wrong[] = {"", "x", "sluice warm 1\n",
            "sluice warm 2\n0123456789abcdef", "sluice warm 1\n0123456789abcdef0123456789abcdef"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(wrong); i++) {
        FILE *out = fopen(file(), "w");
        assert_non_null(out);
        fputs(wrong[i], out);
        fclose(out);
        start();
        console_await("SHOW CACHE", "name", "warm_state", "value", "over");
        assert_int_equal(counted("warm_total"), 0);
        if (wrong[i][0] != '\0') {
            soon_logged(&sluice, "cache_warm_not_read");
        }
        PGconn *one = log_in("one");
        PQfinish(one);
        sluice_stop(&sluice);
    }
    start();
}

/* A list of what is there no more, and of who is there no more. */
static void what_fails_is_counted_and_hurts_nobody(void **state)
{
    (void)state;
    start();
    await_hits();
    sluice_stop(&sluice);
    cluster_sql(&cluster, "alter table small rename to other");
    start();
    PGconn *one = log_in("one");
    PGconn *two = log_in("two");
    console_await("SHOW CACHE", "name", "warm_state", "value", "over");
    assert_int_equal(counted("warm_failed"), CASE_COUNT(kinds) - 1);
    assert_int_equal(counted("warm_done"), 1);
    cluster_sql(&cluster, "alter table other rename to small");
    PQfinish(one);
    PQfinish(two);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(what_saved_most_is_asked_again, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(what_was_asked_is_in_no_log, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(what_is_no_list_is_said_and_left, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_fails_is_counted_and_hurts_nobody, prepare, stop_sluice),
    };

    return case_run(cases, CASE_COUNT(cases), make, stop_cluster);
}
