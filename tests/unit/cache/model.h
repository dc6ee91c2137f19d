/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/cache/model.h - answers that are kept under tags, and compared with the truth.
 *
 * The real words, names and entries; the database is the test's.
 */
#ifndef SLUICE_TESTS_UNIT_CACHE_MODEL_H
#define SLUICE_TESTS_UNIT_CACHE_MODEL_H

#include "tests/unit/cache/some_entries.h"

enum { MODEL_SLOTS = 1024 };

struct model {
    struct tags *tags;
    uint64_t seed;
    struct entry *kept[MODEL_SLOTS];
    uint64_t asked;
    uint64_t hits;
    uint64_t stale;
};

struct model_answer {
    struct sl_span bytes;
    uint32_t tags[ENTRY_TAGS_MAX];
    uint16_t tags_count;
};

static inline uint32_t model_random(struct model *model, uint32_t below)
{
    return (uint32_t)(next_random(&model->seed) >> 33) % below;
}

/* A database and a cache from the beginning; what was counted stays. */
static inline void model_begin(struct model *model, uint64_t seed)
{
    model->seed = seed * 1000003;
    model->tags = tags_new(TAGS_TABLE_BITS - 4, TAGS_KEY_BITS - 4);
    SL_CHECK(model->tags != NULL);
}

static inline void model_end(struct model *model)
{
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        entry_unref(model->kept[i]);
        model->kept[i] = NULL;
    }
    tags_free(model->tags);
}

static inline void model_changed(struct model *model, uint32_t tag)
{
    tags_begin(model->tags, tag);
    tags_end(model->tags, tag);
}

/* A question, by its number, and what the database says now. */
static inline void model_ask(struct model *model, uint32_t slot, const struct model_answer *truth)
{
    struct entry *entry = model->kept[slot];

    model->asked++;
    if (entry != NULL && entry_is_fresh(entry, model->tags)) {
        model->hits++;
        model->stale += !sl_span_equal(entry_rows_and_tail(entry), truth->bytes);
        return;
    }
    entry_unref(entry);
    entry = entry_new(&(struct entry_parts){.rows = truth->bytes}, truth->tags_count);
    SL_CHECK(entry != NULL);
    for (uint16_t i = 0; i < truth->tags_count; i++) {
        entry->tags[i] = (struct entry_tag){
                .word = tags_word(model->tags, truth->tags[i]), .tag = truth->tags[i]};
    }
    model->kept[slot] = entry;
}

#endif
