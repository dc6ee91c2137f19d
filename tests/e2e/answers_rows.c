/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_rows.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OF_THREE "select id, v from owned where owner = 3"
#define CUT "select id, v from owned where owner = 3 order by v, id limit 3"
#define WIDE "select id, v from owned where owner = 3 order by v, id limit 100"
#define FLAGGED "select id, v from owned where owner = 3 and flag order by id"
#define BOTH "select * from owned where owner = 3 and name = 'n3'"
#define BY_MAIL "select id, mail from owned where mail = 'm13'"
#define NOBODY "select id from owned where owner = 77"

enum { STAYS, GOES };

/* Rows 1 to 100; owner: id % 10, name: 'n' and the owner, mail: 'm' and the id, flag: of even ones; v: id. */
static const char *const fill[] = {"truncate owned",
        "insert into owned (id, owner, name, mail, flag, v) select i, i % 10, 'n' || i % 10, 'm' "
        "|| "
        "i, i % 2 = 0, i from generate_series(1, 100) i"};

static const struct {
    const char *asks;
    const char *writes;
    int goes;
} cases[] = {{OF_THREE, "update owned set v = v + 1 where id = 4", STAYS},
        {OF_THREE, "update owned set v = v + 1 where id = 13", GOES},
        {OF_THREE, "update owned set owner = 5 where id = 4", STAYS},
        {OF_THREE, "update owned set owner = 5 where id = 13", GOES},
        {OF_THREE, "update owned set owner = 3 where id = 4", GOES},
        {OF_THREE, "update owned set owner = '3' where id = 4", GOES},
        {OF_THREE, "update owned set owner = 2 + 1 where id = 4", GOES},
        {OF_THREE, "update owned set (owner, v) = (3, 0) where id = 4", GOES},
        {OF_THREE, "update owned set owner = default where id = 4", GOES},
        {OF_THREE, "update owned o set name = 'x' where o.id = 4", STAYS},
        {OF_THREE, "update owned set id = 200 where id = 13", GOES},
        {OF_THREE, "update owned set v = 0 where owner = 4", GOES}, /* which, is not known */
        {OF_THREE, "delete from owned where id = 4", STAYS},
        {OF_THREE, "delete from owned where id = 13", GOES},
        {OF_THREE, "delete from owned where owner = 3", GOES},
        {OF_THREE, "insert into owned values (200, 3)", GOES},
        {OF_THREE, "insert into owned values (200, 4)", STAYS},
        {OF_THREE, "insert into owned (v, owner, id) values (1, 3, 200)", GOES},
        {OF_THREE, "insert into owned (v, owner, id) values (1, 4, 200)", STAYS},
        {OF_THREE, "insert into owned (id) values (200)", GOES}, /* by its default */
        {OF_THREE, "insert into owned values (200, 4), (201, 3)", GOES},
        {OF_THREE, "insert into owned select 200, 3", GOES},
        {OF_THREE, "insert into owned values (4, 4) on conflict (id) do update set owner = 3",
                GOES},
        {OF_THREE, "with w as (update owned set owner = 3 where id = 4 returning 1) table w", GOES},
        {OF_THREE,
                "merge into owned o using (select 4 as id) s on o.id = s.id when matched then "
                "update set owner = 3",
                GOES},
        {OF_THREE, "truncate owned", GOES},
        {CUT, "update owned set v = -1 where id = 93", GOES}, /* it was not shown */
        {CUT, "update owned set v = v where id = 4", GOES},   /* it might have been */
        {CUT, "delete from owned where id = 3", GOES},
        {CUT, "insert into owned values (200, 4)", STAYS},
        {CUT, "insert into owned values (200, 3, 'x', 'x', false, -5)", GOES},
        {WIDE, "update owned set v = v + 1 where id = 4", STAYS},
        {WIDE, "update owned set v = v + 1 where id = 93", GOES},
        {WIDE, "delete from owned where id = 4", STAYS},
        {FLAGGED, "update owned set flag = true where id = 13", GOES}, /* it was hidden */
        {FLAGGED, "insert into owned values (200, 4, 'x', 'x', true)", STAYS},
        {FLAGGED, "insert into owned values (200, 3, 'x', 'x', true)", GOES},
        {BOTH, "update owned set name = 'n3' where id = 4", GOES}, /* the owner is not known */
        {BOTH, "update owned set name = 'n3', owner = 4 where id = 14", STAYS},
        {BOTH, "update owned set name = 'n3', owner = 3 where id = 14", GOES},
        {BOTH, "update owned set v = 0 where id = 14", STAYS},
        {BOTH, "insert into owned values (200, 3, 'n4')", STAYS},
        {BOTH, "insert into owned values (200, 3, 'n3')", GOES},
        {BOTH, "insert into owned values (200, 3, 'n3     ')",
                GOES}, /* varchar(4): 'n3  ' is cut */
        {BY_MAIL, "update owned set v = 0 where id = 14", STAYS},
        {BY_MAIL, "update owned set mail = 'other' where id = 13", GOES},
        {BY_MAIL, "insert into owned values (200, 3, 'x', 'm200')", STAYS},
        {NOBODY, "insert into owned values (200, 77)", GOES},
        {NOBODY, "insert into owned values (200, 78)", STAYS},
        {NOBODY, "update owned set owner = 77 where id = 1", GOES},
        {NOBODY, "update owned set v = 77 where id = 1", STAYS}};

