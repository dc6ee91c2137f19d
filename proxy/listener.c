/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/listener.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/client.h"
#include "proxy/io.h"
#include "proxy/notify.h"
#include "proxy/process.h"
#include "proxy/worker.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOST_MAX = 256, ENTRY_BYTES = 16384, DEFER_SECONDS = 45 };

struct listener {
    struct io io; /* worker 0's */
    struct address address;
    bool is_unix;
    bool has_file; /* a Unix socket with a path that we made, or that is ours when we accept */
    atomic_int fd; /* of io, for whoever asks: -1 once it is closed */
};

static struct {
    struct listener all[LISTENERS_MAX];
    int count;       /* constant after start */
    int spare_fd;    /* worker 0's: given up to take a connection when no other is left */
    bool is_paused;  /* worker 0's */
    bool owns_files; /* the control thread's: they go when we do */
    bool clashes;    /* the main thread's, at start: an address is in use */
    struct letter give_letter;
    atomic_bool has_give_letter; /* any thread: it is on its way */
    atomic_bool is_given;        /* any thread: another process accepts in our place */
    sl_usec logged_at;           /* worker 0's */
    struct timer timer;          /* worker 0's: the end of LISTENER_REST */
    struct letter start_letter;
    struct letter close_letters[2]; /* one a kind: posted once */
    atomic_bool is_closed[2];       /* any thread: that letter was posted */
} self = {.spare_fd = -1};

/* The main thread's, before there are others. */
struct inherited {
    int fd; /* -1: taken */
    struct address address;
    bool has_file;
};

static struct {
    struct inherited all[LISTENERS_MAX];
    int count;
} heritage;

/* A connection on its way to its worker. */
struct arrival {
    struct letter letter;
    int fd;
    struct address peer;
    struct address local;
};

struct pause_letter {
    struct letter letter;
    bool paused;
};

struct tune_letter {
    struct letter letter;
    int defer;
};

static const char *why(int code, char text[static 128])
{
    return strerror_r(code, text, 128);
}

/* ---- accepting: worker 0 ---- */

static void want_all(unsigned wants)
{
    for (int i = 0; i < self.count; i++) {
        io_want(&self.all[i].io, wants);
    }
}

static void rest_is_over(struct timer *timer)
{
    (void)timer;
    if (!self.is_paused) {
        want_all(IO_READ);
    }
}

static void rest(struct worker *worker)
{
    want_all(0);
    timer_set(&worker->timers, &self.timer, worker->now + LISTENER_REST);
}

/* No descriptor left: the next in line is told by being closed, rather than left to wait. */
static void refuse_one(struct listener *listener, struct worker *worker, int code)
{
    char text[128];

    if (worker->now - self.logged_at >= SL_SECOND) {
        self.logged_at = worker->now;
        sl_log(SL_LOG_ERROR, "accept_failed", "reason=%s clients=%d, connections are refused",
                sl_log_quote(why(code, text)), process_clients());
    }
    if (self.spare_fd >= 0) {
        close(self.spare_fd);
        int fd = accept4(listener->io.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            close(fd);
        }
        self.spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    rest(worker);
}

static void take_in(struct worker *worker, struct arrival *arrival)
{
    SL_IGNORE(client_new(worker, arrival->fd, &arrival->peer, &arrival->local) == NULL,
            "it closed the socket and logged why");
}

static void deliver_arrival(struct letter *letter, struct worker *worker)
{
    struct arrival *arrival = SL_CONTAINER(letter, struct arrival, letter);

    take_in(worker, arrival);
    atomic_fetch_sub(
            &worker->clients_count, 1); /* it was counted while on its way, now by itself */
    free(arrival);
}

static void hand_over(struct worker *worker, struct arrival *arrival)
{
    struct worker *to = process_least_loaded();

    if (to == worker) {
        take_in(worker, arrival);
        return;
    }
    struct arrival *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        close(arrival->fd);
        return;
    }
    *copy = *arrival;
    copy->letter.deliver = deliver_arrival;
    atomic_fetch_add(&to->clients_count, 1);
    mailbox_post(&to->mailbox, &copy->letter);
}

