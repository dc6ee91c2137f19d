/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/forced_corpus.h - what e2e.forced asks: chapters of a schema, what is read from it, and what is
 * done between.
 *
 * Every list ends with NULL. Threads: constant.
 */
#ifndef SLUICE_TESTS_E2E_FORCED_CORPUS_H
#define SLUICE_TESTS_E2E_FORCED_CORPUS_H

struct forced_chapter {
    const char *name;
    const char *const *schema; /* made in both databases by a superuser, past Sluice */
    const char *const *reads;  /* every other one is asked after a step, and all the first time */
    const char *const
            *steps;  /* said in both sessions; "\user" and a name: in new ones of that user */
    long kept_min;   /* answers that must have outlived some step */
    long tables_min; /* answers of each class that must have come from memory */
    long points_min;
    long row_sets_min;
};

extern const struct forced_chapter forced_types;
extern const struct forced_chapter forced_queries;
extern const struct forced_chapter forced_families;
extern const struct forced_chapter forced_rights;
extern const struct forced_chapter forced_user_types;

#endif
