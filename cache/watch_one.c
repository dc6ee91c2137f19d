/* SPDX-License-Identifier: PostgreSQL */
/* One database of those that are watched: its stream, what that says, and what is told of it. */
#include "cache/watch_inside.h"
#include "cache/watch_tags.h"
#include "protocol/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WANTED_LOOK SL_SECOND
#define MOVED_GAP_MIN SL_SECOND
#define MOVED_GAP_MAX (60 * SL_SECOND)

/* ---- what is told ---- */

void watched_tell(struct watched *watched, enum watch_event event, const char *text)
{
    if (watched->hooks->event != NULL) {
        watched->hooks->event(watched->hooks->self, watched, event, text);
    }
}

/* What was decoded until now, and is not over, may have tags of before. */
static void tell_moved(struct watched *watched)
{
    watched->has_unknown = false;
    watched->moved_at = watched->now;
    watched->hooks->moved(watched->hooks->self, watched->database);
    watched->moved_told_at = sl_now();
    if (watched->stream != NULL && !stream_is_quiet(watched->stream)) {
        watch_share_dim(&watched->share);
    }
}

/* The catalogue that changes are decoded by was read behind all that is known to have changed it. */
static bool has_learned(const struct watched *watched)
{
    return atomic_load(&watched->learned_at) > watched->moved_told_at;
}

void watched_make_stale(struct watched *watched)
{
    tags_begin(watched->tags, watched->all);
    tags_end(watched->tags, watched->all);
}

/*
 * The count first, then `moved`, so that from the database's new version on nobody has the schema of before:
 * what is kept by that is of a clock before it.
 */
void watched_schema_changed(struct watched *watched, bool is_first)
{
    atomic_store(&watched->schema_at, sl_now());
    atomic_fetch_add(&watched->schema, 1);
    tell_moved(watched);
    watched_make_stale(watched);
    watched->moved_gap = MOVED_GAP_MIN;
    watched->has_told_unknown = false;
    if (!is_first) {
        watched->schema_changes++;
        watched_tell(watched, WATCH_SCHEMA, "");
    }
}

void watched_schema_is_of(struct watched *watched, sl_usec then)
{
    atomic_store(&watched->schema_until, then);
}

void watched_know_server(struct watched *watched, const char *system, uint32_t timeline)
{
    char text[2 * sizeof watched->system + 64];
    bool is_known = watched->system[0] != '\0';

    if (is_known && strcmp(watched->system, system) == 0 && watched->timeline == timeline) {
        return;
    }
    snprintf(text, sizeof text, "system %s timeline %u, was %s timeline %u", system, timeline,
            watched->system, watched->timeline);
    snprintf(watched->system, sizeof watched->system, "%s", system);
    watched->timeline = timeline;
    if (is_known) {
        watched->failovers++;
        atomic_store(&watched->schema_at, sl_now());
        atomic_fetch_add(&watched->schema, 1);
        tell_moved(watched);
        watched_make_stale(watched);
        watched_tell(watched, WATCH_FAILOVER, text);
    }
}

/* ---- what the stream says ---- */

/*
 * A table that is not in what is known is asked about first. If the schema is as it was, the catalogue was
 * not read well, or not at all: that is told, but later and later.
 */
static void note_unknown(struct watched *watched)
{
    watched->unknown_tables++;
    if (!watched->has_unknown) {
        watched->has_unknown = true;
        watch_schema_hint(&watched->questions);
    }
    if (!watched->has_told_unknown) {
        watched->has_told_unknown = true;
        watched_tell(watched, WATCH_UNKNOWN, "");
    }
}

static void hear_change(void *self, const struct decode_change *change, struct tag_set *set)
{
    struct watched *watched = self;
    const struct watch_place place = {.tags = watched->tags,
            .rowsets = watched->options->rowsets,
            .database = watched->database,
            .catalog = watched->hooks->catalog(watched->hooks->self, watched->database)};

    if (!watch_tags_of_change(&place, change, set)) {
        note_unknown(watched);
    } else if (!has_learned(watched)) {
        watch_share_dim(&watched->share);
    }
    catalog_unref(place.catalog);
}

static void hear_begun(void *self, uint32_t xid, const struct tag_set *set)
{
    struct watched *watched = self;

    (void)xid;
    watch_share_begun(&watched->share, set);
}

static void hear_ends(void *self, uint32_t xid, struct tag_set *set)
{
    struct watched *watched = self;

    (void)xid;
    watch_share_ends(&watched->share, set);
}

void watched_settled(void *self, struct tag_set *set)
{
    struct watched *watched = self;

    watch_share_ends(&watched->share, set);
}

