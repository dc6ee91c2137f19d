/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_reuse.c - unnamed statements that are kept on servers: two clients' programs,
 * played to PostgreSQL and through Sluice, must be answered the same, message by message. What
 * libpq traces of its protocol is compared.
 *
 *     e2e_reuse                   the test
 *     e2e_reuse FIRST [COUNT]     the random programs of these seeds
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEPS_MAX = 64,
    SEEDS = CASE_IS_SANITIZED ? 60 : 150,
    RANDOM_STEPS = 48,
    PARAMS_MAX = 2,
    CLIENTS = 2
};

static const char ini[] =
        "[databases]\n"
        "db = " AT_POSTGRES "\n"
        "alone = " AT_POSTGRES " pool_size=1\n" INI_ALONE "pool_mode = transaction\n"
        "default_pool_size = 2\n"
        "server_round_robin = 1\n"
        "reuse_unnamed = 1\n"
        "reuse_unnamed_lifetime = 0\n";

static const char clean[] =
        "drop schema if exists s cascade; drop table if exists r; drop view if exists v;"
        "drop function if exists f(int); drop function if exists f(text);"
        "create table r (a int primary key, b text);"
        "insert into r select i, 'row ' || i from generate_series(1, 9) i;"
        "create schema s; create table s.r (a int, b text, d int); insert into s.r values (1, 's', "
        "2);"
        "grant all on r to one; grant all on schema public to one;";

/* ---- programs ---- */

struct step {
    char who; /* a or b: the extended protocol; A or B: the simple one; d: PostgreSQL's administrator */
    const char *sql;
    int count;
    const char *values[PARAMS_MAX];
    int times;   /* 0 is once */
    int rebound; /* so often what is unnamed then is bound again, without its Parse */
};

#define P0(who_, sql_)                                                                             \
    {                                                                                              \
        .who = who_, .sql = sql_                                                                   \
    }
#define P1(who_, sql_, one_)                                                                       \
    {                                                                                              \
        .who = who_, .sql = sql_, .count = 1, .values = { one_ }                                   \
    }
#define N0(times_, who_, sql_)                                                                     \
    {                                                                                              \
        .who = who_, .sql = sql_, .times = times_                                                  \
    }
#define N1(times_, who_, sql_, one_)                                                               \
    {                                                                                              \
        .who = who_, .sql = sql_, .count = 1, .values = {one_}, .times = times_                    \
    }

struct player {
    PGconn *conn[CLIENTS];
    PGconn *direct;
    char *told;
    size_t told_len;
    FILE *trace;
};

static void begin_player(struct player *player, bool is_direct)
{
    cluster_sql(&cluster, clean);
    player->direct = open_direct();
    player->trace = open_memstream(&player->told, &player->told_len);
    assert_non_null(player->trace);
    for (int i = 0; i < CLIENTS; i++) {
        player->conn[i] = is_direct ? open_direct() : open_as("postgres", "db");
        PQtrace(player->conn[i], player->trace);
        PQsetTraceFlags(player->conn[i], PQTRACE_SUPPRESS_TIMESTAMPS | PQTRACE_REGRESS_MODE);
    }
}

static void bind_again(struct player *player, const struct step *step, PGconn *conn)
{
    for (int i = 0; i < step->rebound && step->who >= 'a'; i++) {
        fprintf(player->trace, "%c: again\n", step->who);
        PQclear(PQexecPrepared(conn, "", step->count, step->values, NULL, NULL, 0));
    }
}

static void take_step(struct player *player, const struct step *step)
{
    if (step->who == 'd') {
        PQclear(PQexec(player->direct, step->sql));
        return;
    }
    PGconn *conn = player->conn[step->who == 'a' || step->who == 'A' ? 0 : 1];
    fprintf(player->trace, "%c: %s\n", step->who, step->sql);
    PQclear(step->who < 'a' ? PQexec(conn, step->sql)
                            : PQexecParams(conn, step->sql, step->count, NULL, step->values, NULL,
                                      NULL, 0));
    bind_again(player, step, conn);
}

