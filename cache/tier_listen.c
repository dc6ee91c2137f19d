/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_listen.c - one connection that says AUTH, SUBSCRIBE and PING, and hears the rest.
 *
 * Behind SUBSCRIBE everything comes unasked, also the answers to PING: ["pong", ""].
 */
#include "cache/tier_listen.h"

#include "cache/tier_inside.h"
#include "protocol/base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 512 };

enum listen_state { LISTEN_AWAY, LISTEN_GREETING, LISTEN_LISTENING };

struct sender {
    struct sl_map_node node;
    uint64_t number; /* of the last message */
};

struct tier_listen {
    struct tier_instance *instance;
    struct tier_listen_hooks hooks;
    struct redis *redis;
    enum listen_state state;
    sl_usec now;
    sl_usec deadline; /* AWAY: try again; else: it must have said something; or PING */
    sl_usec heard_at;
    bool has_asked; /* PING, since it was heard */
    bool is_refused;
    unsigned serial;
    struct sl_map senders;
    struct tier_listen_counts counts;
    char why[TIER_WHY_MAX];
};

const char *tier_missed_text(enum tier_missed how)
{
    static const char *const texts[TIER_MISSED_KINDS] = {
            "before", "lost", "gap", "not_understood", "said"};

    return (unsigned)how < TIER_MISSED_KINDS ? texts[how] : "?";
}

static void miss(struct tier_listen *listen, enum tier_missed how)
{
    listen->counts.missed[how]++;
    listen->hooks.missed(listen->hooks.self, how);
}

/* ---- senders ---- */

static void forget_senders(struct tier_listen *listen)
{
    struct sl_map_node *node = NULL;

    while ((node = sl_map_any(&listen->senders)) != NULL) {
        sl_map_remove(&listen->senders, node);
        free(SL_CONTAINER(node, struct sender, node));
    }
    listen->counts.senders = 0;
}

/* Two senders of one hash are thought to be one: then there are gaps, which is safe. */
static void note_number(struct tier_listen *listen, const struct tier_said *said)
{
    const uint64_t hash = sl_hash64(said->sender);
    struct sl_map_node *node = sl_map_first(&listen->senders, hash);

    if (node != NULL) {
        struct sender *sender = SL_CONTAINER(node, struct sender, node);
        const bool is_next = said->number == sender->number + 1;
        sender->number = said->number;
        if (!is_next) {
            miss(listen, TIER_MISSED_GAP);
        }
        return;
    }
    struct sender *sender = calloc(1, sizeof *sender);
    if (sender != NULL) {
        sender->number = said->number;
    }
    if (sender == NULL || sl_map_put(&listen->senders, &sender->node, hash) != SL_OK) {
        free(sender);
        forget_senders(listen); /* some of them may have gone; who comes next is known again */
        miss(listen, TIER_MISSED_GAP);
        return;
    }
    listen->counts.senders = listen->senders.count;
}

/* ---- messages ---- */

/* By the life that is its end: another process may have the same name. */
static bool is_own(const struct tier_listen *listen, struct sl_span sender)
{
    char life[32];
    const int len =
            snprintf(life, sizeof life, "-%016llx", (unsigned long long)listen->instance->life);

    return sender.len > (size_t)len &&
           memcmp(sender.at + sender.len - (size_t)len, life, (size_t)len) == 0;
}

static bool read_text(struct sl_span word, char out[NAME_ROOM])
{
    size_t len = 0;

    if (!tier_read_name(word, out, NAME_ROOM - 1, &len) || memchr(out, '\0', len) != NULL) {
        return false;
    }
    out[len] = '\0';
    return true;
}

