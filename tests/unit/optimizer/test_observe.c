/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/observe.h"

#include "protocol/shape.h"
#include "protocol/stmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 64, WORKERS = 2 };

static const sl_usec start = 1000 * SL_SECOND;

static struct observe *observe;
static unsigned told;
static char told_text[256];

static bool refuses;  /* whoever is told */
static uint64_t lost; /* of what was told */
static sl_usec later; /* than start is it when a statement comes */

static bool news(void *self, const struct shape *shape, struct sl_span normalised,
        struct sl_span text, struct shape_options rules)
{
    assert_ptr_equal(self, &told);
    assert_int_equal(shape->flags, 0);
    assert_true(text.len > 0);
    assert_int_equal(rules.encoding, SHAPE_ENCODING_SAFE);
    told++;
    snprintf(told_text, sizeof told_text, "%.*s", (int)normalised.len, (const char *)normalised.at);
    return !refuses;
}

static int begin(void **state)
{
    struct observe_options options = {.limits = {.shapes_max = 1000, .bytes_max = 16 << 20},
            .workers = WORKERS,
            .news = news,
            .self = &told};

    (void)state;
    told = 0;
    refuses = false;
    later = 0;
    lost = 0;
    observe = observe_new(&options);
    return observe == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    observe_free(observe, start);
    return 0;
}

/* One statement, from walk to end, on that worker. */
static struct stmt made(const char *text)
{
    struct stmt stmt = {.query = sl_span_text(text),
            .database = "shop",
            .user = "app",
            .who = 77,
            .host = "10.0.0.1",
            .port = 5432,
            .node = 99,
            .transaction = 'I'};

    stmt.meter = (struct stmt_meter){.received_at = start + later,
            .sent_at = start + later + 100,
            .ended_at = start + later + 1100,
            .server_usec = 1000,
            .bytes_in = 10,
            .bytes_out = 20,
            .rows = 3};
    return stmt;
}

static void run(unsigned worker, struct stmt *stmt)
{
    struct stage stage = observe_stage(observe, worker);

    assert_int_equal(stage.type->phase, STAGE_OBSERVE);
    assert_int_equal(stage.type->on_statement(stage.self, stmt), STAGE_NEXT);
    stage.type->on_end(stage.self, stmt);
    assert_null(stmt->stage_state[0]);
}

static uint32_t rows(struct shape_row *into)
{
    uint32_t cursor = 0;

    for (unsigned worker = 0; worker < WORKERS; worker++) {
        uint32_t at = 0;
        while (!observe_flush(observe, worker, &at, start + 2 * SL_SECOND)) {
        }
    }
    return shape_store_read(observe_store(observe), &cursor, into, ROWS_MAX,
            (struct shape_cut){.parts = SHAPE_TIMES, .now = start + 2 * SL_SECOND});
}

static void other_literals_on_other_workers_are_one_row(void **state)
{
    struct shape_row row[ROWS_MAX];

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        char text[64];
        snprintf(text, sizeof text, "select * from t where id = %u", i);
        struct stmt stmt = made(text);
        run(i % WORKERS, &stmt);
    }
    assert_int_equal(rows(row), 1);
    assert_int_equal(told, WORKERS); /* each worker meets it once */
    assert_string_equal(told_text, "select * from t where id = ?");
    assert_int_equal(row[0].calls, 100);
    assert_int_equal(row[0].rows, 300);
    assert_int_equal(row[0].bytes_in, 1000);
    assert_int_equal(row[0].bytes_out, 2000);
    assert_int_equal(row[0].transactions, 100);
    assert_int_equal(row[0].times[TALLY_TOTAL].sum, 110000);
    assert_int_equal(row[0].times[TALLY_WAIT].sum, 10000);
    assert_int_equal(row[0].times[TALLY_SERVER].sum, 100000);
    assert_string_equal(names_text(observe_names(observe), row[0].key.database), "shop");
    assert_string_equal(names_text(observe_names(observe), row[0].key.user), "app");
    assert_string_equal(names_text(observe_names(observe), row[0].key.node), "10.0.0.1:5432");
}

static void a_slow_client_is_not_a_slow_server(void **state)
{
    struct shape_row row[ROWS_MAX];
    struct stmt stmt = made("select 1");

    (void)state;
    stmt.meter.stalled_usec = 900;
    run(0, &stmt);
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].times[TALLY_SERVER].sum, 100);
    assert_int_equal(row[0].times[TALLY_TOTAL].sum, 200);
    assert_int_equal(row[0].client_usec, 900);
}

