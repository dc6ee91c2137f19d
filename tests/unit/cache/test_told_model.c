/* SPDX-License-Identifier: PostgreSQL */
/*
 * Sluices that share a Redis, without a change stream: writers of a few registers, whose writes become visible some time
 * after they have begun and some time before they are told; sessions that read from the database, and what their Sluice has
 * kept. Connections are cut, Redis forgets, and comes back from a dump. No session may go back: cache/watch_told.h.
 *
 * Nothing that is kept was asked of Redis first: what is claimed is so without that. Each mistake that can be made must be
 * found. The tiers, the tags, the floors and the parts of the watch that speak to Redis are the real ones.
 */
#include "cache/floors.h"
#include "cache/tier_inside.h"
#include "cache/tier_names.h"
#include "cache/watch_share.h"
#include "tests/unit/cache/some_redis.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    SIDES = 3,
    REGISTERS = 3,
    QUESTIONS = 3, /* of one register, each with an answer of its own */
    WRITERS = 2,
    SESSIONS = 3,
    DATABASE = 7,
    TABLE = 16384,
    STEPS = 30000,
    ROUNDS = 20,
    ROUNDS_MAX = 60,
    START_MAX = 100000
};

#define STEP_MAX (SL_MSEC / 4)
#define AHEAD (5 * SL_MSEC)

enum mistake {
    NO_MISTAKE,
    NO_FLOORS,
    ANSWERS_AT_ONCE,   /* what had begun is not waited for */
    CLOCK_AHEAD,       /* all is known until a little later than it was asked for */
    OTHERS_NOT_ASKED,  /* nobody has to answer */
    ENDS_UNTOLD,       /* a write is over here before the others are told */
    MISSED_IS_COVERED, /* what Redis was never told is thought to be made good */
    WORDS_FIRST,       /* they are looked at before the clock */
    HEIR_FORGOTTEN,    /* a set that takes another's place is of the turn in which it does */
    MISTAKES
};

struct writer {
    struct side *side;
    enum { WRITER_IDLE, WRITER_BEGUN, WRITER_DONE, WRITER_TELLING, WRITER_UNTOLD } at;
    unsigned what;
    struct tag_set set;
    struct tier_wait wait;
};

/* An answer that is kept. */
struct kept {
    bool is_there;
    unsigned version;
    uint64_t word;
    uint64_t all_word;
    sl_usec sent_at;
    sl_usec filled_at;
};

struct session {
    enum { SESSION_IDLE, SESSION_SENT, SESSION_ANSWERED, SESSION_LOOKED } at;
    unsigned what;
    unsigned question;
    uint64_t clock;
    sl_usec sent_at;
    unsigned version;
    struct kept found;
    struct floors *floors;
    unsigned seen[REGISTERS];
};

struct side {
    struct tier_options options;
    struct tier_instance *instance;
    struct tier_cover cover;
    struct tags *tags;
    struct tier *tier; /* a worker's */
    struct watch_share share;
    struct writer writers[WRITERS];
    struct session sessions[SESSIONS];
    struct kept kept[REGISTERS][QUESTIONS];
    sl_usec told_until;
    char name[8];
};

static struct fake fake;
static struct fake_row dump[FAKE_ROWS];
static unsigned dump_count;
static struct side sides[SIDES];
static unsigned data[REGISTERS];
static enum mistake mistake;
static sl_usec now;
static uint64_t seed;
static unsigned long given;
static unsigned long lifted; /* of these, that only the clock let be given */
static unsigned long held;
static unsigned long back;

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

static uint32_t tag_of(const struct side *side, unsigned what)
{
    return tags_of_name(side->tags, DATABASE, name_of(what));
}

static uint32_t all_of(const struct side *side)
{
    return tags_of_database(side->tags, DATABASE);
}

/* ---- who writes ---- */

static void on_told(struct tier_wait *wait, bool is_told)
{
    struct writer *writer = SL_CONTAINER(wait, struct writer, wait);

    (void)is_told;
    tag_set_end(&writer->set, writer->side->tags);
    writer->at = WRITER_IDLE;
}

