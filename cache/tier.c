/* SPDX-License-Identifier: PostgreSQL */
/* cache/tier.c - instances; the life of a tier; what drives it. */
#include "cache/tier.h"

#include "cache/tier_inside.h"
#include "protocol/crypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_OVERHEAD = 65536, OWN_COMMANDS_MAX = 1024 };

/* ---- texts ---- */

const char *tier_state_text(enum tier_state state)
{
    static const char *const texts[TIER_STATES] = {"away", "greeting", "covering", "up", "refused"};

    return (unsigned)state < TIER_STATES ? texts[state] : "?";
}

const char *tier_miss_text(enum tier_miss miss)
{
    static const char *const texts[TIER_MISSES] = {
            "", "absent", "stale", "pending", "other_version", "damaged", "unknown"};

    return (unsigned)miss < TIER_MISSES ? texts[miss] : "?";
}

const char *tier_error_text(enum tier_error error)
{
    static const char *const texts[TIER_ERRORS] = {"", "wrong_type", "out_of_memory", "no_auth",
            "no_permission", "loading", "read_only", "no_writes", "cluster", "other"};

    return (unsigned)error < TIER_ERRORS ? texts[error] : "?";
}

/* ---- instances ---- */

void tier_options_init(struct tier_options *options)
{
    *options = (struct tier_options){.prefix = "sluice",
            .deadline = 2 * SL_MSEC,
            .ack_timeout = 2 * SL_MSEC,
            .greet_wait = SL_SECOND,
            .quiet_wait = SL_SECOND,
            .retry_every = 250 * SL_MSEC,
            .refused_retry = 5 * SL_SECOND,
            .beat_every = SL_SECOND,
            .pending_max = 600 * SL_SECOND,
            .breaker = {.failures_max = 5,
                    .slow = 5 * SL_MSEC,
                    .window = SL_SECOND,
                    .window_min = 20,
                    .probe_every = 250 * SL_MSEC},
            .entry_bytes_max = (size_t)64 << 10,
            .out_max = (size_t)4 << 20,
            .lookups_max = 4096,
            .bumps_max = 4096,
            .fields_max = 4096,
            .hot_max = 10000};
}

static const char **text_of(struct tier_options *options, size_t i)
{
    const char **const texts[] = {&options->prefix, &options->database, &options->instance,
            &options->semantics, &options->address, &options->path, &options->user,
            &options->password};

    return i < SL_COUNT(texts) ? texts[i] : NULL;
}

/* A copy of each, or NULL where there is none; false: no memory. */
static bool copy_texts(struct tier_options *options)
{
    bool is_whole = true;

    for (size_t i = 0; text_of(options, i) != NULL; i++) {
        const char **text = text_of(options, i);
        if (*text != NULL) {
            *text = strdup(*text);
            is_whole = is_whole && *text != NULL;
        }
    }
    return is_whole;
}

static bool write_names(struct tier_instance *instance)
{
    const struct tier_options *options = &instance->options;
    struct sl_buf names;
    struct sl_buf id;
    char meant[32];

    sl_buf_init(&names, sizeof instance->names - 1);
    sl_buf_init(&id, TIER_SENDER_MAX / 2);
    snprintf(meant, sizeof meant, "%d", TIER_FORMAT);
    const uint64_t semantics =
            sl_hash64_seed(sl_span_text(options->semantics), sl_hash64(sl_span_text(meant)));
    const bool is_whole = sl_buf_printf(&names, "%s:", options->prefix) == SL_OK &&
                          tier_put_name(&names, sl_span_text(options->database)) == SL_OK &&
                          sl_buf_printf(&names, "@%08x:", (unsigned)semantics) == SL_OK &&
                          tier_put_name(&id, sl_span_text(options->instance)) == SL_OK;
    if (is_whole) {
        memcpy(instance->names, sl_buf_borrow(&names).at, sl_buf_len(&names));
        memcpy(instance->id, sl_buf_borrow(&id).at, sl_buf_len(&id));
    }
    sl_buf_fini(&names);
    sl_buf_fini(&id);
    return is_whole;
}

struct tier_instance *tier_instance_new(const struct tier_options *options)
{
    struct tier_instance *instance = calloc(1, sizeof *instance);

    if (instance == NULL) {
        return NULL;
    }
    instance->options = *options;
    atomic_store(&instance->joins, options->joins);
    if (!copy_texts(&instance->options) || !write_names(instance) ||
            crypto_random(&instance->life, sizeof instance->life) != SL_OK) {
        tier_instance_free(instance);
        return NULL;
    }
    return instance;
}

void tier_instance_free(struct tier_instance *instance)
{
    if (instance == NULL) {
        return;
    }
    for (size_t i = 0; text_of(&instance->options, i) != NULL; i++) {
        const char *text = *text_of(&instance->options, i);
        char *own = NULL;
        memcpy(&own, &text, sizeof own); /* a const for all others */
        free(own);
    }
    free(instance);
}

