/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console.c - a console's life, its input, and the simple protocol.
 */
#include "proxy/console.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/cancel.h"
#include "proxy/console_cache_why.h"
#include "proxy/console_show.h"
#include "proxy/console_state.h"
#include "proxy/console_verbs.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/suspend.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1024 * 1024, OUT_FLUSH = 32768 };

#define LOOK_AGAIN (20 * SL_MSEC)

static atomic_int clients;     /* any thread */
static atomic_ulong questions; /* any thread */

static void pump(struct console *console, struct sl_span bytes);

bool console_is_database(const char *name)
{
    return strcmp(name, "sluice") == 0 || strcmp(name, "pgbouncer") == 0;
}

int console_clients(void)
{
    return atomic_load(&clients);
}

unsigned long console_queries(void)
{
    return atomic_load(&questions);
}

static struct worker *worker_of(const struct console *console)
{
    return console->client->io.worker;
}

/* ---- waiting ---- */

static void end_wait(struct console *console)
{
    struct sl_error error;

    if (console->refusal == NULL) {
        console_complete(console, console->tag);
        return;
    }
    SL_IGNORE(sl_error_set(&error, SL_EINVAL, SL_STATE_QUERY_CANCELED, "%s", console->refusal),
            "the client is told");
    console_refuse(console, &error);
}

static void look_again(struct timer *timer)
{
    struct console *console = SL_CONTAINER(timer, struct console, timer);

    if (console->is_over(console)) {
        end_wait(console);
        return;
    }
    timer_set(&worker_of(console)->timers, timer, worker_of(console)->now + LOOK_AGAIN);
}

void console_wait(struct console *console, const char *tag, bool (*is_over)(struct console *))
{
    console->tag = tag;
    console->refusal = NULL;
    console->is_over = is_over;
    console->waits++;
    look_again(&console->timer);
}

void console_cancel(struct client *client)
{
    struct console *console = client->part.console;

    if (client->state == CLIENT_CONSOLE && console->is_over != NULL) {
        console_verbs_cancel(console);
    }
}

struct console *console_find(struct worker *worker, struct sl_id id)
{
    struct client *client = client_find(worker, id);

    return client != NULL && client->state == CLIENT_CONSOLE ? client->part.console : NULL;
}

/* ---- life ---- */

struct console *console_new(struct client *client, bool is_admin)
{
    struct console *console = calloc(1, sizeof *console);

    if (console == NULL) {
        return NULL;
    }
    console->client = client;
    console->is_admin = is_admin;
    sl_buf_init(&console->out, OUT_MAX);
    timer_init(&console->timer, look_again);
    atomic_fetch_add(&clients, 1);
    return console;
}

void console_set_database(struct console *console, struct database *held)
{
    if (console->database != NULL) {
        registry_let_go(&console->database->holders);
    }
    console->database = held;
}

void console_free(struct console *console)
{
    if (console == NULL) {
        return;
    }
    console_set_database(console, NULL);
    timer_clear(&worker_of(console)->timers, &console->timer);
    console_extended_free(console);
    sl_buf_fini(&console->out);
    bool was_last = atomic_fetch_sub(&clients, 1) == 1;
    if (was_last && process_is_suspended() && !worker_of(console)->stopping) {
        suspend_end(); /* nobody is left to say RESUME, and nobody can come in */
    }
    free(console);
}

static enum sl_err put_welcome(struct client *client, struct sl_buf *out)
{
    /* What PgBouncer's console reports, but for the version. */
    static const char *const params[][2] = {{"server_version", SLUICE_VERSION "/bouncer"},
            {"client_encoding", "UTF8"}, {"server_encoding", "UTF8"}, {"DateStyle", "ISO"},
            {"TimeZone", "GMT"}, {"standard_conforming_strings", "on"}, {"is_superuser", "on"}};

    enum sl_err err = back_put_auth_ok(out);
    for (size_t i = 0; err == SL_OK && i < SL_COUNT(params); i++) {
        err = back_put_param_status(out, params[i][0], params[i][1]);
    }
    if (err == SL_OK) {
        err = cancel_put_key(client, 0, out);
    }
    return err == SL_OK ? back_put_ready(out, 'I') : err;
}

void console_welcome(struct client *client)
{
    struct console *console = client->part.console;

    console_check(console, put_welcome(client, &console->out));
    if (client->io.worker->conf->log_connections) {
        sl_log(SL_LOG_INFO, "console_login", "client=%lu user=%s rights=%s",
                (unsigned long)client->cancel.serial, sl_log_quote(client->user->name),
                console->is_admin ? "admin" : "stats");
    }
    pump(console, io_kept(&client->io));
}

/* ---- what goes out ---- */

void console_check(struct console *console, enum sl_err err)
{
    if (err != SL_OK) {
        console->is_broken = true;
    }
}

