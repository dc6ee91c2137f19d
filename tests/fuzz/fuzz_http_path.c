/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any text as what a request asks for.
 *
 * 1. Parts that were read, encoded and put together, are read as the same parts.
 * 2. No part has a control character, and a path of more than the bound is none.
 */
#include "proxy/http_path.h"

#include "protocol/base/buf.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_encoded(struct sl_buf *buf, const char *text)
{
    for (; *text != '\0'; text++) {
        SL_CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
        SL_CHECK(sl_buf_printf(buf, "%%%02x", (unsigned)(unsigned char)*text) == SL_OK);
    }
}

static void check(const struct http_path *path)
{
    struct http_path again;
    struct sl_buf buf;
    const char *value = "";

    sl_buf_init(&buf, 65536);
    for (unsigned i = 0; i < path->segments_count; i++) {
        SL_CHECK(sl_buf_printf(&buf, "/") == SL_OK);
        put_encoded(&buf, path->segments[i]);
    }
    SL_CHECK(sl_buf_printf(&buf, path->segments_count == 0 ? "/?" : "?") == SL_OK);
    for (unsigned i = 0; i < path->parameters_count; i++) {
        put_encoded(&buf, path->parameters[i].name);
        SL_CHECK(sl_buf_printf(&buf, "=") == SL_OK);
        put_encoded(&buf, path->parameters[i].value);
        SL_CHECK(sl_buf_printf(&buf, "&") == SL_OK);
    }
    SL_CHECK(sl_buf_put_u8(&buf, 0) == SL_OK);
    enum sl_err err = http_path_read((const char *)sl_buf_borrow(&buf).at, &again);
    SL_CHECK(err == SL_OK || (err == SL_ELIMIT && sl_buf_len(&buf) > HTTP_URI_MAX));
    if (err == SL_OK) {
        SL_CHECK(again.segments_count == path->segments_count);
        SL_CHECK(again.parameters_count == path->parameters_count);
        for (unsigned i = 0; i < path->segments_count; i++) {
            SL_CHECK(strcmp(again.segments[i], path->segments[i]) == 0);
        }
        for (unsigned i = 0; i < path->parameters_count; i++) {
            SL_CHECK(strcmp(again.parameters[i].value, path->parameters[i].value) == 0);
            SL_CHECK(http_path_parameter(&again, path->parameters[i].name) != NULL);
        }
    }
    bool is_view = http_path_fits(path, "/api/views/{name}", &value);
    SL_CHECK(!is_view || (path->segments_count == 3 && value == path->segments[2]));
    sl_buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_path path;
    char *text = malloc(size + 1);

    SL_CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    enum sl_err err = http_path_read(text, &path);
    if (err == SL_OK) {
        check(&path);
    }
    free(text);
    return 0;
}
