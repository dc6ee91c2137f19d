/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/relay.h"

#include "tests/support/case.h"
#include "tests/support/port.h"
#include "tests/support/proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAIRS_MAX = 64,
    TICK_MS = 20,
    CHUNK = 65536,
    HEAD = 8,
    AWAIT_MS = 30000,
    CODE_SSL = 80877103,
    CODE_CANCEL = 80877102
};

struct pair {
    int client; /* -1: free */
    int server;
    bool is_begun; /* the first packet was seen */
    bool is_held;  /* its SSLRequest waits for an answer */
    bool is_kept;  /* what its server says is kept back */
};

static int listen_on_any(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *port = fd < 0 ? 0 : port_bind(fd);
    if (*port == 0 || listen(fd, PAIRS_MAX) != 0) {
        proc_die("no port for the relay");
    }
    return fd;
}

static void close_pair(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    pair->client = -1;
}

static void accept_pair(struct pair *pairs, int listener, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons((uint16_t)port)};
    int client = accept(listener, NULL, NULL);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    for (size_t i = 0; client >= 0 && server >= 0 && i < PAIRS_MAX; i++) {
        if (pairs[i].client < 0 && connect(server, (struct sockaddr *)&at, sizeof(at)) == 0) {
            pairs[i] = (struct pair){.client = client, .server = server};
            return;
        }
    }
    close(client);
    close(server);
}

/* The answer to an SSLRequest the test wants. False: the connection is over. */
static bool answer_tls(struct pair *pair, enum relay_tls how)
{
    pair->is_held = how == RELAY_TLS_HOLD;
    return pair->is_held ||
           (send(pair->client, how == RELAY_TLS_REFUSE ? "N" : "S", 1, MSG_NOSIGNAL) == 1 &&
                   how == RELAY_TLS_REFUSE);
}

/* The first packet, waiting for all of its head. False: the connection is over. */
static bool begin(struct pair *pair, struct relay_seen *seen)
{
    uint8_t head[HEAD];
    uint32_t code;
    int how = atomic_load(&seen->how);

    if (recv(pair->client, head, HEAD, MSG_PEEK | MSG_WAITALL) != HEAD) {
        return false;
    }
    memcpy(&code, head + 4, sizeof(code));
    code = ntohl(code);
    if (code == CODE_SSL) {
        atomic_fetch_add(&seen->ssl_requests, 1);
    } else {
        atomic_fetch_add(code == CODE_CANCEL ? &seen->cancels : &seen->startups, 1);
    }
    pair->is_begun = code != CODE_SSL || how == RELAY_TLS_PASS;
    return pair->is_begun || (recv(pair->client, head, HEAD, MSG_WAITALL) == HEAD &&
                                     answer_tls(pair, (enum relay_tls)how));
}

