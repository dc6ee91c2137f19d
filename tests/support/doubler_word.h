/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/doubler_word.h - what Sluice's console says of the statement that has just been asked.
 *
 * Its counters are of everybody: what they say is of one statement only where no other was under way, which
 * the caller knows.
 *
 * Ownership: the caller's struct. Threads: one.
 */
#ifndef SLUICE_TESTS_SUPPORT_DOUBLER_WORD_H
#define SLUICE_TESTS_SUPPORT_DOUBLER_WORD_H

#include <libpq-fe.h>
#include <stdbool.h>

enum doubler_said {
    DOUBLER_HIT,       /* it was answered from memory */
    DOUBLER_FILLED,    /* its answer is kept now */
    DOUBLER_ALLOWED,   /* it may be kept, and was not */
    DOUBLER_UNDECIDED, /* it was not known what it is, or what there is */
    DOUBLER_REFUSED,   /* it may not be kept */
    DOUBLER_SILENT     /* nothing was counted */
};

enum doubler_class { DOUBLER_TABLES, DOUBLER_POINTS, DOUBLER_ROW_SETS, DOUBLER_CLASSES };

struct doubler_word {
    PGconn *console;
    PGresult *before;         /* SHOW CACHE */
    bool is_current;          /* nothing was asked since, by anybody: the caller takes it back */
    enum doubler_class class; /* of a hit */
    char why[128];            /* what was counted, else */
};

/* Ends the program when there is no such console. */
void doubler_word_open(struct doubler_word *word, const char *console);
void doubler_word_close(struct doubler_word *word);

/* Before a statement is asked, and behind its reply. */
void doubler_word_begin(struct doubler_word *word);
enum doubler_said doubler_word_end(struct doubler_word *word);

/* Until the database's catalogue is known; false: it was not for that long. */
bool doubler_word_await(const struct doubler_word *word, const char *database, int ms);
/* EXPLAIN CACHE: it would be kept, with the role's own search_path; else why not is in its why. */
bool doubler_word_keeps(
        struct doubler_word *word, const char *database, const char *user, const char *sql);

#endif
