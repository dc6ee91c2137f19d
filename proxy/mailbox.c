/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/mailbox.c - a stack that many push to and one empties.
 *
 * Whoever makes the stack non-empty writes the eventfd; the others know that
 * this wake-up is on its way. The receiver reads the eventfd before it takes the
 * stack, so that a letter posted in between wakes it again.
 */
#include "proxy/mailbox.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum sl_err mailbox_init(struct mailbox *mailbox)
{
    atomic_init(&mailbox->newest, NULL);
    mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return mailbox->wake_fd < 0 ? SL_EIO : SL_OK;
}

void mailbox_fini(struct mailbox *mailbox)
{
    if (mailbox->wake_fd >= 0) {
        close(mailbox->wake_fd);
    }
    mailbox->wake_fd = -1;
}

void mailbox_post(struct mailbox *mailbox, struct letter *letter)
{
    struct letter *newest = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);

    do {
        letter->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(
            &mailbox->newest, &newest, letter, memory_order_release, memory_order_relaxed));

    if (newest == NULL) {
        uint64_t one = 1;
        ssize_t n;
        do {
            n = write(mailbox->wake_fd, &one, sizeof one);
        } while (n < 0 && errno == EINTR);
        /* EAGAIN means the counter is full, so the receiver is awake anyway. */
    }
}

unsigned mailbox_deliver(struct mailbox *mailbox, struct worker *worker)
{
    uint64_t ignored;
    ssize_t n = read(mailbox->wake_fd, &ignored, sizeof ignored);
    (void)n; /* EAGAIN: nobody has written yet; the stack says what there is */

    struct letter *newest = atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
    struct letter *oldest = NULL;
    while (newest != NULL) {
        struct letter *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }

    unsigned count = 0;
    while (oldest != NULL) {
        struct letter *letter = oldest;
        oldest = letter->next; /* deliver() may free the letter */
        letter->deliver(letter, worker);
        count++;
    }
    return count;
}
