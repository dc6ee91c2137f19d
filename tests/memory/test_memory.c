/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/memory/test_memory.c - no memory harms nobody but who needed it.
 *
 * Each act (a login, a query, a COPY, a RELOAD, ...) is done over and over, and each
 * time another of the allocations it makes fails, whoever makes it: Sluice, libevent or
 * OpenSSL. It may end in an error; it must end. Sluice lives, another client goes on,
 * and when all is over nothing is left of it.
 *
 * SLUICE_MEMORY_TRIALS: how many of an act's allocations to try; 0: every one.
 */
#include "tests/memory/failing_malloc.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/tls.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACT_MS = 40000, PATIENCE_MS = 20000, TRIALS = 60, LAST = 40 };

static struct failing_malloc *control;
static PGconn *bystander;

static const char ini[] = "[databases]\n"
                          "shop = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"
                          "[pgbouncer]\n"
                          "listen_addr = 127.0.0.1\n"
                          "listen_port = @PORT@\n"
                          "unix_socket_dir = @DIR@\n"
                          "auth_type = scram-sha-256\n"
                          "auth_file = @DIR@/userlist.txt\n"
                          "admin_users = postgres\n"
                          "pool_mode = transaction\n"
                          "default_pool_size = 5\n"
                          "workers = 2\n"
                          "client_tls_sslmode = allow\n"
                          "client_tls_cert_file = @DIR@/tls/server.crt\n"
                          "client_tls_key_file = @DIR@/tls/server.key\n"
                          "query_wait_timeout = 5\n"
                          "client_login_timeout = 5\n"
                          "server_connect_timeout = 5\n"
                          "server_login_retry = 1\n"
                          "max_prepared_statements = 20\n";

/* [http] comes behind it: it has a port of its own. */
static int http_port;

static PGconn *login(const char *database, const char *more)
{
    return query_connect("host=127.0.0.1 port=%d user=postgres password=secret dbname=%s %s",
            sluice.port, database, more);
}

/* ---- acts ---- */

static void ask(PGconn *conn, const char *const *texts)
{
    for (; *texts != NULL && PQstatus(conn) == CONNECTION_OK; texts++) {
        PQclear(PQexec(conn, *texts));
    }
}

static void simple(void)
{
    static const char *const texts[] = {"select 1", "begin", "set local work_mem = '1MB'",
            "select repeat('x', 100000)", "commit", "set application_name = 'x'", "select 1/0",
            NULL};
    PGconn *conn = login("shop", "sslmode=disable application_name=a");

    ask(conn, texts);
    PQfinish(conn);
}

static void prepared(void)
{
    PGconn *conn = login("shop", "sslmode=disable");
    char name[16];

    for (int i = 0; i < 4 && PQstatus(conn) == CONNECTION_OK; i++) {
        snprintf(name, sizeof name, "p%d", i);
        PQclear(PQprepare(conn, name, i < 3 ? "select $1::text" : "select wrong", 1, NULL));
        const char *value = "v";
        PQclear(PQexecPrepared(conn, name, 1, &value, NULL, NULL, 0));
    }
    const char *value = "v";
    PQclear(PQexecParams(conn, "select $1::text, 2", 1, NULL, &value, NULL, NULL, 0));
    PQfinish(conn);
}

static void pipelined(void)
{
    PGconn *conn = login("shop", "sslmode=disable");
    bool is_in = PQenterPipelineMode(conn) == 1;

    for (int i = 0; is_in && i < 40; i++) {
        PQsendQueryParams(conn, i == 20 ? "select 1/0" : "select 1", 0, NULL, NULL, NULL, NULL, 0);
        PQpipelineSync(conn);
    }
    for (int i = 0; is_in && i < 200 && PQstatus(conn) == CONNECTION_OK; i++) {
        PQclear(PQgetResult(conn));
    }
    PQfinish(conn);
}

static void copies(void)
{
    PGconn *conn = login("shop", "sslmode=disable");
    char *row = NULL;

    PQclear(PQexec(conn, "copy memory_test from stdin"));
    for (int i = 0; i < 2000 && PQputCopyData(conn, "1\tabcdefghijklmnopqrstuvwxyz\n", 29) == 1;
            i++) {
    }
    PQputCopyEnd(conn, NULL);
    PQclear(PQgetResult(conn));
    PQclear(PQexec(conn, "copy (select generate_series(1, 5000)) to stdout"));
    while (PQgetCopyData(conn, &row, 0) > 0) {
        PQfreemem(row);
    }
    PQclear(PQgetResult(conn));
    PQclear(PQexec(conn, "truncate memory_test"));
    PQfinish(conn);
}

