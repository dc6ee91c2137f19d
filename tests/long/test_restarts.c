/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/test_restarts.c - restarts by `sluice -R`, one after another, while clients work.
 *
 * pgbench works in three ways while ten processes follow each other, and no transaction of its fails.
 * Then sessions of which each answer is known do what chance says, while what takes over is a process,
 * one that dies at any byte, or nothing. SLUICE_RESTARTS_SEED repeats it.
 */
#include "tests/support/case.h"
#include "tests/support/restart.h"
#include "tests/support/soon.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RESTARTS = 10, IDLE = 250, SESSIONS = 24, ROUNDS = 120, TEXT_MAX = 256, BENCHES = 3 };

#define INI                                                                                        \
    "[databases]\nshop = " AT_POSTGRES "\n" INI_MAIN                                               \
    "pool_mode = transaction\nmax_client_conn = 1000\npidfile = @DIR@/pid\nhandover_timeout = 0\n" \
    "default_pool_size = 30\nlog_connections = 0\nlog_disconnections = 0\n"

static int begin(void **state)
{
    char command[PROC_PATH_MAX + 64];

    (void)prepare(state);
    snprintf(command, sizeof(command),
            "%s/pgbench -q -i -s 2 -h 127.0.0.1 -p %d -U postgres postgres", cluster_bin(),
            cluster.port);
    assert_int_equal(proc_shell(NULL, "%s", command), 0);
    cluster_sql(&cluster, "drop table if exists counters");
    cluster_sql(&cluster, "create table counters as select i, 0 n from generate_series(0, 99) i");
    sluice_start(&sluice, INI);
    return 0;
}

/* ---- load ---- */

struct bench {
    struct proc process;
    char log[PROC_PATH_MAX + 32];
};

static void start_bench(struct bench *bench, const char *how)
{
    char command[PROC_PATH_MAX + 128];
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
    const struct proc_options options = {.log = bench->log};

    snprintf(bench->log, sizeof(bench->log), "%.200s/bench.%s", sluice.dir, how);
    snprintf(command, sizeof(command),
            "exec %s/pgbench -h localhost -p %d -U postgres -n -c 8 -j 1 -T 60 -M %s shop",
            cluster_bin(), sluice.port, how);
    bench->process.pid = 0;
    proc_start(&bench->process, argv, &options);
}

static void expect_no_failure(struct bench *bench)
{
    assert_int_equal(proc_wait(&bench->process, 2 * RESTART_PATIENCE_MS), 0);
    char *text = proc_read(bench->log);
    assert_null(strstr(text, "aborted"));
    assert_non_null(strstr(text, "number of failed transactions: 0 "));
    free(text);
}

static void ten_restarts_under_load_fail_no_transaction(void **state)
{
    static const char *const ways[BENCHES] = {"simple", "extended", "prepared"};
    static struct bench benches[BENCHES];
    static PGconn *idle[IDLE];

    (void)state;
    for (int i = 0; i < IDLE; i++) {
        idle[i] = restart_session(i);
    }
    for (int i = 0; i < BENCHES; i++) {
        start_bench(&benches[i], ways[i]);
    }
    for (int i = 0; i < RESTARTS; i++) {
        restart_over(INI);
        restart_expect_session(idle[i], i); /* the others have not worked since the first */
        for (int k = 0; k < BENCHES; k++) {
            assert_int_equal(proc_wait(&benches[k].process, 0), -1); /* there was load */
        }
    }
    for (int i = 0; i < BENCHES; i++) {
        expect_no_failure(&benches[i]);
    }
    for (int i = 0; i < IDLE; i++) {
        restart_expect_session(idle[i], i);
        PQfinish(idle[i]);
    }
}

/* ---- sessions of which each answer is known ---- */

struct session {
    PGconn *conn;
    int number;
    int memory; /* work_mem, in kB */
    int count;  /* of its counter */
    int memory_before;
    int count_before; /* of the transaction */
    bool is_in_transaction;
    bool has_table;
    bool has_here;  /* PREPAREd */
    bool has_there; /* by Parse */
    bool sleeps;
    char expected[TEXT_MAX];
};

static uint64_t chance;

static unsigned pick(unsigned below)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(chance >> 33) % below;
}

static void ask(struct session *it, const char *sql, const char *expected)
{
    snprintf(it->expected, sizeof(it->expected), "%s", expected);
    if (PQsendQuery(it->conn, sql) != 1) {
        fail_msg("session %d, %s: %s", it->number, sql, PQerrorMessage(it->conn));
    }
}

static void ask_transaction(struct session *it)
{
    if (!it->is_in_transaction) {
        it->memory_before = it->memory;
        it->count_before = it->count;
        ask(it, "begin", "BEGIN");
    } else if (pick(2) == 0) {
        it->memory = it->memory_before;
        it->count = it->count_before;
        ask(it, "rollback", "ROLLBACK");
    } else {
        ask(it, "commit", "COMMIT");
    }
    it->is_in_transaction = !it->is_in_transaction;
}

