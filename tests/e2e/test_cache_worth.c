/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_worth.c - which answers are worth keeping, before a real PostgreSQL: who is let in when room is
 * scarce, who stays, and who is got again before its time is over.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_MAX = 256, TRIES = 400 };

static int make(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = ""});
    cluster_sql(&cluster,
            "create role one login; create role two login;"
            "create table t (id int primary key, v text);"
            "insert into t select i, repeat('x', 2000) from generate_series(1, 2000) i;"
            "create table small (id int primary key, v int);"
            "insert into small select i, i from generate_series(1, 1000) i;"
            "grant select on t, small to public");
    return 0;
}

static long counted(const char *name)
{
    return console_number("SHOW CACHE", "name", name, "value");
}

static bool is_hit(PGconn *conn, const char *sql)
{
    long hits = counted("hits");

    (void)query_text(conn, sql);
    return counted("hits") > hits;
}

/* Until it is answered by the cache. */
static void await_hit(PGconn *conn, const char *sql)
{
    for (long end = proc_now_ms() + SOON_MS; !is_hit(conn, sql); proc_pause_ms(10)) {
        if (proc_now_ms() > end) {
            fail_msg("%s is never a hit", sql);
        }
    }
}

static PGconn *begin(const char *cache)
{
    char ini[2048];

    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES "\n" INI_MAIN "pool_mode = transaction\n[cache]\n%s",
            cache);
    sluice_start(&sluice, ini);
    PGconn *conn = open_as("one", "shop");
    await_hit(conn, "select count(*) from small"); /* the catalogue is known */
    return conn;
}

static const char *of_t(int id)
{
    static char sql[SQL_MAX];

    snprintf(sql, sizeof sql, "select v from t where id = %d", id);
    return sql;
}

static bool is_tight(void)
{
    return counted("memory_bytes") * 4 > counted("memory_max_bytes") * 3;
}

/* ---- who is let in ---- */

/* Each is another question. Its id behind them. */
static int fill_memory(PGconn *conn)
{
    int id = 1;

    await_hit(conn, of_t(0)); /* it has been read */
    while (!is_tight()) {
        if (id > 1000) {
            console_print_counts();
            fail_msg("memory is not filled");
        }
        for (int i = 0; i < 20; i++) {
            (void)query_text(conn, of_t(id++));
        }
    }
    return id;
}

/* On a busy machine anything may take long, and be kept at once for it. */
static int find_stranger(PGconn *conn, int id)
{
    for (int i = 0; i < TRIES; i++, id++) {
        long once = counted("asked_once");
        (void)query_text(conn, of_t(id));
        if (counted("asked_once") > once) {
            return id;
        }
    }
    fail_msg("everybody is let in");
    return 0;
}

static void who_comes_once_is_not_let_in_when_room_is_scarce(void **state)
{
    (void)state;
    PGconn *conn = begin("mode = ttl\nmemory = 1MB\nttl_local = 1h\n");
    int id = fill_memory(conn);
    assert_true(counted("asked_once") < 20); /* of the last round */

    long fills = counted("puts");
    id = find_stranger(conn, id);
    long others = counted("puts");
    assert_true(others - fills <= TRIES);
    assert_false(is_hit(conn, of_t(id))); /* it is let in */
    assert_int_equal(counted("puts"), others + 1);
    assert_true(is_hit(conn, of_t(id)));
    PQfinish(conn);
}

#define DEAR "select count(*) from small a, small b, generate_series(1, 5) c where a.v + b.v <> "

static void what_is_dear_is_let_in_at_once(void **state)
{
    char sql[SQL_MAX];

    (void)state;
    PGconn *conn = begin("mode = ttl\nmemory = 1MB\nttl_local = 1h\n");
    (void)fill_memory(conn);
    await_hit(conn, DEAR "0"); /* from now on it is known what it costs */
    for (int i = 1; i < 4; i++) {
        snprintf(sql, sizeof sql, DEAR "%d", -i);
        (void)query_text(conn, sql);
        assert_true(is_hit(conn, sql));
    }
    PQfinish(conn);
}

