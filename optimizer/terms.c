/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/terms.c - a reader of text that is already normalised.
 *
 * It need not understand SQL, only never take a literal for a word. Where a quoted string cannot
 * be read with certainty (no end, or a backslash, which may or may not hide a quote), the rest of
 * the text is left alone.
 */
#include "optimizer/terms.h"

static bool is_word_start(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(uint8_t c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

static bool is_operator(uint8_t c)
{
    return c != 0 && strchr("+-*/<>=~!@#%^&|`?", c) != NULL;
}

/* Behind the quote that ends what begins at 'at'; 0: not to be told. */
static size_t quoted_end(struct sl_span text, size_t at)
{
    uint8_t quote = text.at[at];

    for (size_t i = at + 1; i < text.len; i++) {
        if (text.at[i] == '\\' && quote == '\'') {
            return 0;
        }
        if (text.at[i] != quote) {
            continue;
        }
        if (i + 1 < text.len && text.at[i + 1] == quote) {
            i++;
            continue;
        }
        return i + 1;
    }
    return 0;
}

/* The same for a dollar: behind $1 and a lone $, behind the whole of $tag$...$tag$. */
static size_t dollar_end(struct sl_span text, size_t at)
{
    size_t end = at + 1;

    while (end < text.len && text.at[end] != '$' && is_word(text.at[end])) {
        end++;
    }
    if (end >= text.len || text.at[end] != '$' || (end > at + 1 && is_digit(text.at[at + 1]))) {
        return end;
    }
    size_t len = end + 1 - at;
    const uint8_t *close = memmem(text.at + at + len, text.len - at - len, text.at + at, len);
    return close == NULL ? 0 : (size_t)(close - text.at) + len;
}

static size_t run_end(struct sl_span text, size_t at, bool (*is_member)(uint8_t c))
{
    while (at < text.len && is_member(text.at[at])) {
        at++;
    }
    return at;
}

/* Reads what begins at terms->at; true when that is a term. */
static bool text_next(struct terms *terms, struct sl_span text, struct term *term)
{
    size_t at = terms->at;
    uint8_t c = text.at[at];
    size_t end = at + 1;
    bool is_term = false;

    if (c == '\'') {
        end = quoted_end(text, at);
    } else if (c == '$') {
        end = dollar_end(text, at);
    } else if (c == '"') {
        end = quoted_end(text, at);
        is_term = end > at + 2;
        *term = (struct term){
                .text = sl_span(text.at + at + 1, is_term ? end - at - 2 : 0), .kind = TERM_WORD};
    } else if (is_word_start(c)) {
        end = run_end(text, at, is_word);
        /* The prefix of a string: E'', U&'', B'', X'', N''. */
        is_term = end >= text.len || text.at[end] != '\'';
        *term = (struct term){.text = sl_span(text.at + at, end - at), .kind = TERM_WORD};
    } else if (is_digit(c)) {
        end = run_end(text, at, is_word);
    } else if (is_operator(c)) {
        end = run_end(text, at, is_operator);
        size_t last = end;
        while (last > at && text.at[last - 1] == '?') {
            last--;
        }
        /* "??" is one of the operator's own (protocol/shape.h); an odd one is a literal: "=?". */
        last = end - (end - last) % 2;
        is_term = last > at;
        *term = (struct term){.text = sl_span(text.at + at, last - at), .kind = TERM_OPERATOR};
    }
    terms->at = end == 0 ? text.len : end;
    return is_term;
}

bool terms_next(struct terms *terms, struct term *term)
{
    const struct terms_source *source = terms->source;
    struct sl_span text = source->text;
    uint32_t columns =
            source->columns_count < TERMS_COLUMNS_MAX ? source->columns_count : TERMS_COLUMNS_MAX;

    if (text.len > TERMS_TEXT_MAX) {
        text.len = TERMS_TEXT_MAX;
    }
    while (terms->at < text.len) {
        if (text_next(terms, text, term)) {
            terms->seen++;
            return true;
        }
    }
    if (terms->column < columns) {
        *term = (struct term){.text = source->columns[terms->column++], .kind = TERM_COLUMN};
        terms->seen++;
        return true;
    }
    if (terms->seen == 0) {
        *term = (struct term){.kind = TERM_NONE};
        terms->seen = 1;
        return true;
    }
    return false;
}
