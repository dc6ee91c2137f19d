/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_fuzz.h"

#include "tests/e2e/answers_base.h"
#include "tests/e2e/answers_wire.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/doubler.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SESSIONS = 4,
    SHORT_STEPS = 8000,
    LONG_STEPS = 300000,
    FORCED_SHORT_STEPS = 1500,
    FORCED_LONG_STEPS = 30000,
    SQL_MAX = 512,
    REFRESH = 300
};

static uint64_t seed;
static int port; /* Sluice's, or of what stands before it */
static uint32_t oids_from;

/* xorshift64* */
static unsigned any(unsigned below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (unsigned)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

/* ---- the two databases ---- */

static const char schema[] =
        "create table acc (id int primary key, owner int, n int, note text, at date default "
        "'2024-05-05');"
        "insert into acc select i, i % 4, i, 'note ' || i from generate_series(1, 30) i;"
        "create table own (id int primary key, name text, d timestamptz default '2024-05-05 "
        "12:00+00', "
        "f float8 default 0.1, b bytea default '\\x0041ff', iv interval default '1 day 02:00');"
        "insert into own select i, 'owner ' || i from generate_series(0, 3) i;"
        "create table kid (id int primary key, acc int references acc on delete cascade);"
        "insert into kid select i, i from generate_series(1, 20) i;"
        "create table hist (id serial, acc int, what text);"
        "create function keep() returns trigger language plpgsql as $$begin "
        "insert into hist (acc, what) values (coalesce(new.id, old.id), tg_op); "
        "return coalesce(new, old); end$$;"
        "create trigger k after update or delete on acc for each row execute function keep();"
        "create function pay(a int, m int) returns int language plpgsql as $$begin "
        "update acc set n = n + m where id = a; return m; end$$;"
        "create table part (id int, n int) partition by range (id);"
        "create table part_1 partition of part for values from (0) to (10);"
        "create table part_2 partition of part for values from (10) to (100);"
        "insert into part select i, i from generate_series(0, 19) i;"
        "create view rich as select id, n, note from acc where n > 15;"
        "create schema s1; create table s1.own (like own including all);"
        "insert into s1.own values (1, 'other');"
        "grant all on all tables in schema public, s1 to one; grant usage on schema s1 to one;"
        "grant all on all sequences in schema public to one";

static const char *const reads[] = {"select * from acc where id = # order by id",
        "select id, n from acc where owner = # order by id", "select count(*), sum(n) from acc",
        "select * from own order by id", "select name, d, f, b, iv from own where id = #",
        "select a.id, o.name from acc a join own o on o.id = a.owner where a.id < # order by 1",
        "select * from rich order by id limit #", "select count(*) from kid",
        "select acc, what from hist order by id desc limit 3",
        "select k.id, a.n from kid k left join acc a on a.id = k.acc where k.id = # order by 1",
        "select sum(n) from part", "select * from part_1 where id = # order by id",
        "select n, count(*) from part group by n order by n limit 3",
        "with x as (select owner, sum(n) s from acc group by 1) select * from x order by 1",
        "select note from acc where note like 'note #%' order by 1",
        "select current_user, max(at) from acc", "select 1 / (n - #) from acc where id = #",
        "select id from acc where id = # union select id from kid where id = # order by 1",
        "select null::text, id from own where id = #",
        "select exists (select from acc where id = #)"};

static const char *const writes[] = {"update acc set n = n + 1 where id = #",
        "delete from acc where id = #",
        "insert into acc values (#, 1, 2, 'new') on conflict (id) do nothing",
        "insert into acc values (#, 1, 2, 'new') on conflict (id) do update set n = acc.n + 1",
        "insert into kid values (#, #)",
        "update own set name = name || '.' where id = # and "
        "length(name) < 20",
        "select pay(#, 2)", "update part set n = n + 1 where id = #",
        "update part_1 set n = n + 1 where id = #", "update part set id = id + 10 where id = #",
        "update rich set note = 'r' || n where id = #",
        "with d as (delete from kid where id = # returning acc) update acc set n = 0 where id in "
        "(select acc from d)",
        "do $$begin update acc set owner = # where id = 3; end$$",
        "delete from part where id = 15; "
        "insert into part values (15, #)",
        "insert into s1.own values (#, 'x') on conflict do nothing",
        "update acc set n = 1 / (n - n) where id = #"};

static const char *const others[] = {"begin", "begin", "commit", "commit", "commit", "commit",
        "commit", "rollback", "rollback", "savepoint s", "rollback to s", "release s",
        "begin isolation level repeatable read", "set datestyle = 'german'",
        "set datestyle = default", "set timezone = 'Asia/Kolkata'", "set timezone = default",
        "set bytea_output = escape", "reset bytea_output", "set extra_float_digits = -3",
        "reset extra_float_digits", "set intervalstyle = iso_8601", "reset intervalstyle",
        "set search_path = s1, public", "reset search_path", "set local bytea_output = escape",
        "set role one", "reset role", "reset role", "reset role", "reset search_path",
        "discard all", "select set_config('intervalstyle', 'sql_standard', false)",
        "select set_config('timezone', 'UTC', true)", "reset all", "discard all",
        "create temp table if not exists mine (n int)", "discard temp", "set my.custom = '#'",
        "set application_name = 'a#'", "select 1 / 0", "select nothing", "set nothing = 1", ""};

static void make_databases(void)
{
    do_sql(direct, "drop database if exists fuzz");
    do_sql(direct, "drop database if exists mirror");
    do_sql(direct, "create database fuzz");
    PGconn *conn = query_must_connect(
            "host=%s port=%d user=postgres dbname=fuzz", cluster.dir, cluster.port);
    do_sql(conn, schema);
    oids_from = (uint32_t)atol(query_text(conn, "select max(oid::bigint) + 1 from pg_class"));
    PQfinish(conn);
    do_sql(direct, "create database mirror template fuzz");
    do_sql(direct, "alter database fuzz set lock_timeout = '30ms'");
    do_sql(direct, "alter database mirror set lock_timeout = '30ms'");
}

/* ---- a step ---- */

/* # is a number, of few. */
static void make(char sql[static SQL_MAX], const char *from, unsigned below)
{
    size_t len = 0;

    for (; *from != '\0' && len < SQL_MAX - 8; from++) {
        if (*from == '#') {
            len += (size_t)snprintf(sql + len, SQL_MAX - len, "%u", any(below));
        } else {
            sql[len++] = *from;
        }
    }
    sql[len] = '\0';
}

static void pick(char sql[static SQL_MAX])
{
    static const char *const blocks[] = {"begin", "begin", "begin isolation level read committed",
            "start transaction read only", "begin isolation level repeatable read", "savepoint s",
            "release s", "rollback to s", "commit and chain"};
    static const char *const ends[] = {"commit", "commit", "rollback"};
    unsigned kind = any(100);

    if (kind < 2) {
        make(sql, blocks[any(CASE_COUNT(blocks))], 3);
    } else if (kind < 7) { /* where most stand outside, most are answered */
        make(sql, ends[any(CASE_COUNT(ends))], 3);
    } else if (kind < 93) {
        make(sql, reads[any(any(2) == 0 ? 6 : CASE_COUNT(reads))], 3);
    } else if (kind < 96) {
        make(sql, writes[any(CASE_COUNT(writes))], 6);
    } else {
        make(sql, others[any(CASE_COUNT(others))], 3);
    }
}

struct turn {
    char text[8 * SQL_MAX]; /* what was asked, for people */
    struct wire *wires[2];
};

static void note(struct turn *turn, const char *what, const char *sql)
{
    size_t len = strlen(turn->text);

    snprintf(turn->text + len, sizeof turn->text - len, "[%s] %s\n", what, sql);
}

#define BOTH(call_, ...)                                                                           \
    do {                                                                                           \
        call_(turn->wires[0], __VA_ARGS__);                                                        \
        call_(turn->wires[1], __VA_ARGS__);                                                        \
    } while (0)

static void put_extended(struct turn *turn, const char *sql)
{
    static const char *const names[] = {"", "", "", "", "", "", "a", "b"};
    const char *name = names[any(CASE_COUNT(names))];
    int format = (int)any(4) == 0;
    int rows = any(60) == 0 ? 1 + (int)any(3) : 0;
    const char *portal = any(40) == 0 ? "p" : "";
    bool describes = any(3) > 0;

    note(turn, rows > 0 ? "extended, some rows" : describes ? "extended" : "undescribed", sql);
    if (name[0] != '\0' && any(3) > 0) {
        BOTH(wire_close_name, 'S', name);
    }
    BOTH(wire_parse, name, sql);
    if (any(10) == 0) {
        BOTH(wire_describe, 'S', name);
    }
    const struct wire_values none = {.result_format = format};
    BOTH(wire_bind, portal, name, &none);
    if (describes) {
        BOTH(wire_describe, 'P', portal);
    }
    BOTH(wire_execute, portal, rows);
    if (rows > 0 && any(2) == 0) {
        BOTH(wire_execute, portal, 0);
    }
}

static void put_parameter(struct turn *turn)
{
    static const char number[6][4] = {
            "\0\0\0\0", "\0\0\0\1", "\0\0\0\2", "\0\0\0\3", "\0\0\0\4", "\0\0\0\5"};
    static const char *const texts[] = {"0", "1", "2", "3", "4", "5"};
    static const int len = 4;
    unsigned i = any(6);
    int format = (int)any(2);
    int result_format = (int)any(2);
    const char *value = format == 1 ? number[i] : any(20) == 0 ? NULL : texts[i];
    const char *sql = any(2) == 0
                              ? "select * from acc where id = $1"
                              : "select o.name, count(*) from own o join acc a on a.owner = o.id "
                                "where o.id = $1::int group by 1 order by 1";

    note(turn, "parameter", sql);
    BOTH(wire_parse, "", sql);
    const struct wire_values values = {.count = 1,
            .at = &value,
            .lens = format == 0 ? NULL : &len,
            .format = format,
            .result_format = result_format};
    BOTH(wire_bind, "", "", &values);
    if (any(2) == 0) {
        BOTH(wire_describe, 'P', "");
    }
    BOTH(wire_execute, "", 0);
}

static void put_step(struct turn *turn)
{
    char sql[SQL_MAX];
    unsigned how = any(10);
    unsigned several = how == 9 ? 1 + any(4) : 1;

    turn->text[0] = '\0';
    if (how < 4) {
        pick(sql);
        if (any(15) == 0) {
            size_t len = strlen(sql);
            snprintf(sql + len, sizeof sql - len, "; select count(*) from acc");
        }
        if (strncmp(sql, "begin isolation", 15) ==
                0) { /* behind what was answered from memory it is none */
            BOTH(wire_query, "rollback");
        }
        note(turn, "simple", sql);
        BOTH(wire_query, sql);
        return;
    }
    for (unsigned i = 0; i < several; i++) {
        if (any(5) == 0) {
            put_parameter(turn);
        } else {
            pick(sql);
            /* Not within a pipeline, of which one that was answered before it is no part. */
            bool is_first = strncmp(sql, "discard all", 11) == 0 ||
                            strncmp(sql, "begin isolation", 15) == 0;
            put_extended(turn, is_first ? "reset all" : sql);
        }
    }
    wire_sync(turn->wires[0]);
    wire_sync(turn->wires[1]);
}

static void check(struct turn *turn, unsigned step, unsigned session, uint64_t began)
{
    wire_send(turn->wires[1]);
    bool is_there = wire_hear(turn->wires[1]);
    wire_send(turn->wires[0]);
    assert_true(wire_hear(turn->wires[0]) && is_there);
    size_t differs = wire_differs(turn->wires[0], turn->wires[1]);
    if (differs != SIZE_MAX) {
        print_message("seed %lu, step %u, session %u:\n%s", (unsigned long)began, step, session,
                turn->text);
        wire_print(turn->wires[1], "PostgreSQL", differs);
        wire_print(turn->wires[0], "Sluice", differs);
        fail();
    }
}

/* A new session takes its place. */
static void open_pair(struct wire pair[static 2], unsigned i)
{
    wire_open(&pair[0], port, i % 3 == 0 ? "one" : "postgres", "fuzz");
    wire_open(&pair[1], cluster.port, i % 3 == 0 ? "one" : "postgres", "mirror");
    pair[0].oids_from = oids_from;
    pair[1].oids_from = oids_from;
}

/* What has been answered from memory meanwhile. */
static long play(unsigned steps)
{
    static struct wire pairs[SESSIONS][2];
    static struct turn turn;
    const char *given = getenv("SLUICE_ANSWERS_SEED");

    seed = given != NULL ? strtoull(given, NULL, 10) : 20240505;
    make_databases();
    PGconn *conn = open_as("postgres", "fuzz");
    warm(conn, "select sum(n) from acc");
    PQfinish(conn);
    for (unsigned i = 0; i < SESSIONS; i++) {
        open_pair(pairs[i], i);
    }
    long before = hits();
    for (unsigned step = 0; step < steps; step++) {
        uint64_t began = seed;
        unsigned i = any(SESSIONS);
        if (any(REFRESH) == 0) {
            wire_close(&pairs[i][0]);
            wire_close(&pairs[i][1]);
            open_pair(pairs[i], i);
        }
        turn.wires[0] = &pairs[i][0];
        turn.wires[1] = &pairs[i][1];
        put_step(&turn);
        check(&turn, step, i, began);
    }
    long given_now = hits() - before;
    print_message("%u steps, %ld answered from memory\n", steps, given_now);
    for (unsigned i = 0; i < SESSIONS; i++) {
        wire_close(&pairs[i][0]);
        wire_close(&pairs[i][1]);
    }
    return given_now;
}

void random_sessions_are_answered_alike(void **state)
{
    unsigned steps = answers_is_long() ? LONG_STEPS : SHORT_STEPS;

    (void)state;
    port = sluice.port;
    long given = play(steps);
    if (given <= (long)steps / 1000) {
        console_print_counts();
    }
    assert_true(given > (long)steps / 1000);
}

/* All that may be from memory is (tests/support/doubler.h). Only of a Sluice that reads a catalogue at once. */
void random_sessions_are_answered_alike_from_memory(void **state)
{
    unsigned steps = answers_is_long() ? FORCED_LONG_STEPS : FORCED_SHORT_STEPS;
    char console[128];
    struct doubler doubler;

    (void)state;
    if (getenv("SLUICE_ANSWERS_FORCED") == NULL) {
        skip();
    }
    snprintf(console, sizeof console,
            "host=127.0.0.1 port=%d user=admin dbname=pgbouncer sslmode=disable", sluice.port);
    const struct doubler_options options = {.sluice = sluice.port,
            .console = console,
            .log = getenv("SLUICE_FORCED_LOG"),
            .logs_all = getenv("SLUICE_FORCED_LOG") != NULL,
            .hit_ms = 40}; /* not at all while another is about to write anything */
    doubler_start(&doubler, &options);
    port = doubler.port;
    (void)play(steps);
    doubler_print(doubler.seen);
    const struct doubler_seen *seen = doubler.seen;
    assert_int_equal(atomic_load(&seen->differs), 0);
    assert_int_equal(atomic_load(&seen->unsteady), 0);
    assert_int_equal(atomic_load(&seen->unordered), 0);
    assert_true(atomic_load(&seen->compared) > (long)steps / 5);
    assert_true(atomic_load(&seen->hits[DOUBLER_TABLES]) >= (long)steps / 10);
    assert_true(atomic_load(&seen->hits[DOUBLER_POINTS]) >= (long)steps / 20);
    assert_true(atomic_load(&seen->hits[DOUBLER_ROW_SETS]) >= (long)steps / 60);
    doubler_stop(&doubler);
}
