/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/expect.c - what each reply does to the head of the queue.
 *
 * Invariants, asserted by expect_check():
 *
 *   (1) The head, if any, is neither EXPECT_NOTHING nor EXPECT_COPY_END: both
 *       leave as soon as they come there (drop_unanswered()).
 *   (2) skipping: the queue holds nothing that follows the failed message.
 *   (3) copy is not EXPECT_COPY_NONE only while the head is a Query or an Execute.
 */
#include "protocol/expect.h"

#include "protocol/message.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 16 };

static struct expect_entry *entry_at(const struct expect *expect, uint32_t i)
{
    return &expect->ring[(expect->head + i) & (expect->cap - 1)];
}

static void settle(
        const struct expect *expect, const struct expect_entry *entry, enum expect_outcome outcome)
{
    if (entry->ref != NULL || entry->undo != NULL || entry->local != 0) {
        expect->settle(expect->self, entry, outcome);
    }
}

static bool ends_segment(const struct expect_entry *entry)
{
    return entry->kind == EXPECT_SYNC || entry->kind == EXPECT_QUERY ||
           entry->kind == EXPECT_FUNCTION;
}

/* A Sync that the COPY IN ignores. */
static bool is_ignored(const struct expect_entry *entry)
{
    return entry->kind == EXPECT_SYNC && (entry->flags & EXPECT_IN_COPY) != 0;
}

void expect_init(struct expect *expect, expect_settle *on_settle, void *self)
{
    memset(expect, 0, sizeof *expect);
    expect->status = 'I';
    expect->settle = on_settle;
    expect->self = self;
}

void expect_fini(struct expect *expect)
{
    for (uint32_t i = 0; i < expect->count; i++) {
        settle(expect, entry_at(expect, i), EXPECT_LOST);
    }
    free(expect->ring);
    expect->ring = NULL;
    expect->cap = 0;
    expect->count = 0;
}

void expect_check(const struct expect *expect)
{
    SL_CHECK(expect->count <= expect->cap);
    const struct expect_entry *head = expect_head(expect);
    if (head == NULL) {
        SL_CHECK(expect->copy == EXPECT_COPY_NONE);
        return;
    }
    SL_CHECK(head->kind != EXPECT_NOTHING && head->kind != EXPECT_COPY_END);
    if (expect->copy != EXPECT_COPY_NONE) {
        SL_CHECK(head->kind == EXPECT_QUERY || head->kind == EXPECT_EXECUTE);
    }
}

const struct expect_entry *expect_head(const struct expect *expect)
{
    return expect->count == 0 ? NULL : entry_at(expect, 0);
}

const struct expect_entry *expect_last(const struct expect *expect)
{
    return expect->count == 0 ? NULL : entry_at(expect, expect->count - 1);
}

const struct expect_entry *expect_first_shown(const struct expect *expect)
{
    for (uint32_t i = 0; i < expect->count; i++) {
        if ((entry_at(expect, i)->flags & EXPECT_HIDDEN) == 0) {
            return entry_at(expect, i);
        }
    }
    return NULL;
}

bool expect_is_stuck(const struct expect *expect)
{
    if (expect->copy == EXPECT_COPY_BOTH || expect_is_copying(expect)) {
        return true;
    }
    for (uint32_t i = 0; i < expect->count; i++) {
        if (ends_segment(entry_at(expect, i)) && !is_ignored(entry_at(expect, i))) {
            return false;
        }
    }
    return true;
}

uint32_t expect_skip_end(const struct expect *expect)
{
    for (uint32_t i = 0; i < expect->count; i++) {
        const struct expect_entry *entry = entry_at(expect, i);
        if (entry->kind == EXPECT_SYNC && (entry->flags & EXPECT_IN_COPY) == 0) {
            return entry->segment;
        }
    }
    return expect->segment;
}

bool expect_ends_next(const struct expect *expect)
{
    for (uint32_t i = 1; i < expect->count; i++) {
        const struct expect_entry *entry = entry_at(expect, i);
        if (!is_ignored(entry) && entry->kind != EXPECT_CLOSE && entry->kind != EXPECT_LOCAL &&
                entry->kind != EXPECT_NOTHING && entry->kind != EXPECT_COPY_END) {
            return entry->kind == EXPECT_SYNC;
        }
    }
    return false;
}

