/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/catalogs.c - loads: one at a time for a database, a query a step.
 *
 *   look() -- due, calm, a server idle --> WAITS --ask()--> AWAY (server_load.h)
 *          or urgent, there are servers      ^                |
 *          (the first needs no calm)         '-- came_home() -'--> published | given up | failed
 *
 * A load whose database changes meanwhile is given up; what it read is of two times.
 */
#include "proxy/catalogs.h"

#include "conf/conf.h"
#include "protocol/base/hash.h"
#include "protocol/base/log.h"
#include "protocol/catalog_build.h"
#include "proxy/catalogs_paths.h"
#include "proxy/pool.h"
#include "proxy/pool_lend.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/server_load.h"
#include "proxy/tick.h"
#include "proxy/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUERY_MAX = 65536 };

#define LOOK_REST (1 * SL_SECOND) /* when nothing was due, or about to be */
#define STEP_PERIOD (50 * SL_MSEC)

struct load {
    struct load_errand errand;
    struct catalog_build *build; /* NULL: nothing is loaded */
    struct catalogs_epoch *epochs;
    unsigned epoch;
    unsigned behind_epoch;
    unsigned turn;
    bool is_of_one;
    bool is_away;
    unsigned asked; /* which worker, where there is none to choose */
    sl_usec step_at;
    sl_usec begun_at;
    sl_usec give_up_at;
};

static struct {
    bool is_on;        /* constant after start, as the next two */
    bool wants_tables; /* there is a cache */
    size_t bytes_max;  /* [stats] catalog_memory */
    struct mailbox *home;
    size_t bytes;                      /* under lock: of the snapshots in their places */
    struct load loads[CATALOGS_LOADS]; /* the control thread's, as the next */
    atomic_bool is_wanted;             /* any thread reads: functions_by_catalog */
    sl_usec look_at;
} self;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct catalogs_pace catalogs_pace = {CATALOGS_CALM, CATALOGS_LOOK, CATALOGS_RESTS};

bool catalogs_are_on(void)
{
    return self.is_on;
}

/* ---- places ---- */

void catalogs_moved(struct database *database)
{
    atomic_fetch_add(&database->catalog.turns, 1);
}

static bool is_current(const struct database *database, const struct catalogs_epoch *epochs,
        unsigned epoch, unsigned turn)
{
    return atomic_load(&epochs->count) == epoch && atomic_load(&epochs->open) == 0 &&
           atomic_load(&database->catalog.turns) == turn;
}

static bool is_usable_locked(const struct database *database)
{
    const struct catalogs_place *place = &database->catalog;

    return place->catalog != NULL && is_current(database, place->epochs, place->epoch, place->turn);
}

/* The same, of what is behind statements. */
static bool is_current_behind(const struct database *database, const struct catalogs_epoch *epochs,
        unsigned epoch, unsigned turn)
{
    return atomic_load(&epochs->behind_count) == epoch && atomic_load(&epochs->behind_open) == 0 &&
           atomic_load(&database->catalog.turns) == turn;
}

static bool is_believed(const struct database *database, const struct catalogs_epoch *epochs)
{
    const struct catalogs_place *place = &database->catalog;

    return place->catalog != NULL && place->epochs == epochs &&
           is_current_behind(database, epochs, place->behind_epoch, place->turn);
}

const struct catalog *catalogs_get(struct database *database)
{
    const struct catalog *catalog = NULL;

    pthread_mutex_lock(&lock);
    if (is_usable_locked(database)) {
        catalog = catalog_ref(database->catalog.catalog);
    }
    pthread_mutex_unlock(&lock);
    return catalog;
}

uint64_t catalogs_moment(struct database *database)
{
    const struct catalogs_place *place = &database->catalog;

    pthread_mutex_lock(&lock);
    const struct catalogs_epoch *epochs = place->epochs;
    const uint64_t parts[] = {place->loads, atomic_load(&place->turns),
            epochs == NULL ? 0 : atomic_load(&epochs->count),
            epochs == NULL ? 0 : (uint64_t)atomic_load(&epochs->open), place->catalog != NULL};
    pthread_mutex_unlock(&lock);
    return sl_hash64(sl_span(parts, sizeof parts));
}

