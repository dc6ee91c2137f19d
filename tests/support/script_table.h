/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/script_table.h - the scripts of the differential suite.
 *
 * The tables they use are made by script_table_setup and filled anew before every
 * run by script_table_reset. Ownership: constant. Threads: any.
 */
#ifndef SLUICE_TESTS_SUPPORT_SCRIPT_TABLE_H
#define SLUICE_TESTS_SUPPORT_SCRIPT_TABLE_H

#include "tests/support/script.h"

enum {
    SCRIPT_SESSION = 1, /* needs what transaction pooling does not keep: session mode only */
    SCRIPT_NEWER = 2,   /* NegotiateProtocolVersion is left out: we know more versions than 15 */
    SCRIPT_CODES = 4    /* the words of an error may differ, its SQLSTATE may not */
};

struct script_row {
    struct script script;
    unsigned flags;
};

extern const struct script_row script_table[];
extern const size_t script_table_count;

extern const char script_table_setup[];
extern const char script_table_reset[];

#endif
