/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/window.c - a ring of slots, each emptied when its turn comes again.
 */
#include "optimizer/window.h"

#include <stdbool.h>

static int64_t number_at(sl_usec now)
{
    return now / WINDOW_SLOT + 1;
}

/* A slot that is ahead of the reader's now counts too: it has taken an older one's place. */
static bool counts(int64_t number, sl_usec now)
{
    return number > number_at(now) - WINDOW_SLOTS;
}

/* The histogram for now. A slot that is ahead (another thread's now) takes what comes late. */
static struct histogram *slot_at(struct window *window, struct budget *budget, sl_usec now)
{
    int64_t number = number_at(now);
    unsigned i = (unsigned)(number % WINDOW_SLOTS);

    if (window->slots[i].number < number) {
        histogram_fini(&window->slots[i].times, budget);
        window->slots[i].number = number;
    }
    return &window->slots[i].times;
}

enum sl_err window_add(struct window *window, struct budget *budget, uint64_t usec, sl_usec now)
{
    return histogram_add(slot_at(window, budget, now), budget, usec);
}

enum sl_err window_merge(
        struct window *window, struct budget *budget, const struct histogram *more, sl_usec now)
{
    return more->count == 0 ? SL_OK : histogram_merge(slot_at(window, budget, now), budget, more);
}

enum sl_err window_read(
        const struct window *window, sl_usec now, struct histogram *into, struct budget *budget)
{
    enum sl_err err = SL_OK;

    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        if (counts(window->slots[i].number, now) &&
                histogram_merge(into, budget, &window->slots[i].times) != SL_OK) {
            err = SL_ENOMEM;
        }
    }
    return err;
}

struct histogram window_sum(const struct window *window, sl_usec now)
{
    struct histogram sum = {0};

    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        struct histogram slot = window->slots[i].times;

        if (counts(window->slots[i].number, now)) {
            slot.block = NULL;
            SL_IGNORE(histogram_merge(&sum, NULL, &slot), "there is no page to make");
        }
    }
    return sum;
}

void window_quantiles(const struct window *window, sl_usec now, const double *quantiles, size_t n,
        uint64_t *values)
{
    const struct histogram *parts[WINDOW_SLOTS];
    unsigned count = 0;

    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        if (counts(window->slots[i].number, now)) {
            parts[count++] = &window->slots[i].times;
        }
    }
    histogram_quantiles_of(parts, count, quantiles, n, values);
}

sl_usec window_from(sl_usec now)
{
    int64_t oldest = number_at(now) - WINDOW_SLOTS;

    return oldest < 0 ? 0 : oldest * WINDOW_SLOT;
}

void window_trim(struct window *window, struct budget *budget, sl_usec now)
{
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        if (window->slots[i].number <= number_at(now) - WINDOW_SLOTS) {
            histogram_fini(&window->slots[i].times, budget);
            window->slots[i].number = 0;
        }
    }
}

void window_fini(struct window *window, struct budget *budget)
{
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        histogram_fini(&window->slots[i].times, budget);
        window->slots[i].number = 0;
    }
}

size_t window_bytes(const struct window *window)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        bytes += histogram_bytes(&window->slots[i].times);
    }
    return bytes;
}
