/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/pgconn.h"

#include "protocol/sqlstate.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state {
    IDLE,
    CONNECTING,
    SENDING,  /* a command */
    AWAITING, /* its answers */
    COPYING,  /* data is sent */
    TALKING,  /* START_REPLICATION: both sides send */
};

struct pgconn {
    PGconn *pg;
    enum state state;
    bool is_broken;
    bool has_failed; /* the command under way */
    bool is_replication;
    PGresult *answer; /* rows of the last command, or NULL */
    char *message;    /* of the stream, libpq's, or NULL */
    uint64_t affected;
    char value[PGCONN_VALUE_MAX];
    struct sl_error error;
    char *conninfo; /* until it connects; it may hold a password */
    char application_name[64];
};

/* ---- connection strings ---- */

/* Ports are the only number in it: "user:pass/word@host" makes one of a password. */
static bool is_port(const char *text)
{
    return text == NULL || strspn(text, "0123456789,") == strlen(text);
}

/* "user:p@ss@host" makes a host "ss@host"; an abstract socket begins with @. */
static bool is_host(const char *text)
{
    return text == NULL || text[0] == '\0' || strchr(text + 1, '@') == NULL;
}

bool pgconn_is_conninfo(const char *conninfo)
{
    char *message = NULL; /* not told: it has parts of the text */
    PQconninfoOption *options = PQconninfoParse(conninfo, &message);
    bool is_fine = options != NULL;

    for (PQconninfoOption *o = options; is_fine && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "port") == 0) {
            is_fine = is_port(o->val);
        } else if (strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0) {
            is_fine = is_host(o->val);
        }
    }
    PQconninfoFree(options);
    PQfreemem(message);
    return is_fine;
}

/* ---- life ---- */

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

struct pgconn *pgconn_open(const char *conninfo, const char *application_name)
{
    struct pgconn *conn = calloc(1, sizeof *conn);

    if (conn == NULL) {
        return NULL;
    }
    conn->conninfo = strdup(conninfo);
    if (conn->conninfo == NULL) {
        free(conn);
        return NULL;
    }
    snprintf(conn->application_name, sizeof conn->application_name, "%s", application_name);
    return conn;
}

struct pgconn *pgconn_open_replication(const char *conninfo, const char *application_name)
{
    struct pgconn *conn = pgconn_open(conninfo, application_name);

    if (conn != NULL) {
        conn->is_replication = true;
    }
    return conn;
}

static void forget_answer(struct pgconn *conn)
{
    PQclear(conn->answer);
    conn->answer = NULL;
    PQfreemem(conn->message);
    conn->message = NULL;
}

static void forget_conninfo(struct pgconn *conn)
{
    if (conn->conninfo != NULL) {
        explicit_bzero(conn->conninfo, strlen(conn->conninfo));
        free(conn->conninfo);
        conn->conninfo = NULL;
    }
}

void pgconn_close(struct pgconn *conn)
{
    if (conn != NULL) {
        forget_conninfo(conn);
        forget_answer(conn);
        PQfinish(conn->pg);
        free(conn);
    }
}

/* ---- errors ---- */

static enum pgconn_turn fail(struct pgconn *conn, const char *sqlstate, const char *text)
{
    SL_IGNORE(sl_error_set(&conn->error, SL_EIO, sqlstate, "%s", text), "the caller is told so");
    conn->state = IDLE;
    return PGCONN_FAILED;
}

/* One line, without what the connection string keeps secret. */
static enum pgconn_turn break_off(struct pgconn *conn)
{
    const char *password = conn->pg == NULL ? NULL : PQpass(conn->pg);
    char text[SL_ERROR_TEXT_MAX];

    conn->is_broken = true;
    if (conn->has_failed) { /* it said why before it went */
        conn->state = IDLE;
        return PGCONN_FAILED;
    }
    snprintf(text, sizeof text, "%s", PQerrorMessage(conn->pg));
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\t') {
            *at = ' ';
        }
    }
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ') {
        text[--len] = '\0';
    }
    if (len == 0 || (password != NULL && password[0] != '\0' && strstr(text, password) != NULL)) {
        return fail(conn, SL_STATE_CONNECTION_FAILURE, "the connection failed");
    }
    return fail(conn, SL_STATE_CONNECTION_FAILURE, text);
}

