/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_cache.h"

const char *console_cache_class(unsigned class)
{
    static const char *const names[ENTRY_CLASSES] = {"table", "point", "rows"};

    return class < ENTRY_CLASSES ? names[class] : "?";
}

uint64_t console_cache_saved(const struct entry *entry)
{
    return (uint64_t)atomic_load_explicit(&entry->hits, memory_order_relaxed) * entry->cost_usec;
}
