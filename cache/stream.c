/* SPDX-License-Identifier: PostgreSQL */
#include "cache/stream.h"

#include "cache/stream_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

const char *stream_state_text(enum stream_state state)
{
    static const char *const texts[STREAM_STATES] = {
            "connecting", "creating", "streaming", "lagging", "lost", "refused"};

    return (unsigned)state < STREAM_STATES ? texts[state] : "?";
}

const char *stream_refusal_text(enum stream_refusal refusal)
{
    static const char *const texts[STREAM_REFUSALS] = {"", "wal_level is not logical",
            "the role has no REPLICATION", "max_replication_slots is reached",
            "max_wal_senders is reached", "test_decoding is not installed",
            "PostgreSQL is older than 13", "the server is a standby"};

    return (unsigned)refusal < STREAM_REFUSALS ? texts[refusal] : "?";
}

/* ---- life ---- */

void stream_options_init(struct stream_options *options)
{
    *options = (struct stream_options){.catalog_every = SL_SECOND,
            .fresh_every = 20 * SL_MSEC,
            .settle_gap = SL_MSEC,
            .lag_max = 500 * SL_MSEC,
            .nudge_after = 200 * SL_MSEC,
            .confirm_every = SL_SECOND,
            .connect_wait = 10 * SL_SECOND,
            .query_wait = 10 * SL_SECOND,
            .create_wait = 3600 * SL_SECOND,
            .quiet_wait = 30 * SL_SECOND,
            .retry_min = 250 * SL_MSEC,
            .retry_max = 30 * SL_SECOND,
            .refused_retry = 60 * SL_SECOND,
            .wal_max = UINT64_C(1) << 30,
            .settle = {.transactions_max = 4096, .tags_max = 1 << 20}};
}

static bool copy_texts(struct stream *stream, const struct stream_options *options)
{
    stream->conninfo = strdup(options->conninfo);
    if (options->catalog_sql != NULL) {
        stream->catalog_sql = strdup(options->catalog_sql);
    }
    snprintf(stream->instance, sizeof stream->instance, "%s", options->instance);
    for (char *at = stream->instance; *at != '\0'; at++) {
        if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9'))) {
            *at = '_';
        }
    }
    stream->options.conninfo = stream->conninfo;
    stream->options.catalog_sql = stream->catalog_sql;
    stream->options.instance = stream->instance;
    return stream->conninfo != NULL &&
           (options->catalog_sql == NULL || stream->catalog_sql != NULL);
}

struct stream *stream_new(
        const struct stream_options *options, const struct stream_sink *sink, struct tags *tags)
{
    struct stream *stream = calloc(1, sizeof *stream);
    const struct settle_hooks hooks = {
            .self = sink->self, .begun = sink->begun, .ends = sink->ends};

    if (stream == NULL) {
        return NULL;
    }
    stream->options = *options;
    stream->sink = *sink;
    stream->tags = tags;
    stream->all = tags_of_database(tags, options->database);
    stream->retry_gap = options->retry_min;
    tag_set_init(&stream->slot.set);
    snapshot_init(&stream->snapshot);
    atomic_store(&stream->fresh_every, options->fresh_every);
    atomic_store(&stream->state, STREAM_CONNECTING);
    bool is_made = settle_init(&stream->settle, tags, options->database, &options->settle,
                           &hooks) == SL_OK;
    if (!copy_texts(stream, options) || !is_made) {
        stream_free(stream);
        return NULL;
    }
    if (options->holds_database) {
        tags_begin(tags, stream->all);
        stream->holds = true;
    }
    return stream;
}

static void close_both(struct stream *stream)
{
    pgconn_close(stream->plain.conn);
    pgconn_close(stream->slot.conn);
    stream->plain = (struct stream_plain){.conn = NULL};
    stream_slot_forget(stream);
    stream->slot = (struct stream_slot){.conn = NULL};
    tag_set_init(&stream->slot.set);
    stream->is_open = false;
    stream->is_up = false;
    atomic_store(&stream->schema_until, 0);
}

void stream_free(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    close_both(stream);
    if (stream->settle.waits != NULL) {
        settle_fini(&stream->settle);
    }
    if (stream->holds) {
        tags_end(stream->tags, stream->all);
    }
    snapshot_fini(&stream->snapshot);
    if (stream->conninfo != NULL) {
        explicit_bzero(stream->conninfo, strlen(stream->conninfo));
    }
    free(stream->conninfo);
    free(stream->catalog_sql);
    free(stream);
}

/* ---- states ---- */

void stream_enter(struct stream *stream, enum stream_state state)
{
    atomic_store(&stream->state, (int)state);
}

static void tell(struct stream *stream, enum stream_event event)
{
    if (stream->sink.event != NULL) {
        stream->sink.event(stream->sink.self, event);
    }
}

/* Nothing is told of from here on: the database's tag is pending first, then what was may end. */
static void shut(struct stream *stream, const struct sl_error *error)
{
    stream->error = *error; /* it may be a connection's */
    if (!stream->holds) {
        tags_begin(stream->tags, stream->all);
        stream->holds = true;
    }
    close_both(stream);
    settle_reset(&stream->settle);
    if (!stream->options.holds_database) {
        tags_end(stream->tags, stream->all);
        stream->holds = false;
    }
}

