/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/plans.c - stripes of slots.
 *
 * A slot is pending (plan is NULL, on no list) from plans_want() until its answer, which comes
 * exactly once; then it is on its stripe's clock, or gone. Until then it points to what is wanted,
 * which is freed after it is settled. Invariants, under the stripe's lock:
 *
 *   (1) A slot is on the clock if and only if it has a plan.
 *   (2) stripe->bytes is the sum of the plans' bytes on the clock.
 *   (3) Each such plan carries one reference that the stripe owns.
 *
 * Nothing is freed, parsed or asked under the lock.
 */
#include "proxy/plans.h"

#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/sql_facts.h"
#include "proxy/parser.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STRIPES = 16 };

/* What is wanted, on its way through the parser. */
struct want {
    struct sl_hash128 key;
    size_t text_len;
    char text[]; /* the shape's */
};

struct slot {
    struct sl_map_node in_map;
    struct sl_list in_clock; /* newest first */
    struct sl_hash128 key;
    struct plan *plan;
    const struct want *want; /* while it is pending */
    bool is_used;            /* since it was put at the front */
};

struct stripe {
    _Alignas(64) pthread_mutex_t lock;
    struct sl_map slots; /* under LOCK, as all below */
    struct sl_list clock;
    uint32_t plans;
    size_t bytes;
    struct plans_counts counts;
};

static struct {
    struct stripe stripes[STRIPES];
    uint32_t plans_max; /* of a stripe: constant after start, as below */
    size_t bytes_max;
    bool is_started;
} store;

/* Of all stripes, for who may not take a lock. Any thread. */
static _Atomic uint64_t evicted;

static struct stripe *stripe_of(struct sl_hash128 key)
{
    return &store.stripes[key.hi % STRIPES];
}

static struct slot *find_locked(const struct stripe *stripe, struct sl_hash128 key)
{
    for (struct sl_map_node *node = sl_map_first(&stripe->slots, key.lo); node != NULL;
            node = sl_map_next(node)) {
        struct slot *slot = SL_CONTAINER(node, struct slot, in_map);

        if (slot->key.hi == key.hi && slot->key.lo == key.lo) {
            return slot;
        }
    }
    return NULL;
}

enum sl_err plans_start(const struct plans_limits *limits)
{
    SL_CHECK(!store.is_started);
    memset(&store, 0, sizeof store);
    store.plans_max = limits->plans_max / STRIPES;
    store.bytes_max = limits->bytes_max / STRIPES;
    if (store.plans_max == 0 || store.plans_max > UINT32_MAX / 2) {
        return SL_EINVAL;
    }
    for (size_t i = 0; i < STRIPES; i++) {
        struct stripe *stripe = &store.stripes[i];

        pthread_mutex_init(&stripe->lock, NULL);
        sl_list_init(&stripe->clock);
        /* Pending slots are bounded by the parser's queue, not by us. */
        sl_map_init(&stripe->slots, store.plans_max + PARSER_QUEUED_MAX + PARSER_THREADS_MAX);
    }
    store.is_started = true;
    return SL_OK;
}

static void drop(struct plan *plan)
{
    if (plan != NULL && atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) == 1) {
        sql_facts_free(plan->facts);
        free(plan);
    }
}

void plan_unref(const struct plan *plan)
{
    union {
        const struct plan *lent;
        struct plan *own;
    } it = {.lent = plan}; /* the count is what may change in it */

    drop(it.own);
}

/* Off the map and the clock. */
static void unlink_locked(struct stripe *stripe, struct slot *slot)
{
    sl_map_remove(&stripe->slots, &slot->in_map);
    sl_list_remove(&slot->in_clock);
    if (slot->plan != NULL) {
        SL_CHECK(stripe->bytes >= slot->plan->bytes && stripe->plans > 0);
        stripe->bytes -= slot->plan->bytes;
        stripe->plans--;
    }
}

static void slots_free(struct sl_list *slots)
{
    for (struct sl_list *it = sl_list_pop(slots); it != NULL; it = sl_list_pop(slots)) {
        struct slot *slot = SL_CONTAINER(it, struct slot, in_clock);

        drop(slot->plan);
        free(slot);
    }
}

