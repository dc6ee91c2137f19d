/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/cancel_keys.h"

#include "protocol/base/hash.h"
#include "proxy/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PEER = 0x1234, PEER_MAX = 16383, MANY = 100000, ROOM = MANY + 10 };

/* Only their addresses matter. */
static char places[2];
static struct worker *const workers[2] = {(void *)&places[0], (void *)&places[1]};

static bool all_alike; /* every serial has the same secret */
static bool no_memory;

bool process_secret(uint64_t serial, uint8_t *secret, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t at = all_alike ? i : serial * 64 + i;
        secret[i] = (uint8_t)sl_hash64(sl_span(&at, sizeof at));
    }
    return !no_memory;
}

static int begin(void **state)
{
    (void)state;
    all_alike = false;
    no_memory = false;
    return cancel_keys_start(ROOM) == SL_OK ? 0 : -1;
}

static struct cancel_key make(uint64_t serial)
{
    return (struct cancel_key){.serial = serial,
            .worker = workers[serial % 2],
            .client = {.slot = (uint32_t)serial, .gen = 7}};
}

static struct worker *find(const struct cancel_key *key, struct sl_id *client)
{
    uint8_t secret[CANCEL_KEY_LONG];
    size_t len = cancel_key_secret(key, secret);

    assert_int_equal(len, key->key_len);
    return cancel_key_find(key->pid, sl_span(secret, len), client);
}

static void assert_found(const struct cancel_key *key)
{
    struct sl_id client = {0};

    assert_ptr_equal(find(key, &client), key->worker);
    assert_int_equal(client.slot, key->client.slot);
    assert_int_equal(client.gen, key->client.gen);
}

static void assert_nobodys(uint32_t pid, const uint8_t *secret, size_t len)
{
    struct sl_id client = {.slot = 99, .gen = 99};

    assert_null(cancel_key_find(pid, sl_span(secret, len), &client));
    assert_int_equal(client.slot, 99);
    assert_int_equal(client.gen, 99);
}

/* ---- the table ---- */

static void a_key_is_its_clients_until_it_is_removed(void **state)
{
    static const int peers[] = {0, 1, PEER, PEER_MAX};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(peers); i++) {
        for (int is_long = 0; is_long < 2; is_long++) {
            struct cancel_key one = make(1);
            struct cancel_key two = make(2);
            assert_int_equal(cancel_key_add(&one, 0, peers[i], is_long != 0), SL_OK);
            assert_int_equal(cancel_key_add(&two, 0, peers[i], is_long != 0), SL_OK);
            assert_int_equal(one.key_len, is_long != 0 ? CANCEL_KEY_LONG : CANCEL_KEY_SHORT);
            assert_found(&one);
            assert_found(&two);
            cancel_key_remove(&one);
            cancel_key_remove(&one);
            assert_null(find(&one, &(struct sl_id){0}));
            assert_found(&two);
            cancel_key_remove(&two);
        }
    }
}

