/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http.c - evhttp, and the bounds it does not have.
 *
 * evhttp 2.1 counts no connections and has timeouts only between bytes. So each
 * connection's bufferevent is made by us, and a reference kept: evhttp has let go of
 * a connection when its callbacks are gone, and until we let go too its descriptor
 * is not closed, so that cutting it off cannot hit another. At max_connections
 * evhttp's listener rests and on_surplus() takes what comes, to refuse it.
 */
#include "proxy/http.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "proxy/http_gather.h"
#include "proxy/http_reserve.h"
#include "proxy/http_routes.h"
#include "proxy/http_socket.h"
#include "proxy/http_stats.h"
#include "proxy/http_task.h"
#include "proxy/http_words.h"
#include "proxy/mailbox.h"
#include "proxy/process.h"
#include "proxy/tick.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK (20 * SL_MSEC)
#define REST (500 * SL_MSEC) /* while all connections there are wait for a request */

enum {
    SURPLUS_BATCH = 64,
    /* What evhttp itself takes: more than we do, as it knows two refusals only. */
    EVHTTP_HEAD_MAX = 8 * HTTP_HEAD_MAX,
    EVHTTP_BODY_MORE = 64 * 1024
};

enum connection_state { READING, ANSWERING, SENDING };

struct connection {
    struct sl_list link;
    struct bufferevent *bufferevent; /* a reference */
    struct evbuffer_cb_entry *on_input;
    struct evbuffer_cb_entry *on_output;
    enum connection_state state;
    bool has_input; /* of the request that is READING */
    bool is_cut;
    sl_usec since;
};

/* A request that was not answered yet. */
struct exchange {
    struct http_request request; /* first */
    struct sl_list link;
    struct evhttp_request *evhttp;
    struct connection *connection;
    bool is_gone; /* the connection is */
};

static struct {
    atomic_bool is_running; /* any thread */
    struct mailbox mailbox; /* any thread */
    struct letter stop_letter;
    struct letter pause_letter;
    atomic_bool shall_pause;      /* any thread */
    atomic_bool has_pause_letter; /* any thread: it is on its way */
    pthread_t thread;
    bool has_thread;

    /* The thread's. */
    struct event_base *base;
    struct event *mail_event;
    struct tick tick;
    struct event *surplus_event;
    struct event *words_event;
    struct evhttp *http;
    struct evconnlistener *listener;
    size_t evhttp_body_max; /* of connections made now: evhttp waits for a whole body */
    bool is_resting;        /* evhttp's listener */
    bool is_paused;         /* another process accepts in our place */
    bool is_stopping;
    bool is_busy; /* somebody's time is running: all are looked at each tick */
    struct sl_list connections;
    struct sl_list exchanges;
} self = {.mailbox = {.wake_fd = -1}};

struct mailbox *http_mailbox(void)
{
    return atomic_load(&self.is_running) ? &self.mailbox : NULL;
}

static sl_usec timeout(void)
{
    const struct conf *conf = process_conf();
    sl_usec usec = conf->http_timeout_usec;

    conf_unref(conf);
    return usec;
}

/* ---- connections ---- */

/* By the configuration in force; what it says of bodies is told evhttp by the way. */
static unsigned connections_max(void)
{
    const struct conf *conf = process_conf();
    unsigned max = (unsigned)conf->http_max_connections;

    self.evhttp_body_max = (size_t)conf->http_max_body + EVHTTP_BODY_MORE;
    evhttp_set_max_body_size(self.http, (ev_ssize_t)self.evhttp_body_max);
    conf_unref(conf);
    return max;
}

static void enter(struct connection *connection, enum connection_state state)
{
    struct evbuffer *input = bufferevent_get_input(connection->bufferevent);

    tick_stir(&self.tick);
    connection->state = state;
    connection->since = sl_now();
    connection->has_input = state == READING && evbuffer_get_length(input) > 0;
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
    struct connection *connection = arg;

    (void)buffer;
    if (info->n_added > 0 && connection->state == READING && !connection->has_input) {
        tick_stir(&self.tick);
        connection->has_input = true;
        connection->since = sl_now();
    }
}

