/* SPDX-License-Identifier: PostgreSQL */
/*
 * Sluices that share a Redis, and are killed and started again all the time, while somebody past them writes a
 * database of registers: cache/watch_join.h. A commit is in the log first, and visible later; each Sluice reads the log
 * at its own pace from when it has started, and looks at the catalogue now and then, which changes what is in all registers and
 * is in no log. Redis forgets, and comes back from a dump. Of every answer that one is given it is asked whether it is
 * older than what its own stream and its look at the catalogue have shown.
 *
 * Each writes, too, by statements that nobody has read yet: they begin all of the database, and withdraw that when it is known
 * what they were. What such a one says to be done its own Sluice must not miss.
 *
 * Each mistake that can be made must be found. The tiers, the tags and the parts of the watch that speak to Redis are the real ones.
 */
#include "cache/tier_names.h"
#include "cache/watch_share.h"
#include "tests/unit/cache/some_redis.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    SIDES = 3,
    REGISTERS = 6,
    LOG = 4096,
    READERS = 4,
    DATABASE = 7,
    TABLE = 16384,
    STEPS = 30000,
    ROUNDS = 10,
    ROUNDS_MAX = 200
};

#define STEP_MAX (10 * SL_MSEC)
#define SLOW_AT_FIRST (8 * SL_SECOND)

enum mistake {
    NO_MISTAKE,
    NOBODY_ASKED,     /* who starts believes what is there */
    ASKS_TOO_EARLY,   /* before its own stream is up */
    COVERS_OF_BEFORE, /* by a clock of before the question */
    COVERS_UNSEEN,    /* the catalogues were not looked at */
    RUN_NOT_SEEN,     /* a server that came back from a dump is thought to be the same */
    UNSAID_NOT_SEEN,  /* who starts and leaves unsaid what it writes goes by its words alone */
    MISTAKES
};

struct commit {
    unsigned what;
    bool is_visible;
};

struct reader {
    struct tier_request request;
    struct side *side;
    enum { READER_IDLE, READER_ASKING, READER_MISSED, READER_SENT } at;
    unsigned what;
    uint64_t stamp;
    unsigned data_floor;
    unsigned schema_floor;
    unsigned data;
    unsigned schema;
    sl_usec snapshot_at;
    char proof[1024];
    size_t proof_len;
};

/* A statement of its own that is not read yet. */
struct own {
    enum { OWN_NONE, OWN_SENT, OWN_DONE } at;
    unsigned what;
    struct tag_set all;
};

struct waiting {
    unsigned at; /* in the log */
    struct tag_set set;
};

struct side {
    bool runs;
    bool is_up;
    sl_usec started_at;
    struct tier_options options;
    struct tier_instance *instance;
    struct tier_cover cover;
    struct tags *tags;
    struct watch_share share;
    struct reader readers[READERS];
    unsigned read_to; /* of the log */
    unsigned waiting_count;
    struct waiting waiting[LOG];
    sl_usec mark_at; /* 0: none */
    unsigned mark_to;
    unsigned mark_data[REGISTERS];
    sl_usec fresh_until;
    unsigned fresh_data[REGISTERS];
    sl_usec schema_until;
    unsigned schema; /* as it was looked at */
    struct own own;
    unsigned own_data[REGISTERS]; /* what it has said to be done */
    char name[8];
};

static struct fake fake;
static struct fake_row dump[FAKE_ROWS];
static unsigned dump_count;
static struct side sides[SIDES];
static struct commit commits[LOG];
static unsigned commits_count;
static unsigned data[REGISTERS];
static unsigned schema;
static enum mistake mistake;
static sl_usec now;
static uint64_t seed;
static unsigned long hits;
static unsigned long hits_of_before; /* of what was there when it started */
static unsigned long stale;
static unsigned long joined;
static unsigned long anew;

static unsigned by_chance(unsigned below)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ z >> 31) % below);
}

static struct tag_name name_of(unsigned what)
{
    return (struct tag_name){.relation = TABLE, .field = tags_key_field(1, what)};
}

