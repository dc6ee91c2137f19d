/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_passage.h"

#include "proxy/channels.h"
#include "proxy/client.h"
#include "proxy/drain.h"
#include "proxy/handover_wire.h"
#include "proxy/listen_client.h"
#include "proxy/listen_group.h"
#include "proxy/listen_keep.h"
#include "proxy/worker.h"

#include <string.h>

/* ---- in the old process ---- */

/* The listener says all of it. */
static bool is_settled(const struct listen_client *listen)
{
    return listen->subs.count > 0 && listen->unconfirmed == 0 && listen->unmarked == 0 &&
           listen->hub_marked == listen->number && listen->group->up.serial != 0 &&
           !listen->is_stuck && !listen->has_missed && !listen->awaits;
}

bool listen_passage_may_move(const struct listen_client *listen)
{
    return listen == NULL || (is_settled(listen) && sl_buf_len(&listen->waiting) == 0 &&
                                     !listen->is_over && !listen->owes_ready &&
                                     !listen->has_setting && listen->asked == LISTEN_ASKED_NOTHING);
}

bool listen_passage_is_marked(struct listen_client *listen)
{
    struct listen_group *group = listen->group;
    sl_usec now = group->worker->now;

    if (listen->mark != 0 && listen_keep_is_of_this(listen->mark) &&
            now - group->marked_at < LISTEN_MARK_FRESH) {
        return true;
    }
    if (group->mark_asked_at == 0 || now - group->mark_asked_at >= LISTEN_MARK_PAUSE) {
        group->mark_asked_at = now;
        listen_group_ask_mark(group);
    }
    return false;
}

enum sl_err listen_passage_put(const struct listen_client *listen, struct sl_buf *buf)
{
    enum sl_err err = sl_buf_put_u32(buf, listen == NULL ? 0 : listen->subs.count);

    if (listen != NULL) {
        SL_LIST_EACH (it, &listen->all) {
            const struct listen_sub *sub = SL_CONTAINER(it, struct listen_sub, link);
            const struct channel *name = &sub->channel->channel;
            /* What is to be skipped comes after the marker here, whichever was first. */
            struct handover_channel channel = {
                    .name = sl_span(name->name, name->len), .heard = sub->heard + sub->skip};
            err = err == SL_OK ? handover_put_channel(buf, &channel) : err;
        }
    }
    return err == SL_OK ? sl_buf_put_u32(buf, listen == NULL ? 0 : listen->mark) : err;
}

void listen_passage_void(struct listen_client *listen)
{
    listen->marking = 0;
    listen->mark = 0;
}

bool listen_passage_counts(struct listen_sub *sub)
{
    if (sub->skip > 0) {
        sub->skip--;
        sub->heard++;
        return false;
    }
    sub->heard++;
    return true;
}

void listen_passage_marking(struct listen_group *group, struct sl_span bytes)
{
    uint32_t number;

    SL_CHECK(bytes.len == sizeof number);
    memcpy(&number, bytes.at, sizeof number);
    SL_LIST_EACH (it, &group->clients) {
        struct listen_client *listen = SL_CONTAINER(it, struct listen_client, link);
        if (listen->marking == 0 && is_settled(listen)) {
            listen->marking = number;
        }
    }
}

void listen_passage_marked(struct listen_group *group, uint32_t number)
{
    group->marked_at = group->worker->now;
    SL_LIST_EACH (it, &group->clients) {
        struct listen_client *listen = SL_CONTAINER(it, struct listen_client, link);
        listen->mark = listen->marking != 0 && listen->marking <= number ? number : 0;
        SL_LIST_EACH (s, &listen->all) {
            SL_CONTAINER(s, struct listen_sub, link)->heard = 0;
        }
    }
    drain_again(group->worker);
}

/* ---- in the new process ---- */

static struct listen_sub *arrive_one(struct listen_client *listen, struct sl_span name)
{
    struct listen_sub *sub = listen_client_sub(listen, name);

