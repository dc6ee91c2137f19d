/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/cache/some_redis.h - a Redis of a few commands, in this process: it does one command of one connection
 * when it is told to, so that a test decides in which order things happen.
 *
 * Bounds: FAKE_ROWS values, FAKE_CONNS connections.
 */
#ifndef SLUICE_TESTS_UNIT_CACHE_SOME_REDIS_H
#define SLUICE_TESTS_UNIT_CACHE_SOME_REDIS_H

#include "protocol/base/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAKE_ROWS = 512, FAKE_TEXT = 768, FAKE_CONNS = 12, FAKE_WORDS = 64, FAKE_IO = 1 << 16 };

struct fake_row { /* field: "": of a string */
    char key[160];
    char field[48];
    char value[FAKE_TEXT];
};

struct fake_conn {
    int fd; /* -1: none */
    char in[FAKE_IO];
    size_t in_len;
    char out[FAKE_IO];
    size_t out_len;
    bool in_multi;
    bool listens; /* to the only channel there is */
};

struct fake {
    int fd;
    char path[108];
    unsigned run;
    unsigned rows_count;
    struct fake_row rows[FAKE_ROWS];
    struct fake_conn conns[FAKE_CONNS];
    bool by_byte;         /* answers go one byte a step */
    bool missing_is_zero; /* a mistake: what is not there is a constant */
    const char *error;    /* to everything but the greeting */
    const char *error_to; /* or to this command only */
    unsigned commands;
    unsigned long long seconds;
};

static inline void fake_open(struct fake *fake)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static unsigned serial;

    fake->run = 1;
    fake->seconds = 1700000000;
    snprintf(fake->path, sizeof fake->path, "/tmp/sluice-fake-%d-%u.sock", (int)getpid(), serial++);
    unlink(fake->path);
    memcpy(address.sun_path, fake->path, sizeof fake->path);
    fake->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SL_CHECK(fake->fd >= 0);
    SL_CHECK(bind(fake->fd, (const struct sockaddr *)&address, sizeof address) == 0);
    SL_CHECK(listen(fake->fd, 16) == 0);
    for (int i = 0; i < FAKE_CONNS; i++) {
        fake->conns[i].fd = -1;
    }
}

static inline void fake_drop(struct fake *fake, int i)
{
    if (fake->conns[i].fd >= 0) {
        close(fake->conns[i].fd);
    }
    fake->conns[i] = (struct fake_conn){.fd = -1};
}

static inline void fake_close(struct fake *fake)
{
    for (int i = 0; i < FAKE_CONNS; i++) {
        fake_drop(fake, i);
    }
    close(fake->fd);
    unlink(fake->path);
}

/* ---- what it knows ---- */

static inline struct fake_row *fake_row(struct fake *fake, const char *key, const char *field)
{
    for (unsigned i = 0; i < fake->rows_count; i++) {
        if (strcmp(fake->rows[i].key, key) == 0 && strcmp(fake->rows[i].field, field) == 0) {
            return &fake->rows[i];
        }
    }
    return NULL;
}

static inline unsigned fake_fields(const struct fake *fake, const char *key)
{
    unsigned count = 0;

    for (unsigned i = 0; i < fake->rows_count; i++) {
        count += strcmp(fake->rows[i].key, key) == 0;
    }
    return count;
}

/* 1: it is new. */
static inline int fake_set(struct fake *fake, const char *key, const char *field, const char *value)
{
    struct fake_row *row = fake_row(fake, key, field);
    const int is_new = row == NULL;

    if (row == NULL) {
        SL_CHECK(fake->rows_count < FAKE_ROWS);
        row = &fake->rows[fake->rows_count++];
        snprintf(row->key, sizeof row->key, "%s", key);
        snprintf(row->field, sizeof row->field, "%s", field);
    }
    snprintf(row->value, sizeof row->value, "%s", value);
    return is_new;
}

static inline int fake_delete(struct fake *fake, const char *key)
{
    int found = 0;

    for (unsigned i = 0; i < fake->rows_count;) {
        if (strcmp(fake->rows[i].key, key) == 0) {
            fake->rows[i] = fake->rows[--fake->rows_count];
            found = 1;
        } else {
            i++;
        }
    }
    return found;
}

/* ---- what it says ---- */

static inline void fake_say(struct fake_conn *conn, const char *format, ...) SL_PRINTF(2, 3);

static inline void fake_say(struct fake_conn *conn, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    conn->out_len +=
            (size_t)vsnprintf(conn->out + conn->out_len, FAKE_IO - conn->out_len, format, args);
    va_end(args);
    SL_CHECK(conn->out_len < FAKE_IO);
}

