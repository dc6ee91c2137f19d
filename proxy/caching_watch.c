/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_watch.h"

#include "conf/conf.h"
#include "conf/users.h"
#include "protocol/base/buf.h"
#include "protocol/base/hash.h"
#include "protocol/base/log.h"
#include "proxy/catalogs_epoch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { CONNINFO_MAX = 4096, NAME_SIZE = 128 };

struct place {
    uint64_t number;            /* of the database's name */
    uint64_t node;              /* of its server */
    uint64_t way;               /* a hash of its conninfo */
    atomic_bool is_streamed;    /* any thread, as the next */
    _Atomic sl_usec doubted_at; /* 0: never */
    char name[NAME_SIZE];
    struct watched *watched;
    const struct catalog *catalog;
    sl_usec learned; /* it was got after that */
};

/* Places are only added: number, node and watched are any thread's below count. The rest is under lock. */
static struct {
    struct watch *watch; /* constant while there are workers */
    atomic_uint count;
    struct place places[WATCH_MAX];
} self;

/* While answers are given: who has just seen something from its server waits for it (cache/floors.h). */
#define FRESH_EVERY (5 * SL_MSEC)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- what the watch asks and says ---- */

static const struct catalog *catalog_of(void *none, uint64_t database)
{
    const struct catalog *catalog = NULL;

    (void)none;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < self.count && catalog == NULL; i++) {
        if (self.places[i].number == database && self.places[i].catalog != NULL) {
            catalog = catalog_ref(self.places[i].catalog);
        }
    }
    pthread_mutex_unlock(&lock);
    return catalog;
}

static void moved(void *none, uint64_t database)
{
    (void)none;
    catalogs_epoch_moved(database);
}

static void event(
        void *none, const struct watched *watched, enum watch_event what, const char *text)
{
    bool is_bad = what == WATCH_LOST || what == WATCH_FAILED || what == WATCH_REFUSED ||
                  what == WATCH_ASKS_NOT || what == WATCH_FAILOVER;
    char name[NAME_SIZE] = "";

    (void)none;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < self.count; i++) {
        if (self.places[i].number == watched_database(watched)) {
            memcpy(name, self.places[i].name, sizeof name);
        }
    }
    pthread_mutex_unlock(&lock);
    sl_log(is_bad ? SL_LOG_WARN : SL_LOG_INFO, "cache_watch", "db=%s what=%s reason=%s",
            sl_log_quote(name), sl_log_quote(watch_event_text(what)), sl_log_quote(text));
}

/* ---- places ---- */

static enum sl_err put(struct sl_buf *buf, const char *key, const char *value)
{
    enum sl_err err = sl_buf_printf(buf, "%s='", key);

    for (const char *at = value; *at != '\0' && err == SL_OK; at++) {
        err = *at == '\'' || *at == '\\' ? sl_buf_put_u8(buf, '\\') : SL_OK;
        err = err == SL_OK ? sl_buf_put_u8(buf, (uint8_t)*at) : err;
    }
    return err == SL_OK ? sl_buf_put(buf, "' ", 2) : err;
}

static const char *password_of(const struct caching_where *where)
{
    const struct users_entry *user =
            where->line->password != NULL ? NULL : users_find(where->conf->users, where->user);

    if (where->line->password != NULL) {
        return where->line->password;
    }
    return user != NULL && user->kind == USERS_SECRET_PLAIN ? user->secret : NULL;
}

static const char *dbname_of(const struct caching_where *where)
{
    return where->line->dbname != NULL ? where->line->dbname : where->database;
}

/* What [cache] stream says comes last, and so holds. */
static enum sl_err put_conninfo(struct sl_buf *buf, const struct caching_where *where)
{
    const struct conf_host *host = &where->line->hosts[0];
    const char *password = password_of(where);
    bool is_streamed = where->conf->cache_stream[0] != '\0';
    enum sl_err err = put(buf, "host", host->host);

