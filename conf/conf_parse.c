/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_parse.c - one function for each section.
 *
 * Of two lines with one name the later holds, as in PgBouncer. The arrays of
 * databases, users and peers are made once, as long as the lines there are.
 */
#include "conf/conf_parse.h"

#include "conf/conf_connstr.h"
#include "conf/conf_policy.h"
#include "conf/conf_value.h"
#include "protocol/base/hash.h"
#include "protocol/base/parse.h"

#include <limits.h>
#include <string.h>

struct parse {
    struct conf *conf;
    struct conf_problems *problems;
    struct conf_database **databases;
    struct conf_user **users;
    struct conf_peer *peers;
    struct conf_policy *policies[CONF_POLICY_KINDS];
};

static void unknown(struct parse *parse, const struct conf_entry *entry, const char *key)
{
    const char *nearest = conf_key_nearest(entry->section, key);

    if (nearest != NULL) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line,
                "unknown key %.64s, did you mean %s?", key, nearest);
    } else {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line,
                "unknown key %.64s; conf/KEYS.md lists all there are", key);
    }
}

static void ignored(struct parse *parse, const struct conf_entry *entry, const struct conf_key *key)
{
    conf_problem(parse->problems, CONF_IGNORED, entry->file, entry->line, "%s is ignored: %s",
            key->name, key->ignored);
}

/* Finds the key, sets it in base. False: a problem was said. */
static bool set_key(struct parse *parse, const struct conf_entry *entry, const char *name,
        const char *value, void *base)
{
    const struct conf_key *key = conf_key_find(entry->section, name);
    struct sl_error why;

    if (key == NULL) {
        unknown(parse, entry, name);
        return false;
    }
    if (key->ignored != NULL) {
        ignored(parse, entry, key);
    }
    if (conf_value_set(key, base, value, &parse->conf->arena, &why) != SL_OK) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line, "%s", why.text);
        return false;
    }
    return true;
}

static void no_memory(struct parse *parse, const struct conf_entry *entry)
{
    conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line, "no memory");
}

static size_t count_section(const struct conf_entries *entries, enum conf_section_id section)
{
    size_t count = 0;

    for (int i = 0; i < entries->count; i++) {
        count += entries->list[i].section == section ? 1 : 0;
    }
    return count;
}

/* ---- hosts ---------------------------------------------------------------------------------- */

static int count_items(const char *list)
{
    int count = 1;

    for (; *list != '\0'; list++) {
        count += *list == ',' ? 1 : 0;
    }
    return count;
}

/* The next item of a comma list, without the blanks around it; *list moves on. */
static struct sl_span take_item(const char **list)
{
    const char *from = *list + strspn(*list, " \t");
    size_t len = strcspn(from, ",");

    *list = from + len + (from[len] == ',' ? 1 : 0);
    while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\t')) {
        len--;
    }
    return sl_span(from, len);
}

static bool parse_port(struct sl_span item, int *port)
{
    char text[8];
    int64_t value;

    if (item.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, item.at, item.len);
    text[item.len] = '\0';
    if (sl_parse_i64(text, 1, 65535, &value) != SL_OK) {
        return false;
    }
    *port = (int)value;
    return true;
}

/* What is wrong with the lists of hosts and ports, or NULL; then db->hosts is made of them. */
static const char *pair_hosts(
        struct parse *parse, struct conf_database *db, const char *hosts, const char *ports)
{
    int hosts_count = hosts == NULL ? 1 : count_items(hosts);
    int ports_count = count_items(ports);
    struct conf_host *list;
    int port = 0;

    if (hosts_count > CONF_HOSTS_MAX) {
        return "more than 256 hosts";
    }
    if (ports_count != 1 && ports_count != hosts_count) {
        return "port must be one, or one for each host";
    }
    list = sl_arena_take(&parse->conf->arena, (size_t)hosts_count * sizeof(*list));
    if (list == NULL) {
        return "no memory";
    }
    for (int i = 0; i < hosts_count; i++) {
        struct sl_span host = hosts == NULL ? sl_span_text("") : take_item(&hosts);

        if ((i == 0 || ports_count > 1) && !parse_port(take_item(&ports), &port)) {
            return "port must be a number from 1 to 65535";
        }
        if (db->host_is_set && host.len == 0) {
            return "an empty name in the list of hosts";
        }
        list[i].host = sl_arena_text(&parse->conf->arena, host);
        list[i].port = port;
        if (list[i].host == NULL) {
            return "no memory";
        }
    }
    db->hosts = list;
    db->hosts_count = hosts_count;
    return NULL;
}

/* ---- [databases] ---------------------------------------------------------------------------- */

