/* SPDX-License-Identifier: PostgreSQL */
/*
 * Every order in which readers, hits, writers and the stream can take their steps, on the real words,
 * store and flights: each hit is what the database said at a moment while it was asked for, and nothing stale
 * stays. Where one of the rules is broken on purpose, some order must show it.
 *
 * The database is a set of writes that are visible, a bit each. What is kept is such a set.
 *
 *     reader    ask, and read the clock | snapshot | look at the words | put
 *     hit       ask | ask
 *     writer    begin | visible | end                    and what the stream says early
 *     stream    visible | begin | end                    when it says it late
 *     leader    lead, and read the clock | snapshot | look at the words and put | end
 *     waiter    come | end, if it led
 *     unread    begin everything | visible | end the row's | withdraw everything
 *     and who reads words in two steps, everything's first:
 *     slow reader  read the clock | snapshot | look at everything | look at the row and put
 *     slow hit     take what is there and look at everything | look at the row, and give
 */
#include "cache/flight.h"
#include "cache/store.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MB ((size_t)1 << 20)

enum { ACTORS_MAX = 5, STEPS_MAX = 4, ORDER_MAX = ACTORS_MAX * STEPS_MAX };

/* What is broken on purpose. */
enum mutation {
    NONE,
    CLOCK_AT_PUT,    /* not before the statement is sent */
    BEGIN_LATE,      /* when the write is visible already */
    END_EARLY,       /* before it is visible; of the stream: without settling */
    PENDING_IGNORED, /* kept although something is pending */
    WORDS_AT_PUT,    /* looked at once more, and remembered as they are then */
    NOT_PROVED,      /* a flight's end does not know what the answer depends on */
    WITHDRAWN_EARLY, /* before the row's is ended */
    WITHDRAWN_ALONE, /* and the row's not begun at all */
    READ_LATE        /* everything's word is read behind the row's */
};

struct actor;

struct world {
    enum mutation mutation;
    struct tags *tags;
    struct store *store;
    struct flights *flights;
    uint32_t row_tag;   /* known only when the answer is there */
    uint32_t table_tag; /* known before; everything's, where that is withdrawn */
    struct entry *kept; /* the last that a slow reader put: a reference */
    uint64_t runs;
    uint64_t stale;
    uint64_t hits;
    uint64_t served;
    struct sl_hash128 key;
    uint32_t visible; /* writes */
    uint32_t due;     /* those that a hit must have */
    uint32_t begun;
};

struct actor {
    void (*const *steps)(struct world *world, struct actor *self);
    unsigned steps_count;
    unsigned at;
    uint32_t tag; /* a writer's */
    uint32_t bit;
    uint32_t snapshot;
    uint64_t clock;
    struct entry *entry;
    struct flight_leader leader;
    struct flight_waiter waiter;
    uint32_t due; /* when the waiter came */
    bool is_done;
    bool leads;
    struct world *world;
};

/* ---- reading ---- */

static void judge(struct world *world, const struct entry *entry, uint32_t due)
{
    const uint32_t has = (uint32_t)number_in(entry);

    world->stale += (has & due) != due || (has & ~world->visible) != 0;
}

static bool ask(struct world *world)
{
    struct entry *entry = NULL;

    if (store_find(world->store, world->key, 0, &entry) != STORE_HIT) {
        return false;
    }
    world->hits++;
    judge(world, entry, world->due);
    entry_unref(entry);
    return true;
}

static void hit_asks(struct world *world, struct actor *self)
{
    (void)self;
    (void)ask(world);
}

static void reader_asks(struct world *world, struct actor *self)
{
    self->is_done = ask(world);
    self->clock = tags_clock(world->tags);
}

static void reader_has_a_snapshot(struct world *world, struct actor *self)
{
    self->snapshot = world->visible;
}

static bool may_be_kept(const struct world *world, const struct actor *self, uint64_t word)
{
    if (world->mutation == PENDING_IGNORED) {
        return word >> TAGS_PENDING_BITS <= self->clock;
    }
    return tags_is_since(word, self->clock);
}

