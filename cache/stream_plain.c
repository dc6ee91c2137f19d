/* SPDX-License-Identifier: PostgreSQL */
/*
 * The plain connection of a stream: one thing at a time, what is due first of all.
 *
 * A nudge. The clock waits for the stream to come to where the log's end was. The stream goes only as
 * far as the log is written to disk, and nobody may write it soon: a transaction that has
 * inserted a row and idles leaves some of it in memory, as does one with synchronous_commit
 * = off. Then a message is emitted (pg_logical_emit_message()), by a transaction that is written at
 * once. It costs a transaction number, so it comes only where a mark waits, and seldom.
 */
#include "cache/stream_inside.h"
#include "protocol/base/hash.h"
#include "protocol/base/parse.h"
#include "protocol/sqlstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_GAP_MAX (20 * SL_MSEC)
#define LOOK_EVERY SL_SECOND
#define ASK_AGAIN (5 * SL_MSEC)
#define MARK_GAP (SL_MSEC / 2) /* between marks that somebody waits for */

static const char settings_sql[] =
        "SET search_path = pg_catalog; SET synchronous_commit = local; SET statement_timeout = 0;"
        "SET default_transaction_isolation = 'read committed'; SET jit = off";
static const char facts_sql[] =
        "SELECT current_setting('server_version_num'), pg_is_in_recovery(),"
        " current_setting('wal_level'), current_setting('server_encoding'),"
        " current_setting('synchronous_standby_names'),"
        " (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = session_user),"
        " current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)";
static const char probe_sql[] =
        "SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn(), pg_current_snapshot()";
/* A snapshot has not those above xmax; whoever has a number holds the lock of it until it is visible. */
static const char early_sql[] =
        "SELECT transactionid FROM pg_locks WHERE locktype = 'transactionid' AND granted";
static const char look_sql[] =
        "SELECT (SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn)::bigint"
        " FROM pg_replication_slots WHERE slot_name = '%s'),"
        " current_setting('synchronous_standby_names')";
static const char nudge_sql[] = "SELECT pg_logical_emit_message(true, 'sluice.fresh', '')";

void stream_plain_begin(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;

    *plain = (struct stream_plain){.can_nudge = stream->options.nudge_after > 0,
            .settle_gap = stream->options.settle_gap,
            .wants_catalog = stream->catalog_sql != NULL};
    plain->conn = pgconn_open(stream->conninfo, "sluice stream");
    if (plain->conn == NULL) {
        stream_lose_text(stream, SL_STATE_OUT_OF_MEMORY, "no memory");
        return;
    }
    plain->job = PLAIN_CONNECT;
    plain->deadline = stream->now + stream->options.connect_wait;
    enum pgconn_turn turn = pgconn_connect(plain->conn);
    plain->wants_write = turn == PGCONN_WRITE;
    if (turn == PGCONN_FAILED) {
        stream_lose(stream, pgconn_error(plain->conn));
    }
}

/* ---- what is due ---- */

/* How often the clock is to move. */
static sl_usec fresh_every(const struct stream *stream)
{
    sl_usec every = atomic_load(&stream->fresh_every);

    if (!stream->is_up) {
        return 20 * SL_MSEC; /* it waits for the first mark */
    }
    return every == 0 || every > SL_SECOND ? SL_SECOND : every;
}

static sl_usec probe_due(const struct stream *stream)
{
    const struct stream_plain *plain = &stream->plain;

    if (stream->slot.step != SLOT_TALK) {
        return plain->probed_at + SL_SECOND; /* is anybody there? */
    }
    sl_usec every = fresh_every(stream);
    if ((stream->settle.counts.unsettled > 0 || stream->settle.has_overflow) &&
            plain->settle_gap < every) {
        every = plain->settle_gap;
    }
    if (plain->wants_mark && MARK_GAP < every) {
        every = MARK_GAP;
    }
    return plain->probed_at + every;
}

