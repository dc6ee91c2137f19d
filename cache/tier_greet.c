/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_greet.c - what is said first on a connection, and from time to time.
 *
 * All of the greeting goes out at once. A connection that something is wrong with is given up; so whatever
 * was written behind it counts as lost.
 */
#include "cache/tier.h"

#include "cache/tier_inside.h"
#include "protocol/base/parse.h"

#include <stdio.h>
#include <string.h>

enum { INST_BEATS = 5, INSTANCES_MAX = 1000, EPOCH_MAX = 256 };

/* What an answer of the greeting is about. */
typedef void greeting(struct tier *tier, const struct redis_value *value, size_t count);

static void greeted(struct tier *tier, const struct redis_value *values, size_t count,
        greeting *read, bool must_be_fine)
{
    tier->greet_expected--;
    if (values == NULL) {
        return;
    }
    tier_heard(tier);
    if (values[0].kind == REDIS_ERROR && must_be_fine) {
        tier_saw_error(tier, &values[0]);
        tier_give_up(tier, TIER_IS_REFUSED, "%.*s",
                (int)(values[0].bytes.len < 200 ? values[0].bytes.len : 200),
                (const char *)values[0].bytes.at);
    } else if (read != NULL) {
        read(tier, values, count);
    }
}

static void said_fine(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, NULL, true);
}

static void said_whatever(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, NULL, false);
}

/* ---- INFO ---- */

/* "name:value\r\n" in text. */
static bool find_info(struct sl_span text, const char *name, char *out, size_t room)
{
    const size_t name_len = strlen(name);
    size_t at = 0;

    while (at < text.len) {
        const uint8_t *end = memchr(text.at + at, '\r', text.len - at);
        const size_t len = end == NULL ? text.len - at : (size_t)(end - (text.at + at));
        if (len > name_len && memcmp(text.at + at, name, name_len) == 0 &&
                text.at[at + name_len] == ':' && len - name_len - 1 < room) {
            memcpy(out, text.at + at + name_len + 1, len - name_len - 1);
            out[len - name_len - 1] = '\0';
            return true;
        }
        at += len + 2;
    }
    return false;
}

static void read_server(struct tier *tier, const struct redis_value *value, size_t count)
{
    char mode[32] = "";

    (void)count;
    if (value->kind != REDIS_BULK || !find_info(value->bytes, "run_id", tier->run, 64)) {
        tier_give_up(tier, TIER_IS_REFUSED, "the server does not say which run of it this is");
        return;
    }
    find_info(value->bytes, "redis_version", tier->server, sizeof tier->server);
    find_info(value->bytes, "redis_mode", mode, sizeof mode);
    if (strcmp(mode, "cluster") == 0) {
        tier_give_up(tier, TIER_IS_REFUSED, "Redis Cluster is not spoken, give one server");
    } else if (strcmp(mode, "sentinel") == 0) {
        tier_give_up(tier, TIER_IS_REFUSED, "that is a Sentinel, give the server it watches");
    } else if (tier->server[1] == '.' && tier->server[0] < '4') {
        tier_give_up(tier, TIER_IS_REFUSED, "Redis %s is older than 4.0", tier->server);
    }
}

static void read_replication(struct tier *tier, const struct redis_value *value, size_t count)
{
    char role[32] = "";
    char replid[64] = "";
    const size_t len = strlen(tier->run);

    (void)count;
    if (value->kind == REDIS_BULK) {
        find_info(value->bytes, "role", role, sizeof role);
        find_info(value->bytes, "master_replid", replid, sizeof replid);
    }
    if (strcmp(role, "slave") == 0) {
        tier_give_up(tier, TIER_IS_LOST, "the server is a replica");
    }
    snprintf(tier->run + len, sizeof tier->run - len, ":%s", replid);
}

static void on_server(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, read_server, true);
}

static void on_replication(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, read_replication, true);
}

/* ---- clock, epoch, instances ---- */

static bool read_number(struct sl_span text, int64_t *number)
{
    char copy[32];

    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return sl_parse_i64(copy, 0, INT64_MAX / SL_SECOND, number) == SL_OK;
}

static void read_time(struct tier *tier, const struct redis_value *values, size_t count)
{
    int64_t seconds = 0;
    int64_t usec = 0;

    if (count == 3 && values[1].kind == REDIS_BULK && values[2].kind == REDIS_BULK &&
            read_number(values[1].bytes, &seconds) && read_number(values[2].bytes, &usec)) {
        tier->wall_offset = seconds * SL_SECOND + usec - tier->now;
    } else {
        tier_give_up(tier, TIER_IS_REFUSED, "the server does not tell the time");
    }
}

