/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_rules.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/message.h"
#include "protocol/search_path.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/prepared.h"
#include "proxy/search_paths.h"
#include "proxy/server.h"
#include "proxy/session_path.h"

#include <string.h>
#include <strings.h>

/* ---- texts ---- */

/* One that either setting may have read otherwise. */
static bool is_delicate(struct sl_span text)
{
    uint8_t high = 0;

    for (size_t i = 0; i < text.len; i++) {
        high |= text.at[i] | (uint8_t) - (text.at[i] == '\\');
    }
    return high >= 0x80;
}

/* Something stands behind a semicolon, as far as can be told without reading strings. */
static bool is_several(struct sl_span text)
{
    size_t len = text.len > 0 ? text.len - 1 : 0;

    return len > 0 && memchr(text.at, ';', len) != NULL;
}

static bool has_word(struct sl_span text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++) {
        if ((text.at[i] | 0x20) == word[0] &&
                strncasecmp((const char *)text.at + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/* PostgreSQL reads all of it by the rules before it, but that is not what its client means. */
static bool sets_itself(const struct stmt *stmt)
{
    return !stmt->is_extended && is_several(stmt->query) &&
           (has_word(stmt->query, "client_encoding") || has_word(stmt->query, "names") ||
                   has_word(stmt->query, "conforming"));
}

/* ---- a client ---- */

/* What was set has been reported. */
static bool is_settled(const struct client *client)
{
    return client->server == NULL ||
           (expect_idle(&client->server->expect) && !client->server->is_unsynced);
}

/*
 * Its settings may not be those that were reported: something under way may set them, or take back
 * what its transaction has set, as any error would.
 */
static bool are_unsure(struct client *client)
{
    bool is_unsure = client->may_set && !is_settled(client);

    /* In a transaction that has set something any error takes that back. */
    if (client->may_set && !is_unsure) {
        client->may_set = client->server != NULL && client->server->expect.status != 'I';
    }
    return is_unsure;
}

/* One is prepared while nobody knows how; a message that is not all here may be delicate. */
static bool has_delicate_parse(struct sl_span messages)
{
    while (messages.len >= MESSAGE_HEAD) {
        size_t total = (size_t)sl_get_u32(messages.at + 1) + 1;
        bool is_parse = messages.at[0] == MSG_PARSE;
        if (total > messages.len) {
            return is_parse;
        }
        if (is_parse && is_delicate(sl_span(messages.at + MESSAGE_HEAD, total - MESSAGE_HEAD))) {
            return true;
        }
        messages = sl_span(messages.at + total, messages.len - total);
    }
    return false;
}

void client_rules_see(struct client *client, struct sl_span messages)
{
    struct shape_options rules = params_rules(client->params);
    uint8_t now = (uint8_t)((unsigned)rules.encoding << 1 | rules.backslashes) + 1;

    if (SL_UNLIKELY(client->rules_seen != now)) {
        client->has_reread = client->rules_seen != 0;
        client->rules_seen = now;
    }
    if (SL_UNLIKELY(client->may_set) && are_unsure(client)) {
        client->has_reread |= has_delicate_parse(messages);
    }
}

/* The path that names are found by may be one that is being set. */
static bool is_path_unsure(const struct client *client)
{
    unsigned kind = client->server == NULL ? SEARCH_PATH_KEPT : client->server->path.kind;

    return kind >= SEARCH_PATH_SET && kind <= SEARCH_PATH_DISCARD;
}

/* One that is not known is taken for what the session began with. */
uint64_t client_rules_names(const struct client *client)
{
    static const char *const actors[] = {"role", "session_authorization"};
    uint16_t path = client_path_now(client);
    bool is_usual = path == SEARCH_PATHS_OF_ROLE || path == SEARCH_PATHS_UNKNOWN;
    uint64_t names = is_usual ? 0 : sl_hash64_seed(sl_span(&path, sizeof path), 1);

    for (size_t i = 0; SL_UNLIKELY(client->settings != params_empty()) && i < SL_COUNT(actors);
            i++) {
        const char *value = params_get(client->settings, actors[i]);
        names = value == NULL ? names : sl_hash64_seed(sl_span_text(value), names + i + 1);
    }
    return names;
}

uint64_t client_rules_reading(struct client *client, struct sl_span body)
{
    uint64_t reading = prepared_reading(body, params_reading(client->params), are_unsure(client));
    uint64_t names = is_path_unsure(client) ? prepared_reading_apart() : client_rules_names(client);

    return names == 0 ? reading : sl_hash64_seed(sl_span(&names, sizeof names), reading);
}

struct prepared *client_rules_renew(struct client *client, struct client_name *name)
{
    struct prepared *old = name->prepared;
    struct sl_span body = sl_span(old->body, old->len);

    if (SL_LIKELY(server_stmts_find(&client->server->stmts, old) != NULL) ||
            prepared_is_of_its_moment(sl_span(old->body, old->text_len))) {
        return old;
    }
    uint64_t reading = client_rules_reading(client, body);
    struct prepared *now = reading == old->reading ? NULL : prepared_intern(body, reading);
    if (now != NULL) {
        name->prepared = now;
        name->is_renewed = true;
        prepared_unref(old);
    }
    return name->prepared;
}

static bool is_of_old(const struct stmt *stmt)
{
    return stmt->query.at < stmt->request.at ||
           stmt->query.at >= stmt->request.at + stmt->request.len;
}

void client_rules_apply(struct client *client, struct stmt *stmt)
{
    stmt->rules.is_unknown =
            (are_unsure(client) || (client->has_reread && is_of_old(stmt)) || sets_itself(stmt)) &&
            is_delicate(stmt->query);
    /* Effects are read as in an encoding whose bytes below 0x80 are characters. */
    client->may_set |= stmt->rules.encoding != SHAPE_ENCODING_SAFE;
}