void console_send(struct console *console, struct sl_span bytes)
{
    struct outbox *outbox = &worker_of(console)->outbox;
    struct sl_span said = sl_buf_borrow(&console->out);

    /* By the worker's outbox, as the end of the login may still lie there. */
    outbox_begin(outbox, &console->client->io);
    outbox_pass(outbox, said.at, said.len);
    outbox_pass(outbox, bytes.at, bytes.len);
    outbox_flush(outbox);
    sl_buf_reset(&console->out);
}

char console_status(const struct console *console)
{
    if (!console->in_transaction) {
        return 'I';
    }
    return console->is_failed ? 'E' : 'T';
}

void console_end(struct console *console)
{
    console->is_busy = false;
    console->is_over = NULL;
    console_set_database(console, NULL);
    timer_clear(&worker_of(console)->timers, &console->timer);
    if (!console->in_loop) {
        io_wake(&console->client->io, 0); /* to console_ready(): what is kept, and what to say */
    }
}

static void put_ready(struct console *console)
{
    if (!console->is_extended) {
        console_check(console, back_put_ready(&console->out, console_status(console)));
    }
}

void console_complete(struct console *console, const char *tag)
{
    console_check(console, back_put_command_complete(&console->out, tag));
    put_ready(console);
    console_end(console);
}

void console_refuse(struct console *console, const struct sl_error *error)
{
    console->is_failed = console->in_transaction;
    console->skips_to_sync = console->is_extended;
    console_check(console, back_put_error(&console->out, "ERROR", error));
    put_ready(console);
    console_end(console);
}

void console_done(struct console *console, struct console_rows *rows)
{
    if (console->is_extended) {
        console_extended_done(console, rows);
        return;
    }
    struct sl_span bytes = sl_buf_borrow(&rows->buf);
    rows->reply.buf = &console->out;
    console_check(console, reply_put_description(&rows->reply));
    console_send(console, bytes);
    console_rows_free(rows);
    console_complete(console, "SHOW");
}

/* ---- commands ---- */

static void begin_block(struct console *console)
{
    console->in_transaction = true;
    console_complete(console, "BEGIN");
}

static void end_block(struct console *console, const char *tag)
{
    bool is_failed = console->is_failed;

    console->in_transaction = false;
    console->is_failed = false;
    console_complete(console, is_failed ? "ROLLBACK" : tag);
}

static bool is_allowed(struct console *console, const struct console_command *command)
{
    struct sl_error error;
    bool acts = command->kind == CONSOLE_SET || command->kind == CONSOLE_DO ||
                (command->kind == CONSOLE_SHOW && command->view->is_admin);

    if (!acts || console->is_admin) {
        return true;
    }
    SL_IGNORE(
            sl_error_set(&error, SL_EAUTH, SL_STATE_INSUFFICIENT_PRIVILEGE, "admin access needed"),
            "the client is told");
    console_refuse(console, &error);
    return false;
}

static const char *argument_of(const struct console_command *command)
{
    bool is_line = command->kind == CONSOLE_DO && console_verb_takes_line(command->verb);

    return is_line ? command->value : command->argument;
}

static void log_command(const struct console *console, const struct console_command *command)
{
    const char *word = command->kind == CONSOLE_SET  ? "SET"
                       : command->kind == CONSOLE_DO ? console_verb_name(command->verb)
                                                     : NULL;

    if (word != NULL) {
        sl_log(SL_LOG_INFO, "console_command", "client=%lu user=%s command=%s argument=%s",
                (unsigned long)console->client->cancel.serial,
                sl_log_quote(console->client->user->name), word,
                sl_log_quote(argument_of(command)));
    }
}

void console_run(struct console *console, const struct console_command *command)
{
    atomic_fetch_add(&questions, 1);
    console->is_busy = true;
    if (!is_allowed(console, command)) {
        return;
    }
    log_command(console, command);
    switch (command->kind) {
    case CONSOLE_EMPTY:
        console_check(console, back_put_empty(&console->out, BACK_EMPTY_QUERY));
        put_ready(console);
        console_end(console);
        break;
    case CONSOLE_SHOW:
        console_show(console, command->view, command->argument);
        break;
    case CONSOLE_EXPLAIN:
        console_cache_explain(console, command->view, command->value);
        break;
    case CONSOLE_HELP:
        console_show_help(console);
        break;
    case CONSOLE_SET:
        console_set(console, command->argument, command->value);
        break;
    case CONSOLE_SET_FAKE:
        console_check(console, back_put_notice(&console->out, "NOTICE", "00000", "SET ignored"));
        console_complete(console, "SET");
        break;
    case CONSOLE_DO:
        console_verb_run(console, command->verb, argument_of(command));
        break;
    case CONSOLE_BEGIN:
        begin_block(console);
        break;
    case CONSOLE_END_BLOCK:
        end_block(console, command->argument);
        break;
    }
}

