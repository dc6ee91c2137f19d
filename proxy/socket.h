/* SPDX-License-Identifier: PostgreSQL */
/* proxy/socket.h - options of a TCP socket, and its own address. Threads: any. */
#ifndef SLUICE_PROXY_SOCKET_H
#define SLUICE_PROXY_SOCKET_H

#include "proxy/address.h"

#include <stdbool.h>

struct conf;

/* TCP_NODELAY, keepalive, tcp_user_timeout, tcp_socket_buffer; nothing for a Unix socket. */
void socket_tune(int fd, const struct conf *conf);
/* Our end of it. */
void socket_local(int fd, struct address_short *local);
/* Does the system still hold bytes that the peer has not acknowledged? */
bool socket_has_unsent(int fd);

#endif
