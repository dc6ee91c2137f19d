/* SPDX-License-Identifier: PostgreSQL */
/* protocol/base/log_quote.c - text from outside made fit to stand in a line. */
#include "protocol/base/log.h"
#include "protocol/base/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
    TEXT_MAX = 200,
    QUOTES = 8,                      /* good for as many further calls */
    QUOTED_BYTES = TEXT_MAX * 4 + 6, /* every byte as \xNN, and "...", at worst */
    LONG_BYTES = SL_LOG_LONG_MAX * 4 + 6
};

/* Cut to that many bytes, but not inside a UTF-8 character. */
static size_t cut_len(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);

    if (len <= max) {
        return len;
    }
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

/* As \xNN. */
static size_t escape_byte(char *to, char c)
{
    static const char HEX[] = "0123456789abcdef";
    const unsigned char byte = (unsigned char)c;

    to[0] = '\\';
    to[1] = 'x';
    to[2] = HEX[byte >> 4];
    to[3] = HEX[byte & 15];
    return 4;
}

/* Writes c as it may stand between quotes; to has room for 4 bytes. */
static size_t escape(char *to, char c)
{
    const unsigned char byte = (unsigned char)c;

    if (byte >= ' ' && byte != 0x7f && c != '"' && c != '\\') {
        to[0] = c;
        return 1;
    }
    to[0] = '\\';
    to[1] = c;
    if (c == '"' || c == '\\') {
        return 2;
    }
    if (c == '\n' || c == '\t') {
        to[1] = c == '\n' ? 'n' : 't';
        return 2;
    }
    return escape_byte(to, c);
}

/* quoted has room for four times max, and 6 bytes more. */
static const char *quote(const char *text, size_t max, char *quoted)
{
    char *to = quoted;

    text = text == NULL ? "" : text;
    size_t len = cut_len(text, max);
    *to++ = '"';
    for (size_t i = 0; i < len;) {
        size_t bytes = sl_utf8_len(text + i);
        if (bytes > 1) {
            memcpy(to, text + i, bytes);
            to += bytes;
            i += bytes;
        } else {
            to += bytes == 0 ? escape_byte(to, text[i]) : escape(to, text[i]);
            i++;
        }
    }
    if (text[len] != '\0') {
        memcpy(to, "...", 3);
        to += 3;
    }
    *to++ = '"';
    *to = '\0';
    SL_DCHECK(to < quoted + max * 4 + 6);
    return quoted;
}

const char *sl_log_quote(const char *text)
{
    static _Thread_local char ring[QUOTES][QUOTED_BYTES];
    static _Thread_local unsigned next;

    return quote(text, TEXT_MAX, ring[next++ % QUOTES]);
}

const char *sl_log_quote_long(const char *text)
{
    static _Thread_local char quoted[LONG_BYTES];

    return quote(text, SL_LOG_LONG_MAX, quoted);
}