bool tier_instance_is_sound(const struct tier_instance *instance)
{
    return atomic_load(&instance->late) == 0 &&
           atomic_load(&instance->missed) == atomic_load(&instance->covered);
}

bool tier_instance_joins(const struct tier_instance *instance)
{
    return atomic_load(&instance->joins);
}

uint64_t tier_instance_unsaid(const struct tier_instance *instance)
{
    return atomic_load(&instance->unsaid);
}

/* Who leaves something unsaid counts it, and then looks once more: one of the two sees the other. */
bool tier_instance_has_joined(struct tier_instance *instance, uint64_t unsaid)
{
    atomic_store(&instance->joins, false);
    if (atomic_load(&instance->unsaid) == unsaid) {
        return true;
    }
    atomic_store(&instance->joins, true);
    return false;
}

void tier_instance_joins_not(struct tier_instance *instance)
{
    atomic_store(&instance->joins, false);
}

const char *tier_instance_names(const struct tier_instance *instance)
{
    return instance->names;
}

/* ---- life ---- */

static void on_closes(void *self)
{
    const struct tier *tier = self;

    if (tier->hooks.closes != NULL) {
        tier->hooks.closes(tier->hooks.self);
    }
}

static struct redis *new_redis(struct tier *tier)
{
    const struct tier_options *options = tier->options;
    const struct redis_options redis = {.address = options->address,
            .port = options->port,
            .path = options->path,
            .out_max = options->out_max,
            .reply_max = options->entry_bytes_max + REPLY_OVERHEAD,
            .commands_max = options->lookups_max * 4 + options->bumps_max * 4 + OWN_COMMANDS_MAX,
            .closes = on_closes,
            .self = tier};

    return redis_new(&redis);
}

struct tier *tier_new(
        struct tier_instance *instance, unsigned worker, const struct tier_hooks *hooks)
{
    struct tier *tier = calloc(1, sizeof *tier);

    if (tier == NULL) {
        return NULL;
    }
    tier->instance = instance;
    tier->options = &instance->options;
    tier->hooks = *hooks;
    tier->redis = new_redis(tier);
    if (tier->redis == NULL || crypto_random(&tier->nonce, sizeof tier->nonce) != SL_OK ||
            crypto_random(&tier->random, sizeof tier->random) != SL_OK) {
        redis_free(tier->redis);
        free(tier);
        return NULL;
    }
    snprintf(tier->sender, sizeof tier->sender, "%.64s.%u-%016llx", instance->id, worker,
            (unsigned long long)instance->life);
    snprintf(tier->why, sizeof tier->why, "it has not been connected yet");
    tier->wall_offset = sl_wall_now() - sl_now(); /* until Redis tells the time */
    breaker_init(&tier->breaker, &tier->options->breaker);
    breaker_open(&tier->breaker, 0);
    sl_list_init(&tier->lookups);
    sl_list_init(&tier->free_lookups);
    sl_list_init(&tier->bumps);
    sl_list_init(&tier->free_bumps);
    sl_buf_init(&tier->scratch, tier->options->out_max);
    return tier;
}

void tier_free(struct tier *tier)
{
    if (tier == NULL) {
        return;
    }
    redis_drop(tier->redis); /* everybody is told */
    tier_free_lookups(tier);
    tier_free_bumps(tier);
    redis_free(tier->redis);
    sl_buf_fini(&tier->scratch);
    free(tier);
}

/* ---- small things for all ---- */

bool tier_is_usable(const struct tier *tier)
{
    return tier->state == TIER_UP && tier->breaker.state == BREAKER_CLOSED &&
           redis_is_connected(tier->redis) && tier_instance_is_sound(tier->instance);
}

void tier_heard(struct tier *tier)
{
    tier->heard_at = tier->now;
}

void tier_note_sent(struct tier *tier, sl_usec now)
{
    tier->now = now > tier->now ? now : tier->now;
    if (redis_unanswered(tier->redis) == 0) {
        tier->heard_at = tier->now;
    }
}

uint64_t tier_wall(const struct tier *tier, sl_usec now)
{
    return (uint64_t)(now + tier->wall_offset);
}

