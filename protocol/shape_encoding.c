/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_encoding.h"

#include "protocol/base/check.h"

#include <string.h>

enum shape_encoding shape_encoding_of(struct sl_span name)
{
    static const struct {
        const char *name;
        enum shape_encoding encoding;
    } unsafe[] = {
            {"sjis", SHAPE_ENCODING_SJIS},
            {"shiftjis", SHAPE_ENCODING_SJIS},
            {"mskanji", SHAPE_ENCODING_SJIS},
            {"win932", SHAPE_ENCODING_SJIS},
            {"windows932", SHAPE_ENCODING_SJIS},
            {"shiftjis2004", SHAPE_ENCODING_SJIS},
            {"big5", SHAPE_ENCODING_TWO},
            {"win950", SHAPE_ENCODING_TWO},
            {"windows950", SHAPE_ENCODING_TWO},
            {"gbk", SHAPE_ENCODING_TWO},
            {"win936", SHAPE_ENCODING_TWO},
            {"windows936", SHAPE_ENCODING_TWO},
            {"uhc", SHAPE_ENCODING_TWO},
            {"win949", SHAPE_ENCODING_TWO},
            {"windows949", SHAPE_ENCODING_TWO},
            {"gb18030", SHAPE_ENCODING_GB18030},
    };
    char plain[16] = {0};
    size_t len = 0;

    /* PostgreSQL compares letters and digits only. */
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        bool is_letter = (uint8_t)((c | 0x20) - 'a') < 26;
        if (!is_letter && (uint8_t)(c - '0') >= 10) {
            continue;
        }
        if (len == sizeof plain - 1) {
            return SHAPE_ENCODING_SAFE;
        }
        plain[len++] = (char)(c | 0x20);
    }
    for (size_t i = 0; i < SL_COUNT(unsafe); i++) {
        if (strcmp(plain, unsafe[i].name) == 0) {
            return unsafe[i].encoding;
        }
    }
    return SHAPE_ENCODING_SAFE;
}
