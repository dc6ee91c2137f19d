/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/observe.c - from a text to its row.
 *
 * Two direct-mapped tables a worker: by text, for what comes again byte by byte, and by
 * shape, for what comes with other literals. A text leads to its shape's place, and there is
 * the key of the row that such a statement had last and the id of its entry; the node is known
 * only when a server is, so on_end looks whether it is still that one. Texts that never come
 * again are many: an entry of theirs is small, and cold.
 */
#include "optimizer/observe.h"

#include "protocol/shape.h"
#include "protocol/shape_patterns.h"
#include "protocol/stmt.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_SEEN = 64,
    UNDER_WAY_MAX = 1 << 20,
    FLUSH_SLOTS = 256, /* places looked at in one go */
    FORGET_MAX = 256,  /* entries reset in one go */
    HOST_MAX = 256
};

#define FLUSH_EVERY (1 * SL_SECOND)
#define TIDY_EVERY (10 * SL_SECOND) /* entries that stood idle are given up */
#define TELL_PAUSE (20 * SL_MSEC)   /* to tell of a known text is a pass over it */

struct seen_text {
    uint64_t key;   /* 0: nothing seen here */
    uint64_t shape; /* struct seen's key */
};

struct seen {
    uint64_t key; /* 0: nothing seen here */
    struct shape_key row;
    struct sl_id entry;
    uint16_t round; /* the observer's when it was told of last */
    uint8_t tells;  /* so often whoever wants to know of the shape is yet to be told */
};

struct node_seen {
    uint64_t key;
    uint32_t number;
};

/* A statement under way. */
struct observed {
    struct shape_key row;
    struct sl_id entry;
    struct sl_id id; /* its own */
    const struct stmt *stmt;
    uint32_t seen; /* where in shapes */
};

/* What a worker has. */
struct observer {
    struct observe *observe;
    struct shape_table *table;
    struct sl_slab *under_way;
    uint8_t tells;     /* of each shape that comes new */
    uint16_t round;    /* grows when some of what was told may be forgotten */
    uint64_t lost;     /* what said so: observe_turn() */
    sl_usec tell_at;   /* not before: who was told had no room */
    sl_usec slow_usec; /* from here on a statement is slow */
    uint32_t flushed;  /* cursor of the flush under way */
    unsigned stage;    /* its place in the pipeline, once anything has walked */
    bool is_flushing;
    bool has_news; /* something was counted since the last flush began */
    sl_usec flush_at;
    sl_usec tidy_at;
    struct seen_text texts[OBSERVE_SEEN];
    struct seen shapes[OBSERVE_SEEN];
    struct node_seen nodes[NODES_SEEN];
    struct shape_patterns patterns;
    uint8_t room[OBSERVE_TEXT_MAX];
};

struct observe {
    struct observe_options options;
    struct shape_store *store;
    struct names *names;
    _Atomic uint64_t missed;
    struct observer *observers[]; /* one a worker */
};

/* ---- names ---- */

/* Whose it is, and which tables it may mean. */
static uint64_t who_of(const struct stmt *stmt)
{
    return stmt->who ^ stmt->path * UINT64_C(0xff51afd7ed558ccd);
}

static uint64_t key_of(const struct stmt *stmt)
{
    uint64_t key = stmt->query_key != 0 ? stmt->query_key : shape_text_key(stmt->query);
    uint64_t rules = (uint64_t)stmt->rules.encoding << 2 | (uint64_t)stmt->rules.is_unknown << 1 |
                     stmt->rules.backslashes;

    key ^= who_of(stmt) ^ rules << 32;
    return key != 0 ? key : 1;
}

static struct seen *place(struct observer *observer, uint64_t key)
{
    return &observer->shapes[key % OBSERVE_SEEN];
}

static bool tell(struct observer *observer, const struct stmt *stmt, const struct shape *shape)
{
    const struct observe_options *options = &observer->observe->options;

    return options->news == NULL ||
           options->news(options->self, shape, sl_span(observer->room, shape->text_len),
                   stmt->query, stmt->rules);
}

static bool may_tell(const struct observer *observer, const struct stmt *stmt)
{
    return stmt->meter.received_at >= observer->tell_at;
}

/* What a shape is remembered by, key.lo of its own. */
static uint64_t seen_key(uint64_t shape, const struct stmt *stmt)
{
    uint64_t key = shape ^ who_of(stmt);

    return key != 0 ? key : 1;
}

/* A text that is not remembered: its shape may be. */
static struct seen *name(struct observer *observer, const struct stmt *stmt, uint64_t head)
{
    struct shape_literal literals[SHAPE_PATTERN_LITERALS];
    struct shape_room room = {.text = observer->room,
            .text_max = sizeof observer->room,
            .literals = literals,
            .literals_max = SL_COUNT(literals)};
    struct names *names = observer->observe->names;
    struct shape shape;

