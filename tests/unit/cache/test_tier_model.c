/* SPDX-License-Identifier: PostgreSQL */
/*
 * Several Sluices, a database of registers, and a Redis that loses keys, all of them, or the last of what it
 * knew; each does one step at a time, in an order by chance. Of every answer that is found it is asked
 * whether it is older than it may be:
 *
 *   WEAK    writes overlap, keys are lost, Redis restarts from a dump, Sluices are killed:
 *           not older than a write that was acknowledged before the question, unless its Sluice could not
 *           tell Redis and has not made that good yet
 *   STRICT  one write of a table at a time, its begin awaited, nothing is lost, Sluices are killed between
 *           begin and end: not older than what was visible before the question
 *
 * Each of the mistakes that can be made must be found. The tiers are the real ones.
 */
#include "cache/tier.h"
#include "tests/unit/cache/some_redis.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    SIDES = 3,
    REGISTERS = 6,
    TABLES = 2,
    READERS = 4,
    WRITERS = 2,
    ROUNDS = 40,
    ROUNDS_MAX = 1000,
    STEPS = 5000
};

enum mistake {
    NO_MISTAKE,
    PROOF_AT_PUT,    /* tokens are read when the answer is there */
    MISSING_IS_ZERO, /* a token that is lost is a constant */
    NO_BEGIN,
    END_EARLY, /* before the write is visible */
    END_NOT_AWAITED,
    RUN_NOT_SEEN,  /* a server that restarted is thought to be the same */
    KILLED_UNSEEN, /* a Sluice that was killed is thought to have ended well */
    MISTAKES
};

struct reader {
    struct tier_request request;
    struct side *side;
    enum { READER_IDLE, READER_ASKING, READER_MISSED, READER_SENT, READER_ASKING_AGAIN } at;
    unsigned what;
    unsigned floor; /* not older than that */
    unsigned value;
    char proof[1024];
    size_t proof_len;
};

struct writer {
    struct tier_wait wait;
    struct side *side;
    enum { WRITER_IDLE, WRITER_BEGINS, WRITER_BEGUN, WRITER_VISIBLE, WRITER_ENDS } at;
    bool is_all; /* of its table */
    bool is_told;
    bool begin_is_told;
    unsigned what;
    unsigned versions[REGISTERS];
};

struct side {
    struct tier_options options;
    struct tier_instance *instance;
    struct tier *tier;
    struct reader readers[READERS];
    struct writer writers[WRITERS];
    unsigned owed[REGISTERS]; /* acknowledged to clients, and Redis was not told */
    char name[8];
};

static struct fake fake;
static struct fake_row dump[FAKE_ROWS];
static unsigned dump_count;
static struct side sides[SIDES];
static unsigned version[REGISTERS]; /* in the database */
static unsigned floors[REGISTERS];  /* acknowledged, and told; or strictly: visible */
static bool table_is_busy[TABLES];
static bool is_strict;
static enum mistake mistake;
static sl_usec now;
static uint64_t seed;
static unsigned long hits;
static unsigned long stale;
static unsigned long fills;

static unsigned by_chance(unsigned below)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ z >> 31) % below);
}

/* Of register r: its key and its table's wild. */
static size_t tags_of(unsigned what, bool is_all, struct tier_tag tags[2])
{
    static const char *const tables[TABLES] = {"public.a", "public.b"};
    static const char *const keys[REGISTERS] = {"k:0", "k:1", "k:2", "k:3", "k:4", "k:5"};

    tags[0] = (struct tier_tag){tables[what % TABLES], is_all ? "wild" : keys[what]};
    tags[1] = (struct tier_tag){tables[what % TABLES], "wild"};
    return is_all ? 1 : 2;
}

/* ---- readers ---- */

static void on_answer(struct tier_request *request, const struct tier_answer *answer)
{
    struct reader *reader = SL_CONTAINER(request, struct reader, request);
    const bool is_again = reader->at == READER_ASKING_AGAIN;

    reader->at = is_again ? READER_SENT : READER_IDLE;
    if (answer->result == TIER_HIT && !is_again) {
        char text[16];
        snprintf(text, sizeof text, "%.*s", (int)answer->parts.rows.len,
                (const char *)answer->parts.rows.at);
        hits++;
        stale += strtoul(text, NULL, 10) < reader->floor;
    } else if (answer->proof.len > 0) {
        SL_CHECK(answer->proof.len < sizeof reader->proof);
        memcpy(reader->proof, answer->proof.at, answer->proof.len);
        reader->proof_len = answer->proof.len;
        reader->at = is_again ? READER_SENT : READER_MISSED;
    }
}

