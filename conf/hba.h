/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/hba.h - who may connect, from where, to what, and how they prove it.
 *
 * The file is PostgreSQL's pg_hba.conf (PostgreSQL docs, "The pg_hba.conf
 * File"), as far as PgBouncer reads it: record types local, host, hostssl,
 * hostnossl; databases by name, all, sameuser, replication, @file; users by
 * name, all, @file; addresses as CIDR, address and mask, or all; methods trust,
 * reject, md5, scram-sha-256, password (or plain), cert, peer; the option map=.
 * Quotes take away a word's special meaning. hostgssenc lines never match and
 * hostnogssenc lines are host lines, since there is no GSSAPI here. A line with the
 * method ldap, which PgBouncer has, refuses whom it fits. What cannot be read is a
 * warning, and the line is left out, as in PgBouncer.
 *
 * Ownership: one arena, reference counted. Threads: any; never changes once made.
 * Bounds: HBA_FILE_BYTES_MAX for each file, HBA_RULES_MAX, HBA_NAMES_MAX a line.
 */
#ifndef SLUICE_CONF_HBA_H
#define SLUICE_CONF_HBA_H

#include "conf/conf.h"
#include "conf/conf_problems.h"
#include "protocol/base/span.h"

#include <sys/socket.h>

enum { HBA_FILE_BYTES_MAX = 16 * 1024 * 1024, HBA_RULES_MAX = 100000, HBA_NAMES_MAX = 100000 };

/* What a connection is, as far as a line can tell. */
struct hba_who {
    const struct sockaddr *addr; /* AF_UNIX, AF_INET or AF_INET6 */
    bool is_tls;
    bool is_replication; /* physical: replication=true, not replication=database */
    const char *database;
    const char *user;
};

struct hba_answer {
    enum conf_auth_type method; /* cert and peer may come from any line: without one, refuse */
    const char *map;            /* of the option map=, or NULL; lives as long as the hba */
    int line;
};

struct hba;

/* Reads path; "" gives no rules, so that nobody is let in. NULL only without memory. */
SL_MUST_CHECK const struct hba *hba_load(
        const char *path, const struct hba_ident *ident, struct conf_problems *problems);
SL_MUST_CHECK const struct hba *hba_load_text(const char *path, struct sl_span text,
        const struct hba_ident *ident, struct conf_problems *problems);

const struct hba *hba_ref(const struct hba *hba);
void hba_unref(const struct hba *hba); /* NULL is fine */

/* What the first line that fits says; false when none does: the same as reject. */
bool hba_match(const struct hba *hba, const struct hba_who *who, struct hba_answer *answer);

int hba_rules_count(const struct hba *hba);

#endif
