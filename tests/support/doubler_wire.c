/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/doubler_wire.h"

#include "tests/support/proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CHUNK = 65536, HEAD = 5, LINE = 400 };

void doubler_append(struct doubler_bytes *bytes, const void *at, size_t len)
{
    if (bytes->len + len > bytes->cap) {
        bytes->cap = (bytes->len + len) * 2;
        bytes->at = realloc(bytes->at, bytes->cap);
        if (bytes->at == NULL) {
            proc_die("no memory for %zu bytes", bytes->cap);
        }
    }
    if (len > 0) {
        memcpy(bytes->at + bytes->len, at, len);
    }
    bytes->len += len;
}

void doubler_clear(struct doubler_bytes *bytes)
{
    bytes->len = 0;
}

void doubler_end_fini(struct doubler_end *end)
{
    free(end->in.at);
    end->in = (struct doubler_bytes){.at = NULL};
    end->done = 0;
}

bool doubler_receive(struct doubler_end *end)
{
    char chunk[CHUNK];
    ssize_t got;

    if (end->done > 0) {
        memmove(end->in.at, end->in.at + end->done, end->in.len - end->done);
        end->in.len -= end->done;
        end->done = 0;
    }
    do {
        got = recv(end->fd, chunk, sizeof chunk, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        doubler_append(&end->in, chunk, (size_t)got);
    }
    return got > 0;
}

bool doubler_send(int fd, const void *at, size_t len)
{
    const char *from = at;

    while (len > 0) {
        ssize_t sent = send(fd, from, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        from += sent;
        len -= (size_t)sent;
    }
    return true;
}

unsigned doubler_number(const char *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof number);
    return ntohl(number);
}

static size_t take(struct doubler_end *end, size_t type, const char **at)
{
    size_t left = end->in.len - end->done;

    if (left < type + 4) {
        return 0;
    }
    size_t len = type + doubler_number(end->in.at + end->done + type);
    if (left < len) {
        return 0;
    }
    *at = end->in.at + end->done;
    end->done += len;
    return len;
}

size_t doubler_message(struct doubler_end *end, const char **at)
{
    return take(end, 1, at);
}

size_t doubler_startup(struct doubler_end *end, const char **at)
{
    return take(end, 0, at);
}

size_t doubler_next(const struct doubler_bytes *bytes, size_t *offset, const char **at)
{
    if (bytes->len - *offset < HEAD) {
        return 0;
    }
    size_t len = 1 + doubler_number(bytes->at + *offset + 1);
    *at = bytes->at + *offset;
    *offset += len;
    return len;
}

/* ---- two replies ---- */

bool doubler_are_equal(const struct doubler_bytes *one, const struct doubler_bytes *other)
{
    return one->len == other->len && memcmp(one->at, other->at, one->len) == 0;
}

struct piece {
    const char *at;
    size_t len;
};

static int compare(const void *a, const void *b)
{
    const struct piece *one = a;
    const struct piece *other = b;
    size_t len = one->len < other->len ? one->len : other->len;
    int order = memcmp(one->at, other->at, len);

    return order != 0 ? order : (one->len > other->len) - (one->len < other->len);
}

static struct piece *sorted(const struct doubler_bytes *bytes, size_t *count)
{
    struct piece *pieces = calloc(bytes->len / HEAD + 1, sizeof *pieces);
    struct piece piece;

    if (pieces == NULL) {
        proc_die("no memory for pieces");
    }
    *count = 0;
    for (size_t offset = 0; (piece.len = doubler_next(bytes, &offset, &piece.at)) > 0;) {
        pieces[(*count)++] = piece;
    }
    qsort(pieces, *count, sizeof *pieces, compare);
    return pieces;
}

bool doubler_are_alike(const struct doubler_bytes *one, const struct doubler_bytes *other)
{
    size_t count;
    size_t others;
    struct piece *pieces = sorted(one, &count);
    struct piece *of_other = sorted(other, &others);
    bool is_alike = count == others;

    for (size_t i = 0; is_alike && i < count; i++) {
        is_alike = compare(&pieces[i], &of_other[i]) == 0;
    }
    free(pieces);
    free(of_other);
    return is_alike;
}

static void tell(const char *at, size_t len, char to[static LINE])
{
    size_t used = 0;

    for (size_t i = 0; i < len && used < LINE - 5; i++) {
        bool is_plain = at[i] >= ' ' && at[i] <= '~';
        used += (size_t)snprintf(
                to + used, LINE - used, is_plain ? "%c" : "\\%02x", (unsigned char)at[i]);
    }
    to[used] = '\0';
}

void doubler_tell_difference(
        const struct doubler_bytes *one, const struct doubler_bytes *other, char *to, size_t size)
{
    char text[LINE] = "(nothing)";
    char other_text[LINE] = "(nothing)";
    const char *at = NULL;
    const char *of_other = NULL;
    size_t offset = 0;
    size_t other_offset = 0;
    int number = 0;

    for (;; number++) {
        size_t len = doubler_next(one, &offset, &at);
        size_t other_len = doubler_next(other, &other_offset, &of_other);
        if (len == 0 && other_len == 0) {
            break;
        }
        if (len != other_len || memcmp(at, of_other, len) != 0) {
            tell(at, len, text);
            tell(of_other, other_len, other_text);
            break;
        }
    }
    snprintf(to, size, "message %d:\n    %s\n    %s", number, text, other_text);
}
