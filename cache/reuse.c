/* SPDX-License-Identifier: PostgreSQL */
/* cache/reuse.c - tables of workers, and a table of verdicts. */
#include "cache/reuse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Has one writer. */
struct tally {
    _Atomic uint64_t shape; /* its lo; 0: none */
    _Atomic uint32_t hits;
    _Atomic uint32_t fills;
};

struct verdict {
    _Atomic uint64_t shape; /* any thread, as the next; written under the lock */
    _Atomic sl_usec cold_until;
    struct reuse_sum since; /* under the lock, as the next: the sum at the last verdict */
    unsigned times;         /* in a row that it was cold */
};

struct reuse {
    unsigned workers; /* constant, as the next */
    struct tally *tallies;
    pthread_mutex_t lock; /* a leaf */
    struct verdict verdicts[REUSE_SHAPES];
};

struct reuse *reuse_new(unsigned workers)
{
    struct reuse *reuse = calloc(1, sizeof *reuse);

    if (reuse == NULL) {
        return NULL;
    }
    reuse->workers = workers;
    reuse->tallies = calloc((size_t)workers * REUSE_SHAPES, sizeof *reuse->tallies);
    if (reuse->tallies == NULL || pthread_mutex_init(&reuse->lock, NULL) != 0) {
        free(reuse->tallies);
        free(reuse);
        return NULL;
    }
    return reuse;
}

void reuse_free(struct reuse *reuse)
{
    if (reuse != NULL) {
        pthread_mutex_destroy(&reuse->lock);
        free(reuse->tallies);
        free(reuse);
    }
}

static unsigned place_of(struct sl_hash128 shape)
{
    return (unsigned)(shape.hi % REUSE_SHAPES);
}

static struct tally *tally_of(const struct reuse *reuse, unsigned worker, struct sl_hash128 shape)
{
    return &reuse->tallies[(size_t)worker * REUSE_SHAPES + place_of(shape)];
}

static bool is_of(const struct tally *tally, struct sl_hash128 shape)
{
    return atomic_load_explicit(&tally->shape, memory_order_relaxed) == shape.lo;
}

static void add_one(_Atomic uint32_t *figure)
{
    atomic_store_explicit(
            figure, atomic_load_explicit(figure, memory_order_relaxed) + 1, memory_order_relaxed);
}

static struct reuse_sum sum_of(const struct tally *tally)
{
    return (struct reuse_sum){.hits = atomic_load_explicit(&tally->hits, memory_order_relaxed),
            .fills = atomic_load_explicit(&tally->fills, memory_order_relaxed)};
}

void reuse_hit(struct reuse *reuse, unsigned worker, struct sl_hash128 shape)
{
    struct tally *tally = tally_of(reuse, worker, shape);

    if (is_of(tally, shape)) {
        add_one(&tally->hits);
    } else if (atomic_load_explicit(&tally->fills, memory_order_relaxed) == 0) {
        /* Another worker fills, this one hits. */
        atomic_store_explicit(&tally->hits, 1, memory_order_relaxed);
        atomic_store_explicit(&tally->shape, shape.lo, memory_order_relaxed);
    }
}

struct reuse_sum reuse_here(const struct reuse *reuse, unsigned worker, struct sl_hash128 shape)
{
    const struct tally *tally = tally_of(reuse, worker, shape);

    return is_of(tally, shape) ? sum_of(tally) : (struct reuse_sum){0};
}

/* ---- verdicts ---- */

static struct reuse_sum sum_of_all(const struct reuse *reuse, struct sl_hash128 shape)
{
    struct reuse_sum all = {0};

    for (unsigned i = 0; i < reuse->workers; i++) {
        struct reuse_sum sum = reuse_here(reuse, i, shape);
        all.hits += sum.hits;
        all.fills += sum.fills;
    }
    return all;
}

static void judge(struct verdict *verdict, const struct reuse_sum *all, bool is_dear, sl_usec now)
{
    if (all->hits < verdict->since.hits || all->fills < verdict->since.fills) {
        verdict->since = *all; /* a worker's place was another's meanwhile, or went round */
        return;
    }
    uint64_t hits = all->hits - verdict->since.hits;
    uint64_t fills = all->fills - verdict->since.fills;
    if (fills < REUSE_FILLS) {
        return;
    }
    verdict->since = *all;
    if (is_dear || hits * 100 >= fills * REUSE_LEAST) {
        verdict->times = 0;
        return;
    }
    atomic_store_explicit(
            &verdict->cold_until, now + (REUSE_COLD << verdict->times), memory_order_relaxed);
    verdict->times += verdict->times < REUSE_DOUBLINGS_MAX;
}

static void look(struct reuse *reuse, struct sl_hash128 shape, bool is_dear, sl_usec now)
{
    struct verdict *verdict = &reuse->verdicts[place_of(shape)];
    struct reuse_sum all = sum_of_all(reuse, shape);

    pthread_mutex_lock(&reuse->lock);
    if (atomic_load_explicit(&verdict->shape, memory_order_relaxed) != shape.lo) {
        atomic_store_explicit(&verdict->cold_until, 0, memory_order_relaxed);
        atomic_store_explicit(&verdict->shape, shape.lo, memory_order_release);
        verdict->since = (struct reuse_sum){0};
        verdict->times = 0;
    }
    judge(verdict, &all, is_dear, now);
    pthread_mutex_unlock(&reuse->lock);
}

void reuse_fill(struct reuse *reuse, unsigned worker, struct sl_hash128 shape, uint32_t cost_usec,
        sl_usec now)
{
    struct tally *tally = tally_of(reuse, worker, shape);

    if (!is_of(tally, shape)) {
        atomic_store_explicit(&tally->hits, 0, memory_order_relaxed);
        atomic_store_explicit(&tally->fills, 0, memory_order_relaxed);
        atomic_store_explicit(&tally->shape, shape.lo, memory_order_relaxed);
    }
    add_one(&tally->fills);
    if (atomic_load_explicit(&tally->fills, memory_order_relaxed) % REUSE_STEP == 0) {
        look(reuse, shape, cost_usec > REUSE_DEAR_USEC, now);
    }
}

sl_usec reuse_cold_until(const struct reuse *reuse, struct sl_hash128 shape, sl_usec now)
{
    const struct verdict *verdict = &reuse->verdicts[place_of(shape)];
    sl_usec until = atomic_load_explicit(&verdict->cold_until, memory_order_relaxed);

    return until > now && atomic_load_explicit(&verdict->shape, memory_order_acquire) == shape.lo
                   ? until
                   : 0;
}
