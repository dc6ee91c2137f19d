/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_login.c - from a name to a server that is ready: resolve, connect,
 * TLS, authentication, parameters, connect_query.
 *
 * A host with several addresses, and a database with several hosts, are tried one
 * after the other; only when the last has failed is it a failure of the pool.
 */
#include "proxy/server.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/hash.h"
#include "protocol/base/log.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "protocol/startup.h"
#include "proxy/auth.h"
#include "proxy/catalogs.h"
#include "proxy/client.h"
#include "proxy/dns.h"
#include "proxy/link.h"
#include "proxy/param_names.h"
#include "proxy/params.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server_auth.h"
#include "proxy/server_startup.h"
#include "proxy/socket.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOGIN_MESSAGE_MAX = 65536, STARTUP_BYTES_MAX = 32768 };

struct server_login {
    struct dns_request dns; /* while is_resolving it must not move or go */
    bool is_resolving;
    struct server *server; /* NULL: closed while the resolver was asked */
    const struct conf *conf;
    const struct conf_database *database;
    struct credentials credentials;
    struct server_auth *auth;
    struct tls_context *tls_context;
    int hosts_left; /* to try after this one */
    int host;
    int address;           /* of dns.addresses, to try next */
    bool is_ok;            /* AuthenticationOk was seen */
    bool is_ready;         /* ReadyForQuery was seen; what came with it is read, too */
    struct sl_error error; /* of the last attempt */
};

void server_login_free(struct server_login *login)
{
    if (login == NULL) {
        return;
    }
    server_auth_free(login->auth);
    login->auth = NULL;
    credentials_fini(&login->credentials);
    if (login->is_resolving && !dns_cancel(&login->dns)) {
        login->server = NULL; /* its letter is under way: resolved() frees it */
        return;
    }
    tls_context_unref(login->tls_context);
    conf_unref(login->conf);
    free(login);
}

/* The pool's trouble: those who wait are told, unless it is worth waiting on. */
void server_login_failed(struct server *server, const struct sl_error *error, bool keep_waiting)
{
    struct worker *worker = server->io.worker;
    struct pool *pool = server->pool;
    struct sl_error copy = *error;

    sl_log(SL_LOG_WARN, "server_login_failed",
            "server=%lu db=%s user=%s host=%s port=%d sqlstate=%s reason=%s",
            (unsigned long)server->serial, sl_log_quote(pool->database->name),
            sl_log_quote(pool->user->name), sl_log_quote(server->host), server->port, copy.sqlstate,
            sl_log_quote(copy.text));
    if (server->hub == NULL) { /* who waits does so for no listener */
        pool_login_failed(pool, worker, &copy, keep_waiting);
    }
    server_close(server, "login failed");
}

/* This address is of no use; the next one, the next host, or it has failed. */
static void next_address(struct server *server);

static void breach(struct server *server, const char *what)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
                      "the server's login broke the protocol: %s", what),
            "it goes to those who wait");
    server_login_failed(server, &error, false);
}

static void out_of_memory(struct server *server)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory"),
            "it goes to those who wait");
    server_login_failed(server, &error, false);
}

/* ---- startup ---- */

static void send_startup(struct server *server)
{
    struct sl_buf buf;

    sl_buf_init(&buf, STARTUP_BYTES_MAX);
    enum sl_err err = server_startup_put(&buf, server, server->login->database);
    if (err == SL_OK) {
        struct sl_span bytes = sl_buf_borrow(&buf);
        server_enter(server, SERVER_LOGIN);
        io_want(&server->io, IO_READ);
        io_send(&server->io, bytes.at, bytes.len);
    }
    sl_buf_fini(&buf);
    if (err != SL_OK) {
        out_of_memory(server);
    }
}

/* ---- TLS ---- */

static void tls_stepped(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner);

static void tls_step(struct server *server)
{
    struct worker *worker = server->io.worker;

    io_want(&server->io, 0);
    if (tls_handshake(server->io.tls, &worker->mailbox, tls_stepped, server) != SL_OK) {
        SL_IGNORE(sl_error_set(&server->login->error, SL_ELIMIT, SL_STATE_TOO_MANY_CONNECTIONS,
                          "too many TLS handshakes at once"),
                "it goes to those who wait");
        next_address(server);
    }
}

