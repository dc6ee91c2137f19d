/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/redis.c - the socket, the line of those who wait, and hiredis' reader.
 *
 * The reader makes values through functions of ours: they go into one array, and their bytes into one
 * buffer, both kept from reply to reply. While a reply is read its bytes are known by where they
 * begin, as the buffer may move.
 */
#include "cache/redis.h"

#include "protocol/base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/read.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    READ_BYTES = 16384,
    READS_A_TURN = 16,
    WAITERS_FIRST = 64,
    HEAD_MAX = 24 /* "$18446744073709551615\r\n" */
};

struct waiter {
    redis_answered *answered;
    void *self;
};

struct redis {
    struct redis_options options;
    int fd;
    bool is_connected;
    bool is_inside; /* somebody's function is being called */
    bool is_dropping;
    enum redis_end ended;
    char why[REDIS_WHY_MAX];

    struct sl_buf out;
    size_t command_at; /* the bytes in out before the command that is being written */
    enum sl_err command_err;

    struct waiter *waiters; /* a ring */
    unsigned waiters_room;  /* a power of two, or 0 */
    unsigned waiters_first;
    unsigned waiters_count;

    redisReader *reader;
    struct redis_value *values;
    size_t values_count;
    size_t values_room;
    struct sl_buf bytes;
    bool is_too_large;
    uint8_t read[READ_BYTES];
};

/* ---- the reader's functions ---- */

static struct redis_value *add_value(struct redis *redis)
{
    if (redis->values_count == redis->values_room) {
        size_t room = redis->values_room == 0 ? 64 : redis->values_room * 2;
        struct redis_value *values = NULL;

        if (redis->values_count >= REDIS_VALUES_MAX) {
            redis->is_too_large = true;
            return NULL;
        }
        values = realloc(redis->values, room * sizeof *values);
        if (values == NULL) {
            return NULL;
        }
        redis->values = values;
        redis->values_room = room;
    }
    struct redis_value *value = &redis->values[redis->values_count++];
    *value = (struct redis_value){.kind = REDIS_NIL};
    return value;
}

static void *make_text(const redisReadTask *task, char *text, size_t len)
{
    struct redis *redis = task->privdata;
    struct redis_value *value = add_value(redis);

    if (value == NULL) {
        return NULL;
    }
    value->kind = task->type == REDIS_REPLY_STATUS  ? REDIS_STATUS
                  : task->type == REDIS_REPLY_ERROR ? REDIS_ERROR
                                                    : REDIS_BULK;
    value->number = (int64_t)sl_buf_len(&redis->bytes);
    value->bytes.len = len;
    enum sl_err err = sl_buf_put(&redis->bytes, text, len);
    redis->is_too_large = redis->is_too_large || err == SL_ELIMIT;
    return err == SL_OK ? redis : NULL;
}

static void *make_array(const redisReadTask *task, int elements)
{
    struct redis *redis = task->privdata;
    struct redis_value *value = NULL;

    if (elements > REDIS_VALUES_MAX) {
        redis->is_too_large = true;
        return NULL;
    }
    value = add_value(redis);
    if (value == NULL) {
        return NULL;
    }
    value->kind = REDIS_ARRAY;
    value->number = elements;
    return redis;
}

static void *make_number(const redisReadTask *task, long long number)
{
    struct redis_value *value = add_value(task->privdata);

    if (value == NULL) {
        return NULL;
    }
    value->kind = REDIS_NUMBER;
    value->number = number;
    return task->privdata;
}

static void *make_nil(const redisReadTask *task)
{
    return add_value(task->privdata) == NULL ? NULL : task->privdata;
}

/* All values go at once. */
static void forget_value(void *value)
{
    (void)value;
}

static redisReplyObjectFunctions reader_functions = {
        make_text, make_array, make_number, make_nil, forget_value};

/* ---- life ---- */

struct redis *redis_new(const struct redis_options *options)
{
    struct redis *redis = calloc(1, sizeof *redis);

    if (redis == NULL) {
        return NULL;
    }
    redis->options = *options;
    redis->fd = -1;
    sl_buf_init(&redis->out, options->out_max);
    sl_buf_init(&redis->bytes, options->reply_max);
    return redis;
}

