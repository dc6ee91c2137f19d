/* SPDX-License-Identifier: PostgreSQL */
/*
 * Ways to write: a statement (by CTE, view, upsert, function, trigger) sent in some form, or one of those
 * that are a form of their own. All take the lock of the owner's row in grp before any other.
 *
 * A statement that waits for that lock looks for rows of kv as they were before: it finds a row that was
 * updated since, but not one that was deleted and copied in anew. Such rows (every eighth) are written by
 * what looks again.
 */
#include "tests/e2e/cache_history_world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET_KV                                                                                     \
    "set ver = kv.ver + 1, tag = $2::int, flag = (kv.ver + 1) % 3 <> 0, "                          \
    "payload = lpad($2::int::text, 40, '.')"
#define WITH_G "with g as (update grp set ver = ver + 1 where owner = $1::int / 8 returning ver) "

enum statement { BY_FUNCTION, BY_TRIGGER, BY_CTE, BY_VIEW, BY_UPSERT, STATEMENTS };

enum { OF_ANY_ROW = BY_CTE }; /* those before it */

static const char *const statements[STATEMENTS] = {
        [BY_FUNCTION] = "select ver, gver from kv_write($1::int, $2::int)",
        [BY_TRIGGER] = "insert into todo (k, tag) values ($1::int, $2::int) returning ver, gver",
        [BY_CTE] =
                WITH_G "update kv " SET_KV " from g where kv.k = $1::int returning kv.ver, g.ver",
        [BY_VIEW] = WITH_G "update kv_view as kv " SET_KV
                           " from g where kv.k = $1::int returning kv.ver, g.ver",
        [BY_UPSERT] = WITH_G "insert into kv as kv (k, owner, flag, ver, tag, payload) "
                             "select $1::int, $1::int / 8, true, 1, 0, '' from g "
                             "on conflict (k) do update " SET_KV
                             " returning kv.ver, (select g.ver from g)",
};

enum { TEXT_MAX = 800 };

struct change {
    uint32_t key;
    uint32_t tag;
    uint32_t version;
    uint32_t group;
    uint64_t invoked;
    uint64_t returned;
    enum statement statement;
};

static bool is_copied(uint32_t key)
{
    return key % HISTORY_SLOTS == HISTORY_SLOTS - 1;
}

static struct change choose(struct session *session)
{
    struct change change = {.key = session_key(session),
            .tag = ((uint32_t)session->id + 1) << 24 | ++session->writes};

    change.statement =
            (enum statement)session_roll(session, is_copied(change.key) ? OF_ANY_ROW : STATEMENTS);
    return change;
}

static void note(struct session *session, const struct change *change, enum history_kind kind)
{
    struct history_op op = {.invoked = change->invoked,
            .returned = change->returned,
            .reg = change->key,
            .version = change->version,
            .tag = change->tag,
            .session = session->id,
            .kind = kind == HISTORY_INNER ? HISTORY_WRITE : (uint8_t)kind,
            .path = session->path};

    history_note(&session->log, &op);
    op.reg = owner_reg(change->key / HISTORY_SLOTS);
    op.version = change->group;
    op.tag = change->key % HISTORY_SLOTS;
    op.kind = (uint8_t)kind;
    history_note(&session->log, &op);
}

/* Its two versions, or trouble. */
static bool take(struct session *session, struct change *change, PGresult *result)
{
    if (!session_expect(session, result, PGRES_TUPLES_OK, statements[change->statement])) {
        return false;
    }
    if (PQntuples(result) != 1) {
        session_fail(session, "%s: %d rows for %u", statements[change->statement],
                PQntuples(result), change->key);
    } else {
        change->version = (uint32_t)result_number(result, 0, 0);
        change->group = (uint32_t)result_number(result, 0, 1);
    }
    PQclear(result);
    return session->trouble[0] == '\0';
}

static bool run(struct session *session, const char *sql)
{
    PGresult *result = PQexec(session->conn, sql);

    if (!session_expect(session, result, PGRES_COMMAND_OK, sql)) {
        return false;
    }
    PQclear(result);
    return true;
}

