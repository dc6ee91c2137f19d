/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_out.h"

void shape_out_init(struct shape_out *out, uint8_t *room, size_t room_max)
{
    out->room = room;
    out->from = room == NULL ? out->chunk : room;
    out->to = out->from;
    out->token_at = out->from;
    out->to_end = out->from + (room == NULL ? SHAPE_CHUNK : room_max) - SHAPE_SLACK;
    out->is_streamed = false;
    out->kept = 0;
}

void shape_out_spill(struct shape_out *out)
{
    if (!out->is_streamed) {
        sl_hash128_begin(&out->stream);
        out->is_streamed = true;
        out->kept = out->room == NULL ? 0 : (uint32_t)(out->token_at - out->from);
    }
    sl_hash128_add(&out->stream, sl_span(out->from, (size_t)(out->to - out->from)));
    out->from = out->chunk;
    out->to = out->chunk;
    out->to_end = out->chunk + SHAPE_CHUNK - SHAPE_SLACK;
}

void shape_out_raw(struct shape_out *out, struct sl_span bytes)
{
    while (bytes.len > 0) {
        size_t piece = bytes.len < SHAPE_PIECE ? bytes.len : SHAPE_PIECE;
        shape_out_room(out);
        memcpy(out->to, bytes.at, piece);
        out->to += piece;
        bytes = sl_span(bytes.at + piece, bytes.len - piece);
    }
}

struct sl_hash128 shape_out_end(struct shape_out *out, uint32_t *len)
{
    if (out->is_streamed) {
        shape_out_spill(out);
        *len = out->kept;
        return sl_hash128_end(&out->stream);
    }
    struct sl_span text = sl_span(out->from, (size_t)(out->to - out->from));
    *len = out->room == NULL ? 0 : (uint32_t)text.len;
    return sl_hash128(text);
}
