/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_words.h"

#include "proxy/http_request.h"
#include "proxy/http_stats.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

size_t http_words_put(char text[HTTP_WORDS_MAX], int status, const char *message)
{
    struct sl_buf body;
    int len = 0;

    sl_buf_init(&body, HTTP_WORDS_MAX / 2);
    if (http_put_refusal(&body, status, message) == SL_OK) {
        struct sl_span bytes = sl_buf_borrow(&body);
        len = snprintf(text, HTTP_WORDS_MAX,
                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                "%sConnection: close\r\n\r\n%.*s",
                status, http_status_reason(status), bytes.len,
                status == 408 || status == 503 ? "Retry-After: 1\r\n" : "", (int)bytes.len,
                (const char *)bytes.at);
    }
    sl_buf_fini(&body);
    return len > 0 && len < HTTP_WORDS_MAX ? (size_t)len : 0;
}

void http_words_say(int fd, int status, const char *message)
{
    char text[HTTP_WORDS_MAX];
    size_t len = http_words_put(text, status, message);
    ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    (void)n; /* who does not take it is cut off without */
    http_stats_answered(-1, status, 0);
}

static const char *message_of(int status)
{
    switch (status) {
    case 400:
        return "the request cannot be understood, or its head is too long";
    case 413:
        return "the body is too long, or its chunks cannot be understood";
    case 417:
        return "of Expect only 100-continue is known";
    default:
        return "the request is refused";
    }
}

/* "HTTP/1.1 400 ..." */
static int status_at(const char *head)
{
    const char *digit = head + strlen("HTTP/1.1 ");

    return strncmp(head, "HTTP/1.", strlen("HTTP/1.")) == 0
                   ? 100 * (digit[0] - '0') + 10 * (digit[1] - '0') + digit[2] - '0'
                   : 0;
}

static int translate(struct evbuffer *output)
{
    char head[16] = "";
    char text[HTTP_WORDS_MAX];

    (void)evbuffer_copyout(output, head, sizeof head - 1);
    int status = status_at(head);
    if (status < 400) {
        return 0; /* nothing, or 100 Continue */
    }
    size_t len = http_words_put(text, status, message_of(status));
    if (len > 0) { /* else evhttp's are better than none */
        (void)evbuffer_drain(output, evbuffer_get_length(output));
        (void)evbuffer_add(output, text, len);
    }
    return status;
}

int http_words_translate(struct evbuffer *output)
{
    (void)evbuffer_unfreeze(output, 1); /* a bufferevent lets nobody else take from its output */
    int status = translate(output);
    (void)evbuffer_freeze(output, 1);
    return status;
}