static void tls_stepped(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner)
{
    struct server *server = owner;

    (void)worker;
    switch (verdict) {
    case TLS_WANT_READ:
        io_want(&server->io, IO_READ);
        break;
    case TLS_WANT_WRITE:
        io_want(&server->io, IO_WRITE);
        break;
    case TLS_DONE:
        send_startup(server);
        break;
    case TLS_FAILED:
        SL_IGNORE(sl_error_set(&server->login->error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                          "TLS with the server failed: %s", tls_error(tls)),
                "it goes to those who wait");
        next_address(server);
        break;
    }
}

/* The server's one byte after SSLRequest; more behind it was put there by somebody else. */
static void tls_answered(struct server *server)
{
    struct server_login *login = server->login;
    uint8_t answer[2];
    ssize_t n = recv(server->io.fd, answer, sizeof answer, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n == 1 && answer[0] == 'S') {
        server->io.tls = tls_new(login->tls_context, server->io.fd, server->host, false);
        if (server->io.tls == NULL) {
            out_of_memory(server);
            return;
        }
        server_enter(server, SERVER_TLS);
        tls_step(server);
        return;
    }
    if (n == 1 && answer[0] == 'N' && tls_mode_accepts_plain(login->conf->server_tls_sslmode)) {
        send_startup(server);
        return;
    }
    SL_IGNORE(sl_error_set(&login->error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                      n == 1 && answer[0] == 'N'
                              ? "the server does not offer TLS, and server_tls_sslmode requires it"
                              : "the server's answer to SSLRequest is none"),
            "it goes to those who wait");
    next_address(server);
}

/* ---- connecting ---- */

/* False: this address is of no use. */
static bool connected(struct server *server)
{
    struct server_login *login = server->login;
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(server->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
        error = errno;
    }
    if (error != 0) {
        char text[128];
        char where[ADDRESS_TEXT_MAX];
        SL_IGNORE(sl_error_set(&login->error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                          "could not connect to server at %s: %s",
                          address_text(&server->address, where),
                          strerror_r(error, text, sizeof text)),
                "it goes to those who wait");
        return false;
    }
    socket_local(server->io.fd, &server->local);
    socket_tune(server->io.fd, login->conf);
    if (login->tls_context != NULL && server->address.at.any.sa_family != AF_UNIX &&
            tls_mode_asks(login->conf->server_tls_sslmode)) {
        static const uint8_t ssl_request[] = {0, 0, 0, 8, 4, 210, 22, 47};
        server_enter(server, SERVER_TLS_ASK);
        io_want(&server->io, IO_READ);
        io_send(&server->io, ssl_request, sizeof ssl_request);
        return true;
    }
    send_startup(server);
    return true;
}

/* False: this address is of no use. */
static bool connect_to(struct server *server)
{
    struct server_login *login = server->login;
    int fd =
            socket(server->address.at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        char text[128];
        SL_IGNORE(sl_error_set(&login->error, SL_EIO, "53000", "no socket for a server: %s",
                          strerror_r(errno, text, sizeof text)),
                "it goes to those who wait");
        server_login_failed(server, &login->error, false);
        return true;
    }
    io_open(&server->io, fd);
    server_enter(server, SERVER_CONNECT);
    int rc = connect(fd, &server->address.at.any, server->address.len);
    if (rc == 0) {
        return connected(server);
    }
    if (errno == EINPROGRESS) {
        io_want(&server->io, IO_WRITE);
        return true;
    }
    char text[128];
    char where[ADDRESS_TEXT_MAX];
    SL_IGNORE(sl_error_set(&login->error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                      "could not connect to server at %s: %s",
                      address_text(&server->address, where), strerror_r(errno, text, sizeof text)),
            "it goes to those who wait");
    return false;
}

/* ---- where to ---- */

static void take_addresses(struct server_login *login)
{
    login->is_resolving = false;
    login->address = 0;
    if (login->dns.count == 0) {
        SL_IGNORE(sl_error_set(&login->error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                          "could not resolve server host \"%s\": %s", login->server->host,
                          login->dns.error),
                "it goes to those who wait");
    }
}

