/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/daemon.h - being a process: its user, its pid file, its terminal, its limits.
 *
 * In the order in which sluice_main() calls them.
 *
 * Ownership: the pid file is ours from daemon_write_pidfile() until
 * daemon_remove_pidfile(). Threads: the main thread, before there are others.
 */
#ifndef SLUICE_PROXY_DAEMON_H
#define SLUICE_PROXY_DAEMON_H

#include "protocol/base/err.h"

#include <sys/types.h>

struct conf;
struct conf_problems;

/* For --check: warns of a user or a group of the configuration that there is not. */
void daemon_check_names(const struct conf *conf, struct conf_problems *problems);

/*
 * Becomes that user ("" is nobody else). SL_EAUTH: cannot; or we would stay root
 * without having been asked to by that very name, as PgBouncer refuses root.
 */
SL_MUST_CHECK enum sl_err daemon_become(const char *user, struct sl_error *error);

/* SL_ELIMIT: another process lives by that file. One left behind is removed. "" is none. */
SL_MUST_CHECK enum sl_err daemon_check_pidfile(const char *path, struct sl_error *error);

/*
 * Leaves the terminal; standard output and error stay until daemon_ready(), so that
 * what goes wrong on the way is seen. The first process does not return: it ends
 * with 0 when the daemon is ready, and with 1 when it ended before.
 */
SL_MUST_CHECK enum sl_err daemon_detach(struct sl_error *error);
void daemon_ready(void);

SL_MUST_CHECK enum sl_err daemon_write_pidfile(const char *path, struct sl_error *error);
/* In place of another process's, which it takes over from. */
SL_MUST_CHECK enum sl_err daemon_take_pidfile(const char *path, struct sl_error *error);
/* Another process has taken it over; and (restore) that has come to nothing, it is ours again. */
void daemon_leave_pidfile(void);
void daemon_restore_pidfile(void);
void daemon_remove_pidfile(void);

/*
 * Raises the limit of open files to what clients and servers may need; when that
 * is not allowed, logs both numbers. before: a process of which all clients may come; 0: none.
 */
void daemon_raise_limits(const struct conf *conf, pid_t before);

#endif
