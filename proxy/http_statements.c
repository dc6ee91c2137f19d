/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_statements.c - totals become a few numbers each at once, as every metric's samples
 * stand together and a total's histograms are large.
 */
#include "proxy/http_statements.h"

#include "optimizer/observe.h"
#include "optimizer/shape_top.h"
#include "optimizer/totals.h"
#include "protocol/sql_facts.h"
#include "proxy/parser.h"
#include "proxy/plans.h"
#include "proxy/search_paths.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BOUNDS = 18, STEP_TOTALS = 64, STEP_RANKS = 2048, MICRO = 6, NUMBER_MAX = 24 };

/* Microseconds: a cached look-up to a report. */
static const uint64_t bounds[BOUNDS] = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000,
        100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000};

struct time_part {
    uint64_t counts[BOUNDS + 1]; /* of each bucket; the last is above all bounds */
    uint64_t sum;
};

/* A total: of a pool or a worker. */
struct part {
    struct total_key key;
    uint64_t calls;
    uint64_t errors;
    uint64_t cached;
    uint64_t rows;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t client_usec;
    struct tally_class classes[TALLY_CLASSES];
    struct time_part times[TALLY_TIMES];
};

struct http_statements {
    struct observe *observe;
    struct shape_store *store;
    uint32_t cursor; /* of the totals */
    bool has_totals;
    uint32_t parts_count;
    uint32_t parts_max;
    struct part *parts;
    struct shape_top top; /* zeroed: no shapes are wanted */
};

/* ---- reading ---- */

struct http_statements *http_statements_new(
        struct observe *observe, uint32_t shapes_max, sl_usec now)
{
    struct http_statements *it = calloc(1, sizeof *it);

    if (it == NULL) {
        return NULL;
    }
    it->observe = observe;
    it->store = observe_store(observe);
    /* Those of pools, of workers, and the one of others. */
    it->parts_max = totals_pools_max(shape_store_totals(it->store)) + TOTALS_WORKERS_MAX + 1;
    it->parts = calloc(it->parts_max, sizeof *it->parts);
    if (it->parts == NULL || (shapes_max > 0 && shape_top_init(&it->top, it->store, SHAPE_BY_TOTAL,
                                                        shapes_max, now) != SL_OK)) {
        http_statements_free(it);
        return NULL;
    }
    shape_top_by_hour(&it->top);
    return it;
}

void http_statements_free(struct http_statements *it)
{
    if (it != NULL) {
        shape_top_fini(&it->top);
        free(it->parts);
        free(it);
    }
}

static void take_time(struct time_part *part, const struct histogram *times)
{
    uint64_t up_to[BOUNDS];
    uint64_t before = 0;

    histogram_cumulative(times, bounds, BOUNDS, up_to);
    for (unsigned i = 0; i < BOUNDS; i++) {
        part->counts[i] = up_to[i] - before;
        before = up_to[i];
    }
    part->counts[BOUNDS] = times->count - before;
    part->sum = times->sum;
}

static void take_part(struct part *part, const struct total_key *key, const struct tally *tally)
{
    *part = (struct part){.key = *key,
            .calls = tally->calls,
            .errors = tally->errors,
            .cached = tally->cached,
            .rows = tally->rows,
            .bytes_in = tally->bytes_in,
            .bytes_out = tally->bytes_out,
            .client_usec = tally->client_usec};
    for (unsigned i = 0; i < TALLY_CLASSES; i++) {
        part->classes[i] = tally->classes[i];
    }
    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        take_time(&part->times[i], &tally->times[i]);
    }
}

/* True: there are no more. */
static bool read_totals(struct http_statements *it)
{
    const struct totals *totals = shape_store_totals(it->store);
    struct tally tally = {0};
    struct total_key key;
    bool is_more = true;

    for (unsigned i = 0; i < STEP_TOTALS && is_more; i++) {
        is_more = it->parts_count < it->parts_max && totals_read(totals, &it->cursor, &key, &tally);
        if (is_more) {
            take_part(&it->parts[it->parts_count++], &key, &tally);
        }
        tally_reset(&tally); /* keeps its pages for the next */
    }
    tally_fini(&tally, NULL);
    return !is_more;
}

bool http_statements_step(struct http_statements *it)
{
    if (!it->has_totals) {
        it->has_totals = read_totals(it);
        return it->has_totals && it->top.store == NULL;
    }
    return shape_top_step(&it->top, STEP_RANKS);
}

