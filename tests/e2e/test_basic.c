/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_basic.c - what every client does first: connect, ask in every
 * protocol, copy, commit, be refused; in session and in transaction mode.
 *
 * Each case runs in both modes: the database "session" and the database
 * "transaction" are the same one behind two pools.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"session", "transaction"};

static const char ini[] =
        "[databases]\n"
        "session = " AT_POSTGRES " pool_mode=session\n"
        "transaction = " AT_POSTGRES " pool_mode=transaction\n"
        "one = " AT_POSTGRES " pool_mode=transaction pool_size=1\n"
        "socket = host=@PGDIR@ port=@PGPORT@ dbname=postgres pool_mode=transaction\n" INI_ALONE
        "default_pool_size = 10\n"
        "max_prepared_statements = 100\n";

static int start(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, "create table item (id int primary key, name text not null)");
    cluster_sql(&cluster, "insert into item select i, 'item ' || i from generate_series(1, 100) i");
    (void)prepare(state);
    sluice_start(&sluice, ini);
    return 0;
}

static PGconn *open_db(const char *dbname)
{
    return open_as("postgres", dbname);
}

static void a_client_asks_and_is_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        query_expect(conn, "select 1", "1");
        query_expect(
                conn, "select name from item where id in (1, 2) order by id", "item 1\nitem 2");
        query_expect(conn, "select null, ''", "<null>|");
        query_expect(conn, "", "<empty>");
        query_expect(conn, "select current_database(), current_user", "postgres|postgres");
        PQfinish(conn);
    }
}

static void several_statements_in_one_query_give_several_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        query_expect(conn, "select 1; select 2; create temp table t (a int); drop table t",
                "1\n2\nCREATE TABLE\nDROP TABLE");
        query_expect(conn, "select 1; select 1/0; select 3", "1\nERROR 22012: division by zero");
        query_expect(conn, "select 4", "4");
        PQfinish(conn);
    }
}

static void an_error_is_postgres_own_and_the_connection_lives_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        query_expect(
                conn, "select * from nowhere", "ERROR 42P01: relation \"nowhere\" does not exist");
        query_expect(conn, "selec", "ERROR 42601: syntax error at or near \"selec\"");
        query_expect(conn, "select 1", "1");
        PQfinish(conn);
    }
}

static void parameters_travel_by_the_extended_protocol(void **state)
{
    const char *values[] = {"41", NULL, "it's \"quoted\""};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        for (int round = 0; round < 50; round++) {
            assert_string_equal(
                    query_params(conn, "select $1::int + 1, $2::text, $3::text", 3, values),
                    "42|<null>|it's \"quoted\"");
        }
        assert_string_equal(query_params(conn, "select 1/$1::int", 1, (const char *[]){"0"}),
                "ERROR 22012: division by zero");
        assert_string_equal(query_params(conn, "select 7", 0, NULL), "7");
        PQfinish(conn);
    }
}

static void a_named_statement_is_prepared_once_and_used_often(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);
        PGconn *other = open_db(modes[i]);

        /* The same name at two clients: different statements. */
        assert_string_equal(
                query_result(PQprepare(conn, "p", "select name from item where id = $1", 1, NULL)),
                "");
        assert_string_equal(query_result(PQprepare(other, "p", "select $1::int * 2", 1, NULL)), "");
        for (int id = 1; id <= 20; id++) {
            char text[16];
            char expected[32];
            const char *values[] = {text};

            snprintf(text, sizeof(text), "%d", id);
            snprintf(expected, sizeof(expected), "item %d", id);
            assert_string_equal(query_prepared(conn, "p", 1, values), expected);
            snprintf(expected, sizeof(expected), "%d", id * 2);
            assert_string_equal(query_prepared(other, "p", 1, values), expected);
        }
        assert_string_equal(query_result(PQprepare(conn, "p", "select 1", 0, NULL)),
                "ERROR 42P05: prepared statement \"p\" already exists");
        assert_string_equal(query_prepared(conn, "q", 0, NULL),
                "ERROR 26000: prepared statement \"q\" does not exist");
        assert_string_equal(query_prepared(conn, "p", 1, (const char *[]){"3"}), "item 3");
        PQfinish(conn);
        PQfinish(other);
    }
}

