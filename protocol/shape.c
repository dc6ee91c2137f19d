/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape.c - how the text is written anew.
 *
 * Which text gives which tokens is PostgreSQL's business; which tokens give which text is decided
 * here, and one thing must hold: different tokens give different texts, but for what README.md
 * says is the same. A space between tokens may only be left out where they could not be read as
 * one: next to , ; ( ) [ ] . and ::.
 */
#include "protocol/shape.h"

#include "protocol/base/check.h"
#include "protocol/shape_depth.h"
#include "protocol/shape_lex.h"
#include "protocol/shape_list.h"
#include "protocol/shape_out.h"
#include "protocol/shape_setting.h"
#include "protocol/shape_words.h"

#include <string.h>

enum {
    POSITION_MAX = 4, /* digits of a column's place in ORDER BY */
    ESCAPE_MAX = 16   /* of what follows UESCAPE, quotes and all */
};

_Static_assert((int)SHAPE_ROOM_MIN > (int)SHAPE_SLACK, "a token fits");

enum token {
    TOKEN_START,
    TOKEN_WORD,
    TOKEN_SPACED, /* a word with WORD_SPACED */
    TOKEN_VALUE,  /* a literal or $n */
    TOKEN_OPERATOR,
    TOKEN_OPEN,
    TOKEN_BRACKET, /* [ */
    TOKEN_CLOSE,
    TOKEN_COMMA, /* ; within parentheses too */
    TOKEN_DOT,
    TOKEN_CAST, /* :: */
    TOKENS
};

/* Whether a space stands between two tokens: [the one before][this one]. */
static const uint8_t spaces[TOKENS][TOKENS] = {
        /*                 START WORD SPACED VALUE OP OPEN [ CLOSE , . :: */
        [TOKEN_START] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_WORD] = {0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
        [TOKEN_SPACED] = {0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_VALUE] = {0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_OPERATOR] = {0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_OPEN] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_BRACKET] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_CLOSE] = {0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_COMMA] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        [TOKEN_DOT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_CAST] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
};

struct scan {
    const uint8_t *at;
    enum token token;
    enum shape_word word; /* the token before, when it is a word of ours; else WORD_NONE */
    bool begins;          /* the next token is a statement's first */
    bool negates;         /* behind a minus, and parentheses */
    struct shape_setting setting;
    uint32_t type_depth; /* within parentheses of that depth numbers stay */
    uint32_t atomic;     /* BEGIN ATOMIC and CASEs within that are open */
    uint64_t by;         /* a bit a level: behind BY */
    uint64_t position;   /* the level is that of POSITION(...) */
    struct shape_source source;
    struct shape_literals literals;
    struct shape shape;
    struct shape_depth depth; /* from here on: not cleared as a whole */
    struct shape_out out;
};

/* ---- writing ---- */

static void begin_statement(struct scan *scan)
{
    if (scan->shape.statements++ > 0) {
        *scan->out.to++ = ';';
        *scan->out.to++ = ' ';
    }
    scan->begins = false;
    scan->token = TOKEN_START;
    scan->setting = (struct shape_setting){0};
    scan->atomic = 0;
    scan->by = 0;
    shape_depth_begin(&scan->depth);
}

/* What all tokens have in common; before the token is written. */
static inline void begin_token(struct scan *scan, enum token token)
{
    shape_out_room(&scan->out);
    if (SL_UNLIKELY(scan->begins)) {
        begin_statement(scan);
    }
    scan->out.token_at = scan->out.to;
    *scan->out.to = ' ';
    scan->out.to += spaces[scan->token][token];
    scan->token = token;
    scan->word = WORD_NONE;
    scan->shape.tokens++;
    scan->depth.run++;
}

/* Nobody can say what the text would have been. */
static void give_up(struct scan *scan)
{
    scan->shape.flags |= SHAPE_BROKEN;
    scan->at = scan->source.end;
}

/* Behind what a function of shape_lex.h skipped; NULL is the end, and only a long text's is one. */
static const uint8_t *skipped(struct scan *scan, const uint8_t *to)
{
    if (SL_LIKELY(to != NULL)) {
        return to;
    }
    if (!scan->source.is_long) {
        give_up(scan);
    }
    return scan->source.end;
}

/* ---- literals ---- */

/*
 * A minus makes a number a negative one, and of anything else an expression: that shows in the
 * fingerprint.
 */
