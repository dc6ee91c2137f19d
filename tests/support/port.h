/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/port.h - ports for tests, out of the way of everything else.
 *
 * Not the kernel's own choice: those ports are also given to outgoing connections and, soon
 * after they were closed, to others, so that a proxy of another test that still looks for its
 * server finds ours.
 */
#ifndef SLUICE_TESTS_SUPPORT_PORT_H
#define SLUICE_TESTS_SUPPORT_PORT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { PORT_FIRST = 10240, PORT_COUNT = 22000, PORT_TRIES = 200 };

/* Binds the socket to a free port of 127.0.0.1; returns it, or 0 with errno set. */
static inline uint16_t port_bind(int fd)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        uint32_t random;

        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
            return 0;
        }
        uint16_t port = (uint16_t)(PORT_FIRST + random % PORT_COUNT);
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
