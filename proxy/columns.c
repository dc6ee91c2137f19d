/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/columns.h"

#include "protocol/base/hash.h"
#include "protocol/front.h"
#include "protocol/sqlstate.h"
#include "protocol/text_words.h"
#include "proxy/client.h"
#include "proxy/client_named.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"

#include <string.h>

enum {
    FIELD_SKIPPED = 6, /* table and number of a column */
    FIELD_TYPE = 10,   /* type, its length, modifier */
    FIELD_REST = FIELD_SKIPPED + FIELD_TYPE + 2
};

/* ---- a Bind ---- */

/* Its Describe is here, right behind it. */
static bool asks_itself(const struct request *request, const struct front_bind *bind)
{
    const uint8_t *next = request->at + request->total;

    return bind->portal.len == 0 && request->all >= (size_t)request->total + MESSAGE_HEAD + 2 &&
           next[0] == MSG_DESCRIBE && next[MESSAGE_HEAD] == FRONT_PORTAL &&
           next[MESSAGE_HEAD + 1] == 0;
}

/* Parameters as text are read as of whichever type; so far as can be seen, it has no others. */
static bool is_binary(const struct request *request, const struct front_bind *bind)
{
    struct sl_span body = request_body(request);
    size_t left = body.len - bind->rest_offset;
    const uint8_t *at = body.at + bind->rest_offset;

    if (left < 2 || left < 2 + 2 * (size_t)sl_get_u16(at)) {
        return true;
    }
    for (unsigned i = 0; i < sl_get_u16(at); i++) {
        if (sl_get_u16(at + 2 + 2 * (size_t)i) != 0) {
            return true;
        }
    }
    return false;
}

static bool is_other(uint64_t told, uint64_t now)
{
    return told > COLUMNS_NONE && now != 0 && told != now;
}

static bool is_unsure(uint64_t told, uint64_t now)
{
    return told > COLUMNS_NONE && now == 0;
}

struct client_name *columns_asked(struct client *client, struct client_name *name)
{
    name->described = client->server->expect.segment;
    return client_name_ref(name);
}

/* Behind what was sent of the statement; no client sees the reply, but for an error. */
static bool ask(struct client *client, struct client_name *name)
{
    struct server *server = client->server;
    struct expect_entry entry = {.kind = EXPECT_DESCRIBE_STATEMENT,
            .flags = EXPECT_QUIET,
            .ref = name->prepared,
            .undo = columns_asked(client, name)};
    uint8_t message[MESSAGE_HEAD + 1 + PREPARED_NAME_MAX];
    char ours[PREPARED_NAME_MAX];

    if (expect_push(&server->expect, entry) != SL_OK) {
        client_name_unref(name);
        return false;
    }
    size_t len = prepared_name(name->prepared, ours);
    named_put_head(message, MSG_DESCRIBE, MESSAGE_HEAD + 1 + len + 1);
    message[MESSAGE_HEAD] = FRONT_STATEMENT;
    memcpy(message + MESSAGE_HEAD + 1, ours, len + 1);
    server_say(server, message, MESSAGE_HEAD + 1 + len + 1);
    server->is_unsynced = true;
    return true;
}

/* Somebody asks, and if that fails nothing that follows is carried out. */
static bool is_being_told(const struct server *server, const struct client_name *name)
{
    return name->refs > 1 && name->described == server->expect.segment;
}

static enum step wait_for_columns(struct client *client, struct client_name *name)
{
    static const uint8_t flush[] = {MSG_FLUSH, 0, 0, 0, 4};

    if (!client->awaits_columns && ask(client, name)) {
        server_say(client->server, flush, sizeof flush);
        client->awaits_columns = true;
    }
    return request_hold(client);
}

void columns_unbind(struct client_names *names, struct sl_span portal)
{
    if (names != NULL && portal.len == 0) {
        names->bound = NULL;
    }
}

/* As PostgreSQL says it: drivers look at the routine, too. */
static enum step refuse(struct client *client, const struct request *request)
{
    static const char words[] = "E\0\0\0\0SERROR\0VERROR\0C" SL_STATE_FEATURE_NOT_SUPPORTED
                                "\0Mcached plan must not change result type"
                                "\0RRevalidateCachedQuery\0";
    struct settle_bytes *error = settle_bytes_new(sl_span(words, sizeof words));

    if (error != NULL) {
        sl_set_u32(error->at + 1, sizeof words - 1);
    }
    return request_poison_with(client, request, error);
}

enum step columns_bind(struct client *client, const struct request *request,
        const struct front_bind *bind, struct client_name *name, struct server_stmt *stmt,
        bool *is_poisoned)
{
    const struct columns *now = &stmt->columns;
    uint64_t params = is_binary(request, bind) ? name->told.params : 0;
    uint64_t rows = asks_itself(request, bind) ? 0 : name->told.rows;

    if (is_other(params, now->params) || is_other(rows, now->rows)) {
        *is_poisoned = true;
        prepared_retire(name->prepared); /* who prepares it again has none of before */
        return refuse(client, request);
    }
    if (is_unsure(params, now->params) || is_unsure(rows, now->rows)) {
        return wait_for_columns(client, name);
    }
    if (bind->portal.len == 0) {
        client->names->bound = name;
    } else if (name->told.rows == 0 && now->rows != 0) {
        name->told.rows = now->rows;
    } else if (name->told.rows == 0 && !is_being_told(client->server, name) && !ask(client, name)) {
        return request_hold(client);
    }
    return STEP_NEXT;
}

