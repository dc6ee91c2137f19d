/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/handover_take.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/crypto.h"
#include "protocol/sqlstate.h"
#include "proxy/cancel.h"
#include "proxy/cancel_keys.h"
#include "proxy/client.h"
#include "proxy/client_login.h"
#include "proxy/handover_client.h"
#include "proxy/handover_give.h"
#include "proxy/handover_link.h"
#include "proxy/http_socket.h"
#include "proxy/listen_keep.h"
#include "proxy/listener.h"
#include "proxy/pool.h"
#include "proxy/prepared.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#define JOIN_MAX (10 * SL_SECOND)
#define WARM_MAX (10 * SL_SECOND)
#define WARM_LOOK (2 * SL_MSEC)
#define CUT_LOOK (10 * SL_MSEC)

enum { CUT_LOOKS = 50 };

enum {
    OUT_MAX = 65536,
    /* What the old process still gives until it stops is below that. */
    SERIAL_GAP = 1 << 30,
    PID_GAP = 1 << 20
};

/* A CancelRequest on its way there and back. */
struct pass {
    struct letter letter;
    struct worker *worker; /* NULL: of a process that takes over from us, */
    uint64_t asked;        /* by this number there */
    struct sl_id from;
    struct sl_list link;
    uint64_t number;
    uint32_t pid;
    uint8_t key_len;
    uint8_t key[CANCEL_KEY_LONG];
};

static struct {
    struct handover_link link;
    struct event *read_event;
    struct event *write_event;
    struct mailbox *mailbox;
    pid_t peer;
    bool is_paused; /* PAUSE: as soon as there are workers */
    bool is_prepared;
    struct sl_list adoptions; /* struct adopted: whose answer is not with the system yet */
    struct sl_list passes;    /* struct pass: not answered */
    uint64_t number;          /* the last of these */
    unsigned taken;
    unsigned left;
    bool told_paused;     /* that all is paused, as the other process knows it */
    bool was_cut;         /* the other process has ended, or goes on without us */
    atomic_bool is_open;  /* any thread */
    atomic_int under_way; /* any thread: of passes */
} self = {.link = {.fd = -1}};

struct adopted {
    struct sl_list link;
    uint64_t at; /* the answer is the message of that number */
    struct handover_adoption *adoption;
};

/* ---- before there are threads ---- */

static enum sl_err no_memory(struct sl_error *error)
{
    return sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory");
}

static enum sl_err breach(struct sl_error *error)
{
    return sl_error_set(error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
            "-R: process %ld says what cannot be", (long)self.peer);
}

static enum sl_err on_welcome(struct sl_span body, struct sl_error *error)
{
    struct handover_welcome welcome;

    if (!handover_read_welcome(body, &welcome)) {
        return breach(error);
    }
    process_inherit(welcome.key, welcome.serial + SERIAL_GAP);
    prepared_readings_from(welcome.reading + SERIAL_GAP);
    cancel_keys_from(welcome.last_pid + PID_GAP);
    self.is_paused = welcome.is_paused;
    crypto_wipe(&welcome, sizeof welcome);
    return SL_OK;
}

static enum sl_err on_socket(struct sl_span body, int fd, struct sl_error *error)
{
    struct handover_socket socket;
    struct address address;

    if (fd < 0) {
        return sl_error_set(error, SL_ELIMIT, SL_STATE_LIMIT_EXCEEDED,
                "-R: no file descriptor left for what process %ld listens on", (long)self.peer);
    }
    if (!handover_read_socket(body, &socket)) {
        close(fd);
        return breach(error);
    }
    address_copy(&address, (const struct sockaddr *)(const void *)socket.address.at,
            (socklen_t)socket.address.len);
    if (address.at.any.sa_family == AF_UNIX) {
        address.at.local.sun_path[sizeof address.at.local.sun_path - 1] = '\0';
    }
    if (socket.kind == HANDOVER_OF_HTTP) {
        http_inherit(fd, &address);
    } else {
        listener_inherit(fd, &address, socket.has_file);
    }
    return SL_OK;
}