/* Where in PostgreSQL's source an error is: those of our own are nowhere. */
static void leave_out_places(char *told)
{
    static const char *const places[] = {" F \"SSSS\"", " L \"SSSS\"", " R \"SSSS\""};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t len = strlen(places[i]);
        for (char *at = told; (at = strstr(at, places[i])) != NULL;) {
            memmove(at, at + len, strlen(at + len) + 1);
        }
    }
}

/* What was traced; the caller frees it. */
static char *end_player(struct player *player)
{
    for (int i = 0; i < CLIENTS; i++) {
        PQuntrace(player->conn[i]);
        PQfinish(player->conn[i]);
    }
    PQfinish(player->direct);
    fclose(player->trace);
    leave_out_places(player->told);
    return player->told;
}

static char *play(const struct step *steps, size_t count, bool is_direct)
{
    struct player player;

    begin_player(&player, is_direct);
    for (size_t i = 0; i < count; i++) {
        for (int times = steps[i].times > 0 ? steps[i].times : 1; times > 0; times--) {
            take_step(&player, &steps[i]);
        }
    }
    return end_player(&player);
}

/* Statements have numbers, of ours; nothing else may differ. */
static void expect_same(const struct step *steps, size_t count, const char *what)
{
    char *want = play(steps, count, true);
    char *got = play(steps, count, false);

    if (strcmp(want, got) != 0) {
        size_t at = 0;
        while (want[at] == got[at]) {
            at++;
        }
        size_t from = at > 1500 ? at - 1500 : 0;
        fprintf(stderr, "--- wanted ...%.2000s\n--- got ...%.2000s\n", want + from, got + from);
        fail_msg("%s: not the same", what);
    }
    free(want);
    free(got);
}

#define EXPECT_SAME(steps) expect_same(steps, sizeof(steps) / sizeof *(steps), __func__)

/* ---- cases ---- */

static void a_text_that_comes_again_is_kept(void **state)
{
    static const char count[] = "select count(*) > 0 from pg_prepared_statements where "
                                "name like 'SLUICE%' and statement = 'select a from r'";

    (void)state;
    cluster_sql(&cluster, clean);
    PGconn *conn = open_as("postgres", "db");
    for (int i = 0; i < 8; i++) {
        assert_string_equal(
                query_params(conn, "select a from r", 0, NULL), "1\n2\n3\n4\n5\n6\n7\n8\n9");
    }
    query_expect(conn, count, "t");
    PQfinish(conn);
}

static void errors_come_at_the_same_message(void **state)
{
    static const struct step steps[] = {
            N1(4, 'a', "select b from r where a = $1", "1"),
            P1('a', "select b from r where a = $1", "not a number"),
            P1('a', "select b from r where a = $1", "99999999999999"),
            {.who = 'a', .sql = "select b from r where a = $1", .count = 2, .values = {"1", "2"}},
            P0('a', "select b from r where a = $1"),
            N1(3, 'a', "select b from r where a = $1", "1"),
            N1(4, 'b', "select 1 / $1::int", "1"),
            N1(4, 'b', "select 1 / $1::int", "0"),
            N1(3, 'b', "select 1 / a from r where a = $1", "0"),
            N0(4, 'b', "select nothing from r"),
            N0(4, 'b', "select * from nowhere"),
            N0(4, 'b', "bad sql"),
            N0(4, 'b', "select 1; select 2"),
            N0(3, 'b', ""),
            N1(4, 'a', "insert into r values ($1, 'x')", "1"),
    };
    (void)state;
    EXPECT_SAME(steps);
}

static void notices_of_a_parse_come_each_time(void **state)
{
    static const struct step steps[] = {
            N0(6, 'a',
                    "select 1 as an_identifier_that_has_more_letters_than_postgresql_keeps_of_it"),
            N0(6, 'b',
                    "select a as an_identifier_that_has_more_letters_than_postgresql_keeps_of_it "
                    "from r where a = 1"),
    };
    (void)state;
    EXPECT_SAME(steps);
}

