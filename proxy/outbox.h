/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/outbox.h - what one turn has to say to one socket, sent in one call.
 *
 * outbox_pass() takes bytes as they lie in the receive buffer; outbox_copy() takes
 * a copy. Neighbours grow together, and small pieces beside copied ones are copied
 * too: a rewritten message and the rest of its request leave in one writev, or in
 * one send.
 *
 * What is left in it when the turn ends is sent then (worker.c).
 *
 * Ownership: passed bytes are borrowed until outbox_flush(), so that whoever passes
 * flushes before its buffer changes; lent ones until they are released. Threads: the
 * worker's. Bounds: OUTBOX_PIECES pieces, OUTBOX_LENT of them lent, and OUTBOX_SCRATCH copied
 * bytes; when full it sends what it has and goes on.
 */
#ifndef SLUICE_PROXY_OUTBOX_H
#define SLUICE_PROXY_OUTBOX_H

#include "protocol/base/lent.h"
#include "protocol/base/span.h"
#include "proxy/io.h"

enum { OUTBOX_PIECES = 64, OUTBOX_SCRATCH = 32768, OUTBOX_SMALL = 1024, OUTBOX_LENT = 32 };

struct outbox {
    struct io *to;
    size_t bytes;
    size_t used; /* of scratch */
    int count;
    unsigned lent_count;
    struct sl_lent lent[OUTBOX_LENT]; /* to be released when they are sent */
    struct iovec pieces[OUTBOX_PIECES];
    uint8_t scratch[OUTBOX_SCRATCH];
};

/* What follows is for `to`; what was left for another is sent first. */
void outbox_begin(struct outbox *outbox, struct io *to);
void outbox_pass(struct outbox *outbox, const uint8_t *bytes, size_t len);
void outbox_copy(struct outbox *outbox, const void *bytes, size_t len);
/*
 * Bytes that stay until lent is released, once: by the end of outbox_flush() or of outbox_forget(), or at
 * once, where they are so few that a copy costs less.
 */
void outbox_lend(struct outbox *outbox, struct sl_span bytes, struct sl_lent lent);
void outbox_flush(struct outbox *outbox);
/* The socket is going: what was for it is dropped. */
void outbox_forget(struct outbox *outbox, const struct io *io);

static inline bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->bytes == 0;
}

#endif
