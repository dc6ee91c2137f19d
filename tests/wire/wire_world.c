/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_world.c - one poll loop for everybody.
 */
#include "tests/wire/wire_world.h"

#include "tests/support/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_MAX ((size_t)512 << 20)
#define ARENA_MAX ((size_t)1 << 30)

/* Beyond this a send in pieces goes in larger ones: framing has been tried enough. */
enum { PIECES_MAX = 4096, READ_BYTES = 256 << 10 };

bool wire_fail(struct wire_world *world, const char *format, ...)
{
    if (world->failure[0] != '\0') {
        return false;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
    return false;
}

void wire_said(struct wire_world *world, const struct wire_actor *actor, const char *direction,
        const struct wire_message *message)
{
    char *line = world->said_text[world->said++ % WIRE_SAID_MAX];
    int len = snprintf(line, WIRE_SAID_TEXT_MAX, "  %s %s ", actor->name, direction);
    wire_print(message, line + len, WIRE_SAID_TEXT_MAX - (size_t)len);
}

static bool listen_anywhere(struct wire_world *world)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unsigned short port = fd < 0 ? 0 : port_bind(fd);
    if (port == 0 || listen(fd, 64) != 0) {
        return wire_fail(world, "the fake server cannot listen: %s", strerrordesc_np(errno));
    }
    world->listener = fd;
    world->server_port = port;
    return true;
}

bool wire_world_init(
        struct wire_world *world, const struct wire_script *script, enum wire_mode mode)
{
    memset(world, 0, sizeof *world);
    world->script = script;
    world->mode = mode;
    world->listener = -1;
    sl_arena_init(&world->arena, ARENA_MAX);
    return listen_anywhere(world);
}

void wire_world_fini(struct wire_world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        wire_actor_close(&world->actors[i], false);
        sl_buf_fini(&world->actors[i].in);
        sl_buf_fini(&world->actors[i].out);
    }
    if (world->listener >= 0) {
        close(world->listener);
    }
    sl_arena_fini(&world->arena);
}

struct wire_actor *wire_actor(struct wire_world *world, struct sl_span name)
{
    for (size_t i = world->count; i-- > 0;) {
        if (world->actors[i].name[0] != '\0' && sl_span_is(name, world->actors[i].name)) {
            return &world->actors[i];
        }
    }
    return NULL;
}

static struct wire_actor *actor_new(struct wire_world *world, int fd)
{
    if (world->count == WIRE_ACTORS_MAX) {
        close(fd);
        wire_fail(world, "too many connections for one run");
        return NULL;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    struct wire_actor *actor = &world->actors[world->count++];
    *actor = (struct wire_actor){.fd = fd};
    sl_buf_init(&actor->in, BUFFER_MAX);
    sl_buf_init(&actor->out, BUFFER_MAX);
    return actor;
}

struct wire_actor *wire_client_open(struct wire_world *world, struct sl_span name)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons(world->proxy_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        wire_fail(world, "cannot connect to the proxy: %s", strerrordesc_np(errno));
        return NULL;
    }
    struct wire_actor *actor = actor_new(world, fd);
    if (actor == NULL) {
        return NULL;
    }
    actor->is_client = true;
    memcpy(actor->name, name.at, name.len < sizeof actor->name ? name.len : 7);
    return actor;
}

