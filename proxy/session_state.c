/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/session_state.h"

#include "protocol/back.h"
#include "protocol/base/buf.h"
#include "protocol/base/log.h"
#include "protocol/effects.h"
#include "protocol/front.h"
#include "protocol/prepare_text.h"
#include "proxy/cancel.h"
#include "proxy/catalogs.h"
#include "proxy/channels.h"
#include "proxy/client.h"
#include "proxy/link_params.h"
#include "proxy/link_temp.h"
#include "proxy/listen_client.h"
#include "proxy/listen_news.h"
#include "proxy/params.h"
#include "proxy/pins.h"
#include "proxy/pool.h"
#include "proxy/prepared.h"
#include "proxy/reserved.h"
#include "proxy/server.h"
#include "proxy/session_path.h"
#include "proxy/sql_prepared.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { QUERY_MAX = 65536, NAME_MAX_LEN = 63, AGAIN_MAX = 7 };

struct session_answer {
    const struct params *settings;
    struct sql_prepared_draft *prepared; /* NULL until the first */
    unsigned pins;
    struct sl_buf channels; /* channels.h */
    bool is_whole;          /* they are all that the client listens to */
    bool is_lacking;        /* no memory for all of it: as if it had not been answered */
};

static const struct {
    const char *name; /* as the Query below says it */
    unsigned pin;
} reasons[PIN_REASONS] = {
        {"temporary object", PIN_TEMPORARY},
        {"advisory lock", PIN_LOCK},
        {"holdable cursor", PIN_CURSOR},
        {"prepared statement", PIN_PREPARED},
        {"listen", PIN_LISTEN},
        {"settings", PIN_SETTINGS},
        {"unknown", PIN_UNKNOWN},
        {"unnamed statement", PIN_UNNAMED},
        {"library", PIN_LIBRARY},
        {"function", PIN_FUNCTION},
        {"sequence", PIN_SEQUENCE},
};

const char *session_pin_name(unsigned i)
{
    return reasons[i].name;
}

static bool is_ascii(struct sl_span text)
{
    uint8_t all = 0;

    for (size_t i = 0; i < text.len; i++) {
        all |= text.at[i];
    }
    return all < 0x80;
}

/* ---- asking ---- */

/*
 * Nothing in it depends on the session's search_path. A list of names stands between its parts. A
 * setting has a name and a value, and SUPERUSER ahead of the name if it takes one's rights to set it;
 * a prepared statement PREPARED, its name and its text, if that is not too long; what pins, its
 * reason only. Settings and temporary objects come first: what a statement says depends on them.
 */
#define PREPARED "prepared statement "
#define SUPERUSER "superuser "
#define TEMPORARY_SCHEMA "temporary schema"

static const char question[] =
        "SELECT CASE WHEN context OPERATOR(pg_catalog.=) 'superuser'"
        " THEN '" SUPERUSER "' OPERATOR(pg_catalog.||) name ELSE name END, setting"
        " FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session'"
        " UNION ALL SELECT name, pg_catalog.current_setting(name, true)"
        " FROM pg_catalog.unnest(ARRAY['role','session_authorization'";

static const char question_end[] =
        "]::pg_catalog.text[]) name"
        " UNION ALL SELECT 'temporary object', NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_depend"
        " WHERE refclassid OPERATOR(pg_catalog.=) 2615" /* pg_namespace */
        " AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema())"
        " UNION ALL SELECT '" TEMPORARY_SCHEMA "', NULL"
        " WHERE pg_catalog.pg_my_temp_schema() OPERATOR(pg_catalog.<>) 0"
        " UNION ALL SELECT 'advisory lock', NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_locks"
        " WHERE locktype OPERATOR(pg_catalog.=) 'advisory'"
        " AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())"
        " UNION ALL SELECT 'holdable cursor', NULL WHERE EXISTS"
        " (SELECT FROM pg_catalog.pg_cursors WHERE is_holdable)"
        " UNION ALL SELECT '" PREPARED "' OPERATOR(pg_catalog.||) name,"
        " CASE WHEN pg_catalog.octet_length(statement)"
        " OPERATOR(pg_catalog.<=) 16384 THEN statement END"
        " FROM pg_catalog.pg_prepared_statements WHERE from_sql"
        " UNION ALL SELECT 'listen', channel FROM pg_catalog.pg_listening_channels() channel";

#define NAMES_PATIENCE (10 * SL_SECOND) /* for the first snapshot of a catalogue */

static enum sl_err put_name(struct sl_buf *buf, const char *name)
{
    enum sl_err err = sl_buf_put_u8(buf, ',');

