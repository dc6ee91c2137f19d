/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/test_soak.c - mixed load with random kills of clients and servers, for long.
 *
 * Clients (tests/long/soak_client.h) ask by every way there is, over TLS and without, in all
 * three modes, as two users. Meanwhile clients are killed, servers are told to end or killed
 * outright (which takes all of them down), pools are paused, killed and reconnected, and the
 * configuration is reloaded. No client may find a wrong answer, or wait for long.
 *
 * At the end: what was committed is there and nothing else; every pool count and the number of
 * open files is back to what it was; as many servers are counted as PostgreSQL has; and every
 * place of a pool can be taken.
 *
 * SLUICE_SOAK_SECONDS says how long; 1800 unless told. SLUICE_SOAK_SEED repeats the choices.
 */
#include "tests/long/soak_client.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/tls.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 1800, POOL = 6, HANG_MS = 150000, CONSOLE_MS = 120000, SETTLE_MS = 60000 };

static struct soak *soak;
static PGconn *console;
static PGconn *direct; /* past Sluice */

/* What a reload may find changed: the size of a pool, and whether servers are spoken to by TLS. */
static void make_ini(char ini[4096], int pool, const char *server_tls)
{
    snprintf(ini, 4096,
            "[databases]\n"
            "session = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_mode=session\n"
            "transaction = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_mode=transaction\n"
            "statement = host=127.0.0.1 port=@PGPORT@ dbname=postgres pool_mode=statement\n"
            "[pgbouncer]\n"
            "listen_addr = 127.0.0.1\n"
            "listen_port = @PORT@\n"
            "auth_type = scram-sha-256\n"
            "auth_file = @DIR@/userlist.txt\n"
            "admin_users = postgres\n"
            "default_pool_size = %d\n"
            "max_prepared_statements = 50\n"
            "server_login_retry = 1\n"
            "server_tls_sslmode = %s\n"
            "client_tls_sslmode = allow\n"
            "client_tls_cert_file = @DIR@/tls/server.crt\n"
            "client_tls_key_file = @DIR@/tls/server.key\n"
            "workers = 2\n",
            pool, server_tls);
}

static int start(void **state)
{
    const struct cluster_options options = {.tls = true, .conf = "synchronous_commit = on\n"};
    char ini[4096];

    cluster_start(&cluster, &options);
    cluster_sql(&cluster, "create role alice login; create role bob login;"
                          "create table soaked (token text);"
                          "create table copied (token text);"
                          "grant all on soaked, copied to alice, bob;"
                          "grant all on schema public to alice, bob");
    soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(soak != MAP_FAILED);
    (void)prepare(state);
    soak->port = sluice.port;
    tls_make(sluice.dir, NULL);
    sluice_file(&sluice, "userlist.txt",
            "\"postgres\" \"postgres-secret\"\n\"alice\" \"alice-secret\"\n"
            "\"bob\" \"bob-secret\"\n");
    make_ini(ini, POOL, "prefer");
    sluice_start(&sluice, ini);
    return 0;
}

static pid_t client_start(unsigned seat, unsigned seed)
{
    pid_t pid;

    fflush(NULL);
    atomic_store(&soak->seats[seat].since_ms, proc_now_ms());
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        soak_client_main(soak, &soak->seats[seat], seed);
    }
    assert_true(pid > 0);
    return pid;
}

/* ---- the console ---- */

static PGconn *connect_as(const char *database, const char *user)
{
    return query_must_connect("host=127.0.0.1 port=%d user=%s password=%s-secret dbname=%s "
                              "sslmode=disable",
            sluice.port, user, user, database);
}

/* A command that waits for others is waited for, but not for ever. NULL: it failed, as it may. */
static PGresult *console_run(const char *sql)
{
    long end = proc_now_ms() + CONSOLE_MS;
    PGresult *last = NULL;

    assert_int_equal(PQsendQuery(console, sql), 1);
    while (PQconsumeInput(console) == 1 && PQisBusy(console)) {
        struct pollfd wait = {.fd = PQsocket(console), .events = POLLIN};
        if (proc_now_ms() > end) {
            fail_msg("%s is not over after %d seconds", sql, CONSOLE_MS / 1000);
        }
        (void)poll(&wait, 1, 1000);
    }
    for (PGresult *result; (result = PQgetResult(console)) != NULL;) {
        PQclear(last);
        last = result;
    }
    if (PQresultStatus(last) == PGRES_FATAL_ERROR) {
        print_message("%s: %s", sql, PQresultErrorMessage(last));
        PQclear(last);
        last = NULL;
    }
    return last;
}

