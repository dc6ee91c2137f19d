/* SPDX-License-Identifier: PostgreSQL */
/* One tier and a Redis of ours, with a clock of ours. */
#include "cache/tier.h"
#include "tests/unit/cache/some_redis.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct fake fake;
static struct tier_options options;
static struct tier_instance *instance;
static struct tier *tier;
static sl_usec now;
static unsigned late_hits;

struct asked {
    struct tier_request request;
    bool is_done;
    struct tier_answer answer;
    char body[64];
    char proof[512];
    size_t proof_len;
};

struct told {
    struct tier_wait wait;
    bool is_done;
    bool is_told;
};

static const struct tier_tag tags[] = {{"public.users", "any"}, {"public.orders", "any"}};

static void on_late(void *self, const struct tier_answer *answer)
{
    (void)self;
    assert_int_equal(answer->result, TIER_HIT);
    late_hits++;
}

static int start(void **state)
{
    static const struct tier_hooks hooks = {.late = on_late};

    (void)state;
    memset(&fake, 0, sizeof fake);
    fake_open(&fake);
    now = SL_SECOND;
    late_hits = 0;
    tier_options_init(&options);
    options.database = "shop";
    options.instance = "web1";
    options.semantics = "1";
    options.path = fake.path;
    instance = tier_instance_new(&options);
    tier = tier_new(instance, 0, &hooks);
    assert_non_null(tier);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tier_free(tier);
    tier_instance_free(instance);
    fake_close(&fake);
    return 0;
}

static void turn(void)
{
    struct tier_waits waits;

    tier_waits(tier, &waits);
    tier_go_on(tier, now, waits.fd >= 0, waits.fd >= 0 && waits.wants_write);
}

/* Both, until neither has anything to say. */
static void talk(void)
{
    unsigned quiet = 0;

    while (quiet < 3) {
        const unsigned commands = fake.commands;
        bool owes = false;
        turn();
        fake_all(&fake);
        for (int i = 0; i < FAKE_CONNS; i++) {
            owes = owes || fake.conns[i].out_len > 0;
        }
        turn();
        quiet = fake.commands == commands && !owes ? quiet + 1 : 0;
    }
}

static struct tier_status status_now(void)
{
    struct tier_status status;

    tier_status(tier, &status);
    return status;
}

static void on_answer(struct tier_request *request, const struct tier_answer *answer)
{
    struct asked *asked = SL_CONTAINER(request, struct asked, request);

    assert_false(asked->is_done);
    asked->is_done = true;
    asked->answer = *answer;
    snprintf(asked->body, sizeof asked->body, "%.*s", (int)answer->parts.rows.len,
            answer->parts.rows.len == 0 ? "" : (const char *)answer->parts.rows.at);
    asked->proof_len = answer->proof.len;
    memcpy(asked->proof, answer->proof.len > 0 ? answer->proof.at : (const uint8_t *)"",
            answer->proof.len);
}

static bool ask(struct asked *asked)
{
    const struct tier_question question = {
            .key = {.hi = 1, .lo = 2}, .tags = tags, .tags_count = 2};

    memset(asked, 0, sizeof *asked);
    asked->request.done = on_answer;
    return tier_find(tier, &question, &asked->request, now);
}

static void fill(const char *body)
{
    struct asked asked;

    assert_true(ask(&asked));
    talk();
    assert_true(asked.is_done && asked.proof_len > 0);
    const struct tier_fill put = {.key = {.hi = 1, .lo = 2},
            .proof = sl_span(asked.proof, asked.proof_len),
            .parts = {.rows = sl_span_text(body)},
            .ttl = SL_SECOND};
    assert_true(tier_put(tier, &put, now));
    talk();
}

static void on_told(struct tier_wait *wait, bool is_told)
{
    struct told *told = SL_CONTAINER(wait, struct told, wait);

    told->is_done = true;
    told->is_told = is_told;
}

