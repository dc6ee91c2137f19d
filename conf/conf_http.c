/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_http.h"

#include "protocol/base/parse.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_numeric(struct conf_http_address *address, bool is_bracketed)
{
    struct in_addr four;
    struct in6_addr six;

    if (is_bracketed) {
        bool is_fine = inet_pton(AF_INET6, address->host, &six) == 1;
        address->is_loopback = is_fine && IN6_IS_ADDR_LOOPBACK(&six);
        return is_fine;
    }
    bool is_fine = inet_pton(AF_INET, address->host, &four) == 1;
    address->is_loopback = is_fine && ntohl(four.s_addr) >> 24 == 127;
    return is_fine;
}

bool conf_http_address(const char *text, struct conf_http_address *address)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    bool is_bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    struct conf_http_address found = {.host = ""};
    int64_t port;

    if (is_bracketed) {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof found.host || sl_parse_i64(colon + 1, 1, 65535, &port) != SL_OK) {
        return false;
    }
    found.port = (int)port;
    if (is_bracketed || len != 1 || text[0] != '*') {
        memcpy(found.host, text, len);
        if (!is_numeric(&found, is_bracketed)) {
            return false;
        }
    }
    *address = found;
    return true;
}