static void a_key_with_any_bit_wrong_is_nobodys(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool has_peer = (kind & 1) != 0;
        struct cancel_key key = make(3);
        uint8_t secret[CANCEL_KEY_LONG];
        assert_int_equal(cancel_key_add(&key, 0, has_peer ? PEER : 0, (kind & 2) != 0), SL_OK);
        size_t len = cancel_key_secret(&key, secret);
        for (size_t bit = 0; bit < len * 8; bit++) {
            bool is_count = has_peer && bit / 8 == 3 && bit % 8 < 2;
            secret[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (!is_count) {
                assert_nobodys(key.pid, secret, len);
            }
            secret[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (unsigned bit = 0; bit < 32; bit++) {
            assert_nobodys(key.pid ^ 1U << bit, secret, len);
        }
        assert_nobodys(key.pid, secret, len - 1);
        assert_nobodys(key.pid, secret, 0);
        assert_found(&key);
        cancel_key_remove(&key);
    }
}

static void a_short_key_does_not_open_what_has_a_long_one(void **state)
{
    struct cancel_key key = make(4);
    uint8_t secret[CANCEL_KEY_LONG];

    (void)state;
    assert_int_equal(cancel_key_add(&key, 0, 0, true), SL_OK);
    assert_int_equal(cancel_key_secret(&key, secret), CANCEL_KEY_LONG);
    assert_nobodys(key.pid, secret, CANCEL_KEY_SHORT);
    cancel_key_remove(&key);
}

/* Servers of two hosts may have the same process id, and so may two of one after the other. */
static void clients_with_one_process_id_are_told_apart(void **state)
{
    struct cancel_key keys[50];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        keys[i] = make(i + 10);
        assert_int_equal(cancel_key_add(&keys[i], 4711, 0, i % 2 == 0), SL_OK);
        assert_int_equal(keys[i].pid, 4711);
    }
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        assert_found(&keys[i]);
    }
    for (size_t i = 0; i < SL_COUNT(keys); i += 2) {
        cancel_key_remove(&keys[i]);
    }
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        assert_ptr_equal(find(&keys[i], &(struct sl_id){0}), i % 2 == 0 ? NULL : keys[i].worker);
        cancel_key_remove(&keys[i]);
    }
}

static void no_two_clients_have_the_same_key(void **state)
{
    struct cancel_key keys[2000];
    struct cancel_key session[2] = {make(1), make(2)};

    (void)state;
    all_alike = true; /* then only the process id can differ: one of 2^15 with a peer_id */
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        keys[i] = make(i);
        assert_int_equal(cancel_key_add(&keys[i], 0, PEER, false), SL_OK);
    }
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        assert_found(&keys[i]);
    }
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        cancel_key_remove(&keys[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(cancel_key_add(&session[i], 5, 0, false), SL_OK);
    }
    assert_int_equal(session[0].pid, 5);
    assert_int_not_equal(session[1].pid, 5);
    assert_found(&session[0]);
    assert_found(&session[1]);
    cancel_key_remove(&session[0]);
    cancel_key_remove(&session[1]);
}

static void the_key_of_who_had_the_place_before_is_nobodys(void **state)
{
    struct cancel_key before = make(6);
    struct cancel_key after = make(7);

    (void)state;
    after.client = (struct sl_id){.slot = before.client.slot, .gen = before.client.gen + 1};
    assert_int_equal(cancel_key_add(&before, 77, 0, false), SL_OK);
    cancel_key_remove(&before);
    assert_int_equal(cancel_key_add(&after, 77, 0, false), SL_OK);
    assert_null(find(&before, &(struct sl_id){0}));
    assert_found(&after);
    cancel_key_remove(&after);
}

static void the_table_grows_to_its_bound_and_no_further(void **state)
{
    struct cancel_key *keys = calloc(ROOM + 1, sizeof *keys);

    (void)state;
    assert_non_null(keys);
    for (uint64_t i = 0; i <= ROOM; i++) {
        keys[i] = make(i);
        assert_int_equal(cancel_key_add(&keys[i], 0, i % 3 == 0 ? PEER : 0, i % 5 == 0),
                i < ROOM ? SL_OK : SL_ELIMIT);
    }
    assert_false(keys[ROOM].is_known);
    cancel_key_remove(&keys[ROOM]);
    assert_null(find(&keys[ROOM], &(struct sl_id){0}));
    for (size_t i = 0; i < ROOM; i++) {
        assert_found(&keys[i]);
    }
    cancel_key_remove(&keys[5]);
    assert_int_equal(cancel_key_add(&keys[ROOM], 0, 0, false), SL_OK);
    assert_found(&keys[ROOM]);
    for (size_t i = 0; i <= ROOM; i++) {
        cancel_key_remove(&keys[i]);
    }
    free(keys);
}

