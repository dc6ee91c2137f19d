/* SPDX-License-Identifier: PostgreSQL */
#include "bench/cache/wire.h"

#include "protocol/base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void wire_fail(const char *what, const char *more)
{
    fprintf(stderr, "%s: %s\n", what, more);
    exit(1);
}

uint64_t wire_now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* ---- requests ---- */

static void put(struct wire_request *request, const void *bytes, size_t len)
{
    if (request->len + len > sizeof request->at) {
        wire_fail("request", "too long");
    }
    memcpy(request->at + request->len, bytes, len);
    request->len += len;
}

/* Its length word is put in by end(). */
static size_t begin(struct wire_request *request, char type)
{
    static const uint8_t zero[4];

    put(request, &type, 1);
    put(request, zero, sizeof zero);
    return request->len - sizeof zero;
}

static void end(struct wire_request *request, size_t begun)
{
    uint32_t len = htonl((uint32_t)(request->len - begun));

    memcpy(request->at + begun, &len, sizeof len);
}

static void put_key(struct wire_request *request)
{
    request->key_at = request->len;
    put(request, "0000000", WIRE_KEY_LEN);
}

static void put_bind(struct wire_request *request, const char *sql)
{
    static const uint8_t names[] = {0, 's', 0, 0, 0}; /* no portal; "s"; text */
    bool has_param = strstr(sql, "$1") != NULL;
    const uint8_t params[] = {0, has_param};
    const uint8_t len[] = {0, 0, 0, WIRE_KEY_LEN};

    size_t begun = begin(request, 'B');
    put(request, names, sizeof names);
    put(request, params, sizeof params);
    if (has_param) {
        put(request, len, sizeof len);
        put_key(request);
    }
    put(request, "\0\0", 2);
    end(request, begun);
}

static void put_query(struct wire_request *request, const char *sql)
{
    const char *key = strstr(sql, "KEY");
    size_t before = key == NULL ? strlen(sql) : (size_t)(key - sql);

    size_t begun = begin(request, 'Q');
    put(request, sql, before);
    if (key != NULL) {
        put_key(request);
        put(request, key + 3, strlen(key + 3));
    }
    put(request, "", 1);
    end(request, begun);
}

void wire_request(struct wire_request *request, enum wire_kind kind, const char *sql)
{
    static const char get[] = "*2\r\n$3\r\nGET\r\n$11\r\nkey:";
    static const char describe[] = "D\0\0\0\6P";
    static const char execute[] = "E\0\0\0\11\0\0\0\0\0S\0\0\0\4";

    *request = (struct wire_request){.kind = kind, .key_at = SIZE_MAX};
    if (kind == WIRE_REDIS) {
        put(request, get, sizeof get - 1);
        put_key(request);
        put(request, "\r\n", 2);
    } else if (kind == WIRE_SIMPLE) {
        put_query(request, sql);
    } else {
        put_bind(request, sql);
        if (kind == WIRE_DESCRIBED) {
            put(request, describe, sizeof describe);
        }
        put(request, execute, sizeof execute - 1);
    }
}

