/* SPDX-License-Identifier: PostgreSQL */
/* tests/unit/cache/some_entries.h - entries by number, and random numbers. */
#ifndef SLUICE_TESTS_UNIT_CACHE_SOME_ENTRIES_H
#define SLUICE_TESTS_UNIT_CACHE_SOME_ENTRIES_H

#include "cache/entry.h"

static const sl_usec never = INT64_MAX;

/* SplitMix64. */
static inline uint64_t next_random(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline struct sl_hash128 key_of(uint64_t number)
{
    return sl_hash128(sl_span(&number, sizeof(number)));
}

/* With a reply of so many bytes, the first of which say the number; it depends on nothing yet. */
static inline struct entry *entry_with(uint64_t number, size_t reply_len, uint16_t tags_count)
{
    static const uint8_t zeros[1 << 20];
    const struct entry_parts parts = {.head = sl_span(&number, sizeof(number)),
            .rows = sl_span(zeros, reply_len > sizeof(number) ? reply_len - sizeof(number) : 0)};
    struct entry *entry = entry_new(&parts, tags_count);

    SL_CHECK(entry != NULL);
    entry->key = key_of(number);
    entry->expires_at = never;
    return entry;
}

/* That depends on one tag, as it is now. */
static inline struct entry *entry_on(uint64_t number, const struct tags *tags, uint32_t tag)
{
    struct entry *entry = entry_with(number, 100, 1);

    entry->tags[0] = (struct entry_tag){.word = tags_word(tags, tag), .tag = tag};
    return entry;
}

static inline uint64_t number_in(const struct entry *entry)
{
    uint64_t number = 0;

    memcpy(&number, entry_head(entry).at, sizeof(number));
    return number;
}

#endif
