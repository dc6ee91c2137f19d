/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/numeric.h"

#include <string.h>

enum {
    SIGN_PLUS = 0x0000,
    SIGN_MINUS = 0x4000,
    SIGN_NAN = 0xC000,
    SIGN_INFINITY = 0xD000,
    SIGN_MINUS_INFINITY = 0xF000,
    GROUP = 4 /* decimal digits in one digit to the base 10000 */
};

static const char DECIMAL[] = "0123456789";

/* A number's text taken apart: [-] whole [. fraction]. */
struct parts {
    const char *whole;
    size_t whole_len;
    const char *fraction;
    size_t fraction_len;
    uint16_t sign;
};

static bool take_apart(const char *text, struct parts *out)
{
    out->sign = text[0] == '-' ? SIGN_MINUS : SIGN_PLUS;
    text += text[0] == '-' || text[0] == '+';
    out->whole = text;
    out->whole_len = strspn(text, DECIMAL);
    out->fraction = text + out->whole_len;
    out->fraction += *out->fraction == '.';
    out->fraction_len = strspn(out->fraction, DECIMAL);
    if (out->fraction[out->fraction_len] != '\0' || out->whole_len + out->fraction_len == 0) {
        return false;
    }
    return out->whole_len <= NUMERIC_INTEGER_MAX && out->fraction_len <= NUMERIC_FRACTION_MAX;
}

/* The decimal digit at a place: 0 is the first behind the point, -1 the one before it. */
static unsigned decimal_at(const struct parts *parts, long place)
{
    if (place >= 0) {
        return (size_t)place < parts->fraction_len ? (unsigned)(parts->fraction[place] - '0') : 0;
    }
    size_t from_end = (size_t)-place;
    if (from_end > parts->whole_len) {
        return 0;
    }
    return (unsigned)(parts->whole[parts->whole_len - from_end] - '0');
}

/* The digit to the base 10000 of that weight: 0 is the one before the point. */
static uint16_t digit_at(const struct parts *parts, long weight)
{
    unsigned digit = 0;

    for (long i = 0; i < GROUP; i++) {
        digit = digit * 10 + decimal_at(parts, -(weight + 1) * GROUP + i);
    }
    return (uint16_t)digit;
}

static enum sl_err put_head(
        struct sl_buf *buf, size_t digits, long weight, uint16_t sign, size_t shown)
{
    uint8_t head[8];

    sl_set_u16(head, (uint16_t)digits);
    sl_set_u16(head + 2, (uint16_t)weight);
    sl_set_u16(head + 4, sign);
    sl_set_u16(head + 6, (uint16_t)shown);
    return sl_buf_put(buf, head, sizeof(head));
}

static enum sl_err put_number(struct sl_buf *buf, const struct parts *parts)
{
    long first = ((long)parts->whole_len + GROUP - 1) / GROUP - 1;
    long last = -(((long)parts->fraction_len + GROUP - 1) / GROUP);

    while (first >= last && digit_at(parts, first) == 0) {
        first--;
    }
    while (last <= first && digit_at(parts, last) == 0) {
        last++;
    }
    if (first < last) {
        return put_head(buf, 0, 0, SIGN_PLUS, parts->fraction_len);
    }
    size_t digits = (size_t)(first - last + 1);
    enum sl_err err = sl_buf_reserve(buf, 8 + 2 * digits);
    if (err == SL_OK) {
        err = put_head(buf, digits, first, parts->sign, parts->fraction_len);
    }
    for (long weight = first; err == SL_OK && weight >= last; weight--) {
        err = sl_buf_put_u16(buf, digit_at(parts, weight));
    }
    return err;
}

enum sl_err numeric_put(struct sl_buf *buf, const char *text)
{
    struct parts parts;

    if (strcmp(text, "NaN") == 0) {
        return put_head(buf, 0, 0, SIGN_NAN, 0);
    }
    if (strcmp(text, "Infinity") == 0) {
        return put_head(buf, 0, 0, SIGN_INFINITY, 0x20);
    }
    if (strcmp(text, "-Infinity") == 0) {
        return put_head(buf, 0, 0, SIGN_MINUS_INFINITY, 0x20);
    }
    return take_apart(text, &parts) ? put_number(buf, &parts) : SL_EINVAL;
}
