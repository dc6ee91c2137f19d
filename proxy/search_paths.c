/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/search_paths.c - texts that only come, each published once: it is written before count
 * passes it, and never again.
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

static struct {
    pthread_mutex_t lock; /* to add one */
    atomic_uint count;    /* any thread; the first two are no texts */
    uint64_t hashes[SEARCH_PATHS_MAX];
    char texts[SEARCH_PATHS_MAX][SEARCH_PATH_MAX + 1];
    char temp_texts[SEARCH_PATHS_MAX][SEARCH_PATH_MAX + sizeof TEMP];
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .count = SEARCH_PATHS_FIRST};

/* 0: none. */
static unsigned find(const char *list, uint64_t hash)
{
    unsigned count = atomic_load(&self.count);

    for (unsigned i = SEARCH_PATHS_FIRST; i < count; i++) {
        if (self.hashes[i] == hash && strcmp(self.texts[i], list) == 0) {
            return i;
        }
    }
    return 0;
}

uint16_t search_paths_number(const char *list)
{
    size_t len = strlen(list);
    uint64_t hash = sl_hash64(sl_span(list, len));
    unsigned number = find(list, hash);

    if (number != 0 || len > SEARCH_PATH_MAX) {
        return number != 0 ? (uint16_t)number : SEARCH_PATHS_UNKNOWN;
    }
    pthread_mutex_lock(&self.lock);
    number = find(list, hash);
    if (number == 0) {
        number = atomic_load(&self.count);
        if (number == SEARCH_PATHS_MAX) {
            number = SEARCH_PATHS_UNKNOWN;
        } else {
            self.hashes[number] = hash;
            memcpy(self.texts[number], list, len + 1);
            snprintf(self.temp_texts[number], sizeof self.temp_texts[0], "%s" TEMP, list);
            atomic_store(&self.count, number + 1);
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

const char *search_paths_list(uint32_t number)
{
    number &= ~(uint32_t)SEARCH_PATHS_TEMP;
    return number < SEARCH_PATHS_FIRST || number >= atomic_load(&self.count) ? NULL
                                                                             : self.texts[number];
}

const char *search_paths_text(uint32_t number)
{
    const char *list = search_paths_list(number);
    bool has_temp = (number & SEARCH_PATHS_TEMP) != 0;

    if (list != NULL) {
        return has_temp ? self.temp_texts[number & ~(uint32_t)SEARCH_PATHS_TEMP] : list;
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
