/* SPDX-License-Identifier: PostgreSQL */
/* Questions, the ways to ask them, and what their answers say of a register; and the oracle. */
#include "tests/e2e/cache_history_world.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "/* " LIAR_MARK " */ "

enum question { POINT, TAIL, GHOST, WHOLE, SET, TOP, SUM, FLAGS, SPREAD, JOIN, PAIR, QUESTIONS };

enum { TOP_ROWS = 3, PIPELINED = 16 };

static const struct {
    const char *text; /* of one parameter, $1 */
    enum history_class class;
} questions[QUESTIONS] = {
        [POINT] = {MARK "select k, ver, tag, payload from kv where k = $1", HISTORY_POINT},
        [TAIL] = {MARK "select ver from tail where k = $1", HISTORY_POINT},
        [GHOST] = {MARK "select ver from ghost where g = $1", HISTORY_POINT},
        [WHOLE] = {MARK "select ver from whole where id = $1", HISTORY_POINT},
        [SET] = {MARK "select k, ver, tag from kv where owner = $1", HISTORY_SET},
        [TOP] = {MARK
                "select k, ver from kv where owner = $1 and flag order by ver desc, k limit 3",
                HISTORY_SET},
        [SUM] = {MARK "select count(*), sum(ver)::bigint from kv where owner = $1",
                HISTORY_AGGREGATE},
        [FLAGS] = {MARK "select count(*), coalesce(sum(ver), 0)::bigint from kv where owner = $1 "
                        "and flag",
                HISTORY_AGGREGATE},
        [SPREAD] = {MARK "select count(*), min(ver), max(ver) from whole where id < $1",
                HISTORY_AGGREGATE},
        [JOIN] = {MARK "select g.ver, k.k, k.ver from grp g join kv k on k.owner = g.owner where "
                       "g.owner = $1",
                HISTORY_JOIN},
        [PAIR] = {MARK "select k.ver, t.ver from kv k join tail t on t.k = k.k where k.k = $1",
                HISTORY_JOIN},
};

const char *const question_names[] = {"row", "tail", "ghost", "whole", "set", "top 3", "sum",
        "sum of flagged", "spread", "join", "pair"};

_Static_assert(sizeof question_names / sizeof question_names[0] == QUESTIONS, "a name each");

/* ---- the oracle ---- */

static void rows_move(void *self, const struct history_op *write, int by)
{
    struct rows *rows = self;

    if (write->reg >= KEYS && write->reg < WHOLE_REG) {
        uint32_t *version = &rows->versions[write->reg - KEYS][write->tag % HISTORY_SLOTS];
        *version += (uint32_t)by;
    }
}

static void rows_forward(void *self, const struct history_op *write)
{
    rows_move(self, write, 1);
}

static void rows_back(void *self, const struct history_op *write)
{
    rows_move(self, write, -1);
}

static uint32_t mix(uint32_t hash, uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        hash = (hash ^ (uint8_t)(number >> (8 * i))) * 16777619U;
    }
    return hash;
}

/* The rows with the highest versions, equal ones by key: of those that are flagged. */
static uint32_t top_of(const uint32_t versions[HISTORY_SLOTS], uint32_t owner)
{
    bool is_taken[HISTORY_SLOTS] = {false};
    uint32_t hash = 0;

    for (int row = 0; row < TOP_ROWS; row++) {
        uint32_t best = HISTORY_SLOTS;
        for (uint32_t i = 0; i < HISTORY_SLOTS; i++) {
            if (!is_taken[i] && versions[i] % 3 != 0 &&
                    (best == HISTORY_SLOTS || versions[i] > versions[best])) {
                best = i;
            }
        }
        if (best < HISTORY_SLOTS) {
            is_taken[best] = true;
            hash = mix(mix(hash, owner * HISTORY_SLOTS + best), versions[best]);
        }
    }
    return hash;
}

static uint32_t rows_answer(void *self, uint32_t reg, uint32_t version, uint8_t question)
{
    const struct rows *rows = self;
    uint64_t count = 0;
    uint64_t sum = 0;

    if (reg > WHOLE_REG) {
        return version % 2 == 1 ? version : 0; /* a ghost */
    }
    const uint32_t *versions = rows->versions[reg - KEYS];
    if (question == TOP) {
        return top_of(versions, reg - KEYS);
    }
    for (size_t i = 0; i < HISTORY_SLOTS; i++) {
        if (versions[i] % 3 != 0) {
            count++;
            sum += versions[i];
        }
    }
    return mix(mix(0, count), sum);
}

void rows_oracle(struct rows *rows, struct history_oracle *oracle)
{
    *oracle = (struct history_oracle){
            .self = rows, .forward = rows_forward, .back = rows_back, .answer = rows_answer};
}

/* ---- what an answer says ---- */

