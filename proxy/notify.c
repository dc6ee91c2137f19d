/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/notify.h"

#include "protocol/base/parse.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3 }; /* SD_LISTEN_FDS_START */

static struct {
    struct sockaddr_un address; /* constant after start */
    socklen_t address_len;      /* 0: nobody listens */
    int sockets;
} notify;

/* NOLINTBEGIN(concurrency-mt-unsafe): the environment is read before there are threads. */

/* A number from the environment, or -1. */
static int64_t env_number(const char *name)
{
    const char *text = getenv(name);
    int64_t value = -1;

    if (text != NULL && sl_parse_i64(text, 0, INT32_MAX, &value) != SL_OK) {
        return -1;
    }
    return value;
}

static void take_address(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path == NULL ? 0 : strlen(path);

    if (len < 2 || (path[0] != '/' && path[0] != '@') || len >= sizeof notify.address.sun_path) {
        return;
    }
    notify.address.sun_family = AF_UNIX;
    memcpy(notify.address.sun_path, path, len);
    if (path[0] == '@') {
        notify.address.sun_path[0] = '\0';
    }
    notify.address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void notify_start(void)
{
    take_address();
    if (env_number("LISTEN_PID") == getpid()) {
        int64_t count = env_number("LISTEN_FDS");
        notify.sockets = count > NOTIFY_SOCKETS_MAX ? NOTIFY_SOCKETS_MAX
                         : count < 0                ? 0
                                                    : (int)count;
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

/* NOLINTEND(concurrency-mt-unsafe) */

void notify_say(const char *format, ...)
{
    char text[NOTIFY_TEXT_MAX];
    va_list args;

    if (notify.address_len == 0) {
        return;
    }
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || len <= 0) {
        return;
    }
    size_t bytes = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    /* Who does not listen is not told again: nothing of ours depends on it. */
    ssize_t sent = sendto(fd, text, bytes, MSG_NOSIGNAL, (const struct sockaddr *)&notify.address,
            notify.address_len);
    (void)sent;
    close(fd);
}

int notify_sockets(int fds[NOTIFY_SOCKETS_MAX])
{
    for (int i = 0; i < notify.sockets; i++) {
        fds[i] = FIRST_FD + i;
        int flags = fcntl(fds[i], F_GETFD);
        if (flags >= 0) {
            fcntl(fds[i], F_SETFD, flags | FD_CLOEXEC);
        }
    }
    return notify.sockets;
}