const struct expect_entry *expect_execute(const struct expect *expect)
{
    for (uint32_t i = 0; i < expect->count; i++) {
        const struct expect_entry *entry = entry_at(expect, i);
        if (entry->kind == EXPECT_QUERY || entry->kind == EXPECT_EXECUTE) {
            return entry;
        }
        if (entry->kind == EXPECT_SYNC && (entry->flags & EXPECT_IN_COPY) == 0) {
            break;
        }
    }
    return NULL;
}

bool expect_is_one_segment(const struct expect *expect)
{
    if (expect->count == 0) {
        return false;
    }
    const struct expect_entry *last = entry_at(expect, expect->count - 1);
    return last->kind == EXPECT_SYNC && last->segment == entry_at(expect, 0)->segment;
}

uint32_t expect_count_of(const struct expect *expect, enum expect_kind kind)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < expect->count; i++) {
        const struct expect_entry *entry = entry_at(expect, i);
        count += entry->kind == kind && (entry->flags & EXPECT_HIDDEN) == 0;
    }
    return count;
}

static enum sl_err grow(struct expect *expect)
{
    uint32_t cap = expect->cap == 0 ? FIRST_CAP : expect->cap * 2;

    if (cap > EXPECT_ENTRIES_MAX) {
        return SL_ELIMIT;
    }
    struct expect_entry *ring = malloc(cap * sizeof *ring);
    if (ring == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < expect->count; i++) {
        ring[i] = *entry_at(expect, i);
    }
    free(expect->ring);
    expect->ring = ring;
    expect->cap = cap;
    expect->head = 0;
    return SL_OK;
}

/* Entries without an answer leave the head at once: invariant (1). */
static void drop_unanswered(struct expect *expect)
{
    while (expect->count > 0) {
        uint8_t kind = entry_at(expect, 0)->kind;
        if (kind != EXPECT_NOTHING && kind != EXPECT_COPY_END) {
            return;
        }
        expect->head++;
        expect->count--;
    }
}

static void pop(struct expect *expect, enum expect_outcome outcome)
{
    struct expect_entry entry = *entry_at(expect, 0);

    expect->head++;
    expect->count--;
    expect->copy = EXPECT_COPY_NONE;
    expect->described = false;
    drop_unanswered(expect);
    settle(expect, &entry, outcome);
}

/*
 * What the server will read in COPY IN: a Sync it ignores, anything else but the
 * end of the data is an error that ends the COPY, and owes nothing of its own.
 */
static void note_in_copy(struct expect *expect, struct expect_entry *entry)
{
    if (entry->kind == EXPECT_LOCAL || entry->kind == EXPECT_NOTHING || expect->copy_end_sent) {
        return;
    }
    if (entry->kind != EXPECT_COPY_END) {
        entry->flags |= EXPECT_IN_COPY;
    }
    expect->copy_end_sent = entry->kind != EXPECT_SYNC;
}

/* One entry stands for any number of those in a row: the COPY has no bound for them. */
static void fold_ignored(struct expect *expect)
{
    uint32_t kept = 1;

    for (uint32_t i = 1; i < expect->count; i++) {
        if (!is_ignored(entry_at(expect, i)) || !is_ignored(entry_at(expect, kept - 1))) {
            *entry_at(expect, kept++) = *entry_at(expect, i);
        }
    }
    expect->count = kept;
}

enum sl_err expect_push(struct expect *expect, struct expect_entry entry)
{
    entry.segment = expect->segment;
    entry.flags |= expect->leads ? EXPECT_LEADS : 0;
    if (expect->skipping) {
        if (entry.kind != EXPECT_SYNC) {
            settle(expect, &entry, EXPECT_SKIPPED);
            return SL_OK;
        }
    } else if (entry.kind == EXPECT_COPY_END && expect->count == 0) {
        SL_DCHECK(entry.ref == NULL && entry.undo == NULL);
        return SL_OK; /* late, after the COPY failed: the server ignores it */
    }
    if (entry.kind == EXPECT_SYNC && expect_is_copying(expect) &&
            is_ignored(entry_at(expect, expect->count - 1))) {
        expect->segment++;
        return SL_OK;
    }
    if (expect->count == expect->cap) {
        enum sl_err err = grow(expect);
        if (err != SL_OK) {
            return err;
        }
    }

