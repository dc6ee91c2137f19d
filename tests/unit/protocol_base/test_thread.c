/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static int pipe_of[2];

/* Until it is told to. */
static void *stay(void *unused)
{
    char byte;

    return read(pipe_of[0], &byte, 1) == 1 ? unused : NULL;
}

static void who_ends_is_waited_for(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pipe(pipe_of), 0);
    assert_int_equal(pthread_create(&thread, NULL, stay, NULL), 0);
    assert_int_equal(write(pipe_of[1], "x", 1), 1);
    assert_true(sl_thread_end(thread, 60 * SL_SECOND));
    close(pipe_of[0]);
    close(pipe_of[1]);
}

static void who_does_not_end_goes_on(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pipe(pipe_of), 0);
    assert_int_equal(pthread_create(&thread, NULL, stay, NULL), 0);
    assert_false(sl_thread_end(thread, 10 * SL_MSEC));
    assert_int_equal(write(pipe_of[1], "x", 1), 1); /* it reads that when it likes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(who_ends_is_waited_for),
            cmocka_unit_test(who_does_not_end_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