struct client_name *columns_asked_of_portal(struct client *client, struct sl_span portal)
{
    struct client_name *name = client->names == NULL ? NULL : client->names->bound;

    return name == NULL || portal.len > 0 ? NULL : columns_asked(client, name);
}

/* ---- what servers say ---- */

static uint64_t hashed(struct sl_span bytes, uint64_t seed)
{
    uint64_t hash = sl_hash64_seed(bytes, seed);

    return hash > COLUMNS_NONE ? hash : hash + COLUMNS_NONE + 1;
}

/* FETCH and EXECUTE are of what has that name by then: PostgreSQL does not compare those. */
static bool is_compared(const struct prepared *prepared)
{
    struct sl_span text = prepared_text(prepared);
    struct shape_source source = {.begin = text.at, .end = text.at + text.len};
    const uint8_t *at = shape_skip_blank(&source, text.at);

    return at == NULL || (text_skip_keyword(&source, at, "fetch") == NULL &&
                                 text_skip_keyword(&source, at, "execute") == NULL);
}

/* 0: it is not of the form. */
static uint64_t hash_rows(struct sl_span body)
{
    if (body.len < 2) {
        return 0;
    }
    unsigned count = sl_get_u16(body.at);
    uint64_t hash = hashed(sl_span(body.at, 2), 0);
    struct sl_span left = sl_span(body.at + 2, body.len - 2);
    for (unsigned i = 0; i < count; i++) {
        size_t name = strnlen((const char *)left.at, left.len) + 1;
        if (left.len < name + FIELD_REST) {
            return 0;
        }
        hash = hashed(sl_span(left.at, name), hash);
        hash = hashed(sl_span(left.at + name + FIELD_SKIPPED, FIELD_TYPE), hash);
        left = sl_span(left.at + name + FIELD_REST, left.len - name - FIELD_REST);
    }
    return left.len == 0 ? hash : 0;
}

static uint64_t hash_params(struct sl_span body)
{
    if (body.len < 2 || body.len != 2 + 4 * (size_t)sl_get_u16(body.at)) {
        return 0;
    }
    return body.len == 2 ? COLUMNS_NONE : hashed(body, 0);
}

bool columns_are_awaited(const struct server *server, uint8_t type)
{
    const struct expect_entry *head = expect_head(&server->expect);

    return (type == BACK_ROW_DESCRIPTION || type == BACK_PARAM_DESCRIPTION ||
                   type == BACK_NO_DATA) &&
           head != NULL && head->undo != NULL && (head->flags & EXPECT_POISON) == 0 &&
           (head->kind == EXPECT_DESCRIBE_STATEMENT || head->kind == EXPECT_DESCRIBE_PORTAL);
}

/* The statement that the entry is about, as far as that is sure. */
static struct server_stmt *described(
        struct server *server, const struct expect_entry *entry, const struct client_name *name)
{
    bool is_its = entry->kind == EXPECT_DESCRIBE_STATEMENT ? entry->ref == name->prepared
                                                           : !name->is_renewed;
    struct server_stmt *stmt = is_its ? server_stmts_find(&server->stmts, name->prepared) : NULL;

    return stmt == NULL || stmt->is_pending ? NULL : stmt; /* another, after that */
}

static void learn(uint64_t *known, uint64_t now, bool is_new)
{
    if (is_new || *known == 0) {
        *known = now;
    }
}

bool columns_see(struct server *server, uint8_t type, struct sl_span body)
{
    const struct expect_entry *head = expect_head(&server->expect);
    struct client_name *name = head->undo;
    struct server_stmt *stmt = described(server, head, name);
    bool is_told = (head->flags & EXPECT_QUIET) == 0;
    uint64_t now = type == BACK_NO_DATA           ? COLUMNS_NONE
                   : type == BACK_ROW_DESCRIPTION ? hash_rows(body)
                                                  : hash_params(body);

    if (type == BACK_PARAM_DESCRIPTION) {
        learn(&name->told.params, now, is_told);
    } else {
        now = now != 0 && !is_compared(name->prepared) ? COLUMNS_NONE : now;
        learn(&name->told.rows, now, is_told);
    }
    if (stmt != NULL) {
        learn(type == BACK_PARAM_DESCRIPTION ? &stmt->columns.params : &stmt->columns.rows, now,
                true);
    }
    return now != 0;
}

void columns_settle(struct server *server, const struct expect_entry *entry)
{
    if ((entry->flags & EXPECT_QUIET) != 0 && server->client != NULL) {
        server->client->awaits_columns = false;
    }
    client_name_unref(entry->undo);
}
