/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_session.h"

#include "conf/conf.h"
#include "protocol/base/buf.h"
#include "protocol/base/hash.h"
#include "protocol/base/parse.h"
#include "proxy/caching.h"
#include "proxy/caching_watch.h"
#include "proxy/catalogs.h"
#include "proxy/catalogs_names.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/search_paths.h"
#include "proxy/server.h"
#include "proxy/session_path.h"
#include "proxy/session_state.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* By what they are: two that agree in all of it are one kind. */
struct kind {
    const struct params *params; /* references, as the next two */
    const struct params *settings;
    const struct params *startup;
    struct cache_session *session; /* likewise */
    const char *database;          /* in the block, as the next two */
    const char *user;
    const char *line;    /* of the configuration: where its servers are */
    uint64_t configured; /* struct kinds': its line was looked up then */
    uint16_t path;
    bool is_off; /* it has set sluice.cache so */
    char texts[];
};

/* What names of tables hang on, as far as it changes with the session alone. */
struct whose {
    const struct params *settings; /* a reference; NULL: it is nobody's */
    uint64_t database;             /* its key, as the next */
    uint64_t user;
    uint64_t configured; /* struct kinds' */
    uint64_t number;     /* catalogs_epoch_number() */
    uint64_t role;       /* a hash of role_of() */
};

/* Of a worker. */
struct kinds {
    struct kind *at[CACHING_SESSIONS];
    struct kind *last;   /* of these, or NULL */
    uint64_t configured; /* so often, and once more */
    struct whose whose;  /* of whom that was asked last */
};

static struct kinds *all; /* one a worker; NULL: there are none */
static unsigned all_count;

/* ---- settings ---- */