static void put_literal(
        struct scan *scan, const uint8_t *from, const uint8_t *to, enum shape_literal_kind kind)
{
    begin_token(scan, TOKEN_VALUE);
    if (SL_UNLIKELY(scan->negates) && kind != SHAPE_NUMBER) {
        shape_out_few(&scan->out, "'?'");
    } else {
        *scan->out.to++ = '?';
    }
    scan->negates = false;
    shape_literals_add(&scan->literals, &scan->source, sl_span(from, (size_t)(to - from)), kind);
    scan->at = to;
}

static void put_kept(struct scan *scan, const uint8_t *from, const uint8_t *to)
{
    begin_token(scan, TOKEN_VALUE);
    scan->negates = false;
    shape_out_raw(&scan->out, sl_span(from, (size_t)(to - from)));
    scan->at = to;
}

static void on_string(struct scan *scan, const uint8_t *from, enum shape_literal_kind kind)
{
    enum shape_literal_kind ignored;
    const uint8_t *to = skipped(scan, shape_skip_literal(&scan->source, from, &ignored));

    if (SL_UNLIKELY(scan->word == WORD_UESCAPE)) {
        if (to - from > ESCAPE_MAX) {
            give_up(scan);
            return;
        }
        put_kept(scan, from, to);
    } else {
        put_literal(scan, from, to, kind);
    }
}

static bool has_level(const struct scan *scan)
{
    return shape_depth_is_known(&scan->depth);
}

static uint64_t bit_of(const struct scan *scan)
{
    return shape_depth_bit(&scan->depth);
}

/* ORDER BY 2 and GROUP BY 1, 2: a column's place, not a value. */
static bool is_place(const struct scan *scan, const uint8_t *to)
{
    if (!has_level(scan) || (scan->by & bit_of(scan)) == 0 || to - scan->at > POSITION_MAX ||
            (scan->token != TOKEN_COMMA && scan->token != TOKEN_OPEN && scan->word != WORD_BY)) {
        return false;
    }
    for (const uint8_t *at = scan->at; at < to; at++) {
        if (shape_chars[*at] != CHAR_DIGIT) {
            return false;
        }
    }
    const uint8_t *next = shape_skip_blank(&scan->source, to);
    return next != NULL && (next == scan->source.end || *next == ',' || *next == ')' ||
                                   *next == ';' || shape_chars[*next] >= CHAR_PREFIX);
}

static void on_number(struct scan *scan)
{
    const uint8_t *from = scan->at;
    const uint8_t *to = from;
    const uint8_t *end = scan->source.end;

    while (to < end && shape_chars[*to] == CHAR_DIGIT) {
        to++;
    }
    if (to < end && (*to == '.' || shape_chars[*to] >= CHAR_PREFIX)) {
        to = shape_skip_number(&scan->source, from);
    }
    if (SL_UNLIKELY(scan->type_depth != 0) && scan->type_depth == scan->depth.now) {
        put_kept(scan, from, to);
    } else if (SL_UNLIKELY(scan->by != 0) && is_place(scan, to)) {
        put_kept(scan, from, to);
    } else {
        put_literal(scan, from, to, SHAPE_NUMBER);
    }
}

static void on_parameter(struct scan *scan)
{
    const uint8_t *from = scan->at++;
    uint32_t number = 0;

    while (scan->at < scan->source.end && shape_chars[*scan->at] == CHAR_DIGIT) {
        number = number > UINT16_MAX ? number : number * 10 + (uint32_t)(*scan->at - '0');
        scan->at++;
    }
    if (number > scan->shape.parameters) {
        scan->shape.parameters = number;
    }
    begin_token(scan, TOKEN_VALUE);
    scan->negates = false;
    shape_out_raw(&scan->out, sl_span(from, (size_t)(scan->at - from)));
}

/* A character that belongs to no token of PostgreSQL's, or one of one byte. */
static void put_sign(struct scan *scan, enum token token, size_t len)
{
    begin_token(scan, token);
    scan->negates = false;
    memcpy(scan->out.to, scan->at, len);
    scan->out.to += len;
    scan->at += len;
}

static void on_dollar(struct scan *scan)
{
    const uint8_t *end = scan->source.end;

    if (end - scan->at > 1 && shape_chars[scan->at[1]] == CHAR_DIGIT) {
        on_parameter(scan);
    } else if (shape_skip_dollar(&scan->source, scan->at) == scan->at) {
        put_sign(scan, TOKEN_OPERATOR, 1);
    } else {
        on_string(scan, scan->at, SHAPE_STRING);
    }
}

/* ---- what is hidden, string or not ---- */

