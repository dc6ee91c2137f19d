/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/shape_table.h"
#include "optimizer/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MB ((size_t)1 << 20)

static const sl_usec start = 100000 * SL_SECOND;
static const struct shape_cut all_of_it = {.parts = SHAPE_ALL, .now = 100000 * SL_SECOND};

static uint64_t seed = 7;

static uint64_t next_random(void)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static struct shape_key key_of(uint64_t number)
{
    return (struct shape_key){.shape = sl_hash128(sl_span(&number, sizeof(number))),
            .database = 1,
            .user = 2,
            .node = 3};
}

static struct tally_sample sample_of(sl_usec usec)
{
    return (struct tally_sample){.times = {usec, usec / 4, usec / 2},
            .rows = 3,
            .bytes_in = 50,
            .bytes_out = 200,
            .client = 7,
            .ends_transaction = true,
            .is_cached = true};
}

/* Counts one statement of that shape, as a worker does. */
static void count(struct shape_table *table, uint64_t number, sl_usec usec, sl_usec now)
{
    struct shape_key key = key_of(number);
    struct tally_sample sample = sample_of(usec);

    shape_table_add(table, shape_table_open(table, &key, now), &sample, now);
}

static void flush(struct shape_table *table, sl_usec now)
{
    uint32_t cursor = 0;

    while (!shape_table_flush(table, &cursor, 17, now)) {
    }
}

struct sum {
    uint32_t shapes;
    uint64_t calls;
    uint64_t usec;
    uint64_t rows;
    uint64_t transactions;
    uint64_t client_usec;
    uint64_t server_count;
};

static void sum_row(struct sum *sum, const struct shape_row *row)
{
    sum->calls += row->calls;
    sum->usec += row->times[TALLY_TOTAL].sum;
    sum->rows += row->rows;
    sum->transactions += row->transactions;
    sum->client_usec += row->client_usec;
    sum->server_count += row->times[TALLY_SERVER].count;
    assert_int_equal(row->times[TALLY_TOTAL].count, row->calls);
}

static struct sum sum_of(struct shape_store *store, bool with_other)
{
    struct shape_row rows[40];
    struct sum sum = {0};
    uint32_t cursor = 0;

    while (cursor != SHAPE_STORE_END) {
        uint32_t n = shape_store_read(store, &cursor, rows, SL_COUNT(rows), all_of_it);
        for (uint32_t i = 0; i < n; i++) {
            sum_row(&sum, &rows[i]);
        }
        sum.shapes += n;
    }
    if (with_other) {
        shape_store_read_other(store, &rows[0]);
        sum_row(&sum, &rows[0]);
    }
    return sum;
}

static bool find_row(struct shape_store *store, uint64_t number, struct shape_row *row)
{
    struct shape_key key = key_of(number);
    bool is_there = shape_store_get(store, &key, row, all_of_it);

    assert_true(!is_there || shape_key_equal(&row->key, &key));
    return is_there;
}

/* A store and so many workers' tables. */
struct world {
    struct shape_store *store;
    struct shape_table *tables[4];
    unsigned count;
};

static struct world world_of(uint32_t shapes_max, size_t bytes_max, unsigned workers_count)
{
    const struct shape_limits all = {.shapes_max = shapes_max, .bytes_max = bytes_max};
    struct world world = {.count = workers_count};
    struct shape_limits store_limits;
    struct shape_limits table_limits;

    shape_limits_share(&all, workers_count, &store_limits, &table_limits);
    world.store = shape_store_new(&store_limits);
    assert_non_null(world.store);
    for (unsigned i = 0; i < workers_count; i++) {
        world.tables[i] = shape_table_new(world.store, &table_limits, i);
        assert_non_null(world.tables[i]);
    }
    return world;
}

static size_t world_bytes(const struct world *world)
{
    size_t bytes = shape_store_counts(world->store).bytes;

    for (unsigned i = 0; i < world->count; i++) {
        bytes += shape_table_bytes(world->tables[i]);
    }
    return bytes;
}

static void flush_all(const struct world *world, sl_usec now)
{
    for (unsigned i = 0; i < world->count; i++) {
        flush(world->tables[i], now);
    }
}

static void end(struct world *world)
{
    for (unsigned i = 0; i < world->count; i++) {
        shape_table_free(world->tables[i], start);
    }
    shape_store_free(world->store);
}

