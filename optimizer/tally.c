/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/tally.c - adding one statement, or many that were added elsewhere.
 */
#include "optimizer/tally.h"

#include <string.h>

static void count_class(struct tally *tally, const char *name, uint32_t n, sl_usec at)
{
    static const char nothing[2] = {0};

    for (unsigned i = 0; i < TALLY_CLASSES; i++) {
        struct tally_class *class = &tally->classes[i];

        if (memcmp(class->name, nothing, sizeof(nothing)) == 0) {
            memcpy(class->name, name, sizeof(class->name));
        }
        if (memcmp(class->name, name, sizeof(class->name)) == 0) {
            class->count = n > UINT32_MAX - class->count ? UINT32_MAX : class->count + n;
            class->last_seen = at > class->last_seen ? at : class->last_seen;
            return;
        }
    }
}

static void count_seen(struct tally *tally, sl_usec first, sl_usec last)
{
    if (tally->calls == 0 || first < tally->first_seen) {
        tally->first_seen = first;
    }
    if (tally->calls == 0 || last > tally->last_seen) {
        tally->last_seen = last;
    }
}

enum sl_err tally_add(
        struct tally *tally, struct budget *budget, const struct tally_sample *sample, sl_usec now)
{
    enum sl_err err = SL_OK;

    count_seen(tally, now, now);
    tally->calls++;
    tally->rows += sample->rows;
    tally->bytes_in += sample->bytes_in;
    tally->bytes_out += sample->bytes_out;
    tally->transactions += sample->ends_transaction ? 1 : 0;
    tally->cached += sample->is_cached ? 1 : 0;
    tally->client_usec += sample->client > 0 ? (uint64_t)sample->client : 0;
    if (SL_UNLIKELY(sample->sqlstate[0] != '\0')) {
        tally->errors++;
        count_class(tally, sample->sqlstate, 1, now);
    }
    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        if (sample->times[i] >= 0 &&
                histogram_add(&tally->times[i], budget, (uint64_t)sample->times[i]) != SL_OK) {
            err = SL_ENOMEM;
        }
    }
    return err;
}

enum sl_err tally_merge(struct tally *into, struct budget *budget, const struct tally *from)
{
    enum sl_err err = SL_OK;

    if (from->calls == 0) {
        return SL_OK;
    }
    count_seen(into, from->first_seen, from->last_seen);
    into->calls += from->calls;
    into->errors += from->errors;
    into->rows += from->rows;
    into->bytes_in += from->bytes_in;
    into->bytes_out += from->bytes_out;
    into->transactions += from->transactions;
    into->cached += from->cached;
    into->client_usec += from->client_usec;
    for (unsigned i = 0; i < TALLY_CLASSES && from->classes[i].count > 0; i++) {
        const struct tally_class *class = &from->classes[i];
        count_class(into, class->name, class->count, class->last_seen);
    }
    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        if (histogram_merge(&into->times[i], budget, &from->times[i]) != SL_OK) {
            err = SL_ENOMEM;
        }
    }
    return err;
}

void tally_reset(struct tally *tally)
{
    struct tally empty = {0};

    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        histogram_reset(&tally->times[i]);
        empty.times[i] = tally->times[i];
    }
    *tally = empty;
}

void tally_fini(struct tally *tally, struct budget *budget)
{
    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        histogram_fini(&tally->times[i], budget);
    }
    *tally = (struct tally){0};
}

size_t tally_bytes(const struct tally *tally)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        bytes += histogram_bytes(&tally->times[i]);
    }
    return bytes;
}
