/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_differential.c - the same bytes to PostgreSQL and through Sluice,
 * in session and in transaction mode; the replies must be the same, message by message.
 *
 *     e2e_differential                       the test
 *     e2e_differential --pgbouncer BINARY    the score of PgBouncer beside ours
 *     e2e_differential --only NAME           scripts whose name begins so, first differences shown
 *     e2e_differential --peer NAME:PORT:DB --direct PORT
 *                                            any proxy on loopback before any PostgreSQL
 *
 * With SLUICE_DIFFERENTIAL_FORCED, and a Sluice that reads a catalogue at once (tests/eager/main.c), whatever may be
 * answered from memory is (tests/support/doubler.h), in transaction mode.
 *
 * Behind the transaction pool three servers take turns, so that nothing works only
 * because the same server happened to come back.
 */
#include "tests/support/case.h"
#include "tests/support/doubler.h"
#include "tests/support/fixture.h"
#include "tests/support/script.h"
#include "tests/support/script_table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPTS_MAX = 512, PEERS_MAX = 8, REPLY_SHOWN = 300, NAME_WIDTH = 28, FORCED_MIN = 5 };

static struct proc pgbouncer;
static const char *only_name;
static int direct_port;

/* The first is PostgreSQL itself: the reference. */
static struct script_peer peers[PEERS_MAX];
static size_t peer_count;

/* What PostgreSQL itself answered, by script; filled on first use. */
static struct script_log references[SCRIPTS_MAX];

static const char ini[] = "[databases]\n"
                          "session = " AT_POSTGRES " pool_mode=session\n"
                          "transaction = " AT_POSTGRES " pool_mode=transaction "
                          "min_pool_size=3\n"
                          "[pgbouncer]\n"
                          "listen_addr = 127.0.0.1\n"
                          "listen_port = @PORT@\n"
                          "unix_socket_dir =\n"
                          "auth_type = trust\n"
                          "auth_file = @DIR@/userlist.txt\n"
                          "default_pool_size = 10\n"
                          "server_round_robin = 1\n";

static const char ini_forced[] = "[databases]\n"
                                 "transaction = " AT_POSTGRES " pool_mode=transaction\n" INI_MAIN
                                 "[cache]\nmode = ttl\nttl_local = 1h\nnegative_ttl = 1h\n"
                                 "admission = 1\n";

static struct doubler doubler;

static void add_peer(const char *name, int port, const char *database)
{
    if (peer_count == PEERS_MAX) {
        proc_die("too many peers");
    }
    peers[peer_count++] = (struct script_peer){.name = name, .port = port, .database = database};
}

/* ---- normalising -------------------------------------------------------------------------- */

/* Where in an error's fields the one of that kind begins, or NULL. */
static char *error_field(const struct script_reply *reply, char kind)
{
    for (size_t at = 0; at < reply->len; at += strlen(reply->body + at) + 1) {
        if (reply->body[at] == kind) {
            return reply->body + at;
        }
    }
    return NULL;
}

static void keep_code_only(struct script_reply *reply)
{
    char *code = error_field(reply, 'C');
    if (code == NULL) {
        return;
    }
    size_t len = strlen(code);
    memmove(reply->body, code, len + 1);
    reply->len = len;
}

static void normalise(struct script_log *log, unsigned flags)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->count; i++) {
        struct script_reply reply = log->replies[i];
        /* Nobody cares whether a refused login was first told that its password was right. */
        bool is_first_ok =
                i == 0 && reply.type == 'R' && log->count > 1 && log->replies[1].type == 'E';
        if (is_first_ok || ((flags & SCRIPT_NEWER) != 0 && reply.type == 'v')) {
            free(reply.body);
            continue;
        }
        if ((flags & SCRIPT_CODES) != 0 && reply.type == 'E') {
            keep_code_only(&reply);
        }
        log->replies[kept++] = reply;
    }
    log->count = kept;
}

/* ---- scores ------------------------------------------------------------------------------- */

/* Past Sluice, which has to forget what it knows of them. */
static void reset_tables(void)
{
    if (direct_port == 0) {
        cluster_sql(&cluster, script_table_reset);
    }
    if (doubler.pid != 0) {
        PGconn *console = open_console();
        PQclear(PQexec(console, "CACHE FLUSH"));
        PQfinish(console);
    }
}

static void show_difference(const struct script_row *row, const struct script_peer *peer,
        const struct script_log *want, const struct script_log *got)
{
    char text[REPLY_SHOWN];
    size_t i = script_differs(want, got);
    fprintf(stderr, "%s: %s differs at reply %zu\n", row->script.name, peer->name, i);
    fprintf(stderr, "  want %s\n", script_reply_text(want, i, text, sizeof text));
    fprintf(stderr, "  got  %s\n", script_reply_text(got, i, text, sizeof text));
}