static void what_a_stage_answered_took_no_server_and_no_waiting(void **state)
{
    struct shape_row row[ROWS_MAX];
    struct stmt stmt = made("select 1");

    (void)state;
    stmt.host = NULL;
    stmt.node = 0;
    stmt.meter.sent_at = 0;
    stmt.meter.server_usec = 0;
    stmt.meter.is_answered = true;
    stmt.meter.ended_at = stmt.meter.received_at + 7;
    run(0, &stmt);
    run(0, &stmt);
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 2);
    assert_int_equal(row[0].cached, 2);
    assert_int_equal(row[0].rows, 6);
    assert_int_equal(row[0].transactions, 2);
    assert_int_equal(row[0].times[TALLY_TOTAL].sum, 14);
    assert_int_equal(row[0].times[TALLY_WAIT].count, 0);
    assert_int_equal(row[0].times[TALLY_SERVER].count, 0);
    assert_string_equal(names_text(observe_names(observe), row[0].key.node), OBSERVE_NO_NODE);
}

static void what_a_stage_answered_is_of_the_node_that_had_it_last(void **state)
{
    struct shape_row row[ROWS_MAX];
    struct stmt stmt = made("select 1");
    struct stmt answered = stmt;

    (void)state;
    answered.host = NULL;
    answered.node = 0;
    answered.meter.sent_at = 0;
    answered.meter.is_answered = true;
    run(0, &stmt);
    run(0, &answered);
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 2);
    assert_int_equal(row[0].cached, 1);
    assert_int_equal(row[0].times[TALLY_SERVER].count, 1);
    assert_string_equal(names_text(observe_names(observe), row[0].key.node), "10.0.0.1:5432");
}

static void another_database_user_or_node_is_another_row(void **state)
{
    struct shape_row row[ROWS_MAX];
    struct stmt stmt = made("select 1");
    struct stmt other = stmt;

    (void)state;
    run(0, &stmt);
    other.database = "stock";
    other.who = 78;
    run(0, &other);
    other = stmt;
    other.user = "report";
    other.who = 79;
    run(0, &other);
    for (int i = 0; i < 3; i++) { /* to and fro */
        other = made("select 1");
        other.node = 100;
        other.port = 5433;
        run(0, &other);
        stmt = made("select 1");
        run(0, &stmt);
    }
    assert_int_equal(rows(row), 4);
    for (int i = 0; i < 4; i++) {
        bool is_shop = strcmp(names_text(observe_names(observe), row[i].key.database), "shop") == 0;
        bool is_app = strcmp(names_text(observe_names(observe), row[i].key.user), "app") == 0;
        bool is_first =
                strcmp(names_text(observe_names(observe), row[i].key.node), "10.0.0.1:5432") == 0;
        assert_int_equal(row[i].calls, !is_shop || !is_app ? 1 : is_first ? 4 : 3);
    }
}

/* The same text of two tables, perhaps; which path it was is known for good only at its end. */
static void another_search_path_is_another_row(void **state)
{
    struct stage stage = observe_stage(observe, 0);
    struct shape_row row[ROWS_MAX];
    uint64_t calls[3] = {0};

    (void)state;
    for (int i = 0; i < 12; i++) {
        struct stmt stmt = made(i % 2 == 0 ? "select a from t where b = 1"
                                           : "select a from t "
                                             "where b = 2");
        stmt.path = i % 3 == 0 ? 1 : 0;
        assert_int_equal(stage.type->on_statement(stage.self, &stmt), STAGE_NEXT);
        stmt.path = i >= 9 ? 2 : stmt.path;
        stage.type->on_end(stage.self, &stmt);
    }
    assert_int_equal(rows(row), 3);
    for (int i = 0; i < 3; i++) {
        assert_in_range(row[i].key.path, 0, 2);
        calls[row[i].key.path] = row[i].calls;
    }
    assert_int_equal(calls[0], 6);
    assert_int_equal(calls[1], 3);
    assert_int_equal(calls[2], 3);
}

