/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_startup.c - from the first byte to a proven name: startup packets,
 * TLS, authentication.
 *
 * Nobody is trusted here yet: a client may keep one startup packet or one password
 * message waiting and no more, each kind of request may come once, nothing may be
 * sent in plain behind an SSLRequest, and client_login_timeout ends it all.
 */
#include "proxy/client_login.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "protocol/startup.h"
#include "proxy/auth.h"
#include "proxy/cancel.h"
#include "proxy/client.h"
#include "proxy/client_options.h"
#include "proxy/console.h"
#include "proxy/link.h"
#include "proxy/param_names.h"
#include "proxy/params.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

enum { LOGIN_OUT_MAX = 65536 };

static void fail(struct client *client, const char *sqlstate, const char *text)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EPROTO, sqlstate, "%s", text), "the client is told");
    client_fail(client, "FATAL", &error);
}

/* What only a login needs, made when the first packet asks for more than a byte. */
static struct client_login *login_of(struct client *client)
{
    if (client->part.login == NULL) {
        client->part.login = calloc(1, sizeof *client->part.login);
    }
    if (client->part.login == NULL) {
        client_close(client, "out of memory");
        return NULL;
    }
    if (client->part.login->conf == NULL) {
        client->part.login->conf = conf_ref(client->io.worker->conf);
    }
    return client->part.login;
}

static bool is_login_state(const struct client *client)
{
    return client->state <= CLIENT_WELCOME;
}

void client_login_free(struct client *client)
{
    struct client_login *login = client->part.login;

    if (!is_login_state(client) || login == NULL) {
        return;
    }
    client->part.login = NULL;
    auth_free(login->auth);
    free(login->database);
    free(login->user);
    free(login->secret);
    conf_unref(login->conf);
    free(login);
}

/* ---- TLS ---- */

static void tls_stepped(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner);

static void tls_step(struct client *client)
{
    io_want(&client->io, 0);
    client_enter(client, CLIENT_TLS);
    if (tls_handshake(client->io.tls, &client->io.worker->mailbox, tls_stepped, client) != SL_OK) {
        client_close(client, "too many TLS handshakes at once");
    }
}

static void tls_stepped(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner)
{
    struct client *client = owner;

    (void)worker;
    switch (verdict) {
    case TLS_WANT_READ:
        io_want(&client->io, IO_READ);
        break;
    case TLS_WANT_WRITE:
        io_want(&client->io, IO_WRITE);
        break;
    case TLS_DONE:
        client_enter(client, CLIENT_STARTUP);
        io_want(&client->io, IO_READ);
        io_wake(&client->io, IO_READ); /* the startup packet may have come with the handshake */
        break;
    case TLS_FAILED:
        sl_log(SL_LOG_WARN, "client_tls_failed", "client=%lu reason=%s",
                (unsigned long)client->cancel.serial, sl_log_quote(tls_error(tls)));
        client_close(client, "TLS handshake failed");
        break;
    }
}

static void begin_tls(struct client *client, bool is_direct)
{
    struct tls_context *context = process_tls_from_clients();

    if (context != NULL) {
        client->io.tls = tls_new(context, client->io.fd, NULL, is_direct);
    }
    tls_context_unref(context);
    if (client->io.tls == NULL) {
        client_close(client, "no TLS here");
        return;
    }
    tls_step(client);
}

static void answer_byte(struct client *client, char answer)
{
    client_say(client, sl_span(&answer, 1));
    outbox_flush(&client->io.worker->outbox);
}

static void on_ssl_request(struct client *client)
{
    struct client_login *login = login_of(client);

    if (login == NULL) {
        return;
    }
    if (login->asked_tls || client->io.tls != NULL) {
        fail(client, SL_STATE_PROTOCOL_VIOLATION, "SSLRequest came twice");
        return;
    }
    login->asked_tls = true;
    if (client->is_unix || !tls_mode_offers(login->conf->client_tls_sslmode)) {
        answer_byte(client, 'N');
        return;
    }
    answer_byte(client, 'S');
    begin_tls(client, false);
}

