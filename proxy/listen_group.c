/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_group.h"

#include "protocol/back.h"
#include "protocol/base/check.h"
#include "protocol/message.h"
#include "proxy/client.h"
#include "proxy/listen_client.h"
#include "proxy/listen_hub.h"
#include "proxy/listen_passage.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

static struct listen_group *group_find(struct worker *worker, const struct database *database)
{
    SL_LIST_EACH (it, &worker->listen_groups) {
        struct listen_group *group = SL_CONTAINER(it, struct listen_group, link);
        if (group->database == database) {
            return group;
        }
    }
    return NULL;
}

struct listen_group *listen_group_of(struct worker *worker, struct pool *pool)
{
    struct listen_group *group = group_find(worker, pool->database);

    if (group != NULL) {
        return group;
    }
    group = calloc(1, sizeof *group);
    if (group == NULL || !listen_private_name(group->private_name) ||
            !registry_hold(&pool->holders)) {
        free(group);
        return NULL;
    }
    group->database = pool->database;
    group->pool = pool;
    group->worker = worker;
    sl_map_init(&group->channels, CHANNELS_MAX);
    sl_list_init(&group->clients);
    sl_list_init(&group->touched);
    sl_list_init(&group->unused);
    sl_buf_init(&group->asks, CHANNELS_BYTES_MAX);
    sl_list_append(&worker->listen_groups, &group->link);
    return group;
}

static void channel_free(struct listen_group *group, struct group_channel *channel)
{
    sl_list_remove(&channel->unused);
    sl_map_remove(&group->channels, &channel->channel.node);
    free(channel);
}

void listen_group_free_if_empty(struct listen_group *group)
{
    struct pool *pool = group->pool;

    if (!sl_list_empty(&group->clients) || group->is_busy) {
        return;
    }
    if (group->worker->stopping) {
        SL_LIST_EACH_SAFE (it, &group->unused) {
            channel_free(group, SL_CONTAINER(it, struct group_channel, unused));
        }
    }
    if (group->channels.count > 0) {
        return; /* the hub could not be told: the next client tries again */
    }
    sl_map_fini(&group->channels);
    sl_buf_fini(&group->asks);
    sl_list_remove(&group->link);
    free(group);
    registry_let_go(&pool->holders);
}

/* ---- what is wanted ---- */

struct group_channel *listen_group_want(struct listen_group *group, struct sl_span name)
{
    struct channel *found = channels_find(&group->channels, name);

    if (found != NULL) {
        struct group_channel *channel = SL_CONTAINER(found, struct group_channel, channel);
        sl_list_remove(&channel->unused);
        return channel;
    }
    struct group_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL || channels_list_add(&group->asks, name) != SL_OK) {
        free(channel);
        return NULL;
    }
    sl_list_init(&channel->subs);
    sl_list_init(&channel->unused);
    if (channels_put(&group->channels, &channel->channel, name) != SL_OK) {
        group->asks.filled -= name.len + 1;
        free(channel);
        return NULL;
    }
    return channel;
}

void listen_group_unwant(struct listen_group *group, struct group_channel *channel)
{
    if (sl_list_empty(&channel->subs) && sl_list_empty(&channel->unused)) {
        sl_list_append(&group->unused, &channel->unused);
    }
}

/* names is taken over. */
static bool send_ask(struct listen_group *group, struct sl_buf *names, enum listen_what what,
        const struct listen_marker *of)
{
    struct listen_ask *ask = calloc(1, sizeof *ask);

    if (ask == NULL || !registry_hold(&group->pool->holders)) {
        free(ask);
        return false;
    }
    ask->database = group->database;
    ask->pool = group->pool;
    ask->worker = group->worker->index;
    ask->what = what;
    if (of != NULL) {
        ask->mark = *of;
    }
    ask->names = *names;
    sl_buf_init(names, CHANNELS_BYTES_MAX);
    listen_hub_send(ask);
    return true;
}

static void tell_unused(struct listen_group *group)
{
    struct sl_buf names;
    bool is_put = true;

    sl_buf_init(&names, CHANNELS_BYTES_MAX);
    SL_LIST_EACH (it, &group->unused) {
        const struct channel *channel = &SL_CONTAINER(it, struct group_channel, unused)->channel;
        is_put = is_put && channels_list_add(&names, sl_span(channel->name, channel->len)) == SL_OK;
    }
    if (is_put && send_ask(group, &names, LISTEN_WANTS_NO_MORE, NULL)) {
        SL_LIST_EACH_SAFE (it, &group->unused) {
            channel_free(group, SL_CONTAINER(it, struct group_channel, unused));
        }
    }
    sl_buf_fini(&names);
}

void listen_group_ask(struct listen_group *group)
{
    if (group->worker->stopping) {
        return;
    }
    /* First what is new: what is unused may be so only since then. */
    if (sl_buf_len(&group->asks) > 0) {
        SL_IGNORE(!send_ask(group, &group->asks, LISTEN_WANTS, NULL), "the next time");
    }
    if (sl_buf_len(&group->asks) == 0 && !sl_list_empty(&group->unused)) {
        tell_unused(group);
    }
}

void listen_group_ask_mark(struct listen_group *group)
{
    struct sl_buf none;

    sl_buf_init(&none, 0);
    SL_IGNORE(!send_ask(group, &none, LISTEN_WANTS_MARK, NULL), "the next time");
}

bool listen_group_ask_adopt(
        struct listen_group *group, struct sl_buf *names, const struct listen_marker *of)
{
    return send_ask(group, names, LISTEN_ADOPTS, of);
}

/* ---- news ---- */

static struct group_channel *channel_of(const struct listen_group *group, struct sl_span name)
{
    struct channel *found = channels_find(&group->channels, name);