static void resolved(struct dns_request *request, struct worker *worker)
{
    struct server_login *login = SL_CONTAINER(request, struct server_login, dns);

    (void)worker;
    if (login->server == NULL) {
        server_login_free(login);
        return;
    }
    take_addresses(login);
    next_address(login->server);
}

/* False: next_address() goes on, with the addresses of this host if there are any. */
static bool try_host(struct server *server)
{
    struct server_login *login = server->login;
    const struct conf_host *host = &login->database->hosts[login->host];

    free(server->host);
    server->host = strdup(host->host);
    server->port = host->port;
    if (server->host == NULL) {
        out_of_memory(server);
        return true;
    }
    server->node = sl_hash64_seed(sl_span_text(server->host), (uint64_t)server->port);
    login->dns.count = 0;
    if (host->host[0] == '/' || host->host[0] == '@') {
        if (address_parse(host->host, host->port, &server->address) == SL_OK) {
            return connect_to(server);
        }
        SL_IGNORE(sl_error_set(&login->error, SL_ECONF, SL_STATE_UNABLE_TO_CONNECT,
                          "\"%s\" is too long for a socket path", host->host),
                "it goes to those who wait");
        return false;
    }
    login->dns.home = &server->io.worker->mailbox;
    login->dns.done = resolved;
    server->dns_seen = dns_changes(); /* before the answer: what changes later is noticed */
    login->is_resolving = true;
    if (dns_lookup(host->host, host->port, &login->dns) == DNS_LATER) {
        return true;
    }
    take_addresses(login);
    return false;
}

/* False: of no use either. */
static bool try_next(struct server *server)
{
    struct server_login *login = server->login;

    if (login->address < login->dns.count) {
        address_widen(&login->dns.addresses[login->address++], &server->address);
        sl_log(SL_LOG_DEBUG, "server_connecting", "server=%lu db=%s address=%s",
                (unsigned long)server->serial, sl_log_quote(server->pool->database->name),
                sl_log_quote(address_text(&server->address, (char[ADDRESS_TEXT_MAX]){0})));
        return connect_to(server);
    }
    if (login->hosts_left > 0) {
        login->hosts_left--;
        login->host = (login->host + 1) % login->database->hosts_count;
        return try_host(server);
    }
    struct sl_error error = login->error;
    server_login_failed(server, &error, false);
    return true;
}

/* A loop: hosts that fail at once may be many. */
static void next_address(struct server *server)
{
    do {
        server_enter(server, SERVER_RESOLVE);
        io_close(&server->io);
        server->io.is_failed = false;
    } while (!try_next(server));
}

static const struct conf_database *find_database(const struct conf *conf, const struct pool *pool)
{
    const struct conf_database *database = conf_find_database(conf, pool->database->name);

    return database != NULL ? database : conf->fallback_database;
}

static enum sl_err take_credentials(const struct conf *conf, const struct conf_database *database,
        struct pool *pool, struct credentials *out)
{
    struct auth_login from = {.client_user = pool->user->name};
    struct credentials client;

    credentials_init(&client);
    pthread_mutex_lock(&pool->lock);
    enum sl_err err = credentials_copy(&client, &pool->credentials);
    pthread_mutex_unlock(&pool->lock);
    if (err == SL_OK) {
        from.client = client.kind == USERS_SECRET_NONE && !client.has_keys ? NULL : &client;
        err = auth_server_credentials(conf, database, &from, out);
    }
    credentials_fini(&client);
    return err;
}

/*
 * The server did not take what we know. Those who wait do so for another attempt if it
 * would be with something else: a client has brought it meanwhile, or the user list has it.
 */
static void credentials_refused(struct server *server, const struct sl_error *error)
{
    const struct conf *conf = server->io.worker->conf;
    const struct conf_database *database = find_database(conf, server->pool);
    struct credentials next;

    credentials_init(&next);
    pool_disown(server->pool, &server->login->credentials);
    bool has_other = database != NULL &&
                     take_credentials(conf, database, server->pool, &next) == SL_OK &&
                     next.kind != USERS_SECRET_NONE &&
                     !credentials_equal(&next, &server->login->credentials);
    credentials_fini(&next);
    server_login_failed(server, error, has_other);
}