/* The key of a named statement's text is known; the text is looked at when it is not remembered. */
static void a_named_statement_and_a_simple_one_are_the_same(void **state)
{
    struct shape_row row[ROWS_MAX];
    struct stmt stmt = made("SELECT a FROM t WHERE b = $1");

    (void)state;
    run(0, &stmt);
    struct stmt named = made("select a from t where b = $1 -- the same");
    named.query_key = shape_text_key(named.query);
    run(0, &named);
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 2);
}

static void what_was_skipped_or_never_sent_is_not_counted(void **state)
{
    struct shape_row row[ROWS_MAX];
    struct stmt stmt = made("select 1");

    (void)state;
    stmt.meter.ended_at = 0;
    run(0, &stmt);
    stmt = made("x");
    stmt.query = sl_span(NULL, 0); /* the text of a name that nobody knows */
    run(0, &stmt);
    assert_int_equal(rows(row), 0);
}

static void errors_are_counted_by_class(void **state)
{
    struct shape_row row[ROWS_MAX];

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct stmt stmt = made("select 1/0");
        memcpy(stmt.meter.sqlstate, i < 3 ? "22012" : "57014", 6);
        stmt.has_failed = true;
        run(0, &stmt);
    }
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 5);
    assert_int_equal(row[0].errors, 5);
    for (int i = 0; i < 2; i++) {
        bool is_data = memcmp(row[0].classes[i].name, "22", 2) == 0;
        assert_int_equal(row[0].classes[i].count, is_data ? 3 : 2);
    }
}

/* Statements end out of order, and an entry may be given up while its statement runs. */
static void what_runs_long_is_counted_though_its_entry_went(void **state)
{
    struct stage stage = observe_stage(observe, 0);
    struct shape_row row[ROWS_MAX];
    struct stmt first = made("select pg_sleep(3600)");
    struct stmt slow = made("select pg_sleep(3600)");
    uint32_t cursor = 0;

    (void)state;
    run(0, &first);
    assert_int_equal(stage.type->on_statement(stage.self, &slow), STAGE_NEXT);
    while (!observe_flush(observe, 0, &cursor, start + 2 * SHAPE_TABLE_IDLE)) {
    }
    while (!observe_flush(observe, 0, &cursor, start + 4 * SHAPE_TABLE_IDLE)) {
    }
    slow.meter.ended_at = start + 3600 * SL_SECOND;
    stage.type->on_end(stage.self, &slow);
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 2);
}

static uint64_t told_to_store(void)
{
    struct shape_row row[ROWS_MAX];
    uint32_t cursor = 0;
    uint32_t count = shape_store_read(
            observe_store(observe), &cursor, row, ROWS_MAX, (struct shape_cut){.now = start});

    assert_in_range(count, 0, 1);
    return count == 0 ? 0 : row[0].calls;
}

/* So many turns as the table has parts at the most. */
static void turn(sl_usec now)
{
    for (int i = 0; i < 100; i++) {
        observe_turn(observe, 0, lost, now);
    }
}

static void a_worker_tells_the_store_about_once_a_second(void **state)
{
    struct stmt stmts[4] = {made("select 1"), made("select 2"), made("select 3"), made("select 4")};

    (void)state;
    turn(start);
    run(0, &stmts[0]);
    assert_int_equal(told_to_store(), 0);
    turn(start);
    assert_int_equal(told_to_store(), 1);
    run(0, &stmts[1]);
    run(0, &stmts[2]);
    turn(start + SL_SECOND - 1);
    assert_int_equal(told_to_store(), 1);
    turn(start + SL_SECOND);
    assert_int_equal(told_to_store(), 3);
    run(0, &stmts[3]);
    turn(start + 3600 * SL_SECOND); /* it was told late, and has found its entry given up */
    assert_int_equal(told_to_store(), 4);
}

static void while_nothing_is_counted_a_turn_is_of_no_use(void **state)
{
    struct stmt stmts[2] = {made("select 1"), made("select 2")};

    (void)state;
    turn(start);
    assert_true(observe_next(observe, 0) == INT64_MAX);
    run(0, &stmts[0]);
    assert_true(observe_next(observe, 0) <= start);
    observe_turn(observe, 0, lost, start);
    assert_true(observe_next(observe, 0) <= start); /* that was a part of it */
    turn(start);
    assert_in_range(observe_next(observe, 0), start + 2 * SL_SECOND, start + 60 * SL_SECOND);
    run(0, &stmts[1]);
    assert_true(observe_next(observe, 0) == start + SL_SECOND);
    turn(start + SL_SECOND);
    /* Entries that stood idle are given up; then there is nothing left to do. */
    for (int i = 0; i < 100 && observe_next(observe, 0) != INT64_MAX; i++) {
        turn(observe_next(observe, 0));
    }
    assert_true(observe_next(observe, 0) == INT64_MAX);
}

