/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/own_names.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/pipeline.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <string.h>

enum { NAME_LEN_MAX = 63 }; /* NAMEDATALEN - 1: PostgreSQL takes no more of a name */

static bool is_wanted(const struct client *client)
{
    return client->mode == CONF_POOL_SESSION && client->io.worker->pipeline->count > 0;
}

static struct client_name *add(struct client *client, const struct front_parse *parse)
{
    if (client->names == NULL) {
        client->names =
                client_names_new((size_t)client->io.worker->conf->prepared_statements_bytes_client);
    }
    struct prepared *prepared = client->names == NULL ? NULL : prepared_intern(parse->rest, 0);
    if (prepared == NULL) {
        return NULL;
    }
    struct client_name *name = client_names_add(client->names, parse->name, prepared);
    if (name == NULL) {
        prepared_unref(prepared);
    }
    return name;
}

static struct sl_span as_kept(struct sl_span name)
{
    return sl_span(name.at, name.len < NAME_LEN_MAX ? name.len : NAME_LEN_MAX);
}

static bool is_body(const struct prepared *prepared, struct sl_span body)
{
    return prepared->len == body.len && memcmp(prepared->body, body.at, body.len) == 0;
}

static struct client_name *begin_parse(struct client *client, const struct request *request)
{
    struct front_parse parse;

    if (front_parse_read(request_body(request), &parse) != SL_OK || parse.name.len == 0) {
        return NULL;
    }
    struct client_name *closing = NULL;
    struct client_name *name = client_names_find(client->names, as_kept(parse.name), &closing);
    if (name == NULL) {
        return closing == NULL && parse.name.len <= NAME_LEN_MAX ? add(client, &parse) : NULL;
    }
    if (is_body(name->prepared, parse.rest)) {
        return NULL;
    }
    if (name->state == NAME_READY) {
        client_names_remove(client->names, name); /* this one fails, or that one had gone */
    } else {
        name->state = NAME_DOUBTFUL; /* or that one fails */
    }
    return NULL;
}

/* The name that its request closes, or NULL. */
static struct client_name *closed_name(struct client *client, const struct request *request)
{
    struct sl_span text;
    char kind;

    if (front_target_read(request_body(request), &kind, &text) != SL_OK ||
            kind != FRONT_STATEMENT) {
        return NULL;
    }
    return client_names_find(client->names, as_kept(text), NULL);
}

static enum step pass_parse(
        struct client *client, const struct request *request, struct expect_entry entry)
{
    struct client_name *name = begin_parse(client, request);

    entry.undo = name;
    if (expect_push(&client->server->expect, entry) != SL_OK) {
        if (name != NULL) {
            client_names_remove(client->names, name);
        }
        return request_hold(client); /* the last: the client may be gone then */
    }
    request_pass_from(client, request, 0);
    return STEP_NEXT;
}

static enum step pass_close(
        struct client *client, const struct request *request, struct expect_entry entry)
{
    struct client_name *name = closed_name(client, request);
    uint8_t before = NAME_READY;

    if (name != NULL) {
        before = name->state;
        name->state = NAME_CLOSING;
    }
    entry.undo = name;
    if (expect_push(&client->server->expect, entry) != SL_OK) {
        if (name != NULL) { /* a Parse under way may have it */
            name->state = before;
        }
        return request_hold(client); /* likewise */
    }
    request_pass_from(client, request, 0);
    return STEP_NEXT;
}

enum step own_names_pass(
        struct client *client, const struct request *request, struct expect_entry entry)
{
    bool is_short = request->total <= (uint32_t)EFFECTS_TEXT_MAX;

    if (!is_wanted(client) || !is_short) {
        return request_pass(client, request, entry);
    }
    if (!request_is_whole(request)) {
        return STEP_MORE;
    }
    if (!expect_has_room(&client->server->expect, 1)) {
        return request_hold(client);
    }
    return entry.kind == EXPECT_PARSE ? pass_parse(client, request, entry)
                                      : pass_close(client, request, entry);
}

unsigned own_names_effects(const struct client *client, struct sl_span bytes)
{
    if (client->mode != CONF_POOL_SESSION) {
        return EFFECTS_ALL;
    }
    struct sl_span text = sl_span(bytes.at, strnlen((const char *)bytes.at, bytes.len));
    const struct client_name *name = client_names_find(client->names, text, NULL);
    return name != NULL ? name->prepared->effects
                        : (unsigned)EFFECTS_ALL & ~(unsigned)EFFECTS_NAMES;
}

void own_names_forget(struct client *client)
{
    client_names_forget(client->names);
}