/* ---- what functions leave ---- */

/* Of catalogs_place.plain: names and changes that were seen, in one number; never 0. */
static uint64_t moment(const struct catalogs_epoch *epochs, unsigned epoch, unsigned turn)
{
    return ((uint64_t)epoch << 32 ^ (uint64_t)catalogs_epoch_index(epochs) << 24 ^ turn) + 1;
}

/* What is wanted of the catalogue, or of a server, is that functions are known. */
static bool wants_functions(const struct server *server)
{
    return self.is_on && server->io.worker->conf->functions_by_catalog && server->epochs != NULL;
}

const struct catalog *catalogs_last(const struct server *server)
{
    const struct catalogs_place *place = &server->pool->database->catalog;
    const struct catalog *catalog = NULL;

    pthread_mutex_lock(&lock);
    if (place->catalog != NULL && place->epochs == server->epochs) {
        catalog = catalog_ref(place->catalog);
    }
    pthread_mutex_unlock(&lock);
    return catalog;
}

bool catalogs_is_awaited(const struct server *server)
{
    const struct catalogs_place *place = &server->pool->database->catalog;

    if (!wants_functions(server)) {
        return false;
    }
    pthread_mutex_lock(&lock);
    bool is_awaited = place->loads == 0 && place->failures == 0;
    pthread_mutex_unlock(&lock);
    return is_awaited;
}

/* A reference to what may be believed of a server, since when; NULL: nothing, or its own transaction changes it. */
static const struct catalog *get_of(const struct server *server, struct catalogs_belief *belief)
{
    struct database *database = server->pool->database;
    const struct catalogs_place *place = &database->catalog;
    const struct catalog *catalog = NULL;

    pthread_mutex_lock(&lock);
    if (is_believed(database, server->epochs) && server->behind == BEHIND_NOTHING) {
        catalog = catalog_ref(place->catalog);
        *belief =
                (struct catalogs_belief){place->behind_epoch, place->turn, place->is_of_one, true};
    }
    pthread_mutex_unlock(&lock);
    return catalog;
}

unsigned catalogs_effects_now(struct server *server, struct sl_span text, unsigned effects)
{
    struct catalogs_belief belief = {.is_held = false};
    struct catalogs_belief *held = &server->belief;
    const struct catalog *catalog = wants_functions(server) ? get_of(server, &belief) : NULL;

    if (catalog == NULL) {
        return effects;
    }
    bool is_same = belief.is_of_one &&
                   (!held->is_held || (held->epoch == belief.epoch && held->turn == belief.turn));
    unsigned now = is_same ? catalog_effects_of(catalog, text) : effects;
    catalog_unref(catalog);
    if ((now & EFFECTS_CALLS) != 0) {
        return effects; /* an EXECUTE's too: they are of what it executes */
    }
    *held = belief;
    /* It leaves nothing, but may take a sequence's value, and notify. */
    server_may_notify(server, false);
    return now | (effects & EFFECTS_MOVES);
}

unsigned catalogs_holds_now(struct server *server, struct sl_span text)
{
    const struct catalog *catalog = NULL;

    if (!wants_functions(server)) {
        return 0;
    }
    if (atomic_load(&server->pool->database->catalog.holds)) {
        catalog = catalogs_last(server);
    }
    bool holds = catalog_text_holds(catalog, text);
    catalog_unref(catalog);
    return holds ? EFFECTS_HOLDS : 0;
}

/* As of now, by one look that takes no lock: nothing is behind any statement of the database. */
static bool is_plain(const struct server *server, struct catalogs_belief *belief)
{
    const struct catalogs_place *place = &server->pool->database->catalog;
    const struct catalogs_epoch *epochs = server->epochs;

    belief->epoch = atomic_load(&epochs->behind_count); /* before it is seen whether one is open */
    belief->turn = atomic_load(&place->turns);
    return atomic_load(&epochs->behind_open) == 0 && server->behind == BEHIND_NOTHING &&
           atomic_load(&place->plain) == moment(epochs, belief->epoch, belief->turn);
}

