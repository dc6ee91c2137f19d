/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/micro/bench_shape.c - what naming a statement costs.
 *
 *     cmake --build build --target bench_shape && taskset -c 1 build/bench/bench_shape
 *
 * Statements of 60 and 300 bytes, each in VARIANTS texts that differ in their literals, so that
 * no branch is learnt by heart. "seen" is the key of the text alone, for a cache that knows it;
 * "new" is the shape, text and key; "prepared" is a pointer that is followed. Prints the median of
 * ROUNDS, and the least, in nanoseconds a statement.
 */
#include "protocol/base/check.h"
#include "protocol/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VARIANTS = 512, ROUNDS = 201, TEXT_MAX = 512 };

struct sample {
    const char *name;
    const char *format; /* three numbers, a word, a number */
};

static const struct sample samples[] = {
        {"60 B, point select", "SELECT abalance FROM pgbench_accounts WHERE aid = %d%d%d;"},
        {"60 B, string", "select name from users where id = %d and code = '%d-%d-%s'"},
        {"60 B, names", "SELECT u.id, u.name, u.mail FROM users u WHERE u.id = %d%d"},
        {"300 B, join",
                "SELECT o.id, o.total, c.name, c.email FROM orders o JOIN customers c ON "
                "c.id = o.customer_id WHERE o.created_at >= '2024-01-%02d' AND o.status IN "
                "('%d', 'paid', '%d') AND c.country = '%s' AND o.total BETWEEN %d AND 10000 "
                "AND o.deleted_at IS NULL ORDER BY o.created_at DESC, o.id LIMIT 50 OFFSET 100"},
        {"300 B, ORM",
                "SELECT \"orders\".\"id\", \"orders\".\"customer_id\", \"orders\".\"status\", "
                "\"orders\".\"total\", \"orders\".\"created_at\" FROM \"orders\" INNER JOIN "
                "\"customers\" ON (\"orders\".\"customer_id\" = \"customers\".\"id\") WHERE "
                "(\"customers\".\"id\" = %d AND \"orders\".\"total\" > %d.%d) ORDER BY "
                "\"orders\".\"id\" ASC LIMIT 21"},
        {"300 B, insert",
                "INSERT INTO events (kind, user_id, payload, created_at) VALUES (%d, %d, "
                "'{\"a\": %d}', now()), ('%s', %d, '{\"path\": \"/index.html\", \"agent\": "
                "\"Mozilla/5.0 (X11; Linux x86_64)\", \"ms\": 12}', now()), (3, 4, 'some more "
                "text that is not looked at for long', now()) ON CONFLICT DO NOTHING"},
};

static char texts[VARIANTS][TEXT_MAX];
static struct sl_span spans[VARIANTS];
static volatile uint64_t sink;

static double now_ns(void)
{
    struct timespec time;

    SL_CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void make_texts(const struct sample *sample)
{
    static const char *const words[] = {"x", "shipped", "a longer word", "CH", "it''s"};

    for (size_t i = 0; i < VARIANTS; i++) {
        int numbers[4];
        for (size_t k = 0; k < 4; k++) {
            numbers[k] = rand() % (k % 2 == 0 ? 28 : 100000);
        }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        int len = snprintf(texts[i], TEXT_MAX, sample->format, numbers[0], numbers[1], numbers[2],
                words[(size_t)rand() % SL_COUNT(words)], numbers[3]);
#pragma GCC diagnostic pop
        spans[i] = sl_span(texts[i], (size_t)len);
    }
}

static void name_new(void)
{
    uint8_t room[2048];
    uint64_t sum = 0;

    for (size_t i = 0; i < VARIANTS; i++) {
        struct shape shape;
        struct shape_room where = {.text = room, .text_max = sizeof room};
        shape_of(spans[i], (struct shape_options){0}, where, &shape);
        sum += shape.key.lo;
    }
    sink = sum;
}

static void name_seen(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < VARIANTS; i++) {
        sum += shape_text_key(spans[i]);
    }
    sink = sum;
}

static void name_prepared(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < VARIANTS; i++) {
        sum += spans[i].len;
    }
    sink = sum;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static void measure(const char *name, const char *what, void (*run)(void))
{
    double rounds[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        double begin = now_ns();
        run();
        rounds[i] = (now_ns() - begin) / VARIANTS;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], compare);
    printf("%-20s %4zu B  %-8s  median %7.1f ns  least %7.1f ns\n", name, spans[0].len, what,
            rounds[ROUNDS / 2], rounds[0]);
}

int main(void)
{
    for (size_t i = 0; i < SL_COUNT(samples); i++) {
        make_texts(&samples[i]);
        measure(samples[i].name, "prepared", name_prepared);
        measure(samples[i].name, "seen", name_seen);
        measure(samples[i].name, "new", name_new);
    }
    return 0;
}
