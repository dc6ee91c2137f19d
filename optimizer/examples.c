/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/examples.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct place {
    struct sl_hash128 shape;
    char *texts[EXAMPLES_MAX]; /* as many as there are, then NULLs */
};

struct examples {
    pthread_mutex_t lock;
    atomic_bool is_on; /* written under lock; any thread */
    size_t bytes;      /* under lock, as what follows */
    struct place places[EXAMPLES_SHAPES];
};

struct examples *examples_new(void)
{
    struct examples *examples = calloc(1, sizeof(*examples));

    if (examples != NULL) {
        pthread_mutex_init(&examples->lock, NULL);
    }
    return examples;
}

static void forget_locked(struct examples *examples, struct place *place)
{
    for (unsigned i = 0; i < EXAMPLES_MAX && place->texts[i] != NULL; i++) {
        examples->bytes -= strlen(place->texts[i]) + 1;
        free(place->texts[i]);
        place->texts[i] = NULL;
    }
}

void examples_reset(struct examples *examples)
{
    pthread_mutex_lock(&examples->lock);
    for (unsigned i = 0; i < EXAMPLES_SHAPES; i++) {
        forget_locked(examples, &examples->places[i]);
    }
    pthread_mutex_unlock(&examples->lock);
}

void examples_free(struct examples *examples)
{
    if (examples != NULL) {
        examples_reset(examples);
        pthread_mutex_destroy(&examples->lock);
        free(examples);
    }
}

void examples_set(struct examples *examples, bool is_on)
{
    pthread_mutex_lock(&examples->lock);
    atomic_store_explicit(&examples->is_on, is_on, memory_order_relaxed);
    pthread_mutex_unlock(&examples->lock);
    if (!is_on) {
        examples_reset(examples);
    }
}

static bool is_on(const struct examples *examples)
{
    return atomic_load_explicit(&examples->is_on, memory_order_relaxed);
}

/* By its first word; of several statements in one text some may be others. */
static bool is_kept(struct sl_span normalised)
{
    static const char *const words[] = {
            "select ", "insert ", "update ", "delete ", "merge ", "with ", "values ", "("};

    if (memchr(normalised.at, ';', normalised.len) != NULL) {
        return false;
    }
    for (size_t i = 0; i < SL_COUNT(words); i++) {
        size_t len = strlen(words[i]);
        if (normalised.len > len && memcmp(normalised.at, words[i], len) == 0) {
            return true;
        }
    }
    return false;
}

static size_t len_of(struct sl_span text)
{
    size_t len = text.len;

    if (len > EXAMPLE_LEN_MAX) {
        len = EXAMPLE_LEN_MAX;
        while (len > 0 && (text.at[len] & 0xc0) == 0x80) {
            len--; /* whole characters */
        }
    }
    return len;
}

static void add_locked(struct examples *examples, struct place *place, struct sl_span text)
{
    unsigned i = 0;

    for (; i < EXAMPLES_MAX && place->texts[i] != NULL; i++) {
        if (sl_span_is(text, place->texts[i])) {
            return;
        }
    }
    if (i == EXAMPLES_MAX) {
        return;
    }
    place->texts[i] = calloc(1, text.len + 1);
    if (place->texts[i] != NULL) {
        memcpy(place->texts[i], text.at, text.len);
        examples->bytes += strlen(place->texts[i]) + 1;
    }
}

static struct place *place_of(struct examples *examples, struct sl_hash128 shape)
{
    return &examples->places[shape.hi % EXAMPLES_SHAPES];
}

static bool is_of(const struct place *place, struct sl_hash128 shape)
{
    return place->shape.hi == shape.hi && place->shape.lo == shape.lo;
}

void examples_add(struct examples *examples, struct sl_hash128 shape, struct sl_span normalised,
        struct sl_span text)
{
    /* Without the lock, which workers share with who reads: most have them off. */
    if (!is_on(examples) || !is_kept(normalised)) {
        return;
    }
    pthread_mutex_lock(&examples->lock);
    if (is_on(examples)) { /* still: what is added after they were turned off would stay */
        struct place *place = place_of(examples, shape);
        if (!is_of(place, shape)) {
            forget_locked(examples, place);
            place->shape = shape;
        }
        add_locked(examples, place, sl_span(text.at, len_of(text)));
    }
    pthread_mutex_unlock(&examples->lock);
}

unsigned examples_read(
        struct examples *examples, struct sl_hash128 shape, struct example to[EXAMPLES_MAX])
{
    unsigned count = 0;

    pthread_mutex_lock(&examples->lock);
    const struct place *place = place_of(examples, shape);
    while (is_of(place, shape) && count < EXAMPLES_MAX && place->texts[count] != NULL) {
        memcpy(to[count].text, place->texts[count], strlen(place->texts[count]) + 1);
        count++;
    }
    pthread_mutex_unlock(&examples->lock);
    return count;
}

size_t examples_bytes(struct examples *examples)
{
    pthread_mutex_lock(&examples->lock);
    size_t bytes = examples->bytes + sizeof(*examples);
    pthread_mutex_unlock(&examples->lock);
    return bytes;
}
