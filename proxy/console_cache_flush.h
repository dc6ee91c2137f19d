/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_flush.h - CACHE FLUSH: answers that are kept are not given again, nor those that are
 * being got.
 *
 *     ALL, nothing       all
 *     DATABASE db        of databases that servers know by the name that db has there
 *     TABLE [db.]s.t     that depend on the table, its partitions and what inherits from it; of a database whose
 *                        catalogue is not known now, all
 *     SHAPE id           of statements whose id begins so
 *
 * The first three make tags stale, as a write does: what is being got depends on them, too. Of a shape every
 * worker forgets what it is getting, one after the other, and behind them all what is kept goes: what came
 * before the command is gone when it is answered, and nothing else. Memory is given back some entries a
 * turn; the command's tag says how many.
 *
 * Ownership: the tour's. Threads: the console's worker; tours as in console_tour.h. Bounds: none of its own.
 */
#ifndef SLUICE_PROXY_CONSOLE_CACHE_FLUSH_H
#define SLUICE_PROXY_CONSOLE_CACHE_FLUSH_H

struct console;

/* CACHE, and the line behind it. */
void console_cache_verb(struct console *console, const char *line);

#endif