    if (sub != NULL && sub->number == 0) {
        sub->number = LISTEN_PASSED;
        listen->unmarked--;
    }
    return sub;
}

/* To the hub, behind what asks for the channels. */
static bool ask_to_adopt(struct listen_client *listen, struct handover_list list, uint32_t mark)
{
    struct handover_channel channel;
    struct sl_buf names;
    enum sl_err err = SL_OK;

    sl_buf_init(&names, CHANNELS_BYTES_MAX);
    while (err == SL_OK && handover_next_channel(&list, &channel)) {
        err = sl_buf_put(&names, &channel.heard, sizeof channel.heard);
        err = err == SL_OK ? channels_list_add(&names, channel.name) : err;
    }
    struct listen_marker of = {.client = listen->client->id, .number = mark};
    bool is_sent = err == SL_OK && listen_group_ask_adopt(listen->group, &names, &of);
    sl_buf_fini(&names);
    return is_sent;
}

bool listen_passage_arrive(struct client *client, struct handover_list list, uint32_t mark)
{
    struct handover_list rest = list;
    struct handover_channel channel;
    bool is_whole = true;

    if (list.count == 0) {
        return true;
    }
    struct listen_client *listen = listen_client_of(client);
    if (listen == NULL) {
        return false;
    }
    while (is_whole && handover_next_channel(&rest, &channel)) {
        is_whole = arrive_one(listen, channel.name) != NULL;
    }
    listen->number = LISTEN_PASSED;
    listen->server_marked = LISTEN_PASSED;
    listen->awaits = true;
    listen_group_ask(listen->group);
    if (!is_whole || !ask_to_adopt(listen, list, mark)) {
        return false;
    }
    timer_set(
            &client->io.worker->timers, &listen->timer, client->io.worker->now + LISTEN_MARK_TIME);
    return true;
}

static void end_wait(struct listen_client *listen)
{
    listen->awaits = false;
    listen->hub_marked = listen->hub_marked < LISTEN_PASSED ? LISTEN_PASSED : listen->hub_marked;
    listen_client_touch(listen);
}

void listen_passage_missed(struct listen_client *listen)
{
    end_wait(listen);
    listen_client_missed(listen);
}

/* The client that a record is about, if it waits for that. */
static struct listen_client *find(const struct listen_group *group, struct sl_span bytes)
{
    const struct client *client;
    struct sl_id id;

    SL_CHECK(bytes.len >= sizeof id);
    memcpy(&id, bytes.at, sizeof id);
    client = client_find(group->worker, id);
    struct listen_client *listen = client == NULL ? NULL : client->listen;
    return listen != NULL && listen->group == group && listen->awaits ? listen : NULL;
}

void listen_passage_replayed(struct listen_group *group, struct sl_span bytes)
{
    struct listen_client *listen = find(group, bytes);

    if (listen != NULL) {
        listen_client_replay(
                listen, sl_span(bytes.at + sizeof(struct sl_id), bytes.len - sizeof(struct sl_id)));
    }
}

void listen_passage_skip(struct listen_group *group, struct sl_span bytes)
{
    struct listen_client *listen = find(group, bytes);
    struct listen_skip skip;

    if (listen != NULL) {
        memcpy(&skip, bytes.at, sizeof skip);
        listen_client_skip(
                listen, sl_span(bytes.at + sizeof skip, bytes.len - sizeof skip), skip.count);
    }
}

void listen_passage_adopted(struct listen_group *group, struct sl_span bytes)
{
    struct listen_client *listen = find(group, bytes);
    struct listen_adopted adopted;

    if (listen == NULL) {
        return;
    }
    memcpy(&adopted, bytes.at, sizeof adopted);
    if (adopted.is_whole) {
        end_wait(listen);
    } else {
        listen_passage_missed(listen);
    }
}