static void hear_empty(void *self)
{
    struct watched *watched = self;

    watch_schema_hint(&watched->questions);
}

/* The same reason once, however often it is tried. */
static void tell_failure(struct watched *watched, enum watch_event event, const char *text)
{
    uint64_t reason = sl_hash64_seed(sl_span_text(text), (uint64_t)event);

    if (watched->told != reason) {
        watched->told = reason;
        watched_tell(watched, event, text);
    }
}

static void hear_event(void *self, enum stream_event event)
{
    struct watched *watched = self;
    const struct stream_server *server = stream_server(watched->stream);
    const struct sl_error *error = stream_error(watched->stream);

    switch (event) {
    case STREAM_EVENT_UP:
        watched->told = 0;
        watched_know_server(watched, server->system, server->timeline);
        watched_tell(watched, WATCH_UP, server->slot);
        break;
    case STREAM_EVENT_LOST:
        atomic_store(&watched->fresh_until, 0);
        watched_tell(watched, WATCH_LOST, error->text);
        break;
    case STREAM_EVENT_FAILED:
        tell_failure(watched, WATCH_FAILED, error->text);
        break;
    case STREAM_EVENT_REFUSED:
        tell_failure(watched, WATCH_REFUSED, stream_refusal_text(stream_refusal(watched->stream)));
        break;
    }
}

/* ---- a way ---- */

static void forget_way(struct watch_way *way)
{
    if (way->conninfo != NULL) {
        explicit_bzero(way->conninfo, strlen(way->conninfo));
        free(way->conninfo);
    }
    *way = (struct watch_way){.conninfo = NULL};
}

static void open_stream(struct watched *watched, sl_usec now)
{
    const struct watch_options *ours = watched->options;
    const struct stream_sink sink = {.self = watched,
            .change = hear_change,
            .event = hear_event,
            .empty = hear_empty,
            .begun = hear_begun,
            .ends = hear_ends};
    struct stream_options options;
    char instance[WATCH_INSTANCE_MAX + 16];

    stream_options_init(&options);
    snprintf(instance, sizeof instance, "%.*s_%u", WATCH_INSTANCE_MAX, ours->instance,
            watch_next_serial(watched->watch));
    options.conninfo = watched->way.conninfo;
    options.instance = instance;
    options.pid = ours->pid;
    options.database = watched->database;
    options.fresh_every = atomic_load(&watched->is_idle) ? 0 : ours->fresh_every;
    options.lag_max = ours->lag_max;
    options.query_wait = ours->answer_wait;
    options.retry_min = ours->retry_min;
    options.retry_max = ours->retry_max;
    options.refused_retry = ours->refused_retry;
    options.wal_max = ours->wal_max;
    watched->stream = stream_new(&options, &sink, watched->tags);
    watched->stream_retry_at = now + ours->retry_max; /* there was no memory */
}

/* What was pending by it ends; of what was kept nobody would be told. */
static void close_stream(struct watched *watched)
{
    struct stream_counts counts;

    atomic_store(&watched->fresh_until, 0);
    if (watched->stream == NULL) {
        return;
    }
    stream_counts(watched->stream, &counts);
    watched->changes_before += counts.changes;
    tags_begin(watched->tags, watched->all);
    stream_free(watched->stream);
    tags_end(watched->tags, watched->all);
    watched->stream = NULL;
}

static void begin_anew(struct watched *watched)
{
    const struct watch_options *options = watched->options;

    close_stream(watched);
    watch_ask_close(watched);
    atomic_fetch_add(&watched->schema, 1);
    atomic_store(&watched->schema_until, 0);
    watched_make_stale(watched);
    watch_schema_init(&watched->questions, options->schema_every, options->schema_rest);
    watched->questions.is_wanted = !atomic_load(&watched->is_idle);
    watched->ask.retry_at = 0;
    watched->ask.retry_gap = options->retry_min;
    watched->stream_retry_at = 0;
    watched->told = watched->ask.told = 0;
    watched->system[0] = '\0';
    watched->moved_gap = MOVED_GAP_MIN;
}

static void take_way(struct watched *watched)
{
    pthread_mutex_lock(&watched->lock);
    struct watch_way next = watched->next;
    watched->next = (struct watch_way){.conninfo = NULL};
    pthread_mutex_unlock(&watched->lock);
    if (next.conninfo != NULL) {
        forget_way(&watched->way);
        watched->way = next;
        begin_anew(watched);
    }
}

/* ---- who wants it ---- */

static void set_idle(struct watched *watched, bool is_idle)
{
    atomic_store(&watched->is_idle, is_idle);
    watched->questions.is_wanted = !is_idle;
    watched->fresh_since = is_idle ? 0 : watched->now;
    if (watched->stream != NULL) {
        stream_want(watched->stream, is_idle ? 0 : watched->options->fresh_every);
    }
}

