/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/leaks_talk.c - asking, and writing down what was answered.
 */
#include "tests/e2e/leaks_talk.h"

#include "tests/support/case.h"
#include "tests/support/query.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAR_MS = 30000, RAW_MAX = 4096 };

static void note(void *arg, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    fprintf(arg, "notice %s %s\n", code != NULL ? code : "?", message != NULL ? message : "?");
}

void talk_open(struct talk *talk, int port, const char *database, const char *login)
{
    *talk = (struct talk){.way = talk->way, .goes_on = talk->goes_on};
    talk->conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=%s "
                                    "sslmode=disable %s",
            port, database, login != NULL ? login : "");
    talk->log = open_memstream(&talk->said, &talk->len);
    assert_non_null(talk->log);
    PQsetNoticeReceiver(talk->conn, note, talk->log);
}

static void say_rows(FILE *log, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        for (int field = 0; field < PQnfields(result); field++) {
            fprintf(log, "%s%s", field > 0 ? "|" : "  ",
                    PQgetisnull(result, row, field) ? "<null>" : PQgetvalue(result, row, field));
        }
        fputc('\n', log);
    }
}

static void say_result(FILE *log, PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
        fprintf(log, "error %s %s\n", code != NULL ? code : "lost",
                message != NULL ? message : PQresultErrorMessage(result));
    } else {
        fprintf(log, "%s %s\n", PQresStatus(PQresultStatus(result)), PQcmdStatus(result));
        say_rows(log, result);
    }
    PQclear(result);
}

void talk_results(struct talk *talk)
{
    PGresult *result;

    while ((result = PQgetResult(talk->conn)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        say_result(talk->log, result);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
            return; /* the caller goes on from here */
        }
    }
}

void talk_script(struct talk *talk, const char *sql)
{
    fprintf(talk->log, "> %s\n", sql);
    if (!PQsendQuery(talk->conn, sql)) {
        fprintf(talk->log, "not sent: %s", PQerrorMessage(talk->conn));
    }
    talk_results(talk);
}

