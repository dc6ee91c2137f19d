/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_reserve.h"

#include <event2/buffer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* Nothing is left that malloc() could give; what it has given is in the list. */
static void **exhaust(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
    void **list = NULL;

    assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
    for (size_t len = 1 << 20; len >= 16; len /= 2) {
        void **more;
        while ((more = malloc(len)) != NULL) {
            *more = list;
            list = more;
        }
    }
    return list;
}

static void recover(void **list)
{
    const struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    while (list != NULL) {
        void **next = *list;
        free(list);
        list = next;
    }
    assert_int_equal(setrlimit(RLIMIT_AS, &all), 0);
}

static void small_pieces_come_from_the_reserve_and_go_back(void **state)
{
    struct evbuffer *buffers[HTTP_RESERVE_BLOCKS + 1];
    unsigned count = 0;

    (void)state;
    http_reserve_use();
    void **list = exhaust();
    while (count <= HTTP_RESERVE_BLOCKS && (buffers[count] = evbuffer_new()) != NULL) {
        count++;
    }
    unsigned used = http_reserve_used();
    recover(list);
    assert_true(used == HTTP_RESERVE_BLOCKS && count == HTTP_RESERVE_BLOCKS);
    while (count > 0) {
        evbuffer_free(buffers[--count]);
    }
    assert_int_equal(http_reserve_used(), 0);
}

static void nobody_else_takes_from_it(void **state)
{
    (void)state;
    void **list = exhaust();
    struct evbuffer *buffer = evbuffer_new();
    recover(list);
    assert_null(buffer);
    assert_int_equal(http_reserve_used(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nobody_else_takes_from_it),
            cmocka_unit_test(small_pieces_come_from_the_reserve_and_go_back),
    };

    http_reserve_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