bool catalogs_hides(struct server *server, struct sl_span text)
{
    struct catalogs_belief belief = {.is_held = true};

    if (!wants_functions(server)) {
        return false;
    }
    if (SL_UNLIKELY(!is_plain(server, &belief))) {
        const struct catalog *catalog = get_of(server, &belief);
        bool hides = catalog == NULL || catalog_text_leaves(catalog, text);
        catalog_unref(catalog);
        if (hides) {
            return true;
        }
    }
    if (!server->belief.is_held) {
        server->belief = belief; /* an older one is of a time when something else was known */
    }
    return false;
}

bool catalogs_doubt(struct server *server)
{
    struct catalogs_belief belief = server->belief;

    server->belief.is_held = false;
    return belief.is_held &&
           !is_current_behind(server->pool->database, server->epochs, belief.epoch, belief.turn);
}

void catalogs_status(struct database *database, struct catalogs_status *status)
{
    const struct catalogs_place *place = &database->catalog;

    pthread_mutex_lock(&lock);
    *status = (struct catalogs_status){.state = place->catalog == NULL       ? "unknown"
                                                : is_usable_locked(database) ? "loaded"
                                                                             : "stale",
            .is_believed = self.is_wanted && is_believed(database, place->epochs),
            .asked = atomic_load(&place->asked),
            .is_loading = place->is_loading,
            .loaded_at = place->loaded_at,
            .loads = place->loads,
            .failures = place->failures};
    memcpy(status->error, place->error, sizeof status->error);
    if (place->catalog != NULL) {
        status->server_version = place->catalog->server_version;
        status->schemas = place->catalog->schemas_count;
        status->relations = place->catalog->relations_count;
        status->functions = place->catalog->functions_count;
        status->roles = place->catalog->roles_count;
        status->bytes = place->catalog->bytes;
    }
    pthread_mutex_unlock(&lock);
}

void catalogs_asked(struct server *server)
{
    atomic_fetch_add_explicit(&server->pool->database->catalog.asked, 1, memory_order_relaxed);
}

/* Nothing is there any more. */
static const struct catalog *take_locked(struct catalogs_place *place)
{
    const struct catalog *old = place->catalog;

    self.bytes -= old == NULL ? 0 : old->bytes;
    place->catalog = NULL;
    atomic_store(&place->plain, 0);
    atomic_store(&place->holds, false);
    return old;
}

void catalogs_forget(struct database *database)
{
    pthread_mutex_lock(&lock);
    const struct catalog *old = take_locked(&database->catalog);
    pthread_mutex_unlock(&lock);
    catalog_unref(old);
}

/* ---- a load ---- */

static struct database *database_of(const struct load *load)
{
    return load->errand.pool->database;
}

static void end(struct load *load, const char *error)
{
    struct catalogs_place *place = &database_of(load)->catalog;

    SL_CHECK(!load->is_away);
    pthread_mutex_lock(&lock);
    place->is_loading = false;
    if (error != NULL) {
        snprintf(place->error, sizeof place->error, "%s", error);
        place->failures += error[0] != '\0';
    }
    pthread_mutex_unlock(&lock);
    sl_buf_fini(&load->errand.query);
    sl_buf_fini(&load->errand.rows);
    catalog_build_free(load->build);
    load->build = NULL;
    registry_let_go(&load->errand.pool->holders);
}

/* What changes all the time is not read all the time. */
static void rest(const struct load *load, sl_usec now)
{
    sl_usec took = catalogs_pace.rests * (now - load->begun_at);

    database_of(load)->catalog.retry_at =
            now + (took > catalogs_pace.look ? took : catalogs_pace.look);
}

