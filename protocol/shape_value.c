/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_value.c - the values in a statement: which are "?", which are kept.
 */
#include "protocol/shape_scan.h"

enum {
    BOUND_MAX = 10,   /* digits of an array's */
    POSITION_MAX = 4, /* digits of a column's place in ORDER BY */
    ESCAPE_MAX = 16   /* of what follows UESCAPE, quotes and all */
};

/* ---- literals ---- */

/*
 * A minus makes a number a negative one, and of anything else an expression: that shows in the
 * fingerprint.
 */
static void put_literal(struct shape_scan *scan, const uint8_t *from, const uint8_t *to,
        enum shape_literal_kind kind)
{
    shape_scan_token(scan, TOKEN_VALUE);
    if (SL_UNLIKELY(scan->negates) && kind != SHAPE_NUMBER) {
        shape_out_few(&scan->out, "'?'");
    } else {
        *scan->out.to++ = '?';
    }
    scan->negates = false;
    shape_literals_add(&scan->literals, &scan->source, sl_span(from, (size_t)(to - from)), kind);
    scan->at = to;
}

static void put_kept(struct shape_scan *scan, const uint8_t *from, const uint8_t *to)
{
    shape_scan_token(scan, TOKEN_VALUE);
    scan->negates = false;
    shape_out_raw(&scan->out, sl_span(from, (size_t)(to - from)));
    scan->at = to;
}

static void put_string(struct shape_scan *scan, const uint8_t *from, const uint8_t *to,
        enum shape_literal_kind kind)
{
    if (SL_LIKELY(scan->word != WORD_UESCAPE)) {
        put_literal(scan, from, to, kind);
    } else if (to - from <= ESCAPE_MAX) {
        put_kept(scan, from, to);
    } else {
        shape_scan_give_up(scan);
    }
}

void shape_on_string(struct shape_scan *scan, const uint8_t *from, enum shape_literal_kind kind)
{
    enum shape_literal_kind ignored;
    const uint8_t *to = shape_skip_literal(&scan->source, from, &ignored);

    put_string(scan, from, shape_scan_skipped(scan, to), kind);
}

void shape_on_quote(struct shape_scan *scan)
{
    const uint8_t *from = scan->at;
    const uint8_t *to =
            shape_skip_string(&scan->source, from + 1, scan->source.options.backslashes);

    put_string(scan, from, shape_scan_skipped(scan, to), SHAPE_STRING);
}

/* Digits and nothing else. */
static bool is_whole(const uint8_t *at, const uint8_t *to)
{
    while (at < to && shape_chars[*at] == CHAR_DIGIT) {
        at++;
    }
    return at == to;
}

/* ORDER BY 2 and GROUP BY 1, 2: a column's place, not a value. */
static bool is_place(const struct shape_scan *scan, const uint8_t *to)
{
    if (!shape_depth_is_known(&scan->depth) || (scan->by & shape_depth_bit(&scan->depth)) == 0 ||
            to - scan->at > POSITION_MAX ||
            (scan->token != TOKEN_COMMA && scan->token != TOKEN_OPEN && scan->word != WORD_BY) ||
            !is_whole(scan->at, to)) {
        return false;
    }
    const uint8_t *next = shape_skip_blank(&scan->source, to);
    return next != NULL && (next == scan->source.end || *next == ',' || *next == ')' ||
                                   *next == ';' || shape_chars[*next] >= CHAR_PREFIX);
}

/* int[3] is not int[4], and a[3] looks the same. */
static bool is_bound(const struct shape_scan *scan, const uint8_t *to)
{
    if (scan->token != TOKEN_BRACKET || to - scan->at > BOUND_MAX || !is_whole(scan->at, to)) {
        return false;
    }
    const uint8_t *next = shape_skip_blank(&scan->source, to);
    return next != NULL && next < scan->source.end && *next == ']';
}

void shape_on_number(struct shape_scan *scan)
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
    } else if (SL_UNLIKELY(scan->is_index) && is_bound(scan, to)) {
        put_kept(scan, from, to);
    } else if (SL_UNLIKELY(scan->by != 0) && is_place(scan, to)) {
        put_kept(scan, from, to);
    } else {
        scan->shape.has_choice |= scan->is_index || scan->by != 0;
        put_literal(scan, from, to, SHAPE_NUMBER);
    }
}

/* Behind what stands here, if it is a number that a minus before it would be part of. */
static const uint8_t *signed_end(const struct shape_source *source, const uint8_t *at)
{
    enum shape_literal_kind kind;
    const uint8_t *from = shape_skip_blank(source, at);

    if (from == NULL || from == source->end || (*from != '.' && shape_chars[*from] != CHAR_DIGIT)) {
        return NULL;
    }
    const uint8_t *to = shape_skip_literal(source, from, &kind);
    const uint8_t *next = to == NULL || to == from ? NULL : shape_skip_blank(source, to);
    bool is_cast = next != NULL && source->end - next > 1 && next[0] == ':' && next[1] == ':';
    return next == NULL || is_cast ? NULL : to;
}

bool shape_on_signed(struct shape_scan *scan)
{
    bool is_value = (scan->token == TOKEN_OPERATOR && !scan->is_star) ||
                    scan->token == TOKEN_OPEN || scan->token == TOKEN_COMMA;

    if (!is_value || scan->type_depth != 0 || scan->by != 0) {
        return false;
    }
    const uint8_t *to = signed_end(&scan->source, scan->at + 1);
    if (to == NULL) {
        return false;
    }
    put_literal(scan, scan->at, to, SHAPE_NUMBER);
    return true;
}

static void on_parameter(struct shape_scan *scan)
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
    shape_scan_token(scan, TOKEN_VALUE);
    scan->negates = false;
    shape_out_raw(&scan->out, sl_span(from, (size_t)(scan->at - from)));
}

void shape_on_dollar(struct shape_scan *scan)
{
    const uint8_t *end = scan->source.end;

    if (end - scan->at > 1 && shape_chars[scan->at[1]] == CHAR_DIGIT) {
        on_parameter(scan);
    } else if (shape_skip_dollar(&scan->source, scan->at) == scan->at) {
        shape_scan_sign(scan, TOKEN_OPERATOR, 1);
    } else {
        shape_on_string(scan, scan->at, SHAPE_STRING);
    }
}

/* ---- what is hidden, string or not ---- */

static const uint8_t *skip_hidden(struct shape_scan *scan)
{
    const struct shape_source *source = &scan->source;
    const uint8_t *at = scan->at;
    enum shape_literal_kind kind;

    if (*at == '"') {
        return shape_scan_skipped(scan, shape_skip_name(source, at + 1));
    }
    const uint8_t *to = shape_scan_skipped(scan, shape_skip_literal(source, at, &kind));
    if (to != at) {
        return to;
    }
    do {
        at++;
    } while (at < source->end && shape_chars[*at] >= CHAR_DOLLAR);
    return at;
}

bool shape_hide(struct shape_scan *scan)
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