static void all_workers_counts_come_together_in_a_row(void **state)
{
    struct world world = world_of(100, 4 * MB, 4);
    struct shape_row row;

    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        count(world.tables[i % 4], i % 10, 1000 + (sl_usec)i, start + i);
        if (i % 777 == 0) {
            flush(world.tables[i % 4], start + i);
        }
    }
    flush_all(&world, start);
    assert_true(find_row(world.store, 3, &row));
    assert_int_equal(row.calls, 400);
    assert_int_equal(row.rows, 1200);
    assert_int_equal(row.bytes_in, 20000);
    assert_int_equal(row.bytes_out, 80000);
    assert_int_equal(row.transactions, 400);
    assert_int_equal(row.cached, 400);
    assert_int_equal(row.client_usec, 2800);
    assert_int_equal(row.first_seen, start + 3);
    assert_int_equal(row.last_seen, start + 3993);
    assert_int_equal(row.times[TALLY_TOTAL].min, 1003);
    assert_int_equal(row.times[TALLY_TOTAL].max, 4993);
    assert_int_equal(row.times[TALLY_TOTAL].sum, 400 * (1003 + 4993) / 2);
    assert_in_range(row.times[TALLY_TOTAL].p50, 2950, 3050);
    assert_in_range(row.times[TALLY_TOTAL].p99, 4890, 5010);
    assert_int_equal(row.hour.count, 400);
    assert_int_equal(shape_store_counts(world.store).shapes, 10);
    flush_all(&world, start); /* nothing twice */
    assert_int_equal(sum_of(world.store, true).calls, 4000);
    end(&world);
}

static void a_million_texts_neither_grow_memory_nor_push_out_the_hot(void **state)
{
    enum { HOT = 100, TEXTS = 1000000, HOT_CALLS = TEXTS / 50, OLD = HOT / 2 };
    const size_t bytes_max = 8 * MB;
    struct world world = world_of(2000, bytes_max, 2);
    uint64_t usec = 0;
    struct shape_row row;
    struct sum sum;

    (void)state;
    for (unsigned i = 0; i < OLD; i++) { /* the others begin in the midst of the flood */
        count(world.tables[0], i, 500, start);
        count(world.tables[0], i, 500, start);
        usec += 1000;
    }
    flush_all(&world, start);
    for (unsigned i = 0; i < TEXTS; i++) {
        sl_usec now = start + (sl_usec)i * 20;
        count(world.tables[i % 2], 1000000 + i, 300, now);
        usec += 300;
        if (i % 50 == 0) {
            count(world.tables[i / 50 % 2], i / 50 % HOT, 500, now);
            usec += 500;
        }
        if (i % 10000 == 0) {
            flush_all(&world, now);
            assert_true(world_bytes(&world) <= bytes_max);
            assert_true(shape_store_counts(world.store).shapes <= 2000);
        }
    }
    flush_all(&world, start);
    assert_true(world_bytes(&world) <= bytes_max);
    for (unsigned i = 0; i < HOT; i++) {
        assert_true(find_row(world.store, i, &row));
        if (i < OLD) {
            assert_int_equal(row.calls, HOT_CALLS / HOT + 2); /* not one of them in other */
        } else {
            assert_in_range(row.calls, HOT_CALLS / HOT - 5, HOT_CALLS / HOT);
        }
    }
    sum = sum_of(world.store, true);
    assert_int_equal(sum.calls, TEXTS + HOT_CALLS + 2 * OLD);
    assert_int_equal(sum.usec, usec);
    assert_int_equal(sum.rows, 3 * sum.calls);
    assert_int_equal(sum.transactions, sum.calls);
    assert_int_equal(sum.client_usec, 7 * sum.calls);
    assert_int_equal(sum.server_count, sum.calls);
    assert_true(shape_store_counts(world.store).evicted >= TEXTS - 2000);
    end(&world);
}

