/* SPDX-License-Identifier: PostgreSQL */
/*
 * The connection that asks, with a stream and without: one question at a time. Whatever goes wrong with it
 * ends it; it comes back after a while, that doubles until a question about the schema was answered.
 */
#include "cache/watch_inside.h"
#include "protocol/base/hash.h"
#include "protocol/base/parse.h"
#include "protocol/sqlstate.h"

#include <stdio.h>
#include <string.h>

enum { QUESTION_MAX = 8192 };

#define CONNECT_WAIT (10 * SL_SECOND)
#define ZOMBIES_GAP_MIN (5 * SL_MSEC)
#define ZOMBIES_GAP_MAX (500 * SL_MSEC)

static const char settings_sql[] =
        "SET search_path = pg_catalog, pg_temp; SET statement_timeout = 0; SET jit = off;"
        "SET default_transaction_isolation = 'read committed';"
        "SET default_transaction_read_only = on;"
        "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'";
/* And which server it is that says so; a standby has no timeline of its own. */
static const char schema_sql[] =
        "SELECT (%s), (SELECT system_identifier FROM pg_control_system()),"
        " CASE WHEN pg_is_in_recovery() THEN 0 ELSE"
        " ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int8 END";
static const char zombies_sql[] =
        "SELECT pid, CASE WHEN backend_start IS NULL THEN -1 ELSE"
        " (extract(epoch FROM clock_timestamp() - backend_start) * 1000000)::int8 END"
        " FROM pg_stat_activity";

/* ---- failures ---- */

void watch_ask_close(struct watched *watched)
{
    pgconn_close(watched->ask.conn);
    watched->ask.conn = NULL;
    watched->ask.job = ASK_NONE;
    watched->ask.wants_write = false;
}

static void fail(struct watched *watched, const struct sl_error *error, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;
    uint64_t reason = sl_hash64(sl_span_text(error->text));

    ask->error = *error; /* it may be the connection's */
    watch_ask_close(watched);
    ask->retry_at = now + ask->retry_gap;
    ask->retry_gap *= 2;
    if (ask->retry_gap > watched->options->retry_max) {
        ask->retry_gap = watched->options->retry_max;
    }
    ask->has_failed = true;
    if (ask->told != reason) {
        ask->told = reason;
        watched_tell(watched, WATCH_ASKS_NOT, ask->error.text);
    }
}

static void fail_text(struct watched *watched, const char *sqlstate, const char *text, sl_usec now)
{
    struct sl_error error;

    SL_IGNORE(sl_error_set(&error, SL_EIO, sqlstate, "%s", text), "it is told of");
    fail(watched, &error, now);
}

/* ---- what is due ---- */

/* How many have come is looked at, as they come by other threads. */
static sl_usec zombies_due(struct watched *watched)
{
    struct watch_zombie_counts counts = watch_zombies_counts(&watched->zombies);

    if (counts.now == 0) {
        return INT64_MAX;
    }
    return counts.taken != watched->ask.zombies_taken ? 0 : watched->ask.zombies_at;
}

sl_usec watch_ask_deadline(struct watched *watched)
{
    const struct watch_ask *ask = &watched->ask;
    enum catalog_changes what;

    if (ask->job == ASK_NONE) {
        return ask->retry_at;
    }
    if (ask->job != ASK_IDLE) {
        return ask->deadline;
    }
    sl_usec zombies = zombies_due(watched);
    sl_usec schema = watch_schema_due(&watched->questions, &what);
    return zombies < schema ? zombies : schema;
}

/* ---- questions ---- */

static enum pgconn_turn run(struct watched *watched, enum ask_job job, const char *sql, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;

    ask->job = job;
    ask->asked_at = now;
    ask->deadline = now + watched->options->answer_wait;
    return pgconn_run(ask->conn, sql);
}

static enum pgconn_turn run_zombies(struct watched *watched, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;
    struct watch_zombie_counts counts = watch_zombies_counts(&watched->zombies);

    if (counts.taken != ask->zombies_taken) {
        ask->zombies_taken = counts.taken;
        ask->zombies_gap = ZOMBIES_GAP_MIN;
    }
    SL_IGNORE(watch_zombies_ask(&watched->zombies), "there are some");
    return run(watched, ASK_ZOMBIES, zombies_sql, now);
}

static enum pgconn_turn run_schema(struct watched *watched, enum catalog_changes what, sl_usec now)
{
    char sql[QUESTION_MAX];
    int len = snprintf(sql, sizeof sql, schema_sql, catalog_changes_query(what));

    SL_CHECK(len > 0 && (size_t)len < sizeof sql);
    watch_schema_asked(&watched->questions, what, now);
    watched->schema_questions++;
    return run(watched, (enum ask_job)(ASK_COUNTED + (int)what), sql, now);
}

/* READ: nothing is due. */
static enum pgconn_turn begin_next(struct watched *watched, sl_usec now)
{
    enum catalog_changes what;

    watched->ask.job = ASK_IDLE;
    if (zombies_due(watched) <= now) {
        return run_zombies(watched, now);
    }
    if (watch_schema_due(&watched->questions, &what) <= now) {
        return run_schema(watched, what, now);
    }
    return PGCONN_READ;
}