static void reader_looks_at_the_words(struct world *world, struct actor *self)
{
    const uint32_t tags[] = {world->row_tag, world->table_tag};

    if (self->is_done) {
        return;
    }
    if (world->mutation == CLOCK_AT_PUT) {
        self->clock = tags_clock(world->tags);
    }
    self->entry = entry_with(self->snapshot, sizeof(uint64_t), SL_COUNT(tags));
    self->entry->key = world->key;
    for (unsigned i = 0; i < SL_COUNT(tags); i++) {
        uint64_t word = tags_word(world->tags, tags[i]);
        self->entry->tags[i] = (struct entry_tag){.word = word, .tag = tags[i]};
        self->is_done = self->is_done || !may_be_kept(world, self, word);
    }
    if (self->is_done) {
        entry_unref(self->entry);
        self->entry = NULL;
    }
}

static void reader_puts(struct world *world, struct actor *self)
{
    if (self->entry == NULL) {
        return;
    }
    if (world->mutation == WORDS_AT_PUT) {
        for (unsigned i = 0; i < self->entry->tags_count; i++) {
            self->entry->tags[i].word = tags_word(world->tags, self->entry->tags[i].tag);
        }
    }
    SL_CHECK(store_put(world->store, self->entry) == SL_OK);
    self->entry = NULL;
}

/* ---- writing ---- */

static void begin(struct world *world, struct actor *self)
{
    tags_begin(world->tags, self->tag);
    world->begun |= self->bit;
    world->due = world->visible & world->begun;
}

static void become_visible(struct world *world, struct actor *self)
{
    world->visible |= self->bit;
    world->due = world->visible & world->begun;
}

static void end(struct world *world, struct actor *self)
{
    tags_end(world->tags, self->tag);
}

/* A writer's deadline is not its begin, but when it is visible. */
static void become_visible_and_due(struct world *world, struct actor *self)
{
    world->begun |= self->bit;
    become_visible(world, self);
}

static void end_row(struct world *world, struct actor *self)
{
    (void)self;
    tags_begin(world->tags, world->row_tag);
    tags_end(world->tags, world->row_tag);
}

static void begin_everything(struct world *world, struct actor *self)
{
    self->tag = world->table_tag;
    begin(world, self);
}

static void withdraw(struct world *world, struct actor *self)
{
    (void)self;
    tags_withdraw(world->tags, world->table_tag);
}

/* ---- who reads in two steps ---- */

static uint32_t tag_of_step(const struct world *world, unsigned step)
{
    bool is_everything = (step == 0) != (world->mutation == READ_LATE);

    return is_everything ? world->table_tag : world->row_tag;
}

static void read_the_clock(struct world *world, struct actor *self)
{
    self->clock = tags_clock(world->tags);
}

static void look(struct world *world, struct actor *self, unsigned step)
{
    uint32_t tag = tag_of_step(world, step);
    uint64_t word = tags_word(world->tags, tag);

    self->entry->tags[step] = (struct entry_tag){.word = word, .tag = tag};
    self->is_done = self->is_done || !tags_is_since(word, self->clock);
}

static void look_first(struct world *world, struct actor *self)
{
    self->entry = entry_with(self->snapshot, sizeof(uint64_t), 2);
    self->entry->key = world->key;
    look(world, self, 0);
}

static void look_second_and_put(struct world *world, struct actor *self)
{
    look(world, self, 1);
    if (!self->is_done) {
        entry_unref(world->kept);
        world->kept = self->entry;
    } else {
        entry_unref(self->entry);
    }
    self->entry = NULL;
}

static bool is_same_word(const struct world *world, const struct entry *entry, uint32_t tag)
{
    for (unsigned i = 0; i < entry->tags_count; i++) {
        if (entry->tags[i].tag == tag) {
            return tags_word(world->tags, tag) == entry->tags[i].word;
        }
    }
    return false;
}

static void take_what_is_there(struct world *world, struct actor *self)
{
    self->due = world->due;
    if (world->kept != NULL && is_same_word(world, world->kept, tag_of_step(world, 0))) {
        self->entry = entry_ref(world->kept);
    }
}

static void give_it(struct world *world, struct actor *self)
{
    if (self->entry != NULL && is_same_word(world, self->entry, tag_of_step(world, 1))) {
        world->hits++;
        judge(world, self->entry, self->due);
    }
    entry_unref(self->entry);
    self->entry = NULL;
}

