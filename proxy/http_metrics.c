/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_metrics.h"

#include "conf/conf.h"
#include "protocol/base/parse.h"
#include "proxy/analysis.h"
#include "proxy/analyst.h"
#include "proxy/console_show.h"
#include "proxy/http_cache.h"
#include "proxy/http_flush.h"
#include "proxy/http_request.h"
#include "proxy/http_statements.h"
#include "proxy/http_stats.h"
#include "proxy/http_task.h"
#include "proxy/process.h"
#include "proxy/prometheus.h"
#include "proxy/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 3, MICRO = 6, SUM_MAX = 32 };

/* In the order of asking. */
enum source {
    TOTALS,
    POOLS,
    POOL_PINS,
    PINS,
    LISTENERS,
    CATALOGS,
    DATABASES,
    LISTS,
    MEM,
    WORKERS,
    PREPARED,
    SOURCES
};

static const char *const source_names[SOURCES] = {[TOTALS] = "stats_totals",
        [POOLS] = "pools",
        [POOL_PINS] = "pin_pools",
        [PINS] = "pin_reasons",
        [LISTENERS] = "listeners",
        [CATALOGS] = "catalog",
        [DATABASES] = "databases",
        [LISTS] = "lists",
        [MEM] = "mem",
        [WORKERS] = "workers",
        [PREPARED] = "prepared"};

_Static_assert((int)SOURCES < (int)HTTP_GATHER_VIEWS_MAX, "one gather has them all");

/* Labels of each row: a column, and its name as a label. */
static const struct {
    const char *column;
    const char *label;
} labels[SOURCES][LABELS_MAX] = {[TOTALS] = {{"database", "database"}},
        [POOLS] = {{"database", "database"}, {"user", "user"}},
        [POOL_PINS] = {{"database", "database"}, {"user", "user"}, {"reason", "reason"}},
        [PINS] = {{"reason", "reason"}},
        [LISTENERS] = {{"database", "database"}},
        [CATALOGS] = {{"database", "database"}},
        [DATABASES] = {{"name", "database"}},
        [MEM] = {{"name", "kind"}},
        [WORKERS] = {{"worker", "worker"}}};

/* In the order of reading. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct metric {
    const char *name; /* rows of one name stand together */
    enum prometheus_type type;
    const char *help; /* NULL: as the row before */
    enum source source;
    const char *key;    /* of LISTS: which row; otherwise NULL */
    const char *column; /* where the number is */
    const char *micros; /* another column, of what is beyond its whole seconds; or NULL */
    unsigned scale;
    const char *label; /* one more, and what it says; or NULL */
    const char *label_value;
};

#define TOTAL(name_, column_, scale_, help_)                                                       \
    {                                                                                              \
        .name = "sluice_" name_ "_total", .type = PROMETHEUS_COUNTER, .source = TOTALS,            \
        .column = column_, .scale = scale_, .help = help_                                          \
    }
#define PIN(name_, column_, scale_, help_)                                                         \
    {                                                                                              \
        .name = "sluice_" name_ "_total", .type = PROMETHEUS_COUNTER, .source = PINS,              \
        .column = column_, .scale = scale_, .help = help_                                          \
    }
#define LISTENER(name_, column_, help_)                                                            \
    {                                                                                              \
        .name = "sluice_listener_" name_ "_total", .type = PROMETHEUS_COUNTER,                     \
        .source = LISTENERS, .column = column_, .help = help_                                      \
    }
#define GAUGE(name_, source_, column_, help_)                                                      \
    {                                                                                              \
        .name = "sluice_" name_, .type = PROMETHEUS_GAUGE, .source = source_, .column = column_,   \
        .help = help_                                                                              \
    }
#define STATE(name_, column_, state_, help_)                                                       \
    {                                                                                              \
        .name = "sluice_" name_, .type = PROMETHEUS_GAUGE, .source = POOLS, .column = column_,     \
        .label = "state", .label_value = state_, .help = help_                                     \
    }
