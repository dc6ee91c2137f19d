/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_forced.c - everything that may be answered from memory is, and is what PostgreSQL says.
 *
 * Two databases begin alike. One session is of `forced`, through Sluice and what stands before it (tests/support/
 * doubler.h); it answers from memory whatever it may, and compares each such answer byte by byte with what
 * PostgreSQL says at that moment. The other is of `mirror`, of PostgreSQL itself, and is told the same: every reply
 * of the first must be the second's, by its tag, its error, its columns and their values, as text and binary.
 *
 * A Sluice that asks PostgreSQL each time fails: each chapter says how many answers must have come from memory.
 * SLUICE_BIN is the one of tests/eager/main.c, which reads the catalogue as soon as it has changed.
 */
#include "tests/e2e/forced_corpus.h"
#include "tests/support/case.h"
#include "tests/support/doubler.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 512, FIRST_USER_OID = 16384, EXTENDED_EVERY = 10 };

static const char ini[] = "[databases]\n"
                          "forced = " AT_CLUSTER " dbname=forced pool_mode=transaction\n" INI_MAIN
                          "[cache]\nmode = ttl\nttl_local = 1h\nnegative_ttl = 1h\n"
                          "admission = 1\n";

static struct doubler doubler;
static char console[TEXT_MAX];

/* The same session twice. */
struct twins {
    PGconn *forced;
    PGconn *mirror;
    const char *step;
    long asked;
};

/* ---- the two databases ---- */

static void say(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    }
    PQclear(result);
}

static PGconn *open_to(int port, const char *user, const char *database)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=%s dbname=%s sslmode=disable", port, user, database);
}

static int make(void **state)
{
    start_cluster(state);
    cluster_sql(&cluster, "create role one login; create role two login; grant one to two;"
                          "create role admin login");
    return 0;
}

/* The second is a copy of the first: so have types and tables the same numbers. */
static void make_databases(const struct forced_chapter *chapter)
{
    PGconn *conn;

    cluster_sql(&cluster, "drop database if exists forced with (force)");
    cluster_sql(&cluster, "drop database if exists mirror with (force)");
    cluster_sql(&cluster, "create database forced template template0 encoding 'UTF8' locale "
                          "'C.UTF-8'");
    conn = open_to(cluster.port, "postgres", "forced");
    for (const char *const *line = chapter->schema; *line != NULL; line++) {
        say(conn, *line);
    }
    PQfinish(conn);
    cluster_sql(&cluster, "create database mirror template forced");
}

static void open_twins(struct twins *twins, const char *user)
{
    PQfinish(twins->forced);
    PQfinish(twins->mirror);
    twins->forced = open_to(doubler.port, user, "forced");
    twins->mirror = open_to(cluster.port, user, "mirror");
}

/* ---- what they say ---- */

static unsigned type_of(const PGresult *result, int column)
{
    unsigned type = PQftype(result, column);

    return type >= FIRST_USER_OID ? FIRST_USER_OID : type;
}

/* NULL: they are alike. */
static const char *column_differs(const PGresult *one, const PGresult *other)
{
    for (int i = 0; i < PQnfields(one); i++) {
        if (strcmp(PQfname(one, i), PQfname(other, i)) != 0) {
            return "a column's name";
        }
        if (type_of(one, i) != type_of(other, i) || PQfmod(one, i) != PQfmod(other, i) ||
                PQfsize(one, i) != PQfsize(other, i) || PQfformat(one, i) != PQfformat(other, i)) {
            return "a column's type";
        }
        if (PQftablecol(one, i) != PQftablecol(other, i) ||
                (PQftable(one, i) == 0) != (PQftable(other, i) == 0)) {
            return "where a column comes from";
        }
    }
    return NULL;
}

static bool is_same_value(const PGresult *one, const PGresult *other, int row, int column)
{
    int len = PQgetlength(one, row, column);

    return PQgetisnull(one, row, column) == PQgetisnull(other, row, column) &&
           len == PQgetlength(other, row, column) &&
           memcmp(PQgetvalue(one, row, column), PQgetvalue(other, row, column), (size_t)len) == 0;
}

