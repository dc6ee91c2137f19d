/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/port.h - ports for tests, out of the way of everything else.
 *
 * Not the kernel's own choice: those ports are also given to outgoing connections and, soon
 * after they were closed, to others, so that a proxy of another test that still looks for its
 * server finds ours. A port belongs to the process that chose it until that ends, also before
 * anything listens there: it holds a Unix socket of that name (abstract: no file is left).
 */
#ifndef SLUICE_TESTS_SUPPORT_PORT_H
#define SLUICE_TESTS_SUPPORT_PORT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PORT_FIRST = 10240, PORT_COUNT = 22000, PORT_TRIES = 200 };

/* True: it is this process's from now on. The socket stays open on purpose. */
static inline bool port_reserve(uint16_t port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "sluice-test-port-%u", (unsigned)port);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0) {
        return true;
    }
    close(fd);
    return false;
}

/* Binds the socket to a free port of 127.0.0.1; returns it, or 0 with errno set. */
static inline uint16_t port_bind(int fd)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        uint32_t random;

        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
            return 0;
        }
        uint16_t port = (uint16_t)(PORT_FIRST + random % PORT_COUNT);
        if (!port_reserve(port)) {
            continue;
        }
        struct sockaddr_in address = {.sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            return port;
        }
        if (errno != EADDRINUSE && errno != EACCES) {
            return 0;
        }
    }
    return 0;
}

#endif