static sl_usec patience_of(const struct load *load)
{
    return load->errand.is_urgent ? CATALOGS_URGENT_PATIENCE : CATALOGS_PATIENCE;
}

/* Something came between; or no server has been idle for long, then other pools come first. */
static void give_up(struct load *load, sl_usec now)
{
    if (now >= load->give_up_at) {
        load->errand.pool->catalog_at = now + patience_of(load);
        database_of(load)->catalog.retry_at = now;
    } else if (load->errand.is_urgent) {
        rest(load, now);
    } else {
        database_of(load)->catalog.retry_at = now + catalogs_pace.calm;
    }
    end(load, NULL);
}

static void fail(struct load *load, const char *why, sl_usec now)
{
    struct catalogs_place *place = &database_of(load)->catalog;
    sl_usec backoff = place->backoff * 2;

    backoff = backoff < CATALOGS_BACKOFF_MIN ? CATALOGS_BACKOFF_MIN : backoff;
    place->backoff = backoff > CATALOGS_BACKOFF_MAX ? CATALOGS_BACKOFF_MAX : backoff;
    place->retry_at = now + place->backoff;
    sl_log(SL_LOG_WARN, "catalog_not_loaded",
            self.is_wanted ? "db=%s user=%s reason=%s, again in %.0f s; without it the server is "
                             "asked behind each transaction what was left"
                           : "db=%s user=%s reason=%s, again in %.0f s",
            sl_log_quote(database_of(load)->name), sl_log_quote(load->errand.pool->user->name),
            sl_log_quote(why), (double)place->backoff / 1e6);
    end(load, why);
}

static void fail_by(struct load *load, enum sl_err err, sl_usec now)
{
    fail(load,
            err == SL_ELIMIT   ? "larger than catalog_memory"
            : err == SL_ENOMEM ? "out of memory"
                               : "not what was asked for",
            now);
}

/* Who is known now; others make it due. */
static void note_users(const struct database *database, const struct catalog *catalog)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (p->database == database) {
            p->is_in_catalog = catalog->roles_count == CATALOG_ROLES_MAX ||
                               catalog_find_role(catalog, p->user->name) != CATALOG_NONE;
        }
    }
}

/* In the place of what is there; false: there is no room, and then nothing is there. */
static bool put(const struct load *load, const struct catalog *catalog, sl_usec now)
{
    struct catalogs_place *place = &database_of(load)->catalog;

    pthread_mutex_lock(&lock);
    const struct catalog *old = take_locked(place);
    bool fits = self.bytes + catalog->bytes <= self.bytes_max;
    if (fits) {
        self.bytes += catalog->bytes;
        place->catalog = catalog;
        place->epochs = load->epochs;
        place->epoch = load->epoch;
        place->behind_epoch = load->behind_epoch;
        place->turn = load->turn;
        place->is_of_one = load->is_of_one;
        atomic_store(&place->holds, catalog->holds);
        if (catalog->leaving_names_count == 0 && !catalog->leaves_anyway &&
                !catalog->leaves_by_ddl) {
            atomic_store(&place->plain, moment(load->epochs, load->behind_epoch, load->turn));
        }
        place->loaded_at = now;
        place->loads++;
    }
    pthread_mutex_unlock(&lock);
    catalog_unref(old);
    return fits;
}

static void publish(struct load *load, sl_usec now)
{
    struct database *database = database_of(load);
    const struct catalog *catalog = NULL;

    enum sl_err err = catalog_build_end(load->build, &catalog);
    if (err != SL_OK) {
        fail_by(load, err, now);
        return;
    }
    catalogs_paths_moved(database, database->catalog.catalog, catalog);
    if (!put(load, catalog, now)) {
        catalog_unref(catalog);
        fail_by(load, SL_ELIMIT, now);
        return;
    }
    note_users(database, catalog);
    database->catalog.backoff = 0;
    rest(load, now);
    sl_log(SL_LOG_DEBUG, "catalog_loaded", "db=%s functions=%u relations=%u bytes=%zu",
            sl_log_quote(database->name), catalog->functions_count, catalog->relations_count,
            catalog->bytes);
    end(load, "");
}

