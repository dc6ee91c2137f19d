/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_sockets.c - CLIENTS, SERVERS, SOCKETS, ACTIVE_SOCKETS, FDS:
 * one row a connection, written on the worker that has it.
 */
#include "proxy/client.h"
#include "proxy/console_show.h"
#include "proxy/console_tour.h"
#include "proxy/listener.h"
#include "proxy/params.h"
#include "proxy/prepared.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <stdio.h>
#include <strings.h>

enum which { CLIENTS = 1, SERVERS = 2, PREFIXED = 4, POSITIONS = 8, ACTIVE_ONLY = 16, LOGINS = 32 };

enum { STD_COLUMNS = 21 };

static const struct reply_column socket_columns[] = {{"type", REPLY_TEXT}, {"user", REPLY_TEXT},
        {"database", REPLY_TEXT}, {"replication", REPLY_TEXT}, {"state", REPLY_TEXT},
        {"addr", REPLY_TEXT}, {"port", REPLY_INT4}, {"local_addr", REPLY_TEXT},
        {"local_port", REPLY_INT4}, {"connect_time", REPLY_TEXT}, {"request_time", REPLY_TEXT},
        {"wait", REPLY_INT4}, {"wait_us", REPLY_INT4}, {"close_needed", REPLY_INT4},
        {"ptr", REPLY_TEXT}, {"link", REPLY_TEXT}, {"remote_pid", REPLY_INT4}, {"tls", REPLY_TEXT},
        {"application_name", REPLY_TEXT}, {"prepared_statements", REPLY_INT4}, {"id", REPLY_INT4},
        /* SOCKETS and ACTIVE_SOCKETS only */
        {"recv_pos", REPLY_INT4}, {"pkt_pos", REPLY_INT4}, {"pkt_remain", REPLY_INT4},
        {"send_pos", REPLY_INT4}, {"send_remain", REPLY_INT4}, {"pkt_avail", REPLY_INT4},
        {"send_avail", REPLY_INT4}};

/* What a row needs to know of a connection, of either kind. */
struct socket_facts {
    const struct io *io;
    const char *type;
    const char *user;
    const char *database;
    const char *replication;
    const char *state;
    struct address_short address;
    struct address_short local;
    sl_usec connected_at;
    sl_usec request_at;
    sl_usec waits_since; /* 0: does not */
    bool close_needed;
    const void *self;
    const void *link;
    uint32_t pid;
    const char *application_name;
    uint32_t prepared;
    uint64_t id;
    uint32_t body_left;
};

/* A moment of the monotonic clock, as a date. */
static void add_address(struct view_row *row, const struct address_short *address)
{
    char text[ADDRESS_TEXT_MAX];

    view_add_copy(row, address_host_text(address, text));
    view_add_int(row, address->port);
}

static void add_pointer(struct view_row *row, const void *pointer)
{
    if (pointer == NULL) {
        view_add_text(row, "");
    } else {
        view_add_printf(row, "%p", pointer);
    }
}

static void add_tls(struct view_row *row, const struct io *io, bool has_session)
{
    char text[TLS_TEXT_MAX];

    view_add_copy(row, io->tls == NULL || !has_session ? "" : tls_text(io->tls, text));
}

static void add_positions(struct view_row *row, const struct socket_facts *facts)
{
    const struct io *io = facts->io;

    view_add_int(row, io->in.filled);
    view_add_int(row, io->in.done);
    view_add_int(row, facts->body_left);
    view_add_int(row, io->out.done);
    view_add_int(row, 0);
    view_add_int(row, hold_len(&io->in));
    view_add_int(row, hold_len(&io->out));
}

static bool put_socket(struct view_visit *visit, const struct socket_facts *facts, bool has_tls)
{
    sl_usec wait = facts->waits_since == 0 ? 0 : sl_now() - facts->waits_since;
    const struct reply_column *columns = visit->view->columns;
    struct view_row row;

    wait = wait < 0 ? 0 : wait;
    view_row_begin(&row);
    view_add_text(&row, facts->type);
    view_add_text(&row, facts->user);
    view_add_text(&row, facts->database);
    view_add_text(&row, facts->replication);
    view_add_text(&row, facts->state);
    add_address(&row, &facts->address);
    add_address(&row, &facts->local);
    console_add_time(&row, facts->connected_at);
    console_add_time(&row, facts->request_at);
    view_add_int(&row, wait / SL_SECOND);
    view_add_int(&row, wait % SL_SECOND);
    view_add_int(&row, facts->close_needed);
    add_pointer(&row, facts->self);
    add_pointer(&row, facts->link);
    view_add_int(&row, facts->pid);
    add_tls(&row, facts->io, has_tls);
    view_add_text(&row, facts->application_name == NULL ? "" : facts->application_name);
    view_add_int(&row, facts->prepared);
    view_add_int(&row, (int64_t)(facts->id & INT32_MAX));
    if (columns == socket_columns && visit->view->columns_count > STD_COLUMNS) {
        add_positions(&row, facts);
    }
    return view_put(visit, &row);
}