static void on_gss_request(struct client *client)
{
    struct client_login *login = login_of(client);

    if (login == NULL) {
        return;
    }
    if (login->asked_gss || client->io.tls != NULL) {
        fail(client, SL_STATE_PROTOCOL_VIOLATION, "GSSENCRequest came twice");
        return;
    }
    login->asked_gss = true;
    answer_byte(client, 'N');
}

/* ---- authentication ---- */

static void on_verdict(struct client *client, enum auth_verdict verdict, struct sl_buf *out);

static void auth_done(struct auth *auth, struct worker *worker, void *owner)
{
    struct client *client = owner;
    struct sl_buf out;

    (void)worker;
    sl_buf_init(&out, LOGIN_OUT_MAX);
    enum auth_verdict verdict = auth_resume(auth, &out);
    on_verdict(client, verdict, &out);
    sl_buf_fini(&out);
}

static void auth_failed(struct client *client)
{
    struct client_login *login = client->part.login;
    struct sl_error error = *auth_error(login->auth);
    const char *detail = auth_detail(login->auth);

    if (detail[0] != '\0') {
        sl_log(SL_LOG_WARN, "client_auth_failed", "client=%lu db=%s user=%s reason=%s",
                (unsigned long)client->cancel.serial, sl_log_quote(login->database),
                sl_log_quote(login->user), sl_log_quote(detail));
    }
    client_fail(client, "FATAL", &error);
}

static void on_verdict(struct client *client, enum auth_verdict verdict, struct sl_buf *out)
{
    client_say(client, sl_buf_borrow(out));
    switch (verdict) {
    case AUTH_MORE:
        client_enter(client, CLIENT_AUTH);
        break;
    case AUTH_WAIT:
        client_enter(client, CLIENT_AUTH_WAIT);
        break;
    case AUTH_QUERY:
        client_enter(client, CLIENT_AUTH_WAIT);
        client_auth_query(client);
        break;
    case AUTH_OK:
        client_authenticated(client);
        break;
    case AUTH_FAILED:
        auth_failed(client);
        break;
    }
}

void client_auth_answered(struct client *client)
{
    struct client_login *login = client->part.login;
    struct sl_buf out;
    enum auth_verdict verdict;

    sl_buf_init(&out, LOGIN_OUT_MAX);
    if (login->query_failed.sqlstate[0] != '\0') {
        verdict = auth_secret_failed(login->auth, &login->query_failed);
    } else {
        verdict = auth_secret(login->auth, login->row_seen, login->secret, &out);
    }
    on_verdict(client, verdict, &out);
    sl_buf_fini(&out);
}

bool client_auth_answered_meanwhile(struct client *client)
{
    struct sl_buf out;
    enum auth_verdict verdict;

    sl_buf_init(&out, LOGIN_OUT_MAX);
    bool is_answered = expect_idle(&client->server->expect) &&
                       auth_answered_meanwhile(client->part.login->auth, &out, &verdict);
    if (is_answered) {
        link_part_unused(client);
        on_verdict(client, verdict, &out);
    }
    sl_buf_fini(&out);
    return is_answered;
}

static const struct conf_database *find_database(const struct conf *conf, const char *name)
{
    const struct conf_database *database = conf_find_database(conf, name);
    return database != NULL ? database : conf->fallback_database;
}

static unsigned peer_uid(const struct client *client)
{
    struct ucred ucred;
    socklen_t len = sizeof ucred;

    if (!client->is_unix || getsockopt(client->io.fd, SOL_SOCKET, SO_PEERCRED, &ucred, &len) != 0) {
        return UINT32_MAX;
    }
    return ucred.uid;
}

