/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_wire.h"

#include "tests/support/case.h"
#include "tests/support/login.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what goes ---- */

static void put(struct wire *wire, const void *at, size_t len)
{
    if (len > WIRE_SENT_MAX - wire->sent) {
        proc_die("too much to send");
    }
    memcpy(wire->from + wire->sent, at, len);
    wire->sent += len;
}

static void put_text(struct wire *wire, const char *text)
{
    put(wire, text, strlen(text) + 1);
}

static void put_int(struct wire *wire, int value, size_t size)
{
    uint32_t number = htonl((uint32_t)value);

    put(wire, (const uint8_t *)&number + (sizeof number - size), size);
}

/* Its length is known at the end. */
static size_t begin(struct wire *wire, char type)
{
    put(wire, &type, 1);
    put_int(wire, 0, 4);
    return wire->sent - 4;
}

static void end(struct wire *wire, size_t at)
{
    uint32_t len = htonl((uint32_t)(wire->sent - at));

    memcpy(wire->from + at, &len, sizeof len);
}

void wire_query(struct wire *wire, const char *sql)
{
    size_t at = begin(wire, 'Q');

    put_text(wire, sql);
    end(wire, at);
    wire->ready++;
}

void wire_parse(struct wire *wire, const char *name, const char *sql)
{
    size_t at = begin(wire, 'P');

    put_text(wire, name);
    put_text(wire, sql);
    put_int(wire, 0, 2);
    end(wire, at);
}

void wire_bind(
        struct wire *wire, const char *portal, const char *name, const struct wire_values *values)
{
    size_t at = begin(wire, 'B');

    put_text(wire, portal);
    put_text(wire, name);
    put_int(wire, 1, 2);
    put_int(wire, values->format, 2);
    put_int(wire, values->count, 2);
    for (int i = 0; i < values->count; i++) {
        const char *value = values->at[i];
        int len = values->lens != NULL ? values->lens[i] : value != NULL ? (int)strlen(value) : 0;
        len = value == NULL ? -1 : len;
        put_int(wire, len, 4);
        if (len > 0) {
            put(wire, value, (size_t)len);
        }
    }
    put_int(wire, 1, 2);
    put_int(wire, values->result_format, 2);
    end(wire, at);
}

static void put_named(struct wire *wire, char type, char kind, const char *name)
{
    size_t at = begin(wire, type);

    put(wire, &kind, 1);
    put_text(wire, name);
    end(wire, at);
}

void wire_describe(struct wire *wire, char kind, const char *name)
{
    put_named(wire, 'D', kind, name);
}

void wire_close_name(struct wire *wire, char kind, const char *name)
{
    put_named(wire, 'C', kind, name);
}

void wire_execute(struct wire *wire, const char *portal, int rows)
{
    size_t at = begin(wire, 'E');

    put_text(wire, portal);
    put_int(wire, rows, 4);
    end(wire, at);
}

void wire_sync(struct wire *wire)
{
    end(wire, begin(wire, 'S'));
    wire->ready++;
}

void wire_flush(struct wire *wire)
{
    end(wire, begin(wire, 'H'));
}

/* ---- what comes ---- */

static size_t message_at(const struct wire *wire, size_t at)
{
    uint32_t len;

    if (wire->heard - at < 5) {
        return 0;
    }
    memcpy(&len, wire->to + at + 1, sizeof len);
    size_t total = (size_t)ntohl(len) + 1;
    return wire->heard - at < total ? 0 : total;
}

/* Where in PostgreSQL's source an error is: ours have no such fields. Returns how long it is then. */
static size_t forget_places(struct wire *wire, size_t at, size_t total)
{
    size_t to = at + 5;
    size_t from = to;

    while (from < at + total && wire->to[from] != '\0') {
        size_t len = strlen((const char *)wire->to + from) + 1;
        if (strchr("FLR", wire->to[from]) == NULL) {
            memmove(wire->to + to, wire->to + from, len);
            to += len;
        }
        from += len;
    }
    wire->to[to++] = '\0';
    memmove(wire->to + to, wire->to + at + total, wire->heard - at - total);
    wire->heard -= at + total - to;
    uint32_t len = htonl((uint32_t)(to - at - 1));
    memcpy(wire->to + at + 1, &len, sizeof len);
    return to - at;
}

