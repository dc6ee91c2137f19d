/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_encoding.h - how long a character is, as far as a statement's tokens are concerned.
 *
 * Ownership: none. Threads: any. Bounds: none needed.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_ENCODING_H
#define SLUICE_PROTOCOL_SHAPE_ENCODING_H

#include "protocol/base/span.h"

enum shape_encoding {
    SHAPE_ENCODING_SAFE, /* UTF8, LATINn, EUC_*: every byte of a long character is above 0x7f;
                            in JOHAB too, as PostgreSQL takes it */
    SHAPE_ENCODING_SJIS, /* 0xa1 to 0xdf stand alone */
    SHAPE_ENCODING_TWO,  /* BIG5, GBK, UHC: two bytes */
    SHAPE_ENCODING_GB18030
};

/* Of client_encoding's value, in any of the spellings PostgreSQL takes. */
enum shape_encoding shape_encoding_of(struct sl_span name);

#endif
