/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_meter.h"

#include "protocol/sqlstate.h"
#include "protocol/stmt.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <string.h>

/* Whose reply it is that comes, or whose way there it ends, or NULL. */
static struct stmt *answered(const struct server *server)
{
    const struct expect_entry *entry = expect_execute(&server->expect);

    return entry == NULL ? NULL : entry->ref;
}

void server_meter_begin(struct server *server)
{
    struct server_meter *meter = &server->meter;

    *meter = (struct server_meter){
            .before = meter->before, .here = meter->before, .told = meter->before};
}

/* The number that a command tag ends with, if it ends with one. */
static uint64_t rows_of(struct sl_span tag)
{
    uint64_t rows = 0;
    uint64_t place = 1;

    for (size_t at = tag.len; at > 0 && tag.at[at - 1] >= '0' && tag.at[at - 1] <= '9'; at--) {
        rows += place * (uint64_t)(tag.at[at - 1] - '0');
        place *= 10;
    }
    return rows;
}

void server_meter_tag(struct server *server, struct sl_span tag)
{
    struct stmt *stmt = answered(server);

    if (stmt != NULL) {
        stmt->meter.rows += tag.len > 0 ? rows_of(tag) : server->meter.rows;
    }
    server->meter.rows = 0;
}

void server_meter_copied(struct server *server, uint32_t bytes)
{
    const struct expect *expect = &server->expect;
    struct stmt *stmt =
            expect->copy != EXPECT_COPY_IN || expect->copy_end_sent ? NULL : answered(server);

    if (stmt != NULL) {
        stmt->meter.bytes_in += bytes;
    }
}

/* An error of what only goes ahead of it, another statement's Parse, has it skipped: no call. */
static bool is_of_its_own(const struct expect_entry *head)
{
    return head->kind == EXPECT_QUERY || head->kind == EXPECT_EXECUTE ||
           (head->flags & EXPECT_LEADS) != 0;
}

void server_meter_error(struct server *server, const char *sqlstate)
{
    const struct expect_entry *head = expect_head(&server->expect);
    struct stmt *stmt = head == NULL || !is_of_its_own(head) ? NULL : answered(server);

    if (stmt != NULL && stmt->meter.sqlstate[0] == '\0') {
        memcpy(stmt->meter.sqlstate, sqlstate, sizeof stmt->meter.sqlstate);
    }
}

/* All that came since the last one ended is its own. */
static void charge(struct server *server, struct stmt *stmt, sl_usec since)
{
    struct server_meter *meter = &server->meter;
    sl_usec now = server->io.worker->now;

    if (meter->stalled_at != 0) {
        meter->stalled += now - meter->stalled_at;
        meter->stalled_at = now;
    }
    stmt->meter.server_usec += now - since;
    stmt->meter.stalled_usec += meter->stalled;
    stmt->meter.bytes_out += meter->here - meter->told;
    stmt->meter.ended_at = now;
    meter->told = meter->here;
    meter->stalled = 0;
    meter->free_at = now;
}

void server_meter_ended(struct server *server, struct stmt *stmt)
{
    sl_usec sent_at = stmt->meter.sent_at;

    charge(server, stmt, server->meter.free_at > sent_at ? server->meter.free_at : sent_at);
}

void server_meter_lost(struct server *server, struct stmt *stmt)
{
    const char *sqlstate =
            server->client == NULL ? SL_STATE_QUERY_CANCELED : SL_STATE_CONNECTION_FAILURE;

    if (stmt->meter.sqlstate[0] == '\0') {
        memcpy(stmt->meter.sqlstate, sqlstate, sizeof stmt->meter.sqlstate);
    }
    if (stmt->meter.ended_at == 0) {
        server_meter_ended(server, stmt);
    }
}

/* So much since the last statement's end was the client's, with what it lets wait now. */
static void set_stalled(struct server_meter *meter, sl_usec stalled, sl_usec now)
{
    meter->stalled = stalled;
    meter->stalled_at = meter->stalled_at == 0 ? 0 : now;
}

void server_meter_sync(struct server *server)
{
    const struct stmt *last = server->finished == NULL ? NULL : server->finished_last;
    sl_usec now = server->io.worker->now;

    if (last != NULL && last->meter.ended_at != 0 && expect_execute(&server->expect) == NULL &&
            expect_is_stuck(&server->expect)) {
        set_stalled(&server->meter, now - server->meter.free_at, now);
    }
}

void server_meter_ready(struct server *server, struct stmt *last)
{
    sl_usec now = server->io.worker->now;

    if (last != NULL && last->meter.ended_at != 0) {
        charge(server, last, server->meter.free_at);
    } else {
        set_stalled(&server->meter, 0, now);
        server->meter.told = server->meter.here;
        server->meter.free_at = now;
    }
}

void server_meter_stall(struct server *server)
{
    if (server->meter.stalled_at == 0) {
        server->meter.stalled_at = server->io.worker->now;
    }
}

void server_meter_go_on(struct server *server)
{
    struct server_meter *meter = &server->meter;

    if (meter->stalled_at != 0) {
        meter->stalled += server->io.worker->now - meter->stalled_at;
        meter->stalled_at = 0;
    }
}
