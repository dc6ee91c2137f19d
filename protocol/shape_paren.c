/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_paren.c - parentheses, what is between them, and lists that are collapsed.
 */
#include "protocol/shape_scan.h"

/* Which words have a space here is known to no other token, so that none has to wait for it. */
static void open_token(struct shape_scan *scan, enum shape_token token)
{
    bool is_spaced = token == TOKEN_OPEN && (scan->flags & WORD_SPACED) != 0;

    shape_scan_token(scan, token);
    if (is_spaced) {
        *scan->out.to++ = ' ';
    }
}

static void put_list(struct shape_scan *scan, const uint8_t *to)
{
    open_token(scan, TOKEN_OPEN);
    shape_out_few(&scan->out, "(?, ...)");
    scan->token = TOKEN_CLOSE;
    scan->negates = false;
    scan->at = to;
}

static void put_rows(struct shape_scan *scan, const uint8_t *to, const struct shape_row *row)
{
    open_token(scan, TOKEN_OPEN);
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
static bool collapse(struct shape_scan *scan)
{
    const uint8_t *behind = scan->at + 1;
    struct shape_row row;

    if (*scan->at != '(' || !shape_depth_is_known(&scan->depth)) {
        return false;
    }
    if (scan->word == WORD_IN && (scan->position & shape_depth_bit(&scan->depth)) == 0) {
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

static bool is_place_list(const struct shape_scan *scan)
{
    return scan->word == WORD_DISTINCT_ON ||
           (shape_depth_is_known(&scan->depth) && (scan->by & shape_depth_bit(&scan->depth)) != 0 &&
                   (scan->token == TOKEN_COMMA || scan->token == TOKEN_OPEN ||
                           scan->word == WORD_BY || scan->word == WORD_GROUPING));
}

void shape_on_open(struct shape_scan *scan)
{
    enum shape_word word = scan->word;
    bool is_place_next = (scan->by != 0 || word == WORD_DISTINCT_ON) && is_place_list(scan);

    if ((word == WORD_IN || word == WORD_VALUES) && collapse(scan)) {
        return;
    }
    bool is_bracket = *scan->at == '[';
    scan->is_index = is_bracket && word != WORD_ARRAY && !shape_begins_value(scan->token, false);
    open_token(scan, is_bracket ? TOKEN_BRACKET : TOKEN_OPEN);
    *scan->out.to++ = *scan->at++;
    shape_depth_open(&scan->depth);
    if (SL_UNLIKELY(word == WORD_TYPE)) {
        scan->type_depth = scan->depth.now;
    }
    if (shape_depth_is_known(&scan->depth)) {
        uint64_t bit = shape_depth_bit(&scan->depth);
        scan->by = is_place_next ? scan->by | bit : scan->by & ~bit;
        scan->position = word == WORD_POSITION ? scan->position | bit : scan->position & ~bit;
    }
}

void shape_on_close(struct shape_scan *scan)
{
    shape_scan_byte(scan, TOKEN_CLOSE);
    if (scan->depth.now > 0 && scan->depth.now == scan->type_depth) {
        scan->type_depth = 0;
    }
    shape_depth_close(&scan->depth);
}

void shape_on_comma(struct shape_scan *scan)
{
    shape_scan_byte(scan, TOKEN_COMMA);
    shape_depth_comma(&scan->depth);
}

void shape_on_semicolon(struct shape_scan *scan)
{
    if (scan->depth.now > 0 || scan->atomic > 0) {
        shape_scan_byte(scan, TOKEN_COMMA);
        return;
    }
    scan->begins = true;
    scan->negates = false;
    scan->word = WORD_NONE;
    scan->setting.state = SETTING_NONE;
    scan->at++;
}