/* ---- flights ---- */

static void lead(struct world *world, struct actor *self)
{
    self->clock = tags_clock(world->tags);
    self->leader = (struct flight_leader){
            .key = world->key, .clock = self->clock, .tags = {world->table_tag}, .tags_count = 1};
    self->leads = flight_begin(world->flights, &self->leader, NULL) == FLIGHT_LEADS;
}

static void leader_puts(struct world *world, struct actor *self)
{
    reader_looks_at_the_words(world, self);
    if (self->entry != NULL) {
        SL_CHECK(store_put(world->store, entry_ref(self->entry)) == SL_OK);
    }
}

static void leader_ends(struct world *world, struct actor *self)
{
    struct entry *bare = NULL;

    if (self->leads && self->entry != NULL && world->mutation == NOT_PROVED) {
        bare = entry_with(self->snapshot, sizeof(uint64_t), 0);
        flight_end(world->flights, &self->leader, bare);
    } else if (self->leads) {
        flight_end(world->flights, &self->leader, self->entry);
    }
    entry_unref(bare);
    entry_unref(self->entry);
    self->entry = NULL;
}

static void wake(struct flight_waiter *waiter, struct entry *entry)
{
    struct actor *self = SL_CONTAINER(waiter, struct actor, waiter);

    if (entry != NULL) {
        self->world->served++;
        judge(self->world, entry, self->due);
        entry_unref(entry);
    }
}

static void come(struct world *world, struct actor *self)
{
    self->due = world->due;
    self->clock = tags_clock(world->tags);
    self->leader = (struct flight_leader){
            .key = world->key, .clock = self->clock, .tags = {world->table_tag}, .tags_count = 1};
    self->waiter = (struct flight_waiter){.wake = wake};
    self->leads = flight_begin(world->flights, &self->leader, &self->waiter) == FLIGHT_LEADS;
}

static void end_if_it_led(struct world *world, struct actor *self)
{
    if (self->leads) {
        flight_end(world->flights, &self->leader, NULL);
    }
}

/* ---- who there is ---- */

enum role {
    READER,
    HIT,
    WRITER,
    STREAM_EARLY,
    STREAM_LATE,
    LEADER,
    WAITER,
    UNREAD,
    SLOW_READER,
    SLOW_HIT
};

struct steps {
    void (*steps[STEPS_MAX])(struct world *world, struct actor *self);
    unsigned count;
};

static const struct steps roles[] = {
        [READER] = {{reader_asks, reader_has_a_snapshot, reader_looks_at_the_words, reader_puts},
                4},
        [HIT] = {{hit_asks, hit_asks}, 2},
        [WRITER] = {{begin, become_visible_and_due, end}, 3},
        [STREAM_EARLY] = {{begin, become_visible, end}, 3},
        [STREAM_LATE] = {{become_visible, begin, end}, 3},
        [LEADER] = {{lead, reader_has_a_snapshot, leader_puts, leader_ends}, 4},
        [WAITER] = {{come, end_if_it_led}, 2},
        [UNREAD] = {{begin_everything, become_visible_and_due, end_row, withdraw}, 4},
        [SLOW_READER] = {{read_the_clock, reader_has_a_snapshot, look_first, look_second_and_put},
                4},
        [SLOW_HIT] = {{take_what_is_there, give_it}, 2},
};
static const struct steps begins_late = {{become_visible_and_due, begin, end}, 3};
static const struct steps ends_early = {{begin, end, become_visible_and_due}, 3};
static const struct steps does_not_settle = {{begin, end, become_visible}, 3};

static const struct steps withdraws_early = {
        {begin_everything, become_visible_and_due, withdraw, end_row}, 4};
static const struct steps withdraws_alone = {
        {begin_everything, become_visible_and_due, withdraw}, 3};

static const struct steps *steps_of(enum role role, enum mutation mutation)
{
    if (role == UNREAD && mutation == WITHDRAWN_EARLY) {
        return &withdraws_early;
    }
    if (role == UNREAD && mutation == WITHDRAWN_ALONE) {
        return &withdraws_alone;
    }
    if (role == WRITER && mutation == BEGIN_LATE) {
        return &begins_late;
    }
    if (role == WRITER && mutation == END_EARLY) {
        return &ends_early;
    }
    if (role == STREAM_EARLY && mutation == END_EARLY) {
        return &does_not_settle;
    }
    return &roles[role];
}

