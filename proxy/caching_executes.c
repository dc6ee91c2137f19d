/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching_executes.h"

#include "conf/conf.h"
#include "protocol/prepare_text.h"
#include "protocol/sql_facts.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/plans.h"
#include "proxy/server.h"
#include "proxy/session_state.h"
#include "proxy/sql_prepared.h"
#include "proxy/worker.h"

#include <string.h>
#include <strings.h>

enum { SHAPE_ROOM = 16384 };

/* ---- arguments ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_of_word(uint8_t c)
{
    return is_digit(c) || c == '_' || c == '.' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip(struct sl_span *text, size_t len)
{
    *text = sl_span(text->at + len, text->len - len);
}

static bool skip_one(struct sl_span *text, uint8_t c)
{
    while (text->len > 0 && is_blank(text->at[0])) {
        skip(text, 1);
    }
    if (text->len == 0 || text->at[0] != c) {
        return false;
    }
    skip(text, 1);
    return true;
}

static bool skip_string(struct sl_span *text)
{
    const uint8_t *end = memchr(text->at + 1, '\'', text->len - 1);

    if (end == NULL) {
        return false;
    }
    skip(text, (size_t)(end - text->at) + 1); /* a doubled quote: another follows at once */
    return text->len == 0 || text->at[0] != '\'' || skip_string(text);
}

static bool skip_constant(struct sl_span *text)
{
    static const char *const words[] = {"null", "true", "false"};
    size_t len = 0;

    while (text->len > 0 && is_blank(text->at[0])) {
        skip(text, 1);
    }
    if (text->len > 0 && text->at[0] == '\'') {
        return skip_string(text);
    }
    if (text->len > 1 && text->at[0] == '-' && is_digit(text->at[1])) {
        skip(text, 1);
    }
    while (len < text->len && is_of_word(text->at[len])) {
        len++;
    }
    bool is_constant = len > 0 && is_digit(text->at[0]);
    for (size_t i = 0; i < SL_COUNT(words); i++) {
        is_constant |=
                len == strlen(words[i]) && strncasecmp((const char *)text->at, words[i], len) == 0;
    }
    skip(text, len);
    return is_constant;
}

bool caching_executes_constants(struct sl_span rest)
{
    if (skip_one(&rest, '(')) {
        do {
            if (!skip_constant(&rest)) {
                return false;
            }
        } while (skip_one(&rest, ','));
        if (!skip_one(&rest, ')')) {
            return false;
        }
    }
    (void)skip_one(&rest, ';');
    while (rest.len > 0 && is_blank(rest.at[0])) {
        skip(&rest, 1);
    }
    return rest.len == 0;
}

/* ---- what it runs ---- */

/* It reads the same by whatever settings it was prepared. */
static bool reads_alike(struct sl_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\' || text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* What it has prepared is known, and there; a function that is called may have left something, as all know. */
static bool is_settled(const struct client *client)
{
    const struct server *server = client->server;

    return server != NULL && client->sql_prepared == server->sql_prepared &&
           client->io.worker->conf->functions_by_catalog && server->answer == NULL &&
           !server->may_have_left && !server->may_have_ended && !server->has_strays &&
           (client->pins & (PIN_UNKNOWN | PIN_PREPARED)) == 0;
}

static void want(struct sl_span text, struct shape_options rules)
{
    uint8_t room[SHAPE_ROOM];
    struct shape shape;

    shape_of(text, rules, (struct shape_room){.text = room, .text_max = sizeof room}, &shape);
    if ((shape.flags & (SHAPE_CUT | SHAPE_LONG | SHAPE_BROKEN)) == 0) {
        SL_IGNORE(plans_want(shape.key, text, sl_span(room, shape.text_len)),
                "who executes it again asks again");
    }
}

/* That of a PREPARE which has been read. */
static bool shape_of_prepare(
        struct sl_span text, struct shape_options rules, struct sl_hash128 *key)
{
    struct shape shape;

    shape_of(text, rules, (struct shape_room){.text = NULL}, &shape);
    *key = shape.key;
    if ((shape.flags & (SHAPE_LONG | SHAPE_BROKEN)) != 0 || shape.statements != 1) {
        return false;
    }
    const struct plan *plan = plans_find(shape.key);
    bool is_read = plan != NULL && plan->facts != NULL && plan->facts->kind == SQL_PREPARE;
    if (plan == NULL) {
        want(text, rules);
    }
    plan_unref(plan);
    return is_read;
}

bool caching_executes(void *self, const struct stmt *stmt, struct sl_hash128 *shape)
{
    const struct client *client = client_find(stmt->owner, stmt->client);
    char name[PREPARE_NAME_MAX];
    struct sl_span rest;

    (void)self;
    if (client == NULL || client->sql_prepared == sql_prepared_empty() || stmt->is_extended) {
        return false;
    }
    struct shape_options rules = params_rules(client->params);
    if (rules.backslashes || rules.is_unknown || rules.encoding != SHAPE_ENCODING_SAFE ||
            !prepare_text_execute(stmt->query, rules, name, &rest) || !is_settled(client)) {
        return false;
    }
    const struct sql_statement *known = sql_prepared_find(client->sql_prepared, name);
    struct sl_span text = known == NULL ? sl_span(NULL, 0) : sl_span_text(known->text);
    return known != NULL && reads_alike(stmt->query) && reads_alike(text) &&
           caching_executes_constants(rest) && shape_of_prepare(text, rules, shape);
}