/* With literals for $1 and $2. */
static void put_text(const struct change *change, char text[TEXT_MAX])
{
    const char *with = statements[change->statement];
    size_t len = 0;

    for (; *with != '\0' && len < TEXT_MAX - 16; with++) {
        if (*with == '$') {
            with++;
            len += (size_t)snprintf(text + len, 16, "%u", *with == '1' ? change->key : change->tag);
        } else {
            text[len++] = *with;
        }
    }
    text[len] = '\0';
}

/* ---- forms of one statement; each ends with its answer ---- */

void session_prepare_writes(struct session *session)
{
    for (int i = 0; i < STATEMENTS; i++) {
        char name[16];
        PGresult *result;

        snprintf(name, sizeof name, "w%d", i);
        result = PQprepare(session->conn, name, statements[i], 2, NULL);
        if (session_expect(session, result, PGRES_COMMAND_OK, name)) {
            PQclear(result);
        }
    }
}

static bool send_prepared(struct session *session, const struct change *change, bool is_binary)
{
    char name[16];
    char texts[2][16];
    const uint32_t numbers[] = {htonl(change->key), htonl(change->tag)};
    const char *const text_values[] = {texts[0], texts[1]};
    const char *const binary_values[] = {(const char *)&numbers[0], (const char *)&numbers[1]};
    const int lengths[] = {4, 4};
    const int formats[] = {1, 1};

    snprintf(name, sizeof name, "w%d", (int)change->statement);
    snprintf(texts[0], sizeof texts[0], "%u", change->key);
    snprintf(texts[1], sizeof texts[1], "%u", change->tag);
    if (PQsendQueryPrepared(session->conn, name, 2, is_binary ? binary_values : text_values,
                lengths, is_binary ? formats : NULL, is_binary ? 1 : 0) != 1) {
        session_fail(session, "%s: %s", name, PQerrorMessage(session->conn));
        return false;
    }
    return true;
}

static PGresult *last_result(struct session *session)
{
    PGresult *result = PQgetResult(session->conn);

    if (result != NULL) {
        PQclear(PQgetResult(session->conn));
    }
    return result;
}

/* Within a transaction or without, by a way that the dice choose. */
static bool send_alone(struct session *session, struct change *change)
{
    char text[TEXT_MAX];
    char texts[2][16];
    const char *const values[] = {texts[0], texts[1]};

    switch (session_roll(session, 4)) {
    case 0:
        put_text(change, text);
        return take(session, change, PQexec(session->conn, text));
    case 1:
        snprintf(texts[0], sizeof texts[0], "%u", change->key);
        snprintf(texts[1], sizeof texts[1], "%u", change->tag);
        return take(session, change,
                PQexecParams(session->conn, statements[change->statement], 2, NULL, values, NULL,
                        NULL, (int)session_roll(session, 2)));
    default:
        return send_prepared(session, change, session_roll(session, 2) == 0) &&
               take(session, change, last_result(session));
    }
}

static void write_alone(struct session *session)
{
    struct change change = choose(session);

    change.invoked = history_now();
    if (send_alone(session, &change)) {
        change.returned = history_now();
        note(session, &change, HISTORY_WRITE);
    }
}

static void commit(struct session *session, struct change *change, const char *sql)
{
    change->invoked = history_now();
    if (run(session, sql)) {
        change->returned = history_now();
        note(session, change, HISTORY_WRITE);
    }
}

static void write_in_transaction(struct session *session)
{
    struct change change = choose(session);

    if (!run(session, "begin") || !send_alone(session, &change)) {
        return;
    }
    session_read_own(session, change.key, change.version);
    if (session_roll(session, 4) == 0) {
        (void)run(session, "rollback"); /* nobody may ever see it */
    } else {
        commit(session, &change, "commit");
    }
}