/* Whoever knows more versions does not say NegotiateProtocolVersion: it is not waited for. */
static void drop_negotiation(struct script_log *log)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (log->replies[i].type != 'v') {
            log->replies[kept++] = log->replies[i];
            continue;
        }
        free(log->replies[i].body);
        for (size_t m = 0; m < log->mark_count; m++) {
            log->marks[m] -= log->marks[m] > kept;
        }
    }
    log->count = kept;
}

static const struct script_log *reference(size_t i)
{
    struct script_log *log = &references[i];
    if (log->count == 0) {
        reset_tables();
        script_run(log, &script_table[i].script, &peers[0], NULL);
        if ((script_table[i].flags & SCRIPT_NEWER) != 0) {
            drop_negotiation(log);
        }
    }
    return log;
}

/* Whether peer answers script i as the reference does. */
static bool same(size_t i, const struct script_peer *peer, bool show)
{
    const struct script_row *row = &script_table[i];
    struct script_log *want = &references[i];
    struct script_log got;
    const struct script_log *waited_for = reference(i);
    reset_tables();
    script_run(&got, &row->script, peer, waited_for);
    normalise(want, row->flags);
    normalise(&got, row->flags);
    bool alike = script_differs(want, &got) == SIZE_MAX;
    if (!alike && show) {
        show_difference(row, peer, want, &got);
    }
    script_log_fini(&got);
    return alike;
}

static bool is_wanted(const struct script_row *row)
{
    return only_name == NULL || strncmp(row->script.name, only_name, strlen(only_name)) == 0;
}

static bool is_fair(const struct script_row *row, const struct script_peer *peer)
{
    return (row->flags & SCRIPT_SESSION) == 0 || strcmp(peer->database, "transaction") != 0;
}

static void every_reply_is_postgresqls_own(const struct script_peer *peer)
{
    size_t different = 0;
    size_t played = 0;
    for (size_t i = 0; i < script_table_count; i++) {
        const struct script_row *row = &script_table[i];
        if (!is_wanted(row) || !is_fair(row, peer)) {
            continue;
        }
        played++;
        different += same(i, peer, true) ? 0 : 1;
    }
    if (different > 0) {
        fail_msg("%s: %zu of %zu scripts differ", peer->name, different, played);
    }
}

static void in_session_mode_every_reply_is_postgresqls_own(void **state)
{
    (void)state;
    every_reply_is_postgresqls_own(&peers[1]);
}

static void in_transaction_mode_every_reply_is_postgresqls_own(void **state)
{
    (void)state;
    every_reply_is_postgresqls_own(&peers[2]);
}

/* A row a script, a column a peer; the number of differences of our own peers is returned. */
static void show_scores(void)
{
    size_t scores[PEERS_MAX] = {0};
    size_t played[PEERS_MAX] = {0};
    printf("%-*s", NAME_WIDTH, "script");
    for (size_t p = 1; p < peer_count; p++) {
        printf(" %-22s", peers[p].name);
    }
    putchar('\n');
    for (size_t i = 0; i < script_table_count; i++) {
        const struct script_row *row = &script_table[i];
        if (!is_wanted(row)) {
            continue;
        }
        printf("%-*s", NAME_WIDTH, row->script.name);
        for (size_t p = 1; p < peer_count; p++) {
            bool fair = is_fair(row, &peers[p]);
            bool alike = fair && same(i, &peers[p], only_name != NULL);
            played[p] += fair ? 1 : 0;
            scores[p] += alike ? 1 : 0;
            printf(" %-22s", !fair ? "-" : alike ? "same" : "DIFFERENT");
        }
        putchar('\n');
        fflush(stdout);
    }
    printf("%-*s", NAME_WIDTH, "same of played");
    for (size_t p = 1; p < peer_count; p++) {
        printf(" %3zu of %-15zu", scores[p], played[p]);
    }
    putchar('\n');
}

/* ---- what runs ---------------------------------------------------------------------------- */

static int start(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, script_table_setup);
    (void)prepare(state);
    sluice_start(&sluice, ini);
    add_peer("postgresql", cluster.port, "postgres");
    add_peer("sluice session", sluice.port, "session");
    add_peer("sluice transaction", sluice.port, "transaction");
    return 0;
}