    err = err == SL_OK ? sl_buf_printf(buf, "port=%d ", host->port) : err;
    err = err == SL_OK ? put(buf, "dbname", dbname_of(where)) : err;
    if (is_streamed) {
        err = err == SL_OK ? sl_buf_printf(buf, "%s", where->conf->cache_stream) : err;
    } else {
        err = err == SL_OK ? put(buf, "user", where->user) : err;
        err = err == SL_OK && password != NULL ? put(buf, "password", password) : err;
    }
    return err == SL_OK ? sl_buf_put_u8(buf, '\0') : err;
}

static struct place *find_locked(uint64_t number, uint64_t node)
{
    for (unsigned i = 0; i < self.count; i++) {
        if (self.places[i].number == number && self.places[i].node == node) {
            return &self.places[i];
        }
    }
    return NULL;
}

static struct watched *take_locked(
        const struct caching_where *where, uint64_t number, uint64_t node, const char *conninfo)
{
    const struct watch_database database = {.conninfo = conninfo,
            .number = number,
            .is_streamed = where->conf->cache_stream[0] != '\0'};
    uint64_t way = sl_hash64(sl_span_text(conninfo));
    struct place *place = find_locked(number, node);
    struct sl_error error;

    if (place != NULL && (place->way == way || !database.is_streamed)) {
        return watched_ref(place->watched); /* whoever it is asks as well as another */
    }
    if (place != NULL) {
        bool is_changed = watch_change(self.watch, place->watched, &database) == SL_OK;
        place->way = is_changed ? way : place->way;
        atomic_store(&place->is_streamed, is_changed);
        return watched_ref(place->watched);
    }
    struct watched *watched =
            self.count == WATCH_MAX ? NULL : watch_add(self.watch, &database, &error);
    if (watched == NULL) {
        return NULL;
    }
    place = &self.places[self.count];
    place->number = number;
    place->node = node;
    place->way = way;
    place->watched = watched;
    atomic_store(&place->is_streamed, database.is_streamed);
    snprintf(place->name, sizeof place->name, "%s", where->database);
    atomic_fetch_add(&self.count, 1);
    return watched_ref(watched);
}

struct watched *caching_watch_of(const struct caching_where *where)
{
    const struct conf_host *host = &where->line->hosts[0];
    uint64_t number = catalogs_epoch_number(where->line, where->database);
    uint64_t node = sl_hash64_seed(sl_span_text(host->host), (uint64_t)host->port);
    struct watched *watched = NULL;
    struct sl_buf conninfo;

    sl_buf_init(&conninfo, CONNINFO_MAX);
    if (put_conninfo(&conninfo, where) == SL_OK) {
        pthread_mutex_lock(&lock);
        watched = take_locked(where, number, node, (const char *)sl_buf_borrow(&conninfo).at);
        pthread_mutex_unlock(&lock);
    }
    sl_buf_fini(&conninfo);
    return watched;
}

struct watched *caching_watch_streamed(uint64_t database, uint64_t node)
{
    unsigned count = atomic_load_explicit(&self.count, memory_order_acquire);

    for (unsigned i = 0; i < count; i++) {
        struct place *place = &self.places[i];
        if (place->number == database && place->node == node) {
            return atomic_load_explicit(&place->is_streamed, memory_order_relaxed) ? place->watched
                                                                                   : NULL;
        }
    }
    return NULL;
}

void caching_watch_learn(uint64_t database, const struct catalog *catalog, sl_usec then)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < self.count; i++) {
        struct place *place = &self.places[i];
        if (place->number != database || then < place->learned) {
            continue; /* another has got one later, and was here before */
        }
        if (place->catalog != catalog) {
            catalog_unref(place->catalog);
            place->catalog = catalog_ref(catalog);
        }
        place->learned = then;
        watched_learned(place->watched, then);
    }
    pthread_mutex_unlock(&lock);
}

/* Of two workers at once the later doubt stays. */
static void doubt_since(struct place *place, sl_usec now)
{
    sl_usec last = atomic_load(&place->doubted_at);

    while (last < now && !atomic_compare_exchange_weak(&place->doubted_at, &last, now)) {
    }
}

