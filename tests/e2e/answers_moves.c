/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_moves.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/restart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char tell[] = "select sum(n) from t";

void writes_of_a_process_that_is_replaced_are_noticed(void **state)
{
    char ini[ANSWERS_TEXT_MAX];
    struct proc old;

    (void)state;
    PGconn *writer = open_as("postgres", "db");
    warm(writer, tell);
    do_lines(writer, "begin\nupdate t set n = n + 1 where id = 44");
    snprintf(ini, sizeof ini, "%s[cache]\nmode = ttl\n", answers_ini);
    answers_stop();
    restart_next(ini, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    answers_look();
    PGconn *reader = open_soon("postgres", "db");
    for (int i = 0; i < 200; i++) { /* it may be kept, or not yet */
        query_text(reader, tell);
    }
    do_sql(writer, "commit");
    for (int i = 0; i < 20; i++) {
        assert_true(is_true(reader, tell));
    }
    do_sql(writer, "update t set n = n + 1 where id = 44");
    assert_true(is_true(reader, tell));
    restart_await_end(&old);
    warm(reader, tell);
    do_sql(writer, "update t set n = n + 1 where id = 44");
    assert_true(is_true(reader, tell));
    PQfinish(reader);
    PQfinish(writer);
}

void writes_of_a_replication_connection_are_noticed(void **state)
{
    (void)state;
    PGconn *reader = open_as("postgres", "db");
    PGconn *writer = query_connect("host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable "
                                   "replication=database",
            sluice.port);
    if (PQstatus(writer) == CONNECTION_OK) { /* else there are no such writes */
        for (int i = 0; i < 3; i++) {
            warm(reader, tell);
            do_sql(writer, "update t set n = n + 1 where id = 45");
            assert_true(is_true(reader, tell));
            assert_true(is_true(reader, tell));
        }
    } else {
        print_message("no replication: %s", PQerrorMessage(writer));
    }
    PQfinish(writer);
    PQfinish(reader);
}