static enum sl_err on_database(struct sl_span body, struct sl_error *error)
{
    struct handover_database database;

    if (!handover_read_database(body, &database)) {
        return breach(error);
    }
    struct database *found = registry_database(database.name);
    if (found == NULL) {
        return no_memory(error);
    }
    atomic_store(&found->is_paused, database.is_paused);
    atomic_store(&found->is_disabled, database.is_disabled);
    found->told_paused = database.is_paused;
    found->told_disabled = database.is_disabled;
    registry_let_go(&found->holders);
    return SL_OK;
}

static bool on_pool(struct sl_span body)
{
    struct handover_pool pool;

    if (!handover_read_pool(body, &pool)) {
        return false;
    }
    const struct conf *conf = process_conf();
    enum sl_err err = handover_pool_learn(conf, &pool, !atomic_load(&self.is_open));
    conf_unref(conf);
    if (err != SL_OK) {
        sl_log(SL_LOG_WARN, "takeover_pool", "db=%s user=%s reason=%s", sl_log_quote(pool.database),
                sl_log_quote(pool.user), sl_err_text(err));
    }
    return true;
}

static enum sl_err on_early(const struct handover_message *message, int fd, struct sl_error *error)
{
    const char *reason;

    switch (message->type) {
    case HANDOVER_REFUSED:
        if (!handover_read_refused(message->body, &reason)) {
            return breach(error);
        }
        return sl_error_set(error, SL_ELIMIT, SL_STATE_OBJECT_NOT_IN_STATE,
                "-R: process %ld cannot be taken over from: %s", (long)self.peer, reason);
    case HANDOVER_WELCOME:
        return on_welcome(message->body, error);
    case HANDOVER_SOCKET:
        return on_socket(message->body, fd, error);
    case HANDOVER_DATABASE:
        return on_database(message->body, error);
    case HANDOVER_PREPARED:
    case HANDOVER_WARM:
        self.is_prepared = true;
        return SL_OK;
    case HANDOVER_POOL:
        return on_pool(message->body) ? SL_OK : breach(error);
    default:
        return breach(error);
    }
}

/* Until PREPARED, or WARM. */
static enum sl_err read_early(struct sl_error *error)
{
    sl_usec until = sl_now() + JOIN_MAX;
    struct handover_message message;
    enum sl_err err = SL_OK;
    int fd;

    self.is_prepared = false;
    while (err == SL_OK && !self.is_prepared && handover_link_next(&self.link, &message, &fd)) {
        err = on_early(&message, fd, error); /* what came with what was read before */
    }
    while (err == SL_OK && !self.is_prepared) {
        struct pollfd wait = {.fd = self.link.fd, .events = POLLIN};
        sl_usec left = until - sl_now();
        if (left <= 0 || poll(&wait, 1, (int)(left / SL_MSEC) + 1) < 0) {
            return sl_error_set(error, SL_ETIMEOUT, SL_STATE_CONNECTION_FAILURE,
                    "-R: process %ld does not answer", (long)self.peer);
        }
        bool is_open = handover_link_receive(&self.link);
        while (err == SL_OK && !self.is_prepared && handover_link_next(&self.link, &message, &fd)) {
            err = on_early(&message, fd, error);
        }
        if (err == SL_OK && !self.is_prepared && (!is_open || self.link.is_broken)) {
            return sl_error_set(error, SL_EIO, SL_STATE_CONNECTION_FAILURE,
                    "-R: process %ld has closed the connection", (long)self.peer);
        }
    }
    return err;
}

static enum sl_err say_hello(struct sl_error *error)
{
    struct handover_hello hello = {.version = HANDOVER_VERSION, .pid = (uint32_t)getpid()};
    struct sl_buf buf;