static void ddl_of_its_clients_is_seen(void **state)
{
    static const struct step steps[] = {
            N0(4, 'a', "select * from r where a < 3"),
            P0('B', "alter table r add column c int default 5"),
            N0(3, 'a', "select * from r where a < 3"),
            P0('A', "alter table r drop column c"),
            N0(3, 'b', "select * from r where a < 3"),
            N1(4, 'a', "select * from r where a = $1", "1"),
            P0('B', "alter table r alter a type text"),
            N1(4, 'a', "select * from r where a = $1", "one"),
            P0('a', "alter table r alter a type float8 using a::float8"),
            N1(4, 'a', "select * from r where a = $1", "1.5"),
            P0('a', "alter table r alter a type int using a::int"),
            N1(4, 'a', "select * from r where a = $1", "1.5"),
            P0('a', "drop table r"),
            N1(4, 'a', "select * from r where a = $1", "bad"),
            P0('a', "create table r (a int)"),
            N1(4, 'a', "select * from r where a = $1", "1"),
            P0('B', "create function f(int) returns text language sql as 'select ''int'''"),
            N1(4, 'a', "select f($1)", "1"),
            P0('B', "create function f(text) returns text language sql as 'select ''text'''"),
            N1(4, 'a', "select f($1)", "1"),
            N0(4, 'a', "select f('1')"),
            P0('B', "do $$begin alter table r add column e int; end$$"),
            N1(4, 'a', "select * from r where a = $1", "1"),
            N0(4, 'a', "select * from r"),
            P0('B', "begin"),
            P0('B', "drop table r; create table r (z text)"),
            P0('B', "commit"),
            N0(4, 'a', "select * from r"),
    };
    (void)state;
    EXPECT_SAME(steps);
}

static void ddl_of_others_is_repaired(void **state)
{
    static const struct step steps[] = {
            N0(4, 'a', "select * from r where a < 3"),
            P0('d', "alter table r add column c int default 5"),
            N0(3, 'a', "select * from r where a < 3"),
            P0('d', "alter table r drop column c"),
            N0(3, 'b', "select * from r where a < 3"),
            N1(3, 'b', "select * from r where a = $1", "2"),
            P0('d', "alter table r alter b type varchar(9)"),
            N1(3, 'b', "select * from r where a = $1", "2"),
            P0('d', "alter table r rename b to bb"),
            N1(3, 'b', "select * from r where a = $1", "bad"),
            P0('d', "drop table r"),
            N1(3, 'b', "select * from r where a = $1", "bad"),
            P0('d', "create table r (a int, b int); insert into r values (2, 3)"),
            N1(4, 'b', "select * from r where a = $1", "2"),
            P0('d', "drop table r; create view r as select 1 as a, 2 as b, 3 as c"),
            N1(4, 'b', "select * from r where a = $1", "1"),
            P0('d', "drop view r; create table r (a int, b text)"),
    };
    (void)state;
    EXPECT_SAME(steps);
}

static void names_mean_what_they_mean_to_the_client(void **state)
{
    static const struct step steps[] = {
            N0(3, 'a', "select * from r where a = 1"),
            P0('A', "set search_path = s, public"),
            N0(3, 'a', "select * from r where a = 1"),
            N0(3, 'b', "select * from r where a = 1"),
            P0('A', "reset search_path"),
            N0(3, 'a', "select * from r where a = 1"),
            P0('A', "create temp table r as select 1 as a, 'temporary' as t"),
            N0(3, 'a', "select * from r where a = 1"),
            N0(3, 'b', "select * from r where a = 1"),
            P0('A', "drop table pg_temp.r"),
            N0(3, 'a', "select * from r where a = 1"),
            P0('a', "create temp table r2 as select 1"),
            P0('a', "alter table r2 rename to r"),
            N0(3, 'a', "select * from r where a = 1"),
            P0('A', "discard all"),
            N0(3, 'a', "select * from r where a = 1"),
            N0(3, 'a', "select 'r'::regclass, current_user"),
            P0('A', "set role one"),
            N0(3, 'a', "select 'r'::regclass, current_user"),
            N0(3, 'a', "select * from s.r"),
            N0(3, 'b', "select * from s.r"),
            P0('A', "reset role"),
            N0(3, 'a', "select * from s.r"),
    };
    (void)state;
    EXPECT_SAME(steps);
}