static void tell_end(struct writer *writer)
{
    struct side *side = writer->side;
    struct tier_names names = {.count = 0};

    assert_true(tier_names_add(&names, name_of(writer->what)));
    if (mistake == MISSED_IS_COVERED && by_chance(4) == 0) {
        tier_miss_end(side->tier);
        atomic_store(&side->instance->covered, atomic_load(&side->instance->missed));
    } else if (!tier_hears(side->tier)) {
        tier_miss_end(side->tier);
    } else {
        writer->wait = (struct tier_wait){.done = on_told};
        if (tier_end(side->tier, names.tags, names.count, &writer->wait, now)) {
            writer->at = WRITER_TELLING;
            return;
        }
    }
    tag_set_end(&writer->set, side->tags);
    writer->at = WRITER_IDLE;
}

static void begin_write(struct writer *writer)
{
    struct side *side = writer->side;
    struct tier_names names = {.count = 0};

    writer->what = by_chance(REGISTERS);
    tag_set_init(&writer->set);
    tag_set_add_name(&writer->set, side->tags, DATABASE, name_of(writer->what), all_of(side));
    tag_set_begin(&writer->set, side->tags);
    assert_true(tier_names_add(&names, name_of(writer->what)));
    if (tier_hears(side->tier)) {
        SL_IGNORE(tier_begin(side->tier, names.tags, names.count, NULL, now), "not awaited");
    }
    writer->at = WRITER_BEGUN;
}

/* As a transaction takes over what a statement has begun. */
static void replace_set(struct writer *writer)
{
    struct side *side = writer->side;
    struct tag_set heir;

    tag_set_init(&heir);
    tag_set_join(&heir, &writer->set, all_of(side));
    tag_set_begin_for(&heir, side->tags, mistake == HEIR_FORGOTTEN ? 0 : writer->set.counted);
    tag_set_end(&writer->set, side->tags);
    tag_set_move(&writer->set, &heir);
}

static void go_on_writer(struct writer *writer)
{
    switch (writer->at) {
    case WRITER_IDLE:
        if (by_chance(30) == 0) {
            begin_write(writer);
        }
        break;
    case WRITER_BEGUN:
        if (by_chance(2) == 0) {
            replace_set(writer);
        } else if (by_chance(4) == 0) {
            data[writer->what]++;
            writer->at = WRITER_DONE;
        }
        break;
    case WRITER_DONE:
        if (mistake == ENDS_UNTOLD) {
            tag_set_end(&writer->set, writer->side->tags);
            writer->at = WRITER_UNTOLD;
        } else if (by_chance(2) == 0) {
            replace_set(writer); /* it may be visible by then */
        } else if (by_chance(4) == 0) {
            tell_end(writer);
        }
        break;
    case WRITER_UNTOLD:
        if (by_chance(8) == 0) {
            tell_end(writer);
        }
        break;
    case WRITER_TELLING:
        break;
    }
}

/* ---- sessions ---- */

static bool is_fresh(const struct side *side, unsigned what, const struct kept *kept)
{
    return tags_word(side->tags, tag_of(side, what)) == kept->word &&
           tags_word(side->tags, all_of(side)) == kept->all_word;
}

static void see(struct session *session, unsigned version)
{
    back += version < session->seen[session->what];
    if (version > session->seen[session->what]) {
        session->seen[session->what] = version;
    }
}

static void raise_floor(struct side *side, struct session *session, sl_usec at)
{
    const sl_usec told = atomic_load(&side->cover.told_until);

    if (at > told) {
        atomic_store(&side->cover.wants_told, true);
        assert_true(floors_raise(&session->floors, 1, 1 + session->what, at, told));
    }
}

static void keep(struct side *side, const struct session *session)
{
    const uint64_t word = tags_word(side->tags, tag_of(side, session->what));
    const uint64_t all_word = tags_word(side->tags, all_of(side));

    if (tags_is_since(word, session->clock) && tags_is_since(all_word, session->clock)) {
        side->kept[session->what][session->question] = (struct kept){.is_there = true,
                .version = session->version,
                .word = word,
                .all_word = all_word,
                .sent_at = session->sent_at,
                .filled_at = now};
    }
}