/* ---- writing ---- */

static void put_number(struct prometheus *out, uint64_t value, unsigned scale)
{
    char text[NUMBER_MAX];

    snprintf(text, sizeof text, "%" PRIu64, value);
    prometheus_value(out, text, scale);
}

static void put_labels(const struct http_statements *it, struct prometheus *out, uint32_t database,
        uint32_t user, uint32_t node)
{
    const struct names *names = observe_names(it->observe);

    prometheus_label(out, "database", names_text(names, database));
    prometheus_label(out, "user", names_text(names, user));
    prometheus_label(out, "node", names_text(names, node));
}

static bool is_pool(const struct part *part)
{
    return part->key.worker == TOTAL_ALL;
}

static void put_pool_labels(
        const struct http_statements *it, struct prometheus *out, const struct part *part)
{
    put_labels(it, out, part->key.database, part->key.user, part->key.node);
}

static void write_times(const struct http_statements *it, struct prometheus *out)
{
    static const struct {
        const char *name;
        const char *help;
    } metrics[TALLY_TIMES] = {
            [TALLY_TOTAL] = {"sluice_statement_duration_seconds",
                    "Time from a statement's last byte to its reply's, without a slow client's."},
            [TALLY_WAIT] = {"sluice_statement_wait_seconds",
                    "Time statements waited for a server."},
            [TALLY_SERVER] = {"sluice_statement_server_seconds",
                    "Time servers took for statements, without a slow client's."}};
    int64_t edges[BOUNDS];

    for (unsigned i = 0; i < BOUNDS; i++) {
        edges[i] = (int64_t)bounds[i];
    }
    for (unsigned t = 0; t < TALLY_TIMES; t++) {
        prometheus_metric(out, metrics[t].name, PROMETHEUS_HISTOGRAM, metrics[t].help);
        for (uint32_t i = 0; i < it->parts_count; i++) {
            const struct part *part = &it->parts[i];
            const struct prometheus_histogram histogram = {.bounds_usec = edges,
                    .counts = part->times[t].counts,
                    .bounds_count = BOUNDS,
                    .sum_usec = part->times[t].sum};
            if (is_pool(part)) {
                put_pool_labels(it, out, part);
                prometheus_histogram(out, &histogram);
            }
        }
    }
}

static void write_errors(const struct http_statements *it, struct prometheus *out)
{
    prometheus_metric(out, "sluice_statement_errors_total", PROMETHEUS_COUNTER,
            "Statements that ended with an error, by the class of its SQLSTATE.");
    for (uint32_t i = 0; i < it->parts_count; i++) {
        const struct part *part = &it->parts[i];
        uint64_t others = part->errors;
        for (unsigned c = 0; c < TALLY_CLASSES && is_pool(part); c++) {
            const struct tally_class *class = &part->classes[c];
            const char name[] = {class->name[0], class->name[1], '\0'};
            if (class->count > 0) {
                put_pool_labels(it, out, part);
                prometheus_label(out, "class", name);
                put_number(out, class->count, 0);
                others -= class->count;
            }
        }
        if (is_pool(part)) {
            put_pool_labels(it, out, part);
            prometheus_label(out, "class", "other");
            put_number(out, others, 0);
        }
    }
}

static void write_sums(const struct http_statements *it, struct prometheus *out)
{
    static const struct {
        const char *name;
        size_t at;
        unsigned scale;
        const char *help;
    } sums[] = {{"sluice_statements_total", offsetof(struct part, calls), 0,
                        "Statements that were answered, well or with an error."},
            {"sluice_statements_cached_total", offsetof(struct part, cached), 0,
                    "Of those, that the cache answered."},
            {"sluice_statement_rows_total", offsetof(struct part, rows), 0,
                    "Rows that statements gave or changed."},
            {"sluice_statement_received_bytes_total", offsetof(struct part, bytes_in), 0,
                    "Bytes of statements from clients."},
            {"sluice_statement_sent_bytes_total", offsetof(struct part, bytes_out), 0,
                    "Bytes of replies to clients."},
            {"sluice_statement_client_seconds_total", offsetof(struct part, client_usec), MICRO,
                    "Time in which clients did not take their replies, or had them and sent no "
                    "Sync."}};

    for (size_t s = 0; s < SL_COUNT(sums); s++) {
        prometheus_metric(out, sums[s].name, PROMETHEUS_COUNTER, sums[s].help);
        for (uint32_t i = 0; i < it->parts_count; i++) {
            const struct part *part = &it->parts[i];
            uint64_t value;
            memcpy(&value, (const char *)part + sums[s].at, sizeof value);
            if (is_pool(part)) {
                put_pool_labels(it, out, part);
                put_number(out, value, sums[s].scale);
            }
        }
    }
}

