/* SPDX-License-Identifier: PostgreSQL */
/*
 * Two Sluices and one Redis, by the parts of the cache that speak to it (cache/tier.h): what one keeps the other finds,
 * what one writes the other does not find any more.
 */
#include "tests/e2e/cache_redis_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct side *a;
static struct side *b;

static void two_sides(void)
{
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    side_up(a);
    side_up(b);
}

static void what_one_keeps_another_finds(void **state)
{
    (void)state;
    two_sides();
    side_fill(a, 1, "hello");
    expect_hit(a, 1, "hello");
    expect_hit(b, 1, "hello");
    expect_miss(b, 2, TIER_ABSENT);
    assert_int_equal(side_counts(b).results[TIER_HIT], 1);
    assert_int_equal(side_counts(b).mended, 0);
    assert_int_equal(side_counts(a).mended, 1); /* the first of all made what there was not */
}

static void what_is_kept_says_what_it_is(void **state)
{
    struct asked asked;

    (void)state;
    two_sides();
    side_fill(a, 1, "hello");
    side_find(b, 1, &asked);
    assert_int_equal(asked.answer.position, 42);
    assert_int_equal(asked.answer.cost_usec, 5000);
    assert_int_equal(asked.answer.rows, 1);
    assert_true(asked.answer.age >= 0 && asked.answer.age < 3600 * SL_SECOND);
    assert_string_equal(
            world_do("HGET %s sql", side_entry(a, 1)), "select name from users where id = $1");
    assert_string_equal(world_do("HMGET %s params role inst rows bytes", side_entry(a, 1)),
            "7\napp\nweb1\n1\n7");
    assert_string_equal(world_do("HGET %s body", side_entry(a, 1)), "ThelloC");
    long ttl = strtol(world_do("PTTL %s", side_entry(a, 1)), NULL, 10);
    assert_true(ttl > 500000 && ttl <= 660001);
    assert_string_equal(world_do("HLEN %s", side_name(a, "v:public.users")), "1"); /* base */
    side_write(a);
    assert_string_equal(world_do("HLEN %s", side_name(a, "v:public.users")), "3");
    tier_hot(a->tier, (struct sl_hash128){.hi = 1, .lo = 1}, 7, 4900);
    tier_hot(a->tier, (struct sl_hash128){.hi = 1, .lo = 1}, 7, 4900);
    side_flush_puts(a);
    world_do("ZREVRANGE %s 0 9 WITHSCORES", side_name(a, "hot"));
    assert_string_equal(world.said + strlen(world.said) - 5, "\n9800");
}

static void a_write_is_seen_by_all(void **state)
{
    (void)state;
    two_sides();
    side_fill(a, 1, "old");
    assert_true(side_write(b));
    expect_miss(a, 1, TIER_STALE);
    expect_miss(b, 1, TIER_STALE);
    side_fill(b, 1, "new");
    expect_hit(a, 1, "new");
    assert_true(side_write(a));
    expect_miss(b, 1, TIER_STALE);
}

static void while_a_write_is_under_way_nothing_is_given_or_kept(void **state)
{
    struct told told;
    struct asked asked;

    (void)state;
    two_sides();
    side_fill(a, 1, "old");
    assert_true(side_tell(a, false, &told));
    SOON(told.is_done);
    assert_true(told.is_told);
    side_find(b, 1, &asked);
    assert_int_equal(asked.answer.miss, TIER_PENDING);
    assert_int_equal(asked.proof_len, 0);
    assert_false(side_put(b, 1, &asked, "?"));
    assert_true(side_tell(a, true, &told));
    SOON(told.is_done);
    expect_miss(b, 1, TIER_STALE);
}

/* The heart of it: what was read before the write is put after it. */
static void a_fill_that_comes_after_a_write_is_dead(void **state)
{
    struct asked asked;

    (void)state;
    two_sides();
    side_find(a, 1, &asked);
    assert_true(side_write(b));
    assert_true(side_put(a, 1, &asked, "old"));
    side_flush_puts(a);
    expect_miss(a, 1, TIER_STALE);
    expect_miss(b, 1, TIER_STALE);
}

static void a_writer_that_dies_leaves_its_tags_pending(void **state)
{
    struct told told;

    (void)state;
    two_sides();
    side_fill(a, 1, "old");
    assert_true(side_tell(a, false, &told));
    SOON(told.is_done);
    side_close(a, false);
    expect_miss(b, 1, TIER_PENDING);
    /* For as long as pending_max: as if that had gone by. */
    world_do("HSET %s any 5@0123456789abcdef!1000", side_name(b, "v:public.users"));
    world_do("HSET %s k:77 5@0123456789abcdef!1000", side_name(b, "v:public.users"));
    expect_miss(b, 1, TIER_ABSENT);
    expect_miss(b, 1, TIER_STALE);
    side_fill(b, 1, "new");
    expect_hit(b, 1, "new");
}