static sl_usec catalog_due(const struct stream *stream)
{
    const struct stream_plain *plain = &stream->plain;

    if (stream->catalog_sql == NULL || stream->slot.step != SLOT_TALK) {
        return INT64_MAX;
    }
    return plain->wants_catalog ? 0 : plain->cataloged_at + stream->options.catalog_every;
}

static sl_usec nudge_due(const struct stream *stream)
{
    const struct stream_plain *plain = &stream->plain;
    sl_usec after = stream->options.nudge_after;

    if (!plain->can_nudge || !plain->lacks_flush || stream->settle.marks_count == 0) {
        return INT64_MAX;
    }
    sl_usec mark = stream->settle.marks[0].at + after;
    return mark > plain->nudged_at + after ? mark : plain->nudged_at + after;
}

static sl_usec look_due(const struct stream *stream)
{
    return stream->slot.step == SLOT_TALK ? stream->plain.looked_at + LOOK_EVERY : INT64_MAX;
}

static sl_usec earlier(sl_usec a, sl_usec b)
{
    return a < b ? a : b;
}

sl_usec stream_plain_deadline(const struct stream *stream)
{
    if (stream->plain.job != PLAIN_IDLE) {
        return stream->plain.deadline;
    }
    return earlier(earlier(probe_due(stream), catalog_due(stream)),
            earlier(nudge_due(stream), look_due(stream)));
}

/* ---- what begins ---- */

static enum pgconn_turn run(struct stream *stream, enum plain_job job, const char *sql)
{
    struct stream_plain *plain = &stream->plain;

    plain->job = job;
    plain->asked_at = stream->now;
    plain->deadline = stream->now + stream->options.query_wait;
    return pgconn_run(plain->conn, sql);
}

static enum pgconn_turn run_look(struct stream *stream)
{
    char sql[sizeof look_sql + STREAM_SLOT_MAX];

    stream->plain.looked_at = stream->now;
    snprintf(sql, sizeof sql, look_sql, stream->server.slot);
    return run(stream, PLAIN_SLOT, sql);
}

/* READ: nothing is due. */
static enum pgconn_turn begin_next(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;

    if (probe_due(stream) <= stream->now) {
        plain->probed_at = stream->now;
        if (stream->slot.step == SLOT_TALK && !plain->has_early) {
            return run(stream, PLAIN_EARLY, early_sql);
        }
        stream->counts.probes++;
        plain->is_marking = plain->wants_mark;
        plain->wants_mark = false;
        return run(stream, PLAIN_PROBE, probe_sql);
    }
    if (look_due(stream) <= stream->now) {
        return run_look(stream);
    }
    if (catalog_due(stream) <= stream->now) {
        plain->wants_catalog = false;
        plain->cataloged_at = stream->now;
        stream->counts.catalogs++;
        return run(stream, PLAIN_CATALOG, stream->catalog_sql);
    }
    if (nudge_due(stream) <= stream->now) {
        plain->nudged_at = stream->now;
        stream->counts.nudges++;
        return run(stream, PLAIN_NUDGE, nudge_sql);
    }
    return PGCONN_READ;
}

/* ---- what is done ---- */

static const char *text_at(const struct stream *stream, int column)
{
    const uint8_t *at = pgconn_at(stream->plain.conn, 0, column).at;

    return at == NULL ? "" : (const char *)at;
}

/* It would be counted as a standby (SyncRepGetCandidateStandbys()). */
static bool would_be_standby(const struct stream *stream, const char *names)
{
    return strchr(names, '*') != NULL || strcasestr(names, "sluice") != NULL ||
           (stream->server.slot[0] != '\0' && strcasestr(names, stream->server.slot) != NULL);
}

