/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel.c - the table of keys, and cancel requests on their way.
 *
 * A request travels: read here (CLIENT_CANCEL) -> letter to the worker of the
 * client it is about -> there either done at once or a socket to the server ->
 * letter back, so that the connection it came by is closed when it was delivered:
 * whoever cancels waits for that, as with PostgreSQL.
 */
#include "proxy/cancel.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/hash.h"
#include "protocol/base/log.h"
#include "protocol/crypto.h"
#include "protocol/sqlstate.h"
#include "protocol/startup.h"
#include "proxy/client.h"
#include "proxy/client_cancelled.h"
#include "proxy/console.h"
#include "proxy/link.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_MAX = 512 };
#define CANCEL_DEADLINE (10 * SL_SECOND)

struct cancel {
    struct letter letter;
    struct sl_list link; /* on the worker's list, while it has a socket */
    struct io io;
    struct timer timer;
    struct worker *from_worker;
    struct sl_id from;   /* the connection the request came by; gen 0: none */
    struct sl_id client; /* whom it is about */
    struct pool *pool;
    uint64_t server; /* serial of the one that is held back for it; 0: none */
    struct address address;
    uint8_t packet[PACKET_MAX];
    size_t packet_len;
    bool is_connected;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_map table = {.nodes_max = UINT32_MAX}; /* under lock */
static atomic_uint last_pid;
static _Atomic uint64_t dropped;
static atomic_int under_way;

uint64_t cancel_dropped(void)
{
    return atomic_load(&dropped);
}

static uint64_t hash_of(uint32_t pid)
{
    return (uint64_t)pid * UINT64_C(0x9E3779B97F4A7C15);
}

uint32_t cancel_new_pid(void)
{
    return (atomic_fetch_add(&last_pid, 1) + 1) & 0x7fffffff;
}

size_t cancel_secret(const struct client *client, uint8_t secret[CANCEL_KEY_LONG])
{
    size_t len = client->minor_two ? CANCEL_KEY_LONG : CANCEL_KEY_SHORT;

    return process_secret(client->cancel.serial, secret, len) ? len : 0;
}

bool cancel_add(struct client *client, uint32_t pid)
{
    client->cancel.pid = pid;
    client->cancel.client = client->id;
    client->cancel.worker = client->io.worker;
    client->cancel.key_len = client->minor_two ? CANCEL_KEY_LONG : CANCEL_KEY_SHORT;
    pthread_mutex_lock(&lock);
    enum sl_err err = sl_map_put(&table, &client->cancel.node, hash_of(pid));
    pthread_mutex_unlock(&lock);
    client->cancel.is_known = err == SL_OK;
    return err == SL_OK;
}

void cancel_remove(struct client *client)
{
    if (client->cancel.is_known) {
        pthread_mutex_lock(&lock);
        sl_map_remove(&table, &client->cancel.node);
        pthread_mutex_unlock(&lock);
        client->cancel.is_known = false;
    }
}

/* Whose key that is; several may have the same process id, in session pooling. */
static struct worker *find(uint32_t pid, struct sl_span key, struct sl_id *client)
{
    struct worker *found = NULL;

