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

static void empty(struct window *window, unsigned i, struct budget *budget, int64_t number)
{
    histogram_fini(&window->slots[i].times, budget);
    window->slots[i].sums = (struct window_sums){0};
    window->slots[i].number = number;
}

/* The slot for now. One that is ahead (another thread's now) takes what comes late. */
static unsigned slot_at(struct window *window, struct budget *budget, sl_usec now)
{
    int64_t number = number_at(now);
    unsigned i = (unsigned)(number % WINDOW_SLOTS);

    if (window->slots[i].number < number) {
        empty(window, i, budget, number);
    }
    return i;
}

enum sl_err window_add(struct window *window, struct budget *budget, uint64_t usec, sl_usec now)
{
    return histogram_add(&window->slots[slot_at(window, budget, now)].times, budget, usec);
}

void window_sums_add(struct window_sums *into, const struct window_sums *more)
{
    into->errors += more->errors;
    into->cached += more->cached;
    into->rows += more->rows;
    into->wait_usec += more->wait_usec;
    into->server_usec += more->server_usec;
    into->client_usec += more->client_usec;
}

enum sl_err window_merge(
        struct window *window, struct budget *budget, const struct tally *more, sl_usec now)
{
    const struct window_sums sums = {.errors = more->errors,
            .cached = more->cached,
            .rows = more->rows,
            .wait_usec = more->times[TALLY_WAIT].sum,
            .server_usec = more->times[TALLY_SERVER].sum,
            .client_usec = more->client_usec};

    if (more->calls == 0) {
        return SL_OK;
    }
    unsigned i = slot_at(window, budget, now);
    window_sums_add(&window->slots[i].sums, &sums);
    return histogram_merge(&window->slots[i].times, budget, &more->times[TALLY_TOTAL]);
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

struct window_sums window_sums(const struct window *window, sl_usec now)
{
    struct window_sums sums = {0};

    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        if (counts(window->slots[i].number, now)) {
            window_sums_add(&sums, &window->slots[i].sums);
        }
    }
    return sums;
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
            empty(window, i, budget, 0);
        }
    }
}

void window_fini(struct window *window, struct budget *budget)
{
    for (unsigned i = 0; i < WINDOW_SLOTS; i++) {
        empty(window, i, budget, 0);
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
