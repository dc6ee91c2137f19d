/* SPDX-License-Identifier: PostgreSQL */
#include "cache/decode.h"

/* ---- pieces: each takes what it reads off the front, or leaves all as it was ---- */

static void advance(struct sl_span *left, size_t len)
{
    *left = sl_span(left->at + len, left->len - len);
}

static bool take(struct sl_span *left, const char *word)
{
    size_t len = strlen(word);

    if (left->len < len || memcmp(left->at, word, len) != 0) {
        return false;
    }
    advance(left, len);
    return true;
}

/* From a quote to the one that ends it. */
static bool take_quoted(struct sl_span *left, char quote, struct decode_text *text)
{
    size_t at = 1;

    if (left->len == 0 || left->at[0] != (uint8_t)quote) {
        return false;
    }
    for (;;) {
        const uint8_t *end = memchr(left->at + at, quote, left->len - at);
        if (end == NULL) {
            return false;
        }
        at = (size_t)(end - left->at) + 1;
        if (at == left->len || left->at[at] != (uint8_t)quote) {
            break;
        }
        at++;
    }
    *text = (struct decode_text){.text = sl_span(left->at + 1, at - 2), .quote = quote};
    advance(left, at);
    return true;
}

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* quote_identifier(): anything but small letters, digits and _ is quoted. */
static bool take_name(struct sl_span *left, struct decode_text *name)
{
    size_t len = 0;

    if (take_quoted(left, '"', name)) {
        return name->text.len > 0;
    }
    while (len < left->len && is_plain(left->at[len])) {
        len++;
    }
    *name = (struct decode_text){.text = sl_span(left->at, len)};
    advance(left, len);
    return len > 0;
}

static bool take_table(struct sl_span *left, struct decode_table *table)
{
    return take_name(left, &table->schema) && take(left, ".") && take_name(left, &table->name);
}

/* "[type]:". An array has [] behind its element; a name in quotes may have anything. */
static bool take_type(struct sl_span *left, struct sl_span *type)
{
    struct sl_span rest = *left;
    struct decode_text name;

    if (!take(&rest, "[")) {
        return false;
    }
    const uint8_t *begin = rest.at;
    while (rest.len > 0 && rest.at[0] != ']') {
        if (rest.at[0] == '"') {
            if (!take_quoted(&rest, '"', &name)) {
                return false;
            }
        } else if (!take(&rest, "[]")) {
            advance(&rest, 1);
        }
    }
    *type = sl_span(begin, (size_t)(rest.at - begin));
    if (type->len == 0 || !take(&rest, "]:")) {
        return false;
    }
    *left = rest;
    return true;
}

/* A number, true, false, null: up to a space or the end. */
static bool take_bare(struct sl_span *left, struct decode_column *column)
{
    size_t len = 0;

    while (len < left->len && left->at[len] != ' ') {
        if (left->at[len] == '\'' || left->at[len] == '"') {
            return false;
        }
        len++;
    }
    struct sl_span text = sl_span(left->at, len);
    column->kind = sl_span_is(text, "null")                    ? DECODE_NULL
                   : sl_span_is(text, "unchanged-toast-datum") ? DECODE_UNCHANGED
                                                               : DECODE_VALUE;
    column->value = (struct decode_text){.text = text};
    advance(left, len);
    return len > 0;
}

static bool take_value(struct sl_span *left, struct decode_column *column)
{
    column->kind = DECODE_VALUE;
    if (take_quoted(left, '\'', &column->value)) {
        return true;
    }
    if (take(left, "B'")) {
        column->kind = DECODE_BITS;
        *left = sl_span(left->at - 1, left->len + 1);
        return take_quoted(left, '\'', &column->value);
    }
    return take_bare(left, column);
}

static bool take_column(struct sl_span *left, struct decode_column *column)
{
    return take(left, " ") && take_name(left, &column->name) && take_type(left, &column->type) &&
           take_value(left, column) && (left->len == 0 || left->at[0] == ' ');
}