/* is_idle is there before the flag is looked at: whoever wants it then sees it, or is seen. */
static void look_at_wanted(struct watched *watched)
{
    bool was_idle = atomic_load(&watched->is_idle);

    if (atomic_exchange(&watched->is_hinted, false)) {
        watch_schema_hint(&watched->questions);
    }
    if (!was_idle && watched->now < watched->wanted_looked_at + WANTED_LOOK) {
        return;
    }
    watched->wanted_looked_at = watched->now;
    if (atomic_exchange(&watched->is_wanted, false)) {
        watched->wanted_at = watched->now;
        if (was_idle) {
            set_idle(watched, false);
        }
    } else if (!was_idle && watched->now - watched->wanted_at >= watched->options->idle_after) {
        set_idle(watched, true);
        if (atomic_load(&watched->is_wanted)) {
            set_idle(watched, false);
        }
    }
}

/* ---- what was seen ---- */

/* Just before the clock moves it is the oldest. */
static void look_at_staleness(struct watched *watched)
{
    sl_usec until = atomic_load(&watched->fresh_until);

    if (atomic_exchange(&watched->wants_reset, false)) {
        watched->staleness_max = 0;
    }
    if (until != 0 && watched->fresh_since != 0 && until >= watched->fresh_since) {
        sl_usec staleness = sl_now() - until;
        watched->staleness_max =
                staleness > watched->staleness_max ? staleness : watched->staleness_max;
    }
}

static void look_at_zombies(struct watched *watched)
{
    struct watch_zombie_counts counts = watch_zombies_counts(&watched->zombies);
    bool has_any = counts.now > 0;

    if (counts.is_full && !watched->has_told_full) {
        watched->has_told_full = true;
        watched_tell(watched, WATCH_ZOMBIES, "too many: nothing of the database is kept any more");
    }
    if (has_any != watched->has_zombies) {
        watched->has_zombies = has_any;
        watched_tell(watched, has_any ? WATCH_ZOMBIES : WATCH_NO_ZOMBIES, "");
    }
}

/* Only after the question that it was a reason for was answered. */
static void look_at_unknown(struct watched *watched)
{
    const struct watch_schema *questions = &watched->questions;

    if (watched->has_unknown && !questions->has_reason && watched->ask.job == ASK_IDLE &&
            watched->now >= watched->moved_at + watched->moved_gap) {
        watched->moved_gap *= 2;
        if (watched->moved_gap > MOVED_GAP_MAX) {
            watched->moved_gap = MOVED_GAP_MAX;
        }
        tell_moved(watched);
    }
}

static void publish(struct watched *watched)
{
    struct watched_status *status = &watched->status;
    const struct stream *stream = watched->stream;

    pthread_mutex_lock(&watched->lock);
    status->is_streamed = watched->way.is_streamed;
    status->error[0] = '\0';
    if (stream != NULL) {
        status->state = stream_state(stream);
        status->refusal = stream_refusal(stream);
        if (status->state == STREAM_LOST || status->state == STREAM_REFUSED) {
            snprintf(status->error, sizeof status->error, "%s", stream_error(stream)->text);
        }
        stream_counts(stream, &status->counts);
        status->server = *stream_server(stream);
    }
    status->staleness_max = watched->staleness_max;
    snprintf(status->system, sizeof status->system, "%s", watched->system);
    status->timeline = watched->timeline;
    status->shares = watched->share.tier != NULL;
    status->share = watched->share.counts;
    if (status->shares) {
        tier_status(watched->share.tier, &status->tier);
        tier_listen_counts(watched->share.listen, &status->listen);
        status->listens = tier_listen_is_up(watched->share.listen);
        status->joins = watch_join_is_under_way(&watched->share);
        status->has_joined = watched->share.joins.has_joined;
        status->start = watch_join_text(&watched->share);
        snprintf(status->tier_why, sizeof status->tier_why, "%s", tier_why(watched->share.tier));
    }
    status->is_asking = watched->ask.job >= ASK_IDLE;
    snprintf(status->asks_error, sizeof status->asks_error, "%s",
            watched->ask.has_failed ? watched->ask.error.text : "");
    status->schema_took = 0;
    for (int i = 0; i < CATALOG_CHANGES_COUNT; i++) {
        sl_usec took = watched->questions.questions[i].took;
        status->schema_took = took > status->schema_took ? took : status->schema_took;
    }
    status->schema_changes = watched->schema_changes;
    status->schema_questions = watched->schema_questions;
    status->failovers = watched->failovers;
    status->unknown_tables = watched->unknown_tables;
    status->changes = watched->changes_before + (stream == NULL ? 0 : status->counts.changes);
    pthread_mutex_unlock(&watched->lock);
}