void server_login_begin(struct server *server)
{
    struct worker *worker = server->io.worker;
    struct pool *pool = server->pool;
    struct server_login *login = calloc(1, sizeof *login);

    if (login == NULL) {
        out_of_memory(server);
        return;
    }
    server->login = login;
    login->server = server;
    login->conf = conf_ref(worker->conf);
    credentials_init(&login->credentials);
    login->database = find_database(login->conf, pool);
    if (login->database == NULL) {
        struct sl_error error;
        SL_IGNORE(sl_error_set(&error, SL_ECONF, SL_STATE_INVALID_CATALOG, "no such database: %s",
                          pool->database->name),
                "it goes to those who wait");
        server_login_failed(server, &error, false);
        return;
    }
    if (take_credentials(login->conf, login->database, pool, &login->credentials) != SL_OK) {
        out_of_memory(server);
        return;
    }
    login->tls_context = process_tls_to_servers();
    login->hosts_left = login->database->hosts_count - 1;
    if (login->database->load_balance_hosts == CONF_BALANCE_ROUND_ROBIN) {
        login->host = (int)(atomic_fetch_add(&pool->database->host_next, 1) %
                            (unsigned)login->database->hosts_count);
    }
    timer_set(&worker->timers, &server->timer,
            worker->now + (login->conf->server_connect_timeout_usec > 0
                                          ? login->conf->server_connect_timeout_usec
                                          : 3600 * SL_SECOND));
    if (!try_host(server)) {
        next_address(server);
    }
}

/* ---- authentication and what follows it ---- */

/* What a message of the login came to. */
enum step {
    STEP_MORE,  /* look at the next one */
    STEP_PAUSE, /* a job is under way */
    STEP_GONE   /* the server is closed: nothing of it may be looked at */
};

static void consume(struct server *server, struct sl_span bytes);

static enum step on_verdict(
        struct server *server, enum server_auth_verdict verdict, struct sl_buf *out)
{
    struct sl_span bytes = sl_buf_borrow(out);
    struct sl_error error;

    io_send(&server->io, bytes.at, bytes.len);
    switch (verdict) {
    case SERVER_AUTH_OK:
        server->login->is_ok = true;
        server_enter(server, SERVER_LOGIN);
        return STEP_MORE;
    case SERVER_AUTH_MORE:
        server_enter(server, SERVER_LOGIN);
        return STEP_MORE;
    case SERVER_AUTH_WAIT:
        server_enter(server, SERVER_LOGIN_WAIT);
        return STEP_PAUSE;
    case SERVER_AUTH_FAILED:
        break;
    }
    error = *server_auth_error(server->login->auth);
    if (strncmp(error.sqlstate, "28", 2) == 0) {
        credentials_refused(server, &error);
    } else {
        server_login_failed(server, &error, false);
    }
    return STEP_GONE;
}

static void auth_done(struct server_auth *auth, struct worker *worker, void *owner)
{
    struct server *server = owner;
    struct sl_buf out;

    (void)worker;
    sl_buf_init(&out, LOGIN_MESSAGE_MAX);
    enum server_auth_verdict verdict = server_auth_resume(auth, &out);
    enum step step = on_verdict(server, verdict, &out);
    sl_buf_fini(&out);
    if (step == STEP_MORE) {
        consume(server, io_kept(&server->io));
    }
}

static bool start_auth(struct server *server)
{
    struct tls_facts facts = {0};
    struct server_auth_input input = {
            .user = server->pool->user->name,
            .credentials = &server->login->credentials,
            .home = &server->io.worker->mailbox,
            .done = auth_done,
            .owner = server,
    };

    if (server->io.tls != NULL) {
        tls_facts(server->io.tls, &facts);
        input.tls = &facts;
    }
    server->login->auth = server_auth_new(&input);
    return server->login->auth != NULL;
}

static enum step on_auth(struct server *server, struct sl_span body)
{
    struct sl_buf out;