/* A connection that was gone before it was accepted is no reason to stop. */
static bool is_passing(int code)
{
    return code == EINTR || code == ECONNABORTED || code == EPROTO || code == ENETDOWN ||
           code == ENOPROTOOPT || code == EHOSTDOWN || code == ENONET || code == EHOSTUNREACH ||
           code == EOPNOTSUPP || code == ENETUNREACH || code == EPERM;
}

/* One attempt; false: that was all for this turn. */
static bool accept_one(struct listener *listener, struct worker *worker)
{
    struct arrival arrival = {.peer.len = sizeof arrival.peer.at};

    arrival.fd = accept4(
            listener->io.fd, &arrival.peer.at.any, &arrival.peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (arrival.fd < 0) {
        if (is_passing(errno)) {
            return true;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            refuse_one(listener, worker, errno);
        }
        return false;
    }
    if (listener->is_unix) {
        arrival.peer.at.any.sa_family = AF_UNIX; /* an unnamed peer may come without one */
    }
    arrival.local.len = sizeof arrival.local.at;
    if (getsockname(arrival.fd, &arrival.local.at.any, &arrival.local.len) != 0) {
        arrival.local = listener->address;
    }
    hand_over(worker, &arrival);
    return true;
}

static void on_ready(struct io *io, unsigned got)
{
    struct listener *listener = SL_CONTAINER(io, struct listener, io);

    (void)got;
    for (int i = 0; i < LISTENER_BATCH && io->wants != 0 && io->fd >= 0; i++) {
        if (!accept_one(listener, io->worker)) {
            return;
        }
    }
}

static void deliver_start(struct letter *letter, struct worker *worker)
{
    (void)letter;
    timer_init(&self.timer, rest_is_over);
    self.spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < self.count; i++) {
        struct listener *listener = &self.all[i];
        int fd = listener->io.fd;
        io_init(&listener->io, worker, on_ready);
        io_open(&listener->io, fd);
    }
    want_all(IO_READ);
}

static void deliver_close(struct letter *letter, struct worker *worker)
{
    bool all = letter == &self.close_letters[LISTENER_ALL];

    for (int i = 0; i < self.count; i++) {
        if (all || !self.all[i].is_unix) {
            atomic_store(&self.all[i].fd, -1);
            io_close(&self.all[i].io);
        }
    }
    if (all) {
        timer_clear(&worker->timers, &self.timer);
        if (self.spare_fd >= 0) {
            close(self.spare_fd);
            self.spare_fd = -1;
        }
    }
}

void listener_close(enum listener_which which)
{
    if (self.count == 0 || atomic_exchange(&self.is_closed[which], true)) {
        return;
    }
    self.close_letters[which].deliver = deliver_close;
    mailbox_post(&process_worker(0)->mailbox, &self.close_letters[which]);
}

static void pause_all(struct worker *worker, bool paused)
{
    self.is_paused = paused || atomic_load(&self.is_given);
    timer_clear(&worker->timers, &self.timer);
    want_all(self.is_paused ? 0 : IO_READ);
}

static void deliver_pause(struct letter *letter, struct worker *worker)
{
    struct pause_letter *mine = SL_CONTAINER(letter, struct pause_letter, letter);

    pause_all(worker, mine->paused);
    free(mine);
}

static void deliver_give(struct letter *letter, struct worker *worker)
{
    (void)letter;
    atomic_store(&self.has_give_letter, false); /* before looking: a later change posts anew */
    pause_all(worker, process_is_suspended());
}

void listener_pause(bool paused)
{
    struct pause_letter *letter = malloc(sizeof *letter);

    if (letter == NULL) {
        return;
    }
    letter->letter.deliver = deliver_pause;
    letter->paused = paused;
    mailbox_post(&process_worker(0)->mailbox, &letter->letter);
}

static void set(int fd, int level, int option, int value)
{
    int rc = setsockopt(fd, level, option, &value, sizeof value);
    (void)rc; /* what must work is noticed by bind() */
}

static void tune(int defer)
{
    for (int i = 0; i < self.count; i++) {
        int fd = atomic_load(&self.all[i].fd);
        if (!self.all[i].is_unix && fd >= 0) {
            set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer == 1 ? DEFER_SECONDS : defer);
        }
    }
}

static void deliver_tune(struct letter *letter, struct worker *worker)
{
    struct tune_letter *mine = SL_CONTAINER(letter, struct tune_letter, letter);

    (void)worker;
    tune(mine->defer);
    free(mine);
}