static const char *differs(PGresult *one, PGresult *other)
{
    const char *state = PQresultErrorField(one, PG_DIAG_SQLSTATE);
    const char *of_other = PQresultErrorField(other, PG_DIAG_SQLSTATE);

    if (PQresultStatus(one) != PQresultStatus(other)) {
        return "what it is";
    }
    if (strcmp(state == NULL ? "" : state, of_other == NULL ? "" : of_other) != 0) {
        return "its error";
    }
    if (strcmp(PQcmdStatus(one), PQcmdStatus(other)) != 0 || PQntuples(one) != PQntuples(other) ||
            PQnfields(one) != PQnfields(other)) {
        return "its tag, or how many columns it has";
    }
    const char *column = column_differs(one, other);
    for (int row = 0; column == NULL && row < PQntuples(one); row++) {
        for (int i = 0; i < PQnfields(one); i++) {
            if (!is_same_value(one, other, row, i)) {
                return "a value";
            }
        }
    }
    return column;
}

static void must_agree(struct twins *twins, const char *sql, PGresult *one, PGresult *other)
{
    const char *what = differs(one, other);

    if (what != NULL) {
        print_message("after \"%s\": %s: %s differs\n", twins->step, sql, what);
        print_message("Sluice:     %s\n", query_result(one));
        print_message("PostgreSQL: %s\n", query_result(other));
        fail_msg("%s", sql);
    }
    PQclear(one);
    PQclear(other);
    twins->asked++;
}

static void tell(struct twins *twins, const char *sql)
{
    must_agree(twins, sql, PQexec(twins->forced, sql), PQexec(twins->mirror, sql));
}

static void tell_extended(struct twins *twins, const char *sql, int format)
{
    must_agree(twins, sql, PQexecParams(twins->forced, sql, 0, NULL, NULL, NULL, NULL, format),
            PQexecParams(twins->mirror, sql, 0, NULL, NULL, NULL, NULL, format));
}

/* ---- a chapter ---- */

static void read_all(struct twins *twins, const struct forced_chapter *chapter, int turn)
{
    bool is_thorough = turn % EXTENDED_EVERY == 0;

    for (int i = 0; chapter->reads[i] != NULL; i++) {
        const char *sql = chapter->reads[i];
        if (is_thorough || (i + turn) % 2 == 0) {
            tell(twins, sql);
        }
        if (is_thorough) {
            tell_extended(twins, sql, 0);
            tell_extended(twins, sql, 1);
        }
    }
}

static void take_step(struct twins *twins, const char *step)
{
    static const char user[] = "\\user ";

    twins->step = step;
    if (strncmp(step, user, sizeof user - 1) == 0) {
        open_twins(twins, step + sizeof user - 1);
    } else {
        tell(twins, step);
    }
}

static long seen(const atomic_long *count)
{
    return atomic_load(count);
}

/* Of what was asked outside blocks, all that may be was answered from memory, and it was true. */
static void play(const struct forced_chapter *chapter)
{
    struct twins twins = {.forced = NULL};
    const struct doubler_options options = {.sluice = sluice.port,
            .console = console,
            .log = getenv("SLUICE_FORCED_LOG"),
            .logs_all = getenv("SLUICE_FORCED_LOG") != NULL};

    make_databases(chapter);
    doubler_start(&doubler, &options);
    open_twins(&twins, "postgres");
    for (int turn = 0; chapter->steps[turn] != NULL; turn++) {
        take_step(&twins, chapter->steps[turn]);
        read_all(&twins, chapter, turn);
    }
    PQfinish(twins.forced);
    PQfinish(twins.mirror);
    print_message("%s: %ld replies agree; ", chapter->name, twins.asked);
    doubler_print(doubler.seen);
    const struct doubler_seen *counts = doubler.seen;
    assert_int_equal(seen(&counts->differs), 0);
    assert_int_equal(seen(&counts->unordered), 0);
    assert_int_equal(seen(&counts->unsteady), 0);
    assert_int_equal(seen(&counts->never), 0);
    assert_int_equal(seen(&counts->undecided), 0);
    assert_int_equal(seen(&counts->overlapped), 0);
    assert_int_equal(seen(&counts->compared), doubler_hits(counts));
    assert_true(seen(&counts->kept) >= chapter->kept_min);
    assert_true(seen(&counts->hits[DOUBLER_TABLES]) >= chapter->tables_min);
    assert_true(seen(&counts->hits[DOUBLER_POINTS]) >= chapter->points_min);
    assert_true(seen(&counts->hits[DOUBLER_ROW_SETS]) >= chapter->row_sets_min);
    doubler_stop(&doubler);
}