/* One message: a transaction, or several statements that are one without saying so. */
static void write_in_one_message(struct session *session)
{
    static const char *const before[] = {"begin; ", "", "select 1; "};
    static const char *const after[] = {"; commit", "; select 1", "; select 1 / 0"};
    struct change change = choose(session);
    unsigned way = session_roll(session, 3);
    char text[TEXT_MAX + 64];
    char alone[TEXT_MAX];
    bool is_found = false;

    put_text(&change, alone);
    snprintf(text, sizeof text, "%s%s%s", before[way], alone, after[way]);
    change.invoked = history_now();
    if (PQsendQuery(session->conn, text) != 1) {
        session_fail(session, "%s: %s", text, PQerrorMessage(session->conn));
        return;
    }
    for (PGresult *result; (result = PQgetResult(session->conn)) != NULL;) {
        if (PQnfields(result) == 2) {
            is_found = take(session, &change, result);
            continue;
        }
        if (PQresultStatus(result) == PGRES_FATAL_ERROR && way != 2) {
            session_fail(session, "%s: %s", text, PQresultErrorMessage(result));
        }
        PQclear(result);
    }
    change.returned = history_now();
    if (!is_found) {
        session_fail(session, "%s: no versions", text);
    } else if (way != 2) { /* that one failed at its end */
        note(session, &change, HISTORY_WRITE);
    }
}

/* A write, and a read that is sent before the write is answered: of its own transaction, or after it. */
static void write_in_pipeline(struct session *session)
{
    struct change change = choose(session);
    struct asking asking = {.question = 0, .arg = change.key};
    bool is_one = session_roll(session, 2) == 0;
    PGresult *result;

    if (PQenterPipelineMode(session->conn) != 1) {
        session_fail(session, "no pipeline");
        return;
    }
    change.invoked = history_now();
    if (!send_prepared(session, &change, session_roll(session, 2) == 0) ||
            (!is_one && PQpipelineSync(session->conn) != 1)) {
        return;
    }
    asking.invoked = history_now();
    if (!session_send_prepared(session, &asking, session_roll(session, 2) == 0) ||
            PQpipelineSync(session->conn) != 1 ||
            !take(session, &change, PQgetResult(session->conn))) {
        return;
    }
    PQclear(PQgetResult(session->conn));
    if (!is_one) {
        PQclear(PQgetResult(session->conn)); /* the first Sync */
        change.returned = history_now();
        note(session, &change, HISTORY_WRITE);
    }
    result = PQgetResult(session->conn);
    if (!session_expect(session, result, PGRES_TUPLES_OK, "a read behind a write")) {
        return;
    }
    session_note(session, &asking, result, history_now());
    PQclear(result);
    if (is_one) {
        struct history_op *op = &session->log.ops[session->log.count - 1];
        op->kind = HISTORY_OWN;
        op->tag = change.version;
    }
    PQclear(PQgetResult(session->conn));
    PQclear(PQgetResult(session->conn)); /* the last Sync */
    if (is_one) {
        change.returned = history_now();
        note(session, &change, HISTORY_WRITE);
    }
    if (PQexitPipelineMode(session->conn) != 1) {
        session_fail(session, "end of pipeline: %s", PQerrorMessage(session->conn));
    }
}

/* ---- forms of their own ---- */

static void write_prepared_transaction(struct session *session)
{
    struct change change = choose(session);
    char prepare[64];
    char end[64];

    snprintf(prepare, sizeof prepare, "prepare transaction 's%u'", session->id);
    snprintf(end, sizeof end, "commit prepared 's%u'", session->id);
    if (run(session, "begin") && send_alone(session, &change) && run(session, prepare)) {
        commit(session, &change, end);
    }
}

