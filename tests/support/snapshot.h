/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/snapshot.h - a snapshot of a real PostgreSQL's catalogues, over libpq.
 *
 * Fails the CMocka case where it cannot be had.
 */
#ifndef SLUICE_TESTS_SUPPORT_SNAPSHOT_H
#define SLUICE_TESTS_SUPPORT_SNAPSHOT_H

#include "protocol/catalog.h"

#include <libpq-fe.h>

/* Of the role postgres; adds to *queries how many it took. A reference: catalog_unref(). */
const struct catalog *snapshot_load(PGconn *of, bool wants_tables, unsigned *queries);

#endif
