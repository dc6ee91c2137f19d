/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link_params.c - SELECT set_config(...), because it takes every value as the
 * server reported it: SET would want lists (search_path) quoted another way.
 */
#include "proxy/link_params.h"

#include "protocol/base/buf.h"
#include "protocol/base/check.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/server.h"

#include <string.h>
#include <strings.h>

enum { QUERY_MAX = 8 * PARAMS_BYTES_MAX + 65536 };

/* As an escape string constant: right whatever standard_conforming_strings says. */
enum sl_err link_put_literal(struct sl_buf *buf, const char *text)
{
    enum sl_err err = sl_buf_put(buf, "E'", 2);

    for (const char *at = text; err == SL_OK && *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\') {
            err = sl_buf_put_u8(buf, (uint8_t)*at);
        }
        if (err == SL_OK) {
            err = sl_buf_put_u8(buf, (uint8_t)*at);
        }
    }
    return err == SL_OK ? sl_buf_put_u8(buf, '\'') : err;
}

/* As a name, of a custom setting too: each part of it by itself. */
static enum sl_err put_name(struct sl_buf *buf, const char *name)
{
    enum sl_err err = sl_buf_put_u8(buf, '"');

    for (const char *at = name; err == SL_OK && *at != '\0'; at++) {
        if (*at == '.') {
            err = sl_buf_put(buf, "\".\"", 3);
        } else if (*at == '"') {
            err = sl_buf_put(buf, "\"\"", 2);
        } else {
            err = sl_buf_put_u8(buf, (uint8_t)*at);
        }
    }
    return err == SL_OK ? sl_buf_put_u8(buf, '"') : err;
}

/* The statements of a request as they come. */
struct request_text {
    struct sl_buf buf;
    const char *encoding; /* of values beyond ASCII; NULL: what the server takes them for */
    bool is_selecting;    /* in the middle of a list of set_config() */
    enum sl_err err;
};

static void put(struct request_text *text, const char *words)
{
    text->err = text->err == SL_OK ? sl_buf_put(&text->buf, words, strlen(words)) : text->err;
}

/* Its next statement begins with that. */
static void put_statement(struct request_text *text, const char *words)
{
    put(text, sl_buf_len(&text->buf) == 0 ? "" : "; ");
    put(text, words);
    text->is_selecting = false;
}

static bool is_ascii(const char *value)
{
    while ((*value & 0x80) == 0 && *value != '\0') {
        value++;
    }
    return *value == '\0';
}

bool link_is_ascii(const struct params *settings)
{
    const char *name;
    const char *value;
    bool is_plain = true;

    for (uint32_t i = 0; i < params_count(settings) && is_plain; i++) {
        params_at(settings, i, &name, &value);
        is_plain = is_ascii(value);
    }
    return is_plain;
}

/* The request is read in the encoding of whoever had the server before: by its bytes. */
static void put_value(struct request_text *text, const char *value)
{
    static const char digits[] = "0123456789abcdef";

    if (text->encoding == NULL || is_ascii(value)) {
        text->err = text->err == SL_OK ? link_put_literal(&text->buf, value) : text->err;
        return;
    }
    put(text, "pg_catalog.convert_from(pg_catalog.decode('");
    for (; text->err == SL_OK && *value != '\0'; value++) {
        uint8_t byte = (uint8_t)*value;
        const char hex[] = {digits[byte >> 4], digits[byte & 15]};
        text->err = sl_buf_put(&text->buf, hex, sizeof hex);
    }
    put(text, "','hex'),");
    text->err = text->err == SL_OK ? link_put_literal(&text->buf, text->encoding) : text->err;
    put(text, ")");
}

static void put_setting(struct request_text *text, const char *name, const char *value)
{
    if (text->is_selecting) {
        put(text, ", ");
    } else {
        put_statement(text, "SELECT ");
    }
    text->is_selecting = true;
    put(text, "pg_catalog.set_config(");
    text->err = text->err == SL_OK ? link_put_literal(&text->buf, name) : text->err;
    put(text, ",");
    put_value(text, value);
    put(text, ",false)");
}

static void put_reset(struct request_text *text, const char *name)
{
    put_statement(text, "RESET ");
    text->err = text->err == SL_OK ? put_name(&text->buf, name) : text->err;
}

static void put_differences(
        struct request_text *text, const struct params *want, const struct params *have)
{
    for (uint32_t i = 0; i < params_count(want); i++) {
        const char *name;
        const char *value;
        params_at(want, i, &name, &value);
        const char *now = params_get(have, name);
        if (now != NULL && strcmp(now, value) != 0) {
            put_setting(text, name, value);
        }
    }
}

/* ---- settings of the session's own ---- */

