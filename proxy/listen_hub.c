/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listen_hub.h"

#include "conf/conf.h"
#include "protocol/back.h"
#include "protocol/base/log.h"
#include "proxy/listen_inside.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 65536, NOTIFICATION_MAX = 65536, NEWS_BYTES_MAX = 256 << 20 };

#define LOOK_PERIOD (5 * SL_SECOND)
#define PAUSED_PERIOD (50 * SL_MSEC) /* it goes when the others have gone */
#define BEHIND_PERIOD (5 * SL_MSEC)

static struct listen_place *place_of(struct listen_hub *hub)
{
    return &hub->database->listen;
}

/* ---- sets of workers ---- */

static bool has_worker(const uint64_t *workers, unsigned i)
{
    return (workers[i / 64] >> (i % 64) & 1) != 0;
}

static void set_worker(uint64_t *workers, unsigned i, bool is_in)
{
    uint64_t bit = UINT64_C(1) << (i % 64);

    workers[i / 64] = is_in ? workers[i / 64] | bit : workers[i / 64] & ~bit;
}

static bool has_any(const uint64_t *workers)
{
    uint64_t all = 0;

    for (size_t i = 0; i < HUB_WORDS; i++) {
        all |= workers[i];
    }
    return all != 0;
}

/* ---- news ---- */

static struct sl_span name_of(const struct hub_channel *channel)
{
    return sl_span(channel->channel.name, channel->channel.len);
}

/* Without memory for it the connection goes, so that nothing is missed and not said. */
void listen_hub_tell(
        struct listen_hub *hub, unsigned worker, enum listen_news_kind kind, struct sl_span bytes)
{
    struct listen_news *news = hub->news[worker];

    if (news == NULL) {
        news = calloc(1, sizeof *news);
        if (news == NULL) {
            hub->is_full = true;
            return;
        }
        sl_buf_init(&news->records, NEWS_BYTES_MAX);
        news->database = hub->database;
        hub->news[worker] = news;
    }
    hub->is_full |= listen_news_add(news, kind, bytes) != SL_OK;
}

static void tell_all(struct listen_hub *hub, const uint64_t *workers, enum listen_news_kind kind,
        struct sl_span bytes)
{
    for (unsigned i = 0; i < process_workers(); i++) {
        if (has_worker(workers, i)) {
            listen_hub_tell(hub, i, kind, bytes);
        }
    }
}

void listen_hub_tell_all(struct listen_hub *hub, enum listen_news_kind kind, struct sl_span bytes)
{
    tell_all(hub, hub->workers, kind, bytes);
}

static void tell_up(struct listen_hub *hub, unsigned worker)
{
    struct listen_up up;
    const char *encoding = params_get(hub->server->params, "client_encoding");

    memset(&up, 0, sizeof up);
    up.serial = hub->server->serial;
    up.place = listen_place_of(hub->server);
    if (encoding != NULL && strlen(encoding) < sizeof up.encoding) {
        memcpy(up.encoding, encoding, strlen(encoding));
    }
    listen_hub_tell(hub, worker, LISTEN_UP, sl_span(&up, sizeof up));
}

/* It was tried; at a pause it is not. */
static void tell_failed(struct listen_hub *hub)
{
    listen_hub_tell_all(hub, LISTEN_FAILING, sl_span("x", 1));
}

static void post_news(struct listen_hub *hub)
{
    for (unsigned i = 0; i < process_workers(); i++) {
        struct listen_news *news = hub->news[i];
        if (news != NULL) {
            hub->news[i] = NULL;
            listen_news_send(news, i);
        }
    }
}

/* ---- channels ---- */

static void enter(struct listen_hub *hub, struct hub_channel *channel, enum hub_channel_state state)
{
    sl_list_remove(&channel->link);
    sl_list_append(&hub->lists[state], &channel->link);
    channel->state = state;
}

static void channel_free(struct listen_hub *hub, struct hub_channel *channel)
{
    sl_list_remove(&channel->link);
    sl_map_remove(&hub->channels, &channel->channel.node);
    atomic_store(&place_of(hub)->channels, hub->channels.count);
    free(channel);
}

struct hub_channel *listen_hub_find(struct listen_hub *hub, struct sl_span name)
{
    struct channel *found = channels_find(&hub->channels, name);

    return found == NULL ? NULL : SL_CONTAINER(found, struct hub_channel, channel);
}

