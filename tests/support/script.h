/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/script.h - sends the bytes of a small script to a server or a proxy
 * and keeps what came back, so that two runs can be compared.
 *
 * A script is lines, a message each; "100*" in front repeats it, %d is the turn:
 *
 *     Q sql              Query            S, H, X, c   Sync, Flush, Terminate, CopyDone
 *     P name sql         Parse            d text       CopyData, with a newline
 *     B portal name v..  Bind, as text    f text       CopyFail
 *     D S name           Describe         F oid v..    FunctionCall, as text
 *     C S name           Close            R 7900..     these bytes
 *     E portal rows      Execute          W            wait for what is owed so far
 *
 * "-" is the empty name, "~" the value NULL. Replies are kept without what differs
 * from run to run: process ids, keys, and where in PostgreSQL's source an error is.
 *
 * Ownership: a log owns its replies until script_log_fini(). Bounds: 256 MB a run,
 * SCRIPT_WAITS_MAX W a script; every wait ends.
 */
#ifndef SLUICE_TESTS_SUPPORT_SCRIPT_H
#define SLUICE_TESTS_SUPPORT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_WAITS_MAX = 32 };

struct script {
    const char *name;
    const char *text;
    const char *startup; /* key=value lines for the startup packet; may be NULL */
    uint32_t version;    /* of the startup packet; 0: 3.0 */
};

struct script_peer {
    const char *name;
    int port;
    const char *database;
};

struct script_reply {
    uint8_t type; /* '.' for the end of the connection */
    size_t len;
    char *body; /* zero-terminated besides */
};

struct script_log {
    struct script_reply *replies;
    size_t count;
    size_t cap;
    size_t marks[SCRIPT_WAITS_MAX]; /* replies seen at each W */
    size_t mark_count;
    char *rest; /* bytes that are no whole message yet */
    size_t rest_len;
    bool closed;
};

/*
 * Runs script against peer. reference is the log of the run to compare with, or
 * NULL: it says how many replies to wait for; without it a wait ends when nothing
 * has come for a while.
 */
void script_run(struct script_log *log, const struct script *script, const struct script_peer *peer,
        const struct script_log *reference);
void script_log_fini(struct script_log *log);

/* The first reply that differs, or SIZE_MAX when the logs are alike. */
size_t script_differs(const struct script_log *one, const struct script_log *two);

/* Reply i as a line a person can read, "(nothing)" beyond the end. */
const char *script_reply_text(const struct script_log *log, size_t i, char *out, size_t out_max);

#endif
