/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/effects.h"

#include "protocol/base/check.h"
#include "protocol/effects_names.h"
#include "protocol/effects_words.h"
#include "protocol/schema_change.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 63, SETTINGS_LEN = 11, SEED_LEN = 4 };

/* An UPDATE of this view is a SET. PostgreSQL documentation, "pg_settings". */
static const char settings[] = "pg_settings";

enum token_kind { TOKEN_NONE, TOKEN_WORD, TOKEN_QUOTED, TOKEN_DOT, TOKEN_CLOSE, TOKEN_OTHER };

/* Where a parenthesis behind a name opens a list of columns, it is no call. */
enum place { PLACE_ANY, PLACE_NEXT, PLACE_HERE };

/* What a statement is, by its first word, where that matters later on. */
enum kind { KIND_ANY, KIND_SET, KIND_SET_PASSING, KIND_DECLARE, KIND_EXPLAIN, KIND_CREATE };

struct scan {
    const uint8_t *at;
    const uint8_t *end;
    unsigned effects;
    enum token_kind token; /* the one before */
    enum place place;
    enum kind kind;
    bool is_first;         /* the statement's first word is still to come */
    bool is_second;        /* the one behind it */
    bool is_qualified;     /* the name before has a schema, and not pg_catalog */
    bool is_attribute;     /* the name before is one of (...), or a function called with it */
    bool updates;          /* the word has come */
    bool lists;            /* what follows a parenthesis may be a call: DISTINCT ON (..) f() */
    bool is_argument;      /* the word before is an argument's first */
    uint8_t sign;          /* the last character that on_other() saw */
    uint64_t selects;      /* the word has come at these depths */
    struct sl_span word;   /* the token before, when it is a TOKEN_WORD; as it was written */
    struct sl_span schema; /* of the name before, where it has a schema and no more */
    const struct effects_known *known; /* NULL: nothing */
    int depth;
    int config_depth; /* within set_config(...) of that depth; 0: not */
};

#define IS_WORD(scan, text)                                                                        \
    ((scan)->token == TOKEN_WORD && is_text((scan)->word, (text), sizeof(text) - 1))

static void stays(struct scan *scan)
{
    scan->effects |= EFFECTS_STAY | EFFECTS_RULES | EFFECTS_LEAVES;
}

/* What nothing shows, and only the end of the process takes away. */
static void holds(struct scan *scan)
{
    stays(scan);
    scan->effects |= EFFECTS_HOLDS;
}

/* Whatever that does. */
static void calls(struct scan *scan)
{
    scan->effects |= EFFECTS_STAY | EFFECTS_RULES | EFFECTS_CALLS | EFFECTS_ENDS | EFFECTS_MOVES;
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
    bool is_named = scan->place == PLACE_NEXT || (scan->token == TOKEN_CLOSE && !scan->lists);

    scan->place = is_named ? PLACE_HERE : PLACE_ANY;
}

static void begin_statement(struct scan *scan)
{
    scan->token = TOKEN_NONE;
    scan->place = PLACE_ANY;
    scan->kind = KIND_ANY;
    scan->is_first = true;
    scan->is_second = false;
    scan->depth = 0;
    scan->config_depth = 0;
    scan->updates = false;
    scan->lists = false;
    scan->selects = 0;
}

