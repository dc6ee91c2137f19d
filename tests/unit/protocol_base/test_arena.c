/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct sl_arena arena;
    uint8_t *taken[200];

    (void)state;
    sl_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < SL_COUNT(taken); i++) {
        taken[i] = sl_arena_take(&arena, i * 7 + 1);
        assert_non_null(taken[i]);
        assert_int_equal((uintptr_t)taken[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < i * 7 + 1; b++) {
            assert_int_equal(taken[i][b], 0);
        }
        memset(taken[i], (int)(i % 251) + 1, i * 7 + 1);
    }
    for (size_t i = 0; i < SL_COUNT(taken); i++) {
        assert_int_equal(taken[i][0], i % 251 + 1);
        assert_int_equal(taken[i][i * 7], i % 251 + 1);
    }
    sl_arena_fini(&arena);
}

static void the_bound_counts_memory_held(void **state)
{
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena, 10000);
    assert_null(sl_arena_take(&arena, 10000)); /* a block has a head */
    assert_null(sl_arena_take(&arena, SIZE_MAX));
    assert_non_null(sl_arena_take(&arena, 9000));
    assert_null(sl_arena_take(&arena, 2000));
    assert_non_null(sl_arena_take(&arena, 100));
    assert_true(arena.bytes <= 10000);
    sl_arena_fini(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void a_reset_arena_keeps_one_block_and_zeroes_again(void **state)
{
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena, 1 << 20);
    uint8_t *first = sl_arena_take(&arena, 100);
    assert_non_null(first);
    memset(first, 9, 100);
    size_t one = arena.bytes;
    for (int i = 0; i < 100; i++) {
        assert_non_null(sl_arena_take(&arena, 1000));
    }
    sl_arena_reset(&arena);
    assert_int_equal(arena.bytes, one);
    uint8_t *again = sl_arena_take(&arena, 100);
    assert_ptr_equal(again, first);
    assert_int_equal(again[0] | again[99], 0);
    sl_arena_fini(&arena);
    sl_arena_reset(&arena); /* an empty one too */
    sl_arena_fini(&arena);
}

static void texts_are_copied_and_terminated(void **state)
{
    struct sl_arena arena;
    char source[] = "abcdef";

    (void)state;
    sl_arena_init(&arena, 4096);
    char *copy = sl_arena_text(&arena, sl_span(source, 3));
    char *empty = sl_arena_text(&arena, sl_span(NULL, 0));
    char *made = sl_arena_printf(&arena, "%s-%d", source, 7);
    source[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(empty, "");
    assert_string_equal(made, "abcdef-7");
    sl_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
            cmocka_unit_test(the_bound_counts_memory_held),
            cmocka_unit_test(a_reset_arena_keeps_one_block_and_zeroes_again),
            cmocka_unit_test(texts_are_copied_and_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
