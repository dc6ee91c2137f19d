/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_diff.h"

#include "conf/conf_policy.h"
#include "protocol/base/check.h"

#include <string.h>

static bool texts_differ(const char *a, const char *b)
{
    if (a == NULL || b == NULL) {
        return a != b;
    }
    return strcmp(a, b) != 0;
}

static size_t type_size(enum conf_type type)
{
    switch (type) {
    case CONF_TYPE_BOOL:
        return sizeof(bool);
    case CONF_TYPE_INT:
    case CONF_TYPE_OCTAL:
    case CONF_TYPE_WORD:
        return sizeof(int);
    case CONF_TYPE_UINT:
        return sizeof(uint32_t);
    case CONF_TYPE_SIZE:
    case CONF_TYPE_TIME:
        return sizeof(int64_t);
    case CONF_TYPE_TEXT:
        break;
    }
    return 0;
}

static bool values_differ(const struct conf_key *key, const void *a, const void *b)
{
    const char *left = NULL;
    const char *right = NULL;

    if (key->at == CONF_NOWHERE) {
        return false;
    }
    if (key->type != CONF_TYPE_TEXT) {
        return memcmp((const char *)a + key->at, (const char *)b + key->at, type_size(key->type)) !=
               0;
    }
    memcpy(&left, (const char *)a + key->at, sizeof(left));
    memcpy(&right, (const char *)b + key->at, sizeof(right));
    return texts_differ(left, right);
}

static bool section_differs(enum conf_section_id section, const void *a, const void *b)
{
    const struct conf_key *key;

    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (key->section == section && values_differ(key, a, b)) {
            return true;
        }
    }
    return false;
}

bool conf_differs(const struct conf *old, const struct conf *new_conf, const char *key)
{
    const struct conf_key *row = conf_key_find(CONF_SECTION_SLUICE, key);

    SL_CHECK(row != NULL);
    return values_differ(row, old, new_conf);
}

static bool topic_differs(
        const struct conf *old, const struct conf *new_conf, enum conf_topic topic)
{
    const struct conf_key *key;

    for (int i = 0; (key = conf_key_at(i)) != NULL && key->section == CONF_SECTION_SLUICE; i++) {
        if (key->topic == topic && values_differ(key, old, new_conf)) {
            return true;
        }
    }
    return false;
}

bool conf_client_tls_differs(const struct conf *old, const struct conf *new_conf)
{
    return topic_differs(old, new_conf, CONF_TOPIC_CLIENT_TLS);
}

bool conf_server_tls_differs(const struct conf *old, const struct conf *new_conf)
{
    return topic_differs(old, new_conf, CONF_TOPIC_SERVER_TLS);
}

static bool hosts_differ(const struct conf_database *a, const struct conf_database *b)
{
    if (a->hosts_count != b->hosts_count) {
        return true;
    }
    for (int i = 0; i < a->hosts_count; i++) {
        if (a->hosts[i].port != b->hosts[i].port ||
                texts_differ(a->hosts[i].host, b->hosts[i].host)) {
            return true;
        }
    }
    return false;
}

bool conf_database_moved(const struct conf_database *old, const struct conf_database *new_db)
{
    return hosts_differ(old, new_db) || texts_differ(old->dbname, new_db->dbname) ||
           texts_differ(old->user, new_db->user) || texts_differ(old->password, new_db->password) ||
           texts_differ(old->connect_query, new_db->connect_query) ||
           texts_differ(old->client_encoding, new_db->client_encoding) ||
           texts_differ(old->datestyle, new_db->datestyle) ||
           texts_differ(old->timezone, new_db->timezone) ||
           texts_differ(old->application_name, new_db->application_name) ||
           texts_differ(old->auth_dbname, new_db->auth_dbname) ||
           texts_differ(old->auth_query, new_db->auth_query) ||
           old->load_balance_hosts != new_db->load_balance_hosts;
}

struct diff {
    conf_diff_fn fn;
    void *context;
    int count;
};

static void say(
        struct diff *diff, enum conf_section_id section, const char *name, enum conf_change change)
{
    diff->count++;
    if (diff->fn != NULL) {
        diff->fn(diff->context, section, name, change);
    }
}

static void diff_keys(struct diff *diff, const struct conf *old, const struct conf *new_conf)
{
    const struct conf_key *key;

    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        if (conf_key_is_of_conf(key) && values_differ(key, old, new_conf)) {
            say(diff, key->section, key->name, CONF_CHANGED);
        }
    }
}

static bool databases_differ(const struct conf_database *a, const struct conf_database *b)
{
    return section_differs(CONF_SECTION_DATABASES, a, b) || hosts_differ(a, b);
}