static void settings_are_the_clients(void **state)
{
    static const struct step steps[] = {
            N0(3, 'a', "select '01/02/2003'::date, '12:00'::timestamptz > '2020-01-01'"),
            P0('B', "set datestyle = 'ISO, DMY'"),
            N0(3, 'b', "select '01/02/2003'::date, '12:00'::timestamptz > '2020-01-01'"),
            N0(3, 'a', "select '01/02/2003'::date, '12:00'::timestamptz > '2020-01-01'"),
            P0('B', "set timezone = 'Asia/Tokyo'"),
            N0(3, 'b', "select '2020-01-01 00:00'::timestamptz"),
            N0(3, 'a', "select '2020-01-01 00:00'::timestamptz"),
            P0('B', "set standard_conforming_strings = off"),
            N0(3, 'b', "select 'a\\142c'"),
            N0(3, 'a', "select 'a\\142c'"),
            P0('B', "reset all"),
            N0(3, 'b', "select 'a\\142c'"),
            P0('B', "set plan_cache_mode = force_generic_plan"),
            N1(8, 'b', "select b from r where a = $1", "3"),
            P0('B', "set plan_cache_mode = force_custom_plan"),
            N1(8, 'b', "select b from r where a = $1", "3"),
            N1(3, 'a', "select b from r where a = $1", "3"),
    };
    (void)state;
    EXPECT_SAME(steps);
}

/* ---- plans ---- */

enum { PLAN_RUNS = 60 };

static const char planned[] =
        "drop table if exists watched; create table watched (id int primary key, few int, t text);"
        "insert into watched select i, i % 2, 'x' from generate_series(1, 5000) i;"
        "create index on watched (few); analyze watched;"
        "drop table if exists noted; create table noted (t text, a int)";

/* Had what is kept of that text a generic plan? One was but shown. */
static bool had_generic_plan(PGconn *conn, const char *sql)
{
    char query[512];

    snprintf(query, sizeof query,
            "select coalesce(max(generic_plans) > 1, false) from pg_prepared_statements "
            "where name like 'SLUICE%%' and statement = $$%s$$",
            sql);
    return strcmp(query_text(conn, query), "t") == 0;
}

static bool comes_to_generic_plan_on(
        PGconn *conn, const char *sql, int count, const char *const *given)
{
    bool is_generic = false;

    for (int i = 0; i < PLAN_RUNS && !is_generic; i++) {
        const char *result = query_params(conn, sql, count, given);
        if (strncmp(result, "ERROR", 5) == 0) {
            fail_msg("%s: %s", sql, result);
        }
        is_generic = had_generic_plan(conn, sql);
    }
    PQfinish(conn);
    return is_generic;
}

static bool comes_to_generic_plan(const char *sql, int count, const char *const *given)
{
    return comes_to_generic_plan_on(open_as("postgres", "alone"), sql, count, given);
}

static void one_row_by_its_key_comes_to_a_generic_plan(void **state)
{
    static const char *const one[] = {"1"};
    static const char *const two[] = {"y", "2"};

    (void)state;
    cluster_sql(&cluster, planned);
    assert_true(comes_to_generic_plan("select t from watched where id = $1", 1, one));
    assert_true(comes_to_generic_plan("select id from watched where id = $1", 1, one));
    assert_true(comes_to_generic_plan("update watched set t = $1 where id = $2", 2, two));
}

