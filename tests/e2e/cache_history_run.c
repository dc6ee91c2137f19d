/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/cache_history_run.h"

#include "tests/support/case.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reads of a window, of all sessions: what bounds memory. */
enum { WINDOW = 200000, PAUSE_MS = 1, END_MS = 50, LONGER = 8 };

static struct world world;

/* Writers keep to their share of all statements, and pause when they are ahead. */
static bool is_ahead(const struct world *of)
{
    unsigned long written = atomic_load(&of->written);
    unsigned long asked = atomic_load(&of->asked);

    return written * (100 - of->variant->writes) > (asked + 100) * of->variant->writes;
}

static void write_one(struct session *session)
{
    if (session->world->variant->ends_servers) {
        session_write_carefully(session);
    } else {
        session_write(session);
    }
}

static void *live(void *arg)
{
    struct session *session = arg;
    struct world *of = session->world;

    if (!session->is_writer) {
        while (session->left > 0 && session->trouble[0] == '\0') {
            unsigned count = session_read(session);
            session->left -= count < session->left ? count : session->left;
            atomic_fetch_add(&of->asked, count);
            session_again(session);
        }
        atomic_fetch_sub(&of->reading, 1);
        return NULL;
    }
    while (!atomic_load(&of->is_over) && session->trouble[0] == '\0') {
        if (is_ahead(of)) {
            proc_pause_ms(PAUSE_MS);
            continue;
        }
        write_one(session);
        atomic_fetch_add(&of->written, 1);
        if (session->trouble[0] == '\0' && !session->is_broken && session_roll(session, 2) == 0) {
            atomic_fetch_add(&of->asked, session_read(session));
        }
        session_again(session);
    }
    return NULL;
}

/* Readers first, then writers, who go on until then. */
static void join(bool writers)
{
    for (size_t i = 0; i < world.session_count; i++) {
        if (world.sessions[i].is_writer == writers) {
            assert_int_equal(pthread_join(world.sessions[i].thread, NULL), 0);
        }
    }
}

static void vex_redis(void)
{
    while (world.variant->vexes_redis && atomic_load(&world.reading) > 0) {
        world_vex_redis(&world);
    }
}

/* One of Sluice's after another, while there are readers. */
static void end_servers(void)
{
    while (world.variant->ends_servers && atomic_load(&world.reading) > 0) {
        PQclear(PQexec(world.direct,
                "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = "
                "'client backend' and application_name <> 'direct' order by random() limit 1"));
        world.ended++;
        proc_pause_ms(END_MS);
    }
}

static void run_window(uint64_t reads)
{
    struct history_log logs[SESSIONS_MAX];
    size_t readers = 0;

    for (size_t i = 0; i < world.session_count; i++) {
        readers += world.sessions[i].is_writer ? 0 : 1;
    }
    atomic_store(&world.is_over, false);
    atomic_store(&world.reading, (unsigned)readers);
    for (size_t i = 0; i < world.session_count; i++) {
        struct session *session = &world.sessions[i];

        session->log.count = 0;
        session->left = reads / readers + 1;
        assert_int_equal(pthread_create(&session->thread, NULL, live, session), 0);
    }
    end_servers();
    vex_redis();
    join(false);
    atomic_store(&world.is_over, true);
    join(true);
    for (size_t i = 0; i < world.session_count; i++) {
        if (world.sessions[i].trouble[0] != '\0') {
            fail_msg("session %u by %s: %s", (unsigned)i,
                    history_path_text((enum history_path)world.sessions[i].path),
                    world.sessions[i].trouble);
        }
        logs[i] = world.sessions[i].log;
    }
    assert_true(history_check(world.history, logs, world.session_count, &world.found));
    world_settle(&world);
}

static bool wants_hits(const struct variant *variant)
{
    unsigned sum = variant->hits_least;

    for (size_t tier = 0; tier < TIERS; tier++) {
        for (size_t class = 0; class < HISTORY_CLASSES; class ++) {
            sum += variant->hits[tier][class] + variant->count[tier][class];
        }
    }
    return sum != 0;
}

static uint64_t share_of(const struct hits *hits, size_t tier, size_t class)
{
    uint64_t reads = world.found.reads[HISTORY_A][class] + world.found.reads[HISTORY_B][class];

    return reads == 0 ? 0 : hits->of[tier][class] * 100 / reads;
}

static bool has_enough(const struct hits *hits)
{
    uint64_t all = 0;
    bool is_enough = true;

    for (size_t tier = 0; tier < TIERS; tier++) {
        for (size_t class = 0; class < HISTORY_CLASSES; class ++) {
            all += hits->of[tier][class];
            is_enough = is_enough &&
                        share_of(hits, tier, class) >= world.variant->hits[tier][class] &&
                        hits->of[tier][class] >= world.variant->count[tier][class];
        }
    }
    return is_enough && all >= world.variant->hits_least &&
           hits->in_blocks >= world.variant->blocks_least;
}

/*
 * A run in which nothing was a hit proves nothing. Where a slow machine makes the stream late they come late: it
 * is run for longer, but not for good.
 */
static bool wants_more(uint64_t reads)
{
    struct hits hits;

    if (history_reads(&world.found) < reads) {
        return true;
    }
    if (!wants_hits(world.variant) || history_reads(&world.found) >= LONGER * reads) {
        return false;
    }
    world_hits(&world, &hits);
    return !has_enough(&hits);
}

static void expect_hits(void)
{
    static const char *const tiers[TIERS] = {"local", "redis"};
    struct hits hits;

    if (!wants_hits(world.variant)) {
        return;
    }
    world_hits(&world, &hits);
    for (size_t tier = 0; tier < TIERS; tier++) {
        for (size_t class = 0; class < HISTORY_CLASSES; class ++) {
            print_message("%s: %s hits of %s: %" PRIu64 ", at least %u; %" PRIu64
                          " %% of reads, at least %u\n",
                    world.variant->name, tiers[tier],
                    history_class_text((enum history_class) class), hits.of[tier][class],
                    world.variant->count[tier][class], share_of(&hits, tier, class),
                    world.variant->hits[tier][class]);
        }
    }
    print_message("%s: %" PRIu64 " of them in transaction blocks, at least %u\n",
            world.variant->name, hits.in_blocks, world.variant->blocks_least);
    if (!has_enough(&hits)) {
        fail_msg("%s: too few hits to prove anything", world.variant->name);
    }
}

void run_variant(struct cluster *cluster, const struct variant *variant, uint64_t reads,
        struct history_found *found)
{
    world_start(&world, cluster, variant);
    if (wants_hits(variant)) {
        world_warm_up(&world);
    }
    world_settle(&world);
    while (wants_more(reads)) {
        uint64_t done = history_reads(&world.found);
        uint64_t left = done < reads ? reads - done : reads / 2;
        run_window(left < WINDOW ? left : WINDOW);
    }
    history_print(variant->name, &world.found, question_names);
    if (variant->lies != 0) {
        print_message("%s: %lu lies of %lu answers\n", variant->name,
                atomic_load(&world.liar.seen->lies), atomic_load(&world.liar.seen->asked));
        assert_true(atomic_load(&world.liar.seen->lies) > 0);
    }
    if (variant->ends_servers) {
        print_message("%s: servers ended %u times\n", variant->name, world.ended);
        assert_true(world.ended > 0);
    }
    if (variant->vexes_redis) {
        print_message("%s: Redis vexed %u times\n", variant->name, world.vexed);
        assert_true(world.vexed > 0);
    }
    *found = world.found;
    expect_hits();
    world_stop(&world);
}