/* Nothing has changed since that it is for: what is urgent is so for what is behind statements. */
static bool is_worth_it(const struct load *load)
{
    const struct database *database = database_of(load);

    return load->errand.is_urgent
                   ? is_current_behind(database, load->epochs, load->behind_epoch, load->turn)
                   : is_current(database, load->epochs, load->epoch, load->turn);
}

/* The next query, if there is a server for it now. */
static void ask(struct load *load, sl_usec now)
{
    struct pool *pool = load->errand.pool;

    if (process_shutdown() != PROCESS_RUNS || now >= load->give_up_at || !is_worth_it(load)) {
        give_up(load, now);
        return;
    }
    load->step_at = now + STEP_PERIOD;
    bool takes_next = load->errand.takes_next;
    struct worker *worker = pool_lender(pool, now, takes_next ? 0 : LOAD_REST);
    if (worker == NULL && takes_next) {
        worker = process_worker(load->asked++ % process_workers());
    }
    if (worker == NULL) {
        return;
    }
    sl_buf_reset(&load->errand.query);
    enum sl_err err = sl_buf_printf(&load->errand.query, "%s; ", catalog_build_begin);
    if (err == SL_OK) {
        err = catalog_build_query(load->build, &load->errand.query);
    }
    if (err == SL_OK) {
        err = sl_buf_put_u8(&load->errand.query, 0);
    }
    if (err != SL_OK) {
        fail_by(load, err, now);
        return;
    }
    load->is_away = true;
    server_load_send(&load->errand, worker);
}

static void read_answer(struct load *load, sl_usec now)
{
    enum sl_err err = catalog_build_rows(
            load->build, sl_buf_borrow(&load->errand.rows), load->errand.is_plain);

    if (err != SL_OK) {
        fail_by(load, err, now);
        return;
    }
    load->give_up_at = now + patience_of(load);
    if (catalog_build_is_done(load->build)) {
        publish(load, now);
    } else {
        ask(load, now);
    }
}

/* 57014: it was canceled, which is by its statement_timeout, or is as good. */
static void on_refusal(struct load *load, sl_usec now)
{
    char why[32];

    if (strcmp(load->errand.sqlstate, "57014") == 0 && catalog_build_slow_down(load->build)) {
        load->step_at = now + catalogs_pace.calm;
        return;
    }
    snprintf(why, sizeof why, "SQLSTATE %s", load->errand.sqlstate);
    fail(load, why, now);
}

static void came_home(struct load_errand *errand)
{
    struct load *load = SL_CONTAINER(errand, struct load, errand);
    sl_usec now = sl_now();

    load->is_away = false;
    if (!self.is_on) {
        return; /* the workers have stopped: catalogs_stop() has seen to it */
    }
    switch (errand->result) {
    case LOAD_DONE:
        read_answer(load, now);
        break;
    case LOAD_NO_SERVER:
        break; /* at the next step */
    case LOAD_FAILED:
        on_refusal(load, now);
        break;
    case LOAD_TOO_LONG:
        fail(load, "an answer too long", now);
        break;
    case LOAD_LOST:
        fail(load, "the server went away", now);
        break;
    }
}

/* ---- when ---- */

/* Whose pools the database has, the one that is asked first. */
static unsigned gather_users(const struct pool *pool, const char **users)
{
    unsigned count = 0;

    users[count++] = pool->user->name;
    for (struct pool *p = registry_next_pool(NULL); p != NULL && count < CATALOG_ROLES_MAX;
            p = registry_next_pool(p)) {
        if (p->database == pool->database && p != pool) {
            users[count++] = p->user->name;
        }
    }
    return count;
}

/*
 * Every statement is asked about that may leave something: not only who looks at names wants it. A
 * pool without servers has nobody who would be.
 */
