/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_note.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/front.h"
#include "proxy/catalogs.h"
#include "proxy/client.h"
#include "proxy/client_request.h"
#include "proxy/client_reuse.h"
#include "proxy/client_stmt.h"
#include "proxy/link_pins.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/session_names.h"
#include "proxy/session_path.h"
#include "proxy/session_state.h"
#include "proxy/sql_prepared.h"
#include "proxy/worker.h"

void client_note_effects(struct client *client, unsigned effects)
{
    struct server *server = client->server;

    server->is_fresh = false;
    if (SL_UNLIKELY((effects & (EFFECTS_NOTIFIES | EFFECTS_CALLS)) != 0)) {
        server_may_notify(server, (effects & EFFECTS_NOTIFIES) != 0);
    }
    if (SL_UNLIKELY((effects & (EFFECTS_LIBRARY | EFFECTS_HOLDS)) != 0)) {
        link_pins_keep(client, effects);
    }
    client->asks_channels |= (effects & (EFFECTS_CHANNELS | EFFECTS_UNREAD)) == EFFECTS_CHANNELS;
    bool is_called =
            (effects & EFFECTS_CALLS) != 0 && client->io.worker->conf->functions_by_catalog;
    if (SL_UNLIKELY(is_called || (effects & EFFECTS_LEAVES) != 0)) {
        session_state_see(client, is_called);
        link_pins_see(client);
        server->may_have_left = true;
    }
    server->is_dirty |= (effects & EFFECTS_STAY) != 0;
    server->may_have_left |= (client->pins & PIN_UNKNOWN) != 0;
    server->may_have_ended |= (effects & EFFECTS_ENDS) != 0;
    server->has_called |= (effects & EFFECTS_CALLS) != 0;
    server->may_copy |= (effects & EFFECTS_COPY) != 0;
    client->may_set |= (effects & EFFECTS_RULES) != 0;
    reuse_see_effects(server, effects);
    if (SL_UNLIKELY((effects & (EFFECTS_SCHEMA | EFFECTS_UNREAD | EFFECTS_COMMITS)) != 0)) {
        catalogs_epoch_see(server, effects);
    }
    if (SL_UNLIKELY((effects & EFFECTS_NAMES) != 0)) {
        client->forgets = FORGETS_NAMES;
        client->forgets_segment = server->expect.segment;
    }
}

/* What runs behind a statement: as if a function had been called, of which the text says nothing. */
void client_note_hidden(struct client *client, struct sl_span text)
{
    struct server *server = client->server;

    if (SL_UNLIKELY(catalogs_hides(server, text))) {
        server_may_notify(server, false);
        link_pins_see(client);
        server->is_dirty = true;
        server->may_have_left = true;
        server->has_called = true;
    }
}

static unsigned note_effects(struct client *client, const struct prepared *prepared)
{
    unsigned effects = prepared == NULL ? EFFECTS_ALL : prepared->effects;

    effects |= catalogs_holds(client->server, prepared_text(prepared), effects);
    effects = catalogs_effects(client->server, prepared_text(prepared), effects);
    client_note_effects(client, effects);
    if (prepared != NULL) {
        client_note_hidden(client, prepared_text(prepared));
    }
    return effects;
}

void client_note_parsed(struct client *client, const struct prepared *prepared)
{
    if (SL_UNLIKELY((note_effects(client, prepared) & EFFECTS_LEAVES) != 0)) {
        session_names_see_parsed(client, prepared_text(prepared));
    }
}

bool client_note_waits(const struct prepared *prepared, const struct request *request)
{
    return prepared != NULL && SL_UNLIKELY((prepared->effects & EFFECTS_LEAVES) != 0) &&
           !request_is_whole(request) && request->total <= (uint32_t)EFFECTS_TEXT_MAX;
}

void client_note_bound(struct client *client, const struct prepared *prepared,
        const struct request *request, const struct front_bind *bind)
{
    unsigned effects = note_effects(client, prepared);
    struct sl_span text = prepared_text(prepared);

    if (SL_UNLIKELY((effects & EFFECTS_LEAVES) != 0)) {
        struct sl_span body = request_body(request);
        session_names_see_bound(
                client, text, sl_span(body.at + bind->rest_offset, body.len - bind->rest_offset));
    }
    client_path_see(client, effects, text, SESSION_PATH_BIND);
}

void client_note_sql_bound(struct client *client, struct sl_span name)
{
    const struct sql_prepared *known = client->sql_prepared;
    bool is_known = false;

    for (uint32_t i = 0; i < sql_prepared_count(known) && !is_known; i++) {
        is_known = sl_span_is(name, sql_prepared_at(known, i)->name);
    }
    if (is_known && client->mode != CONF_POOL_SESSION) {
        client_note_effects(client,
                EFFECTS_STAY | EFFECTS_LEAVES | EFFECTS_CALLS | EFFECTS_ENDS | EFFECTS_RULES);
    }
}
