/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/socket.h"

#include "conf/conf.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* An option that the system does not take leaves the connection as good as before. */
static void set(int fd, int level, int option, int value)
{
    int rc = setsockopt(fd, level, option, &value, sizeof value);
    (void)rc;
}

void socket_tune(int fd, const struct conf *conf)
{
    int domain = AF_UNIX;
    socklen_t len = sizeof domain;

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain == AF_UNIX) {
        return;
    }
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (conf->tcp_keepalive) {
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        if (conf->tcp_keepcnt > 0) {
            set(fd, IPPROTO_TCP, TCP_KEEPCNT, conf->tcp_keepcnt);
        }
        if (conf->tcp_keepidle > 0) {
            set(fd, IPPROTO_TCP, TCP_KEEPIDLE, conf->tcp_keepidle);
        }
        if (conf->tcp_keepintvl > 0) {
            set(fd, IPPROTO_TCP, TCP_KEEPINTVL, conf->tcp_keepintvl);
        }
    }
    if (conf->tcp_user_timeout > 0) {
        set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, conf->tcp_user_timeout);
    }
    if (conf->tcp_socket_buffer > 0) {
        set(fd, SOL_SOCKET, SO_SNDBUF, conf->tcp_socket_buffer);
        set(fd, SOL_SOCKET, SO_RCVBUF, conf->tcp_socket_buffer);
    }
}

void socket_local(int fd, struct address_short *local)
{
    struct address address = {0};

    address.len = sizeof address.at;
    if (getsockname(fd, &address.at.any, &address.len) == 0) {
        address_shorten(&address, local);
    }
}

bool socket_has_unsent(int fd)
{
    int bytes = 0;

    return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}
