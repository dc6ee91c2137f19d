/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_isolation.h - which isolation level a BEGIN that names none makes on a server: for the cache.
 *
 * The default may come from the configuration's file, a role, a database, or what the server was started with. Only
 * its session knows for sure, so that is asked: unseen, once, as it comes to be idle, for reset_val in pg_settings.
 * What its clients have set themselves is no part of that (proxy/caching_session.c knows it).
 *
 *   clean_on() -> server_isolation_ask() -> row -> settled -> link_free_server() -> IDLE
 *
 * ALTER ROLE and ALTER DATABASE do not change a session that is there already, but a new postgresql.conf does. That
 * is noticed as a change of the catalogue is (protocol/catalog_changes.h has the time when the file was
 * read); from then on nothing is known until it was asked again, a second later at the earliest: by then
 * every process has read the file. While the catalogues cannot be looked at nothing is known either. Nor is it ever
 * of a server with a connect_query, which may set anything, and of a standby.
 *
 * Ownership: a member of struct server. Threads: its worker's. Bounds: one question for a change of the catalogue.
 */
#ifndef SLUICE_PROXY_SERVER_ISOLATION_H
#define SLUICE_PROXY_SERVER_ISOLATION_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "protocol/expect.h"

#include <stdbool.h>
#include <stdint.h>

struct server;

struct server_isolation {
    uint64_t schema; /* caching_watch_schema() when it was asked; 0: nothing is known */
    uint64_t asks;   /* likewise, of what is being asked; 0: nothing is */
    sl_usec asked_at;
    bool is_committed; /* READ COMMITTED, as it was answered */
};

/* It is about to be idle: true: it was asked, and link_free_server() is called again. */
bool server_isolation_ask(struct server *server);
/* Of the answer: server_relay.c, server_settle.c. */
void server_isolation_row(struct server *server, struct sl_span body);
void server_isolation_settled(struct server *server, enum expect_outcome outcome);

/* As of now; its client's settings apart. */
bool server_isolation_is_read_committed(const struct server *server);

#endif
