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
#include "protocol/shape_fold.h"
#include "protocol/shape_scan.h"

#include <string.h>

_Static_assert((int)SHAPE_ROOM_MIN > (int)SHAPE_SLACK, "a token fits");

/* Rarely called from where every instruction counts. */
#define NOT_INLINED __attribute__((noinline))

const uint8_t shape_spaces[TOKENS][TOKENS] = {
        /*                 START WORD VALUE OP OPEN [ CLOSE , . :: */
        [TOKEN_START] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_WORD] = {0, 1, 1, 1, 0, 0, 0, 0, 0, 0},
        [TOKEN_VALUE] = {0, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_OPERATOR] = {0, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_OPEN] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_BRACKET] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_CLOSE] = {0, 1, 1, 1, 1, 0, 0, 0, 0, 0},
        [TOKEN_COMMA] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        [TOKEN_DOT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        [TOKEN_CAST] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
};

struct before {
    enum shape_token token;
    enum shape_word word;
    uint8_t flags;
};

/* ---- writing ---- */

void shape_scan_statement(struct shape_scan *scan)
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

/* Nobody can say what the text would have been. */
void shape_scan_give_up(struct shape_scan *scan)
{
    scan->shape.flags |= SHAPE_BROKEN;
    scan->at = scan->source.end;
}

/* A character that belongs to no token of PostgreSQL's, or one of one byte. */
void shape_scan_sign(struct shape_scan *scan, enum shape_token token, size_t len)
{
    shape_scan_token(scan, token);
    scan->negates = false;
    memcpy(scan->out.to, scan->at, len);
    scan->out.to += len;
    scan->at += len;
}

/* ---- words ---- */

/* The function's body: its semicolons end no statement. */
static void on_block_word(struct shape_scan *scan, enum shape_word word, enum shape_word before)
{
    if (word == WORD_ATOMIC && before == WORD_BEGIN && scan->atomic == 0) {
        scan->atomic = 1;
    } else if (scan->atomic > 0 && word == WORD_CASE) {
        scan->atomic++;
    } else if (scan->atomic > 0 && word == WORD_END) {
        scan->atomic--;
    }
}

static NOT_INLINED void on_word_of_ours(
        struct shape_scan *scan, enum shape_word word, struct before before)
{
    switch ((int)word) {
    case WORD_BY:
        scan->by |= shape_depth_is_known(&scan->depth) ? shape_depth_bit(&scan->depth) : 0;
        break;
    case WORD_ARRAY:
        word = shape_begins_value(before.token, (before.flags & WORD_RESERVED) != 0) ? WORD_ARRAY
                                                                                     : WORD_NONE;
        break;
    case WORD_UESCAPE:
        word = before.word == WORD_UNICODE_NAME ? WORD_UESCAPE : WORD_NONE;
        break;
    case WORD_ON:
        word = before.word == WORD_DISTINCT ? WORD_DISTINCT_ON : WORD_ON;
        break;
    case WORD_SETOP:
        shape_depth_join(&scan->depth);
        break;
    case WORD_BEGIN:
    case WORD_ATOMIC:
    case WORD_CASE:
    case WORD_END:
        on_block_word(scan, word, before.word);
        break;
    default:
        break;
    }
    scan->word = word;
}

