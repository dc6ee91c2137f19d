/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf.h"

#include "conf/hba.h"
#include "conf/hba_ident.h"
#include "conf/users.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A conf is constant to everybody; its count of references is not. */
static struct conf *counted(const struct conf *conf)
{
    union {
        const struct conf *shared;
        struct conf *counted;
    } both = {.shared = conf};

    return both.counted;
}

const struct conf *conf_ref(const struct conf *conf)
{
    unsigned before = atomic_fetch_add_explicit(&counted(conf)->refs, 1, memory_order_relaxed);

    SL_CHECK(before > 0);
    return conf;
}

void conf_unref(const struct conf *conf)
{
    struct conf *mine;
    unsigned before;

    if (conf == NULL) {
        return;
    }
    mine = counted(conf);
    before = atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel);
    SL_CHECK(before > 0);
    if (before > 1) {
        return;
    }
    users_unref(mine->users);
    hba_unref(mine->hba);
    hba_ident_unref(mine->ident);
    sl_map_fini(&mine->databases_by_name);
    sl_map_fini(&mine->users_by_name);
    sl_arena_fini(&mine->arena);
    free(mine);
}

const struct conf_database *conf_find_database(const struct conf *conf, const char *name)
{
    uint64_t hash = sl_hash64(sl_span_text(name));
    struct sl_map_node *node = sl_map_first(&conf->databases_by_name, hash);

    for (; node != NULL; node = sl_map_next(node)) {
        const struct conf_database *db = SL_CONTAINER(node, struct conf_database, node);

        if (strcmp(db->name, name) == 0) {
            return db;
        }
    }
    return NULL;
}

const struct conf_user *conf_find_user(const struct conf *conf, const char *name)
{
    uint64_t hash = sl_hash64(sl_span_text(name));
    struct sl_map_node *node = sl_map_first(&conf->users_by_name, hash);

    for (; node != NULL; node = sl_map_next(node)) {
        const struct conf_user *user = SL_CONTAINER(node, struct conf_user, node);

        if (strcmp(user->name, name) == 0) {
            return user;
        }
    }
    return NULL;
}

const struct conf_peer *conf_find_peer(const struct conf *conf, int id)
{
    int low = 0;
    int high = conf->peers_count;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (conf->peers[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < conf->peers_count && conf->peers[low].id == id ? &conf->peers[low] : NULL;
}

static bool list_has(const char *list, const char *name, bool nocase)
{
    static const char between[] = ", \t\r\n";
    size_t len = strlen(name);

    while (len > 0) {
        size_t item_len;

        list += strspn(list, between);
        item_len = strcspn(list, between);
        if (item_len == 0) {
            return false;
        }
        if (item_len == len &&
                (nocase ? strncasecmp(list, name, len) : strncmp(list, name, len)) == 0) {
            return true;
        }
        list += item_len;
    }
    return false;
}

bool conf_list_has(const char *list, const char *name)
{
    return list_has(list, name, false);
}

bool conf_list_has_nocase(const char *list, const char *name)
{
    return list_has(list, name, true);
}

/* ---- what holds for a database and a user --------------------------------------------------- */

/* The first that is set: 0 is a value. */
static int first_set(int a, int b, int general)
{
    if (a != CONF_UNSET) {
        return a;
    }
    return b != CONF_UNSET ? b : general;
}

/* A limit of 0 or less is no limit of its own: the general one holds, which may be none. */
static int limit(int own, int general)
{
    if (own > 0) {
        return own;
    }
    return general > 0 ? general : 0;
}

/* The same for times. */
static sl_usec time_limit(sl_usec own, sl_usec general)
{
    return own > 0 ? own : general;
}

enum conf_pool_mode conf_pool_mode(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user)
{
    if (user != NULL && user->pool_mode != CONF_POOL_UNSET) {
        return user->pool_mode;
    }
    return db->pool_mode != CONF_POOL_UNSET ? db->pool_mode : conf->pool_mode;
}

int conf_pool_size(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user)
{
    return first_set(
            user == NULL ? CONF_UNSET : user->pool_size, db->pool_size, conf->default_pool_size);
}

int conf_reserve_pool_size(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user)
{
    return first_set(user == NULL ? CONF_UNSET : user->reserve_pool_size, db->reserve_pool_size,
            conf->reserve_pool_size);
}

sl_usec conf_query_wait_timeout(
        const struct conf *conf, const struct conf_database *db, const struct conf_user *user)
{
    if (user != NULL && user->query_wait_timeout_usec != CONF_UNSET) {
        return user->query_wait_timeout_usec;
    }
    return db->query_wait_timeout_usec != CONF_UNSET ? db->query_wait_timeout_usec
                                                     : conf->query_wait_timeout_usec;
}

int conf_min_pool_size(const struct conf *conf, const struct conf_database *db)
{
    return first_set(db->min_pool_size, CONF_UNSET, conf->min_pool_size);
}

sl_usec conf_server_lifetime(const struct conf *conf, const struct conf_database *db)
{
    return time_limit(db->server_lifetime_usec, conf->server_lifetime_usec);
}

int conf_max_db_connections(const struct conf *conf, const struct conf_database *db)
{
    return limit(db->max_db_connections, conf->max_db_connections);
}

int conf_max_db_client_connections(const struct conf *conf, const struct conf_database *db)
{
    return limit(db->max_db_client_connections, conf->max_db_client_connections);
}

int conf_max_pinned_percent(const struct conf *conf, const struct conf_database *db)
{
    return first_set(CONF_UNSET, db->max_pinned_percent, conf->max_pinned_percent);
}

const char *conf_auth_user(const struct conf *conf, const struct conf_database *db)
{
    return db != NULL && db->auth_user != NULL ? db->auth_user : conf->auth_user;
}

const char *conf_auth_query(const struct conf *conf, const struct conf_database *db)
{
    return db != NULL && db->auth_query != NULL ? db->auth_query : conf->auth_query;
}

const char *conf_auth_dbname(const struct conf *conf, const struct conf_database *db)
{
    return db != NULL && db->auth_dbname != NULL ? db->auth_dbname : conf->auth_dbname;
}

int conf_max_user_connections(const struct conf *conf, const struct conf_user *user)
{
    return limit(user == NULL ? 0 : user->max_user_connections, conf->max_user_connections);
}

int conf_max_user_client_connections(const struct conf *conf, const struct conf_user *user)
{
    return limit(user == NULL ? 0 : user->max_user_client_connections,
            conf->max_user_client_connections);
}

sl_usec conf_query_timeout(const struct conf *conf, const struct conf_user *user)
{
    return time_limit(user == NULL ? 0 : user->query_timeout_usec, conf->query_timeout_usec);
}

sl_usec conf_idle_transaction_timeout(const struct conf *conf, const struct conf_user *user)
{
    return time_limit(user == NULL ? 0 : user->idle_transaction_timeout_usec,
            conf->idle_transaction_timeout_usec);
}

sl_usec conf_transaction_timeout(const struct conf *conf, const struct conf_user *user)
{
    return time_limit(
            user == NULL ? 0 : user->transaction_timeout_usec, conf->transaction_timeout_usec);
}

sl_usec conf_client_idle_timeout(const struct conf *conf, const struct conf_user *user)
{
    return time_limit(
            user == NULL ? 0 : user->client_idle_timeout_usec, conf->client_idle_timeout_usec);
}
