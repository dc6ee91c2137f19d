/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_socket.h"

#include "conf/conf.h"
#include "conf/conf_http.h"
#include "proxy/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static int inherited = -1;
static int listens = -1;
static struct address inherited_at;

void http_inherit(int fd, const struct address *address)
{
    if (inherited >= 0) {
        close(inherited);
    }
    inherited = fd;
    inherited_at = *address;
}

int http_listens(void)
{
    return listens;
}

/* One of another address is of no use. */
static int take_inherited(const struct sockaddr_storage *address)
{
    struct address wanted;
    int fd = inherited;

    address_copy(&wanted, (const struct sockaddr *)address,
            address->ss_family == AF_INET ? sizeof wanted.at.ip4 : sizeof wanted.at.ip6);
    inherited = -1;
    if (fd >= 0 && (wanted.len != inherited_at.len ||
                           memcmp(&wanted.at, &inherited_at.at, wanted.len) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int open_at(const struct conf *conf, const struct conf_http_address *at)
{
    struct sockaddr_storage address = {.ss_family = AF_INET6};
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    bool is_four = inet_pton(AF_INET, at->host, &four->sin_addr) == 1;
    int one = 1;

    if (is_four) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)at->port);
    } else {
        six->sin6_port = htons((uint16_t)at->port);
        six->sin6_addr = in6addr_any;
        if (at->host[0] != '\0' && inet_pton(AF_INET6, at->host, &six->sin6_addr) != 1) {
            errno = EINVAL;
            return -1;
        }
    }
    int fd = take_inherited(&address);
    if (fd >= 0) {
        return fd;
    }
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    bool is_open =
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
            (!conf->so_reuseport ||
                    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0) &&
            bind(fd, (struct sockaddr *)&address, is_four ? sizeof *four : sizeof *six) == 0 &&
            listen(fd, BACKLOG) == 0;
    if (!is_open) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

int http_socket(const struct conf *conf)
{
    struct conf_http_address at;

    if (!conf_http_address(conf->http_listen, &at)) {
        errno = EINVAL;
        return -1;
    }
    listens = open_at(conf, &at);
    return listens;
}
