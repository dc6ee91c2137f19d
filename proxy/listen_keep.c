/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_keep.h"

#include "protocol/back.h"
#include "protocol/message.h"
#include "proxy/handover_give.h"
#include "proxy/handover_wire.h"
#include "proxy/listen_hub.h"
#include "proxy/listen_inside.h"
#include "proxy/listen_waiting.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 512, REPLAYED_MAX = 65536 + sizeof(struct sl_id) };

struct kept_mark {
    uint32_t number;
    sl_usec at;
};

static atomic_uint marks;       /* the last number; of all hubs */
static atomic_uint marks_begin; /* those of this hand-over are above */
static atomic_size_t kept_all;  /* bytes, of all hubs */

void listen_keep_init(struct listen_keep *keep)
{
    sl_buf_init(&keep->records, LISTEN_KEPT_MAX);
}

/* ---- the old process ---- */

void listen_keep_begin(void)
{
    atomic_store(&marks_begin, atomic_load(&marks));
}

bool listen_keep_is_of_this(uint32_t number)
{
    return number > atomic_load_explicit(&marks_begin, memory_order_relaxed);
}

static enum sl_err put_names(const struct listen_hub *hub, struct sl_buf *names)
{
    enum sl_err err = SL_OK;

    for (int state = WANTED; state <= LEAVING; state++) {
        SL_LIST_EACH (it, &hub->lists[state]) {
            const struct channel *channel = &SL_CONTAINER(it, struct hub_channel, link)->channel;
            err = err == SL_OK ? channels_list_add(names, sl_span(channel->name, channel->len))
                               : err;
        }
    }
    return err;
}

/* Without memory, or with more than a message holds, the clients stay where they are. */
static bool say_channels(struct listen_hub *hub, uint32_t number)
{
    const char *encoding = params_get(hub->server->params, "client_encoding");
    struct handover_said *said = calloc(1, sizeof *said);
    struct sl_buf names;

    if (said == NULL || !registry_hold(&hub->pool->holders)) {
        free(said);
        return false;
    }
    said->pool = hub->pool;
    sl_buf_init(&said->bytes, (size_t)HANDOVER_HEAD + HANDOVER_BODY_MAX);
    sl_buf_init(&names, CHANNELS_BYTES_MAX);
    enum sl_err err = put_names(hub, &names);
    struct handover_channels channels = {.database = hub->database->name,
            .user = hub->pool->user->name,
            .encoding = encoding == NULL ? "" : encoding,
            .process = process_number(),
            .index = hub->database->index,
            .number = number,
            .names = sl_buf_borrow(&names)};
    err = err == SL_OK ? handover_put_channels(&said->bytes, &channels) : err;
    sl_buf_fini(&names);
    if (err != SL_OK) {
        handover_said_free(said);
        return false;
    }
    handover_say(said);
    return true;
}

void listen_keep_ask(struct listen_hub *hub)
{
    sl_usec now = hub->worker->now;

    if (!hub->is_up || (hub->keep.asked_at != 0 && now - hub->keep.asked_at < LISTEN_MARK_PAUSE)) {
        return;
    }
    hub->keep.asked_at = now;
    uint32_t number = atomic_fetch_add(&marks, 1) + 1;
    if (say_channels(hub, number)) {
        listen_hub_tell_all(hub, LISTEN_MARKING, sl_span(&number, sizeof number));
    }
}

/* ---- what is kept ---- */

static void count_kept(const struct listen_keep *keep, size_t before)
{
    size_t change = sl_buf_len(&keep->records) - before; /* modulo: it may be less */

    atomic_fetch_add_explicit(&kept_all, change, memory_order_relaxed);
}

void listen_keep_lost(struct listen_hub *hub)
{
    struct listen_keep *keep = &hub->keep;
    size_t before = sl_buf_len(&keep->records);

    atomic_store(&hub->database->listen.kept_from, 0);
    keep->marked_at = 0;
    sl_buf_fini(&keep->records);
    count_kept(keep, before);
}