static void a_transaction_is_seen_by_others_when_it_commits(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);
        PGconn *other = open_db(modes[i]);

        query_expect(conn, "begin", "BEGIN");
        query_expect(conn, "update item set name = 'new' where id = 50", "UPDATE 1");
        assert_int_equal(PQtransactionStatus(conn), PQTRANS_INTRANS);
        query_expect(other, "select name from item where id = 50", "item 50");
        query_expect(conn, "commit", "COMMIT");
        assert_int_equal(PQtransactionStatus(conn), PQTRANS_IDLE);
        query_expect(other, "select name from item where id = 50", "new");
        query_expect(other, "update item set name = 'item 50' where id = 50", "UPDATE 1");

        query_expect(conn, "begin; delete from item", "BEGIN\nDELETE 100");
        query_expect(conn, "select 1/0", "ERROR 22012: division by zero");
        assert_int_equal(PQtransactionStatus(conn), PQTRANS_INERROR);
        query_expect(conn, "select 1",
                "ERROR 25P02: current transaction is aborted, commands ignored until end of "
                "transaction block");
        query_expect(conn, "commit", "ROLLBACK");
        query_expect(conn, "select count(*) from item", "100");
        PQfinish(conn);
        PQfinish(other);
    }
}

static void a_client_that_leaves_in_a_transaction_leaves_nothing_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        query_expect(conn, "begin; delete from item", "BEGIN\nDELETE 100");
        PQfinish(conn);
        conn = open_db(modes[i]);
        query_expect(conn, "set lock_timeout = '5s'; select count(*) from item for update",
                "SET\n"
                "ERROR 0A000: FOR UPDATE is not allowed with aggregate functions");
        query_expect(conn, "select count(*) from (select 1 from item for update) x", "100");
        PQfinish(conn);
    }
}

static void session_mode_keeps_its_server_and_transaction_mode_shares(void **state)
{
    PGconn *conn;
    PGconn *other;
    char pid[32];

    (void)state;
    conn = open_db("session");
    other = open_db("session");
    snprintf(pid, sizeof(pid), "%s", query_text(conn, "select pg_backend_pid()"));
    assert_string_not_equal(query_text(other, "select pg_backend_pid()"), pid);
    query_expect(conn, "set work_mem = '7MB'", "SET");
    query_expect(conn, "create temp table mine as select 1 as a", "SELECT 1");
    query_expect(conn, "select a, pg_backend_pid() <> 0, current_setting('work_mem') from mine",
            "1|t|7MB");
    query_expect(conn, "select pg_backend_pid()", pid);
    PQfinish(conn);
    PQfinish(other);

    /* One server behind two clients: neither holds it between transactions. */
    conn = open_db("one");
    other = open_db("one");
    snprintf(pid, sizeof(pid), "%s", query_text(conn, "select pg_backend_pid()"));
    query_expect(other, "select pg_backend_pid()", pid);
    query_expect(conn, "begin", "BEGIN");
    query_expect(conn, "select pg_backend_pid()", pid);
    query_expect(conn, "rollback", "ROLLBACK");
    query_expect(other, "select pg_backend_pid()", pid);
    PQfinish(conn);
    PQfinish(other);
}

/* Reads all of a COPY OUT; the bytes, and the result after it in result. */
static size_t copy_out_all(PGconn *conn, const char **result)
{
    size_t total = 0;
    char *row;
    int len;

    while ((len = PQgetCopyData(conn, &row, 0)) > 0) {
        total += (size_t)len;
        PQfreemem(row);
    }
    assert_int_equal(len, -1);
    *result = query_result(PQgetResult(conn));
    assert_null(PQgetResult(conn));
    return total;
}

