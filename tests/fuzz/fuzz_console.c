/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any text as a line for the console, and any bytes behind the names of a Bind.
 *
 * 1. What was understood, said again from its parts, is understood as the same.
 * 2. Formats that were read, written again, are the same bytes.
 */
#include "proxy/console_parse.h"

#include "protocol/base/buf.h"
#include "proxy/console_verbs.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_quoted(struct sl_buf *buf, char quote, const char *text)
{
    SL_CHECK(sl_buf_put_u8(buf, (uint8_t)quote) == SL_OK);
    for (; *text != '\0'; text++) {
        SL_CHECK(*text != quote || sl_buf_put_u8(buf, (uint8_t)quote) == SL_OK);
        SL_CHECK(sl_buf_put_u8(buf, (uint8_t)*text) == SL_OK);
    }
    SL_CHECK(sl_buf_put_u8(buf, (uint8_t)quote) == SL_OK);
}

static void put_command(struct sl_buf *buf, const struct console_command *command)
{
    switch (command->kind) {
    case CONSOLE_EMPTY:
        SL_CHECK(sl_buf_printf(buf, " ; ") == SL_OK);
        break;
    case CONSOLE_SHOW:
        SL_CHECK(sl_buf_printf(buf, "show %s", command->view->name) == SL_OK);
        break;
    case CONSOLE_EXPLAIN:
        SL_CHECK(sl_buf_printf(buf, "EXPLAIN CACHE %s", command->value) == SL_OK);
        break;
    case CONSOLE_HELP:
        SL_CHECK(sl_buf_printf(buf, "SHOW HELP;") == SL_OK);
        break;
    case CONSOLE_SET:
    case CONSOLE_SET_FAKE:
        SL_CHECK(sl_buf_printf(buf, "SET ") == SL_OK);
        put_quoted(buf, '"', command->argument);
        SL_CHECK(sl_buf_printf(buf, "=") == SL_OK);
        put_quoted(buf, '\'', command->value);
        break;
    case CONSOLE_DO:
        SL_CHECK(sl_buf_printf(buf, "%s ", console_verb_name(command->verb)) == SL_OK);
        if (command->argument[0] != '\0') {
            put_quoted(buf, '"', command->argument);
        }
        SL_CHECK(sl_buf_printf(buf, "%s", command->value) == SL_OK);
        break;
    case CONSOLE_BEGIN:
        SL_CHECK(sl_buf_printf(buf, "BEGIN") == SL_OK);
        break;
    case CONSOLE_END_BLOCK:
        SL_CHECK(sl_buf_printf(buf, "%s WORK", command->argument) == SL_OK);
        break;
    }
}

static void check_line(const char *text)
{
    struct console_command command;
    struct console_command again;
    struct sl_error error = {0};
    struct sl_buf buf;

    enum sl_err err = console_parse(text, &command, &error);
    SL_CHECK((err == SL_OK) == (error.sqlstate[0] == '\0'));
    if (err != SL_OK) {
        return;
    }
    sl_buf_init(&buf, 65536);
    put_command(&buf, &command);
    SL_CHECK(sl_buf_put_u8(&buf, 0) == SL_OK);
    SL_CHECK(console_parse((const char *)sl_buf_borrow(&buf).at, &again, &error) == SL_OK);
    SL_CHECK(again.kind == command.kind && again.view == command.view);
    SL_CHECK(again.verb == command.verb);
    SL_CHECK(strcmp(again.argument, command.argument) == 0);
    SL_CHECK(strcmp(again.value, command.value) == 0);
    sl_buf_fini(&buf);
}

/* A copy of its own, so that a byte read behind it is seen. */
static void check_bind(const uint8_t *data, size_t size)
{
    struct console_bind bind;
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    SL_CHECK(copy != NULL);
    memcpy(copy, data, size);
    if (console_bind_read(sl_span(copy, size), &bind) && bind.params == 0) {
        size_t at = size - 2 * (size_t)bind.formats_count;

        SL_CHECK(bind.formats_count <= VIEW_COLUMNS_MAX && at >= 6 && at <= size);
        SL_CHECK(sl_get_u16(copy + at - 2) == bind.formats_count);
        for (size_t i = 0; i < bind.formats_count; i++) {
            SL_CHECK(sl_get_u16(copy + at + 2 * i) == bind.formats[i]);
        }
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096];

    if (size == 0 || size > sizeof text) {
        return 0;
    }
    if (data[0] == 0) {
        check_bind(data + 1, size - 1);
        return 0;
    }
    memcpy(text, data, size - 1);
    text[size - 1] = '\0';
    check_line(text);
    return 0;
}
