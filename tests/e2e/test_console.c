/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_console.c - the admin console as tools for PgBouncer see it.
 *
 * The columns below are those of PgBouncer's admin.c and stats.c, name and type,
 * written down here on their own: a table taken from the code would prove nothing.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 40 };

static const char ini[] =
        "[databases]\n"
        "shop = " AT_POSTGRES "\n"
        "other = " AT_POSTGRES " user=postgres pool_size=3 pool_mode=session\n"
        "[users]\n"
        "postgres = max_user_connections=50\n"
        "[peers]\n"
        "1 = host=127.0.0.1 port=1 pool_size=4\n" NO_CATALOGS INI_MAIN "admin_users = admin\n"
        "stats_users = watcher\n"
        "pool_mode = transaction\n"
        "stats_period = 1\n"
        "default_pool_size = 10\n";

static int start(void **state)
{
    (void)start_cluster(state);
    (void)prepare(state);
    sluice_file(&sluice, "userlist.txt",
            "\"postgres\" \"\"\n\"admin\" \"\"\n\"watcher\" \"\"\n\"nobody\" \"\"\n");
    sluice_start(&sluice, ini);
    return 0;
}

static PGconn *open_tester(void)
{
    return query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable "
                              "application_name=tester",
            sluice.port);
}

/* ---- columns ---- */

/* s text, i int4, q int8, N numeric, b bytea: as PgBouncer's own format letters. */
struct shape {
    const char *show;
    const char *types;
    const char *names[COLUMNS_MAX];
};

#define SOCKET_NAMES                                                                               \
    "type", "user", "database", "replication", "state", "addr", "port", "local_addr",              \
            "local_port", "connect_time", "request_time", "wait", "wait_us", "close_needed",       \
            "ptr", "link", "remote_pid", "tls", "application_name", "prepared_statements", "id"
#define SOCKET_TYPES                                                                               \
    "ssssss"                                                                                       \
    "i"                                                                                            \
    "s"                                                                                            \
    "i"                                                                                            \
    "ss"                                                                                           \
    "iii"                                                                                          \
    "ss"                                                                                           \
    "i"                                                                                            \
    "ss"                                                                                           \
    "ii"
#define DEBUG_NAMES                                                                                \
    "recv_pos", "pkt_pos", "pkt_remain", "send_pos", "send_remain", "pkt_avail", "send_avail"

