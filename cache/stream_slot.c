/* SPDX-License-Identifier: PostgreSQL */
/*
 * The replication connection of a stream: a slot, and the messages that come of it.
 * "PostgreSQL documentation, Streaming Replication Protocol"
 */
#include "cache/stream_inside.h"
#include "protocol/cursor.h"
#include "protocol/sqlstate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TURN_MESSAGES = 2000, STATUS_LEN = 34 };

#define POSTGRES_EPOCH (946684800 * SL_SECOND)

static const char settings_sql[] =
        "SET search_path = ''; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';"
        "SET timezone = 'UTC'; SET extra_float_digits = 1; SET bytea_output = 'hex';"
        "SET quote_all_identifiers = off; SET xmlbinary = 'base64'; SET statement_timeout = 0";
static const char create_sql[] =
        "CREATE_REPLICATION_SLOT \"%s\" TEMPORARY LOGICAL test_decoding NOEXPORT_SNAPSHOT";
/* Transactions that changed no row are told of too: it was DDL. */
static const char start_sql[] =
        "START_REPLICATION SLOT \"%s\" LOGICAL 0/0"
        " (\"include-xids\" '1', \"skip-empty-xacts\" '0', \"include-timestamp\" '0')";

static void enter_creating(struct stream *stream)
{
    stream_enter(stream, STREAM_CREATING);
}

/* One that is lost may not be gone from the server yet: each try has a name of its own. */
static void name_slot(struct stream *stream)
{
    char tail[40];

    if (stream->tries > 1) {
        snprintf(tail, sizeof tail, "_%d_%" PRIu32, stream->options.pid, stream->tries);
    } else {
        snprintf(tail, sizeof tail, "_%d", stream->options.pid);
    }
    snprintf(stream->server.slot, sizeof stream->server.slot, "sluice_%.*s%s",
            (int)(STREAM_SLOT_MAX - sizeof "sluice_" - strlen(tail)), stream->instance, tail);
}

void stream_slot_begin(struct stream *stream)
{
    struct stream_slot *slot = &stream->slot;

    name_slot(stream);
    slot->conn = pgconn_open_replication(stream->conninfo, stream->server.slot);
    if (slot->conn == NULL) {
        stream_lose_text(stream, SL_STATE_OUT_OF_MEMORY, "no memory");
        return;
    }
    slot->step = SLOT_CONNECT;
    slot->deadline = stream->now + stream->options.connect_wait;
    enum pgconn_turn turn = pgconn_connect(slot->conn);
    slot->wants_write = turn == PGCONN_WRITE;
    if (turn == PGCONN_FAILED) {
        stream_lose(stream, pgconn_error(slot->conn));
    }
}

void stream_slot_forget(struct stream *stream)
{
    stream->slot.in_transaction = false;
    tag_set_fini(&stream->slot.set);
}

/* ---- up to the first message ---- */

static void know_system(struct stream *stream)
{
    const struct pgconn *conn = stream->slot.conn;
    struct sl_span system = pgconn_at(conn, 0, 0);
    struct sl_span timeline = pgconn_at(conn, 0, 1);

    snprintf(stream->server.system, sizeof stream->server.system, "%.*s", (int)system.len,
            system.at == NULL ? "" : (const char *)system.at);
    stream->server.timeline = 0;
    for (size_t i = 0; i < timeline.len && timeline.at[i] >= '0' && timeline.at[i] <= '9'; i++) {
        stream->server.timeline = stream->server.timeline * 10 + (uint32_t)(timeline.at[i] - '0');
    }
}

static enum pgconn_turn run(
        struct stream *stream, enum slot_step step, sl_usec patience, const char *sql)
{
    stream->slot.step = step;
    stream->slot.deadline = stream->now + patience;
    return pgconn_run(stream->slot.conn, sql);
}

static enum pgconn_turn run_create(struct stream *stream)
{
    char sql[sizeof create_sql + STREAM_SLOT_MAX];

    snprintf(sql, sizeof sql, create_sql, stream->server.slot);
    return run(stream, SLOT_CREATE, stream->options.create_wait, sql);
}

static enum pgconn_turn run_start(struct stream *stream)
{
    char sql[sizeof start_sql + STREAM_SLOT_MAX];

    snprintf(sql, sizeof sql, start_sql, stream->server.slot);
    return run(stream, SLOT_START, stream->options.query_wait, sql);
}

static enum pgconn_turn begin_next(struct stream *stream)
{
    struct stream_slot *slot = &stream->slot;
    sl_usec wait = stream->options.query_wait;