    expect->skipping = false;
    if (expect->copy == EXPECT_COPY_IN) {
        note_in_copy(expect, &entry);
    }
    if (ends_segment(&entry)) {
        expect->segment++;
    }
    expect->count++;
    *entry_at(expect, expect->count - 1) = entry;
    return SL_OK;
}

/* COPY IN begins: what was sent already, up to the end of the data, the COPY will read. */
static void begin_copy_in(struct expect *expect)
{
    expect->copy = EXPECT_COPY_IN;
    expect->copy_end_sent = false;
    for (uint32_t i = 1; i < expect->count && !expect->copy_end_sent; i++) {
        note_in_copy(expect, entry_at(expect, i));
    }
    fold_ignored(expect);
}

/*
 * COPY IN ended. When it failed we cannot know whether it did so before or after
 * reading those Syncs; nearly always it was after, but a server of which we are
 * not sure must not go on to another client.
 */
static void end_copy_in(struct expect *expect, bool failed)
{
    if (expect->copy != EXPECT_COPY_IN) {
        return;
    }
    bool saw_end = false;
    for (uint32_t i = 1; i < expect->count && !saw_end; i++) {
        struct expect_entry *entry = entry_at(expect, i);
        if ((entry->flags & EXPECT_IN_COPY) != 0 && (failed || entry->kind == EXPECT_SYNC)) {
            settle(expect, entry, EXPECT_SKIPPED);
            *entry = (struct expect_entry){.kind = EXPECT_NOTHING};
            expect->uncertain |= failed;
        }
        saw_end = entry->kind == EXPECT_COPY_END;
        if (saw_end) {
            entry->kind =
                    EXPECT_NOTHING; /* a second COPY of the same Query has an end of its own */
        }
    }
    expect->copy = EXPECT_COPY_NONE;
}

/* The head, of the extended protocol, failed: all is discarded up to Sync. */
static void skip_to_sync(struct expect *expect)
{
    pop(expect, EXPECT_FAILED);
    while (expect->count > 0 && entry_at(expect, 0)->kind != EXPECT_SYNC) {
        pop(expect, EXPECT_SKIPPED);
    }
    expect->skipping = expect->count == 0;
}

static enum expect_verdict reply_error(struct expect *expect, void **swap)
{
    struct expect_entry *head = entry_at(expect, 0);
    bool hidden = (head->flags & EXPECT_HIDDEN) != 0;
    enum expect_verdict verdict = hidden ? EXPECT_HIDE : EXPECT_SHOW;

    if ((head->flags & EXPECT_POISON) != 0) {
        *swap = head->undo;
        head->undo = NULL;
        verdict = EXPECT_SWAP;
    }
    end_copy_in(expect, true);
    expect->copy = EXPECT_COPY_NONE;
    if (ends_segment(head)) {
        head->flags |= EXPECT_HAS_FAILED;
    } else {
        skip_to_sync(expect);
    }
    return verdict;
}

static enum expect_verdict reply_ready(struct expect *expect, char status)
{
    struct expect_entry *head = entry_at(expect, 0);
    bool hidden = (head->flags & EXPECT_HIDDEN) != 0;

    if (!ends_segment(head)) {
        return EXPECT_BREACH;
    }
    expect->status = status;
    pop(expect, (head->flags & EXPECT_HAS_FAILED) != 0 ? EXPECT_FAILED : EXPECT_DONE);
    return hidden ? EXPECT_HIDE : EXPECT_SHOW;
}

/* A message that ends its Describe, Parse, Bind, Close or Execute, or is part of a Query. */
enum part { PART_NO, PART_YES, PART_LAST };