bool caching_setting_is_of_speed(const char *name)
{
    static const char *const names[] = {"sluice.cache", "application_name", "commit_delay",
            "commit_siblings", "cpu_index_tuple_cost", "cpu_operator_cost", "cpu_tuple_cost",
            "cursor_tuple_fraction", "deadlock_timeout", "debug_pretty_print",
            "effective_cache_size", "effective_io_concurrency", "from_collapse_limit", "geqo",
            "gin_pending_list_limit", "hash_mem_multiplier", "idle_in_transaction_session_timeout",
            "idle_session_timeout", "jit", "join_collapse_limit", "lock_timeout",
            "logical_decoding_work_mem", "maintenance_io_concurrency", "maintenance_work_mem",
            "max_parallel_maintenance_workers", "max_parallel_workers",
            "max_parallel_workers_per_gather", "max_stack_depth", "min_parallel_index_scan_size",
            "min_parallel_table_scan_size", "parallel_leader_participation", "parallel_setup_cost",
            "parallel_tuple_cost", "plan_cache_mode", "random_page_cost",
            "recursive_worktable_factor", "seq_page_cost", "statement_timeout",
            "stats_fetch_consistency", "synchronous_commit", "tcp_keepalives_count",
            "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout", "temp_buffers",
            "temp_file_limit", "temp_tablespaces", "update_process_title", "work_mem"};
    static const char *const beginnings[] = {
            "enable_", "geqo_", "jit_", "log_", "track_", "vacuum_", "backend_flush_"};

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < SL_COUNT(beginnings); i++) {
        if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* In whatever order they come, and however their names are spelled. */
static void add_settings(struct sl_hash128 *sum, const struct params *params, const char *set)
{
    for (uint32_t i = 0; i < params_count(params); i++) {
        struct sl_hash128_stream stream;
        const char *name = NULL;
        const char *value = NULL;
        char small[128];
        size_t len = 0;

        params_at(params, i, &name, &value);
        if (caching_setting_is_of_speed(name)) {
            continue;
        }
        for (; name[len] != '\0' && len < sizeof small - 1; len++) {
            char c = name[len];
            small[len] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        }
        sl_hash128_begin(&stream);
        sl_hash128_add(&stream, sl_span(set, strlen(set) + 1));
        sl_hash128_add(&stream, sl_span(small, len));
        sl_hash128_add(&stream, sl_span("", 1));
        sl_hash128_add(&stream, sl_span_text(value));
        struct sl_hash128 one = sl_hash128_end(&stream);
        sum->hi += one.hi;
        sum->lo += one.lo;
    }
}

/* ---- who it is ---- */

static const char *set_value(const struct client *client, const char *name)
{
    const char *value = params_get(client->settings, name);

    return value != NULL && value[0] != '\0' && strcmp(value, "none") != 0 ? value : NULL;
}

static const char *session_user_of(const struct client *client)
{
    const char *set = set_value(client, "session_authorization");

    return set != NULL ? set : client->pool->user->name;
}

static const char *role_of(const struct client *client)
{
    const char *set = set_value(client, "role");

    return set != NULL ? set : session_user_of(client);
}

static const struct conf_database *line_of(const struct client *client)
{
    const struct conf *conf = client->io.worker->conf;
    const struct conf_database *line = conf_find_database(conf, client->pool->database->name);

    return line != NULL ? line : conf->fallback_database;
}

/* ---- how one like it is begun (warm_session.h) ---- */

enum { REPLAY_MAX = 4096 };

static enum sl_err put_set(struct sl_buf *to, char kind, const struct params *params)
{
    enum sl_err err = SL_OK;

    for (uint32_t i = 0; i < params_count(params) && err == SL_OK; i++) {
        const char *name = NULL;
        const char *value = NULL;
        params_at(params, i, &name, &value);
        if (caching_setting_is_of_speed(name)) {
            continue;
        }
        err = sl_buf_put_u8(to, (uint8_t)kind);
        err = err == SL_OK ? sl_buf_put_cstr(to, name) : err;
        err = err == SL_OK ? sl_buf_put_cstr(to, value) : err;
    }
    return err;
}

/* Nothing, where it takes a role, is too long, or there is no memory. */
static void put_replay(struct sl_buf *to, const struct client *client)
{
    if (set_value(client, "session_authorization") != NULL || set_value(client, "role") != NULL ||
            sl_buf_put_u8(to, '1') != SL_OK || put_set(to, 's', client->startup) != SL_OK ||
            put_set(to, 'r', client->params) != SL_OK ||
            put_set(to, 'g', client->settings) != SL_OK) {
        sl_buf_reset(to);
    }
}

static struct cache_session *make_session(
        const struct client *client, const struct conf_database *line, uint16_t path)
{
    struct sl_hash128 settings = {0};
    struct sl_buf replay;
    const char *list = search_paths_list(path); /* NULL: the role's, or its answers are not kept */

    add_settings(&settings, client->params, "reported");
    add_settings(&settings, client->settings, "set");
    add_settings(&settings, client->startup, "startup");
    sl_buf_init(&replay, REPLAY_MAX);
    put_replay(&replay, client);
    const struct key_session parts = {.cluster = sl_span_text(line->text),
            .database = sl_span_text(client->pool->database->name),
            .role = sl_span_text(role_of(client)),
            .session_user = sl_span_text(session_user_of(client)),
            .search_path = sl_span_text(list == NULL ? "" : list),
            .settings = settings,
            .replay = sl_buf_borrow(&replay)};
    const struct caching_where where = {.conf = client->io.worker->conf,
            .line = line,
            .database = client->pool->database->name,
            .user = client->pool->user->name};
    struct watched *watched = caching_watch_of(&where);
    struct cache_session *session =
            cache_session_new(&parts, catalogs_epoch_number(line, where.database), watched);
    watched_unref(watched);
    sl_buf_fini(&replay);
    return session;
}

/* ---- kinds ---- */

static void forget(struct kind *kind)
{
    if (kind != NULL) {
        params_unref(kind->params);
        params_unref(kind->settings);
        params_unref(kind->startup);
        cache_session_unref(kind->session);
        free(kind);
    }
}

/* But for where its servers are. */
static bool is_alike(const struct kind *kind, const struct client *client, uint16_t path)
{
    return kind->params == client->params && kind->settings == client->settings &&
           kind->startup == client->startup && kind->path == path &&
           strcmp(kind->database, client->pool->database->name) == 0 &&
           strcmp(kind->user, client->pool->user->name) == 0;
}

static bool is_of(
        const struct kind *kind, const struct client *client, const char *line, uint16_t path)
{
    return is_alike(kind, client, path) && strcmp(kind->line, line) == 0;
}

static const char *append(char **to, const char *text)
{
    size_t size = strlen(text) + 1;
    const char *at = memcpy(*to, text, size);

    *to += size;
    return at;
}

/* As the session has set it, or has begun with; what is no word for on is off, and whatever options say. */
static bool is_set_off(const struct client *client)
{
    static const char name[] = "sluice.cache";
    const struct params *const sets[] = {client->settings, client->params, client->startup};
    const char *value = NULL;
    bool is_on = false;

    for (size_t i = 0; i < SL_COUNT(sets) && value == NULL; i++) {
        value = params_get(sets[i], name);
    }
    if (value == NULL) {
        const char *options = params_get(client->startup, "options");
        return options != NULL && strcasestr(options, name) != NULL;
    }
    return value[0] != '\0' && (sl_parse_bool(value, &is_on) != SL_OK || !is_on);
}

static struct kind *make_kind(
        const struct client *client, const struct conf_database *line, uint16_t path)
{
    const char *database = client->pool->database->name;
    const char *user = client->pool->user->name;
    struct kind *kind =
            malloc(sizeof *kind + strlen(database) + strlen(user) + strlen(line->text) + 3);
    struct cache_session *session = kind == NULL ? NULL : make_session(client, line, path);

    if (session == NULL) {
        free(kind);
        return NULL;
    }
    char *to = kind->texts;
    kind->params = params_ref(client->params);
    kind->settings = params_ref(client->settings);
    kind->startup = params_ref(client->startup);
    kind->session = session;
    kind->path = path;
    kind->is_off = is_set_off(client);
    kind->database = append(&to, database);
    kind->user = append(&to, user);
    kind->line = append(&to, line->text);
    return kind;
}

/* With another default what follows in a pipeline may be of an older snapshot than a kept answer. */
static bool is_of_read_committed(const struct client *client)
{
    static const char name[] = "default_transaction_isolation";
    const char *set = params_get(client->settings, name);
    const char *begun = params_get(client->startup, name);
    const char *options = params_get(client->startup, "options"); /* are one text */

    return (options == NULL || strcasestr(options, name) == NULL) &&
           (set == NULL || strcmp(set, "read committed") == 0) &&
           (begun == NULL || strcmp(begun, "read committed") == 0);
}

static struct cache_session *look_for(
        const struct client *client, uint16_t path, enum cache_bypass *why)
{
    const struct conf_database *line = line_of(client);
    struct kinds *kinds = &all[client->io.worker->index];

    if (line == NULL || line->text == NULL || line->hosts_count != 1) {
        *why = CACHE_HOSTS; /* one of several may be behind another */
        return NULL;
    }
    if (!is_of_read_committed(client)) {
        *why = CACHE_SETTINGS;
        return NULL;
    }
    const uint64_t parts[] = {params_number(client->params), params_number(client->settings),
            params_number(client->startup), client->pool->database->key, client->pool->user->key,
            path};
    struct kind **place = &kinds->at[sl_hash64(sl_span(parts, sizeof parts)) % CACHING_SESSIONS];
    if (*place == NULL || !is_of(*place, client, line->text, path)) {
        forget(*place);
        *place = make_kind(client, line, path);
    }
    kinds->last = NULL;
    if (*place == NULL || (*place)->is_off) {
        *why = *place == NULL ? CACHE_NO_MEMORY : CACHE_SET_OFF;
        return NULL;
    }
    kinds->last = *place;
    (*place)->configured = kinds->configured;
    return (*place)->session;
}

/* Most often of the kind that was asked for last; all of what is looked up for one is in it. */
static struct cache_session *session_of(const struct client *client, enum cache_bypass *why)
{
    const struct kinds *kinds = &all[client->io.worker->index];
    const struct kind *last = kinds->last;
    uint16_t path = client_path_now(client);

    if (SL_LIKELY(last != NULL && last->configured == kinds->configured &&
                  is_alike(last, client, path))) {
        return last->session;
    }
    return look_for(client, path, why);
}

/* ---- what the stage asks ---- */

/* What it has set is known, and nothing of it is under way. */
static bool is_known(const struct client *client)
{
    const struct server *server = client->server;

    return !client->may_set && !client->has_unasked && client->called_at == 0 &&
           (server == NULL ||
                   (!server->may_have_left && !server->may_have_ended && server->path.kind == 0));
}

/* Statements and values of sequences of its own change nothing; to listen neither. */
static bool is_pinned(const struct client *client)
{
    const unsigned harmless = PIN_PREPARED | PIN_LISTEN | PIN_SEQUENCE;

    return (client->pins & ~harmless) != 0 || (client->keeps & ~harmless) != 0 || client->has_temp;
}

struct cache_session *caching_session(void *self, const struct stmt *stmt, enum cache_bypass *why)
{
    struct worker *worker = stmt->owner;
    struct client *client = client_find(worker, stmt->client);
    struct cache_session *session = NULL;

    (void)self;
    if (client->mode == CONF_POOL_SESSION || client->is_replication) {
        *why = CACHE_SESSION;
    } else if (SL_UNLIKELY(caching_is_one_of_two())) {
        *why = CACHE_HANDOVER;
    } else if (!is_known(client)) {
        *why = CACHE_SETTINGS;
    } else if (is_pinned(client)) {
        *why = CACHE_PINNED;
    } else {
        session = session_of(client, why);
    }
    return session;
}

static const struct whose *whose_of(const struct client *client)
{
    struct kinds *kinds = &all[client->io.worker->index];
    const struct pool *pool = client->pool;
    struct whose *whose = &kinds->whose;

    if (SL_UNLIKELY(whose->configured != kinds->configured || whose->settings != client->settings ||
                    whose->database != pool->database->key || whose->user != pool->user->key)) {
        params_unref(whose->settings);
        *whose = (struct whose){.settings = params_ref(client->settings),
                .database = pool->database->key,
                .user = pool->user->key,
                .configured = kinds->configured,
                .number = catalogs_epoch_number(line_of(client), pool->database->name),
                .role = sl_hash64(sl_span_text(role_of(client)))};
    }
    return whose;
}

/* Of whose: number, role and configured. */
static enum cache_view view_of(
        const struct whose *whose, struct database *database, uint32_t path, uint64_t *view)
{
    const bool is_doubtful = caching_watch_is_doubtful(whose->number);
    const uint64_t parts[] = {caching_watch_schema(whose->number), catalogs_moment(database),
            database->key, whose->role, path, whose->configured};

    *view = sl_hash64(sl_span(parts, sizeof parts));
    return is_doubtful ? CACHE_VIEW_DOUBTFUL : CACHE_VIEW_KNOWN;
}

enum cache_view caching_session_view(const struct stmt *stmt, uint64_t *view)
{
    const struct client *client = client_find(stmt->owner, stmt->client);

    if (client == NULL || client->pool == NULL) {
        return CACHE_VIEW_NONE;
    }
    const struct whose *whose = whose_of(client);
    return view_of(whose, client->pool->database, client_path_now(client), view);
}

bool caching_session_names(const struct stmt *stmt, struct caching_names *names)
{
    const struct client *client = client_find(stmt->owner, stmt->client);

    if (client == NULL || client->pool == NULL) {
        return false;
    }
    *names = (struct caching_names){.session = {.database = client->pool->database->name,
                                            .user = role_of(client),
                                            .path = client_path_now(client)},
            .number = whose_of(client)->number};
    return true;
}

/* ---- names that are held: of who has asked, whatever its client does since ---- */

struct cache_held {
    struct caching_names names; /* of the texts */
    char texts[];
};

struct cache_held *caching_session_hold(void *self, const struct stmt *stmt)
{
    struct caching_names names;

    (void)self;
    if (!caching_session_names(stmt, &names)) {
        return NULL;
    }
    size_t size = strlen(names.session.database) + strlen(names.session.user) + 2;
    struct cache_held *held = malloc(sizeof *held + size);
    if (held != NULL) {
        char *to = held->texts;
        names.session.database = append(&to, names.session.database);
        names.session.user = append(&to, names.session.user);
        held->names = names;
    }
    return held;
}

void caching_session_drop(void *self, struct cache_held *held)
{
    (void)self;
    free(held);
}

enum cache_view caching_session_held(
        const struct cache_held *held, unsigned worker, uint64_t view, struct caching_names *names)
{
    struct database *database = registry_find_database(held->names.session.database);
    uint64_t now = 0;

    *names = held->names;
    if (database == NULL) {
        return CACHE_VIEW_NONE;
    }
    const struct whose whose = {.number = names->number,
            .role = sl_hash64(sl_span_text(names->session.user)),
            .configured = all[worker].configured};
    enum cache_view kind = view_of(&whose, database, names->session.path, &now);
    return now == view ? kind : CACHE_VIEW_NONE;
}

/* ---- start and stop ---- */

void caching_session_configured(unsigned worker)
{
    all[worker].configured++;
}

enum sl_err caching_session_start(unsigned workers)
{
    all = calloc(workers, sizeof *all);
    all_count = all == NULL ? 0 : workers;
    for (unsigned i = 0; i < all_count; i++) {
        all[i].configured = 1;
    }
    return all == NULL ? SL_ENOMEM : SL_OK;
}

void caching_session_stop(void)
{
    for (unsigned i = 0; i < all_count; i++) {
        params_unref(all[i].whose.settings);
        for (unsigned k = 0; k < CACHING_SESSIONS; k++) {
            forget(all[i].at[k]);
        }
    }
    free(all);
    all = NULL;
    all_count = 0;
}
