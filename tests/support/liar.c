/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/liar.h"

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
    CLIENTS_MAX = 32,
    BYTES_MAX = 65536,
    HEAD = 5,
    MEMORIES = 1024,
    QUESTION_MAX = 512,
    ANSWER_MAX = 2048,
    KEEPS_ONE_IN = 16 /* what it remembers gets old */
};

struct bytes {
    char at[BYTES_MAX];
    size_t len;
};

struct talk {
    int client; /* -1: free */
    int server;
    bool is_ready; /* logged in, and nothing is asked */
    bool is_begun; /* logged in */
    char status;   /* of the last ReadyForQuery */
    bool may_keep; /* the answer to come */
    size_t asked;  /* bytes of the question whose answer is to come: the first of `from` */
    struct bytes from;
    struct bytes to;
};

struct memory {
    char question[QUESTION_MAX];
    char answer[ANSWER_MAX];
    size_t question_len; /* 0: free */
    size_t answer_len;
};

static struct talk talks[CLIENTS_MAX];
static struct memory memories[MEMORIES];
static uint64_t dice = 88172645463325252U;

static unsigned roll(unsigned sides)
{
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(dice >> 33) % sides;
}

static void hang_up(struct talk *talk)
{
    close(talk->client);
    close(talk->server);
    talk->client = -1;
}

static bool say(int fd, const char *at, size_t len)
{
    return send(fd, at, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void forget_first(struct bytes *bytes, size_t len)
{
    memmove(bytes->at, bytes->at + len, bytes->len - len);
    bytes->len -= len;
}

/* The length of all messages up to one of these types, its own too; 0: it is not all here. */
static size_t until(const struct bytes *bytes, const char *types, char *last)
{
    size_t at = 0;

    while (bytes->len - at >= HEAD) {
        uint32_t len;

        memcpy(&len, bytes->at + at + 1, sizeof len);
        if (bytes->len - at - 1 < ntohl(len)) {
            return 0;
        }
        char type = bytes->at[at];
        at += 1 + ntohl(len);
        if (strchr(types, type) != NULL) {
            *last = bytes->at[at - 1];
            return at;
        }
    }
    return 0;
}

static struct memory *memory_of(const char *question, size_t len)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)question[i]) * 16777619U;
    }
    return &memories[hash % MEMORIES];
}

/* The first question of what the client has sent: asked, or answered from memory. */
static bool take_question(struct talk *talk, struct liar_seen *seen, unsigned one_in)
{
    char last;
    size_t len = talk->is_ready ? until(&talk->from, "QSX", &last) : 0;
    struct memory *memory;

    if (len == 0) {
        return talk->from.len < BYTES_MAX;
    }
    memory = memory_of(talk->from.at, len);
    /* Not the Parse of a named statement: it would not be there. */
    talk->may_keep = talk->status == 'I' && len <= QUESTION_MAX &&
                     !(talk->from.at[0] == 'P' && talk->from.at[HEAD] != '\0') &&
                     memmem(talk->from.at, len, LIAR_MARK, strlen(LIAR_MARK)) != NULL;
    if (talk->may_keep) {
        atomic_fetch_add(&seen->asked, 1);
        if (memory->question_len == len && memcmp(memory->question, talk->from.at, len) == 0) {
            if (roll(one_in) == 0) {
                atomic_fetch_add(&seen->lies, 1);
                forget_first(&talk->from, len);
                return say(talk->client, memory->answer, memory->answer_len) &&
                       take_question(talk, seen, one_in);
            }
            talk->may_keep = roll(KEEPS_ONE_IN) == 0;
        }
    }
    talk->is_ready = false;
    talk->asked = len;
    return say(talk->server, talk->from.at, len);
}

static void keep(const struct talk *talk, size_t len)
{
    struct memory *memory = memory_of(talk->from.at, talk->asked);

    if (!talk->may_keep || talk->status != 'I' || len > ANSWER_MAX) {
        return;
    }
    memcpy(memory->question, talk->from.at, talk->asked);
    memcpy(memory->answer, talk->to.at, len);
    memory->question_len = talk->asked;
    memory->answer_len = len;
}