/* No request is being answered: it is evhttp that speaks. It has not finished; soon it has. */
static void on_output(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
    const struct connection *connection = arg;

    (void)buffer;
    if (info->n_added > 0 && connection->state == READING) {
        event_active(self.words_event, EV_TIMEOUT, 0);
    }
}

/* In the same turn of the loop: nothing of it has been sent. */
static void on_words(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    SL_LIST_EACH (it, &self.connections) {
        struct connection *connection = SL_CONTAINER(it, struct connection, link);
        int status =
                connection->state != READING
                        ? 0
                        : http_words_translate(bufferevent_get_output(connection->bufferevent));
        if (status != 0) {
            http_stats_answered(-1, status, 0);
            enter(connection, SENDING);
        }
    }
}

static bool evhttp_let_go(const struct connection *connection)
{
    bufferevent_data_cb read;
    bufferevent_data_cb write;
    bufferevent_event_cb event;
    void *arg;

    bufferevent_getcb(connection->bufferevent, &read, &write, &event, &arg);
    return event == NULL;
}

static void free_connection(struct connection *connection)
{
    evbuffer_remove_cb_entry(bufferevent_get_input(connection->bufferevent), connection->on_input);
    evbuffer_remove_cb_entry(
            bufferevent_get_output(connection->bufferevent), connection->on_output);
    bufferevent_decref(connection->bufferevent); /* closes the socket */
    sl_list_remove(&connection->link);
    http_stats.connections--;
    free(connection);
}

/* evhttp's listener rests while there is no room, and ours takes what comes. */
static void see_to_listener(void)
{
    bool is_full = http_stats.connections >= connections_max();

    if (self.is_paused) {
        return;
    }
    if (is_full && !self.is_resting) {
        self.is_resting = true;
        evconnlistener_disable(self.listener);
        event_add(self.surplus_event, NULL);
    } else if (!is_full && self.is_resting) {
        self.is_resting = false;
        event_del(self.surplus_event);
        evconnlistener_enable(self.listener);
    }
}

static bool watch(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->bufferevent);
    struct evbuffer *output = bufferevent_get_output(connection->bufferevent);

    connection->on_input = evbuffer_add_cb(input, on_input, connection);
    connection->on_output = evbuffer_add_cb(output, on_output, connection);
    return connection->on_input != NULL && connection->on_output != NULL;
}

/* For a connection that evhttp has accepted; NULL: without memory it makes one that we do not know. */
static struct bufferevent *make_bufferevent(struct event_base *base, void *arg)
{
    struct connection *connection = calloc(1, sizeof *connection);

    (void)arg;
    if (connection == NULL) {
        return NULL;
    }
    connection->bufferevent = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (connection->bufferevent == NULL || !watch(connection)) {
        if (connection->bufferevent != NULL) {
            bufferevent_free(connection->bufferevent);
        }
        free(connection);
        return NULL;
    }
    bufferevent_incref(connection->bufferevent);
    sl_list_append(&self.connections, &connection->link);
    enter(connection, READING);
    http_stats.connections++;
    http_stats.accepted++;
    see_to_listener();
    /* Requests behind one that is being answered stay in the socket; a whole one must find room. */
    bufferevent_setwatermark(
            connection->bufferevent, EV_READ, 0, EVHTTP_HEAD_MAX + self.evhttp_body_max);
    return connection->bufferevent;
}

static struct connection *find_connection(struct evhttp_request *evhttp)
{
    struct evhttp_connection *of = evhttp_request_get_connection(evhttp);
    const struct bufferevent *bufferevent =
            of == NULL ? NULL : evhttp_connection_get_bufferevent(of);

    SL_LIST_EACH (it, &self.connections) {
        struct connection *connection = SL_CONTAINER(it, struct connection, link);
        if (connection->bufferevent == bufferevent) {
            return connection;
        }
    }
    return NULL;
}

/* Whatever evhttp is doing with it: it sees the end of the connection, and lets go. */
static void cut(struct connection *connection)
{
    connection->is_cut = true;
    shutdown(bufferevent_getfd(connection->bufferevent), SHUT_RDWR);
}

/* ---- answers ---- */

