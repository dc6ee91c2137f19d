/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_named.h"

#include "conf/conf.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <string.h>

enum { CLOSES_MAX = 16 /* of statements of the server's, for one that is new */ };

_Static_assert(CLOSES_MAX + 4 <= REQUEST_ENTRIES_MAX, "all for one message, or nothing");

void named_put_head(uint8_t *head, uint8_t type, size_t total)
{
    head[0] = type;
    sl_set_u32(head + 1, (uint32_t)(total - 1));
}

void named_say_parse(struct server *server, const char *name, size_t name_len, size_t rest)
{
    uint8_t head[MESSAGE_HEAD + PREPARED_NAME_MAX];

    named_put_head(head, MSG_PARSE, MESSAGE_HEAD + name_len + 1 + rest);
    memcpy(head + MESSAGE_HEAD, name, name_len + 1);
    server_say(server, head, MESSAGE_HEAD + name_len + 1);
}

void named_pass_bind(struct client *client, const struct request *request,
        const struct front_bind *bind, const struct prepared *prepared)
{
    struct server *server = client->server;
    char name[PREPARED_NAME_MAX];
    size_t name_len = prepared_name(prepared, name);
    size_t rest = request->total - MESSAGE_HEAD - bind->rest_offset;
    size_t total = MESSAGE_HEAD + bind->portal.len + 1 + name_len + 1 + rest;
    uint8_t head[MESSAGE_HEAD + 1 + PREPARED_NAME_MAX];

    named_put_head(head, MSG_BIND, total);
    if (SL_LIKELY(bind->portal.len == 0)) { /* the unnamed portal: one piece */
        head[MESSAGE_HEAD] = 0;
        memcpy(head + MESSAGE_HEAD + 1, name, name_len + 1);
        server_say(server, head, MESSAGE_HEAD + 1 + name_len + 1);
    } else {
        server_say(server, head, MESSAGE_HEAD);
        server_say(server, bind->portal.at, bind->portal.len + 1);
        server_say(server, name, name_len + 1);
    }
    request_pass_from(client, request, MESSAGE_HEAD + bind->rest_offset);
}

enum sl_err named_make_room(struct server *server)
{
    uint32_t max = (uint32_t)server->io.worker->conf->max_prepared_statements;

    for (unsigned i = 0; i < CLOSES_MAX; i++) {
        struct server_stmt *old = server_stmts_excess(&server->stmts, max > 0 ? max - 1 : 0);
        enum sl_err err = old == NULL ? SL_OK : server_forget_stmt(server, old);
        if (old == NULL || err != SL_OK) {
            return err;
        }
    }
    return SL_OK;
}

void named_count(struct client *client, enum stats_counter counter)
{
    if (!client->has_retried || counter == STATS_SERVER_PARSES) { /* it was counted before */
        stats_add(pool_stats(client->pool, client->io.worker->index), counter, 1);
    }
}
