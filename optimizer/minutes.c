/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/minutes.c - a ring of numbers, and a histogram for the next of them.
 */
#include "optimizer/minutes.h"

#include <stdbool.h>
#include <string.h>

static int64_t number_at(sl_usec now)
{
    return now / MINUTE + 1;
}

static uint32_t cut(uint64_t usec)
{
    return usec > UINT32_MAX ? UINT32_MAX : (uint32_t)usec;
}

static struct minute sum_up(const struct minutes *minutes)
{
    static const double quantiles[3] = {0.50, 0.95, 0.99};
    uint64_t values[3];

    histogram_quantiles(&minutes->times, quantiles, 3, values);
    return (struct minute){.number = minutes->number,
            .count = minutes->times.count,
            .sum = minutes->times.sum,
            .p50 = cut(values[0]),
            .p95 = cut(values[1]),
            .p99 = cut(values[2])};
}

enum sl_err minutes_merge(
        struct minutes *minutes, struct budget *budget, const struct histogram *more, sl_usec now)
{
    int64_t number = number_at(now);

    /* Another thread's now may be a little behind: what comes late is the present minute's. */
    if (minutes->number < number) {
        if (minutes->number > 0) {
            minutes->ring[minutes->number % MINUTES_MAX] = sum_up(minutes);
        }
        histogram_reset(&minutes->times);
        minutes->number = number;
    }
    return histogram_merge(&minutes->times, budget, more);
}

unsigned minutes_read(const struct minutes *minutes, sl_usec now, struct minute to[MINUTES_MAX])
{
    int64_t last = number_at(now);
    unsigned count = 0;

    if (minutes->number > last) {
        last = minutes->number;
    }
    for (int64_t number = last - MINUTES_MAX + 1; number <= last; number++) {
        if (number <= 0) {
            continue;
        }
        const struct minute *minute = &minutes->ring[number % MINUTES_MAX];
        if (number == minutes->number) {
            to[count++] = sum_up(minutes);
        } else if (minute->number == number) {
            to[count++] = *minute;
        } else if (count > 0) {
            to[count++] = (struct minute){.number = number};
        }
    }
    return count;
}

void minutes_fini(struct minutes *minutes, struct budget *budget)
{
    histogram_fini(&minutes->times, budget);
    *minutes = (struct minutes){0};
}
