/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_hear.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/listen_client.h"
#include "proxy/prepared.h"

#include <string.h>

/* What a Bind is about: the statement's name stands behind the portal's. */
static unsigned bound_effects(const struct client *client, const struct request *request)
{
    struct sl_span body = sl_span(request->at + MESSAGE_HEAD, request->here - MESSAGE_HEAD);
    size_t portal = strnlen((const char *)body.at, body.len);

    if (!client->renames || portal + 1 >= body.len) {
        return EFFECTS_ALL;
    }
    struct sl_span name = sl_span(body.at + portal + 1, body.len - portal - 1);
    name.len = strnlen((const char *)name.at, name.len);
    const struct client_name *known =
            name.len == 0 ? NULL : client_names_find(client->names, name, NULL);
    const struct prepared *prepared = known != NULL ? known->prepared : client->unnamed;
    return prepared != NULL && (known != NULL || name.len == 0) ? prepared->effects : 0U;
}

/* A client that listens, though not on its server: some requests have to find that there. */
enum step client_hear(struct client *client, const struct request *request)
{
    bool is_parse = request->type == MSG_PARSE;
    unsigned effects = EFFECTS_ALL;

    if (client->mode == CONF_POOL_SESSION ||
            (request->type != MSG_QUERY && !is_parse && request->type != MSG_BIND)) {
        return STEP_NEXT;
    }
    if (request->total <= (uint32_t)EFFECTS_TEXT_MAX) {
        if (!request_is_whole(request)) {
            return STEP_MORE;
        }
        const uint8_t *at = request->at + MESSAGE_HEAD;
        size_t len = request->here - MESSAGE_HEAD;
        size_t skip = is_parse ? strnlen((const char *)at, len) + 1 : 0;
        skip = skip < len ? skip : len;
        effects = request->type == MSG_BIND
                          ? bound_effects(client, request)
                          : effects_of(sl_span(
                                    at + skip, strnlen((const char *)at + skip, len - skip)));
    } else if (request->type == MSG_BIND) {
        effects = 0; /* of an UNLISTEN it would be short */
    }
    return listen_client_may_send(client, effects) ? STEP_NEXT : request_hold(client);
}