static const uint8_t *skip_hidden(struct scan *scan)
{
    const struct shape_source *source = &scan->source;
    const uint8_t *at = scan->at;
    enum shape_literal_kind kind;

    if (*at == '"') {
        return skipped(scan, shape_skip_name(source, at + 1));
    }
    const uint8_t *to = skipped(scan, shape_skip_literal(source, at, &kind));
    if (to != at) {
        return to;
    }
    do {
        at++;
    } while (at < source->end && shape_chars[*at] >= CHAR_DOLLAR);
    return at;
}

/* A value's token is passed over: one "?" stands for all of them. False: it is none. */
static bool hide(struct scan *scan)
{
    enum shape_char class = (enum shape_char)shape_chars[*scan->at];
    bool is_secret = scan->setting.state == SETTING_SECRET;
    bool has_value = scan->token == TOKEN_VALUE;

    if (shape_skip_blank(&scan->source, scan->at) != scan->at) {
        return false;
    }
    switch (shape_setting_next(&scan->setting, class, has_value)) {
    case SETTING_SHOW:
        return false;
    case SETTING_SKIP:
        scan->at++;
        return true;
    case SETTING_HIDE:
        break;
    }
    const uint8_t *from = scan->at;
    const uint8_t *to = skip_hidden(scan);
    if (has_value && !is_secret) {
        scan->at = to;
    } else {
        put_literal(scan, from, to, SHAPE_VALUE);
    }
    return true;
}

/* ---- words ---- */

/* The function's body: its semicolons end no statement. */
static void on_block_word(struct scan *scan, enum shape_word word, enum shape_word before)
{
    if (word == WORD_ATOMIC && before == WORD_BEGIN && scan->atomic == 0) {
        scan->atomic = 1;
    } else if (scan->atomic > 0 && word == WORD_CASE) {
        scan->atomic++;
    } else if (scan->atomic > 0 && word == WORD_END) {
        scan->atomic--;
    }
}

static void on_word_of_ours(struct scan *scan, enum shape_word word, enum shape_word before)
{
    switch ((int)word) {
    case WORD_BY:
        scan->by |= has_level(scan) ? bit_of(scan) : 0;
        break;
    case WORD_UESCAPE:
        word = before == WORD_UNICODE_NAME ? WORD_UESCAPE : WORD_NONE;
        break;
    case WORD_ON:
        word = before == WORD_DISTINCT ? WORD_DISTINCT_ON : WORD_ON;
        break;
    case WORD_SETOP:
        shape_depth_join(&scan->depth);
        break;
    case WORD_BEGIN:
    case WORD_ATOMIC:
    case WORD_CASE:
    case WORD_END:
        on_block_word(scan, word, before);
        break;
    default:
        break;
    }
    scan->word = word;
}

/* The word that was just written from at on. */
static inline const struct shape_word_entry *known(const uint8_t *at, size_t len)
{
    uint64_t first;

    memcpy(&first, at, sizeof first);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    first = __builtin_bswap64(first);
#endif
    if (len < 8) {
        first &= (UINT64_C(1) << (8 * len)) - 1;
    }
    const struct shape_word_entry *entry = &shape_words[shape_word_slot(first, (unsigned)len)];
    return entry->len == len && memcmp(entry->text, at, len) == 0 ? entry : NULL;
}

static inline uint8_t folded(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
}

/* A name of any length, in any encoding; a character is folded only when it is one byte. */
static void put_long_name(struct scan *scan, const uint8_t *from)
{
    const uint8_t *at = from;
    const uint8_t *end = scan->source.end;

    while (at < end && shape_chars[*at] >= CHAR_DOLLAR) {
        const uint8_t *next = *at < 0x80 ? at + 1 : shape_skip_character(&scan->source, at);
        shape_out_room(&scan->out);
        if (next == at + 1) {
            *scan->out.to++ = folded(*at);
        } else {
            shape_out_raw(&scan->out, sl_span(at, (size_t)(next - at)));
        }
        at = next;
    }
    scan->at = at;
}

