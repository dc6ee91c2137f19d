/* SPDX-License-Identifier: PostgreSQL */
/* cache/entry.c - entry | its tags | RowDescription, DataRows, CommandComplete | question; one block. */
#include "cache/entry.h"

#include <stdlib.h>

/* glibc's malloc: a length before the block, and 16 bytes a step ("Malloc Internals"). */
enum { MALLOC_HEADER = 8, MALLOC_STEP = 16 };

static size_t malloc_bytes(size_t size)
{
    return (size + MALLOC_HEADER + MALLOC_STEP - 1) / MALLOC_STEP * MALLOC_STEP;
}

static uint8_t *append(uint8_t *to, struct sl_span part)
{
    if (part.len > 0) {
        memcpy(to, part.at, part.len);
    }
    return to + part.len;
}

struct entry *entry_new(const struct entry_parts *parts, uint16_t tags_count)
{
    const size_t tags_bytes = tags_count * sizeof(struct entry_tag);
    const size_t reply_len =
            parts->head.len + parts->rows.len + parts->tail.len + parts->question.len;
    const size_t size = sizeof(struct entry) + tags_bytes + reply_len;
    struct entry *entry = NULL;

    SL_CHECK(tags_count <= ENTRY_TAGS_MAX);
    SL_CHECK(parts->head.len <= UINT32_MAX && parts->rows.len <= UINT32_MAX &&
             parts->tail.len <= UINT32_MAX && parts->question.len <= UINT32_MAX);
    entry = malloc(size);
    if (entry == NULL) {
        return NULL;
    }
    memset(entry, 0, sizeof(*entry) + tags_bytes);
    atomic_init(&entry->refs, 1);
    entry->tags_count = tags_count;
    entry->head_len = (uint32_t)parts->head.len;
    entry->rows_len = (uint32_t)parts->rows.len;
    entry->tail_len = (uint32_t)parts->tail.len;
    entry->question_len = (uint32_t)parts->question.len;
    entry->bytes = malloc_bytes(size);
    entry->tags = (struct entry_tag *)(void *)(entry + 1);
    entry->reply = (uint8_t *)(entry->tags + tags_count);
    uint8_t *end = append(append(entry->reply, parts->head), parts->rows);
    append(append(end, parts->tail), parts->question);
    return entry;
}

struct entry *entry_ref(struct entry *entry)
{
    unsigned refs = atomic_fetch_add_explicit(&entry->refs, 1, memory_order_relaxed);

    SL_DCHECK(refs > 0);
    (void)refs;
    return entry;
}

void entry_unref(struct entry *entry)
{
    if (entry == NULL) {
        return;
    }
    unsigned refs = atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel);
    SL_CHECK(refs > 0);
    if (refs == 1) {
        SL_DCHECK(entry->place.queue == 0);
        entry_origin_unref(entry->origin);
        free(entry);
    }
}

struct entry_origin *entry_origin_ref(struct entry_origin *origin)
{
    atomic_fetch_add_explicit(&origin->refs, 1, memory_order_relaxed);
    return origin;
}

void entry_origin_unref(struct entry_origin *origin)
{
    if (origin == NULL) {
        return;
    }
    unsigned refs = atomic_fetch_sub_explicit(&origin->refs, 1, memory_order_acq_rel);
    SL_CHECK(refs > 0);
    if (refs == 1) {
        origin->release(origin);
    }
}

bool entry_wants_heir(struct entry *entry, sl_usec now)
{
    const uint64_t hits = atomic_load_explicit(&entry->hits, memory_order_relaxed);

    return entry_is_old(entry, now) && now > entry->filled_at &&
           hits * SL_SECOND > (uint64_t)(now - entry->filled_at) * ENTRY_OFTEN &&
           !atomic_exchange_explicit(&entry->has_heir, true, memory_order_relaxed);
}

bool entry_is_fresh(const struct entry *entry, const struct tags *tags)
{
    for (uint16_t i = entry->tags_count; i > 0; i--) { /* the last is read first: cache/tags.h */
        if (tags_word(tags, entry->tags[i - 1].tag) != entry->tags[i - 1].word) {
            return false;
        }
    }
    return true;
}
