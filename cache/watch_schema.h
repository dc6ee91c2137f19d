/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_schema.h - when to ask which question of protocol/catalog_changes.h, and what the answers say.
 *
 * Only ALL is believed: where its answer is another than before, the schema has changed. The two others
 * are reasons to ask it at once, as is a hint from elsewhere (a transaction that changed no row).
 *
 * How often is measured, as what they cost goes from a millisecond (no tables) to a second (100,000):
 *
 *     a question rests for 100 times what it took, within every and rest; where it takes long, for
 *     10 times that
 *     ALL, when there is a reason, for 20 times
 *     what it took grows to twice of what it was: once may be that something else stood still
 *     one that would come no more often than one that is more thorough is not asked
 *
 * On a machine of 2 cores ALL took 3 ms without tables and 62 ms with 2,000 of ten columns, TABLES 2
 * and 8, COUNTED 0.3: with 2,000 tables the first is asked every 6 s, the second every second.
 *
 * Ownership: the caller's struct. Threads: one. Bounds: none to speak of.
 */
#ifndef SLUICE_CACHE_WATCH_SCHEMA_H
#define SLUICE_CACHE_WATCH_SCHEMA_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "protocol/catalog_changes.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_question {
    sl_usec asked_at;
    sl_usec took;
    uint64_t answer; /* a hash */
    bool has_answer;
};

struct watch_schema {
    sl_usec every; /* at least between two of a kind, while it is wanted */
    sl_usec rest; /* the same while it is not; at most, but for what takes longer than a tenth of it */
    bool is_wanted;
    bool has_reason; /* to ask ALL */
    struct watch_question questions[CATALOG_CHANGES_COUNT];
};

void watch_schema_init(struct watch_schema *schema, sl_usec every, sl_usec rest);
/* When the next question is due, and which. */
sl_usec watch_schema_due(const struct watch_schema *schema, enum catalog_changes *what);
void watch_schema_hint(struct watch_schema *schema);
void watch_schema_asked(struct watch_schema *schema, enum catalog_changes what, sl_usec now);
/* True: the schema is another than it was; or it is the first answer, and may be. */
bool watch_schema_answered(
        struct watch_schema *schema, enum catalog_changes what, struct sl_span answer, sl_usec now);

#endif
