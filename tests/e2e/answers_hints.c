/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_hints.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- hints ---- */

void a_hint_keeps_a_statement_from_memory(void **state)
{
    static const char plain[] = "select sum(n) from t where id < 50";
    static const char *const off[] = {"select sum(n) from t where id < 50 /* sluice:cache=off */",
            "/* sluice:cache=off */ select sum(n) from t where id < 50",
            "select sum(n) /* a */ from t where id < /* sluice: ttl=5s, cache = off */ 50",
            "/* sluice:ttl=0 */ select sum(n) from t where id < 50"};
    static const char *const on[] = {"select sum(n) from t where b <> '/* sluice:cache=off */'",
            "select sum(n) as \"/* sluice:cache=off */\" from t",
            "select sum(n) from t -- /* sluice:cache=off */",
            "/* sluice:cache=on */ select sum(n) from t",
            "/* sluice:what=1 */ select sum(n) from t"};

    (void)state;
    PGconn *conn = open_as("postgres", "db");
    warm(conn, plain);
    for (size_t i = 0; i < CASE_COUNT(off); i++) {
        long before = counted("bypassed", "hint");
        expect_never(conn, off[i]);
        assert_int_equal(counted("bypassed", "hint"), before + 6);
        before = hits();
        for (int k = 0; k < 4; k++) {
            query_params(conn, off[i], 0, NULL);
        }
        assert_int_equal(hits(), before);
        assert_true(is_hit(conn, plain));
    }
    long unknown = counted("lookups", "hints_unknown");
    for (size_t i = 0; i < CASE_COUNT(on); i++) {
        expect_kept(conn, direct, on[i]);
    }
    assert_int_equal(counted("lookups", "hints_unknown"), unknown + 1); /* the text, not its uses */
    do_sql(conn, "set standard_conforming_strings = off");
    long before = counted("bypassed", "hint"); /* here the string goes on */
    query_text(conn, "select sum(n) from t where b <> 'x\\' /* sluice:cache=off */ --'");
    assert_int_equal(counted("bypassed", "hint"), before);
    query_text(conn, "select sum(n) from t where b <> 'x' /* sluice:cache=off */ --'");
    assert_int_equal(counted("bypassed", "hint"), before + 1);
    PQfinish(conn);
}

void a_hint_bounds_how_long_an_answer_is_kept(void **state)
{
    static const char brief[] = "/* sluice:ttl=100ms */ select n from t where id = 33";
    static const char longer[] = "/* sluice:ttl=2h */ select n from t where id = 34";

    (void)state;
    answers_start("mode = ttl\nttl_local = 1h\n");
    PGconn *conn = open_as("postgres", "db");
    warm(conn, "select n from t where id = 33");
    warm(conn, brief);
    cluster_sql(&cluster, "update t set n = -33 where id = 33"); /* past Sluice */
    soon_query(conn, brief, "-33");
    assert_string_not_equal(query_text(conn, "select n from t where id = 33"), "-33");
    PQfinish(conn);
    answers_stop();
    stop_sluice(state);
    prepare(state);
    answers_start("mode = ttl\nttl_local = 100ms\n"); /* what is promised holds */
    conn = open_as("postgres", "db");
    warm(conn, longer);
    cluster_sql(&cluster, "update t set n = -34 where id = 34");
    soon_query(conn, longer, "-34");
    PQfinish(conn);
}

/* What the writer of the last change gets is true, and everybody's. */
static void get_anew(PGconn *reader, PGconn *writer, const char *sql)
{
    char expected[64];

    snprintf(expected, sizeof expected, "%s", query_text(direct, sql));
    do {
        assert_string_equal(query_text(writer, sql), expected);
    } while (strcmp(query_text(reader, sql), expected) != 0);
}

/*
 * Until `writer` has changed it and `reader` has what was: a write of which it is not known what it may write leaves
 * nothing. Who wrote never has what was.
 */
static void expect_stale(PGconn *reader, PGconn *writer, const char *sql, const char *write)
{
    long until = proc_now_ms() + SOON_MS;
    bool is_stale = false;
    char old[64];

    while (!is_stale) {
        get_anew(reader, writer, sql);
        warm(reader, sql);
        snprintf(old, sizeof old, "%s", query_text(reader, sql));
        long before = counted("lookups", "hits_stale");
        do_lines(writer, write);
        is_stale = strcmp(query_text(reader, sql), old) == 0;
        assert_int_equal(counted("lookups", "hits_stale"), before + is_stale);
        get_anew(reader, writer, sql);
        if (proc_now_ms() > until) {
            fail_msg("never stale: %s", write);
        }
    }
}

