/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/tls_settings.c - PgBouncer's words for TLS.
 */
#include "proxy/tls_settings.h"

#include <string.h>
#include <strings.h>

struct tls_settings tls_settings_of(const struct conf *conf, enum tls_side side)
{
    if (side == TLS_FROM_CLIENTS) {
        return (struct tls_settings){.mode = conf->client_tls_sslmode,
                .is_client_side = true,
                .side = "client",
                .ca_file = conf->client_tls_ca_file,
                .cert_file = conf->client_tls_cert_file,
                .key_file = conf->client_tls_key_file,
                .protocols = conf->client_tls_protocols,
                .ciphers = conf->client_tls_ciphers,
                .tls13_ciphers = conf->client_tls13_ciphers,
                .curve = conf->client_tls_ecdhcurve,
                .dheparams = conf->client_tls_dheparams};
    }
    return (struct tls_settings){.mode = conf->server_tls_sslmode,
            .side = "server",
            .ca_file = conf->server_tls_ca_file,
            .cert_file = conf->server_tls_cert_file,
            .key_file = conf->server_tls_key_file,
            .protocols = conf->server_tls_protocols,
            .ciphers = conf->server_tls_ciphers,
            .tls13_ciphers = conf->server_tls13_ciphers,
            .curve = "auto",
            .dheparams = "auto"};
}

static unsigned protocol_word(const char *text, size_t len)
{
    enum {
        ALL = TLS_PROTOCOL_10 | TLS_PROTOCOL_11 | TLS_PROTOCOL_12 | TLS_PROTOCOL_13,
        SECURE = TLS_PROTOCOL_12 | TLS_PROTOCOL_13
    };
    static const struct {
        const char *name;
        unsigned mask;
    } words[] = {{"tlsv1.0", TLS_PROTOCOL_10}, {"tlsv1.1", TLS_PROTOCOL_11},
            {"tlsv1.2", TLS_PROTOCOL_12}, {"tlsv1.3", TLS_PROTOCOL_13}, {"tlsv1", ALL},
            {"all", ALL}, {"legacy", ALL}, {"secure", SECURE}, {"default", SECURE}};

    for (size_t i = 0; i < SL_COUNT(words); i++) {
        if (strlen(words[i].name) == len && strncasecmp(words[i].name, text, len) == 0) {
            return words[i].mask;
        }
    }
    return 0;
}

unsigned tls_settings_protocols(const char *text)
{
    static const char between[] = " ,:";
    unsigned mask = 0;

    if (text[0] == '\0') {
        text = "secure";
    }
    for (text += strspn(text, between); *text != '\0'; text += strspn(text, between)) {
        bool is_minus = *text == '!';
        text += is_minus ? 1 : 0;
        size_t len = strcspn(text, between);
        unsigned word = protocol_word(text, len);
        if (word == 0) {
            return 0;
        }
        mask = is_minus ? mask & ~word : mask | word;
        text += len;
    }
    return mask;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

const char *tls_settings_ciphers(const char *text)
{
    static const char *const usual[] = {"", "default", "secure", "fast", "normal"};
    static const char *const every[] = {"all", "compat", "legacy", "insecure"};

    if (is_one_of(text, usual, SL_COUNT(usual))) {
        return NULL;
    }
    return is_one_of(text, every, SL_COUNT(every)) ? "ALL:!aNULL:!eNULL" : text;
}

const char *tls_settings_groups(const char *curve)
{
    if (curve[0] == '\0' || strcasecmp(curve, "auto") == 0) {
        return "X25519:P-256:P-384:P-521";
    }
    /* "none" leaves OpenSSL's own list: TLS 1.3 has no key exchange without a group. */
    return strcasecmp(curve, "none") == 0 ? "" : curve;
}