/* ---- all orders ---- */

/* The next in the order of dictionaries, of those with the same letters. False: that was the last. */
static bool next_order(uint8_t *order, unsigned count)
{
    unsigned at = count - 1;
    unsigned other = count - 1;

    while (at > 0 && order[at - 1] >= order[at]) {
        at--;
    }
    if (at == 0) {
        return false;
    }
    while (order[other] <= order[at - 1]) {
        other--;
    }
    uint8_t kept = order[at - 1];
    order[at - 1] = order[other];
    order[other] = kept;
    for (unsigned low = at, high = count - 1; low < high; low++, high--) {
        kept = order[low];
        order[low] = order[high];
        order[high] = kept;
    }
    return true;
}

static void run(
        struct world *world, const struct actor *actors, const uint8_t *order, unsigned order_count)
{
    struct actor now[ACTORS_MAX];

    memcpy(now, actors, sizeof(now));
    world->key = (struct sl_hash128){.hi = world->runs, .lo = world->runs};
    world->visible = 0;
    world->due = 0;
    world->begun = 0;
    for (unsigned i = 0; i < order_count; i++) {
        struct actor *self = &now[order[i]];
        self->steps[self->at++](world, self);
    }
    world->due = world->visible; /* all has settled: nothing may be older */
    (void)ask(world);
    store_drop(world->store, world->key);
    if (world->kept != NULL && entry_is_fresh(world->kept, world->tags)) {
        world->hits++;
        judge(world, world->kept, world->due);
    }
    entry_unref(world->kept);
    world->kept = NULL;
    world->runs++;
}

static struct world all_orders(enum mutation mutation, const enum role *who, unsigned who_count)
{
    struct actor actors[ACTORS_MAX] = {{0}};
    struct world world = {.mutation = mutation, .tags = tags_new(TAGS_BITS_MIN, TAGS_BITS_MIN)};
    uint8_t order[ORDER_MAX];
    unsigned order_count = 0;
    unsigned writers = 0;

    world.store = store_new(&(struct store_limits){.bytes_max = MB}, world.tags);
    world.flights = flights_new(world.tags);
    world.row_tag = tags_of_key(world.tags, 1, 16384, 1, 1);
    world.table_tag = tags_of_table(world.tags, 1, 16384, TAG_WILD);
    for (unsigned i = 0; i < who_count; i++) {
        const struct steps *steps = steps_of(who[i], mutation);
        actors[i] =
                (struct actor){.steps = steps->steps, .steps_count = steps->count, .world = &world};
        if (who[i] == UNREAD) {
            actors[i].bit = 1U << 16;
        } else if (who[i] >= WRITER && who[i] <= STREAM_LATE) { /* the first one's is the row */
            actors[i].tag = writers == 0 ? world.row_tag : world.table_tag;
            actors[i].bit = 1U << writers++;
        }
        for (unsigned k = 0; k < steps->count; k++) {
            order[order_count++] = (uint8_t)i;
        }
    }
    do {
        run(&world, actors, order, order_count);
        if (mutation != NONE && world.stale > 0) {
            break;
        }
    } while (next_order(order, order_count));
    print_message("%lu orders, hits %lu, served %lu, stale %lu\n", world.runs, world.hits,
            world.served, world.stale);
    flights_free(world.flights);
    store_free(world.store);
    tags_free(world.tags);
    return world;
}

static const enum role two_writers[] = {READER, HIT, WRITER, WRITER};
static const enum role two_readers[] = {READER, READER, HIT, WRITER};
static const enum role stream_early[] = {READER, HIT, STREAM_EARLY, WRITER};
static const enum role stream_late[] = {READER, HIT, STREAM_LATE, WRITER};
static const enum role in_flight[] = {LEADER, WAITER, WRITER, WRITER};
static const enum role in_flight_stream[] = {LEADER, WAITER, STREAM_EARLY, HIT};