int64_t result_number(const PGresult *result, int row, int column)
{
    const char *at = PQgetvalue(result, row, column);

    if (PQfformat(result, column) == 0) {
        return strtoll(at, NULL, 10);
    }
    if (PQgetlength(result, row, column) == 4) {
        uint32_t narrow;
        memcpy(&narrow, at, sizeof narrow);
        return (int32_t)ntohl(narrow);
    }
    uint64_t wide;
    memcpy(&wide, at, sizeof wide);
    return (int64_t)be64toh(wide);
}

static uint32_t version_at(const PGresult *result, int row, int column)
{
    return (uint32_t)result_number(result, row, column);
}

/* Of rows that are not there, or contradict each other: a version that never was. */
static void say_row(const PGresult *result, uint32_t key, struct history_op *op)
{
    if (PQntuples(result) != 1 || result_number(result, 0, 0) != key) {
        return;
    }
    op->version = version_at(result, 0, 1);
    op->tag = version_at(result, 0, 2);
    const char *payload = PQgetvalue(result, 0, 3);
    if ((uint32_t)strtol(payload + strspn(payload, "."), NULL, 10) != op->tag) {
        op->version = HISTORY_NONSENSE;
    }
}

/* The sum of all rows' versions; of a join it stands in each row, too. */
static void say_rows(const PGresult *result, int column, struct history_op *op)
{
    uint32_t sum = 0;

    for (int row = 0; row < PQntuples(result); row++) {
        sum += version_at(result, row, column);
    }
    op->version = PQntuples(result) == HISTORY_SLOTS ? sum : HISTORY_NONSENSE;
    for (int row = 0; op->question == JOIN && row < PQntuples(result); row++) {
        if (version_at(result, row, 0) != sum) {
            op->version = HISTORY_NONSENSE;
        }
    }
}

static void say_number(const PGresult *result, int columns, struct history_op *op)
{
    if (PQntuples(result) == 1 && (columns == 1 || version_at(result, 0, columns - 1) ==
                                                           version_at(result, 0, columns - 2))) {
        op->version = version_at(result, 0, columns - 1);
    }
}

static void say_seen(const PGresult *result, struct history_op *op)
{
    op->kind = HISTORY_SEEN;
    op->version = 0;
    op->tag = 0;
    if (op->question == GHOST) {
        op->tag = PQntuples(result) == 1 ? version_at(result, 0, 0) : 0;
        return;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        op->tag = mix(mix(op->tag, (uint64_t)result_number(result, row, 0)),
                (uint64_t)result_number(result, row, 1));
    }
}

static uint32_t register_of(const struct asking *asking)
{
    switch ((enum question)asking->question) {
    case GHOST:
        return ghost_reg(asking->arg);
    case WHOLE:
    case SPREAD:
        return WHOLE_REG;
    case SET:
    case TOP:
    case SUM:
    case FLAGS:
    case JOIN:
        return owner_reg(asking->arg);
    case POINT:
    case TAIL:
    case PAIR:
    case QUESTIONS:
    default:
        return asking->arg;
    }
}

static void say(const struct asking *asking, const PGresult *result, struct history_op *op)
{
    switch ((enum question)asking->question) {
    case POINT:
        say_row(result, asking->arg, op);
        break;
    case TAIL:
    case WHOLE:
        say_number(result, 1, op);
        break;
    case SUM:
        if (PQntuples(result) == 1 && result_number(result, 0, 0) == HISTORY_SLOTS) {
            op->version = version_at(result, 0, 1);
        }
        break;
    case SPREAD:
        if (PQntuples(result) == 1 && version_at(result, 0, 0) == asking->arg) {
            say_number(result, 3, op);
        }
        break;
    case PAIR:
        say_number(result, 2, op);
        break;
    case SET:
        say_rows(result, 1, op);
        break;
    case JOIN:
        say_rows(result, 2, op);
        break;
    case GHOST:
    case TOP:
    case FLAGS:
        say_seen(result, op);
        break;
    case QUESTIONS:
    default:
        break;
    }
}

/* The rows of what never was: the report has only their register. */
static void print_rows(const struct asking *asking, const PGresult *result)
{
    char text[1024];
    int len = snprintf(text, sizeof text, "%s of %u: %d rows", question_names[asking->question],
            asking->arg, PQntuples(result));

    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result) && len < (int)sizeof text - 80; column++) {
            len += snprintf(text + len, sizeof text - (size_t)len, "%s%.20s=%lld",
                    column == 0 ? "; " : ", ", PQfname(result, column),
                    PQgetlength(result, row, column) > 8 && PQfformat(result, column) == 1
                            ? 0LL
                            : (long long)result_number(result, row, column));
        }
    }
    fprintf(stderr, "%s\n", text);
}

