/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_why.h - EXPLAIN CACHE: may a statement's answer be kept, and why not?
 *
 *     database [AS user] statement
 *
 * Names stand for what they would with the user's own search_path; without AS for the one user that has a
 * pool there. The statement is parsed on the parser's thread, and nowhere kept, counted or logged.
 *
 * Ownership: the question is its letter's until it is home. Threads: the console's worker, the parser's.
 * Bounds: CONSOLE_VALUE_MAX bytes; the parser's.
 */
#ifndef SLUICE_PROXY_CONSOLE_CACHE_WHY_H
#define SLUICE_PROXY_CONSOLE_CACHE_WHY_H

struct console;
struct view;

/* As whose rows it is shown. */
#define CONSOLE_EXPLAIN_VIEW "cache_why"

void console_cache_explain(struct console *console, const struct view *view, const char *line);

#endif
