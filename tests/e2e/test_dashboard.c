/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_dashboard.c - the page at /, in headless Chromium, on a Sluice under load.
 *
 * tests/e2e/dashboard/check.py is the browser's side and says what is promised. It has this
 * program start and stop what it looks at: it writes a word into the file "ask" of Sluice's folder,
 * and the file is gone when that is done. Run from the source tree's root, as ctest does.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INI_MAX = 2048, COMMAND_MAX = 1024, TURN_MS = 20 };

/* What may look like markup to who is careless; as the check expects it. */
#define PLANTED "select 1 as \"<img src=x onerror=document.title='owned'>\""

static int http_port;
static struct proc bench;
static PGconn *busy;
static PGconn *sleeper;

static void start_sluice(const char *mode)
{
    char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\n"
            "shop = " AT_POSTGRES " user=postgres\n" INI_ALONE "pool_mode = transaction\n"
            "[stats]\nmode = %s\n"
            "[cache]\nmode = %s\nthrough_sluice = *\n"
            "[http]\nlisten = 127.0.0.1:%d\n",
            mode, strcmp(mode, "on") == 0 ? "safe" : "off", http_port);
    sluice_start(&sluice, ini);
}

static void await_hit(void)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(20)) {
        PQclear(PQexec(sleeper, "select count(*) from calm where id < 5"));
        PQclear(PQexec(sleeper, "select pg_sleep(0)"));
        if (console_number("SHOW CACHE", "name", "hits", "value") > 0) {
            return;
        }
    }
    fail_msg("nothing is ever a hit");
}

static void start_load(void)
{
    static const char script[] = "\\set aid random(1, 1000)\n"
                                 "begin;\n"
                                 "update accounts set balance = balance + 1 where id = :aid;\n"
                                 "select balance from accounts where id = :aid;\n"
                                 "end;\n";
    char file[PROC_PATH_MAX + 32];
    char log[PROC_PATH_MAX + 32];
    char program[PROC_PATH_MAX + 32];
    char port[16];

    proc_write(sluice.dir, "load.sql", NULL, script);
    snprintf(file, sizeof file, "%s/load.sql", sluice.dir);
    snprintf(log, sizeof log, "%s/pgbench.log", sluice.dir);
    snprintf(program, sizeof program, "%s/pgbench", cluster_bin());
    snprintf(port, sizeof port, "%d", sluice.port);
    proc_start(&bench,
            (char *[]){program, "-n", "-c", "3", "-R", "60", "-T", "3600", "-f", file, "-h",
                    "127.0.0.1", "-p", port, "-U", "one", "shop", NULL},
            &(struct proc_options){.log = log});
    busy = open_as("two", "shop");
    PQclear(PQexec(busy, "select 'slow' from pg_sleep(0.7)"));
    sleeper = open_as("one", "shop");
    /* Before it is read and the catalogue is known it may write anything as long as it runs, and
     * nothing would be kept. */
    await_hit();
    assert_int_equal(PQsendQuery(sleeper, "select pg_sleep(3600)"), 1);
}

/* pg_sleep ends by the server's hand, so that Sluice has counted it. */
static void stop_load(void)
{
    if (busy == NULL) {
        return;
    }
    (void)proc_stop(&bench, SIGINT, SOON_MS);
    PGconn *direct = open_direct();
    PQclear(PQexec(direct, END_SLEEPERS));
    PQfinish(direct);
    PQfinish(busy);
    PQfinish(sleeper);
    busy = sleeper = NULL;
}

/* A little of everything that the page shows. */
static void be_busy(void)
{
    static const char *const statements[] = {PLANTED, "select 1/0", "select count(*) from accounts",
            "select count(*) from calm where id < 5", "select random() from calm",
            "select * from accounts order by balance limit 100"};

    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        PQclear(PQexec(busy, statements[i]));
    }
}

static void obey(const char *word)
{
    if (strcmp(word, "start off") == 0) {
        start_sluice("off");
    } else if (strcmp(word, "start") == 0) {
        start_sluice("on");
    } else if (strcmp(word, "load") == 0) {
        start_load();
    } else if (strcmp(word, "calm") == 0) {
        stop_load();
    } else if (strcmp(word, "kill") == 0) {
        stop_load();
        (void)proc_stop(&sluice.process, SIGKILL, SOON_MS);
    } else {
        fail_msg("the check asks for \"%s\"", word);
    }
}

/* What is in the file, if it is there. */
static void look_for_a_wish(const char *path)
{
    if (access(path, F_OK) != 0) {
        return;
    }
    char *word = proc_read(path);
    obey(word);
    free(word);
    assert_int_equal(unlink(path), 0);
}

static void the_page_shows_what_the_api_says(void **state)
{
    char shots[PROC_PATH_MAX];
    char command[COMMAND_MAX];
    char log[PROC_PATH_MAX + 32];
    char ask[PROC_PATH_MAX + 32];
    struct proc check;
    int status;

    (void)state;
    snprintf(shots, sizeof shots, "%s", sluice_bin());
    char *slash = strrchr(shots, '/');
    assert_non_null(slash);
    *slash = '\0';
    snprintf(command, sizeof command,
            "exec python3 tests/e2e/dashboard/check.py http://127.0.0.1:%d '%s' '%s/tests/e2e'",
            http_port, sluice.dir, shots);
    snprintf(log, sizeof log, "%s/check.log", sluice.dir);
    snprintf(ask, sizeof ask, "%s/ask", sluice.dir);
    proc_start(&check, (char *[]){"sh", "-c", command, NULL}, &(struct proc_options){.log = log});
    while ((status = proc_wait(&check, TURN_MS)) < 0) {
        look_for_a_wish(ask);
        if (busy != NULL) {
            be_busy();
        }
    }
    assert_int_equal(status, 0);
}

static int begin(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, "create table accounts as select i as id, 0 as balance, "
                          "repeat('x', 100) as filler from generate_series(1, 1000) i");
    cluster_sql(&cluster, "create unique index on accounts (id)");
    cluster_sql(&cluster, "create table calm as select 1 as id");
    (void)prepare(state);
    http_port = proc_free_port();
    return 0;
}

static int end(void **state)
{
    stop_load();
    return stop_both(state);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(the_page_shows_what_the_api_says),
    };

    return case_run(cases, CASE_COUNT(cases), begin, end);
}