/* Who acts is set last, and reset first: what else is set may need the rights of who logged in. */
static const char *const actors[] = {"session_authorization", "role"};

static const char exit_on_error[] = "exit_on_error";

/* Nor is an encoding set with the others; and whether an error ends the session comes last. */
static bool is_by_itself(const char *name)
{
    return strcasecmp(name, actors[0]) == 0 || strcasecmp(name, actors[1]) == 0 ||
           strcasecmp(name, LINK_ENCODING) == 0 || strcasecmp(name, exit_on_error) == 0;
}

static bool differs(const struct params *want, const struct params *have, const char *name)
{
    const char *wanted = params_get(want, name);
    const char *now = params_get(have, name);

    return wanted == NULL || now == NULL ? wanted != now : strcmp(wanted, now) != 0;
}

/*
 * The server's settings become the client's. An error in it ends the session, so that what the
 * client has sent behind it is not carried out with other settings than its own. PostgreSQL
 * documentation, exit_on_error.
 */
static void put_settings(
        struct request_text *text, const struct params *want, const struct params *have)
{
    bool acts = params_get(have, actors[0]) != NULL || params_get(have, actors[1]) != NULL;
    const char *name;
    const char *value;
    bool is_reencoded = differs(want, have, LINK_ENCODING);

    text->encoding = params_get(want, LINK_ENCODING);
    put_statement(text, "SET LOCAL exit_on_error = on; SET LOCAL statement_timeout = 0");
    if (acts) {
        put_statement(text, "RESET ROLE; RESET SESSION AUTHORIZATION");
    }
    for (uint32_t i = 0; i < params_count(have); i++) {
        params_at(have, i, &name, &value);
        if (!is_by_itself(name) && params_get(want, name) == NULL) {
            put_reset(text, name);
        }
    }
    for (uint32_t i = 0; i < params_count(want); i++) {
        params_at(want, i, &name, &value);
        if (!is_by_itself(name) &&
                (differs(want, have, name) || (is_reencoded && !is_ascii(value)))) {
            put_setting(text, name, value);
        }
    }
    for (size_t i = 0; i < SL_COUNT(actors); i++) {
        value = params_get(want, actors[i]);
        if (value != NULL) {
            put_setting(text, actors[i], value);
        }
    }
}

/* Behind all that may fail. */
static void put_exit_on_error(
        struct request_text *text, const struct params *want, const struct params *have)
{
    const char *value = params_get(want, exit_on_error);

    if (!differs(want, have, exit_on_error)) {
        return;
    }
    if (value != NULL) {
        put_setting(text, exit_on_error, value);
    } else {
        put_reset(text, exit_on_error);
    }
}

bool link_may_be_cut_off(const struct server *server)
{
    static const char *const timeouts[] = {
            "statement_timeout", "transaction_timeout", "idle_session_timeout"};

    for (size_t i = 0; i < SL_COUNT(timeouts); i++) {
        if (params_get(server->settings, timeouts[i]) != NULL) {
            return true;
        }
    }
    return false;
}

bool link_resets(const struct client *client, const struct server *server)
{
    const char *name;
    const char *value;

    if (SL_LIKELY(client->settings == server->settings)) {
        return false;
    }
    for (uint32_t i = 0; i < params_count(server->settings); i++) {
        params_at(server->settings, i, &name, &value);
        if (params_get(client->settings, name) == NULL && strcasecmp(name, LINK_ENCODING) != 0) {
            return true;
        }
    }
    return false;
}

bool link_apply_params(struct client *client, struct server *server)
{
    struct request_text text = {.err = SL_OK};

    if (SL_LIKELY(client->params == server->params && client->settings == server->settings)) {
        return true;
    }
    sl_buf_init(&text.buf, QUERY_MAX);
    if (client->settings != server->settings) {
        /* Another's may cut it off before it has begun to be careful; then nothing may be behind. */
        server->is_setting |= link_may_be_cut_off(server);
        put_settings(&text, client->settings, server->settings);
    }
    text.encoding = NULL;
    put_differences(&text, client->params, server->params);
    put_exit_on_error(&text, client->settings, server->settings);
    bool is_any = sl_buf_len(&text.buf) > 0;
    if (text.err == SL_OK && is_any) {
        text.err = sl_buf_put_u8(&text.buf, '\0');
    }
    if (text.err == SL_OK && is_any) {
        text.err = server_ask_settings(server, (const char *)sl_buf_borrow(&text.buf).at);
    }
    sl_buf_fini(&text.buf);
    if (text.err == SL_OK) {
        params_unref(server->settings);
        server->settings = params_ref(client->settings);
    }
    return text.err == SL_OK;
}
