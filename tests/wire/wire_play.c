/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_play.c - one function a kind of step.
 */
#include "tests/wire/wire_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct play {
    struct wire_world *world;
    const struct wire_proxy *proxy;
    const struct wire_step *step;
    bool lump_goes_on; /* the next step sends for the same actor */
};

enum { SHOWN_MAX = 400 };

/* ---- sending ------------------------------------------------------------------------------ */

/* A client's, of which it was told, or a server's, who says so: of BackendKeyData. */
static void note_key(struct wire_actor *actor, const struct wire_message *message)
{
    struct sl_span secret = message->fields[1]->text;
    actor->key_len = 4 + secret.len;
    SL_CHECK(actor->key_len <= WIRE_KEY_MAX);
    sl_set_u32(actor->key, (uint32_t)strtoul((const char *)message->fields[0]->text.at, NULL, 10));
    memcpy(actor->key + 4, secret.at, secret.len);
}

static bool send_messages(struct play *play, struct wire_actor *actor)
{
    struct wire_world *world = play->world;
    for (size_t i = 0; i < play->step->count; i++) {
        const struct wire_message *message = play->step->messages[i];
        const char *why = NULL;
        if (!wire_encode(message, &world->vars, &actor->out, &why)) {
            return wire_fail(world, "cannot send %s: %s", message->type->name, why);
        }
        wire_said(world, actor, ">", message);
        if (!actor->is_client && strcmp(message->type->name, "BackendKeyData") == 0) {
            note_key(actor, message);
        }
        if (world->mode == WIRE_WHOLE) {
            wire_flush(world, actor);
        }
    }
    if (world->mode != WIRE_LUMP || !play->lump_goes_on) {
        wire_flush(world, actor);
    }
    return true;
}

/* ---- expecting ---------------------------------------------------------------------------- */

/* One byte that is no message: the answer to SSLRequest. */
static bool expect_byte(
        struct play *play, struct wire_actor *actor, const struct wire_message *expected)
{
    struct wire_world *world = play->world;
    for (sl_usec end = sl_now() + WIRE_STEP_USEC; sl_buf_len(&actor->in) == 0;) {
        if (actor->eof || sl_now() > end) {
            return wire_fail(world, "%s expected a byte, and none came", actor->name);
        }
        wire_pump(world, WIRE_QUIET_USEC);
    }
    uint8_t byte = actor->in.at[actor->in.done];
    sl_buf_consume(&actor->in, 1);
    if (expected->count == 1 && expected->fields[0]->text.len == 1 &&
            expected->fields[0]->text.at[0] == byte) {
        return true;
    }
    return wire_fail(world, "%s got the byte 0x%02x", actor->name, (unsigned)byte);
}

static bool expect_message(
        struct play *play, struct wire_actor *actor, const struct wire_message *expected)
{
    struct wire_world *world = play->world;
    char want[SHOWN_MAX];
    char got[SHOWN_MAX];
    if (strcmp(expected->type->name, "Byte") == 0) {
        return expect_byte(play, actor, expected);
    }
    wire_print(expected, want, sizeof want);
    bool typed = actor->is_client || actor->typed;
    struct wire_message *message = wire_receive(world, actor, typed, WIRE_STEP_USEC);
    if (message == NULL) {
        return wire_fail(world, "%s expected %s\n          but %s", actor->name, want,
                actor->eof ? "the other side closed" : "nothing came");
    }
    if (message->type->special == 1) {
        actor->typed = true;
    }
    wire_print(message, got, sizeof got);
    if (!wire_match(expected, message, &world->vars)) {
        return wire_fail(world, "%s expected %s\n          but got  %s", actor->name, want, got);
    }
    return true;
}

static bool expect_messages(struct play *play, struct wire_actor *actor)
{
    for (size_t i = 0; i < play->step->count; i++) {
        if (!expect_message(play, actor, play->step->messages[i])) {
            return false;
        }
    }
    return true;
}