static const struct shape shapes[] = {
        {"STATS", "sNNNNNNNNNNNNNNNNNNNNNNNN",
                {"database", "total_server_assignment_count", "total_xact_count",
                        "total_query_count", "total_received", "total_sent", "total_xact_time",
                        "total_query_time", "total_wait_time", "total_client_parse_count",
                        "total_server_parse_count", "total_bind_count", "total_client_login_count",
                        "avg_server_assignment_count", "avg_xact_count", "avg_query_count",
                        "avg_recv", "avg_sent", "avg_xact_time", "avg_query_time", "avg_wait_time",
                        "avg_client_parse_count", "avg_server_parse_count", "avg_bind_count",
                        "avg_client_login_count"}},
        {"STATS_TOTALS", "sNNNNNNNNNNNN",
                {"database", "server_assignment_count", "xact_count", "query_count",
                        "bytes_received", "bytes_sent", "xact_time", "query_time", "wait_time",
                        "client_parse_count", "server_parse_count", "bind_count",
                        "client_login_count"}},
        {"STATS_AVERAGES", "sNNNNNNNNNNNN",
                {"database", "server_assignment_count", "xact_count", "query_count",
                        "bytes_received", "bytes_sent", "xact_time", "query_time", "wait_time",
                        "avg_client_parse_count", "avg_server_parse_count", "avg_bind_count",
                        "avg_client_login_count"}},
        {"TOTALS", "sN", {"name", "value"}},
        {"POOLS", "ssiiiiiiiiiiiiiss",
                {"database", "user", "cl_active", "cl_waiting", "cl_active_cancel_req",
                        "cl_waiting_cancel_req", "sv_active", "sv_active_cancel",
                        "sv_being_canceled", "sv_idle", "sv_used", "sv_tested", "sv_login",
                        "maxwait", "maxwait_us", "pool_mode", "load_balance_hosts"}},
        {"PEER_POOLS", "iiiii",
                {"peer_id", "cl_active_cancel_req", "cl_waiting_cancel_req", "sv_active_cancel",
                        "sv_login"}},
        {"DATABASES", "ssissiiiissiiiiii",
                {"name", "host", "port", "database", "force_user", "pool_size", "min_pool_size",
                        "reserve_pool_size", "server_lifetime", "pool_mode", "load_balance_hosts",
                        "max_connections", "current_connections", "max_client_connections",
                        "current_client_connections", "paused", "disabled"}},
        {"PEERS", "isii", {"peer_id", "host", "port", "pool_size"}},
        {"USERS", "ssssiiii",
                {"name", "pool_size", "reserve_pool_size", "pool_mode", "max_user_connections",
                        "current_connections", "max_user_client_connections",
                        "current_client_connections"}},
        {"CLIENTS", SOCKET_TYPES, {SOCKET_NAMES}},
        {"SERVERS", SOCKET_TYPES, {SOCKET_NAMES}},
        {"SOCKETS", SOCKET_TYPES "iiiiiii", {SOCKET_NAMES, DEBUG_NAMES}},
        {"ACTIVE_SOCKETS", SOCKET_TYPES "iiiiiii", {SOCKET_NAMES, DEBUG_NAMES}},
        {"LISTS", "si", {"list", "items"}},
        {"CONFIG", "ssss", {"key", "value", "default", "changeable"}},
        {"MEM", "siiii", {"name", "size", "used", "free", "memtotal"}},
        {"STATE", "ss", {"key", "value"}},
        {"DNS_HOSTS", "sqs", {"hostname", "ttl", "addrs"}},
        {"DNS_ZONES", "sqi", {"zonename", "serial", "count"}},
        {"FDS", "issssiqisssssbb",
                {"fd", "task", "user", "database", "addr", "port", "cancel", "link",
                        "client_encoding", "std_strings", "datestyle", "timezone", "password",
                        "scram_client_key", "scram_server_key"}},
        {"VERSION", "s", {"version"}},
};

static Oid oid_of(char letter)
{
    switch (letter) {
    case 'i':
        return 23;
    case 'q':
        return 20;
    case 'N':
        return 1700;
    case 'b':
        return 17;
    default:
        return 25;
    }
}

static void check_shape(const struct shape *shape, PGresult *result)
{
    int count = (int)strlen(shape->types);

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("SHOW %s: %s", shape->show, PQresultErrorMessage(result));
    }
    assert_true(PQnfields(result) >= count);
    for (int i = 0; i < count; i++) {
        if (strcmp(PQfname(result, i), shape->names[i]) != 0) {
            fail_msg("SHOW %s: column %d is %s, not %s", shape->show, i, PQfname(result, i),
                    shape->names[i]);
        }
        if (PQftype(result, i) != oid_of(shape->types[i])) {
            fail_msg("SHOW %s: %s is of type %u", shape->show, shape->names[i], PQftype(result, i));
        }
    }
    assert_string_equal(PQcmdStatus(result), "SHOW");
    PQclear(result);
}

static void every_show_has_pgbouncers_columns_in_either_protocol(void **state)
{
    PGconn *conn = open_console();

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(shapes); i++) {
        char text[64];

        snprintf(text, sizeof(text), "SHOW %s;", shapes[i].show);
        check_shape(&shapes[i], PQexec(conn, text));
        check_shape(&shapes[i], PQexecParams(conn, text, 0, NULL, NULL, NULL, NULL, 0));
        check_shape(&shapes[i], PQexecParams(conn, text, 0, NULL, NULL, NULL, NULL, 1));
        snprintf(text, sizeof(text), "select %s", shapes[i].show);
        check_shape(&shapes[i], PQexec(conn, text));
    }
    PQfinish(conn);
}