static enum part part_of_execute(struct expect *expect, uint8_t type)
{
    switch (type) {
    case BACK_DATA_ROW:
    case BACK_COPY_DATA:
    case BACK_COPY_DONE:
        return PART_YES;
    case BACK_COPY_IN:
        begin_copy_in(expect);
        return PART_YES;
    case BACK_COPY_OUT:
        expect->copy = EXPECT_COPY_OUT;
        return PART_YES;
    case BACK_COPY_BOTH:
        expect->copy = EXPECT_COPY_BOTH;
        return PART_YES;
    case BACK_COMMAND_COMPLETE:
    case BACK_EMPTY_QUERY:
    case BACK_PORTAL_SUSPENDED:
        end_copy_in(expect, false);
        expect->copy = EXPECT_COPY_NONE;
        return PART_LAST;
    default:
        return PART_NO;
    }
}

static enum part part_of_query(struct expect *expect, uint8_t type)
{
    if (type == BACK_ROW_DESCRIPTION) {
        return PART_YES;
    }
    if (type == BACK_PORTAL_SUSPENDED) {
        return PART_NO;
    }
    enum part part = part_of_execute(expect, type);
    return part == PART_LAST ? PART_YES : part; /* ReadyForQuery is the last */
}

static enum part part_of_describe(struct expect *expect, uint8_t type)
{
    if (type == BACK_PARAM_DESCRIPTION && !expect->described &&
            entry_at(expect, 0)->kind == EXPECT_DESCRIBE_STATEMENT) {
        expect->described = true;
        return PART_YES;
    }
    if (!expect->described && entry_at(expect, 0)->kind == EXPECT_DESCRIBE_STATEMENT) {
        return PART_NO;
    }
    return type == BACK_ROW_DESCRIPTION || type == BACK_NO_DATA ? PART_LAST : PART_NO;
}

static enum part part_of_head(struct expect *expect, uint8_t type)
{
    switch ((enum expect_kind)entry_at(expect, 0)->kind) {
    case EXPECT_QUERY:
        return part_of_query(expect, type);
    case EXPECT_EXECUTE:
        return part_of_execute(expect, type);
    case EXPECT_FUNCTION:
        return type == BACK_FUNCTION_RESULT ? PART_YES : PART_NO;
    case EXPECT_PARSE:
        return type == BACK_PARSE_COMPLETE ? PART_LAST : PART_NO;
    case EXPECT_BIND:
        return type == BACK_BIND_COMPLETE ? PART_LAST : PART_NO;
    case EXPECT_CLOSE:
        return type == BACK_CLOSE_COMPLETE ? PART_LAST : PART_NO;
    case EXPECT_DESCRIBE_STATEMENT:
    case EXPECT_DESCRIBE_PORTAL:
        return part_of_describe(expect, type);
    case EXPECT_SYNC:
    case EXPECT_NOTHING:
    case EXPECT_COPY_END:
    case EXPECT_LOCAL: /* the caller takes local replies before it asks again */
        break;
    }
    return PART_NO;
}

enum expect_verdict expect_reply(struct expect *expect, uint8_t type, char status, void **swap)
{
    if (expect->count == 0) {
        return EXPECT_BREACH;
    }
    if (type == BACK_ERROR) {
        return reply_error(expect, swap);
    }
    if (type == BACK_READY) {
        return reply_ready(expect, status);
    }
    bool hidden = (entry_at(expect, 0)->flags & (EXPECT_HIDDEN | EXPECT_QUIET)) != 0;
    enum part part = part_of_head(expect, type);
    if (part == PART_NO) {
        return EXPECT_BREACH;
    }
    if (part == PART_LAST) {
        pop(expect, EXPECT_DONE);
    }
    return hidden ? EXPECT_HIDE : EXPECT_SHOW;
}

bool expect_take_local(struct expect *expect, struct expect_entry *entry)
{
    if (expect->count == 0 || entry_at(expect, 0)->kind != EXPECT_LOCAL) {
        return false;
    }
    *entry = *entry_at(expect, 0);
    expect->head++;
    expect->count--;
    drop_unanswered(expect);
    return true;
}
