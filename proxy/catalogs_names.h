/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/catalogs_names.h - what the names of a statement stand for, by what is known of its database.
 *
 * Ownership: what is found holds a reference to a snapshot (catalogs.h). Threads: those that
 * registry.h knows of: a worker's, control's, HTTP's. Bounds: those of protocol/catalog_resolve.h.
 */
#ifndef SLUICE_PROXY_CATALOGS_NAMES_H
#define SLUICE_PROXY_CATALOGS_NAMES_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"

#include <stdint.h>

struct catalog;
struct catalog_resolution;
struct sql_facts;

/* A session; NULL: not known. */
struct catalogs_session {
    const char *database;
    const char *user;
    uint32_t path; /* search_paths.h */
};

/* Of some facts; catalogs_names_fini(). */
struct catalogs_names {
    const struct catalog *catalog; /* a reference; NULL: nothing is known */
    struct catalog_resolution *resolution;
    const char *search_path; /* by which names were looked for; NULL: not known */
};

/* On a thread that registry.h knows of: a worker's, control's, HTTP's. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err catalogs_names_resolve(const struct sql_facts *facts,
        const struct catalogs_session *of, struct catalogs_names *resolved);
void catalogs_names_fini(struct catalogs_names *resolved);

#endif