    return err == SL_OK ? link_put_literal(buf, name) : err;
}

/* Those that the client has, though it has not named them itself. */
static enum sl_err put_known_customs(struct sl_buf *buf, const struct client *client)
{
    enum sl_err err = SL_OK;
    const char *name;
    const char *value;

    for (uint32_t i = 0; err == SL_OK && i < params_count(client->settings); i++) {
        params_at(client->settings, i, &name, &value);
        if (strchr(name, '.') != NULL && params_get(client->custom, name) == NULL) {
            err = put_name(buf, name);
        }
    }
    return err;
}

/* Those whose names stand in functions, one of which may have been called. */
static enum sl_err put_customs(struct sl_buf *buf, const struct client *client)
{
    struct server *server = client->server;
    const struct catalog *catalog = server->has_called ? catalogs_last(server) : NULL;
    enum sl_err err = SL_OK;

    for (uint32_t i = 0; catalog != NULL && err == SL_OK && i < catalog->customs_count; i++) {
        const char *name = catalog_name(catalog, catalog->customs[i]);
        if (params_get(client->custom, name) == NULL &&
                params_get(client->settings, name) == NULL && is_ascii(sl_span_text(name))) {
            err = put_name(buf, name);
        }
    }
    catalog_unref(catalog);
    return err;
}

static enum sl_err put_question(struct sl_buf *buf, const struct client *client)
{
    const struct params *custom = client->custom;
    enum sl_err err = sl_buf_put(buf, question, sizeof question - 1);

    err = err == SL_OK ? put_known_customs(buf, client) : err;
    err = err == SL_OK ? put_customs(buf, client) : err;

    for (uint32_t i = 0; err == SL_OK && i < params_count(custom); i++) {
        const char *name;
        const char *value;
        params_at(custom, i, &name, &value);
        err = put_name(buf, name);
    }
    if (err == SL_OK && client->listen != NULL && client->listen->has_setting) {
        err = sl_buf_put(buf, ",'" LISTEN_SETTING "'", sizeof LISTEN_SETTING + 2);
    }
    return err == SL_OK ? sl_buf_put(buf, question_end, sizeof question_end) : err;
}

/* Nobody can say what is there: the client stays with it, and whatever it sends next may change it. */
static void give_up(struct client *client)
{
    client->pins |= PIN_UNKNOWN;
    client->unknown_since = client->io.worker->now;
    client->unknown_tries++;
}

sl_usec session_state_again(const struct client *client)
{
    unsigned tries = client->unknown_tries < AGAIN_MAX ? client->unknown_tries : AGAIN_MAX;
    sl_usec again = client->unknown_since + (SL_SECOND << tries) / 2;
    sl_usec names = client->called_at == 0 ? 0 : client->called_at + NAMES_PATIENCE;

    again = names > client->unknown_since && names < again ? names : again;
    return (client->pins & PIN_UNKNOWN) == 0 ? 0 : again;
}

bool session_state_rested(struct client *client)
{
    sl_usec again = session_state_again(client);

    if (again == 0 || again > client->io.worker->now) {
        return false;
    }
    client->server->may_have_left = true;
    return true;
}

/* Something may have come, or what is there may have gone. */
static bool is_wanted(const struct client *client, const struct server *server)
{
    bool has_any = (client->pins & ~(unsigned)PIN_SEQUENCE) != 0 ||
                   client->settings != params_empty() ||
                   client->sql_prepared != sql_prepared_empty() || client->listen != NULL;

    return server->may_have_left || (server->may_have_ended && has_any);
}

bool session_state_ask(struct client *client, struct server *server)
{
    struct sl_buf buf;

    if (SL_UNLIKELY(catalogs_doubt(server))) {
        server->may_have_left = true;
        server->has_called = true;
        server->is_dirty = true;
    }

    if (SL_LIKELY(!is_wanted(client, server))) {
        server->may_have_ended = false;
        return false;
    }
    if (client->has_left) {
        return false; /* and whoever is next doubts what is believed of the session */
    }
    if (cancel_holds_next(server)) {
        server->is_due = true;
        return true; /* cancel.c calls again: it may hit what runs now */
    }
    struct session_answer *answer = calloc(1, sizeof *answer);
    server->may_have_left = false;
    server->may_have_ended = false;
    if (answer == NULL) {
        give_up(client);
        return false;
    }
    catalogs_asked(server);
    answer->settings = params_empty();
    sl_buf_init(&answer->channels, CHANNELS_BYTES_MAX);
    server->answer = answer;
    sl_buf_init(&buf, QUERY_MAX);
    enum sl_err err = put_question(&buf, client);
    if (err == SL_OK) {
        err = server_ask_state(server, (const char *)sl_buf_borrow(&buf).at);
    }
    sl_buf_fini(&buf);
    if (err != SL_OK) {
        session_state_free(server);
        give_up(client);
        return false;
    }
    return true;
}

