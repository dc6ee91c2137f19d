/* SPDX-License-Identifier: PostgreSQL */
#include "tests/long/soak_client.h"

#include "tests/support/case.h"
#include "tests/support/proc.h"
#include "tests/support/query.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPELINE_MAX = 24, TOKEN_BYTES = 64, QUESTIONS_MAX = 200, NOTIFICATION_MS = 60000 };

struct asker {
    struct soak *soak;
    struct soak_seat *seat;
    struct dice dice;
    long id; /* of this process alone; a pid comes again */
    PGconn *conn;
    const char *database;
    const char *user;
    const char *threshold;  /* what geqo_threshold was at startup */
    bool has_own_threshold; /* and may be 99 by our own SET */
    bool is_listening;
    bool has_missed;         /* notifications: it was told so */
    bool may_be_cancelled;   /* a cancel of ours may be late by one question */
    bool is_over;            /* this connection is not used further */
    char name[TOKEN_BYTES];  /* application_name */
    char token[TOKEN_BYTES]; /* of this question */
    char ours[TOKEN_BYTES];  /* that of our PREPARE; empty: there is none */
};

unsigned soak_roll(struct dice *dice, unsigned sides)
{
    dice->state = dice->state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(dice->state >> 33) % sides;
}

const char *soak_kind_name(enum soak_kind kind)
{
    static const char *const names[] = {"connect", "simple", "unnamed", "prepared", "pipeline",
            "transaction", "copy out", "copy in", "large", "cancel", "setting", "name", "temporary",
            "sql prepared", "notify", "who", "vanish"};

    _Static_assert(CASE_COUNT(names) == SOAK_KINDS, "a name each");
    return names[kind];
}

static _Noreturn void wrong(const struct asker *asker, const char *got, const char *expected)
{
    fprintf(stderr, "soak: %s in %s as %s: \"%.300s\", not \"%.200s\"\n",
            soak_kind_name((enum soak_kind)atomic_load(&asker->seat->kind)), asker->database,
            asker->user, got, expected);
    _exit(SOAK_WRONG);
}

static bool in_statement_mode(const struct asker *asker)
{
    return strcmp(asker->database, "statement") == 0;
}

static void begin(struct asker *asker, enum soak_kind kind)
{
    atomic_store(&asker->seat->kind, (int)kind);
    atomic_store(&asker->seat->since_ms, proc_now_ms());
}

static void answered(struct asker *asker)
{
    atomic_fetch_add(
            &asker->soak->answered[atomic_load(&asker->seat->kind)], asker->is_over ? 0 : 1);
}

/* Servers are killed, clients by name, and queries by our own cancels; nothing else happens. */
static bool is_explained(const struct asker *asker, const char *error)
{
    static const char *const states[] = {"57P01", "57P02", "57P03", "08006", "08003", "08001"};
    const char *state = error + strlen("ERROR ");

    for (size_t i = 0; i < CASE_COUNT(states); i++) {
        if (strncmp(state, states[i], 5) == 0) {
            return true;
        }
    }
    if (strncmp(state, "57014: canceling statement due to user request", 46) == 0) {
        return asker->may_be_cancelled;
    }
    return PQstatus(asker->conn) == CONNECTION_BAD && (strlen(state) < 6 || state[5] != ':');
}

/* True: it was an error, one that may be; the connection is given up. */
static bool is_error(struct asker *asker, const char *got)
{
    const char *at = strncmp(got, "ERROR ", 6) == 0 ? got : strstr(got, "\nERROR ");

    if (at == NULL) {
        return false;
    }
    if (!is_explained(asker, at[0] == '\n' ? at + 1 : at)) {
        wrong(asker, got, "an answer, or an error that a kill explains");
    }
    atomic_fetch_add(&asker->soak->errors, 1);
    asker->is_over = true;
    return true;
}

/* False: no answer came. */
static bool must_be(struct asker *asker, const char *got, const char *expected)
{
    if (is_error(asker, got)) {
        return false;
    }
    if (strcmp(got, expected) != 0) {
        wrong(asker, got, expected);
    }
    return true;
}

