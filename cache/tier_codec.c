/* SPDX-License-Identifier: PostgreSQL */
#include "cache/tier_codec.h"

#include <stdio.h>

static const char digits[] = "0123456789abcdef";

static int digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* ---- words and numbers ---- */

static bool take(struct sl_span *text, char what)
{
    if (text->len == 0 || text->at[0] != (uint8_t)what) {
        return false;
    }
    *text = sl_span(text->at + 1, text->len - 1);
    return true;
}

/* Decimal, as it would be written: no sign, no zero in front. */
static bool take_number(struct sl_span *text, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    size_t len = 0;

    while (len < text->len && text->at[len] >= '0' && text->at[len] <= '9') {
        const unsigned digit = text->at[len] - '0';
        if (value > (max - digit) / 10 || (len > 0 && value == 0)) {
            return false;
        }
        value = value * 10 + digit;
        len++;
    }
    *text = sl_span(text->at + len, text->len - len);
    *number = value;
    return len > 0;
}

static bool take_u32(struct sl_span *text, uint32_t *number)
{
    uint64_t value = 0;

    if (!take_number(text, UINT32_MAX, &value)) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

static bool take_hex(struct sl_span *text, uint64_t *number)
{
    uint64_t value = 0;

    if (text->len < 16) {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        const int digit = digit_of(text->at[i]);
        if (digit < 0) {
            return false;
        }
        value = value << 4 | (unsigned)digit;
    }
    *text = sl_span(text->at + 16, text->len - 16);
    *number = value;
    return true;
}

static bool take_word(struct sl_span *text, struct sl_span *word)
{
    size_t len = 0;

    while (len < text->len && text->at[len] != ' ' && text->at[len] != ';') {
        len++;
    }
    *word = sl_span(text->at, len);
    *text = sl_span(text->at + len, text->len - len);
    return len > 0;
}

/* ---- names ---- */

static bool is_plain(uint8_t byte)
{
    return byte > ' ' && byte != 0x7f && byte != '%' && byte != '=' && byte != ';';
}

enum sl_err tier_put_name(struct sl_buf *out, struct sl_span name)
{
    enum sl_err err = sl_buf_reserve(out, name.len * 3);

    for (size_t i = 0; err == SL_OK && i < name.len; i++) {
        const uint8_t byte = name.at[i];
        const char escaped[] = {'%', digits[byte >> 4], digits[byte & 15]};
        err = is_plain(byte) ? sl_buf_put_u8(out, byte) : sl_buf_put(out, escaped, 3);
    }
    return err;
}

bool tier_read_name(struct sl_span word, char *out, size_t room, size_t *len)
{
    size_t used = 0;

    for (size_t i = 0; i < word.len; i++) {
        uint8_t byte = word.at[i];
        if (byte == '%') {
            const int high = i + 2 < word.len ? digit_of(word.at[i + 1]) : -1;
            const int low = i + 2 < word.len ? digit_of(word.at[i + 2]) : -1;
            byte = (uint8_t)(high * 16 + low);
            if (high < 0 || low < 0 || is_plain(byte)) {
                return false;
            }
            i += 2;
        } else if (!is_plain(byte)) {
            return false;
        }
        if (used == room) {
            return false;
        }
        out[used++] = (char)byte;
    }
    *len = used;
    return true;
}

/* ---- tokens ---- */

static char *write_number(char *at, uint64_t number)
{
    char text[20];
    size_t len = 0;

    do {
        text[len++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (len > 0) {
        *at++ = text[--len];
    }
    return at;
}

static char *write_hex(char *at, uint64_t number)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        *at++ = digits[number >> shift & 15];
    }
    return at;
}

size_t tier_put_token(const struct tier_token *token, char out[TIER_TOKEN_MAX])
{
    char *at = write_number(out, token->number);

    *at++ = '@';
    at = write_hex(at, token->nonce);
    if (token->pending_since > 0) {
        *at++ = '!';
        at = write_number(at, token->pending_since);
    }
    return (size_t)(at - out);
}

bool tier_read_token(struct sl_span text, struct tier_token *token)
{
    struct tier_token read = {.number = 0};

    if (!take_number(&text, UINT64_MAX, &read.number) || !take(&text, '@') ||
            !take_hex(&text, &read.nonce)) {
        return false;
    }
    if (take(&text, '!') &&
            (!take_number(&text, UINT64_MAX, &read.pending_since) || read.pending_since == 0)) {
        return false;
    }
    if (text.len > 0) {
        return false;
    }
    *token = read;
    return true;
}

/* ---- seals ---- */

static void add_part(struct sl_hash128_stream *sum, struct sl_span part)
{
    uint8_t len[8];

    sl_set_u32(len, (uint32_t)((uint64_t)part.len >> 32));
    sl_set_u32(len + 4, (uint32_t)part.len);
    sl_hash128_add(sum, sl_span(len, sizeof len));
    if (part.len > 0) {
        sl_hash128_add(sum, part);
    }
}

/* Of what stands before it in the seal, and of all that the seal is for. */
static struct sl_hash128 sum_of(struct sl_span seal, struct sl_span key, struct sl_span proof,
        const struct entry_parts *parts)
{
    struct sl_hash128_stream sum;

    sl_hash128_begin(&sum);
    add_part(&sum, seal);
    add_part(&sum, key);
    add_part(&sum, proof);
    add_part(&sum, parts->head);
    add_part(&sum, parts->rows);
    add_part(&sum, parts->tail);
    return sl_hash128_end(&sum);
}

size_t tier_put_seal(const struct tier_seal *seal, struct sl_span key, struct sl_span proof,
        const struct entry_parts *parts, char out[TIER_SEAL_MAX])
{
    const uint64_t numbers[] = {TIER_FORMAT, seal->filled_at, seal->position, seal->cost_usec,
            seal->rows, parts->head.len, parts->rows.len, parts->tail.len};
    char *at = out;

    SL_CHECK(parts->head.len <= UINT32_MAX && parts->rows.len <= UINT32_MAX &&
             parts->tail.len <= UINT32_MAX);
    for (size_t i = 0; i < SL_COUNT(numbers); i++) {
        at = write_number(at, numbers[i]);
        *at++ = ' ';
    }
    const struct sl_hash128 sum = sum_of(sl_span(out, (size_t)(at - out)), key, proof, parts);
    at = write_hex(write_hex(at, sum.hi), sum.lo);
    return (size_t)(at - out);
}

static bool take_seal(struct sl_span *text, struct tier_seal *seal)
{
    return take(text, ' ') && take_number(text, UINT64_MAX, &seal->filled_at) && take(text, ' ') &&
           take_number(text, UINT64_MAX, &seal->position) && take(text, ' ') &&
           take_u32(text, &seal->cost_usec) && take(text, ' ') && take_u32(text, &seal->rows) &&
           take(text, ' ') && take_u32(text, &seal->head_len) && take(text, ' ') &&
           take_u32(text, &seal->rows_len) && take(text, ' ') && take_u32(text, &seal->tail_len) &&
           take(text, ' ');
}

enum tier_verdict tier_read_seal(struct sl_span text, struct sl_span key, struct sl_span proof,
        struct sl_span body, struct tier_seal *seal)
{
    struct tier_seal read = {.rows = 0};
    struct sl_span rest = text;
    struct sl_hash128 sum = {.hi = 0};
    uint64_t format = 0;

    if (!take_number(&rest, UINT64_MAX, &format)) {
        return TIER_CORRUPT;
    }
    if (format != TIER_FORMAT) {
        return TIER_OTHER_FORMAT;
    }
    if (!take_seal(&rest, &read)) {
        return TIER_CORRUPT;
    }
    const struct sl_span summed = sl_span(text.at, text.len - rest.len);
    if (!take_hex(&rest, &sum.hi) || !take_hex(&rest, &sum.lo) || rest.len > 0 ||
            (uint64_t)read.head_len + read.rows_len + read.tail_len != body.len) {
        return TIER_CORRUPT;
    }
    const struct entry_parts parts = tier_parts(&read, body);
    const struct sl_hash128 found = sum_of(summed, key, proof, &parts);
    if (found.hi != sum.hi || found.lo != sum.lo) {
        return TIER_CORRUPT;
    }
    *seal = read;
    return TIER_SOUND;
}

/* ---- what instances say ---- */

static const char *const kinds[TIER_SAID_KINDS] = {
        "begin", "end", "all", "beat", "asks", "covers", "cannot", "until", "told"};

/* Something follows. */
static bool says_more(enum tier_said_kind kind)
{
    return kind != TIER_SAID_ALL && kind != TIER_SAID_BEAT;
}

enum sl_err tier_put_said(struct sl_buf *out, const struct tier_said *said)
{
    return sl_buf_printf(out, "%.*s %llu %s%s", (int)said->sender.len,
            (const char *)said->sender.at, (unsigned long long)said->number, kinds[said->kind],
            says_more(said->kind) ? " " : "");
}

static bool take_kind(struct sl_span *text, enum tier_said_kind *kind)
{
    struct sl_span word;

    if (!take_word(text, &word)) {
        return false;
    }
    for (unsigned i = 0; i < TIER_SAID_KINDS; i++) {
        if (sl_span_is(word, kinds[i])) {
            *kind = (enum tier_said_kind)i;
            return true;
        }
    }
    return false;
}

bool tier_read_said(struct sl_span text, struct tier_said *said)
{
    struct tier_said read = {.number = 0};

    if (!take_word(&text, &read.sender) || read.sender.len > TIER_SENDER_MAX || !take(&text, ' ') ||
            !take_number(&text, UINT64_MAX, &read.number) || !take(&text, ' ') ||
            !take_kind(&text, &read.kind)) {
        return false;
    }
    for (size_t i = 0; i < read.sender.len; i++) {
        if (read.sender.at[i] <= ' ' || read.sender.at[i] == 0x7f) {
            return false;
        }
    }
    if (says_more(read.kind) ? !take(&text, ' ') || text.len == 0 : text.len > 0) {
        return false;
    }
    read.tags = text;
    *said = read;
    return true;
}

bool tier_next_tag(struct sl_span *tags, struct sl_span *table, struct sl_span *field)
{
    take(tags, ';'); /* at the end of a table's, and then its name comes */
    if (tags->len > 0 && tags->at[0] != ' ' && !take_word(tags, table)) {
        return false;
    }
    return table->len > 0 && take(tags, ' ') && take_word(tags, field);
}