static bool tell(struct told *told)
{
    memset(told, 0, sizeof *told);
    told->wait.done = on_told;
    return tier_end(tier, tags, 2, &told->wait, now);
}

/* ---- */

static void it_need_not_come_in_one_piece(void **state)
{
    struct asked asked;

    (void)state;
    fake.by_byte = true;
    talk();
    assert_int_equal(status_now().state, TIER_UP);
    fill("hello");
    assert_true(ask(&asked));
    talk();
    assert_int_equal(asked.answer.result, TIER_HIT);
    assert_string_equal(asked.body, "hello");
}

static void nobody_is_asked_before_it_is_up(void **state)
{
    struct asked asked;

    (void)state;
    assert_false(ask(&asked));
    turn();
    assert_false(ask(&asked));
    assert_int_equal(status_now().state, TIER_GREETING);
    talk();
    assert_true(ask(&asked));
    tier_leave(tier, &asked.request);
}

/* What was written while it connects goes behind the greeting, and is not missed. */
static void a_write_while_it_connects_is_told_when_it_is_up(void **state)
{
    struct told told;

    (void)state;
    turn();
    assert_false(tell(&told)); /* not awaited */
    assert_false(tier_instance_is_sound(instance));
    talk();
    assert_true(tier_instance_is_sound(instance));
    assert_int_equal(status_now().counts.epochs, 0);
    assert_int_equal(status_now().state, TIER_UP);
}

static void a_lookup_has_a_deadline_and_may_be_late(void **state)
{
    struct asked asked;

    (void)state;
    talk();
    fill("hello");
    assert_true(ask(&asked));
    struct tier_waits waits;
    tier_waits(tier, &waits);
    assert_true(waits.deadline == now + options.deadline);
    now += options.deadline - 1;
    turn();
    assert_false(asked.is_done);
    now += 1;
    turn();
    assert_int_equal(asked.answer.result, TIER_LATE);
    assert_int_equal(late_hits, 0);
    talk();
    assert_int_equal(late_hits, 1);
}

/* What is in the socket when the deadline is looked at came in time. */
static void what_is_here_is_in_time(void **state)
{
    struct asked asked;

    (void)state;
    talk();
    fill("hello");
    assert_true(ask(&asked));
    tier_flush(tier);
    fake_all(&fake);
    now += SL_SECOND / 2;
    turn();
    assert_int_equal(asked.answer.result, TIER_HIT);
}

static void a_breaker_that_is_open_costs_nothing(void **state)
{
    struct asked asked;

    (void)state;
    talk();
    for (int i = 0; i < 5; i++) {
        assert_true(ask(&asked));
        now += options.deadline;
        turn();
        assert_int_equal(asked.answer.result, TIER_LATE);
    }
    assert_int_equal(status_now().breaker, BREAKER_OPEN);
    assert_false(ask(&asked));
    fake_all(&fake);
    turn();
    assert_false(ask(&asked)); /* answers that are late do not close it */
    const unsigned commands = fake.commands;
    now += 249 * SL_MSEC;
    turn();
    fake_all(&fake);
    assert_int_equal(fake.commands, commands);
    now += 1 * SL_MSEC;
    turn();
    assert_int_equal(status_now().breaker, BREAKER_HALF);
    assert_false(ask(&asked));
    talk();
    assert_int_equal(fake.commands, commands + 1);
    assert_int_equal(status_now().breaker, BREAKER_CLOSED);
    assert_true(ask(&asked));
    tier_leave(tier, &asked.request);
}

static void a_probe_that_is_late_opens_it_again(void **state)
{
    struct asked asked;

    (void)state;
    talk();
    for (int i = 0; i < 5; i++) {
        assert_true(ask(&asked));
        now += options.deadline;
        turn();
    }
    now += 250 * SL_MSEC;
    turn();
    assert_int_equal(status_now().breaker, BREAKER_HALF);
    now += options.deadline;
    turn();
    assert_int_equal(status_now().breaker, BREAKER_OPEN);
    talk();
    assert_int_equal(status_now().breaker, BREAKER_OPEN);
    now += 250 * SL_MSEC;
    talk();
    assert_int_equal(status_now().breaker, BREAKER_CLOSED);
}

