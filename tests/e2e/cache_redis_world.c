/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/cache_redis_world.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WORDS_MAX = 64, POLL_MS = 20 };

struct world world;

static const struct tier_tag question_tags[] = {{"public.users", "any"}, {"public.users", "wild"},
        {"public.users", "k:3fa2"}, {"public.orders", "any"}};
static const struct tier_tag write_tags[] = {{"public.users", "any"}, {"public.users", "k:77"}};

void world_late(const char *what, const char *file, int line)
{
    for (int i = 0; i < SIDES; i++) {
        if (world.sides[i].tier != NULL) {
            struct tier_status status;
            tier_status(world.sides[i].tier, &status);
            print_error("side %d: %s, %s: %s\n", i, tier_state_text(status.state),
                    breaker_state_text(status.breaker), tier_why(world.sides[i].tier));
        }
    }
    print_error("not so in time: %s\n", what);
    _fail(file, line);
    abort();
}

/* ---- the server ---- */

/* It listens there after it does at its port. */
static bool wait_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool is_there = false;

    memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path - 1));
    for (long end = proc_now_ms() + PATIENCE_MS; !is_there && proc_now_ms() < end;) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        is_there = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
        if (!is_there) {
            proc_pause_ms(1);
        }
    }
    return is_there;
}

void world_serve(const char *more)
{
    char text[1024];
    static char nothing[] = "";
    char *argv[WORDS_MAX];
    char log[PROC_PATH_MAX + 16];
    size_t count = 0;
    char *rest = NULL;

    snprintf(text, sizeof text,
            "redis-server --port %d --bind 127.0.0.1 --unixsocket %s --dir %s --save ~ "
            "--appendonly no --daemonize no %s",
            world.port, world.path, world.dir, more == NULL ? "" : more);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        argv[count++] = strcmp(word, "~") == 0 ? nothing : word;
    }
    argv[count] = NULL;
    snprintf(log, sizeof log, "%s/redis.log", world.dir);
    proc_start(&world.server, argv, &(struct proc_options){.log = log});
    if (!proc_wait_port(world.port, PATIENCE_MS) || !wait_socket(world.path)) {
        proc_die("redis-server does not come up");
    }
}

void world_kill(int signal)
{
    proc_stop(&world.server, signal, PATIENCE_MS);
}

static void on_said(void *self, const struct redis_value *values, size_t count)
{
    bool *is_done = self;
    size_t len = 0;

    *is_done = true;
    world.said[0] = '\0';
    for (size_t i = 0; i < count && values != NULL && len < SAID_MAX; i++) {
        const struct redis_value *value = &values[i];
        if (value->kind == REDIS_NUMBER) {
            len += (size_t)snprintf(world.said + len, SAID_MAX - len, "%s%lld", len > 0 ? "\n" : "",
                    (long long)value->number);
        } else if (value->kind != REDIS_ARRAY) {
            len += (size_t)snprintf(world.said + len, SAID_MAX - len, "%s%.*s", len > 0 ? "\n" : "",
                    (int)value->bytes.len,
                    value->kind == REDIS_NIL ? "(nil)" : (const char *)value->bytes.at);
        }
    }
}

static void drive_admin(void)
{
    struct pollfd fd = {.fd = redis_fd(world.admin), .events = POLLIN};

    if (redis_wants_write(world.admin)) {
        fd.events |= POLLOUT;
    }
    poll(&fd, 1, POLL_MS);
    redis_go_on(world.admin, (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0,
            (fd.revents & (POLLOUT | POLLERR)) != 0);
}

const char *world_do(const char *format, ...)
{
    char text[8192];
    struct sl_span words[WORDS_MAX];
    size_t count = 0;
    char *rest = NULL;
    bool is_done = false;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        words[count++] = strcmp(word, "~") == 0 ? sl_span("", 0) : sl_span_text(word);
    }
    if (!redis_is_open(world.admin)) {
        assert_int_equal(redis_connect(world.admin), SL_OK);
    }
    redis_open(world.admin, count);
    for (size_t i = 0; i < count; i++) {
        redis_part(world.admin, words[i]);
    }
    assert_int_equal(redis_close(world.admin, on_said, &is_done), SL_OK);
    const long end = proc_now_ms() + PATIENCE_MS;
    while (!is_done) {
        assert_true(proc_now_ms() < end);
        drive_admin();
    }
    return world.said;
}

/* ---- the loop ---- */

struct driven {
    struct side *side;
    bool is_listen;
};

static bool add_fd(struct pollfd *fd, const struct tier_waits *waits, sl_usec *deadline)
{
    *deadline = waits->deadline < *deadline ? waits->deadline : *deadline;
    *fd = (struct pollfd){.fd = waits->fd, .events = POLLIN};
    if (waits->wants_write) {
        fd->events |= POLLOUT;
    }
    return true;
}

