/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/address.c - addresses from text, to text, and small.
 */
#include "proxy/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum sl_err parse_unix(const char *folder, int port, struct address *address)
{
    struct sockaddr_un *local = &address->at.local;
    int len = snprintf(local->sun_path, sizeof local->sun_path, "%s/.s.PGSQL.%d", folder, port);

    if (len < 0 || (size_t)len >= sizeof local->sun_path) {
        return SL_ELIMIT;
    }
    local->sun_family = AF_UNIX;
    /* A path counts its terminator, an abstract name has none; '@' stands for its zero byte. */
    address->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    if (folder[0] == '@') {
        local->sun_path[0] = '\0';
    } else {
        address->len++;
    }
    return SL_OK;
}

/* "fe80::1%eth0": the zone is not for inet_pton(). */
static bool parse_ip6(const char *host, struct sockaddr_in6 *ip6)
{
    char text[INET6_ADDRSTRLEN];
    const char *percent = strchr(host, '%');
    size_t len = percent == NULL ? strlen(host) : (size_t)(percent - host);

    if (len >= sizeof text) {
        return false;
    }
    memcpy(text, host, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &ip6->sin6_addr) != 1) {
        return false;
    }
    if (percent != NULL) {
        ip6->sin6_scope_id = if_nametoindex(percent + 1);
        return ip6->sin6_scope_id != 0;
    }
    return true;
}

enum sl_err address_parse(const char *host, int port, struct address *address)
{
    struct address parsed = {.len = 0};

    if (port < 0 || port > UINT16_MAX) {
        return SL_EINVAL;
    }
    if (host[0] == '/' || host[0] == '@') {
        enum sl_err err = parse_unix(host, port, &parsed);
        if (err != SL_OK) {
            return err;
        }
    } else if (inet_pton(AF_INET, host, &parsed.at.ip4.sin_addr) == 1) {
        parsed.at.ip4.sin_family = AF_INET;
        parsed.at.ip4.sin_port = htons((uint16_t)port);
        parsed.len = sizeof parsed.at.ip4;
    } else if (parse_ip6(host, &parsed.at.ip6)) {
        parsed.at.ip6.sin6_family = AF_INET6;
        parsed.at.ip6.sin6_port = htons((uint16_t)port);
        parsed.len = sizeof parsed.at.ip6;
    } else {
        return SL_EINVAL;
    }
    *address = parsed;
    return SL_OK;
}

void address_copy(struct address *address, const struct sockaddr *from, socklen_t len)
{
    memset(address, 0, sizeof *address);
    address->len = len > sizeof address->at ? (socklen_t)sizeof address->at : len;
    memcpy(&address->at, from, address->len);
}

void address_shorten(const struct address *address, struct address_short *brief)
{
    memset(brief, 0, sizeof *brief);
    if (address->len == 0) {
        return;
    }
    brief->family = (uint8_t)address->at.any.sa_family;
    if (brief->family == AF_INET) {
        brief->port = ntohs(address->at.ip4.sin_port);
        memcpy(brief->ip, &address->at.ip4.sin_addr, sizeof address->at.ip4.sin_addr);
    } else if (brief->family == AF_INET6) {
        brief->port = ntohs(address->at.ip6.sin6_port);
        memcpy(brief->ip, &address->at.ip6.sin6_addr, sizeof address->at.ip6.sin6_addr);
    }
}

void address_widen(const struct address_short *brief, struct address *address)
{
    memset(address, 0, sizeof *address);
    address->at.any.sa_family = brief->family;
    if (brief->family == AF_INET) {
        address->at.ip4.sin_port = htons(brief->port);
        memcpy(&address->at.ip4.sin_addr, brief->ip, sizeof address->at.ip4.sin_addr);
        address->len = sizeof address->at.ip4;
    } else if (brief->family == AF_INET6) {
        address->at.ip6.sin6_port = htons(brief->port);
        memcpy(&address->at.ip6.sin6_addr, brief->ip, sizeof address->at.ip6.sin6_addr);
        address->len = sizeof address->at.ip6;
    } else if (brief->family == AF_UNIX) {
        address->len = offsetof(struct sockaddr_un, sun_path);
    }
}

bool address_equal(const struct address_short *a, const struct address_short *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

int address_port(const struct address *address)
{
    struct address_short brief;

    address_shorten(address, &brief);
    return brief.port;
}

const char *address_host_text(const struct address_short *brief, char text[static ADDRESS_TEXT_MAX])
{
    bool is_ip = brief->family == AF_INET || brief->family == AF_INET6;

    if (!is_ip || inet_ntop(brief->family, brief->ip, text, ADDRESS_TEXT_MAX) == NULL) {
        snprintf(text, ADDRESS_TEXT_MAX, "%s", brief->family == AF_UNIX ? "unix" : "");
    }
    return text;
}

static const char *unix_text(const struct address *address, char text[static ADDRESS_TEXT_MAX])
{
    const struct sockaddr_un *local = &address->at.local;
    size_t head = offsetof(struct sockaddr_un, sun_path);
    size_t len = address->len > head ? address->len - head : 0;

    if (len == 0) {
        snprintf(text, ADDRESS_TEXT_MAX, "unix");
    } else if (local->sun_path[0] == '\0') {
        snprintf(text, ADDRESS_TEXT_MAX, "@%.*s", (int)(len - 1), local->sun_path + 1);
    } else {
        snprintf(text, ADDRESS_TEXT_MAX, "%.*s", (int)len, local->sun_path);
    }
    return text;
}

const char *address_text(const struct address *address, char text[static ADDRESS_TEXT_MAX])
{
    struct address_short brief;
    char host[ADDRESS_TEXT_MAX];

    address_shorten(address, &brief);
    if (brief.family == AF_UNIX) {
        return unix_text(address, text);
    }
    address_host_text(&brief, host);
    /* An address has at most INET6_ADDRSTRLEN characters; the precision tells the compiler. */
    snprintf(text, ADDRESS_TEXT_MAX, brief.family == AF_INET6 ? "[%.64s]:%u" : "%.64s:%u", host,
            brief.port);
    return text;
}