static void ask_set(struct session *it)
{
    char sql[TEXT_MAX];

    it->memory = 1000 + (int)pick(1000000);
    snprintf(sql, sizeof(sql), "set work_mem = '%dkB'", it->memory);
    ask(it, sql, "SET");
}

static void ask_count(struct session *it)
{
    char sql[TEXT_MAX];
    char expected[TEXT_MAX];

    it->count++;
    snprintf(
            sql, sizeof(sql), "update counters set n = n + 1 where i = %d returning n", it->number);
    snprintf(expected, sizeof(expected), "%d", it->count);
    ask(it, sql, expected);
}

static void ask_look(struct session *it)
{
    char sql[TEXT_MAX];
    char expected[TEXT_MAX];

    snprintf(sql, sizeof(sql),
            "select n, (select setting from pg_settings where name = 'work_mem') from counters "
            "where i = %d",
            it->number);
    snprintf(expected, sizeof(expected), "%d|%d", it->count, it->memory);
    ask(it, sql, expected);
}

/* Outside a transaction, whose end it would share. */
static void ask_here(struct session *it)
{
    char text[TEXT_MAX];

    snprintf(text, sizeof(text), it->has_here ? "%d" : "prepare here as select %d", it->number);
    if (it->has_here) {
        ask(it, "execute here", text);
    } else {
        ask(it, text, "PREPARE");
    }
    it->has_here = true;
}

static void ask_there(struct session *it)
{
    char text[TEXT_MAX];

    snprintf(text, sizeof(text), it->has_there ? "%d" : "select %d", it->number);
    snprintf(it->expected, sizeof(it->expected), "%s", it->has_there ? text : "");
    assert_int_equal(it->has_there ? PQsendQueryPrepared(it->conn, "there", 0, NULL, NULL, NULL, 0)
                                   : PQsendPrepare(it->conn, "there", text, 0, NULL),
            1);
    it->has_there = true;
}

static void ask_table(struct session *it)
{
    ask(it, it->has_table ? "drop table mine" : "create temporary table mine (a int)",
            it->has_table ? "DROP TABLE" : "CREATE TABLE");
    it->has_table = !it->has_table;
}

static void ask_something(struct session *it)
{
    switch (pick(it->is_in_transaction ? 6 : 10)) {
    case 0:
    case 1:
        ask_transaction(it);
        break;
    case 2:
        ask_set(it);
        break;
    case 3:
    case 4:
        ask_count(it);
        break;
    case 5:
        ask_look(it);
        break;
    case 6:
        ask_here(it);
        break;
    case 7:
        ask_there(it);
        break;
    case 8:
        ask_table(it);
        break;
    default:
        ask(it, "select pg_sleep(600)", "ERROR 57014: canceling statement due to user request");
        it->sleeps = true;
        break;
    }
}

/* Again, because the first may come before its statement has begun. */
static void end_sleep(const struct session *it)
{
    char error[TEXT_MAX];
    PGcancel *request = PQgetCancel(it->conn);
    struct pollfd wait = {.fd = PQsocket(it->conn), .events = POLLIN};

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end;) {
        if (PQcancel(request, error, (int)sizeof(error)) != 1) {
            fail_msg("session %d: %s", it->number, error);
        }
        if (poll(&wait, 1, 50) == 1) {
            break;
        }
    }
    PQfreeCancel(request);
}

static void end_something(struct session *it)
{
    if (it->sleeps) {
        end_sleep(it);
        it->sleeps = false;
    }
    soon_result(it->conn, it->expected);
}

/* ---- what takes over ---- */