enum form { SIMPLE, EXTENDED, BLOCK, FORMS };

static void write_as(PGconn *conn, const char *sql, enum form form)
{
    switch (form) {
    case SIMPLE:
        do_sql(conn, sql);
        break;
    case EXTENDED: {
        PGresult *result = PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1);
        assert_true(PQresultStatus(result) == PGRES_COMMAND_OK ||
                    PQresultStatus(result) == PGRES_TUPLES_OK);
        PQclear(result);
        break;
    }
    case BLOCK:
        do_sql(conn, "begin");
        do_sql(conn, "savepoint s");
        do_sql(conn, sql);
        do_sql(conn, "commit");
        break;
    case FORMS:
        break;
    }
}

static void refill(PGconn *conn)
{
    for (size_t i = 0; i < CASE_COUNT(fill); i++) {
        do_sql(conn, fill[i]);
    }
}

/* The write's shape is known, and so is what it writes. */
static void learn(PGconn *conn, const char *sql, enum form form)
{
    refill(conn);
    write_as(conn, sql, form);
    refill(conn);
}

static void play(PGconn *one, PGconn *other, size_t i, enum form form)
{
    learn(other, cases[i].writes, form);
    warm(one, cases[i].asks);
    long sets = counted("lookups", "hits_of_row_sets");
    assert_true(is_hit(one, cases[i].asks));
    if (counted("lookups", "hits_of_row_sets") == sets) {
        fail_msg("kept as no row set: %s", cases[i].asks);
    }
    write_as(other, cases[i].writes, form);
    long before = hits();
    if (!is_true(one, cases[i].asks)) {
        fail_msg("%s: stale by %s", cases[i].asks, cases[i].writes);
    }
    if ((hits() > before) != (cases[i].goes == STAYS)) {
        fail_msg("%s: %s %s", cases[i].asks, cases[i].goes ? "stays behind" : "goes by",
                cases[i].writes);
    }
}

void a_row_set_survives_writes_of_others(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    /* Its shapes are read in the background: until then a write may be of anything. */
    for (size_t i = 0; i < CASE_COUNT(cases); i++) {
        learn(other, cases[i].writes, SIMPLE);
        learn(other, cases[i].writes, EXTENDED);
    }
    for (size_t i = 0; i < CASE_COUNT(cases); i++) {
        for (int form = SIMPLE; form < FORMS; form++) {
            play(one, other, i, (enum form)form);
        }
    }
    refill(other);
    PQfinish(other);
    PQfinish(one);
}

