/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_process.c - VERSION, CONFIG, STATE, LISTS, MEM, DNS, and what
 * PgBouncer does not have: WORKERS, STAGES, PREPARED.
 */
#include "conf/conf.h"
#include "conf/conf_keys.h"
#include "conf/conf_value.h"
#include "conf/users.h"
#include "optimizer/examples.h"
#include "optimizer/history.h"
#include "optimizer/observe.h"
#include "protocol/base/log.h"
#include "protocol/stmt.h"
#include "proxy/cancel.h"
#include "proxy/client.h"
#include "proxy/console_show.h"
#include "proxy/console_tour.h"
#include "proxy/dns.h"
#include "proxy/history_writer.h"
#include "proxy/link_temp.h"
#include "proxy/pipeline.h"
#include "proxy/plans.h"
#include "proxy/prepared.h"
#include "proxy/process.h"
#include "proxy/recorder.h"
#include "proxy/registry.h"
#include "proxy/search_paths.h"
#include "proxy/server.h"
#include "proxy/slow_statements.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdio.h>

/* ---- VERSION ---- */

static const struct reply_column version_columns[] = {{"version", REPLY_TEXT}};

static void show_version(struct view_visit *visit)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, "PgBouncer " CONSOLE_PGBOUNCER_VERSION " (Sluice " SLUICE_VERSION ")");
    view_put(visit, &row);
}

/* ---- CONFIG ---- */

static const struct reply_column config_columns[] = {{"key", REPLY_TEXT}, {"value", REPLY_TEXT},
        {"default", REPLY_TEXT}, {"changeable", REPLY_TEXT}};

static void show_config(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    const struct conf_key *key;
    bool goes_on = true;

    for (int i = 0; goes_on && (key = conf_key_at(i)) != NULL; i++) {
        char value[CONF_VALUE_MAX];
        struct view_row row;
        if (!conf_key_is_of_conf(key)) {
            continue;
        }
        view_row_begin(&row);
        if (key->section == CONF_SECTION_SLUICE) {
            view_add_text(&row, key->name);
        } else {
            view_add_printf(&row, "%s.%s", conf_section_at(key->section)->name, key->name);
        }
        view_add_text(&row, conf_value_text(key, conf, value, sizeof value));
        view_add_text(&row, key->default_text);
        view_add_text(&row, key->reloadable ? "yes" : "no");
        goes_on = view_put(visit, &row);
    }
    conf_unref(conf);
}

/* ---- STATE ---- */

static const struct reply_column state_columns[] = {{"key", REPLY_TEXT}, {"value", REPLY_TEXT}};

static bool put_pair(struct view_visit *visit, const char *key, const char *value)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, key);
    view_add_text(&row, value);
    return view_put(visit, &row);
}

static void show_state(struct view_visit *visit)
{
    bool is_suspended = process_is_suspended();
    bool is_paused = process_is_paused() && !is_suspended;

    put_pair(visit, "active", is_paused || is_suspended ? "no" : "yes");
    put_pair(visit, "paused", is_paused ? "yes" : "no");
    put_pair(visit, "suspended", is_suspended ? "yes" : "no");
}

/* ---- LISTS ---- */

static const struct reply_column list_columns[] = {{"list", REPLY_TEXT}, {"items", REPLY_INT4}};

enum {
    SUM_CLIENTS,
    SUM_LOGINS,
    SUM_CLIENT_BYTES,
    SUM_SERVERS,
    SUM_STMTS,
    SUM_STMT_BYTES,
    SUM_HOLDS
};

/* What the workers hold; for LISTS and MEM. Some clients a turn. */
static bool add_up(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    struct sl_id id;

    for (int i = 0; i < TOUR_CLIENTS; i++) {
        const struct client *client = sl_slab_next(worker->clients, visit->cursor, &id);
        if (client == NULL) {
            visit->sums[SUM_CLIENT_BYTES] += (int64_t)sl_slab_bytes(worker->clients);
            visit->sums[SUM_HOLDS] += worker->holds.count;
            if (worker->stmts != NULL) {
                visit->sums[SUM_STMTS] += sl_slab_count(worker->stmts);
                visit->sums[SUM_STMT_BYTES] += (int64_t)sl_slab_bytes(worker->stmts);
            }
            SL_LIST_EACH (it, &worker->servers) {
                visit->sums[SUM_SERVERS]++;
            }
            return true;
        }
        visit->cursor = id.slot + 1;
        visit->sums[SUM_CLIENTS]++;
        visit->sums[SUM_LOGINS] += client->state < CLIENT_WELCOME;
    }
    return false;
}