static uint32_t all_of(const struct side *side)
{
    return tags_of_database(side->tags, DATABASE);
}

static void make_stale(struct side *side)
{
    tags_begin(side->tags, all_of(side));
    tags_end(side->tags, all_of(side));
}

/* ---- readers ---- */

static bool is_since(const struct side *side, const struct reader *reader)
{
    const uint32_t tag = tags_of_name(side->tags, DATABASE, name_of(reader->what));

    return tags_is_since(tags_word(side->tags, tag), reader->stamp) &&
           tags_is_since(tags_word(side->tags, all_of(side)), reader->stamp);
}

static void on_answer(struct tier_request *request, const struct tier_answer *answer)
{
    struct reader *reader = SL_CONTAINER(request, struct reader, request);
    const struct side *side = reader->side;
    unsigned found_data = 0;
    unsigned found_schema = 0;
    long long snapshot_at = 0;
    char text[64];

    reader->at = READER_IDLE;
    if (answer->result == TIER_HIT && is_since(side, reader)) {
        snprintf(text, sizeof text, "%.*s", (int)answer->parts.rows.len,
                (const char *)answer->parts.rows.at);
        SL_CHECK(sscanf(text, "%u %u %lld", &found_data, &found_schema, &snapshot_at) == 3);
        hits++;
        hits_of_before += snapshot_at < side->started_at;
        stale += found_data < reader->data_floor || found_schema < reader->schema_floor;
    } else if (answer->result == TIER_MISS && answer->proof.len > 0) {
        SL_CHECK(answer->proof.len < sizeof reader->proof);
        memcpy(reader->proof, answer->proof.at, answer->proof.len);
        reader->proof_len = answer->proof.len;
        reader->at = READER_MISSED;
    }
}

static void ask(struct reader *reader)
{
    struct side *side = reader->side;
    struct tier_names names = {.count = 0};
    uint64_t words[2];

    reader->what = by_chance(REGISTERS);
    reader->stamp = tags_clock(side->tags);
    watch_share_words(&side->share, words);
    if (!side->is_up || !tier_covers(&side->cover, words) ||
            !tier_names_add(&names, name_of(reader->what))) {
        return;
    }
    const struct tier_question question = {
            .key = {.hi = 1, .lo = reader->what}, .tags = names.tags, .tags_count = names.count};
    reader->data_floor = side->fresh_data[reader->what] > side->own_data[reader->what]
                                 ? side->fresh_data[reader->what]
                                 : side->own_data[reader->what];
    reader->schema_floor = side->schema;
    reader->request.done = on_answer;
    reader->at = READER_ASKING;
    if (!tier_find(side->share.tier, &question, &reader->request, now)) {
        reader->at = READER_IDLE;
    }
}

static void put(struct reader *reader)
{
    char text[64];
    const int len = snprintf(text, sizeof text, "%u %u %lld", reader->data, reader->schema,
            (long long)reader->snapshot_at);
    const struct tier_fill fill = {.key = {.hi = 1, .lo = reader->what},
            .proof = sl_span(reader->proof, reader->proof_len),
            .parts = {.rows = sl_span(text, (size_t)len)},
            .ttl = 1000 * SL_SECOND};

    SL_IGNORE(tier_put(reader->side->share.tier, &fill, now), "it need not");
    reader->at = READER_IDLE;
}

static void go_on_reader(struct reader *reader)
{
    switch (reader->at) {
    case READER_IDLE:
        ask(reader);
        break;
    case READER_MISSED:
        reader->data = data[reader->what];
        reader->schema = schema;
        reader->snapshot_at = now;
        reader->at = READER_SENT;
        break;
    case READER_SENT:
        put(reader);
        break;
    case READER_ASKING:
        break;
    }
}

/* ---- its own writes ---- */

static void begin_own(struct side *side)
{
    struct own *own = &side->own;

    own->what = by_chance(REGISTERS);
    own->at = OWN_SENT;
    tag_set_init(&own->all);
    tag_set_add(&own->all, all_of(side), all_of(side));
    tag_set_begin(&own->all, side->tags);
}