void a_hint_lets_an_answer_be_stale_but_not_its_own_writes(void **state)
{
    static const char sql[] = "/* sluice:stale=1h */ select n from t where id = 35";
    static const char sum[] = "/* sluice:stale=1h */ select sum(n) from t";
    static const char ended[] = "/* sluice:stale=1h,ttl=100ms */ select n from t where id = 36";
    static const char brief[] = "/* sluice:stale=100ms */ select n from t where id = 36";
    static const char *const writes[] = {"update t set n = n + 1 where id = 35",
            "begin\nupdate t set n = n + 1 where id = 35\ncommit",
            "begin\nselect 1\nupdate t set n = n + 1 where id = 35\ncommit",
            "begin\nsavepoint s\nupdate t set n = n + 1 where id = 35\nselect 1\ncommit"};

    (void)state;
    char value[64];
    PGconn *reader = open_as("postgres", "db");
    PGconn *writer = open_as("postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(writes); i++) {
        expect_stale(reader, writer, sql, writes[i]);
        expect_stale(reader, writer, sum, writes[i]);
    }
    /* By the extended protocol, in one transaction until Sync. */
    for (int i = 0; i < 3; i++) {
        warm(reader, sql);
        assert_int_equal(PQenterPipelineMode(writer), 1);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(PQsendQueryParams(writer, "update t set n = n + 1 where id = 35", 0,
                                     NULL, NULL, NULL, NULL, 0),
                    1);
        }
        assert_int_equal(PQpipelineSync(writer), 1);
        for (int k = 0; k < 2; k++) {
            PQclear(PQgetResult(writer));
            assert_null(PQgetResult(writer));
        }
        PQclear(PQgetResult(writer));
        assert_int_equal(PQexitPipelineMode(writer), 1);
        assert_true(is_true(writer, sql));
    }
    /* Without the hint nothing is stale. */
    warm(reader, "select n from t where id = 35");
    do_sql(writer, writes[0]);
    assert_true(is_true(reader, "select n from t where id = 35"));
    /* No longer than it says, and no longer than it is kept. */
    warm(reader, ended);
    warm(reader, brief);
    warm(reader, "/* sluice:stale=1h */ select n from t where id = 36");
    do_sql(writer, "update t set n = n + 1 where id = 36");
    snprintf(value, sizeof value, "%s", query_text(direct, "select n from t where id = 36"));
    assert_string_not_equal(
            query_text(reader, "/* sluice:stale=1h */ select n from t where id = 36"), value);
    soon_query(reader, ended, value);
    soon_query(reader, brief, value);
    PQfinish(writer);
    PQfinish(reader);
}

/* Until that is a write of which it is known what it writes. */
static void make_stale(PGconn *reader, PGconn *writer, const char *sql)
{
    long until = proc_now_ms() + 3 * SOON_MS; /* the schema is not asked about all the time */

    do {
        assert_true(proc_now_ms() < until);
        warm(reader, sql);
        do_sql(writer, "update hinted set n = n + 1");
    } while (!is_hit(reader, sql));
    assert_false(is_true(reader, sql));
}

void a_stale_answer_is_of_the_schema_and_rights_of_now(void **state)
{
    static const char all[] = "/* sluice:stale=1h */ select * from hinted";
    static const char *const changes[] = {"alter table hinted add column more int default 7",
            "do $$begin update hinted set n = n + 1; end$$"};

    (void)state;
    cluster_sql(&cluster, "create table hinted (id int primary key, n int);"
                          "insert into hinted values (1, 1);"
                          "grant select on hinted to one");
    PGconn *reader = open_as("one", "db");
    PGconn *writer = open_as("postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(changes); i++) {
        make_stale(reader, writer, all);
        do_sql(writer, changes[i]);
        assert_true(is_true(reader, all));
    }
    make_stale(reader, writer, all);
    do_sql(writer, "revoke select on hinted from one");
    assert_non_null(strstr(query_text(reader, all), "42501"));
    do_sql(writer, "grant select on hinted to one");
    make_stale(reader, writer, all);
    cluster_sql(&cluster, "revoke select on hinted from one"); /* past us it is found out */
    soon_with(reader, all, "42501");
    cluster_sql(&cluster, "drop table hinted");
    PQfinish(writer);
    PQfinish(reader);
}

/* ---- sessions ---- */

void a_session_may_do_without_memory(void **state)
{
    static const char sql[] = "select sum(n) from u where id < 40";
    static const char *const offs[] = {"set sluice.cache = off", "set sluice.cache to 'false'",
            "set session sluice.cache = 0", "SET SLUICE.CACHE = 'No'",
            "select set_config('sluice.cache', 'off', false)",
            "begin\nset sluice.cache = off\ncommit", "set sluice.cache = 'ttl=5s'"};
    static const char *const ons[] = {"reset sluice.cache", "set sluice.cache = on",
            "set sluice.cache to default", "reset all", "discard all",
            "begin\nset sluice.cache = on\ncommit",
            "select set_config('sluice.cache', 'on', false)"};
    static const char *const nothing[] = {"begin\nset sluice.cache = off\nrollback",
            "begin\nset local sluice.cache = off\ncommit",
            "begin\nsavepoint s\nset sluice.cache = off\nrollback to s\ncommit",
            "set local sluice.cache = off", "select set_config('sluice.cache', 'off', true)"};

    (void)state;
    PGconn *other = open_as("postgres", "db");
    PGconn *conn = open_as("postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(offs); i++) {
        warm(other, sql);
        do_lines(conn, offs[i]);
        if (is_hit(conn, sql)) {
            fail_msg("behind %s it is answered", offs[i]);
        }
        long before = counted("bypassed", "set_off");
        expect_never(conn, sql);
        assert_int_equal(counted("bypassed", "set_off"), before + 6);
        do_lines(conn, ons[i]);
        warm(other, sql);
        if (!is_hit(conn, sql)) { /* what others have, too */
            fail_msg("%s: is not answered", ons[i]);
        }
    }
    for (size_t i = 0; i < CASE_COUNT(nothing); i++) {
        do_lines(conn, nothing[i]);
        warm(other, sql);
        if (!is_hit(conn, sql)) {
            fail_msg("behind %s it is not answered", nothing[i]);
        }
    }
    assert_string_equal(query_text(conn, "set sluice.cache = off"), "SET");
    assert_string_equal(query_text(conn, "show sluice.cache"), "off");
    PQfinish(conn);
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable "
                              "options='-c sluice.cache=off'",
            sluice.port);
    expect_never(conn, sql);
    do_sql(conn, "set sluice.cache = on");
    warm(conn, sql);
    do_sql(conn, "reset sluice.cache"); /* to what it began with */
    expect_never(conn, sql);
    PQfinish(conn);
    PQfinish(other);
}