    sl_buf_init(&buf, OUT_MAX);
    enum sl_err err = handover_put_hello(&buf, &hello);
    if (err == SL_OK) {
        err = handover_link_put(&self.link, sl_buf_borrow(&buf), -1);
    }
    sl_buf_fini(&buf);
    if (err != SL_OK) {
        return no_memory(error);
    }
    return handover_link_flush(&self.link)
                   ? SL_OK
                   : sl_error_set(error, SL_EIO, SL_STATE_CONNECTION_FAILURE,
                             "-R: cannot write to process %ld", (long)self.peer);
}

enum sl_err handover_take_join(const struct conf *conf, bool *joined, struct sl_error *error)
{
    struct sockaddr_un path;
    char text[128];

    *joined = false;
    sl_list_init(&self.adoptions);
    sl_list_init(&self.passes);
    handover_link_init(&self.link);
    if (!handover_link_path(conf, &path)) {
        return sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
                "-R needs unix_socket_dir to be a folder, or pidfile to be set");
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&path, sizeof path) != 0) {
        int code = errno;
        if (fd >= 0) {
            close(fd);
        }
        if (code == ENOENT || code == ECONNREFUSED) {
            return SL_OK; /* as PgBouncer: then it is a start like any other */
        }
        return sl_error_set(error, SL_EIO, SL_STATE_CONNECTION_FAILURE,
                "-R: cannot reach \"%s\": %s", path.sun_path, strerror_r(code, text, sizeof text));
    }
    if (!handover_link_is_ours(fd, &self.peer)) {
        close(fd);
        return sl_error_set(error, SL_EAUTH, SL_STATE_INSUFFICIENT_PRIVILEGE,
                "-R: the process at \"%s\" is another user's", path.sun_path);
    }
    handover_link_open(&self.link, fd);
    enum sl_err err = handover_client_start();
    if (err != SL_OK) {
        err = sl_error_set(error, err, "58000", "no random numbers");
    }
    if (err == SL_OK) {
        err = say_hello(error);
    }
    if (err == SL_OK) {
        err = read_early(error);
    }
    *joined = err == SL_OK;
    if (err != SL_OK) {
        handover_link_close(&self.link);
    }
    return err;
}

static bool is_warm(void)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (!pool_is_warm(p)) {
            return false;
        }
    }
    return true;
}

enum sl_err handover_take_warm(struct sl_error *error)
{
    enum sl_err err = read_early(error);
    sl_usec until = sl_now() + WARM_MAX;
    struct pollfd wait = {.fd = self.link.fd, .events = POLLIN};

    /* Nothing is said until SERVES: what wakes it is the end of the other process. */
    bool waits = err == SL_OK;
    while (waits && !is_warm() && sl_now() < until) {
        waits = poll(&wait, 1, (int)(WARM_LOOK / SL_MSEC)) == 0;
    }
    handover_pools_are_warm();
    return err;
}

bool handover_take_is_open(void)
{
    return self.link.fd >= 0;
}

pid_t handover_take_peer(void)
{
    return self.link.fd >= 0 ? self.peer : 0;
}

/* ---- the end ---- */

static void free_pass(struct pass *pass)
{
    atomic_fetch_sub(&self.under_way, 1);
    crypto_wipe(pass->key, sizeof pass->key);
    free(pass);
}

/*
 * Nobody waits any more: the connection that the request came by is closed. But the client it is about
 * may have come here in the meantime.
 */
static void deliver_passed(struct letter *letter, struct worker *worker)
{
    struct pass *pass = SL_CONTAINER(letter, struct pass, letter);
    struct client *from = client_find(worker, pass->from);

    if (from != NULL && from->state == CLIENT_CANCEL) {
        cancel_request_again(from, pass->pid, sl_span(pass->key, pass->key_len));
    }
    free_pass(pass);
}

static void end_pass(struct pass *pass)
{
    sl_list_remove(&pass->link);
    if (pass->worker == NULL) {
        handover_cancelled(pass->asked);
        free_pass(pass);
        return;
    }
    pass->letter.deliver = deliver_passed;
    mailbox_post(&pass->worker->mailbox, &pass->letter);
}