/* As cache/stage_share.c and cache/stage_late.c have it; what is said of it is said by the watch, who finds the word changed. */
static void end_own(struct side *side)
{
    struct own *own = &side->own;
    struct tag_set writes;

    own->at = OWN_NONE;
    if (tier_leaves_unsaid(side->share.tier)) {
        tag_set_init(&writes);
        tag_set_add_name(&writes, side->tags, DATABASE, name_of(own->what), all_of(side));
        tag_set_begin(&writes, side->tags);
        tag_set_end(&writes, side->tags);
        tag_set_withdraw(&own->all, side->tags);
    } else {
        tag_set_end(&own->all, side->tags);
    }
    side->own_data[own->what] = data[own->what];
}

/* Nothing has been read when it starts. Many are over before the watch has its turn. */
static void go_on_own(struct side *side)
{
    struct own *own = &side->own;

    switch (own->at) {
    case OWN_NONE:
        if (tier_instance_joins(side->instance) &&
                (mistake == UNSAID_NOT_SEEN
                                ? side->share.joins.state != JOIN_WAITS && by_chance(2) == 0
                                : by_chance(80) == 0)) {
            begin_own(side);
            for (unsigned left = mistake == UNSAID_NOT_SEEN || by_chance(2) == 0 ? 2 : 0; left > 0;
                    left--) {
                go_on_own(side);
            }
        }
        break;
    case OWN_SENT:
        if (commits_count < LOG) {
            commits[commits_count++] = (struct commit){.what = own->what, .is_visible = true};
            data[own->what]++;
            own->at = OWN_DONE;
        }
        break;
    case OWN_DONE:
        end_own(side);
        break;
    }
}

/* ---- the stream of a Sluice ---- */

static void come_up(struct side *side)
{
    side->read_to = 0;
    while (side->read_to < commits_count && commits[side->read_to].is_visible) {
        side->read_to++;
    }
    side->is_up = true;
    side->fresh_until = now;
    side->schema_until = now;
    side->schema = schema;
    memcpy(side->fresh_data, data, sizeof data);
    if (mistake != ASKS_TOO_EARLY) {
        make_stale(side);
    }
}

static void read_log(struct side *side)
{
    if (side->read_to == commits_count) {
        return;
    }
    struct waiting *waiting = &side->waiting[side->waiting_count++];
    waiting->at = side->read_to++;
    tag_set_init(&waiting->set);
    tag_set_add_name(
            &waiting->set, side->tags, DATABASE, name_of(commits[waiting->at].what), all_of(side));
    tag_set_begin(&waiting->set, side->tags);
    watch_share_begun(&side->share, &waiting->set);
}

static void settle(struct side *side)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < side->waiting_count; i++) {
        struct waiting *waiting = &side->waiting[i];
        if (commits[waiting->at].is_visible) {
            watch_share_ends(&side->share, &waiting->set);
            tag_set_end(&waiting->set, side->tags);
        } else {
            side->waiting[kept++] = *waiting;
        }
    }
    side->waiting_count = kept;
}

static void look_at_mark(struct side *side)
{
    const unsigned first = side->waiting_count > 0 ? side->waiting[0].at : commits_count;

    if (side->mark_at == 0) {
        side->mark_at = now;
        side->mark_to = commits_count;
        memcpy(side->mark_data, data, sizeof data);
    } else if (side->read_to >= side->mark_to && first >= side->mark_to) {
        side->fresh_until = side->mark_at;
        memcpy(side->fresh_data, side->mark_data, sizeof data);
        side->mark_at = 0;
    }
}

static void look_at_schema(struct side *side)
{
    side->schema_until = now;
    if (side->schema != schema) {
        side->schema = schema;
        make_stale(side);
    }
}

/* ---- Sluices ---- */

