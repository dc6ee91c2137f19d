/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_query.c - QUERY: all that is known of one shape.
 *
 * By the digits that QUERIES shows, or the first of them where no other shape begins so. The
 * store is looked through for it, some rows a turn; a shape has a row for each pool.
 */
#include "optimizer/examples.h"
#include "optimizer/observe.h"
#include "protocol/sql_facts.h"
#include "protocol/sqlstate_class.h"
#include "proxy/catalogs_names.h"
#include "proxy/console_facts.h"
#include "proxy/console_find.h"
#include "proxy/console_show.h"
#include "proxy/plans.h"
#include "proxy/search_paths.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_MAX = 40 };

static const struct reply_column query_columns[] = {
        {"section", REPLY_TEXT}, {"name", REPLY_TEXT}, {"value", REPLY_TEXT}};

static struct shape_store *store(void)
{
    return observe_store(statistics_observe());
}

/* ---- numbers ---- */

static void put_number(
        struct view_visit *visit, const char *section, const char *name, uint64_t value)
{
    console_put_line(visit, section, name, "%" PRIu64, value);
}

static void put_moment(struct view_visit *visit, const char *section, const char *name, sl_usec at)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, section);
    view_add_text(&row, name);
    console_add_time(&row, at);
    view_put(visit, &row);
}

static void put_times(struct view_visit *visit, const struct shape_row *sums)
{
    static const char *const names[] = {"total", "wait", "server"};

    for (int i = 0; i < TALLY_TIMES; i++) {
        const struct shape_time *time = &sums->times[i];
        if (time->count > 0) {
            console_put_line(visit, "times", names[i],
                    "sum_us=%" PRIu64 " mean_us=%" PRIu64 " min_us=%" PRIu64 " p50_us=%" PRIu64
                    " p95_us=%" PRIu64 " p99_us=%" PRIu64 " max_us=%" PRIu64,
                    time->sum, time->sum / time->count, time->min, time->p50, time->p95, time->p99,
                    time->max);
        }
    }
    put_number(visit, "times", "client_us", sums->client_usec);
}

static void put_sums(struct view_visit *visit, const struct shape_row *sums)
{
    put_number(visit, "counters", "calls", sums->calls);
    put_number(visit, "counters", "errors", sums->errors);
    put_number(visit, "counters", "rows", sums->rows);
    put_number(visit, "counters", "bytes_in", sums->bytes_in);
    put_number(visit, "counters", "bytes_out", sums->bytes_out);
    put_number(visit, "counters", "xacts", sums->transactions);
    put_number(visit, "counters", "cached", sums->cached);
    put_moment(visit, "counters", "first_seen", sums->first_seen);
    put_moment(visit, "counters", "last_seen", sums->last_seen);
    for (int i = 0; i < TALLY_CLASSES && sums->classes[i].count > 0; i++) {
        const struct tally_class *class = &sums->classes[i];
        const char *text = sqlstate_class_text(class->name);
        char name[sizeof class->name + 1] = {class->name[0], class->name[1], '\0'};
        console_put_line(visit, "errors", name, "%" PRIu32 "%s%s", class->count,
                text == NULL ? "" : " ", text == NULL ? "" : text);
    }
}

static void put_pool(struct view_visit *visit, const struct shape_key *key, sl_usec now)
{
    const struct names *names = observe_names(statistics_observe());
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = now};
    const struct shape_time *total;
    struct shape_row row;
    bool has_path = key->path != SEARCH_PATHS_OF_ROLE;
    char name[SEARCH_PATH_MAX + 320];

    if (!shape_store_get(store(), key, &row, cut)) {
        return; /* evicted in between */
    }
    total = &row.times[TALLY_TOTAL];
    snprintf(name, sizeof name, "%.80s/%.80s@%.80s%s%s", names_text(names, key->database),
            names_text(names, key->user), names_text(names, key->node),
            has_path ? ", search_path " : "", has_path ? search_paths_text(key->path) : "");
    console_put_line(visit, "pools", name,
            "calls=%" PRIu64 " errors=%" PRIu64 " rows=%" PRIu64 " total_us=%" PRIu64
            " mean_us=%" PRIu64 " p50_us=%" PRIu64 " p95_us=%" PRIu64 " p99_us=%" PRIu64
            " max_us=%" PRIu64 " hour_calls=%" PRIu64 " hour_p95_us=%" PRIu64,
            row.calls, row.errors, row.rows, total->sum,
            total->count == 0 ? 0 : total->sum / total->count, total->p50, total->p95, total->p99,
            total->max, row.hour.count, row.hour.p95);
}