static void admission_one_lets_everybody_in(void **state)
{
    (void)state;
    PGconn *conn = begin("mode = ttl\nmemory = 1MB\nttl_local = 1h\nadmission = 1\n");
    int id = fill_memory(conn);
    for (int i = 0; i < 20; i++, id++) {
        (void)query_text(conn, of_t(id));
        assert_true(is_hit(conn, of_t(id)));
    }
    assert_int_equal(counted("asked_once"), 0);
    PQfinish(conn);
}

/* Whoever asks for each only once: its answers are not taken down any more. */
static void a_shape_that_is_never_asked_again_grows_cold(void **state)
{
    enum { MANY = 4000 };

    (void)state;
    PGconn *conn = begin("mode = ttl\nttl_local = 1h\n");
    for (int i = 0; i < MANY && counted("cold") == 0; i += 50) {
        for (int k = 0; k < 50; k++) {
            char sql[SQL_MAX];
            snprintf(sql, sizeof sql, "select v from small where id = %d", 1000 + i + k);
            (void)query_text(conn, sql);
        }
    }
    assert_true(counted("cold") > 0);
    console_expect(
            "SHOW CACHE SHAPES", "query", "select v from small where id = ?", "verdict", "cold");
    await_hit(conn, of_t(1)); /* another one is kept */
    PQfinish(conn);
}

/* ---- what is pinned ---- */

/* What it says when it is done, or why not. */
static const char *command(const char *text)
{
    static char answer[SQL_MAX];
    PGconn *console = open_console();
    PGresult *result = PQexec(console, text);

    snprintf(answer, sizeof answer, "%s",
            PQresultStatus(result) == PGRES_COMMAND_OK ? PQcmdStatus(result)
                                                       : PQresultErrorMessage(result));
    PQclear(result);
    PQfinish(console);
    return answer;
}

#define OF_SMALL "select v from small where id = ?"

static const char *with_id(const char *verb)
{
    static char text[SQL_MAX];

    snprintf(text, sizeof text, "%s SHAPE %s", verb,
            console_value("SHOW CACHE SHAPES", "query", OF_SMALL, "id"));
    return command(text);
}

/* Others come and go, each asked for twice, five times as many as there is room for. */
static void crowd_out(PGconn *conn)
{
    for (int id = 1; id < 2000; id++) {
        (void)query_text(conn, of_t(id));
        (void)query_text(conn, of_t(id));
    }
}

#define SEVEN "select v from small where id = 7"
#define EIGHT "select v from small where id = 8"

/* A catalogue that is read anew may make all stale meanwhile: once or twice. */
static void expect_to_stay(PGconn *conn)
{
    for (int i = 0; i < 5; i++) {
        await_hit(conn, SEVEN);
        await_hit(conn, EIGHT);
        assert_int_equal(counted("pinned_entries"), 2);
        crowd_out(conn);
        if (counted("pinned_entries") == 2) {
            assert_true(is_hit(conn, SEVEN));
            assert_true(is_hit(conn, EIGHT));
            return;
        }
    }
    console_print_counts();
    fail_msg("what is pinned does not stay");
}

static void what_is_pinned_stays_and_is_never_stale(void **state)
{
    (void)state;
    PGconn *conn = begin("mode = ttl\nmemory = 1MB\nttl_local = 1h\nadmission = 1\n");
    PGconn *writer = open_as("postgres", "shop");
    await_hit(conn, SEVEN);
    assert_string_equal(with_id("CACHE PIN"), "CACHE PIN 1");
    console_expect("SHOW CACHE SHAPES", "query", OF_SMALL, "pinned", "pinned");
    expect_to_stay(conn);
    assert_true(counted("evicted") > 0);

    query_expect_start(writer, "update small set v = 70 where id = 7", "UPDATE 1");
    assert_string_equal(query_text(conn, SEVEN), "70");
    await_hit(conn, SEVEN);

    assert_string_equal(with_id("CACHE UNPIN"), "CACHE UNPIN 2");
    assert_int_equal(counted("pinned_entries"), 0);
    crowd_out(conn);
    assert_false(is_hit(conn, SEVEN));
    query_expect_start(writer, "update small set v = 7 where id = 7", "UPDATE 1");
    PQfinish(writer);
    PQfinish(conn);
}

