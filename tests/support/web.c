/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/web.h"

#include "tests/support/case.h"
#include "tests/support/soon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 16 * 1024 * 1024, REQUEST_MAX = 16384 };

int web_dial(int port)
{
    const struct timeval patience = {.tv_sec = SOON_MS / 1000};
    struct sockaddr_in address = {.sin_family = AF_INET,
            .sin_port = htons((uint16_t)port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        fail_msg("nobody listens on %d: %d", port, errno);
    }
    return fd;
}

bool web_say(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return false;
        }
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

bool web_is_answered(int fd, int ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, ms) == 1;
}

struct web_answer web_hear(int fd)
{
    static char *text;
    size_t len = 0;
    ssize_t n;

    if (text == NULL) {
        text = malloc(ANSWER_MAX);
        assert_non_null(text);
    }
    while ((n = recv(fd, text + len, ANSWER_MAX - 1 - len, 0)) > 0) {
        len += (size_t)n;
    }
    if (n < 0 && errno != ECONNRESET) {
        fail_msg("no end of the answer: %d, after %zu bytes", errno, len);
    }
    close(fd);
    text[len] = '\0';
    struct web_answer answer = {.text = text, .body = strstr(text, "\r\n\r\n")};
    answer.body = answer.body == NULL ? text + len : answer.body + 4;
    if (sscanf(text, "HTTP/1.%*d %d ", &answer.status) != 1) {
        answer.status = 0;
    }
    return answer;
}

struct web_answer web_ask(int port, const char *method, const char *path, const char *headers)
{
    char request[REQUEST_MAX];
    int fd = web_dial(port);

    int len = snprintf(request, sizeof request,
            "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", method, path,
            headers);
    assert_true(len > 0 && (size_t)len < sizeof request);
    (void)web_say(fd, request, (size_t)len);
    return web_hear(fd);
}

struct web_answer web_get(int port, const char *path)
{
    return web_ask(port, "GET", path, "");
}

struct web_answer web_post(
        int port, const char *path, const char *headers, const char *body, size_t len)
{
    char head[REQUEST_MAX];
    int fd = web_dial(port);

    int head_len = snprintf(head, sizeof head,
            "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Length: %zu\r\n%s\r\n",
            path, len, headers);
    assert_true(head_len > 0 && (size_t)head_len < sizeof head);
    if (web_say(fd, head, (size_t)head_len)) {
        (void)web_say(fd, body, len);
    }
    return web_hear(fd);
}

const char *web_header(const struct web_answer *answer, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);

    for (const char *at = strstr(answer->text, "\r\n"); at != NULL && at + 4 < answer->body;
            at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, name, len) == 0 && at[2 + len] == ':') {
            at += 2 + len + 1;
            at += strspn(at, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
            return value;
        }
    }
    return NULL;
}

void web_expect(struct web_answer answer, int status, const char *text)
{
    if (answer.status != status || strstr(answer.text, text) == NULL) {
        fail_msg("expected %d and %s, got: %.2000s", status, text, answer.text);
    }
}
