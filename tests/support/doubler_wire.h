/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/doubler_wire.h - messages of a connection, as they come, and how two replies differ.
 *
 * Ownership: the caller's structs. Threads: one. Bounds: none; a test's own.
 */
#ifndef SLUICE_TESTS_SUPPORT_DOUBLER_WIRE_H
#define SLUICE_TESTS_SUPPORT_DOUBLER_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct doubler_bytes {
    char *at;
    size_t len;
    size_t cap;
};

struct doubler_end {
    int fd;
    struct doubler_bytes in;
    size_t done; /* of in, messages that were taken */
};

void doubler_append(struct doubler_bytes *bytes, const void *at, size_t len);
void doubler_clear(struct doubler_bytes *bytes);
void doubler_end_fini(struct doubler_end *end);

/* What has come; waits for it. False: it is closed. */
bool doubler_receive(struct doubler_end *end);
bool doubler_send(int fd, const void *at, size_t len);
/* The next whole one, with its head; of a startup packet, without a type. 0: not yet. Good until the next receive. */
size_t doubler_message(struct doubler_end *end, const char **at);
size_t doubler_startup(struct doubler_end *end, const char **at);
/* Of bytes that are whole messages: the one at *offset, which goes behind it. 0: there is none. */
size_t doubler_next(const struct doubler_bytes *bytes, size_t *offset, const char **at);
/* A number of four bytes, as the wire has it. */
unsigned doubler_number(const char *at);

bool doubler_are_equal(const struct doubler_bytes *one, const struct doubler_bytes *other);
/* The same messages in another order. */
bool doubler_are_alike(const struct doubler_bytes *one, const struct doubler_bytes *other);
/* Where they differ first, for people. */
void doubler_tell_difference(
        const struct doubler_bytes *one, const struct doubler_bytes *other, char *to, size_t size);

#endif