/* The first eight bytes, the first one lowest. */
static inline uint64_t eight(const void *at)
{
    uint64_t bytes;

    memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/*
 * The word that was just written from at on; an empty entry when it is none of ours. Which of
 * the two can hardly be predicted: no branches but for long words.
 */
static inline const struct shape_word_entry *known(const uint8_t *at, size_t len)
{
    static const struct shape_word_entry none;
    uint64_t beyond = len < 8 ? ~UINT64_C(0) << (8 * len) : 0;
    uint64_t first = eight(at) & ~beyond;
    const struct shape_word_entry *entry = &shape_words[shape_word_slot(first, (unsigned)len)];

    entry = (entry->len ^ len) | (eight(entry->text) ^ first) ? &none : entry;
    if (SL_UNLIKELY(entry->len > 8) && memcmp(entry->text, at, len) != 0) {
        entry = &none;
    }
    return entry;
}

/* A name of any length, in any encoding; a character is folded only when it is one byte. */
static NOT_INLINED void put_long_name(struct shape_scan *scan, const uint8_t *from)
{
    const uint8_t *at = from;
    const uint8_t *end = scan->source.end;

    while (at < end && shape_chars[*at] >= CHAR_DOLLAR) {
        const uint8_t *next = *at < 0x80 ? at + 1 : shape_skip_character(&scan->source, at);
        shape_out_room(&scan->out);
        if (next == at + 1) {
            *scan->out.to++ = shape_fold_byte(*at);
        } else {
            shape_out_raw(&scan->out, sl_span(at, (size_t)(next - at)));
        }
        at = next;
    }
    scan->at = at;
}

/* The last bytes of the text, one by one: what is behind them must not be read. */
static NOT_INLINED struct shape_folded fold_tail(uint8_t *to, const uint8_t *from, size_t left)
{
    struct shape_folded folded = {0};

    while (folded.len < left && shape_chars[from[folded.len]] >= CHAR_DOLLAR) {
        folded.high |= from[folded.len] & 0x80;
        to[folded.len] = shape_fold_byte(from[folded.len]);
        folded.len++;
    }
    return folded;
}

/* Writes a name of up to SHAPE_PIECE bytes; gives its length, or WORD_LEN_MAX + 1. */
static inline size_t put_name(struct shape_scan *scan, const uint8_t *from)
{
    size_t left = (size_t)(scan->source.end - from);
    uint8_t *to = scan->out.to;
    struct shape_folded folded =
            SL_LIKELY(left >= SHAPE_FOLD) ? shape_fold(to, from) : fold_tail(to, from, left);
    size_t len = folded.len;
    unsigned high = folded.high;

    while (SL_UNLIKELY(folded.len == SHAPE_FOLD) && len < SHAPE_PIECE) {
        folded = left - len >= SHAPE_FOLD ? shape_fold(to + len, from + len)
                                          : fold_tail(to + len, from + len, left - len);
        len += folded.len;
        high |= folded.high;
    }
    if (SL_UNLIKELY(len == SHAPE_PIECE ||
                    (high != 0 && scan->source.options.encoding != SHAPE_ENCODING_SAFE))) {
        put_long_name(scan, from);
        return WORD_LEN_MAX + 1;
    }
    scan->out.to = to + len;
    scan->at = from + len;
    return len;
}

/*
 * A dot and a short member behind the name that was just written, while they come: what on_dot()
 * and on_word() would do, at less than half the price. Leaves to them what is not plain.
 */
static inline void put_members(struct shape_scan *scan)
{
    const uint8_t *at = scan->at;
    bool is_safe = scan->source.options.encoding == SHAPE_ENCODING_SAFE;

    while (scan->source.end - at > SHAPE_FOLD + 1 && at[0] == '.' &&
            shape_chars[at[1]] >= CHAR_PREFIX) {
        shape_out_room(&scan->out);
        uint8_t *to = scan->out.to;
        struct shape_folded folded = shape_fold(to + 1, at + 1);
        uint8_t behind = at[1 + folded.len];
        /* e'..' behind a dot is a string. */
        if (folded.len == SHAPE_FOLD || (folded.high != 0 && !is_safe) || behind == '\'' ||
                behind == '&') {
            break;
        }
        *to = '.';
        scan->out.token_at = to + 1;
        scan->out.to = to + 1 + folded.len;
        at += 1 + folded.len;
        scan->token = TOKEN_WORD;
        scan->word = WORD_NONE;
        scan->flags = 0;
        scan->shape.tokens += 2;
        scan->depth.run += 2;
    }
    scan->at = at;
}

static void on_word(struct shape_scan *scan, const uint8_t *from)
{
    struct before before = {.token = scan->token, .word = scan->word, .flags = scan->flags};
    bool is_member = scan->token == TOKEN_DOT;

    shape_scan_token(scan, TOKEN_WORD);
    scan->negates = false;
    const uint8_t *to = scan->out.to;
    size_t len = put_name(scan, from);
    if (is_member) {
        return;
    }
    const struct shape_word_entry *entry = known(to, len);
    if (SL_UNLIKELY(scan->setting.words < 3 || scan->setting.is_utility)) {
        shape_setting_word(&scan->setting, (enum shape_word)entry->word);
    }
    scan->flags = entry->flags;
    if (entry->word > WORD_PLAIN) {
        on_word_of_ours(scan, (enum shape_word)entry->word, before);
    }
    if (SL_UNLIKELY((entry->flags & WORD_ENDS) != 0)) {
        scan->by &= ~shape_depth_bit(&scan->depth);
    }
    put_members(scan);
}

/* E'', B'', N'', X'', U&'', U&"" - or a word after all. */
static void on_prefix(struct shape_scan *scan)
{
    const uint8_t *at = scan->at;
    ptrdiff_t left = scan->source.end - at;
    uint8_t first = *at | 0x20;

    if (left >= 2 && at[1] == '\'' && first != 'u') {
        if (first == 'n') {
            shape_scan_token(scan, TOKEN_WORD);
            shape_out_few(&scan->out, "nchar");
            scan->negates = false;
        }
        shape_on_string(scan, at, first == 'b' || first == 'x' ? SHAPE_BITS : SHAPE_STRING);
    } else if (left >= 3 && first == 'u' && at[1] == '&' && at[2] == '\'') {
        shape_on_string(scan, at, SHAPE_STRING);
    } else if (left >= 3 && first == 'u' && at[1] == '&' && at[2] == '"') {
        const uint8_t *to = shape_scan_skipped(scan, shape_skip_name(&scan->source, at + 3));
        shape_scan_token(scan, TOKEN_WORD);
        scan->negates = false;
        shape_out_few(&scan->out, "u");
        shape_out_raw(&scan->out, sl_span(at + 1, (size_t)(to - at - 1)));
        scan->at = to;
        scan->word = WORD_UNICODE_NAME;
        shape_setting_name(&scan->setting);
    } else {
        on_word(scan, at);
    }
}

static void on_name(struct shape_scan *scan)
{
    const uint8_t *from = scan->at;
    const uint8_t *to = shape_scan_skipped(scan, shape_skip_name(&scan->source, from + 1));

    shape_scan_token(scan, TOKEN_WORD);
    scan->negates = false;
    shape_setting_name(&scan->setting);
    shape_out_raw(&scan->out, sl_span(from, (size_t)(to - from)));
    scan->at = to;
}

/* ---- operators ---- */

/*
 * Where an operator ends: PostgreSQL's rules for comments in it, and for a + or - at its end
 * (documentation, "Operators" in "Lexical Structure"). What it takes off at the end is not looked
 * at again: else a long run of + would be read as often as it is long.
 */
static const uint8_t *operator_end(struct shape_scan *scan)
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
    const uint8_t *end = at;
    while (!may_end_signed && at - from > 1 && (at[-1] == '+' || at[-1] == '-')) {
        at--;
    }
    scan->signs = at < end ? end : scan->signs;
    return at;
}