    switch (slot->step) {
    case SLOT_CONNECT:
        return run(stream, SLOT_SETTINGS, wait, settings_sql);
    case SLOT_SETTINGS:
        return run(stream, SLOT_IDENTIFY, wait, "IDENTIFY_SYSTEM");
    case SLOT_IDENTIFY:
        know_system(stream);
        enter_creating(stream);
        return run_create(stream);
    case SLOT_CREATE:
        return run_start(stream);
    case SLOT_START:
        slot->step = SLOT_TALK;
        slot->deadline = stream->now + stream->options.quiet_wait;
        break;
    case SLOT_NONE:
    case SLOT_TALK:
        break;
    }
    return PGCONN_READ;
}

static void failed(struct stream *stream)
{
    static const struct {
        const char *sqlstate;
        enum stream_refusal refusal;
    } refusals[] = {{SL_STATE_INSUFFICIENT_PRIVILEGE, STREAM_NO_RIGHT},
            {SL_STATE_LIMIT_EXCEEDED, STREAM_NO_SLOT}, {"58P01", STREAM_NO_PLUGIN},
            {SL_STATE_FEATURE_NOT_SUPPORTED, STREAM_NO_PRIMARY}};
    const struct sl_error *error = pgconn_error(stream->slot.conn);

    if (stream->slot.step == SLOT_CONNECT) {
        /* libpq has no SQLSTATE for it, and the text is in the server's language. */
        if (!stream->plain.has_right) {
            stream_refuse(stream, STREAM_NO_RIGHT, error);
            return;
        }
        if (stream->plain.senders_left <= 0) {
            stream_refuse(stream, STREAM_NO_SENDER, error);
            return;
        }
    }
    for (size_t i = 0; stream->slot.step == SLOT_CREATE && i < SL_COUNT(refusals); i++) {
        if (strcmp(error->sqlstate, refusals[i].sqlstate) == 0) {
            stream_refuse(stream, refusals[i].refusal, error);
            return;
        }
    }
    stream_lose(stream, error);
}

/* ---- what we say ---- */

static void say(struct stream *stream, bool wants_reply)
{
    struct stream_slot *slot = &stream->slot;
    bool may_confirm = stream->plain.has_looked && !stream->server.is_silent;
    uint64_t lsn = may_confirm ? stream->settle.position : 0;
    uint64_t at = (uint64_t)(sl_wall_now() - POSTGRES_EPOCH);
    uint8_t status[STATUS_LEN] = {'r'};

    for (int i = 0; i < 8; i++) {
        int shift = 56 - 8 * i;
        status[1 + i] = status[9 + i] = status[17 + i] = (uint8_t)(lsn >> shift);
        status[25 + i] = (uint8_t)(at >> shift);
    }
    status[33] = wants_reply ? 1 : 0;
    slot->has_confirmed = slot->has_confirmed || lsn != 0;
    slot->confirmed_at = stream->now;
    if (wants_reply) {
        slot->replied_at = stream->now;
    }
    if (pgconn_say(slot->conn, sl_span(status, sizeof status)) == PGCONN_FAILED) {
        stream_lose(stream, pgconn_error(slot->conn));
    }
}

void stream_slot_ask(struct stream *stream)
{
    say(stream, true);
}

/* ---- what comes ---- */

static void break_off(struct stream *stream, const char *text)
{
    stream_lose_text(stream, SL_STATE_PROTOCOL_VIOLATION, text);
}

static bool is_all(const struct stream *stream)
{
    const struct tag_set *set = &stream->slot.set;

    return set->count == 1 && set->many == NULL && set->few[0].tag == stream->all;
}

static void add_all(struct stream *stream)
{
    tag_set_add(&stream->slot.set, stream->all, stream->all);
}

static void take_change(struct stream *stream, const struct decode_change *change)
{
    struct stream_slot *slot = &stream->slot;

    slot->is_touched = true;
    stream->counts.changes++;
    stream->counts.table_unknown += change->kind == DECODE_TABLE_UNKNOWN ? 1 : 0;
    if (is_all(stream)) {
        return; /* it cannot be more than that */
    }
    stream->sink.change(stream->sink.self, change, &slot->set);
    stream->counts.wide += is_all(stream) ? 1 : 0;
}

/* The one of a nudge is ours; one outside of transactions changes nothing. */
static void take_message(struct stream *stream, const struct decode_change *change)
{
    if (!change->is_transactional || !stream->slot.in_transaction) {
        return;
    }
    if (sl_span_is(change->prefix, "sluice.fresh")) {
        stream->slot.is_touched = true;
    } else if (!is_all(stream)) {
        stream->sink.change(stream->sink.self, change, &stream->slot.set);
    }
}

static void take_commit(struct stream *stream, uint32_t xid, uint64_t lsn)
{
    struct stream_slot *slot = &stream->slot;
    bool is_empty = !slot->is_touched;

    stream->counts.empty += is_empty ? 1 : 0;
    if (is_empty && stream->catalog_sql == NULL && stream->sink.empty == NULL) {
        add_all(stream); /* nobody else will say what it was */
    }
    slot->in_transaction = false;
    settle_commit(&stream->settle, xid, lsn, &slot->set, is_empty);
    settle_position(&stream->settle, lsn);
    stream->plain.settle_gap = stream->options.settle_gap;
}

