/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/log.h - one event, one line, key=value.
 *
 *     2026-11-21T09:30:00.123456Z info event=client_login client=3.17 db=shop user=app ...
 *
 * error: an operator must act. warn: we coped, and the line ends with what we
 * did instead. info: lives of things and changes of role or configuration.
 * debug: free. Never parameters, literals or secrets.
 *
 * sl_log() formats on the caller's stack and hands the line to a bounded queue
 * that a thread of its own writes out, so no worker ever waits for a disk or a
 * pipe; what the queue cannot hold is counted and said in the next line written.
 * Before sl_log_start() and after sl_log_stop() lines are written directly.
 *
 * Threads: any. Bounds: a line is cut at 4096 bytes (and says so); the queue
 * holds 1 MB; each event name is limited to 100 lines a second (the rest counted).
 */
#ifndef SLUICE_PROTOCOL_BASE_LOG_H
#define SLUICE_PROTOCOL_BASE_LOG_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { SL_LOG_LONG_MAX = 2000 };

enum sl_log_level { SL_LOG_ERROR, SL_LOG_WARN, SL_LOG_INFO, SL_LOG_DEBUG };

/*
 * event is a name ([a-z_]+); format makes the key=value pairs after it. A value
 * with spaces, quotes or control characters must be written with sl_log_quote().
 */
void sl_log(enum sl_log_level level, const char *event, const char *format, ...) SL_PRINTF(3, 4);

/* True when a line of that level would be written: skip costly arguments otherwise. */
bool sl_log_enabled(enum sl_log_level level);
void sl_log_set_level(enum sl_log_level level);

/*
 * text in double quotes, with \" \\ \n \t and \xNN (of what is not UTF-8, too), in a buffer
 * of the calling thread, good for the next 8 calls; longer than 200 bytes is cut with "...".
 */
const char *sl_log_quote(const char *text);

/* The same for one long text a line: cut at SL_LOG_LONG_MAX bytes, and good until the next call. */
const char *sl_log_quote_long(const char *text);

/* Writes to path (created, appended) rather than stderr; NULL or "" means stderr. */
SL_MUST_CHECK enum sl_err sl_log_open(const char *path, struct sl_error *error);
/* Also, or not, to stderr while a path is open; a reader there who does not read misses lines. */
void sl_log_stderr(bool on);
/* Also, or not, to syslog; facility and ident as in syslog(3) ("daemon", "sluice"). */
void sl_log_syslog(bool on, const char *ident, const char *facility);
/* Opens the path again, for rotation. Called from the control thread. */
void sl_log_reopen(void);

SL_MUST_CHECK enum sl_err sl_log_start(void); /* starts the writing thread */
void sl_log_stop(void);                       /* writes what is queued, joins it */
uint64_t sl_log_dropped(void);                /* lines lost since start */

#endif
