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
 * flushes before its buffer changes. Threads: the
 * worker's. Bounds: OUTBOX_PIECES pieces and OUTBOX_SCRATCH copied bytes; when
 * full it sends what it has and goes on.
 */
#ifndef SLUICE_PROXY_OUTBOX_H
#define SLUICE_PROXY_OUTBOX_H

#include "proxy/io.h"

enum { OUTBOX_PIECES = 64, OUTBOX_SCRATCH = 32768, OUTBOX_SMALL = 1024 };

struct outbox {
    struct io *to;
    size_t bytes;
    size_t used; /* of scratch */
    int count;
    struct iovec pieces[OUTBOX_PIECES];
    uint8_t scratch[OUTBOX_SCRATCH];
};

/* What follows is for `to`; what was left for another is sent first. */
void outbox_begin(struct outbox *outbox, struct io *to);
void outbox_pass(struct outbox *outbox, const uint8_t *bytes, size_t len);
void outbox_copy(struct outbox *outbox, const void *bytes, size_t len);
void outbox_flush(struct outbox *outbox);
/* The socket is going: what was for it is dropped. */
void outbox_forget(struct outbox *outbox, const struct io *io);

static inline bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->bytes == 0;
}

#endif
