/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_credentials.c - secrets, copied and wiped.
 */
#include "proxy/auth_credentials.h"

#include <stdlib.h>
#include <string.h>

/* What an empty secret points to; never written, never freed. */
static char no_secret[] = "";

void credentials_init(struct credentials *credentials)
{
    *credentials = (struct credentials){.secret = no_secret, .kind = USERS_SECRET_NONE};
}

void credentials_fini(struct credentials *credentials)
{
    if (credentials->secret != NULL && credentials->secret != no_secret) {
        explicit_bzero(credentials->secret, strlen(credentials->secret));
        free(credentials->secret);
    }
    explicit_bzero(credentials, sizeof *credentials);
    credentials_init(credentials);
}

static enum sl_err set_kind(
        struct credentials *credentials, const char *secret, enum users_secret kind)
{
    size_t len = strlen(secret);
    char *copy = no_secret;

    if (len > USERS_SECRET_MAX) {
        return SL_ELIMIT;
    }
    if (len > 0) {
        copy = malloc(len + 1);
        if (copy == NULL) {
            return SL_ENOMEM;
        }
        memcpy(copy, secret, len + 1);
    }
    credentials_fini(credentials);
    credentials->secret = copy;
    credentials->kind = len == 0 ? USERS_SECRET_NONE : kind;
    return SL_OK;
}

enum sl_err credentials_set(struct credentials *credentials, const char *secret)
{
    return set_kind(credentials, secret, users_secret_kind(secret));
}

enum sl_err credentials_set_password(struct credentials *credentials, const char *password)
{
    return set_kind(credentials, password, USERS_SECRET_PLAIN);
}

enum sl_err credentials_copy(struct credentials *credentials, const struct credentials *from)
{
    enum sl_err err = set_kind(credentials, from->secret, from->kind);

    if (err == SL_OK && from->has_keys) {
        credentials_set_keys(credentials, from->client_key, from->server_key);
    }
    if (err == SL_OK) {
        credentials->is_refused = from->is_refused;
    }
    return err;
}

bool credentials_equal(const struct credentials *a, const struct credentials *b)
{
    if (a->kind != b->kind || a->has_keys != b->has_keys || strcmp(a->secret, b->secret) != 0) {
        return false;
    }
    return !a->has_keys ||
           (memcmp(a->client_key, b->client_key, CREDENTIALS_KEY_BYTES) == 0 &&
                   memcmp(a->server_key, b->server_key, CREDENTIALS_KEY_BYTES) == 0);
}

void credentials_set_keys(struct credentials *credentials,
        const uint8_t client_key[static CREDENTIALS_KEY_BYTES],
        const uint8_t server_key[static CREDENTIALS_KEY_BYTES])
{
    memcpy(credentials->client_key, client_key, CREDENTIALS_KEY_BYTES);
    memcpy(credentials->server_key, server_key, CREDENTIALS_KEY_BYTES);
    credentials->has_keys = true;
}

/* How many of a server's methods could be answered. */
static int worth(const struct credentials *credentials)
{
    switch (credentials->kind) {
    case USERS_SECRET_PLAIN:
        return 3;
    case USERS_SECRET_SCRAM:
        return credentials->has_keys ? 2 : 1;
    case USERS_SECRET_MD5:
        return 1;
    case USERS_SECRET_NONE:
        break;
    }
    return 0;
}

bool credentials_is_better(const struct credentials *fresh, const struct credentials *old)
{
    return old->is_refused || worth(fresh) >= worth(old);
}
