/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_news.h"

#include "protocol/base/hash.h"
#include "proxy/listen_group.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HEAD = 5, SECRET_LEN = 16 };

enum sl_err listen_record_add(
        struct sl_buf *records, enum listen_news_kind kind, struct sl_span bytes)
{
    /* Room for all, so that there is no head without its bytes. */
    enum sl_err err = sl_buf_reserve(records, RECORD_HEAD + bytes.len);

    err = err == SL_OK ? sl_buf_put_u8(records, (uint8_t)kind) : err;
    err = err == SL_OK ? sl_buf_put_u32(records, (uint32_t)bytes.len) : err;
    return err == SL_OK ? sl_buf_put(records, bytes.at, bytes.len) : err;
}

enum sl_err listen_news_add(
        struct listen_news *news, enum listen_news_kind kind, struct sl_span bytes)
{
    return listen_record_add(&news->records, kind, bytes);
}

void listen_news_free(struct listen_news *news)
{
    if (news != NULL) {
        sl_buf_fini(&news->records);
        free(news);
    }
}

static atomic_size_t on_their_way;

size_t listen_news_on_their_way(void)
{
    return atomic_load_explicit(&on_their_way, memory_order_relaxed);
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct listen_news *news = SL_CONTAINER(letter, struct listen_news, letter);
    size_t len = sl_buf_len(&news->records);

    if (!worker->stopping) {
        listen_group_take(worker, news->database, sl_buf_borrow(&news->records));
    }
    listen_news_free(news);
    atomic_fetch_sub_explicit(&on_their_way, len, memory_order_relaxed);
}

void listen_news_send(struct listen_news *news, unsigned worker)
{
    news->letter.deliver = deliver;
    atomic_fetch_add_explicit(&on_their_way, sl_buf_len(&news->records), memory_order_relaxed);
    mailbox_post(&process_worker(worker)->mailbox, &news->letter);
}

bool listen_news_next(struct sl_span *records, struct listen_record *record)
{
    if (records->len < RECORD_HEAD) {
        return false;
    }
    size_t len = sl_get_u32(records->at + 1);
    SL_CHECK(records->len - RECORD_HEAD >= len);
    record->kind = (enum listen_news_kind)records->at[0];
    record->bytes = sl_span(records->at + RECORD_HEAD, len);
    *records = sl_span(records->at + RECORD_HEAD + len, records->len - RECORD_HEAD - len);
    return true;
}

bool listen_private_name(char name[static LISTEN_PRIVATE_MAX])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t secret[SECRET_LEN];
    size_t len = (size_t)snprintf(name, LISTEN_PRIVATE_MAX, "sluice_");

    if (!process_secret(UINT64_MAX, secret, sizeof secret)) { /* no cancel key has that serial */
        return false;
    }
    for (size_t i = 0; i < SECRET_LEN; i++) {
        name[len++] = digits[secret[i] >> 4];
        name[len++] = digits[secret[i] & 15];
    }
    name[len] = '\0';
    return true;
}

void listen_marker_text(const struct listen_marker *marker, char text[static LISTEN_MARKER_MAX])
{
    snprintf(text, LISTEN_MARKER_MAX, "%u.%u.%u.%u.%u.%u", marker->process, marker->database,
            marker->worker, marker->client.slot, marker->client.gen, marker->number);
}

/* A number and the point behind it, but behind the last. */
static bool read_number(struct sl_span *text, uint32_t *number, bool is_last)
{
    uint64_t value = 0;
    size_t i = 0;

    while (i < text->len && i < 10 && (uint8_t)(text->at[i] - '0') < 10) {
        value = value * 10 + (uint8_t)(text->at[i++] - '0');
    }
    if (i == 0 || value > UINT32_MAX || (is_last ? i != text->len : i == text->len) ||
            (!is_last && text->at[i] != '.')) {
        return false;
    }
    *number = (uint32_t)value;
    i += is_last ? 0 : 1;
    *text = sl_span(text->at + i, text->len - i);
    return true;
}

bool listen_marker_read(struct sl_span text, struct listen_marker *marker)
{
    return read_number(&text, &marker->process, false) &&
           read_number(&text, &marker->database, false) &&
           read_number(&text, &marker->worker, false) &&
           read_number(&text, &marker->client.slot, false) &&
           read_number(&text, &marker->client.gen, false) &&
           read_number(&text, &marker->number, true);
}

uint64_t listen_place_of(const struct server *server)
{
    struct address_short address;

    memset(&address, 0, sizeof address);
    address_shorten(&server->address, &address);
    return sl_hash64_seed(sl_span(&address, sizeof address), server->node);
}