/* It says nothing for a second: the connection is given up, and who waits is told before. */
static void who_says_nothing_is_given_up(void **state)
{
    struct told told;

    (void)state;
    talk();
    assert_true(tell(&told));
    now += options.ack_timeout;
    turn();
    assert_true(told.is_done && !told.is_told);
    assert_false(tier_instance_is_sound(instance));
    for (int i = 0; i < 10; i++) {
        now += SL_SECOND / 10;
        turn();
    }
    assert_int_equal(status_now().state, TIER_AWAY);
    assert_false(tier_instance_is_sound(instance));
    now += SL_SECOND;
    talk();
    assert_int_equal(status_now().state, TIER_UP);
    assert_true(tier_instance_is_sound(instance));
    assert_int_equal(status_now().counts.epochs, 1);
}

static void errors_end_the_connection_or_do_not(void **state)
{
    static const struct {
        const char *error;
        enum tier_error kind;
        enum tier_state state;
    } cases[] = {{"OOM command not allowed", TIER_OUT_OF_MEMORY, TIER_UP},
            {"ERR unknown", TIER_OTHER_ERROR, TIER_UP},
            {"WRONGTYPE Operation", TIER_WRONG_TYPE, TIER_UP},
            {"NOAUTH Authentication required.", TIER_NO_AUTH, TIER_REFUSED},
            {"NOPERM this user", TIER_NO_PERMISSION, TIER_REFUSED},
            {"MOVED 1 127.0.0.1:7001", TIER_CLUSTER, TIER_REFUSED},
            {"CLUSTERDOWN Hash slot not served", TIER_CLUSTER, TIER_REFUSED},
            {"LOADING Redis is loading", TIER_LOADING, TIER_AWAY},
            {"READONLY You can't write", TIER_READ_ONLY, TIER_AWAY},
            {"MISCONF Redis is configured", TIER_NO_WRITES, TIER_AWAY}};

    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        struct asked asked;
        struct told told;
        talk();
        assert_int_equal(status_now().state, TIER_UP);
        const uint64_t before = status_now().counts.errors[cases[i].kind];
        assert_true(ask(&asked));
        fake.error = cases[i].error;
        talk();
        assert_true(asked.is_done && asked.answer.result != TIER_HIT && asked.proof_len == 0);
        assert_true(status_now().counts.errors[cases[i].kind] > before);
        assert_int_equal(status_now().state, cases[i].state);
        if (cases[i].state == TIER_UP) { /* nothing it says makes a write told */
            assert_true(tell(&told));
            talk();
            assert_true(told.is_done && !told.is_told);
        }
        fake.error = NULL;
        now += 10 * SL_SECOND;
        talk();
        assert_true(tier_instance_is_sound(instance));
    }
    (void)state;
}

/* A token that cannot be written for want of memory is deleted, which is as good. */
static void a_write_is_told_by_a_redis_that_is_full(void **state)
{
    struct told told;
    struct asked asked;

    (void)state;
    talk();
    fill("old");
    fake.error = "OOM command not allowed when used memory > 'maxmemory'.";
    fake.error_to = "HSET";
    assert_true(tell(&told));
    talk();
    assert_true(told.is_done && told.is_told);
    fake.error = NULL;
    assert_true(ask(&asked));
    talk();
    assert_int_equal(asked.answer.result, TIER_MISS);
    assert_true(ask(&asked));
    talk();
    assert_int_equal(asked.answer.miss, TIER_STALE);
}