static void keep_record(struct listen_hub *hub, enum listen_news_kind kind, struct sl_span bytes)
{
    struct listen_keep *keep = &hub->keep;
    size_t before = sl_buf_len(&keep->records);
    bool is_kept = listen_record_add(&keep->records, kind, bytes) == SL_OK;

    count_kept(keep, before);
    if (!is_kept || atomic_load_explicit(&kept_all, memory_order_relaxed) > LISTEN_KEPT_MAX) {
        listen_keep_lost(hub);
    }
}

static bool is_mark(const struct listen_record *record, struct kept_mark *mark)
{
    if (record->kind != LISTEN_MARKED) {
        return false;
    }
    memcpy(mark, record->bytes.at, sizeof *mark);
    return true;
}

/* Up to the first marker that is not too old. */
static void drop_old(struct listen_hub *hub)
{
    struct listen_keep *keep = &hub->keep;
    struct sl_span rest = sl_buf_borrow(&keep->records);
    size_t before = rest.len;
    size_t kept = rest.len;
    struct listen_record record;
    struct kept_mark mark;

    uint32_t from = 0;
    while (from == 0 && listen_news_next(&rest, &record)) {
        if (is_mark(&record, &mark) && hub->worker->now - mark.at < LISTEN_KEEP_TIME) {
            from = mark.number;
        } else {
            kept = rest.len;
        }
    }
    atomic_store(&hub->database->listen.kept_from, from);
    sl_buf_consume(&keep->records, before - kept);
    count_kept(keep, before);
}

/* What is behind that marker. */
static bool find_mark(const struct listen_keep *keep, uint32_t number, struct sl_span *rest)
{
    struct listen_record record;
    struct kept_mark mark;

    *rest = sl_buf_borrow(&keep->records);
    while (listen_news_next(rest, &record)) {
        if (is_mark(&record, &mark) && mark.number == number) {
            return true;
        }
    }
    return false;
}

void listen_keep_heard(
        struct listen_hub *hub, const struct hub_channel *channel, struct sl_span message)
{
    if (channel->kept_since != 0 && hub->keep.marked_at != 0) {
        keep_record(hub, LISTEN_NOTIFICATION, message);
    }
}

void listen_keep_marked(struct listen_hub *hub, const struct listen_marker *marker)
{
    struct listen_keep *keep = &hub->keep;

    if (marker->process == process_number() && marker->database == hub->database->index) {
        listen_hub_tell_all(hub, LISTEN_MARKED, sl_span(marker, sizeof *marker));
    } else if (keep->mark.number != 0 && marker->process == keep->mark.process &&
               marker->database == keep->mark.database) {
        struct kept_mark mark;
        memset(&mark, 0, sizeof mark);
        mark.number = marker->number;
        mark.at = hub->worker->now;
        drop_old(hub);
        keep->marked_at = mark.at;
        atomic_store(&hub->database->listen.kept_to, mark.number);
        if (atomic_load(&hub->database->listen.kept_from) == 0) {
            atomic_store(&hub->database->listen.kept_from, mark.number);
        }
        keep_record(hub, LISTEN_MARKED, sl_span(&mark, sizeof mark));
    }
}

/* ---- the new process ---- */

void listen_keep_send(struct pool *pool, const struct handover_channels *channels)
{
    struct listen_ask *ask = calloc(1, sizeof *ask);

    if (ask == NULL || strlen(channels->encoding) >= sizeof ask->encoding) {
        registry_let_go(&pool->holders);
        free(ask);
        return; /* no marker comes, and its clients stay */
    }
    ask->database = pool->database;
    ask->pool = pool;
    ask->what = LISTEN_KEEPS;
    ask->mark = (struct listen_marker){.process = channels->process,
            .database = channels->index,
            .worker = LISTEN_MARK_ALL,
            .number = channels->number};
    memcpy(ask->encoding, channels->encoding, strlen(channels->encoding));
    sl_buf_init(&ask->names, CHANNELS_BYTES_MAX);
    if (sl_buf_put(&ask->names, channels->names.at, channels->names.len) != SL_OK) {
        ask->mark.number = 0;
    }
    listen_hub_send(ask);
}

