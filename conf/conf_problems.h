/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_problems.h - what is wrong in the files, as "file:line: what".
 *
 * conf logs nothing itself: whoever loads a conf walks the problems and logs or
 * prints them.
 *
 * Ownership: the caller's struct, its memory its own: conf_problems_fini().
 * Threads: the caller's. Bounds: CONF_PROBLEMS_MAX are kept, the rest counted.
 */
#ifndef SLUICE_CONF_CONF_PROBLEMS_H
#define SLUICE_CONF_CONF_PROBLEMS_H

#include "protocol/base/arena.h"

enum { CONF_PROBLEMS_MAX = 100 };

enum conf_severity {
    CONF_IGNORED, /* a key that has no effect, and why */
    CONF_WARNING, /* the rest of the file holds */
    CONF_ERROR    /* no conf comes of it */
};

struct conf_problem {
    enum conf_severity severity;
    const char *file; /* "" when it is about none */
    int line;         /* 0 when it is about no line */
    const char *text; /* what, and what would be right */
};

struct conf_problems {
    struct conf_problem list[CONF_PROBLEMS_MAX];
    int count;  /* in list */
    int errors; /* all of them, kept or not */
    int warnings;
    struct sl_arena arena;
};

void conf_problems_init(struct conf_problems *problems);
void conf_problems_fini(struct conf_problems *problems);

/* problems may be NULL: then it is said to nobody. */
void conf_problem(struct conf_problems *problems, enum conf_severity severity, const char *file,
        int line, const char *format, ...) SL_PRINTF(5, 6);

#endif