static void close_link(void)
{
    struct event **events[] = {&self.read_event, &self.write_event};

    atomic_store(&self.is_open, false);
    for (size_t i = 0; i < SL_COUNT(events); i++) {
        if (*events[i] != NULL) {
            event_free(*events[i]);
            *events[i] = NULL;
        }
    }
    SL_LIST_EACH_SAFE (it, &self.adoptions) { /* it does not know: they stay there */
        struct adopted *adopted = SL_CONTAINER(it, struct adopted, link);
        sl_list_remove(&adopted->link);
        handover_client_drop(adopted->adoption);
        free(adopted);
    }
    SL_LIST_EACH_SAFE (it, &self.passes) {
        end_pass(SL_CONTAINER(it, struct pass, link));
    }
    handover_link_close(&self.link);
    listen_keep_end();
}

static void ended(bool is_done)
{
    self.was_cut = !is_done;
    sl_log(is_done ? SL_LOG_INFO : SL_LOG_WARN, is_done ? "takeover_done" : "takeover_cut",
            "from_pid=%ld taken=%u left=%u%s", (long)self.peer, self.taken, self.left,
            is_done ? "" : ", those that had not come are not here");
    close_link();
}

/* ---- clients ---- */

/* Those whose answer is with the system are ours from here on. */
static void flush(void)
{
    if (!handover_link_flush(&self.link) && !self.link.is_broken) {
        event_add(self.write_event, NULL);
    }
    SL_LIST_EACH_SAFE (it, &self.adoptions) {
        struct adopted *adopted = SL_CONTAINER(it, struct adopted, link);
        if (adopted->at > self.link.sent_count) {
            break;
        }
        sl_list_remove(&adopted->link);
        handover_client_adopt(adopted->adoption);
        self.taken++;
        free(adopted);
    }
}

static bool put_number(enum handover_type type, uint64_t number)
{
    struct sl_buf buf;

    sl_buf_init(&buf, OUT_MAX);
    bool is_put = handover_put_number(&buf, type, number) == SL_OK &&
                  handover_link_put(&self.link, sl_buf_borrow(&buf), -1) == SL_OK;
    sl_buf_fini(&buf);
    return is_put;
}

static bool on_client(struct sl_span body, int fd)
{
    struct handover_client client;
    const char *reason = "out of memory";

    if (!handover_read_client(body, &client)) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    const struct conf *conf = process_conf();
    struct adopted *adopted = malloc(sizeof *adopted);
    struct handover_adoption *adoption = handover_client_read(conf, &client, fd, &reason);
    conf_unref(conf);
    bool is_ours = adopted != NULL && adoption != NULL;
    bool is_left = !is_ours && reason != NULL;
    if (!put_number(is_ours   ? HANDOVER_TAKEN
                    : is_left ? HANDOVER_LEFT
                              : HANDOVER_AGAIN,
                client.number)) {
        handover_client_drop(adoption);
        free(adopted);
        return false;
    }
    if (is_ours) {
        adopted->adoption = adoption;
        adopted->at = self.link.put_count;
        sl_list_init(&adopted->link);
        sl_list_append(&self.adoptions, &adopted->link);
        return true;
    }
    handover_client_drop(adoption);
    free(adopted);
    if (!is_left) {
        return true;
    }
    self.left++;
    sl_log(SL_LOG_WARN, "takeover_left", "client=%llu reason=%s", (unsigned long long)client.serial,
            sl_log_quote(reason));
    return true;
}

static bool on_cancelled(struct sl_span body)
{
    uint64_t number;

    if (!handover_read_number(body, &number)) {
        return false;
    }
    SL_LIST_EACH_SAFE (it, &self.passes) {
        struct pass *pass = SL_CONTAINER(it, struct pass, link);
        if (pass->number == number) {
            end_pass(pass);
            break;
        }
    }
    return true;
}

