/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_tier.h"

#include "cache/key.h"
#include "conf/conf.h"
#include "protocol/base/hash.h"
#include "protocol/base/log.h"
#include "proxy/address.h"
#include "proxy/caching_watch.h"
#include "proxy/dns.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 128, HOST_SIZE = 256, TEXT_SIZE = 64 };

/* ---- places: added by the control thread, and never moved ---- */

struct place {
    uint64_t database; /* constant, as the next four */
    uint64_t way;      /* a hash of all that makes it this one */
    struct watched *watched;
    struct tier_instance *instance;
    char name[NAME_SIZE];
    struct tier_cover cover;
    atomic_bool is_over; /* another one is there for it */
    atomic_uint
            speaker; /* the worker that tells the log of it, and one: the first that came; 0: none yet */
};

/* What a worker has of a place. */
struct line {
    struct tier_seat seat; /* tier: NULL: none yet, or no more */
    struct event *reads;
    struct event *writes;
    unsigned serial;
    int fd;
    unsigned worker;
    bool wants_write;
    enum tier_state told; /* in the log */
};

struct worker_tiers {
    unsigned count; /* of places that it has seen */
    struct event *timer;
    sl_usec timer_at;
    struct line lines[CACHING_PLACES];
    pthread_mutex_t lock; /* a leaf: what follows is for who shows it */
    struct tier_status shown[CACHING_PLACES];
    char why[CACHING_PLACES][TIER_WHY_MAX];
    bool is_shown[CACHING_PLACES];
    sl_usec shown_at;
};

static struct {
    atomic_uint count;
    struct place places[CACHING_PLACES];
    struct worker_tiers *workers;
    unsigned workers_count;
    struct dns_request dns;
    bool is_asking;
    bool has_told_full;
} self;

/* ---- where Redis is ---- */

struct where {
    char path[HOST_SIZE]; /* "": by address and port */
    char address[HOST_SIZE];
    int port;
};

/* "host:port", "[address]:port", "address". False: it is no such thing. */
static bool split(const char *text, char host[HOST_SIZE], int *port)
{
    const char *colon = strrchr(text, ':');
    const char *end = colon != NULL ? colon : text + strlen(text);
    char *rest = NULL;

    *port = 6379;
    if (text[0] == '[') {
        const char *close = strchr(text, ']');
        if (close == NULL || (close[1] != '\0' && close[1] != ':')) {
            return false;
        }
        colon = close[1] == ':' ? close + 1 : NULL;
        end = close;
        text++;
    }
    if (end == text || (size_t)(end - text) >= HOST_SIZE) {
        return false;
    }
    memcpy(host, text, (size_t)(end - text));
    host[end - text] = '\0';
    if (colon != NULL) {
        long number = strtol(colon + 1, &rest, 10);
        if (*rest != '\0' || number < 1 || number > 65535) {
            return false;
        }
        *port = (int)number;
    }
    return true;
}

static void resolved(struct dns_request *request, struct worker *worker)
{
    (void)request;
    (void)worker;
    self.is_asking = false; /* the next tick asks again, and is answered at once */
}

/* False: not known now. */
static bool find_where(const struct conf *conf, struct mailbox *home, struct where *where)
{
    char host[HOST_SIZE];
    struct address address;

    *where = (struct where){.port = 0};
    if (conf->cache_redis[0] == '/') {
        snprintf(where->path, sizeof where->path, "%s", conf->cache_redis);
        return true;
    }
    if (!split(conf->cache_redis, host, &where->port) || self.is_asking) {
        return false;
    }
    if (address_parse(host, where->port, &address) == SL_OK) {
        snprintf(where->address, sizeof where->address, "%s", host);
        return true;
    }
    self.dns.home = home;
    self.dns.done = resolved;
    enum dns_verdict verdict = dns_lookup(host, where->port, &self.dns);
    self.is_asking = verdict == DNS_LATER;
    if (verdict != DNS_NOW || self.dns.count == 0) {
        return false;
    }
    char text[ADDRESS_TEXT_MAX];
    snprintf(where->address, sizeof where->address, "%s",
            address_host_text(&self.dns.addresses[0], text));
    return true;
}

