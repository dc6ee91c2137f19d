/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as a line of test_decoding.
 *
 * 1. A line that is understood can be written again from its parts, and is the same.
 * 2. Of every change there is at least one table; of every kind but TRUNCATE exactly one.
 * 3. A text is what its copy says, and no longer than what was quoted.
 */
#include "cache/decode.h"

#include "protocol/base/check.h"

#include <stdio.h>
#include <stdlib.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct out {
    char *at;
    size_t len;
    size_t max;
};

static void put(struct out *out, struct sl_span bytes)
{
    SL_CHECK(out->len + bytes.len <= out->max);
    if (bytes.len > 0) {
        memcpy(out->at + out->len, bytes.at, bytes.len);
    }
    out->len += bytes.len;
}

static void put_text(struct out *out, const char *text)
{
    put(out, sl_span_text(text));
}

/* Quotes it anew from its copy. */
static void put_quoted(struct out *out, struct decode_text text)
{
    size_t room = text.text.len + 1;
    char *copy = malloc(room);
    char quote[2] = {text.quote, '\0'};

    SL_CHECK(copy != NULL);
    size_t len = decode_copy(text, copy, room);
    SL_CHECK(len <= text.text.len);
    SL_CHECK(decode_is(text, sl_span(copy, len)));
    SL_CHECK(!decode_is(text, sl_span(copy, len + 1)) &&
             (len == 0 || !decode_is(text, sl_span(copy, len - 1))));
    put_text(out, quote);
    for (size_t i = 0; i < len; i++) {
        put(out, sl_span(copy + i, 1));
        if (quote[0] != '\0' && copy[i] == quote[0]) {
            put(out, sl_span(copy + i, 1));
        }
    }
    put_text(out, quote);
    free(copy);
}

static void put_row(struct out *out, struct sl_span row)
{
    struct decode_column column;

    while (decode_next_column(&row, &column)) {
        put_text(out, " ");
        put_quoted(out, column.name);
        put_text(out, "[");
        put(out, column.type);
        put_text(out, "]:");
        if (column.kind == DECODE_BITS) {
            put_text(out, "B");
        }
        if (column.kind == DECODE_NULL || column.kind == DECODE_UNCHANGED) {
            put_text(out, column.kind == DECODE_NULL ? "null" : "unchanged-toast-datum");
        } else {
            put_quoted(out, column.value);
        }
    }
    SL_CHECK(row.len == 0);
}

static size_t put_tables(struct out *out, struct sl_span tables)
{
    struct decode_table table;
    size_t count = 0;

    put_text(out, "table ");
    while (decode_next_table(&tables, &table)) {
        put_text(out, count > 0 ? ", " : "");
        put_quoted(out, table.schema);
        put_text(out, ".");
        put_quoted(out, table.name);
        count++;
    }
    SL_CHECK(tables.len == 0 && count > 0);
    put_text(out, ": ");
    return count;
}

static void put_change(struct out *out, const struct decode_change *change)
{
    put_text(out, decode_kind_text(change->kind));
    put_text(out, ":");
    if (change->kind == DECODE_UPDATE && change->has_old) {
        put_text(out, " old-key:");
        put_row(out, change->old_row);
        put_text(out, " new-tuple:");
    }
    if (change->kind == DECODE_DELETE ? change->has_old : change->has_new) {
        put_row(out, change->kind == DECODE_DELETE ? change->old_row : change->new_row);
    } else {
        put_text(out, " (no-tuple-data)");
    }
}

static void check(struct sl_span line, struct out *out)
{
    struct decode_change change;

    decode_line(line, &change);
    SL_CHECK((unsigned)change.kind < DECODE_KINDS);
    switch (change.kind) {
    case DECODE_INSERT:
    case DECODE_UPDATE:
    case DECODE_DELETE:
        SL_CHECK(put_tables(out, change.tables) == 1);
        put_change(out, &change);
        SL_CHECK(sl_span_equal(line, sl_span(out->at, out->len)));
        break;
    case DECODE_TRUNCATE:
    case DECODE_TABLE_UNKNOWN:
        put_tables(out, change.tables);
        SL_CHECK(out->len - 1 <= line.len && memcmp(line.at, out->at, out->len - 1) == 0);
        break;
    case DECODE_BEGIN:
    case DECODE_COMMIT:
    case DECODE_PREPARE:
    case DECODE_COMMIT_PREPARED:
    case DECODE_ROLLBACK_PREPARED:
        SL_CHECK(change.xid != 0);
        break;
    case DECODE_MESSAGE:
        SL_CHECK(change.prefix.len + change.content.len < line.len);
        break;
    case DECODE_UNKNOWN:
    case DECODE_STREAMED:
    case DECODE_KINDS:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size == 0 ? 1 : size); /* so that one byte too far is seen */
    struct out out = {.at = malloc(size + 64), .max = size + 64};

    SL_CHECK(exact != NULL && out.at != NULL);
    if (size > 0) {
        memcpy(exact, data, size);
    }
    check(sl_span(exact, size), &out);
    free(exact);
    free(out.at);
    return 0;
}
