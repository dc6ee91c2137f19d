/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_hostile.c - SQL that is made to hurt: PostgreSQL's replies come through as they are,
 * by both protocols, and nobody else notices. And a parser's thread that hangs.
 *
 * Every statement is named by the shape scanner on its worker and, if its shape is new, parsed
 * on the parser's thread: neither may crash, stall or change anything.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/still.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 2 << 20, BUSY_TEXTS = CASE_IS_SANITIZED ? 20 : 120, BUSY_COLUMNS = 4000 };
/* For an answer, for another parser, and for what that has to do, while one stands still. */
enum { ANSWER_MS = 10000, STUCK_MS = 20000, PARSED_MS = 60000, PATIENCE_MS = 240000 };

static char *text;
static size_t text_len;

static int begin(void **state)
{
    start_cluster(state);
    text = malloc(TEXT_MAX);
    return text == NULL ? -1 : 0;
}

static int end(void **state)
{
    free(text);
    return stop_cluster(state);
}

static int start(void **state)
{
    prepare(state);
    sluice_start(&sluice,
            "[databases]\ndb = " AT_POSTGRES " user=postgres\n" INI_MAIN "pool_mode = session\n");
    return 0;
}

/* ---- making a text ---- */

static void clear(void)
{
    text_len = 0;
    text[0] = '\0';
}

static void add(unsigned times, const char *piece)
{
    size_t len = strlen(piece);

    assert_true(text_len + times * len < TEXT_MAX);
    for (unsigned i = 0; i < times; i++) {
        memcpy(text + text_len, piece, len);
        text_len += len;
    }
    text[text_len] = '\0';
}

/* ---- promises ---- */

/* The same from PostgreSQL itself and through Sluice, simple and extended. */
static void expect_same(PGconn *direct, PGconn *through)
{
    char *expected = strdup(query_text(direct, text));

    assert_non_null(expected);
    assert_string_equal(query_text(through, text), expected);
    free(expected);
    expected = strdup(query_params(direct, text, 0, NULL));
    assert_non_null(expected);
    assert_string_equal(query_params(through, text, 0, NULL), expected);
    free(expected);
    assert_int_equal(PQstatus(through), CONNECTION_OK);
}

static void nested_and_endless_expressions_are_postgresqls_business(void **state)
{
    static const struct {
        const char *before;
        unsigned times;
        const char *open;
        const char *middle;
        const char *close;
    } rows[] = {
            {"select ", 200000, "1+", "1", ""}, /* 400 KB */
            {"select ", 50, "(", "1", ")"},
            {"select ", 100000, "(", "1", ")"},
            {"select ", 100000, "(", "1", ""},
            {"select ", 100000, "", "1", ")"},
            {"select ", 50000, "array[", "1", "]"},
            {"select ", 60000, "not ", "true", ""},
            {"select ", 60000, "- ", "1", ""},
            {"select 1", 60000, "::int", "", ""},
            {"select a", 30000, ".a", "", ""},
            {"select ", 20000, "case when true then ", "1", " end"},
            {"select ", 30000, "(select ", "1", ")"},
            {"select ", 20000, "f(", "1", ")"},
            {"select 1 where 1 in (1", 30000, ",1", ")", ""},
            {"select 1", 1600, ", 1", "", ""},
            {"select 1", 5000, ", 1", "", ""},
            {"values (1)", 20000, ", (1)", "", ""},
            {"select 1", 2000, " union all select 1", "", ""},
            {"", 100000, ";", "", ""},
            {"", 500, "select 1;", "", ""},
            {"", 2000, "/*", "", "*/"},
            {"select 1", 2000, "/*", "", ""},
            {"select ", 2000, "+", "1", ""},
            {"select 1 --", 500000, "-", "", ""},
            {"select $", 1, "99999999999", "", ""},
            {"select $", 1, "65536", "", ""},
            {"select ", 100000, "$", "", ""},
            {"select ", 1000, "1e", "", ""},
            {"select 1 ", 100000, "@", " 1", ""},
    };

    (void)state;
    PGconn *direct = open_direct();
    PGconn *through = open_as("one", "db");
    for (size_t i = 0; i < CASE_COUNT(rows); i++) {
        clear();
        add(1, rows[i].before);
        add(rows[i].times, rows[i].open);
        add(1, rows[i].middle);
        add(rows[i].times, rows[i].close);
        expect_same(direct, through);
    }
    PQfinish(through);
    PQfinish(direct);
}

