/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/slow.c - a ring of the last, and an unsorted list of the slowest.
 *
 * Of the slowest the least slow is known, so that most who come cost one comparison.
 */
#include "optimizer/slow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slow {
    pthread_mutex_t lock;
    uint64_t count; /* under lock, as what follows: ever added to last */
    uint32_t worst_count;
    uint32_t least; /* among worst, when that is full */
    struct slow_statement last[SLOW_LAST];
    struct slow_statement worst[SLOW_WORST];
};

struct slow *slow_new(void)
{
    struct slow *slow = calloc(1, sizeof(*slow));

    if (slow != NULL) {
        pthread_mutex_init(&slow->lock, NULL);
    }
    return slow;
}

void slow_free(struct slow *slow)
{
    if (slow != NULL) {
        pthread_mutex_destroy(&slow->lock);
        free(slow);
    }
}

static sl_usec total_of(const struct slow_statement *statement)
{
    return statement->times[TALLY_TOTAL];
}

static void add_worst_locked(struct slow *slow, const struct slow_statement *statement)
{
    if (slow->worst_count < SLOW_WORST) {
        slow->worst[slow->worst_count++] = *statement;
    } else if (total_of(statement) > total_of(&slow->worst[slow->least])) {
        slow->worst[slow->least] = *statement;
    } else {
        return;
    }
    slow->least = 0;
    for (uint32_t i = 1; i < slow->worst_count; i++) {
        if (total_of(&slow->worst[i]) < total_of(&slow->worst[slow->least])) {
            slow->least = i;
        }
    }
}

void slow_add(struct slow *slow, const struct slow_statement *statement)
{
    pthread_mutex_lock(&slow->lock);
    slow->last[slow->count++ % SLOW_LAST] = *statement;
    add_worst_locked(slow, statement);
    pthread_mutex_unlock(&slow->lock);
}

static int slowest_first(const void *a, const void *b)
{
    sl_usec one = total_of(a);
    sl_usec two = total_of(b);

    return one < two ? 1 : one > two ? -1 : 0;
}

uint32_t slow_read(struct slow *slow, enum slow_order order, struct slow_statement to[SLOW_MAX])
{
    uint32_t count = 0;

    pthread_mutex_lock(&slow->lock);
    if (order == SLOW_BY_TOTAL) {
        count = slow->worst_count;
        memcpy(to, slow->worst, count * sizeof(*to));
    } else {
        for (uint64_t i = slow->count; i > 0 && count < SLOW_LAST; i--) {
            to[count++] = slow->last[(i - 1) % SLOW_LAST];
        }
    }
    pthread_mutex_unlock(&slow->lock);
    if (order == SLOW_BY_TOTAL) {
        qsort(to, count, sizeof(*to), slowest_first);
    }
    return count;
}

void slow_reset(struct slow *slow)
{
    pthread_mutex_lock(&slow->lock);
    slow->count = 0;
    slow->worst_count = 0;
    slow->least = 0;
    pthread_mutex_unlock(&slow->lock);
}
