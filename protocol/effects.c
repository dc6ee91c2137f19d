/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/effects.h"

#include "protocol/base/check.h"
#include "protocol/effects_names.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 63 };

enum token_kind { TOKEN_NONE, TOKEN_WORD, TOKEN_QUOTED, TOKEN_DOT, TOKEN_CLOSE, TOKEN_OTHER };

enum char_class { CHAR_OTHER, CHAR_SPACE, CHAR_WORD, CHAR_DIGIT };

/* Where a parenthesis behind a name opens a list of columns, it is no call. */
enum place { PLACE_ANY, PLACE_NEXT, PLACE_HERE };

struct scan {
    const uint8_t *at;
    const uint8_t *end;
    unsigned effects;
    enum token_kind kind; /* of the token before */
    enum place place;
    bool is_first;     /* the statement's first word is still to come */
    bool is_second;    /* the one behind it */
    bool is_qualified; /* the name before has a schema, and not pg_catalog */
    bool is_set;       /* SET: the second word decides */
    bool is_declare;
    bool is_explain;
    bool is_held;     /* WITHOUT was the word before */
    uint8_t word_len; /* of the token before, when it is a TOKEN_WORD; 0: too long */
    int depth;
    int config_depth; /* within set_config(...) of that depth; 0: not */
    char word[WORD_MAX + 1];
};

static inline enum char_class class_of(uint8_t c)
{
    if ((uint8_t)((c | 0x20) - 'a') < 26 || c == '_' || c >= 0x80) {
        return CHAR_WORD;
    }
    if (c == ' ' || (uint8_t)(c - '\t') < 5) {
        return CHAR_SPACE;
    }
    return (uint8_t)(c - '0') < 10 ? CHAR_DIGIT : CHAR_OTHER;
}

static bool is_word(const struct scan *scan, const char *word)
{
    return scan->kind == TOKEN_WORD && strcmp(scan->word, word) == 0;
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(word, *list) == 0) {
            return true;
        }
    }
    return false;
}

static void stays(struct scan *scan)
{
    scan->effects |= EFFECTS_STAY;
}

/* The text cannot be read on: all of it counts. */
static void give_up(struct scan *scan)
{
    scan->effects |= EFFECTS_ALL;
    scan->at = scan->end;
}

/* ---- what is skipped ---- */

/* Behind the opening quote. A doubled quote is two strings to us, which comes to the same. */
static void skip_quoted(struct scan *scan, uint8_t quote, bool has_escapes)
{
    while (scan->at < scan->end) {
        uint8_t c = *scan->at++;
        if (c == quote) {
            return;
        }
        if (c == '\\' && quote == '\'') {
            if (!has_escapes) {
                break; /* standard_conforming_strings decides, and is not known here */
            }
            scan->at += scan->at < scan->end;
        }
    }
    give_up(scan);
}

static void skip_line(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != '\n' && *scan->at != '\r') {
        scan->at++;
    }
}

static void skip_comment(struct scan *scan)
{
    int depth = 1;

    for (scan->at += 2; scan->end - scan->at >= 2; scan->at++) {
        if (scan->at[0] == '*' && scan->at[1] == '/') {
            scan->at++;
            if (--depth == 0) {
                scan->at++;
                return;
            }
        } else if (scan->at[0] == '/' && scan->at[1] == '*') {
            scan->at++;
            depth++;
        }
    }
    give_up(scan);
}

/* At a dollar sign: a parameter, or $tag$...$tag$. */
static void skip_dollar(struct scan *scan)
{
    const uint8_t *tag = scan->at;
    const uint8_t *at = tag + 1;

    if (at < scan->end && class_of(*at) != CHAR_DIGIT) {
        while (at < scan->end && class_of(*at) >= CHAR_WORD) {
            at++;
        }
        if (at < scan->end && *at == '$') {
            size_t len = (size_t)(at + 1 - tag);
            const uint8_t *close = memmem(at + 1, (size_t)(scan->end - at - 1), tag, len);
            if (close == NULL) {
                give_up(scan);
            } else {
                scan->at = close + len;
            }
            return;
        }
    }
    scan->at = at;
}

/* ---- words ---- */

/* A name begins: the one that INTO, AS and their like speak of, or behind FROM (...). */
static void advance_place(struct scan *scan)
{
    bool is_named = scan->place == PLACE_NEXT || scan->kind == TOKEN_CLOSE;

    scan->place = is_named ? PLACE_HERE : PLACE_ANY;
}

