/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/doubler.h"

#include "tests/support/doubler_request.h"
#include "tests/support/doubler_wire.h"
#include "tests/support/port.h"
#include "tests/support/proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    BACKLOG = 128,
    NAME_SIZE = 128,
    SHOWN = 2000,
    PIPELINE_MAX = 4096, /* bytes that came behind a request: beyond, it passes as it comes */
    CATALOG_MS = 10000,
    HIT_MS = 1000,
    CAME_WITH_MS =
            50,   /* what the server waits for may have come with the request that is under way */
    REST_MS = 25, /* its server rests, so that it can be asked for its catalogue */
    CODE_SSL = 80877103,
    CODE_GSS = 80877104,
    CODE_CANCEL = 80877102
};

/* Of one connection. */
struct pair {
    const struct doubler_options *options;
    struct doubler_seen *seen;
    struct doubler_end client;
    struct doubler_end server;
    struct doubler_word word;
    struct doubler_request request;
    struct doubler_bytes reply;
    struct doubler_bytes first;
    char user[NAME_SIZE];
    char database[NAME_SIZE];
    char standing; /* of the last ReadyForQuery */
    bool has_failed;
    long begun; /* our last request's number */
};

/* ---- the log ---- */

static void write_log(const struct pair *pair, const char *what, const char *more)
{
    static char text[SHOWN * 3];
    int fd = pair->options->log == NULL
                     ? STDERR_FILENO
                     : open(pair->options->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    int len = snprintf(text, sizeof text, "%s: %.*s\n%s%s", what, SHOWN,
            doubler_request_text(&pair->request), more, more[0] == '\0' ? "" : "\n");

    if (fd < 0 || write(fd, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1) < 0) {
        proc_die("no log %s", pair->options->log);
    }
    if (fd != STDERR_FILENO) {
        close(fd);
    }
}

static void note(const struct pair *pair, const char *what, const char *more)
{
    if (pair->options->logs_all) {
        write_log(pair, what, more);
    }
}

/* ---- what passes ---- */

/* Neither: for ms nothing has come. */
static bool wait_for_both(struct pair *pair, int ms, bool *is_client, bool *is_server)
{
    struct pollfd fds[2] = {
            {.fd = pair->client.fd, .events = POLLIN}, {.fd = pair->server.fd, .events = POLLIN}};

    while (poll(fds, 2, ms) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    *is_client = fds[0].revents != 0;
    *is_server = fds[1].revents != 0;
    return true;
}

/* Of whole messages from the server; how many ReadyForQuery were among them. */
static int pass_replies(struct pair *pair)
{
    const char *at = NULL;
    size_t len = 0;
    int readies = 0;

    while ((len = doubler_message(&pair->server, &at)) > 0) {
        if (at[0] == 'Z') {
            pair->standing = at[5];
            readies++;
        }
        if (!doubler_send(pair->client.fd, at, len)) {
            return -1;
        }
    }
    return readies;
}

/* What the client says meanwhile goes on as it comes: COPY, or the rest of a pipeline. -1: it is over. */
static int pass_requests(struct pair *pair, bool *is_open)
{
    const char *at = NULL;
    size_t len = 0;
    int owed = 0;

    while ((len = doubler_message(&pair->client, &at)) > 0) {
        bool is_answered = at[0] == 'Q' || at[0] == 'S' || at[0] == 'F';
        *is_open = !is_answered && (*is_open || strchr("PBDECH", at[0]) != NULL);
        owed += is_answered;
        if (!doubler_send(pair->server.fd, at, len)) {
            return -1;
        }
        *is_open |= at[0] == 'X'; /* until Sluice closes it, behind all that is still to be said */
    }
    return owed;
}

/* Until nothing is owed. False: the connection is over. */
static bool pass(struct pair *pair, int owed, bool is_open)
{
    atomic_fetch_add(&pair->seen->begun, 1);
    atomic_fetch_add(&pair->seen->under_way, 1);
    bool is_well = true;
    while (is_well && (owed > 0 || is_open)) {
        bool is_client = false;
        bool is_server = false;
        bool has_more = pair->client.in.len > pair->client.done;
        is_well = wait_for_both(pair, has_more ? CAME_WITH_MS : -1, &is_client, &is_server);
        if (is_well && !is_client && !is_server) { /* a COPY's data, or a Sync behind an error */
            int more = pass_requests(pair, &is_open);
            is_well = more >= 0;
            owed += more;
        }
        if (is_well && is_server) {
            is_well = doubler_receive(&pair->server);
            int readies = pass_replies(pair);
            is_well = is_well && readies >= 0;
            owed -= readies;
        }
        if (is_well && is_client) {
            is_well = doubler_receive(&pair->client);
            int more = pass_requests(pair, &is_open);
            is_well = is_well && more >= 0;
            owed += more;
        }
    }
    atomic_fetch_sub(&pair->seen->under_way, 1);
    return is_well;
}

static bool forward(struct pair *pair, bool is_open)
{
    const struct doubler_bytes *bytes = &pair->request.bytes;
    bool is_sent = doubler_send(pair->server.fd, bytes->at, bytes->len);

    doubler_request_clear(&pair->request);
    return is_sent && pass(pair, is_open ? 0 : 1, is_open);
}

/* ---- what is asked twice ---- */

/* Takes the whole reply down; what was said before it belongs to nobody's request, and is passed on. */
static bool ask(struct pair *pair, const struct doubler_bytes *bytes)
{
    const char *at = NULL;
    size_t len = 0;

    doubler_clear(&pair->reply);
    pair->has_failed = false;
    if (!doubler_send(pair->server.fd, bytes->at, bytes->len)) {
        return false;
    }
    for (;;) {
        while ((len = doubler_message(&pair->server, &at)) > 0) {
            doubler_append(&pair->reply, at, len);
            pair->has_failed |= at[0] == 'E';
            if (at[0] == 'Z') {
                pair->standing = at[5];
                return true;
            }
            if (at[0] == 'G') { /* COPY: the client has to speak */
                return false;
            }
        }
        if (!doubler_receive(&pair->server)) {
            return false;
        }
    }
}

static bool give(struct pair *pair, const struct doubler_bytes *reply)
{
    doubler_request_clear(&pair->request);
    return doubler_send(pair->client.fd, reply->at, reply->len);
}

/* The same, but for the word from the cache. */
static bool ask_past(struct pair *pair, bool *was_past)
{
    doubler_word_begin(&pair->word);
    if (!ask(pair, &pair->request.past)) {
        return false;
    }
    (void)doubler_word_end(&pair->word);
    *was_past = strstr(pair->word.why, "bypassed.hint") != NULL;
    return true;
}

static void copy(struct doubler_bytes *to, const struct doubler_bytes *from)
{
    doubler_clear(to);
    doubler_append(to, from->at, from->len);
}

static void differ(struct pair *pair, const char *what, const struct doubler_bytes *given,
        const struct doubler_bytes *other)
{
    static char text[SHOWN];

    atomic_fetch_add(&pair->seen->differs, 1);
    doubler_tell_difference(given, other, text, sizeof text);
    write_log(pair, what, text);
}

/* The answer from memory is in first. False: the connection is over. */
static bool compare_with_server(struct pair *pair)
{
    struct doubler_bytes direct = {.at = NULL};
    bool was_past = false;
    bool is_well = ask_past(pair, &was_past);

    if (is_well && !was_past) {
        write_log(pair, "NOT PAST THE CACHE", pair->word.why);
    }
    if (is_well && was_past && doubler_are_equal(&pair->first, &pair->reply)) {
        atomic_fetch_add(&pair->seen->compared, 1);
    } else if (is_well && was_past && doubler_are_alike(&pair->first, &pair->reply)) {
        atomic_fetch_add(&pair->seen->unordered, 1);
        note(pair, "UNORDERED", "");
    } else if (is_well && was_past) { /* does it say the same twice? */
        copy(&direct, &pair->reply);
        is_well = ask_past(pair, &was_past);
        if (is_well && !doubler_are_alike(&direct, &pair->reply)) {
            atomic_fetch_add(&pair->seen->unsteady, 1);
            write_log(pair, "UNSTEADY", "");
        } else {
            differ(pair, "DIFFERS FROM POSTGRESQL", &pair->first, &direct);
        }
    }
    free(direct.at);
    return is_well;
}

/* The reply came from memory: the client gets it. */
static bool hit(struct pair *pair, bool is_first)
{
    static const char *const names[DOUBLER_CLASSES] = {"HIT tables", "HIT points", "HIT row_sets"};

    note(pair, names[pair->word.class], is_first ? "kept from before" : "");
    atomic_fetch_add(&pair->seen->hits[pair->word.class], 1);
    atomic_fetch_add(&pair->seen->kept, is_first);
    if (!is_first && !doubler_are_equal(&pair->first, &pair->reply)) {
        if (doubler_are_alike(&pair->first, &pair->reply)) {
            atomic_fetch_add(&pair->seen->unordered, 1);
        } else {
            differ(pair, "DIFFERS FROM THE FIRST", &pair->reply, &pair->first);
        }
    }
    copy(&pair->first, &pair->reply);
    bool is_well = pair->request.past.len == 0 || compare_with_server(pair);
    return is_well && give(pair, &pair->first);
}

/* It is not to be asked again. */
static bool settle(struct pair *pair, atomic_long *count, const char *what)
{
    atomic_fetch_add(count, 1);
    note(pair, what, pair->word.why);
    return give(pair, &pair->reply);
}

static bool is_alone(const struct pair *pair, long begun)
{
    return atomic_load(&pair->seen->begun) == begun && atomic_load(&pair->seen->under_way) == 1;
}

/* May it be asked again, by what was said of it? */
static bool may_repeat(struct pair *pair, enum doubler_said said)
{
    if (said == DOUBLER_FILLED || said == DOUBLER_ALLOWED) {
        return true;
    }
    if (said != DOUBLER_UNDECIDED || doubler_request_text(&pair->request)[0] == '\0') {
        return false;
    }
    for (long until = proc_now_ms() + CATALOG_MS;;) {
        doubler_word_await(&pair->word, pair->database, CATALOG_MS);
        bool keeps = doubler_word_keeps(
                &pair->word, pair->database, pair->user, doubler_request_text(&pair->request));
        if (keeps || strstr(pair->word.why, "no_catalog") == NULL || proc_now_ms() > until) {
            return keeps;
        }
    }
}

static bool double_it(struct pair *pair, long begun)
{
    struct doubler_seen *seen = pair->seen;
    long until = 0; /* as long behind when it was known that it may be kept */
    int patience = pair->options->hit_ms != 0 ? pair->options->hit_ms : HIT_MS;

    doubler_word_await(&pair->word, pair->database, CATALOG_MS);
    for (int turn = 0;; turn++) {
        doubler_word_begin(&pair->word);
        if (!ask(pair, &pair->request.bytes)) {
            return false;
        }
        if (pair->has_failed) {
            pair->word.why[0] = '\0';
            return settle(pair, &seen->failed, "FAILED");
        }
        if (!is_alone(pair, begun)) {
            return settle(pair, &seen->overlapped, "OVERLAPPED");
        }
        enum doubler_said said = doubler_word_end(&pair->word);
        if (said == DOUBLER_HIT) {
            return hit(pair, turn == 0);
        }
        if (!may_repeat(pair, said)) {
            bool is_refused = said == DOUBLER_REFUSED ||
                              (strncmp(pair->word.why, "explain: ", 9) == 0 &&
                                      strstr(pair->word.why, "no_catalog") == NULL);
            return settle(pair, is_refused ? &seen->refused : &seen->undecided,
                    is_refused ? "REFUSED" : "UNDECIDED");
        }
        if (until == 0 || said == DOUBLER_UNDECIDED) {
            until = proc_now_ms() + patience;
        } else if (proc_now_ms() > until) {
            return settle(pair, &seen->never, "NEVER");
        }
        copy(&pair->first, &pair->reply);
        if (said != DOUBLER_FILLED) {
            proc_pause_ms(REST_MS);
        }
    }
}

static bool serve_request(struct pair *pair)
{
    bool is_long = pair->client.in.len - pair->client.done > PIPELINE_MAX;
    if (pair->standing != 'I' || is_long || !doubler_request_may_repeat(&pair->request)) {
        return forward(pair, false);
    }
    atomic_fetch_add(&pair->seen->asked, 1);
    long begun = atomic_fetch_add(&pair->seen->begun, 1) + 1;
    pair->word.is_current &= begun == pair->begun + 1;
    pair->begun = begun;
    atomic_fetch_add(&pair->seen->under_way, 1);
    bool is_well = double_it(pair, begun);
    atomic_fetch_sub(&pair->seen->under_way, 1);
    return is_well;
}

/* ---- a connection ---- */

static bool serve_client(struct pair *pair)
{
    const char *at = NULL;
    size_t len = 0;

    while ((len = doubler_message(&pair->client, &at)) > 0) {
        enum doubler_part part = doubler_request_add(&pair->request, at, len);
        if (part == DOUBLER_WHOLE ? !serve_request(pair)
                                  : part == DOUBLER_STRANGE && !forward(pair, at[0] == 'H')) {
            return false;
        }
        if (part == DOUBLER_LEAVES) {
            (void)doubler_send(pair->server.fd, at, len);
            return false;
        }
    }
    return true;
}

static void serve(struct pair *pair)
{
    bool is_client = false;
    bool is_server = false;

    while (wait_for_both(pair, -1, &is_client, &is_server)) {
        if (is_server && (!doubler_receive(&pair->server) || pass_replies(pair) < 0)) {
            return;
        }
        if (is_client && (!doubler_receive(&pair->client) || !serve_client(pair))) {
            return;
        }
    }
}

/* ---- how it begins ---- */

static void learn(struct pair *pair, const char *at, size_t len)
{
    const char *end = at + len;

    for (const char *name = at + 8; name < end && name[0] != '\0';) {
        const char *value = name + strlen(name) + 1;
        if (strcmp(name, "user") == 0) {
            snprintf(pair->user, NAME_SIZE, "%s", value);
        } else if (strcmp(name, "database") == 0) {
            snprintf(pair->database, NAME_SIZE, "%s", value);
        }
        name = value + strlen(value) + 1;
    }
    if (pair->database[0] == '\0') {
        memcpy(pair->database, pair->user, NAME_SIZE);
    }
}

/* The startup packet; false: it is over, or was a CancelRequest. */
static bool begin(struct pair *pair)
{
    const char *at = NULL;
    size_t len = 0;

    for (;;) {
        while ((len = doubler_startup(&pair->client, &at)) == 0) {
            if (!doubler_receive(&pair->client)) {
                return false;
            }
        }
        unsigned code = doubler_number(at + 4);
        bool asks = code == CODE_SSL || code == CODE_GSS;
        if (!(asks ? doubler_send(pair->client.fd, "N", 1)
                   : doubler_send(pair->server.fd, at, len)) ||
                code == CODE_CANCEL) {
            return false;
        }
        if (!asks) {
            learn(pair, at, len);
            return pass(pair, 1, false);
        }
    }
}

static int connect_to(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static _Noreturn void serve_connection(
        const struct doubler_options *options, struct doubler_seen *seen, int client)
{
    struct pair pair = {.options = options,
            .seen = seen,
            .client.fd = client,
            .server.fd = connect_to(options->sluice)};
    int one = 1;

    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (pair.server.fd >= 0 && begin(&pair)) {
        doubler_word_open(&pair.word, options->console);
        serve(&pair);
        doubler_word_close(&pair.word);
    }
    _exit(0);
}

static _Noreturn void listen_on(
        const struct doubler_options *options, struct doubler_seen *seen, int listener)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        pid_t pid = client < 0 ? -1 : fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            serve_connection(options, seen, client);
        }
        if (client >= 0) {
            close(client);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            _exit(1);
        }
    }
}

