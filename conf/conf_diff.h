/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_diff.h - what is different between two confs.
 *
 * For the log line of a reload, and for whoever has to act on a change: close
 * servers whose database moved, set up TLS again, and so on.
 *
 * Ownership: names belong to the two confs. Threads: any.
 */
#ifndef SLUICE_CONF_CONF_DIFF_H
#define SLUICE_CONF_CONF_DIFF_H

#include "conf/conf.h"
#include "conf/conf_keys.h"

enum conf_change { CONF_ADDED, CONF_REMOVED, CONF_CHANGED };

/*
 * One difference: name is the key's of [sluice], or that of a database, user or
 * peer. Secrets are compared, never shown.
 */
typedef void (*conf_diff_fn)(
        void *context, enum conf_section_id section, const char *name, enum conf_change change);

/* Calls fn for each difference; returns how many there are. fn may be NULL. */
int conf_diff(const struct conf *old, const struct conf *new_conf, conf_diff_fn fn, void *context);

/* Is the key of [sluice] different? The key must exist. */
bool conf_differs(const struct conf *old, const struct conf *new_conf, const char *key);

/* Is any key of TLS with clients, or with servers, different? */
bool conf_client_tls_differs(const struct conf *old, const struct conf *new_conf);
bool conf_server_tls_differs(const struct conf *old, const struct conf *new_conf);

/*
 * Must servers of the old database be closed when they are free? Where they are,
 * whose they are or what they were started with is different; sizes and limits
 * do not count.
 */
bool conf_database_moved(const struct conf_database *old, const struct conf_database *new_db);

#endif