static void tell_tags(struct tier_listen *listen, const struct tier_said *said)
{
    struct sl_span tags = said->tags;
    struct sl_span table = sl_span(NULL, 0);
    struct sl_span field;
    char table_text[NAME_ROOM];
    char field_text[NAME_ROOM];

    while (tier_next_tag(&tags, &table, &field)) {
        const struct tier_tag tag = {.table = table_text, .field = field_text};
        if (!read_text(table, table_text) || !read_text(field, field_text)) {
            miss(listen, TIER_MISSED_NOT_UNDERSTOOD);
            return;
        }
        listen->counts.tags++;
        listen->hooks.tag(listen->hooks.self, &tag, said->kind == TIER_SAID_END);
    }
    if (tags.len > 0) {
        miss(listen, TIER_MISSED_NOT_UNDERSTOOD);
    }
}

static void hear_message(struct tier_listen *listen, struct sl_span text)
{
    struct tier_said said;

    listen->counts.messages++;
    if (!tier_read_said(text, &said)) {
        miss(listen, TIER_MISSED_NOT_UNDERSTOOD);
        return;
    }
    note_number(listen, &said);
    if (is_own(listen, said.sender)) {
        listen->counts.own++;
    } else if (said.kind == TIER_SAID_ALL) {
        miss(listen, TIER_MISSED_SAID);
    } else if (said.kind <= TIER_SAID_END) {
        tell_tags(listen, &said);
    } else if (said.kind != TIER_SAID_BEAT && listen->hooks.said != NULL) {
        listen->hooks.said(listen->hooks.self, said.kind, said.tags);
    }
}

static void refuse(struct tier_listen *listen, struct sl_span text)
{
    snprintf(listen->why, sizeof listen->why, "%.*s", (int)(text.len < 200 ? text.len : 200),
            (const char *)text.at);
    listen->is_refused = true;
    redis_drop(listen->redis);
}

static void on_unasked(void *self, const struct redis_value *values, size_t count)
{
    struct tier_listen *listen = self;

    listen->heard_at = listen->now;
    listen->has_asked = false;
    if (values[0].kind == REDIS_ERROR) {
        refuse(listen, values[0].bytes);
    } else if (count == 4 && values[1].kind == REDIS_BULK &&
               sl_span_is(values[1].bytes, "message") && values[3].kind == REDIS_BULK) {
        hear_message(listen, values[3].bytes);
    } else if (count == 4 && values[1].kind == REDIS_BULK &&
               sl_span_is(values[1].bytes, "subscribe")) {
        listen->state = LISTEN_LISTENING;
        listen->why[0] = '\0';
        miss(listen, TIER_MISSED_BEFORE);
    }
}

static void on_login(void *self, const struct redis_value *values, size_t count)
{
    struct tier_listen *listen = self;

    (void)count;
    if (values != NULL) {
        listen->heard_at = listen->now;
        if (values[0].kind == REDIS_ERROR) {
            refuse(listen, values[0].bytes);
        }
    }
}

/* ---- life ---- */

struct tier_listen *tier_listen_new(
        struct tier_instance *instance, const struct tier_listen_hooks *hooks)
{
    const struct tier_options *options = &instance->options;
    struct tier_listen *listen = calloc(1, sizeof *listen);

    if (listen == NULL) {
        return NULL;
    }
    const struct redis_options redis = {.address = options->address,
            .port = options->port,
            .path = options->path,
            .out_max = 4096,
            .reply_max = options->out_max,
            .commands_max = 8,
            .unasked = on_unasked,
            .self = listen};
    listen->instance = instance;
    listen->hooks = *hooks;
    listen->redis = redis_new(&redis);
    if (listen->redis == NULL) {
        free(listen);
        return NULL;
    }
    sl_map_init(&listen->senders, TIER_SENDERS_MAX);
    snprintf(listen->why, sizeof listen->why, "it has not been connected yet");
    return listen;
}

void tier_listen_free(struct tier_listen *listen)
{
    if (listen != NULL) {
        redis_free(listen->redis);
        forget_senders(listen);
        sl_map_fini(&listen->senders);
        free(listen);
    }
}

bool tier_listen_is_up(const struct tier_listen *listen)
{
    return listen->state == LISTEN_LISTENING;
}

