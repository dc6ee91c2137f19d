/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_send.h"

#include "protocol/base/log.h"
#include "protocol/pgconn.h"
#include "protocol/sql_facts.h"
#include "protocol/sqlstate.h"
#include "proxy/plans.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 64 * 1024,           /* of a COPY */
    SQL_BYTES_MAX = 1024 * 1024, /* of one INSERT */
    SQL_BYTES_ENOUGH = 256 * 1024,
    SQL_SHORT_MAX = 1024,
    EXPIRE_STEPS = 10
};

#define CONNECT_WAIT (10 * SL_SECOND)
#define COMMAND_WAIT (30 * SL_SECOND)
#define LAST_ROUND (2 * SL_SECOND)
#define TIDY_EVERY (3600 * SL_SECOND)

void history_send_init(struct history_send *send, struct history_who who, int wake_fd,
        const atomic_bool *is_stopping)
{
    *send = (struct history_send){.who = who,
            .wake_fd = wake_fd,
            .is_stopping = is_stopping,
            .tidied_at = sl_now() - TIDY_EVERY};
}

void history_send_fini(struct history_send *send)
{
    if (send->conninfo != NULL) {
        explicit_bzero(send->conninfo, strlen(send->conninfo));
        free(send->conninfo);
        send->conninfo = NULL;
    }
}

bool history_send_takes(const char *conninfo)
{
    return pgconn_is_conninfo(conninfo);
}

/* ---- waiting ---- */

static bool fail(struct history_send *send, enum sl_err err, const char *sqlstate, const char *text)
{
    SL_IGNORE(sl_error_set(&send->error, err, sqlstate, "%s", text), "the log says it");
    return false;
}

/* From when it is known that the process ends, there are two seconds left for all. */
static sl_usec cut(struct history_send *send, sl_usec deadline)
{
    if (send->deadline == 0 && atomic_load(send->is_stopping)) {
        send->deadline = sl_now() + LAST_ROUND;
    }
    return send->deadline != 0 && send->deadline < deadline ? send->deadline : deadline;
}

/* False: the deadline came first. */
static bool wait(struct history_send *send, enum pgconn_turn turn, sl_usec deadline)
{
    for (;;) {
        bool is_known = send->deadline != 0; /* then the wake_fd has said all it will */
        struct pollfd fds[2] = {{.fd = pgconn_fd(send->conn),
                                        .events = turn == PGCONN_WRITE ? POLLIN | POLLOUT : POLLIN},
                {.fd = is_known ? -1 : send->wake_fd, .events = POLLIN}};
        sl_usec left = cut(send, deadline) - sl_now();
        if (left <= 0) {
            return false;
        }
        int count = poll(fds, 2, (int)((left + SL_MSEC - 1) / SL_MSEC));
        if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count > 0 && fds[0].revents != 0) {
            return true;
        }
        uint64_t wakes;
        if (count > 0 && read(send->wake_fd, &wakes, sizeof wakes) < 0) {
            SL_DCHECK(errno == EAGAIN);
        }
    }
}

static bool finish(struct history_send *send, enum pgconn_turn turn, sl_usec patience)
{
    sl_usec deadline = sl_now() + patience;

    while (turn == PGCONN_READ || turn == PGCONN_WRITE) {
        if (!wait(send, turn, deadline)) {
            return fail(send, SL_ETIMEOUT, SL_STATE_CONNECTION_FAILURE,
                    send->deadline != 0 ? "the process ends" : "the database did not answer");
        }
        turn = pgconn_go_on(send->conn);
    }
    if (turn == PGCONN_FAILED) {
        send->error = *pgconn_error(send->conn);
    }
    return turn == PGCONN_DONE;
}

static bool run(struct history_send *send, const char *sql)
{
    return finish(send, pgconn_run(send->conn, sql), COMMAND_WAIT);
}

/* ---- tables ---- */

static bool create(struct history_send *send, const char *there)
{
    static const char *const commands[] = {
            history_create_schema, history_create_metrics, history_create_shapes};

    for (size_t i = 0; i < SL_COUNT(commands); i++) {
        if (there[i] == '0' && !run(send, commands[i])) {
            return false;
        }
    }
    return true;
}

/* Only what is missing: who may only write may do so in tables that somebody else has made. */
static bool prepare(struct history_send *send)
{
    char there[8];

    if (!run(send, HISTORY_BEGIN HISTORY_LOOK)) {
        return false;
    }
    if (strchr(pgconn_value(send->conn), '0') != NULL) {
        if (!run(send, HISTORY_LOCK_CREATION) || !run(send, HISTORY_LOOK)) {
            return false;
        }
        snprintf(there, sizeof there, "%s", pgconn_value(send->conn));
        if (strlen(there) != 3) {
            return fail(send, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION, "a strange answer");
        }
        if (!create(send, there)) {
            return false;
        }
    }
    return run(send, "COMMIT");
}

