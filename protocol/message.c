/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/message.h"

enum sl_err message_put_head(struct sl_buf *buf, uint8_t type, const struct sl_span *parts,
        size_t parts_count, size_t more_len)
{
    size_t len = 4;

    for (size_t i = 0; i < parts_count; i++) {
        if (parts[i].len > (size_t)INT32_MAX - len) {
            return SL_ELIMIT;
        }
        len += parts[i].len;
    }
    if (more_len > (size_t)INT32_MAX - len) {
        return SL_ELIMIT;
    }
    enum sl_err err = sl_buf_reserve(buf, len + 1);
    if (err != SL_OK) {
        return err;
    }
    uint8_t *to = buf->at + buf->filled;
    to[0] = type;
    sl_set_u32(to + 1, (uint32_t)(len + more_len));
    to += MESSAGE_HEAD;
    for (size_t i = 0; i < parts_count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].at, parts[i].len);
            to += parts[i].len;
        }
    }
    buf->filled += len + 1;
    return SL_OK;
}

enum sl_err message_put(
        struct sl_buf *buf, uint8_t type, const struct sl_span *parts, size_t parts_count)
{
    return message_put_head(buf, type, parts, parts_count, 0);
}