/* SplitMix64: for jitter, not for tokens. */
uint64_t tier_random(struct tier *tier)
{
    uint64_t z = (tier->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

size_t tier_new_token(struct tier *tier, bool is_pending, char out[TIER_TOKEN_MAX])
{
    struct tier_token token = {.number = ++tier->number, .nonce = tier->nonce};

    if (is_pending) {
        token.pending_since = tier_wall(tier, tier->now) / SL_SECOND + 1;
    }
    return tier_put_token(&token, out);
}

void tier_part_name(struct tier *tier, const char *kind, struct sl_span rest)
{
    const struct sl_span pieces[] = {sl_span_text(tier->instance->names), sl_span_text(kind), rest};

    redis_part_of(tier->redis, pieces, SL_COUNT(pieces));
}

enum tier_error tier_error_of(struct sl_span text)
{
    static const struct {
        const char *start;
        enum tier_error error;
    } known[] = {{"WRONGTYPE", TIER_WRONG_TYPE}, {"OOM", TIER_OUT_OF_MEMORY},
            {"NOAUTH", TIER_NO_AUTH}, {"WRONGPASS", TIER_NO_AUTH},
            {"ERR invalid pass", TIER_NO_AUTH}, {"ERR Client sent AUTH", TIER_NO_AUTH},
            {"ERR AUTH", TIER_NO_AUTH}, {"NOPERM", TIER_NO_PERMISSION}, {"LOADING", TIER_LOADING},
            {"BUSY", TIER_LOADING}, {"MASTERDOWN", TIER_LOADING}, {"READONLY", TIER_READ_ONLY},
            {"MISCONF", TIER_NO_WRITES}, {"NOREPLICAS", TIER_NO_WRITES}, {"MOVED", TIER_CLUSTER},
            {"ASK", TIER_CLUSTER}, {"CLUSTERDOWN", TIER_CLUSTER}, {"CROSSSLOT", TIER_CLUSTER}};

    for (size_t i = 0; i < SL_COUNT(known); i++) {
        const struct sl_span start = sl_span_text(known[i].start);
        if (text.len >= start.len && memcmp(text.at, start.at, start.len) == 0) {
            return known[i].error;
        }
    }
    return TIER_OTHER_ERROR;
}

enum tier_error tier_saw_error(struct tier *tier, const struct redis_value *value)
{
    const enum tier_error error = tier_error_of(value->bytes);
    const int len = (int)(value->bytes.len < 200 ? value->bytes.len : 200);
    const char *text = (const char *)value->bytes.at;

    tier->counts.errors[error]++;
    switch (error) {
    case TIER_NO_AUTH:
    case TIER_NO_PERMISSION:
        tier_give_up(tier, TIER_IS_REFUSED, "%.*s", len, text);
        break;
    case TIER_CLUSTER:
        tier_give_up(tier, TIER_IS_REFUSED, "Redis Cluster is not spoken, give one server: %.*s",
                len, text);
        break;
    case TIER_LOADING:
    case TIER_READ_ONLY:
    case TIER_NO_WRITES:
        tier_give_up(tier, TIER_IS_LOST, "%.*s", len, text);
        break;
    case TIER_NO_ERROR:
    case TIER_WRONG_TYPE:
    case TIER_OUT_OF_MEMORY:
    case TIER_OTHER_ERROR:
    case TIER_ERRORS:
        break;
    }
    return error;
}

void tier_answered_any(void *self, const struct redis_value *values, size_t count)
{
    struct tier *tier = self;

    if (values == NULL) {
        return;
    }
    tier_heard(tier);
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind == REDIS_ERROR) {
            tier_saw_error(tier, &values[i]);
        }
    }
}

static void tell(struct tier *tier, enum tier_event event)
{
    if (tier->hooks.event != NULL) {
        tier->hooks.event(tier->hooks.self, event);
    }
}

void tier_has_opened(struct tier *tier, const char *why)
{
    snprintf(tier->why, sizeof tier->why, "%s", why);
    tell(tier, TIER_EVENT_OPENED);
}

/* ---- states ---- */

void tier_give_up(struct tier *tier, enum tier_fate fate, const char *format, ...)
{
    va_list args;

    if (tier->fate != TIER_STAYS) {
        return;
    }
    tier->fate = fate;
    va_start(args, format);
    vsnprintf(tier->why, sizeof tier->why, format, args);
    va_end(args);
    redis_drop(tier->redis);
}

static void enter_away(struct tier *tier)
{
    const bool is_refused = tier->fate == TIER_IS_REFUSED;

    if (tier->fate == TIER_STAYS) { /* it ended by itself */
        snprintf(tier->why, sizeof tier->why, "%s", redis_why(tier->redis));
    }
    tier->counts.losses += tier->state == TIER_UP;
    tier->state = is_refused ? TIER_REFUSED : TIER_AWAY;
    tier->fate = TIER_STAYS;
    tier->is_probing = false;
    tier->state_deadline =
            tier->now + (is_refused ? tier->options->refused_retry : tier->options->retry_every);
    breaker_open(&tier->breaker, tier->now);
    tell(tier, is_refused ? TIER_EVENT_REFUSED : TIER_EVENT_LOST);
}