    return found == NULL ? NULL : SL_CONTAINER(found, struct group_channel, channel);
}

static void take_down(struct listen_group *group)
{
    if (group->up.serial == 0) {
        return;
    }
    group->up.serial = 0;
    SL_LIST_EACH (it, &group->clients) {
        struct listen_client *listen = SL_CONTAINER(it, struct listen_client, link);
        SL_LIST_EACH (s, &listen->all) {
            SL_CONTAINER(s, struct listen_sub, link)->channel->is_confirmed = false;
        }
        listen_client_lost(listen);
    }
    SL_LIST_EACH (it, &group->unused) {
        SL_CONTAINER(it, struct group_channel, unused)->is_confirmed = false;
    }
}

static void take_up(struct listen_group *group, struct sl_span bytes)
{
    struct listen_up up;

    SL_CHECK(bytes.len == sizeof up);
    memcpy(&up, bytes.at, sizeof up);
    if (up.serial != group->up.serial) {
        take_down(group);
        group->up = up;
    }
    group->is_failing = false;
    group->failures = 0;
}

static void take_name(struct listen_group *group, struct sl_span name, bool is_confirmed)
{
    struct group_channel *channel = channel_of(group, name);

    if (channel == NULL || channel->is_confirmed) {
        return;
    }
    channel->is_confirmed = is_confirmed;
    channel->is_refused = !is_confirmed;
    SL_LIST_EACH (it, &channel->subs) {
        listen_client_confirmed(SL_CONTAINER(it, struct listen_sub, in_channel), is_confirmed);
    }
}

static void take_notification(struct listen_group *group, struct sl_span message)
{
    struct back_notification notification;

    if (back_notification_read(sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD),
                &notification) != SL_OK) {
        return;
    }
    struct group_channel *channel = channel_of(group, notification.channel);
    if (channel == NULL) {
        return;
    }
    SL_LIST_EACH (it, &channel->subs) {
        listen_client_heard(SL_CONTAINER(it, struct listen_sub, in_channel), message);
    }
}

static void take_marker(struct listen_group *group, struct sl_span bytes)
{
    struct listen_marker marker;

    SL_CHECK(bytes.len == sizeof marker);
    memcpy(&marker, bytes.at, sizeof marker);
    if (marker.worker == LISTEN_MARK_ALL) {
        listen_passage_marked(group, marker.number);
    } else {
        listen_client_marked(group, &marker);
    }
}

/* Of those of its clients the one behind the pool that it has, in a round. */
static struct pool *next_pool(const struct listen_group *group)
{
    struct pool *next = NULL;
    struct pool *first = group->pool;

    SL_LIST_EACH (it, &group->clients) {
        struct pool *pool = SL_CONTAINER(it, struct listen_client, link)->client->pool;
        first = (uintptr_t)pool < (uintptr_t)first ? pool : first;
        if ((uintptr_t)pool > (uintptr_t)group->pool &&
                (next == NULL || (uintptr_t)pool < (uintptr_t)next)) {
            next = pool;
        }
    }
    return next != NULL ? next : first;
}

/* As whom it was tried may be what is wrong with it: the hub takes one of those that are offered. */
static void try_another(struct listen_group *group)
{
    struct pool *pool = next_pool(group);
    struct sl_buf names;

    if (!registry_hold(&pool->holders)) {
        return;
    }
    registry_let_go(&group->pool->holders);
    group->pool = pool;
    sl_buf_init(&names, CHANNELS_BYTES_MAX);
    SL_IGNORE(!send_ask(group, &names, LISTEN_WANTS, NULL), "it fails again, and is tried again");
    sl_buf_fini(&names);
}

static void take_failing(struct listen_group *group, bool was_tried)
{
    group->is_failing = true;
    group->failures += was_tried ? 1 : 0;
    SL_LIST_EACH (it, &group->clients) {
        struct listen_client *listen = SL_CONTAINER(it, struct listen_client, link);
        if (was_tried && group->failures == LISTEN_FAILURES_SAID) {
            listen_client_deaf(listen);
        }
        listen_client_touch(listen);
    }
    if (was_tried) {
        try_another(group);
    }
}

static void take(struct listen_group *group, const struct listen_record *record)
{
    switch (record->kind) {
    case LISTEN_UP:
        take_up(group, record->bytes);
        break;
    case LISTEN_CONFIRMED:
    case LISTEN_REFUSED:
        take_name(group, record->bytes, record->kind == LISTEN_CONFIRMED);
        break;
    case LISTEN_NOTIFICATION:
        take_notification(group, record->bytes);
        break;
    case LISTEN_MARKED:
        take_marker(group, record->bytes);
        break;
    case LISTEN_DOWN:
        take_down(group);
        break;
    case LISTEN_FAILING:
        take_failing(group, record->bytes.len > 0);
        break;
    case LISTEN_MARKING:
        listen_passage_marking(group, record->bytes);
        break;
    case LISTEN_REPLAYED:
        listen_passage_replayed(group, record->bytes);
        break;
    case LISTEN_SKIP:
        listen_passage_skip(group, record->bytes);
        break;
    case LISTEN_ADOPTED:
        listen_passage_adopted(group, record->bytes);
        break;
    }
}

void listen_group_take(
        struct worker *worker, const struct database *database, struct sl_span records)
{
    struct listen_group *group = group_find(worker, database);
    struct listen_record record;

    if (group == NULL) {
        return;
    }
    while (listen_news_next(&records, &record)) {
        take(group, &record);
    }
    struct sl_list *item;
    group->is_busy = true;
    while ((item = sl_list_pop(&group->touched)) != NULL) {
        listen_client_see(SL_CONTAINER(item, struct listen_client, touched)); /* it may end */
    }
    group->is_busy = false;
    listen_group_free_if_empty(group);
}
