/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_write.h - the key table as conf/sluice.ini and conf/KEYS.md.
 *
 * The two files are in the tree and tested to be what these functions write;
 * SLUICE_WRITE=1 makes that test write them anew.
 *
 * Ownership: the caller's FILE. Threads: the caller's.
 */
#ifndef SLUICE_CONF_CONF_WRITE_H
#define SLUICE_CONF_CONF_WRITE_H

#include <stdio.h>

/* A file to start from: every key of [sluice] with its sentence and default, commented out. */
void conf_write_sample(FILE *out);

/* Every key of every section, with what it may be and what it is by default. */
void conf_write_reference(FILE *out);

#endif
