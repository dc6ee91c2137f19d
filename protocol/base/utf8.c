/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/utf8.h"

size_t sl_utf8_len(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char first = at[0];
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if (at[i] < low || at[i] > high) {
            return 0; /* the terminator is not in the range either */
        }
        low = 0x80;
        high = 0xbf;
    }
    return len;
}
