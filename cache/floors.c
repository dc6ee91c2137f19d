/* SPDX-License-Identifier: PostgreSQL */
#include "cache/floors.h"

#include <stdlib.h>

static bool make(struct floors **floors)
{
    if (*floors == NULL) {
        *floors = calloc(1, sizeof **floors);
    }
    return *floors != NULL;
}

static void forget(struct floors *floors, sl_usec fresh)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < floors->count; i++) {
        if (floors->floors[i].at > fresh) {
            floors->floors[kept++] = floors->floors[i];
        }
    }
    floors->count = kept;
    floors->all = floors->all > fresh ? floors->all : 0;
}

bool floors_raise_all(struct floors **floors, sl_usec at, sl_usec fresh)
{
    if (at <= fresh) {
        return true;
    }
    if (!make(floors)) {
        return false;
    }
    forget(*floors, fresh);
    (*floors)->all = at > (*floors)->all ? at : (*floors)->all;
    return true;
}

bool floors_raise(struct floors **floors, uint32_t table, uint32_t key, sl_usec at, sl_usec fresh)
{
    if (at <= fresh) {
        return true;
    }
    if (!make(floors)) {
        return false;
    }
    struct floors *all = *floors;
    forget(all, fresh);
    for (unsigned i = 0; i < all->count; i++) {
        struct floor *floor = &all->floors[i];
        if (floor->table == table && floor->key == key) {
            floor->at = at > floor->at ? at : floor->at;
            return true;
        }
    }
    if (all->count == FLOORS_MAX) {
        return floors_raise_all(floors, at, fresh);
    }
    all->floors[all->count++] = (struct floor){.table = table, .key = key, .at = at};
    return true;
}

/* A row's is of its table's answers, too, and a table's of each row's. */
sl_usec floors_of(const struct floors *floors, uint32_t table, uint32_t key)
{
    sl_usec at = floors == NULL ? 0 : floors->all;

    for (unsigned i = 0; floors != NULL && i < floors->count; i++) {
        const struct floor *floor = &floors->floors[i];
        if (floor->table == table && (floor->key == key || floor->key == 0 || key == 0) &&
                floor->at > at) {
            at = floor->at;
        }
    }
    return at;
}
