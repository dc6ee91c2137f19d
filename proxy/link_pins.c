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

static void drop_sequences(struct client *client)
{
    client->keeps_briefly = false;
    client->keeps &= (uint16_t)~PIN_SEQUENCE;
    client->pins &= (uint16_t)~PIN_SEQUENCE;
}

/* Of a transaction that begins, the one before has passed without a question. */
static void keep_sequences(struct client *client, unsigned effects)
{
    const struct server *server = client->server;
    bool is_first = server->expect.status == 'I' && expect_idle(&server->expect);

    if ((effects & EFFECTS_SEQUENCES) != 0) {
        client->moves_unasked = 0;
        client->keeps_briefly = false;
    }
    if ((effects & EFFECTS_MOVES) != 0) {
        if (client->keeps_briefly && is_first) {
            client->moves_unasked++;
        }
        client->moves_sequences = true;
        client->moved_on = server->serial;
    }
    if (!client->moves_sequences) {
        return;
    }
    if (client->asks_sequences) {
        client->keeps |= PIN_SEQUENCE;
    } else if (client->moves_unasked >= LINK_PINS_UNASKED) {
        drop_sequences(client);
    } else if ((effects & EFFECTS_TAKES) != 0 ||
               atomic_load_explicit(&client->pool->asks_sequences, memory_order_relaxed)) {
        client->keeps |= PIN_SEQUENCE;
        client->keeps_briefly = true;
    }
}

void link_pins_keep(struct client *client, unsigned effects)
{
    struct server *server = client->server;

    server->is_spent |= (effects & (EFFECTS_LIBRARY | EFFECTS_HOLDS)) != 0;
    client->keeps |= (effects & EFFECTS_LIBRARY) != 0 ? PIN_LIBRARY : 0;
    client->keeps |= (effects & EFFECTS_HOLDS) != 0 ? PIN_FUNCTION : 0;
    if ((effects & (EFFECTS_MOVES | EFFECTS_SEQUENCES)) != 0) {
        keep_sequences(client, effects);
    }
    client->pins |= client->keeps;
}

void link_pins_rested(struct client *client)
{
    client->moves_unasked++;
    drop_sequences(client);
}

void link_pins_sequences_gone(struct client *client)
{
    client->moves_sequences = false;
    drop_sequences(client);
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
    refuse(client, reasons);
    return false;
}

void link_pins_end(struct server *server)
{
    SL_IGNORE(pins_count(&server->pool->pins, &server->pin, 0, server->io.worker->now),
            "there is always room for less");
    server->pin = (struct pin){0};
}
