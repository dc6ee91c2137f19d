/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/handover_give.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/crypto.h"
#include "proxy/cancel.h"
#include "proxy/cancel_keys.h"
#include "proxy/control.h"
#include "proxy/daemon.h"
#include "proxy/drain.h"
#include "proxy/handover_client.h"
#include "proxy/handover_link.h"
#include "proxy/handover_take.h"
#include "proxy/http.h"
#include "proxy/http_socket.h"
#include "proxy/listen_keep.h"
#include "proxy/listener.h"
#include "proxy/notify.h"
#include "proxy/pool.h"
#include "proxy/prepared.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/sweep.h"
#include "proxy/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PREPARES_MAX (60 * SL_SECOND) /* from HELLO to SERVES */
#define RETRY (1 * SL_SECOND)
#define ANSWER_MAX (10 * SL_SECOND) /* from a CLIENT to what became of it */

enum {
    OUT_MAX = 1 << 20, /* of one message that is no client's */
    LAST_RECEIVES = 64 /* far more than a socket holds of answers */
};

enum state { LISTENS, ASKED, PREPARES, MOVES, ENDS };

static struct {
    enum state state;
    struct event_base *base;
    struct mailbox *mailbox;
    struct sockaddr_un path; /* "": there is no place for it */
    bool is_off;             /* and it cannot be had, which was said */
    sl_usec retry_at;
    int listen_fd;
    bool has_inode;
    struct stat inode; /* of what listen_fd is bound to */
    struct event *listen_event;
    struct handover_link link;
    struct event *read_event;
    struct event *write_event;
    pid_t peer;
    sl_usec since;     /* of this state */
    sl_usec answered;  /* or, if nothing was asked for so long, when it was */
    sl_usec closes_at; /* of MOVES and ENDS; 0: never */
    sl_usec over_at;   /* likewise */
    bool closes;
    struct sl_list offers; /* struct drain_offer: not answered, in the order of their numbers */
    uint64_t number;       /* the last */
    uint64_t generation;   /* of what pools were sent */
    unsigned moved;
    unsigned stayed;
    unsigned drained; /* before this one: drain_closed() */
} self = {.listen_fd = -1, .link = {.fd = -1}};

/* A CANCELLED on its way here. */
struct cancelled_letter {
    struct letter letter;
    uint64_t number;
    uint64_t generation;
};

static void lost(const char *reason);

/* ---- sending ---- */

static void flush(void)
{
    if (!handover_link_flush(&self.link) && !self.link.is_broken) {
        event_add(self.write_event, NULL);
    }
}

/* Fills buf with a message, or fails; then it is sent, with fd, which is taken over. */
static bool put(struct sl_buf *buf, enum sl_err err, int fd)
{
    if (err != SL_OK && fd >= 0) {
        close(fd);
    }
    if (err == SL_OK) {
        err = handover_link_put(&self.link, sl_buf_borrow(buf), fd);
    }
    if (buf->at != NULL) {
        crypto_wipe(buf->at, buf->filled);
    }
    sl_buf_fini(buf);
    return err == SL_OK;
}

static bool put_bare(enum handover_type type)
{
    struct sl_buf buf;

    sl_buf_init(&buf, OUT_MAX);
    return put(&buf, handover_put_bare(&buf, type), -1);
}

static bool put_welcome(void)
{
    struct handover_welcome welcome = {.pid = (uint32_t)getpid(),
            .serial = process_last_serial(),
            .reading = prepared_last_reading(),
            .last_pid = cancel_keys_last_pid(),
            .is_paused = process_is_paused()};
    struct sl_buf buf;

    process_key(welcome.key);
    sl_buf_init(&buf, OUT_MAX);
    bool is_put = put(&buf, handover_put_welcome(&buf, &welcome), -1);
    crypto_wipe(&welcome, sizeof welcome);
    return is_put;
}

static bool put_socket(
        enum handover_socket_kind kind, int fd, const struct address *address, bool has_file)
{
    struct handover_socket socket = {.kind = (uint8_t)kind,
            .has_file = has_file,
            .address = sl_span(&address->at, address->len)};
    struct sl_buf buf;
    int copy = dup(fd);

