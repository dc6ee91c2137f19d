/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/liar.h - stands between clients and a server and gives old answers now and then: what a
 * bad cache would do, so that a test can show that it finds one.
 *
 * A child, as tests/support/relay.h has it. Requests are a Query, or all up to a Sync; one that has the
 * bytes of LIAR_MARK in it and is asked outside a transaction may be answered from memory. Nothing but
 * questions and their answers may pass: no TLS, no COPY, no notifications.
 *
 * Ownership: the caller's struct; the child dies with the test program. Bounds: 32 clients; 1,024
 * questions of 512 bytes with answers of 2 KB are remembered.
 */
#ifndef SLUICE_TESTS_SUPPORT_LIAR_H
#define SLUICE_TESTS_SUPPORT_LIAR_H

#include <stdatomic.h>
#include <sys/types.h>

/* In the text of a question, and in the name of a prepared one. */
#define LIAR_MARK "r_r"

struct liar_seen {
    atomic_ulong asked; /* of what may be answered so */
    atomic_ulong lies;
};

struct liar {
    int port;
    pid_t pid;
    struct liar_seen *seen; /* shared with the child */
};

/* To that loopback port; one question in one_in is answered from memory. */
void liar_start(struct liar *liar, int port, unsigned one_in);
void liar_stop(struct liar *liar);

#endif
