/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/session_names.h - which custom settings a client may have set: names that its texts say.
 *
 * PostgreSQL has no list of custom settings (app.tenant): it is asked by name (session_state.h), so the
 * names that stand behind SET and in set_config() are remembered in client->custom. What cannot be
 * told, as the name is an expression's, sets client->has_unasked: the client keeps its server.
 *
 * Ownership: the sets are the client's. Threads: its worker. Bounds: CUSTOM_NAMES_MAX names, beyond
 * which what is set is not known to be asked for.
 */
#ifndef SLUICE_PROXY_SESSION_NAMES_H
#define SLUICE_PROXY_SESSION_NAMES_H

#include "protocol/base/span.h"

struct client;

/*
 * A text that is about to be sent: names of custom settings in it are remembered. Of a name that is a
 * parameter's value nobody knows.
 */
void session_names_see(struct client *client, struct sl_span text);
/* The same, of one that is only parsed: session_names_see_bound() follows, if it is bound. */
void session_names_see_parsed(struct client *client, struct sl_span text);
/* With the parameters that follow the names in its Bind, as far as they are here. */
void session_names_see_bound(struct client *client, struct sl_span text, struct sl_span rest);
/* The same, of the beginning of a long one: not of an INSERT, whose data is full of words. */
void session_names_see_begin(struct client *client, struct sl_span text);

#endif