static void a_key_that_is_lost_makes_nothing_valid_again(void **state)
{
    static const char *const lost[] = {"v:public.users", "v:public.orders", "epoch"};

    (void)state;
    two_sides();
    for (size_t i = 0; i < CASE_COUNT(lost); i++) {
        side_fill(a, 1, "old");
        expect_hit(b, 1, "old");
        world_do("DEL %s", side_name(a, lost[i]));
        struct asked asked;
        side_find(b, 1, &asked);
        assert_int_equal(asked.answer.result, TIER_MISS);
        expect_miss(a, 1, TIER_STALE);
    }
    side_fill(a, 1, "old");
    world_do("COPY %s spare", side_entry(a, 1));
    world_do("FLUSHALL");
    expect_miss(b, 1, TIER_ABSENT);
    side_fill(a, 1, "more");
    expect_hit(b, 1, "more");
}

/* A table that was written to and lost keeps a token of its own without a base. */
static void tokens_without_a_base_are_mended(void **state)
{
    (void)state;
    two_sides();
    assert_true(side_write(a));
    side_fill(a, 1, "x");
    expect_hit(b, 1, "x");
    world_do("HDEL %s base", side_name(a, "v:public.users"));
    expect_miss(b, 1, TIER_ABSENT);
    expect_miss(b, 1, TIER_STALE);
}

static void other_semantics_are_other_names(void **state)
{
    (void)state;
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    b->options.semantics = "2 7123456789";
    side_up(a);
    side_up(b);
    side_fill(a, 1, "x");
    expect_miss(b, 1, TIER_ABSENT);
    assert_string_not_equal(side_name(a, ""), side_name(b, ""));
}

static void names_of_any_bytes_are_one_word(void **state)
{
    (void)state;
    a = side_prepare(0, "we b:1=%;");
    a->options.database = "sh op:\xc3\xa4\n";
    side_up(a);
    side_fill(a, 1, "x");
    expect_hit(a, 1, "x");
    assert_non_null(strstr(side_name(a, ""), "sluice:sh%20op:\xc3\xa4%0a@"));
}

/* ---- the channel ---- */

static void one_hears_what_another_writes(void **state)
{
    (void)state;
    two_sides();
    side_listen(b);
    assert_string_equal(b->heard, "before;");
    assert_true(side_write(a));
    SOON(strstr(b->heard, "k:77 end;") != NULL);
    assert_string_equal(b->heard,
            "before;public.users any begin;public.users k:77 begin;public.users any end;"
            "public.users k:77 end;");
    assert_true(side_write(b)); /* its own it knows */
    assert_true(side_write(a));
    SOON(strlen(b->heard) > 160);
    struct tier_listen_counts counts;
    tier_listen_counts(b->listen, &counts);
    assert_int_equal(counts.own, 2);
    assert_int_equal(counts.senders, 2);
    assert_int_equal(counts.missed[TIER_MISSED_GAP], 0);
}

static void a_loss_of_the_channel_is_told_of(void **state)
{
    (void)state;
    two_sides();
    side_listen(b);
    world_do("CLIENT KILL TYPE pubsub");
    SOON(strcmp(b->heard, "before;lost;before;") == 0);
    side_write(a);
    SOON(strstr(b->heard, "k:77 end;") != NULL);
}

static void a_message_that_is_missing_is_missed(void **state)
{
    const char *inv;

    (void)state;
    two_sides();
    side_listen(b);
    inv = side_name(b, "inv");
    world_do("EVAL return(redis.call('publish',KEYS[1],'web9.0-00\\032"
             "5\\032"
             "beat')) 1 %s",
            inv);
    world_do("EVAL return(redis.call('publish',KEYS[1],'web9.0-00\\032"
             "6\\032"
             "beat')) 1 %s",
            inv);
    world_do("EVAL return(redis.call('publish',KEYS[1],'web9.0-00\\032"
             "8\\032"
             "beat')) 1 %s",
            inv);
    SOON(strcmp(b->heard, "before;gap;") == 0);
    world_do("PUBLISH %s nonsense", inv);
    SOON(strcmp(b->heard, "before;gap;not_understood;") == 0);
    struct told told = {.wait.done = NULL};
    side_tell(a, true, &told);
    SOON(told.is_done);
    SOON(strstr(b->heard, "any end;public.users k:77 end;") != NULL);
    tier_end_all(a->tier, NULL, sl_now());
    SOON(strstr(b->heard, "said;") != NULL);
}

/* So that one that is missing is missed though nobody writes any more. */
static void a_sender_beats_after_it_spoke(void **state)
{
    struct tier_listen_counts counts = {.messages = 0};

    (void)state;
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    a->options.beat_every = 10 * SL_MSEC;
    side_up(a);
    side_up(b);
    side_listen(b);
    side_write(a);
    do {
        world_pump();
        tier_listen_counts(b->listen, &counts);
    } while (counts.messages < 3);
    assert_int_equal(counts.missed[TIER_MISSED_GAP], 0);
}

/* ---- all entries, lives ---- */

static void all_entries_go_with_the_epoch(void **state)
{
    struct told told;

    (void)state;
    two_sides();
    side_fill(a, 1, "x");
    memset(&told, 0, sizeof told);
    side_tell(a, true, &told);
    SOON(told.is_done);
    side_fill(a, 1, "y");
    tier_end_all(b->tier, NULL, sl_now());
    side_flush_puts(b);
    expect_miss(a, 1, TIER_STALE);
    side_fill(a, 1, "z");
    expect_hit(b, 1, "z");
}

