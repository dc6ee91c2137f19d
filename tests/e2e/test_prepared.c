/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_prepared.c - one client with thousands of prepared names, and few servers that
 * keep a handful each: whichever server comes next, a name is what its client prepared.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    NAMES = CASE_IS_SANITIZED ? 3000 : 10000,
    AT_ONCE = 500, /* of a pipeline */
    STRIDE = 37,   /* of the names looked at; shares no factor with SERVERS */
    SERVERS = 3,
    KEPT = 50, /* max_prepared_statements */
    TEXT_MAX = 96,
    REPLY_MAX = 4096,
    REPLY_MS = 20000
};

static const char ini[] = "[databases]\n"
                          "db = " AT_POSTGRES "\n" INI_ALONE "pool_mode = transaction\n"
                          "default_pool_size = 3\n"
                          "server_round_robin = 1\n"
                          "max_prepared_statements = 50\n"
                          "prepared_statements_bytes_client = 8MB\n" NO_CATALOGS;

static int begin(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice, ini);
    return 0;
}

/* ---- steps ---- */

static void expect_next(PGconn *conn, ExecStatusType status)
{
    PGresult *result = PQgetResult(conn);

    if (PQresultStatus(result) != status) {
        fail_msg("%s", PQresultErrorMessage(result));
    }
    PQclear(result);
    if (status == PGRES_COMMAND_OK) {
        assert_null(PQgetResult(conn));
    }
}

/* n0, n1, ...: each gives its number, and the process that says so. */
static void prepare_all(PGconn *conn)
{
    char name[TEXT_MAX];
    char sql[TEXT_MAX];

    assert_int_equal(PQenterPipelineMode(conn), 1);
    for (int first = 0; first < NAMES; first += AT_ONCE) {
        for (int i = first; i < first + AT_ONCE; i++) {
            snprintf(name, sizeof(name), "n%d", i);
            snprintf(sql, sizeof(sql), "select %d, pg_backend_pid()", i);
            assert_int_equal(PQsendPrepare(conn, name, sql, 0, NULL), 1);
        }
        assert_int_equal(PQpipelineSync(conn), 1);
        for (int i = 0; i < AT_ONCE; i++) {
            expect_next(conn, PGRES_COMMAND_OK);
        }
        expect_next(conn, PGRES_PIPELINE_SYNC);
    }
    assert_int_equal(PQexitPipelineMode(conn), 1);
}

/* All servers there may be, and free: that many clients are in a transaction at a time. */
static void open_servers(void)
{
    PGconn *holder[SERVERS];

    for (int i = 0; i < SERVERS; i++) {
        holder[i] = open_as("postgres", "db");
        query_expect(holder[i], "begin", "BEGIN");
    }
    for (int i = 0; i < SERVERS; i++) {
        query_expect(holder[i], "commit", "COMMIT");
        PQfinish(holder[i]);
    }
    console_await("SHOW POOLS", "database", "db", "sv_idle", "3"); /* SERVERS */
}

/* The processes seen; gives its place among them. */
static int server_of(const char *pid, char seen[static SERVERS][TEXT_MAX])
{
    for (int i = 0; i < SERVERS; i++) {
        if (seen[i][0] == '\0') {
            snprintf(seen[i], TEXT_MAX, "%s", pid);
        }
        if (strcmp(seen[i], pid) == 0) {
            return i;
        }
    }
    fail_msg("more servers than there may be");
    return -1;
}

static void expect_own(PGconn *conn, int i, char seen[static SERVERS][TEXT_MAX], int *where)
{
    char name[TEXT_MAX];
    char value[TEXT_MAX];

    snprintf(name, sizeof(name), "n%d", i);
    snprintf(value, sizeof(value), "%d", i);
    PGresult *result = PQexecPrepared(conn, name, 0, NULL, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", name, PQresultErrorMessage(result));
    }
    assert_string_equal(PQgetvalue(result, 0, 0), value);
    *where = server_of(PQgetvalue(result, 0, 1), seen);
    PQclear(result);
}

/* How many names servers have lost or never had is seen by how many a server has at most. */
static void expect_few_on_each(PGconn *conn)
{
    for (int i = 0; i < SERVERS; i++) {
        PGresult *result =
                PQexec(conn, "select count(*) <= 50, count(*) from pg_prepared_statements");

        assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
        if (strcmp(PQgetvalue(result, 0, 0), "t") != 0) {
            fail_msg("a server has %s statements", PQgetvalue(result, 0, 1));
        }
        PQclear(result);
    }
}

/*
 * A statement of one letter is bound and executed by a client that does not ask for its columns, as libpq
 * always does. Its replies, up to ReadyForQuery.
 */
