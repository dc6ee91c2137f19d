/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_statements.c - SHOW LATENCY, ERRORS, SLOW and QUERY, and the log of slow
 * statements, against what was really asked.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INI_MAX = 2048, VALUE_MAX = 8192, FIRSTS = 80, COLUMNS = 60 };

#define SECRET "5e88-correct-horse"

static const char *ini_with(const char *stats)
{
    static char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES "\nother = " AT_POSTGRES "\n" INI_ALONE
            "stats_users = one\npool_mode = transaction\n[stats]\n%s",
            stats);
    return ini;
}

static void start_with(const char *stats)
{
    sluice_start(&sluice, ini_with(stats));
}

static PGconn *open_db(void)
{
    return open_as("postgres", "db");
}

static PGresult *show(const char *command)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, command);

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQfinish(console);
    return result;
}

/*
 * The value in the only row that has those, column=value, others by blanks; "" for none. Good
 * until the next call.
 */
static const char *value_where(PGresult *result, const char *where, const char *column)
{
    static char value[VALUE_MAX];
    int found = 0;

    value[0] = '\0';
    for (int row = 0; row < PQntuples(result); row++) {
        char wanted[256];
        char *rest = wanted;
        bool fits = true;

        snprintf(wanted, sizeof wanted, "%s", where);
        for (char *pair = strtok_r(rest, " ", &rest); pair != NULL && fits;
                pair = strtok_r(rest, " ", &rest)) {
            char *equals = strchr(pair, '=');
            *equals = '\0';
            int at = PQfnumber(result, pair);
            assert_true(at >= 0);
            fits = strcmp(PQgetvalue(result, row, at), equals + 1) == 0;
        }
        if (fits) {
            int at = PQfnumber(result, column);
            assert_true(at >= 0);
            snprintf(value, sizeof value, "%s", PQgetvalue(result, row, at));
            found++;
        }
    }
    assert_true(found <= 1);
    return value;
}

static void expect_where(
        PGresult *result, const char *where, const char *column, const char *expected)
{
    assert_string_equal(value_where(result, where, column), expected);
}

static long number_where(PGresult *result, const char *where, const char *column)
{
    return strtol(value_where(result, where, column), NULL, 10);
}

/* The parser's thread has been at that shape: its text is shown. */
static void await_text(const char *text)
{
    long end = proc_now_ms() + SOON_MS;
    bool is_there = false;

    while (!is_there) {
        PGresult *result = show("SHOW QUERIES");
        for (int row = 0; row < PQntuples(result); row++) {
            int at = PQfnumber(result, "query");
            is_there |= strcmp(PQgetvalue(result, row, at), text) == 0;
        }
        PQclear(result);
        assert_true(proc_now_ms() < end);
    }
}

/* ---- promises ---- */

static void latency_is_of_databases_nodes_workers_and_pools(void **state)
{
    PGresult *result;
    long calls = 0;

    (void)state;
    start_with("shapes = 100\n");
    PGconn *conn = open_db();
    for (int i = 0; i < 150; i++) { /* more shapes than are kept */
        char text[64];
        snprintf(text, sizeof text, "select 1 as c%d", i);
        query_expect(conn, text, "1");
    }
    PQfinish(conn);
    conn = open_as("postgres", "other");
    for (int i = 0; i < 4; i++) {
        PQclear(PQexec(conn, "select pg_sleep(0.05)"));
    }
    PQclear(PQexec(conn, "select nothing"));
    PQfinish(conn);
    result = show("SHOW LATENCY");
    expect_where(result, "level=all", "calls", "155");
    expect_where(result, "level=all", "errors", "1");
    expect_where(result, "level=database database=db", "calls", "150");
    expect_where(result, "level=database database=other", "calls", "5");
    expect_where(result, "level=pool database=other user=postgres", "errors", "1");
    expect_where(result, "level=node", "calls", "155");
    calls = number_where(result, "level=worker worker=0", "calls") +
            number_where(result, "level=worker worker=1", "calls");
    assert_int_equal(calls, 155);
    assert_true(number_where(result, "level=database database=other", "total_p50_us") >= 49000);
    assert_true(number_where(result, "level=database database=other", "server_max_us") >= 49000);
    assert_true(number_where(result, "level=database database=other", "total_mean_us") >= 35000);
    assert_true(number_where(result, "level=all", "total_p50_us") <=
                number_where(result, "level=all", "total_p99_us"));
    PQclear(result);
    result = show("SHOW LATENCY database");
    assert_int_equal(PQntuples(result), 2);
    PQclear(result);
    conn = open_console();
    query_expect(conn, "RESET STATS", "RESET");
    PQfinish(conn);
    result = show("SHOW LATENCY");
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
}