void world_pump(void)
{
    struct pollfd fds[SIDES * 2];
    struct driven driven[SIDES * 2];
    struct tier_waits waits;
    nfds_t count = 0;
    sl_usec deadline = sl_now() + POLL_MS * SL_MSEC;

    for (int i = 0; i < SIDES; i++) {
        struct side *side = &world.sides[i];
        if (side->tier != NULL) {
            tier_flush(side->tier);
            tier_waits(side->tier, &waits);
            driven[count] = (struct driven){side, false};
            add_fd(&fds[count++], &waits, &deadline);
        }
        if (side->listen != NULL) {
            tier_listen_waits(side->listen, &waits);
            driven[count] = (struct driven){side, true};
            add_fd(&fds[count++], &waits, &deadline);
        }
    }
    const sl_usec left = deadline - sl_now();
    poll(fds, count, left <= 0 ? 0 : (int)(left / SL_MSEC) + 1);
    for (nfds_t i = 0; i < count; i++) {
        const bool readable = (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        const bool writable = (fds[i].revents & (POLLOUT | POLLERR)) != 0;
        if (driven[i].is_listen) {
            tier_listen_go_on(driven[i].side->listen, sl_now(), readable, writable);
        } else {
            tier_go_on(driven[i].side->tier, sl_now(), readable, writable);
        }
    }
}

/* ---- sides ---- */

static void on_late(void *self, const struct tier_answer *answer)
{
    struct side *side = self;

    side->late_hits++;
    snprintf(side->late_body, sizeof side->late_body, "%.*s", (int)answer->parts.rows.len,
            (const char *)answer->parts.rows.at);
}

static void on_event(void *self, enum tier_event event)
{
    struct side *side = self;

    side->events[event]++;
}

static void add_heard(struct side *side, const char *text)
{
    const size_t len = strlen(side->heard);

    snprintf(side->heard + len, sizeof side->heard - len, "%s;", text);
}

static void on_tag(void *self, const struct tier_tag *tag, bool is_end)
{
    char text[256];

    snprintf(text, sizeof text, "%s %s %s", tag->table, tag->field, is_end ? "end" : "begin");
    add_heard(self, text);
}

static void on_missed(void *self, enum tier_missed how)
{
    add_heard(self, tier_missed_text(how));
}

struct side *side_prepare(int number, const char *name)
{
    struct side *side = &world.sides[number];

    memset(side, 0, sizeof *side);
    tier_options_init(&side->options);
    side->options.database = "shop";
    side->options.instance = name;
    side->options.semantics = "1 7123456789";
    side->options.path = world.path;
    side->options.deadline = 20 * SL_SECOND;
    side->options.ack_timeout = 20 * SL_SECOND;
    side->options.greet_wait = 20 * SL_SECOND;
    side->options.quiet_wait = 30 * SL_SECOND;
    side->options.breaker.slow = 20 * SL_SECOND;
    side->options.retry_every = 20 * SL_MSEC;
    side->options.breaker.probe_every = 20 * SL_MSEC;
    return side;
}

void side_open(struct side *side)
{
    static const struct tier_hooks hooks = {.late = on_late, .event = on_event};
    struct tier_hooks own = hooks;

    own.self = side;
    side->instance = tier_instance_new(&side->options);
    assert_non_null(side->instance);
    side->tier = tier_new(side->instance, 0, &own);
    assert_non_null(side->tier);
}

static bool is_usable(const struct side *side)
{
    struct tier_status status;

    tier_status(side->tier, &status);
    return status.state == TIER_UP && status.breaker == BREAKER_CLOSED;
}

void side_up(struct side *side)
{
    if (side->tier == NULL) {
        side_open(side);
    }
    SOON(is_usable(side));
}

void side_listen(struct side *side)
{
    const struct tier_listen_hooks hooks = {.self = side, .tag = on_tag, .missed = on_missed};

    side->listen = tier_listen_new(side->instance, &hooks);
    assert_non_null(side->listen);
    SOON(tier_listen_is_up(side->listen));
}

static void on_told(struct tier_wait *wait, bool is_told)
{
    struct told *told = SL_CONTAINER(wait, struct told, wait);

    assert_false(told->is_done);
    told->is_done = true;
    told->is_told = is_told;
}

void side_close(struct side *side, bool says_goodbye)
{
    struct told told = {.wait.done = on_told};

    if (side->tier == NULL) {
        return;
    }
    if (says_goodbye) {
        assert_true(tier_goodbye(side->tier, &told.wait, sl_now()));
        SOON(told.is_done);
        assert_true(told.is_told);
    }
    tier_free(side->tier);
    tier_listen_free(side->listen);
    tier_instance_free(side->instance);
    side->tier = NULL;
    side->listen = NULL;
    side->instance = NULL;
}

struct tier_counts side_counts(const struct side *side)
{
    struct tier_status status;

    tier_status(side->tier, &status);
    return status.counts;
}

const char *side_name(const struct side *side, const char *rest)
{
    static char names[4][256];
    static unsigned next;
    char *name = names[next++ % 4];

    snprintf(name, sizeof names[0], "%s%s", tier_instance_names(side->instance), rest);
    return name;
}

static struct sl_hash128 key_of(unsigned key)
{
    return (struct sl_hash128){.hi = 1, .lo = key};
}

const char *side_entry(const struct side *side, unsigned key)
{
    char rest[80];

    snprintf(rest, sizeof rest, "q:%016x:%016x%016x", 7, 1, key);
    return side_name(side, rest);
}

static void on_answer(struct tier_request *request, const struct tier_answer *answer)
{
    struct asked *asked = SL_CONTAINER(request, struct asked, request);

    assert_false(asked->is_done);
    asked->is_done = true;
    asked->answer = *answer;
    snprintf(asked->body, sizeof asked->body, "%.*s", (int)answer->parts.rows.len,
            answer->parts.rows.len == 0 ? "" : (const char *)answer->parts.rows.at);
    assert_true(answer->proof.len < sizeof asked->proof);
    asked->proof_len = answer->proof.len;
    if (answer->proof.len > 0) {
        memcpy(asked->proof, answer->proof.at, answer->proof.len);
    }
}

bool side_ask(struct side *side, unsigned key, struct asked *asked)
{
    const struct tier_question question = {.key = key_of(key),
            .fingerprint = 7,
            .tags = question_tags,
            .tags_count = CASE_COUNT(question_tags),
            .stamp = key + 1000};

    memset(asked, 0, sizeof *asked);
    asked->request.done = on_answer;
    return tier_find(side->tier, &question, &asked->request, sl_now());
}

void side_find(struct side *side, unsigned key, struct asked *asked)
{
    assert_true(side_ask(side, key, asked));
    SOON(asked->is_done);
    assert_null(asked->request.lookup);
}

bool side_put(struct side *side, unsigned key, const struct asked *asked, const char *body)
{
    const struct tier_fill fill = {.key = key_of(key),
            .fingerprint = 7,
            .proof = sl_span(asked->proof, asked->proof_len),
            .parts = {.head = sl_span_text("T"),
                    .rows = sl_span_text(body),
                    .tail = sl_span_text("C")},
            .ttl = 600 * SL_SECOND,
            .position = 42,
            .cost_usec = 5000,
            .rows = 1,
            .sql = sl_span_text("select name from users where id = $1"),
            .params = sl_span_text("7"),
            .role = sl_span_text("app"),
            .tables = sl_span_text("public.users, public.orders"),
            .formats = sl_span_text("text")};

    return tier_put(side->tier, &fill, sl_now());
}

/* What was put is there when this is answered. */
void side_flush_puts(struct side *side)
{
    struct asked asked;

    side_find(side, 999999, &asked);
}

void side_fill(struct side *side, unsigned key, const char *body)
{
    struct asked asked;

    side_find(side, key, &asked);
    assert_int_equal(asked.answer.result, TIER_MISS);
    assert_true(asked.proof_len > 0);
    assert_true(side_put(side, key, &asked, body));
    side_flush_puts(side);
}

bool side_tell(struct side *side, bool is_end, struct told *told)
{
    memset(told, 0, sizeof *told);
    told->wait.done = on_told;
    return is_end ? tier_end(side->tier, write_tags, CASE_COUNT(write_tags), &told->wait, sl_now())
                  : tier_begin(
                            side->tier, write_tags, CASE_COUNT(write_tags), &told->wait, sl_now());
}

bool side_write(struct side *side)
{
    struct told told;

    if (side_tell(side, false, &told)) {
        SOON(told.is_done);
    }
    if (!side_tell(side, true, &told)) {
        return false;
    }
    SOON(told.is_done);
    return told.is_told;
}

void expect_hit(struct side *side, unsigned key, const char *body)
{
    struct asked asked;

    side_find(side, key, &asked);
    if (asked.answer.result != TIER_HIT) {
        print_error("a miss: %s\n", tier_miss_text(asked.answer.miss));
    }
    assert_int_equal(asked.answer.result, TIER_HIT);
    assert_string_equal(asked.body, body);
    assert_int_equal(asked.answer.stamp, key + 1000);
}

void expect_miss(struct side *side, unsigned key, enum tier_miss miss)
{
    struct asked asked;

    side_find(side, key, &asked);
    assert_int_equal(asked.answer.result, TIER_MISS);
    assert_string_equal(tier_miss_text(asked.answer.miss), tier_miss_text(miss));
}

/* ---- cases ---- */

int world_start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_DFL); /* it must not matter */
    proc_temp_dir(world.dir, NULL);
    snprintf(world.path, sizeof world.path, "%s/redis.sock", world.dir);
    world.port = proc_free_port();
    const struct redis_options options = {.path = world.path,
            .out_max = (size_t)1 << 22,
            .reply_max = (size_t)1 << 22,
            .commands_max = 16};
    world.admin = redis_new(&options);
    assert_non_null(world.admin);
    world_serve(NULL);
    return 0;
}

int world_stop(void **state)
{
    (void)state;
    redis_free(world.admin);
    world_kill(SIGKILL);
    return 0;
}

int world_case(void **state)
{
    (void)state;
    if (world.server.pid == 0) {
        world_serve(NULL);
    }
    redis_drop(world.admin);
    world_do("FLUSHALL");
    return 0;
}

int world_case_end(void **state)
{
    (void)state;
    for (int i = 0; i < SIDES; i++) {
        side_close(&world.sides[i], false);
    }
    return 0;
}