static bool is_urgent(struct pool *pool, const struct catalogs_epoch *epochs)
{
    return self.is_wanted && atomic_load(&pool->mode) != CONF_POOL_SESSION &&
           pool_has_servers(pool) && !is_believed(pool->database, epochs);
}

/* Its servers do not rest: where answers are kept a busy pool waits no longer than this. */
static bool is_impatient(const struct pool *pool, sl_usec now)
{
    return self.wants_tables && pool->wanting_since != 0 &&
           now - pool->wanting_since >= catalogs_pace.calm;
}

/* False: no memory for it, or the pool is about to go. */
static bool begin(struct load *load, struct pool *pool, struct catalogs_epoch *epochs,
        const struct conf_database *db, sl_usec now)
{
    struct catalogs_place *place = &pool->database->catalog;
    const char *users[CATALOG_ROLES_MAX];

    if (!registry_hold(&pool->holders)) {
        return false;
    }
    unsigned count = gather_users(pool, users);
    load->build = catalog_build_new(&(struct catalog_build_options){.bytes_max = self.bytes_max,
            .roles = users,
            .roles_count = count,
            .wants_tables = self.wants_tables});
    if (load->build == NULL) {
        registry_let_go(&pool->holders);
        return false;
    }
    load->errand = (struct load_errand){.home = self.home,
            .done = came_home,
            .pool = pool,
            .is_urgent = is_urgent(pool, epochs)};
    load->errand.takes_next = load->errand.is_urgent || is_impatient(pool, now);
    sl_buf_init(&load->errand.query, QUERY_MAX);
    sl_buf_init(&load->errand.rows, LOAD_BYTES_MAX);
    load->turn = atomic_load(&place->turns);
    load->is_of_one = db->hosts_count == 1;
    load->epochs = epochs;
    load->epoch = atomic_load(&epochs->count); /* before whether a change is open is looked at */
    load->behind_epoch = atomic_load(&epochs->behind_count);
    load->begun_at = now;
    load->give_up_at = now + patience_of(load);
    pthread_mutex_lock(&lock);
    place->is_loading = true;
    pthread_mutex_unlock(&lock);
    ask(load, now);
    return true;
}

/*
 * Has nothing changed for a while, and is nothing about to? Where it is urgent: of what it is urgent
 * for. A while it is even then: a query of ours, however short, would keep a VACUUM right behind the
 * change from seeing that everybody sees all rows.
 */
static bool is_calm(struct catalogs_place *place, const struct catalogs_epoch *epochs,
        bool is_pressing, sl_usec now)
{
    unsigned turns = atomic_load(&place->turns);
    unsigned behind = atomic_load(&epochs->behind_count) + turns;
    unsigned epoch = atomic_load(&epochs->count) + turns;

    if (place->behind_since == 0 || place->calm_behind != behind ||
            atomic_load(&epochs->behind_open) > 0) {
        place->calm_behind = behind;
        place->behind_since = now;
    }
    if (place->calm_since == 0 || place->calm_epoch != epoch || atomic_load(&epochs->open) > 0) {
        place->calm_epoch = epoch;
        place->calm_since = now;
    }
    return now - (is_pressing ? place->behind_since : place->calm_since) >= catalogs_pace.calm;
}

/* Is its catalogue not known, or of another time? This thread alone writes the place: no lock. */
static bool is_wanting(const struct pool *pool, const struct catalogs_epoch *epochs)
{
    const struct catalogs_place *place = &pool->database->catalog;

    return atomic_load(&pool->clients) > 0 &&
           (place->catalog == NULL || place->epochs != epochs || !pool->is_in_catalog ||
                   !is_current(pool->database, epochs, place->epoch, place->turn));
}

static bool is_due(
        struct pool *pool, const struct catalogs_epoch *epochs, bool is_pressing, sl_usec now)
{
    struct catalogs_place *place = &pool->database->catalog;