/* Nothing comes for a while; what is already there counts too. */
static bool expect_quiet(struct play *play, struct wire_actor *actor)
{
    char got[SHOWN_MAX];
    struct wire_message *message =
            wire_receive(play->world, actor, actor->is_client || actor->typed, WIRE_QUIET_USEC);
    if (message == NULL && !actor->eof) {
        return true;
    }
    if (message == NULL) {
        return wire_fail(play->world, "%s was to be quiet, but the other side closed", actor->name);
    }
    wire_print(message, got, sizeof got);
    return wire_fail(play->world, "%s was to be quiet, but got %s", actor->name, got);
}

/* A proxy may say Terminate before it closes a server; nothing else is fine. */
static bool expect_closed(struct play *play, struct wire_actor *actor)
{
    char got[SHOWN_MAX];
    bool typed = actor->is_client || actor->typed;
    for (;;) {
        struct wire_message *message = wire_receive(play->world, actor, typed, WIRE_STEP_USEC);
        if (message == NULL) {
            return actor->eof ||
                   wire_fail(play->world, "%s was to be closed, and is not", actor->name);
        }
        wire_print(message, got, sizeof got);
        if (actor->is_client || strcmp(got, "Terminate") != 0) {
            return wire_fail(play->world, "%s was to be closed, but got %s", actor->name, got);
        }
    }
}

/* ---- clients ------------------------------------------------------------------------------ */

static bool read_until_ready(struct play *play, struct wire_actor *actor)
{
    char got[SHOWN_MAX];
    for (;;) {
        struct wire_message *message = wire_receive(play->world, actor, true, WIRE_STEP_USEC);
        if (message == NULL) {
            return wire_fail(play->world, "%s got no ReadyForQuery", actor->name);
        }
        wire_print(message, got, sizeof got);
        if (message->type->byte == 'E') {
            return wire_fail(play->world, "%s was to get ready, but got %s", actor->name, got);
        }
        if (message->type->byte == 'K') {
            note_key(actor, message);
        }
        if (message->type->byte == 'Z') {
            return true;
        }
    }
}

static void put_startup(struct sl_buf *out, const char *user, const char *database, char *args)
{
    size_t start = sl_buf_len(out);
    SL_CHECK(sl_buf_put_u32(out, 0) == SL_OK && sl_buf_put_u32(out, 3 << 16) == SL_OK);
    SL_CHECK(sl_buf_put_cstr(out, "user") == SL_OK && sl_buf_put_cstr(out, user) == SL_OK);
    SL_CHECK(sl_buf_put_cstr(out, "database") == SL_OK && sl_buf_put_cstr(out, database) == SL_OK);
    for (char *pair = strsep(&args, " "); pair != NULL; pair = strsep(&args, " ")) {
        char *equals = strchr(pair, '=');
        if (equals == NULL) {
            continue;
        }
        *equals = '\0';
        SL_CHECK(sl_buf_put_cstr(out, pair) == SL_OK && sl_buf_put_cstr(out, equals + 1) == SL_OK);
    }
    SL_CHECK(sl_buf_put_u8(out, 0) == SL_OK);
    sl_set_u32(out->at + out->done + start, (uint32_t)(sl_buf_len(out) - start));
}

/* connect [user] [key=value ...]: all of a client's login. */
static bool connect_client(struct play *play)
{
    char args[512];
    char user[32] = "u";
    snprintf(args, sizeof args, "%s", play->step->args);
    int taken = 0;
    if (sscanf(args, "user=%31s%n", user, &taken) != 1) {
        taken = 0;
    }
    struct wire_actor *actor = wire_client_open(play->world, play->step->actor);
    if (actor == NULL) {
        return false;
    }
    put_startup(&actor->out, user, "d", args + taken);
    wire_flush(play->world, actor);
    return read_until_ready(play, actor);
}

