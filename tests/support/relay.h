/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/relay.h - stands between Sluice and a server, and sees how connections begin.
 *
 * A child relays bytes; it looks only at the first packet of each connection, and
 * at the one after an SSLRequest it has answered N itself; and, when a test wants one answer to
 * be late, for a mark in what clients send.
 *
 * Ownership: the caller's struct; the child dies with the test program. Threads: the
 * counts are the child's, and may be read at any time.
 */
#ifndef SLUICE_TESTS_SUPPORT_RELAY_H
#define SLUICE_TESTS_SUPPORT_RELAY_H

#include <stdatomic.h>
#include <sys/types.h>

enum relay_tls {
    RELAY_TLS_PASS,   /* SSLRequest goes to the server */
    RELAY_TLS_REFUSE, /* it is answered N */
    RELAY_TLS_BREAK,  /* it is answered S, and the connection closed */
    RELAY_TLS_HOLD    /* it is not answered, until another way is set */
};

/* In the text of a statement that is short, and so comes in one piece. */
#define RELAY_MARK "relay_hold"

enum relay_hold {
    RELAY_NO_HOLD,
    RELAY_HOLD,  /* the test: the answer to the next statement with RELAY_MARK is to be kept back */
    RELAY_ASKED, /* it has been sent to the server */
    RELAY_ANSWERED, /* the answer has come, and is kept */
    RELAY_LET_GO,   /* the test: it may go on */
    RELAY_CUT       /* the test: both ends of that connection are closed */
};

struct relay_seen {
    atomic_int how; /* enum relay_tls; the test's to set, for SSLRequests to come */
    atomic_int ssl_requests;
    atomic_int cancels; /* in plain */
    atomic_int startups;
    atomic_int hold; /* enum relay_hold; RELAY_NO_HOLD again when it was let go or cut */
};

struct relay {
    int port;
    pid_t pid;
    struct relay_seen *seen; /* shared with the child */
};

/* To that loopback port. */
void relay_start(struct relay *relay, int port);
void relay_stop(struct relay *relay);

/* Says so to the child, and waits until it is done; or only waits. Fail the case after 30 seconds. */
void relay_hold(struct relay *relay, enum relay_hold how);
void relay_await(struct relay *relay, enum relay_hold how);

#endif
