/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_check.h - rules between keys, and what `sluice --check FILE` prints.
 *
 * Ownership: the caller's. Threads: the caller's.
 */
#ifndef SLUICE_CONF_CONF_CHECK_H
#define SLUICE_CONF_CONF_CHECK_H

#include "conf/conf.h"
#include "conf/conf_problems.h"

#include <stdio.h>

/* What single keys cannot tell: added to the problems. */
void conf_check_rules(const struct conf *conf, struct conf_problems *problems);

/* One more of them. It points at the line of the key that the text begins with, if there is one. */
void conf_check_add(const struct conf *conf, struct conf_problems *problems,
        enum conf_severity severity, const char *format, ...) SL_PRINTF(4, 5);

/* What a file cannot tell by itself: may be NULL. */
typedef void conf_check_more(const struct conf *conf, struct conf_problems *problems);

/*
 * Prints each key of path as honoured, ignored (and why), unknown (and the
 * nearest) or wrong, then the other problems, then a count. 0: it can be run
 * with; 1: not.
 */
SL_MUST_CHECK int conf_check_file(const char *path, conf_check_more *more, FILE *out);

#endif