void listen_keep_take(struct listen_hub *hub, const struct listen_ask *ask)
{
    struct listen_keep *keep = &hub->keep;
    struct sl_span names = sl_buf_borrow(&ask->names);
    struct sl_span name;

    if (ask->mark.number == 0) {
        return;
    }
    keep->mark = ask->mark;
    memcpy(keep->encoding, ask->encoding, sizeof keep->encoding);
    keep->must_mark = true;
    while (channels_list_next(&names, &name)) {
        keep->must_mark &= listen_hub_keep(hub, name, ask->mark.number);
    }
}

void listen_keep_refused(struct listen_hub *hub, const struct hub_channel *channel)
{
    hub->keep.must_mark &= channel->kept_since == 0;
}

static void send_mark(struct listen_hub *hub)
{
    struct listen_keep *keep = &hub->keep;
    const char *encoding = params_get(hub->server->params, "client_encoding");
    char marker[LISTEN_MARKER_MAX];
    struct sl_buf text;

    keep->must_mark = false;
    if (encoding == NULL || strcmp(encoding, keep->encoding) != 0) {
        return; /* names and payloads would be other bytes */
    }
    listen_marker_text(&keep->mark, marker);
    sl_buf_init(&text, TEXT_MAX);
    if (sl_buf_printf(&text, "NOTIFY \"%s\", '%s'", hub->private_name, marker) == SL_OK &&
            sl_buf_put_u8(&text, '\0') == SL_OK) {
        hub->is_asking = true;
        hub->is_alone = false;
        hub->is_full |= server_ask_hub(hub->server, (const char *)sl_buf_borrow(&text).at) != SL_OK;
        timer_set(&hub->worker->timers, &hub->server->timer, hub->worker->now + HUB_ANSWER_TIME);
    }
    sl_buf_fini(&text);
}

void listen_keep_look(struct listen_hub *hub)
{
    struct listen_keep *keep = &hub->keep;

    if (keep->marked_at != 0 && hub->worker->now - keep->marked_at > LISTEN_KEEP_TIME) {
        listen_keep_lost(hub);
    }
    if (keep->must_mark) {
        send_mark(hub);
    }
}

bool listen_keep_has(const struct database *database, uint32_t number)
{
    uint32_t from = atomic_load(&database->listen.kept_from);

    /* The other process may have heard of one first. */
    return from != 0 && number >= from && number <= atomic_load(&database->listen.kept_to);
}

/* ---- a client has come ---- */

/* A number of 8 bytes, and a name. */
static bool next_adopted(struct sl_span *list, uint64_t *heard, struct sl_span *name)
{
    if (list->len <= sizeof *heard) {
        return false;
    }
    memcpy(heard, list->at, sizeof *heard);
    *list = sl_span(list->at + sizeof *heard, list->len - sizeof *heard);
    return channels_list_next(list, name);
}

/* Each is wanted. True: all of them were listened to at that marker. */
static bool want_all(struct listen_hub *hub, const struct listen_ask *ask)
{
    struct sl_span list = sl_buf_borrow(&ask->names);
    struct sl_span name;
    uint64_t heard;
    bool is_whole = true;

    hub->keep.adoptions++;
    while (next_adopted(&list, &heard, &name)) {
        listen_hub_want(hub, ask->worker, name);
        struct hub_channel *channel = listen_hub_find(hub, name);
        is_whole = is_whole && channel != NULL && channel->kept_since != 0 &&
                   channel->kept_since <= ask->mark.number;
        if (channel != NULL) {
            channel->adoption = hub->keep.adoptions;
            channel->skip = heard;
        }
    }
    return is_whole;
}

/* Is that one of this client's channels, and new to it? */
static bool is_news(struct listen_hub *hub, const struct listen_record *record)
{
    struct back_notification notification;
    struct sl_span body =
            sl_span(record->bytes.at + MESSAGE_HEAD, record->bytes.len - MESSAGE_HEAD);

    if (record->kind != LISTEN_NOTIFICATION ||
            back_notification_read(body, &notification) != SL_OK) {
        return false;
    }
    struct hub_channel *channel = listen_hub_find(hub, notification.channel);
    if (channel == NULL || channel->adoption != hub->keep.adoptions) {
        return false;
    }
    if (channel->skip > 0) {
        channel->skip--;
        return false;
    }
    return true;
}