static void on_sent(struct evhttp_request *evhttp, void *arg)
{
    enter(arg, READING);
    if (evhttp_request_get_command(evhttp) == EVHTTP_REQ_CONNECT) {
        cut(arg); /* evhttp takes what follows for the tunnel's, and would not close */
    }
}

static size_t output_bytes(void)
{
    size_t bytes = 0;

    SL_LIST_EACH (it, &self.connections) {
        struct connection *connection = SL_CONTAINER(it, struct connection, link);
        bytes += evbuffer_get_length(bufferevent_get_output(connection->bufferevent));
    }
    return bytes;
}

void http_add_header(struct http_request *request, const char *name, const char *value)
{
    struct exchange *exchange = SL_CONTAINER(request, struct exchange, request);

    /* Without memory it is missing: none of ours is worth more than the answer. */
    (void)evhttp_add_header(evhttp_request_get_output_headers(exchange->evhttp), name, value);
}

/* HEAD: all but the body; evhttp would send it. 304 has none. */
static bool has_body(const struct http_request *request, int status)
{
    return request->method != HTTP_HEAD && status != 304;
}

/* The end of an exchange; out is taken over, or NULL. */
static void finish(struct exchange *exchange, int status, struct evbuffer *out)
{
    struct http_request *request = &exchange->request;
    struct evhttp_connection *of = evhttp_request_get_connection(exchange->evhttp);

    http_stats_answered(http_route_number(request->route), status, sl_now() - request->began_at);
    http_gather_abandon(request->gather);
    http_task_abandon(request->task);
    sl_list_remove(&exchange->link);
    if (of != NULL && !exchange->is_gone) {
        evhttp_connection_set_closecb(of, NULL, NULL);
        evhttp_request_set_on_complete_cb(exchange->evhttp, on_sent, exchange->connection);
        enter(exchange->connection, SENDING);
    }
    /* Without a connection it is freed. */
    evhttp_send_reply(exchange->evhttp, status, http_status_reason(status), out);
    if (out != NULL) {
        evbuffer_free(out);
    }
    free(exchange);
}

static void add_usual_headers(struct http_request *request, const char *type, size_t len)
{
    char text[32];

    http_add_header(request, "X-Content-Type-Options", "nosniff");
    if (type != NULL) {
        http_add_header(request, "Content-Type", type);
    }
    snprintf(text, sizeof text, "%zu", len);
    http_add_header(request, "Content-Length", text);
}

static void free_bytes(const void *data, size_t len, void *at)
{
    (void)data;
    (void)len;
    free(at);
}

void http_answer(struct http_request *request, int status, const char *type, struct sl_buf *body)
{
    struct exchange *exchange = SL_CONTAINER(request, struct exchange, request);
    struct sl_span bytes = body == NULL ? sl_span(NULL, 0) : sl_buf_borrow(body);
    struct evbuffer *out = NULL;

    if (bytes.len > 0 && has_body(request, status)) {
        out = evbuffer_new();
        if (out != NULL &&
                evbuffer_add_reference(out, bytes.at, bytes.len, free_bytes, body->at) != 0) {
            evbuffer_free(out);
            out = NULL;
        }
        status = out == NULL ? 503 : status;
        bytes.len = out == NULL ? 0 : bytes.len;
    }
    if (out == NULL && body != NULL) {
        sl_buf_fini(body);
    }
    if (status != 304) {
        add_usual_headers(request, type, bytes.len);
    }
    finish(exchange, status, out);
}

void http_answer_constant(
        struct http_request *request, int status, const char *type, struct sl_span body)
{
    struct exchange *exchange = SL_CONTAINER(request, struct exchange, request);
    struct evbuffer *out = has_body(request, status) ? evbuffer_new() : NULL;

    if (out != NULL && evbuffer_add_reference(out, body.at, body.len, NULL, NULL) != 0) {
        evbuffer_free(out);
        out = NULL;
    }
    if (out == NULL && has_body(request, status)) {
        status = 503;
        body.len = 0;
    }
    add_usual_headers(request, type, body.len);
    finish(exchange, status, out);
}

/* ---- requests ---- */

static void on_close(struct evhttp_connection *of, void *arg)
{
    struct exchange *exchange = arg;

    (void)of;
    tick_stir(&self.tick);
    exchange->is_gone = true; /* on_tick() finishes it: here evhttp is in the middle of things */
}

