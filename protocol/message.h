/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/message.h - the types of messages, and what every message begins with.
 *
 * One byte of type, four of length in network order; the length counts itself but
 * not the type. PostgreSQL documentation, "Message Formats". Packets that open a
 * connection have no type: protocol/startup.h.
 *
 * MSG_ comes from a client (a front end), BACK_ from a server (a back end); some
 * letters mean one thing one way and another thing the other way.
 *
 * Ownership: nothing is kept. Threads: any. Bounds: INT32_MAX bytes a message, and the buf's.
 */
#ifndef SLUICE_PROTOCOL_MESSAGE_H
#define SLUICE_PROTOCOL_MESSAGE_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MESSAGE_HEAD = 5 }; /* type and length */

enum message_front {
    MSG_QUERY = 'Q',
    MSG_PARSE = 'P',
    MSG_BIND = 'B',
    MSG_DESCRIBE = 'D',
    MSG_EXECUTE = 'E',
    MSG_CLOSE = 'C',
    MSG_SYNC = 'S',
    MSG_FLUSH = 'H',
    MSG_FUNCTION_CALL = 'F',
    MSG_COPY_DATA = 'd',
    MSG_COPY_DONE = 'c',
    MSG_COPY_FAIL = 'f',
    MSG_PASSWORD = 'p', /* also SASLInitialResponse, SASLResponse, GSSResponse */
    MSG_TERMINATE = 'X'
};

enum message_back {
    BACK_AUTH = 'R',
    BACK_KEY_DATA = 'K',
    BACK_BIND_COMPLETE = '2',
    BACK_CLOSE_COMPLETE = '3',
    BACK_COMMAND_COMPLETE = 'C',
    BACK_COPY_IN = 'G',
    BACK_COPY_OUT = 'H',
    BACK_COPY_BOTH = 'W',
    BACK_COPY_DATA = 'd',
    BACK_COPY_DONE = 'c',
    BACK_DATA_ROW = 'D',
    BACK_EMPTY_QUERY = 'I',
    BACK_ERROR = 'E',
    BACK_FUNCTION_RESULT = 'V',
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

/* May a message's length word be that? It counts itself, and is a signed number. */
static inline bool message_len_ok(uint32_t len)
{
    return len >= 4 && len <= INT32_MAX;
}

/*
 * Appends a message whose body is the parts, one behind the other; nothing on
 * failure. SL_ELIMIT: too long for a message or for the buf.
 */
SL_MUST_CHECK enum sl_err message_put(
        struct sl_buf *buf, uint8_t type, const struct sl_span *parts, size_t parts_count);
/* The same for the head of a message, whose last more_len bytes the caller sends itself. */
SL_MUST_CHECK enum sl_err message_put_head(struct sl_buf *buf, uint8_t type,
        const struct sl_span *parts, size_t parts_count, size_t more_len);

/* A C string with its terminator, as it stands in a message. */
static inline struct sl_span message_cstr(const char *text)
{
    return sl_span(text, strlen(text) + 1);
}

/* A terminator, to stand behind a span that has none. */
static inline struct sl_span message_zero(void)
{
    return sl_span("", 1);
}

#endif
