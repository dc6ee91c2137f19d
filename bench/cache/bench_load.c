/* SPDX-License-Identifier: PostgreSQL */
/*
 * bench/cache/bench_load.c - the same closed loop for Redis, PostgreSQL and what stands before it.
 *
 *     bench_load redis|prepared|described|simple PORT [name=number ...] [sql=TEXT]
 *
 * Each of `clients` asks for `depth` keys of `keys`, in one send, and again when it has all answers. First for
 * `warm` milliseconds, every key in turn; then it says "ready" and waits for a line, so that whoever drives it can
 * look at a clock; then for `run` milliseconds, at random; then it says how many were answered, how long that
 * took, and the median and 99 % of a batch, and waits for a line again.
 */
#include "bench/cache/wire.h"
#include "optimizer/histogram.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1024, EVENTS = 64, KINDS = 4 };

static const char *const kinds[KINDS] = {"redis", "prepared", "described", "simple"};

static struct {
    unsigned long clients, depth, keys, warm, run;
    const char *sql;
} options = {.clients = 50, .depth = 1, .keys = 1000, .warm = 1000, .run = 2000, .sql = ""};

static struct client {
    struct wire *wire;
    uint64_t asked_at;
    unsigned owed;
} clients[CLIENTS_MAX];

static struct wire_request request;
static struct histogram times;
static uint64_t answered;
static uint64_t seed = 1;
static uint32_t in_turn;

static uint32_t next_key(bool is_warm)
{
    if (!is_warm) {
        return WIRE_KEY_MIN + in_turn++ % (uint32_t)options.keys;
    }
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return WIRE_KEY_MIN + (uint32_t)((seed >> 33) % options.keys);
}

static void ask(struct client *client, bool is_warm)
{
    uint32_t keys[WIRE_DEPTH_MAX];

    for (unsigned i = 0; i < options.depth; i++) {
        keys[i] = next_key(is_warm);
    }
    client->owed = (unsigned)options.depth;
    client->asked_at = wire_now_ns();
    wire_ask(client->wire, &request, keys, client->owed);
}

/* Until that time; then what is under way is heard. Nanoseconds that it took. */
static uint64_t run(int epoll, uint64_t nanoseconds, bool is_warm)
{
    struct epoll_event events[EVENTS];
    uint64_t begun = wire_now_ns();
    uint64_t now = begun;
    unsigned busy = (unsigned)options.clients;

    answered = 0;
    for (unsigned i = 0; i < options.clients; i++) {
        ask(&clients[i], is_warm);
    }
    while (busy > 0) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            unsigned heard = wire_hear(client->wire);
            client->owed -= heard;
            answered += heard;
            if (heard == 0 || client->owed > 0) {
                continue;
            }
            now = wire_now_ns();
            if (is_warm && histogram_add(&times, NULL, (now - client->asked_at) / 1000) != SL_OK) {
                wire_fail("histogram", "no memory");
            }
            if (now - begun < nanoseconds) {
                ask(client, is_warm);
            } else {
                busy--;
            }
        }
    }
    return now - begun;
}

static void open_all(const char *port, int epoll)
{
    for (unsigned i = 0; i < options.clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
        clients[i].wire = wire_open(port, request.kind == WIRE_REDIS);
        if (request.kind == WIRE_PREPARED || request.kind == WIRE_DESCRIBED) {
            wire_prepare(clients[i].wire, options.sql);
        }
        int fd = clients[i].wire->fd;
        if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
            wire_fail("epoll", "no more");
        }
    }
}

static void take_option(const char *word)
{
    struct {
        const char *name;
        unsigned long *value;
    } const names[] = {{"clients=", &options.clients}, {"depth=", &options.depth},
            {"keys=", &options.keys}, {"warm=", &options.warm}, {"run=", &options.run}};

    if (strncmp(word, "sql=", 4) == 0) {
        options.sql = word + 4;
        return;
    }
    for (size_t i = 0; i < SL_COUNT(names); i++) {
        size_t len = strlen(names[i].name);
        if (strncmp(word, names[i].name, len) == 0) {
            *names[i].value = strtoul(word + len, NULL, 10);
            return;
        }
    }
    wire_fail("no such option", word);
}

static void wait_for_line(const char *said)
{
    printf("%s\n", said);
    fflush(stdout);
    for (int c = getchar(); c != '\n' && c != EOF; c = getchar()) {
    }
}

int main(int argc, char **argv)
{
    static const double quantiles[] = {0.5, 0.99};
    uint64_t values[2];
    char said[128];
    unsigned kind = 0;

    while (argc > 2 && kind < KINDS && strcmp(argv[1], kinds[kind]) != 0) {
        kind++;
    }
    if (argc < 3 || kind == KINDS) {
        wire_fail("usage",
                "bench_load redis|prepared|described|simple PORT [name=number ...] [sql=TEXT]");
    }
    for (int i = 3; i < argc; i++) {
        take_option(argv[i]);
    }
    if (options.clients == 0 || options.clients > CLIENTS_MAX || options.depth == 0 ||
            options.depth > WIRE_DEPTH_MAX || options.keys == 0) {
        wire_fail("options", "out of range");
    }
    wire_request(&request, (enum wire_kind)kind, options.sql);
    int epoll = epoll_create1(0);
    open_all(argv[2], epoll);
    run(epoll, options.warm * 1000000, false);
    wait_for_line("ready");
    uint64_t took = run(epoll, options.run * 1000000, true);
    histogram_quantiles(&times, quantiles, 2, values);
    snprintf(said, sizeof said,
            "%" PRIu64 " answers %.6f seconds p50 %" PRIu64 " p99 %" PRIu64 " us", answered,
            (double)took / 1e9, values[0], values[1]);
    wait_for_line(said);
    for (unsigned i = 0; i < options.clients; i++) {
        wire_close(clients[i].wire);
    }
    return 0;
}