    shape_of(stmt->query, stmt->rules, room, &shape);
    if (head != 0) {
        shape_patterns_keep(
                &observer->patterns, head, stmt->query, &shape, literals, SL_COUNT(literals));
    }
    uint64_t key = seen_key(shape.key.lo, stmt);
    struct seen *seen = place(observer, key);
    bool is_new = seen->key != key;
    if (is_new) {
        *seen = (struct seen){.key = key,
                .round = observer->round,
                .tells = observer->tells,
                .row = {.shape = shape.key,
                        .database = names_number(names, sl_span_text(stmt->database)),
                        .user = names_number(names, sl_span_text(stmt->user)),
                        .path = stmt->path}};
    }
    if (seen->round != observer->round) {
        seen->round = observer->round;
        seen->tells = seen->tells > 0 ? seen->tells : 1;
    }
    if (seen->tells > 0 && (is_new || may_tell(observer, stmt))) {
        if (tell(observer, stmt, &shape)) {
            seen->tells--;
        } else if (may_tell(observer, stmt)) { /* not what comes new: known ones' turn comes */
            observer->tell_at = stmt->meter.received_at + TELL_PAUSE;
        }
    }
    return seen;
}

/* The place of a shape of that key, if nobody is to be told of it now; else NULL. */
static struct seen *known(struct observer *observer, const struct stmt *stmt, uint64_t key)
{
    struct seen *seen = place(observer, key);
    bool is_known = seen->key == key && seen->round == observer->round &&
                    (seen->tells == 0 || !may_tell(observer, stmt));

    return is_known ? seen : NULL;
}

/* A text that is not remembered, but for its literals one like it may be. */
static struct seen *name_by_pattern(struct observer *observer, const struct stmt *stmt)
{
    bool is_usual = stmt->rules.encoding == SHAPE_ENCODING_SAFE && !stmt->rules.backslashes &&
                    !stmt->rules.is_unknown;
    uint64_t head = is_usual ? shape_pattern_head(stmt->query) : 0;
    uint64_t shape = head == 0 ? 0 : shape_patterns_find(&observer->patterns, head, stmt->query);
    struct seen *seen = shape == 0 ? NULL : known(observer, stmt, seen_key(shape, stmt));

    return seen != NULL ? seen : name(observer, stmt, shape == 0 ? head : 0);
}

static struct seen *seen_of(struct observer *observer, const struct stmt *stmt)
{
    uint64_t key = key_of(stmt);
    struct seen_text *text = &observer->texts[key % OBSERVE_SEEN];
    struct seen *seen = text->key == key ? known(observer, stmt, text->shape) : NULL;

    if (seen == NULL) {
        seen = name_by_pattern(observer, stmt);
        *text = (struct seen_text){.key = key, .shape = seen->key};
    }
    return seen;
}

void observe_miss(struct observe *observe)
{
    if (observe != NULL) {
        atomic_fetch_add(&observe->missed, 1);
    }
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    struct observer *observer = self;
    struct sl_id id;

    observer->stage = stmt->stage;
    if (stmt->query.at == NULL) {
        if (stmt->bind.len > 0) { /* else it goes on with a portal */
            observe_miss(observer->observe);
        }
        return STAGE_NEXT;
    }
    struct observed *observed = sl_slab_take(observer->under_way, &id);
    if (observed == NULL) {
        observe_miss(observer->observe);
        return STAGE_NEXT;
    }
    const struct seen *seen = seen_of(observer, stmt);
    *observed = (struct observed){.row = seen->row,
            .entry = seen->entry,
            .id = id,
            .stmt = stmt,
            .seen = (uint32_t)(seen - observer->shapes)};
    stmt->stage_state[stmt->stage] = observed;
    return STAGE_NEXT;
}

/* ---- what it cost ---- */

static uint32_t node_number(const struct observer *observer, const char *host, int port)
{
    char text[HOST_MAX];
    int len = snprintf(text, sizeof text, "%s:%d", host, port);
    size_t most = len < (int)sizeof text ? (size_t)len : sizeof text - 1;

    return names_number(observer->observe->names, sl_span(text, most));
}

static uint32_t node_of(struct observer *observer, const struct stmt *stmt)
{
    struct node_seen *seen = &observer->nodes[stmt->node % NODES_SEEN];

    if (seen->key != stmt->node || seen->number == 0) {
        bool had_none = stmt->meter.sent_at == 0;
        seen->key = stmt->node;
        seen->number =
                had_none ? names_number(observer->observe->names, sl_span_text(OBSERVE_NO_NODE))
                         : node_number(observer, stmt->host != NULL ? stmt->host : "?", stmt->port);
    }
    return seen->number;
}

