/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_pools.c - POOLS, DATABASES, USERS, PEERS: what there is, and
 * what it may have.
 *
 * As PgBouncer does, the console itself is shown as database and user "pgbouncer".
 */
#include "conf/conf.h"
#include "conf/users.h"
#include "proxy/client.h"
#include "proxy/console.h"
#include "proxy/console_show.h"
#include "proxy/peer.h"
#include "proxy/process.h"
#include "proxy/registry.h"

#include <string.h>

#define CONSOLE_NAME "pgbouncer"
enum { CONSOLE_POOL_SIZE = 2 }; /* what PgBouncer shows for its own */

static const char *mode_text(int mode)
{
    switch ((enum conf_pool_mode)mode) {
    case CONF_POOL_SESSION:
        return "session";
    case CONF_POOL_TRANSACTION:
        return "transaction";
    case CONF_POOL_STATEMENT:
        return "statement";
    case CONF_POOL_UNSET:
        break;
    }
    return NULL;
}

/* Only where there are several hosts to balance. */
static const char *balance_text(const struct conf_database *db)
{
    if (db == NULL || db->hosts_count < 2) {
        return NULL;
    }
    return db->load_balance_hosts == CONF_BALANCE_ROUND_ROBIN ? "round-robin" : "disable";
}

static const struct conf_database *configured(const struct conf *conf, const char *name)
{
    const struct conf_database *db = conf_find_database(conf, name);

    return db != NULL ? db : conf->fallback_database;
}

/* ---- POOLS ---- */

static const struct reply_column pool_columns[] = {{"database", REPLY_TEXT}, {"user", REPLY_TEXT},
        {"cl_active", REPLY_INT4}, {"cl_waiting", REPLY_INT4}, {"cl_active_cancel_req", REPLY_INT4},
        {"cl_waiting_cancel_req", REPLY_INT4}, {"sv_active", REPLY_INT4},
        {"sv_active_cancel", REPLY_INT4}, {"sv_being_canceled", REPLY_INT4},
        {"sv_idle", REPLY_INT4}, {"sv_used", REPLY_INT4}, {"sv_tested", REPLY_INT4},
        {"sv_login", REPLY_INT4}, {"maxwait", REPLY_INT4}, {"maxwait_us", REPLY_INT4},
        {"pool_mode", REPLY_TEXT}, {"load_balance_hosts", REPLY_TEXT}};

static bool put_pool(struct view_visit *visit, const struct conf *conf, struct pool *pool)
{
    static const enum pool_place places[] = {POOL_IDLE, POOL_USED, POOL_TESTED, POOL_LOGIN};
    struct pool_counts counts = pool_counts(pool);
    sl_usec wait = counts.waiting_since == 0 ? 0 : sl_now() - counts.waiting_since;
    struct view_row row;

    wait = wait < 0 ? 0 : wait;
    view_row_begin(&row);
    view_add_text(&row, pool->database->name);
    view_add_text(&row, pool->user->name);
    view_add_int(&row, counts.clients > counts.waiting ? counts.clients - counts.waiting : 0);
    view_add_int(&row, counts.waiting);
    view_add_int(&row, counts.cancels_active);
    view_add_int(&row, counts.cancels_waiting);
    view_add_int(&row, counts.servers[POOL_ACTIVE]);
    view_add_int(&row, counts.cancels_active);
    view_add_int(&row, counts.servers[POOL_BEING_CANCELED]);
    for (size_t i = 0; i < SL_COUNT(places); i++) {
        view_add_int(&row, counts.servers[places[i]]);
    }
    view_add_int(&row, wait / SL_SECOND);
    view_add_int(&row, wait % SL_SECOND);
    view_add_text(&row, mode_text(atomic_load(&pool->mode)));
    view_add_text(&row, balance_text(configured(conf, pool->database->name)));
    return view_put(visit, &row);
}

static void put_console_pool(struct view_visit *visit)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, CONSOLE_NAME);
    view_add_text(&row, CONSOLE_NAME);
    view_add_int(&row, console_clients());
    while (row.count < SL_COUNT(pool_columns) - 2) {
        view_add_text(&row, "0");
    }
    view_add_text(&row, "statement");
    view_add_text(&row, NULL);
    view_put(visit, &row);
}

static void show_pools(struct view_visit *visit)
{
    const struct conf *conf = process_conf();

    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (!put_pool(visit, conf, p)) {
            break;
        }
    }
    put_console_pool(visit);
    conf_unref(conf);
}

