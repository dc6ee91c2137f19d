/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/search_paths.c - texts that only come, each published once: it is written before count
 * passes it and a slot names it, and never again. All of it is zero until then, and no memory.
 */
#include "proxy/search_paths.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "proxy/params.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define TEMP "; temporary tables, perhaps"

enum {
    SLOTS = 2 * SEARCH_PATHS_MAX, /* a power of two */
    SHOWN_MAX = SEARCH_PATH_MAX + sizeof " #65535" - 1
};

struct path {
    uint64_t hash;
    const char *list;
    const char *shown;
    const char *shown_temp;
};

static struct {
    pthread_mutex_t lock;     /* to add one */
    size_t used;              /* of bytes; under lock */
    atomic_uint count;        /* any thread */
    _Atomic uint64_t refused; /* any thread */
    struct path paths[SEARCH_PATHS_MAX];
    _Atomic uint16_t slots[SLOTS]; /* any thread: numbers, from their hash on; 0: none */
    char bytes[SEARCH_PATHS_BYTES_MAX];
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The slot where it is, or has to be. */
static unsigned find(const char *list, uint64_t hash)
{
    unsigned slot = (unsigned)hash % SLOTS;

    for (;; slot = (slot + 1) % SLOTS) {
        unsigned number = atomic_load(&self.slots[slot]);
        if (number == 0 ||
                (self.paths[number].hash == hash && strcmp(self.paths[number].list, list) == 0)) {
            return slot;
        }
    }
}

static const char *keep(const char *text)
{
    size_t size = strlen(text) + 1;
    char *to = self.bytes + self.used;

    memcpy(to, text, size);
    self.used += size;
    return to;
}

static void show(unsigned number, const char *list, char shown[static SHOWN_MAX + 1])
{
    char text[SEARCH_PATH_MAX + 1];

    if (list[0] == '\0') {
        snprintf(shown, SHOWN_MAX + 1, "no schema");
    } else if (search_path_show(sl_span_text(list), text)) {
        snprintf(shown, SHOWN_MAX + 1, "%s", text);
    } else {
        snprintf(shown, SHOWN_MAX + 1, "%s #%u", text, number);
    }
}

/* Under lock. */
static unsigned add(const char *list, uint64_t hash)
{
    unsigned number = SEARCH_PATHS_FIRST + atomic_load(&self.count);
    char shown[SHOWN_MAX + 1];
    char shown_temp[SHOWN_MAX + sizeof TEMP];

    if (number == SEARCH_PATHS_MAX) {
        return SEARCH_PATHS_UNKNOWN;
    }
    show(number, list, shown);
    snprintf(shown_temp, sizeof shown_temp, "%s" TEMP, shown);
    if (strlen(list) + strlen(shown) + strlen(shown_temp) + 3 > sizeof self.bytes - self.used) {
        return SEARCH_PATHS_UNKNOWN;
    }
    self.paths[number] = (struct path){
            .hash = hash, .list = keep(list), .shown = keep(shown), .shown_temp = keep(shown_temp)};
    atomic_store(&self.count, number + 1 - SEARCH_PATHS_FIRST);
    return number;
}

uint16_t search_paths_number(const char *list)
{
    uint64_t hash = sl_hash64(sl_span(list, strlen(list)));
    unsigned number = atomic_load(&self.slots[find(list, hash)]);

    if (number != 0) {
        return (uint16_t)number;
    }
    SL_CHECK(strlen(list) <= SEARCH_PATH_MAX);
    pthread_mutex_lock(&self.lock);
    unsigned slot = find(list, hash);
    number = atomic_load(&self.slots[slot]);
    if (number == 0) {
        number = add(list, hash);
        if (number != SEARCH_PATHS_UNKNOWN) {
            atomic_store(&self.slots[slot], (uint16_t)number);
        } else {
            atomic_fetch_add(&self.refused, 1);
        }
    }
    pthread_mutex_unlock(&self.lock);
    return (uint16_t)number;
}

static uint16_t number_of_value(const char *value)
{
    char list[SEARCH_PATH_MAX + 1];

    return search_path_plain(sl_span_text(value), list) ? search_paths_number(list)
                                                        : SEARCH_PATHS_UNKNOWN;
}

/* What stands by itself comes behind options, and wins. */
uint16_t search_paths_of_startup(const struct params *startup)
{
    const char *value = params_get(startup, "search_path");
    const char *options = params_get(startup, "options");
    bool has_role = params_get(startup, "role") != NULL ||
                    params_get(startup, "session_authorization") != NULL;
    char room[PARAMS_BYTES_MAX];
    bool sets_role = false;

    if (options != NULL) {
        bool is_set = search_path_in_options(options, room, &sets_role);
        value = value == NULL && is_set ? room : value;
    }
    return has_role || sets_role ? SEARCH_PATHS_UNKNOWN
           : value == NULL       ? SEARCH_PATHS_OF_ROLE
                                 : number_of_value(value);
}

/* NULL: the role's, or not known. */
static const struct path *find_number(uint32_t number)
{
    number &= ~(uint32_t)SEARCH_PATHS_TEMP;
    bool is_one =
            number >= SEARCH_PATHS_FIRST && number - SEARCH_PATHS_FIRST < atomic_load(&self.count);
    return is_one ? &self.paths[number] : NULL;
}

const char *search_paths_list(uint32_t number)
{
    const struct path *path = find_number(number);

    return path == NULL ? NULL : path->list;
}

const char *search_paths_text(uint32_t number)
{
    const struct path *path = find_number(number);

    if (path != NULL) {
        return (number & SEARCH_PATHS_TEMP) != 0 ? path->shown_temp : path->shown;
    }
    switch (number) {
    case SEARCH_PATHS_OF_ROLE:
        return "as the role has it";
    case SEARCH_PATHS_OF_ROLE | SEARCH_PATHS_TEMP:
        return "as the role has it" TEMP;
    default:
        return "not known";
    }
}

unsigned search_paths_count(void)
{
    return atomic_load(&self.count);
}

uint64_t search_paths_refused(void)
{
    return atomic_load(&self.refused);
}