static inline void fake_say_row(
        struct fake *fake, struct fake_conn *conn, const char *key, const char *field)
{
    const struct fake_row *row = fake_row(fake, key, field);
    const bool is_token = strstr(key, ":q:") == NULL && strstr(key, ":inst") == NULL;

    if (row != NULL) {
        fake_say(conn, "$%zu\r\n%s\r\n", strlen(row->value), row->value);
    } else if (fake->missing_is_zero && is_token) {
        fake_say(conn, "$18\r\n0@0000000000000000\r\n");
    } else {
        fake_say(conn, "$-1\r\n");
    }
}

static inline void fake_info(struct fake *fake, struct fake_conn *conn)
{
    char text[256];

    snprintf(text, sizeof text,
            "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:run%u\r\n"
            "role:master\r\nmaster_replid:r\r\n",
            fake->run);
    fake_say(conn, "$%zu\r\n%s\r\n", strlen(text), text);
}

static inline void fake_hash(
        struct fake *fake, struct fake_conn *conn, char *words[], unsigned count)
{
    if (strcmp(words[0], "HMGET") == 0) {
        fake_say(conn, "*%u\r\n", count - 2);
        for (unsigned i = 2; i < count; i++) {
            fake_say_row(fake, conn, words[1], words[i]);
        }
    } else if (strcmp(words[0], "HSET") == 0) {
        int added = 0;
        for (unsigned i = 2; i + 1 < count; i += 2) {
            added += fake_set(fake, words[1], words[i], words[i + 1]);
        }
        fake_say(conn, ":%d\r\n", added);
    } else if (strcmp(words[0], "HSETNX") == 0) {
        const bool is_there = fake_row(fake, words[1], words[2]) != NULL;
        if (!is_there) {
            fake_set(fake, words[1], words[2], words[3]);
        }
        fake_say(conn, ":%d\r\n", !is_there);
    } else if (strcmp(words[0], "HGETALL") == 0) {
        fake_say(conn, "*%u\r\n", 2 * fake_fields(fake, words[1]));
        for (unsigned i = 0; i < fake->rows_count; i++) {
            const struct fake_row *row = &fake->rows[i];
            if (strcmp(row->key, words[1]) == 0) {
                fake_say(conn, "$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(row->field), row->field,
                        strlen(row->value), row->value);
            }
        }
    } else if (strcmp(words[0], "HLEN") == 0) {
        fake_say(conn, ":%u\r\n", fake_fields(fake, words[1]));
    } else {
        fake_say_row(fake, conn, words[1], words[2]);
    }
}

/* To all that listen; how many. */
static inline void fake_publish(
        struct fake *fake, struct fake_conn *conn, const char *channel, const char *text)
{
    unsigned heard = 0;

    for (int i = 0; i < FAKE_CONNS; i++) {
        if (fake->conns[i].fd >= 0 && fake->conns[i].listens) {
            heard++;
            fake_say(&fake->conns[i], "*3\r\n$7\r\nmessage\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
                    strlen(channel), channel, strlen(text), text);
        }
    }
    fake_say(conn, ":%u\r\n", heard);
}

static inline void fake_do(struct fake *fake, struct fake_conn *conn, char *words[], unsigned count)
{
    const char *name = words[0];
    const bool is_greeting =
            strcmp(name, "INFO") == 0 || strcmp(name, "TIME") == 0 || strcmp(name, "CLIENT") == 0;

    fake->commands++;
    if (fake->error != NULL && !is_greeting &&
            (fake->error_to == NULL || strcmp(name, fake->error_to) == 0)) {
        fake_say(conn, "-%s\r\n", fake->error);
    } else if (name[0] == 'H') {
        fake_hash(fake, conn, words, count);
    } else if (strcmp(name, "INFO") == 0) {
        fake_info(fake, conn);
    } else if (strcmp(name, "TIME") == 0) {
        fake_say(conn, "*2\r\n$10\r\n%llu\r\n$1\r\n0\r\n", fake->seconds);
    } else if (strcmp(name, "GET") == 0) {
        fake_say_row(fake, conn, words[1], "");
    } else if (strcmp(name, "SETNX") == 0) {
        const bool is_there = fake_row(fake, words[1], "") != NULL;
        if (!is_there) {
            fake_set(fake, words[1], "", words[2]);
        }
        fake_say(conn, ":%d\r\n", !is_there);
    } else if (strcmp(name, "DEL") == 0) {
        int found = 0;
        for (unsigned i = 1; i < count; i++) {
            found += fake_delete(fake, words[i]);
        }
        fake_say(conn, ":%d\r\n", found);
    } else if (strcmp(name, "EXEC") == 0) {
        fake_say(conn, "*0\r\n");
    } else if (strcmp(name, "PING") == 0) {
        fake_say(conn, conn->listens ? "*2\r\n$4\r\npong\r\n$0\r\n\r\n" : "+PONG\r\n");
    } else if (strcmp(name, "SUBSCRIBE") == 0) {
        conn->listens = true;
        fake_say(conn, "*3\r\n$9\r\nsubscribe\r\n$%zu\r\n%s\r\n:1\r\n", strlen(words[1]), words[1]);
    } else if (strcmp(name, "PUBLISH") == 0) {
        fake_publish(fake, conn, words[1], words[2]);
    } else if (strstr("EXPIRE PEXPIRE ZINCRBY ZREMRANGEBYRANK", name) != NULL) {
        fake_say(conn, ":1\r\n");
    } else {
        fake_say(conn, "+OK\r\n");
    }
}

