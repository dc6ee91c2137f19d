/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_handover.c - `sluice -R`: another process takes over sockets and clients, and
 * nobody's session ends for it.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/restart.h"
#include "tests/support/soon.h"
#include "tests/support/tls.h"
#include "tests/support/web.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CROWD = 200, OTHERS = 5, TEXT_MAX = 512 };

#define INI_OF(more)                                                                               \
    "[databases]\n"                                                                                \
    "shop = " AT_POSTGRES "\n"                                                                     \
    "held = " AT_POSTGRES " pool_mode=session\n" INI_ALONE                                         \
    "pool_mode = transaction\nmax_client_conn = 1000\npidfile = @DIR@/pid\n" more
#define INI INI_OF("")

static int begin(void **state)
{
    (void)prepare(state);
    return 0;
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

static void idle_clients_keep_their_sessions(void **state)
{
    static PGconn *crowd[CROWD];

    (void)state;
    sluice_start(&sluice, INI);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = restart_session(i);
    }
    restart_over(INI);
    expect_pidfile(sluice.process.pid);
    for (int i = 0; i < CROWD; i++) {
        restart_expect_session(crowd[i], i);
    }
    restart_over(INI); /* and once more, by those that moved already */
    for (int i = 0; i < CROWD; i++) {
        restart_expect_session(crowd[i], i);
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
    restart_over(INI);
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
    restart_over(INI);
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
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    query_expect(conn, "insert into t values (7)", "INSERT 0 1");
    query_expect(conn, "select a from t", "7");
    assert_int_equal(proc_wait(&old, 0), -1); /* it is needed still */
    query_expect(conn, "commit", "COMMIT");
    restart_await_end(&old);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

/* It moves when it has said the rest, and had its answer. */
static void half_a_message_keeps_its_client(void **state)
{
    static const char query[] = {'Q', 0, 0, 0, 19, 's', 'e', 'l', 'e', 'c', 't', ' ', '\'', 'a',
            'l', 'l', '\'', ' ', ' ', 0};
    enum { HALF = 7 };
    struct proc old;
    PGconn *conn;
    char got[256];
    size_t count = 0;

    (void)state;
    sluice_start(&sluice, INI);
    conn = restart_session(1);
    assert_int_equal(send(PQsocket(conn), query, HALF, MSG_NOSIGNAL), HALF);
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    PQfinish(open_as("postgres", "shop"));
    assert_int_equal(send(PQsocket(conn), query + HALF, sizeof(query) - HALF, MSG_NOSIGNAL),
            sizeof(query) - HALF);
    while (count < 6 || memcmp(got + count - 6, "Z\0\0\0\5I", 6) != 0) {
        struct pollfd wait = {.fd = PQsocket(conn), .events = POLLIN};
        assert_int_equal(poll(&wait, 1, RESTART_PATIENCE_MS), 1);
        ssize_t n = recv(PQsocket(conn), got + count, sizeof(got) - count, 0);
        assert_true(n > 0);
        count += (size_t)n;
    }
    assert_non_null(memmem(got, count, "all", 3));
    restart_await_end(&old);
    restart_expect_session(conn, 1);
    PQfinish(conn);
}

/* So many more for the pool, by clients that all work at the same time, and leave. */
static void make_servers(int count)
{
    PGconn *all[OTHERS];

    for (int i = 0; i < count; i++) {
        all[i] = open_as("postgres", "shop");
        query_expect(all[i], "begin", "BEGIN");
    }
    for (int i = 0; i < count; i++) {
        query_expect(all[i], "commit", "COMMIT");
        PQfinish(all[i]);
    }
}

static void a_pinned_client_moves_when_nothing_pins_it(void **state)
{
    struct proc old;
    PGconn *watch = open_direct();
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_as("postgres", "shop");
    query_expect(conn, "create temporary table t (a int)", "CREATE TABLE");
    make_servers(OTHERS);
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    /* The new one has as many; the old one keeps its client's, and one that it might need. */
    soon_query(watch,
            "select count(*) from pg_stat_activity where backend_type = 'client backend' "
            "and pid <> pg_backend_pid()",
            "8");
    query_expect(conn, "insert into t values (7)", "INSERT 0 1");
    query_expect(conn, "select a from t", "7");
    query_expect(conn, "drop table t", "DROP TABLE");
    restart_await_end(&old);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(watch);
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
    restart_next(ini, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    /* Whoever takes the request is the new process; the query runs in the old one. */
    cancel(stays);
    soon_result(stays, CANCELLED);
    restart_await_end(&old);
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
    idle = restart_session(1);
    busy = restart_session(2);
    query_expect(busy, "begin", "BEGIN");
    restart_next(INI, &first);
    restart_await("takeover_begins", "from_pid", first.pid);
    restart_expect_session(idle, 1);
    restart_next(INI, &second);
    restart_await("takeover_begins", "from_pid", second.pid);
    restart_expect_session(idle, 1);
    query_expect(busy, "select 1", "1");
    assert_int_equal(proc_wait(&first, 0), -1);
    assert_int_equal(proc_wait(&second, 0), -1); /* by it the last one will go */
    query_expect(busy, "commit", "COMMIT");
    restart_await_end(&first);
    restart_await_end(&second);
    restart_expect_session(busy, 2);
    restart_expect_session(idle, 1);
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
    restart_over(ini);
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
    conn = restart_session(1);
    old = sluice.process;
    snprintf(ini, sizeof(ini), INI_OF("[http]\nlisten = 127.0.0.1:%d\n"), taken);
    {
        struct sluice other = sluice;
        static const char *const as_root[] = {"-R", "-u", "root", NULL};
        static const char *const as_is[] = {"-R", NULL};
        other.process.pid = 0;
        sluice_start_by(&other, ini, geteuid() == 0 ? as_root : as_is);
        next = other.process.pid;
        assert_int_equal(proc_wait(&other.process, RESTART_PATIENCE_MS), 1);
    }
    close(fd);
    restart_await("handover_failed", "pid", next);
    restart_expect_session(conn, 1);
    expect_pidfile(old.pid);
    PQfinish(open_as("postgres", "shop"));
    restart_over(INI);
    restart_expect_session(conn, 1);
    PQfinish(conn);
}

/* The socket where whoever takes over finds us; while another took its place, nobody would. */
static ino_t found_at(void)
{
    char path[PROC_PATH_MAX + 32];
    struct stat info;

    snprintf(path, sizeof path, "%s/.s.PGSQL.%d.handover", sluice.dir, sluice.port);
    assert_int_equal(stat(path, &info), 0);
    return info.st_ino;
}

static void one_that_dies_half_way_leaves_everything_as_it_was(void **state)
{
    static PGconn *crowd[CROWD];
    int fd;

    (void)state;
    sluice_start(&sluice, INI);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = restart_session(i);
    }
    fd = restart_dial(); /* it has said nothing */
    close(fd);
    restart_await_count("event=handover_failed", 1);
    fd = restart_dial(); /* nor anything that can be */
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    restart_await_count("event=handover_failed", 2);
    close(fd);
    ino_t found = found_at();
    fd = restart_dial(); /* before it serves */
    restart_say_hello(fd);
    restart_read_until(fd, RESTART_PREPARED);
    close(fd);
    restart_await_count("event=handover_failed", 3);
    assert_int_equal(found_at(), found);
    fd = restart_dial(); /* with clients that it has not answered for */
    restart_say_hello(fd);
    restart_read_until(fd, RESTART_PREPARED);
    restart_say(fd, RESTART_SERVES, NULL, 0);
    restart_read_until(fd, RESTART_CLIENT);
    restart_read_until(fd, RESTART_CLIENT);
    close(fd);
    restart_await_count("event=handover_failed", 4);
    for (int i = 0; i < CROWD; i++) {
        restart_expect_session(crowd[i], i);
    }
    PQfinish(open_as("postgres", "shop"));
    expect_pidfile(sluice.process.pid);
    restart_over(INI);
    for (int i = 0; i < CROWD; i++) {
        restart_expect_session(crowd[i], i);
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
    conn = restart_session(3);
    query_expect(conn, "begin", "BEGIN");
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    (void)proc_stop(&sluice.process, SIGKILL, RESTART_PATIENCE_MS);
    restart_await_count("event=handover_failed", 1);
    sluice.process = old;
    query_expect(conn, "select 1", "1");
    query_expect(conn, "commit", "COMMIT");
    restart_expect_session(conn, 3);
    expect_pidfile(old.pid);
    PQfinish(open_soon("postgres", "shop"));
    restart_over(INI);
    restart_expect_session(conn, 3);
    PQfinish(conn);
}

/* The old one ends after it has said what it has, before it could let go of it. */
static void one_whose_elder_dies_first_serves_all_the_same(void **state)
{
    struct proc none;
    pid_t elder;

    (void)state;
    elder = restart_pose();
    restart_next(INI, &none);
    assert_int_equal(waitpid(elder, NULL, 0), elder);
    PQfinish(open_as("postgres", "shop"));
    expect_pidfile(sluice.process.pid);
    restart_over(INI);
    PQfinish(open_as("postgres", "shop"));
}

/* An address of which the old one has a part: nobody can have all of it while it is there. */
static void one_whose_addresses_clash_takes_nothing(void **state)
{
    struct proc next;
    struct proc old;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = restart_session(1);
    restart_next(INI_OF("listen_addr = 0.0.0.0, ::1\n"), &old);
    next = sluice.process;
    sluice.process = old;
    assert_int_equal(proc_wait(&next, RESTART_PATIENCE_MS), 1);
    restart_expect_session(conn, 1);
    PQfinish(open_as("postgres", "shop"));
    PQfinish(conn);
}

static rlim_t files_of(pid_t pid)
{
    char path[64];
    rlim_t count = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

/* It has room for a few: the others stay, and nobody is lost. */
static void one_with_few_descriptors_takes_what_it_can(void **state)
{
    enum { SOME = 24, FEW = 8 };
    PGconn *some[SOME];
    struct rlimit limit;
    struct rlimit few;
    struct proc old;

    (void)state;
    sluice_start(&sluice, INI_OF("default_pool_size = 30\n"));
    for (int i = 0; i < SOME; i++) {
        some[i] = restart_session(i);
        query_expect(some[i], "begin", "BEGIN");
    }
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    assert_int_equal(prlimit(sluice.process.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    few = limit;
    few.rlim_cur = files_of(sluice.process.pid) + FEW;
    assert_int_equal(prlimit(sluice.process.pid, RLIMIT_NOFILE, &few, NULL), 0);
    for (int i = 0; i < SOME; i++) {
        query_expect(some[i], "commit", "COMMIT");
    }
    soon_logged(&sluice, "event=takeover_left");
    for (int i = 0; i < SOME; i++) {
        restart_expect_session(some[i], i);
    }
    assert_int_equal(prlimit(sluice.process.pid, RLIMIT_NOFILE, &limit, NULL), 0);
    for (int i = 0; i < SOME; i++) {
        restart_expect_session(some[i], i);
        PQfinish(some[i]);
    }
    restart_await_end(&old);
}

/* Its clients have nowhere else to go. */
static void a_database_that_is_gone_is_served_to_its_end(void **state)
{
    static const char without[] = "[databases]\nheld = " AT_POSTGRES "\n" INI_ALONE
                                  "pool_mode = transaction\npidfile = @DIR@/pid\n";
    struct proc old;
    PGconn *conn;
    PGconn *refused;

    (void)state;
    sluice_start(&sluice, INI);
    conn = restart_session(1);
    restart_next(without, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    soon_logged(&sluice, "event=takeover_left");
    restart_expect_session(conn, 1);
    refused = try_open_as("postgres", "shop");
    assert_int_equal(PQstatus(refused), CONNECTION_BAD);
    PQfinish(refused);
    PQfinish(conn);
    restart_await_end(&old);
    PQfinish(open_as("postgres", "held"));
}

/* Who waits in the old process hears of RESUME by the new one, which alone has a console. */
static void a_pause_ends_in_both(void **state)
{
    struct proc old;
    PGconn *console;
    PGconn *one;
    PGconn *two;

    (void)state;
    sluice_start(&sluice, INI);
    one = restart_session(1);
    two = restart_session(2);
    console = open_console();
    query_expect(console, "pause", "PAUSE");
    PQfinish(console);
    assert_int_equal(PQsendQuery(one, "select 'one'"), 1);
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    console = open_console();
    query_expect(console, "resume", "RESUME");
    soon_result(one, "one");
    query_expect(console, "pause shop", "PAUSE");
    assert_int_equal(PQsendQuery(two, "select 'two'"), 1);
    query_expect(console, "resume shop", "RESUME");
    soon_result(two, "two");
    restart_await_end(&old);
    restart_expect_session(one, 1);
    restart_expect_session(two, 2);
    PQfinish(console);
    PQfinish(one);
    PQfinish(two);
}

/* ---- load ---- */

enum { TRANSACTIONS = 200 };

/* So many transactions of pgbench more. */
static void await_transactions(PGconn *direct, int more)
{
    char sql[128];
    long before = atol(query_text(direct, "select count(*) from pgbench_history"));

    snprintf(sql, sizeof(sql), "select count(*) >= %ld from pgbench_history", before + more);
    soon_query(direct, sql, "t");
}

/* Until SIGALRM, which is the end of its time to it. */
static void run_pgbench(const char *how)
{
    PGconn *direct = open_direct();
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
    snprintf(words[count++], sizeof(words[0]), "-T3600");
    snprintf(words[count++], sizeof(words[0]), "-M%s", how);
    snprintf(words[count++], sizeof(words[0]), "shop");
    for (int i = 0; i < count; i++) {
        argv[i] = words[i];
    }
    argv[count] = NULL;
    proc_start(&bench, argv, &options);
    await_transactions(direct, TRANSACTIONS);
    for (int i = 0; i < 5; i++) {
        restart_over(INI);
        await_transactions(direct, TRANSACTIONS);
    }
    PQfinish(direct);
    assert_int_equal(proc_wait(&bench, 0), -1); /* nobody waited for its end */
    kill(bench.pid, SIGALRM);
    assert_int_equal(proc_wait(&bench, RESTART_PATIENCE_MS), 0);
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
    restart_next(ini, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    query_expect(idle.conn, "select 1", "1");
    soon_logged(&sluice, "event=handover_timeout");
    expect_ended(&idle);
    query_expect(busy.conn, "select 1", "1"); /* not amid a transaction */
    query_expect(busy.conn, "commit", "COMMIT");
    expect_ended(&busy);
    restart_await_end(&old);
    soon_logged(&sluice, "sqlstate=57P01 reason=\"terminating connection due to administrator");
    soon_logged(&sluice, "event=handover_done moved=0 stayed=0 drained=2 closed=0");
}

/* ---- a shutdown that drains ---- */

static void a_drain_closes_clients_between_their_transactions(void **state)
{
    char ini[4096];
    int port = proc_free_port();
    struct ear idle;
    struct ear busy;

    (void)state;
    snprintf(ini, sizeof(ini), INI_OF("shutdown_drain = 0.001\n[http]\nlisten = 127.0.0.1:%d\n"),
            port);
    sluice_start(&sluice, ini);
    assert_int_equal(web_get(port, "/readyz").status, 200);
    listen_to(&idle, open_as("postgres", "shop"));
    listen_to(&busy, open_as("postgres", "shop"));
    query_expect(busy.conn, "begin", "BEGIN");
    kill(sluice.process.pid, SIGTERM);
    soon_logged(&sluice, "event=shutdown_drain");
    expect_ended(&idle);
    query_expect(busy.conn, "select 1", "1");
    assert_int_equal(web_get(port, "/readyz").status, 503);
    assert_int_equal(web_get(port, "/healthz").status, 200); /* it is not to be killed yet */
    assert_int_equal(proc_wait(&sluice.process, 0), -1);
    query_expect(busy.conn, "commit", "COMMIT");
    expect_ended(&busy);
    assert_int_equal(proc_wait(&sluice.process, RESTART_PATIENCE_MS), 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)
            CASE(idle_clients_keep_their_sessions),
            CASE(an_unnamed_statement_moves_too),
            CASE(by_unix_socket_it_is_the_same),
            CASE(a_transaction_ends_where_it_began_and_its_client_moves_then),
            CASE(half_a_message_keeps_its_client),
            CASE(a_pinned_client_moves_when_nothing_pins_it),
            CASE(keys_stay_valid_wherever_the_client_is),
            CASE(keys_of_peers_stay_valid_too),
            CASE(a_third_process_takes_over_what_the_first_still_has),
            CASE(keys_of_scram_are_handed_over),
            CASE(without_anybody_there_it_is_a_start_like_any_other),
            CASE(one_that_cannot_start_takes_nothing),
            CASE(one_that_dies_half_way_leaves_everything_as_it_was),
            CASE(one_that_is_killed_leaves_the_old_one_serving),
            CASE(one_whose_elder_dies_first_serves_all_the_same),
            CASE(one_whose_addresses_clash_takes_nothing),
            CASE(one_with_few_descriptors_takes_what_it_can),
            CASE(a_database_that_is_gone_is_served_to_its_end),
            CASE(a_pause_ends_in_both),
            CASE(under_load_no_transaction_fails),
            CASE(over_tls_a_client_is_served_until_its_time_is_over),
            CASE(a_drain_closes_clients_between_their_transactions),
#undef CASE
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