static void know_facts(struct stream *stream)
{
    int64_t version;
    int64_t left;

    if (sl_parse_i64(text_at(stream, 0), 0, 99999999, &version) != SL_OK ||
            sl_parse_i64(text_at(stream, 6), INT32_MIN, INT32_MAX, &left) != SL_OK) {
        stream_lose_text(stream, SL_STATE_PROTOCOL_VIOLATION, "a strange answer");
        return;
    }
    stream->server.version = (uint32_t)version;
    stream->server.is_utf8 = strcmp(text_at(stream, 3), "UTF8") == 0;
    stream->server.is_silent = would_be_standby(stream, text_at(stream, 4));
    stream->plain.has_right = text_at(stream, 5)[0] == 't';
    stream->plain.senders_left = (int)left;
    if (version < STREAM_VERSION_MIN) {
        stream_refuse(stream, STREAM_NO_VERSION, NULL);
    } else if (text_at(stream, 1)[0] != 'f') {
        stream_refuse(stream, STREAM_NO_PRIMARY, NULL);
    } else if (strcmp(text_at(stream, 2), "logical") != 0) {
        stream_refuse(stream, STREAM_NO_WAL_LEVEL, NULL);
    } else {
        stream_slot_begin(stream);
    }
}

/* "16/B374D848" */
static bool read_lsn(const char *text, uint64_t *lsn)
{
    char *end;
    uint64_t high = strtoull(text, &end, 16);

    if (end == text || *end != '/' || high > UINT32_MAX) {
        return false;
    }
    const char *second = end + 1;
    uint64_t low = strtoull(second, &end, 16);
    *lsn = high << 32 | low;
    return end != second && *end == '\0' && low <= UINT32_MAX;
}

static void set_mark(struct stream *stream, uint64_t insert, uint64_t flush)
{
    struct stream_plain *plain = &stream->plain;
    struct settle *settle = &stream->settle;

    if (settle->marks_count == 0 || plain->is_marking ||
            plain->asked_at - plain->marked_at >= fresh_every(stream)) {
        (void)settle_mark(settle, plain->asked_at, insert);
        plain->marked_at = plain->asked_at;
    }
    plain->lacks_flush = settle->marks_count > 0 && flush < settle->marks[0].lsn;
    if (settle->marks_count > 0 &&
            (plain->is_marking || stream->now - stream->slot.replied_at >= ASK_AGAIN)) {
        stream_slot_ask(stream);
    }
    plain->is_marking = false;
}

/* Where there are too many it is asked again. */
static void know_early(struct stream *stream)
{
    int rows = pgconn_rows(stream->plain.conn);
    uint32_t xids[SETTLE_EARLY_MAX];
    int64_t xid;

    if (rows > SETTLE_EARLY_MAX) {
        return;
    }
    for (int i = 0; i < rows; i++) {
        const uint8_t *text = pgconn_at(stream->plain.conn, i, 0).at;
        if (text == NULL || sl_parse_i64((const char *)text, 1, UINT32_MAX, &xid) != SL_OK) {
            stream_lose_text(stream, SL_STATE_PROTOCOL_VIOLATION, "a strange answer");
            return;
        }
        xids[i] = (uint32_t)xid;
    }
    settle_early(&stream->settle, xids, (uint32_t)rows);
    stream->plain.has_early = true;
}

static void know_probe(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;
    uint64_t insert;
    uint64_t flush;
    bool has_empty;

    if (!plain->has_early) {
        return; /* it was asked before there was a slot */
    }
    if (!read_lsn(text_at(stream, 0), &insert) || !read_lsn(text_at(stream, 1), &flush) ||
            snapshot_read(&stream->snapshot, pgconn_at(plain->conn, 0, 2)) == SL_EINVAL) {
        stream_lose_text(stream, SL_STATE_PROTOCOL_VIOLATION, "a strange answer");
        return;
    }
    uint32_t settled = settle_snapshot(&stream->settle, &stream->snapshot, &has_empty);
    plain->wants_catalog = plain->wants_catalog || (has_empty && stream->catalog_sql != NULL);
    if (has_empty && stream->sink.empty != NULL) {
        stream->sink.empty(stream->sink.self);
    }
    uint64_t position = stream->settle.position;
    stream->counts.lag = insert > position ? insert - position : 0;
    if (settled > 0 || stream->settle.counts.unsettled == 0) {
        plain->settle_gap = stream->options.settle_gap;
    } else if (plain->settle_gap < SETTLE_GAP_MAX) {
        plain->settle_gap *= 2;
    }
    set_mark(stream, insert, flush);
}