static void begin_auth(struct client *client)
{
    struct client_login *login = client->part.login;
    struct address peer;
    struct tls_facts facts;
    bool is_console = console_is_database(login->database);

    address_widen(&client->address, &peer);
    struct auth_input input = {
            .conf = login->conf,
            .database = is_console ? NULL : find_database(login->conf, login->database),
            .is_console = is_console,
            .database_name = login->database,
            .user = login->user,
            .peer = &peer.at.any,
            .peer_uid = peer_uid(client),
            .is_replication = login->is_physical,
            .home = &client->io.worker->mailbox,
            .done = auth_done,
            .owner = client,
    };
    if (client->io.tls != NULL) {
        tls_facts(client->io.tls, &facts);
        input.tls = &facts;
    }
    login->is_console = is_console;
    login->auth = auth_new(&input);
    if (login->auth == NULL) {
        fail(client, SL_STATE_OUT_OF_MEMORY, "out of memory");
        return;
    }
    struct sl_buf out;
    sl_buf_init(&out, LOGIN_OUT_MAX);
    enum auth_verdict verdict = auth_start(login->auth, &out);
    on_verdict(client, verdict, &out);
    sl_buf_fini(&out);
}

/* ---- the startup packet ---- */

static bool set_text(char **to, const char *text)
{
    free(*to);
    *to = strdup(text);
    return *to != NULL;
}

static bool set_param(const struct params **set, const char *name, const char *value)
{
    char lower[64];
    size_t len = strlen(name);

    if (len >= sizeof lower) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        lower[i] = (char)tolower((unsigned char)name[i]);
    }
    const struct params *changed = params_with(*set, lower, value);
    if (changed == NULL) {
        return false;
    }
    *set = changed;
    return true;
}

/* "true", "on", "yes", "1" ask for physical replication, "database" for logical. */
static bool set_replication(struct client *client, const char *value)
{
    static const char *const off[] = {"false", "off", "no", "0"};

    for (size_t i = 0; i < SL_COUNT(off); i++) {
        if (strcasecmp(value, off[i]) == 0) {
            return true;
        }
    }
    client->is_replication = true;
    client->part.login->is_physical = strcasecmp(value, "database") != 0;
    return set_param(&client->startup, "replication", value);
}

/*
 * A startup packet's value has no encoding yet, and sent in a SET it must have one: what
 * PostgreSQL makes of application_name (before 16; since then "?" is "\x" and its digits).
 */
static bool set_ascii(const struct params **set, const char *name, const char *value)
{
    char *plain = strdup(value);

    if (plain == NULL) {
        return false;
    }
    for (char *at = plain; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e) {
            *at = '?';
        }
    }
    bool is_set = set_param(set, name, plain);
    free(plain);
    return is_set;
}

static bool take_param(struct client *client, const char *name, const char *value)
{
    struct client_login *login = client->part.login;

    if (strcmp(name, "user") == 0) {
        return set_text(&login->user, value);
    }
    if (strcmp(name, "database") == 0) {
        return set_text(&login->database, value);
    }
    if (strcmp(name, "replication") == 0) {
        return set_replication(client, value);
    }
    if (strncmp(name, "_pq_.", 5) == 0 ||
            conf_list_has_nocase(login->conf->ignore_startup_parameters, name)) {
        return true;
    }
    if (param_is_per_client(name)) {
        return set_ascii(&client->params, name, value);
    }
    return set_param(&client->startup, name, value);
}

/* A replication connection is passed through, and all of its options with it. */
static bool take_options(struct client *client, const char *options)
{
    const char *ignored = client->part.login->conf->ignore_startup_parameters;

    if (ignored[0] == '\0' || client->is_replication) {
        return set_param(&client->startup, "options", options);
    }
    char *kept = malloc(strlen(options) + 1);
    if (kept == NULL) {
        return false;
    }
    client_options_keep(options, ignored, kept);
    bool is_taken = kept[0] == '\0' || set_param(&client->startup, "options", kept);
    free(kept);
    return is_taken;
}

