/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_isolation.h"

#include "protocol/back.h"
#include "proxy/caching.h"
#include "proxy/caching_watch.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#define AGAIN (1 * SL_SECOND)

static const char question[] = "SELECT reset_val FROM pg_catalog.pg_settings"
                               " WHERE name OPERATOR(pg_catalog.=) 'default_transaction_isolation'";

bool server_isolation_ask(struct server *server)
{
    struct server_isolation *isolation = &server->isolation;
    sl_usec now = server->io.worker->now;

    if (SL_LIKELY(caching_cache() == NULL) || server->is_replication || server->is_standby ||
            server->restored != NULL || server->has_failed_setup || server->hub != NULL ||
            isolation->asks != 0 ||
            (isolation->asked_at != 0 && now - isolation->asked_at < AGAIN)) {
        return false;
    }
    uint64_t schema = caching_watch_settled(server->under_way.database, now);
    if (SL_LIKELY(schema == 0 || schema == isolation->schema)) {
        return false;
    }
    isolation->asked_at = now;
    isolation->schema = 0;
    isolation->is_committed = false;
    if (server_ask_isolation(server, question) != SL_OK) {
        return false;
    }
    isolation->asks = schema;
    return true;
}

void server_isolation_row(struct server *server, struct sl_span body)
{
    struct sl_span value;

    server->isolation.is_committed =
            back_row_field(body, 0, &value) && sl_span_is(value, "read committed");
}

void server_isolation_settled(struct server *server, enum expect_outcome outcome)
{
    struct server_isolation *isolation = &server->isolation;

    isolation->schema = outcome == EXPECT_DONE ? isolation->asks : 0;
    isolation->asks = 0;
}

bool server_isolation_is_read_committed(const struct server *server)
{
    const struct server_isolation *isolation = &server->isolation;
    uint64_t database = server->under_way.database;

    return isolation->is_committed && isolation->schema != 0 && server->restored == NULL &&
           isolation->schema == caching_watch_schema(database) &&
           caching_watch_is_looked_at(database, sl_now());
}