static void what_does_not_end_is_postgresqls_business(void **state)
{
    static const char *const texts[] = {"select '", "select E'\\", "select E'\\'", "select U&'\\",
            "select \"", "select U&\"", "select $$", "select $a$ $", "select $a", "select /*",
            "select /* /* */", "select 1 --", "select B'", "select X'", "select N'", "select (",
            "select [", "select 1 in (", "select 1 in (1,", "values (1), (", "select a.",
            "select ::", "select 1e", "select 0x", "select 1.", "select .", "select $",
            "select :", "\\", "'", "\"", "$$", "/*", "*/", "--", "insert into t values (",
            "set a =", "alter user a password '", "select 'a' uescape '", "select 1_000",
            "select 0x1f", "select 1a", "select 5 5"};

    (void)state;
    PGconn *direct = open_direct();
    PGconn *through = open_as("one", "db");
    for (size_t i = 0; i < CASE_COUNT(texts); i++) {
        clear();
        add(1, texts[i]);
        expect_same(direct, through);
        add(70000, " x");
        expect_same(direct, through);
    }
    PQfinish(through);
    PQfinish(direct);
}

static void names_and_strings_may_be_long(void **state)
{
    static const char *const frames[][2] = {{"select 1 as ", ""}, {"select 1 as \"", "\""},
            {"select 1 as u&\"", "\""}, {"select '", "'"}, {"select E'", "'"}, {"select $$", "$$"},
            {"select $", "$ x"}, {"select length('", "')"}, {"select * from ", ".b"}};
    static const unsigned lengths[] = {63, 64, 65535, 65536, 262136, 262144, 1048576, 1500000};

    (void)state;
    PGconn *direct = open_direct();
    PGconn *through = open_as("one", "db");
    for (size_t i = 0; i < CASE_COUNT(frames); i++) {
        for (size_t k = 0; k < CASE_COUNT(lengths); k++) {
            clear();
            add(1, frames[i][0]);
            add(lengths[k], "n");
            add(1, frames[i][1]);
            expect_same(direct, through);
        }
    }
    PQfinish(through);
    PQfinish(direct);
}

static void set_both(PGconn *direct, PGconn *through, const char *encoding)
{
    clear();
    add(1, "set client_encoding = ");
    add(1, encoding);
    assert_string_equal(query_text(through, text), query_text(direct, text));
}

static void any_bytes_in_any_encoding_are_postgresqls_business(void **state)
{
    static const char *const encodings[] = {"utf8", "sjis", "big5", "gbk", "uhc", "gb18030",
            "johab", "shift_jis_2004", "euc_jp", "euc_kr", "latin1", "win1252", "sql_ascii"};
    static const char *const texts[] = {"select '\x83\x5c', 'x'",
            "select '\x83\x5c' || E'\\'' , 'x'", "select length('\x95\x5c\x95\x5c')",
            "select 1 as \x83\x5c, 'y'", "select 1 as \"\x83\x5c\"", "select '\xff\xfe'",
            "select '\xc3'", "select '\xc0\xaf'", "select '\xed\xa0\x80'",
            "select '\xf4\x90\x80\x80'", "\xff", "select 1 \x80", "\x83",
            "select '\x81\x30\x81\x30'", "select $\x83\x5c$ 1 $\x83\x5c$", "select '\xe3\x82\xbd'",
            "select E'\x83\x5c'", "select /* \x83\x5c */ 1", "select U&'\\00e9'",
            "select E'\\xff'"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(encodings); i++) {
        PGconn *direct = open_direct();
        PGconn *through = open_as("one", "db");
        set_both(direct, through, encodings[i]);
        for (size_t k = 0; k < CASE_COUNT(texts); k++) {
            clear();
            add(1, texts[k]);
            expect_same(direct, through);
        }
        assert_string_equal(query_text(direct, "set standard_conforming_strings = off"), "SET");
        assert_string_equal(query_text(through, "set standard_conforming_strings = off"), "SET");
        for (size_t k = 0; k < CASE_COUNT(texts); k++) {
            clear();
            add(1, texts[k]);
            expect_same(direct, through);
        }
        PQfinish(through);
        PQfinish(direct);
    }
}

