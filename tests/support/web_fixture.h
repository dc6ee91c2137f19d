/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/web_fixture.h - fixture.h's Sluice with HTTP and a client, and what cases that
 * ask it by HTTP begin and end with.
 *
 * Databases shop and other are the cluster's postgres, entered as user postgres whoever comes.
 *
 * Ownership: both belong to the program. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_WEB_FIXTURE_H
#define SLUICE_TESTS_SUPPORT_WEB_FIXTURE_H

#include "tests/support/fixture.h"

/* Where HTTP is, from web_begin() on. */
extern int port;
/* Of user one in database shop, from web_start() on. */
extern PGconn *client;

/* For CMocka: gives 0. A Sluice that is not started yet. */
int web_begin(void **state);
/* Lines of [stats], and of [http] behind listen. */
void web_start(const char *stats, const char *http);
/* For CMocka: gives 0. Whatever was asked, the next request is answered and the client is served. */
int web_end(void **state);

/* Until it is answered with 200 and those words: where a request may last a second only, a machine
 * that is busy may need several. Fails the case after SOON_MS. */
void web_soon(const char *path, const char *words);

#endif
