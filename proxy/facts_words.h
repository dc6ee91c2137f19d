/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/facts_words.h - words for what protocol/sql_facts.h says in bits and enums: SHOW QUERY and
 * the API say the same.
 *
 * Of a set the i-th word is bit i's.
 *
 * Ownership: constant. Threads: any. Bounds: the arrays'.
 */
#ifndef SLUICE_PROXY_FACTS_WORDS_H
#define SLUICE_PROXY_FACTS_WORDS_H

#include "protocol/sql_facts.h"

enum { FACTS_DOES = 13, FACTS_EFFECTS = 21, FACTS_ROLES = 4 };

extern const char *const facts_does[FACTS_DOES];       /* SQL_READS ... */
extern const char *const facts_effects[FACTS_EFFECTS]; /* SQL_SETS ... */
extern const char *const facts_roles[FACTS_ROLES];     /* SQL_TABLE_READ ... */
extern const char *const facts_clauses[SQL_CLAUSE_COUNT];
extern const char *const facts_with[SQL_WITH_EXPRESSION + 1];
extern const char *const facts_joins[SQL_JOIN_FULL + 1];
extern const char *const facts_values[SQL_VALUE_BITS + 1];
extern const char *const facts_volatilities[SQL_VOLATILE + 1]; /* not known: NULL */

#endif
