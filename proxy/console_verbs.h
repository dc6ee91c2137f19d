/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_verbs.h - the table of verbs: what a console can do to the process.
 *
 * All need admin rights. A verb ends its command (console_state.h), at once or
 * later.
 *
 * Ownership: constant. Threads: the console's worker. Bounds: none of its own.
 */
#ifndef SLUICE_PROXY_CONSOLE_VERBS_H
#define SLUICE_PROXY_CONSOLE_VERBS_H

#include <stdbool.h>

struct console;
struct console_verb;

/* Whatever the case of word; NULL: there is none. */
const struct console_verb *console_verb_find(const char *word);
const char *console_verb_name(const struct console_verb *verb);
/* Not one word, but all that stands behind its name: console_command.value. */
bool console_verb_takes_line(const struct console_verb *verb);
/* The lines of SHOW HELP: "PAUSE [<db>]"; NULL past the end. */
const char *console_verb_usage(unsigned i);

void console_verb_run(
        struct console *console, const struct console_verb *verb, const char *argument);

/* SET key = value, of a key of the configuration. */
void console_set(struct console *console, const char *key, const char *value);

/* ^C while a verb waits. */
void console_verbs_cancel(struct console *console);

#endif