static bool cancel_client(struct play *play)
{
    char name[16] = "";
    char wrong[16] = "";
    sscanf(play->step->args, "%15s %15s", name, wrong);
    struct wire_actor *whose = wire_actor(play->world, sl_span_text(name));
    if (whose == NULL || whose->key_len == 0) {
        return wire_fail(play->world, "cancel names a client that has no key");
    }
    struct wire_actor *errand = wire_client_open(play->world, sl_span_text(""));
    if (errand == NULL) {
        return false;
    }
    struct sl_buf *out = &errand->out;
    SL_CHECK(sl_buf_put_u32(out, (uint32_t)whose->key_len + 8) == SL_OK);
    SL_CHECK(sl_buf_put_u32(out, 80877102) == SL_OK);
    SL_CHECK(sl_buf_put(out, whose->key, whose->key_len) == SL_OK);
    if (strcmp(wrong, "wrong") == 0) {
        out->at[out->filled - 1] ^= 1;
    }
    wire_flush(play->world, errand);
    /* A held cancel is still on its way; the errand goes on without us. */
    return play->world->holds_cancels || expect_closed(play, errand);
}

static bool hold_cancels(struct play *play)
{
    play->world->holds_cancels = true;
    return true;
}

static bool release_cancels(struct play *play)
{
    wire_release_cancels(play->world);
    return true;
}

/* ---- servers ------------------------------------------------------------------------------ */

static struct wire_actor *await_server(struct play *play)
{
    struct wire_world *world = play->world;
    for (sl_usec end = sl_now() + WIRE_STEP_USEC; sl_now() < end;) {
        struct wire_actor *actor = wire_actor(world, play->step->actor);
        if (actor != NULL) {
            return actor;
        }
        wire_pump(world, WIRE_QUIET_USEC);
    }
    wire_fail(world, "the proxy opened no server connection for this step");
    return NULL;
}

static bool login_server(struct play *play, struct wire_actor *actor)
{
    if (!actor->typed) {
        struct wire_message *message = wire_receive(play->world, actor, false, WIRE_STEP_USEC);
        if (message == NULL || message->type->special != 1) {
            return wire_fail(play->world, "%s got no startup packet", actor->name);
        }
        actor->typed = true;
    }
    wire_server_welcome(play->world, actor);
    wire_flush(play->world, actor);
    return true;
}

static struct wire_cancel *find_cancel(struct wire_world *world, const struct wire_actor *server)
{
    for (size_t i = 0; i < world->cancel_count; i++) {
        struct wire_cancel *cancel = &world->cancels[i];
        if (!cancel->seen && (server == NULL || (cancel->key_len == server->key_len &&
                                                        memcmp(cancel->key, server->key,
                                                                cancel->key_len) == 0))) {
            return cancel;
        }
    }
    return NULL;
}

static bool expect_cancel(struct play *play, bool wanted)
{
    struct wire_world *world = play->world;
    const struct wire_actor *server = NULL;
    if (wanted) {
        server = wire_actor(world, sl_span_text(play->step->args));
    }
    if (wanted && server == NULL) {
        return wire_fail(world, "cancelled names no server");
    }
    sl_usec end = sl_now() + (wanted ? WIRE_STEP_USEC : WIRE_QUIET_USEC);
    while (sl_now() < end) {
        struct wire_cancel *cancel = find_cancel(world, server);
        if (cancel != NULL) {
            cancel->seen = true;
            return wanted || wire_fail(world, "a CancelRequest came to the server");
        }
        wire_pump(world, 10 * SL_MSEC);
    }
    return !wanted || wire_fail(world, "no CancelRequest with that server's key came");
}

/* ---- steps about nobody ------------------------------------------------------------------- */

