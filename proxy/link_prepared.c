/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/link_prepared.h"

#include "protocol/base/buf.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/sql_prepared.h"

#include <string.h>

enum { QUERY_MAX = 1024 };

/* ---- asking ---- */

/* The text goes to the server; its reply's entry has the statement's name, if it is a PREPARE. */
static enum sl_err ask(struct server *server, const char *text, const char *prepared)
{
    struct settle_bytes *name = NULL;

    if (prepared != NULL) {
        name = settle_bytes_new(sl_span(prepared, strlen(prepared) + 1));
        if (name == NULL) {
            return SL_ENOMEM;
        }
    }
    return server_ask_prepared(server, text, name);
}

static enum sl_err deallocate(struct server *server, const char *name)
{
    struct sl_buf buf;

    sl_buf_init(&buf, QUERY_MAX);
    enum sl_err err = sl_buf_put(&buf, "DEALLOCATE \"", 12);
    for (const char *at = name; err == SL_OK && *at != '\0'; at++) {
        err = sl_buf_put(&buf, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    }
    err = err == SL_OK ? sl_buf_put_cstr(&buf, "\"") : err;
    err = err == SL_OK ? ask(server, (const char *)sl_buf_borrow(&buf).at, NULL) : err;
    sl_buf_fini(&buf);
    return err;
}

static bool is_same(const struct sql_statement *a, const struct sql_statement *b)
{
    return a != NULL && b != NULL && a->reading == b->reading && strcmp(a->text, b->text) == 0;
}

bool link_apply_prepared(struct client *client, struct server *server)
{
    const struct sql_prepared *want = client->sql_prepared;
    const struct sql_prepared *have = server->sql_prepared;
    /* What a function has prepared there nobody knows: it must not stand in the way of a name. */
    bool is_unsure = server->has_strays || server->has_named || server->has_called ||
                     server->has_sql_prepared;
    enum sl_err err = SL_OK;

    if (SL_LIKELY(want == have)) {
        return true;
    }
    for (uint32_t i = 0; err == SL_OK && i < sql_prepared_count(have); i++) {
        const struct sql_statement *old = sql_prepared_at(have, i);
        if (!is_same(old, sql_prepared_find(want, old->name))) {
            err = deallocate(server, old->name);
        }
    }
    for (uint32_t i = 0; err == SL_OK && i < sql_prepared_count(want); i++) {
        const struct sql_statement *new = sql_prepared_at(want, i);
        const struct sql_statement *old = sql_prepared_find(have, new->name);
        if (is_same(old, new)) {
            continue;
        }
        err = old == NULL && is_unsure ? deallocate(server, new->name) : SL_OK;
        err = err == SL_OK ? ask(server, new->text, new->name) : err;
    }
    sql_prepared_unref(have);
    server->sql_prepared = sql_prepared_ref(want);
    return err == SL_OK;
}

void link_forget_prepared(struct client *client, struct server *server)
{
    if (client != NULL) {
        sql_prepared_unref(client->sql_prepared);
        client->sql_prepared = sql_prepared_empty();
    }
    sql_prepared_unref(server->sql_prepared);
    server->sql_prepared = sql_prepared_empty();
    server->has_strays = false;
    server->has_named = false;
    server->has_named_change = false;
}

/* ---- what comes of it ---- */

bool link_prepared_tolerates(const struct expect_entry *entry, const char *sqlstate)
{
    if (entry->undo == NULL) { /* a DEALLOCATE: gone is gone */
        return strcmp(sqlstate, SL_STATE_UNDEFINED_PSTATEMENT) == 0;
    }
    return strcmp(sqlstate, SL_STATE_DUPLICATE_PSTATEMENT) != 0;
}

void link_prepared_settled(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome)
{
    const struct settle_bytes *name = entry->undo;

    if (name == NULL || outcome == EXPECT_DONE || outcome == EXPECT_LOST) {
        return;
    }
    const struct sql_prepared *set =
            sql_prepared_without(server->sql_prepared, (const char *)name->at);
    if (set == NULL) {
        server->close_reason = "out of memory";
        return;
    }
    sql_prepared_unref(server->sql_prepared);
    server->sql_prepared = set;
}