static void send_all(struct wire *wire, const uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t n = send(wire->fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            wire_fail("send", "the connection is gone");
        }
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

void wire_ask(
        struct wire *wire, const struct wire_request *request, const uint32_t *keys, unsigned n)
{
    static uint8_t out[WIRE_DEPTH_MAX * WIRE_REQUEST_MAX];

    for (unsigned i = 0; i < n; i++) {
        uint8_t *at = out + i * request->len;
        memcpy(at, request->at, request->len);
        uint32_t key = keys[i];
        for (size_t k = WIRE_KEY_LEN; k > 0 && request->key_at != SIZE_MAX; k--, key /= 10) {
            at[request->key_at + k - 1] = (uint8_t)('0' + key % 10);
        }
    }
    send_all(wire, out, n * request->len);
}

/* ---- replies ---- */

/* Bytes of one that is whole; 0: it is not. */
static size_t redis_reply(const struct wire *wire, size_t at)
{
    const uint8_t *from = wire->input + at;
    const uint8_t *line = memchr(from, '\n', wire->filled - at);

    if (line == NULL) {
        return 0;
    }
    if (from[0] != '$' || from[1] == '-') {
        wire_fail("redis", "an error, or no such key");
    }
    size_t len = (size_t)(line - from) + 1 + strtoul((const char *)from + 1, NULL, 10) + 2;
    return len <= wire->filled - at ? len : 0;
}

static void note_row(struct wire *wire, const uint8_t *message)
{
    uint32_t len = sl_get_u32(message + 7);

    wire->last_len = len < sizeof wire->last ? len : 0;
    memcpy(wire->last, message + 11, wire->last_len);
}

/* The same of one message. */
static size_t message(struct wire *wire, size_t at, bool *is_ready)
{
    const uint8_t *from = wire->input + at;

    if (wire->filled - at < 5 || wire->filled - at < (size_t)sl_get_u32(from + 1) + 1) {
        return 0;
    }
    if (from[0] == 'E') {
        fwrite(from, 1, (size_t)sl_get_u32(from + 1), stderr);
        wire_fail("\nthe server", "an error");
    }
    if (from[0] == 'D' && wire->last_len == 0) {
        note_row(wire, from);
    }
    *is_ready = from[0] == 'Z';
    return (size_t)sl_get_u32(from + 1) + 1;
}

unsigned wire_hear(struct wire *wire)
{
    unsigned replies = 0;
    size_t done = 0;
    size_t len = 0;

    ssize_t n = recv(wire->fd, wire->input + wire->filled, WIRE_INPUT - wire->filled, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (n <= 0) {
        wire_fail("recv", "the connection is gone");
    }
    wire->filled += (size_t)n;
    do {
        bool is_ready = wire->is_redis;
        len = wire->is_redis ? redis_reply(wire, done) : message(wire, done, &is_ready);
        replies += len > 0 && is_ready;
        done += len;
    } while (len > 0 && done < wire->filled);
    memmove(wire->input, wire->input + done, wire->filled - done);
    wire->filled -= done;
    return replies;
}

int64_t wire_number(struct wire *wire, const struct wire_request *request, uint32_t key)
{
    char text[sizeof wire->last + 1] = "";

    wire->last_len = 0;
    wire_ask(wire, request, &key, 1);
    while (wire_hear(wire) == 0) {
    }
    memcpy(text, wire->last, wire->last_len);
    return strtoll(text, NULL, 10);
}

/* ---- connections ---- */

struct wire *wire_open(const char *port, bool is_redis)
{
    static const uint8_t startup[] = "\0\0\0\47\0\3\0\0user\0bench\0database\0bench\0\0\0";
    struct sockaddr_in to = {.sin_family = AF_INET,
            .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct wire *wire = calloc(1, sizeof *wire);
    const int on = 1;

    if (wire == NULL) {
        wire_fail("connection", "no memory");
    }
    wire->is_redis = is_redis;
    wire->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (wire->fd < 0 || connect(wire->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
            setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        wire_fail("connect", port);
    }
    if (!is_redis) {
        uint8_t message[sizeof startup];
        size_t len = 4 + 4 + sizeof "user\0bench\0database\0bench\0" - 1 + 1;
        memcpy(message, startup, len);
        message[3] = (uint8_t)len;
        send_all(wire, message, len);
        while (wire_hear(wire) == 0) {
        }
    }
    return wire;
}

void wire_close(struct wire *wire)
{
    close(wire->fd);
    free(wire);
}

void wire_prepare(struct wire *wire, const char *sql)
{
    struct wire_request request = {.key_at = SIZE_MAX};
    static const char sync[] = "S\0\0\0\4";

    size_t begun = begin(&request, 'P');
    put(&request, "s", 2);
    put(&request, sql, strlen(sql) + 1);
    put(&request, "\0\0", 2);
    end(&request, begun);
    put(&request, sync, sizeof sync - 1);
    send_all(wire, request.at, request.len);
    while (wire_hear(wire) == 0) {
    }
}
