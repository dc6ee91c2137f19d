/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/script_log.c - keeping replies without what differs from run to run.
 */
#include "tests/support/script_log.h"

#include "tests/support/proc.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 256 << 20 };

static void *grow(void *at, size_t len)
{
    void *grown = realloc(at, len);
    if (grown == NULL) {
        proc_die("no memory for replies");
    }
    return grown;
}

static struct script_reply *reply_new(struct script_log *log, uint8_t type, size_t len)
{
    if (log->count == log->cap) {
        log->cap = log->cap == 0 ? 64 : 2 * log->cap;
        log->replies = grow(log->replies, log->cap * sizeof *log->replies);
    }
    struct script_reply *reply = &log->replies[log->count++];
    *reply = (struct script_reply){.type = type, .len = len, .body = grow(NULL, len + 1)};
    reply->body[len] = '\0';
    return reply;
}

/* Leaves out of an error where in the source it was raised: file, line, routine. */
static void keep_error(struct script_reply *reply, const char *body, size_t len)
{
    size_t out = 0;
    for (size_t at = 0; at < len && body[at] != '\0';) {
        size_t field = strnlen(body + at, len - at) + 1;
        if (at + field > len) {
            break;
        }
        if (strchr("FLR", body[at]) == NULL) {
            memcpy(reply->body + out, body + at, field);
            out += field;
        }
        at += field;
    }
    reply->len = out;
    reply->body[out] = '\0';
}

static void keep(struct script_log *log, uint8_t type, const char *body, size_t len)
{
    struct script_reply *reply = reply_new(log, type, len);
    if (type == 'E' || type == 'N') {
        keep_error(reply, body, len);
        return;
    }
    memcpy(reply->body, body, len);
    if (type == 'K') {
        reply->len = 0;
    } else if (type == 'A' && len >= 4) {
        memset(reply->body, 0, 4);
    }
}

void script_log_take(struct script_log *log, const char *bytes, size_t len)
{
    log->rest = grow(log->rest, log->rest_len + len);
    memcpy(log->rest + log->rest_len, bytes, len);
    log->rest_len += len;
    size_t at = 0;
    while (log->rest_len - at >= 5) {
        uint32_t network;
        memcpy(&network, log->rest + at + 1, sizeof network);
        size_t whole = (size_t)ntohl(network) + 1;
        if (whole < 5 || whole > MESSAGE_MAX) {
            keep(log, '?', log->rest + at, log->rest_len - at);
            at = log->rest_len;
            break;
        }
        if (whole > log->rest_len - at) {
            break;
        }
        keep(log, (uint8_t)log->rest[at], log->rest + at + 5, whole - 5);
        at += whole;
    }
    memmove(log->rest, log->rest + at, log->rest_len - at);
    log->rest_len -= at;
}

void script_log_end(struct script_log *log)
{
    if (!log->closed) {
        keep(log, '.', "", 0);
    }
    log->closed = true;
}

static int compare_replies(const void *one, const void *two)
{
    const struct script_reply *a = one;
    const struct script_reply *b = two;
    return strcmp(a->body, b->body);
}

void script_log_sort_login(struct script_log *log)
{
    size_t first = 0;
    while (first < log->count && log->replies[first].type != 'S' &&
            log->replies[first].type != 'Z') {
        first++;
    }
    size_t end = first;
    while (end < log->count && log->replies[end].type == 'S') {
        end++;
    }
    if (end > first) {
        qsort(log->replies + first, end - first, sizeof *log->replies, compare_replies);
    }
}

void script_log_fini(struct script_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->replies[i].body);
    }
    free(log->replies);
    free(log->rest);
    *log = (struct script_log){0};
}

static bool alike(const struct script_reply *one, const struct script_reply *two)
{
    return one->type == two->type && one->len == two->len &&
           memcmp(one->body, two->body, one->len) == 0;
}

size_t script_differs(const struct script_log *one, const struct script_log *two)
{
    size_t count = one->count < two->count ? one->count : two->count;
    for (size_t i = 0; i < count; i++) {
        if (!alike(&one->replies[i], &two->replies[i])) {
            return i;
        }
    }
    return one->count == two->count ? SIZE_MAX : count;
}

const char *script_reply_text(const struct script_log *log, size_t i, char *out, size_t out_max)
{
    if (i >= log->count) {
        snprintf(out, out_max, "(nothing)");
        return out;
    }
    const struct script_reply *reply = &log->replies[i];
    size_t len = (size_t)snprintf(out, out_max, "%c ", reply->type);
    for (size_t at = 0; at < reply->len && len + 1 < out_max; at++) {
        char c = reply->body[at];
        out[len++] = c >= ' ' && c <= '~' ? c : '.';
    }
    out[len] = '\0';
    return out;
}