static void write_workers(const struct http_statements *it, struct prometheus *out)
{
    prometheus_metric(out, "sluice_worker_statements_total", PROMETHEUS_COUNTER,
            "Statements by the worker that passed them.");
    for (uint32_t i = 0; i < it->parts_count; i++) {
        char worker[NUMBER_MAX];
        if (!is_pool(&it->parts[i])) {
            snprintf(worker, sizeof worker, "%" PRIu32, it->parts[i].key.worker);
            prometheus_label(out, "worker", worker);
            put_number(out, it->parts[i].calls, 0);
        }
    }
}

/* ---- shapes ---- */

static void put_id(struct prometheus *out, const struct shape_row *row)
{
    char id[17];

    snprintf(id, sizeof id, "%016" PRIx64, row->key.shape.hi);
    prometheus_label(out, "id", id);
}

/* Nearly nobody has one of his own: no label, then. */
static void put_path(struct prometheus *out, uint32_t path)
{
    if (path != SEARCH_PATHS_OF_ROLE) {
        prometheus_label(out, "search_path", search_paths_text(path));
    }
}

static bool is_first(const struct shape_top *top, uint32_t i)
{
    for (uint32_t before = 0; before < i; before++) {
        if (top->rows[before].key.shape.hi == top->rows[i].key.shape.hi) {
            return false;
        }
    }
    return true;
}

/* Once a shape, however many pools have it. */
static void write_kinds(const struct http_statements *it, struct prometheus *out)
{
    prometheus_metric(out, "sluice_shape_info", PROMETHEUS_GAUGE,
            "1, with the kind of a shape; SHOW QUERY and /api/metrics/performance have its text.");
    for (uint32_t i = 0; i < it->top.count; i++) {
        const struct shape_row *row = &it->top.rows[i];
        const struct plan *plan = is_first(&it->top, i) ? plans_find(row->key.shape) : NULL;
        if (is_first(&it->top, i)) {
            put_id(out, row);
            prometheus_label(out, "kind",
                    plan == NULL || plan->facts == NULL ? "" : sql_kind_text(plan->facts->kind));
            prometheus_int(out, 1);
        }
        plan_unref(plan);
    }
}

static uint64_t shape_calls(const struct shape_row *row)
{
    return row->calls;
}

static uint64_t shape_errors(const struct shape_row *row)
{
    return row->errors;
}

static uint64_t shape_cached(const struct shape_row *row)
{
    return row->cached;
}

static uint64_t shape_rows(const struct shape_row *row)
{
    return row->rows;
}

static uint64_t shape_total(const struct shape_row *row)
{
    return row->times[TALLY_TOTAL].sum;
}

static uint64_t shape_wait(const struct shape_row *row)
{
    return row->times[TALLY_WAIT].sum;
}

static uint64_t shape_server(const struct shape_row *row)
{
    return row->times[TALLY_SERVER].sum;
}

static void write_shapes(const struct http_statements *it, struct prometheus *out)
{
    static const struct {
        const char *name;
        uint64_t (*of)(const struct shape_row *row);
        unsigned scale;
        const char *help;
    } metrics[] = {{"sluice_shape_statements_total", shape_calls, 0,
                           "Statements of the shapes that took most time within the hour."},
            {"sluice_shape_errors_total", shape_errors, 0, "Errors of those."},
            {"sluice_shape_cached_total", shape_cached, 0, "Of those, that the cache answered."},
            {"sluice_shape_rows_total", shape_rows, 0, "Rows that those gave or changed."},
            {"sluice_shape_seconds_total", shape_total, MICRO,
                    "Time that those took, without a slow client's."},
            {"sluice_shape_wait_seconds_total", shape_wait, MICRO,
                    "Time that those waited for a server."},
            {"sluice_shape_server_seconds_total", shape_server, MICRO,
                    "Time that servers took for those."}};

    write_kinds(it, out);
    for (size_t m = 0; m < SL_COUNT(metrics); m++) {
        prometheus_metric(out, metrics[m].name, PROMETHEUS_COUNTER, metrics[m].help);
        for (uint32_t i = 0; i < it->top.count; i++) {
            const struct shape_row *row = &it->top.rows[i];
            put_id(out, row);
            put_labels(it, out, row->key.database, row->key.user, row->key.node);
            put_path(out, row->key.path);
            put_number(out, metrics[m].of(row), metrics[m].scale);
        }
    }
}

