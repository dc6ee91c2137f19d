/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listener.h - sockets that listen; each connection goes to the worker that
 * has the fewest.
 *
 * Worker 0 accepts, LISTENER_BATCH at a time, and hands a socket over by letter.
 * When the process has no file descriptor left, a spare one is used to take one
 * connection and close it at once, so that the peer is told; then nothing is
 * accepted for LISTENER_REST, so that the loop does not spin.
 *
 * Ownership: the listener's, until listener_stop(). Threads: listener_start() and
 * listener_free() the main thread's; listener_close(), listener_pause()
 * and listener_tune() any; the rest worker 0's. Bounds: LISTENERS_MAX sockets.
 */
#ifndef SLUICE_PROXY_LISTENER_H
#define SLUICE_PROXY_LISTENER_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "proxy/address.h"

struct conf;

enum { LISTENERS_MAX = 64, LISTENER_BATCH = 64 };
#define LISTENER_REST (100 * SL_MSEC)

/*
 * Opens listen_addr and unix_socket_dir, or takes what systemd opened. An address that cannot be had is logged, and an error
 * when none is left.
 */
SL_MUST_CHECK enum sl_err listener_start(const struct conf *conf, struct sl_error *error);

enum listener_which { LISTENER_TCP, LISTENER_ALL };

/* What is opened stands in line until then: from now on worker 0 accepts. */
void listener_accept(void);

/*
 * A socket that another process listens on, before listener_start(): taken in place of a new one where
 * one of that address is wanted, else closed by listener_accept().
 */
void listener_inherit(int fd, const struct address *address, bool has_file);
/* The i-th socket for a process that takes over; fd is -1 for one that is closed. False: there is none. */
bool listener_to_give(int i, int *fd, struct address *address, bool *has_file);
/* That process accepts now, and has the files; or (false) it does not after all. The control thread's. */
void listener_give_away(bool is_given);

/* For good: they stop listening, by letter, once. */
void listener_close(enum listener_which which);
/* SUSPEND and RESUME, by letter: connections wait in the backlog. */
void listener_pause(bool paused);

/* What of conf may change while they listen, by letter. */
void listener_tune(const struct conf *conf);

/* After process_stop(): frees what is left and removes the Unix sockets' files. */
void listener_free(void);

/* The i-th socket, or false. For SHOW FDS. */
bool listener_at(int i, int *fd, struct address *address);

#endif