static bool ask(struct reader *reader)
{
    struct tier_tag tags[2];
    const struct tier_question question = {.key = {.hi = 1, .lo = reader->what},
            .tags = tags,
            .tags_count = tags_of(reader->what, false, tags)};

    reader->request.done = on_answer;
    return tier_find(reader->side->tier, &question, &reader->request, now);
}

static void put(struct reader *reader)
{
    char text[16];
    const struct tier_fill fill = {.key = {.hi = 1, .lo = reader->what},
            .proof = sl_span(reader->proof, reader->proof_len),
            .parts = {.rows = sl_span(
                              text, (size_t)snprintf(text, sizeof text, "%u", reader->value))},
            .ttl = SL_SECOND};

    fills += tier_put(reader->side->tier, &fill, now);
    reader->at = READER_IDLE;
}

static void go_on_reader(struct reader *reader)
{
    struct side *side = reader->side;

    switch (reader->at) {
    case READER_IDLE:
        reader->what = by_chance(REGISTERS);
        reader->floor = floors[reader->what] > side->owed[reader->what] ? floors[reader->what]
                                                                        : side->owed[reader->what];
        reader->at = READER_ASKING;
        if (!ask(reader)) {
            reader->at = READER_IDLE;
        }
        break;
    case READER_MISSED: /* the server answers at some time */
        reader->value = version[reader->what];
        reader->at = READER_SENT;
        if (mistake == PROOF_AT_PUT) {
            reader->proof_len = 0;
        }
        break;
    case READER_SENT:
        if (mistake == PROOF_AT_PUT && reader->proof_len == 0) {
            reader->at = READER_ASKING_AGAIN;
            if (!ask(reader)) {
                reader->at = READER_IDLE;
            }
        } else {
            put(reader);
        }
        break;
    case READER_ASKING:
    case READER_ASKING_AGAIN:
        break;
    }
}

/* ---- writers ---- */

static void on_told(struct tier_wait *wait, bool is_told)
{
    struct writer *writer = SL_CONTAINER(wait, struct writer, wait);

    writer->is_told = is_told;
    if (writer->at == WRITER_BEGINS) {
        writer->begin_is_told = is_told;
        writer->at = WRITER_BEGUN;
    } else if (writer->at == WRITER_ENDS) {
        struct side *side = writer->side;
        for (unsigned r = 0; r < REGISTERS; r++) {
            unsigned *floor = is_told ? &floors[r] : &side->owed[r];
            *floor = writer->versions[r] > *floor ? writer->versions[r] : *floor;
        }
        table_is_busy[writer->what % TABLES] = false;
        writer->at = WRITER_IDLE;
    }
}

static void begin(struct writer *writer)
{
    struct tier_tag tags[2];

    writer->what = by_chance(REGISTERS);
    writer->is_all = by_chance(8) == 0;
    if (is_strict && table_is_busy[writer->what % TABLES]) {
        return;
    }
    table_is_busy[writer->what % TABLES] = true;
    memset(writer->versions, 0, sizeof writer->versions);
    writer->begin_is_told = mistake == NO_BEGIN;
    writer->wait.done = on_told;
    writer->at = WRITER_BEGINS;
    tags_of(writer->what, writer->is_all, tags);
    if (mistake == NO_BEGIN || !tier_begin(writer->side->tier, tags, 1, &writer->wait, now) ||
            !is_strict) {
        if (mistake != NO_BEGIN) {
            tier_stop_waiting(writer->side->tier, &writer->wait);
        }
        writer->at = WRITER_BEGUN;
    }
}

static void become_visible(struct writer *writer)
{
    for (unsigned r = 0; r < REGISTERS; r++) {
        if (r == writer->what || (writer->is_all && r % TABLES == writer->what % TABLES)) {
            writer->versions[r] = ++version[r];
            if (is_strict && writer->begin_is_told) {
                floors[r] = version[r];
            }
        }
    }
}

