/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_handover.c - `sluice -R`: another process takes over sockets and clients, and
 * nobody's session ends for it.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/tls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CROWD = 200, PATIENCE_MS = 60000, TEXT_MAX = 512 };

#define INI_OF(more)                                                                               \
    "[databases]\n"                                                                                \
    "shop = " AT_POSTGRES "\n"                                                                     \
    "held = " AT_POSTGRES " pool_mode=session\n" INI_MAIN                                          \
    "pool_mode = transaction\nmax_client_conn = 1000\npidfile = @DIR@/pid\n" more
#define INI INI_OF("")

static int begin(void **state)
{
    (void)prepare(state);
    return 0;
}

/* ---- processes ---- */

/* Starts another one with -R; the one before is *old, and still runs. */
static void start_next(const char *ini, struct proc *old)
{
    static const char *const as_root[] = {"-R", "-u", "root", NULL};
    static const char *const as_is[] = {"-R", NULL};

    *old = sluice.process;
    sluice.process.pid = 0;
    sluice_start_by(&sluice, ini, geteuid() == 0 ? as_root : as_is);
}

static void await_event(const char *event, const char *which, pid_t pid)
{
    char text[128];

    snprintf(text, sizeof(text), "event=%s %s=%d", event, which, (int)pid);
    soon_logged(&sluice, text);
}

static void await_end(struct proc *old)
{
    int status = proc_wait(old, PATIENCE_MS);

    if (status != 0) {
        fail_msg("the old process ended with %d", status);
    }
}

/* From one process to the next; the old one has nothing left to do, and ends. */
static void take_over(const char *ini)
{
    struct proc old;

    start_next(ini, &old);
    await_event("takeover_begins", "from_pid", old.pid);
    await_end(&old);
    sluice_must_live(&sluice);
}

static void expect_pidfile(pid_t pid)
{
    char path[PROC_PATH_MAX + 16];
    char expected[32];

    snprintf(path, sizeof(path), "%s/pid", sluice.dir);
    snprintf(expected, sizeof(expected), "%d\n", (int)pid);
    soon_in_file(path, expected);
}

/* ---- clients ---- */

static void prepare_statement(PGconn *conn, const char *name, const char *sql)
{
    PGresult *result = PQprepare(conn, name, sql, 0, NULL);

    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
}

/* A session of its own: what makes number i differ from all others. */
static PGconn *open_session(int i)
{
    char sql[TEXT_MAX];
    PGconn *conn = open_as("postgres", "shop");

    snprintf(sql, sizeof(sql), "set application_name = 'client %d'", i);
    query_expect(conn, sql, "SET");
    snprintf(sql, sizeof(sql), "set work_mem = '%dkB'", 2001 + 2 * i);
    query_expect(conn, sql, "SET");
    snprintf(sql, sizeof(sql), "set my.number = '%d'", i);
    query_expect(conn, sql, "SET");
    snprintf(sql, sizeof(sql), "prepare here as select %d", i);
    query_expect(conn, sql, "PREPARE");
    snprintf(sql, sizeof(sql), "select %d + 1000", i);
    prepare_statement(conn, "there", sql);
    return conn;
}

static void expect_session(PGconn *conn, int i)
{
    char expected[TEXT_MAX];

    snprintf(expected, sizeof(expected), "client %d|%dkB|%d", i, 2001 + 2 * i, i);
    query_expect(conn,
            "select current_setting('application_name'), current_setting('work_mem'), "
            "current_setting('my.number')",
            expected);
    snprintf(expected, sizeof(expected), "%d", i);
    query_expect(conn, "execute here", expected);
    snprintf(expected, sizeof(expected), "%d", i + 1000);
    assert_string_equal(query_prepared(conn, "there", 0, NULL), expected);
}

static void idle_clients_keep_their_sessions(void **state)
{
    static PGconn *crowd[CROWD];

    (void)state;
    sluice_start(&sluice, INI);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = open_session(i);
    }
    take_over(INI);
    expect_pidfile(sluice.process.pid);
    for (int i = 0; i < CROWD; i++) {
        expect_session(crowd[i], i);
    }
    take_over(INI); /* and once more, by those that moved already */
    for (int i = 0; i < CROWD; i++) {
        expect_session(crowd[i], i);
        PQfinish(crowd[i]);
    }
    PQfinish(open_as("postgres", "shop"));
}

