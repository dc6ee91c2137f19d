/* SPDX-License-Identifier: PostgreSQL */
#include "conf/hba_token.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool hba_line_take(struct sl_span *text, struct sl_arena *arena, struct hba_line *line)
{
    const uint8_t *newline;
    size_t len;

    if (text->len == 0) {
        return false;
    }
    newline = memchr(text->at, '\n', text->len);
    len = newline == NULL ? text->len : (size_t)(newline - text->at);
    *line = (struct hba_line){
            .arena = arena, .at = (const char *)text->at, .end = (const char *)text->at + len};
    len += newline == NULL ? 0 : 1;
    *text = sl_span(text->at + len, text->len - len);
    hba_line_next(line);
    return true;
}

/* Copies a word without its quotes to to, or only measures it; SIZE_MAX: a quote is open. */
static size_t take_word(struct hba_line *line, char *to)
{
    const char *at = line->at;
    size_t len = 0;
    bool within = false;

    for (; at < line->end; at++) {
        char c = *at;

        if (c == '"') {
            bool doubled = within && at + 1 < line->end && at[1] == '"';

            if (!doubled) {
                within = !within;
                continue;
            }
            at++;
        } else if (!within && (is_blank(c) || c == ',' || c == '#')) {
            break;
        }
        if (to != NULL) {
            to[len] = c;
        }
        len++;
    }
    if (within) {
        return SIZE_MAX;
    }
    if (to != NULL) {
        to[len] = '\0';
        line->at = at;
    }
    return len;
}

void hba_line_next(struct hba_line *line)
{
    struct hba_token *token = &line->token;
    size_t len;
    char *text;

    if (token->kind == HBA_TOKEN_BROKEN || token->kind == HBA_TOKEN_NO_MEMORY) {
        return;
    }
    while (line->at < line->end && is_blank(*line->at)) {
        line->at++;
    }
    *token = (struct hba_token){.kind = HBA_TOKEN_END, .text = ""};
    if (line->at == line->end || *line->at == '#') {
        line->at = line->end;
        return;
    }
    if (*line->at == ',') {
        line->at++;
        token->kind = HBA_TOKEN_COMMA;
        return;
    }
    token->is_quoted = *line->at == '"';
    len = take_word(line, NULL);
    if (len == SIZE_MAX) {
        token->kind = HBA_TOKEN_BROKEN;
        return;
    }
    text = sl_arena_take(line->arena, len + 1);
    if (text == NULL) {
        token->kind = HBA_TOKEN_NO_MEMORY;
        return;
    }
    (void)take_word(line, text);
    token->kind = HBA_TOKEN_WORD;
    token->text = text;
}

bool hba_line_is(const struct hba_line *line, const char *keyword)
{
    return line->token.kind == HBA_TOKEN_WORD && !line->token.is_quoted &&
           strcmp(line->token.text, keyword) == 0;
}
