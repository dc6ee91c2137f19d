/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_latency.c - LATENCY: what statements take, of all of them together and by
 * database, node, worker and pool.
 *
 * From totals (optimizer/totals.h), which shapes that go take nothing from. A database's row
 * is the sum of its pools', so its quantiles are of all its statements.
 */
#include "optimizer/observe.h"
#include "optimizer/totals.h"
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <strings.h>

enum {
    KEYS_MAX = TOTALS_POOLS_MAX + TOTALS_WORKERS_MAX + 1,
    KEYS_A_TURN = 64 /* whose rows are put */
};

enum level { LEVEL_ALL, LEVEL_DATABASE, LEVEL_NODE, LEVEL_WORKER, LEVEL_POOL, LEVELS };

static const char *const level_names[LEVELS] = {"all", "database", "node", "worker", "pool"};

static const struct reply_column latency_columns[] = {{"level", REPLY_TEXT},
        {"database", REPLY_TEXT}, {"user", REPLY_TEXT}, {"node", REPLY_TEXT},
        {"worker", REPLY_INT8}, {"calls", REPLY_INT8}, {"errors", REPLY_INT8},
        {"total_mean_us", REPLY_INT8}, {"total_p50_us", REPLY_INT8}, {"total_p95_us", REPLY_INT8},
        {"total_p99_us", REPLY_INT8}, {"total_max_us", REPLY_INT8}, {"wait_mean_us", REPLY_INT8},
        {"wait_p50_us", REPLY_INT8}, {"wait_p95_us", REPLY_INT8}, {"wait_p99_us", REPLY_INT8},
        {"wait_max_us", REPLY_INT8}, {"server_mean_us", REPLY_INT8}, {"server_p50_us", REPLY_INT8},
        {"server_p95_us", REPLY_INT8}, {"server_p99_us", REPLY_INT8},
        {"server_max_us", REPLY_INT8}};

struct latency {
    int only;    /* enum level, or -1 */
    int level;   /* where it is; LEVELS: done */
    uint32_t at; /* among keys */
    uint32_t count;
    struct total_key keys[KEYS_MAX];
};

static struct totals *totals(void)
{
    return shape_store_totals(observe_store(statistics_observe()));
}

/* LEVELS: no level is called so; -1: none is asked for. */
static int level_named(const char *argument)
{
    int level = 0;

    if (argument == NULL || argument[0] == '\0') {
        return -1;
    }
    while (level < LEVELS && strcasecmp(argument, level_names[level]) != 0) {
        level++;
    }
    return level;
}

static struct latency *latency_new(const char *argument)
{
    struct latency *latency = calloc(1, sizeof *latency);
    uint32_t cursor = 0;

    if (latency == NULL) {
        return NULL;
    }
    latency->only = level_named(argument);
    while (latency->count < KEYS_MAX &&
            totals_read(totals(), &cursor, &latency->keys[latency->count], NULL)) {
        latency->count++;
    }
    return latency;
}

/* The row that the key leads to at that level. */
static struct total_key match_of(const struct total_key *key, int level)
{
    struct total_key match = {TOTAL_ALL, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL};

    switch (level) {
    case LEVEL_DATABASE:
        match.database = key->database;
        break;
    case LEVEL_NODE:
        match.node = key->node;
        break;
    case LEVEL_WORKER:
    case LEVEL_POOL:
        match = *key;
        break;
    default:
        break;
    }
    return match;
}

static bool is_same(const struct total_key *a, const struct total_key *b)
{
    return a->worker == b->worker && a->database == b->database && a->user == b->user &&
           a->node == b->node;
}

/* Whether the key is of that level, and none before it led to the same row. */
static bool is_first(const struct latency *latency, uint32_t at, int level)
{
    bool is_worker = latency->keys[at].worker != TOTAL_ALL;
    const struct total_key match = match_of(&latency->keys[at], level);

    if (is_worker != (level == LEVEL_WORKER)) {
        return false;
    }
    for (uint32_t i = 0; level < LEVEL_WORKER && i < at; i++) {
        const struct total_key before = match_of(&latency->keys[i], level);
        if (latency->keys[i].worker == TOTAL_ALL && is_same(&before, &match)) {
            return false;
        }
    }
    return true;
}

static void add_name(struct view_row *row, uint32_t number)
{
    view_add_text(row,
            number == TOTAL_ALL ? NULL : names_text(observe_names(statistics_observe()), number));
}

static void put_level(struct view_visit *visit, int level, const struct total_key *match)
{
    struct tally tally = {0};
    struct shape_row sums;
    struct view_row row;

    uint32_t rows = totals_sum(totals(), match, &tally);
    shape_row_of(&sums, &tally);
    tally_fini(&tally, NULL);
    if (rows == 0) {
        return; /* RESET STATS came in between */
    }
    view_row_begin(&row);
    view_add_text(&row, level_names[level]);
    add_name(&row, match->database);
    add_name(&row, match->user);
    add_name(&row, match->node);
    if (match->worker == TOTAL_ALL) {
        view_add_text(&row, NULL);
    } else {
        view_add_uint(&row, match->worker);
    }
    view_add_uint(&row, sums.calls);
    view_add_uint(&row, sums.errors);
    for (int i = 0; i < TALLY_TIMES; i++) {
        const struct shape_time *time = &sums.times[i];
        view_add_uint(&row, time->count == 0 ? 0 : time->sum / time->count);
        view_add_uint(&row, time->p50);
        view_add_uint(&row, time->p95);
        view_add_uint(&row, time->p99);
        view_add_uint(&row, time->max);
    }
    view_put(visit, &row);
}

/* True: that was all. */
static bool put_some(struct view_visit *visit, struct latency *latency)
{
    for (int i = 0; i < KEYS_A_TURN && latency->level < LEVELS; i++) {
        bool is_wanted = latency->only < 0 || latency->only == latency->level;

        if (is_wanted && latency->at < latency->count) {
            if (is_first(latency, latency->at, latency->level)) {
                const struct total_key match =
                        match_of(&latency->keys[latency->at], latency->level);
                put_level(visit, latency->level, &match);
            }
            latency->at++;
        } else {
            latency->level++;
            latency->at = 0;
        }
    }
    return latency->level == LEVELS;
}

static bool show_latency(struct view_visit *visit, void *arg)
{
    if (level_named(visit->argument) == LEVELS) {
        visit->refusal = "the level is all, database, node, worker or pool";
        return true;
    }
    if (statistics_observe() == NULL) {
        return true;
    }
    enum console_step step = console_shapes_tell(visit, arg);
    if (step != CONSOLE_LAST) {
        return step == CONSOLE_NEXT;
    }
    if (visit->state == NULL) {
        visit->state = latency_new(visit->argument);
    }
    if (visit->state == NULL) {
        visit->out->is_full = true;
        return true;
    }
    return put_some(visit, visit->state);
}

static void end_latency(struct view_visit *visit)
{
    free(visit->state);
    visit->state = NULL;
}

const struct view console_views_latency[] = {
        {.name = "latency",
                .sentence = "What statements take, wait for a server and spend there: of all, of "
                            "each database, node, worker and pool; or of one of these levels.",
                .argument = "[level]",
                .columns = latency_columns,
                .columns_count = SL_COUNT(latency_columns),
                .on_worker = show_latency,
                .end = end_latency},
        {.name = NULL},
};
