/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/address.h - where a socket is, in full and in 20 bytes.
 *
 * struct address is what the system calls take. struct address_short is what a
 * client or a resolved name keeps: an IP address and a port, or the fact that it
 * is a Unix socket (whose path the listener or the configuration knows).
 *
 * Ownership: plain values. Threads: any. Bounds: ADDRESS_TEXT_MAX.
 */
#ifndef SLUICE_PROXY_ADDRESS_H
#define SLUICE_PROXY_ADDRESS_H

#include "protocol/base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The longest text of an address: a Unix socket path, or an IPv6 address with port and zone. */
enum { ADDRESS_TEXT_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) + 8 };

struct address {
    socklen_t len; /* 0: none */
    union {
        struct sockaddr any;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
        struct sockaddr_un local;
    } at;
};

struct address_short {
    uint8_t family; /* AF_UNIX, AF_INET, AF_INET6, or 0: none */
    uint8_t unused;
    uint16_t port; /* host order */
    uint8_t ip[16];
};

_Static_assert(sizeof(struct address_short) == 20, "a client keeps two of these");

/*
 * A numeric IPv4 or IPv6 address, or a folder of Unix sockets ('/' or '@' first)
 * in which the socket is ".s.PGSQL.<port>". SL_EINVAL: a name, for proxy/dns.h to
 * find out about. SL_ELIMIT: a path longer than the system takes.
 */
SL_MUST_CHECK enum sl_err address_parse(const char *host, int port, struct address *address);

/* A copy of what accept() or getsockname() gave. */
void address_copy(struct address *address, const struct sockaddr *from, socklen_t len);

void address_shorten(const struct address *address, struct address_short *brief);
/* The other way; a Unix socket comes back without its path: what hba_match() needs. */
void address_widen(const struct address_short *brief, struct address *address);

bool address_equal(const struct address_short *a, const struct address_short *b);

int address_port(const struct address *address); /* 0 for a Unix socket */

/* As SHOW has it: "10.0.0.1", "::1", or "unix". No port. Returns text. */
const char *address_host_text(
        const struct address_short *brief, char text[static ADDRESS_TEXT_MAX]);
/* For people: "10.0.0.1:5432", "[::1]:5432", or a Unix socket's path ("unix" when it has none). */
const char *address_text(const struct address *address, char text[static ADDRESS_TEXT_MAX]);

#endif