/* ---- the control thread ---- */

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static struct tier_instance *make_instance(const struct conf *conf, const struct where *where,
        const char *name, const struct watched_status *status)
{
    struct tier_options options;
    char semantics[TEXT_SIZE];
    char instance[HOST_SIZE + 16] = "sluice";

    tier_options_init(&options);
    if (gethostname(instance, HOST_SIZE) != 0) {
        snprintf(instance, sizeof instance, "sluice");
    }
    instance[HOST_SIZE - 1] = '\0';
    size_t len = strlen(instance);
    snprintf(instance + len, sizeof instance - len, "-%d", conf->listen_port);
    snprintf(
            semantics, sizeof semantics, "%d %s %u", KEY_VERSION, status->system, status->timeline);
    options.prefix = conf->cache_redis_prefix;
    options.database = name;
    options.instance = instance;
    options.semantics = semantics;
    options.joins = conf->cache_stream[0] != '\0';
    options.address = or_null(where->address);
    options.path = or_null(where->path);
    options.port = where->port;
    options.user = or_null(conf->cache_redis_user);
    options.password = or_null(conf->cache_redis_password);
    options.number = conf->cache_redis_database;
    options.deadline = options.ack_timeout = conf->cache_redis_timeout_usec;
    options.entry_bytes_max = (size_t)conf->cache_redis_max_result;
    return tier_instance_new(&options);
}

static uint64_t add_text(uint64_t hash, const char *text)
{
    return sl_hash64_seed(sl_span_text(text), hash);
}

static uint64_t way_of(
        const struct conf *conf, const struct where *where, const struct watched_status *status)
{
    const int64_t numbers[] = {where->port, conf->cache_redis_database,
            conf->cache_redis_timeout_usec, conf->cache_redis_max_result, status->timeline};
    uint64_t hash = sl_hash64(sl_span(numbers, sizeof numbers));

    hash = add_text(hash, where->path);
    hash = add_text(hash, where->address);
    hash = add_text(hash, conf->cache_redis_user);
    hash = add_text(hash, conf->cache_redis_password);
    hash = add_text(hash, conf->cache_redis_prefix);
    return add_text(hash, status->system);
}

/* In use for that database. */
static struct place *place_of(uint64_t database)
{
    for (unsigned i = atomic_load(&self.count); i > 0; i--) {
        struct place *place = &self.places[i - 1];
        if (place->database == database && !atomic_load(&place->is_over)) {
            return place;
        }
    }
    return NULL;
}

static void end_place(struct place *place)
{
    static const struct watch_shared none = {.instance = NULL};

    if (place != NULL) {
        atomic_store(&place->is_over, true);
        watched_share(place->watched, &none);
    }
}

static void begin_place(
        struct watched *watched, const char *name, uint64_t way, struct tier_instance *instance)
{
    unsigned count = atomic_load(&self.count);
    struct place *place = &self.places[count];

    place->database = watched_database(watched);
    place->way = way;
    place->watched = watched_ref(watched);
    place->instance = instance;
    snprintf(place->name, sizeof place->name, "%s", name);
    atomic_store(&self.count, count + 1);
    watched_share(watched,
            &(struct watch_shared){.instance = instance, .cover = &self.places[count].cover});
    sl_log(SL_LOG_INFO, "cache_redis", "db=%s names=%s", sl_log_quote(name),
            sl_log_quote(tier_instance_names(instance)));
}

static void see_to(const struct conf *conf, const struct where *where, struct watched *watched,
        const char *name)
{
    struct watched_status status;
    struct place *place = place_of(watched_database(watched));

    watched_status(watched, &status);
    if (status.system[0] == '\0') {
        return;
    }
    uint64_t way = way_of(conf, where, &status);
    if (place != NULL && place->way == way && place->watched == watched) {
        return;
    }
    end_place(place);
    if (atomic_load(&self.count) == CACHING_PLACES) {
        if (!self.has_told_full) {
            self.has_told_full = true;
            sl_log(SL_LOG_WARN, "cache_redis",
                    "reason=\"too many databases and failovers: no more until the restart\"");
        }
        return;
    }
    struct tier_instance *instance = make_instance(conf, where, name, &status);
    if (instance != NULL) {
        begin_place(watched, name, way, instance);
    }
}

void caching_tier_tick(const struct conf *conf, struct mailbox *home)
{
    struct where where;
    char name[NAME_SIZE];
    struct watched *watched = NULL;

    if (conf->cache_redis[0] == '\0') {
        for (unsigned i = 0; i < atomic_load(&self.count); i++) {
            if (!atomic_load(&self.places[i].is_over)) {
                end_place(&self.places[i]);
            }
        }
        return;
    }
    if (!find_where(conf, home, &where)) {
        return;
    }
    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        see_to(conf, &where, watched, name);
        watched_unref(watched);
    }
}

/* ---- a worker's ---- */

