/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as a statement, in any encoding. The first byte chooses how they are read.
 *
 * 1. The key is the hash of the text, and does not depend on the room.
 * 2. Literals are where they are said to be, in order, and none lies in another.
 * 3. A comment before the text changes nothing.
 */
#include "protocol/shape.h"

#include "protocol/base/check.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_READ = 4096, ROOM_MAX = 16 * SIZE_MAX_READ + SHAPE_ROOM_MIN, LITERALS_MAX = 64 };

static uint8_t room_text[ROOM_MAX];

static bool is_same(struct sl_hash128 a, struct sl_hash128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static void check_literals(
        const struct shape_literal *literals, const struct shape *shape, size_t size)
{
    size_t behind = 0;

    for (size_t i = 0; i < shape->literals && i < LITERALS_MAX; i++) {
        SL_CHECK(literals[i].at >= behind);
        behind = (size_t)literals[i].at + literals[i].len;
        SL_CHECK(literals[i].len > 0 && behind <= size);
    }
}

static void check_commented(
        struct sl_span text, struct shape_options options, struct sl_hash128 key)
{
    static const char before[] = "/* f('\" */-- x'\n ";
    size_t before_len = sizeof before - 1;
    uint8_t *more = malloc(text.len + before_len);
    struct shape shape;

    SL_CHECK(more != NULL);
    memcpy(more, before, before_len);
    memcpy(more + before_len, text.at, text.len);
    shape_of(sl_span(more, before_len + text.len), options, (struct shape_room){0}, &shape);
    SL_CHECK(is_same(shape.key, key));
    free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct shape_literal literals[LITERALS_MAX];
    struct shape_room room = {.text = room_text,
            .text_max = sizeof room_text,
            .literals = literals,
            .literals_max = LITERALS_MAX};
    struct shape shape;
    struct shape other;

    if (size == 0 || size > SIZE_MAX_READ) {
        return 0;
    }
    struct shape_options options = {
            .encoding = (enum shape_encoding)(data[0] % 4), .backslashes = (data[0] & 4) != 0};
    struct sl_span text = sl_span(data + 1, size - 1);
    shape_of(text, options, room, &shape);
    SL_CHECK((shape.flags & ~(uint32_t)SHAPE_BROKEN) == 0);
    SL_CHECK(is_same(shape.key, sl_hash128(sl_span(room_text, shape.text_len))));
    check_literals(literals, &shape, text.len);
    check_commented(text, options, shape.key);

    uint8_t small[SHAPE_ROOM_MIN];
    shape_of(text, options, (struct shape_room){.text = small, .text_max = sizeof small}, &other);
    SL_CHECK(is_same(shape.key, other.key));
    SL_CHECK(other.text_len <= sizeof small && memcmp(small, room_text, other.text_len) == 0);
    shape_of(text, options, (struct shape_room){0}, &other);
    SL_CHECK(is_same(shape.key, other.key));
    return 0;
}