void wire_actor_close(struct wire_actor *actor, bool with_reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (actor->fd < 0) {
        return;
    }
    if (with_reset) {
        setsockopt(actor->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(actor->fd);
    actor->fd = -1;
    actor->eof = true;
}

/* ---- the fake server's front door --------------------------------------------------------- */

static void put_bytes(struct wire_actor *actor, const void *bytes, size_t len)
{
    SL_CHECK(sl_buf_put(&actor->out, bytes, len) == SL_OK);
}

static void put_param(struct wire_actor *actor, const char *key, const char *value)
{
    size_t len = strlen(key) + 1 + strlen(value) + 1;
    SL_CHECK(sl_buf_put_u8(&actor->out, 'S') == SL_OK);
    SL_CHECK(sl_buf_put_u32(&actor->out, (uint32_t)len + 4) == SL_OK);
    SL_CHECK(sl_buf_put_cstr(&actor->out, key) == SL_OK);
    SL_CHECK(sl_buf_put_cstr(&actor->out, value) == SL_OK);
}

/* What the startup packet asked for, else what the script says, else the default. */
static const char *param_value(const struct wire_world *world, const struct wire_message *startup,
        const struct wire_pair *param)
{
    const struct wire_value *map = startup->count > 1 ? startup->fields[1] : NULL;
    for (size_t i = 0; map != NULL && i + 1 < map->count; i += 2) {
        const struct sl_span key = map->items[i]->text;
        if (key.len == strlen(param->key) &&
                strncasecmp((const char *)key.at, param->key, key.len) == 0) {
            return (const char *)map->items[i + 1]->text.at;
        }
    }
    const struct wire_pairs *ours = &world->script->params;
    for (size_t i = 0; i < ours->count; i++) {
        if (strcasecmp(ours->at[i].key, param->key) == 0) {
            return ours->at[i].value;
        }
    }
    return param->value;
}

static void put_params(
        struct wire_world *world, struct wire_actor *actor, const struct wire_message *startup)
{
    static const struct wire_pair defaults[] = {{"application_name", ""},
            {"client_encoding", "UTF8"}, {"DateStyle", "ISO, MDY"},
            {"default_transaction_read_only", "off"}, {"in_hot_standby", "off"},
            {"integer_datetimes", "on"}, {"IntervalStyle", "postgres"}, {"is_superuser", "off"},
            {"server_encoding", "UTF8"}, {"server_version", "15.8"}, {"session_authorization", "u"},
            {"standard_conforming_strings", "on"}, {"TimeZone", "Etc/UTC"}};
    for (size_t i = 0; i < SL_COUNT(defaults); i++) {
        put_param(actor, defaults[i].key, param_value(world, startup, &defaults[i]));
    }
    const struct wire_pairs *ours = &world->script->params;
    for (size_t i = 0; i < ours->count; i++) {
        bool is_default = false;
        for (size_t j = 0; j < SL_COUNT(defaults); j++) {
            is_default = is_default || strcasecmp(ours->at[i].key, defaults[j].key) == 0;
        }
        if (!is_default) {
            put_param(actor, ours->at[i].key, param_value(world, startup, &ours->at[i]));
        }
    }
}

static void put_key(struct wire_world *world, struct wire_actor *actor)
{
    uint8_t body[8];
    sl_set_u32(body, (uint32_t)(1000 + world->servers));
    sl_set_u32(body + 4, (uint32_t)(0x5ec00000 + world->servers));
    memcpy(actor->key, body, sizeof body);
    actor->key_len = sizeof body;
    put_bytes(actor, "K\0\0\0\x0c", 5);
    put_bytes(actor, body, sizeof body);
}

static void welcome(
        struct wire_world *world, struct wire_actor *actor, const struct wire_message *startup)
{
    put_bytes(actor, "R\0\0\0\x08\0\0\0\0", 9);
    put_params(world, actor, startup);
    put_key(world, actor);
    put_bytes(actor, "Z\0\0\0\x05I", 6);
}

void wire_server_welcome(struct wire_world *world, struct wire_actor *actor)
{
    static const struct wire_message nothing = {0};
    welcome(world, actor, &nothing);
}

static void remember_cancel(struct wire_world *world, struct sl_span packet)
{
    if (world->cancel_count == WIRE_CANCELS_MAX || packet.len - 8 > WIRE_KEY_MAX) {
        return;
    }
    struct wire_cancel *cancel = &world->cancels[world->cancel_count++];
    cancel->key_len = packet.len - 8;
    memcpy(cancel->key, packet.at + 8, cancel->key_len);
}

/* A connection to the fake server that has no name yet: SSL and GSS are declined, a
   CancelRequest is kept, a startup packet gives it its name. */
static void greet(struct wire_world *world, struct wire_actor *actor)
{
    size_t len = 0;
    struct wire_message *message =
            wire_decode(&world->arena, sl_buf_borrow(&actor->in), WIRE_FRONT, false, &len);
    if (message == NULL) {
        return;
    }
    if (strcmp(message->type->name, "CancelRequest") == 0) {
        remember_cancel(world, sl_span(sl_buf_borrow(&actor->in).at, len));
        if (world->holds_cancels) {
            memcpy(actor->name, "cancel", sizeof "cancel");
        } else {
            wire_actor_close(actor, false);
        }
        return;
    }
    if (message->type->special != 1) {
        sl_buf_consume(&actor->in, len);
        put_bytes(actor, "N", 1);
        return;
    }
    snprintf(actor->name, sizeof actor->name, "s%zu", ++world->servers % 1000);
    wire_said(world, actor, "<", message);
    if (world->script->manual) {
        return;
    }
    welcome(world, actor, message);
    sl_buf_consume(&actor->in, len);
    actor->typed = true;
}

/* ---- what was left in the session --------------------------------------------------------- */

/* proxy/session_state.c's question, of which most scripts need not speak: nothing was left. */
static bool answer_state(struct wire_world *world, struct wire_actor *actor)
{
    static const char asked[] = "SELECT CASE WHEN context OPERATOR(pg_catalog.=) 'superuser'";
    static const char nothing[] = "C\0\0\0\rSELECT 0\0Z\0\0\0\5I";
    struct sl_span in = sl_buf_borrow(&actor->in);
    if (actor->is_client || !actor->typed || world->script->state || in.len < 5 + sizeof asked ||
            in.at[0] != 'Q' || memcmp(in.at + 5, asked, sizeof asked - 1) != 0 ||
            in.len < (size_t)sl_get_u32(in.at + 1) + 1) {
        return false;
    }
    sl_buf_consume(&actor->in, (size_t)sl_get_u32(in.at + 1) + 1);
    put_bytes(actor, nothing, sizeof nothing - 1);
    return true;
}

/* ---- moving bytes ------------------------------------------------------------------------- */

static void take_bytes(struct wire_actor *actor)
{
    if (sl_buf_reserve(&actor->in, READ_BYTES) != SL_OK) {
        return;
    }
    ssize_t len = recv(actor->fd, actor->in.at + actor->in.filled, READ_BYTES, 0);
    if (len > 0) {
        actor->in.filled += (size_t)len;
    } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
        actor->eof = true;
    }
}

static size_t send_some(struct wire_actor *actor, size_t most)
{
    struct sl_span rest = sl_buf_borrow(&actor->out);
    if (actor->fd < 0 || rest.len == 0) {
        return 0;
    }
    ssize_t len = send(actor->fd, rest.at, rest.len < most ? rest.len : most, MSG_NOSIGNAL);
    if (len > 0) {
        sl_buf_consume(&actor->out, (size_t)len);
    } else if (len < 0 && errno != EAGAIN && errno != EINTR) {
        sl_buf_consume(&actor->out, rest.len); /* the peer is gone: nobody will take it */
    }
    return len > 0 ? (size_t)len : 0;
}

static void accept_all(struct wire_world *world)
{
    for (;;) {
        int fd = accept4(world->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || actor_new(world, fd) == NULL) {
            return;
        }
    }
}

static void pump_actor(struct wire_world *world, struct wire_actor *actor, short events)
{
    if (actor->fd < 0) {
        return;
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !actor->paused && !actor->eof) {
        take_bytes(actor);
    }
    if (actor->name[0] == '\0' && !actor->is_client) {
        greet(world, actor);
    }
    if (sl_buf_len(&actor->out) > 0) {
        send_some(actor, world->mode == WIRE_PIECES ? 1 : SIZE_MAX);
    }
}

void wire_pump(struct wire_world *world, sl_usec wait)
{
    struct pollfd fds[WIRE_ACTORS_MAX + 1];
    size_t count = world->count;
    fds[count] = (struct pollfd){.fd = world->listener, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        const struct wire_actor *actor = &world->actors[i];
        bool deaf = actor->paused || actor->eof;
        short events = deaf ? 0 : POLLIN;
        if (sl_buf_len(&actor->out) > 0) {
            events |= POLLOUT;
        }
        fds[i] = (struct pollfd){.fd = events == 0 ? -1 : actor->fd, .events = events};
    }
    struct timespec timeout = {.tv_sec = wait / SL_SECOND, .tv_nsec = wait % SL_SECOND * 1000};
    if (ppoll(fds, count + 1, &timeout, NULL) <= 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        pump_actor(world, &world->actors[i], fds[i].revents);
        SL_IGNORE(answer_state(world, &world->actors[i]), "or there was nothing to answer");
    }
    if (fds[count].revents != 0) {
        accept_all(world);
    }
}

/* In pieces the proxy gets a moment after each byte, or the kernel glues them together again. */
static size_t flush_once(
        struct wire_world *world, struct wire_actor *actor, size_t sent, struct timespec *moment)
{
    if (world->mode != WIRE_PIECES) {
        return send_some(actor, SIZE_MAX);
    }
    size_t len = send_some(actor, sent < PIECES_MAX ? 1 : READ_BYTES);
    if (sent < PIECES_MAX) {
        nanosleep(moment, NULL);
    }
    return len;
}

void wire_flush(struct wire_world *world, struct wire_actor *actor)
{
    struct timespec moment = {.tv_nsec = 10000};
    sl_usec progress = sl_now();
    size_t sent = 0;
    while (sl_buf_len(&actor->out) > 0 && actor->fd >= 0) {
        size_t len = flush_once(world, actor, sent, &moment);
        sent += len;
        if (len > 0) {
            progress = sl_now();
        } else if (sl_now() - progress > 3 * WIRE_QUIET_USEC) {
            return;
        } else {
            wire_pump(world, 10 * SL_MSEC);
        }
    }
}

void wire_release_cancels(struct wire_world *world)
{
    world->holds_cancels = false;
    for (size_t i = 0; i < world->count; i++) {
        if (strcmp(world->actors[i].name, "cancel") == 0) {
            wire_actor_close(&world->actors[i], false);
        }
    }
}

static bool is_ignored(const struct wire_actor *actor, const struct wire_message *message)
{
    return actor->ignored != NULL && strstr(actor->ignored, message->type->name) != NULL;
}

static struct wire_message *decode_next(
        struct wire_world *world, struct wire_actor *actor, bool typed)
{
    size_t len = 0;
    struct sl_span bytes = sl_buf_borrow(&actor->in);
    enum wire_side side = actor->is_client ? WIRE_BACK : WIRE_FRONT;
    struct wire_message *message = wire_decode(&world->arena, bytes, side, typed, &len);
    if (message == NULL) {
        return NULL;
    }
    /* Decoded anew from a copy: the buffer moves, the message stays. */
    uint8_t *copy = sl_arena_take(&world->arena, len + 1);
    SL_CHECK(copy != NULL);
    memcpy(copy, bytes.at, len);
    size_t ignored = 0;
    message = wire_decode(&world->arena, sl_span(copy, len), side, typed, &ignored);
    sl_buf_consume(&actor->in, len);
    wire_said(world, actor, "<", message);
    return message;
}

struct wire_message *wire_receive(
        struct wire_world *world, struct wire_actor *actor, bool typed, sl_usec wait)
{
    sl_usec end = sl_now() + wait;
    for (;;) {
        if (answer_state(world, actor)) {
            wire_flush(world, actor);
        }
        struct wire_message *message = decode_next(world, actor, typed);
        if (message != NULL && is_ignored(actor, message)) {
            continue;
        }
        if (message != NULL || actor->eof) {
            return message;
        }
        sl_usec left = end - sl_now();
        if (left <= 0) {
            return NULL;
        }
        wire_pump(world, left);
    }
}
