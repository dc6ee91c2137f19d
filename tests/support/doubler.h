/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/doubler.h - stands between clients and Sluice, and has whatever may be answered from memory
 * answered so.
 *
 *     client --> doubler --> Sluice --> PostgreSQL
 *
 * A request outside a transaction block that looks like a read (a Query, or Parse, Bind, Describe, Execute
 * and Sync of unnamed things) is held until Sluice knows the catalogue, asked, and asked again for as long as
 * Sluice says that its answer may be kept, until it says that this answer came from memory. That one the client gets.
 * It must be the first one byte for byte, and also what PostgreSQL says: the same text is asked behind
 * a hint that keeps it from the cache. All else passes as it comes.
 *
 * Who may be asked twice Sluice itself says, in that session: what it counts of the first answer. Only where it did
 * not know yet what the statement is, EXPLAIN CACHE is asked, which knows the role's search_path only.
 *
 * What Sluice counts is of everybody. So where two requests overlap nothing is asked again (`overlapped`); a suite
 * should run one session at a time.
 *
 * Ownership: the caller's struct; a child listens, and one more serves each connection; they die with the program.
 * Threads: counts may be read at any time. Bounds: none; a test's own.
 */
#ifndef SLUICE_TESTS_SUPPORT_DOUBLER_H
#define SLUICE_TESTS_SUPPORT_DOUBLER_H

#include "tests/support/doubler_word.h"

#include <stdatomic.h>
#include <sys/types.h>

struct doubler_seen {
    atomic_long asked;                 /* that look like reads, outside transaction blocks */
    atomic_long hits[DOUBLER_CLASSES]; /* of those, given from memory */
    atomic_long kept;                  /* of these, at once: from before */
    atomic_long compared;              /* likewise, also with PostgreSQL */
    atomic_long failed;                /* answered with an error, as the next */
    atomic_long refused;
    atomic_long undecided;  /* the catalogue was not known for CATALOG_MS */
    atomic_long never;      /* may be kept, and was not for that long */
    atomic_long overlapped; /* with somebody else's */
    atomic_long unsteady;   /* PostgreSQL itself says now this, now that */
    atomic_long unordered;  /* or the same rows in another order */
    atomic_long differs;    /* suspected wrong answers; in the log */
    atomic_long begun;      /* requests, of everybody */
    atomic_long under_way;
};

struct doubler_options {
    int port;            /* to listen on; 0: any */
    int sluice;          /* of Sluice */
    const char *console; /* a connection string */
    const char *log;     /* differences are appended; NULL: to stderr */
    bool logs_all;       /* and what became of every statement that was asked */
    int hit_ms; /* how long what may be kept is asked for until it is; 0: a second, as if it must be */
};

struct doubler {
    int port;
    pid_t pid;
    struct doubler_seen *seen;
};

void doubler_start(struct doubler *doubler, const struct doubler_options *options);
void doubler_stop(struct doubler *doubler);

long doubler_hits(const struct doubler_seen *seen);
void doubler_print(const struct doubler_seen *seen);

#endif