/* ---- DATABASES ---- */

static const struct reply_column database_columns[] = {{"name", REPLY_TEXT}, {"host", REPLY_TEXT},
        {"port", REPLY_INT4}, {"database", REPLY_TEXT}, {"force_user", REPLY_TEXT},
        {"pool_size", REPLY_INT4}, {"min_pool_size", REPLY_INT4}, {"reserve_pool_size", REPLY_INT4},
        {"server_lifetime", REPLY_INT4}, {"pool_mode", REPLY_TEXT},
        {"load_balance_hosts", REPLY_TEXT}, {"max_connections", REPLY_INT4},
        {"current_connections", REPLY_INT4}, {"max_client_connections", REPLY_INT4},
        {"current_client_connections", REPLY_INT4}, {"paused", REPLY_INT4},
        {"disabled", REPLY_INT4}};

static bool put_database(struct view_visit *visit, const struct conf *conf,
        const struct conf_database *db, const char *name)
{
    const struct database *now = registry_find_database(name);
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, name);
    view_add_text(&row, db->host_is_set ? db->host : NULL);
    view_add_int(&row, db->hosts[0].port);
    view_add_text(&row, db->dbname != NULL ? db->dbname : name);
    view_add_text(&row, db->user);
    view_add_int(&row, conf_pool_size(conf, db, NULL));
    view_add_int(&row, conf_min_pool_size(conf, db));
    view_add_int(&row, conf_reserve_pool_size(conf, db, NULL));
    view_add_int(&row, conf_server_lifetime(conf, db) / SL_SECOND);
    view_add_text(&row, mode_text(db->pool_mode));
    view_add_text(&row, balance_text(db));
    view_add_int(&row, conf_max_db_connections(conf, db));
    view_add_int(&row, now == NULL ? 0 : atomic_load(&now->servers));
    view_add_int(&row, conf_max_db_client_connections(conf, db));
    view_add_int(&row, now == NULL ? 0 : atomic_load(&now->clients));
    view_add_int(&row, now != NULL && atomic_load(&now->is_paused));
    view_add_int(&row, now != NULL && atomic_load(&now->is_disabled));
    return view_put(visit, &row);
}

static void put_console_database(struct view_visit *visit, const struct conf *conf)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, CONSOLE_NAME);
    view_add_text(&row, NULL);
    view_add_int(&row, conf->listen_port);
    view_add_text(&row, CONSOLE_NAME);
    view_add_text(&row, CONSOLE_NAME);
    view_add_int(&row, CONSOLE_POOL_SIZE);
    view_add_int(&row, 0);
    view_add_int(&row, 0);
    view_add_int(&row, conf->server_lifetime_usec / SL_SECOND);
    view_add_text(&row, "statement");
    view_add_text(&row, NULL);
    view_add_int(&row, 0);
    view_add_int(&row, 0);
    view_add_int(&row, 0);
    view_add_int(&row, console_clients());
    view_add_int(&row, 0);
    view_add_int(&row, 0);
    view_put(visit, &row);
}

/* Those of the file, those made from "*", and the console. */
static void show_databases(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    bool goes_on = true;

    for (int i = 0; goes_on && i < conf->databases_count; i++) {
        goes_on = put_database(visit, conf, conf->databases[i], conf->databases[i]->name);
    }
    for (const struct database *d = registry_next_database(NULL); goes_on && d != NULL;
            d = registry_next_database(d)) {
        if (conf_find_database(conf, d->name) == NULL && conf->fallback_database != NULL) {
            goes_on = put_database(visit, conf, conf->fallback_database, d->name);
        }
    }
    put_console_database(visit, conf);
    conf_unref(conf);
}

/* ---- USERS ---- */

static const struct reply_column user_columns[] = {{"name", REPLY_TEXT}, {"pool_size", REPLY_TEXT},
        {"reserve_pool_size", REPLY_TEXT}, {"pool_mode", REPLY_TEXT},
        {"max_user_connections", REPLY_INT4}, {"current_connections", REPLY_INT4},
        {"max_user_client_connections", REPLY_INT4}, {"current_client_connections", REPLY_INT4}};

static void add_size(struct view_row *row, int size)
{
    if (size >= 0) {
        view_add_int(row, size);
    } else {
        view_add_text(row, "");
    }
}

