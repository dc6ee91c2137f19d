/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch.h"

#include "cache/watch_inside.h"
#include "protocol/sqlstate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct watch {
    struct watch_options options; /* constant, as the next three */
    char instance[WATCH_INSTANCE_MAX + 1];
    struct watch_hooks hooks;
    struct tags *tags;
    int bell; /* an eventfd: something is new */
    pthread_t thread;
    atomic_bool is_ending;
    pthread_mutex_t lock; /* a leaf */
    unsigned count;       /* under lock, as the next */
    struct watched *list[WATCH_MAX];

    unsigned taken_count; /* the thread's, as the rest: those it has a reference of */
    struct watched *taken[WATCH_MAX];
    unsigned serial;
    unsigned fds_count; /* the first one is the bell */
    struct pollfd fds[1 + WATCH_MAX * WATCHED_WAITS_MAX];
    unsigned fds_from[WATCH_MAX + 1]; /* of each of those taken, and where the last one's end */
};

const char *watch_event_text(enum watch_event event)
{
    static const char *const texts[WATCH_EVENTS] = {"up", "lost", "failed", "refused", "asks",
            "asks not", "schema", "failover", "unknown table", "zombies", "no zombies"};

    return (unsigned)event < WATCH_EVENTS ? texts[event] : "?";
}

void watch_options_init(struct watch_options *options)
{
    *options = (struct watch_options){.instance = "sluice",
            .pid = (int)getpid(),
            .fresh_every = 20 * SL_MSEC,
            .idle_after = 10 * SL_SECOND,
            .schema_every = SL_SECOND,
            .schema_rest = 10 * SL_SECOND,
            .lag_max = 500 * SL_MSEC,
            .retry_min = 250 * SL_MSEC,
            .retry_max = 30 * SL_SECOND,
            .refused_retry = 60 * SL_SECOND,
            .answer_wait = 30 * SL_SECOND,
            .wal_max = UINT64_C(1) << 30};
}

static void ring(const struct watch *watch)
{
    uint64_t one = 1;

    if (write(watch->bell, &one, sizeof one) < 0) {
        SL_DCHECK(errno == EAGAIN); /* it rings already */
    }
}

unsigned watch_next_serial(struct watch *watch)
{
    return ++watch->serial;
}

/* ---- the thread ---- */

static bool has(struct watched *const *list, unsigned count, const struct watched *watched)
{
    for (unsigned i = 0; i < count; i++) {
        if (list[i] == watched) {
            return true;
        }
    }
    return false;
}

/* Those that were added, and not any more those that were removed. */
static void take_list(struct watch *watch)
{
    struct watched *before[WATCH_MAX];
    unsigned count = watch->taken_count;

    memcpy(before, watch->taken, count * sizeof *before);
    pthread_mutex_lock(&watch->lock);
    watch->taken_count = watch->count;
    for (unsigned i = 0; i < watch->count; i++) {
        watch->taken[i] = watch->list[i];
        if (!has(before, count, watch->taken[i])) {
            watched_ref(watch->taken[i]);
        }
    }
    pthread_mutex_unlock(&watch->lock);
    for (unsigned i = 0; i < count; i++) {
        if (!has(watch->taken, watch->taken_count, before[i])) {
            watched_close(before[i]);
            watched_unref(before[i]);
        }
    }
}

static void gather_fds(struct watch *watch)
{
    struct watch_wait waits[WATCHED_WAITS_MAX];
    unsigned count = 0;

    watch->fds[count++] = (struct pollfd){.fd = watch->bell, .events = POLLIN};
    for (unsigned i = 0; i < watch->taken_count; i++) {
        int more = watched_waits(watch->taken[i], waits);
        watch->fds_from[i] = count;
        for (int j = 0; j < more; j++) {
            watch->fds[count++] = (struct pollfd){.fd = waits[j].fd,
                    .events = (short)(waits[j].wants_write ? POLLIN | POLLOUT : POLLIN)};
        }
    }
    watch->fds_from[watch->taken_count] = count;
    watch->fds_count = count;
}

static void wait_for_something(struct watch *watch)
{
    sl_usec first = INT64_MAX;
    struct timespec left = {.tv_sec = 0};

    gather_fds(watch);
    for (unsigned i = 0; i < watch->taken_count; i++) {
        sl_usec deadline = watched_deadline(watch->taken[i]);
        first = deadline < first ? deadline : first;
    }
    sl_usec usec = first == INT64_MAX ? 0 : first - sl_now();
    if (usec > 0) {
        left.tv_sec = (time_t)(usec / SL_SECOND);
        left.tv_nsec = (long)(usec % SL_SECOND * 1000);
    }
    if (ppoll(watch->fds, watch->fds_count, first == INT64_MAX ? NULL : &left, NULL) < 0) {
        SL_DCHECK(errno == EINTR);
        for (unsigned i = 0; i < watch->fds_count; i++) {
            watch->fds[i].revents = 0;
        }
    }
}