void session_note(struct session *session, const struct asking *asking, const PGresult *result,
        uint64_t returned)
{
    struct history_op op = {.invoked = asking->invoked,
            .returned = returned,
            .reg = register_of(asking),
            .version = HISTORY_NONSENSE,
            .session = session->id,
            .kind = HISTORY_READ,
            .path = session->path,
            .class = (uint8_t)questions[asking->question].class,
            .question = asking->question};

    say(asking, result, &op);
    if (op.version == HISTORY_NONSENSE) {
        print_rows(asking, result);
    }
    history_note(&session->log, &op);
}

/* ---- asking ---- */

struct asking session_choose(struct session *session)
{
    static const uint8_t often[] = {POINT, POINT, POINT, POINT, POINT, TAIL, GHOST, WHOLE, SET, TOP,
            TOP, SUM, FLAGS, SPREAD, JOIN, PAIR};
    struct asking asking = {.question = often[session_roll(session, sizeof often)]};
    uint32_t key = session_key(session);

    switch ((enum question)asking.question) {
    case TAIL:
    case PAIR:
        key -= key % 4;
        break;
    case GHOST:
        key %= GHOSTS;
        break;
    case WHOLE:
        key %= WHOLE_ROWS;
        break;
    case SPREAD:
        key = 1 + key % WHOLE_ROWS;
        break;
    case SET:
    case TOP:
    case SUM:
    case FLAGS:
    case JOIN:
        key /= HISTORY_SLOTS;
        break;
    case POINT:
    case QUESTIONS:
    default:
        break;
    }
    asking.arg = key;
    asking.invoked = history_now();
    return asking;
}

void session_prepare(struct session *session)
{
    for (int i = 0; i < QUESTIONS; i++) {
        char name[16];
        PGresult *result;

        snprintf(name, sizeof name, LIAR_MARK "%d", i);
        result = PQprepare(session->conn, name, questions[i].text, 1, NULL);
        if (session_expect(session, result, PGRES_COMMAND_OK, name)) {
            PQclear(result);
        }
    }
}

/* As a literal. */
static void put_text(char *text, size_t size, const struct asking *asking)
{
    const char *with = questions[asking->question].text;
    const char *at = strchr(with, '$');

    snprintf(text, size, "%.*s%u%s", (int)(at - with), with, asking->arg, at + 2);
}

/* The one result, noted; the session is where it was before. */
static bool ask(struct session *session, const struct asking *asking, PGresult *result)
{
    uint64_t returned = history_now();

    if (!session_expect(session, result, PGRES_TUPLES_OK, question_names[asking->question])) {
        return false;
    }
    session_note(session, asking, result, returned);
    PQclear(result);
    return true;
}

static unsigned ask_simply(struct session *session)
{
    struct asking asking = session_choose(session);
    char text[256];

    put_text(text, sizeof text, &asking);
    return ask(session, &asking, PQexec(session->conn, text)) ? 1 : 0;
}

static unsigned ask_unnamed(struct session *session)
{
    struct asking asking = session_choose(session);
    char value[16];
    const char *const values[] = {value};

    snprintf(value, sizeof value, "%u", asking.arg);
    return ask(session, &asking,
                   PQexecParams(session->conn, questions[asking.question].text, 1, NULL, values,
                           NULL, NULL, (int)session_roll(session, 2)))
                   ? 1
                   : 0;
}

bool session_send_prepared(struct session *session, const struct asking *asking, bool is_binary)
{
    uint32_t number = htonl(asking->arg);
    char text[16];
    char name[16];
    const char *const values[] = {is_binary ? (const char *)&number : text};
    const int lengths[] = {sizeof number};
    const int formats[] = {is_binary ? 1 : 0};

    snprintf(text, sizeof text, "%u", asking->arg);
    snprintf(name, sizeof name, LIAR_MARK "%d", (int)asking->question);
    if (PQsendQueryPrepared(session->conn, name, 1, values, lengths, formats, formats[0]) != 1) {
        session_fail(session, "%s: %s", name, PQerrorMessage(session->conn));
        return false;
    }
    return true;
}

static PGresult *only_result(struct session *session)
{
    PGresult *result = PQgetResult(session->conn);

    if (result != NULL) {
        PQclear(PQgetResult(session->conn)); /* the end, for libpq */
    }
    return result;
}

static bool ask_prepared_as(struct session *session, const struct asking *asking, bool is_binary)
{
    return session_send_prepared(session, asking, is_binary) &&
           ask(session, asking, only_result(session));
}

static unsigned ask_prepared(struct session *session)
{
    struct asking asking = session_choose(session);

    return ask_prepared_as(session, &asking, session_roll(session, 2) == 0) ? 1 : 0;
}