static void close_fd(struct redis *redis)
{
    if (redis->fd >= 0 && redis->options.closes != NULL) {
        redis->options.closes(redis->options.self);
    }
    if (redis->fd >= 0) {
        close(redis->fd);
    }
    redis->fd = -1;
}

void redis_free(struct redis *redis)
{
    if (redis == NULL) {
        return;
    }
    SL_CHECK(!redis->is_inside);
    close_fd(redis);
    if (redis->reader != NULL) {
        redisReaderFree(redis->reader);
    }
    sl_buf_fini(&redis->out);
    sl_buf_fini(&redis->bytes);
    free(redis->values);
    free(redis->waiters);
    free(redis);
}

static void call(
        struct redis *redis, struct waiter waiter, const struct redis_value *values, size_t count)
{
    const bool was_inside = redis->is_inside;

    redis->is_inside = true;
    waiter.answered(waiter.self, values, count);
    redis->is_inside = was_inside;
}

static struct waiter next_waiter(struct redis *redis)
{
    struct waiter waiter = redis->waiters[redis->waiters_first];

    redis->waiters_first = (redis->waiters_first + 1) & (redis->waiters_room - 1);
    redis->waiters_count--;
    return waiter;
}

/* The connection goes, and everybody who waits is told. */
static void end(struct redis *redis, enum redis_end how, const char *format, ...) SL_PRINTF(3, 4);

static void end(struct redis *redis, enum redis_end how, const char *format, ...)
{
    va_list args;

    if (redis->fd < 0 && redis->ended != REDIS_NOT_ENDED) {
        return;
    }
    va_start(args, format);
    vsnprintf(redis->why, sizeof redis->why, format, args);
    va_end(args);
    close_fd(redis);
    redis->is_connected = false;
    redis->is_dropping = false;
    redis->ended = how;
    sl_buf_reset(&redis->out);
    redis->command_err = SL_EIO; /* of one that is being written */
    for (unsigned left = redis->waiters_count; left > 0; left--) {
        call(redis, next_waiter(redis), NULL, 0);
    }
}

static void end_by_errno(struct redis *redis, enum redis_end how, const char *what, int number)
{
    char text[64];

    end(redis, how, "%s: %s", what, strerror_r(number, text, sizeof text));
}

void redis_drop(struct redis *redis)
{
    if (redis->is_inside) {
        redis->is_dropping = redis->fd >= 0;
        return;
    }
    if (redis->fd >= 0) {
        end(redis, REDIS_DROPPED, "%s", "the connection was given up");
    }
}

/* ---- connecting ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static socklen_t read_address(const struct redis_options *options, union address *address)
{
    memset(address, 0, sizeof *address);
    if (options->address == NULL) {
        if (options->path == NULL || strlen(options->path) >= sizeof address->local.sun_path) {
            return 0;
        }
        address->local.sun_family = AF_UNIX;
        memcpy(address->local.sun_path, options->path, strlen(options->path) + 1);
        return sizeof address->local;
    }
    if (inet_pton(AF_INET, options->address, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)options->port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, options->address, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons((uint16_t)options->port);
        return sizeof address->v6;
    }
    return 0;
}

static bool renew_reader(struct redis *redis)
{
    if (redis->reader != NULL) {
        redisReaderFree(redis->reader);
    }
    redis->values_count = 0;
    sl_buf_reset(&redis->bytes);
    redis->is_too_large = false;
    redis->reader = redisReaderCreateWithFunctions(&reader_functions);
    if (redis->reader == NULL) {
        return false;
    }
    redis->reader->privdata = redis;
    return true;
}

enum sl_err redis_connect(struct redis *redis)
{
    union address address;
    const int one = 1;

    SL_CHECK(redis->fd < 0 && redis->waiters_count == 0);
    redis->ended = REDIS_NOT_ENDED;
    sl_buf_reset(&redis->out);
    socklen_t len = read_address(&redis->options, &address);
    if (len == 0) {
        end(redis, REDIS_UNREACHABLE, "%s", "neither a numeric address nor the path of a socket");
        return SL_EINVAL;
    }
    if (!renew_reader(redis)) {
        end(redis, REDIS_NO_MEMORY, "%s", "no memory");
        return SL_ENOMEM;
    }
    redis->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (redis->fd < 0) {
        end_by_errno(redis, REDIS_UNREACHABLE, "socket", errno);
        return SL_EIO;
    }
    if (redis->options.address != NULL) {
        SL_IGNORE(setsockopt(redis->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "slower");
        SL_IGNORE(setsockopt(redis->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one), "we ask too");
    }
    if (connect(redis->fd, &address.any, len) == 0) {
        redis->is_connected = true;
    } else if (errno != EINPROGRESS) { /* EAGAIN too: a socket's path whose line is full */
        end_by_errno(redis, REDIS_UNREACHABLE, "connect", errno);
        return SL_EIO;
    }
    return SL_OK;
}