/* ---- histograms ---- */

/* 10 microseconds to 100 seconds. */
static const uint64_t bounds[] = {10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000,
        100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000, 20000000, 50000000, 100000000};

enum { BUCKETS = SL_COUNT(bounds) + 1 };

static void print_bound(uint64_t usec, char *to, size_t len)
{
    if (usec >= 1000000) {
        snprintf(to, len, "%" PRIu64 " s", usec / 1000000);
    } else if (usec >= 1000) {
        snprintf(to, len, "%" PRIu64 " ms", usec / 1000);
    } else {
        snprintf(to, len, "%" PRIu64 " us", usec);
    }
}

static void print_bucket(size_t i, char *to, size_t len)
{
    char least[32] = "0";
    char most[32];

    if (i > 0) {
        print_bound(bounds[i - 1], least, sizeof least);
    }
    if (i == SL_COUNT(bounds)) {
        snprintf(to, len, "more than %s", least);
        return;
    }
    print_bound(bounds[i], most, sizeof most);
    snprintf(to, len, "%s to %s", least, most);
}

static void put_histogram(
        struct view_visit *visit, const char *section, const struct histogram *histogram)
{
    static const char bar[BAR_MAX + 1] = "########################################";
    uint64_t counts[BUCKETS];
    uint64_t before = 0;

    histogram_cumulative(histogram, bounds, SL_COUNT(bounds), counts);
    counts[BUCKETS - 1] = histogram->count - histogram->unplaced;
    for (size_t i = 0; i < BUCKETS; i++) {
        uint64_t count = counts[i] - before;
        char name[80];
        before = counts[i];
        if (count == 0) {
            continue;
        }
        double share = (double)count / (double)histogram->count;
        print_bucket(i, name, sizeof name);
        console_put_line(visit, section, name, "%10" PRIu64 " %6.2f %% %.*s", count, 100 * share,
                (int)(share * BAR_MAX + 0.5), bar);
    }
}

/* ---- minutes ---- */

/* Minutes of all pools together; p95 is the greatest of theirs. */
static void put_minutes(struct view_visit *visit, const struct console_found *query)
{
    const int64_t last = query->now / MINUTE + 1; /* as struct minute counts them */
    struct minute sums[MINUTES_MAX] = {{0}};
    struct minute some[MINUTES_MAX];

    for (uint32_t i = 0; i < query->count; i++) {
        unsigned count = shape_store_minutes(store(), &query->keys[i], some, query->now);
        for (unsigned m = 0; m < count; m++) {
            int64_t age = last - some[m].number;
            if (age < 0 || age >= MINUTES_MAX) {
                continue;
            }
            struct minute *sum = &sums[MINUTES_MAX - 1 - age];
            sum->count += some[m].count;
            sum->sum += some[m].sum;
            sum->p95 = some[m].p95 > sum->p95 ? some[m].p95 : sum->p95;
        }
    }
    for (int m = 0; m < MINUTES_MAX; m++) {
        if (sums[m].count > 0) {
            struct view_row row;
            view_row_begin(&row);
            view_add_text(&row, "minutes");
            console_add_time(&row, (last - (MINUTES_MAX - 1 - m) - 1) * MINUTE);
            view_add_printf(&row, "calls=%" PRIu64 " mean_us=%" PRIu64 " p95_us=%" PRIu32,
                    sums[m].count, sums[m].sum / sums[m].count, sums[m].p95);
            view_put(visit, &row);
        }
    }
}

/* ---- text, facts, examples ---- */

static void put_text(struct view_visit *visit, const char *name, const char *text)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, "query");
    view_add_text(&row, name);
    view_add_text(&row, text);
    view_put(visit, &row);
}