static struct hub_channel *channel_new(struct listen_hub *hub, struct sl_span name)
{
    struct hub_channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL || channels_put(&hub->channels, &channel->channel, name) != SL_OK) {
        free(channel);
        return NULL;
    }
    sl_list_init(&channel->link);
    enter(hub, channel, WANTED);
    atomic_store(&place_of(hub)->channels, hub->channels.count);
    return channel;
}

void listen_hub_want(struct listen_hub *hub, unsigned worker, struct sl_span name)
{
    struct hub_channel *channel = listen_hub_find(hub, name);

    if (channel == NULL) {
        channel = channel_new(hub, name);
    }
    if (channel == NULL) {
        listen_hub_tell(hub, worker, LISTEN_REFUSED, name);
        return;
    }
    set_worker(channel->workers, worker, true);
    if (channel->state == RESTING) {
        enter(hub, channel, HEARD);
    }
    if (channel->state == HEARD) {
        listen_hub_tell(hub, worker, LISTEN_CONFIRMED, name);
    }
}

static bool is_wanted(const struct hub_channel *channel)
{
    return has_any(channel->workers) || channel->kept_since != 0;
}

/* One less wants it. */
static void rest(struct listen_hub *hub, struct hub_channel *channel)
{
    if (is_wanted(channel)) {
        return;
    }
    channel->since = hub->worker->now;
    hub->unwanted_since = hub->worker->now;
    if (channel->state == WANTED) {
        channel_free(hub, channel);
    } else if (channel->state == HEARD) {
        enter(hub, channel, RESTING);
    }
}

static void want_no_more(struct listen_hub *hub, unsigned worker, struct sl_span name)
{
    struct hub_channel *channel = listen_hub_find(hub, name);

    if (channel != NULL) {
        set_worker(channel->workers, worker, false);
        rest(hub, channel);
    }
}

bool listen_hub_keep(struct listen_hub *hub, struct sl_span name, uint32_t mark)
{
    struct hub_channel *channel = listen_hub_find(hub, name);

    channel = channel == NULL ? channel_new(hub, name) : channel;
    if (channel == NULL) {
        return false;
    }
    if (channel->state == RESTING) {
        enter(hub, channel, HEARD);
    }
    channel->kept_since = channel->kept_since == 0 ? mark : channel->kept_since;
    return true;
}

static bool is_unwanted(const struct listen_hub *hub)
{
    return sl_list_empty(&hub->lists[WANTED]) && sl_list_empty(&hub->lists[ASKED]) &&
           sl_list_empty(&hub->lists[HEARD]) && sl_list_empty(&hub->lists[LEAVING]);
}

/* ---- the connection ---- */

static sl_usec check_period(const struct listen_hub *hub)
{
    sl_usec period = hub->worker->conf->server_check_delay_usec;

    return period < SL_SECOND ? SL_SECOND : period;
}

static void look_again(struct listen_hub *hub)
{
    struct worker *worker = hub->worker;
    bool is_paused = hub->server != NULL && pool_is_paused(hub->pool);
    sl_usec at = worker->now + (is_paused ? PAUSED_PERIOD : LOOK_PERIOD);

    if (hub->server == NULL && !sl_list_empty(&hub->lists[WANTED])) {
        at = hub->retry_at > worker->now ? hub->retry_at : worker->now + SL_MSEC;
    } else if (hub->server != NULL && hub->server->io.paused) {
        at = worker->now + BEHIND_PERIOD;
    } else if (is_unwanted(hub)) {
        at = hub->unwanted_since + LISTEN_REST;
        at = at > worker->now ? at : worker->now + LISTEN_REST; /* it is asking, or logs in */
    } else if (!is_paused && check_period(hub) < LOOK_PERIOD) {
        at = worker->now + check_period(hub);
    }
    timer_set(&worker->timers, &hub->timer, at);
}

static void back_off(struct listen_hub *hub)
{
    hub->backoff = hub->backoff * 2;
    hub->backoff = hub->backoff < LISTEN_BACKOFF_MIN ? LISTEN_BACKOFF_MIN : hub->backoff;
    hub->backoff = hub->backoff > LISTEN_BACKOFF_MAX ? LISTEN_BACKOFF_MAX : hub->backoff;
    hub->retry_at = hub->worker->now + hub->backoff;
}

/* At a pause, with no other server of its database's left: who keeps one may wait to hear. */
static bool is_at_rest(const struct listen_hub *hub)
{
    int own = hub->server != NULL ? 1 : 0;

    return pool_is_paused(hub->pool) && atomic_load(&hub->database->servers) <= own;
}

