/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/test_soak.c - mixed load with random kills of clients and servers, for long.
 *
 * Every client asks for what only it can know (a token of its own) by a random way,
 * and takes an error that a kill explains, but never an answer that is not its own.
 * At the end every pool count and the number of open files must be back to what it was.
 *
 * SLUICE_SOAK_SECONDS says how long; 1800 unless told. SLUICE_SOAK_SEED repeats a run.
 */
#include "tests/support/case.h"
#include "tests/support/query.h"
#include "tests/support/sluice.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 16, WRONG = 3, SECONDS = 1800 };

static struct cluster cluster;
static struct sluice sluice;

static const char ini[] =
        "[databases]\n"
        "session = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_mode=session\n"
        "transaction = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_mode=transaction\n"
        "[pgbouncer]\n"
        "listen_addr = 127.0.0.1\n"
        "listen_port = @PORT@\n"
        "auth_type = trust\n"
        "auth_file = @DIR@/userlist.txt\n"
        "admin_users = postgres\n"
        "default_pool_size = 6\n"
        "max_prepared_statements = 50\n"
        "server_login_retry = 1\n";

/* A small generator of our own: a run can be repeated from its seed. */
struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state = dice->state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(dice->state >> 33) % sides;
}

static int start(void **state)
{
    (void)state;
    cluster_start(&cluster, NULL);
    cluster_sql(&cluster, "create table soaked (id serial, token text)");
    sluice_init(&sluice, &cluster);
    sluice_file(&sluice, "userlist.txt", "\"postgres\" \"\"\n");
    sluice_start(&sluice, ini);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sluice_stop(&sluice);
    cluster_stop(&cluster);
    return 0;
}

/* ---- a client, in a process of its own ---- */

/* An error is fine (servers are being killed); another answer than ours is not. */
static void must_be(const char *got, const char *expected, const char *how)
{
    if (strncmp(got, "ERROR", 5) != 0 && strcmp(got, expected) != 0) {
        fprintf(stderr, "soak: %s gave \"%.200s\", not \"%.200s\"\n", how, got, expected);
        _exit(WRONG);
    }
}

static void ask_transaction(PGconn *conn, struct dice *dice, const char *token)
{
    char sql[256];
    bool commit = roll(dice, 2) == 0;

    (void)query_text(conn, "begin");
    snprintf(sql, sizeof(sql), "insert into soaked (token) values ('%s') returning token", token);
    must_be(query_text(conn, sql), token, "insert");
    (void)query_text(conn, commit ? "commit" : "rollback");
}

static void ask_copy(PGconn *conn, const char *token)
{
    char sql[256];
    char *row;
    int len;
    size_t rows = 0;

    snprintf(sql, sizeof(sql), "copy (select '%s' from generate_series(1, 500)) to stdout", token);
    if (strcmp(query_text(conn, sql), "PGRES_COPY_OUT") != 0) {
        return;
    }
    while ((len = PQgetCopyData(conn, &row, 0)) > 0) {
        row[len - 1] = '\0';
        must_be(row, token, "copy");
        PQfreemem(row);
        rows++;
    }
    for (PGresult *result; (result = PQgetResult(conn)) != NULL;) {
        if (PQresultStatus(result) == PGRES_COMMAND_OK && rows != 500) {
            must_be("too few rows", "", "copy");
        }
        PQclear(result);
    }
}

static void ask_and_cancel(PGconn *conn)
{
    PGcancel *cancel = PQgetCancel(conn);
    char error[256];

    if (cancel != NULL && PQsendQuery(conn, "select pg_sleep(30)") == 1) {
        (void)PQcancel(cancel, error, sizeof(error));
        for (PGresult *result; (result = PQgetResult(conn)) != NULL;) {
            PQclear(result);
        }
    }
    PQfreeCancel(cancel);
}

/* One question by a random way. */
static void ask(PGconn *conn, struct dice *dice, const char *token)
{
    const char *values[] = {token};
    char sql[256];

    switch (roll(dice, 12)) {
    case 0:
        ask_transaction(conn, dice, token);
        break;
    case 1:
        ask_copy(conn, token);
        break;
    case 2:
        if (roll(dice, 10) == 0) {
            ask_and_cancel(conn);
        }
        break;
    case 3:
    case 4:
    case 5:
        must_be(query_params(conn, "select $1::text", 1, values), token, "unnamed");
        break;
    case 6:
    case 7:
    case 8:
        must_be(query_prepared(conn, "mine", 1, values), token, "prepared");
        break;
    case 9:
        must_be(query_text(conn, "select length(repeat('y', 100000))"), "100000", "large");
        break;
    default:
        snprintf(sql, sizeof(sql), "select '%s'", token);
        must_be(query_text(conn, sql), token, "simple");
        break;
    }
}

