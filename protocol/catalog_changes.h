/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_changes.h - whether a database's catalogues have changed since somebody asked.
 *
 * Each query has one row of one text. If it is what it was, nothing has changed of what it looks at: what
 * catalog_build.c reads (but for what is temporary), rights of roles, settings of roles, databases
 * and files. It sees what others have committed, and so a change that did not come through us. An answer says
 * nothing to that of another query, or of another server.
 *
 *     COUNTED  what servers have counted of changes (pg_stat): as cheap for ten tables as for
 *              100,000. They may tell a change as late as 10 s after it (before PostgreSQL 15: when that session
 *              does something else), not at all with track_counts = off, and tell of what is temporary, too: a
 *              reason to ask for more, not to believe.
 *     TABLES   all rows but those of columns: what no table, trigger, function ... can change without
 *     ALL      columns, their defaults and indexes, too: the first answer if a column was renamed, or
 *              its NOT NULL or type changed
 *
 * Each is to be asked behind catalog_build_begin, as the builder's queries are.
 *
 * Ownership: constant. Threads: any. Bounds: the texts'.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_CHANGES_H
#define SLUICE_PROTOCOL_CATALOG_CHANGES_H

enum catalog_changes {
    CATALOG_CHANGES_COUNTED,
    CATALOG_CHANGES_TABLES,
    CATALOG_CHANGES_ALL,
    CATALOG_CHANGES_COUNT
};

const char *catalog_changes_query(enum catalog_changes what);

#endif