static void open_it(struct listen_hub *hub)
{
    struct worker *worker = hub->worker;
    struct sl_error error;

    if (worker->now < hub->retry_at) {
        return;
    }
    back_off(hub); /* until it is up */
    hub->tried_before = hub->tried;
    hub->tried = hub->pool;
    if (is_at_rest(hub) || process_is_suspended() || process_shutdown() != PROCESS_RUNS) {
        listen_hub_tell_all(hub, LISTEN_FAILING, sl_span(NULL, 0));
        return;
    }
    if (pool_is_disabled(hub->pool, &error) || !pool_add_listener(hub->pool)) {
        tell_failed(hub);
        return;
    }
    struct server *server = server_new(hub->pool, worker, params_empty());
    if (server == NULL) {
        pool_drop_listener(hub->pool);
        tell_failed(hub);
        return;
    }
    hub->server = server;
    server->hub = hub;
    atomic_store(&place_of(hub)->state, LISTEN_STATE_CONNECTING);
    server_login_begin(server); /* and perhaps it is gone again */
}

/* ---- asking it ---- */

/*
 * Those of a list, as many as one batch may have. A name in a client's encoding need not be one in the
 * listener's, and PostgreSQL refuses a whole batch for that: so it goes alone. False: there is none.
 */
static bool put_batch(struct listen_hub *hub, struct sl_buf *text, enum hub_channel_state from,
        enum hub_channel_state to)
{
    const char *verb = to == ASKED ? "LISTEN" : "UNLISTEN";

    SL_LIST_EACH_SAFE (it, &hub->lists[from]) {
        struct hub_channel *channel = SL_CONTAINER(it, struct hub_channel, link);
        if (to == LEAVING && hub->worker->now - channel->since < LISTEN_LINGER) {
            continue;
        }
        hub->is_alone = to == ASKED && !channels_is_ascii(name_of(channel));
        if ((hub->is_alone && sl_buf_len(text) > 0) ||
                channels_put_statement(text, verb, name_of(channel)) != SL_OK) {
            hub->is_alone = false;
            break; /* the next batch has it */
        }
        enter(hub, channel, to);
        if (hub->is_alone) {
            break;
        }
    }
    return sl_buf_len(text) > 0;
}

static void send_batch(
        struct listen_hub *hub, enum hub_channel_state from, enum hub_channel_state to)
{
    struct sl_buf text;

    sl_buf_init(&text, BATCH_MAX);
    if (put_batch(hub, &text, from, to)) {
        hub->is_asking = true;
        bool is_sent = sl_buf_put_u8(&text, '\0') == SL_OK &&
                       server_ask_hub(hub->server, (const char *)sl_buf_borrow(&text).at) == SL_OK;
        hub->is_full |= !is_sent;
        timer_set(&hub->worker->timers, &hub->server->timer, hub->worker->now + HUB_ANSWER_TIME);
    }
    sl_buf_fini(&text);
}

/* A connection that leads nowhere any more tells of nothing, and nobody else would notice. */
static void check(struct listen_hub *hub)
{
    if (hub->server->io.paused || hub->worker->now - hub->heard_at < check_period(hub)) {
        return;
    }
    hub->is_asking = true;
    hub->is_alone = false;
    hub->is_full |= server_ask_hub(hub->server, "") != SL_OK;
    timer_set(&hub->worker->timers, &hub->server->timer, hub->worker->now + 10 * SL_SECOND);
}

/* Whatever is to be done next. */
static void go_on(struct listen_hub *hub)
{
    if (hub->server == NULL && !sl_list_empty(&hub->lists[WANTED])) {
        open_it(hub);
    } else if (hub->is_up && !hub->is_asking) {
        send_batch(hub, WANTED, ASKED);
        if (!hub->is_asking) {
            send_batch(hub, RESTING, LEAVING);
        }
        if (!hub->is_asking) {
            listen_keep_look(hub);
        }
        if (!hub->is_asking) {
            check(hub);
        }
    }
    if (hub->is_full && hub->server != NULL && hub->server->state == SERVER_LISTEN) {
        server_close(hub->server, "out of memory");
    }
    hub->is_full = hub->is_full && hub->server != NULL;
    look_again(hub);
}

void listen_hub_keep_none(struct listen_hub *hub)
{
    for (int state = WANTED; state <= LEAVING; state++) {
        SL_LIST_EACH_SAFE (it, &hub->lists[state]) {
            struct hub_channel *channel = SL_CONTAINER(it, struct hub_channel, link);
            if (channel->kept_since != 0) {
                channel->kept_since = 0;
                rest(hub, channel);
            }
        }
    }
    go_on(hub);
    post_news(hub);
}