/* An answer from memory is of the node that such a statement had last, or would have. */
static uint32_t node_of_row(
        struct observer *observer, const struct observed *observed, const struct stmt *stmt)
{
    const struct observe_options *options = &observer->observe->options;
    const char *host = NULL;
    int port = 0;

    if (SL_LIKELY(!stmt->meter.is_answered)) {
        return node_of(observer, stmt);
    }
    if (SL_LIKELY(observed->row.node != 0)) {
        return observed->row.node;
    }
    bool is_known = options->whither != NULL && options->whither(options->self, stmt, &host, &port);
    return is_known ? node_number(observer, host, port) : node_of(observer, stmt);
}

/* The shape's place points to the entry from now on, if it is still the shape's. */
static void remember(struct observer *observer, const struct observed *observed, struct sl_id entry)
{
    struct seen *seen = &observer->shapes[observed->seen];
    struct shape_key row = observed->row;

    row.node = seen->row.node;
    if (shape_key_equal(&seen->row, &row)) {
        seen->row.node = observed->row.node;
        seen->entry = entry;
    }
}

static struct shape_entry *entry_of(
        struct observer *observer, struct observed *observed, const struct stmt *stmt, sl_usec now)
{
    struct shape_entry *entry = shape_table_find(observer->table, observed->entry);
    uint32_t node = node_of_row(observer, observed, stmt);

    if (entry == NULL || observed->row.node != node || observed->row.path != stmt->path) {
        observed->row.node = node;
        observed->row.path = stmt->path;
        entry = shape_table_open(observer->table, &observed->row, now);
        remember(observer, observed, shape_entry_id(entry));
    }
    return entry;
}

static void count(struct observer *observer, struct observed *observed, const struct stmt *stmt)
{
    const struct stmt_meter *meter = &stmt->meter;
    struct shape_entry *entry = entry_of(observer, observed, stmt, meter->ended_at);
    struct tally_sample sample = {
            .times = {[TALLY_TOTAL] = meter->ended_at - meter->received_at - meter->stalled_usec,
                    [TALLY_WAIT] = TALLY_NO_TIME,
                    [TALLY_SERVER] = TALLY_NO_TIME},
            .is_cached = meter->is_answered,
            .client = meter->stalled_usec,
            .rows = meter->rows,
            .bytes_in = meter->bytes_in,
            .bytes_out = meter->bytes_out,
            .ends_transaction = stmt->transaction == 'I'};

    if (!meter->is_answered) {
        sl_usec waited_until = meter->sent_at != 0 ? meter->sent_at : meter->ended_at;
        sample.times[TALLY_WAIT] = waited_until - meter->received_at;
        sample.times[TALLY_SERVER] = meter->server_usec - meter->stalled_usec;
    }
    memcpy(sample.sqlstate, meter->sqlstate, sizeof sample.sqlstate);
    shape_table_add(observer->table, entry, &sample, meter->ended_at);
    if (SL_UNLIKELY(sample.times[TALLY_TOTAL] >= observer->slow_usec)) {
        const struct observe_options *options = &observer->observe->options;
        options->slow(options->self, stmt, &observed->row, &sample);
    }
}

static void on_end(void *self, struct stmt *stmt)
{
    struct observer *observer = self;
    struct observed *observed = stmt->stage_state[stmt->stage];

    if (observed == NULL) {
        return;
    }
    if (stmt->meter.ended_at != 0 && stmt->is_misread) {
        observe_miss(observer->observe);
    } else if (stmt->meter.ended_at != 0) {
        count(observer, observed, stmt);
        observer->has_news = true;
    }
    sl_slab_give(observer->under_way, observed->id);
    stmt->stage_state[stmt->stage] = NULL;
}

static const struct stage_type type = {
        .name = "observe", .phase = STAGE_OBSERVE, .on_statement = on_statement, .on_end = on_end};

/* ---- life ---- */

static void free_observer(struct observer *observer, sl_usec now)
{
    if (observer != NULL) {
        shape_table_free(observer->table, now);
        sl_slab_free(observer->under_way);
        free(observer);
    }
}

static struct observer *new_observer(
        struct observe *observe, const struct shape_limits *limits, uint32_t worker)
{
    struct observer *observer = calloc(1, sizeof *observer);

    if (observer == NULL) {
        return NULL;
    }
    observer->observe = observe;
    observer->slow_usec = OBSERVE_NEVER;
    observer->tells = 1;
    observer->table = shape_table_new(observe->store, limits, worker);
    observer->under_way = sl_slab_new(sizeof(struct observed), UNDER_WAY_MAX);
    if (observer->table == NULL || observer->under_way == NULL) {
        free_observer(observer, 0);
        return NULL;
    }
    return observer;
}

