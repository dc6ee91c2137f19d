/* SPDX-License-Identifier: PostgreSQL */
#include "cache/fill.h"

#include "cache/policy.h"
#include "protocol/back.h"
#include "protocol/message.h"

void fill_begin(struct fill *fill, size_t bytes_max)
{
    *fill = (struct fill){.state = FILL_OPEN};
    sl_buf_init(&fill->bytes, bytes_max);
}

/* What there was is of no use. */
static void spoil(struct fill *fill, enum fill_state why)
{
    sl_buf_fini(&fill->bytes);
    fill->state = (uint8_t)why;
}

static bool keep(struct fill *fill, struct sl_span message)
{
    enum sl_err err = sl_buf_put(&fill->bytes, message.at, message.len);

    if (err != SL_OK) {
        spoil(fill, err == SL_ELIMIT ? FILL_TOO_LARGE : FILL_NO_MEMORY);
    }
    return err == SL_OK;
}

/* "RowDescription": a name, then table (4), column (2), type (4), length (2), modifier (4), format (2). */
static enum fill_state look_at_columns(struct sl_span body)
{
    enum { BEHIND_NAME = 18, TYPE_AT = 6 };
    unsigned columns = body.len < 2 ? 0 : sl_get_u16(body.at);
    size_t at = 2;

    for (unsigned i = 0; i < columns; i++) {
        const void *end = at < body.len ? memchr(body.at + at, '\0', body.len - at) : NULL;
        size_t behind = end == NULL ? body.len : (size_t)((const uint8_t *)end - body.at) + 1;
        if (body.len - behind < BEHIND_NAME) {
            return FILL_SPOILED;
        }
        if (!policy_type_is_steady(sl_get_u32(body.at + behind + TYPE_AT))) {
            return FILL_OF_TYPE;
        }
        at = behind + BEHIND_NAME;
    }
    return columns > 0 && at == body.len ? FILL_OPEN : FILL_SPOILED;
}

static void take_head(struct fill *fill, struct sl_span message)
{
    struct sl_span body = sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD);
    enum fill_state state =
            fill->rows > 0 || fill->head_len > 0 ? FILL_SPOILED : look_at_columns(body);

    if (state != FILL_OPEN) {
        spoil(fill, state);
    } else if (keep(fill, message)) {
        fill->head_len = message.len;
    }
}

static void take_row(struct fill *fill, struct sl_span message)
{
    if (keep(fill, message)) {
        fill->rows_len += message.len;
        fill->rows++;
    }
}

static void take_tail(struct fill *fill, struct sl_span message)
{
    struct sl_span tag;
    bool is_select = back_tag_read(sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD),
                             &tag) == SL_OK &&
                     tag.len > 7 && memcmp(tag.at, "SELECT ", 7) == 0;

    if (!is_select) {
        spoil(fill, FILL_SPOILED);
    } else if (keep(fill, message)) {
        fill->state = FILL_WHOLE;
    }
}

/* What may come at any time and is no part of an answer, and what comes behind it. */
static bool is_beside(struct sl_span message)
{
    return message.len > 0 && (message.at[0] == BACK_READY || message.at[0] == BACK_NOTIFICATION);
}

void fill_message(struct fill *fill, struct sl_span message)
{
    if (is_beside(message)) {
        return;
    }
    if (fill->state == FILL_WHOLE) {
        spoil(fill, FILL_SPOILED); /* there is more than one answer */
    }
    if (fill->state != FILL_OPEN) {
        return;
    }
    if (message.len < MESSAGE_HEAD || message.len != (size_t)sl_get_u32(message.at + 1) + 1) {
        spoil(fill, FILL_TOO_LARGE); /* a beginning */
        return;
    }
    switch (message.at[0]) {
    case BACK_ROW_DESCRIPTION:
        take_head(fill, message);
        break;
    case BACK_DATA_ROW:
        take_row(fill, message);
        break;
    case BACK_COMMAND_COMPLETE:
        take_tail(fill, message);
        break;
    default:
        spoil(fill, FILL_SPOILED);
        break;
    }
}

struct entry_parts fill_parts(const struct fill *fill)
{
    struct sl_span all = sl_buf_borrow(&fill->bytes);
    size_t rows_end = fill->head_len + fill->rows_len;

    SL_CHECK(fill->state == FILL_WHOLE);
    return (struct entry_parts){.head = sl_span(all.at, fill->head_len),
            .rows = sl_span(all.at + fill->head_len, fill->rows_len),
            .tail = sl_span(all.at + rows_end, all.len - rows_end)};
}

void fill_spoil(struct fill *fill)
{
    spoil(fill, FILL_SPOILED);
}

void fill_end(struct fill *fill)
{
    sl_buf_fini(&fill->bytes);
}
