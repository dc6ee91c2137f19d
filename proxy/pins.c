/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pins.h"

#include "protocol/base/check.h"

#include <limits.h>
#include <pthread.h>

/* Time of those that are pinned now is counted from 0 on: it is less until now is added for each. */
struct total {
    int64_t clients;
    uint64_t pins;
    sl_usec usec;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct total totals[PIN_REASONS]; /* under lock */

void pins_init(struct pins *pins)
{
    *pins = (struct pins){.clients_max = INT_MAX};
}

void pins_configure(struct pins *pins, int pool_size, int percent)
{
    int64_t most = ((int64_t)pool_size * percent + 99) / 100;

    pthread_mutex_lock(&lock);
    pins->clients_max = pool_size <= 0 || percent >= 100 ? INT_MAX : (int)most;
    pthread_mutex_unlock(&lock);
}

/* One more for that reason, or one less. */
static void count_reason(struct pins *pins, unsigned i, bool comes, sl_usec now)
{
    pins->by_reason[i] += comes ? 1 : -1;
    totals[i].clients += comes ? 1 : -1;
    totals[i].usec += comes ? -now : now;
    totals[i].pins += comes ? 1 : 0;
    SL_DCHECK(pins->by_reason[i] >= 0 && totals[i].clients >= pins->by_reason[i]);
}

static void count_locked(struct pins *pins, struct pin *pin, unsigned reasons, sl_usec now)
{
    unsigned changed = reasons ^ pin->reasons;

    for (unsigned i = 0; i < PIN_REASONS; i++) {
        if ((changed >> i & 1U) != 0) {
            count_reason(pins, i, (reasons >> i & 1U) != 0, now);
        }
    }
    pins->seen |= (uint16_t)reasons;
    pins->clients += (reasons != 0) - (pin->reasons != 0);
    pin->since = pin->reasons == 0 ? now : pin->since;
    pin->by = (changed & reasons) != 0 ? pin->last : pin->by;
    pin->reasons = (uint16_t)reasons;
}

bool pins_count(struct pins *pins, struct pin *pin, unsigned reasons, sl_usec now)
{
    if (SL_LIKELY(pin->reasons == reasons)) {
        return true;
    }
    pthread_mutex_lock(&lock);
    bool has_room = pin->reasons != 0 || pins->clients < pins->clients_max;
    if (has_room) {
        count_locked(pins, pin, reasons, now);
    }
    pthread_mutex_unlock(&lock);
    return has_room;
}

bool pins_has_room(struct pins *pins, const struct pin *pin)
{
    pthread_mutex_lock(&lock);
    bool has_room = pin->reasons != 0 || pins->clients < pins->clients_max;
    pthread_mutex_unlock(&lock);
    return has_room;
}

bool pins_any(struct pins *pins)
{
    pthread_mutex_lock(&lock);
    bool any = pins->clients > 0;
    pthread_mutex_unlock(&lock);
    return any;
}

bool pins_of_reason(struct pins *pins, unsigned i, int *clients)
{
    pthread_mutex_lock(&lock);
    bool is_seen = ((unsigned)pins->seen >> i & 1U) != 0;
    *clients = pins->by_reason[i];
    pthread_mutex_unlock(&lock);
    return is_seen;
}

struct pins_total pins_total(unsigned i, sl_usec now)
{
    pthread_mutex_lock(&lock);
    struct total of = totals[i];
    pthread_mutex_unlock(&lock);
    return (struct pins_total){
            .clients = of.clients, .pins = of.pins, .usec = of.usec + of.clients * now};
}