/* ---- formats ---- */

static bool is_same(const PGresult *one, const PGresult *other)
{
    bool is_same = PQntuples(one) == PQntuples(other) && PQnfields(one) == PQnfields(other);

    for (int row = 0; is_same && row < PQntuples(one); row++) {
        for (int column = 0; column < PQnfields(one); column++) {
            is_same &= PQgetlength(one, row, column) == PQgetlength(other, row, column) &&
                       memcmp(PQgetvalue(one, row, column), PQgetvalue(other, row, column),
                               (size_t)PQgetlength(one, row, column)) == 0;
        }
    }
    return is_same;
}

struct ask {
    const char *sql;
    const char *value;
    int len;    /* of a binary one; 0: it is text */
    int format; /* of the answer */
};

static PGresult *ask(PGconn *conn, const struct ask *of)
{
    PGresult *result = PQexecParams(
            conn, of->sql, 1, NULL, &of->value, &of->len, (const int[]){of->len > 0}, of->format);

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", of->sql, PQerrorMessage(conn));
    }
    return result;
}

/* As PostgreSQL has it; was it from memory? */
static bool ask_true(PGconn *conn, const struct ask *of)
{
    long before = hits();
    PGresult *given = ask(conn, of);
    PGresult *expected = ask(direct, of);

    if (!is_same(given, expected)) {
        fail_msg("%s: stale", of->sql);
    }
    PQclear(expected);
    PQclear(given);
    return hits() > before;
}

static void warm_ask(PGconn *conn, const struct ask *of)
{
    for (int i = 0; i < 2000; i++) {
        if (ask_true(conn, of)) {
            return;
        }
    }
    fail_msg("%s: never from memory", of->sql);
}

void keys_are_read_however_they_are_sent(void **state)
{
    static const struct ask asks[] = {{"select v, id, name from owned where owner = $1", "3", 0, 0},
            {"select v, id, name from owned where owner = $1", "3", 0, 1},
            {"select v, id, name from owned where owner = $1", "\0\0\0\3", 4, 1},
            {"select * from owned where owner = $1::int", "3", 0, 1},
            {"select id, k, v from pairs where owner = $1", "3", 0, 0},
            {"select id, k, v from pairs where owner = $1", "3", 0, 1},
            {"select k, v, u from named_by where owner = $1", "3", 0, 1},
            {"select k, v, u from named_by where owner = $1", "3", 0, 0}};
    static const char four[] = "update named_by set v = v + 1 where u = "
                               "'00000000-0000-0000-0000-000000000004' and k = 'k4'";
    static const char three[] = "update named_by set v = v + 1 where k = 'k3' and u = "
                                "'00000000-0000-0000-0000-000000000003'";
    static const char *const others[] = {"update owned set v = v + 1 where id = 4",
            "update pairs set v = v + 1 where id = 4 and k = 'k4'", four};
    static const char *const own[] = {"update owned set v = v + 1 where id = 13",
            "update pairs set v = v + 1 where k = 'k3' and id = 3", three};

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    refill(other);
    for (size_t i = 0; i < CASE_COUNT(asks); i++) {
        size_t table = i < 4 ? 0 : i < 6 ? 1 : 2;
        for (int k = 0; k < 20; k++) { /* until they are read */
            do_sql(other, others[table]);
            do_sql(other, own[table]);
            warm_ask(one, &asks[i]);
        }
        do_sql(other, others[table]);
        long sets = counted("lookups", "hits_of_row_sets");
        if (!ask_true(one, &asks[i]) || counted("lookups", "hits_of_row_sets") == sets) {
            fail_msg("%s: another row's write makes it stale", asks[i].sql);
        }
        do_sql(other, own[table]);
        assert_false(ask_true(one, &asks[i]));
    }
    PQfinish(other);
    PQfinish(one);
}