static int bind_to(int fd, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons((uint16_t)port)};
    int one = 1;

    if (port == 0) {
        return port_bind(fd);
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(fd, (struct sockaddr *)&at, sizeof at) == 0 ? port : 0;
}

void doubler_start(struct doubler *doubler, const struct doubler_options *options)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    doubler->port = listener < 0 ? 0 : bind_to(listener, options->port);
    doubler->seen = mmap(
            NULL, sizeof *doubler->seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (doubler->port == 0 || doubler->seen == MAP_FAILED || listen(listener, BACKLOG) != 0) {
        proc_die("no port, or no memory, for the doubler");
    }
    fflush(NULL);
    doubler->pid = fork();
    if (doubler->pid < 0) {
        proc_die("cannot fork the doubler");
    }
    if (doubler->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        listen_on(options, doubler->seen, listener);
    }
    close(listener);
}

void doubler_stop(struct doubler *doubler)
{
    if (doubler->pid > 0) {
        kill(doubler->pid, SIGKILL);
        waitpid(doubler->pid, NULL, 0);
        munmap(doubler->seen, sizeof *doubler->seen);
        doubler->pid = 0;
    }
}

long doubler_hits(const struct doubler_seen *seen)
{
    return atomic_load(&seen->hits[DOUBLER_TABLES]) + atomic_load(&seen->hits[DOUBLER_POINTS]) +
           atomic_load(&seen->hits[DOUBLER_ROW_SETS]);
}

void doubler_print(const struct doubler_seen *seen)
{
    printf("asked %ld: hits %ld (tables %ld, points %ld, row sets %ld; kept from before %ld; "
           "compared with PostgreSQL %ld), refused %ld, failed %ld, undecided %ld, never %ld, "
           "overlapped %ld, unordered %ld, unsteady %ld, differ %ld\n",
            seen->asked, doubler_hits(seen), seen->hits[DOUBLER_TABLES], seen->hits[DOUBLER_POINTS],
            seen->hits[DOUBLER_ROW_SETS], seen->kept, seen->compared, seen->refused, seen->failed,
            seen->undecided, seen->never, seen->overlapped, seen->unordered, seen->unsteady,
            seen->differs);
    fflush(stdout);
}