    if (server->login->is_ok) {
        breach(server, "an authentication request after the login");
        return STEP_GONE;
    }
    if (server->login->auth == NULL && !start_auth(server)) {
        out_of_memory(server);
        return STEP_GONE;
    }
    sl_buf_init(&out, LOGIN_MESSAGE_MAX);
    enum server_auth_verdict verdict = server_auth_message(server->login->auth, body, &out);
    enum step step = on_verdict(server, verdict, &out);
    sl_buf_fini(&out);
    return step;
}

/* 57P03, "the database system is starting up", passes; anything else is for those who wait. */
static enum step on_error(struct server *server, struct sl_span body)
{
    struct back_error seen;
    struct sl_error error;

    back_error_read(body, &seen);
    SL_IGNORE(sl_error_set(&error, SL_EAUTH,
                      seen.sqlstate[0] != '\0' ? seen.sqlstate : SL_STATE_UNABLE_TO_CONNECT, "%.*s",
                      (int)(seen.message.len > 400 ? 400 : seen.message.len),
                      (const char *)seen.message.at),
            "it goes to those who wait");
    if (server->hub == NULL &&
            (strncmp(seen.sqlstate, "22", 2) == 0 || strncmp(seen.sqlstate, "42", 2) == 0)) {
        pool_startup_refused(server->pool, server->startup, &error);
        server_close(server, "the server does not take the client's startup values");
        return STEP_GONE;
    }
    if (strcmp(seen.sqlstate, SL_STATE_INVALID_PASSWORD) == 0) {
        credentials_refused(server, &error);
        return STEP_GONE;
    }
    bool is_passing = strcmp(seen.sqlstate, SL_STATE_CANNOT_CONNECT_NOW) == 0;
    server_login_failed(server, &error, is_passing);
    return STEP_GONE;
}

static bool on_param(struct server *server, struct sl_span body)
{
    struct back_param param;

    if (back_param_status_read(body, &param) != SL_OK) {
        return false;
    }
    const struct params *set = params_with(server->reported, param.name_text, param.value_text);
    server->reported = set != NULL ? set : server->reported;
    if (param_is_settable(param.name_text)) {
        set = params_with(server->params, param.name_text, param.value_text);
        server->params = set != NULL ? set : server->params;
    }
    return true;
}

static bool on_key(struct server *server, struct sl_span body)
{
    struct sl_span key;

    if (back_key_data_read(body, &server->pid, &key) != SL_OK) {
        return false;
    }
    free(server->key);
    server->key_len = 0;
    server->key = malloc(key.len);
    if (server->key == NULL) {
        return true; /* then it cannot be cancelled */
    }
    memcpy(server->key, key.at, key.len);
    server->key_len = (uint16_t)key.len;
    return true;
}

/* It is said before anybody asked: that it ends, or what concerns nobody. */
static enum step on_message_behind(struct server *server, uint8_t type, struct sl_span body)
{
    if (type == BACK_ERROR) {
        server->close_reason = "the server ended the session";
        return STEP_MORE;
    }
    if (type == BACK_NOTICE || (type == BACK_PARAM_STATUS && on_param(server, body))) {
        return STEP_MORE;
    }
    breach(server, "a message behind its end");
    return STEP_GONE;
}

static enum step on_message(struct server *server, uint8_t type, struct sl_span body)
{
    bool is_ok = server->login->is_ok;

    if (server->login->is_ready) {
        return on_message_behind(server, type, body);
    }
    switch (type) {
    case BACK_AUTH:
        return on_auth(server, body);
    case BACK_ERROR:
        return on_error(server, body);
    case BACK_NOTICE:
    case BACK_NEGOTIATE:
        return STEP_MORE;
    case BACK_PARAM_STATUS:
        if (is_ok && on_param(server, body)) {
            return STEP_MORE;
        }
        break;
    case BACK_KEY_DATA:
        if (is_ok && on_key(server, body)) {
            return STEP_MORE;
        }
        break;
    case BACK_READY:
        if (is_ok && body.len == 1 && body.at[0] == 'I') {
            server->login->is_ready = true;
            return STEP_MORE;
        }
        break;
    default:
        break;
    }
    breach(server, "a message that does not belong there");
    return STEP_GONE;
}