void listener_tune(const struct conf *conf)
{
    struct tune_letter *letter = malloc(sizeof *letter);

    if (letter == NULL) {
        return;
    }
    letter->letter.deliver = deliver_tune;
    letter->defer = conf->tcp_defer_accept;
    mailbox_post(&process_worker(0)->mailbox, &letter->letter);
}

/* ---- opening: the main thread, before worker 0 is told ---- */

static bool add(int fd, const struct address *address, bool has_file)
{
    if (self.count == LISTENERS_MAX) {
        return false;
    }
    struct listener *listener = &self.all[self.count++];
    listener->io.fd = fd;
    atomic_store(&listener->fd, fd);
    listener->address = *address;
    listener->is_unix = address->at.any.sa_family == AF_UNIX;
    listener->has_file = has_file;
    return true;
}

static void set_options(int fd, const struct conf *conf, int family)
{
    if (family == AF_UNIX) {
        return;
    }
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family == AF_INET6) {
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    if (conf->so_reuseport) {
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
}

/* ---- of another process ---- */

void listener_inherit(int fd, const struct address *address, bool has_file)
{
    if (heritage.count == LISTENERS_MAX) {
        close(fd);
        return;
    }
    heritage.all[heritage.count++] =
            (struct inherited){.fd = fd, .address = *address, .has_file = has_file};
}

static bool is_same(const struct address *a, const struct address *b)
{
    /* Of a name in the file system one of the two may count the terminator. */
    if (a->at.any.sa_family == AF_UNIX && b->at.any.sa_family == AF_UNIX &&
            a->at.local.sun_path[0] != '\0') {
        return strcmp(a->at.local.sun_path, b->at.local.sun_path) == 0;
    }
    return a->len == b->len && memcmp(&a->at, &b->at, a->len) == 0;
}

static struct inherited *find_inherited(const struct address *address)
{
    for (int i = 0; i < heritage.count; i++) {
        if (heritage.all[i].fd >= 0 && is_same(&heritage.all[i].address, address)) {
            return &heritage.all[i];
        }
    }
    return NULL;
}

static bool take_inherited(const struct address *address)
{
    struct inherited *found = find_inherited(address);
    char name[ADDRESS_TEXT_MAX];

    if (found == NULL || !add(found->fd, address, found->has_file)) {
        return false;
    }
    found->fd = -1;
    sl_log(SL_LOG_INFO, "listening", "address=%s from=handover",
            sl_log_quote(address_text(address, name)));
    return true;
}

/* Addresses where nobody listens any more, now that the other process will not come back to them. */
static void drop_heritage(void)
{
    for (int i = 0; i < heritage.count; i++) {
        const struct inherited *it = &heritage.all[i];
        if (it->fd >= 0 && it->has_file) {
            unlink(it->address.at.local.sun_path);
        }
        if (it->fd >= 0) {
            close(it->fd);
        }
    }
    heritage.count = 0;
}

static enum sl_err open_one(
        const struct conf *conf, const struct address *address, struct sl_error *error)
{
    char name[ADDRESS_TEXT_MAX];
    char text[128];
    int family = address->at.any.sa_family;
    bool has_file = family == AF_UNIX && address->at.local.sun_path[0] != '\0';

    if (take_inherited(address)) {
        return SL_OK;
    }
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        set_options(fd, conf, family);
    }
    if (fd < 0 || bind(fd, &address->at.any, address->len) != 0 ||
            listen(fd, conf->listen_backlog) != 0) {
        int code = errno;
        self.clashes |= code == EADDRINUSE;
        if (fd >= 0) {
            close(fd);
        }
        return sl_error_set(error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT, "cannot listen on %s: %s",
                address_text(address, name), why(code, text));
    }
    if (!add(fd, address, has_file)) {
        close(fd);
        return sl_error_set(error, SL_ELIMIT, SL_STATE_LIMIT_EXCEEDED,
                "cannot listen on more than %d sockets", LISTENERS_MAX);
    }
    sl_log(SL_LOG_INFO, "listening", "address=%s", sl_log_quote(address_text(address, name)));
    return SL_OK;
}

/* ---- Unix sockets ---- */

