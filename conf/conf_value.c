/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_value.h"

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The members are of these C types, by enum conf_type; enums are ints. */
_Static_assert(sizeof(enum conf_type) == sizeof(int), "WORD members are written as ints");

/* As PgBouncer reads [pgbouncer]: a leading 0 is octal. Elsewhere it reads decimals only. */
static enum sl_err parse_integer(const struct conf_key *key, const char *text, int64_t *value)
{
    char *end = NULL;
    long long found;

    errno = 0;
    found = strtoll(text, &end, key->section == CONF_SECTION_SLUICE ? 0 : 10);
    if (end == text || *end != '\0') {
        return SL_EINVAL;
    }
    if (errno != 0 || found < key->min || found > key->max) {
        return SL_ELIMIT;
    }
    *value = found;
    return SL_OK;
}

/* Any number is a truth, as PgBouncer's switches are numbers. */
static enum sl_err parse_switch(const char *text, bool *value)
{
    char *end = NULL;
    long number;

    if (sl_parse_bool(text, value) == SL_OK) {
        return SL_OK;
    }
    number = strtol(text, &end, 0);
    if (end == text || *end != '\0') {
        return SL_EINVAL;
    }
    *value = number != 0;
    return SL_OK;
}

static enum sl_err parse_time(const struct conf_key *key, const char *text, sl_usec *value)
{
    sl_usec found;
    enum sl_err err;

    if (key->min < 0 && strcmp(text, "-1") == 0) {
        *value = -1; /* not set, as PgBouncer documents it */
        return SL_OK;
    }
    err = sl_parse_duration(text, &found);
    if (err == SL_OK && (found < 0 || found < key->min || found > key->max)) {
        err = SL_ELIMIT;
    }
    if (err == SL_OK) {
        *value = found;
    }
    return err;
}

static enum sl_err parse_size(const struct conf_key *key, const char *text, int64_t *value)
{
    int64_t found;
    enum sl_err err = sl_parse_size(text, &found);

    if (err == SL_OK && (found < key->min || found > key->max)) {
        err = SL_ELIMIT;
    }
    if (err == SL_OK) {
        *value = found;
    }
    return err;
}

static enum sl_err parse_word(const struct conf_key *key, const char *text, int *value)
{
    for (const struct conf_word *word = key->words; word->text != NULL; word++) {
        if (strcasecmp(word->text, text) == 0) {
            *value = word->value;
            return SL_OK;
        }
    }
    return SL_EINVAL;
}

union value {
    bool truth;
    int number;
    uint32_t unsigned_number;
    int64_t big;
    const char *text;
};

static enum sl_err parse_any(const struct conf_key *key, const char *text, struct sl_arena *arena,
        union value *value, size_t *size)
{
    int64_t number = 0;
    enum sl_err err = SL_OK;

    switch (key->type) {
    case CONF_TYPE_BOOL:
        *size = sizeof(value->truth);
        return parse_switch(text, &value->truth);
    case CONF_TYPE_INT:
    case CONF_TYPE_OCTAL:
        *size = sizeof(value->number);
        err = parse_integer(key, text, &number);
        value->number = (int)number;
        return err;
    case CONF_TYPE_UINT:
        *size = sizeof(value->unsigned_number);
        err = parse_integer(key, text, &number);
        value->unsigned_number = (uint32_t)number;
        return err;
    case CONF_TYPE_SIZE:
        *size = sizeof(value->big);
        return parse_size(key, text, &value->big);
    case CONF_TYPE_TIME:
        *size = sizeof(value->big);
        return parse_time(key, text, &value->big);
    case CONF_TYPE_WORD:
        *size = sizeof(value->number);
        return parse_word(key, text, &value->number);
    case CONF_TYPE_TEXT:
        *size = sizeof(value->text);
        value->text = sl_arena_text(arena, sl_span_text(text));
        return value->text == NULL ? SL_ENOMEM : SL_OK;
    }
    return SL_EINVAL;
}

enum sl_err conf_value_set(const struct conf_key *key, void *base, const char *text,
        struct sl_arena *arena, struct sl_error *why)
{
    char range[256];
    union value value = {.big = 0};
    size_t size = 0;
    enum sl_err err = parse_any(key, text, arena, &value, &size);

    if (err == SL_ENOMEM) {
        return sl_error_set(why, err, "53200", "no memory");
    }
    if (err != SL_OK) {
        return sl_error_set(why, SL_EINVAL, "22023", "%s must be %s%s%s, not \"%.100s\"", key->name,
                conf_value_range(key, range, sizeof(range)), key->missing == NULL ? "" : "; ",
                key->missing == NULL ? "" : key->missing, key->is_secret ? "****" : text);
    }
    if (key->at != CONF_NOWHERE) {
        memcpy((char *)base + key->at, &value, size);
    }
    return SL_OK;
}