/* The sum of SHOW POOLS' column key over the rows of database d, or -1. */
static long pool_sum(struct play *play, struct wire_actor *admin, const char *key)
{
    size_t column = SIZE_MAX;
    long sum = 0;
    SL_CHECK(sl_buf_put(&admin->out, "Q\0\0\0\x0fSHOW POOLS", 16) == SL_OK);
    wire_flush(play->world, admin);
    for (;;) {
        struct wire_message *message = wire_receive(play->world, admin, true, WIRE_STEP_USEC);
        if (message == NULL || message->type->byte == 'E') {
            return -1;
        }
        if (message->type->byte == 'Z') {
            return column == SIZE_MAX ? -1 : sum;
        }
        const struct wire_value *list = message->count > 0 ? message->fields[0] : NULL;
        for (size_t i = 0; message->type->byte == 'T' && i < list->count; i++) {
            if (sl_span_is(list->items[i]->items[0]->text, key)) {
                column = i;
            }
        }
        if (message->type->byte == 'D' && column < list->count &&
                sl_span_is(list->items[0]->text, "d")) {
            char digits[24] = "";
            struct sl_span text = list->items[column]->text;
            memcpy(digits, text.at, text.len < sizeof digits ? text.len : 0);
            sum += strtol(digits, NULL, 10);
        }
    }
}

/* pool key = n: comes to be true, sooner or later. */
static bool expect_pool(struct play *play)
{
    char key[32] = "";
    long want = 0;
    char nothing[] = "";
    if (sscanf(play->step->args, "%31s = %ld", key, &want) != 2) {
        return wire_fail(play->world, "pool takes key = number");
    }
    struct wire_actor *admin = wire_client_open(play->world, sl_span_text("adm"));
    if (admin == NULL) {
        return false;
    }
    put_startup(&admin->out, "admin", "pgbouncer", nothing);
    wire_flush(play->world, admin);
    if (!read_until_ready(play, admin)) {
        return false;
    }
    long sum = -1;
    for (sl_usec end = sl_now() + WIRE_STEP_USEC; sl_now() < end; wire_pump(play->world, 20000)) {
        sum = pool_sum(play, admin, key);
        if (sum == want || sum < 0) {
            break;
        }
    }
    wire_actor_close(admin, false);
    return sum == want || wire_fail(play->world, "SHOW POOLS says %s = %ld", key, sum);
}

static bool expect_memory(struct play *play)
{
    unsigned long most = 0;
    if (sscanf(play->step->args, "below %lu MB", &most) != 1) {
        return wire_fail(play->world, "memory takes: below N MB");
    }
    size_t bytes = wire_proxy_memory(play->proxy);
    return bytes < most << 20 ||
           wire_fail(play->world, "the proxy holds %zu MB of memory", bytes >> 20);
}

static bool expect_differ(struct play *play)
{
    char one[WIRE_VAR_NAME_MAX] = "";
    char two[WIRE_VAR_NAME_MAX] = "";
    sscanf(play->step->args, "$%31s $%31s", one, two);
    struct sl_span a = wire_var(&play->world->vars, sl_span_text(one));
    struct sl_span b = wire_var(&play->world->vars, sl_span_text(two));
    if (a.at == NULL || b.at == NULL) {
        return wire_fail(play->world, "differ names an unbound variable");
    }
    return !sl_span_equal(a, b) || wire_fail(play->world, "$%s and $%s are both %.*s", one, two,
                                           (int)a.len, (const char *)a.at);
}

static bool expect_servers(struct play *play)
{
    unsigned long want = strtoul(play->step->args + strspn(play->step->args, "= "), NULL, 10);
    for (sl_usec end = sl_now() + WIRE_QUIET_USEC; sl_now() < end;) {
        wire_pump(play->world, 10 * SL_MSEC);
    }
    size_t got = play->world->servers;
    return got == want || wire_fail(play->world, "%zu server connections were made", got);
}

/* ---- the walk ----------------------------------------------------------------------------- */

