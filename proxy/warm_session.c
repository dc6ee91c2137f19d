/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/warm_session.h"

#include "cache/key.h"
#include "protocol/front.h"
#include "protocol/message.h"
#include "protocol/startup.h"
#include "proxy/client.h"
#include "proxy/mailbox.h"
#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = 256, OUT_MAX = 1 << 20, REPORTED_MAX = 16384, PART_SIZE = 4096 };

/* ---- on a worker ---- */

/* The other end, on its way. */
struct entrance {
    struct letter letter;
    int fd;
    char database[NAME_SIZE];
    char user[NAME_SIZE];
};

static struct pool *pool_of(const struct entrance *entrance)
{
    const struct database *database = registry_find_database(entrance->database);
    const struct user *user = registry_find_user(entrance->user);

    for (struct pool *pool = registry_next_pool(NULL); pool != NULL && database != NULL;
            pool = registry_next_pool(pool)) {
        if (pool->database == database && pool->user == user) {
            return pool;
        }
    }
    return NULL;
}

/* Somebody has logged in there, and nobody waits. */
static bool is_at_ease(struct pool *pool)
{
    struct pool_counts counts = pool_counts(pool);

    return counts.servers[POOL_IDLE] + counts.servers[POOL_USED] + counts.servers[POOL_ACTIVE] >
                   0 &&
           counts.waiting == 0 && !pool_is_paused(pool);
}

static unsigned size_of(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int size = pool->size;
    pthread_mutex_unlock(&pool->lock);
    return size > 0 ? (unsigned)size : 0;
}

static void come_in(struct letter *letter, struct worker *worker)
{
    struct entrance *entrance = SL_CONTAINER(letter, struct entrance, letter);
    struct address nowhere = {.len = sizeof nowhere.at.any};
    struct pool *pool = worker->stopping ? NULL : pool_of(entrance);

    nowhere.at.any.sa_family = AF_UNIX;
    if (pool == NULL || !is_at_ease(pool)) {
        close(entrance->fd);
    } else {
        uint8_t size[4];
        sl_set_u32(size, size_of(pool));
        /* Before anything else: so it is known who spoke. */
        bool is_told = send(entrance->fd, size, sizeof size, MSG_NOSIGNAL) == sizeof size;
        struct client *client = client_new(worker, entrance->fd, &nowhere, &nowhere);
        if (client != NULL && is_told) {
            client->is_ours = true;
            client->must_stay = true;
        } else if (client != NULL) {
            client_close(client, "its other end is gone");
        }
    }
    free(entrance);
}

/* ---- the other end ---- */

/* False: it is over, or took too long. */
static bool await(const struct warm_session *session, short events)
{
    struct pollfd fds[] = {
            {.fd = session->fd, .events = events}, {.fd = session->stop_fd, .events = POLLIN}};
    int count = 0;

    do {
        count = poll(fds, 2, (int)(WARM_SESSION_PATIENCE / SL_MSEC));
    } while (count < 0 && errno == EINTR);
    return count > 0 && fds[1].revents == 0;
}