#define LIST(name_, type_, key_, help_)                                                            \
    {                                                                                              \
        .name = "sluice_" name_, .type = PROMETHEUS_##type_, .source = LISTS, .key = key_,         \
        .column = "items", .help = help_                                                           \
    }

static const struct metric metrics[] = {
        TOTAL("server_assignments", "server_assignment_count", 0,
                "Times a server was given to a client."),
        TOTAL("transactions", "xact_count", 0, "Transactions."),
        TOTAL("queries", "query_count", 0, "Queries."),
        TOTAL("received_bytes", "bytes_received", 0, "Bytes from clients and servers."),
        TOTAL("sent_bytes", "bytes_sent", 0, "Bytes to clients and servers."),
        TOTAL("transaction_seconds", "xact_time", MICRO, "Time within transactions."),
        TOTAL("query_seconds", "query_time", MICRO, "Time servers were busy with queries."),
        TOTAL("wait_seconds", "wait_time", MICRO, "Time clients waited for a server."),
        TOTAL("client_parses", "client_parse_count", 0, "Statements that clients prepared."),
        TOTAL("server_parses", "server_parse_count", 0, "Statements prepared on servers."),
        TOTAL("binds", "bind_count", 0, "Executions of prepared statements."),
        TOTAL("client_logins", "client_login_count", 0, "Logins of clients."),

        STATE("pool_clients", "cl_active", "active", "Clients of a pool by state."),
        STATE("pool_clients", "cl_waiting", "waiting", NULL),
        STATE("pool_cancel_requests", "cl_active_cancel_req", "active",
                "Cancel requests of a pool's clients by state."),
        STATE("pool_cancel_requests", "cl_waiting_cancel_req", "waiting", NULL),
        STATE("pool_servers", "sv_active", "active", "Servers of a pool by state."),
        STATE("pool_servers", "sv_being_canceled", "being_canceled", NULL),
        STATE("pool_servers", "sv_idle", "idle", NULL),
        STATE("pool_servers", "sv_used", "used", NULL),
        STATE("pool_servers", "sv_tested", "tested", NULL),
        STATE("pool_servers", "sv_login", "login", NULL),
        {.name = "sluice_pool_longest_wait_seconds",
                .type = PROMETHEUS_GAUGE,
                .source = POOLS,
                .column = "maxwait",
                .micros = "maxwait_us",
                .scale = MICRO,
                .help = "How long the client that waits longest has waited."},

        GAUGE("pinned_clients", POOL_PINS, "clients",
                "Clients that keep their server between transactions, by what they have left on "
                "it; those with two reasons count twice."),
        PIN("pins", "pins", 0, "Times a client came to keep its server for that reason."),
        PIN("pinned_seconds", "pinned_us", MICRO, "Time for which clients kept their servers."),

        GAUGE("catalog_behind_known", CATALOGS, "behind_known",
                "1: it is known which functions, triggers and views leave nothing in a session; 0: "
                "a server is asked behind each transaction."),
        {.name = "sluice_session_questions_total",
                .type = PROMETHEUS_COUNTER,
                .source = CATALOGS,
                .column = "asked",
                .help = "Times a server was asked what its client has left in the session."},

        GAUGE("listener_channels", LISTENERS, "channels",
                "Channels that a database's shared listener listens to."),
        GAUGE("listener_subscribers", LISTENERS, "subscribers", "Clients for which it does."),
        LISTENER("notifications", "notifications", "Notifications that it heard."),
        LISTENER("delivered", "delivered",
                "Notifications that went on to clients, each counted once for each."),
        LISTENER("lost", "lost", "Times its connection was lost while it listened."),
        LISTENER("warned", "warned",
                "Clients that were told that notifications may have been missed."),

        GAUGE("database_pool_size", DATABASES, "pool_size", "Servers a pool may have."),
        GAUGE("database_servers", DATABASES, "current_connections", "Servers of a database."),
        GAUGE("database_max_servers", DATABASES, "max_connections",
                "Servers a database may have; 0 is no limit."),
        GAUGE("database_clients", DATABASES, "current_client_connections",
                "Clients of a database."),
        GAUGE("database_max_clients", DATABASES, "max_client_connections",
                "Clients a database may have; 0 is no limit."),
        GAUGE("database_paused", DATABASES, "paused", "1: PAUSE was said of it."),
        GAUGE("database_disabled", DATABASES, "disabled", "1: DISABLE was said of it."),

        LIST("databases", GAUGE, "databases", "Databases that are known."),
        LIST("users", GAUGE, "users", "Users that are known."),
        LIST("pools", GAUGE, "pools", "Pools there are."),
        LIST("clients", GAUGE, "used_clients", "Clients there are."),
        LIST("clients_logging_in", GAUGE, "login_clients", "Clients that have not logged in yet."),
        LIST("servers", GAUGE, "used_servers", "Servers there are."),
        LIST("dns_names", GAUGE, "dns_names", "Names whose address is kept."),
        LIST("dns_pending", GAUGE, "dns_pending", "Names that are being looked up."),
        LIST("cancels_dropped_total", COUNTER, "cancels_dropped",
                "Cancel requests that were dropped at a bound."),
        LIST("log_lines_dropped_total", COUNTER, "log_lines_dropped",
                "Lines that the log could not take."),
        LIST("history_rows_waiting", GAUGE, "history_rows_waiting",
                "Rows that wait to be written to the history table."),
        LIST("history_rows_dropped_total", COUNTER, "history_rows_dropped",
                "Rows that were not written to the history table: too many waited, or they were "
                "refused."),
        LIST("search_paths", GAUGE, "search_paths",
                "Distinct search_paths that sessions have set, as far as there was room for them."),
        LIST("search_paths_refused_total", COUNTER, "search_paths_refused",
                "Times there was no room for another: the session's is not known then."),
        LIST("servers_not_as_new_total", COUNTER, "servers_not_as_new",
                "Servers that were closed because their next client could have seen that others "
                "had had temporary objects, or loaded a library, in that session."),

        GAUGE("memory_bytes", MEM, "memtotal", "Memory by kind of object."),

        GAUGE("worker_clients", WORKERS, "clients", "Clients of a worker."),
        GAUGE("worker_servers", WORKERS, "servers", "Servers with a worker."),
        GAUGE("worker_timers", WORKERS, "timers", "Timers of a worker."),

        GAUGE("prepared_statements", PREPARED, "statements",
                "Distinct prepared statements of all clients."),
        GAUGE("prepared_statements_bytes", PREPARED, "bytes", "Memory of their texts."),
        GAUGE("prepared_statements_max_bytes", PREPARED, "bytes_max",
                "Memory that their texts may take."),
};