static void on_ready_for_query(struct server *server)
{
    struct worker *worker = server->io.worker;
    struct server_login *login = server->login;
    const char *query = login->database->connect_query;

    server->baseline = params_ref(server->params);
    server->epochs = catalogs_epoch_of(login->database, server->pool->database->name);
    server->under_way.database =
            catalogs_epoch_number(login->database, server->pool->database->name);
    const char *standby = params_get(server->reported, "in_hot_standby");
    server->is_standby = standby != NULL && strcmp(standby, "on") == 0;
    server->under_way.node = server->node;
    server->under_way.pid = server->pid;
    pool_login_succeeded(server->pool, server);
    if (login->conf->log_connections) {
        char where[ADDRESS_TEXT_MAX];
        sl_log(SL_LOG_INFO, "server_login", "server=%lu db=%s user=%s address=%s pid=%u",
                (unsigned long)server->serial, sl_log_quote(server->pool->database->name),
                sl_log_quote(server->pool->user->name),
                sl_log_quote(address_text(&server->address, where)), server->pid);
    }
    server_enter(server, SERVER_SETUP);
    if (query != NULL && query[0] != '\0' && !server->is_replication) {
        pool_place(server->pool, server, POOL_TESTED);
        if (server_ask_hidden(server, query) != SL_OK) {
            out_of_memory(server);
        }
        return; /* server_relay.c sees its end */
    }
    server->login = NULL;
    server_login_free(login);
    timer_clear(&worker->timers, &server->timer);
    link_free_server(server);
}

static void consume(struct server *server, struct sl_span bytes)
{
    size_t used = 0;
    enum step step = STEP_MORE;

    while (step == STEP_MORE && bytes.len - used >= MESSAGE_HEAD) {
        const uint8_t *at = bytes.at + used;
        uint32_t len = sl_get_u32(at + 1);
        if (!message_len_ok(len) || len > LOGIN_MESSAGE_MAX) {
            breach(server, "a length that cannot be");
            return;
        }
        if (bytes.len - used < (size_t)len + 1) {
            break;
        }
        used += (size_t)len + 1;
        step = on_message(server, at[0], sl_span(at + MESSAGE_HEAD, len - 4));
    }
    if (step == STEP_GONE) {
        return;
    }
    if (io_keep(&server->io, bytes, used) != SL_OK) {
        out_of_memory(server);
    } else if (server->login->is_ready && used == bytes.len) {
        on_ready_for_query(server);
    }
}

static void read_login(struct server *server)
{
    struct sl_span bytes;

    switch (io_receive(&server->io, &bytes)) {
    case IO_BYTES:
        if (server->state == SERVER_LOGIN) {
            consume(server, bytes);
        } else if (io_keep(&server->io, bytes, 0) != SL_OK || bytes.len > LOGIN_MESSAGE_MAX) {
            breach(server, "too much before its turn");
        }
        break;
    case IO_AGAIN:
        break;
    case IO_EOF:
    case IO_LOST:
        SL_IGNORE(sl_error_set(&server->login->error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                          "server closed the connection during login"),
                "it goes to those who wait");
        next_address(server);
        break;
    }
}

void server_login_ready(struct server *server, unsigned got)
{
    switch (server->state) {
    case SERVER_CONNECT:
        if (!connected(server)) {
            next_address(server);
        }
        break;
    case SERVER_TLS_ASK:
        tls_answered(server);
        break;
    case SERVER_TLS:
        tls_step(server);
        break;
    case SERVER_LOGIN:
    case SERVER_LOGIN_WAIT:
        if ((got & IO_WRITE) != 0) {
            io_flush(&server->io);
        }
        if ((got & (IO_READ | IO_ERROR)) != 0) {
            read_login(server);
        }
        break;
    case SERVER_RESOLVE:
    case SERVER_SETUP:
    case SERVER_IDLE:
    case SERVER_LINKED:
    case SERVER_CLEAN:
    case SERVER_TEST:
    case SERVER_LOAD:
    case SERVER_LISTEN:
    case SERVER_CLOSED:
        break;
    }
}