static void put_count(struct view_visit *visit, const char *name, int64_t count)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, name);
    view_add_int(&row, count);
    view_put(visit, &row);
}

/* Memory that is kept for clients to come, as PgBouncer's free_clients is. */
static int64_t free_clients(const struct view_visit *visit)
{
    int64_t places = visit->sums[SUM_CLIENT_BYTES] / (int64_t)sizeof(struct client);

    return places > visit->sums[SUM_CLIENTS] ? places - visit->sums[SUM_CLIENTS] : 0;
}

static int64_t count_databases(const struct conf *conf)
{
    int64_t count = conf->databases_count + 1; /* and the console */

    for (const struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        count += conf_find_database(conf, d->name) == NULL;
    }
    return count;
}

/* What is known of statements, and what gave way to others. */
static void put_statistics(struct view_visit *visit)
{
    struct plans_counts plans = {0};
    struct shape_counts shapes = {0};
    uint64_t unobserved = 0;

    if (statistics_observe() != NULL) {
        unobserved = observe_missed(statistics_observe());
        shapes = shape_store_counts(observe_store(statistics_observe()));
        plans_counts(&plans);
    }
    put_count(visit, "shapes", shapes.shapes);
    put_count(visit, "shapes_evicted", (int64_t)shapes.evicted);
    put_count(visit, "plans", plans.plans);
    put_count(visit, "plans_evicted", (int64_t)plans.evicted);
    put_count(visit, "statements_unobserved", (int64_t)unobserved);
}

static int64_t count_users(const struct conf *conf)
{
    int64_t count = users_count(conf->users);

    for (const struct user *u = registry_next_user(NULL); u != NULL; u = registry_next_user(u)) {
        count += users_find(conf->users, u->name) == NULL;
    }
    return count;
}

static void show_lists(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    int64_t pools = 1; /* the console's */

    for (const struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        pools++;
    }
    put_count(visit, "databases", count_databases(conf));
    put_count(visit, "users", count_users(conf));
    put_count(visit, "peers", conf->peers_count);
    put_count(visit, "pools", pools);
    put_count(visit, "peer_pools", conf->peers_count);
    put_count(visit, "free_clients", free_clients(visit));
    put_count(visit, "used_clients", visit->sums[SUM_CLIENTS]);
    put_count(visit, "login_clients", visit->sums[SUM_LOGINS]);
    put_count(visit, "free_servers", 0); /* a server's memory is not kept when it is gone */
    put_count(visit, "used_servers", visit->sums[SUM_SERVERS]);
    put_count(visit, "dns_names", dns_count());
    put_count(visit, "dns_zones", 0);
    put_count(visit, "dns_queries", dns_pending_count());
    put_count(visit, "dns_pending", dns_pending_count());
    put_count(visit, "cancels_dropped", (int64_t)cancel_dropped());
    put_count(visit, "log_lines_dropped", (int64_t)sl_log_dropped());
    struct history_queue_counts history = history_writer_counts();
    put_count(visit, "history_rows_waiting", (int64_t)history.rows_queued);
    put_count(visit, "history_rows_dropped", (int64_t)history.rows_dropped);
    put_count(visit, "search_paths", search_paths_count());
    put_count(visit, "search_paths_refused", (int64_t)search_paths_refused());
    put_count(visit, "servers_not_as_new", (int64_t)link_temp_closed());
    put_statistics(visit);
    conf_unref(conf);
}

/* ---- MEM ---- */

static const struct reply_column mem_columns[] = {{"name", REPLY_TEXT}, {"size", REPLY_INT4},
        {"used", REPLY_INT4}, {"free", REPLY_INT4}, {"memtotal", REPLY_INT4}};

struct mem {
    const char *name;
    size_t size; /* of one */
    int64_t used;
    int64_t free;
    int64_t total; /* bytes */
};

