/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_path.c - the search_path of a client's session: session_path.h's part that knows
 * clients and servers. A server that reports it (PostgreSQL 18) is believed.
 */
#include "proxy/session_path.h"

#include "conf/conf.h"
#include "protocol/effects.h"
#include "protocol/search_path.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/client_stmt.h"
#include "proxy/params.h"
#include "proxy/search_paths.h"
#include "proxy/server.h"

/* The role's is that of servers that have logged in since it was last found to be another (catalogs.c). */
static uint16_t of_epoch(const struct server *server, uint16_t path)
{
    bool is_of_role = (path & ~SEARCH_PATHS_TEMP) == SEARCH_PATHS_OF_ROLE;

    return is_of_role && SL_UNLIKELY(server->epoch != atomic_load_explicit(&server->pool->epoch,
                                                              memory_order_acquire))
                   ? SEARCH_PATHS_UNKNOWN
                   : path;
}

uint16_t client_path_now(const struct client *client)
{
    const struct server *server = client->server;
    const uint16_t own = params_path(client->params);

    if (server == NULL) {
        const uint16_t set = params_path(client->settings);
        const uint16_t kept = own != SEARCH_PATHS_OF_ROLE ? own : set;
        return kept != SEARCH_PATHS_OF_ROLE ? kept : params_path(client->startup);
    }
    uint16_t followed = session_path_now(&server->path);
    uint16_t reported = params_path(server->params);
    if (SL_LIKELY(reported == SEARCH_PATHS_OF_ROLE) || server->path.is_opaque ||
            server->path.is_local_opaque || server->path.kind != SEARCH_PATH_KEPT) {
        return of_epoch(server, followed);
    }
    /* link_apply_params() has seen to it that the server's is the client's. */
    reported = own != SEARCH_PATHS_OF_ROLE ? own : reported;
    return server->path.has_temp && reported != SEARCH_PATHS_UNKNOWN ? reported | SEARCH_PATHS_TEMP
                                                                     : reported;
}

void client_path_begin(struct server *server, const struct params *settings, bool is_clean)
{
    /* What connect_query has set is not known; and another role has another "$user". */
    bool was_set_up = server->restored != NULL || server->has_failed_setup ||
                      params_get(settings, "role") != NULL ||
                      params_get(settings, "session_authorization") != NULL;
    uint16_t own = params_path(settings);
    uint16_t first = was_set_up ? SEARCH_PATHS_UNKNOWN : params_path(server->startup);

    session_path_begin(&server->path, own != SEARCH_PATHS_OF_ROLE ? own : first, is_clean);
}

/* All that a reply is due for is of what is being sent, up to its Sync. */
static bool is_alone(const struct server *server)
{
    const struct expect_entry *first = expect_first_shown(&server->expect);

    return first == NULL || first->segment == server->expect.segment;
}

void client_path_look(
        struct client *client, unsigned effects, struct sl_span text, enum session_path_how how)
{
    struct server *server = client->server;
    struct search_path_change change = {.kind = SEARCH_PATH_OPAQUE, .is_several = true};

    if (text.len > 0) {
        search_path_read(text, (effects & EFFECTS_CALLS) == 0, &change);
    }
    session_path_send(&server->path, &change, how, is_alone(server));
    if (change.kind != SEARCH_PATH_KEPT) {
        server->path.is_armed |= how == SESSION_PATH_PARSE;
        server->path.is_unnamed_armed |= how == SESSION_PATH_PARSE_UNNAMED;
    }
    struct stmt *stmt = client_stmt_now(client);
    if (stmt != NULL && change.is_several && change.kind != SEARCH_PATH_KEPT) {
        stmt->path = SEARCH_PATHS_UNKNOWN; /* it may be read by more than one path */
    }
}

/* In a session's pool a statement is of its own client, whose texts have all been seen. */
void client_path_bind(struct client *client, bool is_named)
{
    struct session_path *path = &client->server->path;

    if (client->mode != CONF_POOL_SESSION || (is_named ? path->is_armed : path->is_unnamed_armed)) {
        session_path_blur(path);
    }
}