/* Not the number of rows is the bound: they are taken from where there are most on probation. */
static void nor_does_a_flood_when_bytes_are_short(void **state)
{
    enum { HOT = 40, TEXTS = 400000 };
    struct world world = world_of(10000, 4 * MB, 2);
    struct shape_row row;

    (void)state;
    for (unsigned i = 0; i < HOT; i++) {
        count(world.tables[0], i, 500, start);
        count(world.tables[0], i, 500, start);
    }
    flush_all(&world, start);
    for (unsigned i = 0; i < TEXTS; i++) {
        sl_usec now = start + (sl_usec)i * 20;
        count(world.tables[i % 2], 1000000 + i, 300, now);
        if (i % 20 == 0) {
            count(world.tables[i / 20 % 2], i / 20 % HOT, 500, now);
        }
        if (i % 10000 == 0) {
            flush_all(&world, now);
            assert_true(world_bytes(&world) <= 4 * MB);
        }
    }
    flush_all(&world, start);
    assert_true(shape_store_counts(world.store).shapes < 9000);
    for (unsigned i = 0; i < HOT; i++) {
        assert_true(find_row(world.store, i, &row));
        assert_int_equal(row.calls, TEXTS / 20 / HOT + 2);
    }
    end(&world);
}

static void a_slow_report_outlives_a_flood_of_quick_texts(void **state)
{
    struct world world = world_of(1000, 8 * MB, 1);
    struct shape_row row;

    (void)state;
    count(world.tables[0], 1, 600 * SL_SECOND, start);
    for (unsigned i = 0; i < 200000; i++) {
        count(world.tables[0], 100 + i, 200, start + i);
    }
    flush_all(&world, start);
    assert_true(find_row(world.store, 1, &row));
    assert_int_equal(row.calls, 1);
    end(&world);
}

static void add_calls(struct shape_store *store, uint64_t number, unsigned calls)
{
    struct shape_key key = key_of(number);
    const struct tally_sample sample = sample_of(300);
    struct tally tally = {0};

    for (unsigned i = 0; i < calls; i++) {
        assert_int_equal(tally_add(&tally, NULL, &sample, start), SL_OK);
    }
    shape_store_add(store, &key, &tally, start);
    tally_fini(&tally, NULL);
}

static void shapes_that_come_twice_do_not_push_out_the_hot_either(void **state)
{
    enum { HOT = 60, ROUNDS = 200, TWICE = 50 };
    const struct shape_limits limits = {.shapes_max = 100, .bytes_max = 8 * MB};
    struct shape_store *store = shape_store_new(&limits);
    struct shape_row row;

    (void)state;
    assert_non_null(store);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < HOT; i++) {
            add_calls(store, i, 100);
        }
        for (unsigned i = 0; i < TWICE; i++) {
            add_calls(store, 1000 + round * TWICE + i, 2);
        }
    }
    for (unsigned i = 0; i < HOT; i++) {
        assert_true(find_row(store, i, &row));
        assert_int_equal(row.calls, 100 * ROUNDS);
    }
    assert_int_equal(sum_of(store, true).calls, ROUNDS * (100 * HOT + 2 * TWICE));
    shape_store_free(store);
}

static void when_bytes_are_short_rows_go_before_times_are_lost(void **state)
{
    const struct shape_limits limits = {.shapes_max = 10000, .bytes_max = 2 * MB};
    struct shape_store *store = shape_store_new(&limits);
    struct shape_row row;

    (void)state;
    assert_non_null(store);
    for (unsigned i = 0; i < 30000; i++) {
        add_calls(store, i, 2);
    }
    assert_true(shape_store_counts(store).shapes < 2000);
    assert_true(shape_store_counts(store).bytes > MB); /* but no more of them than need be */
    assert_int_equal(shape_store_counts(store).refused, 0);
    assert_true(find_row(store, 29999, &row));
    assert_int_equal(row.times[TALLY_TOTAL].p50, 300);
    shape_store_free(store);
}

static void as_many_shapes_as_allowed_fit_exactly(void **state)
{
    struct world world = world_of(10000, 64 * MB, 2);

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        count(world.tables[i % 2], i, 500, start);
    }
    flush_all(&world, start);
    assert_int_equal(shape_store_counts(world.store).shapes, 10000);
    assert_int_equal(shape_store_counts(world.store).evicted, 0);
    count(world.tables[0], 10000, 500, start);
    flush_all(&world, start);
    assert_int_equal(shape_store_counts(world.store).shapes, 10000);
    assert_int_equal(shape_store_counts(world.store).evicted, 1);
    end(&world);
}

/* Lognormal, median 800 usec: ln 2 of a sum of uniforms by repeated squaring. */
static sl_usec latency(double sigma)
{
    double sum = -6;
    double value = 0;

    for (int i = 0; i < 12; i++) {
        sum += (double)(next_random() >> 11) / (double)(UINT64_C(1) << 53);
    }
    value = 1 + sigma * sum / 65536;
    for (int i = 0; i < 16; i++) {
        value *= value;
    }
    return (sl_usec)(800 * value);
}