static void enter_greeting(struct tier *tier)
{
    tier->state = TIER_GREETING;
    tier->state_deadline = tier->now + tier->options->greet_wait;
    tier->serial++;
    tier->counts.connects++;
    tier->heard_at = tier->now;
    if (redis_connect(tier->redis) == SL_OK) {
        tier_greet(tier);
    }
}

/* What its own last life did not say: of one that joins, who covers that has said it (cache/watch_join.h). */
static bool may_have_been_killed(const struct tier *tier)
{
    return !tier_instance_joins(tier->instance) &&
           (tier->was_killed || (tier->epoch_is_there && !tier->inst_is_there));
}

/* Everything has been said, and it is as it should be. */
static void enter_up(struct tier *tier)
{
    tier->state = TIER_UP;
    tier->state_deadline = INT64_MAX;
    tier->beat_at = tier->now + tier->options->beat_every;
    if ((tier->epoch_is_there && !tier->epoch_is_ours) || may_have_been_killed(tier)) {
        atomic_fetch_add(&tier->instance->missed, 1);
    }
    breaker_probed(&tier->breaker, tier->now);
    tier_cover(tier, tier->now);
    tier->why[0] = '\0';
    tell(tier, TIER_EVENT_UP);
}

static void go_on_state(struct tier *tier)
{
    switch (tier->state) {
    case TIER_AWAY:
    case TIER_REFUSED:
        if (tier->now >= tier->state_deadline) {
            enter_greeting(tier);
        }
        break;
    case TIER_GREETING:
        if (redis_is_open(tier->redis) && tier->greet_expected == 0) {
            enter_up(tier);
        } else if (tier->now >= tier->state_deadline) {
            tier_give_up(tier, TIER_IS_LOST, "it did not answer the greeting");
        }
        break;
    case TIER_UP:
        tier_cover(tier, tier->now);
        tier_probe(tier, tier->now);
        tier_beat(tier, tier->now);
        if (redis_unanswered(tier->redis) > 0 &&
                tier->now >= tier->heard_at + tier->options->quiet_wait) {
            tier_give_up(tier, TIER_IS_LOST, "it owes answers and says nothing");
        }
        break;
    case TIER_COVERING:
    case TIER_STATES:
        break;
    }
    if (!redis_is_open(tier->redis) && (tier->state == TIER_GREETING || tier->state == TIER_UP)) {
        enter_away(tier);
    }
}

void tier_go_on(struct tier *tier, sl_usec now, bool readable, bool writable)
{
    tier->now = now > tier->now ? now : tier->now;
    redis_go_on(tier->redis, readable, writable); /* before deadlines: what is here is in time */
    tier_expire_lookups(tier, tier->now);
    tier_expire_bumps(tier, tier->now);
    go_on_state(tier);
    redis_flush(tier->redis);
}

bool tier_is_up(const struct tier *tier)
{
    return tier->state == TIER_UP;
}

void tier_flush(struct tier *tier)
{
    redis_flush(tier->redis);
}

static sl_usec earlier(sl_usec a, sl_usec b)
{
    return a < b ? a : b;
}

void tier_waits(const struct tier *tier, struct tier_waits *waits)
{
    sl_usec deadline = tier->state_deadline;

    SL_LIST_EACH (link, &tier->lookups) {
        const struct tier_lookup *lookup = SL_CONTAINER(link, struct tier_lookup, link);
        if (lookup->request != NULL) {
            deadline = earlier(deadline, lookup->deadline);
            break;
        }
    }
    deadline = earlier(deadline, tier_bumps_deadline(tier));
    if (tier->state == TIER_UP) {
        deadline = earlier(deadline, tier->beat_at);
        if (tier->breaker.state != BREAKER_CLOSED) {
            deadline = earlier(deadline, tier->breaker.state == BREAKER_HALF
                                                 ? tier->probe_at + tier->options->deadline
                                                 : tier->breaker.probe_at);
        }
        if (redis_unanswered(tier->redis) > 0) {
            deadline = earlier(deadline, tier->heard_at + tier->options->quiet_wait);
        }
    }
    *waits = (struct tier_waits){.fd = redis_fd(tier->redis),
            .wants_write = redis_wants_write(tier->redis),
            .serial = tier->serial,
            .deadline = deadline};
}

void tier_status(const struct tier *tier, struct tier_status *status)
{
    *status = (struct tier_status){.state = tier->state,
            .breaker = tier->breaker.state,
            .opened = tier->breaker.opened,
            .p50 = breaker_quantile(&tier->breaker, 500),
            .p99 = breaker_quantile(&tier->breaker, 990),
            .counts = tier->counts};
    if (tier->state == TIER_UP && !tier_instance_is_sound(tier->instance)) {
        status->state = TIER_COVERING;
    }
    snprintf(status->server, sizeof status->server, "%s", tier->server);
}

const char *tier_why(const struct tier *tier)
{
    return tier->why;
}
