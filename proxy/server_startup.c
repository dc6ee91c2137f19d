/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_startup.h"

#include "conf/conf.h"
#include "protocol/startup.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/server.h"

static enum sl_err put_default(
        struct sl_buf *buf, const struct params *startup, const char *name, const char *value)
{
    if (value == NULL || params_get(startup, name) != NULL) {
        return SL_OK;
    }
    return startup_put_param(buf, name, value);
}

enum sl_err server_startup_put(
        struct sl_buf *buf, const struct server *server, const struct conf_database *db)
{
    const char *dbname = db->dbname != NULL ? db->dbname : server->pool->database->name;
    size_t at;

    enum sl_err err = startup_begin(buf, 0, &at);
    if (err == SL_OK) {
        err = startup_put_param(buf, "user", server->pool->user->name);
    }
    if (err == SL_OK) {
        err = startup_put_param(buf, "database", dbname);
    }
    for (uint32_t i = 0; err == SL_OK && i < params_count(server->startup); i++) {
        const char *name;
        const char *value;
        params_at(server->startup, i, &name, &value);
        err = startup_put_param(buf, name, value);
    }
    if (err == SL_OK) {
        err = put_default(buf, server->startup, "client_encoding", db->client_encoding);
    }
    if (err == SL_OK) {
        err = put_default(buf, server->startup, "datestyle", db->datestyle);
    }
    if (err == SL_OK) {
        err = put_default(buf, server->startup, "timezone", db->timezone);
    }
    if (err == SL_OK) {
        err = put_default(buf, server->startup, "application_name", db->application_name);
    }
    return err == SL_OK ? startup_end(buf, at) : err;
}
