/* SPDX-License-Identifier: PostgreSQL */
/* protocol/base/parse.c - digits first, then what the unit makes of them. */
#include "protocol/base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FRACTION_DIGITS = 6 }; /* further ones are read and have no weight */

struct unit {
    const char *name;
    int64_t factor;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum sl_err sl_parse_i64(const char *text, int64_t min, int64_t max, int64_t *value)
{
    const char *digits = text + (*text == '-' || *text == '+' ? 1 : 0);
    char *end = NULL;

    if (!is_digit(*digits)) { /* strtoll() would take white space */
        return SL_EINVAL;
    }
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*end != '\0') {
        return SL_EINVAL;
    }
    if (errno == ERANGE || number < min || number > max) {
        return SL_ELIMIT;
    }
    *value = number;
    return SL_OK;
}

/* A run of digits from *at on, moved behind it. */
static enum sl_err take_digits(const char **at, int64_t *value)
{
    int64_t number = 0;
    bool is_over = false;

    if (!is_digit(**at)) {
        return SL_EINVAL;
    }
    for (; is_digit(**at); (*at)++) {
        is_over |= __builtin_mul_overflow(number, (int64_t)10, &number);
        is_over |= __builtin_add_overflow(number, (int64_t)(**at - '0'), &number);
    }
    *value = number;
    return is_over ? SL_ELIMIT : SL_OK;
}

/* ".5" as millionths, moved behind it; nothing there is 0. */
static enum sl_err take_fraction(const char **at, int64_t *millionths)
{
    int digits = 0;

    *millionths = 0;
    if (**at != '.') {
        return SL_OK;
    }
    (*at)++;
    if (!is_digit(**at)) {
        return SL_EINVAL;
    }
    for (; is_digit(**at); (*at)++) {
        if (digits < FRACTION_DIGITS) {
            *millionths = *millionths * 10 + (**at - '0');
            digits++;
        }
    }
    for (; digits < FRACTION_DIGITS; digits++) {
        *millionths *= 10;
    }
    return SL_OK;
}

static const struct unit *find_unit(const struct unit *units, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

enum sl_err sl_parse_duration(const char *text, sl_usec *value)
{
    static const struct unit UNITS[] = {{"", SL_SECOND}, {"us", 1}, {"ms", SL_MSEC},
            {"s", SL_SECOND}, {"min", 60 * SL_SECOND}, {"h", 3600 * SL_SECOND},
            {"d", 86400 * SL_SECOND}};
    int64_t whole = 0;
    int64_t millionths = 0;
    const char *at = text;

    enum sl_err err = take_digits(&at, &whole);
    if (err == SL_EINVAL || take_fraction(&at, &millionths) != SL_OK) {
        return SL_EINVAL;
    }
    const struct unit *unit = find_unit(UNITS, SL_COUNT(UNITS), at);
    if (unit == NULL) {
        return SL_EINVAL;
    }
    /* At most 10^6 * 86400 * 10^6: no overflow in the fraction. */
    int64_t part = millionths * unit->factor / 1000000;
    int64_t total = 0;
    if (err != SL_OK || __builtin_mul_overflow(whole, unit->factor, &total) ||
            __builtin_add_overflow(total, part, &total)) {
        return SL_ELIMIT;
    }
    *value = total;
    return SL_OK;
}

enum sl_err sl_parse_size(const char *text, int64_t *value)
{
    static const struct unit UNITS[] = {
            {"", 1}, {"B", 1}, {"kB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}};
    int64_t number = 0;
    const char *at = text;

    enum sl_err err = take_digits(&at, &number);
    const struct unit *unit = find_unit(UNITS, SL_COUNT(UNITS), at);
    if (err == SL_EINVAL || unit == NULL) {
        return SL_EINVAL;
    }
    if (err != SL_OK || __builtin_mul_overflow(number, unit->factor, &number)) {
        return SL_ELIMIT;
    }
    *value = number;
    return SL_OK;
}

enum sl_err sl_parse_bool(const char *text, bool *value)
{
    static const char *const YES[] = {"1", "on", "true", "yes"};
    static const char *const NO[] = {"0", "off", "false", "no"};

    for (size_t i = 0; i < SL_COUNT(YES); i++) {
        if (strcasecmp(text, YES[i]) == 0 || strcasecmp(text, NO[i]) == 0) {
            *value = strcasecmp(text, YES[i]) == 0;
            return SL_OK;
        }
    }
    return SL_EINVAL;
}
