/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/sessions.c - playing random sessions and comparing what is answered.
 */
#include "tests/support/sessions.h"

#include "tests/support/proc.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CLIENTS_MAX = 8, SHOWN_MAX = 5, REPLY_MAX = 4096, ANSWER_MS = 30000 };

static const char *const how_names[] = {"simple", "unnamed", "named", "pipelined"};

static const char *const reported[] = {"client_encoding", "DateStyle", "TimeZone", "is_superuser",
        "session_authorization", "application_name", "standard_conforming_strings",
        "IntervalStyle"};

struct reply {
    size_t len;
    char text[REPLY_MAX];
};

static void say(struct reply *reply, const char *words)
{
    size_t len = strlen(words);

    len = len < REPLY_MAX - 1 - reply->len ? len : REPLY_MAX - 1 - reply->len;
    memcpy(reply->text + reply->len, words, len);
    reply->len += len;
    reply->text[reply->len] = '\0';
}

static void say_rows(struct reply *reply, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        for (int field = 0; field < PQnfields(result); field++) {
            say(reply, field > 0 ? "|" : "\n");
            say(reply, PQgetisnull(result, row, field) ? "<null>" : PQgetvalue(result, row, field));
        }
    }
}

static void say_error(struct reply *reply, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    say(reply, code != NULL ? code : "lost");
    say(reply, " ");
    say(reply, message != NULL ? message : PQresultErrorMessage(result));
}

static void say_result(struct reply *reply, const struct session_step *step, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    say(reply, " / ");
    if (status == PGRES_FATAL_ERROR && strstr(step->sql, "pg_temp.") != NULL) {
        say(reply, "error");
    } else if (status == PGRES_FATAL_ERROR) {
        say_error(reply, result);
    } else {
        say(reply, PQresStatus(status));
        say(reply, PQcmdStatus(result));
        say_rows(reply, result);
    }
    PQclear(result);
}

/* The next, or NULL; what does not come in time ends the session's connection. */
static PGresult *next_result(struct reply *reply, PGconn *conn)
{
    long end = proc_now_ms() + ANSWER_MS;

    while (PQflush(conn) > 0 || PQisBusy(conn)) {
        struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
        long left = end - proc_now_ms();
        if (left <= 0) {
            say(reply, " / no answer");
            shutdown(PQsocket(conn), SHUT_RDWR);
        }
        (void)poll(&fd, 1, left > 0 ? (int)left : 0);
        if (!PQconsumeInput(conn)) {
            break;
        }
    }
    return PQgetResult(conn);
}

static void say_results(struct reply *reply, const struct session_step *step, PGconn *conn)
{
    PGresult *result;

    while ((result = next_result(reply, conn)) != NULL) {
        say_result(reply, step, result);
    }
}

static void say_parameters(struct reply *reply, PGconn *conn)
{
    say(reply, "\nreported:");
    for (size_t i = 0; i < sizeof reported / sizeof reported[0]; i++) {
        const char *value = PQparameterStatus(conn, reported[i]);
        say(reply, " ");
        say(reply, value == NULL ? "<none>" : value);
    }
}

/* ---- playing ---- */

/* application_name is the client's own again only behind that request (proxy/README.md). */
static bool resets_all(const char *sql)
{
    return strcmp(sql, "reset all") == 0 || strcmp(sql, "discard all") == 0 ||
           strcmp(sql, "reset application_name") == 0;
}

/* The connection of a session and the steps it is given. */
static void play_pipelined(
        PGconn *conn, const struct session_program *program, size_t *at, struct reply *replies)
{
    size_t first = *at;

    PQenterPipelineMode(conn);
    while (*at < program->count && program->steps[*at].how == SESSION_PIPELINED) {
        const char *sql = program->steps[(*at)++].sql;
        PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0);
        if (*at % 2 == 0 || resets_all(sql)) {
            break;
        }
    }
    PQpipelineSync(conn);
    for (size_t i = first; i < *at; i++) {
        say_results(&replies[i], &program->steps[i], conn);
    }
    PQclear(next_result(&replies[*at - 1], conn)); /* the Sync's */
    PQexitPipelineMode(conn);
    say_parameters(&replies[*at - 1], conn);
}