static bool put_user(struct view_visit *visit, const struct conf *conf, const char *name)
{
    const struct conf_user *user = conf_find_user(conf, name);
    const struct user *now = registry_find_user(name);
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, name);
    add_size(&row, user == NULL ? CONF_UNSET : user->pool_size);
    add_size(&row, user == NULL ? CONF_UNSET : user->reserve_pool_size);
    view_add_text(&row, user == NULL ? NULL : mode_text(user->pool_mode));
    view_add_int(&row, conf_max_user_connections(conf, user));
    view_add_int(&row, now == NULL ? 0 : atomic_load(&now->servers));
    view_add_int(&row, conf_max_user_client_connections(conf, user));
    view_add_int(&row, now == NULL ? 0 : atomic_load(&now->clients));
    return view_put(visit, &row);
}

/* Those of auth_file, those of [users], and those seen since: each once. */
static void show_users(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    const struct users_entry *entry;
    bool goes_on = true;

    for (int i = 0; goes_on && (entry = users_at(conf->users, i)) != NULL; i++) {
        if (users_find(conf->users, entry->name) == entry) {
            goes_on = put_user(visit, conf, entry->name);
        }
    }
    for (int i = 0; goes_on && i < conf->conf_users_count; i++) {
        const char *name = conf->conf_users[i]->name;
        if (users_find(conf->users, name) == NULL) {
            goes_on = put_user(visit, conf, name);
        }
    }
    for (const struct user *u = registry_next_user(NULL); goes_on && u != NULL;
            u = registry_next_user(u)) {
        if (users_find(conf->users, u->name) == NULL && conf_find_user(conf, u->name) == NULL) {
            goes_on = put_user(visit, conf, u->name);
        }
    }
    conf_unref(conf);
}

/* ---- PEERS, PEER_POOLS ---- */

static const struct reply_column peer_columns[] = {{"peer_id", REPLY_INT4}, {"host", REPLY_TEXT},
        {"port", REPLY_INT4}, {"pool_size", REPLY_INT4}};

static void show_peers(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    bool goes_on = true;

    for (int i = 0; goes_on && i < conf->peers_count; i++) {
        const struct conf_peer *peer = &conf->peers[i];
        struct view_row row;
        view_row_begin(&row);
        view_add_int(&row, peer->id);
        view_add_text(&row, peer->host.host);
        view_add_int(&row, peer->host.port);
        view_add_int(&row, peer->pool_size >= 0 ? peer->pool_size : conf->default_pool_size);
        goes_on = view_put(visit, &row);
    }
    conf_unref(conf);
}

static const struct reply_column peer_pool_columns[] = {{"peer_id", REPLY_INT4},
        {"cl_active_cancel_req", REPLY_INT4}, {"cl_waiting_cancel_req", REPLY_INT4},
        {"sv_active_cancel", REPLY_INT4}, {"sv_login", REPLY_INT4}};

static void show_peer_pools(struct view_visit *visit)
{
    const struct conf *conf = process_conf();
    bool goes_on = true;

    for (int i = 0; goes_on && i < conf->peers_count; i++) {
        struct peer_counts counts = peer_counts(conf->peers[i].id);
        struct view_row row;
        view_row_begin(&row);
        view_add_int(&row, conf->peers[i].id);
        view_add_int(&row, counts.active);
        view_add_int(&row, counts.waiting + counts.connecting);
        view_add_int(&row, counts.active);
        view_add_int(&row, counts.connecting);
        goes_on = view_put(visit, &row);
    }
    conf_unref(conf);
}

const struct view console_views_pools[] = {
        {.name = "pools",
                .sentence = "Each database and user: clients, servers, how long one waits.",
                .columns = pool_columns,
                .columns_count = SL_COUNT(pool_columns),
                .finish = show_pools},
        {.name = "databases",
                .sentence = "Where each database is, its limits, and how much of them is in use.",
                .columns = database_columns,
                .columns_count = SL_COUNT(database_columns),
                .finish = show_databases},
        {.name = "users",
                .sentence = "Each user's limits, and how much of them is in use.",
                .columns = user_columns,
                .columns_count = SL_COUNT(user_columns),
                .finish = show_users},
        {.name = "peers",
                .sentence = "The peers of [peers].",
                .columns = peer_columns,
                .columns_count = SL_COUNT(peer_columns),
                .finish = show_peers},
        {.name = "peer_pools",
                .sentence = "Cancel requests on their way to peers.",
                .columns = peer_pool_columns,
                .columns_count = SL_COUNT(peer_pool_columns),
                .finish = show_peer_pools},
        {.name = NULL},
};