static void note_error(struct pgconn *conn, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (conn->has_failed) {
        return; /* the first one is the cause */
    }
    conn->has_failed = true;
    SL_IGNORE(sl_error_set(&conn->error, SL_EIO,
                      sqlstate == NULL || strlen(sqlstate) != 5 ? SL_STATE_CONNECTION_FAILURE
                                                                : sqlstate,
                      "%s", text == NULL ? "the connection was lost" : text),
            "the caller is told so");
}

/* ---- what is under way ---- */

static enum pgconn_turn go_on_connecting(struct pgconn *conn)
{
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        return PGCONN_READ;
    case PGRES_POLLING_WRITING:
        return PGCONN_WRITE;
    case PGRES_POLLING_OK:
        conn->state = IDLE;
        return PQsetnonblocking(conn->pg, 1) == 0 ? PGCONN_DONE : break_off(conn);
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        break;
    }
    return break_off(conn);
}

/* Takes it over. */
static void keep_answer(struct pgconn *conn, PGresult *result)
{
    forget_answer(conn);
    if (PQresultMemorySize(result) > PGCONN_ANSWER_MAX) {
        PQclear(result);
        conn->has_failed = true;
        SL_IGNORE(sl_error_set(&conn->error, SL_ELIMIT, SL_STATE_PROGRAM_LIMIT,
                          "the answer is too long"),
                "the caller is told so");
        return;
    }
    if (PQntuples(result) > 0 && PQnfields(result) > 0) {
        snprintf(conn->value, sizeof conn->value, "%s", PQgetvalue(result, 0, 0));
    }
    conn->answer = result;
}

/* True: the server wants a copy's data now, or sends messages from now on. */
static bool take_result(struct pgconn *conn, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK) {
        keep_answer(conn, result);
        return false;
    }
    if (status == PGRES_FATAL_ERROR) {
        note_error(conn, result);
    }
    if (status == PGRES_COMMAND_OK && PQcmdTuples(result)[0] != '\0') {
        conn->affected = strtoull(PQcmdTuples(result), NULL, 10);
    }
    PQclear(result);
    return status == PGRES_COPY_IN || status == PGRES_COPY_BOTH;
}

static enum pgconn_turn go_on_awaiting(struct pgconn *conn)
{
    while (!PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        if (result != NULL && PQresultStatus(result) == PGRES_COPY_OUT) {
            PQclear(result);
            return break_off(conn); /* nobody here asks for that */
        }
        bool talks = result != NULL && PQresultStatus(result) == PGRES_COPY_BOTH;
        if (result == NULL || take_result(conn, result)) {
            conn->state = talks ? TALKING : IDLE;
            conn->is_broken = PQstatus(conn->pg) != CONNECTION_OK;
            return conn->has_failed ? PGCONN_FAILED : PGCONN_DONE;
        }
    }
    return PGCONN_READ;
}

enum pgconn_turn pgconn_go_on(struct pgconn *conn)
{
    if (conn->state == CONNECTING) {
        return go_on_connecting(conn);
    }
    /* It reads also while it writes: a server that is not heard may not listen. */
    if (PQconsumeInput(conn->pg) == 0) {
        return break_off(conn);
    }
    if (conn->state == SENDING || conn->state == COPYING) {
        int left = PQflush(conn->pg);
        if (left != 0) {
            return left < 0 ? break_off(conn) : PGCONN_WRITE;
        }
        if (conn->state == COPYING) {
            conn->state = IDLE;
            return PGCONN_DONE;
        }
        conn->state = AWAITING;
    }
    return go_on_awaiting(conn);
}

/* ---- what begins ---- */

enum pgconn_turn pgconn_connect(struct pgconn *conn)
{
    /* What stands behind dbname is not the connection string's to say. */
    const char *const keywords[] = {"gssencmode", "tcp_user_timeout", "application_name", "dbname",
            "client_encoding", conn->is_replication ? "replication" : NULL, NULL};
    const char *const values[] = {
            "disable", "15000", conn->application_name, conn->conninfo, "UTF8", "database", NULL};

    SL_CHECK(conn->pg == NULL);
    conn->pg = PQconnectStartParams(keywords, values, 1);
    forget_conninfo(conn);
    if (conn->pg == NULL || PQstatus(conn->pg) == CONNECTION_BAD) {
        return break_off(conn);
    }
    PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
    conn->state = CONNECTING;
    return PGCONN_WRITE;
}

static void begin(struct pgconn *conn)
{
    SL_CHECK(conn->state == IDLE && conn->pg != NULL);
    conn->has_failed = false;
    forget_answer(conn);
    conn->value[0] = '\0';
    conn->affected = 0;
}

