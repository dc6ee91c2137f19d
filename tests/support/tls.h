/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/tls.h - certificates for a test, made by the openssl program.
 *
 * dir/tls/ then holds ca.crt; server.crt and server.key (for localhost and
 * 127.0.0.1); client.crt and client.key (CN given by tls_client()); other-ca.crt,
 * an authority that signed nothing. Keys are readable by their owner only.
 */
#ifndef SLUICE_TESTS_SUPPORT_TLS_H
#define SLUICE_TESTS_SUPPORT_TLS_H

/* Files belong to user when we are root and user is not NULL. */
void tls_make(const char *dir, const char *user);

/* dir/tls/NAME.crt and NAME.key for common name cn, signed by dir's authority. */
void tls_client(const char *dir, const char *name, const char *cn);

/* A new server certificate from the same authority, in the same place: for reloads. */
void tls_renew(const char *dir, const char *user);

#endif
