/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/recorder.h"

#include "optimizer/history.h"
#include "optimizer/shape_top.h"
#include "proxy/pool.h"
#include "proxy/registry.h"

static struct {
    struct history *history; /* constant while there are workers */
    struct shape_store *store;
    sl_usec slot;     /* the wall clock's, in slots */
    sl_usec began_at; /* the slot under way */
    sl_usec minute;
    uint32_t turn; /* of the minutes' */
} self;

enum sl_err recorder_start(struct shape_store *store, size_t bytes_max)
{
    size_t slots = bytes_max / sizeof(struct history_slot);

    self.history = history_new(slots > HISTORY_SLOTS ? HISTORY_SLOTS : (uint32_t)slots);
    if (self.history == NULL) {
        return SL_ENOMEM;
    }
    self.store = store;
    self.slot = sl_wall_now() / HISTORY_SLOT;
    self.began_at = sl_now();
    self.minute = self.began_at / MINUTE;
    self.turn = 0;
    return SL_OK;
}

void recorder_stop(void)
{
    history_free(self.history);
    self.history = NULL;
}

static void count_connected(struct history_slot *slot)
{
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        struct pool_counts counts = pool_counts(p);
        int active = counts.clients - counts.waiting;
        slot->clients_active += active > 0 ? (uint32_t)active : 0;
        slot->clients_waiting += (uint32_t)counts.waiting;
        slot->servers_active +=
                (uint32_t)(counts.servers[POOL_ACTIVE] + counts.servers[POOL_BEING_CANCELED]);
        slot->servers_idle += (uint32_t)(counts.servers[POOL_IDLE] + counts.servers[POOL_USED]);
    }
}

static void end_slot(sl_usec ended_at, sl_usec now)
{
    struct history_slot slot = {.ended_at = ended_at};
    struct tally tally = {0};
    sl_usec usec = now - self.began_at;

    slot.usec = usec > UINT32_MAX ? UINT32_MAX : (uint32_t)usec;
    self.began_at = now;
    shape_store_take(self.store, &tally);
    history_slot_fill(&slot, &tally);
    tally_fini(&tally, NULL);
    count_connected(&slot);
    history_put(self.history, &slot);
}

void recorder_tick(sl_usec now)
{
    sl_usec slot = sl_wall_now() / HISTORY_SLOT;

    if (slot != self.slot) {
        self.slot = slot;
        end_slot(slot * HISTORY_SLOT, now);
    }
    if (now / MINUTE != self.minute) {
        self.minute = now / MINUTE;
        SL_IGNORE(shape_top_track(self.store, ++self.turn, now), "the next minute comes");
    }
}

sl_usec recorder_next(sl_usec now)
{
    return now + (self.slot + 1) * HISTORY_SLOT - sl_wall_now();
}

void recorder_end(sl_usec now)
{
    end_slot(sl_wall_now(), now);
}

struct history *recorder_history(void)
{
    return self.history;
}

size_t recorder_bytes(void)
{
    return self.history == NULL ? 0 : history_bytes(self.history);
}
