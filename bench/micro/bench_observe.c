/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/micro/bench_observe.c - what the OBSERVE stage costs a statement: to name, and to count.
 *
 *     cmake --build build --target bench_observe && taskset -c 1 build/bench/bench_observe
 *
 * The stage itself, as the pipeline calls it: on_statement names, on_end counts. Prepared
 * statements come with their text's key, as Parse made it; texts seen before are the same few,
 * byte by byte; new literals are never the same twice. LOAD statements are under way at a time.
 * Prints the median of ROUNDS, and the least, in nanoseconds a statement.
 */
#include "optimizer/observe.h"
#include "protocol/base/check.h"
#include "protocol/stmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOAD = 16, ROUNDS = 4001, TEXTS = 64 * 1024, TEXT_MAX = 400, FEW = 64 };

struct sample {
    const char *name;
    const char *format; /* three numbers */
};

static const struct sample samples[] = {
        {"60 B", "SELECT abalance FROM pgbench_accounts WHERE aid = %07u%u%u;"},
        {"300 B", "SELECT o.id, o.total, c.name, c.email FROM orders o JOIN customers c ON "
                  "c.id = o.customer_id WHERE o.created_at >= '2024-01-%07u' AND o.status IN "
                  "('%u', 'paid', '%u') AND c.country = 'CH' AND o.total BETWEEN 17 AND 10000 "
                  "AND o.deleted_at IS NULL ORDER BY o.created_at DESC, o.id LIMIT 50 OFFSET 100"},
};

static char texts[TEXTS][TEXT_MAX];
static struct sl_span spans[TEXTS];
static struct stage stage;
static unsigned next;

static double now_ns(void)
{
    struct timespec time;

    SL_CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void make_texts(const struct sample *sample)
{
    for (unsigned i = 0; i < TEXTS; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int len = snprintf(texts[i], TEXT_MAX, sample->format, i, (unsigned)rand() % 10,
                (unsigned)rand() % 100);
#pragma GCC diagnostic pop
        spans[i] = sl_span(texts[i], (size_t)len);
    }
}

static struct stmt stmt_of(struct sl_span text, bool is_prepared)
{
    return (struct stmt){.query = text,
            .query_key = is_prepared ? sl_hash64(text) : 0,
            .database = "shop",
            .user = "app",
            .who = 77,
            .host = "127.0.0.1",
            .port = 5432,
            .node = 99,
            .transaction = 'I',
            .meter = {.received_at = 1000,
                    .sent_at = 1003,
                    .ended_at = 1300 + rand() % 256,
                    .server_usec = 290,
                    .bytes_in = text.len,
                    .bytes_out = 60,
                    .rows = 1}};
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static void print(const char *name, const char *what, const char *step, double *rounds)
{
    qsort(rounds, ROUNDS, sizeof rounds[0], compare);
    printf("%-6s %-14s %-6s  median %7.1f ns  least %7.1f ns\n", name, what, step,
            rounds[ROUNDS / 2], rounds[0]);
}

static void measure(
        const struct sample *sample, const char *what, unsigned texts_count, bool is_prepared)
{
    static struct stmt load[LOAD];
    static double naming[ROUNDS];
    static double counting[ROUNDS];

    for (int round = -TEXTS / LOAD; round < ROUNDS; round++) {
        for (int i = 0; i < LOAD; i++) {
            load[i] = stmt_of(spans[next++ % texts_count], is_prepared);
        }
        double begin = now_ns();
        for (int i = 0; i < LOAD; i++) {
            (void)stage.type->on_statement(stage.self, &load[i]);
        }
        double middle = now_ns();
        for (int i = 0; i < LOAD; i++) {
            stage.type->on_end(stage.self, &load[i]);
        }
        double end = now_ns();
        if (round >= 0) {
            naming[round] = (middle - begin) / LOAD;
            counting[round] = (end - middle) / LOAD;
        }
    }
    print(sample->name, what, "name", naming);
    print(sample->name, what, "count", counting);
}

int main(void)
{
    struct observe *observe = observe_new(&(struct observe_options){
            .limits = {.shapes_max = 10000, .bytes_max = (size_t)64 << 20}, .workers = 1});

    if (observe == NULL) {
        return 1;
    }
    stage = observe_stage(observe, 0);
    for (size_t i = 0; i < SL_COUNT(samples); i++) {
        make_texts(&samples[i]);
        measure(&samples[i], "prepared", FEW, true);
        measure(&samples[i], "seen before", FEW, false);
        measure(&samples[i], "new literals", TEXTS, false);
    }
    observe_free(observe, 0);
    return 0;
}