static void diff_fallback(
        struct diff *diff, const struct conf_database *a, const struct conf_database *b)
{
    if (a != NULL && b == NULL) {
        say(diff, CONF_SECTION_DATABASES, "*", CONF_REMOVED);
    } else if (a == NULL && b != NULL) {
        say(diff, CONF_SECTION_DATABASES, "*", CONF_ADDED);
    } else if (a != NULL && databases_differ(a, b)) {
        say(diff, CONF_SECTION_DATABASES, "*", CONF_CHANGED);
    }
}

static void diff_databases(struct diff *diff, const struct conf *old, const struct conf *new_conf)
{
    for (int i = 0; i < new_conf->databases_count; i++) {
        const struct conf_database *db = new_conf->databases[i];
        const struct conf_database *was = conf_find_database(old, db->name);

        if (was == NULL) {
            say(diff, CONF_SECTION_DATABASES, db->name, CONF_ADDED);
        } else if (databases_differ(was, db)) {
            say(diff, CONF_SECTION_DATABASES, db->name, CONF_CHANGED);
        }
    }
    for (int i = 0; i < old->databases_count; i++) {
        if (conf_find_database(new_conf, old->databases[i]->name) == NULL) {
            say(diff, CONF_SECTION_DATABASES, old->databases[i]->name, CONF_REMOVED);
        }
    }
    diff_fallback(diff, old->fallback_database, new_conf->fallback_database);
}

static void diff_users(struct diff *diff, const struct conf *old, const struct conf *new_conf)
{
    for (int i = 0; i < new_conf->conf_users_count; i++) {
        const struct conf_user *user = new_conf->conf_users[i];
        const struct conf_user *was = conf_find_user(old, user->name);

        if (was == NULL) {
            say(diff, CONF_SECTION_USERS, user->name, CONF_ADDED);
        } else if (section_differs(CONF_SECTION_USERS, was, user)) {
            say(diff, CONF_SECTION_USERS, user->name, CONF_CHANGED);
        }
    }
    for (int i = 0; i < old->conf_users_count; i++) {
        if (conf_find_user(new_conf, old->conf_users[i]->name) == NULL) {
            say(diff, CONF_SECTION_USERS, old->conf_users[i]->name, CONF_REMOVED);
        }
    }
}

/* A peer has no name; it is called by its host. */
static void diff_peers(struct diff *diff, const struct conf *old, const struct conf *new_conf)
{
    for (int i = 0; i < new_conf->peers_count; i++) {
        const struct conf_peer *peer = &new_conf->peers[i];
        const struct conf_peer *was = conf_find_peer(old, peer->id);

        if (was == NULL) {
            say(diff, CONF_SECTION_PEERS, peer->host.host, CONF_ADDED);
        } else if (section_differs(CONF_SECTION_PEERS, was, peer)) {
            say(diff, CONF_SECTION_PEERS, peer->host.host, CONF_CHANGED);
        }
    }
    for (int i = 0; i < old->peers_count; i++) {
        if (conf_find_peer(new_conf, old->peers[i].id) == NULL) {
            say(diff, CONF_SECTION_PEERS, old->peers[i].host.host, CONF_REMOVED);
        }
    }
}

static void diff_policies(struct diff *diff, const struct conf *old, const struct conf *new_conf,
        enum conf_section_id section)
{
    enum conf_policy_of of = (enum conf_policy_of)(section - CONF_SECTION_CACHE_TABLES);
    const struct conf_policies *is = &new_conf->policies[of];
    const struct conf_policies *was = &old->policies[of];

    for (int i = 0; i < is->count; i++) {
        const struct conf_policy *policy = conf_policy_named(old, of, is->list[i].name);
        if (policy == NULL) {
            say(diff, section, is->list[i].name, CONF_ADDED);
        } else if (section_differs(section, policy, &is->list[i])) {
            say(diff, section, is->list[i].name, CONF_CHANGED);
        }
    }
    for (int i = 0; i < was->count; i++) {
        if (conf_policy_named(new_conf, of, was->list[i].name) == NULL) {
            say(diff, section, was->list[i].name, CONF_REMOVED);
        }
    }
}

int conf_diff(const struct conf *old, const struct conf *new_conf, conf_diff_fn fn, void *context)
{
    struct diff diff = {.fn = fn, .context = context};

    diff_keys(&diff, old, new_conf);
    diff_databases(&diff, old, new_conf);
    diff_users(&diff, old, new_conf);
    diff_peers(&diff, old, new_conf);
    diff_policies(&diff, old, new_conf, CONF_SECTION_CACHE_TABLES);
    diff_policies(&diff, old, new_conf, CONF_SECTION_CACHE_ROLES);
    diff_policies(&diff, old, new_conf, CONF_SECTION_CACHE_SHAPES);
    return diff.count;
}