static bool is_done(const char *text)
{
    return strncmp(command(text), "CACHE ", strlen("CACHE ")) == 0;
}

static void pins_are_bounded_and_refused_with_a_reason(void **state)
{
    char text[SQL_MAX];

    (void)state;
    PQfinish(begin("mode = ttl\n"));
    for (int i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "CACHE PIN SHAPE %02x", i);
        assert_true(is_done(text));
    }
    assert_non_null(strstr(command("CACHE PIN SHAPE ff"), "64 ids are pinned already"));
    assert_non_null(strstr(command("CACHE UNPIN SHAPE ff"), "nothing is pinned"));
    assert_true(is_done("CACHE UNPIN SHAPE 0")); /* of 00 to 0f */
    assert_true(is_done("CACHE PIN SHAPE ff"));
    assert_non_null(strstr(command("CACHE PIN"), "SHAPE id"));
    assert_non_null(strstr(command("CACHE PIN SHAPE"), "SHAPE id"));
    assert_non_null(strstr(command("CACHE PIN SHAPE x"), "SHAPE id"));
    assert_non_null(strstr(command("CACHE PIN SHAPE 1 2"), "SHAPE id"));
}

/* ---- what is got again before its time is over ---- */

static void drain(PGconn *conn, const char *expected)
{
    PGresult *result = PQgetResult(conn);

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_string_equal(PQgetvalue(result, 0, 0), expected);
    PQclear(result);
    assert_null(PQgetResult(conn));
}

/* Asks until it is not answered: PostgreSQL is asked, and cannot answer. */
static void ask_until_blocked(PGconn *conn)
{
    for (;;) {
        assert_int_equal(PQsendQuery(conn, SEVEN), 1);
        if (!query_is_answered(conn, 300)) {
            return;
        }
        drain(conn, "7");
    }
}

/* Who gets it again waits, others do not. False: it was not so; a busy machine may miss the moment. */
static bool is_got_again_by_one(PGconn *one, PGconn *other, PGconn *direct)
{
    await_hit(one, SEVEN);
    long refreshed = counted("refreshed");
    query_expect_start(direct, "begin", "BEGIN");
    query_expect_start(direct, "lock table small in access exclusive mode", "LOCK");
    ask_until_blocked(one);
    bool is_so = counted("refreshed") > refreshed;
    long hits = counted("hits");
    assert_int_equal(PQsendQuery(other, SEVEN), 1);
    is_so &= query_is_answered(other, 300) && counted("hits") > hits;
    query_expect_start(direct, "commit", "COMMIT");
    drain(one, "7");
    drain(other, "7");
    return is_so;
}

static void what_is_asked_for_often_is_got_again_by_one_alone(void **state)
{
    (void)state;
    PGconn *one = begin("mode = ttl\nttl_local = 6s\n");
    PGconn *other = open_as("one", "shop");
    PGconn *direct = open_direct();
    bool is_so = false;

    for (int i = 0; i < 5 && !is_so; i++) {
        is_so = is_got_again_by_one(one, other, direct);
    }
    if (!is_so) {
        console_print_counts();
    }
    assert_true(is_so);
    /* What it got is what is given from now on. */
    query_expect_start(direct, "update small set v = 77 where id = 7", "UPDATE 1");
    soon_query(one, SEVEN, "77");
    query_expect_start(direct, "update small set v = 7 where id = 7", "UPDATE 1");
    soon_query(one, SEVEN, "7");
    PQfinish(direct);
    PQfinish(other);
    PQfinish(one);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    who_comes_once_is_not_let_in_when_room_is_scarce, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(what_is_dear_is_let_in_at_once, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(admission_one_lets_everybody_in, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_shape_that_is_never_asked_again_grows_cold, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_is_pinned_stays_and_is_never_stale, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    pins_are_bounded_and_refused_with_a_reason, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_is_asked_for_often_is_got_again_by_one_alone, prepare, stop_sluice),
    };

    return case_run(cases, CASE_COUNT(cases), make, stop_cluster);
}