static int begin(void **state)
{
    prepare(state);
    sluice_start(&sluice, ini);
    snprintf(console, sizeof console,
            "host=127.0.0.1 port=%d user=admin dbname=pgbouncer sslmode=disable", sluice.port);
    return 0;
}

static int end(void **state)
{
    doubler_stop(&doubler); /* of a case that has failed */
    return stop_sluice(state);
}

static void values_of_all_types_under_every_setting(void **state)
{
    (void)state;
    play(&forced_types);
}

static void queries_of_all_shapes_between_writes(void **state)
{
    (void)state;
    play(&forced_queries);
}

static void what_partitions_and_children_say(void **state)
{
    (void)state;
    play(&forced_families);
}

static void who_asks_and_where_names_are_looked_for(void **state)
{
    (void)state;
    play(&forced_rights);
}

static void types_and_collations_of_ones_own(void **state)
{
    (void)state;
    play(&forced_user_types);
}

/* What would be a wrong answer without a ttl: the doubler must see it. */
static void a_stale_answer_is_found(void **state)
{
    static const char *const schema[] = {
            "create table st (id int primary key, n int)", "insert into st values (1, 1)", NULL};
    static const char read[] = "select n from st where id = 1";
    const struct forced_chapter chapter = {.schema = schema};
    const struct doubler_options options = {
            .sluice = sluice.port, .console = console, .log = "/dev/null"};
    PGconn *conn;
    PGconn *past;

    (void)state;
    make_databases(&chapter);
    doubler_start(&doubler, &options);
    conn = open_to(doubler.port, "postgres", "forced");
    past = open_to(cluster.port, "postgres", "forced");
    query_expect(conn, read, "1");
    assert_int_equal(doubler_hits(doubler.seen), 1);
    assert_int_equal(seen(&doubler.seen->differs), 0);
    for (int i = 0; i < 20 && seen(&doubler.seen->differs) == 0; i++) {
        say(past,
                "update st set n = n + 1"); /* nobody tells Sluice, but it may read the catalogue */
        (void)query_text(conn, read);
    }
    assert_int_equal(seen(&doubler.seen->kept), 1);
    assert_int_equal(seen(&doubler.seen->differs), 1);
    say(conn, "update st set n = 30");
    query_expect(conn, read, "30");
    assert_int_equal(seen(&doubler.seen->differs), 1);
    PQfinish(conn);
    PQfinish(past);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(a_stale_answer_is_found, begin, end),
            cmocka_unit_test_setup_teardown(values_of_all_types_under_every_setting, begin, end),
            cmocka_unit_test_setup_teardown(queries_of_all_shapes_between_writes, begin, end),
            cmocka_unit_test_setup_teardown(what_partitions_and_children_say, begin, end),
            cmocka_unit_test_setup_teardown(who_asks_and_where_names_are_looked_for, begin, end),
            cmocka_unit_test_setup_teardown(types_and_collations_of_ones_own, begin, end),
    };

    return case_run(cases, CASE_COUNT(cases), make, stop_cluster);
}