static void put_mem(struct view_visit *visit, const struct mem *mem)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, mem->name);
    view_add_uint(&row, mem->size);
    view_add_int(&row, mem->used);
    view_add_int(&row, mem->free);
    view_add_int(&row, mem->total > INT32_MAX ? INT32_MAX : mem->total);
    view_put(visit, &row);
}

/* Facts and texts, slow statements, examples. */
static void put_statements_mem(struct view_visit *visit)
{
    struct plans_counts plans;

    plans_counts(&plans);
    put_mem(visit, &(struct mem){"plan", plans.plans == 0 ? 0 : plans.bytes / plans.plans,
                           plans.plans, 0, (int64_t)plans.bytes});
    put_mem(visit,
            &(struct mem){"slow_statement", sizeof(struct slow_statement), SLOW_LAST + SLOW_WORST,
                    0, (SLOW_LAST + SLOW_WORST) * (int64_t)sizeof(struct slow_statement)});
    put_mem(visit, &(struct mem){"example", sizeof(struct example), 0, 0,
                           (int64_t)examples_bytes(statistics_examples())});
}

static void show_mem(struct view_visit *visit)
{
    const int64_t *sums = visit->sums;
    const struct mem mems[] = {{"client", sizeof(struct client), sums[SUM_CLIENTS],
                                       free_clients(visit), sums[SUM_CLIENT_BYTES]},
            {"server", sizeof(struct server), sums[SUM_SERVERS], 0,
                    sums[SUM_SERVERS] * (int64_t)sizeof(struct server)},
            {"stmt", sizeof(struct stmt), sums[SUM_STMTS], 0, sums[SUM_STMT_BYTES]},
            {"hold", HOLD_BLOCK, 0, sums[SUM_HOLDS], sums[SUM_HOLDS] * HOLD_BLOCK},
            {"read_buffer", READ_FRONT + READ_BYTES, process_workers(), 0,
                    (int64_t)process_workers() * (READ_FRONT + READ_BYTES)},
            {"prepared", sizeof(struct prepared), prepared_count(), 0, (int64_t)prepared_bytes()}};

    for (size_t i = 0; i < SL_COUNT(mems); i++) {
        put_mem(visit, &mems[i]);
    }
    if (statistics_observe() != NULL) {
        struct shape_counts counts = shape_store_counts(observe_store(statistics_observe()));
        size_t size = counts.shapes == 0 ? 0 : counts.bytes / counts.shapes;
        put_mem(visit, &(struct mem){"shape", size, counts.shapes, 0, (int64_t)counts.bytes});
        put_statements_mem(visit);
        put_mem(visit, &(struct mem){"history", sizeof(struct history_slot),
                               history_count(recorder_history()), 0, (int64_t)recorder_bytes()});
    }
}

/* ---- DNS ---- */

static const struct reply_column host_columns[] = {
        {"hostname", REPLY_TEXT}, {"ttl", REPLY_INT8}, {"addrs", REPLY_TEXT}};

static bool put_host(const struct dns_host_row *host, void *context)
{
    struct view_visit *visit = context;
    char list[DNS_ADDRESSES_MAX * ADDRESS_TEXT_MAX];
    size_t used = 0;
    struct view_row row;

    list[0] = '\0';
    for (int i = 0; i < host->count && used < sizeof list; i++) {
        char text[ADDRESS_TEXT_MAX];
        int len = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? "," : "",
                address_host_text(&host->addresses[i], text));
        used += len < 0 ? 0 : (size_t)len;
    }
    view_row_begin(&row);
    view_add_text(&row, host->name);
    view_add_int(&row, host->ttl_usec / SL_SECOND);
    view_add_text(&row, list);
    return view_put(visit, &row);
}

static void show_hosts(struct view_visit *visit)
{
    dns_each(put_host, visit);
}

static const struct reply_column zone_columns[] = {
        {"zonename", REPLY_TEXT}, {"serial", REPLY_INT8}, {"count", REPLY_INT4}};

/* Zones are not watched: the system's resolver does not tell their serials. */
static void show_zones(struct view_visit *visit)
{
    (void)visit;
}