static const char *run(struct asker *asker, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static const char *run(struct asker *asker, const char *format, ...)
{
    char sql[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sql, sizeof(sql), format, args);
    va_end(args);
    return query_text(asker->conn, sql);
}

/* ---- the ways to ask ---- */

static void ask_simple(struct asker *asker)
{
    (void)must_be(asker, run(asker, "select '%s'", asker->token), asker->token);
}

static void ask_unnamed(struct asker *asker)
{
    const char *values[] = {asker->token};

    (void)must_be(asker, query_params(asker->conn, "select $1::text", 1, values), asker->token);
}

static void ask_prepared(struct asker *asker)
{
    const char *values[] = {asker->token};

    (void)must_be(asker, query_prepared(asker->conn, "mine", 1, values), asker->token);
}

/* Rows called "keep" are committed, rows called "drop" never. */
static void ask_transaction(struct asker *asker)
{
    bool keeps = soak_roll(&asker->dice, 2) == 0;
    char row[TOKEN_BYTES + 8];

    snprintf(row, sizeof(row), "%s %s", keeps ? "keep" : "drop", asker->token);
    if (!must_be(asker, run(asker, "begin"), "BEGIN") ||
            !must_be(asker, run(asker, "insert into soaked values ('%s') returning token", row),
                    row) ||
            !must_be(asker, run(asker, "select token from soaked where token = '%s'", row), row)) {
        return;
    }
    if (!keeps) {
        (void)must_be(asker, run(asker, "rollback"), "ROLLBACK");
        return;
    }
    atomic_fetch_add(&asker->soak->commits_asked, 1);
    if (must_be(asker, run(asker, "commit"), "COMMIT")) {
        atomic_fetch_add(&asker->soak->commits, 1);
    }
}

/* After COPY data: the command's result, or its error. */
static bool copy_ended(struct asker *asker)
{
    PGresult *result;
    bool is_done = false;

    while ((result = PQgetResult(asker->conn)) != NULL) {
        is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
        if (is_done) {
            PQclear(result);
        } else {
            (void)must_be(asker, query_result(result), "the end of a COPY");
        }
    }
    return is_done;
}

static void ask_copy_out(struct asker *asker)
{
    char *row;
    int len;
    size_t rows = 0;

    if (!must_be(asker,
                run(asker, "copy (select '%s' from generate_series(1, 500)) to stdout",
                        asker->token),
                "PGRES_COPY_OUT")) {
        return;
    }
    while ((len = PQgetCopyData(asker->conn, &row, 0)) > 0) {
        row[len - 1] = '\0';
        (void)must_be(asker, row, asker->token);
        PQfreemem(row);
        rows++;
    }
    if (copy_ended(asker) && rows != 500) {
        wrong(asker, "too few rows", "500 rows");
    }
}

static void put_copy_row(struct asker *asker)
{
    char row[TOKEN_BYTES + 8];
    int len = snprintf(row, sizeof(row), "%s\n", asker->token);

    (void)PQputCopyData(asker->conn, row, len);
}

static void ask_copy_in(struct asker *asker)
{
    if (!must_be(asker, run(asker, "copy copied from stdin"), "PGRES_COPY_IN")) {
        return;
    }
    for (int i = 0; i < SOAK_COPY_ROWS; i++) {
        put_copy_row(asker);
    }
    atomic_fetch_add(&asker->soak->copies_asked, 1);
    (void)PQputCopyEnd(asker->conn, NULL);
    if (copy_ended(asker)) {
        atomic_fetch_add(&asker->soak->copies, 1);
    } else {
        asker->is_over = true;
    }
}

static void ask_large(struct asker *asker)
{
    char begun[TOKEN_BYTES + 8];
    const char *got = run(asker, "select repeat('%s ', 3000)", asker->token);
    size_t len = strlen(asker->token) + 1;

    snprintf(begun, sizeof(begun), "%s ", asker->token);
    if (is_error(asker, got)) {
        return;
    }
    for (int i = 0; i < 3000; i++) {
        if (strncmp(got + (size_t)i * len, begun, len) != 0) {
            wrong(asker, got, "one's own token three thousand times");
        }
    }
}

static void ask_and_cancel(struct asker *asker)
{
    PGcancel *cancel = PQgetCancel(asker->conn);
    char error[256];

    asker->may_be_cancelled = true;
    if (cancel != NULL && PQsendQuery(asker->conn, "select pg_sleep(5)") == 1) {
        (void)PQcancel(cancel, error, sizeof(error));
        for (PGresult *result; (result = PQgetResult(asker->conn)) != NULL;) {
            const char *got = query_result(result);
            bool is_sleep = strcmp(got, "") == 0; /* the cancel came before it */
            if (!is_sleep && strncmp(got, "ERROR 57014: canceling", 22) != 0) {
                (void)is_error(asker, got);
            }
        }
    }
    PQfreeCancel(cancel);
}

/* A setting of ours, by startup or SET, is never another's, nor another's ours. */
static void ask_setting(struct asker *asker)
{
    const char *got = run(asker, "show geqo_threshold");

    if (!(asker->has_own_threshold && strcmp(got, "99") == 0) &&
            !must_be(asker, got, asker->threshold)) {
        return;
    }
    if (!in_statement_mode(asker) && soak_roll(&asker->dice, 4) == 0) {
        asker->has_own_threshold = true;
        (void)must_be(asker, run(asker, "set geqo_threshold = 99"), "SET");
    }
}

/* A reported setting goes where its client goes. */
static void ask_name(struct asker *asker)
{
    if (!must_be(asker, run(asker, "show application_name"), asker->name)) {
        return;
    }
    if (soak_roll(&asker->dice, 4) == 0 &&
            must_be(asker, run(asker, "set application_name = '%s'", asker->token), "SET")) {
        snprintf(asker->name, sizeof(asker->name), "%s", asker->token);
    }
}

/* A temporary table holds nobody's rows but ours, if it is still there. */
static void ask_temp(struct asker *asker)
{
    char owner[32];
    const char *got;

    snprintf(owner, sizeof(owner), "%ld", asker->id);
    if (!must_be(asker, run(asker, "begin"), "BEGIN") ||
            !must_be(asker, run(asker, "create temporary table if not exists mine (owner text)"),
                    "CREATE TABLE")) {
        return;
    }
    got = run(asker, "select distinct owner from mine");
    if (strcmp(got, "") != 0 && !must_be(asker, got, owner)) {
        return;
    }
    if (must_be(asker, run(asker, "insert into mine values ('%s')", owner), "INSERT 0 1")) {
        (void)must_be(asker, run(asker, "commit"), "COMMIT");
    }
}

/* All have a statement of that name by PREPARE, and find none or their own. */
static void ask_sql_prepared(struct asker *asker)
{
    const char *got = run(asker, "execute ours");

    if (asker->ours[0] != '\0' ? !must_be(asker, got, asker->ours)
                               : strncmp(got, "ERROR 26000", 11) != 0 && !must_be(asker, got, "")) {
        return;
    }
    if (asker->ours[0] != '\0') {
        if (soak_roll(&asker->dice, 4) == 0 &&
                must_be(asker, run(asker, "deallocate ours"), "DEALLOCATE")) {
            asker->ours[0] = '\0';
        }
        return;
    }
    /* A rollback does not take it back. */
    bool is_prepared =
            soak_roll(&asker->dice, 3) > 0
                    ? must_be(asker, run(asker, "prepare ours as select '%s'", asker->token),
                              "PREPARE")
                    : must_be(asker,
                              run(asker, "begin; prepare ours as select '%s'; rollback",
                                      asker->token),
                              "BEGIN\nPREPARE\nROLLBACK");
    if (is_prepared) {
        snprintf(asker->ours, sizeof(asker->ours), "%s", asker->token);
    }
}

/* Takes what was notified; true when our own token was among it. */
static bool take_notifications(struct asker *asker)
{
    char channel[TOKEN_BYTES];
    bool has_come = false;
    PGnotify *notify;

    snprintf(channel, sizeof(channel), "soak_%ld", asker->id);
    while ((notify = PQnotifies(asker->conn)) != NULL) {
        if (!asker->is_listening || strcmp(notify->relname, channel) != 0) {
            wrong(asker, notify->relname, "notifications of one's own channel only");
        }
        has_come |= strcmp(notify->extra, asker->token) == 0;
        PQfreemem(notify);
    }
    return has_come;
}

/* It comes, or is said to have been missed, as the connection that all hear by was killed. */
static void await_notification(struct asker *asker)
{
    long end = proc_now_ms() + NOTIFICATION_MS;

    while (!take_notifications(asker) && !asker->has_missed) {
        if (proc_now_ms() > end) {
            wrong(asker, "no notification", asker->token);
        }
        struct pollfd fd = {.fd = PQsocket(asker->conn), .events = POLLIN};
        (void)poll(&fd, 1, 100);
        if (PQconsumeInput(asker->conn) != 1) {
            atomic_fetch_add(&asker->soak->errors, 1);
            asker->is_over = true;
            return;
        }
    }
}

static void ask_notify(struct asker *asker)
{
    asker->has_missed = false;
    if (!asker->is_listening) {
        asker->is_listening = must_be(asker, run(asker, "listen soak_%ld", asker->id), "LISTEN");
    }
    if (asker->is_listening &&
            must_be(asker, run(asker, "notify soak_%ld, '%s'", asker->id, asker->token),
                    "NOTIFY")) {
        await_notification(asker);
    }
}

static void ask_who(struct asker *asker)
{
    (void)must_be(asker, run(asker, "select current_user"), asker->user);
}

/* ---- pipelines ---- */

enum item { ITEM_QUERY, ITEM_PREPARED, ITEM_FAILS, ITEM_SYNC };

static void item_token(const struct asker *asker, size_t number, char text[TOKEN_BYTES + 16])
{
    snprintf(text, TOKEN_BYTES + 16, "%s#%zu", asker->token, number);
}

static int send_item(struct asker *asker, enum item item, size_t number)
{
    char text[TOKEN_BYTES + 16];
    const char *values[] = {text};

    item_token(asker, number, text);
    switch (item) {
    case ITEM_QUERY:
        return PQsendQueryParams(asker->conn, "select $1::text", 1, NULL, values, NULL, NULL, 0);
    case ITEM_PREPARED:
        return PQsendQueryPrepared(asker->conn, "mine", 1, values, NULL, NULL, 0);
    case ITEM_FAILS:
        return PQsendQueryParams(asker->conn, "select 1 / length($1::text || '') / 0", 1, NULL,
                values, NULL, NULL, 0);
    case ITEM_SYNC:
        break;
    }
    return PQpipelineSync(asker->conn);
}

/* The results of one item; has_failed is whether one before it did, since the last Sync. */
static void take_item(struct asker *asker, enum item item, size_t number, bool *has_failed)
{
    PGresult *result = PQgetResult(asker->conn);
    ExecStatusType status = PQresultStatus(result);
    char text[TOKEN_BYTES + 16];

    item_token(asker, number, text);
    if (item == ITEM_SYNC && status == PGRES_PIPELINE_SYNC) {
        *has_failed = false;
        PQclear(result);
        return;
    }
    if (*has_failed && item != ITEM_SYNC && status == PGRES_PIPELINE_ABORTED) {
        PQclear(result);
    } else {
        const char *got = result == NULL ? "nothing" : query_result(result);
        bool is_due = item == ITEM_FAILS && strncmp(got, "ERROR 22012", 11) == 0;
        if (*has_failed || item == ITEM_SYNC || (item == ITEM_FAILS && !is_due)) {
            (void)must_be(asker, got, "the reply this item has in its place");
        } else if (!is_due) {
            (void)must_be(asker, got, text);
        }
        *has_failed |= is_due;
    }
    if (!asker->is_over && PQgetResult(asker->conn) != NULL) {
        wrong(asker, "another result", "one result for each item");
    }
}

static void ask_pipeline(struct asker *asker)
{
    enum item items[PIPELINE_MAX];
    size_t count = 2 + soak_roll(&asker->dice, PIPELINE_MAX - 2);
    bool has_failed = false;

    if (PQenterPipelineMode(asker->conn) != 1) {
        asker->is_over = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        static const enum item sides[] = {ITEM_QUERY, ITEM_QUERY, ITEM_QUERY, ITEM_PREPARED,
                ITEM_PREPARED, ITEM_PREPARED, ITEM_PREPARED, ITEM_SYNC, ITEM_SYNC, ITEM_FAILS};
        items[i] = i + 1 == count ? ITEM_SYNC : sides[soak_roll(&asker->dice, CASE_COUNT(sides))];
        if (send_item(asker, items[i], i) != 1) {
            asker->is_over = true;
            return;
        }
    }
    for (size_t i = 0; i < count && !asker->is_over; i++) {
        take_item(asker, items[i], i, &has_failed);
    }
    asker->is_over |= PQexitPipelineMode(asker->conn) != 1;
}

/* ---- leaving in the middle ---- */

static void vanish(struct asker *asker)
{
    static const char half[] = {'Q', 0, 0, 1, 0, 's', 'e', 'l'};
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int fd = PQsocket(asker->conn);

    switch (soak_roll(&asker->dice, 6)) {
    case 0:
        (void)run(asker, "begin");
        (void)run(asker, "insert into soaked values ('drop %s')", asker->token);
        break;
    case 1:
        (void)PQsendQuery(asker->conn, "select repeat('x', 10000) from generate_series(1, 1000)");
        break;
    case 2:
        (void)run(asker, "copy copied from stdin");
        put_copy_row(asker);
        (void)PQflush(asker->conn);
        break;
    case 3:
        (void)PQsendQuery(asker->conn, "prepare ours as select 'of who is gone'");
        break;
    case 4: /* over TLS, a bad record */
        (void)send(fd, half, sizeof(half), MSG_NOSIGNAL);
        break;
    default: /* without its Sync, never committed */
        if (!in_statement_mode(asker)) {
            (void)PQenterPipelineMode(asker->conn);
            snprintf(asker->token + strlen(asker->token), 8, " piped");
            const char *values[] = {asker->token};
            (void)PQsendQueryParams(asker->conn, "insert into soaked values ('drop ' || $1)", 1,
                    NULL, values, NULL, NULL, 0);
            (void)PQsendFlushRequest(asker->conn);
            (void)PQflush(asker->conn);
        }
        break;
    }
    if (soak_roll(&asker->dice, 2) == 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        (void)close(fd);
    } else {
        (void)shutdown(fd, SHUT_RDWR);
    }
    atomic_fetch_add(&asker->soak->answered[SOAK_VANISH], 1);
    asker->is_over = true;
}

/* ---- a client's life ---- */

static const struct way {
    enum soak_kind kind;
    void (*ask)(struct asker *asker);
    unsigned share;
    bool needs_transactions;
} ways[] = {
        {SOAK_SIMPLE, ask_simple, 20, false},
        {SOAK_UNNAMED, ask_unnamed, 20, false},
        {SOAK_PREPARED, ask_prepared, 30, false},
        {SOAK_PIPELINE, ask_pipeline, 20, false},
        {SOAK_TRANSACTION, ask_transaction, 15, true},
        {SOAK_COPY_OUT, ask_copy_out, 8, false},
        {SOAK_COPY_IN, ask_copy_in, 3, false},
        {SOAK_LARGE, ask_large, 8, false},
        {SOAK_CANCEL, ask_and_cancel, 1, false},
        {SOAK_SETTING, ask_setting, 5, false},
        {SOAK_NAME, ask_name, 5, false},
        {SOAK_TEMP, ask_temp, 3, true},
        {SOAK_SQL_PREPARED, ask_sql_prepared, 15, true},
        {SOAK_NOTIFY, ask_notify, 1, true},
        {SOAK_WHO, ask_who, 5, false},
        {SOAK_VANISH, vanish, 1, false},
};

static const struct way *choose(struct asker *asker)
{
    unsigned sum = 0;

    for (size_t i = 0; i < CASE_COUNT(ways); i++) {
        sum += ways[i].share;
    }
    unsigned at = soak_roll(&asker->dice, sum);
    for (size_t i = 0; i < CASE_COUNT(ways); i++) {
        if (at < ways[i].share) {
            return &ways[i];
        }
        at -= ways[i].share;
    }
    return &ways[0];
}

static void ask(struct asker *asker, unsigned serial, unsigned number)
{
    const struct way *way = choose(asker);
    bool was_cancelled = asker->may_be_cancelled;

    if (way->needs_transactions && in_statement_mode(asker)) {
        return;
    }
    snprintf(asker->token, sizeof(asker->token), "token %ld.%u.%u", asker->id, serial, number);
    begin(asker, way->kind);
    way->ask(asker);
    if (way->kind == SOAK_VANISH) {
        return;
    }
    answered(asker);
    asker->may_be_cancelled = asker->may_be_cancelled && !was_cancelled;
    (void)take_notifications(asker);
}

static void see_notice(void *arg, const char *text)
{
    struct asker *asker = arg;

    asker->has_missed |= strstr(text, "may have been missed") != NULL;
}

static bool connect_as_anybody(struct asker *asker)
{
    static const char *const databases[] = {"session", "transaction", "transaction", "statement"};
    static const char *const thresholds[] = {"12", "12", "11"};
    unsigned threshold = soak_roll(&asker->dice, CASE_COUNT(thresholds));

    begin(asker, SOAK_CONNECT);
    asker->database = databases[soak_roll(&asker->dice, CASE_COUNT(databases))];
    asker->user = soak_roll(&asker->dice, 3) == 0 ? "bob" : "alice";
    asker->threshold = thresholds[threshold];
    asker->has_own_threshold = asker->is_listening = false;
    asker->ours[0] = '\0';
    asker->may_be_cancelled = asker->is_over = false;
    asker->conn = query_connect("host=127.0.0.1 port=%d dbname=%s user=%s password=%s-secret "
                                "sslmode=%s connect_timeout=60 application_name='%s' options='%s'",
            asker->soak->port, asker->database, asker->user, asker->user,
            soak_roll(&asker->dice, 2) == 0 ? "require" : "disable", asker->name,
            strcmp(asker->threshold, "12") == 0 ? "" : "-c geqo_threshold=11");
    PQsetNoticeProcessor(asker->conn, see_notice, asker);
    if (PQstatus(asker->conn) != CONNECTION_OK) {
        if (strstr(PQerrorMessage(asker->conn), "authentication failed") != NULL) {
            wrong(asker, PQerrorMessage(asker->conn), "a login");
        }
        atomic_fetch_add(&asker->soak->errors, 1);
        return false;
    }
    answered(asker);
    return true;
}

void soak_client_main(struct soak *soak, struct soak_seat *seat, unsigned seed)
{
    struct asker asker = {
            .soak = soak, .seat = seat, .dice = {seed}, .id = atomic_fetch_add(&soak->clients, 1)};

    for (unsigned serial = 0;; serial++) {
        snprintf(asker.name, sizeof(asker.name), "soak %ld.%u", asker.id, serial);
        unsigned questions = soak_roll(&asker.dice, QUESTIONS_MAX);
        if (connect_as_anybody(&asker)) {
            PGresult *result = PQprepare(asker.conn, "mine", "select $1::text || ''", 1, NULL);
            (void)must_be(&asker, query_result(result), "");
        } else {
            asker.is_over = true;
            proc_pause_ms(50);
        }
        for (unsigned i = 0; i < questions && !asker.is_over; i++) {
            ask(&asker, serial, i);
        }
        PQfinish(asker.conn);
    }
}