void plans_stop(void)
{
    for (size_t i = 0; i < STRIPES && store.is_started; i++) {
        struct stripe *stripe = &store.stripes[i];
        struct sl_list gone;

        sl_list_init(&gone);
        for (struct sl_map_node *node = sl_map_any(&stripe->slots); node != NULL;
                node = sl_map_any(&stripe->slots)) {
            struct slot *slot = SL_CONTAINER(node, struct slot, in_map);

            SL_CHECK(slot->plan != NULL);
            unlink_locked(stripe, slot);
            sl_list_append(&gone, &slot->in_clock);
        }
        slots_free(&gone);
        sl_map_fini(&stripe->slots);
        pthread_mutex_destroy(&stripe->lock);
    }
    store.is_started = false;
}

const struct plan *plans_find(struct sl_hash128 key)
{
    struct stripe *stripe = stripe_of(key);

    pthread_mutex_lock(&stripe->lock);
    struct slot *slot = find_locked(stripe, key);
    struct plan *plan = slot == NULL ? NULL : slot->plan;
    if (plan != NULL) {
        slot->is_used = true;
        /* Under the lock: after it, an eviction could free the plan first. */
        atomic_fetch_add_explicit(&plan->refs, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&stripe->lock);
    return plan;
}

bool plans_text(struct sl_hash128 key, char *to, size_t size)
{
    struct stripe *stripe = stripe_of(key);
    const char *text = "";
    size_t len = 0;

    pthread_mutex_lock(&stripe->lock);
    const struct slot *slot = find_locked(stripe, key);
    if (slot != NULL) {
        text = slot->plan != NULL ? slot->plan->text : slot->want->text;
        len = slot->plan != NULL ? slot->plan->text_len : slot->want->text_len;
        len = len < size ? len : size - 1;
    }
    memcpy(to, text, len);
    pthread_mutex_unlock(&stripe->lock);
    to[len] = '\0';
    return slot != NULL;
}

/* Moves to gone what must go for len more bytes and one more plan. */
static void make_room_locked(struct stripe *stripe, size_t len, struct sl_list *gone)
{
    /* Each slot is passed over once at most: passing clears what made it stay. */
    while (!sl_list_empty(&stripe->clock) &&
            (stripe->plans >= store.plans_max || stripe->bytes + len > store.bytes_max)) {
        struct slot *slot = SL_CONTAINER(stripe->clock.prev, struct slot, in_clock);

        if (slot->is_used) {
            slot->is_used = false;
            sl_list_remove(&slot->in_clock);
            sl_list_push(&stripe->clock, &slot->in_clock);
            continue;
        }
        unlink_locked(stripe, slot);
        sl_list_append(gone, &slot->in_clock);
        stripe->counts.evicted++;
        atomic_fetch_add_explicit(&evicted, 1, memory_order_relaxed);
    }
}

/* The pending slot gets its plan, or goes when there is none. */
static void settle(struct sl_hash128 key, struct plan *plan)
{
    struct stripe *stripe = stripe_of(key);
    struct sl_list gone;

    sl_list_init(&gone);
    pthread_mutex_lock(&stripe->lock);
    struct slot *slot = find_locked(stripe, key);
    SL_CHECK(slot != NULL && slot->plan == NULL);
    stripe->counts.pending--;
    if (plan == NULL || plan->bytes > store.bytes_max) {
        unlink_locked(stripe, slot);
        sl_list_append(&gone, &slot->in_clock);
        stripe->counts.dropped++;
    } else {
        make_room_locked(stripe, plan->bytes, &gone);
        slot->plan = plan;
        slot->want = NULL;
        sl_list_push(&stripe->clock, &slot->in_clock);
        stripe->bytes += plan->bytes;
        stripe->plans++;
        plan = NULL;
    }
    pthread_mutex_unlock(&stripe->lock);
    slots_free(&gone);
    drop(plan);
}

static struct plan *plan_new(const struct want *want, const struct parser_answer *answer)
{
    struct plan *plan = malloc(sizeof *plan + want->text_len + 1);

    if (plan == NULL) {
        return NULL;
    }
    *plan = (struct plan){.refs = 1,
            .kind = answer->err == SL_OK       ? PLAN_KNOWN
                    : answer->err == SL_EINVAL ? PLAN_NO_SQL
                                               : PLAN_REFUSED,
            .key = want->key,
            .facts = answer->facts,
            .fingerprint = answer->fingerprint,
            .text_len = want->text_len};
    memcpy(plan->text, want->text, want->text_len);
    plan->text[want->text_len] = '\0';
    plan->bytes = sizeof *plan + want->text_len + 1 + sizeof(struct slot) +
                  (answer->facts == NULL ? 0 : answer->facts->bytes);
    return plan;
}

/* On the parser's thread, mostly. */
static void answered(void *arg, const struct parser_answer *answer)
{
    struct want *want = arg;
    /* Without memory it may be better the next time; so may it when the process stops. */
    bool is_final = answer->err != SL_ENOMEM;
    struct plan *plan = is_final ? plan_new(want, answer) : NULL;

    if (plan == NULL) {
        sql_facts_free(answer->facts);
    }
    settle(want->key, plan);
    free(want);
}

/* For who wants it parsed a text that nobody read is none. */
static struct slot *find_for_locked(
        const struct stripe *stripe, struct sl_hash128 key, bool to_parse)
{
    struct slot *slot = find_locked(stripe, key);
    bool is_unread = slot != NULL && slot->plan != NULL && slot->plan->kind == PLAN_UNREAD;

    return to_parse && is_unread ? NULL : slot;
}

/* Whether there is a plan, or one on its way: it is used. */
static bool touch(struct sl_hash128 key, bool to_parse)
{
    struct stripe *stripe = stripe_of(key);

    pthread_mutex_lock(&stripe->lock);
    struct slot *slot = find_for_locked(stripe, key, to_parse);
    if (slot != NULL && slot->plan != NULL) {
        slot->is_used = true;
    }
    pthread_mutex_unlock(&stripe->lock);
    return slot != NULL;
}

/* A pending slot for what is wanted. False: there is one already, or no memory. */
static bool reserve(const struct want *want, bool to_parse)
{
    struct sl_hash128 key = want->key;
    struct stripe *stripe = stripe_of(key);
    struct sl_list gone;

    sl_list_init(&gone);
    struct slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL) {
        return false;
    }
    slot->key = key;
    slot->want = want;
    sl_list_init(&slot->in_clock);
    pthread_mutex_lock(&stripe->lock);
    bool is_there = find_for_locked(stripe, key, to_parse) != NULL;
    struct slot *unread = is_there ? NULL : find_locked(stripe, key);
    if (unread != NULL) {
        unlink_locked(stripe, unread);
        sl_list_append(&gone, &unread->in_clock);
    }
    is_there = is_there || sl_map_put(&stripe->slots, &slot->in_map, key.lo) != SL_OK;
    if (!is_there) {
        stripe->counts.pending++;
        stripe->counts.wanted += to_parse ? 1 : 0;
    }
    pthread_mutex_unlock(&stripe->lock);
    slots_free(&gone);
    if (is_there) {
        free(slot);
    }
    return !is_there;
}