/* ---- WORKERS ---- */

static const struct reply_column worker_columns[] = {{"worker", REPLY_INT4},
        {"clients", REPLY_INT4}, {"servers", REPLY_INT4}, {"timers", REPLY_INT4}};

static bool show_workers(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    struct view_row row;
    int64_t servers = 0;

    SL_LIST_EACH (it, &worker->servers) {
        servers++;
    }
    view_row_begin(&row);
    view_add_int(&row, worker->index);
    view_add_int(&row, sl_slab_count(worker->clients));
    view_add_int(&row, servers);
    view_add_int(&row, worker->timers.count);
    view_put(visit, &row);
    return true;
}

/* ---- STAGES ---- */

static const struct reply_column stage_columns[] = {
        {"position", REPLY_INT4}, {"name", REPLY_TEXT}, {"phase", REPLY_TEXT}};

/* Every worker has the same ones. */
static bool show_stages(struct view_visit *visit, void *arg)
{
    static const char *const phases[] = {[STAGE_OBSERVE] = "observe",
            [STAGE_GUARD] = "guard",
            [STAGE_LOOKUP] = "lookup",
            [STAGE_ROUTE] = "route"};
    struct worker *worker = arg;

    for (unsigned i = 0; worker->index == 0 && i < worker->pipeline->count; i++) {
        const struct stage_type *type = worker->pipeline->stages[i].type;
        struct view_row row;
        view_row_begin(&row);
        view_add_int(&row, i);
        view_add_text(&row, type->name);
        view_add_text(&row, phases[type->phase]);
        view_put(visit, &row);
    }
    return true;
}

/* ---- PREPARED ---- */

static const struct reply_column prepared_columns[] = {
        {"statements", REPLY_INT8}, {"bytes", REPLY_INT8}, {"bytes_max", REPLY_INT8}};

static void show_prepared(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    struct view_row row;

    view_row_begin(&row);
    view_add_int(&row, prepared_count());
    view_add_uint(&row, prepared_bytes());
    view_add_int(&row, conf->prepared_statements_bytes);
    view_put(visit, &row);
    conf_unref(conf);
}

const struct view console_views_process[] = {
        {.name = "version",
                .sentence = "The version, as tools for PgBouncer expect it, and ours.",
                .columns = version_columns,
                .columns_count = SL_COUNT(version_columns),
                .finish = show_version},
        {.name = "config",
                .sentence = "Each key, its value, its default, and whether it may be SET.",
                .columns = config_columns,
                .columns_count = SL_COUNT(config_columns),
                .finish = show_config},
        {.name = "state",
                .sentence = "Active, paused or suspended.",
                .columns = state_columns,
                .columns_count = SL_COUNT(state_columns),
                .finish = show_state},
        {.name = "lists",
                .sentence = "How many there are of what.",
                .columns = list_columns,
                .columns_count = SL_COUNT(list_columns),
                .on_worker = add_up,
                .finish = show_lists},
        {.name = "mem",
                .sentence = "Memory by kind of object.",
                .columns = mem_columns,
                .columns_count = SL_COUNT(mem_columns),
                .on_worker = add_up,
                .finish = show_mem},
        {.name = "dns_hosts",
                .sentence = "Names that were looked up.",
                .columns = host_columns,
                .columns_count = SL_COUNT(host_columns),
                .finish = show_hosts},
        {.name = "dns_zones",
                .sentence = "Zones that are watched: none.",
                .columns = zone_columns,
                .columns_count = SL_COUNT(zone_columns),
                .finish = show_zones},
        {.name = "workers",
                .sentence = "Each worker, and what is with it.",
                .columns = worker_columns,
                .columns_count = SL_COUNT(worker_columns),
                .on_worker = show_workers},
        {.name = "stages",
                .sentence = "The stages a statement walks through; none: Sluice is a pipe.",
                .columns = stage_columns,
                .columns_count = SL_COUNT(stage_columns),
                .on_worker = show_stages},
        {.name = "prepared",
                .sentence = "Distinct prepared statements of all clients, and their memory.",
                .columns = prepared_columns,
                .columns_count = SL_COUNT(prepared_columns),
                .finish = show_prepared},
        {.name = NULL},
};