/* Is one of these anywhere in what is to come? */
static bool has_any(const struct scan *scan, const char *const *words, size_t count)
{
    const char *at = (const char *)scan->at;
    size_t len = (size_t)(scan->end - scan->at);

    for (size_t i = 0; i < count; i++) {
        size_t word = strlen(words[i]);
        for (size_t from = 0; from + word <= len; from++) {
            if (strncasecmp(at + from, words[i], word) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* A DO takes channels away in these words, or puts such a statement together; or calls what does. */
static bool says_unlisten(const struct scan *scan)
{
    static const char *const words[] = {"listen", "discard", "exec", "\\", "u&"};

    return has_any(scan, words, SL_COUNT(words));
}

/* A DO changes the schema in these words, or puts such a statement together ("spi_exec"). */
static bool says_schema(const struct scan *scan)
{
    static const char *const words[] = {"create", "alter", "drop", "grant", "revoke", "import",
            "reassign", "into", "exec", "spi", "\\", "u&"};

    return has_any(scan, words, SL_COUNT(words));
}

/* It changes the schema, or it may commit what does. */
static void see_change(struct scan *scan)
{
    static const struct word changing[] = {WORD("alter"), WORD("drop"), WORD("grant"),
            WORD("revoke"), WORD("import"), WORD("reassign")};
    static const struct word committing[] = {
            WORD("commit"), WORD("end"), WORD("rollback"), WORD("abort"), WORD("prepare")};

    if (is_one_of(scan->word, changing, SL_COUNT(changing)) ||
            (IS_WORD(scan, "do") && says_schema(scan))) {
        scan->effects |= EFFECTS_SCHEMA;
    }
    if (is_one_of(scan->word, committing, SL_COUNT(committing))) {
        scan->effects |= EFFECTS_COMMITS;
    }
}

/* What a statement that begins so does at once, whatever follows. */
static void note_first_word(struct scan *scan)
{
    static const struct word ending[] = {WORD("reset"), WORD("discard"), WORD("deallocate"),
            WORD("drop"), WORD("close"), WORD("unlisten")};
    static const struct word unlistening[] = {WORD("unlisten"), WORD("discard")};

    see_change(scan);
    if (IS_WORD(scan, "copy") || IS_WORD(scan, "execute")) { /* of one that came by Parse */
        scan->effects |= EFFECTS_COPY | EFFECTS_MOVES;
    }
    if (IS_WORD(scan, "load")) {
        scan->effects |= EFFECTS_LIBRARY;
    }
    if (is_one_of(scan->word, ending, SL_COUNT(ending))) {
        scan->effects |= EFFECTS_ENDS;
    }
    if (IS_WORD(scan, "notify")) {
        scan->effects |= EFFECTS_NOTIFIES;
    }
    if (is_one_of(scan->word, unlistening, SL_COUNT(unlistening)) ||
            (IS_WORD(scan, "do") && says_unlisten(scan))) {
        scan->effects |= EFFECTS_UNLISTENS;
    }
}

static void on_first_word(struct scan *scan)
{
    static const struct word harmless[] = {WORD("select"), WORD("insert"), WORD("update"),
            WORD("delete"), WORD("with"), WORD("begin"), WORD("copy"), WORD("values"),
            WORD("start"), WORD("savepoint"), WORD("release"), WORD("close"), WORD("show"),
            WORD("merge"), WORD("table"), WORD("lock"), WORD("notify"), WORD("unlisten"),
            WORD("analyze"), WORD("vacuum"), WORD("truncate"), WORD("reindex"), WORD("cluster"),
            WORD("checkpoint"), WORD("alter"), WORD("drop"), WORD("comment"), WORD("grant"),
            WORD("revoke"), WORD("refresh")};
    static const struct word returning[] = {WORD("commit"), WORD("end"), WORD("rollback"),
            WORD("abort"), WORD("reset"), WORD("fetch"), WORD("move")};
    static const struct word naming[] = {
            WORD("create"), WORD("prepare"), WORD("listen"), WORD("load")};

    scan->is_first = false;
    scan->is_second = true;
    note_first_word(scan);
    if (is_one_of(scan->word, harmless, SL_COUNT(harmless))) {
        return;
    }
    scan->effects |= EFFECTS_RULES;
    if (IS_WORD(scan, "deallocate") || IS_WORD(scan, "discard")) {
        scan->effects |= EFFECTS_NAMES;
        return;
    }
    if (is_one_of(scan->word, returning, SL_COUNT(returning))) {
        return;
    }
    if (IS_WORD(scan, "set")) {
        scan->kind = KIND_SET;
    } else if (IS_WORD(scan, "declare")) {
        scan->kind = KIND_DECLARE;
    } else if (IS_WORD(scan, "explain")) {
        scan->kind = KIND_EXPLAIN;
    } else {
        scan->kind = IS_WORD(scan, "create") ? KIND_CREATE : KIND_ANY;
        stays(scan);
        if (!is_one_of(scan->word, naming, SL_COUNT(naming))) {
            calls(scan);
        }
    }
}

/* CREATE [OR REPLACE] [LOCAL] TEMP ... is nobody else's business. */
static void on_created(struct scan *scan)
{
    static const struct word before[] = {
            WORD("or"), WORD("replace"), WORD("local"), WORD("global")};

    if (is_one_of(scan->word, before, SL_COUNT(before))) {
        scan->is_second = true;
    } else if (!IS_WORD(scan, "temp") && !IS_WORD(scan, "temporary")) {
        scan->effects |= EFFECTS_SCHEMA;
    }
}

static bool is_setting(const struct scan *scan)
{
    return scan->kind == KIND_SET || scan->kind == KIND_SET_PASSING;
}

/* SET with one of these is for the transaction only. */
static bool is_passing(struct sl_span word)
{
    static const struct word passing[] = {WORD("local"), WORD("transaction"), WORD("constraints")};

    return is_one_of(word, passing, SL_COUNT(passing));
}

static bool is_of_phases(struct sl_span first, struct sl_span second)
{
    return (is_text(first, "prepare", 7) && is_text(second, "transaction", 11)) ||
           (is_text(first, "commit", 6) && is_text(second, "prepared", 8));
}

static void on_second_word(struct scan *scan, struct sl_span first)
{
    scan->is_second = false;
    if (is_of_phases(first, scan->word)) {
        scan->effects |= EFFECTS_PHASES;
    }
    if (scan->kind == KIND_SET && is_passing(scan->word)) {
        scan->kind = KIND_SET_PASSING;
    } else if (scan->kind == KIND_SET) {
        stays(scan);
    } else if (scan->kind == KIND_CREATE) {
        on_created(scan);
    }
}

static void on_dot(struct scan *scan)
{
    if (scan->kind == KIND_SET_PASSING && scan->token == TOKEN_WORD && is_passing(scan->word)) {
        stays(scan); /* SET local.x: a setting of that name */
    }
    scan->is_attribute = scan->token != TOKEN_WORD && scan->token != TOKEN_QUOTED;
    scan->at++;
    scan->token = TOKEN_DOT;
}

static uint64_t bit_of(const struct scan *scan)
{
    return UINT64_C(1) << (unsigned)(scan->depth & 63);
}

/* SELECT INTO; INSERT and MERGE are words that a column may be called by. */
static void on_into(struct scan *scan, struct sl_span before)
{
    static const struct word inserting[] = {WORD("insert"), WORD("merge")};

    scan->place = PLACE_NEXT;
    if (!is_one_of(before, inserting, SL_COUNT(inserting)) || (scan->selects & bit_of(scan)) != 0) {
        stays(scan);
        scan->effects |= EFFECTS_SCHEMA;
    }
}

/* COPY and RECURSIVE are names too, of functions and schemas, where they are not these. */
static bool is_naming(const struct scan *scan, struct sl_span before)
{
    bool is_first = scan->is_second; /* the second is awaited */

    return IS_WORD(scan, "as") || IS_WORD(scan, "with") || (IS_WORD(scan, "copy") && is_first) ||
           (IS_WORD(scan, "recursive") && is_text(before, "with", 4));
}

/* DISTINCT ON (..) f(), RETURNING WITH (..) f(): what follows the parenthesis may be a call. */
static bool begins_list(const struct scan *scan, struct sl_span before)
{
    return (IS_WORD(scan, "on") && is_text(before, "distinct", 8)) ||
           (IS_WORD(scan, "with") && is_text(before, "returning", 9));
}

/* Words that change what a statement is, wherever they stand in it. */
static void on_telling_word(struct scan *scan, struct sl_span before)
{
    static const struct word explained[] = {WORD("create"), WORD("execute"), WORD("declare")};

    if (IS_WORD(scan, "into")) {
        scan->effects |= EFFECTS_MOVES; /* INSERT and MERGE within another */
        on_into(scan, before);
    } else if (IS_WORD(scan, "select")) {
        scan->selects |= bit_of(scan);
    } else if (IS_WORD(scan, "update")) {
        scan->updates = true;
    } else if (begins_list(scan, before)) {
        scan->lists = true;
    } else if (is_setting(scan) && IS_WORD(scan, "seed")) {
        holds(scan);
    } else if (is_naming(scan, before)) {
        scan->place = PLACE_NEXT;
        scan->kind =
                scan->kind == KIND_CREATE ? KIND_ANY : scan->kind; /* CREATE .. AS SELECT f() */
    } else if (scan->kind == KIND_DECLARE) {
        if (IS_WORD(scan, "hold") && !is_text(before, "without", 7)) {
            stays(scan);
        }
    } else if (scan->kind == KIND_EXPLAIN) {
        if (is_one_of(scan->word, explained, SL_COUNT(explained))) {
            stays(scan);
            scan->effects |= IS_WORD(scan, "create") ? EFFECTS_SCHEMA : 0U;
        }
    }
}

/* E'..', U&'..', B'..', X'..' and N'..': the word is the string's, not a name. */
static bool is_string_prefix(struct scan *scan)
{
    size_t here = (size_t)(scan->end - scan->at);
    uint8_t prefix = scan->word.at[0] | 0x20;

    if (here >= 2 && prefix == 'u' && scan->at[0] == '&' &&
            (scan->at[1] == '\'' || scan->at[1] == '"')) {
        uint8_t quote = scan->at[1];
        if (quote == '"') {
            calls(scan); /* what it says is not read, and UESCAPE parts it from its parenthesis */
        }
        scan->at += 2;
        skip_quoted(scan, quote, false);
        scan->token = quote == '"' ? TOKEN_QUOTED : TOKEN_OTHER;
        return true;
    }
    if (here < 1 || scan->at[0] != '\'' ||
            (prefix != 'e' && prefix != 'b' && prefix != 'x' && prefix != 'n')) {
        return false;
    }
    scan->at++;
    skip_quoted(scan, '\'', prefix == 'e');
    scan->token = TOKEN_OTHER;
    return true;
}

static struct sl_span read_word(struct scan *scan)
{
    const uint8_t *from = scan->at;
    const uint8_t *at = from;

    while (at < scan->end && (class_of(*at) >= CHAR_WORD || *at == '$')) {
        at++;
    }
    scan->at = at;
    return sl_span(from, (size_t)(at - from));
}

static void on_quoted(struct scan *scan)
{
    if (scan->token != TOKEN_DOT) {
        advance_place(scan);
    } else if (scan->is_attribute) {
        calls(scan);
    }
    if (scan->kind == KIND_SET && scan->is_second) {
        stays(scan);
    }
    const uint8_t *from = ++scan->at;
    skip_quoted(scan, '"', false);
    if (is_setting(scan) &&
            is_text(sl_span(from, (size_t)(scan->at - from)), "seed\"", SEED_LEN + 1)) {
        holds(scan);
    }
    if (scan->at > from && effects_name_connects(sl_span(from, (size_t)(scan->at - 1 - from)))) {
        holds(scan); /* whatever follows: nobody gives that name to anything else */
    }
    if (scan->updates && (size_t)(scan->at - from) == SETTINGS_LEN + 1 &&
            memcmp(from, settings, SETTINGS_LEN) == 0) {
        stays(scan);
    }
    scan->token = TOKEN_QUOTED;
    scan->word.len = 0;
}

static bool is_known(struct sl_span word)
{
    uint8_t name[WORD_MAX];

    if (word.len > WORD_MAX) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.at[i];
        name[i] = (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
    }
    return effects_name_is_known(sl_span(name, word.len));
}

/* (x).f may be f(x). */
static bool is_column(const struct scan *scan)
{
    const struct effects_known *at = scan->known;

    return is_known(scan->word) ||
           (at != NULL && (at->is_harmless(at->self, sl_span(NULL, 0), scan->word) ||
                                  (at->is_none != NULL && at->is_none(at->self, scan->word))));
}

static void on_word(struct scan *scan)
{
    struct sl_span before = scan->word;
    bool is_name = scan->token == TOKEN_DOT;

    if (scan->token != TOKEN_WORD && !is_name) {
        before.len = 0;
    }
    bool is_qualified = is_name && (scan->is_qualified || !is_text(before, "pg_catalog", 10));
    if (!is_name) {
        advance_place(scan);
    }
    scan->is_argument = scan->token == TOKEN_OTHER && scan->sign == ',';
    bool is_owned = is_name && !scan->is_attribute && !scan->is_qualified;
    scan->schema = is_owned ? before : sl_span(NULL, 0);
    scan->word = read_word(scan);
    if (scan->word.len == 1 && is_string_prefix(scan)) {
        return;
    }
    scan->token = TOKEN_WORD;
    scan->is_qualified = is_qualified;
    if (scan->updates && is_text(scan->word, settings, SETTINGS_LEN)) {
        stays(scan);
    }
    if (is_name && scan->is_attribute && !is_column(scan)) {
        calls(scan);
    }
    if (is_name) {
        return; /* its place is that of the name it belongs to */
    }
    if (scan->is_first) {
        on_first_word(scan);
    } else if (scan->is_second) {
        on_second_word(scan, before);
    }
    if (scan->word.len <= 9) {
        on_telling_word(scan, before);
    }
}

/* ---- calls ---- */

/* Takes a session's advisory lock, or lets go of it. */
static bool is_lock(struct sl_span word)
{
    static const struct word locks[] = {WORD("pg_advisory_"), WORD("pg_try_advisory")};

    for (size_t i = 0; i < SL_COUNT(locks); i++) {
        if (word.len > locks[i].len &&
                is_text(sl_span(word.at, locks[i].len), locks[i].text, locks[i].len)) {
            return true;
        }
    }
    return false;
}

/* The argument is 'seed', to begin with. */
static bool is_seed_next(const struct scan *scan)
{
    const uint8_t *at = scan->at;

    while (at < scan->end && (class_of(*at) == CHAR_SPACE || (*at | 0x20) == 'e')) {
        at++;
    }
    return (size_t)(scan->end - at) > SEED_LEN + 1 &&
           is_text(sl_span(at, SEED_LEN + 2), "'seed'", SEED_LEN + 2);
}

/* A name in quotes, or with more than a schema, is not looked up. */
static bool is_harmless(const struct scan *scan)
{
    return scan->known != NULL && scan->token == TOKEN_WORD &&
           (scan->schema.len > 0 || !scan->is_qualified) &&
           scan->known->is_harmless(scan->known->self, scan->schema, scan->word);
}

static void on_call(struct scan *scan)
{
    if (is_harmless(scan)) {
        return;
    }
    if (effects_name_connects(scan->word)) {
        holds(scan);
    }
    if (scan->is_qualified || scan->token == TOKEN_QUOTED || effects_name_connects(scan->word)) {
        calls(scan);
        return;
    }
    if (IS_WORD(scan, "currval") || IS_WORD(scan, "lastval")) {
        scan->effects |= EFFECTS_SEQUENCES;
    } else if (IS_WORD(scan, "pg_listening_channels")) {
        scan->effects |= EFFECTS_CHANNELS;
    } else if (IS_WORD(scan, "set_config") && scan->config_depth == 0) {
        scan->effects |= EFFECTS_RULES;
        scan->config_depth = scan->depth;
        if (is_seed_next(scan)) {
            holds(scan);
        }
    } else if (IS_WORD(scan, "pg_notify")) {
        scan->effects |= EFFECTS_NOTIFIES;
    } else if (IS_WORD(scan, "nextval") || IS_WORD(scan, "setval")) {
        scan->effects |= EFFECTS_MOVES;
    } else if (!is_known(scan->word)) {
        if (is_lock(scan->word)) {
            stays(scan);
        } else if (effects_name_holds(scan->word)) {
            holds(scan);
        } else {
            calls(scan);
        }
        scan->effects |= EFFECTS_ENDS;
    }
}

/*
 * Behind OPERATOR and its parenthesis: schema.sign and the other one. It is one sign: what follows
 * is no list of columns, as it may be behind other parentheses.
 */
static bool is_operator(struct scan *scan)
{
    static const char signs[] = "+-*/<>=~!@#%^&|`?";
    uint8_t last = 0;

    for (const uint8_t *at = scan->at; at < scan->end; at++) {
        bool is_sign = memchr(signs, *at, sizeof signs - 1) != NULL;
        if (*at == ')' && last != 0) {
            scan->at = at + 1;
            scan->token = TOKEN_OTHER;
            scan->place = PLACE_ANY;
            scan->sign = last;
            return true;
        }
        bool is_comment = (last == '/' && *at == '*') || (last == '-' && *at == '-');
        bool is_name = class_of(*at) >= CHAR_WORD || *at == '.';
        if (is_comment || (!is_sign && !is_name && class_of(*at) != CHAR_SPACE)) {
            return false;
        }
        if (class_of(*at) != CHAR_SPACE) {
            last = is_sign ? *at : 0;
        }
    }
    return false;
}

static void on_open(struct scan *scan)
{
    if (IS_WORD(scan, "operator")) {
        if (is_operator(scan)) {
            return;
        }
        calls(scan);
    }
    scan->depth++;
    scan->selects &= ~bit_of(scan);
    if (scan->depth > 63) {
        calls(scan); /* deeper than the bits go */
    }
    bool is_made = scan->kind == KIND_CREATE && scan->depth == 1; /* t (a int), f(int) */
    if ((scan->token == TOKEN_WORD || scan->token == TOKEN_QUOTED) && scan->place == PLACE_ANY &&
            !is_made) {
        on_call(scan);
    }
    scan->token = TOKEN_OTHER;
    scan->place = PLACE_ANY;
}

/* set_config(name, value, true) is for the transaction only; NOT true is not. */
static void on_close(struct scan *scan)
{
    if (scan->config_depth != 0 && scan->config_depth == scan->depth) {
        scan->config_depth = 0;
        if (!IS_WORD(scan, "true") || !scan->is_argument) {
            stays(scan);
        }
    }
    scan->depth--;
    scan->token = TOKEN_CLOSE;
    scan->place = PLACE_ANY;
}

static void on_other(struct scan *scan, uint8_t c)
{
    if (c >= 0x40 && scan->token == TOKEN_WORD && scan->at == scan->word.at + scan->word.len &&
            scan->at[-1] >= 0x80) {
        calls(scan); /* in SJIS, BIG5, GBK and UHC it may be the second half of a name's letter */
    }
    scan->at++;
    scan->token = TOKEN_OTHER;
    scan->place = PLACE_ANY;
    scan->sign = c;
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
        on_dot(scan);
    } else if (c == '"') {
        on_quoted(scan);
    } else if (c == '-' && next == '-') {
        skip_line(scan);
    } else if (c == '/' && next == '*') {
        skip_comment(scan);
    } else if (c == '$') {
        skip_dollar(scan);
        scan->token = TOKEN_OTHER;
        scan->place = PLACE_ANY;
    } else {
        on_other(scan, c);
    }
}

/*
 * A number, with whatever letters PostgreSQL would read with it or complain of. Before 15 it
 * did not complain: SELECT 1into t, 1operator(pg_catalog.+) f().
 */
static void skip_number(struct scan *scan)
{
    while (scan->at < scan->end && (class_of(*scan->at) >= CHAR_WORD || *scan->at == '.')) {
        if ((*scan->at | 0x20) == 'i' || (*scan->at | 0x20) == 'p') {
            calls(scan);
        }
        scan->at++;
    }
    scan->token = TOKEN_OTHER;
    scan->place = PLACE_ANY;
}

/* COMMIT, END and ROLLBACK take back. */
static unsigned effects_of_plain(struct sl_span text)
{
    static const char *const prepared[] = {"prepared"};
    struct scan scan = {.at = text.at, .end = text.at + text.len};

    if (strchr("cer", text.at[0] | 0x20) == NULL) {
        return 0;
    }
    bool is_of_two = (text.at[0] | 0x20) == 'c' && has_any(&scan, prepared, 1);
    return EFFECTS_RULES | EFFECTS_COMMITS | (is_of_two ? EFFECTS_PHASES : 0U);
}

unsigned effects_of_long(struct sl_span begin)
{
    begin.len = begin.len < EFFECTS_BEGIN_MAX ? begin.len : EFFECTS_BEGIN_MAX;
    bool is_change = (effects_of(begin) & EFFECTS_SCHEMA) != 0;
    return EFFECTS_ALL | (is_change ? EFFECTS_SCHEMA | EFFECTS_BEHIND : 0U);
}

unsigned effects_of_known(struct sl_span text, const struct effects_known *known)
{
    struct scan scan = {.at = text.at, .end = text.at + text.len, .known = known};

    if (text.len > EFFECTS_TEXT_MAX) {
        return effects_of_long(text);
    }
    if (text.len == 0) {
        return 0;
    }
    if (effects_text_is_plain(text)) {
        return effects_of_plain(text);
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
    if (SL_UNLIKELY((scan.effects & EFFECTS_SCHEMA) != 0) && !schema_change_is_quiet(text)) {
        scan.effects |= EFFECTS_BEHIND;
    }
    return scan.effects;
}