/* ---- random ---- */

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void some_write(uint64_t *seed, char sql[static 200])
{
    unsigned id = 1 + next(seed) % 40;
    unsigned owner = next(seed) % 6;
    unsigned v = next(seed) % 8;

    switch (next(seed) % 8) {
    case 0:
        snprintf(sql, 200,
                "insert into owned (id, owner, name, flag, v) values (%u, %u, 'n%u', %s, "
                "%u) on conflict do nothing",
                id, owner, owner, v % 2 == 0 ? "true" : "false", v);
        break;
    case 1:
        snprintf(sql, 200,
                "insert into owned values ((select max(id) + 1 from owned), %u, 'n%u', 'm'"
                " || random(), true, %u)",
                owner, owner, v);
        break;
    case 2:
        snprintf(sql, 200, "delete from owned where id = %u", id);
        break;
    case 3:
        snprintf(sql, 200, "update owned set owner = %u where id = %u", owner, id);
        break;
    case 4:
        snprintf(sql, 200, "update owned set flag = not flag, v = %u where id = %u", v, id);
        break;
    case 5:
        snprintf(sql, 200, "update owned set owner = owner + 1 where id = %u", id);
        break;
    case 6:
        snprintf(sql, 200, "update owned set name = 'n%u', owner = %u where id = %u", v, owner, id);
        break;
    default:
        snprintf(sql, 200, "update owned set v = v + 1 where id = %u", id);
        break;
    }
}

static void some_question(uint64_t *seed, char sql[static 200])
{
    static const struct {
        const char *before;
        const char *behind;
    } forms[] = {{"select id, v from owned where owner = ", " order by id"},
            {"select id, v from owned where owner = ", " order by v, id limit 2"},
            {"select id, v, flag from owned where owner = ",
                    " and flag order by v desc, id limit 3"},
            {"select v, id from owned where owner = ", " and name = 'n1' order by id"},
            {"select v, id from owned where v > 3 and owner = ", " order by id"},
            {"select * from owned where owner = ", " and v in (1, 2, 3) order by id"}};
    size_t form = next(seed) % CASE_COUNT(forms);

    snprintf(sql, 200, "%s%u%s", forms[form].before, next(seed) % 6, forms[form].behind);
}

void random_writes_leave_row_sets_true(void **state)
{
    uint64_t seed = 20;
    char sql[200];

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    refill(other);
    long before = counted("lookups", "hits_of_row_sets");
    for (int i = 0; i < (answers_is_long() ? 40000 : 4000); i++) {
        if (next(&seed) % 5 == 0) {
            some_write(&seed, sql);
            write_as(other, sql, (enum form)(next(&seed) % FORMS));
        } else {
            some_question(&seed, sql);
            if (!is_true(one, sql)) {
                fail_msg("step %d: %s", i, sql);
            }
        }
    }
    long sets = counted("lookups", "hits_of_row_sets") - before;
    print_message("%ld from memory, by their values\n", sets);
    assert_true(sets > 100);
    PQfinish(other);
    PQfinish(one);
}

/* ---- past Sluice ---- */

static const struct {
    const char *writes;
    const char *asks;
    int goes;
} past[] = {{"update owned set v = v + 1 where id = 4", OF_THREE, STAYS},
        {"update owned set v = v + 1 where id = 13", OF_THREE, GOES},
        {"update owned set owner = 3 where id = 4", OF_THREE, GOES},
        {"update owned set owner = 4 where id = 13", OF_THREE, GOES},
        {"update owned set owner = owner + 1 where id = 5", OF_THREE, STAYS}, /* it is told */
        {"update owned set id = 213 where id = 13", OF_THREE, GOES},
        {"delete from owned where id = 4", OF_THREE, STAYS},
        {"delete from owned where id = 13", OF_THREE, GOES},
        {"insert into owned select 200, 4", OF_THREE, STAYS},
        {"insert into owned select 200, 3", OF_THREE, GOES},
        {"insert into owned (id, owner) values (200, null)", OF_THREE, STAYS},
        {"update owned set v = -1 where id = 93", CUT, GOES},
        {"update owned set flag = true where id = 13", FLAGGED, GOES},
        {"update owned set owner = 3, name = 'n3' where id = 4", BOTH, GOES},
        {"update owned set name = 'n3' where id = 4", BOTH, STAYS},
        {"truncate owned", OF_THREE, GOES}};

