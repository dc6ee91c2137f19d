/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/names.c - texts that only come, each published once.
 *
 * Open addressing by hash under the lock; texts[] is read without it: an entry is
 * written before count passes it, and never again.
 */
#include "optimizer/names.h"

#include "protocol/base/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PLACES = 2 * NAMES_MAX };

_Static_assert((PLACES & (PLACES - 1)) == 0, "names_number() masks");

struct names {
    pthread_mutex_t lock;
    uint16_t places[PLACES]; /* under lock: a number, or 0 */
    atomic_uint count;       /* any thread; number 0 included */
    atomic_size_t bytes;     /* any thread */
    char *texts[NAMES_MAX];  /* constant below count */
};

static const char other[] = "(other)";

struct names *names_new(void)
{
    struct names *names = calloc(1, sizeof(*names));

    if (names != NULL) {
        pthread_mutex_init(&names->lock, NULL);
        atomic_init(&names->count, 1);
        atomic_init(&names->bytes, sizeof(*names));
    }
    return names;
}

void names_free(struct names *names)
{
    if (names == NULL) {
        return;
    }
    for (unsigned i = 1; i < names->count; i++) {
        free(names->texts[i]);
    }
    pthread_mutex_destroy(&names->lock);
    free(names);
}

/* The number, or 0 and the place for a new one. */
static uint32_t find(const struct names *names, struct sl_span name, uint32_t *place)
{
    *place = (uint32_t)sl_hash64(name) & (PLACES - 1);
    while (names->places[*place] != 0) {
        uint32_t number = names->places[*place];
        if (sl_span_is(name, names->texts[number])) {
            return number;
        }
        *place = (*place + 1) & (PLACES - 1);
    }
    return 0;
}

static uint32_t add(struct names *names, struct sl_span name, uint32_t place)
{
    uint32_t number = atomic_load(&names->count);
    char *text = number == NAMES_MAX ? NULL : calloc(1, name.len + 1);

    if (text == NULL) {
        return 0;
    }
    if (name.len > 0) {
        memcpy(text, name.at, name.len);
    }
    names->texts[number] = text;
    names->places[place] = (uint16_t)number;
    atomic_fetch_add(&names->bytes, name.len + 1);
    atomic_store(&names->count, number + 1);
    return number;
}

uint32_t names_number(struct names *names, struct sl_span name)
{
    uint32_t place = 0;

    if (name.len > NAME_LEN_MAX) {
        name.len = NAME_LEN_MAX;
    }
    pthread_mutex_lock(&names->lock);
    uint32_t number = find(names, name, &place);
    if (number == 0) {
        number = add(names, name, place);
    }
    pthread_mutex_unlock(&names->lock);
    return number;
}

bool names_find(struct names *names, struct sl_span name, uint32_t *number)
{
    uint32_t place = 0;

    pthread_mutex_lock(&names->lock);
    *number = find(names, name, &place);
    pthread_mutex_unlock(&names->lock);
    return *number != 0 || sl_span_is(name, other);
}

const char *names_text(const struct names *names, uint32_t number)
{
    return number == 0 || number >= atomic_load(&names->count) ? other : names->texts[number];
}

size_t names_bytes(const struct names *names)
{
    return atomic_load(&names->bytes);
}
