/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_extended.c - Parse .. Sync, for drivers that know nothing else.
 *
 * There are no parameters, and few names. PostgreSQL documentation, "Message
 * Flow", Extended Query: an error discards all until Sync.
 */
#include "protocol/back.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/console_state.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

static void refuse(struct console *console, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EPROTO, sqlstate, "%s", text), "the client is told");
    console->is_extended = true;
    console_refuse(console, &error);
}

static void malformed(struct console *console)
{
    refuse(console, SL_STATE_PROTOCOL_VIOLATION, "invalid message format");
}

static void put_empty(struct console *console, char type)
{
    console_check(console, back_put_empty(&console->out, type));
}

static bool is_named(const char *name, struct sl_span wanted)
{
    return sl_span_is(wanted, name);
}

static void set_name(char name[static CONSOLE_NAME_MAX], struct sl_span from)
{
    memcpy(name, from.at, from.len);
    name[from.len] = '\0';
}

/* ---- the two tables: a name, or a free place ---- */

static struct console_stmt **find_stmt(struct console *console, struct sl_span name)
{
    for (int i = 0; i < CONSOLE_NAMES_MAX; i++) {
        if (console->stmts[i] != NULL && is_named(console->stmts[i]->name, name)) {
            return &console->stmts[i];
        }
    }
    return NULL;
}

static struct console_portal **find_portal(struct console *console, struct sl_span name)
{
    for (int i = 0; i < CONSOLE_NAMES_MAX; i++) {
        if (console->portals[i] != NULL && is_named(console->portals[i]->name, name)) {
            return &console->portals[i];
        }
    }
    return NULL;
}

/* As find_stmt() and find_portal(); who names what is not there is refused. */
static struct console_stmt **known_stmt(struct console *console, struct sl_span name)
{
    struct console_stmt **stmt = find_stmt(console, name);

    if (stmt == NULL) {
        refuse(console, SL_STATE_UNDEFINED_PSTATEMENT, "prepared statement does not exist");
    }
    return stmt;
}

static struct console_portal **known_portal(struct console *console, struct sl_span name)
{
    struct console_portal **portal = find_portal(console, name);

    if (portal == NULL) {
        refuse(console, "34000", "portal does not exist");
    }
    return portal;
}

static void drop_stmt(struct console_stmt **at)
{
    if (at != NULL) {
        free(*at);
        *at = NULL;
    }
}

static void drop_portal(struct console_portal **at)
{
    if (at != NULL && *at != NULL) {
        console_rows_free((*at)->rows);
        free(*at);
        *at = NULL;
    }
}

void console_close_portals(struct console *console)
{
    for (int i = 0; i < CONSOLE_NAMES_MAX; i++) {
        drop_portal(&console->portals[i]);
    }
}

void console_extended_free(struct console *console)
{
    console_close_portals(console);
    for (int i = 0; i < CONSOLE_NAMES_MAX; i++) {
        drop_stmt(&console->stmts[i]);
    }
}

static struct console_stmt **new_stmt(struct console *console)
{
    for (int i = 0; i < CONSOLE_NAMES_MAX; i++) {
        if (console->stmts[i] == NULL) {
            console->stmts[i] = calloc(1, sizeof *console->stmts[i]);
            return console->stmts[i] == NULL ? NULL : &console->stmts[i];
        }
    }
    return NULL;
}

static struct console_portal **new_portal(struct console *console)
{
    for (int i = 0; i < CONSOLE_NAMES_MAX; i++) {
        if (console->portals[i] == NULL) {
            console->portals[i] = calloc(1, sizeof *console->portals[i]);
            return console->portals[i] == NULL ? NULL : &console->portals[i];
        }
    }
    return NULL;
}

/* ---- Parse ---- */

static void on_parse(struct console *console, struct sl_span body)
{
    struct front_parse parse;
    struct console_command command;
    struct sl_error error;

    if (front_parse_read(body, &parse) != SL_OK || parse.name.len >= CONSOLE_NAME_MAX) {
        malformed(console);
        return;
    }
    struct console_stmt **at = find_stmt(console, parse.name);
    if (at != NULL && parse.name.len > 0) {
        refuse(console, SL_STATE_DUPLICATE_PSTATEMENT, "prepared statement already exists");
        return;
    }
    console->is_extended = true;
    if (console_parse((const char *)parse.query.at, &command, &error) != SL_OK) {
        console_refuse(console, &error);
        return;
    }
    drop_stmt(at);
    at = new_stmt(console);
    if (at == NULL) {
        refuse(console, SL_STATE_LIMIT_EXCEEDED, "too many prepared statements for a console");
        return;
    }
    (*at)->command = command;
    set_name((*at)->name, parse.name);
    put_empty(console, BACK_PARSE_COMPLETE);
}

/* ---- Bind ---- */

/* A portal that could not be filled later is refused now, as the server does. */
static bool formats_fit(const struct view *view, const struct console_bind *rest)
{
    struct console_rows *rows;

    if (view == NULL) {
        return true;
    }
    rows = console_rows_new(view, rest->formats, rest->formats_count);
    console_rows_free(rows);
    return rows != NULL;
}

static void bind_portal(struct console *console, const struct console_stmt *stmt,
        struct sl_span name, const struct console_bind *rest)
{
    struct console_portal **at = find_portal(console, name);

    if (at != NULL && name.len > 0) {
        refuse(console, "42P03", "portal already exists");
        return;
    }
    drop_portal(at);
    at = new_portal(console);
    if (at == NULL) {
        refuse(console, SL_STATE_LIMIT_EXCEEDED, "too many portals for a console");
        return;
    }
    (*at)->command = stmt->command;
    set_name((*at)->name, name);
    memcpy((*at)->formats, rest->formats, sizeof rest->formats);
    (*at)->formats_count = rest->formats_count;
    put_empty(console, BACK_BIND_COMPLETE);
}