static void without_memory_there_is_no_key(void **state)
{
    struct cancel_key key = make(8);
    uint8_t secret[CANCEL_KEY_LONG] = {0};

    (void)state;
    assert_int_equal(cancel_key_add(&key, 9, 0, false), SL_OK);
    no_memory = true;
    assert_int_equal(cancel_key_secret(&key, secret), 0);
    no_memory = false;
    assert_int_equal(cancel_key_secret(&key, secret), CANCEL_KEY_SHORT);
    no_memory = true;
    assert_nobodys(9, secret, CANCEL_KEY_SHORT);
    cancel_key_remove(&key);
    assert_int_equal(cancel_key_add(&key, 9, 0, false), SL_ENOMEM);
    assert_false(key.is_known);
}

/* ---- what peers read ---- */

/* Byte by byte as PgBouncer has it, whatever the machine's order of bytes. */
static void a_key_says_whose_it_is_where_pgbouncer_looks(void **state)
{
    static const int peers[] = {1, 0xff, 0x100, PEER, PEER_MAX};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(peers); i++) {
        for (uint64_t serial = 0; serial < 300; serial++) {
            struct cancel_key key = make(serial);
            uint8_t secret[CANCEL_KEY_LONG];
            assert_int_equal(cancel_key_add(&key, 4711, peers[i], serial % 2 == 1), SL_OK);
            cancel_key_secret(&key, secret);
            assert_int_equal(key.pid >> 31, 0);
            assert_int_equal(key.pid >> 16 & 0xff, peers[i] & 0xff);
            assert_int_equal(key.pid >> 8 & 0xff, peers[i] >> 8);
            assert_int_equal(secret[3] & 3, 3);
            assert_int_equal(cancel_key_peer(key.pid), peers[i]);
            cancel_key_remove(&key);
        }
    }
}

static void a_key_is_passed_on_three_times_and_known_each_time(void **state)
{
    (void)state;
    for (int is_long = 0; is_long < 2; is_long++) {
        struct cancel_key key = make(9);
        struct sl_id client;
        uint8_t secret[CANCEL_KEY_LONG];
        assert_int_equal(cancel_key_add(&key, 0, PEER, is_long != 0), SL_OK);
        size_t len = cancel_key_secret(&key, secret);
        for (int hop = 0; hop < 3; hop++) {
            assert_true(cancel_key_hop(secret, len));
            assert_ptr_equal(cancel_key_find(key.pid, sl_span(secret, len), &client), key.worker);
        }
        assert_false(cancel_key_hop(secret, len));
        assert_int_equal(secret[3] & 3, 0);
        cancel_key_remove(&key);
    }
    assert_false(cancel_key_hop((uint8_t[3]){3, 3, 3}, 3));
}

/* A reload may give us a peer_id, or another: those who are there keep the key they were told. */
static void keys_outlive_a_change_of_our_number(void **state)
{
    struct cancel_key keys[] = {make(20), make(21), make(22)};

    (void)state;
    assert_int_equal(cancel_key_add(&keys[0], 4711, 0, false), SL_OK);
    assert_int_equal(cancel_key_add(&keys[1], 4711, 5, false), SL_OK);
    assert_int_equal(cancel_key_add(&keys[2], 4711, 6, false), SL_OK);
    for (size_t i = 0; i < SL_COUNT(keys); i++) {
        assert_found(&keys[i]);
        cancel_key_remove(&keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(a_key_is_its_clients_until_it_is_removed, begin),
            cmocka_unit_test_setup(a_key_with_any_bit_wrong_is_nobodys, begin),
            cmocka_unit_test_setup(a_short_key_does_not_open_what_has_a_long_one, begin),
            cmocka_unit_test_setup(clients_with_one_process_id_are_told_apart, begin),
            cmocka_unit_test_setup(no_two_clients_have_the_same_key, begin),
            cmocka_unit_test_setup(the_key_of_who_had_the_place_before_is_nobodys, begin),
            cmocka_unit_test_setup(the_table_grows_to_its_bound_and_no_further, begin),
            cmocka_unit_test_setup(without_memory_there_is_no_key, begin),
            cmocka_unit_test_setup(a_key_says_whose_it_is_where_pgbouncer_looks, begin),
            cmocka_unit_test_setup(a_key_is_passed_on_three_times_and_known_each_time, begin),
            cmocka_unit_test_setup(keys_outlive_a_change_of_our_number, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
