/* SPDX-License-Identifier: PostgreSQL */
#include "cache/times.h"

#include "protocol/base/check.h"

static unsigned index_of(uint64_t usec)
{
    if (usec > TIMES_MAX) {
        usec = TIMES_MAX;
    }
    if (usec < TIMES_SUB) {
        return (unsigned)usec;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(usec) - TIMES_SUB_BITS;
    return ((shift + 1) << TIMES_SUB_BITS) + ((unsigned)(usec >> shift) & (TIMES_SUB - 1));
}

_Static_assert(
        TIMES_BUCKETS == (33 - TIMES_SUB_BITS + 1) << TIMES_SUB_BITS, "of TIMES_MAX, and one");

/* The least value of a bucket, and how many it has. */
static uint64_t low_of(unsigned index, uint64_t *width)
{
    unsigned power = index >> TIMES_SUB_BITS;

    *width = power == 0 ? 1 : UINT64_C(1) << (power - 1);
    return power == 0 ? index : (uint64_t)(TIMES_SUB + (index & (TIMES_SUB - 1))) << (power - 1);
}

static void add(_Atomic uint64_t *at, uint64_t by)
{
    atomic_store_explicit(
            at, atomic_load_explicit(at, memory_order_relaxed) + by, memory_order_relaxed);
}

void times_add(struct times *times, sl_usec usec)
{
    uint64_t value = usec < 0 ? 0 : (uint64_t)usec;

    add(&times->counts[index_of(value)], 1);
    add(&times->sum, value);
    if (SL_UNLIKELY(value > atomic_load_explicit(&times->max, memory_order_relaxed))) {
        atomic_store_explicit(&times->max, value, memory_order_relaxed);
    }
}

void times_read(const struct times *times, struct times_sum *sum)
{
    uint64_t max = atomic_load_explicit(&times->max, memory_order_relaxed);

    for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
        uint64_t count = atomic_load_explicit(&times->counts[i], memory_order_relaxed);
        sum->counts[i] += count;
        sum->count += count;
    }
    sum->sum += atomic_load_explicit(&times->sum, memory_order_relaxed);
    sum->max = max > sum->max ? max : sum->max;
}

uint64_t times_mean(const struct times_sum *sum)
{
    return sum->count == 0 ? 0 : sum->sum / sum->count;
}

uint64_t times_quantile(const struct times_sum *sum, double quantile)
{
    double rank = quantile * (double)sum->count;
    uint64_t seen = 0;
    uint64_t width = 0;

    for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
        seen += sum->counts[i];
        if (sum->counts[i] > 0 && (double)seen >= rank) {
            uint64_t value = low_of(i, &width);
            value += width / 2;
            return value < sum->max ? value : sum->max;
        }
    }
    return 0;
}

uint64_t times_up_to(const struct times_sum *sum, uint64_t usec)
{
    unsigned last = index_of(usec);
    uint64_t seen = 0;

    for (unsigned i = 0; i <= last; i++) {
        seen += sum->counts[i];
    }
    return seen;
}