static void errors_are_counted_by_shape_and_class(void **state)
{
    (void)state;
    start_with("");
    PGconn *conn = open_db();
    for (int i = 0; i < 3; i++) {
        PQclear(PQexec(conn, "select 1 / (random() * 0)::int, '" SECRET "'"));
    }
    for (int i = 0; i < 2; i++) { /* of one shape, with two classes */
        PQclear(PQexec(conn, i == 0 ? "select 'x'::int" : "select '1'::int"));
    }
    PQclear(PQexec(conn, "select no_column"));
    PQfinish(conn);
    await_text("select ? / (random() * ?)::int, ?");
    await_text("select ?::int");
    PGresult *result = show("SHOW ERRORS");
    assert_int_equal(PQntuples(result), 3);
    assert_string_equal(PQgetvalue(result, 0, PQfnumber(result, "count")), "3"); /* most first */
    expect_where(result, "count=3", "class", "22");
    expect_where(result, "count=3", "condition", "data exception");
    expect_where(result, "count=3", "query", "select ? / (random() * ?)::int, ?");
    expect_where(result, "class=42", "count", "1");
    expect_where(result, "calls=2", "count", "1");
    expect_where(result, "calls=2", "database", "db");
    PQclear(result);
}

static void slow_statements_are_kept(void **state)
{
    (void)state;
    start_with("slow_threshold = 100\n");
    PGconn *conn = open_db();
    PQclear(PQexec(conn, "select pg_sleep(0.15), '" SECRET "'"));
    PQclear(PQexec(conn, "select pg_sleep(0.4), 7 as x from generate_series(1, 1)"));
    PQclear(PQexec(conn, "do $$begin perform pg_sleep(0.2); raise division_by_zero; end$$"));
    PQfinish(conn);
    await_text("select pg_sleep(?), ?");
    PGresult *result = show("SHOW SLOW");
    int last = PQntuples(result) - 1;
    int at = PQfnumber(result, "query");
    assert_true(last >= 2); /* all others are on a machine that stood still */
    assert_string_equal(PQgetvalue(result, last, at), "select pg_sleep(?), ?"); /* oldest last */
    assert_string_equal(PQgetvalue(result, 0, PQfnumber(result, "sqlstate")), "22012");
    at = PQfnumber(result, "total_us");
    assert_true(strtol(PQgetvalue(result, last, at), NULL, 10) >= 149000);
    at = PQfnumber(result, "server_us");
    assert_true(strtol(PQgetvalue(result, last, at), NULL, 10) >= 149000);
    assert_string_equal(PQgetvalue(result, last, PQfnumber(result, "rows")), "1");
    assert_string_equal(PQgetvalue(result, last, PQfnumber(result, "database")), "db");
    assert_true(strtol(PQgetvalue(result, last, PQfnumber(result, "client")), NULL, 10) > 0);
    PQclear(result);
    result = show("SHOW SLOW total");
    at = PQfnumber(result, "total_us");
    for (int row = 1; row < PQntuples(result); row++) {
        assert_true(strtol(PQgetvalue(result, row - 1, at), NULL, 10) >=
                    strtol(PQgetvalue(result, row, at), NULL, 10));
    }
    assert_true(strtol(PQgetvalue(result, 0, at), NULL, 10) >= 399000);
    PQclear(result);
    conn = open_console();
    query_expect(conn, "RESET STATS", "RESET");
    PQfinish(conn);
    result = show("SHOW SLOW total");
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
}

/* Both keys take effect with a RELOAD, for workers that are there. */
static void what_is_slow_may_change(void **state)
{
    long end = proc_now_ms() + SOON_MS;
    int rows = 0;

    (void)state;
    start_with("slow_threshold = -1\n");
    PGconn *conn = open_db();
    PQclear(PQexec(conn, "select pg_sleep(0.6)")); /* longer than the default */
    PGresult *result = show("SHOW SLOW");
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
    sluice_reload(&sluice, ini_with("slow_threshold = 0\nlog_min_duration_statement = 0\n"));
    while (rows == 0) {
        query_expect(conn, "select 5 as five", "5");
        result = show("SHOW SLOW");
        rows = PQntuples(result);
        PQclear(result);
        assert_true(proc_now_ms() < end);
    }
    PQfinish(conn);
    soon_logged(&sluice, "event=slow_statement shape=");
}

