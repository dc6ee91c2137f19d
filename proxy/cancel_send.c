/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel_send.c - connect, encrypt, send, wait for the end.
 */
#include "proxy/cancel_send.h"

#include "protocol/base/buf.h"
#include "proxy/client.h"
#include "proxy/handover_give.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void cancel_send_for(struct cancel_send *send, struct client *from)
{
    client_login_free(from);
    client_enter(from, CLIENT_CANCEL);
    client_set_timer(from);
    send->from_worker = from->io.worker;
    send->from = from->id;
}

bool cancel_send_packet(struct cancel_send *send, uint32_t pid, struct sl_span key)
{
    struct sl_buf buf;

    sl_buf_init(&buf, CANCEL_PACKET_MAX);
    bool is_put = startup_put_cancel(&buf, pid, key) == SL_OK;
    if (is_put) {
        struct sl_span bytes = sl_buf_borrow(&buf);
        memcpy(send->packet, bytes.at, bytes.len);
        send->packet_len = bytes.len;
    }
    sl_buf_fini(&buf);
    return is_put;
}

/* ---- the end of it ---- */

static void close_socket(struct cancel_send *send)
{
    if (send->state != CANCEL_SEND_CLOSED) {
        io_close(&send->io);
        send->state = CANCEL_SEND_CLOSED;
    }
}

static void end(struct cancel_send *send, enum cancel_end how)
{
    close_socket(send);
    send->ended(send, how);
}

static void timer_fired(struct timer *timer)
{
    struct cancel_send *send = SL_CONTAINER(timer, struct cancel_send, timer);

    snprintf(send->why, sizeof send->why, "no end of it in time");
    end(send, CANCEL_LATE);
}

void cancel_send_begin(struct cancel_send *send, struct worker *worker, sl_usec deadline)
{
    send->worker = worker;
    send->state = CANCEL_SEND_CLOSED;
    sl_list_append(&worker->cancels, &send->link);
    timer_init(&send->timer, timer_fired);
    timer_set(&worker->timers, &send->timer, worker->now + deadline);
}

void cancel_send_stop_all(struct worker *worker)
{
    SL_LIST_EACH_SAFE (it, &worker->cancels) {
        end(SL_CONTAINER(it, struct cancel_send, link), CANCEL_STOPPED);
    }
}

static void deliver_done(struct letter *letter, struct worker *worker)
{
    struct cancel_send *send = SL_CONTAINER(letter, struct cancel_send, letter);
    struct client *from = client_find(worker, send->from);

    if (from != NULL && from->state == CLIENT_CANCEL) {
        client_close(from, "cancel request delivered");
    }
    free(send);
}

void cancel_send_finish(struct cancel_send *send, struct worker *worker)
{
    if (send->worker != NULL) {
        close_socket(send);
        timer_clear(&send->worker->timers, &send->timer);
        sl_list_remove(&send->link);
    }
    tls_context_unref(send->tls_context);
    free(send->host);
    send->tls_context = NULL;
    send->host = NULL;
    if (send->number != 0) {
        handover_cancelled(send->number);
    }
    if (send->from.gen == 0 || worker->stopping) {
        free(send); /* nobody waits, or the worker of who does may have gone already */
        return;
    }
    send->letter.deliver = deliver_done;
    mailbox_post(&send->from_worker->mailbox, &send->letter);
}

/* ---- the way there ---- */

static void on_ready(struct io *io, unsigned got);

static bool fail_errno(struct cancel_send *send, const char *what, int error)
{
    char text[64];

    snprintf(send->why, sizeof send->why, "%s: %s", what, strerror_r(error, text, sizeof text));
    return false;
}

static bool open_socket(struct cancel_send *send)
{
    int fd = socket(send->address.at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return fail_errno(send, "no socket", errno);
    }
    if (connect(fd, &send->address.at.any, send->address.len) != 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        return fail_errno(send, "could not connect", error);
    }
    io_init(&send->io, send->worker, on_ready);
    io_open(&send->io, fd);
    send->state = CANCEL_SEND_CONNECT;
    io_want(&send->io, IO_WRITE);
    return true;
}

bool cancel_send_open(struct cancel_send *send, const struct address *address)
{
    SL_DCHECK(send->state == CANCEL_SEND_CLOSED);
    send->address = *address;
    send->is_plain = false;
    return open_socket(send);
}