static void what_is_no_reply_ends_the_connection(void **state)
{
    static const char *const bad[] = {"nonsense\r\n", "*-7\r\n$3", ":12x\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "*2147483647\r\n",
            "$99999999999999\r\n", "+one too many\r\n", "-ERR unasked\r\n",
            "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        struct asked asked;
        talk();
        assert_int_equal(status_now().state, TIER_UP);
        for (int c = 0; c < FAKE_CONNS; c++) {
            if (fake.conns[c].fd >= 0) {
                fake_say(&fake.conns[c], "%s", bad[i]);
            }
        }
        assert_true(ask(&asked));
        talk();
        now += 2 * SL_SECOND; /* of one that does not end */
        talk();
        assert_true(asked.is_done && asked.answer.result != TIER_HIT && asked.proof_len == 0);
        assert_int_equal(status_now().counts.losses, i + 1);
        now += 2 * SL_SECOND;
    }
}

static void what_there_is_room_for_is_bounded(void **state)
{
    static struct asked many[5000];
    unsigned count = 0;

    (void)state;
    talk();
    while (count < SL_COUNT(many) && ask(&many[count])) {
        count++;
    }
    assert_int_equal(count, 4096);
    talk();
    for (unsigned i = 0; i < count; i++) {
        assert_true(many[i].is_done);
    }
    assert_int_equal(status_now().counts.lookups_now, 0);
}

static bool wants_read(void)
{
    struct tier_waits waits;

    tier_waits(tier, &waits);
    assert_true(waits.fd >= 0);
    return waits.wants_read;
}

/* Nobody is woken by Redis' answers to a begin: they are read with what somebody waits for, or when it is time. */
static void answers_to_a_begin_wake_nobody(void **state)
{
    struct told told;
    struct asked asked;

    (void)state;
    talk();
    assert_true(wants_read());
    assert_false(tier_begin(tier, tags, 2, NULL, now));
    assert_false(wants_read());
    tier_flush(tier);
    fake_all(&fake);
    assert_false(wants_read());
    assert_int_equal(status_now().counts.bumps_now, 1);
    assert_true(tell(&told));
    assert_true(wants_read());
    talk();
    assert_true(told.is_done && told.is_told);
    assert_int_equal(status_now().counts.bumps_now, 0);
    assert_true(wants_read());

    assert_false(tier_begin(tier, tags, 2, NULL, now));
    assert_true(ask(&asked)); /* somebody else's */
    assert_true(wants_read());
    talk();
    assert_true(asked.is_done);

    assert_false(tier_begin(tier, tags, 2, NULL, now));
    tier_flush(tier);
    fake_all(&fake);
    struct tier_waits waits;
    tier_waits(tier, &waits);
    assert_false(waits.wants_read);
    now = waits.deadline; /* whoever drives it reads then */
    turn();
    assert_int_equal(status_now().counts.bumps_now, 0);
    assert_int_equal(status_now().state, TIER_UP);
    talk();
    for (unsigned i = 0; wants_read() == false || i == 0; i++) { /* not too many of them, either */
        assert_true(i < 256);
        assert_false(tier_begin(tier, tags, 2, NULL, now));
    }
    assert_true(status_now().counts.bumps_now > 2);
    talk();
    assert_int_equal(status_now().counts.bumps_now, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(it_need_not_come_in_one_piece),
            CASE(nobody_is_asked_before_it_is_up),
            CASE(a_write_while_it_connects_is_told_when_it_is_up),
            CASE(a_lookup_has_a_deadline_and_may_be_late), CASE(what_is_here_is_in_time),
            CASE(a_breaker_that_is_open_costs_nothing), CASE(a_probe_that_is_late_opens_it_again),
            CASE(who_says_nothing_is_given_up), CASE(errors_end_the_connection_or_do_not),
            CASE(a_write_is_told_by_a_redis_that_is_full), CASE(answers_to_a_begin_wake_nobody),
            CASE(what_is_no_reply_ends_the_connection), CASE(what_there_is_room_for_is_bounded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