static void end(struct writer *writer)
{
    struct tier_tag tags[2];

    writer->at = WRITER_ENDS;
    tags_of(writer->what, writer->is_all, tags);
    if (!tier_end(writer->side->tier, tags, 1, &writer->wait, now)) {
        on_told(&writer->wait, false);
    } else if (mistake == END_NOT_AWAITED) {
        tier_stop_waiting(writer->side->tier, &writer->wait);
        on_told(&writer->wait, true);
    }
}

static void go_on_writer(struct writer *writer)
{
    switch (writer->at) {
    case WRITER_IDLE:
        if (by_chance(40) == 0) {
            begin(writer);
        }
        break;
    case WRITER_BEGUN:
        if (mistake == END_EARLY && writer->versions[writer->what] == 0) {
            struct tier_tag tags[2];
            tags_of(writer->what, writer->is_all, tags);
            tier_end(writer->side->tier, tags, 1, NULL, now);
        }
        become_visible(writer);
        writer->at = WRITER_VISIBLE;
        break;
    case WRITER_VISIBLE:
        if (mistake == END_EARLY) {
            writer->at = WRITER_ENDS;
            on_told(&writer->wait, true);
        } else {
            end(writer);
        }
        break;
    case WRITER_BEGINS:
    case WRITER_ENDS:
        break;
    }
}

/* ---- Sluices ---- */

static void open_side(struct side *side, unsigned i)
{
    static const struct tier_hooks hooks = {.self = NULL};

    snprintf(side->name, sizeof side->name, "web%u", i);
    tier_options_init(&side->options);
    side->options.database = "shop";
    side->options.instance = side->name;
    side->options.semantics = "1";
    side->options.path = fake.path;
    side->options.deadline = 2000;
    side->options.ack_timeout = 2000;
    side->options.greet_wait = 5000;
    side->options.quiet_wait = 4000;
    side->options.retry_every = 600;
    side->options.beat_every = 2000;
    side->options.pending_max = SL_SECOND * SL_SECOND;
    side->options.breaker = (struct breaker_limits){
            .failures_max = 5, .slow = 10000, .window = 1000, .window_min = 20, .probe_every = 50};
    side->instance = tier_instance_new(&side->options);
    assert_non_null(side->instance);
    side->tier = tier_new(side->instance, 0, &hooks);
    assert_non_null(side->tier);
    memset(side->readers, 0, sizeof side->readers);
    memset(side->writers, 0, sizeof side->writers);
    for (unsigned r = 0; r < READERS; r++) {
        side->readers[r].side = side;
    }
    for (unsigned w = 0; w < WRITERS; w++) {
        side->writers[w].side = side;
    }
}

static void close_side(struct side *side)
{
    for (unsigned r = 0; r < READERS; r++) {
        tier_leave(side->tier, &side->readers[r].request);
    }
    for (unsigned w = 0; w < WRITERS; w++) {
        struct writer *writer = &side->writers[w];
        tier_stop_waiting(side->tier, &writer->wait);
        if (writer->at != WRITER_IDLE) {
            table_is_busy[writer->what % TABLES] = false;
        }
    }
    tier_free(side->tier);
    tier_instance_free(side->instance);
}

static bool is_up(const struct side *side)
{
    struct tier_status status;

    tier_status(side->tier, &status);
    return status.state == TIER_UP && tier_instance_is_sound(side->instance);
}

/* kill -9; its writes may have become visible or not. Somebody starts it again. */
static void kill_side(unsigned i)
{
    for (unsigned other = 0; other < SIDES; other++) { /* one that owes something, if there is */
        i = tier_instance_is_sound(sides[i].instance) ? (i + 1) % SIDES : i;
    }
    close_side(&sides[i]);
    if (mistake == KILLED_UNSEEN) {
        for (unsigned row = 0; row < fake.rows_count; row++) {
            if (strstr(fake.rows[row].key, ":inst") != NULL) {
                snprintf(fake.rows[row].value, FAKE_TEXT, "0123456789abcdef down 1");
            }
        }
    }
    open_side(&sides[i], i);
}

static void drive(struct side *side)
{
    struct tier_waits waits;

    tier_flush(side->tier);
    tier_waits(side->tier, &waits);
    tier_go_on(side->tier, now, waits.fd >= 0, waits.fd >= 0 && waits.wants_write);
    if (is_up(side)) { /* all that it could not tell is made good */
        for (unsigned r = 0; r < REGISTERS; r++) {
            floors[r] = side->owed[r] > floors[r] ? side->owed[r] : floors[r];
            side->owed[r] = 0;
        }
    }
}