static void on_time(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, read_time, true);
}

/* "17 9f0c... <run>" */
static void read_epoch(struct tier *tier, const struct redis_value *value, size_t count)
{
    const struct sl_span run = sl_span_text(tier->run);
    int64_t number = 0;
    size_t len = 0;

    (void)count;
    tier->epoch_is_there = value->kind != REDIS_NIL;
    if (value->kind != REDIS_BULK) {
        return;
    }
    while (len < value->bytes.len && value->bytes.at[len] != ' ') {
        len++;
    }
    if (read_number(sl_span(value->bytes.at, len), &number)) {
        tier->epoch_number = (uint64_t)number;
    }
    tier->epoch_is_ours =
            value->bytes.len > run.len &&
            memcmp(value->bytes.at + value->bytes.len - run.len, run.at, run.len) == 0 &&
            value->bytes.at[value->bytes.len - run.len - 1] == ' ';
}

static void on_epoch(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, read_epoch, false);
}

size_t tier_new_epoch(struct tier *tier, char *out, size_t room)
{
    char token[TIER_TOKEN_MAX];
    const size_t len = tier_new_token(tier, false, token);

    tier->epoch_number++;
    return (size_t)snprintf(out, room, "%llu %.*s %s", (unsigned long long)tier->epoch_number,
            (int)len, token, tier->run);
}

static void read_instances(struct tier *tier, const struct redis_value *value, size_t count)
{
    (void)count;
    tier->inst_is_there = value->kind == REDIS_NUMBER && value->number > 0;
    if (value->kind == REDIS_NUMBER && value->number > INSTANCES_MAX) {
        tier->inst_is_full = true;
        tier->was_killed = true; /* who is in it is not asked: it begins anew, and with it all */
    }
}

/* It is written before anything is bumped, and shows whether writing is possible. */
static void on_instance_written(void *self, const struct redis_value *values, size_t count)
{
    struct tier *tier = self;

    if (values != NULL && values[0].kind == REDIS_ERROR &&
            tier_error_of(values[0].bytes) == TIER_WRONG_TYPE) {
        tier->inst_is_full = true; /* it is no hash: begin anew */
        tier_give_up(tier, TIER_IS_LOST, "the list of instances is not ours");
    }
    greeted(tier, values, count, NULL, true);
}

static void on_instances(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, read_instances, false);
}

/* "<life> up <seconds>": of another process it must say "down". */
static void read_instance(struct tier *tier, const struct redis_value *value, size_t count)
{
    char ours[32];

    (void)count;
    if (value->kind != REDIS_BULK) {
        tier->was_killed = tier->was_killed || value->kind != REDIS_NIL;
        return;
    }
    snprintf(ours, sizeof ours, "%016llx ", (unsigned long long)tier->instance->life);
    const bool is_ours = value->bytes.len > 17 && memcmp(value->bytes.at, ours, 17) == 0;
    const bool is_down = value->bytes.len > 22 && memcmp(value->bytes.at + 16, " down ", 6) == 0;
    tier->was_killed = tier->was_killed || (!is_ours && !is_down);
}

static void on_instance(void *self, const struct redis_value *values, size_t count)
{
    greeted(self, values, count, read_instance, false);
}

/* ---- all of it ---- */

static void expect(struct tier *tier, redis_answered *answered)
{
    if (redis_close(tier->redis, answered, tier) == SL_OK) {
        tier->greet_expected++;
    } else {
        tier_give_up(tier, TIER_IS_LOST, "there is no room for a greeting");
    }
}

static void log_in(struct tier *tier)
{
    const struct tier_options *options = tier->options;
    char text[96];

    if (options->password != NULL) {
        redis_open(tier->redis, options->user != NULL ? 3 : 2);
        tier_part(tier, "AUTH");
        if (options->user != NULL) {
            tier_part(tier, options->user);
        }
        tier_part(tier, options->password);
        expect(tier, said_fine);
    }
    if (options->number > 0) {
        redis_open(tier->redis, 2);
        tier_part(tier, "SELECT");
        snprintf(text, sizeof text, "%d", options->number);
        tier_part(tier, text);
        expect(tier, said_fine);
    }
    redis_open(tier->redis, 3);
    tier_part(tier, "CLIENT");
    tier_part(tier, "SETNAME");
    snprintf(text, sizeof text, "sluice-%.64s", tier->instance->id);
    tier_part(tier, text);
    expect(tier, said_whatever);
}

