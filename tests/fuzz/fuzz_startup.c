/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the first packet of a connection. A whole packet reads the same when
 * it came byte by byte and whatever follows it; its parameters, written down again,
 * give the same packet.
 */
#include "protocol/base/check.h"
#include "protocol/startup.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From memory of just that size, so that a read beyond it is seen. */
static enum startup_kind parse_exactly(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    struct startup startup;

    SL_CHECK(copy != NULL);
    memcpy(copy, data, size);
    enum startup_kind kind = startup_parse(sl_span(copy, size), &startup, NULL);
    free(copy);
    return kind;
}

static void check_pieces(const uint8_t *data, size_t len, enum startup_kind kind)
{
    for (size_t part = 0; part < len; part++) {
        enum startup_kind so_far = parse_exactly(data, part);
        SL_CHECK(so_far == STARTUP_MORE);
    }
    SL_CHECK(parse_exactly(data, len) == kind);
}

static void check_params(const uint8_t *data, const struct startup *startup)
{
    struct startup walk = *startup;
    struct sl_buf buf;
    size_t at;
    const char *name;
    const char *value;

    sl_buf_init(&buf, STARTUP_LEN_MAX);
    SL_CHECK(startup_begin(&buf, startup->minor, &at) == SL_OK);
    while (startup_next_param(&walk, &name, &value)) {
        SL_CHECK(startup_put_param(&buf, name, value) == SL_OK);
    }
    SL_CHECK(startup_end(&buf, at) == SL_OK);
    SL_CHECK(sl_span_equal(sl_buf_borrow(&buf), sl_span(data, startup->len)));
    sl_buf_reset(&buf);
    if (startup_put_negotiate(&buf, startup) == SL_OK) {
        bool has_names = sl_get_u32(buf.at + 9) > 0;
        SL_CHECK(has_names == startup->has_pq_options);
    }
    sl_buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct startup startup;
    struct sl_error error = {.sqlstate = ""};
    enum startup_kind kind;

    if (size > 2000) {
        return 0; /* the longest packets are for the unit test */
    }
    kind = startup_parse(sl_span(data, size), &startup, &error);
    SL_CHECK((kind == STARTUP_BAD) == (error.sqlstate[0] != '\0'));
    if (kind == STARTUP_MORE) {
        SL_CHECK(startup.len == 0 || startup.len > size);
        return 0;
    }
    if (kind == STARTUP_BAD) {
        return 0;
    }
    SL_CHECK(startup.len <= size && startup.len <= STARTUP_LEN_MAX);
    check_pieces(data, startup.len, kind);
    if (kind == STARTUP_PROTOCOL) {
        check_params(data, &startup);
    }
    if (kind == STARTUP_CANCEL) {
        SL_CHECK(startup.cancel_key.len >= STARTUP_KEY_MIN);
        SL_CHECK(startup.cancel_key.len <= STARTUP_KEY_MAX);
    }
    return 0;
}