static bool has_something(const struct watch *watch, unsigned i, sl_usec now)
{
    for (unsigned j = watch->fds_from[i]; j < watch->fds_from[i + 1]; j++) {
        if (watch->fds[j].revents != 0) {
            return true;
        }
    }
    return watched_deadline(watch->taken[i]) <= now;
}

static void turn(struct watch *watch)
{
    bool rings = watch->fds[0].revents != 0;
    uint64_t count;

    if (rings) { /* for any of them, or for another */
        SL_IGNORE(read(watch->bell, &count, sizeof count), "it does not ring any more");
        take_list(watch);
    }
    for (unsigned i = 0; i < watch->taken_count; i++) {
        sl_usec now = sl_now();
        if (rings || has_something(watch, i, now)) {
            watched_go_on(watch->taken[i], now);
        }
    }
}

static void *run(void *arg)
{
    struct watch *watch = arg;

    while (!atomic_load(&watch->is_ending)) {
        wait_for_something(watch);
        turn(watch);
    }
    return NULL;
}

/* ---- life ---- */

static bool start(struct watch *watch)
{
    sigset_t all;
    sigset_t before;

    /* Signals are the control thread's: a thread inherits what is blocked here. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&watch->thread, NULL, run, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) {
        pthread_setname_np(watch->thread, "watch");
    }
    return failed == 0;
}

struct watch *watch_new(
        const struct watch_options *options, struct tags *tags, const struct watch_hooks *hooks)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL) {
        return NULL;
    }
    watch->options = *options;
    snprintf(watch->instance, sizeof watch->instance, "%s", options->instance);
    watch->options.instance = watch->instance;
    watch->hooks = *hooks;
    watch->tags = tags;
    watch->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (watch->bell < 0) {
        free(watch);
        return NULL;
    }
    pthread_mutex_init(&watch->lock, NULL);
    if (!start(watch)) {
        pthread_mutex_destroy(&watch->lock);
        close(watch->bell);
        free(watch);
        return NULL;
    }
    return watch;
}

/* Whoever is still in the list goes as one who is removed. */
void watch_free(struct watch *watch)
{
    struct watched *left[WATCH_MAX];

    if (watch == NULL) {
        return;
    }
    atomic_store(&watch->is_ending, true);
    ring(watch);
    pthread_join(watch->thread, NULL);
    unsigned count = watch->count;
    memcpy(left, watch->list, count * sizeof *left);
    take_list(watch); /* those that came last have no reference of the thread's yet */
    watch->count = 0;
    take_list(watch);
    for (unsigned i = 0; i < count; i++) {
        watched_unref(left[i]);
    }
    pthread_mutex_destroy(&watch->lock);
    close(watch->bell);
    free(watch);
}

/* ---- one of them ---- */

/* What it was given and nobody has taken. */
static void forget_next(struct watched *watched)
{
    if (watched->next.conninfo != NULL) {
        explicit_bzero(watched->next.conninfo, strlen(watched->next.conninfo));
        free(watched->next.conninfo);
        watched->next.conninfo = NULL;
    }
}

static void dispose(struct watched *watched)
{
    forget_next(watched);
    watch_zombies_fini(&watched->zombies);
    pthread_mutex_destroy(&watched->lock);
    free(watched);
}

static struct watched *make(struct watch *watch, uint64_t database)
{
    struct watched *watched = calloc(1, sizeof *watched);

    if (watched == NULL) {
        return NULL;
    }
    watched->watch = watch;
    watched->options = &watch->options;
    watched->hooks = &watch->hooks;
    watched->tags = watch->tags;
    watched->database = database;
    watched->all = tags_of_database(watch->tags, database);
    atomic_store(&watched->refs, 1);
    atomic_store(&watched->is_idle, true);
    pthread_mutex_init(&watched->lock, NULL);
    watch_share_init(&watched->share, watch->tags, database);
    if (watch_zombies_init(&watched->zombies, watch->tags, database) != SL_OK) {
        dispose(watched);
        return NULL;
    }
    watched->zombies.self = watched;
    watched->zombies.ends = watched_settled;
    return watched;
}

static enum sl_err set_way(struct watched *watched, const struct watch_database *database)
{
    char *conninfo = strdup(database->conninfo);

    if (conninfo == NULL) {
        return SL_ENOMEM;
    }
    pthread_mutex_lock(&watched->lock);
    char *old = watched->next.conninfo;
    watched->next = (struct watch_way){.conninfo = conninfo, .is_streamed = database->is_streamed};
    pthread_mutex_unlock(&watched->lock);
    if (old != NULL) {
        explicit_bzero(old, strlen(old));
        free(old);
    }
    return SL_OK;
}

struct watched *watch_add(
        struct watch *watch, const struct watch_database *database, struct sl_error *error)
{
    struct watched *watched = make(watch, database->number);
    bool has_room;

    if (watched == NULL || set_way(watched, database) != SL_OK) {
        watched_unref(watched);
        SL_IGNORE(sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "no memory"), "below");
        return NULL;
    }
    pthread_mutex_lock(&watch->lock);
    has_room = watch->count < WATCH_MAX;
    if (has_room) {
        watch->list[watch->count++] = watched_ref(watched);
    }
    pthread_mutex_unlock(&watch->lock);
    if (!has_room) {
        watched_unref(watched);
        SL_IGNORE(sl_error_set(error, SL_ELIMIT, SL_STATE_LIMIT_EXCEEDED,
                          "the cache watches %d databases at most", WATCH_MAX),
                "below");
        return NULL;
    }
    ring(watch);
    return watched;
}