static void put_operator(struct shape_scan *scan, const uint8_t *to)
{
    bool is_minus = to - scan->at == 1 && *scan->at == '-';

    if (is_minus && shape_on_signed(scan)) {
        return;
    }
    scan->is_star = scan->token == TOKEN_DOT;
    shape_scan_token(scan, TOKEN_OPERATOR);
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

static void on_operator(struct shape_scan *scan)
{
    const uint8_t *at = scan->at;
    const uint8_t *end = scan->source.end;

    if (end - at > 1 && ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*'))) {
        scan->at = shape_scan_skipped(scan, shape_skip_blank(&scan->source, at));
    } else if (at >= scan->signs && end - at > 1 && shape_chars[at[1]] == CHAR_OPERATOR) {
        put_operator(scan, operator_end(scan));
    } else {
        put_operator(scan, at + 1);
    }
}

static void on_dot(struct shape_scan *scan)
{
    uint8_t next = scan->source.end - scan->at > 1 ? scan->at[1] : 0;

    if (shape_chars[next] == CHAR_DIGIT) {
        shape_on_number(scan);
    } else if (next == '.') {
        shape_scan_sign(scan, TOKEN_OPERATOR, 2);
    } else {
        shape_scan_byte(scan, TOKEN_DOT);
    }
}

static void on_colon(struct shape_scan *scan)
{
    uint8_t next = scan->source.end - scan->at > 1 ? scan->at[1] : 0;

    if (next == ':') {
        shape_scan_sign(scan, TOKEN_CAST, 2);
    } else {
        shape_scan_sign(scan, TOKEN_OPERATOR, next == '=' ? 2 : 1);
    }
}

/* ---- the whole ---- */

static void on_other_token(struct shape_scan *scan, enum shape_char class)
{
    switch ((int)class) {
    case CHAR_NAME_QUOTE:
        on_name(scan);
        break;
    case CHAR_SEMICOLON:
        shape_on_semicolon(scan);
        break;
    case CHAR_COLON:
        on_colon(scan);
        break;
    case CHAR_DOLLAR:
        shape_on_dollar(scan);
        break;
    default:
        shape_scan_byte(scan, TOKEN_OPERATOR);
        break;
    }
}

static void scan_all(struct shape_scan *scan)
{
    while (scan->at < scan->source.end) {
        const uint8_t *at = scan->at;
        at += *at == ' ' && scan->source.end - at > 1;
        scan->at = at;
        enum shape_char class = (enum shape_char)shape_chars[*at];
        if (class == CHAR_SPACE) {
            scan->at++;
            continue;
        }
        if (SL_UNLIKELY(scan->setting.state >= SETTING_VALUE) && shape_hide(scan)) {
            continue;
        }
        switch ((int)class) {
        case CHAR_LETTER:
            on_word(scan, at);
            break;
        case CHAR_PREFIX:
            on_prefix(scan);
            break;
        case CHAR_DIGIT:
            shape_on_number(scan);
            break;
        case CHAR_COMMA:
            shape_on_comma(scan);
            break;
        case CHAR_OPERATOR:
            on_operator(scan);
            break;
        case CHAR_DOT:
            on_dot(scan);
            break;
        case CHAR_QUOTE:
            shape_on_quote(scan);
            break;
        case CHAR_OPEN:
            shape_on_open(scan);
            break;
        case CHAR_CLOSE:
            shape_on_close(scan);
            break;
        default:
            on_other_token(scan, class);
            break;
        }
    }
}

/* Such a text stands for all of its kind. */
static void be_constant(struct shape *shape, const struct shape_room *room, const char *text)
{
    size_t len = strlen(text);

    shape->key = sl_hash128(sl_span(text, len));
    if (room->text != NULL) {
        memcpy(room->text, text, len);
        shape->text_len = (uint32_t)len;
    }
}

static void end_scan(struct shape_scan *scan, const struct shape_room *room)
{
    struct shape *shape = &scan->shape;

    shape_depth_begin(&scan->depth);
    shape->depth = scan->depth.now_max;
    shape->run = scan->depth.run_max;
    if ((shape->flags & SHAPE_BROKEN) != 0) {
        be_constant(shape, room, "(a text that ends within a string, a name or a comment)");
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
    struct shape_scan scan; /* not all of it is cleared: the rooms in it are large */
    bool is_long = text.len > SHAPE_TEXT_MAX;
    size_t len = is_long ? SHAPE_TEXT_MAX : text.len;

    SL_CHECK(room.text == NULL || room.text_max >= SHAPE_ROOM_MIN);
    if (SL_UNLIKELY(options.is_unknown)) {
        *shape = (struct shape){.flags = SHAPE_BROKEN};
        be_constant(shape, &room, "(a text whose quotes could not be told)");
        return;
    }
    memset(&scan, 0, offsetof(struct shape_scan, depth));
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