/* ---- what happens to Redis ---- */

static void restart(void)
{
    memcpy(fake.rows, dump, sizeof dump);
    fake.rows_count = dump_count;
    fake.run += mistake != RUN_NOT_SEEN;
    for (int i = 0; i < FAKE_CONNS; i++) {
        fake_drop(&fake, i);
    }
}

static void lose_something(void)
{
    switch (by_chance(12)) {
    case 0:
        fake.rows_count = 0; /* FLUSHALL */
        break;
    case 1:
        memcpy(dump, fake.rows, sizeof dump);
        dump_count = fake.rows_count;
        break;
    case 2:
        restart();
        break;
    case 3:
    case 4:
        fake_drop(&fake, (int)by_chance(SIDES));
        break;
    default:
        if (fake.rows_count > 0) {
            char key[160];
            snprintf(key, sizeof key, "%s", fake.rows[by_chance(fake.rows_count)].key);
            fake_delete(&fake, key);
        }
        break;
    }
}

static void step(void)
{
    const unsigned what = by_chance(100);
    struct side *side = &sides[by_chance(SIDES)];

    now += 1 + by_chance(4);
    if (what < 30) {
        const int conn = (int)by_chance(FAKE_CONNS / 2);
        for (unsigned left = 1 + by_chance(8); left > 0; left--) {
            fake_step(&fake, conn);
        }
    } else if (what < 60) {
        drive(side);
    } else if (what < 82) {
        go_on_reader(&side->readers[by_chance(READERS)]);
    } else if (what < 99) {
        go_on_writer(&side->writers[by_chance(WRITERS)]);
    } else if (by_chance(15) == 0) {
        kill_side(by_chance(SIDES));
    } else if (!is_strict && by_chance(3) == 0) {
        lose_something();
    }
}

static void play(uint64_t first_seed)
{
    seed = first_seed;
    memset(&fake, 0, sizeof fake);
    fake_open(&fake);
    dump_count = 0;
    memset(version, 0, sizeof version);
    memset(floors, 0, sizeof floors);
    memset(table_is_busy, 0, sizeof table_is_busy);
    memset(sides, 0, sizeof sides);
    now = SL_SECOND;
    fake.missing_is_zero = mistake == MISSING_IS_ZERO;
    for (unsigned i = 0; i < SIDES; i++) {
        open_side(&sides[i], i);
    }
    for (unsigned i = 0; i < STEPS; i++) {
        step();
    }
    for (unsigned i = 0; i < SIDES; i++) {
        close_side(&sides[i]);
    }
    fake_close(&fake);
}

static void play_all(bool strict, enum mistake planted)
{
    is_strict = strict;
    mistake = planted;
    hits = stale = fills = 0;
    const uint64_t rounds = planted == NO_MISTAKE ? ROUNDS : ROUNDS_MAX;
    for (uint64_t round = 1; round <= rounds && stale == 0; round++) {
        play(round * 1000003);
    }
    print_message("%s, mistake %d: %lu hits, %lu fills, %lu stale\n", strict ? "strict" : "weak",
            planted, hits, fills, stale);
}

static void nothing_is_older_than_what_was_acknowledged(void **state)
{
    (void)state;
    play_all(false, NO_MISTAKE);
    assert_true(hits > 5000 && fills > 1000);
    assert_int_equal(stale, 0);
}

static void nothing_is_older_than_what_was_visible(void **state)
{
    (void)state;
    play_all(true, NO_MISTAKE);
    assert_true(hits > 5000 && fills > 1000);
    assert_int_equal(stale, 0);
}

static void mistakes_are_found(void **state)
{
    static const struct {
        bool is_strict;
        enum mistake mistake;
    } planted[] = {{false, PROOF_AT_PUT}, {false, MISSING_IS_ZERO}, {true, NO_BEGIN},
            {false, END_EARLY}, {false, END_NOT_AWAITED}, {false, RUN_NOT_SEEN},
            {false, KILLED_UNSEEN}};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(planted); i++) {
        play_all(planted[i].is_strict, planted[i].mistake);
        assert_true(stale > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nothing_is_older_than_what_was_acknowledged),
            cmocka_unit_test(nothing_is_older_than_what_was_visible),
            cmocka_unit_test(mistakes_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
