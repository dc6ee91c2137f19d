/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any requests, and a server that says anything: the invariants hold, every
 * reference is settled or handed over once, and a ReadyForQuery is never accepted
 * that no Sync, Query or FunctionCall asked for.
 *
 * A byte with its high bit set sends the kind of its low four bits, flagged by the
 * other three; any other byte is the type of a reply. A breach is the end, as it is
 * of a server connection. Sync and CopyDone carry no reference, as in the proxy.
 */
#include "protocol/expect.h"

#include "protocol/message.h"

#include <stddef.h>
#include <stdlib.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 4096 };

struct run {
    struct expect expect;
    uint8_t settled[STEPS_MAX]; /* how often; its address is the reference of that step */
    uint8_t given[STEPS_MAX];
    uint8_t swaps[STEPS_MAX]; /* the same for undo */
    uint32_t enders;          /* Sync, Query, FunctionCall sent */
    uint32_t readies;         /* ReadyForQuery accepted */
};

static void settled(struct run *run, const struct expect_entry *entry)
{
    uint8_t *ref = entry->ref;
    uint8_t *undo = entry->undo;

    SL_CHECK(ref != NULL || undo != NULL);
    if (ref != NULL) {
        SL_CHECK(ref >= run->settled && ref < run->settled + STEPS_MAX);
        (*ref)++;
    }
    if (undo != NULL) {
        SL_CHECK(undo >= run->swaps && undo < run->swaps + STEPS_MAX);
        (*undo)++;
    }
}

static void on_settle(void *self, const struct expect_entry *entry, enum expect_outcome outcome)
{
    SL_CHECK(outcome <= EXPECT_LOST);
    settled(self, entry);
}

static void send_one(struct run *run, size_t step, uint8_t byte)
{
    static const uint8_t flags[] = {
            0, EXPECT_HIDDEN, EXPECT_POISON, EXPECT_QUIET, EXPECT_HIDDEN | EXPECT_POISON, 0, 0, 0};
    uint8_t kind = (uint8_t)(EXPECT_QUERY + (byte & 15) % EXPECT_LOCAL);
    struct expect_entry entry = {.kind = kind, .flags = flags[byte >> 4 & 7]};

    if (kind != EXPECT_SYNC && kind != EXPECT_COPY_END) {
        run->given[step] = 1;
        entry.ref = &run->settled[step];
        entry.undo = &run->swaps[step];
    }
    run->enders += kind == EXPECT_SYNC || kind == EXPECT_QUERY || kind == EXPECT_FUNCTION;
    SL_CHECK(expect_push(&run->expect, entry) == SL_OK); /* STEPS_MAX is below the bound */
}

static void take_locals(struct run *run)
{
    struct expect_entry entry;

    while (expect_take_local(&run->expect, &entry)) {
        SL_CHECK(entry.kind == EXPECT_LOCAL);
        settled(run, &entry);
    }
    SL_CHECK(!expect_local_is_due(&run->expect));
}

/* False: a breach. */
static bool reply_one(struct run *run, uint8_t type)
{
    void *swap = NULL;

    take_locals(run);
    bool streams = expect_streams(&run->expect);
    bool hidden = expect_hidden(&run->expect);
    enum expect_verdict verdict = expect_reply(&run->expect, type, "ITE"[type % 3], &swap);
    SL_CHECK(swap == NULL || verdict == EXPECT_SWAP);
    SL_CHECK(!hidden || verdict != EXPECT_SHOW);
    if (swap != NULL) {
        SL_CHECK(type == BACK_ERROR);
        (*(uint8_t *)swap)++;
    }
    if (verdict == EXPECT_BREACH) {
        SL_CHECK(!streams || type != BACK_DATA_ROW);
        return false;
    }
    run->readies += type == BACK_READY;
    SL_CHECK(run->readies <= run->enders);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *run = calloc(1, sizeof *run);

    SL_CHECK(run != NULL);
    expect_init(&run->expect, on_settle, run);
    size = size < STEPS_MAX ? size : STEPS_MAX;
    for (size_t i = 0; i < size; i++) {
        if ((data[i] & 128) != 0) {
            send_one(run, i, data[i]);
        } else if (!reply_one(run, data[i])) {
            break;
        }
        expect_check(&run->expect);
    }
    expect_fini(&run->expect);
    for (size_t i = 0; i < size; i++) {
        SL_CHECK(run->settled[i] == run->given[i]);
        SL_CHECK(run->swaps[i] == run->given[i]);
    }
    free(run);
    return 0;
}