static void parameters_that_may_matter_have_plans_of_their_own(void **state)
{
    static const char *const one[] = {"1"};
    static const char *const two[] = {"1", "1"};
    static const struct {
        const char *before; /* NULL: nothing */
        const char *sql;
        int count;
    } rows[] = {
            {NULL, "select count(*) from watched where few = $1", 1},
            {NULL, "select t from watched where id > $1 limit 1", 1},
            {NULL, "select t from watched where id = $1 and few = $2", 2},
            {NULL, "select t, 1 / $2::int from watched where id = $1", 2},
            {NULL, "select t from watched where id = $1 limit $2", 2},
            {NULL, "select t from watched where id = $1::text::int", 1},
            {NULL, "insert into noted values ($1, $2)", 2}, /* is not kept */
            {"create index on watched (t) where id > 100", "select few from watched where id = $1",
                    1},
            {"alter table watched enable row level security",
                    "select few, id from watched where id = $1", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cluster_sql(&cluster, planned);
        if (rows[i].before != NULL) {
            cluster_sql(&cluster, rows[i].before);
        }
        if (comes_to_generic_plan(rows[i].sql, rows[i].count, rows[i].count == 1 ? one : two)) {
            fail_msg("generic: %s", rows[i].sql);
        }
    }
}

/* Clients that began with other settings may mean another table. */
static void what_is_proven_by_one_path_is_not_by_another(void **state)
{
    static const char sql[] = "select id, t from watched where id = $1";
    static const char *const one[] = {"1"};

    (void)state;
    cluster_sql(&cluster, planned);
    cluster_sql(&cluster,
            "create schema apart; create table apart.watched (id int, t text);"
            "insert into apart.watched select i % 9, 1 from generate_series(1, 5000) i;"
            "create index on apart.watched (id); analyze apart.watched");
    PGconn *keeper = open_as("postgres", "db"); /* so that the text has the same number for both */
    for (int i = 0; i < 4; i++) {
        assert_string_equal(query_params(keeper, sql, 1, one), "1|x");
    }
    assert_true(comes_to_generic_plan(sql, 1, one));
    assert_false(comes_to_generic_plan_on(
            query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=alone sslmode=disable "
                               "options='-c search_path=apart'",
                    sluice.port),
            sql, 1, one));
    PQfinish(keeper);
    cluster_sql(&cluster, "drop schema apart cascade");
}

/* The client's own choice holds: here that of a generic plan, and of none. */
static void plan_cache_mode_is_the_clients(void **state)
{
    static const char *const one[] = {"1"};
    static const char sql[] = "select few from watched where few = $1 limit 1";

    (void)state;
    cluster_sql(&cluster, planned);
    PGconn *conn = open_as("postgres", "alone");
    query_expect(conn, "set plan_cache_mode = force_generic_plan", "SET");
    bool is_generic = false;
    for (int i = 0; i < PLAN_RUNS && !is_generic; i++) {
        assert_string_equal(query_params(conn, sql, 1, one), "1");
        is_generic = had_generic_plan(conn, sql);
    }
    assert_true(is_generic);
    PQfinish(conn);
    assert_false(comes_to_generic_plan("select few from watched where few = $1 limit 2", 1, one));
}

/* ---- random programs ---- */

static uint64_t first = 1;
static uint64_t seeds = SEEDS;

struct dice {
    uint64_t state;
};