static bool on_channels(struct sl_span body)
{
    struct handover_channels channels;

    if (!handover_read_channels(body, &channels)) {
        return false;
    }
    const struct conf *conf = process_conf();
    handover_channels_learn(conf, &channels);
    conf_unref(conf);
    return true;
}

static bool on_message(const struct handover_message *message, int fd)
{
    switch (message->type) {
    case HANDOVER_CLIENT:
        return on_client(message->body, fd);
    case HANDOVER_POOL:
        return on_pool(message->body);
    case HANDOVER_CANCELLED:
        return on_cancelled(message->body);
    case HANDOVER_CHANNELS:
        return on_channels(message->body);
    default:
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
}

static void on_readable(evutil_socket_t socket, short what, void *arg)
{
    struct handover_message message;
    int fd;

    (void)socket;
    (void)what;
    (void)arg;
    bool is_open = handover_link_receive(&self.link);
    while (handover_link_next(&self.link, &message, &fd)) {
        if (message.type == HANDOVER_DONE) {
            flush();
            ended(true);
            return;
        }
        if (!on_message(&message, fd)) {
            self.link.is_broken = true;
        }
    }
    flush();
    if (!is_open || self.link.is_broken) {
        ended(false);
    }
}

static void on_writable(evutil_socket_t socket, short what, void *arg)
{
    (void)socket;
    (void)what;
    (void)arg;
    flush();
    if (self.link.is_broken) {
        ended(false);
    }
}

/*
 * The other process has ended, or has lost patience and goes on: that one takes its name back at once.
 * What it listens on is ours too, so nobody need miss it.
 */
static enum sl_err serve_alone(struct sl_error *error)
{
    bool has_name = handover_give_has_name();

    for (int i = 0; has_name && i < CUT_LOOKS; i++) {
        (void)poll(NULL, 0, (int)(CUT_LOOK / SL_MSEC));
        has_name = handover_give_has_name();
    }
    if (!has_name) {
        return sl_error_set(error, SL_EIO, SL_STATE_CONNECTION_FAILURE,
                "-R: process %ld has closed the connection", (long)self.peer);
    }
    ended(false);
    return SL_OK;
}

enum sl_err handover_take_serve(
        struct event_base *base, struct mailbox *mailbox, struct sl_error *error)
{
    struct sl_buf buf;

    self.mailbox = mailbox;
    self.read_event = event_new(base, self.link.fd, EV_READ | EV_PERSIST, on_readable, NULL);
    self.write_event = event_new(base, self.link.fd, EV_WRITE, on_writable, NULL);
    sl_buf_init(&buf, OUT_MAX);
    enum sl_err err = self.read_event == NULL || self.write_event == NULL ||
                                      event_add(self.read_event, NULL) != 0
                              ? SL_ENOMEM
                              : handover_put_bare(&buf, HANDOVER_SERVES);
    if (err == SL_OK) {
        err = handover_link_put(&self.link, sl_buf_borrow(&buf), -1);
    }
    sl_buf_fini(&buf);
    if (err != SL_OK) {
        return no_memory(error);
    }
    if (self.is_paused) {
        process_set_paused(true);
    }
    self.told_paused = self.is_paused;
    if (!handover_link_flush(&self.link)) {
        return serve_alone(error);
    }
    atomic_store(&self.is_open, true);
    sl_log(SL_LOG_INFO, "takeover_begins", "from_pid=%ld", (long)self.peer);
    return SL_OK;
}

/* ---- what is paused ---- */

static bool tell(const struct handover_database *database)
{
    struct sl_buf buf;

    sl_buf_init(&buf, OUT_MAX);
    bool is_put = handover_put_database(&buf, database) == SL_OK &&
                  handover_link_put(&self.link, sl_buf_borrow(&buf), -1) == SL_OK;
    sl_buf_fini(&buf);
    return is_put;
}

/* Consoles are ours: who still waits there would not hear of RESUME. */
static void tell_of_pauses(void)
{
    struct handover_database all = {
            .name = "", .is_paused = process_is_paused() && !process_is_suspended()};

    if (all.is_paused != self.told_paused && tell(&all)) {
        self.told_paused = all.is_paused;
    }
    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        struct handover_database one = {.name = d->name,
                .is_paused = atomic_load(&d->is_paused),
                .is_disabled = atomic_load(&d->is_disabled)};
        if ((one.is_paused != d->told_paused || one.is_disabled != d->told_disabled) &&
                tell(&one)) {
            d->told_paused = one.is_paused;
            d->told_disabled = one.is_disabled;
        }
    }
}