    sl_buf_init(&buf, OUT_MAX);
    return copy >= 0 && put(&buf, handover_put_socket(&buf, &socket), copy);
}

static bool put_sockets(void)
{
    struct address address;
    bool is_put = true;
    bool has_file;
    int fd;

    for (int i = 0; is_put && listener_to_give(i, &fd, &address, &has_file); i++) {
        is_put = fd < 0 || put_socket(HANDOVER_OF_CLIENTS, fd, &address, has_file);
    }
    if (is_put && (fd = http_listens()) >= 0) {
        address = (struct address){.len = sizeof address.at};
        is_put = getsockname(fd, &address.at.any, &address.len) == 0 &&
                 put_socket(HANDOVER_OF_HTTP, fd, &address, false);
    }
    return is_put;
}

/* Those of which something is known that no configuration says. */
static bool put_databases(void)
{
    bool is_put = true;

    for (struct database *d = registry_next_database(NULL); d != NULL && is_put;
            d = registry_next_database(d)) {
        struct handover_database database = {.name = d->name,
                .is_paused = atomic_load(&d->is_paused),
                .is_disabled = atomic_load(&d->is_disabled)};
        struct sl_buf buf;
        sl_buf_init(&buf, OUT_MAX);
        if (database.is_paused || database.is_disabled) {
            is_put = put(&buf, handover_put_database(&buf, &database), -1);
        }
    }
    return is_put;
}

/* ---- clients ---- */

static bool put_pool(struct pool *pool)
{
    struct sl_buf buf;

    if (pool->handed_over == self.generation) {
        return true;
    }
    sl_buf_init(&buf, OUT_MAX);
    bool is_put = put(&buf, handover_pool_put(pool, &buf), -1);
    if (is_put) {
        pool->handed_over = self.generation;
    }
    return is_put;
}

/* Those that have servers; the others when a client of theirs moves. */
static bool put_pools(void)
{
    bool is_put = true;

    for (struct pool *p = registry_next_pool(NULL); p != NULL && is_put;
            p = registry_next_pool(p)) {
        if (atomic_load(&p->clients) > 0) {
            is_put = put_pool(p);
        }
    }
    return is_put;
}

static void deliver_offer(struct letter *letter, struct worker *worker)
{
    struct drain_offer *offer = SL_CONTAINER(letter, struct drain_offer, letter);
    int fd = offer->fd;

    (void)worker;
    if (self.state != MOVES || self.link.is_broken || !put_pool(offer->pool)) {
        close(fd);
        drain_answer(offer, DRAIN_RETURNS);
        return;
    }
    offer->number = ++self.number;
    sl_set_u32(offer->bytes + HANDOVER_NUMBER_AT, (uint32_t)(offer->number >> 32));
    sl_set_u32(offer->bytes + HANDOVER_NUMBER_AT + 4, (uint32_t)offer->number);
    if (handover_link_put(&self.link, sl_span(offer->bytes, offer->len), fd) != SL_OK) {
        drain_answer(offer, DRAIN_RETURNS);
        return;
    }
    if (sl_list_empty(&self.offers)) {
        self.answered = sl_now();
    }
    sl_list_init(&offer->link);
    sl_list_append(&self.offers, &offer->link);
    flush();
    if (self.link.is_broken) {
        lost("it has closed the connection");
    }
}

void handover_offer(struct drain_offer *offer)
{
    offer->letter.deliver = deliver_offer;
    mailbox_post(self.mailbox, &offer->letter);
}

/* False: no such offer. */
static bool answer(uint64_t number, enum drain_answer how)
{
    SL_LIST_EACH_SAFE (it, &self.offers) {
        struct drain_offer *offer = SL_CONTAINER(it, struct drain_offer, link);
        if (offer->number == number) {
            sl_list_remove(&offer->link);
            self.answered = sl_now();
            self.moved += how == DRAIN_TAKEN;
            self.stayed += how == DRAIN_STAYS;
            drain_answer(offer, how);
            return true;
        }
    }
    return false;
}

/* ---- what a worker has to say ---- */

