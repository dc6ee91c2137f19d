/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_text.h"

#include "optimizer/history.h"
#include "optimizer/names.h"
#include "optimizer/shape_store.h"
#include "protocol/base/check.h"
#include "protocol/base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIME_MAX = 64 };

const char history_create_schema[] = "CREATE SCHEMA IF NOT EXISTS sluice";

const char history_create_metrics[] =
        "CREATE TABLE IF NOT EXISTS sluice.performance_metrics ("
        "at timestamptz NOT NULL, seconds real NOT NULL, instance text NOT NULL, "
        "pid int4 NOT NULL, database text, \"user\" text, node text, shape text, "
        "calls int8, errors int8, rows int8, transactions int8, bytes_in int8, bytes_out int8, "
        "total_us int8, wait_us int8, server_us int8, client_us int8, "
        "p50_us int8, p95_us int8, p99_us int8, max_us int8, "
        "clients_active int4, clients_waiting int4, servers_active int4, servers_idle int4); "
        "CREATE INDEX IF NOT EXISTS performance_metrics_at ON sluice.performance_metrics (at); "
        "COMMENT ON TABLE sluice.performance_metrics IS "
        "'What statements cost, as Sluice saw it: totals where shape is null, and by shape (text: "
        "sluice.query_shapes). Times are microseconds.'";

const char history_create_shapes[] =
        "CREATE TABLE IF NOT EXISTS sluice.query_shapes ("
        "shape text PRIMARY KEY, kind text, query text NOT NULL, "
        "seen_at timestamptz NOT NULL DEFAULT now()); "
        "COMMENT ON TABLE sluice.query_shapes IS "
        "'Texts of statements without their literals, by what performance_metrics calls shape.'";

const char history_copy[] =
        "COPY sluice.performance_metrics (at, seconds, instance, pid, database, \"user\", node, "
        "shape, calls, errors, rows, transactions, bytes_in, bytes_out, total_us, wait_us, "
        "server_us, client_us, p50_us, p95_us, p99_us, max_us, clients_active, clients_waiting, "
        "servers_active, servers_idle) FROM STDIN";

/* ---- values ---- */

static void put(struct sl_buf *buf, enum sl_err *err, struct sl_span bytes)
{
    if (*err == SL_OK) {
        *err = sl_buf_put(buf, bytes.at, bytes.len);
    }
}

/* As COPY takes it in, or an E'' string: the same characters need a backslash. */
static void put_text(struct sl_buf *buf, enum sl_err *err, struct sl_span text)
{
    char at[8];

    for (size_t i = 0; i < text.len && *err == SL_OK;) {
        size_t room = text.len - i < 4 ? text.len - i : 4;
        memcpy(at, text.at + i, room);
        at[room] = '\0';
        size_t len = sl_utf8_len(at);
        if (len == 0) {
            put(buf, err, sl_span_text(SL_UTF8_REPLACEMENT));
            len = 1;
        } else if (len == 1 && strchr("\\'", at[0]) != NULL) {
            *err = sl_buf_printf(buf, "\\%c", at[0]);
        } else if (len == 1 && (unsigned char)at[0] < 0x20) {
            *err = sl_buf_printf(buf, "\\%03o", (unsigned)at[0]);
        } else {
            put(buf, err, sl_span(at, len));
        }
        i += len;
    }
}

static void put_time(struct sl_buf *buf, enum sl_err *err, sl_usec at)
{
    time_t seconds = (time_t)(at / SL_SECOND);
    char text[TIME_MAX];
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL ||
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        *err = SL_EINVAL;
    }
    if (*err == SL_OK) {
        *err = sl_buf_printf(buf, "%s.%06d+00", text, (int)(at % SL_SECOND));
    }
}

static void put_begin(struct sl_buf *buf, enum sl_err *err, const struct history_who *who,
        struct history_span span)
{
    put_time(buf, err, span.at);
    if (*err == SL_OK) {
        *err = sl_buf_printf(buf, "\t%.6f\t", (double)span.usec / (double)SL_SECOND);
    }
    put_text(buf, err, sl_span_text(who->instance));
    if (*err == SL_OK) {
        *err = sl_buf_printf(buf, "\t%d", who->pid);
    }
}

/* As int8: one number that has gone wrong must not cost the whole COPY. */
static void put_numbers(struct sl_buf *buf, enum sl_err *err, const uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count && *err == SL_OK; i++) {
        uint64_t number = numbers[i] > INT64_MAX ? (uint64_t)INT64_MAX : numbers[i];
        *err = sl_buf_printf(buf, "\t%" PRIu64, number);
    }
}

/* All or none of a row. */
static enum sl_err settle(struct sl_buf *buf, size_t filled, enum sl_err err)
{
    if (err != SL_OK) {
        buf->filled = filled;
    }
    return err;
}

/* ---- rows ---- */

enum sl_err history_text_slot(
        struct sl_buf *text, const struct history_who *who, const struct history_slot *slot)
{
    size_t filled = text->filled;
    const uint64_t numbers[] = {slot->transactions, slot->bytes_in, slot->bytes_out,
            slot->total_usec, slot->wait_usec, slot->server_usec, slot->client_usec, slot->p50_usec,
            slot->p95_usec, slot->p99_usec, slot->max_usec};
    enum sl_err err = SL_OK;