/* Nothing that was a literal comes out, in whatever statement it stood. */
static void slow_statements_are_logged_without_literals(void **state)
{
    static const char *const statements[] = {
            "select pg_sleep(0.12), '" SECRET "', $$" SECRET "$$",
            "create role tmp_role; alter role tmp_role password '" SECRET "'; drop role tmp_role; "
            "select pg_sleep(0.12)",
            "set application_name = '" SECRET "'; select pg_sleep(0.12)",
            "do $x$begin perform pg_sleep(0.12), '" SECRET "'; end$x$",
            "select pg_sleep(0.12); select 1 as \"" SECRET,
            "select pg_sleep(0.12), '" SECRET,
    };

    (void)state;
    start_with("log_min_duration_statement = 0\nslow_threshold = 0\n");
    PGconn *conn = open_db();
    for (size_t i = 0; i < CASE_COUNT(statements); i++) {
        PQclear(PQexec(conn, statements[i]));
    }
    await_text("select pg_sleep(?), ?, ?");
    PQclear(PQexec(conn, statements[0]));
    PQclear(PQexec(conn, "select 1 as the_end"));
    await_text("select ? as the_end");
    PQclear(PQexec(conn, "select 1 as the_end"));
    PQfinish(conn);
    soon_logged(&sluice, "query=\"select ? as the_end\"");
    assert_true(sluice_logged(&sluice, "event=slow_statement shape="));
    assert_true(sluice_logged(&sluice, "db=\"db\" user=\"postgres\" node=\"127.0.0.1:"));
    assert_true(sluice_logged(&sluice, "rows=1 sqlstate= query=\"select pg_sleep(?), ?, ?\""));
    assert_true(sluice_logged(&sluice, "sqlstate=42601")); /* the unterminated ones */
    assert_false(sluice_logged(&sluice, SECRET));
    PGresult *result = show("SHOW SLOW");
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result); column++) {
            assert_null(strstr(PQgetvalue(result, row, column), SECRET));
        }
    }
    PQclear(result);
}

/* "select 1 as first1, 1 as column0 ...", 1 being the value. */
static void make_first(char *text, size_t size, int first, const char *value)
{
    size_t len = (size_t)snprintf(text, size, "select %s as first%d", value, first);

    for (int column = 0; column < COLUMNS; column++) {
        len += (size_t)snprintf(text + len, size - len, ", %s as column%d", value, column);
    }
}

/* Nobody has met them before, and the parser has not come to all of them yet. */
static void slow_statements_are_logged_with_their_texts_at_first_sight(void **state)
{
    static const char end[] = "query=\"select ? as the_end\"";
    char text[VALUE_MAX];

    (void)state;
    start_with("log_min_duration_statement = 0\n");
    PGconn *conn = open_db();
    assert_int_equal(PQenterPipelineMode(conn), 1);
    for (int i = 0; i < FIRSTS; i++) { /* fewer than are logged within a second */
        make_first(text, sizeof text, i, "0");
        assert_int_equal(PQsendQueryParams(conn, text, 0, NULL, NULL, NULL, NULL, 0), 1);
    }
    assert_int_equal(PQpipelineSync(conn), 1);
    for (bool is_synced = false; !is_synced;) {
        PGresult *result = PQgetResult(conn); /* NULL behind each */
        is_synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        assert_int_equal(PQstatus(conn), CONNECTION_OK);
    }
    assert_int_equal(PQexitPipelineMode(conn), 1);
    PQclear(PQexec(conn, "select 1 as the_end"));
    PQfinish(conn);
    soon_logged(&sluice, end);
    for (int i = 0; i < FIRSTS; i++) {
        make_first(text, sizeof text, i, "?");
        if (!sluice_logged(&sluice, text)) {
            fail_msg("not logged: %s", text);
        }
    }
}

static void nothing_is_logged_as_slow_unless_asked_for(void **state)
{
    (void)state;
    start_with("");
    PGconn *conn = open_db();
    PQclear(PQexec(conn, "select pg_sleep(0.6)"));
    PQfinish(conn);
    PGresult *result = show("SHOW SLOW"); /* the default keeps it */
    expect_where(result, "rows=1", "database", "db");
    PQclear(result);
    sluice_stop(&sluice); /* so that all is written */
    assert_false(sluice_logged(&sluice, "event=slow_statement"));
    start_with("");
}

/* ---- SHOW QUERY ---- */

