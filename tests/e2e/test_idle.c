/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_idle.c - a process that nobody wants anything of sleeps.
 *
 * What is counted is how often its threads went to sleep, by themselves. A machine under
 * load makes that less, not more, so the bounds need not know how fast it is.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLIENTS = 30, WINDOW_MS = 2000, WINDOWS = 15 };

/* A second, all threads together: some are waited for by others of a sanitizer's. */
enum { WAKES_MAX = 40 };

#define INI                                                                                        \
    "[databases]\n"                                                                                \
    "shop = " AT_POSTGRES " min_pool_size=2\n" INI_ALONE                                           \
    "pool_mode = transaction\nclient_idle_timeout = 600\n"                                         \
    "query_timeout = 60\nserver_lifetime = 3600\n"

static int http_port;

static int start_plain(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice, INI "[stats]\nmode = off\n");
    return 0;
}

static int start_with_all(void **state)
{
    char ini[4096];

    (void)prepare(state);
    http_port = proc_free_port();
    snprintf(ini, sizeof ini, INI "[http]\nlisten = 127.0.0.1:%d\n", http_port);
    sluice_start(&sluice, ini);
    return 0;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 0 when the thread has just ended. */
static long sleeps_of(const char *status)
{
    FILE *file = fopen(status, "re");
    char line[256];
    long count = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &count) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

/* Of all threads there are. */
static long sleeps(void)
{
    char path[PROC_PATH_MAX];
    struct dirent *entry;
    long sum = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)sluice.process.pid);
    DIR *tasks = opendir(path);
    assert_non_null(tasks);
    while ((entry = readdir(tasks)) != NULL) {
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)sluice.process.pid,
                entry->d_name);
        sum += entry->d_name[0] == '.' ? 0 : sleeps_of(path);
    }
    closedir(tasks);
    assert_true(sum > 0);
    return sum;
}

/* Until it does; what is under way at first, like catalogues being read, has time to end. */
static void must_come_to_rest(void)
{
    const struct timespec window = {.tv_sec = WINDOW_MS / 1000};
    double rate = 0;

    for (int i = 0; i < WINDOWS; i++) {
        double began_at = seconds();
        long before = sleeps();
        nanosleep(&window, NULL);
        rate = (double)(sleeps() - before) / (seconds() - began_at);
        if (rate <= WAKES_MAX) {
            return;
        }
    }
    fail_msg("an idle process wakes %.0f times a second", rate);
}

static void must_rest_with_clients(void)
{
    PGconn *conns[CLIENTS];

    must_come_to_rest();
    for (int i = 0; i < CLIENTS; i++) {
        conns[i] = open_as("postgres", "shop");
        query_expect(conns[i], "select 1", "1");
    }
    must_come_to_rest();
    for (int i = 0; i < CLIENTS; i++) {
        query_expect(conns[i], "select 2", "2");
        PQfinish(conns[i]);
    }
}

static void without_and_with_clients_it_sleeps(void **state)
{
    (void)state;
    must_rest_with_clients();
}

static void with_statistics_and_http_it_sleeps_too(void **state)
{
    (void)state;
    must_rest_with_clients();
    must_come_to_rest();
}

/* PostgreSQL is gone: attempts come back ever later, and nothing else goes on meanwhile. */
static void while_connecting_fails_it_sleeps_between_attempts(void **state)
{
    PGconn *admin = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(conn, "select 1", "1");
    cluster_kill(&cluster);
    soon_logged(&sluice, "event=server_closed ");
    must_come_to_rest();
    cluster_again(&cluster);
    PQfinish(conn);
    conn = open_soon("postgres", "shop");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(admin);
}

static const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(
                without_and_with_clients_it_sleeps, start_plain, stop_sluice),
        cmocka_unit_test_setup_teardown(
                with_statistics_and_http_it_sleeps_too, start_with_all, stop_sluice),
        cmocka_unit_test_setup_teardown(
                while_connecting_fails_it_sleeps_between_attempts, start_plain, stop_sluice),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