void session_state_free(struct server *server)
{
    if (server->answer != NULL) {
        params_unref(server->answer->settings);
        sql_prepared_draft_free(server->answer->prepared);
        sl_buf_fini(&server->answer->channels);
        free(server->answer);
        server->answer = NULL;
    }
}

/* ---- the answer ---- */

/*
 * What every session has, what client->params has, and what begins anew with each transaction. SET
 * ROLE NONE says what another session need not have: its default may be another role.
 */
static bool is_usual(const struct server *server, const char *name, const char *value)
{
    if (strncasecmp(name, "transaction_", 12) == 0 &&
            strcasecmp(name, "transaction_timeout") != 0) {
        return true;
    }
    if (strcasecmp(name, "role") == 0) {
        return strcmp(value, "none") == 0 && params_get(server->client->custom, "role") == NULL;
    }
    const char *login = params_get(server->reported, name);
    if (strcasecmp(name, "session_authorization") == 0) {
        return login != NULL && strcmp(login, value) == 0;
    }
    return login != NULL;
}

/* Where it takes rights that who logged in has not, it cannot be set again but by a role of then. */
static bool takes_rights(const struct server *server, struct sl_span *name)
{
    static const char superuser[] = SUPERUSER;
    size_t len = sizeof superuser - 1;
    const char *is_superuser = params_get(server->reported, "is_superuser");

    if (name->len <= len || memcmp(name->at, superuser, len) != 0) {
        return false;
    }
    *name = sl_span(name->at + len, name->len - len);
    return is_superuser == NULL || strcmp(is_superuser, "on") != 0;
}

/* Of what is too much to be kept the client keeps its server; what there was no memory for is asked again. */
static void with_setting(struct session_answer *answer, const char *name, const char *value)
{
    const struct params *set = params_with(answer->settings, name, value);

    if (set != NULL) {
        answer->settings = set;
    } else if (params_has_room(answer->settings, name, value)) {
        answer->is_lacking = true;
    } else {
        answer->pins |= PIN_SETTINGS;
    }
}

static void take_setting(struct server *server, struct sl_span name, struct sl_span value)
{
    struct session_answer *answer = server->answer;

    answer->pins |= takes_rights(server, &name) || reserved_is_refused(name) ? PIN_SETTINGS : 0U;
    char *text = malloc(name.len + value.len + 2);
    if (text == NULL) {
        answer->is_lacking = true;
        return;
    }
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    memcpy(text + name.len + 1, value.at, value.len);
    text[name.len + 1 + value.len] = '\0';
    if (!is_usual(server, text, text + name.len + 1)) {
        with_setting(answer, text, text + name.len + 1);
    }
    free(text);
}

/*
 * Who has logged in as a superuser, and acts as somebody else, is not told what only superusers may
 * read: it may be set all the same.
 */
static bool may_hide(const struct server *server, const struct params *settings)
{
    const char *is_superuser = params_get(server->reported, "is_superuser");

    return (params_get(settings, "role") != NULL ||
                   params_get(settings, "session_authorization") != NULL) &&
           (is_superuser == NULL || strcmp(is_superuser, "off") != 0);
}

/* Bytes beyond ASCII are in the client's encoding, which says what they are. */
static void take_encoding(const struct client *client, struct session_answer *answer)
{
    const char *encoding = params_get(client->params, LINK_ENCODING);

    if (encoding == NULL || link_is_ascii(answer->settings)) {
        return;
    }
    with_setting(answer, LINK_ENCODING, encoding);
}

/* By which settings constants and names in the text were read; whether beside temporary objects. */
static uint64_t reading_of(
        const struct client *client, const struct session_answer *answer, struct sl_span text)
{
    static const char *const names[] = {"search_path", "role", "session_authorization"};
    uint64_t reading = prepared_reading(text, params_reading(client->params), false);

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        const char *value = params_get(answer->settings, names[i]);
        if (value == NULL && i == 0) {
            value = params_get(client->params, names[i]); /* PostgreSQL 18 reports it */
        }
        reading = value == NULL ? reading : sl_hash64_seed(sl_span_text(value), reading + i + 1);
    }
    if ((answer->pins & PIN_TEMPORARY) != 0) {
        reading = sl_hash64_seed(sl_span_text("pg_temp"), reading);
    }
    return reading;
}