static void forget_tables(const struct wire *wire, uint8_t *message, size_t total)
{
    size_t at = 7;

    while (wire->oids_from != 0 && at < total) {
        uint32_t oid;
        at += strlen((const char *)message + at) + 1;
        memcpy(&oid, message + at, sizeof oid);
        if (ntohl(oid) >= wire->oids_from) {
            memset(message + at, 0, sizeof oid);
        }
        at += 18;
    }
}

void wire_send(struct wire *wire)
{
    size_t done = 0;

    while (done < wire->sent) {
        ssize_t n = write(wire->fd, wire->from + done, wire->sent - done);
        if (n <= 0) {
            wire->is_closed = true;
            break;
        }
        done += (size_t)n;
    }
    wire->sent = 0;
    wire->heard = 0;
}

bool wire_hear(struct wire *wire)
{
    size_t read_to = 0;

    while (wire->ready > 0 && !wire->is_closed) {
        size_t total = message_at(wire, read_to);
        if (total > 0) {
            wire->ready -= wire->to[read_to] == 'Z';
            if (wire->to[read_to] == 'S') { /* a setting is reported: others look at these */
                memmove(wire->to + read_to, wire->to + read_to + total,
                        wire->heard - read_to - total);
                wire->heard -= total;
                continue;
            }
            if (wire->to[read_to] == 'T') {
                forget_tables(wire, wire->to + read_to, total);
            }
            if (wire->to[read_to] == 'E' || wire->to[read_to] == 'N') {
                total = forget_places(wire, read_to, total);
            }
            read_to += total;
            continue;
        }
        struct pollfd wait = {.fd = wire->fd, .events = POLLIN};
        if (poll(&wait, 1, SOON_MS) != 1 || wire->heard == WIRE_HEARD_MAX) {
            proc_die("no answer, or too long a one");
        }
        ssize_t n = read(wire->fd, wire->to + wire->heard, WIRE_HEARD_MAX - wire->heard);
        wire->is_closed = n <= 0;
        wire->heard += n > 0 ? (size_t)n : 0;
    }
    wire->ready = 0;
    return !wire->is_closed;
}

bool wire_ask(struct wire *wire)
{
    wire_send(wire);
    return wire_hear(wire);
}

void wire_open(struct wire *wire, int port, const char *user, const char *database)
{
    uint8_t startup[LOGIN_TEXT_MAX];

    *wire = (struct wire){.fd = login_dial(port)};
    wire->from = malloc(WIRE_SENT_MAX);
    wire->to = malloc(WIRE_HEARD_MAX);
    if (wire->from == NULL || wire->to == NULL) {
        proc_die("out of memory");
    }
    put(wire, startup, login_startup((char *)startup, user, database));
    wire->ready = 1;
    if (!wire_ask(wire)) {
        proc_die("it could not log in");
    }
}

void wire_close(struct wire *wire)
{
    close(wire->fd);
    free(wire->from);
    free(wire->to);
}

/* ---- compared ---- */

size_t wire_differs(const struct wire *one, const struct wire *other)
{
    size_t len = one->heard < other->heard ? one->heard : other->heard;

    for (size_t i = 0; i < len; i++) {
        if (one->to[i] != other->to[i]) {
            return i;
        }
    }
    return one->heard == other->heard ? SIZE_MAX : len;
}

void wire_print(const struct wire *wire, const char *who, size_t around)
{
    size_t total = 0;

    print_message("    %s: ", who);
    for (size_t at = 0; (total = message_at(wire, at)) > 0; at += total) {
        print_message("%c", wire->to[at]);
        if (around < at || around >= at + total) {
            continue;
        }
        print_message("(");
        for (size_t i = 5; i < total && i < 300; i++) {
            print_message(isprint(wire->to[at + i]) ? "%c" : "\\x%02x", wire->to[at + i]);
        }
        print_message(")");
    }
    print_message("\n");
}