void talk_query(struct talk *talk, const char *sql)
{
    char name[16];

    if (talk->way == TALK_SIMPLE || PQtransactionStatus(talk->conn) == PQTRANS_INERROR) {
        talk_script(talk, sql);
        return;
    }
    fprintf(talk->log, "> %s\n", sql);
    if (talk->way == TALK_UNNAMED) {
        (void)PQsendQueryParams(talk->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
        talk_results(talk);
        return;
    }
    snprintf(name, sizeof name, "step%u", talk->steps++);
    PGresult *result = PQprepare(talk->conn, name, sql, 0, NULL);
    bool is_prepared = PQresultStatus(result) == PGRES_COMMAND_OK;
    say_result(talk->log, result);
    if (is_prepared) {
        (void)PQsendQueryPrepared(talk->conn, name, 0, NULL, NULL, NULL, 0);
        talk_results(talk);
    }
}

/* ---- messages ----------------------------------------------------------------------------- */

struct message {
    size_t len;
    char at[RAW_MAX];
};

static void put(struct message *message, const void *at, size_t len)
{
    assert_true(message->len + len <= sizeof message->at);
    memcpy(message->at + message->len, at, len);
    message->len += len;
}

static void put_name(struct message *message, const char *name, size_t len)
{
    put(message, name, len == 1 && name[0] == '-' ? 0 : len);
    put(message, "", 1);
}

/* A line as a message: its type, then words. */
static void put_line(struct message *out, const char *line, size_t len)
{
    struct message body = {0};
    const char *word = line + (len > 2 ? 2 : len);
    size_t first = strcspn(word, " \n");
    const char *second = word + first + (word[first] == ' ');
    size_t rest = (size_t)(line + len - second);

    switch (line[0]) {
    case 'P':
        put_name(&body, word, first);
        put_name(&body, second, rest);
        put(&body, "\0", 2);
        break;
    case 'B':
        put_name(&body, word, first);
        put_name(&body, second, rest);
        put(&body, "\0\0\0\0\0", 6);
        break;
    case 'E':
        put_name(&body, word, first);
        uint32_t rows = htonl((uint32_t)atoi(second));
        put(&body, &rows, 4);
        break;
    case 'C':
        put(&body, "S", 1);
        put_name(&body, word, first);
        break;
    default: /* S, H */
        break;
    }
    uint32_t whole = htonl((uint32_t)body.len + 4);
    put(out, line, 1);
    put(out, &whole, 4);
    put(out, body.at, body.len);
}

/* Reads messages and says their types. */
static void say_types(struct talk *talk, char until)
{
    char head[5] = "";
    char byte;

    while (head[0] != until) {
        uint32_t len;
        if (recv(PQsocket(talk->conn), head, sizeof head, MSG_WAITALL) != (ssize_t)sizeof head) {
            fprintf(talk->log, " end");
            break;
        }
        memcpy(&len, head + 1, sizeof len);
        for (len = ntohl(len) - 4; len > 0; len--) {
            if (recv(PQsocket(talk->conn), &byte, 1, MSG_WAITALL) != 1) {
                break;
            }
        }
        if (head[0] != 'S' && head[0] != 'N') {
            fprintf(talk->log, " %c", head[0]);
        }
    }
    fputc('\n', talk->log);
}

/* libpq's socket does not wait. */
static void set_waiting(struct talk *talk, bool waits)
{
    struct timeval most = {.tv_sec = HEAR_MS / 1000};
    int flags = fcntl(PQsocket(talk->conn), F_GETFL);

    fcntl(PQsocket(talk->conn), F_SETFL, waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    setsockopt(PQsocket(talk->conn), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
}

void talk_raw(struct talk *talk, const char *lines, char until)
{
    struct message out = {0};
    char last = 0;

    fprintf(talk->log, "> %s\n ", lines);
    for (const char *line = lines; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        put_line(&out, line, len);
        last = line[0];
        line += len + (line[len] == '\n');
    }
    set_waiting(talk, true);
    assert_int_equal(send(PQsocket(talk->conn), out.at, out.len, MSG_NOSIGNAL), (ssize_t)out.len);
    say_types(talk, last == 'S' ? 'Z' : until);
    set_waiting(talk, false);
}

void talk_wait(struct talk *talk)
{
    struct pollfd fd = {.fd = PQsocket(talk->conn), .events = POLLIN};

    if (poll(&fd, 1, HEAR_MS) != 1 || !PQconsumeInput(talk->conn)) {
        fail_msg("nothing came: %s", PQerrorMessage(talk->conn));
    }
}

void talk_hear(struct talk *talk, int count)
{
    while (count > 0) {
        PGnotify *notify = PQnotifies(talk->conn);
        if (notify != NULL) {
            fprintf(talk->log, "heard %s %s\n", notify->relname, notify->extra);
            PQfreemem(notify);
            count--;
        } else {
            talk_wait(talk);
        }
    }
}

/* ---- looking ------------------------------------------------------------------------------ */

/*
 * All that can be asked without an error, at once. By whom a setting is set is not told: we set
 * what a client has set at its startup. A language's own are there once anybody has used it.
 */
static const char look_state[] =
        "select name, setting from pg_settings where setting is distinct from boot_val and "
        " name not like 'plpgsql.%' order by name;"
        "select current_user, session_user, current_setting('role'),"
        " current_setting('is_superuser'), current_setting('transaction_isolation'),"
        " current_setting('transaction_read_only'), coalesce(current_setting('app.a', true), ''),"
        " coalesce(current_setting('app.b', true), ''),"
        " coalesce(nullif(current_setting('plpgsql.extra_warnings', true), 'none'), ''),"
        " coalesce(current_setting('auto_explain.log_min_duration', true), 'not loaded'),"
        " (select count(*) from pg_depend where refclassid = 'pg_namespace'::regclass"
        "  and refobjid = pg_my_temp_schema() and pg_my_temp_schema() <> 0),"
        " (select string_agg(mode || ' ' || classid || ' ' || objid, ', ' order by mode, objid)"
        "  from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),"
        " (select string_agg(name || ' ' || is_holdable, ', ' order by name) from pg_cursors"
        "  where name <> ''),"
        " (select string_agg(name || ' ' || statement, ', ' order by name)"
        "  from pg_prepared_statements where from_sql),"
        " random() in (select r from public.seeded);"
        "select * from pg_listening_channels() order by 1";

static const char *const looks[] = {look_state, "select * from t", "execute p", "fetch c",
        "select lo_tell(0)", "select currval('public.seq')", "select lastval()"};

/* Behind the names that a client may have given in the protocol. */
static void look_at_names(struct talk *talk)
{
    static const char *const statements[] = {"", "n", "step0"};
    static const char *const portals[] = {"", "c", "c2"};

    for (size_t i = 0; i < CASE_COUNT(statements); i++) {
        fprintf(talk->log, "> statement %s\n", statements[i]);
        say_result(talk->log, PQdescribePrepared(talk->conn, statements[i]));
    }
    for (size_t i = 0; i < CASE_COUNT(portals); i++) {
        fprintf(talk->log, "> portal %s\n", portals[i]);
        say_result(talk->log, PQdescribePortal(talk->conn, portals[i]));
    }
}

static void look_at_reports(struct talk *talk)
{
    static const char *const names[] = {"client_encoding", "DateStyle", "TimeZone", "IntervalStyle",
            "is_superuser", "session_authorization", "application_name",
            "standard_conforming_strings", "default_transaction_read_only", "in_hot_standby"};
    PGnotify *notify;

    for (size_t i = 0; i < CASE_COUNT(names); i++) {
        const char *value = PQparameterStatus(talk->conn, names[i]);
        fprintf(talk->log, "%s=%s\n", names[i], value != NULL ? value : "<none>");
    }
    fprintf(talk->log, "transaction %d\n", (int)PQtransactionStatus(talk->conn));
    while ((notify = PQnotifies(talk->conn)) != NULL) {
        fprintf(talk->log, "notification %s\n", notify->relname);
        PQfreemem(notify);
    }
}

/* A COPY that was begun and not ended. */
static void end_copy(struct talk *talk)
{
    char *row = NULL;
    long rows = 0;

    if (PQtransactionStatus(talk->conn) != PQTRANS_ACTIVE) {
        return;
    }
    if (PQputCopyEnd(talk->conn, "left") != 1) {
        for (; PQgetCopyData(talk->conn, &row, 0) > 0; rows++) {
            PQfreemem(row);
        }
        fprintf(talk->log, "%ld rows\n", rows);
    }
    talk_results(talk);
}

void talk_look(struct talk *talk)
{
    end_copy(talk);
    look_at_names(talk);
    for (size_t i = 0; i < CASE_COUNT(looks); i++) {
        talk_script(talk, looks[i]);
    }
    look_at_reports(talk);
}

const char *talk_said(struct talk *talk)
{
    fflush(talk->log);
    return talk->said;
}

void talk_close(struct talk *talk, enum talk_end end)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (talk->conn == NULL) {
        return;
    }
    if (end == TALK_VANISHES) {
        setsockopt(PQsocket(talk->conn), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        (void)shutdown(PQsocket(talk->conn), SHUT_RDWR); /* no Terminate goes out */
    }
    PQfinish(talk->conn);
    fclose(talk->log);
    free(talk->said);
    talk->conn = NULL;
}
