/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/tls_settings.h - client_tls_* and server_tls_* in words that OpenSSL knows.
 *
 * Ownership: the texts are those of the conf. Threads: any.
 */
#ifndef SLUICE_PROXY_TLS_SETTINGS_H
#define SLUICE_PROXY_TLS_SETTINGS_H

#include "conf/conf.h"
#include "proxy/tls.h"

/* The values of one side, so that both are set up by the same code. */
struct tls_settings {
    enum conf_sslmode mode;
    bool is_client_side;
    const char *side; /* "client" or "server": the keys' first word */
    const char *ca_file;
    const char *cert_file;
    const char *key_file;
    const char *protocols;
    const char *ciphers;
    const char *tls13_ciphers; /* may be NULL */
    const char *curve;
    const char *dheparams;
};

struct tls_settings tls_settings_of(const struct conf *conf, enum tls_side side);

enum { TLS_PROTOCOL_10 = 1, TLS_PROTOCOL_11 = 2, TLS_PROTOCOL_12 = 4, TLS_PROTOCOL_13 = 8 };

/* "tlsv1.2,tlsv1.3", "all:!tlsv1.0", "secure", "" as a mask; 0: not of that form, or nothing left. */
unsigned tls_settings_protocols(const char *text);

/* OpenSSL's cipher list for PgBouncer's word, or NULL: OpenSSL's default. */
const char *tls_settings_ciphers(const char *text);

/* OpenSSL's list of groups; "": its default. */
const char *tls_settings_groups(const char *curve);

#endif
