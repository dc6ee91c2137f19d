/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sqlstate_class.h - what the first two characters of a SQLSTATE say.
 *
 * PostgreSQL documentation, "PostgreSQL Error Codes".
 *
 * Ownership: constant. Threads: any. Bounds: none.
 */
#ifndef SLUICE_PROTOCOL_SQLSTATE_CLASS_H
#define SLUICE_PROTOCOL_SQLSTATE_CLASS_H

/* For people: "syntax error or access rule violation"; NULL: no class of PostgreSQL's. */
const char *sqlstate_class_text(const char name[2]);

#endif
