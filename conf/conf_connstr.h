/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_connstr.h - key=value key='it''s' ..., as in [databases], [users] and [peers].
 *
 * Ownership: the caller's text, which is cut up: keys and values point into it.
 * Threads: the caller's.
 */
#ifndef SLUICE_CONF_CONF_CONNSTR_H
#define SLUICE_CONF_CONF_CONNSTR_H

#include "protocol/base/check.h"

enum conf_connstr_step { CONF_CONNSTR_PAIR, CONF_CONNSTR_END, CONF_CONNSTR_WRONG };

/*
 * The next pair of *at, which moves on. WRONG: *what says what would be right,
 * and there is no going on.
 */
SL_MUST_CHECK enum conf_connstr_step conf_connstr_next(
        char **at, char **key, char **value, const char **what);

#endif