static enum http_method method_of(struct evhttp_request *evhttp)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(evhttp);

    return method == EVHTTP_REQ_GET    ? HTTP_GET
           : method == EVHTTP_REQ_HEAD ? HTTP_HEAD
           : method == EVHTTP_REQ_POST ? HTTP_POST
                                       : HTTP_OTHER;
}

static size_t head_bytes(const struct evkeyvalq *headers)
{
    size_t bytes = 0;

    for (const struct evkeyval *header = headers->tqh_first; header != NULL;
            header = header->next.tqe_next) {
        bytes += strlen(header->key) + strlen(header->value) + strlen(": \r\n");
    }
    return bytes;
}

/* The body as evhttp has it: good until the answer. */
static struct sl_span body_of(struct evhttp_request *evhttp)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(evhttp);
    size_t len = evbuffer_get_length(input);

    return sl_span(len == 0 ? (const void *)"" : evbuffer_pullup(input, -1), len);
}

static bool is_twice(const struct evkeyvalq *headers, const char *name)
{
    int count = 0;

    for (const struct evkeyval *header = headers->tqh_first; header != NULL;
            header = header->next.tqe_next) {
        count += strcasecmp(header->key, name) == 0 ? 1 : 0;
    }
    return count > 1;
}

/* What is wrong with it before anybody looks what it asks for: a status, or 0. */
static int judge(struct exchange *exchange, const struct conf *conf, const char **why)
{
    struct http_request *request = &exchange->request;
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(exchange->evhttp);
    const char *uri = evhttp_request_get_uri(exchange->evhttp);

    enum sl_err err = http_path_read(uri == NULL ? "" : uri, &request->path);
    request->body = body_of(exchange->evhttp);
    if (err == SL_ELIMIT) {
        *why = "the path is too long";
        return 414;
    }
    if (err != SL_OK) {
        *why = "the path cannot be understood";
        return 400;
    }
    if (head_bytes(headers) > HTTP_HEAD_MAX) {
        *why = "the headers are too long";
        return 431;
    }
    if (exchange->evhttp->major == 1 && exchange->evhttp->minor >= 1 && request->host == NULL) {
        *why = "there is no Host";
        return 400;
    }
    if (is_twice(headers, "Content-Length")) {
        *why = "there are two lengths"; /* whoever stands before us may believe the other */
        return 400;
    }
    if (request->body.at == NULL || request->body.len > (size_t)conf->http_max_body) {
        *why = "the body is too long";
        return 413;
    }
    if (output_bytes() > HTTP_OUTPUT_MAX) {
        *why = "too much is waiting to be sent";
        return 503;
    }
    return 0;
}

static struct exchange *exchange_new(struct evhttp_request *evhttp, const struct conf *conf)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(evhttp);
    struct connection *connection = find_connection(evhttp);
    struct exchange *exchange = connection == NULL ? NULL : calloc(1, sizeof *exchange);

    if (exchange == NULL) {
        return NULL;
    }
    exchange->evhttp = evhttp;
    exchange->connection = connection;
    exchange->request.method = method_of(evhttp);
    exchange->request.began_at = sl_now();
    exchange->request.mailbox = &self.mailbox;
    exchange->request.has_tokens = conf->http_token[0] != '\0';
    exchange->request.token =
            http_token_judge(evhttp_find_header(headers, "Authorization"), conf->http_token);
    exchange->request.host = evhttp_find_header(headers, "Host");
    exchange->request.if_none_match = evhttp_find_header(headers, "If-None-Match");
    exchange->request.content_type = evhttp_find_header(headers, "Content-Type");
    sl_list_append(&self.exchanges, &exchange->link);
    enter(connection, ANSWERING);
    evhttp_connection_set_closecb(evhttp_request_get_connection(evhttp), on_close, exchange);
    return exchange;
}

