/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_script.h - a *.wire file, read into steps.
 *
 * The language is in tests/wire/README.md. A script is a chronicle: its steps run
 * in the order written, whoever they are about, so the order between actors is
 * part of what a script says.
 *
 * Ownership: everything is in the script's arena. Threads: one. Bounds: a file of
 * 1 MB, 256 MB of steps.
 */
#ifndef SLUICE_TESTS_WIRE_WIRE_SCRIPT_H
#define SLUICE_TESTS_WIRE_WIRE_SCRIPT_H

#include "tests/wire/wire_message.h"

enum wire_do {
    WIRE_SEND,
    WIRE_EXPECT,
    WIRE_CONNECT,     /* client: open, Startup, ready; server: wait until it is there */
    WIRE_OPEN,        /* client: the TCP connection only */
    WIRE_READY,       /* client: read up to and including ReadyForQuery */
    WIRE_LOGIN,       /* server, manual: answer the startup packet as a good server does */
    WIRE_CLOSE,       /* orderly */
    WIRE_RESET,       /* RST */
    WIRE_SHUT,        /* nothing more is said, but what comes is read */
    WIRE_CLOSED,      /* the other side closes, and said nothing more */
    WIRE_QUIET,       /* nothing comes for 100 ms */
    WIRE_PAUSE,       /* stop reading */
    WIRE_RESUME,      /* read again */
    WIRE_IGNORE,      /* messages of these names are dropped unseen */
    WIRE_CANCEL,      /* CancelRequest with that client's key, until the proxy closes */
    WIRE_CANCELLED,   /* that server's key arrived in a CancelRequest */
    WIRE_UNCANCELLED, /* no CancelRequest arrives within 100 ms */
    WIRE_HOLD,        /* connections of CancelRequests stay open ... */
    WIRE_RELEASE,     /* ... until now */
    WIRE_POOL,        /* SHOW POOLS comes to say: key = n */
    WIRE_MEMORY,      /* the proxy's resident memory is below so many MB */
    WIRE_DIFFER,      /* two variables are not the same */
    WIRE_SERVERS,     /* so many server connections were made so far */
};

struct wire_step {
    enum wire_do what;
    size_t line;
    struct sl_span actor; /* "c1", "s2"; empty for steps about nobody */
    const char *args;
    struct wire_message **messages;
    size_t count;
};

struct wire_pair {
    const char *key;
    const char *value;
};

enum { WIRE_PAIRS_MAX = 64 };

struct wire_pairs {
    size_t count;
    struct wire_pair at[WIRE_PAIRS_MAX];
};

struct wire_script {
    struct sl_arena arena;
    const char *path;
    struct wire_pairs conf;     /* key = value in [sluice] */
    struct wire_pairs database; /* key = value in the [databases] line */
    struct wire_pairs params;   /* what the fake server reports beside its defaults */
    bool state;                 /* and what asks what was left in a session */
    bool manual;                /* the script itself answers startup packets */
    bool pipe;                  /* no stage is in the proxy */
    unsigned modes;             /* bits by enum wire_mode */
    unsigned workers;           /* bit n: run with n workers */
    struct wire_step *steps;
    size_t count;
    size_t cap;
};

/* Reads path. False with file:line and a sentence on stderr. Give back with wire_script_fini(). */
bool wire_script_read(struct wire_script *script, const char *path);
void wire_script_fini(struct wire_script *script);

#endif
