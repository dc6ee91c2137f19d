/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/pgconn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What a connection does with a server is shown in tests/e2e/test_history.c and test_cache_stream.c. */
static void a_connection_string_is_what_its_writer_meant(void **state)
{
    static const char *const fine[] = {"", "host=a port=5432 dbname=b password='x y@z/'",
            "postgresql://u:p%40ss@host:5432/db", "postgres:///db?host=/tmp",
            "host=a,b port=5432,5433", "host=@abstract", "hostaddr=::1"};
    static const char *const wrong[] = {"secret", "password secret", "host=a sekret=1",
            "postgresql://u:p@ss@host/db", "postgresql://u:pa/ss@host/db", "host='a",
            "postgresql://u:p@host:port/db", "host=a,b@c"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(fine); i++) {
        assert_true(pgconn_is_conninfo(fine[i]));
    }
    for (size_t i = 0; i < SL_COUNT(wrong); i++) {
        assert_false(pgconn_is_conninfo(wrong[i]));
    }
}

/* A Unix socket's folder that is not there: it fails at once, and goes away. */
static void what_cannot_be_reached_says_so(void **state)
{
    struct pgconn *conn =
            pgconn_open("host=/nowhere/at/all password=s3cret dbname=s3cret user=x", "test");

    (void)state;
    assert_non_null(conn);
    enum pgconn_turn turn = pgconn_connect(conn);
    for (int i = 0; i < 100 && turn != PGCONN_FAILED; i++) {
        assert_true(turn == PGCONN_READ || turn == PGCONN_WRITE);
        turn = pgconn_go_on(conn);
    }
    assert_int_equal(turn, PGCONN_FAILED);
    assert_true(pgconn_is_broken(conn));
    assert_string_equal(pgconn_error(conn)->sqlstate, "08006");
    assert_non_null(strstr(pgconn_error(conn)->text, "/nowhere/at/all"));
    assert_null(strchr(pgconn_error(conn)->text, '\n'));
    pgconn_close(conn);
    pgconn_close(NULL);
}

/* libpq's message names the folder, which is the password as well. */
static void an_error_does_not_have_the_password(void **state)
{
    struct pgconn *conn = pgconn_open("host=/nowhere/s3cret password=s3cret", "test");

    (void)state;
    assert_non_null(conn);
    enum pgconn_turn turn = pgconn_connect(conn);
    for (int i = 0; i < 100 && turn != PGCONN_FAILED; i++) {
        turn = pgconn_go_on(conn);
    }
    assert_int_equal(turn, PGCONN_FAILED);
    assert_string_equal(pgconn_error(conn)->text, "the connection failed");
    pgconn_close(conn);
}

/* Of a connection that never was, too. */
static void nothing_is_answered_and_nothing_streams_without_a_server(void **state)
{
    struct pgconn *conn = pgconn_open_replication("host=/nowhere/at/all", "test");
    struct sl_span message;

    (void)state;
    assert_non_null(conn);
    assert_int_equal(pgconn_pid(conn), 0);
    assert_int_equal(pgconn_next(conn, &message), PGCONN_FAILED);
    assert_int_equal(message.len, 0);
    assert_int_equal(pgconn_say(conn, sl_span_text("r")), PGCONN_FAILED);
    enum pgconn_turn turn = pgconn_connect(conn);
    for (int i = 0; i < 100 && turn != PGCONN_FAILED; i++) {
        turn = pgconn_go_on(conn);
    }
    assert_int_equal(turn, PGCONN_FAILED);
    assert_int_equal(pgconn_rows(conn), 0);
    assert_int_equal(pgconn_columns(conn), 0);
    assert_null(pgconn_at(conn, 0, 0).at);
    pgconn_close(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_connection_string_is_what_its_writer_meant),
            cmocka_unit_test(what_cannot_be_reached_says_so),
            cmocka_unit_test(an_error_does_not_have_the_password),
            cmocka_unit_test(nothing_is_answered_and_nothing_streams_without_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