/* Two rows of one owner: between the two there is a version that nobody may see. */
static void write_two(struct session *session)
{
    struct change first = choose(session);
    struct change second = choose(session);

    first.statement = second.statement = BY_FUNCTION;
    second.key = first.key - first.key % HISTORY_SLOTS +
                 (first.key + 1 + session_roll(session, HISTORY_SLOTS - 1)) % HISTORY_SLOTS;
    if (!run(session, "begin") || !send_alone(session, &first) || !send_alone(session, &second)) {
        return;
    }
    first.invoked = history_now();
    if (run(session, "commit")) {
        second.invoked = first.invoked;
        first.returned = second.returned = history_now();
        note(session, &first, HISTORY_INNER);
        note(session, &second, HISTORY_WRITE);
    }
}

static bool copy(struct session *session, const char *sql, const char *line)
{
    PGresult *result = PQexec(session->conn, sql);

    if (!session_expect(session, result, PGRES_COPY_IN, sql)) {
        return false;
    }
    PQclear(result);
    if (PQputCopyData(session->conn, line, (int)strlen(line)) != 1 ||
            PQputCopyEnd(session->conn, NULL) != 1) {
        session_fail(session, "%s: %s", sql, PQerrorMessage(session->conn));
        return false;
    }
    result = last_result(session);
    if (!session_expect(session, result, PGRES_COMMAND_OK, sql)) {
        return false;
    }
    PQclear(result);
    return true;
}

/* One number, by SQL with the key in it. */
static uint32_t fetch(struct session *session, const char *format, uint32_t key)
{
    char sql[200];
    PGresult *result;
    uint32_t number = 0;

    /* The formats are below, and have one %u. */
    const char *at = strstr(format, "%u");
    snprintf(sql, sizeof sql, "%.*s%u%s", (int)(at - format), format, key, at + 2);
    result = PQexec(session->conn, sql);
    if (session_expect(session, result, PGRES_TUPLES_OK, sql)) {
        if (PQntuples(result) == 1) {
            number = (uint32_t)result_number(result, 0, 0);
        } else {
            session_fail(session, "%s: %d rows", sql, PQntuples(result));
        }
        PQclear(result);
    }
    return number;
}

/* The row is deleted, and copied in as its next version. */
static void write_by_copy(struct session *session)
{
    struct change change = choose(session);
    char line[200];

    change.key |= HISTORY_SLOTS - 1;
    if (!run(session, "begin")) {
        return;
    }
    change.group = fetch(
            session, "update grp set ver = ver + 1 where owner = %u / 8 returning ver", change.key);
    change.version = 1 + fetch(session, "delete from kv where k = %u returning ver", change.key);
    snprintf(line, sizeof line, "%u\t%u\t%s\t%u\t%u\t%u\n", change.key, change.key / HISTORY_SLOTS,
            change.version % 3 != 0 ? "t" : "f", change.version, change.tag, change.tag);
    if (session->trouble[0] == '\0' && copy(session, "copy kv from stdin", line)) {
        session_read_own(session, change.key, change.version);
        commit(session, &change, "commit");
    }
}

/* By the trigger of what is copied. */
static void write_by_copied_trigger(struct session *session)
{
    struct change change = choose(session);
    char line[64];

    snprintf(line, sizeof line, "%u\t%u\n", change.key, change.tag);
    if (!run(session, "begin") || !copy(session, "copy todo (k, tag) from stdin", line)) {
        return;
    }
    change.version = fetch(session, "select ver from kv where k = %u", change.key);
    change.group = fetch(session, "select ver from grp where owner = %u / 8", change.key);
    if (session->trouble[0] == '\0') {
        commit(session, &change, "commit");
    }
}

static void commit_register(struct session *session, uint32_t reg, uint32_t version)
{
    struct history_op op = {.invoked = history_now(),
            .reg = reg,
            .version = version,
            .session = session->id,
            .kind = HISTORY_WRITE,
            .path = session->path};

    if (session->trouble[0] == '\0' && run(session, "commit")) {
        op.returned = history_now();
        history_note(&session->log, &op);
    }
}