static void on_word(struct scan *scan)
{
    const uint8_t *from = scan->at;
    size_t left = (size_t)(scan->source.end - from);
    size_t most = left < SHAPE_PIECE ? left : SHAPE_PIECE;
    enum shape_word before = scan->word;
    bool is_member = scan->token == TOKEN_DOT;
    size_t len = 0;
    uint8_t high = 0;

    begin_token(scan, TOKEN_WORD);
    scan->negates = false;
    uint8_t *to = scan->out.to;
    while (len < most && shape_chars[from[len]] >= CHAR_DOLLAR) {
        high |= from[len];
        to[len] = folded(from[len]);
        len++;
    }
    if (SL_UNLIKELY(len == SHAPE_PIECE ||
                    (high >= 0x80 && scan->source.options.encoding != SHAPE_ENCODING_SAFE))) {
        put_long_name(scan, from);
        len = WORD_LEN_MAX + 1;
    } else {
        scan->out.to += len;
        scan->at += len;
    }
    if (is_member) {
        return;
    }
    const struct shape_word_entry *entry = len <= WORD_LEN_MAX ? known(to, len) : NULL;
    enum shape_word word = entry == NULL ? WORD_NONE : (enum shape_word)entry->word;
    if (SL_UNLIKELY(scan->setting.words < 3 || scan->setting.is_utility)) {
        shape_setting_word(&scan->setting, word);
    }
    if (entry != NULL) {
        scan->token = (entry->flags & WORD_SPACED) != 0 ? TOKEN_SPACED : TOKEN_WORD;
        if ((entry->flags & WORD_ENDS) != 0) {
            scan->by &= ~bit_of(scan);
        }
        on_word_of_ours(scan, word, before);
    }
}

/* E'', B'', N'', X'', U&'', U&"" - or a word after all. */
static void on_prefix(struct scan *scan)
{
    const uint8_t *at = scan->at;
    ptrdiff_t left = scan->source.end - at;
    uint8_t first = *at | 0x20;

    if (left >= 2 && at[1] == '\'' && first != 'u') {
        if (first == 'n') {
            begin_token(scan, TOKEN_WORD);
            shape_out_few(&scan->out, "nchar");
            scan->negates = false;
        }
        on_string(scan, at, first == 'b' || first == 'x' ? SHAPE_BITS : SHAPE_STRING);
    } else if (left >= 3 && first == 'u' && at[1] == '&' && at[2] == '\'') {
        on_string(scan, at, SHAPE_STRING);
    } else if (left >= 3 && first == 'u' && at[1] == '&' && at[2] == '"') {
        const uint8_t *to = skipped(scan, shape_skip_name(&scan->source, at + 3));
        begin_token(scan, TOKEN_WORD);
        scan->negates = false;
        shape_out_few(&scan->out, "u");
        shape_out_raw(&scan->out, sl_span(at + 1, (size_t)(to - at - 1)));
        scan->at = to;
        scan->word = WORD_UNICODE_NAME;
        shape_setting_name(&scan->setting);
    } else {
        on_word(scan);
    }
}

static void on_name(struct scan *scan)
{
    const uint8_t *from = scan->at;
    const uint8_t *to = skipped(scan, shape_skip_name(&scan->source, from + 1));

    begin_token(scan, TOKEN_WORD);
    scan->negates = false;
    shape_setting_name(&scan->setting);
    shape_out_raw(&scan->out, sl_span(from, (size_t)(to - from)));
    scan->at = to;
}

/* ---- lists ---- */

static void put_list(struct scan *scan, const uint8_t *to)
{
    begin_token(scan, TOKEN_OPEN);
    shape_out_few(&scan->out, "(?, ...)");
    scan->token = TOKEN_CLOSE;
    scan->negates = false;
    scan->at = to;
}

static void put_rows(struct scan *scan, const uint8_t *to, const struct shape_row *row)
{
    begin_token(scan, TOKEN_OPEN);
    shape_out_few(&scan->out, "(");
    for (uint32_t i = 0; i < row->columns; i++) {
        shape_out_room(&scan->out);
        shape_out_few(&scan->out, i == 0 ? "" : ", ");
        shape_out_few(&scan->out, i < 64 && (row->defaults >> i & 1) != 0 ? "default" : "?");
    }
    shape_out_few(&scan->out, "), ...");
    scan->token = TOKEN_CLOSE;
    scan->negates = false;
    scan->at = to;
}

/*
 * Only where the list can be nothing else: IN may stand between the arguments of POSITION, and
 * what is behind it is then a row.
 */
static bool collapse(struct scan *scan)
{
    const uint8_t *behind = scan->at + 1;
    struct shape_row row;

    if (*scan->at != '(' || !has_level(scan)) {
        return false;
    }
    if (scan->word == WORD_IN && (scan->position & bit_of(scan)) == 0) {
        const uint8_t *to = shape_skip_list(&scan->source, behind, &scan->literals);
        if (to != NULL) {
            put_list(scan, to);
            return true;
        }
    } else if (scan->word == WORD_VALUES) {
        const uint8_t *to = shape_skip_rows(&scan->source, behind, &scan->literals, &row);
        if (to != NULL) {
            put_rows(scan, to, &row);
            return true;
        }
    }
    return false;
}