/* All that was written before is known of: the stream tells of it behind that. */
static void pass(PGconn *one, int turn)
{
    char sql[100];
    char expected[16];

    snprintf(sql, sizeof sql, "update u set n = %d where id = 1", turn);
    do_sql(direct, sql);
    snprintf(expected, sizeof expected, "%d", turn);
    for (long end = proc_now_ms() + SOON_MS;
            strcmp(query_text(one, "select n from u where id = 1"), expected) != 0;) {
        assert_true(proc_now_ms() < end);
    }
    warm(one, "select n from u where id = 1");
}

void rows_written_past_sluice_are_noticed(void **state)
{
    int turn = 1000;

    (void)state;
    answers_start("mode = safe\nstream = user=postgres\nmax_staleness = 1h\n");
    PGconn *one = open_as("postgres", "db");
    warm(one, "select n from u where id = 1");
    for (size_t i = 0; i < CASE_COUNT(past); i++) {
        refill(direct);
        pass(one, turn++);
        warm(one, past[i].asks);
        long sets = counted("lookups", "hits_of_row_sets");
        assert_true(is_hit(one, past[i].asks));
        assert_true(counted("lookups", "hits_of_row_sets") > sets);
        do_sql(direct, past[i].writes);
        pass(one, turn++);
        long before = hits();
        if (!is_true(one, past[i].asks)) {
            fail_msg("%s: stale by %s", past[i].asks, past[i].writes);
        }
        if ((hits() > before) != (past[i].goes == STAYS)) {
            fail_msg("%s: %s %s", past[i].asks, past[i].goes ? "stays behind" : "goes by",
                    past[i].writes);
        }
    }
    refill(direct);
    PQfinish(one);
}

/* ---- casts and lists: also of points ---- */

void a_cast_or_a_list_hides_no_key(void **state)
{
    static const struct ask casts[] = {
            /* 13 as a float8; as a number of the same bytes it is another */
            {"select v from owned where id = $1::float8", "\x40\x2a\0\0\0\0\0\0", 8, 0},
            {"select v from owned where id = left($1::text, 2)::int", "139", 0, 0},
            {"select v from owned where name = $1::varchar(2) and owner = 3 and id = 13", "n3x", 0,
                    0}};

    (void)state;
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    refill(other);
    warm(one, "select count(*) from owned"); /* its catalogue is known */
    for (size_t i = 0; i < CASE_COUNT(casts); i++) {
        warm_ask(one, &casts[i]);
        for (int k = 0; k < 20; k++) {
            (void)ask_true(one, &casts[i]);
            do_sql(other, "update owned set v = v + 1 where id = 13");
        }
    }
    /* One shape: where among the literals the key is, the lists' lengths say. */
    warm(one, "select v from owned where owner in (3, 4) and id = 13 and v not in (1, 2, 4)");
    for (int k = 0; k < 20; k++) {
        assert_true(is_true(one,
                "select v from owned where owner in (3, 4) and id = 13 and v not in (1, 2, 4)"));
        assert_true(is_true(one,
                "select v from owned where owner in (3, 4, 5) and id = 13 and v not in (1, 4)"));
        do_sql(other, "update owned set v = v + 1 where id = 13");
    }
    PQfinish(other);
    PQfinish(one);
}
