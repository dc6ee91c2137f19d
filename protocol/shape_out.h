/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_out.h - where a shape's text goes: the caller's room first, then only its hash.
 *
 * Ownership: the room is the caller's. Threads: any. Bounds: SHAPE_SLACK bytes may be written
 * behind shape_out_room(); allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_OUT_H
#define SLUICE_PROTOCOL_SHAPE_OUT_H

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/span.h"

enum {
    SHAPE_SLACK = 80, /* a piece, and what little is around it */
    SHAPE_PIECE = 64, /* longer tokens are written in pieces */
    SHAPE_CHUNK = 512 /* what is hashed at a time once the room is full */
};

struct shape_out {
    uint8_t *to;       /* where the next byte goes */
    uint8_t *to_end;   /* from here on there may be no room for a piece */
    uint8_t *token_at; /* where the token begins that is being written, with its space */
    uint8_t *from;     /* begin of what is not in the stream */
    uint8_t *room;     /* NULL: nobody wants the text */
    uint32_t kept;     /* bytes of whole tokens in the room; once is_streamed */
    bool is_streamed;
    struct sl_hash128_stream stream;
    uint8_t chunk[SHAPE_CHUNK];
};

void shape_out_init(struct shape_out *out, uint8_t *room, size_t room_max);

/* Makes the next SHAPE_SLACK bytes writable. */
void shape_out_spill(struct shape_out *out);

static inline void shape_out_room(struct shape_out *out)
{
    if (SL_UNLIKELY(out->to > out->to_end)) {
        shape_out_spill(out);
    }
}

/* A few bytes, for which there is room. */
static inline void shape_out_few(struct shape_out *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out->to, text, len);
    out->to += len;
}

/* Bytes as they are, any number of them. */
void shape_out_raw(struct shape_out *out, struct sl_span bytes);

/* The hash of all that was written; len is what is in the room. */
struct sl_hash128 shape_out_end(struct shape_out *out, uint32_t *len);

#endif