static bool play_for_actor(struct play *play, struct wire_actor *actor)
{
    switch (play->step->what) {
    case WIRE_SEND:
        return send_messages(play, actor);
    case WIRE_EXPECT:
        return expect_messages(play, actor);
    case WIRE_READY:
        return read_until_ready(play, actor);
    case WIRE_LOGIN:
        return login_server(play, actor);
    case WIRE_CLOSE:
    case WIRE_RESET:
        wire_actor_close(actor, play->step->what == WIRE_RESET);
        return true;
    case WIRE_SHUT:
        shutdown(actor->fd, SHUT_WR);
        return true;
    case WIRE_CLOSED:
        return expect_closed(play, actor);
    case WIRE_QUIET:
        return expect_quiet(play, actor);
    case WIRE_PAUSE:
    case WIRE_RESUME:
        actor->paused = play->step->what == WIRE_PAUSE;
        return true;
    case WIRE_CONNECT: /* a server: it is there, so it is done */
    case WIRE_OPEN:
        return true;
    case WIRE_IGNORE:
        actor->ignored = play->step->args;
        return true;
    case WIRE_CANCEL:
    case WIRE_CANCELLED:
    case WIRE_UNCANCELLED:
    case WIRE_HOLD:
    case WIRE_RELEASE:
    case WIRE_POOL:
    case WIRE_MEMORY:
    case WIRE_DIFFER:
    case WIRE_SERVERS:
        break;
    }
    return wire_fail(play->world, "not a step for %s", actor->name);
}

static bool play_for_nobody(struct play *play)
{
    static bool (*const functions[])(struct play *) = {
            [WIRE_CANCEL] = cancel_client,
            [WIRE_HOLD] = hold_cancels,
            [WIRE_RELEASE] = release_cancels,
            [WIRE_POOL] = expect_pool,
            [WIRE_MEMORY] = expect_memory,
            [WIRE_DIFFER] = expect_differ,
            [WIRE_SERVERS] = expect_servers,
    };
    if (play->step->what == WIRE_CANCELLED || play->step->what == WIRE_UNCANCELLED) {
        return expect_cancel(play, play->step->what == WIRE_CANCELLED);
    }
    return functions[play->step->what](play);
}

static bool play_step(struct play *play)
{
    struct sl_span name = play->step->actor;
    if (name.len == 0) {
        return play_for_nobody(play);
    }
    if (name.at[0] == 'c' && play->step->what == WIRE_CONNECT) {
        return connect_client(play);
    }
    if (name.at[0] == 'c' && play->step->what == WIRE_OPEN) {
        return wire_client_open(play->world, name) != NULL;
    }
    struct wire_actor *actor =
            name.at[0] == 's' ? await_server(play) : wire_actor(play->world, name);
    if (actor == NULL) {
        return wire_fail(play->world, "no such client yet");
    }
    return play_for_actor(play, actor);
}

/* At the end nobody may hold a message that no step has read. */
static bool nothing_left(struct wire_world *world)
{
    char got[SHOWN_MAX];
    wire_pump(world, 0);
    for (size_t i = 0; i < world->count; i++) {
        struct wire_actor *actor = &world->actors[i];
        if (actor->fd < 0 || actor->paused || (!actor->is_client && !actor->typed)) {
            continue;
        }
        struct wire_message *message = wire_receive(world, actor, true, 0);
        if (message == NULL || strcmp(message->type->name, "Terminate") == 0) {
            continue;
        }
        wire_print(message, got, sizeof got);
        return wire_fail(world, "%s was left with %s, which no step read", actor->name, got);
    }
    return true;
}

bool wire_play(struct wire_world *world, const struct wire_proxy *proxy, size_t *line_out)
{
    const struct wire_script *script = world->script;
    struct play play = {.world = world, .proxy = proxy};
    for (size_t i = 0; i < script->count; i++) {
        const struct wire_step *next = i + 1 < script->count ? &script->steps[i + 1] : NULL;
        play.step = &script->steps[i];
        play.lump_goes_on = next != NULL && next->what == WIRE_SEND &&
                            sl_span_equal(next->actor, play.step->actor);
        *line_out = play.step->line;
        if (!play_step(&play) || world->failure[0] != '\0') {
            return false;
        }
    }
    return nothing_left(world);
}
