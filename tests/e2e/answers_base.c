/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_base.h"

#include "tests/e2e/answers_schema.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REST_MS = 25 }; /* longer than a server must rest */

PGconn *direct;
static PGconn *console;

const char answers_ini[] = "[databases]\n"
                           "db = " AT_POSTGRES " pool_mode=transaction pool_size=30\n"
                           "alias = " AT_POSTGRES " pool_mode=transaction pool_size=4\n"
                           "sess = " AT_POSTGRES " pool_mode=session pool_size=10\n"
                           "other = " AT_CLUSTER " dbname=other pool_mode=transaction\n"
                           "fuzz = " AT_CLUSTER " dbname=fuzz pool_mode=transaction\n"
                           "one = " AT_CLUSTER " dbname=one pool_mode=transaction\n" INI_MAIN
                           "max_client_conn = 300\n";

bool answers_is_long(void)
{
    return getenv("SLUICE_ANSWERS_LONG") != NULL;
}

int answers_make(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "wal_level = logical\n"
                                                              "max_prepared_transactions = 4\n"
                                                              "max_connections = 200\n"});
    direct = open_direct();
    for (size_t i = 0; i < answers_schema_count; i++) {
        do_sql(direct, answers_schema[i]);
    }
    return 0;
}

int answers_unmake(void **state)
{
    PQfinish(direct);
    return stop_cluster(state);
}

void answers_start(const char *cache)
{
    char ini[ANSWERS_TEXT_MAX];

    snprintf(ini, sizeof ini, "%s[cache]\n%s\n", answers_ini, cache);
    sluice_start(&sluice, ini);
    answers_look();
}

void answers_look(void)
{
    console = open_soon("admin", "pgbouncer");
}

void answers_stop(void)
{
    PQfinish(console);
    console = NULL;
}

/* ---- what it counts ---- */

static long find(const PGresult *result, const char *section, const char *name)
{
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), section) == 0 &&
                strcmp(PQgetvalue(result, row, 1), name) == 0) {
            return atol(PQgetvalue(result, row, 2));
        }
    }
    fail_msg("SHOW CACHE has no %s %s", section, name);
    return -1;
}

long counted(const char *section, const char *name)
{
    PGresult *result = PQexec(console, "SHOW CACHE");

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("SHOW CACHE: %s", PQerrorMessage(console));
    }
    long value = find(result, section, name);
    PQclear(result);
    return value;
}

long hits(void)
{
    return counted("lookups", "hits") + counted("lookups", "hits_waited");
}

/* ---- who asks ---- */

bool is_hit(PGconn *conn, const char *sql)
{
    long before = hits();

    query_text(conn, sql);
    return hits() > before;
}

/* Its server rests meanwhile, so that it can be asked for its catalogue. */
void warm(PGconn *conn, const char *sql)
{
    long until = proc_now_ms() + SOON_MS;

    while (!is_hit(conn, sql)) {
        if (proc_now_ms() > until) {
            console_print_counts();
            fail_msg("never answered from memory: %s: %s", sql, query_text(conn, sql));
        }
        proc_pause_ms(REST_MS);
    }
}

/* With what is said of its columns. */
static void tell(PGconn *conn, const char *sql, char told[static ANSWERS_TEXT_MAX])
{
    PGresult *result = PQexec(conn, sql);
    size_t len = 0;

    for (int i = 0; i < PQnfields(result) && len < ANSWERS_TEXT_MAX; i++) {
        len += (size_t)snprintf(told + len, ANSWERS_TEXT_MAX - len, "%s %u.%d %u(%d) ",
                PQfname(result, i), PQftable(result, i), PQftablecol(result, i), PQftype(result, i),
                PQfmod(result, i));
    }
    if (len < ANSWERS_TEXT_MAX) {
        snprintf(told + len, ANSWERS_TEXT_MAX - len, "%s", query_result(result));
    } else {
        PQclear(result);
    }
}

bool is_as(PGconn *conn, PGconn *other, const char *sql)
{
    static char expected[ANSWERS_TEXT_MAX];
    static char given[ANSWERS_TEXT_MAX];

    tell(other, sql, expected);
    tell(conn, sql, given);
    if (strcmp(given, expected) != 0) {
        print_message("%s: \"%s\", and PostgreSQL has \"%s\"\n", sql, given, expected);
        return false;
    }
    return true;
}

bool is_true(PGconn *conn, const char *sql)
{
    return is_as(conn, direct, sql);
}

void expect_true(PGconn *conn, const char *sql)
{
    assert_true(is_as(conn, direct, sql));
}

void expect_kept(PGconn *conn, PGconn *other, const char *sql)
{
    assert_true(is_as(conn, other, sql));
    warm(conn, sql);
    long before = hits();
    assert_true(is_as(conn, other, sql));
    assert_true(hits() > before);
}

void expect_never(PGconn *conn, const char *sql)
{
    long before = hits();

    for (int i = 0; i < 6; i++) {
        const char *answer = query_text(conn, sql);
        if (strncmp(answer, "ERROR", 5) == 0) {
            fail_msg("%s: %s", sql, answer);
        }
    }
    if (hits() != before) {
        fail_msg("answered from memory: %s", sql);
    }
}

void do_sql(PGconn *conn, const char *sql)
{
    const char *answer = query_text(conn, sql);

    if (strstr(answer, "ERROR ") != NULL) {
        fail_msg("%.200s: %s", sql, answer);
    }
}

void do_lines(PGconn *conn, const char *lines)
{
    while (*lines != '\0') {
        char line[ANSWERS_TEXT_MAX];
        size_t len = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, lines);
        do_sql(conn, line);
        lines += lines[len] == '\0' ? len : len + 1;
    }
}