static void copy_goes_in_and_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);
        const char *result;

        query_expect(conn, "create table copied (id int, pad text)", "CREATE TABLE");
        query_expect(conn, "copy copied from stdin", "PGRES_COPY_IN");
        for (int row = 0; row < 20000; row++) {
            char line[64];
            int len = snprintf(line, sizeof(line), "%d\tabcdefghijklmnopqrstuvwxyz\n", row);

            assert_int_equal(PQputCopyData(conn, line, len), 1);
        }
        assert_int_equal(PQputCopyEnd(conn, NULL), 1);
        assert_string_equal(query_result(PQgetResult(conn)), "COPY 20000");
        assert_null(PQgetResult(conn));
        query_expect(conn, "select count(*), sum(id) from copied", "20000|199990000");

        query_expect(conn, "copy copied to stdout", "PGRES_COPY_OUT");
        assert_int_equal(copy_out_all(conn, &result), 20000 * 28 + 88890);
        assert_string_equal(result, "COPY 20000");

        query_expect(conn, "copy copied from stdin", "PGRES_COPY_IN");
        assert_int_equal(PQputCopyEnd(conn, "enough"), 1);
        assert_string_equal(
                query_result(PQgetResult(conn)), "ERROR 57014: COPY from stdin failed: enough");
        assert_null(PQgetResult(conn));
        query_expect(conn, "drop table copied", "DROP TABLE");
        PQfinish(conn);
    }
}

static void a_large_answer_and_a_large_question_arrive_whole(void **state)
{
    enum { LEN = 8 * 1024 * 1024 };
    char *value = malloc(LEN + 1);
    const char *values[] = {value};

    (void)state;
    assert_non_null(value);
    memset(value, 'v', LEN);
    value[LEN] = '\0';
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        assert_string_equal(query_params(conn, "select length($1), md5($1)", 1, values),
                "8388608|d8d4d5eacc88e58e2e18c1fbca94ac57");
        assert_string_equal(query_params(conn, "select $1", 1, values), value);
        assert_int_equal(
                strlen(query_text(conn, "select repeat('x', 99) from generate_series(1, 100000)")),
                100 * 100000 - 1);
        query_expect(conn, "select 1", "1");
        PQfinish(conn);
    }
    free(value);
}

static void a_pipeline_skips_after_an_error_until_sync(void **state)
{
    static const char *const expected[] = {"1", NULL, "ERROR 22012: division by zero", NULL,
            "PGRES_PIPELINE_ABORTED", NULL, "PGRES_PIPELINE_SYNC", "4", NULL,
            "PGRES_PIPELINE_SYNC"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);

        assert_int_equal(PQenterPipelineMode(conn), 1);
        assert_int_equal(PQsendQueryParams(conn, "select 1", 0, NULL, NULL, NULL, NULL, 0), 1);
        assert_int_equal(PQsendQueryParams(conn, "select 1/0", 0, NULL, NULL, NULL, NULL, 0), 1);
        assert_int_equal(PQsendQueryParams(conn, "select 3", 0, NULL, NULL, NULL, NULL, 0), 1);
        assert_int_equal(PQpipelineSync(conn), 1);
        assert_int_equal(PQsendQueryParams(conn, "select 4", 0, NULL, NULL, NULL, NULL, 0), 1);
        assert_int_equal(PQpipelineSync(conn), 1);
        for (size_t at = 0; at < CASE_COUNT(expected); at++) {
            PGresult *result = PQgetResult(conn);

            if (expected[at] == NULL) {
                assert_null(result);
            } else {
                assert_non_null(result);
                assert_string_equal(query_result(result), expected[at]);
            }
        }
        assert_int_equal(PQexitPipelineMode(conn), 1);
        query_expect(conn, "select 5", "5");
        PQfinish(conn);
    }
}

static void a_cancel_ends_the_statement_it_is_for(void **state)
{
    PGconn *direct = open_direct();

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);
        PGcancel *cancel = PQgetCancel(conn);
        char error[256];
        long started = proc_now_ms();

        assert_non_null(cancel);
        assert_int_equal(PQsendQuery(conn, "select pg_sleep(60)"), 1);
        soon_query(direct,
                "select count(*) from pg_stat_activity where state = 'active' and "
                "query = 'select pg_sleep(60)'",
                "1");
        assert_int_equal(PQcancel(cancel, error, sizeof(error)), 1);
        assert_string_equal(query_result(PQgetResult(conn)),
                "ERROR 57014: canceling statement due to user request");
        assert_null(PQgetResult(conn));
        assert_true(proc_now_ms() - started < 30000);
        query_expect(conn, "select 1", "1");
        PQfreeCancel(cancel);
        PQfinish(conn);
    }
    PQfinish(direct);
}