static bool is_place_list(const struct scan *scan)
{
    return scan->word == WORD_DISTINCT_ON ||
           (has_level(scan) && (scan->by & bit_of(scan)) != 0 &&
                   (scan->token == TOKEN_COMMA || scan->token == TOKEN_OPEN ||
                           scan->word == WORD_BY || scan->word == WORD_GROUPING));
}

static void on_open(struct scan *scan)
{
    enum shape_word word = scan->word;
    bool is_place_next = (scan->by != 0 || word == WORD_DISTINCT_ON) && is_place_list(scan);

    if ((word == WORD_IN || word == WORD_VALUES) && collapse(scan)) {
        return;
    }
    begin_token(scan, *scan->at == '[' ? TOKEN_BRACKET : TOKEN_OPEN);
    *scan->out.to++ = *scan->at++;
    shape_depth_open(&scan->depth);
    if (SL_UNLIKELY(word == WORD_TYPE)) {
        scan->type_depth = scan->depth.now;
    }
    if (has_level(scan)) {
        uint64_t bit = bit_of(scan);
        scan->by = is_place_next ? scan->by | bit : scan->by & ~bit;
        scan->position = word == WORD_POSITION ? scan->position | bit : scan->position & ~bit;
    }
}

static void on_close(struct scan *scan)
{
    put_sign(scan, TOKEN_CLOSE, 1);
    if (scan->depth.now > 0 && scan->depth.now == scan->type_depth) {
        scan->type_depth = 0;
    }
    shape_depth_close(&scan->depth);
}

static void on_comma(struct scan *scan)
{
    put_sign(scan, TOKEN_COMMA, 1);
    shape_depth_comma(&scan->depth);
}

/* Between statements it is written when the next one begins, so that none is at the end. */
static void on_semicolon(struct scan *scan)
{
    if (scan->depth.now > 0 || scan->atomic > 0) {
        put_sign(scan, TOKEN_COMMA, 1);
        return;
    }
    scan->begins = true;
    scan->negates = false;
    scan->word = WORD_NONE;
    scan->setting.state = SETTING_NONE;
    scan->at++;
}

/* ---- operators ---- */

/*
 * Where an operator ends: PostgreSQL's rules for comments in it, and for a + or - at its end
 * (documentation, "Operators" in "Lexical Structure").
 */
static const uint8_t *operator_end(const struct scan *scan)
{
    const uint8_t *from = scan->at;
    const uint8_t *at = from;
    bool may_end_signed = false;

    while (at < scan->source.end && shape_chars[*at] == CHAR_OPERATOR) {
        uint8_t next = scan->source.end - at > 1 ? at[1] : 0;
        if ((*at == '-' && next == '-') || (*at == '/' && next == '*')) {
            break;
        }
        may_end_signed |= strchr("~!@#^&|`?%", *at) != NULL;
        at++;
    }
    while (!may_end_signed && at - from > 1 && (at[-1] == '+' || at[-1] == '-')) {
        at--;
    }
    return at;
}

static void put_operator(struct scan *scan, const uint8_t *to)
{
    bool is_minus = to - scan->at == 1 && *scan->at == '-';

    begin_token(scan, TOKEN_OPERATOR);
    for (const uint8_t *at = scan->at; at < to; at++) {
        shape_out_room(&scan->out);
        *scan->out.to++ = *at;
        if (*at == '?') {
            *scan->out.to++ = '?';
        }
    }
    if (to - scan->at == 1 && *scan->at == '=') {
        shape_setting_equals(&scan->setting);
    }
    scan->at = to;
    scan->negates = is_minus;
}

static void on_operator(struct scan *scan)
{
    const uint8_t *at = scan->at;
    const uint8_t *end = scan->source.end;

    if (end - at > 1 && ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*'))) {
        scan->at = skipped(scan, shape_skip_blank(&scan->source, at));
    } else if (end - at > 1 && shape_chars[at[1]] == CHAR_OPERATOR) {
        put_operator(scan, operator_end(scan));
    } else {
        put_operator(scan, at + 1);
    }
}

