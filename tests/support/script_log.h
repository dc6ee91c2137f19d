/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/script_log.h - the replies of one run of a script, made comparable.
 *
 * Ownership, bounds: see tests/support/script.h.
 */
#ifndef SLUICE_TESTS_SUPPORT_SCRIPT_LOG_H
#define SLUICE_TESTS_SUPPORT_SCRIPT_LOG_H

#include "tests/support/script.h"

/* Takes bytes as they came from the socket. */
void script_log_take(struct script_log *log, const char *bytes, size_t len);

/* The peer closed. */
void script_log_end(struct script_log *log);

/* The order of ParameterStatus before the first ReadyForQuery says nothing. */
void script_log_sort_login(struct script_log *log);

#endif