/* TLS did not come about: as libpq does, once more without, unless that is forbidden. */
static void no_tls(struct cancel_send *send, const char *why)
{
    snprintf(send->why, sizeof send->why, "%s", why);
    close_socket(send);
    send->is_plain = true;
    if (!tls_context_accepts_plain(send->tls_context) || !open_socket(send)) {
        end(send, CANCEL_FAILED);
    }
}

static void send_packet(struct cancel_send *send)
{
    if (send->wanted != NULL && !send->wanted(send)) {
        end(send, CANCEL_UNWANTED);
        return;
    }
    send->state = CANCEL_SEND_SENT;
    io_want(&send->io, IO_READ);
    io_send(&send->io, send->packet, send->packet_len);
    if (send->io.tls != NULL) {
        io_wake(&send->io, IO_READ); /* the end may have come with the handshake's last bytes */
    }
    if (send->sent != NULL) {
        send->sent(send);
    }
}

static void tls_stepped(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner)
{
    struct cancel_send *send = owner;
    char why[CANCEL_WHY_MAX];

    (void)worker;
    switch (verdict) {
    case TLS_WANT_READ:
        io_want(&send->io, IO_READ);
        break;
    case TLS_WANT_WRITE:
        io_want(&send->io, IO_WRITE);
        break;
    case TLS_DONE:
        send_packet(send);
        break;
    case TLS_FAILED:
        snprintf(why, sizeof why, "%s", tls_error(tls)); /* which goes with the socket */
        no_tls(send, why);
        break;
    }
}

static void tls_step(struct cancel_send *send)
{
    io_want(&send->io, 0);
    if (tls_handshake(send->io.tls, &send->worker->mailbox, tls_stepped, send) != SL_OK) {
        snprintf(send->why, sizeof send->why, "too many TLS handshakes at once");
        end(send, CANCEL_FAILED);
    }
}

/* One byte after SSLRequest; more behind it was put there by somebody else. */
static void answered(struct cancel_send *send)
{
    uint8_t answer[2];
    ssize_t n = recv(send->io.fd, answer, sizeof answer, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n == 1 && answer[0] == 'S') {
        send->io.tls = tls_new(send->tls_context, send->io.fd, send->host, false);
        if (send->io.tls == NULL) {
            snprintf(send->why, sizeof send->why, "out of memory");
            end(send, CANCEL_FAILED);
            return;
        }
        send->state = CANCEL_SEND_TLS;
        tls_step(send);
    } else if (n == 1 && answer[0] == 'N' && tls_context_accepts_plain(send->tls_context)) {
        send_packet(send);
    } else {
        no_tls(send, n == 1 && answer[0] == 'N' ? "TLS is required and not offered"
                                                : "the answer to SSLRequest is none");
    }
}

static void connected(struct cancel_send *send)
{
    static const uint8_t ssl_request[] = {0, 0, 0, 8, 4, 210, 22, 47};
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(send->io.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
        error = errno;
    }
    if (error != 0) {
        SL_IGNORE(fail_errno(send, "could not connect", error), "it is false");
        end(send, CANCEL_FAILED);
        return;
    }
    if (send->tls_context == NULL || send->is_plain || send->address.at.any.sa_family == AF_UNIX) {
        send_packet(send);
        return;
    }
    send->state = CANCEL_SEND_ASK;
    io_want(&send->io, IO_READ);
    io_send(&send->io, ssl_request, sizeof ssl_request);
}

static void wait_for_end(struct cancel_send *send, unsigned got)
{
    struct sl_span bytes;

    if ((got & IO_WRITE) != 0) {
        io_flush(&send->io);
    }
    if ((got & (IO_READ | IO_ERROR)) == 0) {
        return;
    }
    enum io_result result = io_receive(&send->io, &bytes);
    if (result == IO_BYTES) {
        SL_IGNORE(io_keep(&send->io, bytes, bytes.len), "nothing is kept");
    } else if (result != IO_AGAIN || send->io.is_failed) {
        end(send, CANCEL_DELIVERED);
    }
}

static void on_ready(struct io *io, unsigned got)
{
    struct cancel_send *send = SL_CONTAINER(io, struct cancel_send, io);

    switch (send->state) {
    case CANCEL_SEND_CONNECT:
        connected(send);
        break;
    case CANCEL_SEND_ASK:
        answered(send);
        break;
    case CANCEL_SEND_TLS:
        tls_step(send);
        break;
    case CANCEL_SEND_SENT:
        wait_for_end(send, got);
        break;
    case CANCEL_SEND_CLOSED:
        break;
    }
}
