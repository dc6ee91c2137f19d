/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/unnamed.c - an unnamed statement goes forth, and back.
 */
#include "proxy/unnamed.h"

#include "proxy/client.h"
#include "proxy/prepared.h"
#include "proxy/server.h"

static struct prepared *ref(struct prepared *prepared)
{
    return prepared == NULL ? NULL : prepared_ref(prepared);
}

void unnamed_change(
        struct client *client, struct prepared *prepared, bool is_opaque, uint32_t segment)
{
    struct prepared *before = client->unnamed;

    client->unnamed = ref(prepared);
    client->unnamed_is_opaque = is_opaque;
    client->unnamed_segment = segment;
    prepared_unref(before);
}

static void know(struct client *client, struct prepared *prepared, bool is_opaque)
{
    if (client->unnamed_known != prepared) {
        prepared_unref(client->unnamed_known);
        client->unnamed_known = ref(prepared);
    }
    client->unnamed_known_opaque = is_opaque;
}

void unnamed_settled(struct client *client)
{
    know(client, client->unnamed, client->unnamed_is_opaque);
    client->undone_segment = 0;
}

void unnamed_forget(struct client *client)
{
    unnamed_change(client, NULL, false, client->unnamed_segment);
    unnamed_settled(client);
}

/* Does what was undone last reach that segment? */
static bool is_undone(const struct client *client, uint32_t segment)
{
    return client->undone_segment != 0 && (int32_t)(segment + 1 - client->undone_segment) <= 0;
}

static void go_back(struct client *client)
{
    struct prepared *known = ref(client->unnamed_known);

    prepared_unref(client->unnamed);
    client->unnamed = known;
    client->unnamed_is_opaque = client->unnamed_known_opaque;
}

void unnamed_settle(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    struct client *client = server->client;
    struct prepared *after =
            entry->kind == EXPECT_QUERY ? NULL : entry->ref; /* a Query's is a stmt */

    if (outcome != EXPECT_DONE) {
        prepared_unref(server->stmts.unnamed); /* not known any more */
        server->stmts.unnamed = NULL;
    }
    if (client == NULL || (entry->flags & EXPECT_QUIET) != 0) {
        prepared_unref(after);
        return; /* one of ours: the client's statement is what it was */
    }
    if (outcome == EXPECT_DONE) {
        know(client, after, after == NULL && entry->kind == EXPECT_PARSE);
    } else if (outcome == EXPECT_FAILED) {
        know(client, NULL, false); /* PostgreSQL drops the old one first */
    }
    prepared_unref(after);
    if (outcome != EXPECT_DONE && !is_undone(client, entry->segment)) {
        uint32_t end = expect_skip_end(&server->expect) + 1;
        client->undone_segment = end == 0 ? 1 : end;
    }
    /* Also when it was done: a COPY that ate one request has the next ones looked at. */
    if (is_undone(client, entry->segment) && is_undone(client, client->unnamed_segment)) {
        go_back(client);
    }
}
