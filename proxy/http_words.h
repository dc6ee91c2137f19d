/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_words.h - refusals that are no answer to a request: there is none yet.
 *
 * evhttp 2.1 says by itself, in HTML, what it thinks of bytes that are no HTTP. It puts that into
 * the output of the connection; before it is sent it is put into the words that the routes use.
 *
 * Ownership: the caller's. Threads: that of proxy/http.h. Bounds: HTTP_WORDS_MAX.
 */
#ifndef SLUICE_PROXY_HTTP_WORDS_H
#define SLUICE_PROXY_HTTP_WORDS_H

#include <stddef.h>

struct evbuffer;

enum { HTTP_WORDS_MAX = 1024 };

/* A whole answer, and the last of its connection; its length. */
size_t http_words_put(char text[HTTP_WORDS_MAX], int status, const char *message);

/* To who has not asked a whole question, and does not take it: to nobody. */
void http_words_say(int fd, int status, const char *message);

/* The status of evhttp's refusal that is all of the output, which is ours now; 0: it is none. */
int http_words_translate(struct evbuffer *output);

#endif
