/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show.h - the table of views, and SHOW.
 *
 * Ownership: views are constant. Threads: the console's worker; views run where
 * protocol/view.h says. Bounds: CONSOLE_ROWS_MAX bytes an answer (54000).
 */
#ifndef SLUICE_PROXY_CONSOLE_SHOW_H
#define SLUICE_PROXY_CONSOLE_SHOW_H

#include "protocol/base/clock.h"
#include "protocol/view.h"
#include "proxy/address.h"

struct console;

/* The version that SHOW VERSION names first: what exporters look for. */
#define CONSOLE_PGBOUNCER_VERSION "1.25.2"

/* One list a file, each ended by a view without a name. */
extern const struct view console_views_pools[];        /* console_show_pools.c */
extern const struct view console_views_sockets[];      /* console_show_sockets.c */
extern const struct view console_views_stats[];        /* console_show_stats.c */
extern const struct view console_views_process[];      /* console_show_process.c */
extern const struct view console_views_listeners[];    /* console_show_listeners.c */
extern const struct view console_views_pins[];         /* console_show_pins.c */
extern const struct view console_views_queries[];      /* console_show_queries.c */
extern const struct view console_views_latency[];      /* console_show_latency.c */
extern const struct view console_views_slow[];         /* console_show_slow.c */
extern const struct view console_views_query[];        /* console_show_query.c */
extern const struct view console_views_history[];      /* console_show_history.c */
extern const struct view console_views_workload[];     /* console_show_workload.c */
extern const struct view console_views_cache[];        /* console_show_cache.c */
extern const struct view console_views_cache_keys[];   /* console_cache_keys.c */
extern const struct view console_views_cache_redis[];  /* console_cache_redis.c */
extern const struct view console_views_cache_report[]; /* console_cache_report.c */
extern const struct view console_views_cache_shapes[]; /* console_cache_shapes.c */
extern const struct view console_views_cache_why[];    /* console_cache_why.c */
extern const struct view console_views_catalog[];      /* console_show_catalog.c */

/* Whatever the case of name. NULL: there is none. Also finds the settings drivers ask for. */
const struct view *console_view_find(const char *name);
/* The i-th of the lists above, or NULL. */
const struct view *console_view_at(unsigned i);

/* The moment that sl_now() said at, in UTC; 0 is null. */
void console_add_time(struct view_row *row, sl_usec at);

void console_show(struct console *console, const struct view *view, const char *argument);
void console_show_help(struct console *console);

#endif