void handover_said_free(struct handover_said *said)
{
    registry_let_go(&said->pool->holders);
    sl_buf_fini(&said->bytes);
    free(said);
}

/* Not while the link is full: it is said again, if it still matters. */
static void deliver_said(struct letter *letter, struct worker *worker)
{
    struct handover_said *said = SL_CONTAINER(letter, struct handover_said, letter);

    (void)worker;
    if (self.state == MOVES && !self.link.is_broken && sl_list_empty(&self.link.out) &&
            put_pool(said->pool) && put(&said->bytes, SL_OK, -1)) {
        flush();
    }
    handover_said_free(said);
}

void handover_say(struct handover_said *said)
{
    said->letter.deliver = deliver_said;
    mailbox_post(self.mailbox, &said->letter);
}

/* ---- what is paused there ---- */

static bool on_database(struct sl_span body)
{
    struct handover_database said;

    if (!handover_read_database(body, &said)) {
        return false;
    }
    struct database *database = said.name[0] == '\0' ? NULL : registry_database(said.name);
    if (said.name[0] == '\0') {
        process_set_paused(said.is_paused);
    } else if (database != NULL) {
        atomic_store(&database->is_paused, said.is_paused);
        atomic_store(&database->is_disabled, said.is_disabled);
        registry_let_go(&database->holders);
        worker_tend_pools();
    }
    if (said.is_paused) {
        sweep_servers();
    }
    return true;
}

/* ---- cancels ---- */

static void deliver_cancelled(struct letter *letter, struct worker *worker)
{
    struct cancelled_letter *mine = SL_CONTAINER(letter, struct cancelled_letter, letter);
    struct sl_buf buf;

    (void)worker;
    sl_buf_init(&buf, OUT_MAX);
    if (self.state == MOVES && mine->generation == (self.generation & UINT32_MAX) &&
            put(&buf, handover_put_number(&buf, HANDOVER_CANCELLED, mine->number), -1)) {
        flush();
    }
    free(mine);
}

/* The generation is in the number's upper half: an answer to one that has gone is nobody's. */
void handover_cancelled(uint64_t number)
{
    struct cancelled_letter *mine = malloc(sizeof *mine);

    if (mine == NULL) {
        return; /* whoever waits for it has a deadline */
    }
    *mine = (struct cancelled_letter){.letter.deliver = deliver_cancelled,
            .number = number & UINT32_MAX,
            .generation = number >> 32};
    mailbox_post(self.mailbox, &mine->letter);
}

static bool on_cancel(struct sl_span body)
{
    struct handover_cancel cancel;

    if (!handover_read_cancel(body, &cancel) || cancel.number > UINT32_MAX) {
        return false;
    }
    uint64_t number = self.generation << 32 | cancel.number;
    if (!cancel_by_number(number, cancel.pid, cancel.key) &&
            !handover_take_pass(number, cancel.pid, cancel.key)) {
        handover_cancelled(number);
    }
    return true;
}

/* ---- the place where the next one finds us ---- */

static void on_arrival(evutil_socket_t fd, short what, void *arg);

/* A name of its own first, then that of the one before, if there was one: there always is one. */
static bool listen_at(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return false;
    }
    snprintf(at.sun_path, sizeof at.sun_path, "%.90s.%ld", path, (long)getpid());
    unlink(at.sun_path);
    bool is_bound = fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
                    bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 4) == 0;
    if (!is_bound || rename(at.sun_path, path) != 0) {
        unlink(at.sun_path);
        close(fd);
        return false;
    }
    self.has_inode = stat(path, &self.inode) == 0;
    self.listen_fd = fd;
    self.listen_event = event_new(self.base, fd, EV_READ | EV_PERSIST, on_arrival, NULL);
    return self.listen_event != NULL && event_add(self.listen_event, NULL) == 0;
}

static void stop_listening(void)
{
    if (self.listen_event != NULL) {
        event_free(self.listen_event);
        self.listen_event = NULL;
    }
    if (self.listen_fd >= 0) {
        close(self.listen_fd);
        self.listen_fd = -1;
    }
}