/* 10,000 shapes with 300 calls each, in ten rounds with that much time between them. */
static struct world full_world(sl_usec between)
{
    struct world world = world_of(10000, 64 * MB, 2);

    for (unsigned round = 0; round < 10; round++) {
        sl_usec now = start + (sl_usec)round * between;
        for (unsigned i = 0; i < 10000; i++) {
            struct shape_key key = key_of(i);
            struct shape_table *table = world.tables[i % 2];
            struct shape_entry *entry = shape_table_open(table, &key, now);
            for (unsigned n = 0; n < 30; n++) {
                const struct tally_sample sample = {.times = {latency(1), latency(1), latency(1)}};
                struct sl_id id = shape_entry_id(entry);
                shape_table_add(table, entry, &sample, now);
                entry = shape_table_find(table, id);
                assert_non_null(entry);
            }
        }
    }
    flush_all(&world, start + 9 * between);
    assert_int_equal(shape_store_counts(world.store).shapes, 10000);
    assert_int_equal(shape_store_counts(world.store).evicted, 0);
    assert_int_equal(shape_store_counts(world.store).refused, 0);
    print_message("10000 shapes, 300 calls each: store %zu KB, all %zu KB\n",
            shape_store_counts(world.store).bytes / 1024, world_bytes(&world) / 1024);
    return world;
}

static void ten_thousand_shapes_with_full_histograms_fit(void **state)
{
    struct world world = full_world(0);

    (void)state;
    assert_int_equal(sum_of(world.store, false).calls, 3000000);
    assert_true(world_bytes(&world) <= 32 * MB);
    end(&world);
}

static void and_so_they_do_when_the_hour_is_full(void **state)
{
    struct world world = full_world(8 * MINUTE);

    (void)state;
    assert_int_equal(sum_of(world.store, false).calls, 3000000);
    assert_true(world_bytes(&world) <= 48 * MB);
    end(&world);
}

static void an_id_of_an_entry_given_up_finds_nothing(void **state)
{
    struct world world = world_of(100, MB, 1);
    struct shape_table *table = world.tables[0];
    struct shape_key key = key_of(1);
    struct sl_id id;

    (void)state;
    assert_null(shape_table_find(table, (struct sl_id){0}));
    id = shape_entry_id(shape_table_open(table, &key, start));
    assert_non_null(shape_table_find(table, id));
    assert_ptr_equal(shape_table_find(table, id), shape_table_open(table, &key, start));
    flush(table, start + SHAPE_TABLE_IDLE - 1);
    assert_non_null(shape_table_find(table, id));
    flush(table, start + SHAPE_TABLE_IDLE);
    assert_null(shape_table_find(table, id));
    assert_int_equal(shape_table_count(table), 0);
    (void)shape_table_open(table, &key, start); /* the same place again */
    assert_null(shape_table_find(table, id));
    end(&world);
}

static void reset_forgets_all_and_counts_on(void **state)
{
    struct world world = world_of(50, MB, 2);
    struct sum sum;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        count(world.tables[i % 2], i, 100, start);
        count(world.tables[i % 2], 1, 100, start);
    }
    shape_table_reset(world.tables[0]);
    shape_table_reset(world.tables[1]);
    shape_store_reset(world.store);
    flush_all(&world, start);
    sum = sum_of(world.store, true);
    assert_int_equal(sum.calls, 0);
    assert_int_equal(sum.shapes, 0);
    assert_int_equal(shape_store_counts(world.store).evicted, 0);
    count(world.tables[0], 1, 100, start);
    flush_all(&world, start + SHAPE_TABLE_IDLE);
    sum = sum_of(world.store, true);
    assert_int_equal(sum.calls, 1);
    shape_store_reset(world.store);
    assert_int_equal(shape_store_counts(world.store).shapes, 0);
    end(&world);
}