static void on_dot(struct scan *scan)
{
    uint8_t next = scan->source.end - scan->at > 1 ? scan->at[1] : 0;

    if (shape_chars[next] == CHAR_DIGIT) {
        on_number(scan);
    } else if (next == '.') {
        put_sign(scan, TOKEN_OPERATOR, 2);
    } else {
        put_sign(scan, TOKEN_DOT, 1);
    }
}

static void on_colon(struct scan *scan)
{
    uint8_t next = scan->source.end - scan->at > 1 ? scan->at[1] : 0;

    if (next == ':') {
        put_sign(scan, TOKEN_CAST, 2);
    } else {
        put_sign(scan, TOKEN_OPERATOR, next == '=' ? 2 : 1);
    }
}

/* ---- the whole ---- */

static void on_other_token(struct scan *scan, enum shape_char class)
{
    switch ((int)class) {
    case CHAR_NAME_QUOTE:
        on_name(scan);
        break;
    case CHAR_SEMICOLON:
        on_semicolon(scan);
        break;
    case CHAR_COLON:
        on_colon(scan);
        break;
    case CHAR_DOLLAR:
        on_dollar(scan);
        break;
    default:
        put_sign(scan, TOKEN_OPERATOR, 1);
        break;
    }
}

static void scan_all(struct scan *scan)
{
    while (scan->at < scan->source.end) {
        enum shape_char class = (enum shape_char)shape_chars[*scan->at];
        if (class == CHAR_SPACE) {
            scan->at++;
            continue;
        }
        if (SL_UNLIKELY(scan->setting.state >= SETTING_VALUE) && hide(scan)) {
            continue;
        }
        switch ((int)class) {
        case CHAR_LETTER:
            on_word(scan);
            break;
        case CHAR_PREFIX:
            on_prefix(scan);
            break;
        case CHAR_DIGIT:
            on_number(scan);
            break;
        case CHAR_COMMA:
            on_comma(scan);
            break;
        case CHAR_OPERATOR:
            on_operator(scan);
            break;
        case CHAR_DOT:
            on_dot(scan);
            break;
        case CHAR_QUOTE:
            on_string(scan, scan->at, SHAPE_STRING);
            break;
        case CHAR_OPEN:
            on_open(scan);
            break;
        case CHAR_CLOSE:
            on_close(scan);
            break;
        default:
            on_other_token(scan, class);
            break;
        }
    }
}

/* The text that stands for all that are broken off. */
static void be_broken(struct shape *shape, const struct shape_room *room)
{
    static const char text[] = "(a text that ends within a string, a name or a comment)";
    size_t len = sizeof text - 1;

    shape->key = sl_hash128(sl_span(text, len));
    if (room->text != NULL) {
        memcpy(room->text, text, len);
        shape->text_len = (uint32_t)len;
    }
}

static void end_scan(struct scan *scan, const struct shape_room *room)
{
    struct shape *shape = &scan->shape;

    shape_depth_begin(&scan->depth);
    shape->depth = scan->depth.now_max;
    shape->run = scan->depth.run_max;
    if ((shape->flags & SHAPE_BROKEN) != 0) {
        be_broken(&scan->shape, room);
        return;
    }
    shape->literals = scan->literals.count;
    if ((shape->flags & SHAPE_LONG) != 0) {
        shape_out_room(&scan->out);
        shape_out_few(&scan->out, " ...");
    }
    shape->key = shape_out_end(&scan->out, &shape->text_len);
    if (room->text != NULL && scan->out.is_streamed) {
        shape->flags |= SHAPE_CUT;
    }
}

void shape_of(struct sl_span text, struct shape_options options, struct shape_room room,
        struct shape *shape)
{
    struct scan scan; /* not all of it is cleared: the rooms in it are large */
    bool is_long = text.len > SHAPE_TEXT_MAX;
    size_t len = is_long ? SHAPE_TEXT_MAX : text.len;

    SL_CHECK(room.text == NULL || room.text_max >= SHAPE_ROOM_MIN);
    memset(&scan, 0, offsetof(struct scan, depth));
    shape_depth_init(&scan.depth);
    shape_out_init(&scan.out, room.text, room.text_max);
    scan.shape.flags = is_long ? SHAPE_LONG : 0;
    scan.source = (struct shape_source){
            .begin = text.at, .end = text.at + len, .options = options, .is_long = is_long};
    scan.literals = (struct shape_literals){.at = room.literals, .max = room.literals_max};
    scan.at = text.at;
    scan.begins = true;
    if (len > 0) {
        scan_all(&scan);
    }
    end_scan(&scan, &room);
    *shape = scan.shape;
}