bool redis_is_open(const struct redis *redis)
{
    return redis->fd >= 0 && !redis->is_dropping;
}

bool redis_is_connected(const struct redis *redis)
{
    return redis->is_connected && !redis->is_dropping;
}

static void see_connected(struct redis *redis)
{
    int number = 0;
    socklen_t len = sizeof number;

    if (getsockopt(redis->fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0) {
        number = errno;
    }
    if (number != 0) {
        end_by_errno(redis, REDIS_UNREACHABLE, "connect", number);
        return;
    }
    redis->is_connected = true;
}

/* ---- commands ---- */

static void put_bytes(struct redis *redis, const void *bytes, size_t len)
{
    if (redis->command_err == SL_OK) {
        redis->command_err = sl_buf_put(&redis->out, bytes, len);
    }
}

static void put_head(struct redis *redis, char type, size_t number)
{
    char text[HEAD_MAX];
    char *at = text + sizeof text;

    *--at = '\n';
    *--at = '\r';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *--at = type;
    put_bytes(redis, at, (size_t)(text + sizeof text - at));
}

void redis_open(struct redis *redis, size_t parts)
{
    redis->command_at = sl_buf_len(&redis->out);
    redis->command_err = redis_is_open(redis) ? SL_OK : SL_EIO;
    put_head(redis, '*', parts);
}

void redis_part_of(struct redis *redis, const struct sl_span *pieces, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += pieces[i].len;
    }
    put_head(redis, '$', len);
    for (size_t i = 0; i < count; i++) {
        put_bytes(redis, pieces[i].at, pieces[i].len);
    }
    put_bytes(redis, "\r\n", 2);
}

void redis_part(struct redis *redis, struct sl_span bytes)
{
    redis_part_of(redis, &bytes, 1);
}

static enum sl_err make_room_to_wait(struct redis *redis)
{
    unsigned room = redis->waiters_room == 0 ? WAITERS_FIRST : redis->waiters_room * 2;

    if (redis->waiters_count >= redis->options.commands_max) {
        return SL_ELIMIT;
    }
    if (redis->waiters_count < redis->waiters_room) {
        return SL_OK;
    }
    struct waiter *waiters = malloc(room * sizeof *waiters);
    if (waiters == NULL) {
        return SL_ENOMEM;
    }
    for (unsigned i = 0; i < redis->waiters_count; i++) {
        waiters[i] = redis->waiters[(redis->waiters_first + i) & (redis->waiters_room - 1)];
    }
    free(redis->waiters);
    redis->waiters = waiters;
    redis->waiters_room = room;
    redis->waiters_first = 0;
    return SL_OK;
}

enum sl_err redis_close_unasked(struct redis *redis)
{
    if (redis->command_err != SL_OK && redis->fd >= 0) {
        redis->out.filled = redis->out.done + redis->command_at;
    }
    return redis->command_err;
}

enum sl_err redis_close(struct redis *redis, redis_answered *answered, void *self)
{
    if (redis->command_err == SL_OK) {
        redis->command_err = make_room_to_wait(redis);
    }
    if (redis_close_unasked(redis) != SL_OK) {
        return redis->command_err;
    }
    redis->waiters[(redis->waiters_first + redis->waiters_count) & (redis->waiters_room - 1)] =
            (struct waiter){.answered = answered, .self = self};
    redis->waiters_count++;
    return SL_OK;
}

