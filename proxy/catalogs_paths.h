/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/catalogs_paths.h - servers whose search_path is no longer their role's.
 *
 * A server has the search_path that its role, or its database, had when it logged in (ALTER ROLE .. SET); names are
 * looked for by the one of the snapshot. Where that is another than before, servers of before are of an older epoch:
 * they are closed as soon as they are free, as by RECONNECT, and until then their path is not known
 * (client_path.c): nothing that they answer is kept, and what they write may be anything.
 *
 * Ownership: none. Threads: the control thread. Bounds: none to speak of.
 */
#ifndef SLUICE_PROXY_CATALOGS_PATHS_H
#define SLUICE_PROXY_CATALOGS_PATHS_H

struct catalog;
struct database;

/* Before the second can be found there in the first's place, which may be NULL. */
void catalogs_paths_moved(
        struct database *database, const struct catalog *old, const struct catalog *catalog);

#endif