static void on_request(struct evhttp_request *evhttp, void *arg)
{
    const struct conf *conf = process_conf();
    struct exchange *exchange = exchange_new(evhttp, conf);
    const char *why = "";

    (void)arg;
    if (exchange == NULL) {
        evhttp_send_error(evhttp, 503, "out of memory");
    } else {
        int status = self.is_stopping ? 503 : judge(exchange, conf, &why);
        if (status != 0) {
            http_add_header(&exchange->request, "Connection", "close");
            http_refuse(&exchange->request, status, "%s", why);
        } else {
            http_route(&exchange->request);
        }
    }
    conf_unref(conf);
}

/* ---- time, and too many ---- */

static void see_to_time(struct connection *connection, sl_usec now, sl_usec limit)
{
    if (connection->is_cut || connection->state == ANSWERING || now - connection->since < limit) {
        return;
    }
    if (connection->state == READING && connection->has_input) {
        http_stats.late++;
        http_words_say(bufferevent_getfd(connection->bufferevent), 408,
                "the request did not arrive in time");
    }
    cut(connection);
}

static void see_to_exchanges(sl_usec now, sl_usec limit)
{
    SL_LIST_EACH_SAFE (it, &self.exchanges) {
        struct exchange *exchange = SL_CONTAINER(it, struct exchange, link);
        bool is_late = now - exchange->request.began_at >= limit;
        if (is_late || exchange->is_gone || self.is_stopping) {
            http_stats.late += is_late ? 1 : 0;
            http_add_header(&exchange->request, "Retry-After", "1");
            http_refuse(&exchange->request, 503, "%s",
                    self.is_stopping ? "the process ends" : "it could not be answered in time");
        }
    }
}

static void see_to_connections(void)
{
    sl_usec now = sl_now();
    sl_usec limit = timeout();

    see_to_exchanges(now, limit); /* first: they point to connections */
    self.is_busy = !sl_list_empty(&self.exchanges);
    SL_LIST_EACH_SAFE (it, &self.connections) {
        struct connection *connection = SL_CONTAINER(it, struct connection, link);
        if (evhttp_let_go(connection)) {
            free_connection(connection);
        } else {
            see_to_time(connection, now, limit);
            self.is_busy |=
                    connection->is_cut || connection->state != READING || connection->has_input;
        }
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    see_to_connections();
    if (!self.is_stopping) {
        see_to_listener();
    } else if (http_gathers() == 0) {
        event_base_loopbreak(self.base);
    }
    sl_usec rest = sl_list_empty(&self.connections) ? TICK_NEVER : REST;
    tick_end(&self.tick, self.is_busy || self.is_resting || self.is_stopping ? 0 : rest);
}

static void on_surplus(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    (void)arg;
    see_to_connections();
    see_to_listener();
    for (int i = 0; self.is_resting && i < SURPLUS_BATCH; i++) {
        char request[4096];
        int one = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (one < 0) {
            return;
        }
        http_stats.refused++;
        http_words_say(one, 503, "there are too many connections");
        /* What has come is read, or closing would take the answer back. */
        ssize_t n = recv(one, request, sizeof request, MSG_DONTWAIT);
        (void)n;
        close(one);
    }
}

/* No descriptor is left, most likely: evhttp would try again at once, for ever. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    if (!self.is_resting) {
        tick_stir(&self.tick);
        self.is_resting = true;
        evconnlistener_disable(listener); /* until the next tick */
    }
}

/* ---- the thread ---- */

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    mailbox_deliver(&self.mailbox, NULL);
}

static void deliver_stop(struct letter *letter, struct worker *worker)
{
    (void)letter;
    (void)worker;
    tick_stir(&self.tick);
    self.is_stopping = true;
    evconnlistener_disable(self.listener);
    event_del(self.surplus_event);
}

static void deliver_pause(struct letter *letter, struct worker *worker)
{
    (void)letter;
    (void)worker;
    atomic_store(&self.has_pause_letter, false); /* before looking: a later change posts anew */
    self.is_paused = atomic_load(&self.shall_pause) && !self.is_stopping;
    if (self.is_paused) {
        self.is_resting = true; /* once it is over see_to_listener() finds it so */
        evconnlistener_disable(self.listener);
        event_del(self.surplus_event);
    }
    tick_stir(&self.tick);
}

static void *run(void *arg)
{
    (void)arg;
    http_reserve_use();
    event_base_dispatch(self.base);
    return NULL;
}