static size_t execute_unasked(PGconn *conn, char name, char reply[static REPLY_MAX])
{
    char request[] = "B\0\0\0\x0d\0s\0\0\0\0\0\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04";
    struct pollfd poller = {.fd = PQsocket(conn), .events = POLLIN};
    size_t len = 0;
    size_t at = 0;

    request[6] = name;
    assert_int_equal(
            send(poller.fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
    for (;;) {
        while (at + 5 <= len && at + 1 + (unsigned char)reply[at + 4] <= len) {
            assert_true(reply[at + 1] == 0 && reply[at + 2] == 0 && reply[at + 3] == 0);
            if (reply[at] == 'Z') {
                return at;
            }
            at += 1 + (size_t)(unsigned char)reply[at + 4];
        }
        assert_int_equal(poll(&poller, 1, REPLY_MS), 1);
        ssize_t got = recv(poller.fd, reply + len, REPLY_MAX - len, 0);
        assert_true(got > 0);
        len += (size_t)got;
    }
}

static void expect_told_of_columns(PGconn *conn, char name)
{
    char reply[REPLY_MAX];
    size_t len = execute_unasked(conn, name, reply);

    assert_int_equal(reply[0], 'E');
    assert_non_null(memmem(reply, len, "C0A000", 7));
    assert_non_null(memmem(reply, len, "Mcached plan must not change result type", 41));
    assert_non_null(memmem(reply, len, "RRevalidateCachedQuery", 23));
}

/* BindComplete and a row of that many columns. */
static void expect_row(PGconn *conn, char name, char columns)
{
    char reply[REPLY_MAX];
    size_t len = execute_unasked(conn, name, reply);

    assert_true(len > 12);
    assert_int_equal(reply[0], '2');
    assert_int_equal(reply[5], 'D');
    assert_int_equal(reply[11], columns);
}

static void prepare_and_describe(PGconn *conn, const char *name, int columns)
{
    PGresult *result = PQprepare(conn, name, "select * from remembered", 0, NULL);

    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    result = PQdescribePrepared(conn, name);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    assert_int_equal(PQnfields(result), columns);
    PQclear(result);
}

/* ---- cases ---- */

static void every_name_of_thousands_is_its_own_on_every_server(void **state)
{
    char seen[SERVERS][TEXT_MAX] = {""};
    int used[SERVERS] = {0};

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    prepare_all(conn);
    open_servers();
    for (int round = 0; round < 2; round++) {
        for (int i = round; i < NAMES; i += STRIDE) {
            /* Twice: on one server and on the next one. */
            int where = 0;
            int next = 0;

            expect_own(conn, i, seen, &where);
            expect_own(conn, i, seen, &next);
            assert_int_not_equal(where, next);
            used[where]++;
            used[next]++;
        }
    }
    for (int i = 0; i < SERVERS; i++) {
        assert_true(used[i] > KEPT); /* some of its names it had to lose */
    }
    expect_few_on_each(conn);
    PQfinish(conn);
}

static void thousands_of_names_go_at_once_and_may_be_others_then(void **state)
{
    char name[TEXT_MAX];

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    prepare_all(conn);
    query_expect(conn, "deallocate all", "DEALLOCATE ALL");
    for (int i = 0; i < NAMES; i += STRIDE) {
        char error[2 * TEXT_MAX];

        snprintf(name, sizeof(name), "n%d", i);
        snprintf(error, sizeof(error), "ERROR 26000: prepared statement \"%s\" does not exist",
                name);
        assert_string_equal(query_prepared(conn, name, 0, NULL), error);
        assert_string_equal(query_result(PQprepare(conn, name, "select 'another'", 0, NULL)), "");
        assert_string_equal(query_prepared(conn, name, 0, NULL), "another");
    }
    PQfinish(conn);
}

/*
 * PostgreSQL makes values of constants when it parses them: two clients whose settings read the
 * same text differently may not have the same statement, whoever came first.
 */
static void constants_are_those_of_the_clients_own_settings(void **state)
{
    static const struct {
        const char *sets[2];
        const char *text;
        const char *results[2];
    } rows[] = {
            {{"set timezone = 'UTC'", "set timezone = 'America/New_York'"},
                    "select extract(epoch from timestamptz '2024-01-01 00:00:00')::int8",
                    {"1704067200", "1704085200"}},
            {{"set datestyle = 'ISO, DMY'", "set datestyle = 'ISO, MDY'"},
                    "select extract(month from date '01/02/2024')::int4", {"2", "1"}},
            {{"set intervalstyle = 'sql_standard'", "set intervalstyle = 'postgres'"},
                    "select extract(epoch from interval '-1 2:03:04')::int8", {"-93784", "-79016"}},
            {{"set client_encoding = 'LATIN1'", "set client_encoding = 'UTF8'"},
                    "select length('\xc3\xa9')", {"2", "1"}},
            {{"set standard_conforming_strings = off", "set standard_conforming_strings = on"},
                    "select length('a\\\\b')", {"3", "4"}},
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(rows); i++) {
        PGconn *conns[2] = {open_as("postgres", "db"), open_as("postgres", "db")};
        for (int k = 0; k < 2; k++) {
            query_expect(conns[k], rows[i].sets[k], "SET");
        }
        for (int k = 0; k < 2; k++) {
            PGresult *result = PQprepare(conns[k], "s", rows[i].text, 0, NULL);
            assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
            PQclear(result);
        }
        for (int k = 0; k < 4 * SERVERS; k++) {
            assert_string_equal(query_prepared(conns[k % 2], "s", 0, NULL), rows[i].results[k % 2]);
        }
        PQfinish(conns[0]);
        PQfinish(conns[1]);
    }
}

/* Whether the server that comes has had the statement from before, or prepares it anew. */
static void who_remembers_columns_is_not_given_others(void **state)
{
    PGconn *direct = open_direct();

    (void)state;
    query_expect(direct, "create table remembered (a int, b int)", "CREATE TABLE");
    query_expect(direct, "insert into remembered values (1, 2)", "INSERT 0 1");
    open_servers();
    PGconn *conn = open_as("postgres", "db");
    prepare_and_describe(conn, "s", 2);
    for (int i = 0; i < SERVERS - 1; i++) { /* there is one without it then */
        expect_row(conn, 's', 2);
    }
    query_expect(direct, "alter table remembered alter a type float4", "ALTER TABLE");
    for (int i = 0; i < 2 * SERVERS; i++) {
        expect_told_of_columns(conn, 's');
    }
    query_expect(conn, "begin", "BEGIN");
    expect_told_of_columns(conn, 's');
    query_expect(conn, "rollback", "ROLLBACK");
    prepare_and_describe(conn, "t", 2);
    for (int i = 0; i < 2 * SERVERS; i++) {
        expect_row(conn, 't', 2);
    }
    query_expect(direct, "alter table remembered add c int", "ALTER TABLE");
    for (int i = 0; i < 2 * SERVERS; i++) {
        expect_told_of_columns(conn, 't');
        assert_string_equal(query_prepared(conn, "s", 0, NULL), "1|2|<null>");
    }
    for (int i = 0; i < 2 * SERVERS; i++) { /* it has asked since */
        expect_row(conn, 's', 3);
    }
    query_expect(direct, "drop table remembered", "DROP TABLE");
    PQfinish(conn);
    PQfinish(direct);
}

/* What a segment says of its Describe of that name, and of what it executes behind it. */
static void expect_described_and_begun(PGconn *conn, const char *begin, const char *sqlstate)
{
    bool is_told = sqlstate == NULL;

    assert_int_equal(PQenterPipelineMode(conn), 1);
    assert_int_equal(PQsendDescribePrepared(conn, "s"), 1);
    assert_int_equal(PQsendQueryPrepared(conn, begin, 0, NULL, NULL, NULL, 0), 1);
    assert_int_equal(PQpipelineSync(conn), 1);
    PGresult *result = PQgetResult(conn);
    if (is_told != (PQresultStatus(result) == PGRES_COMMAND_OK)) {
        fail_msg("Describe: %s", PQresultErrorMessage(result));
    }
    if (!is_told) {
        assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), sqlstate);
    }
    PQclear(result);
    assert_null(PQgetResult(conn));
    expect_next(conn, is_told ? PGRES_COMMAND_OK : PGRES_PIPELINE_ABORTED);
    if (!is_told) {
        assert_null(PQgetResult(conn));
    }
    expect_next(conn, PGRES_PIPELINE_SYNC);
    assert_int_equal(PQexitPipelineMode(conn), 1);
    if (is_told) {
        query_expect(conn, "rollback", "ROLLBACK");
    }
}