static void unwatch(struct line *line)
{
    if (line->reads != NULL) {
        event_free(line->reads);
    }
    if (line->writes != NULL) {
        event_free(line->writes);
    }
    line->reads = line->writes = NULL;
    line->wants_write = false;
    line->fd = -1;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    const struct line *line = arg;

    (void)fd;
    tier_go_on(line->seat.tier, sl_now(), (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

static void follow(struct line *line, struct event_base *base, const struct tier_waits *waits)
{
    if (waits->fd != line->fd || waits->serial != line->serial) {
        unwatch(line);
        line->fd = waits->fd;
        line->serial = waits->serial;
        if (waits->fd >= 0) {
            line->reads = event_new(base, waits->fd, EV_READ | EV_PERSIST, on_ready, line);
            line->writes = event_new(base, waits->fd, EV_WRITE | EV_PERSIST, on_ready, line);
            if (line->reads != NULL) { /* else it is asked when its deadlines pass */
                (void)event_add(line->reads, NULL);
            }
        }
    }
    if (line->writes != NULL && waits->wants_write != line->wants_write) {
        line->wants_write = waits->wants_write;
        (void)(waits->wants_write ? event_add(line->writes, NULL) : event_del(line->writes));
    }
}

/* Before another connection may have its number: an event is of a number. */
static void on_closes(void *line)
{
    unwatch(line);
}

static void close_line(struct line *line)
{
    unwatch(line);
    tier_free(line->seat.tier);
    line->seat.tier = NULL;
}

/* Its state has changed: that is told once. */
static void tell(struct line *line, struct place *place)
{
    struct tier_status status;
    unsigned nobody = 0;

    if (!atomic_compare_exchange_strong(&place->speaker, &nobody, line->worker + 1) &&
            nobody != line->worker + 1) {
        return; /* one of them speaks for all */
    }
    tier_status(line->seat.tier, &status);
    if (status.state == line->told || status.state == TIER_GREETING ||
            status.state == TIER_COVERING) {
        return;
    }
    line->told = status.state;
    sl_log(status.state == TIER_UP ? SL_LOG_INFO : SL_LOG_WARN, "cache_redis",
            "db=%s state=%s reason=%s", sl_log_quote(place->name), tier_state_text(status.state),
            sl_log_quote(status.state == TIER_UP ? "" : tier_why(line->seat.tier)));
}

static void open_lines(struct worker_tiers *tiers, unsigned worker)
{
    for (; tiers->count < atomic_load(&self.count); tiers->count++) {
        struct place *place = &self.places[tiers->count];
        struct line *line = &tiers->lines[tiers->count];
        *line = (struct line){.fd = -1, .worker = worker, .told = TIER_AWAY};
        line->seat.cover = &place->cover;
        line->seat.watched = place->watched;
        const struct tier_hooks hooks = {.self = line, .closes = on_closes};
        line->seat.tier = tier_new(place->instance, worker, &hooks);
        if (line->seat.tier != NULL) {
            tier_go_on(line->seat.tier, sl_now(), false, false);
        }
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct worker_tiers *tiers = arg; /* the turn that follows does it */

    (void)fd;
    (void)what;
    tiers->timer_at = 0;
}

static void set_timer(struct worker_tiers *tiers, struct event_base *base, sl_usec at, sl_usec now)
{
    if (tiers->timer == NULL) {
        tiers->timer = evtimer_new(base, on_timer, tiers);
    }
    if (tiers->timer == NULL || at == INT64_MAX ||
            (tiers->timer_at != 0 && tiers->timer_at <= at)) {
        return;
    }
    const sl_usec left = at > now ? at - now : 1;
    const struct timeval wait = {
            .tv_sec = (time_t)(left / SL_SECOND), .tv_usec = (suseconds_t)(left % SL_SECOND)};
    if (event_add(tiers->timer, &wait) == 0) {
        tiers->timer_at = at;
    }
}

static void show(struct worker_tiers *tiers, sl_usec now)
{
    if (now < tiers->shown_at + 15 * SL_MSEC) {
        return;
    }
    tiers->shown_at = now;
    pthread_mutex_lock(&tiers->lock);
    for (unsigned i = 0; i < tiers->count; i++) {
        const struct tier *tier = tiers->lines[i].seat.tier;
        tiers->is_shown[i] = tier != NULL;
        if (tier != NULL) {
            tier_status(tier, &tiers->shown[i]);
            snprintf(tiers->why[i], TIER_WHY_MAX, "%s", tier_why(tier));
        }
    }
    pthread_mutex_unlock(&tiers->lock);
}

void caching_tier_turn(unsigned worker, struct event_base *base, sl_usec now)
{
    struct worker_tiers *tiers = &self.workers[worker];
    sl_usec first = INT64_MAX;

    if (atomic_load_explicit(&self.count, memory_order_acquire) == 0) {
        return;
    }
    open_lines(tiers, worker);
    for (unsigned i = 0; i < tiers->count; i++) {
        struct line *line = &tiers->lines[i];
        struct tier_waits waits;
        if (line->seat.tier == NULL) {
            continue;
        }
        if (atomic_load(&self.places[i].is_over)) {
            close_line(line);
            continue;
        }
        tier_waits(line->seat.tier, &waits);
        if (waits.deadline <= now) {
            tier_go_on(line->seat.tier, sl_now(), false, false);
        }
        tier_flush(line->seat.tier);
        tier_waits(line->seat.tier, &waits);
        follow(line, base, &waits);
        tell(line, &self.places[i]);
        first = waits.deadline < first ? waits.deadline : first;
    }
    set_timer(tiers, base, first, now);
    show(tiers, now);
}

const struct tier_seat *caching_tier_seat(unsigned worker, uint64_t database)
{
    const struct worker_tiers *tiers = &self.workers[worker];

    for (unsigned i = tiers->count; i > 0; i--) {
        const struct line *line = &tiers->lines[i - 1];
        if (line->seat.tier != NULL && self.places[i - 1].database == database) {
            return &line->seat;
        }
    }
    return NULL;
}

void caching_tier_leave(unsigned worker)
{
    struct worker_tiers *tiers = self.workers == NULL ? NULL : &self.workers[worker];

    if (tiers == NULL) {
        return;
    }
    for (unsigned i = 0; i < tiers->count; i++) {
        close_line(&tiers->lines[i]);
    }
    if (tiers->timer != NULL) {
        event_free(tiers->timer);
        tiers->timer = NULL;
    }
}

/* ---- start, stop, and what is shown ---- */

enum sl_err caching_tier_start(unsigned workers)
{
    self.workers = calloc(workers, sizeof *self.workers);
    if (self.workers == NULL) {
        return SL_ENOMEM;
    }
    self.workers_count = workers;
    for (unsigned i = 0; i < workers; i++) {
        pthread_mutex_init(&self.workers[i].lock, NULL);
    }
    return SL_OK;
}

void caching_tier_stop(void)
{
    for (unsigned i = 0; i < atomic_load(&self.count); i++) {
        watched_unref(self.places[i].watched);
        tier_instance_free(self.places[i].instance);
    }
    atomic_store(&self.count, 0);
    for (unsigned i = 0; i < self.workers_count; i++) {
        pthread_mutex_destroy(&self.workers[i].lock);
    }
    free(self.workers);
    self.workers = NULL;
    self.workers_count = 0;
}

static void add_counts(struct tier_counts *to, const struct tier_counts *from)
{
    /* All but the last two are uint64_t, one behind the other. */
    uint64_t *sums = (uint64_t *)(void *)to;
    const uint64_t *figures = (const uint64_t *)(const void *)from;

    for (size_t i = 0; i < offsetof(struct tier_counts, lookups_now) / sizeof *sums; i++) {
        sums[i] += figures[i];
    }
    to->lookups_now += from->lookups_now;
    to->bumps_now += from->bumps_now;
}

/* The slowest, and one that is not up rather than one that is. */
static void add_status(
        struct caching_tier_sum *sum, const struct tier_status *status, const char *why)
{
    struct tier_counts counts = sum->status.counts;
    bool is_first = sum->workers++ == 0;

    add_counts(&counts, &status->counts);
    sum->up += status->state == TIER_UP;
    if (is_first || (status->state != TIER_UP && sum->status.state == TIER_UP) ||
            status->p99 > sum->status.p99) {
        sum->status = *status;
        snprintf(sum->why, sizeof sum->why, "%s", status->state == TIER_UP ? "" : why);
    }
    sum->status.counts = counts;
}

bool caching_tier_sum(uint64_t database, struct caching_tier_sum *sum)
{
    const struct place *place = place_of(database);

    *sum = (struct caching_tier_sum){.workers = 0};
    if (place == NULL) {
        return false;
    }
    const ptrdiff_t at = place - self.places;
    snprintf(sum->names, sizeof sum->names, "%s", tier_instance_names(place->instance));
    for (unsigned k = 0; k < self.workers_count; k++) {
        struct worker_tiers *tiers = &self.workers[k];
        pthread_mutex_lock(&tiers->lock);
        if (tiers->is_shown[at]) {
            add_status(sum, &tiers->shown[at], tiers->why[at]);
        }
        pthread_mutex_unlock(&tiers->lock);
    }
    return true;
}