static void on_query(struct console *console, struct sl_span body)
{
    struct console_command command;
    struct sl_error error;
    struct sl_span text;

    console->is_extended = false;
    console_close_portals(console);
    if (front_query_read(body, &text) != SL_OK) {
        SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
                          "invalid string in message"),
                "the client is told");
        console_refuse(console, &error);
    } else if (console_parse((const char *)text.at, &command, &error) != SL_OK) {
        console_refuse(console, &error);
    } else {
        console_run(console, &command);
    }
}

/* ---- input ---- */

static void fail(struct console *console, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION, "%s", text),
            "the client is told");
    console_send(console, sl_span(NULL, 0));
    client_fail(console->client, "FATAL", &error);
}

/* A FunctionCall is refused as a Query would be: with a ReadyForQuery of its own. */
static void on_function_call(struct console *console)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EINVAL, SL_STATE_FEATURE_NOT_SUPPORTED,
                      "the console has no functions"),
            "the client is told");
    console->is_extended = false;
    console_refuse(console, &error);
}

/* False: the client is gone. */
static bool on_message(struct console *console, char type, struct sl_span body)
{
    bool is_skipped = console->skips_to_sync && type != MSG_SYNC && type != MSG_TERMINATE;

    if (is_skipped) {
        return true;
    }
    switch (type) {
    case MSG_QUERY:
        on_query(console, body);
        return true;
    case MSG_PARSE:
    case MSG_BIND:
    case MSG_DESCRIBE:
    case MSG_EXECUTE:
    case MSG_CLOSE:
    case MSG_SYNC:
    case MSG_FLUSH:
        console_extended(console, type, body);
        return true;
    case MSG_FUNCTION_CALL:
        on_function_call(console);
        return true;
    case MSG_COPY_DATA: /* left over from a COPY there never was: ignored, as the server does */
    case MSG_COPY_DONE:
    case MSG_COPY_FAIL:
        return true;
    case MSG_TERMINATE:
        client_close(console->client, "client closed the connection");
        return false;
    default:
        fail(console, "invalid frontend message type");
        return false;
    }
}

/* Whole messages, as long as nothing is under way; false: the client is gone. */
static bool look_at(struct console *console, struct sl_span bytes, size_t *consumed)
{
    while (!console->is_busy && !io_is_clogged(&console->client->io) && !console->is_broken &&
            bytes.len - *consumed >= MESSAGE_HEAD) {
        const uint8_t *head = bytes.at + *consumed;
        uint32_t len = sl_get_u32(head + 1);
        if (!message_len_ok(len) || len > CONSOLE_MESSAGE_MAX) {
            fail(console, "invalid message length");
            return false;
        }
        if (bytes.len - *consumed < (size_t)len + 1) {
            break;
        }
        *consumed += (size_t)len + 1;
        if (!on_message(console, (char)head[0], sl_span(head + MESSAGE_HEAD, len - 4))) {
            return false;
        }
        if (sl_buf_len(&console->out) > OUT_FLUSH) {
            console_send(console, sl_span(NULL, 0));
        }
    }
    return true;
}

/* Reads on, unless much is kept already and cannot be looked at now. */
static void want(struct console *console)
{
    struct io *io = &console->client->io;
    bool is_full =
            (console->is_busy || io_is_clogged(io)) && hold_len(&io->in) >= CONSOLE_INPUT_MAX;

    io_want(io, (io->wants & IO_WRITE) | (is_full ? 0U : (unsigned)IO_READ));
    if (!is_full && io->tls != NULL && tls_pending(io->tls)) {
        io_wake(io, IO_READ);
    }
}

static void pump(struct console *console, struct sl_span bytes)
{
    struct client *client = console->client;
    size_t consumed = 0;

    console->in_loop = true;
    if (!look_at(console, bytes, &consumed)) {
        return;
    }
    console->in_loop = false;
    if ((bytes.len > 0 && io_keep(&client->io, bytes, consumed) != SL_OK) || console->is_broken) {
        client_close(client, "out of memory");
        return;
    }
    console_send(console, sl_span(NULL, 0));
    want(console);
}

void console_ready(struct client *client, unsigned got)
{
    struct io *io = &client->io;
    struct sl_span bytes = io_kept(io);

    if ((got & IO_ERROR) != 0 || io->is_failed) {
        client_close(client, "the socket failed");
        return;
    }
    if ((got & IO_WRITE) != 0) {
        io_flush(io);
    }
    if ((got & IO_READ) != 0) {
        enum io_result result = io_receive(io, &bytes);
        if (result == IO_EOF || result == IO_LOST) {
            client_close(client, "client closed the connection");
            return;
        }
    }
    client->request_at = io->worker->now;
    pump(client->part.console, bytes);
}