static void unset_database(struct conf_database *db)
{
    *db = (struct conf_database){
            .pool_size = CONF_UNSET,
            .min_pool_size = CONF_UNSET,
            .reserve_pool_size = CONF_UNSET,
            .max_db_connections = CONF_UNSET,
            .max_db_client_connections = CONF_UNSET,
            .max_pinned_percent = CONF_UNSET,
            .pool_mode = CONF_POOL_UNSET,
            .load_balance_hosts = CONF_BALANCE_ROUND_ROBIN,
            .query_wait_timeout_usec = CONF_UNSET,
            .server_lifetime_usec = CONF_UNSET,
    };
}

/* Cuts up text and sets what it says in base. *port is left alone unless there is one. */
static bool parse_connstr(
        struct parse *parse, const struct conf_entry *entry, void *base, const char **port)
{
    char *at = sl_arena_text(&parse->conf->arena, sl_span_text(entry->value));
    char *key;
    char *value;
    const char *what;

    if (at == NULL) {
        no_memory(parse, entry);
        return false;
    }
    for (;;) {
        switch (conf_connstr_next(&at, &key, &value, &what)) {
        case CONF_CONNSTR_END:
            return true;
        case CONF_CONNSTR_WRONG:
            conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line, "%s", what);
            return false;
        case CONF_CONNSTR_PAIR:
            break;
        }
        if (!set_key(parse, entry, key, value, base)) {
            return false;
        }
        if (port != NULL && strcmp(key, "port") == 0) {
            *port = value;
        }
    }
}

static bool is_reserved(const char *name)
{
    return strcmp(name, "pgbouncer") == 0 || strcmp(name, "sluice") == 0;
}

static void keep_database(
        struct parse *parse, const struct conf_entry *entry, struct conf_database *db)
{
    struct conf *conf = parse->conf;
    uint64_t hash = sl_hash64(sl_span_text(db->name));
    int at = conf->databases_count;

    for (int i = 0; i < conf->databases_count && conf_find_database(conf, db->name) != NULL; i++) {
        if (strcmp(parse->databases[i]->name, db->name) == 0) {
            conf_problem(parse->problems, CONF_WARNING, entry->file, entry->line,
                    "%.64s is said twice, this line holds", db->name);
            sl_map_remove(&conf->databases_by_name, &parse->databases[i]->node);
            at = i;
        }
    }
    if (sl_map_put(&conf->databases_by_name, &db->node, hash) != SL_OK) {
        no_memory(parse, entry);
        return;
    }
    parse->databases[at] = db;
    conf->databases_count += at == conf->databases_count ? 1 : 0;
}

static void parse_database(struct parse *parse, const struct conf_entry *entry)
{
    struct conf_database *db = sl_arena_take(&parse->conf->arena, sizeof(*db));
    const char *port = "5432";
    const char *what;

    if (db == NULL) {
        no_memory(parse, entry);
        return;
    }
    unset_database(db);
    db->name = entry->key;
    db->text = entry->value;
    if (is_reserved(entry->key)) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line,
                "the name %s is the console's, give the database another", entry->key);
        return;
    }
    if (!parse_connstr(parse, entry, db, &port)) {
        return;
    }
    db->host_is_set = db->host != NULL;
    what = pair_hosts(parse, db, db->host, port);
    if (what != NULL) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line, "%s", what);
        return;
    }
    if (strcmp(db->name, "*") == 0) {
        parse->conf->fallback_database = db;
    } else {
        keep_database(parse, entry, db);
    }
}

/* ---- [users] and [peers] -------------------------------------------------------------------- */

static void keep_user(struct parse *parse, const struct conf_entry *entry, struct conf_user *user)
{
    struct conf *conf = parse->conf;
    uint64_t hash = sl_hash64(sl_span_text(user->name));
    int at = conf->conf_users_count;

    for (int i = 0; i < conf->conf_users_count && conf_find_user(conf, user->name) != NULL; i++) {
        if (strcmp(parse->users[i]->name, user->name) == 0) {
            conf_problem(parse->problems, CONF_WARNING, entry->file, entry->line,
                    "%.64s is said twice, this line holds", user->name);
            sl_map_remove(&conf->users_by_name, &parse->users[i]->node);
            at = i;
        }
    }
    if (sl_map_put(&conf->users_by_name, &user->node, hash) != SL_OK) {
        no_memory(parse, entry);
        return;
    }
    parse->users[at] = user;
    conf->conf_users_count += at == conf->conf_users_count ? 1 : 0;
}