/* The id of the shape of that text, when it is known; good until the next call. */
static const char *id_of(const char *text)
{
    static char id[32];

    await_text(text);
    PGresult *result = show("SHOW QUERIES");
    id[0] = '\0';
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, PQfnumber(result, "query")), text) == 0) {
            snprintf(id, sizeof id, "%s", PQgetvalue(result, row, PQfnumber(result, "id")));
        }
    }
    PQclear(result);
    return id;
}

/* As that user, of the id's first digits. */
static PGresult *show_query(const char *user, const char *id, int digits)
{
    PGconn *console = open_as(user, "pgbouncer");
    char command[64];

    snprintf(command, sizeof command, "SHOW QUERY %.*s", digits, id);
    PGresult *result = PQexec(console, command);
    PQfinish(console);
    return result;
}

/* Whether there is such a line; a value of NULL is any. */
static bool has_line(PGresult *result, const char *section, const char *name, const char *value)
{
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), section) == 0 &&
                strcmp(PQgetvalue(result, row, 1), name) == 0 &&
                (value == NULL || strcmp(PQgetvalue(result, row, 2), value) == 0)) {
            return true;
        }
    }
    return false;
}

static void all_that_is_known_of_a_shape_is_shown(void **state)
{
    static const char *const text =
            "select p.n, count(*) from t p join t q on q.id = p.id where lower(p.n) like ? and "
            "p.id in (?, ...) group by p.n order by p.n desc limit ?";
    static const struct {
        const char *section;
        const char *name;
        const char *value;
    } lines[] = {{"query", "kind", "SELECT"}, {"query", "plan", "known"},
            {"plan", "table", "t as p: read"}, {"plan", "join", "q.id = p.id: inner"},
            {"plan", "filter", "lower(p.n) ~~ literal: LIKE prefix, where, in an expression"},
            {"plan", "filter", "p.id = list: in, where"},
            {"plan", "aggregate", "count: 0 arguments"}, {"plan", "function", "lower: 1 argument"},
            {"plan", "group by", "p.n"}, {"plan", "order by", "p.n, descending"},
            {"features", "limit", "1"}, {"complexity", "score", "8"}, {"counters", "calls", "3"},
            {"counters", "errors", "1"}, {"counters", "xacts", "3"},
            {"errors", "42", "1 syntax error or access rule violation"}, {"times", "total", NULL},
            {"times", "server", NULL}};
    char pool[128];
    PGresult *result;

    (void)state;
    start_with("");
    PGconn *direct = open_direct();
    PGconn *conn = open_db();
    for (int i = 0; i < 3; i++) {
        PQclear(PQexec(conn, "select p.n, count(*) from t p join t q on q.id = p.id where "
                             "lower(p.n) like 'x%' and p.id in (1, 2, 3) group by p.n "
                             "order by p.n desc limit 5"));
        if (i == 0) { /* it failed before */
            query_expect(direct, "create table t (id int, n text)", "CREATE TABLE");
        }
    }
    PQfinish(conn);
    result = show_query("admin", id_of(text), 16);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (size_t i = 0; i < CASE_COUNT(lines); i++) {
        if (!has_line(result, lines[i].section, lines[i].name, lines[i].value)) {
            fail_msg("no %s %s", lines[i].section, lines[i].name);
        }
    }
    assert_true(has_line(result, "query", "text", text));
    snprintf(pool, sizeof pool, "db/postgres@127.0.0.1:%d", cluster.port);
    assert_true(has_line(result, "pools", pool, NULL));
    assert_false(has_line(result, "examples", "1", NULL)); /* off unless asked for */
    PQclear(result);
    query_expect(direct, "drop table t", "DROP TABLE");
    PQfinish(direct);
}

/* What is beyond the parser: its text is shown all the same, without literals. */
static void what_is_not_to_be_parsed_is_shown_without_a_plan(void **state)
{
    PGresult *result;

    (void)state;
    start_with("");
    PGconn *conn = open_db();
    query_expect(conn, "set standard_conforming_strings = off", "SET");
    query_expect(conn, "select 'it\\'s " SECRET "' as Odd", "it's " SECRET);
    PQclear(PQexec(conn, "select '" SECRET));
    PQfinish(conn);
    result = show_query("admin", id_of("select ? as odd"), 16);
    assert_true(has_line(result, "query", "text", "select ? as odd"));
    assert_true(has_line(result, "query", "plan",
            "none: the parser would read it otherwise than its server does"));
    assert_true(has_line(result, "counters", "calls", "1"));
    PQclear(result);
    await_text("(a text that ends within a string, a name or a comment)");
}

