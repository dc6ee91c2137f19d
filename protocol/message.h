/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/message.h - message types, and the head that every message begins with.
 *
 * A typed message is a type byte, a length that counts itself but not the type,
 * and a body (PostgreSQL documentation, "Message Formats"). MSG_ is what a client
 * says (front), BACK_ what a server says (back); some bytes mean one thing in one
 * direction and another in the other.
 *
 * Ownership: none. Threads: any. Bounds: a length is an int32 of at least 4; how
 * long a message may be is the reader's business.
 */
#ifndef SLUICE_PROTOCOL_MESSAGE_H
#define SLUICE_PROTOCOL_MESSAGE_H

#include "protocol/base/buf.h"

enum message_front {
    MSG_BIND = 'B',
    MSG_CLOSE = 'C',
    MSG_COPY_DATA = 'd',
    MSG_COPY_DONE = 'c',
    MSG_COPY_FAIL = 'f',
    MSG_DESCRIBE = 'D',
    MSG_EXECUTE = 'E',
    MSG_FLUSH = 'H',
    MSG_FUNCTION_CALL = 'F',
    MSG_PARSE = 'P',
    MSG_PASSWORD = 'p', /* and SASLInitialResponse, SASLResponse */
    MSG_QUERY = 'Q',
    MSG_SYNC = 'S',
    MSG_TERMINATE = 'X'
};

enum message_back {
    BACK_AUTH = 'R',
    BACK_BIND_COMPLETE = '2',
    BACK_CLOSE_COMPLETE = '3',
    BACK_COMMAND_COMPLETE = 'C',
    BACK_COPY_BOTH = 'W',
    BACK_COPY_DATA = 'd',
    BACK_COPY_DONE = 'c',
    BACK_COPY_IN = 'G',
    BACK_COPY_OUT = 'H',
    BACK_DATA_ROW = 'D',
    BACK_EMPTY_QUERY = 'I',
    BACK_ERROR = 'E',
    BACK_FUNCTION_RESULT = 'V',
    BACK_KEY_DATA = 'K',
    BACK_NEGOTIATE = 'v',
    BACK_NO_DATA = 'n',
    BACK_NOTICE = 'N',
    BACK_NOTIFICATION = 'A',
    BACK_PARAM_DESCRIPTION = 't',
    BACK_PARAM_STATUS = 'S',
    BACK_PARSE_COMPLETE = '1',
    BACK_PORTAL_SUSPENDED = 's',
    BACK_READY = 'Z',
    BACK_ROW_DESCRIPTION = 'T'
};

enum {
    MESSAGE_HEAD_BYTES = 5,
    MESSAGE_LEN_MIN = 4, /* a length counts itself */
};

struct message_head {
    uint8_t type;
    uint32_t len; /* as on the wire: counts itself, not the type */
};

/* An int32 with its sign looked at: 0x80000000 and above are negative, never long. */
static inline bool message_len_ok(uint32_t len)
{
    return len >= MESSAGE_LEN_MIN && len <= INT32_MAX;
}

/* False while fewer than MESSAGE_HEAD_BYTES are there. The length is not judged. */
static inline bool message_head_read(struct sl_span bytes, struct message_head *head)
{
    if (bytes.len < MESSAGE_HEAD_BYTES) {
        return false;
    }
    head->type = bytes.at[0];
    head->len = sl_get_u32(bytes.at + 1);
    return true;
}

/* Of the whole message, type byte included; len must be ok. */
static inline size_t message_bytes(struct message_head head)
{
    return (size_t)head.len + 1;
}

/* Of the body; len must be ok. */
static inline size_t message_body_len(struct message_head head)
{
    return (size_t)head.len - MESSAGE_LEN_MIN;
}

/*
 * Writing a message whose length is not known beforehand: begin, sl_buf_put() the
 * body adding up what they answer, end. Either the whole message is in buf after
 * message_end(), or (not SL_OK) nothing of it.
 *
 *     struct message_mark mark = message_begin(buf, BACK_NOTICE);
 *     mark.err = mark.err != SL_OK ? mark.err : sl_buf_put(...);
 *     return message_end(buf, mark);
 */
struct message_mark {
    size_t at; /* from buf's first byte not consumed: buf may move, this does not */
    enum sl_err err;
};

static inline struct message_mark message_begin(struct sl_buf *buf, uint8_t type)
{
    struct message_mark mark = {.at = sl_buf_len(buf)};

    mark.err = sl_buf_put_u8(buf, type);
    if (mark.err == SL_OK) {
        mark.err = sl_buf_put_u32(buf, 0);
    }
    return mark;
}

SL_MUST_CHECK static inline enum sl_err message_end(struct sl_buf *buf, struct message_mark mark)
{
    size_t len = sl_buf_len(buf) - mark.at;

    if (mark.err == SL_OK && len > (size_t)INT32_MAX) {
        mark.err = SL_ELIMIT;
    }
    if (mark.err != SL_OK) {
        buf->filled = buf->done + mark.at;
        return mark.err;
    }
    sl_set_u32(buf->at + buf->done + mark.at + 1, (uint32_t)(len - 1));
    return SL_OK;
}

/* A message without a body: Sync, Flush, Terminate, ParseComplete, NoData, ... */
SL_MUST_CHECK static inline enum sl_err message_put_empty(struct sl_buf *buf, uint8_t type)
{
    const uint8_t bytes[MESSAGE_HEAD_BYTES] = {type, 0, 0, 0, MESSAGE_LEN_MIN};

    return sl_buf_put(buf, bytes, sizeof bytes);
}

#endif
