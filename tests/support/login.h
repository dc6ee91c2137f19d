/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/login.h - connections that are expected to fail, or to say how they came about.
 *
 * A login's outcome is a text: "ok" when a statement was answered, else what libpq
 * says with severity, SQLSTATE and message of the last attempt.
 *
 * Ownership: a text belongs to this file until the next call. Bounds: LOGIN_TEXT_MAX.
 */
#ifndef SLUICE_TESTS_SUPPORT_LOGIN_H
#define SLUICE_TESTS_SUPPORT_LOGIN_H

#include <stddef.h>

enum { LOGIN_TEXT_MAX = 8192 };

/* Connects with a conninfo made by printf's rules, asks "select 1", and leaves. */
const char *login_try(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fails the CMocka case unless the outcome contains the text. */
void login_expect(const char *outcome, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* A TCP connection to a loopback port; ends the program when there is none. */
int login_dial(int port);

/* A StartupMessage of protocol 3.0 in at, LOGIN_TEXT_MAX big; its length. */
size_t login_startup(char *at, const char *user, const char *database);

/* Reads until size bytes are there, the other side closes, or 5 seconds are over. */
size_t login_read(int fd, char *at, size_t size);

/*
 * Sends a startup packet without TLS and reads the answer: the code of the
 * authentication request (0 for none, 3 plain, 5 md5, 10 SASL), or -1 for anything else.
 */
int login_asked(int port, const char *user, const char *database);

#endif
