/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4, LETTERS = 20000, PATIENCE_MS = 20000 };

struct note {
    struct letter letter;
    unsigned from;
    unsigned number;
};

static struct mailbox mailbox;
static unsigned next_of[THREADS]; /* the number that comes next from each */
static struct note *again;        /* posted again when it is delivered */

static int begin(void **state)
{
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        next_of[i] = 0;
    }
    return mailbox_init(&mailbox) == SL_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    mailbox_fini(&mailbox);
    return 0;
}

static void deliver(struct letter *letter, struct worker *worker)
{
    struct note *note = SL_CONTAINER(letter, struct note, letter);

    assert_null(worker);
    assert_int_equal(note->number, next_of[note->from]);
    next_of[note->from]++;
    if (note == again) {
        again = NULL;
        note->number++;
        mailbox_post(&mailbox, &note->letter);
        return;
    }
    free(note);
}

static struct note *note_new(unsigned from, unsigned number)
{
    struct note *note = calloc(1, sizeof *note);

    if (note == NULL) {
        abort();
    }
    note->letter.deliver = deliver;
    note->from = from;
    note->number = number;
    return note;
}

static int is_woken(void)
{
    struct pollfd event = {.fd = mailbox.wake_fd, .events = POLLIN};

    return poll(&event, 1, 0);
}

static void letters_come_in_the_order_in_which_they_were_posted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        mailbox_post(&mailbox, &note_new(0, i)->letter);
    }
    assert_int_equal(mailbox_deliver(&mailbox, NULL), 100);
    assert_int_equal(next_of[0], 100);
    assert_int_equal(mailbox_deliver(&mailbox, NULL), 0);
}

static void a_letter_wakes_until_it_is_taken(void **state)
{
    (void)state;
    assert_int_equal(is_woken(), 0);
    mailbox_post(&mailbox, &note_new(0, 0)->letter);
    mailbox_post(&mailbox, &note_new(0, 1)->letter);
    assert_int_equal(is_woken(), 1);
    assert_int_equal(mailbox_deliver(&mailbox, NULL), 2);
    assert_int_equal(is_woken(), 0);
}

static void what_is_posted_while_delivering_comes_the_next_time(void **state)
{
    (void)state;
    again = note_new(0, 0);
    mailbox_post(&mailbox, &again->letter);
    assert_int_equal(mailbox_deliver(&mailbox, NULL), 1);
    assert_int_equal(is_woken(), 1);
    assert_int_equal(mailbox_deliver(&mailbox, NULL), 1);
    assert_int_equal(next_of[0], 2);
}

static void *post_all(void *arg)
{
    unsigned from = *(unsigned *)arg;

    for (unsigned i = 0; i < LETTERS; i++) {
        mailbox_post(&mailbox, &note_new(from, i)->letter);
    }
    return NULL;
}

static void of_many_threads_every_letter_comes_once_and_wakes(void **state)
{
    pthread_t threads[THREADS];
    unsigned names[THREADS];
    unsigned count = 0;

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        names[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &names[i]), 0);
    }
    while (count < THREADS * LETTERS) {
        struct pollfd event = {.fd = mailbox.wake_fd, .events = POLLIN};
        assert_int_equal(poll(&event, 1, PATIENCE_MS), 1); /* a lost wake-up ends here */
        count += mailbox_deliver(&mailbox, NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(next_of[i], LETTERS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    letters_come_in_the_order_in_which_they_were_posted, begin, end),
            cmocka_unit_test_setup_teardown(a_letter_wakes_until_it_is_taken, begin, end),
            cmocka_unit_test_setup_teardown(
                    what_is_posted_while_delivering_comes_the_next_time, begin, end),
            cmocka_unit_test_setup_teardown(
                    of_many_threads_every_letter_comes_once_and_wakes, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
