/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reuse.h"

#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/prepared.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what was seen ---- */

struct reuse_seen *reuse_seen_new(void)
{
    return calloc(1, sizeof(struct reuse_seen));
}

struct reuse_text *reuse_seen_again(struct reuse_seen *seen, uint64_t key, uint32_t times)
{
    struct reuse_text *text = &seen->texts[key % REUSE_SEEN];

    if (text->key != key && text->times > 0) {
        text->times--; /* another's place, as long as that comes more often */
        return NULL;
    }
    if (text->key != key) {
        *text = (struct reuse_text){.key = key};
    }
    bool is_enough = text->times >= times;
    text->times += text->times < times + REUSE_STAYS ? 1 : 0;
    return is_enough && !text->is_refused ? text : NULL;
}

/* ---- texts ---- */

/* Behind a comment, and those in it; the end if it has none. */
static const uint8_t *skip_comment(const uint8_t *at, const uint8_t *end)
{
    int depth = 0;

    for (; end - at > 1; at++) {
        int step = at[0] == '/' && at[1] == '*' ? 1 : at[0] == '*' && at[1] == '/' ? -1 : 0;
        depth += step;
        at += step != 0 ? 1 : 0;
        if (depth == 0) {
            return at + 1;
        }
    }
    return end;
}

static struct sl_span skip_blank(struct sl_span text)
{
    const uint8_t *at = text.at;
    const uint8_t *end = text.at + text.len;

    while (at < end) {
        if (*at == ' ' || (*at >= '\t' && *at <= '\r') || *at == '(') {
            at++;
        } else if (*at == '-' && end - at > 1 && at[1] == '-') {
            const uint8_t *line = memchr(at, '\n', (size_t)(end - at));
            at = line == NULL ? end : line + 1;
        } else if (*at == '/' && end - at > 1 && at[1] == '*') {
            at = skip_comment(at, end);
        } else {
            break;
        }
    }
    return sl_span(at, (size_t)(end - at));
}

bool reuse_is_planned(struct sl_span text)
{
    static const char *const verbs[] = {
            "select", "insert", "update", "delete", "with", "values", "merge"};
    struct sl_span rest = skip_blank(text);
    size_t len = 0;

    while (len < rest.len && (((rest.at[len] | 0x20) >= 'a' && (rest.at[len] | 0x20) <= 'z') ||
                                     (rest.at[len] >= '0' && rest.at[len] <= '9'))) {
        len++;
    }
    for (size_t i = 0; i < SL_COUNT(verbs); i++) {
        if (len == strlen(verbs[i]) && strncasecmp((const char *)rest.at, verbs[i], len) == 0) {
            return !prepared_is_of_its_moment(text);
        }
    }
    return false;
}

/* ---- requests ---- */

/* How many parameters a Bind has; false: it is not of the form, or not of the unnamed statement. */
static bool read_bind(struct sl_span body, unsigned *params)
{
    struct front_bind bind;

    if (front_bind_head(body, body.len, &bind) != FRONT_OK || bind.statement.len > 0) {
        return false;
    }
    struct sl_span rest = sl_span(body.at + bind.rest_offset, body.len - bind.rest_offset);
    size_t at = rest.len < 2 ? rest.len : 2 + 2 * (size_t)sl_get_u16(rest.at);
    if (at + 2 > rest.len) {
        return false;
    }
    *params = sl_get_u16(rest.at + at);
    return true;
}

static bool is_of_portal(struct sl_span body)
{
    struct sl_span name;
    char kind;

    return front_target_read(body, &kind, &name) == SL_OK && kind == FRONT_PORTAL;
}

/* May that message stand behind the Parse, or behind its Bind? */
static bool may_follow(uint8_t type, struct sl_span body, bool is_bound, unsigned *params)
{
    if (!is_bound) {
        return type == MSG_BIND && read_bind(body, params);
    }
    return type == MSG_EXECUTE || (type == MSG_SYNC && body.len == 0) ||
           ((type == MSG_DESCRIBE || type == MSG_CLOSE) && is_of_portal(body));
}

enum reuse_shape reuse_look(struct sl_span bytes, unsigned *params)
{
    size_t at = (size_t)sl_get_u32(bytes.at + 1) + 1;
    bool is_bound = false;

    while (at <= REUSE_REQUEST_MAX && bytes.len >= at + MESSAGE_HEAD) {
        uint8_t type = bytes.at[at];
        uint32_t len = sl_get_u32(bytes.at + at + 1);
        if (!message_len_ok(len) || len >= REUSE_REQUEST_MAX) {
            return REUSE_OTHER;
        }
        if (bytes.len - at < (size_t)len + 1) {
            break;
        }
        struct sl_span body = sl_span(bytes.at + at + MESSAGE_HEAD, len - 4);
        if (!may_follow(type, body, is_bound, params)) {
            return REUSE_OTHER;
        }
        at += (size_t)len + 1;
        if (type == MSG_SYNC) {
            return at == bytes.len && at <= REUSE_REQUEST_MAX ? REUSE_ALONE : REUSE_OTHER;
        }
        is_bound = true;
    }
    return bytes.len <= REUSE_REQUEST_MAX && at <= REUSE_REQUEST_MAX ? REUSE_MORE : REUSE_OTHER;
}

/* ---- age ---- */

static atomic_uint epoch;

uint32_t reuse_epoch(void)
{
    return atomic_load(&epoch);
}

void reuse_changed(void)
{
    atomic_fetch_add(&epoch, 1);
}

bool reuse_is_fresh(const struct reuse_age *age, sl_usec now, sl_usec lifetime)
{
    return age->uses < REUSE_USES_MAX && age->epoch == reuse_epoch() &&
           (lifetime == 0 || now - age->made_at < lifetime);
}

bool reuse_repeats(const char *sqlstate)
{
    /*
     * Resources, the operator, what others did or hold, the system: PostgreSQL documentation,
     * "PostgreSQL Error Codes".
     */
    static const char *const of_the_moment[] = {"08003", "40", "53", "55", "57", "58"};

    for (size_t i = 0; i < SL_COUNT(of_the_moment); i++) {
        if (strncmp(sqlstate, of_the_moment[i], strlen(of_the_moment[i])) == 0) {
            return false;
        }
    }
    return true;
}
