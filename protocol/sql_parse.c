/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_parse.c - what a text must not be, and the calls.
 *
 * The guard against SET (a, b) = ... must never see less than the grammar does, and may see
 * more. It reads bytes, not tokens: a real ")" is in the scanner's first state, so what follows
 * it (blanks, comments, "=") can be told exactly; strings that look the same only add. How many
 * columns stand before it can be told by going back to the "(", unless something quoted or
 * commented may lie between: then it is all the commas of the text.
 */
#include "protocol/sql_parse.h"

#include "protocol/sql_memory.h"

#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 512 /* each is a walk back through the text */ };

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Behind a comment that begins at `at`; `at` when there is none. */
static size_t skip_comment(struct sl_span text, size_t at)
{
    if (text.len - at < 2) {
        return at;
    }
    if (text.at[at] == '-' && text.at[at + 1] == '-') {
        while (at < text.len && text.at[at] != '\n' && text.at[at] != '\r') {
            at++;
        }
        return at;
    }
    if (text.at[at] != '/' || text.at[at + 1] != '*') {
        return at;
    }
    unsigned depth = 1;
    for (at += 2; at + 1 < text.len && depth > 0; at++) {
        if (text.at[at] == '*' && text.at[at + 1] == '/') {
            depth--;
            at++;
        } else if (text.at[at] == '/' && text.at[at + 1] == '*') {
            depth++;
            at++;
        }
    }
    return at;
}

/* Whether the ")" at `at` is followed by "=". */
static bool is_assigned(struct sl_span text, size_t at)
{
    size_t before = at++;

    while (at < text.len && at != before) {
        before = at;
        while (at < text.len && is_blank(text.at[at])) {
            at++;
        }
        at = skip_comment(text, at);
    }
    return at < text.len && text.at[at] == '=';
}

/* The most columns that the group ending at `at` can have. */
static size_t columns_before(struct sl_span text, size_t at, bool has_comments)
{
    size_t columns = 1;
    size_t depth = 0;

    for (size_t i = at; i-- > 0 && !has_comments;) {
        uint8_t c = text.at[i];

        if (c == '(' && depth-- == 0) {
            return columns;
        }
        depth += c == ')';
        columns += c == ',';
        if (c == '\'' || c == '"' || c == '$') {
            break;
        }
    }
    columns = 1;
    for (size_t i = 0; i < at; i++) {
        columns += text.at[i] == ',';
    }
    return columns;
}

static bool has_word(struct sl_span text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++) {
        if (strncasecmp((const char *)text.at + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/* How many times the tree may hold what was written once, times the length. */
static bool is_spread_bounded(struct sl_span text)
{
    size_t spread = text.len;
    unsigned groups = 0;
    bool has_comments = memmem(text.at, text.len, "--", 2) != NULL ||
                        memmem(text.at, text.len, "/*", 2) != NULL;

    if (!has_word(text, "update")) {
        return true; /* a keyword cannot be written in another way */
    }
    for (size_t i = 0; i < text.len && spread <= SQL_SPREAD_MAX; i++) {
        if (text.at[i] == ')' && is_assigned(text, i)) {
            spread *= columns_before(text, i, has_comments);
            if (++groups > GROUPS_MAX) {
                return false;
            }
        }
    }
    return spread <= SQL_SPREAD_MAX;
}

/* Whether no run of what an operator or a comment's mark is made of is too long. */
static bool is_run_bounded(struct sl_span text)
{
    size_t run = 0;

    for (size_t i = 0; i < text.len && run <= SQL_RUN_MAX; i++) {
        bool is_operator = text.at[i] != 0 && strchr("~!@#^&|`?+-*/%<>=", text.at[i]) != NULL;
        run = is_operator ? run + 1 : 0;
    }
    return run <= SQL_RUN_MAX;
}

enum sl_err sql_text_check(struct sl_span text)
{
    if (text.len > SQL_TEXT_MAX || !is_run_bounded(text) || !is_spread_bounded(text)) {
        return SL_ELIMIT;
    }
    return memchr(text.at, 0, text.len) == NULL ? SL_OK : SL_EINVAL;
}

/* The text with its terminator; NULL without memory. */
static char *text_copy(struct sl_span text)
{
    char *copy = malloc(text.len + 1);

    if (copy != NULL) {
        memcpy(copy, text.at, text.len);
        copy[text.len] = '\0';
    }
    return copy;
}

static enum sl_err say(struct sql_parse_error *error, const char *message, int position)
{
    memcpy(error->sqlstate, "42601", sizeof error->sqlstate);
    error->position = position > 0 ? position : 0;
    (void)snprintf(error->message, sizeof error->message, "%s", message);
    return SL_EINVAL;
}

/* What a call is about: outside the frame that an escape leaves in the middle. */
struct call {
    char *text;
    struct sql_tree *tree;
    struct sql_parse_error error;
    uint64_t fingerprint;
    enum sl_err err;
};

static void parse(struct call *call)
{
    PgQueryParseResult result = pg_query_parse(call->text);

    if (result.error != NULL) {
        call->err = say(&call->error, result.error->message, result.error->cursorpos);
    } else {
        call->err = sql_tree_new(sl_span_text(result.parse_tree), &call->tree);
    }
    pg_query_free_parse_result(result);
}

static void take_fingerprint(struct call *call)
{
    PgQueryFingerprintResult result = pg_query_fingerprint(call->text);

    call->err = result.error != NULL ? SL_EINVAL : SL_OK;
    call->fingerprint = result.fingerprint;
    pg_query_free_fingerprint_result(result);
}

/* Into libpg_query, and back, whatever it does. */
static void enter(void (*what)(struct call *call), struct call *call)
{
    jmp_buf escape;

    call->err = sql_memory_enter(&escape);
    if (call->err != SL_OK) {
        return;
    }
    if (setjmp(escape) != 0) { /* NOLINT: what it leaves behind is in sql_memory's region */
        call->err = SL_ELIMIT;
        return;
    }
    what(call);
    sql_memory_leave();
}

enum sl_err sql_parse(struct sl_span text, struct sql_tree **tree, struct sql_parse_error *error)
{
    enum sl_err err = sql_text_check(text);

    if (err != SL_OK) {
        return err == SL_EINVAL ? say(error, "invalid byte 0x00", 0) : err;
    }
    struct call call = {.text = text_copy(text)};
    if (call.text == NULL) {
        return SL_ENOMEM;
    }
    enter(parse, &call);
    free(call.text);
    if (call.err == SL_OK) {
        *tree = call.tree;
    } else if (call.err == SL_EINVAL) {
        *error = call.error;
    }
    return call.err;
}

enum sl_err sql_fingerprint(struct sl_span text, uint64_t *fingerprint)
{
    enum sl_err err = sql_text_check(text);

    if (err != SL_OK) {
        return err;
    }
    struct call call = {.text = text_copy(text)};
    if (call.text == NULL) {
        return SL_ENOMEM;
    }
    enter(take_fingerprint, &call);
    free(call.text);
    if (call.err == SL_OK) {
        *fingerprint = call.fingerprint;
    }
    return call.err;
}

bool sql_parse_is_spent(void)
{
    return sql_memory_is_spent();
}