/* ---- clients ---- */

static unsigned peer_pid(const struct client *client)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (!client->is_unix || client->io.fd < 0 ||
            getsockopt(client->io.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
        return 0;
    }
    return (unsigned)peer.pid;
}

static bool is_login(const struct client *client)
{
    return client->state < CLIENT_WELCOME;
}

static const char *replication_text(const struct params *startup)
{
    const char *value = params_get(startup, "replication");

    return value == NULL ? "none" : strcasecmp(value, "database") == 0 ? "logical" : "physical";
}

static const char *client_word(const struct client *client, unsigned which, char text[static 32])
{
    const char *word = client_state_text(client);

    if (client->state == CLIENT_CANCEL) {
        word = "active_cancel_req";
    }
    if ((which & PREFIXED) == 0) {
        return word;
    }
    snprintf(text, 32, "cl_%s", strcmp(word, "idle") == 0 ? "active" : word);
    return text;
}

static bool put_client(struct view_visit *visit, const struct client *client, unsigned which)
{
    char state[32];
    bool is_console = client->state == CLIENT_CONSOLE;
    struct socket_facts facts = {.io = &client->io,
            .type = "C",
            .user = client->user == NULL ? "(nouser)" : client->user->name,
            .database = is_console             ? "pgbouncer"
                        : client->pool == NULL ? "(nodb)"
                                               : client->pool->database->name,
            .replication = replication_text(client->startup),
            .state = client_word(client, which, state),
            .address = client->address,
            .local = client->local,
            .connected_at = client->connected_at,
            .request_at = client->request_at,
            .waits_since = client->query_since,
            .close_needed = client->close_needed,
            .self = client,
            .link = client->server,
            .pid = peer_pid(client),
            .application_name = params_get(client->params, "application_name"),
            .prepared = client->names == NULL ? 0 : client_names_count(client->names),
            .id = client->cancel.serial,
            .body_left = client->body_left};

    return put_socket(visit, &facts, !is_login(client));
}

/* Some clients; true when there are no more. */
static bool put_clients(struct view_visit *visit, struct worker *worker, unsigned which)
{
    struct sl_id id;

    for (int i = 0; i < TOUR_CLIENTS; i++) {
        const struct client *client = sl_slab_next(worker->clients, visit->cursor, &id);
        if (client == NULL) {
            return true;
        }
        visit->cursor = id.slot + 1;
        bool is_shown = client->state < CLIENT_LEAVING &&
                        (!is_login(client) || (which & LOGINS) != 0) &&
                        ((which & ACTIVE_ONLY) == 0 || hold_len(&client->io.in) > 0 ||
                                hold_len(&client->io.out) > 0 || client->body_left > 0);
        if (is_shown && !put_client(visit, client, which)) {
            return true;
        }
    }
    return false;
}

/* ---- servers ---- */

static const char *server_word(const struct server *server, unsigned which, char text[static 32])
{
    const char *word = server_state_text(server);

    if ((which & PREFIXED) == 0) {
        return strcmp(word, "login") == 0 ? "new" : word;
    }
    snprintf(text, 32, "sv_%s", word);
    return text;
}

static bool put_server(struct view_visit *visit, struct server *server, unsigned which)
{
    char state[32];
    struct address_short address;

    address_shorten(&server->address, &address);
    struct socket_facts facts = {.io = &server->io,
            .type = "S",
            .user = server->pool->user->name,
            .database = server->pool->database->name,
            .replication = replication_text(server->startup),
            .state = server_word(server, which, state),
            .address = address,
            .local = server->local,
            .connected_at = server->connected_at,
            .request_at = server->request_at,
            .close_needed = server_is_old(server),
            .self = server,
            .link = server->client,
            .pid = server->pid,
            .application_name = params_get(server->params, "application_name"),
            .prepared = server->stmts.map.count,
            .id = server->serial,
            .body_left = server->body_left};

    if (address.family == AF_UNIX) {
        facts.address.port = (uint16_t)server->port; /* the file's name has it */
    }
    return put_socket(visit, &facts, server->state > SERVER_TLS);
}

static void put_servers(struct view_visit *visit, struct worker *worker, unsigned which)
{
    SL_LIST_EACH (it, &worker->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        bool is_shown = (which & ACTIVE_ONLY) == 0 || hold_len(&server->io.in) > 0 ||
                        hold_len(&server->io.out) > 0 || server->body_left > 0;
        if (is_shown && !put_server(visit, server, which)) {
            return;
        }
    }
}

/* ---- the views ---- */

static bool put_both(struct view_visit *visit, void *worker, unsigned which)
{
    if (!put_clients(visit, worker, which)) {
        return false;
    }
    put_servers(visit, worker, which);
    return true;
}

static bool show_clients(struct view_visit *visit, void *worker)
{
    return put_clients(visit, worker, CLIENTS);
}

static bool show_servers(struct view_visit *visit, void *worker)
{
    put_servers(visit, worker, SERVERS);
    return true;
}