/* Seconds, as short as they can be said, and without an exponent. */
static void print_time(sl_usec usec, char *text, size_t len)
{
    size_t end;

    if (usec < 0 || usec % SL_SECOND == 0) {
        snprintf(text, len, "%" PRId64, usec < 0 ? (int64_t)-1 : usec / SL_SECOND);
        return;
    }
    snprintf(text, len, "%" PRId64 ".%06" PRId64, usec / SL_SECOND, usec % SL_SECOND);
    end = strlen(text);
    while (end > 1 && text[end - 1] == '0') {
        text[--end] = '\0';
    }
}

static const char *word_text(const struct conf_key *key, int value)
{
    for (const struct conf_word *word = key->words; word->text != NULL; word++) {
        if (word->value == value) {
            return word->text;
        }
    }
    return NULL;
}

static const char *print_text(const struct conf_key *key, const char *value, char *text, size_t len)
{
    if (value == NULL || (value[0] == '\0' && key->default_text == NULL)) {
        return NULL;
    }
    snprintf(text, len, "%s", key->is_secret && value[0] != '\0' ? "****" : value);
    return text;
}

const char *conf_value_text(const struct conf_key *key, const void *base, char *text, size_t len)
{
    union value value = {.big = 0};
    const char *at = (const char *)base + key->at;

    if (key->at == CONF_NOWHERE) {
        return key->default_text;
    }
    switch (key->type) {
    case CONF_TYPE_BOOL:
        memcpy(&value.truth, at, sizeof(value.truth));
        return value.truth ? "1" : "0";
    case CONF_TYPE_INT:
        memcpy(&value.number, at, sizeof(value.number));
        snprintf(text, len, "%d", value.number);
        return text;
    case CONF_TYPE_OCTAL:
        memcpy(&value.number, at, sizeof(value.number));
        snprintf(text, len, "0%o", (unsigned)value.number);
        return text;
    case CONF_TYPE_UINT:
        memcpy(&value.unsigned_number, at, sizeof(value.unsigned_number));
        snprintf(text, len, "%" PRIu32, value.unsigned_number);
        return text;
    case CONF_TYPE_SIZE:
        memcpy(&value.big, at, sizeof(value.big));
        snprintf(text, len, "%" PRId64, value.big);
        return text;
    case CONF_TYPE_TIME:
        memcpy(&value.big, at, sizeof(value.big));
        print_time(value.big, text, len);
        return text;
    case CONF_TYPE_WORD:
        memcpy(&value.number, at, sizeof(value.number));
        return word_text(key, value.number);
    case CONF_TYPE_TEXT:
        memcpy(&value.text, at, sizeof(value.text));
        return print_text(key, value.text, text, len);
    }
    return NULL;
}

/* "a, b or c" */
static void print_words(const struct conf_word *words, char *text, size_t len)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct conf_word *word = words; word->text != NULL && used < len; word++) {
        const char *before = word == words ? "" : word[1].text == NULL ? " or " : ", ";
        int more = snprintf(text + used, len - used, "%s%s", before, word->text);

        used += more > 0 ? (size_t)more : 0;
    }
}

/* In the largest unit that fits, as it could be written. */
static void print_size(int64_t bytes, char *text, size_t len)
{
    static const char *const units[] = {"", "kB", "MB", "GB"};
    size_t unit = 0;

    while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < SL_COUNT(units)) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, len, "%" PRId64 "%s", bytes, units[unit]);
}

/* Of a size or a time. */
static const char *quantity_range(const struct conf_key *key, char *text, size_t len)
{
    bool is_size = key->type == CONF_TYPE_SIZE;
    void (*print)(int64_t, char *, size_t) = is_size ? print_size : print_time;
    const char *unit = is_size ? "bytes" : "seconds";
    const char *suffixes = is_size ? "kB, MB or GB" : "ms, s, min, h or d";
    char min[32];
    char max[32];

    print(key->min, min, sizeof(min));
    print(key->max, max, sizeof(max));
    if (key->max < (is_size ? INT64_MAX : CONF_TIME_MAX)) {
        snprintf(text, len, "%s from %s to %s, or a number with %s", unit, min, max, suffixes);
    } else if (key->min > 0) {
        snprintf(text, len, "%s, %s or more, or a number with %s", unit, min, suffixes);
    } else {
        snprintf(text, len, "%s, or a number with %s", unit, suffixes);
    }
    return text;
}

const char *conf_value_range(const struct conf_key *key, char *text, size_t len)
{
    switch (key->type) {
    case CONF_TYPE_BOOL:
        return "0 or 1";
    case CONF_TYPE_INT:
    case CONF_TYPE_UINT:
        if (key->max >= INT32_MAX) {
            snprintf(text, len, "a number from %" PRId64, key->min);
        } else {
            snprintf(text, len, "a number from %" PRId64 " to %" PRId64, key->min, key->max);
        }
        return text;
    case CONF_TYPE_OCTAL:
        snprintf(text, len, "an octal number from 0 to 0%" PRIo64, (uint64_t)key->max);
        return text;
    case CONF_TYPE_SIZE:
    case CONF_TYPE_TIME:
        return quantity_range(key, text, len);
    case CONF_TYPE_WORD:
        print_words(key->words, text, len);
        return text;
    case CONF_TYPE_TEXT:
        return "text";
    }
    return "";
}
