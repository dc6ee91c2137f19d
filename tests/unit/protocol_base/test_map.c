/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/list.h"

struct thing {
    struct sl_map_node node;
    uint32_t number;
};

enum { MANY = 20000 };

static struct thing things[MANY];

/* Few hashes, so that chains mix equal and unequal ones. */
static uint64_t hash_of(uint32_t number)
{
    return (uint64_t)(number % 4096) * 0x9E3779B97F4A7C15U;
}

static struct thing *find(const struct sl_map *map, uint32_t number)
{
    uint64_t hash = hash_of(number);

    for (struct sl_map_node *n = sl_map_first(map, hash); n != NULL; n = sl_map_next(n)) {
        struct thing *thing = SL_CONTAINER(n, struct thing, node);

        assert_int_equal(n->hash, hash);
        if (thing->number == number) {
            return thing;
        }
    }
    return NULL;
}

static void put_all(struct sl_map *map)
{
    for (uint32_t i = 0; i < MANY; i++) {
        things[i].number = i;
        assert_int_equal(sl_map_put(map, &things[i].node, hash_of(i)), SL_OK);
    }
}

static void what_was_put_is_found_until_removed(void **state)
{
    struct sl_map map;

    (void)state;
    sl_map_init(&map, MANY);
    assert_null(find(&map, 1));
    put_all(&map);
    for (uint32_t i = 0; i < MANY; i += 2) {
        sl_map_remove(&map, &things[i].node);
    }
    assert_int_equal(map.count, MANY / 2);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_ptr_equal(find(&map, i), i % 2 == 0 ? NULL : &things[i]);
    }
    sl_map_fini(&map);
}

static void the_bound_holds(void **state)
{
    struct sl_map map;

    (void)state;
    sl_map_init(&map, 1);
    assert_int_equal(sl_map_put(&map, &things[0].node, 1), SL_OK);
    assert_int_equal(sl_map_put(&map, &things[1].node, 2), SL_ELIMIT);
    assert_null(sl_map_first(&map, 2));
    sl_map_remove(&map, &things[0].node);
    assert_int_equal(sl_map_put(&map, &things[1].node, 2), SL_OK);
    sl_map_fini(&map);
}

/* In one walk: 20,000 times from the first bucket would be 300 million steps. */
static void a_map_is_emptied_by_any(void **state)
{
    struct sl_map map;
    struct sl_map_node *node;
    uint32_t count = 0;

    (void)state;
    sl_map_init(&map, MANY);
    assert_null(sl_map_any(&map));
    put_all(&map);
    while ((node = sl_map_any(&map)) != NULL) {
        sl_map_remove(&map, node);
        count++;
        if (count % 100 == 0) { /* what comes meanwhile is met as well */
            assert_int_equal(sl_map_put(&map, node, hash_of(count)), SL_OK);
        }
    }
    assert_true(count > MANY);
    assert_int_equal(map.count, 0);
    sl_map_fini(&map);
}

static void a_list_keeps_its_order(void **state)
{
    struct sl_list head;
    struct sl_list items[4];
    int at = 0;

    (void)state;
    sl_list_init(&head);
    assert_null(sl_list_pop(&head));
    sl_list_append(&head, &items[1]);
    sl_list_append(&head, &items[2]);
    sl_list_push(&head, &items[0]);
    sl_list_append(&head, &items[3]);
    sl_list_remove(&items[2]);
    sl_list_remove(&items[2]); /* harmless */
    SL_LIST_EACH_SAFE (it, &head) {
        assert_ptr_equal(it, &items[at == 2 ? 3 : at]);
        at++;
        sl_list_remove(it);
    }
    assert_int_equal(at, 3);
    assert_true(sl_list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_put_is_found_until_removed),
            cmocka_unit_test(the_bound_holds),
            cmocka_unit_test(a_map_is_emptied_by_any),
            cmocka_unit_test(a_list_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