static void write_by_truncate(struct session *session)
{
    char sql[120];
    uint32_t version;

    if (!run(session, "begin")) {
        return;
    }
    version = fetch(session, "update whole_ver set ver = ver + %u returning ver", 1);
    snprintf(sql, sizeof sql, "insert into whole select id, %u from generate_series(0, 7) id",
            version);
    if (run(session, "truncate whole") && run(session, sql)) {
        commit_register(session, WHOLE_REG, version);
    }
}

/* It comes, or it goes. */
static void write_ghost(struct session *session)
{
    uint32_t ghost = session_key(session) % GHOSTS;
    char sql[120];
    uint32_t version;

    if (!run(session, "begin")) {
        return;
    }
    version =
            fetch(session, "update ghost_ver set ver = ver + 1 where g = %u returning ver", ghost);
    if (version % 2 == 1) {
        snprintf(sql, sizeof sql, "insert into ghost values (%u, %u)", ghost, version);
    } else {
        snprintf(sql, sizeof sql, "delete from ghost where g = %u", ghost);
    }
    if (run(session, sql)) {
        commit_register(session, ghost_reg(ghost), version);
    }
}

/* What is known to write these two rows, and none else. */
static void write_plainly(struct session *session)
{
    struct change change = choose(session);
    char update[200];

    if (!run(session, "begin")) {
        return;
    }
    change.group = fetch(session, "update grp set ver = ver + 1 where owner = %u returning ver",
            change.key / HISTORY_SLOTS);
    snprintf(update, sizeof update,
            "update kv set ver = ver + 1, tag = %u, flag = (ver + 1) %% 3 <> 0, payload = '%u' "
            "where k = %%u returning ver",
            change.tag, change.tag);
    change.version = session->trouble[0] == '\0' ? fetch(session, update, change.key) : 0;
    if (session->trouble[0] == '\0') {
        session_read_own(session, change.key, change.version);
        commit(session, &change, "commit");
    }
}

void session_write(struct session *session)
{
    static void (*const ways[])(struct session *) = {write_alone, write_alone, write_alone,
            write_alone, write_in_transaction, write_in_transaction, write_in_one_message,
            write_in_pipeline, write_in_pipeline, write_two, write_by_copy, write_by_copied_trigger,
            write_ghost, write_ghost, write_prepared_transaction, write_by_truncate};
    size_t count = sizeof ways / sizeof ways[0];

    if (session->world->variant->is_plain) {
        write_plainly(session);
        return;
    }
    ways[session_roll(session, (unsigned)(session->world->variant->is_calm ? count - 2 : count))](
            session);
}

/* ---- when servers are ended ---- */

/* 'committed' or 'aborted', when it is. */
static bool has_committed(struct session *session, const char *xid)
{
    const char *const values[] = {xid};

    for (;;) {
        PGresult *result = PQexecParams(session->witness, "select pg_xact_status($1::xid8)", 1,
                NULL, values, NULL, NULL, 0);
        const char *status = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "unknown";
        bool is_committed = strcmp(status, "committed") == 0;
        bool is_over = is_committed || strcmp(status, "in progress") != 0;

        PQclear(result);
        if (is_over) {
            return is_committed;
        }
        proc_pause_ms(1);
    }
}

void session_write_carefully(struct session *session)
{
    struct change change = choose(session);
    char sql[200];
    char xid[32];
    PGresult *result;

    snprintf(sql, sizeof sql,
            "select w.ver, w.gver, pg_current_xact_id()::text from kv_write(%u, %u) w", change.key,
            change.tag);
    if (!run(session, "begin")) {
        return;
    }
    result = PQexec(session->conn, sql);
    if (!session_expect(session, result, PGRES_TUPLES_OK, sql)) {
        return;
    }
    change.version = (uint32_t)result_number(result, 0, 0);
    change.group = (uint32_t)result_number(result, 0, 1);
    snprintf(xid, sizeof xid, "%s", PQgetvalue(result, 0, 2));
    PQclear(result);
    change.invoked = history_now();
    if (run(session, "commit") || has_committed(session, xid)) {
        change.returned = history_now();
        note(session, &change, HISTORY_WRITE);
    }
}