    if (place->is_loading || now < place->retry_at || now < pool->catalog_at ||
            atomic_load(&pool->clients) == 0) {
        return false;
    }
    bool is_first = place->loads == 0 &&
                    atomic_load(is_pressing ? &epochs->behind_open : &epochs->open) == 0;
    bool is_calm_now = is_calm(place, epochs, is_pressing, now) || is_first;
    return is_calm_now &&
           (is_pressing || is_wanting(pool, epochs) || now - place->loaded_at >= CATALOGS_AGE);
}

static struct load *free_load(void)
{
    for (size_t i = 0; i < SL_COUNT(self.loads); i++) {
        if (self.loads[i].build == NULL && !self.loads[i].is_away) {
            return &self.loads[i];
        }
    }
    return NULL;
}

static void look(sl_usec now)
{
    const struct conf *conf = process_conf();
    struct load *load = free_load();
    bool is_one_wanting = load == NULL;

    self.is_wanted = conf->functions_by_catalog;
    catalogs_epoch_tick(now);

    for (struct pool *p = registry_next_pool(NULL); p != NULL && load != NULL;
            p = registry_next_pool(p)) {
        const struct conf_database *db = conf_find_database(conf, p->database->name);
        db = db != NULL ? db : conf->fallback_database;
        struct catalogs_epoch *epochs = catalogs_epoch_of(db, p->database->name);
        bool is_urgent_now = is_urgent(p, epochs);
        bool wants = db != NULL && is_wanting(p, epochs);
        p->wanting_since = !wants ? 0 : p->wanting_since == 0 ? now : p->wanting_since;
        is_one_wanting |= wants && now >= p->database->catalog.retry_at;
        if (db != NULL && is_due(p, epochs, is_urgent_now, now) &&
                (is_urgent_now || is_impatient(p, now) || pool_lender(p, now, LOAD_REST) != NULL)) {
            p->database->catalog.retry_at = now + catalogs_pace.calm;
            load = begin(load, p, epochs, db, now) ? free_load() : load;
        }
    }
    self.look_at = now + (is_one_wanting || self.is_wanted ? catalogs_pace.look : LOOK_REST);
    conf_unref(conf);
}

void catalogs_tick(sl_usec now)
{
    if (!self.is_on || process_is_suspended() || process_shutdown() != PROCESS_RUNS) {
        return;
    }
    for (size_t i = 0; i < SL_COUNT(self.loads); i++) {
        struct load *load = &self.loads[i];
        if (load->build != NULL && now >= load->step_at) {
            load->is_away = load->is_away && !server_load_recall(&load->errand);
            load->step_at = now + STEP_PERIOD;
            if (!load->is_away) {
                ask(load, now);
            }
        }
    }
    if (now >= self.look_at) {
        look(now);
    }
}

sl_usec catalogs_next(void)
{
    sl_usec next = self.look_at;

    if (!self.is_on || process_is_suspended() || process_shutdown() != PROCESS_RUNS) {
        return TICK_NEVER;
    }
    for (size_t i = 0; i < SL_COUNT(self.loads); i++) {
        const struct load *load = &self.loads[i];
        bool may_wait = !load->is_away || load->errand.takes_next;
        if (load->build != NULL && may_wait && load->step_at < next) {
            next = load->step_at;
        }
    }
    return next;
}

/* ---- start and stop ---- */

void catalogs_start(const struct conf *conf)
{
    self.bytes_max = (size_t)conf->stats_catalog_memory;
    self.is_on = conf->stats_mode != 0 && self.bytes_max > 0;
    self.wants_tables = conf->cache_mode != CONF_CACHE_OFF;
}

void catalogs_home(struct mailbox *home)
{
    self.home = home;
}

void catalogs_stop(void)
{
    self.is_on = false;
    for (size_t i = 0; i < SL_COUNT(self.loads); i++) {
        struct load *load = &self.loads[i];
        if (load->build != NULL) {
            (void)server_load_recall(&load->errand);
            load->is_away = false; /* its letter is in the mailbox at most, and finds it ended */
            end(load, NULL);
        }
    }
}