static const enum role unread[] = {SLOW_READER, SLOW_HIT, UNREAD, WRITER};
static const enum role unread_twice[] = {SLOW_HIT, SLOW_HIT, UNREAD, SLOW_READER};
static const enum role unread_stored[] = {READER, HIT, UNREAD, WRITER};
static const enum role unread_awaited[] = {LEADER, WAITER, UNREAD, HIT};

#define ALL_ORDERS(mutation, who) all_orders(mutation, who, SL_COUNT(who))

static void in_no_order_is_a_hit_stale(void **state)
{
    struct world world;

    (void)state;
    world = ALL_ORDERS(NONE, two_writers);
    assert_int_equal(world.runs, 277200);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
    world = ALL_ORDERS(NONE, two_readers);
    assert_int_equal(world.runs, 900900);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
}

static void nor_after_the_stream_has_said_it(void **state)
{
    struct world world;

    (void)state;
    world = ALL_ORDERS(NONE, stream_early);
    assert_int_equal(world.runs, 277200);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
    world = ALL_ORDERS(NONE, stream_late);
    assert_int_equal(world.runs, 277200);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
}

static void nor_is_what_somebody_waited_for(void **state)
{
    struct world world;

    (void)state;
    world = ALL_ORDERS(NONE, in_flight);
    assert_int_equal(world.runs, 277200);
    assert_int_equal(world.stale, 0);
    assert_true(world.served > 500);
    world = ALL_ORDERS(NONE, in_flight_stream);
    assert_int_equal(world.stale, 0);
    assert_true(world.served > 100);
}

static void a_clock_that_is_read_late_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(CLOCK_AT_PUT, two_writers).stale > 0);
    assert_true(ALL_ORDERS(CLOCK_AT_PUT, stream_early).stale > 0);
}

static void a_begin_that_is_late_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(BEGIN_LATE, two_writers).stale > 0);
}

static void an_end_that_is_early_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(END_EARLY, two_writers).stale > 0);
    assert_true(ALL_ORDERS(END_EARLY, stream_early).stale > 0);
}

static void a_fill_that_ignores_what_is_pending_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(PENDING_IGNORED, two_writers).stale > 0);
    assert_true(ALL_ORDERS(PENDING_IGNORED, stream_early).stale > 0);
}

static void words_that_are_read_twice_are_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(WORDS_AT_PUT, two_writers).stale > 0);
}

static void a_flight_that_is_not_proved_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(NOT_PROVED, in_flight).stale > 0);
}

static void nor_when_everything_was_withdrawn(void **state)
{
    struct world world;

    (void)state;
    world = ALL_ORDERS(NONE, unread);
    assert_int_equal(world.runs, 900900);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
    world = ALL_ORDERS(NONE, unread_twice);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
    world = ALL_ORDERS(NONE, unread_stored);
    assert_int_equal(world.stale, 0);
    assert_true(world.hits > 1000);
    world = ALL_ORDERS(NONE, unread_awaited);
    assert_int_equal(world.stale, 0);
    assert_true(world.served > 100);
}

static void a_withdrawal_that_is_early_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(WITHDRAWN_EARLY, unread).stale > 0);
    assert_true(ALL_ORDERS(WITHDRAWN_ALONE, unread).stale > 0);
    assert_true(ALL_ORDERS(WITHDRAWN_EARLY, unread_stored).stale > 0);
}

static void what_is_withdrawn_and_read_late_is_found(void **state)
{
    (void)state;
    assert_true(ALL_ORDERS(READ_LATE, unread_twice).stale > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(in_no_order_is_a_hit_stale),
            cmocka_unit_test(nor_after_the_stream_has_said_it),
            cmocka_unit_test(nor_is_what_somebody_waited_for),
            cmocka_unit_test(nor_when_everything_was_withdrawn),
            cmocka_unit_test(a_withdrawal_that_is_early_is_found),
            cmocka_unit_test(what_is_withdrawn_and_read_late_is_found),
            cmocka_unit_test(a_clock_that_is_read_late_is_found),
            cmocka_unit_test(a_begin_that_is_late_is_found),
            cmocka_unit_test(an_end_that_is_early_is_found),
            cmocka_unit_test(a_fill_that_ignores_what_is_pending_is_found),
            cmocka_unit_test(words_that_are_read_twice_are_found),
            cmocka_unit_test(a_flight_that_is_not_proved_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
