/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_world.h - the sockets of one run: clients, fake servers, and what they said.
 *
 * One poll loop moves all bytes. Servers are numbered s1, s2, ... in the order
 * their startup packets came; unless the script is manual they are answered as a
 * healthy PostgreSQL answers. CancelRequests are kept apart.
 *
 * Ownership: the world owns its sockets and buffers; messages live in the arena
 * until wire_world_fini(). Threads: one. Bounds: WIRE_ACTORS_MAX connections,
 * 512 MB a buffer, every wait WIRE_STEP_USEC.
 */
#ifndef SLUICE_TESTS_WIRE_WIRE_WORLD_H
#define SLUICE_TESTS_WIRE_WIRE_WORLD_H

#include "protocol/base/clock.h"
#include "tests/wire/wire_script.h"

enum {
    WIRE_ACTORS_MAX = 256,
    WIRE_CANCELS_MAX = 64,
    WIRE_SAID_MAX = 64,
    WIRE_SAID_TEXT_MAX = 240,
    WIRE_KEY_MAX = 260,
};

#define WIRE_STEP_USEC (60 * SL_SECOND)
#define WIRE_QUIET_USEC (100 * SL_MSEC)

/* How the same script is sent: framing must not matter. */
enum wire_mode {
    WIRE_WHOLE,  /* a message a write */
    WIRE_PIECES, /* a byte a write */
    WIRE_LUMP,   /* all that follows on each other from one actor in one write */
};

struct wire_actor {
    char name[8]; /* "" until its startup packet came */
    int fd;
    bool is_client;
    bool eof;
    bool paused;
    const char *ignored; /* names of messages to drop, or NULL */
    bool typed;          /* past the startup phase: messages have type bytes */
    struct sl_buf in;
    struct sl_buf out;
    uint8_t key[WIRE_KEY_MAX]; /* the body of BackendKeyData: process id and secret */
    size_t key_len;
};

struct wire_cancel {
    uint8_t key[WIRE_KEY_MAX];
    size_t key_len;
    bool seen; /* by a step */
};

struct wire_world {
    const struct wire_script *script;
    enum wire_mode mode;
    int listener;
    unsigned short server_port; /* where the fake server listens */
    unsigned short proxy_port;
    size_t count;
    struct wire_actor actors[WIRE_ACTORS_MAX];
    size_t servers;
    bool holds_cancels;
    size_t cancel_count;
    struct wire_cancel cancels[WIRE_CANCELS_MAX];
    struct wire_vars vars;
    struct sl_arena arena;
    size_t said; /* messages so far; the last WIRE_SAID_MAX are kept */
    char said_text[WIRE_SAID_MAX][WIRE_SAID_TEXT_MAX];
    char failure[1024];
};

bool wire_world_init(
        struct wire_world *world, const struct wire_script *script, enum wire_mode mode);
void wire_world_fini(struct wire_world *world);

/* Says why the run failed; the first reason stays. Returns false, for the caller to return. */
bool wire_fail(struct wire_world *world, const char *format, ...) SL_PRINTF(2, 3);

/* The actor of that name, or NULL. */
struct wire_actor *wire_actor(struct wire_world *world, struct sl_span name);

/* A client connected to the proxy, or NULL with a failure. name may be "" for an errand. */
struct wire_actor *wire_client_open(struct wire_world *world, struct sl_span name);

/* Moves bytes for at most wait: what can be sent is, what comes is taken, servers are greeted. */
void wire_pump(struct wire_world *world, sl_usec wait);

/* Sends what is in actor->out as the mode says; what the peer does not take in time stays there. */
void wire_flush(struct wire_world *world, struct wire_actor *actor);

/* The next whole message of actor, or NULL when none comes within wait or the peer closed. */
struct wire_message *wire_receive(
        struct wire_world *world, struct wire_actor *actor, bool typed, sl_usec wait);

/* Appends what a healthy server says after a good login, and remembers the key. */
void wire_server_welcome(struct wire_world *world, struct wire_actor *actor);

/* Closes every connection that brought a CancelRequest and was held open. */
void wire_release_cancels(struct wire_world *world);

void wire_actor_close(struct wire_actor *actor, bool with_reset);

/* Keeps a line of what was said, for the report of a failure. */
void wire_said(struct wire_world *world, const struct wire_actor *actor, const char *direction,
        const struct wire_message *message);

#endif
