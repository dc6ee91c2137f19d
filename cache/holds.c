/* SPDX-License-Identifier: PostgreSQL */
/* cache/holds.c - a short list. */
#include "cache/holds.h"

enum sl_err holds_init(struct holds *holds)
{
    atomic_init(&holds->count, 0);
    return pthread_mutex_init(&holds->lock, NULL) == 0 ? SL_OK : SL_ENOMEM;
}

void holds_fini(struct holds *holds)
{
    pthread_mutex_destroy(&holds->lock);
}

enum sl_err holds_add(struct holds *holds, uint64_t least, uint64_t most)
{
    enum sl_err err = SL_OK;

    pthread_mutex_lock(&holds->lock);
    unsigned count = atomic_load(&holds->count);
    unsigned at = 0;
    while (at < count && (holds->at[at].least != least || holds->at[at].most != most)) {
        at++;
    }
    if (at == HOLDS_MAX) {
        err = SL_ELIMIT;
    } else if (at == count) {
        holds->at[at] = (struct hold_range){.least = least, .most = most};
        atomic_store(&holds->count, count + 1);
    }
    pthread_mutex_unlock(&holds->lock);
    return err;
}

unsigned holds_remove(struct holds *holds, uint64_t least, uint64_t most)
{
    unsigned kept = 0;

    pthread_mutex_lock(&holds->lock);
    unsigned count = atomic_load(&holds->count);
    for (unsigned i = 0; i < count; i++) {
        if (holds->at[i].least < least || holds->at[i].most > most) {
            holds->at[kept++] = holds->at[i];
        }
    }
    atomic_store(&holds->count, kept);
    pthread_mutex_unlock(&holds->lock);
    return count - kept;
}

bool holds_has(struct holds *holds, uint64_t shape)
{
    bool has = false;

    if (atomic_load_explicit(&holds->count, memory_order_acquire) == 0) {
        return false;
    }
    pthread_mutex_lock(&holds->lock);
    for (unsigned i = 0; i < atomic_load(&holds->count) && !has; i++) {
        has = shape >= holds->at[i].least && shape <= holds->at[i].most;
    }
    pthread_mutex_unlock(&holds->lock);
    return has;
}
