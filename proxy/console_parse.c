/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_parse.h"

#include "protocol/cursor.h"
#include "protocol/sqlstate.h"
#include "proxy/console_cache_why.h"
#include "proxy/console_show.h"
#include "proxy/console_verbs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_EQUALS, TOKEN_BAD };

struct token {
    enum token_kind kind;
    char text[CONSOLE_VALUE_MAX];
};

/* Settings that clients send unasked; SHOW of them is in console_show.c. */
static const char *const fake_settings[] = {"client_encoding", "default_transaction_isolation",
        "standard_conforming_strings", "datestyle", "timezone", "extra_float_digits",
        "application_name"};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || ((unsigned char)c & 0x80) != 0 ||
           (c != '\0' && strchr("_-.*$/:+@%", c) != NULL);
}

static void put(struct token *token, size_t *len, char c)
{
    if (*len + 1 < sizeof token->text) {
        token->text[(*len)++] = c;
        token->text[*len] = '\0';
    } else {
        token->kind = TOKEN_BAD;
    }
}

static const char *quoted(const char *at, struct token *token)
{
    char quote = *at++;
    size_t len = 0;

    token->kind = quote == '"' ? TOKEN_WORD : TOKEN_STRING;
    for (; *at != '\0'; at++) {
        if (*at == quote && at[1] != quote) {
            return at + 1;
        }
        at += *at == quote ? 1 : 0;
        put(token, &len, *at);
    }
    token->kind = TOKEN_BAD;
    return at;
}

/* The token at *at, which moves behind it. */
static void next(const char **at, struct token *token)
{
    const char *from = *at + strspn(*at, " \t\r\n");
    size_t len = 0;

    token->text[0] = '\0';
    token->kind = TOKEN_BAD;
    if (*from == '\0' || *from == ';') {
        from += strspn(from, "; \t\r\n");
        token->kind = *from == '\0' ? TOKEN_END : TOKEN_BAD;
    } else if (*from == '=') {
        from++;
        token->kind = TOKEN_EQUALS;
    } else if (*from == '"' || *from == '\'') {
        from = quoted(from, token);
    } else if (is_word(*from)) {
        token->kind = TOKEN_WORD;
        for (; is_word(*from); from++) {
            put(token, &len, *from);
        }
    }
    *at = from;
}

static bool is(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && strcasecmp(token->text, word) == 0;
}

static bool at_end(const char *at)
{
    struct token token;

    next(&at, &token);
    return token.kind == TOKEN_END;
}

static bool set_argument(struct console_command *command, const struct token *token)
{
    size_t len = strlen(token->text);

    if (len >= sizeof command->argument) {
        return false;
    }
    memcpy(command->argument, token->text, len + 1);
    return true;
}

/* SHOW CACHE KEYS is SHOW CACHE_KEYS: the second word is of the name, if there is a view of both. */
static bool join(struct token *name, const struct token *second)
{
    char both[CONSOLE_ARGUMENT_MAX];
    int len = snprintf(both, sizeof both, "%s_%s", name->text, second->text);

    if (name->kind != TOKEN_WORD || second->kind != TOKEN_WORD || len >= (int)sizeof both ||
            console_view_find(both) == NULL) {
        return false;
    }
    memcpy(name->text, both, (size_t)len + 1);
    return true;
}

static bool parse_show(const char *at, struct console_command *command)
{
    struct token name;
    struct token argument;

    next(&at, &name);
    next(&at, &argument);
    if (join(&name, &argument)) {
        next(&at, &argument);
    }
    if (name.kind != TOKEN_WORD || !at_end(at)) {
        return false;
    }
    command->kind = is(&name, "help") ? CONSOLE_HELP : CONSOLE_SHOW;
    command->view = console_view_find(name.text);
    if (argument.kind == TOKEN_END) {
        return command->kind == CONSOLE_HELP || command->view != NULL;
    }
    return command->view != NULL && command->view->argument != NULL &&
           (argument.kind == TOKEN_WORD || argument.kind == TOKEN_STRING) &&
           set_argument(command, &argument);
}

static bool parse_set(const char *at, struct console_command *command)
{
    struct token key;
    struct token sign;
    struct token value;

    next(&at, &key);
    next(&at, &sign);
    next(&at, &value);
    if (key.kind != TOKEN_WORD || (sign.kind != TOKEN_EQUALS && !is(&sign, "to")) ||
            (value.kind != TOKEN_WORD && value.kind != TOKEN_STRING) || !at_end(at) ||
            !set_argument(command, &key)) {
        return false;
    }
    memcpy(command->value, value.text, strlen(value.text) + 1);
    command->kind = CONSOLE_SET;
    for (size_t i = 0; i < SL_COUNT(fake_settings); i++) {
        if (strcasecmp(key.text, fake_settings[i]) == 0) {
            command->kind = CONSOLE_SET_FAKE;
        }
    }
    return true;
}