static void count_notice(void *count, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (message != NULL && strcmp(message, "mind the gap") == 0) {
        ++*(int *)count;
    }
}

static void notices_and_parameter_changes_pass_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        PGconn *conn = open_db(modes[i]);
        int notices = 0;

        PQsetNoticeReceiver(conn, count_notice, &notices);
        query_expect(conn, "do $$ begin raise notice 'mind the gap'; end $$", "DO");
        assert_int_equal(notices, 1);
        query_expect(conn, "set application_name = 'gap'", "SET");
        assert_string_equal(PQparameterStatus(conn, "application_name"), "gap");
        query_expect(conn, "show application_name", "gap");
        PQfinish(conn);
    }
}

static void psql_and_unix_sockets_work(void **state)
{
    char log[PROC_PATH_MAX + 16];
    char *text;

    (void)state;
    snprintf(log, sizeof(log), "%s/psql.log", sluice.dir);
    assert_int_equal(proc_shell(log,
                             "psql -X -At -v ON_ERROR_STOP=1 'host=127.0.0.1 port=%d user=postgres "
                             "dbname=transaction' -c 'select 6 * 7' -c '\\d item'",
                             sluice.port),
            0);
    assert_int_equal(proc_shell(log,
                             "psql -X -At 'host=%s port=%d user=postgres dbname=socket' "
                             "-c \"select 'by ' || 'socket'\"",
                             sluice.dir, sluice.port),
            0);
    text = proc_read(log);
    assert_non_null(strstr(text, "42\n"));
    assert_non_null(strstr(text, "name|text||not null|"));
    assert_non_null(strstr(text, "by socket\n"));
    free(text);
}

static void pgbench_runs_in_every_protocol(void **state)
{
    static const char *const protocols[] = {"simple", "extended", "prepared"};
    char log[PROC_PATH_MAX + 16];

    (void)state;
    snprintf(log, sizeof(log), "%s/pgbench.log", sluice.dir);
    assert_int_equal(proc_shell(log, "%s/pgbench -q -i -h 127.0.0.1 -p %d -U postgres transaction",
                             cluster_bin(), sluice.port),
            0);
    for (size_t i = 0; i < CASE_COUNT(modes); i++) {
        for (size_t p = 0; p < CASE_COUNT(protocols); p++) {
            assert_int_equal(proc_shell(log,
                                     "%s/pgbench -n -M %s -c 8 -j 2 -t 100 -h 127.0.0.1 -p %d "
                                     "-U postgres %s",
                                     cluster_bin(), protocols[p], sluice.port, modes[i]),
                    0);
        }
    }
}

static void a_database_that_is_not_configured_is_refused(void **state)
{
    PGconn *conn = query_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=nowhere sslmode=disable", sluice.port);

    (void)state;
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    assert_non_null(strstr(PQerrorMessage(conn), "FATAL"));
    assert_non_null(strstr(PQerrorMessage(conn), "nowhere"));
    PQfinish(conn);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(a_client_asks_and_is_answered),
            cmocka_unit_test(several_statements_in_one_query_give_several_results),
            cmocka_unit_test(an_error_is_postgres_own_and_the_connection_lives_on),
            cmocka_unit_test(parameters_travel_by_the_extended_protocol),
            cmocka_unit_test(a_named_statement_is_prepared_once_and_used_often),
            cmocka_unit_test(a_transaction_is_seen_by_others_when_it_commits),
            cmocka_unit_test(a_client_that_leaves_in_a_transaction_leaves_nothing_behind),
            cmocka_unit_test(session_mode_keeps_its_server_and_transaction_mode_shares),
            cmocka_unit_test(copy_goes_in_and_out),
            cmocka_unit_test(a_large_answer_and_a_large_question_arrive_whole),
            cmocka_unit_test(a_pipeline_skips_after_an_error_until_sync),
            cmocka_unit_test(a_cancel_ends_the_statement_it_is_for),
            cmocka_unit_test(notices_and_parameter_changes_pass_through),
            cmocka_unit_test(psql_and_unix_sockets_work),
            cmocka_unit_test(pgbench_runs_in_every_protocol),
            cmocka_unit_test(a_database_that_is_not_configured_is_refused),
    };

    return case_run(cases, CASE_COUNT(cases), start, stop_both);
}