static void start_pgbouncer(char *binary)
{
    static char dir[PROC_PATH_MAX];
    char text[2048];
    char path[PROC_PATH_MAX + 32];
    char log[PROC_PATH_MAX + 32];
    int port = proc_free_port();
    proc_temp_dir(dir, "postgres");
    snprintf(text, sizeof text,
            "[databases]\n"
            "session = host=127.0.0.1 port=%d dbname=postgres pool_mode=session\n"
            "transaction = host=127.0.0.1 port=%d dbname=postgres pool_mode=transaction\n"
            "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"
            "auth_type = trust\nauth_file = %s/userlist.txt\nserver_round_robin = 1\n"
            "min_pool_size = 3\n",
            cluster.port, cluster.port, port, dir);
    proc_write(dir, "pgbouncer.ini", "postgres", text);
    proc_write(dir, "userlist.txt", "postgres", "\"postgres\" \"\"\n");
    snprintf(path, sizeof path, "%s/pgbouncer.ini", dir);
    snprintf(log, sizeof log, "%s/log", dir);
    char *const argv[] = {binary, path, NULL};
    proc_start(&pgbouncer, argv, &(struct proc_options){.log = log, .user = "postgres"});
    if (!proc_wait_port(port, 30000)) {
        proc_die("%s does not listen", binary);
    }
    add_peer("pgbouncer session", port, "session");
    add_peer("pgbouncer transaction", port, "transaction");
}

/* NAME:PORT:DB */
static void add_peer_text(char *text)
{
    char *port = strchr(text, ':');
    char *database = port == NULL ? NULL : strchr(port + 1, ':');
    if (database == NULL) {
        proc_die("--peer takes NAME:PORT:DATABASE");
    }
    *port++ = '\0';
    *database++ = '\0';
    add_peer(text, (int)strtol(port, NULL, 10), database);
}

/* ---- from memory ---- */

static int start_forced(void **state)
{
    static char console[128];
    static struct doubler_options options = {.console = console};

    (void)start_cluster(state);
    cluster_sql(&cluster, script_table_setup);
    (void)prepare(state);
    sluice_start(&sluice, ini_forced);
    snprintf(console, sizeof console,
            "host=127.0.0.1 port=%d user=admin dbname=pgbouncer sslmode=disable", sluice.port);
    options.sluice = sluice.port;
    options.log = getenv("SLUICE_FORCED_LOG");
    options.logs_all = options.log != NULL;
    doubler_start(&doubler, &options);
    add_peer("postgresql", cluster.port, "postgres");
    add_peer("sluice, from memory", doubler.port, "transaction");
    return 0;
}

static int stop_forced(void **state)
{
    doubler_stop(&doubler);
    return stop_both(state);
}

static void from_memory_every_reply_is_postgresqls_own(void **state)
{
    (void)state;
    every_reply_is_postgresqls_own(&peers[1]);
    doubler_print(doubler.seen);
    assert_int_equal(atomic_load(&doubler.seen->differs), 0);
    assert_int_equal(atomic_load(&doubler.seen->overlapped), 0);
    assert_true(doubler_hits(doubler.seen) >= FORCED_MIN);
}

static int run_forced(void)
{
    static const struct CMUnitTest cases[] = {
            cmocka_unit_test(from_memory_every_reply_is_postgresqls_own),
    };
    return case_run(cases, CASE_COUNT(cases), start_forced, stop_forced);
}

static int run_cases(void)
{
    static const struct CMUnitTest cases[] = {
            cmocka_unit_test(in_session_mode_every_reply_is_postgresqls_own),
            cmocka_unit_test(in_transaction_mode_every_reply_is_postgresqls_own),
    };
    return case_run(cases, CASE_COUNT(cases), start, stop_both);
}

int main(int argc, char **argv)
{
    char *binary = NULL;
    bool has_peers = false;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--pgbouncer") == 0) {
            binary = argv[i + 1];
        } else if (strcmp(argv[i], "--only") == 0) {
            only_name = argv[i + 1];
        } else if (strcmp(argv[i], "--direct") == 0) {
            direct_port = (int)strtol(argv[i + 1], NULL, 10);
        }
        has_peers = has_peers || strcmp(argv[i], "--peer") == 0;
    }
    if (has_peers && direct_port != 0) {
        add_peer("postgresql", direct_port, "postgres");
    }
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--peer") == 0) {
            add_peer_text(argv[i + 1]);
        }
    }
    if (argc == 1) {
        return getenv("SLUICE_DIFFERENTIAL_FORCED") != NULL ? run_forced() : run_cases();
    }
    if (direct_port == 0) {
        (void)start(NULL);
        if (binary != NULL) {
            start_pgbouncer(binary);
        }
    }
    show_scores();
    if (direct_port == 0) {
        proc_stop(&pgbouncer, SIGINT, 5000);
        (void)stop_both(NULL);
    }
    return 0;
}
