/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_tag.h"

#include "conf/conf.h"
#include "proxy/catalogs_epoch.h"
#include "proxy/client.h"
#include "proxy/client_reuse.h"
#include "proxy/link_prepared.h"
#include "proxy/link_sequences.h"
#include "proxy/server.h"

/* What connect_query has left is there for the next client, too. */
static bool undoes_connect_query(const struct server *server, struct sl_span tag)
{
    if (sl_span_is(tag, "DEALLOCATE") || sl_span_is(tag, "DEALLOCATE ALL")) {
        return strcasestr(server_connect_query(server), "prepare") != NULL;
    }
    return sl_span_is(tag, "RESET") || sl_span_is(tag, "DISCARD ALL") ||
           sl_span_is(tag, "DISCARD TEMP");
}

void server_tag_see(struct server *server, struct sl_span tag)
{
    struct client *client = server->client;

    if (client == NULL || tag.len == 0) {
        return;
    }
    bool is_two_phase =
            sl_span_is(tag, "PREPARE TRANSACTION") || sl_span_is(tag, "COMMIT PREPARED");
    if (SL_UNLIKELY(server->reads_tags || is_two_phase)) {
        catalogs_epoch_see_tag(server, tag);
    }
    if (SL_UNLIKELY(server->path.watches)) {
        session_path_tag(&server->path, tag);
    }
    switch (tag.at[0]) {
    case 'S': /* nearly all: SELECT n */
        if (tag.len > 6 && tag.at[1] == 'E' && tag.at[2] == 'L' && tag.at[6] == ' ' &&
                tag.at[7] != 'I') {
            return;
        }
        break;
    case 'N': /* NOTIFY */
        server_may_notify(server, true);
        return;
    case 'I': /* what writes has triggers, perhaps */
    case 'U':
    case 'M':
        link_sequences_tag(server);
        server_may_notify(server, false);
        return;
    case 'B':
    case 'F':
        return;
    default:
        break;
    }
    if (tag.at[0] == 'D') {
        link_sequences_tag(server);
    }
    if (tag.at[0] == 'D' || (tag.at[0] == 'C' && !sl_span_is(tag, "COMMIT"))) {
        server_may_notify(server, false); /* DELETE, DO, COPY, CALL; at others it does no harm */
    }
    reuse_see_tag(server, tag);
    server->saw_reset |= sl_span_is(tag, "RESET") || sl_span_is(tag, "DISCARD ALL");
    if (client->mode == CONF_POOL_SESSION) {
        return;
    }
    server->is_dirty |= server->restored != NULL && undoes_connect_query(server, tag);
    if (sl_span_is(tag, "DISCARD ALL") || sl_span_is(tag, "DISCARD SEQUENCES")) {
        link_sequences_discarded(client);
    }
    if (sl_span_is(tag, "DISCARD ALL") || sl_span_is(tag, "DEALLOCATE ALL")) {
        server_stmts_forget(&server->stmts);
        link_forget_prepared(client, server);
        client_names_clear(client->names);
    } else if (sl_span_is(tag, "LISTEN")) {
        client->pins |= PIN_LISTEN;
    }
    /* A DO or a procedure may have a PREPARE, or a DEALLOCATE, within. */
    server->has_sql_prepared |=
            sl_span_is(tag, "PREPARE") || sl_span_is(tag, "DO") || sl_span_is(tag, "CALL");
}