static void parse_user(struct parse *parse, const struct conf_entry *entry)
{
    struct conf_user *user = sl_arena_take(&parse->conf->arena, sizeof(*user));

    if (user == NULL) {
        no_memory(parse, entry);
        return;
    }
    *user = (struct conf_user){
            .name = entry->key,
            .pool_size = CONF_UNSET,
            .reserve_pool_size = CONF_UNSET,
            .max_user_connections = CONF_UNSET,
            .max_user_client_connections = CONF_UNSET,
            .pool_mode = CONF_POOL_UNSET,
            .query_timeout_usec = CONF_UNSET,
            .query_wait_timeout_usec = CONF_UNSET,
            .idle_transaction_timeout_usec = CONF_UNSET,
            .transaction_timeout_usec = CONF_UNSET,
            .client_idle_timeout_usec = CONF_UNSET,
    };
    if (parse_connstr(parse, entry, user, NULL)) {
        keep_user(parse, entry, user);
    }
}

/* In the order of their numbers: conf_find_peer() halves. */
static void keep_peer(struct parse *parse, const struct conf_peer *peer)
{
    int count = parse->conf->peers_count;
    int at = count;

    while (at > 0 && parse->peers[at - 1].id > peer->id) {
        at--;
    }
    if (at > 0 && parse->peers[at - 1].id == peer->id) {
        parse->peers[at - 1] = *peer;
        return;
    }
    memmove(&parse->peers[at + 1], &parse->peers[at], (size_t)(count - at) * sizeof *peer);
    parse->peers[at] = *peer;
    parse->conf->peers_count++;
}

static void parse_peer(struct parse *parse, const struct conf_entry *entry)
{
    struct conf_peer peer = {.host = {.host = NULL, .port = 6432}, .pool_size = CONF_UNSET};
    int64_t id = 0;

    if (sl_parse_i64(entry->key, 1, CONF_PEER_ID_MAX, &id) != SL_OK) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line,
                "%.64s is not a peer_id, a number from 1 to %d", entry->key, CONF_PEER_ID_MAX);
        return;
    }
    peer.id = (int)id;
    if (!parse_connstr(parse, entry, &peer, NULL)) {
        return;
    }
    if (peer.host.host == NULL) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line,
                "peer %d has no host=", peer.id);
        return;
    }
    keep_peer(parse, &peer);
}

/* ---- [cache.tables], [cache.roles], [cache.shapes] ------------------------------------------ */

static enum conf_policy_of policy_of(enum conf_section_id section)
{
    return section == CONF_SECTION_CACHE_TABLES  ? CONF_POLICY_TABLES
           : section == CONF_SECTION_CACHE_ROLES ? CONF_POLICY_ROLES
                                                 : CONF_POLICY_SHAPES;
}

/* As SHOW QUERIES has it. */
static bool is_shape(const char *name)
{
    return strcmp(name, "*") == 0 || (strlen(name) == 16 && strspn(name, "0123456789abcdef") == 16);
}

/* "schema.table" alone is of no database. */
static bool is_table(const char *name)
{
    const char *dot = strchr(name, '.');

    return strcmp(name, "*") == 0 || (dot != NULL && strchr(dot + 1, '.') != NULL);
}

static const char *what_is_wrong_with(enum conf_policy_of of, const char *name)
{
    if (of == CONF_POLICY_TABLES && !is_table(name)) {
        return "a table is database.schema.table, or *";
    }
    if (of == CONF_POLICY_SHAPES && !is_shape(name)) {
        return "a shape is the id that SHOW QUERIES has, 16 of 0-9 a-f, or *";
    }
    return NULL;
}

static bool is_short(const char *value)
{
    return strcmp(value, "off") == 0 || strcmp(value, "on") == 0;
}

static void parse_policy(struct parse *parse, const struct conf_entry *entry)
{
    enum conf_policy_of of = policy_of(entry->section);
    struct conf_policies *all = &parse->conf->policies[of];
    struct conf_policy policy = CONF_POLICY_NONE;
    const char *wrong = what_is_wrong_with(of, entry->key);

    policy.name = entry->key;
    if (wrong == NULL && all->count == CONF_POLICIES_MAX) {
        wrong = "more than 4096 lines in this section";
    }
    if (wrong != NULL) {
        conf_problem(parse->problems, CONF_ERROR, entry->file, entry->line, "%.64s: %s", entry->key,
                wrong);
        return;
    }
    bool is_set = is_short(entry->value) ? set_key(parse, entry, "cache", entry->value, &policy)
                                         : parse_connstr(parse, entry, &policy, NULL);
    if (is_set && conf_policy_keep(parse->policies[of], &all->count, &policy)) {
        conf_problem(parse->problems, CONF_WARNING, entry->file, entry->line,
                "%.64s is said twice, this line holds", entry->key);
    }
}

