/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_rules.h - whether it is known how PostgreSQL reads a client's text.
 *
 * Where a string constant ends depends on standard_conforming_strings and client_encoding. Both
 * are known as PostgreSQL reports them, which it does right before ReadyForQuery: behind
 * something under way that may change them (effects.h) or goes on with a portal bound before, and
 * for statements that may have been prepared another way, nobody can say where the literals of a
 * text are, if it is one for which it matters. Such a text shows nothing of itself:
 * shape_options.is_unknown.
 *
 * Not seen, as in effects.h: triggers, views and operators that set one of the two.
 *
 * Ownership: none. Threads: the client's worker. Bounds: nothing grows.
 */
#ifndef SLUICE_PROXY_CLIENT_RULES_H
#define SLUICE_PROXY_CLIENT_RULES_H

#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct client_name;
struct prepared;
struct stmt;

/* Messages of its that have come next, as far as they are here; before they are sent. */
void client_rules_see(struct client *client, struct sl_span messages);
/*
 * prepared_reading() of a Parse's body that it sends now, and of what its names stand for: parameters
 * have the types of the tables that search_path finds first.
 */
uint64_t client_rules_reading(struct client *client, struct sl_span body);
/* Two clients with the same number find names alike; 0: as everybody does at first. */
uint64_t client_rules_names(const struct client *client);
/*
 * What a client's name stands for, which is about to be used. A server that lacks it will read it by
 * the settings of now, and others share what it is then: it is another from now on, unless it is nobody
 * else's ('now' and its like) or there is no memory.
 */
struct prepared *client_rules_renew(struct client *client, struct client_name *name);
/* stmt begins its walk with them: sets its rules.is_unknown. */
void client_rules_apply(struct client *client, struct stmt *stmt);

#endif
