/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/server_words.h"

#include "protocol/back.h"
#include "protocol/base/buf.h"
#include "protocol/message.h"
#include "protocol/sqlstate.h"
#include "proxy/prepared.h"
#include "proxy/server.h"
#include "proxy/server_settle.h"

#include <string.h>

static bool is_of_a_name(const char *sqlstate)
{
    return strcmp(sqlstate, SL_STATE_PROTOCOL_VIOLATION) == 0 ||
           strcmp(sqlstate, SL_STATE_UNDEFINED_PSTATEMENT) == 0;
}

/* Whose statement it is about, or NULL. */
static const struct client_name *name_of(const struct expect_entry *head)
{
    bool names = head != NULL && head->ref != NULL && (head->flags & EXPECT_POISON) == 0 &&
                 (head->kind == EXPECT_BIND || head->kind == EXPECT_DESCRIBE_STATEMENT);

    return names ? head->undo : NULL;
}

/* Where that stands in the words, and not as the beginning of a longer one; NULL: nowhere. */
static const uint8_t *find(struct sl_span words, const char *name, size_t len)
{
    const uint8_t *at = memmem(words.at, words.len, name, len);
    const uint8_t *end = words.at + words.len;

    bool is_longer = at != NULL && at + len < end && at[len] >= '0' && at[len] <= '9';
    return is_longer ? NULL : at;
}

struct settle_bytes *server_words(const struct server *server, struct sl_span body)
{
    const struct expect_entry *head = expect_head(&server->expect);
    const struct client_name *own = name_of(head);
    char ours[PREPARED_NAME_MAX];
    struct back_error error;

    if (SL_LIKELY(own == NULL) || sl_get_u32(body.at - 4) != body.len + 4) {
        return NULL;
    }
    back_error_read(body, &error);
    size_t len = prepared_name(head->ref, ours);
    const uint8_t *at = is_of_a_name(error.sqlstate) ? find(error.message, ours, len) : NULL;
    if (at == NULL) {
        return NULL;
    }
    struct sl_span parts[] = {sl_span(body.at, (size_t)(at - body.at)),
            sl_span(own->name, own->len),
            sl_span(at + len, body.len - len - (size_t)(at - body.at))};
    struct settle_bytes *said = NULL;
    struct sl_buf buf;
    sl_buf_init(&buf, INT32_MAX);
    if (message_put(&buf, BACK_ERROR, parts, SL_COUNT(parts)) == SL_OK) {
        said = settle_bytes_new(sl_buf_borrow(&buf));
    }
    sl_buf_fini(&buf);
    return said;
}
