/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/doubler_request.h - messages up to the one that asks for ReadyForQuery, and what asking them
 * again would take.
 *
 * Ownership: the caller's struct. Threads: one.
 */
#ifndef SLUICE_TESTS_SUPPORT_DOUBLER_REQUEST_H
#define SLUICE_TESTS_SUPPORT_DOUBLER_REQUEST_H

#include "tests/support/doubler_wire.h"

enum { DOUBLER_KINDS_MAX = 16 };

struct doubler_request {
    struct doubler_bytes bytes;
    struct doubler_bytes past;     /* the same past the cache, by a hint; empty: there is no text */
    struct doubler_bytes text;     /* the statement's, terminated; empty: it was parsed before */
    char kinds[DOUBLER_KINDS_MAX]; /* the messages' types */
    bool is_plain;                 /* nothing in it has a name, or a limit of rows */
};

enum doubler_part {
    DOUBLER_MORE,    /* it goes on */
    DOUBLER_WHOLE,   /* Query or Sync */
    DOUBLER_STRANGE, /* Flush, COPY's, FunctionCall */
    DOUBLER_LEAVES   /* Terminate; not part of it */
};

enum doubler_part doubler_request_add(struct doubler_request *request, const char *at, size_t len);
void doubler_request_clear(struct doubler_request *request);
/* Of a whole one: it is one statement that looks like a read, and asking it twice leaves no more than once. */
bool doubler_request_may_repeat(struct doubler_request *request);
/* "": not known. */
const char *doubler_request_text(const struct doubler_request *request);

#endif