/* ---- help ---- */

static char help[8192];

static void keep_notice(void *arg, const PGresult *result)
{
    (void)arg;
    snprintf(help, sizeof(help), "%s", PQresultErrorMessage(result));
}

static void help_names_every_show_and_every_verb(void **state)
{
    static const char *const more[] = {"HELP", "WORKERS", "STAGES", "PREPARED", "ACTIVE", "QUERIES",
            "QUERY", "ERRORS", "SLOW", "LATENCY", "SET key = arg", "RELOAD", "PAUSE [<db>]",
            "RESUME [<db>]", "DISABLE <db>", "ENABLE <db>", "RECONNECT [<db>]", "KILL [<db>]",
            "KILL_CLIENT", "SUSPEND", "SHUTDOWN", "WAIT_FOR_SERVERS", "WAIT_FOR_CLIENTS",
            "WAIT_CLOSE [<db>]"};
    PGconn *conn = open_console();

    (void)state;
    PQsetNoticeReceiver(conn, keep_notice, NULL);
    query_expect(conn, "show help", "SHOW");
    for (size_t i = 0; i < CASE_COUNT(shapes); i++) {
        assert_non_null(strstr(help, shapes[i].show));
    }
    for (size_t i = 0; i < CASE_COUNT(more); i++) {
        if (strstr(help, more[i]) == NULL) {
            fail_msg("SHOW HELP does not name %s", more[i]);
        }
    }
    PQfinish(conn);
}

/* ---- values ---- */

/* The field of the row whose first column is key (and whose second is key2, unless NULL). */
static const char *field(PGresult *result, const char *key, const char *key2, const char *column)
{
    int at = PQfnumber(result, column);

    assert_true(at >= 0);
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), key) == 0 &&
                (key2 == NULL || strcmp(PQgetvalue(result, row, 1), key2) == 0)) {
            return PQgetvalue(result, row, at);
        }
    }
    fail_msg("no row %s in a SHOW", key);
    return "";
}

static void the_exporters_queries_find_what_they_look_for(void **state)
{
    static const char *const lists[] = {"databases", "users", "pools", "free_clients",
            "used_clients", "login_clients", "free_servers", "used_servers", "dns_names",
            "dns_zones", "dns_queries", "cancels_dropped", "log_lines_dropped"};
    PGconn *conn = query_must_connect("host=127.0.0.1 port=%d user=watcher dbname=pgbouncer "
                                      "sslmode=disable options='-c extra_float_digits=2'",
            sluice.port);
    PGresult *result;

    (void)state;
    result = PQexec(conn, "SHOW STATS");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    result = PQexec(conn, "SHOW VERSION");
    assert_int_equal(PQntuples(result), 1);
    assert_memory_equal(PQgetvalue(result, 0, 0), "PgBouncer 1.25.", 15);
    PQclear(result);
    result = PQexec(conn, "SHOW LISTS");
    for (size_t i = 0; i < CASE_COUNT(lists); i++) {
        assert_true(strtol(field(result, lists[i], NULL, "items"), NULL, 10) >= 0);
    }
    PQclear(result);
    result = PQexec(conn, "SHOW CONFIG");
    assert_string_equal(field(result, "max_client_conn", NULL, "value"), "100");
    assert_string_equal(field(result, "max_user_connections", NULL, "value"), "0");
    assert_string_equal(field(result, "default_pool_size", NULL, "value"), "10");
    assert_string_equal(field(result, "default_pool_size", NULL, "default"), "20");
    assert_string_equal(field(result, "default_pool_size", NULL, "changeable"), "yes");
    assert_string_equal(field(result, "listen_port", NULL, "changeable"), "no");
    PQclear(result);
    PQfinish(conn);
}

