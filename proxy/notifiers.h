/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/notifiers.h - whose process a notification says that it is from.
 *
 * NotificationResponse has the process number of the notifying backend, which drivers compare with their own. The
 * clients know numbers of ours (proxy/cancel.h), so it is told that of the client that the backend was
 * with when it last did what may notify: a statement that writes, NOTIFY, or a call. What comes from elsewhere keeps
 * its number.
 *
 * Ownership: a database's. Threads: any; a place is one atomic word. Bounds: NOTIFIERS_MAX places, by
 * process number; of two that share one the later is known. If another client notifies through the
 * same backend before a notification has come, that has the other's number; and a trigger's has that of the
 * client before, if the shared listener hears it before the end of its statement is seen.
 */
#ifndef SLUICE_PROXY_NOTIFIERS_H
#define SLUICE_PROXY_NOTIFIERS_H

#include <stdatomic.h>
#include <stdint.h>

enum { NOTIFIERS_MAX = 256 };

struct notifiers {
    atomic_uint_least64_t
            places[NOTIFIERS_MAX]; /* the backend's number, and below it the client's */
};

static inline void notifiers_note(struct notifiers *notifiers, uint32_t backend, uint32_t client)
{
    atomic_store_explicit(&notifiers->places[backend % NOTIFIERS_MAX],
            (uint64_t)backend << 32 | client, memory_order_relaxed);
}

/* What clients are told for it. */
static inline uint32_t notifiers_shown(struct notifiers *notifiers, uint32_t backend)
{
    uint64_t place =
            atomic_load_explicit(&notifiers->places[backend % NOTIFIERS_MAX], memory_order_relaxed);

    return place >> 32 == backend && (uint32_t)place != 0 ? (uint32_t)place : backend;
}

#endif
