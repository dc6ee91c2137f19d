/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_wire.h - a connection in bytes: messages as a case wants them, and all that comes back.
 *
 * Ownership: the caller's; what was heard until the next wire_ask(). Threads: the main thread only. Bounds:
 * WIRE_SENT_MAX bytes between two wire_ask(), WIRE_HEARD_MAX of an answer; the program ends beyond.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_WIRE_H
#define SLUICE_TESTS_E2E_ANSWERS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_SENT_MAX = 65536, WIRE_HEARD_MAX = 1 << 20 };

struct wire {
    int fd;
    bool is_closed;
    size_t sent;
    size_t heard;
    unsigned ready; /* how many ReadyForQuery are owed */
    uint32_t
            oids_from; /* tables from there on are made at different times: their OIDs are left out; 0: none */
    uint8_t *from; /* what goes */
    uint8_t *to;   /* what came */
};

/* Logged in. */
void wire_open(struct wire *wire, int port, const char *user, const char *database);
void wire_close(struct wire *wire);

void wire_query(struct wire *wire, const char *sql);
void wire_parse(struct wire *wire, const char *name, const char *sql);
struct wire_values {
    int count;
    const char *const *at;
    const int *lens; /* NULL: of text; -1: NULL */
    int format;      /* one for all */
    int result_format;
};
void wire_bind(
        struct wire *wire, const char *portal, const char *name, const struct wire_values *values);
/* kind: 'S' or 'P' */
void wire_describe(struct wire *wire, char kind, const char *name);
void wire_close_name(struct wire *wire, char kind, const char *name);
void wire_execute(struct wire *wire, const char *portal, int rows);
void wire_sync(struct wire *wire);
void wire_flush(struct wire *wire);

/* Sends what was put, and hears all that it is answered; false: it is closed meanwhile. */
bool wire_ask(struct wire *wire);
/* In two steps: others are asked between. */
void wire_send(struct wire *wire);
bool wire_hear(struct wire *wire);

/* The first byte in which they differ, or SIZE_MAX. */
size_t wire_differs(const struct wire *one, const struct wire *other);
/* The types of the messages heard, and the message around that byte, as text. */
void wire_print(const struct wire *wire, const char *who, size_t around);

#endif
