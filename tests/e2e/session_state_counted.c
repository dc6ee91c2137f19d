/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/session_state_counted.h"

#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>

/* What a process has counted is its own for a while: who looks that closely stays with one. */
void who_looks_at_statistics_closely_keeps_its_server(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect(one, "begin", "BEGIN");
    query_expect(other, "select 1", "1"); /* on a second one */
    query_text(one, "select pg_stat_get_snapshot_timestamp()");
    query_expect(one, "commit", "COMMIT");
    query_expect(one, "create table told (n int)", "CREATE TABLE");
    for (int i = 0; i < 12; i++) {
        query_expect(one, "select count(*) from told", "0");
    }
    query_expect(one, "select pg_stat_force_next_flush()", "");
    query_expect(one, "select seq_scan from pg_stat_user_tables where relname = 'told'", "12");
    query_expect(one, "drop table told", "DROP TABLE");
    PQfinish(other);
    PQfinish(one);
}

/* PostgreSQL counts servers: such a client's is a session of its own, as it would be without a pool. */
void who_looks_at_statistics_closely_is_a_session_of_its_own(void **state)
{
    char counted[160];

    (void)state;
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_text(one, "select pg_stat_force_next_flush()");
    query_expect(other, "select 1", "1"); /* on a second one, which will be free */
    snprintf(counted, sizeof counted,
            "select sessions > %s from pg_stat_database where datname = current_database()",
            query_text(one,
                    "select sessions from pg_stat_database where datname = current_database()"));
    PQfinish(other);
    PQfinish(one);
    one = open_as("postgres", "two");
    query_text(one, "select pg_stat_force_next_flush()");
    query_expect(one, counted, "t");
    PQfinish(one);
}

/* So is one whose server would be one that stood ready, and was counted before. */
static void check_that_stood_ready(const char *name)
{
    char counted[160];

    PGconn *one = open_as("postgres", "ready");
    query_expect(one, "select 1", "1");
    for (long end = proc_now_ms() + SOON_MS;
            console_number("SHOW POOLS", "database", "ready", "sv_idle") != 2; proc_pause_ms(20)) {
        assert_true(proc_now_ms() < end);
    }
    snprintf(counted, sizeof counted,
            "select sessions > %s from pg_stat_database where datname = current_database()",
            query_text(one,
                    "select sessions from pg_stat_database where datname = current_database()"));
    PQfinish(one);
    one = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=ready application_name=%s", sluice.port,
            name);
    query_text(one, "select pg_stat_force_next_flush()");
    query_expect(one, counted, "t");
    PQfinish(one);
}

void nor_is_a_server_that_stood_ready_its_session(void **state)
{
    (void)state;
    check_that_stood_ready("");
}

/* It is set up first, and goes back behind that. */
void nor_is_one_that_is_set_up_for_it(void **state)
{
    (void)state;
    check_that_stood_ready("looker");
}
