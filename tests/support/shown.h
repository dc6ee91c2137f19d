/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/shown.h - a statement's row, as SHOW QUERIES has it and as pg_stat_statements has.
 *
 * Statements are told apart by a mark: a name in their text that no other one has, of a table or
 * of a column; not a literal, which neither keeps. (To pg_stat_statements a name behind AS makes no
 * difference: it shows the first.) Both read the one Sluice and the one cluster
 * of tests/support/fixture.h, whose cluster has the extension (SHOWN_CONF, shown_create()).
 */
#ifndef SLUICE_TESTS_SUPPORT_SHOWN_H
#define SLUICE_TESTS_SUPPORT_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

/* For postgresql.conf. */
#define SHOWN_CONF                                                                                 \
    "shared_preload_libraries = 'pg_stat_statements'\n"                                            \
    "pg_stat_statements.track_planning = on\n"

struct shown {
    int64_t calls;
    int64_t errors; /* Sluice's only */
    int64_t rows;
    int64_t server_us; /* PostgreSQL's: planning and execution */
    int64_t total_us;  /* Sluice's only, and so are the following */
    int64_t wait_us;
    int64_t client_us;
    int64_t p50_us;
    int64_t p95_us;
    int64_t p99_us;
};

/* Makes the extension, in database postgres. */
void shown_create(void);
/* Both begin anew. */
void shown_reset(void);

/* Until there is a row of that mark, and so many calls in it; fails the case when there are two. */
struct shown shown_by_sluice(const char *mark, int64_t calls);
/* Zeros when it knows of none. */
struct shown shown_by_postgres(const char *mark);

#endif