#undef TOTAL
#undef PIN
#undef GAUGE
#undef STATE
#undef LIST

/* The flush comes first, and has no rows. */
static void add_views(struct http_gather *gather)
{
    http_gather_add(gather, &http_flush_view);
    for (int i = 0; i < SOURCES; i++) {
        const struct view *view = console_view_find(source_names[i]);
        SL_CHECK(view != NULL);
        http_gather_add(gather, view);
    }
}

static unsigned column_of(const struct view *view, const char *name)
{
    for (unsigned i = 0; i < view->columns_count; i++) {
        if (strcmp(view->columns[i].name, name) == 0) {
            return i;
        }
    }
    SL_CHECK(false); /* a column of the table above that no view has */
    return 0;
}

/* The places of a metric's columns, looked for once. */
struct places {
    unsigned number;
    unsigned micros;
    unsigned labels[LABELS_MAX];
    unsigned labels_count;
};

static struct places find_places(const struct metric *metric, const struct view *view)
{
    struct places places = {.number = column_of(view, metric->column)};

    if (metric->micros != NULL) {
        places.micros = column_of(view, metric->micros);
    }
    for (int i = 0; i < LABELS_MAX && labels[metric->source][i].column != NULL; i++) {
        places.labels[places.labels_count++] = column_of(view, labels[metric->source][i].column);
    }
    return places;
}