static void console_do(const char *sql)
{
    PGresult *result = console_run(sql);

    assert_non_null(result);
    PQclear(result);
}

static long console_sum(const char *show, const char *const *columns, size_t count)
{
    PGresult *result = console_run(show);
    long sum = 0;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    int database = PQfnumber(result, "database");
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, database), "pgbouncer") == 0 ||
                strcmp(PQgetvalue(result, row, database), "sluice") == 0) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            int field = PQfnumber(result, columns[i]);

            assert_true(field >= 0);
            sum += strtol(PQgetvalue(result, row, field), NULL, 10);
        }
    }
    PQclear(result);
    return sum;
}

/* Somebody is busy or waiting. */
static long busy_count(void)
{
    static const char *const names[] = {"cl_active", "cl_waiting", "cl_active_cancel_req",
            "cl_waiting_cancel_req", "sv_active", "sv_active_cancel", "sv_being_canceled",
            "sv_tested", "sv_login"};

    return console_sum("SHOW POOLS", names, CASE_COUNT(names));
}

static long servers_in_pools(void)
{
    static const char *const names[] = {"sv_active", "sv_active_cancel", "sv_being_canceled",
            "sv_idle", "sv_used", "sv_tested", "sv_login"};

    return console_sum("SHOW POOLS", names, CASE_COUNT(names));
}

static long servers_counted(void)
{
    PGresult *result = console_run("SHOW DATABASES");
    long sum = 0;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        sum += strtol(PQgetvalue(result, row, PQfnumber(result, "current_connections")), NULL, 10);
    }
    PQclear(result);
    return sum;
}

static long servers_there_are(void)
{
    return strtol(query_text(direct, "select count(*) from pg_stat_activity where backend_type = "
                                     "'client backend' and pid <> pg_backend_pid()"),
            NULL, 10);
}

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

static long resident_kb(void)
{
    char path[64];
    char *text;
    const char *line;
    long kb = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)sluice.process.pid);
    text = proc_read(path);
    line = strstr(text, "VmRSS:");
    if (line != NULL) {
        kb = strtol(line + strlen("VmRSS:"), NULL, 10);
    }
    free(text);
    return kb;
}

/* ---- trouble ---- */

/* A client that found a wrong answer has ended by itself; one that hangs says nothing. */
static void check_clients(const pid_t *pids)
{
    long now = proc_now_ms();

    for (unsigned i = 0; i < SOAK_CLIENTS; i++) {
        int status;

        if (waitpid(pids[i], &status, WNOHANG) == pids[i]) {
            fail_msg("client %u ended by itself with %d", i, status);
        }
        if (now - atomic_load(&soak->seats[i].since_ms) > HANG_MS) {
            fail_msg("client %u hangs: %s", i,
                    soak_kind_name((enum soak_kind)atomic_load(&soak->seats[i].kind)));
        }
    }
}

static void kill_a_client(pid_t *pids, struct dice *dice)
{
    unsigned victim = soak_roll(dice, SOAK_CLIENTS);

    kill(pids[victim], SIGKILL);
    assert_int_equal(waitpid(pids[victim], NULL, 0), pids[victim]);
    pids[victim] = client_start(victim, soak_roll(dice, 1U << 30));
}