enum pgconn_turn pgconn_run(struct pgconn *conn, const char *sql)
{
    begin(conn);
    if (PQsendQuery(conn->pg, sql) == 0) {
        return break_off(conn);
    }
    conn->state = SENDING;
    return pgconn_go_on(conn);
}

enum pgconn_turn pgconn_copy(struct pgconn *conn, struct sl_span bytes)
{
    begin(conn);
    if (bytes.len > INT32_MAX ||
            PQputCopyData(conn->pg, (const char *)bytes.at, (int)bytes.len) != 1) {
        return break_off(conn);
    }
    conn->state = COPYING;
    return pgconn_go_on(conn);
}

enum pgconn_turn pgconn_copy_end(struct pgconn *conn)
{
    begin(conn);
    if (PQputCopyEnd(conn->pg, NULL) != 1) {
        return break_off(conn);
    }
    conn->state = SENDING;
    return pgconn_go_on(conn);
}

/* ---- messages, both ways ---- */

/* The server has said that no more come: why is in what it says next. */
static enum pgconn_turn end_talking(struct pgconn *conn)
{
    conn->state = AWAITING;
    enum pgconn_turn turn = go_on_awaiting(conn);
    if (turn == PGCONN_READ) {
        return turn;
    }
    conn->state = IDLE;
    conn->is_broken = true; /* there is no use for it */
    return turn == PGCONN_FAILED
                   ? turn
                   : fail(conn, SL_STATE_CONNECTION_FAILURE, "the server has ended the stream");
}

enum pgconn_turn pgconn_next(struct pgconn *conn, struct sl_span *message)
{
    bool has_read = false;

    *message = sl_span("", 0);
    if (conn->state != TALKING) {
        if (conn->state != AWAITING) {
            return PGCONN_FAILED;
        }
        return PQconsumeInput(conn->pg) == 0 ? break_off(conn) : end_talking(conn);
    }
    for (;;) {
        PQfreemem(conn->message);
        conn->message = NULL;
        int len = PQgetCopyData(conn->pg, &conn->message, 1);
        if (len > 0) {
            *message = sl_span(conn->message, (size_t)len);
            return PGCONN_DONE;
        }
        if (len < 0) {
            return len == -1 ? end_talking(conn) : break_off(conn);
        }
        if (has_read) {
            break;
        }
        if (PQconsumeInput(conn->pg) == 0) {
            return break_off(conn);
        }
        has_read = true;
    }
    int left = PQflush(conn->pg);
    if (left < 0) {
        return break_off(conn);
    }
    return left > 0 ? PGCONN_WRITE : PGCONN_READ;
}

enum pgconn_turn pgconn_say(struct pgconn *conn, struct sl_span message)
{
    SL_CHECK(message.len <= INT32_MAX);
    if (conn->state != TALKING) {
        return PGCONN_FAILED;
    }
    if (PQputCopyData(conn->pg, (const char *)message.at, (int)message.len) != 1 ||
            PQflush(conn->pg) < 0) {
        return break_off(conn);
    }
    return PGCONN_DONE;
}

/* ---- answers ---- */

int pgconn_fd(const struct pgconn *conn)
{
    return PQsocket(conn->pg);
}

const char *pgconn_value(const struct pgconn *conn)
{
    return conn->value;
}

int pgconn_rows(const struct pgconn *conn)
{
    return conn->answer == NULL ? 0 : PQntuples(conn->answer);
}

int pgconn_columns(const struct pgconn *conn)
{
    return conn->answer == NULL ? 0 : PQnfields(conn->answer);
}

struct sl_span pgconn_at(const struct pgconn *conn, int row, int column)
{
    if (row < 0 || row >= pgconn_rows(conn) || column < 0 || column >= pgconn_columns(conn) ||
            PQgetisnull(conn->answer, row, column)) {
        return sl_span(NULL, 0);
    }
    return sl_span(
            PQgetvalue(conn->answer, row, column), (size_t)PQgetlength(conn->answer, row, column));
}

uint64_t pgconn_affected(const struct pgconn *conn)
{
    return conn->affected;
}

const struct sl_error *pgconn_error(const struct pgconn *conn)
{
    return &conn->error;
}

bool pgconn_is_broken(const struct pgconn *conn)
{
    return conn->is_broken;
}

int pgconn_pid(const struct pgconn *conn)
{
    return conn->pg == NULL ? 0 : PQbackendPID(conn->pg);
}