static void a_reset_goes_a_few_rows_at_a_time(void **state)
{
    struct world world = world_of(1000, 8 * MB, 1);
    struct shape_reset reset = {0};
    uint32_t cursor = 0;
    unsigned calls = 1;

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        count(world.tables[0], i, 100, start);
    }
    while (!shape_table_reset_some(world.tables[0], &cursor, 50)) {
        calls++;
    }
    assert_in_range(calls, 10, 11);
    flush_all(&world, start);
    assert_int_equal(sum_of(world.store, true).calls, 0);
    for (unsigned i = 0; i < 500; i++) {
        count(world.tables[0], i, 100, start);
    }
    flush_all(&world, start);
    uint32_t shapes = shape_store_counts(world.store).shapes;
    assert_int_equal(shapes, 500);
    while (!shape_store_reset_some(world.store, &reset, 40)) {
        uint32_t left = shape_store_counts(world.store).shapes;

        assert_true(left + 40 + 3 >= shapes); /* not many more than were asked for */
        shapes = left;
    }
    assert_int_equal(shape_store_counts(world.store).shapes, 0);
    assert_int_equal(sum_of(world.store, true).calls, 0);
    end(&world);
}

static void what_is_taken_is_all_that_came_and_once(void **state)
{
    struct world world = world_of(50, MB, 2);
    struct tally tally = {0};

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        count(world.tables[i % 2], i, 100 + i % 7, start); /* most of them end up in other */
    }
    flush_all(&world, start);
    shape_store_take(world.store, &tally);
    assert_int_equal(tally.calls, 5000);
    assert_int_equal(tally.rows, 15000);
    assert_int_equal(tally.times[TALLY_TOTAL].count, 5000);
    assert_int_equal(tally.times[TALLY_TOTAL].max, 106);
    shape_store_take(world.store, &tally);
    assert_int_equal(tally.calls, 5000);
    count(world.tables[1], 1, 100, start);
    flush_all(&world, start);
    shape_store_take(world.store, &tally);
    assert_int_equal(tally.calls, 5001);
    tally_fini(&tally, NULL);
    end(&world);
}

static void minutes_are_kept_of_those_rows_that_are_tracked(void **state)
{
    struct world world = world_of(100, MB, 1);
    struct shape_key one = key_of(1);
    struct shape_key two = key_of(2);
    struct minute minutes[MINUTES_MAX];

    (void)state;
    for (unsigned minute = 0; minute < 3; minute++) {
        sl_usec now = start + minute * MINUTE;
        count(world.tables[0], 1, 100 + minute, now);
        count(world.tables[0], 2, 100, now);
        flush_all(&world, now);
        shape_store_track(world.store, &one, minute + 1);
        shape_store_trim(world.store, minute + 1, now);
    }
    assert_int_equal(shape_store_minutes(world.store, &one, minutes, start + 2 * MINUTE), 2);
    assert_int_equal(minutes[0].count, 1);
    assert_int_equal(minutes[0].p99, 101);
    assert_int_equal(minutes[1].p99, 102);
    assert_int_equal(shape_store_minutes(world.store, &two, minutes, start + 2 * MINUTE), 0);
    shape_store_trim(world.store, 4, start);
    assert_int_equal(shape_store_minutes(world.store, &one, minutes, start + 2 * MINUTE), 0);
    end(&world);
}

static void a_database_user_and_node_have_rows_of_their_own(void **state)
{
    struct world world = world_of(100, MB, 1);
    struct shape_key key = key_of(5);
    struct tally_sample sample = sample_of(100);
    const uint32_t database = 8;
    struct tally tally = {0};
    struct shape_filter filter = {.shape = &key.shape};

    (void)state;
    for (uint32_t i = 0; i < 12; i++) {
        key.database = 7 + i % 2;
        key.user = i % 3;
        key.node = i % 4 / 2;
        shape_table_add(
                world.tables[0], shape_table_open(world.tables[0], &key, start), &sample, start);
    }
    flush_all(&world, start);
    assert_int_equal(shape_store_counts(world.store).shapes, 12);
    assert_int_equal(shape_store_sum(world.store, &filter, &tally), 12);
    assert_int_equal(tally.calls, 12);
    tally_fini(&tally, NULL);
    filter.database = &database;
    assert_int_equal(shape_store_sum(world.store, &filter, &tally), 6);
    assert_int_equal(tally.calls, 6);
    assert_int_equal(tally.times[TALLY_SERVER].sum, 300);
    tally_fini(&tally, NULL);
    end(&world);
}

