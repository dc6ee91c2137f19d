/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/handover_link.h"

#include "conf/conf.h"
#include "protocol/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 65536, SPARE_NAME = 16 /* for the name while it is made */ };

struct packet {
    struct sl_list link;
    size_t len;
    size_t sent;
    int fd; /* -1: none, or sent */
    uint8_t bytes[];
};

void handover_link_init(struct handover_link *link)
{
    *link = (struct handover_link){.fd = -1};
    sl_list_init(&link->out);
    sl_buf_init(&link->in, (size_t)2 * (HANDOVER_HEAD + HANDOVER_BODY_MAX));
}

void handover_link_open(struct handover_link *link, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    SL_CHECK(link->fd < 0);
    link->fd = fd;
    link->is_broken = flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0;
}

static void free_packet(struct packet *packet)
{
    sl_list_remove(&packet->link);
    if (packet->fd >= 0) {
        close(packet->fd);
    }
    crypto_wipe(packet->bytes, packet->len); /* it may be keys */
    free(packet);
}

void handover_link_close(struct handover_link *link)
{
    if (link->fd < 0) {
        return;
    }
    SL_LIST_EACH_SAFE (it, &link->out) {
        free_packet(SL_CONTAINER(it, struct packet, link));
    }
    for (unsigned i = 0; i < link->fds_count; i++) {
        if (link->fds[i] >= 0) {
            close(link->fds[i]);
        }
    }
    close(link->fd);
    if (link->in.at != NULL) {
        crypto_wipe(link->in.at, link->in.cap);
    }
    sl_buf_fini(&link->in);
    handover_link_init(link);
}

bool handover_link_path(const struct conf *conf, struct sockaddr_un *address)
{
    const char *folder = conf->unix_socket_dir;
    int len;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (folder[0] == '/') {
        len = snprintf(address->sun_path, sizeof address->sun_path, "%s/.s.PGSQL.%d.handover",
                folder, conf->listen_port);
    } else if (conf->pidfile[0] != '\0') {
        len = snprintf(address->sun_path, sizeof address->sun_path, "%s.handover", conf->pidfile);
    } else {
        return false;
    }
    return len > 0 && (size_t)len + SPARE_NAME < sizeof address->sun_path;
}

bool handover_link_is_ours(int fd, pid_t *pid)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
        return false;
    }
    *pid = peer.pid;
    return peer.uid == geteuid() || peer.uid == 0;
}

/* ---- out ---- */

enum sl_err handover_link_put(struct handover_link *link, struct sl_span message, int fd)
{
    struct packet *packet = malloc(sizeof *packet + message.len);

    if (packet == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return SL_ENOMEM;
    }
    packet->len = message.len;
    packet->sent = 0;
    packet->fd = fd;
    memcpy(packet->bytes, message.at, message.len);
    sl_list_init(&packet->link);
    sl_list_append(&link->out, &packet->link);
    link->put_count++;
    return SL_OK;
}

static ssize_t send_some(const struct handover_link *link, struct packet *packet)
{
    struct iovec iov = {
            .iov_base = packet->bytes + packet->sent, .iov_len = packet->len - packet->sent};
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (packet->fd >= 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof control.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &packet->fd, sizeof packet->fd);
    }
    ssize_t n;
    do {
        n = sendmsg(link->fd, &msg, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* False: not all of it went. */
static bool send_packet(struct handover_link *link, struct packet *packet)
{
    do {
        ssize_t n = send_some(link, packet);
        if (n < 0) {
            /* ETOOMANYREFS: too many descriptors are under way; some will arrive. */
            link->is_broken = errno != EAGAIN && errno != EWOULDBLOCK && errno != ETOOMANYREFS;
            return false;
        }
        if (packet->fd >= 0) {
            close(packet->fd); /* it went with the first byte */
            packet->fd = -1;
        }
        packet->sent += (size_t)n;
    } while (packet->sent < packet->len);
    return true;
}

bool handover_link_flush(struct handover_link *link)
{
    if (link->fd < 0 || link->is_broken) {
        return sl_list_empty(&link->out);
    }
    SL_LIST_EACH_SAFE (it, &link->out) {
        struct packet *packet = SL_CONTAINER(it, struct packet, link);
        if (!send_packet(link, packet)) {
            return false;
        }
        link->sent_count++;
        free_packet(packet);
    }
    return true;
}

/* ---- in ---- */

static bool add_fd(struct handover_link *link, int fd)
{
    if (link->fds_count == HANDOVER_FDS_MAX) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    link->fds[link->fds_count++] = fd;
    return true;
}

/*
 * False: more than there can be. One receive brings the descriptor of one message at most, and none
 * when there was none left to give it: its place in line is kept.
 */
static bool take_fds(struct handover_link *link, struct msghdr *msg)
{
    bool is_lost = (msg->msg_flags & MSG_CTRUNC) != 0;
    bool is_whole = true;

    for (struct cmsghdr *head = CMSG_FIRSTHDR(msg); head != NULL; head = CMSG_NXTHDR(msg, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            is_whole = add_fd(link, fd) && is_whole;
            is_lost = false;
        }
    }
    return is_whole && (!is_lost || add_fd(link, -1));
}

/* One receive; false: nothing now, or the end. */
static bool receive_some(struct handover_link *link, bool *is_open)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int) * 4)];
    } control;
    size_t room = link->in.bytes_max - sl_buf_len(&link->in);

    room = room < RECEIVE_BYTES ? room : RECEIVE_BYTES;
    if (room == 0 || sl_buf_reserve(&link->in, room) != SL_OK) {
        link->is_broken |= room > 0;
        return false; /* what is here is read first */
    }
    struct iovec iov = {.iov_base = link->in.at + link->in.filled, .iov_len = room};
    struct msghdr msg = {.msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = control.bytes,
            .msg_controllen = sizeof control.bytes};
    ssize_t n;
    do {
        n = recvmsg(link->fd, &msg, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        *is_open = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        return false;
    }
    link->in.filled += (size_t)n;
    if (!take_fds(link, &msg)) {
        link->is_broken = true;
    }
    return !link->is_broken;
}

bool handover_link_receive(struct handover_link *link)
{
    bool is_open = true;

    /* Not without end: the descriptors that come with it have to be taken in between. */
    for (int i = 0; i < HANDOVER_FDS_MAX / 8 && link->fds_count < HANDOVER_FDS_MAX / 2; i++) {
        if (!receive_some(link, &is_open)) {
            break;
        }
    }
    return is_open && !link->is_broken;
}

bool handover_link_next(struct handover_link *link, struct handover_message *message, int *fd)
{
    size_t used = 0;

    *fd = -1;
    if (link->fd < 0 || link->is_broken) {
        return false;
    }
    enum handover_framed framed = handover_frame(sl_buf_borrow(&link->in), message, &used);
    if (framed == HANDOVER_MORE) {
        return false;
    }
    if (framed == HANDOVER_BREACH || message->fds > link->fds_count) {
        link->is_broken = true;
        return false;
    }
    if (message->fds > 0) {
        *fd = link->fds[0];
        link->fds_count--;
        memmove(link->fds, link->fds + 1, link->fds_count * sizeof link->fds[0]);
    }
    sl_buf_consume(&link->in, used); /* the bytes stay where they are until more are received */
    return true;
}