static void encrypted(void)
{
    static const char *const texts[] = {"select 1", "select repeat('x', 100000)", NULL};
    PGconn *conn = login("shop", "sslmode=require");

    ask(conn, texts);
    PQfinish(conn);
}

static void wrong_password(void)
{
    PQfinish(query_connect("host=127.0.0.1 port=%d user=postgres password=wrong dbname=shop "
                           "sslmode=disable",
            sluice.port));
}

static void console(void)
{
    static const char *const texts[] = {"show pools", "show clients", "show servers", "show stats",
            "show config", "show lists", "show mem", "show databases", "show users", "show fds",
            "show sockets", "show help", "show totals", "show dns_hosts", "show nonsense",
            "set query_wait_timeout = 5", "pause shop", "resume shop", "reconnect shop", NULL};
    PGconn *conn = login("pgbouncer", "sslmode=disable");

    ask(conn, texts);
    PQclear(PQexec(conn, "resume shop"));
    PQclear(PQexecParams(conn, "show version", 0, NULL, NULL, NULL, NULL, 0));
    PQfinish(conn);
}

/* The views of statements; of one of them all that is known. */
static void statements(void)
{
    static const char *const texts[] = {"show latency", "show errors", "show slow",
            "show slow total", "show active", "show history", "show query xyz", NULL};
    PGconn *conn = login("shop", "sslmode=disable");
    char text[64];

    PQclear(PQexec(conn, "select 1 as one"));
    PQfinish(conn);
    conn = login("pgbouncer", "sslmode=disable");
    PGresult *result = PQexec(conn, "show queries calls");
    const char *id = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "0";
    snprintf(text, sizeof text, "show query %s", id);
    PQclear(result);
    PQclear(PQexec(conn, text));
    ask(conn, texts);
    PQclear(PQexec(conn, "reset stats"));
    PQfinish(conn);
}

static void reload(void)
{
    PGconn *conn = login("pgbouncer", "sslmode=disable");

    PQclear(PQexec(conn, "reload"));
    PQfinish(conn);
}

static void cancelled(void)
{
    PGconn *conn = login("shop", "sslmode=disable");
    PGcancel *cancel = PQgetCancel(conn);
    char text[256];

    if (cancel != NULL && PQsendQuery(conn, "select pg_sleep(0.05)") == 1) {
        PQcancel(cancel, text, sizeof text);
        PQclear(PQgetResult(conn));
    }
    PQfreeCancel(cancel);
    PQfinish(conn);
}

static void vanished(void)
{
    PGconn *conn = login("shop", "sslmode=disable");

    PQsendQuery(conn, "select pg_sleep(0.01)");
    close(PQsocket(conn)); /* and no farewell */
}

/* On one connection, which may be closed upon after any; plain: a child has no cases. */
static void request(const char *requests, size_t len)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
            .sin_port = htons((uint16_t)http_port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char answer[4096];

    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
            send(fd, requests, len, MSG_NOSIGNAL) > 0) {
        while (recv(fd, answer, sizeof answer, 0) > 0) {
        }
    }
    close(fd);
}

static void browse(void)
{
    static const char requests[] =
            "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /api/views/clients?a=b HTTP/1.1\r\nHost: x\r\n\r\n"
            "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
            "GET /api/views HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    request(requests, sizeof requests - 1);
}

static void analyze(void)
{
    static const char requests[] =
            "GET /api/metrics/performance?database=shop HTTP/1.1\r\nHost: x\r\n\r\n"
            "POST /api/queries/analyze HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
            "Content-Length: 35\r\n\r\n{\"sql\":\"select 42\", \"db\" : \"shop\" }"
            "POST /api/queries/analyze HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
            "Content-Length: 16\r\nConnection: close\r\n\r\n{\"sql\":\"select\"}";

    request(requests, sizeof requests - 1);
}

/* ---- a trial ---- */

static void arm(long first, long count, long larger)
{
    atomic_store(&control->seen, 0);
    atomic_store(&control->failed, 0);
    atomic_store(&control->first, first);
    atomic_store(&control->count, count);
    atomic_store(&control->larger, larger);
    atomic_store(&control->is_armed, true);
}