static void begin_statement(struct scan *scan)
{
    scan->kind = TOKEN_NONE;
    scan->place = PLACE_ANY;
    scan->is_first = true;
    scan->is_second = false;
    scan->is_set = false;
    scan->is_declare = false;
    scan->is_explain = false;
    scan->is_held = false;
    scan->depth = 0;
    scan->config_depth = 0;
}

static void on_first_word(struct scan *scan)
{
    static const char *const harmless[] = {"select", "insert", "update", "delete", "with", "begin",
            "commit", "end", "start", "rollback", "abort", "savepoint", "release", "values",
            "table", "merge", "copy", "show", "explain", "fetch", "move", "close", "declare",
            "lock", "notify", "unlisten", "discard", "deallocate", "reset", "analyze", "vacuum",
            "truncate", "reindex", "cluster", "checkpoint", "alter", "drop", "comment", "grant",
            "revoke", "refresh", NULL};

    scan->is_first = false;
    scan->is_second = true;
    scan->is_set = strcmp(scan->word, "set") == 0;
    scan->is_declare = strcmp(scan->word, "declare") == 0;
    scan->is_explain = strcmp(scan->word, "explain") == 0;
    if (!scan->is_set && !is_one_of(scan->word, harmless)) {
        stays(scan);
    }
}

static void on_second_word(struct scan *scan)
{
    static const char *const passing[] = {"local", "transaction", "constraints", NULL};

    scan->is_second = false;
    if (scan->is_set && !is_one_of(scan->word, passing)) {
        stays(scan);
    }
}

/* Words that change what a statement is, wherever they stand in it. */
static void on_telling_word(struct scan *scan, bool is_inserted)
{
    static const char *const named[] = {"into", "copy", "as", "with", "recursive", NULL};
    static const char *const explained[] = {"create", "execute", "declare", NULL};

    if (is_one_of(scan->word, named)) {
        scan->place = PLACE_NEXT;
        if (scan->word[0] == 'i' && !is_inserted) {
            stays(scan); /* SELECT INTO */
        }
    } else if (strcmp(scan->word, "hold") == 0) {
        if (scan->is_declare && !scan->is_held) {
            stays(scan);
        }
    } else if (scan->is_explain && is_one_of(scan->word, explained)) {
        stays(scan);
    }
}

static bool may_tell(const struct scan *scan)
{
    switch (scan->word[0]) {
    case 'a':
    case 'c':
    case 'd':
    case 'e':
    case 'h':
    case 'i':
    case 'r':
    case 'w':
        return true;
    default:
        return false;
    }
}

/* E'..', U&'..', B'..', X'..' and N'..': the word is the string's, not a name. */
static bool is_string_prefix(struct scan *scan)
{
    size_t here = (size_t)(scan->end - scan->at);

    if (here >= 2 && scan->word[0] == 'u' && scan->at[0] == '&' &&
            (scan->at[1] == '\'' || scan->at[1] == '"')) {
        uint8_t quote = scan->at[1];
        scan->at += 2;
        skip_quoted(scan, quote, false);
        scan->kind = quote == '"' ? TOKEN_QUOTED : TOKEN_OTHER;
        scan->word_len = 0;
        return true;
    }
    if (here < 1 || scan->at[0] != '\'' || strchr("ebxn", scan->word[0]) == NULL) {
        return false;
    }
    scan->at++;
    skip_quoted(scan, '\'', scan->word[0] == 'e');
    scan->kind = TOKEN_OTHER;
    return true;
}

static void read_word(struct scan *scan)
{
    size_t len = 0;

    while (scan->at < scan->end && (class_of(*scan->at) >= CHAR_WORD || *scan->at == '$')) {
        uint8_t c = *scan->at++;
        if (len < WORD_MAX) {
            scan->word[len] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        }
        len++;
    }
    scan->word_len = len > WORD_MAX ? 0 : (uint8_t)len;
    scan->word[len > WORD_MAX ? 0 : len] = '\0';
}

static void on_quoted(struct scan *scan)
{
    if (scan->kind != TOKEN_DOT) {
        advance_place(scan);
    }
    if (scan->is_set && scan->is_second) {
        stays(scan);
    }
    scan->at++;
    skip_quoted(scan, '"', false);
    scan->kind = TOKEN_QUOTED;
    scan->word_len = 0;
}

