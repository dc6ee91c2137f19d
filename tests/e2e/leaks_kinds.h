/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/leaks_kinds.h - every kind of thing that a client can leave in a session.
 *
 * Ownership: constant. Threads: any.
 */
#ifndef SLUICE_TESTS_E2E_LEAKS_KINDS_H
#define SLUICE_TESTS_E2E_LEAKS_KINDS_H

#include "tests/e2e/leaks_talk.h"

#include <stdbool.h>

enum { LEAK_STEPS_MAX = 8 };

struct leak_kind {
    const char *name;
    const char *login; /* more of the conninfo, or NULL */
    const char *steps[LEAK_STEPS_MAX];
    void (*act)(struct talk *talk); /* behind the steps, or NULL */
    const char *after;              /* what the superuser does when it is over, or NULL */
    bool rests; /* its server is another's after a moment only: it seldom stays */
    bool keeps; /* its client has to go before another can have the server */
};

extern const struct leak_kind leak_kinds[];
extern const size_t leak_kind_count;

/* What the kinds need in the database, and a role joe. */
extern const char leak_setup[];

/* Does it. */
void leak_leave(const struct leak_kind *kind, struct talk *talk);

#endif