static void a_describe_takes_no_snapshot_on_any_server(void **state)
{
    (void)state;
    PGconn *direct = query_must_connect(
            "host=127.0.0.1 port=%d dbname=postgres user=postgres", cluster.port);
    query_expect(direct, "create table described (a int)", "CREATE TABLE");
    open_servers();
    PGconn *conn = open_as("postgres", "db");
    PQclear(PQprepare(conn, "s", "select a from described", 0, NULL));
    PQclear(PQprepare(conn, "b", "begin isolation level serializable", 0, NULL));
    PQclear(PQprepare(conn, "c", "set transaction isolation level serializable", 0, NULL));
    for (int i = 0; i < SERVERS; i++) {
        expect_described_and_begun(conn, i == 1 ? "c" : "b", NULL);
    }
    query_expect(direct, "drop table described", "DROP TABLE");
    for (int i = 0; i < 2 * SERVERS; i++) {
        expect_described_and_begun(conn, "b", "42P01");
        query_expect(conn, "select 1", "1");
    }
    PQfinish(conn);
    PQfinish(direct);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, stop_sluice)

int main(void)
{
    static const struct CMUnitTest cases[] = {
            CASE(every_name_of_thousands_is_its_own_on_every_server),
            CASE(thousands_of_names_go_at_once_and_may_be_others_then),
            CASE(constants_are_those_of_the_clients_own_settings),
            CASE(who_remembers_columns_is_not_given_others),
            CASE(a_describe_takes_no_snapshot_on_any_server),
    };
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