static enum sl_err set_owner(
        const struct conf *conf, const struct address *address, struct sl_error *error)
{
    const char *path = address->at.local.sun_path;
    const char *name = conf->unix_socket_group;
    char bytes[ENTRY_BYTES];
    char text[128];
    struct group entry;
    struct group *found = NULL;

    if (name[0] != '\0') {
        if (getgrnam_r(name, &entry, bytes, sizeof bytes, &found) != 0 || found == NULL) {
            return sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
                    "unix_socket_group: there is no group \"%s\"", name);
        }
        if (chown(path, (uid_t)-1, entry.gr_gid) != 0) {
            return sl_error_set(error, SL_EIO, SL_STATE_INSUFFICIENT_PRIVILEGE,
                    "cannot give \"%s\" to group \"%s\": %s", path, name, why(errno, text));
        }
    }
    if (chmod(path, (mode_t)conf->unix_socket_mode) != 0) {
        return sl_error_set(error, SL_EIO, SL_STATE_INSUFFICIENT_PRIVILEGE,
                "cannot set the mode of \"%s\": %s", path, why(errno, text));
    }
    return SL_OK;
}

/* Does somebody answer there? Then it is theirs; otherwise it was left behind. */
static bool is_answered(const struct address *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return false;
    }
    /* EAGAIN: somebody listens, and has a full backlog. */
    bool answered = connect(fd, &address->at.any, address->len) == 0 || errno == EAGAIN;
    close(fd);
    return answered;
}

static enum sl_err open_unix(const struct conf *conf, struct sl_error *error)
{
    struct address address;
    char name[ADDRESS_TEXT_MAX];

    enum sl_err err = address_parse(conf->unix_socket_dir, conf->listen_port, &address);
    if (err != SL_OK || address.at.any.sa_family != AF_UNIX) {
        return sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
                "unix_socket_dir: \"%s\" is no folder for a socket", conf->unix_socket_dir);
    }
    if (find_inherited(&address) != NULL) {
        err = open_one(conf, &address, error);
        return err == SL_OK ? set_owner(conf, &address, error) : err;
    }
    if (is_answered(&address)) {
        return sl_error_set(error, SL_ELIMIT, SL_STATE_OBJECT_NOT_IN_STATE,
                "Unix socket %s is in use by another process", address_text(&address, name));
    }
    bool has_file = address.at.local.sun_path[0] != '\0';
    if (has_file) {
        unlink(address.at.local.sun_path);
    }
    err = open_one(conf, &address, error);
    return err == SL_OK && has_file ? set_owner(conf, &address, error) : err;
}

/* ---- TCP ---- */

/* The next item of a comma list, trimmed; false at its end. */
static bool next_host(const char **list, char host[static HOST_MAX])
{
    while (**list != '\0') {
        const char *at = *list;
        size_t len = strcspn(at, ",");
        *list = at + len + (at[len] == ',' ? 1 : 0);
        while (len > 0 && isspace((unsigned char)at[0])) {
            at++;
            len--;
        }
        while (len > 0 && isspace((unsigned char)at[len - 1])) {
            len--;
        }
        if (len > 0 && len < HOST_MAX) {
            memcpy(host, at, len);
            host[len] = '\0';
            return true;
        }
    }
    return false;
}

/* Opens all addresses of a name; how many. */
static int open_host(const struct conf *conf, const char *host)
{
    struct addrinfo hints = {
            .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    char port[16];
    int opened = 0;

    snprintf(port, sizeof port, "%d", conf->listen_port);
    int rc = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, port, &hints, &list);
    if (rc != 0) {
        sl_log(SL_LOG_ERROR, "listen_failed", "address=%s reason=%s, not listening there",
                sl_log_quote(host), sl_log_quote(gai_strerror(rc)));
        return 0;
    }
    for (struct addrinfo *it = list; it != NULL; it = it->ai_next) {
        struct address address;
        struct sl_error error;
        address_copy(&address, it->ai_addr, it->ai_addrlen);
        if (open_one(conf, &address, &error) == SL_OK) {
            opened++;
        } else {
            sl_log(SL_LOG_ERROR, "listen_failed", "address=%s reason=%s, not listening there",
                    sl_log_quote(host), sl_log_quote(error.text));
        }
    }
    freeaddrinfo(list);
    return opened;
}