/* False: no memory. */
static bool make_policies(struct parse *parse, const struct conf_entries *entries)
{
    struct conf *conf = parse->conf;

    for (enum conf_section_id id = CONF_SECTION_CACHE_TABLES; id <= CONF_SECTION_CACHE_SHAPES;
            id++) {
        enum conf_policy_of of = policy_of(id);
        size_t count = count_section(entries, id);
        size_t room = count < CONF_POLICIES_MAX ? count : CONF_POLICIES_MAX;
        parse->policies[of] = sl_arena_take(&conf->arena, (room + 1) * sizeof(struct conf_policy));
        if (parse->policies[of] == NULL) {
            return false;
        }
        conf->policies[of].list = parse->policies[of];
    }
    return true;
}

/* ---- all ------------------------------------------------------------------------------------ */

static void parse_entry(struct parse *parse, const struct conf_entry *entry)
{
    switch (entry->section) {
    case CONF_SECTION_DATABASES:
        parse_database(parse, entry);
        return;
    case CONF_SECTION_USERS:
        parse_user(parse, entry);
        return;
    case CONF_SECTION_PEERS:
        parse_peer(parse, entry);
        return;
    case CONF_SECTION_CACHE_TABLES:
    case CONF_SECTION_CACHE_ROLES:
    case CONF_SECTION_CACHE_SHAPES:
        parse_policy(parse, entry);
        return;
    case CONF_SECTION_TABLES:
        conf_problem(parse->problems, CONF_IGNORED, entry->file, entry->line,
                "[tables %s] is ignored: %s", entry->label,
                conf_section_at(entry->section)->ignored);
        return;
    case CONF_SECTION_SLUICE:
    case CONF_SECTION_CLUSTER:
    case CONF_SECTION_STATS:
    case CONF_SECTION_CACHE:
    case CONF_SECTION_OPTIMIZER:
    case CONF_SECTION_HTTP:
        (void)set_key(parse, entry, entry->key, entry->value, parse->conf);
        return;
    case CONF_SECTIONS:
        break;
    }
    SL_CHECK(false);
}

enum sl_err conf_parse_defaults(struct conf *conf)
{
    const struct conf_key *key;

    for (int i = 0; (key = conf_key_at(i)) != NULL; i++) {
        const char *text = key->default_text;

        if (!conf_key_is_of_conf(key)) {
            continue;
        }
        if (text == NULL) {
            text = key->type == CONF_TYPE_TEXT ? "" : "0";
        }
        if (conf_value_set(key, conf, text, &conf->arena, NULL) != SL_OK) {
            return SL_ENOMEM;
        }
    }
    return SL_OK;
}

enum sl_err conf_parse_entries(
        struct conf *conf, const struct conf_entries *entries, struct conf_problems *problems)
{
    size_t databases = count_section(entries, CONF_SECTION_DATABASES);
    size_t users = count_section(entries, CONF_SECTION_USERS);
    size_t peers = count_section(entries, CONF_SECTION_PEERS);
    struct parse parse = {.conf = conf, .problems = problems};

    parse.databases = sl_arena_take(&conf->arena, (databases + 1) * sizeof(struct conf_database *));
    parse.users = sl_arena_take(&conf->arena, (users + 1) * sizeof(struct conf_user *));
    parse.peers = sl_arena_take(&conf->arena, (peers + 1) * sizeof(*parse.peers));
    if (parse.databases == NULL || parse.users == NULL || parse.peers == NULL ||
            !make_policies(&parse, entries)) {
        return SL_ENOMEM;
    }
    sl_map_init(&conf->databases_by_name, CONF_ENTRIES_MAX);
    sl_map_init(&conf->users_by_name, CONF_ENTRIES_MAX);
    conf->peers = parse.peers;
    for (int i = 0; i < entries->count; i++) {
        parse_entry(&parse, &entries->list[i]);
    }
    conf->databases = (const struct conf_database *const *)parse.databases;
    conf->conf_users = (const struct conf_user *const *)parse.users;
    return SL_OK;
}

/* The only member that is written twice: hosts of databases that name none. */
static enum sl_err default_host(struct conf *conf, const struct conf_database *db)
{
    union {
        const struct conf_database *published;
        struct conf_database *ours;
    } mine = {.published = db}; /* not yet */
    struct conf_host *host;

    if (db->host_is_set) {
        return SL_OK;
    }
    host = sl_arena_take(&conf->arena, sizeof(*host));
    if (host == NULL) {
        return SL_ENOMEM;
    }
    host->host = conf->unix_socket_dir;
    host->port = db->hosts[0].port;
    mine.ours->hosts = host;
    return SL_OK;
}

enum sl_err conf_parse_finish(struct conf *conf)
{
    enum sl_err err = SL_OK;

    for (int i = 0; i < conf->databases_count && err == SL_OK; i++) {
        err = default_host(conf, conf->databases[i]);
    }
    if (conf->fallback_database != NULL && err == SL_OK) {
        err = default_host(conf, conf->fallback_database);
    }
    return err;
}
