/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_history.c - what clients see through Sluice can be: nothing stale, nothing that
 * goes back in time, nothing half (tests/support/history.h says what is proved, and how).
 *
 * Readers and writers do what there is to do at once: simple and extended, text and binary, prepared and
 * not, in transactions, in pipelines; writes by UPDATE, function, trigger, cascade, CTE, view, upsert,
 * COPY, TRUNCATE, prepared transactions; through one Sluice, through two, and past them. A variant is a
 * configuration and what it promises. One with a cache says how many reads must be hits at least.
 *
 * SLUICE_HISTORY_READS: how many reads each variant checks; see READS.
 */
#include "tests/e2e/cache_history_races.h"
#include "tests/e2e/cache_history_run.h"
#include "tests/support/case.h"

#include <stdlib.h>

enum { READS = CASE_IS_SANITIZED ? 3000 : 10000, LIAR_READS = 4000, LIES_ONE_IN = 20 };

static struct cluster cluster;

static const struct variant through_one = {
        .name = "through one", .readers = 5, .writers = 3, .writes = 10, .order = HISTORY_BY_ALL};

static const struct variant around_it = {.name = "around it",
        .readers = 5,
        .writers = 2,
        .direct = 2,
        .writes = 10,
        .order = HISTORY_BY_ALL};

static const struct variant through_two = {.name = "through two",
        .readers = 3,
        .writers = 2,
        .direct = 1,
        .writes = 10,
        .has_second = true,
        .order = HISTORY_BY_ALL};

static const struct variant with_servers_ended = {.name = "with servers ended",
        .readers = 5,
        .writers = 3,
        .direct = 1,
        .writes = 10,
        .ends_servers = true,
        .order = HISTORY_BY_ALL};

#define CACHE "[cache]\nmode = safe\nadmission = 1\n"
#define STREAM CACHE "stream = user=postgres\n"

enum {
    STALENESS_MS = 500, /* [cache] max_staleness */
    SILENT_MS = 3000    /* who hears nothing of Redis for two seconds knows that it hears nothing */
};

/* Everybody comes through it. */
static const struct variant kept_by_one = {.name = "kept by one",
        .is_calm = true,
        .ini = CACHE "through_sluice = *\n",
        .readers = 5,
        .writers = 2,
        .writes = 1,
        .hits[TIER_LOCAL] = {[HISTORY_POINT] = 5, [HISTORY_SET] = 2},
        .blocks_least = 10,
        .order = HISTORY_BY_ALL};

/* The stream tells of what others write. No session goes back in time. */
static const struct variant kept_around_it = {.name = "kept, with writers around it",
        .is_calm = true,
        .ini = STREAM,
        .readers = 5,
        .writers = 2,
        .direct = 2,
        .writes = 1,
        .hits_least = 20,
        .blocks_least = 1,
        .bound_ms = STALENESS_MS,
        .order = HISTORY_BY_SESSION};

/* Each Sluice is past the other. */
static const struct variant kept_by_two = {.name = "kept by two",
        .is_calm = true,
        .ini = STREAM,
        .readers = 3,
        .writers = 2,
        .direct = 1,
        .writes = 1,
        .has_second = true,
        .hits_least = 20,
        .blocks_least = 1,
        .bound_ms = STALENESS_MS,
        .order = HISTORY_BY_SESSION};

/* A Sluice asks Redis before a server, where the other has put what it got; and tells of writes there. */
static const struct variant kept_with_a_redis = {.name = "kept by two, with a Redis between",
        .is_calm = true,
        .ini = STREAM,
        .readers = 3,
        .writers = 2,
        .direct = 1,
        .writes = 1,
        .has_second = true,
        .has_redis = true,
        .count = {[TIER_LOCAL] = {[HISTORY_POINT] = 20, [HISTORY_SET] = 1, [HISTORY_AGGREGATE] = 2},
                [TIER_REDIS] = {[HISTORY_POINT] = 1}},
        .bound_ms = STALENESS_MS,
        .order = HISTORY_BY_SESSION};

/* Nothing is given from memory that is older than a millisecond: Redis is asked again and again. */
static const struct variant kept_in_redis = {.name = "kept in Redis",
        .is_calm = true,
        .is_plain = true,
        .ini = STREAM "ttl_local = 1ms\n",
        .readers = 3,
        .writers = 2,
        .direct = 1,
        .writes = 1,
        .has_second = true,
        .has_redis = true,
        .count[TIER_REDIS] = {[HISTORY_POINT] = 5, [HISTORY_AGGREGATE] = 1},
        .bound_ms = STALENESS_MS,
        .order = HISTORY_BY_SESSION};

/* Nobody but Redis tells the other of writes. */
static const struct variant told_by_redis = {.name = "told by Redis alone",
        .is_calm = true,
        .is_plain = true,
        .ini = CACHE "through_sluice = *\n",
        .readers = 3,
        .writers = 2,
        .writes = 1,
        .has_second = true,
        .has_redis = true,
        .count = {[TIER_LOCAL] = {[HISTORY_POINT] = 50, [HISTORY_AGGREGATE] = 10},
                [TIER_REDIS] = {[HISTORY_POINT] = 20, [HISTORY_AGGREGATE] = 5}},
        .bound_ms = SILENT_MS,
        .order = HISTORY_BY_SESSION};