/* BEGIN, COMMIT, ROLLBACK, by whatever name. */
static bool parse_block(const struct token *word, const char *at, struct console_command *command)
{
    struct token more;
    bool begins = is(word, "begin") || is(word, "start");

    if (!begins && !is(word, "commit") && !is(word, "rollback") && !is(word, "end")) {
        return false;
    }
    next(&at, &more);
    if ((is(&more, "transaction") || is(&more, "work")) && at_end(at)) {
        more.kind = TOKEN_END;
    }
    command->kind = begins ? CONSOLE_BEGIN : CONSOLE_END_BLOCK;
    snprintf(command->argument, sizeof command->argument, "%s",
            is(word, "rollback") ? "ROLLBACK" : "COMMIT");
    return more.kind == TOKEN_END;
}

/* All up to the end, without blanks and semicolons around it. */
static bool take_line(const char *at, struct console_command *command)
{
    const char *from = at + strspn(at, " \t\r\n");
    size_t len = strlen(from);

    while (len > 0 && strchr("; \t\r\n", from[len - 1]) != NULL) {
        len--;
    }
    if (len >= sizeof command->value) {
        return false;
    }
    memcpy(command->value, from, len);
    command->value[len] = '\0';
    return true;
}

static bool parse_verb(const struct token *word, const char *at, struct console_command *command)
{
    struct token argument;

    command->kind = CONSOLE_DO;
    command->verb = console_verb_find(word->text);
    if (command->verb == NULL) {
        return false;
    }
    if (console_verb_takes_line(command->verb)) {
        return take_line(at, command);
    }
    next(&at, &argument);
    if (argument.kind == TOKEN_END) {
        return true;
    }
    return argument.kind == TOKEN_WORD && at_end(at) && set_argument(command, &argument);
}

static bool parse_explain(const char *at, struct console_command *command)
{
    struct token what;

    next(&at, &what);
    command->kind = CONSOLE_EXPLAIN;
    command->view = console_view_find(CONSOLE_EXPLAIN_VIEW);
    return is(&what, "cache") && take_line(at, command) && command->value[0] != '\0';
}

static bool parse(const char *text, struct console_command *command)
{
    const char *at = text;
    struct token word;

    next(&at, &word);
    if (word.kind == TOKEN_END) {
        return true;
    }
    if (word.kind != TOKEN_WORD) {
        return false;
    }
    if (is(&word, "show") || is(&word, "select")) {
        return parse_show(at, command);
    }
    if (is(&word, "explain")) {
        return parse_explain(at, command);
    }
    if (is(&word, "set")) {
        return parse_set(at, command);
    }
    return parse_block(&word, at, command) || parse_verb(&word, at, command);
}

enum sl_err console_parse(const char *text, struct console_command *command, struct sl_error *error)
{
    memset(command, 0, sizeof *command);
    if (parse(text, command)) {
        return SL_OK;
    }
    return sl_error_set(error, SL_EINVAL, SL_STATE_SYNTAX_ERROR,
            "invalid command '%.200s', use SHOW HELP;", text);
}

const char *console_next_word(const char *line, char *to, size_t size)
{
    struct token token;

    next(&line, &token);
    if (token.kind != TOKEN_WORD || strlen(token.text) >= size) {
        return NULL;
    }
    memcpy(to, token.text, strlen(token.text) + 1);
    return line;
}

bool console_bind_read(struct sl_span from, struct console_bind *bind)
{
    struct cursor cursor = cursor_at(from);

    *bind = (struct console_bind){0};
    (void)cursor_bytes(&cursor, 2 * (size_t)cursor_u16(&cursor)); /* the parameters' formats */
    bind->params = cursor_u16(&cursor);
    if (cursor.is_cut || bind->params > 0) {
        return !cursor.is_cut;
    }
    bind->formats_count = cursor_u16(&cursor);
    if (bind->formats_count > VIEW_COLUMNS_MAX) {
        return false;
    }
    for (uint16_t i = 0; i < bind->formats_count; i++) {
        bind->formats[i] = cursor_u16(&cursor);
    }
    return cursor_ended(&cursor);
}
