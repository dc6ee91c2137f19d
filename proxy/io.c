/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/io.c - one receive a turn, one send a turn.
 *
 * What was kept from the last turn is short nearly always (the head of a message
 * that was cut), so it is put in front of the shared buffer and the new bytes
 * behind it. When much is kept (a message that must be whole before it is looked
 * at) the new bytes are received into the hold instead, which moves nothing.
 */
#include "proxy/io.h"

#include "proxy/tls.h"
#include "proxy/worker.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct io *io = arg;

    (void)fd;
    io->got |= (uint8_t)(((what & EV_READ) != 0 ? IO_READ : 0) |
                         ((what & EV_WRITE) != 0 ? IO_WRITE : 0));
    if (sl_list_empty(&io->ready)) {
        sl_list_append(&io->worker->ready, &io->ready);
    }
}

void io_init(struct io *io, struct worker *worker, void (*on_ready)(struct io *io, unsigned got))
{
    memset(io, 0, sizeof *io);
    sl_list_init(&io->ready);
    io->worker = worker;
    io->on_ready = on_ready;
    io->fd = -1;
}

void io_open(struct io *io, int fd)
{
    SL_CHECK(io->fd < 0);
    io->fd = fd;
}

void io_close(struct io *io)
{
    if (io->fd < 0) {
        return;
    }
    io_want(io, 0);
    sl_list_remove(&io->ready);
    outbox_forget(&io->worker->outbox, io);
    if (io->tls != NULL) {
        tls_close(io->tls); /* and the socket: a handshake step may still be using it */
        io->tls = NULL;
    } else {
        close(io->fd);
    }
    io->fd = -1;
    io->got = 0;
    hold_drop(&io->in, &io->worker->holds);
    hold_drop(&io->out, &io->worker->holds);
}

void io_want(struct io *io, unsigned wants)
{
    if (io->wants == wants || io->fd < 0) {
        return;
    }
    if (io->wants != 0) {
        event_del(&io->event);
    }
    io->wants = (uint8_t)wants;
    if (wants != 0) {
        short what = (short)(EV_PERSIST | ((wants & IO_READ) != 0 ? EV_READ : 0) |
                             ((wants & IO_WRITE) != 0 ? EV_WRITE : 0));
        int rc = event_assign(&io->event, io->worker->base, io->fd, what, on_event, io);
        if (rc != 0 || event_add(&io->event, NULL) != 0) {
            io->wants = 0;
            io->is_failed = true;
            io_wake(io, IO_ERROR);
        }
    }
}

void io_unpause(struct io *io)
{
    io->paused = false;
    io_want(io, io->wants | IO_READ);
    if (io->tls != NULL) {
        io_wake(io, IO_READ);
    }
}

void io_wake(struct io *io, unsigned got)
{
    io->got |= (uint8_t)got;
    if (sl_list_empty(&io->ready)) {
        sl_list_append(&io->worker->ready, &io->ready);
    }
}

void io_detach(struct io *io)
{
    hold_drop(&io->in, &io->worker->holds);
    hold_drop(&io->out, &io->worker->holds);
    io_want(io, 0);
    sl_list_remove(&io->ready);
    io->got = 0;
    io->worker = NULL;
}

void io_attach(struct io *io, struct worker *worker)
{
    io->worker = worker;
    io->is_suspended = false; /* if so, the first event says it again */
    io_want(io, IO_READ);
}

/*
 * The plain system calls: in a process with threads glibc's own turn cancellation on
 * and off around each, which nobody here asks for and every query would pay four times.
 */
static ssize_t plain_recv(int fd, void *at, size_t len)
{
    return syscall(SYS_recvfrom, fd, at, len, 0, NULL, NULL);
}

static ssize_t plain_send(int fd, const void *at, size_t len)
{
    return syscall(SYS_sendto, fd, at, len, MSG_NOSIGNAL, NULL, 0);
}

static ssize_t receive(struct io *io, uint8_t *at, size_t len)
{
    ssize_t n;

    do {
        n = io->tls != NULL ? tls_recv(io->tls, at, len) : plain_recv(io->fd, at, len);
    } while (n < 0 && errno == EINTR);
    return n;
}

static enum io_result result_of(ssize_t n)
{
    if (n > 0) {
        return IO_BYTES;
    }
    if (n == 0) {
        return IO_EOF;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? IO_AGAIN : IO_LOST;
}

static enum io_result receive_behind(struct io *io, size_t most, struct sl_span *bytes)
{
    if (hold_reserve(&io->in, &io->worker->holds, READ_BYTES) != SL_OK) {
        return IO_LOST;
    }
    ssize_t n = receive(io, io->in.at + io->in.filled, most);
    if (n > 0) {
        io->in.filled += (uint32_t)n;
    }
    *bytes = hold_borrow(&io->in);
    return result_of(n);
}

enum io_result io_receive(struct io *io, struct sl_span *bytes)
{
    return io_receive_most(io, READ_BYTES, bytes);
}

enum io_result io_receive_most(struct io *io, size_t most, struct sl_span *bytes)
{
    uint8_t *at = io->worker->read_buf + READ_FRONT;
    size_t held = hold_len(&io->in);