/* splitmix64, by Sebastiano Vigna, in the public domain. */
static uint32_t draw(struct dice *dice, uint32_t below)
{
    dice->state += 0x9e3779b97f4a7c15U;
    uint64_t z = dice->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

#define ONE_OF(dice, array) ((array)[draw(dice, sizeof(array) / sizeof *(array))])

static const struct {
    const char *sql;
    int params;
} texts[] = {
        {"select * from r order by a", 0},
        {"select * from r order by a", 0},
        {"select b from r where a = $1", 1},
        {"select b from r where a = $1", 1},
        {"select a from r where a > $1 order by a limit $2", 2},
        {"insert into r (a, b) values ($1, $2)", 2},
        {"update r set b = $2 where a = $1 returning *", 2},
        {"delete from r where a = $1", 1},
        {"with x as (select $1::int as n) select n + 1 from x", 1},
        {"select '01/02/2003'::date", 0},
        {"select 1 / $1::int", 1},
        {"select 'r'::regclass::text", 0},
        {"select f($1)", 1},
        {"values ($1::int), (2)", 1},
        {"select * from s.r", 0},
        {"/* a comment */ select count(*) from r", 0},
};

static const char *const changes[] = {"alter table r add column if not exists c int default 5",
        "alter table r drop column if exists c", "drop table if exists r",
        "create table if not exists r (a int, b text)", "alter table r alter a type text",
        "alter table r alter a type int using a::int", "create temp table r (a int, t text)",
        "drop table if exists r", "set search_path = s, public", "reset search_path",
        "set datestyle = 'SQL, DMY'", "reset datestyle", "set role one", "reset role",
        "set plan_cache_mode = force_generic_plan", "reset plan_cache_mode", "begin", "commit",
        "rollback", "deallocate all", "discard all", "select 1",
        "create or replace function f(int) returns int language sql as 'select 7'",
        "create or replace function f(text) returns text language sql as 'select ''t'''",
        "create view v as select 1", "drop view if exists v"};

static const char *const values[] = {"1", "2", "3", "10", "x", "1.5", "99999999999", NULL};

static size_t make(uint64_t seed, struct step steps[static RANDOM_STEPS])
{
    struct dice dice = {.state = seed};

    for (size_t i = 0; i < RANDOM_STEPS; i++) {
        struct step *step = &steps[i];
        *step = (struct step){.who = draw(&dice, 3) == 0 ? 'b' : 'a'};
        if (draw(&dice, 100) < 25) {
            step->sql = ONE_OF(&dice, changes);
            step->who = (char)(step->who - (draw(&dice, 2) == 0 ? 'a' - 'A' : 0));
            continue;
        }
        size_t t = draw(&dice, sizeof texts / sizeof *texts);
        step->sql = texts[t].sql;
        step->count = texts[t].params;
        for (int v = 0; v < step->count; v++) {
            step->values[v] = ONE_OF(&dice, values);
        }
        step->times = 1 + (int)draw(&dice, 4);
        step->rebound = draw(&dice, 5) == 0 ? 1 + (int)draw(&dice, 2) : 0;
    }
    return RANDOM_STEPS;
}

static void random_programs_are_answered_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct step steps[RANDOM_STEPS];
        char what[64];

        snprintf(what, sizeof what, "program of seed %llu", (unsigned long long)seed);
        expect_same(steps, make(seed, steps), what);
    }
}

/* ---- */

static int begin_all(void **state)
{
    (void)start_cluster(state);
    /* Nobody waits for a lock for ever, whatever is discarded. */
    cluster_sql(&cluster, "create role one; alter role postgres set lock_timeout = 200");
    (void)prepare(state);
    sluice_start(&sluice, ini);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest cases[] = {
            cmocka_unit_test(a_text_that_comes_again_is_kept),
            cmocka_unit_test(errors_come_at_the_same_message),
            cmocka_unit_test(notices_of_a_parse_come_each_time),
            cmocka_unit_test(ddl_of_its_clients_is_seen),
            cmocka_unit_test(ddl_of_others_is_repaired),
            cmocka_unit_test(names_mean_what_they_mean_to_the_client),
            cmocka_unit_test(settings_are_the_clients),
            cmocka_unit_test(one_row_by_its_key_comes_to_a_generic_plan),
            cmocka_unit_test(parameters_that_may_matter_have_plans_of_their_own),
            cmocka_unit_test(what_is_proven_by_one_path_is_not_by_another),
            cmocka_unit_test(plan_cache_mode_is_the_clients),
            cmocka_unit_test(random_programs_are_answered_the_same),
    };
    if (argc > 1) {
        first = strtoull(argv[1], NULL, 10);
        seeds = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    }
    return case_run(cases, CASE_COUNT(cases), begin_all, stop_both);
}