static bool take_params(struct client *client, struct startup *startup)
{
    const char *options = NULL; /* last: whether it is a replication connection decides */
    const char *name;
    const char *value;
    bool is_taken = true;

    while (is_taken && startup_next_param(startup, &name, &value)) {
        if (strcmp(name, "options") == 0) {
            options = value;
        } else {
            is_taken = take_param(client, name, value);
        }
    }
    if (!is_taken || (options != NULL && !take_options(client, options))) {
        fail(client, SL_STATE_LIMIT_EXCEEDED, "startup parameters are too long");
        return false;
    }
    struct client_login *login = client->part.login;
    if (login->user == NULL || login->user[0] == '\0') {
        fail(client, SL_STATE_INVALID_AUTHORIZATION,
                "no PostgreSQL user name specified in startup packet");
        return false;
    }
    if ((login->database == NULL || login->database[0] == '\0') &&
            !set_text(&login->database, login->user)) {
        fail(client, SL_STATE_OUT_OF_MEMORY, "out of memory");
        return false;
    }
    return true;
}

static void negotiate(struct client *client, const struct startup *startup)
{
    struct sl_buf buf;

    if (!startup_must_negotiate(startup)) {
        return;
    }
    sl_buf_init(&buf, LOGIN_OUT_MAX);
    if (startup_put_negotiate(&buf, startup) == SL_OK) {
        client_say(client, sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
}

static void on_protocol(struct client *client, struct startup *startup)
{
    struct client_login *login = login_of(client);

    if (login == NULL) {
        return;
    }
    if (!client->is_unix && client->io.tls == NULL &&
            tls_mode_requires(login->conf->client_tls_sslmode)) {
        fail(client, SL_STATE_PROTOCOL_VIOLATION, "SSL required");
        return;
    }
    client->is_admitted = !client->is_ours && process_add_client(login->conf->max_client_conn);
    if (!client->is_admitted && !client->is_ours) {
        fail(client, SL_STATE_TOO_MANY_CONNECTIONS,
                "no more connections allowed (max_client_conn)");
        return;
    }
    client->minor_two = startup_minor(startup->minor) >= 2;
    negotiate(client, startup);
    if (!take_params(client, startup)) {
        return;
    }
    if (process_shutdown() != PROCESS_RUNS && !console_is_database(login->database)) {
        fail(client, SL_STATE_CANNOT_CONNECT_NOW, "the pooler is shutting down");
        return;
    }
    if (!client->is_ours) {
        begin_auth(client);
    } else if (console_is_database(login->database) || client->is_replication) {
        fail(client, SL_STATE_INVALID_AUTHORIZATION, "only what clients ask is asked again");
    } else {
        client_authenticated(client);
    }
}

static void on_packet(struct client *client, struct startup *startup, enum startup_kind kind)
{
    switch (kind) {
    case STARTUP_SSL:
        on_ssl_request(client);
        break;
    case STARTUP_GSS:
        on_gss_request(client);
        break;
    case STARTUP_CANCEL:
        cancel_request(client, startup->cancel_pid, startup->cancel_key);
        break;
    case STARTUP_PROTOCOL:
        on_protocol(client, startup);
        break;
    case STARTUP_MORE:
    case STARTUP_BAD:
        break;
    }
}

static void consume_startup(struct client *client, struct sl_span bytes)
{
    struct startup startup;
    struct sl_error error;
    struct sl_id id = client->id;
    struct worker *worker = client->io.worker;
    enum startup_kind kind = startup_parse(bytes, &startup, &error);

    if (kind == STARTUP_MORE) {
        SL_IGNORE(io_keep(&client->io, bytes, 0), "a startup packet is short");
        return;
    }
    if (kind == STARTUP_BAD && startup.is_silent) {
        client_close(client, error.text);
        return;
    }
    if (kind == STARTUP_BAD) {
        client_fail(client, "FATAL", &error);
        return;
    }
    if (kind != STARTUP_PROTOCOL && bytes.len > startup.len) {
        /* Put there by somebody in between, to be taken for what comes encrypted. */
        fail(client, SL_STATE_PROTOCOL_VIOLATION,
                "received unencrypted data after SSL or GSSAPI request");
        return;
    }
    on_packet(client, &startup, kind);
    if (client_find(worker, id) == client && client->state != CLIENT_LEAVING) {
        if (io_keep(&client->io, bytes, startup.len) != SL_OK) {
            client_close(client, "out of memory");
        } else if (bytes.len > startup.len && client->state != CLIENT_CANCEL) {
            io_wake(&client->io, IO_READ);
        }
    }
}

/* ---- password messages ---- */

/* True: there is more to consume, behind this message. */
static bool consume_password(struct client *client, struct sl_span bytes)
{
    struct sl_buf out;

    if (bytes.len < MESSAGE_HEAD) {
        SL_IGNORE(io_keep(&client->io, bytes, 0), "a few bytes");
        return false;
    }
    uint32_t len = sl_get_u32(bytes.at + 1);
    if (bytes.at[0] == MSG_TERMINATE) {
        client_close(client, "client gave up");
        return false;
    }
    if (bytes.at[0] != MSG_PASSWORD || !message_len_ok(len) || len > AUTH_MESSAGE_MAX) {
        fail(client, SL_STATE_PROTOCOL_VIOLATION, "expected password response");
        return false;
    }
    if (bytes.len < (size_t)len + 1) {
        SL_IGNORE(io_keep(&client->io, bytes, 0), "at most AUTH_MESSAGE_MAX");
        return false;
    }
    struct sl_id id = client->id;
    struct worker *worker = client->io.worker;
    sl_buf_init(&out, LOGIN_OUT_MAX);
    enum auth_verdict verdict =
            auth_message(client->part.login->auth, sl_span(bytes.at + MESSAGE_HEAD, len - 4), &out);
    if (io_keep(&client->io, bytes, (size_t)len + 1) != SL_OK) {
        client_close(client, "out of memory");
    } else {
        on_verdict(client, verdict, &out);
    }
    sl_buf_fini(&out);
    return client_find(worker, id) == client && client->state == CLIENT_AUTH &&
           hold_len(&client->io.in) > 0;
}

static void consume(struct client *client, struct sl_span bytes)
{
    if (client->state == CLIENT_STARTUP) {
        consume_startup(client, bytes);
    } else if (client->state == CLIENT_AUTH) {
        while (consume_password(client, bytes)) {
            bytes = io_kept(&client->io);
        }
    } else if (bytes.len > AUTH_MESSAGE_MAX) {
        /* Nothing may come now; what does is kept, within this bound. */
        fail(client, SL_STATE_PROTOCOL_VIOLATION, "too much data before the login is over");
    } else if (io_keep(&client->io, bytes, 0) != SL_OK) {
        client_close(client, "out of memory");
    }
}

/* ---- a turn ---- */

/* A ClientHello as the first thing: it must stay in the socket for OpenSSL to read. */
static bool begins_direct_tls(struct client *client)
{
    uint8_t first;

    if (client->state != CLIENT_STARTUP || client->io.tls != NULL || client->part.login != NULL ||
            hold_len(&client->io.in) > 0) {
        return false;
    }
    if (client->is_unix || !tls_mode_offers(client->io.worker->conf->client_tls_sslmode)) {
        return false; /* no startup packet begins like that either */
    }
    if (recv(client->io.fd, &first, 1, MSG_PEEK) != 1 || first != TLS_FIRST_BYTE) {
        return false;
    }
    if (login_of(client) != NULL) {
        begin_tls(client, true);
    }
    return true;
}

void client_startup_ready(struct client *client, unsigned got)
{
    struct sl_span bytes = {0};

    if (client->state == CLIENT_TLS) {
        tls_step(client);
        return;
    }
    if ((got & IO_WRITE) != 0) {
        io_flush(&client->io);
    }
    if ((got & (IO_READ | IO_ERROR)) == 0 || begins_direct_tls(client)) {
        return;
    }
    switch (io_receive(&client->io, &bytes)) {
    case IO_BYTES:
        consume(client, bytes);
        break;
    case IO_AGAIN:
        if (bytes.len > 0 && client->state == CLIENT_STARTUP) {
            consume(client, bytes); /* behind the first packet */
        } else if (client->io.is_failed) {
            client_close(client, "connection failed");
        }
        break;
    case IO_EOF:
    case IO_LOST:
        client_close(client, "client closed the connection during login");
        break;
    }
}