void stream_lose(struct stream *stream, const struct sl_error *error)
{
    bool was_up = stream->is_up;

    shut(stream, error);
    stream->retry_at = stream->now + stream->retry_gap;
    stream->retry_gap *= 2;
    if (stream->retry_gap > stream->options.retry_max) {
        stream->retry_gap = stream->options.retry_max;
    }
    stream->counts.losses += was_up ? 1 : 0;
    stream_enter(stream, STREAM_LOST);
    tell(stream, was_up ? STREAM_EVENT_LOST : STREAM_EVENT_FAILED);
}

void stream_lose_text(struct stream *stream, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EIO, sqlstate, "%s", text), "it is told of");
    stream_lose(stream, &error);
}

void stream_refuse(struct stream *stream, enum stream_refusal refusal, const struct sl_error *error)
{
    struct sl_error own;

    SL_DCHECK(!stream->is_up);
    SL_IGNORE(sl_error_set(&own, SL_ECONF, "0A000", "%s", stream_refusal_text(refusal)),
            "it is told of");
    shut(stream, error == NULL ? &own : error);
    stream->retry_at = stream->now + stream->options.refused_retry;
    atomic_store(&stream->refusal, (int)refusal);
    stream_enter(stream, STREAM_REFUSED);
    tell(stream, STREAM_EVENT_REFUSED);
}

static void enter_connecting(struct stream *stream)
{
    stream->is_open = true;
    stream->tries++;
    stream_enter(stream, STREAM_CONNECTING);
    atomic_store(&stream->refusal, STREAM_NOT_REFUSED);
    stream_plain_begin(stream);
}

void stream_is_up(struct stream *stream)
{
    stream->is_up = true;
    stream->retry_gap = stream->options.retry_min;
    stream->counts.ups++;
    if (!stream->holds) {
        tags_begin(stream->tags, stream->all);
    }
    tags_end(stream->tags, stream->all); /* with a version that nothing kept has */
    stream->holds = false;
    stream_enter(stream, STREAM_STREAMING);
    tell(stream, STREAM_EVENT_UP);
}

/* ---- going on ---- */

int stream_waits(const struct stream *stream, struct stream_wait waits[STREAM_WAITS_MAX])
{
    int count = 0;

    if (stream->plain.conn != NULL) {
        waits[count++] = (struct stream_wait){
                .fd = pgconn_fd(stream->plain.conn), .wants_write = stream->plain.wants_write};
    }
    if (stream->slot.conn != NULL) {
        waits[count++] = (struct stream_wait){
                .fd = pgconn_fd(stream->slot.conn), .wants_write = stream->slot.wants_write};
    }
    return count;
}

sl_usec stream_deadline(const struct stream *stream)
{
    if (!stream->is_open) {
        return stream->retry_at;
    }
    sl_usec plain = stream_plain_deadline(stream);
    sl_usec slot = stream_slot_deadline(stream);
    return plain < slot ? plain : slot;
}

/* Where nobody asks the clock moves once a second, which is no lag. */
static void look_at_lag(struct stream *stream)
{
    sl_usec every = atomic_load(&stream->fresh_every);
    sl_usec lag_max = stream->options.lag_max;

    if (every == 0 || every > SL_SECOND) {
        lag_max = lag_max < 3 * SL_SECOND ? 3 * SL_SECOND : lag_max;
    }
    bool lags = stream->now - settle_fresh_until(&stream->settle) > lag_max;
    stream_enter(stream, lags ? STREAM_LAGGING : STREAM_STREAMING);
}

void stream_go_on(struct stream *stream, sl_usec now)
{
    stream->now = now;
    if (!stream->is_open) {
        if (now < stream->retry_at) {
            return;
        }
        enter_connecting(stream);
    }
    if (stream->is_open && stream->slot.conn != NULL) {
        stream_slot_go_on(stream);
    }
    if (stream->is_open) {
        stream_plain_go_on(stream);
    }
    if (stream->is_open && !stream->is_up && settle_fresh_until(&stream->settle) != 0) {
        stream_is_up(stream);
    }
    if (stream->is_up) {
        look_at_lag(stream);
    }
}

/* ---- who asks ---- */

void stream_want(struct stream *stream, sl_usec fresh_every)
{
    atomic_store(&stream->fresh_every, fresh_every);
}

void stream_mark(struct stream *stream)
{
    stream->plain.wants_mark = true;
}

enum stream_state stream_state(const struct stream *stream)
{
    return (enum stream_state)atomic_load(&stream->state);
}

enum stream_refusal stream_refusal(const struct stream *stream)
{
    return (enum stream_refusal)atomic_load(&stream->refusal);
}

sl_usec stream_fresh_until(const struct stream *stream)
{
    return settle_fresh_until(&stream->settle);
}

sl_usec stream_schema_until(const struct stream *stream)
{
    return atomic_load(&stream->schema_until);
}

const struct sl_error *stream_error(const struct stream *stream)
{
    return &stream->error;
}

void stream_counts(const struct stream *stream, struct stream_counts *counts)
{
    *counts = stream->counts;
    counts->position = stream->settle.position;
    counts->settle = stream->settle.counts;
}

bool stream_is_quiet(const struct stream *stream)
{
    return stream->settle.counts.unsettled == 0 && !stream->settle.has_overflow &&
           !stream->slot.in_transaction;
}

const struct stream_server *stream_server(const struct stream *stream)
{
    return &stream->server;
}