static void on_bind(struct console *console, struct sl_span body)
{
    struct front_bind head;
    struct console_bind rest = {0};

    if (front_bind_head(body, body.len, &head) != FRONT_OK || head.portal.len >= CONSOLE_NAME_MAX ||
            !console_bind_read(
                    sl_span(body.at + head.rest_offset, body.len - head.rest_offset), &rest)) {
        malformed(console);
        return;
    }
    struct console_stmt **stmt = known_stmt(console, head.statement);
    if (stmt == NULL) {
        return;
    }
    if (rest.params > 0) {
        refuse(console, SL_STATE_PROTOCOL_VIOLATION,
                "bind message supplies parameters, but the console takes none");
    } else if (!formats_fit((*stmt)->command.view, &rest)) {
        refuse(console, SL_STATE_PROTOCOL_VIOLATION, "invalid result formats in bind message");
    } else {
        bind_portal(console, *stmt, head.portal, &rest);
    }
}

/* ---- Describe, Close ---- */

static enum sl_err put_no_params(struct sl_buf *out)
{
    static const uint8_t message[] = {BACK_PARAM_DESCRIPTION, 0, 0, 0, 6, 0, 0};

    return sl_buf_put(out, message, sizeof message);
}

static void put_columns(struct console *console, const struct view *view, const uint16_t *formats,
        uint16_t formats_count)
{
    struct reply reply;

    if (view == NULL) {
        put_empty(console, BACK_NO_DATA);
        return;
    }
    reply_init(&reply, &console->out, view->columns, view->columns_count);
    enum sl_err err = reply_set_formats(&reply, formats, formats_count);
    console_check(console, err == SL_OK ? reply_put_description(&reply) : err);
}

static void on_describe(struct console *console, struct sl_span body)
{
    struct sl_span name;
    char kind;

    if (front_target_read(body, &kind, &name) != SL_OK) {
        malformed(console);
        return;
    }
    if (kind == FRONT_STATEMENT) {
        struct console_stmt **stmt = known_stmt(console, name);
        if (stmt != NULL) {
            console_check(console, put_no_params(&console->out));
            put_columns(console, (*stmt)->command.view, NULL, 0);
        }
        return;
    }
    struct console_portal **at = known_portal(console, name);
    if (at != NULL) {
        put_columns(console, (*at)->command.view, (*at)->formats, (*at)->formats_count);
    }
}

static void on_close(struct console *console, struct sl_span body)
{
    struct sl_span name;
    char kind;

    if (front_target_read(body, &kind, &name) != SL_OK) {
        malformed(console);
        return;
    }
    if (kind == FRONT_STATEMENT) {
        drop_stmt(find_stmt(console, name));
    } else {
        drop_portal(find_portal(console, name));
    }
    put_empty(console, BACK_CLOSE_COMPLETE);
}

/* ---- Execute ---- */

/* The length of the first count messages in bytes; all of them when count is 0. */
static size_t length_of(struct sl_span bytes, int32_t count)
{
    size_t at = 0;

    for (int32_t i = 0; at < bytes.len && (count == 0 || i < count); i++) {
        at += 1 + (size_t)sl_get_u32(bytes.at + at + 1);
    }
    return at;
}

/* What is left of the portal's rows, or as many as were asked for. */
static void hand_out(struct console *console, struct console_portal *portal)
{
    struct sl_span bytes = sl_buf_borrow(&portal->rows->buf);
    size_t len = length_of(bytes, console->rows_max);
    bool is_all = len == bytes.len;

    console_send(console, sl_span(bytes.at, len));
    sl_buf_consume(&portal->rows->buf, len);
    if (is_all) {
        console_rows_free(portal->rows);
        portal->rows = NULL;
        console_complete(console, "SHOW");
        return;
    }
    put_empty(console, BACK_PORTAL_SUSPENDED);
    console_end(console);
}

void console_extended_done(struct console *console, struct console_rows *rows)
{
    console->portal->rows = rows;
    hand_out(console, console->portal);
}

static void on_execute(struct console *console, struct sl_span body)
{
    struct sl_span name;
    int32_t rows;

    if (front_execute_read(body, &name, &rows) != SL_OK) {
        malformed(console);
        return;
    }
    struct console_portal **at = known_portal(console, name);
    if (at == NULL) {
        return;
    }
    struct console_portal *portal = *at;
    console->is_extended = true;
    console->rows_max = rows > 0 ? rows : 0;
    console->portal = portal;
    if (portal->rows != NULL) {
        hand_out(console, portal);
    } else if (!portal->has_run) {
        portal->has_run = true;
        console_run(console, &portal->command);
    } else if (portal->command.view != NULL) {
        console_complete(console, "SHOW"); /* no more rows */
    } else {
        refuse(console, SL_STATE_OBJECT_NOT_IN_STATE, "portal cannot be run again");
    }
}

static void on_sync(struct console *console)
{
    console->skips_to_sync = false;
    if (!console->in_transaction) {
        console_close_portals(console);
    }
    console_check(console, back_put_ready(&console->out, console_status(console)));
}

void console_extended(struct console *console, char type, struct sl_span body)
{
    switch (type) {
    case MSG_PARSE:
        on_parse(console, body);
        break;
    case MSG_BIND:
        on_bind(console, body);
        break;
    case MSG_DESCRIBE:
        on_describe(console, body);
        break;
    case MSG_EXECUTE:
        on_execute(console, body);
        break;
    case MSG_CLOSE:
        on_close(console, body);
        break;
    case MSG_SYNC:
        on_sync(console);
        break;
    default: /* Flush: what there is to say is sent at the end of the turn */
        break;
    }
}