static bool take_answer(struct talk *talk, struct liar_seen *seen, unsigned one_in)
{
    char status;
    size_t len = until(&talk->to, "Z", &status);

    if (len == 0) {
        return talk->to.len < BYTES_MAX;
    }
    talk->status = status;
    keep(talk, len);
    if (!say(talk->client, talk->to.at, len)) {
        return false;
    }
    forget_first(&talk->to, len);
    forget_first(&talk->from, talk->asked);
    talk->asked = 0;
    talk->is_ready = true;
    return take_question(talk, seen, one_in);
}

static bool receive(int fd, struct bytes *bytes)
{
    ssize_t n = recv(fd, bytes->at + bytes->len, BYTES_MAX - bytes->len, 0);

    bytes->len += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* Before the first ReadyForQuery the client's packets pass as they are. */
static bool hear_client(struct talk *talk, struct liar_seen *seen, unsigned one_in)
{
    if (!receive(talk->client, &talk->from)) {
        return false;
    }
    if (talk->is_begun) {
        return take_question(talk, seen, one_in);
    }
    bool is_said = say(talk->server, talk->from.at, talk->from.len);
    talk->from.len = 0;
    return is_said;
}

static bool hear_server(struct talk *talk, struct liar_seen *seen, unsigned one_in)
{
    char status;

    if (!receive(talk->server, &talk->to)) {
        return false;
    }
    if (talk->is_begun) {
        return take_answer(talk, seen, one_in);
    }
    /* Trust or not, it is over with the first ReadyForQuery; it ends what is here. */
    if (until(&talk->to, "Z", &status) == talk->to.len) {
        talk->is_begun = talk->is_ready = true;
        talk->status = status;
    } else if (talk->to.len > 0 && talk->to.at[0] != 'R') {
        return false;
    }
    if (talk->is_begun) {
        bool is_said = say(talk->client, talk->to.at, talk->to.len);
        talk->to.len = 0;
        return is_said;
    }
    return true;
}

static void accept_talk(int listener, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons((uint16_t)port)};
    int client = accept(listener, NULL, NULL);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    for (size_t i = 0; client >= 0 && server >= 0 && i < CLIENTS_MAX; i++) {
        if (talks[i].client < 0 && connect(server, (struct sockaddr *)&at, sizeof(at)) == 0) {
            talks[i].client = client;
            talks[i].server = server;
            talks[i].is_ready = talks[i].is_begun = false;
            talks[i].asked = talks[i].from.len = talks[i].to.len = 0;
            return;
        }
    }
    close(client);
    close(server);
}

static _Noreturn void serve(struct liar_seen *seen, int listener, int port, unsigned one_in)
{
    struct pollfd fds[1 + 2 * CLIENTS_MAX];

    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        talks[i].client = -1;
    }
    for (;;) {
        fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            bool is_used = talks[i].client >= 0;
            fds[1 + 2 * i] =
                    (struct pollfd){.fd = is_used ? talks[i].client : -1, .events = POLLIN};
            fds[2 + 2 * i] =
                    (struct pollfd){.fd = is_used ? talks[i].server : -1, .events = POLLIN};
        }
        if (poll(fds, 1 + 2 * CLIENTS_MAX, -1) < 0 && errno != EINTR) {
            _exit(1);
        }
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            if ((fds[1 + 2 * i].revents != 0 && !hear_client(&talks[i], seen, one_in)) ||
                    (fds[2 + 2 * i].revents != 0 && !hear_server(&talks[i], seen, one_in))) {
                hang_up(&talks[i]);
            }
        }
        if (fds[0].revents != 0) {
            accept_talk(listener, port);
        }
    }
}

void liar_start(struct liar *liar, int port, unsigned one_in)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    liar->port = listener < 0 ? 0 : port_bind(listener);
    liar->seen = mmap(
            NULL, sizeof(*liar->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (liar->port == 0 || listen(listener, CLIENTS_MAX) != 0 || liar->seen == MAP_FAILED) {
        proc_die("no port for the liar");
    }
    liar->pid = fork();
    if (liar->pid < 0) {
        proc_die("cannot fork the liar");
    }
    if (liar->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(liar->seen, listener, port, one_in);
    }
    close(listener);
}

void liar_stop(struct liar *liar)
{
    if (liar->pid > 0) {
        kill(liar->pid, SIGKILL);
        waitpid(liar->pid, NULL, 0);
        munmap(liar->seen, sizeof(*liar->seen));
        liar->pid = 0;
    }
}