    pthread_mutex_lock(&lock);
    for (struct sl_map_node *n = sl_map_first(&table, hash_of(pid)); n != NULL;
            n = sl_map_next(n)) {
        struct cancel_key *known = SL_CONTAINER(n, struct cancel_key, node);
        uint8_t secret[CANCEL_KEY_LONG];
        if (known->pid == pid && key.len == known->key_len &&
                process_secret(known->serial, secret, known->key_len) &&
                crypto_equal(key.at, secret, key.len)) {
            *client = known->client;
            found = known->worker;
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* ---- the end of it ---- */

static void deliver_done(struct letter *letter, struct worker *worker)
{
    struct cancel *cancel = SL_CONTAINER(letter, struct cancel, letter);
    struct client *from = client_find(worker, cancel->from);

    if (from != NULL && from->state == CLIENT_CANCEL) {
        client_close(from, "cancel request delivered");
    }
    free(cancel);
}

static void done(struct cancel *cancel)
{
    atomic_fetch_sub(&under_way, 1);
    if (cancel->from.gen == 0) {
        free(cancel);
        return;
    }
    cancel->letter.deliver = deliver_done;
    mailbox_post(&cancel->from_worker->mailbox, &cancel->letter);
}

/* ---- to the server ---- */

static void release_server(const struct cancel *cancel, struct worker *worker)
{
    SL_LIST_EACH (it, &worker->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        if (server->serial == cancel->server) {
            server->cancels--;
            if (server->cancels == 0 && server->state == SERVER_CLEAN &&
                    expect_idle(&server->expect)) {
                link_free_server(server);
            }
            return;
        }
    }
}

static void finished(struct cancel *cancel)
{
    struct worker *worker = cancel->io.worker;

    timer_clear(&worker->timers, &cancel->timer);
    sl_list_remove(&cancel->link);
    io_close(&cancel->io);
    atomic_fetch_sub(&cancel->pool->cancels_active, 1);
    if (cancel->server != 0) {
        release_server(cancel, worker);
    }
    done(cancel);
}

static void on_ready(struct io *io, unsigned got)
{
    struct cancel *cancel = SL_CONTAINER(io, struct cancel, io);
    struct sl_span bytes;

    if (!cancel->is_connected) {
        int error = 0;
        socklen_t len = sizeof error;
        if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
            finished(cancel);
            return;
        }
        cancel->is_connected = true;
        io_want(io, IO_READ);
        io_send(io, cancel->packet, cancel->packet_len);
        return;
    }
    if ((got & IO_WRITE) != 0) {
        io_flush(io);
    }
    if ((got & (IO_READ | IO_ERROR)) == 0) {
        return;
    }
    enum io_result result = io_receive(io, &bytes);
    if (result == IO_BYTES) {
        SL_IGNORE(io_keep(io, bytes, bytes.len), "nothing is kept");
    } else if (result != IO_AGAIN || io->is_failed) {
        finished(cancel); /* the server closes when it has passed the signal on */
    }
}

void cancel_close_all(struct worker *worker)
{
    SL_LIST_EACH_SAFE (it, &worker->cancels) {
        struct cancel *cancel = SL_CONTAINER(it, struct cancel, link);
        cancel->from.gen = 0; /* its worker may have gone already */
        finished(cancel);
    }
}

static void timer_fired(struct timer *timer)
{
    finished(SL_CONTAINER(timer, struct cancel, timer));
}

static bool put_packet(struct cancel *cancel, const struct server *server)
{
    struct sl_buf buf;

    sl_buf_init(&buf, PACKET_MAX);
    bool is_put = server->pid != 0 && startup_put_cancel(&buf, server->pid,
                                              sl_span(server->key, server->key_len)) == SL_OK;
    if (is_put) {
        struct sl_span bytes = sl_buf_borrow(&buf);
        memcpy(cancel->packet, bytes.at, bytes.len);
        cancel->packet_len = bytes.len;
    }
    sl_buf_fini(&buf);
    return is_put;
}

/*
 * Opens the connection that carries the server's own key. In plain: the key is a
 * one-time secret of a connection that may be encrypted, but PostgreSQL's libpq did
 * the same until version 17.
 */
static bool send_to(struct cancel *cancel, struct server *server, bool holds_back)
{
    struct worker *worker = server->io.worker;

    if (!put_packet(cancel, server)) {
        return false;
    }
    cancel->address = server->address;
    int fd =
            socket(cancel->address.at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    if (connect(fd, &cancel->address.at.any, cancel->address.len) != 0 && errno != EINPROGRESS) {
        close(fd);
        return false;
    }
    io_init(&cancel->io, worker, on_ready);
    io_open(&cancel->io, fd);
    sl_list_append(&worker->cancels, &cancel->link);
    timer_init(&cancel->timer, timer_fired);
    timer_set(&worker->timers, &cancel->timer, worker->now + CANCEL_DEADLINE);
    cancel->pool = server->pool;
    atomic_fetch_add(&cancel->pool->cancels_active, 1);
    if (holds_back) {
        cancel->server = server->serial;
        server->cancels++;
    }
    io_want(&cancel->io, IO_WRITE);
    return true;
}

/* On the worker of the client that the request is about. */
static void deliver_request(struct letter *letter, struct worker *worker)
{
    struct cancel *cancel = SL_CONTAINER(letter, struct cancel, letter);
    struct client *client = client_find(worker, cancel->client);

    if (client == NULL) {
        done(cancel);
        return;
    }
    if (client->state == CLIENT_CONSOLE) {
        console_cancel(client);
        done(cancel);
        return;
    }
    if (client->server == NULL) {
        client_cancelled_in_line(client);
        done(cancel);
        return;
    }
    /* The query it meant may have ended, and what runs may be our own: then it is dropped. */
    const struct expect_entry *head = expect_head(&client->server->expect);
    if (head == NULL || (head->flags & EXPECT_HIDDEN) != 0 ||
            !send_to(cancel, client->server, true)) {
        done(cancel);
    }
}

static struct cancel *cancel_new(void)
{
    if (atomic_fetch_add(&under_way, 1) >= CANCELS_MAX) {
        atomic_fetch_sub(&under_way, 1);
        atomic_fetch_add(&dropped, 1);
        return NULL;
    }
    struct cancel *cancel = calloc(1, sizeof *cancel);
    if (cancel == NULL) {
        atomic_fetch_sub(&under_way, 1);
        atomic_fetch_add(&dropped, 1);
    }
    return cancel;
}

void cancel_request(struct client *from, uint32_t pid, struct sl_span key)
{
    struct sl_id client;
    struct worker *to = find(pid, key, &client);
    struct cancel *cancel = to == NULL ? NULL : cancel_new();

    if (cancel == NULL) {
        client_close(from, "cancel request of nobody");
        return;
    }
    client_login_free(from);
    client_enter(from, CLIENT_CANCEL);
    client_set_timer(from);
    cancel->from_worker = from->io.worker;
    cancel->from = from->id;
    cancel->client = client;
    cancel->letter.deliver = deliver_request;
    mailbox_post(&to->mailbox, &cancel->letter);
}

void cancel_orphan(struct server *server)
{
    struct cancel *cancel = cancel_new();

    if (cancel != NULL && !send_to(cancel, server, false)) {
        done(cancel);
    }
}