static enum pgconn_turn connect_anew(struct watched *watched, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;

    ask->conn = pgconn_open(watched->way.conninfo, "sluice watch");
    if (ask->conn == NULL) {
        fail_text(watched, SL_STATE_OUT_OF_MEMORY, "no memory", now);
        return PGCONN_READ;
    }
    ask->job = ASK_CONNECT;
    ask->deadline = now + CONNECT_WAIT;
    return pgconn_connect(ask->conn);
}

/* ---- answers ---- */

static bool read_number(const struct watched *watched, int row, int column, int64_t *number)
{
    struct sl_span text = pgconn_at(watched->ask.conn, row, column);

    return text.at != NULL &&
           sl_parse_i64((const char *)text.at, INT64_MIN, INT64_MAX, number) == SL_OK;
}

static void know_schema(struct watched *watched, enum catalog_changes what, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;
    struct sl_span answer = pgconn_at(ask->conn, 0, 0);
    struct sl_span system = pgconn_at(ask->conn, 0, 1);
    bool was_asked = watched->questions.questions[CATALOG_CHANGES_ALL].has_answer;
    int64_t timeline;

    if (answer.at == NULL || system.at == NULL || !read_number(watched, 0, 2, &timeline)) {
        fail_text(watched, SL_STATE_PROTOCOL_VIOLATION, "a strange answer", now);
        return;
    }
    watched_know_server(watched, (const char *)system.at, (uint32_t)timeline);
    if (watch_schema_answered(&watched->questions, what, answer, now)) {
        watched_schema_changed(watched, !was_asked);
    }
    ask->retry_gap = watched->options->retry_min;
    if (what == CATALOG_CHANGES_ALL) {
        watched_schema_is_of(watched, ask->asked_at);
    }
    if (ask->has_failed) {
        ask->has_failed = false;
        ask->told = 0;
        watched_tell(watched, WATCH_ASKS, "");
    }
}

static void know_zombies(struct watched *watched, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;
    int rows = pgconn_rows(ask->conn);
    int64_t pid;
    int64_t age;

    for (int i = 0; i < rows; i++) {
        if (!read_number(watched, i, 0, &pid) || !read_number(watched, i, 1, &age)) {
            fail_text(watched, SL_STATE_PROTOCOL_VIOLATION, "a strange answer", now);
            return;
        }
        watch_zombies_see(&watched->zombies, (uint32_t)pid, ask->asked_at, age);
    }
    if (rows == 0) { /* we are one ourselves */
        fail_text(watched, SL_STATE_PROTOCOL_VIOLATION, "a strange answer", now);
        return;
    }
    uint32_t settled = watch_zombies_answered(&watched->zombies);
    if (settled > 0) { /* what it did may be seen by now: another schema, too */
        watched_schema_is_of(watched, 0);
        watch_schema_hint(&watched->questions);
    }
    ask->zombies_at = now + ask->zombies_gap;
    ask->zombies_gap = settled > 0 ? ZOMBIES_GAP_MIN : ask->zombies_gap * 2;
    if (ask->zombies_gap > ZOMBIES_GAP_MAX) {
        ask->zombies_gap = ZOMBIES_GAP_MAX;
    }
}

/* What is begun next; READ: nothing, or there is no connection any more. */
static enum pgconn_turn done(struct watched *watched, sl_usec now)
{
    enum ask_job job = watched->ask.job;

    switch (job) {
    case ASK_CONNECT:
        return run(watched, ASK_SETTINGS, settings_sql, now);
    case ASK_COUNTED:
    case ASK_TABLES:
    case ASK_ALL:
        know_schema(watched, (enum catalog_changes)((int)job - ASK_COUNTED), now);
        break;
    case ASK_ZOMBIES:
        know_zombies(watched, now);
        break;
    case ASK_NONE:
    case ASK_SETTINGS:
    case ASK_IDLE:
        break;
    }
    return watched->ask.conn == NULL ? PGCONN_READ : begin_next(watched, now);
}

void watch_ask_go_on(struct watched *watched, sl_usec now)
{
    struct watch_ask *ask = &watched->ask;
    enum pgconn_turn turn = PGCONN_READ;

    if (ask->job == ASK_NONE) {
        if (now < ask->retry_at) {
            return;
        }
        turn = connect_anew(watched, now);
    } else {
        turn = pgconn_go_on(ask->conn);
    }
    while (ask->conn != NULL && turn == PGCONN_DONE && !pgconn_is_broken(ask->conn)) {
        turn = done(watched, now);
    }
    if (ask->conn == NULL) {
        return;
    }
    if (pgconn_is_broken(ask->conn) || turn == PGCONN_FAILED) {
        fail(watched, pgconn_error(ask->conn), now);
        return;
    }
    ask->wants_write = turn == PGCONN_WRITE;
    if (ask->job != ASK_IDLE && now >= ask->deadline) {
        fail_text(watched, SL_STATE_CONNECTION_FAILURE, "the database did not answer", now);
    }
}