    if (held > READ_FRONT) {
        return receive_behind(io, most, bytes);
    }
    ssize_t n = receive(io, at, most);
    if (n <= 0) {
        *bytes = hold_borrow(&io->in);
        return result_of(n);
    }
    if (held > 0) {
        at -= held;
        memcpy(at, io->in.at + io->in.done, held);
        hold_drop(&io->in, &io->worker->holds);
    }
    if (io->tls != NULL && tls_pending(io->tls)) {
        io_wake(io, IO_READ); /* the socket will not say so */
    }
    *bytes = sl_span(at, held + (size_t)n);
    return IO_BYTES;
}

struct sl_span io_kept(struct io *io)
{
    return hold_borrow(&io->in);
}

enum sl_err io_keep(struct io *io, struct sl_span bytes, size_t consumed)
{
    SL_CHECK(consumed <= bytes.len);
    if (io->fd < 0) {
        return SL_OK; /* closed meanwhile */
    }
    if (hold_len(&io->in) > 0) {
        SL_DCHECK(bytes.at == io->in.at + io->in.done);
        hold_consume(&io->in, &io->worker->holds, consumed);
        return SL_OK;
    }
    if (consumed == bytes.len) {
        return SL_OK;
    }
    return hold_put(&io->in, &io->worker->holds, bytes.at + consumed, bytes.len - consumed);
}

enum sl_err io_put_back(struct io *io, struct sl_span bytes)
{
    struct hold_cache *cache = &io->worker->holds;
    struct hold old = io->in;

    io->in = (struct hold){0};
    enum sl_err err = hold_put(&io->in, cache, bytes.at, bytes.len);
    if (err == SL_OK) {
        struct sl_span behind = hold_borrow(&old);
        err = hold_put(&io->in, cache, behind.at, behind.len);
    }
    hold_drop(&old, cache);
    return err;
}

static void fail(struct io *io)
{
    io->is_failed = true;
    hold_drop(&io->out, &io->worker->holds);
    io_wake(io, IO_ERROR);
}

/* How much the socket took; 0 when it takes nothing now; -1 when it is over. */
static ssize_t send_some(struct io *io, const struct iovec *iov, int count)
{
    ssize_t n;

    do {
        if (io->tls != NULL) {
            n = tls_send(io->tls, iov[0].iov_base, iov[0].iov_len);
        } else if (count == 1) {
            n = plain_send(io->fd, iov[0].iov_base, iov[0].iov_len);
        } else {
            struct msghdr msg = {
                    .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)count};
            n = sendmsg(io->fd, &msg, MSG_NOSIGNAL);
        }
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return 0;
    }
    return n;
}

/* Keeps what is left of iov after sent bytes. */
static void keep_rest(struct io *io, const struct iovec *iov, int count, size_t sent)
{
    for (int i = 0; i < count; i++) {
        size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;
        sent -= skip;
        const uint8_t *at = iov[i].iov_base;
        if (hold_put(&io->out, &io->worker->holds, at + skip, iov[i].iov_len - skip) != SL_OK) {
            fail(io);
            return;
        }
    }
    io_want(io, io->wants | IO_WRITE);
}

void io_sendv(struct io *io, struct iovec *iov, int count, size_t bytes)
{
    if (io->fd < 0 || io->is_failed) {
        return;
    }
    if (hold_len(&io->out) > 0 || (io->tls != NULL && count > 1)) {
        /* TLS has no writev: one copy is cheaper than a record for each piece. */
        bool was_empty = hold_len(&io->out) == 0;
        keep_rest(io, iov, count, 0);
        if (was_empty && !io->is_failed && io_flush(io)) {
            io_want(io, io->wants & ~(unsigned)IO_WRITE);
        }
        return;
    }
    ssize_t n = send_some(io, iov, count);
    if (n < 0) {
        fail(io);
    } else if ((size_t)n < bytes) {
        keep_rest(io, iov, count, (size_t)n);
    }
}

void io_send(struct io *io, const void *bytes, size_t len)
{
    SL_DCHECK(io->worker->outbox.to != io || outbox_is_empty(&io->worker->outbox));
    struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};

    if (len > 0) {
        io_sendv(io, &iov, 1, len);
    }
}

bool io_flush(struct io *io)
{
    while (hold_len(&io->out) > 0) {
        struct sl_span waiting = hold_borrow(&io->out);
        struct iovec iov = {.iov_base = (void *)(uintptr_t)waiting.at, .iov_len = waiting.len};
        ssize_t n = send_some(io, &iov, 1);
        if (n < 0) {
            fail(io);
            return false;
        }
        if (n == 0) {
            io_want(io, io->wants | IO_WRITE);
            return false;
        }
        hold_consume(&io->out, &io->worker->holds, (size_t)n);
    }
    io_want(io, io->wants & ~(unsigned)IO_WRITE);
    return true;
}