static void connect_directly(void)
{
    long end = proc_now_ms() + SETTLE_MS;

    for (;;) {
        PQfinish(direct);
        direct =
                query_connect("host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);
        if (PQstatus(direct) == CONNECTION_OK) {
            return;
        }
        if (proc_now_ms() > end) {
            fail_msg("PostgreSQL does not come back: %s", PQerrorMessage(direct));
        }
        proc_pause_ms(50);
    }
}

static void end_a_server(void)
{
    (void)query_text(direct,
            "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = "
            "'client backend' and pid <> pg_backend_pid() order by random() limit 1");
}

/* kill -9 of a server of ours, whose pid is nobody else's: PostgreSQL ends all and recovers. */
static void crash_a_server(void)
{
    PGconn *victim =
            query_connect("host=127.0.0.1 port=%d user=postgres dbname=postgres", cluster.port);

    if (PQstatus(victim) == CONNECTION_OK) {
        assert_int_equal(kill((pid_t)PQbackendPID(victim), SIGKILL), 0);
        while (PQstatus(direct) == CONNECTION_OK) {
            (void)query_text(direct, "select pg_sleep(0.05)");
        }
        connect_directly();
    }
    PQfinish(victim);
}

static void kill_by_name(struct dice *dice)
{
    PGresult *result = console_run("SHOW CLIENTS");
    char sql[64] = "";

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    int row = (int)soak_roll(dice, (unsigned)PQntuples(result));
    if (strcmp(PQgetvalue(result, row, PQfnumber(result, "user")), "postgres") != 0) {
        snprintf(sql, sizeof(sql), "KILL_CLIENT %.40s",
                PQgetvalue(result, row, PQfnumber(result, "id")));
    }
    PQclear(result);
    if (sql[0] != '\0') {
        PQclear(console_run(sql)); /* it may have gone meanwhile */
    }
}

/* PAUSE is over when nobody is linked; what is asked meanwhile waits for RESUME. */
static void pause_a_while(struct dice *dice)
{
    console_do("PAUSE transaction");
    proc_pause_ms((int)soak_roll(dice, 300));
    console_do("RESUME transaction");
}

static void kill_a_database(struct dice *dice)
{
    static const char *const names[] = {"session", "transaction", "statement"};
    const char *name = names[soak_roll(dice, CASE_COUNT(names))];
    char sql[64];

    snprintf(sql, sizeof(sql), "KILL %s", name);
    console_do(sql);
    snprintf(sql, sizeof(sql), "RESUME %s", name);
    console_do(sql);
}

static void reload(int pool, const char *server_tls)
{
    char ini[4096];

    make_ini(ini, pool, server_tls);
    sluice_file(&sluice, "sluice.ini", ini);
    console_do("RELOAD");
}

static void make_trouble(pid_t *pids, struct dice *dice)
{
    if (soak_roll(dice, 2) == 0) {
        kill_a_client(pids, dice);
    }
    if (soak_roll(dice, 4) == 0) {
        end_a_server();
    }
    switch (soak_roll(dice, 150)) {
    case 0:
        crash_a_server();
        break;
    case 1:
    case 2:
        pause_a_while(dice);
        break;
    case 3:
        kill_a_database(dice);
        break;
    case 4:
    case 5:
        reload(POOL - (int)soak_roll(dice, 3), soak_roll(dice, 2) == 0 ? "prefer" : "disable");
        break;
    case 6:
        console_do("RECONNECT");
        break;
    case 7:
    case 8:
    case 9:
        kill_by_name(dice);
        break;
    default:
        break;
    }
}

/* ---- the end ---- */

static void say(const char *when)
{
    print_message("%s: %ld errors that kills explain; %d files, %ld KB; answered", when,
            atomic_load(&soak->errors), open_files(), resident_kb());
    for (unsigned i = 0; i < SOAK_KINDS; i++) {
        print_message(
                " %s %ld", soak_kind_name((enum soak_kind)i), atomic_load(&soak->answered[i]));
    }
    print_message("\n");
    fflush(NULL);
}

/* Nobody's work is lost, nobody's unfinished work is there. */
static void rows_are_as_told(void)
{
    long kept = strtol(
            query_text(direct, "select count(*) from soaked where token like 'keep%'"), NULL, 10);
    long copied = strtol(query_text(direct, "select count(distinct token) from copied"), NULL, 10);
    char half[256];

    print_message("%ld commits told, %ld found; %ld copies told, %ld found\n",
            atomic_load(&soak->commits), kept, atomic_load(&soak->copies), copied);
    assert_in_range(kept, atomic_load(&soak->commits), atomic_load(&soak->commits_asked));
    assert_in_range(copied, atomic_load(&soak->copies), atomic_load(&soak->copies_asked));
    query_expect(direct, "select count(*) from soaked where token not like 'keep%'", "0");
    query_expect(direct, "select count(*) - count(distinct token) from soaked", "0");
    snprintf(half, sizeof(half),
            "select count(*) from (select from copied group by token having count(*) <> %d) as "
            "half",
            SOAK_COPY_ROWS);
    query_expect(direct, half, "0");
}

/* What counts_are_back() is about to fail for. */
static void say_pools(bool is_wanted)
{
    PGresult *result = is_wanted ? console_run("SHOW POOLS") : NULL;
    const PQprintOpt options = {.header = 1, .align = 1, .fieldSep = (char *)"|"};

    if (result != NULL) {
        PQprint(stderr, result, &options);
        PQclear(result);
    }
}

/* What the last clients left is cancelled and cleaned up within a moment, half a handshake too. */
static void counts_are_back(int files)
{
    long end = proc_now_ms() + SETTLE_MS;

    while ((busy_count() > 0 || servers_in_pools() != servers_there_are() ||
                   servers_counted() != servers_there_are() ||
                   open_files() > files + servers_there_are()) &&
            proc_now_ms() < end) {
        proc_pause_ms(100);
    }
    say_pools(busy_count() > 0);
    assert_int_equal(busy_count(), 0);
    assert_int_equal(servers_in_pools(), servers_there_are());
    assert_int_equal(servers_counted(), servers_there_are());
    assert_in_range(open_files(), files, files + servers_there_are());
}

/* A place that was lost would be missed here. */
static void every_place_can_be_taken(void)
{
    static const char *const users[] = {"alice", "bob"};

    for (size_t user = 0; user < CASE_COUNT(users); user++) {
        PGconn *conns[POOL];
        for (int i = 0; i < POOL; i++) {
            conns[i] = connect_as("session", users[user]);
        }
        for (int i = 0; i < POOL; i++) {
            query_expect(conns[i], "select current_user", users[user]);
            PQfinish(conns[i]);
        }
    }
}

static void all_counts_return_after_random_kills(void **state)
{
    const char *seconds = getenv("SLUICE_SOAK_SECONDS");
    const char *seed = getenv("SLUICE_SOAK_SEED");
    struct dice dice = {seed != NULL ? strtoul(seed, NULL, 10) : (unsigned long)getpid()};
    long length = 1000 * (seconds != NULL ? strtol(seconds, NULL, 10) : SECONDS);
    long begun = proc_now_ms();
    long quarter = 1;
    pid_t pids[SOAK_CLIENTS];

    (void)state;
    print_message("seed %lu\n", (unsigned long)dice.state);
    console = connect_as("pgbouncer", "postgres");
    connect_directly();
    int files = open_files();
    for (unsigned i = 0; i < SOAK_CLIENTS; i++) {
        pids[i] = client_start(i, soak_roll(&dice, 1U << 30));
    }
    while (proc_now_ms() < begun + length) {
        proc_pause_ms((int)soak_roll(&dice, 200));
        sluice_must_live(&sluice);
        check_clients(pids);
        make_trouble(pids, &dice);
        if (proc_now_ms() > begun + quarter * length / 4) {
            quarter++;
            say("so far");
        }
    }
    check_clients(pids);
    for (unsigned i = 0; i < SOAK_CLIENTS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    say("at the end");
    for (unsigned i = 0; i < SOAK_KINDS; i++) { /* load there was, of every kind */
        assert_true(atomic_load(&soak->answered[i]) > 0);
    }
    counts_are_back(files);
    rows_are_as_told();
    reload(POOL, "prefer");
    every_place_can_be_taken();
    counts_are_back(files);
    PQfinish(direct);
    PQfinish(console);
}

int main(void)
{
    const struct CMUnitTest cases[] = {cmocka_unit_test(all_counts_return_after_random_kills)};

    return case_run(cases, CASE_COUNT(cases), start, stop_both);
}
