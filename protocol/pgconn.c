/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/pgconn.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQLSTATE_CONNECTION "08006"

enum state {
    IDLE,
    CONNECTING,
    SENDING,  /* a command */
    AWAITING, /* its answers */
    COPYING,  /* data is sent */
};

struct pgconn {
    PGconn *pg;
    enum state state;
    bool is_broken;
    bool has_failed; /* the command under way */
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
        return fail(conn, SQLSTATE_CONNECTION, "the connection failed");
    }
    return fail(conn, SQLSTATE_CONNECTION, text);
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
                      sqlstate == NULL || strlen(sqlstate) != 5 ? SQLSTATE_CONNECTION : sqlstate,
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

/* True: the server wants a copy's data now. */
static bool take_result(struct pgconn *conn, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_FATAL_ERROR) {
        note_error(conn, result);
    } else if (status == PGRES_TUPLES_OK && PQntuples(result) > 0 && PQnfields(result) > 0) {
        snprintf(conn->value, sizeof conn->value, "%s", PQgetvalue(result, 0, 0));
    }
    if (status == PGRES_COMMAND_OK && PQcmdTuples(result)[0] != '\0') {
        conn->affected = strtoull(PQcmdTuples(result), NULL, 10);
    }
    PQclear(result);
    return status == PGRES_COPY_IN;
}

static enum pgconn_turn go_on_awaiting(struct pgconn *conn)
{
    while (!PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        if (result != NULL && PQresultStatus(result) == PGRES_COPY_OUT) {
            PQclear(result);
            return break_off(conn); /* nobody here asks for that */
        }
        if (result == NULL || take_result(conn, result)) {
            conn->state = IDLE;
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
            "client_encoding", NULL};
    const char *const values[] = {
            "disable", "15000", conn->application_name, conn->conninfo, "UTF8", NULL};

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

/* ---- answers ---- */

int pgconn_fd(const struct pgconn *conn)
{
    return PQsocket(conn->pg);
}

const char *pgconn_value(const struct pgconn *conn)
{
    return conn->value;
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
