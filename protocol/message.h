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
 */
#ifndef SLUICE_PROTOCOL_MESSAGE_H
#define SLUICE_PROTOCOL_MESSAGE_H

#include <stdbool.h>
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

#endif