struct observe *observe_new(const struct observe_options *options)
{
    size_t room = options->workers * sizeof(struct observer *);
    struct observe *observe = calloc(1, sizeof *observe + room);
    struct shape_limits store;
    struct shape_limits table;

    if (observe == NULL) {
        return NULL;
    }
    shape_limits_share(&options->limits, options->workers, &store, &table);
    observe->options = *options;
    observe->names = names_new();
    observe->store = shape_store_new(&store);
    bool is_whole = observe->names != NULL && observe->store != NULL;
    for (unsigned i = 0; is_whole && i < options->workers; i++) {
        observe->observers[i] = new_observer(observe, &table, i);
        is_whole = observe->observers[i] != NULL;
    }
    if (!is_whole) {
        observe_free(observe, 0);
        return NULL;
    }
    return observe;
}

void observe_free(struct observe *observe, sl_usec now)
{
    if (observe == NULL) {
        return;
    }
    for (unsigned i = 0; i < observe->options.workers; i++) {
        free_observer(observe->observers[i], now);
    }
    shape_store_free(observe->store);
    names_free(observe->names);
    free(observe);
}

struct stage observe_stage(struct observe *observe, unsigned worker)
{
    SL_CHECK(worker < observe->options.workers);
    return (struct stage){.type = &type, .self = observe->observers[worker]};
}

bool observe_flush(struct observe *observe, unsigned worker, uint32_t *cursor, sl_usec now)
{
    return shape_table_flush(observe->observers[worker]->table, cursor, FLUSH_SLOTS, now);
}

static bool is_due(const struct observer *observer, sl_usec now)
{
    return observer->has_news ||
           (now >= observer->tidy_at && shape_table_count(observer->table) > 0);
}

void observe_turn(struct observe *observe, unsigned worker, uint64_t lost, sl_usec now)
{
    struct observer *observer = observe->observers[worker];

    if (!observer->is_flushing) {
        if (now < observer->flush_at || !is_due(observer, now)) {
            return;
        }
        observer->is_flushing = true;
        observer->has_news = false;
        observer->flush_at = now + FLUSH_EVERY;
        observer->tidy_at = now + TIDY_EVERY;
        if (observer->lost != lost) {
            observer->lost = lost;
            observer->round++;
        }
    }
    observer->is_flushing = !observe_flush(observe, worker, &observer->flushed, now);
}

sl_usec observe_next(const struct observe *observe, unsigned worker)
{
    const struct observer *observer = observe->observers[worker];
    sl_usec at = observer->has_news                       ? observer->flush_at
                 : shape_table_count(observer->table) > 0 ? observer->tidy_at
                                                          : INT64_MAX;

    return observer->is_flushing ? 0 : at > observer->flush_at ? at : observer->flush_at;
}

void observe_settle(struct observe *observe, sl_usec now)
{
    for (unsigned i = 0; i < observe->options.workers; i++) {
        uint32_t cursor = 0;
        while (!observe_flush(observe, i, &cursor, now)) {
        }
    }
}

void observe_tell_again(struct observe *observe, unsigned worker, uint8_t times)
{
    struct observer *observer = observe->observers[worker];

    observer->tells = times;
    for (unsigned i = 0; i < OBSERVE_SEEN; i++) {
        observer->shapes[i].tells = times;
    }
}

void observe_set_slow(struct observe *observe, unsigned worker, sl_usec usec)
{
    SL_CHECK(observe->options.slow != NULL || usec == OBSERVE_NEVER);
    observe->observers[worker]->slow_usec = usec;
}

bool observe_forget(struct observe *observe, unsigned worker, uint32_t *cursor)
{
    return shape_table_reset_some(observe->observers[worker]->table, cursor, FORGET_MAX);
}

const struct stmt *observe_under_way(
        struct observe *observe, unsigned worker, uint32_t *cursor, struct sl_hash128 *shape)
{
    struct sl_id id;
    const struct observed *observed =
            sl_slab_next(observe->observers[worker]->under_way, *cursor, &id);

    if (observed == NULL) {
        return NULL;
    }
    *cursor = id.slot + 1;
    *shape = observed->row.shape;
    return observed->stmt;
}

bool observe_shape(const struct observe *observe, unsigned worker, const struct stmt *stmt,
        struct sl_hash128 *shape)
{
    const struct observed *observed = stmt->stage_state[observe->observers[worker]->stage];

    if (observed == NULL) {
        return false;
    }
    *shape = observed->row.shape;
    return true;
}

struct shape_store *observe_store(struct observe *observe)
{
    return observe->store;
}

struct names *observe_names(const struct observe *observe)
{
    return observe->names;
}

uint64_t observe_missed(const struct observe *observe)
{
    return atomic_load(&observe->missed);
}