static void expect_refused(PGresult *result, const char *why)
{
    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "22023");
    assert_non_null(strstr(PQresultErrorMessage(result), why));
    PQclear(result);
}

static void the_first_digits_will_do_where_no_other_id_has_them(void **state)
{
    char id[32];
    char command[64];
    int ambiguous = 0;

    (void)state;
    start_with("");
    PGconn *conn = open_db();
    for (int i = 0; i < 17; i++) { /* one more than there are digits */
        char text[64];
        snprintf(text, sizeof text, "select 1 as c%d", i);
        query_expect(conn, text, "1");
    }
    PQfinish(conn);
    snprintf(id, sizeof id, "%s", id_of("select ? as c0"));
    PGresult *result = show_query("admin", id, 15);
    assert_true(has_line(result, "query", "id", id));
    PQclear(result);
    for (int digit = 0; digit < 16; digit++) {
        char first[8];
        snprintf(first, sizeof first, "%X", (unsigned)digit);
        result = show_query("admin", first, 1);
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            PQclear(result);
        } else {
            ambiguous += strstr(PQresultErrorMessage(result), "more than one id") != NULL;
            expect_refused(result, "id");
        }
    }
    assert_true(ambiguous > 0);
    expect_refused(show_query("admin", "", 0), "1 to 16 hexadecimal digits");
    expect_refused(show_query("admin", "xyz", 3), "1 to 16 hexadecimal digits");
    expect_refused(show_query("admin", "01234567890123456", 17), "1 to 16 hexadecimal digits");
    expect_refused(show_query("admin", "0000000000000001", 16), "no statement");
    conn = open_console(); /* the extended protocol, too, which goes on behind an error */
    expect_refused(PQexecParams(conn, "SHOW QUERY xyz", 0, NULL, NULL, NULL, NULL, 0), "an id is");
    snprintf(command, sizeof command, "SHOW QUERY %s", id);
    result = PQexecParams(conn, command, 0, NULL, NULL, NULL, NULL, 0);
    assert_true(has_line(result, "query", "id", id));
    PQclear(result);
    PQfinish(conn);
}

static void without_statistics_there_is_nothing_to_show(void **state)
{
    static const char *const views[] = {"SHOW LATENCY", "SHOW ERRORS", "SHOW SLOW", "SHOW QUERIES"};

    (void)state;
    start_with("mode = off\nexamples = 1\nslow_threshold = 0\nlog_min_duration_statement = 0\n");
    PGconn *conn = open_db();
    query_expect(conn, "select 1", "1");
    PQclear(PQexec(conn, "select no_column"));
    PQfinish(conn);
    for (size_t i = 0; i < CASE_COUNT(views); i++) {
        PGresult *result = show(views[i]);
        assert_int_equal(PQntuples(result), 0);
        PQclear(result);
    }
    expect_refused(show_query("admin", "0", 1), "mode is off");
    conn = open_console();
    query_expect(conn, "RESET STATS", "RESET");
    PQfinish(conn);
    sluice_reload(&sluice, ini_with("mode = off\n"));
    soon_logged(&sluice, "event=conf_reloaded");
    assert_false(sluice_logged(&sluice, "event=slow_statement"));
}

static unsigned examples_in(PGresult *result)
{
    unsigned count = 0;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        count += strcmp(PQgetvalue(result, row, 0), "examples") == 0;
    }
    PQclear(result);
    return count;
}

static void ask_secrets(PGconn *conn, int n)
{
    for (int i = 0; i < n; i++) {
        char text[96];
        snprintf(text, sizeof text, "select '" SECRET "%d' as x", i);
        PQclear(PQexec(conn, text));
    }
    PQclear(PQexec(conn, "alter role no_such_role password '" SECRET "'"));
}