/* What was found, and was fresh then. */
static void may_give(struct side *side, struct session *session)
{
    const struct kept *found = &session->found;
    const sl_usec floor = floors_of(session->floors, 1, 1 + session->what);
    const bool is_by_clock = mistake != NO_FLOORS && floor != 0 && found->sent_at < floor;

    if (is_by_clock && (atomic_load(&side->cover.told_until) < floor ||
                               (mistake != WORDS_FIRST && !is_fresh(side, session->what, found)))) {
        held++;
        atomic_store(&side->cover.wants_told, true);
        return;
    }
    given++;
    lifted += is_by_clock;
    see(session, found->version);
    raise_floor(side, session, found->filled_at);
}

static void go_on_session(struct side *side, struct session *session)
{
    switch (session->at) {
    case SESSION_IDLE:
        session->what = by_chance(REGISTERS);
        session->question = by_chance(QUESTIONS);
        session->found = side->kept[session->what][session->question];
        if (by_chance(4) > 0 && session->found.is_there && atomic_load(&side->cover.listens) &&
                is_fresh(side, session->what, &session->found)) {
            session->at = SESSION_LOOKED;
            return;
        }
        session->clock = tags_clock(side->tags);
        session->sent_at = now;
        session->at = SESSION_SENT;
        break;
    case SESSION_LOOKED: /* a thread may stand still between the two */
        if (by_chance(6) == 0) {
            may_give(side, session);
            session->at = SESSION_IDLE;
        }
        break;
    case SESSION_SENT:
        session->version = data[session->what];
        session->at = SESSION_ANSWERED;
        break;
    case SESSION_ANSWERED:
        keep(side, session);
        see(session, session->version);
        raise_floor(side, session, now);
        session->at = SESSION_IDLE;
        break;
    }
}

/* ---- Sluices ---- */

static void start(struct side *side, unsigned i)
{
    const struct tier_hooks hooks = {.self = side};

    snprintf(side->name, sizeof side->name, "web%u", i);
    tier_options_init(&side->options);
    side->options.database = "shop";
    side->options.instance = side->name;
    side->options.semantics = "1";
    side->options.path = fake.path;
    side->options.ack_timeout = 20 * SL_MSEC;
    side->options.retry_every = 5 * SL_MSEC;
    side->instance = tier_instance_new(&side->options);
    side->tags = tags_new(TAGS_TABLE_BITS - 8, TAGS_KEY_BITS - 8);
    assert_true(side->instance != NULL && side->tags != NULL);
    tags_begin(side->tags, all_of(side)); /* a word of 0 is none, also of everything */
    tags_end(side->tags, all_of(side));
    tags_begin(side->tags, tags_of_database(side->tags, 0));
    tags_end(side->tags, tags_of_database(side->tags, 0));
    side->tier = tier_new(side->instance, 0, &hooks);
    watch_share_init(&side->share, side->tags, DATABASE);
    watch_share_open(&side->share,
            &(struct watch_shared){.instance = side->instance, .cover = &side->cover}, 1);
    assert_true(side->tier != NULL && side->share.tier != NULL);
    for (unsigned w = 0; w < WRITERS; w++) {
        side->writers[w].side = side;
    }
}

static void end(struct side *side)
{
    for (unsigned w = 0; w < WRITERS; w++) {
        tier_stop_waiting(side->tier, &side->writers[w].wait);
        tag_set_end(&side->writers[w].set, side->tags);
    }
    for (unsigned s = 0; s < SESSIONS; s++) {
        free(side->sessions[s].floors);
    }
    watch_share_close(&side->share);
    tier_free(side->tier);
    tier_instance_free(side->instance);
    tags_free(side->tags);
}

/* What the watch does in a turn, and the mistakes in it. */
static void drive(struct side *side)
{
    struct watch_told *told = &side->share.told;

    if (mistake == ANSWERS_AT_ONCE) {
        told->is_over = true;
    }
    if (mistake == OTHERS_NOT_ASKED && told->has_others) {
        told->others_count = 0;
    }
    watch_share_go_on(&side->share, now, false);
    if (mistake == CLOCK_AHEAD && atomic_load(&side->cover.told_until) != side->told_until) {
        atomic_store(&side->cover.told_until, now + AHEAD);
    }
    side->told_until = atomic_load(&side->cover.told_until);
}