static const struct variant with_redis_vexed = {.name = "kept, with Redis vexed",
        .is_calm = true,
        .is_plain = true,
        .ini = STREAM "ttl_local = 20ms\nredis_timeout = 20ms\n",
        .readers = 3,
        .writers = 2,
        .direct = 1,
        .writes = 1,
        .has_second = true,
        .has_redis = true,
        .vexes_redis = true,
        .hits_least = 20,
        .count[TIER_REDIS] = {[HISTORY_POINT] = 1},
        .bound_ms = STALENESS_MS,
        .order = HISTORY_BY_SESSION};

static const struct variant kept_with_servers_ended = {.name = "kept, with servers ended",
        .ini = STREAM,
        .readers = 5,
        .writers = 3,
        .direct = 1,
        .writes = 10,
        .ends_servers = true,
        .bound_ms = STALENESS_MS,
        .order = HISTORY_BY_SESSION};

static const struct variant lied_to = {.name = "lied to",
        .readers = 5,
        .writers = 3,
        .writes = 10,
        .lies = LIES_ONE_IN,
        .order = HISTORY_BY_ALL};

/* Old answers, but nothing is expected of other paths, nor of order. */
static const struct variant lied_to_by_little = {.name = "lied to, by little",
        .readers = 5,
        .writers = 3,
        .writes = 10,
        .lies = LIES_ONE_IN,
        .bound_ms = 3600000,
        .order = HISTORY_NO_ORDER};

static uint64_t reads_wanted(void)
{
    const char *text = getenv("SLUICE_HISTORY_READS");

    return text == NULL ? READS : strtoull(text, NULL, 10);
}

static void expect_clean(const struct variant *variant)
{
    struct history_found found;

    run_variant(&cluster, variant, reads_wanted(), &found);
    assert_int_equal(found.faults, 0);
    assert_true(history_reads(&found) >= reads_wanted());
    for (int class = 0; class < HISTORY_CLASSES; class ++) {
        assert_true(found.reads[HISTORY_A][class] > 0);
    }
}

static void nothing_is_stale_through_one(void **state)
{
    (void)state;
    expect_clean(&through_one);
}

static void nothing_is_stale_with_writers_around_it(void **state)
{
    (void)state;
    expect_clean(&around_it);
}

static void nothing_is_stale_through_two(void **state)
{
    (void)state;
    expect_clean(&through_two);
}

static void nothing_kept_is_stale_by_one(void **state)
{
    (void)state;
    expect_clean(&kept_by_one);
}

static void nothing_kept_is_staler_than_the_bound(void **state)
{
    (void)state;
    expect_clean(&kept_around_it);
    expect_clean(&kept_by_two);
}

static void nothing_in_redis_is_staler_than_the_bound(void **state)
{
    (void)state;
    expect_clean(&kept_with_a_redis);
    expect_clean(&kept_in_redis);
    expect_clean(&told_by_redis);
}

static void nothing_is_staler_whatever_befalls_redis(void **state)
{
    (void)state;
    expect_clean(&with_redis_vexed);
}

static void nothing_kept_is_stale_when_servers_end(void **state)
{
    struct history_found found;

    (void)state;
    run_variant(&cluster, &kept_with_servers_ended, reads_wanted() / 4, &found);
    assert_int_equal(found.faults, 0);
}

/* Servers end in the middle of anything, also of commits. */
static void nothing_is_stale_when_servers_end(void **state)
{
    struct history_found found;

    (void)state;
    run_variant(&cluster, &with_servers_ended, reads_wanted() / 4, &found);
    assert_int_equal(found.faults, 0);
}

/* What the others say is worth as much as this. */
static void an_old_answer_is_found(void **state)
{
    struct history_found found;

    (void)state;
    run_variant(&cluster, &lied_to, LIAR_READS, &found);
    assert_true(found.by_fault[HISTORY_STALE] > 0);
    assert_int_equal(found.by_fault[HISTORY_UNWRITTEN] + found.by_fault[HISTORY_LOST] +
                             found.by_fault[HISTORY_TWICE] + found.by_fault[HISTORY_GAP],
            0);
    run_variant(&cluster, &lied_to_by_little, LIAR_READS, &found);
    assert_true(found.by_fault[HISTORY_STALE] > 0);
}

static int start(void **state)
{
    static const struct cluster_options options = {
            .conf = "max_prepared_transactions = 30\nautovacuum_naptime = 1s\nwal_level = "
                    "logical\n"};

    (void)state;
    cluster_start(&cluster, &options);
    world_make_tables(&cluster);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    struct CMUnitTest cases[48];
    size_t count = 0;
    const struct CMUnitTest own[] = {
            cmocka_unit_test(nothing_is_stale_through_one),
            cmocka_unit_test(nothing_is_stale_with_writers_around_it),
            cmocka_unit_test(nothing_is_stale_through_two),
            cmocka_unit_test(nothing_is_stale_when_servers_end),
            cmocka_unit_test(nothing_kept_is_stale_by_one),
            cmocka_unit_test(nothing_kept_is_staler_than_the_bound),
            cmocka_unit_test(nothing_in_redis_is_staler_than_the_bound),
            cmocka_unit_test(nothing_is_staler_whatever_befalls_redis),
            cmocka_unit_test(nothing_kept_is_stale_when_servers_end),
            cmocka_unit_test(an_old_answer_is_found),
    };

    for (size_t i = 0; i < CASE_COUNT(own); i++) {
        cases[count++] = own[i];
    }
    count += race_cases(&cluster, "", cases + count);
    count += race_cases(&cluster, STREAM, cases + count);
    return case_run(cases, count, start, stop);
}
