/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/cache/wire.h - a connection that asks many times at once: PostgreSQL's wire, or Redis'.
 *
 * Requests are made ahead but for a key of seven digits, which is put in where it stands; replies are
 * counted, not read. Whatever goes wrong ends the program with a word.
 *
 * Ownership: the caller's. Threads: one. Bounds: WIRE_REQUEST_MAX bytes a request, WIRE_INPUT of replies at a time.
 */
#ifndef SLUICE_BENCH_CACHE_WIRE_H
#define SLUICE_BENCH_CACHE_WIRE_H

#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WIRE_REQUEST_MAX = 1024,
    WIRE_DEPTH_MAX = 256,
    WIRE_INPUT = 1 << 18,
    WIRE_KEY_LEN = 7,
    WIRE_KEY_MIN = 1000000
};

enum wire_kind {
    WIRE_REDIS,     /* GET */
    WIRE_PREPARED,  /* Bind, Execute, Sync: who knows the columns already */
    WIRE_DESCRIBED, /* Bind, Describe, Execute, Sync: libpq */
    WIRE_SIMPLE     /* Query */
};

struct wire_request {
    enum wire_kind kind;
    size_t len;
    size_t key_at; /* SIZE_MAX: there is none */
    uint8_t at[WIRE_REQUEST_MAX];
};

struct wire {
    int fd;
    bool is_redis;
    size_t filled;
    uint8_t last[64]; /* of the last DataRow: its first value */
    size_t last_len;
    uint8_t input[WIRE_INPUT];
};

_Noreturn void wire_fail(const char *what, const char *more);
uint64_t wire_now_ns(void);

/* NULL is never returned: logged in, and blocking. */
struct wire *wire_open(const char *port, bool is_redis);
void wire_close(struct wire *wire);
/* Says that a statement is "s", and waits until it is known. */
void wire_prepare(struct wire *wire, const char *sql);
/* sql: with KEY where the key stands in a Query; with $1 it is the one parameter. */
void wire_request(struct wire_request *request, enum wire_kind kind, const char *sql);
/* That many of one after another, with those keys, in one call. */
void wire_ask(
        struct wire *wire, const struct wire_request *request, const uint32_t *keys, unsigned n);
/* Receives once; how many replies have ended. 0 where there was nothing, on a socket that does not block. */
unsigned wire_hear(struct wire *wire);
/* What one reply's first value is as a number; waits for it. */
int64_t wire_number(struct wire *wire, const struct wire_request *request, uint32_t key);

#endif