static void databases_and_users_show_what_is_configured(void **state)
{
    PGconn *conn = open_console();
    PGresult *result = PQexec(conn, "SHOW DATABASES");

    (void)state;
    assert_string_equal(field(result, "shop", NULL, "host"), "127.0.0.1");
    assert_string_equal(field(result, "shop", NULL, "database"), "postgres");
    assert_string_equal(field(result, "shop", NULL, "pool_size"), "10");
    assert_string_equal(field(result, "other", NULL, "pool_size"), "3");
    assert_string_equal(field(result, "other", NULL, "pool_mode"), "session");
    assert_string_equal(field(result, "other", NULL, "force_user"), "postgres");
    assert_string_equal(field(result, "pgbouncer", NULL, "pool_mode"), "statement");
    PQclear(result);
    result = PQexec(conn, "SHOW USERS");
    assert_string_equal(field(result, "postgres", NULL, "max_user_connections"), "50");
    assert_string_equal(field(result, "watcher", NULL, "max_user_connections"), "0");
    PQclear(result);
    query_expect(conn, "show peers", "1|127.0.0.1|1|4");
    query_expect(conn, "show state", "active|yes\npaused|no\nsuspended|no");
    PQfinish(conn);
}

static void pools_clients_and_servers_show_a_transaction_under_way(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_tester();
    PGresult *result;
    char pid[32];

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    snprintf(pid, sizeof(pid), "%s", query_text(conn, "select pg_backend_pid()"));

    result = PQexec(console, "show pools");
    assert_string_equal(field(result, "shop", "postgres", "cl_active"), "1");
    assert_string_equal(field(result, "shop", "postgres", "sv_active"), "1");
    assert_string_equal(field(result, "shop", "postgres", "pool_mode"), "transaction");
    PQclear(result);
    result = PQexec(console, "show clients");
    assert_string_equal(field(result, "C", "postgres", "state"), "active");
    assert_string_equal(field(result, "C", "postgres", "database"), "shop");
    assert_string_equal(field(result, "C", "postgres", "application_name"), "tester");
    assert_string_equal(field(result, "C", "postgres", "addr"), "127.0.0.1");
    assert_string_equal(field(result, "C", "admin", "database"), "pgbouncer");
    PQclear(result);
    result = PQexec(console, "show servers");
    assert_string_equal(field(result, "S", "postgres", "state"), "active");
    assert_string_equal(field(result, "S", "postgres", "remote_pid"), pid);
    assert_true(strlen(field(result, "S", "postgres", "link")) > 0);
    PQclear(result);

    query_expect(conn, "commit", "COMMIT");
    result = PQexec(console, "show pools");
    assert_string_equal(field(result, "shop", "postgres", "sv_active"), "0");
    assert_string_equal(field(result, "shop", "postgres", "sv_idle"), "1");
    PQclear(result);
    result = PQexec(console, "show clients");
    assert_string_equal(field(result, "C", "postgres", "state"), "idle");
    PQclear(result);
    PQfinish(conn);
    PQfinish(console);
}

static long total(PGconn *console, const char *column)
{
    PGresult *result = PQexec(console, "show stats_totals");
    long value = strtol(field(result, "shop", NULL, column), NULL, 10);

    PQclear(result);
    return value;
}

static void totals_count_and_averages_follow(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_tester();
    long queries = total(console, "query_count");
    long average = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        query_expect(conn, "select 1", "1");
    }
    assert_int_equal(total(console, "query_count") - queries, 200);
    for (long end = proc_now_ms() + SOON_MS; average == 0 && proc_now_ms() < end;
            proc_pause_ms(50)) {
        PGresult *result = PQexec(console, "show stats_averages");
        query_expect(conn, "select 1", "1");
        average = strtol(field(result, "shop", NULL, "query_count"), NULL, 10);
        PQclear(result);
    }
    assert_true(average > 0);
    PQfinish(conn);
    PQfinish(console);
}

/* ---- rights ---- */

