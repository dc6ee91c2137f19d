/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/io.h - a socket of a worker: plain or TLS, with what waits on either side.
 *
 * An event callback only wakes: it notes what happened and puts the io on its
 * worker's ready list; the owner's on_ready() does the work, once a turn. One
 * receive a turn, into the worker's shared buffer; what the owner does not
 * consume is kept in `in`. Sends go straight to the socket; what it does not
 * take is kept in `out` and sent when it does.
 *
 * Ownership: embedded in a client, a server or a cancel connection, which also
 * closes it. Threads: its worker's. Bounds: `in` as the owner keeps it; `out`
 * grows by at most what one turn of the peer received, because its owner stops
 * reading the peer until `out` is empty (io_is_clogged()).
 */
#ifndef SLUICE_PROXY_IO_H
#define SLUICE_PROXY_IO_H

#include "protocol/base/list.h"
#include "proxy/hold.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct tls;
struct worker;

enum io_wants { IO_READ = 1, IO_WRITE = 2, IO_ERROR = 4 };

struct io {
    struct event event;
    struct sl_list ready; /* on the worker's ready list while something happened */
    struct worker *worker;
    void (*on_ready)(struct io *io, unsigned got); /* got: of enum io_wants */
    struct tls *tls;                               /* NULL: plain */
    struct hold in;
    struct hold out;
    int fd;            /* -1: none */
    uint8_t wants;     /* what the event is set for */
    uint8_t got;       /* what happened since the last turn */
    bool is_failed;    /* a send failed: whatever comes, this connection is over */
    bool paused;       /* reading is stopped because the peer is clogged */
    bool is_suspended; /* reading is stopped by SUSPEND: suspend.h */
};

enum io_result {
    IO_BYTES, /* there is something to look at */
    IO_AGAIN, /* nothing now */
    IO_EOF,   /* the peer will send no more */
    IO_LOST   /* reset, or a TLS error */
};

void io_init(struct io *io, struct worker *worker, void (*on_ready)(struct io *io, unsigned got));
/* Takes over a non-blocking socket; wants nothing yet. */
void io_open(struct io *io, int fd);
/* Closes socket and TLS, drops what waits. Harmless when closed. */
void io_close(struct io *io);
/* Something was received and not consumed, or not yet sent. */
static inline bool io_holds(const struct io *io)
{
    return hold_len(&io->in) > 0 || hold_len(&io->out) > 0;
}
/* Off this worker's loop, on to that of another, without what it held; the caller hands it over. */
void io_detach(struct io *io);
void io_attach(struct io *io, struct worker *worker);

/* What to be woken for (enum io_wants); the event system is told only of changes. */
void io_want(struct io *io, unsigned wants);
/* Reading goes on after io->paused; what TLS has already decrypted is not forgotten. */
void io_unpause(struct io *io);
/* Puts it on the ready list as if that had happened. */
void io_wake(struct io *io, unsigned got);

/*
 * Receives once. *bytes is then all that is not consumed, old and new, and is
 * borrowed until io_keep(), which must be called before the next io's turn.
 */
enum io_result io_receive(struct io *io, struct sl_span *bytes);
/* The same, but at most that many new bytes, of READ_BYTES. */
enum io_result io_receive_most(struct io *io, size_t most, struct sl_span *bytes);
/* What was kept, without receiving; io_keep() after it likewise. */
struct sl_span io_kept(struct io *io);
/* The first `consumed` bytes of what was borrowed are done with; the rest is kept. */
SL_MUST_CHECK enum sl_err io_keep(struct io *io, struct sl_span bytes, size_t consumed);

/* Puts bytes in front of what is kept. */
SL_MUST_CHECK enum sl_err io_put_back(struct io *io, struct sl_span bytes);

/* Sends, or keeps what the socket does not take. A failure wakes the io with IO_ERROR. */
void io_send(struct io *io, const void *bytes, size_t len);
void io_sendv(struct io *io, struct iovec *iov, int count, size_t bytes);
/* Sends what was kept; true when nothing is left. */
bool io_flush(struct io *io);

static inline bool io_is_clogged(const struct io *io)
{
    return hold_len(&io->out) > 0;
}

#endif