static void ask(struct tier *tier, const char *command, const char *what, redis_answered *answered)
{
    redis_open(tier->redis, what == NULL ? 1 : 2);
    tier_part(tier, command);
    if (what != NULL) {
        tier_part(tier, what);
    }
    expect(tier, answered);
}

static void ask_of(struct tier *tier, const char *command, const char *name, const char *field,
        redis_answered *answered)
{
    redis_open(tier->redis, field == NULL ? 2 : 3);
    tier_part(tier, command);
    tier_part_name(tier, name, sl_span(NULL, 0));
    if (field != NULL) {
        tier_part(tier, field);
    }
    expect(tier, answered);
}

static void write_instance(struct tier *tier)
{
    char text[96];

    redis_open(tier->redis, 4);
    tier_part(tier, "HSET");
    tier_part_name(tier, "inst", sl_span(NULL, 0));
    tier_part(tier, tier->instance->id);
    snprintf(text, sizeof text, "%016llx up %llu", (unsigned long long)tier->instance->life,
            (unsigned long long)(tier_wall(tier, tier->now) / SL_SECOND));
    tier_part(tier, text);
}

void tier_greet(struct tier *tier)
{
    tier->greet_expected = 0;
    tier->was_killed = false;
    tier->inst_is_there = false;
    tier->epoch_is_there = false;
    tier->epoch_is_ours = false;
    tier->run[0] = '\0';
    log_in(tier);
    ask(tier, "TIME", NULL, on_time);
    ask(tier, "INFO", "server", on_server);
    ask(tier, "INFO", "replication", on_replication);
    ask_of(tier, "GET", "epoch", NULL, on_epoch);
    ask_of(tier, "HLEN", "inst", NULL, on_instances);
    ask_of(tier, "HGET", "inst", tier->instance->id, on_instance);
    if (tier->inst_is_full) {
        tier->inst_is_full = false;
        ask_of(tier, "DEL", "inst", NULL, said_whatever);
    }
    write_instance(tier);
    expect(tier, on_instance_written);
    if (tier_say(tier, TIER_SAID_BEAT, sl_span(NULL, 0), said_fine, tier) == SL_OK) {
        tier->greet_expected++;
    }
    if (tier->culprit[0] != '\0') {
        redis_open(tier->redis, 2);
        tier_part(tier, "DEL");
        tier_part(tier, tier->culprit);
        expect(tier, said_whatever);
        tier->culprit[0] = '\0';
    }
}

/* ---- from time to time ---- */

static void send_any(struct tier *tier)
{
    SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "the next one will do");
}

void tier_beat(struct tier *tier, sl_usec now)
{
    if (now < tier->beat_at) {
        return;
    }
    tier->beat_at = now + tier->options->beat_every;
    if (tier->breaker.state != BREAKER_CLOSED) {
        return;
    }
    tier_note_sent(tier, now);
    if (tier->has_said) {
        SL_IGNORE(tier_say(tier, TIER_SAID_BEAT, sl_span(NULL, 0), tier_answered_any, tier),
                "the next one will do");
        tier->has_said = false;
    }
    if (++tier->beats % INST_BEATS == 0) {
        write_instance(tier);
        send_any(tier);
    }
}

static void on_probe(void *self, const struct redis_value *values, size_t count)
{
    struct tier *tier = self;

    (void)count;
    tier->is_probing = false;
    if (values == NULL) {
        return;
    }
    tier_heard(tier);
    if (values[0].kind == REDIS_ERROR) {
        tier_saw_error(tier, &values[0]);
    }
    if (tier->breaker.state == BREAKER_HALF) {
        if (values[0].kind == REDIS_STATUS &&
                tier->now < tier->probe_at + tier->options->deadline) {
            breaker_probed(&tier->breaker, tier->now);
            tier->why[0] = '\0';
        } else {
            breaker_failure(&tier->breaker, tier->now);
        }
    }
}

void tier_probe(struct tier *tier, sl_usec now)
{
    if (tier->breaker.state == BREAKER_HALF && now >= tier->probe_at + tier->options->deadline) {
        breaker_failure(&tier->breaker, now);
    }
    if (tier->is_probing || !breaker_probe(&tier->breaker, now)) {
        if (tier->is_probing && tier->breaker.state == BREAKER_OPEN &&
                now >= tier->breaker.probe_at) {
            breaker_open(&tier->breaker, now); /* the last one is not answered yet */
        }
        return;
    }
    tier_note_sent(tier, now);
    redis_open(tier->redis, 1);
    tier_part(tier, "PING");
    tier->is_probing = redis_close(tier->redis, on_probe, tier) == SL_OK;
    tier->probe_at = now;
}