static bool take(const struct warm_session *session, void *to, size_t len)
{
    uint8_t *at = to;

    while (len > 0) {
        if (!await(session, POLLIN)) {
            return false;
        }
        ssize_t got = recv(session->fd, at, len, 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static bool pass(const struct warm_session *session, struct sl_span bytes)
{
    while (bytes.len > 0) {
        if (!await(session, POLLOUT)) {
            return false;
        }
        ssize_t sent = send(session->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        bytes = sl_span(bytes.at + sent, bytes.len - (size_t)sent);
    }
    return true;
}

/* What does not fit is not compared, and set once more. */
static void learn(struct warm_session *session, struct sl_span body)
{
    if (body.len > 0 && body.at[body.len - 1] == 0) {
        SL_IGNORE(sl_buf_put(&session->reported, body.at, body.len), "see above");
    }
}

/* One message, whose body is thrown away, but for what a server reports. 0: over. */
static uint8_t take_message(struct warm_session *session)
{
    uint8_t head[MESSAGE_HEAD];
    uint8_t part[PART_SIZE];

    if (!take(session, head, sizeof head)) {
        return 0;
    }
    size_t left = sl_get_u32(head + 1);
    if (left < 4) {
        return 0;
    }
    left -= 4;
    bool is_whole = left <= sizeof part;
    while (left > 0) {
        size_t some = left < sizeof part ? left : sizeof part;
        if (!take(session, part, some)) {
            return 0;
        }
        if (is_whole && head[0] == BACK_PARAM_STATUS) {
            learn(session, sl_span(part, some));
        }
        left -= some;
    }
    return head[0];
}

/* Up to ReadyForQuery. */
static enum warm_asked take_answer(struct warm_session *session)
{
    enum warm_asked asked = WARM_ANSWERED;

    for (;;) {
        uint8_t type = take_message(session);
        if (type == 0) {
            return WARM_LOST;
        }
        if (type == BACK_ERROR) {
            asked = WARM_ERROR;
        }
        if (type == BACK_READY) {
            return asked;
        }
    }
}

static enum warm_asked exchange(
        struct warm_session *session, const struct sl_buf *out, enum sl_err made)
{
    if (made != SL_OK) {
        return WARM_ERROR;
    }
    return pass(session, sl_buf_borrow(out)) ? take_answer(session) : WARM_LOST;
}

/* ---- settings ---- */

/* The next of a session: 's' at its start, 'r' reported, 'g' else. False: that was all. */
struct setting {
    char kind;
    const char *name;
    const char *value;
};

static bool next_text(struct sl_span *from, const char **text)
{
    const uint8_t *end = from->len == 0 ? NULL : memchr(from->at, 0, from->len);

    if (end == NULL) {
        return false;
    }
    *text = (const char *)from->at;
    *from = sl_span(end + 1, from->len - (size_t)(end + 1 - from->at));
    return true;
}

static bool next_setting(struct sl_span *from, struct setting *setting)
{
    if (from->len == 0) {
        return false;
    }
    setting->kind = (char)from->at[0];
    *from = sl_span(from->at + 1, from->len - 1);
    return next_text(from, &setting->name) && next_text(from, &setting->value);
}

/* Behind its version. */
static struct sl_span settings_of(const struct warm_question *question)
{
    struct sl_span replay = question->parts[WARM_SESSION];

    return sl_span(replay.at + 1, replay.len - 1);
}

static bool is_reported(const struct warm_session *session, const struct setting *setting)
{
    struct sl_span from = sl_buf_borrow(&session->reported);
    const char *name = NULL;
    const char *value = NULL;
    bool is = false; /* the last counts */

    while (next_text(&from, &name) && next_text(&from, &value)) {
        if (strcasecmp(name, setting->name) == 0) {
            is = strcmp(value, setting->value) == 0;
        }
    }
    return is;
}

/* Words and dots: nothing that has to be quoted. */
static bool is_name(const char *name)
{
    return name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789_.") == strlen(name);
}

static enum sl_err put_set(struct sl_buf *to, const struct setting *setting)
{
    enum sl_err err = sl_buf_printf(to, "SET %s = ", setting->name);

    if (strcasecmp(setting->name, "search_path") == 0) { /* a list, quoted already */
        return err == SL_OK ? sl_buf_printf(to, "%s", setting->value) : err;
    }
    err = err == SL_OK ? sl_buf_put_u8(to, '\'') : err;
    for (const char *at = setting->value; *at != '\0' && err == SL_OK; at++) {
        err = *at == '\'' ? sl_buf_put(to, "''", 2) : sl_buf_put_u8(to, (uint8_t)*at);
    }
    return err == SL_OK ? sl_buf_put_u8(to, '\'') : err;
}

static enum warm_asked set_one(struct warm_session *session, const struct setting *setting)
{
    struct sl_buf text;
    struct sl_buf out;

    sl_buf_init(&text, OUT_MAX);
    sl_buf_init(&out, OUT_MAX);
    enum sl_err err = is_name(setting->name) ? put_set(&text, setting) : SL_EINVAL;
    err = err == SL_OK ? front_put_query(&out, sl_buf_borrow(&text)) : err;
    enum warm_asked asked = exchange(session, &out, err);
    sl_buf_fini(&text);
    sl_buf_fini(&out);
    return asked;
}

static enum warm_asked set_all(struct warm_session *session, const struct warm_question *question)
{
    struct sl_span from = settings_of(question);
    struct setting setting;
    enum warm_asked asked = WARM_ANSWERED;

    while (asked == WARM_ANSWERED && next_setting(&from, &setting)) {
        if (setting.kind != 's' && !is_reported(session, &setting)) {
            asked = set_one(session, &setting);
        }
    }
    return asked;
}

/* ---- a session ---- */

static enum sl_err put_startup(
        struct sl_buf *to, const struct entrance *who, const struct warm_question *question)
{
    struct sl_span from = settings_of(question);
    struct setting setting;
    size_t at = 0;
    enum sl_err err = startup_begin(to, 0, &at);

    err = err == SL_OK ? startup_put_param(to, "user", who->user) : err;
    err = err == SL_OK ? startup_put_param(to, "database", who->database) : err;
    err = err == SL_OK ? startup_put_param(to, "application_name", "sluice warming") : err;
    while (err == SL_OK && next_setting(&from, &setting)) {
        if (setting.kind == 's') {
            err = startup_put_param(to, setting.name, setting.value);
        }
    }
    return err == SL_OK ? startup_end(to, at) : err;
}

static bool copy(char to[static NAME_SIZE], struct sl_span from)
{
    if (from.len == 0 || from.len >= NAME_SIZE) {
        return false;
    }
    memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    return true;
}

/* Sends the other end in. False: no descriptor, no memory. */
static bool enter(struct warm_session *session, const struct entrance *who)
{
    int ends[2];
    struct entrance *entrance = malloc(sizeof *entrance);

    if (entrance == NULL ||
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        free(entrance);
        return false;
    }
    session->fd = ends[0];
    *entrance = *who;
    entrance->fd = ends[1];
    entrance->letter.deliver = come_in;
    mailbox_post(&process_least_loaded()->mailbox, &entrance->letter);
    return true;
}

enum warm_asked warm_session_open(
        struct warm_session *session, const struct warm_question *question, int stop_fd)
{
    struct entrance who = {.fd = -1};
    uint8_t size[4];
    struct sl_buf out;

    *session = (struct warm_session){.fd = -1, .stop_fd = stop_fd};
    sl_buf_init(&session->reported, REPORTED_MAX);
    if (question->parts[WARM_SESSION].at[0] != '1' ||
            !copy(who.database, question->parts[WARM_DATABASE]) ||
            !copy(who.user, question->parts[WARM_USER])) {
        return WARM_ERROR;
    }
    if (!enter(session, &who) || !take(session, size, sizeof size)) {
        return WARM_NOT_NOW;
    }
    session->pool_size = sl_get_u32(size);
    sl_buf_init(&out, OUT_MAX);
    enum warm_asked asked = exchange(session, &out, put_startup(&out, &who, question));
    sl_buf_fini(&out);
    return asked == WARM_ANSWERED ? set_all(session, question) : asked;
}

static bool is_query(const struct warm_question *question)
{
    struct sl_span of_query = key_question(NULL);

    return question->parts[WARM_TYPES].len == 0 &&
           sl_span_equal(question->parts[WARM_QUESTION], of_query);
}

static enum sl_err put_parse(struct sl_buf *to, const struct warm_question *question)
{
    static const uint8_t none[2];
    struct sl_span types = question->parts[WARM_TYPES];
    struct sl_buf rest;

    sl_buf_init(&rest, OUT_MAX);
    types = types.len == 0 ? sl_span(none, sizeof none) : types;
    enum sl_err err =
            sl_buf_put(&rest, question->parts[WARM_TEXT].at, question->parts[WARM_TEXT].len);
    err = err == SL_OK ? sl_buf_put_u8(&rest, 0) : err;
    err = err == SL_OK ? sl_buf_put(&rest, types.at, types.len) : err;
    err = err == SL_OK ? front_put_parse(to, sl_span_text(""), sl_buf_borrow(&rest)) : err;
    sl_buf_fini(&rest);
    return err;
}

static enum sl_err put_question(struct sl_buf *to, const struct warm_question *question)
{
    struct sl_span bind = question->parts[WARM_QUESTION];
    struct sl_span unnamed = sl_span_text("");

    if (is_query(question)) {
        return front_put_query(to, question->parts[WARM_TEXT]);
    }
    enum sl_err err = put_parse(to, question);
    err = err == SL_OK ? front_put_bind_head(to, unnamed, unnamed, bind.len) : err;
    err = err == SL_OK ? sl_buf_put(to, bind.at, bind.len) : err;
    err = err == SL_OK ? front_put_describe(to, FRONT_PORTAL, unnamed) : err;
    err = err == SL_OK ? front_put_execute(to, unnamed, 0) : err;
    return err == SL_OK ? front_put_sync(to) : err;
}

enum warm_asked warm_session_ask(struct warm_session *session, const struct warm_question *question)
{
    struct sl_buf out;

    sl_buf_init(&out, OUT_MAX);
    enum warm_asked asked = exchange(session, &out, put_question(&out, question));
    sl_buf_fini(&out);
    return asked;
}

void warm_session_close(struct warm_session *session)
{
    static const uint8_t terminate[] = {MSG_TERMINATE, 0, 0, 0, 4};

    if (session->fd >= 0) {
        (void)!send(session->fd, terminate, sizeof terminate, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(session->fd);
        session->fd = -1;
    }
    sl_buf_fini(&session->reported);
}