void caching_watch_doubt(uint64_t database, uint64_t node)
{
    unsigned count = atomic_load(&self.count);

    for (unsigned i = 0; i < count; i++) {
        struct place *place = &self.places[i];
        if (place->number == database && place->node == node) {
            doubt_since(place, sl_now());
            watched_hint(place->watched);
        }
    }
}

bool caching_watch_is_doubtful(uint64_t database)
{
    unsigned count = atomic_load(&self.count);

    for (unsigned i = 0; i < count; i++) {
        struct place *place = &self.places[i];
        sl_usec doubted = atomic_load(&place->doubted_at);
        if (place->number == database && doubted != 0 &&
                watched_schema_until(place->watched) <= doubted) {
            return true;
        }
    }
    return false;
}

uint64_t caching_watch_schema(uint64_t database)
{
    unsigned count = atomic_load(&self.count);
    uint64_t changes = 0;

    for (unsigned i = 0; i < count; i++) {
        if (self.places[i].number == database) {
            changes += watched_schema(self.places[i].watched);
        }
    }
    return changes;
}

uint64_t caching_watch_settled(uint64_t database, sl_usec now)
{
    unsigned count = atomic_load(&self.count);
    uint64_t changes = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct watched *watched = self.places[i].watched;
        if (self.places[i].number != database) {
            continue;
        }
        changes += watched_schema(watched);
        if (watched_schema_until(watched) == 0 || now - watched_schema_at(watched) < SL_SECOND) {
            return 0;
        }
    }
    return changes;
}

bool caching_watch_is_looked_at(uint64_t database, sl_usec now)
{
    unsigned count = atomic_load(&self.count);
    bool is_so = false;

    for (unsigned i = 0; i < count; i++) {
        sl_usec until = watched_schema_until(self.places[i].watched);
        if (self.places[i].number == database &&
                (until == 0 || until + CACHING_WATCH_AGE_MAX < now)) {
            return false;
        }
        is_so = is_so || self.places[i].number == database;
    }
    return is_so;
}

void caching_watch_lost(uint64_t database, uint64_t node, uint32_t pid, struct tag_set *set)
{
    pthread_mutex_lock(&lock);
    const struct place *place = find_locked(database, node);
    struct watched *watched = place == NULL ? NULL : watched_ref(place->watched);
    pthread_mutex_unlock(&lock);
    if (watched != NULL) {
        watched_zombie(watched, pid, set);
        watched_unref(watched);
        return;
    }
    set->has_begun = false; /* nobody can tell when it is over: it is pending for good */
    tag_set_fini(set);
}

struct watched *caching_watch_at(unsigned i, char *name, size_t size)
{
    struct watched *watched = NULL;

    pthread_mutex_lock(&lock);
    if (i < self.count) {
        watched = watched_ref(self.places[i].watched);
        snprintf(name, size, "%s", self.places[i].name);
    }
    pthread_mutex_unlock(&lock);
    return watched;
}

bool caching_watch_joins(void)
{
    struct watched_status status;
    struct watched *watched = NULL;
    char name[NAME_SIZE];
    bool joins = false;

    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        watched_status(watched, &status);
        joins = joins || (status.is_streamed && (!status.shares || status.joins));
        watched_unref(watched);
    }
    return joins;
}

/* ---- start and stop ---- */

enum sl_err caching_watch_start(
        struct tags *tags, const struct rowsets *rowsets, void (*fresh)(void *self))
{
    const struct watch_hooks hooks = {
            .catalog = catalog_of, .moved = moved, .fresh = fresh, .event = event};
    struct watch_options options;

    watch_options_init(&options);
    options.fresh_every = FRESH_EVERY;
    options.rowsets = rowsets;
    self.watch = watch_new(&options, tags, &hooks);
    return self.watch == NULL ? SL_ENOMEM : SL_OK;
}

void caching_watch_stop(void)
{
    watch_free(self.watch);
    self.watch = NULL;
    for (unsigned i = 0; i < self.count; i++) {
        watched_unref(self.places[i].watched);
        catalog_unref(self.places[i].catalog);
    }
    self.count = 0;
}