/* Columns up to the end or to " new-tuple:", which is no column: its name would be quoted. */
static bool take_row(struct sl_span *left, struct sl_span *row)
{
    static const char mark[] = " new-tuple:";
    struct decode_column column;
    const uint8_t *begin = left->at;

    while (left->len > 0) {
        struct sl_span rest = *left;
        if (take(&rest, mark)) {
            break;
        }
        if (!take_column(left, &column)) {
            return false;
        }
    }
    *row = sl_span(begin, (size_t)(left->at - begin));
    return true;
}

/* ---- lines ---- */

/* All of what is left is a transaction's number. */
static bool is_xid(struct sl_span left, uint32_t *xid)
{
    uint64_t value = 0;

    if (left.len == 0 || left.len > 10) {
        return false;
    }
    for (size_t i = 0; i < left.len; i++) {
        if (left.at[i] < '0' || left.at[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(left.at[i] - '0');
    }
    *xid = (uint32_t)value;
    return value >= 1 && value <= UINT32_MAX;
}

static void end_transaction(
        struct sl_span left, enum decode_kind kind, struct decode_change *change)
{
    if (is_xid(left, &change->xid)) {
        change->kind = kind;
    }
}

/* 'gid', txid 5. The name is whoever's who prepared it; the number is at the end. */
static void end_prepared(struct sl_span left, enum decode_kind kind, struct decode_change *change)
{
    static const char mark[] = ", txid ";
    size_t digits = 0;

    while (digits < left.len && left.at[left.len - 1 - digits] >= '0' &&
            left.at[left.len - 1 - digits] <= '9') {
        digits++;
    }
    size_t head = left.len - digits;
    if (head >= sizeof mark - 1 &&
            memcmp(left.at + head - (sizeof mark - 1), mark, sizeof mark - 1) == 0) {
        end_transaction(sl_span(left.at + head, digits), kind, change);
    }
}

/* One row and nothing behind it, or what stands for one that is not told. */
static bool read_one(struct sl_span left, struct sl_span *row, bool *has)
{
    if (sl_span_is(left, " (no-tuple-data)")) {
        *has = false;
        return true;
    }
    *has = true;
    return take_row(&left, row) && left.len == 0;
}

static bool read_update(struct sl_span left, struct decode_change *change)
{
    if (take(&left, " old-key:")) {
        change->has_old = true;
        if (!take_row(&left, &change->old_row) || !take(&left, " new-tuple:")) {
            return false;
        }
    }
    return read_one(left, &change->new_row, &change->has_new);
}

static bool read_truncate(struct sl_span left)
{
    if (take(&left, " (no-flags)")) {
        return left.len == 0;
    }
    bool restarts = take(&left, " restart_seqs");
    bool cascades = take(&left, " cascade");
    return left.len == 0 && (restarts || cascades);
}

static bool read_rows(struct sl_span left, bool is_one, struct decode_change *change)
{
    if (take(&left, " TRUNCATE:")) {
        change->kind = DECODE_TRUNCATE;
        return read_truncate(left);
    }
    if (take(&left, " INSERT:")) {
        change->kind = DECODE_INSERT;
        return is_one && read_one(left, &change->new_row, &change->has_new);
    }
    if (take(&left, " UPDATE:")) {
        change->kind = DECODE_UPDATE;
        return is_one && read_update(left, change);
    }
    if (take(&left, " DELETE:")) {
        change->kind = DECODE_DELETE;
        return is_one && read_one(left, &change->old_row, &change->has_old);
    }
    return false;
}

static void read_tables(struct sl_span left, struct decode_change *change)
{
    struct decode_table table;
    const uint8_t *begin = left.at;
    size_t count = 0;

    do {
        if (!take_table(&left, &table)) {
            return; /* of what tables it speaks is not known */
        }
        count++;
    } while (take(&left, ", "));
    struct sl_span tables = sl_span(begin, (size_t)(left.at - begin));
    if (!take(&left, ":")) {
        return;
    }
    if (!read_rows(left, count == 1, change)) {
        *change = (struct decode_change){.kind = DECODE_TABLE_UNKNOWN};
    }
    change->tables = tables;
}

/*
 * "message: transactional: 1 prefix: P, sz: 5 content:C". A prefix may have ", sz: " in it, so
 * the lengths must add up, and the shortest prefix with which they do is meant.
 */
static void read_message(struct sl_span left, struct decode_change *change)
{
    static const char size_mark[] = ", sz: ";
    static const char content_mark[] = " content:";

    change->is_transactional = take(&left, "1 prefix: ");
    if (!change->is_transactional && !take(&left, "0 prefix: ")) {
        return;
    }
    for (size_t at = 0; at + sizeof size_mark - 1 <= left.len; at++) {
        struct sl_span rest = sl_span(left.at + at, left.len - at);
        uint64_t size = 0;
        if (!take(&rest, size_mark)) {
            continue;
        }
        while (rest.len > 0 && rest.at[0] >= '0' && rest.at[0] <= '9' && size <= UINT32_MAX) {
            size = size * 10 + (uint64_t)(rest.at[0] - '0');
            advance(&rest, 1);
        }
        if (take(&rest, content_mark) && rest.len == size) {
            change->kind = DECODE_MESSAGE;
            change->prefix = sl_span(left.at, at);
            change->content = rest;
            return;
        }
    }
}

static bool is_streamed(struct sl_span line)
{
    return take(&line, "opening a streamed ") || take(&line, "closing a streamed ") ||
           take(&line, "aborting streamed ") || take(&line, "committing streamed ") ||
           take(&line, "preparing streamed ") || take(&line, "streaming ");
}

void decode_line(struct sl_span line, struct decode_change *change)
{
    struct sl_span left = line;

    *change = (struct decode_change){.kind = DECODE_UNKNOWN};
    if (take(&left, "table ")) {
        read_tables(left, change);
    } else if (take(&left, "BEGIN ")) {
        end_transaction(left, DECODE_BEGIN, change);
    } else if (take(&left, "COMMIT PREPARED ")) {
        end_prepared(left, DECODE_COMMIT_PREPARED, change);
    } else if (take(&left, "COMMIT ")) {
        end_transaction(left, DECODE_COMMIT, change);
    } else if (take(&left, "PREPARE TRANSACTION ")) {
        end_prepared(left, DECODE_PREPARE, change);
    } else if (take(&left, "ROLLBACK PREPARED ")) {
        end_prepared(left, DECODE_ROLLBACK_PREPARED, change);
    } else if (take(&left, "message: transactional: ")) {
        read_message(left, change);
    } else if (is_streamed(left)) {
        change->kind = DECODE_STREAMED;
    }
}

/* ---- what a change has ---- */

bool decode_next_table(struct sl_span *tables, struct decode_table *table)
{
    if (tables->len == 0 || !take_table(tables, table)) {
        return false;
    }
    if (tables->len > 0 && !take(tables, ", ")) {
        *tables = sl_span(tables->at, 0);
    }
    return true;
}

bool decode_next_column(struct sl_span *row, struct decode_column *column)
{
    return row->len > 0 && take_column(row, column);
}

size_t decode_copy(struct decode_text text, char *room, size_t max)
{
    size_t len = 0;

    for (size_t i = 0; i < text.text.len; i++) {
        char c = (char)text.text.at[i];
        if (len < max) {
            room[len] = c;
        }
        len++;
        if (c == text.quote && text.quote != '\0') {
            i++; /* the second of two */
        }
    }
    return len;
}

bool decode_is(struct decode_text text, struct sl_span what)
{
    size_t at = 0;

    for (size_t i = 0; i < text.text.len; i++) {
        if (at == what.len || what.at[at] != text.text.at[i]) {
            return false;
        }
        at++;
        if (text.quote != '\0' && text.text.at[i] == (uint8_t)text.quote) {
            i++;
        }
    }
    return at == what.len;
}

const char *decode_kind_text(enum decode_kind kind)
{
    static const char *const texts[DECODE_KINDS] = {"unknown", "unknown of a table", "BEGIN",
            "COMMIT", "PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED", "INSERT",
            "UPDATE", "DELETE", "TRUNCATE", "message", "streamed"};

    return (unsigned)kind < DECODE_KINDS ? texts[kind] : "?";
}