void handover_take_tick(void)
{
    if (atomic_load(&self.is_open)) {
        tell_of_pauses();
        flush();
        if (self.link.is_broken) {
            ended(false);
        }
    }
    if (self.was_cut && !handover_give_has_name()) {
        self.was_cut = false;
        handover_give_retreat();
    }
}

void handover_take_stop(void)
{
    struct sl_buf buf;

    if (self.link.fd < 0) {
        return;
    }
    sl_buf_init(&buf, OUT_MAX);
    if (atomic_load(&self.is_open) && handover_put_bare(&buf, HANDOVER_DONE) == SL_OK &&
            handover_link_put(&self.link, sl_buf_borrow(&buf), -1) == SL_OK) {
        flush();
    }
    sl_buf_fini(&buf);
    close_link();
}

/* ---- cancels ---- */

static void pass_on(struct pass *pass)
{
    struct handover_cancel cancel = {.number = ++self.number & UINT32_MAX,
            .pid = pass->pid,
            .key = sl_span(pass->key, pass->key_len)};
    struct sl_buf buf;

    pass->number = cancel.number;
    sl_list_init(&pass->link);
    sl_buf_init(&buf, OUT_MAX);
    bool is_put = self.link.fd >= 0 && handover_put_cancel(&buf, &cancel) == SL_OK &&
                  handover_link_put(&self.link, sl_buf_borrow(&buf), -1) == SL_OK;
    sl_buf_fini(&buf);
    if (!is_put) {
        end_pass(pass);
        return;
    }
    sl_list_append(&self.passes, &pass->link);
    flush();
}

static void deliver_pass(struct letter *letter, struct worker *worker)
{
    (void)worker;
    pass_on(SL_CONTAINER(letter, struct pass, letter));
}

static struct pass *new_pass(uint32_t pid, struct sl_span key)
{
    if (key.len > CANCEL_KEY_LONG) {
        return NULL;
    }
    bool fits = atomic_fetch_add(&self.under_way, 1) < CANCELS_MAX;
    struct pass *pass = fits ? calloc(1, sizeof *pass) : NULL;
    if (pass == NULL) {
        atomic_fetch_sub(&self.under_way, 1);
        return NULL;
    }
    pass->pid = pid;
    pass->key_len = (uint8_t)key.len;
    memcpy(pass->key, key.at, key.len);
    return pass;
}

bool handover_take_pass(uint64_t asked, uint32_t pid, struct sl_span key)
{
    struct pass *pass = atomic_load(&self.is_open) ? new_pass(pid, key) : NULL;

    if (pass == NULL) {
        return false;
    }
    pass->asked = asked;
    pass_on(pass);
    return true;
}

bool handover_take_cancel(struct client *from, uint32_t pid, struct sl_span key)
{
    int peer_id = from->io.worker->conf->peer_id;

    if (!atomic_load(&self.is_open) || (peer_id != 0 && cancel_key_peer(pid) != peer_id)) {
        return false;
    }
    struct pass *pass = new_pass(pid, key);
    if (pass == NULL) {
        return false;
    }
    client_login_free(from);
    client_enter(from, CLIENT_CANCEL);
    client_set_timer(from);
    pass->worker = from->io.worker;
    pass->from = from->id;
    pass->letter.deliver = deliver_pass;
    mailbox_post(self.mailbox, &pass->letter);
    return true;
}
