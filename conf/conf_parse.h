/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_parse.h - from the lines of the files to the members of struct conf.
 *
 * Ownership: everything is made in conf's arena. Threads: the caller's, before
 * the conf is published. Bounds: CONF_HOSTS_MAX hosts a database, and those of
 * conf/conf_ini.h.
 */
#ifndef SLUICE_CONF_CONF_PARSE_H
#define SLUICE_CONF_CONF_PARSE_H

#include "conf/conf.h"
#include "conf/conf_ini.h"
#include "conf/conf_problems.h"

enum { CONF_HOSTS_MAX = 256 };

/* Sets every key of [sluice] to its default. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err conf_parse_defaults(struct conf *conf);

/* Then does what the lines say. What is wrong is among the problems. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err conf_parse_entries(
        struct conf *conf, const struct conf_entries *entries, struct conf_problems *problems);

/* Servers without host= are at unix_socket_dir: when that is final. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err conf_parse_finish(struct conf *conf);

#endif