static bool show_sockets(struct view_visit *visit, void *worker)
{
    return put_both(visit, worker, PREFIXED | POSITIONS | LOGINS);
}

static bool show_active_sockets(struct view_visit *visit, void *worker)
{
    return put_both(visit, worker, PREFIXED | POSITIONS | LOGINS | ACTIVE_ONLY);
}

/* ---- FDS ---- */

static const struct reply_column fd_columns[] = {{"fd", REPLY_INT4}, {"task", REPLY_TEXT},
        {"user", REPLY_TEXT}, {"database", REPLY_TEXT}, {"addr", REPLY_TEXT}, {"port", REPLY_INT4},
        {"cancel", REPLY_INT8}, {"link", REPLY_INT4}, {"client_encoding", REPLY_TEXT},
        {"std_strings", REPLY_TEXT}, {"datestyle", REPLY_TEXT}, {"timezone", REPLY_TEXT},
        {"password", REPLY_TEXT}, {"scram_client_key", REPLY_BYTEA},
        {"scram_server_key", REPLY_BYTEA}};

struct fd_facts {
    int fd;
    int link;
    const char *task;
    const char *user;
    const char *database;
    struct address_short address;
    const struct params *params; /* or NULL */
};

/*
 * PgBouncer hands its sockets to a successor with this, and their secrets too. Our
 * secrets are nobody's business, and the descriptors stay here.
 */
static bool put_fd(struct view_visit *visit, const struct fd_facts *facts)
{
    static const char *const params[] = {
            "client_encoding", "standard_conforming_strings", "DateStyle", "TimeZone"};
    struct view_row row;

    view_row_begin(&row);
    view_add_int(&row, facts->fd);
    view_add_text(&row, facts->task);
    view_add_text(&row, facts->user);
    view_add_text(&row, facts->database);
    add_address(&row, &facts->address);
    view_add_text(&row, NULL);
    view_add_int(&row, facts->link);
    for (size_t i = 0; i < SL_COUNT(params); i++) {
        view_add_text(&row, facts->params == NULL ? NULL : params_get(facts->params, params[i]));
    }
    view_add_text(&row, NULL);
    view_add_text(&row, NULL);
    view_add_text(&row, NULL);
    return view_put(visit, &row);
}

static void put_listeners(struct view_visit *visit)
{
    struct address address;
    int fd;

    for (int i = 0; listener_at(i, &fd, &address); i++) {
        struct fd_facts facts = {.fd = fd, .task = "pooler"};
        address_shorten(&address, &facts.address);
        if (fd >= 0) {
            put_fd(visit, &facts);
        }
    }
}

static void put_server_fds(struct view_visit *visit, struct worker *worker)
{
    SL_LIST_EACH (it, &worker->servers) {
        const struct server *server = SL_CONTAINER(it, struct server, link);
        struct fd_facts facts = {.fd = server->io.fd,
                .link = server->client == NULL ? 0 : server->client->io.fd,
                .task = "server",
                .user = server->pool->user->name,
                .database = server->pool->database->name,
                .params = server->params};
        address_shorten(&server->address, &facts.address);
        if (!put_fd(visit, &facts)) {
            return;
        }
    }
}

static bool show_fds(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    struct sl_id id;

    for (int i = 0; i < TOUR_CLIENTS; i++) {
        const struct client *client = sl_slab_next(worker->clients, visit->cursor, &id);
        if (client == NULL) {
            put_server_fds(visit, worker);
            return true;
        }
        visit->cursor = id.slot + 1;
        struct fd_facts facts = {.fd = client->io.fd,
                .link = client->server == NULL ? 0 : client->server->io.fd,
                .task = "client",
                .user = client->user == NULL ? NULL : client->user->name,
                .database = client->pool == NULL ? NULL : client->pool->database->name,
                .address = client->address,
                .params = client->params};
        if (!put_fd(visit, &facts)) {
            return true;
        }
    }
    return false;
}

const struct view console_views_sockets[] = {
        {.name = "clients",
                .sentence = "Each client that is logged in.",
                .columns = socket_columns,
                .columns_count = STD_COLUMNS,
                .on_worker = show_clients},
        {.name = "servers",
                .sentence = "Each connection to a server.",
                .columns = socket_columns,
                .columns_count = STD_COLUMNS,
                .on_worker = show_servers},
        {.name = "sockets",
                .sentence = "Each connection, with what its buffers hold.",
                .columns = socket_columns,
                .columns_count = SL_COUNT(socket_columns),
                .on_worker = show_sockets},
        {.name = "active_sockets",
                .sentence = "The same, of those that are in the middle of something.",
                .columns = socket_columns,
                .columns_count = SL_COUNT(socket_columns),
                .on_worker = show_active_sockets},
        {.name = "fds",
                .sentence = "File descriptors, without secrets.",
                .columns = fd_columns,
                .columns_count = SL_COUNT(fd_columns),
                .is_admin = true,
                .on_worker = show_fds,
                .finish = put_listeners},
        {.name = NULL},
};
