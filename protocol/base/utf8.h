/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/utf8.h - is this a character?
 *
 * Ownership: the caller's text. Threads: any. Bounds: reads as far as the character,
 * or the terminator, goes.
 */
#ifndef SLUICE_PROTOCOL_BASE_UTF8_H
#define SLUICE_PROTOCOL_BASE_UTF8_H

#include <stddef.h>

/* U+FFFD, for what is none. */
#define SL_UTF8_REPLACEMENT "\xef\xbf\xbd"

/*
 * The length of the character that text, a C string, begins with, by RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF. 0: it is none.
 */
size_t sl_utf8_len(const char *text);

#endif