size_t redis_unsent(const struct redis *redis)
{
    return sl_buf_len(&redis->out);
}

unsigned redis_unanswered(const struct redis *redis)
{
    return redis->waiters_count;
}

/* ---- answers ---- */

static void reader_failed(struct redis *redis)
{
    if (redis->is_too_large) {
        end(redis, REDIS_TOO_LARGE, "a reply is longer than %zu bytes", redis->options.reply_max);
    } else if (redis->reader->err == REDIS_ERR_OOM) {
        end(redis, REDIS_NO_MEMORY, "%s", "no memory");
    } else {
        end(redis, REDIS_BROKEN, "what came is no reply: %s", redis->reader->errstr);
    }
}

static void give_answer(struct redis *redis)
{
    struct waiter waiter = {.answered = redis->options.unasked, .self = redis->options.self};
    const uint8_t *bytes = sl_buf_borrow(&redis->bytes).at;

    for (size_t i = 0; i < redis->values_count; i++) {
        struct redis_value *value = &redis->values[i];
        if (value->kind <= REDIS_ERROR) {
            value->bytes.at = bytes + value->number;
        }
    }
    if (redis->waiters_count > 0) {
        waiter = next_waiter(redis);
    } else if (waiter.answered == NULL) {
        end(redis, REDIS_BROKEN, "%s", "a reply came that nobody had asked for");
        return;
    }
    call(redis, waiter, redis->values, redis->values_count);
    redis->values_count = 0;
    sl_buf_reset(&redis->bytes);
    if (redis->is_dropping && !redis->is_inside) {
        redis_drop(redis);
    }
}

static void parse(struct redis *redis)
{
    while (redis->fd >= 0) {
        void *reply = NULL;

        if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK) {
            reader_failed(redis);
            return;
        }
        if (reply == NULL) {
            break;
        }
        give_answer(redis);
    }
    /* What is not a whole value yet waits in the reader. */
    if (redis->fd >= 0 && redis->reader->len - redis->reader->pos > redis->options.reply_max) {
        redis->is_too_large = true;
        reader_failed(redis);
    }
}

static void receive(struct redis *redis)
{
    for (int i = 0; i < READS_A_TURN && redis->fd >= 0; i++) {
        ssize_t len = recv(redis->fd, redis->read, sizeof redis->read, 0);

        if (len > 0) {
            if (redisReaderFeed(redis->reader, (char *)redis->read, (size_t)len) != REDIS_OK) {
                reader_failed(redis);
                return;
            }
            parse(redis);
            if ((size_t)len < sizeof redis->read) {
                return;
            }
        } else if (len == 0) {
            end(redis, REDIS_CLOSED, "%s", "the server closed the connection");
        } else if (errno == EAGAIN || errno == EINTR) {
            return;
        } else {
            end_by_errno(redis, REDIS_FAILED, "recv", errno);
        }
    }
}

void redis_flush(struct redis *redis)
{
    while (redis->is_connected && !redis->is_dropping && sl_buf_len(&redis->out) > 0) {
        struct sl_span bytes = sl_buf_borrow(&redis->out);
        ssize_t len = send(redis->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

        if (len < 0) {
            if (errno != EAGAIN && errno != EINTR && !redis->is_inside) {
                end_by_errno(redis, REDIS_FAILED, "send", errno);
            }
            return;
        }
        sl_buf_consume(&redis->out, (size_t)len);
    }
}

int redis_fd(const struct redis *redis)
{
    return redis->fd;
}

bool redis_wants_write(const struct redis *redis)
{
    return redis->fd >= 0 && (!redis->is_connected || sl_buf_len(&redis->out) > 0);
}

void redis_go_on(struct redis *redis, bool readable, bool writable)
{
    SL_CHECK(!redis->is_inside);
    if (redis->fd >= 0 && !redis->is_connected && (readable || writable)) {
        see_connected(redis);
    }
    if (redis->fd >= 0 && redis->is_connected && readable) {
        receive(redis);
    }
    redis_flush(redis);
}

enum redis_end redis_ended(const struct redis *redis)
{
    return redis->ended;
}

const char *redis_why(const struct redis *redis)
{
    return redis->why;
}
