/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_host.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { ADDRESS_MAX = INET6_ADDRSTRLEN };

/* "" or ":6480" */
static bool is_port(const char *text)
{
    return text[0] == '\0' || (text[0] == ':' && text[1 + strspn(text + 1, "0123456789")] == '\0');
}

static bool is_address(int family, const char *text, size_t len)
{
    char address[ADDRESS_MAX];
    struct in6_addr bytes;

    if (len >= sizeof address) {
        return false;
    }
    memcpy(address, text, len);
    address[len] = '\0';
    return inet_pton(family, address, &bytes) == 1;
}

bool http_host_is_ours(const char *host)
{
    static const char local[] = ".localhost";
    size_t local_len = sizeof local - 1;

    if (host == NULL) {
        return true;
    }
    if (host[0] == '[') {
        size_t len = strcspn(host + 1, "]");
        return host[1 + len] == ']' && is_address(AF_INET6, host + 1, len) &&
               is_port(host + 1 + len + 1);
    }
    size_t len = strcspn(host, ":");
    if (!is_port(host + len)) {
        return false;
    }
    return memchr(host, '.', len) == NULL || is_address(AF_INET, host, len) ||
           (len > local_len && strncasecmp(host + len - local_len, local, local_len) == 0);
}