/* What a batch asked for is so. */
static void on_batch_done(struct listen_hub *hub)
{
    struct sl_list *item;

    while ((item = sl_list_pop(&hub->lists[ASKED])) != NULL) {
        struct hub_channel *channel = SL_CONTAINER(item, struct hub_channel, link);
        enter(hub, channel, HEARD);
        tell_all(hub, channel->workers, LISTEN_CONFIRMED, name_of(channel));
        if (!is_wanted(channel)) {
            enter(hub, channel, RESTING);
        }
    }
    while ((item = sl_list_pop(&hub->lists[LEAVING])) != NULL) {
        struct hub_channel *channel = SL_CONTAINER(item, struct hub_channel, link);
        if (is_wanted(channel)) {
            enter(hub, channel, WANTED); /* somebody came meanwhile */
        } else {
            channel_free(hub, channel);
        }
    }
}

static void on_batch_refused(struct listen_hub *hub)
{
    struct sl_list *item;

    while ((item = sl_list_pop(&hub->lists[ASKED])) != NULL) {
        struct hub_channel *channel = SL_CONTAINER(item, struct hub_channel, link);
        tell_all(hub, channel->workers, LISTEN_REFUSED, name_of(channel));
        listen_keep_refused(hub, channel);
        channel_free(hub, channel);
    }
}

/* ---- its connection's events ---- */

void listen_hub_ready(struct server *server)
{
    static const char quiet[] =
            "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings"
            " WHERE name OPERATOR(pg_catalog.=) ANY (ARRAY['statement_timeout','lock_timeout',"
            "'idle_session_timeout','transaction_timeout']); ";
    struct listen_hub *hub = server->hub;
    struct sl_buf text;

    server_enter(server, SERVER_LISTEN);
    timer_set(&hub->worker->timers, &server->timer, hub->worker->now + HUB_ANSWER_TIME);
    sl_buf_init(&text, BATCH_MAX);
    enum sl_err err = sl_buf_put(&text, quiet, sizeof quiet - 1);
    if (err == SL_OK) {
        err = channels_put_statement(&text, "LISTEN", sl_span_text(hub->private_name));
    }
    err = err == SL_OK ? sl_buf_put_u8(&text, '\0') : err;
    hub->is_asking = true;
    if (err == SL_OK) {
        err = server_ask_hub(server, (const char *)sl_buf_borrow(&text).at);
    }
    sl_buf_fini(&text);
    if (err != SL_OK) {
        server_close(server, "out of memory");
    }
}

bool listen_hub_tolerates(const struct server *server)
{
    return server->hub != NULL && server->hub->is_alone;
}

void listen_hub_answered(struct server *server, enum expect_outcome outcome)
{
    struct listen_hub *hub = server->hub;

    if (hub == NULL || (outcome != EXPECT_DONE && !hub->is_alone)) {
        return; /* the server is closed for it, or was */
    }
    hub->is_asking = false;
    timer_clear(&hub->worker->timers, &server->timer);
    if (outcome != EXPECT_DONE) {
        on_batch_refused(hub);
        return;
    }
    if (hub->is_up) {
        on_batch_done(hub);
        return;
    }
    hub->is_up = true;
    hub->backoff = 0;
    hub->retry_at = 0;
    struct listen_place *place = place_of(hub);
    atomic_store(&place->state, LISTEN_STATE_CONNECTED);
    atomic_store(&place->pid, server->pid);
    atomic_store(&place->since, hub->worker->now);
    sl_log(SL_LOG_INFO, "listener_connected", "server=%lu db=%s user=%s channels=%u",
            (unsigned long)server->serial, sl_log_quote(hub->database->name),
            sl_log_quote(hub->pool->user->name), hub->channels.count);
    for (unsigned i = 0; i < process_workers(); i++) {
        if (has_worker(hub->workers, i)) {
            tell_up(hub, i);
        }
    }
}

/* One of ours: whoever it is for has all that came before. */
static void on_marker(struct listen_hub *hub, struct sl_span payload)
{
    struct listen_marker marker;

    if (!listen_marker_read(payload, &marker)) {
        return;
    }
    if (marker.worker == LISTEN_MARK_ALL) {
        listen_keep_marked(hub, &marker);
    } else if (marker.process == process_number() && marker.database == hub->database->index &&
               marker.worker < process_workers()) {
        listen_hub_tell(hub, marker.worker, LISTEN_MARKED, sl_span(&marker, sizeof marker));
    }
}