/* The number as text, which may be put into sum. */
static const char *number_of(const struct metric *metric, const struct places *places,
        const char *const *values, char sum[static SUM_MAX])
{
    const char *number = values[places->number];
    int64_t seconds;
    int64_t micros;

    if (metric->micros == NULL || number == NULL) {
        return number;
    }
    const char *rest = values[places->micros];
    if (rest == NULL || sl_parse_i64(number, 0, INT32_MAX, &seconds) != SL_OK ||
            sl_parse_i64(rest, 0, INT32_MAX, &micros) != SL_OK) {
        return NULL;
    }
    micros += seconds * SL_SECOND;
    snprintf(sum, SUM_MAX, "%lld", (long long)micros);
    return sum;
}

static void put_row(struct prometheus *out, const struct metric *metric,
        const struct places *places, const char *const *values)
{
    char sum[SUM_MAX];
    const char *number = number_of(metric, places, values, sum);

    if (number == NULL || (metric->key != NULL && strcmp(values[0], metric->key) != 0)) {
        return;
    }
    for (unsigned i = 0; i < places->labels_count; i++) {
        const char *value = values[places->labels[i]];
        prometheus_label(out, labels[metric->source][i].label, value == NULL ? "" : value);
    }
    if (metric->label != NULL) {
        prometheus_label(out, metric->label, metric->label_value);
    }
    prometheus_value(out, number, metric->scale);
}

static void put_metric(
        struct prometheus *out, const struct metric *metric, const struct http_rows *rows)
{
    struct places places = find_places(metric, rows->view);
    const char *values[VIEW_COLUMNS_MAX];
    size_t at = 0;

    if (metric->help != NULL) {
        prometheus_metric(out, metric->name, metric->type, metric->help);
    }
    for (int i = 0; i < HTTP_METRICS_ROWS_MAX && http_rows_next(rows, &at, values); i++) {
        put_row(out, metric, &places, values);
    }
}

/* What no view shows. */
static void put_process(struct prometheus *out)
{
    const struct conf *conf = process_conf();
    char started[32];

    prometheus_metric(out, "sluice_build_info", PROMETHEUS_GAUGE, "1, with the version.");
    prometheus_label(out, "version", SLUICE_VERSION);
    prometheus_int(out, 1);
    prometheus_metric(out, "sluice_start_time_seconds", PROMETHEUS_GAUGE,
            "When the process started, since the epoch.");
    snprintf(started, sizeof started, "%lld", (long long)process_started_at());
    prometheus_value(out, started, MICRO);
    prometheus_metric(out, "sluice_paused", PROMETHEUS_GAUGE, "1: PAUSE or SUSPEND was said.");
    prometheus_int(out, process_is_paused());
    prometheus_metric(
            out, "sluice_max_clients", PROMETHEUS_GAUGE, "Clients there may be (max_client_conn).");
    prometheus_int(out, conf->max_client_conn);
    conf_unref(conf);
}

/* Nothing before the first analysis. */
static void put_workload(struct prometheus *out)
{
    const struct analysis *analysis = analyst_latest();
    char drift[32];

    if (analysis == NULL) {
        return;
    }
    prometheus_metric(out, "sluice_workload_groups", PROMETHEUS_GAUGE,
            "Groups of statements that are alike (SHOW WORKLOAD).");
    prometheus_int(out, analysis->groups_count);
    if (analysis->drift >= 0) {
        prometheus_metric(out, "sluice_workload_drift", PROMETHEUS_GAUGE,
                "How far the load has moved from the analysis before, 0 to 1.");
        snprintf(drift, sizeof drift, "%lld", (long long)(analysis->drift * 1e6 + 0.5));
        prometheus_value(out, drift, MICRO);
    }
    analysis_unref(analysis);
}