static void an_unnamed_statement_moves_too(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_as("postgres", "shop");
    prepare_statement(conn, "", "select 'kept'");
    take_over(INI);
    assert_string_equal(query_prepared(conn, "", 0, NULL), "kept");
    PQfinish(conn);
}

static void by_unix_socket_it_is_the_same(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = query_must_connect("host=%s port=%d user=postgres dbname=shop", sluice.dir, sluice.port);
    query_expect(conn, "set work_mem = '1234kB'", "SET");
    take_over(INI);
    query_expect(conn, "show work_mem", "1234kB");
    PQfinish(conn);
    conn = query_must_connect("host=%s port=%d user=postgres dbname=shop", sluice.dir, sluice.port);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

static void a_transaction_ends_where_it_began_and_its_client_moves_then(void **state)
{
    struct proc old;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_as("postgres", "shop");
    query_expect(conn, "begin", "BEGIN");
    query_expect(conn, "create temporary table t (a int) on commit drop", "CREATE TABLE");
    start_next(INI, &old);
    await_event("takeover_begins", "from_pid", old.pid);
    query_expect(conn, "insert into t values (7)", "INSERT 0 1");
    query_expect(conn, "select a from t", "7");
    assert_int_equal(proc_wait(&old, 0), -1); /* it is needed still */
    query_expect(conn, "commit", "COMMIT");
    await_end(&old);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

static void a_pinned_client_moves_when_nothing_pins_it(void **state)
{
    struct proc old;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_as("postgres", "shop");
    query_expect(conn, "create temporary table t (a int)", "CREATE TABLE");
    start_next(INI, &old);
    await_event("takeover_begins", "from_pid", old.pid);
    query_expect(conn, "insert into t values (7)", "INSERT 0 1");
    query_expect(conn, "select a from t", "7");
    query_expect(conn, "drop table t", "DROP TABLE");
    await_end(&old);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

/* What it is told unasked: libpq takes an error for a notice then. */
struct ear {
    PGconn *conn;
    char heard[TEXT_MAX];
};

static void hear(void *ear, const char *text)
{
    snprintf(((struct ear *)ear)->heard, TEXT_MAX, "%s", text);
}

static void listen_to(struct ear *ear, PGconn *conn)
{
    ear->conn = conn;
    ear->heard[0] = '\0';
    PQsetNoticeProcessor(conn, hear, ear);
}

/* By us, with a word. */
static void expect_ended(struct ear *ear)
{
    long end = proc_now_ms() + SOON_MS;

    while (ear->heard[0] == '\0' && PQconsumeInput(ear->conn) == 1 && proc_now_ms() < end) {
        PQfreemem(PQnotifies(ear->conn)); /* it looks at what came */
        proc_pause_ms(10);
    }
    if (strstr(ear->heard, "terminating connection due to administrator command") == NULL) {
        fail_msg("it was told %s", ear->heard);
    }
    PQfinish(ear->conn);
}

/* ---- cancels ---- */

static void cancel(PGconn *conn)
{
    char error[256];
    PGcancel *request = PQgetCancel(conn);

    assert_non_null(request);
    if (PQcancel(request, error, (int)sizeof(error)) != 1) {
        fail_msg("%s", error);
    }
    PQfreeCancel(request);
}

#define CANCELLED "ERROR 57014: canceling statement due to user request"

static void cancel_everywhere(const char *ini)
{
    PGconn *watch = open_direct();
    struct proc old;
    PGconn *moved;
    PGconn *stays;

    sluice_start(&sluice, ini);
    moved = open_as("postgres", "shop");
    stays = open_as("postgres", "shop");
    query_expect(moved, "select 1", "1");
    assert_int_equal(PQsendQuery(stays, "select pg_sleep(600)"), 1);
    soon_query(watch, COUNT_SLEEPERS, "1");
    start_next(ini, &old);
    await_event("takeover_begins", "from_pid", old.pid);
    /* Whoever takes the request is the new process; the query runs in the old one. */
    cancel(stays);
    soon_result(stays, CANCELLED);
    await_end(&old);
    assert_int_equal(PQsendQuery(moved, "select pg_sleep(600)"), 1);
    soon_query(watch, COUNT_SLEEPERS, "1");
    cancel(moved);
    soon_result(moved, CANCELLED);
    query_expect(moved, "select 1", "1");
    query_expect(stays, "select 1", "1");
    PQfinish(moved);
    PQfinish(stays);
    PQfinish(watch);
}

static void keys_stay_valid_wherever_the_client_is(void **state)
{
    (void)state;
    cancel_everywhere(INI);
}

static void keys_of_peers_stay_valid_too(void **state)
{
    (void)state;
    cancel_everywhere(INI_OF("peer_id = 300\n"));
}

/* ---- more of them ---- */

static void a_third_process_takes_over_what_the_first_still_has(void **state)
{
    struct proc first;
    struct proc second;
    PGconn *idle;
    PGconn *busy;

    (void)state;
    sluice_start(&sluice, INI);
    idle = open_session(1);
    busy = open_session(2);
    query_expect(busy, "begin", "BEGIN");
    start_next(INI, &first);
    await_event("takeover_begins", "from_pid", first.pid);
    expect_session(idle, 1);
    start_next(INI, &second);
    await_event("takeover_begins", "from_pid", second.pid);
    expect_session(idle, 1);
    query_expect(busy, "select 1", "1");
    assert_int_equal(proc_wait(&first, 0), -1);
    assert_int_equal(proc_wait(&second, 0), -1); /* by it the last one will go */
    query_expect(busy, "commit", "COMMIT");
    await_end(&first);
    await_end(&second);
    expect_session(busy, 2);
    expect_session(idle, 1);
    PQfinish(busy);
    PQfinish(idle);
}

/* What servers are logged in to with was learnt from clients, who do not log in again. */
static void keys_of_scram_are_handed_over(void **state)
{
    static const char ini[] = INI_OF("auth_type = scram-sha-256\n");
    char users[TEXT_MAX];
    PGconn *conn;

    (void)state;
    cluster_sql(&cluster, "create role locked login password 'a secret'");
    snprintf(users, sizeof(users), "\"locked\" \"%s\"\n", secret_of("locked"));
    sluice_file(&sluice, "userlist.txt", users);
    cluster_hba(&cluster, "host all locked all scram-sha-256\nhost all all all trust\n"
                          "local all all trust\n");
    sluice_start(&sluice, ini);
    conn = query_must_connect("host=localhost port=%d user=locked dbname=shop sslmode=disable "
                              "password='a secret'",
            sluice.port);
    query_expect(conn, "select current_user", "locked");
    take_over(ini);
    query_expect(conn, "select current_user", "locked");
    assert_false(sluice_logged(&sluice, "SCRAM-SHA"));
    PQfinish(conn);
}

/* ---- what goes wrong ---- */

static void without_anybody_there_it_is_a_start_like_any_other(void **state)
{
    static const char *const as_root[] = {"-R", "-u", "root", NULL};
    static const char *const as_is[] = {"-R", NULL};

    (void)state;
    sluice_start_by(&sluice, INI, geteuid() == 0 ? as_root : as_is);
    PQfinish(open_soon("postgres", "shop"));
    expect_pidfile(sluice.process.pid);
}

/* Its HTTP address is another's: it gets far, and ends. */
static void one_that_cannot_start_takes_nothing(void **state)
{
    char ini[4096];
    struct proc old;
    PGconn *conn;
    int fd;
    int taken = proc_silent_port(&fd);
    pid_t next;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_session(1);
    old = sluice.process;
    snprintf(ini, sizeof(ini), INI_OF("[http]\nlisten = 127.0.0.1:%d\n"), taken);
    {
        struct sluice other = sluice;
        static const char *const as_root[] = {"-R", "-u", "root", NULL};
        static const char *const as_is[] = {"-R", NULL};
        other.process.pid = 0;
        sluice_start_by(&other, ini, geteuid() == 0 ? as_root : as_is);
        next = other.process.pid;
        assert_int_equal(proc_wait(&other.process, PATIENCE_MS), 1);
    }
    close(fd);
    await_event("handover_failed", "pid", next);
    expect_session(conn, 1);
    expect_pidfile(old.pid);
    PQfinish(open_as("postgres", "shop"));
    take_over(INI);
    expect_session(conn, 1);
    PQfinish(conn);
}

/* ---- another process that is none ---- */

enum { HELLO = 1, PREPARED = 6, SERVES = 8, CLIENT = 10, HEAD = 6, WHOLE_MAX = 65536 };

static void say(int fd, uint8_t type, const uint8_t *body, uint8_t len)
{
    uint8_t message[64] = {0, 0, 0, len, type, 0};

    if (len > 0) {
        memcpy(message + HEAD, body, len);
    }
    assert_int_equal(send(fd, message, (size_t)HEAD + len, MSG_NOSIGNAL), HEAD + len);
}

static void read_whole(int fd, uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, at, len, 0); /* descriptors that come with it are dropped */
        assert_true(n > 0);
        at += n;
        len -= (size_t)n;
    }
}

/* What comes is not looked at, but for its type. */
static void read_until(int fd, uint8_t type)
{
    static uint8_t body[WHOLE_MAX];
    uint8_t head[HEAD] = {0};

    while (head[4] != type) {
        read_whole(fd, head, HEAD);
        size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        assert_true(len <= sizeof(body));
        read_whole(fd, body, len);
    }
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    struct stat info;

    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/.s.PGSQL.%d.handover", sluice.dir,
            sluice.port);
    assert_int_equal(stat(address.sun_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void say_hello(int fd)
{
    static const uint8_t hello[] = {'S', 'L', 'O', 'H', 0, 0, 0, 1, 0, 0, 0, 42};

    say(fd, HELLO, hello, sizeof(hello));
}

/* Counts so many lines with it. */
static void await_failures(int count)
{
    long end = proc_now_ms() + SOON_MS;
    int seen = 0;

    while (seen < count && proc_now_ms() < end) {
        char *log = proc_read(sluice.process.log);
        seen = 0;
        for (const char *at = log; (at = strstr(at, "event=handover_failed")) != NULL; at++) {
            seen++;
        }
        free(log);
        proc_pause_ms(10);
    }
    assert_int_equal(seen, count);
}

static void one_that_dies_half_way_leaves_everything_as_it_was(void **state)
{
    static PGconn *crowd[CROWD];
    int fd;

    (void)state;
    sluice_start(&sluice, INI);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = open_session(i);
    }
    fd = dial(); /* it has said nothing */
    close(fd);
    await_failures(1);
    fd = dial(); /* nor anything that can be */
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    await_failures(2);
    close(fd);
    fd = dial(); /* before it serves */
    say_hello(fd);
    read_until(fd, PREPARED);
    close(fd);
    await_failures(3);
    fd = dial(); /* with clients that it has not answered for */
    say_hello(fd);
    read_until(fd, PREPARED);
    say(fd, SERVES, NULL, 0);
    read_until(fd, CLIENT);
    read_until(fd, CLIENT);
    close(fd);
    await_failures(4);
    for (int i = 0; i < CROWD; i++) {
        expect_session(crowd[i], i);
    }
    PQfinish(open_as("postgres", "shop"));
    expect_pidfile(sluice.process.pid);
    take_over(INI);
    for (int i = 0; i < CROWD; i++) {
        expect_session(crowd[i], i);
        PQfinish(crowd[i]);
    }
}

/* The kernel ends it, whatever it was doing; who is in the middle of something was not its yet. */
static void one_that_is_killed_leaves_the_old_one_serving(void **state)
{
    struct proc old;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_session(3);
    query_expect(conn, "begin", "BEGIN");
    start_next(INI, &old);
    await_event("takeover_begins", "from_pid", old.pid);
    (void)proc_stop(&sluice.process, SIGKILL, PATIENCE_MS);
    await_failures(1);
    sluice.process = old;
    query_expect(conn, "select 1", "1");
    query_expect(conn, "commit", "COMMIT");
    expect_session(conn, 3);
    expect_pidfile(old.pid);
    PQfinish(open_soon("postgres", "shop"));
    take_over(INI);
    expect_session(conn, 3);
    PQfinish(conn);
}

/* ---- load ---- */

static void run_pgbench(const char *how)
{
    char words[16][64];
    char *argv[16];
    char log[PROC_PATH_MAX + 16];
    struct proc bench = {.pid = 0};
    const struct proc_options options = {.log = log};
    char *text;
    int count = 0;

    snprintf(log, sizeof(log), "%.200s/pgbench.log", sluice.dir);
    snprintf(words[count++], sizeof(words[0]), "%.50s/pgbench", cluster_bin());
    snprintf(words[count++], sizeof(words[0]), "-hlocalhost");
    snprintf(words[count++], sizeof(words[0]), "-p%d", sluice.port);
    snprintf(words[count++], sizeof(words[0]), "-Upostgres");
    snprintf(words[count++], sizeof(words[0]), "-n");
    snprintf(words[count++], sizeof(words[0]), "-c16");
    snprintf(words[count++], sizeof(words[0]), "-j2");
    snprintf(words[count++], sizeof(words[0]), "-T8");
    snprintf(words[count++], sizeof(words[0]), "-M%s", how);
    snprintf(words[count++], sizeof(words[0]), "shop");
    for (int i = 0; i < count; i++) {
        argv[i] = words[i];
    }
    argv[count] = NULL;
    proc_start(&bench, argv, &options);
    for (int i = 0; i < 5; i++) {
        take_over(INI);
    }
    assert_int_equal(proc_wait(&bench, PATIENCE_MS), 0);
    text = proc_read(log);
    assert_null(strstr(text, "aborted"));
    assert_non_null(strstr(text, "number of failed transactions: 0 "));
    free(text);
}

static void under_load_no_transaction_fails(void **state)
{
    char command[PROC_PATH_MAX + 64];

    (void)state;
    snprintf(command, sizeof(command), "%s/pgbench -q -i -h 127.0.0.1 -p %d -U postgres postgres",
            cluster_bin(), cluster.port);
    assert_int_equal(proc_shell(NULL, "%s", command), 0);
    sluice_start(&sluice, INI);
    run_pgbench("simple");
    run_pgbench("prepared");
}

/* ---- who cannot move ---- */

static void over_tls_a_client_is_served_until_its_time_is_over(void **state)
{
    static const char ini[] = INI_OF("handover_timeout = 1\nclient_tls_sslmode = allow\n"
                                     "client_tls_cert_file = @DIR@/tls/server.crt\n"
                                     "client_tls_key_file = @DIR@/tls/server.key\n");
    struct proc old;
    struct ear idle;
    struct ear busy;

    (void)state;
    tls_make(sluice.dir, NULL);
    sluice_start(&sluice, ini);
    listen_to(&idle, query_must_connect("host=localhost port=%d user=postgres dbname=shop "
                                        "sslmode=require",
                             sluice.port));
    listen_to(&busy,
            query_must_connect("host=localhost port=%d user=postgres dbname=held", sluice.port));
    query_expect(busy.conn, "begin", "BEGIN");
    start_next(ini, &old);
    await_event("takeover_begins", "from_pid", old.pid);
    query_expect(idle.conn, "select 1", "1");
    soon_logged(&sluice, "event=handover_timeout");
    expect_ended(&idle);
    query_expect(busy.conn, "select 1", "1"); /* not amid a transaction */
    query_expect(busy.conn, "commit", "COMMIT");
    expect_ended(&busy);
    await_end(&old);
}

/* ---- a shutdown that drains ---- */

static void a_drain_closes_clients_between_their_transactions(void **state)
{
    struct ear idle;
    struct ear busy;

    (void)state;
    sluice_start(&sluice, INI_OF("shutdown_drain = 0.001\n"));
    listen_to(&idle, open_as("postgres", "shop"));
    listen_to(&busy, open_as("postgres", "shop"));
    query_expect(busy.conn, "begin", "BEGIN");
    kill(sluice.process.pid, SIGTERM);
    soon_logged(&sluice, "event=shutdown_drain");
    expect_ended(&idle);
    query_expect(busy.conn, "select 1", "1");
    assert_int_equal(proc_wait(&sluice.process, 0), -1);
    query_expect(busy.conn, "commit", "COMMIT");
    expect_ended(&busy);
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)
            CASE(idle_clients_keep_their_sessions),
            CASE(an_unnamed_statement_moves_too),
            CASE(by_unix_socket_it_is_the_same),
            CASE(a_transaction_ends_where_it_began_and_its_client_moves_then),
            CASE(a_pinned_client_moves_when_nothing_pins_it),
            CASE(keys_stay_valid_wherever_the_client_is),
            CASE(keys_of_peers_stay_valid_too),
            CASE(a_third_process_takes_over_what_the_first_still_has),
            CASE(keys_of_scram_are_handed_over),
            CASE(without_anybody_there_it_is_a_start_like_any_other),
            CASE(one_that_cannot_start_takes_nothing),
            CASE(one_that_dies_half_way_leaves_everything_as_it_was),
            CASE(one_that_is_killed_leaves_the_old_one_serving),
            CASE(under_load_no_transaction_fails),
            CASE(over_tls_a_client_is_served_until_its_time_is_over),
            CASE(a_drain_closes_clients_between_their_transactions),
#undef CASE
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
