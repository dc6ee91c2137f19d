/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_drivers.c - programs in other languages, by the drivers people use.
 *
 * A program in tests/e2e/drivers/ tells what it saw line by line. It is run directly
 * against PostgreSQL, then through a session and a transaction pool that has fewer
 * servers than the program has connections: the lines must be the same. A driver
 * that is not installed is a failure; tests/run installs them. Run from the source
 * tree's root, as ctest does.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JDBC_JAR "/usr/share/java/postgresql.jar"
/* Debian's place, and where tests/run unpacks it for a Node that is not Debian's. */
#define NODE_PATH "/usr/share/nodejs:build/node/usr/share/nodejs"

static const char ini[] = "[databases]\n"
                          "session = " AT_POSTGRES " pool_mode=session pool_size=20\n"
                          "transaction = " AT_POSTGRES " pool_mode=transaction "
                          "pool_size=3\n"
                          "[pgbouncer]\n"
                          "listen_addr = 127.0.0.1\n"
                          "listen_port = @PORT@\n"
                          "auth_type = md5\n"
                          "auth_file = @DIR@/userlist.txt\n";

static int start(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, "create role driver login password 'pw'");
    cluster_sql(&cluster, "grant all on schema public to driver");
    (void)prepare(state);
    sluice_file(&sluice, "userlist.txt", "\"driver\" \"pw\"\n");
    sluice_start(&sluice, ini);
    return 0;
}

/* The first line in which two texts differ, into line. */
static void first_difference(const char *a, const char *b, char line[512])
{
    const char *start_a = a;
    const char *start_b = b;

    while (*a != '\0' && *a == *b) {
        if (*a == '\n') {
            start_a = a + 1;
            start_b = b + 1;
        }
        a++;
        b++;
    }
    snprintf(line, 512, "directly: %.*s\nthrough:  %.*s", (int)strcspn(start_a, "\n"), start_a,
            (int)strcspn(start_b, "\n"), start_b);
}

/* What a program said; format is its command with the words PORT and DATABASE set in the shell. */
static char *run(const char *command, int port, const char *database)
{
    char out[PROC_PATH_MAX + 64];
    char log[PROC_PATH_MAX + 64];
    int status;

    snprintf(out, sizeof(out), "%s/%s.out", sluice.dir, database);
    snprintf(log, sizeof(log), "%s/%s.err", sluice.dir, database);
    status = proc_shell(log, "PORT=%d DATABASE=%s; %s >'%s'", port, database, command, out);
    if (status != 0) {
        char *said = proc_read(log);
        print_error("%s", said);
        free(said);
        fail_msg("the program ended with %d by database %s: %s", status, database, command);
    }
    return proc_read(out);
}

static void compare(const char *command)
{
    static const char *const databases[] = {"session", "transaction"};
    char *direct = run(command, cluster.port, "postgres");
    size_t len = strlen(direct);

    if (len < 5 || strcmp(direct + len - 5, "done\n") != 0) {
        fail_msg("the program did not come to its end: %s", command);
    }
    for (size_t i = 0; i < CASE_COUNT(databases); i++) {
        char *through = run(command, sluice.port, databases[i]);

        if (strcmp(through, direct) != 0) {
            char line[512];
            first_difference(direct, through, line);
            fail_msg("database %s\n%s", databases[i], line);
        }
        free(through);
    }
    free(direct);
}

/* Debian's python3 by its path: another one earlier in PATH would not have the driver. */
static void python(void **state)
{
    (void)state;
    compare("/usr/bin/python3 tests/e2e/drivers/driver.py \"host=127.0.0.1 port=$PORT "
            "dbname=$DATABASE user=driver password=pw sslmode=disable\" python_table");
}

static void java(void **state)
{
    (void)state;
    compare("java -Xmx512m -cp " JDBC_JAR " tests/e2e/drivers/Driver.java "
            "jdbc:postgresql://127.0.0.1:$PORT/$DATABASE driver pw java_table");
}

static void node(void **state)
{
    (void)state;
    compare("NODE_PATH=" NODE_PATH " node tests/e2e/drivers/driver.js 127.0.0.1 $PORT $DATABASE "
            "driver pw node_table");
}

static void java_session(void **state)
{
    (void)state;
    cluster_sql(&cluster, "alter role driver superuser"); /* it makes schemas */
    compare("java -Xmx512m -cp " JDBC_JAR " tests/e2e/drivers/Session.java "
            "jdbc:postgresql://127.0.0.1:$PORT/$DATABASE driver pw java_session");
}

/* The last is the long suite's (long.drivers). */
int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(python),
            cmocka_unit_test(java),
            cmocka_unit_test(node),
            cmocka_unit_test(java_session),
    };
    size_t left_out = getenv("SLUICE_DRIVERS_ALL") == NULL;

    return case_run(cases, CASE_COUNT(cases) - left_out, start, stop_both);
}