static void examples_are_for_admins_and_only_while_wanted(void **state)
{
    long end = proc_now_ms() + SOON_MS;
    char id[32];
    unsigned count = 0;

    (void)state;
    start_with("examples = 1\n");
    PGconn *conn = open_db();
    ask_secrets(conn, 5);
    snprintf(id, sizeof id, "%s", id_of("select ? as x"));
    PGresult *result = show_query("admin", id, 16);
    assert_true(has_line(result, "examples", "1", "select '" SECRET "0' as x"));
    assert_true(has_line(result, "examples", "3", "select '" SECRET "2' as x"));
    assert_int_equal(examples_in(result), 3);
    assert_int_equal(examples_in(show_query("one", id, 16)), 0); /* may only look */
    assert_int_equal(
            examples_in(show_query("admin", id_of("alter role no_such_role password ?"), 16)), 0);
    sluice_reload(&sluice, ini_with("examples = 0\n"));
    soon_logged(&sluice, "event=conf_reloaded changes=1");
    do {
        ask_secrets(conn, 5);
        count = examples_in(show_query("admin", id, 16));
        assert_true(proc_now_ms() < end);
    } while (count > 0);
    sluice_reload(&sluice, ini_with("examples = 1\n"));
    do {
        ask_secrets(conn, 1);
        count = examples_in(show_query("admin", id, 16));
        assert_true(proc_now_ms() < end);
    } while (count == 0);
    PQfinish(conn);
    assert_false(sluice_logged(&sluice, SECRET));
}

static void the_api_shows_examples_for_the_token_only(void **state)
{
    char stats[128];
    char path[96];

    (void)state;
    int port = proc_free_port();
    snprintf(stats, sizeof stats,
            "examples = 1\n[http]\nlisten = 127.0.0.1:%d\ntoken = sesame-4711\n", port);
    start_with(stats);
    PGconn *conn = open_db();
    ask_secrets(conn, 1);
    PQfinish(conn);
    snprintf(path, sizeof path, "/api/views/query?argument=%s", id_of("select ? as x"));
    web_expect(web_ask(port, "GET", path, "Authorization: Bearer sesame-4711\r\n"), 200, SECRET);
    struct web_answer answer = web_get(port, path);
    web_expect(answer, 200, "select ? as x");
    assert_null(strstr(answer.text, SECRET));
    answer = web_get(port, "/metrics");
    assert_null(strstr(answer.text, SECRET));
    web_expect(web_get(port, "/api/views/query?argument=zz"), 404, "hexadecimal digits");
}

static void what_no_view_takes_is_refused(void **state)
{
    static const struct {
        const char *show;
        const char *error;
    } wrong[] = {{"SHOW QUERIES bogus", "ERROR 22023: the order is total, calls, "},
            {"SHOW SLOW bogus", "ERROR 22023: there is total"},
            {"SHOW LATENCY bogus", "ERROR 22023: the level is all, "},
            {"SHOW HISTORY bogus", "ERROR 22023: a time is a number "}};
    static const char *const right[] = {"SHOW QUERIES hour", "SHOW QUERIES TOTAL",
            "SHOW SLOW Total", "SHOW LATENCY Pool", "SHOW HISTORY 17", "SHOW QUERIES"};
    char stats[128];

    (void)state;
    int port = proc_free_port();
    snprintf(stats, sizeof stats, "[http]\nlisten = 127.0.0.1:%d\n", port);
    start_with(stats);
    PGconn *console = open_console();
    for (size_t i = 0; i < CASE_COUNT(wrong); i++) {
        query_expect_start(console, wrong[i].show, wrong[i].error);
    }
    PQfinish(console);
    for (size_t i = 0; i < CASE_COUNT(right); i++) {
        PQclear(show(right[i]));
    }
    web_expect(web_get(port, "/api/views/queries?argument=bogus"), 404, "the order is total");
    web_expect(web_get(port, "/api/views/slow?argument=bogus"), 404, "there is total");
    web_expect(web_get(port, "/api/views/latency?argument=bogus"), 404, "the level is all");
    web_expect(web_get(port, "/api/views/history?argument=bogus"), 404, "microseconds");
    web_expect(web_get(port, "/api/views/queries?argument="), 200, "\"queries\"");
    web_expect(web_get(port, "/api/views/history?argument="), 200, "\"history\"");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, prepare, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(latency_is_of_databases_nodes_workers_and_pools),
            CASE(errors_are_counted_by_shape_and_class),
            CASE(slow_statements_are_kept),
            CASE(what_is_slow_may_change),
            CASE(slow_statements_are_logged_without_literals),
            CASE(slow_statements_are_logged_with_their_texts_at_first_sight),
            CASE(nothing_is_logged_as_slow_unless_asked_for),
            CASE(all_that_is_known_of_a_shape_is_shown),
            CASE(what_is_not_to_be_parsed_is_shown_without_a_plan),
            CASE(the_first_digits_will_do_where_no_other_id_has_them),
            CASE(without_statistics_there_is_nothing_to_show),
            CASE(examples_are_for_admins_and_only_while_wanted),
            CASE(the_api_shows_examples_for_the_token_only),
            CASE(what_no_view_takes_is_refused),
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