static void play_step(PGconn *conn, const struct session_step *step, size_t at, struct reply *reply)
{
    char name[32];

    if (step->how == SESSION_NAMED) {
        snprintf(name, sizeof name, "n%zu", at);
        PQsendPrepare(conn, name, step->sql, 0, NULL);
        say_results(reply, step, conn);
        if (strstr(reply->text, PQresStatus(PGRES_COMMAND_OK)) != NULL) {
            PQsendQueryPrepared(conn, name, 0, NULL, NULL, NULL, 0);
        }
    } else if (step->how == SESSION_UNNAMED) {
        PQsendQueryParams(conn, step->sql, 0, NULL, NULL, NULL, NULL, 0);
    } else {
        PQsendQuery(conn, step->sql);
    }
    say_results(reply, step, conn);
    say_parameters(reply, conn);
}

static void no_notices(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

static void play(const struct session_peer *peer, const struct session_program *program,
        struct reply *replies)
{
    char conninfo[512];

    memset(replies, 0, STEPS_MAX * sizeof *replies);
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d dbname=%s sslmode=disable %s",
            peer->port, peer->database, program->login);
    PGconn *conn = PQconnectdb(conninfo);
    PQsetNoticeReceiver(conn, no_notices, NULL);
    if (PQstatus(conn) != CONNECTION_OK) {
        say(&replies[0], PQerrorMessage(conn));
    }
    for (size_t i = 0; i < program->count && PQstatus(conn) == CONNECTION_OK;) {
        if (program->steps[i].how == SESSION_PIPELINED) {
            play_pipelined(conn, program, &i, replies);
        } else {
            play_step(conn, &program->steps[i], i, &replies[i]);
            i++;
        }
    }
    PQfinish(conn);
}

struct sessions {
    const struct session_peer *reference;
    const struct session_peer *peer;
    uint64_t first;
    uint64_t count;
    _Atomic uint64_t next;
    _Atomic size_t different;
    pthread_mutex_t show;
};

/* Two of a session, and the program. */
struct played {
    struct session_program program;
    struct reply want[STEPS_MAX];
    struct reply got[STEPS_MAX];
};

static void show(struct sessions *sessions, const struct played *played, size_t at)
{
    if (atomic_fetch_add(&sessions->different, 1) >= SHOWN_MAX) {
        return;
    }
    pthread_mutex_lock(&sessions->show);
    fprintf(stderr, "session of seed %llu differs (%s):\n",
            (unsigned long long)played->program.seed, played->program.login);
    for (size_t i = 0; i <= at; i++) {
        const struct session_step *step = &played->program.steps[i];
        fprintf(stderr, "  %zu [%s] %.150s\n", i, how_names[step->how], step->sql);
    }
    fprintf(stderr, "  want%s\n  got %s\n", played->want[at].text, played->got[at].text);
    pthread_mutex_unlock(&sessions->show);
}

static void play_both(struct sessions *sessions, struct played *played, uint64_t seed)
{
    session_make(&played->program, seed);
    play(sessions->reference, &played->program, played->want);
    play(sessions->peer, &played->program, played->got);
    for (size_t i = 0; i < played->program.count; i++) {
        if (strcmp(played->want[i].text, played->got[i].text) != 0) {
            show(sessions, played, i);
            return;
        }
    }
}

static void *play_on(void *arg)
{
    struct sessions *sessions = arg;
    struct played *played = malloc(sizeof *played);

    if (played == NULL) {
        proc_die("out of memory");
    }
    for (;;) {
        uint64_t i = atomic_fetch_add(&sessions->next, 1);
        if (i >= sessions->count) {
            free(played);
            return NULL;
        }
        play_both(sessions, played, sessions->first + i);
    }
}

size_t sessions_play(const struct session_peer *reference, const struct session_peer *peer,
        uint64_t first, uint64_t count, unsigned clients)
{
    struct sessions sessions = {.reference = reference,
            .peer = peer,
            .first = first,
            .count = count,
            .show = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[CLIENTS_MAX];

    if (clients > CLIENTS_MAX) {
        proc_die("too many clients");
    }
    for (unsigned i = 0; i < clients; i++) {
        if (pthread_create(&threads[i], NULL, play_on, &sessions) != 0) {
            proc_die("no thread");
        }
    }
    for (unsigned i = 0; i < clients; i++) {
        pthread_join(threads[i], NULL);
    }
    return atomic_load(&sessions.different);
}
