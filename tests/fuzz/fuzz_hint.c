/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as a text that may have a hint, in each way of reading strings.
 *
 * 1. What is worth no look has none.
 * 2. A hint before it is read; in front of it the strictest holds.
 * 3. Nothing within a dollar quote, or a comment of another kind, is a hint.
 * 4. Within a comment of its own any bytes give a time within bounds.
 */
#include "cache/hint.h"

#include "protocol/base/check.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hint read_between(const char *before, const uint8_t *data, size_t size,
        const char *after, struct shape_options options)
{
    size_t before_len = strlen(before);
    size_t after_len = strlen(after);
    size_t len = before_len + size + after_len;
    uint8_t *text = malloc(len == 0 ? 1 : len);
    struct hint hint;

    SL_CHECK(text != NULL);
    memcpy(text, before, before_len);
    if (size > 0) {
        memcpy(text + before_len, data, size);
    }
    memcpy(text + before_len + size, after, after_len);
    hint_read(sl_span(text, len), options, &hint);
    if (!hint_may_be_in(sl_span(text, len))) {
        SL_CHECK(!hint.is_off && hint.ttl == 0 && !hint.has_stale && hint.unknown == 0);
    }
    SL_CHECK(hint.ttl >= 0 && hint.ttl <= HINT_TIME_MAX);
    SL_CHECK(hint.stale >= 0 && hint.stale <= HINT_TIME_MAX);
    free(text);
    return hint;
}

static bool is_none(struct hint hint)
{
    return !hint.is_off && hint.ttl == 0 && !hint.has_stale && hint.unknown == 0;
}

static bool has(const uint8_t *data, size_t size, const char *text)
{
    return size > 0 && memmem(data, size, text, strlen(text)) != NULL;
}

static void check(const uint8_t *data, size_t size, struct shape_options options)
{
    struct hint alone = read_between("", data, size, "", options);
    struct hint behind = read_between("/* sluice:ttl=1us,x */", data, size, "", options);

    SL_CHECK(behind.ttl == 1 && behind.unknown == alone.unknown + 1);
    SL_CHECK(behind.is_off == alone.is_off && behind.stale == alone.stale);
    if (!has(data, size, "$q") && (size == 0 || data[size - 1] != '$')) {
        SL_CHECK(is_none(read_between("$q$", data, size, "$q$", options)));
    }
    if (!has(data, size, "*/")) {
        SL_CHECK(is_none(read_between("/* no ", data, size, "*/", options)));
        (void)read_between("/*sluice:", data, size, "*/", options);
        (void)read_between("/*sluice:ttl=", data, size, "*/", options);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum shape_encoding encodings[] = {
            SHAPE_ENCODING_SAFE, SHAPE_ENCODING_SJIS, SHAPE_ENCODING_GB18030, SHAPE_ENCODING_TWO};

    if (size > HINT_TEXT_MAX - 64) {
        return 0;
    }
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        check(data, size, (struct shape_options){.encoding = encodings[i], .backslashes = i % 2});
    }
    return 0;
}
