/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_note.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/front.h"
#include "proxy/catalogs.h"
#include "proxy/client.h"
#include "proxy/client_request.h"
#include "proxy/client_stmt.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/session_names.h"
#include "proxy/session_path.h"
#include "proxy/sql_prepared.h"

static unsigned note_effects(struct client *client, const struct prepared *prepared)
{
    unsigned effects = prepared == NULL ? EFFECTS_ALL : prepared->effects;

    effects |= catalogs_holds(client->server, prepared_text(prepared), effects);
    effects = catalogs_effects(client->server, prepared_text(prepared), effects);
    request_note_effects(client, effects);
    if (prepared != NULL) {
        request_note_hidden(client, prepared_text(prepared));
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
        request_note_effects(client,
                EFFECTS_STAY | EFFECTS_LEAVES | EFFECTS_CALLS | EFFECTS_ENDS | EFFECTS_RULES);
    }
}