static void play(void (*act)(void), const char *name, long first)
{
    pid_t pid = fork();

    if (pid == 0) {
        alarm(ACT_MS / 1000);
        act();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    atomic_store(&control->is_armed, false);
    if (WIFSIGNALED(status)) {
        fail_msg("%s, allocation %ld: the client had to be ended by signal %d", name, first,
                WTERMSIG(status));
    }
    sluice_must_live(&sluice);
    if (PQstatus(bystander) != CONNECTION_OK ||
            strcmp(query_text(bystander, "select 42"), "42") != 0) {
        fail_msg("%s, allocation %ld: another client hears %s", name, first,
                PQerrorMessage(bystander));
    }
}

/* ---- a hand-over that comes to nothing ---- */

static int dial_handover(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 2};

    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/.s.PGSQL.%d.handover", sluice.dir,
            sluice.port);
    /* A place that could not be had is tried again within a second. */
    for (long stop = proc_now_ms() + PATIENCE_MS; proc_now_ms() < stop; proc_pause_ms(20)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            return fd;
        }
        close(fd);
    }
    fail_msg("no process could take over any more");
    return -1;
}

/* False: it was closed instead. */
static bool read_handover(int fd, uint8_t type)
{
    static uint8_t body[65536];
    uint8_t head[6] = {0};

    while (head[4] != type) {
        if (recv(fd, head, sizeof head, MSG_WAITALL) != (ssize_t)sizeof head) {
            return false;
        }
        size_t len = (size_t)head[2] << 8 | head[3];
        if (len > 0 && recv(fd, body, len, MSG_WAITALL) != (ssize_t)len) {
            return false;
        }
    }
    return true;
}

/* The bystander is offered, maybe, and nobody answers for it. */
static void taken_over(void)
{
    enum { WARM = 7, CLIENT = 10 };
    static const uint8_t hello[] = {0, 0, 0, 12, 1, 0, 'S', 'L', 'O', 'H', 0, 0, 0, 1, 0, 0, 0, 42};
    static const uint8_t serves[] = {0, 0, 0, 0, 8, 0};
    int fd = dial_handover();

    if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello &&
            read_handover(fd, WARM) &&
            send(fd, serves, sizeof serves, MSG_NOSIGNAL) == (ssize_t)sizeof serves) {
        (void)read_handover(fd, CLIENT);
    }
    close(fd);
}

static long trials(void)
{
    const char *text = getenv("SLUICE_MEMORY_TRIALS");

    return text == NULL ? TRIALS : strtol(text, NULL, 10);
}

static void over_and_over(void (*act)(void), const char *name)
{
    arm(0, 0, 0);
    play(act, name, 0);
    long total = atomic_load(&control->seen);
    long step = trials() > 0 && total > trials() ? total / trials() : 1;
    print_message("%s: %ld allocations, every %ld. fails\n", name, total, step);
    assert_true(total > 0);
    for (long first = 1; first <= total; first += step) {
        arm(first, 1, 0);
        play(act, name, first);
    }
    for (long first = 1; first <= total; first += 4 * step) {
        arm(first, 10, 0);
        play(act, name, first);
    }
    /* Where what was made is put in force. */
    for (long first = total > LAST ? total - LAST : 1; step > 1 && first <= total; first++) {
        arm(first, 1, 0);
        play(act, name, first);
    }
}

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {{"login and simple queries", simple}, {"prepared statements", prepared},
        {"a pipeline", pipelined}, {"COPY", copies}, {"TLS", encrypted},
        {"a wrong password", wrong_password}, {"the console", console}, {"RELOAD", reload},
        {"statistics", statements}, {"cancel", cancelled}, {"a client that vanishes", vanished},
        {"HTTP", browse}, {"an analysis", analyze}, {"a hand-over", taken_over}};

/* ---- what is left ---- */

static int open_files(void)
{
    char path[64];
    int count = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)sluice.process.pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