static void errors_are_counted_by_class_and_never_lost(void **state)
{
    static const char *const states[] = {"23505", "23503", "42P01", "57014", "40001", "XX000",
            "08006", "53300", "22012", "25P02", "0A000"};
    struct world world = world_of(100, MB, 1);
    struct shape_key key = key_of(5);
    struct shape_row row;
    uint32_t sum = 0;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(states); i++) {
        struct tally_sample sample = sample_of(100);
        memcpy(sample.sqlstate, states[i], sizeof(sample.sqlstate));
        shape_table_add(
                world.tables[0], shape_table_open(world.tables[0], &key, start), &sample, start);
        flush_all(&world, start);
    }
    assert_true(find_row(world.store, 5, &row));
    assert_int_equal(row.errors, SL_COUNT(states));
    assert_memory_equal(row.classes[0].name, "23", 2);
    assert_int_equal(row.classes[0].count, 2);
    for (int i = 0; i < TALLY_CLASSES; i++) {
        sum += row.classes[i].count;
    }
    assert_int_equal(sum, 9); /* eight classes, one of them twice; three are in errors only */
    end(&world);
}

static void the_hour_forgets_what_the_row_remembers(void **state)
{
    struct world world = world_of(100, MB, 1);
    struct shape_row rows[40];
    uint32_t cursor = 0;
    sl_usec later = start + 120 * MINUTE;

    (void)state;
    count(world.tables[0], 5, 5000, start);
    flush_all(&world, start);
    count(world.tables[0], 5, 100, later);
    flush_all(&world, later);
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = later};
    assert_int_equal(shape_store_read(world.store, &cursor, rows, SL_COUNT(rows), cut), 1);
    assert_int_equal(rows[0].times[TALLY_TOTAL].count, 2);
    assert_int_equal(rows[0].times[TALLY_TOTAL].max, 5000);
    assert_int_equal(rows[0].hour.count, 1);
    assert_int_equal(rows[0].hour.max, 100);
    size_t bytes = shape_store_counts(world.store).bytes;
    shape_store_trim(world.store, 1, later);
    assert_true(shape_store_counts(world.store).bytes < bytes);
    end(&world);
}

static void however_little_memory_there_is_the_sums_are_right(void **state)
{
    (void)state;
    for (size_t bytes = 96 << 10; bytes < 256 << 10; bytes += 4096) {
        struct world world = world_of(300, bytes, 1);
        uint64_t usec = 0;
        struct sum sum;

        for (unsigned i = 0; i < 5000; i++) {
            sl_usec time = (sl_usec)(next_random() >> (20 + next_random() % 40));
            count(world.tables[0], next_random() % 400, time, start + i);
            usec += (uint64_t)time;
            assert_true(world_bytes(&world) <= bytes);
        }
        flush_all(&world, start);
        sum = sum_of(world.store, true);
        assert_int_equal(sum.calls, 5000);
        assert_int_equal(sum.usec, usec);
        assert_int_equal(sum.client_usec, 35000);
        end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(all_workers_counts_come_together_in_a_row),
            cmocka_unit_test(a_million_texts_neither_grow_memory_nor_push_out_the_hot),
            cmocka_unit_test(nor_does_a_flood_when_bytes_are_short),
            cmocka_unit_test(a_slow_report_outlives_a_flood_of_quick_texts),
            cmocka_unit_test(shapes_that_come_twice_do_not_push_out_the_hot_either),
            cmocka_unit_test(when_bytes_are_short_rows_go_before_times_are_lost),
            cmocka_unit_test(as_many_shapes_as_allowed_fit_exactly),
            cmocka_unit_test(ten_thousand_shapes_with_full_histograms_fit),
            cmocka_unit_test(and_so_they_do_when_the_hour_is_full),
            cmocka_unit_test(an_id_of_an_entry_given_up_finds_nothing),
            cmocka_unit_test(reset_forgets_all_and_counts_on),
            cmocka_unit_test(a_reset_goes_a_few_rows_at_a_time),
            cmocka_unit_test(what_is_taken_is_all_that_came_and_once),
            cmocka_unit_test(minutes_are_kept_of_those_rows_that_are_tracked),
            cmocka_unit_test(a_database_user_and_node_have_rows_of_their_own),
            cmocka_unit_test(errors_are_counted_by_class_and_never_lost),
            cmocka_unit_test(the_hour_forgets_what_the_row_remembers),
            cmocka_unit_test(however_little_memory_there_is_the_sums_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