void listen_hub_notified(struct server *server, struct sl_span body)
{
    struct listen_hub *hub = server->hub;
    struct back_notification notification;

    if (back_notification_read(body, &notification) != SL_OK) {
        server->is_broken = true;
        return;
    }
    if (sl_span_is(notification.channel, hub->private_name)) {
        on_marker(hub, notification.payload);
        return;
    }
    const struct hub_channel *channel = listen_hub_find(hub, notification.channel);
    if (channel == NULL || !is_wanted(channel)) {
        return;
    }
    atomic_fetch_add_explicit(&place_of(hub)->heard, 1, memory_order_relaxed);
    struct sl_buf message;
    sl_buf_init(&message, NOTIFICATION_MAX);
    notification.pid = notifiers_shown(&hub->database->notifiers, notification.pid);
    if (back_put_notification(&message, &notification) == SL_OK) {
        tell_all(hub, channel->workers, LISTEN_NOTIFICATION, sl_buf_borrow(&message));
        listen_keep_heard(hub, channel, sl_buf_borrow(&message));
    } else {
        hub->is_full = true;
    }
    sl_buf_fini(&message);
}

void listen_hub_turn_ends(struct server *server)
{
    struct listen_hub *hub = server->hub;
    struct io *io = &server->io;

    hub->heard_at = hub->worker->now;
    post_news(hub); /* for go_on() may close it */
    if (listen_news_on_their_way() > LISTEN_NEWS_MAX) {
        io->paused = true;
        io_want(io, io->wants & ~(unsigned)IO_READ);
    }
    go_on(hub);
    post_news(hub);
}

/* The workers have caught up, perhaps. */
static void read_on(struct listen_hub *hub)
{
    struct server *server = hub->server;

    if (server == NULL || !server->io.paused || listen_news_on_their_way() > LISTEN_NEWS_MAX / 2) {
        return;
    }
    io_unpause(&server->io);
    hub->heard_at = hub->worker->now;
    if (hub->is_asking) {
        timer_set(&hub->worker->timers, &server->timer, hub->worker->now + HUB_ANSWER_TIME);
    }
}

static void forget_channels(struct listen_hub *hub)
{
    for (int state = ASKED; state <= LEAVING; state++) {
        SL_LIST_EACH_SAFE (it, &hub->lists[state]) {
            struct hub_channel *channel = SL_CONTAINER(it, struct hub_channel, link);
            if (is_wanted(channel)) {
                enter(hub, channel, WANTED);
            } else {
                channel_free(hub, channel);
            }
        }
    }
}

void listen_hub_lost(struct server *server)
{
    struct listen_hub *hub = server->hub;
    struct listen_place *place = place_of(hub);

    server->hub = NULL;
    hub->server = NULL;
    hub->is_asking = false;
    hub->is_alone = false;
    atomic_store(&place->state, LISTEN_STATE_OFF);
    atomic_store(&place->pid, 0);
    atomic_store(&place->since, 0);
    forget_channels(hub);
    listen_keep_lost(hub);
    if (hub->is_up) {
        hub->is_up = false;
        if (!sl_list_empty(&hub->lists[WANTED])) {
            atomic_fetch_add(&place->lost, 1);
        }
        listen_hub_tell_all(hub, LISTEN_DOWN, sl_span(NULL, 0));
    } else {
        tell_failed(hub);
    }
    if (!hub->worker->stopping) {
        post_news(hub);
        look_again(hub);
    }
}

/* ---- coming and going ---- */

static void hub_free(struct listen_hub *hub)
{
    struct pool *pool = hub->pool;
    struct sl_map_node *node;

    SL_CHECK(hub->server == NULL);
    while ((node = sl_map_any(&hub->channels)) != NULL) {
        struct channel *channel = SL_CONTAINER(node, struct channel, node);
        channel_free(hub, SL_CONTAINER(channel, struct hub_channel, channel));
    }
    sl_map_fini(&hub->channels);
    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        listen_news_free(hub->news[i]);
    }
    listen_keep_lost(hub);
    timer_clear(&hub->worker->timers, &hub->timer);
    sl_list_remove(&hub->link);
    place_of(hub)->hub = NULL;
    free(hub);
    registry_let_go(&pool->holders);
}

