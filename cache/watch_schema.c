/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_schema.h"

#include "protocol/base/hash.h"

enum { REST_TIMES = 100, LONG_TIMES = 10, REASON_TIMES = 20, GROWS_TIMES = 2 };

#define REASON_MIN (5 * SL_MSEC)

void watch_schema_init(struct watch_schema *schema, sl_usec every, sl_usec rest)
{
    *schema = (struct watch_schema){.every = every, .rest = rest, .has_reason = true};
}

void watch_schema_hint(struct watch_schema *schema)
{
    schema->has_reason = true;
}

static sl_usec at_least(sl_usec value, sl_usec min)
{
    return value < min ? min : value;
}

static sl_usec gap_of(const struct watch_schema *schema, enum catalog_changes what)
{
    sl_usec took = schema->questions[what].took;
    sl_usec gap = at_least(took * REST_TIMES, schema->is_wanted ? schema->every : schema->rest);

    return at_least(gap < schema->rest ? gap : schema->rest, took * LONG_TIMES);
}

static sl_usec due_of(const struct watch_schema *schema, enum catalog_changes what)
{
    const struct watch_question *all = &schema->questions[CATALOG_CHANGES_ALL];
    sl_usec gap = gap_of(schema, what);
    sl_usec last = schema->questions[what].asked_at;

    if (what == CATALOG_CHANGES_ALL) {
        if (!all->has_answer && all->asked_at == 0) {
            return 0;
        }
        sl_usec soon = at_least(all->took * REASON_TIMES, REASON_MIN);
        return all->asked_at + (schema->has_reason && soon < gap ? soon : gap);
    }
    for (int more = (int)what + 1; more < CATALOG_CHANGES_COUNT; more++) {
        if (gap_of(schema, (enum catalog_changes)more) <= gap) {
            return INT64_MAX;
        }
        last = at_least(last, schema->questions[more].asked_at);
    }
    return last + gap;
}

sl_usec watch_schema_due(const struct watch_schema *schema, enum catalog_changes *what)
{
    sl_usec first = INT64_MAX;

    for (int i = CATALOG_CHANGES_COUNT - 1; i >= 0; i--) {
        sl_usec due = due_of(schema, (enum catalog_changes)i);
        if (due < first) {
            first = due;
            *what = (enum catalog_changes)i;
        }
    }
    return first;
}

void watch_schema_asked(struct watch_schema *schema, enum catalog_changes what, sl_usec now)
{
    schema->questions[what].asked_at = now;
    if (what == CATALOG_CHANGES_ALL) {
        schema->has_reason = false;
    }
}

bool watch_schema_answered(
        struct watch_schema *schema, enum catalog_changes what, struct sl_span answer, sl_usec now)
{
    struct watch_question *question = &schema->questions[what];
    uint64_t hash = sl_hash64(answer);
    bool is_first = !question->has_answer;
    bool is_other = is_first || question->answer != hash;

    sl_usec took = now - question->asked_at;
    sl_usec most = is_first ? took : question->took * GROWS_TIMES + SL_MSEC;
    question->took = took < most ? took : most;
    question->answer = hash;
    question->has_answer = true;
    if (what == CATALOG_CHANGES_ALL) {
        return is_other;
    }
    schema->has_reason = schema->has_reason || (is_other && !is_first);
    return false;
}