static _Noreturn void client_main(unsigned seed)
{
    struct dice dice = {seed};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned serial = 0;; serial++) {
        PGconn *conn = query_connect("host=127.0.0.1 port=%d user=postgres dbname=%s "
                                     "sslmode=disable connect_timeout=20",
                sluice.port, roll(&dice, 3) == 0 ? "session" : "transaction");
        unsigned questions = roll(&dice, 200);

        if (PQstatus(conn) != CONNECTION_OK) {
            proc_pause_ms(50);
        }
        PQclear(PQprepare(conn, "mine", "select $1::text || ''", 1, NULL));
        for (unsigned i = 0; i < questions && PQstatus(conn) == CONNECTION_OK; i++) {
            char token[64];

            snprintf(token, sizeof(token), "token %d.%u.%u", (int)getpid(), serial, i);
            ask(conn, &dice, token);
        }
        PQfinish(conn);
    }
}

static pid_t client_start(unsigned seed)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        client_main(seed);
    }
    assert_true(pid > 0);
    return pid;
}

/* ---- the parent: kills, and counts ---- */

static int open_files(void)
{
    char path[64];
    DIR *dir;
    int count = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)sluice.process.pid);
    dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

/* The sum of the columns of SHOW POOLS that say somebody is busy or waiting. */
static long busy_count(void)
{
    static const char *const names[] = {"cl_active", "cl_waiting", "cl_active_cancel_req",
            "cl_waiting_cancel_req", "sv_active", "sv_active_cancel", "sv_being_canceled"};
    PGconn *conn = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=pgbouncer sslmode=disable", sluice.port);
    PGresult *result = PQexec(conn, "SHOW POOLS");
    int database = PQfnumber(result, "database");
    long busy = 0;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, database), "pgbouncer") == 0 ||
                strcmp(PQgetvalue(result, row, database), "sluice") == 0) {
            continue;
        }
        for (size_t i = 0; i < CASE_COUNT(names); i++) {
            int field = PQfnumber(result, names[i]);

            assert_true(field >= 0);
            busy += strtol(PQgetvalue(result, row, field), NULL, 10);
        }
    }
    PQclear(result);
    PQfinish(conn);
    return busy;
}

/* A client that found a wrong answer has ended by itself. */
static void check_and_replace(pid_t *pids, struct dice *dice, bool kill_one)
{
    unsigned victim = roll(dice, CLIENTS);

    for (unsigned i = 0; i < CLIENTS; i++) {
        int status;

        if (waitpid(pids[i], &status, WNOHANG) == pids[i]) {
            fail_msg("client %u ended by itself with %d", i, status);
        }
    }
    if (kill_one) {
        kill(pids[victim], SIGKILL);
        assert_int_equal(waitpid(pids[victim], NULL, 0), pids[victim]);
        pids[victim] = client_start(roll(dice, 1U << 30));
    }
}

static void kill_a_server(PGconn *direct)
{
    (void)query_text(direct,
            "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = "
            "'client backend' and pid <> pg_backend_pid() order by random() limit 1");
}

static void all_counts_return_after_random_kills(void **state)
{
    const char *seconds = getenv("SLUICE_SOAK_SECONDS");
    const char *seed = getenv("SLUICE_SOAK_SEED");
    struct dice dice = {seed != NULL ? strtoul(seed, NULL, 10) : (unsigned long)getpid()};
    PGconn *direct = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);
    long end = proc_now_ms() + 1000 * (seconds != NULL ? strtol(seconds, NULL, 10) : SECONDS);
    int files = open_files();
    pid_t pids[CLIENTS];

    (void)state;
    print_message("seed %lu\n", (unsigned long)dice.state);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pids[i] = client_start(roll(&dice, 1U << 30));
    }
    while (proc_now_ms() < end) {
        proc_pause_ms((int)roll(&dice, 200));
        sluice_must_live(&sluice);
        check_and_replace(pids, &dice, roll(&dice, 2) == 0);
        if (roll(&dice, 4) == 0) {
            kill_a_server(direct);
        }
    }
    check_and_replace(pids, &dice, false);
    /* Load there was: about an insert in fourteen questions. */
    print_message("%s transactions committed\n", query_text(direct, "select count(*) from soaked"));
    query_expect(direct, "select count(*) > 100 from soaked", "t");
    for (unsigned i = 0; i < CLIENTS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }

    /* What the last clients left is cancelled and cleaned up within a moment. */
    end = proc_now_ms() + 60000;
    while (busy_count() > 0 && proc_now_ms() < end) {
        proc_pause_ms(100);
    }
    assert_int_equal(busy_count(), 0);
    /* Two pools of idle servers may stay open, and nothing else. */
    assert_in_range(open_files(), 1, files + 2 * 6 + 4);
    PQfinish(direct);
}

int main(void)
{
    const struct CMUnitTest cases[] = {cmocka_unit_test(all_counts_return_after_random_kills)};

    return case_run(cases, CASE_COUNT(cases), start, stop);
}
