/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reuse_proof.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "proxy/params.h"
#include "proxy/prepared.h"
#include "proxy/registry.h"
#include "proxy/reuse.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"
#include "proxy/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_MAX = 4096, PARAMS_MAX = 32 };

/* ---- a plan ---- */

static bool takes(struct sl_span *text, const char *start)
{
    size_t len = strlen(start);

    if (text->len < len || memcmp(text->at, start, len) != 0) {
        return false;
    }
    *text = sl_span(text->at + len, text->len - len);
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_of_name(uint8_t c)
{
    return is_digit(c) || c == '_' || c == '.' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* "$12", and nothing else. */
static bool is_parameter(struct sl_span text)
{
    bool is_one = text.len > 1 && text.at[0] == '$';

    for (size_t i = 1; i < text.len && is_one; i++) {
        is_one = is_digit(text.at[i]);
    }
    return is_one;
}

static const uint8_t *find(struct sl_span text, const char *what)
{
    return text.len == 0 ? NULL : memmem(text.at, text.len, what, strlen(what));
}

/* "(t.column = $1)", and nothing else. */
static bool is_equality(struct sl_span text)
{
    if (text.len < 2 || text.at[text.len - 1] != ')' || !takes(&text, "(")) {
        return false;
    }
    size_t len = 0;
    while (len < text.len && is_of_name(text.at[len])) {
        len++;
    }
    struct sl_span rest = sl_span(text.at + len, text.len - len - 1);
    return len > 0 && takes(&rest, " = ") && is_parameter(rest);
}

/* Do parameters stand by themselves in that list, if there are any? */
static bool is_plain_list(struct sl_span list)
{
    size_t begin = 0;
    int depth = 0;

    if (find(list, "$") == NULL) {
        return true;
    }
    if (find(list, "'") != NULL || find(list, "\"") != NULL) {
        return false; /* where it ends is not looked for */
    }
    for (size_t i = 0; i <= list.len; i++) {
        uint8_t c = i < list.len ? list.at[i] : ',';
        depth += c == '(' || c == '[' ? 1 : 0;
        depth -= c == ')' || c == ']' ? 1 : 0;
        if (c != ',' || depth > 0) {
            continue;
        }
        struct sl_span item = sl_span(list.at + begin, i - begin);
        if (find(item, "$") != NULL && !is_parameter(item)) {
            return false;
        }
        begin = i + 2; /* ", " */
    }
    return depth == 0;
}

/* The one that finds the row, "index on table". */
static void take_scan(struct reuse_plan *plan, struct sl_span text)
{
    const uint8_t *end = find(text, " on ");
    size_t len = end == NULL ? 0 : (size_t)(end - text.at);

    plan->is_other |= plan->has_scan || len == 0 || len >= sizeof plan->index;
    plan->has_scan = true;
    if (!plan->is_other) {
        memcpy(plan->index, text.at, len);
        plan->index[len] = '\0';
    }
}

void reuse_plan_line(struct reuse_plan *plan, struct sl_span line)
{
    bool is_first = plan->lines++ == 0;

    while (line.len > 0 && line.at[0] == ' ') {
        line = sl_span(line.at + 1, line.len - 1);
    }
    bool is_below = takes(&line, "->  ");
    if (takes(&line, "Output: ")) {
        plan->is_other |= !is_plain_list(line);
    } else if (takes(&line, "Index Cond: ")) {
        plan->is_other |= plan->is_by_key || !is_equality(line);
        plan->is_by_key = true;
    } else if (takes(&line, "Index Scan using ") || takes(&line, "Index Only Scan using ")) {
        take_scan(plan, line);
    } else if (takes(&line, "Insert on ") && is_first) {
        plan->is_insert = true;
    } else if (sl_span_is(line, "Result") && is_below) {
        plan->is_other |= !plan->is_insert || plan->has_scan;
        plan->has_scan = true;
    } else {
        bool changes = is_first && (takes(&line, "Update on ") || takes(&line, "Delete on "));
        plan->is_other |= !changes && !takes(&line, "Query Identifier: ");
    }
}

void reuse_plan_index(struct reuse_plan *plan, struct sl_span name)
{
    plan->has_index |= sl_span_is(name, plan->index);
}

bool reuse_plan_is_proven(const struct reuse_plan *plan)
{
    return !plan->is_other && plan->has_scan && plan->lines <= REUSE_PLAN_LINES &&
           (plan->is_by_key ? plan->has_index : plan->is_insert && plan->index[0] == '\0');
}

/* ---- asking ---- */

/* Of tables that the plan has locked, with a row for each index that makes a row of them one. */
static const char facts[] =
        "SELECT pg_catalog.quote_ident(c.relname), 1 FROM pg_catalog.pg_locks l "
        "JOIN pg_catalog.pg_database d ON d.oid = l.database "
        "JOIN pg_catalog.pg_class t ON t.oid = l.relation "
        "JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace "
        "JOIN pg_catalog.pg_index i ON i.indrelid = t.oid "
        "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_catalog.pg_am a ON a.oid = c.relam "
        "WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() "
        "AND d.datname = pg_catalog.current_database() AND n.nspname <> 'pg_catalog' "
        "AND t.relkind = 'r' AND NOT t.relispartition AND NOT t.relrowsecurity "
        "AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL "
        "AND i.indexprs IS NULL AND i.indnkeyatts = 1 AND a.amname = 'btree' "
        "AND NOT EXISTS (SELECT FROM pg_catalog.pg_index p "
        "WHERE p.indrelid = t.oid AND p.indpred IS NOT NULL) "
        "AND pg_catalog.current_setting('constraint_exclusion') <> 'on'";

struct reuse_question {
    struct prepared *prepared; /* a reference */
    unsigned params;
    uint32_t epoch; /* reuse_epoch() when it was asked: the answer is of then */
    bool is_asked;
    struct reuse_plan plan;
};

static struct reuse_proof *place_of(struct server *server, const struct prepared *prepared)
{
    struct worker *worker = server->io.worker;
    const struct pool *pool = server->pool;
    /* The startup values, too: the same text is of another table where search_path is another. */
    uint64_t key = (prepared->number * UINT64_C(0x9E3779B97F4A7C15)) ^
                   (pool->database->key * UINT64_C(0xC2B2AE3D27D4EB4F)) ^
                   (params_number(server->startup) * UINT64_C(0x165667B19E3779F9)) ^
                   pool->user->key;

    if (worker->proofs == NULL) {
        worker->proofs = calloc(1, sizeof *worker->proofs);
    }
    if (worker->proofs == NULL) {
        return NULL;
    }
    struct reuse_proof *proof = &worker->proofs->proofs[key % REUSE_PROOFS];
    if (proof->key != key || proof->epoch != reuse_epoch() ||
            worker->now - proof->at >= REUSE_PROOF_AGE) {
        *proof = (struct reuse_proof){.key = key, .epoch = reuse_epoch(), .at = worker->now};
    }
    return proof;
}

bool reuse_is_proven(struct server *server, struct prepared *prepared, unsigned params)
{
    struct reuse_proof *proof = place_of(server, prepared);

    if (proof == NULL || proof->verdict != REUSE_UNKNOWN) {
        return proof != NULL && proof->verdict == REUSE_PROVEN;
    }
    if (server->question == NULL && params <= PARAMS_MAX &&
            server->io.worker->conf->reuse_unnamed_plans) {
        server->question = calloc(1, sizeof *server->question);
        if (server->question != NULL) {
            server->question->prepared = prepared_ref(prepared);
            server->question->params = params;
            proof->verdict = REUSE_ASKED;
        }
    }
    return false;
}

static void write_query(const struct reuse_question *question, char query[QUERY_MAX])
{
    static const char null[] = "NULL, ";
    char values[PARAMS_MAX * sizeof null] = "";
    char name[PREPARED_NAME_MAX];

    prepared_name(question->prepared, name);
    for (unsigned i = 0; i < question->params; i++) {
        memcpy(values + i * (sizeof null - 1), null, sizeof null);
    }
    values[question->params * (sizeof null - 1) - 2] = '\0'; /* at least one */
    snprintf(query, QUERY_MAX,
            "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL lock_timeout = 100; "
            "EXPLAIN (VERBOSE, COSTS OFF) EXECUTE \"%s\"(%s); %s",
            name, values, facts);
}

bool reuse_ask(struct server *server)
{
    struct reuse_question *question = server->question;
    char query[QUERY_MAX];

    if (SL_LIKELY(question == NULL)) {
        return false;
    }
    const struct server_stmt *stmt = server_stmts_find(&server->stmts, question->prepared);
    if (!question->is_asked && stmt != NULL && !stmt->is_pending) {
        write_query(question, query);
        question->epoch = reuse_epoch();
        question->is_asked = server_ask_plan(server, query) == SL_OK;
        if (question->is_asked) {
            return true;
        }
    }
    reuse_ask_free(server);
    return false;
}

void reuse_ask_row(struct server *server, struct sl_span body)
{
    struct reuse_plan *plan = &server->question->plan;
    struct sl_span first;
    struct sl_span second;

    if (!back_row_field(body, 0, &first)) {
        plan->is_other = true;
    } else if (back_row_field(body, 1, &second)) {
        reuse_plan_index(plan, first);
    } else {
        reuse_plan_line(plan, first);
    }
}

void reuse_asked(struct server *server, enum expect_outcome outcome)
{
    const struct reuse_question *question = server->question;

    if (question == NULL) {
        return;
    }
    struct reuse_proof *proof = place_of(server, question->prepared);
    if (proof != NULL && outcome != EXPECT_LOST && question->epoch == reuse_epoch()) {
        bool is_proven = outcome == EXPECT_DONE && reuse_plan_is_proven(&question->plan);
        proof->verdict = is_proven ? REUSE_PROVEN : REUSE_NOT_SO;
    }
    reuse_ask_free(server);
}

void reuse_ask_free(struct server *server)
{
    if (server->question != NULL) {
        prepared_unref(server->question->prepared);
        free(server->question);
        server->question = NULL;
    }
}