/*
 * A statement follows its client if its text says the same elsewhere and later. Constants and
 * names are read by the settings of when it was prepared: those are kept with it, and while they
 * are others it does not.
 */
static void take_prepared(struct server *server, struct sl_span name, struct sl_span text)
{
    struct session_answer *answer = server->answer;
    const struct client *client = server->client;
    char key[NAME_MAX_LEN + 1];

    if (sl_span_is(text, server_connect_query(server))) {
        return; /* every server has it */
    }
    answer->prepared = answer->prepared == NULL ? sql_prepared_draft_new() : answer->prepared;
    answer->is_lacking |= answer->prepared == NULL;
    if (answer->prepared == NULL || name.len > NAME_MAX_LEN || !is_ascii(name) ||
            !prepare_text_find(text, name, params_rules(client->params), &text) ||
            prepared_is_of_its_moment(text)) {
        answer->pins |= PIN_PREPARED;
        return;
    }
    memcpy(key, name.at, name.len);
    key[name.len] = '\0';
    const struct sql_statement *known = sql_prepared_find(client->sql_prepared, key);
    uint64_t now = reading_of(client, answer, text);
    uint64_t then = known != NULL && sl_span_is(text, known->text) ? known->reading : now;
    enum sl_err err = sql_prepared_draft_add(answer->prepared, name, text, then);
    answer->is_lacking |= err == SL_ENOMEM;
    answer->pins |= err != SL_OK || then != now ? PIN_PREPARED : 0U;
}

/* The field behind the name is NULL, rather than cut off. */
static bool is_null_behind(struct sl_span body, struct sl_span name)
{
    const uint8_t *at = name.at + name.len;

    return body.at + body.len - at >= 4 && sl_get_u32(at) == UINT32_MAX;
}

/* A channel, or LISTEN_SETTING (listen_client.h). */
static bool take_channel(struct server *server, struct sl_span name, struct sl_span value)
{
    struct session_answer *answer = server->answer;
    char secret[LISTEN_PRIVATE_MAX];

    if (sl_span_is(name, LISTEN_SETTING)) {
        answer->is_whole = server->client != NULL && listen_client_was_whole(server->client, value);
        return true;
    }
    if (!sl_span_is(name, "listen")) {
        return false;
    }
    answer->pins |= PIN_LISTEN;
    if (!listen_private_name(secret)) {
        answer->pins |= PIN_SETTINGS; /* it stays where it is */
    } else if (!sl_span_is(value, secret)) {
        enum sl_err err = channels_list_add(&answer->channels, value);
        answer->is_lacking |= err == SL_ENOMEM;
        answer->pins |= err != SL_OK ? PIN_SETTINGS : 0U;
    }
    return true;
}

void session_state_row(struct server *server, struct sl_span body)
{
    static const char prepared[] = PREPARED;
    size_t len = sizeof prepared - 1;
    struct sl_span name;
    struct sl_span value;

    if (server->answer == NULL || server->client == NULL) {
        return;
    }
    if (!back_row_field(body, 0, &name)) {
        server->answer->pins |= PIN_SETTINGS | PIN_PREPARED; /* too long to be looked at */
        return;
    }
    bool has_value = back_row_field(body, 1, &value);
    if (!has_value && !is_null_behind(body, name)) {
        server->answer->pins |= PIN_SETTINGS | PIN_PREPARED; /* likewise */
        return;
    }
    if (name.len > len && memcmp(name.at, prepared, len) == 0) {
        if (has_value) {
            take_prepared(server, sl_span(name.at + len, name.len - len), value);
        } else {
            server->answer->pins |= PIN_PREPARED;
        }
        return;
    }
    if (has_value) {
        if (!take_channel(server, name, value)) {
            take_setting(server, name, value);
        }
        return;
    }
    if (sl_span_is(name, TEMPORARY_SCHEMA)) {
        link_temp_told(server);
    }
    for (size_t i = 0; i < PIN_REASONS; i++) {
        server->answer->pins |= sl_span_is(name, reasons[i].name) ? reasons[i].pin : 0U;
    }
}

/*
 * What the server has now, and what of the client's could not be prepared there: that is tried
 * again on another. NULL: no memory.
 */