/* ---- a parser's thread that hangs ---- */

/* Texts of new shapes, that take it a second and more. */
static void make_busy(PGconn *conn)
{
    static unsigned number;

    for (int i = 0; i < BUSY_TEXTS; i++) {
        char first[64];
        snprintf(first, sizeof first, "select 1 as busy_%u", number++);
        clear();
        add(1, first);
        add(BUSY_COLUMNS / 4, ", 1+1 as ab");
        PQclear(PQexec(conn, text));
    }
}

/* The answer, or NULL where none comes. */
static PGresult *answer(PGconn *conn, const char *sql)
{
    assert_int_equal(PQsendQuery(conn, sql), 1);
    if (!query_is_answered(conn, ANSWER_MS)) {
        return NULL;
    }
    PGresult *result = PQgetResult(conn);
    assert_null(PQgetResult(conn));
    return result;
}

/* Another one takes its place, and traffic goes on. */
static bool is_replaced(PGconn *conn)
{
    pid_t tids[STILL_MAX];

    for (long over = proc_now_ms() + STUCK_MS; proc_now_ms() < over; proc_pause_ms(50)) {
        PGresult *result = answer(conn, "select 1");
        if (result == NULL) {
            return false;
        }
        assert_string_equal(query_result(result), "1");
        if (still_find(sluice.process.pid, "parser", true, tids) == 2) {
            return true;
        }
    }
    return false;
}

static bool names_new_ones(PGconn *conn, PGconn *console)
{
    static unsigned number;
    char sql[64], name[32];

    snprintf(name, sizeof name, "named_after_all_%u", number++);
    snprintf(sql, sizeof sql, "select 5 as %s", name);
    for (long over = proc_now_ms() + PARSED_MS; proc_now_ms() < over;) {
        PGresult *result = answer(conn, sql); /* each time: not at the table's end */
        if (result == NULL) {
            return false;
        }
        assert_string_equal(query_result(result), "5");
        result = answer(console, "SHOW QUERIES last_seen");
        bool is_named = strstr(result == NULL ? "" : query_result(result), name) != NULL;
        if (result == NULL || is_named) {
            return is_named;
        }
    }
    return false;
}

/*
 * Stopped while it parses. Where the others wait for a lock that it holds, or it was between two
 * texts, it is let go on, and is to be stopped again.
 */
static bool is_stopped_and_replaced(PGconn *conn, PGconn *console)
{
    pid_t tid = still_find_one(sluice.process.pid, "parser");

    make_busy(conn);
    bool is_done = still_at_work(tid) && is_replaced(conn) && names_new_ones(conn, console);
    still_end();
    PQclear(PQexec(conn, "select 1")); /* takes what was not answered before */
    PQclear(PQexec(console, "SHOW VERSION"));
    return is_done;
}

static void a_parser_that_hangs_is_replaced_and_traffic_goes_on(void **state)
{
    PGconn *conn = open_as("one", "db");
    PGconn *console = open_console();
    bool is_done = false;

    (void)state;
    for (long over = proc_now_ms() + PATIENCE_MS; !is_done && proc_now_ms() < over;) {
        is_done = is_stopped_and_replaced(conn, console);
    }
    assert_true(is_done);
    assert_true(names_new_ones(conn, console));
    PQfinish(console);
    PQfinish(conn);
    sluice_must_live(&sluice);
}

static int end_case(void **state)
{
    still_end();
    return stop_sluice(state);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end_case)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(nested_and_endless_expressions_are_postgresqls_business),
            CASE(what_does_not_end_is_postgresqls_business),
            CASE(names_and_strings_may_be_long),
            CASE(any_bytes_in_any_encoding_are_postgresqls_business),
            CASE(a_parser_that_hangs_is_replaced_and_traffic_goes_on),
    };

    return case_run(cases, CASE_COUNT(cases), begin, end);
}
