/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/slab.h"
#include "tests/unit/protocol_base/same_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

struct thing {
    uint64_t number;
    uint8_t rest[692];
};

enum { MANY = 5000 };

static void an_id_finds_its_object_until_it_is_given_back(void **state)
{
    struct sl_slab *slab = sl_slab_new(sizeof(struct thing), 10);
    struct sl_id id;
    struct sl_id other;

    (void)state;
    struct thing *thing = sl_slab_take(slab, &id);
    assert_non_null(thing);
    assert_int_equal(thing->number, 0);
    thing->number = 42;
    assert_ptr_equal(sl_slab_find(slab, id), thing);
    sl_slab_give(slab, id);
    assert_null(sl_slab_find(slab, id));

    struct thing *next = sl_slab_take(slab, &other);
    assert_ptr_equal(next, thing); /* the same place */
    assert_int_equal(next->number, 0);
    assert_null(sl_slab_find(slab, id));
    assert_null(sl_slab_find(slab, (struct sl_id){0}));
    assert_null(sl_slab_find(slab, (struct sl_id){UINT32_MAX, 1}));
    sl_slab_free(slab);
}

static void an_old_id_stays_old_when_its_block_went_and_came_again(void **state)
{
    struct sl_slab *slab = sl_slab_new(sizeof(struct thing), MANY);
    static struct sl_id old[MANY];
    static struct sl_id fresh[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        assert_non_null(sl_slab_take(slab, &old[i]));
    }
    for (size_t i = 0; i < MANY; i++) {
        sl_slab_give(slab, old[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_non_null(sl_slab_take(slab, &fresh[i]));
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_null(sl_slab_find(slab, old[i]));
        assert_non_null(sl_slab_find(slab, fresh[i]));
    }
    sl_slab_free(slab);
}

static void the_bound_holds(void **state)
{
    struct sl_slab *slab = sl_slab_new(100, 3);
    struct sl_id ids[4];

    (void)state;
    assert_non_null(sl_slab_take(slab, &ids[0]));
    assert_non_null(sl_slab_take(slab, &ids[1]));
    assert_non_null(sl_slab_take(slab, &ids[2]));
    assert_null(sl_slab_take(slab, &ids[3]));
    sl_slab_give(slab, ids[1]);
    assert_non_null(sl_slab_take(slab, &ids[3]));
    assert_int_equal(sl_slab_count(slab), 3);
    sl_slab_free(slab);
}

static void empty_blocks_go_back_but_one(void **state)
{
    struct sl_slab *slab = sl_slab_new(sizeof(struct thing), MANY);
    static struct sl_id ids[MANY];

    (void)state;
    assert_non_null(sl_slab_take(slab, &ids[0]));
    size_t one = sl_slab_bytes(slab);
    for (size_t i = 1; i < MANY; i++) {
        assert_non_null(sl_slab_take(slab, &ids[i]));
    }
    size_t all = sl_slab_bytes(slab);
    assert_true(all < MANY * (sizeof(struct thing) + 40)); /* what an object costs beside itself */
    for (size_t i = 0; i < MANY; i++) {
        sl_slab_give(slab, ids[i]);
    }
    assert_int_equal(sl_slab_count(slab), 0);
    assert_true(sl_slab_bytes(slab) < one + 65536);
    /* One taken and given back again and again costs no block each time. */
    assert_non_null(sl_slab_take(slab, &ids[0]));
    size_t again = sl_slab_bytes(slab);
    sl_slab_give(slab, ids[0]);
    assert_int_equal(sl_slab_bytes(slab), again);
    sl_slab_free(slab);
}

/* The second number of statm, in pages. */
static size_t resident_bytes(void)
{
    char line[128] = "";
    char *second = NULL;
    FILE *file = fopen("/proc/self/statm", "re");

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    (void)fclose(file);
    (void)strtol(line, &second, 10);
    return (size_t)strtol(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void memory_goes_back_to_the_system(void **state)
{
    enum { LOTS = 50000 };
    struct sl_slab *slab = sl_slab_new(sizeof(struct thing), LOTS);
    static struct sl_id ids[LOTS];

    (void)state;
    for (size_t i = 0; i < LOTS; i++) {
        struct thing *thing = sl_slab_take(slab, &ids[i]);
        assert_non_null(thing);
        memset(thing, 1, sizeof *thing);
    }
    size_t full = resident_bytes();
    for (size_t i = 0; i < LOTS; i++) {
        sl_slab_give(slab, ids[i]);
    }
    assert_true(resident_bytes() + (size_t)LOTS * 600 < full);
    sl_slab_free(slab);
}

static void a_walk_meets_every_live_object_once(void **state)
{
    struct sl_slab *slab = sl_slab_new(sizeof(struct thing), MANY);
    static struct sl_id ids[MANY];
    static bool is_live[MANY];
    struct sl_id id = {0};
    struct thing *thing;
    uint32_t slot = 0;
    uint32_t met = 0;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        thing = sl_slab_take(slab, &ids[i]);
        assert_non_null(thing);
        thing->number = i;
        is_live[i] = true;
    }
    for (uint32_t i = 0; i < MANY; i++) {
        if (next_random() % 3 != 0 || (i > 1000 && i < 3000)) { /* whole blocks too */
            sl_slab_give(slab, ids[i]);
            is_live[i] = false;
        }
    }
    while ((thing = sl_slab_next(slab, slot, &id)) != NULL) {
        assert_true(is_live[thing->number]);
        assert_ptr_equal(sl_slab_find(slab, id), thing);
        is_live[thing->number] = false;
        met++;
        slot = id.slot + 1;
    }
    assert_int_equal(met, sl_slab_count(slab));
    sl_slab_free(slab);
}

static void take_and_give_all(struct sl_slab *slab, size_t size)
{
    uint8_t *objects[64];
    struct sl_id ids[64];

    for (size_t i = 0; i < SL_COUNT(ids); i++) {
        objects[i] = sl_slab_take(slab, &ids[i]);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < size; b++) {
            assert_int_equal(objects[i][b], 0);
        }
        memset(objects[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < SL_COUNT(ids); i++) {
        assert_int_equal(objects[i][0], i + 1);
        assert_int_equal(objects[i][size - 1], i + 1);
        sl_slab_give(slab, ids[i]);
    }
}

static void objects_are_zeroed_and_do_not_overlap(void **state)
{
    static const size_t SIZES[] = {1, 2, 8, 24, 700, 4097, 70000};

    (void)state;
    for (size_t s = 0; s < SL_COUNT(SIZES); s++) {
        struct sl_slab *slab = sl_slab_new(SIZES[s], 64);

        take_and_give_all(slab, SIZES[s]);
        take_and_give_all(slab, SIZES[s]); /* what was given back is zeroed too */
        sl_slab_free(slab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_id_finds_its_object_until_it_is_given_back),
            cmocka_unit_test(an_old_id_stays_old_when_its_block_went_and_came_again),
            cmocka_unit_test(the_bound_holds),
            cmocka_unit_test(empty_blocks_go_back_but_one),
            cmocka_unit_test(memory_goes_back_to_the_system),
            cmocka_unit_test(a_walk_meets_every_live_object_once),
            cmocka_unit_test(objects_are_zeroed_and_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
