/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/functions_base.h"

#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char functions_look[] = "select coalesce(current_setting('my.thing', true), '')";

void functions_start(int pool_size, const char *believes, const char *stats)
{
    char ini[TEXT_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES " pool_mode=transaction pool_size=%d\n"
            "measured = " AT_CLUSTER " pool_mode=transaction pool_size=2\n"
            "session = " AT_POSTGRES " pool_mode=session pool_size=2\n" INI_MAIN
            "functions_by_catalog = %s\n[stats]\nmode = %s\n",
            pool_size, believes, stats);
    sluice_start(&sluice, ini);
}

void functions_await_loaded(void)
{
    console_await("SHOW CATALOG", "database", "db", "state", "loaded");
}

/* And its server is another's, with what was left while nothing was known taken away. */
void functions_await_catalog(PGconn *other)
{
    functions_await_loaded();
    query_expect(other, "select 1", "1");
}

/* How often the log has that: what was asked is there before it is answered. */
static unsigned logged(const char *mark)
{
    unsigned count = 0;
    char line[TEXT_MAX];
    FILE *log = fopen(cluster.server.log, "r");

    assert_non_null(log);
    while (fgets(line, sizeof line, log) != NULL) {
        count += strstr(line, mark) != NULL;
    }
    fclose(log);
    return count;
}

/* How often a session was cleaned so far. */
unsigned functions_cleaned(void)
{
    return logged("; RESET ALL");
}

/* How often PostgreSQL was asked what was left. */
unsigned functions_asked(void)
{
    return logged("FROM pg_catalog.pg_settings WHERE source");
}

void functions_run(PGconn *conn, const char *sql, enum functions_way way)
{
    PGresult *result;

    if (way == WAY_NAMED) {
        static unsigned names;
        char name[16];
        snprintf(name, sizeof name, "call_%u", names++);
        PQclear(PQprepare(conn, name, sql, 0, NULL));
        result = PQexecPrepared(conn, name, 0, NULL, NULL, NULL, 0);
    } else {
        result = way == WAY_UNNAMED ? PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0)
                                    : PQexec(conn, sql);
    }
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    }
    PQclear(result);
}

/* Behind one client's call another finds nothing; whether anything was taken away for that. */
void functions_check_call(PGconn *one, PGconn *other, const char *sql, bool is_cleaned)
{
    for (int way = 0; way < WAYS; way++) {
        unsigned before = functions_cleaned();
        functions_run(one, sql, (enum functions_way)way);
        query_expect(other, functions_look, "");
        if ((functions_cleaned() > before) != is_cleaned) {
            fail_msg("%s [%d]: %s", sql, way, is_cleaned ? "was not cleaned" : "was cleaned");
        }
    }
}
