/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/script.c - sending scripts; script_log.c keeps and compares the replies.
 */
#include "tests/support/script.h"

#include "tests/support/proc.h"
#include "tests/support/script_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    QUIET_MS = 100,   /* without a reference: the end is nothing for so long, when every Query, */
                      /* Sync and FunctionCall has had its ReadyForQuery */
    SLOW_MS = 1000,   /* ... and so long, when not: a backend may have had to wait for a core */
    LIMIT_MS = 15000, /* with one: what has not come by then does not come */
    EXTRA_MS = 20,    /* and this long for what should not come */
    FIELDS_MAX = 16,
    LINE_MAX_BYTES = 8192,
};

struct bytes {
    uint8_t *at;
    size_t len;
    size_t cap;
};

struct talk {
    bool is_login;     /* then nothing comes behind ReadyForQuery */
    bool said_goodbye; /* then the end is a close, however long it takes */
    int fd;
    struct bytes out;
    size_t out_done;
    size_t owed;    /* messages sent that ReadyForQuery answers, as a rule */
    size_t readies; /* those that came, up to counted */
    size_t counted;
    struct script_log *log;
    const struct script_log *reference;
};

/* ---- bytes -------------------------------------------------------------------------------- */

static void put(struct bytes *bytes, const void *at, size_t len)
{
    if (bytes->len + len > bytes->cap) {
        bytes->cap = 2 * (bytes->len + len) + 256;
        bytes->at = realloc(bytes->at, bytes->cap);
        if (bytes->at == NULL) {
            proc_die("no memory for a script");
        }
    }
    memcpy(bytes->at + bytes->len, at, len);
    bytes->len += len;
}

static void put_int(struct bytes *bytes, uint32_t value, size_t len)
{
    uint32_t network = htonl(value);
    put(bytes, (const char *)&network + 4 - len, len);
}

static void put_text(struct bytes *bytes, const char *text)
{
    put(bytes, text, strlen(text) + 1);
}

static void put_name(struct bytes *bytes, const char *name)
{
    put_text(bytes, strcmp(name, "-") == 0 ? "" : name);
}

static void put_values(struct bytes *bytes, char **values, size_t count)
{
    put_int(bytes, 0, 2);
    put_int(bytes, (uint32_t)count, 2);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(values[i], "~") == 0) {
            put_int(bytes, UINT32_MAX, 4);
            continue;
        }
        put_int(bytes, (uint32_t)strlen(values[i]), 4);
        put(bytes, values[i], strlen(values[i]));
    }
}

static void put_hex(struct bytes *bytes, const char *hex)
{
    unsigned value = 0;
    for (; sscanf(hex, "%2x", &value) == 1; hex += 2) {
        put_int(bytes, value, 1);
    }
}

/* ---- a line ------------------------------------------------------------------------------- */

/* Cuts at most count words off text; the last one is all that is left. */
static size_t split(char *text, char **words, size_t count)
{
    size_t found = 0;
    while (found < count && *text != '\0') {
        words[found++] = text;
        if (found == count) {
            break;
        }
        text += strcspn(text, " ");
        if (*text != '\0') {
            *text++ = '\0';
        }
    }
    return found;
}

static void put_body(struct bytes *body, char type, char *rest)
{
    char *words[FIELDS_MAX] = {0};
    size_t count = 0;
    switch (type) {
    case 'P':
        count = split(rest, words, 2);
        put_name(body, words[0]);
        put_text(body, count > 1 ? words[1] : "");
        put_int(body, 0, 2);
        break;
    case 'B':
        count = split(rest, words, FIELDS_MAX);
        put_name(body, words[0]);
        put_name(body, words[1]);
        put_values(body, words + 2, count - 2);
        put_int(body, 0, 2);
        break;
    case 'D':
    case 'C':
        split(rest, words, 2);
        put(body, words[0], 1);
        put_name(body, words[1]);
        break;
    case 'E':
        count = split(rest, words, 2);
        put_name(body, words[0]);
        put_int(body, count > 1 ? (uint32_t)strtoul(words[1], NULL, 10) : 0, 4);
        break;
    case 'F':
        count = split(rest, words, FIELDS_MAX);
        put_int(body, (uint32_t)strtoul(words[0], NULL, 10), 4);
        put_values(body, words + 1, count - 1);
        put_int(body, 0, 2);
        break;
    case 'd':
        put(body, rest, strlen(rest));
        put(body, "\n", 1);
        break;
    case 'Q':
    case 'f':
        put_text(body, rest);
        break;
    default:
        break;
    }
}

static void put_message(struct bytes *out, char *line)
{
    struct bytes body = {0};
    char type = line[0];
    char *rest = line[1] == ' ' ? line + 2 : line + 1;
    if (type == 'R') {
        put_hex(out, rest);
        return;
    }
    put_body(&body, type, rest);
    put(out, &type, 1);
    put_int(out, (uint32_t)body.len + 4, 4);
    if (body.len > 0) {
        put(out, body.at, body.len);
    }
    free(body.at);
}

/* The line for that turn: %d becomes the turn. */
static void expand(const char *line, unsigned long turn, char *out)
{
    size_t len = 0;
    for (; *line != '\0' && len < LINE_MAX_BYTES - 24; line++) {
        if (line[0] == '%' && line[1] == 'd') {
            len += (size_t)snprintf(out + len, 24, "%lu", turn);
            line++;
        } else {
            out[len++] = *line;
        }
    }
    out[len] = '\0';
}