static void go_on_side(struct side *side, bool is_started)
{
    switch (by_chance(8)) {
    case 0:
    case 1:
        drive(side);
        break;
    case 2:
        tier_go_on(side->tier, now, true, true);
        break;
    case 3:
        if (is_started) {
            go_on_writer(&side->writers[by_chance(WRITERS)]);
        }
        break;
    default:
        if (is_started) {
            go_on_session(side, &side->sessions[by_chance(SESSIONS)]);
        }
        break;
    }
}

/* ---- what happens ---- */

static void happen(void)
{
    switch (by_chance(16)) {
    case 0:
        fake.rows_count = 0; /* FLUSHALL */
        break;
    case 1:
        memcpy(dump, fake.rows, sizeof dump);
        dump_count = fake.rows_count;
        break;
    case 2:
        memcpy(fake.rows, dump, sizeof dump);
        fake.rows_count = dump_count;
        fake.run++;
        for (int i = 0; i < FAKE_CONNS; i++) {
            fake_drop(&fake, i);
        }
        break;
    default:
        fake_drop(&fake, (int)by_chance(FAKE_CONNS));
        break;
    }
}

static void step(bool is_started)
{
    const unsigned what = by_chance(1000);

    now += 1 + by_chance(STEP_MAX);
    if (what < 300) {
        const int conn = (int)by_chance(FAKE_CONNS);
        for (unsigned left = 1 + by_chance(4); left > 0 && fake_step(&fake, conn); left--) {
        }
    } else if (what < 999) {
        go_on_side(&sides[by_chance(SIDES)], is_started);
    } else if (is_started && by_chance(8) == 0) {
        happen();
    }
}

/* Who writes before it is in the list is not known of: cache/watch_told.h. */
static bool all_know_each_other(void)
{
    bool do_all = true;

    for (unsigned i = 0; i < SIDES; i++) {
        atomic_store(&sides[i].cover.wants_told, true);
        do_all = do_all && sides[i].share.told.others_count == SIDES - 1 &&
                 atomic_load(&sides[i].cover.told_until) > 0;
    }
    return do_all;
}

static void play(uint64_t first_seed)
{
    const enum mistake planted = mistake;
    unsigned steps = 0;

    seed = first_seed;
    memset(&fake, 0, sizeof fake);
    fake_open(&fake);
    dump_count = 0;
    memset(data, 0, sizeof data);
    memset(sides, 0, sizeof sides);
    now = SL_SECOND;
    for (unsigned i = 0; i < SIDES; i++) {
        start(&sides[i], i);
    }
    mistake = NO_MISTAKE;
    while (!all_know_each_other()) {
        step(false);
        assert_true(++steps < START_MAX);
    }
    mistake = planted;
    for (unsigned i = 0; i < STEPS; i++) {
        step(true);
    }
    for (unsigned i = 0; i < SIDES; i++) {
        end(&sides[i]);
    }
    fake_close(&fake);
}

static void play_all(enum mistake planted)
{
    const uint64_t rounds = planted == NO_MISTAKE ? ROUNDS : ROUNDS_MAX;

    mistake = planted;
    given = lifted = held = back = 0;
    for (uint64_t round = 1; round <= rounds && back == 0; round++) {
        play(round * 1000003);
    }
    print_message("mistake %d: %lu given, %lu by the clock, %lu held, %lu went back\n", planted,
            given, lifted, held, back);
}

static void no_session_goes_back(void **state)
{
    (void)state;
    play_all(NO_MISTAKE);
    assert_int_equal(back, 0);
    assert_true(given > 1000 && lifted > 50 && held > 100);
}

static void mistakes_are_found(void **state)
{
    (void)state;
    for (enum mistake planted = NO_MISTAKE + 1; planted < MISTAKES; planted++) {
        play_all(planted);
        assert_true(back > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(no_session_goes_back),
            cmocka_unit_test(mistakes_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