static void take_line(struct stream *stream, struct sl_span line, uint64_t lsn)
{
    struct stream_slot *slot = &stream->slot;
    struct decode_change change;

    decode_line(line, &change);
    stream->counts.lines++;
    if (change.kind == DECODE_MESSAGE) {
        take_message(stream, &change);
    } else if (change.kind == DECODE_BEGIN && !slot->in_transaction) {
        slot->in_transaction = true;
        slot->is_touched = false;
        slot->xid = change.xid;
    } else if (!slot->in_transaction) {
        break_off(stream, "the stream has told of a change outside of transactions");
    } else if (change.kind == DECODE_COMMIT && change.xid == slot->xid) {
        take_commit(stream, change.xid, lsn);
    } else if (change.kind == DECODE_UNKNOWN) {
        stream->counts.unknown++;
        slot->is_touched = true;
        add_all(stream);
    } else if (change.kind == DECODE_TABLE_UNKNOWN ||
               (change.kind >= DECODE_INSERT && change.kind <= DECODE_TRUNCATE)) {
        take_change(stream, &change);
    } else {
        break_off(stream, "the stream has told of what was not asked for");
    }
}

static void take_message_of_server(struct stream *stream, struct sl_span message)
{
    struct cursor cursor = cursor_at(message);
    uint8_t type = cursor_u8(&cursor);
    uint64_t first = (uint64_t)cursor_u32(&cursor) << 32;
    first |= cursor_u32(&cursor);

    if (type == 'w') {
        (void)cursor_bytes(&cursor, 16); /* the end again, and the server's clock */
        if (!cursor.is_cut) {
            take_line(stream, cursor.left, first);
            return;
        }
    } else if (type == 'k') {
        (void)cursor_bytes(&cursor, 8);
        bool wants_reply = cursor_u8(&cursor) != 0;
        if (cursor_ended(&cursor)) {
            settle_position(&stream->settle, first);
            if (wants_reply) {
                say(stream, false);
            }
            return;
        }
    }
    break_off(stream, "the stream has sent a strange message");
}

static void listen(struct stream *stream)
{
    struct stream_slot *slot = &stream->slot;
    struct sl_span message;

    slot->has_more = false;
    for (int i = 0; i < TURN_MESSAGES; i++) {
        enum pgconn_turn turn = pgconn_next(slot->conn, &message);
        if (turn == PGCONN_FAILED) {
            stream_lose(stream, pgconn_error(slot->conn));
            return;
        }
        if (turn != PGCONN_DONE) {
            slot->wants_write = turn == PGCONN_WRITE;
            return;
        }
        slot->deadline = stream->now + stream->options.quiet_wait;
        take_message_of_server(stream, message);
        if (!stream->is_open) {
            return;
        }
    }
    slot->has_more = true;
}

static void go_on_talking(struct stream *stream)
{
    struct stream_slot *slot = &stream->slot;

    listen(stream);
    if (!stream->is_open) {
        return;
    }
    if (stream->now >= slot->deadline) {
        stream_lose_text(stream, SL_STATE_CONNECTION_FAILURE, "the stream says nothing");
    } else if (stream->now - slot->confirmed_at >= stream->options.confirm_every) {
        say(stream, true);
    }
}

void stream_slot_go_on(struct stream *stream)
{
    struct stream_slot *slot = &stream->slot;

    if (slot->step == SLOT_TALK) {
        go_on_talking(stream);
        return;
    }
    enum pgconn_turn turn = pgconn_go_on(slot->conn);
    while (turn == PGCONN_DONE && slot->step != SLOT_TALK) {
        turn = begin_next(stream);
    }
    if (turn == PGCONN_FAILED) {
        failed(stream);
        return;
    }
    slot->wants_write = turn == PGCONN_WRITE;
    if (slot->step == SLOT_TALK) {
        say(stream, true);
    } else if (stream->now >= slot->deadline) {
        stream_lose_text(stream, SL_STATE_CONNECTION_FAILURE, "the server did not answer");
    }
}

sl_usec stream_slot_deadline(const struct stream *stream)
{
    const struct stream_slot *slot = &stream->slot;

    if (slot->conn == NULL) {
        return INT64_MAX;
    }
    if (slot->step != SLOT_TALK) {
        return slot->deadline;
    }
    if (slot->has_more) {
        return stream->now;
    }
    sl_usec confirm = slot->confirmed_at + stream->options.confirm_every;
    return confirm < slot->deadline ? confirm : slot->deadline;
}
