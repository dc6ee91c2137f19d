/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/handover_link.h - the socket between a process and the one that takes over from it.
 *
 * Whole messages (handover_wire.h) in and out, without blocking. A descriptor travels with the first
 * byte of its message; the system keeps their order, so the next that came is the next message's.
 *
 * Ownership: embedded; the link owns its socket, and descriptors until they are sent or taken. Threads:
 * one at a time, the control thread. Bounds: HANDOVER_BODY_MAX of what is not a whole message yet; what
 * is to be sent is bounded by who sends (drain.h: offers); HANDOVER_FDS_MAX descriptors not taken yet.
 */
#ifndef SLUICE_PROXY_HANDOVER_LINK_H
#define SLUICE_PROXY_HANDOVER_LINK_H

#include "protocol/base/buf.h"
#include "protocol/base/list.h"
#include "proxy/handover_wire.h"

#include <stdbool.h>
#include <sys/types.h>

struct sockaddr_un;

enum { HANDOVER_FDS_MAX = 256 };

struct handover_link {
    int fd; /* -1: none */
    bool is_broken;
    struct sl_buf in;
    struct sl_list out; /* struct packet */
    int fds[HANDOVER_FDS_MAX];
    unsigned fds_count;
    uint64_t put_count;  /* messages that were put, */
    uint64_t sent_count; /* and of these, that are with the system whole */
};

/* No socket. */
void handover_link_init(struct handover_link *link);
/* Takes over a connected socket, which blocks no more. */
void handover_link_open(struct handover_link *link, int fd);
/* And what it holds. Harmless when closed. */
void handover_link_close(struct handover_link *link);

/*
 * Where the process that serves that address waits for the next one: beside its Unix socket, else beside
 * its pid file. False: it has neither, or the name is too long.
 */
struct conf;
SL_MUST_CHECK bool handover_link_path(const struct conf *conf, struct sockaddr_un *address);
/* The other end is of our user, or root's; *pid is its process. */
SL_MUST_CHECK bool handover_link_is_ours(int fd, pid_t *pid);

/* Message, and its descriptor or -1, which is taken over; sent as the socket takes it. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err handover_link_put(
        struct handover_link *link, struct sl_span message, int fd);
/* Sends what it can; true when all is with the system. A failure breaks the link. */
bool handover_link_flush(struct handover_link *link);
/* Receives what is there; false: the other end is gone, and what came before is still to be read. */
bool handover_link_receive(struct handover_link *link);
/*
 * The next message, valid until the next call, and its descriptor, which the caller takes over, or
 * -1: it has none, or this process had no room for it. False: none that is whole; or a breach, which
 * breaks the link.
 */
bool handover_link_next(struct handover_link *link, struct handover_message *message, int *fd);

#endif