/* Of SHOW POOLS, all but idle servers, and of SHOW LISTS the clients: as text, to be compared. */
static void say_counts(char *out, size_t len)
{
    PGconn *conn = query_must_connect("host=127.0.0.1 port=%d user=postgres password=secret "
                                      "dbname=pgbouncer sslmode=disable",
            sluice.port);
    PGresult *pools = PQexec(conn, "show pools");
    PGresult *lists = PQexec(conn, "show lists");
    size_t at = 0;

    out[0] = '\0';
    for (int row = 0; row < PQntuples(pools); row++) {
        for (int field = 2; field < 13; field++) {
            bool is_idle = strcmp(PQfname(pools, field), "sv_idle") == 0 ||
                           strcmp(PQfname(pools, field), "sv_used") == 0;
            at += (size_t)snprintf(
                    out + at, len - at, "%s ", is_idle ? "-" : PQgetvalue(pools, row, field));
        }
    }
    for (int row = 0; row < PQntuples(lists); row++) {
        if (strstr(PQgetvalue(lists, row, 0), "_clients") != NULL) {
            at += (size_t)snprintf(out + at, len - at, "%s ", PQgetvalue(lists, row, 1));
        }
    }
    PQclear(pools);
    PQclear(lists);
    PQfinish(conn);
}

static void everything_comes_back(const char *before, int files)
{
    char now[1024];
    long end = proc_now_ms() + PATIENCE_MS;

    for (;;) {
        say_counts(now, sizeof now);
        bool is_back = strcmp(before, now) == 0;
        if (is_back && open_files() <= files + 5 + 1) { /* the pool may be full of idle servers */
            return;
        }
        if (proc_now_ms() > end) {
            fail_msg("counts were %s and are %s; %d files were open and %d are", before, now, files,
                    open_files());
        }
        proc_pause_ms(50);
    }
}

/* What is there at rest: no server is asked for the catalogue just then. */
static int begin_counting(char *before, size_t len)
{
    char again[1024];
    long end = proc_now_ms() + PATIENCE_MS;

    say_counts(before, len);
    for (int alike = 0; alike < 10 && proc_now_ms() < end; alike++) {
        proc_pause_ms(50);
        say_counts(again, sizeof again);
        if (strcmp(before, again) != 0) {
            snprintf(before, len, "%s", again);
            alike = -1;
        }
    }
    return open_files();
}

/* ---- cases ---- */

static void each_allocation_may_fail(void **state)
{
    char before[1024];
    int files = begin_counting(before, sizeof before);

    (void)state;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        over_and_over(acts[i].act, acts[i].name);
    }
    everything_comes_back(before, files);
}

static void large_allocations_may_fail(void **state)
{
    static const long larger[] = {1 << 20, 65536, 16384, 4096, 1024, 256, 1};
    char before[1024];
    int files = begin_counting(before, sizeof before);

    (void)state;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        for (size_t j = 0; j < sizeof larger / sizeof larger[0]; j++) {
            arm(0, 0, larger[j]);
            play(acts[i].act, acts[i].name, -larger[j]);
        }
    }
    everything_comes_back(before, files);
}

/* ---- the world ---- */

static void map_control(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0 || ftruncate(fd, sizeof *control) != 0) {
        proc_die("%s cannot be made", path);
    }
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (control == MAP_FAILED) {
        proc_die("%s cannot be mapped", path);
    }
}

static int begin(void **state)
{
    const char *library = getenv("SLUICE_FAILING_MALLOC");
    char path[PROC_PATH_MAX + 16];
    char text[sizeof ini + 128];

    if (library == NULL) {
        proc_die("SLUICE_FAILING_MALLOC must name the library");
    }
    (void)start_cluster(state);
    cluster_sql(&cluster, "create table memory_test (a int, b text)");
    (void)prepare(state);
    sluice_file(&sluice, "userlist.txt", "\"postgres\" \"secret\"\n");
    tls_make(sluice.dir, NULL);
    snprintf(path, sizeof path, "%s/control", sluice.dir);
    map_control(path);
    setenv("FAILING_MALLOC", path, 1);
    setenv("LD_PRELOAD", library, 1);
    http_port = proc_free_port();
    snprintf(text, sizeof text,
            "%s[http]\nlisten = 127.0.0.1:%d\ntimeout = 2\ntoken = t\n"
            "[stats]\nmode = on\nexamples = 1\nslow_threshold = 0\n",
            ini, http_port);
    sluice_start(&sluice, text);
    unsetenv("LD_PRELOAD");
    bystander = login("shop", "sslmode=disable");
    if (PQstatus(bystander) != CONNECTION_OK) {
        proc_die("the bystander cannot log in: %s", PQerrorMessage(bystander));
    }
    return 0;
}

static int end(void **state)
{
    PQfinish(bystander);
    return stop_both(state);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(each_allocation_may_fail),
            cmocka_unit_test(large_allocations_may_fail),
    };
    return case_run(cases, sizeof cases / sizeof cases[0], begin, end);
}