/* Two questions in one message: each is of a moment within it. */
static unsigned ask_two(struct session *session)
{
    struct asking first = session_choose(session);
    struct asking second = session_choose(session);
    char texts[2][256];
    char text[600];
    PGresult *results[2];

    put_text(texts[0], sizeof texts[0], &first);
    put_text(texts[1], sizeof texts[1], &second);
    snprintf(text, sizeof text, "%s; %s", texts[0], texts[1]);
    first.invoked = second.invoked = history_now();
    if (PQsendQuery(session->conn, text) != 1) {
        session_fail(session, "two: %s", PQerrorMessage(session->conn));
        return 0;
    }
    results[0] = PQgetResult(session->conn);
    results[1] = PQgetResult(session->conn);
    bool is_well = ask(session, &first, results[0]);
    if (!is_well) { /* an end that was told before: what comes behind it is not the second's */
        PQclear(results[1]);
        return 0;
    }
    is_well = ask(session, &second, results[1]);
    PQclear(PQgetResult(session->conn));
    return is_well ? 2 : 0;
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

static unsigned ask_in_transaction(struct session *session)
{
    unsigned count = 0;

    if (!run(session, "begin")) {
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        count += session_roll(session, 2) == 0 ? ask_simply(session) : ask_prepared(session);
    }
    return run(session, "commit") ? count : 0;
}

/* Not of what is truncated: to a snapshot from before that it is empty ("Caveats", MVCC). */
static struct asking choose_for_snapshot(struct session *session)
{
    struct asking asking = session_choose(session);

    if (asking.question == WHOLE || asking.question == SPREAD) {
        asking.question = POINT;
    }
    return asking;
}

/* With one snapshot: what is asked second is of the moment of the first. */
static unsigned ask_of_one_snapshot(struct session *session)
{
    struct asking asking;
    PGresult *result;
    uint64_t invoked;
    uint64_t returned;

    if (!run(session, "begin isolation level repeatable read")) {
        return 0;
    }
    asking = choose_for_snapshot(session);
    invoked = asking.invoked;
    if (!ask_prepared_as(session, &asking, false)) {
        return 0;
    }
    returned = session->log.count > 0 ? session->log.ops[session->log.count - 1].returned : 0;
    asking = choose_for_snapshot(session);
    asking.invoked = invoked;
    if (!session_send_prepared(session, &asking, true)) {
        return 0;
    }
    result = only_result(session);
    if (!session_expect(session, result, PGRES_TUPLES_OK, "the second of a snapshot")) {
        return 0;
    }
    session_note(session, &asking, result, returned);
    PQclear(result);
    return run(session, "commit") ? 2 : 0;
}

static unsigned ask_pipeline(struct session *session)
{
    struct asking asked[PIPELINED];
    bool has_sync[PIPELINED];
    unsigned count = 0;

    if (PQenterPipelineMode(session->conn) != 1) {
        session_fail(session, "no pipeline");
        return 0;
    }
    for (int i = 0; i < PIPELINED; i++) {
        asked[i] = session_choose(session);
        has_sync[i] = i == PIPELINED - 1 || session_roll(session, 2) == 0;
        if (!session_send_prepared(session, &asked[i], session_roll(session, 2) == 0) ||
                (has_sync[i] && PQpipelineSync(session->conn) != 1)) {
            session_fail(session, "pipeline: %s", PQerrorMessage(session->conn));
            return 0;
        }
    }
    for (int i = 0; i < PIPELINED; i++) {
        PGresult *result = PQgetResult(session->conn);
        if (!ask(session, &asked[i], result)) {
            return 0;
        }
        PQclear(PQgetResult(session->conn));
        if (has_sync[i]) {
            PQclear(PQgetResult(session->conn));
        }
        count++;
    }
    if (PQexitPipelineMode(session->conn) != 1) {
        session_fail(session, "end of pipeline: %s", PQerrorMessage(session->conn));
    }
    return count;
}

unsigned session_read(struct session *session)
{
    if (session->world->variant->is_calm && session_roll(session, 4) != 0) {
        unsigned how = session_roll(session, 8);
        return how == 0  ? ask_in_transaction(session)
               : how < 4 ? ask_prepared(session)
                         : ask_simply(session);
    }
    switch (session_roll(session, 16)) {
    case 0:
    case 1:
    case 2:
        return ask_simply(session);
    case 3:
    case 4:
    case 5:
        return ask_unnamed(session);
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
        return ask_prepared(session);
    case 12:
        return ask_two(session);
    case 13:
        return ask_in_transaction(session);
    case 14:
        return ask_of_one_snapshot(session);
    default:
        return ask_pipeline(session);
    }
}

void session_read_own(struct session *session, uint32_t key, uint32_t version)
{
    struct asking asking = {.question = POINT, .arg = key, .invoked = history_now()};

    if (ask_prepared_as(session, &asking, session_roll(session, 2) == 0)) {
        struct history_op *op = &session->log.ops[session->log.count - 1];
        op->kind = HISTORY_OWN;
        op->tag = version;
    }
}