/* ---- how statistics themselves do ---- */

static void write_one(struct prometheus *out, const char *name, enum prometheus_type type,
        const char *help, uint64_t value)
{
    prometheus_metric(out, name, type, help);
    put_number(out, value, 0);
}

static void write_store(const struct http_statements *it, struct prometheus *out)
{
    const struct shape_counts counts = shape_store_counts(it->store);

    write_one(out, "sluice_shapes", PROMETHEUS_GAUGE,
            "Shapes that are counted apart, once for each pool that has them.", counts.shapes);
    write_one(out, "sluice_shapes_evicted_total", PROMETHEUS_COUNTER,
            "Shapes that gave way to others; what they had counted is in the totals.",
            counts.evicted);
    write_one(out, "sluice_shapes_bytes", PROMETHEUS_GAUGE,
            "Memory of shapes and totals, but for what workers have not told yet.", counts.bytes);
    write_one(out, "sluice_shapes_max_bytes", PROMETHEUS_GAUGE, "Memory that those may take.",
            counts.bytes_max);
    write_one(out, "sluice_shapes_memory_refused_total", PROMETHEUS_COUNTER,
            "Times there was no memory for a shape or a histogram's page.", counts.refused);
    write_one(out, "sluice_statements_unobserved_total", PROMETHEUS_COUNTER,
            "Statements in no shape: longer than 1 MB, of a text not known, or without room.",
            observe_missed(it->observe));
}

static void write_parser(struct prometheus *out)
{
    struct parser_counts counts;

    parser_counts(&counts);
    const struct {
        const char *result;
        uint64_t value;
    } results[] = {{"parsed", counts.parsed}, {"not_sql", counts.not_sql},
            {"refused", counts.refused}, {"dropped", counts.dropped},
            {"given_up", counts.given_up}};
    prometheus_metric(out, "sluice_parser_texts_total", PROMETHEUS_COUNTER,
            "Texts for the parser by what became of them.");
    for (size_t i = 0; i < SL_COUNT(results); i++) {
        prometheus_label(out, "result", results[i].result);
        put_number(out, results[i].value, 0);
    }
    write_one(out, "sluice_parser_queued", PROMETHEUS_GAUGE, "Texts that wait for the parser.",
            counts.queued);
    write_one(out, "sluice_parser_queued_bytes", PROMETHEUS_GAUGE, "Bytes of those.",
            counts.queued_bytes);
    write_one(out, "sluice_parser_threads_total", PROMETHEUS_COUNTER,
            "Parser threads that were begun: more than one, and some were stuck or spent.",
            counts.threads);
    write_one(out, "sluice_parser_running", PROMETHEUS_GAUGE, "1: there is a parser.",
            counts.is_running ? 1 : 0);
}

static void write_plans(struct prometheus *out)
{
    struct plans_counts counts;

    plans_counts(&counts);
    write_one(out, "sluice_plans", PROMETHEUS_GAUGE, "Shapes whose facts are known.", counts.plans);
    write_one(out, "sluice_plans_pending", PROMETHEUS_GAUGE, "Shapes that are with the parser.",
            counts.pending);
    write_one(out, "sluice_plans_bytes", PROMETHEUS_GAUGE, "Memory of facts and texts.",
            counts.bytes);
    write_one(out, "sluice_plans_wanted_total", PROMETHEUS_COUNTER,
            "Shapes that were given to the parser.", counts.wanted);
    write_one(out, "sluice_plans_dropped_total", PROMETHEUS_COUNTER,
            "Of those, without facts: they are given to it again.", counts.dropped);
    write_one(out, "sluice_plans_evicted_total", PROMETHEUS_COUNTER,
            "Facts that gave way to others.", counts.evicted);
}

void http_statements_write(const struct http_statements *it, struct prometheus *out)
{
    write_sums(it, out);
    write_errors(it, out);
    write_times(it, out);
    write_workers(it, out);
    write_shapes(it, out);
    write_store(it, out);
    write_parser(out);
    write_plans(out);
}