static void put_startup(struct bytes *out, const struct script *script, const char *database)
{
    struct bytes body = {0};
    put_int(&body, script->version != 0 ? script->version : 3U << 16, 4);
    put(&body, "user\0postgres\0database", 23);
    put_text(&body, database);
    for (const char *at = script->startup; at != NULL && *at != '\0';) {
        size_t key = strcspn(at, "=");
        size_t len = strcspn(at, "\n");
        put(&body, at, key);
        put_int(&body, 0, 1);
        put(&body, at + key + 1, len - key - 1);
        put_int(&body, 0, 1);
        at += at[len] == '\n' ? len + 1 : len;
    }
    put_int(&body, 0, 1);
    put_int(out, (uint32_t)body.len + 4, 4);
    put(out, body.at, body.len);
    free(body.at);
}

/* ---- the conversation --------------------------------------------------------------------- */

static bool open_peer(struct talk *talk, const struct script_peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons((uint16_t)peer->port)};
    int on = 1;
    talk->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (talk->fd < 0 || connect(talk->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return false;
    }
    setsockopt(talk->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(talk->fd, F_SETFL, fcntl(talk->fd, F_GETFL) | O_NONBLOCK);
    return true;
}

static void receive(struct talk *talk)
{
    char buffer[65536];
    ssize_t len = recv(talk->fd, buffer, sizeof buffer, 0);
    if (len > 0) {
        script_log_take(talk->log, buffer, (size_t)len);
    } else if (len == 0 || errno != EAGAIN) {
        script_log_end(talk->log);
    }
}

static void transmit(struct talk *talk)
{
    size_t left = talk->out.len - talk->out_done;
    ssize_t len = send(talk->fd, talk->out.at + talk->out_done, left, MSG_NOSIGNAL);
    if (len > 0) {
        talk->out_done += (size_t)len;
    } else if (len < 0 && errno != EAGAIN) {
        talk->out_done = talk->out.len; /* nobody will read it; the replies still count */
    }
}

/* One turn; true when something moved. */
static bool turn(struct talk *talk, int wait_ms)
{
    bool has_more = talk->out_done < talk->out.len;
    struct pollfd fd = {.fd = talk->fd, .events = has_more ? POLLIN | POLLOUT : POLLIN};
    if (poll(&fd, 1, wait_ms) <= 0) {
        return false;
    }
    if ((fd.revents & POLLOUT) != 0) {
        transmit(talk);
    }
    if ((fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        receive(talk);
    }
    return true;
}

static bool is_all_answered(struct talk *talk)
{
    const struct script_log *log = talk->log;

    for (; talk->counted < log->count; talk->counted++) {
        talk->readies += log->replies[talk->counted].type == 'Z';
    }
    return talk->readies >= talk->owed && log->count > 0 &&
           log->replies[log->count - 1].type == 'Z';
}

/* Sends what is pending and waits until want replies are there; 0: until it is quiet. */
static void settle(struct talk *talk, size_t want)
{
    long end = proc_now_ms() + LIMIT_MS;
    while (!talk->log->closed && proc_now_ms() < end) {
        bool sent = talk->out_done == talk->out.len;
        if (sent && want > 0 && talk->log->count >= want) {
            return;
        }
        if (talk->is_login && is_all_answered(talk) && want == 0) {
            return;
        }
        int quiet_ms = is_all_answered(talk) ? QUIET_MS : SLOW_MS;
        bool moved = turn(talk, talk->said_goodbye ? LIMIT_MS : quiet_ms);
        if (!moved && sent && want == 0) {
            return;
        }
    }
}

static void wait_here(struct talk *talk)
{
    struct script_log *log = talk->log;
    const struct script_log *reference = talk->reference;
    size_t i = log->mark_count;
    if (i == SCRIPT_WAITS_MAX) {
        proc_die("a script waits too often");
    }
    settle(talk, reference != NULL && i < reference->mark_count ? reference->marks[i] : 0);
    log->marks[log->mark_count++] = log->count;
}

static void run_line(struct talk *talk, char *line)
{
    char text[LINE_MAX_BYTES];
    char *body = line;
    unsigned long times = strtoul(line, &body, 10);
    bool repeated = body != line && *body == '*';
    if (!repeated) {
        body = line;
        times = 1;
    }
    for (unsigned long i = 0; i < times; i++) {
        expand(repeated ? body + 1 : body, i, text);
        if (text[0] == 'W') {
            wait_here(talk);
        } else if (text[0] != '\0') {
            talk->said_goodbye |= text[0] == 'X';
            talk->owed += text[0] == 'Q' || text[0] == 'S' || text[0] == 'F';
            put_message(&talk->out, text);
        }
    }
}

static void run_lines(struct talk *talk, const char *text)
{
    char line[LINE_MAX_BYTES];
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        if (len >= sizeof line) {
            proc_die("a script line is too long");
        }
        memcpy(line, text, len);
        line[len] = '\0';
        run_line(talk, line);
        text += text[len] == '\n' ? len + 1 : len;
    }
}

void script_run(struct script_log *log, const struct script *script, const struct script_peer *peer,
        const struct script_log *reference)
{
    struct talk talk = {.log = log, .reference = reference, .owed = 1, .is_login = true};
    *log = (struct script_log){0};
    if (!open_peer(&talk, peer)) {
        proc_die("cannot connect to %s on port %d", peer->name, peer->port);
    }
    put_startup(&talk.out, script, peer->database);
    wait_here(&talk);
    talk.is_login = false;
    run_lines(&talk, script->text);
    settle(&talk, reference != NULL ? reference->count : 0);
    while (reference != NULL && !log->closed && turn(&talk, EXTRA_MS)) {
    }
    close(talk.fd);
    free(talk.out.at);
    script_log_sort_login(log);
}
