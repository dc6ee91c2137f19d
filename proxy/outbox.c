/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/outbox.h"

void outbox_begin(struct outbox *outbox, struct io *to)
{
    if (outbox->to != to) {
        outbox_flush(outbox);
        outbox->to = to;
    }
}

static void empty(struct outbox *outbox)
{
    outbox->bytes = 0;
    outbox->used = 0;
    outbox->count = 0;
    for (unsigned i = 0; i < outbox->lent_count; i++) {
        sl_lent_release(&outbox->lent[i]);
    }
    outbox->lent_count = 0;
}

void outbox_flush(struct outbox *outbox)
{
    if (outbox->bytes > 0) {
        io_sendv(outbox->to, outbox->pieces, outbox->count, outbox->bytes);
        empty(outbox);
    }
}

void outbox_forget(struct outbox *outbox, const struct io *io)
{
    if (outbox->to == io) {
        outbox->to = NULL;
        empty(outbox);
    }
}

/* Adds a piece, or lengthens the last one when it ends where this begins. */
static void add(struct outbox *outbox, const uint8_t *bytes, size_t len)
{
    struct iovec *last = outbox->count > 0 ? &outbox->pieces[outbox->count - 1] : NULL;

    if (last != NULL && (const uint8_t *)last->iov_base + last->iov_len == bytes) {
        last->iov_len += len;
    } else {
        /* sendmsg() reads only, but struct iovec has no const. */
        outbox->pieces[outbox->count++] =
                (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    }
    outbox->bytes += len;
}

void outbox_copy(struct outbox *outbox, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    uint8_t *tail = outbox->scratch + outbox->used;

    /* Nearly always: right behind what was copied last. */
    if (SL_LIKELY(len <= OUTBOX_SCRATCH - outbox->used && outbox->count > 0)) {
        struct iovec *last = &outbox->pieces[outbox->count - 1];
        if ((uint8_t *)last->iov_base + last->iov_len == tail) {
            memcpy(tail, from, len);
            last->iov_len += len;
            outbox->used += len;
            outbox->bytes += len;
            return;
        }
    }
    while (len > 0) {
        if (outbox->used == OUTBOX_SCRATCH || outbox->count == OUTBOX_PIECES) {
            outbox_flush(outbox);
        }
        size_t n = OUTBOX_SCRATCH - outbox->used;
        n = n < len ? n : len;
        memcpy(outbox->scratch + outbox->used, from, n);
        add(outbox, outbox->scratch + outbox->used, n);
        outbox->used += n;
        from += n;
        len -= n;
    }
}

void outbox_pass(struct outbox *outbox, const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    if (outbox->used > 0 && len <= OUTBOX_SMALL) {
        outbox_copy(outbox, bytes, len);
        return;
    }
    if (outbox->count == OUTBOX_PIECES) {
        outbox_flush(outbox);
    }
    add(outbox, bytes, len);
}

void outbox_lend(struct outbox *outbox, struct sl_span bytes, struct sl_lent lent)
{
    if (bytes.len <= OUTBOX_SMALL) {
        outbox_copy(outbox, bytes.at, bytes.len);
        sl_lent_release(&lent);
        return;
    }
    if (outbox->count == OUTBOX_PIECES || outbox->lent_count == OUTBOX_LENT) {
        outbox_flush(outbox);
    }
    outbox->lent[outbox->lent_count++] = lent;
    add(outbox, bytes.at, bytes.len);
}