static void listen_again(void)
{
    char text[128];
    struct stat now;

    if (self.listen_fd >= 0 && self.has_inode && stat(self.path.sun_path, &now) == 0 &&
            now.st_ino == self.inode.st_ino && now.st_dev == self.inode.st_dev) {
        return; /* it is there, and so it stays: nobody is turned away meanwhile */
    }
    stop_listening();
    bool was_off = self.is_off;
    self.is_off = !listen_at(self.path.sun_path);
    if (self.is_off && !was_off) {
        sl_log(SL_LOG_WARN, "handover_off", "path=%s reason=%s, no process can take over by -R",
                sl_log_quote(self.path.sun_path),
                sl_log_quote(strerror_r(errno, text, sizeof text)));
    }
    if (self.is_off) {
        stop_listening();
        self.retry_at = sl_now() + RETRY;
    }
}

/* ---- states ---- */

static void close_link(void)
{
    struct event **events[] = {&self.read_event, &self.write_event};

    for (size_t i = 0; i < SL_COUNT(events); i++) {
        if (*events[i] != NULL) {
            event_free(*events[i]);
            *events[i] = NULL;
        }
    }
    handover_link_close(&self.link);
}

/* Another process serves: we accept no more, and its are the names. */
static void begin_to_leave(enum state state, unsigned how)
{
    const struct conf *conf = process_conf();
    sl_usec now = sl_now();

    self.state = state;
    self.since = now;
    self.answered = now;
    self.closes_at = conf->handover_timeout_usec > 0 ? now + conf->handover_timeout_usec : 0;
    self.over_at = conf->shutdown_timeout_usec > 0 && self.closes_at > 0
                           ? self.closes_at + conf->shutdown_timeout_usec
                           : 0;
    self.closes = false;
    self.moved = 0;
    self.stayed = 0;
    self.drained = drain_closed();
    conf_unref(conf);
    process_set_leaving(true);
    listener_give_away(true);
    http_pause(true);
    stop_listening();
    self.is_off = false;
    daemon_leave_pidfile();
    drain_set(how);
}

static void begin_moves(void)
{
    sl_log(SL_LOG_INFO, "handover_begins", "to_pid=%ld clients=%d", (long)self.peer,
            process_clients());
    self.generation++; /* what was said of pools may have changed */
    listen_keep_begin();
    begin_to_leave(MOVES, DRAIN_MOVES);
}

void handover_give_retreat(void)
{
    if (self.state != LISTENS || process_shutdown() != PROCESS_RUNS) {
        return;
    }
    sl_log(SL_LOG_WARN, "handover_retreat",
            "clients=%d, the process before goes on, this one serves those to their end",
            process_clients());
    begin_to_leave(ENDS, DRAIN_COUNTS);
}

/* Nobody has taken over, after all. */
static void resume(void)
{
    bool may_accept = process_shutdown() == PROCESS_RUNS;

    drain_set(may_accept ? DRAIN_NOT : control_drains());
    process_set_leaving(false);
    if (may_accept) {
        listener_give_away(false);
        http_pause(false);
        notify_say("READY=1\nMAINPID=%ld", (long)getpid());
    }
}

static void return_offers(void)
{
    SL_LIST_EACH_SAFE (it, &self.offers) {
        struct drain_offer *offer = SL_CONTAINER(it, struct drain_offer, link);
        sl_list_remove(&offer->link);
        drain_answer(offer, DRAIN_RETURNS);
    }
}

/* From here on it cannot answer: what it takes fails there. What it answered before is so. */
static void take_last_answers(void)
{
    struct handover_message message;
    uint64_t number;
    int fd;

    shutdown(self.link.fd, SHUT_RD);
    for (int left = LAST_RECEIVES; left > 0;) {
        left = handover_link_receive(&self.link) ? left - 1 : 0;
    }
    self.link.is_broken = false;
    while (handover_link_next(&self.link, &message, &fd)) {
        if (fd >= 0) {
            close(fd);
        }
        if ((message.type == HANDOVER_TAKEN || message.type == HANDOVER_LEFT) &&
                handover_read_number(message.body, &number)) {
            answer(number, message.type == HANDOVER_TAKEN ? DRAIN_TAKEN : DRAIN_STAYS);
        }
    }
}