static const struct sql_prepared *with_missing(const struct sql_prepared *now,
        const struct sql_prepared *client, const struct sql_prepared *server)
{
    const struct sql_prepared *const from[] = {now, client};
    struct sql_prepared_draft *draft = sql_prepared_draft_new();
    enum sl_err err = draft == NULL ? SL_ENOMEM : SL_OK;

    for (size_t f = 0; f < SL_COUNT(from); f++) {
        for (uint32_t i = 0; err == SL_OK && i < sql_prepared_count(from[f]); i++) {
            const struct sql_statement *it = sql_prepared_at(from[f], i);
            if (f == 0 || (sql_prepared_find(server, it->name) == NULL &&
                                  sql_prepared_find(now, it->name) == NULL)) {
                err = sql_prepared_draft_add(
                        draft, sl_span_text(it->name), sl_span_text(it->text), it->reading);
            }
        }
    }
    if (err != SL_OK) {
        sql_prepared_draft_free(draft);
        return NULL;
    }
    return sql_prepared_make(draft);
}

static void keep_prepared(
        struct client *client, struct server *server, struct session_answer *answer)
{
    const struct sql_prepared *now =
            answer->prepared == NULL ? sql_prepared_empty() : sql_prepared_make(answer->prepared);
    const struct sql_prepared *all = NULL;

    answer->prepared = NULL;
    if (now != NULL) {
        all = client->sql_prepared == server->sql_prepared
                      ? sql_prepared_ref(now)
                      : with_missing(now, client->sql_prepared, server->sql_prepared);
    }
    if (all == NULL) {
        sql_prepared_unref(now);
        answer->pins |= PIN_PREPARED;
        answer->is_lacking = true;
        return;
    }
    sql_prepared_unref(client->sql_prepared);
    sql_prepared_unref(server->sql_prepared);
    client->sql_prepared = all;
    server->sql_prepared = now;
}

void session_state_see(struct client *client, bool is_called)
{
    if (is_called && client->called_at == 0) {
        client->called_at = client->io.worker->now;
    }
}

/*
 * By what names its calls may have set something nobody can tell yet: it is to keep its server. Nobody
 * is refused for that (max_pinned_percent): then what it has set so is lost.
 */
static bool lacks_names(struct client *client, struct server *server)
{
    sl_usec now = client->io.worker->now;

    if (client->called_at == 0) {
        return false;
    }
    if (!catalogs_is_awaited(server) || now - client->called_at >= NAMES_PATIENCE ||
            !pins_count(
                    &server->pool->pins, &server->pin, client->pins | (unsigned)PIN_UNKNOWN, now)) {
        client->called_at = 0;
        return false;
    }
    return true;
}

void session_state_answered(struct server *server, enum expect_outcome outcome)
{
    struct session_answer *answer = server->answer;
    struct client *client = server->client;

    if (answer == NULL || client == NULL) {
        session_state_free(server);
        return;
    }
    if (outcome != EXPECT_DONE || answer->is_lacking) {
        give_up(client);
    } else {
        take_encoding(client, answer);
        params_unref(client->settings);
        params_unref(server->settings);
        client->settings = params_ref(answer->settings);
        server->settings = params_ref(answer->settings);
        keep_prepared(client, server, answer);
        server->has_sql_prepared = (answer->pins & PIN_PREPARED) != 0;
        server->has_strays = false;
        answer->pins |= client->has_unasked ? PIN_SETTINGS : 0U;
        /* SET .. TO DEFAULT: of what connect_query has set nobody knows whether it is still so. */
        server->is_dirty =
                answer->pins != 0 || server->restored != NULL || may_hide(server, answer->settings);
        answer->pins |= client->keeps;
        client->unknown_tries = 0;
        client->pins = (uint16_t)answer->pins;
        listen_client_answered(client, server, sl_buf_borrow(&answer->channels), answer->is_whole);
        client_path_begin(server, client->settings, true);
        if (lacks_names(client, server) || answer->is_lacking) {
            give_up(client);
        }
    }
    session_state_free(server);
}

/* ---- what a text does ---- */

unsigned session_state_effects(const struct client *client, struct sl_span text, unsigned effects)
{
    const struct server *server = client->server;
    char name[PREPARE_NAME_MAX];
    struct sl_span rest;
    struct sl_span body;

    if (SL_LIKELY((effects & EFFECTS_CALLS) == 0) || client->sql_prepared == sql_prepared_empty() ||
            server->answer != NULL || server->may_have_left || server->may_have_ended) {
        return effects; /* or what is under way may change what has the name */
    }
    struct shape_options options = params_rules(client->params);
    if (!prepare_text_execute(text, options, name, &rest)) {
        return effects;
    }
    const struct sql_statement *known = sql_prepared_find(client->sql_prepared, name);
    if (known == NULL || !prepare_text_body(sl_span_text(known->text), options, &body)) {
        return effects;
    }
    unsigned hidden = catalogs_hides(client->server, body) ? EFFECTS_CALLS | EFFECTS_STAY : 0U;
    return effects_of(body) | effects_of(rest) | hidden;
}
