/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/micro/bench_cache.c - what a hit in the local tier costs, and what a write does to its tags.
 *
 *     cmake --build build --target bench_cache && build/bench/bench_cache
 *
 * ENTRIES answers of 100 bytes under TAGS tags each (a database's, a table's, keys); they are asked for
 * at random, by keys that are there already, so hashing is no part of it. Cold is all of them, warm is
 * the same WARM. "rows" are answers with the tags of 20 rows. Two threads run on two cores, if there
 * are. Prints the median of ROUNDS, and the least, in nanoseconds of a thread's own CPU time: whatever
 * else the machine does costs it its caches, not its turn.
 */
#include "cache/flight.h"
#include "cache/store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ENTRIES = 1000000,
    WARM = 1000,
    TAGS = 3,
    ROW_TAGS = 23,
    REPLY_LEN = 100,
    ROUNDS = 1001,
    ASKED = 1000,
    THREADS_MAX = 2
};

static struct tags *tags;
static struct store *store;

static double now_ns(void)
{
    struct timespec time;

    SL_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* As good as a hash, and cheaper to make than one. */
static struct sl_hash128 key_of(uint64_t number)
{
    uint64_t seed = number;
    uint64_t hi = next_random(&seed);

    return (struct sl_hash128){.hi = hi, .lo = next_random(&seed)};
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static void print(const char *what, double *rounds)
{
    qsort(rounds, ROUNDS, sizeof rounds[0], compare);
    printf("%-28s  median %7.1f ns  least %7.1f ns\n", what, rounds[ROUNDS / 2], rounds[0]);
}

/* ---- hits ---- */

static struct entry *make(uint64_t number, uint16_t tags_count)
{
    static const uint8_t reply[REPLY_LEN];
    struct entry *entry =
            entry_new(&(struct entry_parts){.rows = sl_span(reply, sizeof reply)}, tags_count);

    SL_CHECK(entry != NULL);
    entry->key = key_of(number);
    entry->expires_at = INT64_MAX;
    for (uint16_t i = 0; i < tags_count; i++) {
        uint32_t tag = i == 0 ? tags_of_database(tags, 1)
                              : tags_of_key(tags, 1, 16384, 1, number * ENTRY_TAGS_MAX + i);
        tag = i == 1 ? tags_of_table(tags, 1, (uint32_t)(number % 20), TAG_WILD) : tag;
        entry->tags[i] = (struct entry_tag){.word = tags_word(tags, tag), .tag = tag};
    }
    return entry;
}

static void fill(uint64_t entries, uint16_t tags_count, bool shows)
{
    struct store_counts before;
    struct store_counts after;

    store_counts(store, &before);
    double begin = now_ns();
    for (uint64_t i = 0; i < entries; i++) {
        SL_CHECK(store_put(store, make(i, tags_count)) == SL_OK);
    }
    double end = now_ns();
    store_counts(store, &after);
    SL_CHECK(after.entries - before.entries == entries);
    if (shows) {
        printf("%-28s  %14.1f ns each\n", "make and put", (end - begin) / (double)entries);
        printf("%-28s  %14.1f bytes each, all in all; of an entry %zu\n", "memory",
                (double)(after.bytes - before.bytes) / (double)entries, make(0, tags_count)->bytes);
    }
}

struct asking {
    uint64_t seed;
    uint64_t entries;
    double rounds[ROUNDS];
};

static void *ask(void *arg)
{
    struct asking *asking = arg;
    uint64_t sum = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        for (unsigned i = 0; i < ASKED; i++) {
            struct sl_hash128 key = key_of(next_random(&asking->seed) % asking->entries);
            struct entry *entry = NULL;
            SL_CHECK(store_find(store, key, 1, &entry) == STORE_HIT);
            sum += entry_rows_and_tail(entry).at[0];
            entry_unref(entry);
        }
        asking->rounds[round] = (now_ns() - begin) / ASKED;
    }
    SL_CHECK(sum == 0);
    return NULL;
}

static void measure_hits(const char *what, uint64_t entries, unsigned threads)
{
    static struct asking asking[THREADS_MAX];
    pthread_t running[THREADS_MAX];

    for (unsigned i = 0; i < threads; i++) {
        asking[i] = (struct asking){.seed = 77 + i, .entries = entries};
        SL_CHECK(pthread_create(&running[i], NULL, ask, &asking[i]) == 0);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(running[i], NULL);
    }
    for (unsigned i = 0; i < threads; i++) {
        print(what, asking[i].rounds);
    }
}

/* ---- writes, and flights ---- */

static void measure_writes(const char *what, unsigned set_count)
{
    static double rounds[ROUNDS];
    uint64_t seed = 5;

    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        for (unsigned i = 0; i < ASKED; i++) {
            struct tag_set set;
            tag_set_init(&set);
            for (unsigned k = 0; k < set_count; k++) {
                tag_set_add(&set, tags_of_key(tags, 2, 1, 1, next_random(&seed) % 100000), 0);
            }
            tag_set_begin(&set, tags);
            tag_set_end(&set, tags);
            tag_set_fini(&set);
        }
        rounds[round] = (now_ns() - begin) / ASKED;
    }
    print(what, rounds);
}

static void measure_begin_and_end(void)
{
    static double rounds[ROUNDS];
    const uint32_t tag = tags_of_key(tags, 2, 1, 1, 1);

    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        for (unsigned i = 0; i < ASKED; i++) {
            tags_begin(tags, tag);
            tags_end(tags, tag);
        }
        rounds[round] = (now_ns() - begin) / ASKED;
    }
    print("begin and end, one tag", rounds);
}

static void measure_flights(void)
{
    static double rounds[ROUNDS];
    struct flights *flights = flights_new(tags);
    uint64_t seed = 5;

    SL_CHECK(flights != NULL);
    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        for (unsigned i = 0; i < ASKED; i++) {
            struct flight_leader leader = {.key = key_of(next_random(&seed))};
            SL_CHECK(flight_begin(flights, &leader, NULL) == FLIGHT_LEADS);
            flight_end(flights, &leader, NULL);
        }
        rounds[round] = (now_ns() - begin) / ASKED;
    }
    print("a flight that is alone", rounds);
    flights_free(flights);
}

static void new_store(size_t bytes_max)
{
    store_free(store);
    store = store_new(&(struct store_limits){.bytes_max = bytes_max}, tags);
    SL_CHECK(store != NULL);
}

int main(void)
{
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    SL_CHECK(tags != NULL);
    new_store((size_t)1 << 30);
    fill(ENTRIES, TAGS, true);
    measure_hits("hit, cold, 1 thread", ENTRIES, 1);
    measure_hits("hit, cold, 2 threads", ENTRIES, 2);
    measure_hits("hit, warm, 1 thread", WARM, 1);
    measure_hits("hit, warm, 2 threads", WARM, 2);
    measure_hits("hit, one key, 2 threads", 1, 2);
    new_store((size_t)1 << 30);
    fill(ENTRIES / 4, ROW_TAGS, false);
    measure_hits("hit, cold, rows, 1 thread", ENTRIES / 4, 1);
    measure_begin_and_end();
    measure_writes("set of 3: made to ended", 3);
    measure_writes("set of 30: made to ended", 30);
    measure_flights();
    store_free(store);
    tags_free(tags);
    return 0;
}