static bool pass(int from, int to)
{
    static char bytes[CHUNK];
    ssize_t n = recv(from, bytes, sizeof(bytes), 0);

    return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool pass_to_server(struct pair *pair, struct relay_seen *seen)
{
    static char bytes[CHUNK];
    ssize_t n = recv(pair->client, bytes, sizeof(bytes), 0);

    if (n > 0 && atomic_load(&seen->hold) == RELAY_HOLD &&
            memmem(bytes, (size_t)n, RELAY_MARK, strlen(RELAY_MARK)) != NULL) {
        pair->is_kept = true;
    }
    if (n <= 0 || send(pair->server, bytes, (size_t)n, MSG_NOSIGNAL) != n) {
        return false;
    }
    if (pair->is_kept && atomic_load(&seen->hold) == RELAY_HOLD) {
        atomic_store(&seen->hold, RELAY_ASKED);
    }
    return true;
}

/* What its server says stays where it is; until the test says how it goes on. */
static void keep_back(struct pair *pair, struct relay_seen *seen, bool has_answer)
{
    int hold = atomic_load(&seen->hold);

    if (hold == RELAY_ASKED && has_answer) {
        atomic_store(&seen->hold, RELAY_ANSWERED);
    } else if (hold == RELAY_LET_GO || hold == RELAY_CUT) {
        pair->is_kept = false;
        if (hold == RELAY_CUT) {
            close_pair(pair);
        }
        atomic_store(&seen->hold, RELAY_NO_HOLD);
    }
}

static void serve_pair(struct pair *pair, struct relay_seen *seen, short client, short server)
{
    bool is_well = true;

    if (client != 0) {
        is_well = pair->is_begun ? pass_to_server(pair, seen) : begin(pair, seen);
    }
    if (is_well && server != 0 && !pair->is_kept) {
        is_well = pass(pair->server, pair->client);
    }
    if (!is_well) {
        close_pair(pair);
    }
}

static void go_on(struct pair *pair, struct relay_seen *seen)
{
    enum relay_tls how = (enum relay_tls)atomic_load(&seen->how);

    if (pair->client >= 0 && pair->is_kept) {
        struct pollfd kept = {.fd = pair->server, .events = POLLIN};
        keep_back(pair, seen, poll(&kept, 1, 0) > 0);
    }
    if (pair->client >= 0 && pair->is_held && how != RELAY_TLS_HOLD && !answer_tls(pair, how)) {
        close_pair(pair);
    }
}

/* What is kept back is not waited for, but looked for once a tick. */
static void wait_for(const struct pair *pair, struct pollfd fds[2])
{
    bool is_used = pair->client >= 0;

    fds[0] = (struct pollfd){.fd = is_used ? pair->client : -1, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = is_used && !pair->is_kept ? pair->server : -1, .events = POLLIN};
}

static _Noreturn void serve(struct relay_seen *seen, int listener, int port)
{
    struct pair pairs[PAIRS_MAX];

    for (size_t i = 0; i < PAIRS_MAX; i++) {
        pairs[i].client = -1;
    }
    for (;;) {
        struct pollfd fds[1 + 2 * PAIRS_MAX];

        fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            wait_for(&pairs[i], fds + 1 + 2 * i);
        }
        if (poll(fds, 1 + 2 * PAIRS_MAX, TICK_MS) < 0 && errno != EINTR) {
            _exit(1);
        }
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            if (fds[1 + 2 * i].revents != 0 || fds[2 + 2 * i].revents != 0) {
                serve_pair(&pairs[i], seen, fds[1 + 2 * i].revents, fds[2 + 2 * i].revents);
            }
            go_on(&pairs[i], seen);
        }
        if (fds[0].revents != 0) {
            accept_pair(pairs, listener, port);
        }
    }
}

void relay_start(struct relay *relay, int port)
{
    int listener = listen_on_any(&relay->port);

    relay->seen = mmap(
            NULL, sizeof(*relay->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (relay->seen == MAP_FAILED) {
        proc_die("no memory for the relay");
    }
    relay->pid = fork();
    if (relay->pid < 0) {
        proc_die("cannot fork the relay");
    }
    if (relay->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(relay->seen, listener, port);
    }
    close(listener);
}

void relay_stop(struct relay *relay)
{
    if (relay->pid > 0) {
        kill(relay->pid, SIGKILL);
        waitpid(relay->pid, NULL, 0);
        munmap(relay->seen, sizeof(*relay->seen));
        relay->pid = 0;
    }
}

void relay_await(struct relay *relay, enum relay_hold how)
{
    for (long end = proc_now_ms() + AWAIT_MS; atomic_load(&relay->seen->hold) != (int)how;) {
        if (proc_now_ms() > end) {
            fail_msg("the relay is at %d, not at %d", atomic_load(&relay->seen->hold), (int)how);
        }
        proc_pause_ms(1);
    }
}

void relay_hold(struct relay *relay, enum relay_hold how)
{
    atomic_store(&relay->seen->hold, (int)how);
    if (how == RELAY_LET_GO || how == RELAY_CUT) {
        relay_await(relay, RELAY_NO_HOLD);
    }
}