void listen_hub_look(struct server *server)
{
    struct listen_hub *hub = server->hub;

    if (is_at_rest(hub) && !process_is_suspended()) {
        server_close(server, "paused");
    } else {
        look_again(hub);
    }
}

static void timer_fired(struct timer *timer)
{
    struct listen_hub *hub = SL_CONTAINER(timer, struct listen_hub, timer);

    if (is_unwanted(hub) && hub->worker->now - hub->unwanted_since >= LISTEN_REST) {
        if (hub->server != NULL && hub->server->state == SERVER_LISTEN && !hub->is_asking) {
            server_close(hub->server, "nobody listens");
        }
        if (hub->server == NULL) {
            hub_free(hub);
            return;
        }
    }
    if (hub->server != NULL && hub->server->state == SERVER_LISTEN) {
        listen_hub_look(hub->server);
    }
    read_on(hub);
    go_on(hub);
    post_news(hub);
}

static struct listen_hub *hub_new(struct worker *worker, struct database *database)
{
    struct listen_hub *hub = calloc(1, sizeof *hub);

    if (hub == NULL || !listen_private_name(hub->private_name)) {
        free(hub);
        return NULL;
    }
    hub->worker = worker;
    hub->database = database;
    sl_map_init(&hub->channels, CHANNELS_MAX);
    for (int i = 0; i <= LEAVING; i++) {
        sl_list_init(&hub->lists[i]);
    }
    timer_init(&hub->timer, timer_fired);
    listen_keep_init(&hub->keep);
    sl_list_append(&worker->listen_hubs, &hub->link);
    database->listen.hub = hub;
    return hub;
}

/* The next connection is not made as the last one was, nor as that before it, if others want it, too. */
static void take_pool(struct listen_hub *hub, struct listen_ask *ask)
{
    struct pool *old = hub->pool;
    bool is_better = ask->what == LISTEN_WANTS && hub->server == NULL && ask->pool != hub->tried &&
                     (old == hub->tried || old == hub->tried_before);

    if (old == NULL || is_better) {
        hub->pool = ask->pool;
        ask->pool = old;
    }
}

static void ask_free(struct listen_ask *ask)
{
    if (ask->pool != NULL) {
        registry_let_go(&ask->pool->holders);
    }
    sl_buf_fini(&ask->names);
    free(ask);
}

static void take_worker(struct listen_hub *hub, unsigned worker)
{
    set_worker(hub->workers, worker, true);
    if (hub->is_up) {
        tell_up(hub, worker);
    }
}

static void take_ask(struct listen_hub *hub, struct listen_ask *ask)
{
    struct sl_span names = sl_buf_borrow(&ask->names);
    struct sl_span name;

    switch (ask->what) {
    case LISTEN_WANTS:
        take_worker(hub, ask->worker);
        while (channels_list_next(&names, &name)) {
            listen_hub_want(hub, ask->worker, name);
        }
        break;
    case LISTEN_WANTS_NO_MORE:
        while (channels_list_next(&names, &name)) {
            want_no_more(hub, ask->worker, name);
        }
        break;
    case LISTEN_WANTS_MARK:
        listen_keep_ask(hub);
        break;
    case LISTEN_KEEPS:
        listen_keep_take(hub, ask);
        break;
    case LISTEN_ADOPTS:
        take_worker(hub, ask->worker);
        listen_keep_adopt(hub, ask);
        break;
    }
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct listen_ask *ask = SL_CONTAINER(letter, struct listen_ask, letter);
    struct listen_hub *hub = ask->database->listen.hub;
    bool makes = ask->what != LISTEN_WANTS_NO_MORE && ask->what != LISTEN_WANTS_MARK;

    if (hub == NULL && makes && !worker->stopping) {
        hub = hub_new(worker, ask->database);
    }
    if (hub == NULL || worker->stopping) {
        ask_free(ask); /* who waits for it stays pinned */
        return;
    }
    take_pool(hub, ask);
    take_ask(hub, ask);
    ask_free(ask);
    go_on(hub);
    post_news(hub);
}

void listen_hub_send(struct listen_ask *ask)
{
    unsigned home = ask->database->index % process_workers();

    ask->letter.deliver = deliver;
    mailbox_post(&process_worker(home)->mailbox, &ask->letter);
}

void listen_hubs_free(struct worker *worker)
{
    SL_LIST_EACH_SAFE (it, &worker->listen_hubs) {
        hub_free(SL_CONTAINER(it, struct listen_hub, link));
    }
}
