/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/notify.h - what systemd is told, and the sockets it may have opened for us.
 *
 * The two protocols are a datagram and three variables of the environment, so
 * they are spoken here rather than by a library. Without systemd nothing happens.
 *
 * Ownership: descriptors from notify_sockets() are the caller's. Threads: the main
 * thread's at start; notify_say() any. Bounds: a message of NOTIFY_TEXT_MAX bytes.
 */
#ifndef SLUICE_PROXY_NOTIFY_H
#define SLUICE_PROXY_NOTIFY_H

#include "protocol/base/check.h"

enum { NOTIFY_TEXT_MAX = 512, NOTIFY_SOCKETS_MAX = 64 };

/*
 * Before the first thread, and after the last fork: takes what concerns us out of
 * the environment, so that no child believes it is meant.
 */
void notify_start(void);

/* "READY=1", "STOPPING=1", "STATUS=...": lines as in sd_notify(3). */
void notify_say(const char *format, ...) SL_PRINTF(1, 2);

/* Sockets passed by socket activation, listening already; how many, 0 for none. */
int notify_sockets(int fds[NOTIFY_SOCKETS_MAX]);

#endif