/* Its answer, if any, comes unasked. */
static void subscribe(struct tier_listen *listen)
{
    const struct sl_span channel[] = {sl_span_text(listen->instance->names), sl_span_text("inv")};

    redis_open(listen->redis, 2);
    redis_part(listen->redis, sl_span_text("SUBSCRIBE"));
    redis_part_of(listen->redis, channel, SL_COUNT(channel));
    if (redis_close_unasked(listen->redis) != SL_OK) {
        redis_drop(listen->redis);
    }
}

static void ask(struct tier_listen *listen)
{
    redis_open(listen->redis, 1);
    redis_part(listen->redis, sl_span_text("PING"));
    SL_IGNORE(redis_close_unasked(listen->redis), "then it is lost");
    listen->has_asked = true;
}

static void log_in(struct tier_listen *listen)
{
    const struct tier_options *options = &listen->instance->options;

    if (options->password == NULL) {
        return;
    }
    redis_open(listen->redis, options->user != NULL ? 3 : 2);
    redis_part(listen->redis, sl_span_text("AUTH"));
    if (options->user != NULL) {
        redis_part(listen->redis, sl_span_text(options->user));
    }
    redis_part(listen->redis, sl_span_text(options->password));
    if (redis_close(listen->redis, on_login, listen) != SL_OK) {
        redis_drop(listen->redis);
    }
}

static void enter_away(struct tier_listen *listen)
{
    const struct tier_options *options = &listen->instance->options;
    const bool was_listening = listen->state == LISTEN_LISTENING;

    if (!listen->is_refused) {
        snprintf(listen->why, sizeof listen->why, "%s", redis_why(listen->redis));
    }
    listen->state = LISTEN_AWAY;
    listen->deadline =
            listen->now + (listen->is_refused ? options->refused_retry : options->retry_every);
    listen->is_refused = false;
    forget_senders(listen);
    if (was_listening) {
        miss(listen, TIER_MISSED_LOST);
    }
}

static void go_on_quiet(struct tier_listen *listen)
{
    const struct tier_options *options = &listen->instance->options;
    const bool is_quiet = listen->now >= listen->heard_at + options->quiet_wait;

    if (is_quiet && listen->now >= listen->heard_at + 2 * options->quiet_wait) {
        redis_drop(listen->redis);
    } else if (is_quiet && listen->state == LISTEN_LISTENING && !listen->has_asked) {
        ask(listen);
    }
    listen->deadline =
            listen->heard_at +
            (listen->has_asked || listen->state == LISTEN_GREETING ? 2 : 1) * options->quiet_wait;
}

void tier_listen_go_on(struct tier_listen *listen, sl_usec now, bool readable, bool writable)
{
    listen->now = now > listen->now ? now : listen->now;
    redis_go_on(listen->redis, readable, writable);
    if (listen->state == LISTEN_AWAY && listen->now >= listen->deadline) {
        listen->state = LISTEN_GREETING;
        listen->serial++;
        listen->heard_at = listen->now;
        listen->has_asked = false;
        if (redis_connect(listen->redis) == SL_OK) {
            log_in(listen);
            subscribe(listen);
        }
    }
    if (listen->state != LISTEN_AWAY) {
        go_on_quiet(listen);
        if (!redis_is_open(listen->redis)) {
            enter_away(listen);
        }
    }
    redis_flush(listen->redis);
}

void tier_listen_waits(const struct tier_listen *listen, struct tier_waits *waits)
{
    *waits = (struct tier_waits){.fd = redis_fd(listen->redis),
            .wants_write = redis_wants_write(listen->redis),
            .serial = listen->serial,
            .deadline = listen->deadline};
}

void tier_listen_counts(const struct tier_listen *listen, struct tier_listen_counts *counts)
{
    *counts = listen->counts;
}

const char *tier_listen_why(const struct tier_listen *listen)
{
    return listen->why;
}