static void replay_one(
        struct listen_hub *hub, const struct listen_ask *ask, const struct listen_record *record)
{
    struct sl_buf bytes;

    sl_buf_init(&bytes, REPLAYED_MAX);
    if (sl_buf_put(&bytes, &ask->mark.client, sizeof ask->mark.client) == SL_OK &&
            sl_buf_put(&bytes, record->bytes.at, record->bytes.len) == SL_OK) {
        listen_hub_tell(hub, ask->worker, LISTEN_REPLAYED, sl_buf_borrow(&bytes));
    } else {
        hub->is_full = true;
    }
    sl_buf_fini(&bytes);
}

/* It has heard more than is known here yet. */
static void tell_skips(struct listen_hub *hub, const struct listen_ask *ask)
{
    struct sl_span list = sl_buf_borrow(&ask->names);
    struct sl_span name;
    uint64_t heard;

    while (next_adopted(&list, &heard, &name)) {
        const struct hub_channel *channel = listen_hub_find(hub, name);
        if (channel == NULL || channel->skip == 0) {
            continue;
        }
        struct listen_skip skip = {.client = ask->mark.client, .count = channel->skip};
        uint8_t bytes[sizeof skip + CHANNEL_NAME_MAX];
        memcpy(bytes, &skip, sizeof skip);
        memcpy(bytes + sizeof skip, name.at, name.len);
        listen_hub_tell(hub, ask->worker, LISTEN_SKIP, sl_span(bytes, sizeof skip + name.len));
    }
}

/* False: not that much at once; nothing was said of it. */
static bool replay(struct listen_hub *hub, const struct listen_ask *ask, struct sl_span kept)
{
    struct sl_buf found; /* where in kept */
    struct sl_span rest = kept;
    struct listen_record record;
    size_t bytes = 0;
    bool fits = true;

    sl_buf_init(&found, LISTEN_KEPT_MAX);
    while (fits && listen_news_next(&rest, &record)) {
        if (is_news(hub, &record)) {
            bytes += record.bytes.len;
            fits = bytes <= LISTEN_WAITING_MAX / 2 &&
                   listen_record_add(&found, record.kind, record.bytes) == SL_OK;
        }
    }
    fits = fits && listen_news_on_their_way() + bytes <= 2 * LISTEN_NEWS_MAX;
    rest = sl_buf_borrow(&found);
    while (fits && listen_news_next(&rest, &record)) {
        replay_one(hub, ask, &record);
    }
    if (fits) {
        tell_skips(hub, ask);
    }
    sl_buf_fini(&found);
    return fits;
}

void listen_keep_adopt(struct listen_hub *hub, const struct listen_ask *ask)
{
    struct listen_adopted adopted;
    struct sl_span kept;

    memset(&adopted, 0, sizeof adopted);
    adopted.client = ask->mark.client;
    adopted.is_whole = want_all(hub, ask) && find_mark(&hub->keep, ask->mark.number, &kept) &&
                       replay(hub, ask, kept);
    listen_hub_tell(hub, ask->worker, LISTEN_ADOPTED, sl_span(&adopted, sizeof adopted));
}

/* ---- the end ---- */

static struct {
    struct letter letter;
    unsigned stops; /* of its round */
} end;

static void post_end(void)
{
    mailbox_post(&process_worker(end.stops % process_workers())->mailbox, &end.letter);
}

/*
 * Twice to all workers, one after the other: in the first round a client that was on the way has come to
 * its worker, who has asked its hub; in the second that has been asked.
 */
static void deliver_end(struct letter *letter, struct worker *worker)
{
    (void)letter;
    if (end.stops >= process_workers()) {
        SL_LIST_EACH_SAFE (it, &worker->listen_hubs) {
            struct listen_hub *hub = SL_CONTAINER(it, struct listen_hub, link);
            listen_keep_lost(hub);
            hub->keep.must_mark = false;
            hub->keep.mark.number = 0;
            listen_hub_keep_none(hub);
        }
    }
    if (++end.stops < 2 * process_workers() && !worker->stopping) {
        post_end();
    }
}

void listen_keep_end(void)
{
    if (end.letter.deliver == NULL && process_workers() > 0) {
        end.letter.deliver = deliver_end;
        post_end();
    }
}
