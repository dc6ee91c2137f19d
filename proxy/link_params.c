/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link_params.c - SELECT set_config(...), because it takes every value as the
 * server reported it: SET would want lists (search_path) quoted another way.
 */
#include "proxy/link_params.h"

#include "protocol/base/buf.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/server.h"

#include <string.h>

enum { QUERY_MAX = 4 * PARAMS_BYTES_MAX + 65536 };

/* As an escape string constant: right whatever standard_conforming_strings says. */
static enum sl_err put_literal(struct sl_buf *buf, const char *text)
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

static enum sl_err put_setting(struct sl_buf *buf, const char *name, const char *value)
{
    enum sl_err err = sl_buf_printf(buf, sl_buf_len(buf) == 0 ? "SELECT " : ", ");

    if (err == SL_OK) {
        err = sl_buf_printf(buf, "pg_catalog.set_config(");
    }
    if (err == SL_OK) {
        err = put_literal(buf, name);
    }
    if (err == SL_OK) {
        err = sl_buf_put_u8(buf, ',');
    }
    if (err == SL_OK) {
        err = put_literal(buf, value);
    }
    return err == SL_OK ? sl_buf_printf(buf, ",false)") : err;
}

static enum sl_err put_differences(
        struct sl_buf *buf, const struct params *want, const struct params *have)
{
    enum sl_err err = SL_OK;

    for (uint32_t i = 0; err == SL_OK && i < params_count(want); i++) {
        const char *name;
        const char *value;
        params_at(want, i, &name, &value);
        const char *now = params_get(have, name);
        if (now != NULL && strcmp(now, value) != 0) {
            err = put_setting(buf, name, value);
        }
    }
    return err;
}

bool link_apply_params(struct client *client, struct server *server)
{
    struct sl_buf buf;

    if (SL_LIKELY(client->params == server->params)) {
        return true;
    }
    sl_buf_init(&buf, QUERY_MAX);
    enum sl_err err = put_differences(&buf, client->params, server->params);
    if (err == SL_OK && sl_buf_len(&buf) > 0) {
        err = sl_buf_put_u8(&buf, '\0');
        if (err == SL_OK) {
            err = server_ask_hidden(server, (const char *)sl_buf_borrow(&buf).at);
        }
    }
    sl_buf_fini(&buf);
    return err == SL_OK;
}