static void put_plan(struct view_visit *visit, const struct plan *plan)
{
    static const char *const why[] = {[PLAN_KNOWN] = "known",
            [PLAN_NO_SQL] = "none: a syntax error, or what the parser does not know",
            [PLAN_REFUSED] = "none: beyond the parser's bounds",
            [PLAN_UNREAD] = "none: the parser would read it otherwise than its server does"};

    if (plan == NULL) {
        put_text(visit, "text", NULL);
        put_text(visit, "plan", "none: not parsed yet, or forgotten");
        return;
    }
    put_text(visit, "text", plan->text);
    put_text(visit, "kind", plan->facts == NULL ? NULL : sql_kind_text(plan->facts->kind));
    if (plan->fingerprint != 0) {
        console_put_line(visit, "query", "fingerprint", "%016" PRIx64, plan->fingerprint);
    }
    put_text(visit, "plan", why[plan->kind]);
    if (plan->facts != NULL) {
        console_put_facts(visit, plan->facts);
    }
}

/* Of each database, user and search_path: the same name may stand for something else. */
static void put_names(
        struct view_visit *visit, const struct console_found *query, const struct sql_facts *facts)
{
    const struct names *names = observe_names(statistics_observe());

    for (uint32_t i = 0; i < query->count; i++) {
        const struct shape_key *key = &query->keys[i];
        if (!console_found_is_again(query, i)) {
            const struct catalogs_session of = {.database = names_text(names, key->database),
                    .user = names_text(names, key->user),
                    .path = key->path};
            console_put_names(visit, facts, &of);
        }
    }
}

static void put_examples(struct view_visit *visit, struct sl_hash128 shape)
{
    struct example examples[EXAMPLES_MAX];
    unsigned count = 0;

    if (!visit->is_admin) {
        return;
    }
    count = examples_read(statistics_examples(), shape, examples);
    for (unsigned i = 0; i < count; i++) {
        struct view_row row;
        view_row_begin(&row);
        view_add_text(&row, "examples");
        view_add_uint(&row, i + 1);
        view_add_text(&row, examples[i].text);
        view_put(visit, &row);
    }
}

static void put_all(struct view_visit *visit, const struct console_found *query)
{
    static const char *const sections[] = {"histogram total", "histogram wait", "histogram server"};
    struct sl_hash128 shape = query->keys[0].shape;
    const struct plan *plan = plans_find(shape);
    struct tally tally = {0};
    struct shape_row sums;

    console_put_line(visit, "query", "id", "%016" PRIx64, shape.hi);
    put_plan(visit, plan);
    if (plan != NULL && plan->facts != NULL) {
        put_names(visit, query, plan->facts);
    }
    plan_unref(plan);
    for (uint32_t i = 0; i < query->count; i++) {
        (void)shape_store_tally(store(), &query->keys[i], &tally);
    }
    shape_row_of(&sums, &tally);
    put_sums(visit, &sums);
    put_times(visit, &sums);
    for (uint32_t i = 0; i < query->count; i++) {
        put_pool(visit, &query->keys[i], query->now);
    }
    if (query->left_out > 0) {
        put_number(visit, "pools", "left out", query->left_out);
    }
    for (int i = 0; i < TALLY_TIMES; i++) {
        put_histogram(visit, sections[i], &tally.times[i]);
    }
    tally_fini(&tally, NULL);
    put_minutes(visit, query);
    put_examples(visit, shape);
}

/* ---- the view ---- */

static bool show_query(struct view_visit *visit, void *arg)
{
    const struct console_found *found = NULL;

    enum console_step step = console_find_shape(visit, arg, &found);
    if (step == CONSOLE_LAST && found != NULL) {
        put_all(visit, found);
    }
    return step != CONSOLE_AGAIN;
}

const struct view console_views_query[] = {
        {.name = "query",
                .sentence = "All that is known of one shape: text, plan, counters, histograms; "
                            "for admins examples, if [stats] examples is on.",
                .argument = "id",
                .columns = query_columns,
                .columns_count = SL_COUNT(query_columns),
                .on_worker = show_query,
                .end = console_find_end},
        {.name = NULL},
};