static void who_may_only_look_may_not_act(void **state)
{
    static const char *const denied[] = {"pause", "pause shop", "resume", "reload", "shutdown",
            "kill shop", "kill_client 1", "disable shop", "enable shop", "reconnect", "suspend",
            "wait_close", "set default_pool_size = 5", "show fds"};
    PGconn *conn = open_as("watcher", "sluice");

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(denied); i++) {
        query_expect(conn, denied[i], "ERROR 42501: admin access needed");
    }
    query_expect(conn, "show state", "active|yes\npaused|no\nsuspended|no");
    PQfinish(conn);

    conn = query_connect(
            "host=127.0.0.1 port=%d user=nobody dbname=pgbouncer sslmode=disable", sluice.port);
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    PQfinish(conn);
}

/* ---- the language ---- */

static void what_it_does_not_understand_is_an_error_and_no_more(void **state)
{
    static const char *const wrong[] = {"nonsense", "show nothing", "show", "select 1", "pause a b",
            "set x", "set default_pool_size", "show pools; show lists", "\"", "'pause", "()",
            "shutdown tomorrow"};
    PGconn *conn = open_console();

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(wrong); i++) {
        query_expect_start(conn, wrong[i], "ERROR 42601: ");
    }
    query_expect(conn, "", "<empty>");
    query_expect(conn, " ; ;", "<empty>");
    query_expect(conn, "  sHoW\tpeers ;; ", "1|127.0.0.1|1|4");
    query_expect(conn, "show \"peers\"", "1|127.0.0.1|1|4");
    query_expect_start(conn, "pause nowhere", "ERROR 3D000: no such database: nowhere");
    query_expect_start(conn, "pause pgbouncer", "ERROR 55000: ");
    query_expect_start(conn, "disable", "ERROR 42601: ");
    query_expect(conn, "kill_client 999999999", "ERROR 42704: client not found");
    PQfinish(conn);
}

static void drivers_may_set_and_show_what_they_cannot_do_without(void **state)
{
    PGconn *conn = open_console();

    (void)state;
    query_expect(conn, "set client_encoding to 'UTF8'", "SET");
    query_expect(conn, "SET datestyle = ISO", "SET");
    query_expect(conn, "SET extra_float_digits = 3", "SET");
    query_expect(conn, "show client_encoding", "UTF-8");
    query_expect(conn, "show standard_conforming_strings", "on");
    query_expect(conn, "begin", "BEGIN");
    assert_int_equal(PQtransactionStatus(conn), PQTRANS_INTRANS);
    query_expect_start(conn, "nonsense", "ERROR 42601: ");
    assert_int_equal(PQtransactionStatus(conn), PQTRANS_INERROR);
    query_expect(conn, "commit", "ROLLBACK");
    assert_int_equal(PQtransactionStatus(conn), PQTRANS_IDLE);
    assert_string_equal(PQparameterStatus(conn, "client_encoding"), "UTF8");
    assert_non_null(strstr(PQparameterStatus(conn, "server_version"), "/bouncer"));
    PQfinish(conn);
}

static void set_changes_a_key_and_says_when_it_cannot(void **state)
{
    PGconn *conn = open_console();
    PGresult *result;

    (void)state;
    query_expect(conn, "SET query_wait_timeout = 77", "SET");
    query_expect(conn, "SET server_check_query to 'select ''2'''", "SET");
    result = PQexec(conn, "show config");
    assert_string_equal(field(result, "query_wait_timeout", NULL, "value"), "77");
    assert_string_equal(field(result, "server_check_query", NULL, "value"), "select '2'");
    PQclear(result);
    query_expect_start(conn, "SET listen_port = 1", "ERROR 55P02: ");
    query_expect_start(conn, "SET nonsense = 1", "ERROR 42704: ");
    query_expect_start(conn, "SET default_pool_size = many", "ERROR 22023: ");
    query_expect(conn, "SET query_wait_timeout = 120", "SET");
    PQfinish(conn);
}

/* ---- the extended protocol ---- */