static enum sl_err open_tcp(const struct conf *conf, struct sl_error *error)
{
    const char *list = conf->listen_addr;
    char host[HOST_MAX];
    bool wanted = false;
    int opened = 0;

    while (next_host(&list, host)) {
        wanted = true;
        opened += open_host(conf, host);
    }
    if (wanted && opened == 0) {
        return sl_error_set(error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                "cannot listen on port %d of \"%s\"; the log says why", conf->listen_port,
                conf->listen_addr);
    }
    return SL_OK;
}

/* What systemd opened, in place of all of that. */
static int take_over_sockets(void)
{
    int fds[NOTIFY_SOCKETS_MAX];
    int count = notify_sockets(fds);

    for (int i = 0; i < count; i++) {
        struct address address = {.len = sizeof address.at};
        char name[ADDRESS_TEXT_MAX];
        int flags = fcntl(fds[i], F_GETFL);
        if (flags < 0 || fcntl(fds[i], F_SETFL, flags | O_NONBLOCK) != 0 ||
                getsockname(fds[i], &address.at.any, &address.len) != 0) {
            sl_log(SL_LOG_ERROR, "listen_failed", "fd=%d reason=\"not a socket\", passed over",
                    fds[i]);
            continue;
        }
        if (add(fds[i], &address, false)) {
            sl_log(SL_LOG_INFO, "listening", "address=%s from=systemd",
                    sl_log_quote(address_text(&address, name)));
        }
    }
    return count;
}

/* Sockets of the other process that would be dropped, in favour of one that they are in the way of. */
static bool loses_addresses(void)
{
    bool has_left = false;

    for (int i = 0; i < heritage.count; i++) {
        has_left |= heritage.all[i].fd >= 0 && heritage.all[i].address.at.any.sa_family != AF_UNIX;
    }
    return self.clashes && has_left;
}

static void close_unstarted(void)
{
    for (int i = 0; i < self.count; i++) {
        close(self.all[i].io.fd);
        if (self.all[i].has_file && heritage.count == 0) {
            unlink(self.all[i].address.at.local.sun_path);
        }
    }
    self.count = 0;
}

enum sl_err listener_start(const struct conf *conf, struct sl_error *error)
{
    enum sl_err err = SL_OK;

    if (take_over_sockets() == 0) {
        /* TCP last: whoever finds the port open finds everything open. */
        err = conf->unix_socket_dir[0] == '\0' ? SL_OK : open_unix(conf, error);
        if (err == SL_OK) {
            err = open_tcp(conf, error);
        }
    }
    if (err == SL_OK && self.count == 0) {
        err = sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
                "nowhere to listen: neither listen_addr nor unix_socket_dir is set");
    }
    if (err == SL_OK && loses_addresses()) {
        err = sl_error_set(error, SL_EIO, SL_STATE_UNABLE_TO_CONNECT,
                "-R: an address of listen_addr overlaps with one that the other process listens "
                "on; "
                "that needs a stop and a start");
    }
    if (err != SL_OK) {
        close_unstarted();
        return err;
    }
    tune(conf->tcp_defer_accept);
    self.owns_files = heritage.count == 0;
    return SL_OK;
}

void listener_accept(void)
{
    drop_heritage();
    self.owns_files = true;
    self.start_letter.deliver = deliver_start;
    mailbox_post(&process_worker(0)->mailbox, &self.start_letter);
}

bool listener_to_give(int i, int *fd, struct address *address, bool *has_file)
{
    if (!listener_at(i, fd, address)) {
        return false;
    }
    *has_file = self.all[i].has_file;
    return true;
}

void listener_give_away(bool is_given)
{
    self.owns_files = !is_given;
    atomic_store(&self.is_given, is_given);
    if (!atomic_exchange(&self.has_give_letter, true)) {
        self.give_letter.deliver = deliver_give;
        mailbox_post(&process_worker(0)->mailbox, &self.give_letter);
    }
}

void listener_free(void)
{
    for (int i = 0; i < self.count; i++) {
        if (self.all[i].has_file && self.owns_files) {
            unlink(self.all[i].address.at.local.sun_path);
        }
    }
    self.count = 0;
}

bool listener_at(int i, int *fd, struct address *address)
{
    if (i < 0 || i >= self.count) {
        return false;
    }
    *fd = atomic_load(&self.all[i].fd);
    *address = self.all[i].address;
    return true;
}