/* ---- what it hears ---- */

/* A whole command at the front of in: its length, and where its words begin. */
static inline size_t fake_parse(struct fake_conn *conn, char *words[], unsigned *count)
{
    char *at = conn->in;
    char *end = conn->in + conn->in_len;
    char *line = memchr(at, '\n', (size_t)(end - at));

    if (line == NULL) {
        return 0;
    }
    *count = (unsigned)strtoul(at + 1, NULL, 10);
    SL_CHECK(at[0] == '*' && *count <= FAKE_WORDS);
    at = line + 1;
    for (unsigned i = 0; i < *count; i++) {
        line = memchr(at, '\n', (size_t)(end - at));
        if (line == NULL) {
            return 0;
        }
        const size_t len = strtoul(at + 1, NULL, 10);
        if ((size_t)(end - line - 1) < len + 2) {
            return 0;
        }
        words[i] = line + 1;
        at = line + 1 + len + 2;
    }
    return (size_t)(at - conn->in);
}

static inline void fake_accept(struct fake *fake)
{
    for (int i = 0; i < FAKE_CONNS; i++) {
        if (fake->conns[i].fd < 0) {
            const int fd = accept(fake->fd, NULL, NULL);
            if (fd < 0) {
                return;
            }
            fake->conns[i].fd = fd;
        }
    }
}

/* True: something went. */
static inline bool fake_send(struct fake *fake, struct fake_conn *conn)
{
    const size_t len = fake->by_byte && conn->out_len > 0 ? 1 : conn->out_len;
    const ssize_t sent = len == 0 ? 0 : send(conn->fd, conn->out, len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent <= 0) {
        return false;
    }
    memmove(conn->out, conn->out + sent, conn->out_len - (size_t)sent);
    conn->out_len -= (size_t)sent;
    return true;
}

/* One command of one connection, if it has sent one. */
static inline bool fake_step(struct fake *fake, int i)
{
    struct fake_conn *conn = &fake->conns[i];
    char *words[FAKE_WORDS];
    static char copies[FAKE_IO + FAKE_WORDS];
    unsigned count = 0;

    fake_accept(fake);
    if (conn->fd < 0) {
        return false;
    }
    const bool did = fake_send(fake, conn);
    const ssize_t got =
            recv(conn->fd, conn->in + conn->in_len, FAKE_IO - conn->in_len, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        fake_drop(fake, i);
        return false;
    }
    conn->in_len += got > 0 ? (size_t)got : 0;
    const size_t len = fake_parse(conn, words, &count);
    if (len == 0) {
        return did;
    }
    char *to = copies;
    for (unsigned w = 0; w < count; w++) {
        char *line = words[w] - 2; /* its "\r\n" */
        while (line[-1] != '$') {
            line--;
        }
        const size_t word_len = strtoul(line, NULL, 10);
        memcpy(to, words[w], word_len);
        to[word_len] = '\0';
        words[w] = to;
        to += word_len + 1;
    }
    fake_do(fake, conn, words, count);
    memmove(conn->in, conn->in + len, conn->in_len - len);
    conn->in_len -= len;
    fake_send(fake, conn);
    return true;
}

/* Until nobody has said anything more. */
static inline void fake_all(struct fake *fake)
{
    bool did = true;

    while (did) {
        did = false;
        for (int i = 0; i < FAKE_CONNS; i++) {
            did = fake_step(fake, i) || did;
        }
    }
}

#endif