/* One that dies after so many bytes. */
static void pose_as_next(int *deaths)
{
    char bytes[4096];
    ssize_t left = 200 + (ssize_t)pick(60000);
    struct timeval patience = {.tv_usec = 100000};
    int fd = restart_dial();

    restart_say_hello(fd);
    if (pick(4) > 0) {
        restart_read_until(fd, RESTART_WARM);
        restart_say(fd, RESTART_SERVES, NULL, 0);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    while (left > 0) {
        ssize_t n =
                recv(fd, bytes, left < (ssize_t)sizeof(bytes) ? (size_t)left : sizeof(bytes), 0);
        if (n <= 0) {
            break;
        }
        left -= n;
    }
    close(fd);
    restart_await_count("event=handover_failed", ++*deaths);
}

/* Another configuration: one thread, and fewer clients than there are. */
#define INI_SMALL INI "workers = 1\nmax_client_conn = 10\n"

struct elders {
    struct proc all[2 * ROUNDS];
    int count;
    int deaths; /* of those that never were */
};

/* Those before it may have clients still: they end when those can move. */
static void go_over(struct elders *elders)
{
    struct proc *old = &elders->all[elders->count++];

    restart_next(pick(2) == 0 ? INI : INI_SMALL, old);
    restart_await("takeover_begins", "from_pid", old->pid);
}

static bool has_begun(pid_t from)
{
    char text[TEXT_MAX];

    snprintf(text, sizeof(text), "event=takeover_begins from_pid=%d", (int)from);
    return sluice_logged(&sluice, text);
}

/* Two at once: one is refused, or takes over from the other. */
static void race(struct elders *elders)
{
    struct proc *old = &elders->all[elders->count++];
    struct proc one;
    struct proc two;
    int status = -1;

    restart_next(INI, old);
    restart_next(INI, &one);
    two = sluice.process;
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        if (has_begun(old->pid) && (has_begun(one.pid) || has_begun(two.pid))) {
            sluice.process = has_begun(one.pid) ? two : one;
            elders->all[elders->count++] = has_begun(one.pid) ? one : two;
            return;
        }
        status = proc_wait(&one, 0);
        sluice.process = two;
        if (status < 0) {
            status = proc_wait(&two, 0);
            sluice.process = status < 0 ? two : one;
        }
        if (status >= 0) {
            break;
        }
    }
    assert_int_equal(status, 1);
    restart_await("takeover_begins", "from_pid", old->pid);
}

static void happen(struct elders *elders)
{
    switch (pick(7)) {
    case 0:
    case 1:
        go_over(elders);
        break;
    case 6:
        race(elders);
        break;
    case 2:
    case 3:
        pose_as_next(&elders->deaths);
        break;
    case 4:
        kill(sluice.process.pid, SIGHUP);
        break;
    default:
        break;
    }
}

static void settle(struct session *it)
{
    if (it->is_in_transaction) {
        query_expect(it->conn, "commit", "COMMIT");
        it->is_in_transaction = false;
    }
    if (it->has_table) {
        query_expect(it->conn, "drop table mine", "DROP TABLE");
        it->has_table = false;
    }
    if (it->has_here) { /* prepared beside that table, it would keep its server on */
        query_expect(it->conn, "deallocate here", "DEALLOCATE");
        it->has_here = false;
    }
    ask_look(it);
    soon_result(it->conn, it->expected);
}

static void whatever_takes_over_each_session_goes_on(void **state)
{
    static struct session sessions[SESSIONS];
    static struct elders elders;
    const char *seed = getenv("SLUICE_RESTARTS_SEED");

    (void)state;
    chance = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "SLUICE_RESTARTS_SEED=%llu\n", (unsigned long long)chance);
    for (int i = 0; i < SESSIONS; i++) {
        sessions[i] =
                (struct session){.conn = open_as("postgres", "shop"), .number = i, .memory = 4096};
    }
    for (int round = 0; round < ROUNDS; round++) {
        bool works[SESSIONS];
        for (int i = 0; i < SESSIONS; i++) {
            works[i] = pick(2) == 0;
            if (works[i]) {
                ask_something(&sessions[i]);
            }
        }
        happen(&elders);
        for (int i = 0; i < SESSIONS; i++) {
            if (works[i]) {
                end_something(&sessions[i]);
            }
        }
    }
    for (int i = 0; i < SESSIONS; i++) {
        settle(&sessions[i]);
    }
    for (int i = 0; i < elders.count; i++) {
        restart_await_end(&elders.all[i]);
    }
    for (int i = 0; i < SESSIONS; i++) {
        settle(&sessions[i]);
        PQfinish(sessions[i].conn);
    }
}

/* ---- one that is slow ---- */

/* It sleeps until the old one has lost patience: then that one serves, and this one ends. */
static void one_that_was_slow_is_the_one_that_leaves(void **state)
{
    PGconn *idle = restart_session(1);
    PGconn *busy = restart_session(2);
    struct proc slow;
    struct proc old;

    (void)state;
    query_expect(busy, "begin", "BEGIN");
    restart_next(INI, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    restart_expect_session(idle, 1); /* the slow one's */
    slow = sluice.process;
    kill(slow.pid, SIGSTOP);
    query_expect(busy, "commit", "COMMIT");
    restart_await("handover_failed", "pid", slow.pid);
    sluice.process = old;
    restart_expect_session(busy, 2);
    kill(slow.pid, SIGCONT);
    soon_logged(&sluice, "event=handover_retreat");
    restart_expect_session(idle, 1);
    for (int i = 0; i < 20; i++) { /* nobody new comes to the slow one */
        PQfinish(open_as("postgres", "shop"));
    }
    PQfinish(idle);
    restart_await_end(&slow);
    restart_over(INI);
    restart_expect_session(busy, 2);
    PQfinish(busy);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)
            CASE(ten_restarts_under_load_fail_no_transaction),
            CASE(whatever_takes_over_each_session_goes_on),
            CASE(one_that_was_slow_is_the_one_that_leaves),
#undef CASE
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