static void on_word(struct scan *scan)
{
    bool is_name = scan->kind == TOKEN_DOT;
    bool is_inserted = is_word(scan, "insert") || is_word(scan, "merge");
    bool is_without = is_word(scan, "without");
    bool is_qualified = is_name && (scan->is_qualified || scan->word_len != 10 ||
                                           memcmp(scan->word, "pg_catalog", 10) != 0);

    if (!is_name) {
        advance_place(scan);
    }
    read_word(scan);
    if (scan->word_len == 1 && is_string_prefix(scan)) {
        return;
    }
    scan->kind = TOKEN_WORD;
    scan->is_qualified = is_qualified;
    if (is_name) {
        return; /* its place is that of the name it belongs to */
    }
    scan->is_held = is_without;
    if (scan->is_first) {
        on_first_word(scan);
    } else if (scan->is_second) {
        on_second_word(scan);
    }
    if (may_tell(scan)) {
        on_telling_word(scan, is_inserted);
    }
}

/* ---- calls ---- */

static void on_call(struct scan *scan)
{
    struct sl_span name = sl_span(scan->word, scan->word_len);

    if (scan->is_qualified || scan->kind == TOKEN_QUOTED || name.len == 0) {
        stays(scan);
    } else if (sl_span_is(name, "currval") || sl_span_is(name, "lastval")) {
        scan->effects |= EFFECTS_SEQUENCES;
    } else if (sl_span_is(name, "set_config") && scan->config_depth == 0) {
        scan->config_depth = scan->depth;
    } else if (!effects_name_is_known(name)) {
        stays(scan);
    }
}

static void on_open(struct scan *scan)
{
    scan->depth++;
    if ((scan->kind == TOKEN_WORD || scan->kind == TOKEN_QUOTED) && scan->place == PLACE_ANY) {
        on_call(scan);
    }
    scan->kind = TOKEN_OTHER;
    scan->place = PLACE_ANY;
}

/* set_config(name, value, true) is for the transaction only. */
static void on_close(struct scan *scan)
{
    if (scan->config_depth != 0 && scan->config_depth == scan->depth) {
        scan->config_depth = 0;
        if (!is_word(scan, "true")) {
            stays(scan);
        }
    }
    scan->depth--;
    scan->kind = TOKEN_CLOSE;
    scan->place = PLACE_ANY;
}

static void on_other(struct scan *scan, uint8_t c)
{
    scan->at++;
    scan->kind = TOKEN_OTHER;
    scan->place = PLACE_ANY;
    if (c == ';') {
        begin_statement(scan);
    } else if (c == '\'') {
        skip_quoted(scan, c, false);
    }
}

/* One token that begins with neither a letter nor a space. */
static void on_sign(struct scan *scan)
{
    uint8_t c = *scan->at;
    uint8_t next = scan->end - scan->at > 1 ? scan->at[1] : 0;

    if (c == '(') {
        scan->at++;
        on_open(scan);
    } else if (c == ')') {
        scan->at++;
        on_close(scan);
    } else if (c == '.') {
        scan->at++;
        scan->kind = TOKEN_DOT;
    } else if (c == '"') {
        on_quoted(scan);
    } else if (c == '-' && next == '-') {
        skip_line(scan);
    } else if (c == '/' && next == '*') {
        skip_comment(scan);
    } else if (c == '$') {
        skip_dollar(scan);
        scan->kind = TOKEN_OTHER;
        scan->place = PLACE_ANY;
    } else {
        on_other(scan, c);
    }
}

/* A number, with whatever letters PostgreSQL would read with it or complain of. */
static void skip_number(struct scan *scan)
{
    while (scan->at < scan->end && (class_of(*scan->at) >= CHAR_WORD || *scan->at == '.')) {
        scan->at++;
    }
    scan->kind = TOKEN_OTHER;
    scan->place = PLACE_ANY;
}

unsigned effects_of(struct sl_span text)
{
    struct scan scan = {.at = text.at, .end = text.at + text.len};

    if (text.len > EFFECTS_TEXT_MAX) {
        return EFFECTS_ALL;
    }
    begin_statement(&scan);
    while (scan.at < scan.end) {
        switch (class_of(*scan.at)) {
        case CHAR_SPACE:
            scan.at++;
            break;
        case CHAR_WORD:
            on_word(&scan);
            break;
        case CHAR_DIGIT:
            skip_number(&scan);
            break;
        case CHAR_OTHER:
            on_sign(&scan);
            break;
        }
    }
    return scan.effects;
}