static void what_is_forgotten_is_not_told(void **state)
{
    struct shape_row row[ROWS_MAX];

    (void)state;
    struct stmt first = made("select 1");
    run(0, &first);
    turn(start);
    for (int i = 0; i < 2; i++) { /* told when a second is over */
        struct stmt stmt = made("select 1");
        run(0, &stmt);
        turn(start);
    }
    uint32_t cursor = 0;
    assert_true(observe_forget(observe, 0, &cursor));
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 1);
    struct stmt stmt = made("select 1");
    run(0, &stmt);
    assert_int_equal(rows(row), 1);
    assert_int_equal(row[0].calls, 2);
}

static void what_is_under_way_is_found(void **state)
{
    struct stage stage = observe_stage(observe, 1);
    struct stmt stmts[3] = {made("select 1"), made("select 2"), made("select a from t")};
    struct sl_hash128 shape[3];
    uint32_t cursor = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stage.type->on_statement(stage.self, &stmts[i]), STAGE_NEXT);
    }
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(observe_under_way(observe, 1, &cursor, &shape[i]), &stmts[i]);
    }
    assert_null(observe_under_way(observe, 1, &cursor, &shape[0]));
    assert_true(shape[0].lo == shape[1].lo && shape[1].lo != shape[2].lo);
    assert_true(observe_shape(observe, 1, &stmts[2], &shape[0]));
    assert_memory_equal(&shape[0], &shape[2], sizeof shape[0]);
    stage.type->on_end(stage.self, &stmts[1]);
    assert_false(observe_shape(observe, 1, &stmts[1], &shape[0]));
    cursor = 0;
    assert_ptr_equal(observe_under_way(observe, 1, &cursor, &shape[0]), &stmts[0]);
    assert_ptr_equal(observe_under_way(observe, 1, &cursor, &shape[0]), &stmts[2]);
    cursor = 0;
    assert_null(observe_under_way(observe, 0, &cursor, &shape[0]));
    stage.type->on_end(stage.self, &stmts[0]);
    stage.type->on_end(stage.self, &stmts[2]);
}

/*
 * Whoever is told may have no room: until it has, it is told again and again, but not so often that
 * each use of a known text is a pass over it. Of what comes new it is told at once.
 */
static void a_shape_is_told_until_it_is_taken(void **state)
{
    (void)state;
    refuses = true;
    for (int i = 0; i < 1000; i++) {
        struct stmt stmt = made("select 1");
        later = i * SL_MSEC;
        run(0, &stmt);
    }
    assert_in_range(told, 40, 50);
    unsigned before = told;
    struct stmt other = made("select 1, 2");
    run(0, &other);
    assert_int_equal(told, before + 1);
    refuses = false;
    for (int i = 0; i < 1000; i++) {
        struct stmt stmt = made("select 1");
        later += SL_MSEC;
        run(0, &stmt);
    }
    assert_int_equal(told, before + 2);
}