/* ---- start and stop ---- */

static bool add_events(int fd)
{
    self.mail_event =
            event_new(self.base, self.mailbox.wake_fd, EV_READ | EV_PERSIST, on_mail, NULL);
    self.surplus_event = event_new(self.base, fd, EV_READ | EV_PERSIST, on_surplus, NULL);
    self.words_event = event_new(self.base, -1, 0, on_words, NULL);
    return self.mail_event != NULL && self.surplus_event != NULL && self.words_event != NULL &&
           event_add(self.mail_event, NULL) == 0 &&
           tick_init(&self.tick, self.base, TICK, on_tick, NULL) == SL_OK;
}

/* fd is taken over. */
static bool make_server(int fd)
{
    self.base = event_base_new();
    self.http = self.base == NULL ? NULL : evhttp_new(self.base);
    struct evhttp_bound_socket *bound =
            self.http == NULL ? NULL : evhttp_accept_socket_with_handle(self.http, fd);
    if (bound == NULL) {
        close(fd);
        return false;
    }
    self.listener = evhttp_bound_socket_get_listener(bound);
    evconnlistener_set_error_cb(self.listener, on_accept_error);
    evhttp_set_bevcb(self.http, make_bufferevent, NULL);
    evhttp_set_gencb(self.http, on_request, NULL);
    /* All it knows: what is not served there is said by the routes. */
    evhttp_set_allowed_methods(self.http, 0xffff);
    evhttp_set_max_headers_size(self.http, EVHTTP_HEAD_MAX);
    (void)connections_max();
    return add_events(fd);
}

static void free_server(void)
{
    struct event *events[] = {self.mail_event, self.surplus_event, self.words_event};

    if (self.http != NULL) {
        evhttp_free(self.http); /* the listener's socket, too */
    }
    SL_LIST_EACH_SAFE (it, &self.connections) {
        free_connection(SL_CONTAINER(it, struct connection, link));
    }
    for (size_t i = 0; i < SL_COUNT(events); i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
    tick_fini(&self.tick);
    if (self.base != NULL) {
        event_base_free(self.base);
    }
}

enum sl_err http_start(const struct conf *conf, struct sl_error *error)
{
    char text[128];

    if (conf->http_listen[0] == '\0') {
        return SL_OK;
    }
    sl_list_init(&self.connections);
    sl_list_init(&self.exchanges);
    int fd = http_socket(conf);
    if (fd < 0) {
        return sl_error_set(error, SL_EIO, "58000", "[http] listen = %s: %s", conf->http_listen,
                strerror_r(errno, text, sizeof text));
    }
    enum sl_err err = mailbox_init(&self.mailbox);
    if (err != SL_OK) {
        close(fd);
    } else if (!make_server(fd)) {
        err = SL_ENOMEM;
    } else {
        /* Before it walks the registry the reaper must know of it. */
        atomic_store(&self.is_running, true);
        err = pthread_create(&self.thread, NULL, run, NULL) == 0 ? SL_OK : SL_EIO;
    }
    if (err != SL_OK) {
        free_server();
        return sl_error_set(error, err, "53000", "could not start the thread for HTTP");
    }
    self.has_thread = true;
    pthread_setname_np(self.thread, "http");
    sl_log(SL_LOG_INFO, "http_listening", "address=%s", conf->http_listen);
    return SL_OK;
}

void http_pause(bool paused)
{
    atomic_store(&self.shall_pause, paused);
    if (self.has_thread && !atomic_exchange(&self.has_pause_letter, true)) {
        self.pause_letter.deliver = deliver_pause;
        mailbox_post(&self.mailbox, &self.pause_letter);
    }
}

void http_stop(void)
{
    if (!self.has_thread) {
        return;
    }
    self.stop_letter.deliver = deliver_stop;
    mailbox_post(&self.mailbox, &self.stop_letter);
    pthread_join(self.thread, NULL);
    self.has_thread = false;
    free_server();
}

void http_fini(void)
{
    atomic_store(&self.is_running, false);
    if (self.mailbox.wake_fd >= 0) {
        (void)mailbox_deliver(&self.mailbox, NULL);
    }
    mailbox_fini(&self.mailbox);
}
