/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/cache_faces_flush.c - CACHE FLUSH: what is kept, and what is being got. */
#include "tests/e2e/cache_faces_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MAX = 128 };

/* The id of the statement that is shown so; good until the next call. */
/* How many went. */
static long flush(const char *command)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, command);
    const char *tag = PQcmdStatus(result);

    if (PQresultStatus(result) != PGRES_COMMAND_OK ||
            strncmp(tag, "CACHE FLUSH ", strlen("CACHE FLUSH ")) != 0) {
        fail_msg("%s: %s%s", command, tag, PQresultErrorMessage(result));
    }
    long count = strtol(tag + strlen("CACHE FLUSH "), NULL, 10);
    PQclear(result);
    PQfinish(console);
    return count;
}

struct kind {
    const char *command; /* %s: the statement's id */
    bool spares_others;
};

static const struct kind kinds[] = {{"CACHE FLUSH", false}, {"cache flush all;", false},
        {"CACHE FLUSH DATABASE shop", false}, {"CACHE FLUSH TABLE public.flushed", true},
        {"CACHE FLUSH TABLE \"shop.public.flushed\"", true}, {"CACHE FLUSH SHAPE %s", true}};

#define OF_FLUSHED "select v from flushed where id = ?"

static void flush_by(const struct kind *kind, long *count)
{
    char command[COMMAND_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(command, sizeof command, kind->command, faces_id(OF_FLUSHED));
#pragma GCC diagnostic pop
    *count = flush(command);
}

void what_is_flushed_is_gone_and_nothing_else(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("flushed");
    faces_table("spared");
    flush("CACHE FLUSH");
    for (size_t i = 0; i < CASE_COUNT(kinds); i++) {
        long count = 0;
        faces_await_hit(conn, "select v from spared where id = 7");
        faces_await_hit(conn, "select v from flushed where id = 7");
        flush_by(&kinds[i], &count);
        assert_int_equal(count, kinds[i].spares_others ? 1 : 2);
        assert_int_equal(
                faces_is_hit(conn, "select v from spared where id = 7"), kinds[i].spares_others);
        assert_false(faces_is_hit(conn, "select v from flushed where id = 7"));
        faces_await_hit(conn, "select v from flushed where id = 7");
    }
    PQfinish(conn);
}

#define WAITING "select count(*) from pg_locks where not granted and relation = 'flushed'::regclass"

/* A statement that is being answered while that is said. */
static void flush_meanwhile(PGconn *conn, const char *sql, const struct kind *kind)
{
    PGconn *direct = open_direct();
    long count = 0;

    query_expect_start(direct, "begin", "BEGIN");
    query_expect_start(direct, "lock table flushed in access exclusive mode", "LOCK");
    assert_int_equal(PQsendQuery(conn, sql), 1);
    soon_query(direct, WAITING, "1");
    if (kind != NULL) {
        flush_by(kind, &count);
    }
    query_expect_start(direct, "commit", "COMMIT");
    soon_answered(conn, "");
    PQfinish(direct);
}

/* So that what is not kept below says something. A busy machine may refuse one: its stream lags. */
static void keep_what_nobody_flushes(PGconn *conn)
{
    char sql[COMMAND_MAX];

    for (int i = 0; i < 50; i++) {
        snprintf(sql, sizeof sql, "select v from flushed where id = %d", 50 + i);
        flush_meanwhile(conn, sql, NULL);
        if (faces_is_hit(conn, sql)) {
            return;
        }
    }
    fail_msg("nothing is kept");
}

void what_is_being_got_is_not_kept(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    for (size_t i = 0; i < CASE_COUNT(kinds); i++) {
        char sql[COMMAND_MAX];
        snprintf(sql, sizeof sql, "select v from flushed where id = %zu", 20 + i);
        faces_await_hit(conn, "select v from flushed where id = 7"); /* there is an id */
        flush_meanwhile(conn, sql, &kinds[i]);
        assert_false(faces_is_hit(conn, sql));
        faces_await_hit(conn, sql);
    }
    keep_what_nobody_flushes(conn);
    PQfinish(conn);
}

void what_cannot_be_flushed_is_said(void **state)
{
    static const char *const wrong[] = {"CACHE", "CACHE WARM", "CACHE FLUSH 1", "CACHE FLUSH TABLE",
            "CACHE FLUSH TABLE flushed", "CACHE FLUSH TABLE nowhere.flushed",
            "CACHE FLUSH TABLE public.nothing", "CACHE FLUSH SHAPE xyz", "CACHE FLUSH ALL of it",
            "CACHE FLUSH DATABASE nothing", "CACHE FLUSH DATABASE shop too"};

    (void)state;
    PGconn *console = open_console();
    PGconn *conn = open_as("one", "shop");
    faces_await_hit(conn, "select v from flushed where id = 7"); /* its catalogue is known */
    for (size_t i = 0; i < CASE_COUNT(wrong); i++) {
        PGresult *result = PQexec(console, wrong[i]);
        if (PQresultStatus(result) != PGRES_FATAL_ERROR) {
            fail_msg("%s is not refused", wrong[i]);
        }
        PQclear(result);
    }
    PQfinish(conn);
    PQfinish(console);
}
