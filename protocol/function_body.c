/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/function_body.h"

#include "protocol/base/check.h"

#include <string.h>

enum { NAME_MAX_LEN = 63 };

enum token_kind {
    TOKEN_NONE,
    TOKEN_WORD,
    TOKEN_QUOTED,
    TOKEN_DOT,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_STAR,
    TOKEN_SEMICOLON,
    TOKEN_OTHER,
    TOKEN_END,
    TOKEN_BAD /* it cannot be read for certain */
};

struct token {
    enum token_kind kind;
    struct sl_span text; /* of a word, or between the quotes */
};

/* Where a parenthesis behind a name opens a list of columns. */
enum place { PLACE_ANY, PLACE_NEXT, PLACE_HERE };

struct reader {
    const struct function_body *body;
    const uint8_t *at;
    const uint8_t *end;
    bool wants_names;     /* only what is not named spoils it: function_body_is_known() */
    struct token last[4]; /* the latest first */
    enum place place;
    bool updates; /* behind UPDATE, and so far only a table's name */
};

/* ---- tokens ---- */

static bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static bool begins_word(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || c == '_' || c >= 0x80;
}

static bool is_of_word(uint8_t c)
{
    return begins_word(c) || is_digit(c) || c == '$';
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The n-th byte from here; 0 behind the end: there is none in a body. */
static uint8_t peek(const struct reader *reader, size_t n)
{
    return (size_t)(reader->end - reader->at) > n ? reader->at[n] : 0;
}

static bool skip_comment(struct reader *reader)
{
    int depth = 0;

    while (reader->at < reader->end) {
        if (peek(reader, 0) == '/' && peek(reader, 1) == '*') {
            depth++;
            reader->at += 2;
        } else if (peek(reader, 0) == '*' && peek(reader, 1) == '/') {
            reader->at += 2;
            if (--depth == 0) {
                return true;
            }
        } else {
            reader->at++;
        }
    }
    return false;
}

/* False: a comment without an end. */
static bool skip_blank(struct reader *reader)
{
    while (reader->at < reader->end) {
        if (is_space(*reader->at)) {
            reader->at++;
        } else if (peek(reader, 0) == '-' && peek(reader, 1) == '-') {
            while (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r') {
                reader->at++;
            }
        } else if (peek(reader, 0) == '/' && peek(reader, 1) == '*') {
            if (!skip_comment(reader)) {
                return false;
            }
        } else {
            return true;
        }
    }
    return true;
}

/* At a quote; one that is doubled makes two of it, which only matters for names: those are bad. */
static struct token read_quoted(struct reader *reader, uint8_t quote)
{
    const uint8_t *from = reader->at + 1;
    const uint8_t *close = memchr(from, quote, (size_t)(reader->end - from));
    struct token token = {.kind = quote == '"' ? TOKEN_QUOTED : TOKEN_OTHER};

    if (close == NULL) {
        return (struct token){.kind = TOKEN_BAD};
    }
    reader->at = close + 1;
    token.text = sl_span(from, (size_t)(close - from));
    if (quote == '"' &&
            (peek(reader, 0) == '"' || token.text.len == 0 || token.text.len > NAME_MAX_LEN)) {
        token.kind = TOKEN_BAD;
    }
    return token;
}

/* At a dollar sign: a parameter, or a string. */
static struct token read_dollar(struct reader *reader)
{
    const uint8_t *tag = reader->at++;

    if (is_digit(peek(reader, 0))) {
        while (is_digit(peek(reader, 0))) {
            reader->at++;
        }
        return (struct token){.kind = begins_word(peek(reader, 0)) ? TOKEN_BAD : TOKEN_OTHER};
    }
    while (peek(reader, 0) != '$' && is_of_word(peek(reader, 0))) {
        reader->at++;
    }
    if (peek(reader, 0) != '$') {
        return (struct token){.kind = TOKEN_BAD};
    }
    size_t len = (size_t)(++reader->at - tag);
    const uint8_t *close = memmem(reader->at, (size_t)(reader->end - reader->at), tag, len);
    if (close == NULL) {
        return (struct token){.kind = TOKEN_BAD};
    }
    reader->at = close + len;
    return (struct token){.kind = TOKEN_OTHER};
}

static void skip_digits(struct reader *reader)
{
    while (is_digit(peek(reader, 0))) {
        reader->at++;
    }
}

/* 1..f(x) is 1 to f(x). A letter behind it begins a word before PostgreSQL 15, and is an error since. */
static struct token read_number(struct reader *reader)
{
    skip_digits(reader);
    if (peek(reader, 0) == '.' && peek(reader, 1) != '.') {
        reader->at++;
        skip_digits(reader);
    }
    if ((peek(reader, 0) | 0x20) == 'e') {
        size_t sign = peek(reader, 1) == '+' || peek(reader, 1) == '-';
        if (is_digit(peek(reader, 1 + sign))) {
            reader->at += 1 + sign;
            skip_digits(reader);
        }
    }
    return (struct token){.kind = is_of_word(peek(reader, 0)) ? TOKEN_BAD : TOKEN_OTHER};
}

/* E'..' and its like are strings behind a word to us: there is no backslash in them. */
static struct token read_word(struct reader *reader)
{
    const uint8_t *from = reader->at;

    while (is_of_word(peek(reader, 0))) {
        reader->at++;
    }
    struct token token = {TOKEN_WORD, sl_span(from, (size_t)(reader->at - from))};
    bool is_unicode = token.text.len == 1 && (*from | 0x20) == 'u' && peek(reader, 0) == '&';
    if (is_unicode || token.text.len > NAME_MAX_LEN) {
        token.kind = TOKEN_BAD;
    }
    return token;
}

static struct token read_sign(struct reader *reader)
{
    static const struct {
        uint8_t sign;
        uint8_t kind;
    } signs[] = {{'.', TOKEN_DOT}, {'(', TOKEN_OPEN}, {')', TOKEN_CLOSE}, {'*', TOKEN_STAR},
            {';', TOKEN_SEMICOLON}};
    uint8_t c = *reader->at++;

    if (c == '.' && peek(reader, 0) == '.') { /* FOR i IN a..b */
        reader->at++;
        return (struct token){.kind = TOKEN_OTHER};
    }
    for (size_t i = 0; i < SL_COUNT(signs); i++) {
        if (c == signs[i].sign) {
            return (struct token){.kind = (enum token_kind)signs[i].kind};
        }
    }
    return (struct token){.kind = TOKEN_OTHER};
}

static struct token next_token(struct reader *reader)
{
    if (!skip_blank(reader)) {
        return (struct token){.kind = TOKEN_BAD};
    }
    if (reader->at == reader->end) {
        return (struct token){.kind = TOKEN_END};
    }
    uint8_t c = *reader->at;
    if (begins_word(c)) {
        return read_word(reader);
    }
    if (c == '\'' || c == '"') {
        return read_quoted(reader, c);
    }
    if (c == '$') {
        return read_dollar(reader);
    }
    if (is_digit(c) ||
            (c == '.' && is_digit(peek(reader, 1)) && reader->last[0].kind != TOKEN_WORD &&
                    reader->last[0].kind != TOKEN_QUOTED)) {
        return read_number(reader);
    }
    return read_sign(reader);
}

/* ---- words ---- */

static bool is_text(struct sl_span text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < len && text.len == len; i++) {
        uint8_t c = text.at[i];
        uint8_t folded = (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
        if (folded != (uint8_t)word[i]) {
            return false;
        }
    }
    return text.len == len;
}

static bool is_one_of(struct sl_span text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_text(text, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_word(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && is_text(token->text, word);
}

/* An UPDATE of that view is a SET; what is made in that schema is the session's. */
static bool is_forbidden_name(const struct token *token)
{
    static const char temp[] = "pg_temp";
    size_t len = sizeof temp - 1;

    return is_text(token->text, "pg_settings") ||
           (token->text.len >= len && is_text(sl_span(token->text.at, len), temp));
}

static bool is_forbidden_word(struct sl_span word, bool is_sql)
{
    static const char *const words[] = {"abort", "alter", "authorization", "checkpoint", "close",
            "cluster", "comment", "commit", "copy", "create", "cursor", "deallocate", "discard",
            "drop", "execute", "explain", "grant", "hold", "import", "listen", "load", "prepare",
            "reassign", "release", "reset", "revoke", "rollback", "savepoint", "security", "start",
            "temp", "temporary", "transaction", "unlisten"};

    return is_one_of(word, words, SL_COUNT(words)) || (is_sql && is_text(word, "declare"));
}

/* Runs what is not in the text, or changes the schema. */
static bool is_other_text(struct sl_span word)
{
    static const char *const words[] = {"alter", "create", "drop", "execute", "fetch", "grant",
            "import", "load", "move", "prepare", "reassign", "revoke"};

    return is_one_of(word, words, SL_COUNT(words));
}

/* UPDATE [ONLY] t [*] [[AS] a] SET: nothing that a statement of PL/pgSQL's could begin behind. */
static void follow_update(struct reader *reader, const struct token *token)
{
    static const char *const ends[] = {"atomic", "begin", "declare", "else", "loop", "then"};

    if (token->kind == TOKEN_WORD && is_text(token->text, "update")) {
        reader->updates = true;
    } else if (token->kind == TOKEN_WORD) {
        reader->updates &= !is_one_of(token->text, ends, SL_COUNT(ends));
    } else {
        reader->updates &= token->kind == TOKEN_QUOTED || token->kind == TOKEN_DOT ||
                           token->kind == TOKEN_STAR;
    }
}

/* A word that is no name behind a dot. */
static bool is_allowed_word(struct reader *reader, const struct token *token)
{
    const struct token *before = &reader->last[0];
    bool is_sql = reader->body->is_sql;

    if (is_text(token->text, "set")) {
        return reader->updates || reader->wants_names;
    }
    if (is_word(before, "do") && reader->last[1].kind != TOKEN_DOT) {
        return is_text(token->text, "update") || is_text(token->text, "nothing");
    }
    if (is_text(token->text, "into")) { /* PL/pgSQL's is an assignment */
        return !is_sql || is_word(before, "insert") || is_word(before, "merge");
    }
    return reader->wants_names ? !is_other_text(token->text)
                               : !is_forbidden_word(token->text, is_sql);
}

static void advance_place(struct reader *reader, const struct token *token)
{
    const struct token *before = &reader->last[0];

    if (is_word(token, "recursive") && is_word(before, "with")) {
        return; /* it is behind that */
    }
    if (reader->place == PLACE_NEXT) {
        reader->place = PLACE_HERE;
    } else if (is_word(token, "as") || is_word(token, "into") || is_word(token, "with")) {
        reader->place = PLACE_NEXT;
    } else {
        reader->place = PLACE_ANY;
    }
}

/* ---- calls ---- */

static bool tell(struct reader *reader, const struct token *token, struct sl_span schema,
        enum function_call_kind kind)
{
    /* Within IF (..), RETURN (..) and so on they are no names; called, they may be. */
    static const char *const words[] = {"assert", "elseif", "elsif", "if", "loop", "next",
            "perform", "query", "return", "reverse", "while"};
    uint8_t lower[NAME_MAX_LEN];
    uint8_t lower_schema[NAME_MAX_LEN];
    struct function_call call = {.kind = (uint8_t)kind,
            .schema = sl_span(lower_schema, schema.len),
            .name = sl_span(lower, token->text.len),
            .is_quoted = token->kind == TOKEN_QUOTED};

    SL_CHECK(schema.len <= NAME_MAX_LEN && token->text.len <= NAME_MAX_LEN);
    for (size_t i = 0; i < token->text.len; i++) {
        uint8_t c = token->text.at[i];
        lower[i] = !call.is_quoted && (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
        if (!call.is_quoted && c >= 0x80) {
            return false; /* in lower case it may be another */
        }
    }
    for (size_t i = 0; i < schema.len; i++) {
        uint8_t c = schema.at[i];
        lower_schema[i] = (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
        if (c >= 0x80) {
            return false; /* likewise */
        }
    }
    call.is_word = !reader->body->is_sql && !call.is_quoted && schema.len == 0 &&
                   is_one_of(call.name, words, SL_COUNT(words));
    return reader->body->on_call(reader->body->self, &call);
}

/* A name has ended: last[0], and what is next is `token`. */
static bool end_name(struct reader *reader, const struct token *token)
{
    const struct token *name = &reader->last[0];
    const struct token *dot = &reader->last[1];
    const struct token *owner = &reader->last[2];
    struct sl_span none = sl_span("", 0);

    if (name->kind != TOKEN_WORD && name->kind != TOKEN_QUOTED) {
        return true;
    }
    bool is_called = token->kind == TOKEN_OPEN && reader->place != PLACE_HERE;
    if (dot->kind != TOKEN_DOT) {
        return !is_called || tell(reader, name, none, FUNCTION_CALL);
    }
    bool is_named = owner->kind == TOKEN_WORD || owner->kind == TOKEN_QUOTED;
    if (!is_called) {
        return tell(reader, name, none, is_named ? FUNCTION_COLUMN : FUNCTION_ATTRIBUTE);
    }
    /* A schema in quotes: nobody will miss it. */
    return owner->kind == TOKEN_WORD && reader->last[3].kind != TOKEN_DOT &&
           tell(reader, name, owner->text, FUNCTION_CALL);
}

static bool tell_name(struct reader *reader, const struct token *token)
{
    uint8_t lower[NAME_MAX_LEN];
    bool is_quoted = token->kind == TOKEN_QUOTED;

    if (reader->body->on_name == NULL) {
        return true;
    }
    SL_CHECK(token->text.len <= NAME_MAX_LEN);
    for (size_t i = 0; i < token->text.len; i++) {
        uint8_t c = token->text.at[i];
        lower[i] = !is_quoted && (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
    }
    return reader->body->on_name(reader->body->self, sl_span(lower, token->text.len), is_quoted);
}

static bool take(struct reader *reader, const struct token *token)
{
    bool is_name = token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
    bool is_behind_dot = reader->last[0].kind == TOKEN_DOT;

    if (token->kind == TOKEN_BAD || !end_name(reader, token)) {
        return false;
    }
    if (is_word(&reader->last[0], "do") && reader->last[1].kind != TOKEN_DOT &&
            token->kind != TOKEN_WORD) {
        return false; /* DO '...' */
    }
    if (is_name && !reader->wants_names && is_forbidden_name(token)) {
        return false;
    }
    if (is_name && !tell_name(reader, token)) {
        return false;
    }
    if (token->kind == TOKEN_WORD && !is_behind_dot && !is_allowed_word(reader, token)) {
        return false;
    }
    if (is_name && !is_behind_dot) {
        advance_place(reader, token);
    } else if (!is_name && token->kind != TOKEN_DOT) {
        reader->place = PLACE_ANY;
    }
    follow_update(reader, token);
    memmove(&reader->last[1], &reader->last[0], 3 * sizeof reader->last[0]);
    reader->last[0] = *token;
    return true;
}

static bool is_read(const struct function_body *body, bool wants_names)
{
    struct reader reader = {.body = body,
            .at = body->text.at,
            .end = body->text.at + body->text.len,
            .wants_names = wants_names};
    struct token token = {.kind = TOKEN_NONE};

    if (body->text.len == 0 || body->text.len > FUNCTION_BODY_MAX ||
            memchr(body->text.at, '\\', body->text.len) != NULL ||
            memchr(body->text.at, 0, body->text.len) != NULL) {
        return false;
    }
    while (token.kind != TOKEN_END) {
        token = next_token(&reader);
        if (!take(&reader, &token)) {
            return false;
        }
    }
    return true;
}

bool function_body_is_harmless(const struct function_body *body)
{
    return is_read(body, false);
}

bool function_body_is_known(const struct function_body *body)
{
    return is_read(body, true);
}
