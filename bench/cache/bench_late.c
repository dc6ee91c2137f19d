/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/cache/bench_late.c - how long a write past Sluice is not seen in kept answers.
 *
 *     bench_late SLUICE-PORT POSTGRESQL-PORT [writes a second] [probes]
 *
 * One connection to PostgreSQL itself adds one to hit.n of rows in turn, so many times a second. Every
 * tenth is a probe: its row was read through Sluice before, until that came from memory twice as good as
 * surely, and is read through Sluice again from the moment the write was answered until it shows the new value.
 * Says how many probes were late at all (the first answer was the old one), and the quantiles of how late.
 */
#include "bench/cache/wire.h"
#include "optimizer/histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KEYS = 1000, PROBE_EVERY = 10, READS_BEFORE = 3 };

static const char update[] = "UPDATE hit SET n = n + 1 WHERE id = KEY RETURNING n";
static const char look[] = "SELECT n FROM hit WHERE id = KEY";

static struct wire_request update_request;
static struct wire_request look_request;
static struct histogram late;

static void wait_until(uint64_t at)
{
    const struct timespec until = {
            .tv_sec = (time_t)(at / 1000000000U), .tv_nsec = (long)(at % 1000000000U)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* True: the first answer was an old one. */
static bool probe(struct wire *sluice, struct wire *postgres, uint32_t key)
{
    bool was_late = false;

    for (unsigned i = 0; i < READS_BEFORE; i++) {
        (void)wire_number(sluice, &look_request, key);
    }
    int64_t written = wire_number(postgres, &update_request, key);
    uint64_t since = wire_now_ns();
    while (wire_number(sluice, &look_request, key) < written) {
        was_late = true;
    }
    uint64_t took = was_late ? (wire_now_ns() - since) / 1000 : 0;
    if (histogram_add(&late, NULL, took) != SL_OK) {
        wire_fail("histogram", "no memory");
    }
    return was_late;
}

int main(int argc, char **argv)
{
    static const double quantiles[] = {0.5, 0.95, 0.99, 1};
    uint64_t values[4];

    if (argc < 3) {
        wire_fail("usage", "bench_late SLUICE-PORT POSTGRESQL-PORT [writes a second] [probes]");
    }
    struct wire *sluice = wire_open(argv[1], false);
    struct wire *postgres = wire_open(argv[2], false);
    uint64_t rate = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    uint64_t probes = argc > 4 ? strtoul(argv[4], NULL, 10) : 1000;
    uint64_t were_late = 0;
    wire_request(&update_request, WIRE_SIMPLE, update);
    wire_request(&look_request, WIRE_SIMPLE, look);

    uint64_t begun = wire_now_ns();
    for (uint64_t i = 0; i < probes * PROBE_EVERY; i++) {
        uint32_t key = WIRE_KEY_MIN + (uint32_t)(i % KEYS);
        wait_until(begun + i * 1000000000U / rate);
        if (i % PROBE_EVERY == 0) {
            were_late += probe(sluice, postgres, key);
        } else {
            (void)wire_number(postgres, &update_request, key);
        }
    }
    double seconds = (double)(wire_now_ns() - begun) / 1e9;
    histogram_quantiles(&late, quantiles, 4, values);
    printf("%.0f writes a second, %" PRIu64 " probes, %" PRIu64 " late; p50 %" PRIu64
           " p95 %" PRIu64 " p99 %" PRIu64 " max %" PRIu64 " us\n",
            (double)(probes * PROBE_EVERY) / seconds, probes, were_late, values[0], values[1],
            values[2], values[3]);
    wire_close(sluice);
    wire_close(postgres);
    return 0;
}
