/* SPDX-License-Identifier: PostgreSQL */
#include "cache/key.h"

#include "protocol/base/buf.h"

#include <string.h>

enum { SHORT_MAX = 1024 };

static void hash_pieces(const struct sl_span *parts, size_t count, struct sl_hash128_stream *stream)
{
    sl_hash128_begin(stream);
    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;
        sl_hash128_add(stream, sl_span((const uint8_t *)&len, sizeof len));
        sl_hash128_add(stream, parts[i]);
    }
}

/* Each behind its length. In one piece where it is short, as nearly always: many pieces cost more. */
static struct sl_hash128 hash_of(const struct sl_span *parts, size_t count)
{
    struct sl_hash128_stream stream;
    uint8_t all[SHORT_MAX];
    size_t filled = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;
        if (SL_UNLIKELY(sizeof all - filled < sizeof len ||
                        parts[i].len > sizeof all - filled - sizeof len)) {
            hash_pieces(parts, count, &stream);
            return sl_hash128_end(&stream);
        }
        memcpy(all + filled, &len, sizeof len);
        filled += sizeof len;
        if (len > 0) {
            memcpy(all + filled, parts[i].at, parts[i].len);
            filled += parts[i].len;
        }
    }
    return sl_hash128(sl_span(all, filled));
}

static struct sl_span of_hash(const struct sl_hash128 *hash)
{
    return sl_span((const uint8_t *)hash, sizeof *hash);
}

struct sl_hash128 key_of_session(const struct key_session *session)
{
    static const uint8_t version = KEY_VERSION;
    const struct sl_span parts[] = {sl_span(&version, sizeof version), session->cluster,
            session->database, session->role, session->session_user, session->search_path,
            of_hash(&session->settings)};

    return hash_of(parts, SL_COUNT(parts));
}

static bool take_u16(struct sl_span *from, uint16_t *value)
{
    if (from->len < 2) {
        return false;
    }
    *value = (uint16_t)(from->at[0] << 8 | from->at[1]);
    *from = sl_span(from->at + 2, from->len - 2);
    return true;
}

static bool take(struct sl_span *from, size_t len, struct sl_span *part)
{
    if (from->len < len) {
        return false;
    }
    *part = sl_span(from->at, len);
    *from = sl_span(from->at + len, from->len - len);
    return true;
}

bool key_bind_next(struct sl_span *values, struct sl_span *value)
{
    if (values->len < 4) {
        return false;
    }
    uint32_t len = sl_get_u32(values->at);
    *values = sl_span(values->at + 4, values->len - 4);
    *value = sl_span(NULL, 0);
    return len == UINT32_MAX || take(values, len, value);
}

enum sl_err key_bind_read(struct sl_span rest, struct key_bind *bind)
{
    uint16_t results = 0;
    struct sl_span value;

    *bind = (struct key_bind){.rest = rest};
    if (!take_u16(&rest, &bind->formats) ||
            !take(&rest, 2 * (size_t)bind->formats, &bind->format_codes) ||
            !take_u16(&rest, &bind->params)) {
        return SL_EPROTO;
    }
    struct sl_span left = rest;
    for (unsigned i = 0; i < bind->params; i++) {
        if (!key_bind_next(&left, &value)) {
            return SL_EPROTO;
        }
    }
    bind->values = sl_span(rest.at, rest.len - left.len);
    bool fits = bind->formats <= 1 || bind->formats == bind->params;
    if (!fits || !take_u16(&left, &results) ||
            !take(&left, 2 * (size_t)results, &bind->result_formats) || left.len > 0) {
        return SL_EPROTO;
    }
    return SL_OK;
}

bool key_bind_is_text(const struct key_bind *bind, unsigned i)
{
    unsigned at = bind->formats == 1 ? 0 : i;

    return bind->formats == 0 ||
           (bind->format_codes.at[2 * at] == 0 && bind->format_codes.at[2 * at + 1] == 0);
}

struct sl_span key_question(const struct key_bind *bind)
{
    static const uint8_t none[] = {0, 0, 0, 0, 0, 0}; /* no formats, no parameters, text */

    return bind == NULL ? sl_span(none, sizeof none) : bind->rest;
}

/* Ahead of what varies in length, and how long the first of that is. */
struct question_head {
    struct sl_hash128 session;
    uint64_t text;
    uint64_t types_len;
};

static struct sl_hash128 hash_long(
        const struct question_head *head, struct sl_span types, struct sl_span question)
{
    struct sl_hash128_stream stream;

    sl_hash128_begin(&stream);
    sl_hash128_add(&stream, sl_span((const uint8_t *)head, sizeof *head));
    sl_hash128_add(&stream, types);
    sl_hash128_add(&stream, question);
    return sl_hash128_end(&stream);
}

struct sl_hash128 key_of_question(
        struct sl_hash128 session, uint64_t text, struct sl_span types, const struct key_bind *bind)
{
    const struct question_head head = {.session = session, .text = text, .types_len = types.len};
    const struct sl_span question = key_question(bind);
    uint8_t all[SHORT_MAX];

    if (SL_UNLIKELY(types.len > sizeof all - sizeof head ||
                    question.len > sizeof all - sizeof head - types.len)) {
        return hash_long(&head, types, question);
    }
    memcpy(all, &head, sizeof head);
    if (types.len > 0) {
        memcpy(all + sizeof head, types.at, types.len);
    }
    memcpy(all + sizeof head + types.len, question.at, question.len);
    return sl_hash128(sl_span(all, sizeof head + types.len + question.len));
}