    put_begin(text, &err, who, (struct history_span){.at = slot->ended_at, .usec = slot->usec});
    put(text, &err, sl_span_text("\t\\N\t\\N\t\\N\t\\N"));
    put_numbers(text, &err, (const uint64_t[]){slot->queries, slot->errors}, 2);
    put(text, &err, sl_span_text("\t\\N"));
    put_numbers(text, &err, numbers, SL_COUNT(numbers));
    if (err == SL_OK) {
        err = sl_buf_printf(text, "\t%u\t%u\t%u\t%u\n", slot->clients_active, slot->clients_waiting,
                slot->servers_active, slot->servers_idle);
    }
    return settle(text, filled, err);
}

static void put_name(
        struct sl_buf *buf, enum sl_err *err, const struct names *names, uint32_t number)
{
    put(buf, err, sl_span_text("\t"));
    put_text(buf, err, sl_span_text(names_text(names, number)));
}

void history_text_id(struct sl_hash128 shape, char id[static HISTORY_ID_MAX])
{
    snprintf(id, HISTORY_ID_MAX, "%016" PRIx64, shape.hi);
}

static void put_whose(struct sl_buf *buf, enum sl_err *err, const struct names *names,
        const struct shape_key *key)
{
    char id[HISTORY_ID_MAX];

    if (names == NULL) {
        put(buf, err, sl_span_text("\t\\N\t\\N\t\\N\tother"));
        return;
    }
    put_name(buf, err, names, key->database);
    put_name(buf, err, names, key->user);
    put_name(buf, err, names, key->node);
    history_text_id(key->shape, id);
    put(buf, err, sl_span_text("\t"));
    put(buf, err, sl_span_text(id));
}

enum sl_err history_text_interval(struct sl_buf *text, const struct history_who *who,
        struct history_span span, const struct names *names, const struct shape_interval *interval)
{
    const struct interval_sums *sums = &interval->sums;
    const struct shape_time *total = &interval->total;
    size_t filled = text->filled;
    const uint64_t numbers[] = {sums->calls, sums->errors, sums->rows, sums->transactions,
            sums->bytes_in, sums->bytes_out, total->sum, sums->wait_usec, sums->server_usec,
            sums->client_usec};
    enum sl_err err = SL_OK;

    put_begin(text, &err, who, span);
    put_whose(text, &err, names, &interval->key);
    put_numbers(text, &err, numbers, SL_COUNT(numbers));
    if (total->count == 0) {
        put(text, &err, sl_span_text("\t\\N\t\\N\t\\N"));
        put_numbers(text, &err, &total->max, 1);
    } else {
        put_numbers(
                text, &err, (const uint64_t[]){total->p50, total->p95, total->p99, total->max}, 4);
    }
    put(text, &err, sl_span_text("\t\\N\t\\N\t\\N\t\\N\n"));
    return settle(text, filled, err);
}

/* ---- shapes ---- */

/*
 * With a row that says nothing, so that each may begin with a comma. Literals only: where it
 * goes through Sluice itself, it is one shape whatever is in it.
 */
enum sl_err history_text_shapes_begin(struct sl_buf *sql)
{
    return sl_buf_printf(sql,
            "INSERT INTO sluice.query_shapes (shape, kind, query) "
            "SELECT DISTINCT ON (s) s, nullif(k, ''), q FROM (VALUES ('', '', '')");
}

enum sl_err history_text_shape(
        struct sl_buf *sql, struct sl_hash128 shape, const char *kind, const char *query)
{
    struct sl_span text = sl_span_text(query);
    size_t filled = sql->filled;
    bool is_cut = text.len > HISTORY_QUERY_MAX;
    enum sl_err err = SL_OK;
    char id[HISTORY_ID_MAX];

    if (is_cut) {
        text.len = HISTORY_QUERY_MAX;
        while (text.len > 0 && (text.at[text.len] & 0xc0) == 0x80) {
            text.len--; /* not within a character */
        }
    }
    history_text_id(shape, id);
    err = sl_buf_printf(sql, ", ('%s', '%s', E'", id, kind == NULL ? "" : kind);
    put_text(sql, &err, text);
    put(sql, &err, sl_span_text(is_cut ? " ...')" : "')"));
    return settle(sql, filled, err);
}

enum sl_err history_text_shapes_end(struct sl_buf *sql)
{
    enum sl_err err = sl_buf_printf(sql,
            ") AS v (s, k, q) WHERE s <> '' ORDER BY s ON CONFLICT (shape) DO UPDATE SET "
            "seen_at = excluded.seen_at WHERE query_shapes.seen_at < excluded.seen_at - "
            "interval '1 hour'");

    return err == SL_OK ? sl_buf_put_u8(sql, 0) : err;
}

size_t history_text_plain(char *text, size_t len)
{
    size_t filled = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x80) {
            text[filled++] = text[i];
        } else if (byte >= 0xc0) {
            text[filled++] = '?'; /* where it begins; its other bytes go */
        }
    }
    return filled;
}

enum sl_err history_text_exists(
        struct sl_buf *sql, const struct history_who *who, sl_usec from, sl_usec at)
{
    enum sl_err err = sl_buf_printf(
            sql, "SELECT EXISTS (SELECT FROM sluice.performance_metrics WHERE at > '");

    put_time(sql, &err, from);
    put(sql, &err, sl_span_text("' AND at <= '"));
    put_time(sql, &err, at);
    put(sql, &err, sl_span_text("' AND instance = E'"));
    put_text(sql, &err, sl_span_text(who->instance));
    if (err == SL_OK) {
        err = sl_buf_printf(sql, "' AND pid = %d)", who->pid);
    }
    return err == SL_OK ? sl_buf_put_u8(sql, 0) : err;
}