static void know_slot(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;
    int64_t kept;

    if (sl_parse_i64(text_at(stream, 0), INT64_MIN, INT64_MAX, &kept) != SL_OK) {
        stream_lose_text(stream, SL_STATE_OBJECT_NOT_IN_STATE, "the slot is gone");
        return;
    }
    bool is_silent = would_be_standby(stream, text_at(stream, 1));
    stream->counts.wal_kept = kept < 0 ? 0 : (uint64_t)kept;
    if (stream->counts.wal_kept > stream->options.wal_max) {
        stream_lose_text(stream, SL_STATE_DISK_FULL,
                "the server keeps more of its log for the stream than it may");
    } else if (is_silent && !stream->server.is_silent && stream->slot.has_confirmed) {
        stream_lose_text(stream, SL_STATE_OBJECT_NOT_IN_STATE,
                "synchronous_standby_names would have the stream for a standby");
    } else {
        stream->server.is_silent = is_silent;
        plain->has_looked = true;
    }
}

static void know_catalog(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;
    struct sl_span value = pgconn_at(plain->conn, 0, 0);
    uint64_t hash = sl_hash64_seed(value, value.at == NULL ? 1 : 0);

    if (!plain->has_catalog || hash != plain->catalog) {
        plain->has_catalog = true;
        plain->catalog = hash;
        if (stream->sink.catalog != NULL) {
            stream->sink.catalog(stream->sink.self, value);
        }
    }
    atomic_store(&stream->schema_until, plain->asked_at);
}

/* What is begun next; READ: nothing. stream->is_open tells whether there is anything left. */
static enum pgconn_turn done(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;
    enum plain_job job = plain->job;

    plain->job = PLAIN_IDLE;
    switch (job) {
    case PLAIN_CONNECT:
        return run(stream, PLAIN_SETTINGS, settings_sql);
    case PLAIN_SETTINGS:
        return run(stream, PLAIN_FACTS, facts_sql);
    case PLAIN_FACTS:
        know_facts(stream);
        break;
    case PLAIN_EARLY:
        know_early(stream);
        break;
    case PLAIN_PROBE:
        know_probe(stream);
        break;
    case PLAIN_SLOT:
        know_slot(stream);
        break;
    case PLAIN_CATALOG:
        know_catalog(stream);
        break;
    case PLAIN_NONE:
    case PLAIN_IDLE:
    case PLAIN_NUDGE:
        break;
    }
    return stream->is_open ? begin_next(stream) : PGCONN_READ;
}

/* Two things may fail and the stream is as good as before; libpq says so again while it idles. */
static enum pgconn_turn failed(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;
    enum plain_job job = plain->job;

    if (pgconn_is_broken(plain->conn) ||
            (job != PLAIN_CATALOG && job != PLAIN_NUDGE && job != PLAIN_IDLE)) {
        stream_lose(stream, pgconn_error(plain->conn));
        return PGCONN_READ;
    }
    if (job == PLAIN_CATALOG) {
        stream->counts.catalog_errors++;
    } else if (job == PLAIN_NUDGE) {
        plain->can_nudge = false;
    }
    plain->job = PLAIN_IDLE;
    return begin_next(stream);
}

void stream_plain_go_on(struct stream *stream)
{
    struct stream_plain *plain = &stream->plain;
    enum pgconn_turn turn = pgconn_go_on(plain->conn);

    while (stream->is_open && (turn == PGCONN_DONE || turn == PGCONN_FAILED)) {
        turn = turn == PGCONN_DONE ? done(stream) : failed(stream);
    }
    if (!stream->is_open) {
        return;
    }
    plain->wants_write = turn == PGCONN_WRITE;
    if (plain->job != PLAIN_IDLE && stream->now >= plain->deadline) {
        stream_lose_text(stream, SL_STATE_CONNECTION_FAILURE, "the database did not answer");
    }
}
