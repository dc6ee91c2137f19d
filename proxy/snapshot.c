/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/snapshot.h"

#include "proxy/pool.h"
#include "proxy/process.h"

#include <pthread.h>
#include <stdlib.h>

enum { TRIES = 3 };

/* Under it: newer and older of every database, and when they were. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stats_totals gone_total; /* under lock: of databases there are no more */
static struct stats_totals gone_newer; /* under lock: their newer and older */
static struct stats_totals gone_older;
static sl_usec newer_at;
static sl_usec older_at;

static void add(struct stats_totals *sum, const struct stats_totals *one)
{
    for (int c = 0; c < STATS_COUNT; c++) {
        sum->counters[c] += one->counters[c];
    }
}

/* The totals of all databases that there are now. */
static struct snapshot *add_up_once(void)
{
    unsigned count = registry_database_places();
    struct snapshot *snapshot = calloc(1, sizeof *snapshot + count * sizeof snapshot->rows[0]);

    if (snapshot == NULL) {
        return NULL;
    }
    snapshot->count = count;
    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        if (d->index < count) {
            snapshot->rows[d->index].database = d;
            registry_add_retired(d, &snapshot->rows[d->index].total);
        }
    }
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (p->database->index < count) {
            struct stats_totals *sum = &snapshot->rows[p->database->index].total;
            stats_read(p->stats, process_workers(), sum);
        }
    }
    return snapshot;
}

/* Again, when pools went meanwhile: what they had counted was seen twice, or not at all. */
static struct snapshot *add_up(void)
{
    struct snapshot *snapshot = NULL;

    for (int i = 0; i < TRIES; i++) {
        unsigned generation = registry_generation();
        snapshot_free(snapshot);
        snapshot = add_up_once();
        if (generation % 2 == 0 && generation == registry_generation()) {
            break;
        }
    }
    return snapshot;
}

void snapshot_forget(const struct database *database)
{
    struct stats_totals retired = {0};

    registry_add_retired(database, &retired);
    pthread_mutex_lock(&lock);
    add(&gone_total, &retired);
    add(&gone_newer, &database->newer);
    add(&gone_older, &database->older);
    pthread_mutex_unlock(&lock);
}

void snapshot_take(sl_usec now)
{
    struct snapshot *snapshot = add_up();

    if (snapshot == NULL) {
        return; /* the averages are then over a longer time */
    }
    pthread_mutex_lock(&lock);
    older_at = newer_at == 0 ? now - SL_SECOND : newer_at;
    newer_at = now;
    gone_older = gone_newer;
    gone_newer = gone_total;
    pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < snapshot->count; i++) {
        struct database *d = snapshot->rows[i].database;
        if (d != NULL) {
            pthread_mutex_lock(&lock);
            d->older = d->newer;
            d->newer = snapshot->rows[i].total;
            pthread_mutex_unlock(&lock);
        }
    }
    snapshot_free(snapshot);
}

/* What a time is divided by: how often that happened. Others are divided by seconds. */
static enum stats_counter divisor_of(enum stats_counter counter)
{
    return counter == STATS_XACT_USEC    ? STATS_XACTS
           : counter == STATS_QUERY_USEC ? STATS_QUERIES
           : counter == STATS_WAIT_USEC  ? STATS_SERVER_ASSIGNMENTS
                                         : STATS_COUNT;
}

static void average(struct snapshot_row *row, const struct stats_totals *older, sl_usec duration)
{
    struct stats_totals gone;

    for (int c = 0; c < STATS_COUNT; c++) {
        gone.counters[c] = row->total.counters[c] - older->counters[c];
    }
    for (int c = 0; c < STATS_COUNT; c++) {
        enum stats_counter by = divisor_of((enum stats_counter)c);
        uint64_t n = gone.counters[c];
        if (by != STATS_COUNT) {
            row->average.counters[c] = gone.counters[by] == 0 ? 0 : n / gone.counters[by];
        } else if (duration > 0) {
            double a_second = (double)n * (double)SL_SECOND / (double)duration;
            row->average.counters[c] = (uint64_t)a_second;
        }
    }
}

struct snapshot *snapshot_new(sl_usec now)
{
    struct snapshot *snapshot = add_up();
    struct stats_totals older_of_all = {0};

    if (snapshot == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&lock);
    sl_usec duration = now - older_at;
    snapshot->all.total = gone_total;
    older_of_all = gone_older;
    pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < snapshot->count; i++) {
        struct snapshot_row *row = &snapshot->rows[i];
        if (row->database == NULL) {
            continue;
        }
        pthread_mutex_lock(&lock);
        struct stats_totals older = row->database->older;
        pthread_mutex_unlock(&lock);
        average(row, &older, duration);
        add(&snapshot->all.total, &row->total);
        add(&older_of_all, &older);
    }
    average(&snapshot->all, &older_of_all, duration);
    return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
    free(snapshot);
}