static void a_prepared_show_is_described_executed_and_closed(void **state)
{
    PGconn *conn = open_console();
    PGresult *result = PQprepare(conn, "p1", "show peers", 0, NULL);

    (void)state;
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    result = PQdescribePrepared(conn, "p1");
    assert_int_equal(PQnparams(result), 0);
    assert_int_equal(PQnfields(result), 4);
    PQclear(result);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(query_prepared(conn, "p1", 0, NULL), "1|127.0.0.1|1|4");
    }
    result = PQprepare(conn, "p1", "show peers", 0, NULL);
    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42P05");
    PQclear(result);
    assert_memory_equal(query_prepared(conn, "p2", 0, NULL), "ERROR 26000", 11);
    assert_memory_equal(query_params(conn, "nonsense", 0, NULL), "ERROR 42601", 11);
    assert_memory_equal(
            query_params(conn, "show peers", 1, (const char *[]){"x"}), "ERROR 08P01", 11);
    query_expect(conn, "show peers", "1|127.0.0.1|1|4");
    PQfinish(conn);
}

static void binary_results_are_binary(void **state)
{
    PGconn *conn = open_console();
    PGresult *result = PQexecParams(conn, "show peers", 0, NULL, NULL, NULL, NULL, 1);

    (void)state;
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_int_equal(PQfformat(result, 0), 1);
    assert_int_equal(PQgetlength(result, 0, 0), 4);
    assert_memory_equal(PQgetvalue(result, 0, 0), "\0\0\0\1", 4);
    assert_memory_equal(PQgetvalue(result, 0, 1), "127.0.0.1", 9);
    PQclear(result);
    PQfinish(conn);
}

static void a_pipeline_is_answered_in_order_and_an_error_ends_its_part(void **state)
{
    static const ExecStatusType expected[] = {PGRES_TUPLES_OK, PGRES_TUPLES_OK, PGRES_PIPELINE_SYNC,
            PGRES_FATAL_ERROR, PGRES_PIPELINE_ABORTED, PGRES_PIPELINE_SYNC, PGRES_TUPLES_OK,
            PGRES_PIPELINE_SYNC};
    static const char *const asked[] = {
            "show peers", "show clients", NULL, "bogus", "show peers", NULL, "show lists", NULL};
    PGconn *conn = open_console();

    (void)state;
    assert_int_equal(PQenterPipelineMode(conn), 1);
    for (size_t i = 0; i < CASE_COUNT(asked); i++) {
        assert_int_equal(asked[i] == NULL
                                 ? PQpipelineSync(conn)
                                 : PQsendQueryParams(conn, asked[i], 0, NULL, NULL, NULL, NULL, 0),
                1);
    }
    for (size_t i = 0; i < CASE_COUNT(expected); i++) {
        PGresult *result = PQgetResult(conn);
        assert_int_equal(PQresultStatus(result), expected[i]);
        PQclear(result);
        if (asked[i] != NULL) {
            assert_null(PQgetResult(conn));
        }
    }
    PQfinish(conn);
}

static const struct CMUnitTest cases[] = {
        cmocka_unit_test(every_show_has_pgbouncers_columns_in_either_protocol),
        cmocka_unit_test(help_names_every_show_and_every_verb),
        cmocka_unit_test(the_exporters_queries_find_what_they_look_for),
        cmocka_unit_test(databases_and_users_show_what_is_configured),
        cmocka_unit_test(pools_clients_and_servers_show_a_transaction_under_way),
        cmocka_unit_test(totals_count_and_averages_follow),
        cmocka_unit_test(who_may_only_look_may_not_act),
        cmocka_unit_test(what_it_does_not_understand_is_an_error_and_no_more),
        cmocka_unit_test(drivers_may_set_and_show_what_they_cannot_do_without),
        cmocka_unit_test(set_changes_a_key_and_says_when_it_cannot),
        cmocka_unit_test(a_prepared_show_is_described_executed_and_closed),
        cmocka_unit_test(binary_results_are_binary),
        cmocka_unit_test(a_pipeline_is_answered_in_order_and_an_error_ends_its_part),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start, stop_both);
}