/* ---- the second tier ---- */

static void take_share(struct watched *watched)
{
    struct watch_shared next = {.instance = NULL};

    pthread_mutex_lock(&watched->lock);
    bool has_next = watched->has_next_share;
    if (has_next) {
        next = watched->next_share;
        watched->has_next_share = false;
    }
    pthread_mutex_unlock(&watched->lock);
    if (has_next && next.instance == NULL) {
        watch_share_close(&watched->share);
    } else if (has_next) {
        watch_share_open(&watched->share, &next, WATCH_WORKER);
    }
}

/* What another has done may have been DDL. */
static void go_on_sharing(struct watched *watched)
{
    struct watch_share *share = &watched->share;

    share->fresh_until = watched->stream == NULL ? 0 : stream_fresh_until(watched->stream);
    share->schema_until = atomic_load(&watched->schema_until);
    share->is_streamed = watched->way.is_streamed && share->fresh_until != 0;
    if (share->is_streamed && has_learned(watched) && stream_is_quiet(watched->stream)) {
        watch_share_is_clear(share);
    }
    watch_share_go_on(share, watched->now, atomic_load(&watched->is_idle));
    if (share->wants_look) {
        atomic_store(&watched->is_wanted, true);
    }
    if (share->is_told_all || share->wants_look) {
        share->is_told_all = share->wants_look = false;
        watch_schema_hint(&watched->questions);
    }
}

/* ---- going on ---- */

static void move_clock(struct watched *watched)
{
    const sl_usec fresh_until = stream_fresh_until(watched->stream);

    if (atomic_exchange(&watched->fresh_until, fresh_until) < fresh_until &&
            watched->hooks->fresh != NULL && atomic_exchange(&watched->is_awaited, false)) {
        watched->hooks->fresh(watched->hooks->self);
    }
}

static void go_on_streaming(struct watched *watched)
{
    if (watched->stream == NULL) {
        if (!watched->way.is_streamed || watched->now < watched->stream_retry_at) {
            return;
        }
        open_stream(watched, watched->now);
    }
    if (watched->stream != NULL) {
        if (atomic_exchange(&watched->wants_mark, false)) {
            stream_mark(watched->stream);
        }
        stream_go_on(watched->stream, watched->now);
        look_at_staleness(watched);
        move_clock(watched);
    }
}

void watched_go_on(struct watched *watched, sl_usec now)
{
    watched->now = now;
    take_way(watched);
    take_share(watched);
    look_at_wanted(watched);
    go_on_streaming(watched);
    go_on_sharing(watched);
    watch_ask_go_on(watched, now);
    look_at_unknown(watched);
    look_at_zombies(watched);
    publish(watched);
}

int watched_waits(const struct watched *watched, struct watch_wait waits[WATCHED_WAITS_MAX])
{
    struct stream_wait streams[STREAM_WAITS_MAX];
    struct tier_waits shares[SHARE_WAITS_MAX];
    int count = watched->stream == NULL ? 0 : stream_waits(watched->stream, streams);

    for (int i = 0; i < count; i++) {
        waits[i] = (struct watch_wait){.fd = streams[i].fd, .wants_write = streams[i].wants_write};
    }
    if (watched->ask.conn != NULL) {
        waits[count++] = (struct watch_wait){
                .fd = pgconn_fd(watched->ask.conn), .wants_write = watched->ask.wants_write};
    }
    int shares_count = watch_share_waits(&watched->share, shares);
    for (int i = 0; i < shares_count; i++) {
        waits[count++] =
                (struct watch_wait){.fd = shares[i].fd, .wants_write = shares[i].wants_write};
    }
    return count;
}

sl_usec watched_deadline(struct watched *watched)
{
    sl_usec ask = watch_ask_deadline(watched);
    sl_usec stream = INT64_MAX;

    if (watched->stream != NULL) {
        stream = stream_deadline(watched->stream);
    } else if (watched->way.is_streamed) {
        stream = watched->stream_retry_at;
    }
    sl_usec share = watch_share_deadline(&watched->share);
    stream = share < stream ? share : stream;
    return ask < stream ? ask : stream;
}

void watched_close(struct watched *watched)
{
    close_stream(watched);
    watch_ask_close(watched);
    watch_share_close(&watched->share);
    atomic_store(&watched->schema_until, 0);
    watch_zombies_close(&watched->zombies);
    forget_way(&watched->way);
    pthread_mutex_lock(&watched->lock);
    forget_way(&watched->next);
    pthread_mutex_unlock(&watched->lock);
}
