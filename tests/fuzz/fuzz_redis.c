/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as what a Redis says to a tier that asks, or to one that listens.
 *
 * 1. Who asks is told exactly once; nobody is given an answer that was not sealed.
 * 2. What is told of a message can be said again.
 * The first byte: whether a proper greeting comes before, whether it is cut in two, who hears it.
 */
#include "cache/tier.h"
#include "cache/tier_listen.h"

#include "protocol/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GREETED = 1, CUT = 2, LISTENS = 4 };

static const char greeting[] = "+OK\r\n*2\r\n$1\r\n9\r\n$1\r\n9\r\n$11\r\nrun_id:abc\r\n\r\n"
                               "$13\r\nrole:master\r\n\r\n$-1\r\n:0\r\n$-1\r\n:1\r\n:0\r\n";
static int listener = -1;
static struct tier_options options;
static struct tier_instance *instance;
static unsigned told;
static unsigned answered;

static void open_listener(void)
{
    static char path[108];
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(path, sizeof path, "/tmp/sluice-fuzz-%d.sock", (int)getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    SL_CHECK(listener >= 0);
    SL_CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0);
    SL_CHECK(listen(listener, 4) == 0);
    tier_options_init(&options);
    options.database = "shop";
    options.instance = "web1";
    options.semantics = "1";
    options.path = path;
    options.out_max = 65536;
    instance = tier_instance_new(&options);
    SL_CHECK(instance != NULL);
}

static void on_answer(struct tier_request *request, const struct tier_answer *answer)
{
    (void)request;
    answered++;
    SL_CHECK(answer->result != TIER_HIT); /* of what sum, by chance? */
}

static void on_told(struct tier_wait *wait, bool is_told)
{
    (void)wait;
    (void)is_told;
    told++;
}

static void on_tag(void *self, const struct tier_tag *tag, bool is_end)
{
    (void)self;
    (void)is_end;
    SL_CHECK(strlen(tag->table) > 0 && strlen(tag->field) > 0);
}

static void on_missed(void *self, enum tier_missed how)
{
    (void)self;
    SL_CHECK((unsigned)how < TIER_MISSED_KINDS);
}

static int say(const void *bytes, size_t len, int fd)
{
    return len == 0 || send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static void ask(const uint8_t *data, size_t size, uint8_t how)
{
    static const struct tier_tag tags[] = {{"t", "any"}, {"t", "k:1"}, {"u", "any"}};
    static const struct tier_hooks hooks = {.self = NULL};
    const struct tier_question question = {.key = {.hi = 1}, .tags = tags, .tags_count = 3};
    struct tier *tier = tier_new(instance, 0, &hooks);
    struct tier_request request = {.done = on_answer};
    struct tier_wait wait = {.done = on_told};
    const size_t half = (how & CUT) != 0 ? size / 2 : size;
    sl_usec now = SL_SECOND;

    SL_CHECK(tier != NULL);
    tier_go_on(tier, now, false, false);
    const int fd = accept(listener, NULL, NULL);
    SL_CHECK(fd >= 0);
    if ((how & GREETED) != 0) {
        say(greeting, sizeof greeting - 1, fd);
        tier_go_on(tier, ++now, true, true);
    }
    answered = told = 0;
    const bool asks = tier_find(tier, &question, &request, now);
    const bool tells = tier_end(tier, tags, 3, &wait, now);
    say(data, half, fd);
    tier_go_on(tier, ++now, true, true);
    say(data + half, size - half, fd);
    tier_go_on(tier, ++now, true, true);
    SL_CHECK(answered <= 1 && told <= 1);
    tier_free(tier);
    SL_CHECK(answered == asks && told == tells);
    close(fd);
}

static void hear(const uint8_t *data, size_t size, uint8_t how)
{
    static const struct tier_listen_hooks hooks = {.tag = on_tag, .missed = on_missed};
    struct tier_listen *listen = tier_listen_new(instance, &hooks);
    const size_t half = (how & CUT) != 0 ? size / 2 : size;

    SL_CHECK(listen != NULL);
    tier_listen_go_on(listen, SL_SECOND, false, false);
    const int fd = accept(listener, NULL, NULL);
    SL_CHECK(fd >= 0);
    say(data, half, fd);
    tier_listen_go_on(listen, SL_SECOND + 1, true, true);
    say(data + half, size - half, fd);
    tier_listen_go_on(listen, SL_SECOND + 2, true, true);
    tier_listen_free(listen);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (listener < 0) {
        open_listener();
    }
    if (size < 1 || size > 65536) {
        return 0;
    }
    tier_instance_free(instance); /* nothing of the last one is owed */
    instance = tier_instance_new(&options);
    SL_CHECK(instance != NULL);
    if ((data[0] & LISTENS) != 0) {
        hear(data + 1, size - 1, data[0]);
    } else {
        ask(data + 1, size - 1, data[0]);
    }
    return 0;
}
