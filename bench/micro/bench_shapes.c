/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/micro/bench_shapes.c - what it costs to count a statement, and to read it back.
 *
 *     cmake --build build --target bench_shapes && build/bench/bench_shapes
 *
 * Prints nanoseconds per operation, the best of five rounds.
 */
#include "optimizer/shape_table.h"
#include "optimizer/shape_top.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5, OPERATIONS = 1000000, LATENCIES = 4096 };

static const sl_usec start = 100000 * SL_SECOND;
static sl_usec latencies[LATENCIES];
static struct shape_store *store;
static struct shape_table *table;

static double now_ns(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static uint64_t next_random(void)
{
    static uint64_t seed = 3;
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Lognormal about 800 microseconds. */
static void make_latencies(void)
{
    for (int i = 0; i < LATENCIES; i++) {
        double x = -6;
        for (int n = 0; n < 12; n++) {
            x += (double)(next_random() >> 11) / (double)(UINT64_C(1) << 53);
        }
        double value = 1 + x / 65536;
        for (int n = 0; n < 16; n++) {
            value *= value;
        }
        latencies[i] = (sl_usec)(800 * value);
    }
}

static struct shape_key key_of(uint64_t number)
{
    return (struct shape_key){.shape = sl_hash128(sl_span(&number, sizeof(number)))};
}

static struct tally_sample sample_of(unsigned i)
{
    sl_usec usec = latencies[i % LATENCIES];

    return (struct tally_sample){
            .times = {usec, usec / 8, usec - usec / 8}, .rows = 1, .bytes_in = 60};
}

static void add_to_a_histogram(unsigned n)
{
    struct histogram histogram = {0};

    for (unsigned i = 0; i < n; i++) {
        SL_IGNORE(histogram_add(&histogram, NULL, (uint64_t)latencies[i % LATENCIES]), "memory");
    }
    histogram_fini(&histogram, NULL);
}

/* As a prepared statement: its entry's id is known. */
static void count_by_id(unsigned n)
{
    struct sl_id ids[100];

    for (unsigned i = 0; i < SL_COUNT(ids); i++) {
        struct shape_key key = key_of(i);
        ids[i] = shape_entry_id(shape_table_open(table, &key, start));
    }
    for (unsigned i = 0; i < n; i++) {
        struct tally_sample sample = sample_of(i);
        struct shape_entry *entry = shape_table_find(table, ids[(size_t)i * 7 % SL_COUNT(ids)]);
        shape_table_add(table, entry, &sample, start);
    }
}

static void count_by_key(unsigned n)
{
    struct shape_key keys[100];

    for (unsigned i = 0; i < SL_COUNT(keys); i++) {
        keys[i] = key_of(i);
    }
    for (unsigned i = 0; i < n; i++) {
        struct tally_sample sample = sample_of(i);
        struct shape_entry *entry =
                shape_table_open(table, &keys[(size_t)i * 7 % SL_COUNT(keys)], start);
        shape_table_add(table, entry, &sample, start);
    }
}

static void count_a_flood(unsigned n)
{
    static uint64_t number = 1000000;

    for (unsigned i = 0; i < n; i++) {
        struct tally_sample sample = sample_of(i);
        struct shape_key key = key_of(number++);
        shape_table_add(table, shape_table_open(table, &key, start), &sample, start);
    }
}

/* 1,000 entries with 20 calls each, told to the store; for each of them. */
static void count_and_flush(unsigned n)
{
    for (unsigned done = 0; done < n; done += 1000) {
        uint32_t cursor = 0;
        for (unsigned i = 0; i < 20000; i++) {
            struct tally_sample sample = sample_of(i * 31 + done);
            struct shape_key key = key_of(i % 1000);
            shape_table_add(table, shape_table_open(table, &key, start), &sample, start);
        }
        while (!shape_table_flush(table, &cursor, 64, start)) {
        }
    }
}

/* For each of 10,000 rows. */
static void fill_store(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        struct shape_key key = key_of(i);
        struct tally tally = {0};
        for (unsigned n = 0; n < 50; n++) {
            struct tally_sample sample = sample_of(i * 50 + n);
            SL_IGNORE(tally_add(&tally, NULL, &sample, start), "memory");
        }
        shape_store_add(store, &key, &tally, start);
        tally_fini(&tally, NULL);
    }
}

static void read_top(unsigned n)
{
    struct shape_top top;

    for (unsigned done = 0; done < n; done += 10000) {
        if (shape_top_init(&top, store, SHAPE_BY_TOTAL, 100, start) == SL_OK) {
            while (!shape_top_step(&top, UINT32_MAX)) {
            }
            shape_top_fini(&top);
        }
    }
}

static void read_everything(unsigned n)
{
    static struct shape_row rows[1000];
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = start};

    for (unsigned done = 0; done < n; done += 10000) {
        uint32_t cursor = 0;
        while (cursor != SHAPE_STORE_END) {
            (void)shape_store_read(store, &cursor, rows, SL_COUNT(rows), cut);
        }
    }
}

static void measure(const char *what, void (*run)(unsigned n), unsigned n)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        run(n);
        double ns = (now_ns() - begin) / n;
        best = round == 0 || ns < best ? ns : best;
    }
    printf("%-58s %8.1f ns\n", what, best);
}

int main(void)
{
    const struct shape_limits all = {.shapes_max = 10000, .bytes_max = 64 << 20};
    struct shape_limits store_limits;
    struct shape_limits table_limits;

    make_latencies();
    shape_limits_share(&all, 4, &store_limits, &table_limits);
    store = shape_store_new(&store_limits);
    table = store == NULL ? NULL : shape_table_new(store, &table_limits, 0);
    if (table == NULL) {
        return 1;
    }
    measure("a value into a histogram", add_to_a_histogram, OPERATIONS);
    measure("a statement, its entry known by id", count_by_id, OPERATIONS);
    measure("a statement, its entry found by key", count_by_key, OPERATIONS);
    measure("a statement of a flood of distinct shapes", count_a_flood, OPERATIONS);
    measure("20 statements, and their entry told to the store", count_and_flush, 100000);
    fill_store();
    measure("a row of 10,000, looked at for the first 100 by total", read_top, 100000);
    measure("a row of 10,000, all of it", read_everything, 100000);
    shape_table_free(table, start);
    shape_store_free(store);
    return 0;
}