static void who_was_killed_makes_a_new_epoch_and_who_said_goodbye_does_not(void **state)
{
    (void)state;
    two_sides();
    side_fill(a, 1, "x");
    side_close(a, true);
    side_prepare(0, "web1");
    side_up(a);
    expect_hit(a, 1, "x");
    side_close(a, false); /* as if killed: it may have missed something */
    side_prepare(0, "web1");
    side_up(a);
    expect_miss(a, 1, TIER_STALE);
    assert_int_equal(side_counts(a).epochs, 1);
    side_fill(b, 1, "y");
    side_prepare(2, "web3"); /* nobody knows it: it cannot have missed anything */
    side_up(&world.sides[2]);
    expect_hit(&world.sides[2], 1, "y");
    world_do("DEL %s", side_name(a, "inst")); /* now nobody knows who did */
    side_close(&world.sides[2], false);
    side_prepare(2, "web4");
    side_up(&world.sides[2]);
    expect_miss(a, 1, TIER_STALE);
}

static void who_leaves_is_not_called(void **state)
{
    struct asked asked;
    struct asked second;
    struct told told;

    (void)state;
    two_sides();
    assert_true(side_ask(a, 1, &asked));
    tier_leave(a->tier, &asked.request);
    assert_true(side_tell(a, true, &told));
    tier_stop_waiting(a->tier, &told.wait);
    side_find(a, 2, &second);
    assert_false(asked.is_done);
    assert_false(told.is_done);
    assert_int_equal(side_counts(a).lookups_now, 0);
    assert_true(side_ask(a, 1, &asked));
    assert_true(side_tell(a, true, &told));
    side_close(a, false);
    assert_true(asked.is_done && asked.answer.result == TIER_LATE);
    assert_true(told.is_done && !told.is_told);
}

static void a_write_of_very_many_tags_is_a_new_epoch(void **state)
{
    static struct tier_tag tags[TIER_BUMP_TAGS_MAX + 1];
    static char fields[TIER_BUMP_TAGS_MAX + 1][16];

    (void)state;
    two_sides();
    side_fill(a, 1, "x");
    for (unsigned i = 0; i <= TIER_BUMP_TAGS_MAX; i++) {
        snprintf(fields[i], sizeof fields[i], "k:%u", i);
        tags[i] = (struct tier_tag){"public.items", fields[i]};
    }
    tier_end(b->tier, tags, TIER_BUMP_TAGS_MAX, NULL, sl_now());
    side_flush_puts(b);
    expect_hit(a, 1, "x");
    assert_string_equal(world_do("HLEN %s", side_name(a, "v:public.items")), "1024");
    tier_end(b->tier, tags, TIER_BUMP_TAGS_MAX + 1, NULL, sl_now());
    side_flush_puts(b);
    expect_miss(a, 1, TIER_STALE);
}

/* Now and then the writer looks how many there are. */
static void the_tokens_of_a_table_are_bounded(void **state)
{
    char field[32];
    const struct tier_tag tag = {"public.items", field};

    (void)state;
    a = side_prepare(0, "web1");
    a->options.fields_max = 100;
    side_up(a);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(field, sizeof field, "k:%u", i);
        tier_end(a->tier, &tag, 1, NULL, sl_now());
        if (i % 50 == 0) {
            side_flush_puts(a);
        }
    }
    side_flush_puts(a);
    assert_true(strtol(world_do("HLEN %s", side_name(a, "v:public.items")), NULL, 10) < 3000);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_case, world_case_end)

int main(void)
{
    struct CMUnitTest cases[64];
    size_t count = 0;
    const struct CMUnitTest own[] = {CASE(what_one_keeps_another_finds),
            CASE(what_is_kept_says_what_it_is), CASE(a_write_is_seen_by_all),
            CASE(while_a_write_is_under_way_nothing_is_given_or_kept),
            CASE(a_fill_that_comes_after_a_write_is_dead),
            CASE(a_writer_that_dies_leaves_its_tags_pending),
            CASE(a_key_that_is_lost_makes_nothing_valid_again),
            CASE(tokens_without_a_base_are_mended), CASE(other_semantics_are_other_names),
            CASE(names_of_any_bytes_are_one_word), CASE(one_hears_what_another_writes),
            CASE(a_loss_of_the_channel_is_told_of), CASE(a_message_that_is_missing_is_missed),
            CASE(a_sender_beats_after_it_spoke), CASE(all_entries_go_with_the_epoch),
            CASE(who_was_killed_makes_a_new_epoch_and_who_said_goodbye_does_not),
            CASE(who_leaves_is_not_called), CASE(a_write_of_very_many_tags_is_a_new_epoch),
            CASE(the_tokens_of_a_table_are_bounded)};

    for (size_t i = 0; i < CASE_COUNT(own); i++) {
        cases[count++] = own[i];
    }
    count += cache_redis_failures(cases + count);
    return case_run(cases, count, world_start, world_stop);
}