static void start(struct side *side, unsigned i)
{
    snprintf(side->name, sizeof side->name, "web%u", i);
    tier_options_init(&side->options);
    side->options.database = "shop";
    side->options.instance = side->name;
    side->options.semantics = "1";
    side->options.joins = true;
    side->options.path = fake.path;
    side->options.deadline = SL_SECOND;
    side->options.ack_timeout = SL_SECOND;
    side->options.greet_wait = 2 * SL_SECOND;
    side->options.quiet_wait = 3 * SL_SECOND;
    side->options.retry_every = 50 * SL_MSEC;
    side->options.pending_max = SL_SECOND * SL_SECOND;
    side->options.breaker.slow = 1000 * SL_SECOND;
    side->instance = tier_instance_new(&side->options);
    side->tags = tags_new(TAGS_TABLE_BITS - 8, TAGS_KEY_BITS - 8);
    assert_true(side->instance != NULL && side->tags != NULL);
    make_stale(side); /* a word of 0 is none */
    watch_share_init(&side->share, side->tags, DATABASE);
    watch_share_open(&side->share,
            &(struct watch_shared){.instance = side->instance, .cover = &side->cover}, 0);
    assert_non_null(side->share.tier);
    for (unsigned r = 0; r < READERS; r++) {
        side->readers[r].side = side;
    }
    side->started_at = now;
    side->runs = true;
}

static void end(struct side *side)
{
    for (unsigned r = 0; r < READERS; r++) {
        tier_leave(side->share.tier, &side->readers[r].request);
    }
    for (unsigned i = 0; i < side->waiting_count; i++) {
        tag_set_end(&side->waiting[i].set, side->tags);
    }
    if (side->own.at != OWN_NONE) {
        tag_set_end(&side->own.all, side->tags);
    }
    joined += side->share.joins.has_joined;
    anew += !side->share.joins.has_joined && side->share.joins.state == JOIN_OVER;
    watch_share_close(&side->share);
    tier_instance_free(side->instance);
    tags_free(side->tags);
    memset(side, 0, sizeof *side);
}

/* What the watch does in a turn, and the mistakes in it. */
static void drive(struct side *side)
{
    struct watch_share *share = &side->share;

    share->fresh_until = side->is_up ? side->fresh_until : 0;
    share->schema_until = side->is_up ? side->schema_until : 0;
    if (mistake == ASKS_TOO_EARLY && !side->is_up) {
        share->fresh_until = share->schema_until = now;
    }
    if (mistake == COVERS_UNSEEN && side->is_up) {
        share->schema_until = now;
    }
    share->is_streamed = share->fresh_until != 0;
    if (mistake == COVERS_OF_BEFORE) {
        share->answers.heard_at = 0;
    }
    if (mistake == NOBODY_ASKED && side->is_up && share->joins.state != JOIN_OVER) {
        uint64_t words[2];
        watch_share_words(share, words);
        share->joins.state = JOIN_OVER;
        watch_share_covered(share, words);
    }
    if (mistake == UNSAID_NOT_SEEN) {
        share->joins.unsaid = share->joins.seen_unsaid = tier_instance_unsaid(side->instance);
    }
    const uint64_t covers = share->counts.covers;
    watch_share_go_on(share, now, false);
    share->wants_look = share->is_told_all = false;
    if (share->counts.covers > covers) {
        tier_flush(share->tier);
        if (by_chance(2) == 0) { /* nobody will hear what it has not told by then */
            end(side);
        }
    }
}

static void go_on_side(struct side *side, unsigned i)
{
    if (!side->runs) {
        if (by_chance(100) == 0) {
            start(side, i);
        }
        return;
    }
    switch (by_chance(9)) {
    case 8:
        go_on_own(side);
        break;
    case 0:
    case 1:
    case 2:
        drive(side);
        break;
    case 3:
        if (!side->is_up) {
            if (by_chance(mistake == ASKS_TOO_EARLY ? 100 : 8) == 0) {
                come_up(side);
            }
            break;
        }
        if (mistake != UNSAID_NOT_SEEN || now > side->started_at + SLOW_AT_FIRST ||
                by_chance(20) == 0) {
            read_log(side);
        }
        break;
    case 4:
        settle(side);
        break;
    case 5:
        if (side->is_up) {
            look_at_mark(side);
        }
        break;
    case 6:
        if (side->is_up && by_chance(mistake == COVERS_UNSEEN ? 400 : 4) == 0) {
            look_at_schema(side);
        }
        break;
    default:
        go_on_reader(&side->readers[by_chance(READERS)]);
        break;
    }
}