enum sl_err watch_change(
        struct watch *watch, struct watched *watched, const struct watch_database *database)
{
    SL_CHECK(database->number == watched->database);
    enum sl_err err = set_way(watched, database);

    if (err == SL_OK) {
        ring(watch);
    }
    return err;
}

void watch_remove(struct watch *watch, struct watched *watched)
{
    bool is_there = false;

    pthread_mutex_lock(&watch->lock);
    for (unsigned i = 0; i < watch->count; i++) {
        if (watch->list[i] == watched) {
            watch->list[i] = watch->list[--watch->count];
            is_there = true;
            break;
        }
    }
    pthread_mutex_unlock(&watch->lock);
    if (is_there) {
        watch_zombies_close(&watched->zombies); /* the rest by the thread */
        ring(watch);
        watched_unref(watched);
    }
}

/* ---- whoever asks ---- */

struct watched *watched_ref(struct watched *watched)
{
    atomic_fetch_add(&watched->refs, 1);
    return watched;
}

void watched_unref(struct watched *watched)
{
    if (watched != NULL && atomic_fetch_sub(&watched->refs, 1) == 1) {
        dispose(watched);
    }
}

uint64_t watched_database(const struct watched *watched)
{
    return watched->database;
}

sl_usec watched_fresh_until(const struct watched *watched)
{
    return atomic_load_explicit(&watched->fresh_until, memory_order_acquire);
}

sl_usec watched_schema_until(const struct watched *watched)
{
    return atomic_load_explicit(&watched->schema_until, memory_order_acquire);
}

uint64_t watched_schema(const struct watched *watched)
{
    return atomic_load(&watched->schema);
}

sl_usec watched_schema_at(const struct watched *watched)
{
    return atomic_load(&watched->schema_at);
}

void watched_want(struct watched *watched)
{
    if (atomic_load_explicit(&watched->is_wanted, memory_order_relaxed)) {
        return;
    }
    atomic_store(&watched->is_wanted, true);
    if (atomic_load(&watched->is_idle)) {
        ring(watched->watch);
    }
}

void watched_await(struct watched *watched)
{
    atomic_store(&watched->is_awaited, true);
    if (!atomic_exchange(&watched->wants_mark, true)) {
        ring(watched->watch);
    }
}

void watched_hint(struct watched *watched)
{
    if (!atomic_exchange(&watched->is_hinted, true)) {
        ring(watched->watch);
    }
}

void watched_learned(struct watched *watched, sl_usec then)
{
    sl_usec last = atomic_load_explicit(&watched->learned_at, memory_order_relaxed);

    while (last < then && !atomic_compare_exchange_weak(&watched->learned_at, &last, then)) {
    }
}

void watched_zombie(struct watched *watched, uint32_t pid, struct tag_set *set)
{
    watch_zombies_put(&watched->zombies, pid, set, sl_now());
    ring(watched->watch);
}

void watched_share(struct watched *watched, const struct watch_shared *of)
{
    pthread_mutex_lock(&watched->lock);
    watched->next_share = *of;
    watched->has_next_share = true;
    pthread_mutex_unlock(&watched->lock);
    ring(watched->watch);
}

void watched_want_told(struct watched *watched, struct tier_cover *cover)
{
    if (!atomic_load_explicit(&cover->wants_told, memory_order_relaxed) &&
            !atomic_exchange(&cover->wants_told, true)) {
        ring(watched->watch);
    }
}

void watched_status(struct watched *watched, struct watched_status *status)
{
    sl_usec until = watched_fresh_until(watched);

    pthread_mutex_lock(&watched->lock);
    *status = watched->status;
    pthread_mutex_unlock(&watched->lock);
    status->fresh_until = until;
    status->staleness = until == 0 ? -1 : sl_now() - until;
    status->schema_until = watched_schema_until(watched);
    status->zombies = watch_zombies_counts(&watched->zombies);
}

void watched_reset(struct watched *watched)
{
    atomic_store(&watched->wants_reset, true);
}
