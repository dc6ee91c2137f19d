/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_settle.h"

#include "proxy/client.h"
#include "proxy/client_named.h"
#include "proxy/client_reuse.h"
#include "proxy/client_stmt.h"
#include "proxy/columns.h"
#include "proxy/link_prepared.h"
#include "proxy/listen_client.h"
#include "proxy/listen_hub.h"
#include "proxy/reuse_proof.h"
#include "proxy/server.h"
#include "proxy/server_load.h"
#include "proxy/session_state.h"
#include "proxy/unnamed.h"

#include <stdlib.h>

struct settle_bytes *settle_bytes_new(struct sl_span bytes)
{
    struct settle_bytes *copy = malloc(sizeof *copy + bytes.len);

    if (copy != NULL) {
        copy->len = bytes.len;
        memcpy(copy->at, bytes.at, bytes.len);
    }
    return copy;
}

/* A client's name that was being made: it is there now, or it never was. */
static void settle_name(struct client *client, struct client_name *name, bool is_done)
{
    if (client == NULL || name == NULL) {
        return; /* the client's names went with it */
    }
    client->names_failed += is_done ? 0 : 1;
    if (name->state == NAME_CLOSING ||
            name->state == NAME_GONE) { /* the Close behind has its say */
        name->state = is_done ? name->state : NAME_GONE;
    } else if (is_done && name->state != NAME_DOUBTFUL) {
        name->state = NAME_READY;
    } else {
        client_names_remove(client->names, name);
    }
}

static void settle_parse(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct server_stmt *stmt = entry->ref;

    settle_name(server->client, entry->undo, outcome == EXPECT_DONE);
    if (entry->local == SETTLE_APART && outcome == EXPECT_FAILED) {
        named_apart_failed(server);
    }
    if (stmt == NULL) {
        return;
    }
    if (outcome == EXPECT_DONE) {
        stmt->is_pending = false;
    } else {
        server_stmts_remove(&server->stmts, stmt);
    }
}

/* One that was being closed under its own name. */
static void settle_closed_name(struct client *client, struct client_name *name, bool is_done)
{
    if (client == NULL || name == NULL) {
        return;
    }
    if (is_done || name->state == NAME_GONE) {
        client_names_remove(client->names, name);
    } else {
        name->state = NAME_READY;
    }
}

/* A Close of ours that the server never saw: the statement is still there. */
static void settle_close(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct prepared *prepared = entry->ref;

    settle_closed_name(server->client, entry->undo, outcome == EXPECT_DONE);
    if (prepared == NULL) {
        return;
    }
    bool is_there = outcome == EXPECT_SKIPPED || outcome == EXPECT_FAILED;
    if (server_stmts_closed(&server->stmts, prepared, is_there) != SL_OK) {
        server->close_reason = "out of memory";
    }
    prepared_unref(prepared);
}

/* A stage's answer; that to a simple Query takes the unnamed statement away, as the Query would. */
static void settle_answer(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    free(entry->undo);
    if (entry->local == SETTLE_READY && server->client != NULL && server->client->renames) {
        unnamed_settle(server, entry, outcome);
    }
}

static void settle_local(struct server *server, const struct expect_entry *entry)
{
    struct client_name *name = entry->undo;

    if (entry->local == SETTLE_UNNAMED) {
        unnamed_settle(server, entry, EXPECT_SKIPPED);
    } else if (entry->local == SETTLE_REUSED) {
        reuse_settle(server, entry, EXPECT_SKIPPED);
    } else if (entry->local == 0 || entry->local == SETTLE_READY) {
        settle_answer(server, entry, EXPECT_SKIPPED);
    } else if (entry->local == '3' && name != NULL && server->client != NULL) {
        if (name->state == NAME_GONE) {
            client_names_remove(server->client->names, name);
        } else {
            name->state = NAME_READY; /* put back */
        }
    } else if (entry->local == '1') {
        settle_name(server->client, name, false);
    }
}

/* A Query or an Execute: a client's, or one that nobody sees. */
static void settle_request(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    if (entry->local == SETTLE_STATE) {
        session_state_answered(server, outcome);
    } else if (entry->local == SETTLE_SETTINGS) {
        server->is_setting &= outcome != EXPECT_DONE; /* else it is over with the server */
    } else if (entry->local == SETTLE_PREPARED) {
        link_prepared_settled(server, entry, outcome);
    } else if (entry->local == SETTLE_LOAD) {
        server_load_settled(server, outcome);
    } else if (entry->local == SETTLE_PLAN) {
        reuse_asked(server, outcome);
    } else if (entry->local == SETTLE_ISOLATION) {
        server_isolation_settled(server, outcome);
    } else if (entry->local == SETTLE_LISTEN) {
        listen_client_asked(server, outcome);
    } else if (entry->local == SETTLE_HUB) {
        listen_hub_answered(server, outcome);
    }
    if (entry->ref != NULL) {
        client_stmt_finished(server, entry->ref, outcome);
    }
    if (entry->local == SETTLE_UNNAMED) { /* a failed one has taken it away, too */
        unnamed_settle(server, entry, outcome == EXPECT_FAILED ? EXPECT_DONE : outcome);
    }
    free(entry->undo);
}

void server_settle(void *self, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct server *server = self;

    switch ((enum expect_kind)entry->kind) {
    case EXPECT_PARSE:
        if ((entry->flags & EXPECT_POISON) != 0) {
            free(entry->undo);
        }
        if (entry->local == SETTLE_UNNAMED) {
            unnamed_settle(server, entry, outcome);
        } else if ((entry->flags & EXPECT_POISON) == 0) {
            settle_parse(server, entry, outcome);
        }
        break;
    case EXPECT_CLOSE:
        if (entry->local == SETTLE_UNNAMED) {
            unnamed_settle(server, entry, outcome);
        } else {
            settle_close(server, entry, outcome);
        }
        break;
    case EXPECT_LOCAL:
        settle_local(server, entry);
        break;
    case EXPECT_QUERY:
    case EXPECT_EXECUTE:
        settle_request(server, entry, outcome);
        break;
    case EXPECT_DESCRIBE_STATEMENT:
    case EXPECT_DESCRIBE_PORTAL:
        if ((entry->flags & EXPECT_POISON) != 0) {
            free(entry->undo); /* its words */
        } else {
            columns_settle(server, entry);
        }
        break;
    case EXPECT_BIND:
        client_name_unref(entry->undo);
        break;
    case EXPECT_NOTHING:
    case EXPECT_FUNCTION:
    case EXPECT_SYNC:
    case EXPECT_COPY_END:
        break;
    }
}

void server_settle_local(struct server *server, const struct expect_entry *entry)
{
    struct client *client = server->client;
    struct client_name *name = entry->undo;

    if (entry->local == SETTLE_UNNAMED) {
        unnamed_settle(server, entry, EXPECT_DONE);
    } else if (entry->local == SETTLE_REUSED) {
        reuse_settle(server, entry, EXPECT_DONE);
    } else if (entry->local == 0 || entry->local == SETTLE_READY) {
        settle_answer(server, entry, EXPECT_DONE);
    } else if (entry->local == '1') {
        settle_name(client, name, true);
    } else if (client != NULL && name != NULL) {
        client_names_remove(client->names, name);
    }
}