/* ---- what happens ---- */

static void restart_redis(void)
{
    memcpy(fake.rows, dump, sizeof dump);
    fake.rows_count = dump_count;
    fake.run += mistake != RUN_NOT_SEEN;
    for (int i = 0; i < FAKE_CONNS; i++) {
        fake_drop(&fake, i);
    }
}

static void happen(void)
{
    switch (by_chance(mistake == COVERS_UNSEEN ? 10 : 40)) {
    case 0:
        fake.rows_count = 0; /* FLUSHALL */
        break;
    case 1:
        memcpy(dump, fake.rows, sizeof dump);
        dump_count = fake.rows_count;
        break;
    case 2:
        restart_redis();
        break;
    case 3:
        fake_drop(&fake, (int)by_chance(FAKE_CONNS));
        break;
    case 4:
        schema++;
        break;
    default: {
        const unsigned i = by_chance(SIDES);
        if (by_chance(2) == 0 && sides[i].runs) {
            end(&sides[i]);
        }
        break;
    }
    }
}

static void write_something(void)
{
    if (commits_count < LOG && by_chance(2) == 0) {
        commits[commits_count++] = (struct commit){.what = by_chance(REGISTERS)};
    } else if (commits_count > 0) { /* one of the last becomes visible */
        const unsigned back = 1 + by_chance(4);
        const unsigned at = commits_count > back ? commits_count - back : 0;
        for (unsigned i = at > 4 ? at - 4 : 0; i <= at; i++) {
            if (!commits[i].is_visible) {
                commits[i].is_visible = true;
                data[commits[i].what]++;
            }
        }
    }
}

static void step(void)
{
    const unsigned what = by_chance(1000);

    now += 1 + by_chance(STEP_MAX);
    if (what < 350) {
        const int conn = (int)by_chance(FAKE_CONNS);
        for (unsigned left = 1 + by_chance(16); left > 0 && fake_step(&fake, conn); left--) {
        }
    } else if (what < 992) {
        const unsigned i = by_chance(SIDES);
        go_on_side(&sides[i], i);
    } else if (what < 996) {
        write_something();
    } else if (by_chance(2) == 0) {
        happen();
    }
}

static void play(uint64_t first_seed)
{
    seed = first_seed;
    memset(&fake, 0, sizeof fake);
    fake_open(&fake);
    dump_count = commits_count = schema = 0;
    memset(data, 0, sizeof data);
    memset(sides, 0, sizeof sides);
    now = SL_SECOND;
    for (unsigned i = 0; i < STEPS; i++) {
        step();
    }
    for (unsigned i = 0; i < SIDES; i++) {
        if (sides[i].runs) {
            end(&sides[i]);
        }
    }
    fake_close(&fake);
}

static void play_all(enum mistake planted)
{
    const uint64_t rounds = planted == NO_MISTAKE ? ROUNDS : ROUNDS_MAX;

    mistake = planted;
    hits = hits_of_before = stale = joined = anew = 0;
    uint64_t last = 0;
    for (uint64_t round = 1; round <= rounds && stale == 0; round++) {
        last = round;
        play(round * 1000003);
    }
    print_message(
            "mistake %d: %lu rounds, %lu hits, %lu of before, %lu joined, %lu anew, %lu stale\n",
            planted, last, hits, hits_of_before, joined, anew, stale);
}

static void nothing_is_older_than_what_is_told(void **state)
{
    (void)state;
    play_all(NO_MISTAKE);
    assert_int_equal(stale, 0);
    assert_true(hits > 1000 && hits_of_before > 20 && joined > 10 && anew > 10);
}

static void mistakes_are_found(void **state)
{
    (void)state;
    for (enum mistake planted = NO_MISTAKE + 1; planted < MISTAKES; planted++) {
        play_all(planted);
        assert_true(stale > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nothing_is_older_than_what_is_told),
            cmocka_unit_test(mistakes_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
