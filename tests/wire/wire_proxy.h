/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_proxy.h - the proxy under test: its ini file, its process, its end.
 *
 * Ownership: a started proxy owns a folder under /tmp until wire_proxy_stop().
 * Threads: one. Bounds: WIRE_STEP_USEC to come up and to go away.
 */
#ifndef SLUICE_TESTS_WIRE_WIRE_PROXY_H
#define SLUICE_TESTS_WIRE_WIRE_PROXY_H

#include "tests/wire/wire_world.h"

#include <sys/types.h>

struct wire_proxy {
    char folder[64];
    pid_t pid;
    unsigned workers;
};

/* Writes the ini, starts binary and waits until it accepts. False with world->failure set. */
bool wire_proxy_start(
        struct wire_proxy *proxy, struct wire_world *world, const char *binary, unsigned workers);

/* Resident memory in bytes, or 0. */
size_t wire_proxy_memory(const struct wire_proxy *proxy);

/*
 * SIGTERM, then the exit status. False with world->failure set when it had died
 * before, will not go, or ends in any way but exit status 0.
 */
bool wire_proxy_stop(struct wire_proxy *proxy, struct wire_world *world);

/* The last lines of what it logged, on stderr. Call before wire_proxy_stop(). */
void wire_proxy_show_log(const struct wire_proxy *proxy);

#endif
