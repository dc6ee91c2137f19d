/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/link_pins.h"

#include "conf/conf.h"
#include "optimizer/observe.h"
#include "protocol/effects.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/client_stmt.h"
#include "proxy/listen_client.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdio.h>

const char *link_pins_text(unsigned reasons, char text[static LINK_PINS_TEXT_MAX])
{
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < PIN_REASONS; i++) {
        if ((reasons >> i & 1U) != 0 && len < LINK_PINS_TEXT_MAX) {
            int more = snprintf(text + len, LINK_PINS_TEXT_MAX - len, "%s%s", len > 0 ? ", " : "",
                    session_pin_name(i));
            len += more > 0 ? (size_t)more : 0;
        }
    }
    return text;
}

void link_pins_see(struct client *client)
{
    struct pin *pin = &client->server->pin;
    const struct stmt *stmt = client_stmt_now(client);
    struct observe *observe = statistics_observe();

    pin->last = (struct sl_hash128){0};
    if (observe != NULL && stmt != NULL) {
        SL_IGNORE(observe_shape(observe, client->io.worker->index, stmt, &pin->last),
                "then it stays unknown");
    }
}

void link_pins_keep(struct client *client, unsigned effects)
{
    struct server *server = client->server;

    server->is_spent |= (effects & (EFFECTS_LIBRARY | EFFECTS_HOLDS)) != 0;
    client->keeps |= (effects & EFFECTS_LIBRARY) != 0 ? PIN_LIBRARY : 0;
    client->keeps |= (effects & EFFECTS_HOLDS) != 0 ? PIN_FUNCTION : 0;
    client->pins |= client->keeps;
}

static void refuse(struct client *client, unsigned reasons)
{
    char text[LINK_PINS_TEXT_MAX];
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_ELIMIT, SL_STATE_TOO_MANY_CONNECTIONS,
                      "pinned servers exceeded for database \"%s\" and user \"%s\" "
                      "(max_pinned_percent): this session has left behind: %s",
                      client->pool->database->name, client->pool->user->name,
                      link_pins_text(reasons, text)),
            "the client is told");
    client_fail(client, "FATAL", &error);
}

bool link_pins_settle(struct server *server)
{
    struct client *client = server->client;

    if (client->mode == CONF_POOL_SESSION || client->is_replication || client->has_left) {
        return true;
    }
    unsigned reasons = client->pins | (client->unnamed_is_opaque ? (unsigned)PIN_UNNAMED : 0U);
    if (listen_client_is_moving(client)) {
        reasons &= ~(unsigned)PIN_LISTEN; /* it is about to end */
    }
    if (server->expect.status != 'I') {
        reasons &= server->pin.reasons; /* what is new may be rolled back */
    }
    if (pins_count(&server->pool->pins, &server->pin, reasons, server->io.worker->now)) {
        return true;
    }
    if (reasons == PIN_SEQUENCE) {
        return true; /* until it rests */
    }
    refuse(client, reasons);
    return false;
}

void link_pins_end(struct server *server)
{
    SL_IGNORE(pins_count(&server->pool->pins, &server->pin, 0, server->io.worker->now),
            "there is always room for less");
    server->pin = (struct pin){0};
}