/* It has gone, is wrong, or too slow. */
static void lost(const char *reason)
{
    enum state state = self.state;

    take_last_answers();
    close_link();
    return_offers();
    self.state = LISTENS;
    if (state == MOVES || state == PREPARES) {
        listen_again(); /* it may have put its own in our places */
        daemon_restore_pidfile();
    }
    sl_log(SL_LOG_WARN, "handover_failed", "pid=%ld moved=%u reason=%s, serving on",
            (long)self.peer, self.moved, sl_log_quote(reason));
    if (state == MOVES) {
        resume();
    }
}

static const char *why_not(const struct handover_hello *hello)
{
    if (hello->version != HANDOVER_VERSION) {
        return "it speaks another version of this";
    }
    if (process_shutdown() != PROCESS_RUNS) {
        return "it is shutting down";
    }
    return process_is_suspended() ? "it is suspended" : NULL;
}

static bool on_hello(struct sl_span body)
{
    struct handover_hello hello;
    struct sl_buf buf;

    if (!handover_read_hello(body, &hello)) {
        return false;
    }
    const char *reason = why_not(&hello);
    if (reason != NULL) {
        sl_log(SL_LOG_WARN, "handover_refused", "pid=%ld reason=%s", (long)self.peer,
                sl_log_quote(reason));
        sl_buf_init(&buf, OUT_MAX);
        SL_IGNORE(put(&buf, handover_put_refused(&buf, reason), -1), "it sees the end, at least");
        flush();
        close_link();
        self.state = LISTENS;
        return true;
    }
    self.peer = (pid_t)hello.pid;
    self.generation++;
    self.state = PREPARES;
    self.since = sl_now();
    bool is_put = put_welcome() && put_sockets() && put_databases() &&
                  put_bare(HANDOVER_PREPARED) && put_pools() && put_bare(HANDOVER_WARM);
    flush();
    return is_put;
}

static enum drain_answer answer_of(uint8_t type)
{
    return type == HANDOVER_TAKEN  ? DRAIN_TAKEN
           : type == HANDOVER_LEFT ? DRAIN_STAYS
                                   : DRAIN_RETURNS;
}

static bool on_message(const struct handover_message *message)
{
    uint64_t number;

    switch (message->type) {
    case HANDOVER_HELLO:
        return self.state == ASKED && on_hello(message->body);
    case HANDOVER_SERVES:
        if (self.state != PREPARES) {
            return false;
        }
        begin_moves();
        return true;
    case HANDOVER_TAKEN:
    case HANDOVER_LEFT:
    case HANDOVER_AGAIN:
        return self.state == MOVES && handover_read_number(message->body, &number) &&
               answer(number, answer_of(message->type));
    case HANDOVER_CANCEL:
        return self.state == MOVES && on_cancel(message->body);
    case HANDOVER_DATABASE:
        return self.state == MOVES && on_database(message->body);
    case HANDOVER_DONE:
        if (self.state != MOVES) {
            return false;
        }
        self.state = ENDS; /* it ends itself: who is still here is drained */
        return true;
    default:
        return false;
    }
}

static void end_quietly(void)
{
    close_link();
    return_offers();
    drain_set(self.closes ? DRAIN_CLOSES : DRAIN_COUNTS);
}

static void on_readable(evutil_socket_t socket, short what, void *arg)
{
    struct handover_message message;
    int fd;

    (void)socket;
    (void)what;
    (void)arg;
    bool is_open = handover_link_receive(&self.link);
    while ((self.state == ASKED || self.state == PREPARES || self.state == MOVES) &&
            handover_link_next(&self.link, &message, &fd)) {
        if (fd >= 0) {
            close(fd); /* none is due in this direction; the frame said so already */
        }
        if (!on_message(&message)) {
            lost("what it said cannot be");
            return;
        }
    }
    if (self.state == LISTENS) {
        return;
    }
    if (self.state == ENDS) {
        end_quietly();
    } else if (!is_open || self.link.is_broken) {
        lost("it has ended, or closed the connection");
    }
}

