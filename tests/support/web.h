/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/web.h - asks a Sluice by HTTP, byte by byte as the test says it.
 *
 * Ownership: texts live until the next answer. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_WEB_H
#define SLUICE_TESTS_SUPPORT_WEB_H

#include <stdbool.h>
#include <stddef.h>

struct web_answer {
    int status; /* 0: nothing came */
    char *text; /* all of it */
    const char *body;
};

/* A connection to a loopback port; fails the case when there is none. */
int web_dial(int port);
/* Sends all of it; false: the other side has closed. */
bool web_say(int fd, const char *bytes, size_t len);
/* Whether an answer begins within ms. */
bool web_is_answered(int fd, int ms);
/* Reads to the end and closes; fails the case when that does not come. */
struct web_answer web_hear(int fd);

/* One request on a connection of its own. headers: lines with \r\n each, or "". */
struct web_answer web_ask(int port, const char *method, const char *path, const char *headers);
struct web_answer web_get(int port, const char *path);
/* A POST with that body and its length; headers as above. */
struct web_answer web_post(
        int port, const char *path, const char *headers, const char *body, size_t len);

/* The value of a header, or NULL; good until the next call. */
const char *web_header(const struct web_answer *answer, const char *name);

/* Fails the case unless the status is that and the text is in the answer. */
void web_expect(struct web_answer answer, int status, const char *text);

#endif
