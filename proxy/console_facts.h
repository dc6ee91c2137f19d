/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_facts.h - the facts of a shape as lines: section, name, value.
 *
 * Ownership: as protocol/view.h says. Threads: any. Bounds: those of the facts; a line is cut at
 * VIEW_TEXT_MAX.
 */
#ifndef SLUICE_PROXY_CONSOLE_FACTS_H
#define SLUICE_PROXY_CONSOLE_FACTS_H

#include "protocol/view.h"

struct catalogs_session;
struct sql_facts;

/* One line of a view with these three columns, whose value is printed. */
void console_put_line(struct view_visit *visit, const char *section, const char *name,
        const char *format, ...) SL_PRINTF(4, 5);

void console_put_facts(struct view_visit *visit, const struct sql_facts *facts);

/* What their names stand for in sessions of that kind (catalogs.h): tables and functions. */
void console_put_names(
        struct view_visit *visit, const struct sql_facts *facts, const struct catalogs_session *of);

#endif