static void on_writable(evutil_socket_t socket, short what, void *arg)
{
    (void)socket;
    (void)what;
    (void)arg;
    flush();
    if (self.link.is_broken) {
        lost("it has closed the connection");
    }
}

static void on_arrival(evutil_socket_t listen_fd, short what, void *arg)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    pid_t pid = 0;

    (void)what;
    (void)arg;
    if (fd < 0) {
        return;
    }
    if (!handover_link_is_ours(fd, &pid) || self.state != LISTENS) {
        sl_log(SL_LOG_WARN, "handover_refused", "pid=%ld reason=\"%s\"", (long)pid,
                self.state != LISTENS ? "another process is taking over" : "another user's");
        close(fd);
        return;
    }
    handover_link_open(&self.link, fd);
    self.peer = pid;
    self.state = ASKED;
    self.since = sl_now();
    self.read_event = event_new(self.base, fd, EV_READ | EV_PERSIST, on_readable, NULL);
    self.write_event = event_new(self.base, fd, EV_WRITE, on_writable, NULL);
    if (self.read_event == NULL || self.write_event == NULL ||
            event_add(self.read_event, NULL) != 0) {
        lost("out of memory");
    }
}

/* ---- from the control thread ---- */

void handover_give_start(const struct conf *conf, struct event_base *base, struct mailbox *mailbox)
{
    self.base = base;
    self.mailbox = mailbox;
    self.state = LISTENS;
    sl_list_init(&self.offers);
    handover_link_init(&self.link);
    if (!handover_link_path(conf, &self.path)) {
        self.path.sun_path[0] = '\0';
        return;
    }
    listen_again();
}

void handover_give_stop(void)
{
    if (self.base == NULL) {
        return;
    }
    if (self.link.fd >= 0 && self.state == MOVES) {
        if (put_bare(HANDOVER_DONE)) {
            handover_link_flush(&self.link);
        }
        take_last_answers(); /* those are not ours to say farewell to */
    }
    self.state = ENDS;
    close_link();
    return_offers();
    if (self.listen_fd >= 0) {
        unlink(self.path.sun_path);
    }
    stop_listening();
}

bool handover_give_has_name(void)
{
    struct stat now;

    return self.listen_fd < 0 || !self.has_inode || stat(self.path.sun_path, &now) != 0 ||
           (now.st_ino == self.inode.st_ino && now.st_dev == self.inode.st_dev);
}

bool handover_give_is_busy(void)
{
    return self.state != LISTENS;
}

static void see_to_closing(sl_usec now)
{
    if (self.closes || self.closes_at == 0 || now < self.closes_at) {
        return;
    }
    self.closes = true;
    sl_log(SL_LOG_WARN, "handover_timeout",
            "clients=%d, those that could not move are closed between their transactions",
            process_clients());
    drain_set(DRAIN_CLOSES | (self.state == MOVES ? DRAIN_MOVES : DRAIN_NOT));
}

bool handover_give_tick(sl_usec now)
{
    if (self.is_off && self.state == LISTENS && now >= self.retry_at) {
        listen_again();
    }
    if ((self.state == ASKED || self.state == PREPARES) && now - self.since > PREPARES_MAX) {
        lost("it has not said that it serves");
        return false;
    }
    if (self.state != MOVES && self.state != ENDS) {
        return false;
    }
    if (self.state == MOVES && !sl_list_empty(&self.offers) && now - self.answered > ANSWER_MAX) {
        lost("it does not answer");
        return false;
    }
    if (self.state == MOVES && !sl_list_empty(&self.link.out)) {
        flush(); /* the system had too many descriptors under way, perhaps */
    }
    see_to_closing(now);
    bool is_late = self.over_at != 0 && now >= self.over_at;
    if (is_late || (drain_is_over() && sl_list_empty(&self.offers) && !handover_take_is_open())) {
        sl_log(SL_LOG_INFO, "handover_done", "moved=%u stayed=%u drained=%u closed=%d", self.moved,
                self.stayed, drain_closed() - self.drained, process_clients());
        return true;
    }
    return false;
}