static struct want *want_new(struct sl_hash128 key, struct sl_span shape_text)
{
    struct want *want = malloc(sizeof *want + shape_text.len);

    if (want != NULL) {
        *want = (struct want){.key = key, .text_len = shape_text.len};
        if (shape_text.len > 0) {
            memcpy(want->text, shape_text.at, shape_text.len);
        }
    }
    return want;
}

void plans_keep(struct sl_hash128 key, struct sl_span shape_text)
{
    const struct parser_answer unread = {.err = SL_OK};

    struct want *want = touch(key, false) ? NULL : want_new(key, shape_text);
    if (want != NULL && reserve(want, false)) {
        struct plan *plan = plan_new(want, &unread);
        if (plan != NULL) {
            plan->kind = PLAN_UNREAD;
        }
        settle(key, plan);
    }
    free(want);
}

bool plans_want(struct sl_hash128 key, struct sl_span text, struct sl_span shape_text)
{
    if (text.len > SQL_TEXT_MAX || parser_is_off()) {
        plans_keep(key, shape_text);
        return true;
    }
    if (touch(key, true)) {
        return true;
    }
    struct want *want = parser_has_room() ? want_new(key, shape_text) : NULL;
    if (want == NULL || !reserve(want, true)) {
        free(want);
        return false;
    }
    if (parser_ask(text, answered, want) != SL_OK) {
        settle(key, NULL);
        free(want);
        return false;
    }
    return true;
}

uint64_t plans_evicted(void)
{
    return atomic_load_explicit(&evicted, memory_order_relaxed);
}

void plans_counts(struct plans_counts *counts)
{
    *counts = (struct plans_counts){0};
    for (size_t i = 0; i < STRIPES; i++) {
        struct stripe *stripe = &store.stripes[i];

        pthread_mutex_lock(&stripe->lock);
        counts->wanted += stripe->counts.wanted;
        counts->dropped += stripe->counts.dropped;
        counts->evicted += stripe->counts.evicted;
        counts->pending += stripe->counts.pending;
        counts->plans += stripe->plans;
        counts->bytes += stripe->bytes;
        pthread_mutex_unlock(&stripe->lock);
    }
}