static uint64_t rows_left_out(const struct http_gather *gather)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < gather->count; i++) {
        uint64_t rows = gather->rows[i].count;
        count += rows > HTTP_METRICS_ROWS_MAX ? rows - HTTP_METRICS_ROWS_MAX : 0;
    }
    return count;
}

/* statements is NULL when there are none. */
static enum sl_err write_all(const struct http_gather *gather,
        const struct http_statements *statements, struct sl_buf *buf)
{
    struct prometheus *out = malloc(sizeof *out);

    if (out == NULL) {
        return SL_ENOMEM;
    }
    prometheus_begin(out, buf);
    put_process(out);
    for (size_t i = 0; i < SL_COUNT(metrics); i++) {
        put_metric(out, &metrics[i], &gather->rows[metrics[i].source + 1]);
    }
    if (statements != NULL) {
        http_statements_write(statements, out);
    }
    put_workload(out);
    http_cache_write(out);
    http_stats_write(out);
    prometheus_metric(out, "sluice_metrics_left_out", PROMETHEUS_GAUGE,
            "Rows of views, and samples, that are not in this answer because of a bound.");
    prometheus_int(out, (int64_t)(rows_left_out(gather) + out->left_out));
    enum sl_err err = prometheus_end(out);
    free(out);
    return err;
}

/* ---- the request ---- */

struct scrape {
    struct http_task task;              /* first */
    struct http_statements *statements; /* from gathered() on; NULL: there are none */
};

static void free_scrape(struct http_task *task)
{
    struct scrape *scrape = SL_CONTAINER(task, struct scrape, task);

    http_statements_free(scrape->statements);
    free(scrape);
}

static void send_metrics(struct scrape *scrape)
{
    struct http_request *request = scrape->task.request;
    struct sl_buf body;

    sl_buf_init(&body, HTTP_REPLY_MAX);
    enum sl_err err = write_all(request->gather, scrape->statements, &body);
    http_answer_made(request, 200, "text/plain; version=0.0.4; charset=utf-8", &body, err);
}

static void read_more(struct http_task *task)
{
    struct scrape *scrape = SL_CONTAINER(task, struct scrape, task);

    if (http_statements_step(scrape->statements)) {
        send_metrics(scrape);
    } else {
        http_task_again(task);
    }
}

static uint32_t shapes_max(void)
{
    const struct conf *conf = process_conf();
    int max = conf->stats_metrics_shapes;

    conf_unref(conf);
    return (uint32_t)max;
}

static void gathered(struct http_gather *gather, void *context, bool is_whole)
{
    struct http_request *request = context;
    struct scrape *scrape = SL_CONTAINER(request->task, struct scrape, task);
    struct observe *observe = statistics_observe();

    (void)gather;
    if (!is_whole) {
        http_refuse(request, 503, "not all numbers could be gathered");
        return;
    }
    if (observe == NULL) {
        send_metrics(scrape);
        return;
    }
    scrape->statements = http_statements_new(observe, shapes_max(), sl_now());
    if (scrape->statements == NULL) {
        http_refuse(request, 503, "out of memory");
        return;
    }
    http_task_again(&scrape->task);
}

void http_metrics(struct http_request *request)
{
    struct scrape *scrape = calloc(1, sizeof *scrape);
    struct http_gather *made = scrape == NULL ? NULL : http_gather_new(request->mailbox);

    if (made == NULL) {
        free(scrape);
        http_refuse(request, 503, "out of memory");
        return;
    }
    scrape->task.step = read_more;
    scrape->task.free = free_scrape;
    http_task_begin(&scrape->task, request);
    add_views(made);
    request->gather = made;
    http_gather_start(made, gathered, request);
}