/* ---- what the database refuses ---- */

#define SAVE "SAVEPOINT sluice"

/* Class 22 is about the data: they will not be better the next time. */
static bool is_poison(const struct history_send *send)
{
    return memcmp(send->error.sqlstate, "22", 2) == 0;
}

/* Mostly a character that its encoding has not. False: it was something else, or that failed. */
static bool step_back(struct history_send *send)
{
    return is_poison(send) && run(send, "ROLLBACK TO " SAVE);
}

/* ---- texts of shapes ---- */

static bool is_sent(struct history_send *send, struct sl_hash128 shape)
{
    uint64_t *at = &send->sent[shape.lo % HISTORY_SENT];
    uint64_t key = shape.hi ^ shape.lo;

    if (*at == key) {
        return true;
    }
    *at = key;
    return false;
}

/* False without memory: then it is another time's. */
static bool add_shape(struct sl_buf *sql, struct sl_hash128 shape)
{
    const struct plan *plan = plans_find(shape);
    enum sl_err err = SL_OK;

    if (plan != NULL) {
        err = history_text_shape(sql, shape,
                plan->facts == NULL ? NULL : sql_kind_text(plan->facts->kind), plan->text);
    }
    plan_unref(plan);
    return plan != NULL && err == SL_OK;
}

/* What is refused even so is missing, and said: no number depends on a text. */
static bool insert_shapes(struct history_send *send, struct sl_buf *sql)
{
    if (history_text_shapes_end(sql) != SL_OK) {
        return fail(send, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory");
    }
    if (!run(send, SAVE)) {
        return false;
    }
    if (run(send, (const char *)sl_buf_borrow(sql).at)) {
        return true;
    }
    if (!step_back(send)) {
        return false;
    }
    sql->filled = history_text_plain((char *)sql->at, sql->filled);
    if (run(send, (const char *)sl_buf_borrow(sql).at)) {
        return true;
    }
    sl_log(SL_LOG_ERROR, "history_refused", "sqlstate=%s reason=%s, texts of shapes are dropped",
            send->error.sqlstate, sl_log_quote(send->error.text));
    return step_back(send);
}

/* Those that were not sent within the hour; at most some 256 KB in a command. */
static bool send_shapes(struct history_send *send, const struct history_batch *batch)
{
    struct sl_span all = sl_buf_borrow(&batch->shapes);
    struct sl_hash128 shape;
    bool is_fine = true;
    struct sl_buf sql;

    sl_buf_init(&sql, SQL_BYTES_MAX);
    for (size_t at = 0; is_fine && at < all.len; at += sizeof shape) {
        memcpy(&shape, all.at + at, sizeof shape);
        if (is_sent(send, shape)) {
            continue;
        }
        if (sl_buf_len(&sql) == 0 && history_text_shapes_begin(&sql) != SL_OK) {
            break;
        }
        if (!add_shape(&sql, shape)) {
            send->sent[shape.lo % HISTORY_SENT] = 0;
        }
        if (sl_buf_len(&sql) > SQL_BYTES_ENOUGH) {
            is_fine = insert_shapes(send, &sql);
            sl_buf_reset(&sql);
        }
    }
    if (is_fine && sl_buf_len(&sql) > 0) {
        is_fine = insert_shapes(send, &sql);
    }
    sl_buf_fini(&sql);
    return is_fine;
}

/* ---- batches ---- */

/* One writer of an instance at a time, until its transaction has ended: also one that was lost. */
static bool begin_batch(struct history_send *send)
{
    char sql[SQL_SHORT_MAX];
    uint64_t key = sl_hash64_seed(sl_span_text(send->who.instance), (uint64_t)send->who.pid);

    snprintf(sql, sizeof sql, "%sSELECT pg_advisory_xact_lock(%" PRId64 ")", HISTORY_BEGIN,
            (int64_t)(key >> 1));
    return run(send, sql);
}

static bool is_there(struct history_send *send, const struct history_batch *batch, bool *is_written)
{
    struct sl_buf sql;

    sl_buf_init(&sql, SQL_BYTES_MAX);
    bool is_fine = history_text_exists(&sql, &send->who, batch->from, batch->at) == SL_OK
                           ? run(send, (const char *)sl_buf_borrow(&sql).at)
                           : fail(send, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory");
    sl_buf_fini(&sql);
    *is_written = is_fine && strcmp(pgconn_value(send->conn), "t") == 0;
    return is_fine;
}

static bool copy(struct history_send *send, const struct history_batch *batch, bool is_plain)
{
    struct sl_span text = sl_buf_borrow(&batch->text);
    bool is_fine = run(send, history_copy);
    char piece[PIECE];

    for (size_t at = 0; is_fine && at < text.len; at += PIECE) {
        size_t len = text.len - at < PIECE ? text.len - at : PIECE;
        memcpy(piece, text.at + at, len);
        len = is_plain ? history_text_plain(piece, len) : len;
        enum pgconn_turn turn = pgconn_copy(send->conn, sl_span(piece, len));
        is_fine = finish(send, turn, COMMAND_WAIT);
    }
    return is_fine && finish(send, pgconn_copy_end(send->conn), COMMAND_WAIT);
}

/* Their names are texts, too. */
static bool copy_numbers(struct history_send *send, const struct history_batch *batch)
{
    return run(send, SAVE) &&
           (copy(send, batch, false) || (step_back(send) && copy(send, batch, true)));
}

static bool write_batch(struct history_send *send, struct history_batch *batch)
{
    bool is_written = false;

    if (!begin_batch(send) || (batch->is_in_doubt && !is_there(send, batch, &is_written))) {
        return false;
    }
    if (is_written) {
        return run(send, "COMMIT");
    }
    batch->is_in_doubt = false; /* under the lock: it has not been, and will not be */
    if (!copy_numbers(send, batch) || !send_shapes(send, batch)) {
        return false;
    }
    batch->is_in_doubt = true;
    return run(send, "COMMIT");
}

static bool write_all(struct history_send *send, struct history_queue *queue)
{
    struct history_batch *batch;

    while ((batch = history_queue_first(queue)) != NULL) {
        bool is_written = write_batch(send, batch);
        if (!is_written && !is_poison(send)) {
            return false;
        }
        if (!is_written) {
            sl_log(SL_LOG_ERROR, "history_refused",
                    "sqlstate=%s reason=%s rows=%u, they are dropped", send->error.sqlstate,
                    sl_log_quote(send->error.text), batch->rows);
            memset(send->sent, 0, sizeof send->sent); /* its texts are rolled back with it */
        }
        history_queue_pop(queue, is_written);
        if (!is_written && !run(send, "ROLLBACK")) {
            return false;
        }
    }
    return true;
}

/* ---- retention ---- */

static bool expire(struct history_send *send)
{
    double seconds = (double)send->retention_usec / (double)SL_SECOND;
    char sql[SQL_SHORT_MAX];
    bool is_fine = true;

    snprintf(sql, sizeof sql,
            HISTORY_BEGIN
            "DELETE FROM sluice.performance_metrics WHERE at < now() - make_interval(secs => %.3f) "
            "AND at <= coalesce((SELECT at FROM sluice.performance_metrics WHERE at < now() - "
            "make_interval(secs => %.3f) ORDER BY at OFFSET 10000 LIMIT 1), 'infinity'); COMMIT",
            seconds, seconds);
    for (int i = 0; is_fine && i < EXPIRE_STEPS; i++) {
        is_fine = run(send, sql);
        if (is_fine && pgconn_affected(send->conn) == 0) {
            break;
        }
    }
    return is_fine;
}

/* Texts of shapes that nobody has used for so long, and not less than a day. */
static bool tidy(struct history_send *send)
{
    double seconds = (double)send->retention_usec / (double)SL_SECOND;
    char sql[SQL_SHORT_MAX];

    if (sl_now() - send->tidied_at < TIDY_EVERY) {
        return true;
    }
    send->tidied_at = sl_now();
    memset(send->sent, 0, sizeof send->sent);
    if (send->retention_usec == 0) {
        return true;
    }
    snprintf(sql, sizeof sql,
            HISTORY_BEGIN "DELETE FROM sluice.query_shapes WHERE seen_at < now() - "
                          "greatest(make_interval(secs => %.3f), interval '1 day'); COMMIT",
            seconds);
    return run(send, sql);
}

/* ---- a round ---- */

bool history_send(struct history_send *send, struct history_queue *queue)
{
    send->conn = pgconn_open(send->conninfo, "sluice history");
    if (send->conn == NULL) {
        return fail(send, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory");
    }
    bool is_fine = finish(send, pgconn_connect(send->conn), CONNECT_WAIT) && prepare(send) &&
                   tidy(send) && write_all(send, queue) &&
                   (send->retention_usec == 0 || expire(send));
    if (!is_fine) {
        memset(send->sent, 0, sizeof send->sent); /* a part of it was rolled back */
    }
    pgconn_close(send->conn);
    send->conn = NULL;
    return is_fine;
}