/* Shapes that come new keep coming, and are refused: a known one is told again all the same. */
static void what_comes_new_does_not_put_off_the_known(void **state)
{
    unsigned of_known = 0;

    (void)state;
    refuses = true;
    for (int i = 0; i < 1000; i++) {
        char text[64];
        later = i * SL_MSEC;
        struct stmt known = made("select known");
        run(0, &known);
        of_known += strcmp(told_text, "select known") == 0;
        snprintf(text, sizeof text, "select a as n_%d", i);
        struct stmt other = made(text);
        run(0, &other);
    }
    assert_in_range(of_known, 40, 50);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* ---- slow ones ---- */

static struct tally_sample slow_sample;
static unsigned slows;

static void slow(void *self, const struct stmt *stmt, const struct shape_key *key,
        const struct tally_sample *sample)
{
    assert_ptr_equal(self, &told);
    assert_string_equal(stmt->database, "shop");
    assert_string_equal(names_text(observe_names(observe), key->user), "app");
    assert_string_equal(names_text(observe_names(observe), key->node), "10.0.0.1:5432");
    slow_sample = *sample;
    slows++;
}

static void who_takes_as_long_is_slow(void **state)
{
    const struct observe_options options = {.limits = {.shapes_max = 1000, .bytes_max = 16 << 20},
            .workers = WORKERS,
            .slow = slow,
            .self = &told};
    struct stmt stmt = made("select 1");

    (void)state;
    observe_free(observe, start);
    observe = observe_new(&options);
    assert_non_null(observe);
    slows = 0;
    run(0, &stmt); /* none is at first */
    assert_int_equal(slows, 0);
    observe_set_slow(observe, 0, 1100);
    stmt = made("select 1");
    run(0, &stmt);
    assert_int_equal(slows, 1);
    assert_int_equal(slow_sample.times[TALLY_TOTAL], 1100);
    assert_int_equal(slow_sample.times[TALLY_WAIT], 100);
    assert_int_equal(slow_sample.rows, 3);
    stmt = made("select 1");
    stmt.meter.stalled_usec = 1; /* a slow client is not a slow statement */
    run(0, &stmt);
    stmt = made("select 1");
    run(1, &stmt); /* the other worker has a bound of its own */
    assert_int_equal(slows, 1);
    observe_set_slow(observe, 0, OBSERVE_NEVER);
    stmt = made("select 1");
    run(0, &stmt);
    assert_int_equal(slows, 1);
}

static void who_wants_to_know_again_is_told_again(void **state)
{
    struct stmt stmt = made("select 1");

    (void)state;
    run(0, &stmt);
    stmt = made("select 2");
    run(0, &stmt);
    assert_int_equal(told, 1);
    observe_tell_again(observe, 0, 3);
    for (int i = 0; i < 5; i++) {
        stmt = made("select 1"); /* a text seen before, too */
        run(0, &stmt);
    }
    assert_int_equal(told, 4);
    stmt = made("select 1, 2");
    for (int i = 0; i < 5; i++) {
        run(0, &stmt);
    }
    assert_int_equal(told, 7);
}

static void run_text(const char *text)
{
    struct stmt stmt = made(text);

    run(0, &stmt);
}

static void what_is_in_use_is_told_again_when_some_is_lost(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        run_text("select 1");
        turn(start + i * SL_SECOND);
    }
    assert_int_equal(told, 1); /* nothing was lost */
    lost = 10;
    turn(start + 3 * SL_SECOND);
    run_text("select 1");
    assert_int_equal(told, 1); /* not more than once a second */
    turn(start + 4 * SL_SECOND);
    refuses = true;
    run_text("select 1");
    later += SL_SECOND;
    run_text("select 2");
    assert_int_equal(told, 3);
    refuses = false;
    later += SL_SECOND;
    run_text("select 1");
    run_text("select 1");
    turn(start + 5 * SL_SECOND);
    run_text("select 1");
    assert_int_equal(told, 4);
    lost++;
    turn(start + 6 * SL_SECOND);
    run_text("select 1, 2"); /* comes new */
    run_text("select 1, 2");
    assert_int_equal(told, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(other_literals_on_other_workers_are_one_row),
            CASE(a_slow_client_is_not_a_slow_server),
            CASE(what_a_stage_answered_took_no_server_and_no_waiting),
            CASE(what_a_stage_answered_is_of_the_node_that_had_it_last),
            CASE(another_database_user_or_node_is_another_row),
            CASE(another_search_path_is_another_row),
            CASE(a_named_statement_and_a_simple_one_are_the_same),
            CASE(what_was_skipped_or_never_sent_is_not_counted),
            CASE(errors_are_counted_by_class),
            CASE(what_runs_long_is_counted_though_its_entry_went),
            CASE(a_worker_tells_the_store_about_once_a_second),
            CASE(while_nothing_is_counted_a_turn_is_of_no_use),
            CASE(what_is_forgotten_is_not_told),
            CASE(a_shape_is_told_until_it_is_taken),
            CASE(what_comes_new_does_not_put_off_the_known),
            CASE(what_is_under_way_is_found),
            CASE(who_takes_as_long_is_slow),
            CASE(who_wants_to_know_again_is_told_again),
            CASE(what_is_in_use_is_told_again_when_some_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
